#include "lab/gate_bands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/quantiles.hpp"
#include "lab/gate_worlds.hpp"

namespace margincall::inline lab {
namespace {

using Evidence = GateEvidence;

// Why each band is what it is: docs/gates.md.
constexpr const char* design = "assumed: docs/gates.md";
constexpr const char* flow_data = "derived: measured on 10 October 2025, widened; docs/gates.md";

std::vector<double> values_of(const GateWorlds& worlds, std::string_view figure) {
    std::vector<double> out;
    for (const auto& [seed, world] : worlds) {
        if (const auto value = world.value(figure)) {
            out.push_back(*value);
        }
    }
    return out;
}
std::optional<double> median_of(std::vector<double> values) {
    std::ranges::sort(values);
    return quantile(values, 0.5);
}

struct Asked {
    const char* figure;
    GateTarget target;
    const char* source;
};

// Rows of the figures that a table names, in its order, with the unit that the world gave.
std::vector<GateRow> rows_of(const GateWorlds& worlds, std::span<const Asked> table) {
    std::vector<GateRow> out;
    for (const Asked& asked : table) {
        std::string unit;
        for (const auto& [seed, world] : worlds) {
            const auto found = std::ranges::find(world.figures, asked.figure, &PriceFigure::name);
            if (found != world.figures.end()) {
                unit = found->unit;
            }
        }
        out.push_back(median_row(asked.figure,
                                 std::move(unit),
                                 values_of(worlds, asked.figure),
                                 asked.target,
                                 asked.target.asks() ? asked.source : ""));
    }
    return out;
}

constexpr GateTarget between(double low, double high) {
    return {low, high};
}
constexpr GateTarget at_least(double low) {
    return {low, std::nullopt};
}
constexpr GateTarget at_most(double high) {
    return {std::nullopt, high};
}
constexpr GateTarget shown;

std::vector<GateRow> state_rows(const Evidence& evidence) {
    static const std::array table = {
        Asked{"BTC at 20:49", between(-4.5, -3.3), flow_data},
        Asked{"farthest tail coin at 20:49", between(-8, -2), flow_data},
        Asked{"nearest tail coin at 20:49", between(-8, -2), flow_data},
        Asked{"liquidated 12:00-20:50", between(1, 3), design},
        Asked{"bids within 2 % at 20:49 of their start", at_least(60), design},
    };
    std::vector<GateRow> out = rows_of(evidence.of("crash"), table);
    GateRow alone =
        rows_of(evidence.of("state-alone"), std::array{Asked{"liquidated", at_most(0.05), design}})
            .front();
    alone.figure = "liquidated in an hour of the state without events";
    out.push_back(std::move(alone));
    return out;
}

std::vector<GateRow> loop_rows(const Evidence& evidence) {
    static const std::array table = {
        Asked{"steepest 20 min of A's BTC mark", between(-12, -6), flow_data},
        Asked{"BTC index from 20:50 to the low", between(-11, -7), flow_data},
        Asked{"rebound within 20 min of the low", between(4, 10), flow_data},
        Asked{"ETH index from 20:50 to its low", between(-22, -10), flow_data},
        Asked{"A's SOL perp from 20:50 to its low", between(-38, -18), flow_data},
        Asked{"tail index from 20:50 to its low, mean", between(-55, -30), flow_data},
        Asked{"open interest of BTC", between(-18, -12), flow_data},
        Asked{"open interest of ETH", between(-22, -15), flow_data},
        Asked{"open interest of SOL", between(-28, -18), flow_data},
        Asked{"open interest of XRP", between(-32, -20), flow_data},
        Asked{"lower wick of the falling minutes", at_most(0.26), flow_data},
        Asked{"close to open of the falling minutes", at_least(0.55), flow_data},
        Asked{"longest time with bids within 2 % below 5 % of calm", at_most(3), design},
        Asked{"liquidated from 20:50", shown, ""},
        Asked{"of it in a book", shown, ""},
        Asked{"of it taken over", shown, ""},
        Asked{"of it by ADL", shown, ""},
        Asked{"volume of BTC from 20:50", shown, ""},
        Asked{"longest time with BTC perps of two venues 0.5 % apart", at_least(2), design},
    };
    return rows_of(evidence.of("crash"), table);
}

constexpr const char* index_fall = "BTC index from 20:50 to the low";
constexpr const char* forced_bn = "liquidated from 20:50";

// What a variant of the crash did, beside the others.
std::vector<GateRow> beside(const std::string& what, const GateWorlds& worlds) {
    constexpr std::array figures = {"steepest 20 min of A's BTC mark",
                                    index_fall,
                                    "rebound within 20 min of the low",
                                    "ETH index from 20:50 to its low",
                                    "tail index from 20:50 to its low, mean",
                                    "open interest of BTC",
                                    forced_bn,
                                    "of it by ADL"};
    std::vector<GateRow> out;
    for (const char* const figure : figures) {
        GateRow row = rows_of(worlds, std::array{Asked{figure, shown, ""}}).front();
        row.figure = fmt::format("{}: {}", what, figure);
        out.push_back(std::move(row));
    }
    return out;
}

// USD that the declared push sells, of all coins or of one.
double push_bn(const Plan& plan, std::optional<std::size_t> asset) {
    double usd = 0.0;
    for (const EventPlan& event : plan.events) {
        for (std::size_t a = 0; a < event.sell_usd.size() && event.name == push_event; ++a) {
            usd += !asset || *asset == a ? event.sell_usd[a] : 0.0;
        }
    }
    return 1e-9 * usd;
}

std::vector<GateRow> push_rows(const Evidence& evidence) {
    std::vector<GateRow> out;
    std::vector<GateRow> answers;
    std::optional<double> strongest;
    std::optional<double> threshold;
    for (std::size_t k = 0; k < push_scales.size(); ++k) {
        const std::string variant = push_variant(push_scales.at(k));
        const Plan& plan = evidence.plans.at(variant);
        const double btc = push_bn(plan, 0);
        for (GateRow& row :
             beside(fmt::format("push of {:.2f} bn of BTC", btc), evidence.of(variant))) {
            out.push_back(std::move(row));
        }
        if (k == 0) {
            continue;
        }
        const std::string before = push_variant(push_scales.at(k - 1));
        const Plan& less = evidence.plans.at(before);
        const double more_bn = push_bn(plan, {}) - push_bn(less, {});
        std::vector<double> answer =
            paired(evidence.of(before), evidence.of(variant), forced_bn, Against::difference);
        for (double& bn : answer) {
            bn /= more_bn;
        }
        GateRow row =
            median_row(fmt::format("forced per dollar of push, from {:.2f} to {:.2f} bn of BTC",
                                   push_bn(less, 0),
                                   btc),
                       "",
                       std::move(answer),
                       {},
                       "");
        if (row.value && *row.value > strongest.value_or(0.0)) {
            strongest = row.value;
            threshold = 0.5 * (push_bn(less, 0) + btc);
        }
        GateRow reproduction = value_row(
            fmt::format("R from {:.2f} to {:.2f} bn of BTC", push_bn(less, 0), btc),
            "",
            "derived",
            row.value && *row.value >= 0.0 ? std::optional{reproduction_number(*row.value)}
                                           : std::nullopt);
        answers.push_back(std::move(row));
        answers.push_back(std::move(reproduction));
    }
    std::ranges::move(answers, std::back_inserter(out));
    out.push_back(value_row("threshold: middle of the step that forces most per dollar",
                            "bn USD of BTC",
                            "derived",
                            threshold));
    return out;
}

std::vector<GateRow> pace_rows(const Evidence& evidence) {
    std::vector<GateRow> out;
    for (const char* const pace : paces) {
        for (GateRow& row :
             beside(fmt::format("funds sell within {}", pace), evidence.of(pace_variant(pace)))) {
            out.push_back(std::move(row));
        }
    }
    return out;
}

std::vector<GateRow> edge_rows(const Evidence& evidence) {
    constexpr const char* figure = index_fall;
    constexpr std::array edges = {std::pair{"shipped", "crash"},
                                  std::pair{"2/3", "crash-edge-two-thirds"},
                                  std::pair{"3/2", "crash-edge-three-halves"}};
    const std::optional<double> before = median_of(values_of(evidence.of("crash"), figure));
    std::vector<GateRow> out;
    for (const auto& [factor, variant] : edges) {
        const std::vector<double> lows = values_of(evidence.of(variant), figure);
        const double edge = -100.0 * evidence.plans.at(variant).patient.to;
        out.push_back(median_row(
            fmt::format("low with the edge at {:.3g} % ({})", edge, factor), "%", lows, {}, ""));
        std::vector<double> inside;
        std::ranges::transform(
            lows, std::back_inserter(inside), [edge](double low) { return low - edge; });
        out.push_back(median_row(fmt::format("low inside the edge of {:.3g} %", edge),
                                 "points",
                                 std::move(inside),
                                 at_least(2),
                                 design));
        if (std::string_view{variant} != "crash") {
            const std::optional<double> after = median_of(lows);
            out.push_back(
                value_row(fmt::format("move of the median low, edge times {}", factor),
                          "points",
                          "difference",
                          before && after ? std::optional{*after - *before} : std::nullopt,
                          between(-1.5, 1.5),
                          design));
        }
    }
    return out;
}

std::vector<GateRow> impact_rows(const Evidence& evidence) {
    static const std::array table = {
        Asked{"A's BTC perp from 21:10 to its lowest close", between(-12, -8), flow_data},
        Asked{"BTC index from 21:10 to the low", between(-8, -6), flow_data},
        Asked{"lower wick of the falling minutes", at_most(0.26), flow_data},
        Asked{"close to open of the falling minutes", at_least(0.55), flow_data},
        Asked{"largest gap of perp and spot on A until the low", at_most(0.5), design},
        Asked{"variance of the mean mid, 60 s over 1 s", between(0.5, 1.6), design},
    };
    return rows_of(evidence.of("impact"), table);
}

std::vector<GateRow> flow_rows(const Evidence& evidence) {
    static const std::array table = {
        Asked{"net taker selling of BTC 20:50-21:14", between(1.46, 5.9), flow_data},
        Asked{"net taker selling of BTC 20:50-21:30", between(3, 12), flow_data},
        Asked{"liquidated 20:50-21:14", shown, ""},
        Asked{"open interest of BTC", between(-18, -12), flow_data},
        Asked{"open interest of ETH", between(-22, -15), flow_data},
        Asked{"open interest of SOL", between(-28, -18), flow_data},
        Asked{"open interest of XRP", between(-32, -20), flow_data},
        Asked{"on H, BTC not ended by ADL", between(64, 84), flow_data},
        Asked{"on H, ETH not ended by ADL", between(60, 80), flow_data},
        Asked{"on H, SOL not ended by ADL", between(59, 79), flow_data},
        Asked{"lowest BTC index", shown, ""},
        Asked{"liquidated from 20:50", shown, ""},
        Asked{"of it by ADL", shown, ""},
    };
    return rows_of(evidence.of("flow"), table);
}

std::vector<GateRow> calm_rows(const Evidence& evidence) {
    const GateWorlds worlds = evidence.of("calm");
    std::vector<GateRow> out;
    const Plan& plan = evidence.plans.at("calm");
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        const AssetPlan& asset = plan.assets[a];
        const std::vector<double> lows = values_of(worlds, fmt::format("low of {}", asset.name));
        if (asset.pegged) {
            continue;
        }
        const double bound = a == 0 ? -2.5 : -1.1 * 100.0 * asset.volatility;
        out.push_back(median_row(fmt::format("low of {}", asset.name),
                                 "%",
                                 lows,
                                 at_least(bound),
                                 a == 0 ? design : "derived: 1.1 of the coin's daily sigma"));
    }
    const auto deepest = values_of(worlds, "deepest low of a coin in its own daily sigma");
    out.push_back(share_row(
        "seeds with a coin beyond 3 of its daily sigma",
        deepest,
        [](double sigmas) { return sigmas > 3.0; },
        at_most(0),
        design));
    const auto reported = values_of(worlds, "reported liquidations");
    out.push_back(
        median_row("reported liquidations", "bn USD", reported, between(0.1, 0.4), design));
    out.push_back(share_row(
        "seeds with reported liquidations of 0.1 to 0.4 bn",
        reported,
        [](double bn) { return bn >= 0.1 && bn <= 0.4; },
        at_least(80),
        design));
    out.push_back(
        median_row("volume of BTC", "bn USD", values_of(worlds, "volume of BTC"), {}, ""));
    return out;
}

std::string label_of(std::string_view metric) {
    return std::string{metric_names[static_cast<std::size_t>(metric_index(metric))].label};
}

std::vector<GateRow> november_rows(const Evidence& evidence) {
    const GateWorlds worlds = evidence.of("november");
    std::vector<GateRow> out = observed_rows(evidence.plans.at("november"), worlds);
    const std::string minute = label_of("peak_minute_usd");
    out.push_back(median_row(minute, "bn USD", values_of(worlds, minute), at_most(0.3), design));
    out.push_back(
        rows_of(worlds,
                std::array{Asked{
                    "longest time with BTC perps of two venues 0.5 % apart", at_most(0), design}})
            .front());
    return out;
}

std::vector<GateRow> september_rows(const Evidence& evidence) {
    return observed_rows(evidence.plans.at("september"), evidence.of("september"));
}

std::vector<GateRow> half_step_rows(const Evidence& evidence) {
    const GateWorlds shipped = evidence.of("november");
    const GateWorlds half = evidence.of("november-half");
    const std::string fall = label_of("btc_fall_open_to_low");
    const std::string liquidated = label_of("liquidated_true_usd");
    return {
        median_row(fall + ", as shipped", "%", values_of(shipped, fall), {}, ""),
        median_row(fall + ", half step", "%", values_of(half, fall), {}, ""),
        median_row("half step less as shipped, by seed",
                   "points",
                   paired(shipped, half, fall, Against::difference),
                   between(-0.3, 0.3),
                   design),
        median_row(liquidated + ", as shipped", "bn USD", values_of(shipped, liquidated), {}, ""),
        median_row(liquidated + ", half step", "bn USD", values_of(half, liquidated), {}, ""),
        median_row("half step over as shipped, liquidated, by seed",
                   "%",
                   paired(shipped, half, liquidated, Against::ratio),
                   between(-10, 10),
                   design)};
}

std::vector<GateRow> family_rows(const Evidence& evidence) {
    const GateWorlds shipped = evidence.of("november");
    const std::string fall = label_of("btc_fall_open_to_low");
    const std::string liquidated = label_of("liquidated_true_usd");
    std::vector<GateRow> out;
    const auto add = [&](const std::string& who, const GateWorlds& worlds) {
        out.push_back(
            median_row(fmt::format("{}: {}", who, fall), "%", values_of(worlds, fall), {}, ""));
        out.push_back(median_row(fmt::format("{}: {}", who, liquidated),
                                 "bn USD",
                                 values_of(worlds, liquidated),
                                 {},
                                 ""));
    };
    add("nobody off", shipped);
    for (const GateFamily& family : gate_families) {
        const GateWorlds worlds = evidence.of(family_variant(family));
        add(fmt::format("without {}", family.name), worlds);
        std::vector<double> differs;
        for (const auto& [seed, world] : worlds) {
            if (shipped.contains(seed)) {
                differs.push_back(world.digest != shipped.at(seed).digest ? 1.0 : 0.0);
            }
        }
        out.push_back(share_row(
            fmt::format("without {}: seeds that run otherwise", family.name),
            differs,
            [](double differ) { return differ > 0.0; },
            at_least(100),
            "assumed: a family that changes nothing is not there"));
    }
    return out;
}

}  // namespace

