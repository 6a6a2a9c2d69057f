// Worked examples of the DeFi protocols, evaluated through `defi`. The evaluators translate names
// and units; they hold no formula of a protocol.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "vector_check/defi_fields.hpp"
#include "vector_check/vector_file.hpp"

namespace margincall::inline vector_check {

// One vector with its place, so that it can refer to another one.
struct DefiVector {
    std::string name;
    nlohmann::json inputs;
    nlohmann::json expected;
    std::filesystem::path file;
    std::vector<std::string> agrees_with;  // variants of the protocol that give this result
};

[[nodiscard]] std::vector<VectorResult> evaluate_defi_vectors(const VectorFile& file);

// Each knows the vectors of its protocol and leaves the others alone.
using DefiEvaluator = std::optional<VectorResult> (*)(const DefiVector&);
[[nodiscard]] std::optional<VectorResult> evaluate_balancer_math(const DefiVector& vector);
[[nodiscard]] std::optional<VectorResult> evaluate_balancer_incident(const DefiVector& vector);
[[nodiscard]] std::optional<VectorResult> evaluate_uniswap(const DefiVector& vector);
[[nodiscard]] std::optional<VectorResult> evaluate_curve(const DefiVector& vector);
[[nodiscard]] std::optional<VectorResult> evaluate_aave(const DefiVector& vector);

// The parameter file of the lending market against the project's own table.
[[nodiscard]] std::vector<VectorResult> compare_aave_parameters(const VectorFile& file);

// A vector by its name: in the file's folder, in the folders beside it, or in the measured data.
[[nodiscard]] std::optional<DefiVector> find_vector(const std::filesystem::path& near,
                                                    const std::string& name);

}  // namespace margincall::inline vector_check
