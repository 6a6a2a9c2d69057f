#include "cli/stress_lending_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cli/interrupt.hpp"
#include "desk/lending_figures.hpp"
#include "desk/lending_reverse.hpp"
#include "desk/variation.hpp"

namespace margincall::inline cli {

void LendingRuns::shock(StressReport& report) const {
    voice_.begin("lending book");
    LendingReport& out = report.lending.emplace();
    out.book = loans_.book;
    out.title = std::filesystem::path(case_.lending.file()).filename().string();
    out.moves = case_.lending.moves();
    out.outcome = run_lending(loans_, case_.shock);
    out.health = reconcile_health(*loans_.book, out.outcome, report.tolerance);
    if (settings_.vary) {
        varied(out);
    }
}

void LendingRuns::varied(LendingReport& lending) const {
    const Duration step = lending_step(case_.shock);
    const auto again = [&](const Variation& other, std::vector<LendingVaried>& rows) {
        if (!interrupted()) {
            voice_.begin("lending book: " + other.name);
            rows.push_back(
                {other.name, run_lending(loans_, other.shock, other.step, LendingDetail::totals)});
        }
    };
    for (const Variation& other : variations(case_.shock, step)) {
        again(other, lending.varied);
    }
    for (const Variation& size : other_sizes(case_.shock, case_.todays.market, step)) {
        again(size, lending.sizes);
    }
}

// The limits over lending figures are goals of the search, too.
void LendingRuns::reverse(LendingReport& lending) const {
    voice_.begin("reverse search of the lending book");
    std::vector<LendingGoal> goals = lending_goals();
    for (const Limit& limit : settings_.limits) {
        if (is_of_lending(limit.figure) && goals.size() < goals_most) {
            goals.push_back({{limit.text, fmt::format("breaks {}", limit.text)},
                             [limit, book = loans_.book](const LendingOutcome& o) {
                                 return !holds(limit, lending_figure(limit.figure, *book, o));
                             }});
        }
    }
    ReverseOptions options;
    options.over = case_.shock.length();
    options.asked = case_.shock;
    const auto named = std::ranges::find_if(case_.shock.coins, &CoinShock::named);
    if (named != case_.shock.coins.end()) {
        options.lead =
            AssetId::from_raw(static_cast<std::uint16_t>(named - case_.shock.coins.begin()));
    }
    std::uint64_t trials = 0;
    options.keep_going = [&] {
        voice_.note(fmt::format("trial {}", ++trials));
        return !interrupted();
    };
    lending.reverse =
        reverse_search(reverse_subject(loans_, case_.todays.market, std::move(goals)), options);
}

}  // namespace margincall::inline cli
