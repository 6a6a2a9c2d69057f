// Strong types: quantities that can be added only to their own kind, and ids that are only
// compared. A raw integer goes in and out by name: `from_raw`, `raw`.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/integer.hpp"

namespace margincall::inline base {

template <class Tag, class Rep>
class Quantity {
  public:
    constexpr Quantity() = default;
    [[nodiscard]] static constexpr Quantity from_raw(Rep raw) { return Quantity{raw}; }
    [[nodiscard]] constexpr Rep raw() const { return raw_; }

    friend constexpr Quantity operator+(Quantity a, Quantity b) {
        return Quantity{checked_add(a.raw_, b.raw_)};
    }
    friend constexpr Quantity operator-(Quantity a, Quantity b) {
        return Quantity{checked_sub(a.raw_, b.raw_)};
    }
    friend constexpr Quantity operator-(Quantity a) {
        return Quantity{checked_sub(Rep{0}, a.raw_)};
    }
    [[nodiscard]] friend constexpr Quantity magnitude(Quantity a) {
        return Quantity{base::magnitude(a.raw_)};
    }
    constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }
    constexpr Quantity& operator-=(Quantity other) { return *this = *this - other; }
    friend constexpr auto operator<=>(Quantity,
                                      Quantity) = default;  // NOLINT(modernize-use-nullptr)

  private:
    explicit constexpr Quantity(Rep raw) : raw_{raw} {}
    Rep raw_{0};
};

template <class Tag, class Rep>
class Id {
  public:
    constexpr Id() = default;
    [[nodiscard]] static constexpr Id from_raw(Rep raw) { return Id{raw}; }
    [[nodiscard]] static constexpr Id of_row(std::size_t row) { return Id{static_cast<Rep>(row)}; }
    [[nodiscard]] constexpr Rep raw() const { return raw_; }
    [[nodiscard]] constexpr bool valid() const { return raw_ != std::numeric_limits<Rep>::max(); }
    friend constexpr auto operator<=>(Id, Id) = default;  // NOLINT(modernize-use-nullptr)

  private:
    explicit constexpr Id(Rep raw) : raw_{raw} {}
    Rep raw_{std::numeric_limits<Rep>::max()};
};

// Price in ticks of one instrument; size in lots of one instrument; money in micro-USD (1e-6 USD);
// amount in the raw units of any ledger asset (USD: micro-dollars, tokens: up to 18 decimals).
using Ticks = Quantity<struct TicksTag, std::int64_t>;
using Lots = Quantity<struct LotsTag, std::int64_t>;
using Money = Quantity<struct MoneyTag, std::int64_t>;
using Amount = Quantity<struct AmountTag, i128>;

inline constexpr std::int64_t micro_per_usd = 1'000'000;
[[nodiscard]] constexpr double to_usd(Money m) {
    return static_cast<double>(m.raw()) * 1e-6;
}
[[nodiscard]] constexpr Amount to_amount(Money m) {
    return Amount::from_raw(i128{m.raw()});
}
[[nodiscard]] constexpr Money to_money(Amount a) {
    return Money::from_raw(narrow_i64(a.raw()));
}

using AssetId = Id<struct AssetTag, std::uint16_t>;  // a coin or the dollar: row of Plan::assets
using VenueId = Id<struct VenueTag, std::uint16_t>;  // row of Plan::venues
using InstrumentId =
    Id<struct InstrumentTag, std::uint32_t>;  // one book of one venue: row of Plan::instruments
using AccountId = Id<struct AccountTag, std::uint32_t>;  // a participant's account at one venue
using AgentId = Id<struct AgentTag, std::uint32_t>;      // one agent of the world
using LedgerAccountId = Id<struct LedgerAccountTag, std::uint32_t>;

// Handle to an order: slot in the book's slab plus the slot's generation, so that a stale handle is
// detected and never hits the slot's next order.
using OrderId = Id<struct OrderTag, std::uint64_t>;

}  // namespace margincall::inline base
