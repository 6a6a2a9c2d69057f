// The HTML page of a stress: web/src/stress.ts with the data below in it.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "desk/outcome_figures.hpp"
#include "report/fill_page.hpp"
#include "report/json_values.hpp"
#include "report/page_sections.hpp"
#include "report/page_template.hpp"
#include "report/stress_report.hpp"
#include "report/table_json.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view stress_mark = "MARGINCALL_STRESS_DATA";
constexpr std::size_t page_rows_most = 40;

// Seven digits are what a picture can show.
Json number(double value) {
    return std::isfinite(value) ? Json(std::strtod(fmt::format("{:.7g}", value).c_str(), nullptr))
                                : Json(nullptr);
}

// Whole; only what is not known is null.
Json numbers(const std::vector<double>& values) {
    Json out = Json::array();
    for (const double value : values) {
        out.push_back(number_or_null(value));
    }
    return out;
}

Json tables_json(const StressReport& report) {
    Json out = Json::array();
    for (const StressTable& t : stress_tables(report, page_rows_most)) {
        out.push_back(table_json(t, section_of_table("stress", t.key)));
    }
    return out;
}

Json map_json(const StressReport& report, std::size_t coin) {
    const double price = report.market->coins[coin].price;
    Json out{{"low", Json::array()},
             {"high", Json::array()},
             {"is_long", Json::array()},
             {"band", Json::array()},
             {"usd", Json::array()},
             {"accounts", Json::array()}};
    for (const MapBin& bin : report.map.bins) {
        if (bin.coin.raw() != coin) {
            continue;
        }
        out["low"].push_back(number(price * (1.0 + map_bin * bin.bin)));
        out["high"].push_back(number(price * (1.0 + map_bin * (bin.bin + 1))));
        out["is_long"].push_back(bin.side == Side::buy ? 1 : 0);
        out["band"].push_back(bin.band);
        out["usd"].push_back(number(bin.usd));
        out["accounts"].push_back(bin.positions);
    }
    return out;
}

// Columns of one case over time.
Json series_json(const StressReport& report, const StressColumn& column) {
    Json out{{"name", column.name},
             {"time_s", Json::array()},
             {"liquidated_long", Json::array()},
             {"liquidated_short", Json::array()},
             {"accounts", Json::array()},
             {"reference", Json::array()},
             {"mark", Json::array()},
             {"pool_names", Json::array()},
             {"pools", Json::array()}};
    for (std::size_t c = 0; c < report.market->coins.size(); ++c) {
        out["reference"].push_back(Json::array());
        out["mark"].push_back(Json::array());
    }
    for (const StressPool& pool : column.market->pools) {
        out["pool_names"].push_back(pool.name);
        out["pools"].push_back(Json::array());
    }
    for (const StressSample& sample : column.outcome.samples) {
        out["time_s"].push_back(number(sample.time_s));
        out["liquidated_long"].push_back(number(sample.liquidated_long));
        out["liquidated_short"].push_back(number(sample.liquidated_short));
        out["accounts"].push_back(sample.accounts);
        for (std::size_t c = 0; c < sample.mark.size(); ++c) {
            out["reference"][c].push_back(number(sample.reference[c]));
            out["mark"][c].push_back(number(sample.mark[c]));
        }
        for (std::size_t p = 0; p < sample.pool.size(); ++p) {
            out["pools"][p].push_back(number(sample.pool[p]));
        }
    }
    return out;
}

Json page_json(const StressReport& report) {
    Json out{{"title", report.title},
             {"market", report.market_name},
             {"shock", report.shock},
             {"feedback", report.feedback},
             {"created", report.created},
             {"program", report.program},
             {"command", report.command},
             {"answer", stress_answer(report)},
             {"limits", Json::array()},
             {"varied", !report.varied.empty()},
             {"reconciliation", reconciliation_sentences(report)},
             {"provenance", Json::array()},
             {"cases", Json::array()},
             {"lines", Json::array()},
             {"coins", Json::array()},
             {"series", Json::array()}};
    for (const auto& [name, value] : report.provenance) {
        out["provenance"].push_back(Json{name, value});
    }
    for (const StressLine& line : stress_lines(report)) {
        // Figures of the whole book come first, then one line a coin.
        out["lines"].push_back({{"label", line.label},
                                {"of_coin", out["lines"].size() >= outcome_figures().size()},
                                {"shown", line.shown},
                                {"values", numbers(line.values)},
                                {"range", line.range},
                                {"low", number_or_null(line.low)},
                                {"high", number_or_null(line.high)},
                                {"difference", line.difference}});
    }
    // One text a line and size: what the slider of the page shows.
    out["sizes"] = Json::array();
    for (const StressVaried& size : report.sizes) {
        out["sizes"].push_back({{"name", size.name},
                                {"shown", shown_figures(report, size.outcome)},
                                {"values", numbers(stress_figures(report, size.outcome))}});
    }
    for (const LimitVerdict& row : limit_verdicts(report)) {
        out["limits"].push_back({{"verdict", static_cast<int>(row.verdict)},
                                 {"word", verdict_word(row.verdict)},
                                 {"text", row.text},
                                 {"figure", row.figure}});
    }
    out["tables"] = tables_json(report);
    const std::vector<bool> held = held_coins(*report.book, *report.market);
    for (std::size_t c = 0; c < report.market->coins.size(); ++c) {
        out["coins"].push_back({{"name", report.market->coins[c].name},
                                {"price", report.market->coins[c].price},
                                {"held", static_cast<bool>(held[c])},
                                {"map", map_json(report, c)}});
    }
    for (const StressColumn& column : report.columns) {
        out["cases"].push_back(column.name);
        out["series"].push_back(series_json(report, column));
    }
    return out;
}

}  // namespace

std::string stress_html(const StressReport& report) {
    std::string page{stress_page_template()};
    fill_mark(page, stress_mark, without_angles(json_text(page_json(report)), "\\u003c"));
    fill_mark(page, title_mark, without_angles("Stress of " + report.title, "&lt;"));
    return page;
}

}  // namespace margincall::inline report
