// One shock under several orders of auto-deleveraging: what each takes from the winners, from whom and how often.
// All else of the venues' rules stays (trigger, price, delay).
#pragma once

#include <cstdint>

#include "desk/account_book.hpp"
#include "desk/market.hpp"
#include "desk/outcome.hpp"
#include "rules/rules.hpp"

namespace margincall::inline desk {

// The same market with one order of the queue at every venue.
[[nodiscard]] StressMarket with_adl_rank(StressMarket market, AdlRank rank);

struct AdlFigures {
    double needed = 0.0;  // notional that the insolvent sides left at their steps, USD
    double taken = 0.0;   // notional of winners closed, USD
    double given_up =
        0.0;  // profit that winners lost at the mark of the closing, USD; negative: they gained
    double forgone = 0.0;          // the same at the mark of the end
    double largest = 0.0;          // notional closed of the account that was hit hardest
    std::uint64_t accounts = 0;    // that were hit
    std::uint64_t repeated = 0;    // of them, more than one moment
    std::uint64_t most_often = 0;  // moments in which the account hit most often was hit

    // Winners closed for each dollar that was needed; 0 where none was.
    [[nodiscard]] double overshoot() const { return needed > 0.0 ? taken / needed : 0.0; }
};
[[nodiscard]] AdlFigures adl_figures(const StressOutcome& outcome, const AccountBook& book);

}  // namespace margincall::inline desk
