// The liquidation map of an asset: at which price how much would be liquidated, by side and
// leverage (docs/metrics.md). Kept up row by row, so that a map costs what changed since the last
// one; funding moves the liquidation price of every row of an instrument, which is then looked at
// whole.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/big_vector.hpp"
#include "clearing/clearing_house.hpp"
#include "plan/plan.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline sim {

// Bands of leverage in maps and tables: up to 5, 10, 25, 50, and above.
inline constexpr std::array<double, 4> leverage_band_ends = {5.0, 10.0, 25.0, 50.0};
[[nodiscard]] constexpr std::uint32_t leverage_band(double leverage) {
    std::uint32_t band = 0;
    while (band < leverage_band_ends.size() && leverage > leverage_band_ends[band]) {
        ++band;
    }
    return band;
}

class LiquidationMap {
  public:
    explicit LiquidationMap(const Plan& plan);

    // The row as it is now replaces what it was when last told; one without a position leaves.
    void update(const ClearingHouse& house, AccountId account);
    // All rows of an instrument that have a position; those that had one and do not any more must
    // be among the ones told by `update`.
    void update_all(const ClearingHouse& house, InstrumentId instrument);

    // f(const MapRecord&) for every cell with rows, asset by asset, by rising price; time is 0.
    template <class F>
    void for_each_cell(F&& f) const {
        for (std::uint32_t asset = 0; asset < assets_.size(); ++asset) {
            for (std::uint32_t cell = 0; cell < cells; ++cell) {
                if (assets_[asset].accounts[cell] != 0) {
                    f(record(asset, cell));
                }
            }
        }
    }

  private:
    static constexpr double bin_of_start = 0.005;  // height of a bin, of the start price
    static constexpr std::uint32_t bins = 400;     // 0 to 2 x the start price
    static constexpr std::uint32_t bands = leverage_band_ends.size() + 1;
    static constexpr std::uint32_t cells = bins * bands * 2;  // [bin][band][long, short]
    static constexpr std::uint32_t cell_bits = 12;
    static constexpr std::uint64_t nowhere = (1U << cell_bits) - 1;  // no cell, nothing in it
    static_assert(cells <= nowhere);

    struct Asset {
        double step = 0.0;                   // USD
        std::vector<std::int64_t> cents;     // USD / 100, by cell
        std::vector<std::int64_t> accounts;  // by cell
    };
    // Where a row stands: cell in the low bits, above it its notional at the liquidation price in
    // cents. What 52 bits hold, 45 trillion dollars, is enough for any row.
    [[nodiscard]] std::uint64_t place_of(const ClearingHouse& house, const Row& row) const;
    [[nodiscard]] MapRecord record(std::uint32_t asset, std::uint32_t cell) const;
    void move(Asset& asset, const Row& row, std::uint64_t from, std::uint64_t to);

    const Plan& plan_;
    std::vector<Asset> assets_;
    BigVector<std::uint64_t> places_;  // by account
};

}  // namespace margincall::inline sim
