#include "report/html_report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "record/synthetic_run.hpp"
#include "report/report_data.hpp"
#include "report/series.hpp"

namespace margincall {
namespace {

using testing::synthetic_run;

ReportContext context() {
    ReportContext out;
    out.run_id = "2025-11-22T08-00-12Z-synthetic-01234567";
    out.command = "margincall run scenarios/synthetic.toml --seed 7";
    out.program = "margincall 0.1.0";
    out.totals = synthetic_run().totals;
    return out;
}

Summary run_summary() {
    return summarise(synthetic_run().plan,
                     synthetic_run().totals,
                     synthetic_run().recorder,
                     {.version = "0.1.0", .wall_s = 12.5, .peak_rss_mb = 812});
}

std::string decoded_text(std::string_view page) {
    const std::string_view open = "id=\"run-data\">";
    const std::size_t from = page.find(open) + open.size();
    return std::string{page.substr(from, page.find("</script>", from) - from)};
}

TEST(Base64, MatchesTheVectorsOfRfc4648) {
    const auto encode = [](std::string_view text) {
        return base64({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
    };

    EXPECT_EQ(encode(""), "");
    EXPECT_EQ(encode("f"), "Zg==");
    EXPECT_EQ(encode("fo"), "Zm8=");
    EXPECT_EQ(encode("foo"), "Zm9v");
    EXPECT_EQ(encode("foob"), "Zm9vYg==");
    EXPECT_EQ(encode("fooba"), "Zm9vYmE=");
    EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(EncodeColumn, IsLittleEndianFloat32AndKeepsNoDataAsNaN) {
    EXPECT_EQ(encode_column(std::array{1.0}), "AACAPw==");
    EXPECT_EQ(encode_column(std::array{std::numeric_limits<double>::infinity()}),
              encode_column(std::array{std::numeric_limits<double>::quiet_NaN()}));
}

TEST(HtmlReport, IsOneFileThatLoadsNothing) {
    const std::string page =
        report_html(synthetic_run().plan, run_summary(), synthetic_run().recorder, context());

    EXPECT_EQ(page.find("MARGINCALL_"), std::string::npos);
    EXPECT_EQ(page.find("src=\"http"), std::string::npos);
    EXPECT_EQ(page.find("src=\"/"), std::string::npos);
    EXPECT_EQ(page.find("<link"), std::string::npos);
    EXPECT_EQ(page.find("@import"), std::string::npos);
    EXPECT_LT(page.size(), 12'000'000U);
}

TEST(HtmlReport, TextOfAScenarioCannotEndTheDataScript) {
    const std::string page =
        report_html(synthetic_run().plan, run_summary(), synthetic_run().recorder, context());
    const auto data = nlohmann::json::parse(decoded_text(page));

    EXPECT_EQ(page.find("<script>alert"), std::string::npos);
    EXPECT_EQ(data["events"][4]["name"], "Redemptions <script>alert(1)</script>");
}

TEST(HtmlReport, SaysOnItsFaceWhatItsPricesAreWorth) {
    Summary gated = run_summary();
    const auto headline = [&] {
        return nlohmann::json::parse(
                   report_data_json(
                       synthetic_run().plan, gated, synthetic_run().recorder, context()))
            .at("headline");
    };
    EXPECT_EQ(headline().size(), 2U);
    gated.price_gates = {"stale", "the gates are of other sources", {}};
    ASSERT_EQ(headline().size(), 3U);
    EXPECT_EQ(headline()[2],
              "No statement on what share of the price fall a cause has: the gates are of other "
              "sources.");
}

TEST(HtmlReport, DataHoldEveryAssetOnOneGrid) {
    const auto data = nlohmann::json::parse(
        report_data_json(synthetic_run().plan, run_summary(), synthetic_run().recorder, context()));

    EXPECT_EQ(data["grid"]["step_s"], 120.0) << "five coins over two days: two bars a step";
    EXPECT_EQ(data["grid"]["count"], 49 * 30);
    ASSERT_EQ(data["assets"].size(), 5U);
    EXPECT_EQ(data["assets"][0]["open_interest"].size(), 3U);
    EXPECT_EQ(data["assets"][0]["map"].size(), 3U);
    EXPECT_EQ(data["assets"][0]["map"][1]["label"], "at the low");
    EXPECT_EQ(data["adl"]["rows"].size(), 20U);
    EXPECT_EQ(data["metrics"].size(),
              std::ranges::count(metric_names, MetricScope::venues, &MetricName::scope));
    EXPECT_TRUE(data["defi"].is_null());
}

// Set MARGINCALL_EMPTY_REPORT_OUT to keep the page and look at it.
TEST(HtmlReport, RunThatRecordedNothingStillHasAReport) {
    const Plan plan = testing::synthetic_plan();
    const MemoryRecorder nothing;
    const Summary empty = summarise(plan, {}, nothing);

    const std::string page = report_html(plan, empty, nothing, {});
    const auto data = nlohmann::json::parse(decoded_text(page));

    EXPECT_EQ(data["grid"]["count"], 1);
    EXPECT_EQ(data["funds"].size(), 0U);
    EXPECT_EQ(data["metrics"][0]["simulated"], "—");
    if (const char* wanted = std::getenv("MARGINCALL_EMPTY_REPORT_OUT"); wanted != nullptr) {
        std::ofstream{wanted} << page;
    }
}

// Every text of the page; of the series only how long they are.
nlohmann::ordered_json without_columns(nlohmann::ordered_json data) {
    for (auto& value : data) {
        if (value.is_structured()) {
            value = without_columns(value);
        } else if (value.is_string() && value.get_ref<const std::string&>().size() > 200) {
            value = fmt::format("({} characters)", value.get_ref<const std::string&>().size());
        }
    }
    return data;
}

TEST(HtmlReport, StaysUnderThreeMegabytesForAnyNumberOfCoinsAndBars) {
    EXPECT_EQ(page_steps(1), 3'000U);
    EXPECT_EQ(page_steps(8), 1'116U);
    for (const std::size_t assets : {1U, 8U, 26U, 80U}) {
        // float32 columns in base64, the most that a coin has
        const double bytes = static_cast<double>(page_steps(assets) * assets * 42) * 16.0 / 3.0;
        EXPECT_LE(bytes, 2'000'000.0) << assets;
    }
    // A step of several bars keeps the extremes and stays a whole number of bars.
    Plan plan;
    plan.output.bar = minutes(1);
    const TimeGrid grid = time_grid(plan, hours(49).raw(), page_steps(8));
    EXPECT_EQ(grid.step_ns, minutes(3).raw());
    EXPECT_EQ(grid.count, 980U);
}

// Rewrite with UPDATE_GOLDEN=1 and read the difference.
TEST(HtmlReport, TextsAndTablesKeepTheirForm) {
    auto data = nlohmann::ordered_json::parse(
        report_data_json(synthetic_run().plan, run_summary(), synthetic_run().recorder, context()));
    data["assets"].erase(data["assets"].begin() + 1, data["assets"].end());
    const std::string text = without_columns(data).dump(1) + "\n";
    const std::string golden = MC_SOURCE_DIR "/tests/golden/report_data.json";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream{golden} << text;
    }

    std::ostringstream expected;
    expected << std::ifstream{golden}.rdbuf();
    EXPECT_EQ(text, expected.str());
}

TEST(HtmlReport, FullDiskIsAnErrorAndLeavesNothing) {
    const std::filesystem::path folder =
        std::filesystem::path{::testing::TempDir()} / "margincall-full-disk";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    std::filesystem::create_symlink("/dev/full", folder / "report.html");

    const auto result = write_report(folder / "report.html",
                                     synthetic_run().plan,
                                     run_summary(),
                                     synthetic_run().recorder,
                                     context());

    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, "E502");
    EXPECT_EQ(result.error().message, "cannot write the report: No space left on device");
    std::filesystem::remove(folder / "report.html");
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
}

TEST(HtmlReport, UnwritableFolderIsAnErrorAndLeavesNothing) {
    const auto result = write_report("/nowhere/at/all/report.html",
                                     synthetic_run().plan,
                                     run_summary(),
                                     synthetic_run().recorder,
                                     context());

    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, "E505");
    EXPECT_EQ(result.error().message, "cannot write the report: No such file or directory");
}

// Set MARGINCALL_REPORT_OUT to keep the page and look at it.
TEST(HtmlReport, WritesTheFileUnderItsNameOnly) {
    const char* wanted = std::getenv("MARGINCALL_REPORT_OUT");
    const std::filesystem::path path =
        wanted != nullptr
            ? std::filesystem::path{wanted}
            : std::filesystem::path{::testing::TempDir()} / "margincall-report-test.html";

    ASSERT_TRUE(
        write_report(path, synthetic_run().plan, run_summary(), synthetic_run().recorder, context())
            .has_value());

    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_FALSE(std::filesystem::exists(path.string() + ".partial"));
    if (wanted == nullptr) {
        std::filesystem::remove(path);
    }
}

}  // namespace
}  // namespace margincall
