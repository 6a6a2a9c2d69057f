// What the studies on forks of worlds have in common (perturb, critical-shock): a seed is a job, its answer
// a line of the study's folder, and what is there is not asked again.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cause_commands.hpp"
#include "lab/forced_sale.hpp"
#include "scenario/compile.hpp"
#include "sim/world.hpp"

namespace margincall::inline cli {

struct Study {
    Compiled scenario;
    std::vector<SimTime> at;  // rising, each once
    ForcedSale sale;
    std::string folder;
    std::int64_t failed = 0;  // seeds
};

// Prints what is wrong with an option; the exit code of it.
[[nodiscard]] ExitCode wrong_cause_option(Streams streams,
                                          const std::string& what,
                                          const std::string& hint);

// Scenario, moments and sale as they were asked for. Otherwise the exit code, and why was printed.
[[nodiscard]] std::expected<Study, ExitCode> begin_study(const CauseOptions& options,
                                                         Streams streams);

// Answers one seed: a line of JSON with this key.
using StudyAnswer = std::function<std::expected<std::string, Errors>(
    const std::shared_ptr<const Compiled>&, const std::string& key, RunMonitor*)>;

// Lines of the seeds that were asked for, by seed; a failed seed is missing and counted. `asked`: what
// makes an answer beside scenario, moments and sale. Otherwise the exit code.
[[nodiscard]] std::expected<std::vector<std::string>, ExitCode> answer_study(
    const CauseOptions& options,
    Study& study,
    std::string_view kind,
    const nlohmann::ordered_json& asked,
    const StudyAnswer& answer,
    Streams streams);

// "studies/KIND-NAME-HASH" unless --out says otherwise.
[[nodiscard]] std::string study_folder(const RunOptions& run,
                                       std::string_view kind,
                                       const Plan& plan,
                                       std::string_view what);

}  // namespace margincall::inline cli
