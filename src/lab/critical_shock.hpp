// Critical shock (docs/reproduction.md): the smallest forced sale, put into a fork of a world at some
// moment, after which R exceeds 1, a fund is empty, or auto-deleveraging starts, each within a horizon.
//
// Sizes lie on a grid of a quarter of an octave (19 %), and the smallest is found by bisection, each size
// in a fork of its own. Bisection takes for granted that a larger sale does what a smaller one does; every
// size that was tried is in the answer with what came of it, and one that contradicts this is pointed
// out.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lab/forced_sale.hpp"

namespace margincall::inline lab {

enum class CriticalLimit : std::uint8_t { reproduction, fund, adl };
inline constexpr std::array<std::string_view, 3> limit_words = {
    "R exceeds 1", "a fund is empty", "auto-deleveraging starts"};

struct ShockRange {
    ForcedSale sale;  // its size is not read
    double least_usd = 10e6, most_usd = 20e9;
    Duration horizon = minutes(30);
};
// least_usd 2^(k/4), the last at or above most_usd.
[[nodiscard]] std::vector<double> shock_sizes(const ShockRange& range);

struct ShockTried {
    double usd = 0.0;               // 0: the world itself
    double reproduction_max = 0.0;  // largest sample, once a minute; infinite where nothing bid
    std::array<bool, limit_words.size()> reached{};
};
enum class ShockEnd : std::uint8_t {
    without,  // it happens without any sale
    found,    // `usd` is the smallest size of the grid that does it
    beyond,   // not even the largest size of the grid
};
struct CriticalShock {
    ShockEnd end = ShockEnd::beyond;
    double usd = 0.0;           // found: the size; beyond: the largest that was tried
    bool contradicted = false;  // a larger size that was tried did not reach it
};
struct ShockAnswer {
    std::uint64_t seed = 0;
    std::int64_t at_ns = 0;
    double local = 0.0;  // R right before
    std::array<CriticalShock, limit_words.size()> shock;
    std::vector<ShockTried> tried;  // by size
};

// What bisection makes of an answer to "does this size do it?", which is asked at most once a size; pure,
// so that it can be tested. `reached(k)` of size k; the smallest k, nothing when the last does not.
template <class Reached>
[[nodiscard]] std::optional<std::size_t> smallest_of(std::size_t sizes, Reached&& reached) {
    if (sizes == 0 || !reached(sizes - 1)) {
        return std::nullopt;
    }
    std::size_t low = 0;
    std::size_t high = sizes - 1;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (reached(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return high;
}

// Of one seed at several times of one run (rising).
[[nodiscard]] std::expected<std::vector<ShockAnswer>, Errors> critical_shocks(
    const std::shared_ptr<const Compiled>& scenario,
    std::span<const SimTime> at,
    const ShockRange& range,
    RunMonitor* monitor);

// One line of JSON with the key, and back; nothing when it is none of ours.
[[nodiscard]] std::string shock_answers_json(std::string_view key,
                                             std::span<const ShockAnswer> rows);
[[nodiscard]] std::optional<std::vector<ShockAnswer>> parse_shock_answers(std::string_view line);

}  // namespace margincall::inline lab
