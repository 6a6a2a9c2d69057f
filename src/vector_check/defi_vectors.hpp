// Worked examples of the DeFi protocols, evaluated through `defi`.
#pragma once

#include <vector>

#include "vector_check/vector_file.hpp"

namespace margincall {

[[nodiscard]] std::vector<VectorResult> evaluate_defi_vectors(const VectorFile& file);

}  // namespace margincall
