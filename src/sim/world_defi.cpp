// The world's side of the chain: blocks, wallets, and a synthetic dollar as margin collateral.
#include <algorithm>

#include "sim/world.hpp"

namespace margincall::inline sim {

void World::open_chain() {
    if (!plan_.defi.enabled) {
        return;
    }
    const auto first = static_cast<LedgerAsset>(1 + plan_.assets.size() + plan_.instruments.size());
    defi_.emplace(plan_, clearing_.ledger(), first);
    eth_asset_ = find_asset(plan_, "ETH");
    pegged_asset_ = find_asset(plan_, plan_.defi.usde.asset);
    pegged_spot_.resize(plan_.venues.size());
    if (pegged_asset_.valid()) {
        for (const InstrumentId i : spots_of_asset_[pegged_asset_.raw()]) {
            pegged_spot_[instrument(i).venue.raw()] = i;
        }
        for (const InstrumentPlan& p : plan_.instruments) {
            if (p.instrument.kind == InstrumentKind::linear_perp) {
                clearing_.set_mark(p.instrument.id, feeds_[p.instrument.id.raw()].mark);
            }
        }
        update_collateral_prices();
    }
    queue_.push(SimTime{} + plan_.defi.block, Phase::chain, EventKind::chain_block, 0);
}

InstrumentId World::pegged_spot(VenueId venue) const {
    return venue.raw() < pegged_spot_.size() ? pegged_spot_[venue.raw()] : InstrumentId{};
}

// Wallets of an agent that was just opened, and its accounts at venues for moves between them.
void World::open_wallets(std::uint32_t agent) {
    const AgentSlot& slot = agents_[agent];
    if (!defi_ || (slot.setup.wallets.empty() && !slot.setup.is_treasury)) {
        return;
    }
    if (slot.setup.is_treasury) {
        defi_->open_treasury(agent);
    }
    for (const WalletSetup& w : slot.setup.wallets) {
        const std::uint32_t k = defi_->open_wallet(agent, w.usd, w.rights);
        if (w.supplied_usd > 0.0) {
            defi_->start_deposit(agent, k, w.market, w.supplied_usd);
        }
    }
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
        const AccountId account = slot.account[v];
        if (!account.valid()) {
            continue;
        }
        DefiWorld::VenueAccounts accounts;
        accounts.usd = clearing_.cash_ledger(account);
        accounts.btc = clearing_.coin_ledger(account, AssetId::from_raw(0));
        if (eth_asset_.valid()) {
            accounts.eth = clearing_.coin_ledger(account, eth_asset_);
        }
        if (pegged_asset_.valid()) {
            accounts.synthetic = clearing_.coin_ledger(account, pegged_asset_);
        }
        defi_->bind_venue(agent, VenueId::of_row(v), accounts);
    }
}

void World::on_chain_block() {
    BlockPrices prices;
    prices.btc = index_now_.front();
    prices.eth = eth_asset_.valid() ? index_now_[eth_asset_.raw()] : 0.04 * prices.btc;
    prices.synthetic = pegged_asset_.valid() ? index_now_[pegged_asset_.raw()] : 1.0;
    if (issuer_desk_ != no_agent) {
        defi_->report_hedge_pnl(issuer_hedge().pnl_usd);
    }
    defi_->on_block(now_, prices);
    digest_.add(defi_->totals().liquidations ^ (defi_->totals().reverted << 32));
    for (const DefiWorld::VenueArrival& a : defi_->arrivals()) {
        credit_arrival(a);
    }
    if (recording_.on()) {
        recording_.chain_block(*this);
    }
    if (!defi_->at_risk().empty()) {
        for (std::uint32_t k = 0; k < agents_.size(); ++k) {
            if (agents_[k].setup.watches_chain) {
                AgentContext(*this, AgentId::from_raw(k)).wake_at(now_ + milliseconds(500));
            }
        }
    }
    queue_.push(now_ + plan_.defi.block, Phase::chain, EventKind::chain_block, 0);
}

