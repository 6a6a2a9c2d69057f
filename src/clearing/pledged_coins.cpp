// The liquidation engine's sale of pledged coins: of accounts below their margin, and of what a
// fund took over with an account.
#include <algorithm>

#include "clearing/liquidation_engine.hpp"

namespace margincall::inline clearing {

namespace {
// A pledged coin is sold in its own book in small orders, as venues convert collateral (model 9.3):
// once a second this share of what was held at the first call (assumed).
constexpr Duration coins_every = seconds(1);
constexpr std::int64_t coins_slice_ppm = 20'000;
// Venues convert at what they count the coin for less a markdown, never at any price; what has not
// found a buyer after a while the fund takes at that worth (both assumed).
constexpr double coins_markdown = 0.05;
constexpr Duration convert_within = minutes(10);
// Below this worth as margin the coin itself is what is short, and it is sold (assumed).
constexpr double coin_called_below = 0.99;
}  // namespace

// The account owes dollars and has coins left to sell for them.
bool LiquidationEngine::still_converts(const LiquidationHost& host, const Case& c) {
    const ClearingHouse& house = host.clearing();
    return c.coins.raw() > 0 && host.now() < c.since + convert_within &&
           house.cash(c.account).raw() < 0 &&
           house.position(c.account, host.collateral_book(house.venue(c.account))).raw() > 0;
}

// While the venue takes the coin for a dollar, coins are sold only to cover dollars owed; once it
// takes them for less, they are called. So a fall of the coin sells the coin.
void LiquidationEngine::sell_pledged_coins(LiquidationHost& host, Case& c) {
    const ClearingHouse& house = host.clearing();
    const VenueId venue = house.venue(c.account);
    const bool owes = house.cash(c.account).raw() < 0;
    if (c.coins.raw() == 0 || (!owes && host.collateral_usd(venue) >= coin_called_below) ||
        (c.coins_sold_at > SimTime{} && host.now() < c.coins_sold_at + coins_every)) {
        return;
    }
    c.coins_sold_at = host.now();
    sell_coins(host,
               c.account,
               mul_div(c.coins.raw(), coins_slice_ppm, 1'000'000, Round::up),
               Cause::liquidation);
}

// What the fund took over with an account is sold as fast, every ten seconds.
void LiquidationEngine::sell_fund_coins(LiquidationHost& host, AccountId fund) {
    const InstrumentId coins = host.collateral_book(host.clearing().venue(fund));
    if (coins.valid()) {
        const std::int64_t held = host.clearing().position(fund, coins).raw();
        sell_coins(host,
                   fund,
                   mul_div(held, 10 * coins_slice_ppm, 1'000'000, Round::up),
                   Cause::fund_unwind);
    }
}

// Sells up to `lots` of the coin that the venue takes as collateral, not below its worth there less
// the markdown.
void LiquidationEngine::sell_coins(LiquidationHost& host,
                                   AccountId account,
                                   std::int64_t lots,
                                   Cause cause) {
    const ClearingHouse& house = host.clearing();
    const InstrumentId coins = host.collateral_book(house.venue(account));
    const double least = host.collateral_usd(house.venue(account)) * (1.0 - coins_markdown);
    const std::optional<Ticks> limit = quantize_price(least, house.instrument(coins), Round::down);
    const Command order = ioc_order(account,
                                    coins,
                                    Side::sell,
                                    std::min(Lots::from_raw(lots), house.position(account, coins)),
                                    limit.value_or(Ticks::from_raw(1)),
                                    cause);
    if (order.qty.raw() <= 0) {
        return;
    }
    Money value;
    for (const Fill& f : host.send_now(order)) {
        value += notional(house.instrument(coins), f.price, f.qty);
    }
    coins_sold_usd_ += to_usd(value);
    host.publish_quote(coins);
}

}  // namespace margincall::inline clearing
