// Order book of one instrument: price-time priority matching. Knows nothing of accounts beyond
// their ids (mass cancel, self-trade prevention), of money or of margin. Rules and limits:
// docs/order-book.md.
//
// Orders live in a slab and are named by slot and generation, so that an id handed out when the
// order is sent finds the order directly and a stale id is detected. Levels are described in
// price_levels.hpp. Nothing is allocated once slab, pages and the caller's fill vector have reached
// their working size.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/digest.hpp"
#include "book/free_slots.hpp"
#include "book/owner_marks.hpp"
#include "book/price_levels.hpp"
#include "market/order.hpp"

namespace margincall::inline book {

// What happens when an order meets one of the same account: nothing, or one of the two is cancelled
// (the resting one, and matching goes on; or the rest of the incoming one), or both are.
enum class SelfTradePrevention : std::uint8_t { none, cancel_maker, cancel_taker, cancel_both };

// What the size in an amend means: what shall remain, or the whole order with what it has traded.
enum class AmendMeasure : std::uint8_t { remaining, total };

// What the book asks of whoever knows the positions when a reduce-only order rests.
class PositionLimits {
  public:
    PositionLimits() = default;
    PositionLimits(const PositionLimits&) = default;
    PositionLimits& operator=(const PositionLimits&) = default;
    virtual ~PositionLimits() = default;
    // How much an order of that side would take off the account's position, once `unsettled` is
    // settled.
    [[nodiscard]] virtual Lots closable(AccountId account,
                                        InstrumentId instrument,
                                        Side side,
                                        std::span<const Fill> unsettled) const = 0;
};

struct BookConfig {
    InstrumentId instrument;
    Ticks
        price_max;  // highest price accepted, below PriceLevels::price_limit; the lowest is 1 tick
    Lots qty_max;   // largest single order
    Ticks price_hint;  // where trading starts; only a hint for memory
    std::uint32_t orders_hint = 1024;
    SelfTradePrevention stp = SelfTradePrevention::cancel_maker;
    AmendMeasure amend = AmendMeasure::remaining;
    // Where orders and levels lie (a book that grows leaves memory behind in a resource that never
    // takes any back); it must outlive the book.
    std::pmr::memory_resource* memory = std::pmr::get_default_resource();
};

// What became of an add or amend. With a reject nothing changed, except that the handle of a
// rejected new order is used up. filled + resting may be less than the order's size: the rest was
// cancelled (IOC, market, self-trade prevention).
struct AddResult {
    Reject reject = Reject::none;
    OrderId order;  // the handle (also when nothing rests)
    Lots filled;
    Lots resting;  // 0: filled, cancelled (IOC rest) or rejected
    friend bool operator==(const AddResult&, const AddResult&) = default;
};

struct RestingOrder {  // read-only view of a live order
    AccountId account;
    Side side = Side::buy;
    Cause cause = Cause::test;
    Ticks price;
    Lots left;
    ReduceOnly reduce_only = ReduceOnly::no;
    friend bool operator==(const RestingOrder&, const RestingOrder&) = default;
};

// An order, or what was left of it, taken out of the book other than by its own cancel or a fill.
struct RemovedOrder {
    OrderId id;
    RestingOrder order;
};

class alignas(64) OrderBook {
  public:
    explicit OrderBook(const BookConfig& config);

    // Handle for an order still on its way to the venue; `owner`: nobody else can use it.
    [[nodiscard]] OrderId reserve(AccountId owner = {}) {
        const std::uint32_t slot = take_slot();
        ++reserved_;
        Order& order = orders_[slot];
        order.state = State::reserved;
        order.account = owner;
        return id_of(slot, order);
    }
    // Gives back a reserved handle that was never added.
    void release(OrderId id);
    // A reserved handle that nobody, or this account, keeps.
    [[nodiscard]] bool is_reserved_for(OrderId id, AccountId account) const {
        return is_in_state(id, State::reserved) &&
               (!orders_[slot_of(id)].account.valid() || orders_[slot_of(id)].account == account);
    }
    // The handle of an order that waits outside the book: of no use to anybody until it is let go.
    void hold(OrderId id) { change_state(id, State::reserved, State::held); }
    void let_go(OrderId id) { change_state(id, State::held, State::reserved); }

