// Which rule of a venue each command executes: one table for the compiler, which refuses what a
// command cannot do, for `margincall schema --capabilities` and for docs/venues.md. Every word of
// every rule key has a row, so a new rule cannot be accepted and forgotten.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace margincall::inline scenario {

enum class Subcommand : std::uint8_t { run, stress };
[[nodiscard]] std::string_view command_name(Subcommand command);

enum class Support : std::uint8_t {
    yes,
    no_effect,    // accepted: nothing in this command could differ by it
    no,           // refused
    vector_only,  // refused; vector_check alone computes with it
};
[[nodiscard]] std::string_view support_name(Support support);

struct Capability {
    std::string_view key;    // below a venue: "margin.style", or "funding.*" for what has no row
    std::string_view value;  // word of the key; empty = every value
    Support run = Support::yes;
    Support stress = Support::yes;
    std::string_view reason = {};  // why not simply yes
    [[nodiscard]] Support of(Subcommand command) const {
        return command == Subcommand::run ? run : stress;
    }
};
[[nodiscard]] std::span<const Capability> capabilities();
// The row of this value; null when nobody has said what becomes of it.
[[nodiscard]] const Capability* find_capability(std::string_view key, std::string_view value);

// Words of collateral.valuation, in the order of CollateralValuation: the one choice that stands in
// a row of a table and not in the list of fields.
inline constexpr std::array<std::string_view, 3> collateral_valuations = {
    "market", "conversion", "floor"};

// Keys of a venue that describe it and are no rules: its kind, its shares of the market.
[[nodiscard]] bool is_rule_key(std::string_view key);

}  // namespace margincall::inline scenario
