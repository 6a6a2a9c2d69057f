#include "scenario/stress_market.hpp"

#include <algorithm>
#include <cmath>

#include "agents/patient.hpp"
#include "plan/fund_pools.hpp"

namespace margincall::inline scenario {
namespace {

constexpr double one_percent = 0.01;
constexpr double nearest = 0.0001;
constexpr int maker_levels = 48;
constexpr int patient_levels = 36;

// Makers: D1 * (x / 1 %)^g up to their reach, in the depth state of the start and at its hour;
// patient orders: f5 * D1 * (x / 5 %)^2 from `from` to `to` (docs/agents.md).
DepthSide resting_levels(const Plan& plan, const AssetPlan& asset, double depth_share) {
    const double all = asset.depth_1pct * depth_share;
    const double makers = all * plan.maker.depth_state * plan.season;
    DepthSide out;
    const double ratio = std::pow(plan.maker.reach / nearest, 1.0 / maker_levels);
    double inner = 0.0;
    double outer = nearest;
    for (int k = 0; k <= maker_levels; ++k) {
        const double usd = makers * (std::pow(outer / one_percent, asset.depth_exponent) -
                                     std::pow(inner / one_percent, asset.depth_exponent));
        out.push_back({k == 0 ? outer : std::sqrt(inner * outer), usd});
        inner = outer;
        outer *= ratio;
    }
    if (plan.patient.enabled) {
        const double step = (plan.patient.to - plan.patient.from) / patient_levels;
        for (int k = 0; k < patient_levels; ++k) {
            const double from = plan.patient.from + step * k;
            const double usd =
                all * asset.patient_factor * patient_slice(from, from + step, plan.patient);
            out.push_back({from + 0.5 * step, usd});
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const DepthLevel& a, const DepthLevel& b) {
        return a.distance < b.distance;
    });
    return out;
}

// Where a venue's rules list no collateral: central venues take the majors at 95 % (Binance's table
// for BTC and ETH, docs/venues.md), the chain venue takes dollars only.
void set_collateral(StressVenue& row, const Plan& plan, VenueKind kind) {
    if (!row.rules.collateral.empty()) {
        return;
    }
    row.margin.collateral.resize(1 + plan.assets.size());
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        const bool accepted = kind == VenueKind::central_perp && !plan.assets[a].tail;
        row.margin.collateral[1 + a].tiers.front().ratio =
            accepted ? Fraction{95, 100} : Fraction{0, 1};
    }
}

void refine_lot(Instrument& inst) {
    for (int tenths = 0; tenths < 3; ++tenths) {
        if (inst.tick_value.raw() % 10 != 0 || inst.lot_amount.raw() % 10 != 0 ||
            inst.qty_max.raw() > INT64_MAX / 10) {
            return;
        }
        inst.tick_value = Money::from_raw(inst.tick_value.raw() / 10);
        inst.lot_amount = Amount::from_raw(inst.lot_amount.raw() / 10);
        inst.lot_base /= 10.0;
        inst.qty_max = Lots::from_raw(inst.qty_max.raw() * 10);
    }
}

}  // namespace

PlanMarket stress_market(const Plan& plan, LotGrid lots) {
    PlanMarket out;
    StressMarket& market = out.market;
    for (const AssetPlan& asset : plan.assets) {
        market.coins.push_back({asset.name, asset.price, asset.beta});
    }
    std::vector<VenueId> venue_of(plan.venues.size());
    std::vector<std::uint32_t> pool_of(plan.instruments.size());
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        const VenuePlan& venue = plan.venues[v];
        if (venue.kind == VenueKind::spot_only) {
            continue;
        }
        venue_of[v] = VenueId::from_raw(static_cast<std::uint16_t>(market.venues.size()));
        StressVenue row;
        row.name = venue.name;
        row.rules = venue.rules;
        set_collateral(row, plan, venue.kind);
        market.venues.push_back(std::move(row));
        for (FundPool& pool : fund_pools(plan, VenueId::from_raw(static_cast<std::uint16_t>(v)))) {
            for (const InstrumentId id : pool.instruments) {
                pool_of[id.raw()] = static_cast<std::uint32_t>(market.pools.size());
            }
            market.pools.push_back({std::move(pool.name), venue_of[v], pool.balance});
        }
    }
    for (const InstrumentPlan& ip : plan.instruments) {
        const Instrument& inst = ip.instrument;
        if (inst.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const AssetPlan& asset = plan.assets[inst.base.raw()];
        StressInstrument row;
        row.name = ip.name;
        row.instrument = inst;
        row.instrument.id =
            InstrumentId::from_raw(static_cast<std::uint32_t>(market.instruments.size()));
        row.instrument.venue = venue_of[inst.venue.raw()];
        if (lots == LotGrid::finest && plan.venues[inst.venue.raw()].stands_for > 1.0) {
            refine_lot(row.instrument);
        }
        row.tick_parts = ip.tick_parts;
        row.tiers = ip.tiers;
        row.mark = quantize_price(asset.price, inst, Round::down).value_or(Ticks::from_raw(1));
        row.pool = pool_of[inst.id.raw()];
        row.volume = asset.volume * ip.volume_share;
        row.bids = resting_levels(plan, asset, ip.depth_share);
        row.asks = row.bids;
        auto& schedules = market.venues[row.instrument.venue.raw()].margin.schedules;
        schedules.resize(market.instruments.size() + 1);
        schedules.back() = ip.schedule;
        market.instruments.push_back(std::move(row));
        out.plan_instrument.push_back(inst.id);
    }
    fill_margin_rules(market, Fraction{0, 1});
    return out;
}

}  // namespace margincall::inline scenario
