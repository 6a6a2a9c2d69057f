#include "agents/market_maker.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "base/check.hpp"

namespace margincall::inline agents {
namespace {

// Share of firm k among n: falls by a quarter from firm to firm.
constexpr double share_decay = 0.75;
// Half-spread of firm k: the first firm stands at the touch, the others behind it.
constexpr double spread_growth = 1.62;
constexpr double z_skew_max = 2.0;  // bound of z in the inventory skew: a few sigma at a full book
constexpr double premium_skew = 0.03;  // of z*sigma: perp against spot at full opposite inventories
constexpr double premium_memory = 0.35;  // weight of the traded premium in the belief about it
constexpr double premium_s = 600.0;      // time constant of the belief about the premium
constexpr double view_noise_s = 600.0;   // time constant of the error of a firm's view of F
constexpr double learn_least_s = 5.0;    // nobody learns faster than that, however wild the market
constexpr double pick_off_part = 0.25;   // of what the firm itself shows
constexpr double hedge_most = 0.5;       // of a book's volume

// A bid that does not reach the ask, an ask that does not reach the bid; 0 = that side is empty.
Ticks below(Ticks price, Ticks ask) {
    return ask.raw() > 1 ? std::min(price, ask - Ticks::from_raw(1)) : price;
}
Ticks above(Ticks price, Ticks bid) {
    return bid.raw() > 0 ? std::max(price, bid + Ticks::from_raw(1)) : price;
}

double seconds_of(double minutes_value) {
    return 60.0 * minutes_value;
}

}  // namespace

double capital_share(const Plan& plan, AssetId asset) {
    double total = 0;
    for (const AssetPlan& row : plan.assets) {
        total += row.volume;
    }
    const double own = plan.assets[asset.raw()].volume;
    return total > 0.0 ? own / total : 1.0 / static_cast<double>(plan.assets.size());
}

double own_flow_weight(const Plan& plan, AssetId asset) {
    if (asset.raw() == 0) {
        return 1.0;
    }
    const AssetPlan& own = plan.assets[asset.raw()];
    const double passed =
        plan.maker.pass_through * own.beta * plan.assets[0].volatility / own.volatility;
    return std::sqrt(std::max(0.1, 1.0 - passed * passed));
}

double half_spread_minimum(const Plan& plan, AssetId asset) {
    const AssetPlan& btc = plan.assets[0];
    const AssetPlan& own = plan.assets[asset.raw()];
    const double thinness = own.volume > 0.0 ? std::cbrt(btc.volume / own.volume) : 1.0;
    const double ratio = btc.volatility > 0.0 ? own.volatility / btc.volatility : 1.0;
    return plan.maker.half_spread_bps * 1e-4 * std::max(1.0, ratio) * std::max(1.0, thinness);
}

double coin_clock_factor(const Plan& plan, AssetId asset) {
    const double wider =
        half_spread_minimum(plan, asset) / half_spread_minimum(plan, AssetId::from_raw(0));
    return std::cbrt(std::clamp(wider, 1.0, 9.0));
}

std::vector<MakerFirm> draw_firms(const Plan& plan) {
    const MarketMakerPlan& maker = plan.maker;
    const auto count = static_cast<std::uint32_t>(std::clamp<std::int64_t>(maker.firms, 1, 64));
    double total = 0;
    for (std::uint32_t k = 0; k < count; ++k) {
        total += std::pow(share_decay, k);
    }
    std::vector<MakerFirm> firms;
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        if (plan.assets[a].pegged) {
            continue;  // its own agents trade it (synthetic_dollar.hpp)
        }
        const AssetId asset = AssetId::from_raw(static_cast<std::uint16_t>(a));
        for (std::uint32_t k = 0; k < count; ++k) {
            const auto index = static_cast<std::uint32_t>(a) * 64 + k;
            Rng rng{plan.seed, entity_name(family_market_maker, index), Purpose::parameter};
            const double withdraw = rng.lognormal(maker.vol_withdraw, maker.vol_withdraw_sigma);
            const bool slow = k >= 1 && rng.chance(maker.slow_share);
            const double delay_s = slow ? rng.lognormal(maker.slow_delay_s, 0.4)
                                        : rng.lognormal(1e-3 * maker.fast_delay_ms, 0.4);
            const double clock_factor = (2.0 + k) * coin_clock_factor(plan, asset);
            firms.push_back(
                {.asset = asset,
                 .index = k,
                 .share = std::pow(share_decay, k) / total,
                 .spread_factor = std::pow(spread_growth, k),
                 .vol_withdraw = withdraw,
                 .news_delay = duration_from_seconds(delay_s),
                 .clock = duration_from_seconds(to_seconds(maker.clock) * clock_factor)});
        }
    }
    return firms;
}

