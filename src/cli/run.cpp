#include "cli/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/version.hpp"
#include "cli/interrupt.hpp"
#include "cli/machine.hpp"
#include "cli/pool_watch.hpp"
#include "cli/progress.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "cli/run_paths.hpp"
#include "cli/step_watch.hpp"
#include "cli/validate.hpp"
#include "lab/gates_file.hpp"
#include "lab/world_run.hpp"
#include "plan/world_size.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

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
    const std::array<std::string_view, 3> where{"  details in ", crash_path.data(), "\n"};
    for (const std::string_view part : where) {
        const ssize_t written = write(STDERR_FILENO, part.data(), part.size());
        (void)written;
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

class Monitor final : public RunMonitor {
  public:
    Monitor(const Plan& plan, Progress& progress, StepWatch& steps, Clock::time_point start)
        : plan_(plan), progress_(progress), steps_(steps), start_(start) {}

    bool keep_going(SimTime now, std::uint64_t messages) override {
        steps_.end();  // the accounts are drawn
        const double share =
            static_cast<double>(now.ns()) / static_cast<double>(plan_.length.raw());
        const std::string clock = iso_utc(plan_.start_unix_s + now.ns() / 1'000'000'000);
        const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        progress_.update(
            share, seconds, fmt::format("{}  {}", clock, message_rate(messages, seconds)));
        return !interrupted();
    }

  private:
    const Plan& plan_;
    Progress& progress_;
    StepWatch& steps_;
    Clock::time_point start_;
};

// The text of a run that was stopped, so that it stops there again: another scenario than the whole.
void shorten(Compiled& compiled,
             const RunOptions& options,
             std::vector<std::string> overrides,
             const RunTotals& totals) {
    overrides.push_back(fmt::format("clock.stop_after_events={}", totals.events));
    std::expected<Compiled, Errors> again =
        options.scenario == "-" ? compile_text(compiled.original, "stdin", ".", overrides)
                                : compile_scenario(options.scenario, overrides);
    if (again) {  // the file may have changed while the run was going on
        compiled = std::move(*again);
    }
}

ExitCode run_one(const RunOptions& options,
                 const std::vector<std::string>& overrides,
                 Compiled compiled,
                 StepWatch& steps,
                 Streams streams) {
    std::expected<RunFolder, Error> folder =
        RunFolder::create(run_path(options, compiled.plan, utc_now("{:%Y-%m-%dT%H-%M-%SZ}-")));
    if (!folder) {
        return report_problems({folder.error()}, options.output, streams);
    }
    const std::string started = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    const Clock::time_point start = Clock::now();
    Progress progress(
        progress_style(options.loudness, options.progress, streams.err), streams.err, "simulating");
    std::unique_ptr<MemoryRecorder> recorder;
    if (options.record == Record::yes) {
        recorder = std::make_unique<MemoryRecorder>(compiled.plan);
    }
    RunTotals totals;
    {
        const CrashGuard crash(folder->file("crash.txt"),
                               fmt::format("margincall {}\nbuild {}\nscenario {} {}\nseed {}\n{}\n",
                                           program_version,
                                           file_hash(program_file()),
                                           sized_name(compiled.plan),
                                           compiled.plan.scenario_hash,
                                           compiled.plan.seed,
                                           options.command));
        Monitor monitor(compiled.plan, progress, steps, start);
        steps.begin("drawing the accounts");
        totals = run_world(compiled.plan, recorder.get(), &monitor, options.command.c_str());
    }
    progress.finish();
    steps.begin("writing the run folder");
    if (totals.interrupted && compiled.plan.stop_after_events == 0) {
        shorten(compiled, options, overrides, totals);
    }
    const RunFacts facts{program_version,
                         std::chrono::duration<double>(Clock::now() - start).count(),
                         peak_rss_mb()};
    const MemoryRecorder nothing;
    RunResult result;
    result.compiled = &compiled;
    result.totals = totals;
    result.recorder = recorder.get();
    result.started = started;
    result.summary =
        summarise(compiled.plan, totals, recorder != nullptr ? *recorder : nothing, facts);
    result.summary.limits =
        judge_limits(compiled.limits, result.summary, std::span(&result.summary, 1));
    result.summary.price_gates = shipped_price_gates();
    std::expected<void, Error> kept = write_run_files(*folder, options, result);
    if (kept) {
        kept = folder->finish();
    }
    steps.end();
    if (!kept) {
        const Error failure = folder->keep_unfinished(std::move(kept.error()));
        show_run(options, result, folder->final_path(), streams);
        return report_problems({failure}, options.output, streams);
    }
    show_run(options, result, folder->final_path(), streams);
    if (totals.interrupted) {
        fmt::print(streams.err,
                   "interrupted at {}; what was simulated until then is in {}\n",
                   iso_utc(compiled.plan.start_unix_s + totals.end_ns / 1'000'000'000),
                   folder->final_path().string());
        return ExitCode::interrupted;
    }
    return ExitCode::done;
}

}  // namespace

ExitCode run_scenario(const RunOptions& options, Streams streams) {
    const InterruptGuard guard;
    std::vector<std::string> overrides = options.overrides;
    if (options.seed) {
        overrides.push_back(fmt::format("random.seed={}", *options.seed));
    }
    if (options.paths) {
        overrides.push_back(fmt::format("random.paths={}", *options.paths));
    }
    StepWatch steps(progress_style(options.loudness, options.progress, streams.err), streams.err);
    steps.begin("reading the scenario");
    std::expected<Compiled, Errors> compiled = compile_scenario(options.scenario, overrides);
    steps.end();
    if (!compiled) {
        return report_problems(compiled.error(), options.output, streams);
    }
    if (!announce(*compiled, options, streams)) {
        return ExitCode::scenario;
    }
    return compiled->plan.paths > 1
               ? run_paths(options, steps, streams)
               : run_one(options, overrides, std::move(*compiled), steps, streams);
}

}  // namespace margincall::inline cli
