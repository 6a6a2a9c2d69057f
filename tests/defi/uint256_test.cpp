#include "defi/uint256.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "defi/desk.hpp"

namespace margincall::test {
namespace {

U256 from_words(std::uint64_t a, std::uint64_t b, std::uint64_t c, unsigned shift) {
    return ((U256::from_u128((u128{a} << 64) | b) << 64) + U256{c}) >> (shift % 192);
}

TEST(Uint256, FailuresAreNotedAndGiveZero) {
    const RevertScope scope;

    EXPECT_TRUE(same(U256{1} - U256{2}, U256{}));
    EXPECT_EQ(scope.reason(), Revert::sub_overflow);
}

TEST(Uint256, EachKindOfFailureHasItsReason) {
    const U256& top = U256::max();
    const auto reason_of = [](auto&& f) { return attempt(f).error(); };

    EXPECT_EQ(reason_of([&] { return top + U256{1}; }), Revert::add_overflow);
    EXPECT_EQ(reason_of([&] { return top * U256{2}; }), Revert::mul_overflow);
    EXPECT_EQ(reason_of([&] { return (U256{1} << 128) * (U256{1} << 128); }), Revert::mul_overflow);
    EXPECT_EQ(reason_of([&] { return top / U256{}; }), Revert::zero_division);
    EXPECT_EQ(reason_of([&] { return top % U256{}; }), Revert::zero_division);
    EXPECT_EQ(reason_of([&] { return mul_div_down(top, top, U256{1}); }), Revert::mul_overflow);
    EXPECT_EQ(reason_of([&] { return mul_div_up(top, U256{1}, U256{}); }), Revert::zero_division);
    EXPECT_TRUE(attempt([&] { return (U256{1} << 127) * (U256{1} << 128); }).has_value());
    EXPECT_TRUE(same(mul_div_down(top, top, top), top));
}

TEST(Uint256, TheFirstReasonWinsAndScopesDoNotLeak) {
    const RevertScope outer;
    {
        const RevertScope inner;
        note_revert(Revert::zero_division);
        note_revert(Revert::add_overflow);
        EXPECT_EQ(inner.reason(), Revert::zero_division);
    }

    EXPECT_FALSE(outer.reverted());
}

TEST(Uint256, ParsesWhatItPrints) {
    EXPECT_TRUE(same(*parse_u256("0xff"), U256{255}));
    EXPECT_EQ(U256::max().to_string(),
              "115792089237316195423570985008687907853269984665640564039457584007913129639935");
    EXPECT_TRUE(same(*parse_u256(U256::max().to_string()), U256::max()));
    EXPECT_FALSE(parse_u256(U256::max().to_string() + "0").has_value());
    EXPECT_FALSE(parse_u256("12x").has_value());
    EXPECT_FALSE(parse_u256("").has_value());
    EXPECT_FALSE(parse_u256("-1").has_value());
}

RC_GTEST_PROP(Uint256, MulDivIsTheQuotientWithItsRemainder, ()) {
    const U256 a = from_words(*rc::gen::arbitrary<std::uint64_t>(),
                              *rc::gen::arbitrary<std::uint64_t>(),
                              *rc::gen::arbitrary<std::uint64_t>(),
                              *rc::gen::arbitrary<std::uint16_t>());
    const U256 b{*rc::gen::arbitrary<std::uint64_t>()};
    const U256 c{*rc::gen::inRange<std::uint64_t>(1, UINT64_MAX)};
    const auto down = attempt([&] { return mul_div_down(a, b, c); });
    RC_PRE(down.has_value());
    const U256 up = mul_div_up(a, b, c);

    const wide::U512Digits product = wide::U512Digits(a.digits()) * wide::U512Digits(b.digits());
    const wide::U512Digits low = wide::U512Digits(down->digits()) * wide::U512Digits(c.digits());
    const wide::U512Digits high = wide::U512Digits(up.digits()) * wide::U512Digits(c.digits());
    RC_ASSERT(low <= product);
    RC_ASSERT(product - low < wide::U512Digits(c.digits()));
    RC_ASSERT(high >= product);
    RC_ASSERT((product == low ? up == *down : up == *down + 1));
}

RC_GTEST_PROP(Uint256, ArithmeticAgreesWith128BitIntegers, ()) {
    const auto a = *rc::gen::arbitrary<std::uint64_t>();
    const auto b = *rc::gen::arbitrary<std::uint64_t>();

    RC_ASSERT((U256{a} * U256{b}).to_u128() == u128{a} * u128{b});
    RC_ASSERT((U256{a} + U256{b}).to_u128() == u128{a} + u128{b});
    RC_ASSERT((b == 0 || (U256{a} / U256{b}).to_u128() == a / b));
    RC_ASSERT((U256{a} < U256{b}) == (a < b));
    RC_ASSERT(
        (b == 0 || divide_up(U256{a}, U256{b}).to_u128() == (u128{a} + u128{b} - 1) / u128{b}));
}

TEST(SignedU256, CrossesZeroBothWays) {
    SignedU256 delta;
    delta -= U256{5};
    EXPECT_EQ(delta.to_string(), "-5");
    delta += U256{7};
    EXPECT_EQ(delta.to_string(), "2");
    delta -= U256{2};
    EXPECT_FALSE(delta.is_negative());
    EXPECT_EQ(delta.to_string(), "0");
}

}  // namespace
}  // namespace margincall::test