MarketMaker::MarketMaker(const Plan& plan, const MakerFirm& firm)
    : plan_{plan}, firm_{firm}, news_{plan}, flow_{plan.maker.flow_decay} {
    const AssetPlan& asset = plan.assets[firm.asset.raw()];
    const auto levels = static_cast<std::size_t>(
        std::clamp<std::int64_t>(plan.maker.levels, 2, static_cast<std::int64_t>(ladder_max)));
    for (const AssetBook& row : asset_books(plan, firm.asset).all()) {
        Book book;
        book.row = row;
        book.instrument = plan.instruments[row.id.raw()].instrument;
        // A small book is watched less closely; arbitrage keeps it in line.
        book.slack = row.depth < 0.06 ? 2.0 : 1.0;
        book.floor = 1e-6 * static_cast<double>(
                                plan.venues[book.instrument.venue.raw()].rules.maker_floor_ppm);
        obliged_ = obliged_ || book.floor > 0.0;
        book.bids.resize(levels);
        book.asks.resize(levels);
        books_.push_back(std::move(book));
        has_spot_ = has_spot_ || !row.perp;
    }
    sigma_ = asset.volatility;
    own_flow_ = own_flow_weight(plan, firm.asset);
    half_spread_min_ = half_spread_minimum(plan, firm.asset) * firm.spread_factor;
    capital_ = plan.maker.capital * capital_share(plan, firm.asset) * firm.share;
    // Q_max is set per instrument; the firm nets its books, so the limits add up.
    inventory_max_ = std::max(
        1.0, capital_ * plan.maker.inventory_max_share * static_cast<double>(books_.size()));
    belief_ = std::log(asset.price);
}

AgentSetup MarketMaker::setup() const {
    AgentSetup setup;
    setup.name =
        "maker-" + plan_.assets[firm_.asset.raw()].name + "-" + std::to_string(firm_.index);
    setup.latency = LatencyClass::maker;
    setup.entity = entity_name(family_market_maker, firm_.asset.raw() * 64u + firm_.index);
    for (const Book& book : books_) {
        setup.instruments.push_back(book.row.id);
    }
    // Enough to carry the whole ladder at every venue: what binds a maker is Q_max, not the margin.
    const double ladder_usd = 4.0 * plan_.assets[firm_.asset.raw()].depth_1pct * firm_.share;
    setup.cash_usd_per_venue = std::max(capital_, ladder_usd);
    setup.wants_fills = true;
    setup.first_wake = SimTime{} + milliseconds(20 + 37 * std::int64_t{firm_.asset.raw()} +
                                                311 * std::int64_t{firm_.index});
    return setup;
}

void MarketMaker::start(AgentContext& context) {
    started_ = true;
    last_ = context.now();
    own_heard_.drift = std::log(context.fair_value(firm_.asset, firm_.news_delay));
    btc_heard_.drift = std::log(context.fair_value(AssetId::from_raw(0), firm_.news_delay));
    btc_before_ = std::log(context.index_ago(AssetId::from_raw(0), Duration{}));
    depth_.level = depth_target(context);
    premium_ = has_spot_ ? 0.5e-4 * plan_.arbitrage.basis_premium_bps : 0.0;
    for (Book& book : books_) {
        book.home = context.position(book.row.id);
    }
}

