// The clearing house's side of cross accounts: opening, order margin, and the safe boxes that say
// when an account has to be looked at (safe_box.hpp has the proof).
#include <algorithm>
#include <numeric>

#include "clearing/clearing_house.hpp"

namespace margincall::inline clearing {

AccountId ClearingHouse::open_cross(VenueId venue,
                                    std::int64_t leverage_e2,
                                    std::uint32_t weight,
                                    std::span<const InstrumentId> positions,
                                    std::uint8_t kind) {
    if (plain_[venue.raw()] == 0 || (kind & CrossKind::hedged) != 0) {
        kind |= CrossKind::general;
    }
    CHECK(leverage_e2 >= 100 || leverage_e2 == 0);
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
    c.kind = kind;
    (void)cross_.add(c);
    for (const InstrumentId i : positions) {
        (void)holding_of(slot, i, Side::buy);
    }
    return id;
}

void ClearingHouse::reserve_cross(std::size_t accounts, std::size_t holdings_per_factor) {
    reserve_cross(accounts, std::vector(cross_.factor_count(), holdings_per_factor));
}

void ClearingHouse::reserve_cross(std::size_t accounts, std::span<const std::size_t> positions) {
    cross_.reserve(accounts, positions);
    const std::size_t holdings =
        std::accumulate(positions.begin(), positions.end(), std::size_t{0});
    // An account whose positions are known begins a cache line.
    ledger_.reserve(ledger_.accounts() + 2 * accounts + holdings);
    accounts_.reserve(accounts_.size() + accounts);
    used_up_.reserve(cross_.accounts().size() + accounts);
    margin_calls_.reserve(cross_.accounts().size() + accounts);
}

std::uint32_t ClearingHouse::holding_of(std::uint32_t slot, InstrumentId i, Side leg) {
    const bool apart = leg == Side::sell && (cross_.account(slot).kind & CrossKind::hedged) != 0;
    const std::uint32_t factor = apart ? short_leg(i) : i.raw();
    const std::uint32_t found = cross_.find(slot, factor);
    if (found != CrossAccounts::none) {
        return found;
    }
    const Instrument& inst = config_.instruments[i.raw()];
    CHECK(inst.kind == InstrumentKind::linear_perp);
    CHECK(inst.venue == cross_.account(slot).venue);
    const std::uint32_t holding = cross_.add_holding(slot, factor, ledger_.open(contract_asset(i)));
    note_first_holding(slot);
    return holding;
}

void ClearingHouse::open_cross_position(AccountId account,
                                        InstrumentId i,
                                        Lots signed_lots,
                                        Ticks entry) {
    open_cross_position(
        account, i, signed_lots, notional(config_.instruments[i.raw()], entry, signed_lots), 0);
}

void ClearingHouse::open_cross_position(
    AccountId account, InstrumentId i, Lots signed_lots, Money cost, std::uint16_t terms) {
    const Instrument& inst = config_.instruments[i.raw()];
    const std::uint32_t slot = accounts_[account.raw()].slot;
    const PositionRef p = ref(account, i, signed_lots.raw() > 0 ? Side::buy : Side::sell);
    cross_.holding(p.holding).terms = terms;
    CHECK(terms == 0 || (cross_.account(slot).kind & CrossKind::general) != 0);
    CHECK(contracts(cross_.holding(p.holding)).raw() == 0);
    ledger_.post_signed(opening_contracts_[i.raw()],
                        p.contracts,
                        Amount::from_raw(i128{signed_lots.raw()}),
                        Reason::trade);
    cost_of(p) = cost.raw();
    open_interest_[i.raw()] += std::max<std::int64_t>(signed_lots.raw(), 0);
    cross_traded(slot, p.holding, inst, 0, signed_lots.raw(), cost.raw());
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
    ledger_.post_signed(outside_coins_[asset.raw()], cross_.holding(holding).units, amount, reason);
    CHECK(amount.raw() >= 0 || (cross_.account(slot).kind & CrossKind::general) != 0);
    look_again(slot);
}

void ClearingHouse::set_mark(InstrumentId i, Ticks mark) {
    CHECK(mark.raw() >= 1);
    CHECK(mark <= config_.instruments[i.raw()].price_max);
    cross_.set_price(i.raw(), mark.raw());
    if (config_.hedge_mode) {
        cross_.set_price(short_leg(i), mark.raw());
    }
    Ladder& ladder = ladders_[config_.instruments[i.raw()].venue.raw()];
    ladder.now.mark[i.raw()] = mark;
    ladder.made = 0;
}

void ClearingHouse::set_collateral_price(VenueId venue, AssetId asset, Money usd_per_coin) {
    CHECK(usd_per_coin.raw() >= 1);
    cross_.set_price(coin_factor(venue, asset), usd_per_coin.raw());
    Ladder& ladder = ladders_[venue.raw()];
    const i128 unit = config_.collateral[asset.raw()].unit.raw();
    ladder.now.assets[1U + asset.raw()].index =
        Fraction{usd_per_coin.raw(), std::max<std::int64_t>(1, narrow_i64(unit))};
    ladder.made = 0;
}

const PortfolioPrices& ClearingHouse::raised(const Ladder& ladder, int rung) const {
    ladder.raised.resize(Ladder::rungs + 1);
    PortfolioPrices& out = ladder.raised[static_cast<std::size_t>(rung)];
    if ((ladder.made >> static_cast<unsigned>(rung) & 1U) == 0) {
        ladder.made |= 1U << static_cast<unsigned>(rung);
        const std::int64_t parts = std::int64_t{1} << static_cast<unsigned>(rung);
        out = ladder.now;
        for (Ticks& mark : out.mark) {
            mark = Ticks::from_raw(mul_div(mark.raw(), parts + 1, parts, Round::up));
        }
        for (AssetPrices& asset : out.assets) {
            asset.index.num = mul_div(asset.index.num, parts + 1, parts, Round::up);
        }
        out.assets.front() = ladder.now.assets.front();  // the dollar
    }
    return out;
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
        if (is_position(h.factor)) {
            e.instrument = &config_.instruments[h.factor];
            e.tiers = &config_.tiers[h.factor];
            e.qty = contracts(h).raw();
            money = checked_sub(money, h.cost);
        } else {
            const CollateralCoin& terms = coin_terms(h.factor);
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

const PortfolioAccount& ClearingHouse::portfolio_of(const CrossAccount& c) const {
    PortfolioAccount& out = portfolio_;
    out.collateral.clear();
    out.positions.clear();
    const Amount cash = ledger_.balance(c.cash);
    out.collateral.push_back({.asset = 0, .balance = cash});
    for (std::uint32_t id = c.first; id != CrossAccounts::none; id = cross_.holding(id).next) {
        const CrossHolding& h = cross_.holding(id);
        if (!is_position(h.factor)) {
            out.collateral.push_back({.asset = 1U + static_cast<std::uint32_t>(asset_of(h.factor)),
                                      .balance = ledger_.balance(h.units)});
            continue;
        }
        const Lots qty = contracts(h);
        if (qty.raw() == 0) {
            continue;
        }
        PortfolioPosition p;
        p.instrument = instrument_of(h.factor).raw();
        p.qty = qty;
        p.entry_value = Amount::from_raw(i128{h.cost});
        p.leverage_e2 = c.leverage_e2;
        p.tier_override = h.terms == 0 ? nullptr : &config_.overrides[h.terms - 1U];
        p.accounts = c.weight;
        if ((c.kind & CrossKind::isolated) != 0) {
            p.mode = MarginMode::isolated;
            p.margin = cash;
        }
        out.positions.push_back(p);
    }
    return out;
}

PortfolioMargin ClearingHouse::general_margin(const CrossAccount& c,
                                              const PortfolioPrices& prices) const {
    const PortfolioAccount& account = portfolio_of(c);
    if ((c.kind & CrossKind::isolated) != 0) {
        return account.positions.empty()
                   ? PortfolioMargin{account.collateral.front().balance, {}, {}}
                   : isolated_margin(
                         config_.margin[c.venue.raw()], account.positions.front(), prices);
    }
    return rules::cross_margin(config_.margin[c.venue.raw()], account, prices);
}

Margin ClearingHouse::cross_margin(AccountId a) const {
    const CrossAccount& c = cross(a);
    if ((c.kind & CrossKind::general) != 0) {
        const PortfolioMargin m = general_margin(c, ladders_[c.venue.raw()].now);
        return {.equity = to_money(m.equity),
                .initial = to_money(m.initial),
                .maintenance = to_money(m.maintenance)};
    }
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

bool ClearingHouse::has_free_margin(AccountId a, Money needed) const {
    const CrossAccount& c = cross(a);
    const std::int64_t wanted = checked_add(c.reserved, needed.raw());
    if ((c.kind & CrossKind::general) != 0) {
        const Margin now = cross_margin(a);
        return (now.equity - now.initial).raw() >= wanted;
    }
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
    if (accounts_[a.raw()].kind == AccountKind::cross) {
        note_change(cross(a));
        cross_slack_changed(accounts_[a.raw()].slot, by);
    }
}

void ClearingHouse::cross_slack_changed(std::uint32_t slot, std::int64_t by) {
    CrossAccount& c = cross_.account(slot);
    if ((c.kind & CrossKind::general) != 0) {
        if (by < 0) {
            look_again(slot);
        }
        return;
    }
    c.slack = checked_add(c.slack, by);
    c.free = checked_add(c.free, by);
    if (c.slack <= 0 && !is_safe(c.slack, terms_of(c))) {
        look_again(slot);
    }
}

void ClearingHouse::cross_traded(std::uint32_t slot,
                                 std::uint32_t holding,
                                 const Instrument& inst,
                                 std::int64_t before,
                                 std::int64_t signed_lots,
                                 std::int64_t paid) {
    CrossAccount& c = cross_.account(slot);
    note_change(c);
    if ((c.kind & CrossKind::general) != 0) {
        look_again(slot);
        return;
    }
    CrossHolding& h = cross_.holding(holding);
    const CrossTerms terms = box_terms(c);
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
        h.corner = widest != 0 ? widest : std::max<std::int64_t>(1, cross_.price(h.factor));
        cross_.set_triggers(holding, 0, 0);
        if (widest == 0) {
            look_again(slot);
        }
    }
    const BoxSlack now = slack_of(e, terms, h.corner);
    // Wallet minus cost changes by what was paid, whatever part of it was realised.
    c.slack = checked_add(c.slack, checked_sub(checked_sub(now.slack, old.slack), paid));
    c.free = checked_add(c.free, checked_sub(checked_sub(now.free, old.free), paid));
    if (!is_safe(c.slack, terms)) {
        look_again(slot);
    }
}

void ClearingHouse::drop_triggers(const CrossAccount& c) {
    for (std::uint32_t id = c.first; id != CrossAccounts::none; id = cross_.holding(id).next) {
        cross_.set_triggers(id, 0, 0);
    }
}

bool ClearingHouse::refresh_cross(std::uint32_t slot) {
    CrossAccount& c = cross_.account(slot);
    if (draw_box(c)) {
        return true;
    }
    if ((c.kind & CrossKind::margin_call) == 0) {
        return false;
    }
    c.kind &= static_cast<std::uint8_t>(~CrossKind::margin_call);
    if (draw_box(c)) {
        margin_calls_.push_back(c.account);
        return true;
    }
    c.kind |= CrossKind::margin_call;  // called when it is back from liquidation, if still due
    return false;
}

void ClearingHouse::take_margin_calls(std::vector<AccountId>& called) {
    called.insert(called.end(), margin_calls_.begin(), margin_calls_.end());
    margin_calls_.clear();
}

bool ClearingHouse::draw_box(CrossAccount& c) {
    ++evaluations_;
    if ((c.kind & CrossKind::general) != 0) {
        return draw_general_box(c);
    }
    const CrossTerms terms = box_terms(c);
    const std::int64_t money = gather(c);
    bool matters = money < 0;  // owes: its coins must stay worth the debt
    for (const BoxExposure& e : exposures_) {
        matters = matters || e.qty != 0;
    }
    BoxSlack box;
    if (matters) {
        box = choose_box(exposures_, terms, money);
    } else {
        // Without positions or debts nothing can happen to it: the widest box, no triggers.
        for (BoxExposure& e : exposures_) {
            e.corner = 1;
        }
        box = slack_of(exposures_, terms, money, SlackAt::corner);
    }
    c.slack = box.slack;
    c.free = box.free;
    const bool due = matters && !is_safe(box.slack, terms);
    for (std::size_t k = 0; k < exposures_.size(); ++k) {
        const BoxExposure& e = exposures_[k];
        cross_.holding(holdings_[k]).corner = e.corner;
        const bool watched = !due && matters && !e.is_empty();
        const bool rising = watched && e.is_short() && e.corner != e.instrument->price_max.raw();
        cross_.set_triggers(
            holdings_[k], watched && !e.is_short() ? e.corner : 0, rising ? e.corner : 0);
    }
    return !due;
}

// Law: for all prices within a factor 1 + d of now, requirements are at most those at prices raised
// by d (they grow with value), and equity falls by at most d times the gross value of everything
// that moves, debts at their weight. So an account that is not liquidatable stays so as long as
//   equity - d * exposure > maintenance(prices raised by d);
// the largest d = 2^-k for which this holds is taken. Deductions, tiers that jump and haircut
// slices are inside the two sides as they are. d = 0: look again at the next move.
bool ClearingHouse::draw_general_box(CrossAccount& c) {
    const Ladder& ladder = ladders_[c.venue.raw()];
    const PortfolioRules& rules = config_.margin[c.venue.raw()];
    const auto needed = [&](const PortfolioPrices& prices) {
        PortfolioMargin margin = general_margin(c, prices);
        if ((c.kind & CrossKind::margin_call) != 0) {
            margin.maintenance =
                to_amount(needed_equity(to_money(margin.maintenance), box_terms(c)));
        }
        return margin;
    };
    const PortfolioMargin margin = needed(ladder.now);
    const bool due = rules::liquidatable(rules.trigger, margin);
    i128 exposure = 0;  // micro-USD
    for (std::uint32_t id = c.first; id != CrossAccounts::none; id = cross_.holding(id).next) {
        const CrossHolding& h = cross_.holding(id);
        const i128 units = magnitude(ledger_.balance(h.units)).raw();
        exposure += is_position(h.factor)
                        ? units * cross_.price(h.factor) *
                              config_.instruments[instrument_of(h.factor).raw()].tick_value.raw()
                        : times(units, ladder.now.assets[1 + asset_of(h.factor)].index, Round::up);
    }
    exposure = div_round(exposure * ladder.worst_liability_ppm, 1'000'000, Round::up);
    int rung = Ladder::rungs + 1;
    for (int k = 1; !due && k <= Ladder::rungs; ++k) {
        const i128 parts = i128{1} << k;
        const i128 left = margin.equity.raw() - div_round(exposure, parts, Round::up);
        if (left > margin.maintenance.raw() &&
            left - 1'000 > needed(raised(ladder, k)).maintenance.raw()) {
            rung = k;
            break;
        }
    }
    const bool still = due || exposure == 0;
    for (std::uint32_t id = c.first; id != CrossAccounts::none; id = cross_.holding(id).next) {
        const CrossHolding& h = cross_.holding(id);
        if (still || ledger_.balance(h.units).raw() == 0) {
            cross_.set_triggers(id, 0, 0);
            continue;
        }
        const std::int64_t price = cross_.price(h.factor);
        const std::int64_t room = rung > Ladder::rungs ? 0 : price >> rung;  // price * d, down
        cross_.set_triggers(id, price - room, price + room);
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
    note_change(cross(a));
    if (!refresh_cross(slot)) {
        look_again(slot);
    }
}

void ClearingHouse::check_cross() const {
    check_cross_triggers(cross_);
    for (const CrossAccount& c : cross_.accounts()) {
        CHECK(c.reserved >= 0);
        if (c.state == CrossState::in_liquidation || c.pending != 0) {
            continue;  // no box
        }
        if ((c.kind & CrossKind::general) != 0) {
            CHECK(cross_.prices_moved() || !liquidatable(c.account));
            continue;
        }
        const CrossTerms terms = box_terms(c);
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
