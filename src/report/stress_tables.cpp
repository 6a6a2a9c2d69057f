#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>

#include "report/format.hpp"
#include "report/lending_tables.hpp"
#include "report/stress_adl_rules.hpp"
#include "report/stress_report.hpp"
#include "report/stress_reverse.hpp"
#include "report/tier_table.hpp"

namespace margincall::inline report {
namespace {

std::string count(std::uint64_t n) {
    return format_count(static_cast<double>(n));
}

// Seconds after the start of the shock.
TableCell moment_cell(double seconds_in) {
    return number_cell(seconds_in <= 0.0
                           ? std::string{"at once"}
                           : "after " + duration_text(duration_from_seconds(seconds_in)),
                       std::max(seconds_in, 0.0));
}
// Where a number would stand and there is none.
TableCell without_number(std::string text) {
    return number_cell(std::move(text), std::numeric_limits<double>::quiet_NaN());
}

const std::string& account(const StressReport& report, std::uint32_t unit) {
    return report.book->accounts[report.book->units[unit].account].id;
}

std::string place(const StressReport& report, const StressColumn& column, const std::string& name) {
    return report.columns.size() > 1 ? name + ", " + column.name : name;
}

StressTable breaks_table(const StressReport& report, std::size_t rows_most) {
    const std::vector<ReconciliationBreak>& breaks = report.reconciliation.breaks;
    StressTable out{
        "breaks",
        "Breaks",
        breaks.size() > rows_most
            ? fmt::format(
                  "{} of {}; all of them in reconciliation.csv", rows_most, count(breaks.size()))
            : std::string{},
        {"line", "account", "figure", "in the file", "by the rules", "difference", "cause"},
        {}};
    const auto number = [](double v) {
        return number_cell(std::isnan(v) ? std::string{"none"} : fmt::format("{:.8g}", v), v);
    };
    for (const ReconciliationBreak& b : breaks) {
        if (out.rows.size() == rows_most) {
            break;
        }
        out.rows.push_back({number_cell(fmt::format("{}", b.line), static_cast<double>(b.line)),
                            id_cell(account(report, b.unit)),
                            figure_word(b.figure),
                            number(b.reported),
                            number(b.computed),
                            number(b.computed - b.reported),
                            cause_words(b.cause)});
    }
    return out;
}

StressTable funds_table(const StressReport& report) {
    StressTable out{
        "funds",
        "Funds, engines and vaults",
        "equity: cash and what was taken over, at mark; refused for its cap: what it had money "
        "but no room for, deleveraged or kept for want of a winner instead",
        {"fund",
         "before",
         "lowest",
         "after",
         "fees and margin in",
         "shortfalls paid",
         "taken over",
         "still held",
         "ADL",
         "refused for its cap",
         "bad debt",
         "emptied"},
        {}};
    for (const StressColumn& column : report.columns) {
        for (const PoolResult& p : column.outcome.pools) {
            out.rows.push_back(
                {place(report, column, column.market->pools[p.pool].name),
                 money_cell(p.before),
                 money_cell(p.lowest),
                 money_cell(p.after),
                 money_cell(p.fees + p.margin_taken),
                 money_cell(p.shortfall),
                 money_cell(p.taken_over),
                 money_cell(p.held),
                 money_cell(p.adl),
                 money_cell(p.past_cap),
                 money_cell(p.bad_debt),
                 p.emptied_time_s < 0.0 ? without_number("no") : moment_cell(p.emptied_time_s)});
        }
    }
    return out;
}

// The largest, of all cases together.
StressTable routes_table(const StressReport& report, std::size_t rows_most) {
    struct Route {
        const StressColumn* column;
        StressRoutes of;
    };
    std::vector<Route> all;
    for (const StressColumn& column : report.columns) {
        for (StressRoutes& r : stress_routes(column)) {
            all.push_back({&column, std::move(r)});
        }
    }
    std::ranges::stable_sort(all, std::greater<>{}, [](const Route& r) { return r.of.usd(); });
    StressTable out{"routes",
                    "Which way liquidated notional went",
                    "what was taken over and sold again is counted once",
                    {"venue and coin",
                     "liquidated",
                     "met the book",
                     "taken over",
                     "of it no counterparty",
                     "deleveraged"},
                    {}};
    if (all.size() > rows_most) {
        out.note += fmt::format(
            "; the {} largest of {}, all of them in routes.csv", rows_most, count(all.size()));
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(rows_most), all.end());
    }
    for (const auto& [column, r] : all) {
        out.rows.push_back({place(report, *column, r.venue + " " + r.coin),
                            money_cell(r.usd()),
                            percent_cell(r.book / r.usd()),
                            percent_cell(r.takeover / r.usd()),
                            percent_cell(r.no_counterparty / r.usd()),
                            percent_cell(r.adl / r.usd())});
    }
    return out;
}

StressTable adl_venues_table(const StressReport& report) {
    StressTable out{"adl_venues",
                    "Auto-deleveraging by venue",
                    "a step closes one insolvent position, a fill one winner against it",
                    {"venue", "notional", "accounts", "steps", "fills"},
                    {}};
    for (const StressColumn& column : report.columns) {
        for (const StressAdl& r : stress_adl(report, column)) {
            out.rows.push_back({place(report, column, r.venue),
                                money_cell(r.usd),
                                count_cell(r.accounts),
                                count_cell(r.steps),
                                count_cell(r.fills)});
        }
    }
    return out;
}

StressTable sizes_table(const StressReport& report) {
    StressTable out{"sizes",
                    "The same shock at other sizes",
                    "each from the start of the book; the page shows one at a time",
                    {"shock",
                     "accounts",
                     "liquidated",
                     "largest draw of funds",
                     "funds emptied",
                     "deleveraged",
                     "bad debt"},
                    {}};
    for (const StressVaried& size : report.sizes) {
        const StressOutcome& o = size.outcome;
        out.rows.push_back({size.name,
                            count_cell(o.accounts_liquidated),
                            money_cell(o.liquidated_long + o.liquidated_short),
                            money_cell(o.fund_draw),
                            count_cell(o.funds_emptied),
                            money_cell(pool_sum(o.pools, &PoolResult::adl)),
                            money_cell(o.bad_debt)});
    }
    return out;
}

TableCell cost_cell(const RestingDepth::Cost& cost, double usd) {
    return cost.filled_usd < usd * (1.0 - 1e-9)
               ? without_number(fmt::format("{} fills", format_percent(cost.filled_usd / usd)))
               : percent_cell(cost.slippage_usd / cost.filled_usd);
}

StressTable unwind_table(const StressReport& report) {
    StressTable out{"unwind",
                    "Cost of closing at once, all venues of the coin together",
                    "share of the amount lost against the reference price; at the start and when "
                    "forced orders had "
                    "moved the coin's books furthest; a share that fills where there is not enough",
                    {"coin and side"},
                    {}};
    for (const double usd : unwind_sizes) {
        out.head.push_back(format_money(usd) + " at the start");
        out.head.emplace_back("at the worst");
    }
    out.head.emplace_back("worst");
    const std::vector<bool> held = held_coins(*report.book, *report.market);
    for (const UnwindCost& row : report.columns.front().outcome.unwind) {
        if (!held[row.coin.raw()]) {
            continue;
        }
        TableRow cells{fmt::format("{} {}",
                                   report.market->coins[row.coin.raw()].name,
                                   row.side == Side::buy ? "selling" : "buying")};
        for (std::size_t k = 0; k < unwind_sizes.size(); ++k) {
            cells.push_back(cost_cell(row.start[k], unwind_sizes[k]));
            cells.push_back(cost_cell(row.worst[k], unwind_sizes[k]));
        }
        cells.push_back(row.worst_time_s < 0.0 ? without_number("untouched")
                                               : moment_cell(row.worst_time_s));
        out.rows.push_back(std::move(cells));
    }
    return out;
}

StressTable activation_table(const StressReport& report) {
    StressTable out{
        "activation",
        "Activation of the proposed rules",
        "at the prices of the book, before any shock; each stage a part of the way from "
        "today's requirements to the proposed ones",
        {"stage",
         "accounts pushed below margin",
         "their positions",
         "missing margin",
         "below maintenance",
         "below initial"},
        {}};
    const bool several = report.activation.size() > 1;
    for (const auto& [name, stages] : report.activation) {
        for (const ActivationStage& s : stages) {
            const std::string stage =
                s.share == 0.0 ? std::string{"today"} : format_percent(s.share) + " of the way";
            out.rows.push_back({several ? fmt::format("{}, {}", name, stage) : stage,
                                count_cell(s.accounts_pushed),
                                money_cell(s.notional_pushed),
                                money_cell(s.missing_pushed),
                                count_cell(s.units_below),
                                count_cell(s.units_below_initial)});
        }
    }
    return out;
}

// The largest of one case, by what was closed.
StressTable liquidated_table(const StressReport& report, std::size_t rows_most) {
    StressTable out{"liquidated",
                    "Largest liquidations, " + report.columns.front().name,
                    "single steps; all of them in liquidations.csv",
                    {"account",
                     "position",
                     "closed by",
                     "notional",
                     "price",
                     "mark",
                     "bankruptcy price",
                     "slippage",
                     "when"},
                    {}};
    const std::vector<LiquidationRow>& all = report.columns.front().outcome.liquidations;
    std::vector<const LiquidationRow*> rows;
    rows.reserve(all.size());
    for (const LiquidationRow& r : all) {
        rows.push_back(&r);
    }
    const std::size_t shown = std::min(rows_most, rows.size());
    std::partial_sort(rows.begin(),
                      rows.begin() + static_cast<std::ptrdiff_t>(shown),
                      rows.end(),
                      [](const LiquidationRow* a, const LiquidationRow* b) {
                          return a->notional != b->notional ? a->notional > b->notional : a < b;
                      });
    for (std::size_t k = 0; k < shown; ++k) {
        const LiquidationRow& r = *rows[k];
        out.rows.push_back(
            {id_cell(account(report, r.unit)),
             report.market->at(r.instrument).name + " " + side_word(r.side),
             closed_by_word(r.by),
             money_cell(r.notional),
             price_cell(r.price),
             price_cell(r.mark),
             price_cell(r.bankruptcy),
             r.by == ClosedBy::book ? money_cell(r.slippage) : without_number(std::string{no_data}),
             moment_cell(r.time_s)});
    }
    return out;
}

StressTable adl_table(const StressReport& report, std::size_t rows_most) {
    const std::vector<AdlRow>& all = report.columns.front().outcome.adl;
    StressTable out{
        "adl",
        "Auto-deleveraging, " + report.columns.front().name,
        all.size() > rows_most
            ? fmt::format(
                  "the first {} of {}; all of them in adl.csv", rows_most, count(all.size()))
            : std::string{},
        {"account",
         "position",
         "rank",
         "leverage",
         "notional",
         "price",
         "mark",
         "profit taken",
         "forgone by the end",
         "when"},
        {}};
    for (std::size_t k = 0; k < std::min(rows_most, all.size()); ++k) {
        const AdlRow& r = all[k];
        out.rows.push_back({id_cell(account(report, r.unit)),
                            report.market->at(r.instrument).name + " " + side_word(r.side),
                            count_cell(r.rank),
                            number_cell(fmt::format("{:.2f}", r.leverage), r.leverage),
                            money_cell(r.coins * r.price),
                            price_cell(r.price),
                            price_cell(r.mark),
                            money_cell(r.profit),
                            money_cell(r.forgone),
                            moment_cell(r.time_s)});
    }
    return out;
}

StressTable concentration_table(const StressReport& report) {
    StressTable out{"concentration",
                    "Concentration of owner groups",
                    "shares of gross notional; as if: as many groups of equal size",
                    {"coin", "gross", "net", "groups", "largest", "top 5", "top 20", "as if"},
                    {}};
    for (const Concentration& c : report.concentration) {
        out.rows.push_back(
            {c.coin.valid() ? report.market->coins[c.coin.raw()].name : std::string{"all"},
             money_cell(c.gross),
             money_cell(c.net),
             count_cell(c.groups),
             percent_cell(c.top1),
             percent_cell(c.top5),
             percent_cell(c.top20),
             number_cell(fmt::format("{:.0f}", c.effective), c.effective)});
    }
    return out;
}

StressTable horizon_table(const StressReport& report, std::size_t per_coin) {
    StressTable out{"horizon",
                    "Liquidation horizon of the largest positions",
                    "net over venues, against the depth of all venues of the coin",
                    {"coin",
                     "owner group",
                     "side",
                     "net",
                     "depth within 1 %",
                     "fills at once",
                     "slippage at once",
                     "at 10 % of volume"},
                    {}};
    std::map<std::uint16_t, std::size_t> shown;
    for (const Horizon& h : report.horizons) {
        if (++shown[h.coin.raw()] > per_coin) {
            continue;
        }
        out.rows.push_back(
            {report.market->coins[h.coin.raw()].name,
             id_cell(report.book->groups[h.group]),
             side_word(h.side),
             money_cell(h.usd),
             money_cell(h.depth_1pct),
             percent_cell(h.at_once_filled),
             money_cell(h.at_once_cost),
             h.hours_at_tenth > 0.0
                 ? number_cell(duration_text(duration_from_seconds(h.hours_at_tenth * 3600.0)),
                               h.hours_at_tenth * 3600.0)
                 : without_number(std::string{no_data})});
    }
    return out;
}

}  // namespace

