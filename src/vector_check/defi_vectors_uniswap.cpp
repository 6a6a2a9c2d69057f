// Uniswap v3 vectors: price arithmetic, swap steps and whole pool swaps.
#include <cmath>
#include <cstdlib>

#include "base/json_text.hpp"
#include "defi/uniswap_v3_pool.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

namespace {

using namespace uniswap;  // NOLINT(google-build-using-namespace): one protocol per evaluator

constexpr std::uint32_t provider = 0;  // owner of the vectors' positions

[[nodiscard]] nlohmann::json named(const char* key, const std::function<U256()>& calculate) {
    nlohmann::json got = value_or_revert(calculate);
    if (got.contains("value")) {
        got[key] = got["value"];
    }
    return got;
}

[[nodiscard]] std::int32_t tick_in(const nlohmann::json& value) {
    return value.is_string() ? std::stoi(value.get<std::string>()) : value.get<std::int32_t>();
}

[[nodiscard]] VectorResult evaluate_step(const DefiVector& vector) {
    const Fields in{vector.inputs};
    const SignedU256 remaining = in.signed_number({"amountRemaining", "amount"});
    const StepRequest request{in.number({"sqrtPrice", "sqrtPriceX96"}),
                              in.number({"sqrtTarget", "sqrtPriceTarget"}),
                              in.number({"liquidity"}),
                              remaining.magnitude,
                              remaining.is_negative() ? Exact::output : Exact::input,
                              static_cast<std::uint32_t>(in.index({"feePips", "fee"}))};
    const Outcome<StepResult> step = attempt([&request] { return swap_step(request); });
    nlohmann::json got;
    if (step) {
        got = {{"amountIn", step->amount_in.to_string()},
               {"amountOut", step->amount_out.to_string()},
               {"feeAmount", step->fee.to_string()},
               {"sqrtNext", step->sqrt_next.to_string()}};
    } else {
        got["revert"] = std::string(revert_name(step.error()));
    }
    return compare_fields(vector.name, vector.inputs, vector.expected, got);
}

// An expected revert without a name, or with a compiler's text, is met by any failure.
[[nodiscard]] VectorResult compare_loosely_reverting(const DefiVector& vector, nlohmann::json got) {
    if (vector.expected.contains("revert") && got.contains("revert")) {
        const nlohmann::json& wanted = vector.expected["revert"];
        if (!wanted.is_string() || wanted.get<std::string>().empty() ||
            wanted.get<std::string>().find("without a reason") != std::string::npos) {
            got["revert"] = wanted;
        }
    }
    return compare_fields(vector.name, vector.inputs, vector.expected, got);
}

[[nodiscard]] VectorResult evaluate_sqrt_price(const DefiVector& vector) {
    const Fields in{vector.inputs};
    const std::string function = in.text({"function"});
    const Direction direction =
        in.flag({"zeroForOne"}) ? Direction::zero_for_one : Direction::one_for_zero;
    const auto price = [&in] { return in.number({"sqrtPrice", "sqrtPriceX96", "sqrtP"}); };
    const auto amounts = [&in](auto&& down, auto&& up) {
        const U256 a = in.number({"sqrtA", "sqrtPriceA", "sqrtRatioA", "sqrtRatioAX96"});
        const U256 b = in.number({"sqrtB", "sqrtPriceB", "sqrtRatioB", "sqrtRatioBX96"});
        const U256 liquidity = in.number({"liquidity"});
        return in.flag({"roundUp"}) ? up(a, b, liquidity) : down(a, b, liquidity);
    };
    if (function == "getNextSqrtPriceFromInput" || function == "getNextSqrtPriceFromOutput") {
        const bool input = function == "getNextSqrtPriceFromInput";
        return compare_loosely_reverting(
            vector, named("sqrtNext", [&] {
                const U256 amount = in.number({"amount", "amountIn", "amountOut"});
                return input ? next_sqrt_price_from_input(
                                   price(), in.number({"liquidity"}), amount, direction)
                             : next_sqrt_price_from_output(
                                   price(), in.number({"liquidity"}), amount, direction);
            }));
    }
    if (function == "getAmount0Delta") {
        return compare_loosely_reverting(
            vector, named("amount0", [&] { return amounts(amount0_down, amount0_up); }));
    }
    if (function == "getAmount1Delta") {
        return compare_loosely_reverting(
            vector, named("amount1", [&] { return amounts(amount1_down, amount1_up); }));
    }
    if (function == "getTickAtSqrtRatio") {
        nlohmann::json got;
        const Outcome<std::int32_t> tick =
            attempt([&price] { return tick_at_sqrt_price(price()); });
        if (tick) {
            got = {{"tick", *tick}, {"value", *tick}};
        } else {
            got["revert"] = std::string(revert_name(tick.error()));
        }
        return compare_loosely_reverting(vector, got);
    }
    return {vector.name, VectorOutcome::failed, "unknown function " + function};
}

[[nodiscard]] VectorResult evaluate_tick(const DefiVector& vector) {
    if (vector.inputs.contains("tick")) {
        const std::int32_t tick = tick_in(vector.inputs["tick"]);
        return compare_loosely_reverting(
            vector, named("sqrtPriceX96", [tick] { return sqrt_price_at_tick(tick); }));
    }
    const Fields in{vector.inputs};
    nlohmann::json got;
    const U256 price = in.number({"sqrtPriceX96", "sqrtPrice", "ratio"});
    const Outcome<std::int32_t> tick = attempt([&price] { return tick_at_sqrt_price(price); });
    if (tick) {
        got["tick"] = *tick;
    } else {
        got["revert"] = std::string(revert_name(tick.error()));
    }
    return compare_loosely_reverting(vector, got);
}

// Prices are printed with five significant digits; equal within one unit of the fifth.
[[nodiscard]] bool same_price(const nlohmann::json& expected, double got) {
    const std::string text =
        expected.is_string() ? expected.get<std::string>() : json_text(expected);
    if (text == "NaN") {
        return std::isnan(got);
    }
    if (text == "Infinity" || text == "-Infinity") {
        return std::isinf(got);
    }
    const double wanted = std::strtod(text.c_str(), nullptr);
    return std::abs(got - wanted) <= 1e-4 * std::abs(wanted);
}

[[nodiscard]] double signed_double(const SignedU256& value) {
    return (value.is_negative() ? -1.0 : 1.0) * value.magnitude.to_double();
}

struct PoolRun {
    TokenAmounts before;
    double price_before = 0.0;
    std::int32_t tick_before = 0;
    Outcome<V3SwapPlan> plan = std::unexpected(Revert::none);
    double price_after = 0.0;
    std::int32_t tick_after = 0;
};

[[nodiscard]] V3Swap swap_in(const Fields& in) {
    V3Swap swap;
    swap.direction = in.flag({"zeroForOne"}) ? Direction::zero_for_one : Direction::one_for_zero;
    swap.exact = in.flag({"exactOut"}) ? Exact::output : Exact::input;
    // Without an amount the swap goes to the limit price with all the input in the world.
    swap.amount = in.number_or({"amount"}, U256::max() / 2);
    if (in.has({"sqrtPriceLimitX96"})) {
        swap.sqrt_price_limit = in.number({"sqrtPriceLimitX96"});
    }
    return swap;
}

[[nodiscard]] PoolRun run_pool(const Fields& in) {
    PoolRun run;
    V3Pool pool{static_cast<std::uint32_t>(in.index({"feePips"})),
                static_cast<std::int32_t>(in.index({"tickSpacing"}))};
    pool.initialise(in.number({"sqrtPriceX96"}));
    for (const nlohmann::json& p : in.at({"positions"})) {
        const PositionKey key{provider, tick_in(p.at("tickLower")), tick_in(p.at("tickUpper"))};
        const Outcome<TokenAmounts> paid = pool.mint(key, to_number(p.at("liquidity")));
        if (!paid) {
            run.plan = std::unexpected(paid.error());
            return run;
        }
        run.before.amount0 += paid->amount0;
        run.before.amount1 += paid->amount1;
    }
    run.price_before = price_of(pool.sqrt_price());
    run.tick_before = pool.tick();
    run.plan = pool.plan_swap(swap_in(in));
    if (run.plan) {
        pool.apply(*run.plan);
        run.price_after = price_of(pool.sqrt_price());
        run.tick_after = pool.tick();
    }
    return run;
}

[[nodiscard]] VectorResult evaluate_pool_swap(const DefiVector& vector) {
    const PoolRun run = run_pool(Fields{vector.inputs});
    nlohmann::json got;
    if (!run.plan) {
        got["revert"] = std::string(revert_name(run.plan.error()));
        return compare_fields(vector.name, vector.inputs, vector.expected, got);
    }
    got = {{"amount0Before", run.before.amount0.to_string()},
           {"amount1Before", run.before.amount1.to_string()},
           {"amount0Delta", run.plan->amount0.to_string()},
           {"amount1Delta", run.plan->amount1.to_string()},
           {"feeGrowthGlobal0X128Delta", run.plan->fee_growth_global0.to_string()},
           {"feeGrowthGlobal1X128Delta", run.plan->fee_growth_global1.to_string()},
           {"tickBefore", std::to_string(run.tick_before)},
           {"tickAfter", std::to_string(run.tick_after)}};
    VectorResult result = compare_fields(vector.name,
                                         vector.inputs,
                                         vector.expected,
                                         got,
                                         {"executionPrice", "poolPriceBefore", "poolPriceAfter"});
    const double execution = -signed_double(run.plan->amount1) / signed_double(run.plan->amount0);
    const auto check_price = [&](const char* key, double price) {
        if (result.outcome == VectorOutcome::passed && vector.expected.contains(key) &&
            !same_price(vector.expected[key], price)) {
            result.outcome = VectorOutcome::failed;
            result.detail = std::string(key) + ": expected " + json_text(vector.expected[key]) +
                            ", got " + std::to_string(price);
        }
    };
    check_price("executionPrice", execution);
    check_price("poolPriceBefore", run.price_before);
    check_price("poolPriceAfter", run.price_after);
    return result;
}

}  // namespace

std::optional<VectorResult> evaluate_uniswap(const DefiVector& vector) {
    if (!vector.name.starts_with("v3_")) {
        return std::nullopt;
    }
    if (vector.inputs.contains("positions")) {
        return evaluate_pool_swap(vector);
    }
    if (vector.inputs.contains("amountRemaining")) {
        return evaluate_step(vector);
    }
    if (vector.inputs.contains("function")) {
        return evaluate_sqrt_price(vector);
    }
    return evaluate_tick(vector);
}

}  // namespace margincall::inline vector_check
