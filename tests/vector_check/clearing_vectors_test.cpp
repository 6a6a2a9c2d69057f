// The venues' own worked examples (MARGINCALL_SHARED/vectors/clearing) through the evaluators of
// vector_check: every one passes within its own tolerance. Examples of our own show that the
// evaluators can say no.
#include "vector_check/clearing_vectors.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/decimal.hpp"
#include "vector_check/shared_folder.hpp"

namespace margincall {
namespace {

struct VenueFile {
    const char* name;
    int least;  // vectors that the file holds today
};
void PrintTo(const VenueFile& file, std::ostream* out) {
    *out << file.name;
}

class VenueVectors : public ::testing::TestWithParam<VenueFile> {};

TEST_P(VenueVectors, AllPass) {
    const auto files = read_vectors(shared_folder() / "vectors" / "clearing" /
                                    (std::string{GetParam().name} + ".json"));
    if (!files) {
        GTEST_SKIP() << "no venue vectors at MARGINCALL_SHARED/vectors/clearing: skipped";
    }
    int passed = 0;
    for (const VectorResult& r : evaluate_clearing_vectors(files->front())) {
        EXPECT_EQ(r.outcome, VectorOutcome::passed) << r.id << "\n    " << r.detail;
        passed += r.outcome == VectorOutcome::passed ? 1 : 0;
    }
    EXPECT_GE(passed, GetParam().least);
}
INSTANTIATE_TEST_SUITE_P(Clearing,
                         VenueVectors,
                         ::testing::Values(VenueFile{"binance", 36},
                                           VenueFile{"bitmex", 9},
                                           VenueFile{"bybit", 27},
                                           VenueFile{"deribit", 13},
                                           VenueFile{"drift", 19},
                                           VenueFile{"dydx", 62},
                                           VenueFile{"gate", 4},
                                           VenueFile{"hyperliquid", 45},
                                           VenueFile{"okx", 19}),
                         [](const auto& row) { return std::string{row.param.name}; });

VectorResult one(const char* inputs, const char* expected, const char* rel = "0") {
    VectorFile file;
    nlohmann::json vector;
    vector["id"] = "own";
    vector["venue"] = "binance";
    vector["inputs"] = nlohmann::json::parse(inputs);
    vector["expected"] = nlohmann::json::parse(expected);
    vector["tolerance"] = {{"abs", 0}, {"rel", nlohmann::json::parse(rel)}};
    file.content = {{"vectors", nlohmann::json::array({vector})}};
    return evaluate_clearing_vectors(file).front();
}

TEST(ClearingVectors, WrongNumberFailsWithInputsExpectedAndGot) {
    const char* const inputs =
        R"({"formula_id": "liqfee", "liquidated_notional": "250000", "rate": "0.003"})";
    EXPECT_EQ(one(inputs, R"({"fee": "750"})").outcome, VectorOutcome::passed);
    const VectorResult wrong = one(inputs, R"({"fee": "750.000001"})");
    EXPECT_EQ(wrong.outcome, VectorOutcome::failed);
    EXPECT_NE(wrong.detail.find("liquidated_notional"), std::string::npos);
    EXPECT_NE(wrong.detail.find("expected \"750.000001\", got 750"), std::string::npos);
}

TEST(ClearingVectors, ExpectationThatIsNotComputedFails) {
    const VectorResult result =
        one(R"({"formula_id": "liqfee", "liquidated_notional": "1", "rate": "0.003"})",
            R"({"fee": "0.003", "rebate": "0"})");
    EXPECT_EQ(result.outcome, VectorOutcome::failed);
    EXPECT_NE(result.detail.find("rebate"), std::string::npos);
}

TEST(ClearingVectors, UnknownFormulaAndMissingInputFail) {
    EXPECT_EQ(one(R"({"formula_id": "guess"})", "{}").outcome, VectorOutcome::failed);
    EXPECT_EQ(one(R"({"formula_id": "liqfee"})", "{}").outcome, VectorOutcome::failed);
}

// What a vector holds must not end the program: no name, no number, a number beyond the core's
// integers, too few balances. The vector behind each still runs.
TEST(ClearingVectors, MalformedOnesFailAlone) {
    const auto outcomes = [](const char* content) {
        VectorFile file;
        file.path = "bad.json";
        file.content = nlohmann::json::parse(content);
        std::vector<VectorOutcome> out;
        for (const VectorResult& r : evaluate_vectors(file)) {
            out.push_back(r.outcome);
        }
        return out;
    };
    const auto failed = VectorOutcome::failed;
    EXPECT_EQ(outcomes(R"({"vectors": [
        {"id": null, "venue": "okx", "inputs": {"formula_id": "liqfee"}, "expected": {}},
        {"id": "a", "venue": "okx", "inputs": {"formula_id": "liqfee", "rate": "-",
         "liquidated_notional": "1"}, "expected": {}},
        {"id": "b", "venue": "okx", "inputs": {"formula_id": "liqfee", "rate": "1",
         "liquidated_notional": "1000000000000000000000"}, "expected": {}},
        {"id": "c", "venue": "okx", "inputs": {"formula_id": "liqfee", "rate": "1",
         "liquidated_notional": "1"}, "expected": {"fee": "1"}}]})"),
              (std::vector{failed, failed, failed, VectorOutcome::passed}));
    EXPECT_EQ(outcomes(R"({"vectors": [7, {"name": 7, "inputs": 7, "agreesWith": 7},
        {"inputs": {"function": "ComposableStableSwapGivenIn", "balances": ["9", "9"],
         "bptIndex": 99999999999999999999, "scalingFactors": ["1", "1", "1"], "amp": "1500000",
         "swapFeePercentage": "1", "indexIn": 1, "indexOut": 2, "amountIn": "1"}},
        {"inputs": {"function": "mulUp", "a": "1", "b": "1"}, "expected": {"value": "1"}}]})"),
              (std::vector{failed, failed, failed, VectorOutcome::passed}));
}

// Hedge mode: the formula of rules/venues with one long and one short of the symbol,
// LP = (WB + cumL + cumS - qL EL + qS ES) / (qL mL + qS mS - qL + qS)
//    = (1000 - 2 * 100 + 1 * 110) / (0.02 + 0.01 - 2 + 1) = 910 / -0.97: no price below; and of 3
// longs against 1 short, (50 - 300 + 110) / (0.03 + 0.01 - 3 + 1) = 71.42857.
TEST(ClearingVectors, HedgedLegsOfOneSymbolShareALiquidationPrice) {
    const VectorResult result = one(
        R"({"formula_id": "binance_liq_price", "margin_mode": "cross", "side": "long", "size": "3",
            "entry_price": "100", "wallet_balance": "50", "maintenance_margin_rate": "0.01",
            "maintenance_amount": "0",
            "hedge_positions": [{"side": "short", "size": "1", "entry_price": "110",
                                 "maintenance_margin_rate": "0.01", "maintenance_amount": "0"}]})",
        R"({"liquidation_price": "71.428571428571"})",
        "1e-9");
    EXPECT_EQ(result.outcome, VectorOutcome::passed) << result.detail;
}

}  // namespace
}  // namespace margincall
