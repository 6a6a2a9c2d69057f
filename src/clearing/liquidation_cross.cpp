// The liquidation engine's side of cross accounts: all positions of the account stand behind each
// other, so they are closed one after another until the account is safe (docs/liquidation.md).
#include <algorithm>

#include "clearing/liquidation_engine.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/reduction.hpp"

namespace margincall::inline clearing {

namespace {

// A pledged coin is sold in its own book in small orders, as venues convert collateral (model 9.3):
// once a second this share of what was held at the first call (assumed).
constexpr Duration coins_every = seconds(1);
constexpr std::int64_t coins_slice_ppm = 20'000;
// Venues convert at what they count the coin for less a markdown, never at any price; what has not
// found a buyer after a while the fund takes at that worth (both assumed).
constexpr double coins_markdown = 0.05;
constexpr Duration convert_within = minutes(10);
// Below this worth as margin the coin itself is what is short, and it is sold (assumed).
constexpr double coin_called_below = 0.99;

[[nodiscard]] Lots magnitude(Lots x) {
    return x.raw() < 0 ? -x : x;
}

// Positions of the account, largest maintenance margin first, equal ones by instrument.
void list_positions(const LiquidationHost& world, AccountId a, std::vector<CrossPosition>& out) {
    const ClearingHouse& house = world.clearing();
    const CrossAccount& c = house.cross(a);
    out.clear();
    for (const InstrumentId i : world.perps(c.venue)) {
        PositionState s;
        s.qty = house.position(a, i);
        if (s.qty.raw() == 0) {
            continue;
        }
        s.cost = house.cost(a, i);
        s.weight = c.weight;
        const Instrument& inst = house.instrument(i);
        out.push_back({.instrument = i,
                       .state = s,
                       .maintenance = maintenance(inst, house.tiers(i), s, world.mark(i))});
    }
    std::sort(out.begin(), out.end(), [](const CrossPosition& x, const CrossPosition& y) {
        return x.maintenance != y.maintenance ? x.maintenance > y.maintenance
                                              : x.instrument < y.instrument;
    });
}

}  // namespace

void LiquidationEngine::enqueue_cross(LiquidationHost& world, AccountId account) {
    const VenueId venue = world.clearing().venue(account);
    Case c;
    c.account = account;
    c.cooldown_until = world.now();
    const InstrumentId coins = world.collateral_book(venue);
    c.convert_until = world.now() + convert_within;
    c.coins = coins.valid() ? world.clearing().position(account, coins) : Lots{};
    venues_[venue.raw()].cross_queue.push_back(c);
    schedule_next_batch(world, venue);
}

// The position with everything else of the account as its collateral: `fold` says whether the
// others' maintenance margins are taken off (then it is liquidatable exactly when the account is).
PositionState LiquidationEngine::folded(const LiquidationHost& world,
                                        AccountId account,
                                        const CrossPosition& p,
                                        FoldMargins fold) {
    const ClearingHouse& house = world.clearing();
    const Margin margin = house.cross_margin(account);
    PositionState s = p.state;
    s.collateral =
        margin.equity - unrealised(house.instrument(p.instrument), s, world.mark(p.instrument));
    if (fold == FoldMargins::yes) {
        s.collateral -= margin.maintenance - p.maintenance;
    }
    return s;
}

Ticks LiquidationEngine::cross_bankruptcy(const LiquidationHost& world,
                                          AccountId account,
                                          const CrossPosition& p) {
    const Instrument& inst = world.clearing().instrument(p.instrument);
    const Ticks price = bankruptcy_price(inst, folded(world, account, p, FoldMargins::no));
    if (price.raw() > 0) {
        return price;
    }
    return p.state.qty.raw() > 0 ? Ticks::from_raw(1) : inst.price_max;
}

// The account owes dollars and has coins left to sell for them.
bool LiquidationEngine::still_converts(const LiquidationHost& world, const Case& c) {
    const ClearingHouse& house = world.clearing();
    return c.coins.raw() > 0 && world.now() < c.convert_until && house.cash(c.account).raw() < 0 &&
           house.position(c.account, world.collateral_book(house.venue(c.account))).raw() > 0;
}

// While the venue takes the coin for a dollar, coins are sold only to cover dollars owed; once it
// takes them for less, they are called. So a fall of the coin sells the coin.
void LiquidationEngine::sell_pledged_coins(LiquidationHost& world, Case& c) {
    const ClearingHouse& house = world.clearing();
    const VenueId venue = house.venue(c.account);
    const bool owes = house.cash(c.account).raw() < 0;
    if (c.coins.raw() == 0 || (!owes && world.collateral_usd(venue) >= coin_called_below) ||
        (c.coins_sold_at > SimTime{} && world.now() < c.coins_sold_at + coins_every)) {
        return;
    }
    c.coins_sold_at = world.now();
    sell_coins(world,
               c.account,
               mul_div(c.coins.raw(), coins_slice_ppm, 1'000'000, Round::up),
               Cause::liquidation);
}

// What the fund took over with an account is sold as fast, every ten seconds.
void LiquidationEngine::sell_fund_coins(LiquidationHost& world, VenueId venue) {
    const InstrumentId coins = world.collateral_book(venue);
    const AccountId fund = world.clearing().fund(venue);
    if (coins.valid()) {
        const std::int64_t held = world.clearing().position(fund, coins).raw();
        sell_coins(world,
                   fund,
                   mul_div(held, 10 * coins_slice_ppm, 1'000'000, Round::up),
                   Cause::fund_unwind);
    }
}

// Sells up to `lots` of the coin that the venue takes as collateral, not below its worth there less
// the markdown.
void LiquidationEngine::sell_coins(LiquidationHost& world,
                                   AccountId account,
                                   std::int64_t lots,
                                   Cause cause) {
    const ClearingHouse& house = world.clearing();
    const InstrumentId coins = world.collateral_book(house.venue(account));
    const double least = world.collateral_usd(house.venue(account)) * (1.0 - coins_markdown);
    const std::optional<Ticks> limit = quantize_price(least, house.instrument(coins), Round::down);
    Command order;
    order.type = OrderType::limit;
    order.tif = TimeInForce::ioc;
    order.side = Side::sell;
    order.cause = cause;
    order.instrument = coins;
    order.account = account;
    order.price = limit.value_or(Ticks::from_raw(1));
    order.qty = Lots::from_raw(std::min(lots, house.position(account, coins).raw()));
    if (order.qty.raw() <= 0) {
        return;
    }
    Money value;
    for (const Fill& f : world.send_now(order)) {
        value += notional(house.instrument(coins), f.price, f.qty);
    }
    coins_sold_usd_ += to_usd(value);
    world.publish_quote(coins);
}

// One reduce-only order for one position or part of it.
void LiquidationEngine::close_in_book(LiquidationHost& world, Case& c, const CrossPosition& p) {
    ClearingHouse& house = world.house();
    const Instrument& inst = house.instrument(p.instrument);
    const VenueRules& rules = house.rules(inst.venue);
    const Ticks mark = world.mark(p.instrument);
    const double equity_usd = to_usd(house.cross_margin(c.account).equity);
    const Ticks limit = cross_bankruptcy(world, c.account, p);
    Command order;
    order.type = OrderType::limit;
    order.tif = rules.liquidation.first_step == LiquidationFirstStep::tier_ladder_fok
                    ? TimeInForce::fok
                    : TimeInForce::ioc;
    order.reduce_only = ReduceOnly::yes;
    order.side = p.state.qty.raw() > 0 ? Side::sell : Side::buy;
    order.cause = Cause::liquidation;
    order.instrument = p.instrument;
    order.account = c.account;
    order.price = limit;
    order.qty = liquidation_size(
        inst,
        house.tiers(p.instrument),
        rules.liquidation,
        folded(world, c.account, p, FoldMargins::yes),
        mark,
        rules.trigger_at_equality,
        c.partial_done ? LiquidationAttempt::after_cooldown : LiquidationAttempt::first);
    Lots filled;
    Money value;
    for (const Fill& f : world.send_now(order)) {
        filled += f.qty;
        value += notional(inst, f.price, f.qty);
    }
    if (filled.raw() == 0) {
        return;
    }
    house.charge_cross_liquidation_fee(c.account, value);
    record_cross(world,
                 c.account,
                 p,
                 LiquidationKind::book,
                 filled,
                 to_usd(value) / (static_cast<double>(filled.raw()) * inst.lot_base),
                 value,
                 limit,
                 equity_usd);
}

LiquidationEngine::Outcome LiquidationEngine::work_cross(LiquidationHost& world, Case& c) {
    ClearingHouse& house = world.house();
    const VenueId venue = house.venue(c.account);
    const VenueRules& rules = house.rules(venue);
    c.wants_adl = false;
    // 1. Resting orders go first; they bind margin and could still trade.
    if (house.cross(c.account).reserved > 0) {
        for (const InstrumentId i : world.perps(venue)) {
            Command cancel;
            cancel.kind = CommandKind::cancel_all;
            cancel.cause = Cause::liquidation;
            cancel.instrument = i;
            cancel.account = c.account;
            (void)world.send_now(cancel);
        }
    }
    if (world.liquidations_neutral()) {
        return close_cross_neutral(world, c.account);
    }
    // 2. and 3. Pledged coins, then position after position into the book, until the account is
    // safe.
    sell_pledged_coins(world, c);
    if (world.now() >= c.cooldown_until) {
        list_positions(world, c.account, cross_positions_);
        for (const CrossPosition& p : cross_positions_) {
            if (!house.cross_liquidatable(c.account)) {
                break;
            }
            close_in_book(world, c, p);
        }
        if (rules.liquidation.first_step == LiquidationFirstStep::market_then_rest &&
            !c.partial_done) {
            c.partial_done = true;
            c.cooldown_until = world.now() + rules.liquidation.cooldown;
        }
    }
    if (!house.cross_liquidatable(c.account)) {
        if (still_converts(world, c)) {
            return Outcome::waits;
        }
        house.settle_cross_balance(c.account);
        house.reopen_cross(c.account);
        return Outcome::done;
    }
    // 4. The fund takes the whole account, with what is left of its collateral.
    const Margin margin = house.cross_margin(c.account);
    const i128 share = i128{margin.maintenance.raw()} * rules.liquidation.vault_share_ppm;
    if (rules.liquidation.takeover == TakeoverMethod::vault_below_share &&
        i128{margin.equity.raw()} * 1'000'000 >= share) {
        return Outcome::waits;
    }
    list_positions(world, c.account, cross_positions_);
    i128 value = 0;
    for (const CrossPosition& p : cross_positions_) {
        value +=
            position_notional(house.instrument(p.instrument), p.state, world.mark(p.instrument))
                .raw();
    }
    if (rules.liquidation.takeover == TakeoverMethod::engine_at_bankruptcy ||
        fund_can_take(world, venue, Money::from_raw(narrow_i64(value)))) {
        take_over_cross(world, c.account);
        return Outcome::done;
    }
    c.wants_adl = true;
    if (c.adl_from == SimTime{}) {
        c.adl_from = world.now() + rules.adl.delay;
    }
    return Outcome::waits;
}

LiquidationEngine::Outcome LiquidationEngine::close_cross_neutral(LiquidationHost& world,
                                                                  AccountId account) {
    ClearingHouse& house = world.house();
    const AccountId neutral = house.neutral(house.venue(account));
    list_positions(world, account, cross_positions_);
    for (const CrossPosition& p : cross_positions_) {
        const Instrument& inst = house.instrument(p.instrument);
        const Ticks mark = world.mark(p.instrument);
        const double equity_usd = to_usd(house.cross_margin(account).equity);
        const Ticks bankruptcy = cross_bankruptcy(world, account, p);
        const Side side = p.state.qty.raw() > 0 ? Side::buy : Side::sell;
        const Lots lots = magnitude(p.state.qty);
        house.transfer(account, neutral, p.instrument, side, lots, mark, Reason::trade);
        record_cross(world,
                     account,
                     p,
                     LiquidationKind::book,
                     lots,
                     to_usd(inst, mark),
                     notional(inst, mark, lots),
                     bankruptcy,
                     equity_usd);
    }
    house.settle_cross_balance(account);
    house.reopen_cross(account);
    return Outcome::done;
}

void LiquidationEngine::take_over_cross(LiquidationHost& world, AccountId account) {
    ClearingHouse& house = world.house();
    const AccountId fund = house.fund(house.venue(account));
    const double equity_usd = to_usd(house.cross_margin(account).equity);
    list_positions(world, account, cross_positions_);
    for (const CrossPosition& p : cross_positions_) {
        const Instrument& inst = house.instrument(p.instrument);
        const Ticks mark = world.mark(p.instrument);
        const Side side = p.state.qty.raw() > 0 ? Side::buy : Side::sell;
        const Lots lots = magnitude(p.state.qty);
        const Ticks bankruptcy = cross_bankruptcy(world, account, p);
        house.transfer(account, fund, p.instrument, side, lots, mark, Reason::takeover);
        record_cross(world,
                     account,
                     p,
                     LiquidationKind::takeover,
                     lots,
                     to_usd(inst, mark),
                     notional(inst, mark, lots),
                     bankruptcy,
                     equity_usd);
    }
    house.hand_over_collateral(account, fund);
    house.settle_cross_balance(account);
    house.reopen_cross(account);
}

// ADL for cross accounts that neither the book nor the fund could close: each position against the
// other side's ranking, at the price at which the account is worth nothing.
void LiquidationEngine::deleverage_cross(LiquidationHost& world, VenueId venue) {
    ClearingHouse& house = world.house();
    std::vector<Case>& queue = venues_[venue.raw()].cross_queue;
    std::size_t kept = 0;
    for (std::size_t k = 0; k < queue.size(); ++k) {
        const Case c = queue[k];
        if (!c.wants_adl || world.now() < c.adl_from) {
            queue[kept++] = c;
            continue;
        }
        list_positions(world, c.account, cross_positions_);
        bool all = true;
        for (const CrossPosition& p : cross_positions_) {
            const Instrument& inst = house.instrument(p.instrument);
            const Ticks bankruptcy = cross_bankruptcy(world, c.account, p);
            const bool at_previous = house.rules(venue).adl.price == AdlPrice::previous_mark;
            const Ticks before = world.mark_before(p.instrument);
            const Ticks price = at_previous && before.raw() > 0 ? before : bankruptcy;
            const Side side = p.state.qty.raw() > 0 ? Side::buy : Side::sell;
            const Lots need = magnitude(p.state.qty);
            const double equity_usd = to_usd(house.cross_margin(c.account).equity);
            rank(world, p.instrument, opposite(side), world.mark(p.instrument));
            const Lots closed = match_adl(world,
                                          c.account,
                                          p.instrument,
                                          side,
                                          need,
                                          price,
                                          notional(inst, price, need).raw());
            if (closed.raw() > 0) {
                record_cross(world,
                             c.account,
                             p,
                             LiquidationKind::adl,
                             closed,
                             to_usd(inst, price),
                             notional(inst, price, closed),
                             bankruptcy,
                             equity_usd);
            }
            all = all && closed == need;
        }
        if (all) {
            house.settle_cross_balance(c.account);
            house.reopen_cross(c.account);
        } else {
            queue[kept++] = c;
        }
    }
    queue.resize(kept);
}

void LiquidationEngine::record_cross(LiquidationHost& world,
                                     AccountId account,
                                     const CrossPosition& p,
                                     LiquidationKind kind,
                                     Lots lots,
                                     double price,
                                     Money value,
                                     Ticks bankruptcy,
                                     double equity_usd) {
    CrossAccount& c = world.house().cross(account);
    const bool first = c.forced_before == 0;
    c.forced_before = 1;
    if (!world.wants_records()) {
        return;
    }
    const Instrument& inst = world.clearing().instrument(p.instrument);
    LiquidationRecord r;
    r.time_ns = world.now().ns();
    r.instrument = p.instrument.raw();
    r.account = account.raw();
    r.weight = c.weight;
    r.was_long = p.state.qty.raw() > 0 ? 1 : 0;
    r.kind = static_cast<std::uint8_t>(kind);
    r.first = first ? 1 : 0;
    r.qty = static_cast<double>(lots.raw()) * inst.lot_base;
    r.price = price;
    r.bankruptcy_price = to_usd(inst, bankruptcy);
    r.notional_usd = to_usd(value);
    r.leverage = static_cast<double>(c.leverage_e2) / 100.0;
    r.equity_usd = equity_usd;
    world.record(r);
}

}  // namespace margincall::inline clearing
