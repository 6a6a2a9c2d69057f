#include "analytics/chain_totals.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "analytics/summary.hpp"
#include "record/synthetic_chain.hpp"

namespace margincall {
namespace {

using testing::chain_liquidation;
using testing::lending_record;
using testing::peg_record;
using testing::SyntheticChainRun;

// A run whose plan has a chain; records as the test adds them.
struct Chain {
    Plan plan = testing::synthetic_chain_plan(hours(4));
    MemoryRecorder recorder;

    void ether_bar(std::int64_t minute, double close) {
        BarRecord bar;
        bar.time_ns = minutes(minute).raw();
        for (std::uint32_t i = 0; i < plan.instruments.size(); ++i) {
            bar.instrument = plan.instruments[i].name == "A:ETH-SPOT" ? i : bar.instrument;
        }
        bar.open = bar.low = bar.high = bar.close = close;
        recorder.on(bar);
    }
    void batch(std::uint32_t pool, std::int64_t minute, double stolen_eth) {
        for (std::uint32_t step = 0; step < 3; ++step) {
            IncidentRecord record;
            record.time_ns = minutes(minute).raw();
            record.pool = pool;
            record.step = step;
            record.stolen_eth = stolen_eth;  // of the whole batch, at every step
            recorder.on(record);
        }
    }
    [[nodiscard]] ChainTotals totals() const { return chain_totals(MarketView{plan, recorder}); }
    [[nodiscard]] std::optional<double> value(std::string_view metric) const {
        return summarise(plan, {}, recorder).metric(metric).value;
    }
};

TEST(ChainTotals, LiquidatedShareIsOfTheBorrowingsInTheFirstRecord) {
    Chain chain;
    chain.recorder.on(lending_record(1, 0, 0, 600, 0.8));
    chain.recorder.on(lending_record(1, 0, 1, 400, 0.7));
    chain.recorder.on(lending_record(1, 1, 0, 50, 0.9));
    chain.recorder.on(lending_record(2, 0, 0, 5'000, 0.8));  // later growth does not count
    chain.recorder.on(chain_liquidation(1, 0, 8));
    chain.recorder.on(chain_liquidation(3, 0, 2));
    chain.recorder.on(chain_liquidation(3, 1, 5));

    const ChainTotals totals = chain.totals();

    ASSERT_EQ(totals.markets.size(), 2U);
    EXPECT_EQ(totals.markets[0].borrowed_start_usd, 1'000);
    EXPECT_EQ(totals.markets[0].calls, 2);
    EXPECT_DOUBLE_EQ(*totals.markets[0].liquidated_share(), 0.01);
    EXPECT_DOUBLE_EQ(*totals.markets[1].liquidated_share(), 0.1);
    EXPECT_DOUBLE_EQ(totals.markets[0].seized_usd, 10.5);
    EXPECT_EQ(chain.value("defi_liquidated_usd"), 15);
    EXPECT_DOUBLE_EQ(*chain.value("defi_liquidated_share"), 15.0 / 1'050);
}

TEST(ChainTotals, BadDebtIsTheLastOfEveryReserve) {
    Chain chain;
    for (const auto& [minute, usd] : {std::pair{1, 3.0}, {2, 7.0}}) {
        LendingRecord dollars = lending_record(minute, 0, 0, 10, 0.5);
        dollars.deficit_usd = usd;
        LendingRecord ether = lending_record(minute, 0, 1, 10, 0.5);
        ether.deficit_usd = 1;
        chain.recorder.on(dollars);
        chain.recorder.on(ether);
    }

    EXPECT_EQ(chain.value("defi_bad_debt_usd"), 8);
}

TEST(ChainTotals, PeakSaysWhichReserveAndWhen) {
    Chain chain;
    chain.recorder.on(lending_record(1, 0, 0, 10, 0.80));
    chain.recorder.on(lending_record(2, 0, 1, 10, 0.95));
    chain.recorder.on(lending_record(3, 0, 0, 10, 0.90));

    const ReservePeak peak = chain.totals().markets[0].utilisation;

    EXPECT_EQ(peak.value, 0.95);
    EXPECT_EQ(peak.token, 1);
    EXPECT_EQ(peak.time_ns, minutes(2).raw());
    EXPECT_EQ(chain.value("defi_utilisation_max"), 0.95);
}

TEST(ChainTotals, GapComparesVenuesAtOneTimeAndLowDoesNot) {
    Chain chain;
    chain.recorder.on(peg_record(1, 0, 0.70, 0.70));
    chain.recorder.on(peg_record(1, 1, 0.98, 0.98));
    chain.recorder.on(peg_record(2, 0, 0.90, 0.90));
    PegRecord dip = peg_record(2, 1, 1.01, 0.99);
    dip.price_low = 0.60;  // inside the bar
    chain.recorder.on(dip);
    chain.recorder.on(peg_record(3, 0, 2.0, 1.0));  // alone: no gap

    const ChainTotals totals = chain.totals();

    ASSERT_EQ(totals.venues.size(), 2U);
    EXPECT_EQ(totals.venues[1].price_low, 0.60);
    EXPECT_EQ(totals.venues[1].low_ns, minutes(2).raw());
    EXPECT_EQ(totals.venues[1].collateral_low, 0.98);
    EXPECT_EQ(chain.value("usde_low_min"), 0.60);
    EXPECT_DOUBLE_EQ(*chain.value("usde_gap_max"), 0.98 - 0.70);
}

TEST(ChainTotals, IncidentIsWorthWhatEtherWasWorthThen) {
    Chain chain;
    chain.ether_bar(5, 4'000);
    chain.ether_bar(6, 3'000);
    chain.batch(0, 5, 10);
    chain.batch(1, 6, 2);

    const ChainTotals totals = chain.totals();

    ASSERT_EQ(totals.losses.size(), 2U);
    EXPECT_EQ(totals.losses[0].stolen_usd, 40'000);
    EXPECT_EQ(totals.losses[1].stolen_usd, 6'000);
    EXPECT_EQ(chain.value("incident_loss_usd"), 46'000);
}

TEST(ChainTotals, PoolsKeepTheirLowAndAddUpWhatWasTraded) {
    Chain chain;
    for (const auto& [minute, price, traded] :
         {std::tuple{1, 1.0, 10.0}, {2, 0.997, 5.0}, {3, 0.999, 1.0}}) {
        chain.recorder.on(PoolRecord{
            minutes(minute).raw(), "curve USDe/USDC", price, 1.0 + 0.1 * minute, traded});
        chain.recorder.on(PoolRecord{minutes(minute).raw(), "balancer osETH/WETH", 1.03, 1.0, 0.0});
    }

    const ChainTotals totals = chain.totals();

    ASSERT_EQ(totals.pools.size(), 2U);
    EXPECT_TRUE(totals.pools[0].of_dollar);
    EXPECT_EQ(totals.pools[0].price_low, 0.997);
    EXPECT_EQ(totals.pools[0].low_ns, minutes(2).raw());
    EXPECT_EQ(totals.pools[0].traded_usd, 16);
    EXPECT_DOUBLE_EQ(totals.pools[0].invariant_last, 1.3);
    EXPECT_FALSE(totals.pools[1].of_dollar);
}

TEST(ChainTotals, IncidentWithoutAPriceOfEtherIsUnknown) {
    Chain chain;
    chain.ether_bar(6, 3'000);
    chain.batch(0, 5, 10);

    EXPECT_FALSE(chain.value("incident_loss_usd").has_value());
}

TEST(ChainTotals, PoolsThatHeldLostNothing) {
    Chain chain;
    chain.ether_bar(5, 4'000);

    EXPECT_EQ(chain.value("incident_loss_usd"), 0);
    chain.plan.defi.balancer.pools = false;
    EXPECT_FALSE(chain.value("incident_loss_usd").has_value());
}

TEST(ChainTotals, RunWithoutAChainHasNoValueOfAnyOfIt) {
    Plan plan = testing::synthetic_plan(hours(2));
    const testing::SyntheticRun run{plan};
    const Summary summary = summarise(run.plan, run.totals, run.recorder);

    int rows = 0;
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        if (metric_names[i].scope == MetricScope::chain) {
            EXPECT_FALSE(summary.metrics[i].value.has_value()) << metric_names[i].name;
            ++rows;
        }
    }
    EXPECT_EQ(rows, 7);
}

TEST(ChainTotals, EveryMetricOfAChainHasAValue) {
    const SyntheticChainRun chain;
    const Summary summary = summarise(chain.run.plan, chain.run.totals, chain.run.recorder);

    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        if (metric_names[i].scope == MetricScope::chain) {
            EXPECT_TRUE(summary.metrics[i].value.has_value()) << metric_names[i].name;
        }
    }
    EXPECT_NEAR(*summary.metric("usde_low_min").value, 0.66, 1e-6);
    EXPECT_EQ(summary.metric("defi_bad_debt_usd").value, 1.5e6);
}

}  // namespace
}  // namespace margincall
