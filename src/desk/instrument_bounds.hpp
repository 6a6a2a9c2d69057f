// At which prices and sizes a contract can be traded: for instruments of a scenario and for those made from a book.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "book/price_levels.hpp"
#include "market/instrument.hpp"

namespace margincall::inline desk {

inline constexpr double order_usd_most = 2e9;  // largest single order
inline constexpr double price_span = 20.0;  // highest price of a book, times the price of the start
inline constexpr double ticks_least = 20.0;  // of the start price, also when ticks are put together
inline constexpr double ticks_most = static_cast<double>(PriceLevels::price_limit) / price_span;
inline constexpr std::int64_t tick_parts_max = 1000;  // so many ticks at most are put together

// Both in USD per coin.
[[nodiscard]] constexpr bool has_too_few_ticks(double price, double tick) {
    return price / tick < ticks_least;
}
[[nodiscard]] constexpr bool has_too_many_ticks(double price, double tick) {
    return price * price_span / tick >= static_cast<double>(PriceLevels::price_limit);
}

// Highest price (rounded up) and largest order (rounded to lots) of an instrument whose steps are set and whose
// ticks are neither too few nor too many.
inline void set_bounds(Instrument& inst, double price) {
    inst.price_max = Ticks::from_raw(std::llround(std::ceil(price * price_span / inst.tick_usd)));
    inst.qty_max = Lots::from_raw(
        std::max<std::int64_t>(1, std::llround(order_usd_most / (price * inst.lot_base))));
}

}  // namespace margincall::inline desk
