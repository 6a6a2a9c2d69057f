// The synthetic dollar's issuer and its coin's loops on the chain of a run: limits, backing and
// hedge, what a redemption leaves to sell, and the levers that stop each of it.
#include <gtest/gtest.h>

#include "chain/small_chain.hpp"

namespace margincall {
namespace {

using testing::small_plan;

struct IssuerChain : test::SmallChain {
    using SmallChain::SmallChain;
    void blocks(int n) {
        for (int k = 0; k < n; ++k) {
            block();
        }
    }
    ChainCall call(ChainCallKind kind, U256 amount) const {
        ChainCall c;
        c.kind = kind;
        c.amount = std::move(amount);
        return c;
    }
};

U256 dollars(double usd) {
    return raw_amount(ChainToken::usd, usd);
}
U256 coins(double amount) {
    return raw_amount(ChainToken::synthetic, amount);
}

Plan issuer_plan() {
    Plan plan = small_plan();
    plan.defi.enabled = true;
    plan.defi.usde.supply = 1e9;
    plan.defi.usde.reserve = 5e6;
    plan.defi.usde.settle_min = plan.defi.usde.settle_max = minutes(10);
    plan.defi.pools.curve = 100e6;
    return plan;
}

Plan loops_plan() {
    Plan plan = issuer_plan();
    plan.defi.lending.borrowed = 1e9;
    plan.defi.lending.rows = 200;
    plan.defi.lending.dollar_loops = 0.5;
    return plan;
}

TEST(Issuer, BacksWhatIsInIssue) {
    IssuerChain chain(issuer_plan());
    chain.world.open_hedge(1'400.0, 35'000.0);
    const IssuerState s = chain.world.issuer_state();
    EXPECT_NEAR(s.supply_usd, 1e9, 1.0);
    EXPECT_NEAR(s.backing_usd, 1e9, 1.0);  // 720 m of dollars, 140 m each of the coins
    EXPECT_EQ(s.reserve_usd, 5e6);
    EXPECT_EQ(s.value, 1.0);
    EXPECT_NEAR(chain.world.hedged_coins(ChainToken::btc), 1'400.0, 1e-6);
    EXPECT_NEAR(chain.world.coins_to_trade(ChainToken::btc), 0.0, 1e-3);
}

TEST(Issuer, MintsAndRedeemsForApprovedPartiesWithinItsLimits) {
    Plan plan = issuer_plan();
    plan.defi.usde.mint_per_block = 3e6;
    IssuerChain chain(plan);
    chain.world.open_wallet(0, 10e6);
    chain.act(chain.call(ChainCallKind::mint, dollars(1e6)));
    EXPECT_EQ(chain.world.totals().reverted, 1U);  // not approved
    chain.world.open_wallet(0, 10e6, WalletRights::minter);
    ChainCall mint = chain.call(ChainCallKind::mint, dollars(10e6));
    mint.wallet = 1;
    chain.act(mint);
    EXPECT_EQ(chain.world.wallet_amount(0, 1, ChainToken::synthetic), 3e6);
    chain.act(mint);
    EXPECT_EQ(chain.world.wallet_amount(0, 1, ChainToken::synthetic), 6e6);
}

// docs/defi-in-the-loop.md: 100 million are asked back, paid after ten minutes, and 28 % of them
// were coins: 14 million dollars of each are to be sold.
TEST(Issuer, ARedemptionIsPaidLaterAndLeavesCoinsToSell) {
    Plan plan = issuer_plan();
    plan.defi.usde.mint_per_block = plan.defi.usde.redeem_per_block = 200e6;
    IssuerChain chain(plan);
    chain.world.open_wallet(0, 100e6, WalletRights::minter);
    chain.act(chain.call(ChainCallKind::mint, dollars(100e6)));
    chain.world.open_hedge(1'540.0, 38'500.0);  // 28 % of 1.1 bn
    chain.act(chain.call(ChainCallKind::redeem, U256::max()));
    EXPECT_NEAR(chain.world.issuer_state().supply_usd, 1.1e9, 1.0);  // owed until it is paid
    chain.blocks(49);
    EXPECT_EQ(chain.world.wallet_amount(0, 0, ChainToken::usd), 0.0);
    chain.blocks(1);
    EXPECT_EQ(chain.world.wallet_amount(0, 0, ChainToken::usd), 100e6);
    EXPECT_NEAR(chain.world.issuer_state().supply_usd, 1e9, 1.0);
    EXPECT_NEAR(chain.world.coins_to_trade(ChainToken::btc), -140.0, 0.01);
    EXPECT_NEAR(chain.world.coins_to_trade(ChainToken::eth), -3'500.0, 0.3);
}

TEST(Issuer, TakesNoMoreThanTheHourlyLimit) {
    Plan plan = issuer_plan();
    plan.defi.usde.mint_per_block = 100e6;
    plan.defi.usde.redeem_per_hour = 15e6;
    IssuerChain chain(plan);
    chain.world.open_wallet(0, 100e6, WalletRights::minter);
    chain.act(chain.call(ChainCallKind::mint, dollars(100e6)));
    for (int k = 0; k < 4; ++k) {
        chain.act(chain.call(ChainCallKind::redeem, coins(10e6)));
    }
    EXPECT_NEAR(chain.world.totals().redeemed_usd, 15e6, 1.0);
    EXPECT_EQ(chain.world.totals().reverted, 2U);
}

TEST(Issuer, PausedItNeitherMintsNorRedeems) {
    Plan plan = issuer_plan();
    plan.defi.usde.paused = true;
    IssuerChain chain(plan);
    chain.world.open_wallet(0, 10e6, WalletRights::minter);
    chain.act(chain.call(ChainCallKind::mint, dollars(1e6)));
    EXPECT_EQ(chain.world.totals().reverted, 1U);
    EXPECT_EQ(chain.world.wallet_amount(0, 0, ChainToken::usd), 10e6);
}

TEST(Issuer, AFallOfThePriceIsNoReasonToTrade) {
    IssuerChain chain(issuer_plan());
    chain.world.open_hedge(1'400.0, 35'000.0);
    chain.now = chain.now + seconds(12);
    chain.world.report_hedge_pnl(140e6 * 0.2 * 2.0);
    chain.world.on_block(chain.now, {3'200.0, 80'000.0, 1.0});
    EXPECT_NEAR(chain.world.issuer_state().backing_usd, 1e9, 1.0);
    EXPECT_NEAR(chain.world.coins_to_trade(ChainToken::btc), 0.0, 1e-3);
    EXPECT_NEAR(chain.world.coins_to_trade(ChainToken::eth), 0.0, 1e-3);
}

// A venue lets an agent sell coins it has yet to bring; nothing of what it owes can leave.
TEST(Issuer, WhatIsOwedAtAVenueCannotBeMoved) {
    IssuerChain chain(issuer_plan());
    chain.world.open_treasury(0);
    DefiWorld::VenueAccounts accounts;
    accounts.usd = chain.ledger.open(0);
    accounts.btc = chain.ledger.open(1);
    chain.world.bind_venue(0, VenueId::from_raw(0), accounts);
    const LedgerAccountId lender = chain.ledger.open(1);
    chain.ledger.post(accounts.btc, lender, Amount::from_raw(1'000), Reason::trade);
    ChainCall call = chain.call(ChainCallKind::from_venue, U256::max());
    call.token = ChainToken::btc;
    call.venue = VenueId::from_raw(0);
    chain.act(call);
    EXPECT_EQ(chain.world.totals().reverted, 1U);
    EXPECT_EQ(chain.world.hedged_coins(ChainToken::btc), 0.0);
}

TEST(Loops, UnwindThroughThePoolAndWindAgain) {
    IssuerChain chain(loops_plan());
    chain.block();
    const LoopState before = chain.world.dollar_loops().front();
    ChainCall call = chain.call(ChainCallKind::unwind, coins(before.collateral_usd));
    call.account = before.account;
    chain.act(call);
    ASSERT_EQ(chain.world.totals().reverted, 0U);
    const auto find = [&](std::uint32_t account) {
        for (const LoopState& s : chain.world.dollar_loops()) {
            if (s.account == account) {
                return s;
            }
        }
        return LoopState{};
    };
    const LoopState after = find(before.account);
    const double sold = before.collateral_usd - after.collateral_usd;
    EXPECT_GT(sold, 0.0);
    // No more than nine tenths of its room, and all of it is repaid.
    EXPECT_NEAR(sold,
                0.9 * (before.collateral_usd - before.debt_usd / before.limit),
                1e-5 * before.collateral_usd);
    EXPECT_NEAR(chain.world.totals().unwound_usd, sold, 0.005 * sold);
    EXPECT_NEAR(before.debt_usd - after.debt_usd, chain.world.totals().unwound_usd, 10.0);
    EXPECT_LT(after.debt_usd / after.collateral_usd, before.debt_usd / before.collateral_usd);
    ChainCall more = chain.call(ChainCallKind::wind, dollars(0.1 * sold));
    more.account = before.account;
    chain.act(more);
    EXPECT_GT(find(before.account).collateral_usd, after.collateral_usd);
    EXPECT_GT(find(before.account).debt_usd, after.debt_usd);
}

// A wind-up within the borrow cap goes through, the same one above it does not (lever of issue 4).
TEST(Loops, ABorrowCapStopsNewDebt) {
    for (const double scale : {2.0, 1.0}) {
        Plan plan = loops_plan();
        plan.defi.lending.borrow_cap_scale = scale;
        IssuerChain chain(plan);
        chain.block();
        ChainCall call = chain.call(ChainCallKind::wind, dollars(5'000.0));
        // The loop with most room.
        double room = 0.0;
        for (const LoopState& s : chain.world.dollar_loops()) {
            const double own = 0.85 * s.collateral_usd - s.debt_usd;
            if (own > room) {
                room = own;
                call.account = s.account;
            }
        }
        ASSERT_GT(room, 5'000.0);
        chain.act(call);
        EXPECT_EQ(chain.world.totals().reverted, scale > 1.0 ? 0U : 1U) << scale;
    }
}

TEST(Levers, ASupplyCapStopsNewDeposits) {
    for (const double scale : {2.0, 1.0}) {
        Plan plan = loops_plan();
        plan.defi.lending.cap_scale = scale;
        IssuerChain chain(plan);
        chain.world.open_wallet(0, 1e6);
        chain.act(chain.call(ChainCallKind::supply, dollars(1e6)));
        EXPECT_EQ(chain.world.totals().reverted, scale > 1.0 ? 0U : 1U) << scale;
    }
}

TEST(Levers, AWithdrawalLimitHoldsForTheHour) {
    Plan plan = loops_plan();
    plan.defi.lending.withdrawal_limit = 2e6;
    IssuerChain chain(plan);
    chain.world.open_wallet(0, 0.0);
    chain.world.start_deposit(0, 0, ChainMarket::main, 10e6);
    for (int k = 0; k < 3; ++k) {
        chain.act(chain.call(ChainCallKind::withdraw, dollars(1.5e6)));
    }
    EXPECT_NEAR(chain.world.wallet_amount(0, 0, ChainToken::usd), 2e6, 1.0);
    chain.blocks(300);
    chain.act(chain.call(ChainCallKind::withdraw, dollars(1.5e6)));
    EXPECT_NEAR(chain.world.wallet_amount(0, 0, ChainToken::usd), 3.5e6, 1.0);
}

TEST(Levers, FrozenReservesLeaveOnlyWaysOut) {
    Plan plan = loops_plan();
    plan.defi.lending.paused = true;
    IssuerChain chain(plan);
    chain.world.open_wallet(0, 1e6);
    chain.world.start_deposit(0, 0, ChainMarket::main, 1e6);
    chain.act(chain.call(ChainCallKind::supply, dollars(1e6)));
    EXPECT_EQ(chain.world.totals().reverted, 1U);
    chain.act(chain.call(ChainCallKind::withdraw, dollars(1e6)));
    EXPECT_NEAR(chain.world.wallet_amount(0, 0, ChainToken::usd), 2e6, 1.0);
}

TEST(Levers, AMarketOracleSeesTheCoinsDiscount) {
    for (const LendingOracle oracle : {LendingOracle::capped, LendingOracle::market}) {
        Plan plan = loops_plan();
        plan.defi.lending.oracle = oracle;
        IssuerChain chain(plan);
        for (int k = 0; k < 3; ++k) {
            chain.now = chain.now + seconds(12);
            chain.world.on_block(chain.now, {4'000.0, 100'000.0, 0.90});
        }
        EXPECT_EQ(chain.world.at_risk().empty(), oracle == LendingOracle::capped);
    }
}

}  // namespace
}  // namespace margincall
