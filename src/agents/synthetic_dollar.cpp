#include "agents/synthetic_dollar.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "agents/families.hpp"
#include "chain/chain_units.hpp"

namespace margincall::inline agents {
namespace {

constexpr double skew = 0.04;  // of par, at an inventory of everything shown
constexpr double centre_min = 0.30;
constexpr double away_min = 15.0;      // time constant of sending inventory away
constexpr double recovery_min = 20.0;  // ... of depth coming back
constexpr Duration maker_clock = seconds(5);
constexpr Duration arbitrage_clock = seconds(60);
constexpr double least_arbitrage_usd = 5'000.0;
constexpr double dollar_protection = 0.005;
constexpr double cash_per_wake = 0.02;  // of the arbitrageurs' cash
constexpr double order_usd = 20'000.0;  // mean ordinary order

// Where a maker's side of the book rests: distance from its centre, share of the size.
struct Level {
    double distance;
    double share;
};
constexpr std::array<Level, 7> ladder = {{{0.0001, 0.10},
                                          {0.0003, 0.15},
                                          {0.0010, 0.20},
                                          {0.0030, 0.20},
                                          {0.0100, 0.15},
                                          {0.0300, 0.10},
                                          {0.0800, 0.10}}};

}  // namespace

double synthetic_turmoil(AgentContext& context, const Plan& plan) {
    return context.volatility(AssetId::from_raw(0)) / plan.assets.front().volatility;
}

double synthetic_depth(const SyntheticDollarPlan& plan, double z, double gap) {
    const double volatile_part = z / plan.vol_withdraw;
    const double loss_part = gap / plan.loss_withdraw;
    return 1.0 / (1.0 + volatile_part * volatile_part) / (1.0 + std::abs(loss_part));
}

double synthetic_centre(double inventory_usd, double shown_usd) {
    const double full = std::max(shown_usd, 1.0);
    return std::max(centre_min, 1.0 - skew * inventory_usd / full);
}

bool withdrawals_slow(const SyntheticDollarPlan& plan, double z) {
    return z > plan.slow_above;
}

SyntheticMaker::SyntheticMaker(const Plan& plan,
                               AssetId asset,
                               const AssetBook& book,
                               double book_usd)
    : plan_{plan}, asset_{asset}, book_{book}, book_usd_{book_usd} {}

AgentSetup SyntheticMaker::setup() const {
    AgentSetup setup;
    setup.name = "synthetic-maker-" + plan_.instruments[book_.id.raw()].name;
    setup.latency = LatencyClass::maker;
    setup.entity = entity_name(family_synthetic_maker, book_.id.raw());
    setup.instruments = {book_.id};
    setup.cash_usd_per_venue = 4.0 * book_usd_;
    setup.first_wake = SimTime{} + seconds(1) + milliseconds(book_.id.raw());
    return setup;
}

void SyntheticMaker::wake(AgentContext& context) {
    context.wake_after(maker_clock);
    const SyntheticDollarPlan& p = plan_.defi.usde;
    const double z = synthetic_turmoil(context, plan_);
    const Instrument& inst = context.instrument(book_.id);
    const std::int64_t held = context.position(book_.id).raw();
    inventory_usd_ += static_cast<double>(held - position_) * inst.lot_base * centre_;
    position_ = held;
    const double dt_min = to_seconds(maker_clock) / 60.0;
    if (!withdrawals_slow(p, z)) {
        inventory_usd_ *= std::exp(-dt_min / away_min);
    }
    const double wanted = synthetic_depth(p, z, 1.0 - centre_);
    depth_ = wanted < depth_
                 ? wanted
                 : depth_ + (wanted - depth_) * (1.0 - std::exp(-dt_min / recovery_min));
    const double shown = 0.5 * book_usd_ * depth_;
    centre_ = synthetic_centre(inventory_usd_, 0.5 * book_usd_ * std::max(depth_, 0.02));
    if (std::abs(centre_ / std::max(quoted_centre_, 1e-9) - 1.0) > 0.5 * ladder[0].distance ||
        std::abs(shown / std::max(quoted_usd_, 1.0) - 1.0) > 0.10) {
        quote(context, centre_, shown);
    }
}

void SyntheticMaker::quote(AgentContext& context, double centre, double shown_usd) {
    const Instrument& inst = context.instrument(book_.id);
    context.cancel_all(book_.id);
    quoted_centre_ = centre;
    quoted_usd_ = shown_usd;
    const double half = plan_.defi.usde.spread_bps * 0.5e-4 / std::max(depth_, 0.005);
    for (const Level& level : ladder) {
        const double away = std::min(level.distance + half, 0.5);
        const auto bid = quantize_price(centre * (1.0 - away), inst, Round::down);
        const auto ask = quantize_price(centre * (1.0 + away), inst, Round::up);
        const Lots qty = quantize_qty(shown_usd * level.share / centre, inst);
        if (qty.raw() == 0) {
            continue;
        }
        if (bid) {
            context.limit(
                book_.id, Side::buy, *bid, qty, TimeInForce::gtc, PostOnly::no, Cause::synthetic);
        }
        if (ask) {
            context.limit(
                book_.id, Side::sell, *ask, qty, TimeInForce::gtc, PostOnly::no, Cause::synthetic);
        }
    }
}

SyntheticTrader::SyntheticTrader(const Plan& plan, AssetId asset)
    : plan_{plan}, asset_{asset}, books_{asset_books(plan, asset).spots} {}

AgentSetup SyntheticTrader::setup() const {
    AgentSetup setup;
    setup.name = "synthetic-traders";
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family_synthetic_trader, 0);
    setup.instruments = ids_of(books_);
    setup.cash_usd_per_venue = 1e9;
    setup.first_wake = SimTime{} + seconds(40);
    return setup;
}

