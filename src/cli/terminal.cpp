#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "cli/guarded_streams.hpp"
#include "report/fit_lines.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::size_t width_min = 40;
constexpr std::size_t width_usual = 80;

}  // namespace

bool is_terminal(std::FILE* stream) {
    return isatty(descriptor_of(stream)) != 0;
}

std::size_t terminal_width(std::FILE* stream) {
    if (!is_terminal(stream)) {
        return 0;
    }
    std::size_t width = 0;
    struct winsize size {};
    if (ioctl(descriptor_of(stream), TIOCGWINSZ, &size) == 0) {
        width = size.ws_col;
    }
    if (const char* const columns = std::getenv("COLUMNS"); width == 0 && columns != nullptr) {
        const std::string_view text{columns};
        std::from_chars(text.data(), text.data() + text.size(), width);
    }
    return std::max(width == 0 ? width_usual : width, width_min);
}

TerminalOptions terminal_options(std::FILE* stream, bool colour) {
    TerminalOptions options;
    options.colour = colour && is_terminal(stream) && std::getenv("NO_COLOR") == nullptr
                         ? Colour::yes
                         : Colour::no;
    if (const std::size_t width = terminal_width(stream); width > 0) {
        options.width = width;
    }
    return options;
}

void print_fitting(std::FILE* stream, std::string_view lines) {
    const std::size_t width = terminal_width(stream);
    fmt::print(stream, "{}", width > 0 ? fit_lines(lines, width) : std::string{lines});
}

}  // namespace margincall::inline cli
