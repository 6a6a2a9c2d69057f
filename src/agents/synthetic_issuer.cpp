#include "agents/synthetic_issuer.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "chain/chain_units.hpp"

namespace margincall::inline agents {
namespace {

constexpr Duration desk_clock = seconds(15);
constexpr Duration treasury_clock = seconds(60);
constexpr double hedge_band = 0.002;    // of the target
constexpr double backing_band = 0.002;  // of the coins held
constexpr double participation = 0.05;  // of ordinary volume
constexpr double issuer_protection = 0.005;
constexpr double least_issuer_usd = 20'000.0;
constexpr std::uint32_t custody = 0;  // wallets of the treasury
constexpr std::uint32_t liquid = 1;

// Dollars a second that an asset's ordinary trading bears.
[[nodiscard]] double pace_usd(const Plan& plan, AssetId asset, Duration clock) {
    return participation_usd(plan, asset, participation, to_seconds(clock));
}

}  // namespace

double hedge_order(double target, double position, double band) {
    const double gap = target - position;
    return std::abs(gap) > band ? gap : 0.0;
}

IssuerDesk::IssuerDesk(const Plan& plan) : plan_{plan} {
    for (ChainCoin& c : chain_coins(plan)) {
        coins_.push_back({c.token, c.asset, std::move(c.books.perps), 0});
    }
}

AgentSetup IssuerDesk::setup() const {
    AgentSetup setup;
    setup.name = "issuer-desk";
    setup.latency = LatencyClass::arbitrage;
    setup.entity = entity_name(family_synthetic_issuer, 0);
    for (const Coin& c : coins_) {
        for (const AssetBook& book : c.perps) {
            setup.instruments.push_back(book.id);
        }
    }
    // The custodian's mirror of the coins: every venue lends against all of them.
    const SyntheticDollarPlan& p = plan_.defi.usde;
    setup.cash_usd_per_venue = p.hedged_share * p.supply;
    setup.hedges_issuer = true;
    setup.first_wake = SimTime{} + seconds(30);
    return setup;
}

void IssuerDesk::wake(AgentContext& context) {
    context.wake_after(desk_clock);
    if (context.chain() == nullptr) {
        return;
    }
    for (Coin& coin : coins_) {
        follow(context, coin);
    }
}

// One book a wake, in turn, so that each sees the price that the last order left.
void IssuerDesk::follow(AgentContext& context, Coin& coin) const {
    const double index = context.index_ago(coin.asset, Duration{});
    if (coin.perps.empty() || index <= 0.0) {
        return;
    }
    double position = 0.0;
    for (const AssetBook& book : coin.perps) {
        position += coins_held(context, book.id);
    }
    const double target = -context.chain()->hedged_coins(coin.token);
    const double band = std::max(hedge_band * std::abs(target), least_issuer_usd / index);
    const double order = hedge_order(target, position, band);
    const double usd = std::min(std::abs(order) * index, pace_usd(plan_, coin.asset, desk_clock));
    if (usd > 0.0) {
        coin.next = (coin.next + 1) % coin.perps.size();
        (void)take_usd(context,
                       coin.perps[coin.next].id,
                       order > 0.0 ? Side::buy : Side::sell,
                       usd,
                       issuer_protection,
                       Cause::synthetic);
    }
}

IssuerTreasury::IssuerTreasury(const Plan& plan) : plan_{plan} {
    for (const ChainCoin& c : chain_coins(plan)) {
        if (!c.books.spots.empty()) {
            coins_.push_back(
                {c.token, c.asset, deepest_book(c.books.spots), Mode::idle, SimTime{}});
        }
    }
}

AgentSetup IssuerTreasury::setup() const {
    AgentSetup setup;
    setup.name = "issuer-treasury";
    setup.latency = LatencyClass::arbitrage;
    setup.entity = entity_name(family_synthetic_issuer, 1);
    for (const Coin& c : coins_) {
        setup.instruments.push_back(c.book.id);
    }
    setup.is_treasury = true;
    setup.first_wake = SimTime{} + seconds(50);
    return setup;
}

void IssuerTreasury::wake(AgentContext& context) {
    context.wake_after(treasury_clock);
    if (context.chain() == nullptr) {
        return;
    }
    for (Coin& coin : coins_) {
        decide(context, coin);
        trade(context, coin);
    }
}

// Coins to buy, negative to sell: the chain counts custody alone, what lies at the venue is there
// already.
double IssuerTreasury::wanted_coins(AgentContext& context, const Coin& coin) {
    return context.chain()->coins_to_trade(coin.token) - coins_held(context, coin.book.id);
}

// Starts beyond the band and goes on until the share is right.
void IssuerTreasury::decide(AgentContext& context, Coin& coin) {
    const DefiWorld& chain = *context.chain();
    const double wanted = wanted_coins(context, coin);
    const double band = backing_band * chain.hedged_coins(coin.token);
    if (coin.mode == Mode::idle && std::abs(wanted) > band) {
        coin.mode = wanted < 0.0 ? Mode::selling : Mode::buying;
    } else if ((coin.mode == Mode::selling && wanted >= 0.0) ||
               (coin.mode == Mode::buying && wanted <= 0.0)) {
        coin.mode = Mode::idle;
    }
}

void IssuerTreasury::move(
    AgentContext& context, Coin& coin, ChainCallKind kind, ChainToken token, double amount) const {
    ChainCall call;
    call.kind = kind;
    call.token = token;
    call.wallet = token == ChainToken::usd ? liquid : custody;
    call.venue = context.instrument(coin.book.id).venue;
    call.amount = raw_amount(token, amount);
    context.call(call, static_cast<std::uint32_t>(plan_.defi.keeper.transfer_blocks));
    coin.moving_until = context.now() + plan_.defi.transfer_time();
}

void IssuerTreasury::trade(AgentContext& context, Coin& coin) const {
    const Instrument& inst = context.instrument(coin.book.id);
    const double index = context.index_ago(coin.asset, Duration{});
    const double coins = coins_held(context, coin.book.id);
    const double cash = std::max(0.0, context.cash_usd(inst.venue));
    const double pace = pace_usd(plan_, coin.asset, treasury_clock);
    const double wanted = wanted_coins(context, coin);
    const bool free = coin.moving_until <= context.now();
    if (coin.mode == Mode::selling) {
        if (coins * index > least_issuer_usd) {
            (void)take_usd(context,
                           coin.book.id,
                           Side::sell,
                           std::min(coins * to_usd(inst, context.quote(coin.book.id).bid), pace),
                           issuer_protection,
                           Cause::synthetic);
        }
        if (free && -wanted * index > least_issuer_usd && coins * index < pace) {
            // What a quarter of an hour can sell.
            move(context,
                 coin,
                 ChainCallKind::to_venue,
                 coin.token,
                 std::min(-wanted, 15.0 * pace / index));
        } else if (free && cash > 50.0 * least_issuer_usd) {
            move(context, coin, ChainCallKind::from_venue, ChainToken::usd, cash);
        }
        return;
    }
    if (coin.mode == Mode::buying) {
        if (cash > least_issuer_usd) {
            (void)take_usd(context,
                           coin.book.id,
                           Side::buy,
                           std::min({cash, pace, wanted * index}),
                           issuer_protection,
                           Cause::synthetic);
        } else if (free && wanted * index > least_issuer_usd) {
            move(context,
                 coin,
                 ChainCallKind::to_venue,
                 ChainToken::usd,
                 std::min(wanted * index, 15.0 * pace));
        }
        return;
    }
    if (free && coins * index > least_issuer_usd) {
        move(context, coin, ChainCallKind::from_venue, coin.token, coins);
    } else if (free && cash > least_issuer_usd) {
        move(context, coin, ChainCallKind::from_venue, ChainToken::usd, cash);
    }
}

std::vector<std::unique_ptr<Agent>> make_synthetic_issuer(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const SyntheticDollarPlan& p = plan.defi.usde;
    if (plan.defi.enabled && !p.asset.empty() && p.hedged_share > 0.0 && p.supply > 0.0 &&
        chain_coins(plan).size() == 2) {
        agents.push_back(std::make_unique<IssuerDesk>(plan));
        agents.push_back(std::make_unique<IssuerTreasury>(plan));
    }
    return agents;
}

}  // namespace margincall::inline agents
