#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <set>
#include <vector>

namespace margincall {
namespace {

// Known answers published with Random123 (D. E. Shaw Research), file kat_vectors, rows "philox4x64
// 10"; the algorithm is that of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC'11. The third row's input is the fraction of pi.
struct KnownAnswer {
    PhiloxCounter counter;
    PhiloxKey key;
    PhiloxCounter words;
};
constexpr std::uint64_t all_ones = ~std::uint64_t{0};
constexpr std::array<KnownAnswer, 3> known_answers = {{
    {{0, 0, 0, 0},
     {0, 0},
     {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}},
    {{all_ones, all_ones, all_ones, all_ones},
     {all_ones, all_ones},
     {0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}},
    {{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
     {0x452821e638d01377, 0xbe5466cf34e90c6c},
     {0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6}},
}};

TEST(Philox, GivesThePublishedKnownAnswers) {
    for (const KnownAnswer& row : known_answers) {
        EXPECT_EQ(philox_block(row.counter, row.key), row.words);
    }
}

TEST(Rng, StreamIsTheBlocksOfItsKeyInOrder) {
    constexpr std::uint64_t seed = 20251104;
    const std::uint64_t entity = entity_name(3, 17);
    Rng rng{seed, entity, Purpose::test};

    for (std::uint64_t block = 0; block < 5; ++block) {
        for (const std::uint64_t word : philox_block({block, 0, 0, 0}, {seed, entity})) {
            EXPECT_EQ(rng.bits(), word);
        }
    }
    EXPECT_EQ(rng.draws(), 20U);
}

TEST(Rng, SeedZeroEntityZeroStartsWithTheFirstKnownAnswer) {
    Rng rng{0, 0, Purpose::test};

    for (const std::uint64_t word : known_answers[0].words) {
        EXPECT_EQ(rng.bits(), word);
    }
}

TEST(Rng, SeedEntityAndPurposeEachGiveAnotherStream) {
    std::set<std::uint64_t> first_words;
    std::size_t streams = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        for (std::uint32_t family = 0; family < 8; ++family) {
            for (std::uint32_t index = 0; index < 8; ++index) {
                for (std::uint32_t purpose = 0;
                     purpose <= static_cast<std::uint32_t>(Purpose::choice);
                     ++purpose) {
                    Rng rng{seed, entity_name(family, index), static_cast<Purpose>(purpose)};
                    first_words.insert(rng.bits());
                    ++streams;
                }
            }
        }
    }

    EXPECT_EQ(first_words.size(), streams);
}

TEST(Rng, DrawingMoreForOnePurposeMovesNoOther) {
    Rng size{7, entity_name(1, 1), Purpose::size};
    Rng side{7, entity_name(1, 1), Purpose::side};
    const std::uint64_t untouched = Rng{7, entity_name(1, 1), Purpose::side}.bits();

    for (int i = 0; i < 1000; ++i) {
        (void)size.bits();
    }

    EXPECT_EQ(side.bits(), untouched);
}

// The distributions' values are part of every digest: they change only on purpose. Rewrite these
// words together with the reason for the change.
TEST(Rng, DrawsAreThoseOfTheFirstRelease) {
    Rng rng{1, 2, Purpose::arrival};

    EXPECT_EQ(rng.bits(), philox_block({0, 0, 0, 0}, {1, 2 ^ (2 * 0x9E3779B97F4A7C15ULL)})[0]);
    EXPECT_EQ(Rng(0, 0, Purpose::test).uniform(),
              (static_cast<double>(0x16554d9eca36314c >> 11) + 0.5) * 0x1.0p-53);
    EXPECT_EQ(Rng(0, 0, Purpose::test).below(1000),
              87U);  // floor(0x16554d9eca36314c / 2^64 * 1000)
    EXPECT_EQ(Rng(0, 0, Purpose::test).normal(),
              normal_quantile(Rng(0, 0, Purpose::test).uniform()));
}

TEST(Rng, UniformStaysInsideTheOpenInterval) {
    Rng rng{11, 0, Purpose::test};
    double low = 1.0;
    double high = 0.0;
    double sum = 0.0;
    constexpr int n = 200'000;
    for (int i = 0; i < n; ++i) {
        const double u = rng.uniform();
        low = std::min(low, u);
        high = std::max(high, u);
        sum += u;
    }

    EXPECT_GT(low, 0.0);
    EXPECT_LT(high, 1.0);
    EXPECT_NEAR(sum / n, 0.5, 4.0 * std::sqrt(1.0 / 12.0 / n));
}

TEST(Rng, BelowIsEvenOverItsRange) {
    Rng rng{5, 0, Purpose::test};
    constexpr std::size_t cells = 7;
    constexpr int n = 70'000;
    std::array<int, cells> count{};
    for (int i = 0; i < n; ++i) {
        ++count.at(static_cast<std::size_t>(rng.below(cells)));
    }

    double chi_squared = 0.0;
    for (const int c : count) {
        const double difference = c - n / static_cast<double>(cells);
        chi_squared += difference * difference / (n / static_cast<double>(cells));
    }
    EXPECT_LT(chi_squared, 22.46);  // 99.9 % point of chi-squared with 6 degrees of freedom
}

TEST(Rng, BelowOneIsZeroAndBelowTheLargestNumberStaysBelowIt) {
    Rng rng{5, 1, Purpose::test};
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(rng.below(1), 0U);
        EXPECT_LT(rng.below(all_ones), all_ones);
        EXPECT_LT(rng.below((std::uint64_t{1} << 63) + 1), (std::uint64_t{1} << 63) + 1);
    }
}

TEST(RngDeathTest, BelowZeroIsABug) {
    Rng rng{5, 1, Purpose::test};
    EXPECT_DEATH((void)rng.below(0), "CHECK failed: n > 0");
}

struct Moments {
    double mean = 0.0;
    double variance = 0.0;
};
template <class Draw>
Moments moments(int n, Draw&& draw) {
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < n; ++i) {
        const double x = draw();
        sum += x;
        squares += x * x;
    }
    const double mean = sum / n;
    return {mean, squares / n - mean * mean};
}

