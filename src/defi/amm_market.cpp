#include "defi/amm_market.hpp"

#include <utility>

namespace margincall::inline defi {

using uniswap::TokenAmounts;
using uniswap::V3Swap;
using uniswap::V3SwapPlan;

UniswapMarket::UniswapMarket(TokenBook& tokens,
                             TokenId token0,
                             TokenId token1,
                             uniswap::V3Pool pool)
    : pool_(std::move(pool)), token0_(token0), token1_(token1), holder_(tokens.add_holder()) {}

Outcome<V3SwapPlan> UniswapMarket::swap(TokenBook& tokens, HolderId trader, const V3Swap& swap) {
    Outcome<V3SwapPlan> plan = pool_.plan_swap(swap);
    if (!plan) {
        return plan;
    }
    const bool zero_in = swap.direction == uniswap::Direction::zero_for_one;
    const TokenId token_in = zero_in ? token0_ : token1_;
    const TokenId token_out = zero_in ? token1_ : token0_;
    const U256& in = (zero_in ? plan->amount0 : plan->amount1).magnitude;
    const U256& out = (zero_in ? plan->amount1 : plan->amount0).magnitude;
    const RevertScope scope;
    require(status_ == MarketStatus::active, Revert::paused);
    tokens.require_balance(trader, token_in, in);
    tokens.require_balance(holder_, token_out, out);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.transfer(trader, holder_, token_in, in, Reason::swap);
    tokens.transfer(holder_, trader, token_out, out, Reason::swap);
    pool_.apply(*plan);
    return plan;
}

Outcome<TokenAmounts> UniswapMarket::add_liquidity(TokenBook& tokens,
                                                   HolderId owner,
                                                   Range range,
                                                   const U256& liquidity) {
    uniswap::V3Pool after = pool_;  // adding liquidity is rare
    const Outcome<TokenAmounts> amounts =
        after.mint({owner.raw(), range.lower, range.upper}, liquidity);
    if (!amounts) {
        return amounts;
    }
    const RevertScope scope;
    tokens.require_balance(owner, token0_, amounts->amount0);
    tokens.require_balance(owner, token1_, amounts->amount1);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.transfer(owner, holder_, token0_, amounts->amount0, Reason::pool_liquidity);
    tokens.transfer(owner, holder_, token1_, amounts->amount1, Reason::pool_liquidity);
    pool_ = std::move(after);
    return amounts;
}

Outcome<TokenAmounts> UniswapMarket::remove_liquidity(TokenBook& tokens,
                                                      HolderId owner,
                                                      Range range,
                                                      const U256& liquidity) {
    const uniswap::PositionKey key{owner.raw(), range.lower, range.upper};
    const Outcome<TokenAmounts> burned = pool_.burn(key, liquidity);
    if (!burned) {
        return burned;
    }
    const TokenAmounts owed = pool_.collect(key);
    tokens.transfer(holder_, owner, token0_, owed.amount0, Reason::pool_liquidity);
    tokens.transfer(holder_, owner, token1_, owed.amount1, Reason::pool_liquidity);
    return owed;
}

CurveMarket::CurveMarket(TokenBook& tokens,
                         std::vector<TokenId> pool_tokens,
                         TokenId share,
                         curve::StableSwapPool pool)
    : pool_(std::move(pool)),
      tokens_(std::move(pool_tokens)),
      share_(share),
      holder_(tokens.add_holder()),
      admin_(tokens.add_holder()) {
    CHECK(pool_.rates.size() == tokens_.size());
    pool_.balances.assign(tokens_.size(), U256{});
    pool_.supply = U256{};
}

Outcome<curve::ExchangeQuote> CurveMarket::quote(curve::Pair pair, const U256& amount_in) const {
    return attempt([&] { return curve::quote_exchange(pool_, pair, amount_in); });
}

Outcome<U256> CurveMarket::exchange(TokenBook& tokens,
                                    HolderId trader,
                                    curve::Pair pair,
                                    const U256& amount_in,
                                    const U256& amount_out_min) {
    const RevertScope scope;
    require(pair.in != pair.out, Revert::cannot_swap_same_token);
    require(status_ == MarketStatus::active, Revert::paused);
    tokens.require_balance(trader, tokens_[pair.in], amount_in);
    const curve::ExchangeQuote quoted = curve::quote_exchange(pool_, pair, amount_in);
    require(quoted.amount_out >= amount_out_min, Revert::exchange_resulted_in_fewer_coins);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.transfer(trader, holder_, tokens_[pair.in], amount_in, Reason::swap);
    tokens.transfer(holder_, trader, tokens_[pair.out], quoted.amount_out, Reason::swap);
    tokens.transfer(holder_, admin_, tokens_[pair.out], quoted.admin_fee, Reason::protocol_fee);
    curve::apply_exchange(pool_, pair, amount_in, quoted);
    return quoted.amount_out;
}

Outcome<U256> CurveMarket::add_liquidity(TokenBook& tokens,
                                         HolderId provider,
                                         const std::vector<U256>& amounts) {
    const RevertScope scope;
    CHECK(amounts.size() == tokens_.size());
    require(status_ == MarketStatus::active, Revert::paused);
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        tokens.require_balance(provider, tokens_[i], amounts[i]);
        require(!pool_.supply.is_zero() || !amounts[i].is_zero(), Revert::invalid_amount);
    }
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    const curve::AddLiquidityQuote quote = curve::quote_add_liquidity(pool_, amounts);
    require(quote.shares.fits_bits(127), Revert::amount_overflow);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        tokens.transfer(provider, holder_, tokens_[i], amounts[i], Reason::pool_liquidity);
        tokens.transfer(holder_, admin_, tokens_[i], quote.admin_fees[i], Reason::protocol_fee);
    }
    tokens.mint(provider, share_, quote.shares);
    pool_.balances = quote.balances_after;
    pool_.supply += quote.shares;
    return quote.shares;
}

Outcome<std::vector<U256>> CurveMarket::remove_liquidity(TokenBook& tokens,
                                                         HolderId provider,
                                                         const U256& shares) {
    const RevertScope scope;
    require(status_ == MarketStatus::active, Revert::paused);
    tokens.require_balance(provider, share_, shares);
    std::vector<U256> amounts = curve::quote_remove_liquidity(pool_, shares);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(provider, share_, shares);
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        tokens.transfer(holder_, provider, tokens_[i], amounts[i], Reason::pool_liquidity);
        pool_.balances[i] -= amounts[i];
    }
    pool_.supply -= shares;
    return amounts;
}

void CurveMarket::check_market(const TokenBook& tokens) const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        CHECK(pool_.balances[i] == tokens.balance(holder_, tokens_[i]));
    }
    CHECK(pool_.supply == tokens.supply(share_));
}

}  // namespace margincall::inline defi
