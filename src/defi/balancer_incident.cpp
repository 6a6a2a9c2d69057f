#include "defi/balancer_incident.hpp"

namespace margincall::balancer {

namespace {

// A two-token pool with its shares between them in the list of tokens.
struct Before {
    U256 balance0;
    U256 balance2;
    U256 rate0;
    U256 rate2;
    U256 amp;
    U256 effective_supply;
};

[[nodiscard]] ComposableStablePool pool_of(const Before& before) {
    ComposableStablePool pool;
    pool.bpt = 1;
    pool.total_supply = U256{1} << 111;
    pool.balances = {before.balance0, pool.total_supply - before.effective_supply, before.balance2};
    for (const U256& rate : {before.rate0, one, before.rate2}) {
        pool.rates.push_back({rate, rate, YieldFee::charged});
        pool.scaling_factors.push_back(rate);
    }
    pool.amp = before.amp;
    pool.swap_fee = U256{100'000'000'000'000};
    pool.protocol_swap_fee = U256{500'000'000'000'000'000};
    pool.last_join_exit_amp = pool.amp;
    pool.last_join_exit_invariant = invariant_of(pool);
    return pool;
}

}  // namespace

IncidentPool oseth_weth_before_attack() {
    IncidentPool incident;
    incident.tokens = {"WETH", "osETH/WETH-BPT", "osETH"};
    incident.pool = pool_of({4922356564867078856521_u256,
                             6851581236039298760900_u256,
                             one,
                             U256{1'058'132'408'689'971'699},
                             U256{200} * amp_precision,
                             11847097352927601082261_u256});
    incident.attack.drained_balance = U256{67'000};
    incident.attack.paid = 0;
    incident.attack.taken = 2;
    incident.attack.trick_amount = U256{17};
    incident.attack.loops_max = 30;
    return incident;
}

IncidentPool wsteth_weth_before_attack() {
    IncidentPool incident;
    incident.tokens = {"wstETH", "wstETH/WETH-BPT", "WETH"};
    incident.pool = pool_of({4270841022451395518160_u256,
                             1977057709608602150017_u256,
                             U256{1'218'116'415'279'760'760},
                             one,
                             U256{5'000} * amp_precision,
                             6825542625640929750169_u256});
    incident.attack.drained_balance = U256{100'000'000'000};
    incident.attack.paid = 2;
    incident.attack.taken = 0;
    incident.attack.trick_amount = U256{4};
    incident.attack.loops_max = 25;
    return incident;
}

}  // namespace margincall::balancer
