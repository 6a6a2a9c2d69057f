#include "agents/arbitrage.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "agents/market_maker.hpp"

namespace margincall::inline agents {
namespace {

constexpr double leverage = 3.0;  // of cross-venue capital on perps
constexpr double unlimited_usd = 1e12;
constexpr double carry_depth = 5.0;  // capital of the carry side, in units of I_cap
constexpr double spot_protection = 0.005;

std::string kind_name(InstrumentKind kind) {
    return kind == InstrumentKind::linear_perp ? "perp" : "spot";
}

Duration clock_of(const Plan& plan, AssetId asset) {
    return duration_from_seconds(to_seconds(plan.arbitrage.clock) * coin_clock_factor(plan, asset));
}

// The plan's row with its switch as it acts now.
ArbitragePlan acting(const Plan& plan, const AgentContext& context) {
    ArbitragePlan row = plan.arbitrage;
    row.unlimited = context.switches().arbitrage_unlimited;
    return row;
}

}  // namespace

double cross_threshold(double fee_buy,
                       double fee_sell,
                       const ArbitragePlan& plan,
                       double sigma_daily,
                       double latency_s) {
    if (plan.unlimited) {
        return 0.0;
    }
    return fee_buy + fee_sell + 1e-4 * plan.threshold_bps +
           plan.vol_factor * sigma_daily * std::sqrt(latency_s / seconds_per_day);
}

double cross_size(double gap, double depth_1pct, double exponent) {
    return depth_1pct * std::pow(std::min(0.25 * std::max(gap, 0.0), 0.01) / 0.01, exponent);
}

double basis_target(const ArbitragePlan& plan, double inventory_usd, double capital_usd) {
    if (plan.unlimited) {
        return 0.0;
    }
    // Short perps against spot is the carry trade: funds of 12-20 bn hold it and add when it pays.
    // The other way round needs coins to sell.
    const double capital = inventory_usd < 0.0 ? carry_depth * capital_usd : capital_usd;
    return 1e-4 * plan.basis_premium_bps -
           1e-4 * plan.basis_inventory_bps * std::tanh(inventory_usd / capital);
}

double basis_size(const ArbitragePlan& plan, const BasisSize& in) {
    const double gap = in.basis - in.target;
    const double excess = std::abs(gap) - (plan.unlimited ? 0.0 : 1e-4 * plan.basis_threshold_bps);
    if (excess <= 0.0) {
        return 0.0;
    }
    // Funds that hold the carry trade, short perps against spot, have more to add than those who
    // need coins to sell have to borrow.
    const double left = plan.unlimited ? unlimited_usd
                        : gap > 0.0    ? carry_depth * in.capital_usd + in.inventory_usd
                                       : in.capital_usd - in.inventory_usd;
    const double usd = std::min(
        {in.seconds * cross_size(excess, std::min(in.depth_perp, in.depth_spot), in.exponent),
         0.25 * in.depth_perp,
         std::max(0.0, left)});
    return gap > 0.0 ? -usd : usd;
}

CrossArbitrage::CrossArbitrage(const Plan& plan, AssetId asset, InstrumentKind kind)
    : plan_{plan}, asset_{asset}, kind_{kind}, clock_{clock_of(plan, asset)} {
    const AssetBooks books = asset_books(plan, asset);
    for (const AssetBook& row : kind == InstrumentKind::linear_perp ? books.perps : books.spots) {
        Leg leg;
        leg.row = row;
        leg.instrument = plan.instruments[row.id.raw()].instrument;
        const VenuePlan& venue = plan.venues[leg.instrument.venue.raw()];
        leg.latency_s = 1e-3 * venue.arbitrage_latency_ms + to_seconds(venue.block);
        legs_.push_back(leg);
    }
    if (!legs_.empty()) {
        // Half of the capital works in perps, half in spot; perps carry it with leverage.
        capital_ = 0.5 * plan.arbitrage.capital * capital_share(plan, asset) /
                   static_cast<double>(legs_.size());
        if (kind == InstrumentKind::linear_perp) {
            capital_ *= leverage;
        }
    }
    Rng rng{plan.seed,
            entity_name(family_arbitrage_cross, asset.raw() * 2u + (kind == InstrumentKind::spot)),
            Purpose::parameter};
    rebalance_s_ = 60.0 * rng.uniform(plan.arbitrage.transfer_min, plan.arbitrage.transfer_max);
}

AgentSetup CrossArbitrage::setup() const {
    AgentSetup setup;
    setup.name = "arbitrage-" + kind_name(kind_) + "-" + plan_.assets[asset_.raw()].name;
    setup.latency = LatencyClass::arbitrage;
    setup.entity =
        entity_name(family_arbitrage_cross, asset_.raw() * 2u + (kind_ == InstrumentKind::spot));
    for (const Leg& leg : legs_) {
        setup.instruments.push_back(leg.row.id);
    }
    setup.cash_usd_per_venue = 4.0 * std::max(capital_, 1e6);
    setup.first_wake = SimTime{} + seconds(10) + milliseconds(53 * (asset_.raw() + 1));
    return setup;
}

double CrossArbitrage::used_usd(AgentContext& context, const Leg& leg, double price) const {
    const Lots net = context.position(leg.row.id) - leg.home;
    return (static_cast<double>(net.raw()) * leg.instrument.lot_base - leg.rebalanced) * price;
}

// Balances move between venues outside the books: what is long here and short there is netted with
// the time constant of transfers, among the venues that let them in and out. Their sum is untouched.
void CrossArbitrage::rebalance(AgentContext& context, double dt_s) {
    const auto open = [&](const Leg& leg) {
        return !context.transfers_stopped(leg.instrument.venue);
    };
    double sum = 0;
    double count = 0;
    for (const Leg& leg : legs_) {
        if (open(leg)) {
            sum += used_usd(context, leg, 1.0);
            count += 1.0;
        }
    }
    const double part = -std::expm1(-dt_s / rebalance_s_);
    for (Leg& leg : legs_) {
        if (open(leg)) {
            leg.rebalanced += part * (used_usd(context, leg, 1.0) - sum / count);
        }
    }
}

void CrossArbitrage::wake(AgentContext& context) {
    context.wake_after(clock_);
    if (!started_) {
        started_ = true;
        last_ = context.now();
        for (Leg& leg : legs_) {
            leg.home = context.position(leg.row.id);
        }
    }
    for (Leg& leg : legs_) {
        leg.fee = context.taker_fee(leg.instrument.venue);
    }
    const double dt_s = to_seconds(context.now() - last_);
    last_ = context.now();
    if (legs_.size() < 2) {
        return;
    }
    rebalance(context, dt_s);

    const ArbitragePlan arbitrage = acting(plan_, context);
    const Leg* cheap = nullptr;
    const Leg* dear = nullptr;
    double ask = 0, bid = 0;
    for (const Leg& leg : legs_) {
        const Quote quote = context.quote(leg.row.id);
        if (quote.halted) {
            continue;  // nothing trades there: the gap to it cannot be closed
        }
        const double a = to_usd(leg.instrument, quote.ask);
        const double b = to_usd(leg.instrument, quote.bid);
        if (a > 0.0 && (cheap == nullptr || a * (1.0 + leg.fee) < ask * (1.0 + cheap->fee))) {
            cheap = &leg;
            ask = a;
        }
        if (b > 0.0 && (dear == nullptr || b * (1.0 - leg.fee) > bid * (1.0 - dear->fee))) {
            dear = &leg;
            bid = b;
        }
    }
    if (cheap == nullptr || dear == nullptr || cheap == dear || bid <= ask) {
        return;
    }
    const double sigma = context.volatility(asset_);
    const double gap = bid / ask - 1.0;
    const auto latency = [&](const Leg& leg) {
        return leg.latency_s + context.venue_wait_s(leg.instrument.venue);
    };
    const double threshold = cross_threshold(
        cheap->fee, dear->fee, arbitrage, sigma, std::max(latency(*cheap), latency(*dear)));
    if (gap <= threshold) {
        return;
    }
    const double mid = 0.5 * (ask + bid);
    const double depth = std::min(context.depth_usd(cheap->row.id, Side::sell, depth_near),
                                  context.depth_usd(dear->row.id, Side::buy, depth_near));
    double usd =
        std::min(cross_size(gap, depth, plan_.assets[asset_.raw()].depth_exponent), 0.25 * depth);
    if (!arbitrage.unlimited) {
        usd = std::min({usd,
                        capital_ - used_usd(context, *cheap, mid),
                        capital_ + used_usd(context, *dear, mid)});
    }
    if (usd < least_trade_usd) {
        return;
    }
    // Both legs stop where the gap no longer pays.
    const double keep = 0.5 * (gap - threshold);
    const auto buy_limit = quantize_price(ask * (1.0 + keep), cheap->instrument, Round::down);
    const auto sell_limit = quantize_price(bid * (1.0 - keep), dear->instrument, Round::up);
    const Lots buy = quantize_qty(usd / mid, cheap->instrument);
    const Lots sell = quantize_qty(usd / mid, dear->instrument);
    if (!buy_limit || !sell_limit || buy.raw() <= 0 || sell.raw() <= 0) {
        return;
    }
    context.limit(cheap->row.id,
                  Side::buy,
                  *buy_limit,
                  buy,
                  TimeInForce::ioc,
                  PostOnly::no,
                  Cause::arbitrage);
    context.limit(dear->row.id,
                  Side::sell,
                  *sell_limit,
                  sell,
                  TimeInForce::ioc,
                  PostOnly::no,
                  Cause::arbitrage);
}

BasisArbitrage::BasisArbitrage(const Plan& plan, AssetId asset)
    : plan_{plan}, asset_{asset}, clock_{clock_of(plan, asset)} {
    const AssetBooks books = asset_books(plan, asset);
    const auto add = [&plan](std::vector<Leg>& legs, const AssetBook& row) {
        Leg leg;
        leg.row = row;
        leg.instrument = plan.instruments[row.id.raw()].instrument;
        legs.push_back(leg);
    };
    for (const AssetBook& row : books.perps) {
        add(perps_, row);
    }
    for (const AssetBook& row : books.spots) {
        add(spots_, row);
    }
    const ArbitragePlan& arbitrage = plan.arbitrage;
    const double own = plan.assets[asset.raw()].open_interest;
    const double btc = std::max(plan.assets[0].open_interest, 1.0);
    capital_ = std::max(1.0, arbitrage.basis_capital * own / btc);
}

AgentSetup BasisArbitrage::setup() const {
    AgentSetup setup;
    setup.name = "basis-" + plan_.assets[asset_.raw()].name;
    setup.latency = LatencyClass::arbitrage;
    setup.entity = entity_name(family_arbitrage_basis, asset_.raw());
    for (const std::vector<Leg>* legs : {&perps_, &spots_}) {
        for (const Leg& leg : *legs) {
            setup.instruments.push_back(leg.row.id);
        }
    }
    setup.takes_hedges = true;
    setup.cash_usd_per_venue = 2.0 * std::max(capital_, 1e6);
    setup.first_wake = SimTime{} + seconds(20) + milliseconds(71 * (asset_.raw() + 1));
    return setup;
}

double BasisArbitrage::coins(AgentContext& context, const std::vector<Leg>& legs) const {
    double sum = 0;
    for (const Leg& leg : legs) {
        const Lots net = context.position(leg.row.id) - leg.home;
        sum += static_cast<double>(net.raw()) * leg.instrument.lot_base;
    }
    return sum;
}

void BasisArbitrage::wake(AgentContext& context) {
    context.wake_after(clock_);
    if (!started_) {
        started_ = true;
        last_ = context.now();
        for (std::vector<Leg>* legs : {&perps_, &spots_}) {
            for (Leg& leg : *legs) {
                leg.home = context.position(leg.row.id);
            }
        }
    }
    const double dt_s = to_seconds(context.now() - last_);
    last_ = context.now();
    const double index = context.index_ago(asset_, Duration{});
    if (perps_.empty() || spots_.empty() || index <= 0.0) {
        return;
    }
    const ArbitragePlan arbitrage = acting(plan_, context);
    const double perp_coins = coins(context, perps_);
    double inventory = perp_coins * index;
    double perp_share = 0;
    for (const Leg& leg : perps_) {
        perp_share += leg.row.depth;
    }
    const double spot_bids = spot_depth(context, Side::buy);
    const double spot_asks = spot_depth(context, Side::sell);
    for (const Leg& perp : perps_) {
        const Quote quote = context.quote(perp.row.id);
        if (quote.bid.raw() <= 0 || quote.ask.raw() <= 0 || perp_share <= 0.0 || quote.halted) {
            continue;
        }
        BasisSize size;
        size.basis = mid_usd(quote, perp.instrument) / index - 1.0;
        size.target = basis_target(arbitrage, inventory, capital_);
        const Side side = size.basis > size.target ? Side::sell : Side::buy;
        size.depth_perp = context.depth_usd(perp.row.id, opposite(side), depth_near);
        // All spot books take the other leg, each perp has its part of them; where nothing can be
        // moved to or from the venue, its own spot book has to.
        size.depth_spot =
            context.transfers_stopped(perp.instrument.venue)
                ? spot_depth(context, side, perp.instrument.venue)
                : (side == Side::buy ? spot_bids : spot_asks) * perp.row.depth / perp_share;
        size.exponent = plan_.assets[asset_.raw()].depth_exponent;
        size.inventory_usd = inventory;
        size.capital_usd = capital_;
        size.seconds = dt_s;
        const double usd = basis_size(arbitrage, size);
        if (std::abs(usd) > least_trade_usd) {
            const double sent = take_usd(context,
                                         perp.row.id,
                                         side,
                                         std::abs(usd),
                                         std::max(0.5 * std::abs(size.basis - size.target), 1e-4),
                                         Cause::arbitrage);
            inventory += side == Side::buy ? sent : -sent;
        }
    }

    // The spot leg follows whatever the perp legs got, in all spot books at once by what stands
    // there.
    const double open_coins = perp_coins + coins(context, spots_);
    const double open_usd = std::abs(open_coins) * index;
    const Side side = open_coins > 0.0 ? Side::sell : Side::buy;
    const double depth = side == Side::buy ? spot_asks : spot_bids;
    if (open_usd <= least_trade_usd || depth <= 0.0) {
        return;
    }
    for (const Leg& spot : spots_) {
        const double part = context.depth_usd(spot.row.id, opposite(side), depth_near) / depth;
        take_usd(context, spot.row.id, side, open_usd * part, spot_protection, Cause::arbitrage);
    }
}

// USD within 1 % of the spot books on the side of `resting`, of one venue or of all.
double BasisArbitrage::spot_depth(AgentContext& context,
                                  Side resting,
                                  std::optional<VenueId> venue) const {
    double sum = 0;
    for (const Leg& leg : spots_) {
        if (!venue || *venue == leg.instrument.venue) {
            sum += context.depth_usd(leg.row.id, resting, depth_near);
        }
    }
    return sum;
}

std::vector<std::unique_ptr<Agent>> make_arbitrageurs(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (!plan.arbitrage.enabled) {
        return agents;
    }
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        if (plan.assets[a].pegged) {
            continue;  // its own agents trade it (synthetic_dollar.hpp)
        }
        const AssetId asset = AssetId::from_raw(static_cast<std::uint16_t>(a));
        const AssetBooks books = asset_books(plan, asset);
        if (books.perps.size() > 1) {
            agents.push_back(
                std::make_unique<CrossArbitrage>(plan, asset, InstrumentKind::linear_perp));
        }
        if (books.spots.size() > 1) {
            agents.push_back(std::make_unique<CrossArbitrage>(plan, asset, InstrumentKind::spot));
        }
        if (!books.perps.empty() && !books.spots.empty()) {
            agents.push_back(std::make_unique<BasisArbitrage>(plan, asset));
        }
    }
    return agents;
}

}  // namespace margincall::inline agents