    // New order: command.order is a reserved handle, or invalid (then the book takes one itself).
    // The handle stays alive only while the order rests. Fills are appended. Market orders, IOC and
    // FOK never rest; a post-only order that could only take is rejected as one that would. With
    // `limits` a resting reduce-only order trades at most what they allow, and its rest is taken
    // out when it meets a taker that wants more; without, it is like any other.
    AddResult add(const Command& command,
                  std::vector<Fill>& fills,
                  const PositionLimits* limits = nullptr);
    // For whoever knows some commands ahead what will come: what the command needs is brought into
    // the cache. First the order that it names (a raw id of 0 stands for none), and a little later
    // those beside it in its queue and its level, or the level of `price` if it names none: no
    // branch, because nothing foretells that. (g++ 12 drops calls of a prefetching function unless
    // it is inlined at once.)
    [[gnu::always_inline]] inline void prefetch(OrderId id) const {
        DCHECK(slot_of(id) < orders_.size());
        __builtin_prefetch(&orders_[slot_of(id)], 1);
    }
    [[gnu::always_inline]] inline void prefetch_around(OrderId id, Ticks price) const {
        const std::uint32_t slot = slot_of(id);
        DCHECK(slot < orders_.size());
        const Order& order = orders_[slot];
        __builtin_prefetch(&orders_[order.next], 1);
        __builtin_prefetch(&orders_[order.previous], 1);
        const LevelIndex if_unnamed = slot == 0 ? 1 : 0;
        levels_.prefetch(order.price + static_cast<LevelIndex>(price.raw()) * if_unnamed);
    }
    // An order that does not rest (stale, filled, reserved but not added) is unknown.
    Reject cancel(OrderId id);
    // New price and size, the latter as config().amend measures it. Same price and not larger:
    // keeps its place in the queue; else it goes to the back of its new level, after trading if the
    // new price crosses. Size 0, or a total not above what has traded, cancels, the former whatever
    // the price. A post-only order stays post-only, a reduce-only order reduce-only.
    AddResult amend(OrderId id,
                    Ticks price,
                    Lots qty,
                    std::vector<Fill>& fills,
                    const PositionLimits* limits = nullptr);
    // What would remain of a resting order amended to `qty`; 0 or less: nothing.
    [[nodiscard]] Lots amended(OrderId id, Lots qty) const {
        return measures_totals() ? qty - (totals_[slot_of(id)] - left_of(id)) : qty;
    }
    // Makes a resting order smaller where it stands; 0 takes it out. removed() stays as it is.
    void shrink(OrderId id, Lots left);
    // Two orders trade outside of matching, at a price that an auction found. An invalid id stands for
    // an order that does not rest: it enters as it trades. What rests becomes smaller where it stands
    // and leaves at 0. removed() stays as it is.
    void trade_in_auction(OrderId bid, OrderId ask, Lots qty);
    // Cancels every order of the account and returns how many. They are found by walking the slab,
    // so the order of removed() is arbitrary, though the same in every run; an account without
    // orders costs nothing.
    std::uint32_t cancel_all(AccountId account);

    // Resting orders cancelled by self-trade prevention in the last add or amend.
    [[nodiscard]] const std::vector<OrderId>& self_cancelled() const { return self_cancelled_; }
    // The same, and the orders of the last cancel_all, with what they were.
    [[nodiscard]] const std::vector<RemovedOrder>& removed() const { return removed_; }

    [[nodiscard]] Ticks best_bid() const {
        return Ticks::from_raw(best(Side::buy));
    }                                       // 0 = no bids
    [[nodiscard]] Ticks best_ask() const {  // 0 = no asks
        return Ticks::from_raw(best(Side::sell) == no_ask ? 0 : best(Side::sell));
    }
    [[nodiscard]] bool find(OrderId id, RestingOrder& out) const;
    // Whether that order rests and is not this account's.
    [[nodiscard]] bool is_of_another(OrderId id, AccountId account) const {
        return is_in_state(id, State::resting) && orders_[slot_of(id)].account != account;
    }
    [[nodiscard]] Lots level_qty(Ticks price) const;  // of either side; 0 = empty or out of range
    [[nodiscard]] std::uint64_t live_orders() const {
        return orders_.size() - 1 - used_up_ - free_.count() - reserved_;
    }
    [[nodiscard]] std::uint64_t reserved_orders() const { return reserved_; }
    [[nodiscard]] const BookConfig& config() const { return config_; }

