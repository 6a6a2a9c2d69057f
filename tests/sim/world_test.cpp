// Seeded small worlds: a seller pushes the market through a population of leveraged accounts, and
// every law is proved after every event.
#include "sim/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "support/quiet_recorder.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

// Keeps a ladder of bids and asks around the index of each instrument: the test's market.
class Ladder final : public AgentOf<Ladder> {
  public:
    explicit Ladder(const Plan& plan, double level_usd) : level_usd_{level_usd} {
        for (const InstrumentPlan& p : plan.instruments) {
            all_.push_back(p.instrument.id);
        }
    }
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "ladder";
        s.latency = LatencyClass::maker;
        s.entity = entity_name(900, 0);
        s.instruments = all_;
        s.cash_usd_per_venue = 1e9;
        s.wants_fills = true;
        s.first_wake = SimTime::from_ns(1'000'000);
        return s;
    }
    void wake(AgentContext& c) override {
        for (const InstrumentId id : all_) {
            const Instrument& inst = c.instrument(id);
            c.cancel_all(id);
            const Quote q = c.quote(id);
            const double mid = mid_usd(q, inst);
            for (int k = 1; k <= 8; ++k) {
                const double away = 0.0002 * k * k;
                const Lots lots = quantize_qty(level_usd_ * k / mid, inst);
                const auto bid = quantize_price(mid * (1 - away), inst, Round::down);
                const auto ask = quantize_price(mid * (1 + away), inst, Round::up);
                c.limit(id, Side::buy, *bid, lots, TimeInForce::gtc, PostOnly::yes, Cause::maker);
                c.limit(id, Side::sell, *ask, lots, TimeInForce::gtc, PostOnly::yes, Cause::maker);
            }
        }
        c.wake_after(seconds(2));
    }

  private:
    double level_usd_;
    std::vector<InstrumentId> all_;
};

// Sells perps and spots of the first coin at a constant rate from a minute on.
class Seller final : public AgentOf<Seller> {
  public:
    explicit Seller(double usd_per_second) : usd_{usd_per_second} {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "seller";
        s.entity = entity_name(901, 0);
        for (std::uint32_t k = 0; k < 5; ++k) {
            s.instruments.push_back(InstrumentId::from_raw(k));
        }
        s.cash_usd_per_venue = 1e9;
        s.first_wake = SimTime{} + seconds(60);
        return s;
    }
    void wake(AgentContext& c) override {
        for (std::uint32_t k = 0; k < 5; ++k) {
            const auto id = InstrumentId::from_raw(k);
            const double mid = mid_usd(c.quote(id), c.instrument(id));
            const Lots lots = quantize_qty(usd_ / 5.0 / mid, c.instrument(id));
            if (lots.raw() > 0) {
                c.market(id, Side::sell, lots, Cause::news);
            }
        }
        c.wake_after(seconds(1));
    }

  private:
    double usd_;
};

