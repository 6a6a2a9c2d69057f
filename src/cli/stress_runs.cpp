#include "cli/stress_runs.hpp"

#include <fmt/format.h>

#include "cli/interrupt.hpp"
#include "desk/adl_rules.hpp"
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
    const auto add = [&](const std::string& name,
                         const StressStart& start,
                         std::uint32_t defaults) {
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
    for (const Proposal& proposal : case_.proposals) {
        const StressMarket& market = proposal.loaded.market;
        const StressStart start(market, case_.book);
        add(proposal.name, start, 0);
        report.activation.push_back({proposal.name, activation(*start_, market, args_.stages)});
    }
}

void StressRuns::varied(StressReport& report) const {
    if (!settings_.vary) {
        return;
    }
    StressRun run(*start_);
    const Duration step = step_of(case_.shock, settings_.options);
    // At the size as asked the first column is the answer already.
    const auto again = [&](const Variation& other) {
        if (other.as_asked) {
            return totals_of(report.columns.front().outcome);
        }
        voice_.begin("stress: " + other.name);
        return run.run(other.shock, options_at(settings_.options, other.step));
    };
    for (const Variation& variation : variations(case_.shock, step)) {
        if (interrupted()) {
            return;
        }
        report.varied.push_back({variation.name, again(variation)});
    }
    for (const Variation& size : other_sizes(case_.shock, case_.todays.market, step)) {
        if (interrupted()) {
            return;
        }
        report.sizes.push_back({size.name, again(size)});
    }
}

void StressRuns::without_betas(StressReport& report) const {
    if (!settings_.vary) {
        return;
    }
    const std::vector<bool> held = held_coins(case_.book, case_.todays.market);
    Shock named = case_.shock;
    bool moved = false;
    for (std::size_t c = 0; c < named.coins.size(); ++c) {
        CoinShock& coin = named.coins[c];
        if (!coin.named) {
            moved = moved || (held[c] && coin.move != 0.0);
            coin.move = 0.0;
        }
    }
    if (!moved || interrupted()) {
        return;
    }
    voice_.begin("stress: named coins alone");
    StressOptions totals = settings_.options;
    totals.detail = Detail::totals;
    totals.step = step_of(case_.shock, totals);
    report.without_betas = run_stress(*start_, named, totals);
}

void StressRuns::adl_rules(StressReport& report) const {
    if (settings_.adl_ranks.empty()) {
        return;
    }
    const auto row = [&](std::string name, const StressOutcome& outcome) {
        report.adl_rules.push_back({std::move(name),
                                    adl_figures(outcome, case_.book),
                                    pool_sum(outcome.pools, &PoolResult::no_counterparty),
                                    outcome.bad_debt});
    };
    row("today's", report.columns.front().outcome);
    StressOptions totals = settings_.options;
    totals.detail = Detail::totals;
    for (const auto& [word, rank] : settings_.adl_ranks) {
        if (interrupted()) {
            return;
        }
        voice_.begin("stress: ADL by " + word);
        const StressMarket market = with_adl_rank(case_.todays.market, rank);
        row(word, run_stress(StressStart(market, case_.book), case_.shock, totals));
    }
}

void StressRuns::reverse(StressReport& report) const {
    // Ctrl-C ends the search with what is known.
    voice_.begin("reverse search");
    ReverseOptions options;
    options.stress = settings_.options;
    options.stress.defaults = settings_.defaults;
    options.over = case_.shock.length();
    options.asked = case_.shock;
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
