#include "sim/liquidation_map.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace margincall::inline sim {

LiquidationMap::LiquidationMap(const Plan& plan) : plan_{plan} {
    for (const AssetPlan& asset : plan.assets) {
        assets_.push_back({.step = asset.price * bin_of_start,
                           .cents = std::vector<std::int64_t>(cells),
                           .accounts = std::vector<std::int64_t>(cells)});
    }
}

std::uint64_t LiquidationMap::place_of(const ClearingHouse& house, const Row& row) const {
    const std::int64_t lots = std::abs(house.state(row).qty.raw());
    if (lots == 0 || row.liquidation <= 0) {
        return nowhere;
    }
    const Instrument& inst = plan_.instruments[row.instrument].instrument;
    const double price = static_cast<double>(row.liquidation) * inst.tick_usd;
    const double bin = std::floor(price / assets_[inst.base.raw()].step);
    if (bin >= bins) {
        return nowhere;
    }
    const double leverage = static_cast<double>(row.leverage_e2) / 100.0;
    const std::uint32_t band = leverage_band(leverage);
    const std::uint32_t cell =
        (static_cast<std::uint32_t>(bin) * bands + band) * 2 + (row.side == Side::buy ? 0U : 1U);
    const double cents = 100.0 * price * inst.lot_base * static_cast<double>(lots);
    return static_cast<std::uint64_t>(std::llround(cents)) << cell_bits | cell;
}

void LiquidationMap::move(Asset& asset, const Row& row, std::uint64_t from, std::uint64_t to) {
    const auto put = [&](std::uint64_t place, std::int64_t sign) {
        const std::uint64_t cell = place & nowhere;
        if (cell != nowhere) {
            asset.cents[cell] += sign * static_cast<std::int64_t>(place >> cell_bits);
            asset.accounts[cell] += sign * std::int64_t{row.weight};
        }
    };
    put(from, -1);
    put(to, 1);
}

void LiquidationMap::update(const ClearingHouse& house, AccountId account) {
    if (account.raw() >= places_.size()) {
        places_.resize(std::max(std::size_t{account.raw()} + 1, house.account_count()), nowhere);
    }
    const Row& row = house.row(account);
    const std::uint64_t now = place_of(house, row);
    std::uint64_t& place = places_[account.raw()];
    if (place != now) {
        const Instrument& inst = plan_.instruments[row.instrument].instrument;
        move(assets_[inst.base.raw()], row, place, now);
        place = now;
    }
}

void LiquidationMap::update_all(const ClearingHouse& house, InstrumentId instrument) {
    const std::vector<AccountId>& live = house.live_rows(instrument);
    constexpr std::size_t ahead = 16;
    for (std::size_t k = 0; k < live.size(); ++k) {
        if (k + ahead < live.size()) {
            house.prefetch_row(live[k + ahead]);
        }
        update(house, live[k]);
    }
}

MapRecord LiquidationMap::record(std::uint32_t asset, std::uint32_t cell) const {
    const Asset& a = assets_[asset];
    const std::uint32_t row = cell / 2;  // bin and band
    const std::uint32_t number = row / bands;
    const auto bin = static_cast<double>(number);
    MapRecord m;
    m.asset = asset;
    m.is_long = cell % 2 == 0 ? 1 : 0;
    m.band = static_cast<std::uint8_t>(row % bands);
    m.price_low = bin * a.step;
    m.price_high = (bin + 1.0) * a.step;
    m.notional_usd = 0.01 * static_cast<double>(a.cents[cell]);
    m.accounts = a.accounts[cell];
    return m;
}

}  // namespace margincall::inline sim
