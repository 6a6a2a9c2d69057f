// The way of every order into a book: margin check, matching, settlement of the fills, order
// margin, triggers. The simulated venues and the benchmarks use this one path. Rules:
// docs/margin.md.
//
// Order margin. A resting order of a cross account reserves the initial margin of what is left of
// it at its limit price: amount and owner are kept per order, the sum per account is
// CrossAccount::reserved, and every end of an order (fill, cancel, amend, self-trade prevention,
// liquidation) releases what it had. An order is taken only if the account's free margin covers its
// whole size, also what would trade at once. Rows send orders that never rest; agents, funds and
// neutral accounts are not margined.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/big_vector.hpp"
#include "book/order_book.hpp"
#include "clearing/clearing_house.hpp"

namespace margincall::inline clearing {

class OrderGateway {
  public:
    // `books` by InstrumentId; both must outlive the gateway.
    OrderGateway(ClearingHouse& house, std::vector<OrderBook>& books)
        : house_(house), books_(books) {}

    // check, then carry_out or refuse.
    AddResult execute(Command& command) {
        const Reject reject = check(command);
        return reject == Reject::none ? carry_out(command) : refuse(command, reject);
    }
    // Whether the account may send this; a reduce-only order is cut to the position.
    [[nodiscard]] Reject check(Command& command);
    // Matches and settles. The fills are in fills() until the next call.
    AddResult carry_out(const Command& command);
    // Gives back the handle of an order that check refused.
    AddResult refuse(const Command& command, Reject reject);
    [[nodiscard]] std::span<const Fill> fills() const { return fills_; }

    // Initial margin that a resting order has reserved.
    [[nodiscard]] Money reserved(InstrumentId i, OrderId order) const;
    // For whoever knows a cancel or amend some commands ahead, beside OrderBook::prefetch.
    [[gnu::always_inline]] inline void prefetch(InstrumentId i, OrderId order) const {
        if (i.raw() < reservations_.size()) {
            const auto& reservations = reservations_[i.raw()];
            if (const std::uint32_t slot = slot_of(order); slot < reservations.size()) {
                __builtin_prefetch(&reservations[slot], 1);
            }
        }
    }
    // Room for orders of this book up to that slot, so that nothing is allocated later.
    void reserve(InstrumentId i, std::size_t orders);
    friend void check_order_margin(const OrderGateway& gateway);

  private:
    struct Reservation {
        std::int64_t amount = 0;  // micro-USD; 0: nothing reserved
        AccountId account;
    };
    static_assert(sizeof(Reservation) == 16);
    static std::uint32_t slot_of(OrderId id) { return static_cast<std::uint32_t>(id.raw()); }

    [[nodiscard]] Reject check_row(Command& command) const;
    [[nodiscard]] Reject check_cross(Command& command) const;
    [[nodiscard]] Reject check_cross_amend(const Command& command) const;
    void after_row(const Command& command, const AddResult& result);
    void settle();
    void set_reservation(InstrumentId i, OrderId order, AccountId account, std::int64_t amount);
    void release_removed(const OrderBook& book);
    [[nodiscard]] std::int64_t order_margin(const Instrument& inst,
                                            AccountId account,
                                            Ticks price,
                                            Lots qty) const;

    ClearingHouse& house_;
    std::vector<OrderBook>& books_;
    std::vector<BigVector<Reservation>> reservations_;  // [instrument][slot of the order]
    std::vector<Fill> fills_;
};

// CHECKs that each cross account's reservation is the sum over its resting orders, and that each
// order's is what its price and rest ask for. Walks everything; for tests.
void check_order_margin(const OrderGateway& gateway);

}  // namespace margincall::inline clearing
