#include "clearing/trigger_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "clearing/world.hpp"

namespace margincall::test {
namespace {

Ticks ticks(std::int64_t raw) {
    return Ticks::from_raw(raw);
}

// The plain twin: a map from row to price, looked through completely every time.
class PlainIndex {
  public:
    explicit PlainIndex(Side side) : side_{side} {}
    void set(std::uint32_t row, std::int64_t price) {
        if (price <= 0) {
            rows_.erase(row);
        } else {
            rows_[row] = price;
        }
    }
    [[nodiscard]] bool is_due(std::int64_t price, std::int64_t mark) const {
        return side_ == Side::buy ? mark <= price : mark >= price;
    }
    std::vector<std::uint32_t> pop_due(std::int64_t mark) {
        std::vector<std::pair<std::int64_t, std::uint32_t>> found;
        for (const auto& [row, price] : rows_) {
            if (is_due(price, mark)) {
                found.emplace_back(side_ == Side::buy ? -price : price, row);
            }
        }
        std::sort(found.begin(), found.end());
        std::vector<std::uint32_t> out;
        for (const auto& [key, row] : found) {
            out.push_back(row);
            rows_.erase(row);
        }
        return out;
    }
    [[nodiscard]] bool due(std::int64_t mark) const {
        return std::any_of(
            rows_.begin(), rows_.end(), [&](const auto& r) { return is_due(r.second, mark); });
    }
    [[nodiscard]] std::int64_t best() const {
        std::int64_t best = 0;
        for (const auto& [row, price] : rows_) {
            if (best == 0 || (side_ == Side::buy ? price > best : price < best)) {
                best = price;
            }
        }
        return best;
    }
    [[nodiscard]] const std::map<std::uint32_t, std::int64_t>& rows() const { return rows_; }

