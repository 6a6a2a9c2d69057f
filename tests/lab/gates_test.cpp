#include "lab/gates.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <numeric>
#include <sstream>

#include "analytics/quantiles.hpp"
#include "base/check.hpp"
#include "lab/gates_file.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

TEST(GateTarget, ItsBoundsBelongToIt) {
    const GateTarget band{-4.5, -3.3};
    EXPECT_TRUE(band.holds(-4.5));
    EXPECT_TRUE(band.holds(-3.3));
    EXPECT_FALSE(band.holds(-4.5001));
    EXPECT_FALSE(band.holds(-3.2999));
    EXPECT_EQ(band.text(), "-4.5 to -3.3");
    const GateTarget open{60, std::nullopt};
    EXPECT_TRUE(open.holds(60));
    EXPECT_TRUE(open.holds(1e9));
    EXPECT_FALSE(open.holds(59.9));
    EXPECT_EQ(open.text(), "at least 60");
    EXPECT_EQ((GateTarget{std::nullopt, 0.3}).text(), "at most 0.3");
    EXPECT_FALSE(GateTarget{}.asks());
    EXPECT_EQ(GateTarget{}.text(), "");
}

TEST(GateRow, MedianAndIntervalAreThoseOfManyPaths) {
    const std::vector<double> sorted = {1, 2, 4, 8};
    const GateRow row = median_row("f", "%", {8, 1, 4, 2}, {3, 3}, "s");
    EXPECT_EQ(row.value, 3.0);
    EXPECT_EQ(row.value, quantile(sorted, 0.5));
    EXPECT_EQ(row.p05, quantile(sorted, 0.05));
    EXPECT_EQ(row.p95, quantile(sorted, 0.95));
    EXPECT_EQ(row.met(), true);
    EXPECT_EQ(median_row("f", "%", {8, 1, 4, 2}, {3.1, 4}, "s").met(), false);
    EXPECT_EQ(median_row("f", "%", {1}, {}, "").met(), std::nullopt) << "only shown";
    EXPECT_EQ(median_row("f", "%", {}, {0, 1}, "").met(), false) << "no value meets nothing";
}

TEST(GateRow, SharesAreOfTheSeeds) {
    const std::vector<double> values = {0.1, 0.4, 0.5, 0.2};
    const auto inside = [](double bn) { return bn >= 0.1 && bn <= 0.4; };
    const GateRow row = share_row("f", values, inside, {80, std::nullopt}, "s");
    EXPECT_EQ(row.value, 75.0);
    EXPECT_EQ(row.met(), false);
    EXPECT_EQ(row.judged, "share");
    EXPECT_EQ(share_row("f", {}, inside, {std::nullopt, 0}, "s").met(), false);
}

GateWorlds worlds(std::initializer_list<std::pair<std::uint64_t, double>> values) {
    GateWorlds out;
    for (const auto& [seed, value] : values) {
        out[seed] = {seed, {{"f", "%", value}, {"nothing", "%", std::nullopt}}};
    }
    return out;
}

TEST(GateRow, PairsAreOfEqualSeeds) {
    const GateWorlds first = worlds({{1, 10}, {2, 20}, {3, 0}});
    const GateWorlds second = worlds({{2, 25}, {3, 1}, {4, 5}});
    EXPECT_EQ(paired(first, second, "f", Against::difference), (std::vector<double>{5, 1}));
    EXPECT_EQ(paired(first, second, "f", Against::ratio), (std::vector<double>{25}));
    EXPECT_TRUE(paired(first, second, "nothing", Against::difference).empty());
}

TEST(GateRow, ObservedFiguresAreBandsAroundWhatWasMeasured) {
    Plan plan;
    ObservedPlan fall;
    fall.metric = "btc_fall_open_to_low";
    fall.value = -0.07;
    fall.tolerance = 0.01;
    fall.has_value = true;
    fall.source = "measured: here";
    ObservedPlan words;
    words.metric = "btc_low";
    words.article = "almost nothing";
    plan.observed = {fall, words};
    const std::string label{metric_names[testing::metric_row(fall.metric)].label};
    GateWorlds of;
    of[1].figures = {{label, "%", -7.9}};
    of[2].figures = {{label, "%", -6.5}};
    const auto rows = observed_rows(plan, of);
    ASSERT_EQ(rows.size(), 1U) << "what the press said in words has no band";
    EXPECT_EQ(rows[0].figure, label);
    EXPECT_DOUBLE_EQ(*rows[0].target.low, -8.0);
    EXPECT_DOUBLE_EQ(*rows[0].target.high, -6.0);
    EXPECT_DOUBLE_EQ(*rows[0].value, -7.2);
    EXPECT_EQ(rows[0].source, "measured: here");
}

