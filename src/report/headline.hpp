// What a run says in two sentences, and the rows under them. The report and the terminal show the
// same words and the same rows.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "analytics/summary.hpp"

namespace margincall::inline report {

// One row of the headline table, as text.
struct HeadlineRow {
    std::size_t metric = 0;  // row of metric_names
    std::string label;
    std::string simulated;
    std::string band;       // "5 … 95 %" of several paths; empty for one
    std::string error;      // "±…", the standard error of a median over several paths
    std::string measured;   // "—" when nobody measured it
    std::string tolerance;  // "±25 %"-like text; empty when none
    std::optional<bool> inside;
    std::string article;  // empty when it says nothing
    std::string source, note;
};

// First what happened, then how it compares with what was measured.
[[nodiscard]] std::array<std::string, 2> headline_sentences(const Plan& plan,
                                                            const Summary& summary);

// Why no share of the price fall may be given to a cause; empty when it may, or when the run is from
// before there were gates.
[[nodiscard]] std::string price_sentence(const Summary& summary);

// The metrics in the order of metric_names, each with its comparison if there is one. Moments are left
// out, and those of the chain when they have neither a value nor a comparison.
[[nodiscard]] std::vector<HeadlineRow> headline_rows(const Summary& summary);

// "in band", "missed" or "unknown".
[[nodiscard]] std::string_view verdict(const HeadlineRow& row);

}  // namespace margincall::inline report
