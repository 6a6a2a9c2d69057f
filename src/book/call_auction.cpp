#include "book/call_auction.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/integer.hpp"

namespace margincall::inline book {

CallPrice call_price(std::span<const CallLevel> bids,
                     std::span<const CallLevel> asks,
                     Ticks reference) {
    std::vector<Ticks> prices;
    prices.reserve(bids.size() + asks.size() + 1);
    for (const std::span<const CallLevel> side : {bids, asks}) {
        for (const CallLevel& level : side) {
            prices.push_back(level.price);
        }
    }
    if (reference.raw() > 0) {
        prices.push_back(reference);
    }
    std::sort(prices.begin(), prices.end());
    prices.erase(std::unique(prices.begin(), prices.end()), prices.end());

    // From the lowest price upwards: what sells at it grows, what buys at it shrinks.
    const auto sorted = [](std::span<const CallLevel> side) {
        std::vector<CallLevel> levels(side.begin(), side.end());
        std::sort(levels.begin(), levels.end(), [](const CallLevel& x, const CallLevel& y) {
            return x.price < y.price;
        });
        return levels;
    };
    const std::vector<CallLevel> up_bids = sorted(bids);
    const std::vector<CallLevel> up_asks = sorted(asks);
    i128 demand = 0;
    for (const CallLevel& level : up_bids) {
        demand += level.qty.raw();
    }
    i128 supply = 0;
    std::size_t next_bid = 0;
    std::size_t next_ask = 0;
    CallPrice best;
    // Less is better: minus the volume, the rest, the distance; the price itself comes in order.
    using Rank = std::tuple<i128, i128, std::int64_t>;
    Rank best_rank;
    for (const Ticks price : prices) {
        while (next_bid < up_bids.size() && up_bids[next_bid].price < price) {
            demand -= up_bids[next_bid++].qty.raw();
        }
        while (next_ask < up_asks.size() && up_asks[next_ask].price <= price) {
            supply += up_asks[next_ask++].qty.raw();
        }
        const i128 volume = std::min(demand, supply);
        if (volume == 0) {
            continue;
        }
        const std::int64_t away = reference.raw() > 0 ? std::abs(price.raw() - reference.raw()) : 0;
        const Rank rank{-volume, std::max(demand, supply) - volume, away};
        if (best.price.raw() == 0 || rank < best_rank) {
            best_rank = rank;
            best = {price, Lots::from_raw(narrow_i64(volume))};
        }
    }
    return best;
}

}  // namespace margincall::inline book
