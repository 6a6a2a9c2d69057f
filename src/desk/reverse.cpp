#include "desk/reverse.hpp"

#include <algorithm>
#include <map>

namespace margincall::inline desk {
namespace {

constexpr std::array<std::int64_t, 16> size_grid = {
    100, 200, 300, 400, 500, 700, 1000, 1300, 1600, 2000, 2500, 3000, 3700, 4500, 5200, 6000};

constexpr std::int64_t alone_resolution = 10;
constexpr std::int64_t exact_resolution = 1;
constexpr std::int64_t coarse_steps = 60;  // of a shock, where only the neighbourhood is sought

using Reached = std::array<bool, reverse_goals>;

Reached goals_of(const StressOutcome& outcome) {
    Reached out{};
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        out[g] = reached(outcome, static_cast<ReverseGoal>(g));
    }
    return out;
}

// Runs one shape of shock at many sizes or speeds and remembers the answers.
class Probe {
  public:
    Probe(StressRun& run, const ReverseOptions& options, ReverseRow shape, std::uint64_t& runs)
        : run_(run), options_(options), shape_(shape), runs_(runs) {
        options_.stress.detail = Detail::totals;
        options_.stress.stop_when_all_reached = true;
    }
    Reached at(std::int64_t bps, Duration over) {
        const auto key = std::pair{bps, over.raw()};
        const auto known = known_.find(key);
        if (known != known_.end()) {
            return known->second;
        }
        ++runs_;
        const Shock shock = make_shock(run_.start().market(),
                                       shape_.coin,
                                       shape_.direction * static_cast<double>(bps) * 1e-4,
                                       over,
                                       shape_.others);
        return known_[key] = goals_of(run_.run(shock, options_.stress));
    }

  private:
    StressRun& run_;
    ReverseOptions options_;
    ReverseRow shape_;
    std::uint64_t& runs_;
    std::map<std::pair<std::int64_t, std::int64_t>, Reached> known_;
};

ReverseSpeed slowest_speed(StressRun& run,
                           const ReverseOptions& options,
                           const ReverseRow& row,
                           std::int64_t bps,
                           std::uint64_t& runs) {
    static const std::array<Duration, 6> grid = {
        Duration{}, minutes(1), minutes(10), hours(1), hours(6), hours(24)};
    ReverseSpeed out;
    out.coin = row.coin;
    out.direction = row.direction;
    out.bps = bps;
    out.longest = grid.back();
    Probe probe(run, options, row, runs);
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        std::size_t slow = grid.size();
        bool reaches = false;
        while (slow > 0 && !reaches && options.keep_going()) {
            reaches = probe.at(bps, grid[slow - 1])[g];
            slow -= reaches ? 0 : 1;
        }
        if (!reaches) {
            out.search[g] = slow == 0 ? Search::complete : Search::stopped;
            continue;
        }
        Duration good = grid[slow - 1];
        Duration bad = slow < grid.size() ? grid[slow] : good;
        // To a tenth of the time, and a second.
        const auto apart = [&] {
            return (bad - good).raw() > std::max(seconds(1).raw(), good.raw() / 10);
        };
        while (apart() && options.keep_going()) {
            const Duration middle =
                Duration::from_raw((good.raw() + bad.raw()) / 2 / 1'000'000'000 * 1'000'000'000);
            if (middle == good) {
                bad = good;
                break;
            }
            (probe.at(bps, middle)[g] ? good : bad) = middle;
        }
        out.slowest[g] = good;
        out.search[g] = apart() ? Search::stopped : Search::complete;
    }
    return out;
}

}  // namespace

const char* goal_word(ReverseGoal goal) {
    switch (goal) {
        case ReverseGoal::fund_emptied:
            return "empties a fund";
        case ReverseGoal::adl:
            return "starts ADL";
        case ReverseGoal::bad_debt:
            return "leaves bad debt";
    }
    return "";
}

const char* answer_word(bool found, Search search) {
    if (search == Search::complete) {
        return found ? "reached" : "not reached";
    }
    return found ? "reached; search stopped" : "not known";
}

bool reached(const StressOutcome& outcome, ReverseGoal goal) {
    switch (goal) {
        case ReverseGoal::fund_emptied:
            return outcome.funds_emptied > 0;
        case ReverseGoal::adl:
            return !outcome.adl.empty();
        case ReverseGoal::bad_debt:
            return outcome.bad_debt > 0.0;
    }
    return false;
}

