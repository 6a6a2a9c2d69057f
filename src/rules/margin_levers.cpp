#include "rules/margin_levers.hpp"

#include <algorithm>
#include <cmath>

#include "base/integer.hpp"
#include "base/ppm.hpp"
#include "rules/margin.hpp"

namespace margincall::inline rules {
namespace {

// The slice with rates so many times as high.
MarginTier raised(MarginTier tier, std::int64_t factor_ppm) {
    tier.mmr_ppm = std::min(whole_ppm, mul_div(tier.mmr_ppm, factor_ppm, whole_ppm, Round::up));
    // A lower leverage is a higher initial rate: cut.
    tier.leverage_max =
        std::max<std::int64_t>(1, mul_div(tier.leverage_max, whole_ppm, factor_ppm, Round::down));
    return tier;
}

}  // namespace

bool has_margin_levers(const MarginRule& rule) {
    return rule.close_out_ppm > 0 || rule.concentration_from_ppm > 0 ||
           rule.volatility_cap_ppm > whole_ppm;
}

MarginTiers levered_tiers(const MarginRule& rule, const MarginTiers& tiers, Money open_interest) {
    MarginTiers out;
    const Money above = Money::from_raw(
        mul_div(open_interest.raw(), rule.concentration_from_ppm, whole_ppm, Round::down));
    for (const MarginTier& tier : tiers) {
        MarginTier low = tier;
        if (rule.close_out_ppm > 0) {
            low.mmr_ppm =
                std::max(low.mmr_ppm, mul_div(rule.close_out_ppm, 1, low.leverage_max, Round::up));
        }
        if (above.raw() <= 0 || above >= tier.cap) {
            out.push_back(low);
            continue;
        }
        MarginTier high = raised(low, rule.concentration_factor_ppm);
        if (above > tier.floor) {
            low.cap = above;
            high.floor = above;
            out.push_back(low);
        }
        out.push_back(high);
    }
    fill_deductions(out);
    return out;
}

MarginTiers scaled_tiers(const MarginTiers& tiers, std::int64_t scale_ppm) {
    CHECK(scale_ppm >= whole_ppm);
    MarginTiers out;
    out.reserve(tiers.size());
    for (const MarginTier& tier : tiers) {
        out.push_back(raised(tier, scale_ppm));
    }
    fill_deductions(out);
    return out;
}

std::int64_t volatility_scale_ppm(const MarginRule& rule, double z) {
    const double cap = static_cast<double>(rule.volatility_cap_ppm);
    const auto ppm = static_cast<std::int64_t>(std::clamp(z * 1e6, 1e6, std::max(1e6, cap)));
    const std::int64_t step = std::max<std::int64_t>(1, rule.volatility_step_ppm);
    return whole_ppm + (ppm - whole_ppm) / step * step;
}

}  // namespace margincall::inline rules
