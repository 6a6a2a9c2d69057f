#include "book/order_book.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace margincall::inline book {

namespace {

// Pages for orders within 2 % of where trading starts, 8 at least and 64 (1 MB) at most.
std::size_t pages_hint(const BookConfig& config) {
    const std::int64_t band = config.price_hint.raw() / 25 / PriceLevels::page_levels;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(band, 8, 64));
}

LevelIndex checked_price_max(const BookConfig& config) {
    CHECK(config.price_max.raw() >= 1);
    CHECK(config.price_max.raw() < PriceLevels::price_limit);
    return static_cast<LevelIndex>(config.price_max.raw());
}

}  // namespace

OrderBook::OrderBook(const BookConfig& config)
    : orders_{config.memory},
      config_{config},
      owners_{config.memory},
      free_{config.memory},
      levels_{checked_price_max(config), pages_hint(config), config.memory} {
    CHECK(config.qty_max.raw() >= 1);
    orders_.resize(std::size_t{config.orders_hint} + 2);
    totals_.resize(measures_totals() ? orders_.size() : 0);
    free_.add(1, config.orders_hint + 1);
    constexpr std::size_t removed_hint = 64;  // one account's orders; grows with the largest seen
    removed_.reserve(removed_hint);
    self_cancelled_.reserve(removed_hint);
}

// Half as many slots again.
void OrderBook::grow() {
    const std::size_t slots = orders_.size() + orders_.size() / 2;
    CHECK(slots < UINT32_MAX);
    const auto first = static_cast<std::uint32_t>(orders_.size());
    orders_.resize(slots);
    totals_.resize(measures_totals() ? slots : 0);
    free_.add(first, static_cast<std::uint32_t>(slots - 1));
}

inline void OrderBook::free_slot(std::uint32_t slot) {
    Order& order = orders_[slot];
    order.state = State::free;
    ++order.generation;
    // A slot whose generations are used up is never handed out again, so that no id ever repeats.
    if (order.generation == UINT32_MAX) [[unlikely]] {
        ++used_up_;
        return;
    }
    free_.give_back(slot);
    __builtin_prefetch(&orders_[free_.next()], 1);
}

void OrderBook::release(OrderId id) {
    CHECK(is_in_state(id, State::reserved));
    --reserved_;
    free_slot(slot_of(id));
}

RestingOrder OrderBook::view(const Order& order) {
    return {.account = order.account,
            .side = order.side,
            .cause = order.cause,
            .price = Ticks::from_raw(order.price),
            .left = Lots::from_raw(order.left),
            .reduce_only = (order.only & reduce_only_bit) != 0 ? ReduceOnly::yes : ReduceOnly::no};
}

// In the order of enum Reject.
inline Reject OrderBook::check_add(const Command& command, const PositionLimits* limits) const {
    const bool is_market = command.type == OrderType::market;
    const std::int64_t price = command.price.raw();
    if (price > config_.price_max.raw() || price < (is_market ? 0 : 1)) {
        return Reject::price_out_of_range;
    }
    if (command.qty.raw() <= 0 || command.qty > config_.qty_max ||
        !has_room(command.qty.raw(), 0)) {
        return Reject::qty_out_of_range;
    }
    if (command.order.valid() && !is_reserved_for(command.order, command.account)) {
        return Reject::unknown_order;
    }
    const LevelIndex limit = price == 0 ? widest(command.side) : static_cast<LevelIndex>(price);
    if (command.post_only == PostOnly::yes &&
        (is_market || command.tif != TimeInForce::gtc || would_take(command.side, limit))) {
        return Reject::post_only_would_take;
    }
    if (command.tif == TimeInForce::fok && fillable_by({.id = {},
                                                        .account = command.account,
                                                        .cause = command.cause,
                                                        .side = command.side,
                                                        .limits = limits},
                                                       limit,
                                                       command.qty.raw()) < command.qty.raw()) {
        return Reject::fok_not_fillable;
    }
    return Reject::none;
}

