// `margincall stress --make-sample`: an account book drawn from a scenario's leveraged population,
// for trying the stress command and as a benchmark. The same scenario, size and seed give the same
// bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/error.hpp"
#include "plan/plan.hpp"

namespace margincall::inline cli {

// The text of a book of `accounts` accounts. Four in five hold one position; the others hold
// several in one cross wallet, some of them with coins beside dollars, and one in a hundred has
// accounts at two venues. The largest are owned by groups. Equity, margin and liquidation prices
// are reported as the rules give them, except for one wrong liquidation price in every 20,000
// accounts.
[[nodiscard]] std::string sample_book(const Plan& plan, std::uint32_t accounts, std::uint64_t seed);

// Writes a text, gzipped when the name ends in .gz, under a temporary name first. E511, E512.
[[nodiscard]] std::expected<void, Error> write_text_file(const std::string& path,
                                                         const std::string& text);

}  // namespace margincall::inline cli
