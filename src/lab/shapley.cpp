#include "lab/shapley.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/check.hpp"

namespace margincall::inline lab {
namespace {

std::size_t players_of(std::span<const std::int64_t> outcome) {
    CHECK(outcome.size() >= 2 && std::has_single_bit(outcome.size()));
    const auto n = static_cast<std::size_t>(std::countr_zero(outcome.size()));
    CHECK(n <= most_players);
    for (const std::int64_t v : outcome) {
        CHECK(v > -(std::int64_t{1} << 48) && v < (std::int64_t{1} << 48));
    }
    return n;
}

std::int64_t choose(std::size_t n, std::size_t k) {
    std::int64_t out = 1;
    for (std::size_t j = 1; j <= k; ++j) {
        out = out * static_cast<std::int64_t>(n - k + j) / static_cast<std::int64_t>(j);
    }
    return out;
}

// s! (m - s - 1)! / m! = 1 / (m C(m - 1, s)), as numerators over their least common denominator.
struct Weights {
    std::vector<std::int64_t> by_size;  // s = 0 .. m - 1
    std::int64_t denominator = 1;
};

Weights weights(std::size_t m) {
    Weights out;
    for (std::size_t s = 0; s < m; ++s) {
        out.denominator =
            std::lcm(out.denominator, static_cast<std::int64_t>(m) * choose(m - 1, s));
    }
    for (std::size_t s = 0; s < m; ++s) {
        out.by_size.push_back(out.denominator / (static_cast<std::int64_t>(m) * choose(m - 1, s)));
    }
    return out;
}

}  // namespace

ShapleyValues shapley(std::span<const std::int64_t> outcome) {
    const std::size_t n = players_of(outcome);
    const Weights weight = weights(n);
    ShapleyValues out;
    out.denominator = weight.denominator;
    out.numerators.assign(n, 0);
    for (Coalition s = 0; s < outcome.size(); ++s) {
        for (std::size_t i = 0; i < n; ++i) {
            const Coalition player = Coalition{1} << i;
            if ((s & player) == 0) {
                out.numerators[i] += weight.by_size[static_cast<std::size_t>(std::popcount(s))] *
                                     (outcome[s | player] - outcome[s]);
            }
        }
    }
    return out;
}

std::vector<double> interactions(std::span<const std::int64_t> outcome) {
    const std::size_t n = players_of(outcome);
    CHECK(n >= 2);
    const Weights weight = weights(n - 1);
    std::vector<double> out(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) {
            const Coalition a = Coalition{1} << i;
            const Coalition b = Coalition{1} << j;
            std::int64_t sum = 0;
            for (Coalition s = 0; s < outcome.size(); ++s) {
                if ((s & (a | b)) == 0) {
                    sum += weight.by_size[static_cast<std::size_t>(std::popcount(s))] *
                           (outcome[s | a | b] - outcome[s | a] - outcome[s | b] + outcome[s]);
                }
            }
            out[i * n + j] = out[j * n + i] =
                static_cast<double>(sum) / static_cast<double>(weight.denominator);
        }
    }
    return out;
}

std::int64_t removal(std::span<const std::int64_t> outcome, std::size_t player) {
    const std::size_t n = players_of(outcome);
    CHECK(player < n);
    const auto all = static_cast<Coalition>(outcome.size() - 1);
    return outcome[all] - outcome[all & ~(Coalition{1} << player)];
}

std::vector<std::int64_t> rounded_parts(const ShapleyValues& values, std::int64_t total) {
    const std::size_t n = values.numerators.size();
    std::vector<std::int64_t> parts;
    std::vector<std::int64_t> rest;
    for (const std::int64_t numerator : values.numerators) {
        const std::int64_t over = numerator % values.denominator;
        const std::int64_t floor =
            numerator / values.denominator - (over < 0 ? std::int64_t{1} : std::int64_t{0});
        parts.push_back(floor);
        rest.push_back(numerator - floor * values.denominator);
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t k) { return rest[k]; });
    std::int64_t left = total - std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
    CHECK(left >= 0 && left <= static_cast<std::int64_t>(n));
    for (std::size_t k = 0; k < n && left > 0; ++k, --left) {
        ++parts[order[k]];
    }
    return parts;
}

}  // namespace margincall::inline lab
