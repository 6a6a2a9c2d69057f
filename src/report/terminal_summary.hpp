// The table that `margincall run` prints at the end: simulated, measured, what the article said.
#pragma once

#include <cstdint>
#include <string>

#include "analytics/summary.hpp"

namespace margincall::inline report {

enum class Colour : std::uint8_t { no, yes };
struct TerminalOptions {
    Colour colour = Colour::no;
    std::size_t width = 120;  // sparklines and the article's column are cut to it
};

// Ends with a newline. With the recorder of the (only) path two sparklines are added, price and
// reported liquidations an hour, and a few lines on the chain where there is one; without it
// (several paths) they are left out.
[[nodiscard]] std::string terminal_summary(const Plan& plan,
                                           const Summary& summary,
                                           const MemoryRecorder* recorder,
                                           TerminalOptions options = {});

}  // namespace margincall::inline report
