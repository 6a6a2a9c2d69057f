// gates.json: what the gates of price formation answered, and for which sources. The program carries the
// one of the project (scenarios/gates.json); reports read from it whether prices are validated.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "analytics/summary.hpp"
#include "base/error.hpp"
#include "lab/gates.hpp"

namespace margincall::inline lab {

// What an answer holds for. Compiler and maths library are left out: they move last bits, and a verdict
// hangs on medians.
struct GateIdentity {
    std::string sources;    // of the core: core_sources_hash()
    std::string scenarios;  // of the shipped texts
    std::string rules;      // of the gates: gate_rules_hash()
    bool operator==(const GateIdentity&) const = default;
};
[[nodiscard]] GateIdentity gate_identity();  // this program's

struct GateFile {
    GateIdentity identity;  // of the program that the answer holds for
    GateReport report;
    // Of the program that ran every world; another one when the answer was confirmed by its samples.
    GateIdentity ran{};
};
[[nodiscard]] std::string gates_json(const GateFile& file);
// E716 not one that gates_json wrote.
[[nodiscard]] std::expected<GateFile, Error> parse_gates_json(std::string_view text,
                                                              std::string_view name);

// Whether shares of a price fall may be stated: only with the gates of the loop met by this program.
[[nodiscard]] PriceGates price_gates(std::string_view gates_json, const GateIdentity& now);
[[nodiscard]] PriceGates shipped_price_gates();

// Generated at build time. Empty when the project has no gates.json.
[[nodiscard]] std::string_view shipped_gates();
// SHA-256 of gates.cpp: targets and worlds.
[[nodiscard]] std::string_view gate_rules_hash();

}  // namespace margincall::inline lab
