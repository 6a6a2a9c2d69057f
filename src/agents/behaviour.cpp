#include "agents/behaviour.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"

namespace margincall::inline agents {
namespace {

constexpr double least_crowd_usd = 500.0;

template <class Family>
std::vector<std::unique_ptr<Agent>> one_per_asset(const Plan& plan, bool enabled) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (!enabled) {
        return agents;
    }
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        if (plan.assets[a].pegged) {
            continue;  // its own agents trade it (synthetic_dollar.hpp)
        }
        agents.push_back(
            std::make_unique<Family>(plan, AssetId::from_raw(static_cast<std::uint16_t>(a))));
    }
    return agents;
}

AgentSetup taker_setup(const Plan& plan,
                       const AssetBooks& books,
                       const char* family_word,
                       std::uint32_t family,
                       std::int64_t first_ms) {
    AgentSetup setup;
    const std::uint16_t asset = books.asset.raw();
    setup.name = family_word + plan.assets[asset].name;
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family, asset);
    const std::vector<AssetBook> all = books.all();
    setup.instruments = ids_of(all);
    setup.cash_usd_per_venue = std::max(1e9, plan.assets[asset].volume);
    setup.first_wake = SimTime{} + seconds(30) + milliseconds(first_ms + 97 * asset);
    return setup;
}

// Perps or spot, by share of the flow; the other kind when an asset has only one.
const AssetBook* choose(AgentContext& context, const AssetBooks& books, double perp_share) {
    const bool perp = context.rng(Purpose::choice).chance(perp_share);
    const std::vector<AssetBook>& first = perp ? books.perps : books.spots;
    const std::vector<AssetBook>& kind = first.empty() ? (perp ? books.spots : books.perps) : first;
    if (kind.empty()) {
        return nullptr;
    }
    return &book_by_volume(kind, context.rng(Purpose::choice).uniform());
}

}  // namespace

double trend_signal(double ema_fast, double ema_slow, double sigma_daily, double slow_min) {
    if (!(ema_fast > 0.0) || !(ema_slow > 0.0)) {
        return 0.0;
    }
    return std::log(ema_fast / ema_slow) / (sigma_daily * std::sqrt(slow_min / 1440.0));
}

double trend_flow(const TrendPlan& plan, double volume_usd_day, double signal) {
    return plan.rate * volume_usd_day * std::tanh(0.8 * signal);
}

double panic_flow(const PanicPlan& plan, const PanicInputs& in) {
    const double sigma_hour = in.sigma_daily / std::sqrt(24.0);
    const double beyond = std::clamp(-in.return_1h / sigma_hour - plan.threshold, 0.0, plan.cap);
    const double fear = 1.0 + plan.fear_factor * std::max(0.0, 50.0 - in.fear_greed) / 50.0;
    const double unsure = 1.0 + plan.uncertainty_factor * std::max(0.0, in.uncertainty);
    return plan.share * in.volume_usd_day * beyond * fear * unsure;
}

double dip_flow(const DipBuyerPlan& plan, double volume_usd_day, double gap) {
    if (std::abs(gap) <= plan.from) {
        return 0.0;
    }
    const double percent = gap / 0.01;
    const double flow = plan.share * volume_usd_day * std::min(plan.cap, percent * percent);
    return gap > 0.0 ? flow : -flow;
}

TrendFollower::TrendFollower(const Plan& plan, AssetId asset)
    : plan_{plan}, asset_{asset}, books_{asset_books(plan, asset)} {}

