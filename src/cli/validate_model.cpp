#include "cli/validate_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <expected>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/interrupt.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/suggestion.hpp"
#include "cli/terminal.hpp"
#include "lab/gates_file.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view table_begins = "<!-- table gates -->\n";
constexpr std::string_view table_ends = "<!-- end gates -->";

ExitCode wrong(Streams streams, const std::string& what, const std::string& hint) {
    fmt::print(streams.err, "margincall: validate-model: {}\n   help: {}\n", what, hint);
    return ExitCode::command_line;
}

// Where the table of a page is; nothing without both marks in their order.
struct Marks {
    std::size_t begin = 0, end = 0;
};
std::optional<Marks> marks_of(const std::string& page) {
    const std::size_t begin = page.find(table_begins);
    const std::size_t end =
        begin == std::string::npos ? begin : page.find(table_ends, begin + table_begins.size());
    return end == std::string::npos ? std::nullopt
                                    : std::optional{Marks{begin + table_begins.size(), end}};
}

fs::path file_of(const std::string& out) {
    std::error_code ignored;
    return fs::is_directory(out, ignored) ? fs::path{out} / "gates.json" : fs::path{out};
}

// Minutes of computing must not end at a folder that is not there.
std::expected<void, Error> can_be_written(const fs::path& file) {
    std::error_code ignored;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    if (fs::is_directory(folder, ignored)) {
        return {};
    }
    return std::unexpected(disk_error(file, ENOENT, "give another place with -o"));
}

std::string number(std::optional<double> value) {
    if (!value) {
        return std::string{no_data};
    }
    const double size = std::abs(*value);
    const int digits = size >= 1'000.0                 ? 0
                       : size >= 100.0                 ? 1
                       : size >= 0.1 || size < 0.00005 ? 2
                                                       : 4;
    return fmt::format("{:.{}f}", *value, digits);
}

std::string interval(const GateRow& row) {
    return row.p05 ? number(row.p05) + " … " + number(row.p95) : std::string{};
}

std::string_view met_word(const GateRow& row) {
    const std::optional<bool> met = row.met();
    return !met ? "" : *met ? "yes" : "no";
}

std::string figure_of(const GateRow& row) {
    return row.unit.empty() ? row.figure : fmt::format("{}, {}", row.figure, row.unit);
}

// "met", or why not.
std::string verdict_of(const GateResult& gate) {
    if (!gate.not_run.empty()) {
        return gate.not_run;
    }
    const auto asked =
        std::ranges::count_if(gate.rows, [](const GateRow& row) { return row.target.asks(); });
    std::string text = asked == 0 ? "shown" : gate.met() ? "met" : "missed";
    if (asked > 0) {
        text += fmt::format(", {} of {} figures met", asked - std::ssize(gate.misses()), asked);
    }
    if (gate.failed > 0) {
        text += fmt::format(", {} worlds failed", gate.failed);
    }
    return text;
}

std::string terminal_table(const GateReport& report) {
    std::size_t width = 0;
    for (const GateResult& gate : report.gates) {
        for (const GateRow& row : gate.rows) {
            width = std::max(width, display_width(figure_of(row)));
        }
    }
    std::string out;
    for (const GateResult& gate : report.gates) {
        out += fmt::format("\n{}: {}{}\n",
                           gate.name,
                           gate.title,
                           gate.seeds.empty() ? "" : ", seeds " + seeds_text(gate.seeds));
        for (const GateRow& row : gate.rows) {
            out += fmt::format("  {}{}{}  {}{}\n",
                               pad_right(figure_of(row), width + 2),
                               pad_right(row.target.text(), 20),
                               pad_left(number(row.value), 10),
                               pad_right(interval(row), 22),
                               met_word(row));
        }
        out += fmt::format("  {}\n", verdict_of(gate));
    }
    return out;
}

std::string markdown_table(const GateReport& report) {
    std::string out = fmt::format(
        "Size {}{}. The value is the median of the seeds, unless the figure is a share or a "
        "move.\n",
        report.size,
        report.set.empty() ? "" : fmt::format(", `{}`", fmt::join(report.set, "`, `")));
    for (const GateResult& gate : report.gates) {
        out += fmt::format("\n**{}**, {}{}: {}.\n",
                           gate.name,
                           gate.title,
                           gate.seeds.empty() ? "" : ", seeds " + seeds_text(gate.seeds),
                           verdict_of(gate));
        if (gate.rows.empty()) {
            continue;
        }
        out += "\n| figure | asked | value | 5 … 95 % | met |\n| --- | --- | --- | --- | --- |\n";
        for (const GateRow& row : gate.rows) {
            out += fmt::format("| {} | {} | {} | {} | {} |\n",
                               figure_of(row),
                               row.target.text(),
                               number(row.value),
                               interval(row),
                               row.met() == false ? "**no**" : met_word(row));
        }
    }
    return out;
}

std::expected<GateFile, Error> answer_in(const fs::path& file) {
    if (std::error_code ignored; !fs::is_regular_file(file, ignored)) {
        return std::unexpected(
            file_error(file.string(),
                       "E716",
                       "there is no answer of the gates to confirm",
                       "margincall validate-model --gates runs them; -o names the file"));
    }
    return parse_gates_json(read_text(file), file.string());
}

using Watch = std::function<bool(const PoolProgress&)>;

