#include "lab/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "analytics/quantiles.hpp"
#include "base/check.hpp"
#include "lab/world_run.hpp"
#include "scenario/builtin.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {
namespace {

// Why each band is what it is: docs/gates.md.
constexpr const char* design = "assumed: docs/gates.md";
constexpr const char* flow_data = "derived: measured on 10 October 2025, widened; docs/gates.md";

// --- the worlds ---

enum class Reads : std::uint8_t { crash, impact, calm, day, liquidated };

// Values that follow from the shipped ones, whatever these are.
using Derived = std::function<std::vector<std::string>(const Plan&)>;

// One world but for its seed. Text that is added to a scenario follows it, so that rows of events are
// added and not replaced.
struct Variant {
    std::string name;
    std::string scenario;  // file among the shipped ones
    std::vector<std::string> set;
    std::string added;
    Reads reads = Reads::day;
    Derived derived = nullptr;
    double bars_from_s = 0.0;  // earlier bars are not kept
};

const std::vector<std::string> until_2145 = {"clock.length=9.75 h", "clock.day_to=9.75 h"};

std::vector<std::string> with(std::vector<std::string> base, std::vector<std::string> more) {
    base.insert(base.end(), more.begin(), more.end());
    return base;
}

constexpr const char* probe_sale = R"(
[[events]]
name = "Probe sale"
at = 2025-10-10T21:10:00Z
until = 2025-10-10T21:16:00Z
type = "flow"
cause = "news"
sell = { BTC = "3 bn USD", ETH = "2.2 bn USD", SOL = "500 m USD", XRP = "300 m USD", T1 = "300 m USD", T2 = "250 m USD", T3 = "150 m USD", T4 = "80 m USD" }
perps = true
forced = true
source = "assumed: probe"
)";

// The declared push of 10 October, times the shipped one: none, the low end of what was measured, and
// so on to the high end. 1 is shipped.
constexpr const char* push_event = "First sellers";
constexpr const char* without_push = "events.First sellers.scale=0";
constexpr std::array push_scales = {0.0, 0.39, 0.7, 1.0, 1.5, 2.24};
// How fast engines and funds sell what they took over, which is in no venue's text.
constexpr std::array paces = {"10 s", "1 min", "10 min", "2 h"};

std::string push_variant(double scale) {
    return scale == 1.0 ? "crash" : fmt::format("crash-push-{:g}", scale);
}
std::string pace_variant(std::string_view pace) {
    return fmt::format("crash-unwind-{}", pace);
}

struct Family {
    const char* name;
    const char* set;
};
constexpr std::array families = {
    Family{"market makers", "agents.market_maker.enabled=false"},
    Family{"patient orders", "agents.patient.enabled=false"},
    Family{"arbitrageurs", "agents.arbitrage.enabled=false"},
    Family{"noise takers", "agents.noise.enabled=false"},
    Family{"trend followers", "agents.trend.enabled=false"},
    Family{"panic sellers", "agents.panic.enabled=false"},
    Family{"dip buyers", "agents.dip_buyer.enabled=false"},
    Family{"stops", "mechanisms.stops=false"},
    Family{"forced orders", "mechanisms.forced_orders=false"},
};

Derived edge_times(double factor) {
    return [factor](const Plan& plan) {
        return std::vector{fmt::format("agents.patient.to={} %", 100.0 * plan.patient.to * factor)};
    };
}

std::vector<std::string> half_clocks(const Plan& plan) {
    const std::array clocks = {std::pair{"population.clock", plan.population.clock},
                               std::pair{"agents.market_maker.clock", plan.maker.clock},
                               std::pair{"agents.arbitrage.clock", plan.arbitrage.clock},
                               std::pair{"factors.clock", plan.factors.clock},
                               std::pair{"agents.patient.clock", plan.patient.clock},
                               std::pair{"agents.trend.clock", plan.trend.clock},
                               std::pair{"agents.panic.clock", plan.panic.clock},
                               std::pair{"agents.dip_buyer.clock", plan.dip_buyer.clock}};
    std::vector<std::string> out;
    for (const auto& [key, clock] : clocks) {
        out.push_back(fmt::format("{}={} s", key, 0.5 * to_seconds(clock)));
    }
    return out;
}

