// One liquidation price of each format's sample changed: every format's break has its cause, in the terminal and in
// JSON. 0.83 of a long's price follows from no maintenance rate.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

struct ChangedSample {
    const char* name;
    std::vector<const char*> files;  // the first is changed
    const char* from;
    const char* to;
    const char* cause;
};

class BreakCauses : public ::testing::TestWithParam<ChangedSample> {
  protected:
    [[nodiscard]] static std::filesystem::path samples() {
        const char* const set = std::getenv("MARGINCALL_SHARED");
        return (set != nullptr ? std::filesystem::path{set}
                               : std::filesystem::path{MC_SOURCE_DIR}.parent_path() / "shared") /
               "cases/import-samples";
    }
    testing::TemporaryFolder folder_;
};

TEST_P(BreakCauses, AreTold) {
    if (!std::filesystem::exists(samples())) {
        GTEST_SKIP() << "no samples at MARGINCALL_SHARED/cases/import-samples: skipped";
    }
    const ChangedSample& sample = GetParam();
    std::string text = testing::read((samples() / sample.files.front()).string());
    const std::string from = sample.from;
    ASSERT_NE(text.find(from), std::string::npos);
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
        text.replace(at, from.size(), sample.to);
    }
    const std::string changed =
        (folder_.path() / std::filesystem::path(sample.files.front()).filename()).string();
    std::ofstream{changed, std::ios::binary} << text;
    std::vector<std::string> words{"stress", changed};
    for (std::size_t k = 1; k < sample.files.size(); ++k) {
        words.push_back((samples() / sample.files[k]).string());
    }
    const std::string out = (folder_.path() / "out").string();
    for (const char* const word : {"--vary", "off", "--no-report", "--json", "-o"}) {
        words.emplace_back(word);
    }
    words.push_back(out);
    const testing::Said said = testing::margincall_says(words);
    ASSERT_EQ(said.code, 0) << said.err;
    std::istringstream lines{said.out};
    std::vector<nlohmann::json> breaks;
    std::string sentences;
    for (std::string line; std::getline(lines, line);) {
        const nlohmann::json row = nlohmann::json::parse(line);
        if (row["kind"] == "break") {
            breaks.push_back(row);
        } else if (row["kind"] == "reconciliation") {
            for (const auto& sentence : row["sentences"]) {
                sentences += sentence.get<std::string>() + "\n";
            }
        }
    }
    ASSERT_EQ(breaks.size(), 1U) << said.out;
    EXPECT_EQ(breaks[0]["figure"], "liquidation price");
    EXPECT_EQ(breaks[0]["cause"], sample.cause);
    EXPECT_NE(sentences.find(std::string{"Liquidation prices that do not agree (1): "} +
                             sample.cause + " 1 ($"),
              std::string::npos)
        << sentences;
    EXPECT_NE(testing::read(out + "/reconciliation.csv").find(sample.cause), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Formats,
    BreakCauses,
    ::testing::Values(
        ChangedSample{"hyperliquid",
                      {"hyperliquid-clearinghouseState.json"},
                      "\"76729.7080168776\"",
                      "\"63685.6\"",
                      "the file's own contradiction"},
        // An isolated position has neither equity nor margin of its own in the file.
        ChangedSample{"hyperliquid_isolated",
                      {"hyperliquid-clearinghouseState.json"},
                      "\"liquidationPx\": \"168\"",
                      "\"liquidationPx\": \"139.44\"",
                      "our reading"},
        ChangedSample{"binance",
                      {"binance-fapi-v3-positionRisk.json", "binance-fapi-v3-account.json"},
                      "\"78871.62389558\"",
                      "\"65463.4\"",
                      "the file's own contradiction"},
        ChangedSample{"bybit",
                      {"bybit-v5-position-list.json",
                       "bybit-v5-wallet-balance.json",
                       "bybit-v5-account-info.json"},
                      "\"75048.45\"",
                      "\"62290.2\"",
                      "the file's own contradiction"},
        // Without account/info nobody knows how it is margined.
        ChangedSample{"bybit_without_mode",
                      {"bybit-v5-position-list.json", "bybit-v5-wallet-balance.json"},
                      "\"75048.45\"",
                      "\"62290.2\"",
                      "the format cannot say"},
        ChangedSample{
            "okx",
            {"okx-account-positions.json", "okx-account-balance.json", "okx-instruments.json"},
            "\"91746.191194\"",
            "\"76149.3\"",
            "the file's own contradiction"},
        ChangedSample{"ccxt",
                      {"ccxt-binance.json"},
                      "78871.62389558",
                      "65463.4",
                      "the file's own contradiction"},
        ChangedSample{"table",
                      {"binance.expected.csv"},
                      "78871.623896",
                      "65463.4",
                      "the file's own contradiction"},
        // 78,871.62 x (1 - 0.004) / (1 - 0.05): ten times.
        ChangedSample{
            "table_at_10x", {"binance.expected.csv"}, "78871.623896", "82689.6", "unknown tier"}),
    [](const auto& sample) { return std::string{sample.param.name}; });

}  // namespace
}  // namespace margincall
