// The page of a comparison: web/src/compare.ts with the data below in it. All runs stand on one grid of
// times, so that one cursor reads them all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "report/comparison.hpp"
#include "report/fill_page.hpp"
#include "report/format.hpp"
#include "report/json_values.hpp"
#include "report/page_template.hpp"
#include "report/report_data.hpp"
#include "report/series.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view comparison_mark = "MARGINCALL_COMPARE_DATA";
constexpr std::size_t steps_most = 2000;
constexpr std::size_t bids_1pct = 2;  // of BookSeries: 0.1, 0.5, 1, 2, 4 %

std::int64_t end_of(const ComparedRun& run) {
    const auto bars = run.recorder->bars();
    return bars.empty() ? run.plan->length.raw() : bars.back().time_ns;
}

// The coarsest bars decide, so that every run has a value in every step.
TimeGrid common_grid(std::span<const ComparedRun> runs) {
    std::int64_t end_ns = 0;
    for (const ComparedRun& run : runs) {
        end_ns = std::max(end_ns, end_of(run));
    }
    TimeGrid grid;
    for (const ComparedRun& run : runs) {
        const TimeGrid own = time_grid(*run.plan, end_ns, steps_most);
        grid = own.step_ns > grid.step_ns ? own : grid;
    }
    return grid;
}

// What lies after the end of a run is no data, not zero.
SeriesColumn cut_at_end(SeriesColumn column, const TimeGrid& grid, std::int64_t end_ns) {
    for (std::size_t k = grid.slot(end_ns) + 1; k < column.size(); ++k) {
        column[k] = no_value;
    }
    return column;
}

SeriesColumn sum_of(const std::vector<OpenInterestSeries>& venues, std::size_t count) {
    SeriesColumn out(count, no_value);
    for (const OpenInterestSeries& venue : venues) {
        for (std::size_t k = 0; k < count; ++k) {
            if (std::isfinite(venue.usd[k])) {
                out[k] = (std::isfinite(out[k]) ? out[k] : 0.0) + venue.usd[k];
            }
        }
    }
    return out;
}

Json asset_of_run(const ComparedRun& run, const std::string& name, const TimeGrid& grid) {
    const MarketView view{*run.plan, *run.recorder};
    const auto asset = view.asset(name);
    if (!asset) {
        return nullptr;
    }
    const std::int64_t end = end_of(run);
    const auto spot = view.reference_book(*asset, InstrumentKind::spot);
    const auto perp = view.reference_book(*asset, InstrumentKind::linear_perp);
    const SeriesColumn nothing(grid.count, no_value);
    const auto encode = [&](const SeriesColumn& column) {
        return encode_column(cut_at_end(column, grid, end));
    };
    Json out;
    const BookSeries of_perp = perp ? book_series(view, *perp, grid) : BookSeries{};
    const BookSeries of_price = spot ? book_series(view, *spot, grid) : of_perp;
    out["price"] = encode(spot || perp ? of_price.close : nothing);
    const LiquidationSeries liquidated = liquidation_series(view, *asset, grid);
    out["long"] = encode(liquidated.long_true);
    out["short"] = encode(liquidated.short_true);
    out["bids"] = encode(perp ? of_perp.bid[bids_1pct] : nothing);
    out["asks"] = encode(perp ? of_perp.ask[bids_1pct] : nothing);
    out["open_interest"] = encode(sum_of(open_interest_series(view, *asset, grid), grid.count));
    return out;
}

Json fund_of_run(const ComparedRun& run, const std::string& name, const TimeGrid& grid) {
    SeriesColumn balance(grid.count, no_value);
    const auto& venues = run.plan->venues;
    const auto venue = std::ranges::find(venues, name, &VenuePlan::name);
    for (const FundRecord& record : run.recorder->fund()) {
        if (static_cast<std::ptrdiff_t>(record.venue) == venue - venues.begin()) {
            balance[grid.slot(record.time_ns)] = record.balance_usd;
        }
    }
    return encode_column(balance);
}

// Names in the order of the first run; what only others have stands after them.
std::vector<std::string> all_names(std::span<const ComparedRun> runs, const auto& names_of) {
    std::vector<std::string> out;
    for (const ComparedRun& run : runs) {
        for (const std::string& name : names_of(run)) {
            if (std::ranges::find(out, name) == out.end()) {
                out.push_back(name);
            }
        }
    }
    return out;
}

