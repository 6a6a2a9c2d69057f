// What a venue decides between two orders, at its bounds: who takes the rest, what a fund may hold,
// at which price winners are closed, when a fund itself is deleveraged.
#include <gtest/gtest.h>

#include "rules/liquidation.hpp"
#include "rules/quantities.hpp"

namespace margincall {
namespace {

using test::ticks;

Money usd(std::int64_t amount) {
    return Money::from_raw(amount * 1'000'000);
}
Amount whole_usd(std::int64_t value) {
    return to_amount(usd(value));
}

TEST(LiquidationDecisions, WhoTakesTheRest) {
    const auto rest = [](TakeoverMethod method, std::int64_t equity, bool can_take, bool closing) {
        VenueRules rules;
        rules.liquidation.takeover = method;
        const Margin margin{.equity = usd(equity), .initial = {}, .maintenance = usd(300)};
        return rest_of(rules, margin, can_take, closing);
    };
    using enum TakeoverMethod;
    for (const bool closing : {false, true}) {
        EXPECT_EQ(rest(fund_at_bankruptcy, 100, true, closing), Rest::take_over);
        EXPECT_EQ(rest(fund_at_bankruptcy, 100, false, closing), Rest::queue_adl);
        EXPECT_EQ(rest(engine_at_bankruptcy, -100, false, closing), Rest::take_over);
        EXPECT_EQ(rest(vault_below_share, -1, true, closing), Rest::queue_adl);
        EXPECT_EQ(rest(vault_below_share, 0, true, closing), Rest::take_over);
        EXPECT_EQ(rest(vault_below_share, 199, true, closing), Rest::take_over);
        EXPECT_EQ(rest(vault_below_share, 199, false, closing), Rest::wait);
        EXPECT_EQ(rest(vault_below_share, 200, true, closing),
                  closing ? Rest::take_over : Rest::wait);
        EXPECT_EQ(rest(fund_per_fill, 0, true, closing), Rest::wait);
        EXPECT_EQ(rest(fund_per_fill, -1, true, closing), Rest::queue_adl);
        EXPECT_EQ(rest(socialise, -1, false, closing), Rest::take_over);
        EXPECT_EQ(rest(socialise, 0, true, closing), closing ? Rest::take_over : Rest::wait);
    }
}

TEST(LiquidationDecisions, SlicesAndStepsAreSentAgainWhileSomethingIsLeft) {
    LiquidationRule rule;
    for (const auto step : {LiquidationFirstStep::slices, LiquidationFirstStep::tiers_down}) {
        rule.first_step = step;
        EXPECT_TRUE(orders_again(rule, Money::from_raw(1)));
        EXPECT_FALSE(orders_again(rule, Money{}));
    }
    rule.first_step = LiquidationFirstStep::ioc_to_safety;
    EXPECT_FALSE(orders_again(rule, usd(1)));
}

TEST(LiquidationDecisions, AFundHoldsUpToItsCap) {
    EXPECT_TRUE(fund_can_take(usd(100), usd(40).raw(), usd(60).raw(), 1'000'000));
    EXPECT_FALSE(fund_can_take(usd(100), usd(40).raw(), usd(60).raw() + 1, 1'000'000));
    EXPECT_TRUE(fund_can_take(usd(100), usd(40).raw(), usd(10).raw(), 500'000));
    EXPECT_FALSE(fund_can_take(usd(100), usd(40).raw() + 1, usd(10).raw(), 500'000));
    EXPECT_FALSE(fund_can_take(Money{}, 0, 0, 1'000'000));
}

TEST(LiquidationDecisions, EquityIsSharedOutByMaintenanceRoundedDown) {
    const Margin whole{.equity = usd(100), .initial = {}, .maintenance = usd(30)};
    EXPECT_EQ(share_of_equity(whole, usd(10)), Money::from_raw(33'333'333));
    EXPECT_EQ(share_of_equity(whole, usd(30)), usd(100));
    EXPECT_EQ(
        share_of_equity({.equity = usd(-100), .initial = {}, .maintenance = usd(30)}, usd(10)),
        Money::from_raw(-33'333'334));
    EXPECT_EQ(share_of_equity({.equity = usd(100), .initial = {}, .maintenance = {}}, Money{}),
              usd(100));
}

TEST(LiquidationDecisions, WinnersAreClosedAtTheRulesPriceWithinTheBankruptcyPrice) {
    const AdlPrices insolvent_long{.bankruptcy = ticks(95),
                                   .mark = ticks(90),
                                   .mark_before = ticks(100),
                                   .oracle_before = ticks(92)};
    EXPECT_EQ(adl_price(AdlPrice::bankruptcy, Side::buy, insolvent_long), ticks(95));
    EXPECT_EQ(adl_price(AdlPrice::mark, Side::buy, insolvent_long), ticks(90));
    EXPECT_EQ(adl_price(AdlPrice::previous_mark, Side::buy, insolvent_long), ticks(95));
    EXPECT_EQ(adl_price(AdlPrice::previous_oracle, Side::buy, insolvent_long), ticks(92));
    const AdlPrices insolvent_short{.bankruptcy = ticks(105),
                                    .mark = ticks(110),
                                    .mark_before = ticks(100),
                                    .oracle_before = {}};
    EXPECT_EQ(adl_price(AdlPrice::previous_mark, Side::sell, insolvent_short), ticks(105));
    EXPECT_EQ(adl_price(AdlPrice::previous_oracle, Side::sell, insolvent_short), ticks(110));
    // Not bankrupt: the bankruptcy price does not bound.
    const AdlPrices solvent{.bankruptcy = ticks(85),
                            .mark = ticks(90),
                            .mark_before = ticks(91),
                            .oracle_before = ticks(92)};
    EXPECT_EQ(adl_price(AdlPrice::previous_mark, Side::buy, solvent), ticks(91));
}

TEST(LiquidationDecisions, AnOutsideLiquidatorsPriceIsRoundedAgainstTheAccount) {
    LiquidationRule rule;
    rule.liquidator_fee_ppm = 5'000;
    EXPECT_EQ(discounted_price(rule, Side::buy, ticks(99)), ticks(98));
    EXPECT_EQ(discounted_price(rule, Side::sell, ticks(99)), ticks(100));
    EXPECT_EQ(discounted_price(rule, Side::buy, ticks(1)), ticks(1));
    rule.liquidator_fee_ppm = 0;
    EXPECT_EQ(discounted_price(rule, Side::buy, ticks(99)), ticks(99));
}

TEST(LiquidationDecisions, WhenAFundIsDeleveragedItself) {
    VenueRules rules;
    const auto decides = [&](std::int64_t balance, std::int64_t peak, std::int64_t fall, bool on) {
        return deleverages_fund(rules,
                                {.balance = whole_usd(balance),
                                 .peak = whole_usd(peak),
                                 .average = whole_usd(peak),
                                 .fall = whole_usd(fall),
                                 .on = on});
    };
    rules.adl.trigger = AdlTrigger::pool_drawdown;
    rules.fund.least_balance = usd(100);
    EXPECT_FALSE(decides(700, 1'000, -300, false));  // exactly 30 % is not below
    EXPECT_TRUE(decides(699, 1'000, -301, false));
    EXPECT_TRUE(decides(750, 1'000, -250, true));  // exactly 25 % is not above
    EXPECT_FALSE(decides(751, 1'000, -249, true));
    EXPECT_FALSE(decides(100, 1'000, -900, false));  // too small for the ratio to count
    EXPECT_TRUE(decides(101, 1'000, -899, false));
    EXPECT_TRUE(decides(0, 1'000, -1'000, false));
    EXPECT_TRUE(decides(0, 0, 0, false));  // never had anything

    rules.adl.trigger = AdlTrigger::average_fall;
    rules.adl.fall_least = usd(50);
    EXPECT_FALSE(decides(700, 1'000, -300, true));  // 30 % of the average
    EXPECT_TRUE(decides(699, 1'000, -301, false));

    rules.adl.trigger = AdlTrigger::fund_empty;
    EXPECT_FALSE(decides(1, 1'000, -999, true));
    EXPECT_TRUE(decides(0, 1'000, -1'000, false));

    rules.adl.trigger = AdlTrigger::equity_negative;
    EXPECT_FALSE(decides(-1, 1'000, -1'001, true));
    rules.liquidation.takeover = TakeoverMethod::vault_below_share;
    EXPECT_FALSE(decides(0, 1'000, -1'000, true));
    EXPECT_TRUE(decides(-1, 1'000, -1'001, false));

    for (const AdlTrigger trigger : {AdlTrigger::fund_cap, AdlTrigger::never}) {
        rules.adl.trigger = trigger;
        EXPECT_FALSE(decides(-1, 1'000, -1'001, true));
    }
}

}  // namespace
}  // namespace margincall
