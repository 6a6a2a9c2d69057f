// `margincall critical-shock`: the smallest forced sale that reaches a limit, at several moments and seeds
// (lab/critical_shock.hpp).
#include "lab/critical_shock.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/cause_commands.hpp"
#include "cli/moment_option.hpp"
#include "cli/report_problems.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "lab/seed_quantiles.hpp"
#include "report/format.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

using Json = nlohmann::ordered_json;

// One limit at one moment over the seeds.
struct ShockRow {
    std::int64_t at_ns = 0;
    std::size_t limit = 0;
    SeedQuantiles found;  // USD, of the seeds that reach it
    std::int64_t without = 0, beyond = 0, contradicted = 0, seeds = 0;
};

std::vector<ShockRow> rows_of(const std::vector<std::vector<ShockAnswer>>& seeds) {
    std::vector<ShockRow> out;
    const std::size_t moments = seeds.empty() ? 0 : seeds.front().size();
    for (std::size_t k = 0; k < moments; ++k) {
        for (std::size_t limit = 0; limit < limit_words.size(); ++limit) {
            ShockRow& row = out.emplace_back();
            row.at_ns = seeds.front()[k].at_ns;
            row.limit = limit;
            std::vector<double> found;
            for (const std::vector<ShockAnswer>& answers : seeds) {
                const CriticalShock& shock = answers[k].shock[limit];
                ++row.seeds;
                row.contradicted += shock.contradicted ? 1 : 0;
                switch (shock.end) {
                    case ShockEnd::without:
                        ++row.without;
                        break;
                    case ShockEnd::found:
                        found.push_back(shock.usd);
                        break;
                    case ShockEnd::beyond:
                        ++row.beyond;
                        break;
                }
            }
            row.found = seed_quantiles(std::move(found));
        }
    }
    return out;
}

std::string answer_text(const ShockRow& row, const std::string& most) {
    std::string out;
    const auto add = [&](const std::string& part) { out += (out.empty() ? "" : "; ") + part; };
    if (row.without > 0) {
        add(fmt::format("{} of {} without any sale", row.without, row.seeds));
    }
    if (row.found.n > 0) {
        add(fmt::format("{} of {}: median {} [{} … {}]",
                        row.found.n,
                        row.seeds,
                        format_money(*row.found.p50),
                        format_money(*row.found.p05),
                        format_money(*row.found.p95)));
    }
    if (row.beyond > 0) {
        add(fmt::format("{} of {} not reached within {}", row.beyond, row.seeds, most));
    }
    if (row.contradicted > 0) {
        add(fmt::format(
            "in {} of {} another size that was tried contradicts", row.contradicted, row.seeds));
    }
    return out;
}

Json shock_json(const ShockRow& row, const Plan& plan) {
    const auto number = [](const std::optional<double>& value) {
        return value ? Json(*value) : Json(nullptr);
    };
    return {{"at", iso_utc(plan.start_unix_s + row.at_ns / 1'000'000'000)},
            {"limit", limit_words[row.limit]},
            {"seeds", row.seeds},
            {"found", row.found.n},
            {"usd_p05", number(row.found.p05)},
            {"usd_p50", number(row.found.p50)},
            {"usd_p95", number(row.found.p95)},
            {"without_a_sale", row.without},
            {"not_reached", row.beyond},
            {"contradicted", row.contradicted}};
}

}  // namespace

ExitCode critical_shock(const CauseOptions& options, Streams streams) {
    const auto least = parse_dollars(options.least);
    const auto most = parse_dollars(options.most);
    const auto within = parse_length(options.within);
    if (!least || !most || !within || *least > *most) {
        return wrong_cause_option(streams,
                                  !least    ? "--least: " + least.error()
                                  : !most   ? "--most: " + most.error()
                                  : !within ? "--within: " + within.error()
                                            : std::string{"--least is more than --most"},
                                  "--least \"10 m USD\" --most \"20 bn USD\" --within \"30 min\"");
    }
    std::expected<Study, ExitCode> study = begin_study(options, streams);
    if (!study) {
        return study.error();
    }
    ShockRange range;
    range.sale = study->sale;
    range.least_usd = *least;
    range.most_usd = *most;
    range.horizon = *within;
    const auto lines = answer_study(
        options,
        *study,
        "critical-shock",
        {{"least_usd", *least}, {"most_usd", *most}, {"within_s", to_seconds(*within)}},
        [&](const auto& scenario,
            const std::string& key,
            RunMonitor* monitor) -> std::expected<std::string, Errors> {
            auto rows = critical_shocks(scenario, study->at, range, monitor);
            if (!rows) {
                return std::unexpected(std::move(rows.error()));
            }
            return shock_answers_json(key, *rows);
        },
        streams);
    if (!lines) {
        return lines.error();
    }
    std::vector<std::vector<ShockAnswer>> seeds;
    for (const std::string& line : *lines) {
        if (auto rows = parse_shock_answers(line)) {
            seeds.push_back(std::move(*rows));
        }
    }
    const Plan& plan = study->scenario.plan;
    std::FILE* const human = options.run.output == Output::json ? streams.err : streams.out;
    Json root;
    root["format"] = 1;
    root["scenario"] = plan.name;
    root["seeds"] = seeds.size();
    root["rows"] = Json::array();
    std::int64_t last = -1;
    for (const ShockRow& row : rows_of(seeds)) {
        const std::string when =
            row.at_ns != last ? format_utc(plan.start_unix_s + row.at_ns / 1'000'000'000) : "";
        last = row.at_ns;
        print_fitting(human,
                      pad_right(when, 24) + pad_right(limit_words[row.limit], 28) +
                          answer_text(row, options.most) + "\n");
        root["rows"].push_back(shock_json(row, plan));
        if (options.run.output == Output::json) {
            fmt::print(streams.out, "{}\n", json_text(shock_json(row, plan)));
        }
    }
    fmt::print(
        human,
        "\nForced sales of {} in {}, looked at for {}; sizes a quarter of an octave apart, the "
        "smallest found by bisection.\n",
        options.coin,
        options.over,
        options.within);
    const std::filesystem::path file = std::filesystem::path{study->folder} / "critical-shock.json";
    if (auto done = write_whole(file, json_text(root, 1) + "\n", "the answers are kept"); !done) {
        return report_problems({done.error()}, options.run.output, streams);
    }
    fmt::print(human, "critical-shock  {}\n", file.string());
    return study->failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
