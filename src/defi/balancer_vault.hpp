// Balancer V2's vault: one contract that holds the tokens of all pools and settles a batch of swaps
// at its end. Steps run in order on current balances and only add up what each token owes; whoever
// sends the batch pays and receives the sums. So a token, a pool's own shares included, may be
// spent before it is owned: a flash loan inside the batch, and the lever of the incident.
//
// A batch is worked out on copies of the pools it touches and posted only when it went through.
// Source: balancer-v2-monorepo, pkg/vault, Swaps.sol, PoolBalances.sol, UserBalance.sol.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "defi/balancer_stable_pool.hpp"
#include "defi/balancer_weighted_pool.hpp"
#include "defi/token_book.hpp"

namespace margincall::balancer {

using PoolId = Id<struct PoolTag, std::uint32_t>;

enum class PoolStatus : std::uint8_t { active, paused };

// Where a holder's tokens come from or go to: its own balance, or the one the vault keeps for it.
enum class Purse : std::uint8_t { wallet, internal };
struct Funds {
    HolderId sender;
    Purse source = Purse::wallet;  // internal: taken first, the rest from the wallet
    HolderId recipient;
    Purse target = Purse::wallet;
};

// One step of a batch; `in` and `out` index the batch's list of assets. Amount 0 takes what the
// step before calculated (a multi-hop).
struct BatchStep {
    PoolId pool;
    std::size_t in = 0;
    std::size_t out = 0;
    U256 amount;
};
struct Batch {
    SwapKind kind = SwapKind::given_in;
    std::vector<TokenId> assets;
    std::vector<BatchStep> steps;
    std::vector<SignedU256> limits;  // per asset, the delta may not be larger; empty = no limits
    Funds funds;
};

class Vault {
  public:
    explicit Vault(TokenBook& tokens);

    // Pools start with their balances (BPT entry of a composable pool aside) taken from `provider`,
    // who gets the shares less the locked minimum. `tokens` are in the pool's order.
    [[nodiscard]] Outcome<PoolId> add_weighted(TokenBook& tokens,
                                               HolderId provider,
                                               WeightedPool pool,
                                               std::vector<TokenId> pool_tokens,
                                               TokenId bpt);
    [[nodiscard]] Outcome<PoolId> add_composable(TokenBook& tokens,
                                                 HolderId provider,
                                                 ComposableStablePool pool,
                                                 std::vector<TokenId> pool_tokens);
    // A composable pool in a state of its history: its shares exist already, those outside the
    // vault belong to `provider`.
    [[nodiscard]] Outcome<PoolId> adopt_composable(TokenBook& tokens,
                                                   HolderId provider,
                                                   ComposableStablePool pool,
                                                   std::vector<TokenId> pool_tokens);

    // Per asset: positive = the sender paid, negative = the recipient got. Nothing happens on
    // revert.
    [[nodiscard]] Outcome<std::vector<SignedU256>> batch_swap(TokenBook& tokens,
                                                              const Batch& batch);

    // Shares for every token in proportion, rounded down.
    [[nodiscard]] Outcome<std::vector<U256>> exit_proportional(TokenBook& tokens,
                                                               PoolId pool,
                                                               HolderId holder,
                                                               const U256& bpt_in);
    // One token of a weighted pool for exact shares, and shares for one token.
    [[nodiscard]] Outcome<U256> join_for_bpt(
        TokenBook& tokens, PoolId pool, HolderId holder, std::size_t token, const U256& bpt_out);
    [[nodiscard]] Outcome<U256> exit_for_token(
        TokenBook& tokens, PoolId pool, HolderId holder, std::size_t token, const U256& bpt_in);

    // Internal balance in and out.
    [[nodiscard]] Outcome<U256> deposit_internal(TokenBook& tokens,
                                                 HolderId holder,
                                                 TokenId token,
                                                 const U256& amount);
    [[nodiscard]] Outcome<U256> withdraw_internal(TokenBook& tokens,
                                                  HolderId holder,
                                                  TokenId token,
                                                  const U256& amount);
    [[nodiscard]] U256 internal_balance(const TokenBook& tokens,
                                        HolderId holder,
                                        TokenId token) const;

    void set_status(PoolId pool, PoolStatus status) { pools_[pool.raw()].status = status; }
    void set_rate(const TokenBook& tokens, PoolId pool, std::size_t token, const U256& rate);
    void set_amount_out_scaling(PoolId pool, AmountOutScaling scaling);

    [[nodiscard]] const ComposableStablePool& composable(PoolId pool) const;
    [[nodiscard]] const WeightedPool& weighted(PoolId pool) const;
    [[nodiscard]] const std::vector<TokenId>& tokens_of(PoolId pool) const {
        return pools_[pool.raw()].tokens;
    }
    [[nodiscard]] TokenId bpt_of(PoolId pool) const { return pools_[pool.raw()].bpt; }
    [[nodiscard]] HolderId holder_of(PoolId pool) const { return pools_[pool.raw()].holder; }
    [[nodiscard]] HolderId fee_collector() const { return fee_collector_; }
    [[nodiscard]] std::size_t pools() const { return pools_.size(); }

    // CHECKs that every pool's balances and supply are the ledger's.
    void check_vault(const TokenBook& tokens) const;

  private:
    // Moves the tokens of a composable pool into the vault, with the shares that the pool holds
    // itself, and gives `shares` to the provider. Reverts in the caller's scope.
    [[nodiscard]] Outcome<PoolId> enter_composable(TokenBook& tokens,
                                                   HolderId provider,
                                                   ComposableStablePool pool,
                                                   std::vector<TokenId> pool_tokens,
                                                   const U256& shares);
    using AnyPool = std::variant<WeightedPool, ComposableStablePool>;
    struct Registered {
        AnyPool pool;
        std::vector<TokenId> tokens;
        TokenId bpt;
        HolderId holder;
        PoolStatus status = PoolStatus::active;
    };
    struct Worked;  // a batch in the making

    [[nodiscard]] HolderId internal_of(TokenBook& tokens, HolderId holder);
    void run_steps(const Batch& batch, Worked& worked) const;
    void require_funds(const TokenBook& tokens, const Batch& batch, const Worked& worked) const;
    void pay_in(TokenBook& tokens, const Funds& funds, TokenId token, const U256& amount);
    void pay_out(TokenBook& tokens, const Funds& funds, TokenId token, const U256& amount);
    void commit(TokenBook& tokens, const Batch& batch, Worked& worked);
    void post_pool(TokenBook& tokens, Registered& pool, AnyPool after);

    std::vector<Registered> pools_;
    std::vector<HolderId> internal_;  // by holder; invalid until used
    HolderId settlement_;             // between the parties of one operation; zero afterwards
    HolderId fee_collector_;
    HolderId locked_;  // the minimum shares that nobody can redeem
};

}  // namespace margincall::balancer
