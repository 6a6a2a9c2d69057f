// The liquidation fixed_amounts of the lending pool on both sides of every bound: the close factor at a
// health of 0.95, the 2'000 dollars below which everything goes, the 1'000 that may not be left,
// and the balance itself. Expected values in plain integers.
#include "defi/aave_liquidation.hpp"

#include <gtest/gtest.h>

#include <array>

#include "defi/desk.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

using namespace aave;

constexpr u128 fixed_price =
    100'000'001;                  // of both tokens; a little over a dollar, so that roundings show
constexpr u128 fixed_unit = 100;  // cents
constexpr u128 bonus = 10'500;
constexpr u128 fee = 1'000;  // share of the bonus

u128 up(u128 num, u128 den) {
    return num / den + (num % den != 0 ? 1U : 0U);
}
u128 half_up(u128 num, u128 den) {
    return (num + den / 2) / den;
}
LiquidationRequest request(Version version, u128 collateral, u128 debt, u128 cover, u128 health) {
    LiquidationRequest r;
    r.version = version;
    r.collateral = {
        U256::from_u128(collateral), U256::from_u128(fixed_price), U256::from_u128(fixed_unit)};
    r.debt = {U256::from_u128(debt), U256::from_u128(fixed_price), U256::from_u128(fixed_unit)};
    r.debt_to_cover = U256::from_u128(cover);
    r.collateral_base = U256::from_u128(collateral * fixed_price / fixed_unit);
    r.debt_base = U256::from_u128(up(debt * fixed_price, fixed_unit));
    r.health_factor = U256::from_u128(health);
    r.bonus_bps = static_cast<std::uint32_t>(bonus);
    r.protocol_fee_bps = static_cast<std::uint32_t>(fee);
    return r;
}

constexpr u128 bound = 950'000'000'000'000'000;
constexpr std::array<u128, 5> healths{bound - 1, bound, bound + 1, bound * 20 / 19 - 1, 1};
// Worth 2'000 dollars from the second on, and small ones.
constexpr std::array<u128, 6> fixed_amounts{199'999, 200'000, 200'001, 500'003, 1'234, 99'999};

