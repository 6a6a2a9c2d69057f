#include "rules/reduction.hpp"

#include <algorithm>

#include "base/ppm.hpp"

namespace margincall::inline rules {
namespace {

Money notional_each(const Instrument& inst, const PositionState& state, Ticks mark) {
    return Money::from_raw(
        rounded_quotient(position_notional(inst, state, mark).raw(), state.weight, Round::up));
}

// A partial step raises equity / notional only while that ratio is above the fee.
bool partial_step_helps(Money equity_now, Money notional_now, std::int64_t fee_ppm) {
    return i128{equity_now.raw()} * whole_ppm > i128{notional_now.raw()} * i128{fee_ppm};
}

// What the sizes below look at: one position at the mark under its venue's rule.
struct Sizing {
    const PositionTerms& terms;
    const LiquidationRule& rule;
    const PositionState& state;
    Ticks mark;
    bool at_equality;

    [[nodiscard]] i128 lot_worth() const {
        return i128{mark.raw()} * i128{terms.inst->tick_value.raw()};
    }
    [[nodiscard]] bool safe_after(Lots lots) const {
        return !liquidatable(
            terms, after_close(*terms.inst, state, lots, mark, rule.fee_ppm), mark, at_equality);
    }
};

// Fewest lots after which equity minus fee covers the maintenance margin. With c = notional closed,
// every tier's line asks E - f c >= r_n (N - c) - w deduction_n, that is
// c >= (r_n N - w deduction_n - E) / (r_n - f) where the rate is above the fee f; lines below the
// fee only ever get worse. The largest of these is the answer up to rounding.
Lots lots_to_safety(const Sizing& s) {
    const Lots whole = magnitude(s.state.qty);
    const i128 lot_worth = s.lot_worth();
    const i128 notional_now = position_notional(*s.terms.inst, s.state, s.mark).raw();
    const i128 have = equity(*s.terms.inst, s.state, s.mark).raw();
    i128 lots = 1;
    for (const MarginTier& tier : *s.terms.tiers) {
        if (tier.mmr_ppm <= s.rule.fee_ppm) {
            continue;
        }
        const i128 deduction = i128{s.state.weight} * i128{tier.deduction.raw()};
        const i128 missing =
            notional_now * tier.mmr_ppm - (deduction + have) * whole_ppm;  // micro-USD * 1e6
        lots = std::max(lots,
                        div_round(missing, lot_worth * (tier.mmr_ppm - s.rule.fee_ppm), Round::up));
    }
    // Fees and margins are rounded up, which can ask for a lot more or less than the formula.
    const std::int64_t slack =
        2 + narrow_i64(div_round(4 * i128{s.state.weight}, lot_worth, Round::up));
    for (i128 x = std::max<i128>(1, lots - 2); x <= lots + slack && x < whole.raw(); ++x) {
        const Lots candidate = Lots::from_raw(narrow_i64(x));
        if (s.safe_after(candidate)) {
            return candidate;
        }
    }
    return whole;
}

// The same for a schedule of any style, by bisection: more closed is safer.
Lots lots_to_safety_of_schedule(const Sizing& s) {
    std::int64_t unsafe = 0;
    std::int64_t safe = magnitude(s.state.qty).raw();
    while (safe - unsafe > 1) {
        const std::int64_t middle = unsafe + (safe - unsafe) / 2;  // both >= 0
        (s.safe_after(Lots::from_raw(middle)) ? safe : unsafe) = middle;
    }
    return Lots::from_raw(safe);
}

// Lots that bring the position `down` tiers lower; the whole position where there is no such tier.
Lots lots_down(const Sizing& s, const MarginSchedule& schedule, std::size_t down) {
    const Lots whole = magnitude(s.state.qty);
    MarginBase base = margin_base(s.terms, s.state, s.mark);
    // Tiers that count value look at one of the like accounts, but lots are closed of all together.
    const bool by_value = schedule.measure == TierMeasure::value;
    base.size = by_value ? whole : base.size;
    const TierStep step = step_down(schedule, base, down);
    if (!step.target || step.close.raw() <= 0) {
        return whole;
    }
    const std::int64_t close =
        by_value ? step.close.raw() : checked_mul(step.close.raw(), s.state.weight);
    return Lots::from_raw(std::min(whole.raw(), close));
}

// Down to the highest lower tier that suffices.
Lots lots_down_the_ladder(const Sizing& s) {
    const Lots whole = magnitude(s.state.qty);
    const MarginSchedule& schedule = *s.terms.schedule;
    const std::size_t tier = step_down(schedule, margin_base(s.terms, s.state, s.mark), 0).tier;
    for (std::size_t down = 0; down <= tier; ++down) {  // 0: one that has outgrown the table
        const Lots candidate = lots_down(s, schedule, down);
        if (candidate < whole && s.safe_after(candidate)) {
            return candidate;
        }
    }
    return whole;
}

// `tiers_down` tiers lower while equity exceeds what the lowest tier's rate asks of the whole.
Lots lots_tiers_down(const Sizing& s) {
    const MarginSchedule& schedule = *s.terms.schedule;
    MarginSchedule lowest = schedule;
    lowest.tiers.resize(1);
    const Amount least = maintenance_requirement(lowest, margin_base(s.terms, s.state, s.mark));
    if (to_amount(equity(*s.terms.inst, s.state, s.mark)) <= least) {
        return magnitude(s.state.qty);
    }
    return lots_down(s, schedule, static_cast<std::size_t>(s.rule.tiers_down));
}

// In the lowest tier, or before the first risk step.
bool in_first_tier(const PositionTerms& terms, const PositionState& state, Ticks mark) {
    if (terms.tiers != nullptr) {
        return notional_each(*terms.inst, state, mark) <= terms.tiers->front().cap;
    }
    return step_down(*terms.schedule, margin_base(terms, state, mark), 0).tier == 0;
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
    const i128 have = i128{margin.equity.raw()} * whole_ppm;
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
    const Lots whole = magnitude(state.qty);
    CHECK(lots.raw() > 0);
    CHECK(lots <= whole);
    const bool is_long = state.qty.raw() > 0;
    const std::int64_t cost_abs = is_long ? state.cost.raw() : (-state.cost).raw();
    const std::int64_t part_abs = mul_div(cost_abs, lots.raw(), whole.raw(), Round::down);
    const Money cost_part = Money::from_raw(is_long ? part_abs : -part_abs);
    const Lots closed = is_long ? lots : -lots;
    const Money fee =
        Money::from_raw(mul_div(notional(inst, price, lots).raw(), fee_ppm, whole_ppm, Round::up));

    PositionState out = state;
    out.qty = state.qty - closed;
    out.cost = state.cost - cost_part;
    out.collateral = state.collateral + (notional(inst, price, closed) - cost_part) - fee;
    return out;
}

Lots liquidation_size(const PositionTerms& terms,
                      const LiquidationRule& rule,
                      const PositionState& state,
                      Ticks mark,
                      bool at_equality,
                      LiquidationAttempt attempt) {
    const Instrument& inst = *terms.inst;
    const Lots whole = magnitude(state.qty);
    CHECK(whole.raw() > 0);
    const Sizing sizing{terms, rule, state, mark, at_equality};
    if (rule.first_step == LiquidationFirstStep::market_then_rest) {
        if (attempt == LiquidationAttempt::in_cooldown ||
            notional_each(inst, state, mark) <= rule.partial_above) {
            return whole;
        }
        const Amount first =
            first_part(Amount::from_raw(whole.raw()), Amount{}, from_ppm(rule.partial_share_ppm))
                .first;
        return Lots::from_raw(narrow_i64(first.raw()));
    }
    if (rule.first_step == LiquidationFirstStep::slices) {
        // Each like account sells a slice of its own.
        const i128 slice = checked_mul<i128>(rule.slice.raw(), state.weight);
        const i128 lots = std::max<i128>(1, div_round(slice, sizing.lot_worth(), Round::down));
        return Lots::from_raw(narrow_i64(std::min<i128>(lots, whole.raw())));
    }
    const Money notional_now = position_notional(inst, state, mark);
    if (in_first_tier(terms, state, mark) ||
        !partial_step_helps(equity(inst, state, mark), notional_now, rule.fee_ppm)) {
        return whole;
    }
    switch (rule.first_step) {
        case LiquidationFirstStep::ioc_to_safety:
            return terms.tiers != nullptr ? lots_to_safety(sizing)
                                          : lots_to_safety_of_schedule(sizing);
        case LiquidationFirstStep::tier_ladder_fok:
            return lots_down_the_ladder(sizing);
        case LiquidationFirstStep::tiers_down:
            return lots_tiers_down(sizing);
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
    const bool stepped = schedule.style == MarginStyle::stepped;
    out.tier =
        stepped ? static_cast<std::size_t>(risk_steps(schedule, base)) : tier_index(schedule, base);
    out.close = base.size;
    if (out.tier < down) {
        return out;
    }
    const std::size_t target = out.tier - down;
    const i128 cap = stepped
                         ? schedule.step_above.raw() + checked_mul<i128>(schedule.step_size.raw(),
                                                                         static_cast<i128>(target))
                         : schedule.tiers[target].cap.raw();
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