AddResult OrderBook::add(const Command& command,
                         std::vector<Fill>& fills,
                         const PositionLimits* limits) {
    forget_removed();
    const Reject reject = check_add(command, limits);
    if (reject != Reject::none) [[unlikely]] {
        if (command.order.valid() && is_reserved_for(command.order, command.account)) {
            release(command.order);
        }
        return {.reject = reject, .order = command.order, .filled = {}, .resting = {}};
    }
    OrderId id = command.order;
    if (id.valid()) {
        --reserved_;
    } else {
        const std::uint32_t own_slot = take_slot();
        id = id_of(own_slot, orders_[own_slot]);
    }
    const std::int64_t qty = command.qty.raw();
    const LevelIndex limit = command.price.raw() != 0 ? static_cast<LevelIndex>(command.price.raw())
                                                      : widest(command.side);
    Remainder rest{.left = qty};
    if (would_take(command.side, limit)) {
        rest = match({.id = id,
                      .account = command.account,
                      .cause = command.cause,
                      .side = command.side,
                      .limits = limits},
                     limit,
                     qty,
                     fills);
    }
    entered_ += static_cast<std::uint64_t>(qty);
    const std::uint32_t slot = slot_of(id);
    const std::int64_t filled = qty - rest.left;
    if (rest.left == 0 || rest.stopped || command.type == OrderType::market ||
        command.tif != TimeInForce::gtc) {
        cancelled_ += static_cast<std::uint64_t>(rest.left);
        free_slot(slot);
        return {
            .reject = Reject::none, .order = id, .filled = Lots::from_raw(filled), .resting = {}};
    }
    Order& order = orders_[slot];
    order.left = rest.left;
    order.price = limit;
    order.account = command.account;
    order.cause = command.cause;
    order.only =
        static_cast<std::uint8_t>(static_cast<unsigned>(command.post_only) * post_only_bit |
                                  static_cast<unsigned>(command.reduce_only) * reduce_only_bit);
    order.side = command.side;
    order.state = State::resting;
    if (measures_totals()) [[unlikely]] {
        totals_[slot] = command.qty;
    }
    link(slot);
    owners_.mark(command.account);
    return {.reject = Reject::none,
            .order = id,
            .filled = Lots::from_raw(filled),
            .resting = Lots::from_raw(rest.left)};
}

Reject OrderBook::cancel(OrderId id) {
    if (!is_in_state(id, State::resting)) {
        return Reject::unknown_order;
    }
    remove(slot_of(id));
    return Reject::none;
}

AddResult OrderBook::amend(
    OrderId id, Ticks price, Lots qty, std::vector<Fill>& fills, const PositionLimits* limits) {
    forget_removed();
    AddResult result;
    result.order = id;
    if (qty.raw() == 0) {
        result.reject = cancel(id);
        return result;
    }
    if (price.raw() < 1 || price > config_.price_max) {
        result.reject = Reject::price_out_of_range;
        return result;
    }
    if (qty.raw() < 0 || qty > config_.qty_max) {
        result.reject = Reject::qty_out_of_range;
        return result;
    }
    if (!is_in_state(id, State::resting)) {
        result.reject = Reject::unknown_order;
        return result;
    }
    const std::uint32_t slot = slot_of(id);
    const LevelIndex limit = static_cast<LevelIndex>(price.raw());
    Order& order = orders_[slot];
    const std::int64_t wanted = amended(id, qty).raw();
    if (wanted <= 0) {
        remove(slot);
        return result;
    }
    if (wanted > order.left && !has_room(wanted, order.left)) {
        result.reject = Reject::qty_out_of_range;
        return result;
    }
    const bool takes = would_take(order.side, limit);
    if (takes && (order.only & post_only_bit) != 0) {
        result.reject = Reject::post_only_would_take;
        return result;
    }
    if (measures_totals()) {
        totals_[slot] = qty;
    }
    entered_ += static_cast<std::uint64_t>(wanted);
    cancelled_ += static_cast<std::uint64_t>(order.left);
    if (limit == order.price && wanted <= order.left) {
        levels_.at(limit).qty -= order.left - wanted;
        order.left = wanted;
        result.resting = Lots::from_raw(wanted);
        return result;
    }
    unlink(slot);
    Remainder rest{.left = wanted};
    if (takes) {
        rest = match({.id = id,
                      .account = order.account,
                      .cause = order.cause,
                      .side = order.side,
                      .limits = limits},
                     limit,
                     wanted,
                     fills);
    }
    result.filled = Lots::from_raw(wanted - rest.left);
    if (rest.left == 0 || rest.stopped) {
        cancelled_ += static_cast<std::uint64_t>(rest.left);
        free_slot(slot);
        return result;
    }
    order.price = limit;
    order.left = rest.left;
    link(slot);
    result.resting = Lots::from_raw(rest.left);
    return result;
}

