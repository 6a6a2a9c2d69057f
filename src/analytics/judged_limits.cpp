#include "analytics/judged_limits.hpp"

#include "analytics/summary.hpp"

namespace margincall::inline analytics {

std::vector<JudgedLimit> judge_limits(std::span<const Limit> limits,
                                      const Summary& total,
                                      std::span<const Summary> worlds) {
    std::vector<JudgedLimit> out;
    for (const Limit& limit : limits) {
        JudgedLimit& row = out.emplace_back();
        row.name = limit.name;
        row.text = limit.text;
        row.figure = limit.figure;
        const int index = metric_index(limit.figure);
        if (index < 0) {
            continue;
        }
        const auto metric = static_cast<std::size_t>(index);
        row.value = total.metrics[metric].value;
        for (const Summary& world : worlds) {
            if (const std::optional<double> figure = world.metrics[metric].value) {
                ++row.worlds;
                row.kept += holds(limit, *figure) ? 1 : 0;
            }
        }
    }
    return out;
}

LimitState state_of(const JudgedLimit& limit) {
    return limit.worlds == 0            ? LimitState::unknown
           : limit.kept == limit.worlds ? LimitState::kept
           : limit.kept > 0             ? LimitState::at_times
                                        : LimitState::broken;
}

const char* state_word(LimitState state) {
    switch (state) {
        case LimitState::kept:
            return "kept";
        case LimitState::at_times:
            return "kept at times";
        case LimitState::broken:
            return "broken";
        case LimitState::unknown:
            return "not judged";
    }
    return "";
}

}  // namespace margincall::inline analytics
