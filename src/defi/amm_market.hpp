// Uniswap v3 and Curve pools with their tokens: the pool computes, the market checks balances and
// posts. Every call either posts everything or changes nothing.
#pragma once

#include <vector>

#include "defi/curve_stableswap.hpp"
#include "defi/token_book.hpp"
#include "defi/uniswap_v3_pool.hpp"

namespace margincall::inline defi {

enum class MarketStatus : std::uint8_t { active, paused };

// A Uniswap v3 pool of two tokens. Positions belong to holders.
class UniswapMarket {
  public:
    UniswapMarket(TokenBook& tokens, TokenId token0, TokenId token1, uniswap::V3Pool pool);

    [[nodiscard]] Outcome<uniswap::V3SwapPlan> quote(const uniswap::V3Swap& swap) const {
        return pool_.plan_swap(swap);
    }
    [[nodiscard]] Outcome<uniswap::V3SwapPlan> swap(TokenBook& tokens,
                                                    HolderId trader,
                                                    const uniswap::V3Swap& swap);
    struct Range {
        std::int32_t lower = 0;
        std::int32_t upper = 0;
    };
    [[nodiscard]] Outcome<uniswap::TokenAmounts> add_liquidity(TokenBook& tokens,
                                                               HolderId owner,
                                                               Range range,
                                                               const U256& liquidity);
    // Removes liquidity and pays it out together with the fees earned.
    [[nodiscard]] Outcome<uniswap::TokenAmounts> remove_liquidity(TokenBook& tokens,
                                                                  HolderId owner,
                                                                  Range range,
                                                                  const U256& liquidity);

    void set_status(MarketStatus status) { status_ = status; }
    [[nodiscard]] const uniswap::V3Pool& pool() const { return pool_; }
    [[nodiscard]] HolderId holder() const { return holder_; }
    [[nodiscard]] TokenId token0() const { return token0_; }
    [[nodiscard]] TokenId token1() const { return token1_; }

  private:
    uniswap::V3Pool pool_;
    TokenId token0_;
    TokenId token1_;
    HolderId holder_;
    MarketStatus status_ = MarketStatus::active;
};

// A Curve plain pool with its share token.
class CurveMarket {
  public:
    // Starts empty: balances and supply of `pool` are set to zero.
    CurveMarket(TokenBook& tokens,
                std::vector<TokenId> pool_tokens,
                TokenId share,
                curve::StableSwapPool pool);

    [[nodiscard]] Outcome<curve::ExchangeQuote> quote(curve::Pair pair,
                                                      const U256& amount_in) const;
    // Amount received; notes exchange_resulted_in_fewer_coins below `amount_out_min`.
    [[nodiscard]] Outcome<U256> exchange(TokenBook& tokens,
                                         HolderId trader,
                                         curve::Pair pair,
                                         const U256& amount_in,
                                         const U256& amount_out_min);
    [[nodiscard]] Outcome<U256> add_liquidity(TokenBook& tokens,
                                              HolderId provider,
                                              const std::vector<U256>& amounts);
    [[nodiscard]] Outcome<std::vector<U256>> remove_liquidity(TokenBook& tokens,
                                                              HolderId provider,
                                                              const U256& shares);

    void set_status(MarketStatus status) { status_ = status; }
    [[nodiscard]] const curve::StableSwapPool& pool() const { return pool_; }
    [[nodiscard]] HolderId holder() const { return holder_; }
    [[nodiscard]] HolderId admin() const { return admin_; }
    [[nodiscard]] const std::vector<TokenId>& pool_tokens() const { return tokens_; }
    // CHECKs that balances and supply are the ledger's.
    void check_market(const TokenBook& tokens) const;

  private:
    curve::StableSwapPool pool_;
    std::vector<TokenId> tokens_;
    TokenId share_;
    HolderId holder_;
    HolderId admin_;  // receives the admin part of the fees
    MarketStatus status_ = MarketStatus::active;
};

}  // namespace margincall::inline defi
