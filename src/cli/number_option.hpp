// Numbers of the command line in the grammar of the files (base/decimal.hpp), with their limits.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace margincall::inline cli {

// For transform(): what is given becomes plain digits, or is named as it was typed with what is
// allowed. The help says "UINT in [low - high]" and "FLOAT in [low - high]".
[[nodiscard]] CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);
[[nodiscard]] CLI::Validator real_number(double low, double high);

// Any whole number that a seed can be; the help does not repeat the limits.
[[nodiscard]] CLI::Validator seed_number();

}  // namespace margincall::inline cli
