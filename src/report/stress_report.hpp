// Everything a stress of an account book has to say, in the four forms it is given out in:
// terminal, JSON, CSV files and one HTML page. None of them computes a figure that the others lack.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limit.hpp"
#include "desk/adl_rules.hpp"
#include "desk/lending_stress.hpp"
#include "desk/reconciliation.hpp"
#include "desk/reverse.hpp"
#include "desk/rule_change.hpp"
#include "desk/tables.hpp"
#include "report/table_cell.hpp"
#include "report/terminal_summary.hpp"

namespace margincall::inline report {

// One stress of the same book and shock: today's rules, a default beside the shock, proposed rules.
struct StressColumn {
    std::string name;
    StressOutcome outcome;
    const StressMarket* market = nullptr;  // whose pools the outcome names
};

// The first column again with something small changed (desk/variation.hpp).
struct StressVaried {
    std::string name;
    StressOutcome outcome;  // totals
};

// A proposed change of rules: whom it pushes below margin, stage by stage.
struct StressActivation {
    std::string name;  // of its column
    std::vector<ActivationStage> stages;
};

// The first column's shock under one order of auto-deleveraging.
struct StressAdlRule {
    std::string name;
    AdlFigures figures;
    double no_counterparty = 0.0, bad_debt = 0.0;  // USD
};

// A lending book under the same shock with something small changed, or at another size.
struct LendingVaried {
    std::string name;
    LendingOutcome outcome;  // totals
};

// A lending book under the same shock.
struct LendingReport {
    const LendingBook* book = nullptr;
    std::string title;             // file name of the book
    std::vector<AssetMove> moves;  // by asset
    LendingOutcome outcome;
    HealthReconciliation health;
    std::vector<LendingVaried> varied, sizes;  // empty: not asked for
    std::optional<ReverseResult> reverse;
};

struct StressReport {
    const StressMarket* market = nullptr;
    const AccountBook* book = nullptr;
    std::string title;             // file name of the book
    std::string market_name;       // scenario that the market is from
    std::string shock;             // in words
    std::vector<CoinShock> moves;  // by coin: the shock in numbers
    std::string feedback;          // in words
    std::string hash;              // of everything that the answer depends on
    std::string created;           // UTC
    std::string program, command;
    std::vector<std::pair<std::string, std::string>> provenance;  // hashes, further options
    double tolerance = 0.0;
    Reconciliation reconciliation;
    LiquidationPrices map;
    std::vector<Concentration> concentration;
    std::vector<Horizon> horizons;
    std::vector<StressColumn> columns;  // [0] is today's; none without an account book
    std::vector<StressVaried> varied;   // empty: not asked for
    std::vector<StressVaried> sizes;    // the same shock at other sizes, likewise
    std::vector<Limit> limits;
    std::vector<StressActivation> activation;  // of each proposal
    std::vector<StressAdlRule> adl_rules;      // [0] is today's; empty: not asked for
    std::optional<StressOutcome>
        without_betas;  // only named coins move; none: no other coin matters
    std::optional<ReverseResult> reverse;
    std::optional<LendingReport> lending;
};

// A table as people read it; every cell is ready to show. The first column is a label. The page has it in
// the section that names its key (page_sections.hpp).
struct StressTable {
    std::string key;  // "funds", "reverse", ...
    std::string title, note;
    std::vector<std::string> head;
    std::vector<TableRow> rows;
};
// Everything but the headline lines, in the order of reading. `rows_most` cuts the long lists of
// single accounts; the CSV files have them whole.
[[nodiscard]] std::vector<StressTable> stress_tables(const StressReport& report,
                                                     std::size_t rows_most);
// One kind of figure of the files (equity, margin, liquidation prices; health factors) over the whole book.
struct AgreementRow {
    std::string key;     // "equity", "maintenance margin", "liquidation price", "health factor"
    std::string plural;  // in sentences
    std::string of;      // what the dollars are: "equity", "positions", "debt"
    FigureAgreement figures;
};
[[nodiscard]] std::vector<AgreementRow> agreement_rows(const StressReport& report);
// What of the figures in the files agrees and what that covers in dollars, first; then by cause what does not, by
// what was known of the inputs, and what is below its margin already.
[[nodiscard]] std::vector<std::string> reconciliation_sentences(const StressReport& report);

// Which way forced closings went, of one case at one venue in one coin; USD.
struct StressRoutes {
    std::string venue, coin;
    double book = 0.0, takeover = 0.0, no_counterparty = 0.0, adl = 0.0;  // the third of the second
    [[nodiscard]] double usd() const { return book + takeover + adl; }
};
[[nodiscard]] std::vector<StressRoutes> stress_routes(const StressColumn& column);

// What auto-deleveraging closed at one venue: a step is the closing of one insolvent position, a
// fill that of one winner against it.
struct StressAdl {
    std::string venue;
    double usd = 0.0;
    std::size_t accounts = 0, steps = 0, fills = 0;
};
[[nodiscard]] std::vector<StressAdl> stress_adl(const StressReport& report,
                                                const StressColumn& column);

struct StressFile {
    std::string name, text;
};

// Lines of the headline table: label and one text a column; figures for JSON beside them.
struct StressLine {
    std::string key, label;
    std::vector<double> values;      // by column
    std::vector<std::string> shown;  // by column
    std::string difference;          // last column less first, when there are several
    // Lowest and highest of the first column and its variations; NaN and "" without variations.
    double low = 0.0, high = 0.0;
    std::string range;
};
[[nodiscard]] std::vector<StressLine> stress_lines(const StressReport& report);
// The same of a lending book, with the keys that limits name: "lending.bad_debt_usd".
[[nodiscard]] std::vector<StressLine> lending_lines(const StressReport& report);
// Both: what a limit can name.
[[nodiscard]] std::vector<StressLine> figure_lines(const StressReport& report);
// The figures of these lines, in their order, of one outcome.
[[nodiscard]] std::vector<double> stress_figures(const StressReport& report,
                                                 const StressOutcome& outcome);
// The same as people read them.
[[nodiscard]] std::vector<std::string> shown_figures(const StressReport& report,
                                                     const StressOutcome& outcome);

// How a limit stands today: kept by every variation too, kept but not by all of them, or broken.
enum class Verdict : std::uint8_t { kept, close, broken };
[[nodiscard]] const char* verdict_word(Verdict verdict);
struct LimitVerdict {
    Verdict verdict = Verdict::kept;
    std::string text;    // the limit as it was given
    std::string figure;  // today's, with its range
};
[[nodiscard]] std::vector<LimitVerdict> limit_verdicts(const StressReport& report);

// What a committee reads first: who is hit, whether each fund holds, who is deleveraged, bad debt; how
// firm that is; and what decided it that somebody may not expect. One sentence each.
[[nodiscard]] std::vector<std::string> stress_answer(const StressReport& report);

[[nodiscard]] std::string stress_terminal(const StressReport& report, TerminalOptions options);
// One JSON object a line: {"kind": "outcome" | "pool" | "instrument" | "break" | ...}.
[[nodiscard]] std::string stress_json_lines(const StressReport& report);
[[nodiscard]] std::vector<StressFile> stress_csv_files(const StressReport& report);
[[nodiscard]] std::string stress_html(const StressReport& report);

}  // namespace margincall::inline report
