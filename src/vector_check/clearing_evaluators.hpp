// The evaluators by formula: each translates the inputs of a ClearingCase into rule rows and
// accounts, calls `clearing`, and hands the results back for comparison. No formula of a venue
// stands here.
#pragma once

#include <map>
#include <string>

#include "vector_check/clearing_case.hpp"

namespace margincall::inline vector_check {

using ClearingEvaluator = void (*)(ClearingCase&);
using ClearingEvaluators = std::map<std::string, ClearingEvaluator>;

void add_price_evaluators(ClearingEvaluators& all);    // liquidation and bankruptcy prices
void add_margin_evaluators(ClearingEvaluators& all);   // tiers, requirements, collateral
void add_funding_evaluators(ClearingEvaluators& all);  // mark, index, funding, bands
void add_adl_evaluators(ClearingEvaluators& all);      // liquidation steps, funds, deleveraging
void add_dydx_evaluators(ClearingEvaluators& all);
void add_drift_evaluators(ClearingEvaluators& all);

}  // namespace margincall::inline vector_check
