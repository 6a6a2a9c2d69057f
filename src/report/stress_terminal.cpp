#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/palette.hpp"
#include "report/stress_report.hpp"
#include "report/text_table.hpp"

namespace margincall::inline report {
namespace {

constexpr std::size_t stress_label_width = 42;
constexpr std::size_t rows_shown = 10;

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
    std::string out = text_table(head, rows, colours);
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
           text_table(t.head, t.rows, colours);
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
