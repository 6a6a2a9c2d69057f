// Order book of one instrument: price-time priority matching. Knows nothing of accounts beyond their
// ids (mass cancel, self-trade prevention), of money or of margin.
#pragma once

#include <cstdint>
#include <vector>

#include "market/order.hpp"

namespace margincall {

enum class SelfTradePrevention : std::uint8_t { none, cancel_maker, cancel_taker };

struct BookConfig {
    InstrumentId instrument;
    Ticks price_max;               // highest price accepted; the lowest is 1 tick
    Lots qty_max;
    Ticks price_hint;              // where trading starts; only a hint for memory
    std::uint32_t orders_hint = 1024;
    SelfTradePrevention stp = SelfTradePrevention::cancel_maker;
};

// What became of an add or amend.
struct AddResult {
    Reject reject = Reject::none;
    OrderId order;                 // the handle (also when nothing rests)
    Lots filled;
    Lots resting;                  // 0: filled, cancelled (IOC rest) or rejected
};

struct RestingOrder {              // read-only view of a live order
    AccountId account;
    Side side = Side::buy;
    Cause cause = Cause::test;
    Ticks price;
    Lots left;
};

class OrderBook;  // to be written by the book's owner:
//   explicit OrderBook(const BookConfig&);
//   OrderId reserve();                             handle for an order still on its way to the venue
//   void release(OrderId);                         gives back a reserved handle that was never added
//   AddResult add(const Command&, std::vector<Fill>& fills);      command.order reserved or invalid
//   Reject cancel(OrderId);                        also of a reserved, not yet added order: unknown_order
//   AddResult amend(OrderId, Ticks price, Lots qty, std::vector<Fill>& fills);
//                                                  same price and smaller: keeps priority; else loses it
//   std::uint32_t cancel_all(AccountId);           by owner, oldest first
//   const std::vector<OrderId>& self_cancelled();  resting orders removed by STP in the last call
//   Ticks best_bid(), best_ask();                  0 ticks = side empty
//   bool find(OrderId, RestingOrder&);
//   Lots level_qty(Ticks);  std::uint64_t live_orders();
//   template <class F> void for_each_level(Side, Ticks limit, F&&);  best outwards to limit inclusive:
//                                                  f(Ticks price, Lots qty) -> bool (false stops)
//   Lots fillable(Side taker, Ticks limit, Lots want);   how much a taker could get, at most `want`
//   void add_to_digest(Digest&) const;  friend void check_book(const OrderBook&);

}  // namespace margincall
