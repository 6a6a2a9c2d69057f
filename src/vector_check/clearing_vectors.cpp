#include "vector_check/clearing_vectors.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <exception>

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
        return {vector.value("id", "without id"),
                VectorOutcome::failed,
                std::string{"cannot be read: "} + trouble.what() + "\n    " + vector.dump()};
    }
}

// Evaluates in a process of its own, so that an example whose numbers run into a CHECK of the core
// fails alone. The answer comes back through a pipe: one letter, then the detail.
VectorResult evaluate_apart(const nlohmann::json& vector) {
    std::array<int, 2> ends{};
    CHECK(pipe(ends.data()) == 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        const VectorResult result = evaluate(vector);
        const std::string text =
            (result.outcome == VectorOutcome::passed ? "p" : "f") + result.detail;
        std::size_t sent = 0;
        while (sent < text.size()) {
            const ssize_t step = write(ends[1], text.data() + sent, text.size() - sent);
            if (step <= 0) {
                break;
            }
            sent += static_cast<std::size_t>(step);
        }
        _exit(0);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = read(ends[0], block.data(), block.size())) > 0;) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    (void)waitpid(child, &status, 0);
    VectorResult result{vector.value("id", "without id"), VectorOutcome::failed, ""};
    if (text.empty()) {
        result.detail = "the core stopped at a CHECK, see above\n    inputs " + vector.dump();
    } else {
        result.outcome = text.front() == 'p' ? VectorOutcome::passed : VectorOutcome::failed;
        result.detail = text.substr(1);
    }
    return result;
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
    return content.is_object() && content.contains("vectors") && !content["vectors"].empty() &&
           content["vectors"][0].contains("venue");
}

std::vector<VectorResult> evaluate_clearing_vectors(const VectorFile& file) {
    read_rule_books();
    std::vector<VectorResult> results;
    for (const auto& vector : file.content["vectors"]) {
        results.push_back(evaluate_apart(vector));
    }
    return results;
}

}  // namespace margincall::inline vector_check
