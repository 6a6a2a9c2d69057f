#include "agents/noise.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"

namespace margincall::inline agents {
namespace {

constexpr double size_cap = 30.0;          // largest order, in mean orders
constexpr double metaorder_cap = 2'000.0;  // longest metaorder, in children

// Hour-of-day activity, UTC: low in the Asian night, highest at the US open. Assumed from the shape
// that all large venues share; the mean is 1.
constexpr std::array<double, 24> activity = {1.05, 0.95, 0.90, 0.80, 0.75, 0.70, 0.72, 0.80,
                                             0.90, 0.92, 0.90, 0.92, 1.00, 1.25, 1.55, 1.55,
                                             1.40, 1.20, 1.10, 1.10, 1.05, 0.95, 0.78, 0.76};

// Mean of a Pareto variable with minimum 1 that is cut (not redrawn) at `cap`.
double capped_pareto_mean(double tail, double cap) {
    return (tail - std::pow(cap, 1.0 - tail)) / (tail - 1.0);
}

}  // namespace

double metaorder_tail(double hurst) {
    return 3.0 - 2.0 * std::clamp(hurst, 0.5, 0.95);
}

double hourly_activity(double hour) {
    const double at = hour - 0.5 < 0.0 ? hour + 23.5 : hour - 0.5;  // values stand at half past
    const auto k = static_cast<std::size_t>(at) % 24;
    const double part = at - std::floor(at);
    return (1.0 - part) * activity[k] + part * activity[(k + 1) % 24];
}

double noise_rate(double orders_per_second, double volume_share) {
    return orders_per_second * std::sqrt(std::max(volume_share, 0.0));
}

NoiseTakers::NoiseTakers(const Plan& plan, AssetId asset) : plan_{plan}, asset_{asset} {
    const NoisePlan& noise = plan.noise;
    const double volume = plan.assets[asset.raw()].volume;
    for (const AssetBook& book : asset_books(plan, asset).all()) {
        const double rate = noise_rate(noise.orders_per_second, book.volume);
        if (rate <= 0.0) {
            continue;
        }
        books_.push_back(book);
        rate_.push_back(rate);
        rate_total_ += rate;
        mean_usd_.push_back(noise.volume_share * volume * book.volume / (rate * seconds_per_day));
    }
}

AgentSetup NoiseTakers::setup() const {
    AgentSetup setup;
    const AssetPlan& asset = plan_.assets[asset_.raw()];
    setup.name = "noise-" + asset.name;
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family_noise, asset_.raw());
    setup.instruments = ids_of(books_);
    setup.cash_usd_per_venue = std::max(1e9, asset.volume);
    setup.first_wake = SimTime{} + seconds(5);
    return setup;
}

NoiseTakers::Metaorder NoiseTakers::draw_metaorder(AgentContext& context) const {
    const double tail = metaorder_tail(plan_.noise.hurst);
    const double minimum = plan_.noise.metaorder_mean / capped_pareto_mean(tail, 400.0);
    const double length = std::min(
        context.rng(Purpose::schedule).pareto(std::max(minimum, 1.0), tail), metaorder_cap);
    Metaorder order;
    order.side = context.rng(Purpose::side).chance(0.5) ? Side::buy : Side::sell;
    order.left = static_cast<std::uint32_t>(std::max(1.0, std::round(length)));
    return order;
}

void NoiseTakers::wake(AgentContext& context) {
    if (books_.empty()) {
        return;
    }
    if (!started_) {
        started_ = true;
        for (Metaorder& order : metaorders_) {
            order = draw_metaorder(context);
        }
    }
    const double activity_now =
        hourly_activity(hour_of_day(plan_, context.now())) * context.retail_there();
    const double gap_s =
        context.rng(Purpose::arrival).exponential(1.0 / (rate_total_ * activity_now));
    context.wake_after(duration_from_seconds(gap_s));

    Metaorder& meta = metaorders_[context.rng(Purpose::choice).below(active)];
    const Side side = meta.side;
    if (--meta.left == 0) {
        meta = draw_metaorder(context);
    }
    double pick = context.rng(Purpose::choice).uniform() * rate_total_;
    std::size_t k = 0;
    while (k + 1 < books_.size() && pick >= rate_[k]) {
        pick -= rate_[k];
        ++k;
    }
    const double tail = plan_.noise.size_tail;
    const double units = std::min(context.rng(Purpose::size).pareto(1.0, tail), size_cap);
    const double usd = mean_usd_[k] * units / capped_pareto_mean(tail, size_cap);
    take_usd(context,
             books_[k].id,
             side,
             std::max(usd, plan_.assets[asset_.raw()].size_min),
             crowd_protection,
             Cause::noise);
}

std::vector<std::unique_ptr<Agent>> make_noise_takers(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (!plan.noise.enabled) {
        return agents;
    }
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        if (plan.assets[a].pegged) {
            continue;  // its own agents trade it (synthetic_dollar.hpp)
        }
        const AssetId asset = AssetId::from_raw(static_cast<std::uint16_t>(a));
        agents.push_back(std::make_unique<NoiseTakers>(plan, asset));
    }
    return agents;
}

}  // namespace margincall::inline agents
