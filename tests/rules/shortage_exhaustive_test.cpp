// Outside liquidators: what covers a shortage and who bears a loss, against the chain's formulas
// written with C++'s own division, which cuts toward zero as the chain does.
#include <gtest/gtest.h>

#include <optional>

#include "rules/shortage.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

constexpr i128 million = 1'000'000;
constexpr i128 base_one = 1'000'000'000;

constexpr std::int64_t shortages[] = {-7, 0, 1, 49'999'999, 50'000'000, 50'000'001, 123'456'789};

TEST(ShortageExhaustive, TheBaseThatCoversIsTheShortageOverWhatAUnitFrees) {
    States states{18'144};
    for (const std::int64_t shortage : shortages) {
        for (const std::int64_t ratio : {0, 99, 100, 101, 500, 625}) {
            for (const std::int64_t fee : {0, 9'999, 10'000, 50'000}) {
                for (const std::int64_t fund : {0, 1, 40'000}) {
                    for (const std::int64_t price : {0, 1, 1'000'001}) {
                        for (const std::int64_t quote : {0, 1, 999'999, 1'000'000}) {
                            for (const std::int64_t base : {0, 3, 700'000'001}) {
                                states.next();
                                const ShortageCover c{.shortage = shortage,
                                                      .margin_ratio = ratio,
                                                      .liquidator_fee = fee,
                                                      .fund_fee = fund,
                                                      .price = price,
                                                      .quote_price = quote};
                                const i128 in_quote = i128{price} * quote / million;
                                const i128 freed = in_quote * (ratio * 100 - fee) / million -
                                                   i128{price} * fund / million;
                                std::optional<i128> expected;
                                if (price > 0 && ratio * 100 > fee && freed > 0) {
                                    expected = i128{shortage} * base_one / freed;
                                }
                                ASSERT_TRUE(base_to_cover(c) == expected);

                                if (price > 0 && in_quote == 0) {
                                    continue;  // the chain would divide by zero
                                }
                                i128 most = 0;
                                if (price > 0 && base > 0 && ratio * 100 > fee) {
                                    const i128 part =
                                        i128{shortage} * base_one / base * million / in_quote;
                                    const i128 left = ratio * 100 - fee - part;
                                    most = left > 0 ? left * 19 / 20 : 0;
                                }
                                for (const i128 cap : {i128{0}, i128{20'000}}) {
                                    ASSERT_TRUE(fund_fee(c, base, cap) ==
                                                (most < cap ? most : cap));
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

TEST(ShortageExhaustive, TheShareOfACallGrowsToEverything) {
    States states{14'400};
    for (const std::int64_t shortage : {1, 49'999'999, 50'000'000, 50'000'001, 80'000'000}) {
        for (std::int64_t duration = 0; duration <= 5; ++duration) {
            for (const std::int64_t initial : {0, 1, 2'500, 10'000}) {
                for (const std::int64_t freed : {0, 1, 20'000'000, 50'000'000, 90'000'000}) {
                    i128 before = 0;
                    for (std::int64_t elapsed = 0; elapsed < 24; ++elapsed) {
                        states.next();
                        const i128 got = call_share({.shortage = shortage,
                                                     .elapsed_slots = elapsed,
                                                     .duration_slots = duration,
                                                     .initial = initial,
                                                     .freed_before = freed});
                        i128 expected = 10'000;
                        if (shortage >= 50'000'000) {
                            i128 share = duration == 0 ? 10'000 : elapsed * i128{10'000} / duration;
                            share += initial;
                            share = share > 10'000 ? i128{10'000} : share;
                            const i128 due = (shortage + freed) * share / 10'000 - freed;
                            expected = due > 0 ? due * 10'000 / shortage : 0;
                        }
                        ASSERT_TRUE(got == expected)
                            << shortage << " at " << elapsed << " of " << duration;
                        ASSERT_TRUE(got >= before && got <= 10'000);
                        if (elapsed >= duration) {
                            ASSERT_TRUE(got == 10'000);
                        }
                        before = got;
                    }
                }
            }
        }
    }
}

TEST(ShortageExhaustive, TheLiquidatorsFeeRisesAfterItsSlots) {
    States states{240};
    for (std::int64_t base = 0; base < 3; ++base) {
        for (const std::int64_t highest : {0, 2, 1'501, 6'000}) {
            for (const std::int64_t slots : {0, 1, 1'499, 1'500, 1'501}) {
                for (const std::int64_t rise : {0, 1, 2, 3}) {
                    states.next();
                    const std::int64_t risen = base + slots * rise;
                    const std::int64_t expected = slots < 1'500     ? base
                                                  : risen < highest ? risen
                                                                    : highest;
                    ASSERT_TRUE(liquidator_fee(base, highest, slots, rise) == expected);
                }
            }
        }
    }
}

TEST(ShortageExhaustive, ASocialisedLossIsCollectedInFullAndBarely) {
    States states{5'376 + 7'623};
    for (std::int64_t loss = -10; loss <= 10; ++loss) {
        for (std::int64_t longs = 0; longs < 16; ++longs) {
            for (std::int64_t shorts = 0; shorts < 16; ++shorts) {
                states.next();
                // Lots of a seventh of a base unit; the move is per whole unit, in thousandths.
                const std::int64_t open = (longs + shorts) * 142'857'143;
                if (open == 0) {
                    continue;
                }
                const i128 move =
                    funding_move_for_loss(loss, longs * 142'857'143, -shorts * 142'857'143);
                const i128 due = i128{loss < 0 ? -loss : loss} * base_one;
                ASSERT_TRUE(move % 1'000 == 0);
                ASSERT_TRUE(move / 1'000 * open >= due);
                ASSERT_TRUE(due == 0 ? move == 0 : (move / 1'000 - 1) * open < due);
            }
        }
    }
    for (std::int64_t index = 0; index < 21; ++index) {
        for (std::int64_t loss = 0; loss < 11; ++loss) {
            for (std::int64_t deposits = -1; deposits < 32; ++deposits) {
                states.next();
                const i128 fall = deposit_index_fall(index, loss, deposits);
                std::int64_t least = 0;
                while (deposits > 0 && least * deposits < index * loss) {
                    ++least;
                }
                ASSERT_TRUE(fall == least);
            }
        }
    }
}

TEST(ShortageExhaustive, FundingIsTheGapWithinAThirtyThirdOfTheOracle) {
    States states{14'580};
    for (std::int64_t mark = 0; mark < 180; ++mark) {
        for (const std::int64_t oracle : {1, 32, 33, 34, 66, 99, 100, 131, 132}) {
            for (const std::int64_t period :
                 {1, 3'600, 7'200, 50'000, 86'400, 86'401, 200'000, 43'200, 86'399}) {
                states.next();
                std::int64_t gap = mark - oracle;
                while (gap * 33 > oracle) {
                    --gap;
                }
                while (-gap * 33 > oracle) {
                    ++gap;
                }
                const std::int64_t periods = period > 86'400 ? 1 : 86'400 / period;
                ASSERT_TRUE(twap_gap_funding(mark, oracle, period) == gap * 1'000 / periods)
                    << mark << " against " << oracle;
            }
        }
    }
}

TEST(ShortageExhaustive, ASpotLiabilityIsPaidWithTheAssetAtTheDiscount) {
    States states{9'720};
    const auto scaled = [](i128 x, int up) {
        for (; up > 0; --up) {
            x *= 10;
        }
        for (; up < 0; ++up) {
            x /= 10;
        }
        return x;
    };
    for (const int decimals : {5, 6, 8}) {
        for (const int owed_decimals : {4, 6, 9}) {
            for (const std::int64_t held : {0, 1'000'003, 99'999'999}) {
                for (const std::int64_t owed : {0, 999'999, 1'000'001, 50'000'007}) {
                    for (const std::int64_t price : {900'001, 1'000'000, 2'500'003}) {
                        for (const std::int64_t bonus : {1'000'000, 1'010'000, 1'025'001}) {
                            for (const std::int64_t weight :
                                 {8'000, 10'000, 9'000, 11'000, 12'000}) {
                                for (const std::int64_t fee : {0, 10'000}) {
                                    states.next();
                                    const SpotSide asset{.amount = held,
                                                         .decimals = decimals,
                                                         .price = price,
                                                         .multiplier = bonus,
                                                         .weight = 9'000};
                                    const SpotSide liability{.amount = owed,
                                                             .decimals = owed_decimals,
                                                             .price = 1'100'000,
                                                             .multiplier = 999'999,
                                                             .weight = weight};
                                    // What a unit of liability frees, in 1e-6 * 1e-5.
                                    const i128 counted = i128{9'000} * 10 * bonus / 999'999;
                                    const i128 freed =
                                        i128{1'100'000} * (weight * 10 - counted) -
                                        i128{1'100'000} * fee / million * weight * 10;
                                    std::optional<i128> cover;
                                    if (freed > 0) {
                                        const int up = owed_decimals - 6;
                                        const i128 money =
                                            scaled(i128{held}, up > 0 ? up : 0) * million * 100'000;
                                        cover = scaled(money / freed, up < 0 ? up : 0);
                                    }
                                    ASSERT_TRUE(liability_to_cover(held, asset, liability, fee) ==
                                                cover);

                                    const int finer = decimals - owed_decimals;
                                    const i128 due = scaled(i128{owed}, finer > 0 ? finer : 0) *
                                                     1'100'000 * bonus;
                                    const i128 transfer = scaled(due / (i128{price} * 999'999),
                                                                 finer < 0 ? finer : 0);
                                    const i128 gap =
                                        transfer > held ? transfer - held : held - transfer;
                                    const i128 worth = scaled(gap * price / million, 6 - decimals);
                                    ASSERT_TRUE(asset_for_liability(asset, liability) ==
                                                (worth < million ? i128{held} : transfer));

                                    // The least liability that is worth as much as the asset: up.
                                    const int coarser = owed_decimals - decimals;
                                    const i128 value =
                                        scaled(i128{held}, coarser > 0 ? coarser : 0) * price *
                                        999'999;
                                    const i128 per = i128{1'100'000} * bonus;
                                    i128 whole = value / per + (value % per != 0 ? 1 : 0);
                                    for (int n = coarser; n < 0; ++n) {  // ceil of ceil is ceil
                                        whole = whole / 10 + (whole % 10 != 0 ? 1 : 0);
                                    }
                                    ASSERT_TRUE(liability_for_asset(asset, liability) == whole);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

// Less than a dollar left or missing goes along, a dollar does not.
TEST(ShortageExhaustive, ADollarOfTheAssetIsWorthLeaving) {
    const SpotSide liability{.amount = 5'000'000, .price = 1'000'000};
    SpotSide asset{.amount = 6'000'000, .price = 1'000'000};
    EXPECT_TRUE(asset_for_liability(asset, liability) == 5'000'000);
    asset.amount = 5'999'999;
    EXPECT_TRUE(asset_for_liability(asset, liability) == 5'999'999);
    asset.amount = 4'000'000;
    EXPECT_TRUE(asset_for_liability(asset, liability) == 5'000'000);
    asset.amount = 4'000'001;
    EXPECT_TRUE(asset_for_liability(asset, liability) == 4'000'001);
}

}  // namespace
}  // namespace margincall::test
