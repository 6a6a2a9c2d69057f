// Stories about where money and contracts go when an account fails: the worked examples of
// docs/liquidation.md and docs/adl.md, and random trading with all laws checked after every step.
#include "clearing/clearing_house.hpp"

#include <gtest/gtest.h>

#include "clearing/world.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/margin_levers.hpp"

namespace margincall::test {
namespace {

Ticks at_usd(double price) {
    return Ticks::from_raw(std::llround(price * 10.0));
}
Lots coins(double amount) {
    return Lots::from_raw(std::llround(amount * 1000.0));
}

// One venue with one BTC perp (0.1 USD ticks, 0.001 BTC lots), no trading fees.
ClearingConfig one_perp(double fund_usd, std::int64_t liquidation_fee_ppm = 0) {
    ClearingConfig config;
    config.instruments.push_back(btc_perp());
    config.tiers.push_back(binance_btc());
    VenueRules rules;
    rules.taker_fee_ppm = 0;
    rules.maker_fee_ppm = 0;
    rules.fund.initial = usd(fund_usd);
    rules.liquidation.fee_ppm = liquidation_fee_ppm;
    config.venues.push_back(rules);
    config.assets = 1;
    return config;
}
AccountSeed seed_row(Side side, double size, double entry, double margin_usd) {
    AccountSeed seed;
    seed.instrument = btc;
    seed.side = side;
    seed.qty = coins(size);
    seed.entry = at_usd(entry);
    seed.margin = usd(margin_usd);
    return seed;
}

// A long of 2 BTC at 100,000 with 20,000 behind it (bankrupt at 90,000), its short counterpart with
// plenty, and a dealer to trade with.
struct LongAndShort {
    explicit LongAndShort(double fund_usd, std::int64_t liquidation_fee_ppm = 0)
        : LongAndShort(one_perp(fund_usd, liquidation_fee_ppm)) {}
    explicit LongAndShort(const ClearingConfig& config) : house(config, 16) {
        weak = house.open_row(seed_row(Side::buy, 2, 100'000, 20'000),
                              ClearingHouse::WithPosition::yes);
        strong = house.open_row(seed_row(Side::sell, 2, 100'000, 500'000),
                                ClearingHouse::WithPosition::yes);
        house.finish_opening();
        dealer = house.open_agent(venue_a);
        house.deposit(dealer, usd(1'000'000), Reason::deposit);
        check_clearing(house);
    }
    // `seller` hits the dealer's bid.
    void sell(AccountId seller, double size, double price, Cause cause) {
        Fill fill;
        fill.instrument = btc;
        fill.maker = dealer;
        fill.taker = seller;
        fill.taker_side = Side::sell;
        fill.taker_cause = cause;
        fill.price = at_usd(price);
        fill.qty = coins(size);
        house.settle(fill);
        check_clearing(house);
    }
    Row& row(AccountId a) { return house.row(a); }

