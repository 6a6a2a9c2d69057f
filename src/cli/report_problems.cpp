#include "cli/report_problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "cli/errors_json.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::array<std::string_view, 5> of_the_command_line = {
    "E523", "E524", "E526", "E528", "E701"};
constexpr std::array<std::string_view, 5> of_the_disk = {"E501", "E502", "E505", "E511", "E512"};

bool is_one_of(const auto& codes, std::string_view code) {
    return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

ExitCode exit_code_of(const Errors& errors) {
    CHECK(!errors.empty());
    const std::string& code = errors.front().code;
    if (is_one_of(of_the_command_line, code)) {
        return ExitCode::command_line;
    }
    if (is_one_of(of_the_disk, code)) {
        return ExitCode::resources;
    }
    // Folders and files of runs, account states, and a scenario that is not there.
    const bool files = code.starts_with("E5") || code.starts_with("E63") || code.starts_with("E71");
    return files || only_missing_files(errors) ? ExitCode::input : ExitCode::scenario;
}

ExitCode report_problems(const Errors& errors, Output output, Streams streams) {
    const ExitCode code = exit_code_of(errors);
    if (code == ExitCode::scenario || errors.front().code == "E102") {
        fmt::print(streams.err, "{}", errors_text(errors, errors.front().file, "Nothing was run."));
    } else {
        for (const Error& error : errors) {
            fmt::print(streams.err, "{}", error_text(error));
        }
    }
    if (output == Output::json) {
        fmt::print(streams.out, "{}", errors_json(errors));
    }
    return code;
}

ExitCode wrong_command_line(Streams streams, const std::string& what, const std::string& hint) {
    fmt::print(streams.err, "margincall: {}\n", shown(what));
    if (!hint.empty()) {
        fmt::print(streams.err, "   help: {}\n", shown(hint));
    }
    return ExitCode::command_line;
}

}  // namespace margincall::inline cli