namespace {

// Where the goals are first reached on the grid, halved to `resolution`, into `bps` and `search`.
void bracket(Probe& probe,
             const ReverseOptions& options,
             ReverseRow& row,
             std::int64_t resolution) {
    Reached found{};
    std::array<std::int64_t, reverse_goals> bad{};
    std::array<std::int64_t, reverse_goals> good{};
    bool stopped = false;
    row.bps_max = 0;
    for (const std::int64_t bps : size_grid) {
        const bool all = std::all_of(found.begin(), found.end(), [](bool f) { return f; });
        if (bps > options.bps_max || all) {
            break;
        }
        stopped = !options.keep_going();
        if (stopped) {
            break;
        }
        row.bps_max = bps;
        const Reached here = probe.at(bps, row.over);
        for (std::size_t g = 0; g < reverse_goals; ++g) {
            if (found[g]) {
                continue;
            }
            (here[g] ? good : bad)[g] = bps;
            found[g] = here[g];
        }
    }
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        while (found[g] && good[g] - bad[g] > resolution && options.keep_going()) {
            const std::int64_t middle = (good[g] + bad[g]) / 2;
            (probe.at(middle, row.over)[g] ? good : bad)[g] = middle;
        }
        row.bps[g] = found[g] ? std::optional{good[g]} : std::nullopt;
        const bool whole = found[g] ? good[g] - bad[g] <= resolution : !stopped;
        row.search[g] = whole ? Search::complete : Search::stopped;
    }
}

// From the size of the coarse search to the exact one: outwards in doubling steps until both sides
// are known, then halving.
void refine(Probe& probe,
            const ReverseOptions& options,
            ReverseRow& row,
            std::size_t goal,
            std::int64_t resolution) {
    std::int64_t bad = 0;
    std::int64_t good = row.bps[goal].value_or(0);
    std::int64_t stride = 2 * alone_resolution;
    row.bps[goal].reset();
    row.search[goal] = Search::stopped;
    while (true) {
        if (!options.keep_going()) {
            return;
        }
        row.bps_max = std::max(row.bps_max, good);
        if (probe.at(good, row.over)[goal]) {
            break;
        }
        bad = good;
        if (good >= options.bps_max) {
            row.search[goal] = Search::complete;
            return;
        }
        good = std::min(options.bps_max, good + stride);
        stride *= 2;
    }
    for (stride = 2 * alone_resolution; bad == 0 && good - stride > 0 && options.keep_going();
         stride *= 2) {
        if (!probe.at(good - stride, row.over)[goal]) {
            bad = good - stride;
        } else {
            good -= stride;
        }
    }
    while (good - bad > resolution && options.keep_going()) {
        const std::int64_t middle = (good + bad) / 2;
        (probe.at(middle, row.over)[goal] ? good : bad) = middle;
    }
    row.bps[goal] = good;
    row.search[goal] = good - bad > resolution ? Search::stopped : Search::complete;
}

}  // namespace

ReverseRow smallest_shock(StressRun& run,
                          const ReverseOptions& options,
                          ReverseRow wanted,
                          std::uint64_t& runs) {
    ReverseOptions coarse = options;
    coarse.stress.step = std::max(options.stress.step.raw() > 0 ? options.stress.step : seconds(1),
                                  Duration::from_raw(wanted.over.raw() / coarse_steps));
    Probe near(run, coarse, wanted, runs);
    bracket(near, options, wanted, alone_resolution);
    wanted.step = coarse.stress.step;
    Probe exact(run, options, wanted, runs);
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        if (wanted.bps[g] && wanted.precision == Precision::exact) {
            refine(exact, options, wanted, g, exact_resolution);
        }
    }
    if (wanted.precision == Precision::exact) {
        wanted.step = options.stress.step;
    }
    return wanted;
}

namespace {

// Steps at which a goal is sought for its band, as shares of the row's own: the first three find where it begins,
// all of them must agree.
constexpr std::array<double, 7> band_steps = {1.0, 0.5, 2.0, 0.63, 0.79, 1.26, 1.59};
constexpr std::size_t edge_steps = 3;
constexpr std::int64_t band_grid = 200;  // a size over this: distance of sizes where steps disagree
constexpr std::int64_t sharp_margin =
    500;                          // a size over this: added on either side where all steps agree
constexpr int quiet_sizes = 4;    // so many that reach it at no step end the search downwards
constexpr int certain_sizes = 6;  // so many that reach it at every step end the search upwards

class BandSearch {
  public:
    BandSearch(StressRun& run,
               const ReverseOptions& options,
               const ReverseRow& row,
               std::uint64_t& runs)
        : options_(options), row_(row) {
        const Duration step =
            row.step.raw() > 0
                ? row.step
                : step_of(make_shock(run.start().market(), row.coin, 0.0, row.over, row.others),
                          {});
        for (const double share : band_steps) {
            ReverseOptions at = options;
            at.stress.step = Duration::from_raw(
                static_cast<std::int64_t>(static_cast<double>(step.raw()) * share));
            probes_.emplace_back(run, at, row, runs);
        }
    }

    // Nothing when it was stopped.
    [[nodiscard]] std::optional<ReverseBand> find(std::size_t goal) {
        const std::int64_t resolution =
            row_.precision == Precision::exact ? exact_resolution : alone_resolution;
        std::int64_t low = *row_.bps[goal];
        std::int64_t high = low;
        for (std::size_t k = 1; k < edge_steps; ++k) {
            ReverseRow other = row_;
            refine(probes_[k], options_, other, goal, resolution);
            if (other.search[goal] != Search::complete) {
                return std::nullopt;
            }
            // Without a size up to the largest there is none from which on it always happens.
            low = std::min(low, other.bps[goal].value_or(low));
            high = std::max(high, other.bps[goal].value_or(options_.bps_max));
        }
        if (high - low > resolution || any(low - resolution, goal) || !all(high, goal)) {
            const std::int64_t apart = std::max(resolution, high / band_grid);
            low = lowest(low, apart, goal);
            const std::optional<std::int64_t> certain = certain_from(high, apart, goal);
            return answer(low,
                          certain,
                          std::max(quiet_sizes * apart, (certain.value_or(low) - low) / 2),
                          goal);
        }
        // A move at once has one step only.
        return answer(
            low, high, row_.over.raw() == 0 ? 0 : std::max(resolution, high / sharp_margin), goal);
    }