void OrderBook::shrink(OrderId id, Lots left) {
    CHECK(is_in_state(id, State::resting));
    Order& order = orders_[slot_of(id)];
    const std::int64_t less = order.left - left.raw();
    CHECK(less >= 0 && left.raw() >= 0);
    if (left.raw() == 0) {
        remove(slot_of(id));
        return;
    }
    if (measures_totals()) {
        totals_[slot_of(id)] -= Lots::from_raw(less);
    }
    levels_.at(order.price).qty -= less;
    cancelled_ += static_cast<std::uint64_t>(less);
    order.left = left.raw();
}

void OrderBook::trade_in_auction(OrderId bid, OrderId ask, Lots qty) {
    CHECK(qty.raw() > 0);
    const auto traded = static_cast<std::uint64_t>(qty.raw());
    for (const OrderId id : {bid, ask}) {
        if (!id.valid()) {
            entered_ += traded;
            continue;
        }
        CHECK(is_in_state(id, State::resting));
        const std::uint32_t slot = slot_of(id);
        Order& order = orders_[slot];
        CHECK(order.left >= qty.raw());
        if (order.left == qty.raw()) {
            unlink(slot);
            free_slot(slot);
        } else {
            levels_.at(order.price).qty -= qty.raw();
            order.left -= qty.raw();
        }
    }
    traded_ += traded;
}

std::uint32_t OrderBook::cancel_all(AccountId account) {
    forget_removed();
    if (!owners_.may_have_orders(account)) {
        return 0;
    }
    owners_.clear(account);
    std::uint32_t found = 0;
    std::uint64_t still_to_see = live_orders();
    for (std::uint32_t slot = 1; still_to_see > 0; ++slot) {
        const Order& order = orders_[slot];
        if (order.state == State::resting) {
            --still_to_see;
            if (order.account == account) {
                note_removed(slot);
                remove(slot);
                ++found;
            }
        }
    }
    return found;
}

