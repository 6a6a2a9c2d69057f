#include "desk/reverse.hpp"

#include <algorithm>
#include <map>

namespace margincall::inline desk {
namespace {

constexpr std::array<std::int64_t, 16> size_grid = {
    100, 200, 300, 400, 500, 700, 1000, 1300, 1600, 2000, 2500, 3000, 3700, 4500, 5200, 6000};

constexpr std::int64_t alone_resolution = 10;
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
        while (slow > 0 && !probe.at(bps, grid[slow - 1])[g] && options.keep_going()) {
            --slow;
        }
        if (slow == 0 || !options.keep_going()) {
            continue;
        }
        Duration good = grid[slow - 1];
        if (slow < grid.size()) {
            Duration bad = grid[slow];
            // To a tenth of the time, and a second.
            while ((bad - good).raw() > std::max(seconds(1).raw(), good.raw() / 10)) {
                const Duration middle = Duration::from_raw((good.raw() + bad.raw()) / 2 /
                                                           1'000'000'000 * 1'000'000'000);
                if (middle == good) {
                    break;
                }
                (probe.at(bps, middle)[g] ? good : bad) = middle;
            }
        }
        out.slowest[g] = good;
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

// Where the goals are first reached on the grid, halved to `resolution`; 0 = not reached.
std::array<std::int64_t, reverse_goals> bracket(Probe& probe,
                                                const ReverseOptions& options,
                                                ReverseRow& row,
                                                std::int64_t resolution) {
    Reached found{};
    std::array<std::int64_t, reverse_goals> bad{};
    std::array<std::int64_t, reverse_goals> good{};
    row.bps_max = 0;
    for (const std::int64_t bps : size_grid) {
        const bool all = std::all_of(found.begin(), found.end(), [](bool f) { return f; });
        if (bps > options.bps_max || all || !options.keep_going()) {
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
        good[g] = found[g] ? good[g] : 0;
    }
    return good;
}

// From a guess to the exact size: outwards in doubling steps until both sides are known, then
// halving.
std::optional<std::int64_t> refine(Probe& probe,
                                   const ReverseOptions& options,
                                   const ReverseRow& row,
                                   std::size_t goal,
                                   std::int64_t guess) {
    std::int64_t bad = 0;
    std::int64_t good = guess;
    std::int64_t stride = 2 * alone_resolution;
    while (!probe.at(good, row.over)[goal]) {
        bad = good;
        if (good >= options.bps_max || !options.keep_going()) {
            return std::nullopt;
        }
        good = std::min(options.bps_max, good + stride);
        stride *= 2;
    }
    for (stride = 2 * alone_resolution; bad == 0 && good - stride > 0; stride *= 2) {
        if (!probe.at(good - stride, row.over)[goal]) {
            bad = good - stride;
        } else {
            good -= stride;
        }
    }
    while (good - bad > 1 && options.keep_going()) {
        const std::int64_t middle = (good + bad) / 2;
        (probe.at(middle, row.over)[goal] ? good : bad) = middle;
    }
    return good;
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
    const auto found = bracket(near, options, wanted, alone_resolution);
    wanted.step = coarse.stress.step;
    Probe exact(run, options, wanted, runs);
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        if (found[g] == 0) {
            continue;
        }
        wanted.bps[g] = found[g];
        if (wanted.precision == Precision::exact) {
            wanted.bps[g] = refine(exact, options, wanted, g, found[g]);
        }
    }
    if (wanted.precision == Precision::exact) {
        wanted.step = options.stress.step;
    }
    return wanted;
}

ReverseResult reverse_stress(const StressStart& start, const ReverseOptions& options) {
    ReverseResult out;
    StressRun run(start);
    const auto coins = static_cast<std::uint16_t>(start.market().coins.size());
    std::vector<bool> held(coins, false);
    for (const BookPosition& p : start.book().positions) {
        held[start.market().at(p.instrument).instrument.base.raw()] = true;
    }
    const auto search = [&](std::uint16_t coin, double direction, UnnamedCoins others) {
        if (options.keep_going()) {
            ReverseRow row;
            row.coin = AssetId::from_raw(coin);
            row.direction = direction;
            row.others = others;
            row.precision = others == UnnamedCoins::by_beta ? Precision::exact : Precision::rough;
            row.over = options.over;
            out.sizes.push_back(smallest_shock(run, options, row, out.runs));
        }
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
        if (least > 0 && options.keep_going()) {
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
