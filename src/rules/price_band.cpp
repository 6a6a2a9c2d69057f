#include "rules/price_band.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace margincall::inline rules {

PriceBand band_around(double reference, double down_share, double up_share) {
    return {.lower = reference - reference * down_share, .upper = reference + reference * up_share};
}

PriceBand band_with_premium(double index, double premium, double y, double z) {
    return {.lower = std::max(std::min(index, index - index * y + premium), index - index * z),
            .upper = std::min(std::max(index, index + index * y + premium), index + index * z)};
}

PriceBand band_of(const BandRule& rule, const BandReference& reference) {
    constexpr PriceBand none{.lower = 0.0, .upper = std::numeric_limits<double>::infinity()};
    const auto share = [](std::int64_t ppm) { return static_cast<double>(ppm) * 1e-6; };
    const auto around = [&](double middle) {
        return middle > 0.0 ? band_around(middle, share(rule.down_ppm), share(rule.up_ppm)) : none;
    };
    switch (rule.method) {
        case BandMethod::none:
            return none;
        case BandMethod::around_mark:
            return around(reference.mark);
        case BandMethod::around_last:
            return around(reference.last);
        case BandMethod::index_premium:
            return reference.index > 0.0 ? band_with_premium(reference.index,
                                                             reference.premium,
                                                             share(rule.up_ppm),
                                                             share(rule.outer_ppm))
                                         : none;
    }
    return none;
}

Reject apply_band(const PriceBand& band, const Instrument& inst, Command& command) {
    const bool removes = command.kind == CommandKind::amend && command.qty == Lots{};
    if ((command.kind != CommandKind::add && command.kind != CommandKind::amend) || removes) {
        return Reject::none;
    }
    // The last tick inside, to within the error of a double.
    const bool buys = command.side == Side::buy;
    const double edge = buys ? std::floor(band.upper / inst.tick_usd + 1e-6)
                             : std::ceil(band.lower / inst.tick_usd - 1e-6);
    const double price = static_cast<double>(command.price.raw());
    const bool beyond = buys ? price > edge : price < edge;
    if (command.type == OrderType::limit || command.kind == CommandKind::amend) {
        return beyond ? Reject::price_outside_band : Reject::none;
    }
    if (buys && edge < 1.0) {
        return Reject::price_outside_band;
    }
    // Beyond what the book takes at all, the edge bounds nothing.
    if ((beyond || command.price.raw() == 0) && edge >= 1.0 &&
        edge <= static_cast<double>(inst.price_max.raw())) {
        command.price = Ticks::from_raw(static_cast<std::int64_t>(edge));
    }
    return Reject::none;
}

void BandPremium::sample(SimTime now, double gap_usd) {
    const std::int64_t minute = now.ns() / minutes(1).raw();
    if (minute != minute_) {
        if (minute_ >= 0) {
            minutes_[ended_++ % minutes_.size()] = 0.5 * (open_ + close_);
        }
        minute_ = minute;
        open_ = gap_usd;
    }
    close_ = gap_usd;
}

double BandPremium::average() const {
    const std::size_t known = std::min(ended_, minutes_.size());
    double sum = 0.0;
    for (std::size_t k = 0; k < known; ++k) {
        sum += minutes_[k];
    }
    return known > 0 ? sum / static_cast<double>(known) : 0.0;
}

}  // namespace margincall::inline rules
