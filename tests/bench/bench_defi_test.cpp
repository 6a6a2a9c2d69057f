#include "bench/bench_defi.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

namespace margincall::test {
namespace {

constexpr DefiBenchSizes tiny{200, 20, 2'000, 40, 2};

std::vector<nlohmann::json> lines_of(std::string_view name) {
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(bench_defi(name, tiny, Output::json), 0);
    std::istringstream text{::testing::internal::GetCapturedStdout()};
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(text, line);) {
        lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
}

TEST(BenchDefi, EveryPartChecksItsAnswer) {
    const auto lines = lines_of("defi");
    ASSERT_EQ(lines.size(), 6U);
    for (const auto& line : lines) {
        EXPECT_EQ(line["answer_ok"], true) << line;
        EXPECT_GT(line["ns_per_op"].get<double>(), 0.0);
        EXPECT_EQ(line["result_hash"].get<std::string>().size(), 16U);
    }
    EXPECT_EQ(lines[5]["accounts"], 2'000);
    EXPECT_LT(lines[5]["touched_per_move"].get<double>(), 2'000.0);
    EXPECT_GT(lines[5]["unhealthy"].get<int>(), 0);
}

TEST(BenchDefi, ResultsDoNotDependOnTheRun) {
    EXPECT_EQ(lines_of("swap")[1]["result_hash"], lines_of("swap")[1]["result_hash"]);
    EXPECT_EQ(lines_of("health")[0]["result_hash"], lines_of("health")[0]["result_hash"]);
}

TEST(BenchDefi, KnowsItsNames) {
    EXPECT_TRUE(is_defi_bench("lending-liquidation"));
    EXPECT_FALSE(is_defi_bench("orderflow"));
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(bench_defi("lending-liquidation", tiny, Output::text), 0);
    EXPECT_NE(::testing::internal::GetCapturedStdout().find("as it must be"), std::string::npos);
}

}  // namespace
}  // namespace margincall::test
