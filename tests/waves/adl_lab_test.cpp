// Each rule on waves that are computed by hand, and what is true of every rule on the chain's own record.
#include "waves/adl_lab.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "desk/csv.hpp"
#include "desk/shared_data.hpp"
#include "waves/small_record.hpp"

namespace margincall::test {
namespace {

WaveTally play(std::string_view rule, const WaveRecord& record = read_small()) {
    const std::vector<LabRule> rules = choose_lab_rules(std::vector{std::string{rule}}).value();
    return play_waves(rules.front(), record, deal_holdings(record, 1));
}

TEST(AdlLab, AQueueTakesWholePositionsAndThenAnothersPart) {
    // r is 60/660 of ann and 80/480 of bob, who is first: his 4 coins, then 1 of hers.
    for (const char* const rule : {"profit-only",
                                   "leverage-only",         // 600/360 and 400/180
                                   "price-ratio*leverage",  // 1.1 x 1.67 and 1.2 x 2.22
                                   "profit*leverage",
                                   "leveraged-return",
                                   "profit*margin-ratio",  // 60/300 x 15/360 and 80/100 x 10/180
                                   "profit/margin-ratio"}) {
        const WaveTally t = play(rule);
        ASSERT_EQ(t.waves.size(), 2U) << rule;
        EXPECT_DOUBLE_EQ(t.waves[0].needed, 10.0);
        EXPECT_DOUBLE_EQ(t.waves[0].taken, 10.0);
        EXPECT_DOUBLE_EQ(t.waves[0].closed, 500.0);
        EXPECT_DOUBLE_EQ(t.waves[0].profit_closed, 90.0);  // 4 x 20 + 10
        EXPECT_DOUBLE_EQ(t.waves[0].hardest, 8.0);
        EXPECT_DOUBLE_EQ(t.waves[0].hardest_share, 8.0 / 180.0);
        EXPECT_EQ(t.waves[0].accounts, 2U);
        // ann has 5 coins and 308 + 50 USD left.
        EXPECT_DOUBLE_EQ(t.waves[1].taken, 3.0);
        EXPECT_EQ(t.waves[1].accounts, 1U);
        EXPECT_DOUBLE_EQ(t.waves[1].hardest_share, 3.0 / 358.0);
        EXPECT_DOUBLE_EQ(t.all.needed, 13.0);
        EXPECT_DOUBLE_EQ(t.all.taken, 13.0);
        EXPECT_DOUBLE_EQ(t.all.overshoot(), 0.0);
        EXPECT_DOUBLE_EQ(t.all.hardest, 8.0);  // ann 2 + 3
        EXPECT_EQ(t.all.accounts, 2U);
        EXPECT_EQ(t.repeated, 1U);
        EXPECT_EQ(t.most_waves, 2U);
    }
}

TEST(AdlLab, OtherRulesShareWaveOneDifferently) {
    struct Case {
        const char* rule;
        double hardest;  // of 10 USD
        std::uint64_t accounts;
    };
    for (const Case& c : {Case{"fixed-order", 10.0, 1},  // ann's 5
                          Case{"pro-rata", 6.0, 2},      // 3 and 2
                          Case{"integer-pro-rata", 6.0, 2},
                          Case{"profit-pro-rata", 6.0, 2},     // 60 to 80: 2.14 and 2.86: 2 and 3
                          Case{"equity-pro-rata", 6.0, 2}}) {  // 360 to 180: 3.33 and 1.67: 3 and 2
        const WaveTally t = play(c.rule);
        EXPECT_DOUBLE_EQ(t.waves[0].taken, 10.0) << c.rule;
        EXPECT_DOUBLE_EQ(t.waves[0].hardest, c.hardest) << c.rule;
        EXPECT_EQ(t.waves[0].accounts, c.accounts) << c.rule;
    }
    EXPECT_DOUBLE_EQ(play("profit-pro-rata").waves[0].hardest_share, 6.0 / 180.0);  // bob
    EXPECT_DOUBLE_EQ(play("equity-pro-rata").waves[0].hardest_share, 4.0 / 180.0);
}

TEST(AdlLab, AHaircutTakesMoneyAndClosesNothing) {
    const WaveTally by_profit = play("profit-haircut");  // 60 to 80
    EXPECT_NEAR(by_profit.waves[0].taken, 10.0, 1e-9);
    EXPECT_NEAR(by_profit.waves[0].hardest, 5.714285, 1e-9);
    EXPECT_EQ(by_profit.waves[0].closed, 0.0);
    EXPECT_EQ(by_profit.waves[0].profit_closed, 0.0);
    EXPECT_NEAR(by_profit.waves[0].profit_lost, 10.0, 1e-9);
    EXPECT_EQ(by_profit.repeated, 2U);
    EXPECT_NEAR(by_profit.all.hardest, 5.714285 + 1.714285, 1e-9);
    const WaveTally by_size = play("position-haircut");  // 600 to 400
    EXPECT_NEAR(by_size.waves[0].hardest, 6.0, 1e-9);
    EXPECT_NEAR(by_size.waves[1].hardest, 1.8, 1e-9);
}

TEST(AdlLab, WhatExceedsTheProfitIsCapital) {
    RecordTexts texts = small_record();
    texts.winners.text =
        "user,adl_notional,closed_pnl,account_value_realtime,num_adl_events\n"
        "ann,600,6,300,1\n"
        "bob,400,-4,100,1\n";
    const WaveTally t = play("pro-rata", read_small(texts));
    // Wave 1: ann 3 coins with 1 USD of profit each give 2 each; bob 2 coins at a loss.
    EXPECT_DOUBLE_EQ(t.waves[0].profit_lost, 3.0);
    EXPECT_DOUBLE_EQ(t.waves[0].capital_lost, 7.0);
}

TEST(AdlLab, WhoCannotBearItIsPassedOverAndTheRestIsMissing) {
    RecordTexts texts = small_record();
    texts.winners.text =
        "user,adl_notional,closed_pnl,account_value_realtime,num_adl_events\n"
        "ann,600,60,300,1\n"
        "bob,400,80,-73,1\n";  // 7 USD of equity, 8 to give
    texts.gaps.text = "wave,coin,qty_contracts,gap_per_contract_usd\n1,A,7,2\n";
    const WaveTally t = play("profit-only", read_small(texts));
    EXPECT_DOUBLE_EQ(t.waves[0].needed, 14.0);
    EXPECT_DOUBLE_EQ(t.waves[0].taken, 12.0);
    EXPECT_DOUBLE_EQ(t.waves[0].missing, 2.0);
    EXPECT_DOUBLE_EQ(t.waves[0].overshoot(), 0.0);
    EXPECT_EQ(t.waves[0].accounts, 1U);
    texts.winners.text.replace(texts.winners.text.find("-73"), 3, "-72");  // 8 are enough
    EXPECT_DOUBLE_EQ(play("profit-only", read_small(texts)).waves[0].missing, 0.0);
}

TEST(AdlLab, WhatOneCoinTookTheNextCannotTakeAgain) {
    RecordTexts texts = small_record();
    texts.winners.text =
        "user,adl_notional,closed_pnl,account_value_realtime,num_adl_events\nann,2000,0,10,2\n";
    texts.coins.text = "ticker,net_volume,net_notional_usd\nA,10,1000\nB,10,1000\n";
    texts.gaps.text = "wave,coin,qty_contracts,gap_per_contract_usd\n1,A,10,0.8\n1,B,10,0.8\n";
    const WaveTally t = play("pro-rata", read_small(texts));
    EXPECT_DOUBLE_EQ(t.waves[0].taken, 8.0);  // of 10; another 8 would leave -6
    EXPECT_DOUBLE_EQ(t.waves[0].missing, 8.0);
}

TEST(AdlLab, SparePositionsSpreadTheBurden) {
    const WaveRecord record = read_small();
    const std::vector<LabRule> rule =
        choose_lab_rules(std::vector<std::string>{"fixed-order"}).value();
    // ann has 12 coins instead of 6: she gives all 5 and 3.
    EXPECT_EQ(play_rules(rule, record, 1, 1.0)[0].deals[0].all.accounts, 1U);
    EXPECT_EQ(play_rules(rule, record, 1)[0].deals[0].all.accounts, 2U);
}

TEST(AdlLab, WholeCoinsTakeMoreThanIsNeeded) {
    RecordTexts texts = small_record();
    texts.winners.text =
        "user,adl_notional,closed_pnl,account_value_realtime,num_adl_events\n"
        "ann,750,60,300,1\n"
        "bob,500,80,100,1\n";  // 7.5 and 5 coins
    texts.coins.text = "ticker,net_volume,net_notional_usd\nA,12.5,1250\n";
    texts.gaps.text = "wave,coin,qty_contracts,gap_per_contract_usd\n1,A,5.5,2\n";
    const WaveTally whole = play("integer-pro-rata/whole-coins", read_small(texts));
    EXPECT_DOUBLE_EQ(whole.waves[0].taken, 12.0);  // 6 coins: 3.5 and 2.5 of 7 and 5
    EXPECT_DOUBLE_EQ(whole.waves[0].overshoot(), 1.0);
    EXPECT_DOUBLE_EQ(whole.waves[0].hardest, 8.0);  // the larger remainder is equal: ann, 4
    EXPECT_DOUBLE_EQ(play("integer-pro-rata", read_small(texts)).waves[0].taken, 11.0);
}

TEST(AdlLab, EveryWordOfTheVenuesRulesIsARule) {
    for (const std::string_view word : adl_rank_words) {
        EXPECT_TRUE(choose_lab_rules(std::vector{std::string{word}}).has_value()) << word;
    }
    const auto wrong = choose_lab_rules(std::vector<std::string>{"pro-rata", "prorata"});
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().front().code, "E605");
    EXPECT_NE(wrong.error().front().allowed.find("profit-haircut"), std::string::npos);
}

TEST(AdlLab, TheMiddleAndTheEndsOfSeveralDeals) {
    const Spread s = spread_of({3.0, 1.0, 10.0, 2.0});
    EXPECT_EQ(s.median, 2.0);  // of an even number the lower one, which some deal had
    EXPECT_EQ(s.low, 1.0);
    EXPECT_EQ(s.high, 10.0);
    const std::vector<RuleRuns> runs = play_rules(lab_rules(), read_small(), 2);
    EXPECT_EQ(runs.size(), adl_rank_words.size() + 3);
    for (const RuleRuns& r : runs) {
        EXPECT_EQ(r.deals.size(), r.rule.key == "hedge-exempt" ? 0U : 2U) << r.rule.key;
    }
}

WaveRecord chain_record() {
    RecordTexts texts;
    const std::array<RecordText*, 5> parts{
        &texts.winners, &texts.coins, &texts.waves, &texts.gaps, &texts.published};
    for (std::size_t k = 0; k < parts.size(); ++k) {
        for (const char* const folder :
             {"data/hyperliquid-adl-waves-2025-10-10/", "data/hyperliquid-adl-2025-10-10/"}) {
            for (const char* const end : {"", ".gz"}) {
                const auto path =
                    testing::shared_data(folder + std::string{record_file_names[k]} + end);
                if (std::filesystem::exists(path)) {
                    *parts[k] = {path.filename().string(), read_text_file(path.string()).value()};
                }
            }
        }
    }
    return texts.published.name.empty() ? WaveRecord{} : read_wave_record(texts).value();
}

// The published totals as the authors' columns have them, and needed again from coins and gaps.
TEST(ChainRecord, IsReadWithThePublishedTotals) {
    const WaveRecord record = chain_record();
    if (record.waves.empty()) {
        GTEST_SKIP() << "no reference data";
    }
    EXPECT_EQ(record.winners.size(), 19'337U);
    EXPECT_EQ(record.coins.size(), 162U);
    ASSERT_EQ(record.waves.size(), 16U);
    double needed = 0.0;
    double read = 0.0;
    std::array<double, published_rules.size()> taken{};
    for (std::size_t w = 0; w < record.waves.size(); ++w) {
        EXPECT_NEAR(record.waves[w].needed(), record.published[w].needed, 1e-6);
        needed += record.waves[w].needed();
        read += record.published[w].needed;
        for (std::size_t k = 0; k < taken.size(); ++k) {
            taken[k] += record.published[w].taken[k];
        }
    }
    EXPECT_NEAR(needed, 15'079'669.609, 1e-3);
    EXPECT_NEAR(read, 15'079'669.609, 1e-3);
    EXPECT_NEAR(taken[0], 60'108'335.328, 1e-3);  // production
    EXPECT_NEAR(taken[6], 15'171'856.596, 1e-3);  // integer pro-rata
}

// The same coins at the same distance from the mark cost the same, whoever holds them.
TEST(ChainRecord, NoQueueTakesMoreThanIsNeeded) {
    const WaveRecord record = chain_record();
    if (record.waves.empty()) {
        GTEST_SKIP() << "no reference data";
    }
    const Holdings holdings = deal_holdings(record, 1);
    for (const LabRule& rule : lab_rules()) {
        if (!rule.not_in_record.empty() || rule.kind == LabKind::whole_coins) {
            continue;
        }
        const WaveTally t = play_waves(rule, record, holdings);
        EXPECT_NEAR(t.all.needed, 15'079'669.609, 1e-3) << rule.key;
        EXPECT_NEAR(t.all.overshoot(), 0.0, 0.01) << rule.key;
        EXPECT_LT(t.all.missing, 0.05 * t.all.needed) << rule.key;
    }
}

}  // namespace
}  // namespace margincall::test
