#include "analytics/path_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "analytics/market_view.hpp"
#include "analytics/quantiles.hpp"
#include "base/check.hpp"

namespace margincall::inline analytics {
namespace {

constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

// What the curves are made on.
class Grid {
  public:
    Grid(const Plan& plan, const MemoryRecorder& recorder) : view_(plan, recorder) {
        const std::int64_t bar = std::max<std::int64_t>(plan.output.bar.raw(), 1);
        const std::int64_t bars = (plan.length.raw() + bar - 1) / bar;
        step_ns_ = bar * ((bars + path_series_points - 1) / path_series_points);
        points_ = static_cast<std::size_t>((plan.length.raw() + step_ns_ - 1) / step_ns_);
    }

    [[nodiscard]] std::int64_t step_ns() const { return step_ns_; }

    // The last price of the reference venue's spot book at each point.
    [[nodiscard]] std::vector<float> price(std::optional<std::size_t> asset) const {
        std::vector<float> out(points_, no_value);
        const auto book = asset ? view_.reference_book(*asset, InstrumentKind::spot) : std::nullopt;
        if (book) {
            for (const BarRecord& bar : view_.bars(*book)) {
                if (bar.close > 0.0) {
                    out[point(bar.time_ns)] = static_cast<float>(bar.close);
                }
            }
        }
        return out;
    }

    // Sum over books of what each last showed at each point. `books` of one asset.
    [[nodiscard]] std::vector<float> sum_of_last(const std::vector<std::size_t>& books,
                                                 double BarRecord::*field) const {
        std::vector<double> sums(points_, std::numeric_limits<double>::quiet_NaN());
        for (const std::size_t book : books) {
            std::vector<double> last(points_, std::numeric_limits<double>::quiet_NaN());
            for (const BarRecord& bar : view_.bars(book)) {
                if (field != &BarRecord::bid_1 || view_.depth_known(bar)) {
                    last[point(bar.time_ns)] = bar.*field;
                }
            }
            add(sums, last);
        }
        return {sums.begin(), sums.end()};
    }

    [[nodiscard]] std::vector<float> liquidated() const {
        std::vector<double> so_far(points_, 0.0);
        std::int64_t end = 0;
        for (const LiquidationRecord& row : view_.recorder().liquidations()) {
            so_far[point(row.time_ns)] += row.notional_usd;
        }
        for (const std::size_t book : books_of(0)) {
            const auto bars = view_.bars(book);
            end = bars.empty() ? end : std::max(end, bars.back().time_ns);
        }
        std::vector<float> out(points_, no_value);
        double sum = 0.0;
        for (std::size_t k = 0; k < points_ && static_cast<std::int64_t>(k) * step_ns_ < end; ++k) {
            sum += so_far[k];
            out[k] = static_cast<float>(sum);
        }
        return out;
    }

    [[nodiscard]] std::vector<float> funds() const {
        std::vector<double> sums(points_, std::numeric_limits<double>::quiet_NaN());
        for (std::size_t v = 0; v < view_.plan().venues.size(); ++v) {
            std::vector<double> last(points_, std::numeric_limits<double>::quiet_NaN());
            for (const FundRecord& row : view_.recorder().fund()) {
                if (row.venue == v) {
                    last[point(row.time_ns)] = row.balance_usd;
                }
            }
            add(sums, last);
        }
        return {sums.begin(), sums.end()};
    }

    // All books of an asset, spot and perps.
    [[nodiscard]] std::vector<std::size_t> books_of(std::size_t asset) const {
        std::vector<std::size_t> out;
        for (std::size_t k = 0; k < view_.plan().instruments.size(); ++k) {
            if (view_.plan().instruments[k].instrument.base.raw() == asset) {
                out.push_back(k);
            }
        }
        return out;
    }
    [[nodiscard]] const MarketView& view() const { return view_; }

  private:
    // The point at or after a moment.
    [[nodiscard]] std::size_t point(std::int64_t time_ns) const {
        const std::int64_t k = std::max<std::int64_t>(time_ns - 1, 0) / step_ns_;
        return std::min(static_cast<std::size_t>(k), points_ - 1);
    }
    static void add(std::vector<double>& sums, const std::vector<double>& more) {
        for (std::size_t k = 0; k < sums.size(); ++k) {
            if (!std::isnan(more[k])) {
                sums[k] = std::isnan(sums[k]) ? more[k] : sums[k] + more[k];
            }
        }
    }

    MarketView view_;
    std::int64_t step_ns_ = 1;
    std::size_t points_ = 0;
};

}  // namespace

PathSeries path_series(const Plan& plan, const MemoryRecorder& recorder) {
    const Grid grid(plan, recorder);
    PathSeries out;
    out.step_ns = grid.step_ns();
    out.values = {grid.price(0),
                  grid.price(grid.view().asset("ETH")),
                  grid.sum_of_last(grid.books_of(0), &BarRecord::bid_1),
                  grid.sum_of_last(grid.view().perps(0), &BarRecord::open_interest_coins),
                  grid.liquidated(),
                  grid.funds()};
    CHECK(out.values.size() == path_series_names.size());
    return out;
}

SeriesBand series_band(const std::vector<const std::vector<float>*>& paths) {
    SeriesBand band;
    const std::size_t points = paths.empty() ? 0 : paths.front()->size();
    std::vector<double> values;
    for (std::size_t k = 0; k < points; ++k) {
        values.clear();
        for (const std::vector<float>* const path : paths) {
            CHECK(path->size() == points);
            if (!std::isnan((*path)[k])) {
                values.push_back(static_cast<double>((*path)[k]));
            }
        }
        std::ranges::sort(values);
        const auto at = [&](double probability) {
            const std::optional<double> value = quantile(values, probability);
            return value ? static_cast<float>(*value) : no_value;
        };
        band.p05.push_back(at(0.05));
        band.p25.push_back(at(0.25));
        band.p50.push_back(at(0.5));
        band.p75.push_back(at(0.75));
        band.p95.push_back(at(0.95));
    }
    return band;
}

PathTables path_tables(const PathBands& bands) {
    const auto known = [](float value) {
        return std::isnan(value) ? std::nullopt : std::optional{static_cast<double>(value)};
    };
    PathTables out;
    for (std::size_t k = 0; k < bands.paths.size(); ++k) {
        const PathFigures& path = bands.paths[k];
        out.paths.push_back({static_cast<std::int64_t>(k), path.seed, path.digest});
        for (std::size_t i = 0; i < metric_names.size(); ++i) {
            out.metrics.push_back({static_cast<std::int64_t>(k),
                                   path.seed,
                                   std::string{metric_names[i].name},
                                   path.metrics[i]});
        }
    }
    for (std::size_t s = 0; s < bands.series.size(); ++s) {
        const SeriesBand& band = bands.series[s];
        for (std::size_t k = 0; k < band.p50.size(); ++k) {
            out.bands.push_back({std::string{path_series_names[s].name},
                                 std::string{path_series_names[s].unit},
                                 static_cast<std::int64_t>(k + 1) * bands.step_ns,
                                 known(band.p05[k]),
                                 known(band.p25[k]),
                                 known(band.p50[k]),
                                 known(band.p75[k]),
                                 known(band.p95[k])});
        }
    }
    return out;
}

}  // namespace margincall::inline analytics
