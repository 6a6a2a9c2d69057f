// Who gives up how much: queues, proportions, hedges, and what is always true of them.
#include "rules/adl_allocation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "clearing/world.hpp"
#include "rules/socialised_loss.hpp"
#include "support/adl_ranks.hpp"

namespace margincall::test {
namespace {

// A short of `size` lots worth 100 USD each at the mark of 100, with profit and equity per lot.
AdlCandidate candidate(std::uint32_t row, std::int64_t size, double profit, double equity) {
    AdlCandidate c;
    const auto lots = static_cast<double>(size);
    c.account.row = row;
    c.account.side = Side::sell;
    c.account.mark = 100.0;
    c.account.entry = 100.0 + profit;
    c.account.notional = 100.0 * lots;
    c.account.unrealised = profit * lots;
    c.account.wallet = (equity - profit) * lots;
    c.account.maintenance = 1.0 * lots;
    c.size = Lots::from_raw(size);
    return c;
}
std::vector<std::int64_t> taken_by_row(const AdlAllocation& a, std::size_t rows) {
    std::vector<std::int64_t> out(rows, 0);
    for (const AdlTaken& t : a.from) {
        out[t.row] = t.lots.raw();
    }
    return out;
}

// Example of docs/adl.md: three shorts, 12 lots needed of 30.
//   row 0: 10 lots, profit 20, equity 50 (leverage 2); row 1: 15 lots, profit 10, equity 10 (10 x);
//   row 2: 5 lots, loses 5, equity 20 (5 x)
class AdlExample : public ::testing::Test {
  protected:
    std::vector<AdlCandidate> shorts{
        candidate(0, 10, 20.0, 50.0), candidate(1, 15, 10.0, 10.0), candidate(2, 5, -5.0, 20.0)};
    std::vector<std::int64_t> take(AdlRank rank, std::int64_t needed = 12) {
        return taken_by_row(allocate_adl(rank, shorts, Lots::from_raw(needed)), shorts.size());
    }
};

TEST_F(AdlExample, QueuesOfTheVariants) {
    using Lots3 = std::vector<std::int64_t>;
    EXPECT_EQ(take(AdlRank::profit_only), (Lots3{10, 2, 0}));
    EXPECT_EQ(take(AdlRank::leverage_only), (Lots3{0, 12, 0}));
    EXPECT_EQ(take(AdlRank::profit_times_leverage), (Lots3{0, 12, 0}));  // 10/110*10 > 20/120*2
    EXPECT_EQ(take(AdlRank::fixed_order), (Lots3{10, 2, 0}));
    EXPECT_EQ(take(AdlRank::pnl_by_margin_ratio), (Lots3{0, 12, 0}));
    EXPECT_EQ(take(AdlRank::price_ratio_times_leverage, 27), (Lots3{10, 15, 2}));  // loser last
}

TEST_F(AdlExample, ProRataSharesTheSize) {
    using Lots3 = std::vector<std::int64_t>;
    EXPECT_EQ(take(AdlRank::pro_rata), (Lots3{4, 6, 2}));
    // 7 of 30: 2.33, 3.5, 1.17. Rounded down 2, 3, 1; the rest goes to row 0, or to the largest
    // remainder, row 1.
    EXPECT_EQ(take(AdlRank::pro_rata, 7), (Lots3{3, 3, 1}));
    EXPECT_EQ(take(AdlRank::integer_pro_rata, 7), (Lots3{2, 4, 1}));
}

TEST_F(AdlExample, ProfitOrEquityDecidesTheShare) {
    using Lots3 = std::vector<std::int64_t>;
    // Profits 200, 150 and none: 12 x 200/350 = 6.86 and 5.14.
    EXPECT_EQ(take(AdlRank::profit_pro_rata), (Lots3{7, 5, 0}));
    // 27: row 0's share of 15.4 is more than it has, row 1 has the profit that is left; then row 2.
    EXPECT_EQ(take(AdlRank::profit_pro_rata, 25), (Lots3{10, 15, 0}));
    EXPECT_EQ(take(AdlRank::profit_pro_rata, 27), (Lots3{10, 15, 2}));
    // Equities 500, 150, 100: 8, 2.4 and 1.6.
    EXPECT_EQ(take(AdlRank::equity_pro_rata), (Lots3{8, 2, 2}));
    // 18: row 0 gives its 10 instead of 12; 8 x 150/250 = 4.8 and 3.2.
    EXPECT_EQ(take(AdlRank::equity_pro_rata, 18), (Lots3{10, 5, 3}));
}

// A row that stands for several like accounts has the figures of one and the size of all.
TEST_F(AdlExample, AWeightIsThatOfAllLikeAccounts) {
    using Lots3 = std::vector<std::int64_t>;
    AdlAccount& one = shorts[0].account;
    for (double* const usd : {&one.notional, &one.unrealised, &one.wallet, &one.maintenance}) {
        *usd /= 10.0;
    }
    EXPECT_EQ(take(AdlRank::profit_pro_rata), (Lots3{7, 5, 0}));
    EXPECT_EQ(take(AdlRank::equity_pro_rata), (Lots3{8, 2, 2}));
}

TEST_F(AdlExample, HedgedLotsAreSparedWhileOthersAreLeft) {
    using Lots3 = std::vector<std::int64_t>;
    shorts[1].hedged = Lots::from_raw(12);
    EXPECT_EQ(take(AdlRank::hedge_exempt), (Lots3{9, 3, 0}));
    EXPECT_EQ(take(AdlRank::hedge_exempt, 20), (Lots3{10, 5, 5}));
}

TEST_F(AdlExample, LightsAreFifthsOfTheCumulatedSize) {
    const AdlAllocation a = allocate_adl(AdlRank::leverage_only, shorts, Lots{});
    EXPECT_TRUE(a.from.empty());
    // Row 1 reaches 15 of 30, row 2 20, row 0 all.
    EXPECT_EQ(adl_lights(a, shorts), (std::vector<std::uint32_t>{3, 4, 5}));
}

// 10 USD on profits of 200 and 150 USD: 0.028571429 a dollar, rounded up, until the loss is paid.
TEST(SocialisedLoss, EveryDollarOfAShareBearsTheSame) {
    const std::vector<i128> profits{200'000'000, 150'000'000};
    EXPECT_EQ(socialised_parts(Money::from_raw(10'000'000), profits),
              (std::vector<Money>{Money::from_raw(5'714'286), Money::from_raw(4'285'714)}));
    EXPECT_EQ(socialised_parts(Money::from_raw(1), profits),
              (std::vector<Money>{Money::from_raw(1), Money{}}));
    EXPECT_TRUE(socialised_parts(Money::from_raw(1), {}).empty());
}

TEST(AdlProperty, TakesWhatIsNeededFromEverybodyAtMostHisSize) {
    const bool held = rc::check("ADL takes no more than the insolvent side left", [] {
        const auto count = *rc::gen::inRange<std::size_t>(0, 12);
        std::vector<AdlCandidate> side;
        for (std::size_t k = 0; k < count; ++k) {
            side.push_back(candidate(static_cast<std::uint32_t>(k),
                                     *rc::gen::inRange<std::int64_t>(1, 1000),
                                     *rc::gen::inRange(-30, 60),
                                     *rc::gen::inRange(1, 90)));
            side.back().hedged = Lots::from_raw(*rc::gen::inRange<std::int64_t>(0, 1200));
        }
        const Lots needed = Lots::from_raw(*rc::gen::inRange<std::int64_t>(0, 5000));
        const AdlRank rank =
            *rc::gen::elementOf(std::vector<AdlRank>(adl_ranks.begin(), adl_ranks.end()));
        const AdlAllocation a = allocate_adl(rank, side, needed);
        Lots total;
        for (const AdlCandidate& c : side) {
            total += c.size;
        }
        RC_ASSERT(a.taken == std::min(needed, total));
        Lots sum;  // both sides close the same size
        std::vector<int> seen(count, 0);
        for (const AdlTaken& t : a.from) {
            RC_ASSERT(t.lots.raw() > 0);
            RC_ASSERT(t.lots <= side[t.row].size);
            RC_ASSERT(++seen[t.row] == 1);
            sum += t.lots;
        }
        RC_ASSERT(sum == a.taken);
        const bool by_size = rank == AdlRank::pro_rata || rank == AdlRank::integer_pro_rata;
        if (by_size && total.raw() > 0) {
            for (const AdlTaken& t : a.from) {
                const double exact = static_cast<double>(side[t.row].size.raw()) *
                                     static_cast<double>(a.taken.raw()) /
                                     static_cast<double>(total.raw());
                RC_ASSERT(std::abs(static_cast<double>(t.lots.raw()) - exact) < 1.0 + 1e-9);
            }
        }
        RC_ASSERT(a.ranked.size() == count);
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace margincall::test
