// From which move on a lending book is liquidated and leaves bad debt, by the search that account books have.
#include "desk/lending_reverse.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "small_lending.hpp"

namespace margincall {
namespace {

class LendingReverse : public ::testing::Test {
  protected:
    // Ether down, everything else as it is.
    ReverseResult search(const std::string& rows, Duration over, std::vector<LendingGoal> goals) {
        read(rows);
        ReverseOptions options;
        options.over = over;
        options.lead = eth;
        return reverse_search(reverse_subject(loans_, market_, std::move(goals)), options);
    }
    void read(const std::string& rows) {
        Errors errors;
        book_ = read_lending(rows);
        moves_ = asset_moves(book_, market_, {}, errors);
        CHECK(errors.empty());
        loans_ = {&book_, moves_};
    }
    [[nodiscard]] LendingOutcome fallen(double move, Duration over, Duration step) const {
        return run_lending(
            loans_, make_shock(market_, eth, move, over, UnnamedCoins::by_beta), step);
    }

    static constexpr AssetId eth = AssetId::from_raw(1);
    StressMarket market_ = two_coins();
    LendingBook book_;
    std::vector<AssetMove> moves_;
    LoanStress loans_;
};

// docs/lending-book.md: 10 WETH at 4,000 and 83 % against 30,000 USDC. Health is below 1 under 3,614.46 dollars, at
// or below 0.95 under 3,433.7 all may be repaid at once: 10 WETH less 5 % of bonus do not pay 30,000 under 3,150.
TEST_F(LendingReverse, FindsWhereAnnIsLiquidatedAndWhereBadDebtIsLeft) {
    const ReverseResult found = search(lending_ann, Duration{}, lending_goals());
    ASSERT_EQ(found.goals.size(), 3U);
    EXPECT_EQ(found.goals[2].key, "bad_debt");
    const ReverseRow& down = found.sizes.at(0);
    EXPECT_EQ(down.coin, eth);
    EXPECT_EQ(down.bps[0], 964);
    EXPECT_EQ(down.bps[1], 964) << "half of the debt is repaid at the first call";
    EXPECT_EQ(down.bps[2], 2'126) << "3,149.6 dollars";
    for (std::size_t g = 0; g < 3; ++g) {
        ASSERT_TRUE(down.band[g]) << g;
        EXPECT_EQ(down.band[g]->first, *down.bps[g]) << "at once nothing is uncertain";
        EXPECT_EQ(down.band[g]->always, *down.bps[g]);
    }
    for (std::size_t g = 0; g < 3; ++g) {
        EXPECT_FALSE(found.sizes.at(1).bps[g]) << "a rise of ether hurts nobody";
        EXPECT_EQ(found.sizes.at(1).search[g], Search::complete);
    }
    // Together down and up, ether alone down and up; nothing is in bitcoin.
    EXPECT_EQ(found.sizes.size(), 4U);
    ASSERT_EQ(found.speeds.size(), 1U);
}

TEST_F(LendingReverse, ALimitIsAGoalLikeTheOthers) {
    std::vector<LendingGoal> goals = lending_goals();
    goals.push_back({{"limit", "breaks the limit"}, [](const LendingOutcome& o) {
                         return o.bad_debt_base() > U256{500'000'000'000};
                     }});
    const ReverseResult found = search(lending_ann, Duration{}, goals);
    // 25,000 of 30,000 are paid at 2,625 dollars.
    EXPECT_EQ(found.sizes.at(0).bps[3], 3'438);
}

// Forty loans of ether against dollars, lent up to 93 % in the end, whose close factor and dust rules meet in time.
std::string forty_loans() {
    std::string rows;
    for (int k = 0; k < 40; ++k) {
        const std::string id = "a" + std::to_string(k);
        const int owed = 2'000 + 29 * k;
        rows += id + ",core,WETH,1,yes,0,,,4000,93%,7%,10%,18\n" + id + ",core,USDC,0,no," +
                std::to_string(owed) + ",,,1,78%,5%,10%,6\n";
    }
    return rows;
}

// Beside its band the answer is the same at five steps between half and double.
TEST_F(LendingReverse, BandsHoldAtOtherSteps) {
    const Duration over = minutes(3);
    const std::vector<LendingGoal> goals = lending_goals();
    const ReverseResult found = search(forty_loans(), over, goals);
    const ReverseRow& down = found.sizes.at(0);
    int bands = 0;
    for (std::size_t g = 0; g < goals.size(); ++g) {
        if (!down.band[g]) {
            continue;
        }
        ++bands;
        for (const std::int64_t ms : {6'000, 7'300, 9'900, 14'200, 24'000}) {
            const auto at = [&](std::int64_t bps) {
                return goals[g].reached(
                    fallen(-1e-4 * static_cast<double>(bps), over, milliseconds(ms)));
            };
            EXPECT_FALSE(at(down.band[g]->first - 1)) << g << " " << ms;
            if (down.band[g]->always) {
                EXPECT_TRUE(at(*down.band[g]->always)) << g << " " << ms;
            }
        }
    }
    EXPECT_GE(bands, 2);
}

TEST_F(LendingReverse, TotalsAreThoseOfTheWholeOutcome) {
    read(forty_loans());
    const Shock shock = make_shock(market_, eth, -0.4, minutes(3), UnnamedCoins::by_beta);
    const LendingOutcome all = run_lending(loans_, shock);
    const LendingOutcome totals = run_lending(loans_, shock, {}, LendingDetail::totals);
    EXPECT_TRUE(totals.accounts.empty());
    EXPECT_TRUE(totals.calls.empty());
    EXPECT_EQ(totals.digest, all.digest);
    EXPECT_EQ(totals.call_count, all.calls.size());
    EXPECT_EQ(totals.with_debt, 40U);
    EXPECT_EQ(totals.repaid_base, all.repaid_base);
    EXPECT_EQ(totals.bad_debt_base(), all.bad_debt_base());
    // Another step is another path; the oracle's own is the one that is taken.
    EXPECT_EQ(run_lending(loans_, shock, seconds(12)).digest, all.digest);
    EXPECT_NE(run_lending(loans_, shock, seconds(30)).digest, all.digest);
}

}  // namespace
}  // namespace margincall
