#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.hpp"
#include "report/stress_report.hpp"

namespace margincall {
namespace {

constexpr std::size_t label_width = 42;
constexpr std::size_t breaks_shown = 12;

struct Palette {
    std::string_view strong, bad, dim, reset;
};
constexpr Palette plain{"", "", "", ""};
constexpr Palette ansi{"\x1b[1m", "\x1b[38;5;202m", "\x1b[2m", "\x1b[0m"};

std::string row_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string out;
    for (std::size_t k = 0; k < cells.size(); ++k) {
        out += k == 0 ? pad_right(cells[k], widths[k]) : "  " + pad_left(cells[k], widths[k]);
    }
    while (out.ends_with(' ')) {
        out.pop_back();
    }
    return out + "\n";
}

// First column to the left, the others to the right; as wide as their longest cell.
std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows,
                  const Palette& colours) {
    std::vector<std::size_t> widths;
    for (const std::string& cell : head) {
        widths.push_back(display_width(cell));
    }
    for (const auto& row : rows) {
        for (std::size_t k = 0; k < row.size(); ++k) {
            widths[k] = std::max(widths[k], display_width(row[k]));
        }
    }
    std::string out;
    out += colours.dim;
    out += row_of(head, widths);
    out += colours.reset;
    for (const auto& row : rows) {
        out += row_of(row, widths);
    }
    return out;
}

std::string reconciliation_text(const StressReport& report, const Palette& colours) {
    const Reconciliation& r = report.reconciliation;
    std::string out = fmt::format("{}Reconciliation{} with the figures in the file, tolerance {}\n",
                                  colours.strong,
                                  colours.reset,
                                  format_percent(report.tolerance));
    for (const BookFigure figure :
         {BookFigure::equity, BookFigure::margin, BookFigure::liquidation_price}) {
        const auto broken = static_cast<std::uint64_t>(
            std::count_if(r.breaks.begin(), r.breaks.end(), [&](const ReconciliationBreak& b) {
                return b.figure == figure;
            }));
        const std::uint64_t compared = r.compared[static_cast<std::size_t>(figure)];
        out += compared == 0 ? fmt::format("  {}not reported\n", pad_right(figure_word(figure), 20))
                             : fmt::format("  {}{} of {} agree\n",
                                           pad_right(figure_word(figure), 20),
                                           format_count(static_cast<double>(compared - broken)),
                                           format_count(static_cast<double>(compared)));
    }
    out +=
        fmt::format("  {}{}\n",
                    pad_right("below margin", 20),
                    r.units_below_margin == 0
                        ? std::string{"none at the prices of the book"}
                        : fmt::format("{} wallets or isolated positions already at the prices of "
                                      "the book; they are liquidated first",
                                      format_count(static_cast<double>(r.units_below_margin))));
    std::vector<std::vector<std::string>> rows;
    for (const ReconciliationBreak& b : r.breaks) {
        if (rows.size() == breaks_shown) {
            break;
        }
        const auto number = [](double v) {
            return std::isnan(v) ? std::string{"none"} : fmt::format("{:.6g}", v);
        };
        rows.push_back({fmt::format("  line {}", b.line),
                        report.book->accounts[report.book->units[b.unit].account].id,
                        figure_word(b.figure),
                        number(b.reported),
                        number(b.computed),
                        number(b.computed - b.reported)});
    }
    if (!rows.empty()) {
        out += table({"  breaks", "account", "figure", "in the file", "by the rules", "difference"},
                     rows,
                     colours);
    }
    if (r.breaks.size() > breaks_shown) {
        out += fmt::format("  and {} more in reconciliation.csv\n", r.breaks.size() - breaks_shown);
    }
    return out;
}

std::string outcome_text(const StressReport& report, const Palette& colours) {
    std::vector<std::string> head{pad_right(report.shock, label_width)};
    for (const StressColumn& column : report.columns) {
        head.push_back(column.name);
    }
    const bool several = report.columns.size() > 1;
    if (several) {
        head.emplace_back("difference");
    }
    std::vector<std::vector<std::string>> rows;
    for (const StressLine& line : stress_lines(report)) {
        std::vector<std::string> row{line.label};
        row.insert(row.end(), line.shown.begin(), line.shown.end());
        if (several) {
            row.push_back(line.difference);
        }
        rows.push_back(std::move(row));
    }
    std::string out = table(head, rows, colours);
    for (const StressColumn& column : report.columns) {
        for (const GroupDefault& d : column.outcome.defaults) {
            out += fmt::format("{}: {} with {} gross defaults\n",
                               column.name,
                               report.book->groups[d.group],
                               format_money(d.notional));
        }
        if (!column.outcome.settled) {
            out += fmt::format("{}{}: cases were still open {} after the start{}\n",
                               colours.bad,
                               column.name,
                               duration_text(duration_from_seconds(column.outcome.end_s)),
                               colours.reset);
        }
    }
    return out;
}

std::string pools_text(const StressReport& report, const Palette& colours) {
    std::string out;
    for (const StressColumn& column : report.columns) {
        std::vector<std::vector<std::string>> rows;
        for (const PoolResult& p : column.outcome.pools) {
            rows.push_back({report.market->pools[p.pool].name,
                            format_money(p.before),
                            format_money(p.lowest),
                            format_money(p.after),
                            format_money(p.fees + p.margin_taken),
                            format_money(p.shortfall),
                            format_money(p.taken_over),
                            format_money(p.held),
                            format_money(p.adl),
                            format_money(p.bad_debt),
                            p.emptied_time_s < 0.0
                                ? std::string{"no"}
                                : "at " + duration_text(duration_from_seconds(p.emptied_time_s))});
        }
        out += table({report.columns.size() > 1 ? "fund, " + column.name : std::string{"fund"},
                      "before",
                      "lowest",
                      "after",
                      "fees and margin in",
                      "shortfalls paid",
                      "taken over",
                      "still held",
                      "ADL",
                      "bad debt",
                      "emptied"},
                     rows,
                     colours);
    }
    return out;
}

