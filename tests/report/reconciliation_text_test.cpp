// What a stress says of the file's own figures: the same sentences and counts in terminal, JSON and page.
#include <gtest/gtest.h>

#include "desk/small_market.hpp"
#include "report/stress_report.hpp"

namespace margincall {
namespace {

// Three accounts of one coin at 100,000: the first agrees, the second's price is one of 5x, the third says nothing.
class ReconciliationText : public ::testing::Test {
  protected:
    void SetUp() override {
        Errors errors;
        book_ = read_account_book(
            "account,venue,instrument,side,size,entry,margin_mode,amount,reported_equity,reported_"
            "margin,reported_liquidation_price\n"
            "a,A,BTC,long,1,100000,cross,50000,50000,1000,50505\n"
            "b,A,BTC,long,2,100000,cross,100000,100000,,55555.6\n"
            "c,A,BTC,long,3,100000,cross,150000,,,\n",
            "book.csv",
            market_,
            BadRows::refuse,
            errors);
        ASSERT_TRUE(errors.empty());
        const StressStart start(market_, book_);
        report_.market = &market_;
        report_.book = &book_;
        report_.tolerance = 0.001;
        report_.reconciliation = reconcile(start, 0.001);
        report_.columns.push_back(
            {"shock", run_stress(start, fall(market_, -0.01), without_feedback()), &market_});
    }
    StressMarket market_ = hand_market(1'000'000, {{0.02, 1e7}}, {{0.02, 1e7}});
    AccountBook book_;
    StressReport report_;
};

TEST_F(ReconciliationText, TheFirstLineHasSharesAndDollars) {
    const std::vector<std::string> said = reconciliation_sentences(report_);
    ASSERT_EQ(said.size(), 4U);
    EXPECT_EQ(said[0],
              "Of the file's own figures agree within 0.1 %: equities 2 of 2 (100.0 %; $150,000 of "
              "$150,000 of equity); maintenance margins 1 of 1 (100.0 %; $1,000 of $1,000 of "
              "margin); liquidation prices 1 of 2 (50.0 %; $100,000 of $300,000 of positions).");
    EXPECT_EQ(said[1], "Liquidation prices that do not agree (1): unknown tier 1 ($200,000).");
    EXPECT_EQ(said[2],
              "Not compared: 1 of 3 positions without a liquidation price in the file; the book's "
              "positions are worth $600,000.");
    EXPECT_EQ(said[3], "Below margin at the prices of the book: none.");
}

TEST_F(ReconciliationText, IsTheSameInEveryForm) {
    const std::string text = stress_terminal(report_, {});
    const std::string json = stress_json_lines(report_);
    const std::string page = stress_html(report_);
    for (const std::string& sentence : reconciliation_sentences(report_)) {
        EXPECT_TRUE(text.contains(sentence)) << sentence;
        EXPECT_TRUE(json.contains(sentence)) << sentence;
        EXPECT_TRUE(page.contains(sentence)) << sentence;
    }
    EXPECT_TRUE(json.contains(
        R"({"kind":"agreement","figure":"liquidation price","compared":2,"agree":1,)"
        R"("agree_of_themselves":0,"compared_usd":300000.0,"agree_usd":100000.0,"causes":{)"
        R"("our reading":{"figures":0,"usd":0.0},)"
        R"("the file's own contradiction":{"figures":0,"usd":0.0},)"
        R"("the format cannot say":{"figures":0,"usd":0.0},)"
        R"("unknown tier":{"figures":1,"usd":200000.0}}})"))
        << json;
    EXPECT_TRUE(json.contains(R"("cause":"unknown tier","at_another_rate":true)")) << json;
    for (const StressFile& file : stress_csv_files(report_)) {
        if (file.name == "reconciliation.csv") {
            EXPECT_TRUE(file.text.contains(",unknown tier,yes\n")) << file.text;
        }
    }
}

TEST_F(ReconciliationText, AFileThatSaysNothingIsNotPraised) {
    report_.reconciliation.figures = {};
    EXPECT_EQ(reconciliation_sentences(report_)[0],
              "The file says no figure of its own that could be compared: no equity, margin, "
              "liquidation price or health factor.");
}

}  // namespace
}  // namespace margincall
