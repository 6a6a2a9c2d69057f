// Where the figures of a stress's market are from, as it is given out: lines, JSON and CSV.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "desk/made_market.hpp"

namespace margincall::inline cli {

using SourceRows = std::vector<std::pair<std::string, std::string>>;

// By kind of figure and source the instruments, where not all of a kind are the market's.
[[nodiscard]] SourceRows source_rows(const MarketSources& sources);
// {"kind": "source", ...}, one a line.
[[nodiscard]] std::string source_lines(const MarketSources& sources);
[[nodiscard]] std::string sources_csv(const MarketSources& sources);

}  // namespace margincall::inline cli
