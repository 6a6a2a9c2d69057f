#include "ledger/ledger.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/random.hpp"

namespace margincall {
namespace {

Amount amount(i128 raw) {
    return Amount::from_raw(raw);
}
constexpr i128 i128_max = static_cast<i128>(~u128{0} >> 1);

// Keeps its own running balances, from nothing but the stream of postings.
class Shadow : public PostingObserver {
  public:
    Shadow(std::size_t accounts, std::size_t assets) : balance(accounts), sum(assets) {}
    void on_posting(const Posting& posting) override {
        balance[posting.from.raw()] -= posting.amount;
        balance[posting.to.raw()] += posting.amount;
        sum[posting.asset] -= posting.amount;
        sum[posting.asset] += posting.amount;
        last = posting;
        ++postings;
    }
    std::vector<Amount> balance;
    std::vector<Amount> sum;
    Posting last;
    std::uint64_t postings = 0;
};

TEST(Ledger, PostingMovesAnAmountFromOneAccountToAnother) {
    Ledger ledger{1};
    const LedgerAccountId outside = ledger.open(0);
    const LedgerAccountId alice = ledger.open(0);
    const LedgerAccountId bob = ledger.open(0);

    ledger.post(outside, alice, amount(100), Reason::deposit);
    ledger.post(alice, bob, amount(30), Reason::realised_pnl);

    EXPECT_EQ(ledger.balance(outside), amount(-100));
    EXPECT_EQ(ledger.balance(alice), amount(70));
    EXPECT_EQ(ledger.balance(bob), amount(30));
    EXPECT_EQ(ledger.postings(), 2U);
    check_ledger(ledger);
}

TEST(Ledger, SignedPostingTurnsAround) {
    Ledger ledger{1};
    const LedgerAccountId long_side = ledger.open(0);
    const LedgerAccountId short_side = ledger.open(0);

    ledger.post_signed(long_side, short_side, amount(-25), Reason::funding);

    EXPECT_EQ(ledger.balance(long_side), amount(25));
    EXPECT_EQ(ledger.balance(short_side), amount(-25));
    check_ledger(ledger);
}

TEST(Ledger, PostingToOneselfAndOfNothingChangesNoBalance) {
    Ledger ledger{1};
    const LedgerAccountId a = ledger.open(0);
    const LedgerAccountId b = ledger.open(0);

    ledger.post(a, a, amount(5), Reason::margin_transfer);
    ledger.post(a, b, amount(0), Reason::margin_transfer);

    EXPECT_EQ(ledger.balance(a), amount(0));
    EXPECT_EQ(ledger.balance(b), amount(0));
}

TEST(Ledger, AmountsAreWiderThan64Bits) {
    // Ten billion tokens with 18 decimals.
    const Amount big = amount(i128{10'000'000'000} * i128{1'000'000'000'000'000'000});
    Ledger ledger{1};
    const LedgerAccountId outside = ledger.open(0);
    const LedgerAccountId pool = ledger.open(0);

    ledger.post(outside, pool, big, Reason::deposit);

    EXPECT_EQ(ledger.balance(pool), big);
    EXPECT_EQ(ledger.balance(outside), -big);
    check_ledger(ledger);
}

TEST(LedgerDeathTest, WhatIsNotAPostingIsABug) {
    Ledger ledger{2};
    const LedgerAccountId dollars = ledger.open(0);
    const LedgerAccountId more_dollars = ledger.open(0);
    const LedgerAccountId coins = ledger.open(1);

    EXPECT_DEATH(ledger.post(dollars, more_dollars, amount(-1), Reason::deposit),
                 "CHECK failed: amount");
    EXPECT_DEATH(ledger.post(dollars, coins, amount(1), Reason::trade), "CHECK failed: asset == ");
    EXPECT_DEATH(ledger.post(dollars, LedgerAccountId::from_raw(3), amount(1), Reason::trade),
                 "CHECK failed: to");
    EXPECT_DEATH(ledger.post(LedgerAccountId{}, dollars, amount(1), Reason::trade),
                 "CHECK failed: from");
    EXPECT_DEATH((void)ledger.open(2), "CHECK failed: asset");
    ledger.post(dollars, more_dollars, amount(i128_max), Reason::deposit);
    EXPECT_DEATH(ledger.post(dollars, more_dollars, amount(i128_max), Reason::deposit),
                 "CHECK failed");
}

TEST(Ledger, ConservesEveryAssetOverRandomPostings) {
    constexpr std::uint32_t assets = 5;
    constexpr std::size_t accounts = 60;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Rng rng{seed, 0, Purpose::test};
        Ledger ledger{assets};
        Shadow shadow{accounts, assets};
        ledger.set_observer(&shadow);
        std::vector<std::vector<LedgerAccountId>> of_asset(assets);
        for (std::size_t i = 0; i < accounts; ++i) {
            const auto asset = static_cast<LedgerAsset>(i % assets);
            of_asset[asset].push_back(ledger.open(asset));
        }

        for (int step = 0; step < 500; ++step) {
            const std::vector<LedgerAccountId>& choice = of_asset[rng.below(assets)];
            const LedgerAccountId from = choice[rng.below(choice.size())];
            const LedgerAccountId to = choice[rng.below(choice.size())];
            // Sizes of 0 to 100 bits, both signs.
            i128 size = (i128{static_cast<std::int64_t>(rng.bits() >> 14)} << 50) +
                        static_cast<std::int64_t>(rng.bits() >> 14);
            size >>= rng.below(101);
            ledger.post_signed(from,
                               to,
                               amount(rng.chance(0.5) ? size : -size),
                               static_cast<Reason>(rng.below(18)));

            ASSERT_GE(shadow.last.amount, amount(0));
            check_ledger(ledger);
        }

        ASSERT_EQ(shadow.postings, ledger.postings());
        for (std::size_t i = 0; i < accounts; ++i) {
            const auto id = LedgerAccountId::from_raw(static_cast<std::uint32_t>(i));
            ASSERT_EQ(ledger.balance(id), shadow.balance[i]) << "seed " << seed << " account " << i;
        }
        for (const Amount sum : shadow.sum) {
            ASSERT_EQ(sum, amount(0));
        }
    }
}

TEST(Ledger, ObserverSeesWhatWasPostedAndCanBeTakenAway) {
    Ledger ledger{1};
    const LedgerAccountId a = ledger.open(0);
    const LedgerAccountId b = ledger.open(0);
    Shadow shadow{2, 1};

    ledger.set_observer(&shadow);
    ledger.post_signed(a, b, amount(-9), Reason::fee_taker);
    ledger.set_observer(nullptr);
    ledger.post(a, b, amount(1), Reason::fee_taker);

    EXPECT_EQ(shadow.postings, 1U);
    EXPECT_EQ(shadow.last.from, b);
    EXPECT_EQ(shadow.last.to, a);
    EXPECT_EQ(shadow.last.amount, amount(9));
    EXPECT_EQ(shadow.last.reason, Reason::fee_taker);
}

TEST(Ledger, DigestCoversAccountsAmountsReasonsAndOrderButNotTheObserver) {
    const auto digest = [](const std::vector<Posting>& postings, PostingObserver* observer) {
        Ledger ledger{1};
        for (int i = 0; i < 3; ++i) {
            (void)ledger.open(0);
        }
        ledger.set_observer(observer);
        for (const Posting& p : postings) {
            ledger.post(p.from, p.to, p.amount, p.reason);
        }
        return ledger.digest();
    };
    const auto id = [](std::uint32_t raw) { return LedgerAccountId::from_raw(raw); };
    const Posting first{id(0), id(1), 0, amount(5), Reason::trade};
    const Posting second{id(1), id(2), 0, amount(5), Reason::trade};
    const std::uint64_t expected = digest({first, second}, nullptr);
    Shadow shadow{3, 1};

    EXPECT_EQ(digest({first, second}, &shadow), expected);
    EXPECT_NE(digest({second, first}, nullptr), expected);
    EXPECT_NE(digest({first}, nullptr), expected);
    EXPECT_NE(digest({first, {id(2), id(1), 0, amount(5), Reason::trade}}, nullptr), expected);
    EXPECT_NE(digest({first, {id(1), id(2), 0, amount(6), Reason::trade}}, nullptr), expected);
    EXPECT_NE(
        digest({first, {id(1), id(2), 0, amount((i128{1} << 64) + 5), Reason::trade}}, nullptr),
        expected);
    EXPECT_NE(digest({first, {id(1), id(2), 0, amount(5), Reason::adl}}, nullptr), expected);
}

// Micro-dollars (6 decimals) against a dollar token with 18: one micro-dollar is 10^12 token units.
TEST(ConvertScale, RoundsAsStatedAndKeepsTheRemainderInThePool) {
    Ledger ledger{2};
    const LedgerAccountId token_wallet = ledger.open(1);
    const LedgerAccountId token_pool = ledger.open(1);
    const LedgerAccountId dollar_wallet = ledger.open(0);
    const LedgerAccountId dollar_pool = ledger.open(0);
    const i128 per_micro = 1'000'000'000'000;
    ScaleConversion to_dollars{token_pool, dollar_pool, 1, per_micro, Round::down};

    const Amount down =
        convert_scale(ledger, token_wallet, dollar_wallet, amount(7 * per_micro + 1), to_dollars);
    to_dollars.round = Round::up;
    const Amount up =
        convert_scale(ledger, token_wallet, dollar_wallet, amount(7 * per_micro + 1), to_dollars);

    EXPECT_EQ(down, amount(7));
    EXPECT_EQ(up, amount(8));
    EXPECT_EQ(ledger.balance(dollar_wallet), amount(15));
    EXPECT_EQ(ledger.balance(dollar_pool), amount(-15));
    EXPECT_EQ(ledger.balance(token_pool), amount(14 * per_micro + 2));
    EXPECT_EQ(ledger.balance(token_wallet), -amount(14 * per_micro + 2));
    check_ledger(ledger);
}

TEST(ConvertScale, TheFinerScaleTakesEveryCoarseAmountExactly) {
    Ledger ledger{2};
    const LedgerAccountId dollar_wallet = ledger.open(0);
    const LedgerAccountId dollar_pool = ledger.open(0);
    const LedgerAccountId token_wallet = ledger.open(1);
    const LedgerAccountId token_pool = ledger.open(1);
    const i128 per_micro = 1'000'000'000'000;

    const Amount there = convert_scale(ledger,
                                       dollar_wallet,
                                       token_wallet,
                                       amount(123'456'789),
                                       {dollar_pool, token_pool, per_micro, 1, Round::down});
    const Amount back = convert_scale(ledger,
                                      token_wallet,
                                      dollar_wallet,
                                      there,
                                      {token_pool, dollar_pool, 1, per_micro, Round::down});

    EXPECT_EQ(there, amount(123'456'789 * per_micro));
    EXPECT_EQ(back, amount(123'456'789));
    EXPECT_EQ(ledger.balance(dollar_wallet), amount(0));
    EXPECT_EQ(ledger.balance(token_wallet), amount(0));
    check_ledger(ledger);
}

}  // namespace
}  // namespace margincall
