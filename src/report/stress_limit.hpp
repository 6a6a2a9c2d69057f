// A limit on a figure of a stress ("bad_debt_usd <= 5 m USD"), or a condition to fail on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace margincall::inline report {

enum class LimitKind : std::uint8_t { below, at_most, at_least, above };

struct StressLimit {
    std::string text;  // as it was given
    std::string key;   // of a line of the outcome
    LimitKind kind = LimitKind::at_most;
    double value = 0.0;  // USD or a count
};
[[nodiscard]] bool holds(const StressLimit& limit, double figure);

enum class FigureUnit : std::uint8_t { usd, count };
struct LimitKey {
    std::string key;
    FigureUnit unit = FigureUnit::usd;
};
// The figures that a limit can name: the lines of the outcome that are no prices.
[[nodiscard]] std::vector<LimitKey> limit_keys();

}  // namespace margincall::inline report
