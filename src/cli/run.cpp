#include "cli/run.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "analytics/summary.hpp"
#include "base/check.hpp"
#include "cli/errors_json.hpp"
#include "cli/progress.hpp"
#include "cli/run_folder.hpp"
#include "cli/validate.hpp"
#include "record/memory_recorder.hpp"
#include "record/run_db.hpp"
#include "report/html_report.hpp"
#include "report/terminal_summary.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"
#include "sim/world.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

// Ctrl-C: once asks the run to stop at its next pause, twice ends the program. Signal handlers can
// only reach globals.
std::atomic<int> interrupts{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_interrupt(int /*signal*/) {
    if (interrupts.fetch_add(1) >= 1) {
        _exit(static_cast<int>(ExitCode::interrupted));
    }
}

class InterruptGuard {
  public:
    InterruptGuard() {
        interrupts = 0;
        struct sigaction action {};
        action.sa_handler = on_interrupt;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, &before_int_);
        sigaction(SIGTERM, &action, &before_term_);
    }
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
    InterruptGuard(InterruptGuard&&) = delete;
    InterruptGuard& operator=(InterruptGuard&&) = delete;
    ~InterruptGuard() {
        sigaction(SIGINT, &before_int_, nullptr);
        sigaction(SIGTERM, &before_term_, nullptr);
    }

  private:
    struct sigaction before_int_ {};
    struct sigaction before_term_ {};
};

// What a failing CHECK leaves behind: build, scenario, seed and command in RUN.partial/crash.txt,
// and exit code 1. Prepared in advance, because a signal handler may only open and write.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<char, 4096> crash_path{};
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<char, 4096> crash_text{};

void on_abort(int /*signal*/) {
    const int file = open(crash_path.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file >= 0) {
        const ssize_t written = write(file, crash_text.data(), std::strlen(crash_text.data()));
        (void)written;  // nothing more can be done
        close(file);
    }
    _exit(static_cast<int>(ExitCode::internal));
}

class CrashGuard {
  public:
    CrashGuard(const fs::path& path, const std::string& text) {
        path.string().copy(crash_path.data(), crash_path.size() - 1);
        text.copy(crash_text.data(), crash_text.size() - 1);
        struct sigaction action {};
        action.sa_handler = on_abort;
        sigemptyset(&action.sa_mask);
        sigaction(SIGABRT, &action, &before_);
    }
    CrashGuard(const CrashGuard&) = delete;
    CrashGuard& operator=(const CrashGuard&) = delete;
    CrashGuard(CrashGuard&&) = delete;
    CrashGuard& operator=(CrashGuard&&) = delete;
    ~CrashGuard() {
        sigaction(SIGABRT, &before_, nullptr);
        crash_path.fill(0);
        crash_text.fill(0);
    }

  private:
    struct sigaction before_ {};
};

double seconds_since(Clock::time_point from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
}

double peak_rss_mb() {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

std::string utc_now(const char* format) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    return fmt::format(fmt::runtime(format), parts);
}

std::string compiler_text() {
    return fmt::format("g++ {}", __VERSION__);
}

std::string build_kind() {
#ifdef NDEBUG
    return "release";
#else
    return "debug";
#endif
}

class Monitor final : public RunMonitor {
  public:
    Monitor(const Plan& plan, Progress& progress, Clock::time_point start)
        : plan_(plan), progress_(progress), start_(start) {}

