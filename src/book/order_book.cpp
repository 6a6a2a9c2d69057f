#include "book/order_book.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace margincall {

namespace {

// Pages for orders within 2 % of where trading starts, a few at least and 64 (1 MB) at most.
std::size_t pages_hint(const BookConfig& config) {
    const std::int64_t band = config.price_hint.raw() / 25 / PriceLevels::page_levels;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(band, 3, 64));
}

LevelIndex checked_price_max(const BookConfig& config) {
    CHECK(config.price_max.raw() >= 1);
    CHECK(config.price_max.raw() < PriceLevels::price_limit);
    return static_cast<LevelIndex>(config.price_max.raw());
}

}  // namespace

OrderBook::OrderBook(const BookConfig& config)
    : config_{config}, levels_{checked_price_max(config), pages_hint(config)} {
    CHECK(config.qty_max.raw() >= 1);
    const std::size_t slots = std::size_t{config.orders_hint} + 1;
    orders_.reserve(slots);
    owners_.reserve(slots);
    orders_.emplace_back();
    owners_.resize(1);
}

std::uint32_t OrderBook::grow() {
    CHECK(orders_.size() < UINT32_MAX);
    orders_.emplace_back();
    owners_.resize(orders_.size());
    return static_cast<std::uint32_t>(orders_.size() - 1);
}

void OrderBook::free_slot(std::uint32_t slot) {
    Order& order = orders_[slot];
    order.state = State::free;
    ++order.generation;
    // A slot whose generations are used up is never handed out again, so that no id ever repeats.
    if (order.generation == UINT32_MAX) [[unlikely]] {
        return;
    }
    order.next = free_;
    free_ = slot;
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
            .left = Lots::from_raw(order.left)};
}

// In the order of enum Reject.
Reject OrderBook::check_add(const Command& command) const {
    const bool is_market = command.type == OrderType::market;
    const std::int64_t price = command.price.raw();
    if (price > config_.price_max.raw() || price < (is_market ? 0 : 1)) {
        return Reject::price_out_of_range;
    }
    if (command.qty.raw() <= 0 || command.qty > config_.qty_max) {
        return Reject::qty_out_of_range;
    }
    if (command.order.valid() && !is_in_state(command.order, State::reserved)) {
        return Reject::unknown_order;
    }
    const LevelIndex limit = price == 0 ? widest(command.side) : static_cast<LevelIndex>(price);
    if (command.post_only == PostOnly::yes &&
        (is_market || command.tif != TimeInForce::gtc || would_take(command.side, limit))) {
        return Reject::post_only_would_take;
    }
    if (command.tif == TimeInForce::fok &&
        fillable_by(command.account, command.side, limit, command.qty.raw()) < command.qty.raw()) {
        return Reject::fok_not_fillable;
    }
    return Reject::none;
}

AddResult OrderBook::add(const Command& command, std::vector<Fill>& fills) {
    self_cancelled_.clear();
    removed_.clear();
    AddResult result;
    result.order = command.order;
    result.reject = check_add(command);
    if (result.reject != Reject::none) {
        if (command.order.valid() && is_in_state(command.order, State::reserved)) {
            release(command.order);
        }
        return result;
    }
    if (!result.order.valid()) {
        result.order = reserve();
    }
    --reserved_;
    entered_ += static_cast<std::uint64_t>(command.qty.raw());

    const std::uint32_t slot = slot_of(result.order);
    LevelIndex limit = static_cast<LevelIndex>(command.price.raw());
    if (limit == 0) {
        limit = widest(command.side);
    }
    Taker taker{.id = result.order,
                .account = command.account,
                .cause = command.cause,
                .left = command.qty.raw()};
    if (would_take(command.side, limit)) {
        if (command.side == Side::buy) {
            match<Side::buy>(taker, limit, fills);
        } else {
            match<Side::sell>(taker, limit, fills);
        }
    }
    result.filled = Lots::from_raw(command.qty.raw() - taker.left);
    const bool rests = taker.left > 0 && !taker.stopped && command.type == OrderType::limit &&
                       command.tif == TimeInForce::gtc;
    if (!rests) {
        cancelled_ += static_cast<std::uint64_t>(taker.left);
        free_slot(slot);
        return result;
    }
    Order& order = orders_[slot];
    order.left = taker.left;
    order.price = limit;
    order.account = command.account;
    order.side = command.side;
    order.cause = command.cause;
    order.post_only = command.post_only;
    order.state = State::resting;
    rest(slot);
    if (order.account.valid()) {
        owners_.append(order.account, slot);
    }
    ++live_;
    result.resting = Lots::from_raw(taker.left);
    return result;
}

Reject OrderBook::cancel(OrderId id) {
    if (!is_in_state(id, State::resting)) {
        return Reject::unknown_order;
    }
    remove(slot_of(id));
    return Reject::none;
}

