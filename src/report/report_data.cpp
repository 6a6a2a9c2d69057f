#include "report/report_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "analytics/losses_json.hpp"
#include "base/json_text.hpp"
#include "plan/world_size.hpp"
#include "report/defi_data.hpp"
#include "report/format.hpp"
#include "report/headline.hpp"
#include "report/json_values.hpp"
#include "report/reproduction_data.hpp"
#include "report/run_limits.hpp"
#include "report/series.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t adl_rows_shown = 20;

Json run_json(const Plan& plan, const Summary& summary, const ReportContext& context) {
    Json run;
    run["id"] = context.run_id;
    run["scenario"] = plan.name;
    run["title"] = shown_title(plan);
    run["size"] = world_size_name(plan.size);
    run["about"] = plan.about;
    run["hash"] = plan.scenario_hash;
    run["seed"] = fmt::format("{}", plan.seed);
    run["digest"] = fmt::format("{:016x}", summary.digest);
    run["interrupted"] = summary.interrupted;
    run["start_unix_s"] = plan.start_unix_s;
    run["length_s"] = seconds_of(plan.length.raw());
    run["end_s"] = seconds_of(context.totals.end_ns);
    run["day_from_s"] = seconds_of(plan.day_from.raw());
    run["day_to_s"] = seconds_of(plan.day_to.raw());
    run["low_s"] = summary.low_ns >= 0 ? Json(seconds_of(summary.low_ns)) : Json(nullptr);
    return run;
}

