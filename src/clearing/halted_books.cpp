// The gateway while a venue does not match, and how it begins again (docs/venues.md).
#include <algorithm>

#include "clearing/order_gateway.hpp"

namespace margincall::inline clearing {

namespace {

[[nodiscard]] bool would_trade(const OrderBook& book, Side side, Ticks price) {
    const Ticks facing = side == Side::buy ? book.best_ask() : book.best_bid();
    return facing.raw() > 0 && (side == Side::buy ? price >= facing : price <= facing);
}

// An order in an auction: where it is, and what it still wants.
struct CallOrder {
    OrderId resting;      // invalid: it waits
    std::size_t row = 0;  // of the waiting ones
    AccountId account;
    Cause cause = Cause::test;
    Ticks price;
    Lots left;
};

}  // namespace

void OrderGateway::halt(InstrumentId i) {
    if (halted_.size() < books_->size()) {
        halted_.resize(books_->size());
    }
    CHECK(!halted_[i.raw()].on);
    halted_[i.raw()].on = true;
    ++halted_books_;
}

Reject OrderGateway::check_halted(const Command& command) const {
    const OrderBook& book = (*books_)[command.instrument.raw()];
    if (command.kind == CommandKind::amend) {
        RestingOrder order;
        const bool trades = book.find(command.order, order) &&
                            book.amended(command.order, command.qty).raw() > 0 &&
                            would_trade(book, order.side, command.price);
        return trades || find_waiting(command.instrument, command.order) != nullptr
                   ? Reject::venue_halted
                   : Reject::none;
    }
    if (command.kind != CommandKind::add || command.trigger_on != TriggerOn::nothing) {
        return Reject::none;
    }
    const bool rests = command.type == OrderType::limit && command.tif == TimeInForce::gtc &&
                       !(command.account.valid() && house_->is_row(command.account));
    const bool may_wait = command.reduce_only == ReduceOnly::no && command.expires.ns() == 0;
    // A post-only order that would trade is refused as one.
    const bool trades =
        command.post_only == PostOnly::no && would_trade(book, command.side, command.price);
    return rests && (may_wait || !trades) ? Reject::none : Reject::venue_halted;
}

// What check has let through and the book would match.
bool OrderGateway::waits_for_reopening(const Command& command) const {
    const OrderBook& book = (*books_)[command.instrument.raw()];
    const BookConfig& config = book.config();
    // Anything else the book says what is wrong with.
    const bool good =
        command.price.raw() >= 1 && command.price <= config.price_max && command.qty.raw() > 0 &&
        command.qty <= config.qty_max &&
        (!command.order.valid() || book.is_reserved_for(command.order, command.account));
    return good && command.post_only == PostOnly::no &&
           would_trade(book, command.side, command.price);
}

void OrderGateway::wait_for_reopening(const Command& command, AddResult& result) {
    const InstrumentId i = command.instrument;
    OrderBook& book = (*books_)[i.raw()];
    Command waiting = command;
    if (!waiting.order.valid()) {
        waiting.order = book.reserve(command.account);
    }
    book.hold(waiting.order);
    if (command.account.valid() && house_->is_cross(command.account)) {
        set_reservation(
            i,
            waiting.order,
            command.account,
            order_margin(house_->instrument(i), command.account, command.price, command.qty));
    }
    halted_[i.raw()].waiting.push_back(waiting);
    result.order = waiting.order;
}

const Command* OrderGateway::find_waiting(InstrumentId i, OrderId order) const {
    if (i.raw() >= halted_.size()) {
        return nullptr;
    }
    const std::vector<Command>& waiting = halted_[i.raw()].waiting;
    const auto at = std::find_if(
        waiting.begin(), waiting.end(), [&](const Command& c) { return c.order == order; });
    return at == waiting.end() ? nullptr : &*at;
}

bool OrderGateway::cancel_waiting(InstrumentId i, OrderId order, AccountId account) {
    const Command* const found = find_waiting(i, order);
    if (found == nullptr || found->account != account) {
        return false;
    }
    std::vector<Command>& waiting = halted_[i.raw()].waiting;
    set_reservation(i, order, AccountId{}, 0);
    (*books_)[i.raw()].let_go(order);
    (*books_)[i.raw()].release(order);
    waiting.erase(waiting.begin() + (found - waiting.data()));
    return true;
}

void OrderGateway::cancel_all_waiting(InstrumentId i, AccountId account) {
    if (i.raw() >= halted_.size()) {
        return;
    }
    for (std::vector<Command>& waiting = halted_[i.raw()].waiting;;) {
        const auto at = std::find_if(
            waiting.begin(), waiting.end(), [&](const Command& c) { return c.account == account; });
        if (at == waiting.end()) {
            return;
        }
        (void)cancel_waiting(i, at->order, account);
    }
}

CallPrice OrderGateway::reopen_by_auction(InstrumentId i, Ticks reference) {
    CHECK(is_halted(i));
    OrderBook& book = (*books_)[i.raw()];
    std::vector<Command>& waiting = halted_[i.raw()].waiting;
    fills_.clear();
    takers_left_.clear();
    // By side and price, what rests in its queue's order, then what waits in its own.
    std::array<std::vector<CallOrder>, 2> orders;
    for (const Side side : {Side::buy, Side::sell}) {
        std::vector<CallOrder>& own = orders[static_cast<std::size_t>(side)];
        book.for_each_level(side, Ticks{}, [&](Ticks price, Lots /*qty*/) {
            book.for_each_order(price, [&](OrderId id, const RestingOrder& order) {
                own.push_back({.resting = id,
                               .account = order.account,
                               .cause = order.cause,
                               .price = price,
                               .left = order.left});
            });
            return true;
        });
        for (std::size_t row = 0; row < waiting.size(); ++row) {
            const Command& c = waiting[row];
            if (c.side == side) {
                own.push_back({.resting = {},
                               .row = row,
                               .account = c.account,
                               .cause = c.cause,
                               .price = c.price,
                               .left = c.qty});
            }
        }
        std::stable_sort(own.begin(), own.end(), [&](const CallOrder& x, const CallOrder& y) {
            return side == Side::buy ? x.price > y.price : x.price < y.price;
        });
    }
    const auto levels = [](const std::vector<CallOrder>& side) {
        std::vector<CallLevel> rows;
        rows.reserve(side.size());
        for (const CallOrder& order : side) {
            rows.push_back({order.price, order.left});
        }
        return rows;
    };
    const std::vector<CallLevel> bid_levels = levels(orders[0]);
    const CallPrice call = call_price(bid_levels, levels(orders[1]), reference);
    if (call.price.raw() == 0) {
        return call;
    }
    // A settled fill can take from a reduce-only order of the same account.
    const auto refresh = [&](CallOrder& order) {
        RestingOrder now;
        if (order.resting.valid()) {
            order.left = book.find(order.resting, now) ? now.left : Lots{};
        }
    };
    const auto take = [&](CallOrder& order, Lots qty) {
        order.left -= qty;
        if (!order.resting.valid()) {
            waiting[order.row].qty -= qty;
        }
    };
    const auto id_of = [&](const CallOrder& order) {
        return order.resting.valid() ? order.resting : waiting[order.row].order;
    };
    const auto margin_follows = [&](const CallOrder& order) {
        if (reserved(i, id_of(order)).raw() > 0) {
            set_reservation(
                i,
                id_of(order),
                order.account,
                order_margin(house_->instrument(i), order.account, order.price, order.left));
        }
    };
    CallPrice done{call.price, Lots{}};
    std::size_t b = 0;
    std::size_t a = 0;
    while (b < orders[0].size() && a < orders[1].size()) {
        CallOrder& bid = orders[0][b];
        CallOrder& ask = orders[1][a];
        refresh(bid);
        refresh(ask);
        if (bid.left.raw() == 0 || bid.price < call.price) {
            if (bid.price < call.price) {
                break;
            }
            ++b;
            continue;
        }
        if (ask.left.raw() == 0 || ask.price > call.price) {
            if (ask.price > call.price) {
                break;
            }
            ++a;
            continue;
        }
        const Lots qty = std::min(bid.left, ask.left);
        if (bid.account.valid() && bid.account == ask.account) {
            for (CallOrder* const order : {&bid, &ask}) {
                take(*order, qty);
                margin_follows(*order);
                if (order->resting.valid()) {
                    book.shrink(order->resting, order->left);
                    changes_.push_back({.instrument = i,
                                        .id = order->resting,
                                        .order = {.account = order->account,
                                                  .side = order == &bid ? Side::buy : Side::sell,
                                                  .cause = order->cause,
                                                  .price = order->price,
                                                  .left = order->left}});
                }
            }
            fit(bid.account, i);
            continue;
        }
        // Two that rest do not cross, so one of them waits.
        const bool bid_takes = !bid.resting.valid() && (ask.resting.valid() || bid.row > ask.row);
        CallOrder& maker = bid_takes ? ask : bid;
        CallOrder& taker = bid_takes ? bid : ask;
        CHECK(!taker.resting.valid());
        book.trade_in_auction(bid.resting, ask.resting, qty);
        take(bid, qty);
        take(ask, qty);
        const Fill fill{.instrument = i,
                        .maker_order = id_of(maker),
                        .taker_order = id_of(taker),
                        .maker = maker.account,
                        .taker = taker.account,
                        .taker_side = bid_takes ? Side::buy : Side::sell,
                        .maker_cause = maker.cause,
                        .taker_cause = taker.cause,
                        .price = call.price,
                        .qty = qty,
                        .maker_left = maker.left};
        fills_.push_back(fill);
        takers_left_.push_back(taker.left);
        done.volume += qty;
        house_->settle(fill);
        margin_follows(maker);
        margin_follows(taker);
        fit(fill.maker, i);
        fit(fill.taker, i);
    }
    if (done.volume.raw() > 0) {
        stops_.set_price(i, TriggerOn::last, call.price);
    }
    return done;
}

std::vector<Command> OrderGateway::reopen(InstrumentId i) {
    CHECK(is_halted(i));
    HaltedBook& halted = halted_[i.raw()];
    halted.on = false;
    --halted_books_;
    std::vector<Command> waiting;
    waiting.swap(halted.waiting);
    OrderBook& book = (*books_)[i.raw()];
    for (const Command& order : waiting) {
        set_reservation(i, order.order, AccountId{}, 0);
        book.let_go(order.order);
        if (order.qty.raw() == 0) {
            book.release(order.order);
        }
    }
    std::erase_if(waiting, [](const Command& order) { return order.qty.raw() == 0; });
    return waiting;
}

}  // namespace margincall::inline clearing
