#include "bench/bench_orderflow.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/small_flow.hpp"

namespace margincall {
namespace {

using test::small_flow;

constexpr std::uint64_t magic = test::flow_magic;

class BenchOrderflow : public ::testing::Test {
  protected:
    void SetUp() override {
        const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
        file_ =
            (std::filesystem::temp_directory_path() / ("margincall-" + test + ".flow")).string();
    }
    void TearDown() override { std::filesystem::remove(file_); }

    void write(const Flow& flow) {
        std::FILE* out = std::fopen(file_.c_str(), "wb");
        ASSERT_NE(out, nullptr);
        std::fwrite(&flow.header, sizeof(FlowHeader), 1, out);
        std::fwrite(flow.records.data(), sizeof(FlowRecord), flow.records.size(), out);
        std::fclose(out);
    }
    int bench(bool json) {
        const std::vector<std::string> files = {file_};
        return bench_orderflow(files, json);
    }

    std::string file_;
};

TEST_F(BenchOrderflow, AgreesWithThePlainBook) {
    const Flow flow = small_flow();
    EXPECT_GT(flow.header.trades, 100U);
    write(flow);
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(bench(true), 0);
    const auto line = nlohmann::json::parse(::testing::internal::GetCapturedStdout());
    EXPECT_EQ(line["file"], file_);
    EXPECT_EQ(line["ops"], 2'000);
    EXPECT_EQ(line["trades"], flow.header.trades);
    EXPECT_EQ(line["tape_ok"], true);
    EXPECT_EQ(line["tape_hash"].get<std::string>().size(), 16U);
    EXPECT_GT(line["mops"].get<double>(), 0.0);
    EXPECT_GT(line["rss_mb"].get<double>(), 0.0);
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(bench(false), 0);
    EXPECT_NE(::testing::internal::GetCapturedStdout().find("as expected"), std::string::npos);
}

TEST_F(BenchOrderflow, ReportsAnotherTape) {
    Flow flow = small_flow();
    flow.header.tape_hash ^= 1U;
    write(flow);
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(bench(true), 7);
    const auto line = nlohmann::json::parse(::testing::internal::GetCapturedStdout());
    EXPECT_EQ(line["tape_ok"], false);
}

TEST_F(BenchOrderflow, BadFilesAreErrorsNotResults) {
    const auto message = [&] {
        ::testing::internal::CaptureStderr();
        EXPECT_EQ(bench(true), 4);
        return ::testing::internal::GetCapturedStderr();
    };
    EXPECT_NE(message().find("cannot be read"), std::string::npos);
    Flow flow = small_flow();
    flow.header.magic = 7;
    write(flow);
    EXPECT_NE(message().find("no OFLOW02 header"), std::string::npos);
    flow.header.magic = magic;
    const auto symbols = flow.header.n_symbols;
    flow.header.n_symbols = 4097;
    write(flow);
    EXPECT_NE(message().find("impossible header: 4097 symbols"), std::string::npos);
    flow.header.n_symbols = symbols;
    flow.records.pop_back();
    write(flow);
    EXPECT_NE(message().find("holds 2059 records where its header says 60 + 2000"),
              std::string::npos);
    flow = small_flow();
    flow.records[9].kind = FlowKind::exec;
    write(flow);
    EXPECT_NE(message().find("record 9 is an execution"), std::string::npos);
    flow.records[9].kind = FlowKind::add;
    flow.records[9].symbol = 3;
    write(flow);
    EXPECT_NE(message().find("record 9 is out of range"), std::string::npos);
}

}  // namespace
}  // namespace margincall
