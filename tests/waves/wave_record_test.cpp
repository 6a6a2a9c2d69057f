// Reading a record: its figures, the dealing of holdings, waves of a stress, and files that are wrong.
#include "waves/wave_record.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "waves/holdings.hpp"
#include "waves/small_record.hpp"
#include "waves/stress_waves.hpp"

namespace margincall::test {
namespace {

TEST(WaveRecordFiles, AreReadWithLotsAndNeeds) {
    RecordTexts texts = small_record();
    texts.gaps.text += "3,B,0.30000000000000004,0\n";
    texts.coins.text += "B,2.125,17\n";
    const WaveRecord record = read_small(texts);
    ASSERT_EQ(record.winners.size(), 2U);
    EXPECT_EQ(record.winners[1].account, "bob");
    EXPECT_EQ(record.winners[1].closed, 400.0);
    EXPECT_EQ(record.winners[1].profit, 80.0);
    EXPECT_EQ(record.winners[1].wallet, 100.0);
    EXPECT_EQ(record.coins[0].price(), 100.0);
    EXPECT_EQ(record.coins[0].decimals, 0);
    EXPECT_EQ(record.coins[1].decimals, 3);  // of the total; the noise of a sum is none
    EXPECT_EQ(record.coins[1].lots_per_coin(), 1000.0);
    ASSERT_EQ(record.waves.size(), 2U);
    EXPECT_EQ(record.waves[1].number, 3U);
    EXPECT_EQ(record.waves[1].start_ms, 9000);
    EXPECT_EQ(record.waves[0].needed(), 10.0);
    EXPECT_EQ(record.waves[1].needed(), 3.0);
}

TEST(WaveRecordFiles, ProblemsSayWhere) {
    struct Case {
        RecordText RecordTexts::*file;
        const char* from;
        const char* to;
        const char* code;
        int line, column;
    };
    for (const Case& c : {
             Case{&RecordTexts::winners, "bob,400", "bob,x", "E603", 3, 5},
             Case{&RecordTexts::winners, "bob,400", "bob,0", "E604", 3, 5},
             Case{&RecordTexts::winners, "100,1\n", "100,0\n", "E604", 3, 16},
             Case{&RecordTexts::winners, "100,1\n", "100,1.5\n", "E604", 3, 16},
             Case{&RecordTexts::winners, "bob", "ann", "E641", 3, 1},
             Case{&RecordTexts::winners, "adl_notional", "notional_usd", "E601", 1, 0},
             Case{&RecordTexts::winners, "80,100,1", "80,100", "E609", 3, 0},
             Case{&RecordTexts::coins, "A,10", "A,-10", "E604", 2, 3},
             Case{&RecordTexts::coins, "A,10,1000\n", "A,10,1000\nA,1,1\n", "E641", 3, 1},
             Case{&RecordTexts::coins, "A,10,", "A,7,", "E641", 3, 5},  // 8 are closed in waves
             Case{&RecordTexts::waves, "1,1000,1000", "1,1000,999", "E641", 2, 3},
             Case{&RecordTexts::waves, "3,9000", "3,999", "E641", 3, 3},
             Case{&RecordTexts::waves, "3,9000", "1,9000", "E641", 3, 1},
             Case{&RecordTexts::gaps, "3,A", "2,A", "E641", 3, 1},
             Case{&RecordTexts::gaps, "3,A", "3,C", "E641", 3, 3},
             Case{&RecordTexts::gaps, "3,A", "1,A", "E641", 3, 3},
             Case{&RecordTexts::gaps, "5,2", "5,-2", "E604", 2, 7},
         }) {
        RecordTexts texts = small_record();
        std::string& text = (texts.*c.file).text;
        text.replace(text.find(c.from), std::string{c.from}.size(), c.to);
        const auto read = read_wave_record(texts);
        ASSERT_FALSE(read.has_value()) << c.to;
        const Error& first = read.error().front();
        EXPECT_EQ(first.code, c.code) << c.to << ": " << first.message;
        EXPECT_EQ(first.line, c.line) << c.to << ": " << first.message;
        if (c.column > 0) {
            EXPECT_EQ(first.column, c.column) << c.to << ": " << first.message;
        }
    }
    RecordTexts empty = small_record();
    empty.waves.text = "wave,t_start_ms,t_end_ms,n_rows,unique_losers\n";
    empty.gaps.text = "wave,coin,qty_contracts,gap_per_contract_usd\n";
    EXPECT_EQ(read_wave_record(empty).error().front().file, "waves.csv");
}

TEST(WaveRecordFiles, PublishedFiguresAreReadByTheirNames) {
    RecordTexts texts = small_record();
    std::string head = "wave,budget_needed";
    std::string row = "3,3";
    for (std::size_t k = 0; k < published_rules.size(); ++k) {
        head += ",budget_" + std::string{published_rules[k].key} + ",max_pct_" +
                std::string{published_rules[k].key};
        row += "," + std::to_string(10 + k) + ",0." + std::to_string(k);
    }
    texts.published = {"published.csv", head + "\n" + row + "\n"};
    const WaveRecord record = read_small(texts);
    ASSERT_EQ(record.published.size(), 2U);
    EXPECT_EQ(record.published[0].needed, 0.0);
    EXPECT_EQ(record.published[1].needed, 3.0);
    EXPECT_EQ(record.published[1].taken[6], 16.0);
    EXPECT_EQ(record.published[1].hardest[2], 0.2);
}

TEST(Holdings, KeepTheTotalsOfAccountsAndCoins) {
    RecordTexts texts = small_record();
    texts.winners.text =
        "user,adl_notional,closed_pnl,account_value_realtime,num_adl_events\n"
        "ann,600,60,300,3\n"
        "bob,400,80,100,2\n"
        "cas,50,-5,100,1\n";
    texts.coins.text = "ticker,net_volume,net_notional_usd\nA,6.55,655\nB,3950,395\n";
    texts.gaps.text = "wave,coin,qty_contracts,gap_per_contract_usd\n1,A,5.25,2\n";
    const WaveRecord record = read_small(texts);
    bool differ = false;
    const Holdings first = deal_holdings(record, 1);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Holdings holdings = deal_holdings(record, seed);
        EXPECT_EQ(holdings.positions, deal_holdings(record, seed).positions);
        differ = differ || !(holdings.positions == first.positions);
        std::vector<std::int64_t> lots(2, 0);
        std::vector<double> usd(3, 0.0);
        for (const WinnerPosition& p : holdings.positions) {
            lots[p.coin] += p.lots;
            const RecordedCoin& coin = record.coins[p.coin];
            usd[p.winner] += static_cast<double>(p.lots) / coin.lots_per_coin() * coin.price();
        }
        EXPECT_EQ(lots, (std::vector<std::int64_t>{655, 3950}));
        EXPECT_NEAR(usd[0], 600.0, 2.0);  // a piece ends at a whole lot, here of a dollar
        EXPECT_NEAR(usd[1], 400.0, 2.0);
        EXPECT_NEAR(usd[2], 50.0, 2.0);
        EXPECT_EQ(holdings.begin.front(), 0U);
        EXPECT_EQ(holdings.begin.back(), holdings.positions.size());
    }
    EXPECT_TRUE(differ);
}

constexpr const char* stress_head =
    "case,time_s,rank,account,owner_group,venue,instrument,side,against,coins,price,mark,"
    "score,leverage,profit_usd,forgone_usd\n";

TEST(StressWaves, ABookTellsWhatWasGivenUpAtTheMarkAndLater) {
    const std::string text = std::string{stress_head} +
                             "today,10.0,1,ann,,V,A,short,cas,2,95,94,1,1,10,6\n"
                             "today,15.0,1,ann,,V,A,short,cas,1,95,94,1,1,5,-3\n"
                             "today,20.1,2,bob,,V,A,short,cas,1,95,96,1,1,5,2\n"
                             "pro-rata,10.0,1,bob,,V,A,long,cas,1,95,97,1,1,5,0\n";
    const std::vector<CaseWaves> cases = read_stress_waves({"adl.csv", text}).value();
    ASSERT_EQ(cases.size(), 2U);
    const WaveTally& today = cases[0].tally;
    ASSERT_EQ(today.waves.size(), 2U);  // 5 s apart is one wave, 5.1 s are two
    EXPECT_EQ(cases[0].start_s, (std::vector<double>{10.0, 20.1}));
    EXPECT_DOUBLE_EQ(today.waves[0].needed, 3.0);  // 2 x 1 + 1 x 1
    EXPECT_DOUBLE_EQ(today.waves[0].taken, 8.0);   // 2 + 6, and 1 - 3 is nothing
    EXPECT_DOUBLE_EQ(today.waves[0].overshoot(), 5.0);
    EXPECT_DOUBLE_EQ(today.waves[0].closed, 3.0 * 94.0);
    EXPECT_DOUBLE_EQ(today.waves[1].needed, 0.0);  // the price was better than the mark
    EXPECT_DOUBLE_EQ(today.waves[1].taken, 1.0);
    EXPECT_TRUE(std::isnan(today.all.hardest_share));
    EXPECT_EQ(today.all.accounts, 2U);
    EXPECT_EQ(today.repeated, 0U);
    EXPECT_EQ(cases[0].against_hit, 0.0);
    EXPECT_DOUBLE_EQ(cases[1].tally.all.needed, 2.0);  // a long is closed below the mark
}

TEST(StressWaves, AnAccountMadeInsolventByItsOwnDeleveragingIsNamed) {
    const std::string text = std::string{stress_head} +
                             "today,10,1,ann,,V,A,short,cas,2,95,94,1,1,10,6\n"
                             "today,10,1,bob,,V,B,short,ann,1,95,94,1,1,10,6\n"  // the same moment
                             "today,11,1,bob,,V,B,short,ann,3,95,94,1,1,10,6\n"
                             "today,12,1,bob,,V,B,short,pool,1,95,94,1,1,10,6\n";
    const std::vector<CaseWaves> cases = read_stress_waves({"adl.csv", text}).value();
    EXPECT_DOUBLE_EQ(cases[0].against_hit, 3.0 * 94.0);
    EXPECT_EQ(cases[0].accounts_against_hit, 1U);
}

TEST(StressWaves, ProblemsSayWhere) {
    const std::string head{stress_head};
    const auto code = [&](const std::string& rows) {
        return read_stress_waves({"adl.csv", head + rows}).error().front();
    };
    const Error side = code("today,1,1,ann,,V,A,up,cas,2,95,94,1,1,10,6\n");
    EXPECT_EQ(side.code, "E605");
    EXPECT_EQ(side.line, 2);
    EXPECT_EQ(side.column, 20);
    EXPECT_EQ(code("today,2,1,ann,,V,A,long,cas,2,95,94,1,1,10,6\n"
                   "today,1,1,ann,,V,A,long,cas,2,95,94,1,1,10,6\n")
                  .code,
              "E641");
}

}  // namespace
}  // namespace margincall::test
