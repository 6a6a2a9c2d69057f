#include "rules/funding.hpp"

#include <gtest/gtest.h>

#include "clearing/world.hpp"
#include "rules/quantities.hpp"

namespace margincall::test {
namespace {

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
    funding.sample({99'000.0, 99'100.0, 100'000.0});  // premium -0.9 %
    EXPECT_EQ(funding.rate_ppb(), -3'000'000);
    EXPECT_EQ(funding.impact_notional(), usd(30'000));  // 200 USD * 150
}

// Example of docs/mark-and-funding.md (Hyperliquid's page): impact bid 10,100 over an oracle of
// 10,000 is a premium of 1 %, 0.95 % per 8 h, 0.11875 % an hour; a long of 10 BTC pays 118.75 USD.
TEST(Funding, HourlyRateAndPayment) {
    FundingRate funding{hourly(), flat_tier(10'000)};
    funding.sample({10'100.0, 10'110.0, 10'000.0});

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
        funding.sample({100.0 * (1.0 + premium), 101.0, 100.0});
    }

    EXPECT_NEAR(funding.premium(), 0.0080 / 15.0, 1e-12);
}

TEST(Funding, FlatWeightsAverage) {
    FundingRate funding{every_8h(), flat_tier(5'000)};
    funding.sample({100.2, 101.0, 100.0});
    funding.sample({99.0, 99.9, 100.0});
    funding.sample({99.0, 101.0, 100.0});  // index between: 0

    EXPECT_NEAR(funding.premium(), (0.002 - 0.001) / 3.0, 1e-12);
}

TEST(Funding, SettlementStartsTheNextIntervalAnew) {
    FundingRate funding{every_8h(), flat_tier(5'000)};
    EXPECT_EQ(funding.last_settled_ppb(), 0);
    funding.sample({100.2, 101.0, 100.0});

    const std::int64_t first = funding.settle_ppb();

    EXPECT_EQ(first, 1'500'000);
    EXPECT_EQ(funding.last_settled_ppb(), first);
    EXPECT_DOUBLE_EQ(funding.premium(), 0.0);
    EXPECT_EQ(funding.settle_ppb(), 100'000);  // no sample: the interest
}

TEST(Funding, MissingSidesAndMissingIndexAddNothing) {
    FundingRate funding{every_8h(), flat_tier(5'000)};
    funding.sample({0.0, 0.0, 100.0});
    EXPECT_DOUBLE_EQ(funding.premium(), 0.0);
    funding.sample({100.4, 0.0, 100.0});
    EXPECT_NEAR(funding.premium(), 0.002, 1e-12);
    funding.sample({200.0, 201.0, 0.0});  // not a sample
    EXPECT_NEAR(funding.premium(), 0.002, 1e-12);
}

FundingRule of(FundingMethod method, Duration interval) {
    FundingRule rule;
    rule.method = method;
    rule.interval = interval;
    rule.interest_ppb = 0;
    return rule;
}

// OKX: mean of (mid - index) / index, no damper, clamped at 0.375 %; the window is the last three
// minutes, whenever the interval began.
TEST(Funding, ClampedMeanOfAMovingWindow) {
    FundingRule rule = of(FundingMethod::mean_clamp, minutes(3));
    rule.sample = minutes(1);
    rule.weights = FundingWeights::moving;
    rule.cap_ppb = 3'750'000;
    FundingRate funding{rule, flat_tier(5'000)};
    for (const double mid : {100.9, 100.1, 100.2, 100.3}) {  // the first has left the window
        funding.sample({.index = 100.0, .mid = mid});
    }
    funding.sample({.index = 100.0});  // a one-sided book is no sample

    EXPECT_EQ(funding.settle_ppb(), 2'000'000);
    funding.sample({.index = 100.0, .mid = 100.7});
    EXPECT_EQ(funding.rate_ppb(), 3'750'000);  // (0.2 + 0.3 + 0.7) / 3 = 0.4 %, over the cap
}

// Deribit: 0.121 % of premium with a dead zone of 0.025 % is 0.096 % per 8 h: 33.3 ppb a second.
TEST(Funding, ContinuousFundingAddsUpAndLosesNothing) {
    FundingRule rule = of(FundingMethod::continuous, hours(8));
    rule.clamp_ppb = 250'000;
    EXPECT_EQ(funding_settle_step(rule), minutes(1));
    FundingRate funding{rule, flat_tier(10'000)};
    std::int64_t paid = 0;
    for (int minute = 0; minute < 10; ++minute) {
        for (int second = 0; second < 50; ++second) {
            funding.sample({.index = 100.0, .mark = 100.121, .elapsed = seconds(1)});
        }
        const std::int64_t due = funding.settle_ppb();
        EXPECT_TRUE(due == 1'666 || due == 1'667) << due;  // 50 s of 33.3
        paid += due;
    }

    EXPECT_EQ(paid, 16'667);  // 960,000 * 500 / 28,800
    EXPECT_EQ(funding.rate_ppb(), 960'000);
    EXPECT_EQ(funding.last_settled_ppb(), 960'000);
    funding.sample({.index = 100.0, .mark = 100.02, .elapsed = seconds(1)});  // inside the zone
    EXPECT_EQ(funding.rate_ppb(), 0);
}

// dYdX: a minute's votes, padded to 15, have the median 400 ppm or 0; missing minutes count 0; per
// 8 h, paid for an hour. Clamped at 6 * (initial 0.5 % - maintenance 0.2 %) per 8 h.
TEST(Funding, MediansOfVotes) {
    FundingRule rule = of(FundingMethod::vote_median, hours(1));
    rule.sample = minutes(1);
    EXPECT_EQ(funding_sample_step(rule, milliseconds(400)), seconds(1));
    EXPECT_EQ(funding_sample_step(rule, seconds(2)), seconds(2));
    MarginTiers tiers = flat_tier(2'000);
    tiers.front().leverage_max = 200;
    FundingRate funding{rule, tiers};
    const auto minute = [&](std::int64_t vote, int votes) {
        for (int k = 0; k < votes; ++k) {
            funding.sample({.index = 100.0,
                            .vote_ppm = vote,
                            .elapsed = nanoseconds(minutes(1).raw() / votes)});
        }
    };
    EXPECT_EQ(funding.vote_most_ppm(), 180'000);
    for (int k = 0; k < 30; ++k) {
        minute(400, 60);
    }
    minute(9'000, 6);  // six votes of 15

    EXPECT_EQ(funding.settle_ppb(), 25'000);  // 400 * 30 / 60 = 200 ppm per 8 h, an eighth of it
    for (int k = 0; k < 60; ++k) {
        minute(50'000, 20);
    }
    EXPECT_EQ(funding.settle_ppb(), 18'000'000 / 8);
    EXPECT_EQ(funding.settle_ppb(), 0);
}

// Drift: the hour's mean price 50 over the oracle's 49 is 1 USD; a day pays it, an hour 1/24.
TEST(Funding, GapOfTwoMeans) {
    FundingRate funding{of(FundingMethod::twap_gap, hours(1)), flat_tier(50'000)};
    funding.sample({.index = 48.0, .mid = 49.0});
    funding.sample({.index = 50.0, .mid = 51.0});

    EXPECT_EQ(funding.settle_ppb(), 850'340);  // 41,666,666 billionths of a dollar over 49
    EXPECT_EQ(funding.settle_ppb(), 0);
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
