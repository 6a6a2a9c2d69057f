#include "agents/owner_roster.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/random.hpp"

namespace margincall {
namespace {

constexpr std::size_t sides = 2;

Instrument make_perp() {
    Instrument inst;
    inst.id = InstrumentId::from_raw(0);
    inst.kind = InstrumentKind::linear_perp;
    inst.tick_usd = 0.1;
    inst.lot_base = 0.001;
    inst.price_max = Ticks::from_raw(10'000'000);
    return inst;
}

std::size_t index_of(Side side) {
    return side == Side::buy ? 0 : 1;
}

// Rows that somebody else moves; rosters of both sides that follow them.
class Stage : public OwnerMarket {
  public:
    explicit Stage(const PopulationPlan& population)
        : population_(population),
          rosters{{population_, perps_, Side::buy}, {population_, perps_, Side::sell}} {}

    View view(InstrumentId /*id*/) override { return now; }
    std::span<const AccountId> changed() override { return {}; }
    AccountView account(AccountId account) override { return rows[account.raw()]; }
    void open(const AccountSeed& /*seed*/) override {}
    void close(AccountId /*account*/, InstrumentId /*id*/, std::int64_t /*share_ppm*/) override {}

    AccountView& add(Side side, double leverage, double entry, double margin) {
        AccountView row;
        row.account = AccountId::from_raw(static_cast<std::uint32_t>(rows.size()));
        row.instrument = perp_.id;
        row.side = side;
        row.add({.instrument = perp_.id, .qty = Lots::from_raw(1'000), .entry_usd = entry});
        row.margin_usd = margin;
        row.leverage = leverage;
        rows.push_back(row);
        places_.push_back(OwnerRoster::nowhere);
        return rows.back();
    }
    void tell(const AccountView& row) {
        rosters[index_of(row.side)].note(places_[row.account.raw()], row, views());
    }
    void move() {
        for (OwnerRoster& roster : rosters) {
            roster.move(views(), *this);
        }
    }
    [[nodiscard]] double lost(const AccountView& row) const {
        return rosters[index_of(row.side)].loss_share(row, views());
    }
    [[nodiscard]] double coins(const AccountView& row) const {
        return row.holds == 0 ? 0.0
                              : static_cast<double>(row.held[0].qty.raw()) * perp_.lot_base;
    }
    [[nodiscard]] OwnerRoster::Views views() const { return {&now, 1}; }

  private:
    const PopulationPlan population_;
    const Instrument perp_ = make_perp();
    const std::vector<OwnerRoster::Perp> perps_ = {{.instrument = &perp_, .view = 0}};

  public:
    View now;
    std::vector<AccountView> rows;
    std::vector<OwnerRoster> rosters;

  private:
    std::vector<std::uint32_t> places_;
};

// Two sets of Poisson counts with the same means: the sum of (a - b)^2 / (a + b) is chi-square with
// as many degrees of freedom as there are cells. Above `bound` once in a million times
// (Wilson-Hilferty, 4.753 standard deviations).
struct Comparison {
    double statistic = 0.0;
    double bound = 0.0;
};
Comparison compare(const std::vector<double>& a, const std::vector<double>& b) {
    Comparison out;
    double cells = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (a[k] + b[k] > 0.0) {
            out.statistic += (a[k] - b[k]) * (a[k] - b[k]) / (a[k] + b[k]);
            ++cells;
        }
    }
    const double part = 2.0 / (9.0 * cells);
    out.bound = cells * std::pow(1.0 - part + 4.753 * std::sqrt(part), 3.0);
    return out;
}

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
        for (const AccountView& row : stage.rows) {
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
    stage.now.mark = 100.0;
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
    for (const AccountView& row : stage.rows) {
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
    const auto picks = static_cast<double>(stage.rosters[0].picks() + stage.rosters[1].picks());
    EXPECT_LT(picks, 2.0 * static_cast<double>(who.size()));
}

// --- de-leveraging ---

constexpr std::size_t loss_classes = 12;  // a tenth of the margin each, from the threshold

std::size_t loss_class(double lost) {
    return std::min(loss_classes - 1, static_cast<std::size_t>((lost - 0.4) / 0.1));
}

// A history of prices, funding, closings, top-ups and new rows, and who decides to reduce in it: by
// the rosters, and by asking everybody at every tick.
struct Reductions {
    std::vector<double> by_roster, by_polling, by_wrong_polling;
    double looked_at = 0.0;
};
Reductions reductions() {
    constexpr int ticks = 4'000;
    constexpr double hours_each = 2.0;
    const PopulationPlan plan;
    Stage stage{plan};
    Rng history{3, 1, Purpose::test};
    // A position of somebody new, who may follow on one that closed.
    const auto settle_in = [&](AccountView& row) {
        row.holds = 0;
        stage.tell(row);
        row.add({.instrument = row.instrument,
                 .qty = Lots::from_raw(1'000),
                 .entry_usd = stage.now.mark * history.uniform(0.95, 1.05)});
        row.margin_usd = row.held[0].entry_usd * history.uniform(0.02, 0.2);
        stage.tell(row);
    };
    stage.now.mark = 1'000.0;
    for (int k = 0; k < 1'500; ++k) {
        settle_in(stage.add(k % 2 == 0 ? Side::buy : Side::sell, 10.0, 1'000.0, 0.0));
    }

    Reductions out;
    out.by_roster.resize(loss_classes * sides);
    out.by_polling.resize(loss_classes * sides);
    out.by_wrong_polling.resize(loss_classes * sides);
    std::vector<AccountView> who;
    Rng rng{7, 1, Purpose::deleverage};
    Rng poll{77, 2, Purpose::test};
    for (int t = 0; t < ticks; ++t) {
        stage.now.mark = 1'000.0 + 80.0 * std::sin(0.01 * t) + 20.0 * std::sin(0.37 * t);
        if (t % 4 == 0) {  // funding, up to 1 % at a time, nobody is told of
            const double paid = stage.now.mark * 0.01 * std::sin(0.003 * t);
            stage.now.funding_paid += paid;
            for (AccountView& row : stage.rows) {
                row.margin_usd -= static_cast<double>(sign(row.side)) * stage.coins(row) * paid;
            }
        }
        AccountView& some = stage.rows[history.below(stage.rows.size())];
        switch (history.below(4)) {
            case 0:
                some.held[0].qty = Lots::from_raw((some.held[0].qty.raw() + 1) / 2);
                stage.tell(some);
                break;
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
        for (AccountView& row : stage.rows) {  // liquidations, long after a venue's
            if (stage.lost(row) > 1.6 || row.margin_usd < 5.0 * stage.coins(row)) {
                settle_in(row);
            }
        }
        stage.move();
        if (t % 16 == 0) {
            for (const OwnerRoster& roster : stage.rosters) {
                check_roster(roster, stage.views(), stage);
            }
        }

        who.clear();
        for (OwnerRoster& roster : stage.rosters) {
            roster.reduce(stage.views(), hours_each * 3600.0, rng, stage, who);
        }
        for (const AccountView& row : who) {
            ++out.by_roster[sides * loss_class(stage.lost(row)) + index_of(row.side)];
        }
        for (const AccountView& row : stage.rows) {
            const double lost = stage.lost(row);
            if (lost > 0.4) {
                const std::size_t cell = sides * loss_class(lost) + index_of(row.side);
                const double each = 0.55 * (lost - 0.4) * (lost - 0.4) * hours_each;
                out.by_polling[cell] += static_cast<double>(poll.poisson(each));
                out.by_wrong_polling[cell] += static_cast<double>(poll.poisson(1.1 * each));
            }
        }
    }
    out.looked_at = static_cast<double>(stage.rosters[0].picks() + stage.rosters[1].picks());
    return out;
}

TEST(OwnerRoster, ReductionsComeAsIfEverybodyWereAsked) {
    const Reductions r = reductions();
    double all = 0.0;
    for (std::size_t k = 0; k < r.by_roster.size(); ++k) {
        EXPECT_GT(r.by_polling[k], 100.0) << k;  // or the cell would show nothing
        all += r.by_roster[k];
    }
    const Comparison right = compare(r.by_roster, r.by_polling);
    EXPECT_LT(right.statistic, right.bound);
    const Comparison wrong = compare(r.by_roster, r.by_wrong_polling);
    EXPECT_GT(wrong.statistic, wrong.bound);
    EXPECT_LT(r.looked_at, 3.0 * all);
}

TEST(OwnerRoster, NobodyIsLookedAtWhileNobodyLosesMuch) {
    Stage stage{PopulationPlan{}};
    stage.now.mark = 1'000.0;
    for (int k = 0; k < 1'000; ++k) {
        const Side side = k % 2 == 0 ? Side::buy : Side::sell;
        stage.tell(stage.add(side, 5.0, 1'000.0, 200.0));
    }
    std::vector<AccountView> who;
    Rng rng{7, 1, Purpose::deleverage};
    const auto pass = [&](double mark) {
        stage.now.mark = mark;
        stage.move();
        for (OwnerRoster& roster : stage.rosters) {
            roster.reduce(stage.views(), 3600.0, rng, stage, who);
            check_roster(roster, stage.views(), stage);
        }
    };
    for (int t = 0; t < 100; ++t) {
        pass(1'000.0 + 75.0 * std::sin(t));
    }
    EXPECT_EQ(stage.rosters[0].moves() + stage.rosters[1].moves(), 0u);
    EXPECT_EQ(stage.rosters[0].picks() + stage.rosters[1].picks(), 0u);

    pass(919.0);  // 0.405 of the longs' margin
    EXPECT_EQ(stage.rosters[0].moves(), 500u);
    EXPECT_EQ(stage.rosters[1].moves(), 0u);
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
