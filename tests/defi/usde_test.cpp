// The synthetic dollar: minting, redemption with limits and delay, backing, hedge targets, staking.
#include "defi/usde.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "defi/desk.hpp"

namespace margincall::test {
namespace {

using namespace usde;

struct DollarWorld {
    Desk desk;
    TokenId dollar = desk.token("USDe");
    TokenId staked = desk.token("sUSDe");
    TokenId usdt = desk.token("USDT", 6);
    TokenId eth = desk.token("ETH");
    SyntheticDollar protocol{desk.tokens, parameters(), dollar, staked, usdt};
    HolderId maker = desk.rich({usdt}, U256{100'000'000});
    std::uint64_t now = 3'600;

    DollarWorld() {
        protocol.allow(maker);
        protocol.add_hedged_asset(eth, 4'000_e18);
    }
    static Parameters parameters() {
        Parameters p;
        p.mint_per_block_max = 2'000'000_e18;
        p.redeem_per_block_max = 2'000'000_e18;
        p.redeem_per_hour_max = 5'000'000_e18;
        p.redeem_fee_bps = 10;
        return p;
    }
    void mint(const U256& stable) {
        ASSERT_TRUE(protocol.mint(desk.tokens, maker, stable, now).has_value());
        now += 12;
    }
};

// The worked example of docs/usde.md.
TEST(SyntheticDollar, RedemptionPaysParLessFeeAfterTheDelay) {
    DollarWorld w;
    w.mint(1'000'000_e6);
    EXPECT_TRUE(same(w.desk.tokens.balance(w.maker, w.dollar), 1'000'000_e18));
    const U256 before = w.desk.tokens.balance(w.maker, w.usdt);

    const auto owed = w.protocol.request_redemption(w.desk.tokens, w.maker, 500'000_e18, w.now);

    ASSERT_TRUE(owed.has_value());
    EXPECT_TRUE(same(*owed, 499'500_e6));
    EXPECT_TRUE(w.protocol.settle(w.desk.tokens, w.now + 1'799).paid.is_zero());
    EXPECT_TRUE(same(w.protocol.settle(w.desk.tokens, w.now + 1'800).paid, 499'500_e6));
    EXPECT_TRUE(same(w.desk.tokens.balance(w.maker, w.usdt) - before, 499'500_e6));
    EXPECT_TRUE(same(w.desk.tokens.supply(w.dollar), 500'000_e18));
}

TEST(SyntheticDollar, LimitsHoldPerBlockAndPerHour) {
    DollarWorld w;
    TokenBook& t = w.desk.tokens;
    const HolderId stranger = w.desk.rich({w.usdt});
    EXPECT_EQ(w.protocol.mint(t, stranger, 1_e6, w.now).error(), Revert::not_whitelisted);
    EXPECT_EQ(w.protocol.mint(t, w.maker, 2'000'001_e6, w.now).error(), Revert::mint_limit);
    for (int k = 0; k < 4; ++k) {
        w.mint(2'000'000_e6);
    }
    EXPECT_EQ(w.protocol.request_redemption(t, w.maker, 2'000'001_e18, w.now).error(),
              Revert::redeem_limit);
    w.now = 7'200;
    ASSERT_TRUE(w.protocol.request_redemption(t, w.maker, 2'000'000_e18, w.now).has_value());
    EXPECT_EQ(w.protocol.request_redemption(t, w.maker, 1_e18, w.now).error(),
              Revert::redeem_limit);  // this block is full
    ASSERT_TRUE(w.protocol.request_redemption(t, w.maker, 2'000'000_e18, w.now + 12).has_value());
    EXPECT_EQ(w.protocol.request_redemption(t, w.maker, 1'500'000_e18, w.now + 24).error(),
              Revert::redeem_limit);  // this hour is full
    EXPECT_TRUE(
        w.protocol.request_redemption(t, w.maker, 1'500'000_e18, w.now + 3'600).has_value());
    w.protocol.set_status(Status::paused);
    EXPECT_EQ(w.protocol.mint(t, w.maker, 1_e6, w.now).error(), Revert::paused);
    EXPECT_EQ(w.protocol.request_redemption(t, w.maker, 1_e18, w.now).error(), Revert::paused);
}

TEST(SyntheticDollar, HedgeTargetIsTheSpotInCustodyWithTheOppositeSign) {
    DollarWorld w;
    w.mint(1'000'000_e6);
    // 28 % of the backing in crypto: 280'000 dollars are 70 ETH at 4'000.
    EXPECT_EQ(w.protocol.spot_to_trade(w.desk.tokens, w.eth, 280'000).to_string(),
              "70000000000000000000");
    const HolderId venue = w.desk.rich({w.eth});
    w.desk.tokens.transfer(w.protocol.liquid(), venue, w.usdt, 280'000_e6, Reason::trade);
    w.desk.tokens.transfer(venue, w.protocol.custody(), w.eth, 70_e18, Reason::trade);

    EXPECT_EQ(w.protocol.hedge_target(w.desk.tokens, w.eth).to_string(), "-70000000000000000000");
    EXPECT_EQ(w.protocol.spot_to_trade(w.desk.tokens, w.eth, 280'000).to_string(), "0");
    // Ether falls by a fifth: the spot loses 56'000, the short perpetuals gain it.
    w.protocol.set_price(w.eth, 3'200_e18);
    EXPECT_LT(w.protocol.redemption_value(w.desk.tokens), 1_e18);
    w.protocol.report_hedge_pnl({56'000_e18});
    EXPECT_TRUE(same(w.protocol.redemption_value(w.desk.tokens), 1_e18));
    EXPECT_TRUE(same(w.protocol.backing(w.desk.tokens).total.magnitude, 1'000'000_e18));
}

TEST(SyntheticDollar, RedemptionsBeyondTheLiquidPartWaitForUnwinding) {
    DollarWorld w;
    w.mint(1'000'000_e6);
    const HolderId venue = w.desk.rich({w.eth});
    w.desk.tokens.transfer(w.protocol.liquid(), venue, w.usdt, 900'000_e6, Reason::trade);
    w.desk.tokens.transfer(venue, w.protocol.custody(), w.eth, 225_e18, Reason::trade);
    ASSERT_TRUE(
        w.protocol.request_redemption(w.desk.tokens, w.maker, 300'000_e18, w.now).has_value());

    const Settlement first = w.protocol.settle(w.desk.tokens, w.now + 1'800);

    EXPECT_TRUE(same(first.paid, 100'000_e6));
    EXPECT_TRUE(same(first.short_fall, 199'700_e6));
    EXPECT_EQ(w.protocol.tickets().size(), 1U);
    // The reserve fund helps as far as it goes, unwinding does the rest.
    w.desk.tokens.mint(w.protocol.reserve(), w.usdt, 50_e6);
    EXPECT_TRUE(same(w.protocol.draw_reserve(w.desk.tokens, 100_e6), 50_e6));
    w.desk.tokens.transfer(venue, w.protocol.liquid(), w.usdt, 200'000_e6, Reason::trade);
    const Settlement second = w.protocol.settle(w.desk.tokens, w.now + 1'900);
    EXPECT_EQ(second.tickets, 1U);
    EXPECT_TRUE(second.short_fall.is_zero());
    EXPECT_TRUE(w.protocol.owed_to_tickets().is_zero());
}

TEST(SyntheticDollar, RewardsVestOverEightHoursAndLeavingTakesTheCooldown) {
    DollarWorld w;
    w.mint(1'100'000_e6);
    TokenBook& t = w.desk.tokens;
    ASSERT_TRUE(w.protocol.stake(t, w.maker, 1'000'000_e18, w.now).has_value());
    EXPECT_TRUE(same(w.protocol.staked_rate(t, w.now), 1_e18));
    ASSERT_TRUE(w.protocol.add_rewards(t, w.maker, 10'000_e18, w.now).has_value());
    EXPECT_EQ(w.protocol.add_rewards(t, w.maker, 1_e18, w.now).error(), Revert::still_vesting);
    EXPECT_TRUE(same(w.protocol.staked_rate(t, w.now), 1_e18));
    EXPECT_NEAR(w.protocol.staked_rate(t, w.now + 14'400).to_double(), 1.005e18, 1e6);
    w.now += 28'800;
    EXPECT_NEAR(w.protocol.staked_rate(t, w.now).to_double(), 1.01e18, 1e6);

    const auto leaving = w.protocol.start_cooldown(t, w.maker, 500'000_e18, w.now);
    ASSERT_TRUE(leaving.has_value());
    EXPECT_NEAR(leaving->to_double(), 505'000e18, 1e9);
    EXPECT_EQ(w.protocol.claim(t, w.maker, w.now + 604'799).error(), Revert::cooldown_running);
    EXPECT_TRUE(same(*w.protocol.claim(t, w.maker, w.now + 604'800), *leaving));
    EXPECT_TRUE(w.protocol.cooling_down(w.maker).is_zero());
    EXPECT_EQ(w.protocol.claim(t, w.maker, w.now + 604'800).error(), Revert::insufficient_balance);
}

TEST(SyntheticDollar, RandomStakersNeverTakeMoreThanWasPutIn) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        DollarWorld w;
        for (int k = 0; k < 5; ++k) {
            w.mint(2'000'000_e6);
        }
        TokenBook& t = w.desk.tokens;
        Rng rng{seed, 9, Purpose::test};
        std::vector<HolderId> people;
        for (int k = 0; k < 5; ++k) {
            people.push_back(w.desk.holder());
            t.transfer(w.maker, people.back(), w.dollar, 1'000'000_e18, Reason::deposit);
        }
        const U256 supply = t.supply(w.dollar);
        for (int k = 0; k < 300; ++k) {
            w.now += rng.below(40'000);
            const HolderId who = people[rng.below(people.size())];
            const U256 amount =
                power_of_ten(static_cast<unsigned>(rng.below(25))) * (1 + rng.below(9));
            switch (rng.below(4)) {
                case 0:
                    (void)w.protocol.stake(t, who, amount, w.now);
                    break;
                case 1:
                    (void)w.protocol.start_cooldown(t, who, amount, w.now);
                    break;
                case 2:
                    (void)w.protocol.claim(t, who, w.now);
                    break;
                default:
                    (void)w.protocol.add_rewards(t, w.maker, amount / 1'000, w.now);
                    break;
            }
            ASSERT_TRUE(same(t.supply(w.dollar), supply));
            check_ledger(w.desk.ledger);
        }
    }
}

}  // namespace
}  // namespace margincall::test