const std::vector<Gate>& all_gates() {
    static const std::vector<Gate> gates = [] {
        std::vector<std::string> pushes;
        for (const double scale : push_scales) {
            pushes.push_back(push_variant(scale));
        }
        std::vector<std::string> by_pace;
        for (const char* const pace : paces) {
            by_pace.push_back(pace_variant(pace));
        }
        std::vector<std::string> without = {"november"};
        for (const GateFamily& family : gate_families) {
            without.push_back(family_variant(family));
        }
        return std::vector<Gate>{
            {"state",
             "state before the news of 10 October",
             {"crash", "state-alone"},
             8,
             state_rows},
            {"impact", "a probe sale without the loop", {"impact"}, 8, impact_rows},
            {"flow", "measured prices imposed", {"flow"}, 8, flow_rows},
            {"loop", "10 October from the measured push on", {"crash"}, 16, loop_rows},
            {"push", "10 October by the size of the push", pushes, 8, push_rows},
            {"pace", "10 October by the pace of funds", by_pace, 8, pace_rows},
            {"edge",
             "10 October with the edge of resting bids elsewhere",
             {"crash", "crash-edge-two-thirds", "crash-edge-three-halves"},
             16,
             edge_rows},
            {"calm", "quiet days", {"calm"}, 32, calm_rows},
            {"4-november", "3-4 November 2025", {"november"}, 16, november_rows},
            {"22-september", "22 September 2025", {"september"}, 16, september_rows},
            {"half-step",
             "3-4 November with clocks of half the step",
             {"november", "november-half"},
             20,
             half_step_rows},
            {"families", "3-4 November with one family less at a time", without, 4, family_rows},
        };
    }();
    return gates;
}

