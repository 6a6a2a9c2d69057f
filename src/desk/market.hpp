// What a stress of an account book needs to know of the market: venues with their rule rows,
// instruments with price, tiers and resting depth, the pools that pay for bankrupt accounts. Built
// from a scenario (scenario/stress_market.hpp), or by hand in tests. No behaviour.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/instrument.hpp"
#include "market/order.hpp"
#include "rules/portfolio_margin.hpp"
#include "rules/rules.hpp"

namespace margincall::inline desk {

// One resting level of a depth profile: how much rests at this distance from the mid price.
struct DepthLevel {
    double distance = 0.0;  // share of price, > 0, rising
    double usd = 0.0;       // resting at this distance (not cumulative), at the start price
};
using DepthSide = std::vector<DepthLevel>;

struct StressCoin {
    std::string name;
    double price = 0.0;  // USD at the time of the book
    double beta = 1.0;   // to the first coin; moves coins that the shock does not name
};

// A fund, pool or vault: pays for the accounts of its instruments.
struct StressPool {
    std::string name;  // "A" or "A/tail"
    VenueId venue;
    Money balance;
};

struct StressInstrument {
    std::string name;  // "A:BTC-PERP"
    Instrument instrument;
    MarginTiers tiers;
    Ticks mark;                   // at the time of the book
    std::int64_t tick_parts = 1;  // venue's ticks in one of the instrument's (docs/account-book.md)
    std::uint32_t pool = 0;       // row of StressMarket::pools
    double volume = 0.0;          // USD a day; 0 = not known
    DepthSide bids, asks;
};

struct StressVenue {
    std::string name;
    VenueRules rules;
    // How accounts are margined, in micro-dollars; contracts and schedules by InstrumentId of the
    // market, collateral by asset: 0 = the dollar, 1 + AssetId = a coin (1e-8 coins).
    PortfolioRules margin;
};

// A coin of the book that could be made at no price or under no tiers.
struct NotMade {
    VenueId venue;
    std::string coin, why;
};

struct StressMarket {
    std::vector<StressCoin> coins;  // dense by AssetId; [0] is the one the betas refer to
    std::vector<StressVenue> venues;
    std::vector<StressInstrument> instruments;  // dense by InstrumentId, perpetuals only
    std::vector<StressPool> pools;
    std::vector<NotMade> not_made;  // desk/made_market.hpp

    [[nodiscard]] const StressInstrument& at(InstrumentId id) const {
        return instruments[id.raw()];
    }
    // Names in any letter case, where no other differs from it in that alone; a venue also by its own name
    // ("Binance"), if no other is called so.
    [[nodiscard]] std::optional<VenueId> find_venue(std::string_view name) const;
    // "BTC" for BTC, BTC-PERP, BTCUSDT, BTC_USDT, BTC-USDT-SWAP, BTC/USDT:USDT and the like; nothing
    // for coin-margined contracts.
    [[nodiscard]] std::optional<InstrumentId> find_instrument(VenueId venue,
                                                              std::string_view name) const;
    [[nodiscard]] std::optional<AssetId> find_coin(std::string_view name) const;
    [[nodiscard]] std::string venue_names() const;  // "A, B, D, H"
    [[nodiscard]] std::string instrument_names(VenueId venue) const;
};

// Fills `margin` of every venue from its rule rows and the instruments' tiers: linear contracts
// settled in dollars, collateral by the venue's own rows. Where it has none, dollars count in full
// and coins at `coin_ratio` of their price (0 = not at all). Schedules and collateral that are there already
// stay.
void fill_margin_rules(StressMarket& market, Fraction coin_ratio);

// The letter of a venue in the shipped scenarios, by a name that begins with its own ("binanceusdm", "OKX"):
// A, B, H, O; "" for others.
[[nodiscard]] std::string_view usual_venue(std::string_view name);
// Two words in any letter case (of ASCII).
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);
// USD, USDT and USDC are the dollar here, in any letter case.
[[nodiscard]] bool is_dollar(std::string_view name);
// Is it the name of a contract margined in its own coin (inverse), such as Bybit's and BitMEX's
// BTCUSD, OKX's BTC-USD-SWAP, Binance's BTCUSD_PERP, Gate's BTC_USD, Deribit's BTC-PERPETUAL or
// BTC/USD:BTC? They are not linear, so they must not be read as the coin's dollar contract.
[[nodiscard]] bool is_coin_margined(std::string_view name);
// The coin in an instrument's name.
[[nodiscard]] std::string_view coin_of_symbol(std::string_view name);

}  // namespace margincall::inline desk
