#include "clearing/safe_box.hpp"

#include <algorithm>
#include <cmath>

#include "base/ppm.hpp"

namespace margincall::inline clearing {
namespace {

// Slack lost per unit of relative move against the exposure, micro-USD: an estimate to choose by.
double harm_per_move(const BoxExposure& e, const CrossTerms& terms) {
    if (e.instrument == nullptr) {
        return static_cast<double>(coin_worth(*e.terms, e.amount, Money::from_raw(e.price)).raw());
    }
    const double value = static_cast<double>(magnitude(e.qty)) *
                         static_cast<double>(e.instrument->tick_value.raw()) *
                         static_cast<double>(e.price);
    const MarginTiers& tiers = *e.tiers;
    const double raised = static_cast<double>(whole_ppm) / static_cast<double>(terms.ratio_ppm);
    if (!e.is_short()) {
        // The margin shrinks with the value, at least at the rate of the lowest tier.
        const double rate = static_cast<double>(tiers.front().mmr_ppm) * 1e-6 * raised;
        return value * (1.0 - rate);
    }
    // A short's notional grows; at most a doubling is looked at.
    const double each = std::min(2.0 * value / static_cast<double>(terms.weight), 9e18);
    const MarginTier& tier = tier_of(tiers, Money::from_raw(static_cast<std::int64_t>(each)));
    return value * (1.0 + static_cast<double>(tier.mmr_ppm) * 1e-6 * raised);
}

std::int64_t corner_at(const BoxExposure& e, double move) {
    const double room = std::floor(static_cast<double>(e.price) * move);
    if (!e.is_short()) {
        return std::max<std::int64_t>(1, e.price - static_cast<std::int64_t>(room));
    }
    const std::int64_t most = e.instrument->price_max.raw() - e.price;
    return e.price + std::min(most, static_cast<std::int64_t>(room));
}

}  // namespace

Money coin_worth(const CollateralCoin& terms, Amount amount, Money price) {
    CHECK(amount.raw() >= 0);
    if (amount.raw() == 0) {
        return Money{};
    }
    const i128 counted = div_round(checked_mul<i128>(amount.raw(), whole_ppm - terms.haircut_ppm),
                                   i128{whole_ppm},
                                   Round::down);
    return Money::from_raw(narrow_i64(
        div_round(checked_mul<i128>(counted, price.raw()), terms.unit.raw(), Round::down)));
}

Money needed_equity(Money maintenance, const CrossTerms& terms) {
    if (terms.ratio_ppm == whole_ppm) {
        return maintenance;
    }
    constexpr i128 most = INT64_MAX / 16;  // leaves room for other exposures
    return Money::from_raw(narrow_i64(std::min<i128>(
        div_round(i128{maintenance.raw()} * whole_ppm, i128{terms.ratio_ppm}, Round::up), most)));
}

BoxSlack slack_of(const BoxExposure& e, const CrossTerms& terms, std::int64_t price) {
    if (e.instrument == nullptr) {
        const std::int64_t value = coin_worth(*e.terms, e.amount, Money::from_raw(price)).raw();
        return {.slack = value, .free = value};
    }
    if (e.qty == 0) {
        return {};
    }
    const PositionState state{
        .qty = Lots::from_raw(e.qty), .cost = {}, .collateral = {}, .weight = terms.weight};
    const Money size = position_notional(*e.instrument, state, Ticks::from_raw(price));
    const std::int64_t value = e.qty < 0 ? -size.raw() : size.raw();
    const Money margin = terms.weight == 1
                             ? maintenance_margin(*e.tiers, size)
                             : maintenance(*e.instrument, *e.tiers, state, Ticks::from_raw(price));
    return {.slack = checked_sub(value, needed_equity(margin, terms).raw()),
            .free = checked_sub(value, initial_margin(size, terms.leverage_e2).raw())};
}

BoxSlack slack_of(std::span<const BoxExposure> exposures,
                  const CrossTerms& terms,
                  std::int64_t money,
                  SlackAt at) {
    BoxSlack sum{.slack = money, .free = money};
    for (const BoxExposure& e : exposures) {
        const BoxSlack one = slack_of(e, terms, at == SlackAt::corner ? e.corner : e.price);
        sum.slack = checked_add(sum.slack, one.slack);
        sum.free = checked_add(sum.free, one.free);
    }
    return sum;
}

std::int64_t widest_corner(const BoxExposure& e) {
    if (!e.is_short()) {
        return 1;
    }
    const std::int64_t price_max = e.instrument->price_max.raw();
    const i128 worth = i128{magnitude(e.qty)} * e.instrument->tick_value.raw() * price_max;
    constexpr i128 fits = INT64_MAX / 4;  // leaves room for margin and other exposures
    return worth <= fits ? price_max : 0;
}

BoxSlack choose_box(std::span<BoxExposure> exposures, const CrossTerms& terms, std::int64_t money) {
    double harm = 0.0;
    double shared = 0.0;
    for (BoxExposure& e : exposures) {
        e.corner = e.price;
        const double one = e.is_empty() ? 0.0 : harm_per_move(e, terms);
        e.room = one > 0.0 ? 1.0 / std::sqrt(std::sqrt(one)) : 0.0;
        harm += one;
        shared += one * e.room;
    }
    const BoxSlack now = slack_of(exposures, terms, money, SlackAt::price);
    if (!is_safe(now.slack, terms)) {
        return now;
    }
    const double exact = harm > 0.0 ? static_cast<double>(now.slack) / harm : 1.0;
    if (exact >= 1.0) {  // perhaps nothing can happen to this account at all
        bool all = true;
        for (BoxExposure& e : exposures) {
            e.corner = widest_corner(e);
            all = all && e.corner != 0;
        }
        if (all) {
            const BoxSlack widest = slack_of(exposures, terms, money, SlackAt::corner);
            if (is_safe(widest.slack, terms)) {
                return widest;
            }
        }
    }
    // Slopes change at tier boundaries and amounts are rounded: what is not proved is halved.
    constexpr int halvings = 8;
    double move = shared > 0.0 ? static_cast<double>(now.slack) / shared * (1.0 - 1e-9) : 0.0;
    for (int n = 0; n < halvings; ++n) {
        for (BoxExposure& e : exposures) {
            e.corner = e.is_empty() ? e.price : corner_at(e, std::min(move * e.room, 1.0));
        }
        const BoxSlack there = slack_of(exposures, terms, money, SlackAt::corner);
        if (is_safe(there.slack, terms)) {
            return there;
        }
        move *= 0.5;
    }
    for (BoxExposure& e : exposures) {
        e.corner = e.price;
    }
    return now;
}

}  // namespace margincall::inline clearing