  private:
    [[nodiscard]] bool any(std::int64_t bps, std::size_t goal) {
        return bps > 0 && std::ranges::any_of(probes_, [&](Probe& probe) {
                   return options_.keep_going() && probe.at(bps, row_.over)[goal];
               });
    }
    [[nodiscard]] bool all(std::int64_t bps, std::size_t goal) {
        return std::ranges::all_of(probes_, [&](Probe& probe) {
            return options_.keep_going() && probe.at(bps, row_.over)[goal];
        });
    }
    [[nodiscard]] std::int64_t lowest(std::int64_t low, std::int64_t apart, std::size_t goal) {
        int quiet = 0;
        for (std::int64_t bps = low - apart; bps > 0 && quiet < quiet_sizes; bps -= apart) {
            const bool happens = any(bps, goal);
            low = happens ? bps : low;
            quiet = happens ? 0 : quiet + 1;
        }
        return low;
    }
    [[nodiscard]] std::optional<std::int64_t> certain_from(std::int64_t high,
                                                           std::int64_t apart,
                                                           std::size_t goal) {
        int certain = 0;
        std::int64_t bps = high;
        for (; bps <= std::min(options_.bps_max, 2 * high) && certain < certain_sizes;
             bps += apart) {
            certain = all(bps, goal) ? certain + 1 : 0;
        }
        return certain == certain_sizes ? std::optional{bps - certain_sizes * apart} : std::nullopt;
    }
    // The band with a margin on either side, because there are more steps and sizes than were looked at; and with
    // sizes beyond it looked at, too, in growing distance up to half as much again.
    [[nodiscard]] std::optional<ReverseBand> answer(std::int64_t first,
                                                    std::optional<std::int64_t> always,
                                                    std::int64_t margin,
                                                    std::size_t goal) {
        first = std::max(std::int64_t{1}, first - margin);
        if (always) {
            always = *always + margin <= options_.bps_max ? std::optional{*always + margin}
                                                          : std::nullopt;
        }
        for (std::int64_t stride = 2;
             always && *always + stride <= std::min(options_.bps_max, *always + *always / 2);
             stride *= 4) {
            always = all(*always + stride, goal) ? always : std::nullopt;
        }
        return options_.keep_going() ? std::optional{ReverseBand{first, always}} : std::nullopt;
    }

    const ReverseOptions& options_;
    const ReverseRow& row_;
    std::vector<Probe> probes_;
};

}  // namespace

void find_bands(StressRun& run,
                const ReverseOptions& options,
                ReverseRow& row,
                std::uint64_t& runs) {
    const ReverseRow found = row;
    BandSearch search(run, options, found, runs);
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        if (row.bps[g] && row.search[g] == Search::complete) {
            row.band[g] = search.find(g);
        }
    }
}

ReverseResult reverse_stress(const StressStart& start, const ReverseOptions& options) {
    ReverseResult out;
    StressRun run(start);
    const auto coins = static_cast<std::uint16_t>(start.market().coins.size());
    const std::vector<bool> held = held_coins(start.book(), start.market());
    const auto search = [&](std::uint16_t coin, double direction, UnnamedCoins others) {
        ReverseRow row;
        row.coin = AssetId::from_raw(coin);
        row.direction = direction;
        row.others = others;
        row.precision = others == UnnamedCoins::by_beta ? Precision::exact : Precision::rough;
        row.over = options.over;
        out.sizes.push_back(smallest_shock(run, options, row, out.runs));
        find_bands(run, options, out.sizes.back(), out.runs);
    };
    for (const double direction : {-1.0, 1.0}) {
        search(0, direction, UnnamedCoins::by_beta);
    }
    // How fast it must be: a move half as large again as the smallest that reaches anything.
    const std::vector<ReverseRow> together = out.sizes;
    for (const ReverseRow& row : together) {
        std::int64_t least = 0;
        for (const auto& bps : row.bps) {
            least = bps && (least == 0 || *bps < least) ? *bps : least;
        }
        if (least > 0) {
            out.speeds.push_back(slowest_speed(
                run, options, row, std::min(options.bps_max, least + (least + 1) / 2), out.runs));
        }
    }
    for (std::uint16_t coin = 0; coin < coins; ++coin) {
        for (const double direction : {-1.0, 1.0}) {
            if (held[coin]) {
                search(coin, direction, UnnamedCoins::unchanged);
            }
        }
    }
    return out;
}

}  // namespace margincall::inline desk