std::vector<StressTable> stress_tables(const StressReport& report, std::size_t rows_most) {
    std::vector<StressTable> lending = lending_tables(report, rows_most);
    std::erase_if(lending, [](const StressTable& t) { return t.rows.empty(); });
    if (report.columns.empty()) {
        return lending;
    }
    std::vector<StressTable> out{funds_table(report),
                                 routes_table(report, rows_most),
                                 tier_table(report, rows_most),
                                 adl_venues_table(report),
                                 sizes_table(report),
                                 unwind_table(report)};
    std::ranges::move(lending, std::back_inserter(out));
    if (!report.activation.empty()) {
        out.push_back(activation_table(report));
    }
    std::ranges::move(adl_rule_tables(report), std::back_inserter(out));
    if (report.reverse) {
        std::ranges::move(reverse_tables({*report.reverse, *report.market, report.moves}),
                          std::back_inserter(out));
    }
    out.push_back(liquidated_table(report, rows_most));
    out.push_back(adl_table(report, rows_most));
    out.push_back(concentration_table(report));
    out.push_back(horizon_table(report, rows_most > 20 ? 3 : 1));
    out.push_back(breaks_table(report, rows_most));
    std::erase_if(out, [](const StressTable& t) { return t.rows.empty(); });
    return out;
}

}  // namespace margincall::inline report