std::vector<std::string> traded_assets(const ComparedRun& run) {
    const MarketView view{*run.plan, *run.recorder};
    std::vector<std::string> out;
    for (std::size_t asset = 0; asset < run.plan->assets.size(); ++asset) {
        if (view.reference_book(asset, InstrumentKind::spot) ||
            view.reference_book(asset, InstrumentKind::linear_perp)) {
            out.push_back(run.plan->assets[asset].name);
        }
    }
    return out;
}
std::vector<std::string> funded_venues(const ComparedRun& run) {
    std::vector<std::string> out;
    for (std::size_t venue = 0; venue < run.plan->venues.size(); ++venue) {
        const bool any = std::ranges::any_of(
            run.recorder->fund(), [venue](const FundRecord& x) { return x.venue == venue; });
        if (any) {
            out.push_back(run.plan->venues[venue].name);
        }
    }
    return out;
}

Json series_json(std::span<const ComparedRun> runs) {
    if (runs.empty()) {
        return nullptr;
    }
    const TimeGrid grid = common_grid(runs);
    const bool same_start = std::ranges::all_of(runs, [&](const ComparedRun& run) {
        return run.plan->start_unix_s == runs.front().plan->start_unix_s;
    });
    Json out;
    // From each start where the dates differ.
    out["start_unix_s"] = same_start ? Json(runs.front().plan->start_unix_s) : Json(nullptr);
    out["step_s"] = static_cast<double>(grid.step_ns) / 1e9;
    out["count"] = grid.count;
    out["assets"] = Json::array();
    for (const std::string& name : all_names(runs, traded_assets)) {
        Json asset{{"name", name}, {"runs", Json::array()}};
        for (const ComparedRun& run : runs) {
            asset["runs"].push_back(asset_of_run(run, name, grid));
        }
        out["assets"].push_back(std::move(asset));
    }
    out["funds"] = Json::array();
    for (const std::string& name : all_names(runs, funded_venues)) {
        Json fund{{"venue", name}, {"runs", Json::array()}};
        for (const ComparedRun& run : runs) {
            fund["runs"].push_back(fund_of_run(run, name, grid));
        }
        out["funds"].push_back(std::move(fund));
    }
    return out;
}

Json rows_json(const RunComparison& comparison) {
    Json rows = Json::array();
    for (const ComparedRow& row : comparison.rows) {
        Json out{{"key", row.key},
                 {"part", row.part},
                 {"label", row.label},
                 {"shown", Json::array()},
                 {"values", Json::array()},
                 {"difference", Json::array()},
                 {"mean_difference", Json::array()},
                 {"tone", Json::array()}};
        for (std::size_t k = 0; k < row.values.size(); ++k) {
            out["shown"].push_back(format_metric(
                MetricName{.name = "", .unit = row.unit, .label = "", .counts = "", .over = ""},
                row.values[k]));
            out["difference"].push_back(k > 0 ? difference_text(row, k) : std::string{});
            out["values"].push_back(optional_json(row.values[k]));
            out["mean_difference"].push_back(
                row.differences[k] ? number_or_null(row.differences[k]->mean) : Json(nullptr));
            out["tone"].push_back(k > 0 ? difference_tone(row, k) : 0);
        }
        rows.push_back(std::move(out));
    }
    return rows;
}

Json page_json(const RunComparison& comparison, std::span<const ComparedRun> runs) {
    Json out{{"format", 1},
             {"title", comparison.title},
             {"answer", comparison_answer(comparison)},
             {"runs", Json::array()},
             {"warnings", comparison.warnings},
             {"notes", comparison.notes},
             {"rows", rows_json(comparison)},
             {"settings", Json::array()},
             {"series", series_json(runs)}};
    for (const ComparedColumn& column : comparison.columns) {
        out["runs"].push_back({{"name", column.name}, {"facts", column.facts}});
    }
    for (const ComparedSetting& setting : comparison.settings) {
        out["settings"].push_back({{"key", setting.key}, {"values", setting.values}});
    }
    return out;
}

}  // namespace

std::string comparison_html(const RunComparison& comparison, std::span<const ComparedRun> runs) {
    std::string page{compare_page_template()};
    fill_mark(
        page, comparison_mark, without_angles(json_text(page_json(comparison, runs)), "\\u003c"));
    fill_mark(page, title_mark, without_angles("Comparison: " + comparison.title, "&lt;"));
    return page;
}

}  // namespace margincall::inline report
