#include "agents/leveraged_owners.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "population_market.hpp"

namespace margincall {
namespace {

using namespace population_test;

// Everybody fills at mid at once; the depth is what the test says.
class SimpleMarket : public OwnerMarket {
  public:
    explicit SimpleMarket(const Plan& plan) : plan_(plan) {
        for (const AccountSeed& seed : draw_population(plan)) {
            add(seed);
        }
        for (const InstrumentPlan& ip : plan.instruments) {
            View v;
            v.mid = v.mark = plan.assets[ip.instrument.base.raw()].price;
            v.depth_bid = v.depth_ask = 0.003 *
                                        plan.assets[ip.instrument.base.raw()].open_interest *
                                        plan.venues[ip.instrument.venue.raw()].oi_share;
            views_.push_back(v);
        }
    }
    View view(InstrumentId id) override { return views_[id.raw()]; }
    std::span<const AccountId> changed() override {
        told_.swap(changed_);
        changed_.clear();
        return told_;
    }
    AccountView row(AccountId account) override { return rows_[account.raw()]; }
    void open(const AccountSeed& seed) override {
        ++messages;
        note(seed.instrument, seed.side, seed.qty, opened);
        add(seed);
    }
    void close(AccountId account, std::int64_t share_ppm) override {
        ++messages;
        AccountView& row = rows_[account.raw()];
        const std::int64_t lots =
            std::min(row.qty.raw(),
                     static_cast<std::int64_t>(std::ceil(static_cast<double>(row.qty.raw()) *
                                                         static_cast<double>(share_ppm) * 1e-6)));
        note(row.instrument, opposite(row.side), Lots::from_raw(lots), closed);
        row.qty = row.qty - Lots::from_raw(lots);
        changed_.push_back(account);
    }

    [[nodiscard]] double open_interest_usd(Side side) const {
        double sum = 0.0;
        for (const AccountView& row : rows_) {
            sum += row.side == side ? usd_of(row.instrument, row.qty) : 0.0;
        }
        return sum;
    }
    void move(double factor) {
        for (View& v : views_) {
            v.mid *= factor;
            v.mark *= factor;
        }
    }

    std::int64_t messages = 0;
    double opened = 0.0;  // USD, both sides
    double closed = 0.0;
    double net_buys = 0.0;  // of takers
    double largest_of_depth = 0.0;
    std::vector<View> views_;

  private:
    void add(const AccountSeed& seed) {
        AccountView row;
        row.account = AccountId::from_raw(static_cast<std::uint32_t>(rows_.size()));
        row.instrument = seed.instrument;
        row.side = seed.side;
        row.weight = seed.weight;
        row.qty = seed.qty;
        row.entry_usd = to_usd(plan_.instruments[seed.instrument.raw()].instrument, seed.entry);
        row.margin_usd = to_usd(seed.margin);
        row.leverage = static_cast<double>(seed.leverage_e2) / 100.0;
        row.hedger = seed.hedger;
        rows_.push_back(row);
        changed_.push_back(row.account);
    }
    [[nodiscard]] double usd_of(InstrumentId id, Lots qty) const {
        const Instrument& inst = plan_.instruments[id.raw()].instrument;
        return static_cast<double>(qty.raw()) * inst.lot_base * plan_.assets[inst.base.raw()].price;
    }
    void note(InstrumentId id, Side taker, Lots qty, double& total) {
        const double usd_traded = usd_of(id, qty);
        total += usd_traded;
        net_buys += static_cast<double>(sign(taker)) * usd_traded;
        largest_of_depth = std::max(largest_of_depth, usd_traded / views_[id.raw()].depth_bid);
    }

