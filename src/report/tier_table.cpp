#include "report/tier_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/csv_cell.hpp"
#include "report/format.hpp"
#include "rules/margin.hpp"

namespace margincall::inline report {
namespace {

std::string tier_words(const TierRow& row) {
    if (row.tier == 0) {
        return fmt::format("{} {}, rates of the account's own", row.venue, row.coin);
    }
    return fmt::format(
        "{} {}, tier {}: above {}", row.venue, row.coin, row.tier, format_money(row.floor));
}

}  // namespace

std::vector<TierRow> tier_rows(const StressReport& report, const StressColumn& column) {
    const AccountBook& book = *report.book;
    const StressMarket& market = *column.market;
    std::map<std::tuple<std::uint32_t, std::size_t>, TierRow> rows;  // by instrument, tier
    std::map<std::tuple<std::uint32_t, std::uint32_t, Side>, TierRow*>
        of;  // by unit, instrument, side
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        const MarginUnit& unit = book.units[u];
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            const BookPosition& p = book.positions[unit.first_position + k];
            const StressInstrument& at = market.at(p.instrument);
            const Money value = notional(at.instrument, at.mark, p.lots);
            const bool own = p.override_row >= 0 || at.tiers.empty();
            const std::size_t tier =
                own ? 0
                    : 1 + static_cast<std::size_t>(&tier_of(at.tiers, value) - &at.tiers.front());
            TierRow& row = rows[{p.instrument.raw(), tier}];
            row.venue = market.venues[at.instrument.venue.raw()].name;
            row.coin = market.coins[at.instrument.base.raw()].name;
            row.tier = tier;
            if (!own) {
                const MarginTier& rules = at.tiers[tier - 1];
                row.floor = to_usd(rules.floor);
                row.cap = to_usd(rules.cap);
                row.rate = static_cast<double>(rules.mmr_ppm) * 1e-6;
            }
            ++row.positions;
            row.notional += to_usd(value);
            of[{u, p.instrument.raw(), p.side}] = &row;
        }
    }
    for (const LiquidationRow& r : column.outcome.liquidations) {
        TierRow& row = *of.at({r.unit, r.instrument.raw(), r.side});
        (r.by == ClosedBy::book  ? row.book
         : r.by == ClosedBy::adl ? row.adl
                                 : row.taken) += r.notional;
    }
    std::vector<TierRow> out;
    out.reserve(rows.size());
    for (auto& [key, row] : rows) {
        out.push_back(std::move(row));
    }
    std::ranges::stable_sort(out, [](const TierRow& a, const TierRow& b) {
        return a.taken + a.adl != b.taken + b.adl ? a.taken + a.adl > b.taken + b.adl
                                                  : a.liquidated() > b.liquidated();
    });
    return out;
}

StressTable tier_table(const StressReport& report, std::size_t rows_most) {
    std::vector<TierRow> rows = tier_rows(report, report.columns.front());
    std::erase_if(rows, [](const TierRow& row) { return row.liquidated() == 0.0; });
    StressTable out{
        "tiers",
        "Margin tiers, " + report.columns.front().name,
        "positions by their value at the start; what funds and winners got most of first" +
            (rows.size() > rows_most ? fmt::format("; {} of {}, all of them in tiers.csv",
                                                   rows_most,
                                                   format_count(static_cast<double>(rows.size())))
                                     : std::string{}),
        {"venue, coin and tier",
         "maintenance",
         "positions",
         "notional",
         "liquidated",
         "met the book",
         "taken over",
         "deleveraged"},
        {}};
    for (const TierRow& row : rows) {
        if (out.rows.size() == rows_most) {
            break;
        }
        out.rows.push_back(
            {tier_words(row),
             row.tier == 0 ? std::string{no_data} : fmt::format("{:.4g} %", 100.0 * row.rate),
             count_cell(row.positions),
             money_cell(row.notional),
             money_cell(row.liquidated()),
             money_cell(row.book),
             money_cell(row.taken),
             money_cell(row.adl)});
    }
    return out;
}

std::string tiers_csv(const StressReport& report) {
    std::string out =
        "case,venue,coin,tier,floor_usd,cap_usd,maintenance_rate,positions,notional_usd,in_book_"
        "usd,"
        "taken_over_usd,adl_usd\n";
    for (const StressColumn& column : report.columns) {
        for (const TierRow& row : tier_rows(report, column)) {
            out += fmt::format("{},{},{},{},{:.2f},{:.2f},{:.6f},{},{:.2f},{:.2f},{:.2f},{:.2f}\n",
                               csv_cell(column.name),
                               csv_cell(row.venue),
                               csv_cell(row.coin),
                               row.tier,
                               row.floor,
                               row.cap,
                               row.rate,
                               row.positions,
                               row.notional,
                               row.book,
                               row.taken,
                               row.adl);
        }
    }
    return out;
}

}  // namespace margincall::inline report
