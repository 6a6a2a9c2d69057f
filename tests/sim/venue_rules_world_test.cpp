// Rules of single venues at work in a small world whose prices stand still: funding by every
// method, with payments computed by hand, and price bands on orders.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/world.hpp"
#include "support/quiet_recorder.hpp"
#include "support/quotes_all_books.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

constexpr std::uint32_t perp_a = 0;  // of the first coin, on the first venue
constexpr double index_usd = 100'000.0;

// Quotes once: every book around its coin's start price, the first perp around a price of its own.
class Quotes final : public AgentOf<Quotes> {
  public:
    Quotes(const Plan& plan, double perp_usd, double half_spread_usd)
        : plan_{plan}, perp_usd_{perp_usd}, half_{half_spread_usd} {}
    [[nodiscard]] AgentSetup setup() const override {
        return testing::quotes_all_books(plan_, "quotes", entity_name(910, 0));
    }
    void wake(AgentContext& c) override {
        for (const InstrumentPlan& p : plan_.instruments) {
            const Instrument& inst = p.instrument;
            const bool own = inst.id.raw() == perp_a;
            const double mid = own ? perp_usd_ : plan_.assets[inst.base.raw()].price;
            const double half = own ? half_ : mid * 0.0001;
            const Lots lots = quantize_qty(10.0, inst);
            for (const Side side : {Side::buy, Side::sell}) {
                const double price = side == Side::buy ? mid - half : mid + half;
                c.limit(inst.id,
                        side,
                        *quantize_price(price, inst, Round::down),
                        lots,
                        TimeInForce::gtc,
                        PostOnly::yes,
                        Cause::maker);
            }
        }
    }

  private:
    const Plan& plan_;
    double perp_usd_, half_;
};

class Seen final : public testing::QuietRecorder {
  public:
    using QuietRecorder::on;
    void on(const LiquidationRecord& r) override { liquidations.push_back(r); }
    void on(const FundingRecord& r) override {
        if (r.instrument == perp_a) {
            funding.push_back(r);
        }
    }
    std::vector<FundingRecord> funding;
    std::vector<LiquidationRecord> liquidations;
};

