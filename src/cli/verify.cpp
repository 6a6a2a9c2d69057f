#include "cli/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"
#include "cli/finished_run.hpp"
#include "cli/open_file.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run.hpp"
#include "cli/step_watch.hpp"
#include "record/table_differences.hpp"
#include "report/format.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What may differ between two equal runs.
constexpr std::array summary_ignored = {std::string_view{"wall_s"},
                                        std::string_view{"peak_rss_mb"},
                                        std::string_view{"messages_per_s"},
                                        std::string_view{"version"},
                                        std::string_view{"price_gates"}};

struct Difference {
    std::string where;  // "digest", a metric, "series"
    std::int64_t row = 0;
    std::string column;
    std::string folder, again;
};

struct Verdict {
    std::vector<Difference> differences;
    std::string digest;
    std::size_t tables = 0;
    std::int64_t rows = 0;
};

// A folder that goes away whatever happens.
class Scratch {
  public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "margincall-verify-XXXXXX").string();
        path_ = mkdtemp(name.data()) != nullptr ? name : std::string{};
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    Scratch(Scratch&&) = delete;
    Scratch& operator=(Scratch&&) = delete;
    ~Scratch() {
        std::error_code ignored;
        if (!path_.empty()) {
            fs::remove_all(path_, ignored);
        }
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

// Every value of an object under its path: "metrics.btc_low.value".
void flatten(const Json& value, const std::string& path, std::map<std::string, std::string>& out) {
    if (!value.is_structured()) {
        out[path] = json_text(value);
        return;
    }
    std::size_t k = 0;
    for (const auto& [key, inner] : value.items()) {
        if (path.empty() && std::ranges::find(summary_ignored, key) != summary_ignored.end()) {
            continue;
        }
        flatten(inner,
                (path.empty() ? "" : path + ".") + (value.is_array() ? std::to_string(k) : key),
                out);
        ++k;
    }
}

void compare_summaries(const fs::path& folder, const fs::path& again, Verdict& verdict) {
    const auto read = [](const fs::path& from) {
        std::map<std::string, std::string> out;
        flatten(Json::parse(read_text(from / "summary.json"), nullptr, false), "", out);
        return out;
    };
    const auto here = read(folder);
    const auto there = read(again);
    const auto value = [](const std::map<std::string, std::string>& from, const std::string& key) {
        const auto found = from.find(key);
        return found != from.end() ? found->second : std::string{"absent"};
    };
    for (const auto& [key, text] : here) {
        if (value(there, key) != text) {
            verdict.differences.push_back({key, 0, "", text, value(there, key)});
        }
    }
    for (const auto& [key, text] : there) {
        if (!here.contains(key)) {
            verdict.differences.push_back({key, 0, "", "absent", text});
        }
    }
    verdict.digest = value(there, "digest");
}

std::expected<void, Error> compare_databases(const fs::path& folder,
                                             const fs::path& again,
                                             Verdict& verdict) {
    const auto first = SqlReader::open(folder / "run.db");
    const auto second = SqlReader::open(again / "run.db");
    if (!first || !second) {
        return std::unexpected(first ? second.error() : first.error());
    }
    static const std::array ignored = {std::pair{std::string{"runs"}, std::string{"version"}}};
    auto compared = compare_tables(*first, *second, ignored);
    if (!compared) {
        return std::unexpected(compared.error());
    }
    verdict.tables = compared->tables;
    verdict.rows = compared->rows;
    for (TableDifference& found : compared->differences) {
        verdict.differences.push_back({"run.db " + found.table,
                                       found.row,
                                       std::move(found.column),
                                       std::move(found.first),
                                       std::move(found.second)});
    }
    return {};
}

std::string place(const Difference& found) {
    return found.row > 0 ? fmt::format("{}, row {}, {}", found.where, found.row, found.column)
                         : found.where;
}

void print(const VerifyOptions& options, const Verdict& verdict, Streams streams) {
    if (options.output == Output::json) {
        Json line{{"run", options.run},
                  {"equal", verdict.differences.empty()},
                  {"digest", Json::parse(verdict.digest, nullptr, false)},
                  {"metrics", metric_names.size()},
                  {"tables", verdict.tables},
                  {"rows", verdict.rows},
                  {"differences", Json::array()}};
        for (const Difference& found : verdict.differences) {
            line["differences"].push_back({{"where", found.where},
                                           {"row", found.row},
                                           {"column", found.column},
                                           {"folder", found.folder},
                                           {"again", found.again}});
        }
        fmt::print(streams.out, "{}\n", json_text(line));
        return;
    }
    if (verdict.differences.empty()) {
        if (!options.quiet) {
            fmt::print(streams.out,
                       "{}: equal: digest {}, {} metrics, {} tables with {} rows\n",
                       options.run,
                       verdict.digest.substr(1, verdict.digest.size() - 2),
                       metric_names.size(),
                       verdict.tables,
                       format_count(static_cast<double>(verdict.rows)));
        }
        return;
    }
    std::size_t width = 0;
    for (const Difference& found : verdict.differences) {
        width = std::max(width, display_width(place(found)));
    }
    for (const Difference& found : verdict.differences) {
        fmt::print(streams.out,
                   "{}  {} in the folder, {} again\n",
                   pad_right(place(found), width),
                   found.folder,
                   found.again);
    }
    fmt::print(streams.out,
               "{}: {} difference{} (of each table the first)\n",
               options.run,
               verdict.differences.size(),
               verdict.differences.size() == 1 ? "" : "s");
}

// Only what people must see comes through; the run's own summary is of no interest here.
ExitCode simulate_again(const VerifyOptions& options,
                        const Json& manifest,
                        const fs::path& target,
                        Streams streams) {
    RunOptions again;
    again.scenario = (fs::path(options.run) / "resolved.toml").string();
    again.out = target.string();
    again.progress = options.progress;
    again.record = manifest["files_fnv1a64"].contains("run.db") ? Record::yes : Record::no;
    again.loudness = options.quiet ? Loudness::quiet : Loudness::normal;
    again.command = options.command;
    const OpenFile nowhere{std::fopen("/dev/null", "w")};
    return run_scenario(again, {nowhere ? nowhere.get() : streams.err, streams.err});
}

}  // namespace

