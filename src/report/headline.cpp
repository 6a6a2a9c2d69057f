#include "report/headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.hpp"

namespace margincall::inline report {
namespace {

std::string without_sign(std::string text) {
    if (text.starts_with(minus_sign)) {
        text.erase(0, minus_sign.size());
    } else if (text.starts_with('+')) {
        text.erase(0, 1);
    }
    return text;
}

std::string happened(const Plan& plan, const Summary& summary) {
    const auto fall = summary.metric("btc_fall_open_to_low").value;
    const auto low = summary.metric("btc_low").value;
    const auto reported = summary.metric("liquidated_reported_usd").value;
    const auto longs = summary.metric("long_share_reported").value;
    const std::string runs = summary.seeds.size() > 1
                                 ? fmt::format("the median of {} paths", summary.seeds.size())
                                 : std::string{"this run"};
    std::string text;
    if (fall && low) {
        const std::string when =
            summary.low_ns >= 0
                ? fmt::format(" at {}",
                              format_utc(plan.start_unix_s + summary.low_ns / 1'000'000'000))
                : "";
        text = fmt::format("In {} {} fell {} from its open to a low of {}{}",
                           runs,
                           plan.assets.empty() ? "the market" : plan.assets.front().name,
                           without_sign(format_percent(*fall)),
                           format_price(*low),
                           when);
    } else {
        text = summary.seeds.size() > 1
                   ? "No path has a spot price of its first asset for the day"
                   : "This run has no spot price of its first asset for the day";
    }
    if (reported && *reported > 0) {
        text += fmt::format(", and the venues' feeds reported {} of liquidations",
                            format_money(*reported));
        if (longs) {
            text += fmt::format(", {} of it long", format_percent(*longs));
        }
    } else if (reported) {
        text += ", and the venues' feeds reported no liquidation";
    }
    return text + ".";
}

std::string compared(const Summary& summary) {
    int inside = 0;
    int known = 0;
    int measured = 0;
    std::vector<std::string_view> missed;
    for (const Comparison& row : summary.observed) {
        measured += row.measured ? 1 : 0;
        if (!row.inside) {
            continue;
        }
        ++known;
        inside += *row.inside ? 1 : 0;
        if (!*row.inside) {
            missed.push_back(metric_names[row.metric].label);
        }
    }
    if (measured == 0) {
        return "Nothing was measured to compare it with.";
    }
    if (known == 0 && summary.interrupted) {
        return "The run was interrupted, so nothing of it is compared with what was measured.";
    }
    if (known == 0) {
        return fmt::format(
            "None of the {} measured figures can be compared: the run has no value for them.",
            measured);
    }
    std::string text = fmt::format("Of {} measured figures {} {} within tolerance",
                                   known,
                                   inside,
                                   inside == 1 ? "lies" : "lie");
    constexpr std::size_t named_max = 6;
    if (missed.size() > named_max) {
        const std::size_t others = missed.size() - named_max;
        missed.resize(named_max);
        text += fmt::format("; missed: {} and {} more", fmt::join(missed, ", "), others);
    } else if (!missed.empty()) {
        text += fmt::format("; missed: {}", fmt::join(missed, ", "));
    }
    return text + ".";
}

}  // namespace

std::array<std::string, 2> headline_sentences(const Plan& plan, const Summary& summary) {
    return {happened(plan, summary), compared(summary)};
}

std::string price_sentence(const Summary& summary) {
    return summary.price_gates.reason.empty()
               ? std::string{}
               : fmt::format("No statement on what share of the price fall a cause has: {}.",
                             summary.price_gates.reason);
}

std::vector<HeadlineRow> headline_rows(const Summary& summary) {
    std::vector<HeadlineRow> rows;
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        const MetricName& name = metric_names[i];
        const Metric& metric = summary.metrics[i];
        const auto found = std::ranges::find(summary.observed, i, &Comparison::metric);
        if (name.scope == MetricScope::moment) {
            continue;
        }
        if (name.scope == MetricScope::chain && !metric.value && found == summary.observed.end()) {
            continue;  // a run without a chain
        }
        HeadlineRow row;
        row.metric = i;
        row.label = name.label;
        row.simulated = format_metric(name, metric.value);
        if (summary.seeds.size() > 1 && metric.p05 && metric.p95) {
            row.band = fmt::format(
                "{} … {}", format_metric(name, metric.p05), format_metric(name, metric.p95));
        }
        if (metric.se) {
            row.error = "±" + without_sign(format_metric(name, metric.se));
        }
        row.measured = no_data;
        if (found != summary.observed.end()) {
            row.measured = format_metric(name, found->measured);
            if (found->tolerance) {
                row.tolerance = "±" + without_sign(format_metric(name, found->tolerance));
            }
            row.inside = found->inside;
            row.article = found->article;
            row.source = found->source;
            row.note = found->note;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string_view verdict(const HeadlineRow& row) {
    if (!row.inside) {
        return row.measured == no_data ? "" : "unknown";
    }
    return *row.inside ? "in band" : "missed";
}

}  // namespace margincall::inline report
