// `margincall perturb`: the reproduction number by experiment, at several moments and seeds, beside the one
// of books and accounts (lab/perturbation.hpp).
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/cause_commands.hpp"
#include "cli/moment_option.hpp"
#include "cli/report_problems.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "lab/perturbation.hpp"
#include "lab/seed_quantiles.hpp"
#include "report/format.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

using Json = nlohmann::ordered_json;

// All seeds at one moment.
struct AtMoment {
    std::int64_t at_ns = 0;
    SeedQuantiles local, local_with_stops, expected_xi;
    std::array<SeedQuantiles, perturbation_windows.size()> xi, reproduction;
    std::array<std::int64_t, perturbation_windows.size()> negative{};
};

std::vector<AtMoment> by_moment(const std::vector<std::vector<Perturbation>>& seeds) {
    std::vector<AtMoment> out;
    const std::size_t moments = seeds.empty() ? 0 : seeds.front().size();
    for (std::size_t k = 0; k < moments; ++k) {
        AtMoment& at = out.emplace_back();
        at.at_ns = seeds.front()[k].at_ns;
        std::vector<double> local;
        std::vector<double> stops;
        std::vector<double> expected;
        for (const std::vector<Perturbation>& rows : seeds) {
            local.push_back(rows[k].local_own);
            stops.push_back(rows[k].local_with_stops);
            expected.push_back(rows[k].local_per_dollar);
        }
        at.local = seed_quantiles(std::move(local));
        at.local_with_stops = seed_quantiles(std::move(stops));
        at.expected_xi = seed_quantiles(std::move(expected));
        for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
            std::vector<double> xi;
            std::vector<double> reproduction;
            for (const std::vector<Perturbation>& rows : seeds) {
                xi.push_back(rows[k].response[w].xi(rows[k].sale_usd));
                if (const auto r = reproduction_of(xi.back())) {
                    reproduction.push_back(*r);
                } else {
                    ++at.negative[w];
                }
            }
            at.xi[w] = seed_quantiles(std::move(xi));
            at.reproduction[w] = seed_quantiles(std::move(reproduction));
        }
    }
    return out;
}

// Where the local figure lies against the experiment's: inside its 5 to 95 %, or on which side.
std::string_view agreement(double local, const SeedQuantiles& by_experiment) {
    if (!by_experiment.p05 || !by_experiment.p95) {
        return "no R";
    }
    return local < *by_experiment.p05 ? "below" : local > *by_experiment.p95 ? "above" : "inside";
}

std::string band_text(const SeedQuantiles& s) {
    const auto text = [](const std::optional<double>& value) {
        return !value                  ? std::string{no_data}
               : std::isfinite(*value) ? fmt::format("{:.2f}", *value)
                                       : std::string{"unbounded"};
    };
    return fmt::format("{} [{} … {}]", text(s.p50), text(s.p05), text(s.p95));
}

std::string perturbed_table(const std::vector<AtMoment>& moments,
                            const Plan& plan,
                            const std::string& coin) {
    std::string out = pad_right("", 24) + pad_left(fmt::format("R local, {}", coin), 24) +
                      pad_left("Xi local", 24) + pad_left("window", 9) + pad_left("Xi", 24) +
                      pad_left("R", 24) + pad_left("Xi < 0", 8) + "  R local is\n";
    for (const AtMoment& at : moments) {
        for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
            const std::string when =
                w == 0 ? format_utc(plan.start_unix_s + at.at_ns / 1'000'000'000) : std::string{};
            out += pad_right(when, 24) + pad_left(w == 0 ? band_text(at.local) : "", 24) +
                   pad_left(w == 0 ? band_text(at.expected_xi) : "", 24) +
                   pad_left(w == 0 ? "10 min" : "2 h", 9) + pad_left(band_text(at.xi[w]), 24) +
                   pad_left(band_text(at.reproduction[w]), 24) +
                   pad_left(fmt::format("{}/{}", at.negative[w], at.xi[w].n), 8) + "  " +
                   std::string{agreement(at.local.p50.value_or(NAN), at.reproduction[w])} + "\n";
        }
    }
    return out;
}

Json moment_json(const AtMoment& at, const Plan& plan) {
    Json out;
    out["at"] = iso_utc(plan.start_unix_s + at.at_ns / 1'000'000'000);
    out["local"] = seed_quantiles_json(at.local);
    out["local_with_stops"] = seed_quantiles_json(at.local_with_stops);
    out["local_xi"] = seed_quantiles_json(at.expected_xi);
    out["windows"] = Json::array();
    for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
        out["windows"].push_back(
            {{"seconds", to_seconds(perturbation_windows[w])},
             {"xi", seed_quantiles_json(at.xi[w])},
             {"negative", at.negative[w]},
             {"reproduction", seed_quantiles_json(at.reproduction[w])},
             {"local_is", agreement(at.local.p50.value_or(NAN), at.reproduction[w])}});
    }
    return out;
}

}  // namespace

ExitCode perturb_worlds(const CauseOptions& options, Streams streams) {
    const auto usd = parse_dollars(options.sell);
    if (!usd) {
        return wrong_cause_option(streams, "--sell: " + usd.error(), "--sell \"200 m USD\"");
    }
    std::expected<Study, ExitCode> study = begin_study(options, streams);
    if (!study) {
        return study.error();
    }
    study->sale.usd = *usd;
    const auto lines = answer_study(
        options,
        *study,
        "perturb",
        {{"sell_usd", *usd}},
        [&](const auto& scenario,
            const std::string& key,
            RunMonitor* monitor) -> std::expected<std::string, Errors> {
            auto rows = perturb(scenario, study->at, study->sale, monitor);
            if (!rows) {
                return std::unexpected(std::move(rows.error()));
            }
            return perturbation_json(key, *rows);
        },
        streams);
    if (!lines) {
        return lines.error();
    }
    std::vector<std::vector<Perturbation>> seeds;
    for (const std::string& line : *lines) {
        if (auto rows = parse_perturbations(line)) {
            seeds.push_back(std::move(*rows));
        }
    }
    const Plan& plan = study->scenario.plan;
    const std::vector<AtMoment> moments = by_moment(seeds);
    std::FILE* const human = options.run.output == Output::json ? streams.err : streams.out;
    print_fitting(human, perturbed_table(moments, plan, options.coin));
    fmt::print(
        human,
        "\n{} of {} sold in {}; medians and 5 to 95 % of {} seeds. R = Xi / (1 + Xi) of seeds "
        "whose Xi is not negative.\n",
        format_money(*usd),
        options.coin,
        options.over,
        seeds.size());
    Json root;
    root["format"] = 1;
    root["scenario"] = plan.name;
    root["seeds"] = seeds.size();
    root["sell_usd"] = *usd;
    root["moments"] = Json::array();
    for (const AtMoment& at : moments) {
        root["moments"].push_back(moment_json(at, plan));
        if (options.run.output == Output::json) {
            fmt::print(streams.out, "{}\n", json_text(moment_json(at, plan)));
        }
    }
    const std::filesystem::path file = std::filesystem::path{study->folder} / "perturbation.json";
    if (auto done = write_whole(file, json_text(root, 1) + "\n", "the answers are kept"); !done) {
        return report_problems({done.error()}, options.run.output, streams);
    }
    fmt::print(human, "\nperturb  {}\n", file.string());
    return study->failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
