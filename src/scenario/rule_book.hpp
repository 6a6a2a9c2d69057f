// Clearing rules of one venue read from their files, without a scenario around them: the same rows,
// read by the same code, that a scenario's venue gets. For stress tests of account books and for
// checking the rules against the venues' own examples.
#pragma once

#include <expected>
#include <map>
#include <string>

#include "base/error.hpp"
#include "rules/margin_schedule.hpp"
#include "rules/rules.hpp"

namespace margincall::inline scenario {

struct RuleBook {
    VenueRules rules;
    // Margin tables by symbol. Money in micro-dollars; sizes (caps of tables that count contracts,
    // slopes) per unit of the table: see `scale_sizes`. Empty without a tier file.
    std::map<std::string, MarginSchedule> schedules;
};

// `rules` and `tiers` are paths ("builtin/rules/okx.toml" names a shipped file); `tiers` may be
// empty. All problems at once, with file, line and column.
[[nodiscard]] std::expected<RuleBook, Errors> load_rule_book(const std::string& rules,
                                                             const std::string& tiers = "");

}  // namespace margincall::inline scenario
