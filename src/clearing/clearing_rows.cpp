// The clearing house's rows: opening and closing, the list of those with a position, and the prices
// at which the mark concerns one of them.
#include "base/ppm.hpp"
#include "clearing/clearing_house.hpp"

namespace margincall::inline clearing {
namespace {

// A row's next trigger: for a long the highest of the prices below, for a short the lowest.
[[nodiscard]] std::int64_t next_trigger(const Row& r, bool stops) {
    std::int64_t best = r.liquidation;
    const auto consider = [&](std::int64_t price) {
        if (price > 0 && (best == 0 || (r.side == Side::buy ? price > best : price < best))) {
            best = price;
        }
    };
    if (stops && r.pending_close == 0) {
        consider(r.stop);
    }
    consider(r.top_up);
    return best;
}

}  // namespace

AccountId ClearingHouse::open_row(const AccountSeed& seed, WithPosition with) {
    const Instrument& inst = config_.instruments[seed.instrument.raw()];
    CHECK(inst.kind == InstrumentKind::linear_perp);
    CHECK(seed.qty.raw() > 0);
    CHECK(seed.weight > 0);
    const auto slot = static_cast<std::uint32_t>(rows_.size());
    const AccountId id = new_account(AccountKind::row, inst.venue, slot);
    const LedgerAccountId contracts = ledger_.open(contract_asset(inst.id));
    CHECK_EQ(contracts.raw(), accounts_[id.raw()].cash.raw() + 1);
    const std::size_t side_index = side_row(inst.id, seed.side);
    Row r;
    r.cash = accounts_[id.raw()].cash;
    r.account = id;
    r.instrument = inst.id.raw();
    r.local = static_cast<std::uint32_t>(row_of_local_[side_index].size());
    r.weight = seed.weight;
    r.leverage_e2 = static_cast<std::uint32_t>(seed.leverage_e2);
    r.side = seed.side;
    r.mode = seed.mode;
    r.hedger = seed.hedger;
    r.stop = seed.stop.raw();
    r.initial_margin = seed.margin.raw();
    r.top_up = seed.may_top_up != 0 ? -1 : 0;  // -1: wanted, price set by refresh
    row_of_local_[side_index].push_back(id);
    rows_.push_back(r);
    deposit(id, seed.margin, Reason::deposit);
    if (with == WithPosition::yes) {
        Row& row = rows_.back();
        const std::int64_t signed_lots = sign(seed.side) * seed.qty.raw();
        ledger_.post_signed(opening_contracts_[inst.id.raw()],
                            contracts,
                            Amount::from_raw(signed_lots),
                            Reason::trade);
        row.cost = sign(seed.side) * notional(inst, seed.entry, seed.qty).raw();
        if (seed.side == Side::buy) {
            open_interest_[inst.id.raw()] += seed.qty.raw();
        }
        row.state = RowState::open;
        row.live_slot = static_cast<std::uint32_t>(live_[inst.id.raw()].size());
        live_[inst.id.raw()].push_back(id);
        refresh(row);
    }
    return id;
}

PositionState ClearingHouse::state(const Row& r) const {
    PositionState s;
    s.qty = lots(contracts_of(r));
    s.cost = Money::from_raw(r.cost);
    s.collateral = to_money(ledger_.balance(r.cash));
    s.weight = r.weight;
    return s;
}

// Keeps the list of rows with a position.
void ClearingHouse::update_live(AccountId a, std::int64_t before, std::int64_t after) {
    Row& r = rows_[accounts_[a.raw()].slot];
    note_change(r);
    auto& live = live_[r.instrument];
    if (before == 0 && after != 0) {
        r.state = RowState::open;
        r.live_slot = static_cast<std::uint32_t>(live.size());
        live.push_back(a);
    } else if (before != 0 && after == 0) {
        live[r.live_slot] = live.back();
        rows_[accounts_[live[r.live_slot].raw()].slot].live_slot = r.live_slot;
        live.pop_back();
        remove_trigger(r);
    }
}

void ClearingHouse::close_row(Row& r) {
    CHECK(lots(contracts_of(r)).raw() == 0);
    CHECK(r.cost == 0);
    const i128 left = ledger_.balance(r.cash).raw();
    if (left > 0) {
        ledger_.post(r.cash, outside_usd_, Amount::from_raw(left), Reason::withdrawal);
    } else if (left < 0) {
        settle_balance(r.account, fund_of(InstrumentId::from_raw(r.instrument)));
    }
    remove_trigger(r);
    r.state = RowState::closed;
}

std::span<const AccountId> ClearingHouse::take_changed(ChangeReader reader) {
    const auto k = static_cast<unsigned>(reader);
    Changes& changes = changes_[k];
    changes.taken.swap(changes.listed);
    changes.listed.clear();
    if ((readers_ >> k & 1U) == 0) {
        readers_ |= 1U << k;
        for (const Row& r : rows_) {
            changes.taken.push_back(r.account);
        }
        for (const CrossAccount& c : cross_.accounts()) {
            changes.taken.push_back(c.account);
        }
    }
    for (const AccountId a : changes.taken) {
        std::uint8_t& changed = is_row(a) ? row(a).changed : cross(a).changed;
        changed = static_cast<std::uint8_t>(changed & ~(1U << k));
    }
    return changes.taken;
}

void ClearingHouse::refresh(Row& r) {
    note_change(r);
    set_trigger(r);
}

void ClearingHouse::set_trigger(Row& r) {
    const Instrument& inst = config_.instruments[r.instrument];
    const PositionState s = state(r);
    if (s.qty.raw() == 0) {
        remove_trigger(r);
        return;
    }
    const bool at_equality = config_.venues[inst.venue.raw()].trigger_at_equality;
    const PositionTerms position = terms(inst.id, 0);
    r.liquidation = liquidation_price(position, s, margin_price(inst.id), at_equality).raw();
    if (r.top_up != 0) {
        // The owner looks when the margin ratio first exceeds rho: maintenance / rho of equity
        // left, that is (1 / rho - 1) of the maintenance rate away from liquidation (model.md 5.4;
        // a behaviour, so the nearest tick is good enough).
        const std::int64_t mmr = to_ppm(position.schedule->tiers.front().maintenance, Round::down);
        const std::int64_t ratio = config_.top_up_ratio_ppm;
        const std::int64_t shift = narrow_i64(div_round(
            i128{r.liquidation} * mmr * (whole_ppm - ratio), i128{whole_ppm} * ratio, Round::up));
        r.top_up = r.liquidation <= 0 ? -1 : r.liquidation + sign(r.side) * shift;
    }
    if (jumps_with_price(*position.schedule)) {
        jumps_[side_row(inst.id, r.side)].set(
            r.local, jump_price(position, s, margin_price(inst.id), at_equality));
    }
    const std::int64_t trigger = next_trigger(r, config_.stops);
    TriggerIndex& index = triggers(inst.id, r.side);
    if (trigger > 0) {
        index.set(r.local, Ticks::from_raw(trigger));
    } else {
        index.erase(r.local);
    }
}

void ClearingHouse::remove_trigger(Row& r) {
    triggers(InstrumentId::from_raw(r.instrument), r.side).erase(r.local);
    jumps_[side_row(InstrumentId::from_raw(r.instrument), r.side)].erase(r.local);
}

void ClearingHouse::pop_due(InstrumentId i, Ticks mark, std::vector<AccountId>& due) {
    for (const Side side : {Side::buy, Side::sell}) {
        const std::size_t at = side_row(i, side);
        for (TriggerIndex* const index : {&triggers_[at], &jumps_[at]}) {
            if (!index->due(mark)) {
                continue;
            }
            due_local_.clear();
            index->pop_due(mark, due_local_);
            for (const std::uint32_t local : due_local_) {
                due.push_back(row_of_local_[at][local]);
            }
        }
    }
}

TriggerKind ClearingHouse::due_kind(const Row& r, Ticks mark) const {
    const auto reached = [&](std::int64_t price) {
        return price > 0 && (r.side == Side::buy ? mark.raw() <= price : mark.raw() >= price);
    };
    if (reached(r.liquidation) ||
        (fast_[r.instrument] == 0 && liquidatable_at(r, mark))) {  // after a jump of the margin
        return TriggerKind::liquidation;
    }
    if (config_.stops && r.pending_close == 0 && reached(r.stop)) {
        return TriggerKind::stop;
    }
    if (reached(r.top_up)) {
        return TriggerKind::top_up;
    }
    return TriggerKind::none;
}

bool ClearingHouse::liquidatable_at(const Row& r, Ticks mark) const {
    const auto i = InstrumentId::from_raw(r.instrument);
    const Instrument& inst = config_.instruments[r.instrument];
    const bool at_equality = config_.venues[inst.venue.raw()].trigger_at_equality;
    return fast_[r.instrument] != 0
               ? rules::liquidatable(inst, config_.tiers[r.instrument], state(r), mark, at_equality)
               : rules::liquidatable(terms(i, 0), state(r), mark, at_equality);
}

}  // namespace margincall::inline clearing