AddResult OrderBook::amend(OrderId id, Ticks price, Lots qty, std::vector<Fill>& fills) {
    self_cancelled_.clear();
    removed_.clear();
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
    const bool takes = would_take(order.side, limit);
    if (takes && order.post_only == PostOnly::yes) {
        result.reject = Reject::post_only_would_take;
        return result;
    }
    entered_ += static_cast<std::uint64_t>(qty.raw());
    cancelled_ += static_cast<std::uint64_t>(order.left);
    if (limit == order.price && qty.raw() <= order.left) {
        levels_.at(limit).qty -= order.left - qty.raw();
        order.left = qty.raw();
        result.resting = qty;
        return result;
    }
    unlink(slot);
    Taker taker{.id = id, .account = order.account, .cause = order.cause, .left = qty.raw()};
    if (takes) {
        if (order.side == Side::buy) {
            match<Side::buy>(taker, limit, fills);
        } else {
            match<Side::sell>(taker, limit, fills);
        }
    }
    result.filled = Lots::from_raw(qty.raw() - taker.left);
    if (taker.left == 0 || taker.stopped) {
        cancelled_ += static_cast<std::uint64_t>(taker.left);
        if (order.account.valid()) {
            owners_.remove(order.account, slot);
        }
        --live_;
        free_slot(slot);
        return result;
    }
    order.price = limit;
    order.left = taker.left;
    rest(slot);
    result.resting = Lots::from_raw(taker.left);
    return result;
}

std::uint32_t OrderBook::cancel_all(AccountId account) {
    self_cancelled_.clear();
    removed_.clear();
    std::uint32_t count = 0;
    if (!account.valid()) {
        return count;
    }
    for (std::uint32_t slot = owners_.first(account); slot != 0; ++count) {
        const std::uint32_t next = owners_.next(slot);
        note_removed(slot);
        remove(slot);
        slot = next;
    }
    return count;
}

// Takes from the other side, best price first and oldest order first, until the taker is done, the
// limit is reached or self-trade prevention stops it.
template <Side side>
void OrderBook::match(Taker& taker, LevelIndex limit, std::vector<Fill>& fills) {
    const bool prevent = config_.stp != SelfTradePrevention::none && taker.account.valid();
    Order* const orders = orders_.data();
    const std::int64_t wanted = taker.left;
    while (taker.left > 0 && !taker.stopped && would_take(side, limit)) {
        const LevelIndex price = side == Side::buy ? best_ask_ : best_bid_;
        Level& level = levels_.at(price);
        std::uint32_t slot = level.head;
        while (slot != 0 && taker.left > 0) {
            Order& maker = orders[slot];
            if (prevent && maker.account == taker.account) [[unlikely]] {
                if (config_.stp == SelfTradePrevention::cancel_taker) {
                    taker.stopped = true;
                    break;
                }
                note_removed(slot);
                self_cancelled_.push_back(id_of(slot, maker));
                level.qty -= maker.left;
                cancelled_ += static_cast<std::uint64_t>(maker.left);
            } else {
                const std::int64_t qty = std::min(taker.left, maker.left);
                maker.left -= qty;
                taker.left -= qty;
                level.qty -= qty;
                fills.push_back({.instrument = config_.instrument,
                                 .maker_order = id_of(slot, maker),
                                 .taker_order = taker.id,
                                 .maker = maker.account,
                                 .taker = taker.account,
                                 .taker_side = side,
                                 .maker_cause = maker.cause,
                                 .taker_cause = taker.cause,
                                 .price = Ticks::from_raw(price),
                                 .qty = Lots::from_raw(qty),
                                 .maker_left = Lots::from_raw(maker.left)});
                if (maker.left > 0) {
                    break;
                }
            }
            const std::uint32_t next = maker.next;
            if (maker.account.valid()) {
                owners_.remove(maker.account, slot);
            }
            --live_;
            free_slot(slot);
            slot = next;
        }
        level.head = slot;
        if (slot != 0) {
            orders[slot].previous = 0;
        } else {
            level.tail = 0;
            level_emptied(opposite(side), price);
        }
    }
    traded_ += static_cast<std::uint64_t>(wanted - taker.left);
}

