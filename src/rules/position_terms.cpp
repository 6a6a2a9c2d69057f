#include "rules/position_terms.hpp"

#include <algorithm>
#include <cmath>

#include "rules/liquidation_price.hpp"
#include "rules/portfolio_liquidation.hpp"

namespace margincall::inline rules {
namespace {

PortfolioPosition isolated_position(const PositionTerms& terms, const PositionState& state) {
    return {.instrument = 0,
            .mode = MarginMode::isolated,
            .qty = state.qty,
            .entry_value = to_amount(state.cost),
            .margin = to_amount(state.collateral),
            .leverage_e2 = 0,
            .tier_override = terms.schedule,
            .accounts = state.weight};
}

// Searched by the account's own search (portfolio_liquidation.hpp), piece by piece.
Ticks searched_price(const PositionTerms& terms,
                     const PositionState& state,
                     Ticks now,
                     bool at_equality,
                     PriceMove direction) {
    PortfolioRules rules;
    rules.contracts = {*terms.contract};
    rules.schedules = {*terms.schedule};
    rules.collateral = {CollateralRule{}};
    rules.trigger = at_equality ? Trigger::at_or_below : Trigger::below;
    PortfolioAccount account;
    account.positions = {isolated_position(terms, state)};
    PortfolioPrices prices;
    prices.mark = {now};
    prices.assets = {AssetPrices{}};
    return first_liquidatable(
               {.rules = &rules, .account = &account, .prices = &prices, .position = 0}, direction)
        .value_or(Ticks{});
}

}  // namespace

bool is_fast(const MarginSchedule& schedule) {
    return schedule.style == MarginStyle::marginal && schedule.measure == TierMeasure::value &&
           schedule.valuation == MarginValuation::mark &&
           schedule.maintenance_from == MaintenanceFrom::own_rate &&
           schedule.close_fee_in == CloseFeeIn::none;
}

bool jumps_with_price(const MarginSchedule& schedule) {
    return (schedule.style == MarginStyle::whole_tier || schedule.style == MarginStyle::stepped) &&
           schedule.measure == TierMeasure::value && schedule.valuation != MarginValuation::entry;
}

MarginBase margin_base(const PositionTerms& terms, const PositionState& state, Ticks price) {
    return margin_base(
        *terms.contract, *terms.schedule, isolated_position(terms, state), price, price);
}

Money maintenance(const PositionTerms& terms, const PositionState& state, Ticks price) {
    return terms.tiers != nullptr ? maintenance(*terms.inst, *terms.tiers, state, price)
                                  : to_money(maintenance_requirement(
                                        *terms.schedule, margin_base(terms, state, price)));
}

bool liquidatable(const PositionTerms& terms,
                  const PositionState& state,
                  Ticks price,
                  bool at_equality) {
    if (state.qty.raw() == 0) {
        return false;
    }
    const Money have = equity(*terms.inst, state, price);
    const Money need = maintenance(terms, state, price);
    return at_equality ? have <= need : have < need;
}

Ticks liquidation_price(const PositionTerms& terms,
                        const PositionState& state,
                        Ticks now,
                        bool at_equality) {
    if (terms.tiers != nullptr) {
        return liquidation_price(*terms.inst, *terms.tiers, state, at_equality);
    }
    const bool is_long = state.qty.raw() > 0;
    if (state.qty.raw() == 0) {
        return Ticks{};
    }
    if (!jumps_with_price(*terms.schedule)) {
        // Where the line through the slack at two prices crosses zero; mostly that is it.
        const auto slack = [&](double ticks) {
            const Ticks p = Ticks::from_raw(static_cast<std::int64_t>(ticks));
            return static_cast<double>(equity(*terms.inst, state, p).raw()) -
                   static_cast<double>(maintenance(terms, state, p).raw());
        };
        const double last = static_cast<double>(terms.inst->price_max.raw());
        const double a = static_cast<double>(now.raw());
        const double b = std::clamp(std::floor(a * (is_long ? 0.9 : 1.1)), 1.0, last);
        const double slope = b != a ? (slack(b) - slack(a)) / (b - a) : 0.0;
        const double guess = slope != 0.0 ? a - slack(a) / slope : 0.0;
        constexpr int reach = 4;
        if (guess > reach + 1 && guess < last - reach - 1) {
            // From the solvent side inwards: a long from above, a short from below.
            const std::int64_t in = is_long ? -1 : 1;
            std::int64_t p = static_cast<std::int64_t>(guess) - in * reach;
            const auto hit = [&](std::int64_t ticks) {
                return liquidatable(terms, state, Ticks::from_raw(ticks), at_equality);
            };
            for (int n = 0; n < 2 * reach && !hit(p); ++n) {
                p += in;
            }
            if (hit(p) && !hit(p - in)) {
                return Ticks::from_raw(p);
            }
        }
    }
    return searched_price(
        terms, state, now, at_equality, is_long ? PriceMove::falling : PriceMove::rising);
}

Ticks jump_price(const PositionTerms& terms,
                 const PositionState& state,
                 Ticks now,
                 bool at_equality) {
    if (state.qty.raw() == 0 || !jumps_with_price(*terms.schedule) ||
        liquidatable(terms, state, now, at_equality)) {
        return Ticks{};
    }
    return searched_price(terms,
                          state,
                          now,
                          at_equality,
                          state.qty.raw() > 0 ? PriceMove::rising : PriceMove::falling);
}

}  // namespace margincall::inline rules
