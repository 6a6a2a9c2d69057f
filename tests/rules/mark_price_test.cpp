#include "rules/mark_price.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <vector>

#include "clearing/world.hpp"
#include "rules/quantities.hpp"

namespace margincall::test {
namespace {

SimTime at_s(std::int64_t s) {
    return SimTime::from_ns(s * 1'000'000'000);
}

MarkRule central(std::int64_t window_s) {
    return {.method = MarkMethod::median_funding_basis_last,
            .update = seconds(1),
            .average = seconds(window_s),
            .sample = seconds(1)};
}
MarkRule chain() {
    return {.method = MarkMethod::median_oracle_ema,
            .update = seconds(3),
            .average = seconds(150),
            .sample = seconds(3)};
}
MarkInput quiet(SimTime now, double mid_ticks, double index_usd) {
    const auto mid = static_cast<std::int64_t>(mid_ticks);
    return {.now = now,
            .bid = ticks(mid - 1),
            .ask = ticks(mid + 1),
            .last = ticks(mid),
            .index_usd = index_usd};
}

TEST(IndexPrice, WeightedMeanOfTheSources) {
    const std::vector<IndexSource> sources{{100.0, 3.0, {}}, {101.0, 1.0, {}}};

    EXPECT_DOUBLE_EQ(index_price(sources, 50'000, seconds(10)), 100.25);
}

TEST(IndexPrice, OneOutlierLosesItsWeight) {
    const std::vector<IndexSource> sources{{100.0, 1.0, {}}, {102.0, 1.0, {}}, {80.0, 8.0, {}}};

    EXPECT_DOUBLE_EQ(index_price(sources, 50'000, seconds(10)), 101.0);
}

TEST(IndexPrice, TwoOutliersMakeItTheMedian) {
    const std::vector<IndexSource> sources{
        {100.0, 1.0, {}}, {102.0, 1.0, {}}, {101.0, 1.0, {}}, {80.0, 8.0, {}}, {130.0, 1.0, {}}};

    EXPECT_DOUBLE_EQ(index_price(sources, 50'000, seconds(10)), 101.0);
}

TEST(IndexPrice, StaleSourcesAndMissingPricesDoNotCount) {
    const std::vector<IndexSource> sources{
        {100.0, 1.0, seconds(10)}, {104.0, 5.0, seconds(11)}, {0.0, 5.0, {}}};

    EXPECT_DOUBLE_EQ(index_price(sources, 50'000, seconds(10)), 100.0);
    EXPECT_DOUBLE_EQ(index_price({}, 50'000, seconds(10)), 0.0);
    EXPECT_DOUBLE_EQ(oracle_price(sources, seconds(10)), 100.0);
    EXPECT_DOUBLE_EQ(oracle_price({}, seconds(10)), 0.0);
}

TEST(IndexPrice, WeightedMedianIsTheSmallestPriceThatReachesHalf) {
    EXPECT_DOUBLE_EQ(weighted_median(std::vector<WeightedPrice>{{3, 1}, {1, 1}, {2, 1}}), 2.0);
    EXPECT_DOUBLE_EQ(weighted_median(std::vector<WeightedPrice>{{3, 1}, {1, 1}}), 1.0);
    EXPECT_DOUBLE_EQ(weighted_median(std::vector<WeightedPrice>{{3, 5}, {1, 1}, {0, 9}}), 3.0);
    EXPECT_DOUBLE_EQ(weighted_median({}), 0.0);
}

// Example of docs/mark-and-funding.md: index 100,000, funding 0.01 % with half of the interval to
// go (P1 = 100,005), six samples of mid - index averaging -16 2/3 (P2 = 99,983.33), last trade
// 99,950.
TEST(MarkPrice, MedianOfFundingBasisAndLast) {
    const Instrument inst = btc_perp();
    MarkPrice mark{central(30), inst};
    const std::int64_t basis_usd[] = {-20, -10, 0, -30, -15, -25};
    for (std::int64_t k = 0; k < 6; ++k) {
        const std::int64_t mid = 1'000'000 + 10 * basis_usd[k];
        mark.update({.now = at_s(k),
                     .bid = ticks(mid - 2),
                     .ask = ticks(mid + 2),
                     .last = ticks(999'500),
                     .index_usd = 100'000.0,
                     .funding_rate_ppb = 100'000,
                     .to_funding = hours(4)});
    }

    EXPECT_DOUBLE_EQ(mark.candidates().first, 100'005.0);
    EXPECT_NEAR(mark.candidates().second, 99'983.0 + 1.0 / 3.0, 1e-6);
    EXPECT_DOUBLE_EQ(mark.candidates().third, 99'950.0);
    EXPECT_EQ(mark.value(), ticks(999'833));
}

// One book printing 3 % low for one second does not move the mark there.
TEST(MarkPrice, ASpikeOfTheLastPriceDoesNotReachTheMark) {
    const Instrument inst = btc_perp();
    MarkPrice mark{central(30), inst};
    for (std::int64_t k = 0; k < 60; ++k) {
        mark.update(quiet(at_s(k), 1'000'000, 100'000.0));
    }
    MarkInput spike = quiet(at_s(60), 1'000'000, 100'000.0);
    spike.last = ticks(970'000);

    EXPECT_EQ(mark.update(spike), ticks(1'000'000));
}

// The window decides how fast a lasting gap between book and index comes through.
TEST(MarkPrice, ALongerWindowFollowsTheBookMoreSlowly) {
    const Instrument inst = btc_perp();
    MarkPrice fast{central(30), inst};
    MarkPrice slow{central(300), inst};
    for (std::int64_t k = 0; k < 400; ++k) {
        fast.update(quiet(at_s(k), 1'000'000, 100'000.0));
        slow.update(quiet(at_s(k), 1'000'000, 100'000.0));
    }
    for (std::int64_t k = 400; k < 430; ++k) {
        fast.update(quiet(at_s(k), 990'000, 100'000.0));
        slow.update(quiet(at_s(k), 990'000, 100'000.0));
    }

    EXPECT_EQ(fast.value(), ticks(990'000));
    EXPECT_EQ(slow.value(), ticks(999'000));  // 30 of 300 samples
}

TEST(MarkPrice, TheMovingAverageForgetsExactly) {
    Rng rng{31, 1, Purpose::test};
    const Instrument inst = btc_perp();
    MarkPrice mark{central(30), inst};
    std::deque<double> window;
    for (std::int64_t k = 0; k < 2'000; ++k) {
        const double index = rng.uniform(90'000.0, 110'000.0);
        const auto mid = static_cast<std::int64_t>(rng.uniform(900'000.0, 1'100'000.0));
        MarkInput input = quiet(at_s(k), static_cast<double>(mid), index);
        mark.update(input);
        window.push_back(static_cast<double>(mid) * 0.1 - index);
        if (window.size() > 30) {
            window.pop_front();
        }
        double mean = 0.0;
        for (const double basis : window) {
            mean += basis / static_cast<double>(window.size());
        }
        ASSERT_NEAR(mark.candidates().second, index + mean, 1e-6);
    }
}

TEST(MarkPrice, SamplesLessOftenThanItComputesWhenTheRuleSaysSo) {
    const Instrument inst = btc_perp();
    MarkRule rule = central(150);
    rule.sample = seconds(5);  // 30 samples over 2.5 minutes, the rule before September 2025
    MarkPrice mark{rule, inst};
    for (std::int64_t k = 0; k < 5; ++k) {
        mark.update(quiet(at_s(k), k == 0 ? 1'000'000 : 900'000, 100'000.0));
    }

    EXPECT_DOUBLE_EQ(mark.candidates().second, 100'000.0);  // only the first call was a sample
    mark.update(quiet(at_s(5), 900'000, 100'000.0));
    EXPECT_DOUBLE_EQ(mark.candidates().second, 95'000.0);
}

TEST(MarkPrice, MissingInputsDropTheirCandidates) {
    const Instrument inst = btc_perp();
    MarkPrice mark{central(30), inst};

    EXPECT_EQ(mark.update({.now = at_s(0)}), ticks(0));
    EXPECT_EQ(mark.update({.now = at_s(1), .last = ticks(999'000)}), ticks(999'000));
    // Index but an empty book: P1 = 100,000 and last 99,900 -> their mean.
    EXPECT_EQ(mark.update({.now = at_s(2), .last = ticks(999'000), .index_usd = 100'000.0}),
              ticks(999'500));
    // Nothing at all: the mark stays.
    EXPECT_EQ(mark.update({.now = at_s(3)}), ticks(999'500));
}

TEST(MarkPrice, StaysInsideTheInstrumentsRange) {
    const Instrument inst = perp(1.0, 1.0, 1'000);
    MarkPrice mark{central(30), inst};

    EXPECT_EQ(mark.update({.now = at_s(0), .index_usd = 5'000.0}), ticks(1'000));
    EXPECT_EQ(mark.update({.now = at_s(1), .index_usd = 0.01}), ticks(1));
}

// Example of docs/mark-and-funding.md: oracle 10,000 with an average basis of 20, book 10,005 /
// 10,015, last 10,010, other perps around 9,998.
TEST(MarkPrice, ChainVenueTakesTheMedianOfOracleBookAndOtherPerps) {
    const Instrument inst = perp(0.1, 0.001);
    const std::vector<WeightedPrice> perps{{9995, 3}, {9998, 2}, {10002, 2}, {10050, 1}, {9900, 1}};
    MarkPrice mark{chain(), inst};
    mark.update(
        {.now = at_s(0), .bid = ticks(100'200), .ask = ticks(100'200), .index_usd = 10'000.0});
    mark.update({.now = at_s(0),
                 .bid = ticks(100'050),
                 .ask = ticks(100'150),
                 .last = ticks(100'100),
                 .index_usd = 10'000.0,
                 .perp_mids = perps});

    EXPECT_DOUBLE_EQ(mark.candidates().first, 10'020.0);
    EXPECT_DOUBLE_EQ(mark.candidates().second, 10'010.0);
    EXPECT_DOUBLE_EQ(mark.candidates().third, 9'998.0);
    EXPECT_EQ(mark.value(), ticks(100'100));
}

TEST(MarkPrice, WithTwoCandidatesTheBooksAverageJoins) {
    const Instrument inst = perp(0.1, 0.001);
    MarkPrice mark{chain(), inst};
    for (std::int64_t k = 0; k < 200; ++k) {
        mark.update(quiet(at_s(3 * k), 100'000, 10'000.0));
    }
    // The book drops 2 % within one step, no other perps: oracle leg stays near 10,000, the book
    // says 9,800, its 30 s average has moved by 1 - exp(-3/30).
    mark.update(quiet(at_s(600), 98'000, 10'000.0));

    const double moved = 1.0 - std::exp(-0.1);
    EXPECT_NEAR(mark.candidates().extra, 10'000.0 - 200.0 * moved, 1.0);
    EXPECT_DOUBLE_EQ(mark.usd(), mark.candidates().extra);
}

TEST(MarkPrice, DecayingMeanOfAConstantIsTheConstantForAnySteps) {
    Rng rng{32, 1, Purpose::test};
    DecayingMean mean{150.0};
    for (int k = 0; k < 1'000; ++k) {
        mean.add(7.0, rng.uniform(0.1, 10.0));
        ASSERT_NEAR(mean.value(), 7.0, 1e-12);
    }
}

}  // namespace
}  // namespace margincall::test