void MarketMaker::apply_fill(Book& book, const OwnFill& fill) {
    // A notice without a fill names no side: an amend carries none, and self-trade prevention
    // removes orders of the other one.
    for (std::vector<Level>* side : {&book.bids, &book.asks}) {
        for (Level& level : *side) {
            if (level.order != fill.order || !level.order.valid()) {
                continue;
            }
            book.touched = true;
            const double before = static_cast<double>(fill.left.raw() + fill.qty.raw());
            if (fill.qty.raw() > 0 && before > 0.0) {
                level.strength *= static_cast<double>(fill.left.raw()) / before;
            } else if (fill.left.raw() > 0) {
                level.price = fill.price;  // a refused amend: the order stands where it stood
            }
            level.left = fill.left;
            if (fill.left.raw() <= 0) {
                level.order = OrderId{};
            }
            return;
        }
    }
}

void MarketMaker::take_in_fills(AgentContext& context) {
    for (const OwnFill& fill : context.new_fills()) {
        if (fill.adl) {
            continue;  // an order of nobody's
        }
        const auto book = std::ranges::find_if(
            books_, [&](const Book& candidate) { return candidate.row.id == fill.instrument; });
        if (book != books_.end()) {
            apply_fill(*book, fill);
        }
    }
}

MarketMaker::Market MarketMaker::look(AgentContext& context) {
    Market market;
    double spot_weight = 0, perp_weight = 0;
    const double delta = half_spread(half_spread_min_, z_own_);
    const double centre = belief_ + flow_price_ - skew_;
    for (Book& book : books_) {
        book.quote = context.quote(book.row.id);
        book.mid_before = book.mid;
        const bool two_sided = book.quote.bid.raw() > 0 && book.quote.ask.raw() > 0;
        if (!two_sided || book.quote.halted) {
            continue;  // the old mid stays for marking the position
        }
        book.mid = mid_usd(book.quote, book.instrument);
        const SeenBook seen{.mid = std::log(book.mid),
                            .bid = std::log(to_usd(book.instrument, book.quote.bid)),
                            .ask = std::log(to_usd(book.instrument, book.quote.ask))};
        const double log_mid =
            learnt_log_price(seen, centre + (book.row.perp ? premium_ : 0.0), delta);
        if (book.row.perp) {
            market.perp += book.row.depth * log_mid;
            perp_weight += book.row.depth;
        } else {
            market.spot += book.row.depth * log_mid;
            spot_weight += book.row.depth;
        }
    }
    market.perp = perp_weight > 0.0 ? market.perp / perp_weight : 0.0;
    market.spot = spot_weight > 0.0 ? market.spot / spot_weight : 0.0;
    return market;
}

double MarketMaker::hear(AgentContext& context, AssetId asset, Heard& heard, Duration dt) const {
    const SimTime then = context.now() + (Duration{} - firm_.news_delay);
    const double news = news_.log_change(asset, then);
    const double drift = std::log(context.fair_value(asset, firm_.news_delay)) - news;
    const double before = heard.drift + heard.absorbed;
    heard.absorbed += plan_.maker.news_weight * (news - heard.news);
    heard.news = news;
    heard.absorbed += (heard.news - heard.absorbed) *
                      -std::expm1(-to_seconds(dt) / seconds_of(plan_.maker.news_absorb_min));
    heard.drift = drift;
    return heard.drift + heard.absorbed - before;
}

// Follows a price that the plan imposes; false when it imposes none now.
bool MarketMaker::follow_imposed(AgentContext& context) {
    const ImposedPrices& imposed = plan_.imposed;
    const double steps =
        to_seconds(context.now() - SimTime{} - imposed.from) / to_seconds(imposed.step);
    if (imposed.log_return.empty() || steps < 0.0) {
        return false;
    }
    const std::vector<double>& path = imposed.log_return[firm_.asset.raw()];
    if (path.empty()) {
        return false;
    }
    if (!imposed_from_) {
        imposed_from_ = belief_ + flow_price_ - skew_;
    }
    const auto k = std::min(static_cast<std::size_t>(steps), path.size() - 1);
    const double next = path[std::min(k + 1, path.size() - 1)];
    const double part = std::min(steps - static_cast<double>(k), 1.0);
    belief_ = *imposed_from_ + path[k] + part * (next - path[k]);
    flow_price_ = 0.0;
    return true;
}