std::int64_t OrderBook::fillable_by(AccountId account,
                                    Side taker,
                                    LevelIndex limit,
                                    std::int64_t want) const {
    const bool prevent =
        config_.stp != SelfTradePrevention::none && account.valid() && owners_.first(account) != 0;
    std::int64_t found = 0;
    for_each_level(opposite(taker), Ticks::from_raw(limit), [&](Ticks price, Lots qty) {
        if (!prevent) {
            found += std::min(qty.raw(), want - found);
            return found < want;
        }
        std::uint32_t slot = levels_.at(static_cast<LevelIndex>(price.raw())).head;
        for (; slot != 0 && found < want; slot = orders_[slot].next) {
            const Order& maker = orders_[slot];
            if (maker.account != account) {
                found += std::min(maker.left, want - found);
            } else if (config_.stp == SelfTradePrevention::cancel_taker) {
                return false;
            }
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
void OrderBook::rest(std::uint32_t slot) {
    Order& order = orders_[slot];
    Level& level = levels_.touch(order.price);
    order.next = 0;
    order.previous = level.tail;
    if (level.tail != 0) {
        orders_[level.tail].next = slot;
    } else {
        level.head = slot;
        levels_.mark(order.price);
        if (order.side == Side::buy) {
            best_bid_ = std::max(best_bid_, order.price);
        } else {
            best_ask_ = std::min(best_ask_, order.price);
        }
    }
    level.tail = slot;
    level.qty = checked_add(level.qty, order.left);
}

// Takes a resting order out of its level's queue.
void OrderBook::unlink(std::uint32_t slot) {
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
void OrderBook::remove(std::uint32_t slot) {
    unlink(slot);
    const Order& order = orders_[slot];
    cancelled_ += static_cast<std::uint64_t>(order.left);
    if (order.account.valid()) {
        owners_.remove(order.account, slot);
    }
    --live_;
    free_slot(slot);
}

void OrderBook::level_emptied(Side side, LevelIndex price) {
    if (side == Side::buy) {
        if (price == best_bid_) {
            best_bid_ = levels_.below(price);
        }
    } else if (price == best_ask_) {
        const LevelIndex next = levels_.above(price);
        best_ask_ = next == 0 ? no_ask : next;
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
                       std::uint64_t(order.post_only));
            digest.add_signed(order.left);
        }
    }
    digest.add(live_);
    digest.add(reserved_);
    digest.add(entered_);
    digest.add(traded_);
    digest.add(cancelled_);
}

void check_book(const OrderBook& book) {
    using State = OrderBook::State;
    check_levels(book.levels_);
    // Best prices and no crossing.
    const LevelIndex best_ask = book.best_ask_ == OrderBook::no_ask ? 0 : book.best_ask_;
    CHECK(book.best_bid_ < book.best_ask_);
    CHECK(book.best_bid_ == 0 || book.levels_.occupied(book.best_bid_));
    CHECK(best_ask == 0 || book.levels_.occupied(best_ask));
    CHECK_EQ(book.levels_.above(book.best_bid_), best_ask);
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
            CHECK(order.side == (price <= book.best_bid_ ? Side::buy : Side::sell));
            CHECK(order.left > 0);
            CHECK(order.left <= book.config_.qty_max.raw());
            CHECK_EQ(order.previous, previous);
            total = checked_add(total, order.left);
            previous = slot;
            ++live;
        }
        CHECK_EQ(level.tail, previous);
        CHECK_EQ(level.qty, total);
        resting += static_cast<std::uint64_t>(total);
    }
    CHECK_EQ(live, book.live_);
    CHECK_EQ(book.entered_, 2 * book.traded_ + book.cancelled_ + resting);
    // Slab: every slot is in one state, free ones are in the free list (or used up).
    std::uint64_t in_state[3] = {0, 0, 0};
    std::uint64_t used_up = 0;
    std::uint64_t owned = 0;
    for (std::size_t slot = 1; slot < book.orders_.size(); ++slot) {
        const OrderBook::Order& order = book.orders_[slot];
        ++in_state[static_cast<std::size_t>(order.state)];
        used_up += order.generation == UINT32_MAX ? 1U : 0U;
        owned += order.state == State::resting && order.account.valid() ? 1U : 0U;
    }
    CHECK_EQ(in_state[static_cast<std::size_t>(State::reserved)], book.reserved_);
    CHECK_EQ(in_state[static_cast<std::size_t>(State::resting)], book.live_);
    std::uint64_t free_listed = 0;
    for (std::uint32_t slot = book.free_; slot != 0; slot = book.orders_[slot].next) {
        CHECK(book.orders_[slot].state == State::free);
        ++free_listed;
    }
    CHECK_EQ(free_listed + used_up, in_state[static_cast<std::size_t>(State::free)]);
    // Owners: every resting order with an account is in that account's list, once.
    std::uint64_t listed = 0;
    book.owners_.for_each_owner([&](AccountId account, std::uint32_t first) {
        for (std::uint32_t slot = first; slot != 0; slot = book.owners_.next(slot)) {
            CHECK(book.orders_[slot].state == State::resting);
            CHECK(book.orders_[slot].account == account);
            ++listed;
        }
    });
    CHECK_EQ(listed, owned);
}

}  // namespace margincall
