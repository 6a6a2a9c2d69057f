#include "agents/asset_books.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace margincall::inline agents {

std::vector<AssetBook> AssetBooks::all() const {
    std::vector<AssetBook> both = perps;
    both.insert(both.end(), spots.begin(), spots.end());
    return both;
}

AssetBooks asset_books(const Plan& plan, AssetId asset) {
    AssetBooks books{.asset = asset, .perps = {}, .spots = {}};
    for (const InstrumentPlan& row : plan.instruments) {
        if (row.instrument.base != asset) {
            continue;
        }
        const bool perp = row.instrument.kind == InstrumentKind::linear_perp;
        (perp ? books.perps : books.spots)
            .push_back({.id = row.instrument.id,
                        .perp = perp,
                        .depth = row.depth_share,
                        .volume = row.volume_share});
    }
    return books;
}

std::vector<ChainCoin> chain_coins(const Plan& plan) {
    std::vector<ChainCoin> out;
    const AssetId ether = find_asset(plan, "ETH");
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        const auto asset = AssetId::from_raw(static_cast<std::uint16_t>(a));
        if (a == 0 || asset == ether) {
            out.push_back(
                {a == 0 ? ChainToken::btc : ChainToken::eth, asset, asset_books(plan, asset)});
        }
    }
    return out;
}

std::vector<InstrumentId> ids_of(std::span<const AssetBook> books) {
    std::vector<InstrumentId> ids;
    for (const AssetBook& book : books) {
        ids.push_back(book.id);
    }
    return ids;
}

double share_by_volume(std::span<const AssetBook> books, const AssetBook& book) {
    double volume = 0.0;
    for (const AssetBook& one : books) {
        volume += one.volume;
    }
    return volume > 0.0 ? book.volume / volume : 1.0 / static_cast<double>(books.size());
}

const AssetBook& book_by_volume(std::span<const AssetBook> books, double u) {
    DCHECK(!books.empty());
    double total = 0;
    for (const AssetBook& book : books) {
        total += book.volume;
    }
    if (total <= 0.0) {
        const auto k = static_cast<std::size_t>(u * static_cast<double>(books.size()));
        return books[std::min(k, books.size() - 1)];
    }
    double left = u * total;
    for (const AssetBook& book : books) {
        left -= book.volume;
        if (left < 0.0) {
            return book;
        }
    }
    return books.back();
}

const AssetBook& deepest_book(std::span<const AssetBook> books) {
    DCHECK(!books.empty());
    return *std::max_element(
        books.begin(), books.end(), [](const AssetBook& x, const AssetBook& y) {
            return x.depth < y.depth;
        });
}

double participation_usd(const Plan& plan, AssetId asset, double share, double seconds) {
    return share * plan.assets[asset.raw()].volume / seconds_per_day * seconds;
}

double order_cap_usd(AgentContext& context, InstrumentId id, Side taker) {
    const double bids = context.depth_usd(id, Side::buy, depth_near);
    const double asks = context.depth_usd(id, Side::sell, depth_near);
    if (bids <= 0.0 && asks <= 0.0) {
        return 1e18;
    }
    return 0.25 * (taker == Side::buy ? asks : bids);
}

double take_usd(
    AgentContext& context, InstrumentId id, Side side, double usd, double protection, Cause cause) {
    const Quote quote = context.quote(id);
    const Ticks facing = side == Side::buy ? quote.ask : quote.bid;
    if (facing.raw() <= 0 || !(usd > 0.0) || quote.halted) {
        return 0.0;
    }
    const Instrument& instrument = context.instrument(id);
    const double mid = mid_usd(quote, instrument);
    const double bounded = std::min(usd, order_cap_usd(context, id, side));
    const Lots qty = quantize_qty(bounded / mid, instrument);
    const auto price = side == Side::buy
                           ? quantize_price(mid * (1.0 + protection), instrument, Round::up)
                           : quantize_price(mid * (1.0 - protection), instrument, Round::down);
    if (qty.raw() <= 0 || !price) {
        return 0.0;
    }
    context.limit(id, side, *price, qty, TimeInForce::ioc, PostOnly::no, cause);
    return static_cast<double>(qty.raw()) * instrument.lot_base * mid;
}

double coins_held(AgentContext& context, InstrumentId id) {
    return static_cast<double>(context.position(id).raw()) * context.instrument(id).lot_base;
}

double hour_of_day(const Plan& plan, SimTime now) {
    const double s = static_cast<double>(plan.start_unix_s % 86'400) + to_seconds(now);
    return std::fmod(s, 86'400.0) / 3600.0;
}

double log_return(AgentContext& context, AssetId asset, double price, Duration window) {
    const double before = context.index_ago(asset, window);
    return before > 0.0 && price > 0.0 ? std::log(price / before) : 0.0;
}

}  // namespace margincall::inline agents
