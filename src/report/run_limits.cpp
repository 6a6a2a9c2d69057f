#include "report/run_limits.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analytics/judged_limits.hpp"
#include "base/text.hpp"
#include "report/format.hpp"

namespace margincall::inline report {
namespace {

std::string limit_text(const JudgedLimit& limit) {
    return limit.name.empty() ? limit.text : limit.name + ": " + limit.text;
}

// What stands behind the verdict: the figure, and of several worlds how many keep the limit.
std::string limit_figure_text(const JudgedLimit& limit, std::size_t paths) {
    const int metric = metric_index(limit.figure);
    if (metric < 0) {
        return "a figure of margincall stress, not of a run";
    }
    if (limit.worlds == 0) {
        return "the run has no such figure";
    }
    const std::string figure =
        format_metric(metric_names[static_cast<std::size_t>(metric)], limit.value);
    return paths <= 1 ? figure
                      : fmt::format("in {} of {} worlds, {}; median {}",
                                    format_count(static_cast<double>(limit.kept)),
                                    format_count(static_cast<double>(limit.worlds)),
                                    format_percent(static_cast<double>(limit.kept) /
                                                   static_cast<double>(limit.worlds)),
                                    figure);
}

}  // namespace

std::string run_limits_text(const Summary& summary, const Palette& colours) {
    std::string out;
    for (const JudgedLimit& limit : summary.limits) {
        const LimitState state = state_of(limit);
        const std::string_view colour = state == LimitState::kept       ? colours.good
                                        : state == LimitState::at_times ? colours.strong
                                        : state == LimitState::broken   ? colours.bad
                                                                        : colours.dim;
        out += fmt::format("  {}{}{}  {}: {}\n",
                           colour,
                           state_word(state),
                           colours.reset,
                           base::shown(limit_text(limit)),
                           limit_figure_text(limit, summary.seeds.size()));
    }
    return out.empty() ? out : "\nlimits\n" + out;
}

nlohmann::ordered_json run_limits_json(const Summary& summary) {
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const JudgedLimit& limit : summary.limits) {
        const LimitState state = state_of(limit);
        out.push_back({{"verdict", static_cast<int>(state)},
                       {"word", state_word(state)},
                       {"text", limit_text(limit)},
                       {"figure", limit_figure_text(limit, summary.seeds.size())}});
    }
    return out;
}

}  // namespace margincall::inline report
