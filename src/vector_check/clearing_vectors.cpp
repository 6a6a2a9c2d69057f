#include "vector_check/clearing_vectors.hpp"

#include <exception>

#include "base/json_text.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

const ClearingEvaluators& evaluators() {
    static const ClearingEvaluators all = [] {
        ClearingEvaluators map;
        add_price_evaluators(map);
        add_margin_evaluators(map);
        add_funding_evaluators(map);
        add_adl_evaluators(map);
        add_dydx_evaluators(map);
        add_drift_evaluators(map);
        return map;
    }();
    return all;
}

VectorResult evaluate(const nlohmann::json& vector) {
    // A missing or malformed input is the example's failure, not the program's end.
    try {
        ClearingCase c{vector};
        const std::string formula = c.inputs().at("formula_id").get<std::string>();
        const auto found = evaluators().find(formula);
        if (found == evaluators().end()) {
            return {vector.at("id").get<std::string>(),
                    VectorOutcome::failed,
                    "no evaluator knows the formula " + formula};
        }
        found->second(c);
        return c.result();
    } catch (const std::exception& trouble) {
        return {text_of(vector, "id", "without id"),
                VectorOutcome::failed,
                std::string{"cannot be read: "} + trouble.what() + "\n    " + json_text(vector)};
    }
}

// Before the first child, so that the rule files are read once and not by every child.
void read_rule_books() {
    for (const char* const name : {"binance-usdm",
                                   "binance-usdm-2020",
                                   "bitmex",
                                   "bybit-uta",
                                   "bybit-uta-2024-09-10",
                                   "deribit",
                                   "deribit-old",
                                   "drift",
                                   "dydx-v4",
                                   "gate",
                                   "hyperliquid",
                                   "okx"}) {
        (void)venue_rules(name);
    }
}

}  // namespace

bool is_clearing_file(const VectorFile& file) {
    const auto& content = file.content;
    return content.is_object() && content.contains("vectors") && content["vectors"].is_array() &&
           !content["vectors"].empty() && content["vectors"][0].contains("venue");
}

std::vector<VectorResult> evaluate_clearing_vectors(const VectorFile& file) {
    read_rule_books();
    std::vector<VectorResult> results;
    for (const auto& vector : file.content["vectors"]) {
        results.push_back(evaluate_apart(
            [&vector] { return evaluate(vector); }, text_of(vector, "id", "without id"), vector));
    }
    return results;
}

}  // namespace margincall::inline vector_check
