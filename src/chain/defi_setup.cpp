// Opening the chain: tokens, lending markets with their reserves and borrowers, the incident's
// pools. Everybody's tokens come from their issuers, so every ledger asset still sums to zero.
#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "chain/chain_units.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline chain {

namespace {

constexpr std::uint32_t family_borrowers = 920;
constexpr double staked_rate_start = 1.218116415279760760;        // wstETH, 3 November 2025
constexpr double other_staked_rate_start = 1.058132408689971699;  // osETH

[[nodiscard]] double start_price(const Plan& plan, const std::string& name, double otherwise) {
    const AssetId a = find_asset(plan, name);
    return a.valid() ? plan.assets[a.raw()].price : otherwise;
}

struct Drawn {  // one borrower, whole tokens
    double collateral = 0.0;
    double debt = 0.0;
};

}  // namespace

std::uint32_t DefiWorld::own_assets() {
    return 32;
}

DefiWorld::DefiWorld(const Plan& plan, Ledger& ledger, LedgerAsset first_asset)
    : plan_(plan.defi), seed_(plan.seed), tokens_(ledger), next_asset_(first_asset) {
    prices_.eth = start_price(plan, "ETH", 0.04 * plan.assets.front().price);
    prices_.btc = plan.assets.front().price;
    base_ = tokens_.add_holder();
    elsewhere_ = tokens_.add_holder();
    for (std::size_t t = 0; t < chain_tokens; ++t) {
        open_token(plan, static_cast<ChainToken>(t));
    }
    open_issuer();
    const aave::LaggedFeedRules rules{
        static_cast<std::uint32_t>(std::llround(plan_.lending.deviation * 1e4)),
        static_cast<std::uint64_t>(to_seconds(plan_.lending.heartbeat)),
        static_cast<std::uint64_t>(to_seconds(plan_.lending.delay))};
    for (std::size_t t = 0; t < chain_tokens; ++t) {
        feeds_[t] =
            aave::LaggedFeed(rules, oracle_price(market_price(static_cast<ChainToken>(t))), 0);
    }
    if (plan_.lending.borrowed > 0.0) {
        open_main_market();
    }
    if (plan_.share_market.borrowed > 0.0) {
        open_share_market();
    }
    if (plan_.balancer.pools) {
        IncidentPools::Tokens ids;
        ids.eth = token(ChainToken::eth);
        ids.staked = token(ChainToken::staked_eth);
        ids.other_staked = token(ChainToken::other_staked_eth);
        ids.shares = {tokens_.add_token("osETH/WETH shares", next_asset_, 18),
                      tokens_.add_token("wstETH/WETH shares", next_asset_ + 1, 18)};
        next_asset_ += 2;
        incident_.emplace(tokens_, ids, plan_.balancer);
    }
    if (plan_.pools.curve > 0.0 || plan_.pools.uniswap > 0.0) {
        const DollarPools::Tokens ids{token(ChainToken::usd),
                                      token(ChainToken::synthetic),
                                      tokens_.add_token("stableswap shares", next_asset_++, 18)};
        pools_.emplace(tokens_, ids, plan_.pools);
    }
    open_elsewhere();
    for (const ReserveState& r : reserve_states()) {
        totals_.borrowed_start_usd += r.borrowed_usd;
    }
}

// The dollar and listed coins are the ledger's assets already.
void DefiWorld::open_token(const Plan& plan, ChainToken t) {
    const auto coin = [&](const std::string& name) {
        const AssetId a = find_asset(plan, name);
        return a.valid() ? static_cast<LedgerAsset>(1 + a.raw()) : next_asset_++;
    };
    TokenId& id = token_[static_cast<std::size_t>(t)];
    switch (t) {
        case ChainToken::usd:
            id = tokens_.add_token("dollar", 0, 6);
            break;
        case ChainToken::eth:
            id = tokens_.add_token("ether", coin("ETH"), 18);
            break;
        case ChainToken::btc:
            id = tokens_.add_token("bitcoin", coin("BTC"), 18);
            break;
        case ChainToken::staked_eth:
            id = tokens_.add_token("wstETH", next_asset_++, 18);
            break;
        case ChainToken::other_staked_eth:
            id = tokens_.add_token("osETH", next_asset_++, 18);
            break;
        case ChainToken::synthetic:
            id = tokens_.add_token("synthetic dollar", coin(plan.defi.usde.asset), 18);
            break;
        case ChainToken::share:
            id = tokens_.add_token("share", next_asset_++, 18);
            break;
    }
}

