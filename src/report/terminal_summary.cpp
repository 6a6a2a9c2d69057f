#include "report/terminal_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "analytics/chain_totals.hpp"
#include "analytics/market_view.hpp"
#include "plan/world_size.hpp"
#include "report/chain_words.hpp"
#include "report/format.hpp"
#include "report/headline.hpp"
#include "report/palette.hpp"
#include "report/reproduction_data.hpp"
#include "report/run_limits.hpp"

namespace margincall::inline report {
namespace {

constexpr std::size_t summary_label_width = 46;
constexpr std::size_t summary_value_width = 12;
constexpr std::size_t error_width = 11;
constexpr std::size_t band_width = 26;
constexpr std::size_t verdict_width = 9;
constexpr std::size_t chain_label_width = 23;
constexpr std::size_t spark_label_width = 23;
constexpr std::size_t spark_marks_min = 8;

// One block character per value; no data is a dot.
std::string sparkline(std::span<const double> values, double low, double high) {
    static constexpr std::array<std::string_view, 8> blocks = {
        "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    std::string line;
    for (const double value : values) {
        if (!std::isfinite(value)) {
            line += "·";
            continue;
        }
        const double part = high > low ? (value - low) / (high - low) : 0.0;
        const double step = std::clamp(std::floor(part * 8.0), 0.0, 7.0);
        line += blocks[static_cast<std::size_t>(step)];
    }
    return line;
}

struct Sparks {
    std::vector<double> price, liquidated;
};
// One mark per `hours_each` hours: the last price and the sum of what was reported.
Sparks sparks(const Plan& plan, const MemoryRecorder& recorder, std::int64_t hours_each) {
    const MarketView view{plan, recorder};
    const std::int64_t each = hours(hours_each).raw();
    const auto count = static_cast<std::size_t>((plan.length.raw() - 1) / each + 1);
    Sparks out{std::vector(count, std::numeric_limits<double>::quiet_NaN()),
               std::vector(count, 0.0)};
    const auto mark_of = [count, each](std::int64_t time_ns) {
        const std::int64_t mark = std::max<std::int64_t>(time_ns - 1, 0) / each;
        return std::min(static_cast<std::size_t>(mark), count - 1);
    };
    const auto book = view.reference_book(0, InstrumentKind::spot);
    if (book) {
        for (const BarRecord& bar : view.bars(*book)) {
            if (bar.close > 0) {
                out.price[mark_of(bar.time_ns)] = bar.close;
            }
        }
    }
    for (const LiquidationRecord& record : recorder.liquidations()) {
        if (record.published != 0) {
            out.liquidated[mark_of(record.time_ns)] += record.notional_usd;
        }
    }
    return out;
}

std::string sparklines(const Plan& plan, const MemoryRecorder& recorder, std::size_t width) {
    const std::int64_t whole = (plan.length.raw() - 1) / hours(1).raw() + 1;
    const auto room = static_cast<std::int64_t>(
        std::max(width, spark_label_width + spark_marks_min) - spark_label_width);
    const std::int64_t hours_each = std::max<std::int64_t>((whole + room - 1) / room, 1);
    const std::string each = hours_each == 1 ? "an hour" : fmt::format("per {} hours", hours_each);
    const Sparks data = sparks(plan, recorder, hours_each);
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const double price : data.price) {
        if (std::isfinite(price)) {
            low = std::min(low, price);
            high = std::max(high, price);
        }
    }
    const double peak = *std::ranges::max_element(data.liquidated);
    return fmt::format(
        "{}{}  {} … {}, one mark {}\n{}{}  peak {} {}\n",
        pad_right(plan.assets.empty() ? "price" : plan.assets.front().name, spark_label_width),
        sparkline(data.price, low, high),
        format_price(low),
        format_price(high),
        each,
        pad_right("reported liquidations", spark_label_width),
        sparkline(data.liquidated, 0, peak),
        format_money(peak),
        each);
}

// What was drained, and what of the reported sum is not the pools' own.
std::string incident_line(const Plan& plan, const ChainTotals& totals) {
    const auto hack = std::ranges::find(plan.events, EventType::hack, &EventPlan::type);
    if (hack == plan.events.end()) {
        return "";
    }
    const std::string label = pad_right("pools drained", chain_label_width);
    if (totals.losses.empty()) {
        return label + "nothing: no batch of the attacker earned anything\n";
    }
    double eth = 0;
    for (const PoolLoss& pool : totals.losses) {
        eth += pool.stolen_eth;
    }
    const double usd = totals.stolen_usd();
    return fmt::format("{}{} ETH, {} computed by {} pools; {} of the reported {} a flow apart\n",
                       label,
                       format_count(eth),
                       format_money(usd),
                       totals.losses.size(),
                       format_money(std::max(hack->reported_usd - usd, 0.0)),
                       format_money(hack->reported_usd));
}

// The chain in a few lines: lending by market, the synthetic dollar by venue, the incident.
std::string chain_lines(const Plan& plan, const MemoryRecorder& recorder) {
    const MarketView view{plan, recorder};
    const ChainTotals totals = chain_totals(view);
    std::string text;
    for (const LendingTotals& market : totals.markets) {
        text +=
            fmt::format("{}{} repaid in {} calls, {} of {} borrowed; bad debt {}; use up to {}\n",
                        pad_right(lending_market_name(market.market), chain_label_width),
                        format_money(market.liquidated_usd),
                        format_count(static_cast<double>(market.calls)),
                        format_percent(market.liquidated_share().value_or(0.0)),
                        format_money(market.borrowed_start_usd),
                        format_money(market.deficit_usd),
                        format_percent(market.utilisation.value));
    }
    for (const PegTotals& venue : totals.venues) {
        text += fmt::format(
            "{}lowest {}, as collateral {} ({})\n",
            pad_right(fmt::format("{} on {}", plan.defi.usde.asset, plan.venues[venue.venue].name),
                      chain_label_width),
            format_price(venue.price_low),
            format_price(venue.collateral_low),
            collateral_rule_name(plan, venue.venue));
    }
    text += incident_line(plan, totals);
    return text.empty() ? "" : "\non chain\n" + text;
}

std::string ways_out(const ForcedRoutes& row) {
    return fmt::format("met the book {}, taken over {}, deleveraged {}",
                       format_percent(row.book_usd / row.usd()),
                       format_percent(row.takeover_usd / row.usd()),
                       format_percent(row.adl_usd / row.usd()));
}

// The rows of at least the size of the tenth largest; what is left is one line.
constexpr std::size_t forced_rows = 10;

// Which way forced closings went, the largest by venue and coin, and what auto-deleveraging took from winners.
std::string forced_lines(const Summary& summary) {
    std::vector<double> sizes;
    for (const ForcedRoutes& row : summary.forced) {
        sizes.push_back(row.usd());
    }
    std::ranges::sort(sizes, std::greater{});
    const double least = sizes.size() > forced_rows ? sizes[forced_rows - 1] : 0.0;
    std::string text;
    ForcedRoutes smaller;
    std::size_t left_out = 0;
    for (const ForcedRoutes& row : summary.forced) {
        if (row.usd() > 0 && row.usd() < least) {
            ++left_out;
            smaller.book_usd += row.book_usd;
            smaller.takeover_usd += row.takeover_usd;
            smaller.adl_usd += row.adl_usd;
        } else if (row.usd() > 0) {
            text += fmt::format("{}{} of {} {}\n",
                                pad_right(row.venue, 4),
                                pad_left(format_money(row.usd()), 9),
                                pad_right(row.coin, 6),
                                ways_out(row));
        }
    }
    if (left_out > 0) {
        text += fmt::format("{} smaller, {} in all: {}\n",
                            left_out,
                            format_money(smaller.usd()),
                            ways_out(smaller));
    }
    for (const AdlCount& row : summary.adl) {
        text += fmt::format("{}{} of winners closed by ADL: {} accounts, {} steps, {} fills\n",
                            pad_right(row.venue, 4),
                            pad_left(format_money(row.usd), 9),
                            format_count(row.accounts),
                            format_count(row.steps),
                            format_count(row.fills));
    }
    return text.empty() ? "" : "\nclosed by force\n" + text;
}

// What the worlds say of large losses; a level that they are too few for is named.
std::string loss_lines(const Summary& summary) {
    std::string text;
    for (const LossDistribution& row : summary.losses) {
        text +=
            fmt::format("{}over {}", pad_right(metric_names[row.metric].label, 42), row.horizon);
        for (const LossTail& tail : row.tails) {
            text += fmt::format("; in {} of 100 worlds at most {}, the mean of the others {}",
                                tail.percent,
                                format_money(tail.at_risk),
                                format_money(tail.shortfall));
        }
        for (const int percent : tail_percents) {
            if (row.worlds < worlds_needed(percent)) {
                text += fmt::format("; {} of 100: not known, it takes {} worlds and there are {}",
                                    percent,
                                    worlds_needed(percent),
                                    row.worlds);
            }
        }
        text += fmt::format("; worst {}\n", format_money(row.worst));
    }
    return text.empty() ? "" : "\nlosses\n" + text;
}

std::string table_row(const HeadlineRow& row,
                      bool several,
                      const Palette& colours,
                      std::size_t width) {
    std::string line =
        pad_right(row.label, summary_label_width) + pad_left(row.simulated, summary_value_width);
    if (several) {
        line += pad_left(row.error, error_width);
        line += pad_left(row.band.empty() ? "" : "[" + row.band + "]", band_width);
    }
    line += pad_left(row.measured, summary_value_width) + "  ";
    const std::string_view judged = verdict(row);
    const std::string_view colour = !row.inside   ? colours.dim
                                    : *row.inside ? colours.good
                                                  : colours.bad;
    const std::size_t used = display_width(line) + verdict_width;
    line += fmt::format("{}{}{}", colour, pad_right(judged, verdict_width), colours.reset);
    std::string article = row.article;
    if (used + display_width(article) > width && width > used + 1) {
        // Cut at a code point: drop whole continuation sequences from the end.
        while (display_width(article) > width - used - 1) {
            article.pop_back();
        }
        while (!article.empty() && (static_cast<unsigned char>(article.back()) & 0x80U) != 0) {
            article.pop_back();
        }
        article += "…";
    }
    line += article;
    while (!line.empty() && line.back() == ' ') {
        line.pop_back();
    }
    return line + "\n";
}

}  // namespace

std::string terminal_summary(const Plan& plan,
                             const Summary& summary,
                             const MemoryRecorder* recorder,
                             TerminalOptions options) {
    const Palette colours = palette_of(options.colour);
    const bool several = summary.seeds.size() > 1;
    const std::string who =
        several
            ? fmt::format("{} paths, first seed {}", summary.seeds.size(), summary.seeds.front())
            : fmt::format("seed {}", summary.seeds.empty() ? 0 : summary.seeds.front());
    std::string text = fmt::format("{}{}{}\n", colours.strong, shown_title(plan), colours.reset);
    if (summary.interrupted) {
        text +=
            fmt::format("{}interrupted before its end: figures cover only what was simulated{}\n",
                        colours.bad,
                        colours.reset);
    }
    std::string head =
        pad_right(
            fmt::format("{}, {}",
                        who,
                        format_utc_day(plan.start_unix_s + plan.day_from.raw() / 1'000'000'000)),
            summary_label_width) +
        pad_left(several ? "median" : "simulated", summary_value_width);
    if (several) {
        head += pad_left("error", error_width);
        head += pad_left("[5 % … 95 %]", band_width);
    }
    head += pad_left("measured", summary_value_width) + "  " + pad_right("", verdict_width) +
            "the article";
    text += fmt::format("{}{}{}\n", colours.dim, head, colours.reset);
    for (const HeadlineRow& row : headline_rows(summary)) {
        text += table_row(row, several, colours, options.width);
    }
    text += run_limits_text(summary, colours);
    text += forced_lines(summary);
    text += loss_lines(summary);
    if (recorder != nullptr && !recorder->bars().empty()) {
        text += "\n" + sparklines(plan, *recorder, options.width);
        text += reproduction_line(MarketView{plan, *recorder});
        text += plan.defi.enabled ? chain_lines(plan, *recorder) : "";
    }
    const auto sentences = headline_sentences(plan, summary);
    text += "\n" + sentences[0] + "\n" + sentences[1] + "\n";
    const std::string prices = price_sentence(summary);
    return prices.empty() ? text : text + prices + "\n";
}

}  // namespace margincall::inline report
