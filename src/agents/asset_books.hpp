// The books of one asset over all venues, with their shares, and the few things that every taker
// does alike: choosing a book and sending a bounded market order.
//
// Why bounded: model 16. An order of an agent that decides by clock never exceeds a quarter of the
// depth displayed within 1 %, and carries the price protection that venues put on market orders.
#pragma once

#include <span>
#include <vector>

#include "sim/agent.hpp"

namespace margincall::inline agents {

// Depth near the price is what rests within this share of it.
inline constexpr double depth_near = 0.01;
// Price protection of a market order, share of mid: of who carries out a decision (a programme, an
// attack, the sale of what was seized), and of the crowd.
inline constexpr double decided_protection = 0.01;
inline constexpr double crowd_protection = 0.02;
// What is worth less, USD, is not traded by who has larger sums to move.
inline constexpr double least_trade_usd = 1'000.0;

struct AssetBook {
    InstrumentId id;
    bool perp = false;
    double depth = 0;   // share of the asset's D1
    double volume = 0;  // share of the asset's V
};

struct AssetBooks {
    AssetId asset;
    std::vector<AssetBook> perps, spots;  // in plan order

    [[nodiscard]] std::vector<AssetBook> all() const;  // perps, then spots
    // Where a coin is traded by who would rather have it than a contract: spot, or its perpetuals where there
    // is none.
    [[nodiscard]] const std::vector<AssetBook>& spots_or_perps() const {
        return spots.empty() ? perps : spots;
    }
};
[[nodiscard]] AssetBooks asset_books(const Plan& plan, AssetId asset);
// The coins that exist on the chain, too, in plan order: bitcoin, the first asset of every plan,
// and ether.
struct ChainCoin {
    ChainToken token;
    AssetId asset;
    AssetBooks books;
};
[[nodiscard]] std::vector<ChainCoin> chain_coins(const Plan& plan);
[[nodiscard]] std::vector<InstrumentId> ids_of(std::span<const AssetBook> books);

// Part of what is traded over all `books` that falls to one of them: by volume shares, equal when no book has
// any.
[[nodiscard]] double share_by_volume(std::span<const AssetBook> books, const AssetBook& book);

// The book whose slice of the unit interval holds `u`, slices in proportion to volume shares (equal
// slices when no book has any). `books` must not be empty.
[[nodiscard]] const AssetBook& book_by_volume(std::span<const AssetBook> books, double u);
[[nodiscard]] const AssetBook& deepest_book(std::span<const AssetBook> books);

// What so large a share of an asset's ordinary trading is in `seconds`, USD.
[[nodiscard]] double participation_usd(const Plan& plan,
                                       AssetId asset,
                                       double share,
                                       double seconds);

// Largest order, USD, that a clocked decision may send: a quarter of the depth displayed within 1 %
// on the side it takes. Before the first depth sample there is no bound.
[[nodiscard]] double order_cap_usd(AgentContext& context, InstrumentId id, Side taker);

// Sends an immediate-or-cancel order worth `usd` at mid with a limit `protection` (share of mid)
// beyond mid, at most `order_cap_usd`. Returns the USD sent: 0 when the book has no price or is
// halted, or the size is below one lot.
double take_usd(
    AgentContext& context, InstrumentId id, Side side, double usd, double protection, Cause cause);

// What the agent has in a book, coins: position of a perpetual, holdings of a spot.
[[nodiscard]] double coins_held(AgentContext& context, InstrumentId id);

// Hour of the day (UTC), 0 <= h < 24.
[[nodiscard]] double hour_of_day(const Plan& plan, SimTime now);

// Log return from the index `window` ago to `price`; 0 while either is unknown.
[[nodiscard]] double log_return(AgentContext& context,
                                AssetId asset,
                                double price,
                                Duration window);

}  // namespace margincall::inline agents
