// Records of the chain: reserves, health factors, liquidation calls, the peg, the incident.
#include <algorithm>

#include "sim/world.hpp"

namespace margincall::inline sim {

namespace {
constexpr double health_new_low =
    0.01;  // a histogram also at an ether low this much below the last
}  // namespace

void Recording::chain_block(const World& world) {
    const DefiWorld& chain = *world.chain();
    for (const ChainLiquidation& l : chain.new_liquidations()) {
        ChainLiquidationRecord r;
        r.time_ns = world.now().ns();
        r.market = static_cast<std::uint8_t>(l.market);
        r.token = static_cast<std::uint8_t>(l.collateral);
        r.borrower = l.borrower;
        r.keeper = l.agent;
        r.health = l.health;
        r.debt_usd = l.debt_usd;
        r.seized_usd = l.seized_usd;
        r.deficit_usd = l.deficit_usd;
        recorder_->on(r);
    }
    if (chain.incident()) {
        const std::vector<IncidentStep>& steps = chain.incident()->steps();
        for (; incident_steps_ < steps.size(); ++incident_steps_) {
            const IncidentStep& s = steps[incident_steps_];
            recorder_->on(IncidentRecord{world.now().ns(),
                                         s.pool,
                                         s.step,
                                         static_cast<std::uint8_t>(s.stage),
                                         s.invariant,
                                         s.rate,
                                         chain.incident()->outcome(s.pool).stolen_eth});
        }
    }
    if (world.pegged_asset().valid()) {
        peg_low_.resize(world.plan().venues.size(), 0.0);
        for (std::size_t v = 0; v < peg_low_.size(); ++v) {
            const double price = world.pegged_usd(VenueId::of_row(v));
            peg_low_[v] = peg_low_[v] > 0.0 ? std::min(peg_low_[v], price) : price;
        }
    }
    const double ether = chain.price_usd(ChainToken::eth);
    const std::int64_t hour = world.now().ns() / hours(1).raw();
    if (hour != health_hour_ || ether < health_low_ * (1.0 - health_new_low)) {
        health_hour_ = hour;
        health_low_ = health_low_ > 0.0 ? std::min(health_low_, ether) : ether;
        health(world);
    }
}

void Recording::health(const World& world) {
    if (health_ns_ == world.now().ns()) {
        return;
    }
    health_ns_ = world.now().ns();
    const HealthHistogram histogram = world.chain()->health_histogram();
    for (std::size_t k = 0; k < histogram.size(); ++k) {
        if (histogram[k] <= 0.0) {
            continue;
        }
        HealthRecord r;
        r.time_ns = world.now().ns();
        r.health_low = k == 0 ? 0.0 : health_from + health_step * static_cast<double>(k - 1);
        r.health_high = health_from + health_step * static_cast<double>(k);
        r.debt_usd = histogram[k];
        recorder_->on(r);
    }
}

void Recording::chain_bar(const World& world) {
    for (const ReserveState& s : world.chain()->reserve_states()) {
        LendingRecord r;
        r.time_ns = world.now().ns();
        r.market = static_cast<std::uint8_t>(s.market);
        r.token = static_cast<std::uint8_t>(s.token);
        r.utilisation = s.utilisation;
        r.borrow_apr = s.borrow_rate;
        r.supply_apr = s.supply_rate;
        r.supplied_usd = s.supplied_usd;
        r.borrowed_usd = s.borrowed_usd;
        r.available_usd = s.available_usd;
        r.deficit_usd = s.deficit_usd;
        r.oracle_price = s.price;
        recorder_->on(r);
    }
    const std::vector<PoolState> pools = world.chain()->pool_states();
    pool_traded_.resize(pools.size(), 0.0);
    for (std::size_t k = 0; k < pools.size(); ++k) {
        recorder_->on(PoolRecord{world.now().ns(),
                                 pools[k].name,
                                 pools[k].price,
                                 pools[k].invariant,
                                 pools[k].traded_usd - pool_traded_[k]});
        pool_traded_[k] = pools[k].traded_usd;
    }
    if (!world.pegged_asset().valid()) {
        return;
    }
    const IssuerState issuer = world.chain()->issuer_state();
    const IssuerHedge hedge = world.issuer_hedge();
    recorder_->on(IssuerRecord{world.now().ns(),
                               issuer.supply_usd,
                               issuer.backing_usd,
                               issuer.reserve_usd,
                               hedge.btc,
                               hedge.eth,
                               issuer.hedge_pnl_usd,
                               hedge.adl_usd,
                               world.chain()->totals().unwound_usd});
    peg_low_.resize(world.plan().venues.size(), 0.0);
    for (std::size_t v = 0; v < peg_low_.size(); ++v) {
        const auto venue = VenueId::of_row(v);
        const InstrumentId spot = world.pegged_spot(venue);
        if (!spot.valid()) {
            continue;
        }
        PegRecord r;
        r.time_ns = world.now().ns();
        r.venue = static_cast<std::uint32_t>(v);
        r.price = world.pegged_usd(venue);
        r.price_low = peg_low_[v] > 0.0 ? std::min(peg_low_[v], r.price) : r.price;
        r.collateral_price = world.collateral_usd(venue);
        const InstrumentFeed& feed = world.feed(spot);
        r.depth_usd = feed.bid_depth.back() + feed.ask_depth.back();
        r.sold_usd = world.liquidation().coins_sold_usd();
        peg_low_[v] = 0.0;
        recorder_->on(r);
    }
}

}  // namespace margincall::inline sim