    ClearingHouse house;
    AccountId weak, strong, dealer;
};

TEST(ClearingHouse, TheFundTakesOverAtTheBankruptcyPriceAndBearsTheRest) {
    LongAndShort s{1'000'000};
    const Ticks bankruptcy =
        bankruptcy_price(s.house.instrument(btc), s.house.state(s.row(s.weak)));
    ASSERT_EQ(bankruptcy, at_usd(90'000));
    const AccountId fund = s.house.fund(venue_a);

    s.house.transfer(s.weak, fund, btc, Side::buy, coins(2), bankruptcy, Reason::takeover);
    s.house.close_row(s.row(s.weak));

    EXPECT_EQ(s.house.cash(s.weak), Money{});
    EXPECT_EQ(s.house.position(fund, btc), coins(2));
    EXPECT_EQ(s.house.cost(fund, btc), usd(180'000));
    EXPECT_EQ(s.house.cash(fund), usd(1'000'000));

    s.sell(fund, 1, 91'000, Cause::fund_unwind);  // 1,000 better than bankruptcy
    s.sell(fund, 1, 88'000, Cause::fund_unwind);  // 2,000 worse
    EXPECT_EQ(s.house.cash(fund), usd(999'000));
    EXPECT_EQ(s.house.position(fund, btc), Lots{});
    EXPECT_EQ(s.house.open_interest(btc), coins(2));
}

TEST(ClearingHouse, AnOrderFilledBetterThanBankruptcyLeavesTheDifferenceToTheTrader) {
    LongAndShort s{0};
    s.sell(s.weak, 2, 90'300, Cause::liquidation);

    EXPECT_EQ(s.house.cash(s.weak), usd(600));
}

TEST(ClearingHouse, TheLiquidationFeeGoesToTheFundUpToWhatIsLeft) {
    LongAndShort s{0, 12'500};
    s.sell(s.weak, 1, 90'300, Cause::liquidation);
    // Half is closed: 9,700 lost of 20,000. The mark stands at 90,300, the other half has lost as
    // much.
    s.house.set_mark(btc, at_usd(90'300));
    (void)s.house.charge_liquidation_fee(s.weak, usd(90'300), s.house.fund(venue_a));
    check_clearing(s.house);

    EXPECT_EQ(s.house.cash(s.house.fund(venue_a)), usd(600));  // 1.25 % would be 1,128.75
    EXPECT_EQ(s.house.cash(s.weak), usd(9'700));
}

TEST(ClearingHouse, TheFundCoversANegativeBalance) {
    LongAndShort s{500'000};
    s.sell(s.weak, 2, 89'000, Cause::liquidation);
    ASSERT_EQ(s.house.cash(s.weak), usd(-2'000));

    s.house.close_row(s.row(s.weak));
    check_clearing(s.house);

    EXPECT_EQ(s.house.cash(s.weak), Money{});
    EXPECT_EQ(s.house.cash(s.house.fund(venue_a)), usd(498'000));
    EXPECT_EQ(s.house.bad_debt(venue_a), Money{});
}

TEST(ClearingHouse, WhatTheFundCannotCoverIsBadDebt) {
    LongAndShort s{500};
    s.sell(s.weak, 2, 89'000, Cause::liquidation);
    s.house.close_row(s.row(s.weak));
    check_clearing(s.house);

    EXPECT_EQ(s.house.cash(s.house.fund(venue_a)), Money{});
    EXPECT_EQ(s.house.bad_debt(venue_a), usd(1'500));
}

// Negative-balance protection: the firm pays what the fund could not, and nothing is bad debt.
TEST(ClearingHouse, WhatTheFundCannotCoverTheFirmPaysWhereTheRuleSaysSo) {
    ClearingConfig config = one_perp(500, 0);
    config.venues[0].fund.shortfall_to = ShortfallTo::firm;
    LongAndShort s{config};
    s.sell(s.weak, 2, 89'000, Cause::liquidation);
    s.house.close_row(s.row(s.weak));
    check_clearing(s.house);

    EXPECT_EQ(s.house.cash(s.weak), Money{});
    EXPECT_EQ(s.house.cash(s.house.fund(venue_a)), Money{});
    EXPECT_EQ(s.house.bad_debt(venue_a), Money{});
    EXPECT_EQ(s.house.firm_paid(venue_a), usd(1'500));
    s.house.cover_fund(0, usd(7));
    EXPECT_EQ(s.house.firm_paid(venue_a), usd(1'507));
    EXPECT_EQ(LongAndShort{500}.house.firm_paid(venue_a), Money{});
}

// Rates twice as high: triggers are those of the scaled table at once, an account that is below them
// is due at the mark as it stands, and back at one everything is as it was.
TEST(ClearingHouse, ScaledMarginsMoveTheTriggersOfWhoHolds) {
    LongAndShort s{0};
    const std::int64_t before = s.row(s.weak).liquidation;

    s.house.scale_margin(btc, 2'000'000);

    check_clearing(s.house);
    const MarginTiers twice = scaled_tiers(one_perp(0, 0).tiers[0], 2'000'000);
    const Ticks expected =
        liquidation_price(s.house.instrument(btc), twice, s.house.state(s.row(s.weak)), false);
    EXPECT_EQ(s.row(s.weak).liquidation, expected.raw());
    EXPECT_GT(expected.raw(), before);
    EXPECT_EQ(s.house.triggers(btc, Side::buy).price(s.row(s.weak).local), expected);
    std::vector<AccountId> due;
    s.house.pop_due(btc, Ticks::from_raw(expected.raw() + 1), due);
    EXPECT_TRUE(due.empty());
    s.house.pop_due(btc, expected, due);
    EXPECT_EQ(due, (std::vector<AccountId>{s.weak}));
    EXPECT_EQ(s.house.due_kind(s.row(s.weak), expected), TriggerKind::liquidation);

    s.house.scale_margin(btc, 1'000'000);
    EXPECT_EQ(s.row(s.weak).liquidation, before);
    EXPECT_EQ(s.house.triggers(btc, Side::buy).price(s.row(s.weak).local).raw(), before);
}

// At rates twice as high nobody opens above half of the top leverage.
TEST(ClearingHouse, ScaledMarginsAskForMoreFromWhoOpens) {
    LongAndShort s{0};
    const std::int64_t most = one_perp(0, 0).tiers[0].front().leverage_max;
    EXPECT_EQ(s.house.least_opening_margin(s.row(s.weak), usd(10'000)), Money{});
    s.house.scale_margin(btc, 2'000'000);
    EXPECT_EQ(s.house.least_opening_margin(s.row(s.weak), usd(10'000)),
              initial_margin(usd(10'000), 100 * (most / 2)));
}

// Example of docs/adl.md: mark 85,000, nobody in the book. The bankrupt long is closed against the
// winning short at 90,000 instead of 85,000: they give up 2 x 5,000 of 30,000 profit.
TEST(ClearingHouse, AutoDeleveragingClosesEqualAmountsOnBothSides) {
    LongAndShort s{0};
    const Instrument& inst = s.house.instrument(btc);
    const Money profit = unrealised(inst, s.house.state(s.row(s.strong)), at_usd(85'000));
    ASSERT_EQ(profit, usd(30'000));

    s.house.transfer(s.weak, s.strong, btc, Side::buy, coins(2), at_usd(90'000), Reason::adl);
    s.house.close_row(s.row(s.weak));
    check_clearing(s.house);

    EXPECT_EQ(s.house.position(s.weak, btc), Lots{});
    EXPECT_EQ(s.house.position(s.strong, btc), Lots{});
    EXPECT_EQ(s.house.open_interest(btc), Lots{});
    EXPECT_EQ(s.house.cash(s.weak), Money{});
    EXPECT_EQ(s.house.cash(s.strong), usd(520'000));  // 20,000 of profit
    EXPECT_EQ(s.house.bad_debt(venue_a), Money{});
}

TEST(ClearingHouse, FundingMovesMoneyFromLongsToShortsAndKeepsTheCrumbs) {
    LongAndShort s{0};
    const Money paid = s.house.settle_funding(btc, at_usd(100'000.1), 123'457);  // 0.0123457 %
    check_clearing(s.house);

    EXPECT_EQ(paid, Money::from_raw(24'691'425));  // 200,000.2 * 0.0123457 % = 24.69142469..., up
    EXPECT_EQ(s.house.cash(s.weak), usd(20'000) - paid);
    EXPECT_EQ(s.house.cash(s.strong), usd(500'000) + Money::from_raw(24'691'424));  // down
}

// 300,000.001 coins at 100,000.10 USD: the product with the rate does not fit into 64 bits.
TEST(ClearingHouse, TheFeeOfAHugeFillIsRoundedUpLikeAnyOther) {
    ClearingConfig config = one_perp(0.0);
    config.venues[0].taker_fee_ppm = 451;
    ClearingHouse house{config, 0};
    Fill fill;
    fill.instrument = btc;
    fill.maker = house.open_agent(venue_a);
    fill.taker = house.open_agent(venue_a);
    fill.taker_side = Side::sell;
    fill.price = at_usd(100'000.1);
    fill.qty = coins(300'000.001);
    house.settle(fill);
    EXPECT_EQ(house.cash(fill.taker), -Money::from_raw(13'530'013'575'101));
    EXPECT_EQ(house.cash(fill.maker), Money{});
}

TEST(ClearingHouse, FirmsAndFundsPayFundingToo) {
    LongAndShort s{100'000};
    s.sell(s.weak, 0.5, 100'000, Cause::liquidation);  // to the dealer
    s.house.transfer(
        s.weak, s.house.fund(venue_a), btc, Side::buy, coins(1), at_usd(100'000), Reason::takeover);
    s.house.settle_funding(btc, at_usd(100'000), 1'000'000);  // 0.1 %
    EXPECT_EQ(s.house.cash(s.dealer), usd(1'000'000 - 50));
    EXPECT_EQ(s.house.cash(s.house.fund(venue_a)), usd(100'000 - 100));
    EXPECT_EQ(s.house.cash(s.weak), usd(20'000 - 50));
    check_clearing(s.house);
}

TEST(ClearingHouse, RowsThatChangeAreNamedOnceAndFundingIsNoChange) {
    LongAndShort s{100'000};
    const auto changed = [&] {
        const auto rows = s.house.take_changed(ChangeReader::owners);
        return std::vector<AccountId>{rows.begin(), rows.end()};
    };
    EXPECT_EQ(changed(), (std::vector<AccountId>{s.weak, s.strong}));  // opened
    EXPECT_EQ(changed(), std::vector<AccountId>{});

    s.house.settle_funding(btc, at_usd(100'000), 100'000);
    EXPECT_EQ(changed(), std::vector<AccountId>{});

    s.sell(s.weak, 0.5, 99'000, Cause::closing);
    s.sell(s.weak, 0.5, 99'000, Cause::closing);
    EXPECT_EQ(changed(), std::vector<AccountId>{s.weak});

    s.house.deposit(s.strong, usd(1'000), Reason::top_up);
    s.house.refresh(s.row(s.strong));
    s.sell(s.weak, 1, 99'000, Cause::closing);  // the whole rest
    EXPECT_EQ(changed(), (std::vector<AccountId>{s.strong, s.weak}));
}

TEST(ClearingHouse, AVenuesFirstFundStandsForIt) {
    ClearingConfig config = one_perp(0.0);
    config.venues.push_back(config.venues[0]);
    const auto venue_b = VenueId::from_raw(1);
    config.funds = {{venue_a, usd(1)}, {venue_b, usd(2)}, {venue_b, usd(3)}};
    const ClearingHouse house{config, 0};
    EXPECT_EQ(house.fund(venue_a), house.fund_account(0));
    EXPECT_EQ(house.fund(venue_b), house.fund_account(1));
    EXPECT_EQ(house.cash(house.fund(venue_b)), usd(2));
}

// Requirements of the whole position's tier: a long that rises into the second tier falls below its
// margin there, far above its liquidation price. What its stop set off is then a liquidation.
TEST(ClearingHouse, AStopFindsARowThatAJumpOfTheMarginBroughtBelow) {
    ClearingConfig config = one_perp(0.0);
    config.tiers[0] = make_tiers({TierRow{0, 100e3, 10'000, 100}, {100e3, 1e9, 20'000, 50}});
    config.venues[0].margin.style = MarginStyle::whole_tier;
    ClearingHouse house{config, 2};
    house.set_mark(btc, at_usd(99'990));
    AccountSeed seed = seed_row(Side::buy, 1, 99'000, 500);
    seed.stop = at_usd(100'500);
    const AccountId a = house.open_row(seed, ClearingHouse::WithPosition::yes);
    EXPECT_EQ(house.due_kind(house.row(a), at_usd(100'000)), TriggerKind::stop);  // 1,500, 1,000
    EXPECT_EQ(house.due_kind(house.row(a), at_usd(100'100)), TriggerKind::liquidation);  // 2,002
}

// Sees who is paid by a change of position: the instrument's clearing account.
class PaidByTrades : public PostingObserver {
  public:
    void on_posting(const Posting& posting) override {
        if (posting.asset == 0) {
            cash.push_back(posting.from);
            cash.push_back(posting.to);
        }
    }
    std::vector<LedgerAccountId> cash;
};

TEST(ClearingHouseDeathTest, TheLawsAreLookedAtForEveryInstrument) {
    LongAndShort s{0};
    PaidByTrades seen;
    s.house.ledger().set_observer(&seen);
    s.house.transfer(s.weak, s.strong, btc, Side::buy, coins(1), at_usd(99'000), Reason::adl);
    check_clearing(s.house);
    const LedgerAccountId own = s.house.cash_ledger(s.weak);
    ASSERT_FALSE(seen.cash.empty());
    const LedgerAccountId clearing = seen.cash[0] == own ? seen.cash[1] : seen.cash[0];
    s.house.ledger().post(own, clearing, Amount::from_raw(i128{1}), Reason::trade);
    EXPECT_DEATH(check_clearing(s.house), "clearing_account_");
}

TEST(ClearingHouse, ARowsTriggerIsItsLiquidationPrice) {
    LongAndShort s{0};
    const std::int64_t expected =
        liquidation_price(
            s.house.instrument(btc), binance_btc(), s.house.state(s.row(s.weak)), false)
            .raw();
    EXPECT_EQ(s.row(s.weak).liquidation, expected);
    EXPECT_EQ(s.house.triggers(btc, Side::buy).best().raw(), expected);

    std::vector<AccountId> due;
    s.house.pop_due(btc, Ticks::from_raw(expected + 1), due);
    EXPECT_TRUE(due.empty());
    s.house.pop_due(btc, Ticks::from_raw(expected), due);
    EXPECT_EQ(due, std::vector<AccountId>{s.weak});
    EXPECT_EQ(s.house.due_kind(s.row(s.weak), Ticks::from_raw(expected)), TriggerKind::liquidation);
}

// Random trading, funding, takeovers and deleveraging among rows, a dealer and the fund. After
// every step all laws hold, and every cached trigger is the one that the pure rule gives.
// Maintenance 0.4 %: equity is maintenance / 0.8 at a quarter of 0.4 % above the liquidation price,
// and maintenance / 0.5 at the whole of it.
TEST(ClearingHouse, AnOwnerLooksWhenTheMarginRatioExceedsTheConfiguredOne) {
    const auto distance_ppm = [](std::int64_t ratio_ppm) {
        ClearingConfig config = one_perp(0.0);
        config.top_up_ratio_ppm = ratio_ppm;
        ClearingHouse house{config, 4};
        AccountSeed seed = seed_row(Side::buy, 2, 100'000, 20'000);
        seed.may_top_up = 1;
        const Row& row = house.row(house.open_row(seed, ClearingHouse::WithPosition::yes));
        return (row.top_up - row.liquidation) * 1'000'000 / row.liquidation;
    };

    EXPECT_EQ(distance_ppm(800'000), 1'000);
    EXPECT_EQ(distance_ppm(500'000), 4'000);
}

TEST(ClearingHouse, LawsHoldAfterEveryStepOfARandomHistory) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng{seed, 3, Purpose::test};
        ClearingHouse house{one_perp(rng.chance(0.5) ? 0.0 : 50'000.0, 12'500), 64};
        std::vector<AccountId> rows;
        for (int k = 0; k < 12; ++k) {
            const double size = 0.001 * static_cast<double>(log_uniform(rng, 20'000.0));
            const double entry = rng.uniform(80'000.0, 120'000.0);
            const double margin = size * entry / rng.uniform(1.0, 50.0);
            for (const Side side : {Side::buy, Side::sell}) {
                AccountSeed seed_both = seed_row(side, size, entry, margin);
                seed_both.weight =
                    rng.chance(0.3) ? 1 + static_cast<std::uint32_t>(rng.below(5)) : 1;
                seed_both.may_top_up = rng.chance(0.3) ? 1 : 0;
                rows.push_back(house.open_row(seed_both, ClearingHouse::WithPosition::yes));
            }
        }
        house.finish_opening();
        const AccountId dealer = house.open_agent(venue_a);
        house.deposit(dealer, usd(1e6), Reason::deposit);
        const AccountId fund = house.fund(venue_a);
        for (int step = 0; step < 150; ++step) {
            const AccountId who = rows[rng.below(rows.size())];
            Row& row = house.row(who);
            const std::int64_t held = std::abs(house.state(row).qty.raw());
            const Ticks price = at_usd(rng.uniform(60'000.0, 140'000.0));
            const double action = rng.uniform();
            if (action < 0.1) {
                house.settle_funding(
                    btc, price, static_cast<std::int64_t>(rng.below(6'000'000)) - 3'000'000);
            } else if (action < 0.15) {
                house.deposit(who, usd(rng.uniform(1.0, 5'000.0)), Reason::top_up);
                if (row.state == RowState::closed) {
                    house.withdraw(who, house.cash(who), Reason::withdrawal);
                }
                house.refresh(row);
            } else if (held > 0) {
                const Lots part =
                    Lots::from_raw(rng.chance(0.5) ? held
                                                   : 1 + static_cast<std::int64_t>(rng.below(
                                                             static_cast<std::uint64_t>(held))));
                const double how = rng.uniform();
                if (how < 0.5) {
                    Fill fill;
                    fill.instrument = btc;
                    fill.maker = dealer;
                    fill.taker = who;
                    fill.taker_side = opposite(row.side);
                    fill.taker_cause = Cause::liquidation;
                    fill.price = price;
                    fill.qty = part;
                    house.settle(fill);
                    house.set_mark(btc, price);
                    (void)house.charge_liquidation_fee(
                        who, notional(house.instrument(btc), price, part), fund);
                } else if (how < 0.75) {
                    house.transfer(who, fund, btc, row.side, part, price, Reason::takeover);
                } else {
                    house.transfer(who, dealer, btc, row.side, part, price, Reason::adl);
                }
                if (part.raw() == held) {
                    house.close_row(row);
                } else {
                    house.refresh(row);
                }
            }
            check_clearing(house);
            check_trigger_index(house.triggers(btc, Side::buy));
            check_trigger_index(house.triggers(btc, Side::sell));
            std::uint32_t with_trigger = 0;
            for (const AccountId a : rows) {
                const Row& r = house.row(a);
                const PositionState state = house.state(r);
                const Ticks trigger = house.triggers(btc, r.side).price(r.local);
                if (r.state == RowState::open) {
                    const Ticks pure =
                        liquidation_price(house.instrument(btc), house.tiers(btc), state, false);
                    ASSERT_EQ(r.liquidation, pure.raw());
                    ASSERT_TRUE(r.top_up > 0 || trigger == pure);
                } else {
                    ASSERT_EQ(trigger.raw(), 0);
                    ASSERT_EQ(house.cash(a), Money{});
                }
                with_trigger += trigger.raw() > 0 ? 1U : 0U;
            }
            ASSERT_EQ(
                with_trigger,
                house.triggers(btc, Side::buy).size() + house.triggers(btc, Side::sell).size());
        }
    }
}

}  // namespace
}  // namespace margincall::test
