// The liquidation engine's last resort: who on the winning side is closed when nobody else takes a
// position, when a fund's own positions are, who bears what a fund cannot pay, and how funds and
// outside liquidators sell again what they took.
#include <algorithm>
#include <cmath>

#include "clearing/liquidation_engine.hpp"
#include "rules/adl_allocation.hpp"

namespace margincall::inline clearing {

namespace {

constexpr std::size_t window_minutes = 480;  // 8 h (rules/venues: Bybit, OKX)

[[nodiscard]] Amount micro(double usd) {
    return Amount::from_raw(i128{std::llround(usd * 1e6)});
}
// Price at which a position of `side` that is bankrupt at `zero` is deleveraged now.
[[nodiscard]] Ticks adl_price_at(const LiquidationHost& host,
                                 InstrumentId i,
                                 Side side,
                                 Ticks zero) {
    const ClearingHouse& house = host.clearing();
    return adl_price(house.rules(house.instrument(i).venue).adl.price,
                     side,
                     {.bankruptcy = zero,
                      .mark = host.mark(i),
                      .mark_before = host.mark_before(i),
                      .oracle_before = host.oracle_before(i)});
}

}  // namespace

// Cases that nobody took, in the order in which they were found.
void LiquidationEngine::deleverage(LiquidationHost& host, VenueId venue) {
    std::vector<Case>& queue = venues_[venue.raw()].queue;
    std::size_t kept = 0;
    for (std::size_t k = 0; k < queue.size(); ++k) {
        Case c = queue[k];
        bool done = false;
        if (c.wants_adl && host.now() >= c.adl_from) {
            deleverage_account(host, c);
            done = host.clearing().is_open(c.account) ||
                   (host.clearing().is_row(c.account) &&
                    host.clearing().row(c.account).state == RowState::closed);
        }
        if (!done) {
            queue[kept++] = c;
        }
    }
    queue.resize(kept);
}

void LiquidationEngine::deleverage_account(LiquidationHost& host, Case& c) {
    ClearingHouse& house = host.house();
    const Margin whole = house.look_at(c.account, positions_);
    const std::vector<HeldPosition> positions = positions_;
    bool all = true;
    for (const HeldPosition& p : positions) {
        const Instrument& inst = *p.terms.inst;
        const Closing closing = closing_of(host, c.account, p, whole);
        const Ticks price = adl_price_at(host, p.instrument, p.side, closing.zero_price);
        const Lots need = p.lots();
        const Lots closed = match_adl(host, c.account, p.instrument, p.side, need, price);
        if (closed.raw() > 0) {
            count(inst.venue, EngineStep::adl);
            note(host,
                 closing,
                 LiquidationKind::adl,
                 closed,
                 to_usd(inst, price),
                 notional(inst, price, closed),
                 Money{});
        }
        const Lots left = need - closed;
        if (left.raw() > 0 && host.other_side_is_outside()) {
            // Whatever its cap says: somebody must hold it.
            house.transfer(c.account,
                           house.fund_of(p.instrument),
                           p.instrument,
                           p.side,
                           left,
                           price,
                           Reason::takeover);
            note(host,
                 closing,
                 LiquidationKind::no_counterparty,
                 left,
                 to_usd(inst, price),
                 notional(inst, host.mark(p.instrument), left),
                 Money{});
        } else {
            all = all && left.raw() == 0;
        }
    }
    if (all) {
        house.end_liquidation(c.account, c.fund);
    }
}

// Funds, pools and vaults whose trigger is on: their own positions are closed against the queue, an
// engine's or pool's at its average takeover price (the bankruptcy price of the orders it took), a
// vault's like those of any insolvent account.
void LiquidationEngine::deleverage_funds(LiquidationHost& host, VenueId venue) {
    ClearingHouse& house = host.house();
    const VenueRules& rules = house.rules(venue);
    for (const InstrumentId i : host.perps(venue)) {
        const AccountId fund = house.fund_of(i);
        const Lots held = house.position(fund, i);
        if (held.raw() == 0 || host.halted(i) || !fund_deleverages(host, i)) {
            continue;
        }
        const Instrument& inst = house.instrument(i);
        const Side side = side_of(held);
        i128 worth = i128{house.cost(fund, i).raw()} * sign(side);
        if (rules.liquidation.takeover == TakeoverMethod::vault_below_share) {
            // Its deficit, shared out by size: what this position must bring for nothing to be
            // missing.
            i128 gross = 0;
            for (const InstrumentId k : host.perps(venue)) {
                gross +=
                    notional(house.instrument(k), host.mark(k), magnitude(house.position(fund, k)))
                        .raw();
            }
            const i128 own = notional(inst, host.mark(i), magnitude(held)).raw();
            const i128 deficit = house.portfolio_equity(fund).raw();
            worth = own - sign(side) * div_round(deficit * own, gross, Round::down);
        }
        const i128 average = div_round(worth,
                                       i128{magnitude(held).raw()} * inst.tick_value.raw(),
                                       side == Side::buy ? Round::up : Round::down);
        const Ticks zero =
            Ticks::from_raw(narrow_i64(std::clamp<i128>(average, 1, inst.price_max.raw())));
        const Ticks price = adl_price_at(host, i, side, zero);
        if (match_adl(host, fund, i, side, magnitude(held), price).raw() > 0) {
            count(venue, EngineStep::fund_adl);
        }
    }
}

// Ranks the holders of `side` in an instrument.
void LiquidationEngine::rank(LiquidationHost& host, InstrumentId i, Side side) {
    ClearingHouse& house = host.house();
    const Instrument& inst = house.instrument(i);
    const AdlRank rule = house.rules(inst.venue).adl.rank;
    const Ticks mark = host.mark(i);
    AdlQueue& queue = adl_[side_row(i, side)];
    queue.ranked.clear();
    queue.next = 0;
    queue.made_at = host.now();
    queue.batch = batches_;
    // The whole account stands behind the position: its other profits count as wallet.
    const auto consider = [&](AccountId account, PositionState s, Money equity, Money maintenance) {
        s.collateral = equity - unrealised(inst, s, mark);
        Ranked c;
        c.figures = make_adl_account(account.raw(), inst, s, maintenance, mark);
        c.account = account;
        c.entry = adl_entry(rule, c.figures);
        c.upnl_usd = c.figures.unrealised * static_cast<double>(s.weight);
        c.leverage = effective_leverage(c.figures);
        c.hedger = house.is_row(account) && house.row(account).hedger != 0;
        queue.ranked.push_back(c);
    };
    for (const AccountId account : house.live_rows(i)) {
        const Row& r = house.row(account);
        if (r.state == RowState::open && r.side == side) {
            const Margin now = house.margin(account);
            consider(account, house.state(r), now.equity, now.maintenance);
        }
    }
    for (const AccountId account : house.agents(inst.venue)) {
        PositionState s;
        s.qty = house.position(account, i);
        s.cost = house.cost(account, i);
        if (s.qty.raw() != 0 && side_of(s.qty) == side &&
            !host.other_side_is_outside()) {  // there, agents are the book's makers and the outside
            consider(account,
                     s,
                     house.portfolio_equity(account),
                     maintenance(inst, house.tiers(i), s, mark));
        }
    }
    house.for_each_holder(i, side, [&](AccountId account, Lots qty, Money cost) {
        if (house.is_open(account)) {
            const Margin now = house.margin(account);
            PositionState s{
                .qty = qty, .cost = cost, .collateral = {}, .weight = house.weight(account)};
            consider(account, s, now.equity, now.maintenance);
        }
    });
    std::sort(queue.ranked.begin(), queue.ranked.end(), [](const Ranked& x, const Ranked& y) {
        return ranks_before(x.entry, y.entry);
    });
}

Lots LiquidationEngine::match_adl(
    LiquidationHost& host, AccountId from, InstrumentId i, Side side, Lots need, Ticks price) {
    ClearingHouse& house = host.house();
    const Instrument& inst = house.instrument(i);
    const AdlRank rule = house.rules(inst.venue).adl.rank;
    const Side other = opposite(side);
    AdlQueue& queue = adl_[side_row(i, other)];
    const bool serves = queue.batch == batches_ ||
                        (queue.batch != 0 && host.now() < queue.made_at + host.ranking_serves());
    if (!serves) {
        rank(host, i, other);
    }
    const Money needed = notional(inst, price, need);
    Lots left = need;
    if (is_proportional(rule) || rule == AdlRank::hedge_exempt) {
        std::vector<AdlCandidate> candidates;
        for (std::size_t k = 0; k < queue.ranked.size(); ++k) {
            const Ranked& c = queue.ranked[k];
            const Lots size = house.held(c.account, i, other);
            if (size.raw() == 0 || c.account == from || !house.is_open(c.account)) {
                continue;
            }
            AdlCandidate candidate{.account = c.figures, .size = size, .hedged = {}};
            candidate.account.row = static_cast<std::uint32_t>(k);
            candidate.hedged = c.hedger ? size : Lots{};
            candidates.push_back(candidate);
        }
        for (const AdlTaken& part : allocate_adl(rule, candidates, need).from) {
            left -= close_against(host, from, i, side, part.row, part.lots, price, needed);
        }
        return need - left;
    }
    while (left.raw() > 0 && queue.next < queue.ranked.size()) {
        const AccountId account = queue.ranked[queue.next].account;
        const Lots size = house.held(account, i, other);
        const Lots closed =
            size.raw() == 0 || account == from || !house.is_open(account)
                ? Lots{}
                : close_against(
                      host, from, i, side, queue.next, std::min(left, size), price, needed);
        left -= closed;
        if (closed == size || closed.raw() == 0) {
            ++queue.next;
        }
    }
    return need - left;
}

// One closing: transfer, record, and what follows for the counterparty. Nothing when it would leave
// them below zero.
Lots LiquidationEngine::close_against(LiquidationHost& host,
                                      AccountId from,
                                      InstrumentId i,
                                      Side side,
                                      std::size_t ranked,
                                      Lots closed,
                                      Ticks price,
                                      Money needed) {
    ClearingHouse& house = host.house();
    const Instrument& inst = house.instrument(i);
    const Side other = opposite(side);
    const Ranked& c = adl_[side_row(i, other)].ranked[ranked];
    const bool agent = house.kind(c.account) == AccountKind::agent;
    const Money equity = agent ? house.portfolio_equity(c.account) : house.margin(c.account).equity;
    if (!can_bear(inst, equity, other == Side::buy ? closed : -closed, price, host.mark(i))) {
        return Lots{};
    }
    const Lots held = house.held(c.account, i, other);
    house.transfer(from, c.account, i, side, closed, price, Reason::adl);
    if (host.wants_records()) {
        const double coins = static_cast<double>(closed.raw()) * inst.lot_base;
        AdlRecord r;
        r.time_ns = host.now().ns();
        r.instrument = i.raw();
        r.rank = static_cast<std::uint32_t>(ranked + 1);
        r.account = c.account.raw();
        r.weight = house.weight(c.account);
        r.was_long = side == Side::buy ? 0 : 1;
        r.qty = coins;
        r.price = to_usd(inst, price);
        r.notional_usd = coins * r.price;
        r.score = c.entry.score;
        r.upnl_usd =
            c.upnl_usd * static_cast<double>(closed.raw()) / static_cast<double>(held.raw());
        r.leverage = c.leverage;
        r.needed_usd = to_usd(needed);
        r.against = from.raw();
        host.record(r);
    }
    if (house.is_row(c.account)) {
        Row& row = house.row(c.account);
        if (house.state(row).qty.raw() == 0) {
            house.close_row(row);
        } else {
            house.refresh(row);
        }
    } else {
        host.notify_adl(c.account, i, other, price, closed);
    }
    return closed;
}

// The highest of the window, with what is seen now.
double LiquidationEngine::note_minute(Watch& w, double usd, SimTime now) {
    const std::int64_t minute = now.ns() / minutes(1).raw();
    if (w.minute < 0) {  // before the start it was what it is now
        w.highest.assign(window_minutes, usd);
        w.sum.assign(window_minutes, usd);
        w.looks.assign(window_minutes, 1);
        w.minute = minute;
    }
    w.minute = std::max(w.minute, minute - static_cast<std::int64_t>(window_minutes));
    while (w.minute < minute) {
        const auto at = static_cast<std::size_t>(++w.minute) % window_minutes;
        w.highest[at] = usd;
        w.sum[at] = 0.0;
        w.looks[at] = 0;
    }
    const auto at = static_cast<std::size_t>(minute) % window_minutes;
    w.highest[at] = std::max(w.highest[at], usd);
    w.sum[at] += usd;
    ++w.looks[at];
    return *std::max_element(w.highest.begin(), w.highest.end());
}

void LiquidationEngine::watch_funds(LiquidationHost& host, VenueId venue) {
    const ClearingHouse& house = host.clearing();
    const VenueRules& rules = house.rules(venue);
    if (rules.adl.trigger == AdlTrigger::fund_cap || rules.adl.trigger == AdlTrigger::never) {
        return;
    }
    const bool by_symbol = rules.adl.trigger == AdlTrigger::pool_drawdown &&
                           rules.adl.drawdown_of == DrawdownOf::symbol;
    for (std::size_t f = 0; f < house.funds(); ++f) {
        const AccountId fund = house.fund_account(f);
        if (house.venue(fund) != venue) {
            continue;
        }
        const double now_usd = to_usd(house.portfolio_equity(fund));
        FundHistory h;
        h.balance = to_amount(house.portfolio_equity(fund));
        h.peak = micro(note_minute(fund_watch_[f], now_usd, host.now()));
        const Watch& w = fund_watch_[f];
        double mean = 0.0;
        std::size_t minutes_seen = 0;
        for (std::size_t k = 0; k < window_minutes; ++k) {
            mean += w.looks[k] > 0 ? w.sum[k] / w.looks[k] : 0.0;
            minutes_seen += w.looks[k] > 0 ? 1U : 0U;
        }
        h.average = micro(mean / static_cast<double>(minutes_seen));
        h.fall = h.balance - h.peak;
        h.on = w.on;
        fund_watch_[f].on = deleverages_fund(rules, h);
        for (const InstrumentId i : host.perps(venue)) {
            if (!by_symbol || house.fund_row(i) != f) {
                continue;
            }
            Watch& symbol = symbol_watch_[i.raw()];
            const double profit = to_usd(house.fund_profit(i));
            FundHistory own = h;
            own.fall = micro(profit - note_minute(symbol, profit, host.now()));
            own.on = symbol.on;
            symbol.on = deleverages_fund(rules, own);
        }
    }
}

bool LiquidationEngine::fund_deleverages(const LiquidationHost& host, InstrumentId i) const {
    const AdlRule& rule = host.clearing().rules(host.clearing().instrument(i).venue).adl;
    return rule.trigger == AdlTrigger::pool_drawdown && rule.drawdown_of == DrawdownOf::symbol
               ? symbol_watch_[i.raw()].on
               : fund_watch_[host.clearing().fund_row(i)].on;
}

// A fund whose losses exceed what it owns is topped up by nobody: where the venue socialises
// losses, those who hold its instruments bear the difference; the rest is bad debt, shown.
void LiquidationEngine::cover_empty_funds(LiquidationHost& host, VenueId venue) {
    ClearingHouse& house = host.house();
    const VenueRules& rules = house.rules(venue);
    for (std::size_t f = 0; f < house.funds(); ++f) {
        const AccountId fund = house.fund_account(f);
        if (house.venue(fund) != venue) {
            continue;
        }
        Money missing = -house.portfolio_equity(fund);
        if (missing <= Money{}) {
            continue;
        }
        if (rules.liquidation.takeover == TakeoverMethod::socialise) {
            const Money paid = house.socialise(f, missing, rules.fund.socialise_by);
            if (paid > Money{}) {
                count(venue, EngineStep::socialised);
            }
            missing -= paid;
        }
        if (missing > Money{}) {
            house.cover_fund(f, missing);
        }
    }
}

void LiquidationEngine::on_unwind(LiquidationHost& host, VenueId venue, Duration elapsed) {
    ClearingHouse& house = host.house();
    ++batches_;
    watch_funds(host, venue);
    deleverage_funds(host, venue);
    cover_empty_funds(host, venue);
    const VenueRules& rules = house.rules(venue);
    for (std::size_t f = 0; f < house.funds(); ++f) {
        if (house.venue(house.fund_account(f)) == venue) {
            sell_fund_coins(host, house.fund_account(f));
        }
    }
    for (const InstrumentId i : host.perps(venue)) {
        if (host.halted(i)) {
            continue;
        }
        const double volume = static_cast<double>(rules.fund.unwind_participation_ppm) * 1e-6 *
                              host.volume_last_minute_usd(i) * to_seconds(elapsed) / 60.0;
        sell_slowly(host, house.fund_of(i), i, rules.fund.unwind, volume, elapsed);
        sell_slowly(host, house.outside(venue), i, rules.liquidation.unwind_outside, 0.0, elapsed);
    }
}

// Evenly over its horizon, or `least_usd` if that is more; parts of a lot wait for the next time.
void LiquidationEngine::sell_slowly(LiquidationHost& host,
                                    AccountId account,
                                    InstrumentId i,
                                    Duration pace,
                                    double least_usd,
                                    Duration elapsed) {
    const ClearingHouse& house = host.clearing();
    const std::int64_t held = house.position(account, i).raw();
    if (held == 0) {
        return;
    }
    const Instrument& inst = house.instrument(i);
    const double size = static_cast<double>(std::abs(held));
    const double by_time = size * to_seconds(elapsed) / to_seconds(pace);
    const double by_volume = least_usd / (to_usd(inst, host.mark(i)) * inst.lot_base);
    double& wanted = unwind_carry_[2 * i.raw() + (account == house.outside(inst.venue) ? 1U : 0U)];
    wanted = std::min(size, wanted + std::max(by_time, by_volume));
    const auto lots = static_cast<std::int64_t>(wanted);
    if (lots == 0) {
        return;
    }
    wanted -= static_cast<double>(lots);
    const Side side = held > 0 ? Side::sell : Side::buy;
    (void)host.send_now(ioc_order(account, i, side, Lots::from_raw(lots), {}, Cause::fund_unwind));
    host.publish_quote(i);
}

}  // namespace margincall::inline clearing