AccountSeed one_coin(Side side, double entry_usd, double margin_usd, std::int64_t leverage) {
    AccountSeed s;
    s.instrument = InstrumentId::from_raw(perp_a);
    s.side = side;
    s.qty = Lots::from_raw(1'000);
    s.entry = Ticks::from_raw(std::llround(entry_usd * 10.0));
    s.leverage_e2 = leverage * 100;
    s.margin = Money::from_raw(std::llround(margin_usd * 1e6));
    return s;
}

// One coin long against one short, the perp quoted at 100,100 over an index of 100,000.
std::vector<FundingRecord> funding_of(const FundingRule& rule, Duration length) {
    Plan plan = small_plan(length);
    plan.venues[0].rules.funding = rule;
    plan.venues[0].rules.mark.method = MarkMethod::index_average;
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<Quotes>(plan, 100'100.0, 10.0));
    World world(plan,
                std::move(agents),
                {one_coin(Side::buy, index_usd, 50'000.0, 2),
                 one_coin(Side::sell, index_usd, 50'000.0, 2)});
    Seen seen;
    world.set_recorder(&seen);
    world.set_verify(Verify::periodic);
    (void)world.run(nullptr);
    return seen.funding;
}

FundingRule rule_of(FundingMethod method, Duration interval) {
    FundingRule rule;
    rule.method = method;
    rule.interval = interval;
    rule.sample = minutes(1);
    rule.interest_ppb = 0;
    rule.price = FundingPrice::index;
    return rule;
}

// Mean gap of 0.1 %, no damper; paid at the mark of 100,100.
TEST(VenueRulesWorld, ClampedMeanOfTheMovingWindowIsPaid) {
    FundingRule rule = rule_of(FundingMethod::mean_clamp, minutes(10));
    rule.weights = FundingWeights::moving;
    rule.price = FundingPrice::mark;

    const std::vector<FundingRecord> paid = funding_of(rule, minutes(21));

    ASSERT_EQ(paid.size(), 2U);
    for (const FundingRecord& f : paid) {
        EXPECT_DOUBLE_EQ(f.premium, 0.001);
        EXPECT_DOUBLE_EQ(f.rate, 0.001);
        EXPECT_DOUBLE_EQ(f.paid_usd, 100.1);
    }
}

// 0.1 % less the dead zone of 0.025 % per 8 h. Ten settlements, the first without the sample of its
// own second: 599 s of 0.075 % / 28,800 s are 15,599 ppb of 100,000.
TEST(VenueRulesWorld, ContinuousFundingIsPaidEveryMinute) {
    FundingRule rule = rule_of(FundingMethod::continuous, hours(8));
    rule.sample = seconds(1);
    rule.clamp_ppb = 250'000;

    const std::vector<FundingRecord> paid = funding_of(rule, minutes(10) + seconds(30));

    ASSERT_EQ(paid.size(), 10U);
    double sum = 0.0;
    for (const FundingRecord& f : paid) {
        EXPECT_DOUBLE_EQ(f.interval_h, 1.0 / 60.0);
        sum += f.paid_usd;
    }
    EXPECT_NEAR(sum, 1.5599, 1e-9);
}

// The impact bid 100,090 is a premium of 900 ppm in every vote. 59 of the first hour's 60 minutes
// are complete when it ends: 885 ppm per 8 h, 110,625 ppb an hour of 100,000.
TEST(VenueRulesWorld, VotesArePaidByTheHour) {
    FundingRule rule = rule_of(FundingMethod::vote_median, hours(1));
    rule.impact_notional = Money::from_raw(10'000 * micro_per_usd);

    const std::vector<FundingRecord> paid = funding_of(rule, hours(2) + minutes(1));

    ASSERT_EQ(paid.size(), 2U);
    EXPECT_NEAR(paid[0].rate, 110'625e-9, 1e-15);
    EXPECT_NEAR(paid[0].paid_usd, 11.0625, 1e-9);
    EXPECT_NEAR(paid[1].paid_usd, 11.25, 1e-9);  // 900 ppm / 8
}

// A gap of 100 USD, a 24th of it an hour: 4.1667 USD.
TEST(VenueRulesWorld, TheGapOfTwoMeansIsPaid) {
    const std::vector<FundingRecord> paid =
        funding_of(rule_of(FundingMethod::twap_gap, hours(1)), hours(1) + minutes(1));

    ASSERT_EQ(paid.size(), 1U);
    EXPECT_NEAR(paid[0].premium, 0.001, 1e-12);
    EXPECT_NEAR(paid[0].paid_usd, 4.1667, 1e-9);
}

// Sends one order of each sort and keeps what becomes of it.
class Trader final : public AgentOf<Trader> {
  public:
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup s;
        s.name = "trader";
        s.entity = entity_name(911, 0);
        s.instruments = {InstrumentId::from_raw(perp_a)};
        s.cash_usd_per_venue = 1e9;
        s.wants_fills = true;
        s.first_wake = SimTime{} + seconds(3);
        return s;
    }
    void wake(AgentContext& c) override {
        const auto id = InstrumentId::from_raw(perp_a);
        const auto ticks = [&](double usd) {
            return *quantize_price(usd, c.instrument(id), Round::down);
        };
        const Lots one = Lots::from_raw(1'000);
        for (const OwnFill& f : c.new_fills()) {
            ended.push_back(f);
        }
        position = c.position(id);
        if (!sent) {
            sent = true;
            c.market(id, Side::sell, one, Cause::noise);
            beyond = c.limit(
                id, Side::buy, ticks(100'250.0), one, TimeInForce::gtc, PostOnly::no, Cause::noise);
            c.limit(id,
                    Side::sell,
                    ticks(100'300.0),
                    one,
                    TimeInForce::gtc,
                    PostOnly::no,
                    Cause::noise);
        }
        c.wake_after(seconds(5));
    }
    bool sent = false;
    OrderId beyond;
    Lots position;
    std::vector<OwnFill> ended;
};

// Mark 100,000, band 0.2 %, bid 99,750 and ask 100,250 outside: users cannot reach them, and learn
// of the refusal; the liquidation of a long that is bankrupt at 99,700 fills at 99,750.
TEST(VenueRulesWorld, BandsBoundUsersAndNotTheEngine) {
    for (const BandMethod method : {BandMethod::none,
                                    BandMethod::around_mark,
                                    BandMethod::around_last,
                                    BandMethod::index_premium}) {
        Plan plan = small_plan(seconds(20));
        plan.venues[0].rules.band = {
            .method = method, .down_ppm = 2'000, .up_ppm = 2'000, .outer_ppm = 4'000};
        plan.venues[0].rules.mark.method = MarkMethod::index_average;
        auto owned = std::make_unique<Trader>();
        const Trader* const trader = owned.get();
        std::vector<std::unique_ptr<Agent>> agents;
        agents.push_back(std::make_unique<Quotes>(plan, index_usd, 250.0));
        agents.push_back(std::move(owned));
        World world(plan,
                    std::move(agents),
                    {one_coin(Side::buy, 100'500.0, 800.0, 125),
                     one_coin(Side::sell, index_usd, 50'000.0, 2)});
        Seen seen;
        world.set_recorder(&seen);
        world.set_verify(Verify::every_event);
        const RunTotals totals = world.run(nullptr);

        ASSERT_FALSE(seen.liquidations.empty());
        EXPECT_DOUBLE_EQ(seen.liquidations[0].price, 99'750.0);
        if (method == BandMethod::none) {
            EXPECT_EQ(totals.rejects, 0);
            EXPECT_EQ(trader->position.raw(), 0);  // sold at 99,750 and bought at 100,250
            EXPECT_GT(trader->ended.size(), 1U);
        } else if (method == BandMethod::around_last) {
            // The liquidation was the last trade, so the band lies around 99,750.
            EXPECT_EQ(totals.rejects, 1);
            EXPECT_EQ(trader->position.raw(), -1'000);
        } else {
            EXPECT_EQ(totals.rejects, 1);
            EXPECT_EQ(trader->position.raw(), 0);
            ASSERT_EQ(trader->ended.size(), 1U);
            EXPECT_EQ(trader->ended[0].order, trader->beyond);
            EXPECT_EQ(trader->ended[0].qty, Lots{});
        }
    }
}

}  // namespace
}  // namespace margincall