std::vector<Variant> all_variants() {
    std::vector<Variant> out = {
        {"crash", "2025-10-10.toml", until_2145, "", Reads::crash},
        {"crash-edge-two-thirds",
         "2025-10-10.toml",
         until_2145,
         "",
         Reads::crash,
         edge_times(2.0 / 3.0)},
        {"crash-edge-three-halves",
         "2025-10-10.toml",
         until_2145,
         "",
         Reads::crash,
         edge_times(1.5)},
        {"state-alone",
         "base/state-2025-10-10.toml",
         {"clock.length=1 h", "clock.day_from=0 h", "clock.day_to=1 h"},
         "",
         Reads::liquidated},
        {"impact",
         "2025-10-10.toml",
         with(until_2145,
              {"mechanisms.forced_orders=false",
               "mechanisms.off_after=9 h",
               "output.every=1 s",
               without_push}),
         probe_sale,
         Reads::impact,
         nullptr,
         probe_bars_from_s},
        {"calm", "quiet-2025-11.toml", {}, "", Reads::calm},
        {"november", "2025-11-04.toml", {}, "", Reads::day},
        {"november-half", "2025-11-04.toml", {}, "", Reads::day, half_clocks},
        {"september", "2025-09-22.toml", {}, "", Reads::day},
    };
    for (const double scale : push_scales) {
        if (scale != 1.0) {
            out.push_back({push_variant(scale),
                           "2025-10-10.toml",
                           with(until_2145, {fmt::format("events.{}.scale={}", push_event, scale)}),
                           "",
                           Reads::crash});
        }
    }
    for (const char* const pace : paces) {
        out.push_back({pace_variant(pace),
                       "2025-10-10.toml",
                       with(until_2145, {fmt::format("venues.*.fund.unwind={}", pace)}),
                       "",
                       Reads::crash});
    }
    for (const Family& family : families) {
        out.push_back({fmt::format("november-without-{}", family.name),
                       "2025-11-04.toml",
                       {family.set},
                       "",
                       Reads::day});
    }
    return out;
}

// What all worlds of the chosen gates gave.
struct Evidence {
    std::map<std::string, Plan> plans;         // by variant
    std::map<std::string, GateWorlds> worlds;  // by variant
    std::vector<std::uint64_t> seeds;          // of the gate that asks

    [[nodiscard]] GateWorlds of(const std::string& variant) const {
        GateWorlds out;
        const auto found = worlds.find(variant);
        for (const std::uint64_t seed : seeds) {
            if (found != worlds.end() && found->second.contains(seed)) {
                out.emplace(seed, found->second.at(seed));
            }
        }
        return out;
    }
};

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

