#include "rules/margin_schedule.hpp"

#include <algorithm>

namespace margincall::inline rules {
namespace {

// a + b * times, reduced; the terms must fit 64 bits.
Fraction sum(Fraction a, Fraction b, std::int64_t count) {
    const i128 den = i128{a.den} * b.den;
    i128 num = i128{a.num} * b.den + checked_mul<i128>(i128{b.num} * a.den, count);
    i128 x = num < 0 ? -num : num;
    i128 y = den;
    while (x != 0) {  // greatest common divisor of 128-bit terms
        const i128 rest = y % x;
        y = x;
        x = rest;
    }
    return {narrow_i64(num / y), narrow_i64(den / y)};  // exact: y divides both
}

Fraction product(Fraction a, Fraction b) {
    const Fraction left = make_fraction(a.num, b.den);
    const Fraction right = make_fraction(b.num, a.den);
    return {checked_mul(left.num, right.num), checked_mul(left.den, right.den)};
}

// ceil(value * rate)
i128 share_up(const ExactValue& value, Fraction rate) {
    return div_round(
        checked_mul<i128>(value.num, rate.num), checked_mul<i128>(value.den, rate.den), Round::up);
}

// Does the value (or the size) exceed a bound?
bool exceeds(const MarginSchedule& schedule, const MarginBase& base, Amount bound) {
    if (schedule.measure == TierMeasure::size) {
        return i128{base.size.raw()} > bound.raw();
    }
    return base.value.num > checked_mul<i128>(bound.raw(), base.value.den);
}

// The initial rate after the rise with open interest: rate + cut((1 - rate) * filled), filled =
// (open interest - lower) / (upper - lower) in [0, 1].
Fraction risen_rate(const MarginSchedule& schedule, const MarginBase& base, Fraction rate) {
    const i128 width = schedule.open_interest_upper.raw() - schedule.open_interest_lower.raw();
    const i128 into = base.open_interest.raw() - schedule.open_interest_lower.raw();
    if (width <= 0 || into <= 0 || !(rate < Fraction{1, 1})) {
        return rate;
    }
    if (into >= width) {
        return {1, 1};
    }
    const i128 room = checked_mul<i128>(rate.den - rate.num, schedule.rise_grain);
    const i128 parts =
        div_round(checked_mul<i128>(room, into), checked_mul<i128>(width, rate.den), Round::down);
    return sum(rate, make_fraction(narrow_i64(parts), schedule.rise_grain), 1);
}

}  // namespace

MarginSchedule schedule_of(const MarginTiers& tiers) {
    MarginSchedule out;
    for (const MarginTier& tier : tiers) {
        out.tiers.push_back({.floor = to_amount(tier.floor),
                             .cap = to_amount(tier.cap),
                             .maintenance = from_ppm(tier.mmr_ppm),
                             .initial = {1, tier.leverage_max},
                             .deduction = to_amount(tier.deduction)});
    }
    return out;
}

void apply_rule(const MarginRule& rule, MarginSchedule& schedule) {
    schedule.style = rule.style;
    schedule.measure = rule.measure;
    schedule.valuation = rule.valuation;
    schedule.maintenance_from = rule.maintenance_from;
    schedule.close_fee_in = rule.close_fee_in;
    schedule.close_fee = from_ppm(rule.close_fee_ppm);
}

void scale_sizes(MarginSchedule& schedule, Fraction lots_per_unit) {
    CHECK(lots_per_unit.num > 0);
    if (schedule.measure == TierMeasure::size) {
        const auto scaled = [&](Amount size) {
            return Amount::from_raw(times(size.raw(), lots_per_unit, Round::down));
        };
        for (ScheduleTier& tier : schedule.tiers) {
            tier.floor = scaled(tier.floor);
            tier.cap = scaled(tier.cap);
        }
        schedule.step_above = scaled(schedule.step_above);
        schedule.step_size = scaled(schedule.step_size);
    }
    schedule.slope = product(schedule.slope, {lots_per_unit.den, lots_per_unit.num});
}

void fill_deductions(MarginSchedule& schedule) {
    for (std::size_t n = 1; n < schedule.tiers.size(); ++n) {
        const Fraction rise =
            sum(schedule.tiers[n].maintenance, schedule.tiers[n - 1].maintenance, -1);
        schedule.tiers[n].deduction =
            schedule.tiers[n - 1].deduction +
            Amount::from_raw(times(schedule.tiers[n].floor.raw(), rise, Round::down));
    }
}

void check_schedule(const MarginSchedule& schedule) {
    CHECK(!schedule.tiers.empty());
    for (std::size_t n = 0; n < schedule.tiers.size(); ++n) {
        const ScheduleTier& tier = schedule.tiers[n];
        CHECK(tier.cap > tier.floor);
        CHECK(tier.maintenance.num >= 0);
        CHECK(tier.maintenance.num <= tier.maintenance.den);
        CHECK(tier.initial.num >= 0);
        if (n > 0) {
            const ScheduleTier& below = schedule.tiers[n - 1];
            CHECK(tier.floor == below.cap);
            CHECK(!(tier.maintenance < below.maintenance));
            CHECK(!(tier.initial < below.initial));
        }
    }
    CHECK(schedule.style != MarginStyle::stepped || schedule.step_size > Amount{});
    CHECK(schedule.open_interest_upper >= schedule.open_interest_lower);
}

std::size_t tier_index(const MarginSchedule& schedule, const MarginBase& base) {
    CHECK(!schedule.tiers.empty());
    std::size_t n = 0;
    while (n + 1 < schedule.tiers.size() && exceeds(schedule, base, schedule.tiers[n].cap)) {
        ++n;
    }
    return n;
}

std::int64_t risk_steps(const MarginSchedule& schedule, const MarginBase& base) {
    if (schedule.style != MarginStyle::stepped) {
        return 0;
    }
    i128 num = base.value.num;
    i128 den = base.value.den;
    if (schedule.measure == TierMeasure::size) {
        num = base.size.raw();
        den = 1;
    }
    const i128 above = num - checked_mul<i128>(schedule.step_above.raw(), den);
    if (above <= 0) {
        return 0;
    }
    return narrow_i64(
        div_round(above, checked_mul<i128>(schedule.step_size.raw(), den), Round::up));
}

Fraction maintenance_rate(const MarginSchedule& schedule, const MarginBase& base) {
    switch (schedule.style) {
        case MarginStyle::marginal:
        case MarginStyle::whole_tier:
            return schedule.tiers[tier_index(schedule, base)].maintenance;
        case MarginStyle::stepped:
            return sum(
                schedule.tiers.front().maintenance, schedule.step_rate, risk_steps(schedule, base));
        case MarginStyle::linear_in_size:
            return sum(schedule.tiers.front().maintenance, schedule.slope, base.size.raw());
    }
    return {};
}

Fraction least_initial_rate(const MarginSchedule& schedule, const MarginBase& base) {
    switch (schedule.style) {
        case MarginStyle::marginal:
        case MarginStyle::whole_tier:
            return schedule.tiers[tier_index(schedule, base)].initial;
        case MarginStyle::stepped:
            return sum(
                schedule.tiers.front().initial, schedule.step_rate, risk_steps(schedule, base));
        case MarginStyle::linear_in_size:
            return sum(schedule.tiers.front().initial, schedule.slope, base.size.raw());
    }
    return {};
}

Amount fee_on(const ExactValue& value, Fraction rate) {
    return Amount::from_raw(share_up(value, rate));
}

Amount maintenance_requirement(const MarginSchedule& schedule, const MarginBase& base) {
    i128 need = 0;
    if (schedule.maintenance_from == MaintenanceFrom::initial_margin) {
        const i128 initial = share_up(base.value, least_initial_rate(schedule, base));
        need = times(initial, schedule.maintenance_share, Round::up);
    } else {
        need = share_up(base.value, maintenance_rate(schedule, base));
    }
    if (schedule.style == MarginStyle::marginal) {
        need -= schedule.tiers[tier_index(schedule, base)].deduction.raw();
    }
    if (schedule.close_fee_in != CloseFeeIn::none) {
        need += fee_on(base.value_at_mark, schedule.close_fee).raw();
    }
    return Amount::from_raw(checked_mul<i128>(need, base.accounts));
}

Amount initial_requirement(const MarginSchedule& schedule, const MarginBase& base) {
    Fraction rate = risen_rate(schedule, base, least_initial_rate(schedule, base));
    if (rate < schedule.initial_floor) {
        rate = schedule.initial_floor;
    }
    i128 need = share_up(base.value, rate);
    if (base.leverage_e2 > 0) {
        need = std::max(need, share_up(base.value, {100, base.leverage_e2}));
    }
    if (schedule.close_fee_in == CloseFeeIn::both) {
        need += fee_on(base.value_at_mark, schedule.close_fee).raw();
    }
    return Amount::from_raw(checked_mul<i128>(need, base.accounts));
}

ModuleMargin module_requirement(const MarginSchedule& slices, Amount basic, Amount stress) {
    MarginBase base;
    base.value = {.num = basic.raw(), .den = 1};
    const Amount scaled = maintenance_requirement(slices, base);
    return {.basic = scaled, .required = std::max(stress, scaled)};
}

}  // namespace margincall::inline rules