// The coins are in the agent's account already; here it learns of them.
void World::credit_arrival(const DefiWorld::VenueArrival& a) {
    AssetId asset;
    switch (a.token) {
        case ChainToken::eth:
            asset = eth_asset_;
            break;
        case ChainToken::btc:
            asset = AssetId::from_raw(0);
            break;
        case ChainToken::synthetic:
            asset = pegged_asset_;
            break;
        default:
            return;  // dollars are read from the account itself
    }
    if (!asset.valid()) {
        return;
    }
    for (const InstrumentId i : spots_of_asset_[asset.raw()]) {
        if (instrument(i).venue == a.venue) {
            // What is in the account now, less what fills on their way will still tell.
            agents_[a.agent].confirmed[i.raw()] +=
                narrow_i64(div_round(a.amount.raw(), instrument(i).lot_amount.raw(), Round::down));
        }
    }
}

void World::update_collateral_prices() {
    if (!pegged_asset_.valid()) {
        return;
    }
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
        const auto venue = VenueId::of_row(v);
        const double usd = std::max(collateral_usd(venue), 1e-4);
        clearing_.set_collateral_price(
            venue, pegged_asset_, Money::from_raw(static_cast<std::int64_t>(usd * 1e6)));
    }
    take_due_cross();
}

double World::pegged_usd(VenueId venue) const {
    const InstrumentId spot = pegged_spot(venue);
    if (!spot.valid()) {
        return index_now_[pegged_asset_.raw()];
    }
    const double mid = book_mid_usd(spot);
    return mid > 0.0 ? mid : to_usd(instrument(spot), feeds_[spot.raw()].last);
}

double World::collateral_usd(VenueId venue) const {
    switch (plan_.defi.usde.rule_of(venue.raw())) {
        case CollateralValue::own_book:
            return pegged_usd(venue);
        case CollateralValue::redemption_anchored:
            return 1.0;  // the issuer redeems at par
        case CollateralValue::venue_median:
            return index_now_[pegged_asset_.raw()];
    }
    return 1.0;
}

void World::take_due_cross() {
    due_cross_.clear();
    clearing_.pop_due_cross(due_cross_);
    for (const AccountId account : due_cross_) {
        gateway_.cancel_reduce_only(account);
        liquidation_.enqueue(*this, account);
    }
    margin_calls_.clear();
    clearing_.take_margin_calls(margin_calls_);
    for (const AccountId account : margin_calls_) {
        call_for_margin(account, portfolio(account)->initial_margin);
    }
}

void World::open_collateral_account(const AccountSeed& s) {
    const Instrument& inst = instrument(s.instrument);
    const InstrumentId spot = pegged_spot(inst.venue);
    const Instrument& coin = instrument(spot);
    const std::array positions = {s.instrument};
    const AccountId account = clearing_.open_cross(
        inst.venue, std::max<std::int64_t>(100, s.leverage_e2), s.weight, positions);
    const std::int64_t pledged = mul_div(
        s.margin.raw(), static_cast<std::int64_t>(s.collateral_ppm), 1'000'000, Round::down);
    const auto lots =
        static_cast<std::int64_t>(static_cast<double>(pledged) * 1e-6 /
                                  (plan_.assets[pegged_asset_.raw()].price * coin.lot_base));
    if (lots > 0) {
        clearing_.deposit_coins(account,
                                pegged_asset_,
                                Amount::from_raw(i128{lots} * coin.lot_amount.raw()),
                                Reason::deposit);
    }
    clearing_.deposit(account, s.margin - Money::from_raw(pledged), Reason::deposit);
    clearing_.open_cross_position(
        account, s.instrument, Lots::from_raw(sign(s.side) * s.qty.raw()), s.entry);
}

}  // namespace margincall::inline sim
