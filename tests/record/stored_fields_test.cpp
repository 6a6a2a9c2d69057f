#include "record/stored_fields.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/random.hpp"
#include "record/memory_recorder.hpp"

namespace margincall {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(StoredFields, MoneyComesBackAsItWasKept) {
    EXPECT_EQ(stored_money(1.0000004), 1.0);
    EXPECT_EQ(stored_money(1.0000006), 1.000001);
    EXPECT_EQ(stored_money(-0.0000004), 0.0);
    EXPECT_FALSE(std::signbit(stored_money(-0.0000004)));
    EXPECT_TRUE(std::isnan(stored_money(1e13)));
    EXPECT_TRUE(std::isnan(stored_money(nan)));
}

// What is kept in memory must be what a reader of the file gets, also where a double is coarser than
// a micro-dollar: from a millionth of a dollar to nine trillion.
TEST(StoredFields, MoneyThatWasReadIsWrittenTheSameAgain) {
    static_assert(std::numeric_limits<long double>::digits >= 64);
    Rng rng(7, 1, Purpose::test);
    std::uint64_t moved = 0;
    for (int i = 0; i < 300'000; ++i) {
        // Half of them where doubles and micro-dollars are about equally dense.
        const double power = rng.chance(0.5) ? rng.uniform(-6.5, 12.9) : rng.uniform(9.2, 10.3);
        const double usd = (rng.chance(0.5) ? 1 : -1) * std::pow(10.0, power);
        const double kept = stored_money(usd);
        const auto micro = micro_dollars(kept);
        ASSERT_TRUE(micro);
        ASSERT_EQ(std::bit_cast<std::uint64_t>(usd_of_micro(*micro)),
                  std::bit_cast<std::uint64_t>(kept))
            << usd;
        moved += kept != usd;
    }
    EXPECT_GT(moved, 100'000U) << "the amounts were all whole micro-dollars";
}

TEST(StoredFields, RealsLoseOnlyWhatTheFileCannotHold) {
    EXPECT_EQ(stored_real(0.1), 0.1);
    EXPECT_FALSE(std::signbit(stored_real(-0.0)));
    EXPECT_TRUE(std::isnan(stored_real(std::numeric_limits<double>::infinity())));
}

TEST(StoredFields, ARecorderKeepsWhatTheFileWillHold) {
    MemoryRecorder recorder;
    FundRecord fund;
    fund.venue = 3;
    fund.balance_usd = 10.00000049;
    recorder.on(fund);
    BarRecord bar;
    bar.close = 10.00000049;  // a price, not money
    bar.bid_1 = 10.00000049;
    recorder.on(bar);

    EXPECT_EQ(recorder.fund()[0].balance_usd, 10.0);
    EXPECT_EQ(recorder.fund()[0].venue, 3U);
    EXPECT_EQ(recorder.bars()[0].close, 10.00000049);
    EXPECT_EQ(recorder.bars()[0].bid_1, 10.0);
}

TEST(StoredFields, NamesOfMoneyColumnsSayTheirUnit) {
    EXPECT_EQ(money_column("balance_usd"), "balance_usd_micro");
    EXPECT_EQ(money_column("bid_01"), "bid_01_usd_micro");
    EXPECT_TRUE(is_money_field("ask_4_min"));
    EXPECT_FALSE(is_money_field("bid"));
}

}  // namespace
}  // namespace margincall
