// What a position must be backed by, as a rule row: one schedule serves every venue we know,
// because venues differ only in the values of its fields. Pure functions, exact up to one named
// rounding (up, against the account). Sources per venue: docs/venues.md; worked examples:
// docs/margin.md.
//
//   style           maintenance margin of a value V (size n lots)              who
//   marginal        V * rate - deduction of the tier V lies in                 Binance, Bybit,
//                                                                              Hyperliquid
//   whole_tier      V * rate of the tier                                       OKX, Gate
//   stepped         V * (base + k * step_rate), k = steps started above        BitMEX
//                   step_above
//   linear_in_size  V * (base + slope * n)                                     Deribit
// A flat rate is a marginal schedule of one tier.
#pragma once

#include <cstdint>
#include <vector>

#include "base/fraction.hpp"
#include "base/strong.hpp"
#include "rules/rules.hpp"

namespace margincall::inline rules {

struct ScheduleTier {
    Amount floor;          // exclusive
    Amount cap;            // inclusive; the last tier also serves what lies above its cap
    Fraction maintenance;  // rate on the value
    Fraction initial;      // least initial rate: 1 / highest leverage of the tier
    Amount deduction;      // marginal only
};

struct MarginSchedule {
    MarginStyle style = MarginStyle::marginal;
    TierMeasure measure = TierMeasure::value;
    MarginValuation valuation = MarginValuation::mark;
    std::vector<ScheduleTier> tiers;  // stepped and linear_in_size: one row, the base rates
    Amount step_above, step_size;     // stepped: base risk limit and risk step
    Fraction step_rate;               // ... what each started step adds to both rates
    Fraction slope;                   // linear_in_size: added to both rates per lot
    MaintenanceFrom maintenance_from = MaintenanceFrom::own_rate;
    Fraction maintenance_share;  // initial_margin: maintenance = share of the base initial margin
    // The initial rate rises linearly from its base at the lower to 100 % at the upper value of the
    // market's open interest; both 0 = it does not. The maintenance margin does not follow.
    Amount open_interest_lower, open_interest_upper;
    std::int64_t rise_grain = 1'000'000;  // the rise is counted in whole parts of so many, cut
    // A venue's cap on leverage: no initial rate is below one over it. Maintenance does not follow.
    Fraction initial_floor{0, 1};
    CloseFeeIn close_fee_in = CloseFeeIn::none;
    Fraction close_fee;
};

// A value in money units that need not be whole: num / den, den > 0, num >= 0.
struct ExactValue {
    i128 num = 0;
    i128 den = 1;
};

// What a schedule looks at.
struct MarginBase {
    ExactValue value;              // at the schedule's valuation
    ExactValue value_at_mark;      // for the fee to close
    Lots size;                     // >= 0
    std::int64_t leverage_e2 = 0;  // chosen, times 100; 0 = the highest that the tier allows
    Amount open_interest;          // of the market, at the oracle
    std::int64_t accounts = 1;     // like accounts; value and size are those of one of them
};

// Reads a table in parts per million (money in micro-dollars) as a schedule; rates exact.
[[nodiscard]] MarginSchedule schedule_of(const MarginTiers& tiers);
// Puts a venue's margin rule over a schedule's tiers: style, valuation, fee to close, ...
void apply_rule(const MarginRule& rule, MarginSchedule& schedule);

// Brings sizes of a table to lots: caps and steps that count sizes grow, the slope falls by
// `lots_per_unit`.
void scale_sizes(MarginSchedule& schedule, Fraction lots_per_unit);

// Fills `deduction` of every tier after the first, whose own is kept (a table may be a cut-out):
// deduction_n = deduction_(n-1) + floor_n * (rate_n - rate_(n-1)), rounded down.
void fill_deductions(MarginSchedule& schedule);

// CHECKs what the functions rely on: tiers gap-free with rising rates, rates within [0, 1].
void check_schedule(const MarginSchedule& schedule);

// Row of the tier with floor < measure <= cap; a position that has outgrown the table stays in the
// last.
[[nodiscard]] std::size_t tier_index(const MarginSchedule& schedule, const MarginBase& base);
// stepped: steps started above the base limit, >= 0.
[[nodiscard]] std::int64_t risk_steps(const MarginSchedule& schedule, const MarginBase& base);
// The rates in force for this position, without deduction.
[[nodiscard]] Fraction maintenance_rate(const MarginSchedule& schedule, const MarginBase& base);
[[nodiscard]] Fraction least_initial_rate(const MarginSchedule& schedule, const MarginBase& base);

// A fee on a value, for instance to close a position; rounded up.
[[nodiscard]] Amount fee_on(const ExactValue& value, Fraction rate);
// Requirements in money units, rounded up once an account. The initial margin is the larger of
// value / chosen leverage and value * least initial rate (with the open-interest rise).
[[nodiscard]] Amount maintenance_requirement(const MarginSchedule& schedule,
                                             const MarginBase& base);
[[nodiscard]] Amount initial_requirement(const MarginSchedule& schedule, const MarginBase& base);

// Portfolio margin by modules (OKX): the sum of the stress modules, but at least the basic module,
// whose slices count by the multipliers of `slices` (rates of 1 and more).
struct ModuleMargin {
    Amount basic;  // with the multipliers
    Amount required;
};
[[nodiscard]] ModuleMargin module_requirement(const MarginSchedule& slices,
                                              Amount basic,
                                              Amount stress);

}  // namespace margincall::inline rules
