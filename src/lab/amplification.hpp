// Amplification (docs/reproduction.md; model 11.1): how much deeper prices fall than they would with the
// market's own mechanisms taken out one after the other,
//   A = fall of the whole market / fall of the market without,
// in pairs of worlds with one seed and common random numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/path_row.hpp"
#include "lab/seed_quantiles.hpp"
#include "lab/task_list.hpp"

namespace margincall::inline lab {

// What is taken out for each quotient, on top of what the one before takes out.
struct AmplificationLevel {
    std::string_view name;  // A, A_stop, ...
    std::string_view off;   // "key=value"
    std::string_view words;
};
inline constexpr std::array amplification_levels = {
    AmplificationLevel{
        "A", "mechanisms.forced_orders=false", "accounts are closed at mark, no order is sent"},
    AmplificationLevel{"A_stop", "mechanisms.stops=false", "and no stop orders"},
    AmplificationLevel{
        "A_behaviour", "mechanisms.behaviour=false", "and no trend followers and panic sellers"},
    AmplificationLevel{
        "A_all", "agents.market_maker.frozen=true", "and makers' depth does not move"},
};
// Cells of the task list: the whole market, then one a level.
[[nodiscard]] std::vector<std::vector<std::string>> amplification_points();

// What falls, and when it is looked at.
enum class FallAt : std::uint8_t { btc_low, btc_close, btc_hour_after_low, eth_low };
inline constexpr std::array<std::string_view, 4> fall_words = {
    "BTC at the low", "BTC at the close", "BTC one hour after the low", "ETH at the low"};
// Return from the open of the day; each world's own low. Nothing where a price is not known.
[[nodiscard]] std::optional<double> fall_of(const Summary& world, FallAt at);

// A market that falls less than this has no quotient: 0.5 % of the price.
inline constexpr double least_fall = 0.005;

struct FallPair {
    std::uint64_t seed = 0;
    double whole = 0.0, without = 0.0;  // returns
    // whole / without; nothing when the market without does not fall by least_fall.
    [[nodiscard]] std::optional<double> ratio() const {
        return without <= -least_fall ? std::optional{whole / without} : std::nullopt;
    }
};

struct AmplificationRow {
    std::size_t level = 0;  // of amplification_levels
    FallAt at = FallAt::btc_low;
    std::vector<FallPair> pairs;  // by seed
    SeedQuantiles ratio;          // of the pairs that have one
    SeedQuantiles difference;  // whole - without, in returns: negative where the market amplifies
    // Pearson's, of whole and without over the seeds: what common random numbers are worth. Of three
    // pairs or more that differ.
    std::optional<double> correlation;
};

// Every level at every moment, of the worlds that are there. `rows` are of a list with
// amplification_points; a seed counts where both its worlds have a price.
[[nodiscard]] std::vector<AmplificationRow> amplification(std::span<const PathRow> rows,
                                                          std::int64_t paths);

}  // namespace margincall::inline lab
