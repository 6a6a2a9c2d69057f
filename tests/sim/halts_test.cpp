// A venue that does not match: which orders are taken, at which price it begins again, who waits, and
// what sets it off. The worked example of docs/venues.md is the first auction.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/small_market.hpp"
#include "sim/world.hpp"
#include "support/quiet_recorder.hpp"
#include "support/quotes_all_books.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using test::dollars;
using test::SmallMarket;
using testing::small_plan;

const InstrumentId halted_perp = InstrumentId::from_raw(0);

VenueRules free_of_fees() {
    VenueRules rules;
    rules.maker_fee_ppm = 0;
    rules.taker_fee_ppm = 0;
    rules.liquidation.fee_ppm = 0;
    rules.fund.initial = dollars(1'000);
    return rules;
}

Command order_of(AccountId a, Side side, std::int64_t price, std::int64_t qty) {
    Command c;
    c.instrument = halted_perp;
    c.account = a;
    c.side = side;
    c.price = Ticks::from_raw(price);
    c.qty = Lots::from_raw(qty);
    return c;
}

struct Halted {
    Halted()
        : market(free_of_fees()), a(market.open(1'000, 10'000)), b(market.open(1'000, 10'000)) {
        (void)market.add(a, 0, Side::buy, 9'990, 10);
        (void)market.add(b, 0, Side::sell, 10'010, 10);
        market.gateway().halt(halted_perp);
    }
    SmallMarket market;
    AccountId a, b;
    Reject sends(Command c) { return market.gateway().execute(c).reject; }
};

TEST(Halts, WhatCouldOnlyTradeAtOnceIsRefused) {
    Halted h;
    Command c = order_of(h.a, Side::buy, 10'010, 1);
    c.tif = TimeInForce::ioc;
    EXPECT_EQ(h.sends(c), Reject::venue_halted);
    c.tif = TimeInForce::fok;
    EXPECT_EQ(h.sends(c), Reject::venue_halted);
    c.type = OrderType::market;
    c.tif = TimeInForce::ioc;
    c.price = Ticks{};
    EXPECT_EQ(h.sends(c), Reject::venue_halted);
    Command post = order_of(h.a, Side::buy, 10'010, 1);
    post.post_only = PostOnly::yes;
    EXPECT_EQ(h.sends(post), Reject::post_only_would_take);
    Command timed = order_of(h.a, Side::buy, 10'010, 1);
    timed.expires = SimTime{} + seconds(5);
    EXPECT_EQ(h.sends(timed), Reject::venue_halted);
    // The other books of the venue match.
    (void)h.market.add(h.b, 1, Side::sell, 10'000, 1);
    EXPECT_EQ(h.market.add(h.a, 1, Side::buy, 10'000, 1).filled, Lots::from_raw(1));
    h.market.check();
}

TEST(Halts, OrdersThatDoNotTradeRestAndThoseThatWouldWait) {
    Halted h;
    EXPECT_EQ(h.market.add(h.a, 0, Side::buy, 10'000, 5).resting, Lots::from_raw(5));
    const AddResult waits = h.market.add(h.a, 0, Side::buy, 10'010, 5);

    EXPECT_EQ(waits.reject, Reject::none);
    EXPECT_EQ(waits.resting.raw() + waits.filled.raw(), 0);
    EXPECT_TRUE(h.market.gateway().fills().empty());
    EXPECT_NE(h.market.gateway().find_waiting(halted_perp, waits.order), nullptr);
    EXPECT_EQ(h.market.book(halted_perp).best_bid(), Ticks::from_raw(10'000));
    // Ten lots at 9,990, five at 10,000 and five at 10,010, each worth 10 USD and a bit, at 10 x.
    EXPECT_EQ(h.market.house().cross(h.a).reserved, dollars((99.9 + 50.0 + 50.05) / 10.0).raw());
    h.market.check();
    Command amend = order_of(h.a, Side::buy, 9'980, 5);
    amend.kind = CommandKind::amend;
    amend.order = waits.order;
    EXPECT_EQ(h.sends(amend), Reject::venue_halted);
    Command cancel = amend;
    cancel.kind = CommandKind::cancel;
    cancel.account = h.b;
    EXPECT_EQ(h.sends(cancel), Reject::unknown_order);  // not b's
    cancel.account = h.a;
    EXPECT_EQ(h.sends(cancel), Reject::none);
    EXPECT_EQ(h.market.gateway().find_waiting(halted_perp, waits.order), nullptr);
    EXPECT_EQ(h.market.house().cross(h.a).reserved, dollars((99.9 + 50.0) / 10.0).raw());
    EXPECT_EQ(h.sends(cancel), Reject::unknown_order);
    Command all = order_of(h.a, Side::buy, 0, 0);
    (void)h.market.add(h.a, 0, Side::buy, 10'020, 5);
    all.kind = CommandKind::cancel_all;
    EXPECT_EQ(h.sends(all), Reject::none);
    EXPECT_EQ(h.market.house().cross(h.a).reserved, 0);
    h.market.check();
}

TEST(Halts, AnAmendThatWouldTradeIsRefusedAndASmallerOneTaken) {
    Halted h;
    const AddResult bid = h.market.add(h.a, 0, Side::buy, 10'000, 5);
    Command amend = order_of(h.a, Side::buy, 10'010, 5);
    amend.kind = CommandKind::amend;
    amend.order = bid.order;
    EXPECT_EQ(h.sends(amend), Reject::venue_halted);
    amend.price = Ticks::from_raw(10'005);
    EXPECT_EQ(h.sends(amend), Reject::none);
    EXPECT_EQ(h.market.book(halted_perp).best_bid(), Ticks::from_raw(10'005));
    h.market.check();
}

// Resting: bid 10 @ 9,990 and ask 10 @ 10,010. Waiting: a sells 15 @ 9,980, c buys 8 @ 10,020 and
// 6 @ 10,010. At 9,990 bids of 24 meet asks of 15; at 10,010 bids of 14 meet asks of 25: 15 lots at
// 9,980 or 9,990, of which both leave 9 lots; 9,990 is nearer to the reference of 10,000.
TEST(Halts, TheAuctionTradesAllAtOnePrice) {
    SmallMarket market{free_of_fees()};
    const AccountId resting_bid = market.open(1'000, 10'000);
    const AccountId resting_ask = market.open(1'000, 10'000);
    const AccountId seller = market.open(1'000, 10'000);
    const AccountId buyer = market.open(1'000, 10'000);
    (void)market.add(resting_bid, 0, Side::buy, 9'990, 10);
    (void)market.add(resting_ask, 0, Side::sell, 10'010, 10);
    market.gateway().halt(halted_perp);
    (void)market.add(seller, 0, Side::sell, 9'980, 15);
    (void)market.add(buyer, 0, Side::buy, 10'020, 8);
    (void)market.add(buyer, 0, Side::buy, 10'010, 6);
    market.check();

    const CallPrice call = market.gateway().reopen_by_auction(halted_perp, Ticks::from_raw(10'000));

    EXPECT_EQ(call.price, Ticks::from_raw(9'990));
    EXPECT_EQ(call.volume, Lots::from_raw(15));
    ASSERT_EQ(market.gateway().fills().size(), 3U);
    for (const Fill& fill : market.gateway().fills()) {
        EXPECT_EQ(fill.price, Ticks::from_raw(9'990));
    }
    EXPECT_EQ(market.house().position(buyer, halted_perp),
              Lots::from_raw(14));  // the higher bids first
    EXPECT_EQ(market.house().position(resting_bid, halted_perp), Lots::from_raw(1));
    EXPECT_EQ(market.house().position(seller, halted_perp), Lots::from_raw(-15));
    EXPECT_EQ(market.house().position(resting_ask, halted_perp), Lots{});
    EXPECT_EQ(market.house().cross(buyer).reserved, 0);
    EXPECT_EQ(market.gateway().takers_left()[0], Lots{});
    EXPECT_TRUE(market.gateway().reopen(halted_perp).empty());
    EXPECT_FALSE(market.gateway().is_halted(halted_perp));
    EXPECT_EQ(market.book(halted_perp).level_qty(Ticks::from_raw(9'990)), Lots::from_raw(9));
    market.check();
    // It matches again.
    EXPECT_EQ(market.add(seller, 0, Side::sell, 9'990, 4).filled, Lots::from_raw(4));
    market.check();
}

TEST(Halts, AnAccountDoesNotTradeWithItself) {
    Halted h;
    (void)h.market.add(h.b, 0, Side::buy, 10'010, 4);  // against its own ask of 10
    const CallPrice call =
        h.market.gateway().reopen_by_auction(halted_perp, Ticks::from_raw(10'000));
    EXPECT_EQ(call.volume, Lots{});
    EXPECT_TRUE(h.market.gateway().fills().empty());
    EXPECT_TRUE(h.market.gateway().reopen(halted_perp).empty());
    EXPECT_EQ(h.market.book(halted_perp).level_qty(Ticks::from_raw(10'010)), Lots::from_raw(6));
    EXPECT_EQ(h.market.house().position(h.b, halted_perp), Lots{});
    h.market.check();
}

// Whatever is sent into a halt: nothing trades in it, one price after it, the book does not cross, and
// every law holds.
TEST(Halts, RandomOrdersInAndAfterAHalt) {
    std::size_t auctions = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Rng rng(seed, 3, Purpose::size);
        SmallMarket market{free_of_fees()};
        std::vector<AccountId> all;
        for (int k = 0; k < 5; ++k) {
            all.push_back(market.open(1'000, 100'000));
        }
        std::vector<std::pair<AccountId, OrderId>> live;
        const auto step = [&] {
            const AccountId a = all[rng.below(all.size())];
            if (!live.empty() && rng.chance(0.2)) {
                const auto [owner, order] = live[rng.below(live.size())];
                Command c = order_of(owner, Side::buy, 0, 0);
                c.kind = CommandKind::cancel;
                c.order = order;
                (void)market.gateway().execute(c);
                return;
            }
            Command c = order_of(a,
                                 rng.chance(0.5) ? Side::buy : Side::sell,
                                 9'990 + static_cast<std::int64_t>(rng.below(21)),
                                 1 + static_cast<std::int64_t>(rng.below(9)));
            c.reduce_only = seed % 2 == 0 && rng.chance(0.2) ? ReduceOnly::yes : ReduceOnly::no;
            c.post_only = rng.chance(0.2) ? PostOnly::yes : PostOnly::no;
            c.tif = rng.chance(0.1) ? TimeInForce::ioc : TimeInForce::gtc;
            const AddResult added = market.gateway().execute(c);
            if (added.reject == Reject::none && added.filled.raw() == 0) {
                live.emplace_back(a, added.order);
            }
        };
        for (int k = 0; k < 60; ++k) {
            step();
        }
        market.gateway().halt(halted_perp);
        for (int k = 0; k < 60; ++k) {
            step();
            ASSERT_TRUE(market.gateway().fills().empty());
            market.check();
        }
        const CallPrice call =
            market.gateway().reopen_by_auction(halted_perp, Ticks::from_raw(10'000));
        Lots volume;
        for (const Fill& fill : market.gateway().fills()) {
            ASSERT_EQ(fill.price, call.price);
            ASSERT_NE(fill.maker, fill.taker);
            volume += fill.qty;
        }
        ASSERT_EQ(volume, call.volume);
        auctions += volume.raw() > 0 ? 1U : 0U;
        for (Command& c : market.gateway().reopen(halted_perp)) {
            const AddResult again = market.gateway().execute(c);
            // The auction leaves nothing to trade, unless a reduce-only order became smaller in it.
            ASSERT_TRUE(seed % 2 == 0 || again.filled == Lots{});
        }
        market.check();
    }
    EXPECT_GT(auctions, 40U);
}

// The account is due, nothing is sold while its book is halted, and everything after.
TEST(Halts, LiquidationsWait) {
    SmallMarket market{free_of_fees()};
    const AccountId weak = market.open(2'000, 100);
    const AccountId rich = market.open(100, 1e6);
    (void)market.add(rich, 0, Side::sell, 10'000, 100);
    (void)market.add(weak, 0, Side::buy, 10'000, 100);
    market.find_due();
    market.set_mark(0, 9'050);
    (void)market.add(rich, 0, Side::buy, 9'050, 1'000);
    market.find_due();
    market.gateway().halt(halted_perp);
    ASSERT_TRUE(market.batch());
    EXPECT_EQ(market.house().position(weak, halted_perp), Lots::from_raw(100));
    EXPECT_TRUE(market.records().empty());
    ASSERT_TRUE(market.batch());
    EXPECT_TRUE(market.records().empty());

    (void)market.gateway().reopen(halted_perp);
    ASSERT_TRUE(market.batch());
    EXPECT_EQ(market.house().position(weak, halted_perp), Lots{});
    EXPECT_FALSE(market.records().empty());
    market.check();
}

// --- the rule in a world ---

// Quotes every book around a price that falls at once, from every venue's spot books on, and quotes
// anew every second.
class FallingQuotes final : public AgentOf<FallingQuotes> {
  public:
    FallingQuotes(const Plan& plan, double fall, Duration at) : plan_{plan}, fall_{fall}, at_{at} {}
    [[nodiscard]] AgentSetup setup() const override {
        return testing::quotes_all_books(plan_, "falling", entity_name(910, 0));
    }
    void wake(AgentContext& c) override {
        c.wake_after(seconds(1));
        const bool fallen = c.now() >= SimTime{} + at_;
        for (const InstrumentPlan& p : plan_.instruments) {
            const Instrument& inst = p.instrument;
            const double mid = plan_.assets[inst.base.raw()].price *
                               (fallen && inst.base == AssetId::from_raw(0) ? 1.0 - fall_ : 1.0);
            c.cancel_all(inst.id);
            for (const Side side : {Side::buy, Side::sell}) {
                c.limit(
                    inst.id,
                    side,
                    *quantize_price(mid * (side == Side::buy ? 0.9999 : 1.0001), inst, Round::down),
                    quantize_qty(10.0, inst),
                    TimeInForce::gtc,
                    PostOnly::yes,
                    Cause::maker);
            }
        }
    }

  private:
    const Plan& plan_;
    double fall_;
    Duration at_;
};

struct BuyersDay {
    std::vector<SimTime> filled, refused, saw_halt, saw_open;
};

// Sends a market order every second and keeps what fills and what it sees.
class Buyer final : public AgentOf<Buyer> {
  public:
    explicit Buyer(InstrumentId book) : book_{book} {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "buyer";
        s.entity = entity_name(911, 0);
        s.instruments = {book_};
        s.cash_usd_per_venue = 1e9;
        s.wants_fills = true;
        s.first_wake = SimTime{} + seconds(3);
        return s;
    }
    void wake(AgentContext& c) override {
        for (const OwnFill& f : c.new_fills()) {
            (f.qty.raw() > 0 ? day.filled : day.refused).push_back(f.at);
        }
        (c.quote(book_).halted ? day.saw_halt : day.saw_open).push_back(c.now());
        c.market(book_, Side::buy, Lots::from_raw(1), Cause::noise);
        c.wake_after(seconds(1));
    }
    BuyersDay day;

  private:
    InstrumentId book_;
};

std::size_t within(const std::vector<SimTime>& times, Duration from, Duration to) {
    return static_cast<std::size_t>(std::count_if(times.begin(), times.end(), [&](SimTime t) {
        return t >= SimTime{} + from && t < SimTime{} + to;
    }));
}

class Liquidations final : public testing::QuietRecorder {
  public:
    using QuietRecorder::on;
    void on(const LiquidationRecord& r) override { times.push_back(SimTime::from_ns(r.time_ns)); }
    std::vector<SimTime> times;
};

struct HaltRun {
    RunTotals totals;
    BuyersDay buyer;
    std::vector<SimTime> liquidated;
};

HaltRun run_halts(Plan plan, double fall, InstrumentId book = InstrumentId::from_raw(0)) {
    for (VenuePlan& venue : plan.venues) {
        venue.rules.mark.method = MarkMethod::index_average;
        venue.rules.mark.average = seconds(2);
    }
    auto owned = std::make_unique<Buyer>(book);
    const Buyer* const buyer = owned.get();
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<FallingQuotes>(plan, fall, seconds(20)));
    agents.push_back(std::move(owned));
    AccountSeed weak;
    weak.instrument = InstrumentId::from_raw(0);
    weak.qty = Lots::from_raw(1'000);
    weak.entry = Ticks::from_raw(1'000'000);
    weak.leverage_e2 = 2'000;
    weak.margin = dollars(5'000);
    AccountSeed other = weak;
    other.side = Side::sell;
    other.leverage_e2 = 100;
    other.margin = dollars(100'000);
    World world(plan, std::move(agents), {weak, other});
    Liquidations seen;
    world.set_recorder(&seen);
    world.set_verify(Verify::every_event);
    HaltRun out;
    out.totals = world.run(nullptr);
    out.buyer = buyer->day;
    out.liquidated = seen.times;
    return out;
}

BreakerRule five_percent() {
    BreakerRule rule;
    rule.on = BreakerOn::index;
    rule.fall_ppm = 50'000;
    rule.window = minutes(5);
    rule.halt = seconds(30);
    return rule;
}

TEST(Halts, ATimedHaltLetsNothingTradeAndIsSeen) {
    Plan plan = small_plan(seconds(60));
    plan.venues[0].rules.halt = {.from = seconds(10), .to = seconds(40)};

    const HaltRun run = run_halts(plan, 0.0);

    EXPECT_EQ(within(run.buyer.filled, seconds(10), seconds(40)), 0U);
    EXPECT_GT(within(run.buyer.filled, seconds(3), seconds(10)), 4U);
    EXPECT_GT(within(run.buyer.filled, seconds(40), seconds(60)), 15U);
    EXPECT_GT(within(run.buyer.refused, seconds(10), seconds(40)), 25U);
    EXPECT_EQ(within(run.buyer.saw_open, seconds(11), seconds(40)), 0U);
    EXPECT_EQ(within(run.buyer.saw_halt, seconds(41), seconds(60)), 0U);
    // Every book of venue A, spot too: two coins, perp and spot.
    ASSERT_EQ(run.totals.halts.size(), 4U);
    for (const HaltSpan& halt : run.totals.halts) {
        EXPECT_EQ(halt.from_ns, seconds(10).raw());
        EXPECT_EQ(halt.until_ns, seconds(40).raw());
        EXPECT_EQ(halt.timed, 1);
        EXPECT_EQ(plan.instruments[halt.instrument].instrument.venue, VenueId::from_raw(0));
    }
}

TEST(Halts, OffTheyChangeNothing) {
    const HaltRun off = run_halts(small_plan(seconds(60)), 0.06);
    EXPECT_TRUE(off.totals.halts.empty());
    Plan unused = small_plan(seconds(60));
    unused.venues[0].rules.breaker = five_percent();
    unused.venues[0].rules.breaker.fall_ppm = 70'000;
    EXPECT_EQ(run_halts(unused, 0.06).totals.digest, off.totals.digest);  // never tripped
    // The weak long is liquidated right after the fall.
    ASSERT_FALSE(off.liquidated.empty());
    EXPECT_LT(off.liquidated.front(), SimTime{} + seconds(30));
}

TEST(Halts, AFallTripsTheBreakerOfTheCoinAndLiquidationsWait) {
    Plan plan = small_plan(seconds(90));
    plan.venues[0].rules.breaker = five_percent();

    const HaltRun run = run_halts(plan, 0.06);

    ASSERT_EQ(run.totals.halts.size(), 1U);  // A's perp of the first coin
    const HaltSpan& halt = run.totals.halts.front();
    EXPECT_EQ(halt.instrument, 0U);
    EXPECT_EQ(halt.until_ns - halt.from_ns, seconds(30).raw());
    EXPECT_GE(halt.from_ns, seconds(20).raw());
    EXPECT_LE(halt.from_ns, seconds(24).raw());
    EXPECT_EQ(
        within(
            run.buyer.filled, Duration::from_raw(halt.from_ns), Duration::from_raw(halt.until_ns)),
        0U);
    ASSERT_FALSE(run.liquidated.empty());
    EXPECT_GE(run.liquidated.front().ns(), halt.until_ns);
}

TEST(Halts, ScopeAndReachSayWhoHalts) {
    const auto halted = [](BreakerScope scope, BreakerReach reach, BreakerReach of_b) {
        Plan plan = small_plan(seconds(60));
        for (const std::size_t v : {0U, 1U}) {
            plan.venues[v].rules.breaker = five_percent();
            plan.venues[v].rules.breaker.scope = scope;
        }
        plan.venues[0].rules.breaker.reach = reach;
        plan.venues[1].rules.breaker.reach = of_b;
        plan.venues[1].rules.breaker.fall_ppm = 500'000;  // B itself never trips
        std::vector<std::uint32_t> books;
        for (const HaltSpan& halt : run_halts(plan, 0.06).totals.halts) {
            books.push_back(halt.instrument);
        }
        std::sort(books.begin(), books.end());
        return books;
    };
    using enum BreakerReach;
    using Books = std::vector<std::uint32_t>;
    EXPECT_EQ(halted(BreakerScope::coin, BreakerReach::venue, BreakerReach::venue), (Books{0}));
    EXPECT_EQ(halted(BreakerScope::venue, BreakerReach::venue, market), (Books{0, 5}));
    EXPECT_EQ(halted(BreakerScope::coin, market, market), (Books{0, 1}));
    EXPECT_EQ(halted(BreakerScope::coin, market, BreakerReach::venue), (Books{0}));
}

// Stops by the mark are not set off in a halt: the row's stop, at 97,000, is sent after it.
TEST(Halts, StopsWait) {
    Plan plan = small_plan(seconds(90));
    plan.venues[0].rules.halt = {.from = seconds(10), .to = seconds(60)};
    for (VenuePlan& venue : plan.venues) {
        venue.rules.mark.method = MarkMethod::index_average;
        venue.rules.mark.average = seconds(2);
    }
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<FallingQuotes>(plan, 0.04, seconds(20)));
    AccountSeed careful;
    careful.instrument = InstrumentId::from_raw(0);
    careful.qty = Lots::from_raw(1'000);
    careful.entry = Ticks::from_raw(1'000'000);
    careful.leverage_e2 = 500;
    careful.margin = dollars(20'000);
    careful.stop = Ticks::from_raw(970'000);
    AccountSeed other = careful;
    other.side = Side::sell;
    other.stop = Ticks{};
    World world(plan, std::move(agents), {careful, other});
    world.set_verify(Verify::every_event);
    const AccountId account = world.clearing().rows()[0].account;

    ASSERT_TRUE(world.advance(SimTime{} + seconds(59), nullptr));
    EXPECT_EQ(world.clearing().position(account, InstrumentId::from_raw(0)), Lots::from_raw(1'000));
    EXPECT_EQ(world.clearing().row(account).pending_close, 0);
    ASSERT_TRUE(world.advance(SimTime{} + seconds(65), nullptr));
    EXPECT_EQ(world.clearing().position(account, InstrumentId::from_raw(0)), Lots{});
}

// A fork made in a halt reopens as the original does.
TEST(Halts, AForkedWorldReopensAlike) {
    Plan plan = small_plan(seconds(60));
    plan.venues[0].rules.halt = {.from = seconds(10), .to = seconds(40)};
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<FallingQuotes>(plan, 0.02, seconds(20)));
    agents.push_back(std::make_unique<Buyer>(InstrumentId::from_raw(0)));
    World world(plan, std::move(agents), {});
    ASSERT_TRUE(world.advance(SimTime{} + seconds(25), nullptr));
    const std::unique_ptr<World> fork = world.fork();
    ASSERT_TRUE(world.advance(SimTime{} + seconds(60), nullptr));
    ASSERT_TRUE(fork->advance(SimTime{} + seconds(60), nullptr));
    EXPECT_EQ(world.finish().digest, fork->finish().digest);
}

// --- margin that follows volatility ---

// A long of 100,000 USD with 5,000 of margin; the coin falls by 3 %. At 0.4 % it stands; at rates ten
// times as high it needs 3,880 and has 2,000.
TEST(MarginOfVolatility, HigherRatesLiquidateWithoutAFurtherFall) {
    const auto liquidated = [](std::int64_t cap) {
        Plan plan = small_plan(seconds(60));
        plan.venues[0].rules.margin.volatility_cap_ppm = cap;
        plan.venues[0].rules.margin.volatility_update = seconds(1);
        return run_halts(plan, 0.03).liquidated.size();
    };
    EXPECT_EQ(liquidated(1'000'000), 0U);
    EXPECT_GT(liquidated(10'000'000), 0U);
}

}  // namespace
}  // namespace margincall
