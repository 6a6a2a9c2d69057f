#include "base/strong.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <limits>
#include <type_traits>

#include "base/digest.hpp"
#include "base/time.hpp"

namespace margincall {
namespace {

// Quantities mix only with their own kind, and with a raw integer not at all.
template <class A, class B>
concept Addable = requires(A a, B b) {
    a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
    a < b;
};
static_assert(Addable<Money, Money>);
static_assert(!Addable<Money, Ticks>);
static_assert(!Addable<Money, Lots>);
static_assert(!Addable<Money, Amount>);
static_assert(!Addable<Money, std::int64_t>);
static_assert(!std::convertible_to<std::int64_t, Money>);
static_assert(!std::convertible_to<Money, std::int64_t>);
static_assert(!Comparable<Ticks, Lots>);
static_assert(!Addable<AccountId, AccountId>);
static_assert(!Comparable<AccountId, AgentId>);
static_assert(Addable<SimTime, Duration>);
static_assert(!Addable<SimTime, SimTime>);
static_assert(std::is_trivially_copyable_v<Money> && sizeof(Money) == 8 && sizeof(Amount) == 16);

TEST(Quantity, AddsSubtractsAndCompares) {
    const Money a = Money::from_raw(5);
    const Money b = Money::from_raw(-7);

    EXPECT_EQ((a + b).raw(), -2);
    EXPECT_EQ((a - b).raw(), 12);
    EXPECT_EQ((-a).raw(), -5);
    EXPECT_LT(b, a);
    Money c = a;
    c += b;
    c -= a;
    EXPECT_EQ(c, b);
}

TEST(QuantityDeathTest, OverflowStopsTheProgram) {
    const Money top = Money::from_raw(std::numeric_limits<std::int64_t>::max());
    const Money bottom = Money::from_raw(std::numeric_limits<std::int64_t>::min());
    EXPECT_DEATH((void)(top + Money::from_raw(1)), "CHECK failed");
    EXPECT_DEATH((void)(bottom - Money::from_raw(1)), "CHECK failed");
    EXPECT_DEATH((void)(-bottom), "CHECK failed");
    EXPECT_DEATH((void)to_money(to_amount(top) + Amount::from_raw(1)), "CHECK failed");
}

TEST(Id, DefaultIsInvalid) {
    EXPECT_FALSE(AccountId{}.valid());
    EXPECT_TRUE(AccountId::from_raw(0).valid());
    EXPECT_NE(AccountId{}, AccountId::from_raw(0));
}

TEST(SimTime, CountsNanoseconds) {
    const SimTime start = SimTime::from_ns(0);

    EXPECT_EQ((start + hours(49)).ns(), 176'400'000'000'000);
    EXPECT_EQ((start + minutes(1)) - (start + seconds(59)), seconds(1));
    EXPECT_EQ(milliseconds(250).raw(), 250'000'000);
    EXPECT_EQ(duration_from_seconds(0.25), milliseconds(250));
    EXPECT_DOUBLE_EQ(to_seconds(hours(1)), 3600.0);
}

TEST(Digest, DependsOnEveryWordAndOnTheirOrder) {
    const auto of = [](std::uint64_t a, std::uint64_t b) {
        Digest digest;
        digest.add(a);
        digest.add(b);
        return digest.value();
    };

    EXPECT_EQ(of(1, 2), of(1, 2));
    EXPECT_NE(of(1, 2), of(2, 1));
    EXPECT_NE(of(0, 0), Digest{}.value());
    Digest once;
    once.add(0);
    EXPECT_NE(of(0, 0), once.value());
    for (int bit = 0; bit < 64; ++bit) {
        EXPECT_NE(of(std::uint64_t{1} << bit, 0), of(0, 0)) << bit;
        EXPECT_NE(of(0, std::uint64_t{1} << bit), of(0, 0)) << bit;
    }
}

TEST(Digest, WideWordsCountBothHalves) {
    const auto of = [](i128 word) {
        Digest digest;
        digest.add_i128(word);
        return digest.value();
    };
    EXPECT_NE(of(i128{1} << 64), of(0));
    EXPECT_NE(of(i128{1} << 64), of(1));
    EXPECT_NE(of(-1), of(1));
}

}  // namespace
}  // namespace margincall
