#include "report/defi_data.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "record/synthetic_chain.hpp"
#include "report/headline.hpp"
#include "report/html_report.hpp"
#include "report/report_data.hpp"
#include "report/terminal_summary.hpp"

namespace margincall {
namespace {

using testing::SyntheticChainRun;
using OrderedJson = nlohmann::ordered_json;

const SyntheticChainRun& chain() {
    static const SyntheticChainRun made;
    return made;
}
Summary chain_summary() {
    return summarise(chain().run.plan, chain().run.totals, chain().run.recorder);
}
OrderedJson data_of(const Plan& plan, const MemoryRecorder& recorder) {
    return OrderedJson::parse(
        report_data_json(plan, summarise(plan, {}, recorder), recorder, {}))["defi"];
}
OrderedJson data() {
    return data_of(chain().run.plan, chain().run.recorder);
}

TEST(DefiData, RunWithoutAChainHasNoSection) {
    const testing::SyntheticRun run{testing::synthetic_plan(hours(2))};

    EXPECT_TRUE(data_of(run.plan, run.recorder).is_null());
    for (const HeadlineRow& row : headline_rows(summarise(run.plan, {}, run.recorder))) {
        EXPECT_EQ(metric_names[row.metric].scope, MetricScope::venues) << row.label;
    }
}

TEST(DefiData, ComparedFigureOfTheChainIsShownEvenWithoutAValue) {
    Plan plan = testing::synthetic_plan(hours(2));
    ObservedPlan row;
    row.metric = "usde_low_min";
    row.value = 0.6567;
    row.has_value = true;
    plan.observed.push_back(row);

    const auto rows = headline_rows(summarise(plan, {}, MemoryRecorder{}));

    EXPECT_EQ(metric_names[rows.back().metric].name, "usde_low_min");
    EXPECT_EQ(rows.back().measured, "$0.6567");
}

TEST(DefiData, ChainThatRecordedNothingHasEmptyParts) {
    const OrderedJson defi = data_of(testing::synthetic_chain_plan(), MemoryRecorder{});

    EXPECT_TRUE(defi["markets"].empty());
    EXPECT_TRUE(defi["health"].empty());
    EXPECT_TRUE(defi["peg"].is_null());
    EXPECT_TRUE(defi["incident"]["pools"].empty());
}

TEST(DefiData, MixIsScaledToOneAndSaysWhereItComesFrom) {
    Plan plan = testing::synthetic_chain_plan();
    plan.defi.lending.eth_loops = 1.0;
    plan.defi.lending.dollar_loops = 0.5;
    plan.defi.lending.eth_backed = 0.25;
    plan.defi.lending.btc_backed = 0.25;
    const OrderedJson mix = data_of(plan, MemoryRecorder{})["mix"];

    ASSERT_EQ(mix.size(), 4U);
    EXPECT_EQ(mix[0]["share"], 0.5);
    EXPECT_EQ(mix[0]["status"], "assumed");
    EXPECT_EQ(mix[0]["source"], "largest use");
}

TEST(DefiData, HealthIsShownBeforeAtTheLowAndAfter) {
    const OrderedJson health = data()["health"];

    ASSERT_EQ(health.size(), 3U);
    EXPECT_EQ(health[0]["time_s"], 0.0);
    EXPECT_EQ(health[1]["label"], "at ether's low");
    EXPECT_EQ(health[1]["time_s"], testing::chain_low_min * 60.0);
    EXPECT_EQ(health[2]["time_s"], 49 * 3600.0);
}

TEST(DefiData, OnlyReservesThatSomebodyBorrowsFromAreDrawn) {
    const OrderedJson reserves = data()["reserves"];

    ASSERT_EQ(reserves.size(), 3U);
    EXPECT_EQ(reserves[1]["market"], "large lenders");
    EXPECT_EQ(reserves[1]["token"], "ether");
    EXPECT_EQ(reserves[2]["market"], "share token");
}

TEST(DefiData, VenuesSayTheirRuleAndTheirLow) {
    const OrderedJson venues = data()["peg"]["venues"];

    ASSERT_EQ(venues.size(), 3U);
    EXPECT_EQ(venues[0]["rule"], "the venue's own book");
    EXPECT_NEAR(venues[0]["price_low"].get<double>(), 0.66, 1e-9);
    EXPECT_EQ(venues[2]["venue"], "U");
    EXPECT_EQ(venues[2]["rule"], "median of the venues");
}

TEST(DefiData, PricesOfDollarPoolsAndInvariantsOfAllPoolsAreDrawn) {
    const OrderedJson pools = data()["pools"];

    ASSERT_EQ(pools.size(), 2U);
    EXPECT_EQ(pools[0]["name"], "curve USDe/USDC");
    EXPECT_NEAR(pools[0]["price_low"].get<double>(), 0.997, 1e-9);
    EXPECT_FALSE(pools[0]["price"].get<std::string>().empty());
    EXPECT_TRUE(pools[1]["price"].get<std::string>().empty());  // ether per share: another axis
    EXPECT_FALSE(pools[1]["invariant"].get<std::string>().empty());
}

TEST(DefiData, RestOfTheReportedLossStandsApart) {
    const OrderedJson incident = data()["incident"];

    ASSERT_EQ(incident["pools"].size(), 2U);
    EXPECT_EQ(incident["pools"][0]["name"], "osETH/WETH");
    const double stolen = incident["stolen_usd"].get<double>();
    EXPECT_GT(stolen, 50e6);
    EXPECT_DOUBLE_EQ(incident["remainder_usd"].get<double>(), 128e6 - stolen);
}

TEST(DefiData, PoolsThatHeldLeaveNoRemainder) {
    Plan plan = testing::synthetic_chain_plan(hours(2));
    plan.defi.balancer.rounding = PoolRounding::corrected;
    const testing::SyntheticRun run{plan};
    const OrderedJson incident = data_of(run.plan, run.recorder)["incident"];

    EXPECT_EQ(incident["rounding"], "corrected");
    EXPECT_EQ(incident["stolen_usd"], 0.0);
    EXPECT_EQ(incident["remainder_usd"], 0.0);
}

TEST(DefiTerminal, ChainHasAFewLinesOfItsOwn) {
    const std::string text =
        terminal_summary(chain().run.plan, chain_summary(), &chain().run.recorder);

    EXPECT_NE(text.find("\non chain\nlarge lenders          $"), std::string::npos) << text;
    EXPECT_NE(text.find("in 40 calls, "), std::string::npos);
    EXPECT_NE(text.find("USDe on A              lowest $0.6600, as collateral $0.6600 (the venue's "
                        "own book)\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("pools drained          19,026 ETH, $"), std::string::npos) << text;
    EXPECT_NE(text.find("of the reported $128.0 m a flow apart\n"), std::string::npos);
}

TEST(DefiTerminal, PoolsThatHeldAreNamedAsSuch) {
    Plan plan = testing::synthetic_chain_plan(hours(2));
    const testing::SyntheticRun run{plan};
    const std::string text =
        terminal_summary(run.plan, summarise(run.plan, {}, run.recorder), &run.recorder);

    EXPECT_NE(
        text.find("pools drained          nothing: no batch of the attacker earned anything\n"),
        std::string::npos)
        << text;
}

// Set MARGINCALL_CHAIN_REPORT_OUT to keep the page and look at it.
TEST(DefiData, PageOfARunWithAChainIsOneFile) {
    const std::string page =
        report_html(chain().run.plan, chain_summary(), chain().run.recorder, ReportContext{});

    EXPECT_EQ(page.find("MARGINCALL_"), std::string::npos);
    EXPECT_NE(page.find("\"defi\":{"), std::string::npos);
    if (const char* wanted = std::getenv("MARGINCALL_CHAIN_REPORT_OUT"); wanted != nullptr) {
        std::ofstream{wanted} << page;
    }
}

}  // namespace
}  // namespace margincall
