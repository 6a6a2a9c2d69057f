// Margin of whole accounts under rule rows: collateral, hedge and isolated modes, inverse
// contracts, and the two prices of a position against a search tick by tick.
#include <gtest/gtest.h>

#include "rules/portfolio_liquidation.hpp"
#include "rules/quantities.hpp"

namespace margincall::test {
namespace {

Amount usd_amount(std::int64_t dollars) {
    return amount(dollars * micro_per_usd);
}

MarginSchedule flat_schedule(Fraction maintenance, Fraction initial) {
    MarginSchedule schedule;
    schedule.tiers.push_back({.floor = {},
                              .cap = usd_amount(1'000'000'000'000),
                              .maintenance = maintenance,
                              .initial = initial,
                              .deduction = {}});
    return schedule;
}

// One linear instrument: ticks of 0.01 USD, lots of 0.01 coin, so 100 micro-dollars per tick, lot.
struct PortfolioBook {
    PortfolioRules rules;
    PortfolioAccount account;
    PortfolioPrices prices;

    explicit PortfolioBook(MarginSchedule schedule) {
        rules.contracts.push_back({.unit = {100, 1}, .price_max = Ticks::from_raw(100'000'000)});
        rules.schedules.push_back(std::move(schedule));
        rules.collateral.emplace_back();
        prices.mark.push_back(Ticks::from_raw(10'000));  // 100 USD
        prices.assets.emplace_back();
    }
    void add(std::int64_t lots, std::int64_t entry_ticks, MarginMode mode, Amount margin = {}) {
        PortfolioPosition p;
        p.mode = mode;
        p.qty = Lots::from_raw(lots);
        p.entry_value = value_at(rules.contracts[0], p.qty, Ticks::from_raw(entry_ticks));
        p.margin = margin;
        account.positions.push_back(p);
    }
    void deposit(Amount balance) { account.collateral.push_back({.asset = 0, .balance = balance}); }
    [[nodiscard]] bool hit(std::size_t position, std::int64_t ticks) const {
        PortfolioPrices at = prices;
        at.mark[0] = Ticks::from_raw(ticks);
        const PortfolioMargin m = account.positions[position].mode == MarginMode::isolated
                                      ? isolated_margin(rules, account.positions[position], at)
                                      : cross_margin(rules, account, at);
        return liquidatable(rules.trigger, m);
    }
    [[nodiscard]] PricePoint point(std::size_t position = 0) const {
        return {&rules, &account, &prices, position};
    }
};

TEST(PortfolioMargin, IsolatedPositionStandsAlone) {
    PortfolioBook book{flat_schedule({1, 100}, {1, 10})};
    book.add(1'000, 10'000, MarginMode::isolated, usd_amount(100));  // 10 coins, 1,000 USD
    book.deposit(usd_amount(7));
    const PortfolioMargin isolated =
        isolated_margin(book.rules, book.account.positions[0], book.prices);
    EXPECT_EQ(isolated, (PortfolioMargin{usd_amount(100), usd_amount(100), usd_amount(10)}));
    EXPECT_EQ(cross_margin(book.rules, book.account, book.prices),
              (PortfolioMargin{usd_amount(7), {}, {}}));
    // 100 + 10 (p - 100) < 0.1 p from p = 90.909 down.
    EXPECT_EQ(liquidation_price(book.point()), Ticks::from_raw(9'090));
    EXPECT_EQ(bankruptcy_price(book.point()), Ticks::from_raw(9'000));
}

TEST(PortfolioMargin, HedgedLegsShareOneEquityAndBothNeedMargin) {
    PortfolioBook book{flat_schedule({1, 100}, {1, 10})};
    book.add(1'000, 10'000, MarginMode::cross);
    book.add(-1'000, 10'000, MarginMode::cross);
    book.deposit(usd_amount(30));
    const PortfolioMargin m = cross_margin(book.rules, book.account, book.prices);
    EXPECT_EQ(m, (PortfolioMargin{usd_amount(30), usd_amount(200), usd_amount(20)}));
    // The loss of one leg is the other's gain; only the requirement grows: 0.2 p > 30 at p > 150.
    EXPECT_EQ(first_liquidatable(book.point(), PriceMove::rising), Ticks::from_raw(15'001));
    EXPECT_EQ(first_liquidatable(book.point(), PriceMove::falling), std::nullopt);
}

TEST(PortfolioMargin, ProfitCountsAtParOrInsideTheHaircut) {
    PortfolioBook book{flat_schedule({1, 100}, {1, 10})};
    book.add(1'000, 9'000, MarginMode::cross);  // profit of 100
    book.deposit(usd_amount(100));
    book.rules.collateral[0].tiers[0].ratio = {9, 10};
    EXPECT_EQ(cross_margin(book.rules, book.account, book.prices).equity, usd_amount(190));
    book.rules.pnl = PnlIn::collateral;
    EXPECT_EQ(cross_margin(book.rules, book.account, book.prices).equity, usd_amount(180));
}

TEST(PortfolioMargin, InverseContractLosesFasterOnTheWayDown) {
    // 1 USD a lot, ticks of 0.5 USD, money in 1e-8 coin: value = lots * 2e8 / ticks.
    PortfolioBook book{flat_schedule({1, 200}, {1, 50})};
    book.rules.contracts[0] = {.kind = ContractKind::inverse,
                               .unit = {200'000'000, 1},
                               .price_max = Ticks::from_raw(1'000'000)};
    book.add(10'000, 16'000, MarginMode::isolated, amount(50'000'000));  // 8,000 USD, 0.5 coin
    book.prices.mark[0] = Ticks::from_raw(16'000);
    const PortfolioMargin m = isolated_margin(book.rules, book.account.positions[0], book.prices);
    EXPECT_EQ(m, (PortfolioMargin{amount(50'000'000), amount(2'500'000), amount(625'000)}));
    // Bankrupt at 10,000 / (1.25 + 0.5) = 5,714.29 USD, so the tick above: 5,714.5.
    EXPECT_EQ(bankruptcy_price(book.point()), Ticks::from_raw(11'429));
    // 10,000 * 1.005 / 1.75 = 5,742.857: liquidatable from the tick 5,742.5 down.
    EXPECT_EQ(liquidation_price(book.point()), Ticks::from_raw(11'485));
}

TEST(PortfolioMargin, JumpsOfWholeTiersAreMetInOrder) {
    MarginSchedule schedule = flat_schedule({1, 100}, {1, 10});
    schedule.style = MarginStyle::whole_tier;
    schedule.tiers[0].cap = usd_amount(1'200);
    schedule.tiers.push_back({.floor = usd_amount(1'200),
                              .cap = usd_amount(100'000),
                              .maintenance = {1, 10},
                              .initial = {1, 5},
                              .deduction = {}});
    PortfolioBook book{schedule};
    book.add(1'000, 10'000, MarginMode::cross);
    book.deposit(usd_amount(-100));
    // Equity 10 p - 1,100. Up to 120 USD a coin the tier asks 0.1 p: solvent from 111.11. Above it
    // asks p: solvent again only from 122.22, so there are two prices from which a fall hurts.
    const auto from = [&](std::int64_t mark) {
        book.prices.mark[0] = Ticks::from_raw(mark);
        return first_liquidatable(book.point(), PriceMove::falling);
    };
    EXPECT_EQ(from(13'500), Ticks::from_raw(12'222));
    EXPECT_EQ(from(12'100), Ticks::from_raw(12'222));
    EXPECT_EQ(from(11'500), Ticks::from_raw(11'111));
    EXPECT_EQ(from(9'000), Ticks::from_raw(11'111));
    book.prices.mark[0] = Ticks::from_raw(11'500);
    EXPECT_EQ(first_liquidatable(book.point(), PriceMove::rising), Ticks::from_raw(12'001));
}

}  // namespace
}  // namespace margincall::test
