// The least change of the rules that keeps limits in a stated share of worlds (docs/prevent.md): what is tried, in
// which order, and what counts as kept. Which worlds these are, and running them, is the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analytics/binomial.hpp"
#include "base/limit.hpp"
#include "lab/path_row.hpp"
#include "lab/policy_table.hpp"
#include "scenario/policies.hpp"

namespace margincall::inline lab {

// Something that may be changed: a policy as it is, or a knob.
struct Lever {
    Policy policy;
    std::optional<Knob> knob;  // its policy is the lever's
};

// One lever, or two together. `step` is that of the knobs among them, 1 .. knob_steps; without a knob: knob_steps.
struct Setting {
    std::vector<std::size_t> levers;  // rows of the list, rising
    int step = knob_steps;
};
// What it sets, as one policy with the levers' names and labels joined.
[[nodiscard]] Policy policy_of(std::span<const Lever> levers, const Setting& setting);
// How far rules move, in doublings: |log2(value / today)| of a knob, 1 of a policy without scale, summed over levers.
[[nodiscard]] double change_size(std::span<const Lever> levers, const Setting& setting);

// In how many worlds something was kept, with the 90 % interval of the share.
struct KeptShare {
    std::size_t kept = 0, worlds = 0;
    std::size_t unknown = 0;  // of them, that do not know the figure or are not there: not kept
    [[nodiscard]] double share() const {
        return worlds == 0 ? 0.0 : static_cast<double>(kept) / static_cast<double>(worlds);
    }
    [[nodiscard]] ShareInterval interval() const { return share_interval(kept, worlds); }
};
struct KeptLimits {
    std::vector<KeptShare> limits;  // as they were given
    KeptShare all;                  // every limit in one world
};
// `worlds`: one a seed, null where it is not there.
[[nodiscard]] KeptLimits kept_limits(std::span<const Limit> limits,
                                     std::span<const PathRow* const> worlds);

// kept / worlds >= share; none without worlds.
[[nodiscard]] bool keeps(const KeptShare& kept, double share);

struct TriedSetting {
    Setting setting;
    int round = 0;  // of the search, from 1
    double size = 0.0;
    KeptLimits kept;
    bool holds = false;
};

// What to try next. First every lever alone, at its furthest. Then the scale of each that holds there is bisected
// down to one step, taking it that what holds at a step holds further on. Where nothing alone holds, levers of two
// groups that `pairs` names, both at their furthest and then bisected together.
class SettingSearch {
  public:
    SettingSearch(std::vector<Lever> levers,
                  std::vector<std::pair<std::string, std::string>> pairs,
                  double share);

    // Settings of the next round, none of which was tried; empty: the search is over.
    [[nodiscard]] std::vector<Setting> next();
    // What came of them, in their order.
    void take(std::span<const KeptLimits> answers);

    [[nodiscard]] const std::vector<Lever>& levers() const { return levers_; }
    [[nodiscard]] const std::vector<TriedSetting>& tried() const { return tried_; }
    [[nodiscard]] bool tried_pairs() const { return pairs_begun_; }

  private:
    // A lever or a pair along its scale.
    struct Line {
        std::vector<std::size_t> levers;
        bool scaled = false;
        int below = 0;          // the furthest step that does not hold, as far as is known
        std::optional<int> at;  // the smallest step that holds
        bool asked = false;     // at its furthest
    };
    [[nodiscard]] Line line_of(std::vector<std::size_t> levers) const;
    void begin_pairs();

    std::vector<Lever> levers_;
    std::vector<std::pair<std::string, std::string>> pairs_;
    double share_;
    std::vector<Line> lines_;
    std::vector<std::pair<std::size_t, int>> asked_;  // line and step of this round
    std::vector<TriedSetting> tried_;
    int round_ = 0;
    bool pairs_begun_ = false;
};

// What a setting costs when nothing happens: of the figures volume_usd and spread_mean_bps the clear changes for the
// worse, each in units of today's, added and averaged over the quiet days; nothing where neither is known.
using QuietCost = std::optional<double>;
[[nodiscard]] QuietCost quiet_cost(std::span<const PolicyTable> quiet_days, std::size_t policy);

// Rows of `tried` that hold, cheapest first: fewer levers, then the smaller change, then the smaller cost on quiet days
// (unknown last), then the order in which they were tried. `costs` by row of `tried`; empty: none known.
[[nodiscard]] std::vector<std::size_t> cheapest_first(std::span<const TriedSetting> tried,
                                                      std::span<const QuietCost> costs);

enum class Freshness : std::uint8_t {
    confirmed,  // the lower end of the interval on fresh seeds is the share or more
    likely,     // the share of fresh seeds is, the lower end is not: more seeds would tell
    failed,     // the share of fresh seeds is below
};
[[nodiscard]] Freshness freshness(const KeptShare& fresh, double share);
[[nodiscard]] std::string_view freshness_word(Freshness freshness);

}  // namespace margincall::inline lab