  private:
    Side side_;
    std::map<std::uint32_t, std::int64_t> rows_;
};

std::vector<std::uint32_t> pop(TriggerIndex& index, std::int64_t mark) {
    std::vector<std::uint32_t> rows;
    index.pop_due(ticks(mark), rows);
    return rows;
}

TEST(TriggerIndex, LongsFallDueWhenTheMarkComesDown) {
    TriggerIndex longs{Side::buy};
    longs.set(7, ticks(90));
    longs.set(3, ticks(95));
    longs.set(5, ticks(80));

    EXPECT_FALSE(longs.due(ticks(96)));
    EXPECT_TRUE(longs.due(ticks(95)));
    EXPECT_EQ(pop(longs, 90), (std::vector<std::uint32_t>{3, 7}));
    EXPECT_EQ(longs.size(), 1u);
    EXPECT_EQ(longs.best(), ticks(80));
}

TEST(TriggerIndex, ShortsFallDueWhenTheMarkGoesUp) {
    TriggerIndex shorts{Side::sell};
    shorts.set(7, ticks(110));
    shorts.set(3, ticks(105));
    shorts.set(5, ticks(120));

    EXPECT_FALSE(shorts.due(ticks(104)));
    EXPECT_EQ(pop(shorts, 110), (std::vector<std::uint32_t>{3, 7}));
    EXPECT_EQ(shorts.best(), ticks(120));
}

TEST(TriggerIndex, EqualPricesLeaveInTheOrderOfTheirRows) {
    TriggerIndex longs{Side::buy};
    for (const std::uint32_t row : {9u, 2u, 40u, 11u}) {
        longs.set(row, ticks(1'000'000));
    }

    EXPECT_EQ(pop(longs, 1'000'000), (std::vector<std::uint32_t>{2, 9, 11, 40}));
    EXPECT_TRUE(longs.empty());
}

TEST(TriggerIndex, ARowWithoutAPriceIsNotThere) {
    TriggerIndex longs{Side::buy};
    longs.set(4, ticks(0));
    longs.erase(99);
    longs.set(1, ticks(50));
    longs.set(1, ticks(0));

    EXPECT_TRUE(longs.empty());
    EXPECT_EQ(longs.best(), ticks(0));
    EXPECT_FALSE(longs.due(ticks(1)));
    EXPECT_TRUE(pop(longs, 1).empty());
    EXPECT_EQ(longs.price(99), ticks(0));
}

TEST(TriggerIndex, AppendsToTheCallersRows) {
    TriggerIndex longs{Side::buy};
    longs.set(1, ticks(50));
    std::vector<std::uint32_t> rows{77};

    longs.pop_due(ticks(50), rows);

    EXPECT_EQ(rows, (std::vector<std::uint32_t>{77, 1}));
}

TEST(TriggerIndex, HoldsPricesOfAnyMagnitude) {
    TriggerIndex shorts{Side::sell};
    shorts.set(0, ticks(INT64_MAX));
    shorts.set(1, ticks(1));
    shorts.set(2, ticks(std::int64_t{1} << 40));

    check_trigger_index(shorts);
    EXPECT_EQ(pop(shorts, INT64_MAX), (std::vector<std::uint32_t>{1, 2, 0}));
}

TEST(TriggerIndex, VisitsAllRowsFromTheSolventSideOutwards) {
    TriggerIndex longs{Side::buy};
    for (std::uint32_t row = 0; row < 100; ++row) {
        longs.set(row, ticks(1'000'000 + 1'000 * row));
    }
    std::vector<std::uint32_t> seen;
    longs.for_each([&](std::uint32_t row, Ticks) { seen.push_back(row); });

    ASSERT_EQ(seen.size(), 100u);
    EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
}

// Random worlds against the twin. Each run leaves some operations out and chooses how prices
// cluster.
void run_against_twin(std::uint64_t seed, Side side, int steps) {
    Rng rng{seed, 2, Purpose::test};
    TriggerIndex index{side};
    PlainIndex plain{side};
    const std::uint64_t rows = 1 + rng.below(200);
    const std::int64_t centre = log_uniform(rng, 1e9);
    const double spread = rng.chance(0.3) ? 1e-4 : (rng.chance(0.5) ? 0.05 : 2.0);
    const bool same_price = rng.chance(0.15);
    const bool no_erase = rng.chance(0.3);
    const double pop_chance = rng.chance(0.5) ? 0.02 : 0.3;
    const auto draw_price = [&]() -> std::int64_t {
        if (same_price) {
            return centre;
        }
        const double price = static_cast<double>(centre) * std::exp(spread * rng.normal());
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(price, 1e15)));
    };
    for (int step = 0; step < steps; ++step) {
        const auto row = static_cast<std::uint32_t>(rng.below(rows));
        const double action = rng.uniform();
        if (action < pop_chance) {
            std::int64_t mark = draw_price();
            if (rng.chance(0.3) && plain.best() != 0) {
                mark = plain.best() + static_cast<std::int64_t>(rng.below(3)) - 1;  // at the edge
            }
            ASSERT_EQ(index.due(ticks(mark)), plain.due(mark));
            std::vector<std::uint32_t> asked;
            index.for_each_due(ticks(mark), [&](std::uint32_t of, Ticks price) {
                EXPECT_EQ(price.raw(), plain.rows().at(of));
                asked.push_back(of);
            });
            std::vector<std::uint32_t> expected;
            for (const auto& [of, price] : plain.rows()) {
                if (plain.is_due(price, mark)) {
                    expected.push_back(of);
                }
            }
            std::sort(asked.begin(), asked.end());
            ASSERT_EQ(asked, expected);
            ASSERT_EQ(pop(index, mark), plain.pop_due(mark));
        } else if (action < pop_chance + 0.1 && !no_erase) {
            index.erase(row);
            plain.set(row, 0);
        } else {
            const std::int64_t price = rng.chance(0.02) ? 0 : draw_price();
            index.set(row, ticks(price));
            plain.set(row, price);
        }
        ASSERT_EQ(index.size(), plain.rows().size());
        if (rng.chance(0.1)) {
            ASSERT_EQ(index.best().raw(), plain.best());
        }
        if (step % 64 == 0) {
            check_trigger_index(index);
        }
    }
    std::map<std::uint32_t, std::int64_t> left;
    index.for_each([&](std::uint32_t row, Ticks price) { left.emplace(row, price.raw()); });
    ASSERT_EQ(left, plain.rows());
}

TEST(TriggerIndex, AgreesWithBruteForceInRandomWorlds) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        run_against_twin(seed, seed % 2 == 0 ? Side::buy : Side::sell, 400);
        if (HasFatalFailure()) {
            return;
        }
    }
}

TEST(SlowTriggerIndex, AgreesWithBruteForceInManyRandomWorlds) {
    for (std::uint64_t seed = 1'000; seed < 3'500; ++seed) {
        SCOPED_TRACE(seed);
        run_against_twin(seed, seed % 2 == 0 ? Side::buy : Side::sell, 2'000);
        if (HasFatalFailure()) {
            return;
        }
    }
}

// A crash through a crowd: 100,000 rows, many at round prices, the mark falling in uneven steps.
TEST(TriggerIndex, AMarkFallingThroughACrowdTakesEveryRowOnce) {
    Rng rng{11, 2, Purpose::test};
    TriggerIndex longs{Side::buy};
    constexpr std::uint32_t rows = 100'000;
    std::vector<std::int64_t> prices(rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
        std::int64_t price = 700'000 + static_cast<std::int64_t>(rng.below(400'000));
        if (rng.chance(0.3)) {
            price -= price % 100'000;
        }
        prices[row] = price;
        longs.set(row, ticks(price));
    }
    std::vector<std::uint32_t> popped;
    for (std::int64_t mark = 1'100'000; mark > 0;
         mark -= 1 + static_cast<std::int64_t>(rng.below(3'000))) {
        longs.pop_due(ticks(mark), popped);
    }

    ASSERT_EQ(popped.size(), rows);
    for (std::size_t k = 1; k < popped.size(); ++k) {
        const std::int64_t before = prices[popped[k - 1]];
        const std::int64_t after = prices[popped[k]];
        ASSERT_TRUE(before > after || (before == after && popped[k - 1] < popped[k])) << k;
    }
    check_trigger_index(longs);
}

}  // namespace
}  // namespace margincall::test
