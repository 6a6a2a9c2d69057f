#include "agents/owner_roster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "base/random.hpp"
#include "poisson_counts.hpp"

namespace margincall {
namespace {

using population_test::compare;
using population_test::Comparison;

constexpr std::size_t sides = 2;

// A lot of each perp is worth about a dollar.
constexpr double start_price[] = {1'000.0, 40.0, 2.0};

std::vector<Instrument> make_perps(std::size_t count) {
    std::vector<Instrument> out(count);
    for (std::size_t k = 0; k < count; ++k) {
        out[k].id = InstrumentId::of_row(k);
        out[k].kind = InstrumentKind::linear_perp;
        out[k].tick_usd = start_price[k] * 1e-4;
        out[k].lot_base = 1.0 / start_price[k];
        out[k].price_max = Ticks::from_raw(10'000'000);
    }
    return out;
}

std::size_t index_of(Side side) {
    return side == Side::buy ? 0 : 1;
}

// Accounts that somebody else moves, in one perp or in several; rosters of both sides that follow
// them.
class Stage : public OwnerMarket {
  public:
    explicit Stage(const PopulationPlan& population, std::size_t perps = 1)
        : population_(population), perps_(make_perps(perps)), now(perps) {
        std::vector<OwnerRoster::Perp> all;
        for (std::size_t k = 0; k < perps; ++k) {
            all.push_back({.instrument = &perps_[k], .view = k});
            now[k].mark = start_price[k];
        }
        rosters.emplace_back(population_, all, Side::buy);
        rosters.emplace_back(population_, all, Side::sell);
    }

    View view(InstrumentId id) override { return now[id.raw()]; }
    std::span<const AccountId> changed() override { return {}; }
    AccountView account(AccountId account) override { return accounts[account.raw()]; }
    void open(const AccountSeed& /*seed*/) override {}
    void close(AccountId /*account*/, InstrumentId /*id*/, std::int64_t /*share_ppm*/) override {}

    AccountView& add(Side side, double leverage) {
        AccountView account;
        account.account = AccountId::of_row(accounts.size());
        account.side = side;
        account.leverage = leverage;
        accounts.push_back(account);
        places_.push_back(OwnerRoster::nowhere);
        return accounts.back();
    }
    // With a position of 1,000 lots in the first perp.
    AccountView& add(Side side, double leverage, double entry, double margin) {
        AccountView& account = add(side, leverage);
        account.add({.instrument = perps_[0].id, .qty = Lots::from_raw(1'000), .entry_usd = entry});
        account.margin_usd = margin;
        return account;
    }
    void tell(const AccountView& account) {
        rosters[index_of(account.side)].note(places_[account.account.raw()], account, now);
    }
    void move() {
        for (OwnerRoster& roster : rosters) {
            roster.move(now, *this);
        }
    }
    void check() {
        for (const OwnerRoster& roster : rosters) {
            check_roster(roster, now, *this);
        }
    }
    // Said apart from the roster: losses over all positions, over the money.
    [[nodiscard]] double lost(const AccountView& account) const {
        double loss = 0.0;
        for (const PositionView& p : account.positions()) {
            loss += static_cast<double>(sign(account.side)) * coins(p) *
                    (p.entry_usd - now[p.instrument.raw()].mark);
        }
        return account.margin_usd > 0.0 ? std::max(0.0, loss / account.margin_usd) : 0.0;
    }
    [[nodiscard]] double coins(const PositionView& p) const {
        return static_cast<double>(p.qty.raw()) * perps_[p.instrument.raw()].lot_base;
    }
    [[nodiscard]] double worth(const AccountView& account) const {
        double sum = 0.0;
        for (const PositionView& p : account.positions()) {
            sum += coins(p) * now[p.instrument.raw()].mark;
        }
        return sum;
    }
    [[nodiscard]] std::uint64_t moves() const { return rosters[0].moves() + rosters[1].moves(); }
    [[nodiscard]] std::uint64_t picks() const { return rosters[0].picks() + rosters[1].picks(); }

  private:
    const PopulationPlan population_;
    const std::vector<Instrument> perps_;

  public:
    std::vector<View> now;  // by perp
    std::vector<AccountView> accounts;
    std::vector<OwnerRoster> rosters;

  private:
    std::vector<std::uint32_t> places_;
};

TEST(HazardClock, AnEventDoesNotDependOnHowOftenOneLooks) {
    const auto first = [](double step) {
        Rng rng{1, 2, Purpose::test};
        HazardClock clock;
        double passed = 0.0;
        while (true) {
            double left = step;
            // The rate doubles at 8 s.
            if (clock.rings(passed < 8.0 ? 0.05 : 0.1, left, rng)) {
                return passed + step - left;
            }
            passed += step;
        }
    };
    EXPECT_NEAR(first(8.0), first(0.125), 1e-9);
    EXPECT_GT(first(8.0), 0.0);
}

TEST(HazardClock, NothingHappensAtRateZero) {
    Rng rng{1, 2, Purpose::test};
    HazardClock clock;
    double left = 1e9;
    EXPECT_FALSE(clock.rings(0.0, left, rng));
    EXPECT_EQ(left, 1e9);
}

// --- closing ---

constexpr double leverages[] = {1, 1.5, 2, 3.9, 4, 7, 8, 15, 25, 40, 50, 125};

// What the owners' clocks replace: everybody is asked at every tick. `factor`: the twin's hazards
// may be wrong on purpose.
std::vector<double> poll_closings(
    const Stage& stage, int ticks, double seconds, const double (&hazard)[2], double factor) {
    std::vector<double> counts(std::size(leverages) * sides);
    Rng rng{77, 1, Purpose::test};
    for (int t = 0; t < ticks; ++t) {
        for (const AccountView& row : stage.accounts) {
            const double each = hazard[index_of(row.side)] * std::min(50.0, row.leverage) * factor;
            const double times =
                row.hedger != 0 ? 0.0 : static_cast<double>(rng.poisson(each * seconds));
            for (std::size_t k = 0; k < std::size(leverages); ++k) {
                counts[sides * k + index_of(row.side)] += leverages[k] == row.leverage ? times : 0;
            }
        }
    }
    return counts;
}

TEST(OwnerRoster, ClosingsComeAsIfEverybodyWereAsked) {
    constexpr int ticks = 4'000;
    constexpr double seconds = 7.0;
    constexpr double hazard[2] = {3e-4, 4e-4};
    Stage stage{PopulationPlan{}};
    stage.now[0].mark = 100.0;
    for (const double leverage : leverages) {
        for (int k = 0; k < static_cast<int>(1'000.0 / std::min(50.0, leverage)); ++k) {
            for (const Side side : {Side::buy, Side::sell}) {
                stage.add(side, leverage, 100.0, 50.0);
            }
        }
    }
    for (int k = 0; k < 500; ++k) {
        stage.add(Side::sell, 1.0, 100.0, 50.0).hedger = 1;  // decide nothing
    }
    for (const AccountView& row : stage.accounts) {
        stage.tell(row);
    }
    EXPECT_EQ(stage.rosters[0].accounts(), stage.rosters[1].accounts());

    std::vector<double> counts(std::size(leverages) * sides);
    std::vector<AccountView> who;
    Rng rng{7, 1, Purpose::closing};
    for (int t = 0; t < ticks; ++t) {
        for (const Side side : {Side::buy, Side::sell}) {
            stage.rosters[index_of(side)].leave(hazard[index_of(side)], seconds, rng, stage, who);
        }
    }
    for (const AccountView& row : who) {
        EXPECT_EQ(row.hedger, 0);
        for (std::size_t k = 0; k < std::size(leverages); ++k) {
            counts[sides * k + index_of(row.side)] += leverages[k] == row.leverage ? 1.0 : 0.0;
        }
    }

    const Comparison right = compare(counts, poll_closings(stage, ticks, seconds, hazard, 1.0));
    EXPECT_LT(right.statistic, right.bound);
    const Comparison wrong = compare(counts, poll_closings(stage, ticks, seconds, hazard, 1.1));
    EXPECT_GT(wrong.statistic, wrong.bound);
    // Nearly everybody who is looked at closes: the cost follows the closings.
    const auto picks = static_cast<double>(stage.picks());
    EXPECT_LT(picks, 2.0 * static_cast<double>(who.size()));
}

// --- de-leveraging ---

constexpr std::size_t loss_classes = 12;  // a tenth of the margin each, from the threshold

std::size_t loss_class(double lost) {
    return std::min(loss_classes - 1, static_cast<std::size_t>((lost - 0.4) / 0.1));
}

// A history of prices, funding, closings, top-ups and new accounts, and who decides to reduce in it:
// by the rosters, and by asking everybody at every tick. Accounts have a position in up to `perps`.
struct Reductions {
    std::vector<double> by_roster, by_polling, by_wrong_polling;
    double picks = 0.0, moves = 0.0;
};
Reductions reductions(std::size_t perps) {
    constexpr int ticks = 4'000;
    constexpr double hours_each = 2.0;
    const PopulationPlan plan;
    Stage stage{plan, perps};
    Rng history{3, 1, Purpose::test};
    // Positions of somebody new, who may follow on one that closed.
    const auto settle_in = [&](AccountView& account) {
        account.holds = 0;
        stage.tell(account);
        const std::size_t count = 1 + history.below(perps);
        for (std::size_t k = history.below(perps), n = 0; n < count; ++n, ++k) {
            const auto id = InstrumentId::of_row(k % perps);
            account.add({.instrument = id,
                         .qty = Lots::from_raw(200 + static_cast<std::int64_t>(history.below(800))),
                         .entry_usd = stage.now[id.raw()].mark * history.uniform(0.95, 1.05)});
        }
        account.margin_usd = stage.worth(account) * history.uniform(0.02, 0.2);
        stage.tell(account);
    };
    for (int k = 0; k < 1'500; ++k) {
        settle_in(stage.add(k % 2 == 0 ? Side::buy : Side::sell, 10.0));
    }

    Reductions out;
    out.by_roster.resize(loss_classes * sides);
    out.by_polling.resize(loss_classes * sides);
    out.by_wrong_polling.resize(loss_classes * sides);
    std::vector<AccountView> who;
    Rng rng{7, 1, Purpose::deleverage};
    Rng poll{77, 2, Purpose::test};
    for (int t = 0; t < ticks; ++t) {
        for (std::size_t k = 0; k < perps; ++k) {
            const auto phase = static_cast<double>(k);
            stage.now[k].mark =
                start_price[k] * (1.0 + 0.08 * std::sin((0.01 + 0.003 * phase) * t + phase) +
                                  0.02 * std::sin(0.37 * t + 2.0 * phase));
        }
        if (t % 4 == 0) {  // funding, up to 1 % at a time, nobody is told of
            for (std::size_t k = 0; k < perps; ++k) {
                const double paid =
                    stage.now[k].mark * 0.01 * std::sin(0.003 * t + static_cast<double>(k));
                stage.now[k].funding_paid += paid;
                for (AccountView& account : stage.accounts) {
                    for (const PositionView& p : account.positions()) {
                        account.margin_usd -=
                            p.instrument.raw() == k
                                ? static_cast<double>(sign(account.side)) * stage.coins(p) * paid
                                : 0.0;
                    }
                }
            }
        }
        AccountView& some = stage.accounts[history.below(stage.accounts.size())];
        switch (history.below(4)) {
            case 0: {
                Lots& qty = some.held[history.below(some.holds)].qty;
                qty = Lots::from_raw((qty.raw() + 1) / 2);
                stage.tell(some);
                break;
            }
            case 1:
                some.margin_usd *= 1.5;
                stage.tell(some);
                break;
            case 2:
                some.margin_usd *= 0.7;
                stage.tell(some);
                break;
            default:
                settle_in(some);
        }
        for (AccountView& account : stage.accounts) {  // liquidations, long after a venue's
            if (stage.lost(account) > 1.6 || account.margin_usd < 0.005 * stage.worth(account)) {
                settle_in(account);
            }
        }
        stage.move();
        if (t % 16 == 0) {
            stage.check();
        }

        who.clear();
        for (OwnerRoster& roster : stage.rosters) {
            roster.reduce(stage.now, hours_each * 3600.0, rng, stage, who);
        }
        for (const AccountView& account : who) {
            ++out.by_roster[sides * loss_class(stage.lost(account)) + index_of(account.side)];
        }
        for (const AccountView& account : stage.accounts) {
            const double lost = stage.lost(account);
            if (lost > 0.4) {
                const std::size_t cell = sides * loss_class(lost) + index_of(account.side);
                const double each = 0.55 * (lost - 0.4) * (lost - 0.4) * hours_each;
                out.by_polling[cell] += static_cast<double>(poll.poisson(each));
                out.by_wrong_polling[cell] += static_cast<double>(poll.poisson(1.1 * each));
            }
        }
    }
    out.picks = static_cast<double>(stage.picks());
    out.moves = static_cast<double>(stage.moves());
    return out;
}

void expect_as_if_everybody_were_asked(const Reductions& r) {
    double all = 0.0;
    for (std::size_t k = 0; k < r.by_roster.size(); ++k) {
        EXPECT_GT(r.by_polling[k], 100.0) << k;  // or the cell would show nothing
        all += r.by_roster[k];
    }
    const Comparison right = compare(r.by_roster, r.by_polling);
    EXPECT_LT(right.statistic, right.bound);
    const Comparison wrong = compare(r.by_roster, r.by_wrong_polling);
    EXPECT_GT(wrong.statistic, wrong.bound);
    EXPECT_LT(r.picks, 3.0 * all);
    std::printf("%.0f reductions, %.0f picks, %.0f moves\n", all, r.picks, r.moves);
}

TEST(OwnerRoster, ReductionsComeAsIfEverybodyWereAsked) {
    expect_as_if_everybody_were_asked(reductions(1));
}

TEST(OwnerRoster, ReductionsOfAccountsInSeveralCoinsComeAsIfEverybodyWereAsked) {
    expect_as_if_everybody_were_asked(reductions(3));
}

TEST(OwnerRoster, NobodyIsLookedAtWhileNobodyLosesMuch) {
    Stage stage{PopulationPlan{}};
    for (int k = 0; k < 1'000; ++k) {
        const Side side = k % 2 == 0 ? Side::buy : Side::sell;
        stage.tell(stage.add(side, 5.0, 1'000.0, 200.0));
    }
    std::vector<AccountView> who;
    Rng rng{7, 1, Purpose::deleverage};
    const auto pass = [&](double mark) {
        stage.now[0].mark = mark;
        stage.move();
        for (OwnerRoster& roster : stage.rosters) {
            roster.reduce(stage.now, 3600.0, rng, stage, who);
        }
        stage.check();
    };
    for (int t = 0; t < 100; ++t) {
        pass(1'000.0 + 75.0 * std::sin(t));
    }
    EXPECT_EQ(stage.moves(), 0u);
    EXPECT_EQ(stage.picks(), 0u);

    pass(919.0);  // 0.405 of the longs' margin
    EXPECT_EQ(stage.rosters[0].moves(), 500u);
    EXPECT_EQ(stage.rosters[1].moves(), 0u);
}

// Longs of 1,000 USD in each of three coins with 600 USD: a loss of 40 % is 8 % of all three, or 24 %
// of one.
TEST(OwnerRoster, AnAccountInSeveralCoinsMeetsTheThresholdByTheSumOfItsLosses) {
    const auto account = [](Stage& stage) {
        AccountView& a = stage.add(Side::buy, 5.0);
        for (std::size_t k = 0; k < 3; ++k) {
            a.add({.instrument = InstrumentId::of_row(k),
                   .qty = Lots::from_raw(1'000),
                   .entry_usd = start_price[k]});
        }
        a.margin_usd = 600.0;
        stage.tell(a);
    };
    const auto decides = [](Stage& stage) {
        std::vector<AccountView> who;
        Rng rng{7, 1, Purpose::deleverage};
        stage.move();
        stage.check();
        stage.rosters[0].reduce(stage.now, 1e12, rng, stage, who);
        return !who.empty();
    };
    Stage all{PopulationPlan{}, 3};
    account(all);
    for (const double part : {0.93, 0.921}) {
        for (std::size_t k = 0; k < 3; ++k) {
            all.now[k].mark = part * start_price[k];
        }
        EXPECT_FALSE(decides(all)) << part;
    }
    EXPECT_EQ(all.moves(), 0u);
    for (std::size_t k = 0; k < 3; ++k) {
        all.now[k].mark = 0.9 * start_price[k];
    }
    EXPECT_TRUE(decides(all));

    // One falls alone in small steps: looked at now and then, and again less often than it falls.
    Stage one{PopulationPlan{}, 3};
    account(one);
    for (int step = 0; step <= 232; ++step) {
        one.now[1].mark = (1.0 - 0.001 * step) * start_price[1];
        EXPECT_FALSE(decides(one)) << step;
    }
    EXPECT_GT(one.moves(), 1u);
    EXPECT_LT(one.moves(), 30u);
    one.now[1].mark = 0.7 * start_price[1];
    EXPECT_TRUE(decides(one));
}

TEST(OwnerRoster, DeleveragingStartsAtFortyPercentLoss) {
    const PopulationPlan p;
    EXPECT_EQ(deleverage_hazard(p, 0.3), 0.0);
    EXPECT_NEAR(deleverage_hazard(p, 0.9), 0.25 * p.deleverage_hazard, 1e-12);
    EXPECT_NEAR(deleverage_hazard(p, 2.0), 1.6 * 1.6 * p.deleverage_hazard, 1e-12);
    EXPECT_EQ(deleverage_hazard(p, 3.0), deleverage_hazard(p, 2.0));
}

}  // namespace
}  // namespace margincall
