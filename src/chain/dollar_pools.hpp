// The pools on chain in which the synthetic dollar trades against dollars: one with Curve's rules,
// half of each token at the start, and one with Uniswap v3's, whose liquidity by price is the
// measured one of the USDe/USDT pool on 10 October 2025. Tokens lie in the ledger; every swap is
// exact integers and posts whole or not at all. Sizes and sources: docs/defi-in-the-loop.md.
#pragma once

#include <array>
#include <optional>

#include "chain/chain_call.hpp"
#include "defi/amm_market.hpp"
#include "plan/defi_plan.hpp"

namespace margincall::inline chain {

struct PoolTrade {
    U256 in, out;  // raw units; `in` is less than offered where a pool's liquidity ends
};

class DollarPools {
  public:
    struct Tokens {
        TokenId usd, synthetic, share;
    };
    DollarPools(TokenBook& tokens, const Tokens& ids, const DollarPoolsPlan& plan);

    [[nodiscard]] bool stands(DollarPool pool) const;
    [[nodiscard]] bool paused() const { return paused_; }
    // What `amount` of `in` (dollar or synthetic dollar) would bring now; nothing where it reverts.
    [[nodiscard]] std::optional<PoolTrade> quote(DollarPool pool,
                                                 ChainToken in,
                                                 const U256& amount) const;
    // Nothing and no change where the trader has too little, the pool is paused or less than
    // `least` comes out.
    std::optional<PoolTrade> exchange(TokenBook& tokens,
                                      DollarPool pool,
                                      HolderId trader,
                                      ChainToken in,
                                      const U256& amount,
                                      const U256& least);

    // Dollars per synthetic dollar of a very small trade before the fee.
    [[nodiscard]] double price(DollarPool pool) const;
    [[nodiscard]] double fee(DollarPool pool) const;  // share of what is traded
    // Whole tokens of `in` that bring the price to `target`, at most `most`; 0 where the price is
    // beyond it already.
    [[nodiscard]] double amount_to(DollarPool pool,
                                   ChainToken in,
                                   double target,
                                   double most) const;
    // Of what its protocol holds constant in a swap, over its value at the start: Curve's D per
    // share, which fees raise. A Uniswap v3 range holds L by definition, so that it stays one.
    [[nodiscard]] double invariant(DollarPool pool) const;
    [[nodiscard]] double traded_usd(DollarPool pool) const {
        return traded_usd_[static_cast<std::size_t>(pool)];
    }
    // CHECKs that the stableswap pool holds what it says.
    void check(const TokenBook& tokens) const;

  private:
    void open_curve(TokenBook& tokens, const DollarPoolsPlan& plan);
    void open_uniswap(TokenBook& tokens, const DollarPoolsPlan& plan);
    [[nodiscard]] double curve_price(const U256& synthetic, const U256& usd) const;
    [[nodiscard]] double curve_amount_to(ChainToken in, double target, double most) const;
    [[nodiscard]] double virtual_price() const;

    Tokens ids_;
    HolderId provider_;
    std::optional<CurveMarket> curve_;
    std::optional<UniswapMarket> uniswap_;
    double fee_ = 0.0;  // of the stableswap pool
    bool paused_ = false;
    double virtual_price_start_ = 1.0;
    double invariant_now_ = 0.0;  // D, whole dollars
    std::array<double, dollar_pool_count> traded_usd_{};
};

}  // namespace margincall::inline chain