// Buys, then protects the position with a stop and a take-profit, and leaves a bid for three
// seconds. Keeps what it is told.
class Diarist final : public AgentOf<Diarist> {
  public:
    struct Diary {
        OrderId stop, take_profit, bid;
        SimTime bid_ends;
        std::vector<OwnFill> told;
    };
    Diarist(InstrumentId perp, Diary& diary) : perp_(perp), diary_(diary) {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "trader";
        s.entity = entity_name(902, 0);
        s.instruments = {perp_};
        s.cash_usd_per_venue = 1e7;
        s.wants_fills = true;
        s.first_wake = SimTime{} + seconds(20);
        return s;
    }
    void wake(AgentContext& c) override {
        for (const OwnFill& own : c.new_fills()) {
            diary_.told.push_back(own);
        }
        const Lots lots = Lots::from_raw(10);
        const Ticks mark = *quantize_price(c.quote(perp_).mark, c.instrument(perp_), Round::down);
        if (++wakes_ == 1) {
            c.market(perp_, Side::buy, lots, Cause::test);
        } else if (wakes_ == 2) {
            Command order;
            order.instrument = perp_;
            order.side = Side::sell;
            order.cause = Cause::stop;
            order.qty = lots;
            order.reduce_only = ReduceOnly::yes;
            order.price = Ticks::from_raw(mark.raw() * 105 / 100);
            diary_.take_profit = c.order(order);
            order.type = OrderType::market;
            order.tif = TimeInForce::ioc;
            order.price = Ticks{};
            order.trigger_on = TriggerOn::mark;
            order.trigger_when = TriggerWhen::falling;
            order.trigger = Ticks::from_raw(mark.raw() * 998 / 1000);
            diary_.stop = c.order(order);
            Command bid;
            bid.instrument = perp_;
            bid.price = Ticks::from_raw(mark.raw() * 9 / 10);
            bid.qty = lots;
            bid.expires = diary_.bid_ends = c.now() + seconds(3);
            diary_.bid = c.order(bid);
        }
        c.wake_after(seconds(5));
    }

  private:
    InstrumentId perp_;
    Diary& diary_;
    int wakes_ = 0;
};

class CountingRecorder final : public testing::QuietRecorder {
  public:
    using QuietRecorder::on;
    void on(const BarRecord& r) override { bars.push_back(r); }
    void on(const LiquidationRecord& r) override { liquidations.push_back(r); }
    void on(const AdlRecord& r) override { adl.push_back(r); }
    void on(const FundRecord& r) override { funds.push_back(r); }
    void on(const FundingRecord& r) override { funding.push_back(r); }
    void on(const MapRecord& r) override { map.push_back(r); }
    void on(const SentimentRecord& r) override { sentiment.push_back(r); }
    std::vector<BarRecord> bars;
    std::vector<LiquidationRecord> liquidations;
    std::vector<AdlRecord> adl;
    std::vector<FundRecord> funds;
    std::vector<FundingRecord> funding;
    std::vector<MapRecord> map;
    std::vector<SentimentRecord> sentiment;
};

