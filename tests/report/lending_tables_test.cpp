// The section "Lending" of a stress, on a book small enough to reckon by hand.
#include "report/lending_tables.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "desk/lending_figures.hpp"
#include "desk/small_lending.hpp"

namespace margincall {
namespace {

struct LendingCase {
    StressMarket market = two_coins();
    AccountBook none;
    LendingBook book;
    StressReport report;

    explicit LendingCase(const std::string& rows) : book(read_lending(rows)) {
        Errors errors;
        report.market = &market;
        report.book = &none;
        report.shock = "ETH -25 %";
        report.tolerance = 0.001;
        LendingReport& lending = report.lending.emplace();
        lending.book = &book;
        lending.title = "lending.csv";
        lending.moves = asset_moves(book, market, {}, errors);
        lending.outcome = run_lending(
            {&book, lending.moves},
            make_shock(market, AssetId::from_raw(1), -0.25, Duration{}, UnnamedCoins::unchanged));
        lending.health = reconcile_health(book, lending.outcome, 0.001);
    }
    [[nodiscard]] std::string file(std::string_view name) const {
        for (const StressFile& file : stress_csv_files(report)) {
            if (file.name == name) {
                return file.text;
            }
        }
        return "";
    }
    [[nodiscard]] std::vector<std::string> row(std::string_view table,
                                               std::string_view label) const {
        for (const StressTable& t : stress_tables(report, 10)) {
            for (const TableRow& cells : t.rows) {
                if (t.key == table && cells[0].shown.ends_with(label)) {
                    std::vector<std::string> out;
                    std::ranges::transform(cells, std::back_inserter(out), &TableCell::shown);
                    return out;
                }
            }
        }
        return {};
    }
};

const std::string ann_and_bob =
    std::string{
        "ann,core,WETH,10,yes,0,,1.2,4000,83%,5%,10%,18\nann,core,USDC,0,no,30000,,,1,78%,4.5%,10%,"
        "6\n"} +
    "bob,core,WETH,1,yes,0,,,4000,83%,5%,10%,18\n";

TEST(LendingTables, SayTheSameInEveryForm) {
    const LendingCase c(ann_and_bob);
    EXPECT_EQ(c.row("lending", "with debt").at(1), "1");
    EXPECT_EQ(c.row("lending", "accounts liquidated").at(1), "1");
    EXPECT_EQ(c.row("lending", "debt repaid by liquidators").at(1), "$28,571");
    EXPECT_EQ(c.row("lending", "collateral seized").at(1), "$30,000");
    EXPECT_EQ(c.row("lending", "of it bonus").at(1), "$1,429");
    EXPECT_EQ(c.row("lending", "of it to the protocol").at(1), "$143");
    EXPECT_EQ(c.row("lending", "bad debt").at(1), "$1,429");
    const std::vector<std::string> weth = c.row("lending_assets", "WETH");
    ASSERT_EQ(weth.size(), 11U);
    EXPECT_EQ(weth[2], "ETH");
    EXPECT_EQ(weth[3], "wrapped coin");
    EXPECT_EQ(weth[5], "$3,000");
    EXPECT_EQ(c.row("lending_assets", "USDC")[2], "nothing");
    const std::vector<std::string> ann = c.row("lending_accounts", "ann");
    ASSERT_EQ(ann.size(), 12U);
    EXPECT_EQ(ann[2], "1.1067");
    EXPECT_EQ(ann[3], "0.8300");
    EXPECT_EQ(ann[5], "at once");
    EXPECT_TRUE(c.row("lending_accounts", "bob").empty()) << "Bob owes nothing";
    EXPECT_EQ(c.row("lending_health", "below 1.25"),
              (std::vector<std::string>{"below 1.25", "1", "$30,000", "0", "$0"}));
    EXPECT_EQ(c.row("lending_health", "below 0.95"),
              (std::vector<std::string>{"below 0.95", "0", "$0", "1", "$30,000"}));

    EXPECT_TRUE(c.file("lending_accounts.csv")
                    .contains("ann,core,,1.2,1.106666666666666666,40000,30000,0.83,,0.000,1,28571."
                              "428572,30000,"))
        << c.file("lending_accounts.csv");
    EXPECT_TRUE(c.file("lending_accounts.csv").contains("bob,core,,,,4000,0,,,,0,0,0,0,0,0,\n"))
        << c.file("lending_accounts.csv");
    EXPECT_TRUE(c.file("lending_liquidations.csv")
                    .contains("ann,core,0.000,0.83,WETH,USDC,28571.428572,10,"))
        << c.file("lending_liquidations.csv");
    EXPECT_TRUE(
        c.file("lending_assets.csv").contains("core,WETH,ETH,wrapped coin,4000,3000,11,0,0,10,"))
        << c.file("lending_assets.csv");
    EXPECT_TRUE(c.file("lending_reconciliation.csv").contains("2,ann,core,1.2,1.1066"))
        << c.file("lending_reconciliation.csv");
    const std::string json = stress_json_lines(c.report);
    EXPECT_TRUE(json.contains(R"("bad_debt_usd":"1428.571428")")) << json;
    EXPECT_TRUE(json.contains(R"("kind":"lending_account","account":"ann")")) << json;
    EXPECT_FALSE(json.contains(R"("account":"bob")"));
}

TEST(LendingTables, ABookAloneHasNoSectionOfPositions) {
    const LendingCase c(ann_and_bob);
    EXPECT_TRUE(stress_lines(c.report).empty());
    EXPECT_TRUE(c.file("liquidations.csv").empty());
    const std::vector<std::string> said = reconciliation_sentences(c.report);
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0],
              "Of the file's own figures agree within 0.1 %: health factors 0 of 1 (0.0 %; $0 of "
              "$30,000 of debt).");
    EXPECT_EQ(said[1],
              "Health factors that do not agree (1): the file's own contradiction 1 ($30,000).");
    EXPECT_EQ(said[2], "Health factors: largest difference 7.78 %.");
    const std::string text = stress_terminal(c.report, {});
    EXPECT_TRUE(text.starts_with(
        "ETH -25 %: 1 of 2 accounts of the lending book is liquidated, $28,571 of $30,000 of debt "
        "repaid for $30,000 of collateral; $1,429 of bad debt is left.\n"))
        << text;
    EXPECT_TRUE(text.contains("\nThe fall comes at once, so that liquidators meet")) << text;
    EXPECT_TRUE(text.contains("\nLending (")) << text;
    EXPECT_TRUE(text.contains("Health factors that do not agree"));
    EXPECT_TRUE(stress_html(c.report).contains("Lending, by asset"));
}

