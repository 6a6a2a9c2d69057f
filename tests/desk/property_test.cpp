// Laws over random books: money is conserved to the micro-dollar whatever happens, ADL closes no
// more than was left, a unit inside its safe move is solvent, and the reverse search agrees with
// trying every size.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "desk/reverse.hpp"
#include "desk/unit_margin.hpp"
#include "ledger/audit.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

constexpr std::uint64_t venue_kinds = 8;

StressMarket random_market(Rng& rng, std::uint64_t kind) {
    DepthSide side;
    double distance = 0.0;
    const auto levels = 1 + rng.below(6);
    for (std::uint64_t k = 0; k < levels; ++k) {
        distance += rng.uniform(0.0005, 0.01);
        side.push_back({distance, rng.uniform(1e4, 3e6)});
    }
    StressMarket market =
        hand_market(static_cast<std::int64_t>(rng.below(3) * rng.below(2'000'000)), side, side);
    LiquidationRule& rule = market.venues[0].rules.liquidation;
    AdlRule& adl = market.venues[0].rules.adl;
    switch (kind) {
        case 0:
            break;
        case 1:
            rule.first_step = LiquidationFirstStep::tier_ladder_fok;
            rule.takeover = TakeoverMethod::engine_at_bankruptcy;
            adl.trigger = AdlTrigger::pool_drawdown;
            break;
        case 2:
            rule.first_step = LiquidationFirstStep::market_then_rest;
            rule.takeover = TakeoverMethod::vault_below_share;
            rule.partial_above = dollars(100'000);
            rule.market_orders = rng.chance(0.5);
            adl.trigger = AdlTrigger::equity_negative;
            adl.price = AdlPrice::previous_mark;
            break;
        case 3:
            rule.first_step = LiquidationFirstStep::tiers_down;
            rule.takeover = TakeoverMethod::engine_at_bankruptcy;
            adl.trigger = AdlTrigger::average_fall;
            adl.price = AdlPrice::mark;
            break;
        case 4:
            rule.first_step = LiquidationFirstStep::slices;
            rule.slice = dollars(50'000);
            rule.takeover = TakeoverMethod::socialise;
            adl.trigger = AdlTrigger::never;
            break;
        case 5:
            rule.first_step = LiquidationFirstStep::liquidator_share;
            rule.initial_share_ppm = 100'000;
            rule.share_duration = seconds(60);
            rule.fund_fee_cap_ppm = 5'000;
            rule.takeover = TakeoverMethod::socialise;
            adl.trigger = AdlTrigger::never;
            market.venues[0].rules.fund.socialise_by = SocialiseBy::winners;
            break;
        case 6:
            rule.first_step = LiquidationFirstStep::tier_ladder_fok;
            rule.takeover = TakeoverMethod::engine_at_bankruptcy;
            adl.trigger = AdlTrigger::pool_drawdown;
            adl.drawdown_of = DrawdownOf::symbol;
            adl.rank = AdlRank::integer_pro_rata;
            break;
        default:
            rule.first_step = LiquidationFirstStep::fillable_ioc;
            rule.takeover = TakeoverMethod::fund_per_fill;
            rule.step_share_ppm = 100'000;
            rule.step_least = dollars(1'000);
            adl.rank = AdlRank::fixed_order;
            break;
    }
    market.venues[0].rules.fund.unwind = minutes(1 + static_cast<std::int64_t>(rng.below(120)));
    market.venues[0].rules.maker_fee_ppm = 150;
    return market;
}
StressMarket random_market(Rng& rng) {
    const std::uint64_t kind = rng.below(venue_kinds);
    return random_market(rng, kind);
}

std::string random_rows(Rng& rng, int accounts) {
    std::string rows;
    for (int a = 0; a < accounts; ++a) {
        const bool is_long = rng.chance(0.6);
        const double size = std::round(rng.lognormal(1.0, 1.5) * 1000.0) / 1000.0 + 0.001;
        const double entry = std::round(100'000.0 * rng.uniform(0.9, 1.1));
        // Enough to be above the margin at the start, mostly.
        const double loss = size * std::max(0.0, (is_long ? 1.0 : -1.0) * (entry - 100'000.0));
        const double margin = loss + size * 100'000.0 * rng.uniform(0.012, 0.3);
        const bool isolated = rng.chance(0.5);
        const bool coins = !isolated && rng.chance(0.3);
        rows += "a" + std::to_string(a) + ",g" + std::to_string(rng.below(7)) +
                std::to_string(a % 3) + ",A,BTC," + (is_long ? "long," : "short,") +
                std::to_string(size) + "," + std::to_string(entry) + "," +
                (isolated ? "isolated," : "cross,") + (coins ? "BTC," : "USD,") +
                std::to_string(coins ? margin / 95'000.0 : margin) + "\n";
    }
    return rows;
}

TEST(StressProperties, MoneyIsConservedAndAdlClosesNoMoreThanWasLeft) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed, 1, Purpose::test);
        const StressMarket market = random_market(rng);
        // An owner group may differ between accounts only: every account has one line.
        const AccountBook book = read_rows(random_rows(rng, 40), market);
        const StressStart start(market, book);
        StressRun run(start);
        StressOptions options;
        options.feedback = rng.chance(0.7) ? Feedback::on : Feedback::off;
        options.defaults = static_cast<std::uint32_t>(rng.below(3));
        const Shock shock = make_shock(market,
                                       AssetId::from_raw(0),
                                       rng.uniform(-0.4, 0.4),
                                       seconds(static_cast<std::int64_t>(rng.below(3) * 30)),
                                       UnnamedCoins::unchanged);

        const StressOutcome out = run.run(shock, options);

        check_clearing(run.house());
        double held = 0.0;
        for (SlotId slot = 0; slot < book.positions.size(); ++slot) {
            const BookPosition& p = book.positions[slot];
            const AccountId account = start.account(start.unit_of(slot));
            const std::int64_t left = run.house().position(account, p.instrument).raw();
            const std::int64_t was =
                sign(book.positions[slot].side) * book.positions[slot].lots.raw();
            // Never turned around, never larger.
            EXPECT_GE(left * (was > 0 ? 1 : -1), 0);
            EXPECT_LE(std::abs(left), std::abs(was));
            held += static_cast<double>(std::abs(was) - std::abs(left)) * 0.001;
        }
        double closed = 0.0;
        for (const LiquidationRow& row : out.liquidations) {
            closed += row.coins;
        }
        for (const AdlRow& row : out.adl) {
            closed += row.coins;
        }
        EXPECT_NEAR(held, closed, 1e-6);
        for (std::uint32_t u = 0; u < book.units.size(); ++u) {
            // Flat and in debt only against coins of his own.
            const AccountId account = start.account(u);
            const bool coins = run.house().coins(account, AssetId::from_raw(0)).raw() > 0;
            const InstrumentId i = book.positions[book.units[u].first_position].instrument;
            if (run.house().position(account, i).raw() == 0 && !coins) {
                EXPECT_GE(run.house().cash(account).raw(), 0);
            }
        }
    }
}

// A jump of the price: who was bankrupt at once is not lifted above zero by what winners lose, who
// is closed had somebody below their margin on the other side and no more of them than they held,
// and no winner ends below zero.
TEST(StressProperties, DeleveragingAfterAJumpTakesNoMoreThanItNeeds) {
    std::size_t bankrupt = 0;
    std::size_t winners = 0;
    for (std::uint64_t seed = 1; seed <= 10 * venue_kinds; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed, 4, Purpose::test);
        StressMarket market = random_market(rng, seed % venue_kinds);
        const AccountBook book = read_rows(random_rows(rng, 40), market);
        const StressStart start(market, book);
        const double move = rng.uniform(0.05, 0.3) * (rng.chance(0.5) ? 1.0 : -1.0);
        ClearingHouse there = start.house();
        const InstrumentId i = InstrumentId::from_raw(0);
        there.set_mark(i, Ticks::from_raw(std::llround(std::floor(1e5 * (1.0 + move) + 0.5))));
        there.set_collateral_price(
            VenueId::from_raw(0), AssetId::from_raw(0), collateral_price_of(1e5 * (1.0 + move)));
        StressRun run(start);
        StressOptions options = without_feedback();

        const StressOutcome out = run.run(fall(market, move), options);

        std::vector<double> closed(book.units.size(), 0.0);
        std::vector<std::uint8_t> gave(book.units.size(), 0);
        double of_the_pool = 0.0;
        for (const AdlRow& row : out.adl) {
            gave[row.unit] = 1;
            (row.against_unit < 0 ? of_the_pool
                                  : closed[static_cast<std::size_t>(row.against_unit)]) +=
                row.coins;
        }
        double taken_over = 0.0;
        for (const LiquidationRow& row : out.liquidations) {
            taken_over += row.by == ClosedBy::takeover ? row.coins : 0.0;
        }
        EXPECT_LE(of_the_pool, taken_over + 1e-9);
        for (std::uint32_t u = 0; u < book.units.size(); ++u) {
            const AccountId account = start.account(u);
            const double lots = std::abs(static_cast<double>(there.position(account, i).raw()));
            const Margin before = there.margin(account);
            const Money after = run.house().margin(account).equity;
            EXPECT_LE(closed[u], lots * 0.001 + 1e-9);
            if (closed[u] > 0.0) {
                EXPECT_LE(before.equity, before.maintenance) << u;
            }
            if (before.equity < Money{}) {
                ++bankrupt;
                // But for what whole ticks leave: a tick of a lot is a thousandth of a dollar.
                EXPECT_LE(to_usd(after), lots * 0.001 + 1e-6) << u;
            }
            if (gave[u] != 0 && out.unit_touched[u] == 0) {
                ++winners;
                EXPECT_GE(after, Money{}) << u;
            }
        }
    }
    EXPECT_GT(bankrupt, 200U);
    EXPECT_GT(winners, 100U);
}

TEST(StressProperties, AuditHearsEveryPosting) {
    Rng rng(7, 1, Purpose::test);
    const StressMarket market = random_market(rng);
    const AccountBook book = read_rows(random_rows(rng, 60), market);
    const StressStart start(market, book);
    StressRun run(start);
    LedgerAudit audit(start.house().ledger().assets());
    run.set_observer(&audit);

    (void)run.run(fall(market, -0.2), StressOptions{});

    EXPECT_GT(audit.postings(), 0U);
    for (const i128 sum : audit.sums()) {
        EXPECT_TRUE(sum == 0);
    }
}

// Prices walk at random; whoever the house does not name is not liquidatable, whoever it names is.
TEST(StressProperties, TheHouseNamesExactlyWhoIsBelow) {
    std::size_t named = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed, 2, Purpose::test);
        StressMarket market = random_market(rng);
        if (rng.chance(0.5)) {  // not the fast form: two tiers of the whole position, profit in
                                // collateral
            PortfolioRules& rules = market.venues[0].margin;
            rules.schedules[0].style = MarginStyle::whole_tier;
            rules.schedules[0].tiers.push_back(rules.schedules[0].tiers.front());
            rules.schedules[0].tiers[0].cap = Amount::from_raw(i128{200'000'000'000});
            rules.schedules[0].tiers[1].floor = rules.schedules[0].tiers[0].cap;
            rules.schedules[0].tiers[1].maintenance = Fraction{2, 100};
            rules.pnl = PnlIn::collateral;
        }
        const AccountBook book = read_rows(random_rows(rng, 30), market);
        const StressStart start(market, book);
        ClearingHouse house = start.house();
        double price = 100'000.0;
        for (int step = 0; step < 200; ++step) {
            price *= std::exp(rng.uniform(-0.01, 0.01));
            house.set_mark(InstrumentId::from_raw(0),
                           Ticks::from_raw(static_cast<std::int64_t>(price)));
            house.set_collateral_price(
                VenueId::from_raw(0), AssetId::from_raw(0), collateral_price_of(price));
            std::vector<AccountId> due;
            house.pop_due_cross(due);
            named += due.size();
            for (const AccountId account : due) {
                EXPECT_TRUE(house.liquidatable(account));
            }
            for (std::uint32_t u = 0; u < book.units.size(); ++u) {
                if (house.is_open(start.account(u))) {
                    EXPECT_FALSE(house.liquidatable(start.account(u))) << u << " at " << price;
                }
            }
        }
    }
    EXPECT_GT(named, 100U);
}

TEST(StressProperties, ReverseFindsTheSizeThatTryingAllSizesFinds) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed, 3, Purpose::test);
        StressMarket market = hand_market(60'000, {{0.001, 200'000}}, {{0.001, 200'000}});
        const AccountBook book = read_rows(random_rows(rng, 12), market);
        const StressStart start(market, book);
        StressRun run(start);
        ReverseOptions options;
        options.bps_max = 1'300;
        ReverseRow wanted;
        wanted.coin = AssetId::from_raw(0);
        wanted.precision = Precision::exact;

        const ReverseRow row = ReverseSearch(start, options).smallest(wanted);

        StressOptions totals = options.stress;
        totals.detail = Detail::totals;
        for (std::size_t g = 0; g < reverse_goals; ++g) {
            std::optional<std::int64_t> least;
            for (std::int64_t bps = 1; bps <= options.bps_max && !least; ++bps) {
                const StressOutcome out =
                    run.run(fall(market, -1e-4 * static_cast<double>(bps)), totals);
                if (reached(out, static_cast<ReverseGoal>(g))) {
                    least = bps;
                }
            }
            EXPECT_EQ(row.bps[g], least) << goal_word(static_cast<ReverseGoal>(g));
            found += least ? 1 : 0;
        }
    }
    EXPECT_GT(found, 3);
}

}  // namespace
}  // namespace margincall
