#include "analytics/price_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "clearing/records.hpp"

namespace margincall::inline analytics {
namespace {

constexpr double twenty_minutes_s = 1'200;
constexpr double steep_from_s = 30'600, steep_to_s = 34'800;  // windows inside 20:30 to 21:40
constexpr double calm_depth_s = 600;         // books have filled, nothing has happened
constexpr double nearly_empty_share = 0.05;  // of calm bids
constexpr std::int64_t minute_ns = 60'000'000'000;

double seconds_of(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

// The books of a coin, and what stands in their bars.
class Coins {
  public:
    explicit Coins(const MarketView& view) : view_(view) {
        for (std::size_t a = 0; a < view.plan().assets.size(); ++a) {
            if (!view.perps(a).empty()) {
                traded_.push_back(a);
            }
        }
    }
    // With perps, in the order of the scenario; the first is BTC.
    [[nodiscard]] const std::vector<std::size_t>& traded() const { return traded_; }
    [[nodiscard]] const std::string& name(std::size_t asset) const {
        return view_.plan().assets[asset].name;
    }
    [[nodiscard]] std::vector<std::size_t> tail() const {
        std::vector<std::size_t> out;
        std::ranges::copy_if(traded_, std::back_inserter(out), [this](std::size_t asset) {
            return view_.plan().assets[asset].tail;
        });
        return out;
    }

    // The reference venue's perp, else the first.
    [[nodiscard]] std::size_t perp(std::size_t asset) const {
        return view_.reference_book(asset, InstrumentKind::linear_perp)
            .value_or(view_.perps(asset).front());
    }
    [[nodiscard]] PriceLine line(std::size_t book, double BarRecord::*field) const {
        PriceLine out;
        for (const BarRecord& bar : view_.bars(book)) {
            out.push_back({seconds_of(bar.time_ns), bar.*field});
        }
        return out;
    }
    [[nodiscard]] PriceLine index(std::size_t asset) const {
        return line(perp(asset), &BarRecord::index);
    }

    [[nodiscard]] std::vector<std::size_t> books(std::size_t asset) const {
        std::vector<std::size_t> out;
        for (std::size_t k = 0; k < view_.plan().instruments.size(); ++k) {
            if (view_.plan().instruments[k].instrument.base.raw() == asset) {
                out.push_back(k);
            }
        }
        return out;
    }
    // The sum over books at every bar; all books have bars at the same times.
    [[nodiscard]] PriceLine sum(const std::vector<std::size_t>& books,
                                double BarRecord::*field) const {
        std::map<std::int64_t, double> sums;
        for (const std::size_t book : books) {
            for (const BarRecord& bar : view_.bars(book)) {
                sums[bar.time_ns] += bar.*field;
            }
        }
        PriceLine out;
        for (const auto& [ns, value] : sums) {
            out.push_back({seconds_of(ns), value});
        }
        return out;
    }

    // Billions traded in all books of a coin, bars of [from, to].
    [[nodiscard]] double volume_bn(std::size_t asset, double from_s, double to_s) const {
        const PriceLine bars = sum(books(asset), &BarRecord::volume_usd);
        double usd = 0.0;
        for (const PricePoint& bar : part_of(bars, from_s, to_s)) {
            usd += bar.value;
        }
        return usd / 1e9;
    }
    // Billions in [from, to), of one kind or of all.
    [[nodiscard]] double liquidated_bn(double from_s,
                                       double to_s,
                                       std::optional<LiquidationKind> kind = std::nullopt) const {
        double usd = 0.0;
        for (const LiquidationRecord& row : view_.recorder().liquidations()) {
            const double second = seconds_of(row.time_ns);
            if (second >= from_s && second < to_s &&
                (!kind || row.kind == static_cast<std::uint8_t>(*kind))) {
                usd += row.notional_usd;
            }
        }
        return usd / 1e9;
    }

  private:
    const MarketView& view_;
    std::vector<std::size_t> traded_;
};

std::optional<double> change_to_low(const PriceLine& line, double from_s, double to_s) {
    const auto before = value_at(line, from_s);
    const auto low = lowest_of(part_of(line, from_s, to_s));
    return before && low ? std::optional{change_percent(low->value, *before)} : std::nullopt;
}

std::optional<double> change_between(const PriceLine& line, double from_s, double to_s) {
    const auto before = value_at(line, from_s);
    const auto after = value_at(line, to_s);
    return before && after && *before != 0.0 ? std::optional{change_percent(*after, *before)}
                                             : std::nullopt;
}

// Of the minutes that end after `from` and not after `to`.
std::optional<MinuteShape> shape_between(const MarketView& view,
                                         std::size_t book,
                                         double from_s,
                                         double to_s) {
    std::vector<PriceMinute> minutes = minutes_of(view.bars(book));
    std::erase_if(minutes, [&](const PriceMinute& minute) {
        return minute.second <= from_s || minute.second > to_s;
    });
    return falling_minutes(minutes);
}

void add_shape(std::vector<PriceFigure>& out, const std::optional<MinuteShape>& shape) {
    out.push_back({"lower wick of the falling minutes",
                   "",
                   shape ? std::optional{shape->lower_wick} : std::nullopt});
    out.push_back({"close to open of the falling minutes",
                   "",
                   shape ? std::optional{shape->close_open} : std::nullopt});
}

// Of perps, from 20:50 to the end.
void add_open_interest(std::vector<PriceFigure>& out, const MarketView& view, const Coins& coins) {
    for (const char* const name : {"BTC", "ETH", "SOL", "XRP"}) {
        const auto asset = view.asset(name);
        out.push_back(
            {fmt::format("open interest of {}", name),
             "%",
             asset ? change_between(coins.sum(view.perps(*asset), &BarRecord::open_interest_coins),
                                    crash_news_s,
                                    crash_end_s)
                   : std::nullopt});
    }
}

void add_liquidated(std::vector<PriceFigure>& out, const Coins& coins) {
    const double forced = coins.liquidated_bn(crash_news_s, crash_end_s);
    out.push_back({"liquidated from 20:50", "bn USD", forced});
    const std::array ways = {std::pair{"of it in a book", LiquidationKind::book},
                             std::pair{"of it taken over", LiquidationKind::takeover},
                             std::pair{"of it by ADL", LiquidationKind::adl}};
    for (const auto& [name, kind] : ways) {
        out.push_back({name,
                       "%",
                       forced > 0.0
                           ? 100.0 * coins.liquidated_bn(crash_news_s, crash_end_s, kind) / forced
                           : 0.0});
    }
}

std::optional<double> mid_of(const BarRecord& bar) {
    return bar.bid > 0.0 && bar.ask > 0.0 ? std::optional{0.5 * (bar.bid + bar.ask)} : std::nullopt;
}

// Largest distance of two books' mids in [from, to], percent of the second.
std::optional<double> largest_gap(std::span<const BarRecord> first,
                                  std::span<const BarRecord> second,
                                  double from_s,
                                  double to_s) {
    std::map<std::int64_t, double> mids;
    for (const BarRecord& bar : second) {
        if (const auto mid = mid_of(bar)) {
            mids.emplace(bar.time_ns, *mid);
        }
    }
    std::optional<double> gap;
    for (const BarRecord& bar : first) {
        const double at = seconds_of(bar.time_ns);
        const auto other = mids.find(bar.time_ns);
        const auto mid = mid_of(bar);
        if (at >= from_s && at <= to_s && other != mids.end() && mid) {
            gap = std::max(gap.value_or(0.0), std::abs(change_percent(*mid, other->second)));
        }
    }
    return gap;
}

// m of docs/decisions/009: the mean of the logs of all books' mids by their share of calm depth; a
// one-sided book keeps its last.
std::vector<double> mean_log_mids(const MarketView& view,
                                  const std::vector<std::size_t>& books,
                                  double from_s,
                                  double to_s) {
    std::map<std::int64_t, std::vector<std::optional<double>>> rows;
    for (std::size_t k = 0; k < books.size(); ++k) {
        for (const BarRecord& bar : view.bars(books[k])) {
            const double at = seconds_of(bar.time_ns);
            if (at < from_s || at > to_s) {
                continue;
            }
            auto& row = rows[bar.time_ns];
            row.resize(books.size());
            row[k] = mid_of(bar);
        }
    }
    std::vector<std::optional<double>> last(books.size());
    std::vector<double> out;
    for (const auto& [ns, row] : rows) {
        double sum = 0.0;
        double weight = 0.0;
        bool whole = true;
        for (std::size_t k = 0; k < books.size(); ++k) {
            last[k] = row[k] ? row[k] : last[k];
            whole = whole && last[k].has_value();
            const double share = view.plan().instruments[books[k]].depth_share;
            sum += last[k] ? share * std::log(*last[k]) : 0.0;
            weight += share;
        }
        // A book that had no mid yet would change the mean when it gets one.
        if (whole && weight > 0.0) {
            out.push_back(sum / weight);
        }
    }
    return out;
}

}  // namespace

double change_percent(double now, double before) {
    return 100.0 * (now / before - 1.0);
}

std::optional<double> value_at(std::span<const PricePoint> line, double second) {
    const auto after = std::ranges::upper_bound(line, second, {}, &PricePoint::second);
    return after == line.begin() ? std::nullopt : std::optional{std::prev(after)->value};
}

std::span<const PricePoint> part_of(std::span<const PricePoint> line, double from, double to) {
    const auto first = std::ranges::lower_bound(line, from, {}, &PricePoint::second);
    const auto last = std::ranges::upper_bound(line, to, {}, &PricePoint::second);
    return first < last ? std::span{first, last} : std::span<const PricePoint>{};
}

std::optional<PricePoint> lowest_of(std::span<const PricePoint> line) {
    const auto low = std::ranges::min_element(line, {}, &PricePoint::value);
    return low == line.end() ? std::nullopt : std::optional{*low};
}

std::optional<double> steepest_fall(std::span<const PricePoint> line, double window) {
    std::optional<double> deepest;
    for (std::size_t from = 0; from < line.size(); ++from) {
        for (std::size_t to = from;
             to < line.size() && line[to].second <= line[from].second + window;
             ++to) {
            const double change = change_percent(line[to].value, line[from].value);
            deepest = std::min(deepest.value_or(change), change);
        }
    }
    return deepest;
}

std::optional<double> rebound_after_low(std::span<const PricePoint> line, double window) {
    const auto low = lowest_of(line);
    if (!low) {
        return std::nullopt;
    }
    const auto after = part_of(line, low->second, low->second + window);
    return change_percent(std::ranges::max_element(after, {}, &PricePoint::value)->value,
                          low->value);
}

double longest_below(std::span<const PricePoint> line, double limit, double step) {
    double longest = 0.0;
    double now = 0.0;
    for (const PricePoint& point : line) {
        now = point.value < limit ? now + step : 0.0;
        longest = std::max(longest, now);
    }
    return longest;
}

std::optional<MinuteShape> falling_minutes(std::span<const PriceMinute> minutes) {
    double range = 0.0;
    double wick = 0.0;
    double body = 0.0;
    for (const PriceMinute& minute : minutes) {
        if (minute.close < minute.open) {
            range += minute.high - minute.low;
            wick += minute.close - minute.low;
            body += minute.open - minute.close;
        }
    }
    return range > 0.0 ? std::optional{MinuteShape{wick / range, body / range}} : std::nullopt;
}

std::vector<PriceMinute> minutes_of(std::span<const BarRecord> bars) {
    std::vector<PriceMinute> out;
    for (const BarRecord& bar : bars) {
        const std::int64_t minute = (bar.time_ns + minute_ns - 1) / minute_ns;
        const double end_s = seconds_of(minute * minute_ns);
        if (out.empty() || out.back().second != end_s) {
            out.push_back({end_s, bar.open, bar.high, bar.low, bar.close});
            continue;
        }
        PriceMinute& now = out.back();
        now.high = std::max(now.high, bar.high);
        now.low = std::min(now.low, bar.low);
        now.close = bar.close;
    }
    return out;
}

std::optional<double> variance_ratio(std::span<const double> values, std::size_t steps) {
    if (steps == 0 || values.size() < steps + 2) {
        return std::nullopt;
    }
    const double mean = (values.back() - values.front()) / static_cast<double>(values.size() - 1);
    const auto variance = [&](std::size_t over) {
        double sum = 0.0;
        for (std::size_t k = over; k < values.size(); ++k) {
            const double change = values[k] - values[k - over] - static_cast<double>(over) * mean;
            sum += change * change;
        }
        return sum / static_cast<double>(values.size() - over);
    };
    const double one = variance(1);
    return one > 0.0 ? std::optional{variance(steps) / (static_cast<double>(steps) * one)}
                     : std::nullopt;
}

std::vector<PriceFigure> crash_figures(const MarketView& view) {
    const Coins coins(view);
    std::vector<PriceFigure> out;
    if (coins.traded().empty()) {
        return out;
    }
    const std::size_t first = coins.traded().front();
    const PriceLine btc = coins.index(first);
    const auto add = [&out](std::string name, const char* unit, std::optional<double> value) {
        out.push_back({std::move(name), unit, value});
    };
    const auto since_start = [&](std::size_t asset) {
        const PriceLine line = coins.index(asset);
        return line.empty() ? std::nullopt
                            : change_between(line, line.front().second, crash_before_s);
    };
    std::optional<double> farthest;
    std::optional<double> nearest;
    double tail_sum = 0.0;
    std::size_t tail_count = 0;
    for (const std::size_t asset : coins.tail()) {
        if (const auto change = since_start(asset)) {
            farthest = std::min(farthest.value_or(*change), *change);
            nearest = std::max(nearest.value_or(*change), *change);
        }
        if (const auto fall = change_to_low(coins.index(asset), crash_news_s, crash_end_s)) {
            tail_sum += *fall;
            ++tail_count;
        }
    }
    const PriceLine bids = coins.sum(coins.books(first), &BarRecord::bid_2);
    const auto calm_bids = value_at(bids, calm_depth_s);
    const auto bids_before = value_at(bids, crash_before_s);
    add("BTC at 20:49", "%", since_start(first));
    add("farthest tail coin at 20:49", "%", farthest);
    add("nearest tail coin at 20:49", "%", nearest);
    add("liquidated 12:00-20:50", "bn USD", coins.liquidated_bn(0, crash_news_s));
    add("bids within 2 % at 20:49 of their start",
        "%",
        calm_bids && bids_before ? std::optional{100.0 * *bids_before / *calm_bids} : std::nullopt);

    const auto after = part_of(btc, crash_news_s, crash_end_s);
    const PriceLine mark = coins.line(coins.perp(first), &BarRecord::mark);
    add("steepest 20 min of A's BTC mark",
        "%",
        steepest_fall(part_of(mark, steep_from_s, steep_to_s), twenty_minutes_s));
    add("BTC index from 20:50 to the low", "%", change_to_low(btc, crash_news_s, crash_end_s));
    // The twenty minutes may end after the window in which the low is looked for.
    const auto low = lowest_of(after);
    add("rebound within 20 min of the low",
        "%",
        low ? rebound_after_low(part_of(btc, low->second, low->second + twenty_minutes_s),
                                twenty_minutes_s)
            : std::nullopt);
    const auto eth = view.asset("ETH");
    add("ETH index from 20:50 to its low",
        "%",
        eth ? change_to_low(coins.index(*eth), crash_news_s, crash_end_s) : std::nullopt);
    const auto sol = view.asset("SOL");
    add("A's SOL perp from 20:50 to its low",
        "%",
        sol ? change_to_low(
                  coins.line(coins.perp(*sol), &BarRecord::low), crash_news_s, crash_end_s)
            : std::nullopt);
    add("tail index from 20:50 to its low, mean",
        "%",
        tail_count > 0 ? std::optional{tail_sum / static_cast<double>(tail_count)} : std::nullopt);
    add_open_interest(out, view, coins);
    add_shape(
        out,
        low ? shape_between(view, coins.perp(first), crash_news_s, low->second) : std::nullopt);
    add("longest time with bids within 2 % below 5 % of calm",
        "min",
        calm_bids ? std::optional{longest_below(part_of(bids, crash_news_s, crash_end_s),
                                                nearly_empty_share * *calm_bids,
                                                to_seconds(view.plan().output.bar)) /
                                  60.0}
                  : std::nullopt);
    add_liquidated(out, coins);
    add("volume of BTC from 20:50", "bn USD", coins.volume_bn(first, crash_news_s, crash_end_s));
    out.push_back(parted_figure(view));
    return out;
}

PriceFigure parted_figure(const MarketView& view) {
    const Coins coins(view);
    PriceFigure out{"longest time with BTC perps of two venues 0.5 % apart", "min", std::nullopt};
    if (coins.traded().empty()) {
        return out;
    }
    std::map<std::int64_t, std::pair<double, double>> mids;  // lowest and highest
    for (const std::size_t book : view.perps(coins.traded().front())) {
        for (const BarRecord& bar : view.bars(book)) {
            if (const auto mid = mid_of(bar)) {
                auto [row, first] = mids.try_emplace(bar.time_ns, *mid, *mid);
                row->second.first = std::min(row->second.first, *mid);
                row->second.second = std::max(row->second.second, *mid);
            }
        }
    }
    PriceLine near;  // 1 where all venues have one price
    for (const auto& [ns, both] : mids) {
        near.push_back({seconds_of(ns), both.second / both.first - 1.0 > 0.005 ? 0.0 : 1.0});
    }
    out.value = longest_below(near, 0.5, to_seconds(view.plan().output.bar)) / 60.0;
    return out;
}

std::vector<PriceFigure> impact_figures(const MarketView& view) {
    const Coins coins(view);
    std::vector<PriceFigure> out;
    if (coins.traded().empty()) {
        return out;
    }
    const std::size_t first = coins.traded().front();
    const std::size_t perp = coins.perp(first);
    const PriceLine index = coins.index(first);
    const auto low = lowest_of(part_of(index, probe_from_s, crash_end_s));
    const double low_s = low ? low->second : crash_end_s;
    out.push_back({"A's BTC perp from 21:10 to its lowest close",
                   "%",
                   change_to_low(coins.line(perp, &BarRecord::close), probe_from_s, crash_end_s)});
    out.push_back(
        {"BTC index from 21:10 to the low", "%", change_to_low(index, probe_from_s, crash_end_s)});
    add_shape(out, shape_between(view, perp, probe_from_s, low_s));
    const auto spot = view.reference_book(first, InstrumentKind::spot);
    out.push_back({"largest gap of perp and spot on A until the low",
                   "%",
                   spot ? largest_gap(view.bars(perp), view.bars(*spot), probe_from_s, low_s)
                        : std::nullopt});
    const double step = to_seconds(view.plan().output.bar);
    const auto steps = static_cast<std::size_t>(std::llround(60.0 / step));
    out.push_back(
        {fmt::format("variance of the mean mid, 60 s over {:g} s", step),
         "",
         steps > 1 ? variance_ratio(
                         mean_log_mids(view, coins.books(first), probe_from_s, crash_end_s), steps)
                   : std::nullopt});
    return out;
}

std::vector<PriceFigure> flow_figures(const MarketView& view) {
    const Coins coins(view);
    std::vector<PriceFigure> out;
    if (coins.traded().empty()) {
        return out;
    }
    const std::size_t first = coins.traded().front();
    const auto sold_bn = [&](double to_s) {
        double usd = 0.0;
        for (const PricePoint& bar : coins.sum(coins.books(first), &BarRecord::taker_net_usd)) {
            usd -= bar.second > crash_news_s && bar.second <= to_s ? bar.value : 0.0;
        }
        return usd / 1e9;
    };
    out.push_back({"net taker selling of BTC 20:50-21:14", "bn USD", sold_bn(flow_push_until_s)});
    out.push_back({"net taker selling of BTC 20:50-21:30", "bn USD", sold_bn(flow_until_s)});
    out.push_back(
        {"liquidated 20:50-21:14", "bn USD", coins.liquidated_bn(crash_news_s, flow_push_until_s)});
    add_open_interest(out, view, coins);
    for (const char* const name : {"BTC", "ETH", "SOL"}) {
        const auto asset = view.asset(name);
        double all = 0.0;
        double ended = 0.0;
        for (const LiquidationRecord& row : view.recorder().liquidations()) {
            const InstrumentPlan& book = view.plan().instruments[row.instrument];
            const double at = seconds_of(row.time_ns);
            if (asset && book.instrument.base.raw() == *asset && at >= crash_news_s &&
                at < crash_end_s &&
                view.plan().venues[book.instrument.venue.raw()].kind == VenueKind::chain_perp) {
                const bool adl = row.kind == static_cast<std::uint8_t>(LiquidationKind::adl);
                all += row.notional_usd;
                ended += adl ? row.notional_usd : 0.0;
            }
        }
        out.push_back({fmt::format("on H, {} not ended by ADL", name),
                       "%",
                       all > 0.0 ? std::optional{100.0 * (1.0 - ended / all)} : std::nullopt});
    }
    out.push_back(
        {"lowest BTC index", "%", change_to_low(coins.index(first), crash_news_s, crash_end_s)});
    add_liquidated(out, coins);
    return out;
}

std::vector<PriceFigure> calm_figures(const MarketView& view, const Summary& summary) {
    const Coins coins(view);
    std::vector<PriceFigure> out;
    double largest = 0.0;
    for (const std::size_t asset : coins.traded()) {
        const PriceLine line = coins.index(asset);
        const auto low = line.empty()
                             ? std::nullopt
                             : change_to_low(line, line.front().second, line.back().second);
        out.push_back({fmt::format("low of {}", coins.name(asset)), "%", low});
        if (low) {
            largest = std::max(largest, -*low / (100.0 * view.plan().assets[asset].volatility));
        }
    }
    out.push_back({"deepest low of a coin in its own daily sigma", "", largest});
    const auto reported = summary.metric("liquidated_reported_usd").value;
    out.push_back({"reported liquidations",
                   "bn USD",
                   reported ? std::optional{*reported / 1e9} : std::nullopt});
    if (!coins.traded().empty()) {
        const double end_s = to_seconds(view.plan().length);
        out.push_back(
            {"volume of BTC", "bn USD", coins.volume_bn(coins.traded().front(), 0.0, end_s)});
    }
    return out;
}

std::vector<PriceFigure> liquidated_figure(const MarketView& view) {
    return {{"liquidated",
             "bn USD",
             Coins(view).liquidated_bn(0, to_seconds(view.plan().length) + 1.0)}};
}

std::string metric_figure_unit(const MetricName& metric) {
    switch (metric.unit) {
        case MetricUnit::fraction:
            return "%";
        case MetricUnit::rate:
            return "% per interval";
        case MetricUnit::usd:
            return "bn USD";
        case MetricUnit::usd_price:
        case MetricUnit::bps:
        case MetricUnit::accounts:
        case MetricUnit::steps:
        case MetricUnit::fills:
        case MetricUnit::index:
        case MetricUnit::ratio:
        case MetricUnit::hours:
        case MetricUnit::minutes:
            break;
    }
    return std::string{unit_name(metric.unit)};
}

double metric_in_unit(const MetricName& metric, double value) {
    const bool share = metric.unit == MetricUnit::fraction || metric.unit == MetricUnit::rate;
    return share ? 100.0 * value : (metric.unit == MetricUnit::usd ? value / 1e9 : value);
}

namespace {

// Samples of answers hold what gates may read, so that a figure more is no other answer. R of forced selling, and what
// policies cost, are read by no gate.
constexpr std::array read_by_no_gate = {std::string_view{"volume_usd"},
                                        std::string_view{"spread_mean_bps"},
                                        std::string_view{"depth_1pct_min_usd"},
                                        std::string_view{"adl_forgone_usd"},
                                        std::string_view{"fund_draw_usd"}};

bool gates_may_read(const MetricName& metric) {
    return metric.unit != MetricUnit::ratio && metric.unit != MetricUnit::hours &&
           metric.unit != MetricUnit::minutes &&
           std::ranges::find(read_by_no_gate, metric.name) == read_by_no_gate.end();
}

}  // namespace

std::vector<PriceFigure> metric_figures(const Summary& summary) {
    std::vector<PriceFigure> out;
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        const MetricName& metric = metric_names[i];
        if (!gates_may_read(metric)) {
            continue;
        }
        const std::optional<double> value = summary.metrics[i].value;
        out.push_back({std::string{metric.label},
                       metric_figure_unit(metric),
                       value ? std::optional{metric_in_unit(metric, *value)} : std::nullopt});
    }
    return out;
}

}  // namespace margincall::inline analytics
