#include "clearing/order_gateway.hpp"

#include <algorithm>

namespace margincall::inline clearing {

Reject OrderGateway::check(Command& command) {
    if (!command.account.valid() || command.cause == Cause::liquidation) {
        return Reject::none;
    }
    switch (house_.kind(command.account)) {
        case AccountKind::row:
            return command.kind == CommandKind::add ? check_row(command) : Reject::none;
        case AccountKind::cross:
            if (command.kind == CommandKind::add) {
                return check_cross(command);
            }
            return command.kind == CommandKind::amend ? check_cross_amend(command) : Reject::none;
        case AccountKind::agent:
        case AccountKind::system:
            break;
    }
    return Reject::none;
}

// Checks of orders for leveraged rows; the size of a reduce-only order is cut to the position.
Reject OrderGateway::check_row(Command& command) const {
    Row& r = house_.row(command.account);
    const Instrument& inst = house_.instrument(command.instrument);
    if (command.reduce_only == ReduceOnly::yes) {
        r.pending_close = 0;
        if (r.state == RowState::in_liquidation) {
            return Reject::account_in_liquidation;
        }
        const std::int64_t qty = std::abs(house_.state(r).qty.raw());
        if (r.state != RowState::open || qty == 0) {
            return Reject::nothing_to_reduce;
        }
        command.qty = Lots::from_raw(std::min(qty, command.qty.raw()));
        return Reject::none;
    }
    // Opening: the initial margin of the order at the opposite best must be in the wallet.
    const OrderBook& b = books_[command.instrument.raw()];
    const Ticks best = command.side == Side::buy ? b.best_ask() : b.best_bid();
    if (best.raw() == 0) {
        return Reject::insufficient_margin;
    }
    const Money value = notional(inst, best, command.qty);
    const Money needed = initial_margin(value, std::int64_t{r.leverage_e2});
    // A tick of slippage between decision and arrival is the venue's tolerance: one percent of
    // margin.
    if (i128{needed.raw()} * 100 > i128{house_.cash(command.account).raw()} * 101) {
        return Reject::insufficient_margin;
    }
    return Reject::none;
}

void OrderGateway::after_row(const Command& command, const AddResult& result) {
    Row& r = house_.row(command.account);
    const bool has_position = house_.state(r).qty.raw() != 0;
    if (!has_position && r.state != RowState::closed && r.state != RowState::in_liquidation) {
        house_.close_row(r);
        return;
    }
    if (has_position && r.state == RowState::open &&
        (result.filled.raw() > 0 || command.reduce_only == ReduceOnly::yes)) {
        house_.refresh(r);
    }
}

std::int64_t OrderGateway::order_margin(const Instrument& inst,
                                        AccountId account,
                                        Ticks price,
                                        Lots qty) const {
    return initial_margin(notional(inst, price, qty), house_.cross(account).leverage_e2).raw();
}

Reject OrderGateway::check_cross(Command& command) const {
    const Instrument& inst = house_.instrument(command.instrument);
    if (house_.cross(command.account).state == CrossState::in_liquidation) {
        return Reject::account_in_liquidation;
    }
    if (command.reduce_only == ReduceOnly::yes) {
        // Cut to the position as it arrives; what does not trade at once is dropped, since a
        // resting order would outlive the position.
        const std::int64_t held = house_.position(command.account, command.instrument).raw();
        if (held == 0 || (held > 0) == (command.side == Side::buy)) {
            return Reject::nothing_to_reduce;
        }
        command.qty = Lots::from_raw(std::min(std::abs(held), command.qty.raw()));
        if (command.tif == TimeInForce::gtc) {
            command.tif = TimeInForce::ioc;
        }
        return Reject::none;
    }
    if (command.price > inst.price_max || command.price.raw() < 0 || command.qty > inst.qty_max ||
        command.qty.raw() <= 0) {
        return Reject::none;  // the book says what is wrong with it
    }
    // Valued at its limit; a sell, or an order without one, at the opposite best if that is higher.
    const OrderBook& book = books_[command.instrument.raw()];
    Ticks price = command.price;
    if (command.side == Side::sell) {
        price = std::max(price, book.best_bid());
    } else if (price.raw() == 0) {
        price = book.best_ask();
    }
    if (price.raw() == 0) {
        return Reject::insufficient_margin;  // a market order into an empty book
    }
    if (command.order.valid()) {
        prefetch(command.instrument, command.order);  // it will reserve if it rests
    }
    const Money needed = Money::from_raw(order_margin(inst, command.account, price, command.qty));
    return house_.has_free_margin(command.account, needed) ? Reject::none
                                                           : Reject::insufficient_margin;
}

Reject OrderGateway::check_cross_amend(const Command& command) const {
    const Instrument& inst = house_.instrument(command.instrument);
    RestingOrder order;
    if (!books_[command.instrument.raw()].find(command.order, order) ||
        order.account != command.account || command.qty.raw() <= 0 || command.qty > inst.qty_max ||
        command.price.raw() < 1 || command.price > inst.price_max) {
        return Reject::none;  // the book says what is wrong with it; size 0 cancels
    }
    const std::int64_t wanted = order_margin(inst, command.account, command.price, command.qty);
    const std::int64_t more = wanted - reserved(command.instrument, command.order).raw();
    return more <= 0 || house_.has_free_margin(command.account, Money::from_raw(more))
               ? Reject::none
               : Reject::insufficient_margin;
}

AddResult OrderGateway::refuse(const Command& command, Reject reject) {
    fills_.clear();
    AddResult result;
    result.reject = reject;
    result.order = command.order;
    if (command.kind == CommandKind::add) {
        if (command.order.valid()) {
            books_[command.instrument.raw()].release(command.order);
        }
        if (house_.is_row(command.account)) {
            after_row(command, result);
        }
    }
    return result;
}

AddResult OrderGateway::carry_out(const Command& command) {
    OrderBook& book = books_[command.instrument.raw()];
    const bool known = command.account.valid();
    AddResult result;
    fills_.clear();
    switch (command.kind) {
        case CommandKind::add:
            result = book.add(command, fills_);
            release_removed(book);
            settle();
            if (result.resting.raw() > 0 && known && house_.is_cross(command.account)) {
                const Instrument& inst = house_.instrument(command.instrument);
                set_reservation(command.instrument,
                                result.order,
                                command.account,
                                order_margin(inst, command.account, command.price, result.resting));
            }
            break;
        case CommandKind::cancel:
            result.reject = book.cancel(command.order);
            if (result.reject == Reject::none) {
                set_reservation(command.instrument, command.order, AccountId{}, 0);
            }
            break;
        case CommandKind::amend: {
            const Money had = reserved(command.instrument, command.order);
            result = book.amend(command.order, command.price, command.qty, fills_);
            release_removed(book);
            settle();
            if (result.reject == Reject::none && had.raw() > 0) {
                const AccountId owner =
                    reservations_[command.instrument.raw()][slot_of(command.order)].account;
                const Instrument& inst = house_.instrument(command.instrument);
                set_reservation(command.instrument,
                                command.order,
                                owner,
                                order_margin(inst, owner, command.price, result.resting));
            }
            break;
        }
        case CommandKind::cancel_all:
            (void)book.cancel_all(command.account);
            release_removed(book);
            break;
    }
    if (command.kind == CommandKind::add && known && command.cause != Cause::liquidation &&
        house_.is_row(command.account)) {
        after_row(command, result);
    }
    return result;
}

void OrderGateway::settle() {
    for (const Fill& fill : fills_) {
        house_.prefetch_accounts(fill);
        prefetch(fill.instrument, fill.maker_order);
    }
    for (const Fill& fill : fills_) {
        house_.prefetch_positions(fill);
    }
    for (const Fill& fill : fills_) {
        house_.settle(fill);
        if (fill.instrument.raw() >= reservations_.size()) {
            continue;
        }
        const auto& of_book = reservations_[fill.instrument.raw()];
        const std::uint32_t slot = slot_of(fill.maker_order);
        if (slot < of_book.size() && of_book[slot].amount > 0) {
            const Instrument& inst = house_.instrument(fill.instrument);
            set_reservation(fill.instrument,
                            fill.maker_order,
                            fill.maker,
                            order_margin(inst, fill.maker, fill.price, fill.maker_left));
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
        house_.release_margin(r.account, Money::from_raw(r.amount - amount));
    } else if (r.amount < amount) {
        CHECK(r.amount == 0 || r.account == account);
        house_.reserve_margin(account, Money::from_raw(amount - r.amount));
        r.account = account;
    }
    r.amount = amount;
}

void OrderGateway::release_removed(const OrderBook& book) {
    for (const RemovedOrder& removed : book.removed()) {
        set_reservation(book.config().instrument, removed.id, AccountId{}, 0);
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
        reservations_.resize(books_.size());
    }
    if (orders > reservations_[i.raw()].size()) {
        reservations_[i.raw()].resize(orders);
    }
}

void check_order_margin(const OrderGateway& gateway) {
    std::vector<std::int64_t> sums;
    for (const OrderBook& book : gateway.books_) {
        const InstrumentId i = book.config().instrument;
        const Instrument& inst = gateway.house_.instrument(i);
        std::int64_t in_book = 0;
        const auto add_level = [&](Ticks price, Lots /*qty*/) {
            book.for_each_order(price, [&](OrderId id, const RestingOrder& order) {
                const std::int64_t amount = gateway.reserved(i, id).raw();
                in_book += amount;
                if (!order.account.valid() || !gateway.house_.is_cross(order.account)) {
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
        if (i.raw() < gateway.reservations_.size()) {
            for (const auto& r : gateway.reservations_[i.raw()]) {
                in_book -= r.amount;
            }
        }
        CHECK_EQ(in_book, 0);  // nothing is kept for an order that is gone
    }
    for (const CrossAccount& c : gateway.house_.cross_accounts().accounts()) {
        const std::size_t id = c.account.raw();
        CHECK_EQ(c.reserved, id < sums.size() ? sums[id] : 0);
    }
}

}  // namespace margincall::inline clearing
