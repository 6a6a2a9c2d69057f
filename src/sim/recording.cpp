#include "sim/recording.hpp"

#include <algorithm>
#include <cmath>

#include "sim/reproduction.hpp"
#include "sim/world.hpp"

namespace margincall::inline sim {

namespace {
constexpr double map_new_low =
    0.003;  // a map is also drawn at a BTC low this much below the last map's
}  // namespace

Recording::Recording(const Plan& plan) : map_{plan} {
    const std::size_t n = plan.instruments.size();
    bar_.resize(n);
    traded_.assign(n, false);
    sampled_.assign(n, false);
    pending_.resize(n);
    funded_.assign(n, false);
    for (const VenuePlan& v : plan.venues) {
        fund_before_.push_back(to_usd(v.rules.fund.initial));
    }
    for (std::size_t i = 0; i < n; ++i) {
        bar_[i].instrument = static_cast<std::uint32_t>(i);
        bar_[i].close = plan.assets[plan.instruments[i].instrument.base.raw()].price;
    }
}

void Recording::trade(
    std::uint32_t instrument, double price, double usd, bool taker_sells, Cause taker_cause) {
    BarRecord& b = bar_[instrument];
    if (!traded_[instrument]) {
        traded_[instrument] = true;
        b.open = b.high = b.low = price;
    }
    b.high = std::max(b.high, price);
    b.low = std::min(b.low, price);
    b.close = price;
    b.volume_usd += usd;
    b.taker_net_usd += taker_sells ? -usd : usd;
    ++b.trades;
    if (taker_cause == Cause::liquidation || taker_cause == Cause::stop ||
        taker_cause == Cause::fund_unwind) {
        b.forced_sell_usd += taker_sells ? usd : -usd;
    }
}

void Recording::depth(std::uint32_t instrument,
                      const double* bid,
                      const double* ask,
                      double spread_bps) {
    BarRecord& b = bar_[instrument];
    b.bid_01 = bid[0];
    b.ask_01 = ask[0];
    b.bid_05 = bid[1];
    b.ask_05 = ask[1];
    b.bid_1 = bid[2];
    b.ask_1 = ask[2];
    b.bid_2 = bid[3];
    b.ask_2 = ask[3];
    b.bid_4 = bid[4];
    b.ask_4 = ask[4];
    if (!sampled_[instrument]) {
        sampled_[instrument] = true;
        b.bid_1_min = bid[2];
        b.ask_1_min = ask[2];
        b.bid_4_min = bid[4];
        b.ask_4_min = ask[4];
    }
    b.bid_1_min = std::min(b.bid_1_min, bid[2]);
    b.ask_1_min = std::min(b.ask_1_min, ask[2]);
    b.bid_4_min = std::min(b.bid_4_min, bid[4]);
    b.ask_4_min = std::min(b.ask_4_min, ask[4]);
    b.spread_max_bps = std::max(b.spread_max_bps, spread_bps);
}

void Recording::emit(const LiquidationRecord& record, bool published) {
    LiquidationRecord shown = record;
    if (!published || record.weight <= 1) {
        shown.published = published ? 1 : 0;
        recorder_->on(shown);
        return;
    }
    // One of the row's like orders is shown, the others are not.
    const double part = 1.0 / static_cast<double>(record.weight);
    shown.weight = 1;
    shown.published = 1;
    shown.qty = record.qty * part;
    shown.notional_usd = record.notional_usd * part;
    shown.equity_usd = record.equity_usd * part;
    shown.fee_usd = record.fee_usd * part;
    recorder_->on(shown);
    LiquidationRecord hidden = record;
    hidden.weight = record.weight - 1;
    hidden.published = 0;
    hidden.qty -= shown.qty;
    hidden.notional_usd -= shown.notional_usd;
    hidden.equity_usd -= shown.equity_usd;
    hidden.fee_usd -= shown.fee_usd;
    recorder_->on(hidden);
}

void Recording::liquidation(const World& world, LiquidationRecord record) {
    BarRecord& b = bar_[record.instrument];
    (record.was_long != 0 ? b.liquidated_long_usd : b.liquidated_short_usd) += record.notional_usd;
    const VenueId venue = world.plan().instruments[record.instrument].instrument.venue;
    switch (world.plan().venues[venue.raw()].rules.feed) {
        case LiquidationFeed::all:
            record.published = 1;
            recorder_->on(record);
            return;
        case LiquidationFeed::none:
            recorder_->on(record);
            return;
        case LiquidationFeed::one_per_second: {
            Pending& p = pending_[record.instrument];
            const std::int64_t second = record.time_ns / seconds(1).raw();
            if (p.second >= 0) {
                emit(p.record, p.second != second);
            }
            p.record = record;
            p.second = second;
            return;
        }
    }
}

void Recording::adl(const AdlRecord& record) {
    bar_[record.instrument].adl_usd += record.notional_usd;
    recorder_->on(record);
}

void Recording::bars(const World& world) {
    const Plan& plan = world.plan();
    for (const InstrumentPlan& p : plan.instruments) {
        const Instrument& inst = p.instrument;
        const std::uint32_t i = inst.id.raw();
        BarRecord& b = bar_[i];
        const InstrumentFeed& feed = world.feed(inst.id);
        b.time_ns = world.now().ns();
        if (!traded_[i]) {
            b.open = b.high = b.low = b.close;
        }
        b.bid = to_usd(inst, world.book(inst.id).best_bid());
        b.ask = to_usd(inst, world.book(inst.id).best_ask());
        b.index = world.index_usd(inst.base);
        if (inst.kind == InstrumentKind::linear_perp) {
            b.mark = to_usd(inst, feed.mark);
            const double lots = static_cast<double>(world.clearing().open_interest(inst.id).raw());
            // Open interest as venues publish it: with what the model holds still.
            b.open_interest_coins = lots * inst.lot_base + p.held_coins;
            b.open_interest_lots = b.open_interest_coins / inst.lot_base;
            b.open_interest_usd = b.open_interest_coins * b.mark;
            b.funding_rate = feed.funding_8h;
        }
        recorder_->on(b);
        // What a bar counts starts again; what it samples carries over.
        b.volume_usd = 0.0;
        b.trades = 0;
        b.spread_max_bps = 0.0;
        b.liquidated_long_usd = b.liquidated_short_usd = b.adl_usd = b.forced_sell_usd = 0.0;
        b.taker_net_usd = 0.0;
        b.bid_1_min = b.bid_1;
        b.ask_1_min = b.ask_1;
        b.bid_4_min = b.bid_4;
        b.ask_4_min = b.ask_4;
        traded_[i] = false;
        sampled_[i] = false;
    }
    reproduction(world.now(), local_reproduction(world));
    const auto assets = static_cast<std::uint16_t>(plan.assets.size());
    for (std::uint16_t a = 0; a < assets; ++a) {
        const auto id = AssetId::from_raw(a);
        StateRecord s;
        s.time_ns = world.now().ns();
        s.asset = a;
        s.fair_value = world.fair_value().value(id);
        s.uncertainty = world.fair_value().uncertainty();
        s.depth_state = world.mean_depth_state(id);
        s.volatility = world.asset_feed(id).volatility.per_day();
        recorder_->on(s);
    }
    if (world.chain() != nullptr) {
        chain_bar(world);
    }
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        const auto venue = VenueId::of_row(v);
        if (world.perps_of_venue_[v].empty()) {
            continue;
        }
        FundRecord f;
        f.time_ns = world.now().ns();
        f.venue = static_cast<std::uint32_t>(v);
        const ClearingHouse& house = world.clearing();
        for (std::size_t k = 0; k < house.funds(); ++k) {
            const AccountId fund = house.fund_account(k);
            if (house.venue(fund) != venue) {
                continue;
            }
            f.balance_usd += to_usd(house.cash(fund));
            f.equity_usd += to_usd(house.cash(fund));
            for (const InstrumentId i : world.perps_of_venue_[v]) {
                const double lots = static_cast<double>(house.position(fund, i).raw());
                const double value = lots * world.instrument(i).lot_base * world.mark_usd(i);
                f.position_usd += value;
                f.equity_usd += value - to_usd(house.cost(fund, i));
            }
        }
        // Net over the bar: what came in and what was lost within it are not kept apart.
        const double change = f.balance_usd - fund_before_[v];
        f.inflow_usd = std::max(0.0, change);
        f.outflow_usd = std::max(0.0, -change);
        fund_before_[v] = f.balance_usd;
        f.bad_debt_usd = to_usd(world.clearing().bad_debt(venue));
        recorder_->on(f);
    }
}

