// Curve StableSwap vectors: quotes of real pool states.
#include "defi/curve_stableswap.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

std::optional<VectorResult> evaluate_curve(const DefiVector& vector) {
    if (!vector.inputs.contains("dx") || !vector.inputs.contains("rates")) {
        return std::nullopt;
    }
    const Fields in{vector.inputs};
    curve::StableSwapPool pool;
    pool.balances = in.numbers({"balances"});
    pool.rates = in.numbers({"rates"});
    // A is stored with the pool's precision; ours is fixed.
    pool.amp = in.number({"A"}) * curve::amp_precision / in.number_or({"aPrecision"}, U256{100});
    pool.fee = in.number({"fee"});
    const curve::Pair pair{in.index({"i"}), in.index({"j"})};
    const U256 dx = in.number({"dx"});
    // The vector's file says which order of the fee its pool has; both, when they agree.
    VectorResult result{vector.name, VectorOutcome::failed, "no fee order is named"};
    const auto orders = vector.agrees_with.empty()
                            ? std::vector<std::string>{"fee_in_xp", "fee_in_token"}
                            : vector.agrees_with;
    for (const std::string& order : orders) {
        pool.fee_order =
            order == "fee_in_token" ? curve::FeeOrder::token_units : curve::FeeOrder::scaled_units;
        nlohmann::json got = value_or_revert(
            [&pool, pair, &dx] { return curve::quote_exchange(pool, pair, dx).amount_out; });
        if (got.contains("value")) {
            got["dy"] = got["value"];
        }
        result = compare_fields(vector.name, vector.inputs, vector.expected, got);
        if (result.outcome == VectorOutcome::failed) {
            result.detail = order + ": " + result.detail;
            return result;
        }
    }
    return result;
}

}  // namespace margincall::inline vector_check
