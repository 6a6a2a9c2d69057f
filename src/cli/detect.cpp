// `margincall detect`: the power of tests for informed trading and how often they are wrong
// (lab/detection.hpp).
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/cause_commands.hpp"
#include "cli/report_problems.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "lab/detection.hpp"
#include "lab/seed_quantiles.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

using DetectJson = nlohmann::ordered_json;

DetectJson share_json(const WorldShare& share) {
    const auto [low, high] = share.interval();
    return {{"hits", share.hits},
            {"worlds", share.n},
            {"share", share.n > 0 ? DetectJson(share.share()) : DetectJson(nullptr)},
            {"low", low},
            {"high", high}};
}

std::string share_text(const WorldShare& share) {
    const auto [low, high] = share.interval();
    return share.n > 0 ? fmt::format("{:.0f} % [{:.0f} … {:.0f}] of {}",
                                     100.0 * share.share(),
                                     100.0 * low,
                                     100.0 * high,
                                     share.n)
                       : std::string{no_data};
}

SeedQuantiles values_of(std::span<const DetectedSeed> seeds, std::size_t d, bool with) {
    std::vector<double> values;
    for (const DetectedSeed& seed : seeds) {
        if (const auto value = (with ? seed.with : seed.without).value[d]) {
            values.push_back(*value);
        }
    }
    return seed_quantiles(std::move(values));
}

std::string median_text(const SeedQuantiles& values) {
    return values.p50 ? fmt::format("{:.4g}", *values.p50) : std::string{no_data};
}

}  // namespace

ExitCode detect_informed(const CauseOptions& options, Streams streams) {
    std::expected<Study, ExitCode> study = begin_study(options, streams);
    if (!study) {
        return study.error();
    }
    const Plan& plan = study->scenario.plan;
    const auto event = detection_event(plan);
    if (!event) {
        return wrong_cause_option(streams,
                                  "detect: no informed traders in this scenario",
                                  "an [[events]] row of type \"information\", as in "
                                  "scenarios/2025-10-10-informed.toml");
    }
    const auto lines = answer_study(
        options,
        *study,
        "detect",
        DetectJson::object(),
        [&](const auto& scenario,
            const std::string& key,
            RunMonitor* monitor) -> std::expected<std::string, Errors> {
            return detected_json(key, detect(scenario, monitor));
        },
        streams);
    if (!lines) {
        return lines.error();
    }
    std::vector<DetectedSeed> seeds;
    for (const std::string& line : *lines) {
        if (auto seed = parse_detected(line)) {
            seeds.push_back(std::move(*seed));
        }
    }
    DetectJson root;
    root["format"] = 1;
    root["scenario"] = plan.name;
    root["scenario_hash"] = plan.scenario_hash;
    root["seeds"] = seeds.size();
    root["event_at"] = format_utc(plan.start_unix_s + event->at.ns() / 1'000'000'000);
    root["looked_back_s"] = to_seconds(event->before);
    root["detectors"] = DetectJson::array();
    std::string table = pad_right("", 12) + pad_left("without", 12) + pad_left("with", 12) +
                        pad_left("power at 5 %", 26) + pad_left("false positives", 26) + "\n";
    std::string words;
    for (std::size_t d = 0; d < detectors.size(); ++d) {
        const DetectorPower power = detector_power(seeds, static_cast<Detector>(d));
        const SeedQuantiles without = values_of(seeds, d, false);
        const SeedQuantiles with = values_of(seeds, d, true);
        DetectJson row{{"detector", detectors[d].name},
                       {"words", detectors[d].words},
                       {"without", seed_quantiles_json(without)},
                       {"with", seed_quantiles_json(with)},
                       {"critical", power.critical},
                       {"power", share_json(power.power)},
                       {"false_positives", share_json(power.false_positives)}};
        if (options.run.output == Output::json) {
            fmt::print(streams.out, "{}\n", json_text(row));
        }
        root["detectors"].push_back(std::move(row));
        table += pad_right(detectors[d].name, 12) + pad_left(median_text(without), 12) +
                 pad_left(median_text(with), 12) + pad_left(share_text(power.power), 26) +
                 pad_left(share_text(power.false_positives), 26) + "\n";
        words += fmt::format("  {}{}\n", pad_right(detectors[d].name, 12), detectors[d].words);
    }
    std::FILE* const human = options.run.output == Output::json ? streams.err : streams.out;
    print_fitting(human, table);
    print_fitting(human, "\n" + words);
    fmt::print(
        human,
        "\nMedians of {} seeds without and with informed traders; shares of worlds beyond the "
        "95th percentile of those without, by the other half of the seeds, with 90 % "
        "intervals.\n",
        seeds.size());
    const std::filesystem::path file = std::filesystem::path{study->folder} / "detection.json";
    if (auto done = write_whole(file, json_text(root, 1) + "\n", "the answers are kept"); !done) {
        return report_problems({done.error()}, options.run.output, streams);
    }
    fmt::print(human, "\ndetect  {}\n", file.string());
    return study->failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
