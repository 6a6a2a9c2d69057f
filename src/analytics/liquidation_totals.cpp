#include "analytics/liquidation_totals.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace margincall::inline analytics {
namespace {

// Adds notional by side and counts each account once.
class Tally {
  public:
    void add(const LiquidationRecord& record) {
        (record.was_long != 0 ? totals_.long_usd : totals_.short_usd) += record.notional_usd;
        rows_.emplace_back(record.account, record.weight);
    }
    [[nodiscard]] SideTotals finish() {
        std::ranges::sort(rows_);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const bool last_of_row = i + 1 == rows_.size() || rows_[i + 1].first != rows_[i].first;
            if (last_of_row) {
                totals_.accounts += rows_[i].second;  // the largest weight seen of the row
            }
        }
        return totals_;
    }

  private:
    SideTotals totals_;
    std::vector<std::pair<std::uint32_t, std::int64_t>> rows_;  // account, weight
};

// Largest sum over the buckets of one width. A throttled feed tells of an order up to a second
// later than a full one, so records are not quite in the order of their times.
class PeakBucket {
  public:
    PeakBucket(std::int64_t width_ns, std::int64_t offset_ns)
        : width_ns_{width_ns}, offset_ns_{offset_ns} {}
    void add(std::int64_t time_ns, double usd) {
        const auto own = static_cast<std::size_t>((time_ns + offset_ns_) / width_ns_);
        if (own >= sums_.size()) {
            sums_.resize(own + 1, 0.0);
        }
        sums_[own] += usd;
    }
    [[nodiscard]] double peak() const {
        return sums_.empty() ? 0.0 : *std::ranges::max_element(sums_);
    }

  private:
    std::int64_t width_ns_, offset_ns_;
    std::vector<double> sums_;  // by bucket since the start
};

}  // namespace

LiquidationTotals liquidation_totals(const MarketView& view, Window window) {
    constexpr std::int64_t minute_ns = 60'000'000'000;
    constexpr std::int64_t hour_ns = 60 * minute_ns;
    const std::int64_t into_hour_ns = view.plan().start_unix_s * 1'000'000'000 % hour_ns;
    Tally all;
    Tally reported;
    Tally full_feed;
    PeakBucket minute{minute_ns, into_hour_ns};
    PeakBucket hour{hour_ns, into_hour_ns};
    for (const LiquidationRecord& record : view.recorder().liquidations()) {
        if (!window.holds(record.time_ns)) {
            continue;
        }
        CHECK(record.instrument < view.plan().instruments.size());
        all.add(record);
        if (record.published == 0) {
            continue;
        }
        reported.add(record);
        minute.add(record.time_ns, record.notional_usd);
        hour.add(record.time_ns, record.notional_usd);
        if (view.rules_of(record.instrument).feed == LiquidationFeed::all) {
            full_feed.add(record);
        }
    }
    return {all.finish(), reported.finish(), full_feed.finish(), minute.peak(), hour.peak()};
}

}  // namespace margincall::inline analytics