void MarketMaker::update_belief(AgentContext& context, const Market& market, Duration dt) {
    if (follow_imposed(context)) {
        return;
    }
    const MarketMakerPlan& maker = plan_.maker;
    const AssetPlan& asset = plan_.assets[firm_.asset.raw()];
    const AssetId btc = AssetId::from_raw(0);
    const double s = to_seconds(dt);

    // 1. News and the drift of fair value, with the firm's own small error.
    const double keep = std::exp(-s / view_noise_s);
    const double noise_before = view_noise_;
    view_noise_ = keep * view_noise_ + 0.1 * half_spread_min_ * std::sqrt(1.0 - keep * keep) *
                                           context.rng(Purpose::news).normal();
    belief_ += hear(context, firm_.asset, own_heard_, dt) + (view_noise_ - noise_before);

    // 2. Other coins follow what BTC did beyond its own news: contagion through quotes.
    if (firm_.asset != btc) {
        const double heard = hear(context, btc, btc_heard_, dt);
        const double index = context.index_ago(btc, Duration{});
        const double btc_now = index > 0.0 ? std::log(index) : btc_before_;
        belief_ += maker.pass_through * asset.beta * (btc_now - btc_before_ - heard);
        btc_before_ = btc_now;
    }

    // 3. Flow: what takers did moves the price. A part of it for good, in proportion to what they
    // traded at any volatility (docs/agents.md); the other decays, and is the larger the less is
    // offered: its reading is the inverse of what volatility leaves of the firm's own depth, and is
    // made when the trade is seen.
    double net_usd = 0;
    for (const Book& book : books_) {
        net_usd += context.taker_net_usd(book.row.id);
    }
    const double traded_share = (net_usd - taker_net_usd_) / std::max(asset.volume, 1.0);
    taker_net_usd_ = net_usd;
    flow_.step(dt);
    flow_.add(flow_reading(z_, firm_.vol_withdraw) * traded_share, context.now());
    flow_price_ = maker.flow_impact * own_flow_ * sigma_ * flow_.value();
    belief_ += maker.flow_permanent * own_flow_ * sigma_ * traded_share;

    // 4. Where perps trade, less the premium, against the centre of the firm's own quotes (a Kalman
    // filter whose state moves z times faster gains z times faster); F itself pulls for hours.
    const double centre = belief_ + flow_price_ - skew_;
    const double traded = market.perp != 0.0   ? market.perp - premium_
                          : market.spot != 0.0 ? market.spot
                                               : centre;
    const double learn_s = std::max(learn_least_s, seconds_of(maker.learn_min) / z_);
    belief_ += -std::expm1(-s / learn_s) * (1.0 - maker.news_weight) * (traded - centre);
    const double fair = own_heard_.drift + own_heard_.absorbed;
    belief_ += (fair - belief_) * -std::expm1(-s * z_ / (3600.0 * maker.revert_hours));

    // 5. The premium learns from the traded one and is drawn back to its calm value.
    if (market.perp != 0.0 && market.spot != 0.0) {
        const double calm = 0.5e-4 * plan_.arbitrage.basis_premium_bps;
        const double seen = market.perp - market.spot;
        const double slow = -std::expm1(-s / premium_s);
        premium_ += slow * ((1.0 - premium_memory) * calm + premium_memory * seen - premium_);
    }
}

