// A reverse search that is stopped says what it does not know, and nothing that is not so.
#include "desk/reverse.hpp"

#include <gtest/gtest.h>

#include "small_market.hpp"

namespace margincall {
namespace {

StressMarket market_of_test() {
    return hand_market(60'000, {{0.001, 200'000}}, {{0.001, 200'000}});
}

constexpr const char* rows_of_test =
    "ann,,A,BTC,long,2,100000,isolated,USD,12000\n"
    "bob,,A,BTC,long,5,100000,isolated,USD,60000\n"
    "cas,,A,BTC,short,3,100000,isolated,USD,150000\n";

ReverseResult search(const StressStart& start, int calls) {
    ReverseOptions options;
    options.bps_max = 2'000;
    int left = calls;
    options.keep_going = [&left] { return left-- > 0; };
    return reverse_stress(start, options);
}

TEST(ReverseSearch, StoppedBeforeItBeganKnowsNothing) {
    const StressMarket market = market_of_test();
    const AccountBook book = read_rows(rows_of_test, market);
    const StressStart start(market, book);

    const ReverseResult nothing = search(start, 0);
    const ReverseResult whole = search(start, 1'000'000);

    EXPECT_EQ(nothing.runs, 0U);
    EXPECT_EQ(nothing.sizes.size(), whole.sizes.size());  // every row is there
    ASSERT_FALSE(nothing.sizes.empty());
    for (const ReverseRow& row : nothing.sizes) {
        for (std::size_t g = 0; g < reverse_goals; ++g) {
            EXPECT_STREQ(answer_word(row.bps[g].has_value(), row.search[g]), "not known");
        }
        EXPECT_EQ(row.bps_max, 0);
    }
}

TEST(ReverseSearch, WhereverItIsStoppedItsAnswersHold) {
    const StressMarket market = market_of_test();
    const AccountBook book = read_rows(rows_of_test, market);
    const StressStart start(market, book);
    const ReverseResult whole = search(start, 1'000'000);
    int reached = 0;
    int not_reached = 0;
    for (const ReverseRow& row : whole.sizes) {
        for (std::size_t g = 0; g < reverse_goals; ++g) {
            EXPECT_EQ(row.search[g], Search::complete);
            (row.bps[g] ? reached : not_reached) += 1;
        }
    }
    ASSERT_GT(reached, 0);
    ASSERT_GT(not_reached, 0);

    int unknown = 0;
    int bounds = 0;
    for (int calls = 0; calls < 200; ++calls) {
        SCOPED_TRACE(calls);
        const ReverseResult part = search(start, calls);
        ASSERT_EQ(part.sizes.size(), whole.sizes.size());
        for (std::size_t k = 0; k < part.sizes.size(); ++k) {
            const ReverseRow& row = part.sizes[k];
            const ReverseRow& right = whole.sizes[k];
            for (std::size_t g = 0; g < reverse_goals; ++g) {
                if (row.search[g] == Search::complete) {
                    EXPECT_EQ(row.bps[g], right.bps[g]);
                } else if (row.bps[g]) {
                    ASSERT_TRUE(right.bps[g]);
                    EXPECT_GE(*row.bps[g], *right.bps[g]);
                    ++bounds;
                } else {
                    ++unknown;
                }
            }
        }
        for (const ReverseSpeed& row : part.speeds) {
            for (std::size_t g = 0; g < reverse_goals; ++g) {
                if (row.search[g] == Search::stopped && row.slowest[g]) {
                    EXPECT_LE(*row.slowest[g], row.longest);
                }
            }
        }
    }
    EXPECT_GT(unknown, 0);
    EXPECT_GT(bounds, 0);
}

// --- bands ---

std::uint64_t next(std::uint64_t& state) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return state >> 33U;
}

// Sixty longs and shorts of many leverages, whose closings meet thin books and set off the next.
std::string many_accounts(std::uint64_t state) {
    std::string rows;
    for (int k = 0; k < 60; ++k) {
        const std::uint64_t coins = 1 + next(state) % 5;
        const std::uint64_t margin = coins * (2'500 + next(state) % 25'000);
        rows += "a" + std::to_string(k) + ",,A,BTC," + (k % 3 == 0 ? "short," : "long,") +
                std::to_string(coins) + ",100000,isolated,USD," + std::to_string(margin) + "\n";
    }
    return rows;
}

bool reaches(StressRun& run, const Shock& shock, Duration step, std::size_t goal) {
    StressOptions options;
    options.step = step;
    options.detail = Detail::totals;
    return reached(run.run(shock, options), static_cast<ReverseGoal>(goal));
}

bool reaches(
    StressRun& run, const ReverseRow& row, std::int64_t bps, Duration step, std::size_t goal) {
    const Shock shock = make_shock(run.start().market(),
                                   row.coin,
                                   row.direction * static_cast<double>(bps) * 1e-4,
                                   row.over,
                                   row.others);
    return reaches(run, shock, step, goal);
}

// Five steps drawn between half and double; beside the band the answer is the same at each.
TEST(ReverseBands, HoldAtOtherSteps) {
    std::uint64_t state = 7;
    int bands = 0;
    int wide = 0;
    for (const std::uint64_t book_seed : {1U, 2U, 3U}) {
        const StressMarket market = hand_market(
            150'000, {{0.002, 300'000}, {0.01, 900'000}}, {{0.002, 300'000}, {0.01, 900'000}});
        const AccountBook book = read_rows(many_accounts(book_seed), market);
        const StressStart start(market, book);
        ReverseOptions options;
        options.over = minutes(10);
        const ReverseResult result = reverse_stress(start, options);
        StressRun run(start);
        for (std::size_t k = 0; k < 2; ++k) {  // by beta, down and up
            const ReverseRow& row = result.sizes.at(k);
            for (std::size_t g = 0; g < reverse_goals; ++g) {
                if (!row.band[g]) {
                    continue;
                }
                ++bands;
                EXPECT_LE(row.band[g]->first, *row.bps[g]);
                wide += row.band[g]->always != row.band[g]->first ? 1 : 0;
                for (int draw = 0; draw < 5; ++draw) {
                    const auto step =
                        milliseconds(500 + static_cast<std::int64_t>(next(state) % 1'500));
                    EXPECT_FALSE(reaches(run, row, row.band[g]->first - 1, step, g))
                        << book_seed << " " << k << " " << g << " " << to_seconds(step)
                        << " s, from " << row.band[g]->first << " to "
                        << row.band[g]->always.value_or(-1);
                    if (row.band[g]->always) {
                        EXPECT_GE(*row.band[g]->always, *row.bps[g]);
                        EXPECT_TRUE(reaches(run, row, *row.band[g]->always, step, g))
                            << book_seed << " " << k << " " << g << " " << to_seconds(step)
                            << " s, from " << row.band[g]->first << " to "
                            << row.band[g]->always.value_or(-1);
                    }
                }
            }
        }
    }
    EXPECT_GE(bands, 4);
    EXPECT_GE(wide, 1);
}

// The same of speeds: faster than the band it always happens, slower never.
TEST(ReverseBands, OfSpeedHoldAtOtherSteps) {
    std::uint64_t state = 11;
    int bands = 0;
    int between = 0;
    for (const std::uint64_t book_seed : {1U, 2U}) {
        const StressMarket market = hand_market(
            150'000, {{0.002, 300'000}, {0.01, 900'000}}, {{0.002, 300'000}, {0.01, 900'000}});
        const AccountBook book = read_rows(many_accounts(book_seed), market);
        const StressStart start(market, book);
        const ReverseOptions options;
        ReverseSearch search(start, options);
        StressRun run(start);
        for (const double move : {-0.06, -0.1, 0.1}) {
            const Shock shock =
                make_shock(market, AssetId::from_raw(0), move, minutes(10), UnnamedCoins::by_beta);
            const ReverseSpeed row = search.slowest(shock, SpeedOf::asked);
            const auto at = [&](double seconds_long, std::size_t g) {
                const Shock timed = in_time(shock, duration_from_seconds(seconds_long));
                const double step = to_seconds(step_of(timed, {})) *
                                    (0.5 + 1e-3 * static_cast<double>(next(state) % 1'500));
                return reaches(run, timed, duration_from_seconds(step), g);
            };
            for (std::size_t g = 0; g < reverse_goals; ++g) {
                if (!row.band[g]) {
                    EXPECT_FALSE(row.slowest[g]);
                    continue;
                }
                ++bands;
                const double slowest = to_seconds(row.band[g]->slowest);
                EXPECT_GE(row.band[g]->slowest, *row.slowest[g]);
                for (int draw = 0; draw < 5; ++draw) {
                    SCOPED_TRACE(::testing::Message() << book_seed << " " << move << " " << g);
                    if (row.band[g]->slowest < row.longest) {
                        EXPECT_FALSE(at(slowest * 1.02 + 1.0, g)) << slowest;
                        ++between;
                    }
                    if (row.band[g]->always) {
                        EXPECT_LE(*row.band[g]->always, *row.slowest[g]);
                        EXPECT_TRUE(at(to_seconds(*row.band[g]->always), g));
                    }
                }
            }
        }
    }
    EXPECT_GE(bands, 4);
    EXPECT_GE(between, 5);
}

TEST(ReverseBands, OfSpeedSayNotEvenAtOnceAndEvenOverADay) {
    const StressMarket market = hand_market(1'000, {{0.02, 10'000'000}}, {{0.02, 10'000'000}});
    const AccountBook book = read_rows(
        "ann,,A,BTC,long,10,100000,isolated,USD,50000\nbob,,A,BTC,short,10,100000,isolated,USD,"
        "500000\n",
        market);
    const StressStart start(market, book);
    const ReverseOptions options;
    ReverseSearch search(start, options);

    const ReverseSpeed small = search.slowest(fall(market, -0.01), SpeedOf::asked);
    const ReverseSpeed large = search.slowest(fall(market, -0.06), SpeedOf::asked);

    const auto adl = static_cast<std::size_t>(ReverseGoal::adl);
    EXPECT_FALSE(small.slowest[adl]);
    EXPECT_EQ(small.search[adl], Search::complete);
    ASSERT_TRUE(large.band[adl]);  // nobody buys within 2 %, however slowly the fall comes
    EXPECT_EQ(large.slowest[adl], large.longest);
    EXPECT_EQ(large.band[adl]->slowest, large.longest);
    EXPECT_EQ(large.band[adl]->always, large.longest);
}

// What was tried once is not run again, whoever asks.
TEST(ShockTrials, RunAShockOncePerStep) {
    const StressMarket market = market_of_test();
    const AccountBook book = read_rows(rows_of_test, market);
    const StressStart start(market, book);
    StressRun run(start);
    const ReverseSubject subject = reverse_subject(run, {});
    ShockTrials trials(subject, {});

    const GoalsReached first = trials.at(fall(market, -0.1), seconds(1));
    EXPECT_EQ(trials.at(fall(market, -0.1), seconds(1)), first);
    EXPECT_EQ(trials.runs(), 1U);
    (void)trials.at(fall(market, -0.1), seconds(2));
    (void)trials.at(fall(market, -0.11), seconds(1));
    (void)trials.at(in_time(fall(market, -0.1), seconds(5)), seconds(1));
    EXPECT_EQ(trials.runs(), 4U);
}

TEST(ReverseSearch, AsksForNothingTwice) {
    const StressMarket market = market_of_test();
    const AccountBook book = read_rows(rows_of_test, market);
    const StressStart start(market, book);
    ReverseOptions options;
    options.bps_max = 2'000;
    ReverseSearch search(start, options);
    ReverseRow wanted;
    wanted.coin = AssetId::from_raw(0);
    wanted.precision = Precision::exact;

    const ReverseRow first = search.smallest(wanted);
    const std::uint64_t runs = search.runs();
    const ReverseRow again = search.smallest(wanted);

    EXPECT_EQ(again.bps, first.bps);
    EXPECT_EQ(search.runs(), runs);
}

// At once a fall of one coin in one account is a matter of size alone.
TEST(ReverseBands, AreOneSizeWhereNothingIsUncertain) {
    const StressMarket market =
        hand_market(10'000'000, {{0.001, 90'000'000}}, {{0.001, 90'000'000}});
    const AccountBook book = read_rows(
        "ann,,A,BTC,long,2,100000,isolated,USD,12000\nbob,,A,BTC,short,2,100000,isolated,USD,"
        "90000\n",
        market);
    const StressStart start(market, book);
    ReverseOptions options;
    ReverseRow row;
    row.coin = AssetId::from_raw(0);
    row.precision = Precision::exact;
    row = ReverseSearch(start, options).smallest(row);
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        if (row.bps[g]) {
            ASSERT_TRUE(row.band[g]);
            EXPECT_EQ(row.band[g]->first, *row.bps[g]);
        }
    }
}

}  // namespace
}  // namespace margincall
