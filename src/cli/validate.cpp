#include "cli/validate.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "cli/errors_json.hpp"
#include "plan/world_size.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {

std::string scenario_line(const std::string& file, const Plan& plan) {
    const std::string rows = plan.population.full
                                 ? std::string{"all accounts"}
                                 : fmt::format("{} account rows", plan.population.rows);
    const std::string size = plan.size == WorldSize::full
                                 ? std::string{}
                                 : fmt::format("{} world · ", world_size_name(plan.size));
    return fmt::format(
        "{}  ok   {}{} venues · {} coins · {} books · {} · {} · {} events   hash {}\n",
        file,
        size,
        plan.venues.size(),
        plan.assets.size(),
        plan.instruments.size(),
        rows,
        format_measure(to_seconds(plan.length), Unit::duration),
        plan.events.size(),
        plan.scenario_hash.substr(0, 8));
}

ExitCode validate_scenarios(const ValidateOptions& options, Streams streams) {
    ExitCode code = ExitCode::done;
    for (const std::string& file : options.files) {
        const std::expected<Compiled, Errors> compiled = compile_scenario(file, options.overrides);
        const Errors& problems = compiled ? compiled->warnings : compiled.error();
        if (!problems.empty()) {
            fmt::print(streams.err, "{}", errors_text(problems, file, ""));
        }
        if (options.output == Output::json) {
            fmt::print(streams.out, "{}", errors_json(problems));
        }
        if (!compiled) {
            const bool missing = only_missing_files(problems);
            if (!missing) {
                code = ExitCode::scenario;
            } else if (code == ExitCode::done) {
                code = ExitCode::input;
            }
            continue;
        }
        if (!problems.empty() && options.strict == Strict::yes) {
            code = ExitCode::scenario;
        }
        if (options.output == Output::json) {
            nlohmann::ordered_json row;
            row["kind"] = "valid";
            row["file"] = file;
            row["scenario"] = compiled->plan.name;
            row["size"] = world_size_name(compiled->plan.size);
            row["scenario_hash"] = compiled->plan.scenario_hash;
            fmt::print(streams.out, "{}\n", json_text(row));
        } else if (options.loudness != Loudness::quiet) {
            fmt::print(streams.out, "{}", scenario_line(file, compiled->plan));
        }
    }
    return code;
}

}  // namespace margincall::inline cli
