// What of a file's own figures the rules reproduce, in sentences: the one place that words and counts it for the
// terminal, the JSON lines and the page.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "report/format.hpp"
#include "report/lending_tables.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline report {
namespace {

std::string whole(std::uint64_t n) {
    return format_count(static_cast<double>(n));
}

std::string share(std::uint64_t part, std::uint64_t of) {
    return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(of));
}

// "equity 1 of 1 (100.0 %; $120,000 of $120,000)"
std::string agreement(const AgreementRow& row) {
    const FigureAgreement& f = row.figures;
    if (f.compared == 0) {
        return row.plural + " not reported";
    }
    return fmt::format("{} {} of {} ({}; {} of {} of {})",
                       row.plural,
                       whole(f.agree),
                       whole(f.compared),
                       share(f.agree, f.compared),
                       format_money(f.usd_agree),
                       format_money(f.usd_compared),
                       row.of);
}

std::string first_line(const StressReport& report, const std::vector<AgreementRow>& rows) {
    if (std::ranges::all_of(rows, [](const AgreementRow& r) { return r.figures.compared == 0; })) {
        return "The file says no figure of its own that could be compared: no equity, margin, "
               "liquidation price or health factor.";
    }
    std::vector<std::string> parts;
    parts.reserve(rows.size());
    for (const AgreementRow& row : rows) {
        parts.push_back(agreement(row));
    }
    return fmt::format("Of the file's own figures agree within {:g} %: {}.",
                       100.0 * report.tolerance,
                       fmt::join(parts, "; "));
}

// "Liquidation prices that do not agree (160): unknown tier 120 ($1.0 m), ..."
std::string breaks(const AgreementRow& row) {
    std::vector<std::string> parts;
    for (std::size_t c = 0; c < break_causes; ++c) {
        const CauseCount& cause = row.figures.causes[c];
        if (cause.figures > 0) {
            parts.push_back(fmt::format("{} {} ({})",
                                        cause_words(static_cast<BreakCause>(c)),
                                        whole(cause.figures),
                                        format_money(cause.usd)));
        }
    }
    std::string out = fmt::format("{} that do not agree ({}): {}.",
                                  row.plural,
                                  whole(row.figures.compared - row.figures.agree),
                                  fmt::join(parts, ", "));
    out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
    return out;
}

std::string input_sentence(LineInput input, const InputAgreement& one) {
    return fmt::format(
        "Liquidation prices, {}: {} of {} agree, {}{}.",
        input_words(input),
        whole(one.agree),
        whole(one.compared),
        share(one.agree, one.compared),
        one.other_rate > 0
            ? fmt::format("; {} of the others at another maintenance rate", whole(one.other_rate))
            : std::string{});
}

// What is not compared, and how much of the book that is.
std::string not_compared(const StressReport& report) {
    const Reconciliation& r = report.reconciliation;
    const FigureAgreement& prices = r.of(BookFigure::liquidation_price);
    const std::uint64_t positions = report.book->positions.size();
    const std::uint64_t without = positions - prices.compared - prices.of_itself;
    std::vector<std::string> parts;
    if (prices.of_itself > 0) {
        parts.push_back(fmt::format("{} liquidation prices that fixed their account's equity",
                                    whole(prices.of_itself)));
    }
    if (without > 0) {
        parts.push_back(fmt::format("{} of {} positions without a liquidation price in the file",
                                    whole(without),
                                    whole(positions)));
    }
    if (parts.empty()) {
        return {};
    }
    return fmt::format("Not compared: {}; the book's positions are worth {}.",
                       fmt::join(parts, ", "),
                       format_money(r.book_usd));
}

std::vector<std::string> book_sentences(const StressReport& report) {
    const Reconciliation& r = report.reconciliation;
    std::vector<std::string> out;
    const bool several_inputs =
        std::ranges::count_if(r.by_input, [](const auto& one) { return one.compared > 0; }) > 1;
    for (std::size_t k = 0; several_inputs && k < input_kinds; ++k) {
        if (r.by_input[k].compared > 0) {
            out.push_back(input_sentence(static_cast<LineInput>(k), r.by_input[k]));
        }
    }
    if (std::string rest = not_compared(report); !rest.empty()) {
        out.push_back(std::move(rest));
    }
    out.push_back(r.units_below_margin == 0
                      ? std::string{"Below margin at the prices of the book: none."}
                      : fmt::format("Below margin at the prices of the book already: {} wallets or "
                                    "isolated positions; they are liquidated first.",
                                    whole(r.units_below_margin)));
    if (report.book->rows_left_out > 0) {
        out.push_back(fmt::format("Left out: {} lines, {} accounts with everything they hold.",
                                  whole(report.book->rows_left_out),
                                  whole(report.book->accounts_left_out)));
    }
    return out;
}

}  // namespace

std::vector<AgreementRow> agreement_rows(const StressReport& report) {
    std::vector<AgreementRow> out;
    if (!report.columns.empty()) {
        const Reconciliation& r = report.reconciliation;
        out = {{figure_word(BookFigure::equity), "equities", "equity", r.of(BookFigure::equity)},
               {figure_word(BookFigure::margin),
                "maintenance margins",
                "margin",
                r.of(BookFigure::margin)},
               {figure_word(BookFigure::liquidation_price),
                "liquidation prices",
                "positions",
                r.of(BookFigure::liquidation_price)}};
    }
    if (report.lending) {
        out.push_back({"health factor", "health factors", "debt", report.lending->health.figures});
    }
    return out;
}

std::vector<std::string> reconciliation_sentences(const StressReport& report) {
    const std::vector<AgreementRow> rows = agreement_rows(report);
    std::vector<std::string> out{first_line(report, rows)};
    for (const AgreementRow& row : rows) {
        if (row.figures.agree < row.figures.compared) {
            out.push_back(breaks(row));
        }
    }
    if (!report.columns.empty()) {
        std::ranges::move(book_sentences(report), std::back_inserter(out));
    }
    std::ranges::move(lending_sentences(report), std::back_inserter(out));
    return out;
}

}  // namespace margincall::inline report
