#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/palette.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline report {
namespace {

constexpr std::size_t stress_label_width = 42;
constexpr std::size_t rows_shown = 10;

std::string row_of(const TableRow& cells, const std::vector<std::size_t>& widths) {
    std::string out;
    for (std::size_t k = 0; k < cells.size(); ++k) {
        const std::string cell = base::shown(cells[k].shown);  // ids are other people's text
        out += k == 0 ? pad_right(cell, widths[k]) : "  " + pad_left(cell, widths[k]);
    }
    while (out.ends_with(' ')) {
        out.pop_back();
    }
    return out + "\n";
}

// First column to the left, the others to the right; as wide as their longest cell.
std::string table(const std::vector<std::string>& head,
                  const std::vector<TableRow>& rows,
                  const Palette& colours) {
    std::vector<std::size_t> widths;
    widths.reserve(head.size());
    for (const std::string& cell : head) {
        widths.push_back(display_width(base::shown(cell)));
    }
    for (const auto& row : rows) {
        for (std::size_t k = 0; k < row.size(); ++k) {
            widths[k] = std::max(widths[k], display_width(base::shown(row[k].shown)));
        }
    }
    std::string out;
    out += colours.dim;
    out += row_of({head.begin(), head.end()}, widths);
    out += colours.reset;
    for (const auto& row : rows) {
        out += row_of(row, widths);
    }
    return out;
}

std::string outcome_text(const StressReport& report, const Palette& colours) {
    std::vector<std::string> head{pad_right(report.shock, stress_label_width)};
    for (const StressColumn& column : report.columns) {
        head.push_back(column.name);
    }
    const bool several = report.columns.size() > 1 && report.activation.size() <= 1;
    if (!report.varied.empty()) {
        head.emplace_back("varied");
    }
    if (several) {
        head.emplace_back("difference");
    }
    std::vector<TableRow> rows;
    for (const StressLine& line : stress_lines(report)) {
        TableRow row{line.label};
        row.insert(row.end(), line.shown.begin(), line.shown.end());
        if (!report.varied.empty()) {
            row.emplace_back(line.range);
        }
        if (several) {
            row.emplace_back(line.difference);
        }
        rows.push_back(std::move(row));
    }
    std::string out = table(head, rows, colours);
    for (const StressColumn& column : report.columns) {
        for (const GroupDefault& d : column.outcome.defaults) {
            out += fmt::format("{}: {} with {} gross defaults\n",
                               column.name,
                               base::shown(report.book->groups[d.group]),
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

// The answer first: one paragraph, then each limit.
std::string answer_text(const StressReport& report, const Palette& colours) {
    std::string out;
    bool first = true;
    for (const std::string& sentence : stress_answer(report)) {
        out += first ? fmt::format("{}{}{}\n", colours.strong, base::shown(sentence), colours.reset)
                     : base::shown(sentence) + "\n";
        first = false;
    }
    for (const LimitVerdict& row : limit_verdicts(report)) {
        const std::string_view colour = row.verdict == Verdict::kept    ? colours.good
                                        : row.verdict == Verdict::close ? colours.strong
                                                                        : colours.bad;
        out += fmt::format("  {}{}{}  {}: {}\n",
                           colour,
                           verdict_word(row.verdict),
                           colours.reset,
                           base::shown(row.text),
                           row.figure);
    }
    return out;
}

std::string table_text(const StressTable& t, const Palette& colours) {
    return fmt::format("\n{}{}{}{}\n",
                       colours.strong,
                       t.title,
                       colours.reset,
                       t.note.empty() ? std::string{} : " (" + t.note + ")") +
           table(t.head, t.rows, colours);
}

}  // namespace

std::string stress_terminal(const StressReport& report, TerminalOptions options) {
    const Palette colours = palette_of(options.colour);
    std::string out = answer_text(report, colours);
    if (!report.columns.empty()) {
        out += "\n" + outcome_text(report, colours);
    }
    const std::vector<StressTable> tables = stress_tables(report, rows_shown);
    for (const StressTable& t : tables) {
        if (t.key != "breaks") {
            out += table_text(t, colours);
        }
    }
    out += fmt::format("\n{}Reconciliation{} with the figures in the file, tolerance {}\n",
                       colours.strong,
                       colours.reset,
                       format_percent(report.tolerance));
    for (const std::string& sentence : reconciliation_sentences(report)) {
        out += "  " + sentence + "\n";
    }
    for (const StressTable& t : tables) {
        if (t.key == "breaks") {
            out += table_text(t, colours);
        }
    }
    return out;
}

}  // namespace margincall::inline report
