#include "report/comparison.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "record/synthetic_run.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

using Json = nlohmann::json;
using testing::SyntheticRun;

TEST(WorseWhen, CoversWhatIsBadAndLeavesTheRest) {
    EXPECT_EQ(worse_when("btc_low"), Worse::lower);
    EXPECT_EQ(worse_when("bad_debt_usd"), Worse::higher);
    std::set<std::string_view> neither;
    for (const MetricName& name : metric_names) {
        if (worse_when(name.name) == Worse::neither) {
            neither.insert(name.name);
        }
    }
    EXPECT_EQ(neither,
              (std::set<std::string_view>{"long_share_true",
                                          "long_share_reported",
                                          "long_share_full_feed",
                                          "funding_btc_min",
                                          "funding_btc_last",
                                          "oi_btc_change",
                                          "oi_eth_change",
                                          "reproduction_max_at"}))
        << "a new metric says which way is worse";
}

TEST(SettingDifferences, NameKeysWithBothValues) {
    const std::vector<std::string> texts = {
        "# comment = 1\nschema = 1\n\n[random]\nseed = { value = 1, source = \"assumed: x, source "
        "= y\" }\n\n[[events]]\nname = "
        "\"a\"\n\n[[events]]\n"
        "name = \"b\"\nat = 5\n",
        "schema = 1\n[random]\nseed = 2\n[[events]]\nname = \"a\"\n[[events]]\nname = \"c\"\n"};
    const auto found = setting_differences(texts);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].key, "random.seed");
    EXPECT_EQ(found[0].values, (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(found[1].key, "events.1.name");
    EXPECT_EQ(found[2].key, "events.1.at");
    EXPECT_EQ(found[2].values, (std::vector<std::string>{"5", ""}));
}

TEST(DifferenceText, HasSignUnitAndHalfTheInterval) {
    ComparedRow row{"x", "", "x", MetricUnit::usd, Worse::higher, {1e6, 3e6}, {{}, {}}};
    EXPECT_EQ(difference_text(row, 1), "");
    row.differences[1] = RunDifference{2e6};
    EXPECT_EQ(difference_text(row, 1), "+$2.0 m");
    EXPECT_EQ(difference_tone(row, 1), -1);
    row.differences[1]->mean = -2e6;
    EXPECT_EQ(difference_text(row, 1), "\u2212$2.0 m");
    EXPECT_EQ(difference_tone(row, 1), 1);
    row.differences[1]->low = -5e6;
    row.differences[1]->high = 1e6;
    EXPECT_EQ(difference_text(row, 1), "\u2212$2.0 m ± $3.0 m");
    EXPECT_EQ(difference_tone(row, 1), 0) << "not distinct from none";
    row.unit = MetricUnit::fraction;
    row.differences[1] = RunDifference{0.0123};
    EXPECT_EQ(difference_text(row, 1), "+1.23 pp");
    row.differences[1] = RunDifference{0.0};
    EXPECT_EQ(difference_text(row, 1), "0");
    row.worse = Worse::neither;
    row.differences[1] = RunDifference{1.0};
    EXPECT_EQ(difference_tone(row, 1), 0);
}

// Two made-up runs of which the second has thinner funds, a lower end, and ends earlier.
class Comparisons : public ::testing::Test {
  protected:
    Comparisons() {
        for (SyntheticRun* const run : {&first_, &second_}) {
            summaries_.push_back(
                summarise(run->plan, run->totals, run->recorder, {.version = "0.1.0"}));
        }
        FundRecord fund;
        fund.time_ns = second_.plan.length.raw();
        fund.balance_usd = -5e6;
        second_.recorder.on(fund);
        summaries_[1].metrics[low_].value = *summaries_[0].metrics[low_].value - 1000;
        summaries_[1].seeds = {8};
        summaries_[1].digest = 1;
    }
    [[nodiscard]] ComparedRun of(const SyntheticRun& run, const Summary& summary) const {
        ComparedRun out;
        out.name = &run == &first_ ? "before" : "after";
        out.size = "full";
        out.plan = &run.plan;
        out.summary = &summary;
        out.recorder = &run.recorder;
        out.paths.resize(metric_names.size());
        for (std::size_t i = 0; i < metric_names.size(); ++i) {
            if (summary.metrics[i].value) {
                out.paths[i].push_back({summary.seeds.front(), *summary.metrics[i].value});
            }
        }
        out.resolved = fmt::format("[random]\nseed = {}\n", summary.seeds.front());
        return out;
    }
    [[nodiscard]] std::vector<ComparedRun> runs() const {
        return {of(first_, summaries_[0]), of(second_, summaries_[1])};
    }
    static const ComparedRow& row(const RunComparison& all,
                                  std::string_view key,
                                  std::string_view part = "") {
        const auto at = std::ranges::find_if(
            all.rows, [&](const ComparedRow& x) { return x.key == key && x.part == part; });
        EXPECT_NE(at, all.rows.end()) << key;
        return *at;
    }

    std::size_t low_ = testing::metric_row("btc_low");
    SyntheticRun first_{testing::synthetic_plan(hours(30))};
    SyntheticRun second_{testing::synthetic_plan(hours(26))};
    std::vector<Summary> summaries_;
};

TEST_F(Comparisons, LevelsHaveStartMinimumAndEnd) {
    const auto all = compare_runs(runs());
    EXPECT_EQ(row(all, "fund.A", "minimum").values[1], -5e6);
    EXPECT_EQ(difference_tone(row(all, "fund.A", "minimum"), 1), -1);
    EXPECT_EQ(row(all, "price.BTC", "start").differences[1]->mean, 0.0);
    EXPECT_EQ(row(all, "btc_low").differences[1]->mean, -1000.0);
    EXPECT_FALSE(row(all, "btc_low").differences[0]);
    ASSERT_EQ(all.settings.size(), 1U);
    EXPECT_EQ(all.settings[0].key, "random.seed");
    ASSERT_EQ(all.warnings.size(), 1U);
    EXPECT_EQ(all.warnings[0],
              "Run 2 is 26 h long, run 1 30 h: sums and ends are not of the same time.");
    EXPECT_NE(all.notes[0].find("One path a run"), std::string::npos);
}

TEST_F(Comparisons, OtherSizesAndInterruptionsAreSaid) {
    auto two = runs();
    two[1].size = "preview";
    summaries_[0].interrupted = true;
    const auto all = compare_runs(two);
    ASSERT_EQ(all.warnings.size(), 3U);
    EXPECT_NE(all.warnings[0].find("Run 1 was interrupted"), std::string::npos);
    EXPECT_NE(all.warnings[1].find("Run 2 is of size preview, run 1 of size full"),
              std::string::npos);
    EXPECT_NE(comparison_html(all, two).find("of size preview"), std::string::npos);
}

TEST_F(Comparisons, SeveralPathsArePairedAndTheirNumberSaid) {
    auto two = runs();
    summaries_[0].seeds = summaries_[1].seeds = {1, 2, 3};
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const auto x = static_cast<double>(seed);
        two[0].paths[low_].resize(3);
        two[1].paths[low_].resize(3);
        two[0].paths[low_][seed - 1] = {seed, 1000 * x};
        two[1].paths[low_][seed - 1] = {seed, 1000 * x + 10 * x};
    }
    const auto all = compare_runs(two);
    const auto& difference = *row(all, "btc_low").differences[1];
    EXPECT_EQ(difference.pairing, Pairing::paired);
    EXPECT_NEAR(difference.mean, 20.0, 1e-9);
    EXPECT_NE(all.notes[1].find("Run 2 against run 1: 3 pairs of equal seeds"), std::string::npos);
    const std::string line = [&] {
        std::istringstream lines(comparison_json(all));
        for (std::string one; std::getline(lines, one);) {
            if (one.find("\"btc_low\"") != std::string::npos) {
                return one;
            }
        }
        return std::string{};
    }();
    const Json figure = Json::parse(line);
    EXPECT_EQ(figure["differences"][0]["pairing"], "paired");
    EXPECT_EQ(figure["differences"][0]["paths"][0], 3);
    EXPECT_NEAR(figure["differences"][0]["resolvable"].get<double>(), 16.8586, 1e-3);
}

