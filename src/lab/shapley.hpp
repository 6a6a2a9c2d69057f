// Shares of players in what all of them do together, from the outcome of every coalition (model 11.3).
// Outcomes are integers and shares exact fractions of one denominator, so that they add up to the last digit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace margincall::inline lab {

// A set of players: bit i is player i.
using Coalition = std::uint32_t;

inline constexpr std::size_t most_players = 10;

// phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! x [v(S + i) - v(S)] (Shapley 1953), each as a numerator
// over `denominator`; their sum over it is v(all) - v(none), exactly.
struct ShapleyValues {
    std::vector<std::int64_t> numerators;  // by player
    std::int64_t denominator = 1;
    [[nodiscard]] double of(std::size_t player) const {
        return static_cast<double>(numerators[player]) / static_cast<double>(denominator);
    }
};

// `outcome[S]` of every coalition, 2^n of them; 1 <= n <= most_players and |outcome| < 2^48 (CHECK).
[[nodiscard]] ShapleyValues shapley(std::span<const std::int64_t> outcome);

// What two players do together beyond what each does, over the same coalitions: the interaction index of
// Grabisch and Roubens (1999), sum over S without i, j of |S|! (n - |S| - 2)! / (n - 1)! x
// [v(S + i + j) - v(S + i) - v(S + j) + v(S)]. Row-major n x n, the diagonal 0; n >= 2 (CHECK).
[[nodiscard]] std::vector<double> interactions(std::span<const std::int64_t> outcome);

// v(all) - v(all but i): what is missing when one player alone is taken out.
[[nodiscard]] std::int64_t removal(std::span<const std::int64_t> outcome, std::size_t player);

// Parts of `total` in whole units that stand for `values` and add up to it: each is the floor of its value
// or one more, the largest remainders first, the lower index among equals. `total` is their sum, rounded.
[[nodiscard]] std::vector<std::int64_t> rounded_parts(const ShapleyValues& values,
                                                      std::int64_t total);

}  // namespace margincall::inline lab
