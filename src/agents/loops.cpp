#include "agents/loops.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "chain/chain_units.hpp"

namespace margincall::inline agents {
namespace {

constexpr double days_per_year = 365.0;
constexpr double least_regrowth_usd = 1'000.0;
constexpr double loop_slack = 0.0005;   // price that a swap may lose to calls before it
constexpr double part_per_call = 0.10;  // of the collateral
constexpr double regrow_below = 0.95;   // of the leverage at the start
constexpr double leverage_max = 100.0;

[[nodiscard]] double leverage_of(const LoopState& loop) {
    const double equity = loop.collateral_usd - loop.debt_usd;
    return equity * leverage_max > loop.collateral_usd ? loop.collateral_usd / equity
                                                       : leverage_max;
}

// Of equity, a year.
[[nodiscard]] double earned(const LoopView& v) {
    return v.yield * v.leverage - v.rate * (v.leverage - 1.0);
}

}  // namespace

double loop_least_price(const LoopView& v) {
    return 1.0 + earned(v) * v.horizon_days / days_per_year / v.leverage;
}

LoopWish loop_wish(const LoopView& v) {
    if (earned(v) < 0.0) {
        return v.price > loop_least_price(v) ? LoopWish::leave : LoopWish::stay;
    }
    return v.leverage < regrow_below * v.leverage_start ? LoopWish::grow : LoopWish::stay;
}

AgentSetup LoopOwners::setup() const {
    AgentSetup setup;
    setup.name = "loop-owners";
    setup.entity = entity_name(family_loops, 0);
    setup.first_wake = SimTime{} + plan_.defi.block + seconds(2);
    return setup;
}

void LoopOwners::wake(AgentContext& context) {
    context.wake_after(plan_.defi.loops.clock);
    if (context.chain() == nullptr || !context.chain()->dollar_pools()) {
        return;
    }
    const DefiWorld& chain = *context.chain();
    const DollarPools& pools = *chain.dollar_pools();
    const LoopsPlan& p = plan_.defi.loops;
    const bool curve = pools.price(DollarPool::curve) >= pools.price(DollarPool::uniswap);
    LoopView view;
    view.yield = plan_.defi.usde.yield;
    view.rate = chain.dollar_borrow_rate();
    view.horizon_days = p.horizon_days;
    const double dt_min = to_seconds(p.clock) / 60.0;
    const double act = -std::expm1(-dt_min / p.time_min);
    Rng& rng = context.rng(Purpose::choice);
    for (const LoopState& loop : chain.dollar_loops()) {
        if (loop.account >= leverage_start_.size()) {
            leverage_start_.resize(loop.account + 1U, 0.0);
        }
        view.leverage = leverage_of(loop);
        double& start = leverage_start_[loop.account];
        start = start == 0.0 ? view.leverage : start;
        view.leverage_start = start;
        ChainCall call;
        call.account = loop.account;
        call.pool = curve ? DollarPool::curve : DollarPool::uniswap;
        view.price = pools.price(call.pool) * (1.0 - pools.fee(call.pool));
        const LoopWish wish = loop_wish(view);
        if (wish == LoopWish::stay || !rng.chance(act)) {
            continue;
        }
        if (wish == LoopWish::leave) {
            const double coins = part_per_call * loop.collateral_usd;
            call.kind = ChainCallKind::unwind;
            call.amount = raw_amount(ChainToken::synthetic, coins);
            call.least = raw_amount(ChainToken::usd, coins * loop_least_price(view));
            context.call(call, 1);
        } else {
            const double equity = loop.collateral_usd - loop.debt_usd;
            const double usd =
                std::min(part_per_call * loop.collateral_usd, equity * (start - view.leverage));
            if (usd > least_regrowth_usd) {
                call.kind = ChainCallKind::wind;
                call.amount = raw_amount(ChainToken::usd, usd);
                call.least = raw_amount(ChainToken::synthetic, usd * (1.0 - loop_slack));
                context.call(call, 1);
            }
        }
    }
}

std::vector<std::unique_ptr<Agent>> make_loop_owners(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const DefiPlan& defi = plan.defi;
    if (defi.enabled && defi.loops.enabled && defi.lending.borrowed > 0.0 &&
        defi.lending.dollar_loops > 0.0 && defi.pools.curve + defi.pools.uniswap > 0.0) {
        agents.push_back(std::make_unique<LoopOwners>(plan));
    }
    return agents;
}

}  // namespace margincall::inline agents
