// Where along a line of shocks each goal begins.
//
// The line's grid is tried with coarse time steps and the gap before the first place that reaches a goal is halved.
// Where the threshold is to be exact it is sought again from there with the stress's own step. An outcome that comes
// and goes within one gap of the grid could be missed; docs/stress.md says so.
//
// What a stress does near its threshold hangs on the moments at which it looks, so a single place would promise more
// than anybody can know. Its band is found by searching again at half and at double the step. Where these agree, four
// steps between must, too; else places are looked at in small distances, downwards until four reach it at none of seven
// steps, upwards until six reach it at every one. There are more steps than these: half the band's width is added on
// either side, at least four such distances, or a smaller margin where all agreed. Places beyond are looked at in growing distance, for
// outcomes that come and go.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "desk/reverse_goal.hpp"
#include "desk/shock_line.hpp"
#include "desk/shock_trials.hpp"

namespace margincall::inline desk {

enum class Precision : std::uint8_t { rough, exact };

struct ThresholdBand {
    std::int64_t first = 0;  // mildest place that reaches it at one of the steps
    std::optional<std::int64_t>
        always;  // from here on every place tried does, at each; empty = none
};

// By goal. Empty = not up to the worst place tried, if the search is complete.
struct Thresholds {
    std::array<std::optional<std::int64_t>, goals_most> at{};
    std::array<Search, goals_most> search{};
    std::array<std::optional<ThresholdBand>, goals_most> band{};  // where a place is known for sure
    std::int64_t tried = 0;                                       // worst place; 0 = none
};

class ThresholdSearch {
  public:
    // `keep_going` is called between runs; false ends the search with what is known.
    ThresholdSearch(ShockTrials& trials,
                    const ShockLine& line,
                    Precision precision,
                    const std::function<bool()>& keep_going)
        : trials_(trials), line_(line), precision_(precision), keep_going_(keep_going) {}

    [[nodiscard]] Thresholds find();
    // Fills in the bands of what find() found.
    void find_bands(Thresholds& found);

  private:
    // Time steps: which one, and as a share of it.
    enum class Pace : std::uint8_t { coarse, own };
    struct Look {
        Pace pace = Pace::own;
        double share = 1.0;
    };

    [[nodiscard]] bool reaches(std::int64_t at, std::size_t goal, Look look);
    [[nodiscard]] Look deciding(double share) const {
        return {precision_ == Precision::exact ? Pace::own : Pace::coarse, share};
    }
    [[nodiscard]] std::int64_t resolution() const;
    void bracket(Thresholds& out);
    void refine(Thresholds& out, std::size_t goal, Look look);

    [[nodiscard]] std::optional<ThresholdBand> band(const Thresholds& found, std::size_t goal);
    [[nodiscard]] bool any(std::int64_t at, std::size_t goal);
    [[nodiscard]] bool all(std::int64_t at, std::size_t goal);
    [[nodiscard]] std::int64_t lowest(std::int64_t low, std::int64_t apart, std::size_t goal);
    [[nodiscard]] std::optional<std::int64_t> certain_from(std::int64_t high,
                                                           std::int64_t apart,
                                                           std::size_t goal);
    [[nodiscard]] std::optional<ThresholdBand> with_margin(ThresholdBand band,
                                                           std::int64_t margin,
                                                           std::size_t goal);

    ShockTrials& trials_;
    const ShockLine& line_;
    Precision precision_;
    const std::function<bool()>& keep_going_;
};

}  // namespace margincall::inline desk