void MarketMaker::update_inventory(AgentContext& context) {
    double change = 0;
    inventory_usd_ = perp_usd_ = spot_usd_ = 0;
    for (Book& book : books_) {
        if (book.mid > 0.0 && book.mid_before > 0.0) {
            change += book.position_coins * (book.mid - book.mid_before);
        }
        const Lots net = context.position(book.row.id) - book.home;
        book.position_coins = static_cast<double>(net.raw()) * book.instrument.lot_base;
        const double usd = book.position_coins * (book.mid > 0.0 ? book.mid : std::exp(belief_));
        inventory_usd_ += usd;
        (book.row.perp ? perp_usd_ : spot_usd_) += usd;
    }
    pnl_usd_ += change;
    if (context.switches().maker_losses) {
        lost_usd_ = std::max(lost_usd_, -pnl_usd_);
    }
    const double full =
        capital_ * plan_.maker.inventory_max_share * static_cast<double>(books_.size());
    const double left = std::clamp(1.0 - lost_usd_ / std::max(capital_, 1.0), 0.1, 1.0);
    inventory_max_ = std::max(1.0, full * left);
}

// What the firm shows in a calm market at this hour, in units of the plan's depth.
double MarketMaker::calm_level(AgentContext& context) const {
    const auto hour = static_cast<std::size_t>(hour_of_day(plan_, context.now()));
    return plan_.maker.depth_state * plan_.season *
           plan_.season_by_hour[std::min<std::size_t>(hour, 23)];
}

// An obligation ends where the capital does: a firm that has to show a floor anywhere and whose
// running loss has reached its capital takes its orders out and is gone. Firms without one shrink
// instead (update_inventory).
bool MarketMaker::is_ruined(AgentContext& context) {
    if (!ruined_ && obliged_ && context.switches().maker_losses && -pnl_usd_ >= capital_) {
        ruined_ = true;
        for (const Book& book : books_) {
            context.cancel_all(book.row.id);
        }
        context.report_ruin();
    }
    return ruined_;
}

// The share of calm depth that the firm shows when it has had time to get there.
double MarketMaker::depth_target(AgentContext& context) const {
    const double base = calm_level(context);
    if (context.switches().makers_frozen) {
        return base;
    }
    return base * depth_share(z_, firm_.vol_withdraw) / (1.0 + context.uncertainty());
}

void MarketMaker::update_depth(AgentContext& context, Duration dt) {
    const MarketMakerPlan& maker = plan_.maker;
    z_own_ = context.clock_speed(firm_.asset);
    z_ = joint_speed(z_own_, context.clock_speed(AssetId::from_raw(0)));
    const double target = depth_target(context);
    if (context.switches().makers_frozen) {
        depth_.level = target;
        return;
    }
    depth_.step(
        target, dt, {.down_s = maker.recovery_down_s, .up_s = seconds_of(maker.recovery_up_min)});
}

// Whether the firm stays away from the book's venue; takes its orders out when that begins.
bool MarketMaker::away(AgentContext& context, Book& book) const {
    const double limit_s = 1e-3 * plan_.maker.stop_latency_ms;
    const bool slow = context.venue_wait_s(book.instrument.venue) > limit_s &&
                      !context.switches().makers_frozen &&
                      book.floor <= 0.0;  // who is obliged stays
    if (slow && !book.away) {
        context.cancel_all(book.row.id);
        for (std::vector<Level>* side : {&book.bids, &book.asks}) {
            for (Level& level : *side) {
                level.order = OrderId{};
            }
        }
        book.touched = true;
    }
    book.away = slow;
    return slow;
}

