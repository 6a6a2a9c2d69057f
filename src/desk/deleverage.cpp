// Auto-deleveraging and the pools: who on the winning side is closed when nobody else can take a
// bankrupt position, when a pool counts as empty, and how what it took is sold again.
#include <algorithm>
#include <cmath>

#include "desk/run.hpp"
#include "rules/adl_allocation.hpp"
#include "rules/insurance_fund.hpp"

namespace margincall::inline desk {
namespace {

const Duration rank_again_after = seconds(5);

Lots magnitude(Lots x) {
    return x.raw() < 0 ? -x : x;
}

}  // namespace

// Oracle prices are the marks here: a stress declares one path for both.
Ticks StressRun::adl_price(
    AdlPrice rule, InstrumentId i, std::uint32_t unit, SlotId slot, const PortfolioMargin& margin) {
    switch (rule) {
        case AdlPrice::bankruptcy:
            return close_price(unit, slot, margin);
        case AdlPrice::mark:
            return mark(i);
        case AdlPrice::previous_mark:
        case AdlPrice::previous_oracle:
            return mark_before_[i.raw()];
    }
    return mark(i);
}

void StressRun::deleverage() {
    std::size_t kept = 0;
    std::vector<std::uint32_t> winners;
    const std::size_t first_row = out_.adl.size();
    for (std::size_t k = 0; k < cases_.size(); ++k) {
        Case c = cases_[k];
        if (!c.wants_adl || now_ < c.adl_from) {
            cases_[kept++] = c;
            continue;
        }
        const PortfolioMargin margin = margins_.of(house_, c.unit, prices_.now());
        unit_equity_ = to_usd(to_money(margin.equity));
        std::vector<std::pair<SlotId, Ticks>> orders;
        for (const SlotId slot : open_slots(c.unit)) {
            const InstrumentId i = house_.instrument(slot);
            orders.emplace_back(slot, adl_price(rules(c.unit).adl.price, i, c.unit, slot, margin));
        }
        for (const auto& [slot, price] : orders) {
            const Lots lots = house_.lots(slot);
            const Side side = lots.raw() > 0 ? Side::buy : Side::sell;
            const Lots closed = match_adl(slot, side, magnitude(lots), price);
            if (closed.raw() > 0) {
                note(c,
                     slot,
                     ClosedBy::adl,
                     side == Side::buy ? closed : -closed,
                     usd(house_.instrument(slot), price),
                     price);
            }
            if (house_.lots(slot).raw() != 0) {
                const Lots left = house_.lots(slot);
                force_on_pool(slot, left, price);
                note(c, slot, ClosedBy::takeover, left, usd(house_.instrument(slot), price), price);
            }
        }
        ++out_.units_bankrupt;
        const Money crumb = house_.unit_cash(c.unit);
        if (crumb.raw() > 0 && rules(c.unit).adl.price == AdlPrice::bankruptcy) {
            house_.hand_over(c.unit, pool_of(c.unit), crumb);
            out_.pools[pool_of(c.unit)].margin_taken += to_usd(crumb);
        }
        settle_unit(c.unit);
    }
    cases_.resize(kept);
    deleverage_pools();
    // Winners lost a leg: what was safe for them before may not be now.
    for (std::size_t k = first_row; k < out_.adl.size(); ++k) {
        winners.push_back(out_.adl[k].unit);
    }
    std::sort(winners.begin(), winners.end());
    winners.erase(std::unique(winners.begin(), winners.end()), winners.end());
    for (const std::uint32_t unit : winners) {
        if (watched_at_[unit] >= 0.0) {
            look_at(unit);
        }
    }
}

// Pool venues: while the drawdown trigger is on, the engine's own positions are closed against the
// queue at their average takeover price, which is the bankruptcy price of the orders it took.
void StressRun::deleverage_pools() {
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        if (!pools_[p].adl_on) {
            continue;
        }
        for (const InstrumentId i : instruments_of_pool_[p]) {
            const SlotId slot = house_.pool_slot(i);
            const Lots held = house_.lots(slot);
            if (held.raw() == 0) {
                continue;
            }
            const Side side = held.raw() > 0 ? Side::buy : Side::sell;
            const Instrument& inst = market_.at(i).instrument;
            const i128 average = div_round(i128{house_.cost(slot).raw()} * sign(side),
                                           i128{magnitude(held).raw()} * inst.tick_value.raw(),
                                           side == Side::buy ? Round::up : Round::down);
            (void)match_adl(slot,
                            side,
                            magnitude(held),
                            Ticks::from_raw(std::max<std::int64_t>(1, narrow_i64(average))));
        }
    }
}

