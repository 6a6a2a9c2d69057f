// What each kind of order does, told as stories to both books: the fast one and its plain twin.
#include "book/order_book.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "book/map_book.hpp"
#include "book/story.hpp"

namespace margincall {
namespace {

template <class Book>
class BookStory : public ::testing::Test {};
using Books = ::testing::Types<OrderBook, MapBook>;
TYPED_TEST_SUITE(BookStory, Books);

// The worked example of docs/order-book.md.
TYPED_TEST(BookStory, WorkedExample) {
    Story<TypeParam>{}.tell(R"(
        alice sell 7 @ 1600 as a1
        carol sell 4 @ 1600 as c1
        carol sell 3 @ 1602
        dave  buy  5 @ 1598
        book | bid | price | ask |
             |     |  1602 |   3 |
             |     |  1600 |  11 |
             |   5 |  1598 |     |
        bob   buy  2 @ 1700 ioc     -> fill alice bob 2 @ 1600
        alice amend a1 3 @ 1600
        bob   buy  6 @ 1601         -> fill alice bob 3 @ 1600; fill carol bob 3 @ 1600
        bob   buy  5 @ 1601         -> fill carol bob 1 @ 1600
        book | bid | price | ask |
             |     |  1602 |   3 |
             |   4 |  1601 |     |
             |   5 |  1598 |     |
        erin  sell 20 market        -> fill bob erin 4 @ 1601; fill dave erin 5 @ 1598; drop 11
        book | bid | price | ask |
             |     |  1602 |   3 |
    )");
}

TYPED_TEST(BookStory, BetterPriceFirstThenOlderOrderFirst) {
    Story<TypeParam>{}.tell(R"(
        alice buy 1 @ 1599
        bob   buy 2 @ 1600
        carol buy 3 @ 1600
        dave  buy 4 @ 1601
        erin  sell 7 @ 1599   -> fill dave erin 4 @ 1601; fill bob erin 2 @ 1600; fill carol erin 1 @ 1600
        frank sell 9 @ 1598   -> fill carol frank 2 @ 1600; fill alice frank 1 @ 1599
        book | bid | price | ask |
             |     |  1598 |   6 |
    )");
}

TYPED_TEST(BookStory, MarketOrderTakesWhatIsThereAndNeverRests) {
    Story<TypeParam>{}.tell(R"(
        bob   buy  5 market          -> drop 5
        alice sell 3 @ 1600
        alice sell 3 @ 1650
        alice sell 3 @ 1700
        bob   buy  4 market          -> fill alice bob 3 @ 1600; fill alice bob 1 @ 1650
        bob   buy  4 market @ 1660   -> fill alice bob 2 @ 1650; drop 2
        bob   buy  4 market fok      -> reject fok_not_fillable
        bob   buy  3 market fok      -> fill alice bob 3 @ 1700
        book | bid | price | ask |
    )");
}

TYPED_TEST(BookStory, ImmediateOrCancelDropsItsRest) {
    Story<TypeParam>{}.tell(R"(
        alice buy  3 @ 1600
        bob   sell 5 @ 1600 ioc      -> fill alice bob 3 @ 1600; drop 2
        bob   sell 5 @ 1600 ioc      -> drop 5
        book | bid | price | ask |
    )");
}

TYPED_TEST(BookStory, FillOrKillDoesAllOrNothing) {
    Story<TypeParam>{}.tell(R"(
        alice sell 3 @ 1600
        carol sell 3 @ 1601
        bob   buy  7 @ 1601 fok      -> reject fok_not_fillable
        bob   buy  4 @ 1600 fok      -> reject fok_not_fillable
        bob   buy  5 @ 1601 fok      -> fill alice bob 3 @ 1600; fill carol bob 2 @ 1601
        book | bid | price | ask |
             |     |  1601 |   1 |
    )");
}

// Own orders in the way are cancelled, so they are no liquidity for a fill-or-kill order.
TYPED_TEST(BookStory, FillOrKillDoesNotCountOwnOrders) {
    Story<TypeParam>{SelfTradePrevention::cancel_maker}.tell(R"(
        bob   sell 3 @ 1600 as b1
        alice sell 3 @ 1601
        bob   buy  4 @ 1601 fok      -> reject fok_not_fillable
        book | bid | price | ask |
             |     |  1601 |   3 |
             |     |  1600 |   3 |
        bob   buy  3 @ 1601 fok      -> cancel b1; fill alice bob 3 @ 1601
    )");
    Story<TypeParam>{SelfTradePrevention::cancel_taker}.tell(R"(
        alice sell 3 @ 1600
        bob   sell 3 @ 1601
        alice sell 3 @ 1602
        bob   buy  4 @ 1602 fok      -> reject fok_not_fillable
        bob   buy  3 @ 1602 fok      -> fill alice bob 3 @ 1600
    )");
    Story<TypeParam>{SelfTradePrevention::none}.tell(R"(
        bob   sell 3 @ 1600
        alice sell 3 @ 1601
        bob   buy  4 @ 1601 fok      -> fill bob bob 3 @ 1600; fill alice bob 1 @ 1601
    )");
}

TYPED_TEST(BookStory, PostOnlyRestsOrIsRejected) {
    Story<TypeParam>{}.tell(R"(
        alice sell 3 @ 1600 post
        bob   buy  3 @ 1600 post     -> reject post_only_would_take
        bob   buy  3 @ 1599 post as b1
        bob   buy  3 market post     -> reject post_only_would_take
        bob   buy  3 @ 1500 post ioc -> reject post_only_would_take
        bob   amend b1 3 @ 1600      -> reject post_only_would_take
        book | bid | price | ask |
             |     |  1600 |   3 |
             |   3 |  1599 |     |
        bob   amend b1 2 @ 1598
        book | bid | price | ask |
             |     |  1600 |   3 |
             |   2 |  1598 |     |
    )");
}

TYPED_TEST(BookStory, AmendToSmallerKeepsThePlaceElseItIsLost) {
    Story<TypeParam>{}.tell(R"(
        alice sell 5 @ 1600 as a1
        bob   sell 5 @ 1600 as b1
        alice amend a1 4 @ 1600
        carol buy  1 @ 1600          -> fill alice carol 1 @ 1600
        alice amend a1 3 @ 1600
        carol buy  1 @ 1600          -> fill alice carol 1 @ 1600
        alice amend a1 6 @ 1600
        carol buy  1 @ 1600          -> fill bob carol 1 @ 1600
        bob   amend b1 4 @ 1601
        bob   amend b1 4 @ 1600
        carol buy  7 @ 1600          -> fill alice carol 6 @ 1600; fill bob carol 1 @ 1600
    )");
}

TYPED_TEST(BookStory, AmendAcrossTheBookTrades) {
    Story<TypeParam>{}.tell(R"(
        alice sell 3 @ 1600
        bob   buy  5 @ 1590 as b1
        bob   amend b1 5 @ 1600      -> fill alice bob 3 @ 1600
        book | bid | price | ask |
             |   2 |  1600 |     |
        carol sell 9 @ 1700 as c1
        carol amend c1 2 @ 1600      -> fill bob carol 2 @ 1600
        carol cancel c1              -> reject unknown_order
        bob   cancel b1              -> reject unknown_order
        book | bid | price | ask |
    )");
}

TYPED_TEST(BookStory, AmendToNothingCancels) {
    Story<TypeParam>{}.tell(R"(
        alice sell 3 @ 1600 as a1
        alice amend a1 0 @ 0
        alice amend a1 0 @ 1600      -> reject unknown_order
        alice cancel a1              -> reject unknown_order
    )");
}

TYPED_TEST(BookStory, CancelAndMassCancel) {
    Story<TypeParam>{}.tell(R"(
        alice sell 3 @ 1600 as a1
        bob   sell 4 @ 1600 as b1
        alice buy  5 @ 1500 as a2
        alice cancel a1
        alice cancel a1              -> reject unknown_order
        alice cancel all             -> cancel a2
        alice cancel all
        -     sell 2 @ 1601
        -     cancel all
        book | bid | price | ask |
             |     |  1601 |   2 |
             |     |  1600 |   4 |
    )");
}

// Whatever became of an account's earlier orders, a mass cancel finds those that rest now.
TYPED_TEST(BookStory, MassCancelAfterOrdersWentAnotherWay) {
    Story<TypeParam>{}.tell(R"(
        alice sell 3 @ 1600 as a1
        bob   buy  3 @ 1600          -> fill alice bob 3 @ 1600
        alice cancel all
        alice sell 4 @ 1601 as a2
        alice cancel a2
        alice sell 5 @ 1602 as a3
        alice buy  6 @ 1500 as a4
        alice cancel all             -> cancel a3; cancel a4
        alice cancel all
        alice sell 7 @ 1603 as a5
        alice cancel all             -> cancel a5
        book | bid | price | ask |
    )");
}

TYPED_TEST(BookStory, SelfTradePreventionCancelsTheRestingOrder) {
    Story<TypeParam>{SelfTradePrevention::cancel_maker}.tell(R"(
        alice sell 3 @ 1600 as a1
        bob   sell 3 @ 1600
        alice sell 3 @ 1601 as a2
        alice buy  9 @ 1601          -> cancel a1; cancel a2; fill bob alice 3 @ 1600
        book | bid | price | ask |
             |   6 |  1601 |     |
        alice cancel a1              -> reject unknown_order
    )");
}

TYPED_TEST(BookStory, SelfTradePreventionCancelsTheIncomingRest) {
    Story<TypeParam>{SelfTradePrevention::cancel_taker}.tell(R"(
        bob   sell 3 @ 1600
        alice sell 3 @ 1601 as a1
        bob   sell 3 @ 1602
        alice buy  9 @ 1602          -> fill bob alice 3 @ 1600; drop 6
        bob   buy  3 @ 1500 as b1
        bob   amend b1 3 @ 1700      -> fill alice bob 3 @ 1601
        book | bid | price | ask |
             |     |  1602 |   3 |
    )");
}

TYPED_TEST(BookStory, SelfTradePreventionCancelsBoth) {
    Story<TypeParam>{SelfTradePrevention::cancel_both}.tell(R"(
        bob   sell 3 @ 1600
        alice sell 3 @ 1601 as a1
        carol sell 2 @ 1601
        alice buy  4 @ 1602 fok      -> reject fok_not_fillable
        alice buy  9 @ 1602          -> cancel a1; fill bob alice 3 @ 1600; drop 6
        alice buy  3 @ 1500 as a2
        alice sell 3 @ 1700 as a3
        alice amend a3 3 @ 1500      -> cancel a2; drop 3
        book | bid | price | ask |
             |     |  1601 |   2 |
    )");
}

// Where an amend gives the size of the whole order, what has traded counts.
TYPED_TEST(BookStory, AmendByTotalSize) {
    Story<TypeParam>{SelfTradePrevention::cancel_maker, 100'000, AmendMeasure::total}.tell(R"(
        alice sell 9 @ 1600 as a1
        bob   sell 5 @ 1600
        carol buy  4 @ 1600          -> fill alice carol 4 @ 1600
        alice amend a1 8 @ 1600
        book | bid | price | ask |
             |     |  1600 |   9 |
        carol buy  1 @ 1600          -> fill alice carol 1 @ 1600
        alice amend a1 9 @ 1600
        carol buy  1 @ 1600          -> fill bob carol 1 @ 1600
        alice amend a1 7 @ 1601
        book | bid | price | ask |
             |     |  1601 |   2 |
             |     |  1600 |   4 |
        alice amend a1 5 @ 1601
        alice amend a1 9 @ 1601      -> reject unknown_order
        book | bid | price | ask |
             |     |  1600 |   4 |
    )");
}

// All that rests in a book fits into 63 bits, so that a level's total does: orders above 2^30 are
// let in while no more than 2^62 rests.
TYPED_TEST(BookStory, RefusesWhatWouldOverflowALevel) {
    constexpr std::int64_t small = std::int64_t{1} << 30U;
    constexpr std::int64_t half = std::int64_t{1} << 62U;
    TypeParam book{{.instrument = InstrumentId::from_raw(1),
                    .price_max = Ticks::from_raw(10),
                    .qty_max = Lots::from_raw(INT64_MAX),
                    .price_hint = Ticks::from_raw(5)}};
    std::vector<Fill> fills;
    Command command;
    command.price = Ticks::from_raw(5);
    const auto add = [&](std::int64_t qty) {
        command.qty = Lots::from_raw(qty);
        return book.add(command, fills).reject;
    };
    EXPECT_EQ(add(half + 1), Reject::qty_out_of_range);
    EXPECT_EQ(add(half - small - 3), Reject::none);
    EXPECT_EQ(add(small + 4), Reject::qty_out_of_range);
    command.qty = Lots::from_raw(small + 3);
    const AddResult last = book.add(command, fills);
    EXPECT_EQ(last.reject, Reject::none);
    EXPECT_EQ(book.level_qty(command.price).raw(), half);
    const auto amend = [&](std::int64_t qty) {
        return book.amend(last.order, command.price, Lots::from_raw(qty), fills).reject;
    };
    EXPECT_EQ(amend(small + 4), Reject::qty_out_of_range);
    EXPECT_EQ(amend(1), Reject::none);
    EXPECT_EQ(amend(small + 3), Reject::none);
    EXPECT_EQ(add(small), Reject::none);
    EXPECT_EQ(book.level_qty(command.price).raw(), half + small);
    EXPECT_EQ(amend(small + 2), Reject::none) << "smaller";
    EXPECT_EQ(add(small + 1), Reject::qty_out_of_range);
    check_book(book);
}

// A handle reserved for an account is that account's, and nobody's while its order is held.
TYPED_TEST(BookStory, HandlesHaveAnOwner) {
    TypeParam book{{.instrument = InstrumentId::from_raw(1),
                    .price_max = Ticks::from_raw(10),
                    .qty_max = Lots::from_raw(10),
                    .price_hint = Ticks::from_raw(5)}};
    std::vector<Fill> fills;
    const AccountId owner = AccountId::from_raw(3);
    Command command;
    command.price = Ticks::from_raw(5);
    command.qty = Lots::from_raw(7);
    command.order = book.reserve(owner);
    command.account = AccountId::from_raw(4);
    EXPECT_EQ(book.add(command, fills).reject, Reject::unknown_order) << "a stranger";
    command.account = owner;
    book.hold(command.order);
    EXPECT_EQ(book.reserved_orders(), 1U);
    EXPECT_EQ(book.add(command, fills).reject, Reject::unknown_order) << "held";
    book.let_go(command.order);
    EXPECT_EQ(book.add(command, fills).resting, command.qty);
    check_book(book);
}

// Orders without an account never meet themselves.
TYPED_TEST(BookStory, OrdersWithoutAccountTradeWithEachOther) {
    Story<TypeParam>{SelfTradePrevention::cancel_maker}.tell(R"(
        - sell 3 @ 1600
        - buy  3 @ 1600              -> fill - - 3 @ 1600
    )");
}

TYPED_TEST(BookStory, PriceZeroAndBothEndsOfTheRange) {
    Story<TypeParam>{SelfTradePrevention::none, 5'000}.tell(R"(
        alice buy  3 @ 0             -> reject price_out_of_range
        alice sell 3 @ 5001          -> reject price_out_of_range
        alice sell 3 market @ 5001   -> reject price_out_of_range
        alice buy  3 @ 1
        alice sell 4 @ 5000 as a1
        book | bid | price | ask |
             |     |  5000 |   4 |
             |   3 |     1 |     |
        bob   sell 1 market          -> fill alice bob 1 @ 1
        bob   buy  1 market          -> fill alice bob 1 @ 5000
        alice amend a1 3 @ 0         -> reject price_out_of_range
        alice amend a1 3 @ 5001      -> reject price_out_of_range
        bob   buy  9 @ 5000          -> fill alice bob 3 @ 5000
        bob   sell 9 @ 1             -> fill bob bob 6 @ 5000; fill alice bob 2 @ 1
        book | bid | price | ask |
             |     |     1 |   1 |
    )");
}

TYPED_TEST(BookStory, ABookOfOnePrice) {
    Story<TypeParam>{SelfTradePrevention::none, 1}.tell(R"(
        alice buy  3 @ 1
        bob   sell 5 market          -> fill alice bob 3 @ 1; drop 2
        bob   sell 2 @ 1
        alice buy  1 @ 2             -> reject price_out_of_range
        book | bid | price | ask |
             |     |     1 |   2 |
    )");
}

TYPED_TEST(BookStory, Sizes) {
    Story<TypeParam>{}.tell(R"(
        alice buy  0 @ 1600          -> reject qty_out_of_range
        alice buy -1 @ 1600          -> reject qty_out_of_range
        alice buy  1000001 @ 1600    -> reject qty_out_of_range
        alice buy  1000000 @ 1600 as a1
        bob   buy  1000000 @ 1600
        alice amend a1 1000001 @ 1600 -> reject qty_out_of_range
        alice amend a1 -1 @ 1600      -> reject qty_out_of_range
        book | bid | price | ask |
             | 2000000 | 1600 |  |
    )");
}

// The first thing wrong is the one reported, in the order of enum Reject.
TYPED_TEST(BookStory, ReasonsComeInTheirOrder) {
    TypeParam book{{.instrument = InstrumentId::from_raw(1),
                    .price_max = Ticks::from_raw(10),
                    .qty_max = Lots::from_raw(10),
                    .price_hint = Ticks::from_raw(5)}};
    std::vector<Fill> fills;
    Command resting;
    resting.side = Side::sell;
    resting.price = Ticks::from_raw(5);
    resting.qty = Lots::from_raw(1);
    const OrderId taken = book.add(resting, fills).order;
    Command all_wrong;
    all_wrong.order = taken;  // already in the book
    all_wrong.post_only = PostOnly::yes;
    all_wrong.tif = TimeInForce::fok;
    EXPECT_EQ(book.add(all_wrong, fills).reject, Reject::price_out_of_range);
    all_wrong.price = Ticks::from_raw(5);
    EXPECT_EQ(book.add(all_wrong, fills).reject, Reject::qty_out_of_range);
    all_wrong.qty = Lots::from_raw(5);
    EXPECT_EQ(book.add(all_wrong, fills).reject, Reject::unknown_order);
    all_wrong.order = OrderId{};
    EXPECT_EQ(book.add(all_wrong, fills).reject, Reject::post_only_would_take);
    all_wrong.post_only = PostOnly::no;
    EXPECT_EQ(book.add(all_wrong, fills).reject, Reject::fok_not_fillable);
    all_wrong.tif = TimeInForce::ioc;
    EXPECT_EQ(book.add(all_wrong, fills).reject, Reject::none);
    EXPECT_EQ(book.amend(taken, Ticks{}, Lots::from_raw(11), fills).reject,
              Reject::price_out_of_range);
    EXPECT_EQ(book.amend(taken, Ticks::from_raw(1), Lots::from_raw(11), fills).reject,
              Reject::qty_out_of_range);
    EXPECT_EQ(book.amend(taken, Ticks::from_raw(1), Lots::from_raw(1), fills).reject,
              Reject::unknown_order);
}

TYPED_TEST(BookStory, HandlesLiveFromReserveToTheEndOfTheOrder) {
    TypeParam book{{.instrument = InstrumentId::from_raw(1),
                    .price_max = Ticks::from_raw(10),
                    .qty_max = Lots::from_raw(10),
                    .price_hint = Ticks::from_raw(5)}};
    std::vector<Fill> fills;
    RestingOrder view;
    Command command;
    command.price = Ticks::from_raw(5);
    command.qty = Lots::from_raw(7);
    command.account = AccountId::from_raw(3);
    command.order = book.reserve();
    EXPECT_EQ(book.reserved_orders(), 1U);
    EXPECT_EQ(book.cancel(command.order), Reject::unknown_order) << "not there yet";
    EXPECT_FALSE(book.find(command.order, view));
    EXPECT_EQ(book.add(command, fills).resting, command.qty);
    EXPECT_EQ(book.reserved_orders(), 0U);
    EXPECT_EQ(book.live_orders(), 1U);
    ASSERT_TRUE(book.find(command.order, view));
    EXPECT_EQ(view.left, command.qty);
    EXPECT_EQ(view.account, command.account);
    EXPECT_EQ(book.add(command, fills).reject, Reject::unknown_order) << "added twice";
    EXPECT_EQ(book.cancel(command.order), Reject::none);
    EXPECT_EQ(book.cancel(command.order), Reject::unknown_order) << "stale";
    const OrderId unused = book.reserve();
    EXPECT_NE(unused, command.order);
    book.release(unused);
    EXPECT_EQ(book.reserved_orders(), 0U);
    command.order = book.reserve();
    command.price = Ticks{};
    EXPECT_EQ(book.add(command, fills).reject, Reject::price_out_of_range);
    EXPECT_EQ(book.reserved_orders(), 0U) << "a rejected order uses its handle up";
    EXPECT_EQ(book.live_orders(), 0U);
    check_book(book);
}

TYPED_TEST(BookStory, QuestionsAboutDepth) {
    Story<TypeParam> story;
    story.tell(R"(
        alice sell 3 @ 1600
        alice sell 4 @ 1601
        alice sell 5 @ 9000
        bob   buy  6 @ 1500
    )");
    const TypeParam& book = story.book();
    EXPECT_EQ(book.best_ask().raw(), 1600);
    EXPECT_EQ(book.best_bid().raw(), 1500);
    const auto fillable = [&](Side side, std::int64_t limit, std::int64_t want) {
        return book.fillable(side, Ticks::from_raw(limit), Lots::from_raw(want)).raw();
    };
    EXPECT_EQ(fillable(Side::buy, 1600, 100), 3);
    EXPECT_EQ(fillable(Side::buy, 1700, 100), 7);
    EXPECT_EQ(fillable(Side::buy, 1700, 5), 5);
    EXPECT_EQ(fillable(Side::buy, 0, 100), 12) << "no limit";
    EXPECT_EQ(fillable(Side::buy, 1599, 100), 0);
    EXPECT_EQ(fillable(Side::sell, 1501, 100), 0);
    EXPECT_EQ(fillable(Side::sell, 0, 100), 6);
    EXPECT_EQ(fillable(Side::sell, 0, 0), 0);
    EXPECT_EQ(book.level_qty(Ticks::from_raw(1601)).raw(), 4);
    EXPECT_EQ(book.level_qty(Ticks::from_raw(1602)).raw(), 0);
    EXPECT_EQ(book.level_qty(Ticks::from_raw(-7)).raw(), 0);
    EXPECT_EQ(book.level_qty(Ticks::from_raw(1'000'000'000)).raw(), 0);
    int seen = 0;
    book.for_each_level(Side::sell, Ticks{}, [&](Ticks, Lots) { return ++seen < 2; });
    EXPECT_EQ(seen, 2) << "false stops";
}

TEST(OrderBook, SameHistorySameDigest) {
    const auto digest_after = [](std::int64_t last_qty) {
        Story<OrderBook> story;
        story.tell("alice sell 3 @ 1600\nbob buy 1 @ 1600 -> fill alice bob 1 @ 1600");
        story.tell("carol sell " + std::to_string(last_qty) + " @ 1700");
        Digest digest;
        story.book().add_to_digest(digest);
        return digest.value();
    };
    EXPECT_EQ(digest_after(5), digest_after(5));
    EXPECT_NE(digest_after(5), digest_after(6));
}

// A book pays for the prices in use, not for its range, and moving along the range reuses the
// pages.
TEST(OrderBook, FarTailsAreCheap) {
    OrderBook book{{.instrument = InstrumentId::from_raw(1),
                    .price_max = Ticks::from_raw(16'777'215),
                    .qty_max = Lots::from_raw(10),
                    .price_hint = Ticks::from_raw(1)}};
    std::vector<Fill> fills;
    Command command;
    command.qty = Lots::from_raw(1);
    const std::size_t before = book.pages_allocated();
    for (std::int64_t price = 1; price <= 16'777'215; price += 1'024) {
        command.price = Ticks::from_raw(price);
        const OrderId id = book.add(command, fills).order;
        EXPECT_EQ(book.best_bid().raw(), price);
        EXPECT_EQ(book.cancel(id), Reject::none);
    }
    EXPECT_EQ(book.pages_allocated(), before);
    check_book(book);
    for (const std::int64_t price : {std::int64_t{1}, std::int64_t{16'777'214}}) {
        command.price = Ticks::from_raw(price);
        book.add(command, fills);
    }
    command.side = Side::sell;
    command.price = Ticks::from_raw(16'777'215);
    book.add(command, fills);
    EXPECT_EQ(book.best_ask().raw(), 16'777'215);
    EXPECT_EQ(book.best_bid().raw(), 16'777'214);
    check_book(book);
}

}  // namespace
}  // namespace margincall
