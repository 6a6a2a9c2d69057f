#include "rules/reduction.hpp"

#include <algorithm>

namespace margincall::inline rules {
namespace {

constexpr std::int64_t ppm = 1'000'000;

Lots size_of(const PositionState& state) {
    return state.qty.raw() < 0 ? -state.qty : state.qty;
}

Money notional_each(const Instrument& inst, const PositionState& state, Ticks mark) {
    return Money::from_raw(
        mul_div(position_notional(inst, state, mark).raw(), 1, state.weight, Round::up));
}

// A partial step raises equity / notional only while that ratio is above the fee.
bool partial_step_helps(Money equity_now, Money notional_now, std::int64_t fee_ppm) {
    return i128{equity_now.raw()} * ppm > i128{notional_now.raw()} * i128{fee_ppm};
}

bool safe_after(const Instrument& inst,
                const MarginTiers& tiers,
                const PositionState& state,
                Lots lots,
                Ticks mark,
                std::int64_t fee_ppm,
                bool at_equality) {
    return !liquidatable(
        inst, tiers, after_close(inst, state, lots, mark, fee_ppm), mark, at_equality);
}

// Fewest lots after which equity minus fee covers the maintenance margin. With c = notional closed,
// every tier's line asks E - f c >= r_n (N - c) - w deduction_n, that is
// c >= (r_n N - w deduction_n - E) / (r_n - f) where the rate is above the fee f; lines below the
// fee only ever get worse. The largest of these is the answer up to rounding.
Lots lots_to_safety(const Instrument& inst,
                    const MarginTiers& tiers,
                    const PositionState& state,
                    Ticks mark,
                    std::int64_t fee_ppm,
                    bool at_equality) {
    const Lots whole = size_of(state);
    const i128 lot_worth = i128{mark.raw()} * i128{inst.tick_value.raw()};
    const i128 notional_now = position_notional(inst, state, mark).raw();
    const i128 have = equity(inst, state, mark).raw();
    i128 lots = 1;
    for (const MarginTier& tier : tiers) {
        if (tier.mmr_ppm <= fee_ppm) {
            continue;
        }
        const i128 deduction = i128{state.weight} * i128{tier.deduction.raw()};
        const i128 missing =
            notional_now * tier.mmr_ppm - (deduction + have) * ppm;  // micro-USD * 1e6
        lots = std::max(lots, div_round(missing, lot_worth * (tier.mmr_ppm - fee_ppm), Round::up));
    }
    // Fees and margins are rounded up, which can ask for a lot more or less than the formula.
    const std::int64_t slack =
        2 + narrow_i64(div_round(4 * i128{state.weight}, lot_worth, Round::up));
    for (i128 x = std::max<i128>(1, lots - 2); x <= lots + slack && x < whole.raw(); ++x) {
        const Lots candidate = Lots::from_raw(narrow_i64(x));
        if (safe_after(inst, tiers, state, candidate, mark, fee_ppm, at_equality)) {
            return candidate;
        }
    }
    return whole;
}

// Down to the cap of the highest lower tier that suffices.
Lots lots_down_the_ladder(const Instrument& inst,
                          const MarginTiers& tiers,
                          const PositionState& state,
                          Ticks mark,
                          std::int64_t fee_ppm,
                          bool at_equality) {
    const Lots whole = size_of(state);
    const i128 lot_worth = i128{mark.raw()} * i128{inst.tick_value.raw()};
    const Money each = notional_each(inst, state, mark);
    for (auto tier = tiers.rbegin(); tier != tiers.rend(); ++tier) {
        if (tier->cap >= each) {
            continue;  // the position's own tier and those above it
        }
        const i128 keep =
            div_round(i128{tier->cap.raw()} * i128{state.weight}, lot_worth, Round::down);
        const Lots candidate = whole - Lots::from_raw(narrow_i64(keep));
        if (candidate.raw() > 0 && candidate < whole &&
            safe_after(inst, tiers, state, candidate, mark, fee_ppm, at_equality)) {
            return candidate;
        }
    }
    return whole;
}

// Down to the cap of the tier `tiers_down` below the position's; without one, everything.
Lots lots_tiers_down(const Instrument& inst,
                     const MarginTiers& tiers,
                     const LiquidationRule& rule,
                     const PositionState& state,
                     Ticks mark) {
    const Lots whole = size_of(state);
    const auto at = &tier_of(tiers, notional_each(inst, state, mark)) - tiers.data();
    if (at < rule.tiers_down) {
        return whole;
    }
    const MarginTier& target = tiers[static_cast<std::size_t>(at - rule.tiers_down)];
    const i128 lot_worth = i128{mark.raw()} * i128{inst.tick_value.raw()};
    const i128 keep =
        div_round(i128{target.cap.raw()} * i128{state.weight}, lot_worth, Round::down);
    return keep < whole.raw() ? whole - Lots::from_raw(narrow_i64(keep)) : whole;
}

}  // namespace

LiquidationStage liquidation_stage(const Margin& margin,
                                   const LiquidationRule& rule,
                                   bool at_equality) {
    const bool covered =
        at_equality ? margin.equity > margin.maintenance : margin.equity >= margin.maintenance;
    if (covered) {
        return LiquidationStage::none;
    }
    if (margin.equity < Money{}) {
        return LiquidationStage::negative;
    }
    const i128 have = i128{margin.equity.raw()} * ppm;
    const i128 share = i128{margin.maintenance.raw()} * i128{rule.vault_share_ppm};
    if (rule.takeover == TakeoverMethod::vault_below_share && have < share) {
        return LiquidationStage::backstop;
    }
    return LiquidationStage::book;
}

PositionState after_close(const Instrument& inst,
                          const PositionState& state,
                          Lots lots,
                          Ticks price,
                          std::int64_t fee_ppm) {
    const Lots whole = size_of(state);
    CHECK(lots.raw() > 0);
    CHECK(lots <= whole);
    const bool is_long = state.qty.raw() > 0;
    const std::int64_t cost_abs = is_long ? state.cost.raw() : (-state.cost).raw();
    const std::int64_t part_abs = mul_div(cost_abs, lots.raw(), whole.raw(), Round::down);
    const Money cost_part = Money::from_raw(is_long ? part_abs : -part_abs);
    const Lots closed = is_long ? lots : -lots;
    const Money fee =
        Money::from_raw(mul_div(notional(inst, price, lots).raw(), fee_ppm, ppm, Round::up));

    PositionState out = state;
    out.qty = state.qty - closed;
    out.cost = state.cost - cost_part;
    out.collateral = state.collateral + (notional(inst, price, closed) - cost_part) - fee;
    return out;
}

Lots liquidation_size(const Instrument& inst,
                      const MarginTiers& tiers,
                      const LiquidationRule& rule,
                      const PositionState& state,
                      Ticks mark,
                      bool at_equality,
                      LiquidationAttempt attempt) {
    const Lots whole = size_of(state);
    CHECK(whole.raw() > 0);
    const Money each = notional_each(inst, state, mark);
    if (rule.first_step == LiquidationFirstStep::market_then_rest) {
        if (attempt == LiquidationAttempt::after_cooldown || each <= rule.partial_above) {
            return whole;
        }
        return Lots::from_raw(mul_div(whole.raw(), rule.partial_share_ppm, ppm, Round::up));
    }
    if (rule.first_step == LiquidationFirstStep::slices) {
        // Each like account sells a slice of its own.
        const i128 slice = checked_mul<i128>(rule.slice.raw(), state.weight);
        const i128 lot_worth = i128{mark.raw()} * i128{inst.tick_value.raw()};
        const i128 lots = std::max<i128>(1, div_round(slice, lot_worth, Round::down));
        return Lots::from_raw(narrow_i64(std::min<i128>(lots, whole.raw())));
    }
    const bool first_tier = each <= tiers.front().cap;
    const Money notional_now = position_notional(inst, state, mark);
    if (first_tier || !partial_step_helps(equity(inst, state, mark), notional_now, rule.fee_ppm)) {
        return whole;
    }
    switch (rule.first_step) {
        case LiquidationFirstStep::ioc_to_safety:
            return lots_to_safety(inst, tiers, state, mark, rule.fee_ppm, at_equality);
        case LiquidationFirstStep::tier_ladder_fok:
            return lots_down_the_ladder(inst, tiers, state, mark, rule.fee_ppm, at_equality);
        case LiquidationFirstStep::tiers_down:
            return lots_tiers_down(inst, tiers, rule, state, mark);
        case LiquidationFirstStep::market_then_rest:
        case LiquidationFirstStep::slices:
        case LiquidationFirstStep::fillable_ioc:
        case LiquidationFirstStep::liquidator_share:
            break;
    }
    return whole;
}

TierStep step_down(const MarginSchedule& schedule, const MarginBase& base, std::size_t down) {
    TierStep out;
    out.tier = tier_index(schedule, base);
    out.close = base.size;
    if (out.tier < down) {
        return out;
    }
    const std::size_t target = out.tier - down;
    const i128 cap = schedule.tiers[target].cap.raw();
    i128 keep = cap;
    if (schedule.measure == TierMeasure::value) {  // lots whose value is at most the cap
        keep = div_round(checked_mul<i128>(checked_mul<i128>(cap, base.value.den), base.size.raw()),
                         base.value.num,
                         Round::down);
    }
    out.target = target;
    out.close = base.size - Lots::from_raw(narrow_i64(keep));
    return out;
}

FirstPart first_part(Amount whole, Amount threshold, Fraction share) {
    if (whole <= threshold) {
        return {.first = whole, .rest = {}};
    }
    const Amount first = Amount::from_raw(times(whole.raw(), share, Round::up));
    return {.first = first, .rest = whole - first};
}

}  // namespace margincall::inline rules