// --- the gates ---

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
        Asked{"SOL index from 20:50 to its low", between(-38, -18), flow_data},
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
        GateRow reproduction;
        reproduction.figure =
            fmt::format("R from {:.2f} to {:.2f} bn of BTC", push_bn(less, 0), btc);
        reproduction.judged = "difference";
        if (row.value && *row.value >= 0.0) {
            reproduction.value = reproduction_number(*row.value);
        }
        answers.push_back(std::move(row));
        answers.push_back(std::move(reproduction));
    }
    std::ranges::move(answers, std::back_inserter(out));
    GateRow where;
    where.figure = "threshold: middle of the step that forces most per dollar";
    where.unit = "bn USD of BTC";
    where.judged = "difference";
    where.value = threshold;
    out.push_back(std::move(where));
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
            GateRow moved;
            moved.figure = fmt::format("move of the median low, edge times {}", factor);
            moved.unit = "points";
            moved.judged = "difference";
            moved.target = between(-1.5, 1.5);
            moved.source = design;
            if (before && after) {
                moved.value = *after - *before;
            }
            out.push_back(std::move(moved));
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
    for (const Family& family : families) {
        const GateWorlds worlds = evidence.of(fmt::format("november-without-{}", family.name));
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

struct Gate {
    const char* name;
    const char* title;
    std::vector<std::string> variants;
    std::uint64_t seeds = 0;  // 1 to this
    std::vector<GateRow> (*rows)(const Evidence&) = nullptr;
    const char* not_built = "";
};

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
        for (const Family& family : families) {
            without.push_back(fmt::format("november-without-{}", family.name));
        }
        return std::vector<Gate>{
            {"state",
             "state before the news of 10 October",
             {"crash", "state-alone"},
             8,
             state_rows},
            {"impact", "a probe sale without the loop", {"impact"}, 8, impact_rows},
            {"flow",
             "measured prices imposed",
             {},
             0,
             nullptr,
             "not built: no run can have its prices imposed yet"},
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

// --- running ---

std::vector<PriceFigure> figures_of(Reads reads,
                                    const Plan& plan,
                                    const RunTotals& totals,
                                    const MemoryRecorder& recorder) {
    const MarketView view(plan, recorder);
    switch (reads) {
        case Reads::crash:
            return crash_figures(view);
        case Reads::impact:
            return impact_figures(view);
        case Reads::calm:
            return calm_figures(view, summarise(plan, totals, recorder));
        case Reads::day:
            return metric_figures(summarise(plan, totals, recorder));
        case Reads::liquidated:
            return liquidated_figure(view);
    }
    return {};
}

GateWorld run_variant(const Variant& variant,
                      const Plan& plan,
                      std::atomic<double>& share,
                      const char* reproduce) {
    // Reserving for bars that are not kept would take what leaving them out saves.
    MemoryRecorder recorder = variant.bars_from_s > 0.0 ? MemoryRecorder{} : MemoryRecorder{plan};
    recorder.keep_bars_from(duration_from_seconds(variant.bars_from_s));
    ShareMonitor monitor(share, plan.length);
    const RunTotals totals = run_world(plan, &recorder, &monitor, reproduce);
    return {totals.digest, figures_of(variant.reads, plan, totals, recorder)};
}

std::expected<Plan, Errors> compile_variant(const Variant& variant, const GateRequest& request) {
    std::vector<std::string> set = with({"world.size=" + request.size}, variant.set);
    set = with(std::move(set), request.set);
    const std::string name = fmt::format("{}{}", builtin_prefix, variant.scenario);
    const std::string folder = name.substr(0, name.rfind('/'));
    const std::string text = std::string{*builtin_file(variant.scenario)} + variant.added;
    auto compiled = compile_text(text, name, folder, set);
    if (compiled && variant.derived) {
        set = with(std::move(set), variant.derived(compiled->plan));
        compiled = compile_text(text, name, folder, set);
    }
    return compiled ? std::expected<Plan, Errors>{std::move(compiled->plan)}
                    : std::unexpected(std::move(compiled.error()));
}

// A world that is to run; several gates may ask for it.
struct Wanted {
    const Variant* variant = nullptr;
    std::uint64_t seed = 0;
};

struct Chosen {
    const Gate* gate = nullptr;
    std::vector<std::uint64_t> seeds;
    std::string not_run;
};

std::vector<std::uint64_t> one_to(std::uint64_t last) {
    std::vector<std::uint64_t> out(last);
    for (std::uint64_t k = 0; k < last; ++k) {
        out[k] = k + 1;
    }
    return out;
}

GateResult judge(const Chosen& chosen, Evidence& evidence, const GateRequest& request) {
    GateResult out;
    out.name = chosen.gate->name;
    out.title = chosen.gate->title;
    out.not_run = chosen.not_run;
    out.seeds = chosen.seeds;
    out.named_seeds = !request.seeds || *request.seeds == one_to(chosen.gate->seeds);
    if (!out.not_run.empty()) {
        return out;
    }
    evidence.seeds = chosen.seeds;
    for (const std::string& variant : chosen.gate->variants) {
        out.failed += chosen.seeds.size() - evidence.of(variant).size();
    }
    out.rows = chosen.gate->rows(evidence);
    return out;
}

}  // namespace

std::string GateTarget::text() const {
    if (low && high) {
        return fmt::format("{:g} to {:g}", *low, *high);
    }
    return low    ? fmt::format("at least {:g}", *low)
           : high ? fmt::format("at most {:g}", *high)
                  : "";
}

bool GateResult::met() const {
    return not_run.empty() && failed == 0 && misses().empty();
}

std::vector<const GateRow*> GateResult::misses() const {
    std::vector<const GateRow*> out;
    for (const GateRow& row : rows) {
        if (row.met() == false) {
            out.push_back(&row);
        }
    }
    return out;
}

std::optional<double> GateWorld::value(std::string_view figure) const {
    const auto found = std::ranges::find(figures, figure, &PriceFigure::name);
    return found != figures.end() ? found->value : std::nullopt;
}

std::vector<std::string> gate_names() {
    std::vector<std::string> out;
    for (const Gate& gate : all_gates()) {
        out.emplace_back(gate.name);
    }
    return out;
}

std::optional<std::vector<std::uint64_t>> parse_seeds(std::string_view text) {
    constexpr std::uint64_t most = 100'000;
    std::vector<std::uint64_t> out;
    const auto number = [](std::string_view word) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto end = std::from_chars(word.data(), word.data() + word.size(), value);
        const bool whole = end.ec == std::errc{} && end.ptr == word.data() + word.size();
        return whole ? std::optional{value} : std::nullopt;
    };
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        const std::size_t dash = part.find('-');
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (!first || !last || *first > *last || *last - *first >= most ||
            (!out.empty() && *first <= out.back())) {
            return std::nullopt;
        }
        for (std::uint64_t seed = *first; seed < *last; ++seed) {
            out.push_back(seed);
        }
        out.push_back(*last);
        if (comma == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(comma + 1);
    }
}