void Recording::reproduction(SimTime now, const LocalReproduction& sample) {
    recorder_->on(
        ReproductionRecord{now.ns(), sample.fall, sample.liquidations, sample.with_stops});
    for (const CoinReproduction& coin : sample.coins) {
        CoinReproductionRecord r;
        r.time_ns = now.ns();
        r.asset = coin.asset.raw();
        r.fall = sample.fall;
        r.liquidation_usd = coin.liquidation_usd;
        r.stop_usd = coin.stop_usd;
        r.resting_usd = coin.resting_usd;
        r.refill_usd = coin.refill_usd;
        r.reproduction = coin.own;
        r.reproduction_stop = coin.own_with_stops;
        recorder_->on(r);
    }
}

void Recording::funding(const FundingRecord& record) {
    funded_[record.instrument] = true;
    recorder_->on(record);
}

void Recording::map(World& world) {
    const double btc = world.index_usd(AssetId::from_raw(0));
    const std::int64_t minute = world.now().ns() / minutes(1).raw();
    const std::int64_t every =
        std::max<std::int64_t>(1, world.plan().output.map.raw() / minutes(1).raw());
    const bool new_low = map_low_ > 0.0 && btc < map_low_ * (1.0 - map_new_low);
    if (minute % every != 1 % every && !new_low) {
        return;
    }
    map_low_ = map_low_ > 0.0 ? std::min(map_low_, btc) : btc;
    const ClearingHouse& house = world.clearing();
    for (const AccountId account : world.clearing_.take_changed(ChangeReader::map)) {
        if (house.is_row(account)) {  // an account of several coins has no one price
            map_.update(house, account);
        }
    }
    for (std::uint32_t i = 0; i < funded_.size(); ++i) {
        if (funded_[i]) {
            map_.update_all(house, InstrumentId::from_raw(i));
            funded_[i] = false;
        }
    }
    map_.for_each_cell([&](MapRecord record) {
        record.time_ns = world.now().ns();
        recorder_->on(record);
    });
    for (const LocalReproduction& sample : reproduction_curve(world)) {
        if (sample.fall > 0.0) {  // as prices stand it comes with every bar
            reproduction(world.now(), sample);
        }
    }
}

void Recording::finish(const World& world) {
    for (Pending& p : pending_) {
        if (p.second >= 0) {
            emit(p.record, true);
            p.second = -1;
        }
    }
    recorder_->on(SentimentRecord{world.now().ns(), world.sentiment_now(), 0});
    if (world.chain() != nullptr) {
        health(world);
    }
}

}  // namespace margincall::inline sim
