// Policies: rules that could be other than they are, as data (docs/policies.md). One file of tables
//
//   [policies.cap_20]
//   label = "Leverage capped at 20"
//   group = "leverage"
//   set = { "venues.*.leverage_max" = 20 }
//   about = "what it does, and to whom"
//
// A value "x2" is twice what the scenario has there.
//
// A knob (docs/prevent.md) is a policy with a scale; "{}" is where the scale's value stands:
//
//   [knobs.fund]
//   set = { "venues.*.insurance_fund" = "x{}" }
//   today = 1
//   most = 16
//   whole = true        where the key takes whole numbers only
#pragma once

#include <expected>
#include <optional>
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

// The files that the program ships.
inline constexpr const char* shipped_policies = "builtin/policies/levers.toml";
inline constexpr const char* shipped_knobs = "builtin/policies/knobs.toml";

// A policy with a scale from `today`, which changes nothing, to `most`, the furthest value that is tried; both above 0
// and not equal. Label and values of `set` have "{}" where the scale's value stands.
struct Knob {
    Policy policy;
    double today = 1.0, most = 1.0;
    bool whole =
        false;  // values are rounded to the nearest whole number, halves up: the key takes no other
};
struct KnobFile {
    std::vector<Knob> knobs;
    // Groups that are tried together when nothing alone is enough: [search] pairs = ["fund+leverage"].
    std::vector<std::pair<std::string, std::string>> pairs;
};

// Scales are cut into so many equal steps of their logarithm.
inline constexpr int knob_steps = 8;

// The knob at a step 1 .. knob_steps: today x (most / today)^(step / knob_steps), rounded to four figures.
[[nodiscard]] double knob_value(const Knob& knob, int step);
[[nodiscard]] Policy policy_at(const Knob& knob, int step);

// E741 a table is no such knob; problems of the file as everywhere.
[[nodiscard]] std::expected<KnobFile, Errors> read_knobs(const std::string& path);
[[nodiscard]] std::expected<KnobFile, Errors> read_knobs_text(std::string_view text,
                                                              const std::string& name);
// "fund+leverage"; nothing when it is not two names.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> pair_of_groups(
    std::string_view text);

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
