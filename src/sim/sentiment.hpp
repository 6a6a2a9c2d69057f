// The daily sentiment index, 0 (extreme fear) to 100 (extreme greed), in the form that
// alternative.me describes (model.md 10.4): a weighted mean of component scores. The survey has
// been paused for years, so its 15 % is spread over the others; so is the weight of any component
// whose input is unknown.
//
// A pure function: the world feeds it what it knows at 00:00 UTC and prints the result; analytics
// and tests use the same code.
#pragma once

#include <cmath>
#include <limits>

namespace margincall::inline sim {

// Each input is NaN when it is not known.
struct SentimentInputs {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    double volatility_1d = unknown;   // realised over the last 24 h, standard deviation per day
    double volatility_30d = unknown;  // the same over the last 30 days
    double drawdown_30d = unknown;    // price over the highest of the last 30 days, minus 1; <= 0
    double momentum_30d = unknown;    // price over the mean of the last 30 days, minus 1
    double volume_ratio = unknown;    // volume of the last 24 h over its 30-day daily mean
    double return_1d = unknown;       // of the last 24 h
    double btc_minus_alts_7d =
        unknown;                   // BTC's return less the other coins' mean; > 0 = flight to BTC
    double panic_share = unknown;  // panic sellers' part of the last day's volume, 0..1
};

namespace sentiment_detail {

// 50 at 0, 0 and 100 at minus and plus infinity; `scale` is where it reaches 88.
[[nodiscard]] inline double score(double x, double scale) {
    return 50.0 + 50.0 * std::tanh(x / scale);
}

struct WeightedMean {
    double sum = 0, weight = 0;
    void add(double share, double value) {
        if (std::isfinite(value)) {
            sum += share * value;
            weight += share;
        }
    }
};

}  // namespace sentiment_detail

// 50 when nothing is known. Component scores are the project's own: alternative.me publishes the
// weights, not the maps (docs/metrics.md has the table and how far it tracks the published index).
[[nodiscard]] inline double sentiment_index(const SentimentInputs& in) {
    using sentiment_detail::score;
    sentiment_detail::WeightedMean mean;
    const double calm = score(1.0 - in.volatility_1d / in.volatility_30d, 1.0);
    const double height = score(in.drawdown_30d + 0.05, 0.08);
    mean.add(0.125, calm);
    mean.add(0.125, height);
    // Volume gives the move its weight: a fall on twice the usual volume is twice as frightening.
    const double volume = std::isfinite(in.volume_ratio) ? in.volume_ratio : 1.0;
    mean.add(0.25, score(in.momentum_30d * std::sqrt(volume), 0.06));
    mean.add(0.15, score(in.return_1d * volume, 0.05));
    mean.add(0.10, score(-in.btc_minus_alts_7d, 0.10));
    mean.add(0.10, score(0.01 - in.panic_share, 0.02));
    return mean.weight > 0 ? mean.sum / mean.weight : 50.0;
}

}  // namespace margincall::inline sim