double DefiWorld::staked_rate(ChainToken t) const {
    return t == ChainToken::staked_eth         ? staked_rate_start
           : t == ChainToken::other_staked_eth ? other_staked_rate_start
                                               : 1.0;
}

double DefiWorld::market_price(ChainToken t) const {
    const bool by_market = plan_.lending.oracle == LendingOracle::market;
    switch (t) {
        case ChainToken::usd:
            return 1.0;
        case ChainToken::eth:
            return prices_.eth;
        case ChainToken::btc:
            return prices_.btc;
        case ChainToken::staked_eth:
        case ChainToken::other_staked_eth:
            return prices_.eth * staked_rate(t);
        case ChainToken::synthetic:
            return by_market ? std::min(prices_.synthetic, 1.04) : 1.0;
        case ChainToken::share:
            return plan_.share_market.price * (by_market ? share_value_ : 1.0);
    }
    return 0.0;
}

void DefiWorld::add_reserve(Market& m, aave::ReserveParameters parameters, ChainToken t) {
    parameters.decimals = tokens_.decimals(token(t));
    parameters.supply_cap_tokens = 0;  // one market stands for many: caps are a lever
    parameters.borrow_cap_tokens = 0;
    aave::ReserveTokens ids;
    ids.underlying = token(t);
    ids.a_token =
        tokens_.add_token("claim on " + parameters.asset, next_asset_++, parameters.decimals);
    ids.debt_token =
        tokens_.add_token("debt in " + parameters.asset, next_asset_++, parameters.decimals);
    m.reserve[static_cast<std::size_t>(t)] =
        m.pool->add_reserve(tokens_, parameters, ids, oracle_price(market_price(t)), 0);
}