void MarketMaker::quote_side(AgentContext& context,
                             Book& book,
                             const Ladder& ladder,
                             Side side,
                             double reservation,
                             double depth_usd,
                             double floor_usd) {
    std::vector<Level>& levels = side == Side::buy ? book.bids : book.asks;
    const double direction = side == Side::buy ? -1.0 : 1.0;
    const Instrument& instrument = book.instrument;
    const double lots_per_usd = 1.0 / (reservation * instrument.lot_base);
    for (std::size_t j = 0; j < ladder.levels; ++j) {
        Level& level = levels[j];
        // What is owed is shown again at once, however much of the level was just taken.
        const double usd = std::max(depth_usd * level.strength, floor_usd) * ladder.weight[j];
        const auto price = quantize_price(reservation * (1.0 + direction * ladder.distance[j]),
                                          instrument,
                                          side == Side::buy ? Round::down : Round::up);
        const double wanted =
            std::min(usd * lots_per_usd, static_cast<double>(instrument.qty_max.raw()));
        const Lots qty = Lots::from_raw(static_cast<std::int64_t>(std::max(wanted, 0.0)));
        if (qty.raw() <= 0 || !price) {
            if (level.order.valid()) {
                context.cancel(book.row.id, level.order);
                level.order = OrderId{};
            }
            continue;
        }
        // Never into the quotes that are already there: a resting order joins, it does not take. In
        // a halted book nothing is taken: there it says its price for the reopening.
        const bool halted = book.quote.halted;
        const bool anew = halted || level.for_reopening;
        const Ticks target = halted              ? *price
                             : side == Side::buy ? below(*price, book.quote.ask)
                                                 : above(*price, book.quote.bid);
        const auto place = [&] {
            level.order = context.limit(book.row.id,
                                        side,
                                        target,
                                        qty,
                                        TimeInForce::gtc,
                                        halted ? PostOnly::no : PostOnly::yes,
                                        Cause::maker);
            level.for_reopening = halted;
        };
        if (!level.order.valid()) {
            place();
            level.price = target;
            level.left = qty;
            continue;
        }
        const double moved = std::abs(static_cast<double>((target - level.price).raw())) *
                             instrument.tick_usd / reservation;
        const auto have = static_cast<double>(level.left.raw());
        const auto want = static_cast<double>(qty.raw());
        const bool price_off = target != level.price && moved > book.slack * ladder.tolerance[j];
        const bool size_off = size_is_off(have, want);
        if (price_off || size_off || (anew && !halted)) {
            const Ticks keep = price_off || anew ? target : level.price;
            if (anew) {  // no amend that would trade is taken, and after it orders are post-only again
                context.cancel(book.row.id, level.order);
                place();
            } else {
                context.amend(book.row.id, level.order, keep, qty);
            }
            level.price = keep;
            level.left = qty;
        }
    }
}

void MarketMaker::pick_off(AgentContext& context, Book& book, double reservation, double delta) {
    // A quote that stands beyond the firm's own opposite quote by more than the fee is stale: take
    // it, at most a quarter of what the firm itself shows: the bound of every decision by clock.
    const double fee = context.taker_fee(book.instrument.venue);
    const double edge = fee + delta + 1e-4;
    const double bid = to_usd(book.instrument, book.quote.bid);
    const double ask = to_usd(book.instrument, book.quote.ask);
    // Beyond value and beyond the inventory's wish: neither dumping a position on other makers nor
    // collecting theirs is worth a fee.
    const double value = reservation * std::exp(skew_);
    const double low = std::min(value, reservation) * (1.0 - edge);
    const double high = std::max(value, reservation) * (1.0 + edge);
    const bool sell = book.quote.bid.raw() > 0 && bid > high;
    const bool buy = book.quote.ask.raw() > 0 && ask < low;
    if (sell == buy) {
        return;
    }
    const double own =
        plan_.assets[firm_.asset.raw()].depth_1pct * book.row.depth * firm_.share * depth_.level;
    const double worst = sell ? high : low;
    const auto price = quantize_price(worst, book.instrument, sell ? Round::up : Round::down);
    const Lots qty = quantize_qty(pick_off_part * own / value, book.instrument);
    if (price && qty.raw() > 0) {
        context.limit(book.row.id,
                      sell ? Side::sell : Side::buy,
                      *price,
                      qty,
                      TimeInForce::ioc,
                      PostOnly::no,
                      Cause::maker);
    }
}

