// The way of every order into a book: margin check, matching, settlement of the fills, order
// margin, triggers. The simulated venues and the benchmarks use this one path. Rules:
// docs/margin.md.
//
// Order margin. A resting order of a cross account reserves the initial margin of what is left of
// it at its limit price: amount and owner are kept per order, the sum per account is
// CrossAccount::reserved, and every end of an order (fill, cancel, amend, self-trade prevention,
// liquidation) releases what it had. An order is taken only if the account's free margin covers its
// whole size, also what would trade at once. Rows open with orders that never rest; agents, funds
// and neutral accounts are not margined.
//
// Whoever sends a command that names an order must own it, whatever kind of account; the order of
// somebody else is an unknown one. Reduce-only orders reserve nothing and never open or turn a
// position: when it shrinks, they do (docs/order-book.md). Stops wait outside the book, timed
// orders leave it at their time: whoever drives the gateway calls `advance` as time passes and
// executes what `next_due` gives.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <tuple>
#include <vector>

#include "base/big_vector.hpp"
#include "book/call_auction.hpp"
#include "book/order_book.hpp"
#include "clearing/clearing_house.hpp"
#include "clearing/stop_orders.hpp"

namespace margincall::inline clearing {

// An order that ended or shrank without a command or fill of its own, as it is now.
struct OrderChange {
    InstrumentId instrument;
    OrderId id;
    RestingOrder order;  // left: 0 = gone
};

class OrderGateway final : public PositionLimits {
  public:
    // `books` by InstrumentId; both must outlive the gateway.
    OrderGateway(ClearingHouse& house, std::vector<OrderBook>& books)
        : house_(&house), books_(&books) {}
    // Of a copy: works on the copies of house and books from now on.
    void rebind(ClearingHouse& house, std::vector<OrderBook>& books) {
        house_ = &house;
        books_ = &books;
    }

    // check, then carry_out or refuse.
    AddResult execute(Command& command) {
        const Reject reject = check(command);
        return reject == Reject::none ? carry_out(command) : refuse(command, reject);
    }
    // Whether the account may send this; a reduce-only order is cut to the position. A stop's
    // margin is checked when it is activated, not before.
    [[nodiscard]] Reject check(Command& command);
    // Matches and settles. The fills are in fills() until the next call. Of a stop taken in,
    // nothing is filled and nothing rests.
    AddResult carry_out(const Command& command);
    // Gives back the handle of an order that check refused.
    AddResult refuse(const Command& command, Reject reject);
    [[nodiscard]] std::span<const Fill> fills() const { return fills_; }

    // It is now that late. Timed orders whose time has come are gone before any other command.
    void advance(SimTime now) {
        now_ = now;
        if (!timed_.empty() && std::get<0>(timed_.top()) <= now) [[unlikely]] {
            expire();
        }
    }
    // The venue's mark or index price; the last price is known from the fills.
    void set_price(InstrumentId i, TriggerOn on, Ticks price) { stops_.set_price(i, on, price); }
    // Stops that a price has reached become orders, to be executed one by one, at once, in the
    // order in which they became due.
    [[nodiscard]] bool any_due() const { return stops_.any_due(); }
    [[nodiscard]] std::optional<Command> next_due();
    // --- halts (halted_books.cpp) ---
    // From now on nothing trades in the book: cancels, stops and limit orders good till cancelled are
    // taken, everything that could only trade at once is refused (venue_halted), and so are amends
    // that would trade. A limit order that would trade waits outside the book; it reserves its
    // margin, can be cancelled and not amended. Reduce-only and timed orders do not wait.
    void halt(InstrumentId i);
    [[nodiscard]] bool is_halted(InstrumentId i) const {
        return halted_books_ > 0 && halted_[i.raw()].on;
    }
    // Matching goes on. First what rests and what waits trades at one price (call_auction.hpp),
    // bids from the highest, asks from the lowest, of equal prices what rests before what waits,
    // then by time. The fills are settled and in fills(), what is left of each taker in
    // takers_left(). Of each pair the one that waits is the taker, of two that wait the later. An
    // account does not trade with itself: both its orders shrink by what would have.
    CallPrice reopen_by_auction(InstrumentId i, Ticks reference);
    [[nodiscard]] std::span<const Lots> takers_left() const { return takers_left_; }
    // Matching goes on; what still waits is handed out in the order of arrival, to be executed as if
    // it came now.
    [[nodiscard]] std::vector<Command> reopen(InstrumentId i);
    // Null: no such order waits.
    [[nodiscard]] const Command* find_waiting(InstrumentId i, OrderId order) const;