// Runs worlds under a bar, until Ctrl-C; the exit code of what cannot be run or was stopped.
template <typename Run>
auto run_watched(const GateOptions& options, Streams streams, const Run& run)
    -> std::expected<typename std::invoke_result_t<Run, const Watch&>::value_type, ExitCode> {
    const InterruptGuard guard;
    PoolWatch bar(
        progress_style(options.loudness, options.progress, streams.err), streams.err, "worlds");
    auto end = run([&](const PoolProgress& now) { return bar(now); });
    bar.finish();
    if (!end) {
        return std::unexpected(report_problems(end.error(), options.output, streams));
    }
    if (end->stopped) {
        fmt::print(streams.err, "interrupted: nothing is written\n");
        return std::unexpected(ExitCode::interrupted);
    }
    return std::move(*end);
}

// Does the answer of another program hold for this one? Bands and worlds must be the same text; of the
// worlds one of each kind is run again.
ExitCode confirm_gates(const GateOptions& options, const GateRequest& request, Streams streams) {
    const fs::path path = file_of(options.out);
    std::expected<GateFile, Error> file = answer_in(path);
    if (!file) {
        return report_problems({file.error()}, options.output, streams);
    }
    const GateIdentity now = gate_identity();
    if (file->identity.rules != now.rules || file->report.samples.empty()) {
        return wrong(streams,
                     fmt::format("--confirm: {} was judged by other worlds or bands than this "
                                 "program has",
                                 path.string()),
                     "run the gates: margincall validate-model --gates");
    }
    const std::expected<GateConfirmation, ExitCode> same =
        run_watched(options, streams, [&](const Watch& watch) {
            return confirm_samples(file->report, request, watch);
        });
    if (!same) {
        return same.error();
    }
    std::FILE* const human = options.output == Output::json ? streams.err : streams.out;
    if (!same->differ.empty()) {
        for (const std::string& line : same->differ) {
            fmt::print(human, "differs: {}\n", line);
        }
        fmt::print(human, "not confirmed: {} is left as it is; run the gates\n", path.string());
        return ExitCode::difference;
    }
    file->identity = now;
    if (auto done = write_whole(path, gates_json(*file), "the answer is as it was"); !done) {
        return report_problems({done.error()}, options.output, streams);
    }
    fmt::print(human,
               "confirmed: {} worlds, one of each kind, came out the same; {} holds for this "
               "program\n",
               same->progress.worlds,
               path.string());
    return ExitCode::done;
}

}  // namespace

ExitCode validate_gates(const GateOptions& options, Streams streams) {
    GateRequest request;
    request.only = options.only;
    request.size = options.size;
    request.set = options.overrides;
    request.workers = worker_count(options.workers);
    request.command = options.command;
    if (options.confirm) {
        return confirm_gates(options, request, streams);
    }
    const std::vector<std::string> names = gate_names();
    for (const std::string& name : options.only) {
        if (std::ranges::find(names, name) == names.end()) {
            return wrong(streams,
                         fmt::format("--only: there is no gate \"{}\"", name),
                         suggestion(name, names, fmt::format("{}", fmt::join(names, ", "))));
        }
    }
    if (!options.seeds.empty()) {
        request.seeds = parse_seeds(options.seeds);
        if (!request.seeds) {
            return wrong(streams,
                         fmt::format("--seeds {} is no list of seeds", options.seeds),
                         "--seeds 1-8, or ascending numbers and ranges: --seeds 1-4,9");
        }
    }
    const fs::path file = file_of(options.out);
    if (auto can = can_be_written(file); !can) {
        return report_problems({can.error()}, options.output, streams);
    }
    if (!options.page.empty() && !marks_of(read_text(options.page))) {
        return wrong(
            streams,
            fmt::format("--page {}: no such file, or it has no place for the table", options.page),
            "the table stands between the lines <!-- table gates --> and <!-- end gates -->");
    }
    const std::expected<GateRun, ExitCode> run = run_watched(
        options, streams, [&](const Watch& watch) { return run_gates(request, watch); });
    if (!run) {
        return run.error();
    }
    const std::string json = gates_json({gate_identity(), run->report, gate_identity()});
    if (auto done = write_whole(file, json, "give another place with -o"); !done) {
        return report_problems({done.error()}, options.output, streams);
    }
    if (!options.page.empty()) {
        std::string page = read_text(options.page);
        const Marks marks = *marks_of(page);
        page.replace(marks.begin, marks.end - marks.begin, markdown_table(run->report));
        if (auto done = write_whole(options.page, page, "the answer itself is written"); !done) {
            return report_problems({done.error()}, options.output, streams);
        }
    }
    for (const std::string& failure : run->failures) {
        fmt::print(streams.err, "failed: {}\n", failure);
    }
    std::FILE* const human = options.output == Output::json ? streams.err : streams.out;
    if (options.loudness != Loudness::quiet) {
        print_fitting(human, terminal_table(run->report) + "\n");
        for (const GateResult& gate : run->report.gates) {
            if (!gate.met()) {
                fmt::print(human, "not met: {}: {}\n", gate.name, verdict_of(gate));
                for (const GateRow* const row : gate.misses()) {
                    fmt::print(human,
                               "    {}: {} instead of {}\n",
                               figure_of(*row),
                               number(row->value),
                               row->target.text());
                }
            }
        }
        fmt::print(human, "gates  {}\n", file.string());
    }
    if (options.output == Output::json) {
        fmt::print(streams.out, "{}\n", json_text(nlohmann::ordered_json::parse(json)));
    }
    return run->progress.failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