    // From the best price outwards to `limit` inclusive (0 = no limit): f(Ticks price, Lots qty) ->
    // bool, false stops. The book must not change meanwhile.
    template <class F>
    void for_each_level(Side side, Ticks limit, F&& f) const {
        if (side == Side::buy) {
            const std::int64_t last = limit.raw();
            walk_levels([&](LevelIndex at) { return at >= last ? at : 0; },
                        [&](LevelIndex at) { return levels_.below(at); },
                        best(Side::buy),
                        f);
        } else {
            const std::int64_t last = limit.raw() == 0 ? config_.price_max.raw() : limit.raw();
            walk_levels([&](LevelIndex at) { return at <= last ? at : 0; },
                        [&](LevelIndex at) { return levels_.above(at); },
                        best(Side::sell) == no_ask ? 0 : best(Side::sell),
                        f);
        }
    }
    // The orders of one level, first in the queue first: f(OrderId, const RestingOrder&).
    template <class F>
    void for_each_order(Ticks price, F&& f) const {
        if (level_qty(price).raw() == 0) {
            return;
        }
        std::uint32_t slot = levels_.at(static_cast<LevelIndex>(price.raw())).head;
        for (; slot != 0; slot = orders_[slot].next) {
            f(id_of(slot, orders_[slot]), view(orders_[slot]));
        }
    }
    [[nodiscard]] std::size_t pages_allocated() const { return levels_.pages_allocated(); }
    // How much a taker could get up to `limit` inclusive (0 = no limit), at most `want`. Regardless
    // of self-trade prevention.
    [[nodiscard]] Lots fillable(Side taker, Ticks limit, Lots want) const;

    void add_to_digest(Digest& digest) const;
    friend void check_book(const OrderBook& book);

  private:
    enum class State : std::uint8_t { free, reserved, resting, held };
    struct alignas(32) Order {       // half a cache line, never across two
        std::uint32_t next = 0;      // towards the back of the queue
        std::uint32_t previous = 0;  // towards the front
        std::int64_t left = 0;
        LevelIndex price = 0;
        AccountId account;
        std::uint32_t generation = 0;
        // Not in the order of Command: copied as one word, they would wait for the bytes just
        // written.
        Cause cause = Cause::test;
        std::uint8_t only = 0;  // post_only_bit, reduce_only_bit
        Side side = Side::buy;
        State state = State::free;
    };
    static constexpr std::int64_t size_always = std::int64_t{1} << 30U;
    static constexpr std::int64_t resting_large = std::int64_t{1} << 62U;
    static constexpr std::uint8_t post_only_bit = 1;
    static constexpr std::uint8_t reduce_only_bit = 2;
    static_assert(sizeof(Order) == 32);
    static constexpr LevelIndex no_ask = UINT32_MAX;

    struct Taker {  // an incoming order
        OrderId id;
        AccountId account;
        Cause cause;
        Side side;
        const PositionLimits* limits;  // null: no reduce-only order is looked at
    };
    struct Remainder {
        std::int64_t left = 0;
        bool stopped = false;  // by self-trade prevention: it neither trades nor rests
    };

    static OrderId id_of(std::uint32_t slot, const Order& order) {
        return OrderId::from_raw(std::uint64_t{order.generation} << 32U | slot);
    }
    static std::uint32_t slot_of(OrderId id) { return static_cast<std::uint32_t>(id.raw()); }
    static RestingOrder view(const Order& order);
    [[nodiscard]] bool is_in_state(OrderId id, State state) const {
        const std::uint32_t slot = slot_of(id);
        return slot < orders_.size() && orders_[slot].generation == id.raw() >> 32U &&
               orders_[slot].state == state;
    }

    void change_state(OrderId id, State from, State to) {
        CHECK(is_in_state(id, from));
        orders_[slot_of(id)].state = to;
    }
    [[nodiscard]] bool measures_totals() const { return config_.amend == AmendMeasure::total; }
    [[nodiscard]] Lots left_of(OrderId id) const {
        return Lots::from_raw(orders_[slot_of(id)].left);
    }
    // Whether an order of that size can rest instead of `left`, so that all that rests fits into 63
    // bits, and with it every level. The slots are fewer than 2^32: orders of up to 2^30 never fill
    // more than half of it, and the others are let in while no more than the other half rests.
    [[nodiscard]] bool has_room(std::int64_t size, std::int64_t left) const {
        if (size <= size_always) [[likely]] {
            return true;
        }
        const std::uint64_t resting = entered_ - 2 * traded_ - cancelled_;
        return size <= resting_large - (static_cast<std::int64_t>(resting) - left);
    }

