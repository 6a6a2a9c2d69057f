#include "analytics/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/chain_totals.hpp"
#include "analytics/liquidation_totals.hpp"
#include "analytics/market_quality.hpp"
#include "analytics/market_view.hpp"
#include "analytics/quantiles.hpp"
#include "analytics/reproduction_figures.hpp"
#include "base/digest.hpp"
#include "plan/world_size.hpp"

namespace margincall::inline analytics {
namespace {

using Value = std::optional<double>;

// Prices and changes of one book over the day.
struct PricePath {
    Value open, low, close, fall, worst_hour, rebound_1h;
    std::int64_t low_ns = -1;  // end of the bar with the low
};

Value ratio_less_one(Value numerator, Value denominator) {
    if (!numerator || !denominator || *denominator <= 0) {
        return std::nullopt;
    }
    return *numerator / *denominator - 1;
}

// Lowest `low / open - 1` over the clock hours (UTC) of the window.
Value worst_hour(std::span<const BarRecord> bars, Window window, std::int64_t start_unix_s) {
    constexpr std::int64_t hour_ns = 3'600'000'000'000;
    Value worst;
    std::int64_t hour = -1;
    double open = 0;
    for (const BarRecord& bar : bars) {
        if (!window.holds(bar.time_ns) || bar.low <= 0) {
            continue;
        }
        // A bar that ends on the hour belongs to the hour before.
        const std::int64_t own =
            (start_unix_s * 1'000'000'000 % hour_ns + bar.time_ns - 1) / hour_ns;
        if (own != hour) {
            hour = own;
            open = bar.open;
        }
        if (open > 0) {
            worst = std::min(worst.value_or(0.0), bar.low / open - 1);
        }
    }
    return worst;
}

// Last close at or before `time`; nothing when no bar reaches it (the run ended earlier).
Value close_at(std::span<const BarRecord> bars, std::int64_t time_ns) {
    if (bars.empty() || bars.back().time_ns < time_ns) {
        return std::nullopt;
    }
    Value close;
    for (const BarRecord& bar : bars) {
        if (bar.time_ns > time_ns) {
            break;
        }
        if (bar.close > 0) {
            close = bar.close;
        }
    }
    return close;
}

PricePath price_path(const MarketView& view, std::optional<std::size_t> book) {
    PricePath path;
    if (!book) {
        return path;
    }
    const auto bars = view.bars(*book);
    const Window day = view.day();
    for (const BarRecord& bar : bars) {
        if (!day.holds(bar.time_ns) || bar.low <= 0) {
            continue;  // before the first trade there is no price
        }
        if (!path.open) {
            path.open = bar.open;
        }
        if (!path.low || bar.low < *path.low) {
            path.low = bar.low;
            path.low_ns = bar.time_ns;
        }
    }
    path.close = path.open ? close_at(bars, day.to_ns) : std::nullopt;
    path.fall = ratio_less_one(path.low, path.open);
    path.worst_hour = worst_hour(bars, day, view.plan().start_unix_s);
    if (path.low) {
        path.rebound_1h = ratio_less_one(close_at(bars, path.low_ns + hours(1).raw()), path.low);
    }
    return path;
}

Value spread_max(const MarketView& view) {
    const auto book = view.reference_book(0, InstrumentKind::linear_perp);
    Value largest;
    if (book) {
        for (const BarRecord& bar : view.bars(*book)) {
            if (view.day().holds(bar.time_ns)) {
                largest = std::max(largest.value_or(bar.spread_max_bps), bar.spread_max_bps);
            }
        }
    }
    return largest;
}

struct FundingPrints {
    Value lowest, last;
};
FundingPrints funding_prints(const MarketView& view) {
    FundingPrints prints;
    const auto book = view.reference_book(0, InstrumentKind::linear_perp);
    if (!book) {
        return prints;
    }
    for (const FundingRecord& print : view.recorder().funding()) {
        if (print.instrument != *book) {
            continue;
        }
        prints.last = print.rate;
        if (view.day().holds(print.time_ns)) {
            prints.lowest = std::min(prints.lowest.value_or(print.rate), print.rate);
        }
    }
    return prints;
}

// Open interest of all perps of an asset, in coins, at the end of the bar that ends at `time`; the
// first bar stands for time 0.
Value open_interest_coins(const MarketView& view, std::size_t asset, std::int64_t time_ns) {
    Value total;
    for (const std::size_t perp : view.perps(asset)) {
        const auto bars = view.bars(perp);
        if (bars.empty() || bars.back().time_ns < time_ns) {
            return std::nullopt;
        }
        const auto bar = std::ranges::lower_bound(bars, time_ns, {}, &BarRecord::time_ns);
        total = total.value_or(0.0) + bar->open_interest_coins;
    }
    return total;
}
Value open_interest_change(const MarketView& view, std::optional<std::size_t> asset) {
    if (!asset) {
        return std::nullopt;
    }
    return ratio_less_one(open_interest_coins(view, *asset, view.day().to_ns),
                          open_interest_coins(view, *asset, view.day().from_ns));
}

// Largest max / min - 1 of the closes of all perps of the first asset that traded in the bar.
Value venue_gap_max(const MarketView& view) {
    struct Extremes {
        std::int64_t time_ns;
        double low, high;
        int venues;
    };
    std::vector<Extremes> by_time;
    for (const std::size_t perp : view.perps(0)) {
        auto slot = by_time.begin();
        for (const BarRecord& bar : view.bars(perp)) {
            if (!view.day().holds(bar.time_ns) || bar.trades == 0 || bar.close <= 0) {
                continue;
            }
            slot = std::lower_bound(
                slot, by_time.end(), bar.time_ns, [](const Extremes& a, std::int64_t t) {
                    return a.time_ns < t;
                });
            if (slot == by_time.end() || slot->time_ns != bar.time_ns) {
                slot = by_time.insert(slot, {bar.time_ns, bar.close, bar.close, 0});
            }
            slot->low = std::min(slot->low, bar.close);
            slot->high = std::max(slot->high, bar.close);
            ++slot->venues;
        }
    }
    Value gap;
    for (const Extremes& at : by_time) {
        if (at.venues >= 2) {
            gap = std::max(gap.value_or(0.0), at.high / at.low - 1);
        }
    }
    return gap;
}

// Deepest low of the reference perp under the low of the same venue's spot in the same bar.
Value perp_spot_gap_min(const MarketView& view) {
    const auto perp = view.reference_book(0, InstrumentKind::linear_perp);
    const auto spot = view.reference_book(0, InstrumentKind::spot);
    if (!perp || !spot) {
        return std::nullopt;
    }
    Value gap;
    const auto spot_bars = view.bars(*spot);
    auto other = spot_bars.begin();
    for (const BarRecord& bar : view.bars(*perp)) {
        while (other != spot_bars.end() && other->time_ns < bar.time_ns) {
            ++other;
        }
        if (other == spot_bars.end()) {
            break;
        }
        if (other->time_ns == bar.time_ns && view.day().holds(bar.time_ns) && bar.low > 0 &&
            other->low > 0) {
            const double now = bar.low / other->low - 1;
            gap = std::min(gap.value_or(now), now);
        }
    }
    return gap;
}

Value fund_min(const MarketView& view) {
    Value lowest;
    for (const FundRecord& record : view.recorder().fund()) {
        if (view.reference_venue() == record.venue) {
            const double start = lowest.value_or(balance_before(record));
            lowest = std::min(start, record.balance_usd);
        }
    }
    return lowest;
}

// Sum over venues of the cash at the start less the lowest since.
Value fund_draw(const MarketView& view) {
    struct Fund {
        double start = 0, lowest = 0;
        bool known = false;
    };
    std::vector<Fund> funds(view.plan().venues.size());
    for (const FundRecord& record : view.recorder().fund()) {
        CHECK(record.venue < funds.size());
        Fund& fund = funds[record.venue];
        if (!fund.known) {
            fund = {balance_before(record), balance_before(record), true};
        }
        fund.lowest = std::min(fund.lowest, record.balance_usd);
    }
    Value total;
    for (const Fund& fund : funds) {
        if (fund.known) {
            total = total.value_or(0.0) + fund.start - fund.lowest;
        }
    }
    return total;
}

// Sum over venues of the last cumulative figure.
Value bad_debt(const MarketView& view) {
    std::vector<Value> last(view.plan().venues.size());
    for (const FundRecord& record : view.recorder().fund()) {
        CHECK(record.venue < last.size());
        last[record.venue] = record.bad_debt_usd;
    }
    Value total;
    for (const Value& venue : last) {
        if (venue) {
            total = total.value_or(0.0) + *venue;
        }
    }
    return total;
}

Value sentiment_last(const MarketView& view) {
    Value last;
    for (const SentimentRecord& print : view.recorder().sentiment()) {
        if (print.published != 0) {
            last = print.value;
        }
    }
    return last;
}

Metric metric_of_one(Value value) {
    return {value, value, value, value, value ? 1 : 0, std::nullopt};
}

// Collects values by name; a name that is not in the contract is a bug.
class MetricTable {
  public:
    MetricTable() : metrics_(metric_names.size()) {}
    void set(std::string_view name, Value value) {
        const int row = metric_index(name);
        CHECK(row >= 0);
        if (value && !std::isfinite(*value)) {
            value.reset();
        }
        metrics_[static_cast<std::size_t>(row)] = metric_of_one(value);
    }
    [[nodiscard]] std::vector<Metric> take() { return std::move(metrics_); }

  private:
    std::vector<Metric> metrics_;
};

void set_liquidations(MetricTable& table, const MarketView& view) {
    const LiquidationTotals totals = liquidation_totals(view, view.day());
    const bool recorded = !view.recorder().bars().empty();
    const auto known = [recorded](double value) { return recorded ? Value{value} : std::nullopt; };
    table.set("liquidated_true_usd", known(totals.all.usd()));
    table.set("liquidated_reported_usd", known(totals.reported.usd()));
    table.set("long_share_true", totals.all.long_share());
    table.set("long_share_reported", totals.reported.long_share());
    table.set("long_share_full_feed", totals.full_feed.long_share());
    table.set("accounts_true", known(static_cast<double>(totals.all.accounts)));
    table.set("accounts_reported", known(static_cast<double>(totals.reported.accounts)));
    table.set("peak_minute_usd", known(totals.peak_minute_usd));
    table.set("peak_hour_usd", known(totals.peak_hour_usd));
}

void set_market_quality(MetricTable& table, const MarketView& view) {
    const MarketQuality quality = market_quality(view);
    table.set("volume_usd", quality.volume_usd);
    table.set("depth_1pct_min_usd", quality.depth_min_usd);
    table.set("depth_1pct_min_share", quality.depth_min_share);
    table.set("depth_4pct_min_share", quality.depth4_min_share);
    table.set("depth_1pct_thin_minutes", quality.thin_minutes);
    table.set("depth_1pct_recovery_minutes", quality.recovery_minutes);
    table.set("spread_mean_bps", quality.spread_mean_bps);
}

void set_reproduction(MetricTable& table, const MarketView& view) {
    const auto value_of = [](const std::optional<ReproductionPeak>& peak) {
        return peak ? Value{peak->value} : std::nullopt;
    };
    const std::optional<ReproductionPeak> peak = reproduction_peak(view);
    table.set("reproduction_max", value_of(peak));
    table.set("reproduction_max_at",
              peak ? Value{static_cast<double>(peak->time_ns) / static_cast<double>(hours(1).raw())}
                   : std::nullopt);
    table.set("reproduction_btc_max", value_of(reproduction_peak(view, 0)));
}

void set_chain(MetricTable& table, const MarketView& view) {
    const DefiPlan& defi = view.plan().defi;
    if (!defi.enabled) {
        return;
    }
    const ChainTotals totals = chain_totals(view);
    table.set("defi_liquidated_usd", totals.liquidated_usd());
    table.set("defi_liquidated_share", totals.liquidated_share());
    table.set("defi_bad_debt_usd", totals.deficit_usd());
    table.set("defi_utilisation_max", totals.utilisation_max());
    table.set("usde_low_min", totals.price_low());
    table.set("usde_gap_max", totals.peg_gap);
    // Pools that stood there and lost nothing: zero, once the run was recorded at all.
    if (defi.balancer.pools && !view.recorder().bars().empty()) {
        table.set("incident_loss_usd", totals.stolen_usd());
    }
}

std::vector<Comparison> compare(const Plan& plan, const std::vector<Metric>& metrics) {
    std::vector<Comparison> rows;
    for (const ObservedPlan& observed : plan.observed) {
        const int index = metric_index(observed.metric);
        CHECK(index >= 0);  // the scenario checked the name
        Comparison row;
        row.metric = static_cast<std::size_t>(index);
        row.simulated = metrics[row.metric].value;
        if (observed.has_value) {
            row.measured = observed.value;
            row.tolerance = observed.tolerance;
        }
        row.article = observed.article;
        row.source = observed.source;
        row.note = observed.note;
        rows.push_back(std::move(row));
    }
    return rows;
}

void judge(std::vector<Comparison>& rows) {
    for (Comparison& row : rows) {
        row.inside.reset();
        if (row.simulated && row.measured && row.tolerance) {
            row.inside = std::abs(*row.simulated - *row.measured) <= *row.tolerance;
        }
    }
}

// Adds a path's rows to those of the others; places stay in the order of their first path.
template <class Row>
void add_rows(std::vector<Row>& total,
              const std::vector<Row>& more,
              double share,
              const auto& same,
              std::initializer_list<double Row::*> parts) {
    for (const Row& row : more) {
        auto at = std::ranges::find_if(total, [&](const Row& x) { return same(x, row); });
        if (at == total.end()) {
            at = total.insert(total.end(), row);
            for (double Row::*const part : parts) {
                (*at).*part = 0.0;
            }
        }
        for (double Row::*const part : parts) {
            (*at).*part += row.*part * share;
        }
    }
}

}  // namespace

const Metric& Summary::metric(std::string_view name) const {
    const int row = metric_index(name);
    CHECK(row >= 0);
    CHECK(metrics.size() == metric_names.size());
    return metrics[static_cast<std::size_t>(row)];
}

Summary summarise(const Plan& plan,
                  const RunTotals& totals,
                  const MemoryRecorder& recorder,
                  const RunFacts& facts) {
    const MarketView view{plan, recorder};
    MetricTable table;

    const PricePath btc = price_path(view, view.reference_book(0, InstrumentKind::spot));
    table.set("btc_open", btc.open);
    table.set("btc_low", btc.low);
    table.set("btc_close", btc.close);
    table.set("btc_fall_open_to_low", btc.fall);
    table.set("btc_worst_hour", btc.worst_hour);
    table.set("btc_rebound_1h", btc.rebound_1h);
    const auto eth_asset = view.asset("ETH");
    const PricePath eth = price_path(
        view, eth_asset ? view.reference_book(*eth_asset, InstrumentKind::spot) : std::nullopt);
    table.set("eth_low", eth.low);
    table.set("eth_fall_open_to_low", eth.fall);

    set_liquidations(table, view);

    set_market_quality(table, view);
    table.set("spread_max_bps", spread_max(view));
    const FundingPrints funding = funding_prints(view);
    table.set("funding_btc_min", funding.lowest);
    table.set("funding_btc_last", funding.last);
    table.set("oi_btc_change", open_interest_change(view, std::size_t{0}));
    table.set("oi_eth_change", open_interest_change(view, eth_asset));
    table.set("venue_gap_max", venue_gap_max(view));
    table.set("perp_spot_gap_min", perp_spot_gap_min(view));
    const std::vector<AdlCount> adl = adl_counts(view, view.day());
    const auto adl_sum = [&](double AdlCount::*part) {
        double sum = 0;
        for (const AdlCount& row : adl) {
            sum += row.*part;
        }
        return recorder.bars().empty() ? std::nullopt : Value{sum};
    };
    table.set("adl_usd", adl_sum(&AdlCount::usd));
    table.set("adl_accounts", adl_sum(&AdlCount::accounts));
    table.set("adl_steps", adl_sum(&AdlCount::steps));
    table.set("adl_fills", adl_sum(&AdlCount::fills));
    table.set("adl_forgone_usd",
              recorder.bars().empty() ? std::nullopt : adl_forgone_usd(view, view.day()));
    table.set("fund_min_usd", fund_min(view));
    table.set("fund_draw_usd", fund_draw(view));
    table.set("bad_debt_usd", bad_debt(view));
    table.set("sentiment_last", sentiment_last(view));
    set_reproduction(table, view);
    set_chain(table, view);

    Summary summary;
    summary.version = facts.version;
    summary.seeds = {plan.seed};
    summary.digest = totals.digest;
    summary.interrupted = totals.interrupted;
    summary.wall_s = facts.wall_s;
    summary.peak_rss_mb = facts.peak_rss_mb;
    summary.messages = totals.messages;
    summary.messages_per_s =
        facts.wall_s > 0 ? static_cast<double>(totals.messages) / facts.wall_s : 0;
    summary.accounts = totals.accounts;
    summary.account_rows = totals.account_rows;
    summary.low_ns = btc.low_ns;
    summary.metrics = table.take();
    if (totals.interrupted && totals.end_ns < plan.day_to.raw()) {
        // What a window would have held is not known before its end.
        for (std::size_t row = 0; row < metric_names.size(); ++row) {
            if (metric_names[row].name != "btc_open") {
                summary.metrics[row] = {};
            }
        }
    }
    summary.forced = forced_routes(view, view.day());
    summary.adl = adl;
    complete_summary(plan, summary);
    return summary;
}

void complete_summary(const Plan& plan, Summary& summary) {
    CHECK(summary.metrics.size() == metric_names.size());
    summary.scenario = plan.name;
    summary.title = plan.title;
    summary.size = world_size_name(plan.size);
    summary.scenario_hash = plan.scenario_hash;
    for (Metric& metric : summary.metrics) {
        metric = metric_of_one(metric.value);
    }
    summary.observed = compare(plan, summary.metrics);
    judge(summary.observed);
}

Summary aggregate(std::span<const Summary> paths) {
    CHECK(!paths.empty());
    Summary total = paths.front();
    if (paths.size() == 1) {
        return total;
    }
    Digest digest;
    total.seeds.clear();
    total.wall_s = 0;
    total.messages = 0;
    total.low_ns = -1;
    total.forced.clear();
    total.adl.clear();
    for (const Summary& path : paths) {
        CHECK(path.metrics.size() == metric_names.size());
        digest.add(path.digest);
        total.seeds.insert(total.seeds.end(), path.seeds.begin(), path.seeds.end());
        total.interrupted = total.interrupted || path.interrupted;
        total.wall_s += path.wall_s;
        total.peak_rss_mb = std::max(total.peak_rss_mb, path.peak_rss_mb);
        total.messages += path.messages;
        const double share = 1.0 / static_cast<double>(paths.size());
        add_rows(
            total.forced,
            path.forced,
            share,
            [](const auto& x, const auto& y) { return x.venue == y.venue && x.coin == y.coin; },
            {&ForcedRoutes::book_usd, &ForcedRoutes::takeover_usd, &ForcedRoutes::adl_usd});
        add_rows(total.adl,
                 path.adl,
                 share,
                 [](const auto& x, const auto& y) { return x.venue == y.venue; },
                 {&AdlCount::usd, &AdlCount::accounts, &AdlCount::steps, &AdlCount::fills});
    }
    const auto place = [](const auto& row) {
        if constexpr (requires { row.coin; }) {
            return row.venue + " " + row.coin;
        } else {
            return row.venue;
        }
    };
    std::ranges::sort(total.forced, {}, place);
    std::ranges::sort(total.adl, {}, place);
    total.digest = digest.value();
    total.messages_per_s =
        total.wall_s > 0 ? static_cast<double>(total.messages) / total.wall_s : 0;
    for (std::size_t row = 0; row < metric_names.size(); ++row) {
        std::vector<double> values;
        for (const Summary& path : paths) {
            if (path.metrics[row].value) {
                values.push_back(*path.metrics[row].value);
            }
        }
        std::ranges::sort(values);
        const Value median = quantile(values, 0.5);
        total.metrics[row] = {median,
                              quantile(values, 0.05),
                              median,
                              quantile(values, 0.95),
                              static_cast<std::int64_t>(values.size()),
                              median_error(values)};
    }
    for (Comparison& row : total.observed) {
        row.simulated = total.metrics[row.metric].value;
    }
    judge(total.observed);
    total.losses = loss_distributions(paths);
    return total;
}

std::vector<MetricRow> metric_rows(const Summary& summary) {
    std::vector<MetricRow> rows;
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        const Metric& metric = summary.metrics[i];
        rows.push_back({std::string{metric_names[i].name},
                        std::string{unit_name(metric_names[i].unit)},
                        metric.value,
                        metric.p05,
                        metric.p50,
                        metric.p95,
                        metric.paths,
                        metric.se});
    }
    return rows;
}

std::vector<ObservedRow> observed_rows(const Summary& summary) {
    std::vector<ObservedRow> rows;
    for (const Comparison& row : summary.observed) {
        const MetricName& name = metric_names[row.metric];
        rows.push_back({std::string{name.name},
                        std::string{unit_name(name.unit)},
                        row.simulated,
                        row.measured,
                        row.tolerance,
                        row.inside,
                        row.article,
                        row.source,
                        row.note});
    }
    return rows;
}

}  // namespace margincall::inline analytics
