#include "lab/gate_worlds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "lab/world_run.hpp"
#include "scenario/builtin.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {
namespace {

constexpr const char* shipped_crash = "crash";
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
sell = { BTC = "3 bn USD", ETH = "2.2 bn USD", SOL = "500 m USD", XRP = "300 m USD", tail = "780 m USD" }
perps = true
forced = true
source = "assumed: probe"
)";

std::string push_times(double scale) {
    return fmt::format("events.{}.scale={}", push_event, scale);
}

std::function<std::vector<std::string>(const Plan&)> edge_times(double factor) {
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

// Prices of the file that is drawn beside a run, as log returns that makers follow from 20:50 on.
// CHECK: it has a row for every coin with books but the synthetic dollar.
ImposedPrices imposed_prices(const Plan& plan) {
    ImposedPrices out;
    out.from = duration_from_seconds(crash_news_s);
    out.log_return.resize(plan.assets.size());
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        const auto path =
            std::ranges::find(plan.observed_paths, plan.assets[a].name, &ObservedPath::asset);
        CHECK(path != plan.observed_paths.end() || plan.assets[a].pegged);
        if (path == plan.observed_paths.end()) {
            continue;
        }
        out.step = path->step;
        for (const double price : path->price) {
            out.log_return[a].push_back(std::log(price / path->price.front()));
        }
    }
    return out;
}

std::vector<PriceFigure> figures_of(GateReads reads,
                                    const Plan& plan,
                                    const RunTotals& totals,
                                    const MemoryRecorder& recorder) {
    const MarketView view(plan, recorder);
    switch (reads) {
        case GateReads::crash:
            return crash_figures(view);
        case GateReads::impact:
            return impact_figures(view);
        case GateReads::flow:
            return flow_figures(view);
        case GateReads::calm:
            return calm_figures(view, summarise(plan, totals, recorder));
        case GateReads::day: {
            std::vector<PriceFigure> out = metric_figures(summarise(plan, totals, recorder));
            out.push_back(parted_figure(view));
            return out;
        }
        case GateReads::liquidated:
            return liquidated_figure(view);
    }
    return {};
}

}  // namespace

std::string push_variant(double scale) {
    return scale == 1.0 ? shipped_crash : fmt::format("crash-push-{:g}", scale);
}
std::string pace_variant(std::string_view pace) {
    return pace == paces.back() ? shipped_crash : fmt::format("crash-unwind-{}", pace);
}
std::string family_variant(const GateFamily& family) {
    return fmt::format("november-without-{}", family.name);
}

std::vector<GateVariant> gate_variants() {
    std::vector<GateVariant> out = {
        {"crash", "2025-10-10.toml", until_2145, "", GateReads::crash},
        {"crash-edge-two-thirds",
         "2025-10-10.toml",
         until_2145,
         "",
         GateReads::crash,
         edge_times(2.0 / 3.0)},
        {"crash-edge-three-halves",
         "2025-10-10.toml",
         until_2145,
         "",
         GateReads::crash,
         edge_times(1.5)},
        {"state-alone",
         "base/state-2025-10-10.toml",
         {"clock.length=1 h", "clock.day_from=0 h", "clock.day_to=1 h"},
         "",
         GateReads::liquidated},
        {"impact",
         "2025-10-10.toml",
         with(until_2145,
              {"mechanisms.forced_orders=false",
               "mechanisms.off_after=9 h",
               "output.every=1 s",
               push_times(0)}),
         probe_sale,
         GateReads::impact,
         nullptr,
         probe_bars_from_s},
        {"flow", "2025-10-10.toml", until_2145, "", GateReads::flow, nullptr, 0.0, true},
        {"calm", "quiet-2025-11.toml", {}, "", GateReads::calm},
        {"november", "2025-11-04.toml", {}, "", GateReads::day},
        {"november-half", "2025-11-04.toml", {}, "", GateReads::day, half_clocks},
        {"september", "2025-09-22.toml", {}, "", GateReads::day},
    };
    for (const double scale : push_scales) {
        if (scale != 1.0) {
            out.push_back({push_variant(scale),
                           "2025-10-10.toml",
                           with(until_2145, {push_times(scale)}),
                           "",
                           GateReads::crash});
        }
    }
    for (const char* const pace : paces) {
        if (pace_variant(pace) == shipped_crash) {
            continue;
        }
        out.push_back({pace_variant(pace),
                       "2025-10-10.toml",
                       with(until_2145, {fmt::format("venues.*.fund.unwind={}", pace)}),
                       "",
                       GateReads::crash});
    }
    for (const GateFamily& family : gate_families) {
        out.push_back(
            {family_variant(family), "2025-11-04.toml", {family.set}, "", GateReads::day});
    }
    return out;
}

GateWorld run_variant(const GateVariant& variant,
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

std::expected<Plan, Errors> compile_variant(const GateVariant& variant,
                                            const GateRequest& request) {
    std::vector<std::string> set = with({"world.size=" + request.size}, variant.set);
    set = with(std::move(set), request.set);
    const std::string name = fmt::format("{}{}", builtin_prefix, variant.scenario);
    const std::string folder = name.substr(0, name.rfind('/'));
    std::string text = std::string{*builtin_file(variant.scenario)} + variant.added;
    if (variant.imposed) {
        constexpr std::string_view shown = "history/measured-2025-10-10.toml";
        const std::size_t at = text.find(shown);
        CHECK(at != std::string::npos);
        text.replace(at, shown.size(), "history/imposed-2025-10-10.toml");
    }
    auto compiled = compile_text(text, name, folder, set);
    if (compiled && variant.derived) {
        set = with(std::move(set), variant.derived(compiled->plan));
        compiled = compile_text(text, name, folder, set);
    }
    if (!compiled) {
        return std::unexpected(std::move(compiled.error()));
    }
    if (variant.imposed) {
        compiled->plan.imposed = imposed_prices(compiled->plan);
    }
    return std::move(compiled->plan);
}

}  // namespace margincall::inline lab
