// Worked examples of the venues' clearing rules, evaluated through `clearing`.
#pragma once

#include <vector>

#include "vector_check/vector_file.hpp"

namespace margincall::inline vector_check {

// Is this a file of clearing examples (every vector names its venue and `inputs.formula_id`)?
[[nodiscard]] bool is_clearing_file(const VectorFile& file);
[[nodiscard]] std::vector<VectorResult> evaluate_clearing_vectors(const VectorFile& file);

}  // namespace margincall::inline vector_check
