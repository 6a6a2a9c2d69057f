#include "clearing/liquidation_engine.hpp"

#include <algorithm>
#include <cmath>

#include "rules/adl_allocation.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/reduction.hpp"

namespace margincall::inline clearing {

namespace {
constexpr std::int64_t pool_window_minutes = 480;  // 8 h maximum of a pool (rules/venues: Bybit)
constexpr i128 ppm = 1'000'000;

[[nodiscard]] Lots magnitude(Lots x) {
    return x.raw() < 0 ? -x : x;
}
[[nodiscard]] double mark_usd(const LiquidationHost& world, InstrumentId i) {
    return to_usd(world.clearing().instrument(i), world.mark(i));
}
}  // namespace

LiquidationEngine::LiquidationEngine(std::size_t venues) : venues_(venues) {
    for (VenueQueue& v : venues_) {
        v.queue.reserve(1024);
        v.fund_equity_minutes.assign(pool_window_minutes, 0.0);
    }
}

void LiquidationEngine::on_liquidation_price(LiquidationHost& world, Row& row, Ticks mark) {
    if (world.clearing().liquidatable_at(row, mark)) {
        enqueue(world, row);
    } else {
        world.house().refresh(row);
    }
}

void LiquidationEngine::enqueue(LiquidationHost& world, Row& row) {
    row.state = RowState::in_liquidation;
    world.house().remove_trigger(row);
    const VenueId venue = world.clearing().venue(row.account);
    Case c;
    c.account = row.account;
    c.cooldown_until = world.now();
    venues_[venue.raw()].queue.push_back(c);
    schedule_next_batch(world, venue);
}

// On the venue's own grid.
void LiquidationEngine::schedule_next_batch(LiquidationHost& world, VenueId venue) {
    VenueQueue& q = venues_[venue.raw()];
    if (!q.batch_scheduled) {
        q.batch_scheduled = true;
        const std::int64_t period = world.clearing().rules(venue).liquidation.batch.raw();
        const std::int64_t next = (world.now().ns() / period + 1) * period;
        world.schedule_batch(venue, SimTime::from_ns(next));
    }
}

void LiquidationEngine::on_batch(LiquidationHost& world, VenueId venue) {
    VenueQueue& q = venues_[venue.raw()];
    q.batch_scheduled = false;
    update_pool(world, venue);
    std::size_t kept = 0;
    for (std::size_t k = 0; k < q.queue.size(); ++k) {
        constexpr std::size_t ahead = 6;
        if (k + 2 * ahead < q.queue.size()) {
            world.clearing().prefetch_row(q.queue[k + 2 * ahead].account);
            world.clearing().prefetch_row_places(q.queue[k + ahead].account);
        }
        Case c = q.queue[k];
        if (work(world, c) == Outcome::waits) {
            q.queue[kept++] = c;
        }
    }
    q.queue.resize(kept);
    kept = 0;
    for (std::size_t k = 0; k < q.cross_queue.size(); ++k) {
        Case c = q.cross_queue[k];
        if (work_cross(world, c) == Outcome::waits) {
            q.cross_queue[kept++] = c;
        }
    }
    q.cross_queue.resize(kept);
    deleverage(world, venue);
    deleverage_cross(world, venue);
    cover_empty_fund(world, venue);
    for (const InstrumentId i : world.perps(venue)) {
        world.publish_quote(i);
    }
    if ((!q.queue.empty() || !q.cross_queue.empty()) && !q.batch_scheduled) {
        q.batch_scheduled = true;
        world.schedule_batch(venue, world.now() + world.clearing().rules(venue).liquidation.batch);
    }
}

LiquidationEngine::Outcome LiquidationEngine::work(LiquidationHost& world, Case& c) {
    ClearingHouse& house = world.house();
    Row& row = house.row(c.account);
    const auto id = InstrumentId::from_raw(row.instrument);
    const Instrument& inst = world.clearing().instrument(id);
    const VenueRules& rules = house.rules(inst.venue);
    const Ticks mark = world.mark(id);
    const MarginTiers& tiers = house.tiers(id);
    c.wants_adl = false;

    // 1. Re-test. The row's own orders were in flight only; they are refused while it is here.
    if (!house.liquidatable_at(row, mark)) {
        row.state = RowState::open;
        house.refresh(row);
        return Outcome::done;
    }
    if (world.liquidations_neutral()) {
        return close_neutral(world, row);
    }

    // 2. and 3. The venue's first step: an order into the same book, limited at the bankruptcy
    // price.
    PositionState state = house.state(row);
    const Ticks bankruptcy = bankruptcy_price(inst, state);
    const Ticks limit = bankruptcy.raw() > 0    ? bankruptcy
                        : row.side == Side::buy ? Ticks::from_raw(1)
                                                : inst.price_max;
    const bool cooled = c.partial_done;
    const Lots wanted =
        liquidation_size(inst,
                         tiers,
                         rules.liquidation,
                         state,
                         mark,
                         rules.trigger_at_equality,
                         cooled ? LiquidationAttempt::after_cooldown : LiquidationAttempt::first);
    TimeInForce tif = TimeInForce::ioc;
    bool send = true;
    switch (rules.liquidation.first_step) {
        case LiquidationFirstStep::ioc_to_safety:
            break;
        case LiquidationFirstStep::tier_ladder_fok:
            tif = TimeInForce::fok;
            send =
                wanted < magnitude(state.qty);  // lowest tier: the engine takes it without an order
            break;
        case LiquidationFirstStep::market_then_rest:
            send = world.now() >= c.cooldown_until;
            if (send && !cooled && wanted < magnitude(state.qty)) {
                c.partial_done = true;
                c.cooldown_until = world.now() + rules.liquidation.cooldown;
            }
            break;
        case LiquidationFirstStep::tiers_down:
            send = wanted < magnitude(state.qty);  // below that the engine takes it
            break;
        case LiquidationFirstStep::slices:
            break;
        case LiquidationFirstStep::fillable_ioc:
        case LiquidationFirstStep::liquidator_share:
            CHECK(false);  // the scenario compiler refuses them
            break;
    }
    if (send && wanted.raw() > 0) {
        (void)sell_in_book(world, row, wanted, tif, limit);
        if (house.state(row).qty.raw() == 0) {
            house.close_row(row);
            return Outcome::done;
        }
        if (!house.liquidatable_at(row, mark)) {
            row.state = RowState::open;
            house.refresh(row);
            return Outcome::done;
        }
        state = house.state(row);
        // Steps that are repeated batch by batch while the account can still pay for them.
        const bool again = rules.liquidation.first_step == LiquidationFirstStep::slices ||
                           rules.liquidation.first_step == LiquidationFirstStep::tiers_down;
        if (again && equity(inst, state, mark) > Money{}) {
            return Outcome::waits;
        }
    }

    // 4. Takeover of the rest.
    const Money rest = position_notional(inst, state, mark);
    switch (rules.liquidation.takeover) {
        case TakeoverMethod::fund_at_bankruptcy:
            if (fund_can_take(world, inst.venue, rest)) {
                take_over(world, row, limit);
                return Outcome::done;
            }
            c.wants_adl = true;
            break;
        case TakeoverMethod::engine_at_bankruptcy: {
            // The engine takes everything and puts it on the book at the bankruptcy price or
            // better; what does not fill stays with the engine, whose pool bears the result.
            const AccountId fund = house.fund(inst.venue);
            const Lots lots = magnitude(state.qty);
            take_over(world, row, limit);
            Command order;
            order.type = OrderType::limit;
            order.tif = TimeInForce::ioc;
            order.side = opposite(row.side);
            order.cause = Cause::liquidation;
            order.instrument = id;
            order.account = fund;
            order.price = limit;
            order.qty = lots;
            (void)world.send_now(order);
            return Outcome::done;
        }
        case TakeoverMethod::vault_below_share: {
            const i128 equity_raw = equity(inst, state, mark).raw();
            const i128 maintenance_raw = maintenance(inst, tiers, state, mark).raw();
            if (equity_raw * ppm < maintenance_raw * rules.liquidation.vault_share_ppm) {
                if (equity_raw >= 0 && fund_can_take(world, inst.venue, rest)) {
                    take_over(world, row, limit);
                    return Outcome::done;
                }
                c.wants_adl = equity_raw < 0;
            }
            break;
        }
        case TakeoverMethod::fund_per_fill:
        case TakeoverMethod::socialise:
            CHECK(false);  // the scenario compiler refuses them
            break;
    }
    if (c.wants_adl && c.adl_from == SimTime{}) {
        c.adl_from = world.now() + rules.adl.delay;
    }
    return Outcome::waits;
}

LiquidationEngine::Outcome LiquidationEngine::close_neutral(LiquidationHost& world, Row& row) {
    ClearingHouse& house = world.house();
    const auto id = InstrumentId::from_raw(row.instrument);
    const Instrument& inst = world.clearing().instrument(id);
    const Ticks mark = world.mark(id);
    const PositionState state = house.state(row);
    const Lots lots = magnitude(state.qty);
    const double equity_usd = to_usd(equity(inst, state, mark));
    house.transfer(row.account, house.neutral(inst.venue), id, row.side, lots, mark, Reason::trade);
    record(world,
           row,
           LiquidationKind::book,
           lots,
           to_usd(inst, mark),
           notional(inst, mark, lots),
           bankruptcy_price(inst, state),
           equity_usd);
    house.close_row(row);
    return Outcome::done;
}

Lots LiquidationEngine::sell_in_book(
    LiquidationHost& world, Row& row, Lots lots, TimeInForce tif, Ticks limit) {
    ClearingHouse& house = world.house();
    const auto id = InstrumentId::from_raw(row.instrument);
    const Instrument& inst = world.clearing().instrument(id);
    const Ticks mark = world.mark(id);
    const PositionState before = house.state(row);
    const double equity_usd = to_usd(equity(inst, before, mark));
    // Nothing rests at the limit or better: the order could only be refused, so it is not sent.
    const OrderBook& book = world.book(id);
    const Ticks best = row.side == Side::buy ? book.best_bid() : book.best_ask();
    if (best.raw() == 0 || (row.side == Side::buy ? best < limit : best > limit)) {
        return Lots{};
    }
    Command order;
    order.type = OrderType::limit;
    order.tif = tif;
    order.reduce_only = ReduceOnly::yes;
    order.side = opposite(row.side);
    order.cause = Cause::liquidation;
    order.instrument = id;
    order.account = row.account;
    order.price = limit;
    order.qty = lots;
    const std::span<const Fill> fills = world.send_now(order);
    Lots filled;
    Money value;
    for (const Fill& f : fills) {
        filled += f.qty;
        value += notional(inst, f.price, f.qty);
    }
    if (filled.raw() > 0) {
        house.charge_liquidation_fee(row, value, mark);
        const double price = to_usd(value) / (static_cast<double>(filled.raw()) * inst.lot_base);
        record(world,
               row,
               LiquidationKind::book,
               filled,
               price,
               value,
               bankruptcy_price(inst, before),
               equity_usd);
    }
    return filled;
}

bool LiquidationEngine::fund_can_take(const LiquidationHost& world,
                                      VenueId venue,
                                      Money value) const {
    const ClearingHouse& house = world.clearing();
    const AccountId fund = house.fund(venue);
    const std::int64_t cash = house.cash(fund).raw();
    if (cash <= 0) {
        return false;
    }
    i128 held = 0;  // gross over instruments, net within each
    for (const InstrumentId i : world.perps(venue)) {
        const Lots lots = house.position(fund, i);
        if (lots.raw() != 0) {
            held += notional(world.clearing().instrument(i), world.mark(i), magnitude(lots)).raw();
        }
    }
    return (held + value.raw()) * ppm <= i128{cash} * house.rules(venue).fund.position_cap_ppm;
}

void LiquidationEngine::take_over(LiquidationHost& world, Row& row, Ticks price) {
    ClearingHouse& house = world.house();
    const auto id = InstrumentId::from_raw(row.instrument);
    const Instrument& inst = world.clearing().instrument(id);
    const PositionState state = house.state(row);
    const Ticks mark = world.mark(id);
    const Lots lots = magnitude(state.qty);
    const double equity_usd = to_usd(equity(inst, state, mark));
    const AccountId fund = house.fund(inst.venue);
    house.transfer(row.account, fund, id, row.side, lots, price, Reason::takeover);
    // The bankruptcy price is rounded to a tick in the account's favour; that crumb goes with it.
    const Money crumb = house.cash(row.account);
    if (crumb.raw() > 0) {
        house.hand_over_cash(row.account, fund, crumb);
    }
    record(world,
           row,
           LiquidationKind::takeover,
           lots,
           to_usd(inst, price),
           notional(inst, mark, lots),
           price,
           equity_usd);
    house.close_row(row);
}

double LiquidationEngine::fund_equity(const LiquidationHost& world, VenueId venue) const {
    const ClearingHouse& house = world.clearing();
    const AccountId fund = house.fund(venue);
    double usd = to_usd(house.cash(fund));
    for (const InstrumentId i : world.perps(venue)) {
        const Lots lots = house.position(fund, i);
        if (lots.raw() != 0) {
            const double value =
                to_usd(notional(world.clearing().instrument(i), world.mark(i), magnitude(lots)));
            usd += (lots.raw() > 0 ? value : -value) - to_usd(house.cost(fund, i));
        }
    }
    return usd;
}

void LiquidationEngine::update_pool(LiquidationHost& world, VenueId venue) {
    VenueQueue& q = venues_[venue.raw()];
    const AdlRule& rule = world.clearing().rules(venue).adl;
    if (rule.trigger != AdlTrigger::pool_drawdown) {
        return;
    }
    const double now_usd = fund_equity(world, venue);
    const std::int64_t minute = world.now().ns() / minutes(1).raw();
    if (q.minute < 0 || minute - q.minute >= pool_window_minutes) {
        std::fill(q.fund_equity_minutes.begin(), q.fund_equity_minutes.end(), 0.0);
        q.fund_equity_minutes[0] = to_usd(world.clearing().rules(venue).fund.initial);
        q.minute = minute;
    }
    while (q.minute < minute) {
        ++q.minute;
        q.fund_equity_minutes[static_cast<std::size_t>(q.minute % pool_window_minutes)] = now_usd;
    }
    double& here = q.fund_equity_minutes[static_cast<std::size_t>(minute % pool_window_minutes)];
    here = std::max(here, now_usd);
    const double peak =
        *std::max_element(q.fund_equity_minutes.begin(), q.fund_equity_minutes.end());
    const double drawdown = peak > 0.0 ? 1.0 - now_usd / peak : 1.0;
    if (drawdown * 1e6 > static_cast<double>(rule.drawdown_ppm) || now_usd <= 0.0) {
        q.adl_on = true;
    } else if (drawdown * 1e6 < static_cast<double>(rule.drawdown_stop_ppm)) {
        q.adl_on = false;
    }
}

// A fund whose losses exceed what it owns is topped up by nobody: the difference is bad debt,
// shown.
void LiquidationEngine::cover_empty_fund(LiquidationHost& world, VenueId venue) {
    const double equity_usd = fund_equity(world, venue);
    if (equity_usd < -1e-6) {
        world.house().cover_fund(venue, Money::from_raw(std::llround(-equity_usd * 1e6)));
    }
}

void LiquidationEngine::on_unwind(LiquidationHost& world, VenueId venue) {
    ClearingHouse& house = world.house();
    cover_empty_fund(world, venue);
    const FundRule& rule = house.rules(venue).fund;
    const AccountId fund = house.fund(venue);
    update_pool(world, venue);
    if (venues_[venue.raw()].adl_on) {
        deleverage_fund(world, venue);
    }
    sell_fund_coins(world, venue);
    constexpr double step_s = 10.0;
    for (const InstrumentId i : world.perps(venue)) {
        const std::int64_t held = house.position(fund, i).raw();
        if (held == 0) {
            continue;
        }
        const Instrument& inst = world.clearing().instrument(i);
        const double size = static_cast<double>(std::abs(held));
        const double price = mark_usd(world, i);
        const double per_lot = price * inst.lot_base;
        const double by_time = size * step_s / to_seconds(rule.unwind);
        const double by_volume = static_cast<double>(rule.unwind_participation_ppm) * 1e-6 *
                                 world.volume_last_minute_usd(i) * (step_s / 60.0) / per_lot;
        const double lots = std::clamp(std::max(by_time, by_volume), 1.0, size);
        Command order;
        order.type = OrderType::market;
        order.tif = TimeInForce::ioc;
        order.side = held > 0 ? Side::sell : Side::buy;
        order.cause = Cause::fund_unwind;
        order.instrument = i;
        order.account = fund;
        order.qty = Lots::from_raw(static_cast<std::int64_t>(lots));
        (void)world.send_now(order);
        world.publish_quote(i);
    }
}

void LiquidationEngine::rank(LiquidationHost& world,
                             InstrumentId i,
                             Side opposite_side,
                             Ticks mark) {
    ClearingHouse& house = world.house();
    const Instrument& inst = world.clearing().instrument(i);
    const AdlRank rule = house.rules(inst.venue).adl.rank;
    ranked_.clear();
    ranked_next_ = 0;
    const auto consider = [&](AccountId account, const PositionState& s, double other_upnl_usd) {
        AdlAccount a = make_adl_account(account.raw(), inst, house.tiers(i), s, mark);
        a.wallet += other_upnl_usd;
        Candidate c;
        c.account = account;
        c.eligible = adl_eligible(rule, a);
        c.score = adl_score(rule, a);
        c.upnl_usd = a.unrealised * static_cast<double>(s.weight);
        c.leverage = effective_leverage(a);
        c.figures = a;
        c.hedger = house.is_row(account) && house.row(account).hedger != 0;
        ranked_.push_back(c);
    };
    for (const AccountId account : house.live_rows(i)) {
        const Row& r = house.row(account);
        if (r.state == RowState::open && r.side == opposite_side) {
            consider(account, house.state(r), 0.0);
        }
    }
    for (const AccountId account : house.agents(inst.venue)) {
        PositionState s;
        s.qty = house.position(account, i);
        s.cost = house.cost(account, i);
        s.collateral = house.cash(account);
        if (s.qty.raw() == 0 || (s.qty.raw() > 0) != (opposite_side == Side::buy)) {
            continue;
        }
        double other = 0.0;  // a cross account: its other positions count as wallet
        for (const InstrumentId k : world.perps(inst.venue)) {
            const Lots held = house.position(account, k);
            if (k != i && held.raw() != 0) {
                other += mark_usd(world, k) * static_cast<double>(held.raw()) *
                             world.clearing().instrument(k).lot_base -
                         to_usd(house.cost(account, k));
            }
        }
        consider(account, s, other);
    }
    for (const std::uint32_t holding : house.cross_accounts().holders(i.raw())) {
        const AccountId account =
            house.cross_accounts().account(house.cross_accounts().holding(holding).owner).account;
        PositionState s;
        s.qty = house.position(account, i);
        if (s.qty.raw() == 0 || (s.qty.raw() > 0) != (opposite_side == Side::buy) ||
            house.cross(account).state != CrossState::open) {
            continue;
        }
        s.cost = house.cost(account, i);
        s.weight = house.cross(account).weight;
        // Everything else that the account has stands behind it.
        s.collateral = house.cross_margin(account).equity - unrealised(inst, s, mark);
        consider(account, s, 0.0);
    }
    std::sort(ranked_.begin(), ranked_.end(), [](const Candidate& x, const Candidate& y) {
        // Accounts that the rule does not sort (no profit) come last: somebody must be the other
        // side.
        if (x.eligible != y.eligible) {
            return x.eligible;
        }
        return x.score != y.score ? x.score > y.score : x.account < y.account;
    });
}

Lots LiquidationEngine::match_adl(LiquidationHost& world,
                                  AccountId from,
                                  InstrumentId i,
                                  Side side,
                                  Lots need,
                                  Ticks price,
                                  std::int64_t needed_usd_raw) {
    ClearingHouse& house = world.house();
    const AdlRank rule = house.rules(world.clearing().instrument(i).venue).adl.rank;
    if (is_proportional(rule) || rule == AdlRank::hedge_exempt) {
        return share_adl(world, from, i, side, need, price, needed_usd_raw);
    }
    Lots left = need;
    while (left.raw() > 0 && ranked_next_ < ranked_.size()) {
        const Candidate& c = ranked_[ranked_next_];
        const Lots held = magnitude(house.position(c.account, i));
        if (held.raw() == 0 || c.account == from) {
            ++ranked_next_;
            continue;
        }
        const Lots closed = std::min(left, held);
        close_against(world, from, i, side, ranked_next_, closed, price, needed_usd_raw);
        left -= closed;
        if (closed == held) {
            ++ranked_next_;
        }
    }
    return need - left;
}

Lots LiquidationEngine::share_adl(LiquidationHost& world,
                                  AccountId from,
                                  InstrumentId i,
                                  Side side,
                                  Lots need,
                                  Ticks price,
                                  std::int64_t needed_usd_raw) {
    ClearingHouse& house = world.house();
    std::vector<AdlCandidate> candidates;
    for (std::size_t k = 0; k < ranked_.size(); ++k) {
        const Lots held = magnitude(house.position(ranked_[k].account, i));
        if (held.raw() == 0 || ranked_[k].account == from) {
            continue;
        }
        AdlCandidate candidate{.account = ranked_[k].figures, .size = held, .hedged = {}};
        candidate.account.row = static_cast<std::uint32_t>(k);
        candidate.hedged = ranked_[k].hedger ? held : Lots{};
        candidates.push_back(candidate);
    }
    const AdlAllocation shares =
        allocate_adl(house.rules(world.clearing().instrument(i).venue).adl.rank, candidates, need);
    for (const AdlTaken& part : shares.from) {
        close_against(world, from, i, side, part.row, part.lots, price, needed_usd_raw);
    }
    return shares.taken;
}

void LiquidationEngine::close_against(LiquidationHost& world,
                                      AccountId from,
                                      InstrumentId i,
                                      Side side,
                                      std::size_t ranked,
                                      Lots closed,
                                      Ticks price,
                                      std::int64_t needed_usd_raw) {
    ClearingHouse& house = world.house();
    const Instrument& inst = world.clearing().instrument(i);
    const Candidate& c = ranked_[ranked];
    const Lots held = magnitude(house.position(c.account, i));
    house.transfer(from, c.account, i, side, closed, price, Reason::adl);
    if (world.wants_records()) {
        const double coins = static_cast<double>(closed.raw()) * inst.lot_base;
        AdlRecord r;
        r.time_ns = world.now().ns();
        r.instrument = i.raw();
        r.rank = static_cast<std::uint32_t>(ranked + 1);
        r.account = c.account.raw();
        r.weight = house.is_row(c.account)     ? house.row(c.account).weight
                   : house.is_cross(c.account) ? house.cross(c.account).weight
                                               : 1;
        r.was_long = side == Side::buy ? 0 : 1;
        r.qty = coins;
        r.price = to_usd(inst, price);
        r.notional_usd = coins * r.price;
        r.score = c.score;
        r.upnl_usd =
            c.upnl_usd * static_cast<double>(closed.raw()) / static_cast<double>(held.raw());
        r.leverage = c.leverage;
        r.needed_usd = static_cast<double>(needed_usd_raw) * 1e-6;
        r.against = from.raw();
        world.record(r);
    }
    if (house.is_row(c.account)) {
        Row& other = house.row(c.account);
        if (house.state(other).qty.raw() == 0) {
            house.close_row(other);
        } else {
            house.refresh(other);
        }
    } else {
        world.notify_adl(c.account, i, opposite(side), price, closed);
    }
}

void LiquidationEngine::deleverage(LiquidationHost& world, VenueId venue) {
    ClearingHouse& house = world.house();
    VenueQueue& q = venues_[venue.raw()];
    const VenueRules& rules = house.rules(venue);
    std::uint64_t ranked_for = UINT64_MAX;  // instrument and side that ranked_ was made for
    // Grouped by instrument and side so that each queue is ranked once per batch.
    std::stable_sort(q.queue.begin(), q.queue.end(), [&](const Case& x, const Case& y) {
        const Row& a = house.row(x.account);
        const Row& b = house.row(y.account);
        return a.instrument != b.instrument ? a.instrument < b.instrument : a.side < b.side;
    });
    std::size_t kept = 0;
    for (Case& c : q.queue) {
        Row& row = house.row(c.account);
        const bool due =
            c.wants_adl && world.now() >= c.adl_from && row.state == RowState::in_liquidation;
        if (!due) {
            q.queue[kept++] = c;
            continue;
        }
        const auto id = InstrumentId::from_raw(row.instrument);
        const Instrument& inst = world.clearing().instrument(id);
        const Ticks mark = world.mark(id);
        const std::uint64_t key = 2 * std::uint64_t{id.raw()} + (row.side == Side::buy ? 0U : 1U);
        if (key != ranked_for) {
            rank(world, id, opposite(row.side), mark);
            ranked_for = key;
        }
        const PositionState before = house.state(row);
        const Ticks bankruptcy = bankruptcy_price(inst, before);
        Ticks price;
        switch (rules.adl.price) {
            case AdlPrice::bankruptcy:
                price = bankruptcy;
                break;
            case AdlPrice::previous_mark:
                price = world.mark_before(id);
                break;
            case AdlPrice::mark:
                price = mark;
                break;
            case AdlPrice::previous_oracle:
                price = world.oracle_before(id);
                break;
        }
        if (price.raw() <= 0) {
            price = mark;
        }
        const Lots need = magnitude(before.qty);
        const Money value = notional(inst, price, need);
        const double equity_usd = to_usd(equity(inst, before, mark));
        const Lots closed = match_adl(world, row.account, id, row.side, need, price, value.raw());
        if (closed.raw() > 0) {
            record(world,
                   row,
                   LiquidationKind::adl,
                   closed,
                   to_usd(inst, price),
                   notional(inst, price, closed),
                   bankruptcy,
                   equity_usd);
        }
        if (house.state(row).qty.raw() == 0) {
            house.close_row(row);
        } else {
            q.queue[kept++] = c;
        }
    }
    q.queue.resize(kept);
}

// Pool venues: the engine's own inventory is closed against the queue at its average take-over
// price, which is the bankruptcy price of the orders it took.
void LiquidationEngine::deleverage_fund(LiquidationHost& world, VenueId venue) {
    ClearingHouse& house = world.house();
    const AccountId fund = house.fund(venue);
    for (const InstrumentId i : world.perps(venue)) {
        const Lots held = house.position(fund, i);
        if (held.raw() == 0) {
            continue;
        }
        const Instrument& inst = world.clearing().instrument(i);
        const Side side = held.raw() > 0 ? Side::buy : Side::sell;
        const i128 average = div_round(i128{house.cost(fund, i).raw()} * sign(side),
                                       i128{magnitude(held).raw()} * inst.tick_value.raw(),
                                       side == Side::buy ? Round::up : Round::down);
        const Ticks price = Ticks::from_raw(std::max<std::int64_t>(1, narrow_i64(average)));
        rank(world, i, opposite(side), world.mark(i));
        (void)match_adl(world,
                        fund,
                        i,
                        side,
                        magnitude(held),
                        price,
                        notional(inst, price, magnitude(held)).raw());
    }
}

void LiquidationEngine::record(LiquidationHost& world,
                               Row& row,
                               LiquidationKind kind,
                               Lots lots,
                               double price,
                               Money value,
                               Ticks bankruptcy,
                               double equity_usd) {
    const bool first = row.forced_before == 0;
    row.forced_before = 1;
    if (!world.wants_records()) {
        return;
    }
    const Instrument& inst = world.clearing().instrument(InstrumentId::from_raw(row.instrument));
    LiquidationRecord r;
    r.time_ns = world.now().ns();
    r.instrument = row.instrument;
    r.account = row.account.raw();
    r.weight = row.weight;
    r.was_long = row.side == Side::buy ? 1 : 0;
    r.kind = static_cast<std::uint8_t>(kind);
    r.first = first ? 1 : 0;
    r.qty = static_cast<double>(lots.raw()) * inst.lot_base;
    r.price = price;
    r.bankruptcy_price = to_usd(inst, bankruptcy);
    r.notional_usd = to_usd(value);
    r.leverage = static_cast<double>(row.leverage_e2) / 100.0;
    r.equity_usd = equity_usd;
    world.record(r);
}

}  // namespace margincall::inline clearing
