// Aave v3 vectors: fixed point, interest, rates, health, liquidation; and the parameter file
// against the project's own table.
#include <map>

#include "defi/aave_account.hpp"
#include "defi/aave_ethereum_2025.hpp"
#include "defi/aave_interest.hpp"
#include "defi/aave_liquidation.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

namespace {

using namespace aave;  // NOLINT(google-build-using-namespace): one protocol per evaluator

using Calculation = std::function<U256(const Fields&)>;

[[nodiscard]] Version version_named(const std::string& text) {
    static const std::map<std::string, Version> names = {{"3.3", Version::v3_3},
                                                         {"3.4", Version::v3_4},
                                                         {"3.5", Version::v3_5},
                                                         {"3.6", Version::v3_6},
                                                         {"3.7", Version::v3_7}};
    const auto it = names.find(text.starts_with("v") ? text.substr(1) : text);
    if (it == names.end()) {
        throw VectorForm("unknown version " + text);
    }
    return it->second;
}

[[nodiscard]] Version version_of(const Fields& in) {
    return in.has({"version"}) ? version_named(in.text({"version"})) : Version::v3_5;
}

[[nodiscard]] std::uint32_t bps(const Fields& in, Fields::Names names) {
    return static_cast<std::uint32_t>(in.index(names));
}

using Binary = U256 (*)(const U256&, const U256&);
[[nodiscard]] Calculation binary(Binary f) {
    return [f](const Fields& in) {
        return f(in.number({"a", "value"}), in.number({"b", "percentage"}));
    };
}

[[nodiscard]] std::uint64_t dt_in(const Fields& in) {
    return in.number({"dt", "seconds", "timeDelta"}).to_u64();
}

[[nodiscard]] U256 health_in(const Fields& in) {
    const U256 collateral = in.number({"collateralBase", "totalCollateralBase"});
    return health_factor(version_of(in),
                         collateral,
                         collateral * in.number({"ltBps", "liquidationThresholdBps"}),
                         in.number({"debtBase", "totalDebtBase"}));
}

[[nodiscard]] U256 available_borrows_in(const Fields& in) {
    AccountData data;
    data.collateral_base = in.number({"collateralBase", "totalCollateralBase"});
    data.debt_base = in.number({"debtBase", "totalDebtBase"});
    data.average_ltv_bps = in.number({"ltvBps", "averageLtvBps", "ltv"});
    return available_borrows_base(data);
}

[[nodiscard]] const std::map<std::string, Calculation>& aave_calculations() {
    static const std::map<std::string, Calculation> all = {
        {"wadMul", binary(wad_mul_half_up)},
        {"wadDiv", binary(wad_div_half_up)},
        {"rayMul", binary(ray_mul_half_up)},
        {"rayMulFloor", binary(ray_mul_floor)},
        {"rayMulCeil", binary(ray_mul_ceil)},
        {"rayDiv", binary(ray_div_half_up)},
        {"rayDivFloor", binary(ray_div_floor)},
        {"rayDivCeil", binary(ray_div_ceil)},
        {"percentMul", binary(percent_mul_half_up)},
        {"percentMulFloor", binary(percent_mul_floor)},
        {"percentMulCeil", binary(percent_mul_ceil)},
        {"percentDiv", binary(percent_div_half_up)},
        {"percentDivFloor", binary(percent_div_floor)},
        {"percentDivCeil", binary(percent_div_ceil)},
        {"rayToWad", [](const Fields& in) { return ray_to_wad_half_up(in.number({"a"})); }},
        {"wadToRay", [](const Fields& in) { return wad_to_ray(in.number({"a"})); }},
        {"mulDivCeil",
         [](const Fields& in) {
             return mul_div_ceil(in.number({"a"}), in.number({"b"}), in.number({"c"}));
         }},
        {"linearInterest",
         [](const Fields& in) { return linear_interest(in.number({"rate"}), dt_in(in)); }},
        {"compoundedInterest",
         [](const Fields& in) { return compounded_interest(in.number({"rate"}), dt_in(in)); }},
        {"normalizedIncome",
         [](const Fields& in) {
             return grown_supply(in.number({"index"}), in.number({"rate"}), dt_in(in));
         }},
        {"normalizedDebt",
         [](const Fields& in) {
             return grown_debt(in.number({"index"}), in.number({"rate"}), dt_in(in));
         }},
        {"aTokenBalanceHalfUp",  // every version before 3.5
         [](const Fields& in) {
             return supply_balance(
                 Version::v3_4,
                 in.number({"scaledBalance"}),
                 grown_supply(
                     in.number({"liquidityIndex"}), in.number({"liquidityRate"}), dt_in(in)));
         }},
        {"healthFactor", health_in},
        {"availableBorrows", available_borrows_in}};
    return all;
}

[[nodiscard]] nlohmann::json rates_json(const Fields& in) {
    const RateSlopes slopes{bps(in, {"optimalUsageBps"}),
                            bps(in, {"baseBps"}),
                            bps(in, {"slope1Bps"}),
                            bps(in, {"slope2Bps"})};
    const ReserveUse use{in.number({"totalDebt"}),
                         in.number({"availableLiquidity"}),
                         in.number_or({"unbackedOrDeficit", "deficit"}, U256{})};
    const std::uint32_t factor = bps(in, {"reserveFactorBps"});
    const Outcome<Rates> rates = attempt([&] { return interest_rates(slopes, use, factor); });
    if (!rates) {
        return {{"revert", std::string(revert_name(rates.error()))}};
    }
    return {{"liquidityRate", rates->liquidity.to_string()},
            {"variableBorrowRate", rates->variable_borrow.to_string()}};
}

[[nodiscard]] Holding holding_in(const nlohmann::json& object) {
    const Fields in{object};
    return {in.number({"amount"}),
            in.number({"price8"}),
            power_of_ten(static_cast<unsigned>(in.index({"decimals"})))};
}

// The account of a vector has one collateral and one debt; other debt comes as a value in base
// units.
[[nodiscard]] LiquidationRequest request_in(const Fields& in, nlohmann::json& got) {
    LiquidationRequest r;
    r.version = version_of(in);
    r.collateral = holding_in(in.at({"collateral"}));
    r.debt = holding_in(in.at({"debt"}));
    r.debt_to_cover = in.number({"debtToCover"});
    r.bonus_bps = bps(in, {"liquidationBonusBps"});
    r.protocol_fee_bps = bps(in, {"liquidationProtocolFeeBps"});
    const U256 base{100'000'000};
    std::vector<DebtRow> debts = {r.debt};
    if (in.has({"otherDebt"})) {
        debts.push_back({in.number({"otherDebt"}), base, base});
    }
    const CollateralRow row{r.collateral, 0, bps(in, {"liquidationThresholdBps"})};
    const AccountData data = account_data(r.version, {&row, 1}, debts);
    r.collateral_base = data.collateral_base;
    r.debt_base = data.debt_base;
    r.health_factor = data.health_factor;
    got["totalCollateralBase"] = data.collateral_base.to_string();
    got["totalDebtBase"] = data.debt_base.to_string();
    got["healthFactor"] = data.health_factor.to_string();
    return r;
}

[[nodiscard]] VectorResult evaluate_liquidation(const DefiVector& vector) {
    nlohmann::json got;
    const LiquidationRequest request = request_in(Fields{vector.inputs}, got);
    const Outcome<Liquidation> amounts =
        attempt([&request] { return liquidation_amounts(request); });
    if (!amounts) {
        got["revert"] = std::string(revert_name(amounts.error()));
        return compare_fields(vector.name, vector.inputs, vector.expected, got);
    }
    got["maxLiquidatableDebt"] = amounts->debt_max.to_string();
    got["debtRepaid"] = amounts->debt_repaid.to_string();
    got["collateralToLiquidator"] = amounts->collateral_to_liquidator.to_string();
    got["protocolFeeCollateral"] = amounts->protocol_fee.to_string();
    got["noCollateralLeft"] = amounts->collateral_left == Liquidation::Remainder::none;
    got["deficitCreated"] = amounts->deficit_created.to_string();
    const RevertScope scope;
    require_no_dust(request, *amounts);
    if (scope.reverted()) {
        got["revert"] = std::string(revert_name(scope.reason()));
    }
    return compare_fields(vector.name, vector.inputs, vector.expected, got);
}

[[nodiscard]] nlohmann::json slopes_json(const ReserveParameters& row) {
    nlohmann::json out;
    out["optimal"] = row.slopes.optimal_bps;
    out["base"] = row.slopes.base_bps;
    out["slope2"] = row.slopes.slope2_bps;
    out["reserveFactor"] = row.reserve_factor_bps;
    return out;
}

[[nodiscard]] VectorResult compare_reserve(const nlohmann::json& wanted) {
    const std::string asset = wanted.at("asset").get<std::string>();
    const ReserveParameters* row = find_reserve(asset);
    if (row == nullptr) {
        return {asset, VectorOutcome::failed, "the project's table has no such reserve"};
    }
    nlohmann::json got = slopes_json(*row);
    got["asset"] = row->asset;
    got["decimals"] = row->decimals;
    got["ltv"] = row->ltv_bps;
    got["lt"] = row->threshold_bps;
    got["bonus"] = row->bonus_bps;
    got["protocolFee"] = row->protocol_fee_bps;
    got["borrowable"] = row->borrowable == Borrowable::yes;
    got["supplyCap"] = row->supply_cap_tokens;
    got["borrowCap"] = row->borrow_cap_tokens;
    nlohmann::json expected = wanted;
    if (wanted.contains("slope1")) {
        expected["slope1"] = wanted["slope1"].back().at(1);
        got["slope1"] = row->slopes.slope1_bps;
        expected["slope1_before"] = wanted["slope1"].front().at(1);
        got["slope1_before"] = row->slope1_before_bps;
    }
    return compare_fields(asset, {}, expected, got, {"confidence", "oracle", "note"});
}

[[nodiscard]] VectorResult compare_e_mode(const nlohmann::json& wanted) {
    const std::string label = wanted.at("label").get<std::string>();
    const EModeParameters* row = find_e_mode(label);
    if (row == nullptr) {
        return {label, VectorOutcome::failed, "the project's table has no such category"};
    }
    const nlohmann::json got = {{"label", row->label},
                                {"ltv", row->ltv_bps},
                                {"lt", row->threshold_bps},
                                {"bonus", row->bonus_bps},
                                {"collateral", row->collateral},
                                {"borrow", row->borrowable}};
    return compare_fields(label, {}, wanted, got, {"confidence", "note"});
}

}  // namespace

