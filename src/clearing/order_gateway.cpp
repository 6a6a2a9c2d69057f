#include "clearing/order_gateway.hpp"

#include <algorithm>

namespace margincall::inline clearing {

// An account has its venue's instruments, a row only its own.
inline bool OrderGateway::trades_here(const Command& command) const {
    if (command.instrument.raw() >= books_->size()) {
        return false;
    }
    return !command.account.valid() ||
           (house_->venue(command.account) == house_->instrument(command.instrument).venue &&
            (!house_->is_row(command.account) ||
             house_->row(command.account).instrument == command.instrument.raw()));
}

bool OrderGateway::in_liquidation(AccountId account) const {
    return (house_->is_row(account) && house_->row(account).state == RowState::in_liquidation) ||
           (house_->is_cross(account) &&
            house_->cross(account).state == CrossState::in_liquidation);
}

// Sent by the venue: no order of anybody may say so of itself.
inline bool OrderGateway::is_forced(const Command& command) const {
    if (command.cause != Cause::liquidation) [[likely]] {
        return false;
    }
    const AccountKind kind = house_->kind(command.account);
    return kind == AccountKind::agent || kind == AccountKind::system ||
           in_liquidation(command.account);
}

Reject OrderGateway::check(Command& command) {
    if (!trades_here(command)) [[unlikely]] {
        return Reject::unknown_instrument;
    }
    if (is_halted(command.instrument)) [[unlikely]] {
        if (const Reject reject = check_halted(command); reject != Reject::none) {
            return reject;
        }
    }
    if (command.kind == CommandKind::add) {
        return check_add(command);
    }
    switch (command.kind) {
        case CommandKind::cancel:
            return (*books_)[command.instrument.raw()].is_of_another(command.order, command.account)
                       ? Reject::unknown_order
                       : Reject::none;
        case CommandKind::amend:
            return check_amend(command);
        case CommandKind::add:
        case CommandKind::cancel_all:
            break;
    }
    return Reject::none;
}

Reject OrderGateway::check_add(Command& command) {
    if (!is_countable(house_->instrument(command.instrument), command.qty)) {
        return Reject::qty_out_of_range;
    }
    if (command.expires.ns() != 0 && command.expires <= now_) {
        return Reject::expired;
    }
    if (!command.account.valid()) {
        return command.reduce_only == ReduceOnly::yes ? Reject::nothing_to_reduce : Reject::none;
    }
    // One branch for everything that an order mostly is not.
    if (static_cast<unsigned>(command.trigger_on) | static_cast<unsigned>(command.reduce_only) |
        static_cast<unsigned>(command.cause == Cause::liquidation)) [[unlikely]] {
        if (is_forced(command)) {
            return Reject::none;
        }
        if (command.cause == Cause::liquidation) {
            command.cause = Cause::closing;  // it pays its fee like any other
        }
        if (command.trigger_on != TriggerOn::nothing) {
            return check_stop(command);
        }
        if (command.reduce_only == ReduceOnly::yes) {
            return check_reduce_only(command);
        }
    }
    switch (house_->kind(command.account)) {
        case AccountKind::row:
            return check_row(command);
        case AccountKind::cross:
            return check_cross(command);
        case AccountKind::agent:
        case AccountKind::system:
            break;
    }
    return Reject::none;
}

// Only what could never be right later; margin and position are looked at on activation.
Reject OrderGateway::check_stop(const Command& command) const {
    const OrderBook& book = (*books_)[command.instrument.raw()];
    const BookConfig& config = book.config();
    const std::int64_t lowest = command.type == OrderType::market ? 0 : 1;
    if (command.price.raw() < lowest || command.price > config.price_max ||
        command.trigger.raw() < 1 || command.trigger > config.price_max) {
        return Reject::price_out_of_range;
    }
    if (command.qty.raw() <= 0 || command.qty > config.qty_max) {
        return Reject::qty_out_of_range;
    }
    if (command.order.valid() && !book.is_reserved_for(command.order, command.account)) {
        return Reject::unknown_order;
    }
    if (in_liquidation(command.account)) {
        return Reject::account_in_liquidation;
    }
    return stops_.is_reached(command) ? Reject::already_triggered : Reject::none;
}

// The size is cut to the position as the order arrives.
Reject OrderGateway::check_reduce_only(Command& command) {
    if (house_->is_row(command.account)) {
        house_->row(command.account).pending_close = 0;
    }
    if (in_liquidation(command.account)) {
        return Reject::account_in_liquidation;
    }
    const Lots most = closable(command.account, command.instrument, command.side, {});
    if (most.raw() == 0 ||
        house_->instrument(command.instrument).kind != InstrumentKind::linear_perp) {
        return Reject::nothing_to_reduce;
    }
    command.qty = std::min(most, command.qty);
    return Reject::none;
}

// A row opens at once or not at all.
Reject OrderGateway::check_row(Command& command) const {
    if (command.tif == TimeInForce::gtc) {
        command.tif = TimeInForce::ioc;
    }
    const Row& r = house_->row(command.account);
    // The initial margin of the order at the opposite best must be in the wallet.
    const OrderBook& b = (*books_)[command.instrument.raw()];
    const Ticks best = command.side == Side::buy ? b.best_ask() : b.best_bid();
    if (best.raw() == 0) {
        return Reject::insufficient_margin;
    }
    const Money value = notional(house_->instrument(command.instrument), best, command.qty);
    const Money needed = std::max(initial_margin(value, std::int64_t{r.leverage_e2}),
                                  house_->least_opening_margin(r, value));
    // A tick of slippage between decision and arrival is the venue's tolerance: one percent of
    // margin.
    if (i128{needed.raw()} * 100 > i128{house_->cash(command.account).raw()} * 101) {
        return Reject::insufficient_margin;
    }
    return Reject::none;
}

void OrderGateway::after_row(AccountId account, bool traded) {
    Row& r = house_->row(account);
    const bool has_position = house_->state(r).qty.raw() != 0;
    if (!has_position && r.state != RowState::closed && r.state != RowState::in_liquidation) {
        house_->close_row(r);
        return;
    }
    if (has_position && r.state == RowState::open && traded) {
        house_->refresh(r);
    }
}

std::int64_t OrderGateway::order_margin(const Instrument& inst,
                                        AccountId account,
                                        Ticks price,
                                        Lots qty) const {
    return initial_margin(notional(inst, price, qty), house_->cross(account).leverage_e2).raw();
}

// An order counts at its limit; a sell, or an order without one, at the opposite best if that is
// higher. 0: a market order into an empty book.
Ticks OrderGateway::valued_at(Side side, Ticks price, const OrderBook& book) const {
    if (side == Side::sell) {
        return std::max(price, book.best_bid());
    }
    return price.raw() == 0 ? book.best_ask() : price;
}

inline Reject OrderGateway::check_cross(const Command& command) const {
    const Instrument& inst = house_->instrument(command.instrument);
    if (house_->cross(command.account).state == CrossState::in_liquidation) [[unlikely]] {
        return Reject::account_in_liquidation;
    }
    if (command.price > inst.price_max || command.price.raw() < 0 || command.qty > inst.qty_max ||
        command.qty.raw() <= 0) {
        return Reject::none;  // the book says what is wrong with it
    }
    const Ticks price = valued_at(command.side, command.price, (*books_)[command.instrument.raw()]);
    if (price.raw() == 0) {
        return Reject::insufficient_margin;
    }
    if (command.order.valid()) {
        prefetch(command.instrument, command.order);  // it will reserve if it rests
    }
    const Money needed = Money::from_raw(order_margin(inst, command.account, price, command.qty));
    return house_->has_free_margin(command.account, needed) ? Reject::none
                                                            : Reject::insufficient_margin;
}

Reject OrderGateway::check_amend(Command& command) const {
    const Instrument& inst = house_->instrument(command.instrument);
    const OrderBook& book = (*books_)[command.instrument.raw()];
    RestingOrder order;
    if (!book.find(command.order, order)) {
        return Reject::none;  // the book says that it is gone
    }
    if (order.account != command.account) {
        return Reject::unknown_order;
    }
    if (!is_countable(inst, command.qty)) {
        return Reject::qty_out_of_range;
    }
    const Lots wanted = book.amended(command.order, command.qty);
    if (!command.account.valid() || command.qty > inst.qty_max || wanted.raw() <= 0 ||
        command.price.raw() < 1 || command.price > inst.price_max) {
        return Reject::none;  // the book says what is wrong with it; size 0 cancels
    }
    if (order.reduce_only == ReduceOnly::yes) {
        const Lots most = closable(command.account, command.instrument, order.side, {});
        command.qty -= std::max(Lots{}, wanted - most);
        return Reject::none;
    }
    if (!house_->is_cross(command.account)) {
        return Reject::none;
    }
    const std::int64_t needed =
        order_margin(inst, command.account, valued_at(order.side, command.price, book), wanted);
    const std::int64_t more = needed - reserved(command.instrument, command.order).raw();
    return more <= 0 || house_->has_free_margin(command.account, Money::from_raw(more))
               ? Reject::none
               : Reject::insufficient_margin;
}

AddResult OrderGateway::refuse(const Command& command, Reject reject) {
    fills_.clear();
    AddResult result;
    result.reject = reject;
    result.order = command.order;
    if (command.kind == CommandKind::add && reject != Reject::unknown_instrument) {
        OrderBook& book = (*books_)[command.instrument.raw()];
        if (command.order.valid() && book.is_reserved_for(command.order, command.account)) {
            book.release(command.order);
        }
        if (command.account.valid() && house_->is_row(command.account) &&
            command.trigger_on == TriggerOn::nothing) {
            if (reject == Reject::venue_halted && command.reduce_only == ReduceOnly::yes) {
                house_->row(command.account).pending_close = 0;  // it has arrived
            }
            after_row(command.account, command.reduce_only == ReduceOnly::yes);
        }
    }
    return result;
}

AddResult OrderGateway::carry_out(const Command& command) {
    const InstrumentId i = command.instrument;
    OrderBook& book = (*books_)[i.raw()];
    const bool known = command.account.valid();
    AddResult result;
    fills_.clear();
    switch (command.kind) {
        case CommandKind::add:
            if (command.trigger_on != TriggerOn::nothing) [[unlikely]] {
                hold_stop(command, result);
            } else if (is_halted(i) && waits_for_reopening(command)) [[unlikely]] {
                wait_for_reopening(command, result);
            } else {
                result = book.add(command, fills_, limits());
                release_removed(book, command.account);
                if (!fills_.empty()) {
                    settle();
                }
                if (result.resting.raw() > 0 && command.reduce_only == ReduceOnly::yes) {
                    reduce_only_[key_of(command.account, i)].push_back(result.order);
                    fit(command.account, i);
                } else if (result.resting.raw() > 0 && known && house_->is_cross(command.account)) {
                    const Instrument& inst = house_->instrument(i);
                    set_reservation(
                        i,
                        result.order,
                        command.account,
                        order_margin(inst, command.account, command.price, result.resting));
                }
                if (known && house_->is_row(command.account) && !is_forced(command)) {
                    after_row(command.account,
                              result.filled.raw() > 0 || command.reduce_only == ReduceOnly::yes);
                }
            }
            if (command.expires.ns() != 0 && result.reject == Reject::none) [[unlikely]] {
                timed_.emplace(command.expires, ++timed_arrivals_, i, result.order);
            }
            break;
        case CommandKind::cancel:
            result.reject = book.cancel(command.order);
            if (result.reject == Reject::none) {
                set_reservation(i, command.order, AccountId{}, 0);
                fit(command.account, i);
            } else if (cancel_stop(i, command.order, command.account) ||
                       cancel_waiting(i, command.order, command.account)) {
                result.reject = Reject::none;
            }
            break;
        case CommandKind::amend: {
            const Money had = reserved(i, command.order);
            result = book.amend(command.order, command.price, command.qty, fills_, limits());
            release_removed(book, command.account);
            if (!fills_.empty()) {
                settle();
            }
            if (result.reject == Reject::none && had.raw() > 0) {
                const Instrument& inst = house_->instrument(i);
                set_reservation(i,
                                command.order,
                                command.account,
                                order_margin(inst, command.account, command.price, result.resting));
            }
            fit(command.account, i);
            break;
        }
        case CommandKind::cancel_all:
            (void)book.cancel_all(command.account);
            release_removed(book, command.account);
            stops_.remove_all(i, command.account, [&](OrderId order) {
                book.let_go(order);
                book.release(order);
            });
            cancel_all_waiting(i, command.account);
            break;
    }
    return result;
}

void OrderGateway::settle() {
    for (const Fill& fill : fills_) {
        house_->prefetch_accounts(fill);
        prefetch(fill.instrument, fill.maker_order);
    }
    for (const Fill& fill : fills_) {
        house_->prefetch_positions(fill);
    }
    for (const Fill& fill : fills_) {
        house_->settle(fill);
        if (fill.instrument.raw() >= reservations_.size()) {
            continue;
        }
        const auto& of_book = reservations_[fill.instrument.raw()];
        const std::uint32_t slot = slot_of(fill.maker_order);
        if (slot < of_book.size() && of_book[slot].amount > 0) {
            const Instrument& inst = house_->instrument(fill.instrument);
            set_reservation(fill.instrument,
                            fill.maker_order,
                            fill.maker,
                            order_margin(inst, fill.maker, fill.price, fill.maker_left));
        }
    }
    // From the first to the last the price went one way, so that it met all between them.
    const InstrumentId i = fills_.front().instrument;
    stops_.set_price(i, TriggerOn::last, fills_.front().price);
    if (fills_.size() > 1) {
        stops_.set_price(i, TriggerOn::last, fills_.back().price);
    }
    if (!reduce_only_.empty()) [[unlikely]] {
        for (const Fill& fill : fills_) {
            fit(fill.maker, i);
            fit(fill.taker, i);
            if (house_->is_row(fill.maker)) {
                after_row(fill.maker, true);
            }
        }
    }
}

// The order now has `amount` reserved; the difference to what it had is taken or given back.
void OrderGateway::set_reservation(InstrumentId i,
                                   OrderId order,
                                   AccountId account,
                                   std::int64_t amount) {
    const std::uint32_t slot = slot_of(order);
    if (i.raw() >= reservations_.size() || slot >= reservations_[i.raw()].size()) {
        if (amount == 0) {
            return;
        }
        reserve(i, std::size_t{slot} + slot / 2 + 64);
    }
    Reservation& r = reservations_[i.raw()][slot];
    if (r.amount > amount) {
        house_->release_margin(r.account, Money::from_raw(r.amount - amount));
    } else if (r.amount < amount) {
        CHECK(r.amount == 0 || r.account == account);
        house_->reserve_margin(account, Money::from_raw(amount - r.amount));
        r.account = account;
    }
    r.amount = amount;
}

// Its sender knows what became of its own orders.
inline void OrderGateway::release_removed(const OrderBook& book, AccountId sender) {
    if (book.removed().empty()) [[likely]] {
        return;
    }
    const InstrumentId i = book.config().instrument;
    for (const RemovedOrder& removed : book.removed()) {
        set_reservation(i, removed.id, AccountId{}, 0);
        fit(removed.order.account, i);
        if (removed.order.account != sender) {
            changes_.push_back({.instrument = i, .id = removed.id, .order = removed.order});
            changes_.back().order.left = Lots{};
        }
    }
}

Money OrderGateway::reserved(InstrumentId i, OrderId order) const {
    const std::uint32_t slot = slot_of(order);
    if (i.raw() >= reservations_.size() || slot >= reservations_[i.raw()].size()) {
        return Money{};
    }
    return Money::from_raw(reservations_[i.raw()][slot].amount);
}

void OrderGateway::reserve(InstrumentId i, std::size_t orders) {
    if (i.raw() >= reservations_.size()) {
        reservations_.resize(books_->size());
    }
    if (orders > reservations_[i.raw()].size()) {
        reservations_[i.raw()].resize(orders);
    }
}

void check_order_margin(const OrderGateway& gateway) {
    std::vector<std::int64_t> sums;
    std::size_t reduce_only = 0;
    for (const OrderBook& book : *gateway.books_) {
        const InstrumentId i = book.config().instrument;
        const Instrument& inst = gateway.house_->instrument(i);
        std::int64_t in_book = 0;
        const auto add_level = [&](Ticks price, Lots /*qty*/) {
            book.for_each_order(price, [&](OrderId id, const RestingOrder& order) {
                const std::int64_t amount = gateway.reserved(i, id).raw();
                in_book += amount;
                reduce_only += order.reduce_only == ReduceOnly::yes ? 1U : 0U;
                if (!order.account.valid() || !gateway.house_->is_cross(order.account) ||
                    order.reduce_only == ReduceOnly::yes) {
                    CHECK_EQ(amount, 0);
                    return;
                }
                CHECK_EQ(amount, gateway.order_margin(inst, order.account, price, order.left));
                if (order.account.raw() >= sums.size()) {
                    sums.resize(std::size_t{order.account.raw()} + 1, 0);
                }
                sums[order.account.raw()] += amount;
            });
            return true;
        };
        book.for_each_level(Side::buy, Ticks{}, add_level);
        book.for_each_level(Side::sell, Ticks{}, add_level);
        if (i.raw() < gateway.halted_.size()) {
            for (const Command& waiting : gateway.halted_[i.raw()].waiting) {
                const std::int64_t amount = gateway.reserved(i, waiting.order).raw();
                in_book += amount;
                if (waiting.account.valid() && gateway.house_->is_cross(waiting.account)) {
                    CHECK_EQ(
                        amount,
                        gateway.order_margin(inst, waiting.account, waiting.price, waiting.qty));
                    if (waiting.account.raw() >= sums.size()) {
                        sums.resize(std::size_t{waiting.account.raw()} + 1, 0);
                    }
                    sums[waiting.account.raw()] += amount;
                } else {
                    CHECK_EQ(amount, 0);
                }
            }
        }
        if (i.raw() < gateway.reservations_.size()) {
            for (const auto& r : gateway.reservations_[i.raw()]) {
                in_book -= r.amount;
            }
        }
        CHECK_EQ(in_book, 0);  // nothing is kept for an order that is gone
    }
    for (const CrossAccount& c : gateway.house_->cross_accounts().accounts()) {
        const std::size_t id = c.account.raw();
        CHECK_EQ(c.reserved, id < sums.size() ? sums[id] : 0);
    }
    for (const auto& [key, orders] : gateway.reduce_only_) {  // det-ok: each is only looked at
        const auto account = AccountId::of_row(key >> 32U);
        const auto i = InstrumentId::of_row(key);
        CHECK(!orders.empty());
        for (const Side side : {Side::buy, Side::sell}) {
            Lots sum;
            for (const OrderId id : orders) {
                RestingOrder order;
                CHECK((*gateway.books_)[i.raw()].find(id, order) && order.account == account &&
                      order.reduce_only == ReduceOnly::yes);
                sum += order.side == side ? order.left : Lots{};
            }
            CHECK(sum <= gateway.closable(account, i, side, {}));
        }
        reduce_only -= orders.size();
    }
    CHECK_EQ(reduce_only, std::size_t{0});
}

}  // namespace margincall::inline clearing
