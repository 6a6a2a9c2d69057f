#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "desk/outcome_figures.hpp"
#include "report/format.hpp"
#include "report/line_range.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline report {
namespace {

std::string shown(FigureUnit unit, double value) {
    return unit == FigureUnit::usd ? format_money(value) : format_count(value);
}

std::string signed_text(FigureUnit unit, double change) {
    if (change == 0.0) {
        return "0";
    }
    const std::string text = shown(unit, std::fabs(change));
    return (change > 0.0 ? "+" : "−") + text;
}

// The lowest or highest mark of a coin over its venues.
double mark_extreme(const StressMarket& market,
                    const StressOutcome& outcome,
                    std::size_t coin,
                    bool rising) {
    double out = rising ? 0.0 : INFINITY;
    for (const InstrumentResult& row : outcome.instruments) {
        if (market.at(row.instrument).instrument.base.raw() == coin) {
            out = rising ? std::max(out, row.highest) : std::min(out, row.lowest);
        }
    }
    return out;
}

// Coins that have a line: those that somebody holds and those that the shock names. Whether the lowest or, of a
// rising one, the highest mark is of interest.
struct CoinLine {
    std::size_t coin = 0;
    bool rising = false;
};
std::vector<CoinLine> coin_lines(const StressReport& report) {
    std::vector<CoinLine> out;
    std::vector<bool> asked = held_coins(*report.book, *report.market);
    for (std::size_t c = 0; c < report.moves.size(); ++c) {
        asked[c] = asked[c] || report.moves[c].named;
    }
    for (std::size_t c = 0; c < asked.size(); ++c) {
        if (!asked[c]) {
            continue;
        }
        bool traded = false;
        bool rising = false;
        for (const StressColumn& column : report.columns) {
            for (const InstrumentResult& row : column.outcome.instruments) {
                if (report.market->at(row.instrument).instrument.base.raw() == c) {
                    traded = true;
                    rising = rising || row.reference_end > row.start;
                }
            }
        }
        if (traded) {
            out.push_back({c, rising});
        }
    }
    return out;
}

std::string mark_text(const StressCoin& coin, double price) {
    return fmt::format("{} ({})", format_price(price), format_percent(price / coin.price - 1.0));
}

// The values of a map, in the order of its keys.
template <class Key, class Row>
std::vector<Row> rows_in_order(std::map<Key, Row> rows) {
    std::vector<Row> out;
    out.reserve(rows.size());
    for (auto& [key, row] : rows) {
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace

std::vector<StressRoutes> stress_routes(const StressColumn& column) {
    const StressMarket& market = *column.market;
    std::map<std::pair<std::uint16_t, std::uint16_t>, StressRoutes> rows;  // by venue, coin
    for (const InstrumentResult& r : column.outcome.instruments) {
        if (r.book + r.takeover + r.adl > 0.0) {
            const Instrument& inst = market.at(r.instrument).instrument;
            StressRoutes& row = rows[{inst.venue.raw(), inst.base.raw()}];
            row.venue = market.venues[inst.venue.raw()].name;
            row.coin = market.coins[inst.base.raw()].name;
            row.book += r.book;
            row.takeover += r.takeover;
            row.no_counterparty += r.no_counterparty;
            row.adl += r.adl;
        }
    }
    return rows_in_order(std::move(rows));
}

std::vector<StressAdl> stress_adl(const StressReport& report, const StressColumn& column) {
    const StressMarket& market = *column.market;
    std::map<std::uint16_t, StressAdl> rows;
    std::set<std::tuple<double, std::uint32_t, std::int64_t>> steps;  // time, book, insolvent
    std::set<std::pair<std::uint16_t, std::uint32_t>> accounts;
    for (const AdlRow& r : column.outcome.adl) {
        const std::uint16_t venue = market.at(r.instrument).instrument.venue.raw();
        StressAdl& row = rows[venue];
        row.venue = market.venues[venue].name;
        row.usd += r.coins * r.price;
        ++row.fills;
        row.steps += steps.emplace(r.time_s, r.instrument.raw(), r.against_unit).second ? 1U : 0U;
        row.accounts +=
            accounts.emplace(venue, report.book->units[r.unit].account).second ? 1U : 0U;
    }
    return rows_in_order(std::move(rows));
}

std::vector<double> stress_figures(const StressReport& report, const StressOutcome& outcome) {
    const std::vector<CoinLine> coins = coin_lines(report);
    std::vector<double> out;
    out.reserve(outcome_figures().size() + coins.size());
    for (const OutcomeFigure& item : outcome_figures()) {
        out.push_back(item.value(outcome));
    }
    for (const CoinLine& row : coins) {
        out.push_back(mark_extreme(*report.market, outcome, row.coin, row.rising));
    }
    return out;
}

std::vector<std::string> shown_figures(const StressReport& report, const StressOutcome& outcome) {
    const std::vector<double> figures = stress_figures(report, outcome);
    std::vector<std::string> out;
    out.reserve(figures.size());
    for (const OutcomeFigure& item : outcome_figures()) {
        out.push_back(shown(item.unit, figures[out.size()]));
    }
    for (const CoinLine& row : coin_lines(report)) {
        out.push_back(mark_text(report.market->coins[row.coin], figures[out.size()]));
    }
    return out;
}

std::vector<StressLine> stress_lines(const StressReport& report) {
    if (report.columns.empty()) {
        return {};
    }
    std::vector<std::vector<double>> columns;
    for (const StressColumn& column : report.columns) {
        columns.push_back(stress_figures(report, column.outcome));
    }
    std::vector<std::vector<double>> varied;
    for (const StressVaried& other : report.varied) {
        varied.push_back(stress_figures(report, other.outcome));
    }
    std::vector<StressLine> out;
    const auto add = [&](std::string key, std::string label, auto&& shown_as, auto&& less) {
        const std::size_t k = out.size();
        StressLine& line = out.emplace_back();
        line.key = std::move(key);
        line.label = std::move(label);
        std::vector<double> others;
        others.reserve(varied.size());
        line.values.reserve(columns.size());
        for (const auto& figures : columns) {
            line.values.push_back(figures[k]);
        }
        for (const auto& figures : varied) {
            others.push_back(figures[k]);
        }
        show_line(line, others, shown_as);
        if (line.values.size() > 1 &&
            report.activation.size() <= 1) {  // else: between which proposals?
            line.difference = less(line.values.back(), line.values.front());
        }
    };
    for (const OutcomeFigure& item : outcome_figures()) {
        add(
            item.key,
            item.label,
            [&](double value) { return shown(item.unit, value); },
            [&](double last, double first) { return signed_text(item.unit, last - first); });
    }
    for (const CoinLine& row : coin_lines(report)) {
        const StressCoin& coin = report.market->coins[row.coin];
        const char* const which = row.rising ? "highest" : "lowest";
        add(
            fmt::format("{}_{}", coin.name, which),
            fmt::format("{} {} mark at a venue", coin.name, which),
            [&](double price) { return mark_text(coin, price); },
            [](double last, double first) { return format_percent(last / first - 1.0); });
    }
    return out;
}

std::vector<StressLine> figure_lines(const StressReport& report) {
    std::vector<StressLine> out = stress_lines(report);
    std::ranges::move(lending_lines(report), std::back_inserter(out));
    return out;
}

}  // namespace margincall::inline report
