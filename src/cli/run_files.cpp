#include "cli/run_files.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/durable_files.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"
#include "cli/guarded_streams.hpp"
#include "cli/machine.hpp"
#include "cli/manifest.hpp"
#include "cli/terminal.hpp"
#include "cli/validate.hpp"
#include "plan/world_size.hpp"
#include "record/run_db.hpp"
#include "report/html_report.hpp"
#include "report/terminal_summary.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What happened, one object a line; simulated times, so that it is the same in every run.
std::string log_jsonl(const RunResult& result) {
    const Plan& plan = result.compiled->plan;
    std::string out;
    const auto add =
        [&](const char* level, std::int64_t at_ns, const std::string& what, const Json& more) {
            Json row;
            row["level"] = level;
            row["at"] = iso_utc(plan.start_unix_s + at_ns / 1'000'000'000);
            row["what"] = what;
            row.update(more);
            out += json_text(row) + "\n";
        };
    add("info",
        0,
        "start",
        {{"scenario", plan.name}, {"size", world_size_name(plan.size)}, {"seed", plan.seed}});
    for (const Error& warning : result.compiled->warnings) {
        add("warning", 0, warning.message, {{"code", warning.code}});
    }
    if (result.recorder != nullptr) {
        for (const EventRecord& event : result.recorder->events()) {
            add("info", event.time_ns, "event", {{"name", plan.events[event.event].name}});
        }
        if (!result.recorder->adl().empty()) {
            add("warning",
                result.recorder->adl().front().time_ns,
                "first auto-deleveraging",
                Json::object());
        }
    }
    const RunTotals& totals = result.totals;
    add("info",
        totals.end_ns,
        totals.interrupted ? "interrupted" : "end",
        {{"events", totals.events}, {"messages", totals.messages}, {"trades", totals.trades}});
    return out;
}

std::expected<void, Error> write_database(RunFolder& folder, const RunResult& result) {
    RunDbContent content;
    content.plan = &result.compiled->plan;
    content.recorder = result.recorder;
    content.totals = result.totals;
    content.version = program_version;
    content.metrics = metric_rows(result.summary);
    content.observed = observed_rows(result.summary);
    if (result.bands != nullptr) {
        content.paths = path_tables(*result.bands);
    }
    return write_run_db(folder.file("run.db"), content);
}

std::expected<void, Error> write_page(RunFolder& folder,
                                      const RunOptions& options,
                                      const RunResult& result) {
    ReportContext context;
    context.run_id = folder.final_path().filename().string();
    context.command = options.command;
    context.program = program_text();
    context.totals = result.totals;
    context.more = folder.hashes();
    context.bands = result.bands;
    return write_report(folder.file("report.html"),
                        result.compiled->plan,
                        result.summary,
                        *result.recorder,
                        context);
}

}  // namespace

fs::path run_path(const RunOptions& options, const Plan& plan, const std::string& moment) {
    const std::string many = plan.paths > 1 ? fmt::format("-paths{}", plan.paths) : std::string{};
    const std::string name = fmt::format("{}{}-seed{}{}-{}",
                                         moment,
                                         safe_name(sized_name(plan)),
                                         plan.seed,
                                         many,
                                         plan.scenario_hash.substr(0, 8));
    if (options.out.empty()) {
        return fs::path("runs") / name;
    }
    std::error_code ignored;
    const fs::path out = without_trailing_slash(options.out);
    // A folder of many paths is not one that receives runs: the same command finds its own again.
    const bool receives = fs::is_directory(out, ignored) && !fs::exists(out / "plan.json", ignored);
    return receives ? out / name : out;
}

std::expected<void, Error> write_run_files(RunFolder& folder,
                                           const RunOptions& options,
                                           const RunResult& result) {
    const Compiled& compiled = *result.compiled;
    std::expected<void, Error> first;
    std::vector<std::string> missing;
    // What does not fit does not keep the others from being written.
    const auto note = [&](const char* name, std::expected<void, Error> done) {
        if (!done) {
            missing.emplace_back(name);
            if (first) {
                first = std::move(done);
            }
        }
    };
    note("scenario.toml", folder.write("scenario.toml", compiled.original));
    note("resolved.toml", folder.write("resolved.toml", compiled.resolved));
    note("summary.json", folder.write("summary.json", summary_json(result.summary)));
    note("log.jsonl", folder.write("log.jsonl", log_jsonl(result)));
    if (result.recorder != nullptr) {
        note("run.db", write_database(folder, result));
        note("report.html", write_page(folder, options, result));
    }
    ManifestFacts facts;
    facts.command = options.command;
    facts.started = result.started;
    facts.digest = result.summary.digest;
    facts.paths = static_cast<std::int64_t>(result.summary.seeds.size());
    facts.interrupted = result.summary.interrupted;
    facts.missing = missing;
    facts.totals = result.totals;
    note("manifest.json",
         folder.write("manifest.json", manifest_json(compiled.plan, facts, folder)));
    return first;
}

bool announce(const Compiled& compiled, const RunOptions& options, Streams streams) {
    const bool quiet = options.loudness == Loudness::quiet;
    if (!compiled.warnings.empty() && !quiet) {
        fmt::print(streams.err, "{}", errors_text(compiled.warnings, options.scenario, ""));
    }
    if (!compiled.warnings.empty() && options.strict == Strict::yes) {
        return false;
    }
    if (!quiet) {
        print_fitting(streams.err, scenario_line(options.scenario, compiled.plan));
        std::fflush(streams.err);
    }
    return true;
}

void show_run(const RunOptions& options,
              const RunResult& result,
              const fs::path& path,
              Streams streams) {
    std::FILE* const human = options.output == Output::json ? streams.err : streams.out;
    const Plan& plan = result.compiled->plan;
    if (options.loudness != Loudness::quiet) {
        print_fitting(human,
                      "\n" + terminal_summary(plan,
                                              result.summary,
                                              result.recorder,
                                              terminal_options(human, options.colour)));
        std::error_code none;
        const fs::path page = path / "report.html";
        print_fitting(
            human,
            fmt::format("\nrun  {}      {}digest {:016x}\n",
                        path.string(),
                        fs::exists(page, none) ? "report  " + page.string() + "      " : "",
                        result.summary.digest));
    }
    if (options.output == Output::json) {
        Json line = Json::parse(summary_json(result.summary), nullptr, false);
        line["run"] = path.string();
        for (std::size_t v = 0; v < result.totals.steps.size(); ++v) {
            for (std::size_t k = 0; k < engine_step_words.size(); ++k) {
                line["steps"][plan.venues[v].name][engine_step_words[k]] =
                    result.totals.steps[v][k];
            }
        }
        fmt::print(streams.out, "{}\n", json_text(line));
    }
    if (write_failure(streams.out) != 0) {
        fmt::print(streams.err, "the run is kept in {}\n", path.string());
    }
}

}  // namespace margincall::inline cli