// 10 WETH against 30,000: no bad debt above 3,150 dollars, at a fall of 21.25 %.
TEST(LendingTables, FiguresHaveTheirRangeAndAFirmAnswer) {
    LendingCase c(ann_and_bob);
    LendingReport& lending = *c.report.lending;
    const auto at = [&](double move) {
        return LendingVaried{
            fmt::format("{:.0f} %", 100.0 * move),
            run_lending(
                {&c.book, lending.moves},
                make_shock(
                    c.market, AssetId::from_raw(1), move, Duration{}, UnnamedCoins::unchanged),
                {},
                LendingDetail::totals)};
    };
    lending.varied = {at(-0.24), at(-0.26)};
    EXPECT_EQ(c.row("lending", "bad debt").at(2), "$1,048 … $1,810");
    EXPECT_EQ(c.row("lending", "accounts liquidated").at(2), "the same");
    EXPECT_EQ(lending_answer(c.report)[1],
              "The lending book: Firm: the same kinds of outcome with -24 %, -26 %.");
    lending.varied.push_back(at(-0.2));
    EXPECT_EQ(lending_answer(c.report)[1],
              "The lending book: Not firm: -20 %: no bad debt is left.");
    const std::string json = stress_json_lines(c.report);
    EXPECT_TRUE(json.contains(R"("kind":"lending_varied","how":"-24 %")")) << json;

    lending.sizes = {at(-0.1), at(-0.2)};
    EXPECT_EQ(c.row("lending_sizes", "-10 %"),
              (std::vector<std::string>{"-10 %", "1", "$15,000", "50.0 %", "$15,750", "$0"}));
}

TEST(LendingTables, LimitsNameFiguresOfTheLendingBook) {
    LendingCase c(ann_and_bob);
    c.report.limits = {{"", "few", "lending.accounts_liquidated", LimitKind::at_most, 1.0},
                       {"", "little", "lending.bad_debt_usd", LimitKind::at_most, 1'428.0},
                       {"", "enough", "lending.bad_debt_usd", LimitKind::at_most, 1'429.0}};
    const std::vector<LimitVerdict> verdicts = limit_verdicts(c.report);
    ASSERT_EQ(verdicts.size(), 3U);
    EXPECT_EQ(verdicts[0].verdict, Verdict::kept);
    EXPECT_EQ(verdicts[1].verdict, Verdict::broken);
    EXPECT_EQ(verdicts[1].figure, "$1,429");
    EXPECT_EQ(verdicts[2].verdict, Verdict::kept);
    EXPECT_DOUBLE_EQ(lending_figure("lending.repaid_usd", c.book, c.report.lending->outcome),
                     28'571.428572);
}

TEST(LendingTables, AStressWithoutALendingBookSaysNothingOfLending) {
    StressReport report;
    EXPECT_TRUE(lending_tables(report, 10).empty());
    EXPECT_TRUE(lending_csv_files(report).empty());
    EXPECT_TRUE(lending_json_lines(report).empty());
    EXPECT_TRUE(lending_sentences(report).empty());
    EXPECT_TRUE(lending_answer(report).empty());
}

TEST(LendingTables, AssetsThatMoveByBetaAloneAreNamed) {
    LendingCase c(
        "ann,core,WETH,1,yes,0,,,4000,83%,5%,,18\nann,core,WBTC,1,yes,0,,,100000,78%,5%,,8\n");
    c.report.moves = {{.move = -0.2, .over = {}}, {.move = -0.25, .over = {}, .named = true}};
    const std::vector<std::string> said = lending_answer(c.report);
    ASSERT_EQ(said.size(), 2U) << "nothing is said of a fall at once without bad debt";
    EXPECT_EQ(said[0],
              "ETH -25 %: none of 1 account of the lending book is liquidated; no bad debt.");
    EXPECT_TRUE(said[1].ends_with("move WBTC −20.0 %.")) << said[1];
}

TEST(LendingTables, LongListsAreCutAndSaySo) {
    std::string rows;
    for (int k = 0; k < 12; ++k) {
        const std::string id = "a" + std::to_string(k);
        rows += id + ",core,WETH,10,yes,0,,,4000,83%,5%,10%,18\n" + id +
                ",core,USDC,0,no,30000,,,1,78%,4.5%,10%,6\n";
    }
    const LendingCase c(rows);
    for (const StressTable& t : lending_tables(c.report, 10)) {
        if (t.key == "lending_accounts") {
            EXPECT_EQ(t.rows.size(), 10U);
            EXPECT_EQ(t.note, "10 of 12; all of them in lending_accounts.csv");
        }
    }
}

}  // namespace
}  // namespace margincall
