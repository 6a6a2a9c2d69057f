#include "defi/balancer_stable_math.hpp"

#include <vector>

#include "defi/stableswap.hpp"

namespace margincall::balancer {

namespace {

[[nodiscard]] U256 sum_of(std::span<const U256> values) {
    U256 sum;
    for (const U256& v : values) {
        sum += v;
    }
    return sum;
}

[[nodiscard]] bool reverted() {
    return pending_revert() != Revert::none;
}

[[nodiscard]] U256 divide(const U256& a, const U256& b, Round round) {
    return round == Round::up ? divide_up(a, b) : a / b;
}

}  // namespace

U256 stable_invariant(const U256& amp, std::span<const U256> balances) {
    return stableswap_invariant(amp, amp_precision, balances);
}

U256 legacy_stable_invariant(const U256& amp, std::span<const U256> balances, Round round) {
    const U256 sum = sum_of(balances);
    if (sum.is_zero()) {
        return U256{};
    }
    const Round opposite = round == Round::up ? Round::down : Round::up;
    const std::uint64_t n = balances.size();
    const U256 amp_total = amp * n;
    U256 invariant = sum;
    for (int step = 0; step < stableswap_steps_max; ++step) {
        U256 p = balances[0] * n;
        for (const U256& b : balances.subspan(1)) {
            p = divide(p * b * n, invariant, round);
        }
        const U256 previous = invariant;
        invariant =
            divide(U256{n} * invariant * invariant +
                       divide(amp_total * sum * p, U256{amp_precision}, round),
                   invariant * (n + 1) +
                       divide((amp_total - amp_precision) * p, U256{amp_precision}, opposite),
                   round);
        if (reverted()) {
            return U256{};
        }
        if (distance(invariant, previous) <= 1) {
            return invariant;
        }
    }
    note_revert(Revert::stable_invariant_didnt_converge);
    return U256{};
}

U256 stable_balance_given_invariant(const U256& amp,
                                    std::span<const U256> balances,
                                    const U256& invariant,
                                    std::size_t index) {
    const std::uint64_t n = balances.size();
    const U256 amp_total = amp * n;
    U256 sum = balances[0];
    U256 p = balances[0] * n;
    for (const U256& b : balances.subspan(1)) {
        p = p * b * n / invariant;
        sum += b;
    }
    sum -= balances[index];
    const U256 square = invariant * invariant;
    const U256 c = divide_up(square, amp_total * p) * amp_precision * balances[index];
    const U256 q = sum + invariant / amp_total * amp_precision;
    U256 balance = divide_up(square + c, invariant + q);
    for (int step = 0; step < stableswap_steps_max; ++step) {
        const U256 previous = balance;
        balance = divide_up(balance * balance + c, balance * 2 + q - invariant);
        if (reverted()) {
            return U256{};
        }
        if (distance(balance, previous) <= 1) {
            return balance;
        }
    }
    note_revert(Revert::stable_get_balance_didnt_converge);
    return U256{};
}

U256 stable_out_given_in(const U256& amp,
                         std::span<const U256> balances,
                         StablePair pair,
                         const U256& amount_in,
                         const U256& invariant) {
    std::vector<U256> after(balances.begin(), balances.end());
    after[pair.in] += amount_in;
    const U256 final_out = stable_balance_given_invariant(amp, after, invariant, pair.out);
    return balances[pair.out] - final_out - 1;
}

U256 stable_in_given_out(const U256& amp,
                         std::span<const U256> balances,
                         StablePair pair,
                         const U256& amount_out,
                         const U256& invariant) {
    std::vector<U256> after(balances.begin(), balances.end());
    after[pair.out] -= amount_out;
    const U256 final_in = stable_balance_given_invariant(amp, after, invariant, pair.in);
    return final_in - balances[pair.in] + 1;
}

U256 stable_bpt_out_for_tokens_in(const StablePoolValue& pool, std::span<const U256> amounts_in) {
    const std::span<const U256> b = pool.balances;
    const U256 sum = sum_of(b);
    std::vector<U256> ratios;
    U256 ratio_with_fees;
    for (std::size_t i = 0; i < b.size(); ++i) {
        ratios.push_back(div_down(b[i] + amounts_in[i], b[i]));
        ratio_with_fees += mul_down(ratios[i], div_down(b[i], sum));
    }
    std::vector<U256> after;
    for (std::size_t i = 0; i < b.size(); ++i) {
        U256 without_fee = amounts_in[i];
        if (ratios[i] > ratio_with_fees) {
            const U256 untaxed = mul_down(b[i], ratio_with_fees - one);
            const U256 taxed = amounts_in[i] - untaxed;
            without_fee = untaxed + mul_down(taxed, one - pool.swap_fee);
        }
        after.push_back(b[i] + without_fee);
    }
    const U256 ratio = div_down(stable_invariant(pool.amp, after), pool.invariant);
    return ratio > one ? mul_down(pool.supply, ratio - one) : U256{};
}

U256 stable_token_in_for_bpt_out(const StablePoolValue& pool,
                                 std::size_t index,
                                 const U256& bpt_out) {
    const U256 invariant_after = mul_up(div_up(pool.supply + bpt_out, pool.supply), pool.invariant);
    const U256 balance_after =
        stable_balance_given_invariant(pool.amp, pool.balances, invariant_after, index);
    const U256 without_fee = balance_after - pool.balances[index];
    const U256 weight = div_down(pool.balances[index], sum_of(pool.balances));
    const U256 taxable = mul_up(without_fee, complement(weight));
    return without_fee - taxable + div_up(taxable, one - pool.swap_fee);
}

U256 stable_bpt_in_for_tokens_out(const StablePoolValue& pool, std::span<const U256> amounts_out) {
    const std::span<const U256> b = pool.balances;
    const U256 sum = sum_of(b);
    std::vector<U256> ratios;
    U256 ratio_without_fees;
    for (std::size_t i = 0; i < b.size(); ++i) {
        ratios.push_back(div_up(b[i] - amounts_out[i], b[i]));
        ratio_without_fees += mul_up(ratios[i], div_up(b[i], sum));
    }
    std::vector<U256> after;
    for (std::size_t i = 0; i < b.size(); ++i) {
        U256 with_fee = amounts_out[i];
        if (ratio_without_fees > ratios[i]) {
            const U256 untaxed = mul_down(b[i], complement(ratio_without_fees));
            with_fee = untaxed + div_up(amounts_out[i] - untaxed, one - pool.swap_fee);
        }
        after.push_back(b[i] - with_fee);
    }
    const U256 ratio = div_down(stable_invariant(pool.amp, after), pool.invariant);
    return mul_up(pool.supply, complement(ratio));
}

U256 stable_token_out_for_bpt_in(const StablePoolValue& pool,
                                 std::size_t index,
                                 const U256& bpt_in) {
    const U256 invariant_after = mul_up(div_up(pool.supply - bpt_in, pool.supply), pool.invariant);
    const U256 balance_after =
        stable_balance_given_invariant(pool.amp, pool.balances, invariant_after, index);
    const U256 without_fee = pool.balances[index] - balance_after;
    const U256 weight = div_down(pool.balances[index], sum_of(pool.balances));
    const U256 taxable = mul_up(without_fee, complement(weight));
    return without_fee - taxable + mul_down(taxable, one - pool.swap_fee);
}

}  // namespace margincall::balancer
