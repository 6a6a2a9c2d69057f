// The synthetic dollar's issuer on the chain of a run, and the loops that its coin is used in.
#include <algorithm>
#include <cmath>

#include "chain/chain_units.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline chain {

namespace {

constexpr double value_unit = 1e18;
constexpr double slack_used = 0.9;  // of what a loop may take out before its limit

[[nodiscard]] double signed_value(const SignedU256& value) {
    const double magnitude = value.magnitude.to_double() / value_unit;
    return value.is_negative() ? -magnitude : magnitude;
}

}  // namespace

void DefiWorld::open_issuer() {
    const SyntheticDollarPlan& p = plan_.usde;
    usde::Parameters parameters;
    parameters.mint_per_block_max = raw_amount(ChainToken::synthetic, p.mint_per_block);
    parameters.redeem_per_block_max = raw_amount(ChainToken::synthetic, p.redeem_per_block);
    parameters.redeem_per_hour_max = raw_amount(ChainToken::synthetic, p.redeem_per_hour);
    parameters.block_s =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(to_seconds(plan_.block)));
    const TokenId staked = tokens_.add_token("staked synthetic dollar", next_asset_++, 18);
    issuer_.emplace(
        tokens_, parameters, token(ChainToken::synthetic), staked, token(ChainToken::usd));
    issuer_->add_hedged_asset(token(ChainToken::btc), value_price(prices_.btc));
    issuer_->add_hedged_asset(token(ChainToken::eth), value_price(prices_.eth));
    if (p.paused) {
        issuer_->set_status(usde::Status::paused);
    }
}

// What loops and pools do not hold is elsewhere, and all of it is backed: by dollars until
// `open_hedge` turns a part of them into coins.
void DefiWorld::open_elsewhere() {
    const SyntheticDollarPlan& p = plan_.usde;
    const TokenId coin = token(ChainToken::synthetic);
    const U256 wanted = raw_amount(ChainToken::synthetic, p.supply);
    tokens_.mint(elsewhere_, coin, difference_or_zero(wanted, tokens_.supply(coin)));
    tokens_.mint(issuer_->liquid(),
                 token(ChainToken::usd),
                 divide_up(tokens_.supply(coin), power_of_ten(12)));
    tokens_.mint(
        issuer_->reserve(), token(ChainToken::usd), raw_amount(ChainToken::usd, p.reserve));
}

void DefiWorld::open_treasury(std::uint32_t agent) {
    treasury_ = agent;
    wallets_of(agent).wallets = {issuer_->custody(), issuer_->liquid()};
}

void DefiWorld::open_hedge(double btc, double eth) {
    double usd = 0.0;
    for (const auto& [t, coins, price] : {std::tuple{ChainToken::btc, btc, prices_.btc},
                                          std::tuple{ChainToken::eth, eth, prices_.eth}}) {
        tokens_.mint(issuer_->custody(), token(t), raw_amount(t, coins));
        usd += coins * price;
    }
    const TokenId dollar = token(ChainToken::usd);
    tokens_.burn(issuer_->liquid(),
                 dollar,
                 min(raw_amount(ChainToken::usd, usd), tokens_.balance(issuer_->liquid(), dollar)));
    const double owed = issuer_->backing(tokens_).owed.to_double() / value_unit;
    btc_per_owed_ = owed > 0.0 ? btc / owed : 0.0;
    eth_per_owed_ = owed > 0.0 ? eth / owed : 0.0;
}

void DefiWorld::report_hedge_pnl(double usd) {
    const auto sign = usd < 0.0 ? SignedU256::Sign::negative : SignedU256::Sign::positive;
    issuer_->report_hedge_pnl({raw_amount(ChainToken::synthetic, std::abs(usd)), sign});
}

IssuerState DefiWorld::issuer_state() const {
    const usde::BackingValue value = issuer_->backing(tokens_);
    IssuerState s;
    s.supply_usd = value.owed.to_double() / value_unit;
    s.backing_usd = signed_value(value.total);
    for (const ChainToken t : {ChainToken::btc, ChainToken::eth}) {
        // Coins that are being sold at a venue are backing too.
        s.backing_usd +=
            (hedged_coins(t) - whole_amount(t, tokens_.balance(issuer_->custody(), token(t)))) *
            price_usd(t);
    }
    s.reserve_usd = value.reserve.to_double() / value_unit;
    s.hedge_pnl_usd = signed_value(value.hedge_pnl);
    s.value = issuer_->redemption_value(tokens_).to_double() / value_unit;
    return s;
}

