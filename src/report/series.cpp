#include "report/series.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline report {
namespace {

double known_if_positive(double value) {
    return value > 0 ? value : no_value;
}
void keep_smaller(double& slot, double value) {
    if (value > 0 && !(slot <= value)) {
        slot = value;
    }
}
void keep_larger(double& slot, double value) {
    if (value > 0 && !(slot >= value)) {
        slot = value;
    }
}

}  // namespace

std::size_t TimeGrid::slot(std::int64_t time_ns) const {
    const std::int64_t place = std::max<std::int64_t>(time_ns - 1, 0) / step_ns;
    return std::min(static_cast<std::size_t>(place), count - 1);
}

TimeGrid time_grid(const Plan& plan, std::int64_t end_ns, std::size_t steps_max) {
    const std::int64_t bar = std::max<std::int64_t>(plan.output.bar.raw(), 1);
    const std::int64_t bars = std::max<std::int64_t>((end_ns + bar - 1) / bar, 1);
    const auto limit = static_cast<std::int64_t>(steps_max);
    const std::int64_t each = (bars + limit - 1) / limit;
    return {bar * each, static_cast<std::size_t>((bars + each - 1) / each)};
}

std::size_t page_steps(std::size_t assets) {
    // Two books of 17 columns and 8 more a coin, four bytes a value, a third more in base64.
    constexpr std::size_t bytes_a_step = (2 * 17 + 8) * 16 / 3;
    constexpr std::size_t bytes_of_curves = 2'000'000;
    const std::size_t steps = bytes_of_curves / (bytes_a_step * std::max<std::size_t>(assets, 1));
    return std::clamp<std::size_t>(steps, 100, 3'000);
}

BookSeries book_series(const MarketView& view, std::size_t instrument, const TimeGrid& grid) {
    const SeriesColumn empty(grid.count, no_value);
    BookSeries out{empty, empty, empty, empty, empty, empty, empty, {}, {}};
    out.bid.fill(empty);
    out.ask.fill(empty);
    const double hours_of_interval =
        to_seconds(view.rules_of(instrument).funding.interval) / 3600.0;
    const bool perp =
        view.plan().instruments[instrument].instrument.kind == InstrumentKind::linear_perp;
    for (const BarRecord& bar : view.bars(instrument)) {
        const std::size_t k = grid.slot(bar.time_ns);
        keep_smaller(out.low[k], bar.low);
        keep_larger(out.high[k], bar.high);
        out.close[k] = known_if_positive(bar.close);
        out.mark[k] = known_if_positive(bar.mark);
        out.index[k] = known_if_positive(bar.index);
        keep_larger(out.spread_bps[k], bar.spread_max_bps);
        if (perp && hours_of_interval > 0) {
            out.funding_8h[k] = bar.funding_rate * 8.0 / hours_of_interval;
        }
        const std::array bid = {bar.bid_01, bar.bid_05, bar.bid_1, bar.bid_2, bar.bid_4};
        const std::array ask = {bar.ask_01, bar.ask_05, bar.ask_1, bar.ask_2, bar.ask_4};
        for (std::size_t band = 0; band < bid.size() && view.depth_known(bar); ++band) {
            out.bid[band][k] = bid[band];
            out.ask[band][k] = ask[band];
        }
    }
    return out;
}

SeriesColumn fair_value_series(const MarketView& view, std::size_t asset, const TimeGrid& grid) {
    SeriesColumn out(grid.count, no_value);
    for (const StateRecord& state : view.recorder().states()) {
        if (state.asset == asset) {
            out[grid.slot(state.time_ns)] = known_if_positive(state.fair_value);
        }
    }
    return out;
}

LiquidationSeries liquidation_series(const MarketView& view,
                                     std::size_t asset,
                                     const TimeGrid& grid) {
    // Nobody liquidated is zero only where the run was recorded at all.
    const SeriesColumn zero(grid.count, view.recorder().bars().empty() ? no_value : 0.0);
    LiquidationSeries out{zero, zero, zero, zero};
    for (const LiquidationRecord& record : view.recorder().liquidations()) {
        if (view.plan().instruments[record.instrument].instrument.base.raw() != asset) {
            continue;
        }
        const std::size_t k = grid.slot(record.time_ns);
        (record.was_long != 0 ? out.long_true : out.short_true)[k] += record.notional_usd;
        if (record.published != 0) {
            (record.was_long != 0 ? out.long_reported : out.short_reported)[k] +=
                record.notional_usd;
        }
    }
    return out;
}

std::vector<OpenInterestSeries> open_interest_series(const MarketView& view,
                                                     std::size_t asset,
                                                     const TimeGrid& grid) {
    std::vector<OpenInterestSeries> out;
    for (const std::size_t perp : view.perps(asset)) {
        const auto venue = view.plan().instruments[perp].instrument.venue.raw();
        OpenInterestSeries row{view.plan().venues[venue].name, SeriesColumn(grid.count, no_value)};
        for (const BarRecord& bar : view.bars(perp)) {
            row.usd[grid.slot(bar.time_ns)] = bar.open_interest_usd;
        }
        out.push_back(std::move(row));
    }
    return out;
}

std::optional<std::int64_t> low_time(const MarketView& view, std::size_t asset) {
    auto book = view.reference_book(asset, InstrumentKind::spot);
    if (!book) {
        book = view.reference_book(asset, InstrumentKind::linear_perp);
    }
    std::optional<std::int64_t> at;
    double low = 0;
    if (book) {
        for (const BarRecord& bar : view.bars(*book)) {
            if (view.day().holds(bar.time_ns) && bar.low > 0 && (!at || bar.low < low)) {
                at = bar.time_ns;
                low = bar.low;
            }
        }
    }
    return at;
}

}  // namespace margincall::inline report
