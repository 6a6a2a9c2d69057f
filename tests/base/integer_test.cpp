#include "base/integer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "base/random.hpp"

namespace margincall {
namespace {

constexpr std::int64_t i64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t i64_min = std::numeric_limits<std::int64_t>::min();

struct Row {
    std::int64_t numerator, denominator, down, up;
};
// Down is toward minus infinity and up toward plus infinity, whatever the sign.
constexpr Row rows[] = {
    {0, 3, 0, 0},
    {1, 3, 0, 1},
    {2, 3, 0, 1},
    {3, 3, 1, 1},
    {4, 3, 1, 2},
    {-1, 3, -1, 0},
    {-2, 3, -1, 0},
    {-3, 3, -1, -1},
    {-4, 3, -2, -1},
    {7, 1, 7, 7},
    {-7, 1, -7, -7},
    {i64_max, 2, i64_max / 2, i64_max / 2 + 1},
    {i64_min, 2, i64_min / 2, i64_min / 2},
    {1, i64_max, 0, 1},
    {-1, i64_max, -1, 0},
};

TEST(DivRound, RoundsInTheNamedDirectionForBothSigns) {
    for (const Row& row : rows) {
        EXPECT_EQ(narrow_i64(div_round(row.numerator, row.denominator, Round::down)), row.down)
            << row.numerator;
        EXPECT_EQ(narrow_i64(div_round(row.numerator, row.denominator, Round::up)), row.up)
            << row.numerator;
    }
}

TEST(MulDiv, RoundsOnceForEverySignOfTheFactors) {
    // 7 * 5 / 3 = 11.67
    EXPECT_EQ(mul_div(7, 5, 3, Round::down), 11);
    EXPECT_EQ(mul_div(7, 5, 3, Round::up), 12);
    EXPECT_EQ(mul_div(-7, 5, 3, Round::down), -12);
    EXPECT_EQ(mul_div(-7, 5, 3, Round::up), -11);
    EXPECT_EQ(mul_div(7, -5, 3, Round::down), -12);
    EXPECT_EQ(mul_div(7, -5, 3, Round::up), -11);
    EXPECT_EQ(mul_div(-7, -5, 3, Round::down), 11);
    EXPECT_EQ(mul_div(-7, -5, 3, Round::up), 12);
}

TEST(MulDiv, TakesTheProductOfTwoFullFactors) {
    EXPECT_EQ(mul_div(i64_max, i64_max, i64_max, Round::down), i64_max);
    EXPECT_EQ(mul_div(i64_min, i64_max, i64_max, Round::up), i64_min);
    EXPECT_EQ(mul_div(i64_max, 999'999, 1'000'000, Round::down), 9'223'362'813'482'738'952);
    EXPECT_EQ(mul_div(i64_max, 999'999, 1'000'000, Round::up), 9'223'362'813'482'738'953);
}

TEST(MulDiv, LawsHoldForRandomOperands) {
    Rng rng{31, 0, Purpose::test};
    for (int i = 0; i < 20'000; ++i) {
        // Sizes from one bit to 62, both signs.
        const auto draw = [&] {
            const auto size = rng.below(62) + 1;
            const auto magnitude = static_cast<std::int64_t>(rng.bits() >> (64 - size));
            return rng.chance(0.5) ? magnitude : -magnitude;
        };
        const std::int64_t a = draw();
        const std::int64_t c = std::int64_t{1} + static_cast<std::int64_t>(rng.bits() >> 2);
        const std::int64_t b = draw() % c;  // |b| < c, so that the result fits

        const i128 down = mul_div(a, b, c, Round::down);
        const i128 up = mul_div(a, b, c, Round::up);
        const i128 product = i128{a} * b;
        ASSERT_LE(down * c, product);
        ASSERT_GE(up * c, product);
        ASSERT_LT(product - down * c, c);
        ASSERT_LT(up * c - product, c);
        ASSERT_EQ(mul_div(-a, b, c, Round::up), narrow_i64(-down));
    }
}

TEST(Narrow, KeepsTheEnds) {
    EXPECT_EQ(narrow_i64(i128{i64_max}), i64_max);
    EXPECT_EQ(narrow_i64(i128{i64_min}), i64_min);
}

TEST(IntegerDeathTest, OverflowStopsTheProgram) {
    EXPECT_DEATH((void)narrow_i64(i128{i64_max} + 1), "CHECK failed");
    EXPECT_DEATH((void)narrow_i64(i128{i64_min} - 1), "CHECK failed");
    EXPECT_DEATH((void)checked_add(i64_max, std::int64_t{1}), "CHECK failed");
    EXPECT_DEATH((void)checked_sub(i64_min, std::int64_t{1}), "CHECK failed");
    EXPECT_DEATH((void)checked_mul(i64_max / 2 + 1, std::int64_t{2}), "CHECK failed");
    EXPECT_DEATH((void)mul_div(i64_max, 2, 1, Round::down), "CHECK failed");
}

TEST(IntegerDeathTest, DivisorsArePositive) {
    EXPECT_DEATH((void)div_round(1, 0, Round::down), "CHECK failed: denominator > 0");
    EXPECT_DEATH((void)div_round(1, -1, Round::down), "CHECK failed: denominator > 0");
}

void fail_in_a_run() {
    check_context() = CheckContext{5, 12, 77, "margincall run x --seed 77"};
    CHECK_EQ(2 + 2, 5);
}
TEST(CheckDeathTest, NamesConditionValuesAndTheReproducingCommand) {
    EXPECT_DEATH(fail_in_a_run(),
                 "2 \\+ 2 == 5 \\(4 against 5\\)\n"
                 "  sim time 5 ns, event 12, seed 77\n"
                 "  reproduce with: margincall run x --seed 77");
}

}  // namespace
}  // namespace margincall
