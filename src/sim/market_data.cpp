#include "sim/market_data.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline sim {

namespace {
constexpr double volatility_half_life_s = 180.0;  // model.md 7
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

double AssetFeed::volatility() const {
    return std::max(floor, std::sqrt(ewma * seconds_per_day));
}

void AssetFeed::push(double value) {
    if (!index.empty() && index.back() > 0.0 && value > 0.0) {
        const double r = std::log(value / index.back());
        const double keep = std::exp2(-1.0 / volatility_half_life_s);
        ewma = keep * ewma + (1.0 - keep) * r * r;
    }
    index.push_back(value);
}

}  // namespace margincall::inline sim
