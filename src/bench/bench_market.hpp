// The made-up market of the benchmarks `mark` and `liquidate`: a few perpetuals of one venue, and
// accounts drawn as model 5.2 says, from fixed seeds.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "clearing/clearing_house.hpp"

namespace margincall::inline bench {

inline constexpr std::int64_t bench_lot_usd = 10;  // worth of a lot at the starting price

// `assets` coins from 100,000 USD downwards, each with one perpetual at venue 0 (tick 1e-6 of the
// starting price) and accepted as collateral with a haircut of 5 %.
[[nodiscard]] ClearingConfig bench_market(std::uint32_t assets);
// Starting price of every instrument.
[[nodiscard]] Ticks bench_start();
// Of every coin as collateral, at the same price.
[[nodiscard]] Money bench_coin_price(std::uint32_t asset, Ticks mark);
// A tier table like that of the largest contracts: 0.4 % to 5 %.
[[nodiscard]] MarginTiers bench_tiers();

// Lots of a position: notional lognormal, median 450 USD, sigma 2.15, at least one lot.
[[nodiscard]] Lots draw_lots(Rng& rng);
// Entry price within about 5 % of the start.
[[nodiscard]] Ticks draw_entry(Rng& rng);

}  // namespace margincall::inline bench
