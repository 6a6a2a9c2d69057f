// The hash of a stress: different where an option changes what is said, equal however it was written.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

using margincall::testing::margincall_says;
using margincall::testing::read;
using margincall::testing::Said;
using nlohmann::json;

class StressHash : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(margincall_says({"stress", "--make-sample", "150", "-o", file("book.csv")}).code,
                  0);
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_.path() / name).string();
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_.path() / name, std::ios::binary) << text;
    }
    // Hash and everything else that result.jsonl says.
    struct Answer {
        std::string hash;
        std::string rest;
    };
    Answer ask(std::vector<std::string> options) {
        const std::string out = file("out" + std::to_string(++count_));
        std::vector<std::string> all = {"stress", file("book.csv"), "-q", "--no-report", "-o", out};
        all.insert(all.end(), options.begin(), options.end());
        const Said said = margincall_says(all);
        EXPECT_EQ(said.code, 0) << said.err;
        Answer answer;
        std::ifstream lines(out + "/result.jsonl");
        for (std::string line; std::getline(lines, line);) {
            json row = json::parse(line);
            if (row["kind"] == "source") {
                continue;  // of which file or option a figure is: not what it is
            }
            if (row["kind"] == "book") {
                answer.hash = row["stress_hash"];
                row.erase("stress_hash");
            }
            answer.rest += row.dump() + "\n";
        }
        const json manifest = json::parse(read(out + "/manifest.json"));
        EXPECT_EQ(manifest["stress_hash"], answer.hash);
        EXPECT_FALSE(manifest["depends_on"].empty());
        return answer;
    }

    testing::TemporaryFolder folder_;
    int count_ = 0;
};

TEST_F(StressHash, DiffersWithEveryOptionThatChangesTheAnswer) {
    write("depth.csv", "venue,instrument,side,distance,depth\nA,BTC,both,1%,1000000\n");
    write("funds.csv", "venue,pool,instruments,balance\nA,all,*,1000\n");
    write("rules.toml", "[venues.D]\ntier_caps = 0.25\n");
    const std::vector<std::string> base = {"--shock", "BTC=-25%/2min"};
    const Answer plain = ask(base);
    ASSERT_FALSE(plain.hash.empty());

    for (const std::vector<std::string>& option :
         std::vector<std::vector<std::string>>{{"--depth-factor", "0.01"},
                                               {"--depth", file("depth.csv")},
                                               {"--funds", file("funds.csv")},
                                               {"--price", "BTC=105000"},
                                               {"--betas", "off"},
                                               {"--feedback", "off"},
                                               {"--refill", "1s"},
                                               {"--step", "30s"},
                                               {"--default", "largest:1"},
                                               {"--reverse"},
                                               {"--rules", file("rules.toml")},
                                               {"--shock", "ETH=5%"},
                                               {"--set", "venues.A.liquidation.fee=\"9 %\""}}) {
        std::vector<std::string> all = base;
        all.insert(all.end(), option.begin(), option.end());
        const Answer other = ask(all);
        EXPECT_NE(other.rest, plain.rest) << option[0] << " changes nothing: not a test of it";
        EXPECT_NE(other.hash, plain.hash) << option[0];
    }
    EXPECT_NE(ask({"--shock", "BTC=-25.01%/2min"}).hash, plain.hash);
    // Nothing of this book breaks; of one with errors it decides what does.
    EXPECT_NE(ask({"--shock", "BTC=-25%/2min", "--tolerance", "20"}).hash, plain.hash);
    std::string book = read(file("book.csv"));
    book.replace(book.find(",long,"), 6, ",short,");
    write("book.csv", book);
    EXPECT_NE(ask({"--shock", "BTC=-25%/2min", "--tolerance", "0.1"}).hash, plain.hash);
}

TEST_F(StressHash, IsEqualForWhatSaysTheSame) {
    const Answer plain = ask({});
    for (const std::vector<std::string>& option :
         std::vector<std::vector<std::string>>{{"--shock", "BTC=-15%/10min"},
                                               {"--shock", "BTC=-15.0%/600s"},
                                               {"--depth-factor", "1"},
                                               {"--refill", "1min"},
                                               {"--betas", "on", "--feedback", "on"},
                                               {"--price", "BTC=110494.9"},
                                               {"--skip-bad"},
                                               {"--json"},
                                               {"--set", "agents.noise.hurst=0.6"},
                                               {"--set", "random.seed=99"}}) {
        const Answer same = ask(option);
        EXPECT_EQ(same.hash, plain.hash) << option[0];
        EXPECT_EQ(same.rest, plain.rest) << option[0];
    }
}

TEST_F(StressHash, OfPseudonymsIsKeyedByTheSalt) {
    const Answer plain = ask({});
    const Answer one = ask({"--pseudonyms", "--salt", "a salt of enough length"});
    const Answer again = ask({"--pseudonyms", "--salt", "a salt of enough length"});
    const Answer other = ask({"--pseudonyms", "--salt", "another salt of that length"});
    EXPECT_EQ(one.hash, again.hash);
    EXPECT_NE(one.hash, other.hash);
    EXPECT_NE(one.hash, plain.hash);
}

TEST_F(StressHash, TheFirstLineSaysOfWhichMomentThePricesAre) {
    const Said said = margincall_says(
        {"stress", file("book.csv"), "--no-report", "-o", file("prices"), "--price", "BTC=105000"});
    EXPECT_NE(said.err.find("prices of 2025-11-03T00:00:00Z, but BTC=105000"), std::string::npos)
        << said.err;
}

TEST_F(StressHash, OptionsThatWouldChangeNothingAreRefused) {
    EXPECT_EQ(margincall_says({"stress", file("book.csv"), "--stages", "3"}).code, 2);
    EXPECT_EQ(margincall_says({"stress", file("book.csv"), "--seed", "3"}).code, 2);
}

TEST_F(StressHash, AStressFolderIsStillNoRun) {
    ask({});
    const Said said = margincall_says({"verify", file("out1")});
    EXPECT_EQ(said.code, 4);
    EXPECT_NE(said.err.find("is the folder of a stress, not of a run"), std::string::npos)
        << said.err;
}

}  // namespace
}  // namespace margincall
