// Small instruments and tier tables for the clearing tests.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/random.hpp"
#include "rules/adl_rank.hpp"
#include "rules/margin.hpp"
#include "rules/reduction.hpp"

namespace margincall::test {

// The first of each kind, as all of these worlds number them.
inline constexpr auto btc = InstrumentId::from_raw(0);
inline constexpr auto venue_a = VenueId::from_raw(0);

inline Money usd(double amount) {
    return Money::from_raw(std::llround(amount * 1e6));
}

// tick_usd * lot_base must be a whole number of micro-dollars.
inline Instrument perp(double tick_usd, double lot_base, std::int64_t price_max = 100'000'000) {
    Instrument inst;
    inst.id = InstrumentId::from_raw(0);
    inst.venue = VenueId::from_raw(0);
    inst.base = AssetId::from_raw(1);
    inst.kind = InstrumentKind::linear_perp;
    inst.tick_value = usd(tick_usd * lot_base);
    inst.tick_usd = tick_usd;
    inst.lot_base = lot_base;
    inst.price_max = Ticks::from_raw(price_max);
    inst.qty_max = Lots::from_raw(1'000'000'000);
    return inst;
}
inline Instrument btc_perp() {
    return perp(0.1, 0.001);
}

struct TierRow {
    double floor_usd, cap_usd;
    std::int64_t mmr_ppm, leverage_max;
};
template <std::size_t N>
MarginTiers make_tiers(const TierRow (&rows)[N]) {
    MarginTiers tiers;
    for (const TierRow& row : rows) {
        tiers.push_back({.floor = usd(row.floor_usd),
                         .cap = usd(row.cap_usd),
                         .mmr_ppm = row.mmr_ppm,
                         .leverage_max = row.leverage_max,
                         .deduction = {}});
    }
    fill_deductions(tiers);
    return tiers;
}

// Binance USD-M BTCUSDT, leverage brackets in force on 9 October 2025.
inline MarginTiers binance_btc() {
    static constexpr TierRow rows[] = {{0, 300e3, 4'000, 150},
                                       {300e3, 800e3, 5'000, 100},
                                       {800e3, 3e6, 6'500, 75},
                                       {3e6, 12e6, 10'000, 50},
                                       {12e6, 70e6, 20'000, 25},
                                       {70e6, 100e6, 25'000, 20},
                                       {100e6, 230e6, 50'000, 10},
                                       {230e6, 480e6, 100'000, 5},
                                       {480e6, 600e6, 125'000, 4},
                                       {600e6, 800e6, 150'000, 3},
                                       {800e6, 1200e6, 250'000, 2},
                                       {1200e6, 1800e6, 500'000, 1}};
    return make_tiers(rows);
}
// One tier: rate and nothing else.
inline MarginTiers flat_tier(std::int64_t mmr_ppm, std::int64_t leverage_max = 100) {
    MarginTiers tiers;
    tiers.push_back({.floor = {},
                     .cap = Money::from_raw(INT64_MAX),
                     .mmr_ppm = mmr_ppm,
                     .leverage_max = leverage_max,
                     .deduction = {}});
    return tiers;
}

// Position of `qty` lots (signed) opened at `entry` with `collateral` behind it.
inline PositionState position(const Instrument& inst,
                              std::int64_t qty,
                              std::int64_t entry,
                              Money collateral,
                              std::int64_t weight = 1) {
    return {.qty = Lots::from_raw(qty),
            .cost = notional(inst, Ticks::from_raw(entry), Lots::from_raw(qty)),
            .collateral = collateral,
            .weight = weight};
}

// A position's terms by marginal tiers, with the contract and schedule behind them.
struct OnTiers {
    OnTiers(const Instrument& inst, const MarginTiers& tiers) : schedule(schedule_of(tiers)) {
        contract.unit = Fraction{inst.tick_value.raw(), 1};
        contract.price_max = inst.price_max;
        terms = {.inst = &inst, .tiers = &tiers, .contract = &contract, .schedule = &schedule};
    }
    Contract contract;
    MarginSchedule schedule;
    PositionTerms terms;
};
inline Lots liquidation_size(const Instrument& inst,
                             const MarginTiers& tiers,
                             const LiquidationRule& rule,
                             const PositionState& state,
                             Ticks mark,
                             bool at_equality,
                             LiquidationAttempt attempt) {
    return rules::liquidation_size(
        OnTiers(inst, tiers).terms, rule, state, mark, at_equality, attempt);
}
inline AdlAccount make_adl_account(std::uint32_t row,
                                   const Instrument& inst,
                                   const MarginTiers& tiers,
                                   const PositionState& state,
                                   Ticks mark) {
    return rules::make_adl_account(row, inst, state, maintenance(inst, tiers, state, mark), mark);
}

// Uniform over the orders of magnitude from 1 to about `top`.
inline std::int64_t log_uniform(Rng& rng, double top) {
    return std::max<std::int64_t>(1, std::llround(std::exp(rng.uniform(0.0, std::log(top)))));
}

// A random world for properties: odd instruments, odd tables, odd positions, boundaries on purpose.
struct RandomPosition {
    Instrument inst;
    MarginTiers tiers;
    PositionState state;
    std::int64_t entry = 0;
};
inline MarginTiers random_tiers(Rng& rng) {
    MarginTiers tiers;
    std::int64_t floor_usd = 0;
    std::int64_t rate = 1'000 + static_cast<std::int64_t>(rng.below(20'000));
    const std::uint64_t count = 1 + rng.below(12);
    for (std::uint64_t n = 0; n < count; ++n) {
        const std::int64_t cap_usd = floor_usd + 1 + log_uniform(rng, 1e6);
        tiers.push_back({.floor = Money::from_raw(floor_usd * micro_per_usd),
                         .cap = Money::from_raw(cap_usd * micro_per_usd),
                         .mmr_ppm = rate,
                         .leverage_max = std::max<std::int64_t>(1, 500'000 / rate),
                         .deduction = {}});
        floor_usd = cap_usd;
        rate = std::min<std::int64_t>(500'000, rate + static_cast<std::int64_t>(rng.below(60'000)));
    }
    fill_deductions(tiers);
    return tiers;
}
inline RandomPosition random_position(Rng& rng) {
    RandomPosition out;
    const double ticks[] = {0.1, 0.01, 1.0};
    const double lots[] = {0.01, 1.0, 0.1};
    const std::uint64_t kind = rng.below(3);
    out.inst = perp(ticks[kind], lots[rng.below(3)], 2'000'000);
    out.tiers = random_tiers(rng);
    out.entry = 1 + log_uniform(rng, 1e6);
    const std::int64_t qty = log_uniform(rng, 1e6);
    const std::int64_t weight = rng.chance(0.5) ? 1 : 1 + static_cast<std::int64_t>(rng.below(20));
    out.state =
        position(out.inst, rng.chance(0.5) ? qty : -qty, out.entry, {}, std::min(weight, qty));
    const double leverage = std::exp(rng.uniform(-1.0, std::log(120.0)));
    const double size = std::abs(static_cast<double>(out.state.cost.raw()));
    out.state.collateral = Money::from_raw(static_cast<std::int64_t>(size / leverage));
    return out;
}

}  // namespace margincall::test