// Takes from the other side, best price first and oldest order first, until the taker is done, the
// limit is reached or self-trade prevention stops it.
template <Side side, bool watched>
OrderBook::Remainder OrderBook::match_side(const Taker& taker,
                                           LevelIndex limit,
                                           std::int64_t qty,
                                           std::vector<Fill>& fills) {
    const bool prevent = config_.stp != SelfTradePrevention::none && taker.account.valid();
    Order* const orders = orders_.data();
    std::int64_t left = qty;
    bool stopped = false;
    while (left > 0 && !stopped && would_take(side, limit)) {
        const LevelIndex price = best(opposite(side));
        Level& level = levels_.at(price);
        std::uint32_t slot = level.head;
        std::int64_t level_left = level.qty;
        while (slot != 0 && left > 0) {
            Order& maker = orders[slot];
            if (prevent && maker.account == taker.account) [[unlikely]] {
                stopped = config_.stp != SelfTradePrevention::cancel_maker;
                if (config_.stp == SelfTradePrevention::cancel_taker) {
                    break;
                }
                note_removed(slot);
                self_cancelled_.push_back(id_of(slot, maker));
                level_left -= maker.left;
                cancelled_ += static_cast<std::uint64_t>(maker.left);
                if (stopped) {
                    slot = maker.next;
                    free_slot(slot_of(self_cancelled_.back()));
                    break;
                }
            } else if (watched && (maker.only & reduce_only_bit) != 0 &&
                       has_nothing_to_reduce(slot, taker, left, level_left, fills)) [[unlikely]] {
                // Taken out without a trade.
            } else {
                const std::int64_t traded = std::min(left, maker.left);
                maker.left -= traded;
                left -= traded;
                level_left -= traded;
                fills.push_back({.instrument = config_.instrument,
                                 .maker_order = id_of(slot, maker),
                                 .taker_order = taker.id,
                                 .maker = maker.account,
                                 .taker = taker.account,
                                 .taker_side = side,
                                 .maker_cause = maker.cause,
                                 .taker_cause = taker.cause,
                                 .price = Ticks::from_raw(price),
                                 .qty = Lots::from_raw(traded),
                                 .maker_left = Lots::from_raw(maker.left)});
                if (maker.left > 0) {
                    break;
                }
            }
            const std::uint32_t next = maker.next;
            free_slot(slot);
            slot = next;
        }
        level.head = slot;
        level.qty = level_left;
        if (slot != 0) {
            orders[slot].previous = 0;
            __builtin_prefetch(&orders[orders[slot].next], 1);
        } else {
            level.tail = 0;
            level_emptied(opposite(side), price);
        }
    }
    traded_ += static_cast<std::uint64_t>(qty - left);
    return {.left = left, .stopped = stopped};
}

// Cuts a reduce-only order that a taker meets to what it may still reduce. True: to nothing.
[[gnu::noinline]] bool OrderBook::has_nothing_to_reduce(std::uint32_t slot,
                                                        const Taker& taker,
                                                        std::int64_t left,
                                                        std::int64_t& level_left,
                                                        std::span<const Fill> fills) {
    Order& maker = orders_[slot];
    const std::int64_t allowed =
        taker.limits->closable(maker.account, config_.instrument, maker.side, fills).raw();
    if (allowed >= std::min(left, maker.left)) {
        return false;
    }
    maker.left -= allowed;
    note_removed(slot);
    level_left -= maker.left;
    cancelled_ += static_cast<std::uint64_t>(maker.left);
    maker.left = allowed;
    return allowed == 0;
}

OrderBook::Remainder OrderBook::match(const Taker& taker,
                                      LevelIndex limit,
                                      std::int64_t qty,
                                      std::vector<Fill>& fills) {
    if (taker.limits != nullptr) [[unlikely]] {
        return taker.side == Side::buy ? match_side<Side::buy, true>(taker, limit, qty, fills)
                                       : match_side<Side::sell, true>(taker, limit, qty, fills);
    }
    return taker.side == Side::buy ? match_side<Side::buy, false>(taker, limit, qty, fills)
                                   : match_side<Side::sell, false>(taker, limit, qty, fills);
}