std::string activation_text(const StressReport& report, const Palette& colours) {
    if (report.activation.empty()) {
        return {};
    }
    std::vector<std::vector<std::string>> rows;
    for (const ActivationStage& s : report.activation) {
        rows.push_back(
            {s.share == 0.0 ? std::string{"today"} : format_percent(s.share) + " of the way",
             format_count(static_cast<double>(s.accounts_pushed)),
             format_money(s.notional_pushed),
             format_money(s.missing_pushed),
             format_count(static_cast<double>(s.units_below)),
             format_count(static_cast<double>(s.units_below_initial))});
    }
    return fmt::format("\n{}Activation of the proposed rules{} at the prices of the book\n",
                       colours.strong,
                       colours.reset) +
           table({"stage",
                  "accounts pushed below margin",
                  "their positions",
                  "missing margin",
                  "below maintenance",
                  "below initial"},
                 rows,
                 colours);
}

std::string reverse_text(const StressReport& report, const Palette& colours) {
    if (!report.reverse) {
        return {};
    }
    const auto size = [](const ReverseRow& row, std::size_t g) {
        return row.bps[g]
                   ? fmt::format("{}{:.2f} %",
                                 row.direction < 0.0 ? "−" : "+",
                                 static_cast<double>(*row.bps[g]) * 0.01)
                   : fmt::format("not up to {:.0f} %", static_cast<double>(row.bps_max) * 0.01);
    };
    std::vector<std::vector<std::string>> rows;
    for (const ReverseRow& row : report.reverse->sizes) {
        const std::string name = report.market->coins[row.coin.raw()].name;
        rows.push_back(
            {fmt::format("{} {}{}",
                         name,
                         row.direction < 0.0 ? "down" : "up",
                         row.others == UnnamedCoins::by_beta ? ", others by beta" : " alone"),
             size(row, 0),
             size(row, 1),
             size(row, 2)});
    }
    std::string out =
        fmt::format("\n{}Reverse stress{}: the smallest move {} that …\n",
                    colours.strong,
                    colours.reset,
                    report.reverse->sizes.empty() || report.reverse->sizes.front().over.raw() == 0
                        ? std::string{"at once"}
                        : "in " + duration_text(report.reverse->sizes.front().over));
    std::vector<std::string> head{"direction"};
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        head.emplace_back(goal_word(static_cast<ReverseGoal>(g)));
    }
    out += table(head, rows, colours);
    rows.clear();
    for (const ReverseSpeed& row : report.reverse->speeds) {
        std::vector<std::string> cells{fmt::format("{} {}{:.2f} %, others by beta",
                                                   report.market->coins[row.coin.raw()].name,
                                                   row.direction < 0.0 ? "−" : "+",
                                                   static_cast<double>(row.bps) * 0.01)};
        for (const auto& slowest : row.slowest) {
            cells.push_back(!slowest                  ? "not even at once"
                            : *slowest == row.longest ? "even over " + duration_text(*slowest)
                            : slowest->raw() == 0     ? "only at once"
                                                      : "up to " + duration_text(*slowest));
        }
        rows.push_back(std::move(cells));
    }
    if (!rows.empty()) {
        head.front() = "slowest way";
        out += "\n" + table(head, rows, colours);
    }
    return out;
}

std::string book_tables(const StressReport& report, const Palette& colours) {
    std::vector<std::vector<std::string>> rows;
    for (const Concentration& c : report.concentration) {
        rows.push_back(
            {c.coin.valid() ? report.market->coins[c.coin.raw()].name : std::string{"all"},
             format_money(c.gross),
             format_money(c.net),
             format_count(static_cast<double>(c.groups)),
             format_percent(c.top1),
             format_percent(c.top5),
             format_percent(c.top20),
             fmt::format("{:.0f}", c.effective)});
    }
    std::string out =
        fmt::format("\n{}Concentration{} of owner groups\n", colours.strong, colours.reset) +
        table({"coin", "gross", "net", "groups", "largest", "top 5", "top 20", "as if"},
              rows,
              colours);
    rows.clear();
    for (const Horizon& h : report.horizons) {
        // The largest of each coin; the rest stands in horizon.csv.
        if (!rows.empty() && rows.back().front() == report.market->coins[h.coin.raw()].name) {
            continue;
        }
        rows.push_back({report.market->coins[h.coin.raw()].name,
                        report.book->groups[h.group],
                        h.side == Side::buy ? "long" : "short",
                        format_money(h.usd),
                        format_money(h.depth_1pct),
                        format_percent(h.at_once_filled),
                        format_money(h.at_once_cost),
                        h.hours_at_tenth > 0.0
                            ? duration_text(duration_from_seconds(h.hours_at_tenth * 3600.0))
                            : std::string{no_data}});
    }
    return out +
           fmt::format("\n{}Liquidation horizon{} of the largest position in each coin\n",
                       colours.strong,
                       colours.reset) +
           table({"coin",
                  "owner group",
                  "side",
                  "net",
                  "depth within 1 %",
                  "fills at once",
                  "slippage at once",
                  "at 10 % of volume"},
                 rows,
                 colours);
}

}  // namespace

std::string stress_terminal(const StressReport& report, TerminalOptions options) {
    const Palette& colours = options.colour == Colour::yes ? ansi : plain;
    return reconciliation_text(report, colours) + "\n" + outcome_text(report, colours) + "\n" +
           pools_text(report, colours) + activation_text(report, colours) +
           reverse_text(report, colours) + book_tables(report, colours);
}

}  // namespace margincall
