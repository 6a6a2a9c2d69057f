#include "rules/margin.hpp"

#include "base/ppm.hpp"

namespace margincall::inline rules {
namespace {

// amount * rate_ppm / 1e6 for amount >= 0 and rate in [0, 1e6], in 64-bit steps: the whole millions
// multiply without a division, the rest is below 1e12. Exact, and several times faster than a
// 128-bit division; it runs once per row and mark change.
std::int64_t share_of(std::int64_t amount, std::int64_t rate_ppm, Round round) {
    DCHECK(amount >= 0);
    DCHECK(rate_ppm >= 0 && rate_ppm <= whole_ppm);
    const std::int64_t millions = amount / whole_ppm;  // both operands >= 0: toward zero is down
    const std::int64_t rest = (amount % whole_ppm) * rate_ppm;
    const std::int64_t part =
        round == Round::up ? (rest + whole_ppm - 1) / whole_ppm : rest / whole_ppm;
    return checked_add(checked_mul(millions, rate_ppm), part);
}

}  // namespace

void fill_deductions(MarginTiers& tiers) {
    Money deduction;
    for (std::size_t n = 0; n < tiers.size(); ++n) {
        if (n > 0) {
            const std::int64_t step = tiers[n].mmr_ppm - tiers[n - 1].mmr_ppm;
            deduction +=
                Money::from_raw(mul_div(tiers[n].floor.raw(), step, whole_ppm, Round::down));
        }
        tiers[n].deduction = deduction;
    }
}

const MarginTier& tier_of(const MarginTiers& tiers, Money notional) {
    // Most positions are small and tables have 1 to 30 rows: a forward scan beats a binary search.
    for (const MarginTier& tier : tiers) {
        if (notional <= tier.cap) {
            return tier;
        }
    }
    CHECK(!tiers.empty());
    return tiers.back();
}

Money maintenance_margin(const MarginTiers& tiers, Money notional) {
    const MarginTier& tier = tier_of(tiers, notional);
    return Money::from_raw(share_of(notional.raw(), tier.mmr_ppm, Round::up)) - tier.deduction;
}

Money initial_margin(Money notional, std::int64_t leverage_e2) {
    // Every order asks; mostly 64 bits hold the product.
    std::int64_t hundredfold = 0;
    if (leverage_e2 > 0 && !__builtin_mul_overflow(notional.raw(), 100, &hundredfold)) [[likely]] {
        return Money::from_raw(rounded_quotient(hundredfold, leverage_e2, Round::up));
    }
    return Money::from_raw(mul_div(notional.raw(), 100, leverage_e2, Round::up));
}

Money position_notional(const Instrument& inst, const PositionState& state, Ticks mark) {
    return notional(inst, mark, magnitude(state.qty));
}

Money unrealised(const Instrument& inst, const PositionState& state, Ticks mark) {
    return notional(inst, mark, state.qty) - state.cost;
}

Money equity(const Instrument& inst, const PositionState& state, Ticks mark) {
    return state.collateral + unrealised(inst, state, mark);
}

Money maintenance(const Instrument& inst,
                  const MarginTiers& tiers,
                  const PositionState& state,
                  Ticks mark) {
    const Money total = position_notional(inst, state, mark);
    if (state.weight == 1) {
        return maintenance_margin(tiers, total);
    }
    CHECK(state.weight > 1);
    const std::int64_t rounds_up = total.raw() % state.weight != 0 ? 1 : 0;
    const Money each = Money::from_raw(total.raw() / state.weight + rounds_up);  // total >= 0
    return Money::from_raw(checked_mul(maintenance_margin(tiers, each).raw(), state.weight));
}

bool liquidatable(const Instrument& inst,
                  const MarginTiers& tiers,
                  const PositionState& state,
                  Ticks mark,
                  bool at_equality) {
    if (state.qty.raw() == 0) {
        return false;
    }
    const Money have = equity(inst, state, mark);
    const Money need = maintenance(inst, tiers, state, mark);
    return at_equality ? have <= need : have < need;
}

}  // namespace margincall::inline rules
