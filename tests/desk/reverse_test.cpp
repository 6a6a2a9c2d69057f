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

}  // namespace
}  // namespace margincall
