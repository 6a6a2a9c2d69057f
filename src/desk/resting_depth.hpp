// The book of one instrument during a stress: a real OrderBook whose resting orders are the levels
// of a depth profile, quoted at their distance from the reference price. What forced orders take
// comes back with a half-life; when the reference price has moved, the quotes move with it.
//
// Displacement says how far forced orders have pushed the book off its reference price: the change
// of the prices at which a probe (a tenth of the depth within 1 %) could be sold and bought, both
// sides added, because a side that gave way takes the other side's quotes along.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/order_book.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {

class RestingDepth {
  public:
    RestingDepth(const StressInstrument& spec, double start_price);

    // Time passes: a share of what is missing comes back. 1 = everything, 0 = nothing.
    void refill(double share);
    // Everything is back.
    void fill_up();
    // Quotes around this price from now on; the orders are placed when somebody needs them.
    void set_reference(double price) {
        stale_ = stale_ || price != reference_;
        reference_ = price;
    }

    // An immediate-or-cancel (or fill-or-kill) order of `account` against the resting orders, up to
    // `limit` inclusive (0 = any price). The fills stay valid until the next order.
    const std::vector<Fill>& take(
        Side side, Lots lots, Ticks limit, TimeInForce tif, AccountId account);

    // Best price on a side, 0 = none: where an order would meet something.
    [[nodiscard]] Ticks best(Side side) const;
    // Share of the reference price, negative = the bids gave way; 0 while nothing is missing.
    [[nodiscard]] double displacement() const;
    // What is left of a side, USD at the start price.
    [[nodiscard]] DepthSide left(Side side) const;
    // USD at the start price that rest within `distance` when nothing is missing.
    [[nodiscard]] static double depth_within(const DepthSide& side, double distance);
    // Average price over start price at which `usd` are sold into (bought from) an untouched side,
    // and how much of it the side can take.
    struct Cost {
        double filled_usd = 0.0;
        double slippage_usd = 0.0;
    };
    [[nodiscard]] static Cost cost_of(const DepthSide& side, double usd);

  private:
    struct Level {
        double distance = 0.0;
        double coins = 0.0;    // when nothing is missing
        double missing = 0.0;  // taken and not yet back
        OrderId order;         // invalid = not placed
    };
    using Levels = std::vector<Level>;
    void clear_book();
    // Levels are placed from the mid outwards, as far as an order can reach: enough for its size,
    // or up to its limit. What lies behind could not trade with it.
    [[nodiscard]] std::optional<Ticks> price_of(Side resting, const Level& level) const;
    [[nodiscard]] std::int64_t lots_of(const Level& level) const;
    void place_for(Side resting, Lots lots, Ticks limit);
    void note_fills();
    [[nodiscard]] static double probe_distance(const Levels& levels, double probe, bool full);

    const StressInstrument* spec_;
    double start_price_ = 0.0;
    double reference_ = 0.0;
    std::array<Levels, 2> sides_;                   // bids, asks; by distance
    std::array<std::size_t, 2> placed_ = {0, 0};    // levels whose order was placed or skipped
    std::array<std::int64_t, 2> resting_ = {0, 0};  // lots of theirs that are left
    std::array<double, 2> probe_ = {0.0, 0.0};      // coins
    std::array<double, 2> probe_untouched_ = {0.0, 0.0};  // distance
    std::vector<Fill> fills_;
    bool stale_ = true;
    bool touched_ = false;
    OrderBook book_;
};

}  // namespace margincall::inline desk
