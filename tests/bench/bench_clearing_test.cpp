// The benchmarks of clearing with tiny parameters: they run, check their own answer, and say so.
#include "bench/bench_clearing.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/bench_liquidate.hpp"
#include "bench/bench_mark.hpp"
#include "bench/small_flow.hpp"

namespace margincall {
namespace {

class BenchClearing : public ::testing::Test {
  protected:
    void SetUp() override {
        file_ = (std::filesystem::temp_directory_path() / "margincall-clearing.flow").string();
    }
    void TearDown() override { std::filesystem::remove(file_); }
    void write(const Flow& flow) const {
        std::FILE* out = std::fopen(file_.c_str(), "wb");
        ASSERT_NE(out, nullptr);
        std::fwrite(&flow.header, sizeof(FlowHeader), 1, out);
        std::fwrite(flow.records.data(), sizeof(FlowRecord), flow.records.size(), out);
        std::fclose(out);
    }
    nlohmann::json bench(int exit_code) const {
        const std::vector<std::string> files = {file_};
        ::testing::internal::CaptureStdout();
        EXPECT_EQ(bench_clearing(files, 20, true), exit_code);
        return nlohmann::json::parse(::testing::internal::GetCapturedStdout());
    }
    std::string file_;
};

TEST_F(BenchClearing, SettlesTheRecordedFlow) {
    const Flow flow = test::small_flow();
    write(flow);
    const auto line = bench(0);
    EXPECT_EQ(line["ops"], 2'000);
    EXPECT_EQ(line["trades"], flow.header.trades);
    EXPECT_EQ(line["tape_ok"], true);
    EXPECT_EQ(line["ledger_sum"], 0);
    EXPECT_EQ(line["refused"], 0);
    EXPECT_GT(line["mops"].get<double>(), 0.0);
    EXPECT_GT(line["ratio"].get<double>(), 0.0);
}

TEST_F(BenchClearing, ReportsAnotherTape) {
    Flow flow = test::small_flow();
    flow.header.tape_hash ^= 1U;
    write(flow);
    EXPECT_EQ(bench(7)["tape_ok"], false);
}

TEST_F(BenchClearing, EveryTraderEndsWithWhatHeTraded) {
    const Flow flow = test::small_flow();
    ClearingReplay path{flow.header, 20};
    Tape tape;
    for (const FlowRecord& record : flow.records) {
        path.apply(record, tape);
    }
    EXPECT_EQ(path.update_marks(), 0U);
    path.check();
    EXPECT_EQ(tape.hash, flow.header.tape_hash);
    std::int64_t lots = 0;
    for (const CrossAccount& c : path.house().cross_accounts().accounts()) {
        for (std::uint32_t k = 0; k < 3; ++k) {
            lots += std::abs(path.house().position(c.account, InstrumentId::from_raw(k)).raw());
        }
    }
    EXPECT_GT(lots, 100);
    EXPECT_EQ(path.ledger_sum(), 0);
}

TEST(BenchMark, FindsWhomItShouldWithOneAssetAndWithFive) {
    for (const std::uint32_t assets : {1U, 5U}) {
        const MarkResult r =
            run_mark_bench({.accounts = 2'000, .assets = assets, .marks = 400, .leverage = 25.0});
        EXPECT_EQ(r.positions, 2'000U * assets);
        EXPECT_EQ(r.missed, 0U);
        EXPECT_EQ(r.early, 0U);
        EXPECT_GT(r.liquidatable, 0U);
        if (assets == 5) {
            EXPECT_GT(r.evaluations, r.liquidatable);
            EXPECT_LT(r.evaluations, 2'000U * 400U / 20U);
        }
    }
}

TEST(BenchMark, TheSameAccountsAtTheSameMarksEveryTime) {
    const MarkBench bench{.accounts = 500, .assets = 3, .marks = 200, .leverage = 20.0};
    EXPECT_EQ(run_mark_bench(bench).digest, run_mark_bench(bench).digest);
}

TEST(BenchLiquidate, ClosesHalfOfTheAccountsThroughTheBook) {
    const LiquidateResult r = run_liquidate_bench(4'000);
    EXPECT_EQ(r.expected, 2'000U);
    EXPECT_EQ(r.liquidations, r.expected);
    EXPECT_GT(r.book_trades, 1'500U);
    EXPECT_GT(r.takeovers, 0U);
    EXPECT_LT(r.takeovers, 300U);
    EXPECT_EQ(r.ledger_sum, 0);
    EXPECT_EQ(r.bad_debt, 0);
}

}  // namespace
}  // namespace margincall
