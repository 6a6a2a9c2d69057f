#include "chain/defi_world.hpp"

#include <algorithm>
#include <cmath>

#include "chain/chain_units.hpp"

namespace margincall::inline chain {

namespace {

constexpr double ray_unit = 1e27;

}  // namespace

// --- amounts ---------------------------------------------------------------------------------

double DefiWorld::price_usd(ChainToken t) const {
    switch (t) {
        case ChainToken::synthetic:
            return prices_.synthetic;
        case ChainToken::share:
            return plan_.share_market.price * share_value_;
        default:
            return market_price(t);
    }
}

U256 DefiWorld::wallet_balance(std::uint32_t agent, std::uint32_t k, ChainToken t) const {
    return tokens_.balance(wallet(agent, k), token(t));
}

double DefiWorld::wallet_amount(std::uint32_t agent, std::uint32_t k, ChainToken t) const {
    return whole_amount(t, wallet_balance(agent, k, t));
}

// --- the block -------------------------------------------------------------------------------

void DefiWorld::send(const ChainCall& call, std::uint32_t blocks) {
    const Waiting waiting{totals_.blocks + std::max<std::uint32_t>(blocks, 1), sent_++, call};
    const auto at = std::upper_bound(
        waiting_.begin(), waiting_.end(), waiting, [](const Waiting& a, const Waiting& b) {
            return a.block != b.block ? a.block < b.block : a.order < b.order;
        });
    waiting_.insert(at, waiting);
}

void DefiWorld::on_block(SimTime now, const BlockPrices& prices) {
    now_s_ = static_cast<std::uint64_t>(now.ns() / seconds(1).raw());
    ++totals_.blocks;
    news_.clear();
    arrivals_.clear();
    if (now_s_ / 3'600 != hour_) {
        hour_ = now_s_ / 3'600;
        withdrawn_in_hour_ = {};
    }
    prices_ = prices;
    read_oracles();
    std::size_t due = 0;
    while (due < waiting_.size() && waiting_[due].block <= totals_.blocks) {
        execute(waiting_[due].call);
        ++due;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(due));
    issuer_->set_price(token(ChainToken::eth), value_price(prices.eth));
    issuer_->set_price(token(ChainToken::btc), value_price(prices.btc));
    (void)issuer_->settle(tokens_, now_s_);
    find_at_risk();
}

// A staked token is its own rate times what the ether feed answers, so that it cannot move against
// ether (rules A5); everything else has a feed.
void DefiWorld::read_oracles() {
    std::array<U256, chain_tokens> answers;
    for (std::size_t t = 0; t < chain_tokens; ++t) {
        feeds_[t].observe(oracle_price(market_price(static_cast<ChainToken>(t))), now_s_);
        answers[t] = feeds_[t].answer(now_s_);
    }
    const double ether = oracle_usd(answers[static_cast<std::size_t>(ChainToken::eth)]);
    for (const ChainToken t : {ChainToken::staked_eth, ChainToken::other_staked_eth}) {
        answers[static_cast<std::size_t>(t)] = oracle_price(ether * staked_rate(t));
    }
    for (Market* m : {&main_, &share_}) {
        for (std::size_t t = 0; t < chain_tokens; ++t) {
            if (m->pool && m->reserve[t].valid()) {
                m->pool->set_price(m->reserve[t], answers[t]);
            }
        }
    }
}

void DefiWorld::mark_share(double value) {
    share_value_ = value;
}

// --- health ----------------------------------------------------------------------------------

void DefiWorld::set_critical(std::uint32_t k) {
    Borrower& b = borrowers_[k];
    const BorrowerGroup& g = groups_[b.group];
    const aave::LendingPool& pool = *market(g.market).pool;
    const double debt = whole_amount(g.debt_token, pool.owed(tokens_, b.holder, g.debt, now_s_));
    const double pledged =
        whole_amount(g.collateral_token, pool.supplied(tokens_, b.holder, g.collateral, now_s_));
    b.closed = debt <= 0.0 || pledged <= 0.0;
    b.critical = b.closed ? 0.0 : debt / (pledged * g.threshold);
    b.index = pool.accrued(tokens_, g.debt, now_s_).borrow_index.to_double() / ray_unit;
}

void DefiWorld::reorder(std::uint32_t k) {
    BorrowerGroup& g = groups_[borrowers_[k].group];
    std::erase(g.order, k);
    set_critical(k);
    if (borrowers_[k].closed) {
        return;
    }
    const auto at =
        std::lower_bound(g.order.begin(), g.order.end(), k, [&](std::uint32_t a, std::uint32_t b) {
            const double x = borrowers_[a].critical;
            const double y = borrowers_[b].critical;
            return x != y ? x > y : a < b;
        });
    g.order.insert(at, k);
}

void DefiWorld::find_at_risk() {
    at_risk_.clear();
    for (const BorrowerGroup& g : groups_) {
        const aave::LendingPool& pool = *market(g.market).pool;
        const double ratio =
            pool.reserve(g.collateral).price.to_double() / pool.reserve(g.debt).price.to_double();
        // Critical ratios were right when set and have grown with the index since; the order may be
        // a little off by the difference of the indices, which the margin covers.
        const double index =
            pool.accrued(tokens_, g.debt, now_s_).borrow_index.to_double() / ray_unit;
        for (const std::uint32_t k : g.order) {
            if (borrowers_[k].critical * index * (1.0 + 1e-9) < ratio) {
                break;
            }
            look_at(k);
        }
    }
}

void DefiWorld::look_at(std::uint32_t k) {
    const Borrower& b = borrowers_[k];
    const BorrowerGroup& g = groups_[b.group];
    const aave::LendingPool& pool = *market(g.market).pool;
    const aave::AccountData data = pool.account(tokens_, b.holder, now_s_);
    ++totals_.exact_health;
    if (data.health_factor >= aave::liquidation_health || data.debt_base.is_zero()) {
        return;
    }
    AtRisk risk;
    risk.borrower = k;
    risk.health = data.health_factor.to_double() * 1e-18;
    risk.collateral_usd = oracle_usd(data.collateral_base);
    risk.debt_usd = oracle_usd(data.debt_base);
    risk.bonus = static_cast<double>(pool.reserve(g.collateral).parameters.bonus_bps) * 1e-4 - 1.0;
    risk.close_share = data.health_factor < aave::close_factor_health || risk.debt_usd < 2'000.0 ||
                               risk.collateral_usd < 2'000.0
                           ? 1.0
                       : g.market == ChainMarket::main ? plan_.lending.close_factor
                                                       : 0.5;
    risk.market = g.market;
    risk.collateral = g.collateral_token;
    risk.debt = g.debt_token;
    at_risk_.push_back(risk);
}

// --- reading ---------------------------------------------------------------------------------

std::vector<ReserveState> DefiWorld::reserve_states() const {
    std::vector<ReserveState> states;
    for (const ChainMarket where : {ChainMarket::main, ChainMarket::share}) {
        const Market& m = market(where);
        if (!m.pool) {
            continue;
        }
        for (std::size_t t = 0; t < chain_tokens; ++t) {
            if (!m.reserve[t].valid()) {
                continue;
            }
            const aave::Reserve r = m.pool->accrued(tokens_, m.reserve[t], now_s_);
            const double price = oracle_usd(r.price);
            const auto usd = [&](const U256& amount) {
                return amount.to_double() / r.unit.to_double() * price;
            };
            ReserveState s;
            s.market = where;
            s.token = static_cast<ChainToken>(t);
            s.price = price;
            s.borrowed_usd = usd(m.pool->total_debt(tokens_, m.reserve[t], now_s_));
            s.available_usd = usd(m.pool->available(tokens_, m.reserve[t]));
            s.supplied_usd = s.borrowed_usd + s.available_usd;
            s.utilisation = s.supplied_usd > 0.0 ? s.borrowed_usd / s.supplied_usd : 0.0;
            s.borrow_rate = r.rates.variable_borrow.to_double() / ray_unit;
            s.supply_rate = r.rates.liquidity.to_double() / ray_unit;
            s.deficit_usd = usd(r.deficit);
            states.push_back(s);
        }
    }
    return states;
}

HealthHistogram DefiWorld::health_histogram() const {
    HealthHistogram out{};
    for (const BorrowerGroup& g : groups_) {
        const aave::LendingPool& pool = *market(g.market).pool;
        for (const std::uint32_t k : g.order) {
            const aave::AccountData data = pool.account(tokens_, borrowers_[k].holder, now_s_);
            const double health = std::min(data.health_factor.to_double() * 1e-18, 10.0);
            const double bin = std::floor((health - health_from) / health_step) + 1.0;
            out[static_cast<std::size_t>(std::clamp(
                bin, 0.0, static_cast<double>(health_bins - 1)))] += oracle_usd(data.debt_base);
        }
    }
    return out;
}

std::vector<PoolState> DefiWorld::pool_states() const {
    std::vector<PoolState> states;
    for (const auto& [name, pool] : {std::pair{"curve USDe/USDC", DollarPool::curve},
                                     std::pair{"uniswap USDe/USDT", DollarPool::uniswap}}) {
        if (pools_ && pools_->stands(pool)) {
            states.push_back(
                {name, pools_->price(pool), pools_->invariant(pool), pools_->traded_usd(pool)});
        }
    }
    for (std::uint32_t k = 0; incident_ && k < IncidentPools::count(); ++k) {
        const IncidentOutcome& outcome = incident_->outcome(k);
        const balancer::ComposableStablePool& pool = incident_->pool(k);
        // A drained pool may have no invariant that converges: nothing is left to value.
        const auto rate = attempt([&] { return balancer::bpt_rate(pool); });
        const auto invariant = attempt([&] { return balancer::invariant_of(pool); });
        states.push_back({k == 0 ? "balancer osETH/WETH" : "balancer wstETH/WETH",
                          rate ? rate->to_double() * 1e-18 : 0.0,
                          invariant ? invariant->to_double() / outcome.invariant_before : 0.0,
                          outcome.stolen_eth * prices_.eth});
    }
    return states;
}

void DefiWorld::check() const {
    for (const Market* m : {&main_, &share_}) {
        if (m->pool) {
            m->pool->check_lending(tokens_, now_s_, U256{1'000'000});
        }
    }
    if (incident_) {
        incident_->vault().check_vault(tokens_);
    }
    if (pools_) {
        pools_->check(tokens_);
    }
}

}  // namespace margincall::inline chain
