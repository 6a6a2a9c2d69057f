// The venue's side of the world: a command arrives, is checked, matched, settled and published.
#include <algorithm>
#include <array>

#include "sim/world.hpp"

namespace margincall::inline sim {

namespace {
constexpr double nothing = 0.0;
}

AddResult World::execute(const Command& incoming) {
    Command command = incoming;
    gateway_.advance(now_);
    const bool for_row = command.account.valid() && clearing_.is_row(command.account);
    Reject refused = check_band(command);
    if (refused == Reject::none) {
        refused = gateway_.check(command);
    }
    if (refused != Reject::none) {
        ++totals_.rejects;
        const AddResult result = gateway_.refuse(command, refused);
        if (!for_row) {
            notify_ends(command, result, {});
        }
        return result;
    }
    const AddResult result = gateway_.carry_out(command);
    if (result.reject != Reject::none) {
        ++totals_.rejects;
    }
    digest_.add((std::uint64_t{static_cast<std::uint8_t>(command.kind)} << 56) ^
                (std::uint64_t{static_cast<std::uint8_t>(result.reject)} << 48) ^
                command.instrument.raw());
    digest_.add_signed(command.price.raw());
    digest_.add_signed(command.qty.raw());
    if (!gateway_.fills().empty()) {
        publish_fills(instrument(command.instrument),
                      command.tif == TimeInForce::gtc ? command.qty : Lots{});
    }
    if (!for_row) {
        notify_ends(command, result, books_[command.instrument.raw()].self_cancelled());
    }
    if (command.expires.ns() != 0 && command.kind == CommandKind::add &&
        result.reject == Reject::none) {
        queue_.push(command.expires, Phase::exogenous, EventKind::timed_orders, 0);
    }
    schedule_stops();
    tell_changes();
    return result;
}

Reject World::check_band(Command& command) const {
    const Instrument& inst = instrument(command.instrument);
    const BandRule& rule = plan_.venues[inst.venue.raw()].rules.band;
    // The venue's own orders, of engine and fund, are not its users'.
    if (rule.method == BandMethod::none || inst.kind != InstrumentKind::linear_perp ||
        command.cause == Cause::liquidation || command.cause == Cause::fund_unwind) {
        return Reject::none;
    }
    BandReference reference;
    reference.mark = mark_usd(inst.id);
    reference.last = to_usd(inst, feeds_[inst.id.raw()].last);
    reference.index = reference_usd(inst.venue, inst.base);
    reference.premium = band_premiums_[inst.id.raw()].average();
    const PriceBand band = band_of(rule, reference);
    if (command.kind != CommandKind::amend) {
        return apply_band(band, inst, command);
    }
    // An amend says no side.
    RestingOrder resting;
    if (!books_[inst.id.raw()].find(command.order, resting)) {
        return Reject::none;  // the book says what is wrong with it
    }
    Command sided = command;
    sided.side = resting.side;
    return apply_band(band, inst, sided);
}

void World::schedule_stops() {
    if (gateway_.any_due() && !stops_scheduled_) {
        stops_scheduled_ = true;
        queue_.push(now_, Phase::command, EventKind::due_stops, 0);
    }
}

// Stops that these orders set off in turn are done before anything else happens, too.
void World::on_due_stops() {
    while (const std::optional<Command> order = gateway_.next_due()) {
        ++totals_.messages;
        (void)execute(*order);
        publish_quote(order->instrument);
    }
    stops_scheduled_ = false;
}

void World::on_timed_orders() {
    gateway_.advance(now_);
    for (const OrderChange& change : gateway_.changes()) {
        publish_quote(change.instrument);
    }
    tell_changes();
}

void World::tell_changes() {
    for (const OrderChange& change : gateway_.changes()) {
        const std::uint32_t agent = agent_of(change.order.account);
        if (agent != no_agent && agents_[agent].setup.wants_fills) {
            OwnFill own;
            own.instrument = change.instrument;
            own.order = change.id;
            own.side = change.order.side;
            own.cause = change.order.cause;
            own.price = change.order.left.raw() > 0 ? change.order.price : Ticks{};
            own.left = change.order.left;
            tell(agent, own);
        }
    }
    gateway_.forget_changes();
}

// `resting` is what the taker's order would leave in the book: its size, or 0 when the rest is
// dropped.
void World::publish_fills(const Instrument& inst, Lots resting) {
    for (const Fill& fill : gateway_.fills()) {
        resting = resting > fill.qty ? resting - fill.qty : Lots{};
        publish_fill(inst, fill, resting);
    }
}

void World::publish_fill(const Instrument& inst, const Fill& fill, Lots taker_left) {
    InstrumentFeed& feed = feeds_[inst.id.raw()];
    const double price = to_usd(inst, fill.price);
    const double usd = price * static_cast<double>(fill.qty.raw()) * inst.lot_base;
    feed.last = fill.price;
    feed.add_volume(now_, usd);
    if (fill.taker_cause != Cause::maker) {
        feed.taker_net_usd += fill.taker_side == Side::buy ? usd : -usd;
    }
    ++totals_.trades;
    notify(fill,
           fill.maker,
           opposite(fill.taker_side),
           fill.maker_order,
           fill.maker_cause,
           fill.maker_left);
    notify(fill, fill.taker, fill.taker_side, fill.taker_order, fill.taker_cause, taker_left);
    if (fill.maker_cause == Cause::patient && inst.kind == InstrumentKind::linear_perp) {
        pass_to_profit_takers(fill);
    }
    if (recording_.on()) {
        recording_.trade(
            inst.id.raw(), price, usd, fill.taker_side == Side::sell, fill.taker_cause);
    }
}

void World::pass_to_profit_takers(const Fill& fill) {
    if (plan_.population.profit_share <= 0.0) {
        return;
    }
    follow_profit_takers();
    const Instrument& inst = instrument(fill.instrument);
    const Side order = opposite(fill.taker_side);
    Lots left = fill.qty;
    while (left.raw() > 0) {
        const auto wish = profit_takers_.first(fill.instrument, order, fill.price);
        if (!wish) {
            return;
        }
        const std::array taker = {wish->account};
        if (!clearing_.is_open(wish->account)) {
            profit_takers_.follow(clearing_, taker);  // being liquidated: no longer in line
            continue;
        }
        const Lots lots = std::min(left, wish->lots);
        clearing_.transfer(
            fill.maker, wish->account, fill.instrument, order, lots, fill.price, Reason::trade);
        left -= lots;
        gateway_.position_moved(wish->account, fill.instrument);
        profit_takers_.follow(clearing_, taker);
        digest_.add(wish->account.raw());
        digest_.add_signed(lots.raw());
        if (const std::uint32_t agent = agent_of(fill.maker); agent != no_agent) {
            OwnFill own;  // what it handed on is not its own
            own.instrument = fill.instrument;
            own.side = opposite(order);
            own.cause = Cause::closing;
            own.price = fill.price;
            own.qty = lots;
            tell(agent, own);
        }
        totals_.profit_taken_usd += to_usd(notional(inst, fill.price, lots));
    }
}

std::uint32_t World::agent_of(AccountId account) const {
    return account.raw() < agent_of_account_.size() ? agent_of_account_[account.raw()] : no_agent;
}

// Puts news of the agent's own orders into its inbox; it knows them one inbound latency later.
void World::tell(std::uint32_t agent, OwnFill own) {
    AgentSlot& slot = agents_[agent];
    own.at = now_;
    own.known = now_ + inbound_latency(slot.setup.latency, instrument(own.instrument).venue);
    slot.inbox.push_back(own);
}

void World::notify(
    const Fill& fill, AccountId account, Side side, OrderId order, Cause cause, Lots left) {
    const std::uint32_t agent = agent_of(account);
    if (agent == no_agent) {
        return;
    }
    OwnFill own;
    own.instrument = fill.instrument;
    own.order = order;
    own.side = side;
    own.cause = cause;
    own.price = fill.price;
    own.qty = fill.qty;
    own.left = left;
    tell(agent, own);
}

// Tells an agent of orders that ended, or stayed as they were, without a fill: refused adds and
// amends, and its own resting orders that self-trade prevention removed. qty = 0; left and price
// are what rests.
void World::notify_ends(const Command& command,
                        const AddResult& result,
                        std::span<const OrderId> self_cancelled) {
    const bool sizes_an_order =
        command.kind == CommandKind::add || command.kind == CommandKind::amend;
    const std::uint32_t agent = agent_of(command.account);
    if (!sizes_an_order || agent == no_agent || !agents_[agent].setup.wants_fills ||
        result.reject == Reject::unknown_instrument) {
        return;
    }
    const OrderBook& b = books_[command.instrument.raw()];
    OwnFill own;
    own.instrument = command.instrument;
    own.side = command.side;
    own.cause = command.cause;
    for (const OrderId order : self_cancelled) {
        own.order = order;
        tell(agent, own);
    }
    if (result.reject != Reject::none) {
        own.order = command.order;
        RestingOrder resting;
        if (command.kind == CommandKind::amend && b.find(command.order, resting)) {
            own.left = resting.left;
            own.price = resting.price;
        } else if (const Command* const waiting =
                       gateway_.find_waiting(command.instrument, command.order);
                   command.kind == CommandKind::amend && waiting != nullptr) {
            own.left = waiting->qty;
            own.price = waiting->price;
        }
        tell(agent, own);
    }
}

void World::notify_adl(AccountId account, InstrumentId i, Side side, Ticks price, Lots lots) {
    gateway_.position_moved(account, i);
    tell_changes();
    const std::uint32_t agent = agent_of(account);
    if (agent == no_agent) {
        return;
    }
    if (agent == issuer_desk_) {
        const Instrument& inst = instrument(i);
        issuer_adl_usd_ += to_usd(inst, price) * static_cast<double>(lots.raw()) * inst.lot_base;
    }
    OwnFill own;
    own.instrument = i;
    own.side = opposite(side);  // a long is closed by selling
    own.cause = Cause::adl;
    own.price = price;
    own.qty = lots;
    own.adl = true;
    tell(agent, own);
}

void World::publish_quote(InstrumentId i) {
    InstrumentFeed& feed = feeds_[i.raw()];
    const OrderBook& b = books_[i.raw()];
    Quote q;
    q.at = now_;
    q.bid = b.best_bid();
    q.ask = b.best_ask();
    q.last = feed.last;
    const Instrument& inst = instrument(i);
    q.mark = feed.mark.raw() > 0 ? to_usd(inst, feed.mark) : nothing;
    q.index = index_now_[inst.base.raw()];
    q.halted = halted(i);
    feed.publish(q);
}

}  // namespace margincall::inline sim
