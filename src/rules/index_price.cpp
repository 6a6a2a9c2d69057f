#include "rules/index_price.hpp"

#include <cmath>

namespace margincall::inline rules {
namespace {

bool is_fresh(const IndexSource& source, Duration stale) {
    return source.price > 0.0 && source.weight > 0.0 && source.age <= stale;
}

// The k-th smallest fresh price, found by counting: no sorting, no memory.
double kth_fresh(std::span<const IndexSource> sources, Duration stale, std::uint32_t k) {
    for (const IndexSource& candidate : sources) {
        if (!is_fresh(candidate, stale)) {
            continue;
        }
        std::uint32_t below = 0;
        std::uint32_t equal = 0;
        for (const IndexSource& other : sources) {
            if (is_fresh(other, stale)) {
                below += other.price < candidate.price ? 1U : 0U;
                equal += other.price == candidate.price ? 1U : 0U;
            }
        }
        if (below <= k && k < below + equal) {
            return candidate.price;
        }
    }
    return 0.0;
}

double median_fresh(std::span<const IndexSource> sources, Duration stale) {
    std::uint32_t fresh = 0;
    for (const IndexSource& source : sources) {
        fresh += is_fresh(source, stale) ? 1U : 0U;
    }
    if (fresh == 0) {
        return 0.0;
    }
    const double upper = kth_fresh(sources, stale, fresh / 2);
    return fresh % 2 == 1 ? upper : 0.5 * (kth_fresh(sources, stale, fresh / 2 - 1) + upper);
}

// Smallest usable price whose cumulated weight reaches half. `weight_of` gives 0 for an
// element that is to be left out.
template <class T, class Weight>
double smallest_at_half(std::span<const T> prices, Weight&& weight_of) {
    double total = 0.0;
    for (const T& p : prices) {
        total += weight_of(p);
    }
    double best = 0.0;
    for (const T& candidate : prices) {
        if (!(weight_of(candidate) > 0.0) || (best > 0.0 && candidate.price >= best)) {
            continue;
        }
        double up_to = 0.0;
        for (const T& p : prices) {
            up_to += p.price <= candidate.price ? weight_of(p) : 0.0;
        }
        if (up_to >= 0.5 * total) {
            best = candidate.price;
        }
    }
    return best;
}

}  // namespace

double weighted_median(std::span<const WeightedPrice> prices) {
    return smallest_at_half(prices, [](const WeightedPrice& p) {
        return p.price > 0.0 && p.weight > 0.0 ? p.weight : 0.0;
    });
}

double index_price(std::span<const IndexSource> sources, std::int64_t outlier_ppm, Duration stale) {
    const double median = median_fresh(sources, stale);
    const double reach = median * static_cast<double>(outlier_ppm) * 1e-6;
    double sum = 0.0;
    double weight = 0.0;
    std::uint32_t outliers = 0;
    for (const IndexSource& source : sources) {
        if (!is_fresh(source, stale)) {
            continue;
        }
        if (std::abs(source.price - median) > reach) {
            ++outliers;
            continue;
        }
        sum += source.price * source.weight;
        weight += source.weight;
    }
    return outliers > 1 || !(weight > 0.0) ? median : sum / weight;
}

double oracle_price(std::span<const IndexSource> sources, Duration stale) {
    return smallest_at_half(
        sources, [&](const IndexSource& s) { return is_fresh(s, stale) ? s.weight : 0.0; });
}

}  // namespace margincall::inline rules
