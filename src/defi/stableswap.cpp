#include "defi/stableswap.hpp"

namespace margincall::inline defi {

U256 stableswap_invariant(const U256& amp,
                          std::uint64_t amp_precision,
                          std::span<const U256> balances) {
    U256 sum;
    for (const U256& b : balances) {
        sum += b;
    }
    if (sum.is_zero()) {
        return U256{};
    }
    const std::uint64_t n = balances.size();
    const U256 amp_total = amp * n;
    const U256 amp_sum = amp_total * sum / amp_precision;
    const U256 amp_less = amp_total - amp_precision;
    U256 invariant = sum;
    for (int step = 0; step < stableswap_steps_max; ++step) {
        U256 p = invariant;
        for (const U256& b : balances) {
            p = p * invariant / (b * n);
        }
        const U256 previous = invariant;
        invariant =
            (amp_sum + p * n) * invariant / (amp_less * invariant / amp_precision + p * (n + 1));
        if (pending_revert() != Revert::none) {
            return U256{};
        }
        if (distance(invariant, previous) <= 1) {
            return invariant;
        }
    }
    note_revert(Revert::stable_invariant_didnt_converge);
    return U256{};
}

}  // namespace margincall::inline defi
