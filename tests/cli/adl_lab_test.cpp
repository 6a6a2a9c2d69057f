// `margincall adl-lab` from outside.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "temporary_folder.hpp"
#include "waves/small_record.hpp"

namespace margincall {
namespace {

using test::small_record;

class AdlLabProgram : public ::testing::Test {
  protected:
    AdlLabProgram() {
        const RecordTexts texts = small_record();
        put(std::string{record_file_names[0]}, texts.winners.text);
        put(std::string{record_file_names[1]}, texts.coins.text);
        put(std::string{record_file_names[2]}, texts.waves.text);
        put(std::string{record_file_names[3]}, texts.gaps.text);
    }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(folder_.path() / name, std::ios::binary) << text;
    }
    [[nodiscard]] std::string path() const { return folder_.path().string(); }

    testing::TemporaryFolder folder_;
};

TEST_F(AdlLabProgram, ComputesChosenRulesAndWritesAFolder) {
    const std::string out = path() + "/lab";
    const testing::Said said = testing::margincall_says(
        {"adl-lab", path(), "--rules", "profit-only,pro-rata", "--deals", "2", "-o", out});
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.out.find("profit-only"), std::string::npos);
    EXPECT_EQ(said.out.find("leverage-only"), std::string::npos);
    EXPECT_EQ(said.out.find("production"), std::string::npos);  // no such file
    EXPECT_NE(testing::read(out + "/rules.csv").find("pro-rata,taken_usd,13,13,13"),
              std::string::npos);
    EXPECT_NE(testing::read(out + "/adl-lab.html").find("\"median\""), std::string::npos);
    EXPECT_FALSE(testing::read(out + "/waves.csv").empty());
    EXPECT_FALSE(testing::read(out + "/adl-lab.jsonl").empty());
}

TEST_F(AdlLabProgram, ReadsTheFolderOfAStress) {
    put("adl.csv",
        "case,time_s,account,side,against,coins,price,mark,profit_usd,forgone_usd\n"
        "today,10,ann,short,cas,2,95,94,10,6\n");
    const testing::Said said = testing::margincall_says({"adl-lab", path(), "--json"});
    EXPECT_EQ(said.code, 0) << said.err;
    const auto line = nlohmann::json::parse(said.out.substr(0, said.out.find('\n')));
    EXPECT_EQ(line["kind"], "case");
    EXPECT_DOUBLE_EQ(line["needed_usd"], 2.0);
    EXPECT_DOUBLE_EQ(line["taken_usd"], 8.0);
}

TEST_F(AdlLabProgram, SeveralStressesStandBesideEachOther) {
    for (const char* const name : {"queue", "pro-rata"}) {
        std::filesystem::create_directory(folder_.path() / name);
        put(std::string{name} + "/adl.csv",
            "case,time_s,account,side,against,coins,price,mark,profit_usd,forgone_usd\n"
            "today,10,ann,short,cas,2,95,94,10,6\n");
    }
    const testing::Said said =
        testing::margincall_says({"adl-lab", path() + "/queue", path() + "/pro-rata"});
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.out.find("queue: 1 accounts in 1 waves"), std::string::npos) << said.out;
    EXPECT_NE(said.out.find("pro-rata: 1 accounts in 1 waves"), std::string::npos);
    const testing::Said none =
        testing::margincall_says({"adl-lab", path() + "/queue", path() + "/nothing"});
    EXPECT_EQ(none.code, 4);
    EXPECT_NE(none.err.find("no adl.csv"), std::string::npos) << none.err;
}

TEST_F(AdlLabProgram, SaysWhatIsWrong) {
    EXPECT_EQ(testing::margincall_says({"adl-lab"}).code, 2);
    const testing::Said rule = testing::margincall_says({"adl-lab", path(), "--rules", "prorata"});
    EXPECT_EQ(rule.code, 2);
    EXPECT_NE(rule.err.find("E605"), std::string::npos);
    put(std::string{record_file_names[3]},
        "wave,coin,qty_contracts,gap_per_contract_usd\n1,A,5,2\n1,Z,5,2\n");
    const testing::Said coin = testing::margincall_says({"adl-lab", path()});
    EXPECT_EQ(coin.code, 3);
    EXPECT_NE(coin.err.find("wave_coin_gap_per_contract.csv:3:3"), std::string::npos) << coin.err;
    EXPECT_NE(coin.err.find("E641"), std::string::npos);
    std::filesystem::remove(folder_.path() / record_file_names[1]);
    const testing::Said missing = testing::margincall_says({"adl-lab", path()});
    EXPECT_NE(missing.err.find("no adl_net_volume_full_12min.csv"), std::string::npos)
        << missing.err;
    EXPECT_EQ(missing.code, 4);
}

}  // namespace
}  // namespace margincall
