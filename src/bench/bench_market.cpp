#include "bench/bench_market.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace margincall::inline bench {

namespace {
constexpr std::int64_t start_ticks = 1'000'000;
constexpr std::int64_t tick_value = bench_lot_usd * micro_per_usd / start_ticks;
constexpr std::int64_t coin_units = 100'000'000;
constexpr std::int64_t haircut_ppm = 50'000;
constexpr double notional_median_usd = 450.0;
constexpr double notional_sigma = 2.15;
constexpr double entry_sigma = 0.05;

// 100,000 USD, 50,000, 25,000, ...
std::int64_t start_usd(std::uint32_t asset) {
    return std::max<std::int64_t>(1, 100'000 >> asset);
}
}  // namespace

Ticks bench_start() {
    return Ticks::from_raw(start_ticks);
}

Money bench_coin_price(std::uint32_t asset, Ticks mark) {
    return Money::from_raw(
        mul_div(start_usd(asset) * micro_per_usd, mark.raw(), start_ticks, Round::down));
}

MarginTiers bench_tiers() {
    struct TierRow {
        std::int64_t floor_usd, cap_usd, mmr_ppm, leverage_max;
    };
    constexpr std::array<TierRow, 6> rows = {{{0, 300'000, 4'000, 125},
                                              {300'000, 800'000, 5'000, 100},
                                              {800'000, 3'000'000, 6'500, 75},
                                              {3'000'000, 12'000'000, 10'000, 50},
                                              {12'000'000, 70'000'000, 20'000, 25},
                                              {70'000'000, 1'000'000'000, 50'000, 10}}};
    MarginTiers tiers;
    for (const TierRow& row : rows) {
        tiers.push_back({.floor = Money::from_raw(row.floor_usd * micro_per_usd),
                         .cap = Money::from_raw(row.cap_usd * micro_per_usd),
                         .mmr_ppm = row.mmr_ppm,
                         .leverage_max = row.leverage_max,
                         .deduction = {}});
    }
    fill_deductions(tiers);
    return tiers;
}

ClearingConfig bench_market(std::uint32_t assets) {
    ClearingConfig config;
    for (std::uint32_t k = 0; k < assets; ++k) {
        Instrument inst;
        inst.id = InstrumentId::from_raw(k);
        inst.venue = VenueId::from_raw(0);
        inst.base = AssetId::from_raw(static_cast<std::uint16_t>(k));
        inst.kind = InstrumentKind::linear_perp;
        inst.tick_value = Money::from_raw(tick_value);
        inst.tick_usd = static_cast<double>(start_usd(k)) / static_cast<double>(start_ticks);
        inst.lot_base = static_cast<double>(bench_lot_usd) / static_cast<double>(start_usd(k));
        inst.price_max = Ticks::from_raw(4 * start_ticks);
        inst.qty_max = Lots::from_raw(1'000'000'000);
        config.instruments.push_back(inst);
        config.tiers.push_back(bench_tiers());
        config.collateral.push_back(
            {.unit = Amount::from_raw(coin_units), .haircut_ppm = haircut_ppm});
    }
    config.venues.emplace_back();
    config.venues.front().fund.initial = Money::from_raw(1'000'000'000 * micro_per_usd);
    config.assets = assets;
    return config;
}

Lots draw_lots(Rng& rng) {
    const double usd = rng.lognormal(notional_median_usd, notional_sigma);
    const double lots = std::min(usd / static_cast<double>(bench_lot_usd), 1e6);
    return Lots::from_raw(std::max<std::int64_t>(1, std::llround(lots)));
}

Ticks draw_entry(Rng& rng) {
    const double ticks = static_cast<double>(start_ticks) * std::exp(entry_sigma * rng.normal());
    return Ticks::from_raw(std::llround(ticks));
}

}  // namespace margincall::inline bench
