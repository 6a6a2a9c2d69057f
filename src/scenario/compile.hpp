// Text -> Plan. Checks everything, collects all problems at once, and writes the resolved text: the
// complete scenario in canonical form, of which the scenario hash is taken and from which the
// Plan's figures are read back, so that resolved.toml runs exactly the same.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/limit.hpp"
#include "plan/plan.hpp"
#include "scenario/capabilities.hpp"
#include "scenario/document.hpp"

namespace margincall::inline scenario {

struct Compiled {
    Plan plan;
    std::string resolved;  // resolved.toml
    std::string original;  // the scenario file as given
    Errors warnings;
    std::vector<Limit> limits;  // that the result is judged by; no part of the plan
};

// `command` is who asks: what it cannot execute is refused.
[[nodiscard]] std::expected<Compiled, Errors> compile_scenario(
    const std::string& path, const Overrides& overrides = {}, Subcommand command = Subcommand::run);
[[nodiscard]] std::expected<Compiled, Errors> compile_text(std::string_view text,
                                                           const std::string& name,
                                                           const std::string& directory,
                                                           const Overrides& overrides = {},
                                                           Subcommand command = Subcommand::run);
[[nodiscard]] std::expected<Plan, Errors> compile_file(const std::string& path,
                                                       const Overrides& overrides = {});

// 64 bits of a text (FNV-1a), as 16 hexadecimal digits.
[[nodiscard]] std::string text_hash(std::string_view text);

}  // namespace margincall::inline scenario