// Longs spread over leverages 3..40 and sizes up to 400k USD, shorts mirroring them in total.
std::vector<AccountSeed> crowd(const Plan& plan, int per_instrument, double usd_each) {
    std::vector<AccountSeed> rows;
    for (const InstrumentPlan& p : plan.instruments) {
        const Instrument& inst = p.instrument;
        if (inst.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const double price = plan.assets[inst.base.raw()].price;
        for (int k = 0; k < per_instrument; ++k) {
            const double usd = usd_each * (1 + k % 7);
            const Lots lots = quantize_qty(usd / price, inst);
            const auto entry =
                quantize_price(price * (1.0 + 0.0007 * (k % 11 - 5)), inst, Round::down);
            const std::int64_t leverage = 3 + (k * 5) % 38;
            for (const Side side : {Side::buy, Side::sell}) {
                AccountSeed s;
                s.instrument = inst.id;
                s.side = side;
                s.qty = lots;
                s.entry = *entry;
                s.weight = static_cast<std::uint32_t>(1 + k % 3);
                s.leverage_e2 = (side == Side::buy ? leverage : 2) * 100;
                s.margin = initial_margin(notional(inst, *entry, lots), s.leverage_e2);
                s.may_top_up = k % 5 == 0 ? 1 : 0;
                if (side == Side::buy && k % 4 == 0) {
                    s.stop = *quantize_price(price * 0.99, inst, Round::down);
                }
                rows.push_back(s);
            }
        }
    }
    return rows;
}

// The same crowd, two in three of those with an account in the first coin having one in both coins
// of the venue: whoever stands at the same place in the two perps.
std::vector<AccountSeed> crowd_of_two_coins(const Plan& plan, int per_instrument, double usd_each) {
    const std::vector<AccountSeed> all = crowd(plan, per_instrument, usd_each);
    const auto each = static_cast<std::size_t>(2 * per_instrument);
    const std::size_t coin = 3 * each;  // three perps of a coin
    std::vector<AccountSeed> out;
    std::vector<AccountSeed> portfolios;
    std::uint32_t number = 0;
    for (std::size_t k = 0; k < coin; ++k) {
        AccountSeed both[] = {all[k], all[k + coin]};
        for (AccountSeed& s : both) {
            s.stop = {};
            s.mode = MarginMode::cross;
            s.may_top_up = 1;
        }
        const bool joined = k % 6 < 4;
        if (joined) {
            ++number;
            both[0].portfolio = both[1].portfolio = number;
        }
        auto& list = joined ? portfolios : out;
        list.insert(list.end(), std::begin(both), std::end(both));
    }
    out.insert(out.end(), portfolios.begin(), portfolios.end());
    return out;
}

struct Result {
    RunTotals totals;
    CountingRecorder recorder;
};

std::unique_ptr<Result> crash(
    const Plan& plan, double level_usd, double sell_usd, Verify verify, bool record) {
    auto result = std::make_unique<Result>();
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, level_usd));
    if (sell_usd > 0) {
        agents.push_back(std::make_unique<Seller>(sell_usd));
    }
    World world(plan, std::move(agents), crowd(plan, 60, 20'000.0));
    if (record) {
        world.set_recorder(&result->recorder);
    }
    world.set_verify(verify);
    result->totals = world.run(nullptr);
    return result;
}

// Money is conserved after every event; both coins of an account are closed, but it is liquidated for
// the first time once; its owner is called for margin; it is in no row of the map.
TEST(World, AccountsInTwoCoinsAreLiquidatedAsOneAndConserveMoney) {
    Plan plan = small_plan(minutes(6));
    plan.population.top_up_awake = plan.population.top_up_awake_night = 1.0;
    plan.population.top_up_delay_min = 0.1;
    plan.output.map = minutes(1);
    Result r;
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, 100'000.0));
    agents.push_back(std::make_unique<Seller>(1e6));
    const std::vector<AccountSeed> seeds = crowd_of_two_coins(plan, 60, 20'000.0);
    World world(plan, std::move(agents), seeds);
    world.set_recorder(&r.recorder);
    world.set_verify(Verify::every_event);
    const ClearingHouse& house = world.clearing();
    std::int64_t accounts = 0;
    std::int64_t persons = 0;
    std::uint32_t last = 0;
    for (const AccountSeed& s : seeds) {
        const bool known = s.portfolio != 0 && s.portfolio == last;
        accounts += known ? 0 : 1;
        persons += known ? 0 : std::int64_t{s.weight};
        last = s.portfolio;
    }
    EXPECT_EQ(house.cross_accounts().accounts().size(), 240U);
    EXPECT_EQ(world.totals().account_rows, accounts);
    EXPECT_EQ(world.totals().accounts, persons);
    std::vector<Money> wallets;
    for (const CrossAccount& c : house.cross_accounts().accounts()) {
        wallets.push_back(house.cash(c.account));
        EXPECT_EQ(c.kind & CrossKind::margin_call, CrossKind::margin_call);
    }

    (void)world.run(nullptr);

    std::map<std::uint32_t, std::array<int, 3>> closed;  // account: times first, coins, weight
    std::map<std::uint32_t, std::set<std::uint32_t>> coins;
    for (const LiquidationRecord& l : r.recorder.liquidations) {
        if (house.is_cross(AccountId::from_raw(l.account))) {
            closed[l.account][0] += l.first;
            coins[l.account].insert(l.instrument / 5);
        }
    }
    EXPECT_GT(closed.size(), 20U);
    std::size_t in_both = 0;
    for (const auto& [account, counts] : closed) {
        // A throttled feed shows one of the like orders apart: two records with the same mark.
        EXPECT_GE(counts[0], 1);
        EXPECT_LE(counts[0], 2);
        in_both += coins[account].size() == 2 ? 1U : 0U;
    }
    EXPECT_GT(in_both, 5U);
    std::size_t called = 0;
    std::size_t richer = 0;
    for (std::size_t k = 0; k < wallets.size(); ++k) {
        const CrossAccount& c = house.cross_accounts().accounts()[k];
        called += (c.kind & CrossKind::margin_call) == 0 ? 1 : 0;
        richer += house.cash(c.account) > wallets[k] ? 1U : 0U;
    }
    EXPECT_GT(called, 10U);
    EXPECT_GT(richer, 5U);
    EXPECT_LE(richer, called);
    std::int64_t on_map = 0;
    std::int64_t rows = 0;
    for (const MapRecord& m : r.recorder.map) {
        on_map += m.time_ns == minutes(1).raw() ? m.accounts : 0;
    }
    for (const AccountSeed& s : seeds) {
        rows += s.portfolio == 0 ? std::int64_t{s.weight} : 0;
    }
    EXPECT_GT(on_map, 0);
    EXPECT_LE(on_map, rows);
}

// The orders that wait: each ends by itself, at its time, and its agent learns of it.
TEST(World, StopsTimedAndReduceOnlyOrdersEndByThemselves) {
    const Plan plan = small_plan(minutes(4));
    InstrumentId perp;
    for (const InstrumentPlan& p : plan.instruments) {
        perp = !perp.valid() && p.instrument.kind == InstrumentKind::linear_perp ? p.instrument.id
                                                                                 : perp;
    }
    Diarist::Diary diary;
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, 200'000.0));
    agents.push_back(std::make_unique<Seller>(4e6));
    agents.push_back(std::make_unique<Diarist>(perp, diary));
    World world(plan, std::move(agents), crowd(plan, 10, 20'000.0));
    world.set_verify(Verify::every_event);
    (void)world.run(nullptr);

    const auto told = [&](OrderId order) {
        std::vector<OwnFill> out;
        for (const OwnFill& own : diary.told) {
            if (own.order == order) {
                out.push_back(own);
            }
        }
        return out;
    };
    const auto bid = told(diary.bid);
    ASSERT_EQ(bid.size(), 1U);
    EXPECT_EQ(bid[0].at, diary.bid_ends);
    EXPECT_EQ(bid[0].qty + bid[0].left, Lots{});
    Lots stopped;
    const auto stop = told(diary.stop);
    for (const OwnFill& own : stop) {
        EXPECT_EQ(own.cause, Cause::stop);
        stopped += own.qty;
    }
    ASSERT_EQ(stopped.raw(), 10);
    const auto profit = told(diary.take_profit);
    ASSERT_FALSE(profit.empty());
    EXPECT_EQ(profit.back().at, stop.back().at) << "it went with the position";
    EXPECT_EQ(profit.back().qty + profit.back().left, Lots{});
}

TEST(World, QuietMarketLiquidatesNobodyWhoIsSolvent) {
    const Plan plan = small_plan(minutes(5));

    const auto r = crash(plan, 100'000.0, 0.0, Verify::every_event, true);

    EXPECT_GT(r->totals.messages, 1000U);
    EXPECT_TRUE(r->recorder.adl.empty());
    EXPECT_EQ(r->recorder.bars.size(), 5 * plan.instruments.size());
}

TEST(World, CrashLiquidatesThroughTheBookOnEveryVenueAndConservesMoney) {
    const Plan plan = small_plan(minutes(6));

    const auto r = crash(plan, 100'000.0, 1e6, Verify::every_event, true);

    bool venue_hit[3] = {};
    double book = 0;
    double fees = 0;
    for (const LiquidationRecord& l : r->recorder.liquidations) {
        venue_hit[l.instrument % 5] = true;
        book += l.kind == static_cast<std::uint8_t>(LiquidationKind::book) ? l.notional_usd : 0.0;
        EXPECT_GT(l.notional_usd, 0.0);
        // Also where a throttled feed shows one of a row's like orders apart from the others.
        const VenueId venue = plan.instruments[l.instrument].instrument.venue;
        const double rate =
            1e-6 * static_cast<double>(plan.venues[venue.raw()].rules.liquidation.fee_ppm);
        EXPECT_LE(l.fee_usd, l.notional_usd * rate + 1e-5);
        fees += l.published != 0 && l.weight == 1 ? l.fee_usd : 0.0;
    }
    EXPECT_GT(fees, 0.0);
    EXPECT_TRUE(venue_hit[0] && venue_hit[1] && venue_hit[2]);
    EXPECT_GT(book, 0.0);
    EXPECT_LT(r->recorder.bars.back().close, plan.assets[1].price * 1.01);
}

TEST(World, SameSeedSameDigestTwiceAndWithRecordingOff) {
    const Plan plan = small_plan(minutes(5));

    const auto first = crash(plan, 100'000.0, 1e6, Verify::periodic, true);
    const auto second = crash(plan, 100'000.0, 1e6, Verify::periodic, true);
    const auto silent = crash(plan, 100'000.0, 1e6, Verify::never, false);
    Plan other = plan;
    other.seed = plan.seed + 1;
    const auto different = crash(other, 100'000.0, 1e6, Verify::periodic, true);

    EXPECT_EQ(first->totals.digest, second->totals.digest);
    EXPECT_EQ(first->totals.digest, silent->totals.digest);
    EXPECT_NE(first->totals.digest, different->totals.digest);
}

TEST(World, TheFirstVenuesGuardsDecideTheIndex) {
    Plan plan = small_plan(minutes(2));
    plan.venues.front().index_weight = 3.0;
    Instrument& coarse =
        plan.instruments[4].instrument;  // U's spot: whole dollars, so its mid differs
    coarse.tick_usd = 1.0;
    coarse.tick_value = Money::from_raw(1'000);
    const auto usual = crash(plan, 100'000.0, 1e6, Verify::periodic, false);
    plan.venues.front().rules.index_outlier_ppm = 0;  // off the median: the weights do not count

    const auto strict = crash(plan, 100'000.0, 1e6, Verify::periodic, false);

    EXPECT_NE(usual->totals.digest, strict->totals.digest);
}

TEST(World, EmptyFundsLeadToAutoDeleveragingWithEqualAmountsOnBothSides) {
    Plan plan = small_plan(minutes(8));
    for (VenuePlan& v : plan.venues) {
        v.rules.fund.initial = Money::from_raw(1'000 * micro_per_usd);
    }

    const auto r = crash(plan, 5'000.0, 4e6, Verify::every_event, true);

    ASSERT_FALSE(r->recorder.adl.empty());
    double winners = 0;
    double losers = 0;
    for (const AdlRecord& a : r->recorder.adl) {
        winners += a.qty * (a.instrument % 5 == 1 ? 0 : 1);
    }
    for (const LiquidationRecord& l : r->recorder.liquidations) {
        if (l.kind == static_cast<std::uint8_t>(LiquidationKind::adl)) {
            losers += l.qty;
        }
    }
    EXPECT_NEAR(winners, losers, 1e-6);
    EXPECT_GT(winners, 0.0);
}

TEST(World, NeutralClosingSendsNoForcedOrder) {
    Plan plan = small_plan(minutes(5));
    plan.switches.forced_orders = false;

    const auto r = crash(plan, 100'000.0, 1e6, Verify::every_event, true);

    ASSERT_FALSE(r->recorder.liquidations.empty());
    for (const BarRecord& b : r->recorder.bars) {
        EXPECT_GE(b.liquidated_long_usd, 0.0);
    }
}

TEST(World, WhatIsSwitchedOffLaterChangesNothingBefore) {
    const Plan plan = small_plan(minutes(5));
    Plan neutral = plan;
    neutral.switches.forced_orders = false;
    neutral.switches.stops = false;
    neutral.switches.off_after = minutes(3);

    const auto base = crash(plan, 100'000.0, 1e6, Verify::every_event, true);
    const auto later = crash(neutral, 100'000.0, 1e6, Verify::every_event, true);

    ASSERT_EQ(base->recorder.bars.size(), later->recorder.bars.size());
    double forced_before = 0.0;
    double forced_after = 0.0;
    for (std::size_t k = 0; k < base->recorder.bars.size(); ++k) {
        const BarRecord& a = base->recorder.bars[k];
        const BarRecord& b = later->recorder.bars[k];
        if (a.time_ns <= minutes(3).raw()) {
            EXPECT_EQ(a.close, b.close);
            EXPECT_EQ(a.liquidated_long_usd, b.liquidated_long_usd);
            forced_before += b.forced_sell_usd;
        } else {
            forced_after += b.forced_sell_usd;
        }
    }
    EXPECT_GT(forced_before, 0.0);
    // The last orders of the third minute arrive in the fourth; after that none.
    EXPECT_LT(forced_after, forced_before);
    EXPECT_NE(base->totals.digest, later->totals.digest);
}

// Holds the hedges it is given and does nothing with them.
class HedgeHolder final : public AgentOf<HedgeHolder> {
  public:
    explicit HedgeHolder(InstrumentId id) : id_{id} {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "holder";
        s.entity = entity_name(902, 0);
        s.instruments = {id_};
        s.takes_hedges = true;
        s.cash_usd_per_venue = 1e6;
        s.first_wake = SimTime{} + seconds(1);
        return s;
    }
    void wake(AgentContext& c) override { held = c.position(id_); }
    Lots held;

  private:
    InstrumentId id_;
};

TEST(World, HedgesOfBasisFundsOpenAtTheAgentThatTakesThem) {
    const Plan plan = small_plan(seconds(30));
    const InstrumentId id = plan.instruments[0].instrument.id;
    std::vector<AccountSeed> rows = crowd(plan, 2, 20'000.0);
    AccountSeed long_side = rows.front();
    AccountSeed fund = rows.front();
    ASSERT_EQ(fund.instrument, id);
    fund.side = Side::sell;
    fund.basis_fund = 1;
    rows.push_back(long_side);
    rows.push_back(fund);
    auto holder = std::make_unique<HedgeHolder>(id);
    const HedgeHolder* const seen = holder.get();
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, 100'000.0));
    agents.push_back(std::move(holder));

    World world(plan, std::move(agents), rows);
    world.set_verify(Verify::every_event);
    const RunTotals totals = world.run(nullptr);

    EXPECT_EQ(seen->held.raw(), -fund.qty.raw());
    EXPECT_EQ(totals.account_rows, static_cast<std::int64_t>(rows.size()) - 1);
}

// Follows accounts from one hour to the next: who is not named has lost funding and nothing else.
class AccountWatch final : public AgentOf<AccountWatch> {
  public:
    struct Seen {
        int named = 0;  // after the first time
        int followed = 0;
        int several = 0;               // of them in more than one coin
        double paid = 0.0, off = 0.0;  // largest, USD
    };
    explicit AccountWatch(std::shared_ptr<Seen> seen) : seen_{std::move(seen)} {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "account watch";
        s.entity = entity_name(902, 0);
        s.first_wake = SimTime{} + seconds(1);
        return s;
    }
    void wake(AgentContext& c) override {
        std::map<std::uint32_t, AccountView> now = before_;
        for (const AccountId account : c.changed_accounts()) {
            seen_->named += before_.empty() ? 0 : 1;
            now[account.raw()] = c.account_view(account);
            paid_[account.raw()] = paid(c, now[account.raw()]);
        }
        for (const auto& [account, view] : before_) {
            if (changed(now[account], view)) {
                continue;  // was named
            }
            const AccountView after = c.account_view(view.account);
            const double due = paid(c, view) - paid_[account];
            ++seen_->followed;
            seen_->several += view.holds > 1 ? 1 : 0;
            seen_->paid = std::max(seen_->paid, std::abs(due));
            seen_->off = std::max(seen_->off, std::abs(view.margin_usd - after.margin_usd - due));
            ASSERT_EQ(after.holds, view.holds);
            for (std::size_t k = 0; k < view.holds; ++k) {
                EXPECT_EQ(after.held[k].qty, view.held[k].qty);
                EXPECT_EQ(after.held[k].entry_usd, view.held[k].entry_usd);
            }
        }
        before_ = now;
        c.wake_after(minutes(50));
    }

  private:
    // Since the start, for the positions as they are.
    static double paid(AgentContext& c, const AccountView& view) {
        double sum = 0.0;
        for (const PositionView& p : view.positions()) {
            sum += static_cast<double>(sign(view.side)) * static_cast<double>(p.qty.raw()) *
                   c.instrument(p.instrument).lot_base * c.funding_paid_usd(p.instrument);
        }
        return sum;
    }
    static bool changed(const AccountView& a, const AccountView& b) {
        bool out = a.holds != b.holds || a.margin_usd != b.margin_usd;
        for (std::size_t k = 0; !out && k < a.holds; ++k) {
            out = a.held[k].qty != b.held[k].qty;
        }
        return out;
    }
    std::shared_ptr<Seen> seen_;
    std::map<std::uint32_t, AccountView> before_;
    std::map<std::uint32_t, double> paid_;
};

TEST(World, WhoIsNotNamedHasLostFundingAndNothingElse) {
    const Plan plan = small_plan(hours(2) + minutes(1));
    const auto seen = std::make_shared<AccountWatch::Seen>();
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, 100'000.0));
    agents.push_back(std::make_unique<Seller>(1e6));
    agents.push_back(std::make_unique<AccountWatch>(seen));

    World world(plan, std::move(agents), crowd_of_two_coins(plan, 20, 20'000.0));
    (void)world.run(nullptr);

    EXPECT_GT(seen->named, 0);
    EXPECT_GT(seen->followed, 100);
    EXPECT_GT(seen->several, 50);
    EXPECT_GT(seen->paid, 0.1);
    EXPECT_LT(seen->off, 1e-5);  // each payment is rounded to a micro-dollar
}

// Halves and closes what it is told of accounts in two coins.
class Closer final : public AgentOf<Closer> {
  public:
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "closer";
        s.entity = entity_name(902, 0);
        s.first_wake = SimTime{} + seconds(20);
        return s;
    }
    void wake(AgentContext& c) override {
        for (const AccountId account : c.changed_accounts()) {
            const AccountView view = c.account_view(account);
            if (view.instrument.valid() || started_) {
                continue;
            }
            EXPECT_EQ(view.holds, 2);
            // Of every pair the first coin whole, the second half.
            c.close_position(account, view.held[0].instrument, 1'000'000, Cause::closing);
            c.close_position(account, view.held[1].instrument, 500'000, Cause::closing);
        }
        started_ = true;
    }

  private:
    bool started_ = false;
};

TEST(World, PositionsOfAnAccountInTwoCoinsAreClosedOneByOne) {
    const Plan plan = small_plan(minutes(1));
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, 10e6));
    agents.push_back(std::make_unique<Closer>());
    const std::vector<AccountSeed> seeds = crowd_of_two_coins(plan, 10, 20'000.0);
    World world(plan, std::move(agents), seeds);
    world.set_verify(Verify::every_event);
    (void)world.run(nullptr);

    const ClearingHouse& house = world.clearing();
    const auto& accounts = house.cross_accounts().accounts();
    std::size_t k = 0;
    std::size_t of_account = 0;
    for (const AccountSeed& s : seeds) {
        if (s.portfolio == 0) {
            continue;
        }
        const std::int64_t left =
            magnitude(house.position(accounts[k].account, s.instrument)).raw();
        EXPECT_EQ(left, of_account == 0 ? 0 : s.qty.raw() / 2);
        of_account = 1 - of_account;
        k += of_account == 0 ? 1 : 0;
    }
    EXPECT_EQ(k, accounts.size());
}

TEST(World, TheMapThatFollowsChangesIsTheOneCountedAnew) {
    Plan plan = small_plan(hours(8) + minutes(2));
    plan.output.map = minutes(1);
    CountingRecorder recorder;
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Ladder>(plan, 100'000.0));
    agents.push_back(std::make_unique<Seller>(1e6));
    World world(plan, std::move(agents), crowd(plan, 40, 20'000.0));
    world.set_recorder(&recorder);
    (void)world.run(nullptr);

    ASSERT_GT(recorder.liquidations.size(), 0U);
    ASSERT_GT(recorder.funding.size(), 0U);
    ASSERT_FALSE(recorder.map.empty());
    using Cell = std::tuple<std::uint32_t, std::int64_t, int, int>;  // asset, bin, band, long
    std::map<Cell, std::pair<double, std::int64_t>> kept;
    std::map<Cell, std::pair<double, std::int64_t>> counted;
    for (const MapRecord& m : recorder.map) {
        if (m.time_ns == plan.length.raw()) {  // the last one
            const double step = 0.005 * plan.assets[m.asset].price;
            kept[{m.asset, std::llround(m.price_low / step), m.band, m.is_long}] = {m.notional_usd,
                                                                                    m.accounts};
        }
    }
    for (const Row& r : world.clearing().rows()) {
        const double lots = std::abs(static_cast<double>(world.clearing().state(r).qty.raw()));
        if (lots == 0.0 || r.liquidation <= 0) {
            continue;
        }
        const Instrument& inst = plan.instruments[r.instrument].instrument;
        const double price = static_cast<double>(r.liquidation) * inst.tick_usd;
        const double bin = std::floor(price / (0.005 * plan.assets[inst.base.raw()].price));
        if (bin >= 400.0) {
            continue;
        }
        const auto leverage = r.leverage_e2;
        const int band = leverage > 5000   ? 4
                         : leverage > 2500 ? 3
                         : leverage > 1000 ? 2
                         : leverage > 500  ? 1
                                           : 0;
        auto& cell = counted[{
            inst.base.raw(), static_cast<std::int64_t>(bin), band, r.side == Side::buy ? 1 : 0}];
        cell.first += price * inst.lot_base * lots;
        cell.second += r.weight;
    }
    ASSERT_EQ(kept.size(), counted.size());
    for (const auto& [cell, sums] : counted) {
        ASSERT_TRUE(kept.contains(cell));
        EXPECT_NEAR(kept[cell].first, sums.first, 0.5);  // each row is rounded to a cent
        EXPECT_EQ(kept[cell].second, sums.second);
    }
}

TEST(World, FundingIsPaidOnTheVenuesOwnGridAndNetsToZero) {
    Plan plan = small_plan(hours(8) + minutes(1));
    plan.output.bar = hours(1);

    const auto r = crash(plan, 100'000.0, 0.0, Verify::periodic, true);

    int hourly = 0;
    int eight_hourly = 0;
    for (const FundingRecord& f : r->recorder.funding) {
        (f.instrument % 5 == 2 ? hourly : eight_hourly) += 1;
        EXPECT_LT(std::abs(f.rate), 0.005);
    }
    EXPECT_EQ(hourly, 2 * 8);
    EXPECT_EQ(eight_hourly, 2 * 2);
}

}  // namespace
}  // namespace margincall
