// Balancer V2's composable stable pool: a stable pool whose own shares (BPT) are one of the tokens
// it trades, so that joins and exits of one token are swaps against BPT. Tokens whose value grows
// (wstETH, osETH) are scaled by a rate, so that the curve sees value, not count.
//
// `AmountOutScaling` is the flaw of 3 November 2025: the deployed pools scaled the amount that a
// trader asks for (GIVEN_OUT) rounding down, so that with a rate that is not a whole number the
// pool gave up to one scaled unit for nothing (docs/balancer-incident.md). `up` is the correction.
#pragma once

#include <optional>
#include <vector>

#include "defi/balancer_stable_math.hpp"
#include "defi/balancer_swap.hpp"

namespace margincall::balancer {

enum class AmountOutScaling : std::uint8_t { down, up };
enum class YieldFee : std::uint8_t { charged, exempt };
enum class FeeState : std::uint8_t { active, recovery };  // in recovery no protocol fee is due

// Rate of a token against the pool's unit of value; `old_rate` is that of the last join or exit.
struct TokenRate {
    U256 rate = one;
    U256 old_rate = one;
    YieldFee yield_fee = YieldFee::charged;
};

struct ComposableStablePool {
    std::vector<U256> balances;         // registered tokens in raw units, BPT included
    std::vector<U256> scaling_factors;  // one * 10^(18 - decimals) times the rate, rounded down
    std::vector<TokenRate> rates;       // BPT and tokens without provider: one
    std::size_t bpt = 0;                // index of the pool's own shares
    U256 total_supply;                  // of BPT, the vault's pre-minted part included
    U256 amp;                           // times amp_precision
    U256 swap_fee;                      // 18 decimals, as the two below
    U256 protocol_swap_fee;             // share of the growth by swap fees
    U256 protocol_yield_fee;            // share of the growth by rates
    U256 last_join_exit_amp;
    U256 last_join_exit_invariant;
    U256 protocol_fees_minted;  // BPT, in all
    AmountOutScaling amount_out_scaling = AmountOutScaling::down;
    FeeState fee_state = FeeState::active;
};

// Sets a token's rate, as anyone may by refreshing the cache, and its scaling factor with it; `old`
// stays until the next join or exit.
void update_rate(ComposableStablePool& pool,
                 std::size_t token,
                 unsigned decimals,
                 const U256& rate);
// BPT that somebody holds: the total less the vault's.
[[nodiscard]] U256 virtual_supply(const ComposableStablePool& pool);
// Virtual supply plus the protocol fees that the next join or exit would mint.
[[nodiscard]] U256 effective_supply(const ComposableStablePool& pool);
// Upscaled balances without BPT, in the order of registration.
[[nodiscard]] std::vector<U256> scaled_balances(const ComposableStablePool& pool);
[[nodiscard]] U256 invariant_of(const ComposableStablePool& pool);
// Value of one BPT: D / effective supply, 18 decimals.
[[nodiscard]] U256 bpt_rate(const ComposableStablePool& pool);

// The scaled amount and the curve's answer of a GIVEN_OUT or GIVEN_IN swap between two tokens that
// are not BPT, and the raw amount of the other side with the fee.
struct RegularSwapQuote {
    U256 scaled_amount;
    U256 scaled_result;
    U256 amount;
};
[[nodiscard]] RegularSwapQuote quote_regular_swap(const ComposableStablePool& pool,
                                                  const SwapRequest& request);

// Swaps, joins (BPT out) or exits (BPT in), pays due protocol fees in BPT and books everything into
// the balances. A noted revert leaves them half done: work on a copy.
// Not the exchange of two values that may not throw: NOLINTNEXTLINE(bugprone-exception-escape)
[[nodiscard]] SwapAmounts swap(ComposableStablePool& pool, const SwapRequest& request);

// Shares for every token in proportion, rounded down: raw amounts by registered token, none of BPT.
// Due protocol fees are minted first. Booked as swap does.
[[nodiscard]] std::vector<U256> take_proportional_exit(ComposableStablePool& pool,
                                                       const U256& bpt_in);

// First join: the supply is the invariant, of which 1e6 wei are locked for ever. Pre-mints 2^111
// BPT to the vault. Returns what the joiner gets. `balances` holds the amounts (its BPT entry is
// set).
inline const U256 minimum_bpt{1'000'000};
[[nodiscard]] U256 initialise(ComposableStablePool& pool);

// The stable pool before the composable ones (MetaStable): no BPT among its tokens, no protocol
// fee in the swap, the invariant with the older rounding.
struct LegacyStablePool {
    std::vector<U256> balances;
    std::vector<U256> scaling_factors;  // with rates, 18 decimals
    U256 amp;
    U256 swap_fee;
};
[[nodiscard]] U256 quote_swap(const LegacyStablePool& pool, const SwapRequest& request);

}  // namespace margincall::balancer