GateWorlds GateEvidence::of(const std::string& variant) const {
    GateWorlds out;
    const auto found = worlds.find(variant);
    for (const std::uint64_t seed : seeds) {
        if (found != worlds.end() && found->second.contains(seed)) {
            out.emplace(seed, found->second.at(seed));
        }
    }
    return out;
}

GateRow median_row(std::string figure,
                   std::string unit,
                   std::vector<double> values,
                   GateTarget target,
                   std::string source) {
    std::ranges::sort(values);
    GateRow row;
    row.figure = std::move(figure);
    row.unit = std::move(unit);
    row.target = target;
    row.source = std::move(source);
    row.value = quantile(values, 0.5);
    row.p05 = quantile(values, 0.05);
    row.p95 = quantile(values, 0.95);
    return row;
}

GateRow share_row(std::string figure,
                  std::span<const double> values,
                  const std::function<bool(double)>& satisfies,
                  GateTarget target,
                  std::string source) {
    GateRow row;
    row.figure = std::move(figure);
    row.unit = "%";
    row.judged = "share";
    row.target = target;
    row.source = std::move(source);
    if (!values.empty()) {
        row.value = 100.0 * static_cast<double>(std::ranges::count_if(values, satisfies)) /
                    static_cast<double>(values.size());
    }
    return row;
}