// Ranks the holders of `side` in an instrument.
void StressRun::rank(InstrumentId i, Side side) {
    AdlQueue& queue = queues_[2 * i.raw() + (side == Side::buy ? 0U : 1U)];
    queue.ranked.clear();
    queue.next = 0;
    queue.made = true;
    queue.ranked_at = now_;
    const Instrument& inst = market_.at(i).instrument;
    const AdlRank rule = market_.venues[inst.venue.raw()].rules.adl.rank;
    for (const SlotId slot : start_.slots(i)) {
        const std::uint32_t unit = start_.unit_of(slot);
        const Lots lots = house_.lots(slot);
        if (lots.raw() == 0 || (lots.raw() > 0) != (side == Side::buy) || watched_at_[unit] < 0.0) {
            continue;  // units in liquidation are not in the queue
        }
        const PortfolioMargin margin = margins_.of(house_, unit, prices_.now());
        const double coins = static_cast<double>(lots.raw()) * inst.lot_base;
        AdlAccount account;
        account.row = slot;
        account.side = side;
        account.mark = usd(i, mark(i));
        account.entry = to_usd(house_.cost(slot)) / coins;
        account.notional = std::fabs(coins) * account.mark;
        account.unrealised = to_usd(house_.unrealised(slot, mark(i)));
        // The whole unit stands behind the position: its other profits count as wallet.
        account.wallet = to_usd(to_money(margin.equity)) - account.unrealised;
        account.maintenance = to_usd(to_money(margin.maintenance));
        queue.ranked.push_back({.score = adl_score(rule, account),
                                .slot = slot,
                                .eligible = adl_eligible(rule, account),
                                .leverage = effective_leverage(account)});
    }
    // Accounts that the rule does not sort come last: somebody must be the other side.
    std::sort(queue.ranked.begin(), queue.ranked.end(), [](const Ranked& a, const Ranked& b) {
        if (a.eligible != b.eligible) {
            return a.eligible;
        }
        return a.score != b.score ? a.score > b.score : a.slot < b.slot;
    });
}

// Closes up to `need` lots of `from`, which holds `side`, against the ranked holders of the other
// side. Never more than the insolvent side has left.
Lots StressRun::match_adl(SlotId from, Side side, Lots need, Ticks price) {
    const InstrumentId i = house_.instrument(from);
    const Side other = opposite(side);
    AdlQueue& queue = queues_[2 * i.raw() + (other == Side::buy ? 0U : 1U)];
    if (!queue.made || now_ - queue.ranked_at >= rank_again_after) {
        rank(i, other);
    }
    Lots left = need;
    while (left.raw() > 0 && queue.next < queue.ranked.size()) {
        const Ranked& winner = queue.ranked[queue.next];
        const Lots held = magnitude(house_.lots(winner.slot));
        if (held.raw() == 0 || winner.slot == from ||
            watched_at_[start_.unit_of(winner.slot)] < 0.0) {
            ++queue.next;
            continue;
        }
        const Lots closed = std::min(left, held);
        if (!can_bear(winner.slot, other == Side::buy ? closed : -closed, price)) {
            ++queue.next;
            continue;
        }
        note_adl(winner, queue.next, from, closed, price);
        house_.trade(other == Side::buy ? from : winner.slot,
                     other == Side::buy ? winner.slot : from,
                     closed,
                     price,
                     Reason::adl);
        left -= closed;
        if (closed == held) {
            ++queue.next;
        }
    }
    return need - left;
}

// Nobody is closed at a price that would leave him below zero: he is passed over. `lots` signed
// like his position.
bool StressRun::can_bear(SlotId slot, Lots lots, Ticks price) {
    const InstrumentId i = house_.instrument(slot);
    const Instrument& inst = market_.at(i).instrument;
    const i128 equity = margins_.of(house_, start_.unit_of(slot), prices_.now()).equity.raw();
    const i128 worse =
        i128{notional(inst, price, lots).raw()} - notional(inst, mark(i), lots).raw();
    return equity + worse >= 0;
}

void StressRun::note_adl(
    const Ranked& winner, std::size_t place, SlotId against, Lots lots, Ticks price) {
    const InstrumentId i = house_.instrument(winner.slot);
    const Instrument& inst = market_.at(i).instrument;
    const Lots held = house_.lots(winner.slot);
    AdlRow row;
    row.time_s = to_seconds(now_);
    row.rank = static_cast<std::uint32_t>(place + 1);
    row.unit = start_.unit_of(winner.slot);
    row.against_unit =
        against < book_.positions.size() ? static_cast<std::int64_t>(start_.unit_of(against)) : -1;
    row.instrument = i;
    row.side = held.raw() > 0 ? Side::buy : Side::sell;
    row.coins = static_cast<double>(lots.raw()) * inst.lot_base;
    row.price = usd(i, price);
    row.mark = usd(i, mark(i));
    row.score = winner.score;
    row.leverage = winner.leverage;
    const double share =
        static_cast<double>(lots.raw()) / std::fabs(static_cast<double>(held.raw()));
    row.profit = to_usd(house_.unrealised(winner.slot, price)) * share;
    out_.pools[market_.at(i).pool].adl += row.coins * row.price;
    out_.adl.push_back(row);
}

