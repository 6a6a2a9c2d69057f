#include "defi/balancer_vault.hpp"

#include <algorithm>
#include <utility>

namespace margincall::balancer {

// The pools a batch touched, as copies, and what each asset owes so far.
struct Vault::Worked {
    std::vector<std::pair<std::uint32_t, AnyPool>> pools;  // by index, in order of first touch
    std::vector<SignedU256> deltas;

    [[nodiscard]] AnyPool& pool(const std::vector<Registered>& all, PoolId id) {
        const auto it = std::find_if(
            pools.begin(), pools.end(), [id](const auto& p) { return p.first == id.raw(); });
        if (it != pools.end()) {
            return it->second;
        }
        return pools.emplace_back(id.raw(), all[id.raw()].pool).second;
    }
};

namespace {

[[nodiscard]] std::size_t index_in(const std::vector<TokenId>& tokens, TokenId token) {
    const auto it = std::find(tokens.begin(), tokens.end(), token);
    return static_cast<std::size_t>(it - tokens.begin());
}

[[nodiscard]] bool above_limit(const SignedU256& delta, const SignedU256& limit) {
    if (delta.is_negative() != limit.is_negative()) {
        return limit.is_negative();
    }
    return delta.is_negative() ? delta.magnitude < limit.magnitude
                               : delta.magnitude > limit.magnitude;
}

}  // namespace

Vault::Vault(TokenBook& tokens)
    : settlement_(tokens.add_holder()),
      fee_collector_(tokens.add_holder()),
      locked_(tokens.add_holder()) {}

const ComposableStablePool& Vault::composable(PoolId pool) const {
    return std::get<ComposableStablePool>(pools_[pool.raw()].pool);
}
const WeightedPool& Vault::weighted(PoolId pool) const {
    return std::get<WeightedPool>(pools_[pool.raw()].pool);
}

void Vault::set_rate(const TokenBook& tokens, PoolId pool, std::size_t token, const U256& rate) {
    Registered& r = pools_[pool.raw()];
    update_rate(
        std::get<ComposableStablePool>(r.pool), token, tokens.decimals(r.tokens[token]), rate);
}

void Vault::set_amount_out_scaling(PoolId pool, AmountOutScaling scaling) {
    std::get<ComposableStablePool>(pools_[pool.raw()].pool).amount_out_scaling = scaling;
}

Outcome<PoolId> Vault::add_weighted(TokenBook& tokens,
                                    HolderId provider,
                                    WeightedPool pool,
                                    std::vector<TokenId> pool_tokens,
                                    TokenId bpt) {
    const RevertScope scope;
    CHECK(pool_tokens.size() == pool.balances.size());
    // The first supply is the invariant times the number of tokens, so that a share is worth about
    // one unit of value.
    const U256 supply = invariant_of(pool) * pool.balances.size();
    require(supply > minimum_bpt, Revert::minimum_bpt);
    for (std::size_t i = 0; i < pool_tokens.size(); ++i) {
        tokens.require_balance(provider, pool_tokens[i], pool.balances[i]);
    }
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    pool.total_supply = supply;
    const HolderId holder = tokens.add_holder();
    for (std::size_t i = 0; i < pool_tokens.size(); ++i) {
        tokens.transfer(provider, holder, pool_tokens[i], pool.balances[i], Reason::pool_liquidity);
    }
    tokens.mint(locked_, bpt, minimum_bpt);
    tokens.mint(provider, bpt, supply - minimum_bpt);
    pools_.push_back({std::move(pool), std::move(pool_tokens), bpt, holder, PoolStatus::active});
    return PoolId::from_raw(static_cast<std::uint32_t>(pools_.size() - 1));
}

Outcome<PoolId> Vault::add_composable(TokenBook& tokens,
                                      HolderId provider,
                                      ComposableStablePool pool,
                                      std::vector<TokenId> pool_tokens) {
    const RevertScope scope;
    CHECK(pool_tokens.size() == pool.balances.size());
    const U256 shares = initialise(pool);
    const TokenId bpt = pool_tokens[pool.bpt];
    Outcome<PoolId> id =
        enter_composable(tokens, provider, std::move(pool), std::move(pool_tokens), shares);
    if (id) {
        tokens.mint(locked_, bpt, minimum_bpt);
    }
    return id;
}

Outcome<PoolId> Vault::adopt_composable(TokenBook& tokens,
                                        HolderId provider,
                                        ComposableStablePool pool,
                                        std::vector<TokenId> pool_tokens) {
    const RevertScope scope;
    CHECK(pool_tokens.size() == pool.balances.size());
    const U256 outside = virtual_supply(pool);
    return enter_composable(tokens, provider, std::move(pool), std::move(pool_tokens), outside);
}

Outcome<PoolId> Vault::enter_composable(TokenBook& tokens,
                                        HolderId provider,
                                        ComposableStablePool pool,
                                        std::vector<TokenId> pool_tokens,
                                        const U256& shares) {
    for (std::size_t i = 0; i < pool_tokens.size(); ++i) {
        if (i != pool.bpt) {
            tokens.require_balance(provider, pool_tokens[i], pool.balances[i]);
        }
    }
    if (pending_revert() != Revert::none) {
        return std::unexpected(pending_revert());
    }
    const HolderId holder = tokens.add_holder();
    const TokenId bpt = pool_tokens[pool.bpt];
    for (std::size_t i = 0; i < pool_tokens.size(); ++i) {
        if (i != pool.bpt) {
            tokens.transfer(
                provider, holder, pool_tokens[i], pool.balances[i], Reason::pool_liquidity);
        }
    }
    tokens.mint(holder, bpt, pool.balances[pool.bpt]);
    tokens.mint(provider, bpt, shares);
    pools_.push_back({std::move(pool), std::move(pool_tokens), bpt, holder, PoolStatus::active});
    return PoolId::from_raw(static_cast<std::uint32_t>(pools_.size() - 1));
}

void Vault::run_steps(const Batch& batch, Worked& worked) const {
    const bool given_in = batch.kind == SwapKind::given_in;
    std::size_t calculated_asset = batch.assets.size();
    U256 calculated;
    for (const BatchStep& step : batch.steps) {
        const std::size_t given_asset = given_in ? step.in : step.out;
        U256 amount = step.amount;
        if (amount.is_zero()) {
            require(calculated_asset != batch.assets.size(), Revert::unknown_amount_in_first_swap);
            require(calculated_asset == given_asset, Revert::malconstructed_multihop_swap);
            amount = calculated;
        }
        const Registered& registered = pools_[step.pool.raw()];
        require(registered.status == PoolStatus::active, Revert::paused);
        const SwapRequest request{batch.kind,
                                  index_in(registered.tokens, batch.assets[step.in]),
                                  index_in(registered.tokens, batch.assets[step.out]),
                                  amount};
        require(request.in < registered.tokens.size() && request.out < registered.tokens.size(),
                Revert::out_of_bounds);
        require(request.in != request.out, Revert::cannot_swap_same_token);
        if (pending_revert() != Revert::none) {
            return;
        }
        const SwapAmounts amounts = std::visit(
            [&request](auto& pool) { return swap(pool, request); }, worked.pool(pools_, step.pool));
        if (pending_revert() != Revert::none) {
            return;
        }
        worked.deltas[step.in] += amounts.in;
        worked.deltas[step.out] -= amounts.out;
        calculated = given_in ? amounts.out : amounts.in;
        calculated_asset = given_in ? step.out : step.in;
    }
}

void Vault::require_funds(const TokenBook& tokens, const Batch& batch, const Worked& worked) const {
    for (std::size_t i = 0; i < batch.assets.size(); ++i) {
        const SignedU256& delta = worked.deltas[i];
        if (!batch.limits.empty()) {
            require(!above_limit(delta, batch.limits[i]), Revert::swap_limit);
        }
        require(delta.magnitude.fits_bits(127), Revert::amount_overflow);
        if (delta.is_negative()) {
            continue;
        }
        U256 available = tokens.balance(batch.funds.sender, batch.assets[i]);
        if (batch.funds.source == Purse::internal) {
            available += internal_balance(tokens, batch.funds.sender, batch.assets[i]);
        }
        require(available >= delta.magnitude, Revert::insufficient_balance);
    }
}

Outcome<std::vector<SignedU256>> Vault::batch_swap(TokenBook& tokens, const Batch& batch) {
    const RevertScope scope;
    CHECK(batch.limits.empty() || batch.limits.size() == batch.assets.size());
    Worked worked;
    worked.deltas.resize(batch.assets.size());
    run_steps(batch, worked);
    if (!scope.reverted()) {
        require_funds(tokens, batch, worked);
    }
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    commit(tokens, batch, worked);
    return worked.deltas;
}

void Vault::commit(TokenBook& tokens, const Batch& batch, Worked& worked) {
    for (std::size_t i = 0; i < batch.assets.size(); ++i) {
        if (!worked.deltas[i].is_negative()) {
            pay_in(tokens, batch.funds, batch.assets[i], worked.deltas[i].magnitude);
        }
    }
    // Pools first give what they owe and then take, so that the settlement account never lacks.
    for (auto& [index, pool] : worked.pools) {
        const Registered& before = pools_[index];
        std::visit(
            [&](auto& after) {
                for (std::size_t i = 0; i < before.tokens.size(); ++i) {
                    const U256 held = tokens.balance(before.holder, before.tokens[i]);
                    if (held > after.balances[i]) {
                        tokens.transfer(before.holder,
                                        settlement_,
                                        before.tokens[i],
                                        held - after.balances[i],
                                        Reason::swap);
                    }
                }
            },
            pool);
    }
    for (auto& [index, pool] : worked.pools) {
        post_pool(tokens, pools_[index], std::move(pool));
    }
    for (std::size_t i = 0; i < batch.assets.size(); ++i) {
        if (worked.deltas[i].is_negative()) {
            pay_out(tokens, batch.funds, batch.assets[i], worked.deltas[i].magnitude);
        }
        CHECK(tokens.balance(settlement_, batch.assets[i]).is_zero());
    }
}

void Vault::post_pool(TokenBook& tokens, Registered& pool, AnyPool after) {
    std::visit(
        [&](auto& next) {
            for (std::size_t i = 0; i < pool.tokens.size(); ++i) {
                const U256 held = tokens.balance(pool.holder, pool.tokens[i]);
                CHECK(held <= next.balances[i]);
                tokens.transfer(settlement_,
                                pool.holder,
                                pool.tokens[i],
                                next.balances[i] - held,
                                Reason::swap);
            }
        },
        after);
    if (auto* next = std::get_if<ComposableStablePool>(&after)) {
        const U256 minted = next->protocol_fees_minted -
                            std::get<ComposableStablePool>(pool.pool).protocol_fees_minted;
        tokens.mint(fee_collector_, pool.bpt, minted);
    }
    pool.pool = std::move(after);
}

void Vault::pay_in(TokenBook& tokens, const Funds& funds, TokenId token, const U256& amount) {
    U256 open = amount;
    if (funds.source == Purse::internal) {
        const HolderId purse = internal_of(tokens, funds.sender);
        const U256 from_purse = min(open, tokens.balance(purse, token));
        tokens.transfer(purse, settlement_, token, from_purse, Reason::swap);
        open -= from_purse;
    }
    tokens.transfer(funds.sender, settlement_, token, open, Reason::swap);
}

void Vault::pay_out(TokenBook& tokens, const Funds& funds, TokenId token, const U256& amount) {
    const HolderId to =
        funds.target == Purse::internal ? internal_of(tokens, funds.recipient) : funds.recipient;
    tokens.transfer(settlement_, to, token, amount, Reason::swap);
}

HolderId Vault::internal_of(TokenBook& tokens, HolderId holder) {
    if (holder.raw() >= internal_.size()) {
        internal_.resize(holder.raw() + 1);
    }
    if (!internal_[holder.raw()].valid()) {
        internal_[holder.raw()] = tokens.add_holder();
    }
    return internal_[holder.raw()];
}

U256 Vault::internal_balance(const TokenBook& tokens, HolderId holder, TokenId token) const {
    if (holder.raw() >= internal_.size() || !internal_[holder.raw()].valid()) {
        return U256{};
    }
    return tokens.balance(internal_[holder.raw()], token);
}

Outcome<U256> Vault::deposit_internal(TokenBook& tokens,
                                      HolderId holder,
                                      TokenId token,
                                      const U256& amount) {
    if (tokens.balance(holder, token) < amount) {
        return std::unexpected(Revert::insufficient_balance);
    }
    tokens.transfer(holder, internal_of(tokens, holder), token, amount, Reason::margin_transfer);
    return amount;
}

Outcome<U256> Vault::withdraw_internal(TokenBook& tokens,
                                       HolderId holder,
                                       TokenId token,
                                       const U256& amount) {
    if (internal_balance(tokens, holder, token) < amount) {
        return std::unexpected(Revert::insufficient_balance);
    }
    tokens.transfer(internal_of(tokens, holder), holder, token, amount, Reason::margin_transfer);
    return amount;
}

Outcome<std::vector<U256>> Vault::exit_proportional(TokenBook& tokens,
                                                    PoolId id,
                                                    HolderId holder,
                                                    const U256& bpt_in) {
    const RevertScope scope;
    Registered& registered = pools_[id.raw()];
    require(registered.status == PoolStatus::active, Revert::paused);
    tokens.require_balance(holder, registered.bpt, bpt_in);
    AnyPool after = registered.pool;
    std::vector<U256> amounts =
        std::visit([&bpt_in](auto& pool) { return take_proportional_exit(pool, bpt_in); }, after);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(holder, registered.bpt, bpt_in);
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        tokens.transfer(
            registered.holder, holder, registered.tokens[i], amounts[i], Reason::pool_liquidity);
    }
    post_pool(tokens, registered, std::move(after));
    return amounts;
}