GateRow value_row(std::string figure,
                  std::string unit,
                  std::string judged,
                  std::optional<double> value,
                  GateTarget target,
                  std::string source) {
    GateRow row;
    row.figure = std::move(figure);
    row.unit = std::move(unit);
    row.judged = std::move(judged);
    row.target = target;
    row.source = std::move(source);
    row.value = value;
    return row;
}

double reproduction_number(double forced_per_dollar) {
    return forced_per_dollar / (1.0 + forced_per_dollar);
}

std::vector<double> paired(const GateWorlds& first,
                           const GateWorlds& second,
                           std::string_view figure,
                           Against against) {
    std::vector<double> out;
    for (const auto& [seed, world] : second) {
        const auto before = first.find(seed);
        if (before == first.end()) {
            continue;
        }
        const auto a = before->second.value(figure);
        const auto b = world.value(figure);
        if (a && b && (against == Against::difference || *a != 0.0)) {
            out.push_back(against == Against::difference ? *b - *a : change_percent(*b, *a));
        }
    }
    return out;
}

std::vector<GateRow> observed_rows(const Plan& plan, const GateWorlds& worlds) {
    std::vector<GateRow> out;
    for (const ObservedPlan& observed : plan.observed) {
        if (!observed.has_value) {
            continue;
        }
        const MetricName& metric =
            metric_names[static_cast<std::size_t>(metric_index(observed.metric))];
        GateTarget target;
        target.low = metric_in_unit(metric, observed.value - observed.tolerance);
        target.high = metric_in_unit(metric, observed.value + observed.tolerance);
        out.push_back(median_row(std::string{metric.label},
                                 metric_figure_unit(metric),
                                 values_of(worlds, metric.label),
                                 target,
                                 observed.source));
    }
    return out;
}

}  // namespace margincall::inline lab
