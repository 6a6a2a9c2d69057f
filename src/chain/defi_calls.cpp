// The calls of a block: what agents asked of lending markets, pools, issuer and venues' bridges.
// Each happens whole or reverts.
#include <cmath>

#include "base/random.hpp"
#include "chain/chain_units.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline chain {

namespace {

constexpr std::uint32_t family_settlement = 921;

}  // namespace

void DefiWorld::execute(const ChainCall& call) {
    ++totals_.calls;
    bool done = false;
    switch (call.kind) {
        case ChainCallKind::liquidate:
            done = run_liquidation(call);
            break;
        case ChainCallKind::supply: {
            Market& m = market(call.market);
            const U256 amount =
                min(call.amount, wallet_balance(call.agent, call.wallet, call.token));
            done = m.pool && !amount.is_zero() &&
                   m.pool
                       ->supply(tokens_,
                                wallet(call.agent, call.wallet),
                                reserve_of(call.market, call.token),
                                amount,
                                now_s_)
                       .has_value();
            break;
        }
        case ChainCallKind::withdraw:
            done = run_withdrawal(call);
            break;
        case ChainCallKind::unwrap:
            done = run_unwrap(call);
            break;
        case ChainCallKind::to_venue:
        case ChainCallKind::from_venue:
            done = run_transfer(call);
            break;
        case ChainCallKind::attack:
            done = run_attack(call);
            break;
        case ChainCallKind::mint:
        case ChainCallKind::redeem:
            done = run_synthetic(call);
            break;
        case ChainCallKind::swap:
            done = run_swap(call);
            break;
        case ChainCallKind::unwind:
            done = run_unwind(call);
            break;
        case ChainCallKind::wind:
            done = run_wind(call);
            break;
    }
    totals_.reverted += done ? 0 : 1;
}

bool DefiWorld::run_liquidation(const ChainCall& call) {
    const Borrower& b = borrowers_[call.account];
    const BorrowerGroup& g = groups_[b.group];
    Market& m = market(g.market);
    const HolderId keeper = wallet(call.agent, call.wallet);
    const U256 offered = min(call.amount, tokens_.balance(keeper, token(g.debt_token)));
    const double health =
        m.pool->account(tokens_, b.holder, now_s_).health_factor.to_double() * 1e-18;
    const auto done = m.pool->liquidate(
        tokens_,
        {keeper, b.holder, g.collateral, g.debt, offered, aave::SeizedAs::underlying},
        now_s_);
    if (!done) {
        return false;
    }
    const double debt_price = oracle_usd(m.pool->reserve(g.debt).price);
    ChainLiquidation news;
    news.borrower = call.account;
    news.agent = call.agent;
    news.market = g.market;
    news.collateral = g.collateral_token;
    news.debt_usd = whole_amount(g.debt_token, done->debt_repaid) * debt_price;
    news.seized_usd = whole_amount(g.collateral_token, done->collateral_seized) *
                      oracle_usd(m.pool->reserve(g.collateral).price);
    news.deficit_usd = whole_amount(g.debt_token, done->deficit_created) * debt_price;
    news.health = health;
    news_.push_back(news);
    ++totals_.liquidations;
    totals_.liquidated_usd += news.debt_usd;
    reorder(call.account);
    return true;
}

bool DefiWorld::run_withdrawal(const ChainCall& call) {
    Market& m = market(call.market);
    if (!m.pool) {
        return false;
    }
    const aave::ReserveId id = reserve_of(call.market, call.token);
    const HolderId holder = wallet(call.agent, call.wallet);
    U256 amount = min(min(call.amount, m.pool->supplied(tokens_, holder, id, now_s_)),
                      m.pool->available(tokens_, id));
    double& used = withdrawn_in_hour_[static_cast<std::size_t>(call.market)];
    if (plan_.lending.withdrawal_limit > 0.0) {
        amount = min(amount, raw_amount(call.token, plan_.lending.withdrawal_limit - used));
    }
    if (amount.is_zero() || !m.pool->withdraw(tokens_, holder, id, amount, now_s_).has_value()) {
        return false;
    }
    used += whole_amount(call.token, amount) * price_usd(call.token);
    return true;
}

bool DefiWorld::run_transfer(const ChainCall& call) {
    const HolderId at_venue = agents_[call.agent].at_venue[call.venue.raw()];
    const HolderId on_chain = wallet(call.agent, call.wallet);
    const bool in = call.kind == ChainCallKind::to_venue;
    const U256 amount =
        min(call.amount, tokens_.balance_or_zero(in ? on_chain : at_venue, token(call.token)));
    if (amount.is_zero()) {
        return false;
    }
    tokens_.transfer(in ? on_chain : at_venue,
                     in ? at_venue : on_chain,
                     token(call.token),
                     amount,
                     in ? Reason::deposit : Reason::withdrawal);
    const Amount moved = to_ledger(amount);
    arrivals_.push_back({call.agent, call.venue, call.token, in ? moved : -moved});
    return true;
}

bool DefiWorld::run_unwrap(const ChainCall& call) {
    const HolderId holder = wallet(call.agent, call.wallet);
    const U256 amount = min(call.amount, tokens_.balance(holder, token(call.token)));
    if (amount.is_zero() || staked_rate(call.token) <= 1.0) {
        return false;
    }
    tokens_.burn(holder, token(call.token), amount);
    const U256 rate{static_cast<std::uint64_t>(std::llround(staked_rate(call.token) * 1e18))};
    tokens_.mint(holder, token(ChainToken::eth), amount * rate / power_of_ten(18));
    return true;
}

bool DefiWorld::run_attack(const ChainCall& call) {
    if (!incident_) {
        return false;
    }
    incident_->attack(tokens_, call.account, wallet(call.agent, call.wallet));
    const IncidentOutcome& outcome = incident_->outcome(call.account);
    totals_.stolen_usd += outcome.stolen_eth * prices_.eth;
    return outcome.succeeded;
}

bool DefiWorld::run_synthetic(const ChainCall& call) {
    const HolderId holder = wallet(call.agent, call.wallet);
    const U256 per_dollar = power_of_ten(12);
    if (call.kind == ChainCallKind::mint) {
        const U256 paid = min(min(call.amount, tokens_.balance(holder, token(ChainToken::usd))),
                              issuer_->mintable(now_s_) / per_dollar);
        return issuer_->mint(tokens_, holder, paid, now_s_).has_value();
    }
    const U256 amount = min(min(call.amount, tokens_.balance(holder, token(ChainToken::synthetic))),
                            issuer_->redeemable(now_s_));
    Rng rng{seed_, entity_name(family_settlement, settlements_), Purpose::delay};
    const double delay_s =
        rng.uniform(to_seconds(plan_.usde.settle_min), to_seconds(plan_.usde.settle_max));
    issuer_->set_settlement_delay(static_cast<std::uint64_t>(delay_s));
    const Outcome<U256> owed = issuer_->request_redemption(tokens_, holder, amount, now_s_);
    if (!owed) {
        return false;
    }
    ++settlements_;
    totals_.redeemed_usd += whole_amount(ChainToken::usd, *owed);
    return true;
}

bool DefiWorld::run_swap(const ChainCall& call) {
    if (!pools_ || (call.token != ChainToken::usd && call.token != ChainToken::synthetic)) {
        return false;
    }
    const HolderId trader = wallet(call.agent, call.wallet);
    const U256 amount = min(call.amount, tokens_.balance(trader, token(call.token)));
    return pools_->exchange(tokens_, call.pool, trader, call.token, amount, call.least).has_value();
}

}  // namespace margincall::inline chain
