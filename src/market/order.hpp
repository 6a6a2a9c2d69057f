// The vocabulary between agents, venues and books: commands, fills, reasons. Data only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/strong.hpp"
#include "base/time.hpp"

namespace margincall::inline market {

enum class Side : std::uint8_t { buy, sell };
[[nodiscard]] constexpr Side opposite(Side s) {
    return s == Side::buy ? Side::sell : Side::buy;
}
[[nodiscard]] constexpr std::int64_t sign(Side s) {
    return s == Side::buy ? 1 : -1;
}
// Whose a signed size is; buy = long.
[[nodiscard]] constexpr Side side_of(Lots size) {
    return size.raw() < 0 ? Side::sell : Side::buy;
}
// Row of a table that has two an instrument: longs or bids, then shorts or asks.
[[nodiscard]] constexpr std::size_t side_row(InstrumentId i, Side s) {
    return 2 * std::size_t{i.raw()} + (s == Side::buy ? 0 : 1);
}

enum class OrderType : std::uint8_t { limit, market };
enum class TimeInForce : std::uint8_t { gtc, ioc, fok };
enum class PostOnly : std::uint8_t { no, yes };
enum class ReduceOnly : std::uint8_t { no, yes };

// A stop waits outside the book until that price has risen or fallen to its trigger price.
enum class TriggerOn : std::uint8_t { nothing, last, mark, index };
enum class TriggerWhen : std::uint8_t { rising, falling };

// Why an order exists. Carried by every order and fill, so that analytics can say who moved the
// price (model.md 11.1). Never renumber, only append.
enum class Cause : std::uint8_t {
    maker,    // market makers' quotes and hedges
    patient,  // resting orders of value buyers and holders
    noise,
    arbitrage,
    trend,
    panic,
    dip_buyer,
    holders,      // long-term holders' programme
    funds,        // ETF programme
    news,         // declared `flow` events other than holders and funds
    opening,      // a leveraged account opens
    closing,      // a leveraged account closes by its own will
    stop,         // a stop order fired
    liquidation,  // forced by the venue
    fund_unwind,  // insurance fund, engine or vault sells what it took over
    adl,          // auto-deleveraging (no order, used on position transfers)
    security,     // flows of a security incident
    test,
    keeper,     // sale of collateral seized on chain
    synthetic,  // makers, traders and arbitrageurs of a synthetic dollar
    informed,   // traders who know of a declared event before it comes
    hedger,     // hedges of options
    borrower,   // collateral of loans outside the venues
    count_,
};

enum class CommandKind : std::uint8_t { add, cancel, amend, cancel_all };

// One message to a venue about one instrument. 64 bytes or less, trivially copyable.
struct Command {
    CommandKind kind = CommandKind::add;
    OrderType type = OrderType::limit;
    TimeInForce tif = TimeInForce::gtc;
    PostOnly post_only = PostOnly::no;
    ReduceOnly reduce_only = ReduceOnly::no;
    Side side = Side::buy;
    Cause cause = Cause::test;
    TriggerOn trigger_on = TriggerOn::nothing;  // anything else makes it a stop
    TriggerWhen trigger_when = TriggerWhen::rising;
    InstrumentId instrument;
    AccountId account;  // who pays and who owns the position
    OrderId order;  // add: handle reserved by the sender (or invalid: the book gives one); cancel,
                    // amend: which
    Ticks price;    // limit price; for a market order the worst price accepted (0 = none)
    Lots qty;       // add: size > 0; amend: new size (0 = cancel), what of it: AmendMeasure
    Ticks trigger;  // of a stop
    SimTime expires;  // good till then: at that time it no longer rests or waits; 0 = no end
};
static_assert(std::is_trivially_copyable_v<Command> && sizeof(Command) <= 64);

// An order that trades at once, at `worst` or better (0 = at any price), and does not rest.
[[nodiscard]] constexpr Command ioc_order(
    AccountId account, InstrumentId i, Side side, Lots qty, Ticks worst, Cause cause) {
    Command c;
    c.type = worst.raw() > 0 ? OrderType::limit : OrderType::market;
    c.tif = TimeInForce::ioc;
    c.side = side;
    c.cause = cause;
    c.instrument = i;
    c.account = account;
    c.price = worst;
    c.qty = qty;
    return c;
}

// Why a command did not do what was asked: a normal outcome, counted and recorded. In the order in
// which the checks are made, but for those of timed and stop orders, which come first. Never
// renumber, only append.
enum class Reject : std::uint8_t {
    none,
    unknown_instrument,
    venue_halted,
    price_out_of_range,  // < 1 tick or above the instrument's maximum
    qty_out_of_range,    // <= 0 or above the instrument's maximum
    unknown_order,       // cancel or amend of an order that is gone, or of somebody else's
    insufficient_margin,
    nothing_to_reduce,  // reduce-only without an opposite position
    post_only_would_take,
    fok_not_fillable,
    account_in_liquidation,
    expired,             // good till a time that has come
    already_triggered,   // a stop whose trigger price is reached as it arrives
    price_outside_band,  // of a venue that bounds the prices of orders; checked first
};

// One match. The resting order is the maker.
struct Fill {
    InstrumentId instrument;
    OrderId maker_order;
    OrderId taker_order;
    AccountId maker;
    AccountId taker;
    Side taker_side = Side::buy;
    Cause maker_cause = Cause::test;
    Cause taker_cause = Cause::test;
    Ticks price;
    Lots qty;
    Lots maker_left;  // what the resting order still has after this fill; 0 = gone
};

}  // namespace margincall::inline market
