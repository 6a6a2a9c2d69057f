#include "agents/pool_arbitrage.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "agents/synthetic_dollar.hpp"
#include "chain/chain_units.hpp"

namespace margincall::inline agents {
namespace {

constexpr double least_leg_usd = 5'000.0;
constexpr double swap_slack = 0.0002;  // price that a swap may lose to calls before it in the block
// A maker lets its price go by 4 % of what it shows for each coin of it that it takes, seven tenths
// of which lie within 1 %: what trading all of that depth moves a book by.
constexpr double book_impact = 0.03;
constexpr double book_protection = 0.002;  // of sales in a book
constexpr double refill_below = 0.4;       // of the cash on chain: dollars are moved
constexpr double refill_above = 0.6;

[[nodiscard]] ChainToken other(ChainToken t) {
    return t == ChainToken::usd ? ChainToken::synthetic : ChainToken::usd;
}

// Most to trade in a book for a gap, USD: its own impact leaves half of the gap.
[[nodiscard]] double book_room(AgentContext& context, InstrumentId id, Side resting, double gap) {
    return context.depth_usd(id, resting, depth_near) * std::max(0.0, 0.5 * gap / book_impact);
}

}  // namespace

PoolArbitrage::PoolArbitrage(const Plan& plan, AssetId asset)
    : plan_{plan}, row_{plan.defi.pools}, asset_{asset} {
    for (const AssetBook& book : asset_books(plan, asset).spots) {
        Leg leg;
        leg.book = book;
        legs_.push_back(leg);
    }
}

AgentSetup PoolArbitrage::setup() const {
    AgentSetup setup;
    setup.name = "pool-arbitrage";
    setup.latency = LatencyClass::arbitrage;
    setup.entity = entity_name(family_pool_arbitrage, 0);
    for (const Leg& leg : legs_) {
        setup.instruments.push_back(leg.book.id);
    }
    setup.cash_usd_per_venue =
        0.5 * row_.arbitrage_cash / static_cast<double>(std::max<std::size_t>(1, legs_.size()));
    setup.wallets = {{0.5 * row_.arbitrage_cash, 0.0, ChainMarket::main}};
    setup.first_wake = SimTime{} + plan_.defi.block + seconds(1);
    return setup;
}

void PoolArbitrage::wake(AgentContext& context) {
    context.wake_after(plan_.defi.block);
    if (context.chain() == nullptr || !context.chain()->dollar_pools()) {
        return;
    }
    const DollarPools& pools = *context.chain()->dollar_pools();
    const auto transfers = withdrawals_slow(plan_.defi.usde, synthetic_turmoil(context, plan_))
                               ? Transfers::slow
                               : Transfers::open;
    look(context);
    between_pools(context, pools);
    sell_chain_coins(context, pools);
    place_venue_coins(context, pools, transfers);
    if (transfers == Transfers::open) {
        buy_on_venues(context, pools);
        buy_in_pool(context, pools);
        move_dollars(context);
    }
}

void PoolArbitrage::look(AgentContext& context) {
    const DefiWorld& chain = *context.chain();
    chain_usd_ = chain.wallet_amount(context.self().raw(), 0, ChainToken::usd);
    chain_coins_ = chain.wallet_amount(context.self().raw(), 0, ChainToken::synthetic);
    for (Leg& leg : legs_) {
        const Instrument& inst = context.instrument(leg.book.id);
        const Quote quote = context.quote(leg.book.id);
        const double fee = context.taker_fee(inst.venue);
        leg.bid = to_usd(inst, quote.bid) * (1.0 - fee);
        leg.ask = to_usd(inst, quote.ask) * (1.0 + fee);
        leg.coins = coins_held(context, leg.book.id);
    }
}

PoolArbitrage::PoolSide PoolArbitrage::dear(const DollarPools& pools) const {
    PoolSide best;
    for (const DollarPool pool : {DollarPool::curve, DollarPool::uniswap}) {
        const double price = pools.price(pool) * (1.0 - pools.fee(pool));
        if (pools.stands(pool) && price > best.price) {
            best = {pool, price};
        }
    }
    return best;
}

PoolArbitrage::PoolSide PoolArbitrage::cheap(const DollarPools& pools) const {
    PoolSide best;
    for (const DollarPool pool : {DollarPool::curve, DollarPool::uniswap}) {
        const double price = pools.price(pool) / (1.0 - pools.fee(pool));
        if (pools.stands(pool) && (best.price == 0.0 || price < best.price)) {
            best = {pool, price};
        }
    }
    return best;
}

void PoolArbitrage::swap(
    AgentContext& context, DollarPool pool, ChainToken in, double amount, double least) const {
    ChainCall call;
    call.kind = ChainCallKind::swap;
    call.pool = pool;
    call.token = in;
    call.amount = raw_amount(in, amount);
    call.least = raw_amount(other(in), least);
    context.call(call, 1);
}

// Buys in one pool and sells in the other, both in the next block: down to where the prices meet in
// the middle, as far as both pools reach there.
void PoolArbitrage::between_pools(AgentContext& context, const DollarPools& pools) {
    const PoolSide high = dear(pools);
    const PoolSide low = cheap(pools);
    if (high.pool == low.pool || low.price <= 0.0 ||
        high.price / low.price - 1.0 <= row_.arbitrage_from) {
        return;
    }
    const double middle = std::sqrt(high.price * low.price);
    const double usd = pools.amount_to(
        low.pool, ChainToken::usd, middle * (1.0 - pools.fee(low.pool)), chain_usd_);
    const double room = pools.amount_to(
        high.pool, ChainToken::synthetic, middle / (1.0 - pools.fee(high.pool)), usd / low.price);
    const double spend = std::min(usd, room * low.price);
    const auto bought = pools.quote(low.pool, ChainToken::usd, raw_amount(ChainToken::usd, spend));
    if (spend < least_leg_usd || !bought) {
        return;
    }
    const auto sold = pools.quote(high.pool, ChainToken::synthetic, bought->out);
    const double coins = whole_amount(ChainToken::synthetic, bought->out);
    if (!sold || whole_amount(ChainToken::usd, sold->out) < spend + 2.0 * row_.gas) {
        return;
    }
    swap(context, low.pool, ChainToken::usd, spend, coins * (1.0 - swap_slack));
    swap(context, high.pool, ChainToken::synthetic, coins, spend);
    chain_usd_ -= spend;
}

// What is on chain is sold while a pool pays more than buying the coin again on the cheapest venue
// would cost; without books, more than par less the least gap.
void PoolArbitrage::sell_chain_coins(AgentContext& context, const DollarPools& pools) {
    if (chain_coins_ < least_leg_usd || leaving_until_ > context.now()) {
        return;
    }
    double floor = 1.0 - row_.arbitrage_from;
    for (const Leg& leg : legs_) {
        if (leg.ask > 0.0) {
            floor = std::min(floor, leg.ask);
        }
    }
    const PoolSide best = dear(pools);
    const double coins = pools.amount_to(
        best.pool, ChainToken::synthetic, floor / (1.0 - pools.fee(best.pool)), chain_coins_);
    if (coins > least_leg_usd && coins * (best.price - floor) > row_.gas) {
        swap(context, best.pool, ChainToken::synthetic, coins, coins * floor * (1.0 - swap_slack));
    }
}

// Coins on a venue are sold there where its bid is better than the pools, and sent to the chain
// otherwise.
void PoolArbitrage::place_venue_coins(AgentContext& context,
                                      const DollarPools& pools,
                                      Transfers transfers) {
    const PoolSide best = dear(pools);
    for (Leg& leg : legs_) {
        if (leg.coins < least_leg_usd) {
            continue;
        }
        if (leg.bid >= best.price) {
            const double gap = leg.bid / best.price - 1.0 + row_.arbitrage_from;
            (void)take_usd(
                context,
                leg.book.id,
                Side::sell,
                std::min(leg.coins * leg.bid, book_room(context, leg.book.id, Side::buy, gap)),
                book_protection,
                Cause::synthetic);
        } else if (transfers == Transfers::open && leg.sending_until <= context.now()) {
            ChainCall call;
            call.kind = ChainCallKind::from_venue;
            call.token = ChainToken::synthetic;
            call.venue = context.instrument(leg.book.id).venue;
            call.amount = raw_amount(ChainToken::synthetic, leg.coins);
            context.call(call, static_cast<std::uint32_t>(plan_.defi.keeper.transfer_blocks));
            leg.sending_until = context.now() + plan_.defi.transfer_time();
        }
    }
}

// A book below the pools: buys what would bring the pool down to it, less what is on the way.
void PoolArbitrage::buy_on_venues(AgentContext& context, const DollarPools& pools) {
    const PoolSide best = dear(pools);
    double owned = chain_coins_;
    for (const Leg& leg : legs_) {
        owned += leg.coins;
    }
    for (const Leg& leg : legs_) {
        const double gap = leg.ask > 0.0 ? best.price / leg.ask - 1.0 : 0.0;
        if (gap <= row_.arbitrage_from) {
            continue;
        }
        const double cash = context.cash_usd(context.instrument(leg.book.id).venue);
        const double target = leg.ask * (1.0 + row_.arbitrage_from) / (1.0 - pools.fee(best.pool));
        const double room =
            pools.amount_to(best.pool, ChainToken::synthetic, target, owned + cash / leg.ask);
        const double usd = std::min(
            {(room - owned) * leg.ask, cash, book_room(context, leg.book.id, Side::sell, gap)});
        if (usd > least_leg_usd && usd * gap > row_.gas) {
            owned += take_usd(context, leg.book.id, Side::buy, usd, 0.5 * gap, Cause::synthetic) /
                     leg.ask;
        }
    }
}

// A book above the pools: buys in the cheapest pool up to it and sends the coins there.
void PoolArbitrage::buy_in_pool(AgentContext& context, const DollarPools& pools) {
    if (leaving_until_ > context.now()) {
        return;
    }
    const PoolSide low = cheap(pools);
    const Leg* highest = nullptr;
    for (const Leg& leg : legs_) {
        if (highest == nullptr || leg.bid > highest->bid) {
            highest = &leg;
        }
    }
    if (highest == nullptr || low.price <= 0.0 ||
        highest->bid / low.price - 1.0 <= row_.arbitrage_from) {
        return;
    }
    const double gap = highest->bid / low.price - 1.0;
    const double most =
        std::min(chain_usd_, book_room(context, highest->book.id, Side::buy, gap) - highest->coins);
    const double target = highest->bid / (1.0 + row_.arbitrage_from) * (1.0 - pools.fee(low.pool));
    const double usd = pools.amount_to(low.pool, ChainToken::usd, target, most);
    const bool worth = usd > least_leg_usd && usd * gap > row_.gas;
    if (worth) {
        swap(context, low.pool, ChainToken::usd, usd, usd / highest->bid);
        chain_usd_ -= usd;
    }
    if (worth || chain_coins_ > least_leg_usd) {
        const auto blocks = static_cast<std::uint32_t>(plan_.defi.keeper.transfer_blocks);
        ChainCall call;
        call.kind = ChainCallKind::to_venue;
        call.token = ChainToken::synthetic;
        call.venue = context.instrument(highest->book.id).venue;
        call.amount = U256::max();
        context.call(call, 1 + blocks);
        leaving_until_ = context.now() + plan_.defi.transfer_time();
    }
}

// Keeps about half of the cash on chain.
void PoolArbitrage::move_dollars(AgentContext& context) {
    if (legs_.empty() || money_until_ > context.now()) {
        return;
    }
    const double half = 0.5 * row_.arbitrage_cash;
    const auto cash = [&](const Leg& leg) {
        return context.cash_usd(context.instrument(leg.book.id).venue);
    };
    const auto [poorest, richest] = std::minmax_element(
        legs_.begin(), legs_.end(), [&](const Leg& a, const Leg& b) { return cash(a) < cash(b); });
    ChainCall call;
    call.token = ChainToken::usd;
    double usd = 0.0;
    if (chain_usd_ > refill_above * row_.arbitrage_cash) {
        call.kind = ChainCallKind::to_venue;
        call.venue = context.instrument(poorest->book.id).venue;
        usd = chain_usd_ - half;
    } else if (chain_usd_ < refill_below * row_.arbitrage_cash) {
        call.kind = ChainCallKind::from_venue;
        call.venue = context.instrument(richest->book.id).venue;
        usd = std::min(half - chain_usd_, cash(*richest));
    }
    if (usd > least_leg_usd) {
        call.amount = raw_amount(ChainToken::usd, usd);
        context.call(call, static_cast<std::uint32_t>(plan_.defi.keeper.transfer_blocks));
        money_until_ = context.now() + plan_.defi.transfer_time();
    }
}

std::vector<std::unique_ptr<Agent>> make_pool_arbitrage(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const DollarPoolsPlan& p = plan.defi.pools;
    if (!plan.defi.enabled || !p.arbitrage || p.arbitrage_cash <= 0.0 ||
        p.curve + p.uniswap <= 0.0) {
        return agents;
    }
    if (const AssetId asset = find_asset(plan, plan.defi.usde.asset); asset.valid()) {
        agents.push_back(std::make_unique<PoolArbitrage>(plan, asset));
    }
    return agents;
}

}  // namespace margincall::inline agents
