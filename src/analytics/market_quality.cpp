#include "analytics/market_quality.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace margincall::inline analytics {
namespace {

using Value = std::optional<double>;

// A side's depth: what a bar ends with, and its smallest sample.
struct DepthFields {
    double BarRecord::*sample;
    double BarRecord::*smallest;
};
constexpr DepthFields bids_1{&BarRecord::bid_1, &BarRecord::bid_1_min};
constexpr DepthFields bids_4{&BarRecord::bid_4, &BarRecord::bid_4_min};

// Mean over the first two hours of the run.
Value usual_depth(const MarketView& view, std::size_t book, DepthFields fields) {
    double sum = 0;
    std::int64_t samples = 0;
    for (const BarRecord& bar : view.bars(book)) {
        if (view.depth_known(bar) && bar.time_ns <= hours(2).raw()) {
            sum += bar.*fields.sample;
            ++samples;
        }
    }
    return samples > 0 && sum > 0 ? Value{sum / static_cast<double>(samples)} : std::nullopt;
}

// The bar of the day with the smallest sample, the first of equals; null without one.
const BarRecord* thinnest_bar(const MarketView& view, std::size_t book, DepthFields fields) {
    const BarRecord* out = nullptr;
    for (const BarRecord& bar : view.bars(book)) {
        if (view.depth_known(bar) && view.day().holds(bar.time_ns) &&
            (out == nullptr || bar.*fields.smallest < out->*fields.smallest)) {
            out = &bar;
        }
    }
    return out;
}

// A side of a book over the day.
struct SideOfDay {
    Value usual;
    const BarRecord* thinnest = nullptr;
};
SideOfDay side_of_day(const MarketView& view, std::size_t book, DepthFields fields) {
    return {usual_depth(view, book, fields), thinnest_bar(view, book, fields)};
}

Value thinnest_share(const SideOfDay& side, DepthFields fields) {
    return side.thinnest != nullptr && side.usual
               ? Value{side.thinnest->*fields.smallest / *side.usual}
               : std::nullopt;
}

double in_minutes(std::int64_t ns) {
    return static_cast<double>(ns) / static_cast<double>(minutes(1).raw());
}

// How long bids of the day were thin, and how long they took to come back.
void add_thin_time(const MarketView& view,
                   std::size_t book,
                   const SideOfDay& bids,
                   MarketQuality& out) {
    if (!bids.usual || bids.thinnest == nullptr) {
        return;
    }
    const double least = thin_share * *bids.usual;
    std::int64_t thin_ns = 0;
    std::int64_t before_ns = 0;
    for (const BarRecord& bar : view.bars(book)) {
        if (view.day().holds(bar.time_ns) && view.depth_known(bar) && bar.bid_1 < least) {
            thin_ns += bar.time_ns - before_ns;
        }
        before_ns = bar.time_ns;
        if (!out.recovery_minutes && bar.time_ns >= bids.thinnest->time_ns && bar.bid_1 >= least) {
            out.recovery_minutes = in_minutes(bar.time_ns - bids.thinnest->time_ns);
        }
    }
    out.thin_minutes = in_minutes(thin_ns);
}

Value mean_spread(const MarketView& view, std::size_t book) {
    double sum = 0;
    std::int64_t bars = 0;
    for (const BarRecord& bar : view.bars(book)) {
        if (view.day().holds(bar.time_ns) && bar.bid > 0 && bar.ask > 0) {
            sum += (bar.ask - bar.bid) / (0.5 * (bar.ask + bar.bid)) * 1e4;
            ++bars;
        }
    }
    return bars > 0 ? Value{sum / static_cast<double>(bars)} : std::nullopt;
}

}  // namespace

MarketQuality market_quality(const MarketView& view) {
    MarketQuality out;
    for (const BarRecord& bar : view.recorder().bars()) {
        if (view.day().holds(bar.time_ns)) {
            out.volume_usd = out.volume_usd.value_or(0.0) + bar.volume_usd;
        }
    }
    const auto book = view.reference_book(0, InstrumentKind::linear_perp);
    if (!book) {
        return out;
    }
    out.spread_mean_bps = mean_spread(view, *book);
    const SideOfDay near = side_of_day(view, *book, bids_1);
    if (near.thinnest != nullptr) {
        out.depth_min_usd = near.thinnest->bid_1_min;
    }
    out.depth_min_share = thinnest_share(near, bids_1);
    out.depth4_min_share = thinnest_share(side_of_day(view, *book, bids_4), bids_4);
    add_thin_time(view, *book, near, out);
    return out;
}

}  // namespace margincall::inline analytics
