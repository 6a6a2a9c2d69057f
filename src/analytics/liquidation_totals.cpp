#include "analytics/liquidation_totals.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
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

std::vector<ForcedRoutes> forced_routes(const MarketView& view, Window window) {
    const Plan& plan = view.plan();
    std::map<std::pair<std::uint16_t, std::uint16_t>, ForcedRoutes> rows;  // by venue, coin
    for (const LiquidationRecord& record : view.recorder().liquidations()) {
        if (!window.holds(record.time_ns)) {
            continue;
        }
        const Instrument& inst = plan.instruments[record.instrument].instrument;
        ForcedRoutes& row = rows[{inst.venue.raw(), inst.base.raw()}];
        row.venue = plan.venues[inst.venue.raw()].name;
        row.coin = plan.assets[inst.base.raw()].name;
        const auto kind = static_cast<LiquidationKind>(record.kind);
        (kind == LiquidationKind::book  ? row.book_usd
         : kind == LiquidationKind::adl ? row.adl_usd
                                        : row.takeover_usd) += record.notional_usd;
    }
    std::vector<ForcedRoutes> out;
    for (auto& [where, row] : rows) {
        out.push_back(std::move(row));
    }
    return out;
}

std::vector<AdlCount> adl_counts(const MarketView& view, Window window) {
    using Step = std::tuple<std::int64_t, std::uint32_t, std::uint32_t>;  // time, book, insolvent
    const Plan& plan = view.plan();
    const auto venue_of = [&plan](std::uint32_t instrument) {
        return plan.instruments[instrument].instrument.venue.raw();
    };
    std::map<std::uint16_t, AdlCount> rows;
    std::set<Step> known;
    for (const LiquidationRecord& record : view.recorder().liquidations()) {
        if (window.holds(record.time_ns) &&
            record.kind == static_cast<std::uint8_t>(LiquidationKind::adl)) {
            // A row whose first order a feed shows has two records: one account, and the others.
            rows[venue_of(record.instrument)].steps += static_cast<double>(record.weight);
            known.emplace(record.time_ns, record.instrument, record.account);
        }
    }
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::int64_t> winners;  // venue, account
    for (const AdlRecord& record : view.recorder().adl()) {
        if (!window.holds(record.time_ns)) {
            continue;
        }
        const std::uint16_t venue = venue_of(record.instrument);
        AdlCount& row = rows[venue];
        row.usd += record.notional_usd;
        row.fills += static_cast<double>(record.weight);
        // Whoever has no record of being liquidated is a fund: closed as one.
        row.steps += known.emplace(record.time_ns, record.instrument, record.against).second;
        std::int64_t& seen = winners[{venue, record.account}];
        row.accounts += static_cast<double>(std::max<std::int64_t>(record.weight - seen, 0));
        seen = std::max(seen, record.weight);
    }
    std::vector<AdlCount> out;
    for (auto& [venue, row] : rows) {
        row.venue = plan.venues[venue].name;
        out.push_back(std::move(row));
    }
    return out;
}

std::optional<double> forgone_usd(const MarketView& view, const AdlRecord& record) {
    const auto bars = view.bars(record.instrument);
    if (bars.empty() || bars.back().mark <= 0) {
        return std::nullopt;
    }
    return (record.was_long != 0 ? 1.0 : -1.0) * record.qty * (bars.back().mark - record.price);
}

std::optional<double> adl_forgone_usd(const MarketView& view, Window window) {
    double sum = 0;
    for (const AdlRecord& record : view.recorder().adl()) {
        if (!window.holds(record.time_ns)) {
            continue;
        }
        const std::optional<double> forgone = forgone_usd(view, record);
        if (!forgone) {
            return std::nullopt;
        }
        sum += *forgone;
    }
    return sum;
}

}  // namespace margincall::inline analytics
