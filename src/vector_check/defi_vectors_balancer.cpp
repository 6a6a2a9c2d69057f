// Balancer V2 vectors: mathematics and pools, and the incident's traces.
#include <functional>
#include <map>

#include "defi/balancer_log_exp.hpp"
#include "defi/balancer_stable_pool.hpp"
#include "defi/balancer_weighted_pool.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

namespace {

using namespace balancer;  // NOLINT(google-build-using-namespace): one protocol per evaluator

using Calculation = std::function<U256(const Fields&)>;

[[nodiscard]] nlohmann::json signed_or_revert(const std::function<SignedU256()>& calculate) {
    const Outcome<SignedU256> value = attempt(calculate);
    if (value) {
        return {{"value", value->to_string()}};
    }
    return {{"revert", std::string(revert_name(value.error()))}};
}

[[nodiscard]] PowerRule power_rule(const Fields& in) {
    const auto* flag = in.find({"powSpecialCases"});
    return flag != nullptr && flag->is_boolean() && !flag->get<bool>() ? PowerRule::general
                                                                       : PowerRule::special_cases;
}

[[nodiscard]] WeightedSide side_in(const Fields& in) {
    return {in.number({"balanceIn"}), in.number({"weightIn"})};
}
[[nodiscard]] WeightedSide side_out(const Fields& in) {
    return {in.number({"balanceOut"}), in.number({"weightOut"})};
}
[[nodiscard]] WeightedSide one_side(const Fields& in) {
    return {in.number({"balance"}), in.number({"weight", "normalizedWeight"})};
}

[[nodiscard]] StablePair stable_pair(const Fields& in) {
    return {in.index({"indexIn", "tokenIndexIn", "tokenIndexA"}),
            in.index({"indexOut", "tokenIndexOut", "tokenIndexB"})};
}

[[nodiscard]] U256 amp_of(const Fields& in) {
    return in.number({"amp", "amplificationParameter", "a", "amplificationWithPrecision1000"});
}
[[nodiscard]] U256 swap_fee_of(const Fields& in) {
    return in.number({"swapFee", "swapFeePercentage", "fee"});
}
[[nodiscard]] U256 invariant_or_given(const Fields& in, const std::vector<U256>& balances) {
    return in.has({"invariant", "currentInvariant"}) ? in.number({"invariant", "currentInvariant"})
                                                     : stable_invariant(amp_of(in), balances);
}

// The four joins and exits of stable pools take the same value of the pool.
[[nodiscard]] U256 with_stable_value(const Fields& in,
                                     const std::function<U256(const StablePoolValue&)>& calculate) {
    const std::vector<U256> balances = in.numbers({"balances"});
    const StablePoolValue value{amp_of(in),
                                balances,
                                in.number({"supply", "bptTotalSupply", "totalSupply"}),
                                invariant_or_given(in, balances),
                                swap_fee_of(in)};
    return calculate(value);
}

void add_fixed_point(std::map<std::string, Calculation>& table) {
    const auto a = [](const Fields& in) { return in.number({"a", "x", "base"}); };
    const auto b = [](const Fields& in) { return in.number({"b", "y", "exponent", "exp"}); };
    table["mulDown"] = [=](const Fields& in) { return mul_down(a(in), b(in)); };
    table["mulUp"] = [=](const Fields& in) { return mul_up(a(in), b(in)); };
    table["divDown"] = [=](const Fields& in) { return div_down(a(in), b(in)); };
    table["divUp"] = [=](const Fields& in) { return div_up(a(in), b(in)); };
    table["complement"] = [=](const Fields& in) { return complement(a(in)); };
    table["powDown"] = [=](const Fields& in) { return pow_down(a(in), b(in), power_rule(in)); };
    table["powUp"] = [=](const Fields& in) { return pow_up(a(in), b(in), power_rule(in)); };
    table["powDownV1"] = [=](const Fields& in) {
        return pow_down(a(in), b(in), PowerRule::general);
    };
    table["powUpV1"] = [=](const Fields& in) { return pow_up(a(in), b(in), PowerRule::general); };
    table["LogExpPow"] = [=](const Fields& in) { return power(a(in), b(in)); };
    table["LogExpExp"] = [](const Fields& in) { return exponential(in.signed_number({"x", "a"})); };
}

void add_weighted(std::map<std::string, Calculation>& table) {
    table["WeightedCalcOutGivenIn"] = [](const Fields& in) {
        return weighted_out_given_in(
            side_in(in), side_out(in), in.number({"amountIn", "amount"}), power_rule(in));
    };
    table["WeightedCalcInGivenOut"] = [](const Fields& in) {
        return weighted_in_given_out(
            side_in(in), side_out(in), in.number({"amountOut", "amount"}), power_rule(in));
    };
    table["WeightedCalcInvariant"] = [](const Fields& in) {
        return weighted_invariant(in.numbers({"balances"}),
                                  in.numbers({"weights", "normalizedWeights"}));
    };
    table["WeightedCalculateInvariant"] = table["WeightedCalcInvariant"];
    table["WeightedCalcTokenInGivenExactBptOut"] = [](const Fields& in) {
        return weighted_token_in_for_bpt_out(one_side(in),
                                             in.number({"bptAmountOut", "bptOut", "amount"}),
                                             in.number({"bptTotalSupply", "supply"}),
                                             swap_fee_of(in));
    };
    table["WeightedCalcTokenOutGivenExactBptIn"] = [](const Fields& in) {
        return weighted_token_out_for_bpt_in(one_side(in),
                                             in.number({"bptAmountIn", "bptIn", "amount"}),
                                             in.number({"bptTotalSupply", "supply"}),
                                             swap_fee_of(in));
    };
    const auto pool = [](const Fields& in, SwapKind kind) {
        const WeightedPool p{in.numbers({"balances"}),
                             in.numbers({"weights"}),
                             in.numbers({"scalingFactorsInteger", "scalingFactors"}),
                             swap_fee_of(in),
                             U256{},
                             power_rule(in)};
        return quote_swap(p,
                          SwapRequest{kind,
                                      in.index({"indexIn"}),
                                      in.index({"indexOut"}),
                                      in.number({"amount", "amountIn", "amountOut"})});
    };
    table["WeightedPoolGivenIn"] = [=](const Fields& in) { return pool(in, SwapKind::given_in); };
    table["WeightedPoolGivenOut"] = [=](const Fields& in) { return pool(in, SwapKind::given_out); };
}

void add_stable(std::map<std::string, Calculation>& table) {
    table["CalculateInvariantV1"] = [](const Fields& in) {
        return legacy_stable_invariant(
            amp_of(in), in.numbers({"balances"}), in.flag({"roundUp"}) ? Round::up : Round::down);
    };
    table["CalculateInvariantV2"] = [](const Fields& in) {
        return stable_invariant(amp_of(in), in.numbers({"balances"}));
    };
    table["CalculateInvariant"] = table["CalculateInvariantV2"];
    table["GetTokenBalanceGivenInvariantAndAllOtherBalances"] = [](const Fields& in) {
        return stable_balance_given_invariant(amp_of(in),
                                              in.numbers({"balances"}),
                                              in.number({"invariant"}),
                                              in.index({"tokenIndex"}));
    };
    table["StableCalcOutGivenIn"] = [](const Fields& in) {
        const std::vector<U256> balances = in.numbers({"balances"});
        return stable_out_given_in(amp_of(in),
                                   balances,
                                   stable_pair(in),
                                   in.number({"amountIn", "amount", "tokenAmountIn"}),
                                   invariant_or_given(in, balances));
    };
    table["StableCalcInGivenOut"] = [](const Fields& in) {
        const std::vector<U256> balances = in.numbers({"balances"});
        return stable_in_given_out(amp_of(in),
                                   balances,
                                   stable_pair(in),
                                   in.number({"amountOut", "amount", "tokenAmountOut"}),
                                   invariant_or_given(in, balances));
    };
    table["CalcOutGivenIn"] = table["StableCalcOutGivenIn"];
    table["CalcInGivenOut"] = table["StableCalcInGivenOut"];
    table["CalcBptOutGivenExactTokensIn"] = [](const Fields& in) {
        return with_stable_value(in, [&in](const StablePoolValue& v) {
            return stable_bpt_out_for_tokens_in(v, in.numbers({"amountsIn", "amounts"}));
        });
    };
    table["CalcBptInGivenExactTokensOut"] = [](const Fields& in) {
        return with_stable_value(in, [&in](const StablePoolValue& v) {
            return stable_bpt_in_for_tokens_out(v, in.numbers({"amountsOut", "amounts"}));
        });
    };
    table["CalcTokenInGivenExactBptOut"] = [](const Fields& in) {
        return with_stable_value(in, [&in](const StablePoolValue& v) {
            return stable_token_in_for_bpt_out(
                v, in.index({"tokenIndex"}), in.number({"bptAmountOut", "bptOut", "amount"}));
        });
    };
    table["CalcTokenOutGivenExactBptIn"] = [](const Fields& in) {
        return with_stable_value(in, [&in](const StablePoolValue& v) {
            return stable_token_out_for_bpt_in(
                v, in.index({"tokenIndex"}), in.number({"bptAmountIn", "bptIn", "amount"}));
        });
    };
    const auto legacy = [](const Fields& in, SwapKind kind) {
        const LegacyStablePool p{
            in.numbers({"balances"}), in.numbers({"scalingFactors"}), amp_of(in), swap_fee_of(in)};
        return quote_swap(p,
                          SwapRequest{kind,
                                      in.index({"indexIn"}),
                                      in.index({"indexOut"}),
                                      in.number({"amount", "amountIn", "amountOut"})});
    };
    table["MetaStableSwapGivenIn"] = [=](const Fields& in) {
        return legacy(in, SwapKind::given_in);
    };
    table["MetaStableSwapGivenOut"] = [=](const Fields& in) {
        return legacy(in, SwapKind::given_out);
    };
    table["StableSwapGivenIn"] = table["MetaStableSwapGivenIn"];
    table["StableSwapGivenOut"] = table["MetaStableSwapGivenOut"];
}

[[nodiscard]] const std::map<std::string, Calculation>& balancer_calculations() {
    static const std::map<std::string, Calculation> all = [] {
        std::map<std::string, Calculation> table;
        add_fixed_point(table);
        add_weighted(table);
        add_stable(table);
        return table;
    }();
    return all;
}

// The scaling factors of the vectors hold the rates of now.
[[nodiscard]] ComposableStablePool composable_pool(const Fields& in) {
    ComposableStablePool pool;
    pool.balances = in.numbers({"balances"});
    pool.scaling_factors = in.numbers({"scalingFactors"});
    pool.bpt = in.index({"bptIndex"});
    pool.amp = amp_of(in);
    pool.swap_fee = swap_fee_of(in);
    pool.rates.resize(pool.balances.size());
    if (const auto* caches = in.find({"rateCaches"})) {
        for (std::size_t i = 0; i < caches->size(); ++i) {
            if (!(*caches)[i].is_null()) {
                const Fields cache{(*caches)[i]};
                TokenRate& r = pool.rates[i];
                r.rate = cache.number({"rate"});
                r.old_rate = cache.number({"oldRate"});
            }
        }
    }
    if (const auto* exempt = in.find({"exemptFromYieldFee"})) {
        for (std::size_t i = 0; i < exempt->size(); ++i) {
            if ((*exempt)[i].get<bool>()) {
                pool.rates[i].yield_fee = YieldFee::exempt;
            }
        }
    }
    pool.total_supply = in.number_or({"bptTotalSupply"}, U256{});
    pool.last_join_exit_amp = in.number_or({"lastJoinExitAmp"}, pool.amp);
    pool.last_join_exit_invariant = in.number_or({"lastPostJoinExitInvariant"}, U256{});
    pool.protocol_swap_fee = in.number_or({"protocolSwapFee", "protocolSwapFeePercentage"}, U256{});
    pool.protocol_yield_fee = in.number_or({"protocolYieldFee"}, U256{});
    if (in.flag({"recoveryMode"})) {
        pool.fee_state = FeeState::recovery;
    }
    return pool;
}

[[nodiscard]] VectorResult evaluate_composable(const DefiVector& vector, SwapKind kind) {
    const Fields in{vector.inputs};
    ComposableStablePool pool = composable_pool(in);
    const SwapRequest request{kind,
                              in.index({"indexIn"}),
                              in.index({"indexOut"}),
                              in.number({"amountIn", "amountOut", "amount"})};
    const Outcome<SwapAmounts> amounts = attempt([&pool, &request] { return swap(pool, request); });
    nlohmann::json got;
    if (amounts) {
        got["amountIn"] = amounts->in.to_string();
        got["amountOut"] = amounts->out.to_string();
        got["value"] = (kind == SwapKind::given_in ? amounts->out : amounts->in).to_string();
    } else {
        got["revert"] = std::string(revert_name(amounts.error()));
    }
    return compare_fields(vector.name, vector.inputs, vector.expected, got);
}

}  // namespace

