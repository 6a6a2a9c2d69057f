// R, the reproduction number of forced selling, for report.html: through time, and against price at three
// moments; and its line on the terminal (docs/reproduction.md). Types on the other side:
// web/src/model/reproduction.ts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "analytics/market_view.hpp"
#include "report/series.hpp"

namespace margincall::inline report {

// Null when nothing of it was recorded. Columns on the page's grid hold the largest sample of each step.
[[nodiscard]] nlohmann::ordered_json reproduction_json(const MarketView& view,
                                                       const TimeGrid& grid);

// "R at its highest: 0.62 at 20:55 (BTC)" with a line break; empty when nothing was recorded.
[[nodiscard]] std::string reproduction_line(const MarketView& view);

}  // namespace margincall::inline report