// What a fill-or-kill order would get, own and reduce-only orders taken as matching takes them.
std::int64_t OrderBook::fillable_by(const Taker& taker, LevelIndex limit, std::int64_t want) const {
    const bool prevent =
        config_.stp != SelfTradePrevention::none && owners_.may_have_orders(taker.account);
    std::vector<Fill> walked;  // as if they had traded; only for the limits
    std::int64_t found = 0;
    for_each_level(opposite(taker.side), Ticks::from_raw(limit), [&](Ticks price, Lots qty) {
        if (!prevent && taker.limits == nullptr) {
            found += std::min(qty.raw(), want - found);
            return found < want;
        }
        std::uint32_t slot = levels_.at(static_cast<LevelIndex>(price.raw())).head;
        for (; slot != 0 && found < want; slot = orders_[slot].next) {
            const Order& maker = orders_[slot];
            if (prevent && maker.account == taker.account) {
                if (config_.stp != SelfTradePrevention::cancel_maker) {
                    return false;
                }
                continue;
            }
            std::int64_t here = std::min(maker.left, want - found);
            if (taker.limits != nullptr) {
                if ((maker.only & reduce_only_bit) != 0) {
                    here = std::min(
                        here,
                        taker.limits
                            ->closable(maker.account, config_.instrument, maker.side, walked)
                            .raw());
                }
                walked.push_back({.instrument = config_.instrument,
                                  .maker_order = {},
                                  .taker_order = {},
                                  .maker = maker.account,
                                  .taker = taker.account,
                                  .taker_side = taker.side,
                                  .maker_cause = maker.cause,
                                  .taker_cause = taker.cause,
                                  .price = price,
                                  .qty = Lots::from_raw(here),
                                  .maker_left = {}});
            }
            found += here;
        }
        return found < want;
    });
    return found;
}

Lots OrderBook::fillable(Side taker, Ticks limit, Lots want) const {
    std::int64_t found = 0;
    if (want.raw() > 0) {
        for_each_level(opposite(taker), limit, [&](Ticks /*price*/, Lots qty) {
            found += std::min(qty.raw(), want.raw() - found);
            return found < want.raw();
        });
    }
    return Lots::from_raw(found);
}

// Puts an order that has its price and size at the back of its level.
inline void OrderBook::link(std::uint32_t slot) {
    Order& order = orders_[slot];
    Level& level = levels_.touch(order.price);
    order.next = 0;
    order.previous = level.tail;
    if (level.tail != 0) {
        orders_[level.tail].next = slot;
    } else {
        level.head = slot;
        levels_.mark(order.price);
        const Side taker = opposite(order.side);
        if (paid_by(taker, order.price) < paid_by(taker, best(order.side))) {
            best(order.side) = order.price;
        }
    }
    level.tail = slot;
    level.qty = checked_add(level.qty, order.left);
}

// Takes a resting order out of its level's queue.
inline void OrderBook::unlink(std::uint32_t slot) {
    const Order& order = orders_[slot];
    Level& level = levels_.at(order.price);
    (order.previous != 0 ? orders_[order.previous].next : level.head) = order.next;
    (order.next != 0 ? orders_[order.next].previous : level.tail) = order.previous;
    level.qty -= order.left;
    if (level.head == 0) {
        level_emptied(order.side, order.price);
    }
}

// Cancels a resting order.
inline void OrderBook::remove(std::uint32_t slot) {
    unlink(slot);
    const Order& order = orders_[slot];
    cancelled_ += static_cast<std::uint64_t>(order.left);
    free_slot(slot);
}

[[gnu::noinline]] void OrderBook::level_emptied(Side side, LevelIndex price) {
    if (price == best(side)) {
        const LevelIndex next = side == Side::buy ? levels_.below(price) : levels_.above(price);
        best(side) = next == 0 && side == Side::sell ? no_ask : next;
    }
    levels_.clear(price);
}

void OrderBook::note_removed(std::uint32_t slot) {
    removed_.push_back({.id = id_of(slot, orders_[slot]), .order = view(orders_[slot])});
}

bool OrderBook::find(OrderId id, RestingOrder& out) const {
    if (!is_in_state(id, State::resting)) {
        return false;
    }
    out = view(orders_[slot_of(id)]);
    return true;
}

Lots OrderBook::level_qty(Ticks price) const {
    if (price.raw() < 1 || price > config_.price_max) {
        return Lots{};
    }
    const LevelIndex at = static_cast<LevelIndex>(price.raw());
    return levels_.occupied(at) ? Lots::from_raw(levels_.at(at).qty) : Lots{};
}