TEST(GateResult, OneMissAFailedWorldOrNoRunIsAMiss) {
    GateResult gate;
    gate.rows = {median_row("a", "", {1}, {0, 2}, ""), median_row("shown", "", {9}, {}, "")};
    EXPECT_TRUE(gate.met());
    gate.rows.push_back(median_row("b", "", {3}, {0, 2}, ""));
    EXPECT_FALSE(gate.met());
    ASSERT_EQ(gate.misses().size(), 1U);
    EXPECT_EQ(gate.misses()[0]->figure, "b");
    gate.rows.pop_back();
    gate.failed = 1;
    EXPECT_FALSE(gate.met());
    gate.failed = 0;
    gate.not_run = "not built";
    EXPECT_FALSE(gate.met());
}

TEST(GateSeeds, RangesAndNumbersInOrder) {
    EXPECT_EQ(parse_seeds("1-3"), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(parse_seeds("7"), (std::vector<std::uint64_t>{7}));
    EXPECT_EQ(parse_seeds("1-2,9,11-12"), (std::vector<std::uint64_t>{1, 2, 9, 11, 12}));
    for (const char* const wrong : {"",
                                    "-",
                                    "1-",
                                    "-3",
                                    "3-1",
                                    "1,1",
                                    "2,1",
                                    "1-4,4",
                                    "a",
                                    "1 2",
                                    "1-2-3",
                                    "1,",
                                    "1-99999999"}) {
        EXPECT_FALSE(parse_seeds(wrong)) << wrong;
    }
    for (const char* const text : {"1-8", "3", "1-2,9,11-12"}) {
        EXPECT_EQ(seeds_text(*parse_seeds(text)), text);
    }
}

TEST(Gates, WorkersChangeNothing) {
    GateRequest request;
    request.only = {"calm"};
    request.seeds = {{1, 2}};
    request.size = "preview";
    request.set = {"population.accounts=2000",
                   "assets.T.copies=2",
                   "clock.length=1 min",
                   "clock.day_from=0 s",
                   "clock.day_to=1 min"};
    const auto go_on = [](const PoolProgress&) { return true; };
    const auto one = run_gates(request, go_on);
    request.workers = 2;
    const auto two = run_gates(request, go_on);
    ASSERT_TRUE(one && two) << one.error().front().message;
    EXPECT_EQ(one->progress.finished, 2U);
    EXPECT_EQ(gates_json({{}, one->report}), gates_json({{}, two->report}));
    ASSERT_EQ(one->report.gates.size(), 1U);
    const GateResult& calm = one->report.gates[0];
    EXPECT_EQ(calm.seeds, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_FALSE(calm.named_seeds);
    EXPECT_EQ(calm.failed, 0U);
    ASSERT_FALSE(calm.rows.empty());
    EXPECT_EQ(calm.rows[0].figure, "low of BTC");
    EXPECT_TRUE(calm.rows[0].value);
    EXPECT_EQ(calm.rows[0].target.low, -2.5);
    EXPECT_EQ(one->report.set, request.set);
}

// Every figure of every gate, made up.
GateWorld made_up(const std::string& /*variant*/, const Plan& plan) {
    GateWorld out;
    out.digest = plan.seed;
    for (const MetricName& metric : metric_names) {
        out.figures.push_back({std::string{metric.label}, "", static_cast<double>(plan.seed)});
    }
    return out;
}

const GateResult& gate_of(const GateReport& report, std::string_view name) {
    const auto found = std::ranges::find(report.gates, name, &GateResult::name);
    EXPECT_NE(found, report.gates.end()) << name;
    return *found;
}
const GateRow& row_of(const GateResult& gate, std::string_view figure) {
    const auto found = std::ranges::find(gate.rows, figure, &GateRow::figure);
    EXPECT_NE(found, gate.rows.end()) << gate.name << ": " << figure;
    return *found;
}

TEST(Gates, EachWorldRunsOnceAndIsWhatItsGateSays) {
    std::mutex mutex;
    std::map<std::string, Plan> plans;
    std::map<std::string, int> runs;
    GateRequest request;
    request.seeds = {{1, 2}};
    request.workers = 2;
    request.world = [&](const std::string& variant, const Plan& plan) {
        const std::lock_guard guard{mutex};
        plans.emplace(variant, plan);
        ++runs[variant];
        return made_up(variant, plan);
    };
    const auto run = run_gates(request, [](const PoolProgress&) { return true; });
    ASSERT_TRUE(run) << run.error().front().message;
    for (const auto& [variant, count] : runs) {
        EXPECT_EQ(count, 2) << variant;
    }
    EXPECT_EQ(run->report.gates.size(), gate_names().size());

    const Plan& crash = plans.at("crash");
    EXPECT_EQ(crash.size, WorldSize::reduced);
    EXPECT_EQ(crash.length, minutes(585));
    EXPECT_DOUBLE_EQ(plans.at("crash-edge-two-thirds").patient.to, crash.patient.to * 2.0 / 3.0);
    EXPECT_DOUBLE_EQ(plans.at("crash-edge-three-halves").patient.to, crash.patient.to * 1.5);
    EXPECT_TRUE(plans.at("state-alone").events.empty());

    const Plan& impact = plans.at("impact");
    EXPECT_EQ(impact.events.size(), crash.events.size() + 1) << "the sale is added";
    const auto sale = std::ranges::find(impact.events, "Probe sale", &EventPlan::name);
    ASSERT_NE(sale, impact.events.end());
    EXPECT_EQ(to_seconds(sale->at - SimTime{}), probe_from_s);
    EXPECT_EQ(to_seconds(sale->until - SimTime{}), probe_until_s);
    EXPECT_DOUBLE_EQ(sale->sell_usd[0], 3e9);
    EXPECT_FALSE(impact.switches.forced_orders);
    EXPECT_EQ(impact.switches.off_after, hours(9));
    EXPECT_EQ(impact.output.bar, seconds(1));

    const Plan& flow = plans.at("flow");
    EXPECT_EQ(flow.imposed.from, duration_from_seconds(crash_news_s));
    EXPECT_EQ(flow.imposed.step, minutes(1));
    ASSERT_EQ(flow.imposed.log_return.size(), flow.assets.size());
    EXPECT_NEAR(*std::ranges::min_element(flow.imposed.log_return[0]), std::log(0.8948), 1e-9);
    EXPECT_EQ(flow.imposed.log_return[0].front(), 0.0);
    EXPECT_TRUE(crash.imposed.log_return.empty());
    // What ships is not run a second time.
    for (const VenuePlan& venue : crash.venues) {
        EXPECT_TRUE(venue.kind == VenueKind::spot_only || venue.rules.fund.unwind == hours(2));
    }
    EXPECT_FALSE(plans.contains("crash-unwind-2 h"));
    EXPECT_TRUE(plans.contains("crash-unwind-1 min"));

    const Plan& november = plans.at("november");
    const Plan& half = plans.at("november-half");
    const auto clocks = [](const Plan& plan) {
        return std::array{plan.population.clock,
                          plan.maker.clock,
                          plan.arbitrage.clock,
                          plan.factors.clock,
                          plan.patient.clock,
                          plan.trend.clock,
                          plan.panic.clock,
                          plan.dip_buyer.clock};
    };
    for (std::size_t k = 0; k < clocks(half).size(); ++k) {
        EXPECT_EQ(2 * clocks(half)[k].raw(), clocks(november)[k].raw()) << k;
    }
    EXPECT_FALSE(plans.at("november-without-panic sellers").panic.enabled);
    EXPECT_TRUE(november.panic.enabled);
    EXPECT_FALSE(plans.at("november-without-forced orders").switches.forced_orders);
    EXPECT_FALSE(plans.at("november-without-stops").switches.stops);

    // A family that changes nothing is found out; equal worlds agree at half the step.
    const GateResult& families = gate_of(run->report, "families");
    EXPECT_EQ(row_of(families, "without stops: seeds that run otherwise").value, 0.0);
    EXPECT_FALSE(families.met());
    EXPECT_TRUE(gate_of(run->report, "half-step").met());
    // A world without a figure misses it.
    EXPECT_FALSE(row_of(gate_of(run->report, "loop"), "rebound within 20 min of the low").value);
    EXPECT_FALSE(gate_of(run->report, "loop").met());
}

// Seeds, figures, bands and their sources. Rewrite with UPDATE_GOLDEN=1 and read the difference. Bands
// of [observed] are the scenarios'.
TEST(Gates, AskWhatTheyAsked) {
    GateRequest request;
    request.world = made_up;
    const auto run = run_gates(request, [](const PoolProgress&) { return true; });
    ASSERT_TRUE(run);
    std::string text;
    for (const GateResult& gate : run->report.gates) {
        if (gate.name == "22-september") {
            continue;
        }
        text += fmt::format("{}: {}, seeds {}\n", gate.name, gate.title, seeds_text(gate.seeds));
        for (const GateRow& row : gate.rows) {
            if (gate.name != "4-november" || &row == &gate.rows.back()) {
                text += fmt::format(
                    "  {} | {} | {} | {}\n", row.figure, row.judged, row.target.text(), row.source);
            }
        }
    }
    const std::string golden = MC_SOURCE_DIR "/tests/golden/gates.txt";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream{golden} << text;
    }
    std::ostringstream expected;
    expected << std::ifstream{golden}.rdbuf();
    EXPECT_EQ(text, expected.str());
}

TEST(Gates, TheEdgeTestComparesMedians) {
    GateRequest request;
    request.only = {"edge"};
    request.seeds = {{1, 2, 3}};
    request.world = [](const std::string& variant, const Plan& plan) {
        const double low = variant == "crash"                   ? -9.0
                           : variant == "crash-edge-two-thirds" ? -7.6
                                                                : -10.6;
        GateWorld out;
        // One seed far off moves a mean and not a median.
        out.figures = {
            {"BTC index from 20:50 to the low",
             "%",
             plan.seed == 3 ? low - 50.0 : low + 0.1 * static_cast<double>(plan.seed - 1)}};
        return out;
    };
    const auto run = run_gates(request, [](const PoolProgress&) { return true; });
    ASSERT_TRUE(run);
    const GateResult& edge = run->report.gates.at(0);
    EXPECT_NEAR(*row_of(edge, "move of the median low, edge times 2/3").value, 1.4, 1e-9);
    EXPECT_EQ(row_of(edge, "move of the median low, edge times 2/3").met(), true);
    EXPECT_NEAR(*row_of(edge, "move of the median low, edge times 3/2").value, -1.6, 1e-9);
    EXPECT_EQ(row_of(edge, "move of the median low, edge times 3/2").met(), false);
    EXPECT_EQ(edge.misses().size(), 1U);
}

double declared_push(const Plan& plan) {
    const auto push = std::ranges::find(plan.events, "First sellers", &EventPlan::name);
    return push == plan.events.end()
               ? -1.0
               : 1e-9 * std::accumulate(push->sell_usd.begin(), push->sell_usd.end(), 0.0);
}

// Half a dollar is forced per dollar of push, and three beyond six times the shipped one.
TEST(Gates, ThePushIsVariedAndItsThresholdIsWhereItForcesMost) {
    std::mutex mutex;
    std::map<std::string, Plan> plans;
    GateRequest request;
    request.only = {"impact", "push", "pace"};
    request.seeds = {{1, 2}};
    request.world = [&](const std::string& variant, const Plan& plan) {
        const std::lock_guard guard{mutex};
        plans.emplace(variant, plan);
        GateWorld out = made_up(variant, plan);
        constexpr double knee = 6.0 * 1.395;
        const double push = declared_push(plan);
        const double forced = 1.0 + 0.5 * std::min(push, knee) + 3.0 * std::max(0.0, push - knee);
        out.figures.push_back({"liquidated from 20:50", "bn USD", forced});
        return out;
    };
    const auto run = run_gates(request, [](const PoolProgress&) { return true; });
    ASSERT_TRUE(run) << run.error().front().message;
    EXPECT_NEAR(declared_push(plans.at("crash")), 1.395, 1e-9);
    EXPECT_EQ(declared_push(plans.at("crash-push-0")), 0.0);
    EXPECT_NEAR(declared_push(plans.at("crash-push-12")), 12 * 1.395, 1e-9);
    EXPECT_EQ(declared_push(plans.at("impact")), 0.0) << "the probe is the only sale";
    for (const VenuePlan& venue : plans.at("crash-unwind-1 min").venues) {
        EXPECT_EQ(venue.rules.fund.unwind, minutes(1)) << venue.name;
    }

    const GateResult& push = gate_of(run->report, "push");
    EXPECT_TRUE(push.met()) << "it asks nothing";
    EXPECT_NEAR(
        *row_of(push, "forced per dollar of push, from 0.50 to 1.00 bn of BTC").value, 0.5, 1e-9);
    EXPECT_NEAR(*row_of(push, "R from 0.50 to 1.00 bn of BTC").value, 1.0 / 3.0, 1e-9);
    EXPECT_NEAR(
        *row_of(push, "forced per dollar of push, from 3.00 to 6.00 bn of BTC").value, 3.0, 1e-9);
    EXPECT_NEAR(*row_of(push, "R from 3.00 to 6.00 bn of BTC").value, 0.75, 1e-9);
    EXPECT_NEAR(*row_of(push, "threshold: middle of the step that forces most per dollar").value,
                0.5 * (3.0 + 6.0),
                1e-9);
    EXPECT_NEAR(*row_of(push, "push of 0.00 bn of BTC: liquidated from 20:50").value, 1.0, 1e-9);
    EXPECT_NEAR(
        *row_of(gate_of(run->report, "pace"), "funds sell within 10 min: liquidated from 20:50")
             .value,
        1.0 + 0.5 * 1.395,
        1e-9);
}

TEST(Gates, AWorldThatFailsIsAMissWithItsReason) {
    GateRequest request;
    request.only = {"calm"};
    request.seeds = {{1, 2}};
    request.world = [](const std::string& variant, const Plan& plan) {
        CHECK(plan.seed != 2);
        GateWorld out = made_up(variant, plan);
        return out;
    };
    const auto run = run_gates(request, [](const PoolProgress&) { return true; });
    ASSERT_TRUE(run);
    EXPECT_EQ(run->progress.failed, 1U);
    ASSERT_EQ(run->failures.size(), 1U);
    EXPECT_TRUE(run->failures[0].starts_with("calm, seed 2: ")) << run->failures[0];
    EXPECT_NE(run->failures[0].find("plan.seed != 2"), std::string::npos) << run->failures[0];
    EXPECT_EQ(run->report.gates[0].failed, 1U);
    EXPECT_FALSE(run->report.gates[0].met());
}

TEST(Gates, SeedsAreThoseThatAGateNames) {
    GateRequest request;
    request.only = {"state", "loop"};
    request.world = made_up;
    const auto run = run_gates(request, [](const PoolProgress&) { return true; });
    ASSERT_TRUE(run);
    EXPECT_EQ(run->progress.worlds, 24U) << "16 that both share, 8 of the state alone";
    EXPECT_EQ(seeds_text(run->report.gates[0].seeds), "1-8");
    EXPECT_EQ(seeds_text(run->report.gates[1].seeds), "1-16");
    EXPECT_TRUE(run->report.gates[0].named_seeds);
}

TEST(Gates, AskedToStopTheyAnswerNothing) {
    GateRequest request;
    request.only = {"calm"};
    request.seeds = {{1, 2, 3, 4}};
    request.size = "preview";
    request.set = {"population.accounts=2000",
                   "assets.T.copies=2",
                   "clock.length=1 min",
                   "clock.day_from=0 s",
                   "clock.day_to=1 min"};
    const auto run = run_gates(request, [](const PoolProgress&) { return false; });
    ASSERT_TRUE(run);
    EXPECT_TRUE(run->stopped || run->progress.finished == 4U);
    EXPECT_EQ(run->report.gates.empty(), run->stopped);
}

TEST(Gates, AValueThatIsNotOneIsAProblemBeforeAnythingRuns) {
    GateRequest request;
    request.only = {"half-step"};
    request.set = {"agents.patient.to=900 %"};
    bool watched = false;
    const auto run = run_gates(request, [&](const PoolProgress&) { return watched = true; });
    ASSERT_FALSE(run);
    EXPECT_NE(run.error().front().message.find("agents.patient.to"), std::string::npos);
    EXPECT_FALSE(watched);
}

}  // namespace
}  // namespace margincall
