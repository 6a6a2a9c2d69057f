// The order path: what an order reserves, what its end releases, that it is refused exactly when
// the free margin does not cover it, that nobody touches the orders of others; and the orders that
// only a venue has, as stories.
#include "clearing/order_gateway.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "book/story.hpp"
#include "clearing/venue_book.hpp"
#include "sim/small_market.hpp"

namespace margincall {
namespace {

using test::dollars;
using test::SmallMarket;

const InstrumentId first = InstrumentId::from_raw(0);

// A closing order that was on its way arrives, whatever becomes of it: the row may send another.
TEST(OrderGateway, ARowsClosingOrderIsNoLongerOnItsWayWhenItIsRefused) {
    SmallMarket market{VenueRules{}};
    AccountSeed seed;
    seed.instrument = first;
    seed.qty = Lots::from_raw(10);
    seed.entry = Ticks::from_raw(10'000);
    seed.margin = dollars(50);
    const AccountId a = market.house().open_row(seed, ClearingHouse::WithPosition::yes);
    market.house().row(a).pending_close = 1;
    market.house().begin_liquidation(a);
    Command close;
    close.type = OrderType::market;
    close.tif = TimeInForce::ioc;
    close.reduce_only = ReduceOnly::yes;
    close.side = Side::sell;
    close.instrument = first;
    close.account = a;
    close.qty = Lots::from_raw(10);
    EXPECT_EQ(market.gateway().execute(close).reject, Reject::account_in_liquidation);
    EXPECT_EQ(market.house().row(a).pending_close, 0);
}

TEST(OrderGateway, ReservesTheInitialMarginOfWhatRests) {
    SmallMarket market{VenueRules{}};
    const AccountId a = market.open(1'000, 1'000);  // 10 x
    const AccountId b = market.open(1'000, 1'000);
    const AddResult bid = market.add(a, 0, Side::buy, 9'000, 100);  // 900 USD
    EXPECT_EQ(market.house().cross(a).reserved, dollars(90).raw());
    EXPECT_EQ(market.gateway().reserved(first, bid.order), dollars(90));
    // Sold into by b: 40 lots trade, 60 rest.
    EXPECT_EQ(market.add(b, 0, Side::sell, 9'000, 40).filled.raw(), 40);
    EXPECT_EQ(market.house().cross(a).reserved, dollars(54).raw());
    EXPECT_EQ(market.house().cross(b).reserved, 0);
    EXPECT_EQ(market.house().position(a, first).raw(), 40);
    market.check();
    Command cancel;
    cancel.kind = CommandKind::cancel;
    cancel.instrument = first;
    cancel.account = a;
    cancel.order = bid.order;
    EXPECT_EQ(market.gateway().execute(cancel).reject, Reject::none);
    EXPECT_EQ(market.house().cross(a).reserved, 0);
    EXPECT_EQ(market.gateway().execute(cancel).reject, Reject::unknown_order);
    market.check();
}

TEST(OrderGateway, RefusesWhatTheFreeMarginDoesNotCover) {
    SmallMarket market{VenueRules{}};
    const AccountId a = market.open(1'000, 100);
    EXPECT_EQ(market.add(a, 0, Side::buy, 10'000, 101).reject, Reject::insufficient_margin);
    EXPECT_EQ(market.add(a, 0, Side::buy, 10'000, 60).reject, Reject::none);
    EXPECT_EQ(market.add(a, 1, Side::sell, 10'000, 41).reject, Reject::insufficient_margin);
    EXPECT_EQ(market.add(a, 1, Side::sell, 10'000, 40).reject, Reject::none);
    EXPECT_EQ(market.house().cross(a).reserved, dollars(100).raw());
    // A sell far below the best bid would trade at the bid: it is valued there.
    const AccountId rich = market.open(1'000, 100'000);
    EXPECT_EQ(market.add(rich, 2, Side::buy, 10'000, 1'000).reject, Reject::none);
    const AccountId poor = market.open(1'000, 100);
    EXPECT_EQ(market.add(poor, 2, Side::sell, 1, 101).reject, Reject::insufficient_margin);
    EXPECT_EQ(market.add(poor, 2, Side::sell, 1, 100).filled.raw(), 100);
    market.check();
}

using VenueStory = Story<test::VenueBook>;

// Together never larger than the position: the least aggressive goes first, of equal ones the
// latest.
TEST(OrderGateway, ReduceOnlyOrdersRestAndShrinkWithThePosition) {
    VenueStory{}.tell(R"(
        bob   buy  50 @ 10000
        alice sell 50 @ 10000                -> fill bob alice 50 @ 10000
        bob   buy   5 @  9000 reduce         -> reject nothing_to_reduce
        carol sell  5 @ 10100 reduce         -> reject nothing_to_reduce
        bob   sell 30 @ 10010 reduce as r1
        bob   sell 80 @ 10020 reduce as r2   -> drop 30; cut r2 20
        bob   reserves                       -> 0
        bob   sell 20 @ 10005 reduce as r3   -> cancel r2
        bob   sell 10 @ 10010 reduce as r4   -> cancel r4
        carol buy  15 @ 10005                -> fill bob carol 15 @ 10005
        carol buy  10 @  9990
        bob   sell 10 @  9990                -> fill carol bob 10 @ 9990; cut r1 20
        bob   amend r1 40 @ 10010            -> drop 15; cut r1 20
        bob   holds                          -> 25
        book | bid | price | ask |
             |     | 10010 |  20 |
             |     | 10005 |   5 |
        bob   amend r3 5 @ 10012             ->
        carol buy  10 @  9990
        bob   sell  3 @  9990                -> fill carol bob 3 @ 9990; cut r3 2
        alice buy   2 @ 10010 reduce         -> fill bob alice 2 @ 10010
        alice buy  60 @  9995 reduce as a1   -> drop 12
        bob   sell 20 @  9995 ioc reduce     -> fill alice bob 20 @ 9995; cancel r3; cancel r1
        alice holds                          -> -28
        bob   holds                          -> 0
        book | bid | price | ask |
             |  28 |  9995 |     |
             |   7 |  9990 |     |
        alice cancel a1
        alice cancel a1                      -> reject unknown_order
    )");
}

TEST(OrderGateway, AnAccountHasTheInstrumentsOfItsVenueAndARowItsOwn) {
    ClearingConfig config = test::small_venue(VenueRules{});
    config.venues.push_back(config.venues.front());
    config.instruments[1].venue = VenueId::from_raw(1);
    ClearingHouse house{config, 0};
    std::vector<OrderBook> books;
    for (std::uint32_t k = 0; k < 3; ++k) {
        books.emplace_back(BookConfig{.instrument = InstrumentId::from_raw(k),
                                      .price_max = config.instruments[k].price_max,
                                      .qty_max = config.instruments[k].qty_max,
                                      .price_hint = Ticks::from_raw(10'000)});
    }
    OrderGateway gateway{house, books};
    AccountSeed seed;
    seed.instrument = first;
    seed.margin = dollars(50);
    seed.qty = Lots::from_raw(1);
    const AccountId row = house.open_row(seed, ClearingHouse::WithPosition::no);
    const AccountId agent = house.open_agent(VenueId::from_raw(0));
    const auto send = [&](AccountId account, std::uint32_t instrument) {
        Command c;
        c.instrument = InstrumentId::from_raw(instrument);
        c.account = account;
        c.price = Ticks::from_raw(10);
        c.qty = Lots::from_raw(1);
        return gateway.execute(c).reject;
    };
    EXPECT_EQ(send(agent, 0), Reject::none);
    EXPECT_EQ(send(agent, 1), Reject::unknown_instrument);
    EXPECT_EQ(send(agent, 2), Reject::none);
    EXPECT_EQ(send(agent, 3), Reject::unknown_instrument) << "no such book";
    EXPECT_EQ(send(row, 2), Reject::unknown_instrument);
    EXPECT_EQ(send(row, 0), Reject::insufficient_margin) << "nobody sells";
}

// Coins are no position.
TEST(OrderGateway, ReduceOnlyIsForPerpetuals) {
    SmallMarket market{VenueRules{}};
    const AccountId a = market.open(1'000, 1'000);
    market.house().deposit_coins(
        a, AssetId::from_raw(0), Amount::from_raw(test::coin_units), Reason::deposit);
    Command c;
    c.instrument = InstrumentId::from_raw(3);
    c.account = a;
    c.reduce_only = ReduceOnly::yes;
    c.side = Side::sell;
    c.price = Ticks::from_raw(10'000);
    c.qty = Lots::from_raw(10);
    EXPECT_EQ(market.gateway().execute(c).reject, Reject::nothing_to_reduce);
}

// What one taker meets on its way counts, too: the plain order has closed the position by the time
// that the reduce-only order comes.
TEST(OrderGateway, AReduceOnlyOrderNeverTurnsThePositionWithinOneSweep) {
    VenueStory{}.tell(R"(
        bob   buy  10 @ 10000
        alice sell 10 @ 10000                -> fill bob alice 10 @ 10000
        bob   sell  4 @ 10010
        bob   sell 10 @ 10020 reduce as r
        alice buy  11 @ 10020 fok            -> reject fok_not_fillable
        alice buy  15 @ 10020                -> fill bob alice 4 @ 10010; fill bob alice 6 @ 10020; cancel r
        bob   holds                          -> 0
        alice cancel all                     -> cancel (unnamed)
        bob   buy  10 @ 10000
        alice sell 10 @ 10000                -> fill bob alice 10 @ 10000
        bob   sell 10 @ 10010
        bob   sell 10 @ 10020 reduce as r
        alice buy  10 @ 10020 fok            -> fill bob alice 10 @ 10010; cancel r
        bob   holds                          -> 0
        book | bid | price | ask |
    )");
}

TEST(OrderGateway, StopsBecomeOrdersWhenTheirPriceComes) {
    VenueStory{}.tell(R"(
        maker buy  90 @  9900
        maker sell 90 @ 10100
        mark 10000
        alice buy  10 market                                   -> fill maker alice 10 @ 10100
        alice sell 10 market stop mark 9950 falls reduce as s1
        alice sell  5 @ 9890 stop mark 9950 falls as s2
        alice sell  1 market stop mark 9960 falls as s3
        alice buy   1 market stop mark 10050 rises as s4
        alice sell  1 market stop mark 9950 falls as s5
        alice buy   1 market stop mark 10000 falls             -> reject already_triggered
        alice buy   1 market stop mark 10000 rises             -> reject already_triggered
        alice buy   1 market stop last 10100 rises             -> reject already_triggered
        alice buy   1 market stop mark 0 falls                 -> reject price_out_of_range
        alice buy   1 market stop mark 100001 rises            -> reject price_out_of_range
        alice buy   1 @ 0 stop mark 10050 rises                -> reject price_out_of_range
        alice buy   0 @ 1 stop mark 10050 rises                -> reject qty_out_of_range
        alice reserves                                         -> 0
        maker cancel s1                                        -> reject unknown_order
        alice cancel s5
        alice cancel s5                                        -> reject unknown_order
        alice amend s1 3 @ 9900                                -> reject unknown_order
        mark 9961
        index 9000
        mark 9950  -> stop s3; fill maker alice 1 @ 9900; stop s1; fill maker alice 9 @ 9900; drop 1; stop s2; fill maker alice 5 @ 9900
        mark 9900
        alice cancel s1                                        -> reject unknown_order
        alice holds                                            -> -5
        mark 10050 -> stop s4; fill maker alice 1 @ 10100
    )");
}

// By the last price, stops set each other off; a sweep has touched every price between its first
// and its last.
TEST(OrderGateway, StopsByTheLastPriceSetEachOtherOff) {
    VenueStory{}.tell(R"(
        maker buy  5 @ 9900
        maker buy  5 @ 9800
        maker buy  5 @ 9700
        alice sell 5 market stop last 9900 falls as s1
        alice sell 5 market stop last 9800 falls as s2
        alice sell 5 market stop last 9699 falls as s3
        carol sell 5 @ 9900    -> fill maker carol 5 @ 9900; stop s1; fill maker alice 5 @ 9800; stop s2; fill maker alice 5 @ 9700
        maker sell 1 @ 9600
        maker sell 1 @ 9850
        carol buy  2 market    -> fill maker carol 1 @ 9600; fill maker carol 1 @ 9850; stop s3; reject insufficient_margin
    )");
}

// Both kinds can be due at once when the price was not known before.
TEST(OrderGateway, FallingStopsAreDueBeforeRisingOnesAndEachSideInItsOrder) {
    StopOrders stops;
    const auto add = [&](std::uint64_t id, TriggerWhen when, std::int64_t trigger) {
        Command stop;
        stop.instrument = first;
        stop.order = OrderId::from_raw(id);
        stop.trigger_on = TriggerOn::index;
        stop.trigger_when = when;
        stop.trigger = Ticks::from_raw(trigger);
        EXPECT_FALSE(stops.is_reached(stop));
        stops.add(stop);
    };
    add(9, TriggerWhen::rising, 90);
    add(8, TriggerWhen::rising, 80);
    add(7, TriggerWhen::falling, 110);
    add(6, TriggerWhen::falling, 120);
    add(5, TriggerWhen::falling, 120);
    add(4, TriggerWhen::falling, 120);
    add(3, TriggerWhen::rising, 101);
    add(2, TriggerWhen::falling, 99);
    stops.set_price(first, TriggerOn::mark, Ticks::from_raw(100));
    stops.set_price(first, TriggerOn::index, Ticks{});  // not known yet
    EXPECT_FALSE(stops.any_due());
    stops.set_price(first, TriggerOn::index, Ticks::from_raw(100));
    (void)stops.remove(first, OrderId::from_raw(5));  // due, but not an order yet
    std::vector<std::uint64_t> order;
    while (const std::optional<Command> due = stops.next_due()) {
        order.push_back(due->order.raw());
    }
    EXPECT_EQ(order, (std::vector<std::uint64_t>{6, 4, 7, 8, 9}));
    EXPECT_FALSE(stops.empty()) << "two wait on";
}

TEST(OrderGateway, OrdersOfOneTimeGoInTheOrderOfTheirArrival) {
    SmallMarket market{VenueRules{}};
    Command c;
    c.instrument = first;
    c.account = market.open(1'000, 1'000);
    c.price = Ticks::from_raw(9'000);
    c.qty = Lots::from_raw(1);
    c.expires = SimTime::from_ns(5);
    const OrderId low = market.books()[0].reserve();
    const OrderId high = market.books()[0].reserve();
    for (const OrderId order : {high, low}) {
        c.order = order;
        EXPECT_EQ(market.gateway().execute(c).reject, Reject::none);
    }
    market.gateway().advance(SimTime::from_ns(5));
    ASSERT_EQ(market.gateway().changes().size(), 2U);
    EXPECT_EQ(market.gateway().changes()[0].id, high);
    EXPECT_EQ(market.gateway().changes()[1].id, low);
}

TEST(OrderGateway, MarginAndPositionOfAStopAreCheckedOnActivation) {
    VenueStory{}.tell(R"(
        maker buy   90 @  9900
        alice sell 1020 @ 9900 stop index 9950 falls as s1
        alice sell  10 market stop index 9950 falls reduce as s2
        alice sell  10 market stop index 9950 falls as s3
        bob   sell  10 market stop index 9950 falls as s4
        bob   sell  10 market stop index 9950 falls as s5
        alice cancel s3
        bob   cancel all
        index 9950             -> stop s1; reject insufficient_margin; stop s2; reject nothing_to_reduce
        bob   cancel s4        -> reject unknown_order
    )");
}

TEST(OrderGateway, OrdersGoodTillATimeAreGoneThen) {
    VenueStory{}.tell(R"(
        alice buy  5 @ 9990 until 12 as a
        alice buy  5 @ 9990 until 10 as b
        bob   buy  5 @ 9980 until 10 as c
        bob   buy  5 @ 9970 until 10 as d
        bob   sell 5 market stop mark 9900 falls until 10 as s
        bob   cancel d
        time 9
        alice reserves         -> 9
        time 10                -> cancel b; cancel c; cancel s
        alice reserves         -> 4
        alice buy  5 @ 9990 until 10    -> reject expired
        carol sell 9 @ 9980    -> fill alice carol 5 @ 9990
        mark 9900
        time 12
        book | bid | price | ask |
             |     |  9980 |   4 |
    )");
}

// What is asked of the margin is what would remain.
TEST(OrderGateway, AmendByTotalSizeReservesWhatRemains) {
    VenueStory{SelfTradePrevention::cancel_maker, 100'000, AmendMeasure::total}.tell(R"(
        alice buy  100 @ 10000 as a
        bob   sell  40 @ 10000        -> fill alice bob 40 @ 10000
        alice amend a 90 @ 10000
        alice reserves                -> 50
        alice amend a 1000 @ 10000    -> reject insufficient_margin
        alice amend a 999 @ 10000
        alice reserves                -> 959
        alice amend a 40 @ 10000
        alice reserves                -> 0
        alice sell 50 @ 10010 reduce as r   -> drop 10
        bob   buy  10 @ 10010         -> fill alice bob 10 @ 10010
        alice amend r 41 @ 10020      -> drop 1
        book | bid | price | ask |
             |     | 10020 |  30 |
    )");
}

TEST(OrderGateway, TheOrdersOfOthersAreUnknown) {
    VenueStory{}.tell(R"(
        alice buy  50 @ 10000 as a
        bob   amend a 3000 @ 10000    -> reject unknown_order
        bob   amend a 0 @ 0           -> reject unknown_order
        bob   cancel a                -> reject unknown_order
        alice reserves                -> 50
        book | bid | price | ask |
             |  50 | 10000 |     |
        alice cancel a
    )");
    // Nor does it matter what kind of account sends or owns, or that an order calls itself forced.
    SmallMarket market{VenueRules{}};
    const VenueId venue = VenueId::from_raw(0);
    const std::vector<AccountId> accounts = {
        market.open(1'000, 1'000), market.house().open_agent(venue), market.house().fund(venue)};
    for (const AccountId owner : accounts) {
        const OrderId order = market.add(owner, 0, Side::buy, 9'000, 10).order;
        for (const AccountId stranger : accounts) {
            for (const CommandKind kind : {CommandKind::cancel, CommandKind::amend}) {
                Command c;
                c.kind = kind;
                c.cause = Cause::liquidation;
                c.instrument = first;
                c.account = stranger;
                c.order = order;
                c.price = Ticks::from_raw(9'000);
                c.qty = Lots::from_raw(9);
                if (stranger != owner) {
                    EXPECT_EQ(market.gateway().execute(c).reject, Reject::unknown_order);
                }
            }
        }
        EXPECT_EQ(market.books()[0].level_qty(Ticks::from_raw(9'000)).raw(), 10);
        Command own;
        own.kind = CommandKind::cancel;
        own.instrument = first;
        own.account = owner;
        own.order = order;
        EXPECT_EQ(market.gateway().execute(own).reject, Reject::none);
    }
    // A handle is its owner's before its order arrives.
    Command c;
    c.instrument = first;
    c.account = accounts[0];
    c.price = Ticks::from_raw(9'000);
    c.qty = Lots::from_raw(1'000'000);  // no margin for that: refused, and the handle stays
    c.order = market.books()[0].reserve(accounts[1]);
    Command small = c;
    small.qty = Lots::from_raw(1);
    EXPECT_EQ(market.gateway().execute(c).reject, Reject::insufficient_margin);
    EXPECT_EQ(market.gateway().execute(small).reject, Reject::unknown_order);
    Command stop = small;
    stop.trigger_on = TriggerOn::mark;
    stop.trigger = Ticks::from_raw(20'000);
    EXPECT_EQ(market.gateway().execute(stop).reject, Reject::unknown_order);
    small.account = accounts[1];
    EXPECT_EQ(market.gateway().execute(small).reject, Reject::none);
    market.check();
}

// An order of an account that is not in liquidation is not a forced one, whatever it says.
TEST(OrderGateway, NobodyIsForcedByTheirOwnWord) {
    VenueRules rules;
    rules.taker_fee_ppm = 1'000;
    SmallMarket market{rules};
    const AccountId a = market.open(1'000, 100);
    (void)market.add(market.open(1'000, 10'000), 0, Side::buy, 10'000, 500);
    Command c;
    c.instrument = first;
    c.account = a;
    c.side = Side::sell;
    c.cause = Cause::liquidation;
    c.price = Ticks::from_raw(10'000);
    c.qty = Lots::from_raw(101);
    Command more = c;
    EXPECT_EQ(market.gateway().execute(more).reject, Reject::insufficient_margin);
    c.qty = Lots::from_raw(50);
    EXPECT_EQ(market.gateway().execute(c).filled.raw(), 50);
    EXPECT_EQ(market.house().cash(a), dollars(99.5));
}

// An amended order that would trade at the bid is valued there, as a new one is.
TEST(OrderGateway, AnAmendAcrossTheBookIsValuedAtWhatItTradesAt) {
    SmallMarket market{VenueRules{}};
    const AccountId poor = market.open(1'000, 100);
    (void)market.add(market.open(1'000, 10'000), 0, Side::buy, 10'000, 500);
    Command c;
    c.kind = CommandKind::amend;
    c.instrument = first;
    c.account = poor;
    c.order = market.add(poor, 0, Side::sell, 10'500, 50).order;
    c.price = Ticks::from_raw(1);
    c.qty = Lots::from_raw(101);
    EXPECT_EQ(market.gateway().execute(c).reject, Reject::insufficient_margin);
    c.qty = Lots::from_raw(100);
    EXPECT_EQ(market.gateway().execute(c).filled.raw(), 100);
    market.check();
}

// A size whose worth no integer holds is refused before anybody multiplies.
TEST(OrderGateway, RefusesASizeThatCannotBeCounted) {
    ClearingConfig config = test::small_venue(VenueRules{});
    config.instruments[0].qty_max = Lots::from_raw(INT64_MAX / 4);
    ClearingHouse house{config, 0};
    std::vector<OrderBook> books;
    books.emplace_back(BookConfig{.instrument = first,
                                  .price_max = config.instruments[0].price_max,
                                  .qty_max = config.instruments[0].qty_max,
                                  .price_hint = Ticks::from_raw(10'000)});
    OrderGateway gateway{house, books};
    house.set_mark(first, Ticks::from_raw(10'000));
    Command c;
    c.instrument = first;
    c.account = house.open_cross(VenueId::from_raw(0), 1'000, 1, {});
    c.price = Ticks::from_raw(10'000);
    c.qty = Lots::from_raw(INT64_MAX / 100'000'000 + 1);  // price_max x tick_value
    Command countable = c;
    countable.qty -= Lots::from_raw(1);
    EXPECT_EQ(gateway.execute(c).reject, Reject::qty_out_of_range);
    EXPECT_EQ(gateway.execute(countable).reject, Reject::insufficient_margin);
    // Amends, of agents too.
    c.account = house.open_agent(VenueId::from_raw(0));
    c.qty = Lots::from_raw(1);
    c.order = gateway.execute(c).order;
    c.kind = CommandKind::amend;
    c.qty = countable.qty + Lots::from_raw(1);
    EXPECT_EQ(gateway.execute(c).reject, Reject::qty_out_of_range);
}

// Moved without a fill, as a takeover or a deleveraging does.
TEST(OrderGateway, ReduceOnlyOrdersFollowAPositionThatIsMoved) {
    SmallMarket market{VenueRules{}};
    const AccountId a = market.open(1'000, 1'000);
    const AccountId b = market.open(1'000, 1'000);
    (void)market.add(a, 0, Side::buy, 10'000, 50);
    (void)market.add(b, 0, Side::sell, 10'000, 50);
    Command c;
    c.instrument = first;
    c.account = a;
    c.reduce_only = ReduceOnly::yes;
    c.side = Side::sell;
    c.price = Ticks::from_raw(10'010);
    c.qty = Lots::from_raw(50);
    c.order = market.gateway().execute(c).order;
    const auto move = [&](std::int64_t lots) {
        market.house().transfer(
            a, b, first, Side::buy, Lots::from_raw(lots), Ticks::from_raw(10'000), Reason::adl);
    };
    move(20);
    market.gateway().position_moved(a, first);
    ASSERT_EQ(market.gateway().changes().size(), 1U);
    EXPECT_EQ(market.gateway().changes()[0].order.left.raw(), 30);
    market.check();
    // Even if nobody had told, a taker would not get more of it than there is.
    move(20);
    EXPECT_EQ(market.add(b, 0, Side::buy, 10'010, 25).filled.raw(), 10);
    EXPECT_EQ(market.house().position(a, first).raw(), 0);
    market.check();
}

TEST(OrderGateway, TheVenueCancelsReduceOnlyOrdersOfAnAccountThatItTakesOver) {
    SmallMarket market{VenueRules{}};
    const AccountId a = market.open(1'000, 1'000);
    const AccountId b = market.open(1'000, 100'000);
    for (std::uint32_t book = 0; book < 2; ++book) {
        (void)market.add(a, book, Side::buy, 10'000, 400);
        (void)market.add(b, book, Side::sell, 10'000, 400);
        Command c;
        c.instrument = InstrumentId::from_raw(book);
        c.account = a;
        c.reduce_only = ReduceOnly::yes;
        c.side = Side::sell;
        c.price = Ticks::from_raw(11'000);
        c.qty = Lots::from_raw(400);
        EXPECT_EQ(market.gateway().execute(c).resting.raw(), 400);
    }
    market.set_mark(0, 7'400);
    market.find_due();
    EXPECT_EQ(market.gateway().changes().size(), 2U);
    EXPECT_EQ(market.books()[0].live_orders() + market.books()[1].live_orders(), 0U);
    // Nor does it take others, or stops, until it is through.
    Command c;
    c.instrument = first;
    c.account = a;
    c.reduce_only = ReduceOnly::yes;
    c.side = Side::sell;
    c.price = Ticks::from_raw(11'000);
    c.qty = Lots::from_raw(1);
    Command stop = c;
    stop.trigger_on = TriggerOn::mark;
    stop.trigger = Ticks::from_raw(11'000);
    EXPECT_EQ(market.gateway().execute(c).reject, Reject::account_in_liquidation);
    EXPECT_EQ(market.gateway().execute(stop).reject, Reject::account_in_liquidation);
    while (market.batch()) {
    }
    market.check();
}

// A row closes by an order that rests; it opens only by one that does not.
TEST(OrderGateway, ARowRestsReduceOnlyOrdersOnly) {
    SmallMarket market{VenueRules{}};
    const AccountId other = market.open(1'000, 10'000);
    AccountSeed seed;
    seed.instrument = first;
    seed.qty = Lots::from_raw(10);
    seed.margin = dollars(50);
    seed.leverage_e2 = 1'000;
    const AccountId row = market.house().open_row(seed, ClearingHouse::WithPosition::no);
    (void)market.add(other, 0, Side::sell, 10'000, 10);
    EXPECT_EQ(market.add(row, 0, Side::buy, 10'000, 15).filled.raw(), 10);
    EXPECT_EQ(market.books()[0].live_orders(), 0U) << "its rest does not rest";
    Command c;
    c.instrument = first;
    c.account = row;
    c.reduce_only = ReduceOnly::yes;
    c.side = Side::sell;
    c.price = Ticks::from_raw(10'100);
    c.qty = Lots::from_raw(15);
    EXPECT_EQ(market.gateway().execute(c).resting.raw(), 10);
    (void)market.add(other, 0, Side::buy, 10'100, 4);
    EXPECT_EQ(market.house().row(row).state, RowState::open);
    (void)market.add(other, 0, Side::buy, 10'100, 6);
    EXPECT_EQ(market.house().row(row).state, RowState::closed);
    EXPECT_EQ(market.house().cash(row), Money{});
    market.check();
}

// Random orders of all kinds, cancels and amends sent by anybody. After each the laws hold:
//  - No account's free margin (equity - initial margin - reserved) falls by the command of another,
//    unless a resting order of the account was filled by it.
//  - The order of somebody else is an unknown one and stays as it is.
//  - A plain order is refused for margin exactly when the free margin is smaller than what it asks.
//  - No fill of a resting reduce-only order makes its owner's position larger or turns it.
//  - Nothing trades at or after its time.
//  - Books, order margin and clearing are whole (every `check_every` commands).
class RandomGateway {
  public:
    RandomGateway(std::uint64_t seed, std::uint64_t check_every)
        : check_every_(check_every),
          rng_{seed, 21, Purpose::test},
          market_{VenueRules{},
                  {.instrument = {},
                   .price_max = {},
                   .qty_max = {},
                   .price_hint = {},
                   .stp = static_cast<SelfTradePrevention>(rng_.below(4)),
                   .amend = static_cast<AmendMeasure>(rng_.below(2))}} {
        for (int n = 0; n < 8; ++n) {
            accounts_.push_back(
                market_.open(500 + static_cast<std::int64_t>(rng_.below(3'000)), 400));
        }
        accounts_.push_back(market_.house().open_agent(VenueId::from_raw(0)));
        market_.gateway().advance(now_);
    }
    void run(std::uint64_t commands) {
        for (std::uint64_t n = 0; n < commands && !::testing::Test::HasFailure(); ++n) {
            send(draw());
            if (rng_.chance(0.1)) {
                time_passes();
            }
            while (const std::optional<Command> order = market_.gateway().next_due()) {
                send(*order);
                ++activated;
            }
            market_.gateway().forget_changes();
            if (n % check_every_ == 0) {
                market_.check();
            }
        }
    }
    std::uint64_t refused = 0, traded = 0, strange = 0, activated = 0, reduced = 0, expired = 0;

  private:
    struct Sent {
        Command command;
        OrderId order;
    };

    AccountId any_account() { return accounts_[rng_.below(accounts_.size())]; }
    std::int64_t free_margin(AccountId a) {
        const Margin margin = market_.house().cross_margin(a);
        return margin.equity.raw() - margin.initial.raw() - market_.house().cross(a).reserved;
    }
    Command draw() {
        Command c;
        c.instrument = InstrumentId::from_raw(static_cast<std::uint32_t>(rng_.below(2)));
        c.account = any_account();
        c.side = rng_.chance(0.5) ? Side::buy : Side::sell;
        c.price = Ticks::from_raw(9'980 + static_cast<std::int64_t>(rng_.below(41)));
        c.qty = Lots::from_raw(1 + static_cast<std::int64_t>(rng_.below(60)));
        if (rng_.chance(0.1)) {
            c.qty = Lots::from_raw(20 * c.qty.raw());
        }
        const double kind = rng_.uniform();
        if (kind < 0.3 && !sent_.empty()) {
            const Sent& old =
                sent_[sent_.size() - 1 - rng_.below(std::min<std::size_t>(sent_.size(), 60))];
            c.instrument = old.command.instrument;
            c.order = old.order;
            c.kind = kind < 0.15 ? CommandKind::cancel : CommandKind::amend;
            if (rng_.chance(0.6)) {
                c.account = old.command.account;
            }
            if (rng_.chance(0.05)) {
                c.price = Ticks{};
                c.qty = Lots{};
            }
        } else if (kind < 0.32) {
            c.kind = CommandKind::cancel_all;
        } else if (kind < 0.5) {
            c.reduce_only = ReduceOnly::yes;
            const std::int64_t held = market_.house().position(c.account, c.instrument).raw();
            c.side = held > 0 ? Side::sell : Side::buy;
        } else if (kind < 0.6) {
            c.tif = kind < 0.55 ? TimeInForce::ioc : TimeInForce::fok;
        } else if (kind < 0.65) {
            c.type = OrderType::market;
            c.price = Ticks{};
        } else if (kind < 0.7) {
            c.post_only = PostOnly::yes;
        }
        if (c.kind == CommandKind::add) {
            if (rng_.chance(0.15)) {
                c.trigger_on = static_cast<TriggerOn>(1 + rng_.below(3));
                c.trigger_when = static_cast<TriggerWhen>(rng_.below(2));
                c.trigger = Ticks::from_raw(9'980 + static_cast<std::int64_t>(rng_.below(41)));
            }
            if (rng_.chance(0.15)) {
                c.expires = now_ + nanoseconds(static_cast<std::int64_t>(rng_.below(40)));
            }
            if (rng_.chance(0.1)) {
                c.order = market_.books()[c.instrument.raw()].reserve(
                    rng_.chance(0.5) ? c.account : any_account());
            }
        }
        c.cause = rng_.chance(0.05) ? Cause::liquidation : Cause::test;
        return c;
    }

    void send(Command c) {
        const OrderBook& book = market_.books()[c.instrument.raw()];
        RestingOrder before;
        const bool names = c.kind == CommandKind::cancel || c.kind == CommandKind::amend;
        const bool is_strange = names && book.find(c.order, before) && before.account != c.account;
        const bool cross = market_.house().is_cross(c.account);
        const bool plain = c.kind == CommandKind::add && c.reduce_only == ReduceOnly::no &&
                           c.type == OrderType::limit && c.trigger_on == TriggerOn::nothing &&
                           (c.expires.ns() == 0 || c.expires > now_) && cross &&
                           market_.house().cross(c.account).state == CrossState::open;
        const Ticks valued = c.side == Side::sell ? std::max(book.best_bid(), c.price) : c.price;
        std::vector<std::int64_t> free;
        std::map<AccountId, std::int64_t> held;
        for (const AccountId a : accounts_) {
            free.push_back(market_.house().is_cross(a) ? free_margin(a) : 0);
            held[a] = market_.house().position(a, c.instrument).raw();
        }
        const std::int64_t own_free = cross ? free_margin(c.account) : 0;
        const Command asked = c;

        const AddResult result = market_.gateway().execute(c);

        std::set<AccountId> filled;
        for (const Fill& fill : market_.gateway().fills()) {
            const std::int64_t bought = sign(fill.taker_side) * fill.qty.raw();
            const std::int64_t was = held[fill.maker];
            held[fill.taker] += bought;
            held[fill.maker] -= bought;
            filled.insert(fill.maker);
            const auto maker = known_.find({c.instrument, fill.maker_order});
            if (maker != known_.end() && fill.maker != fill.taker) {
                const std::int64_t is = held[fill.maker];
                if (maker->second.reduce_only == ReduceOnly::yes) {
                    EXPECT_LT(std::abs(is), std::abs(was));
                    EXPECT_GE(i128{is} * was, 0);
                    ++reduced;
                }
                const SimTime until = maker->second.expires;
                EXPECT_TRUE(until.ns() == 0 || until > now_);
            }
        }
        for (std::size_t k = 0; k < accounts_.size(); ++k) {
            const AccountId a = accounts_[k];
            if (market_.house().is_cross(a) && a != c.account && !filled.contains(a)) {
                EXPECT_GE(free_margin(a), free[k]);
            }
        }
        if (is_strange) {
            RestingOrder after;
            EXPECT_EQ(result.reject, Reject::unknown_order);
            EXPECT_TRUE(book.find(c.order, after) && after == before);
            ++strange;
        }
        if (plain) {
            const std::int64_t needed =
                initial_margin(
                    notional(market_.house().instrument(c.instrument), valued, asked.qty),
                    market_.house().cross(c.account).leverage_e2)
                    .raw();
            EXPECT_EQ(result.reject == Reject::insufficient_margin, own_free < needed);
        }
        refused += result.reject == Reject::insufficient_margin ? 1U : 0U;
        expired += result.reject == Reject::expired ? 1U : 0U;
        traded += market_.gateway().fills().size();
        if (c.kind == CommandKind::add && result.reject == Reject::none) {
            const bool waits = asked.trigger_on != TriggerOn::nothing;
            if (result.resting.raw() > 0 || waits) {
                known_[{c.instrument, result.order}] = c;
                sent_.push_back({asked, result.order});
                if (sent_.size() > 400) {
                    sent_.erase(sent_.begin(), sent_.begin() + 200);
                }
            }
        }
    }
    void time_passes() {
        now_ = now_ + nanoseconds(static_cast<std::int64_t>(rng_.below(10)));
        market_.gateway().advance(now_);
        const bool storm = rng_.chance(0.02);
        const std::int64_t price = storm ? 9'000 + static_cast<std::int64_t>(rng_.below(2'001))
                                         : 9'990 + static_cast<std::int64_t>(rng_.below(21));
        market_.set_mark(0, price);
        market_.gateway().set_price(first, TriggerOn::index, Ticks::from_raw(price));
        market_.find_due();
        while (market_.batch()) {
        }
        for (const AccountId a : accounts_) {
            if (market_.house().cash(a) < dollars(50)) {
                market_.house().deposit(a, dollars(400), Reason::deposit);
            }
        }
        if (storm) {
            market_.set_mark(0, 10'000);
        }
    }

    std::uint64_t check_every_;
    Rng rng_;
    SmallMarket market_;
    std::vector<AccountId> accounts_;
    std::vector<Sent> sent_;
    std::map<std::pair<InstrumentId, OrderId>, Command> known_;  // as it came to rest
    SimTime now_ = SimTime::from_ns(1);
};

TEST(OrderGateway, LawsHoldAfterEveryRandomCommand) {
    std::uint64_t refused = 0, traded = 0, strange = 0, activated = 0, reduced = 0, expired = 0;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RandomGateway gateway{seed, 1};
        gateway.run(1'500);
        refused += gateway.refused;
        traded += gateway.traded;
        strange += gateway.strange;
        activated += gateway.activated;
        reduced += gateway.reduced;
        expired += gateway.expired;
    }
    EXPECT_GT(refused, 300U);
    EXPECT_GT(traded, 1'000U);
    EXPECT_GT(strange, 200U);
    EXPECT_GT(activated, 200U);
    EXPECT_GT(reduced, 100U);
    EXPECT_GT(expired, 10U);
}

// MC_GATEWAY_COMMANDS: how many in all, in runs of 20,000.
TEST(SlowOrderGateway, LawsHoldAfterEveryRandomCommand) {
    constexpr std::uint64_t a_run = 20'000;
    const char* const asked = std::getenv("MC_GATEWAY_COMMANDS");
    const std::uint64_t commands = asked == nullptr ? 400'000 : std::stoull(asked);
    std::uint64_t strange = 0;
    for (std::uint64_t seed = 100; (seed - 100) * a_run < commands; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RandomGateway gateway{seed, 257};
        gateway.run(a_run);
        strange += gateway.strange;
        ASSERT_FALSE(HasFailure());
    }
    RecordProperty("strange", std::to_string(strange));
    EXPECT_GT(strange, commands / 100);
}

}  // namespace
}  // namespace margincall