TEST(Rng, DistributionsHaveTheirMoments) {
    Rng rng{2025, entity_name(1, 4), Purpose::test};
    constexpr int n = 200'000;

    const Moments normal = moments(n, [&] { return rng.normal(); });
    EXPECT_NEAR(normal.mean, 0.0, 0.01);
    EXPECT_NEAR(normal.variance, 1.0, 0.015);

    const Moments log = moments(n, [&] { return std::log(rng.lognormal(450.0, 2.15)); });
    EXPECT_NEAR(log.mean, std::log(450.0), 0.02);
    EXPECT_NEAR(log.variance, 2.15 * 2.15, 0.06);

    const Moments waiting = moments(n, [&] { return rng.exponential(8.0); });
    EXPECT_NEAR(waiting.mean, 8.0, 0.08);
    EXPECT_NEAR(waiting.variance, 64.0, 2.0);

    // ln(x / minimum) of a Pareto variable is exponential with mean 1 / exponent.
    const Moments tail = moments(n, [&] { return std::log(rng.pareto(1e6, 1.1) / 1e6); });
    EXPECT_NEAR(tail.mean, 1.0 / 1.1, 0.01);

    for (const double mean : {0.03, 1.0, 12.5, 29.9, 30.1, 400.0}) {
        const Moments count = moments(n, [&] { return static_cast<double>(rng.poisson(mean)); });
        EXPECT_NEAR(count.mean, mean, 0.02 + 0.01 * mean) << mean;
        EXPECT_NEAR(count.variance, mean, 0.02 + 0.02 * mean) << mean;
    }
    EXPECT_EQ(rng.poisson(0.0), 0U);
    EXPECT_EQ(rng.poisson(-1.0), 0U);
}

TEST(Rng, ChanceZeroNeverAndChanceOneAlwaysHappens) {
    Rng rng{9, 9, Purpose::test};
    for (int i = 0; i < 1000; ++i) {
        EXPECT_FALSE(rng.chance(0.0));
        EXPECT_TRUE(rng.chance(1.0));
    }
}

// Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", Applied
// Statistics 37(3), 477-484: the test values given there for PPND16.
TEST(NormalQuantile, GivesTheValuesPublishedWithAs241) {
    EXPECT_DOUBLE_EQ(normal_quantile(0.25), -0.6744897501960817);
    EXPECT_DOUBLE_EQ(normal_quantile(0.001), -3.090232306167814);
    EXPECT_DOUBLE_EQ(normal_quantile(1e-20), -9.262340089798408);
}

TEST(NormalQuantile, InvertsTheDistributionFunction) {
    // Phi(x) = erfc(-x / sqrt 2) / 2. The branches of the algorithm meet at |p - 1/2| = 0.425 and r
    // = 5.
    for (const double p : {1e-15,
                           1e-12,
                           1e-6,
                           0.01,
                           0.074,
                           0.0750000001,
                           0.076,
                           0.3,
                           0.5,
                           0.6,
                           0.9249,
                           0.9251,
                           0.999}) {
        const double back = 0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.0));
        EXPECT_NEAR(back / p, 1.0, 1e-13) << p;
    }
}

TEST(NormalQuantile, IsOddAroundOneHalfAndIncreases) {
    EXPECT_EQ(normal_quantile(0.5), 0.0);
    double before = normal_quantile(1e-9);
    for (int i = 1; i < 4096; ++i) {
        const double p = i / 4096.0;
        const double x = normal_quantile(p);
        EXPECT_GT(x, before);
        EXPECT_EQ(x, -normal_quantile(1.0 - p)) << p;
        before = x;
    }
}

TEST(NormalQuantileDeathTest, ZeroAndOneAreBugs) {
    EXPECT_DEATH((void)normal_quantile(0.0), "CHECK failed");
    EXPECT_DEATH((void)normal_quantile(1.0), "CHECK failed");
    EXPECT_DEATH((void)normal_quantile(std::nan("")), "CHECK failed");
}

}  // namespace
}  // namespace margincall