ExitCode verify_run(const VerifyOptions& options, Streams streams) {
    const auto fail = [&](const Errors& errors) {
        return report_problems(errors, options.output, streams);
    };
    const fs::path folder{options.run};
    const auto manifest = read_manifest(folder);
    if (!manifest) {
        return fail({manifest.error()});
    }
    StepWatch steps(
        progress_style(
            options.quiet ? Loudness::quiet : Loudness::normal, options.progress, streams.err),
        streams.err);
    steps.begin("hashing the files");
    const Errors damaged = damaged_files(folder, *manifest);
    steps.end();
    if (!damaged.empty()) {
        return fail(damaged);
    }
    const auto summary = read_summary(folder / "summary.json");
    if (!summary) {
        return fail({summary.error()});
    }
    if (summary->version != program_version && !options.quiet) {
        fmt::print(streams.err,
                   "{}: made by margincall {}; this is {}\n",
                   options.run,
                   summary->version,
                   program_version);
    }
    const Scratch scratch;
    if (scratch.path().empty()) {
        const int reason = errno;
        return fail(
            {disk_error(fs::temp_directory_path(), reason, "set TMPDIR to a place with room")});
    }
    const fs::path again = scratch.path() / "again";
    const ExitCode code = simulate_again(options, *manifest, again, streams);
    // A run that was stopped stops there again: its resolved scenario says so.
    const bool stopped = code == ExitCode::interrupted && summary->interrupted && fs::exists(again);
    if (code != ExitCode::done && !stopped) {
        return code == ExitCode::scenario ? ExitCode::input : code;
    }
    Verdict verdict;
    steps.begin("comparing the tables");
    compare_summaries(folder, again, verdict);
    if (read_text(folder / "resolved.toml") != read_text(again / "resolved.toml")) {
        verdict.differences.push_back(
            {"resolved.toml", 0, "", "its text", "another text when it is resolved again"});
    }
    if (fs::exists(again / "run.db")) {
        if (const auto done = compare_databases(folder, again, verdict); !done) {
            steps.end();
            return fail({done.error()});
        }
    }
    steps.end();
    print(options, verdict, streams);
    return verdict.differences.empty() ? ExitCode::done : ExitCode::difference;
}

}  // namespace margincall::inline cli