std::optional<VectorResult> evaluate_balancer_math(const DefiVector& vector) {
    if (!vector.inputs.contains("function")) {
        return std::nullopt;
    }
    const Fields in{vector.inputs};
    const std::string function = in.text({"function"});
    if (function == "ComposableStableSwapGivenIn") {
        return evaluate_composable(vector, SwapKind::given_in);
    }
    if (function == "ComposableStableSwapGivenOut") {
        return evaluate_composable(vector, SwapKind::given_out);
    }
    nlohmann::json got;
    if (function == "LogExpLn") {
        got = signed_or_revert([&in] { return natural_log(in.number({"x", "a"})); });
    } else if (function == "LogExpLn36") {
        got = signed_or_revert([&in] { return natural_log_near_one(in.number({"x", "a"})); });
    } else if (function == "LogExpLog") {
        got = signed_or_revert([&in] {
            return log_to_base(in.number({"arg", "x", "a"}), in.number({"base", "b"}));
        });
    } else {
        const auto known = balancer_calculations().find(function);
        if (known == balancer_calculations().end()) {
            return std::nullopt;
        }
        got = value_or_revert([&in, &known] { return known->second(in); });
    }
    if (got.contains("value")) {  // swaps of the sources name the side
        got["amountIn"] = got["value"];
        got["amountOut"] = got["value"];
    }
    return compare_fields(vector.name, vector.inputs, vector.expected, got);
}

}  // namespace margincall::inline vector_check
