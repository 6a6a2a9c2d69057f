// What a file says of its own accounts (equity, maintenance margin, liquidation prices) against what the rules
// give, and why they differ where they do. Which cause is looked for first, and by what evidence:
// docs/stress.md, "Reconciliation".
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "desk/made_market.hpp"
#include "desk/run.hpp"
#include "desk/venue_state.hpp"

namespace margincall::inline desk {

enum class BookFigure : std::uint8_t { equity, margin, liquidation_price };
inline constexpr std::size_t book_figures = 3;
[[nodiscard]] const char* figure_word(BookFigure figure);

// Why a figure of the file is not the one that the rules give.
enum class BreakCause : std::uint8_t {
    our_reading,  // nothing in the file explains it: the fault is looked for here
    contradiction,  // the file's equity does not explain its liquidation prices, or its health factor its amounts
    format_gap,  // the format does not say what the figure hangs on
    unknown_tier,  // margin rates that are assumed, agreed with the account, or others than those known
};
inline constexpr std::size_t break_causes = 4;
[[nodiscard]] const char* cause_words(BreakCause cause);

struct CauseCount {
    std::uint64_t figures = 0;
    double usd = 0.0;
};
// One kind of figure over the whole book. Dollars are those of the figure itself (equity, margin), of the positions
// at the marks of the start (liquidation prices), or of the debt (health factors).
struct FigureAgreement {
    std::uint64_t compared = 0, agree = 0;
    double usd_compared = 0.0, usd_agree = 0.0;
    // Not compared: what the book was filled with is this very figure, so that it agrees of itself.
    std::uint64_t of_itself = 0;
    std::array<CauseCount, break_causes> causes{};  // of those that do not agree

    void add_agreeing(double usd);
    void add_break(BreakCause cause, double usd);
};

// A figure of the file that the rules do not reproduce.
struct ReconciliationBreak {
    std::uint32_t line = 0;
    std::uint32_t unit = 0;
    BookFigure figure = BookFigure::equity;
    double reported = 0.0;
    double computed = 0.0;  // not a number: there is no such price
    BreakCause cause = BreakCause::our_reading;
    bool other_rate = false;  // it would agree at another margin rate of the venue
};

// How the liquidation prices came out by what was known of their inputs.
struct InputAgreement {
    std::uint64_t compared = 0, agree = 0;
    std::uint64_t other_rate = 0;  // of the others: so many would agree at another rate
};
using AgreementByInput = std::array<InputAgreement, input_kinds>;

// What is known of the lines of a book beside the book.
struct KnownInputs {
    const ImportedBook* imported = nullptr;  // whose lines the book's are; none: a table
    // By instrument of the market; empty: none.
    std::vector<bool> assumed_tiers = {};  // its margin tiers are assumed
    std::vector<bool> other_prices = {};   // it is valued at a price that is not the file's own
};
[[nodiscard]] KnownInputs known_inputs(const StressMarket& market,
                                       const MarketSources& sources,
                                       const ImportedBook& imported);

struct Reconciliation {
    std::array<FigureAgreement, book_figures> figures{};
    AgreementByInput by_input{};              // where a position list was imported
    std::vector<ReconciliationBreak> breaks;  // by line
    double book_usd = 0.0;                    // of all positions, at the marks of the start
    std::uint64_t units_below_margin = 0;     // liquidatable (or insolvent) at the start already
    std::vector<std::uint32_t> below;         // which

    [[nodiscard]] const FigureAgreement& of(BookFigure figure) const {
        return figures[static_cast<std::size_t>(figure)];
    }
};
// A figure breaks when it differs by more than `tolerance` of its size and by more than a cent, a
// price by more than its tick. A reported price of 0 says that there is none.
[[nodiscard]] Reconciliation reconcile(const StressStart& start,
                                       double tolerance,
                                       const KnownInputs& known = {});

}  // namespace margincall::inline desk
