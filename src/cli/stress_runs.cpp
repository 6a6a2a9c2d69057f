#include "cli/stress_runs.hpp"

#include <fmt/format.h>

#include "cli/interrupt.hpp"
#include "desk/variation.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::size_t horizon_rows = 5;

const char* defaults_name(std::uint32_t groups) {
    return groups == 1 ? "with Cover-1" : groups == 2 ? "with Cover-2" : "with defaults";
}

}  // namespace

StressRuns::StressRuns(const StressArguments& arguments,
                       const StressSettings& settings,
                       const StressCase& about,
                       StressVoice& voice)
    : args_(arguments),
      settings_(settings),
      case_(about),
      voice_(voice),
      start_(std::make_unique<StressStart>(about.todays.market, about.book)) {}

void StressRuns::columns(StressReport& report) const {
    const auto add = [&](const char* name, const StressStart& start, std::uint32_t defaults) {
        if (interrupted()) {
            return;
        }
        StressOptions options = settings_.options;
        options.defaults = defaults;
        voice_.begin(fmt::format("stress: {}", name));
        report.columns.push_back({name, run_stress(start, case_.shock, options), &start.market()});
    };
    add("shock", *start_, 0);
    if (settings_.defaults > 0) {
        add(defaults_name(settings_.defaults), *start_, settings_.defaults);
    }
    if (case_.proposed) {
        const StressStart start(case_.proposed->market, case_.book);
        add("proposed rules", start, 0);
        report.activation = activation(*start_, case_.proposed->market, args_.stages);
    }
}

void StressRuns::varied(StressReport& report) const {
    if (!settings_.vary) {
        return;
    }
    StressRun run(*start_);
    for (Variation& variation : variations(case_.shock, settings_.options)) {
        if (interrupted()) {
            return;
        }
        voice_.begin("stress: " + variation.name);
        report.varied.push_back({variation.name, run.run(variation.shock, variation.options)});
    }
    for (Variation& size : other_sizes(case_.shock, case_.todays.market, settings_.options)) {
        if (interrupted()) {
            return;
        }
        voice_.begin("stress: " + size.name);
        report.sizes.push_back({size.name, run.run(size.shock, size.options)});
    }
}

void StressRuns::reverse(StressReport& report) const {
    // Ctrl-C ends the search with what is known.
    voice_.begin("reverse search");
    ReverseOptions options;
    options.stress = settings_.options;
    options.stress.defaults = settings_.defaults;
    options.over = case_.shock.length();
    std::uint64_t trials = 0;
    options.keep_going = [&] {
        voice_.note(fmt::format("trial {}", ++trials));
        return !interrupted();
    };
    report.reverse = reverse_stress(*start_, options);
}

void StressRuns::tables(StressReport& report) const {
    report.map = liquidation_map(*start_);
    report.concentration = concentration(*start_);
    report.horizons = horizons(*start_, horizon_rows);
}

}  // namespace margincall::inline cli