    bool keep_going(SimTime now, std::uint64_t messages) override {
        const double share =
            static_cast<double>(now.ns()) / static_cast<double>(plan_.length.raw());
        const std::string clock = iso_utc(plan_.start_unix_s + now.ns() / 1'000'000'000);
        progress_.update(share, seconds_since(start_), messages, clock);
        return interrupts == 0;
    }

  private:
    const Plan& plan_;
    Progress& progress_;
    Clock::time_point start_;
};

ProgressStyle progress_style(const RunOptions& options, std::FILE* to) {
    if (options.loudness == Loudness::quiet || options.progress == "none") {
        return ProgressStyle::none;
    }
    if (options.progress == "bar") {
        return ProgressStyle::bar;
    }
    if (options.progress == "plain") {
        return ProgressStyle::plain;
    }
    return isatty(fileno(to)) != 0 ? ProgressStyle::bar : ProgressStyle::plain;
}

fs::path run_path(const RunOptions& options, const Plan& plan) {
    const std::string name = fmt::format(
        "{}-{}-{}", utc_now("{:%Y-%m-%dT%H-%M-%SZ}"), plan.name, plan.scenario_hash.substr(0, 8));
    if (options.out.empty()) {
        return fs::path("runs") / name;
    }
    // Like cp: an existing folder receives the run, another name is the run folder itself.
    std::error_code ignored;
    const fs::path out{options.out};
    return fs::is_directory(out, ignored) ? out / name : out;
}

std::string manifest_json(const RunOptions& options,
                          const Plan& plan,
                          const RunTotals& totals,
                          const std::string& started,
                          const RunFolder& folder) {
    Json manifest;
    manifest["program"] = "margincall";
    manifest["run"] = folder.final_path().filename().string();
    manifest["version"] = program_version;
    manifest["build_id"] = file_hash("/proc/self/exe");
    manifest["compiler"] = compiler_text();
    manifest["build"] = build_kind();
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    manifest["host"] = host;
    manifest["cpus"] = sysconf(_SC_NPROCESSORS_ONLN);
    Json features = Json::array();
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2") != 0) {
        features.push_back("sse4.2");
    }
    if (__builtin_cpu_supports("avx2") != 0) {
        features.push_back("avx2");
    }
    if (__builtin_cpu_supports("avx512f") != 0) {
        features.push_back("avx512f");
    }
    manifest["cpu_features"] = std::move(features);
    manifest["command"] = options.command;
    manifest["scenario"] = plan.name;
    manifest["scenario_hash"] = plan.scenario_hash;
    manifest["seed"] = plan.seed;
    manifest["preview"] = options.preview == Preview::yes;
    manifest["interrupted"] = totals.interrupted;
    manifest["digest"] = fmt::format("{:016x}", totals.digest);
    manifest["started"] = started;
    manifest["finished"] = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    Json files;
    for (const auto& [name, hash] : folder.hashes()) {
        files[name] = hash;
    }
    manifest["files_fnv1a64"] = std::move(files);
    return manifest.dump(2) + "\n";
}

// What happened, one object a line; simulated times, so that it is the same in every run.
std::string log_jsonl(const Plan& plan,
                      const Errors& warnings,
                      const RunTotals& totals,
                      const MemoryRecorder* recorder) {
    std::string out;
    const auto add =
        [&](const char* level, std::int64_t at_ns, const std::string& what, const Json& more) {
            Json row;
            row["level"] = level;
            row["at"] = iso_utc(plan.start_unix_s + at_ns / 1'000'000'000);
            row["what"] = what;
            row.update(more);
            out += row.dump() + "\n";
        };
    add("info", 0, "start", {{"scenario", plan.name}, {"seed", plan.seed}});
    for (const Error& warning : warnings) {
        add("warning", 0, warning.message, {{"code", warning.code}});
    }
    if (recorder != nullptr) {
        for (const EventRecord& event : recorder->events()) {
            add("info", event.time_ns, "event", {{"name", plan.events[event.event].name}});
        }
        if (!recorder->adl().empty()) {
            add("warning",
                recorder->adl().front().time_ns,
                "first auto-deleveraging",
                Json::object());
        }
    }
    add("info",
        totals.end_ns,
        totals.interrupted ? "interrupted" : "end",
        {{"events", totals.events}, {"messages", totals.messages}, {"trades", totals.trades}});
    return out;
}

ExitCode report_problem(const Error& error, const RunOptions& options, Streams streams) {
    fmt::print(streams.err, "{}", error_text(error));
    if (options.output == Output::json) {
        fmt::print(streams.out, "{}", errors_json({error}));
    }
    return ExitCode::resources;
}

struct Result {
    RunTotals totals;
    Summary summary;
};

// Everything that goes into the folder; the manifest is last because it names the others.
std::expected<void, Error> write_files(RunFolder& folder,
                                       const RunOptions& options,
                                       const Compiled& compiled,
                                       const Result& result,
                                       const MemoryRecorder* recorder,
                                       const std::string& started) {
    const Plan& plan = compiled.plan;
    if (auto done = folder.write("scenario.toml", compiled.original); !done) {
        return done;
    }
    if (auto done = folder.write("resolved.toml", compiled.resolved); !done) {
        return done;
    }
    if (auto done = folder.write("summary.json", summary_json(result.summary)); !done) {
        return done;
    }
    if (auto done =
            folder.write("log.jsonl", log_jsonl(plan, compiled.warnings, result.totals, recorder));
        !done) {
        return done;
    }
    if (recorder != nullptr) {
        RunDbContent content;
        content.plan = &plan;
        content.recorder = recorder;
        content.totals = result.totals;
        content.version = program_version;
        content.metrics = metric_rows(result.summary);
        content.observed = observed_rows(result.summary);
        if (auto done = write_run_db(folder.file("run.db"), content); !done) {
            return done;
        }
        ReportContext context;
        context.run_id = folder.final_path().filename().string();
        context.command = options.command;
        context.program =
            fmt::format("margincall {} ({}, {})", program_version, compiler_text(), build_kind());
        context.totals = result.totals;
        context.more = folder.hashes();
        if (auto done =
                write_report(folder.file("report.html"), plan, result.summary, *recorder, context);
            !done) {
            return done;
        }
    }
    return folder.write("manifest.json",
                        manifest_json(options, plan, result.totals, started, folder));
}

}  // namespace

