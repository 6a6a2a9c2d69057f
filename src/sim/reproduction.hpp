// Local reproduction number of forced selling, R (docs/reproduction.md; model 11.2): how many dollars
// of forced closings one dollar of forced selling sets off, as prices stand. Below 1 a cascade dies
// out and the fall stops with the news; at 1 and above it feeds itself until a thicker part of the
// book.
//
//   K_ab = h_a * d ln P_a / d Q_b,     R = spectral radius of K
//
// over coins a, b: h_a is what is closed by force in coin a per unit of log price in the next half
// percent below the mark, d ln P_a / d Q_b how far a dollar sold of b moves a. Both are taken over
// the same half percent, so that its width cancels: on the diagonal K is what the next half percent
// sets off over what stands against it.
//
// A world is read and never changed: sampling leaves every digest as it is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "plan/plan.hpp"

namespace margincall::inline sim {

class World;

inline constexpr double reproduction_step = 0.005;       // of the price: the next half percent
inline constexpr std::uint32_t reproduction_steps = 61;  // of a curve: falls of 0 to 30 %
// A sale has this long to be absorbed: what is taken of a maker's quote meanwhile comes back.
inline constexpr Duration reproduction_refill = minutes(1);

// What a step of the marks of all coins sets off and what stands against it; sizes in USD.
struct ForcedStep {
    explicit ForcedStep(std::size_t coins)
        : closes(coins * coins), stops(coins), resting(coins), refill(coins) {}

    [[nodiscard]] std::size_t coins() const { return stops.size(); }
    // Longs that are liquidated less shorts that are bought back with them, of coin `closed`, for the
    // part that the fall of coin `falls` has in it. [closed * coins + falls]
    std::vector<double> closes;
    std::vector<double> stops;    // sold by stop orders, by coin
    std::vector<double> resting;  // bid in the step of the price
    std::vector<double> refill;   // bid again within reproduction_refill once it is taken
};

enum class CountStops : std::uint8_t { no, yes };

// K, [a * coins + b], of dollars over dollars. `passed[a]`: part of a move of coin 0 that the quotes of
// coin a follow (chi * beta; the own entry is not read). An entry is infinite where something is
// closed and nothing bids.
[[nodiscard]] std::vector<double> reproduction_kernel(const ForcedStep& step,
                                                      std::span<const double> passed,
                                                      CountStops stops);

// Largest absolute eigenvalue of a square matrix, by Gelfand's formula (Horn and Johnson, Matrix
// Analysis, 2nd ed., corollary 5.6.14): the n-th root of |K^n|, n = 2^30 by repeated squaring. Relative
// error below 1e-6 for up to a hundred rows. Infinite when an entry is.
[[nodiscard]] double spectral_radius(std::span<const double> matrix);

// Dollars of forced closings, of all coins and generations, that a dollar of forced selling of `coin` sets
// off: the sum of column `coin` of K + K^2 + K^3 + ... = (1 - K)^-1 K. Infinite when R is 1 or more. In one
// coin it is R / (1 - R).
[[nodiscard]] double forced_per_dollar(std::span<const double> kernel, std::size_t coin);

// R and its parts at prices that lie `fall` below the ones now.
struct CoinReproduction {
    AssetId asset;
    double liquidation_usd = 0.0;  // closed in the next step when all coins fall together
    double stop_usd = 0.0;
    double resting_usd = 0.0, refill_usd = 0.0;
    double own = 0.0;             // diagonal of K
    double own_with_stops = 0.0;  // the same with stop orders
};
struct LocalReproduction {
    double fall = 0.0;
    double liquidations = 0.0;  // R
    double with_stops = 0.0;
    std::vector<CoinReproduction> coins;  // those with perpetuals, by asset
    std::vector<double> kernel;           // of liquidations alone, over all assets
};

// As prices stand. Looks at the accounts of the next half percent only, through the trigger indices.
[[nodiscard]] LocalReproduction local_reproduction(const World& world);
// At falls of 0, 0.5 %, ... 30 % of all marks: "where would a cascade start and end". Looks at every
// account and the books down to there. The first is local_reproduction.
[[nodiscard]] std::vector<LocalReproduction> reproduction_curve(const World& world);

// Share of what is taken of makers' quotes that is offered again after `time` (model 7.1, the half-life
// of agents.market_maker.refill_half_life in calm).
[[nodiscard]] double refilled_share(Duration time, double half_life_s);

}  // namespace margincall::inline sim
