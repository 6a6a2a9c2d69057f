#include "cli/bench_orderflow.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "book/map_book.hpp"

namespace margincall {
namespace {

constexpr std::uint64_t magic = 0x0032'3057'4F4C'464FULL;  // "OFLOW02" and a zero

// A small flow over three symbols; its result is what the plain book makes of it.
Flow small_flow() {
    Flow flow;
    flow.header.magic = magic;
    flow.header.n_warm = 60;
    flow.header.n_ops = 2'000;
    flow.header.n_symbols = 3;
    Rng rng{11, 12, Purpose::test};
    const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(rng.below(n)); };
    std::uint32_t id = 0;
    std::vector<FlowRecord> sent;
    for (std::uint64_t k = 0; k < flow.header.n_warm + flow.header.n_ops; ++k) {
        FlowRecord record{};
        if (k >= flow.header.n_warm && below(10) < 4) {
            record = sent[below(sent.size())];  // perhaps long gone
            record.kind = FlowKind::cancel;
        } else {
            record.id = ++id;
            record.symbol = static_cast<std::uint16_t>(below(3));
            record.side = static_cast<std::uint8_t>(below(2));
            const bool takes = k >= flow.header.n_warm && below(5) == 0;
            record.kind = takes ? FlowKind::take : FlowKind::add;
            const std::uint32_t away = takes ? 0 : 1 + below(20);
            record.price = record.side == 0 ? 5'000 - away : 5'000 + away;
            record.qty = 1 + below(100);
            sent.push_back(record);
        }
        flow.records.push_back(record);
    }
    flow.header.id_max = id;
    FlowReplay<MapBook> plain{flow.header};
    Tape tape;
    for (const FlowRecord& record : flow.records) {
        plain.apply(record, tape);
    }
    flow.header.trades = tape.trades;
    flow.header.volume = tape.volume;
    flow.header.notional = tape.notional;
    flow.header.tape_hash = tape.hash;
    flow.header.resting = plain.resting();
    return flow;
}

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
