// The Balancer incident's vectors: traces of the two pools step by step, and the same steps against
// the corrected rounding.
#include "defi/balancer_stable_pool.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

namespace {

using namespace balancer;  // NOLINT(google-build-using-namespace): one protocol per evaluator

[[nodiscard]] AmountOutScaling scaling_named(const std::string& text) {
    return text.find("mulUp") != std::string::npos ? AmountOutScaling::up : AmountOutScaling::down;
}

// A pool of the vectors: 18-decimal tokens whose scaling factors are their rates, nothing due to
// the protocol at the start.
[[nodiscard]] ComposableStablePool incident_pool(const nlohmann::json& inputs) {
    const Fields in{inputs};
    ComposableStablePool pool;
    pool.bpt = in.index({"bptIndex"});
    for (const nlohmann::json& b : in.at({"balances"})) {
        pool.balances.push_back(b.is_null() ? U256{} : to_number(b));
    }
    for (const U256& factor : in.numbers({"scalingFactors"})) {
        pool.scaling_factors.push_back(factor);
        pool.rates.push_back({factor, factor, YieldFee::charged});
    }
    pool.amp = in.number({"amplificationWithPrecision1000", "amp"});
    pool.swap_fee = in.number({"swapFeePercentage", "swapFee"});
    pool.protocol_swap_fee = in.number_or({"protocolSwapFeePercentage"}, U256{});
    pool.total_supply = U256{1} << 111;
    pool.balances[pool.bpt] = pool.total_supply - in.number({"effectiveSupplyBefore"});
    pool.last_join_exit_amp = pool.amp;
    pool.last_join_exit_invariant = invariant_of(pool);
    pool.amount_out_scaling = scaling_named(in.text({"rounding"}));
    return pool;
}

struct Replay {
    ComposableStablePool pool;  // where it ended, before the step that reverted
    std::vector<SwapRequest> requests;
    std::vector<SwapAmounts> amounts;
    std::vector<ComposableStablePool> after;  // per step
    std::vector<SignedU256> deltas;
    std::optional<Revert> revert;
};

[[nodiscard]] Replay replay(ComposableStablePool pool, const nlohmann::json& steps, SwapKind kind) {
    Replay out;
    out.deltas.resize(pool.balances.size());
    for (const nlohmann::json& step : steps) {
        const SwapRequest request{kind,
                                  to_number(step.at(0)).to_u64(),
                                  to_number(step.at(1)).to_u64(),
                                  to_number(step.at(2))};
        ComposableStablePool trial = pool;
        const Outcome<SwapAmounts> amounts =
            attempt([&trial, &request] { return swap(trial, request); });
        if (!amounts) {
            out.revert = amounts.error();
            break;
        }
        pool = trial;
        out.requests.push_back(request);
        out.amounts.push_back(*amounts);
        out.after.push_back(pool);
        out.deltas[request.in] += amounts->in;
        out.deltas[request.out] -= amounts->out;
    }
    out.pool = pool;
    return out;
}

[[nodiscard]] std::vector<U256> token_balances(const ComposableStablePool& pool) {
    std::vector<U256> out;
    for (std::size_t i = 0; i < pool.balances.size(); ++i) {
        if (i != pool.bpt) {
            out.push_back(pool.balances[i]);
        }
    }
    return out;
}

[[nodiscard]] nlohmann::json deltas_json(const std::vector<SignedU256>& deltas) {
    nlohmann::json out = nlohmann::json::array();
    for (const SignedU256& d : deltas) {
        out.push_back(d.to_string());
    }
    return out;
}

[[nodiscard]] SwapKind kind_of(const nlohmann::json& inputs) {
    return inputs.value("kind", "GIVEN_OUT") == "GIVEN_IN" ? SwapKind::given_in
                                                           : SwapKind::given_out;
}

// Steps in the form [step, phase, in, out, amountOut, amountIn, balances..., virtualSupply]; the
// phase's name is the vector's own.
[[nodiscard]] nlohmann::json per_step_json(const Replay& run, const nlohmann::json& expected) {
    nlohmann::json out = nlohmann::json::array();
    for (std::size_t k = 0; k < run.requests.size(); ++k) {
        nlohmann::json row = {k,
                              k < expected.size() ? expected[k].at(1) : nlohmann::json("?"),
                              run.requests[k].in,
                              run.requests[k].out,
                              run.amounts[k].out.to_string(),
                              run.amounts[k].in.to_string()};
        for (const U256& b : token_balances(run.after[k])) {
            row.push_back(b.to_string());
        }
        row.push_back(virtual_supply(run.after[k]).to_string());
        out.push_back(row);
    }
    return out;
}

// The state after the last step of each phase that the vector names.
[[nodiscard]] nlohmann::json phase_ends_json(const Replay& run, const nlohmann::json& expected) {
    nlohmann::json out = nlohmann::json::array();
    for (const nlohmann::json& wanted : expected.value("phaseEnds", nlohmann::json::array())) {
        const std::string phase = wanted.at("after").get<std::string>();
        const nlohmann::json& steps = expected.at("perStep");
        for (std::size_t k = steps.size(); k-- > 0;) {
            if (steps[k].at(1) == phase && k < run.after.size()) {
                const ComposableStablePool& pool = run.after[k];
                out.push_back({{"after", phase},
                               {"invariant", invariant_of(pool).to_string()},
                               {"balances", to_json(token_balances(pool))},
                               {"virtualSupply", virtual_supply(pool).to_string()}});
                break;
            }
        }
    }
    return out;
}

[[nodiscard]] VectorResult evaluate_trace(const DefiVector& vector) {
    const ComposableStablePool pool = incident_pool(vector.inputs);
    const Replay run = replay(pool, vector.inputs.at("steps"), kind_of(vector.inputs));
    nlohmann::json got;
    if (run.revert) {
        got["revert"] = std::string(revert_name(*run.revert));
    }
    got["invariantBefore"] = invariant_of(pool).to_string();
    got["rateBefore"] = bpt_rate(pool).to_string();
    got["perStep"] = per_step_json(run, vector.expected.value("perStep", nlohmann::json::array()));
    got["phaseEnds"] = phase_ends_json(run, vector.expected);
    got["assetDeltas"] = deltas_json(run.deltas);
    got["balancesAfter"] = to_json(token_balances(run.pool));
    got["invariantAfter"] = invariant_of(run.pool).to_string();
    got["virtualSupplyAfter"] = virtual_supply(run.pool).to_string();
    got["rateAfter"] = bpt_rate(run.pool).to_string();
    got["protocolFeeBptMinted"] = run.pool.protocol_fees_minted.to_string();
    VectorResult result =
        compare_fields(vector.name, vector.inputs, vector.expected, got, {"perStepFormat", "note"});
    if (result.outcome == VectorOutcome::failed) {
        const nlohmann::json& wanted = vector.expected.at("perStep");
        for (std::size_t k = 0; k < wanted.size() && k < got["perStep"].size(); ++k) {
            const VectorResult step =
                compare_fields("", {}, {{"step", wanted[k]}}, {{"step", got["perStep"][k]}});
            if (step.outcome == VectorOutcome::failed) {
                result.detail = "first difference at step " + std::to_string(k) + step.detail;
                break;
            }
        }
    }
    return result;
}

[[nodiscard]] std::optional<DefiVector> base_of(const DefiVector& vector) {
    const Fields in{vector.inputs};
    std::string name = in.text({"vector", "pool"});
    if (name.starts_with("as ")) {
        name = name.substr(3);
    }
    return find_vector(vector.file, name);
}

// Index of the first round step of a trace whose steps pay BPT first (the drain) and buy it last.
[[nodiscard]] bool touches_bpt(const SwapRequest& request, std::size_t bpt) {
    return request.in == bpt || request.out == bpt;
}

// The same or re-planned steps against the corrected rounding.
[[nodiscard]] VectorResult evaluate_fixed(const DefiVector& vector) {
    const auto base = base_of(vector);
    if (!base) {
        return {vector.name, VectorOutcome::failed, "the trace it refers to was not found"};
    }
    ComposableStablePool pool = incident_pool(base->inputs);
    pool.amount_out_scaling = AmountOutScaling::up;
    const nlohmann::json& steps =
        vector.inputs.contains("steps") ? vector.inputs["steps"] : base->inputs.at("steps");
    const Replay run = replay(pool, steps, kind_of(base->inputs));
    nlohmann::json got;
    if (run.revert) {
        got["revert"] = std::string(revert_name(*run.revert));
        got["firstRevertAtStep"] = run.requests.size();
        const Outcome<U256> invariant = attempt([&run] { return invariant_of(run.pool); });
        got["invariantAtRevert"] = invariant
                                       ? invariant->to_string()
                                       : "revert: " + std::string(revert_name(invariant.error()));
        got["balancesAtRevert"] = to_json(token_balances(run.pool));
    }
    got["assetDeltas"] = deltas_json(run.deltas);
    std::optional<U256> after_drain;
    std::optional<U256> lowest;
    std::optional<U256> after_loop;
    for (std::size_t k = 0; k < run.requests.size(); ++k) {
        const U256 invariant = invariant_of(run.after[k]);
        if (run.requests[k].in == pool.bpt) {
            after_drain = invariant;
        } else if (!touches_bpt(run.requests[k], pool.bpt)) {
            lowest = min(lowest.value_or(*after_drain), invariant);
            after_loop = invariant;
        }
    }
    if (after_loop) {
        got["invariantAfterDrain"] = after_drain->to_string();
        got["minInvariantDuringLoop"] = lowest->to_string();
        got["invariantAfterLoop"] = after_loop->to_string();
    }
    return compare_fields(vector.name, vector.inputs, vector.expected, got, {"meaning"});
}

// One GIVEN_OUT swap on a pool of plain balances.
[[nodiscard]] VectorResult evaluate_single(const DefiVector& vector) {
    const Fields in{vector.inputs};
    ComposableStablePool pool;
    pool.balances = in.numbers({"balances"});
    pool.bpt = pool.balances.size();  // the shares come last here
    pool.balances.emplace_back();
    for (const U256& factor : in.numbers({"scalingFactors"})) {
        pool.scaling_factors.push_back(factor);
        pool.rates.push_back({factor, factor, YieldFee::charged});
    }
    pool.scaling_factors.push_back(one);
    pool.rates.emplace_back();
    pool.amp = in.number({"amp"});
    pool.swap_fee = in.number({"swapFee", "swapFeePercentage"});
    pool.amount_out_scaling = scaling_named(in.text({"upscaleRounding"}));
    const SwapRequest request{SwapKind::given_out,
                              in.index({"indexIn"}),
                              in.index({"indexOut"}),
                              in.number({"amountOut"})};
    nlohmann::json got;
    got["scaledBalances"] = to_json(scaled_balances(pool));
    got["invariantBefore"] = invariant_of(pool).to_string();
    const Outcome<RegularSwapQuote> quote =
        attempt([&pool, &request] { return quote_regular_swap(pool, request); });
    if (!quote) {
        got["revert"] = std::string(revert_name(quote.error()));
        return compare_fields(vector.name, vector.inputs, vector.expected, got);
    }
    got["scaledAmountOut"] = quote->scaled_amount.to_string();
    got["rawAmountInScaled"] = quote->scaled_result.to_string();
    got["amountIn"] = quote->amount.to_string();
    const Outcome<SwapAmounts> done = attempt([&pool, &request] { return swap(pool, request); });
    if (!done) {
        got["revert"] = std::string(revert_name(done.error()));
        return compare_fields(vector.name, vector.inputs, vector.expected, got);
    }
    got["balancesAfter"] = to_json(token_balances(pool));
    const Outcome<U256> invariant = attempt([&pool] { return invariant_of(pool); });
    got["invariantAfter"] = invariant ? invariant->to_string()
                                      : "revert: " + std::string(revert_name(invariant.error()));
    return compare_fields(vector.name, vector.inputs, vector.expected, got);
}

}  // namespace

std::optional<VectorResult> evaluate_balancer_incident(const DefiVector& vector) {
    if (vector.inputs.contains("effectiveSupplyBefore")) {
        return evaluate_trace(vector);
    }
    if (vector.inputs.contains("change")) {
        return evaluate_fixed(vector);
    }
    if (vector.inputs.contains("upscaleRounding")) {
        return evaluate_single(vector);
    }
    return std::nullopt;
}

}  // namespace margincall::inline vector_check