void DefiWorld::open_main_market() {
    main_.pool.emplace(tokens_, aave::Version::v3_5);
    main_.pool->set_close_factor(
        static_cast<std::uint64_t>(std::llround(plan_.lending.close_factor * 1e4)));
    // 10,000 + the bonus, which is rounded to a basis point.
    const auto scaled = [&](std::uint32_t bonus_bps) {
        return bonus_bps == 0 ? bonus_bps
                              : 10'000 + static_cast<std::uint32_t>(std::llround(
                                             (bonus_bps - 10'000) * plan_.lending.bonus_scale));
    };
    const std::array rows = {std::pair{"USDC", ChainToken::usd},
                             std::pair{"WETH", ChainToken::eth},
                             std::pair{"WBTC", ChainToken::btc},
                             std::pair{"wstETH", ChainToken::staked_eth},
                             std::pair{"USDe", ChainToken::synthetic}};
    for (const auto& [name, t] : rows) {
        aave::ReserveParameters parameters = *aave::find_reserve(name);
        parameters.bonus_bps = scaled(parameters.bonus_bps);
        add_reserve(main_, parameters, t);
    }
    const auto mode = [&](const char* label, ChainToken collateral, ChainToken debt) {
        const aave::EModeParameters& p = *aave::find_e_mode(label);
        aave::EMode m{p.ltv_bps, p.threshold_bps, scaled(p.bonus_bps), 0, 0};
        m.collateral_bits = std::uint64_t{1} << reserve_of(ChainMarket::main, collateral).raw();
        m.borrowable_bits = std::uint64_t{1} << reserve_of(ChainMarket::main, debt).raw();
        return main_.pool->add_e_mode(m);
    };
    const LendingPlan& p = plan_.lending;
    const double all = p.eth_loops + p.dollar_loops + p.eth_backed + p.btc_backed;
    const auto eth_mode = mode("ETH correlated", ChainToken::staked_eth, ChainToken::eth);
    const auto usd_mode = mode("sUSDe Stablecoins", ChainToken::synthetic, ChainToken::usd);
    std::vector<GroupDraw> draws;
    const auto draw = [&](ChainToken collateral,
                          ChainToken debt,
                          aave::EModeId e_mode,
                          double threshold,
                          double share,
                          GroupKind kind) {
        const bool loop = kind == GroupKind::loop;
        draws.push_back({ChainMarket::main,
                         collateral,
                         debt,
                         e_mode,
                         threshold,
                         p.borrowed * share / all,
                         loop ? p.loop_limit_from : p.limit_from,
                         loop ? p.loop_limit_to : p.limit_to,
                         kind});
    };
    using enum ChainToken;
    draw(staked_eth, eth, eth_mode, 0.95, p.eth_loops, GroupKind::loop);
    draw(synthetic, usd, usd_mode, 0.92, p.dollar_loops, GroupKind::loop);
    draw(eth, usd, 0, 0.83, p.eth_backed, GroupKind::directional);
    draw(btc, usd, 0, 0.78, p.btc_backed, GroupKind::directional);
    open_groups(draws, p.usd_utilisation, p.rows);
    for (std::size_t r = 0; r < main_.pool->reserves(); ++r) {
        const auto id = aave::ReserveId::from_raw(static_cast<std::uint32_t>(r));
        const auto cap = [&](TokenId claims, double scale) {
            const double start =
                tokens_.supply(claims).to_double() / main_.pool->reserve(id).unit.to_double();
            return scale > 0.0 ? static_cast<std::uint64_t>(start * scale) + 1 : 0;
        };
        const aave::ReserveTokens& ids = main_.pool->reserve(id).tokens;
        main_.pool->set_caps(
            id, cap(ids.a_token, p.cap_scale), cap(ids.debt_token, p.borrow_cap_scale));
        if (p.paused) {
            main_.pool->set_status(id, aave::ReserveStatus::frozen);
        }
    }
}

void DefiWorld::open_share_market() {
    share_.pool.emplace(tokens_, aave::Version::v3_5);
    const ShareMarketPlan& p = plan_.share_market;
    aave::ReserveParameters share;
    share.asset = "share";
    share.ltv_bps = static_cast<std::uint32_t>(std::llround(p.loan_to_value * 1e4));
    share.threshold_bps = static_cast<std::uint32_t>(std::llround(p.limit * 1e4));
    share.bonus_bps = 10'400;
    share.protocol_fee_bps = 1'000;
    share.borrowable = aave::Borrowable::no;
    share.slopes = aave::find_reserve("USDC")->slopes;
    add_reserve(share_, share, ChainToken::share);
    add_reserve(share_, *aave::find_reserve("USDC"), ChainToken::usd);
    open_groups({{ChainMarket::share,
                  ChainToken::share,
                  ChainToken::usd,
                  0,
                  p.limit,
                  p.borrowed,
                  0.7,
                  p.loan_to_value / p.limit * 0.999,
                  GroupKind::loop}},
                p.utilisation,
                std::max<std::int64_t>(20, plan_.lending.rows / 20));
}

// Draws the accounts of all groups of a market, then collateral, then the other lenders, then
// debts, so that nobody borrows what is not there.
void DefiWorld::open_groups(const std::vector<GroupDraw>& draws,
                            double utilisation,
                            std::int64_t rows) {
    double all = 0.0;
    for (const GroupDraw& d : draws) {
        all += d.usd;
    }
    std::array<double, chain_tokens> pledged{};
    std::array<double, chain_tokens> wanted{};
    std::vector<std::vector<Drawn>> accounts;
    for (const GroupDraw& d : draws) {
        const auto n = static_cast<std::uint32_t>(
            std::max(4.0, std::round(static_cast<double>(rows) * d.usd / all)));
        const auto index = static_cast<std::uint32_t>(groups_.size() + accounts.size());
        Rng sizes{seed_, entity_name(family_borrowers, index), Purpose::size};
        Rng limits{seed_, entity_name(family_borrowers, index), Purpose::parameter};
        std::vector<Drawn> drawn(n);
        double sum = 0.0;
        for (Drawn& a : drawn) {
            a.debt = sizes.lognormal(1.0, plan_.lending.size_sigma);
            sum += a.debt;
        }
        for (Drawn& a : drawn) {
            const double u = limits.uniform();
            const double reach = d.limit_to - d.limit_from;
            const double part = d.kind == GroupKind::loop ? d.limit_from + reach * u
                                                          : d.limit_to - reach * std::sqrt(u);
            const double usd = std::max(3'000.0, a.debt / sum * d.usd);
            a.debt = usd / market_price(d.debt);
            a.collateral = usd / (part * d.threshold) / market_price(d.collateral);
            pledged[static_cast<std::size_t>(d.collateral)] += a.collateral;
            wanted[static_cast<std::size_t>(d.debt)] += a.debt;
        }
        accounts.push_back(std::move(drawn));
    }
    const ChainMarket where = draws.front().market;
    aave::LendingPool& pool = *market(where).pool;
    for (std::size_t t = 0; t < chain_tokens; ++t) {
        const double missing = wanted[t] / utilisation - pledged[t];
        if (wanted[t] > 0.0 && missing > 0.0) {
            const auto token_of = static_cast<ChainToken>(t);
            const U256 amount = raw_amount(token_of, missing);
            tokens_.mint(base_, token(token_of), amount);
            CHECK(pool.supply(tokens_, base_, reserve_of(where, token_of), amount, 0).has_value());
        }
    }
    for (std::size_t g = 0; g < draws.size(); ++g) {
        const GroupDraw& d = draws[g];
        const auto group = static_cast<std::uint32_t>(groups_.size());
        groups_.push_back({where,
                           reserve_of(where, d.collateral),
                           reserve_of(where, d.debt),
                           d.collateral,
                           d.debt,
                           d.threshold,
                           {}});
        for (const Drawn& a : accounts[g]) {
            const HolderId holder = tokens_.add_holder();
            const U256 collateral = raw_amount(d.collateral, a.collateral);
            tokens_.mint(holder, token(d.collateral), collateral);
            CHECK(
                pool.supply(tokens_, holder, groups_[group].collateral, collateral, 0).has_value());
            if (d.mode != 0) {
                CHECK(pool.set_e_mode(tokens_, holder, d.mode, 0) == Revert::none);
            }
            borrowers_.push_back({holder, group, 0.0, 1.0, false});
        }
    }
    std::size_t next = borrowers_.size();
    for (const std::vector<Drawn>& drawn : accounts) {
        next -= drawn.size();
    }
    for (std::size_t g = 0; g < draws.size(); ++g) {
        const std::size_t group = groups_.size() - draws.size() + g;
        for (const Drawn& a : accounts[g]) {
            const auto done = pool.borrow(tokens_,
                                          borrowers_[next].holder,
                                          groups_[group].debt,
                                          raw_amount(draws[g].debt, a.debt),
                                          0);
            CHECK(done.has_value());
            groups_[group].order.push_back(static_cast<std::uint32_t>(next));
            set_critical(static_cast<std::uint32_t>(next));
            ++next;
        }
        order_group(groups_[group], borrowers_);
    }
}

// --- agents' wallets -----------------------------------------------------------------------------

DefiWorld::AgentWallets& DefiWorld::wallets_of(std::uint32_t agent) {
    if (agent >= agents_.size()) {
        agents_.resize(agent + 1);
    }
    return agents_[agent];
}

std::uint32_t DefiWorld::open_wallet(std::uint32_t agent, double usd, WalletRights rights) {
    AgentWallets& own = wallets_of(agent);
    own.wallets.push_back(tokens_.add_holder());
    if (rights == WalletRights::minter) {
        issuer_->allow(own.wallets.back());
    }
    if (usd > 0.0) {
        tokens_.mint(own.wallets.back(), token(ChainToken::usd), raw_amount(ChainToken::usd, usd));
    }
    return static_cast<std::uint32_t>(own.wallets.size() - 1);
}

void DefiWorld::bind_venue(std::uint32_t agent, VenueId venue, const VenueAccounts& accounts) {
    AgentWallets& own = wallets_of(agent);
    if (venue.raw() >= own.at_venue.size()) {
        own.at_venue.resize(venue.raw() + 1U);
    }
    const HolderId holder = tokens_.add_holder();
    own.at_venue[venue.raw()] = holder;
    tokens_.bind(holder, token(ChainToken::usd), accounts.usd);
    for (const auto& [t, id] : {std::pair{ChainToken::eth, accounts.eth},
                                std::pair{ChainToken::btc, accounts.btc},
                                std::pair{ChainToken::synthetic, accounts.synthetic}}) {
        if (id.valid()) {
            tokens_.bind(holder, token(t), id);
        }
    }
}

void DefiWorld::start_deposit(std::uint32_t agent, std::uint32_t k, ChainMarket where, double usd) {
    Market& m = market(where);
    if (!m.pool) {
        return;
    }
    const TokenId claim = m.pool->reserve(reserve_of(where, ChainToken::usd)).tokens.a_token;
    const U256 amount = min(raw_amount(ChainToken::usd, usd), tokens_.balance(base_, claim));
    tokens_.transfer(base_, wallet(agent, k), claim, amount, Reason::lending);
}

}  // namespace margincall::inline chain
