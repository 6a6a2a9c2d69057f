// The synthetic dollar's issuer on the venues: its short perpetuals are a part of those that basis
// funds would hold otherwise, so that open interest is what it was; its coins are bought to match.
#include <algorithm>
#include <cmath>

#include "sim/world.hpp"

namespace margincall::inline sim {

namespace {

constexpr double most_of_funds = 0.8;  // the issuer leaves the basis funds a fifth at least
constexpr double ppm = 1e6;

}  // namespace

void World::plan_issuer(const std::vector<AccountSeed>& population) {
    const SyntheticDollarPlan& p = plan_.defi.usde;
    for (std::uint32_t k = 0; k < agents_.size(); ++k) {
        if (agents_[k].setup.hedges_issuer) {
            issuer_desk_ = k;
        }
    }
    if (!defi_ || issuer_desk_ == no_agent || !eth_asset_.valid()) {
        return;
    }
    std::array<double, 2> funds_usd{};
    for (const AccountSeed& s : population) {
        const Instrument& inst = instrument(s.instrument);
        const AccountId desk = agents_[issuer_desk_].account[inst.venue.raw()];
        if (s.basis_fund == 0 || !desk.valid() || !hedge_account(s.instrument).valid() ||
            (inst.base.raw() != 0 && inst.base != eth_asset_)) {
            continue;
        }
        funds_usd[inst.base.raw() == 0 ? 0 : 1] +=
            static_cast<double>(s.qty.raw()) * inst.lot_base * plan_.assets[inst.base.raw()].price;
    }
    // Half of each coin, so that what one asset has too little of limits both.
    const double wanted = 0.5 * p.hedged_share * defi_->issuer_state().supply_usd;
    const double each =
        std::min({wanted, most_of_funds * funds_usd[0], most_of_funds * funds_usd[1]});
    for (std::size_t k = 0; k < funds_usd.size(); ++k) {
        issuer_ppm_[k] = funds_usd[k] > 0.0 ? std::llround(each / funds_usd[k] * ppm) : 0;
    }
}

Lots World::open_issuer_part(const AccountSeed& s) {
    const Instrument& inst = instrument(s.instrument);
    if (issuer_desk_ == no_agent || (inst.base.raw() != 0 && inst.base != eth_asset_)) {
        return Lots{};
    }
    const std::size_t k = inst.base.raw() == 0 ? 0 : 1;
    const AccountId desk = agents_[issuer_desk_].account[inst.venue.raw()];
    const Lots part = Lots::from_raw(mul_div(s.qty.raw(), issuer_ppm_[k], 1'000'000, Round::down));
    if (!desk.valid() || part.raw() == 0) {
        return Lots{};
    }
    open_hedged_short(desk, s, part);
    issuer_coins_[k] += static_cast<double>(part.raw()) * inst.lot_base;
    return part;
}

void World::open_issuer_hedge() {
    if (issuer_desk_ == no_agent) {
        return;
    }
    defi_->open_hedge(issuer_coins_[0], issuer_coins_[1]);
    // Entries differ from today's prices: what that has earned or lost is not of this run.
    issuer_deposit_usd_ = issuer_hedge().pnl_usd;
}

IssuerHedge World::issuer_hedge() const {
    IssuerHedge hedge;
    if (issuer_desk_ == no_agent) {
        return hedge;
    }
    const AgentSlot& desk = agents_[issuer_desk_];
    double equity = 0.0;
    for (const AccountId account : desk.account) {
        equity += account.valid() ? to_usd(clearing_.cash(account)) : 0.0;
    }
    for (const InstrumentId i : desk.setup.instruments) {
        const Instrument& inst = instrument(i);
        const AccountId account = desk.account[inst.venue.raw()];
        const double coins =
            static_cast<double>(clearing_.position(account, i).raw()) * inst.lot_base;
        (inst.base.raw() == 0 ? hedge.btc : hedge.eth) += coins;
        equity += coins * to_usd(inst, feeds_[i.raw()].mark) - to_usd(clearing_.cost(account, i));
    }
    hedge.pnl_usd = equity - issuer_deposit_usd_;
    hedge.adl_usd = issuer_adl_usd_;
    return hedge;
}

}  // namespace margincall::inline sim
