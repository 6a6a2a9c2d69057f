// The clearing house's side of cross accounts: opening, order margin, and the safe boxes that say
// when an account has to be looked at (safe_box.hpp has the proof).
#include <algorithm>

#include "clearing/clearing_house.hpp"

namespace margincall::inline clearing {

AccountId ClearingHouse::open_cross(VenueId venue,
                                    std::int64_t leverage_e2,
                                    std::uint32_t weight,
                                    std::span<const InstrumentId> positions) {
    CHECK(leverage_e2 >= 100);
    CHECK(weight > 0);
    const auto slot = static_cast<std::uint32_t>(cross_.accounts().size());
    if (!positions.empty()) {
        ledger_.start_pair();  // cash and contracts in one cache line
    }
    const AccountId id = new_account(AccountKind::cross, venue, slot);
    CrossAccount c;
    c.leverage_e2 = static_cast<std::uint32_t>(leverage_e2);
    c.weight = weight;
    c.cash = accounts_[id.raw()].cash;
    c.account = id;
    c.venue = venue;
    (void)cross_.add(c);
    for (const InstrumentId i : positions) {
        (void)holding_of(slot, i);
    }
    return id;
}

void ClearingHouse::reserve_cross(std::size_t accounts, std::size_t holdings_per_factor) {
    cross_.reserve(accounts, holdings_per_factor);
    const std::size_t holdings = holdings_per_factor * cross_.factor_count();
    ledger_.reserve(ledger_.accounts() + accounts + holdings);
    accounts_.reserve(accounts_.size() + accounts);
    used_up_.reserve(accounts);
}

std::uint32_t ClearingHouse::holding_of(std::uint32_t slot, InstrumentId i) {
    const std::uint32_t found = cross_.find(slot, i.raw());
    if (found != CrossAccounts::none) {
        return found;
    }
    const Instrument& inst = config_.instruments[i.raw()];
    CHECK(inst.kind == InstrumentKind::linear_perp);
    CHECK(inst.venue == cross_.account(slot).venue);
    const std::uint32_t holding =
        cross_.add_holding(slot, i.raw(), ledger_.open(contract_asset(i)));
    note_first_holding(slot);
    return holding;
}

void ClearingHouse::open_cross_position(AccountId account,
                                        InstrumentId i,
                                        Lots signed_lots,
                                        Ticks entry) {
    const Instrument& inst = config_.instruments[i.raw()];
    const std::uint32_t slot = accounts_[account.raw()].slot;
    const PositionRef p = ref(account, i);
    CHECK(contracts(cross_.holding(p.holding)).raw() == 0);
    ledger_.post_signed(opening_contracts_[i.raw()],
                        p.contracts,
                        Amount::from_raw(i128{signed_lots.raw()}),
                        Reason::trade);
    cost_of(p) = notional(inst, entry, signed_lots).raw();
    open_interest_[i.raw()] += std::max<std::int64_t>(signed_lots.raw(), 0);
    cross_traded(slot, p.holding, inst, 0, signed_lots.raw(), entry);
}

void ClearingHouse::deposit_coins(AccountId account, AssetId asset, Amount amount, Reason reason) {
    CHECK(is_cross(account));
    const std::uint32_t slot = accounts_[account.raw()].slot;
    const std::uint32_t factor = coin_factor(venue(account), asset);
    std::uint32_t holding = cross_.find(slot, factor);
    if (holding == CrossAccounts::none) {
        holding = cross_.add_holding(slot, factor, ledger_.open(1U + asset.raw()));
        note_first_holding(slot);
    }
    ledger_.post(outside_coins_[asset.raw()], cross_.holding(holding).units, amount, reason);
    look_again(slot);
}

void ClearingHouse::set_mark(InstrumentId i, Ticks mark) {
    CHECK(mark.raw() >= 1);
    CHECK(mark <= config_.instruments[i.raw()].price_max);
    cross_.set_price(i.raw(), mark.raw());
}

void ClearingHouse::set_collateral_price(VenueId venue, AssetId asset, Money usd_per_coin) {
    CHECK(usd_per_coin.raw() >= 1);
    cross_.set_price(coin_factor(venue, asset), usd_per_coin.raw());
}

std::int64_t ClearingHouse::gather(const CrossAccount& c) const {
    exposures_.clear();
    holdings_.clear();
    std::int64_t money = to_money(ledger_.balance(c.cash)).raw();
    for (std::uint32_t id = c.first; id != CrossAccounts::none; id = cross_.holding(id).next) {
        const CrossHolding& h = cross_.holding(id);
        BoxExposure e;
        e.price = cross_.price(h.factor);
        e.corner = h.corner;
        if (h.factor < config_.instruments.size()) {
            e.instrument = &config_.instruments[h.factor];
            e.tiers = &config_.tiers[h.factor];
            e.qty = contracts(h).raw();
            money = checked_sub(money, h.cost);
        } else {
            const CollateralCoin& terms = config_.collateral[asset_of(h.factor)];
            if (terms.unit.raw() == 0) {
                continue;  // not accepted as collateral: worth nothing to the venue
            }
            e.terms = &terms;
            e.amount = ledger_.balance(h.units);
        }
        CHECK(e.is_empty() || e.price > 0);
        exposures_.push_back(e);
        holdings_.push_back(id);
    }
    return money;
}

Margin ClearingHouse::cross_margin(AccountId a) const {
    const CrossAccount& c = cross(a);
    const CrossTerms terms = terms_of(c);
    const std::int64_t money = gather(c);
    const BoxSlack now = slack_of(exposures_, terms, money, SlackAt::price);
    std::int64_t equity = money;
    for (const BoxExposure& e : exposures_) {
        equity = checked_add(
            equity,
            e.instrument != nullptr
                ? notional(*e.instrument, Ticks::from_raw(e.price), Lots::from_raw(e.qty)).raw()
                : coin_worth(*e.terms, e.amount, Money::from_raw(e.price)).raw());
    }
    return {.equity = Money::from_raw(equity),
            .initial = Money::from_raw(equity - now.free),
            .maintenance = Money::from_raw(equity - now.slack)};
}

bool ClearingHouse::cross_liquidatable(AccountId a) const {
    const CrossAccount& c = cross(a);
    const std::int64_t money = gather(c);
    bool holds = false;
    for (const BoxExposure& e : exposures_) {
        holds = holds || e.qty != 0;
    }
    const CrossTerms terms = terms_of(c);
    return holds && !is_safe(slack_of(exposures_, terms, money, SlackAt::price).slack, terms);
}

bool ClearingHouse::has_free_margin(AccountId a, Money needed) const {
    const CrossAccount& c = cross(a);
    const std::int64_t wanted = checked_add(c.reserved, needed.raw());
    if (c.free >= wanted && c.pending == 0 && !cross_.prices_moved()) {
        return true;
    }
    const std::int64_t money = gather(c);
    return slack_of(exposures_, terms_of(c), money, SlackAt::price).free >= wanted;
}

void ClearingHouse::look_again(std::uint32_t slot) {
    CrossAccount& c = cross_.account(slot);
    if (c.pending == 0 && c.state == CrossState::open) {
        c.pending = 1;
        used_up_.push_back(slot);
    }
}

void ClearingHouse::cross_money_changed(AccountId a, std::int64_t by) {
    if (accounts_[a.raw()].kind != AccountKind::cross) {
        return;
    }
    const std::uint32_t slot = accounts_[a.raw()].slot;
    CrossAccount& c = cross_.account(slot);
    c.slack = checked_add(c.slack, by);
    c.free = checked_add(c.free, by);
    if (!is_safe(c.slack, terms_of(c))) {
        look_again(slot);
    }
}

void ClearingHouse::cross_traded(std::uint32_t slot,
                                 std::uint32_t holding,
                                 const Instrument& inst,
                                 std::int64_t before,
                                 std::int64_t signed_lots,
                                 Ticks price) {
    CrossAccount& c = cross_.account(slot);
    CrossHolding& h = cross_.holding(holding);
    const CrossTerms terms = terms_of(c);
    const std::int64_t after = before + signed_lots;
    BoxExposure e;
    e.instrument = &inst;
    e.tiers = &config_.tiers[inst.id.raw()];
    e.qty = before;
    const BoxSlack old = slack_of(e, terms, h.corner);
    e.qty = after;
    const bool turned = (before > 0) != (after > 0) || (before < 0) != (after < 0);
    if (turned) {
        // Nothing is known of this side: the widest corner, if the account can bear it.
        const std::int64_t widest = after == 0 ? 1 : widest_corner(e);
        h.corner = widest != 0 ? widest : price.raw();
        cross_.set_trigger(holding, 0, h.corner);
        if (widest == 0) {
            look_again(slot);
        }
    }
    const BoxSlack now = slack_of(e, terms, h.corner);
    // Wallet minus cost changes by what was paid, whatever part of it was realised.
    const std::int64_t paid = notional(inst, price, Lots::from_raw(signed_lots)).raw();
    c.slack = checked_add(c.slack, checked_sub(checked_sub(now.slack, old.slack), paid));
    c.free = checked_add(c.free, checked_sub(checked_sub(now.free, old.free), paid));
    if (!is_safe(c.slack, terms)) {
        look_again(slot);
    }
}

void ClearingHouse::drop_triggers(const CrossAccount& c) {
    for (std::uint32_t id = c.first; id != CrossAccounts::none; id = cross_.holding(id).next) {
        cross_.set_trigger(id, 0, 0);
    }
}

bool ClearingHouse::refresh_cross(std::uint32_t slot) {
    CrossAccount& c = cross_.account(slot);
    const CrossTerms terms = terms_of(c);
    const std::int64_t money = gather(c);
    ++evaluations_;
    bool holds = false;
    for (const BoxExposure& e : exposures_) {
        holds = holds || e.qty != 0;
    }
    BoxSlack box;
    if (holds) {
        box = choose_box(exposures_, terms, money);
    } else {
        // Without positions nothing can happen to it: the widest box, which needs no triggers.
        for (BoxExposure& e : exposures_) {
            e.corner = 1;
        }
        box = slack_of(exposures_, terms, money, SlackAt::corner);
    }
    c.slack = box.slack;
    c.free = box.free;
    const bool due = holds && !is_safe(box.slack, terms);
    for (std::size_t k = 0; k < exposures_.size(); ++k) {
        const BoxExposure& e = exposures_[k];
        cross_.holding(holdings_[k]).corner = e.corner;
        const std::int32_t direction = due || !holds || e.is_empty() ? 0 : (e.is_short() ? -1 : 1);
        const std::int64_t last = e.is_short() ? e.instrument->price_max.raw() : 1;
        cross_.set_trigger(holdings_[k], direction, last);
    }
    return !due;
}

// The accounts to look at lie anywhere in memory: the next ones are fetched in four steps, each
// reading what the step before has brought.
inline void ClearingHouse::prefetch_used_up(std::size_t at) const {
    constexpr std::size_t step = 4;
    const auto each_holding = [&](std::size_t ahead, const auto& f) __attribute__((always_inline)) {
        if (at + ahead < used_up_.size()) {
            const CrossAccount& c = cross_.account(used_up_[at + ahead]);
            for (std::uint32_t id = c.first; id != CrossAccounts::none;
                 id = cross_.holding(id).next) {
                f(id);
            }
        }
    };
    if (at + 4 * step < used_up_.size()) {
        __builtin_prefetch(&cross_.account(used_up_[at + 4 * step]), 1);
    }
    if (at + 3 * step < used_up_.size()) {
        const CrossAccount& c = cross_.account(used_up_[at + 3 * step]);
        ledger_.prefetch(c.cash);
        // Holdings opened together lie together.
        constexpr std::uint32_t lines = 5;
        const auto last = static_cast<std::uint32_t>(cross_.holdings().size() - 1);
        for (std::uint32_t line = 0; c.first != CrossAccounts::none && line < lines; ++line) {
            __builtin_prefetch(&cross_.holding(std::min(last, c.first + line + line / 2)), 1);
        }
    }
    each_holding(
        2 * step, [&](std::uint32_t id) __attribute__((always_inline)) {
            ledger_.prefetch(cross_.holding(id).units);
            cross_.prefetch_triggers(id);
        });
    each_holding(
        step, [&](std::uint32_t id) __attribute__((always_inline)) {
            cross_.prefetch_neighbours(id);
        });
}

void ClearingHouse::pop_due_cross(std::vector<AccountId>& due) {
    cross_.pop_used_up(used_up_);
    if (used_up_.empty()) {
        return;
    }
    std::sort(used_up_.begin(), used_up_.end());
    used_up_.erase(std::unique(used_up_.begin(), used_up_.end()), used_up_.end());
    for (std::size_t k = 0; k < used_up_.size(); ++k) {
        prefetch_used_up(k);
        const std::uint32_t slot = used_up_[k];
        CrossAccount& c = cross_.account(slot);
        c.pending = 0;
        if (c.state == CrossState::open && !refresh_cross(slot)) {
            c.state = CrossState::in_liquidation;
            due.push_back(c.account);
        }
    }
    used_up_.clear();
}

void ClearingHouse::reopen_cross(AccountId a) {
    const std::uint32_t slot = accounts_[a.raw()].slot;
    cross(a).state = CrossState::open;
    if (!refresh_cross(slot)) {
        look_again(slot);
    }
}

void ClearingHouse::charge_cross_liquidation_fee(AccountId a, Money notional) {
    const CrossAccount& c = cross(a);
    const std::int64_t rate = config_.venues[c.venue.raw()].liquidation.fee_ppm;
    const std::int64_t fee = mul_div(notional.raw(), rate, 1'000'000, Round::up);
    const std::int64_t charged = std::min({fee, cash(a).raw(), cross_margin(a).equity.raw()});
    if (charged > 0) {
        ledger_.post(c.cash,
                     cash_account(fund_[c.venue.raw()]),
                     Amount::from_raw(i128{charged}),
                     Reason::liquidation_fee);
        cross_money_changed(a, -charged);
    }
}

void ClearingHouse::settle_cross_balance(AccountId a) {
    const CrossAccount& c = cross(a);
    bool holds = false;
    for_each_holding(a, [&](const CrossHolding& h) {
        holds = holds || (h.factor < config_.instruments.size() && contracts(h).raw() != 0);
    });
    if (holds || cash(a).raw() >= 0) {
        return;
    }
    const AccountId fund_account = fund_[c.venue.raw()];
    for_each_holding(a, [&](const CrossHolding& h) {
        if (h.factor < config_.instruments.size() || cash(a).raw() >= 0) {
            return;
        }
        // The fund buys all of this coin at its worth as collateral; what is more than the debt
        // stays with the account as money.
        const std::size_t asset = asset_of(h.factor);
        const CollateralCoin& terms = config_.collateral[asset];
        const Amount amount = ledger_.balance(h.units);
        if (terms.unit.raw() == 0 || amount.raw() == 0) {
            return;
        }
        const Money worth = coin_worth(terms, amount, Money::from_raw(cross_.price(h.factor)));
        ledger_.post(h.units,
                     portfolio_coins_[accounts_[fund_account.raw()].slot][asset],
                     amount,
                     Reason::takeover);
        ledger_.post(cash_account(fund_account), c.cash, to_amount(worth), Reason::takeover);
        cross_money_changed(a, worth.raw());
    });
    const std::int64_t owed = -cash(a).raw();
    if (owed <= 0) {
        return;
    }
    const std::int64_t in_fund = std::max<std::int64_t>(0, cash(fund_account).raw());
    const std::int64_t covered = std::min(in_fund, owed);
    if (covered > 0) {
        ledger_.post(
            cash_account(fund_account), c.cash, Amount::from_raw(i128{covered}), Reason::shortfall);
    }
    if (owed > covered) {
        ledger_.post(bad_debt_[c.venue.raw()],
                     c.cash,
                     Amount::from_raw(i128{owed - covered}),
                     Reason::bad_debt);
    }
    cross_money_changed(a, owed);
}

void ClearingHouse::hand_over_collateral(AccountId a, AccountId fund_account) {
    const CrossAccount& c = cross(a);
    const Money money = cash(a);
    if (money.raw() > 0) {
        hand_over_cash(a, fund_account, money);
        cross_money_changed(a, -money.raw());
    }
    for_each_holding(a, [&](const CrossHolding& h) {
        const Amount amount = ledger_.balance(h.units);
        if (h.factor >= config_.instruments.size() && amount.raw() > 0) {
            const std::size_t asset = asset_of(h.factor);
            ledger_.post(h.units,
                         portfolio_coins_[accounts_[fund_account.raw()].slot][asset],
                         amount,
                         Reason::takeover);
        }
    });
    CHECK(c.state == CrossState::in_liquidation);  // its box is made anew when it is reopened
}

void ClearingHouse::check_cross() const {
    check_cross_triggers(cross_);
    for (const CrossAccount& c : cross_.accounts()) {
        CHECK(c.reserved >= 0);
        if (c.state == CrossState::in_liquidation || c.pending != 0) {
            continue;  // no box
        }
        const CrossTerms terms = terms_of(c);
        const std::int64_t money = gather(c);
        const BoxSlack there = slack_of(exposures_, terms, money, SlackAt::corner);
        CHECK_EQ(there.slack, c.slack);
        CHECK_EQ(there.free, c.free);
        bool holds = false;
        for (std::size_t k = 0; k < exposures_.size(); ++k) {
            const BoxExposure& e = exposures_[k];
            holds = holds || e.qty != 0;
            if (!e.is_empty() && !cross_.prices_moved()) {
                CHECK(e.is_short() ? e.price <= e.corner : e.price >= e.corner);
            }
        }
        CHECK(!holds || is_safe(c.slack, terms));
    }
}

}  // namespace margincall::inline clearing
