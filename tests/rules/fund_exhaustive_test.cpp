// What a fund gains, pays and may fall, and who closes whom directly: every small case against the
// rule's words.
#include <gtest/gtest.h>

#include <array>

#include "rules/close_out.hpp"
#include "rules/insurance_fund.hpp"
#include "rules/quantities.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

std::int64_t abs_of(std::int64_t x) {
    return x < 0 ? -x : x;
}

TEST(FundExhaustive, AFillPaysTheFundAtMostTheCapAndTakesAnyLoss) {
    States states{4'205};
    for (std::int64_t proceeds = -14; proceeds <= 14; ++proceeds) {
        for (std::int64_t bankruptcy = -14; bankruptcy <= 14; ++bankruptcy) {
            for (const Fraction cap : {Fraction{0, 1},
                                       Fraction{1, 10},
                                       Fraction{1, 3},
                                       Fraction{1, 2},
                                       Fraction{1, 1}}) {
                states.next();
                std::int64_t expected = proceeds - bankruptcy;
                while (expected > 0 && expected * cap.den > abs_of(proceeds) * cap.num) {
                    --expected;
                }
                ASSERT_TRUE(fund_change(amount(proceeds), amount(bankruptcy), cap) ==
                            amount(expected))
                    << proceeds << " against " << bankruptcy;
            }
        }
    }
}

TEST(FundExhaustive, TheFallIsTheLargerOfAShareAndAnAmount) {
    States states{12'600};
    for (std::int64_t average = 0; average <= 14; ++average) {
        for (const Fraction share :
             {Fraction{0, 1}, Fraction{3, 10}, Fraction{1, 3}, Fraction{1, 1}}) {
            for (std::int64_t least = 0; least <= 9; ++least) {
                std::int64_t part = 0;
                while ((part + 1) * share.den <= average * share.num) {
                    ++part;
                }
                const std::int64_t bound = average - (part > least ? part : least);
                const AverageFallRule rule{.share = share, .least = amount(least)};
                ASSERT_TRUE(fall_threshold(rule, amount(average)) == amount(bound));
                for (std::int64_t balance = -4; balance <= 16; ++balance) {
                    states.next();
                    ASSERT_EQ(fallen_below(rule, amount(balance), amount(average)),
                              balance <= 0 || balance < bound);
                }
            }
        }
    }
}

// The hysteresis of a pool: every walk of its balance over five moments, from a peak of 20.
TEST(FundExhaustive, APoolStartsBelowOneRatioAndStopsAboveAnother) {
    States states{43'923};
    for (const std::int64_t least : {-1, 2, 8}) {
        const PeakFallRule rule{
            .start = {-30, 100}, .stop = {-25, 100}, .least_balance = amount(least)};
        constexpr std::array<std::int64_t, 11> balances{-1, 0, 1, 2, 3, 8, 13, 14, 15, 16, 20};
        for (std::int64_t walk = 0; walk < 11 * 11 * 11 * 11; ++walk) {
            states.next();
            bool on = false;
            bool expected = false;
            for (std::int64_t rest = walk, k = 0; k < 4; ++k, rest /= 11) {
                const std::int64_t balance = balances[static_cast<std::size_t>(rest % 11)];
                const PoolState now = pool_state(rule, amount(balance), {balance - 20, 20});
                on = now == PoolState::started || (on && now == PoolState::steady);
                // 14 of 20 is a fall of exactly 30 %, 15 of exactly 25 %: neither starts nor stops
                const bool starts = balance <= 0 || (balance < 14 && balance > least);
                const bool stops = balance > 15;
                expected = starts || (expected && !stops);
                ASSERT_EQ(on, expected) << "balance " << balance << " least " << least;
                if (starts || stops) {
                    ASSERT_EQ(now, starts ? PoolState::started : PoolState::stopped);
                } else {
                    ASSERT_EQ(now, PoolState::steady);
                }
            }
        }
    }
}

TEST(FundExhaustive, BankruptcyProceedsAreTheLeastThatKeepTheShare) {
    States states{38'808};
    for (std::int64_t collateral = -10; collateral <= 10; ++collateral) {
        for (std::int64_t maintenance = 1; maintenance <= 6; ++maintenance) {
            for (std::int64_t freed = 0; freed <= maintenance + 1; ++freed) {
                for (std::int64_t change = -28; change <= 27; ++change) {
                    states.next();
                    const CloseOut close{.collateral = amount(collateral),
                                         .maintenance = amount(maintenance),
                                         .value_change = amount(change),
                                         .maintenance_change = amount(-freed)};
                    // proceeds + value change >= -(collateral * freed / maintenance)
                    std::int64_t least = -60;
                    while ((least + change) * maintenance < -collateral * freed) {
                        ++least;
                    }
                    ASSERT_TRUE(bankruptcy_proceeds(close) == amount(least))
                        << collateral << " " << maintenance << " " << freed << " " << change;
                }
            }
        }
    }
}

TEST(FundExhaustive, AStepClosesBetweenTheLeastAndAPortion) {
    States states{1'680};
    for (std::int64_t whole = 0; whole <= 20; ++whole) {
        for (std::int64_t least = 0; least <= 15; ++least) {
            for (const Fraction portion :
                 {Fraction{0, 1}, Fraction{1, 5}, Fraction{1, 3}, Fraction{1, 2}, Fraction{1, 1}}) {
                states.next();
                const StepLimits got = step_limits(amount(whole), amount(least), portion);
                std::int64_t most = 0;
                while ((most + 1) * portion.den <= whole * portion.num) {
                    ++most;
                }
                const std::int64_t low = least < whole ? least : whole;
                ASSERT_TRUE(got.least == amount(low));
                ASSERT_TRUE(got.most == amount(most > low ? most : low));
            }
        }
    }
}

// The worst price lies between the oracle (nothing adjusted) and the whole spread.
TEST(FundExhaustive, TheFillablePriceGivesUpAShareOfTheSpread) {
    States states{9'360};
    for (std::int64_t collateral = -3; collateral <= 9; ++collateral) {
        for (const std::int64_t maintenance : {1, 3, 6}) {
            for (const std::int64_t qty : {-3, -1, 2, 4}) {
                for (const Fraction adjustment :
                     {Fraction{0, 1}, Fraction{1, 2}, Fraction{1, 1}, Fraction{3, 2}}) {
                    for (const Fraction spread : {Fraction{0, 1}, Fraction{1, 2}, Fraction{2, 1}}) {
                        for (const std::int64_t own : {0, 2, 3, 5, 7}) {
                            states.next();
                            const std::int64_t value = 12 * qty;
                            const CloseOut whole{.collateral = amount(collateral),
                                                 .maintenance = amount(maintenance),
                                                 .value_change = {},
                                                 .maintenance_change = {}};
                            const SignedFraction got =
                                fillable_price({.adjustment = adjustment, .spread = spread},
                                               whole,
                                               Lots::from_raw(qty),
                                               amount(value),
                                               amount(own));
                            // rating = adjustment * (maintenance - collateral) / maintenance in [0,
                            // 1]
                            std::int64_t top = adjustment.num * (maintenance - collateral);
                            std::int64_t bottom = adjustment.den * maintenance;
                            top = top < 0 ? 0 : top > bottom ? bottom : top;
                            // price = (value - rating * spread * own) / qty, times every
                            // denominator
                            const i128 scale = i128{bottom} * spread.den;
                            const i128 money = value * scale - i128{top} * spread.num * own;
                            ASSERT_TRUE(got.den > 0);
                            ASSERT_TRUE(got.num * scale * qty == money * got.den);
                        }
                    }
                }
            }
        }
    }
}

struct Book {
    Counterparty insolvent;
    std::array<Counterparty, 2> others;
};

TEST(FundExhaustive, DirectClosingKeepsEveryLotAndDollarAndNobodyIsTurned) {
    States states{50'000};
    const Contract contract;
    for (std::int64_t code = 0; code < 50'000; ++code) {
        states.next();
        std::int64_t rest = code;
        const auto digit = [&](std::int64_t base) {
            const std::int64_t out = rest % base;
            rest /= base;
            return out;
        };
        const std::int64_t price = 1 + digit(2);
        Book book;
        book.insolvent = {Lots::from_raw(digit(2) == 0 ? -3 : 2), amount(3 * digit(5) - 8)};
        for (Counterparty& other : book.others) {
            other = {Lots::from_raw(digit(5) - 2), amount(2 * digit(5) - 5)};
        }
        if (rest > 0 && digit(2) == 1) {  // the same from the other side of the list
            std::swap(book.others[0], book.others[1]);
        }
        const Book before = book;
        const std::vector<DirectClose> done =
            close_directly(contract, Ticks::from_raw(price), book.insolvent, book.others);

        // Each in turn at the price that leaves the insolvent account its share of what it is
        // worth.
        Counterparty left = before.insolvent;
        std::array<Counterparty, 2> others = before.others;
        std::size_t next = 0;
        for (std::size_t k = 0; k < others.size(); ++k) {
            const std::int64_t own = left.qty.raw();
            const std::int64_t theirs = others[k].qty.raw();
            if (own * theirs >= 0) {
                continue;
            }
            const std::int64_t lots = std::min(abs_of(own), abs_of(theirs));
            // Least money that closing `lots` must bring to an account of `qty` and `cash`: what it
            // keeps of cash + qty * price per lot is not less than now.
            const auto least = [&](std::int64_t qty, i128 cash) {
                const i128 worth = cash + qty * price;
                const i128 value_gone = (qty > 0 ? lots : -lots) * i128{price};
                i128 money = -100;
                while ((money - value_gone) * abs_of(qty) < -worth * lots) {
                    ++money;
                }
                return money;
            };
            const i128 due = least(own, left.cash.raw());
            if (-due < least(theirs, others[k].cash.raw())) {
                continue;
            }
            ASSERT_LT(next, done.size());
            ASSERT_EQ(done[next].counterparty, k);
            ASSERT_EQ(done[next].lots.raw(), lots);
            ASSERT_TRUE(done[next].paid.raw() == -due);
            ++next;
            const Lots closed = Lots::from_raw(own > 0 ? lots : -lots);
            left.qty -= closed;
            left.cash += Amount::from_raw(due);
            others[k].qty += closed;
            others[k].cash -= Amount::from_raw(due);
        }
        ASSERT_EQ(next, done.size());
        ASSERT_EQ(left.qty, book.insolvent.qty);
        ASSERT_TRUE(left.cash == book.insolvent.cash);
        for (std::size_t k = 0; k < others.size(); ++k) {
            ASSERT_EQ(others[k].qty, book.others[k].qty);
            ASSERT_TRUE(others[k].cash == book.others[k].cash);
        }
    }
}

// A part of an account closed: its share of the value and of the maintenance margin goes.
TEST(FundExhaustive, ACloseOutChangesValueAndMarginByThePart) {
    States states{624};
    PortfolioRules rules;
    rules.contracts.resize(1);
    rules.schedules.resize(1);
    rules.schedules[0].tiers = {{.floor = {},
                                 .cap = amount(1'000),
                                 .maintenance = {1, 10},
                                 .initial = {1, 5},
                                 .deduction = {}}};
    rules.collateral.resize(1);
    for (std::int64_t size = 1; size <= 12; ++size) {
        for (const int sign : {-1, 1}) {
            for (std::int64_t closed = 1; closed <= size; ++closed) {
                for (const std::int64_t mark : {7, 10}) {
                    for (const std::int64_t oracle : {0, 9}) {
                        states.next();
                        PortfolioAccount account;
                        account.collateral = {{.asset = 0, .balance = amount(500)}};
                        account.positions.resize(1);
                        account.positions[0].qty = Lots::from_raw(sign * size);
                        PortfolioPrices prices;
                        prices.mark = {Ticks::from_raw(mark)};
                        if (oracle != 0) {
                            prices.oracle = {Ticks::from_raw(oracle)};
                        }
                        prices.assets.resize(1);
                        const CloseOut got =
                            close_out(rules, account, prices, 0, Lots::from_raw(closed));
                        const auto need = [&](std::int64_t lots) { return (lots * mark + 9) / 10; };
                        const std::int64_t valued = oracle != 0 ? oracle : mark;
                        ASSERT_TRUE(got.collateral.raw() == 500 + sign * size * mark);
                        ASSERT_TRUE(got.maintenance.raw() == need(size));
                        ASSERT_TRUE(got.value_change.raw() == -sign * closed * valued);
                        ASSERT_TRUE(got.maintenance_change.raw() ==
                                    need(size - closed) - need(size));
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace margincall::test