std::string seeds_text(std::span<const std::uint64_t> seeds) {
    std::string out;
    for (std::size_t k = 0; k < seeds.size();) {
        std::size_t last = k;
        while (last + 1 < seeds.size() && seeds[last + 1] == seeds[last] + 1) {
            ++last;
        }
        out += out.empty() ? "" : ",";
        out +=
            last == k ? fmt::format("{}", seeds[k]) : fmt::format("{}-{}", seeds[k], seeds[last]);
        k = last + 1;
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

std::expected<GateRun, Errors> run_gates(const GateRequest& request,
                                         const std::function<bool(const PoolProgress&)>& watch) {
    const std::vector<Variant> variants = all_variants();
    const auto variant_named = [&](const std::string& name) -> const Variant& {
        const auto found = std::ranges::find(variants, name, &Variant::name);
        CHECK(found != variants.end());
        return *found;
    };
    for (const std::string& name : request.only) {
        CHECK(
            std::ranges::any_of(all_gates(), [&](const Gate& gate) { return name == gate.name; }));
    }
    std::vector<Chosen> chosen;
    std::vector<Wanted> wanted;
    std::set<std::pair<const Variant*, std::uint64_t>> there;
    Evidence evidence;
    for (const Gate& gate : all_gates()) {
        if (!request.only.empty() &&
            std::ranges::find(request.only, gate.name) == request.only.end()) {
            continue;
        }
        Chosen& now = chosen.emplace_back();
        now.gate = &gate;
        now.not_run = gate.not_built;
        for (const std::string& name : gate.variants) {
            const Variant& variant = variant_named(name);
            if (!builtin_file(variant.scenario)) {
                now.not_run = fmt::format("not run: no such scenario: {}", variant.scenario);
            }
        }
        if (!now.not_run.empty()) {
            continue;
        }
        now.seeds = request.seeds.value_or(one_to(gate.seeds));
        for (const std::string& name : gate.variants) {
            const Variant& variant = variant_named(name);
            if (!evidence.plans.contains(name)) {
                auto plan = compile_variant(variant, request);
                if (!plan) {
                    return std::unexpected(std::move(plan.error()));
                }
                evidence.plans.emplace(name, std::move(*plan));
            }
            for (const std::uint64_t seed : now.seeds) {
                if (there.emplace(&variant, seed).second) {
                    wanted.push_back({&variant, seed});
                }
            }
        }
    }
    std::vector<std::uint64_t> todo = one_to(wanted.size());
    for (std::uint64_t& index : todo) {
        --index;
    }
    std::vector<std::optional<GateWorld>> results(wanted.size());
    Jobs jobs;
    jobs.run = [&](std::uint64_t index,
                   std::size_t /*worker*/,
                   std::atomic<double>& share) -> std::expected<void, Error> {
        const Wanted& one = wanted[index];
        Plan plan = evidence.plans.at(one.variant->name);
        plan.seed = one.seed;
        results[index] = request.world
                             ? request.world(one.variant->name, plan)
                             : run_variant(*one.variant, plan, share, request.command.c_str());
        return {};
    };
    std::vector<std::string> reasons(wanted.size());
    jobs.failed = [&](std::uint64_t index,
                      const std::string& reason) -> std::expected<void, Error> {
        reasons[index] =
            fmt::format("{}, seed {}: {}", wanted[index].variant->name, wanted[index].seed, reason);
        return {};
    };
    PoolProgress before;
    before.worlds = wanted.size();
    const JobsEnd end = run_jobs(todo, before, request.workers, jobs, watch);
    GateRun out;
    out.progress = end.progress;
    out.stopped = end.stopped;
    if (out.stopped) {
        return out;
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        if (!reasons[k].empty()) {
            out.failures.push_back(reasons[k]);
        }
        if (results[k]) {
            evidence.worlds[wanted[k].variant->name].emplace(wanted[k].seed,
                                                             std::move(*results[k]));
        }
    }
    out.report.size = request.size;
    out.report.set = request.set;
    for (const Chosen& one : chosen) {
        out.report.gates.push_back(judge(one, evidence, request));
    }
    return out;
}

}  // namespace margincall::inline lab
