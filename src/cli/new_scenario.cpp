#include "cli/new_scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "base/durable_files.hpp"
#include "base/files.hpp"
#include "cli/suggestion.hpp"
#include "scenario/builtin.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::array names = {"2025-11-04",
                              "2025-10-10",
                              "2025-09-22",
                              "quiet-2025-11",
                              "flash",
                              "blank",
                              "2025-11-04-unmeasured",
                              "2025-10-10-informed"};

// A copy lives in another folder: files it names are the ones inside the program.
std::string with_builtin_paths(std::string text) {
    for (const std::string_view folder :
         {"base/", "history/", "rules/", "tiers/", "2025-11-04.toml", "2025-10-10.toml"}) {
        for (const std::string_view before : {"\"", ": "}) {
            const std::string from = fmt::format("{}{}", before, folder);
            const std::string to = fmt::format("{}{}{}", before, builtin_prefix, folder);
            for (std::size_t at = text.find(from); at != std::string::npos;
                 at = text.find(from, at + to.size())) {
                text.replace(at, from.size(), to);
            }
        }
    }
    return text;
}

}  // namespace

ExitCode new_scenario(const std::string& name, const std::string& to, Streams streams) {
    if (name == "depeg") {
        fmt::print(
            streams.err,
            "margincall: the template \"depeg\" is not available yet: it needs collateral\n");
        return ExitCode::command_line;
    }
    std::optional<std::string_view> text;
    for (const std::string_view known : names) {
        if (known == name) {
            text = builtin_file(fmt::format("{}.toml", name));
        }
    }
    if (!text) {
        const std::vector<std::string> known(names.begin(), names.end());
        fmt::print(streams.err,
                   "margincall: there is no template \"{}\"\n   help: {}\n",
                   name,
                   suggestion(name, known, fmt::format("{}", fmt::join(known, ", "))));
        return ExitCode::command_line;
    }
    const std::string copy = with_builtin_paths(std::string{*text});
    if (to.empty()) {
        fmt::print(streams.out, "{}", copy);
        return ExitCode::done;
    }
    if (const int reason = put_file(to, copy, Existing::keep); reason != 0) {
        const char* const why = reason == EEXIST
                                    ? "it is not overwritten; give another name with -o"
                                    : "give another place with -o";
        fmt::print(streams.err, "{}", error_text(disk_error(to, reason, why)));
        return ExitCode::resources;
    }
    fmt::print(streams.err, "wrote {}; next: margincall run {} --preview\n", to, to);
    return ExitCode::done;
}

}  // namespace margincall::inline cli
