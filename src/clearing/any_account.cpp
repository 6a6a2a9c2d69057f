// What the liquidation engine asks of an account and does with it, the same for every kind: its
// margin and positions, what stands behind one of them, fees, settlement, socialised losses.
#include <algorithm>

#include "clearing/clearing_house.hpp"
#include "rules/liquidation.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/socialised_loss.hpp"

namespace margincall::inline clearing {

PositionTerms ClearingHouse::terms(InstrumentId i, std::uint16_t override_row) const {
    const PortfolioRules& rules = config_.margin[config_.instruments[i.raw()].venue.raw()];
    const bool own = override_row == 0;
    return {.inst = &config_.instruments[i.raw()],
            .tiers = own && fast_[i.raw()] != 0 ? &config_.tiers[i.raw()] : nullptr,
            .contract = &rules.contracts[i.raw()],
            .schedule = own ? &rules.schedules[i.raw()] : &config_.overrides[override_row - 1U]};
}

Margin ClearingHouse::look_at(AccountId a, std::vector<HeldPosition>& out) const {
    out.clear();
    if (is_row(a)) {
        const Row& r = row(a);
        const PositionState s = state(r);
        if (s.qty.raw() == 0) {
            return {.equity = s.collateral, .initial = {}, .maintenance = {}};
        }
        const auto i = InstrumentId::from_raw(r.instrument);
        HeldPosition p{
            .instrument = i, .side = r.side, .state = s, .terms = terms(i, 0), .maintenance = {}};
        const Ticks price = margin_price(i);
        p.maintenance = maintenance(p.terms, p.state, price);
        out.push_back(p);
        return {.equity = equity(*p.terms.inst, p.state, price),
                .initial = {},
                .maintenance = p.maintenance};
    }
    for_each_holding(a, [&](const CrossHolding& h) {
        if (!is_position(h.factor) || contracts(h).raw() == 0) {
            return;
        }
        HeldPosition p{.instrument = instrument_of(h.factor),
                       .side = side_of(contracts(h)),
                       .state = {.qty = contracts(h),
                                 .cost = Money::from_raw(h.cost),
                                 .collateral = {},
                                 .weight = cross(a).weight},
                       .terms = terms(instrument_of(h.factor), h.terms),
                       .maintenance = {}};
        p.maintenance = maintenance(p.terms, p.state, margin_price(p.instrument));
        out.push_back(p);
    });
    std::sort(out.begin(), out.end(), [](const HeldPosition& x, const HeldPosition& y) {
        return x.maintenance != y.maintenance ? x.maintenance > y.maintenance
               : x.instrument != y.instrument ? x.instrument < y.instrument
                                              : x.side < y.side;
    });
    return cross_margin(a);
}

Margin ClearingHouse::margin(AccountId a) const {
    if (!is_row(a)) {
        return cross_margin(a);
    }
    const Row& r = row(a);
    const auto i = InstrumentId::from_raw(r.instrument);
    const PositionState s = state(r);
    const Money worth = equity(instrument(i), s, margin_price(i));
    const Money value = position_notional(instrument(i), s, margin_price(i));
    return {
        .equity = worth,
        .initial = initial_margin(value, r.leverage_e2),
        .maintenance = s.qty.raw() == 0 ? Money{} : maintenance(terms(i, 0), s, margin_price(i))};
}

bool ClearingHouse::liquidatable(AccountId a) const {
    if (is_row(a)) {
        return liquidatable_at(row(a), margin_price(InstrumentId::from_raw(row(a).instrument)));
    }
    const Margin now = cross_margin(a);
    return rules::liquidatable(config_.margin[venue(a).raw()].trigger,
                               {.equity = to_amount(now.equity),
                                .initial = {},
                                .maintenance = to_amount(now.maintenance)});
}

Lots ClearingHouse::held(AccountId a, InstrumentId i, Side side) const {
    if (is_cross(a) && (cross(a).kind & CrossKind::hedged) != 0) {
        const std::uint32_t factor = side == Side::buy ? i.raw() : short_leg(i);
        const std::uint32_t holding = cross_.find(accounts_[a.raw()].slot, factor);
        return holding == CrossAccounts::none ? Lots{}
                                              : magnitude(contracts(cross_.holding(holding)));
    }
    const Lots qty = position(a, i);
    return side_of(qty) == side ? magnitude(qty) : Lots{};
}

PositionState ClearingHouse::folded(const HeldPosition& p, const Margin& whole) const {
    PositionState s = p.state;
    s.collateral = whole.equity - unrealised(*p.terms.inst, s, margin_price(p.instrument)) -
                   (whole.maintenance - p.maintenance);
    return s;
}

Ticks ClearingHouse::zero_price(const HeldPosition& p, const Margin& whole) const {
    PositionState s = p.state;
    s.collateral = share_of_equity(whole, p.maintenance) -
                   unrealised(*p.terms.inst, s, margin_price(p.instrument));
    const Ticks price = bankruptcy_price(*p.terms.inst, s);
    if (price.raw() > 0) {
        return price;
    }
    return p.side == Side::buy ? Ticks::from_raw(1) : p.terms.inst->price_max;
}

std::int64_t ClearingHouse::weight(AccountId a) const {
    return is_row(a) ? row(a).weight : is_cross(a) ? cross(a).weight : 1;
}

bool ClearingHouse::is_open(AccountId a) const {
    return is_row(a)     ? row(a).state == RowState::open
           : is_cross(a) ? cross(a).state == CrossState::open
                         : true;
}

void ClearingHouse::begin_liquidation(AccountId a) {
    if (is_row(a)) {
        row(a).state = RowState::in_liquidation;
        remove_trigger(row(a));
        return;
    }
    cross(a).state = CrossState::in_liquidation;
    drop_triggers(cross(a));
}

void ClearingHouse::end_liquidation(AccountId a, AccountId fund) {
    if (is_row(a)) {
        Row& r = row(a);
        if (lots(contracts_of(r)).raw() == 0) {
            close_row(r);
        } else {
            r.state = RowState::open;
            refresh(r);
        }
        return;
    }
    settle_balance(a, fund);
    reopen_cross(a);
}

Money ClearingHouse::charge_liquidation_fee(AccountId a, Money value, AccountId fund) {
    const std::int64_t rate = config_.venues[venue(a).raw()].liquidation.fee_ppm;
    const std::int64_t fee = mul_div(value.raw(), rate, 1'000'000, Round::up);
    const auto worth = [&] {
        if (!is_row(a)) {
            return cross_margin(a).equity;
        }
        const auto i = InstrumentId::from_raw(row(a).instrument);
        return equity(instrument(i), state(row(a)), margin_price(i));
    };
    const Money charged = fee > 0 ? std::min({Money::from_raw(fee), cash(a), worth()}) : Money{};
    if (charged > Money{}) {
        pay(a, fund, charged, Reason::liquidation_fee);
        return charged;
    }
    return Money{};
}

void ClearingHouse::pay(AccountId from, AccountId to, Money amount, Reason reason) {
    ledger_.post(cash_account(from), cash_account(to), to_amount(amount), reason);
    cross_money_changed(from, -amount.raw());
    cross_money_changed(to, amount.raw());
}

PortfolioAccount ClearingHouse::portfolio(AccountId a) const {
    if (is_cross(a)) {
        return portfolio_of(cross(a));
    }
    const Row& r = row(a);
    const PositionState s = state(r);
    PortfolioAccount out;
    out.collateral.push_back({.asset = 0, .balance = to_amount(s.collateral)});
    out.positions.push_back({.instrument = r.instrument,
                             .mode = MarginMode::cross,
                             .qty = s.qty,
                             .entry_value = to_amount(s.cost),
                             .margin = {},
                             .leverage_e2 = r.leverage_e2,
                             .tier_override = nullptr,
                             .accounts = s.weight});
    return out;
}

std::size_t ClearingHouse::fund_row(AccountId fund) const {
    const auto at = std::find(fund_.begin(), fund_.end(), fund);
    CHECK(at != fund_.end());
    return static_cast<std::size_t>(at - fund_.begin());
}

// Negative-balance protection: the firm's account owes what it has paid, as the bad debt's does what
// nobody has.
void ClearingHouse::cover_shortfall(std::size_t fund, LedgerAccountId to, Money amount) {
    const bool firm =
        config_.venues[config_.funds[fund].venue.raw()].fund.shortfall_to == ShortfallTo::firm;
    ledger_.post(firm ? firm_[fund] : bad_debt_[fund],
                 to,
                 to_amount(amount),
                 firm ? Reason::shortfall : Reason::bad_debt);
}

Money ClearingHouse::firm_paid(VenueId v) const {
    Money sum;
    for (std::size_t f = 0; f < firm_.size(); ++f) {
        sum -= config_.funds[f].venue == v ? to_money(ledger_.balance(firm_[f])) : Money{};
    }
    return sum;
}

void ClearingHouse::settle_balance(AccountId a, AccountId fund) {
    if (cash(a).raw() >= 0) {
        return;
    }
    if (is_cross(a)) {
        bool holds = false;
        for_each_holding(a, [&](const CrossHolding& h) {
            holds = holds || (is_position(h.factor) && contracts(h).raw() != 0);
        });
        if (holds) {
            return;
        }
        // Forced exchange (rules/venues, multi-assets mode): as much of each coin as the debt asks
        // for at the ratio at which it counts; the fund is the other side.
        for_each_holding(a, [&](const CrossHolding& h) {
            const Amount balance = ledger_.balance(h.units);
            if (is_position(h.factor) || balance.raw() <= 0 || cash(a).raw() >= 0) {
                return;
            }
            const std::size_t asset = asset_of(h.factor);
            const CollateralRule& rule = config_.margin[venue(a).raw()].collateral[1 + asset];
            const Fraction ratio = rule.tiers.front().ratio;
            const Fraction price = ladders_[venue(a).raw()].now.assets[1 + asset].index;
            if (ratio.num <= 0 || price.num <= 0) {
                return;
            }
            const Amount sale = auto_exchange_sale(to_amount(-cash(a)), ratio);
            const i128 wanted =
                div_round(checked_mul<i128>(sale.raw(), price.den), price.num, Round::up);
            const i128 sold = std::min(wanted, balance.raw());
            const i128 dollars = times(times(sold, price, Round::down), ratio, Round::down);
            ledger_.post(h.units,
                         portfolio_coins_[accounts_[fund.raw()].slot][asset],
                         Amount::from_raw(sold),
                         Reason::takeover);
            pay(fund, a, Money::from_raw(narrow_i64(dollars)), Reason::takeover);
        });
    }
    const Money owed = -cash(a);
    if (owed.raw() <= 0) {
        return;
    }
    const Money covered = std::min(std::max(Money{}, cash(fund)), owed);
    if (covered > Money{}) {
        pay(fund, a, covered, Reason::shortfall);
    }
    if (owed > covered) {
        cover_shortfall(fund_row(fund), cash_account(a), owed - covered);
        cross_money_changed(a, (owed - covered).raw());
    }
}

Money ClearingHouse::portfolio_equity(AccountId a) const {
    const Account& account = accounts_[a.raw()];
    CHECK(account.kind == AccountKind::agent || account.kind == AccountKind::system);
    Money sum = cash(a);
    for (const Instrument& inst : config_.instruments) {
        if (inst.venue == account.venue && inst.kind == InstrumentKind::linear_perp) {
            const Lots qty = position(a, inst.id);
            if (qty.raw() != 0) {
                sum += notional(inst, margin_price(inst.id), qty) - cost(a, inst.id);
            }
        }
    }
    for (std::size_t asset = 0; asset < config_.assets; ++asset) {
        const i128 coins = ledger_.balance(portfolio_coins_[account.slot][asset]).raw();
        const Fraction price = ladders_[account.venue.raw()].now.assets[1 + asset].index;
        if (coins != 0 && price.num > 0) {
            sum += Money::from_raw(narrow_i64(times(coins, price, Round::down)));
        }
    }
    return sum;
}

Money ClearingHouse::fund_profit(InstrumentId i) const {
    const AccountId fund = fund_of(i);
    const Position& p = portfolio_positions_[accounts_[fund.raw()].slot][local_of_[i.raw()]];
    const Lots qty = position(fund, i);
    const Money open =
        qty.raw() == 0 ? Money{} : notional(instrument(i), margin_price(i), qty) - cost(fund, i);
    return Money::from_raw(p.realised) + open;
}

Money ClearingHouse::socialise(std::size_t fund, Money loss, SocialiseBy by) {
    // Who bears it: holders in the order of rows, agents, cross accounts; by what share.
    std::vector<AccountId> bearers;
    std::vector<i128> shares;
    for (const Instrument& inst : config_.instruments) {
        if (inst.kind != InstrumentKind::linear_perp || fund_row(inst.id) != fund) {
            continue;
        }
        const Ticks price = margin_price(inst.id);
        const auto add = [&](AccountId a, Lots qty, Money cost) {
            const Money value = notional(inst, price, qty);
            const i128 share = by == SocialiseBy::positions
                                   ? i128{magnitude(value).raw()}
                                   : i128{std::max(Money{}, value - cost).raw()};
            if (share > 0) {
                bearers.push_back(a);
                shares.push_back(share);
            }
        };
        for (const AccountId a : live_[inst.id.raw()]) {
            add(a, state(row(a)).qty, state(row(a)).cost);
        }
        for (const AccountId a : agents_of_[inst.venue.raw()]) {
            add(a, position(a, inst.id), cost(a, inst.id));
        }
        for (const std::uint32_t factor : {inst.id.raw(), short_leg(inst.id)}) {
            if (factor >= cross_.factor_count()) {
                continue;
            }
            for (const std::uint32_t id : cross_.holders(factor)) {
                const CrossHolding& h = cross_.holding(id);
                add(cross_.account(h.owner).account, contracts(h), Money::from_raw(h.cost));
            }
        }
    }
    Money left = loss;
    const std::vector<Money> parts = socialised_parts(loss, shares);
    for (std::size_t k = 0; k < parts.size() && parts[k] > Money{}; ++k) {
        pay(bearers[k], fund_[fund], parts[k], Reason::socialised_loss);
        left -= parts[k];
        if (is_row(bearers[k]) && row(bearers[k]).state == RowState::open) {
            refresh(row(bearers[k]));
        }
    }
    return loss - left;
}

}  // namespace margincall::inline clearing
