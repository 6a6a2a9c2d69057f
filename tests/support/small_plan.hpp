// A small market for tests: three perp venues with different rules (A, B, H) and a spot venue (U),
// two coins. Everything is switched to what a test needs afterwards; nothing is read from disk.
#pragma once

#include <string>

#include "plan/plan.hpp"
#include "rules/margin.hpp"

namespace margincall::testing {

inline MarginTiers small_tiers() {
    MarginTiers tiers;
    const auto usd = [](std::int64_t m) { return Money::from_raw(m * micro_per_usd); };
    tiers.push_back(MarginTier{usd(0), usd(300'000), 4'000, 125, Money{}});
    tiers.push_back(MarginTier{usd(300'000), usd(3'000'000), 10'000, 50, Money{}});
    tiers.push_back(MarginTier{usd(3'000'000), usd(100'000'000'000), 50'000, 10, Money{}});
    fill_deductions(tiers);
    return tiers;
}

inline VenueRules rules_a() {
    VenueRules r;
    r.fund.initial = Money::from_raw(100'000'000LL * micro_per_usd);
    r.feed = LiquidationFeed::one_per_second;
    return r;
}
inline VenueRules rules_b() {
    VenueRules r;
    r.mark.average = minutes(5);
    r.funding.sample = minutes(1);
    r.funding.weights = FundingWeights::linear;
    r.liquidation.first_step = LiquidationFirstStep::tier_ladder_fok;
    r.liquidation.takeover = TakeoverMethod::engine_at_bankruptcy;
    r.fund.initial = Money::from_raw(50'000'000LL * micro_per_usd);
    r.fund.unwind = minutes(5);
    r.adl.trigger = AdlTrigger::pool_drawdown;
    r.adl.rank = AdlRank::leveraged_return;
    return r;
}
inline VenueRules rules_h() {
    VenueRules r;
    r.mark.method = MarkMethod::median_oracle_ema;
    r.mark.update = seconds(3);
    r.mark.sample = seconds(3);
    r.mark.average = seconds(150);
    r.funding.interval = hours(1);
    r.funding.price = FundingPrice::index;
    r.funding.cap_ppb = 40'000'000;
    r.funding.impact_notional = Money::from_raw(20'000 * micro_per_usd);
    r.liquidation.first_step = LiquidationFirstStep::market_then_rest;
    r.liquidation.takeover = TakeoverMethod::vault_below_share;
    r.liquidation.fee_ppm = 0;
    r.liquidation.batch = milliseconds(200);
    r.liquidation.partial_above = Money::from_raw(100'000 * micro_per_usd);
    r.fund.initial = Money::from_raw(20'000'000LL * micro_per_usd);
    r.adl.trigger = AdlTrigger::equity_negative;
    r.adl.rank = AdlRank::price_ratio_times_leverage;
    r.adl.price = AdlPrice::previous_mark;
    return r;
}

// Instruments: for each asset a perp on A, B and H, a spot on A and U. Ids are dense in that order:
// asset k has 5k + {0: A perp, 1: B perp, 2: H perp, 3: A spot, 4: U spot}.
inline Plan small_plan(Duration length = minutes(10)) {
    Plan plan;
    plan.name = "small";
    plan.length = length;
    plan.day_to = length;
    plan.start_unix_s = 1'762'128'000;  // 2025-11-03 00:00 UTC
    plan.seed = 7;
    AssetPlan btc;
    btc.name = "BTC";
    btc.price = 100'000.0;
    btc.open_interest = 2e9;
    btc.volume = 5e9;
    btc.depth_1pct = 100e6;
    AssetPlan eth = btc;
    eth.name = "ETH";
    eth.price = 4'000.0;
    eth.open_interest = 1e9;
    eth.volatility = 0.038;
    eth.beta = 1.35;
    eth.volume = 3e9;
    eth.depth_1pct = 50e6;
    plan.assets = {btc, eth};
    const char* names[] = {"A", "B", "H", "U"};
    const VenueRules rules[] = {rules_a(), rules_b(), rules_h(), VenueRules{}};
    for (int v = 0; v < 4; ++v) {
        VenuePlan venue;
        venue.name = names[v];
        venue.rules = rules[v];
        venue.kind = v == 2   ? VenueKind::chain_perp
                     : v == 3 ? VenueKind::spot_only
                              : VenueKind::central_perp;
        venue.oi_share = v == 3 ? 0.0 : 1.0 / 3.0;
        venue.perp_share = venue.oi_share;
        venue.spot_share = v == 0 || v == 3 ? 0.5 : 0.0;
        venue.block = v == 2 ? milliseconds(200) : Duration{};
        plan.venues.push_back(venue);
    }
    for (std::uint16_t a = 0; a < 2; ++a) {
        for (int k = 0; k < 5; ++k) {
            const bool perp = k < 3;
            const int v = perp ? k : k == 3 ? 0 : 3;
            InstrumentPlan p;
            Instrument& inst = p.instrument;
            inst.id = InstrumentId::from_raw(static_cast<std::uint32_t>(plan.instruments.size()));
            inst.venue = VenueId::from_raw(static_cast<std::uint16_t>(v));
            inst.base = AssetId::from_raw(a);
            inst.kind = perp ? InstrumentKind::linear_perp : InstrumentKind::spot;
            inst.tick_usd = a == 0 ? 0.1 : 0.01;
            inst.lot_base = 0.001;
            inst.tick_value = Money::from_raw(a == 0 ? 100 : 10);
            inst.lot_amount = Amount::from_raw(100'000);  // coins with 8 decimals
            inst.price_max = Ticks::from_raw(10'000'000);
            inst.qty_max = Lots::from_raw(1'000'000'000);
            p.name = plan.venues[static_cast<std::size_t>(v)].name + ":" + plan.assets[a].name +
                     (perp ? "-PERP" : "-SPOT");
            p.depth_share = perp ? 0.25 : 0.125;
            p.volume_share = perp ? 0.25 : 0.125;
            if (perp) {
                p.tiers = small_tiers();
                p.schedule = schedule_of(p.tiers);
            }
            plan.instruments.push_back(p);
        }
    }
    plan.history.step = minutes(30);
    plan.history.price.assign(2, {});
    for (int k = 0; k <= 30 * 48; ++k) {
        plan.history.price[0].push_back(btc.price *
                                        (1.0 + 0.02 * (k % 48 - 24) / 48.0 * (k < 1440 ? 1 : 0)));
        plan.history.price[1].push_back(eth.price *
                                        (1.0 + 0.03 * (k % 48 - 24) / 48.0 * (k < 1440 ? 1 : 0)));
    }
    plan.history.price[0].back() = btc.price;
    plan.history.price[1].back() = eth.price;
    plan.history.fear_greed = {42.0};
    plan.output.depth = seconds(10);
    return plan;
}

// The same with a chain: lending, the attacked pools, a keeper, coins of 18 decimals.
inline Plan chain_plan(Duration length) {
    Plan plan = small_plan(length);
    plan.population.rows = 200;
    plan.defi.enabled = true;
    plan.defi.lending.borrowed = 1e9;
    plan.defi.lending.rows = 40;
    plan.defi.share_market.borrowed = 20e6;
    plan.defi.balancer.pools = true;
    plan.defi.keeper.cash = 20e6;
    for (InstrumentPlan& p : plan.instruments) {
        p.instrument.lot_amount = Amount::from_raw(i128{1'000'000} * 1'000'000'000);  // 18 decimals
    }
    return plan;
}

// News on which that much of the first coin is sold on perps, whatever the participation.
inline EventPlan perp_sale(double usd, Duration from, Duration until) {
    EventPlan event;
    event.name = "sale";
    event.type = EventType::flow;
    event.cause = "news";
    event.at = SimTime{} + from;
    event.until = SimTime{} + until;
    event.sell_usd = {usd, 0.0};
    event.participation = 100.0;
    event.perps = true;
    return event;
}

}  // namespace margincall::testing
