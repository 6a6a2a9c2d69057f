// Every ranking of auto-deleveraging.
#pragma once

#include <array>

#include "rules/rules.hpp"

namespace margincall::test {

inline constexpr std::array adl_ranks{AdlRank::pnl_times_margin_ratio,
                                      AdlRank::leveraged_return,
                                      AdlRank::price_ratio_times_leverage,
                                      AdlRank::pnl_by_margin_ratio,
                                      AdlRank::fixed_order,
                                      AdlRank::profit_only,
                                      AdlRank::leverage_only,
                                      AdlRank::profit_times_leverage,
                                      AdlRank::hedge_exempt,
                                      AdlRank::pro_rata,
                                      AdlRank::integer_pro_rata,
                                      AdlRank::profit_pro_rata,
                                      AdlRank::equity_pro_rata};

}  // namespace margincall::test
