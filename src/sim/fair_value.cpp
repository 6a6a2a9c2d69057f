#include "sim/fair_value.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace margincall::inline sim {
namespace {

// Families of random streams owned by this file (agents use small numbers).
constexpr std::uint32_t family_noise = 900;
constexpr std::uint32_t family_jumps = 901;
constexpr std::uint32_t index_common = 0xffff'ffff;
constexpr std::uint32_t index_factors = 0xffff'fffe;

Rng noise_stream(const Plan& plan, std::uint32_t index) {
    return Rng{plan.seed, entity_name(family_noise, index), Purpose::fair_value};
}

}  // namespace

double factor_log_change(const Plan& plan, const EventPlan& event, std::size_t asset) {
    const FactorPlan& f = plan.factors;
    const AssetPlan& a = plan.assets[asset];
    const double others = f.p_cut * event.d_p_cut + f.usd * event.d_usd + f.oil * event.d_oil;
    const double beta = asset == 0 ? 1.0 : a.beta;
    const double equities = a.name == "ETH" ? f.equities_beta_eth : beta * f.equities_beta_btc;
    return beta * others + equities * event.d_equities;
}

NewsPath::NewsPath(const Plan& plan) {
    events_.reserve(plan.events.size());
    for (const EventPlan& event : plan.events) {
        add(plan, event);
    }
}

void NewsPath::add(const Plan& plan, const EventPlan& row) {
    const auto number = static_cast<std::uint32_t>(events_.size());
    Event& event = events_.emplace_back();
    event.from = row.at;
    event.until = std::max(row.at, row.until);
    if (row.type == EventType::factor) {
        for (std::size_t a = 0; a < plan.assets.size(); ++a) {
            event.size.push_back(factor_log_change(plan, row, a));
        }
    } else if (row.type == EventType::fair_value) {
        event.size = row.d_fair_value;
        event.size.resize(plan.assets.size(), 0.0);
    } else {
        return;
    }
    const double window_s = to_seconds(event.until - event.from);
    if (window_s <= 0.0) {
        return;  // all at once, at `from`
    }
    // 8.2: part of the event arrives evenly, the rest in random jumps, at least one and
    // `jumps_per_hour` on average, with exponential sizes of one sign.
    event.uniform_share = std::clamp(plan.factors.uniform_share, 0.0, 1.0);
    if (event.uniform_share >= 1.0) {
        return;
    }
    const double wanted = std::ceil(plan.factors.jumps_per_hour * window_s / 3600.0);
    const auto count = static_cast<std::size_t>(std::max(1.0, wanted));
    Rng times{plan.seed, entity_name(family_jumps, number), Purpose::news};
    Rng sizes{plan.seed, entity_name(family_jumps, number), Purpose::size};
    double sum = 0;
    for (std::size_t j = 0; j < count; ++j) {
        const SimTime at = event.from + duration_from_seconds(window_s * times.uniform());
        const double size = sizes.exponential(1.0);
        event.jumps.push_back({.at = at, .cumulative = size});
        sum += size;
    }
    std::sort(event.jumps.begin(), event.jumps.end(), [](const Jump& x, const Jump& y) {
        return x.at != y.at ? x.at < y.at : x.cumulative < y.cumulative;
    });
    double done = 0;
    for (Jump& jump : event.jumps) {
        done += jump.cumulative / sum;
        jump.cumulative = done;
    }
    event.jumps.back().cumulative = 1.0;
}

double NewsPath::released(std::size_t e, SimTime until) const {
    const Event& event = events_[e];
    if (event.size.empty() || until < event.from) {
        return 0.0;
    }
    if (until >= event.until) {
        return 1.0;
    }
    const double even = to_seconds(until - event.from) / to_seconds(event.until - event.from);
    double jumped = 0;
    if (!event.jumps.empty()) {
        const auto after = std::upper_bound(
            event.jumps.begin(), event.jumps.end(), until, [](SimTime at, const Jump& jump) {
                return at < jump.at;
            });
        jumped = after == event.jumps.begin() ? 0.0 : std::prev(after)->cumulative;
    }
    return event.uniform_share * even + (1.0 - event.uniform_share) * jumped;
}

