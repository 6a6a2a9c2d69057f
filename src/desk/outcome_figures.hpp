// The figures of a stress by name: what its first table shows, what a limit can name.
#pragma once

#include <cstdint>
#include <span>

#include "desk/outcome.hpp"

namespace margincall::inline desk {

enum class FigureUnit : std::uint8_t { usd, count };

struct OutcomeFigure {
    const char* key;    // "bad_debt_usd"
    const char* label;  // part of the one above it: with blanks before
    FigureUnit unit;
    double (*value)(const StressOutcome&);
};
[[nodiscard]] std::span<const OutcomeFigure> outcome_figures();

}  // namespace margincall::inline desk
