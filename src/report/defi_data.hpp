// The data of the report's section on DeFi: health factors, lending, the synthetic dollar's peg and
// the incident, from the recorded columns and the totals of analytics.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "analytics/market_view.hpp"
#include "report/series.hpp"

namespace margincall::inline report {

// null when the plan has no chain; what was not recorded is an empty list.
[[nodiscard]] nlohmann::ordered_json defi_json(const MarketView& view, const TimeGrid& grid);

}  // namespace margincall::inline report
