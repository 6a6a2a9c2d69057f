#include "rules/liquidation_price.hpp"

#include <algorithm>

#include "base/ppm.hpp"

namespace margincall::inline rules {
namespace {

// Worth of one tick of price to the whole position, micro-USD; signed like the position.
i128 tick_worth(const Instrument& inst, const PositionState& state) {
    return i128{state.qty.raw()} * i128{inst.tick_value.raw()};
}

// Where equity meets the maintenance margin of one tier's line, rate * notional - weight *
// deduction, as a real price. `cushion` = collateral - cost, `worth` = |tick_worth|.
//   long:  cushion + p * worth - rate * p * worth + weight * deduction = 0
//   short: cushion - p * worth - rate * p * worth + weight * deduction = 0
struct Line {
    i128 numerator;
    i128 denominator;
};
Line crossing(const MarginTier& tier, i128 cushion, i128 worth, const PositionState& state) {
    const i128 money = cushion + i128{state.weight} * i128{tier.deduction.raw()};
    if (state.qty.raw() > 0) {
        return {.numerator = -money * whole_ppm, .denominator = worth * (whole_ppm - tier.mmr_ppm)};
    }
    return {.numerator = money * whole_ppm, .denominator = worth * (whole_ppm + tier.mmr_ppm)};
}

// The line that decides. Rates rise, so maintenance is the largest of the tiers' lines at every
// notional: a long is liquidatable where it is below any of them, hence at the highest crossing, a
// short at the lowest. Doubles choose; a near tie does not matter, the exact step follows.
const MarginTier& deciding_tier(const MarginTiers& tiers,
                                i128 cushion,
                                const PositionState& state,
                                bool at_equality) {
    const bool is_long = state.qty.raw() > 0;
    const double money = static_cast<double>(cushion);
    const double weight = static_cast<double>(state.weight);
    const MarginTier* best = nullptr;
    double best_score = 0.0;  // notional at the crossing; negated for a short
    for (const MarginTier& tier : tiers) {
        const double rate = static_cast<double>(tier.mmr_ppm) * 1e-6;
        const double have = money + weight * static_cast<double>(tier.deduction.raw());
        if (is_long && tier.mmr_ppm == whole_ppm) {
            // A margin of 100 %: this line is parallel to equity, above it everywhere or nowhere.
            const i128 left = cushion + i128{state.weight} * i128{tier.deduction.raw()};
            if (left < 0 || (left == 0 && at_equality)) {
                return tier;
            }
            break;
        }
        const double score = is_long ? -have / (1.0 - rate) : -have / (1.0 + rate);
        if (best != nullptr && score < best_score) {
            break;  // the crossings of a concave curve's lines rise to one maximum, then fall
        }
        best = &tier;
        best_score = score;
    }
    return best != nullptr ? *best : tiers.front();
}

}  // namespace

Ticks bankruptcy_price(const Instrument& inst, const PositionState& state) {
    if (state.qty.raw() == 0) {
        return Ticks{};
    }
    const i128 cushion = i128{state.collateral.raw()} - i128{state.cost.raw()};
    const i128 worth = tick_worth(inst, state);
    const i128 price_max = inst.price_max.raw();
    if (worth > 0) {
        const i128 price = std::max<i128>(div_round(-cushion, worth, Round::up), 1);
        return Ticks::from_raw(price > price_max ? 0 : narrow_i64(price));
    }
    const i128 price = std::min<i128>(div_round(cushion, -worth, Round::down), price_max);
    return Ticks::from_raw(price < 1 ? 0 : narrow_i64(price));
}

Ticks liquidation_price(const Instrument& inst,
                        const MarginTiers& tiers,
                        const PositionState& state,
                        bool at_equality) {
    if (state.qty.raw() == 0) {
        return Ticks{};
    }
    const bool is_long = state.qty.raw() > 0;
    const i128 cushion = i128{state.collateral.raw()} - i128{state.cost.raw()};
    const i128 signed_worth = tick_worth(inst, state);
    const i128 worth = is_long ? signed_worth : -signed_worth;

    const MarginTier& tier = deciding_tier(tiers, cushion, state, at_equality);
    const Line line = crossing(tier, cushion, worth, state);
    const std::int64_t price_max = inst.price_max.raw();
    i128 start = price_max;  // a margin of 100 % that is never covered
    if (line.denominator > 0) {
        start = div_round(line.numerator, line.denominator, is_long ? Round::down : Round::up);
    }
    // Rounding of the margin can move the boundary by a tick or two; walk to it.
    std::int64_t price = narrow_i64(std::clamp<i128>(start, 1, price_max));
    const auto hit = [&](std::int64_t ticks) {
        return liquidatable(inst, tiers, state, Ticks::from_raw(ticks), at_equality);
    };
    // Margins are rounded up once per like account, so the boundary lies within weight / worth
    // ticks of the formula's price.
    const std::int64_t reach = 8 + narrow_i64(div_round(4 * i128{state.weight}, worth, Round::up));
    const std::int64_t outward = is_long ? 1 : -1;  // toward the solvent side
    if (hit(price)) {
        [[maybe_unused]] std::int64_t steps = 0;  // a wrong tier above would show here
        while (price + outward >= 1 && price + outward <= price_max && hit(price + outward)) {
            price += outward;
            DCHECK(++steps <= reach);
        }
        return Ticks::from_raw(price);
    }
    for (std::int64_t steps = 0; steps < reach; ++steps) {
        price -= outward;
        if (price < 1 || price > price_max) {
            break;
        }
        if (hit(price)) {
            return Ticks::from_raw(price);
        }
    }
    return Ticks{};
}

}  // namespace margincall::inline rules
