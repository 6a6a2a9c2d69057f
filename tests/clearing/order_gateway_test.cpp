// The order path of cross accounts: what an order reserves, what its end releases, and that it is
// refused exactly when the free margin does not cover it.
#include "clearing/order_gateway.hpp"

#include <gtest/gtest.h>

#include "sim/small_market.hpp"

namespace margincall {
namespace {

using test::dollars;
using test::SmallMarket;

const InstrumentId first = InstrumentId::from_raw(0);

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

TEST(OrderGateway, ReduceOnlyIsCutToThePositionAndDoesNotRest) {
    SmallMarket market{VenueRules{}};
    const AccountId a = market.open(1'000, 1'000);
    const AccountId b = market.open(1'000, 1'000);
    (void)market.add(a, 0, Side::buy, 10'000, 50);
    (void)market.add(b, 0, Side::sell, 10'000, 50);
    Command c;
    c.instrument = first;
    c.account = b;
    c.reduce_only = ReduceOnly::yes;
    c.side = Side::sell;
    c.price = Ticks::from_raw(10'000);
    c.qty = Lots::from_raw(80);
    Command same_side = c;
    EXPECT_EQ(market.gateway().execute(same_side).reject, Reject::nothing_to_reduce);
    (void)market.add(a, 0, Side::sell, 10'010, 30);
    c.side = Side::buy;
    c.price = Ticks::from_raw(10'010);
    const AddResult result = market.gateway().execute(c);
    EXPECT_EQ(c.qty.raw(), 50);
    EXPECT_EQ(result.filled.raw(), 30);
    EXPECT_EQ(result.resting.raw(), 0);
    EXPECT_EQ(market.house().position(b, first).raw(), -20);
    market.check();
}

// Random orders of all kinds: the laws hold after each, and an order is refused for margin exactly
// when equity - initial margin - reservations is smaller than what it asks for.
TEST(OrderGateway, LawsHoldAfterEveryRandomCommand) {
    std::uint64_t refused = 0;
    std::uint64_t traded = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        SmallMarket market{VenueRules{}};
        Rng rng{seed, 21, Purpose::test};
        std::vector<AccountId> accounts;
        for (int n = 0; n < 8; ++n) {
            accounts.push_back(market.open(500 + static_cast<std::int64_t>(rng.below(3'000)), 400));
        }
        std::vector<Command> sent;
        for (int n = 0; n < 1'500; ++n) {
            Command c;
            c.instrument = InstrumentId::from_raw(static_cast<std::uint32_t>(rng.below(2)));
            c.account = accounts[rng.below(accounts.size())];
            c.side = rng.chance(0.5) ? Side::buy : Side::sell;
            c.price = Ticks::from_raw(9'980 + static_cast<std::int64_t>(rng.below(41)));
            c.qty = Lots::from_raw(1 + static_cast<std::int64_t>(rng.below(60)));
            const double kind = rng.uniform();
            if (kind < 0.3 && !sent.empty()) {
                const Command& old = sent[rng.below(sent.size())];
                c.instrument = old.instrument;
                c.account = old.account;
                c.order = old.order;
                c.kind = kind < 0.15 ? CommandKind::cancel : CommandKind::amend;
            } else if (kind < 0.32) {
                c.kind = CommandKind::cancel_all;
            } else if (kind < 0.4) {
                c.reduce_only = ReduceOnly::yes;
            } else if (kind < 0.5) {
                c.tif = kind < 0.45 ? TimeInForce::ioc : TimeInForce::fok;
            } else if (kind < 0.55) {
                c.type = OrderType::market;
                c.price = Ticks{};
            } else if (kind < 0.6) {
                c.post_only = PostOnly::yes;
            }
            const Margin margin = market.house().cross_margin(c.account);
            const std::int64_t free = margin.equity.raw() - margin.initial.raw() -
                                      market.house().cross(c.account).reserved;
            const bool plain = c.kind == CommandKind::add && c.reduce_only == ReduceOnly::no &&
                               c.type == OrderType::limit;
            const Ticks bid = market.book(c.instrument).best_bid();
            const Ticks valued = c.side == Side::sell ? std::max(bid, c.price) : c.price;
            const std::int64_t needed =
                initial_margin(notional(market.house().instrument(c.instrument), valued, c.qty),
                               market.house().cross(c.account).leverage_e2)
                    .raw();
            const AddResult result = market.gateway().execute(c);
            if (plain) {
                EXPECT_EQ(result.reject == Reject::insufficient_margin, free < needed);
            }
            refused += result.reject == Reject::insufficient_margin ? 1U : 0U;
            traded += market.gateway().fills().size();
            if (result.resting.raw() > 0 && c.kind == CommandKind::add) {
                c.order = result.order;
                sent.push_back(c);
            }
            if (rng.chance(0.1)) {
                market.set_mark(0, 9'990 + static_cast<std::int64_t>(rng.below(21)));
                market.find_due();
                while (market.batch()) {
                }
            }
            market.check();
        }
    }
    EXPECT_GT(refused, 300U);
    EXPECT_GT(traded, 1'000U);
}

}  // namespace
}  // namespace margincall
