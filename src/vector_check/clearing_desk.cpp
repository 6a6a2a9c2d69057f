#include "vector_check/clearing_desk.hpp"

#include <algorithm>

namespace margincall::inline vector_check {
namespace {

constexpr int significant = 15;       // digits of a price that the tick resolves
constexpr int inverse_money = 15;     // places of coin amounts
constexpr std::int64_t reach = 1000;  // highest price, times the entry price

// Digits before the point; negative for leading zeros behind it.
int integer_digits(const Decimal& value) {
    int digits = 0;
    i128 rest = value.digits < 0 ? -value.digits : value.digits;
    while (rest > 0) {
        rest = div_round(rest, 10, Round::down);
        ++digits;
    }
    return digits - value.places;
}

int tick_places_of(const DeskPosition& p) {
    int places = std::max(p.entry.places, significant - integer_digits(p.entry));
    if (p.mark) {
        places = std::max(places, p.mark->places);
    }
    return std::max(places, 0);
}

// Inverse: value = lots * unit / ticks must be money, so unit = 10^(money + tick - lot places).
int inverse_lot_places(int tick_places) {
    return std::max(0, inverse_money + tick_places - 17);
}

}  // namespace

Decimal many_contracts(const Decimal& entry) {
    DeskPosition p;
    p.entry = entry;
    constexpr int lot_digits = 16;
    return {.digits = power_of_ten(std::max(0, lot_digits - inverse_lot_places(tick_places_of(p)))),
            .places = 0};
}

MarginSchedule one_tier(Fraction maintenance, Fraction initial, Amount deduction) {
    MarginSchedule schedule;
    schedule.tiers.push_back({.floor = {},
                              .cap = Amount::from_raw(power_of_ten(30)),
                              .maintenance = maintenance,
                              .initial = initial,
                              .deduction = deduction});
    return schedule;
}

ScheduleTier half_initial_tier(Amount floor, Amount cap, Fraction leverage) {
    const Fraction initial = make_fraction(leverage.den, leverage.num);
    return {.floor = floor,
            .cap = cap,
            .maintenance = make_fraction(initial.num, checked_mul<std::int64_t>(2, initial.den)),
            .initial = initial,
            .deduction = {}};
}

void close_tiers(MarginSchedule& schedule) {
    for (std::size_t n = 0; n < schedule.tiers.size(); ++n) {
        schedule.tiers[n].cap = n + 1 < schedule.tiers.size() ? schedule.tiers[n + 1].floor
                                                              : Amount::from_raw(power_of_ten(30));
    }
}

MarginSchedule bracket_table(const nlohmann::json& brackets, int money_places) {
    MarginSchedule schedule;
    bool given = true;
    for (const nlohmann::json& row : brackets) {
        const bool has = row.contains("maintenance_amount");
        given = given && has;
        schedule.tiers.push_back(
            {.floor = Amount::from_raw(in_units(decimal_of(row.at("floor")), money_places)),
             .cap = {},
             .maintenance = to_fraction(decimal_of(row.at("rate"))),
             .initial = {},
             .deduction = Amount::from_raw(
                 has ? in_units(decimal_of(row.at("maintenance_amount")), money_places) : 0)});
    }
    close_tiers(schedule);
    if (!given) {
        fill_deductions(schedule);
    }
    return schedule;
}

Desk::Desk(const std::vector<DeskPosition>& positions) {
    for (const DeskPosition& p : positions) {
        const int ticks = tick_places_of(p);
        const bool linear = p.kind == ContractKind::linear;
        const int lots =
            linear ? p.size.places : std::max(p.size.places, inverse_lot_places(ticks));
        tick_places_.push_back(ticks);
        lot_places_.push_back(lots);
        if (p.in_first) {  // legs count in the same ticks and lots
            tick_places_[0] = std::max(tick_places_[0], ticks);
            lot_places_[0] = std::max(lot_places_[0], lots);
        }
    }
    for (std::size_t k = 0; k < positions.size(); ++k) {
        if (positions[k].in_first) {
            tick_places_[k] = tick_places_[0];
            lot_places_[k] = lot_places_[0];
        }
        const bool linear = positions[k].kind == ContractKind::linear;
        money_places_ =
            std::max(money_places_, linear ? tick_places_[k] + lot_places_[k] : inverse_money);
    }
    rules.collateral.emplace_back();
    prices.assets.emplace_back();
}

void Desk::open(const std::vector<DeskPosition>& positions) {
    for (std::size_t k = 0; k < positions.size(); ++k) {
        const DeskPosition& p = positions[k];
        Contract contract;
        contract.kind = p.kind;
        contract.close_fee = p.close_fee;
        const int sum = tick_places_[k] + lot_places_[k];
        contract.unit = {
            narrow_i64(power_of_ten(p.kind == ContractKind::linear
                                        ? money_places_ - sum
                                        : money_places_ + tick_places_[k] - lot_places_[k])),
            1};
        const Ticks entry = Ticks::from_raw(narrow_i64(in_units(p.entry, tick_places_[k])));
        const i128 top = checked_mul<i128>(entry.raw(), reach);
        contract.price_max = Ticks::from_raw(narrow_i64(std::min<i128>(top, INT64_MAX / 2)));
        rules.contracts.push_back(contract);
        rules.schedules.push_back(p.schedule);
        prices.mark.push_back(
            p.mark ? Ticks::from_raw(narrow_i64(in_units(*p.mark, tick_places_[k]))) : entry);

        PortfolioPosition position;
        position.instrument = p.in_first ? 0U : static_cast<std::uint32_t>(k);
        if (p.in_first) {
            position.tier_override = &leg_schedules_.emplace_back(p.schedule);
        }
        position.mode = p.mode;
        const std::int64_t lots = narrow_i64(in_units(p.size, lot_places_[k]));
        position.qty = Lots::from_raw(p.is_long ? lots : -lots);
        position.entry_value = value_at(contract, position.qty, entry);
        position.leverage_e2 = narrow_i64(times(100, p.leverage, Round::down));
        account.positions.push_back(position);
    }
}

i128 Desk::on_grid(std::size_t position, Ticks price, const Decimal& tick, Round round) const {
    // Whole venue ticks, in units of the venue tick's own places.
    const i128 steps = div_round(checked_mul<i128>(price.raw(), power_of_ten(tick.places)),
                                 checked_mul(tick.digits, power_of_ten(tick_places_[position])),
                                 round);
    return checked_mul(steps, tick.digits);
}

}  // namespace margincall::inline vector_check