TEST_F(Comparisons, TheTerminalShowsTwoCoinsAndAllFigures) {
    const auto all = compare_runs(runs());
    const std::string text = comparison_terminal(all, {});
    EXPECT_NE(text.find("\nfund of A, actual"), std::string::npos) << text;
    EXPECT_NE(text.find("\nETH price, actual"), std::string::npos);
    EXPECT_EQ(text.find("\nSOL price, actual"), std::string::npos);
    EXPECT_NE(text.find("levels of the other coins"), std::string::npos);
    EXPECT_NE(text.find("settings that differ\nrandom.seed "), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    TerminalOptions options;
    options.colour = Colour::yes;
    EXPECT_NE(comparison_terminal(all, options).find("\x1b[38;5;202m"), std::string::npos);
}

TEST_F(Comparisons, TheAnswerCountsWhatIsWorseAndBetter) {
    RunComparison all;
    all.columns.resize(2);
    const auto row = [&](const char* label, Worse worse, double less, const char* part = "") {
        all.rows.push_back({label,
                            part,
                            label,
                            MetricUnit::usd,
                            worse,
                            {0.0, less},
                            {std::nullopt, RunDifference{less}}});
    };
    row("debt", Worse::higher, 5e6);
    row("fund", Worse::lower, -1.0);
    row("left", Worse::lower, 3.0);
    row("same", Worse::lower, 0.0);
    row("neither", Worse::neither, 9.0);
    row("level", Worse::lower, 9.0, "minimum");
    EXPECT_EQ(
        comparison_answer(all),
        std::vector<std::string>{"Run 2 against run 1, of 4 figures that can be better or worse: "
                                 "worse in 2 (debt +$5.0 m, fund −$1); better in 1 (left +$3); "
                                 "no clear difference in 1."});
}

TEST_F(Comparisons, CsvHasOneLineAFigure) {
    const auto all = compare_runs(runs());
    std::istringstream lines(comparison_csv(all));
    std::string head;
    std::getline(lines, head);
    EXPECT_EQ(head, "figure,part,unit,run_1,run_2,difference_2,low_2,high_2,pairing_2\r");
    const auto commas = std::ranges::count(head, ',');
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_EQ(std::ranges::count(line, ','), commas) << line;
    }
    EXPECT_EQ(count, all.rows.size());
}

