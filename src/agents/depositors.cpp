#include "agents/depositors.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "chain/chain_units.hpp"

namespace margincall::inline agents {
namespace {

constexpr double mobile_share = 0.35;        // of the main market's dollars; the rest stays
constexpr double mobile_share_market = 0.9;  // of the share market's
constexpr double out_max = 0.95;
constexpr double least_move_usd = 10'000.0;

}  // namespace

double wanted_out(double sensitivity, double u) {
    return std::clamp(sensitivity * u, 0.0, out_max);
}

Depositors::Depositors(const Plan& plan) : plan_{plan} {
    const DefiPlan& d = plan.defi;
    Rng rng{plan.seed, entity_name(family_depositors, 0), Purpose::parameter};
    const auto add = [&](ChainMarket market, std::int64_t n, double usd) {
        double sum = 0.0;
        const std::size_t first = lenders_.size();
        for (std::int64_t k = 0; k < n; ++k) {
            const double size = rng.lognormal(1.0, 1.0);
            sum += size;
            lenders_.push_back(
                {market,
                 size,
                 rng.lognormal(d.depositors.sensitivity, d.depositors.sensitivity_sigma)});
        }
        for (std::size_t k = first; k < lenders_.size(); ++k) {
            lenders_[k].deposit_usd *= usd / sum;
        }
    };
    const LendingPlan& p = d.lending;
    const double all = p.eth_loops + p.dollar_loops + p.eth_backed + p.btc_backed;
    const double dollars = p.borrowed * (all - p.eth_loops) / all / p.usd_utilisation;
    if (dollars > 0.0) {
        add(ChainMarket::main, d.depositors.holders, dollars * mobile_share);
    }
    if (d.share_market.borrowed > 0.0) {
        add(ChainMarket::share,
            std::max<std::int64_t>(4, d.depositors.holders / 3),
            d.share_market.borrowed / d.share_market.utilisation * mobile_share_market);
    }
}

AgentSetup Depositors::setup() const {
    AgentSetup setup;
    setup.name = "depositors";
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family_depositors, 0);
    for (const Lender& l : lenders_) {
        setup.wallets.push_back({0.0, l.deposit_usd, l.market});
    }
    setup.first_wake = SimTime{} + seconds(30);
    return setup;
}

void Depositors::wake(AgentContext& context) {
    const DefiWorld* chain = context.chain();
    if (chain == nullptr) {
        return;
    }
    context.wake_after(plan_.defi.depositors.clock);
    const DepositorPlan& p = plan_.defi.depositors;
    const double dt_min = to_seconds(p.clock) / 60.0;
    const double u = context.uncertainty() - plan_.uncertainty;
    const bool failed = chain->share_value() < 0.999;
    for (std::uint32_t k = 0; k < lenders_.size(); ++k) {
        Lender& l = lenders_[k];
        const bool run = failed && l.market == ChainMarket::share;
        const double target = run ? 1.0 : wanted_out(l.sensitivity, u);
        const std::uint32_t self = context.self().raw();
        const double out_usd = chain->wallet_amount(self, k, ChainToken::usd);
        const double gap = target * l.deposit_usd - out_usd;
        const double time_min = gap < 0.0 ? 60.0 * p.return_hours
                                : run     ? p.share_time_min
                                          : p.time_min;
        const double usd = gap * (1.0 - std::exp(-dt_min / time_min));
        ChainCall call;
        call.market = l.market;
        call.wallet = k;
        call.token = ChainToken::usd;
        call.amount = raw_amount(ChainToken::usd, std::abs(usd));
        // What cannot be had now stays wanted: the gap is asked for again.
        if (std::abs(usd) > least_move_usd) {
            call.kind = usd > 0.0 ? ChainCallKind::withdraw : ChainCallKind::supply;
            context.call(call, 1);
        }
    }
}

std::vector<std::unique_ptr<Agent>> make_depositors(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (plan.defi.enabled && plan.defi.depositors.enabled &&
        (plan.defi.lending.borrowed > 0.0 || plan.defi.share_market.borrowed > 0.0)) {
        agents.push_back(std::make_unique<Depositors>(plan));
    }
    return agents;
}

}  // namespace margincall::inline agents
