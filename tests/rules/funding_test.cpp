#include "rules/funding.hpp"

#include <gtest/gtest.h>

#include "clearing/world.hpp"

namespace margincall::test {
namespace {

Lots lots(std::int64_t raw) {
    return Lots::from_raw(raw);
}
Ticks ticks(std::int64_t raw) {
    return Ticks::from_raw(raw);
}

FundingRule every_8h() {
    return {};
}
FundingRule hourly() {
    FundingRule rule;
    rule.interval = hours(1);
    rule.cap_ppb = 40'000'000;  // 4 %
    rule.price = FundingPrice::index;
    rule.impact_notional = usd(20'000);
    return rule;
}

TEST(Funding, QuietPremiumsPrintTheInterest) {
    const std::int64_t cap = 3'000'000;
    for (const double premium : {-0.0004, -0.0001, 0.0, 0.0003, 0.0006}) {
        EXPECT_NEAR(funding_rate(every_8h(), premium, cap), 0.0001, 1e-15) << premium;
    }
    EXPECT_NEAR(funding_rate(every_8h(), 0.001, cap), 0.0005, 1e-15);
    EXPECT_NEAR(funding_rate(every_8h(), -0.001, cap), -0.0005, 1e-15);
}

TEST(Funding, IsCappedAtThreeQuartersOfTheTopMaintenanceRate) {
    const MarginTiers tiers = binance_btc();  // 0.4 % at 150x

    EXPECT_EQ(funding_cap_ppb(every_8h(), tiers), 3'000'000);  // 0.3 %
    FundingRate funding{every_8h(), tiers};
    funding.sample(99'000.0, 99'100.0, 100'000.0);  // premium -0.9 %
    EXPECT_EQ(funding.rate_ppb(), -3'000'000);
    EXPECT_DOUBLE_EQ(funding.impact_notional_usd(), 30'000.0);  // 200 USD * 150
}

// Example of docs/mark-and-funding.md (Hyperliquid's page): impact bid 10,100 over an oracle of
// 10,000 is a premium of 1 %, 0.95 % per 8 h, 0.11875 % an hour; a long of 10 BTC pays 118.75 USD.
TEST(Funding, HourlyRateAndPayment) {
    FundingRate funding{hourly(), flat_tier(10'000)};
    funding.sample(10'100.0, 10'110.0, 10'000.0);

    EXPECT_DOUBLE_EQ(funding.premium(), 0.01);
    const std::int64_t rate = funding.settle_ppb();
    EXPECT_EQ(rate, 1'187'500);
    const Instrument inst = btc_perp();
    EXPECT_EQ(funding_payment(inst, lots(10'000), ticks(100'000), rate), usd(118.75));
    EXPECT_EQ(funding_payment(inst, lots(-10'000), ticks(100'000), rate), usd(-118.75));
}

TEST(Funding, LinearWeightsCountLateSamplesMore) {
    FundingRule rule;
    rule.weights = FundingWeights::linear;
    FundingRate funding{rule, flat_tier(5'000)};
    for (const double premium : {0.0001, 0.0002, 0.0003, 0.0004, 0.0010}) {
        funding.sample(100.0 * (1.0 + premium), 101.0, 100.0);
    }

    EXPECT_NEAR(funding.premium(), 0.0080 / 15.0, 1e-12);
}

TEST(Funding, FlatWeightsAverage) {
    FundingRate funding{every_8h(), flat_tier(5'000)};
    funding.sample(100.2, 101.0, 100.0);
    funding.sample(99.0, 99.9, 100.0);
    funding.sample(99.0, 101.0, 100.0);  // index between: 0

    EXPECT_NEAR(funding.premium(), (0.002 - 0.001) / 3.0, 1e-12);
}

TEST(Funding, SettlementStartsTheNextIntervalAnew) {
    FundingRate funding{every_8h(), flat_tier(5'000)};
    EXPECT_EQ(funding.last_settled_ppb(), 0);
    funding.sample(100.2, 101.0, 100.0);

    const std::int64_t first = funding.settle_ppb();

    EXPECT_EQ(first, 1'500'000);
    EXPECT_EQ(funding.last_settled_ppb(), first);
    EXPECT_DOUBLE_EQ(funding.premium(), 0.0);
    EXPECT_EQ(funding.settle_ppb(), 100'000);  // no sample: the interest
}

TEST(Funding, MissingSidesAndMissingIndexAddNothing) {
    FundingRate funding{every_8h(), flat_tier(5'000)};
    funding.sample(0.0, 0.0, 100.0);
    EXPECT_DOUBLE_EQ(funding.premium(), 0.0);
    funding.sample(100.4, 0.0, 100.0);
    EXPECT_NEAR(funding.premium(), 0.002, 1e-12);
    funding.sample(200.0, 201.0, 0.0);  // not a sample
    EXPECT_NEAR(funding.premium(), 0.002, 1e-12);
}

TEST(Funding, NobodyReceivesMoreThanTheOthersPaid) {
    Rng rng{41, 1, Purpose::test};
    const Instrument inst = perp(0.01, 0.1);
    for (int k = 0; k < 2'000; ++k) {
        const auto rate = static_cast<std::int64_t>(rng.below(80'000'000)) - 40'000'000;
        const Ticks price = ticks(log_uniform(rng, 1e7));
        std::int64_t net = 0;
        std::int64_t paid = 0;
        std::int64_t holders = 0;
        for (; holders < 20; ++holders) {
            const std::int64_t qty = log_uniform(rng, 1e6) * (rng.chance(0.5) ? 1 : -1);
            net += qty;
            paid += funding_payment(inst, lots(qty), price, rate).raw();
        }
        paid += funding_payment(inst, lots(-net), price, rate).raw();
        ASSERT_GE(paid, 0);
        ASSERT_LT(paid, holders + 1);
    }
}

}  // namespace
}  // namespace margincall::test