Json reproduce_json(const Plan& plan, const Summary& summary, const ReportContext& context) {
    Json rows = Json::array();
    const auto add = [&rows](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            rows.push_back(Json::array({name, value}));
        }
    };
    const RunTotals& totals = context.totals;
    add("command", context.command);
    add("program", context.program);
    add("scenario", fmt::format("{} ({})", plan.name, plan.title));
    add("size of the world", std::string{world_size_name(plan.size)});
    add("scenario hash", plan.scenario_hash);
    add("seed",
        summary.seeds.size() > 1
            ? fmt::format("{} to {}", summary.seeds.front(), summary.seeds.back())
            : fmt::format("{}", plan.seed));
    add("digest", fmt::format("{:016x}", summary.digest));
    add("simulated",
        fmt::format("{} to {}",
                    format_utc(plan.start_unix_s),
                    format_utc(plan.start_unix_s + totals.end_ns / 1'000'000'000)));
    add("run time",
        fmt::format("{:.1f} s, peak memory {:.0f} MB", summary.wall_s, summary.peak_rss_mb));
    add("messages",
        fmt::format("{} commands, {} a second; {} trades, {} postings, {} rejects",
                    format_count(static_cast<double>(totals.messages)),
                    format_count(summary.messages_per_s),
                    format_count(static_cast<double>(totals.trades)),
                    format_count(static_cast<double>(totals.postings)),
                    format_count(static_cast<double>(totals.rejects))));
    add("accounts",
        fmt::format("{} rows that stand for {} accounts",
                    format_count(static_cast<double>(totals.account_rows)),
                    format_count(static_cast<double>(totals.accounts))));
    for (const auto& [name, value] : context.more) {
        add(name, value);
    }
    return rows;
}

Json headline_json(const Summary& summary) {
    Json rows = Json::array();
    for (const HeadlineRow& row : headline_rows(summary)) {
        const Metric& metric = summary.metrics[row.metric];
        const auto found = std::ranges::find(summary.observed, row.metric, &Comparison::metric);
        const bool compared = found != summary.observed.end();
        Json out;
        out["metric"] = metric_names[row.metric].name;
        out["unit"] = unit_name(metric_names[row.metric].unit);
        out["label"] = row.label;
        out["simulated"] = row.simulated;
        out["band"] = row.band;
        out["error"] = row.error;
        out["measured"] = row.measured;
        out["tolerance"] = row.tolerance;
        out["inside"] = row.inside ? Json(*row.inside) : Json(nullptr);
        out["article"] = row.article;
        out["source"] = row.source;
        out["note"] = row.note;
        out["simulated_value"] = optional_json(metric.value);
        out["band_low_value"] = row.band.empty() ? Json(nullptr) : optional_json(metric.p05);
        out["band_high_value"] = row.band.empty() ? Json(nullptr) : optional_json(metric.p95);
        out["measured_value"] = compared ? optional_json(found->measured) : Json(nullptr);
        out["tolerance_value"] = compared ? optional_json(found->tolerance) : Json(nullptr);
        rows.push_back(std::move(out));
    }
    return rows;
}

Json book_json(const BookSeries& book) {
    Json out;
    out["low"] = encode_column(book.low);
    out["high"] = encode_column(book.high);
    out["close"] = encode_column(book.close);
    out["mark"] = encode_column(book.mark);
    out["index"] = encode_column(book.index);
    out["spread_bps"] = encode_column(book.spread_bps);
    out["funding_8h"] = encode_column(book.funding_8h);
    Json bid = Json::array();
    Json ask = Json::array();
    for (std::size_t band = 0; band < book.bid.size(); ++band) {
        bid.push_back(encode_column(book.bid[band]));
        ask.push_back(encode_column(book.ask[band]));
    }
    out["bid"] = std::move(bid);
    out["ask"] = std::move(ask);
    return out;
}

Json funding_prints_json(const MarketView& view, std::size_t asset) {
    Json venues = Json::array();
    for (const std::size_t perp : view.perps(asset)) {
        SeriesColumn at;
        SeriesColumn rate;
        for (const FundingRecord& print : view.recorder().funding()) {
            if (print.instrument == perp && print.interval_h > 0) {
                at.push_back(seconds_of(print.time_ns));
                rate.push_back(print.rate * 8.0 / print.interval_h);
            }
        }
        Json out;
        out["venue"] =
            view.plan().venues[view.plan().instruments[perp].instrument.venue.raw()].name;
        out["time_s"] = encode_column(at);
        out["rate_8h"] = encode_column(rate);
        venues.push_back(std::move(out));
    }
    return venues;
}

// Mark of the reference perp at a time, to draw as the current price.
double price_at(const MarketView& view, std::size_t asset, std::int64_t time_ns) {
    const auto book = view.reference_book(asset, InstrumentKind::linear_perp);
    double price = no_value;
    if (book) {
        for (const BarRecord& bar : view.bars(*book)) {
            if (bar.time_ns > time_ns && std::isfinite(price)) {
                break;
            }
            const double value = bar.mark > 0 ? bar.mark : bar.close;
            price = value > 0 ? value : price;
        }
    }
    return price;
}

Json map_snapshot_json(const MarketView& view,
                       std::size_t asset,
                       std::int64_t time_ns,
                       std::string_view label) {
    std::array<SeriesColumn, 6> columns;
    for (const MapRecord& bin : view.recorder().map()) {
        if (bin.asset != asset || bin.time_ns != time_ns) {
            continue;
        }
        columns[0].push_back(bin.price_low);
        columns[1].push_back(bin.price_high);
        columns[2].push_back(bin.is_long);
        columns[3].push_back(bin.band);
        columns[4].push_back(bin.notional_usd);
        columns[5].push_back(static_cast<double>(bin.accounts));
    }
    static constexpr std::array<const char*, 6> names = {
        "price_low", "price_high", "is_long", "band", "notional_usd", "accounts"};
    Json out;
    out["label"] = label;
    out["time_s"] = seconds_of(time_ns);
    out["price"] = number_or_null(price_at(view, asset, time_ns));
    for (std::size_t i = 0; i < names.size(); ++i) {
        out[names[i]] = encode_column(columns[i]);
    }
    return out;
}

// The map before, at the snapshot nearest the low, and after.
Json map_json(const MarketView& view, std::size_t asset) {
    std::vector<std::int64_t> times;
    for (const MapRecord& bin : view.recorder().map()) {
        if (bin.asset == asset && (times.empty() || times.back() != bin.time_ns)) {
            times.push_back(bin.time_ns);
        }
    }
    Json out = Json::array();
    if (times.empty()) {
        return out;
    }
    out.push_back(map_snapshot_json(view, asset, times.front(), "before"));
    const auto low = low_time(view, asset);
    if (low && times.size() > 2) {
        const auto nearest = std::ranges::min_element(
            times, {}, [low](std::int64_t t) { return std::abs(t - *low); });
        if (*nearest != times.front() && *nearest != times.back()) {
            out.push_back(map_snapshot_json(view, asset, *nearest, "at the low"));
        }
    }
    if (times.size() > 1) {
        out.push_back(map_snapshot_json(view, asset, times.back(), "after"));
    }
    return out;
}

Json measured_path_json(const Plan& plan, std::string_view asset) {
    const auto path = std::ranges::find(plan.observed_paths, asset, &ObservedPath::asset);
    if (path == plan.observed_paths.end()) {
        return nullptr;
    }
    Json out;
    out["source"] = path->source;
    out["step_s"] = to_seconds(path->step);
    out["price"] = encode_column(path->price);
    return out;
}

Json assets_json(const MarketView& view, const TimeGrid& grid) {
    Json assets = Json::array();
    const Plan& plan = view.plan();
    for (std::size_t asset = 0; asset < plan.assets.size(); ++asset) {
        const auto perp = view.reference_book(asset, InstrumentKind::linear_perp);
        const auto spot = view.reference_book(asset, InstrumentKind::spot);
        if (!perp && !spot) {
            continue;
        }
        Json out;
        out["name"] = plan.assets[asset].name;
        out["venue"] = plan.venues[*view.reference_venue()].name;
        out["perp"] = perp ? book_json(book_series(view, *perp, grid)) : Json(nullptr);
        out["spot"] = spot ? book_json(book_series(view, *spot, grid)) : Json(nullptr);
        const LiquidationSeries liquidated = liquidation_series(view, asset, grid);
        Json liquidations;
        liquidations["long_true"] = encode_column(liquidated.long_true);
        liquidations["short_true"] = encode_column(liquidated.short_true);
        liquidations["long_reported"] = encode_column(liquidated.long_reported);
        liquidations["short_reported"] = encode_column(liquidated.short_reported);
        out["liquidations"] = std::move(liquidations);
        Json interest = Json::array();
        for (const OpenInterestSeries& row : open_interest_series(view, asset, grid)) {
            interest.push_back({{"venue", row.venue}, {"usd", encode_column(row.usd)}});
        }
        out["open_interest"] = std::move(interest);
        out["funding_prints"] = funding_prints_json(view, asset);
        out["fair_value"] = encode_column(fair_value_series(view, asset, grid));
        out["measured"] = measured_path_json(plan, plan.assets[asset].name);
        out["map"] = map_json(view, asset);
        const auto low = low_time(view, asset);
        out["low_s"] = low ? Json(seconds_of(*low)) : Json(nullptr);
        assets.push_back(std::move(out));
    }
    return assets;
}

std::string_view type_name(EventType type) {
    switch (type) {
        case EventType::factor:
            return "factor";
        case EventType::fair_value:
            return "fair value";
        case EventType::flow:
            return "flow";
        case EventType::uncertainty:
            return "uncertainty";
        case EventType::collateral:
            return "collateral";
        case EventType::hack:
            return "hack";
        case EventType::venue:
            return "venue";
        case EventType::regulatory:
            return "regulatory";
        case EventType::information:
            return "information";
        case EventType::options:
            return "options";
        case EventType::loans:
            return "loans";
    }
    return "";
}

Json events_json(const Plan& plan) {
    Json events = Json::array();
    for (const EventPlan& event : plan.events) {
        Json out;
        out["at_s"] = to_seconds(event.at);
        out["until_s"] = to_seconds(event.until);
        out["name"] = event.name;
        out["type"] = type_name(event.type);
        out["cause"] = event.cause;
        out["source"] = event.source;
        out["confidence"] = event.confidence;
        events.push_back(std::move(out));
    }
    return events;
}

Json fund_json(const MarketView& view, const TimeGrid& grid) {
    Json venues = Json::array();
    const Plan& plan = view.plan();
    for (std::size_t venue = 0; venue < plan.venues.size(); ++venue) {
        SeriesColumn balance(grid.count, no_value);
        SeriesColumn equity(grid.count, no_value);
        SeriesColumn inflow(grid.count, 0.0);
        SeriesColumn outflow(grid.count, 0.0);
        double bad_debt = 0;
        bool any = false;
        for (const FundRecord& record : view.recorder().fund()) {
            if (record.venue != venue) {
                continue;
            }
            const std::size_t k = grid.slot(record.time_ns);
            balance[k] = record.balance_usd;
            equity[k] = record.equity_usd;
            inflow[k] += record.inflow_usd;
            outflow[k] += record.outflow_usd;
            bad_debt = record.bad_debt_usd;
            any = true;
        }
        if (!any) {
            continue;
        }
        SeriesColumn closed(grid.count, 0.0);
        for (const AdlRecord& record : view.recorder().adl()) {
            if (plan.instruments[record.instrument].instrument.venue.raw() == venue) {
                closed[grid.slot(record.time_ns)] += record.notional_usd;
            }
        }
        Json out;
        out["venue"] = plan.venues[venue].name;
        out["balance"] = encode_column(balance);
        out["equity"] = encode_column(equity);
        out["inflow"] = encode_column(inflow);
        out["outflow"] = encode_column(outflow);
        out["adl"] = encode_column(closed);
        out["bad_debt_usd"] = bad_debt;
        venues.push_back(std::move(out));
    }
    return venues;
}

// All winners closed for one book at one time, maybe for several insolvent accounts.
struct AdlStep {
    std::map<std::uint32_t, double> needed_usd;  // by insolvent account
    double taken_usd = 0;
    std::vector<const AdlRecord*> closed;
};

Json adl_json(const MarketView& view) {
    std::map<std::pair<std::int64_t, std::uint32_t>, AdlStep> steps;
    for (const AdlRecord& record : view.recorder().adl()) {
        AdlStep& step = steps[{record.time_ns, record.instrument}];
        step.needed_usd[record.against] = record.needed_usd;
        step.taken_usd += record.notional_usd;
        step.closed.push_back(&record);
    }
    Json out;
    double needed = 0;
    double taken = 0;
    std::int64_t winners = 0;
    const AdlStep* largest = nullptr;
    for (const auto& [key, step] : steps) {
        for (const auto& [account, usd] : step.needed_usd) {
            needed += usd;
        }
        taken += step.taken_usd;
        winners += static_cast<std::int64_t>(step.closed.size());
        if (largest == nullptr || step.taken_usd > largest->taken_usd) {
            largest = &step;
        }
    }
    out["steps"] = steps.size();
    out["winners"] = winners;
    out["needed_usd"] = needed;
    out["taken_usd"] = taken;
    Json rows = Json::array();
    if (largest != nullptr) {
        auto queue = largest->closed;
        std::ranges::stable_sort(queue, {}, &AdlRecord::rank);
        out["largest_s"] = seconds_of(queue.front()->time_ns);
        out["largest_book"] = view.plan().instruments[queue.front()->instrument].name;
        for (std::size_t i = 0; i < std::min(queue.size(), adl_rows_shown); ++i) {
            const AdlRecord& record = *queue[i];
            rows.push_back(
                {{"rank", record.rank},
                 {"account", record.account},
                 {"weight", record.weight},
                 {"side", record.was_long != 0 ? "long" : "short"},
                 {"upnl_usd", number_or_null(record.upnl_usd)},
                 {"leverage", number_or_null(record.leverage)},
                 {"score", number_or_null(record.score)},
                 {"qty", number_or_null(record.qty)},
                 {"price", number_or_null(record.price)},
                 {"notional_usd", number_or_null(record.notional_usd)},
                 {"forgone_usd", number_or_null(forgone_usd(view, record).value_or(no_value))}});
        }
    }
    out["rows"] = std::move(rows);
    return out;
}

// Headline figures whose distribution over the paths is drawn.
constexpr std::array drawn_metrics = {"btc_fall_open_to_low",
                                      "eth_fall_open_to_low",
                                      "liquidated_true_usd",
                                      "liquidated_reported_usd",
                                      "accounts_reported",
                                      "depth_1pct_min_share",
                                      "adl_usd",
                                      "bad_debt_usd",
                                      "fund_draw_usd",
                                      "fund_min_usd"};
constexpr std::array<std::string_view, 2> priced_assets = {"BTC",
                                                           "ETH"};  // of the first two curves

std::string encode_curve(const std::vector<float>& values) {
    return encode_column(std::vector<double>(values.begin(), values.end()));
}

// Many paths: bands of the curves, and every path's value of the drawn figures in path order.
Json bands_json(const Plan& plan, const Summary& summary, const PathBands* bands) {
    if (bands == nullptr) {
        return nullptr;
    }
    Json out;
    out["paths"] = bands->paths.size();
    out["failed"] = summary.failed;
    out["step_s"] = seconds_of(bands->step_ns);
    out["curves"] = Json::array();
    for (std::size_t s = 0; s < bands->series.size(); ++s) {
        const SeriesBand& band = bands->series[s];
        Json row;
        row["name"] = path_series_names[s].name;
        row["label"] = path_series_names[s].label;
        row["unit"] = path_series_names[s].unit;
        row["p05"] = encode_curve(band.p05);
        row["p25"] = encode_curve(band.p25);
        row["p50"] = encode_curve(band.p50);
        row["p75"] = encode_curve(band.p75);
        row["p95"] = encode_curve(band.p95);
        row["measured"] =
            s < priced_assets.size() ? measured_path_json(plan, priced_assets[s]) : Json(nullptr);
        out["curves"].push_back(std::move(row));
    }
    out["figures"] = Json::array();
    for (const std::string_view name : drawn_metrics) {
        const auto i = static_cast<std::size_t>(metric_index(name));
        SeriesColumn values;
        for (const PathFigures& path : bands->paths) {
            values.push_back(path.metrics[i].value_or(no_value));
        }
        const auto found = std::ranges::find(summary.observed, i, &Comparison::metric);
        const Metric& metric = summary.metrics[i];
        Json row;
        row["metric"] = name;
        row["label"] = metric_names[i].label;
        row["unit"] = unit_name(metric_names[i].unit);
        row["values"] = encode_column(values);
        row["n"] = metric.paths;
        row["p05"] = optional_json(metric.p05);
        row["p50"] = optional_json(metric.p50);
        row["p95"] = optional_json(metric.p95);
        row["se"] = optional_json(metric.se);
        row["measured"] =
            found != summary.observed.end() ? optional_json(found->measured) : Json(nullptr);
        out["figures"].push_back(std::move(row));
    }
    out["losses"] = losses_json(summary.losses);
    return out;
}

Json inputs_json(const Plan& plan) {
    Json rows = Json::array();
    for (const InputNote& note : plan.inputs) {
        rows.push_back(Json::array({note.key, note.value, note.status, note.source}));
    }
    return rows;
}

}  // namespace

std::string base64(std::span<const unsigned char> bytes) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(bytes.size() - i, 3);
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            word = (word << 8U) | (k < left ? bytes[i + k] : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += k <= left ? alphabet[(word >> (18U - 6U * k)) & 63U] : '=';
        }
    }
    return out;
}

