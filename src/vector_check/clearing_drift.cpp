// The chain venue with outside liquidators: integers as on the chain.
#include "rules/rules.hpp"
#include "rules/shortage.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

i128 integer(const ClearingCase& c, const char* key) {
    return in_units(c.decimal(key), 0);
}

ShortageCover shortage_of(const ClearingCase& c) {
    return {.shortage = integer(c, "margin_shortage"),
            .margin_ratio = integer(c, "margin_ratio"),
            .liquidator_fee = c.integer_or("liquidation_fee", c.integer_or("liquidator_fee", 0)),
            .fund_fee = c.integer_or("if_liquidation_fee", 0),
            .price = integer(c, "oracle_price"),
            .quote_price = c.integer_or("quote_oracle_price", 1'000'000)};
}

SpotSide side_of(const ClearingCase& c, const std::string& name) {
    const auto value = [&](const char* what, i128 otherwise) {
        return c.integer_or((name + what).c_str(), otherwise);
    };
    return {.amount = value("_amount", 0),
            .decimals = static_cast<int>(value("_decimals", 6)),
            .price = value("_price", 0),
            .multiplier = value("_multiplier", 1'000'000),
            .weight = value("_weight", 10'000)};
}

void cover(ClearingCase& c) {
    // The chain says "all" with the largest number of its type.
    const std::optional<i128> base = base_to_cover(shortage_of(c));
    c.integer_result("base_asset_amount", base.value_or(i128{UINT64_MAX}));
}

void fund_share(ClearingCase& c) {
    c.integer_result(
        "if_fee",
        fund_fee(shortage_of(c), integer(c, "base_asset_amount"), integer(c, "max_if_fee")));
}

void liquidator(ClearingCase& c) {
    c.integer_result("liquidation_fee",
                     liquidator_fee(integer(c, "base_fee"),
                                    integer(c, "max_fee"),
                                    integer(c, "slots_elapsed"),
                                    c.integer_or("increase_per_slot", 1)));
}

void share(ClearingCase& c) {
    const LiquidationRule& row = venue_rules("drift").liquidation;
    constexpr i128 slot_ns = 400'000'000;
    CallShare call;
    call.shortage = integer(c, "margin_shortage");
    call.elapsed_slots = c.integer_or("slots_elapsed", 0);
    call.duration_slots = c.integer_or("liquidation_duration",
                                       div_round(row.share_duration.raw(), slot_ns, Round::down));
    call.initial = c.integer_or(
        "initial_pct_to_liquidate",
        c.integer_or("initial_pct", div_round(row.initial_share_ppm, 100, Round::down)));
    call.freed_before = c.integer_or("liquidation_margin_freed", c.integer_or("margin_freed", 0));
    c.integer_result("pct", call_share(call));
}

void liability(ClearingCase& c) {
    const std::optional<i128> transfer = liability_to_cover(integer(c, "margin_shortage"),
                                                            side_of(c, "asset"),
                                                            side_of(c, "liability"),
                                                            c.integer_or("if_fee", 0));
    c.integer_result("liability_transfer", transfer.value_or(~(i128{1} << 127)));
}

void asset_transfer(ClearingCase& c) {
    c.integer_result("asset_transfer",
                     asset_for_liability(side_of(c, "asset"), side_of(c, "liability")));
}

void implied(ClearingCase& c) {
    c.integer_result("liability_transfer",
                     liability_for_asset(side_of(c, "asset"), side_of(c, "liability")));
}

void socialise(ClearingCase& c) {
    c.integer_result("cumulative_funding_rate_delta",
                     funding_move_for_loss(
                         integer(c, "loss"), integer(c, "base_long"), integer(c, "base_short")));
}

void deposit_haircut(ClearingCase& c) {
    c.integer_result("cumulative_deposit_interest_delta",
                     deposit_index_fall(integer(c, "cumulative_deposit_interest"),
                                        integer(c, "loss"),
                                        integer(c, "total_deposits")));
}

void funding(ClearingCase& c) {
    const i128 hour =
        div_round(venue_rules("drift").funding.interval.raw(), seconds(1).raw(), Round::down);
    c.integer_result("funding_rate",
                     twap_gap_funding(integer(c, "mark_twap"),
                                      integer(c, "oracle_twap"),
                                      c.integer_or("period_seconds", hour)));
}

}  // namespace

void add_drift_evaluators(ClearingEvaluators& all) {
    all["drift_cover"] = cover;
    all["drift_if_fee"] = fund_share;
    all["drift_liq_fee"] = liquidator;
    all["drift_max_pct"] = share;
    all["drift_liability"] = liability;
    all["drift_asset_transfer"] = asset_transfer;
    all["drift_implied"] = implied;
    all["drift_socialise"] = socialise;
    all["drift_deposit_haircut"] = deposit_haircut;
    all["drift_funding"] = funding;
}

}  // namespace margincall::inline vector_check
