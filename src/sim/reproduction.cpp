#include "sim/reproduction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace margincall::inline sim {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();

double largest_entry(std::span<const double> matrix) {
    double largest = 0.0;
    for (const double entry : matrix) {
        largest = std::max(largest, std::abs(entry));
    }
    return largest;
}

void square_into(std::vector<double>& out, const std::vector<double>& m, std::size_t n) {
    std::ranges::fill(out, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < n; ++k) {
            const double factor = m[i * n + k];
            if (factor == 0.0) {
                continue;
            }
            for (std::size_t j = 0; j < n; ++j) {
                out[i * n + j] += factor * m[k * n + j];
            }
        }
    }
}

// A coin whose row or column is empty adds only the eigenvalue 0: without it, and so on.
std::vector<double> without_empty(std::vector<double> m) {
    auto n = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(m.size()))));
    for (std::size_t at = 0; at < n;) {
        bool row = false;
        bool column = false;
        for (std::size_t k = 0; k < n; ++k) {
            row = row || m[at * n + k] != 0.0;
            column = column || m[k * n + at] != 0.0;
        }
        if (row && column) {
            ++at;
            continue;
        }
        std::vector<double> smaller;
        smaller.reserve((n - 1) * (n - 1));
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                if (i != at && j != at) {
                    smaller.push_back(m[i * n + j]);
                }
            }
        }
        m = std::move(smaller);
        --n;
        at = 0;
    }
    return m;
}

}  // namespace

double refilled_share(Duration time, double half_life_s) {
    return half_life_s > 0.0 ? 1.0 - std::exp2(-to_seconds(time) / half_life_s) : 1.0;
}

std::vector<double> reproduction_kernel(const ForcedStep& step,
                                        std::span<const double> passed,
                                        CountStops stops) {
    const std::size_t n = step.coins();
    CHECK(passed.size() == n);
    // A dollar of b moves a so far, in steps of the price.
    const auto moves = [&](std::size_t a, std::size_t b) {
        const double part = a == b ? 1.0 : b == 0 ? passed[a] : 0.0;
        const double against = step.resting[b] + step.refill[b];
        return part == 0.0 ? 0.0 : against > 0.0 ? part / against : unbounded;
    };
    std::vector<double> kernel(n * n);
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t c = 0; c < n; ++c) {
            double closed = step.closes[a * n + c];
            if (a == c && stops == CountStops::yes) {
                closed += step.stops[a];
            }
            if (closed == 0.0) {
                continue;
            }
            for (std::size_t b = 0; b < n; ++b) {
                const double moved = moves(c, b);
                if (moved != 0.0) {
                    kernel[a * n + b] += closed * moved;
                }
            }
        }
    }
    return kernel;
}

double spectral_radius(std::span<const double> matrix) {
    for (const double entry : matrix) {
        if (!std::isfinite(entry)) {
            return unbounded;
        }
    }
    std::vector<double> power = without_empty({matrix.begin(), matrix.end()});
    const auto n =
        static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(power.size()))));
    CHECK(n * n == power.size());
    if (n <= 1) {
        return n == 0 ? 0.0 : std::abs(power.front());
    }
    // K^(2^k) = e^scale * power, its largest entry 1 after every step.
    constexpr int squarings = 30;
    std::vector<double> next(power.size());
    double log_scale = 0.0;
    for (int k = 0; k <= squarings; ++k) {
        const double largest = largest_entry(power);
        if (largest == 0.0) {
            return 0.0;  // nilpotent
        }
        log_scale += std::log(largest);
        for (double& entry : power) {
            entry /= largest;
        }
        if (k < squarings) {
            square_into(next, power, n);
            power.swap(next);
            log_scale *= 2.0;
        }
    }
    return std::exp(std::ldexp(log_scale, -squarings));
}

double forced_per_dollar(std::span<const double> kernel, std::size_t coin) {
    const auto n =
        static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(kernel.size()))));
    CHECK(n * n == kernel.size());
    CHECK(coin < n);
    if (spectral_radius(kernel) >= 1.0) {
        return unbounded;
    }
    // One generation after the other: 1 e-12 of the first is left after at most a few thousand.
    std::vector<double> generation(n);
    for (std::size_t a = 0; a < n; ++a) {
        generation[a] = kernel[a * n + coin];
    }
    constexpr int generations_most = 100'000;
    double sum = 0.0;
    for (int k = 0; k < generations_most; ++k) {
        double total = 0.0;
        double size = 0.0;
        std::vector<double> next(n);
        for (std::size_t a = 0; a < n; ++a) {
            total += generation[a];
            size += std::abs(generation[a]);
            for (std::size_t b = 0; b < n; ++b) {
                next[a] += kernel[a * n + b] * generation[b];
            }
        }
        sum += total;
        if (size <= 1e-12 * std::abs(sum)) {
            break;
        }
        generation.swap(next);
    }
    return sum;
}

}  // namespace margincall::inline sim
