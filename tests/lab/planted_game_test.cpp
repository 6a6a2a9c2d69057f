// Which interval of few seeds holds a planted truth (docs/planted-truth.md), on a game whose Shapley values are known:
// v(S) = sum of a_i in S + sum of b_ij with both in S, of which player i has a_i + half of its b_ij. a hangs on a
// parameter that is drawn and on the luck of a seed.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "analytics/binomial.hpp"
#include "base/random.hpp"
#include "lab/seed_quantiles.hpp"
#include "lab/shapley.hpp"

namespace margincall {
namespace {

constexpr std::size_t n_players = 3;
constexpr double pair_01 = 400'000.0;   // b of players 0 and 1
constexpr double pair_12 = -250'000.0;  // b of players 1 and 2
constexpr std::array<double, n_players> base = {2e6, 1e6, -5e5};
constexpr std::array<double, n_players> by_parameter = {3e5, -2e5, 2.5e5};
constexpr double luck = 2e5;

struct Crash {
    double parameter = 0.0;
    std::array<double, n_players> noise{};  // of the seed
};

double alone(const Crash& crash, std::size_t i) {
    return base[i] + by_parameter[i] * crash.parameter + luck * crash.noise[i];
}

double known_share(const Crash& crash, std::size_t i) {
    const std::array<double, n_players> pairs = {pair_01 / 2, (pair_01 + pair_12) / 2, pair_12 / 2};
    return alone(crash, i) + pairs[i];
}

// From the outcomes of all coalitions, as an attribution has it.
double computed_share(const Crash& crash, std::size_t i) {
    std::array<std::int64_t, 8> v{};
    for (std::uint32_t in = 0; in < v.size(); ++in) {
        double sum = 0.0;
        for (std::size_t k = 0; k < n_players; ++k) {
            sum += (in >> k & 1U) != 0 ? alone(crash, k) : 0.0;
        }
        sum += (in & 3U) == 3U ? pair_01 : 0.0;
        sum += (in & 6U) == 6U ? pair_12 : 0.0;
        v[in] = std::llround(sum);
    }
    return shapley(v).of(i);
}

class Draws {
  public:
    explicit Draws(std::uint64_t seed) : rng_{seed, 1, Purpose::test} {}
    Crash crash() {
        Crash out;
        out.parameter = rng_.normal();
        for (double& one : out.noise) {
            one = rng_.normal();
        }
        return out;
    }

  private:
    Rng rng_;
};

TEST(PlantedGame, SharesAreTheKnownOnes) {
    Draws draws{3};
    for (int k = 0; k < 50; ++k) {
        const Crash crash = draws.crash();
        for (std::size_t i = 0; i < n_players; ++i) {
            EXPECT_NEAR(
                computed_share(crash, i), known_share(crash, i), 3.0);  // of a rounded table
        }
    }
}

bool inside(double value, double low, double high) {
    return low <= value && value <= high;
}

// In how many of many crashes an interval of six seeds holds what.
struct Coverage {
    int crashes = 0;
    int prediction_of_truth = 0, prediction_of_next = 0;
    int mean_of_truth = 0, mean_of_mean = 0;
    int percentiles_of_next = 0, percentiles_of_truth = 0;
    [[nodiscard]] double share(int kept) const { return static_cast<double>(kept) / crashes; }
};

Coverage coverage_of(std::size_t player, double error) {
    Draws draws{17 + player};
    Coverage out;
    for (out.crashes = 0; out.crashes < 20000; ++out.crashes) {
        // Hidden: the parameter of the crash. Its truth is the mean over the luck of seeds.
        Crash hidden = draws.crash();
        const double next = known_share(hidden, player);
        hidden.noise = {};
        const double truth = known_share(hidden, player);
        std::vector<double> found;
        for (int seed = 0; seed < 6; ++seed) {
            found.push_back(computed_share(draws.crash(), player) + error);
        }
        const MeanSpread spread = mean_spread(found);
        const SpreadInterval one_more = prediction_interval(spread).value();
        const SpreadInterval mean = mean_interval(spread).value();
        out.prediction_of_truth += inside(truth, one_more.low, one_more.high) ? 1 : 0;
        out.prediction_of_next += inside(next, one_more.low, one_more.high) ? 1 : 0;
        out.mean_of_truth += inside(truth, mean.low, mean.high) ? 1 : 0;
        out.mean_of_mean += inside(known_share(Crash{}, player), mean.low, mean.high) ? 1 : 0;
        out.percentiles_of_next += inside(next, spread.p05, spread.p95) ? 1 : 0;
        out.percentiles_of_truth += inside(truth, spread.p05, spread.p95) ? 1 : 0;
    }
    return out;
}

TEST(PlantedGame, ThePredictionIntervalHoldsTheTruthAndTheOthersPromiseLess) {
    for (std::size_t player = 0; player < n_players; ++player) {
        const Coverage of = coverage_of(player, 0.0);
        EXPECT_NEAR(of.share(of.prediction_of_next), 0.90, 0.008) << "one more crash and seed";
        EXPECT_GE(of.share(of.prediction_of_truth), 0.90 - 0.008)
            << "without the luck of a seed it is narrower than one more draw";
        EXPECT_NEAR(of.share(of.mean_of_mean), 0.90, 0.008);
        EXPECT_LT(of.share(of.mean_of_truth), 0.80) << "the mean of crashes is not this crash";
        EXPECT_LT(of.share(of.percentiles_of_next), 0.75)
            << "six seeds: less than the (6 - 1) / (6 + 1) of least to largest";
    }
}

TEST(PlantedGame, AnAttributionThatIsOffIsCaught) {
    const Coverage of = coverage_of(0, 1e6);
    EXPECT_LT(of.share(of.prediction_of_truth), 0.5);
    // Ten crashes would show it: 90 % lies above the interval of what they hold.
    EXPECT_LT(share_interval(5, 10).high, 0.90);
}

TEST(PredictionInterval, ByHand) {
    const MeanSpread spread = mean_spread({1.0, 2.0, 3.0, 4.0});
    // mean 2.5, s = 1.29099, t(0.95, 3) = 2.35336
    const SpreadInterval next = prediction_interval(spread).value();
    EXPECT_NEAR(next.high, 2.5 + 2.3533634 * 1.2909944 * std::sqrt(1.25), 1e-5);
    EXPECT_NEAR(mean_interval(spread)->low, 2.5 - 2.3533634 * 1.2909944 / 2.0, 1e-5);
    EXPECT_FALSE(prediction_interval(mean_spread({1.0})).has_value());
}

}  // namespace
}  // namespace margincall
