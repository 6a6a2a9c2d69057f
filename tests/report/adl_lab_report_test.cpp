// The laboratory of auto-deleveraging on a terminal, as JSON, CSV and a page.
#include "report/adl_lab_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "waves/small_record.hpp"

namespace margincall::test {
namespace {

class AdlLabReportTest : public ::testing::Test {
  protected:
    AdlLabReportTest() {
        RecordTexts texts = small_record();
        std::string head = "wave,budget_needed";
        std::string first = "1,10";
        std::string second = "3,3";
        for (std::size_t k = 0; k < published_rules.size(); ++k) {
            head += ",budget_" + std::string{published_rules[k].key} + ",max_pct_" +
                    std::string{published_rules[k].key};
            first += "," + std::to_string(40 + k) + ",0.5";
            second += ",5,0.25";
        }
        texts.published = {"published.csv", head + "\n" + first + "\n" + second + "\n"};
        record = read_small(texts);
        lab.title = "small";
        lab.record = &record;
        lab.deals = 3;
        lab.rules = play_rules(lab_rules(), record, lab.deals);
    }
    [[nodiscard]] StressTable table(std::string_view key) const {
        for (StressTable& t : adl_lab_tables(lab, LabDetail::ranges)) {
            if (t.key == key) {
                return std::move(t);
            }
        }
        ADD_FAILURE() << key;
        return {};
    }
    WaveRecord record;
    AdlLabReport lab;
};

std::vector<std::string> texts(const TableRow& row) {
    std::vector<std::string> out;
    for (const TableCell& cell : row) {
        out.push_back(cell.shown);
    }
    return out;
}

TEST_F(AdlLabReportTest, WhatWasReadStandsApartFromWhatIsComputed) {
    const StressTable read = table("read");
    EXPECT_NE(read.title.find("no result of this program"), std::string::npos);
    ASSERT_EQ(read.rows.size(), published_rules.size());
    EXPECT_EQ(texts(read.rows[0]),
              (std::vector<std::string>{"production", "$13", "$45", "$32", "50.0 %"}));
    EXPECT_EQ(read.rows[6][2].shown, "$51");
    const StressTable computed = table("computed");
    ASSERT_EQ(computed.rows.size(), lab_rules().size());
    const auto row = [&](std::string_view rule) {
        return texts(*std::find_if(computed.rows.begin(), computed.rows.end(), [&](const auto& r) {
            return r.front().shown == rule;
        }));
    };
    // needed, taken, overshoot, missing, closed, accounts, hardest, of equity, profit lost, capital lost,
    // hit again, most waves, by a tenth
    EXPECT_EQ(row("profit-only"),
              (std::vector<std::string>{"profit-only",
                                        "$13",
                                        "$13",
                                        "$0",
                                        "$0",
                                        "$800",
                                        "2",
                                        "$8",
                                        "4.4 %",
                                        "$13",
                                        "$0",
                                        "1",
                                        "2",
                                        "61.5 %"}));
    EXPECT_EQ(row("profit-haircut *")[5], "$0");
    EXPECT_EQ(row("hedge-exempt")[1], "—");
    EXPECT_EQ(table("waves").rows[1].front().shown, "3");
    EXPECT_EQ(table("wave-hardest_usd").rows[0][2].shown, "$8");
}

TEST_F(AdlLabReportTest, TheTerminalSaysWhatIsAssumed) {
    const std::string text = adl_lab_terminal(lab, {});
    for (const char* const part :
         {"2 waves needed $13",
          "Production took $45, integer pro-rata $51 (read",
          "The 1 waves of one moment needed $10 and production took $40; the 1 that last "
          "needed $3 and it took $5 (read).",
          "Computed: the recorded waves",
          "Assumed, and not in the data",
          "dealt to the coins at random, 3 times",
          "hedge-exempt: the record does not say who was hedged"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(text.find("Computed by wave"), std::string::npos);  // the page has these
}

TEST_F(AdlLabReportTest, OnlyPageAndFilesShowTheRangeOfTheDeals) {
    lab.rules = {{.rule = lab_rules()[0], .deals = {lab.rules[0].deals[0], lab.rules[0].deals[0]}}};
    lab.rules[0].deals[1].all.hardest = 9.0;
    const auto hardest = [&](LabDetail detail) {
        for (const StressTable& t : adl_lab_tables(lab, detail)) {
            if (t.key == "computed") {
                return t.rows[0][7].shown;
            }
        }
        return std::string{};
    };
    EXPECT_EQ(hardest(LabDetail::ranges), "$8 ($8 to $9)");
    EXPECT_EQ(hardest(LabDetail::medians), "$8");
}

TEST_F(AdlLabReportTest, JsonSaysOfEveryFigureWhoseItIs) {
    std::istringstream lines(adl_lab_json_lines(lab));
    std::size_t read = 0;
    std::size_t computed = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto object = nlohmann::json::parse(line);
        read += object["kind"] == "read" ? 1U : 0U;
        if (object["kind"] != "computed") {
            continue;
        }
        ++computed;
        if (object["rule"] == "pro-rata") {
            EXPECT_DOUBLE_EQ(object["taken_usd"]["median"], 13.0);
            EXPECT_EQ(object["deals"], 3);
        }
        EXPECT_EQ(object.contains("not_in_record"), object["rule"] == "hedge-exempt");
    }
    EXPECT_EQ(read, published_rules.size());
    EXPECT_EQ(computed, lab_rules().size());
}

TEST_F(AdlLabReportTest, FilesHoldEveryRuleAndWave) {
    const std::vector<StressFile> files = adl_lab_csv_files(lab);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_NE(files[0].text.find("\nprofit-only,hardest_usd,8,8,8\n"), std::string::npos);
    EXPECT_NE(files[1].text.find("\nprofit-only,3,taken_usd,3,3,3\n"), std::string::npos);
    const std::string page = adl_lab_html(lab);
    EXPECT_NE(page.find("\"key\":\"computed\""), std::string::npos);
    EXPECT_NE(page.find("<title>Auto-deleveraging of small</title>"), std::string::npos);
    EXPECT_EQ(page.find("MARGINCALL_ADL_DATA"), std::string::npos);
}

TEST(AdlLabOfAStress, HasARowACase) {
    AdlLabReport lab;
    lab.title = "s";
    EXPECT_EQ(adl_lab_answer(lab).front(), "Nothing was deleveraged in this stress.");
    lab.cases = read_stress_waves(
                    {"adl.csv",
                     "case,time_s,account,side,against,coins,price,mark,profit_usd,forgone_usd\n"
                     "pro-rata,10,ann,short,cas,2,95,94,10,6\n"})
                    .value();
    EXPECT_EQ(adl_lab_answer(lab).front(),
              "pro-rata: 1 accounts in 1 waves were needed for $2 and gave $8.");
    const std::vector<StressTable> tables = adl_lab_tables(lab, LabDetail::ranges);
    EXPECT_EQ(tables[0].rows[0][3].shown, "$6");
    EXPECT_EQ(tables[0].rows[0][8].shown, "—");  // no equity in the file
    EXPECT_EQ(tables[1].rows[0][2].shown, "10");
    EXPECT_NE(adl_lab_json_lines(lab).find("\"hardest_share\":null"), std::string::npos);
}

}  // namespace
}  // namespace margincall::test