double DefiWorld::hedged_coins(ChainToken t) const {
    double coins =
        whole_amount(t, issuer_->hedge_target(tokens_, token(t)).magnitude);  // what is in custody
    if (treasury_ != no_treasury) {
        for (const HolderId at_venue : agents_[treasury_].at_venue) {
            coins += at_venue.valid() ? whole_amount(t, tokens_.balance_or_zero(at_venue, token(t)))
                                      : 0.0;
        }
    }
    return coins;
}

// In coins and not in dollars: what the coins lose their hedge gains, so that a fall of the price
// is no reason to trade.
double DefiWorld::coins_to_trade(ChainToken t) const {
    const double owed = issuer_->backing(tokens_).owed.to_double() / value_unit;
    const double wanted = owed * (t == ChainToken::btc ? btc_per_owed_ : eth_per_owed_);
    return wanted - whole_amount(t, tokens_.balance(issuer_->custody(), token(t)));
}

// --- loops -----------------------------------------------------------------------------------

std::vector<LoopState> DefiWorld::dollar_loops() const {
    std::vector<LoopState> loops;
    for (const BorrowerGroup& g : groups_) {
        if (g.collateral_token != ChainToken::synthetic || g.debt_token != ChainToken::usd) {
            continue;
        }
        const aave::LendingPool& pool = *market(g.market).pool;
        for (const std::uint32_t k : g.order) {
            const HolderId holder = borrowers_[k].holder;
            loops.push_back({k,
                             whole_amount(g.collateral_token,
                                          pool.supplied(tokens_, holder, g.collateral, now_s_)),
                             whole_amount(g.debt_token, pool.owed(tokens_, holder, g.debt, now_s_)),
                             g.threshold});
        }
    }
    return loops;
}

double DefiWorld::dollar_borrow_rate() const {
    const aave::ReserveId id = reserve_of(ChainMarket::main, ChainToken::usd);
    return main_.pool
               ? main_.pool->accrued(tokens_, id, now_s_).rates.variable_borrow.to_double() * 1e-27
               : 0.0;
}

// No flash loan: what is taken out leaves the account above its limit, so that a loop with little
// room needs many calls.
bool DefiWorld::run_unwind(const ChainCall& call) {
    const Borrower& b = borrowers_[call.account];
    const BorrowerGroup& g = groups_[b.group];
    aave::LendingPool& pool = *market(g.market).pool;
    if (!pools_ || g.collateral_token != ChainToken::synthetic) {
        return false;
    }
    const double pledged =
        whole_amount(g.collateral_token, pool.supplied(tokens_, b.holder, g.collateral, now_s_));
    const double owed = whole_amount(g.debt_token, pool.owed(tokens_, b.holder, g.debt, now_s_));
    const double free = slack_used * (pledged - owed / g.threshold);
    const U256 amount = min(call.amount, raw_amount(ChainToken::synthetic, free));
    const auto sale = pools_->quote(call.pool, ChainToken::synthetic, amount);
    if (!sale || sale->in != amount || sale->out < call.least || pools_->paused() ||
        !pool.withdraw(tokens_, b.holder, g.collateral, amount, now_s_).has_value()) {
        return false;
    }
    CHECK(pools_->exchange(tokens_, call.pool, b.holder, ChainToken::synthetic, amount, U256{})
              .has_value());
    CHECK(pool.repay(tokens_, b.holder, g.debt, sale->out, now_s_).has_value());
    totals_.unwound_usd += whole_amount(ChainToken::usd, sale->out);
    reorder(call.account);
    return true;
}

// What a supply cap refuses stays with the owner.
bool DefiWorld::run_wind(const ChainCall& call) {
    const Borrower& b = borrowers_[call.account];
    const BorrowerGroup& g = groups_[b.group];
    aave::LendingPool& pool = *market(g.market).pool;
    if (!pools_ || pools_->paused() || g.collateral_token != ChainToken::synthetic) {
        return false;
    }
    const auto buy = pools_->quote(call.pool, ChainToken::usd, call.amount);
    if (!buy || buy->in != call.amount || buy->out < call.least ||
        !pool.borrow(tokens_, b.holder, g.debt, call.amount, now_s_).has_value()) {
        return false;
    }
    CHECK(pools_->exchange(tokens_, call.pool, b.holder, ChainToken::usd, call.amount, U256{})
              .has_value());
    (void)pool.supply(tokens_, b.holder, g.collateral, buy->out, now_s_);
    reorder(call.account);
    return true;
}

}  // namespace margincall::inline chain
