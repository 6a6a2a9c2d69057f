// The orders of the gateway that change or end by themselves: reduce-only, stop and timed ones.
#include <algorithm>

#include "clearing/order_gateway.hpp"

namespace margincall::inline clearing {

Lots OrderGateway::closable(AccountId account,
                            InstrumentId instrument,
                            Side side,
                            std::span<const Fill> unsettled) const {
    std::int64_t held = house_->position(account, instrument).raw();
    for (const Fill& fill : unsettled) {
        const std::int64_t bought = sign(fill.taker_side) * fill.qty.raw();
        held += (fill.taker == account ? bought : 0) - (fill.maker == account ? bought : 0);
    }
    return Lots::from_raw(std::max<std::int64_t>(0, -sign(side) * held));
}

// The account's reduce-only orders shrink until together they are no larger than its position: the
// least aggressive first, of equal ones the latest.
void OrderGateway::fit_to_position(AccountId account, InstrumentId i) {
    const auto found = reduce_only_.find(key_of(account, i));
    if (found == reduce_only_.end()) {
        return;
    }
    OrderBook& book = (*books_)[i.raw()];
    std::vector<OrderId>& ids = found->second;
    RestingOrder order;
    std::erase_if(ids, [&](OrderId id) { return !book.find(id, order); });
    for (const Side side : {Side::buy, Side::sell}) {
        Lots excess = -closable(account, i, side, {});
        for (const OrderId id : ids) {
            excess += book.find(id, order) && order.side == side ? order.left : Lots{};
        }
        while (excess.raw() > 0) {
            OrderChange worst;
            for (const OrderId id : ids) {
                if (book.find(id, order) && order.side == side &&
                    (!worst.id.valid() ||
                     sign(side) * order.price.raw() <= sign(side) * worst.order.price.raw())) {
                    worst = {.instrument = i, .id = id, .order = order};
                }
            }
            const Lots cut = std::min(excess, worst.order.left);
            excess -= cut;
            worst.order.left -= cut;
            book.shrink(worst.id, worst.order.left);
            changes_.push_back(worst);
            std::erase_if(ids, [&](OrderId id) { return !book.find(id, order); });
        }
    }
    if (ids.empty()) {
        reduce_only_.erase(found);
    }
}

void OrderGateway::cancel_reduce_only(AccountId account) {
    for (std::size_t k = 0; k < books_->size() && !reduce_only_.empty(); ++k) {
        const auto i = InstrumentId::from_raw(static_cast<std::uint32_t>(k));
        const auto found = reduce_only_.find(key_of(account, i));
        if (found == reduce_only_.end()) {
            continue;
        }
        for (const OrderId id : found->second) {
            OrderChange gone{.instrument = i, .id = id, .order = {}};
            CHECK((*books_)[k].find(id, gone.order));
            gone.order.left = Lots{};
            (*books_)[k].shrink(id, Lots{});
            changes_.push_back(gone);
        }
        reduce_only_.erase(found);
    }
}

void OrderGateway::expire() {
    while (!timed_.empty() && std::get<0>(timed_.top()) <= now_) {
        const auto [at, arrival, i, id] = timed_.top();
        timed_.pop();
        OrderChange gone{.instrument = i, .id = id, .order = {}};
        if ((*books_)[i.raw()].find(id, gone.order)) {
            (void)(*books_)[i.raw()].cancel(id);
            set_reservation(i, id, AccountId{}, 0);
            fit(gone.order.account, i);
        } else if (const Command* stop = stops_.find(i, id); stop != nullptr) {
            gone.order.account = stop->account;
            gone.order.side = stop->side;
            gone.order.cause = stop->cause;
            (void)cancel_stop(i, id, stop->account);
        } else {
            continue;
        }
        gone.order.left = Lots{};
        changes_.push_back(gone);
    }
}

void OrderGateway::hold_stop(const Command& command, AddResult& result) {
    OrderBook& book = (*books_)[command.instrument.raw()];
    Command stop = command;
    if (!stop.order.valid()) {
        stop.order = book.reserve(command.account);
    }
    book.hold(stop.order);
    stops_.add(stop);
    result.order = stop.order;
}

bool OrderGateway::cancel_stop(InstrumentId i, OrderId order, AccountId account) {
    const Command* const stop = stops_.find(i, order);
    if (stop == nullptr || stop->account != account) {
        return false;
    }
    (void)stops_.remove(i, order);
    (*books_)[i.raw()].let_go(order);
    (*books_)[i.raw()].release(order);
    return true;
}

std::optional<Command> OrderGateway::next_due() {
    std::optional<Command> order = stops_.next_due();
    if (order) {
        (*books_)[order->instrument.raw()].let_go(order->order);
        order->trigger_on = TriggerOn::nothing;
    }
    return order;
}

}  // namespace margincall::inline clearing