TEST(AaveLiquidation, AtExactlyTheCloseFactorsHealthEverythingMayBeRepaid) {
    const u128 debt = 500'000;
    const auto most = [&](u128 health) {
        return liquidation_amounts(request(Version::v3_5, 600'000, debt, debt, health)).debt_max;
    };
    EXPECT_TRUE(same(most(bound + 1), 250'000_n));
    EXPECT_TRUE(same(most(bound), 500'000_n));
    EXPECT_TRUE(same(most(bound - 1), 500'000_n));
}

// A lever other than the protocol's half, above the health of 0.95 only.
TEST(AaveLiquidation, TheCloseFactorIsWhatTheRequestSays) {
    const auto most = [&](std::uint64_t bps, u128 health) {
        LiquidationRequest r = request(Version::v3_5, 600'000, 500'000, 500'000, health);
        r.close_bps = bps;
        return liquidation_amounts(r).debt_max;
    };
    EXPECT_TRUE(same(most(2'500, bound + 1), 125'000_n));
    EXPECT_TRUE(same(most(10'000, bound + 1), 500'000_n));
    EXPECT_TRUE(same(most(2'500, bound), 500'000_n));
}

TEST(AaveLiquidation, WorthExactlyTwoThousandHalfMayBeRepaid) {
    const auto most = [&](u128 collateral, u128 debt) {
        LiquidationRequest r = request(Version::v3_5, collateral, debt, debt, bound + 1);
        r.collateral.price = U256::from_u128(100'000'000);
        r.debt.price = U256::from_u128(100'000'000);
        r.debt_base = U256::from_u128(debt * 1'000'000);
        return liquidation_amounts(r).debt_max;
    };
    EXPECT_TRUE(same(most(200'000, 300'000), 150'000_n));
    EXPECT_TRUE(same(most(199'999, 300'000), 300'000_n));
    EXPECT_TRUE(same(most(300'000, 200'000), 100'000_n));
    EXPECT_TRUE(same(most(300'000, 199'999), 199'999_n));
}

TEST(AaveLiquidation, HealthOfOneIsNotLiquidatable) {
    for (const u128 over : {u128{0}, u128{1}}) {
        const u128 one = 1'000'000'000'000'000'000;
        const auto healthy = attempt([&] {
            return liquidation_amounts(request(Version::v3_5, 500'000, 400'000, 1'000, one + over));
        });
        ASSERT_FALSE(healthy.has_value());
        EXPECT_EQ(healthy.error(), Revert::health_factor_not_below_threshold);
        EXPECT_TRUE(attempt([&] {
                        return liquidation_amounts(
                            request(Version::v3_5, 500'000, 400'000, 1'000, one - 1));
                    }).has_value());
    }
}

TEST(AaveLiquidation, AmountsOnBothSidesOfEveryBound) {
    States states{5 * 6 * 6 * 5 * 7};
    for (const Version version :
         {Version::v3_3, Version::v3_4, Version::v3_5, Version::v3_6, Version::v3_7}) {
        const bool newest = version == Version::v3_7;
        for (const u128 collateral : fixed_amounts) {
            for (const u128 debt : fixed_amounts) {
                for (const u128 health : healths) {
                    for (const u128 cover : {u128{1},
                                             u128{2},
                                             u128{11},
                                             u128{99'999},
                                             u128{100'001},
                                             u128{190'478},
                                             u128{1'000'000}}) {
                        states.next();
                        const LiquidationRequest r =
                            request(version, collateral, debt, cover, health);
                        const Liquidation got = liquidation_amounts(r);

                        const u128 debt_base = up(debt * fixed_price, fixed_unit);
                        const u128 half = half_up(debt_base * 5'000, 10'000);
                        const bool partly =
                            health > bound && debt_base >= 200'000'000'000 &&
                            collateral * fixed_price / fixed_unit >= 200'000'000'000;
                        const u128 most = partly ? half * fixed_unit / fixed_price : debt;
                        const u128 offered = cover < most ? cover : most;
                        u128 seized =
                            newest ? offered * bonus / 10'000 : half_up(offered * bonus, 10'000);
                        u128 repaid = offered;
                        if (seized > collateral) {
                            seized = collateral;
                            repaid = up(collateral * 10'000, bonus);
                        }
                        const u128 without =
                            newest ? seized * 10'000 / bonus : half_up(seized * 10'000, bonus);
                        const u128 kept = newest ? up((seized - without) * fee, 10'000)
                                                 : half_up((seized - without) * fee, 10'000);
                        ASSERT_TRUE(same(got.debt_max, U256::from_u128(most)));
                        ASSERT_TRUE(same(got.debt_repaid, U256::from_u128(repaid)));
                        ASSERT_TRUE(same(got.collateral_seized, U256::from_u128(seized)));
                        ASSERT_TRUE(same(got.protocol_fee, U256::from_u128(kept)));
                        ASSERT_TRUE(
                            same(got.collateral_to_liquidator, U256::from_u128(seized - kept)));
                        const bool all = seized * fixed_price / fixed_unit ==
                                         collateral * fixed_price / fixed_unit;
                        ASSERT_EQ(
                            got.collateral_left,
                            all ? Liquidation::Remainder::none : Liquidation::Remainder::some);
                        ASSERT_TRUE(
                            same(got.deficit_created, U256::from_u128(all ? debt - repaid : 0)));

                        const bool dust =
                            repaid < debt && seized < collateral &&
                            (up((debt - repaid) * fixed_price, fixed_unit) < 100'000'000'000 ||
                             (collateral - seized) * fixed_price / fixed_unit < 100'000'000'000);
                        const auto checked = attempt([&] {
                            require_no_dust(r, got);
                            return 0;
                        });
                        ASSERT_EQ(checked.has_value(), !dust);
                        if (dust) {
                            ASSERT_EQ(checked.error(), Revert::must_not_leave_dust);
                        }
                    }
                }
            }
        }
    }
}

// Exactly 1'000 dollars may be left on either side, a cent less may not.
TEST(AaveLiquidation, ExactlyAThousandDollarsMayBeLeft) {
    const auto left = [](u128 debt_left, u128 collateral_left) {
        LiquidationRequest r = request(Version::v3_5, 500'000, 500'000, 1, 1);
        r.debt.price = r.collateral.price = U256{100'000'000};
        Liquidation done;
        done.debt_repaid = U256::from_u128(500'000 - debt_left);
        done.collateral_seized = U256::from_u128(500'000 - collateral_left);
        return attempt([&] {
                   require_no_dust(r, done);
                   return 0;
               })
            .has_value();
    };
    EXPECT_TRUE(left(100'000, 100'000));
    EXPECT_FALSE(left(99'999, 100'000));
    EXPECT_FALSE(left(100'000, 99'999));
    EXPECT_TRUE(left(0, 1));
    EXPECT_TRUE(left(1, 0));
}

}  // namespace
}  // namespace margincall::test
