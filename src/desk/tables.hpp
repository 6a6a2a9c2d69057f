// Tables about the book as it is, before any shock: the liquidation map, concentration, and how long
// positions would take to close. What the file itself says of them: reconciliation.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "desk/run.hpp"

namespace margincall::inline desk {

// The book at the start, in the venues' own ticks and without the ceiling of the order books.
class BookView {
  public:
    explicit BookView(const StressStart& start);
    BookView(const BookView&) = delete;
    BookView& operator=(const BookView&) = delete;

    [[nodiscard]] PortfolioMargin margin(std::uint32_t unit) {
        return margins_.of(start_.house(), unit, prices_);
    }
    [[nodiscard]] bool liquidatable(std::uint32_t unit, const PortfolioMargin& margin) const {
        return margins_.liquidatable_at(unit, margin);
    }
    // First price, USD, at which the unit of a position (of margin `whole`) is liquidatable as the
    // price of its coin moves, as collateral too, everything else unchanged; 0 = none.
    [[nodiscard]] double liquidation_price(SlotId slot, const PortfolioMargin& whole);
    // Equity less maintenance margin of the position's unit, USD, if the price of its instrument were this one
    // and everything else as it is. Nothing where the contract has no such price or the coin is collateral, too.
    [[nodiscard]] std::optional<double> excess_at(SlotId slot, double price);
    [[nodiscard]] double tick(InstrumentId i) const { return market_.at(i).instrument.tick_usd; }
    // Of a position, at the mark of the start, USD.
    [[nodiscard]] double notional(SlotId slot) const;
    [[nodiscard]] const MarginTiers& tiers(SlotId slot) const { return margins_.tiers(slot); }

  private:
    const StressStart& start_;
    StressMarket market_;
    PortfolioPrices prices_;
    UnitMargins margins_;
};

// --- liquidation map ---

inline constexpr std::array<double, 4> leverage_band_ends = {5.0, 10.0, 25.0, 50.0};
inline constexpr std::size_t leverage_bands = 5;
inline constexpr double map_bin = 0.005;  // width, share of the start price
inline constexpr double map_reach = 0.6;  // to both sides

// What would be liquidated if the mark of one coin alone went there.
struct MapBin {
    AssetId coin;
    Side side = Side::buy;
    std::uint8_t band = 0;  // of the unit's leverage: <= 5, 10, 25, 50, above
    std::int32_t bin = 0;   // [bin, bin + 1) * map_bin from the start price
    double usd = 0.0;       // notional at the start price
    std::uint32_t positions = 0;
};
struct PositionPrice {
    double liquidation = 0.0;  // USD per coin; 0 = none within reach of the contract
    double leverage = 0.0;     // gross notional of the unit over its equity; 0 = equity <= 0
};
struct LiquidationPrices {
    std::vector<PositionPrice> positions;  // by slot of the book
    std::vector<MapBin> bins;              // ordered by coin, side, bin, band
};
[[nodiscard]] LiquidationPrices liquidation_map(const StressStart& start);

// --- concentration and horizon ---

struct Concentration {
    AssetId coin;                                             // invalid = all coins
    double gross = 0.0;                                       // USD, longs and shorts
    double net = 0.0;                                         // longs less shorts
    std::uint64_t groups = 0;                                 // with a position
    double top1 = 0.0, top5 = 0.0, top10 = 0.0, top20 = 0.0;  // share of gross
    double effective = 0.0;  // 1 / sum of squared shares: as many equal groups
};
[[nodiscard]] std::vector<Concentration> concentration(const StressStart& start);

// The largest net position of one owner group in a coin, against what the books can take.
struct Horizon {
    AssetId coin;
    std::uint32_t group = 0;
    Side side = Side::buy;
    double usd = 0.0;
    double depth_1pct = 0.0, depth_5pct = 0.0;  // on the side it would trade against, its venues
    double at_once_filled = 0.0;                // share of it that the books can take at all
    double at_once_cost = 0.0;                  // slippage on what they take, USD
    double hours_at_tenth = 0.0;  // at 10 % of the coin's volume at its venues; 0 = no volume known
};
// The `count` largest by coin.
[[nodiscard]] std::vector<Horizon> horizons(const StressStart& start, std::size_t count);

}  // namespace margincall::inline desk
