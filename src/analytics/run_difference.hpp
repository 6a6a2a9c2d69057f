// How far two runs of several paths are apart in one figure, and how sure that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace margincall::inline analytics {

struct PathValue {
    std::uint64_t seed = 0;
    double value = 0;
};

// How the difference was taken.
enum class Pairing : std::uint8_t {
    single,    // one path of each: no interval
    paired,    // paths of equal seeds against each other
    unpaired,  // two samples of different seeds
};

struct RunDifference {
    double mean = 0;  // second less first
    Pairing pairing = Pairing::single;
    std::size_t first_paths = 0, second_paths = 0;  // that were compared; of pairs both the pairs
    // 90 % interval of Student's t: of the paired differences, or of two means (Welch 1947).
    std::optional<double> low{}, high{};

    // Half the interval: a true difference smaller than this cannot be told from none.
    [[nodiscard]] std::optional<double> resolvable() const {
        return low ? std::optional{(*high - *low) / 2} : std::nullopt;
    }
    // Whether the interval leaves out zero; of single paths whether they differ at all.
    [[nodiscard]] bool distinct() const { return low ? *low > 0 || *high < 0 : mean != 0; }
};

// Pairs when two seeds or more are in both. Nothing without a value on a side.
[[nodiscard]] std::optional<RunDifference> run_difference(std::span<const PathValue> first,
                                                          std::span<const PathValue> second);

// Quantile of Student's t distribution, 0 < p < 1; the degrees may be a fraction.
[[nodiscard]] double student_quantile(double p, double degrees);

}  // namespace margincall::inline analytics
