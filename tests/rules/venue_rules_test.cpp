// Worked examples of the rules beside the first three venues': docs/margin.md, mark-and-funding.md
// and liquidation.md print them. The venues' own numbers run in tests/vector_check.
#include <gtest/gtest.h>

#include "clearing/world.hpp"
#include "rules/close_out.hpp"
#include "rules/funding.hpp"
#include "rules/funding_index.hpp"
#include "rules/insurance_fund.hpp"
#include "rules/mark_price.hpp"
#include "rules/portfolio_liquidation.hpp"
#include "rules/price_band.hpp"
#include "rules/reduction.hpp"
#include "rules/shortage.hpp"

namespace margincall::test {
namespace {

Amount dollars(std::int64_t whole) {
    return Amount::from_raw(i128{whole} * micro_per_usd);
}
MarginBase base_of(Amount value, std::int64_t lots = 0) {
    MarginBase base;
    base.value = {.num = value.raw(), .den = 1};
    base.value_at_mark = base.value;
    base.size = Lots::from_raw(lots);
    return base;
}
ScheduleTier tier(Amount floor, Amount cap, Fraction maintenance, Fraction initial) {
    return {.floor = floor,
            .cap = cap,
            .maintenance = maintenance,
            .initial = initial,
            .deduction = {}};
}

TEST(VenueRules, WholeTierChargesTheWholePosition) {
    MarginSchedule s;
    s.style = MarginStyle::whole_tier;
    s.measure = TierMeasure::size;
    const auto contracts = [](std::int64_t n) { return Amount::from_raw(n); };
    s.tiers = {tier({}, contracts(1'000), {4, 1000}, {1, 100}),
               tier(contracts(1'000), contracts(5'000), {5, 1000}, {15, 1000}),
               tier(contracts(5'000), contracts(20'000), {75, 10'000}, {2, 100})};
    EXPECT_EQ(maintenance_requirement(s, base_of(dollars(5'000'000), 5'000)), dollars(25'000));
    EXPECT_EQ(maintenance_requirement(s, base_of(dollars(6'000'000), 6'000)), dollars(45'000));
}

TEST(VenueRules, StepsAndSlopesRaiseBothRates) {
    MarginSchedule steps;
    steps.style = MarginStyle::stepped;
    steps.tiers = {tier({}, dollars(1'000'000'000), {5, 1000}, {1, 100})};
    steps.step_above = dollars(200);
    steps.step_size = dollars(150);
    steps.step_rate = {5, 1000};
    EXPECT_EQ(risk_steps(steps, base_of(dollars(200))), 0);
    EXPECT_EQ(risk_steps(steps, base_of(dollars(230))), 1);
    EXPECT_EQ(maintenance_requirement(steps, base_of(dollars(230))), Amount::from_raw(2'300'000));

    MarginSchedule slope;
    slope.style = MarginStyle::linear_in_size;
    slope.tiers = {tier({}, dollars(1'000'000'000), {1, 100}, {2, 100})};
    slope.slope = {5, 100'000};  // per coin; one coin a lot
    EXPECT_EQ(initial_requirement(slope, base_of(dollars(2'500'000), 25)), dollars(53'125));
    scale_sizes(slope, {1'000, 1});  // a thousandth of a coin a lot
    EXPECT_EQ(initial_requirement(slope, base_of(dollars(2'500'000), 25'000)), dollars(53'125));
}

TEST(VenueRules, OpenInterestRaisesTheInitialMarginOnly) {
    MarginSchedule s;
    s.maintenance_from = MaintenanceFrom::initial_margin;
    s.maintenance_share = {1, 2};
    s.tiers = {tier({}, dollars(1'000'000'000), {}, {1, 5})};
    s.open_interest_lower = dollars(20'000'000);
    s.open_interest_upper = dollars(50'000'000);
    MarginBase base = base_of(dollars(1'000));
    EXPECT_EQ(initial_requirement(s, base), dollars(200));
    base.open_interest = dollars(35'000'000);  // half of the way to 100 %
    EXPECT_EQ(initial_requirement(s, base), dollars(600));
    EXPECT_EQ(maintenance_requirement(s, base), dollars(100));
    base.open_interest = dollars(60'000'000);
    EXPECT_EQ(initial_requirement(s, base), dollars(1'000));
}

// 0.02 BTC at 50,000 counts 950 at 95 %, a debt of 600 USDT in full; long 10 coins from 100 at 1 %:
// 350 + 10 (p - 100) < 0.1 p from 65.65 down.
TEST(VenueRules, SeveralAssetsBehindOnePosition) {
    PortfolioRules rules;
    rules.contracts.push_back({.unit = {100, 1}, .price_max = Ticks::from_raw(1'000'000)});
    rules.schedules.emplace_back();
    rules.schedules[0].tiers = {tier({}, dollars(1'000'000'000), {1, 100}, {1, 10})};
    rules.collateral.resize(2);
    rules.collateral[1].tiers = {{.cap = {}, .ratio = {95, 100}}};
    PortfolioPrices prices;
    prices.mark = {Ticks::from_raw(10'000)};
    prices.assets = {{.index = {1, 1}, .conversion = {}}, {.index = {50'000, 1}, .conversion = {}}};
    PortfolioAccount account;
    account.collateral = {{.asset = 0, .balance = dollars(-600)},
                          {.asset = 1, .balance = Amount::from_raw(20'000)}};
    PortfolioPosition p;
    p.qty = Lots::from_raw(1'000);
    p.entry_value = dollars(1'000);
    account.positions = {p};
    EXPECT_EQ(cross_margin(rules, account, prices),
              (PortfolioMargin{dollars(350), dollars(100), dollars(10)}));
    EXPECT_EQ(liquidation_price({&rules, &account, &prices, 0}), Ticks::from_raw(6'565));
    EXPECT_EQ(auto_exchange_sale(dollars(5'000), {975, 1000}), Amount::from_raw(5'128'205'129));
}

TEST(VenueRules, SimplerMarks) {
    const Instrument inst = perp(0.5, 1.0);
    const auto ticks = [](double usd) { return Ticks::from_raw(std::llround(usd * 2)); };
    MarkRule rule;
    rule.method = MarkMethod::index_ema;
    rule.average = seconds(30);
    rule.band_ppm = 20'000;
    MarkPrice banded{rule, inst};
    EXPECT_EQ(banded.update({.bid = ticks(10'300), .ask = ticks(10'300), .index_usd = 10'000.0}),
              ticks(10'200));  // the basis of 300 is cut at 2 %
    EXPECT_EQ(banded.update({.now = SimTime::from_ns(1),
                             .bid = ticks(10'000),
                             .ask = ticks(10'000),
                             .index_usd = 10'000.0}),
              ticks(10'200));
    rule.method = MarkMethod::last_in_book;
    rule.band_ppm = 100'000;
    MarkPrice clamped{rule, inst};
    EXPECT_EQ(clamped.update({.bid = ticks(871), .ask = ticks(871.5), .last = ticks(872)}),
              ticks(871.5));
    rule.method = MarkMethod::index_average;
    rule.band_ppm = 0;
    MarkPrice average{rule, inst};
    average.update({.bid = ticks(101), .ask = ticks(101), .index_usd = 100.0});
    EXPECT_EQ(average.update({.now = SimTime::from_ns(1'000'000'000),
                              .bid = ticks(102),
                              .ask = ticks(102),
                              .index_usd = 100.0}),
              ticks(101.5));
    rule.method = MarkMethod::oracle;
    MarkPrice oracle{rule, inst};
    EXPECT_EQ(oracle.update({.bid = ticks(101), .ask = ticks(101), .index_usd = 100.0}),
              ticks(100));
}

TEST(VenueRules, OtherFundings) {
    // Continuous: 0.1 % premium, damper 0.025 %: 0.075 % per 8 h; a minute of 100,000 USD.
    const double rate = continuous_funding(0.001, 0.00025, 0.0);
    EXPECT_NEAR(rate, 0.00075, 1e-15);
    EXPECT_NEAR(continuous_payment(rate, 100'000.0, minutes(1)), 0.15625, 1e-12);
    EXPECT_DOUBLE_EQ(continuous_funding(0.05, 0.00025, 0.005), 0.005);
    // The gap of the mid to the index less the interest, whole at once and capped.
    FundingRule mid;
    mid.method = FundingMethod::mean_clamp;
    mid.interval = hours(1);
    // Interest of 0.01 % per 8 h: an eighth of it an hour.
    EXPECT_NEAR(funding_rate(mid, 0.0012, 3'750'000), 0.0011875, 1e-15);
    EXPECT_DOUBLE_EQ(funding_rate(mid, 0.005, 3'750'000), 0.00375);
    EXPECT_NEAR(premium_sample(mid.method, 100.1, 100.3, 100.0), 0.002, 1e-15);
    EXPECT_EQ(premium_sample(mid.method, 0.0, 100.3, 100.0), 0.0);
    // Eight votes of 0.1 % outweigh seven missing ones, seven do not.
    EXPECT_EQ(median_vote(std::vector<std::int64_t>(8, 1'000), 15), 1'000);
    EXPECT_EQ(median_vote(std::vector<std::int64_t>(7, 1'000), 15), 0);
    EXPECT_EQ(median_vote({1'000, 2'001}, 0), 1'500);
    // Half of the minutes at 0.2 %, default 0.01 %, initial 20 %, maintenance 18 %: cap 12 %.
    IndexFundingRule rule;
    rule.default_ppm = 100;
    // Of two minutes the missing one counts 0, and a tail of a quarter drops the higher of the two.
    const IndexFundingRule tails{.expected_samples = 2, .default_ppm = 1, .tails = {1, 4}};
    EXPECT_EQ(index_funding_rate(tails, std::vector<std::int64_t>{2'000}, 200'000, 180'000), 1);
    EXPECT_EQ(index_funding_rate(rule, std::vector<std::int64_t>(30, 2'000), 200'000, 180'000),
              1'100);
    EXPECT_EQ(index_funding_rate(rule, std::vector<std::int64_t>(60, 900'000), 200'000, 180'000),
              120'000);
    EXPECT_EQ(twap_gap_funding(50'000'000, 49'000'000, 3600), i128{41'666'666});
}

TEST(VenueRules, BandsFollowMarkOrPremium) {
    const PriceBand mark = band_around(10'000.0, 0.015, 0.015);
    EXPECT_DOUBLE_EQ(mark.lower, 9'850.0);
    EXPECT_DOUBLE_EQ(mark.upper, 10'150.0);
    const PriceBand premium = band_with_premium(10'000.0, 50.0, 0.01, 0.02);
    EXPECT_DOUBLE_EQ(premium.lower, 9'950.0);
    EXPECT_DOUBLE_EQ(premium.upper, 10'150.0);
    EXPECT_DOUBLE_EQ(band_with_premium(10'000.0, 500.0, 0.01, 0.02).upper, 10'200.0);
}

TEST(VenueRules, ABandIsTakenAroundWhatItsRuleSays) {
    const BandReference seen{.mark = 10'000.0, .last = 10'100.0, .index = 9'900.0, .premium = 50.0};
    BandRule rule{.method = BandMethod::around_mark, .down_ppm = 10'000, .up_ppm = 20'000};
    EXPECT_DOUBLE_EQ(band_of(rule, seen).lower, 9'900.0);
    EXPECT_DOUBLE_EQ(band_of(rule, seen).upper, 10'200.0);
    rule.method = BandMethod::around_last;
    EXPECT_DOUBLE_EQ(band_of(rule, seen).upper, 10'302.0);
    EXPECT_DOUBLE_EQ(band_of(rule, {.mark = 10'000.0}).lower, 0.0);  // nothing has traded
    rule = {.method = BandMethod::index_premium, .up_ppm = 20'000, .outer_ppm = 50'000};
    EXPECT_DOUBLE_EQ(band_of(rule, seen).upper, 9'900.0 * 1.02 + 50.0);
    EXPECT_DOUBLE_EQ(band_of(rule, seen).lower, 9'900.0 * 0.98 + 50.0);
    EXPECT_GT(band_of({}, seen).upper, 1e300);
}

// Band 9,900.5 to 10,099.5 in ticks of 1: 9,901 and 10,099 are inside.
TEST(VenueRules, OrdersBeyondTheBandAreRejectedOrBounded) {
    Instrument inst;
    inst.tick_usd = 1.0;
    inst.price_max = Ticks::from_raw(20'000);
    const PriceBand band{.lower = 9'900.5, .upper = 10'099.5};
    const auto order = [&](OrderType type, Side side, std::int64_t price) {
        Command c;
        c.type = type;
        c.side = side;
        c.price = Ticks::from_raw(price);
        c.qty = Lots::from_raw(1);
        const Reject reject = apply_band(band, inst, c);
        return std::pair{reject, c.price.raw()};
    };
    using enum OrderType;
    const auto ok = [](std::int64_t price) { return std::pair{Reject::none, price}; };
    const auto no = [](std::int64_t price) { return std::pair{Reject::price_outside_band, price}; };
    EXPECT_EQ(order(limit, Side::buy, 10'099), ok(10'099));
    EXPECT_EQ(order(limit, Side::buy, 10'100), no(10'100));
    EXPECT_EQ(order(limit, Side::sell, 9'901), ok(9'901));
    EXPECT_EQ(order(limit, Side::sell, 9'900), no(9'900));
    EXPECT_EQ(order(limit, Side::buy, 5'000), ok(5'000));  // cannot trade outside
    EXPECT_EQ(order(limit, Side::sell, 15'000), ok(15'000));
    EXPECT_EQ(order(market, Side::buy, 0), ok(10'099));
    EXPECT_EQ(order(market, Side::sell, 0), ok(9'901));
    EXPECT_EQ(order(market, Side::buy, 12'000), ok(10'099));
    EXPECT_EQ(order(market, Side::buy, 10'050), ok(10'050));  // bounds itself
    EXPECT_EQ(order(market, Side::sell, 9'000), ok(9'901));

    Command amend;
    amend.kind = CommandKind::amend;
    amend.price = Ticks::from_raw(11'000);
    amend.qty = Lots::from_raw(1);
    EXPECT_EQ(apply_band(band, inst, amend), Reject::price_outside_band);
    amend.qty = Lots{};  // a cancel
    EXPECT_EQ(apply_band(band, inst, amend), Reject::none);
    Command cancel;
    cancel.kind = CommandKind::cancel;
    cancel.price = Ticks::from_raw(11'000);
    EXPECT_EQ(apply_band(band, inst, cancel), Reject::none);
    Command free;
    free.type = OrderType::market;
    EXPECT_EQ(apply_band(band_of({}, {}), inst, free), Reject::none);
    EXPECT_EQ(free.price, Ticks{});
}

// Minutes of (10 + 30) / 2, (40 + 60) / 2 and (0 + 20) / 2; the running one does not count yet.
TEST(VenueRules, TheBandsPremiumIsThatOfWholeMinutes) {
    BandPremium premium;
    EXPECT_DOUBLE_EQ(premium.average(), 0.0);
    const auto at = [](std::int64_t second) { return SimTime{} + seconds(second); };
    premium.sample(at(0), 10.0);
    premium.sample(at(30), 900.0);
    premium.sample(at(59), 30.0);
    EXPECT_DOUBLE_EQ(premium.average(), 0.0);
    premium.sample(at(60), 40.0);
    EXPECT_DOUBLE_EQ(premium.average(), 20.0);
    premium.sample(at(119), 60.0);
    premium.sample(at(120), 0.0);
    EXPECT_DOUBLE_EQ(premium.average(), 35.0);
    premium.sample(at(179), 20.0);
    premium.sample(at(180), 5.0);
    EXPECT_DOUBLE_EQ(premium.average(), 30.0);  // the last two minutes
}

TEST(VenueRules, TwoTiersDownAndSlices) {
    MarginSchedule s;
    s.measure = TierMeasure::size;
    std::int64_t floor = 0;
    for (const std::int64_t cap : {1'000, 5'000, 20'000, 40'000, 60'000}) {
        s.tiers.push_back(tier(Amount::from_raw(floor), Amount::from_raw(cap), {}, {}));
        floor = cap;
    }
    const TierStep step = step_down(s, base_of({}, 50'000), 2);
    EXPECT_EQ(step.tier, 4U);
    EXPECT_EQ(step.target, std::optional<std::size_t>{2});
    EXPECT_EQ(step.close, Lots::from_raw(30'000));
    EXPECT_EQ(step_down(s, base_of({}, 4'000), 2).close, Lots::from_raw(4'000));
    // The same on the simulation's tables, which count notional.
    const Instrument inst = btc_perp();
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::tiers_down;
    const PositionState state = position(inst, 50'000, 1'000'000, usd(100'000));  // 5,000,000 USD
    const Ticks mark = Ticks::from_raw(1'000'000);
    const auto size = [&] {
        return liquidation_size(
            inst, binance_btc(), rule, state, mark, false, LiquidationAttempt::first);
    };
    EXPECT_EQ(size(), Lots::from_raw(42'000));  // tier 4 to the cap of tier 2, 800,000
    rule.first_step = LiquidationFirstStep::slices;
    rule.slice = usd(2'500);
    EXPECT_EQ(size(), Lots::from_raw(25));
    rule.slice = usd(1);
    EXPECT_EQ(size(), Lots::from_raw(1));
}

// 0.1 BTC at 50,000 on an account that owes 4,501: worth 499, needs 500.
TEST(VenueRules, FillablePriceLiesBetweenOracleAndRuin) {
    const CloseOut whole{.collateral = dollars(499),
                         .maintenance = dollars(500),
                         .value_change = dollars(-5'000),
                         .maintenance_change = dollars(-500)};
    EXPECT_EQ(bankruptcy_proceeds(whole), dollars(4'501));
    const SignedFraction price = fillable_price({.adjustment = {1, 1}, .spread = {1, 10}},
                                                whole,
                                                Lots::from_raw(1),  // of 0.1 BTC
                                                dollars(5'000),
                                                dollars(500));
    EXPECT_NEAR(static_cast<double>(price.num) / static_cast<double>(price.den), 4'999.9e6, 1e-3);
    EXPECT_EQ(fund_change(dollars(4'600), dollars(4'501), {15, 1000}), dollars(69));  // 1.5 %
    EXPECT_EQ(fund_change(dollars(4'490), dollars(4'501), {15, 1000}), dollars(-11));
    const StepLimits step = step_limits(dollars(50'000), dollars(1'000), {1, 10});
    EXPECT_EQ(step.least, dollars(1'000));
    EXPECT_EQ(step.most, dollars(5'000));
}

// A long that is passed over: it would have to pay more than it owns.
TEST(VenueRules, DirectClosingPassesOverPricesThatDoNotMeet) {
    const Contract contract;  // one unit of money per lot and tick
    Counterparty insolvent{.qty = Lots::from_raw(-10), .cash = Amount::from_raw(900)};  // owes 100
    std::vector<Counterparty> others{
        {.qty = Lots::from_raw(5), .cash = Amount::from_raw(-480)},  // worth 20, would lose 50
        {.qty = Lots::from_raw(-3), .cash = Amount::from_raw(900)},  // the same side
        {.qty = Lots::from_raw(20), .cash = Amount::from_raw(-1'000)}};
    const auto closes = close_directly(contract, Ticks::from_raw(100), insolvent, others);
    ASSERT_EQ(closes.size(), 1U);
    EXPECT_EQ(closes[0].counterparty, 2U);
    EXPECT_EQ(closes[0].lots, Lots::from_raw(10));
    EXPECT_EQ(others[2].cash, Amount::from_raw(-100));  // 900 for 10 lots worth 1,000
    EXPECT_EQ(insolvent.cash, Amount{});
    EXPECT_EQ(insolvent.qty, Lots{});
}

TEST(VenueRules, OutsideLiquidatorsCoverTheShortage) {
    const ShortageCover c{.shortage = 10'000'000,
                          .margin_ratio = 1'000,
                          .liquidator_fee = 10'000,
                          .fund_fee = 10'000,
                          .price = 100'000'000};
    EXPECT_EQ(base_to_cover(c), std::optional<i128>{1'250'000'000});
    CallShare call{
        .shortage = 100'000'000, .elapsed_slots = 75, .duration_slots = 150, .initial = 2'000};
    EXPECT_EQ(call_share(call), i128{7'000});
    call.freed_before = 50'000'000;  // of 150 in all, 105 may be freed by now
    EXPECT_EQ(call_share(call), i128{5'500});
    call.shortage = 49'000'000;
    EXPECT_EQ(call_share(call), i128{10'000});
}

TEST(VenueRules, FundsThatFallStartAutoDeleveraging) {
    const AverageFallRule fall{.share = {3, 10}, .least = dollars(50'000)};
    EXPECT_EQ(fall_threshold(fall, dollars(400'000)), dollars(280'000));
    EXPECT_TRUE(fallen_below(fall, dollars(200'000), dollars(400'000)));
    EXPECT_FALSE(fallen_below(fall, dollars(280'000), dollars(400'000)));
    EXPECT_TRUE(fallen_below(fall, {}, dollars(10)));
    const PeakFallRule peak{.start = {-3, 10}, .stop = {-1, 4}, .least_balance = dollars(10'000)};
    EXPECT_EQ(pool_state(peak, dollars(50'000), {-31, 100}), PoolState::started);
    EXPECT_EQ(pool_state(peak, dollars(50'000), {-28, 100}), PoolState::steady);
    EXPECT_EQ(pool_state(peak, dollars(50'000), {-1, 5}), PoolState::stopped);
    EXPECT_EQ(pool_state(peak, {}, {0, 1}), PoolState::started);
}

TEST(VenueRules, AccountsThatBorrow) {
    // 20 owed by everybody, 5,000 required and 40,000 borrowed against 75 % of a token of 100,000.
    TokenBorrower account{.offset = dollars(20),
                          .cross_maintenance = dollars(5'000),
                          .borrowed = dollars(40'000),
                          .balance = dollars(1'000),
                          .tokens = Amount::from_raw(1'000'000),
                          .supply_cap = Amount::from_raw(20'000'000),
                          .borrow_cap = dollars(1'000'000),
                          .price = {100'000, 1},
                          .loan_to_value = {1, 2}};
    const PortfolioMargin margin = borrower_margin(account);
    EXPECT_EQ(margin.equity, dollars(76'000));
    EXPECT_EQ(margin.maintenance, dollars(45'020));
    EXPECT_FALSE(borrower_liquidatable(margin));
    account.supply_cap = Amount::from_raw(500'000);  // half a token counts: 37,500
    EXPECT_EQ(borrower_margin(account).equity, dollars(38'500));
    account.borrow_cap = dollars(10'000);
    EXPECT_EQ(borrower_margin(account).equity, dollars(11'000));
    // Strictly above 95 %.
    EXPECT_FALSE(
        borrower_liquidatable({.equity = dollars(100), .initial = {}, .maintenance = dollars(95)}));
    EXPECT_TRUE(borrower_liquidatable(
        {.equity = dollars(100), .initial = {}, .maintenance = dollars(95) + Amount::from_raw(1)}));
    EXPECT_NEAR(borrow_rate(0.9), 0.525, 1e-15);
    EXPECT_NEAR(borrow_rate(0.5), 0.05, 1e-15);
}

TEST(VenueRules, LoansAgainstCoins) {
    // (100,000 * 1.03 * 1.0007 - 500) / 2.5, and a short: 100,000 pledged against 2 coins owed.
    const Fraction mmr{3, 100};
    const Fraction fee{7, 10'000};
    const auto price = [&](const CoinLoan& loan) {
        const auto exact = loan_liquidation_price(loan, mmr, fee);
        return exact ? static_cast<double>(exact->num) / static_cast<double>(exact->den) : 0.0;
    };
    EXPECT_NEAR(price({.quote = dollars(500),
                       .quote_debt = dollars(100'000),
                       .coins = Amount::from_raw(2'500'000),
                       .coin_debt = {}}),
                41'028.84,
                1e-9);
    EXPECT_NEAR(
        price({.quote = dollars(100'000), .quote_debt = {}, .coins = {}, .coin_debt = dollars(2)}),
        100'000.0 / (2.0 * 1.03 * 1.0007),
        0.1);
    // Nothing owed: no price.
    EXPECT_EQ(price({.quote = dollars(1), .quote_debt = {}, .coins = dollars(1), .coin_debt = {}}),
              0.0);
}

TEST(VenueRules, ModulesCountTheLargerSide) {
    MarginSchedule slices;
    slices.tiers = {tier({}, dollars(10'000), {1, 1}, {}),
                    tier(dollars(10'000), dollars(70'000), {2, 1}, {})};
    fill_deductions(slices);
    EXPECT_EQ(module_requirement(slices, dollars(30'000), dollars(40'000)).required,
              dollars(50'000));
    EXPECT_EQ(module_requirement(slices, dollars(30'000), dollars(60'000)).required,
              dollars(60'000));
}

}  // namespace
}  // namespace margincall::test
