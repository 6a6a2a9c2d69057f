#include "cli/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "cli/interrupt.hpp"
#include "cli/moment_option.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "lab/identity.hpp"
#include "lab/job_pool.hpp"
#include "lab/study_folder.hpp"
#include "plan/world_size.hpp"
#include "scenario/fields.hpp"

namespace margincall::inline cli {

ExitCode wrong_cause_option(Streams streams, const std::string& what, const std::string& hint) {
    fmt::print(streams.err, "margincall: {}\n   help: {}\n", shown(what), hint);
    return ExitCode::command_line;
}

std::string study_folder(const RunOptions& run,
                         std::string_view kind,
                         const Plan& plan,
                         std::string_view what) {
    return run.out.empty() ? fmt::format("studies/{}-{}-{}",
                                         kind,
                                         safe_name(sized_name(plan)),
                                         text_hash(what).substr(0, 8))
                           : run.out;
}

std::expected<Study, ExitCode> begin_study(const CauseOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    std::vector<std::string> overrides = run.overrides;
    if (run.seed) {
        overrides.push_back(fmt::format("random.seed={}", *run.seed));
    }
    if (run.paths) {
        overrides.push_back(fmt::format("random.paths={}", *run.paths));
    }
    std::expected<Compiled, Errors> compiled = compile_scenario(run.scenario, overrides);
    if (!compiled) {
        return std::unexpected(report_problems(compiled.error(), run.output, streams));
    }
    if (!announce(*compiled, run, streams)) {
        return std::unexpected(ExitCode::scenario);
    }
    Study study;
    study.scenario = std::move(*compiled);
    const Plan& plan = study.scenario.plan;
    for (const std::string& text : options.at) {
        const auto at = parse_moment(text, plan);
        if (!at) {
            return std::unexpected(wrong_cause_option(
                streams, "--at: " + at.error(), "--at 2025-10-10T20:50:00Z, or --at \"45 h\""));
        }
        study.at.push_back(*at);
    }
    std::ranges::sort(study.at);
    const auto repeated = std::ranges::unique(study.at);
    study.at.erase(repeated.begin(), repeated.end());
    const auto over = parse_length(options.over);
    if (!over) {
        return std::unexpected(
            wrong_cause_option(streams, "--over: " + over.error(), "--over \"1 min\""));
    }
    const AssetId coin = find_asset(plan, options.coin);
    if (!coin.valid() || plan.assets[coin.raw()].pegged) {
        std::vector<std::string> known;
        for (const AssetPlan& asset : plan.assets) {
            if (!asset.pegged) {
                known.push_back(asset.name);
            }
        }
        return std::unexpected(wrong_cause_option(
            streams,
            fmt::format("--coin: \"{}\" has no perpetual in this scenario", options.coin),
            fmt::format("of: {}", fmt::join(known, ", "))));
    }
    study.sale = {.coin = options.coin, .usd = 0.0, .over = *over};
    return study;
}

std::expected<std::vector<std::string>, ExitCode> answer_study(const CauseOptions& options,
                                                               Study& study,
                                                               std::string_view kind,
                                                               const nlohmann::ordered_json& asked,
                                                               const StudyAnswer& answer,
                                                               Streams streams) {
    const RunOptions& run = options.run;
    const Plan& plan = study.scenario.plan;
    nlohmann::ordered_json about;
    about["study"] = kind;
    about["core"] = core_identity();
    about["scenario"] = plan.name;
    about["scenario_hash"] = plan.scenario_hash;
    about["coin"] = study.sale.coin;
    about["over_s"] = to_seconds(study.sale.over);
    about["at_ns"] = nlohmann::ordered_json::array();
    for (const SimTime at : study.at) {
        about["at_ns"].push_back(at.ns());
    }
    about.update(asked);
    const std::string text = json_text(about, 1) + "\n";
    study.folder = study_folder(run, kind, plan, text);
    const InterruptGuard guard;
    std::expected<StudyFolder, Error> folder = StudyFolder::open(study.folder, text);
    if (!folder) {
        return std::unexpected(report_problems({folder.error()}, run.output, streams));
    }
    if (!folder->answers().empty() && !run.resume) {
        return std::unexpected(report_problems(
            {file_error(study.folder,
                        "E714",
                        "the folder holds answers of this study already",
                        "--resume goes on with it; or give another place with --out")},
            run.output,
            streams));
    }
    const auto paths = static_cast<std::uint64_t>(plan.paths);
    const auto key_of = [&](std::uint64_t index) {
        return world_key(core_identity(), plan.scenario_hash, plan.seed + index);
    };
    std::vector<std::uint64_t> todo;
    PoolProgress before;
    before.worlds = paths;
    for (std::uint64_t index = 0; index < paths; ++index) {
        if (folder->answers().contains(key_of(index))) {
            ++before.finished;
        } else {
            todo.push_back(index);
        }
    }
    std::mutex mutex;
    std::vector<std::string> reasons;
    Jobs jobs;
    jobs.run = [&](std::uint64_t index,
                   std::size_t,
                   std::atomic<double>& share) -> std::expected<JobCount, Error> {
        const auto scenario = with_seed(study.scenario, plan.seed + index);
        ShareMonitor monitor(share, scenario->plan.length);
        const std::string key = key_of(index);
        auto line = answer(scenario, key, &monitor);
        if (!line) {
            return std::unexpected(line.error().front());
        }
        if (auto done = folder->append(key, *line); !done) {
            return std::unexpected(done.error());
        }
        return one_finished;
    };
    jobs.failed = [&](std::uint64_t index,
                      const std::string& reason) -> std::expected<JobCount, Error> {
        const std::lock_guard lock(mutex);
        reasons.push_back(fmt::format("seed {}: {}", plan.seed + index, reason));
        return one_failed;
    };
    PoolWatch watch(progress_style(run.loudness, run.progress, streams.err), streams.err, "seeds");
    const JobsEnd end =
        run_jobs(todo, before, worker_count(run.workers), jobs, [&](const PoolProgress& now) {
            return watch(now);
        });
    watch.finish();
    if (end.error) {
        return std::unexpected(report_problems({*end.error}, run.output, streams));
    }
    for (const std::string& reason : reasons) {
        fmt::print(streams.err, "failed: {}\n", reason);
    }
    study.failed = static_cast<std::int64_t>(reasons.size());
    if (end.stopped) {
        fmt::print(
            streams.err,
            "interrupted: {} of {} seeds are kept in {}; the same command with --resume goes "
            "on\n",
            folder->answers().size(),
            paths,
            study.folder);
        return std::unexpected(ExitCode::interrupted);
    }
    std::vector<std::string> lines;
    for (std::uint64_t index = 0; index < paths; ++index) {
        const auto found = folder->answers().find(key_of(index));
        if (found != folder->answers().end()) {
            lines.push_back(found->second);
        }
    }
    return lines;
}

}  // namespace margincall::inline cli