std::optional<VectorResult> evaluate_aave(const DefiVector& vector) {
    if (vector.inputs.contains("debtToCover")) {
        return evaluate_liquidation(vector);
    }
    if (!vector.inputs.contains("function")) {
        return std::nullopt;
    }
    const Fields in{vector.inputs};
    const std::string function = in.text({"function"});
    if (function == "interestRates") {
        return compare_fields(vector.name, vector.inputs, vector.expected, rates_json(in));
    }
    const auto known = aave_calculations().find(function);
    if (known == aave_calculations().end()) {
        return std::nullopt;
    }
    return compare_fields(vector.name,
                          vector.inputs,
                          vector.expected,
                          value_or_revert([&in, &known] { return known->second(in); }));
}

std::vector<VectorResult> compare_aave_parameters(const VectorFile& file) {
    std::vector<VectorResult> results;
    try {
        for (const nlohmann::json& row : file.content.at("reserves")) {
            results.push_back(compare_reserve(row));
        }
        for (const nlohmann::json& row : file.content.value("emodes", nlohmann::json::array())) {
            results.push_back(compare_e_mode(row));
        }
    } catch (const std::exception& e) {
        results.push_back({file.path.filename().string(), VectorOutcome::failed, e.what()});
    }
    return results;
}

}  // namespace margincall::inline vector_check
