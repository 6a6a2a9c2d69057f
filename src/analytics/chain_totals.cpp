#include "analytics/chain_totals.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

namespace margincall::inline analytics {
namespace {

constexpr std::string_view incident_prefix = "balancer ";  // of the recorded pools' names

// Nothing for an empty table.
template <class Row>
std::optional<double> sum_over(const std::vector<Row>& rows, double Row::*field) {
    std::optional<double> sum;
    for (const Row& row : rows) {
        sum = sum.value_or(0.0) + row.*field;
    }
    return sum;
}

void keep_peak(ReservePeak& peak, double value, const LendingRecord& at) {
    if (value > peak.value) {
        peak = {value, at.time_ns, at.token};
    }
}

// Reserves come in the order of time.
std::map<std::uint8_t, LendingTotals> lending_totals(const MemoryRecorder& recorder) {
    std::map<std::uint8_t, LendingTotals> markets;
    std::map<std::uint8_t, std::int64_t> first_ns;
    std::map<std::pair<std::uint8_t, std::uint8_t>, double> deficit;
    for (const LendingRecord& record : recorder.lending()) {
        LendingTotals& market = markets[record.market];
        market.market = record.market;
        if (first_ns.try_emplace(record.market, record.time_ns).first->second == record.time_ns) {
            market.borrowed_start_usd += record.borrowed_usd;
        }
        keep_peak(market.utilisation, record.utilisation, record);
        keep_peak(market.borrow_apr, record.borrow_apr, record);
        deficit[{record.market, record.token}] = record.deficit_usd;
    }
    for (const auto& [reserve, usd] : deficit) {
        markets[reserve.first].deficit_usd += usd;
    }
    for (const ChainLiquidationRecord& call : recorder.chain_liquidations()) {
        LendingTotals& market = markets[call.market];
        market.market = call.market;
        market.liquidated_usd += call.debt_usd;
        market.seized_usd += call.seized_usd;
        ++market.calls;
    }
    return markets;
}

std::vector<PegTotals> peg_totals(const MemoryRecorder& recorder) {
    std::map<std::uint32_t, PegTotals> venues;
    for (const PegRecord& record : recorder.peg()) {
        const auto [found, fresh] = venues.try_emplace(record.venue);
        PegTotals& venue = found->second;
        if (fresh) {
            venue = {record.venue,
                     record.price_low,
                     record.time_ns,
                     record.collateral_price,
                     record.depth_usd,
                     record.depth_usd};
            continue;
        }
        if (record.price_low < venue.price_low) {
            venue.price_low = record.price_low;
            venue.low_ns = record.time_ns;
        }
        venue.collateral_low = std::min(venue.collateral_low, record.collateral_price);
        venue.depth_low_usd = std::min(venue.depth_low_usd, record.depth_usd);
    }
    std::vector<PegTotals> out;
    out.reserve(venues.size());
    for (const auto& [number, venue] : venues) {
        out.push_back(venue);
    }
    return out;
}

// Records of one time stand together.
std::optional<double> peg_gap(const MemoryRecorder& recorder) {
    std::optional<double> gap;
    const auto records = recorder.peg();
    for (std::size_t from = 0; from < records.size();) {
        std::size_t to = from;
        double low = records[from].price;
        double high = low;
        for (; to < records.size() && records[to].time_ns == records[from].time_ns; ++to) {
            low = std::min(low, records[to].price);
            high = std::max(high, records[to].price);
        }
        if (to - from >= 2) {
            gap = std::max(gap.value_or(0.0), high - low);
        }
        from = to;
    }
    return gap;
}

// Last trade of ether in the reference venue's spot book at or before a time; NaN when there is
// none.
double ether_usd(const MarketView& view, std::int64_t time_ns) {
    const auto asset = view.asset("ETH");
    const auto book = asset ? view.reference_book(*asset, InstrumentKind::spot) : std::nullopt;
    double usd = std::numeric_limits<double>::quiet_NaN();
    if (book) {
        for (const BarRecord& bar : view.bars(*book)) {
            if (bar.time_ns > time_ns) {
                break;
            }
            usd = bar.close > 0 ? bar.close : usd;
        }
    }
    return usd;
}

std::vector<PoolLoss> pool_losses(const MarketView& view) {
    std::map<std::uint32_t, PoolLoss> pools;
    for (const IncidentRecord& step : view.recorder().incident()) {
        pools.try_emplace(step.pool, PoolLoss{step.pool, step.time_ns, step.stolen_eth, 0.0});
    }
    std::vector<PoolLoss> out;
    out.reserve(pools.size());
    for (auto& [number, loss] : pools) {
        loss.stolen_usd = loss.stolen_eth * ether_usd(view, loss.time_ns);
        out.push_back(loss);
    }
    return out;
}

std::vector<PoolTotals> pool_totals(const MemoryRecorder& recorder) {
    std::vector<PoolTotals> pools;
    for (const PoolRecord& record : recorder.pools()) {
        const std::string_view name = record.pool;
        auto pool = std::ranges::find(pools, name, &PoolTotals::name);
        if (pool == pools.end()) {
            pool = pools.insert(pool,
                                {std::string{name},
                                 !name.starts_with(incident_prefix),
                                 record.price,
                                 record.time_ns,
                                 0.0,
                                 1.0});
        }
        if (record.price < pool->price_low) {
            pool->price_low = record.price;
            pool->low_ns = record.time_ns;
        }
        pool->traded_usd += record.traded_usd;
        pool->invariant_last = record.invariant;
    }
    return pools;
}

}  // namespace

std::optional<double> LendingTotals::liquidated_share() const {
    return borrowed_start_usd > 0 ? std::optional{liquidated_usd / borrowed_start_usd}
                                  : std::nullopt;
}

std::optional<double> ChainTotals::liquidated_usd() const {
    return sum_over(markets, &LendingTotals::liquidated_usd);
}
std::optional<double> ChainTotals::liquidated_share() const {
    const auto borrowed = sum_over(markets, &LendingTotals::borrowed_start_usd);
    return borrowed && *borrowed > 0 ? std::optional{*liquidated_usd() / *borrowed} : std::nullopt;
}
std::optional<double> ChainTotals::deficit_usd() const {
    return sum_over(markets, &LendingTotals::deficit_usd);
}
std::optional<double> ChainTotals::utilisation_max() const {
    std::optional<double> highest;
    for (const LendingTotals& market : markets) {
        highest = std::max(highest.value_or(0.0), market.utilisation.value);
    }
    return highest;
}
std::optional<double> ChainTotals::price_low() const {
    std::optional<double> lowest;
    for (const PegTotals& venue : venues) {
        lowest = std::min(lowest.value_or(venue.price_low), venue.price_low);
    }
    return lowest;
}
double ChainTotals::stolen_usd() const {
    return sum_over(losses, &PoolLoss::stolen_usd).value_or(0.0);
}

ChainTotals chain_totals(const MarketView& view) {
    ChainTotals totals;
    for (const auto& [number, market] : lending_totals(view.recorder())) {
        totals.markets.push_back(market);
    }
    totals.venues = peg_totals(view.recorder());
    totals.peg_gap = peg_gap(view.recorder());
    totals.losses = pool_losses(view);
    totals.pools = pool_totals(view.recorder());
    return totals;
}

}  // namespace margincall::inline analytics