ExitCode run_scenario(const RunOptions& options, Streams streams) {
    std::vector<std::string> overrides = options.overrides;
    if (options.seed) {
        overrides.push_back(fmt::format("random.seed={}", *options.seed));
    }
    std::expected<Compiled, Errors> compiled = compile_scenario(options.scenario, overrides);
    if (!compiled) {
        fmt::print(
            streams.err, "{}", errors_text(compiled.error(), options.scenario, "Nothing was run."));
        if (options.output == Output::json) {
            fmt::print(streams.out, "{}", errors_json(compiled.error()));
        }
        return only_missing_files(compiled.error()) ? ExitCode::input : ExitCode::scenario;
    }
    if (!compiled->warnings.empty() && options.loudness != Loudness::quiet) {
        fmt::print(streams.err, "{}", errors_text(compiled->warnings, options.scenario, ""));
    }
    if (!compiled->warnings.empty() && options.strict == Strict::yes) {
        return ExitCode::scenario;
    }
    Plan& plan = compiled->plan;
    if (options.preview == Preview::yes) {
        apply_preview(plan);
        plan.name += "-preview";
        plan.title += " (preview)";
    }
    std::FILE* const human = options.output == Output::json ? streams.err : streams.out;
    if (options.loudness != Loudness::quiet) {
        fmt::print(streams.err, "{}", scenario_line(options.scenario, plan));
        std::fflush(streams.err);
    }

    const InterruptGuard guard;
    std::expected<RunFolder, Error> folder = RunFolder::create(run_path(options, plan));
    if (!folder) {
        return report_problem(folder.error(), options, streams);
    }
    const std::string started = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    const Clock::time_point start = Clock::now();
    Progress progress(progress_style(options, streams.err), streams.err, "simulating");
    Monitor monitor(plan, progress, start);
    std::unique_ptr<MemoryRecorder> recorder;
    if (options.record == Record::yes) {
        recorder = std::make_unique<MemoryRecorder>(plan);
    }

    const CrashGuard crash(folder->file("crash.txt"),
                           fmt::format("margincall {}\nbuild {}\nscenario {} {}\nseed {}\n{}\n",
                                       program_version,
                                       file_hash("/proc/self/exe"),
                                       plan.name,
                                       plan.scenario_hash,
                                       plan.seed,
                                       options.command));
    check_context().seed = plan.seed;
    check_context().reproduce = options.command.c_str();
    Result result;
    {
        World world(plan, make_agents(plan), draw_population(plan));
        world.set_recorder(recorder.get());
        result.totals = world.run(&monitor);
    }
    check_context().reproduce = "";
    progress.finish();

    const RunFacts facts{program_version, seconds_since(start), peak_rss_mb()};
    const MemoryRecorder nothing;
    result.summary =
        summarise(plan, result.totals, recorder != nullptr ? *recorder : nothing, facts);
    if (auto written = write_files(*folder, options, *compiled, result, recorder.get(), started);
        !written) {
        return report_problem(written.error(), options, streams);
    }
    if (auto done = folder->finish(); !done) {
        return report_problem(done.error(), options, streams);
    }

    const fs::path path = folder->final_path();
    if (options.loudness != Loudness::quiet) {
        TerminalOptions terminal;
        terminal.colour =
            options.colour && isatty(fileno(human)) != 0 && std::getenv("NO_COLOR") == nullptr
                ? Colour::yes
                : Colour::no;
        fmt::print(human, "\n{}", terminal_summary(plan, result.summary, recorder.get(), terminal));
        fmt::print(
            human,
            "\nrun  {}      {}digest {:016x}\n",
            path.string(),
            recorder != nullptr ? "report  " + (path / "report.html").string() + "      " : "",
            result.totals.digest);
    }
    if (options.output == Output::json) {
        Json line = Json::parse(summary_json(result.summary), nullptr, false);
        line["run"] = path.string();
        line["interrupted"] = result.totals.interrupted;
        for (std::size_t v = 0; v < result.totals.steps.size(); ++v) {
            for (std::size_t k = 0; k < engine_step_words.size(); ++k) {
                line["steps"][plan.venues[v].name][engine_step_words[k]] =
                    result.totals.steps[v][k];
            }
        }
        fmt::print(streams.out, "{}\n", line.dump());
    }
    if (result.totals.interrupted) {
        fmt::print(streams.err,
                   "interrupted at {}; what was simulated until then is in {}\n",
                   iso_utc(plan.start_unix_s + result.totals.end_ns / 1'000'000'000),
                   path.string());
        return ExitCode::interrupted;
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