Outcome<U256> Vault::join_for_bpt(
    TokenBook& tokens, PoolId id, HolderId holder, std::size_t token, const U256& bpt_out) {
    const RevertScope scope;
    Registered& registered = pools_[id.raw()];
    WeightedPool& pool = std::get<WeightedPool>(registered.pool);
    require(registered.status == PoolStatus::active, Revert::paused);
    const WeightedSide side{pool.balances[token] * pool.scaling_factors[token],
                            pool.weights[token]};
    const U256 amount =
        divide_up(weighted_token_in_for_bpt_out(side, bpt_out, pool.total_supply, pool.swap_fee),
                  pool.scaling_factors[token]);
    tokens.require_balance(holder, registered.tokens[token], amount);
    require_vault_balance(pool.balances[token] + amount);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.transfer(
        holder, registered.holder, registered.tokens[token], amount, Reason::pool_liquidity);
    tokens.mint(holder, registered.bpt, bpt_out);
    pool.balances[token] += amount;
    pool.total_supply += bpt_out;
    return amount;
}

Outcome<U256> Vault::exit_for_token(
    TokenBook& tokens, PoolId id, HolderId holder, std::size_t token, const U256& bpt_in) {
    const RevertScope scope;
    Registered& registered = pools_[id.raw()];
    WeightedPool& pool = std::get<WeightedPool>(registered.pool);
    require(registered.status == PoolStatus::active, Revert::paused);
    tokens.require_balance(holder, registered.bpt, bpt_in);
    const WeightedSide side{pool.balances[token] * pool.scaling_factors[token],
                            pool.weights[token]};
    const U256 amount =
        weighted_token_out_for_bpt_in(side, bpt_in, pool.total_supply, pool.swap_fee) /
        pool.scaling_factors[token];
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(holder, registered.bpt, bpt_in);
    tokens.transfer(
        registered.holder, holder, registered.tokens[token], amount, Reason::pool_liquidity);
    pool.balances[token] -= amount;
    pool.total_supply -= bpt_in;
    return amount;
}

void Vault::check_vault(const TokenBook& tokens) const {
    for (const Registered& r : pools_) {
        std::visit(
            [&](const auto& pool) {
                for (std::size_t i = 0; i < r.tokens.size(); ++i) {
                    CHECK(pool.balances[i] == tokens.balance(r.holder, r.tokens[i]));
                }
                CHECK(pool.total_supply == tokens.supply(r.bpt));
            },
            r.pool);
    }
}

}  // namespace margincall::balancer