void SyntheticTrader::wake(AgentContext& context) {
    const double gap_s = seconds_per_day * order_usd / plan_.defi.usde.noise_per_day;
    context.wake_after(duration_from_seconds(context.rng(Purpose::arrival).exponential(gap_s)));
    const AssetBook& book = book_by_volume(books_, context.rng(Purpose::choice).uniform());
    const Side side = context.rng(Purpose::side).chance(0.5) ? Side::buy : Side::sell;
    const double usd = context.rng(Purpose::size).exponential(order_usd);
    (void)take_usd(context, book.id, side, usd, dollar_protection, Cause::synthetic);
}

SyntheticArbitrage::SyntheticArbitrage(const Plan& plan, AssetId asset)
    : plan_{plan}, asset_{asset}, books_{asset_books(plan, asset).spots} {}

AgentSetup SyntheticArbitrage::setup() const {
    AgentSetup setup;
    setup.name = "synthetic-arbitrage";
    setup.latency = LatencyClass::arbitrage;
    setup.entity = entity_name(family_synthetic_arbitrage, 0);
    setup.instruments = ids_of(books_);
    const double cash = plan_.defi.usde.arbitrage_cash;
    setup.cash_usd_per_venue =
        0.5 * cash / static_cast<double>(std::max<std::size_t>(1, books_.size()));
    setup.wallets = {{0.5 * cash, 0.0, ChainMarket::main, WalletRights::minter}};
    setup.first_wake = SimTime{} + seconds(45);
    return setup;
}

void SyntheticArbitrage::wake(AgentContext& context) {
    context.wake_after(arbitrage_clock);
    if (context.chain() == nullptr) {
        return;
    }
    trade_pools(context);
    if (withdrawals_slow(plan_.defi.usde, synthetic_turmoil(context, plan_))) {
        return;
    }
    for (const AssetBook& book : books_) {
        buy_and_redeem(context, book);
    }
}

// On chain nothing is slow: a pool below par is bought and redeemed, one above par gets what is
// minted, both up to the least gap and with a fiftieth of the cash a minute.
void SyntheticArbitrage::trade_pools(AgentContext& context) {
    const SyntheticDollarPlan& p = plan_.defi.usde;
    const DefiWorld& chain = *context.chain();
    if (!chain.dollar_pools()) {
        return;
    }
    const DollarPools& pools = *chain.dollar_pools();
    const double usd = std::min(chain.wallet_amount(context.self().raw(), 0, ChainToken::usd),
                                cash_per_wake * p.arbitrage_cash);
    for (const DollarPool pool : {DollarPool::curve, DollarPool::uniswap}) {
        const double fee = pools.fee(pool);
        const double low = (1.0 - p.arbitrage_from) * (1.0 - fee);
        const double high = (1.0 + p.arbitrage_from) / (1.0 - fee);
        ChainCall call;
        call.pool = pool;
        if (const double paid = pools.amount_to(pool, ChainToken::usd, low, usd);
            paid > least_arbitrage_usd) {
            call.kind = ChainCallKind::swap;
            call.amount = raw_amount(ChainToken::usd, paid);
            call.least = raw_amount(ChainToken::synthetic, paid);  // a dollar's worth at least
            context.call(call, 1);
            call.kind = ChainCallKind::redeem;
            call.amount = U256::max();
            context.call(call, 2);
        } else if (const double sold = pools.amount_to(pool, ChainToken::synthetic, high, usd);
                   sold > least_arbitrage_usd) {
            call.kind = ChainCallKind::mint;
            call.amount = raw_amount(ChainToken::usd, sold);
            context.call(call, 1);
            call.kind = ChainCallKind::swap;
            call.token = ChainToken::synthetic;
            call.amount = raw_amount(ChainToken::synthetic, sold);
            call.least = raw_amount(ChainToken::usd, sold);
            context.call(call, 1);
        }
    }
}

