// Cross accounts against looking at every account: after every change of prices the accounts found
// liquidatable are those that are, nobody missed and nobody early.
#include "clearing/cross_accounts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"
#include "clearing/clearing_house.hpp"
#include "clearing/world.hpp"

namespace margincall {
namespace {

using test::binance_btc;
using test::flat_tier;
using test::perp;
using test::usd;
using test::venue_a;

constexpr std::int64_t coin_units = 100'000'000;

InstrumentId instrument(std::uint32_t k) {
    return InstrumentId::from_raw(k);
}

// Three perpetuals (two tiered tables and one flat), two coins of which one counts as collateral.
ClearingConfig three_perps(bool at_equality) {
    ClearingConfig config;
    const std::vector<MarginTiers> tiers = {binance_btc(), flat_tier(20'000), binance_btc()};
    const std::vector<Instrument> instruments = {perp(1.0, 0.001), perp(0.1, 0.01), perp(0.01, 1)};
    for (std::uint32_t k = 0; k < instruments.size(); ++k) {
        Instrument inst = instruments[k];
        inst.id = instrument(k);
        inst.base = AssetId::from_raw(static_cast<std::uint16_t>(k % 2));
        inst.price_max = Ticks::from_raw(4'000'000);
        config.instruments.push_back(inst);
        config.tiers.push_back(tiers[k]);
    }
    config.venues.emplace_back();
    config.venues.front().trigger_at_equality = at_equality;
    config.venues.front().fund.initial = usd(1e6);
    config.assets = 2;
    config.collateral = {{.unit = Amount::from_raw(coin_units), .haircut_ppm = 50'000}, {}};
    return config;
}

class CrossWorld {
  public:
    CrossWorld(std::uint64_t seed, bool at_equality)
        : rng_{seed, 7, Purpose::test},
          at_equality_{at_equality},
          house_(three_perps(at_equality), 0),
          marks_{100'000, 30'000, 1'500} {
        show_prices();
        for (int n = 0; n < 24; ++n) {
            const auto leverage = static_cast<std::int64_t>(200 + rng_.below(5'000));
            const auto kind = n % 2 == 0 ? std::uint8_t{0} : CrossKind::margin_call;
            const AccountId a = house_.open_cross(venue_a, leverage, 1, {}, kind);
            accounts_.push_back(a);
            if (n % 2 != 0) {
                uncalled_.push_back(a);
            }
            house_.deposit(a, usd(100.0 + rng_.uniform() * 1'500.0), Reason::deposit);
            if (rng_.chance(0.5)) {
                house_.deposit_coins(a,
                                     AssetId::from_raw(static_cast<std::uint16_t>(rng_.below(2))),
                                     Amount::from_raw(static_cast<std::int64_t>(
                                         rng_.below(static_cast<std::uint64_t>(coin_units) / 20))),
                                     Reason::deposit);
            }
        }
    }

    void trade() {
        const std::size_t k = rng_.below(3);
        Fill fill;
        fill.instrument = instrument(static_cast<std::uint32_t>(k));
        fill.maker = accounts_[rng_.below(accounts_.size())];
        fill.taker = accounts_[rng_.below(accounts_.size())];
        fill.taker_side = rng_.chance(0.5) ? Side::buy : Side::sell;
        const double away = std::exp(0.003 * rng_.normal());
        fill.price = Ticks::from_raw(std::llround(static_cast<double>(marks_[k]) * away));
        fill.qty = Lots::from_raw(1 + static_cast<std::int64_t>(rng_.below(150)));
        if (house_.cross(fill.maker).state == CrossState::open &&
            house_.cross(fill.taker).state == CrossState::open) {
            house_.settle(fill);
        }
    }
    void move_money() {
        const AccountId a = accounts_[rng_.below(accounts_.size())];
        if (rng_.chance(0.5)) {
            house_.deposit(a, usd(rng_.uniform() * 300.0), Reason::top_up);
        } else {
            house_.withdraw(a, usd(rng_.uniform() * 50.0), Reason::withdrawal);
        }
    }
    void move_prices() {
        for (std::int64_t& mark : marks_) {
            const double by = std::exp(0.01 * rng_.normal());
            mark = std::clamp<std::int64_t>(
                std::llround(static_cast<double>(mark) * by), 10, 3'900'000);
        }
        show_prices();
    }
    // Who would be liquidatable if all marks fell by some percent: asked, and tried on a copy.
    void ask_what_a_fall_would_do() {
        const double left = 1.0 - 0.03 * rng_.uniform();
        PortfolioPrices prices = house_.portfolio_prices(venue_a);
        ClearingHouse tried(house_);
        for (std::uint32_t k = 0; k < 3; ++k) {
            prices.mark[k] = Ticks::from_raw(std::llround(left * static_cast<double>(marks_[k])));
            tried.set_mark(instrument(k), prices.mark[k]);
        }
        std::vector<AccountId> expected;
        for (const AccountId a : accounts_) {
            if (tried.cross(a).state == CrossState::open && tried.liquidatable(a)) {
                expected.push_back(a);
            }
        }
        std::vector<AccountId> found;
        house_.append_perhaps_due(prices.mark, found);
        asked_ += found.size();
        std::erase_if(found, [&](AccountId a) { return !house_.liquidatable_at(a, prices); });
        EXPECT_EQ(found, expected);
        foreseen_ += found.size();
    }
    // Compares what the house finds with looking at everybody, then brings some of them back.
    void find_due() {
        std::vector<AccountId> expected;
        for (const AccountId a : accounts_) {
            if (house_.cross(a).state == CrossState::open && house_.liquidatable(a)) {
                expected.push_back(a);
            }
        }
        std::vector<AccountId> found;
        house_.pop_due_cross(found);
        EXPECT_EQ(found, expected);
        found_ += found.size();
        find_calls();
        check_clearing(house_);
        for (const AccountId a : accounts_) {
            if (house_.cross(a).state == CrossState::in_liquidation && rng_.chance(0.3)) {
                if (rng_.chance(0.7)) {
                    house_.deposit(a, usd(2'000.0), Reason::top_up);
                }
                house_.reopen_cross(a);
                find_calls();
            }
        }
        check_clearing(house_);
    }
    // Likewise who is called for margin: everybody once, when their maintenance margin, position by
    // position, is more than 0.8 of the equity and they are not liquidatable.
    void find_calls() {
        std::vector<AccountId> expected;
        std::vector<HeldPosition> positions;
        for (const AccountId a : uncalled_) {
            const Margin whole = house_.look_at(a, positions);
            std::int64_t needed = 0;
            for (const HeldPosition& p : positions) {
                needed += (p.maintenance.raw() * 10 + 7) / 8;
            }
            const bool beyond =
                at_equality_ ? whole.equity.raw() <= needed : whole.equity.raw() < needed;
            if (house_.cross(a).state == CrossState::open && !positions.empty() && beyond &&
                !house_.liquidatable(a)) {
                expected.push_back(a);
            }
        }
        std::vector<AccountId> called;
        house_.take_margin_calls(called);
        EXPECT_EQ(called, expected);
        for (const AccountId a : called) {
            std::erase(uncalled_, a);
            if (rng_.chance(0.5)) {
                house_.deposit(a, usd(rng_.uniform() * 500.0), Reason::top_up);
            }
        }
        called_ += called.size();
    }
    void play(int steps) {
        for (int n = 0; n < steps; ++n) {
            for (std::uint64_t t = rng_.below(4); t > 0; --t) {
                trade();
            }
            if (rng_.chance(0.2)) {
                move_money();
            }
            if (rng_.chance(0.9)) {
                move_prices();
            }
            find_due();
            if (rng_.chance(0.3)) {
                ask_what_a_fall_would_do();
            }
        }
    }
    [[nodiscard]] std::uint64_t foreseen() const { return foreseen_; }
    [[nodiscard]] std::uint64_t asked() const { return asked_; }
    [[nodiscard]] std::uint64_t found() const { return found_; }
    [[nodiscard]] std::uint64_t called() const { return called_; }
    [[nodiscard]] std::uint64_t evaluations() const { return house_.evaluations(); }
    [[nodiscard]] std::size_t accounts() const { return accounts_.size(); }

  private:
    void show_prices() {
        for (std::uint32_t k = 0; k < 3; ++k) {
            house_.set_mark(instrument(k), Ticks::from_raw(marks_[k]));
        }
        house_.set_collateral_price(
            VenueId::from_raw(0), AssetId::from_raw(0), usd(static_cast<double>(marks_[0])));
        house_.set_collateral_price(
            VenueId::from_raw(0), AssetId::from_raw(1), usd(static_cast<double>(marks_[1])));
    }

    Rng rng_;
    bool at_equality_;
    ClearingHouse house_;
    std::vector<std::int64_t> marks_;
    std::vector<AccountId> accounts_, uncalled_;
    std::uint64_t found_ = 0, called_ = 0, foreseen_ = 0, asked_ = 0;
};

TEST(CrossAccounts, FindsExactlyTheLiquidatableOnes) {
    std::uint64_t found = 0;
    std::uint64_t called = 0;
    std::uint64_t foreseen = 0;
    std::uint64_t asked = 0;
    std::uint64_t evaluations = 0;
    constexpr int steps = 200;
    constexpr std::uint64_t worlds = 12;
    std::uint64_t looks = 0;
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        CrossWorld world{seed, seed % 2 == 0};
        world.play(steps);
        found += world.found();
        called += world.called();
        foreseen += world.foreseen();
        asked += world.asked();
        evaluations += world.evaluations();
        looks += steps * world.accounts();
    }
    EXPECT_GT(found, 200U);
    EXPECT_GT(called, 30U);
    EXPECT_GT(foreseen, 50U);
    EXPECT_GT(asked, foreseen) << "some were looked at in vain";
    EXPECT_LT(evaluations, looks / 2);  // prices move by a percent here, far more than 1 bp
}

TEST(CrossAccounts, ANearMarkCostsNothing) {
    ClearingHouse house{three_perps(false), 0};
    for (std::uint32_t k = 0; k < 3; ++k) {
        house.set_mark(instrument(k), Ticks::from_raw(100'000));
    }
    const AccountId a = house.open_cross(venue_a, 1'000, 1, {});
    const AccountId b = house.open_cross(venue_a, 1'000, 1, {});
    house.deposit(a, usd(1'000), Reason::deposit);
    house.deposit(b, usd(1'000), Reason::deposit);
    Fill fill;
    fill.instrument = instrument(0);
    fill.maker = a;
    fill.taker = b;
    fill.price = Ticks::from_raw(100'000);
    fill.qty = Lots::from_raw(100);  // 0.1 coins of 100,000 USD
    house.settle(fill);
    std::vector<AccountId> due;
    house.pop_due_cross(due);
    const std::uint64_t before = house.evaluations();
    for (const std::int64_t mark : {99'990, 100'020, 99'000, 101'000, 95'000, 104'000}) {
        house.set_mark(instrument(0), Ticks::from_raw(mark));
        house.pop_due_cross(due);
    }
    EXPECT_EQ(house.evaluations(), before);
    EXPECT_TRUE(due.empty());
    // 10 x leverage, 0.4 % maintenance: the long b has 1,000 - 4.5 USD of fees; it is liquidatable
    // where 10,000 + 995.50 - 100 * tick * 0.996 turns, at 90,405 and below.
    house.set_mark(instrument(0), Ticks::from_raw(90'500));
    house.pop_due_cross(due);
    EXPECT_TRUE(due.empty());
    house.set_mark(instrument(0), Ticks::from_raw(90'405));
    house.pop_due_cross(due);
    EXPECT_EQ(due, std::vector<AccountId>{b});
}

// 10,000 USD in each of two perps behind 1,000 USD each: what one of them alone cannot bear the account
// of both can, and what both cannot it cannot either.
TEST(CrossAccounts, AnAccountInSeveralCoinsBearsOneFallThatAnAccountInOneCannot) {
    ClearingHouse house{three_perps(false), 0};
    const std::vector<Ticks> start = {Ticks::from_raw(100'000), Ticks::from_raw(100'000)};
    for (std::uint32_t k = 0; k < 3; ++k) {
        house.set_mark(instrument(k), Ticks::from_raw(100'000));
    }
    const AccountId both = house.open_cross(venue_a, 1'000, 1, {});
    const AccountId one = house.open_cross(venue_a, 1'000, 1, {});
    const AccountId other = house.open_cross(venue_a, 100, 1, {});
    house.deposit(both, usd(2'000), Reason::deposit);
    house.deposit(one, usd(1'000), Reason::deposit);
    house.deposit(other, usd(1e6), Reason::deposit);
    house.open_cross_position(both, instrument(0), Lots::from_raw(100), start[0]);
    house.open_cross_position(both, instrument(1), Lots::from_raw(100), start[1]);
    house.open_cross_position(one, instrument(0), Lots::from_raw(100), start[0]);
    house.open_cross_position(other, instrument(0), Lots::from_raw(-200), start[0]);
    house.open_cross_position(other, instrument(1), Lots::from_raw(-100), start[1]);
    house.finish_opening();
    std::vector<AccountId> due;
    house.pop_due_cross(due);
    ASSERT_TRUE(due.empty());

    house.set_mark(instrument(0), Ticks::from_raw(88'000));  // 12 %: one has lost 1,200
    house.pop_due_cross(due);
    EXPECT_EQ(due, std::vector<AccountId>{one});
    due.clear();
    house.set_mark(instrument(1), Ticks::from_raw(88'000));
    house.pop_due_cross(due);
    EXPECT_EQ(due, std::vector<AccountId>{both});
    check_clearing(house);
}

// Margin ratio 0.8: 1,000 USD behind 10,000 at 2 % maintenance. At m ticks equity is 0.1 m - 9,000 and
// maintenance 0.002 m: it is 0.8 of the equity at 92,307.7 and all of it at 91,836.7.
TEST(CrossAccounts, AnOwnerIsCalledForMarginOnceBeforeLiquidation) {
    ClearingHouse house{three_perps(false), 0};
    house.set_mark(instrument(1), Ticks::from_raw(100'000));
    const AccountId a = house.open_cross(venue_a, 1'000, 1, {}, CrossKind::margin_call);
    const AccountId b = house.open_cross(venue_a, 100, 1, {});
    house.deposit(a, usd(1'000), Reason::deposit);
    house.deposit(b, usd(1e6), Reason::deposit);
    house.open_cross_position(a, instrument(1), Lots::from_raw(100), Ticks::from_raw(100'000));
    house.open_cross_position(b, instrument(1), Lots::from_raw(-100), Ticks::from_raw(100'000));
    house.finish_opening();
    const auto calls_at = [&](std::int64_t mark) {
        house.set_mark(instrument(1), Ticks::from_raw(mark));
        std::vector<AccountId> due;
        std::vector<AccountId> called;
        house.pop_due_cross(due);
        house.take_margin_calls(called);
        check_clearing(house);
        EXPECT_EQ(due.size(), mark < 91'837 ? 1U : 0U) << mark;
        return called.size();
    };
    EXPECT_EQ(calls_at(95'000), 0U);
    EXPECT_EQ(calls_at(92'308), 0U);
    EXPECT_EQ(calls_at(92'307), 1U);
    EXPECT_EQ(calls_at(91'837), 0U);
    EXPECT_EQ(calls_at(95'000), 0U);
    EXPECT_EQ(calls_at(92'000), 0U);
    EXPECT_EQ(calls_at(91'000), 0U);  // liquidated
}

TEST(CrossAccounts, ACoinIsWorthItsPriceWithoutTheHaircut) {
    ClearingHouse house{three_perps(false), 0};
    const AccountId a = house.open_cross(venue_a, 1'000, 1, {});
    house.set_collateral_price(VenueId::from_raw(0), AssetId::from_raw(0), usd(100'000));
    house.deposit_coins(a, AssetId::from_raw(0), Amount::from_raw(coin_units / 2), Reason::deposit);
    EXPECT_EQ(house.cross_margin(a).equity, usd(47'500));  // 0.5 coins, 5 % off
    house.deposit_coins(a, AssetId::from_raw(1), Amount::from_raw(coin_units), Reason::deposit);
    EXPECT_EQ(house.cross_margin(a).equity, usd(47'500));  // a coin that is not accepted
    EXPECT_FALSE(house.liquidatable(a));
}

// Slack is smallest at the corner: every price in the box, and the exact edges, are at least as
// good.
TEST(SafeBox, NoPointInTheBoxIsWorseThanTheCorner) {
    Rng rng{3, 9, Purpose::test};
    const MarginTiers tiered = binance_btc();
    const MarginTiers flat = flat_tier(20'000);
    const CollateralCoin coin{.unit = Amount::from_raw(coin_units), .haircut_ppm = 100'000};
    const Instrument inst = perp(1.0, 0.001, 4'000'000);
    int boxes = 0;
    for (int n = 0; n < 2'000; ++n) {
        std::vector<BoxExposure> exposures(1 + rng.below(4));
        std::int64_t money = usd(std::exp(rng.uniform(3.0, 14.0))).raw();
        for (BoxExposure& e : exposures) {
            e.price = 1'000 + static_cast<std::int64_t>(rng.below(200'000));
            if (rng.chance(0.2)) {
                e.terms = &coin;
                e.amount = Amount::from_raw(static_cast<std::int64_t>(rng.below(coin_units)));
                e.price *= micro_per_usd;
                continue;
            }
            e.instrument = &inst;
            e.tiers = rng.chance(0.5) ? &tiered : &flat;
            e.qty = std::llround(std::exp(rng.uniform(0.0, 12.0)) * (rng.chance(0.5) ? 1 : -1));
            money -= notional(inst, Ticks::from_raw(e.price), Lots::from_raw(e.qty)).raw();
        }
        const CrossTerms terms{.leverage_e2 = 1'000, .weight = 1, .at_equality = rng.chance(0.5)};
        const BoxSlack corner = choose_box(exposures, terms, money);
        if (!is_safe(corner.slack, terms)) {
            continue;
        }
        ++boxes;
        EXPECT_EQ(corner, slack_of(exposures, terms, money, SlackAt::corner));
        for (int point = 0; point < 20; ++point) {
            std::vector<BoxExposure> moved = exposures;
            for (BoxExposure& e : moved) {
                const auto room = static_cast<std::uint64_t>(std::abs(e.price - e.corner)) + 1;
                const auto from = static_cast<std::int64_t>(rng.below(room));
                e.price = e.is_short() ? e.corner - from : e.corner + from;
            }
            const BoxSlack there = slack_of(moved, terms, money, SlackAt::price);
            EXPECT_GE(there.slack, corner.slack);
            EXPECT_GE(there.free, corner.free);
        }
    }
    EXPECT_GT(boxes, 800);
}

// Where dollars are one asset of several, a venue may count a little less of them.
TEST(CrossAccounts, DollarsCountAtTheirRatio) {
    ClearingConfig config = three_perps(false);
    PortfolioRules rules;
    rules.collateral.resize(3);
    rules.collateral[0].tiers.front().ratio = Fraction{9'999, 10'000};
    config.margin = {rules};
    ClearingHouse house(config, 0);
    const AccountId a = house.open_cross(venue_a, 100, 1, {});
    house.deposit(a, usd(1'000), Reason::deposit);
    EXPECT_EQ(house.cross_margin(a).equity, usd(999.9));
    EXPECT_FALSE(house.has_free_margin(a, usd(999.95)));
}

// Equity 1,000; the highest leverage asks 2 % of 20,000.
TEST(CrossAccounts, AnAccountOfTheGeneralRulesHasWhatItsInitialMarginLeaves) {
    ClearingHouse house(three_perps(false), 0);
    house.set_mark(instrument(1), Ticks::from_raw(20'000));  // 2,000 USD
    const AccountId a = house.open_cross(venue_a, 0, 1, {}, CrossKind::general);
    const AccountId b = house.open_cross(venue_a, 0, 1, {});
    house.deposit(a, usd(1'000), Reason::deposit);
    house.deposit(b, usd(1'000), Reason::deposit);
    house.open_cross_position(a, instrument(1), Lots::from_raw(1'000), Ticks::from_raw(20'000));
    house.open_cross_position(b, instrument(1), Lots::from_raw(-1'000), Ticks::from_raw(20'000));
    house.finish_opening();
    const Money free = house.cross_margin(a).equity - house.cross_margin(a).initial;
    EXPECT_LT(free, usd(1'000));
    EXPECT_TRUE(house.has_free_margin(a, free));
    EXPECT_FALSE(house.has_free_margin(a, free + Money::from_raw(1)));
    house.reserve_margin(a, usd(1));
    EXPECT_FALSE(house.has_free_margin(a, free));
    EXPECT_TRUE(house.has_free_margin(a, free - usd(1)));
}

}  // namespace
}  // namespace margincall