void OrderBook::add_to_digest(Digest& digest) const {
    for (LevelIndex price = levels_.above(0); price != 0; price = levels_.above(price)) {
        digest.add(price);
        for (std::uint32_t slot = levels_.at(price).head; slot != 0; slot = orders_[slot].next) {
            const Order& order = orders_[slot];
            digest.add(id_of(slot, order).raw());
            digest.add(std::uint64_t{order.account.raw()} << 32U |
                       std::uint64_t(order.side) << 16U | std::uint64_t(order.cause) << 8U |
                       std::uint64_t(order.only));
            digest.add_signed(order.left);
        }
    }
    digest.add(live_orders());
    digest.add(reserved_orders());
    digest.add(entered_);
    digest.add(traded_);
    digest.add(cancelled_);
}

void check_book(const OrderBook& book) {
    using State = OrderBook::State;
    check_levels(book.levels_);
    // Best prices and no crossing.
    const LevelIndex best_bid = book.best(Side::buy);
    const LevelIndex best_ask =
        book.best(Side::sell) == OrderBook::no_ask ? 0 : book.best(Side::sell);
    CHECK(best_bid < book.best(Side::sell));
    CHECK(best_bid == 0 || book.levels_.occupied(best_bid));
    CHECK(best_ask == 0 || book.levels_.occupied(best_ask));
    CHECK_EQ(book.levels_.above(best_bid), best_ask);
    // Levels: queue links, side, price, totals.
    std::uint64_t live = 0;
    std::uint64_t resting = 0;
    for (LevelIndex price = book.levels_.above(0); price != 0; price = book.levels_.above(price)) {
        const Level& level = book.levels_.at(price);
        std::int64_t total = 0;
        std::uint32_t previous = 0;
        for (std::uint32_t slot = level.head; slot != 0; slot = book.orders_[slot].next) {
            const OrderBook::Order& order = book.orders_[slot];
            CHECK(order.state == State::resting);
            CHECK_EQ(order.price, price);
            CHECK(order.side == (price <= best_bid ? Side::buy : Side::sell));
            CHECK(order.left > 0);
            CHECK(order.left <= book.config_.qty_max.raw());
            CHECK(!book.measures_totals() || book.totals_[slot].raw() >= order.left);
            CHECK_EQ(order.previous, previous);
            total = checked_add(total, order.left);
            previous = slot;
            ++live;
        }
        CHECK_EQ(level.tail, previous);
        CHECK_EQ(level.qty, total);
        resting += static_cast<std::uint64_t>(total);
    }
    CHECK_EQ(live, book.live_orders());
    CHECK_EQ(book.entered_, 2 * book.traded_ + book.cancelled_ + resting);
    // Slab: every slot is in one state, and the free ones are known as free unless used up.
    std::uint64_t in_state[4] = {0, 0, 0, 0};
    std::uint64_t used_up = 0;
    for (std::size_t slot = 1; slot < book.orders_.size(); ++slot) {
        const OrderBook::Order& order = book.orders_[slot];
        ++in_state[static_cast<std::size_t>(order.state)];
        used_up += order.generation == UINT32_MAX ? 1U : 0U;
    }
    CHECK_EQ(in_state[static_cast<std::size_t>(State::reserved)] +
                 in_state[static_cast<std::size_t>(State::held)],
             book.reserved_orders());
    CHECK_EQ(in_state[static_cast<std::size_t>(State::resting)], book.live_orders());
    std::uint64_t known_free = 0;
    book.free_.for_each_unsorted([&](std::uint32_t slot) {
        CHECK(book.orders_[slot].state == State::free);
        ++known_free;
    });
    CHECK_EQ(known_free + used_up, in_state[static_cast<std::size_t>(State::free)]);
    CHECK_EQ(used_up, book.used_up_);
    // Owners: whoever has an order resting is marked.
    for (const OrderBook::Order& order : book.orders_) {
        CHECK(order.state != State::resting || !order.account.valid() ||
              book.owners_.may_have_orders(order.account));
    }
}

}  // namespace margincall::inline book
