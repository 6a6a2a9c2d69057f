#include "desk/resting_depth.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline desk {
namespace {

constexpr double probe_share = 0.1;
constexpr double probe_within = 0.01;
const AccountId no_account;  // nobody: the book keeps no marks for orders without an account

BookConfig config_of(const StressInstrument& spec) {
    BookConfig config;
    config.instrument = spec.instrument.id;
    config.price_max = spec.instrument.price_max;
    config.qty_max = Lots::from_raw(INT64_MAX / 4);
    config.price_hint = spec.mark;
    config.orders_hint = static_cast<std::uint32_t>(spec.bids.size() + spec.asks.size() + 16);
    config.stp = SelfTradePrevention::none;
    return config;
}

std::size_t row(Side side) {
    return side == Side::buy ? 0 : 1;
}

}  // namespace

RestingDepth::RestingDepth(const StressInstrument& spec, double start_price)
    : spec_(&spec), start_price_(start_price), reference_(start_price), book_(config_of(spec)) {
    for (const Side side : {Side::buy, Side::sell}) {
        const DepthSide& profile = side == Side::buy ? spec.bids : spec.asks;
        const double sign_of_distance = side == Side::buy ? -1.0 : 1.0;
        for (const DepthLevel& level : profile) {
            const double price = start_price * (1.0 + sign_of_distance * level.distance);
            if (price > 0.0) {
                sides_[row(side)].push_back({level.distance, level.usd / price, 0.0, OrderId{}});
            }
        }
        std::stable_sort(sides_[row(side)].begin(),
                         sides_[row(side)].end(),
                         [](const Level& a, const Level& b) { return a.distance < b.distance; });
        probe_[row(side)] = probe_share * depth_within(profile, probe_within) / start_price;
        probe_untouched_[row(side)] = probe_distance(sides_[row(side)], probe_[row(side)], true);
    }
}

DepthSide RestingDepth::left(Side side) const {
    const double away = side == Side::buy ? -1.0 : 1.0;
    DepthSide out;
    for (const Level& level : sides_[row(side)]) {
        const double price = start_price_ * (1.0 + away * level.distance);
        out.push_back({level.distance, (level.coins - level.missing) * price});
    }
    return out;
}

double RestingDepth::depth_within(const DepthSide& side, double distance) {
    double usd = 0.0;
    for (const DepthLevel& level : side) {
        usd += level.distance <= distance ? level.usd : 0.0;
    }
    return usd;
}

RestingDepth::Cost RestingDepth::cost_of(const DepthSide& side, double usd) {
    Cost out;
    for (const DepthLevel& level : side) {
        const double part = std::min(level.usd, usd - out.filled_usd);
        out.filled_usd += part;
        out.slippage_usd += part * level.distance;
        if (out.filled_usd >= usd) {
            break;
        }
    }
    return out;
}

void RestingDepth::refill(double share) {
    if (!touched_) {
        return;
    }
    bool whole = true;
    for (Levels& levels : sides_) {
        for (Level& level : levels) {
            level.missing -= level.missing * share;
            if (level.missing < 1e-9 * level.coins) {
                level.missing = 0.0;
            }
            whole = whole && level.missing == 0.0;
        }
    }
    touched_ = !whole;
    stale_ = true;
}

void RestingDepth::fill_up() {
    for (Levels& levels : sides_) {
        for (Level& level : levels) {
            level.missing = 0.0;
        }
    }
    touched_ = false;
    stale_ = true;
}

void RestingDepth::clear_book() {
    for (const std::size_t side : {0U, 1U}) {
        for (std::size_t k = 0; k < placed_[side]; ++k) {
            Level& level = sides_[side][k];
            if (level.order.valid()) {
                (void)book_.cancel(level.order);  // unknown when it was filled
                level.order = OrderId{};
            }
        }
        placed_[side] = 0;
        resting_[side] = 0;
    }
    stale_ = false;
}

std::optional<Ticks> RestingDepth::price_of(Side resting, const Level& level) const {
    const bool bids = resting == Side::buy;
    const double price = reference_ * (1.0 + (bids ? -level.distance : level.distance));
    return quantize_price(price, spec_->instrument, bids ? Round::down : Round::up);
}

std::int64_t RestingDepth::lots_of(const Level& level) const {
    return static_cast<std::int64_t>(
        std::floor((level.coins - level.missing) / spec_->instrument.lot_base));
}

Ticks RestingDepth::best(Side side) const {
    for (const Level& level : sides_[row(side)]) {
        if (lots_of(level) > 0) {
            return price_of(side, level).value_or(Ticks{});
        }
    }
    return Ticks{};
}

void RestingDepth::place_for(Side resting, Lots lots, Ticks limit) {
    const Instrument& inst = spec_->instrument;
    const bool bids = resting == Side::buy;
    Levels& levels = sides_[row(resting)];
    std::size_t& next = placed_[row(resting)];
    std::int64_t& there = resting_[row(resting)];
    for (; next < levels.size() && there < lots.raw(); ++next) {
        Level& level = levels[next];
        const auto ticks = price_of(resting, level);
        if (!ticks || (limit.raw() > 0 && (bids ? *ticks < limit : *ticks > limit))) {
            return;
        }
        const std::int64_t size = lots_of(level);
        if (size <= 0) {
            continue;
        }
        Command order;
        order.side = resting;
        order.cause = Cause::maker;
        order.instrument = inst.id;
        order.account = no_account;
        order.price = *ticks;
        order.qty = Lots::from_raw(size);
        order.post_only = PostOnly::yes;
        const AddResult added = book_.add(order, fills_);
        level.order = added.resting.raw() > 0 ? added.order : OrderId{};
        there += added.resting.raw();
    }
}

const std::vector<Fill>& RestingDepth::take(
    Side side, Lots lots, Ticks limit, TimeInForce tif, AccountId account) {
    if (stale_) {
        clear_book();
    }
    fills_.clear();
    place_for(opposite(side), lots, limit);
    fills_.clear();
    Command order = ioc_order(account, spec_->instrument.id, side, lots, limit, Cause::liquidation);
    order.tif = tif;
    (void)book_.add(order, fills_);
    note_fills();
    return fills_;
}

void RestingDepth::note_fills() {
    for (const Fill& fill : fills_) {
        const std::size_t side = fill.taker_side == Side::buy ? 1 : 0;
        resting_[side] -= fill.qty.raw();
        for (std::size_t k = 0; k < placed_[side]; ++k) {
            Level& level = sides_[side][k];
            if (level.order == fill.maker_order) {
                level.missing += static_cast<double>(fill.qty.raw()) * spec_->instrument.lot_base;
                level.missing = std::min(level.missing, level.coins);
                touched_ = true;
                break;
            }
        }
    }
}

// Distance at which the last coin of a probe is filled; the outermost level's when it is not.
double RestingDepth::probe_distance(const Levels& levels, double probe, bool full) {
    double seen = 0.0;
    for (const Level& level : levels) {
        const double here = level.coins - (full ? 0.0 : level.missing);
        if (seen + here >= probe && here > 0.0) {
            return level.distance;
        }
        seen += here;
    }
    return levels.empty() ? 0.0 : levels.back().distance;
}

double RestingDepth::displacement() const {
    if (!touched_) {
        return 0.0;
    }
    const double bids = probe_distance(sides_[0], probe_[0], false) - probe_untouched_[0];
    const double asks = probe_distance(sides_[1], probe_[1], false) - probe_untouched_[1];
    return asks - bids;
}

}  // namespace margincall::inline desk
