// A shock: how far the reference price of each coin moves, and in what time. The only thing that a
// stress declares about prices; what forced orders add comes from the books.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {

struct CoinShock {
    double move = 0.0;     // share of the start price; > -1
    Duration over;         // 0 = at once
    bool named = false;    // as given, not by beta
    bool clamped = false;  // by beta it would be more than the largest fall that follows another
};

struct Shock {
    std::vector<CoinShock> coins;  // by AssetId

    // Reference price over start price after `t`: the way is covered evenly in logarithms.
    [[nodiscard]] double factor(AssetId coin, Duration t) const;
    [[nodiscard]] Duration length() const;  // of the slowest coin
};

enum class UnnamedCoins : std::uint8_t { by_beta, unchanged };

// Reads "BTC=-15%/10min" (also "ETH=8%", at once), one text a coin. Coins that no text names move
// by beta times the move of the first coin that is named, over the same time, at least -95 %. E615.
[[nodiscard]] std::expected<Shock, Errors> parse_shock(std::span<const std::string> texts,
                                                       const StressMarket& market,
                                                       UnnamedCoins unnamed);

// The same from numbers: one coin named.
[[nodiscard]] Shock make_shock(
    const StressMarket& market, AssetId coin, double move, Duration over, UnnamedCoins unnamed);

// The same moves in another time, that of the slowest coin; the others keep their share of it.
[[nodiscard]] Shock in_time(Shock shock, Duration length);

// "BTC −15 % in 10 min" and the like, named coins only.
[[nodiscard]] std::string shock_text(const Shock& shock, const StressMarket& market);
[[nodiscard]] std::string duration_text(Duration d);

}  // namespace margincall::inline desk
