// A Uniswap v3 pool: liquidity in price ranges, swaps that walk from tick to tick, fees per unit of
// liquidity. The pool computes; token movements are posted by whoever owns it (amm_market.hpp).
// Left out: the price oracle's observations and the protocol's share of the fee (zero on the pools
// we use). Source: Uniswap/v3-core, contracts/UniswapV3Pool.sol.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "defi/uniswap_v3_math.hpp"

namespace margincall::uniswap {

struct Tick {
    U256 liquidity_gross;
    SignedU256 liquidity_net;  // added when the price moves up through the tick
    U256 fee_growth_outside0;  // Q128, modulo 2^256
    U256 fee_growth_outside1;
};

struct PositionKey {
    std::uint32_t owner = 0;
    std::int32_t lower = 0;
    std::int32_t upper = 0;
    auto operator<=>(const PositionKey&) const = default;
};
struct Position {
    U256 liquidity;
    U256 fee_growth_inside0;  // at the last touch
    U256 fee_growth_inside1;
    U256 owed0;  // to collect, raw token units
    U256 owed1;
};

struct TokenAmounts {
    U256 amount0;
    U256 amount1;
};

struct V3Swap {
    Direction direction = Direction::zero_for_one;
    Exact exact = Exact::input;
    U256 amount;
    std::optional<U256> sqrt_price_limit;  // none: as far as the pool goes
};

// What a swap would do, and how to book it.
struct V3SwapPlan {
    SignedU256 amount0;  // positive: into the pool
    SignedU256 amount1;
    U256 sqrt_price;
    std::int32_t tick = 0;
    U256 liquidity;
    U256 fee_growth_global0;
    U256 fee_growth_global1;
    std::vector<std::pair<std::int32_t, Tick>> crossed;  // ticks with their new state
};

class V3Pool {
  public:
    // fee in pips of the amount in; ticks are multiples of the spacing.
    V3Pool(std::uint32_t fee_pips, std::int32_t tick_spacing);

    void initialise(const U256& sqrt_price);
    // Adds liquidity; the amounts to pay, rounded up. Notes tick_out_of_range, tick_spacing,
    // liquidity_overflow.
    [[nodiscard]] Outcome<TokenAmounts> mint(const PositionKey& key, const U256& liquidity);
    // Removes liquidity (zero only settles fees); the amounts, rounded down, are owed to the
    // position.
    [[nodiscard]] Outcome<TokenAmounts> burn(const PositionKey& key, const U256& liquidity);
    // Takes what is owed out of the position.
    [[nodiscard]] TokenAmounts collect(const PositionKey& key);

    [[nodiscard]] Outcome<V3SwapPlan> plan_swap(const V3Swap& swap) const;
    void apply(const V3SwapPlan& plan);

    [[nodiscard]] const U256& sqrt_price() const { return sqrt_price_; }
    [[nodiscard]] std::int32_t tick() const { return tick_; }
    [[nodiscard]] const U256& liquidity() const { return liquidity_; }
    [[nodiscard]] const U256& fee_growth_global0() const { return fee_growth_global0_; }
    [[nodiscard]] const U256& fee_growth_global1() const { return fee_growth_global1_; }
    [[nodiscard]] const std::map<std::int32_t, Tick>& ticks() const { return ticks_; }
    [[nodiscard]] const std::map<PositionKey, Position>& positions() const { return positions_; }
    [[nodiscard]] U256 liquidity_per_tick_max() const;

  private:
    struct NextTick {
        std::int32_t tick;
        bool initialised;
    };
    [[nodiscard]] NextTick next_tick_in_word(std::int32_t tick, Direction direction) const;
    [[nodiscard]] TokenAmounts fee_growth_inside(const PositionKey& key) const;
    [[nodiscard]] TokenAmounts amounts_for(const PositionKey& key,
                                           const U256& liquidity,
                                           Round round) const;
    void touch_tick(std::int32_t tick);
    void check_range(const PositionKey& key) const;
    void settle_fees(const PositionKey& key, Position& position);

    std::uint32_t fee_pips_;
    std::int32_t tick_spacing_;
    U256 sqrt_price_;
    std::int32_t tick_ = 0;
    U256 liquidity_;
    U256 fee_growth_global0_;
    U256 fee_growth_global1_;
    std::map<std::int32_t, Tick> ticks_;
    std::map<PositionKey, Position> positions_;
};

}  // namespace margincall::uniswap
