// One unit below its margin, by its venue's own steps: order into the book, takeover of the rest by
// fund, engine or vault, or the wait for auto-deleveraging. Cancelling orders comes first at every
// venue; an account book holds none, so there is nothing to cancel here. docs/stress.md has worked
// examples.
#include <algorithm>
#include <cmath>

#include "desk/run.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/reduction.hpp"

namespace margincall::inline desk {
namespace {

constexpr i128 ppm = 1'000'000;

Lots magnitude(Lots x) {
    return x.raw() < 0 ? -x : x;
}

Side side_of(Lots lots) {
    return lots.raw() < 0 ? Side::sell : Side::buy;
}

double coins_of(const Instrument& inst, Lots lots) {
    return std::fabs(static_cast<double>(lots.raw())) * inst.lot_base;
}

}  // namespace

// The unit's positions that are still open, largest requirement first.
std::vector<SlotId> StressRun::open_slots(std::uint32_t unit) const {
    const MarginUnit& u = book_.units[unit];
    std::vector<std::pair<i128, SlotId>> order;
    for (std::uint32_t k = 0; k < u.positions; ++k) {
        const SlotId slot = u.first_position + k;
        if (house_.lots(slot).raw() != 0) {
            order.emplace_back(
                u.positions == 1
                    ? 0
                    : margins_.of_position(house_, slot, prices_.now()).maintenance.raw(),
                slot);
        }
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<SlotId> out;
    out.reserve(order.size());
    for (const auto& [requirement, slot] : order) {
        out.push_back(slot);
    }
    return out;
}

StressRun::CaseState StressRun::work(Case& c) {
    PortfolioMargin margin = margins_.of(house_, c.unit, prices_.now());
    if (!c.by_default && !margins_.liquidatable_at(c.unit, margin)) {
        watch(c.unit, margin);
        return CaseState::done;
    }
    unit_equity_ = to_usd(to_money(margin.equity));
    c.wants_adl = false;
    if (first_step(c, margin)) {
        return CaseState::done;
    }
    return take_rest(c, margin);
}

// Orders into the book. True when the case is closed: flat, or above its trigger again. `margin` is
// the unit's when it returns.
bool StressRun::first_step(Case& c, PortfolioMargin& margin) {
    const LiquidationRule& rule = rules(c.unit).liquidation;
    const bool staged = rule.first_step == LiquidationFirstStep::market_then_rest;
    // Venues whose engine takes a position of the lowest tier, or one that no lower tier saves,
    // without an order.
    const bool ladder = rule.first_step == LiquidationFirstStep::tier_ladder_fok ||
                        rule.first_step == LiquidationFirstStep::tiers_down;
    if (staged && now_ < c.cooldown_until) {
        return false;
    }
    const LiquidationAttempt attempt =
        c.partial_done ? LiquidationAttempt::after_cooldown : LiquidationAttempt::first;
    bool partial = false;
    for (const SlotId slot : open_slots(c.unit)) {
        const Lots whole = magnitude(house_.lots(slot));
        const Lots wanted = order_size(c, slot, margin, attempt);
        partial = partial || (staged && wanted < whole);
        if (ladder && wanted == whole) {
            continue;
        }
        const bool all_or_nothing = rule.first_step == LiquidationFirstStep::tier_ladder_fok;
        const Lots filled = send_order(c,
                                       slot,
                                       wanted,
                                       all_or_nothing ? TimeInForce::fok : TimeInForce::ioc,
                                       close_price(c.unit, slot, margin));
        if (filled.raw() == 0) {
            continue;
        }
        margin = margins_.of(house_, c.unit, prices_.now());
        if (open_slots(c.unit).empty()) {
            settle_unit(c.unit);
            return true;
        }
        if (!c.by_default && !margins_.liquidatable_at(c.unit, margin)) {
            watch(c.unit, margin);
            return true;
        }
    }
    if (partial && !c.partial_done) {
        c.partial_done = true;
        c.cooldown_until = now_ + rule.cooldown;
    }
    return false;
}

// Lots of one order, as the venue's rule says; the whole position where its group defaults.
Lots StressRun::order_size(const Case& c,
                           SlotId slot,
                           const PortfolioMargin& margin,
                           LiquidationAttempt attempt) const {
    const InstrumentId i = house_.instrument(slot);
    const Instrument& inst = market_.at(i).instrument;
    const LiquidationRule& rule = rules(c.unit).liquidation;
    const Lots whole = magnitude(house_.lots(slot));
    if (c.by_default) {
        return whole;
    }
    // Lots worth about so much, at least one.
    const auto worth = [&](double usd_wanted) {
        const double lots = usd_wanted / (usd(i, mark(i)) * inst.lot_base);
        return std::clamp(Lots::from_raw(static_cast<std::int64_t>(
                              std::ceil(std::min(lots, static_cast<double>(whole.raw()))))),
                          Lots::from_raw(1),
                          whole);
    };
    const double value = coins_of(inst, whole) * usd(i, mark(i));
    switch (rule.first_step) {
        case LiquidationFirstStep::ioc_to_safety:
        case LiquidationFirstStep::tier_ladder_fok:
        case LiquidationFirstStep::market_then_rest:
            if (margins_.tiers(slot).empty()) {
                return whole;  // no marginal table: every position is of the lowest tier
            }
            return liquidation_size(inst,
                                    margins_.tiers(slot),
                                    rule,
                                    margins_.folded(house_, c.unit, slot, margin, prices_.now()),
                                    mark(i),
                                    rules(c.unit).trigger_at_equality,
                                    attempt);
        case LiquidationFirstStep::tiers_down:
            return margins_.tiers_down(house_, slot, prices_.now(), rule.tiers_down);
        case LiquidationFirstStep::slices:
            return worth(std::max(1.0, to_usd(rule.slice)));
        case LiquidationFirstStep::fillable_ioc: {
            const double share = static_cast<double>(rule.step_share_ppm) * 1e-6;
            double part = std::max(share > 0.0 ? share * value : value, to_usd(rule.step_least));
            part = rule.step_most.raw() > 0 ? std::min(part, to_usd(rule.step_most)) : part;
            return worth(part);
        }
        case LiquidationFirstStep::liquidator_share: {
            const double since = to_seconds(now_ - c.since);
            const double all = to_seconds(rule.share_duration);
            const double share = static_cast<double>(rule.initial_share_ppm) * 1e-6 +
                                 (all > 0.0 ? since / all : 1.0);
            return worth(std::min(1.0, share) * value);
        }
    }
    return whole;
}

StressRun::CaseState StressRun::take_rest(Case& c, const PortfolioMargin& margin) {
    const VenueRules& rule = rules(c.unit);
    switch (rule.liquidation.takeover) {
        case TakeoverMethod::fund_at_bankruptcy:
            if (pools_can_take(c.unit)) {
                take_over(c, margin);
                return CaseState::done;
            }
            c.wants_adl = true;
            break;
        case TakeoverMethod::engine_at_bankruptcy: {
            // The engine takes everything and offers it in the book at the bankruptcy price or
            // better; what does not fill stays with its pool.
            struct Taken {
                SlotId pool_slot = 0;
                Lots lots;  // signed
                Ticks price;
            };
            std::vector<Taken> taken;
            for (const SlotId slot : open_slots(c.unit)) {
                taken.push_back({house_.pool_slot(house_.instrument(slot)),
                                 house_.lots(slot),
                                 close_price(c.unit, slot, margin)});
            }
            take_over(c, margin);
            for (const Taken& t : taken) {
                sell_taken(t.pool_slot, t.lots, t.price);
            }
            return CaseState::done;
        }
        case TakeoverMethod::vault_below_share: {
            const bool negative = margin.equity.raw() < 0;
            const bool below = margin.equity.raw() * ppm <
                               margin.maintenance.raw() * rule.liquidation.vault_share_ppm;
            if ((below || c.by_default) && !negative && pools_can_take(c.unit)) {
                take_over(c, margin);
                return CaseState::done;
            }
            c.wants_adl = negative;
            break;
        }
        case TakeoverMethod::fund_per_fill:
            // Orders go on while the account is above zero; below it the fund, else its winners.
            if (margin.equity.raw() < 0 || c.by_default) {
                if (pools_can_take(c.unit)) {
                    take_over(c, margin);
                    return CaseState::done;
                }
                c.wants_adl = true;
            }
            break;
        case TakeoverMethod::socialise:
            // The fund pays what is below zero; what it cannot pay is the winners' loss (bad debt).
            if (margin.equity.raw() < 0 || c.by_default) {
                take_over(c, margin);
                return CaseState::done;
            }
            break;
    }
    if (c.wants_adl && !c.adl_waits) {
        c.adl_waits = true;
        c.adl_from = now_ + rule.adl.delay;
    }
    return CaseState::open;
}

// The worst price at which the position can go without the unit falling below zero: its bankruptcy
// price, with the unit's equity shared out over its positions by their maintenance margins.
Ticks StressRun::close_price(std::uint32_t unit, SlotId slot, const PortfolioMargin& margin) {
    const InstrumentId i = house_.instrument(slot);
    const Instrument& inst = market_.at(i).instrument;
    PositionState state;
    state.qty = house_.lots(slot);
    state.cost = house_.cost(slot);
    i128 share = margin.equity.raw();
    if (book_.units[unit].positions > 1 && margin.maintenance.raw() > 0) {
        const i128 own = margins_.of_position(house_, slot, prices_.now()).maintenance.raw();
        share = div_round(margin.equity.raw() * own, margin.maintenance.raw(), Round::down);
    }
    state.collateral = Money::from_raw(narrow_i64(share)) - house_.unrealised(slot, mark(i));
    const Ticks price = bankruptcy_price(inst, state);
    if (price.raw() > 0) {
        return price;
    }
    return state.qty.raw() > 0 ? Ticks::from_raw(1) : inst.price_max;
}

Lots StressRun::send_order(const Case& c, SlotId slot, Lots lots, TimeInForce tif, Ticks limit) {
    const InstrumentId i = house_.instrument(slot);
    const Side position = side_of(house_.lots(slot));
    Money value;
    const Lots filled = execute(i, slot, opposite(position), lots, limit, tif, value);
    if (filled.raw() > 0) {
        charge_fee(c.unit, i, value);
        const double price = to_usd(value) / coins_of(market_.at(i).instrument, filled);
        note(c, slot, ClosedBy::book, position == Side::buy ? filled : -filled, price, limit);
    }
    return filled;
}

// One order of a slot's owner against the resting depth, and the settlement of its fills.
Lots StressRun::execute(
    InstrumentId i, SlotId slot, Side side, Lots lots, Ticks limit, TimeInForce tif, Money& value) {
    Lots filled;
    value = Money{};
    InstrumentResult& result = out_.instruments[i.raw()];
    for (const Fill& fill : depth(i).take(side, lots, limit, tif, AccountId::from_raw(slot))) {
        const SlotId maker = house_.maker_slot(i);
        house_.trade(side == Side::buy ? slot : maker,
                     side == Side::buy ? maker : slot,
                     fill.qty,
                     fill.price,
                     Reason::trade);
        const Money part = notional(market_.at(i).instrument, fill.price, fill.qty);
        house_.charge_maker(i, part);
        filled += fill.qty;
        value += part;
        next_last_trade_[i.raw()] = usd(i, fill.price);
        ++result.fills;
    }
    return filled;
}

RestingDepth& StressRun::depth(InstrumentId i) {
    std::unique_ptr<RestingDepth>& book = depth_[i.raw()];
    if (depth_used_[i.raw()] == 0) {
        const StressInstrument& spec = market_.at(i);
        if (book == nullptr) {
            book = std::make_unique<RestingDepth>(spec, usd(i, spec.mark));
        }
        book->fill_up();
        book->set_reference(reference(i));
        depth_used_[i.raw()] = 1;
    }
    return *book;
}

// The venue's fee on what was liquidated, at most what the unit has left.
void StressRun::charge_fee(std::uint32_t unit, InstrumentId i, Money value) {
    const std::int64_t fee =
        mul_div(value.raw(), rules(unit).liquidation.fee_ppm, 1'000'000, Round::up);
    if (fee <= 0) {
        return;
    }
    const i128 equity = margins_.of(house_, unit, prices_.now()).equity.raw();
    const i128 charged = std::min({i128{fee}, equity, i128{house_.unit_cash(unit).raw()}});
    if (charged > 0) {
        const std::uint32_t pool = market_.at(i).pool;
        const Money money = Money::from_raw(narrow_i64(charged));
        house_.charge_liquidation_fee(unit, pool, money);
        out_.pools[pool].fees += to_usd(money);
    }
}

std::uint32_t StressRun::pool_of(std::uint32_t unit) const {
    return market_.at(book_.positions[book_.units[unit].first_position].instrument).pool;
}

// A fund holds positions up to a share of its equity.
bool StressRun::pools_can_take(std::uint32_t unit) const {
    const std::int64_t cap_ppm = rules(unit).fund.position_cap_ppm;
    std::vector<double> adds(pools_.size(), 0.0);
    for (const SlotId slot : open_slots(unit)) {
        const InstrumentId i = house_.instrument(slot);
        const Instrument& inst = market_.at(i).instrument;
        adds[market_.at(i).pool] += coins_of(inst, house_.lots(slot)) * usd(i, mark(i));
    }
    for (std::uint32_t p = 0; p < adds.size(); ++p) {
        if (adds[p] <= 0.0) {
            continue;
        }
        double held = adds[p];
        for (const InstrumentId i : instruments_of_pool_[p]) {
            held += coins_of(market_.at(i).instrument, house_.lots(house_.pool_slot(i))) *
                    usd(i, mark(i));
        }
        const double equity = pool_equity(p);
        if (equity <= 0.0 || held > equity * static_cast<double>(cap_ppm) * 1e-6) {
            return false;
        }
    }
    return true;
}

void StressRun::take_over(const Case& c, const PortfolioMargin& margin) {
    const std::vector<SlotId> slots = open_slots(c.unit);
    std::vector<Ticks> prices;
    prices.reserve(slots.size());
    for (const SlotId slot : slots) {
        prices.push_back(close_price(c.unit, slot, margin));
    }
    for (std::size_t k = 0; k < slots.size(); ++k) {
        const SlotId slot = slots[k];
        const InstrumentId i = house_.instrument(slot);
        const Lots lots = house_.lots(slot);
        const SlotId pool = house_.pool_slot(i);
        const bool is_long = lots.raw() > 0;
        house_.trade(is_long ? pool : slot,
                     is_long ? slot : pool,
                     magnitude(lots),
                     prices[k],
                     Reason::takeover);
        note(c, slot, ClosedBy::takeover, lots, usd(i, prices[k]), prices[k]);
        out_.pools[market_.at(i).pool].taken_over +=
            coins_of(market_.at(i).instrument, lots) * usd(i, mark(i));
    }
    ++out_.units_bankrupt;
    // Bankruptcy prices are whole ticks in the account's favour; the crumb goes with the position.
    const Money crumb = house_.unit_cash(c.unit);
    if (crumb.raw() > 0) {
        const std::uint32_t pool = pool_of(c.unit);
        house_.hand_over(c.unit, pool, crumb);
        out_.pools[pool].margin_taken += to_usd(crumb);
    }
    settle_unit(c.unit);
}

void StressRun::sell_taken(SlotId slot, Lots lots, Ticks limit) {
    const InstrumentId i = house_.instrument(slot);
    Money value;
    const Lots filled = execute(i,
                                slot,
                                lots.raw() > 0 ? Side::sell : Side::buy,
                                magnitude(lots),
                                limit,
                                TimeInForce::ioc,
                                value);
    if (filled.raw() > 0) {
        out_.pools[market_.at(i).pool].unwound += to_usd(value);
        out_.instruments[i.raw()].unwound += to_usd(value);
    }
}

// A unit without positions: what it owes is exchanged from its coins, then paid by the pool, then
// bad debt.
void StressRun::settle_unit(std::uint32_t unit) {
    watched_at_[unit] = -1.0;
    const std::uint32_t pool = pool_of(unit);
    if (house_.unit_cash(unit).raw() < 0) {
        exchange_coins(unit, pool);
    }
    const std::int64_t owed = -house_.unit_cash(unit).raw();
    if (owed <= 0) {
        return;
    }
    const std::int64_t covered =
        std::min(owed, std::max<std::int64_t>(0, house_.pool_cash(pool).raw()));
    if (covered > 0) {
        house_.pay_shortfall(unit, pool, Money::from_raw(covered));
        out_.pools[pool].shortfall += static_cast<double>(covered) * 1e-6;
    }
    if (owed > covered) {
        house_.leave_bad_debt(unit, pool, Money::from_raw(owed - covered));
    }
}

// Coins at their collateral ratio for the dollars that are missing; the pool is the other side and
// keeps the difference to the index for the risk.
void StressRun::exchange_coins(std::uint32_t unit, std::uint32_t pool) {
    const MarginUnit& u = book_.units[unit];
    const PortfolioRules& margin = market_.venues[u.venue.raw()].margin;
    for (std::uint32_t k = 0; k < u.collaterals; ++k) {
        const std::uint32_t line = u.first_collateral + k;
        const AssetId coin = book_.collateral[line].coin;
        const std::int64_t deficit = -house_.unit_cash(unit).raw();
        if (deficit <= 0) {
            return;
        }
        if (!coin.valid() || house_.line_coins(line) <= 0) {
            continue;
        }
        const Fraction ratio = margin.collateral[1U + coin.raw()].tiers.front().ratio;
        const Fraction index = prices_.now().assets[1U + coin.raw()].index;
        if (ratio.num <= 0) {
            continue;
        }
        const i128 sale = auto_exchange_sale(Amount::from_raw(i128{deficit}), ratio).raw();
        const i128 wanted = div_round(sale * index.den, index.num, Round::up);
        const auto coins = narrow_i64(std::min(wanted, i128{house_.line_coins(line)}));
        const i128 dollars = times(times(coins, index, Round::down), ratio, Round::down);
        if (dollars > 0) {
            house_.exchange(unit, pool, line, coin, coins, Money::from_raw(narrow_i64(dollars)));
        }
    }
}

void StressRun::touch(std::uint32_t unit) {
    std::uint8_t& known = out_.unit_touched[unit];
    out_.units_liquidated += known == 0 ? 1U : 0U;
    known = 1;
    std::uint8_t& account = account_touched_[book_.units[unit].account];
    out_.accounts_liquidated += account == 0 ? 1U : 0U;
    account = 1;
}

// `lots` signed like the position that was closed.
void StressRun::note(
    const Case& c, SlotId slot, ClosedBy by, Lots lots, double price, Ticks bankruptcy) {
    touch(c.unit);
    const InstrumentId i = house_.instrument(slot);
    LiquidationRow row;
    row.time_s = to_seconds(now_);
    row.unit = c.unit;
    row.instrument = i;
    row.side = side_of(lots);
    row.by = by;
    row.coins = coins_of(market_.at(i).instrument, lots);
    row.price = price;
    row.mark = usd(i, mark(i));
    row.bankruptcy = usd(i, bankruptcy);
    row.notional = row.coins * (by == ClosedBy::book ? price : row.mark);
    row.equity_before = unit_equity_;
    row.by_default = c.by_default;
    InstrumentResult& result = out_.instruments[i.raw()];
    switch (by) {
        case ClosedBy::book:
            row.slippage = (reference(i) - price) * static_cast<double>(sign(row.side)) * row.coins;
            result.book += row.notional;
            result.slippage += row.slippage;
            out_.in_book += row.notional;
            out_.slippage += row.slippage;
            break;
        case ClosedBy::takeover:
            result.takeover += row.notional;
            out_.taken_over += row.notional;
            break;
        case ClosedBy::adl:
            result.adl += row.notional;
            out_.by_adl += row.notional;
            break;
    }
    (row.side == Side::buy ? out_.liquidated_long : out_.liquidated_short) += row.notional;
    if (options_.detail == Detail::rows) {
        out_.liquidations.push_back(row);
    }
}

}  // namespace margincall::inline desk
