// Shares of players in an outcome: known games, exact sums, and the definitions as the formulas say them.
#include "lab/shapley.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "base/random.hpp"

namespace margincall {
namespace {

std::vector<std::int64_t> random_game(std::size_t players, std::uint64_t seed) {
    Rng rng(seed, 1, Purpose::test);
    std::vector<std::int64_t> v(std::size_t{1} << players);
    for (std::int64_t& value : v) {
        value = static_cast<std::int64_t>(rng.below(2'000'001)) - 1'000'000;
    }
    return v;
}

// The average of what a player adds over every order in which the players can come.
double by_orders(const std::vector<std::int64_t>& v, std::size_t n, std::size_t player) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    double sum = 0;
    double orders = 0;
    do {
        Coalition in = 0;
        for (const std::size_t next : order) {
            if (next == player) {
                sum += static_cast<double>(v[in | (Coalition{1} << player)] - v[in]);
            }
            in |= Coalition{1} << next;
        }
        ++orders;
    } while (std::ranges::next_permutation(order).found);
    return sum / orders;
}

TEST(Shapley, IsTheAverageOverAllOrders) {
    const std::vector<std::int64_t> v = random_game(5, 7);
    const ShapleyValues phi = shapley(v);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(phi.of(i), by_orders(v, 5, i), 1e-6);
    }
}

TEST(Shapley, AddsUpToTheLastDigit) {
    for (std::size_t n = 1; n <= most_players; ++n) {
        const std::vector<std::int64_t> v = random_game(n, n);
        const ShapleyValues phi = shapley(v);
        const std::int64_t sum =
            std::accumulate(phi.numerators.begin(), phi.numerators.end(), std::int64_t{0});
        EXPECT_EQ(sum, (v.back() - v.front()) * phi.denominator) << n;
        const std::vector<std::int64_t> parts = rounded_parts(phi, v.back() - v.front());
        EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}),
                  v.back() - v.front());
        for (std::size_t i = 0; i < n; ++i) {
            EXPECT_LE(std::abs(static_cast<double>(parts[i]) - phi.of(i)), 1.0);
        }
    }
}

// Two of three make a majority; a fourth who changes nothing has nothing.
TEST(Shapley, KnowsTheMajorityGame) {
    std::vector<std::int64_t> v(16);
    for (Coalition s = 0; s < 16; ++s) {
        v[s] = std::popcount(s & 0b0111U) >= 2 ? 6 : 0;
    }
    const ShapleyValues phi = shapley(v);
    EXPECT_EQ(phi.of(0), 2.0);
    EXPECT_EQ(phi.of(1), 2.0);
    EXPECT_EQ(phi.of(2), 2.0);
    EXPECT_EQ(phi.numerators[3], 0);
    EXPECT_EQ(removal(v, 0), 0) << "one of three is not missed, though all three count alike";
}

// What works only together: half each, and the pair's index is all of it.
TEST(Shapley, InteractionIsWhatTwoDoBeyondEach) {
    // 0 and 1 make 10 only together; 2 adds 3 whoever is there.
    std::vector<std::int64_t> v(8);
    for (Coalition s = 0; s < 8; ++s) {
        v[s] = ((s & 3U) == 3U ? 10 : 0) + ((s & 4U) != 0 ? 3 : 0);
    }
    const ShapleyValues phi = shapley(v);
    EXPECT_EQ(phi.of(0), 5.0);
    EXPECT_EQ(phi.of(1), 5.0);
    EXPECT_EQ(phi.of(2), 3.0);
    const std::vector<double> pairs = interactions(v);
    EXPECT_EQ(pairs[0 * 3 + 1], 10.0);
    EXPECT_EQ(pairs[1 * 3 + 0], 10.0);
    EXPECT_EQ(pairs[0 * 3 + 2], 0.0);
    EXPECT_EQ(pairs[0 * 3 + 0], 0.0);
    EXPECT_EQ(removal(v, 0), 10) << "taken out alone, each of the two looks like the whole";
}

TEST(Shapley, InteractionIsThatOfGrabischAndRoubens) {
    constexpr std::size_t n = 4;
    const std::vector<std::int64_t> v = random_game(n, 3);
    const std::vector<double> pairs = interactions(v);
    const auto factorial = [](std::size_t k) {
        double out = 1;
        for (; k > 1; --k) {
            out *= static_cast<double>(k);
        }
        return out;
    };
    double expected = 0;
    for (Coalition s = 0; s < v.size(); ++s) {
        if ((s & 0b0101U) == 0) {
            const auto size = static_cast<std::size_t>(std::popcount(s));
            expected += factorial(size) * factorial(n - size - 2) / factorial(n - 1) *
                        static_cast<double>(v[s | 5U] - v[s | 1U] - v[s | 4U] + v[s]);
        }
    }
    EXPECT_NEAR(pairs[0 * n + 2], expected, 1e-6);
}

TEST(Shapley, RoundedPartsGoToTheLargestRemainders) {
    ShapleyValues values;
    values.denominator = 10;
    values.numerators = {-15, 26, 39};  // -1.5, 2.6, 3.9: 5 in all
    EXPECT_EQ(rounded_parts(values, 5), (std::vector<std::int64_t>{-2, 3, 4}));
}

}  // namespace
}  // namespace margincall