// Nobody in the book holds the other side (it is outside the book): the pool keeps the position,
// whatever its cap says.
void StressRun::force_on_pool(SlotId slot, Lots lots, Ticks price) {
    const InstrumentId i = house_.instrument(slot);
    const SlotId pool = house_.pool_slot(i);
    const bool is_long = lots.raw() > 0;
    house_.trade(
        is_long ? pool : slot, is_long ? slot : pool, magnitude(lots), price, Reason::takeover);
    PoolResult& result = out_.pools[market_.at(i).pool];
    const double value = std::fabs(static_cast<double>(lots.raw())) *
                         market_.at(i).instrument.lot_base * usd(i, mark(i));
    result.no_counterparty += value;
    result.taken_over += value;
}

void StressRun::update_pools() {
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        PoolState& pool = pools_[p];
        PoolResult& row = out_.pools[p];
        const AdlRule& rule = market_.venues[market_.pools[p].venue.raw()].rules.adl;
        const double equity = pool_equity(p);
        pool.peak = std::max(pool.peak, equity);
        if (std::max(equity, 0.0) < row.lowest) {
            row.lowest = std::max(equity, 0.0);
            row.lowest_time_s = to_seconds(now_);
        }
        if (equity <= 0.0 && row.before > 0.0 && !pool.emptied) {
            pool.emptied = true;
            row.emptied_time_s = to_seconds(now_);
        }
        if (equity < -1e-6) {
            house_.cover_pool(p, Money::from_raw(std::llround(-equity * 1e6)));
        }
        const bool spent = equity <= 0.0 && row.taken_over > 0.0;
        switch (rule.trigger) {
            case AdlTrigger::pool_drawdown: {
                const double fall = pool.peak > 0.0 ? 1.0 - equity / pool.peak : 0.0;
                if (fall * 1e6 > static_cast<double>(rule.drawdown_ppm) || spent) {
                    pool.adl_on = true;
                } else if (fall * 1e6 < static_cast<double>(rule.drawdown_stop_ppm)) {
                    pool.adl_on = false;
                }
                break;
            }
            case AdlTrigger::average_fall: {
                // Average of the last 8 h; before the start the balance was what it is there.
                const double window_s = to_seconds(hours(8));
                pool.sum += equity * to_seconds(elapsed_);
                const double past_s = std::max(0.0, window_s - to_seconds(now_));
                const double average = now_ < hours(8) ? (row.before * past_s + pool.sum) / window_s
                                                       : pool.sum / to_seconds(now_);
                const AverageFallRule fall{.share = from_ppm(rule.drawdown_ppm),
                                           .least = to_amount(rule.fall_least)};
                const auto amount = [](double usd) {
                    return Amount::from_raw(static_cast<i128>(usd * 1e6));
                };
                pool.adl_on = spent || (row.taken_over > 0.0 &&
                                        fallen_below(fall, amount(equity), amount(average)));
                break;
            }
            case AdlTrigger::fund_empty:
                pool.adl_on = spent;
                break;
            case AdlTrigger::fund_cap:
            case AdlTrigger::equity_negative:
            case AdlTrigger::never:
                break;  // decided by case
        }
    }
}

// What a pool took over is sold again, evenly over its horizon, or a share of volume if that is
// more.
void StressRun::unwind() {
    const double elapsed_s = to_seconds(elapsed_);
    if (elapsed_s <= 0.0) {
        return;
    }
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        const FundRule& rule = market_.venues[market_.pools[p].venue.raw()].rules.fund;
        for (const InstrumentId i : instruments_of_pool_[p]) {
            const SlotId slot = house_.pool_slot(i);
            const Lots held = house_.lots(slot);
            if (held.raw() == 0) {
                continue;
            }
            const double size = std::fabs(static_cast<double>(held.raw()));
            const double per_lot = usd(i, mark(i)) * market_.at(i).instrument.lot_base;
            const double by_time = size * elapsed_s / to_seconds(rule.unwind);
            const double by_volume = static_cast<double>(rule.unwind_participation_ppm) * 1e-6 *
                                     market_.at(i).volume * elapsed_s / 86'400.0 / per_lot;
            // Parts of a lot wait for the next step.
            double& wanted = unwind_carry_[i.raw()];
            wanted = std::min(size, wanted + std::max(by_time, by_volume));
            const auto lots = static_cast<std::int64_t>(wanted);
            if (lots == 0) {
                continue;
            }
            wanted -= static_cast<double>(lots);
            sell_taken(
                slot, held.raw() > 0 ? Lots::from_raw(lots) : Lots::from_raw(-lots), Ticks{});
        }
    }
}

}  // namespace margincall::inline desk
