// Policies: rules that could be other than they are, as data (docs/policies.md). One file of tables
//
//   [policies.cap_20]
//   label = "Leverage capped at 20"
//   group = "leverage"
//   set = { "venues.*.leverage_max" = 20 }
//   about = "what it does, and to whom"
//
// A value "x2" is twice what the scenario has there.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "scenario/document.hpp"

namespace margincall::inline scenario {

struct Policy {
    std::string name, label, group, about;
    std::string assumes;  // what people are taken to do besides, that is no rule; empty: nothing
    std::vector<std::pair<std::string, std::string>> set;  // key and value, as --set takes them
};

// The file that the program ships.
inline constexpr const char* shipped_policies = "builtin/policies/levers.toml";

// E741 a table is not such a policy, or a key is no rule (events, mechanisms and prices are none); problems of the
// file as everywhere.
[[nodiscard]] std::expected<std::vector<Policy>, Errors> read_policies(const std::string& path);
[[nodiscard]] std::expected<std::vector<Policy>, Errors> read_policies_text(
    std::string_view text, const std::string& name);

// As overrides of the scenario with this resolved text: "x2" is written out, for every name that `*` stands for.
// E742 the scenario has no number there.
[[nodiscard]] std::expected<Overrides, Error> overrides_of(const Policy& policy,
                                                           std::string_view resolved);

// Lines of the resolved text that are not the same with a policy, "key: before -> after", keys sorted: what it
// changes, and the proof that it changes nothing else.
[[nodiscard]] std::vector<std::string> changed_keys(std::string_view before,
                                                    std::string_view after);

}  // namespace margincall::inline scenario
