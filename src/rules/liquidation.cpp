#include "rules/liquidation.hpp"

#include <algorithm>

#include "base/ppm.hpp"
#include "rules/close_out.hpp"
#include "rules/insurance_fund.hpp"

namespace margincall::inline rules {
namespace {

i128 lot_worth(const PositionTerms& terms, Ticks mark) {
    return i128{mark.raw()} * i128{terms.inst->tick_value.raw()};
}

// dYdX: a share of the position a block, within bounds.
Lots step_lots(const PositionTerms& terms,
               const LiquidationRule& rule,
               const PositionState& state,
               Ticks mark) {
    const Amount whole = to_amount(position_notional(*terms.inst, state, mark));
    const std::int64_t share = rule.step_share_ppm > 0 ? rule.step_share_ppm : whole_ppm;
    Amount most = step_limits(whole, to_amount(rule.step_least), from_ppm(share)).most;
    if (rule.step_most > Money{}) {
        most = std::min(most, to_amount(rule.step_most));
    }
    const i128 lots = div_round(most.raw(), lot_worth(terms, mark), Round::down);
    return Lots::from_raw(narrow_i64(std::clamp<i128>(lots, 1, magnitude(state.qty).raw())));
}

// Drift: what covers the shortage at the liquidator's price, as much as the time since allows. In
// the chain's units, with a lot for the base.
Lots share_lots(const PositionTerms& terms,
                const LiquidationRule& rule,
                const PositionState& state,
                Ticks mark,
                const CaseProgress& progress) {
    constexpr i128 share_one = 10'000;
    const Lots whole = magnitude(state.qty);
    const Money need = maintenance(terms, state, mark);
    const i128 shortage =
        std::max<i128>(0, i128{need.raw()} - equity(*terms.inst, state, mark).raw());
    const i128 fee = liquidator_fee(rule.liquidator_fee_ppm,
                                    rule.liquidator_fee_max_ppm,
                                    progress.since.raw() / rule.batch.raw(),
                                    1);
    const std::optional<i128> cover =
        base_to_cover(shortage_cover(terms, state, mark, need, shortage, fee));
    const i128 part = call_share({.shortage = shortage,
                                  .elapsed_slots = progress.since.raw(),
                                  .duration_slots = rule.share_duration.raw(),
                                  .initial = rule.initial_share_ppm / 100,
                                  .freed_before = progress.freed.raw()});
    const i128 wanted = cover ? div_round(*cover * part, units_per_lot * share_one, Round::up)
                              : div_round(i128{whole.raw()} * part, share_one, Round::up);
    return Lots::from_raw(narrow_i64(std::clamp<i128>(wanted, 1, whole.raw())));
}

}  // namespace

ShortageCover shortage_cover(const PositionTerms& terms,
                             const PositionState& state,
                             Ticks mark,
                             Money need,
                             i128 shortage,
                             i128 fee) {
    const i128 value = position_notional(*terms.inst, state, mark).raw();
    return {.shortage = shortage,
            .margin_ratio = div_round(i128{need.raw()} * 10'000, value, Round::down),
            .liquidator_fee = fee,
            .price = lot_worth(terms, mark)};
}

NextOrder next_order(const PositionTerms& terms,
                     const VenueRules& rules,
                     const PositionState& state,
                     Ticks mark,
                     const CaseProgress& progress) {
    const LiquidationRule& rule = rules.liquidation;
    const Lots whole = magnitude(state.qty);
    NextOrder out;
    switch (rule.first_step) {
        case LiquidationFirstStep::fillable_ioc:
            out.lots = step_lots(terms, rule, state, mark);
            break;
        case LiquidationFirstStep::liquidator_share:
            out.lots = share_lots(terms, rule, state, mark, progress);
            out.outside = true;
            break;
        case LiquidationFirstStep::ioc_to_safety:
        case LiquidationFirstStep::tier_ladder_fok:
        case LiquidationFirstStep::market_then_rest:
        case LiquidationFirstStep::tiers_down:
        case LiquidationFirstStep::slices:
            out.lots = liquidation_size(
                terms, rule, state, mark, rules.trigger_at_equality, progress.attempt);
            break;
    }
    out.partial = out.lots < whole;
    switch (rule.first_step) {
        case LiquidationFirstStep::ioc_to_safety:
            out.send = !progress.ordered;
            break;
        case LiquidationFirstStep::tier_ladder_fok:
            out.tif = TimeInForce::fok;
            out.send = out.partial;
            break;
        case LiquidationFirstStep::tiers_down:
            out.send = out.partial;
            break;
        case LiquidationFirstStep::market_then_rest:
        case LiquidationFirstStep::slices:
        case LiquidationFirstStep::fillable_ioc:
        case LiquidationFirstStep::liquidator_share:
            break;
    }
    return out;
}

Ticks discounted_price(const LiquidationRule& rule, Side position, Ticks mark) {
    const bool is_long = position == Side::buy;
    const std::int64_t share =
        is_long ? whole_ppm - rule.liquidator_fee_ppm : whole_ppm + rule.liquidator_fee_ppm;
    return Ticks::from_raw(std::max<std::int64_t>(
        1, mul_div(mark.raw(), share, whole_ppm, is_long ? Round::down : Round::up)));
}

Rest rest_of(const VenueRules& rules, const Margin& margin, bool can_take, bool closing) {
    const LiquidationStage stage =
        liquidation_stage(margin, rules.liquidation, rules.trigger_at_equality);
    const bool negative = stage == LiquidationStage::negative;
    switch (rules.liquidation.takeover) {
        case TakeoverMethod::fund_at_bankruptcy:
            return can_take ? Rest::take_over : Rest::queue_adl;
        case TakeoverMethod::engine_at_bankruptcy:
            return Rest::take_over;
        case TakeoverMethod::vault_below_share:
            if (negative) {
                return Rest::queue_adl;
            }
            return (stage == LiquidationStage::backstop || closing) && can_take ? Rest::take_over
                                                                                : Rest::wait;
        case TakeoverMethod::fund_per_fill:
            return negative ? Rest::queue_adl : Rest::wait;
        case TakeoverMethod::socialise:
            return negative || closing ? Rest::take_over : Rest::wait;
    }
    return Rest::wait;
}

bool orders_again(const LiquidationRule& rule, Money equity) {
    return (rule.first_step == LiquidationFirstStep::slices ||
            rule.first_step == LiquidationFirstStep::tiers_down) &&
           equity > Money{};
}

bool fund_can_take(Money cash, i128 held, i128 more, std::int64_t cap_ppm) {
    return cash > Money{} && (held + more) * whole_ppm <= i128{cash.raw()} * cap_ppm;
}

Money share_of_equity(const Margin& account, Money maintenance) {
    if (account.maintenance <= Money{} || maintenance == account.maintenance) {
        return account.equity;
    }
    return Money::from_raw(
        mul_div(account.equity.raw(), maintenance.raw(), account.maintenance.raw(), Round::down));
}

Ticks adl_price(AdlPrice rule, Side bankrupt, const AdlPrices& prices) {
    Ticks price = prices.mark;
    switch (rule) {
        case AdlPrice::bankruptcy:
            price = prices.bankruptcy;
            break;
        case AdlPrice::previous_mark:
            price = prices.mark_before;
            break;
        case AdlPrice::mark:
            break;
        case AdlPrice::previous_oracle:
            price = prices.oracle_before;
            break;
    }
    if (price.raw() <= 0) {
        price = prices.mark;
    }
    if (prices.bankruptcy.raw() > 0) {
        if (bankrupt == Side::buy && prices.bankruptcy > prices.mark) {
            price = std::min(price, prices.bankruptcy);
        }
        if (bankrupt == Side::sell && prices.bankruptcy < prices.mark) {
            price = std::max(price, prices.bankruptcy);
        }
    }
    return price;
}

bool can_bear(const Instrument& inst, Money equity, Lots lots, Ticks price, Ticks mark) {
    const i128 change = i128{notional(inst, price, lots).raw()} - notional(inst, mark, lots).raw();
    return equity.raw() + change >= 0;
}

bool deleverages_fund(const VenueRules& rules, const FundHistory& history) {
    switch (rules.adl.trigger) {
        case AdlTrigger::pool_drawdown: {
            if (history.peak <= Amount{}) {
                return true;
            }
            const PeakFallRule rule{.start = from_ppm(-rules.adl.drawdown_ppm),
                                    .stop = from_ppm(-rules.adl.drawdown_stop_ppm),
                                    .least_balance = to_amount(rules.fund.least_balance)};
            const Fraction ratio{narrow_i64(history.fall.raw()), narrow_i64(history.peak.raw())};
            const PoolState state = pool_state(rule, history.balance, ratio);
            return state == PoolState::started || (state == PoolState::steady && history.on);
        }
        case AdlTrigger::average_fall:
            return fallen_below({.share = from_ppm(rules.adl.drawdown_ppm),
                                 .least = to_amount(rules.adl.fall_least)},
                                history.balance,
                                history.average);
        case AdlTrigger::fund_empty:
            return history.balance <= Amount{};
        case AdlTrigger::equity_negative:  // a vault is deleveraged like anybody
            return rules.liquidation.takeover == TakeoverMethod::vault_below_share &&
                   history.balance < Amount{};
        case AdlTrigger::fund_cap:
        case AdlTrigger::never:
            break;
    }
    return false;
}

}  // namespace margincall::inline rules
