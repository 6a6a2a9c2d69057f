// Aave v3: arithmetic, interest, health, oracles, the pool's calls and liquidations.
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "defi/aave_oracle.hpp"
#include "defi/aave_pool.hpp"
#include "defi/desk.hpp"

namespace margincall::test {
namespace {

using namespace aave;

constexpr std::uint64_t day_s = 86'400;

U256 dollars8(double value) {
    return U256{static_cast<std::uint64_t>(value * 1e8 + 0.5)};
}

TEST(AaveMath, EachVersionRoundsScaledBalancesItsWay) {
    const U256 index = ray + ray / 3;
    EXPECT_TRUE(same(scaled_supply(Version::v3_3, 2_n, index), 2_n));  // 1.5 half up
    EXPECT_TRUE(same(scaled_supply(Version::v3_5, 2_n, index), 1_n));
    EXPECT_TRUE(same(scaled_withdrawal(Version::v3_5, 2_n, index), 2_n));
    EXPECT_TRUE(same(scaled_borrowing(Version::v3_5, 2_n, index), 2_n));
    EXPECT_TRUE(same(scaled_repayment(Version::v3_5, 2_n, index), 1_n));
    EXPECT_TRUE(same(supply_balance(Version::v3_5, 2_n, index), 2_n));  // 2.67 down
    EXPECT_TRUE(same(debt_balance(Version::v3_5, 2_n, index), 3_n));
    EXPECT_TRUE(same(debt_balance(Version::v3_4, 1_n, index), 1_n));  // 1.33 half up
}

// The worked example of docs/aave-v3.md: WETH at 92 % optimal use, 2.5 % and 80 % slopes.
TEST(AaveInterest, TwoSlopesMeetAtTheKink) {
    const RateSlopes slopes = find_reserve("WETH")->slopes;
    const auto borrow_percent = [&slopes](std::uint64_t debt) {
        const Rates r = interest_rates(slopes, {U256{debt}, U256{10'000 - debt}, U256{}}, 1'500);
        return r.variable_borrow.to_double() / 1e25;
    };
    EXPECT_NEAR(borrow_percent(4'600), 1.25, 1e-9);
    EXPECT_NEAR(borrow_percent(9'200), 2.5, 1e-9);
    EXPECT_NEAR(borrow_percent(9'600), 42.5, 1e-9);
    EXPECT_NEAR(borrow_percent(10'000), 82.5, 1e-9);
    EXPECT_TRUE(interest_rates(slopes, {}, 1'500).variable_borrow.is_zero());
}

TEST(AaveInterest, ADeficitLowersTheSupplyRateOnly) {
    const RateSlopes slopes{8'000, 100, 400, 6'000};
    const Rates sound = interest_rates(slopes, {800_e18, 200_e18, U256{}}, 1'000);
    const Rates short_of = interest_rates(slopes, {800_e18, 200_e18, 100_e18}, 1'000);
    EXPECT_TRUE(same(sound.variable_borrow, short_of.variable_borrow));
    EXPECT_LT(short_of.liquidity, sound.liquidity);
}

TEST(AaveAccount, AnyDebtCountsSinceVersionFive) {
    const DebtRow dust{1_n, dollars8(1), power_of_ten(18)};
    EXPECT_TRUE(same(debt_value(Version::v3_5, dust), 1_n));
    EXPECT_TRUE(same(debt_value(Version::v3_4, dust), U256{}));
    EXPECT_TRUE(same(health_factor(Version::v3_5, 1_n, 1_n, U256{}), U256::max()));
}

// --- oracles ---------------------------------------------------------------------------------

TEST(AaveOracle, ALaggedFeedAnswersByDeviationHeartbeatAndDelay) {
    LaggedFeed feed{{50, 3'600, 24}, dollars8(4'000), 0};
    feed.observe(dollars8(3'990), 12);  // 0.25 % is not enough
    EXPECT_TRUE(same(feed.answer(60), dollars8(4'000)));
    feed.observe(dollars8(3'900), 60);
    feed.observe(dollars8(3'700), 72);  // the answer under way is the one of second 60
    EXPECT_TRUE(same(feed.answer(83), dollars8(4'000)));
    EXPECT_TRUE(same(feed.answer(84), dollars8(3'900)));
    feed.observe(dollars8(3'899), 84 + 3'600);  // nothing moved, but the hour is over
    EXPECT_TRUE(same(feed.answer(84 + 3'624), dollars8(3'899)));
    EXPECT_EQ(feed.answered_at(), 84U + 3'624U);
}

TEST(AaveOracle, CapsAndDiscountsAreWhatTheyAreCalled) {
    EXPECT_TRUE(same(capped_stable_price(dollars8(1.10), dollars8(1.04)), dollars8(1.04)));
    EXPECT_TRUE(same(capped_stable_price(dollars8(0.65), dollars8(1.04)), dollars8(0.65)));
    // sUSDe at 1.19 with 20 % growth a year allowed: after half a year at most 1.309.
    const RateCap cap{dollars8(1.19), 0, 2'000};
    EXPECT_TRUE(same(capped_ratio(cap, dollars8(1.25), 15'768'000), dollars8(1.25)));
    EXPECT_TRUE(same(capped_ratio(cap, dollars8(2.00), 15'768'000), dollars8(1.309)));
    EXPECT_TRUE(same(ratio_price(dollars8(1.2), dollars8(1), dollars8(0.999)), dollars8(1.1988)));
    // 5 % a year over 73 days is 1 %.
    EXPECT_TRUE(same(discounted_price({500, 73 * day_s}, dollars8(1), 0), dollars8(0.99)));
    EXPECT_TRUE(same(discounted_price({500, 10}, dollars8(1), 11), dollars8(1)));
}

// --- the pool --------------------------------------------------------------------------------

struct LendingWorld {
    Desk desk;
    LendingPool pool;
    std::vector<TokenId> underlying;
    std::vector<ReserveTokens> reserve_tokens;
    ReserveId weth;
    ReserveId usdc;
    ReserveId wsteth;
    HolderId lender = desk.holder();
    HolderId borrower = desk.holder();
    HolderId keeper = desk.holder();
    std::uint64_t now = 1'000;

    explicit LendingWorld(Version version = Version::v3_5) : pool(desk.tokens, version) {
        weth = open("WETH", 4'000);
        usdc = open("USDC", 1);
        wsteth = open("wstETH", 4'800);
        for (const HolderId h : {lender, borrower, keeper}) {
            for (const TokenId t : underlying) {
                desk.tokens.mint(h, t, U256{1'000'000} * desk.tokens.unit(t));
            }
        }
        must(pool.supply(desk.tokens, lender, usdc, 900'000_e6, now));
        must(pool.supply(desk.tokens, lender, weth, 1'000_e18, now));
    }
    ReserveId open(const std::string& asset, double price) {
        const ReserveParameters& row = *find_reserve(asset);
        const ReserveTokens t{desk.token(asset, row.decimals),
                              desk.token("a" + asset, row.decimals),
                              desk.token("debt " + asset, row.decimals)};
        underlying.push_back(t.underlying);
        reserve_tokens.push_back(t);
        return pool.add_reserve(desk.tokens, row, t, dollars8(price), now);
    }
    static void must(const Outcome<U256>& outcome) {
        ASSERT_TRUE(outcome.has_value()) << revert_name(outcome.error());
    }
    // 10 WETH against 30'000 USDC: health 40'000 x 0.83 / 30'000 = 1.1067.
    void open_loan() {
        must(pool.supply(desk.tokens, borrower, weth, 10_e18, now));
        must(pool.borrow(desk.tokens, borrower, usdc, 30'000_e6, now));
    }
    U256 health() const { return pool.account(desk.tokens, borrower, now).health_factor; }
    Outcome<Liquidation> liquidate(const U256& amount, SeizedAs as = SeizedAs::underlying) {
        return pool.liquidate(desk.tokens, {keeper, borrower, weth, usdc, amount, as}, now);
    }
};

TEST(LendingPool, InterestFlowsFromBorrowerToSupplierAndTreasury) {
    LendingWorld w;
    w.open_loan();
    w.now += 365 * day_s;
    const U256 owed = w.pool.owed(w.desk.tokens, w.borrower, w.usdc, w.now);
    const U256 supplied = w.pool.supplied(w.desk.tokens, w.lender, w.usdc, w.now);
    // Use 30'000 / 900'000 = 3.33 % of 92 % optimal: 6 % x 0.0362 = 0.2174 % a year.
    EXPECT_NEAR(owed.to_double() / 30'000e6, std::exp(0.0021739), 1e-6);
    const double earned = supplied.to_double() - 900'000e6;
    EXPECT_NEAR(earned / (owed.to_double() - 30'000e6), 0.9, 0.002);  // a tenth to the treasury

    w.pool.mint_to_treasury(w.desk.tokens, w.usdc, w.now);

    EXPECT_GT(w.pool.supplied(w.desk.tokens, w.pool.treasury(), w.usdc, w.now), U256{});
    w.pool.check_lending(w.desk.tokens, w.now, 2_n);
}

TEST(LendingPool, RepayingAndWithdrawingEverythingLeavesNothingBehind) {
    LendingWorld w;
    w.open_loan();
    w.now += 30 * day_s;

    LendingWorld::must(w.pool.repay(w.desk.tokens, w.borrower, w.usdc, U256::max(), w.now));
    LendingWorld::must(w.pool.withdraw(w.desk.tokens, w.borrower, w.weth, U256::max(), w.now));

    EXPECT_TRUE(w.desk.tokens.supply(w.reserve_tokens[1].debt_token).is_zero());
    EXPECT_TRUE(w.desk.tokens.balance(w.borrower, w.reserve_tokens[0].a_token).is_zero());
    EXPECT_FALSE(w.pool.is_collateral(w.borrower, w.weth));
    w.pool.check_lending(w.desk.tokens, w.now, 2_n);
}

TEST(LendingPool, EachRevertHasItsReasonAndChangesNothing) {
    LendingWorld w;
    w.open_loan();
    const std::uint64_t digest = w.desk.ledger.digest();
    const HolderId poor = w.desk.holder();
    const auto t = [&w]() -> TokenBook& { return w.desk.tokens; };

    EXPECT_EQ(w.pool.supply(t(), poor, w.weth, 1_e18, w.now).error(), Revert::insufficient_balance);
    EXPECT_EQ(w.pool.supply(t(), w.lender, w.weth, U256{}, w.now).error(), Revert::invalid_amount);
    EXPECT_EQ(w.pool.withdraw(t(), poor, w.weth, 1_e18, w.now).error(),
              Revert::not_enough_user_balance);
    EXPECT_EQ(w.pool.withdraw(t(), w.borrower, w.weth, 5_e18, w.now).error(),
              Revert::health_factor_below_threshold);
    EXPECT_EQ(w.pool.withdraw(t(), w.lender, w.usdc, 900'000_e6, w.now).error(),
              Revert::not_enough_liquidity);
    EXPECT_EQ(w.pool.borrow(t(), w.borrower, w.usdc, 2'300_e6, w.now).error(),
              Revert::collateral_cannot_cover_new_borrow);
    EXPECT_EQ(w.pool.borrow(t(), w.borrower, w.usdc, 30'000_e6, w.now).error(),
              Revert::health_factor_below_threshold);
    EXPECT_EQ(w.pool.borrow(t(), poor, w.usdc, 1_e6, w.now).error(), Revert::ltv_validation_failed);
    EXPECT_EQ(w.pool.repay(t(), w.lender, w.usdc, 1_e6, w.now).error(), Revert::debt_not_found);
    EXPECT_EQ(w.pool.set_collateral(t(), w.borrower, w.weth, CollateralUse::disabled, w.now),
              Revert::health_factor_below_threshold);
    EXPECT_EQ(w.liquidate(1'000_e6).error(), Revert::health_factor_not_below_threshold);
    EXPECT_EQ(w.pool.liquidate(t(), {w.borrower, w.borrower, w.weth, w.usdc, 1_e6}, w.now).error(),
              Revert::self_liquidation);
    EXPECT_EQ(w.pool.liquidate(t(), {w.keeper, w.borrower, w.usdc, w.usdc, 1_e6}, w.now).error(),
              Revert::collateral_not_enabled);
    w.pool.set_caps(w.weth, 1'010, 1);
    EXPECT_EQ(w.pool.supply(t(), w.lender, w.weth, 1_e18, w.now).error(),
              Revert::supply_cap_exceeded);
    EXPECT_EQ(w.pool.borrow(t(), w.lender, w.weth, 2_e18, w.now).error(),
              Revert::borrow_cap_exceeded);
    w.pool.set_status(w.weth, ReserveStatus::frozen);
    EXPECT_EQ(w.pool.supply(t(), w.lender, w.weth, 1_n, w.now).error(), Revert::reserve_frozen);
    w.pool.set_status(w.weth, ReserveStatus::paused);
    EXPECT_EQ(w.pool.withdraw(t(), w.lender, w.weth, 1_e18, w.now).error(), Revert::reserve_paused);
    EXPECT_EQ(w.desk.ledger.digest(), digest);
}

// The worked example of docs/aave-v3.md: ether falls to 3'550 dollars, health to 0.98217; half of
// the debt may be repaid.
TEST(LendingPool, ALiquidationAboveTheCloseFactorTakesHalf) {
    LendingWorld w;
    w.open_loan();
    w.pool.set_price(w.weth, dollars8(3'550));
    EXPECT_TRUE(same(w.health(), U256{982'166'666'666'666'666}));
    const U256 ether_before = w.desk.tokens.balance(w.keeper, w.underlying[0]);

    const auto done = w.liquidate(U256::max());

    ASSERT_TRUE(done.has_value());
    EXPECT_TRUE(same(done->debt_repaid, 15'000_e6));
    // 15'000 / 3'550 x 1.05 = 4.43662 WETH, of which 10 % of the bonus part is the protocol's.
    EXPECT_TRUE(same(done->collateral_seized, 4436619718309859155_u256));
    EXPECT_TRUE(same(done->protocol_fee, 21126760563380282_u256));
    EXPECT_TRUE(same(w.desk.tokens.balance(w.keeper, w.underlying[0]) - ether_before,
                     done->collateral_to_liquidator));
    EXPECT_GT(w.health(), U256{982'166'666'666'666'666});
    EXPECT_TRUE(
        same(w.pool.supplied(w.desk.tokens, w.pool.treasury(), w.weth, w.now), done->protocol_fee));
    w.pool.check_lending(w.desk.tokens, w.now, 2_n);
}

TEST(LendingPool, UnderWaterTheRestBecomesADeficitThatCanBeCovered) {
    LendingWorld w;
    w.open_loan();
    w.pool.set_price(w.weth, dollars8(3'000));  // 30'000 of collateral, 30'000 of debt

    const auto done = w.liquidate(U256::max());

    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->collateral_left, Liquidation::Remainder::none);
    // 30'000 / 1.05 is repaid, rounded up.
    EXPECT_TRUE(same(done->debt_repaid, U256{28'571'428'572}));
    EXPECT_TRUE(same(w.pool.reserve(w.usdc).deficit, U256{1'428'571'428}));
    EXPECT_TRUE(w.pool.owed(w.desk.tokens, w.borrower, w.usdc, w.now).is_zero());
    EXPECT_FALSE(w.pool.is_collateral(w.borrower, w.weth));
    w.pool.check_lending(w.desk.tokens, w.now, 2_n);

    LendingWorld::must(w.pool.cover_deficit(w.desk.tokens, w.lender, w.usdc, U256::max(), w.now));
    EXPECT_TRUE(w.pool.reserve(w.usdc).deficit.is_zero());
    w.pool.check_lending(w.desk.tokens, w.now, 2_n);
}

// A month of interest is in the debt that is repaid, not in what is left of it.
TEST(LendingPool, ALiquidationCountsTheInterestUntilNow) {
    LendingWorld w;
    w.open_loan();
    w.now += 30 * day_s;
    w.pool.set_price(w.weth, dollars8(3'550));
    const U256 owed = w.pool.owed(w.desk.tokens, w.borrower, w.usdc, w.now);
    ASSERT_GT(owed, 30'001_e6);

    ASSERT_TRUE(w.liquidate(10'000_e6).has_value());

    const U256 left = w.pool.owed(w.desk.tokens, w.borrower, w.usdc, w.now);
    EXPECT_TRUE(left == owed - 10'000_e6 || left == owed - 10'000_e6 + 1_n) << left.to_string();
    w.pool.check_lending(w.desk.tokens, w.now, 2_n);
}

// What is written off of another debt no longer counts as borrowed there.
TEST(LendingPool, ADebtThatIsWrittenOffLowersItsOwnRate) {
    LendingWorld w;
    LendingWorld::must(w.pool.supply(w.desk.tokens, w.lender, w.wsteth, 10_e18, w.now));
    w.open_loan();
    LendingWorld::must(
        w.pool.borrow(w.desk.tokens, w.borrower, w.wsteth, U256{250'000'000'000'000'000}, w.now));
    const U256 before = w.pool.reserve(w.wsteth).rates.variable_borrow;
    w.pool.set_price(w.weth, dollars8(2'000));

    const auto done = w.liquidate(U256::max());

    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->collateral_left, Liquidation::Remainder::none);
    EXPECT_TRUE(w.pool.owed(w.desk.tokens, w.borrower, w.wsteth, w.now).is_zero());
    EXPECT_LT(w.pool.reserve(w.wsteth).rates.variable_borrow, before);
}

TEST(LendingPool, ALiquidatorMayTakeClaimsInsteadOfTokens) {
    LendingWorld w;
    w.open_loan();
    w.pool.set_price(w.weth, dollars8(3'550));

    const auto done = w.liquidate(15'000_e6, SeizedAs::a_token);

    ASSERT_TRUE(done.has_value());
    EXPECT_TRUE(same(w.pool.supplied(w.desk.tokens, w.keeper, w.weth, w.now),
                     done->collateral_to_liquidator));
}

TEST(LendingPool, DustIsRefusedAndAFullCloseIsNot) {
    LendingWorld w;
    w.open_loan();
    w.pool.set_price(w.weth, dollars8(3'300));  // health 0.913: everything may be repaid

    EXPECT_EQ(w.liquidate(29'500_e6).error(), Revert::must_not_leave_dust);
    EXPECT_TRUE(w.liquidate(30'000_e6).has_value());
}

TEST(LendingPool, AnEModeCarriesMoreDebtOfItsOwnKind) {
    LendingWorld w;
    const EModeParameters& row = *find_e_mode("ETH correlated");
    const EModeId mode = w.pool.add_e_mode({row.ltv_bps,
                                            row.threshold_bps,
                                            row.bonus_bps,
                                            std::uint64_t{1} << w.wsteth.raw(),
                                            std::uint64_t{1} << w.weth.raw()});
    TokenBook& t = w.desk.tokens;
    LendingWorld::must(w.pool.supply(t, w.borrower, w.wsteth, 100_e18, w.now));
    // 480'000 dollars at 78.5 % carry 376'800, in the mode at 93 % 446'400: 111.6 WETH.
    EXPECT_FALSE(w.pool.borrow(t, w.borrower, w.weth, 111_e18, w.now).has_value());
    EXPECT_EQ(w.pool.set_e_mode(t, w.borrower, mode, w.now), Revert::none);
    EXPECT_TRUE(w.pool.borrow(t, w.borrower, w.weth, 111_e18, w.now).has_value());
    EXPECT_EQ(w.pool.borrow(t, w.borrower, w.usdc, 1_e6, w.now).error(),
              Revert::not_borrowable_in_e_mode);
    EXPECT_EQ(w.pool.set_e_mode(t, w.borrower, 0, w.now), Revert::health_factor_below_threshold);

    // The bonus of the mode is 1 %.
    w.pool.set_price(w.wsteth, dollars8(4'640));
    const auto done = w.pool.liquidate(t, {w.keeper, w.borrower, w.wsteth, w.weth, 10_e18}, w.now);
    ASSERT_TRUE(done.has_value());
    EXPECT_NEAR(done->collateral_seized.to_double(), 10e18 * 4'000 / 4'640 * 1.01, 1e3);
}

// --- random calls ----------------------------------------------------------------------------

struct Pick {
    Rng& rng;
    U256 amount(unsigned decimals) {
        switch (rng.below(6)) {
            case 0:
                return U256{};
            case 1:
                return U256{1};
            case 2:
                return U256::max();
            default:
                return power_of_ten(static_cast<unsigned>(rng.below(decimals + 6))) *
                       (1 + rng.below(99));
        }
    }
};

// One random call; true if it went through.
struct Counts {
    int done = 0;
    int liquidations = 0;
};
bool random_call(LendingWorld& w, Rng& rng, Counts& counts) {
    Pick pick{rng};
    const std::array<HolderId, 3> people = {w.lender, w.borrower, w.keeper};
    const std::array<ReserveId, 3> reserves = {w.weth, w.usdc, w.wsteth};
    const HolderId who = people[rng.below(3)];
    const HolderId other = people[rng.below(3)];
    const ReserveId r = reserves[rng.below(3)];
    const ReserveId r2 = reserves[rng.below(3)];
    const U256 amount = pick.amount(w.pool.reserve(r).parameters.decimals);
    TokenBook& t = w.desk.tokens;
    switch (rng.below(9)) {
        case 0:
        case 1:
            return w.pool.supply(t, who, r, amount, w.now).has_value();
        case 2:
            return w.pool.withdraw(t, who, r, amount, w.now).has_value();
        case 3:
        case 4:
            return w.pool.borrow(t, who, r, amount, w.now).has_value();
        case 5:
            return w.pool.repay(t, who, r, amount, w.now).has_value();
        case 6: {
            LiquidationCall call{who, other, r2, r, amount};
            call.seized_as = rng.chance(0.5) ? SeizedAs::a_token : SeizedAs::underlying;
            if (rng.chance(0.5)) {  // one that can work
                call = {w.keeper, w.borrower, w.weth, w.usdc, 10'000_e6, call.seized_as};
            }
            const bool went = w.pool.liquidate(t, call, w.now).has_value();
            counts.liquidations += went ? 1 : 0;
            return went;
        }
        case 7:
            return w.pool.set_collateral(
                       t,
                       who,
                       r,
                       rng.chance(0.5) ? CollateralUse::enabled : CollateralUse::disabled,
                       w.now) == Revert::none;
        default:
            return w.pool.cover_deficit(t, who, r, amount, w.now).has_value();
    }
}

TEST(LendingPool, NoSequenceOfCallsCreatesTokens) {
    for (const Version version : {Version::v3_3, Version::v3_5, Version::v3_7}) {
        Counts counts;
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            SCOPED_TRACE(seed);
            LendingWorld w{version};
            w.open_loan();
            Rng rng{seed, 3, Purpose::test};
            std::vector<U256> supply;
            for (const TokenId t : w.underlying) {
                supply.push_back(w.desk.tokens.supply(t));
            }
            for (std::uint64_t k = 0; k < 400; ++k) {
                if (rng.chance(0.3)) {
                    w.now += rng.below(30 * day_s);
                }
                if (rng.chance(0.1)) {
                    w.pool.set_price(w.weth, dollars8(rng.uniform(500.0, 5'000.0)));
                }
                const std::uint64_t digest = w.desk.ledger.digest();
                const bool went = random_call(w, rng, counts);
                counts.done += went ? 1 : 0;
                if (!went) {
                    ASSERT_EQ(w.desk.ledger.digest(), digest);
                }
                for (std::size_t i = 0; i < supply.size(); ++i) {
                    ASSERT_TRUE(same(w.desk.tokens.supply(w.underlying[i]), supply[i]));
                }
                // Claims never exceed what backs them by more than the half units that indices,
                // rates and (until v3.4) balances round up, one per call and amount.
                w.pool.check_lending(w.desk.tokens, w.now, U256{2 * k + 50});
                check_ledger(w.desk.ledger);
            }
        }
        EXPECT_GT(counts.done, 600);
        EXPECT_GT(counts.liquidations, 5);
    }
}

}  // namespace
}  // namespace margincall::test
