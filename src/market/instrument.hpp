// What is traded: one instrument is one book at one venue.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "base/strong.hpp"

namespace margincall::inline market {

enum class InstrumentKind : std::uint8_t { spot, linear_perp };

// Prices are integer ticks, sizes integer lots. `tick_value` is the exact worth of one lot at one
// tick, so notional(price, size) = price * size * tick_value without any rounding.
struct Instrument {
    InstrumentId id;
    VenueId venue;
    AssetId base;  // the coin
    InstrumentKind kind = InstrumentKind::spot;
    Money tick_value;       // micro-USD per tick and lot; > 0
    double tick_usd = 0.0;  // USD per coin that one tick is worth
    double lot_base = 0.0;  // coins per lot
    Amount lot_amount;      // raw units of the base asset per lot (spot settlement)
    Ticks price_max;  // orders above are rejected; the lowest price is 1 tick (see order_book.hpp)
    Lots qty_max;     // largest single order
};

[[nodiscard]] inline Money notional(const Instrument& inst, Ticks price, Lots qty) {
    return Money::from_raw(
        narrow_i64(i128{price.raw()} * i128{qty.raw()} * i128{inst.tick_value.raw()}));
}
// Whether that many lots have a worth at every price of the instrument.
[[nodiscard]] inline bool is_countable(const Instrument& inst, Lots qty) {
    std::int64_t worth = 0;
    return !__builtin_mul_overflow(inst.price_max.raw(), inst.tick_value.raw(), &worth) &&
           !__builtin_mul_overflow(worth, qty.raw(), &worth);
}
[[nodiscard]] inline double to_usd(const Instrument& inst, Ticks price) {
    return static_cast<double>(price.raw()) * inst.tick_usd;
}

// The only places where a double becomes a price or a size. NaN, infinities and values outside the
// instrument's range give nothing.
[[nodiscard]] inline std::optional<Ticks> quantize_price(double usd,
                                                         const Instrument& inst,
                                                         Round round) {
    const double ticks = usd / inst.tick_usd;
    if (!(ticks >= 1.0) || !(ticks <= static_cast<double>(inst.price_max.raw()))) {
        return std::nullopt;
    }
    const double whole = round == Round::down ? std::floor(ticks + 1e-9) : std::ceil(ticks - 1e-9);
    return Ticks::from_raw(static_cast<std::int64_t>(whole));
}
// Rounds down, so that nobody trades more than they asked for.
[[nodiscard]] inline Lots quantize_qty(double coins, const Instrument& inst) {
    const double lots = coins / inst.lot_base;
    if (!(lots >= 1.0)) {
        return Lots{};
    }
    const double cap = static_cast<double>(inst.qty_max.raw());
    return Lots::from_raw(static_cast<std::int64_t>(lots < cap ? std::floor(lots + 1e-9) : cap));
}

}  // namespace margincall::inline market
