#include "desk/threshold_search.hpp"

#include <algorithm>

namespace margincall::inline desk {
namespace {

// Steps at which a goal is sought for its band, as shares of the deciding one: the first three find where it begins,
// all of them must agree.
constexpr std::array<double, 7> band_steps = {1.0, 0.5, 2.0, 0.63, 0.79, 1.26, 1.59};
constexpr std::size_t edge_steps = 3;
constexpr int quiet_places = 4;    // so many that reach it at no step end the search downwards
constexpr int certain_places = 6;  // so many that reach it at every step end the search upwards

}  // namespace

bool ThresholdSearch::reaches(std::int64_t at, std::size_t goal, Look look) {
    const Shock shock = line_.shock(at);
    const Duration step =
        look.pace == Pace::own ? trials_.own_step(shock) : trials_.coarse_step(shock);
    return trials_.at(shock,
                      Duration::from_raw(static_cast<std::int64_t>(static_cast<double>(step.raw()) *
                                                                   look.share)))[goal];
}

std::int64_t ThresholdSearch::resolution() const {
    return precision_ == Precision::exact ? line_.fine_resolution() : line_.rough_resolution();
}

Thresholds ThresholdSearch::find() {
    Thresholds out;
    bracket(out);
    for (std::size_t g = 0; g < trials_.goals(); ++g) {
        if (out.at[g] && precision_ == Precision::exact) {
            refine(out, g, deciding(1.0));
        }
    }
    return out;
}

// Where the goals are first reached on the grid, halved to the rough resolution.
void ThresholdSearch::bracket(Thresholds& out) {
    const Look look{Pace::coarse, 1.0};
    GoalsReached found{};
    std::array<std::int64_t, goals_most> bad{};
    std::array<std::int64_t, goals_most> good{};
    bool stopped = false;
    for (const std::int64_t at : line_.grid()) {
        if (std::ranges::all_of(found, [](bool f) { return f; })) {
            break;
        }
        stopped = !keep_going_();
        if (stopped) {
            break;
        }
        out.tried = at;
        for (std::size_t g = 0; g < trials_.goals(); ++g) {
            if (found[g]) {
                continue;
            }
            found[g] = reaches(at, g, look);
            (found[g] ? good : bad)[g] = at;
        }
    }
    for (std::size_t g = 0; g < trials_.goals(); ++g) {
        while (found[g] && good[g] - bad[g] > line_.rough_resolution() && keep_going_()) {
            const std::int64_t middle = (good[g] + bad[g]) / 2;
            (reaches(middle, g, look) ? good : bad)[g] = middle;
        }
        out.at[g] = found[g] ? std::optional{good[g]} : std::nullopt;
        const bool whole = found[g] ? good[g] - bad[g] <= line_.rough_resolution() : !stopped;
        out.search[g] = whole ? Search::complete : Search::stopped;
    }
}

// From one place to the threshold at other steps: outwards in doubling strides until both sides
// are known, then halving.
void ThresholdSearch::refine(Thresholds& out, std::size_t goal, Look look) {
    std::int64_t bad = 0;
    std::int64_t good = out.at[goal].value_or(0);
    std::int64_t stride = 2 * line_.rough_resolution();
    out.at[goal].reset();
    out.search[goal] = Search::stopped;
    while (true) {
        if (!keep_going_()) {
            return;
        }
        out.tried = std::max(out.tried, good);
        if (reaches(good, goal, look)) {
            break;
        }
        bad = good;
        if (good >= line_.worst()) {
            out.search[goal] = Search::complete;
            return;
        }
        good = std::min(line_.worst(), good + stride);
        stride *= 2;
    }
    for (stride = 2 * line_.rough_resolution(); bad == 0 && good - stride > 0 && keep_going_();
         stride *= 2) {
        if (!reaches(good - stride, goal, look)) {
            bad = good - stride;
        } else {
            good -= stride;
        }
    }
    while (good - bad > resolution() && keep_going_()) {
        const std::int64_t middle = (good + bad) / 2;
        (reaches(middle, goal, look) ? good : bad) = middle;
    }
    out.at[goal] = good;
    out.search[goal] = good - bad > resolution() ? Search::stopped : Search::complete;
}

void ThresholdSearch::find_bands(Thresholds& found) {
    for (std::size_t g = 0; g < trials_.goals(); ++g) {
        if (found.at[g] && found.search[g] == Search::complete) {
            found.band[g] = band(found, g);
        }
    }
}

// Nothing when it was stopped.
std::optional<ThresholdBand> ThresholdSearch::band(const Thresholds& found, std::size_t goal) {
    std::int64_t low = *found.at[goal];
    std::int64_t high = low;
    for (std::size_t k = 1; k < edge_steps; ++k) {
        Thresholds other = found;
        refine(other, goal, deciding(band_steps[k]));
        if (other.search[goal] != Search::complete) {
            return std::nullopt;
        }
        // Without a place up to the worst there is none from which on it always happens.
        low = std::min(low, other.at[goal].value_or(low));
        high = std::max(high, other.at[goal].value_or(line_.worst()));
    }
    if (high - low > resolution() || any(low - resolution(), goal) || !all(high, goal)) {
        const std::int64_t apart = std::max(resolution(), line_.apart(high));
        low = lowest(low, apart, goal);
        const std::optional<std::int64_t> certain = certain_from(high, apart, goal);
        return with_margin({low, certain},
                           std::max(quiet_places * apart, (certain.value_or(low) - low) / 2),
                           goal);
    }
    // A move at once has one step only.
    const bool at_once = line_.shock(high).length().raw() == 0;
    return with_margin(
        {low, high}, at_once ? 0 : std::max(resolution(), line_.sharp_margin(high)), goal);
}

bool ThresholdSearch::any(std::int64_t at, std::size_t goal) {
    return at > 0 && std::ranges::any_of(band_steps, [&](double share) {
               return keep_going_() && reaches(at, goal, deciding(share));
           });
}

bool ThresholdSearch::all(std::int64_t at, std::size_t goal) {
    return std::ranges::all_of(band_steps, [&](double share) {
        return keep_going_() && reaches(at, goal, deciding(share));
    });
}

std::int64_t ThresholdSearch::lowest(std::int64_t low, std::int64_t apart, std::size_t goal) {
    int quiet = 0;
    for (std::int64_t at = low - apart; at > 0 && quiet < quiet_places; at -= apart) {
        const bool happens = any(at, goal);
        low = happens ? at : low;
        quiet = happens ? 0 : quiet + 1;
    }
    return low;
}

std::optional<std::int64_t> ThresholdSearch::certain_from(std::int64_t high,
                                                          std::int64_t apart,
                                                          std::size_t goal) {
    int certain = 0;
    std::int64_t at = high;
    for (; at <= std::min(line_.worst(), line_.sought_up_to(high)) && certain < certain_places;
         at += apart) {
        certain = all(at, goal) ? certain + 1 : 0;
    }
    // Where the line ends, fewer must do: there are no more.
    const bool whole =
        certain == certain_places || (line_.ends_there() && certain > 0 && at > line_.worst());
    return whole ? std::optional{at - certain * apart} : std::nullopt;
}

// The band with a margin on either side, because there are more steps and places than were looked at; and with
// places beyond it looked at, too, in growing distance, to the end of a line that ends.
std::optional<ThresholdBand> ThresholdSearch::with_margin(ThresholdBand band,
                                                          std::int64_t margin,
                                                          std::size_t goal) {
    band.first = std::max(std::int64_t{1}, band.first - margin);
    std::optional<std::int64_t>& always = band.always;
    if (always) {
        const bool on_line = *always + margin <= line_.worst();
        always = on_line              ? std::optional{*always + margin}
                 : line_.ends_there() ? std::optional{line_.worst()}
                                      : std::nullopt;
    }
    for (std::int64_t stride = 2;
         always && *always + stride <= std::min(line_.worst(), line_.beyond(*always));
         stride *= 4) {
        always = all(*always + stride, goal) ? always : std::nullopt;
    }
    if (always && line_.ends_there()) {
        always = all(line_.worst(), goal) ? always : std::nullopt;
    }
    return keep_going_() ? std::optional{band} : std::nullopt;
}

}  // namespace margincall::inline desk
