#include "agents/leveraged_owners.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

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
    AccountView account(AccountId account) override { return accounts_[account.raw()]; }
    void open(const AccountSeed& seed) override {
        ++messages;
        note(seed.instrument, seed.side, seed.qty, opened);
        add(seed);
    }
    void close(AccountId account, InstrumentId id, std::int64_t share_ppm) override {
        ++messages;
        AccountView& a = accounts_[account.raw()];
        const auto at = std::find_if(a.held.begin(), a.held.begin() + a.holds, [&](const auto& p) {
            return p.instrument == id;
        });
        if (at == a.held.begin() + a.holds) {
            return;
        }
        const std::int64_t lots =
            std::min(at->qty.raw(),
                     static_cast<std::int64_t>(std::ceil(static_cast<double>(at->qty.raw()) *
                                                         static_cast<double>(share_ppm) * 1e-6)));
        note(id, opposite(a.side), Lots::from_raw(lots), closed);
        closed_of[id.raw()][a.side == Side::buy ? 0 : 1] += usd_of(id, Lots::from_raw(lots));
        at->qty -= Lots::from_raw(lots);
        if (at->qty.raw() == 0) {
            *at = a.held[--a.holds];
        }
        changed_.push_back(account);
    }

    [[nodiscard]] double open_interest_usd(Side side) const {
        double sum = 0.0;
        for (const AccountView& a : accounts_) {
            for (const PositionView& p : a.positions()) {
                sum += a.side == side ? usd_of(p.instrument, p.qty) : 0.0;
            }
        }
        return sum;
    }
    [[nodiscard]] const std::vector<AccountView>& accounts() const { return accounts_; }
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
    std::map<std::uint32_t, std::array<double, 2>> closed_of;  // USD by instrument: long, short
    std::vector<View> views_;

  private:
    void add(const AccountSeed& seed) {
        const Instrument& inst = plan_.instruments[seed.instrument.raw()].instrument;
        const double entry = to_usd(inst, seed.entry);
        if (seed.portfolio == 0 || seed.portfolio != portfolio_) {
            AccountView a;
            a.account = AccountId::from_raw(static_cast<std::uint32_t>(accounts_.size()));
            a.venue = inst.venue;
            a.instrument = seed.portfolio == 0 ? seed.instrument : InstrumentId{};
            a.side = seed.side;
            a.weight = seed.weight;
            a.leverage = static_cast<double>(seed.leverage_e2) / 100.0;
            a.hedger = seed.hedger;
            accounts_.push_back(a);
            changed_.push_back(a.account);
        }
        portfolio_ = seed.portfolio;
        AccountView& a = accounts_.back();
        a.add({.instrument = seed.instrument, .qty = seed.qty, .entry_usd = entry});
        a.margin_usd += to_usd(seed.margin);
        if (seed.portfolio != 0) {
            double worth = 0.0;
            for (const PositionView& p : a.positions()) {
                const Instrument& own = plan_.instruments[p.instrument.raw()].instrument;
                worth += static_cast<double>(p.qty.raw()) * own.lot_base * p.entry_usd;
            }
            a.leverage = worth / a.margin_usd;
        }
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
    std::vector<AccountView> accounts_;  // by account; those that closed are empty
    std::uint32_t portfolio_ = 0;        // of the seed before
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

void expect_calm_flow(const Plan& plan) {
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

TEST(LeveragedOwners, CalmFlowIsTwoSidedAndKeepsOpenInterest) {
    expect_calm_flow(calm_plan());
}

TEST(LeveragedOwners, CalmFlowIsTheSameWithAccountsInSeveralCoins) {
    Plan plan = calm_plan();
    plan.population.coins_max = 6;
    expect_calm_flow(plan);
}

// Accounts of one size: in every perp and side 2,000 rows, and 2,000 positions of portfolios in two
// coins. Leverage differs from coin to coin.
Plan plan_of_pairs() {
    Plan plan = calm_plan();
    plan.population.deleverage_hazard = 0.0;
    constexpr std::int64_t each = 2'000;
    const std::size_t coins = plan.assets.size();
    constexpr std::int64_t leverage_e2[] = {200, 400, 800, 1'200};
    const auto seed = [&](std::size_t coin, std::size_t venue, Side side) {
        const InstrumentPlan& ip = plan.instruments[coin * plan.venues.size() + venue];
        AccountSeed s;
        s.instrument = ip.instrument.id;
        s.side = side;
        s.mode = MarginMode::cross;
        s.qty = quantize_qty(liquidatable_coins(plan, ip) / (2.0 * each), ip.instrument);
        s.entry = *quantize_price(plan.assets[coin].price, ip.instrument, Round::down);
        s.leverage_e2 = leverage_e2[coin];
        s.margin =
            Money::from_raw(100 * notional(ip.instrument, s.entry, s.qty).raw() / s.leverage_e2);
        return s;
    };
    std::vector<AccountSeed> rows;
    std::vector<AccountSeed> portfolios;
    std::uint32_t number = 0;
    for (std::size_t venue = 0; venue < plan.venues.size(); ++venue) {
        for (const Side side : {Side::buy, Side::sell}) {
            for (std::int64_t k = 0; k < each; ++k) {
                for (std::size_t coin = 0; coin < coins; ++coin) {
                    rows.push_back(seed(coin, venue, side));
                    AccountSeed first = seed(coin, venue, side);
                    AccountSeed second = seed((coin + 1) % coins, venue, side);
                    if (k % 2 == 0) {  // each coin is once the first and once the second
                        first.portfolio = second.portfolio = ++number;
                        portfolios.push_back(first);
                        portfolios.push_back(second);
                    }
                }
            }
        }
    }
    plan.population.book = rows;
    plan.population.book.insert(plan.population.book.end(), portfolios.begin(), portfolios.end());
    return plan;
}

// Rows and portfolios together close in every perp and side what is opened there, and who leaves
// closes all coins.
TEST(LeveragedOwners, EveryPerpClosesWhatItOpensWithAccountsInSeveralCoins) {
    Plan plan = plan_of_pairs();
    plan.population.turnover_per_day = 3.0;  // in an hour, so that few leave who came during it
    SimpleMarket market{plan};
    for (auto& view : market.views_) {
        view.depth_bid = view.depth_ask *= 10.0;  // no queues
    }
    LeveragedOwners owners{plan};
    const double calm = long_probability(plan.population, 0.0, 0.0);

    for (int k = 0; k < 360; ++k) {
        owners.step(market, 10.0);
    }

    for (const InstrumentPlan& ip : plan.instruments) {
        const double usd_held =
            liquidatable_coins(plan, ip) * plan.assets[ip.instrument.base.raw()].price;
        for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
            const double opened = plan.population.turnover_per_day / 24.0 * usd_held *
                                  (side == 0 ? calm : 1.0 - calm);
            EXPECT_NEAR(market.closed_of[ip.instrument.id.raw()][side] / opened, 1.0, 0.25)
                << ip.name << " " << side;
        }
    }
    std::size_t gone = 0;
    std::size_t half_gone = 0;
    for (const AccountView& a : market.accounts()) {
        gone += !a.instrument.valid() && a.holds == 0 ? 1U : 0U;
        half_gone += !a.instrument.valid() && a.holds == 1 ? 1U : 0U;
    }
    EXPECT_GT(gone, 1'000U);
    EXPECT_LT(half_gone, gone / 20);
}

// A coin that falls alone makes owners halve all their coins.
TEST(LeveragedOwners, OwnersOfSeveralCoinsHalveAllOfThem) {
    Plan plan = plan_of_pairs();
    plan.population.turnover_per_day = 0.0;
    plan.population.deleverage_hazard = 0.02;  // so that no queue is full
    SimpleMarket market{plan};
    LeveragedOwners owners{plan};
    const std::vector<AccountView> before = market.accounts();
    const std::size_t fallen = plan.assets.size() - 1;
    const auto pass = [&](double factor, int hours) {
        for (const InstrumentPlan& ip : plan.instruments) {
            if (ip.instrument.base.raw() == fallen) {
                market.views_[ip.instrument.id.raw()].mark *= factor;
            }
        }
        for (int k = 0; k < hours * 360; ++k) {
            owners.step(market, 10.0);
        }
    };
    pass(0.6, 6);
    pass(1.0 / 0.6, 24);  // what has been decided is carried out

    std::map<std::size_t, double> halved;  // by number of coins closed in part or whole
    for (std::size_t k = 0; k < before.size(); ++k) {
        const AccountView& a = before[k];
        const AccountView& b = market.accounts()[k];
        if (a.instrument.valid()) {
            continue;
        }
        std::size_t closed = 0;
        bool has_fallen = false;
        for (const PositionView& p : a.positions()) {
            has_fallen =
                has_fallen || plan.instruments[p.instrument.raw()].instrument.base.raw() == fallen;
            const auto left =
                std::find_if(b.held.begin(), b.held.begin() + b.holds, [&](const auto& q) {
                    return q.instrument == p.instrument;
                });
            closed += left == b.held.begin() + b.holds || left->qty < p.qty ? 1U : 0U;
        }
        EXPECT_TRUE(closed == 0 || (has_fallen && a.side == Side::buy)) << k;
        ++halved[closed];
    }
    EXPECT_GT(halved[2], 50.0);
    EXPECT_LT(halved[1], 0.1 * halved[2]);
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
