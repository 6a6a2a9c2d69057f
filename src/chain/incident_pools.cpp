#include "chain/incident_pools.hpp"

namespace margincall::inline chain {

namespace {

using balancer::AttackParameters;
using balancer::AttackPlan;
using balancer::ComposableStablePool;

struct PoolState {
    std::array<U256, 3> balances;  // the shares' entry is filled from the supply
    std::array<U256, 3> factors;
    U256 amp;
    U256 supply;  // shares outside the vault
};

// Measured: tokens in the order of registration, shares second.
[[nodiscard]] PoolState osweth_state() {  // WETH, shares, osETH
    return {{4922356564867078856521_u256, U256{}, 6851581236039298760900_u256},
            {1000000000000000000_u256, 1000000000000000000_u256, 1058132408689971699_u256},
            U256{200'000},
            11847097352927601082261_u256};
}
[[nodiscard]] PoolState wsteth_state() {  // wstETH, shares, WETH
    return {{4270841022451395518160_u256, U256{}, 1977057709608602150017_u256},
            {1218116415279760760_u256, 1000000000000000000_u256, 1000000000000000000_u256},
            U256{5'000'000},
            6825542625640929750169_u256};
}

[[nodiscard]] ComposableStablePool pool_of(const PoolState& state, PoolRounding rounding) {
    ComposableStablePool pool;
    pool.bpt = 1;
    for (std::size_t i = 0; i < 3; ++i) {
        pool.balances.push_back(state.balances[i]);
        pool.scaling_factors.push_back(state.factors[i]);
        pool.rates.push_back({state.factors[i], state.factors[i], balancer::YieldFee::charged});
    }
    pool.amp = state.amp;
    pool.swap_fee = U256{100'000'000'000'000};               // 0.01 %
    pool.protocol_swap_fee = U256{500'000'000'000'000'000};  // half
    pool.total_supply = U256{1} << 111;
    pool.balances[pool.bpt] = pool.total_supply - state.supply;
    pool.last_join_exit_amp = pool.amp;
    pool.last_join_exit_invariant = balancer::invariant_of(pool);
    pool.amount_out_scaling = rounding == PoolRounding::flawed ? balancer::AmountOutScaling::down
                                                               : balancer::AmountOutScaling::up;
    return pool;
}

// How the attacker set up the batch on each pool; everything else is worked out on it.
[[nodiscard]] AttackParameters parameters_of(std::uint32_t pool, const ComposableStablePool& at) {
    AttackParameters p;
    p.drained_balance = pool == 0 ? U256{67'000} : U256{100'000'000'000};
    p.paid = pool == 0 ? 0 : 2;
    p.taken = pool == 0 ? 2 : 0;
    p.loops_max = pool == 0 ? 30 : 25;
    p.trick_amount = balancer::trick_amount(at.scaling_factors[p.taken]).value_or(U256{});
    return p;
}

}  // namespace

IncidentPools::IncidentPools(TokenBook& tokens, const Tokens& ids, const IncidentPlan& plan)
    : vault_(tokens) {
    const HolderId provider = tokens.add_holder();
    for (std::uint32_t k = 0; k < count(); ++k) {
        const ComposableStablePool pool =
            pool_of(k == 0 ? osweth_state() : wsteth_state(), plan.rounding);
        std::vector<TokenId> order = k == 0 ? std::vector{ids.eth, ids.shares[0], ids.other_staked}
                                            : std::vector{ids.staked, ids.shares[1], ids.eth};
        for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
            tokens.mint(provider, order[i], pool.balances[i]);
        }
        const auto id = vault_.adopt_composable(tokens, provider, pool, std::move(order));
        CHECK(id.has_value());
        ids_[k] = *id;
        outcomes_[k].invariant_before = outcomes_[k].invariant_after =
            balancer::invariant_of(pool).to_double();
        if (plan.paused) {
            vault_.set_status(ids_[k], balancer::PoolStatus::paused);
        }
    }
}

void IncidentPools::attack(TokenBook& tokens, std::uint32_t k, HolderId attacker) {
    IncidentOutcome& outcome = outcomes_[k];
    outcome.attacked = true;
    const ComposableStablePool before = pool(k);
    const Outcome<AttackPlan> plan = balancer::plan_attack(before, parameters_of(k, before));
    if (!plan || plan->profit.is_negative()) {
        return;
    }
    balancer::Batch batch;
    batch.kind = balancer::SwapKind::given_out;
    batch.assets = vault_.tokens_of(ids_[k]);
    batch.funds = {attacker, balancer::Purse::wallet, attacker, balancer::Purse::wallet};
    for (const balancer::AttackStep& step : plan->steps) {
        batch.steps.push_back({ids_[k], step.request.in, step.request.out, step.request.amount});
    }
    if (!vault_.batch_swap(tokens, batch)) {
        return;  // paused, or not the pool it was planned on
    }
    outcome.succeeded = true;
    outcome.stolen_eth = plan->profit.magnitude.to_double() * 1e-18;
    outcome.invariant_after = balancer::invariant_of(pool(k)).to_double();
    // The story of the batch, replayed on a copy.
    ComposableStablePool trial = before;
    for (std::uint32_t s = 0; s < plan->steps.size(); ++s) {
        const balancer::AttackStep& step = plan->steps[s];
        const auto done = attempt([&] { return balancer::swap(trial, step.request); });
        CHECK(done.has_value());
        const auto invariant = attempt([&] { return balancer::invariant_of(trial); });
        const auto rate = attempt([&] { return balancer::bpt_rate(trial); });
        steps_.push_back({k,
                          s,
                          step.stage,
                          invariant ? invariant->to_double() : 0.0,
                          rate ? rate->to_double() * 1e-18 : 0.0});
    }
}

}  // namespace margincall::inline chain