    // What became of orders meanwhile, until it is forgotten.
    [[nodiscard]] std::span<const OrderChange> changes() const { return changes_; }
    void forget_changes() { changes_.clear(); }
    // A position changed other than by a fill: the account's reduce-only orders follow, and a row
    // closes or gets a new trigger as after a trade.
    void position_moved(AccountId account, InstrumentId i) {
        fit(account, i);
        if (house_->is_row(account)) {
            after_row(account, true);
        }
    }
    // The venue takes the account over: its reduce-only orders are cancelled.
    void cancel_reduce_only(AccountId account);

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

    // Reduce-only orders of one account in one book, first come first.
    using Key = std::uint64_t;
    static Key key_of(AccountId account, InstrumentId i) {
        return std::uint64_t{account.raw()} << 32U | i.raw();
    }
    // Time, arrival, book and name of an order good till then; it may be gone before.
    using Timed = std::tuple<SimTime, std::uint64_t, InstrumentId, OrderId>;

    [[nodiscard]] bool trades_here(const Command& command) const;
    [[nodiscard]] bool in_liquidation(AccountId account) const;
    [[nodiscard]] bool is_forced(const Command& command) const;
    [[nodiscard]] Reject check_halted(const Command& command) const;
    [[nodiscard]] bool waits_for_reopening(const Command& command) const;
    void wait_for_reopening(const Command& command, AddResult& result);
    bool cancel_waiting(InstrumentId i, OrderId order, AccountId account);
    void cancel_all_waiting(InstrumentId i, AccountId account);
    [[nodiscard]] Reject check_add(Command& command);
    [[nodiscard]] Reject check_stop(const Command& command) const;
    [[nodiscard]] Reject check_reduce_only(Command& command);
    [[nodiscard]] Reject check_row(Command& command) const;
    [[nodiscard]] Reject check_cross(const Command& command) const;
    [[nodiscard]] Reject check_amend(Command& command) const;
    [[nodiscard]] Ticks valued_at(Side side, Ticks price, const OrderBook& book) const;
    void hold_stop(const Command& command, AddResult& result);
    bool cancel_stop(InstrumentId i, OrderId order, AccountId account);
    void after_row(AccountId account, bool traded);
    [[nodiscard]] Lots closable(AccountId account,
                                InstrumentId instrument,
                                Side side,
                                std::span<const Fill> unsettled) const override;
    [[nodiscard]] const PositionLimits* limits() const {
        return reduce_only_.empty() ? nullptr : this;
    }
    // Looked at only where there are any.
    void fit(AccountId account, InstrumentId i) {
        if (!reduce_only_.empty()) [[unlikely]] {
            fit_to_position(account, i);
        }
    }
    void fit_to_position(AccountId account, InstrumentId i);
    void expire();
    void settle();
    void set_reservation(InstrumentId i, OrderId order, AccountId account, std::int64_t amount);
    void release_removed(const OrderBook& book, AccountId sender);
    [[nodiscard]] std::int64_t order_margin(const Instrument& inst,
                                            AccountId account,
                                            Ticks price,
                                            Lots qty) const;

    ClearingHouse* house_;                              // never null
    std::vector<OrderBook>* books_;                     // never null
    std::vector<BigVector<Reservation>> reservations_;  // [instrument][slot of the order]
    std::vector<Fill> fills_;
    // Looked up, never walked in its own order.
    boost::unordered_flat_map<Key, std::vector<OrderId>> reduce_only_;
    StopOrders stops_;
    std::priority_queue<Timed, std::vector<Timed>, std::greater<>> timed_;
    std::uint64_t timed_arrivals_ = 0;
    SimTime now_;
    struct HaltedBook {
        bool on = false;
        std::vector<Command> waiting;  // in the order of arrival
    };
    std::vector<HaltedBook> halted_;  // by instrument; empty before the first halt
    std::size_t halted_books_ = 0;
    std::vector<Lots> takers_left_;
    std::vector<OrderChange> changes_;
};

// CHECKs that each cross account's reservation is the sum over its resting orders, that each
// order's is what its price and rest ask for (a reduce-only order's nothing), and that no account's
// reduce-only orders exceed its position. Walks everything; for tests.
void check_order_margin(const OrderGateway& gateway);

}  // namespace margincall::inline clearing
