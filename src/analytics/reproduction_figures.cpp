#include "analytics/reproduction_figures.hpp"

#include <cmath>

namespace margincall::inline analytics {
namespace {

void keep_larger(std::optional<ReproductionPeak>& peak, const ReproductionPeak& sample) {
    if (std::isfinite(sample.value) && (!peak || sample.value > peak->value)) {
        peak = sample;
    }
}

}  // namespace

std::optional<ReproductionPeak> reproduction_peak(const MarketView& view, std::uint32_t asset) {
    std::optional<ReproductionPeak> peak;
    for (const CoinReproductionRecord& r : view.recorder().coin_reproduction()) {
        if (r.fall == 0.0 && r.asset == asset && view.day().holds(r.time_ns)) {
            keep_larger(peak, {r.reproduction, r.time_ns, asset});
        }
    }
    return peak;
}

std::optional<ReproductionPeak> reproduction_peak(const MarketView& view) {
    std::optional<ReproductionPeak> peak;
    for (const ReproductionRecord& r : view.recorder().reproduction()) {
        if (r.fall == 0.0 && view.day().holds(r.time_ns)) {
            keep_larger(peak, {r.reproduction, r.time_ns, 0});
        }
    }
    if (peak) {
        std::optional<ReproductionPeak> largest;
        for (const CoinReproductionRecord& r : view.recorder().coin_reproduction()) {
            if (r.fall == 0.0 && r.time_ns == peak->time_ns) {
                keep_larger(largest, {r.reproduction, r.time_ns, r.asset});
            }
        }
        peak->asset = largest ? largest->asset : 0;
    }
    return peak;
}

}  // namespace margincall::inline analytics
