// Limits as they are written: FIGURE <=, <, >= or > VALUE. One reader for [limits] of a scenario and for --limit and
// --fail-if of a stress.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/limit.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline scenario {

// A figure that a limit can name: of a stress (desk/outcome_figures.hpp), of summary.json (sim/metrics.hpp), or of both.
struct LimitFigure {
    std::string_view key;
    Dimension dimension = Dimension::none;
    bool of_stress = false, of_run = false;
};
[[nodiscard]] const std::vector<LimitFigure>& limit_figures();
// Null: there is none of that name.
[[nodiscard]] const LimitFigure* limit_figure(std::string_view key);

enum class LimitScope : std::uint8_t { any, stress };  // whose figures may be named

struct LimitProblem {
    std::string code;  // E205 no comparison or no figure, E307 no such figure, E202 another unit
    std::string message, allowed;
};
[[nodiscard]] std::expected<Limit, LimitProblem> parse_limit(std::string_view text,
                                                             LimitScope scope);

}  // namespace margincall::inline scenario