// Set MARGINCALL_COMPARE_OUT to keep the page and look at it.
TEST_F(Comparisons, ThePageHoldsAllRunsOnOneGridAndLoadsNothing) {
    const auto two = runs();
    const std::string page = comparison_html(compare_runs(two), two);
    EXPECT_EQ(page.find("MARGINCALL_"), std::string::npos);
    EXPECT_EQ(page.find("src=\"http"), std::string::npos);
    EXPECT_EQ(page.find("<link"), std::string::npos);
    const std::string_view open = "id=\"compare-data\">";
    const std::size_t from = page.find(open) + open.size();
    const Json data = Json::parse(page.substr(from, page.find("</script>", from) - from));
    const Json& series = data["series"];
    EXPECT_EQ(series["count"], 30 * 60);
    EXPECT_EQ(series["start_unix_s"], testing::synthetic_start_unix_s);
    ASSERT_EQ(series["assets"].size(), 5U);
    ASSERT_EQ(series["funds"].size(), 3U);
    const auto size = series["assets"][0]["runs"][0]["price"].get<std::string>().size();
    EXPECT_EQ(size, 30U * 60 * 16 / 3);
    EXPECT_EQ(series["assets"][0]["runs"][1]["price"].get<std::string>().size(), size);
    // After the end of the shorter run there is no data: float32 NaN, in base64 "AADAfw" and shifts.
    const auto liquidated = series["assets"][0]["runs"][1]["long"].get<std::string>();
    EXPECT_EQ(liquidated.substr(size - 16), "AADAfwAAwH8AAMB/") << "not zero";
    if (const char* wanted = std::getenv("MARGINCALL_COMPARE_OUT"); wanted != nullptr) {
        std::ofstream{wanted} << page;
    }
}

TEST_F(Comparisons, RunsOfOtherDatesCountTimeFromTheirStarts) {
    second_.plan.start_unix_s += 86'400;
    const auto two = runs();
    const auto all = compare_runs(two);
    ASSERT_EQ(all.warnings.size(), 2U);
    EXPECT_NE(all.warnings[0].find("starts at another date"), std::string::npos);
    EXPECT_NE(comparison_html(all, two).find("\"start_unix_s\":null"), std::string::npos);
}

constexpr std::string_view stress_text =
    R"({"kind":"book","file":"b.csv","market":"m","shock":"BTC -15 %"}
{"kind":"outcome","case":"shock","accounts_liquidated":120,"bad_debt_usd":5.0,"digest":"ab"}
{"kind":"fund","case":"shock","pool":"A main","before_usd":100.0,"lowest_usd":-5.0,"after_usd":10.0}
{"kind":"instrument","case":"shock","instrument":"A:BTC-PERP","start":100.0,"lowest":80.0,"end":85.0}
)";

TEST(StressComparison, CasesAreColumns) {
    const std::string other = std::string{stress_text} +
                              R"({"kind":"outcome","case":"proposed rules","bad_debt_usd":1.0}
{"kind":"fund","case":"proposed rules","pool":"A main","before_usd":100.0,"lowest_usd":7.0}
)";
    const std::vector<std::pair<std::string, std::string>> results = {
        {"one", std::string{stress_text}}, {"two", other}};
    const auto all = compare_stresses(results);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->columns.size(), 3U);
    EXPECT_EQ(all->columns[0].name, "one");
    EXPECT_EQ(all->columns[2].name, "two, proposed rules");
    const auto at = [&](std::string_view key, std::string_view part) {
        return *std::ranges::find_if(
            all->rows, [&](const ComparedRow& x) { return x.key == key && x.part == part; });
    };
    EXPECT_EQ(at("fund.A main", "minimum").values[2], 7.0);
    EXPECT_EQ(at("fund.A main", "minimum").differences[2]->mean, 12.0);
    EXPECT_EQ(difference_tone(at("fund.A main", "minimum"), 2), 1);
    EXPECT_EQ(at("bad_debt_usd", "").differences[2]->mean, -4.0);
    EXPECT_EQ(difference_tone(at("bad_debt_usd", ""), 2), 1);
    EXPECT_FALSE(at("accounts_liquidated", "").values[2]);
    EXPECT_NE(comparison_html(*all, {}).find("\"series\":null"), std::string::npos);
    EXPECT_NE(comparison_terminal(*all, {}).find("mark of A:BTC-PERP, actual"), std::string::npos);

    const std::vector<std::pair<std::string, std::string>> wrong = {{"x", "{\"kind\":\"book\"}"}};
    EXPECT_EQ(compare_stresses(wrong).error().code, "E504");
}

}  // namespace
}  // namespace margincall
