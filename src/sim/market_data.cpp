#include "sim/market_data.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline sim {

namespace {
constexpr double shortest_half_life_s = 180.0;
constexpr double half_life_in_lags = 3.0;
}  // namespace

const Quote& InstrumentFeed::quote_at(SimTime at) const {
    const std::uint64_t kept = std::min<std::uint64_t>(quotes, quotes_kept);
    for (std::uint64_t back = 1; back <= kept; ++back) {
        const Quote& q = ring[(quotes - back) % quotes_kept];
        if (q.at <= at || back == kept) {
            return q;
        }
    }
    return ring[0];
}

void InstrumentFeed::add_volume(SimTime now, double usd) {
    const std::int64_t current = now.ns() / minutes(1).raw();
    const auto kept = static_cast<std::int64_t>(minutes_kept);
    while (minute < current) {
        ++minute;
        volume_usd[static_cast<std::size_t>(minute % kept)] = 0.0;
    }
    volume_usd[static_cast<std::size_t>(current % kept)] += usd;
}

double InstrumentFeed::volume(SimTime now, Duration window) const {
    const std::int64_t current = now.ns() / minutes(1).raw();
    const std::int64_t first =
        std::max<std::int64_t>({0,
                                (now.ns() - window.raw()) / minutes(1).raw(),
                                current - static_cast<std::int64_t>(minutes_kept) + 1});
    double sum = 0.0;
    for (std::int64_t m = first; m <= std::min(current, minute); ++m) {
        sum += volume_usd[static_cast<std::size_t>(m % static_cast<std::int64_t>(minutes_kept))];
    }
    return sum;
}

double InstrumentFeed::depth(Side side, double distance) const {
    const auto& bands = side == Side::buy ? bid_depth : ask_depth;
    if (!depth_known) {
        return 0.0;
    }
    if (distance <= depth_bands.front()) {
        return bands.front() * std::max(0.0, distance) / depth_bands.front();
    }
    for (std::size_t k = 1; k < depth_bands.size(); ++k) {
        if (distance <= depth_bands[k]) {
            const double part =
                (distance - depth_bands[k - 1]) / (depth_bands[k] - depth_bands[k - 1]);
            return bands[k - 1] + part * (bands[k] - bands[k - 1]);
        }
    }
    return bands.back();
}

// Starts at the ordinary volatility, so that nobody sees a dead market in the first minutes.
RealisedVolatility::RealisedVolatility(double sigma_per_day) {
    variance_.fill(sigma_per_day * sigma_per_day / seconds_per_day);
    for (std::size_t k = 0; k < lags_s.size(); ++k) {
        const double half_life =
            std::max(shortest_half_life_s, half_life_in_lags * static_cast<double>(lags_s[k]));
        keep_[k] = std::exp2(-1.0 / half_life);
    }
}

void RealisedVolatility::push(double log_mid) {
    for (std::size_t k = 0; k < lags_s.size(); ++k) {
        const std::size_t lag = lags_s[k];
        if (seen_ < lag) {
            break;
        }
        const auto lag_s = static_cast<double>(lag);
        const double r = log_mid - path_[(seen_ - lag) % path_.size()];
        variance_[k] = keep_[k] * variance_[k] + (1.0 - keep_[k]) * r * r / lag_s;
    }
    path_[seen_ % path_.size()] = log_mid;
    ++seen_;
}

double RealisedVolatility::per_day() const {
    return std::sqrt(*std::max_element(variance_.begin(), variance_.end()) * seconds_per_day);
}

}  // namespace margincall::inline sim