    const Plan& plan_;
    std::vector<AccountView> rows_;  // by account; those that closed are empty
    std::vector<AccountId> changed_, told_;
};

Plan calm_plan() {
    Plan plan = make_market();
    add_history(plan);
    plan.population.rows = 30'000;
    return plan;
}

TEST(LeveragedOwners, LongProbabilityFollowsTrendAndBuysDips) {
    const PopulationPlan p;
    EXPECT_NEAR(long_probability(p, 0, 0), 1.0 / (1.0 + std::exp(-0.2)), 1e-12);
    EXPECT_GT(long_probability(p, 1, 0), long_probability(p, 0, 0));
    EXPECT_LT(long_probability(p, -1, 0), long_probability(p, 0, 0));
    EXPECT_GT(long_probability(p, 0, -2), long_probability(p, 0, 0));
    EXPECT_EQ(long_probability(p, 0, 2), long_probability(p, 0, 0));
}

TEST(LeveragedOwners, CalmFlowIsTwoSidedAndKeepsOpenInterest) {
    const Plan plan = calm_plan();
    SimpleMarket market{plan};
    LeveragedOwners owners{plan};
    const double before_long = market.open_interest_usd(Side::buy);
    const double before_short = market.open_interest_usd(Side::sell);

    for (int k = 0; k < 24 * 60; ++k) {
        for (int part = 0; part < 6; ++part) {
            owners.step(market, 10.0);
        }
    }

    const double turnover = market.opened / before_long;
    std::printf(
        "opened %.3f, closed %.3f of OI; net %.4f; long %.3f short %.3f; messages %.2f/s; largest "
        "%.4f\n",
        turnover,
        market.closed / before_long,
        market.net_buys / before_long,
        market.open_interest_usd(Side::buy) / before_long,
        market.open_interest_usd(Side::sell) / before_short,
        static_cast<double>(market.messages) / 86'400.0,
        market.largest_of_depth);
    EXPECT_NEAR(turnover, plan.population.turnover_per_day, 0.05);
    EXPECT_NEAR(market.closed / before_long, plan.population.turnover_per_day, 0.06);
    EXPECT_NEAR(market.open_interest_usd(Side::buy) / before_long, 1.0, 0.04);
    EXPECT_NEAR(market.open_interest_usd(Side::sell) / before_short, 1.0, 0.04);
    EXPECT_LT(std::fabs(market.net_buys), 0.05 * before_long);
    EXPECT_LE(market.largest_of_depth, 1.01 * LeveragedOwners::slice_of_depth_max);
    EXPECT_LT(static_cast<double>(market.messages) / 86'400.0, 10.0);
}

TEST(LeveragedOwners, LosersReduceAfterAFall) {
    const Plan plan = calm_plan();
    Plan still = plan;
    still.population.turnover_per_day = 0.0;
    SimpleMarket market{still};
    LeveragedOwners owners{still};
    const double before = market.open_interest_usd(Side::buy);
    market.move(0.9);

    for (int k = 0; k < 360; ++k) {
        owners.step(market, 10.0);
    }

    EXPECT_EQ(market.opened, 0.0);
    EXPECT_LT(market.open_interest_usd(Side::buy), 0.998 * before);
    EXPECT_GT(market.open_interest_usd(Side::buy), 0.9 * before);
    EXPECT_LT(market.net_buys, 0.0);
}

// Otherwise a collapsed book would fill the market with rows of crumbs.
TEST(LeveragedOwners, NobodyOpensInAVeryThinBook) {
    const Plan plan = calm_plan();
    SimpleMarket market{plan};
    LeveragedOwners owners{plan};
    owners.step(market, 0.1);
    const double before = market.opened;
    for (auto& view : market.views_) {
        view.depth_bid *= 0.1;
        view.depth_ask *= 0.1;
    }

    for (int k = 0; k < 1'000; ++k) {
        owners.step(market, 10.0);
    }

    EXPECT_EQ(market.opened, before);
    EXPECT_GT(market.closed, 0.0);
}

TEST(LeveragedOwners, NobodyTradesWithoutDepth) {
    const Plan plan = calm_plan();
    SimpleMarket market{plan};
    for (auto& view : market.views_) {
        view.depth_bid = view.depth_ask = 0.0;
    }
    LeveragedOwners owners{plan};
    for (int k = 0; k < 1'000; ++k) {
        owners.step(market, 10.0);
    }
    EXPECT_EQ(market.messages, 0);
}

}  // namespace
}  // namespace margincall
