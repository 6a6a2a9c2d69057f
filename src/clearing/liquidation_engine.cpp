#include "clearing/liquidation_engine.hpp"

#include <algorithm>

namespace margincall::inline clearing {

namespace {

[[nodiscard]] double usd_per_coin(const Instrument& inst, Money value, Lots lots) {
    return to_usd(value) / (static_cast<double>(lots.raw()) * inst.lot_base);
}

// Below its margin by the venue's trigger; without positions, below zero.
[[nodiscard]] bool below(const ClearingHouse& house, AccountId a, const Margin& whole) {
    return liquidatable(house.portfolio_rules(house.venue(a)).trigger,
                        {.equity = to_amount(whole.equity),
                         .initial = {},
                         .maintenance = to_amount(whole.maintenance)});
}

// The account with all its positions before one wallet, as the chain sees it.
[[nodiscard]] PortfolioAccount one_wallet(PortfolioAccount account) {
    for (PortfolioPosition& p : account.positions) {
        p.mode = MarginMode::cross;
        p.margin = Amount{};
    }
    return account;
}

[[nodiscard]] std::size_t index_of(const PortfolioAccount& account, const HeldPosition& p) {
    const auto at = std::find_if(account.positions.begin(), account.positions.end(), [&](auto& x) {
        return x.instrument == p.instrument.raw() && side_of(x.qty) == p.side;
    });
    CHECK(at != account.positions.end());
    return static_cast<std::size_t>(at - account.positions.begin());
}

// Ticks of a price in money per lot, rounded as named, at least 1.
[[nodiscard]] Ticks ticks_of(const Instrument& inst, i128 num, i128 den, Round round) {
    const i128 ticks = div_round(num, checked_mul<i128>(den, inst.tick_value.raw()), round);
    return Ticks::from_raw(narrow_i64(std::clamp<i128>(ticks, 1, inst.price_max.raw())));
}

}  // namespace

LiquidationEngine::LiquidationEngine(std::size_t venues, std::size_t instruments, std::size_t funds)
    : venues_(venues),
      fund_watch_(funds),
      symbol_watch_(instruments),
      adl_(2 * instruments),
      unwind_carry_(2 * instruments, 0.0) {
    for (VenueQueue& v : venues_) {
        v.queue.reserve(1024);
    }
}

void LiquidationEngine::on_liquidation_price(LiquidationHost& host, Row& row, Ticks price) {
    if (host.clearing().liquidatable_at(row, price)) {
        enqueue(host, row.account);
    } else {
        host.house().refresh(row);
    }
}

LiquidationEngine::Case& LiquidationEngine::open_case(LiquidationHost& host, AccountId account) {
    const VenueId venue = host.clearing().venue(account);
    host.house().begin_liquidation(account);
    Case c;
    c.account = account;
    c.since = host.now();
    if (host.clearing().is_cross(account)) {
        const InstrumentId coins = host.collateral_book(venue);
        c.coins = coins.valid() ? host.clearing().position(account, coins) : Lots{};
    }
    venues_[venue.raw()].queue.push_back(c);
    schedule_next_batch(host, venue);
    return venues_[venue.raw()].queue.back();
}

void LiquidationEngine::enqueue(LiquidationHost& host, AccountId account) {
    (void)open_case(host, account);
}

void LiquidationEngine::enqueue_closing(LiquidationHost& host, AccountId account) {
    open_case(host, account).closing = true;
}

// On the venue's own grid.
void LiquidationEngine::schedule_next_batch(LiquidationHost& host, VenueId venue) {
    VenueQueue& q = venues_[venue.raw()];
    if (!q.batch_scheduled) {
        q.batch_scheduled = true;
        const std::int64_t period = host.clearing().rules(venue).liquidation.batch.raw();
        const std::int64_t next = (host.now().ns() / period + 1) * period;
        host.schedule_batch(venue, SimTime::from_ns(next));
    }
}

void LiquidationEngine::on_batch(LiquidationHost& host, VenueId venue) {
    VenueQueue& q = venues_[venue.raw()];
    const ClearingHouse& house = host.clearing();
    q.batch_scheduled = false;
    ++batches_;
    watch_funds(host, venue);
    std::size_t kept = 0;
    for (std::size_t k = 0; k < q.queue.size(); ++k) {
        constexpr std::size_t ahead = 6;
        if (k + 3 * ahead < q.queue.size()) {
            house.prefetch_place(q.queue[k + 3 * ahead].account);
        }
        if (k + 2 * ahead < q.queue.size() && house.is_row(q.queue[k + 2 * ahead].account)) {
            house.prefetch_row(q.queue[k + 2 * ahead].account);
        }
        if (k + ahead < q.queue.size() && house.is_row(q.queue[k + ahead].account)) {
            house.prefetch_row_places(q.queue[k + ahead].account);
        }
        Case c = q.queue[k];
        if (work(host, q, c) == Outcome::waits) {
            q.queue[kept++] = c;
        }
    }
    q.queue.resize(kept);
    deleverage(host, venue);
    deleverage_funds(host, venue);
    cover_empty_funds(host, venue);
    for (const InstrumentId i : host.perps(venue)) {
        host.publish_quote(i);
    }
    if (!q.queue.empty() && !q.batch_scheduled) {
        q.batch_scheduled = true;
        host.schedule_batch(venue, host.now() + host.clearing().rules(venue).liquidation.batch);
    }
}

LiquidationEngine::Outcome LiquidationEngine::work(LiquidationHost& host, VenueQueue& q, Case& c) {
    ClearingHouse& house = host.house();
    const VenueRules& rules = house.rules(house.venue(c.account));
    c.wants_adl = false;

    // 1. Re-test.
    Margin whole = house.look_at(c.account, positions_);
    if (!c.fund.valid()) {
        c.fund = positions_.empty() ? house.fund(house.venue(c.account))
                                    : house.fund_of(positions_.front().instrument);
    }
    if (positions_.empty() || (!c.closing && !below(house, c.account, whole))) {
        sell_pledged_coins(host, c);  // for dollars that it still owes
        return end_case(host, c);
    }
    cancel_orders(host, c.account);
    // An account waits as a whole while one of its books is halted: nothing is sold, taken over or
    // deleveraged of it.
    if (any_halted(host)) {
        return Outcome::waits;
    }
    if (host.liquidations_neutral()) {
        return close_neutral(host, c);
    }

    // 2. and 3. Pledged coins, then position after position by the venue's first step, until the
    // account is safe.
    if (c.coins.raw() != 0) {
        sell_pledged_coins(host, c);
        whole = house.margin(c.account);
    }
    const bool sent = send_orders(host, q, c, whole);
    whole = house.look_at(c.account, positions_);
    if (positions_.empty() || (!c.closing && !below(house, c.account, whole))) {
        return end_case(host, c);
    }
    if (sent && !c.closing && orders_again(rules.liquidation, whole.equity)) {
        return Outcome::waits;
    }

    // 4. The rest.
    switch (rest_of(rules, whole, funds_can_take(host), c.closing)) {
        case Rest::wait:
            break;
        case Rest::take_over:
            take_over(host, c);
            return Outcome::done;
        case Rest::queue_adl:
            c.wants_adl = true;
            if (!c.adl_waits) {
                c.adl_waits = true;
                c.adl_from = host.now() + rules.adl.delay;
            }
            break;
    }
    return Outcome::waits;
}

bool LiquidationEngine::any_halted(const LiquidationHost& host) const {
    return std::ranges::any_of(positions_,
                               [&](const HeldPosition& p) { return host.halted(p.instrument); });
}

// Flat or safe: done, unless its coins are still being sold for what it owes.
LiquidationEngine::Outcome LiquidationEngine::end_case(LiquidationHost& host, const Case& c) {
    if (still_converts(host, c)) {
        return Outcome::waits;
    }
    host.house().end_liquidation(c.account, c.fund);
    return Outcome::done;
}

// Resting orders go first; they bind margin and could still trade. (Rows' orders never rest; those
// on their way are refused while the row is here.)
void LiquidationEngine::cancel_orders(LiquidationHost& host, AccountId account) {
    const ClearingHouse& house = host.clearing();
    if (!house.is_cross(account) || house.cross(account).reserved == 0) {
        return;
    }
    for (const InstrumentId i : host.perps(house.venue(account))) {
        Command cancel;
        cancel.kind = CommandKind::cancel_all;
        cancel.cause = Cause::liquidation;
        cancel.instrument = i;
        cancel.account = account;
        (void)host.send_now(cancel);
    }
}

LiquidationEngine::Closing LiquidationEngine::closing_of(const LiquidationHost& host,
                                                         AccountId account,
                                                         const HeldPosition& p,
                                                         const Margin& whole) const {
    return {.account = account,
            .position = p,
            .zero_price = host.clearing().zero_price(p, whole),
            .equity_usd = to_usd(whole.equity)};
}

// One order for each of positions_, largest requirement first, until the account, whose margin is
// `whole`, is flat or safe. Whether any was sent.
bool LiquidationEngine::send_orders(LiquidationHost& host, VenueQueue& q, Case& c, Margin whole) {
    ClearingHouse& house = host.house();
    const VenueRules& rules = house.rules(house.venue(c.account));
    const bool cools = rules.liquidation.first_step == LiquidationFirstStep::market_then_rest;
    const auto cooldown = cools ? q.cooldown.find(c.account.raw()) : q.cooldown.end();
    const bool cooling = cooldown != q.cooldown.end() && host.now() < cooldown->second;
    const CaseProgress progress{
        .attempt = cooling ? LiquidationAttempt::in_cooldown : LiquidationAttempt::first,
        .ordered = c.ordered,
        .since = host.now() - c.since,
        .freed = c.freed};
    const bool row = house.is_row(c.account);
    bool sent = false;
    bool partial = false;
    for (const HeldPosition& p : positions_) {
        if (sent || c.coins.raw() > 0) {  // orders and sold coins change it, nothing else
            whole = house.margin(c.account);
            if (!c.closing && !below(house, c.account, whole)) {
                break;
            }
        }
        NextOrder order;
        order.lots = p.lots();
        if (!c.closing) {
            order = next_order(p.terms,
                               rules,
                               // Nothing else stands behind a row's position.
                               row ? p.state : house.folded(p, whole),
                               house.margin_price(p.instrument),
                               progress);
        }
        if (!order.send) {
            continue;
        }
        sent = true;
        const Closing closing = closing_of(host, c.account, p, whole);
        if (order.outside) {
            close_outside(host, c, closing, order);
        } else {
            const Lots filled = close_in_book(host, c, closing, order);
            partial = partial || (order.partial && filled.raw() > 0);
        }
    }
    c.ordered = c.ordered || sent;
    if (partial && !cooling && cools) {
        q.cooldown[c.account.raw()] = host.now() + rules.liquidation.cooldown;
    }
    return sent;
}

// The worst price the order accepts; 0 = any.
Ticks LiquidationEngine::order_limit(const LiquidationHost& host,
                                     const Closing& closing,
                                     const NextOrder& order,
                                     const Case& c) const {
    const ClearingHouse& house = host.clearing();
    const HeldPosition& p = closing.position;
    const LiquidationRule& rule = house.rules(p.terms.inst->venue).liquidation;
    if (rule.first_step != LiquidationFirstStep::fillable_ioc || c.closing) {
        return rule.market_orders ? Ticks{} : closing.zero_price;
    }
    // Between the oracle and ruin, and never so far that the fund could not pay the difference.
    const PortfolioAccount account = one_wallet(house.portfolio(closing.account));
    const std::size_t index = index_of(account, p);
    const VenueId venue = p.terms.inst->venue;
    const auto closed = [&](Lots lots) {
        return close_out(
            house.portfolio_rules(venue), account, house.portfolio_prices(venue), index, lots);
    };
    const Lots whole = p.lots();
    const Money value = notional(*p.terms.inst, house.margin_price(p.instrument), p.state.qty);
    const SignedFraction fillable =
        fillable_price({from_ppm(rule.adjustment_ppm), from_ppm(rule.spread_ppm)},
                       closed(whole),
                       p.state.qty,
                       to_amount(value),
                       to_amount(p.maintenance));
    const Amount fund = std::max(Amount{}, to_amount(house.cash(house.fund_of(p.instrument))));
    const i128 least = (bankruptcy_proceeds(closed(order.lots)) - fund).raw();  // proceeds, signed
    const bool is_long = p.side == Side::buy;
    const Round round = is_long ? Round::up : Round::down;
    const Ticks by_rule =
        ticks_of(*p.terms.inst, is_long ? fillable.num : -fillable.num, fillable.den, round);
    const Ticks by_fund =
        ticks_of(*p.terms.inst, is_long ? least : -least, order.lots.raw(), round);
    return is_long ? std::max(by_rule, by_fund) : std::min(by_rule, by_fund);
}

// A reduce-only order of the account for the position or a part of it; returns lots filled.
Lots LiquidationEngine::close_in_book(LiquidationHost& host,
                                      Case& c,
                                      const Closing& closing,
                                      const NextOrder& next) {
    ClearingHouse& house = host.house();
    const HeldPosition& p = closing.position;
    const Instrument& inst = *p.terms.inst;
    const Ticks limit = order_limit(host, closing, next, c);
    // Nothing rests at the limit or better: the order could only be refused, so it is not sent.
    const Ticks best = host.best(p.instrument, p.side);
    if (best.raw() == 0 ||
        (limit.raw() > 0 && (p.side == Side::buy ? best < limit : best > limit))) {
        return Lots{};
    }
    Command order = ioc_order(
        closing.account, p.instrument, opposite(p.side), next.lots, limit, Cause::liquidation);
    order.tif = next.tif;
    order.reduce_only = ReduceOnly::yes;
    const bool per_fill =
        house.rules(inst.venue).liquidation.takeover == TakeoverMethod::fund_per_fill;
    PortfolioAccount before;
    if (per_fill) {
        before = one_wallet(house.portfolio(closing.account));
    }
    Lots filled;
    Money value;
    for (const Fill& f : host.send_now(order)) {
        filled += f.qty;
        value += notional(inst, f.price, f.qty);
    }
    if (filled.raw() == 0) {
        return filled;
    }
    count(inst.venue, EngineStep::order);
    const AccountId fund = house.fund_of(p.instrument);
    Money fee = house.charge_liquidation_fee(closing.account, value, fund);
    if (per_fill) {
        const CloseOut close = close_out(house.portfolio_rules(inst.venue),
                                         before,
                                         house.portfolio_prices(inst.venue),
                                         index_of(before, p),
                                         filled);
        settle_with_fund(host, closing, close, value, fund);
    }
    note(host,
         closing,
         LiquidationKind::book,
         filled,
         usd_per_coin(inst, value, filled),
         value,
         fee);
    return filled;
}

// The fund earns a share of what a fill brought beyond ruin, or pays what it fell short.
void LiquidationEngine::settle_with_fund(LiquidationHost& host,
                                         const Closing& closing,
                                         const CloseOut& close,
                                         Money value,
                                         AccountId fund) {
    ClearingHouse& house = host.house();
    const LiquidationRule& rule = house.rules(house.venue(closing.account)).liquidation;
    const bool is_long = closing.position.side == Side::buy;
    const Money change = to_money(fund_change(to_amount(is_long ? value : -value),
                                              bankruptcy_proceeds(close),
                                              from_ppm(rule.fund_fee_cap_ppm)));
    count(house.venue(closing.account),
          change > Money{} ? EngineStep::fund_earns : EngineStep::fund_pays);
    if (change > Money{}) {
        house.pay(closing.account, fund, change, Reason::liquidation_fee);
    } else if (change < Money{} && house.cash(fund) > Money{}) {
        house.pay(fund, closing.account, std::min(-change, house.cash(fund)), Reason::shortfall);
    }
}

// An outside liquidator takes lots over at a discount, and the fund its part of what is freed.
void LiquidationEngine::close_outside(LiquidationHost& host,
                                      Case& c,
                                      const Closing& closing,
                                      const NextOrder& order) {
    ClearingHouse& house = host.house();
    const HeldPosition& p = closing.position;
    const Instrument& inst = *p.terms.inst;
    const LiquidationRule& rule = house.rules(inst.venue).liquidation;
    const Ticks mark = host.mark(p.instrument);
    const Ticks price = discounted_price(rule, p.side, mark);
    const auto shortage = [&] {
        const Margin now = house.margin(closing.account);
        return std::max(Money{}, now.maintenance - now.equity);
    };
    const Money before = shortage();
    count(inst.venue, EngineStep::outside);
    house.transfer(closing.account,
                   house.outside(inst.venue),
                   p.instrument,
                   p.side,
                   order.lots,
                   price,
                   Reason::takeover);
    const Money value = notional(inst, mark, order.lots);
    const i128 rate =
        fund_fee(shortage_cover(
                     p.terms, p.state, mark, p.maintenance, before.raw(), rule.liquidator_fee_ppm),
                 order.lots.raw() * units_per_lot,
                 rule.fund_fee_cap_ppm);
    const Money fee =
        std::min({Money::from_raw(mul_div(value.raw(), narrow_i64(rate), 1'000'000, Round::down)),
                  house.cash(closing.account),
                  house.margin(closing.account).equity});
    if (fee > Money{}) {
        house.pay(closing.account, house.fund_of(p.instrument), fee, Reason::liquidation_fee);
    }
    c.freed += std::max(Money{}, before - shortage());
    note(host,
         closing,
         LiquidationKind::takeover,
         order.lots,
         to_usd(inst, price),
         value,
         std::max(Money{}, fee));
}

// Every fund concerned has room for what it would get of positions_.
bool LiquidationEngine::funds_can_take(const LiquidationHost& host) const {
    const ClearingHouse& house = host.clearing();
    for (std::size_t k = 0; k < positions_.size(); ++k) {
        const std::size_t fund = house.fund_row(positions_[k].instrument);
        i128 more = 0;
        bool seen = false;  // its first position answers for the fund
        for (std::size_t other = 0; other < positions_.size(); ++other) {
            const HeldPosition& p = positions_[other];
            if (house.fund_row(p.instrument) == fund) {
                seen = seen || other < k;
                more += position_notional(*p.terms.inst, p.state, host.mark(p.instrument)).raw();
            }
        }
        if (seen) {
            continue;
        }
        const AccountId account = house.fund_account(fund);
        i128 held = 0;  // gross over instruments, net within each
        for (const InstrumentId i : host.perps(house.venue(account))) {
            const Lots lots = house.position(account, i);
            const Money value = notional(house.instrument(i), host.mark(i), lots);
            held += magnitude(value).raw();
        }
        const std::int64_t cap = house.rules(house.venue(account)).fund.position_cap_ppm;
        if (!fund_can_take(house.cash(account), held, more, cap)) {
            return false;
        }
    }
    return true;
}

// The funds take all positions at the prices that leave the account at zero, and what is left of
// its money; an engine offers what it took in the book at once.
void LiquidationEngine::take_over(LiquidationHost& host, Case& c) {
    ClearingHouse& house = host.house();
    const Margin whole = house.look_at(c.account, positions_);
    const VenueRules& rules = house.rules(house.venue(c.account));
    std::vector<Closing> closings;
    closings.reserve(positions_.size());
    for (const HeldPosition& p : positions_) {
        closings.push_back(closing_of(host, c.account, p, whole));
    }
    for (const Closing& closing : closings) {
        const HeldPosition& p = closing.position;
        const Instrument& inst = *p.terms.inst;
        const Lots lots = p.lots();
        count(inst.venue, EngineStep::takeover);
        house.transfer(c.account,
                       house.fund_of(p.instrument),
                       p.instrument,
                       p.side,
                       lots,
                       closing.zero_price,
                       Reason::takeover);
        note(host,
             closing,
             LiquidationKind::takeover,
             lots,
             to_usd(inst, closing.zero_price),
             notional(inst, host.mark(p.instrument), lots),
             Money{});
    }
    // Bankruptcy prices are rounded to a tick in the account's favour; that crumb goes with it.
    if (house.cash(c.account) > Money{}) {
        house.pay(c.account, c.fund, house.cash(c.account), Reason::takeover);
    }
    house.end_liquidation(c.account, c.fund);
    if (rules.liquidation.takeover != TakeoverMethod::engine_at_bankruptcy) {
        return;
    }
    for (const Closing& closing : closings) {
        const HeldPosition& p = closing.position;
        const Command order = ioc_order(house.fund_of(p.instrument),
                                        p.instrument,
                                        opposite(p.side),
                                        p.lots(),
                                        closing.zero_price,
                                        Cause::liquidation);
        if (!host.send_now(order).empty()) {
            count(p.terms.inst->venue, EngineStep::resale);
        }
    }
}

LiquidationEngine::Outcome LiquidationEngine::close_neutral(LiquidationHost& host, const Case& c) {
    ClearingHouse& house = host.house();
    const Margin whole = house.look_at(c.account, positions_);
    const std::vector<HeldPosition> positions = positions_;
    for (const HeldPosition& p : positions) {
        const Ticks mark = host.mark(p.instrument);
        const Lots lots = p.lots();
        house.transfer(c.account,
                       house.neutral(p.terms.inst->venue),
                       p.instrument,
                       p.side,
                       lots,
                       mark,
                       Reason::trade);
        note(host,
             closing_of(host, c.account, p, whole),
             LiquidationKind::book,
             lots,
             to_usd(*p.terms.inst, mark),
             notional(*p.terms.inst, mark, lots),
             Money{});
    }
    house.end_liquidation(c.account, c.fund);
    return Outcome::done;
}

void LiquidationEngine::note(LiquidationHost& host,
                             const Closing& closing,
                             LiquidationKind kind,
                             Lots lots,
                             double price,
                             Money value,
                             Money fee) {
    ClearingHouse& house = host.house();
    const HeldPosition& p = closing.position;
    const bool row = house.is_row(closing.account);
    std::uint8_t& before =
        row ? house.row(closing.account).forced_before : house.cross(closing.account).forced_before;
    const bool first = before == 0;
    before = 1;
    if (!host.wants_records()) {
        return;
    }
    LiquidationRecord r;
    r.time_ns = host.now().ns();
    r.instrument = p.instrument.raw();
    r.account = closing.account.raw();
    r.weight = house.weight(closing.account);
    r.was_long = p.side == Side::buy ? 1 : 0;
    r.kind = static_cast<std::uint8_t>(kind);
    r.first = first ? 1 : 0;
    r.qty = static_cast<double>(lots.raw()) * p.terms.inst->lot_base;
    r.price = price;
    r.bankruptcy_price = to_usd(*p.terms.inst, closing.zero_price);
    r.notional_usd = to_usd(value);
    r.leverage = static_cast<double>(row ? house.row(closing.account).leverage_e2
                                         : house.cross(closing.account).leverage_e2) /
                 100.0;
    r.equity_usd = closing.equity_usd;
    r.fee_usd = to_usd(fee);
    host.record(r);
}

}  // namespace margincall::inline clearing