void MarketMaker::quote_all(AgentContext& context, Duration dt) {
    const MarketMakerPlan& maker = plan_.maker;
    const AssetPlan& asset = plan_.assets[firm_.asset.raw()];
    const double delta = half_spread(half_spread_min_, z_own_);
    // Whoever imposes a price has no limit.
    const double load = imposed_from_ ? 0.0 : inventory_usd_ / inventory_max_;
    const double z_skew = std::min(z_own_, z_skew_max);
    skew_ = inventory_skew(maker.inventory_skew, z_skew, sigma_, load);
    // Perp against spot: inventories of opposite sign in the two kinds tilt the premium.
    const double tilt = std::clamp(0.5 * (perp_usd_ - spot_usd_) / inventory_max_, -1.0, 1.0);
    const double premium_shift = premium_skew * z_own_ * sigma_ * tilt;

    const Ladder ladder = make_ladder({.half_spread = delta,
                                       .reach = maker.reach,
                                       .exponent = asset.depth_exponent,
                                       .levels = static_cast<std::size_t>(maker.levels)});
    const double centre = belief_ + flow_price_ - skew_;
    const double back = refilled(dt, maker.refill_half_life_s);
    for (Book& book : books_) {
        if (away(context, book)) {
            continue;
        }
        const double log_reservation =
            book.row.perp ? centre + premium_ - premium_shift : centre + 0.3 * premium_shift;
        const double reservation = std::exp(log_reservation);
        const double full_usd = asset.depth_1pct * book.row.depth * firm_.share;
        const double floor_usd =
            book.floor > 0.0 ? book.floor * calm_level(context) * full_usd : 0.0;
        const double depth_usd = std::max(depth_.level * full_usd, floor_usd);
        if (!book.quote.halted) {
            pick_off(context, book, reservation, delta);
        }

        const bool still =
            std::abs(log_reservation - book.last_reservation) < book.slack * delta / 3.0 &&
            std::abs(depth_usd - book.last_depth) < 0.05 * book.last_depth;
        if (still && !book.touched) {
            continue;
        }
        book.touched = false;
        for (std::vector<Level>* side : {&book.bids, &book.asks}) {
            for (Level& level : *side) {
                level.strength += (1.0 - level.strength) * back;
                book.touched = book.touched || level.strength < 0.9;
            }
        }
        // The side that moves away goes first, so that the other never meets it.
        const Side first = log_reservation > book.last_reservation ? Side::sell : Side::buy;
        for (const Side side : {first, opposite(first)}) {
            quote_side(context, book, ladder, side, reservation, depth_usd, floor_usd);
        }
        book.last_reservation = log_reservation;
        book.last_depth = depth_usd;
        book.touched = book.touched || book.quote.halted;
    }
}

void MarketMaker::hedge(AgentContext& context, Duration dt) {
    const double excess = std::abs(inventory_usd_) - plan_.maker.hedge_above * inventory_max_;
    if (excess <= 0.0 || imposed_from_) {
        return;
    }
    const Book* deepest = nullptr;
    for (const Book& book : books_) {
        if (deepest == nullptr || book.row.depth > deepest->row.depth) {
            deepest = &book;
        }
    }
    if (deepest == nullptr) {
        return;
    }
    const double per_s = context.volume_usd(deepest->row.id, minutes(5)) / 300.0;
    const double part = std::min(hedge_most, plan_.maker.hedge_participation * z_own_);
    const double usd = std::min(excess, part * per_s * to_seconds(dt));
    take_usd(context,
             deepest->row.id,
             inventory_usd_ > 0.0 ? Side::sell : Side::buy,
             usd,
             0.001,
             Cause::maker);
}

void MarketMaker::wake(AgentContext& context) {
    if (!started_) {
        start(context);
    }
    const Duration dt = context.now() - last_;
    last_ = context.now();
    context.wake_after(firm_.clock);

    take_in_fills(context);
    const Market market = look(context);
    update_belief(context, market, dt);
    update_inventory(context);
    if (is_ruined(context)) {
        context.publish_depth_state(firm_.asset, 0.0);
        return;
    }
    update_depth(context, dt);
    context.publish_depth_state(firm_.asset, depth_.level);
    quote_all(context, dt);
    hedge(context, dt);
}

std::vector<std::unique_ptr<Agent>> make_market_makers(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (!plan.maker.enabled) {
        return agents;
    }
    for (const MakerFirm& firm : draw_firms(plan)) {
        agents.push_back(std::make_unique<MarketMaker>(plan, firm));
    }
    return agents;
}

}  // namespace margincall::inline agents
