#include <algorithm>
#include <cmath>

#include "sim/world.hpp"

namespace margincall::inline sim {

SimTime AgentContext::now() const {
    return world_.now_;
}
const Plan& AgentContext::plan() const {
    return world_.plan_;
}
Switches AgentContext::switches() const {
    return world_.switches();
}
const Instrument& AgentContext::instrument(InstrumentId id) const {
    return world_.instrument(id);
}

Quote AgentContext::quote(InstrumentId id) const {
    const AgentSlot& slot = world_.agents_[agent_.raw()];
    const Duration late = world_.inbound_latency(slot.setup.latency, world_.instrument(id).venue);
    return world_.feeds_[id.raw()].quote_at(SimTime::from_ns(world_.now_.ns() - late.raw()));
}

double AgentContext::depth_usd(InstrumentId id, Side side, double distance) const {
    return world_.feeds_[id.raw()].depth(side, distance);
}

double AgentContext::volume_usd(InstrumentId id, Duration window) const {
    return world_.feeds_[id.raw()].volume(world_.now_, window);
}

double AgentContext::taker_net_usd(InstrumentId id) const {
    return world_.feeds_[id.raw()].taker_net_usd;
}

double AgentContext::index_ago(AssetId asset, Duration ago) const {
    const std::vector<double>& index = world_.assets_[asset.raw()].index;
    const std::int64_t back = ago.raw() / seconds(1).raw();
    const std::int64_t k = static_cast<std::int64_t>(index.size()) - 1 - back;
    if (k >= 0) {
        return index[static_cast<std::size_t>(k)];
    }
    // Before the start: the plan's history, whose last entry is the start.
    const HistoryPlan& history = world_.plan_.history;
    if (asset.raw() >= history.price.size() || history.price[asset.raw()].empty()) {
        return index.front();
    }
    const std::vector<double>& past = history.price[asset.raw()];
    const std::int64_t steps = -k * seconds(1).raw() / history.step.raw();
    const std::int64_t last = static_cast<std::int64_t>(past.size()) - 1;
    return past[static_cast<std::size_t>(std::max<std::int64_t>(0, last - steps))];
}

double AgentContext::volatility(AssetId asset) const {
    return world_.assets_[asset.raw()].volatility.per_day();
}

double AgentContext::clock_speed(AssetId asset) const {
    return world_.clock_speed(asset);
}

double AgentContext::venue_wait_s(VenueId venue) const {
    return world_.wait_s(venue);
}

bool AgentContext::transfers_stopped(VenueId venue) const {
    return world_.transfers_stopped(venue);
}

double AgentContext::taker_fee(VenueId venue) const {
    const std::int64_t ppm = world_.plan_.venues[venue.raw()].rules.taker_fee_ppm +
                             world_.clearing_.fee_change_ppm(venue);
    return 1e-6 * static_cast<double>(ppm);
}

double AgentContext::retail_there() const {
    return world_.retail_there();
}

double AgentContext::funding_8h(InstrumentId id) const {
    return world_.feeds_[id.raw()].funding_8h;
}

double AgentContext::funding_paid_usd(InstrumentId id) const {
    return world_.feeds_[id.raw()].funding_paid_usd;
}

double AgentContext::fair_value(AssetId asset, Duration delay) const {
    return world_.fair_value_.value_delayed(asset, delay);
}
double AgentContext::uncertainty() const {
    return world_.fair_value_.uncertainty();
}
double AgentContext::fear_greed() const {
    return world_.fear_greed_;
}

Lots AgentContext::position(InstrumentId id) const {
    const AgentSlot& slot = world_.agents_[agent_.raw()];
    if (!slot.setup.margin.empty()) {
        const AccountId account = slot.account[world_.instrument(id).venue.raw()];
        return account.valid() ? world_.clearing_.position(account, id) : Lots{};
    }
    return Lots::from_raw(slot.confirmed[id.raw()]);
}

double AgentContext::cash_usd(VenueId venue) const {
    const AccountId account = world_.agents_[agent_.raw()].account[venue.raw()];
    return account.valid() ? to_usd(world_.clearing_.cash(account)) : 0.0;
}

std::span<const OwnFill> AgentContext::new_fills() {
    return world_.agents_[agent_.raw()].fresh;
}

Command AgentContext::own_command(CommandKind kind, InstrumentId id) const {
    const VenueId venue = world_.instrument(id).venue;
    Command c;
    c.kind = kind;
    c.instrument = id;
    c.account = world_.agents_[agent_.raw()].account[venue.raw()];
    return c;
}

void AgentContext::send(const Command& command) {
    const VenueId venue = world_.instrument(command.instrument).venue;
    world_.packets_[world_.new_packet(agent_.raw(), venue)].commands.push_back(command);
}

OrderId AgentContext::order(Command command) {
    command.kind = CommandKind::add;
    command.account = own_command(command.kind, command.instrument).account;
    CHECK(command.account.valid());
    command.order = world_.books_[command.instrument.raw()].reserve(command.account);
    send(command);
    return command.order;
}

OrderId AgentContext::limit(InstrumentId id,
                            Side side,
                            Ticks price,
                            Lots qty,
                            TimeInForce tif,
                            PostOnly post,
                            Cause cause) {
    Command c;
    c.instrument = id;
    c.tif = tif;
    c.post_only = post;
    c.side = side;
    c.cause = cause;
    c.price = price;
    c.qty = qty;
    return order(c);
}

OrderId AgentContext::market(InstrumentId id, Side side, Lots qty, Cause cause) {
    return order(ioc_order({}, id, side, qty, {}, cause));
}

void AgentContext::cancel(InstrumentId id, OrderId order) {
    Command c = own_command(CommandKind::cancel, id);
    c.order = order;
    send(c);
}

void AgentContext::amend(InstrumentId id, OrderId order, Ticks price, Lots qty) {
    Command c = own_command(CommandKind::amend, id);
    c.order = order;
    c.price = price;
    c.qty = qty;
    send(c);
}

void AgentContext::cancel_all(InstrumentId id) {
    const Command c = own_command(CommandKind::cancel_all, id);
    send(c);
}

const DefiWorld* AgentContext::chain() const {
    return world_.defi_ ? &*world_.defi_ : nullptr;
}

void AgentContext::call(ChainCall call, std::uint32_t blocks) {
    CHECK(world_.defi_.has_value());
    call.agent = agent_.raw();
    world_.defi_->send(call, blocks);
}

void AgentContext::wake_at(SimTime at) {
    AgentSlot& slot = world_.agents_[agent_.raw()];
    if (at < world_.now_) {
        at = world_.now_;
    }
    if (slot.wake_pending && slot.next_wake <= at) {
        return;
    }
    slot.next_wake = at;
    slot.wake_pending = true;
    world_.queue_.push(at, Phase::agent, EventKind::agent_wake, agent_.raw());
}

Rng& AgentContext::rng(Purpose purpose) {
    AgentSlot& slot = world_.agents_[agent_.raw()];
    const auto k = static_cast<std::size_t>(purpose);
    CHECK(k < slot.streams.size());
    if (slot.stream_open[k] == 0) {
        slot.streams[k] = Rng(world_.seed_, slot.setup.entity, purpose);
        slot.stream_open[k] = 1;
    }
    return slot.streams[k];
}

void AgentContext::open_account(const AccountSeed& seed, Cause cause) {
    const AccountId account = world_.clearing_.open_row(seed, ClearingHouse::WithPosition::no);
    Command c = ioc_order(account, seed.instrument, seed.side, seed.qty, {}, cause);
    c.order = world_.books_[seed.instrument.raw()].reserve(c.account);
    send(c);
}

std::span<const AccountId> AgentContext::changed_accounts() {
    return world_.clearing_.take_changed(ChangeReader::owners);
}

AccountView AgentContext::account_view(AccountId account) const {
    const ClearingHouse& house = world_.clearing_;
    AccountView view;
    view.account = account;
    view.venue = house.venue(account);
    view.margin_usd = to_usd(house.cash(account));
    const auto add = [&](InstrumentId id, Lots qty, Money cost) {
        if (qty.raw() != 0) {
            const double coins = static_cast<double>(qty.raw()) * world_.instrument(id).lot_base;
            view.add({.instrument = id, .qty = magnitude(qty), .entry_usd = to_usd(cost) / coins});
        }
    };
    if (house.is_row(account)) {
        const Row& r = house.row(account);
        const PositionState s = house.state(r);
        view.instrument = InstrumentId::from_raw(r.instrument);
        view.side = r.side;
        view.weight = r.weight;
        view.leverage = static_cast<double>(r.leverage_e2) / 100.0;
        view.hedger = r.hedger;
        add(view.instrument, s.qty, s.cost);
        return view;
    }
    const World::Portfolio* const portfolio = world_.portfolio(account);
    if (portfolio == nullptr) {
        view.hedger = 1;
        return view;
    }
    const CrossAccount& c = house.cross(account);
    view.side = portfolio->side;
    view.weight = c.weight;
    view.leverage = static_cast<double>(c.leverage_e2) / 100.0;
    house.for_each_holding(account, [&](const CrossHolding& h) {
        const auto id = InstrumentId::from_raw(h.factor);  // a portfolio holds no coins
        add(id, house.position(account, id), Money::from_raw(h.cost));
    });
    return view;
}

void AgentContext::close_position(AccountId account,
                                  InstrumentId id,
                                  std::int64_t share_ppm,
                                  Cause cause) {
    const ClearingHouse& house = world_.clearing_;
    if (!house.is_open(account) ||
        (house.is_row(account) && house.row(account).pending_close != 0)) {
        return;
    }
    const Lots position = house.position(account, id);
    const std::int64_t held = magnitude(position).raw();
    const std::int64_t qty =
        share_ppm >= 1'000'000 ? held : mul_div(held, share_ppm, 1'000'000, Round::up);
    if (qty == 0) {
        return;
    }
    send(world_.closing_order(account, id, side_of(position), Lots::from_raw(qty), cause));
}

Lots AgentContext::profit_wanted(InstrumentId id, Side order, Ticks price) {
    if (plan().population.profit_share <= 0.0) {
        return Lots{};
    }
    world_.follow_profit_takers();
    return world_.profit_takers_.wanted(id, order, price);
}

void AgentContext::publish_depth_state(AssetId asset, double state) {
    world_.depth_state_[agent_.raw() * world_.plan_.assets.size() + asset.raw()] = state;
}

void AgentContext::report_ruin() {
    ++world_.totals_.makers_ruined;
    world_.digest_.add(agent_.raw());
}

double AgentContext::depth_state(AssetId asset) const {
    return world_.mean_depth_state(asset);
}

}  // namespace margincall::inline sim
