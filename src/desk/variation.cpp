#include "desk/variation.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline desk {
namespace {

constexpr double move_least = -0.999'9;  // as of a shock that is asked for

Shock resized(Shock shock, double factor) {
    for (CoinShock& coin : shock.coins) {
        coin.move = std::max(move_least, coin.move * factor);
    }
    return shock;
}

Shock retimed(Shock shock, double factor) {
    for (CoinShock& coin : shock.coins) {
        coin.over = Duration::from_raw(std::llround(static_cast<double>(coin.over.raw()) * factor));
    }
    return shock;
}

}  // namespace

std::vector<Variation> variations(const Shock& shock, const StressOptions& options) {
    StressOptions totals = options;
    totals.detail = Detail::totals;
    totals.step = step_of(shock, options);
    StressOptions half = totals;
    half.step = Duration::from_raw(totals.step.raw() / 2);
    StressOptions twice = totals;
    twice.step = totals.step + totals.step;
    std::vector<Variation> out{
        {"half the step", shock, half},
        {"double the step", shock, twice},
        {"shock 2 % smaller", resized(shock, 1.0 - variation_of_size), totals},
        {"shock 2 % larger", resized(shock, 1.0 + variation_of_size), totals}};
    if (shock.length().raw() > 0) {
        out.push_back({"shock 10 % faster", retimed(shock, 1.0 - variation_of_time), totals});
        out.push_back({"shock 10 % slower", retimed(shock, 1.0 + variation_of_time), totals});
    }
    return out;
}

std::vector<Variation> other_sizes(const Shock& shock,
                                   const StressMarket& market,
                                   const StressOptions& options) {
    StressOptions totals = options;
    totals.detail = Detail::totals;
    totals.step = step_of(shock, options);
    std::vector<Variation> out;
    for (const double times : {0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0}) {
        const bool possible = std::ranges::all_of(shock.coins, [&](const CoinShock& coin) {
            return coin.move * times > move_least || !coin.named;
        });
        if (possible) {
            Shock sized = resized(shock, times);
            out.push_back({shock_text(sized, market), std::move(sized), totals, times == 1.0});
        }
    }
    return out;
}

}  // namespace margincall::inline desk