// Below par: buys, sends the coins to the chain and redeems them. Above par: mints and sells.
void SyntheticArbitrage::buy_and_redeem(AgentContext& context, const AssetBook& book) {
    const SyntheticDollarPlan& p = plan_.defi.usde;
    const DefiWorld& chain = *context.chain();
    const std::uint32_t self = context.self().raw();
    const Instrument& inst = context.instrument(book.id);
    const Quote quote = context.quote(book.id);
    const auto blocks = static_cast<std::uint32_t>(plan_.defi.keeper.transfer_blocks);
    ChainCall call;
    call.venue = inst.venue;
    call.token = ChainToken::synthetic;
    const double coins = coins_held(context, book.id);
    const double ask = to_usd(inst, quote.ask);
    const double bid = to_usd(inst, quote.bid);
    if (quote.ask.raw() > 0 && ask < 1.0 - p.arbitrage_from) {
        const double usd = std::min(context.cash_usd(inst.venue), cash_per_wake * p.arbitrage_cash);
        if (usd > least_arbitrage_usd) {
            (void)take_usd(context, book.id, Side::buy, usd, 0.3 * (1.0 - ask), Cause::synthetic);
        }
    } else if (quote.bid.raw() > 0 && bid > 1.0 + p.arbitrage_from) {
        if (coins > least_arbitrage_usd) {
            (void)take_usd(
                context, book.id, Side::sell, coins, dollar_protection, Cause::synthetic);
        } else {
            call.kind = ChainCallKind::mint;
            call.amount = raw_amount(ChainToken::usd, cash_per_wake * p.arbitrage_cash);
            context.call(call, 1);
            call.kind = ChainCallKind::to_venue;
            call.amount = call.amount * power_of_ten(12);
            context.call(call, 1 + blocks);
        }
        return;
    }
    if (coins > least_arbitrage_usd) {
        call.kind = ChainCallKind::from_venue;
        call.amount = U256::max();
        context.call(call, blocks);
        call.kind = ChainCallKind::redeem;
        context.call(call, blocks + 1);
    }
    // Dollars that were paid go back to where the coin is cheap.
    const double idle = chain.wallet_amount(self, 0, ChainToken::usd) - 0.5 * p.arbitrage_cash;
    if (idle > 20.0 * least_arbitrage_usd &&
        context.cash_usd(inst.venue) < 0.1 * p.arbitrage_cash) {
        call.kind = ChainCallKind::to_venue;
        call.token = ChainToken::usd;
        call.amount = raw_amount(ChainToken::usd, 0.3 * idle);
        context.call(call, blocks);
    }
}

std::vector<std::unique_ptr<Agent>> make_synthetic_agents(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const SyntheticDollarPlan& p = plan.defi.usde;
    const AssetId asset = find_asset(plan, p.asset);
    if (!plan.defi.enabled || !asset.valid()) {
        return agents;
    }
    const std::vector<AssetBook> books = asset_books(plan, asset).spots;
    if (books.empty()) {
        return agents;
    }
    const double deepest = deepest_book(books).depth;
    for (const AssetBook& book : books) {
        const double usd = p.book * (deepest > 0.0 ? book.depth / deepest : 1.0);
        agents.push_back(std::make_unique<SyntheticMaker>(plan, asset, book, usd));
    }
    agents.push_back(std::make_unique<SyntheticTrader>(plan, asset));
    agents.push_back(std::make_unique<SyntheticArbitrage>(plan, asset));
    return agents;
}

}  // namespace margincall::inline agents