std::string encode_column(std::span<const double> values) {
    std::vector<unsigned char> bytes;
    bytes.reserve(values.size() * 4);
    for (const double value : values) {
        const float narrow = std::isfinite(value) ? static_cast<float>(value)
                                                  : std::numeric_limits<float>::quiet_NaN();
        const auto word = std::bit_cast<std::uint32_t>(narrow);
        for (const unsigned shift : {0U, 8U, 16U, 24U}) {
            bytes.push_back(static_cast<unsigned char>((word >> shift) & 0xFFU));
        }
    }
    return base64(bytes);
}

std::string report_data_json(const Plan& plan,
                             const Summary& summary,
                             const MemoryRecorder& recorder,
                             const ReportContext& context) {
    const MarketView view{plan, recorder};
    std::int64_t end_ns = context.totals.end_ns;
    for (const BarRecord& bar : recorder.bars()) {
        end_ns = std::max(end_ns, bar.time_ns);
    }
    const TimeGrid grid = time_grid(plan, end_ns, page_steps(plan.assets.size()));
    Json root;
    root["format"] = 1;
    root["run"] = run_json(plan, summary, context);
    root["headline"] = headline_sentences(plan, summary);
    if (const std::string prices = price_sentence(summary); !prices.empty()) {
        root["headline"].push_back(prices);
    }
    if (!summary.limits.empty()) {
        root["limits"] = run_limits_json(summary);
    }
    root["metrics"] = headline_json(summary);
    root["grid"] = {{"step_s", seconds_of(grid.step_ns)}, {"count", grid.count}};
    root["assets"] = assets_json(view, grid);
    root["events"] = events_json(plan);
    root["funds"] = fund_json(view, grid);
    root["adl"] = adl_json(view);
    root["forced"] = Json::array();
    for (const ForcedRoutes& row : summary.forced) {
        root["forced"].push_back({{"venue", row.venue},
                                  {"coin", row.coin},
                                  {"book_usd", row.book_usd},
                                  {"takeover_usd", row.takeover_usd},
                                  {"adl_usd", row.adl_usd}});
    }
    root["adl_venues"] = Json::array();
    for (const AdlCount& row : summary.adl) {
        root["adl_venues"].push_back({{"venue", row.venue},
                                      {"usd", row.usd},
                                      {"accounts", row.accounts},
                                      {"steps", row.steps},
                                      {"fills", row.fills}});
    }
    root["defi"] = defi_json(view, grid);
    root["reproduction"] = reproduction_json(view, grid);
    root["bands"] = bands_json(plan, summary, context.bands);
    root["inputs"] = inputs_json(plan);
    root["reproduce"] = reproduce_json(plan, summary, context);
    // Text from scenarios may hold anything: broken UTF-8 is replaced, and '<' must not end the
    // script.
    std::string text = json_text(root);
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        if (c == '<') {
            safe += "\\u003c";
        } else {
            safe += c;
        }
    }
    return safe;
}

}  // namespace margincall::inline report