    // The bitmap tells which levels come, so that they are fetched a few ahead. `inside`: the price,
    // or 0 beyond the limit.
    template <class Inside, class Next, class F>
    void walk_levels(Inside&& inside, Next&& next, LevelIndex first, F&& f) const {
        constexpr int ahead = 6;
        LevelIndex coming = inside(first);
        for (int k = 0; k < ahead && coming != 0; ++k) {
            levels_.prefetch(coming);
            coming = inside(next(coming));
        }
        for (LevelIndex at = inside(first); at != 0; at = inside(next(at))) {
            if (coming != 0) {
                levels_.prefetch(coming);
                coming = inside(next(coming));
            }
            if (!f(Ticks::from_raw(at), Lots::from_raw(levels_.at(at).qty))) {
                return;
            }
        }
    }
    [[nodiscard]] std::uint32_t take_slot() {
        if (free_.empty()) [[unlikely]] {
            grow();
        }
        const std::uint32_t slot = free_.take();
        __builtin_prefetch(&orders_[free_.next()], 1);
        return slot;
    }
    void grow();
    void free_slot(std::uint32_t slot);
    [[nodiscard]] Reject check_add(const Command& command, const PositionLimits* limits) const;
    // A price so that lower is better for the taker: a buyer's as it is, a seller's upside down. No
    // branch, because nothing foretells the side of the next order.
    static LevelIndex paid_by(Side taker, LevelIndex price) {
        return price ^ (LevelIndex{0} - static_cast<LevelIndex>(taker));
    }
    [[nodiscard]] LevelIndex best(Side side) const { return best_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] LevelIndex& best(Side side) { return best_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] bool would_take(Side taker, LevelIndex limit) const {
        return paid_by(taker, best(opposite(taker))) <= paid_by(taker, limit);
    }
    // Limit that stands for "any price".
    [[nodiscard]] LevelIndex widest(Side taker) const {
        return taker == Side::buy ? static_cast<LevelIndex>(config_.price_max.raw()) : 1;
    }
    [[nodiscard]] std::int64_t fillable_by(const Taker& taker,
                                           LevelIndex limit,
                                           std::int64_t want) const;
    [[nodiscard]] bool has_nothing_to_reduce(std::uint32_t slot,
                                             const Taker& taker,
                                             std::int64_t left,
                                             std::int64_t& level_left,
                                             std::span<const Fill> fills);
    Remainder match(const Taker& taker,
                    LevelIndex limit,
                    std::int64_t qty,
                    std::vector<Fill>& fills);
    // watched: reduce-only orders trade what the limits allow.
    template <Side side, bool watched>
    Remainder match_side(const Taker& taker,
                         LevelIndex limit,
                         std::int64_t qty,
                         std::vector<Fill>& fills);
    void link(std::uint32_t slot);
    void unlink(std::uint32_t slot);
    void remove(std::uint32_t slot);
    void level_emptied(Side side, LevelIndex price);
    void note_removed(std::uint32_t slot);
    void forget_removed() {
        if (!removed_.empty()) [[unlikely]] {
            removed_.clear();
            self_cancelled_.clear();
        }
    }

    // In this order for the cache: what every command needs lies in the first three lines.
    std::pmr::vector<Order> orders_;  // slot 0 is nobody's: 0 means "none"
    BookConfig config_;
    std::array<LevelIndex, 2> best_ = {0, no_ask};  // by side
    std::uint64_t reserved_ = 0;                    // handed out and neither added nor released
    // Sizes since the start, modulo 2^64: entered = 2 * traded + cancelled + resting.
    std::uint64_t entered_ = 0;
    std::uint64_t cancelled_ = 0;
    std::uint64_t traded_ = 0;
    OwnerMarks owners_;
    FreeSlots free_;
    std::uint64_t used_up_ = 0;  // slots that no id is left for
    std::vector<RemovedOrder> removed_;
    PriceLevels levels_;
    std::vector<OrderId> self_cancelled_;
    std::vector<Lots> totals_;  // by slot, of resting orders; empty unless an amend needs them
};

// Stops the program when the book contradicts itself: crossed, a level's total or order wrong,
// bitmap, owners' marks, slab or the sum of all sizes not adding up. Walks everything; for tests.
void check_book(const OrderBook& book);

}  // namespace margincall::inline book
