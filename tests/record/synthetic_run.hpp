// A made-up run for tests of recorder, analytics and report: four venues, five coins, a two-day
// fall with a quick low. Shapes are plausible so that pictures can be looked at; no figure means
// anything.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/random.hpp"
#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"

namespace margincall::testing {

inline constexpr std::int64_t synthetic_start_unix_s = 1'762'128'000;  // 2025-11-03 00:00 UTC

inline VenuePlan synthetic_venue(std::string name, VenueKind kind, double share) {
    VenuePlan venue;
    venue.name = std::move(name);
    venue.kind = kind;
    venue.oi_share = share;
    venue.rules.feed = LiquidationFeed::all;
    if (venue.name == "A") {
        venue.rules.feed = LiquidationFeed::one_per_second;
    }
    if (kind == VenueKind::chain_perp) {
        venue.rules.funding.interval = hours(1);
    }
    return venue;
}

inline void add_books(Plan& plan, std::uint16_t asset, std::uint16_t venue, double tick) {
    const VenuePlan& at = plan.venues[venue];
    const auto add = [&](InstrumentKind kind, const char* suffix) {
        InstrumentPlan row;
        row.name = at.name + ":" + plan.assets[asset].name + suffix;
        row.instrument.id =
            InstrumentId::from_raw(static_cast<std::uint32_t>(plan.instruments.size()));
        row.instrument.venue = VenueId::from_raw(venue);
        row.instrument.base = AssetId::from_raw(asset);
        row.instrument.kind = kind;
        row.instrument.tick_usd = tick;
        row.instrument.lot_base = 0.001;
        plan.instruments.push_back(row);
    };
    if (at.kind != VenueKind::spot_only) {
        add(InstrumentKind::linear_perp, "-PERP");
    }
    if (at.kind != VenueKind::chain_perp) {
        add(InstrumentKind::spot, "-SPOT");
    }
}

inline Plan synthetic_plan(Duration length = hours(49)) {
    Plan plan;
    plan.name = "synthetic";
    plan.title = "A made-up fall over two days";
    plan.about = "Shapes for tests: no figure of this run means anything.";
    plan.scenario_hash = "0123456789abcdef";
    plan.start_unix_s = synthetic_start_unix_s;
    plan.length = length;
    plan.day_from = hours(24);
    plan.day_to = hours(48);
    plan.seed = 7;
    const std::array<std::pair<const char*, double>, 5> coins = {
        {{"BTC", 110'495}, {"ETH", 3'905}, {"SOL", 187.6}, {"XRP", 2.525}, {"TAIL1", 1.0}}};
    for (const auto& [name, price] : coins) {
        AssetPlan asset;
        asset.name = name;
        asset.price = price;
        asset.beta = asset.name == "BTC" ? 1.0 : asset.name == "ETH" ? 1.5 : 1.8;
        asset.open_interest = asset.name == "BTC" ? 40e9 : asset.name == "ETH" ? 25e9 : 4e9;
        plan.assets.push_back(asset);
    }
    plan.venues.push_back(synthetic_venue("A", VenueKind::central_perp, 0.5));
    plan.venues.push_back(synthetic_venue("B", VenueKind::central_perp, 0.3));
    plan.venues.push_back(synthetic_venue("H", VenueKind::chain_perp, 0.2));
    plan.venues.push_back(synthetic_venue("U", VenueKind::spot_only, 0.0));
    for (std::uint16_t asset = 0; asset < plan.assets.size(); ++asset) {
        for (std::uint16_t venue = 0; venue < plan.venues.size(); ++venue) {
            add_books(plan, asset, venue, plan.assets[asset].price * 1e-5);
        }
    }
    const auto event = [&plan](std::int64_t from_min,
                               std::int64_t until_min,
                               EventType type,
                               std::string cause,
                               std::string name,
                               std::string source) {
        EventPlan row;
        row.name = std::move(name);
        row.type = type;
        row.cause = std::move(cause);
        row.at = SimTime{} + minutes(from_min);
        row.until = SimTime{} + minutes(until_min);
        row.source = std::move(source);
        plan.events.push_back(row);
    };
    event(465,
          600,
          EventType::flow,
          "security",
          "Pool drained, proceeds sold",
          "reported: 128 m USD");
    event(465, 465, EventType::uncertainty, "security", "Lenders unsure who is exposed", "assumed");
    event(1440,
          2880,
          EventType::flow,
          "holders",
          "Long-term holders sell 9,000 BTC",
          "reported: range 3,100 to 13,500 a day");
    event(1470, 1800, EventType::factor, "macro", "Rate-cut odds fall", "derived: futures");
    event(2310,
          2700,
          EventType::flow,
          "funds",
          "Redemptions <script>alert(1)</script>",
          "measured: per fund");
    const auto observed = [&plan](std::string metric,
                                  double value,
                                  double tolerance,
                                  std::string article,
                                  std::string source) {
        ObservedPlan row;
        row.metric = std::move(metric);
        row.value = value;
        row.tolerance = tolerance;
        row.has_value = tolerance > 0;
        row.article = std::move(article);
        row.source = std::move(source);
        plan.observed.push_back(row);
    };
    observed("btc_low", 98'944, 989, "under $99,000", "measured: spot");
    observed("btc_fall_open_to_low", -0.0717, 0.01, "over 7 %", "measured: spot");
    observed("btc_worst_hour", -0.0238, 0.01, "", "measured: spot, hourly");
    observed("eth_low", 3'057, 46, "under $3,100", "measured: spot");
    observed("liquidated_reported_usd", 2.03e9, 0.5e9, "about $2 bn", "measured: press digests");
    observed("long_share_reported", 0.80, 0.07, "over 90 %", "measured: all venues");
    observed("accounts_reported", 473'500, 118'000, "470,000", "measured");
    observed("funding_btc_min", 0.00003, 0.00006, "negative", "measured: venue settlements");
    observed("oi_btc_change", 0.016, 0.03, "", "measured: in coins");
    observed("depth_4pct_min_share", 0, 0, "almost empty", "");
    plan.inputs = {{"assets.BTC.price", "110,495 USD", "measured", "exchange candles"},
                   {"agents.market_maker.depth_state", "0.7", "assumed", "books had not recovered"},
                   {"events[2].sell", "9,000 BTC", "reported", "range 3,100 to 13,500 a day"},
                   {"population.leverage.median", "6", "assumed", "coarse prototype"}};
    ObservedPath path;
    path.asset = "BTC";
    path.source = "measured: hourly spot closes";
    plan.observed_paths.push_back(path);
    return plan;
}

// Log-price of BTC over the run: a slide, a sharp low at hour 45, a rebound.
inline double synthetic_log_price(double hour) {
    const double slide = -0.075 * std::clamp((hour - 6.0) / 38.0, 0.0, 1.0);
    const double spike = -0.032 * std::exp(-0.5 * (hour - 45.2) * (hour - 45.2) / 0.35);
    const double rebound = 0.01 * std::clamp((hour - 46.0) / 3.0, 0.0, 1.0);
    return slide + spike + rebound + 0.004 * std::sin(hour * 1.3) + 0.002 * std::sin(hour * 5.1);
}

// R of everything, the larger of the two, and bitcoin's and ether's own, at one time and fall.
inline void add_reproduction(
    MemoryRecorder& recorder, Duration at, double fall, double bitcoin, double ether) {
    recorder.on(ReproductionRecord{at.raw(), fall, std::max(bitcoin, ether), 1.25});
    for (std::uint32_t asset = 0; asset < 2; ++asset) {
        CoinReproductionRecord r;
        r.time_ns = at.raw();
        r.asset = asset;
        r.fall = fall;
        r.reproduction = asset == 0 ? bitcoin : ether;
        recorder.on(r);
    }
}

class SyntheticRun {
  public:
    explicit SyntheticRun(Plan plan_in = synthetic_plan())
        : plan{std::move(plan_in)}, recorder{plan} {
        for (std::int64_t k = 1; k * 60 <= plan.length.raw() / 1'000'000'000; ++k) {
            minute(k);
        }
        finish();
    }

    Plan plan;
    MemoryRecorder recorder;
    RunTotals totals;

  private:
    [[nodiscard]] double price(std::size_t asset, double hour) const {
        const AssetPlan& row = plan.assets[asset];
        return row.price * std::exp(row.beta * synthetic_log_price(hour));
    }

    void minute(std::int64_t k) {
        const std::int64_t time_ns = k * 60'000'000'000;
        const double hour = static_cast<double>(k) / 60.0;
        const double stress = std::exp(-0.5 * (hour - 45.0) * (hour - 45.0) / 3.0);
        for (std::uint32_t i = 0; i < plan.instruments.size(); ++i) {
            book(i, time_ns, hour, stress);
        }
        for (std::uint32_t asset = 0; asset < plan.assets.size(); ++asset) {
            StateRecord state;
            state.time_ns = time_ns;
            state.asset = asset;
            state.fair_value = price(asset, hour);
            state.depth_state = 0.7 * (1 - 0.6 * stress);
            state.volatility = 0.02 + 0.05 * stress;
            recorder.on(state);
            if (k % 60 == 0 || k == 1) {
                map(asset, k == 1 ? 0 : time_ns, hour);
            }
        }
        liquidations(time_ns, hour, stress);
        funds(time_ns, stress);
        if (k % 480 == 0) {
            funding(time_ns, stress);
        }
        if (k % 60 == 0 && !plan.observed_paths.empty()) {
            plan.observed_paths.front().price.push_back(price(0, hour) *
                                                        (1 + 0.003 * std::sin(hour)));
        }
    }

    void book(std::uint32_t i, std::int64_t time_ns, double hour, double stress) {
        const Instrument& inst = plan.instruments[i].instrument;
        const std::size_t asset = inst.base.raw();
        const bool perp = inst.kind == InstrumentKind::linear_perp;
        const double basis = perp ? -0.0005 - 0.0015 * stress : 0.0;
        const double noise = 0.0003 * rng_.normal();
        BarRecord bar;
        bar.time_ns = time_ns;
        bar.instrument = i;
        bar.open = last_[i] > 0 ? last_[i] : plan.assets[asset].price;
        bar.close = price(asset, hour) * (1 + basis + noise);
        bar.low = std::min(bar.open, bar.close) * (1 - 0.0003 * rng_.uniform());
        bar.high = std::max(bar.open, bar.close) * (1 + 0.0003 * rng_.uniform());
        last_[i] = bar.close;
        bar.trades = 100;
        bar.volume_usd = 2e6;
        bar.index = price(asset, hour);
        bar.mark = perp ? bar.index * (1 + basis) : 0;
        bar.bid = bar.close * 0.99999;
        bar.ask = bar.close * 1.00001;
        bar.spread_max_bps = 0.3 * std::exp(3.0 * stress + 0.3 * rng_.normal());
        const double depth = 160e6 * (1 - 0.6 * stress) * (1 + 0.05 * rng_.normal());
        const std::array distance = {0.1, 0.5, 1.0, 2.0, 4.0};
        const std::array bid = {&bar.bid_01, &bar.bid_05, &bar.bid_1, &bar.bid_2, &bar.bid_4};
        const std::array ask = {&bar.ask_01, &bar.ask_05, &bar.ask_1, &bar.ask_2, &bar.ask_4};
        for (std::size_t band = 0; band < distance.size(); ++band) {
            *bid[band] = depth * std::pow(distance[band], 0.65);
            *ask[band] = 0.9 * depth * std::pow(distance[band], 0.65);
        }
        bar.bid_1_min = bar.bid_1 * 0.95;
        bar.bid_4_min = bar.bid_4 * 0.97;
        if (perp) {
            const double share = plan.venues[inst.venue.raw()].oi_share;
            bar.open_interest_coins = share * plan.assets[asset].open_interest /
                                      plan.assets[asset].price * (1 - 0.04 * hour / 49);
            bar.open_interest_usd = bar.open_interest_coins * bar.mark;
            const double per_8h = 0.00008 - 0.00012 * stress;
            bar.funding_rate =
                plan.venues[inst.venue.raw()].kind == VenueKind::chain_perp ? per_8h / 8 : per_8h;
        }
        recorder.on(bar);
    }

    void liquidations(std::int64_t time_ns, double hour, double stress) {
        const auto count = rng_.poisson(0.4 + 25 * stress);
        for (std::uint64_t n = 0; n < count; ++n) {
            LiquidationRecord record;
            record.time_ns = time_ns - static_cast<std::int64_t>(rng_.below(60)) * 1'000'000'000;
            record.instrument = static_cast<std::uint32_t>(rng_.below(plan.instruments.size()));
            while (plan.instruments[record.instrument].instrument.kind !=
                   InstrumentKind::linear_perp) {
                record.instrument = static_cast<std::uint32_t>(rng_.below(plan.instruments.size()));
            }
            record.account = next_account_++;
            record.weight = 13;
            record.was_long = rng_.chance(0.85) ? 1 : 0;
            record.first = 1;
            const std::size_t venue = plan.instruments[record.instrument].instrument.venue.raw();
            record.published =
                plan.venues[venue].rules.feed == LiquidationFeed::all || rng_.chance(0.4) ? 1 : 0;
            record.notional_usd = rng_.lognormal(60'000, 1.5);
            record.price = price(plan.instruments[record.instrument].instrument.base.raw(), hour);
            record.qty = record.notional_usd / record.price;
            record.leverage = 10;
            record.kind = static_cast<std::uint8_t>(record.account % 4 == 3);  // some taken over
            recorder.on(record);
        }
    }

    void funds(std::int64_t time_ns, double stress) {
        for (std::uint32_t venue = 0; venue < 3; ++venue) {
            FundRecord record;
            record.time_ns = time_ns;
            record.venue = venue;
            record.inflow_usd = 3e4 * rng_.uniform();
            record.outflow_usd = 4e5 * stress * stress * rng_.uniform();
            fund_[venue] += record.inflow_usd - record.outflow_usd;
            record.balance_usd = fund_[venue];
            record.equity_usd = fund_[venue] - 2e6 * stress;
            recorder.on(record);
            if (venue == 2 && stress > 0.999) {
                for (std::uint32_t rank = 1; rank <= 30; ++rank) {
                    AdlRecord adl;
                    adl.time_ns = time_ns;
                    adl.instrument = 4;  // H:BTC-PERP
                    adl.rank = rank;
                    adl.account = 1000 + rank;
                    adl.notional_usd = 2e5 / rank;
                    adl.price = price(0, 45);
                    adl.qty = adl.notional_usd / adl.price;
                    adl.score = 20.0 / rank;
                    adl.upnl_usd = 3e4 / rank;
                    adl.leverage = 20.0 / std::sqrt(rank);
                    adl.needed_usd = 7.5e5;
                    recorder.on(adl);
                }
            }
        }
    }

    void funding(std::int64_t time_ns, double stress) {
        for (std::uint32_t i = 0; i < plan.instruments.size(); ++i) {
            if (plan.instruments[i].instrument.kind != InstrumentKind::linear_perp) {
                continue;
            }
            FundingRecord record;
            record.time_ns = time_ns;
            record.instrument = i;
            record.interval_h = 8;
            record.rate = 0.00008 - 0.00004 * stress;
            recorder.on(record);
        }
    }

    void map(std::uint32_t asset, std::int64_t time_ns, double hour) {
        const double now = price(asset, hour);
        const double from = plan.assets[asset].price * 0.6;
        const double width = plan.assets[asset].price * 0.004;
        for (int k = 0; k < 200; ++k) {
            const double low = from + k * width;
            const double middle = low + width / 2;
            const double distance = std::abs(middle / now - 1);
            if (distance < 0.004) {
                continue;
            }
            for (std::uint8_t band = 0; band < 5; ++band) {
                const double centre = std::array{0.28, 0.14, 0.07, 0.035, 0.015}[band];
                MapRecord bin;
                bin.time_ns = time_ns;
                bin.asset = asset;
                bin.price_low = low;
                bin.price_high = low + width;
                bin.is_long = middle < now ? 1 : 0;
                bin.band = band;
                bin.notional_usd = 4e7 *
                                   std::exp(-std::pow((distance - centre) / (0.6 * centre), 2.0)) *
                                   (bin.is_long != 0 ? 1.0 : 0.6);
                bin.accounts = static_cast<std::int64_t>(bin.notional_usd / 9'000);
                if (bin.notional_usd > 1e4) {
                    recorder.on(bin);
                }
            }
        }
    }

    void finish() {
        for (std::uint32_t i = 0; i < plan.events.size(); ++i) {
            recorder.on(EventRecord{plan.events[i].at.ns(), plan.events[i].until.ns(), i});
        }
        recorder.on(SentimentRecord{0, 42, 1});
        recorder.on(SentimentRecord{hours(24).raw(), 31, 1});
        recorder.on(SentimentRecord{hours(48).raw(), 23, 1});
        recorder.on(SentimentRecord{plan.length.raw(), 22, 0});
        totals.digest = 0xfeedbeef01234567ULL;
        totals.events = 9'876'543;
        totals.messages = 4'567'890;
        totals.trades = 345'678;
        totals.postings = 1'234'567;
        totals.rejects = 1'234;
        totals.account_rows = 500'000;
        totals.accounts = 6'500'000;
        totals.end_ns = plan.length.raw();
    }

    Rng rng_{7, entity_name(99, 1), Purpose::test};
    std::vector<double> last_ = std::vector<double>(plan.instruments.size(), 0.0);
    std::array<double, 3> fund_ = {1.23e9, 0.4e9, 0.45e9};
    std::uint32_t next_account_ = 0;
};
// One for all tests of a program that only read it.
inline const SyntheticRun& synthetic_run() {
    static const SyntheticRun made;
    return made;
}

}  // namespace margincall::testing
