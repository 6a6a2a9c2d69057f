// The reproduction number by experiment (docs/reproduction.md; model 11.2): a small forced sale is put
// into a fork of a world, and what is closed by force more than in the world itself is counted:
//   Xi = (forced USD with the sale - forced USD without) / sale,     R = Xi / (1 + Xi) for Xi >= 0.
// Everything after the sale is run again with the same random numbers, so Xi holds all that the market
// does with it: quotes that move, buyers that come, accounts that are closed earlier than they would be.
// It may be negative (fuel that burned early), and then no R is made of it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lab/forced_sale.hpp"

namespace margincall::inline lab {

inline constexpr std::array<Duration, 2> perturbation_windows = {minutes(10), hours(2)};

struct Response {
    double with_usd = 0.0, without_usd = 0.0;  // closed by force in the window
    [[nodiscard]] double xi(double sale_usd) const { return (with_usd - without_usd) / sale_usd; }
};
// Xi / (1 + Xi); nothing when Xi is negative.
[[nodiscard]] std::optional<double> reproduction_of(double xi);

struct Perturbation {
    std::uint64_t seed = 0;
    std::int64_t at_ns = 0;
    double sale_usd = 0.0;
    // What the books and accounts said right before (sim/reproduction.hpp); infinite where nothing bid.
    double local = 0.0, local_with_stops = 0.0;
    double local_own = 0.0;         // of the coin that is sold
    double local_per_dollar = 0.0;  // all generations and coins: what Xi would be
    std::array<Response, perturbation_windows.size()> response;
};

// One seed at several times of one run, each in a fork of its own. `at` rises; a time whose windows end
// after the scenario is measured to its end. Problems of the sale as a row of [[events]].
[[nodiscard]] std::expected<std::vector<Perturbation>, Errors> perturb(
    const std::shared_ptr<const Compiled>& scenario,
    std::span<const SimTime> at,
    const ForcedSale& sale,
    RunMonitor* monitor);

// One line of JSON with the key, and back; nothing when it is none of ours.
[[nodiscard]] std::string perturbation_json(std::string_view key,
                                            std::span<const Perturbation> rows);
[[nodiscard]] std::optional<std::vector<Perturbation>> parse_perturbations(std::string_view line);

}  // namespace margincall::inline lab
