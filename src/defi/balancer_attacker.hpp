// An attacker on a composable stable pool whose given-out amount is scaled down: plans a batch of
// GIVEN_OUT swaps by trying them on a copy of the pool, the way the transaction of 3 November 2025
// was built. The simulation only says that an attacker acts; how much is lost is what the pool's
// own arithmetic gives away. The flaw is published and closed; nothing here talks to a network.
//
// The batch has three stages, all paid at its end (balancer_vault.hpp):
//   drain     pay BPT, which is not owned yet, for the tokens, until a few thousand wei are left;
//   round     take so that a balance of `trick + 1` wei is left, take `trick`: the pool scales it
//             down, charges too little, and its invariant falls; swap back and repeat;
//   buy back  the BPT owed, whose price is invariant / supply and has fallen with it.
#pragma once

#include <optional>
#include <vector>

#include "defi/balancer_stable_pool.hpp"

namespace margincall::balancer {

enum class AttackStage : std::uint8_t { drain, round, buy_back };

struct AttackParameters {
    U256 drained_balance;     // raw units left of every token after the drain
    std::size_t paid = 0;     // token that the rounding swaps pay with
    std::size_t taken = 0;    // token with the rate, whose amounts are scaled down
    U256 trick_amount;        // raw units of it that cost almost a scaled unit too little
    unsigned loops_max = 30;  // rounding loops
    unsigned retries = 3;     // tries of the swap back, each with 9/10 of the amount before
    U256 margin{1'003};       // BPT bought back per thousand of the effective supply
};

struct AttackStep {
    SwapRequest request;
    AttackStage stage = AttackStage::drain;
    SwapAmounts amounts;
};

struct AttackPlan {
    AttackParameters parameters;
    std::vector<AttackStep> steps;
    std::vector<SignedU256> deltas;  // per registered token; positive = the attacker pays it
    U256 invariant_before;
    U256 invariant_after_drain;
    U256 invariant_after_round;
    U256 invariant_after;
    ComposableStablePool pool_after;
    SignedU256 profit;  // tokens taken less paid, in the pool's unit of value (18 decimals)
};

// floor(1 / (f - 1)) for a scaling factor f above one: the amount whose scaled value loses most of
// a unit. Nothing for factors that are whole numbers.
[[nodiscard]] std::optional<U256> trick_amount(const U256& scaling_factor);

// The batch for these parameters, or the revert at which the planning stuck (a swap that must work
// does not, e.g. the buy-back).
[[nodiscard]] Outcome<AttackPlan> plan_attack(const ComposableStablePool& pool,
                                              const AttackParameters& parameters);

// Tries drained balances from 1e3 to 1e12 and every ordered pair of tokens of which the taken one
// has a rate, and returns the most profitable plan; nothing if none earns anything.
struct AttackSearch {
    unsigned loops_max = 30;
    unsigned smallest_power = 3;  // drained balances m x 10^k for m in 1, 2, 5, 7
    unsigned largest_power = 12;
};
[[nodiscard]] std::optional<AttackPlan> search_attack(const ComposableStablePool& pool,
                                                      const AttackSearch& search);

}  // namespace margincall::balancer
