#include "agents/make_agents.hpp"

#include <iterator>

#include "agents/arbitrage.hpp"
#include "agents/behaviour.hpp"
#include "agents/chain_attacker.hpp"
#include "agents/depositors.hpp"
#include "agents/informed.hpp"
#include "agents/keeper.hpp"
#include "agents/leveraged_flow.hpp"
#include "agents/loops.hpp"
#include "agents/market_maker.hpp"
#include "agents/noise.hpp"
#include "agents/outside_leverage.hpp"
#include "agents/patient.hpp"
#include "agents/pool_arbitrage.hpp"
#include "agents/programme.hpp"
#include "agents/synthetic_dollar.hpp"
#include "agents/synthetic_issuer.hpp"

namespace margincall::inline agents {

std::vector<std::unique_ptr<Agent>> make_agents(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const auto append = [&agents](std::vector<std::unique_ptr<Agent>> family) {
        agents.insert(agents.end(),
                      std::make_move_iterator(family.begin()),
                      std::make_move_iterator(family.end()));
    };
    append(make_patient_orders(plan));
    append(make_market_makers(plan));
    append(make_noise_takers(plan));
    append(make_arbitrageurs(plan));
    append(make_trend_followers(plan));
    append(make_panic_sellers(plan));
    append(make_dip_buyers(plan));
    append(make_programmes(plan));
    agents.push_back(std::make_unique<LeveragedFlow>(plan));
    append(make_depositors(plan));
    append(make_keepers(plan));
    append(make_attackers(plan));
    append(make_synthetic_agents(plan));
    append(make_pool_arbitrage(plan));
    append(make_synthetic_issuer(plan));
    append(make_loop_owners(plan));
    append(make_option_hedgers(plan));
    append(make_loan_books(plan));
    append(make_informed_traders(plan));  // last: whose accounts no draws are numbered by
    return agents;
}

}  // namespace margincall::inline agents
