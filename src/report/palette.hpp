// Colours of a terminal, the same for every table: losses red-orange, gains blue, as in the pages
// (never red against green).
#pragma once

#include <string_view>

#include "report/terminal_summary.hpp"

namespace margincall::inline report {

struct Palette {
    std::string_view strong, good, bad, dim, reset;
};

[[nodiscard]] constexpr Palette palette_of(Colour colour) {
    return colour == Colour::yes
               ? Palette{"\x1b[1m", "\x1b[38;5;33m", "\x1b[38;5;202m", "\x1b[2m", "\x1b[0m"}
               : Palette{"", "", "", "", ""};
}

}  // namespace margincall::inline report