double NewsPath::log_change(AssetId asset, SimTime until) const {
    double sum = 0;
    for (std::size_t e = 0; e < events_.size(); ++e) {
        if (!events_[e].size.empty() && until >= events_[e].from) {
            sum += events_[e].size[asset.raw()] * released(e, until);
        }
    }
    return sum;
}

FairValue::FairValue(const Plan& plan)
    : plan_{plan},
      news_{plan},
      events_{plan.events},
      common_{noise_stream(plan, index_common)},
      factors_{noise_stream(plan, index_factors)} {
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        const AssetPlan& row = plan.assets[a];
        Asset asset;
        asset.noise = noise_stream(plan, static_cast<std::uint32_t>(a));
        asset.log_start = std::log(row.price);
        asset.sigma_daily = plan.factors.sigma_share * row.volatility;
        // Two coins with loadings sqrt(c) on one common factor are correlated by c.
        asset.correlation = std::sqrt(std::clamp(row.noise_correlation, 0.0, 1.0));
        asset.diffusion =
            plan.factors.diffusion * plan.assets[0].volatility * (a == 0 ? 1.0 : row.beta);
        asset.value = row.price;
        assets_.push_back(asset);
    }
    const std::int64_t clock = std::max<std::int64_t>(plan.factors.clock.raw(), 1);
    slots_ = static_cast<std::size_t>(history_max.raw() / clock) + 2;
    ring_.resize(slots_ * assets_.size());
    for (std::size_t a = 0; a < assets_.size(); ++a) {
        ring_[a] = assets_[a].value;
    }
    filled_ = 1;
    uncertainty_ = uncertainty_at(plan.uncertainty, events_, SimTime{});
}

void FairValue::add(const EventPlan& event) {
    events_.push_back(event);
    news_.add(plan_, event);
}

void FairValue::step(SimTime now) {
    CHECK(now >= now_);
    const double root_days = std::sqrt(to_seconds(now - now_) / seconds_per_day);
    now_ = now;
    const double common = common_.normal();
    const double diffusion = factors_.normal();
    last_ = (last_ + 1) % slots_;
    filled_ = std::min(filled_ + 1, slots_);
    for (std::size_t a = 0; a < assets_.size(); ++a) {
        Asset& asset = assets_[a];
        const double own = std::sqrt(1.0 - asset.correlation * asset.correlation);
        const double z = asset.correlation * common + own * asset.noise.normal();
        asset.noise_log += root_days * (asset.sigma_daily * z + asset.diffusion * diffusion);
        const AssetId id = AssetId::of_row(a);
        asset.value = std::exp(asset.log_start + asset.noise_log + news_.log_change(id, now));
        ring_[last_ * assets_.size() + a] = asset.value;
    }
    uncertainty_ = uncertainty_at(plan_.uncertainty, events_, now);
}

double FairValue::value(AssetId asset) const {
    return assets_[asset.raw()].value;
}

double FairValue::value_delayed(AssetId asset, Duration delay) const {
    const std::int64_t clock = std::max<std::int64_t>(plan_.factors.clock.raw(), 1);
    const std::int64_t back = std::max<std::int64_t>(delay.raw(), 0);
    // Rounded up: nobody learns anything earlier than its delay allows.
    const auto steps = static_cast<std::size_t>((back + clock - 1) / clock);
    const std::size_t bounded = std::min(steps, filled_ - 1);
    const std::size_t slot = (last_ + slots_ - bounded) % slots_;
    return ring_[slot * assets_.size() + asset.raw()];
}

double FairValue::uncertainty_at(double at_start, std::span<const EventPlan> events, SimTime at) {
    double u = at_start;
    for (const EventPlan& event : events) {
        const bool adds =
            event.type == EventType::uncertainty || event.type == EventType::regulatory;
        if (!adds || at < event.at) {
            continue;
        }
        double left = event.add_uncertainty;
        if (event.half_life_days > 0.0) {
            const double days = to_seconds(at - event.at) / seconds_per_day;
            left *= std::exp2(-days / event.half_life_days);
        }
        u += left;
    }
    return std::max(u, 0.0);
}

}  // namespace margincall::inline sim
