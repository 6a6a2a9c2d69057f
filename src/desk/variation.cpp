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

std::vector<Variation> variations(const Shock& shock, Duration step) {
    std::vector<Variation> out{{"half the step", shock, Duration::from_raw(step.raw() / 2)},
                               {"double the step", shock, step + step},
                               {"shock 2 % smaller", resized(shock, 1.0 - variation_of_size), step},
                               {"shock 2 % larger", resized(shock, 1.0 + variation_of_size), step}};
    if (shock.length().raw() > 0) {
        out.push_back({"shock 10 % faster", retimed(shock, 1.0 - variation_of_time), step});
        out.push_back({"shock 10 % slower", retimed(shock, 1.0 + variation_of_time), step});
    }
    return out;
}

std::vector<Variation> other_sizes(const Shock& shock, const StressMarket& market, Duration step) {
    std::vector<Variation> out;
    for (const double times : {0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0}) {
        const bool possible = std::ranges::all_of(shock.coins, [&](const CoinShock& coin) {
            return coin.move * times > move_least || !coin.named;
        });
        if (possible) {
            Shock sized = resized(shock, times);
            out.push_back({shock_text(sized, market), std::move(sized), step, times == 1.0});
        }
    }
    return out;
}

StressOptions options_at(const StressOptions& options, Duration step) {
    StressOptions out = options;
    out.detail = Detail::totals;
    out.step = step;
    return out;
}

}  // namespace margincall::inline desk