AgentSetup TrendFollower::setup() const {
    return taker_setup(plan_, books_, "trend-", family_trend, 1'000);
}

void TrendFollower::wake(AgentContext& context) {
    const TrendPlan& trend = plan_.trend;
    context.wake_after(trend.clock);
    const double index = context.index_ago(asset_, Duration{});
    if (index <= 0.0) {
        return;
    }
    if (!started_) {
        // Both averages as they stand after the history: five slow time constants back, by the
        // minute.
        started_ = true;
        last_ = context.now();
        const auto back = static_cast<std::int64_t>(5.0 * trend.slow_min);
        for (std::int64_t m = back; m >= 0; --m) {
            const double price = context.index_ago(asset_, minutes(m));
            if (price <= 0.0) {
                continue;
            }
            fast_ = fast_ > 0.0 ? fast_ + (price - fast_) / trend.fast_min : price;
            slow_ = slow_ > 0.0 ? slow_ + (price - slow_) / trend.slow_min : price;
        }
        return;
    }
    const double dt_s = to_seconds(context.now() - last_);
    last_ = context.now();
    fast_ += (index - fast_) * -std::expm1(-dt_s / (60.0 * trend.fast_min));
    slow_ += (index - slow_) * -std::expm1(-dt_s / (60.0 * trend.slow_min));
    const AssetPlan& asset = plan_.assets[asset_.raw()];
    const double signal = trend_signal(fast_, slow_, asset.volatility, trend.slow_min);
    const double usd = trend_flow(trend, asset.volume, signal) * dt_s / seconds_per_day;
    const AssetBook* book = choose(context, books_, trend.perp_share);
    if (book != nullptr && std::abs(usd) > least_crowd_usd && context.switches().behaviour) {
        take_usd(context,
                 book->id,
                 usd > 0.0 ? Side::buy : Side::sell,
                 std::abs(usd),
                 crowd_protection,
                 Cause::trend);
    }
}

PanicSeller::PanicSeller(const Plan& plan, AssetId asset)
    : plan_{plan},
      asset_{asset},
      books_{asset_books(plan, asset)},
      budget_usd_{plan.panic.budget * plan.assets[asset.raw()].volume} {}

AgentSetup PanicSeller::setup() const {
    return taker_setup(plan_, books_, "panic-", family_panic, 2'000);
}

void PanicSeller::wake(AgentContext& context) {
    const PanicPlan& panic = plan_.panic;
    context.wake_after(panic.clock);
    const AssetPlan& asset = plan_.assets[asset_.raw()];
    const double dt_s = to_seconds(context.now() - last_);
    last_ = context.now();
    const double full = panic.budget * asset.volume;
    budget_usd_ = std::min(full, budget_usd_ + full * dt_s / seconds_per_day);
    const double index = context.index_ago(asset_, Duration{});
    if (index <= 0.0) {
        return;
    }
    const double flow = panic_flow(panic,
                                   {.return_1h = log_return(context, asset_, index, hours(1)),
                                    .sigma_daily = asset.volatility,
                                    .fear_greed = context.fear_greed(),
                                    .uncertainty = context.uncertainty(),
                                    .volume_usd_day = asset.volume});
    const double usd = std::min(budget_usd_, flow * dt_s / seconds_per_day);
    const AssetBook* book = usd > least_crowd_usd ? choose(context, books_, 0.0) : nullptr;
    if (book != nullptr && context.switches().behaviour) {
        budget_usd_ -= take_usd(context, book->id, Side::sell, usd, crowd_protection, Cause::panic);
    }
}

DipBuyer::DipBuyer(const Plan& plan, AssetId asset)
    : plan_{plan}, asset_{asset}, books_{asset_books(plan, asset)}, news_{plan} {
    const AssetPlan& row = plan.assets[asset.raw()];
    anchor_log_ = std::log(row.price);
    Rng rng{plan.seed, entity_name(family_dip_buyer, asset.raw()), Purpose::delay};
    for (Cohort& cohort : cohorts_) {
        const double delay_min =
            rng.lognormal(plan.dip_buyer.delay_min, plan.dip_buyer.delay_sigma);
        cohort.delay = duration_from_seconds(60.0 * std::min(delay_min, 60.0));
        cohort.budget_usd = plan.dip_buyer.budget * row.volume / static_cast<double>(cohorts);
    }
}

AgentSetup DipBuyer::setup() const {
    return taker_setup(plan_, books_, "dip-", family_dip_buyer, 3'000);
}

double DipBuyer::seen_price(AgentContext& context, Duration delay) const {
    return context.index_ago(asset_, delay);
}

void DipBuyer::wake(AgentContext& context) {
    const DipBuyerPlan& dip = plan_.dip_buyer;
    context.wake_after(dip.clock);
    const AssetPlan& asset = plan_.assets[asset_.raw()];
    const SimTime now = context.now();
    const double dt_s = to_seconds(now - last_);
    last_ = now;

    // Value without declared news is learnt slowly; declared news counts as soon as it is heard.
    const double noise_part =
        std::log(context.fair_value(asset_, Duration{})) - news_.log_change(asset_, now);
    anchor_log_ +=
        (noise_part - anchor_log_) * -std::expm1(-dt_s / (seconds_per_day * dip.anchor_days));

    const double unsure = 1.0 / (1.0 + std::max(0.0, context.uncertainty()));
    const double full = dip.budget * asset.volume / static_cast<double>(cohorts) * unsure;
    for (Cohort& cohort : cohorts_) {
        cohort.budget_usd = std::min(full, cohort.budget_usd + full * dt_s / seconds_per_day);
    }

    // One cohort a wake, in turn, with the flow of the time since its last turn.
    next_ = (next_ + 1) % cohorts;
    Cohort& cohort = cohorts_[next_];
    const double price = seen_price(context, cohort.delay);
    if (price <= 0.0 || now - SimTime{} < cohort.delay) {
        return;
    }
    const SimTime heard = now + (Duration{} - cohort.delay);
    const double anchor = anchor_log_ + news_.log_change(asset_, heard);
    const double seen_gap = anchor - std::log(price);
    const double now_price = context.index_ago(asset_, Duration{});
    const double live_gap = now_price > 0.0 ? anchor - std::log(now_price) : 0.0;
    // Decided on what was seen a few minutes ago, but nobody buys what is no longer cheap.
    const double gap = seen_gap * live_gap <= 0.0                ? 0.0
                       : std::abs(live_gap) < std::abs(seen_gap) ? live_gap
                                                                 : seen_gap;
    const double flow = dip_flow(dip, asset.volume, gap) / static_cast<double>(cohorts);
    const double turn_s = dt_s * static_cast<double>(cohorts);
    const double usd = std::min(cohort.budget_usd, std::abs(flow) * turn_s / seconds_per_day);
    const AssetBook* book = usd > least_crowd_usd ? choose(context, books_, 0.5) : nullptr;
    if (book != nullptr) {
        cohort.budget_usd -= take_usd(context,
                                      book->id,
                                      flow > 0.0 ? Side::buy : Side::sell,
                                      usd,
                                      crowd_protection,
                                      Cause::dip_buyer);
    }
}

std::vector<std::unique_ptr<Agent>> make_trend_followers(const Plan& plan) {
    return one_per_asset<TrendFollower>(plan, plan.trend.enabled);
}
std::vector<std::unique_ptr<Agent>> make_panic_sellers(const Plan& plan) {
    return one_per_asset<PanicSeller>(plan, plan.panic.enabled);
}
std::vector<std::unique_ptr<Agent>> make_dip_buyers(const Plan& plan) {
    return one_per_asset<DipBuyer>(plan, plan.dip_buyer.enabled);
}

}  // namespace margincall::inline agents
