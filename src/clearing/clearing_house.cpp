#include "clearing/clearing_house.hpp"

#include <algorithm>

#include "base/ppm.hpp"
#include "rules/funding.hpp"
#include "rules/shortage.hpp"

namespace margincall::inline clearing {

namespace {

constexpr LedgerAsset usd_asset = 0;

// Place of each instrument among those of its venue, and of each coin behind the longest of them.
[[nodiscard]] std::vector<std::uint32_t> cells_of_factors(const ClearingConfig& config) {
    std::vector<std::uint32_t> cells;
    std::vector<std::uint32_t> of_venue(config.venues.size(), 0);
    std::uint32_t most = 0;
    for (const Instrument& inst : config.instruments) {
        cells.push_back(of_venue[inst.venue.raw()]++);
        most = std::max(most, of_venue[inst.venue.raw()]);
    }
    for (std::size_t v = 0; v < config.venues.size(); ++v) {
        for (std::uint32_t a = 0; a < config.assets; ++a) {
            cells.push_back(most + a);
        }
    }
    for (std::size_t i = 0; config.hedge_mode && i < config.instruments.size(); ++i) {
        cells.push_back(most + config.assets + cells[i]);
    }
    return cells;
}
// How many factors an account can hold at the venue with most instruments.
[[nodiscard]] std::size_t cells_each(const ClearingConfig& config) {
    std::uint32_t last = 0;
    for (const std::uint32_t cell : cells_of_factors(config)) {
        last = std::max(last, cell + 1);
    }
    return last;
}

}  // namespace

ClearingHouse::ClearingHouse(const ClearingConfig& config, std::size_t rows_hint)
    : config_(config),
      ledger_(1 + config.assets + static_cast<std::uint32_t>(config.instruments.size()) +
              config.other_assets),
      cross_(cells_of_factors(config), cells_each(config)) {
    config_.collateral.resize(config_.assets);
    legs_from_ = static_cast<std::uint32_t>(config_.instruments.size() +
                                            config_.venues.size() * config_.assets);
    const std::size_t venues = config_.venues.size();
    const std::size_t instruments = config_.instruments.size();
    ledger_.reserve(2 * rows_hint + 64 * venues + 8 * instruments + 4096);
    rows_.reserve(rows_hint);
    accounts_.reserve(rows_hint + 4096);
    outside_usd_ = ledger_.open(usd_asset);
    for (std::uint32_t a = 0; a < config_.assets; ++a) {
        outside_coins_.push_back(ledger_.open(1 + a));
    }
    instruments_of_venue_.assign(venues, 0);
    for (std::size_t i = 0; i < instruments; ++i) {
        const Instrument& inst = config_.instruments[i];
        CHECK_EQ(inst.id.raw(), i);
        local_of_.push_back(instruments_of_venue_[inst.venue.raw()]++);
        clearing_account_.push_back(ledger_.open(usd_asset));
        opening_contracts_.push_back(ledger_.open(contract_asset(inst.id)));
        triggers_.emplace_back(Side::buy);
        triggers_.emplace_back(Side::sell);
        jumps_.emplace_back(Side::sell);  // of longs, after a rise
        jumps_.emplace_back(Side::buy);
    }
    row_of_local_.resize(2 * instruments);
    live_.resize(instruments);
    open_interest_.assign(instruments, 0);
    agents_of_.resize(venues);
    if (config_.funds.empty()) {
        for (std::size_t v = 0; v < venues; ++v) {
            config_.funds.push_back({VenueId::of_row(v), config_.venues[v].fund.initial});
        }
    }
    first_fund_.assign(venues, 0);
    for (std::size_t f = config_.funds.size(); f-- > 0;) {
        first_fund_[config_.funds[f].venue.raw()] = f;
    }
    if (config_.fund_of.empty()) {
        for (const Instrument& inst : config_.instruments) {
            config_.fund_of.push_back(static_cast<std::uint32_t>(first_fund_[inst.venue.raw()]));
        }
    }
    for (std::size_t v = 0; v < venues; ++v) {
        fees_.push_back(ledger_.open(usd_asset));
        fee_change_ppm_.push_back(0);
        funding_rounding_.push_back(ledger_.open(usd_asset));
    }
    for (const FundConfig& fund : config_.funds) {
        bad_debt_.push_back(ledger_.open(usd_asset));
        fund_.push_back(open_portfolio(AccountKind::system, fund.venue));
        if (fund.initial.raw() > 0) {
            deposit(fund_.back(), fund.initial, Reason::deposit);
        }
    }
    for (std::size_t v = 0; v < venues; ++v) {
        const auto venue = VenueId::of_row(v);
        neutral_.push_back(open_portfolio(AccountKind::system, venue));
        outside_.push_back(open_portfolio(AccountKind::system, venue));
    }
    if (std::any_of(config_.venues.begin(), config_.venues.end(), [](const VenueRules& rules) {
            return rules.fund.shortfall_to == ShortfallTo::firm;
        })) {
        for (std::size_t f = 0; f < config_.funds.size(); ++f) {
            firm_.push_back(ledger_.open(usd_asset));
        }
    }
    prepare_margin();
}

// Rules, prices and coins of every venue, and where the fast forms serve.
void ClearingHouse::prepare_margin() {
    const std::size_t instruments = config_.instruments.size();
    config_.margin.resize(config_.venues.size());
    fast_.assign(instruments, 0);
    for (std::size_t v = 0; v < config_.venues.size(); ++v) {
        PortfolioRules& rules = config_.margin[v];
        rules.contracts.resize(instruments);
        rules.schedules.resize(instruments);
        rules.trigger =
            config_.venues[v].trigger_at_equality ? Trigger::at_or_below : Trigger::below;
        bool plain = rules.pnl == PnlIn::at_par;
        for (const Instrument& inst : config_.instruments) {
            const std::uint32_t i = inst.id.raw();
            if (inst.venue.raw() != v || inst.kind != InstrumentKind::linear_perp) {
                continue;
            }
            rules.contracts[i].unit = Fraction{inst.tick_value.raw(), 1};
            rules.contracts[i].price_max = inst.price_max;
            if (rules.schedules[i].tiers.empty()) {
                rules.schedules[i] = schedule_of(config_.tiers[i]);
                apply_rule(config_.venues[v].margin, rules.schedules[i]);
            }
            check_schedule(rules.schedules[i]);
            fast_[i] = !config_.tiers[i].empty() && is_fast(rules.schedules[i]) ? 1 : 0;
            plain = plain && fast_[i] != 0;
        }
        if (rules.collateral.empty()) {
            rules.collateral.resize(1);
            for (const CollateralCoin& coin : config_.collateral) {
                CollateralRule rule;
                rule.tiers.front().ratio =
                    from_ppm(coin.unit.raw() == 0 ? 0 : whole_ppm - coin.haircut_ppm);
                rules.collateral.push_back(rule);
            }
        }
        Ladder ladder;
        ladder.now.mark.resize(instruments);
        ladder.now.assets.resize(1 + config_.assets);
        for (std::size_t a = 0; a < rules.collateral.size(); ++a) {
            const CollateralRule& rule = rules.collateral[a];
            const Fraction ratio = rule.tiers.front().ratio;
            const bool simple = rule.tiers.size() == 1 && rule.liability == Fraction{1, 1} &&
                                rule.valuation == CollateralValuation::market &&
                                from_ppm(to_ppm(ratio, Round::down)) == ratio;
            plain = plain && simple && (a > 0 || ratio == Fraction{1, 1});
            ladder.worst_liability_ppm =
                std::max(ladder.worst_liability_ppm, to_ppm(rule.liability, Round::up));
            if (a > 0) {
                const Amount unit = config_.collateral[a - 1].unit;
                coin_terms_.push_back({.unit = ratio.num == 0 ? Amount{} : unit,
                                       .haircut_ppm = whole_ppm - to_ppm(ratio, Round::down)});
                ladder.now.assets[a].index = Fraction{0, 1};
            }
        }
        plain_.push_back(plain ? 1 : 0);
        ladders_.push_back(std::move(ladder));
    }
}

void ClearingHouse::start_audit(PostingObserver& audit) {
    for (std::size_t f = 0; f < fund_.size(); ++f) {
        if (config_.funds[f].initial.raw() > 0) {
            audit.on_posting(Posting{outside_usd_,
                                     cash_account(fund_[f]),
                                     usd_asset,
                                     to_amount(config_.funds[f].initial),
                                     Reason::deposit});
        }
    }
    ledger_.set_observer(&audit);
}

AccountId ClearingHouse::new_account(AccountKind kind, VenueId venue, std::uint32_t slot) {
    const auto id = AccountId::of_row(accounts_.size());
    accounts_.push_back(
        {.slot = slot, .cash = ledger_.open(usd_asset), .venue = venue, .kind = kind});
    return id;
}

AccountId ClearingHouse::open_portfolio(AccountKind kind, VenueId venue) {
    const auto slot = static_cast<std::uint32_t>(portfolio_positions_.size());
    const AccountId id = new_account(kind, venue, slot);
    std::vector<Position> positions(instruments_of_venue_[venue.raw()]);
    for (const Instrument& inst : config_.instruments) {
        if (inst.venue == venue) {
            positions[local_of_[inst.id.raw()]].contracts = ledger_.open(contract_asset(inst.id));
        }
    }
    portfolio_positions_.push_back(std::move(positions));
    std::vector<LedgerAccountId> coins;
    for (std::uint32_t a = 0; a < config_.assets; ++a) {
        coins.push_back(ledger_.open(1 + a));
    }
    portfolio_coins_.push_back(std::move(coins));
    return id;
}

AccountId ClearingHouse::open_agent(VenueId venue) {
    const AccountId id = open_portfolio(AccountKind::agent, venue);
    agents_of_[venue.raw()].push_back(id);
    return id;
}

void ClearingHouse::open_agent_position(
    AccountId agent, InstrumentId i, Side side, Lots qty, Ticks price) {
    const Instrument& inst = config_.instruments[i.raw()];
    CHECK(accounts_[agent.raw()].kind == AccountKind::agent);
    CHECK(inst.kind == InstrumentKind::linear_perp);
    CHECK(qty.raw() > 0);
    const PositionRef position = ref(agent, i, side);
    ledger_.post_signed(opening_contracts_[i.raw()],
                        position.contracts,
                        Amount::from_raw(i128{sign(side) * qty.raw()}),
                        Reason::trade);
    apply(agent, position, inst, sign(side) * qty.raw(), price, notional(inst, price, qty));
}

void ClearingHouse::finish_opening() {
    std::vector<i128> costs(config_.instruments.size(), 0);
    for (const Row& r : rows_) {
        costs[r.instrument] += r.cost;
    }
    for (const auto& agents : agents_of_) {
        for (const AccountId agent : agents) {
            for (const Instrument& inst : config_.instruments) {
                if (inst.venue == accounts_[agent.raw()].venue) {
                    costs[inst.id.raw()] += cost(agent, inst.id).raw();
                }
            }
        }
    }
    for (const CrossHolding& h : cross_.holdings()) {
        if (is_position(h.factor)) {
            costs[instrument_of(h.factor).raw()] += h.cost;
        }
    }
    for (std::size_t i = 0; i < costs.size(); ++i) {
        CHECK(ledger_.balance(opening_contracts_[i]).raw() == 0);
        const i128 owed = -costs[i] - ledger_.balance(clearing_account_[i]).raw();
        ledger_.post_signed(
            outside_usd_, clearing_account_[i], Amount::from_raw(owed), Reason::deposit);
    }
}

void ClearingHouse::deposit(AccountId account, Money amount, Reason reason) {
    ledger_.post_signed(outside_usd_, cash_account(account), to_amount(amount), reason);
    cross_money_changed(account, amount.raw());
}

void ClearingHouse::withdraw(AccountId account, Money amount, Reason reason) {
    ledger_.post(cash_account(account), outside_usd_, to_amount(amount), reason);
    cross_money_changed(account, -amount.raw());
}

ClearingHouse::PositionRef ClearingHouse::ref(AccountId a, InstrumentId i, Side leg) {
    const std::uint32_t slot = accounts_[a.raw()].slot;
    if (accounts_[a.raw()].kind == AccountKind::cross) {
        // Mostly there is one already, and one for both directions.
        const bool apart = (cross_.account(slot).kind & CrossKind::hedged) != 0;
        const std::uint32_t found = apart ? CrossAccounts::none : cross_.find(slot, i.raw());
        const std::uint32_t holding =
            found != CrossAccounts::none ? found : holding_of(slot, i, leg);
        return PositionRef{cross_.holding(holding).units, nullptr, holding};
    }
    if (accounts_[a.raw()].kind == AccountKind::row) {
        Row& r = rows_[slot];
        CHECK_EQ(r.instrument, i.raw());
        return PositionRef{contracts_of(r), &r.cost, CrossAccounts::none};
    }
    Position& p = portfolio_positions_[slot][local_of_[i.raw()]];
    return PositionRef{p.contracts, &p.cost, CrossAccounts::none};
}

Lots ClearingHouse::position(AccountId a, InstrumentId i) const {
    if (accounts_[a.raw()].kind == AccountKind::row) {
        const Row& r = rows_[accounts_[a.raw()].slot];
        return r.instrument == i.raw() ? lots(contracts_of(r)) : Lots{};
    }
    const Instrument& inst = config_.instruments[i.raw()];
    if (accounts_[a.raw()].kind == AccountKind::cross && inst.kind != InstrumentKind::spot) {
        const std::uint32_t slot = accounts_[a.raw()].slot;
        const std::uint32_t holding = cross_.find(slot, i.raw());
        Lots lots = holding == CrossAccounts::none ? Lots{} : contracts(cross_.holding(holding));
        if ((cross_.account(slot).kind & CrossKind::hedged) != 0) {
            const std::uint32_t other = cross_.find(slot, short_leg(i));
            lots += other == CrossAccounts::none ? Lots{} : contracts(cross_.holding(other));
        }
        return lots;
    }
    if (inst.kind == InstrumentKind::spot) {
        const i128 raw = coins(a, inst.base).raw();
        return Lots::from_raw(narrow_i64(div_round(raw, inst.lot_amount.raw(), Round::down)));
    }
    return lots(portfolio_positions_[accounts_[a.raw()].slot][local_of_[i.raw()]].contracts);
}

Money ClearingHouse::cost(AccountId a, InstrumentId i) const {
    if (accounts_[a.raw()].kind == AccountKind::row) {
        return Money::from_raw(rows_[accounts_[a.raw()].slot].cost);
    }
    if (accounts_[a.raw()].kind == AccountKind::cross) {
        const std::uint32_t holding = cross_.find(accounts_[a.raw()].slot, i.raw());
        return holding == CrossAccounts::none ? Money{}
                                              : Money::from_raw(cross_.holding(holding).cost);
    }
    return Money::from_raw(portfolio_positions_[accounts_[a.raw()].slot][local_of_[i.raw()]].cost);
}

Money ClearingHouse::cash(AccountId a) const {
    return to_money(ledger_.balance(accounts_[a.raw()].cash));
}

Amount ClearingHouse::coins(AccountId a, AssetId asset) const {
    if (accounts_[a.raw()].kind == AccountKind::cross) {
        const std::uint32_t holding =
            cross_.find(accounts_[a.raw()].slot, coin_factor(venue(a), asset));
        return holding == CrossAccounts::none ? Amount{}
                                              : ledger_.balance(cross_.holding(holding).units);
    }
    return ledger_.balance(portfolio_coins_[accounts_[a.raw()].slot][asset.raw()]);
}

Money ClearingHouse::bad_debt(VenueId v) const {
    Money sum;
    for (std::size_t f = 0; f < fund_.size(); ++f) {
        sum += config_.funds[f].venue == v ? bad_debt_of(f) : Money{};
    }
    return sum;
}

void ClearingHouse::apply(AccountId a,
                          const PositionRef& p,
                          const Instrument& inst,
                          std::int64_t signed_lots,
                          Ticks price,
                          Money value) {
    // The contracts have already moved; the position before this trade is the balance without it.
    const std::int64_t after = narrow_i64(ledger_.balance(p.contracts).raw());
    const std::int64_t before = after - signed_lots;
    const std::int64_t direction = signed_lots > 0 ? 1 : -1;
    const std::int64_t closed =
        (before > 0) == (signed_lots > 0) ? 0 : std::min(magnitude(before), magnitude(signed_lots));
    std::int64_t& cost = cost_of(p);
    std::int64_t opened_value = value.raw();
    if (closed > 0) {
        // The released part of the cost rounds down; what is rounded stays in the same account's
        // cost, so realised PnL over the life of a position is exact.
        const std::int64_t released = mul_div(cost, closed, magnitude(before), Round::down);
        const std::int64_t closed_value = closed == magnitude(signed_lots)
                                              ? value.raw()
                                              : notional(inst, price, Lots::from_raw(closed)).raw();
        opened_value -= closed_value;
        const std::int64_t realised = checked_sub(-direction * closed_value, released);
        cost = checked_sub(cost, released);
        ledger_.post_signed(clearing_account_[inst.id.raw()],
                            cash_account(a),
                            Amount::from_raw(i128{realised}),
                            Reason::realised_pnl);
        if (accounts_[a.raw()].kind == AccountKind::system) {
            Position& own = portfolio_positions_[accounts_[a.raw()].slot][local_of_[inst.id.raw()]];
            own.realised = checked_add(own.realised, realised);
        }
    }
    cost = checked_add(cost, direction * opened_value);  // worth is linear in lots, unrounded
    open_interest_[inst.id.raw()] +=
        std::max<std::int64_t>(after, 0) - std::max<std::int64_t>(before, 0);
    if (p.holding != CrossAccounts::none) {
        cross_traded(
            accounts_[a.raw()].slot, p.holding, inst, before, signed_lots, direction * value.raw());
    } else if (accounts_[a.raw()].kind == AccountKind::row) {
        update_live(a, before, after);
    }
}

void ClearingHouse::charge_fee(
    AccountId a, LedgerAccountId fees, Money value, std::int64_t rate_ppm, Reason reason) {
    // Twice a fill; mostly 64 bits hold the product.
    std::int64_t product = 0;
    const std::int64_t fee = __builtin_mul_overflow(value.raw(), rate_ppm, &product)
                                 ? mul_div(value.raw(), rate_ppm, whole_ppm, Round::up)
                                 : rounded_quotient<std::int64_t>(product, whole_ppm, Round::up);
    ledger_.post_signed(cash_account(a), fees, Amount::from_raw(i128{fee}), reason);
    cross_money_changed(a, -fee);
}

void ClearingHouse::settle(const Fill& fill) {
    const Instrument& inst = config_.instruments[fill.instrument.raw()];
    const VenueRules& rules = config_.venues[inst.venue.raw()];
    const AccountId buyer = fill.taker_side == Side::buy ? fill.taker : fill.maker;
    const AccountId seller = fill.taker_side == Side::buy ? fill.maker : fill.taker;
    const Money value = notional(inst, fill.price, fill.qty);
    if (inst.kind == InstrumentKind::linear_perp) {
        if (buyer == seller) {
            return;  // self-trade prevention off: nothing changes hands
        }
        // Orders of hedged accounts close: they sell the long or buy the short back.
        const PositionRef from = ref(seller, inst.id, Side::buy);
        const PositionRef to = ref(buyer, inst.id, Side::sell);
        ledger_.post(
            from.contracts, to.contracts, Amount::from_raw(i128{fill.qty.raw()}), Reason::trade);
        apply(buyer, to, inst, fill.qty.raw(), fill.price, value);
        apply(seller, from, inst, -fill.qty.raw(), fill.price, value);
    } else {
        const i128 amount = i128{fill.qty.raw()} * inst.lot_amount.raw();
        ledger_.post(traded_coins(seller, inst.base),
                     traded_coins(buyer, inst.base),
                     Amount::from_raw(amount),
                     Reason::trade);
        ledger_.post(cash_account(buyer), cash_account(seller), to_amount(value), Reason::trade);
    }
    const LedgerAccountId fees = fees_[inst.venue.raw()];
    charge_fee(fill.maker, fees, value, rules.maker_fee_ppm, Reason::fee_maker);
    if (fill.taker_cause != Cause::liquidation) {
        const std::int64_t rate = rules.taker_fee_ppm + fee_change_ppm_[inst.venue.raw()];
        charge_fee(fill.taker, fees, value, rate, Reason::fee_taker);
    }
}

LedgerAccountId ClearingHouse::traded_coins(AccountId a, AssetId asset) const {
    const std::uint32_t slot = accounts_[a.raw()].slot;
    if (accounts_[a.raw()].kind != AccountKind::cross) {
        return portfolio_coins_[slot][asset.raw()];
    }
    CHECK(cross_.account(slot).state == CrossState::in_liquidation);
    const std::uint32_t holding = cross_.find(slot, coin_factor(accounts_[a.raw()].venue, asset));
    CHECK(holding != CrossAccounts::none);
    return cross_.holding(holding).units;
}

void ClearingHouse::transfer(AccountId from,
                             AccountId to,
                             InstrumentId i,
                             Side side_of_from,
                             Lots lots,
                             Ticks price,
                             Reason reason) {
    CHECK(lots.raw() > 0);
    CHECK(from != to);
    const Instrument& inst = config_.instruments[i.raw()];
    const std::int64_t signed_lots = sign(side_of_from) * lots.raw();
    // `from` gives up its signed position: a long hands contracts over, a short receives them.
    const PositionRef source = ref(from, i, side_of_from);
    const PositionRef target = ref(to, i, opposite(side_of_from));
    ledger_.post_signed(
        source.contracts, target.contracts, Amount::from_raw(i128{signed_lots}), reason);
    const Money value = notional(inst, price, lots);
    apply(from, source, inst, -signed_lots, price, value);
    apply(to, target, inst, signed_lots, price, value);
}

Money ClearingHouse::settle_funding(InstrumentId i, Ticks price, std::int64_t rate_ppb) {
    if (rate_ppb == 0) {
        return Money{};
    }
    const Instrument& inst = config_.instruments[i.raw()];
    const LedgerAccountId pool = funding_rounding_[inst.venue.raw()];
    std::int64_t paid_by_longs = 0;
    const auto pay = [&](LedgerAccountId cash_of, std::int64_t qty) {
        const std::int64_t due = funding_payment(inst, Lots::from_raw(qty), price, rate_ppb).raw();
        ledger_.post_signed(cash_of, pool, Amount::from_raw(i128{due}), Reason::funding);
        if (qty > 0) {
            paid_by_longs += due;
        }
        return due;
    };
    const std::vector<AccountId>& live = live_[i.raw()];
    constexpr std::size_t ahead = 8;
    for (std::size_t k = 0; k < live.size(); ++k) {
        if (k + 2 * ahead < live.size()) {
            prefetch_row(live[k + 2 * ahead]);
            prefetch_row_places(live[k + ahead]);
        }
        Row& r = rows_[accounts_[live[k].raw()].slot];
        (void)pay(r.cash, state(r).qty.raw());
        if (r.state == RowState::open) {
            set_trigger(r);
        }
    }
    const auto pay_portfolio = [&](AccountId a) {
        const std::int64_t qty = position(a, i).raw();
        if (qty != 0) {
            (void)pay(accounts_[a.raw()].cash, qty);
        }
    };
    for (const AccountId a : agents_of_[inst.venue.raw()]) {
        pay_portfolio(a);
    }
    pay_portfolio(fund_of(i));
    pay_portfolio(neutral_[inst.venue.raw()]);
    pay_portfolio(outside_[inst.venue.raw()]);
    const auto pay_holder = [&](std::uint32_t holding) {
        const CrossHolding& h = cross_.holding(holding);
        const std::int64_t qty = contracts(h).raw();
        if (qty != 0) {
            const std::int64_t due = pay(cross_.account(h.owner).cash, qty);
            cross_slack_changed(h.owner, -due);
        }
    };
    for (const std::uint32_t holding : cross_.holders(i.raw())) {
        pay_holder(holding);
    }
    if (config_.hedge_mode) {
        for (const std::uint32_t holding : cross_.holders(short_leg(i))) {
            pay_holder(holding);
        }
    }
    return Money::from_raw(paid_by_longs);
}

void ClearingHouse::add_to_digest(Digest& digest) const {
    digest.add(ledger_.digest());
    for (std::size_t k = 0; k < ledger_.accounts(); ++k) {
        digest.add_i128(ledger_.balance(LedgerAccountId::of_row(k)).raw());
    }
    for (const Row& r : rows_) {
        digest.add_signed(r.cost);
        digest.add_signed(r.liquidation);
        digest.add(static_cast<std::uint64_t>(r.state));
    }
    for (const CrossHolding& h : cross_.holdings()) {
        digest.add_signed(h.cost);
        digest.add_signed(h.corner);
    }
    for (const CrossAccount& c : cross_.accounts()) {
        digest.add_signed(c.reserved);
        digest.add(static_cast<std::uint64_t>(c.state));
    }
}

void check_clearing(const ClearingHouse& house) {
    check_ledger(house.ledger_);
    std::vector<i128> costs(house.config_.instruments.size(), 0);
    std::vector<i128> longs(house.config_.instruments.size(), 0);
    for (const Row& r : house.rows_) {
        costs[r.instrument] += r.cost;
        const std::int64_t qty = house.state(r).qty.raw();
        CHECK(r.side == Side::buy ? qty >= 0 : qty <= 0);
        CHECK((qty == 0) == (r.cost == 0));
        CHECK(r.state != RowState::closed || qty == 0);
        longs[r.instrument] += std::max<std::int64_t>(qty, 0);
    }
    for (std::size_t a = 0; a < house.accounts_.size(); ++a) {
        if (house.accounts_[a].kind == AccountKind::row ||
            house.accounts_[a].kind == AccountKind::cross) {
            continue;
        }
        for (const Instrument& inst : house.config_.instruments) {
            if (inst.venue != house.accounts_[a].venue) {
                continue;
            }
            const auto& p =
                house.portfolio_positions_[house.accounts_[a].slot][house.local_of_[inst.id.raw()]];
            costs[inst.id.raw()] += p.cost;
            longs[inst.id.raw()] += std::max<i128>(house.ledger_.balance(p.contracts).raw(), 0);
        }
    }
    for (const CrossHolding& h : house.cross_.holdings()) {
        if (house.is_position(h.factor)) {
            const std::uint32_t i = house.instrument_of(h.factor).raw();
            costs[i] += h.cost;
            longs[i] += std::max<i128>(house.ledger_.balance(h.units).raw(), 0);
        }
    }
    house.check_cross();
    for (std::size_t i = 0; i < costs.size(); ++i) {
        CHECK(house.ledger_.balance(house.clearing_account_[i]).raw() == -costs[i]);
        CHECK(longs[i] == house.open_interest_[i]);
    }
    for (std::size_t i = 0; i < house.live_.size(); ++i) {
        for (std::size_t k = 0; k < house.live_[i].size(); ++k) {
            const Row& r = house.row(house.live_[i][k]);
            CHECK_EQ(r.live_slot, k);
            CHECK(house.state(r).qty.raw() != 0);
        }
    }
}

}  // namespace margincall::inline clearing
