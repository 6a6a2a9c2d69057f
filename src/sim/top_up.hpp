// How owners answer a margin call (model 5.4, docs/population.md): whether, with how much, how
// late. Pure functions of the plan and one random stream per row.
#pragma once

#include <array>
#include <cmath>

#include "base/random.hpp"
#include "base/time.hpp"
#include "plan/plan.hpp"

namespace margincall::inline sim {

// Share of owners for whom it is between 22 and 06 h local time, at a UTC hour in [0, 24). Owners
// live in three zones: UTC+8 (one half), UTC+1 and UTC-5 (a quarter each); assumed.
[[nodiscard]] inline double night_share(double hour_utc) {
    struct Zone {
        double offset_h;
        double share;
    };
    constexpr std::array<Zone, 3> zones = {{{8.0, 0.5}, {1.0, 0.25}, {-5.0, 0.25}}};
    double share = 0.0;
    for (const Zone& zone : zones) {
        const double local = std::fmod(hour_utc + zone.offset_h + 24.0, 24.0);
        share += local >= 22.0 || local < 6.0 ? zone.share : 0.0;
    }
    return share;
}

// Probability that the owner answers at that hour.
[[nodiscard]] inline double top_up_probability(const PopulationPlan& p, double hour_utc) {
    const double night = night_share(hour_utc);
    return night * p.top_up_awake_night + (1.0 - night) * p.top_up_awake;
}

// USD for an initial margin in USD; both are totals of the row.
[[nodiscard]] inline double top_up_amount(const PopulationPlan& p,
                                          double initial_margin_usd,
                                          Rng& rng) {
    return initial_margin_usd * rng.lognormal(p.top_up_median, p.top_up_sigma);
}

// How long the owner takes to send it.
[[nodiscard]] inline Duration top_up_delay(const PopulationPlan& p, Rng& rng) {
    return duration_from_seconds(rng.exponential(p.top_up_delay_min * 60.0));
}

}  // namespace margincall::inline sim
