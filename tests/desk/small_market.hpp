// A market small enough to reckon by hand: one coin at 100,000 USD, ticks of 1 USD, lots of 0.001
// coins, one maintenance rate of 1 %, one fund.
#pragma once

#include <string>
#include <vector>

#include "desk/account_book.hpp"
#include "desk/market.hpp"
#include "desk/run.hpp"

namespace margincall {

inline Money dollars(std::int64_t usd) {
    return Money::from_raw(usd * micro_per_usd);
}

inline VenueRules hand_rules() {
    VenueRules rules;
    rules.liquidation.fee_ppm = 10'000;
    rules.maker_fee_ppm = 0;
    rules.fund.unwind = hours(24 * 365);  // slow enough to be left out of an example
    rules.fund.unwind_participation_ppm = 0;
    rules.adl.delay = seconds(0);
    return rules;
}

inline StressMarket hand_market(std::int64_t fund_usd, DepthSide bids, DepthSide asks) {
    StressMarket market;
    market.coins.push_back({"BTC", 100'000.0, 1.0});
    StressVenue venue;
    venue.name = "A";
    venue.rules = hand_rules();
    market.venues.push_back(venue);
    market.pools.push_back({"A", VenueId::from_raw(0), dollars(fund_usd)});
    StressInstrument row;
    row.name = "A:BTC-PERP";
    row.instrument.id = InstrumentId::from_raw(0);
    row.instrument.venue = VenueId::from_raw(0);
    row.instrument.base = AssetId::from_raw(0);
    row.instrument.kind = InstrumentKind::linear_perp;
    row.instrument.tick_value = Money::from_raw(1000);
    row.instrument.tick_usd = 1.0;
    row.instrument.lot_base = 0.001;
    row.instrument.price_max = Ticks::from_raw(1'000'000);
    row.instrument.qty_max = Lots::from_raw(1'000'000'000);
    MarginTier tier;
    tier.cap = dollars(1'000'000'000);
    tier.mmr_ppm = 10'000;
    tier.leverage_max = 50;
    row.tiers = {tier};
    row.mark = Ticks::from_raw(100'000);
    row.bids = std::move(bids);
    row.asks = std::move(asks);
    market.instruments.push_back(row);
    fill_margin_rules(market, Fraction{95, 100});
    return market;
}

inline const char* const book_head =
    "account,owner_group,venue,instrument,side,size,entry,margin_mode,collateral,amount\n";

inline AccountBook read_rows(const std::string& rows, const StressMarket& market) {
    Errors errors;
    AccountBook book =
        read_account_book(book_head + rows, "book.csv", market, BadRows::refuse, errors);
    CHECK(errors.empty());
    return book;
}

inline Shock fall(const StressMarket& market, double move) {
    return make_shock(market, AssetId::from_raw(0), move, Duration{}, UnnamedCoins::unchanged);
}

inline StressOptions without_feedback() {
    StressOptions options;
    options.feedback = Feedback::off;
    return options;
}

}  // namespace margincall
