// Rules that change a venue's tier table as a whole: close-out at a share of the initial margin,
// rates that rise with a position's share of the open interest, rates that follow volatility. Tables
// of marginal style in dollars. Parts per million; every rate is rounded up, against the account,
// and no rate is above 100 %; deductions are made again, so that the margin stays continuous.
#pragma once

#include "rules/rules.hpp"

namespace margincall::inline rules {

// Whether the rule asks for any of them.
[[nodiscard]] bool has_margin_levers(const MarginRule& rule);

// The table under the rule's close-out and concentration.
//   close-out:      rate_n = max(rate_n, close_out / leverage_n)
//   concentration:  above T = open interest * concentration_from (rounded down) the slice's rate and
//                   its initial rate are concentration_factor times as high
// `open_interest`: of the contract on one such venue at the start, one side; 0 = no concentration.
// Sources: ESMA, statement of 24 February 2026 (close-out at half of the initial margin); the form of
// the concentration charge is decided (docs/levers.md).
[[nodiscard]] MarginTiers levered_tiers(const MarginRule& rule,
                                        const MarginTiers& tiers,
                                        Money open_interest);

// The table with maintenance and initial rates `scale_ppm` (at least 1e6) times as high.
[[nodiscard]] MarginTiers scaled_tiers(const MarginTiers& tiers, std::int64_t scale_ppm);

// What the venue multiplies its rates by when volatility is `z` times its long mean:
//   max(1, min(cap, z)), cut to 1 plus whole steps.
[[nodiscard]] std::int64_t volatility_scale_ppm(const MarginRule& rule, double z);

}  // namespace margincall::inline rules
