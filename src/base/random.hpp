// Counter-based randomness (Philox4x64-10, Salmon et al. 2011, through Random123) and the project's
// own distributions. Every draw is a pure function of (run seed, entity, purpose, k), where k is
// that entity's own count of draws for that purpose: switching one entity off shifts nobody else's
// numbers.
#pragma once

#include <array>
#include <cstdint>

#include "base/check.hpp"
#include "base/integer.hpp"

namespace margincall::inline base {

// What a stream is used for. Part of the key: never renumber, only append.
enum class Purpose : std::uint32_t {
    test = 0,
    latency = 1,
    arrival = 2,
    size = 3,
    side = 4,
    price = 5,
    parameter = 6,
    fair_value = 7,
    news = 8,
    burn_in = 9,
    top_up = 10,
    opening = 11,
    closing = 12,
    stop = 13,
    deleverage = 14,
    delay = 15,
    schedule = 16,
    pause = 17,
    choice = 18,
};

// One block of Philox4x64-10: four words that depend on nothing but the counter and the key.
using PhiloxCounter = std::array<std::uint64_t, 4>;
using PhiloxKey = std::array<std::uint64_t, 2>;
[[nodiscard]] PhiloxCounter philox_block(const PhiloxCounter& counter, const PhiloxKey& key);

class Rng {
  public:
    Rng() = default;
    // entity: any stable 64-bit name of who draws (never an address or an allocation order).
    Rng(std::uint64_t seed, std::uint64_t entity, Purpose purpose);

    [[nodiscard]] std::uint64_t bits() {
        if (left_ == 0) {
            refill();
        }
        --left_;
        return block_[3 - left_];
    }
    // In (0, 1): 53 random bits centred in their cell, so that the ends cannot come out.
    [[nodiscard]] double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1.0p-53; }
    [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
    // 0 .. n-1, exact (Lemire 2019, unbiased multiply and reject); n > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t n) {
        CHECK(n > 0);
        while (true) {
            const u128 product = u128{bits()} * u128{n};
            const auto low = static_cast<std::uint64_t>(product);
            if (low >= n || low >= (0 - n) % n) {
                return static_cast<std::uint64_t>(product >> 64);
            }
        }
    }
    [[nodiscard]] bool chance(double probability) { return uniform() < probability; }
    [[nodiscard]] double normal();  // mean 0, sd 1 (inverse CDF, Wichura 1988 AS241)
    [[nodiscard]] double lognormal(double median, double sigma_ln);
    [[nodiscard]] double exponential(double mean);
    [[nodiscard]] double pareto(double minimum, double tail_exponent);
    [[nodiscard]] std::uint64_t poisson(
        double mean);  // inversion below 30, normal approximation above

    [[nodiscard]] std::uint64_t draws() const { return counter_ * 4 - left_; }

  private:
    void refill();
    PhiloxKey key_ = {0, 0};
    std::uint64_t counter_ = 0;
    PhiloxCounter block_ = {0, 0, 0, 0};
    std::uint32_t left_ = 0;
};

// Stable 64-bit name for an entity from two small numbers (family, index).
[[nodiscard]] constexpr std::uint64_t entity_name(std::uint32_t family, std::uint32_t index) {
    return (std::uint64_t{family} << 32) | index;
}

// Inverse of the standard normal distribution function, 0 < p < 1 (Wichura 1988, AS241 PPND16).
[[nodiscard]] double normal_quantile(double p);

}  // namespace margincall::inline base
