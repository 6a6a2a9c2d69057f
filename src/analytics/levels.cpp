#include "analytics/levels.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace margincall::inline analytics {
namespace {

// Follows one figure in the order of time.
class Follower {
  public:
    // `lowest` = its smallest value since the one before, where that is known better.
    void add(std::int64_t time_ns, double value, double lowest) {
        if (!std::isfinite(value) || !std::isfinite(lowest)) {
            return;
        }
        if (!level_.start) {
            level_.start = value;
        }
        if (!level_.minimum || lowest < *level_.minimum) {
            level_.minimum = lowest;
            level_.minimum_ns = time_ns;
        }
        level_.end = value;
    }
    void add(std::int64_t time_ns, double value) { add(time_ns, value, value); }

    void give(std::vector<Level>& out, std::string key, std::string label, MetricUnit unit) {
        if (level_.start) {
            level_.key = std::move(key);
            level_.label = std::move(label);
            level_.unit = unit;
            out.push_back(std::move(level_));
        }
    }
    [[nodiscard]] bool empty() const { return !level_.start.has_value(); }
    void begin_at(double value) { level_.start = value; }

  private:
    Level level_;
};

void add_price(const MarketView& view, std::size_t asset, std::vector<Level>& out) {
    auto book = view.reference_book(asset, InstrumentKind::spot);
    if (!book) {
        book = view.reference_book(asset, InstrumentKind::linear_perp);
    }
    if (!book) {
        return;
    }
    Follower price;
    bool begun = false;
    for (const BarRecord& bar : view.bars(*book)) {
        if (bar.low <= 0) {
            continue;  // before the first trade there is no price
        }
        if (!begun) {
            price.begin_at(bar.open);
            begun = true;
        }
        price.add(bar.time_ns, bar.close, bar.low);
    }
    const std::string& name = view.plan().assets[asset].name;
    price.give(out, "price." + name, name + " price", MetricUnit::usd_price);
}

void add_book(const MarketView& view, std::size_t asset, std::vector<Level>& out) {
    const auto book = view.reference_book(asset, InstrumentKind::linear_perp);
    if (!book) {
        return;
    }
    Follower near;
    Follower far;
    Follower funding;
    for (const BarRecord& bar : view.bars(*book)) {
        if (view.depth_known(bar)) {
            near.add(bar.time_ns, bar.bid_1, bar.bid_1_min);
            far.add(bar.time_ns, bar.bid_4, bar.bid_4_min);
        }
        funding.add(bar.time_ns, bar.funding_rate);
    }
    const std::string& name = view.plan().assets[asset].name;
    near.give(out, "bids_1pct." + name, name + " bids within 1 %", MetricUnit::usd);
    far.give(out, "bids_4pct." + name, name + " bids within 4 %", MetricUnit::usd);
    funding.give(out, "funding." + name, name + " funding, running interval", MetricUnit::rate);
}

void add_open_interest(const MarketView& view, std::size_t asset, std::vector<Level>& out) {
    std::map<std::int64_t, double> by_time;
    for (const std::size_t perp : view.perps(asset)) {
        for (const BarRecord& bar : view.bars(perp)) {
            by_time[bar.time_ns] += bar.open_interest_usd;
        }
    }
    Follower interest;
    for (const auto& [time_ns, usd] : by_time) {
        interest.add(time_ns, usd);
    }
    const std::string& name = view.plan().assets[asset].name;
    interest.give(out, "open_interest." + name, name + " open interest", MetricUnit::usd);
}

}  // namespace

std::vector<Level> levels(const MarketView& view) {
    std::vector<Level> out;
    const Plan& plan = view.plan();
    for (std::size_t asset = 0; asset < plan.assets.size(); ++asset) {
        add_price(view, asset, out);
        add_open_interest(view, asset, out);
        add_book(view, asset, out);
    }
    std::vector<Follower> funds(plan.venues.size());
    for (const FundRecord& record : view.recorder().fund()) {
        Follower& fund = funds[record.venue];
        if (fund.empty()) {
            fund.add(0, balance_before(record));
        }
        fund.add(record.time_ns, record.balance_usd);
    }
    for (std::size_t venue = 0; venue < funds.size(); ++venue) {
        const std::string& name = plan.venues[venue].name;
        funds[venue].give(out, "fund." + name, "fund of " + name, MetricUnit::usd);
    }
    std::vector<Follower> pegs(plan.venues.size());
    for (const PegRecord& record : view.recorder().peg()) {
        pegs[record.venue].add(record.time_ns, record.price, record.price_low);
    }
    for (std::size_t venue = 0; venue < pegs.size(); ++venue) {
        const std::string& name = plan.venues[venue].name;
        pegs[venue].give(out,
                         fmt::format("peg.{}", name),
                         fmt::format("{} on {}", plan.defi.usde.asset, name),
                         MetricUnit::usd_price);
    }
    return out;
}

}  // namespace margincall::inline analytics
