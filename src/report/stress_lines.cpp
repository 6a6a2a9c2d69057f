#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "report/format.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline report {
namespace {

enum class Form : std::uint8_t { money, count };

struct Item {
    const char* key;
    const char* label;
    Form form;
    double (*value)(const StressOutcome&);
};

double pool_sum(const StressOutcome& outcome, double PoolResult::*part) {
    double usd = 0.0;
    for (const PoolResult& p : outcome.pools) {
        usd += p.*part;
    }
    return usd;
}

constexpr std::array items = {
    Item{"accounts_liquidated",
         "accounts liquidated",
         Form::count,
         [](const StressOutcome& o) { return static_cast<double>(o.accounts_liquidated); }},
    Item{"liquidated_usd",
         "liquidated, notional",
         Form::money,
         [](const StressOutcome& o) { return o.liquidated_long + o.liquidated_short; }},
    Item{"liquidated_long_usd",
         "  of it long",
         Form::money,
         [](const StressOutcome& o) { return o.liquidated_long; }},
    Item{"in_book_usd",
         "  sold into the books",
         Form::money,
         [](const StressOutcome& o) { return o.in_book; }},
    Item{"taken_over_usd",
         "  taken over by funds, engines, vaults",
         Form::money,
         [](const StressOutcome& o) { return o.taken_over; }},
    Item{"no_counterparty_usd",
         "    of it for want of a winner in the book",
         Form::money,
         [](const StressOutcome& o) { return pool_sum(o, &PoolResult::no_counterparty); }},
    Item{"deleveraged_usd",
         "  closed by auto-deleveraging",
         Form::money,
         [](const StressOutcome& o) { return o.by_adl; }},
    Item{"past_cap_usd",
         "refused by funds with money for their cap",
         Form::money,
         [](const StressOutcome& o) { return pool_sum(o, &PoolResult::past_cap); }},
    Item{"slippage_usd",
         "slippage of liquidations",
         Form::money,
         [](const StressOutcome& o) { return o.slippage; }},
    Item{"units_bankrupt",
         "bankrupt (wallet or isolated position)",
         Form::count,
         [](const StressOutcome& o) { return static_cast<double>(o.units_bankrupt); }},
    Item{"fund_before_usd",
         "funds before",
         Form::money,
         [](const StressOutcome& o) { return o.fund_before; }},
    Item{"fund_draw_usd",
         "largest draw, summed over funds",
         Form::money,
         [](const StressOutcome& o) { return o.fund_draw; }},
    Item{"fund_after_usd",
         "funds after, positions at mark",
         Form::money,
         [](const StressOutcome& o) { return o.fund_after; }},
    Item{"funds_emptied",
         "funds emptied",
         Form::count,
         [](const StressOutcome& o) { return static_cast<double>(o.funds_emptied); }},
    Item{"adl_usd",
         "ADL, notional of winners closed",
         Form::money,
         [](const StressOutcome& o) { return pool_sum(o, &PoolResult::adl); }},
    Item{"adl_accounts",
         "  accounts",
         Form::count,
         [](const StressOutcome& o) { return static_cast<double>(o.adl_accounts); }},
    Item{"adl_forgone_usd",
         "  profit forgone by the end",
         Form::money,
         [](const StressOutcome& o) { return o.adl_forgone; }},
    Item{
        "bad_debt_usd", "bad debt", Form::money, [](const StressOutcome& o) { return o.bad_debt; }},
};

std::string shown(Form form, double value) {
    return form == Form::money ? format_money(value) : format_count(value);
}

std::string signed_text(Form form, double change) {
    if (change == 0.0) {
        return "0";
    }
    const std::string text = shown(form, std::fabs(change));
    return (change > 0.0 ? "+" : "−") + text;
}

StressLine make_line(std::string key, std::string label, Form form, std::vector<double> values) {
    StressLine line{std::move(key), std::move(label), std::move(values), {}, {}};
    for (const double value : line.values) {
        line.shown.push_back(shown(form, value));
    }
    if (line.values.size() > 1) {
        line.difference = signed_text(form, line.values.back() - line.values.front());
    }
    return line;
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

std::vector<StressLine> stress_lines(const StressReport& report) {
    std::vector<StressLine> out;
    for (const Item& item : items) {
        std::vector<double> values;
        for (const StressColumn& column : report.columns) {
            values.push_back(item.value(column.outcome));
        }
        out.push_back(make_line(item.key, item.label, item.form, std::move(values)));
    }
    // The lowest (or for a rising coin the highest) mark of each coin over its venues.
    for (std::size_t c = 0; c < report.market->coins.size(); ++c) {
        StressLine line;
        const StressCoin& coin = report.market->coins[c];
        bool rising = false;
        for (const StressColumn& column : report.columns) {
            double low = INFINITY;
            double high = 0.0;
            for (const InstrumentResult& row : column.outcome.instruments) {
                if (report.market->at(row.instrument).instrument.base.raw() == c) {
                    low = std::min(low, row.lowest);
                    high = std::max(high, row.highest);
                    rising = rising || row.reference_end > row.start;
                }
            }
            if (high <= 0.0) {
                continue;
            }
            line.values.push_back(rising ? high : low);
            line.shown.push_back(
                fmt::format("{} ({})",
                            format_price(line.values.back()),
                            format_percent(line.values.back() / coin.price - 1.0)));
        }
        if (line.values.size() == report.columns.size()) {
            line.key = fmt::format("{}_{}", coin.name, rising ? "highest" : "lowest");
            line.label =
                fmt::format("{} {} mark at a venue", coin.name, rising ? "highest" : "lowest");
            if (line.values.size() > 1) {
                line.difference = format_percent(line.values.back() / line.values.front() - 1.0);
            }
            out.push_back(std::move(line));
        }
    }
    return out;
}

}  // namespace margincall::inline report
