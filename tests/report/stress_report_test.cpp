// What a stress says of the way forced closings went, on a market small enough to reckon by hand.
#include "report/stress_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "desk/small_market.hpp"
#include "report/page_sections.hpp"
#include "report/run_limits.hpp"
#include "report/tier_table.hpp"

namespace margincall {
namespace {

const std::string one_long = "ann,,A,BTC,long,10,100000,isolated,USD,50000\n";
const std::string and_a_short = "bob,,A,BTC,short,10,100000,isolated,USD,50000\n";

struct Case {
    StressMarket market;
    AccountBook book;
    StressReport report;

    Case(std::int64_t fund_usd,
         const std::string& rows,
         Duration unwind = hours(24 * 365),
         TakeoverMethod takeover = TakeoverMethod::fund_at_bankruptcy)
        : market(hand_market(fund_usd, {{0.02, 10'000'000}}, {{0.02, 10'000'000}})) {
        market.venues[0].rules.fund.unwind = unwind;
        market.venues[0].rules.liquidation.takeover = takeover;
        book = read_rows(rows, market);
        report.market = &market;
        report.book = &book;
        report.columns.push_back(
            {"shock",
             run_stress(StressStart(market, book), fall(market, -0.06), without_feedback()),
             &market});
    }
    [[nodiscard]] StressRoutes routes() const { return stress_routes(report.columns[0]).at(0); }
    [[nodiscard]] double line(std::string_view key) const {
        for (const StressLine& line : stress_lines(report)) {
            if (line.key == key) {
                return line.values.at(0);
            }
        }
        return -1.0;
    }
    [[nodiscard]] std::string file(std::string_view name) const {
        for (const StressFile& file : stress_csv_files(report)) {
            if (file.name == name) {
                return file.text;
            }
        }
        return "";
    }
};

// A fund of 1,000 with money but no room under its cap: all of it goes to the winner.
TEST(StressReport, SaysWhatAFundRefusedForItsCapAndWhoWasClosedInstead) {
    const Case small(1'000, one_long + and_a_short);

    EXPECT_DOUBLE_EQ(small.routes().adl, 940'000);
    EXPECT_DOUBLE_EQ(small.routes().usd(), 940'000);
    EXPECT_DOUBLE_EQ(small.line("past_cap_usd"), 940'000);
    const std::vector<StressAdl> adl = stress_adl(small.report, small.report.columns[0]);
    ASSERT_EQ(adl.size(), 1U);
    EXPECT_EQ(adl[0].venue, "A");
    EXPECT_DOUBLE_EQ(adl[0].usd, 950'000);  // at the price that Bob got
    EXPECT_EQ(adl[0].steps, 1U);
    EXPECT_EQ(small.file("routes.csv"),
              "case,venue,coin,liquidated_usd,book_share,takeover_share,no_counterparty_share,"
              "adl_share\nshock,A,BTC,940000.00,0.000000,0.000000,0.000000,1.000000\n");
    EXPECT_EQ(small.file("adl_venues.csv"),
              "case,venue,adl_usd,accounts,steps,fills\nshock,A,950000.00,1,1,1\n");
    const std::string json = stress_json_lines(small.report);
    EXPECT_NE(json.find(R"("kind":"routes","case":"shock","venue":"A","coin":"BTC")"),
              std::string::npos);
    EXPECT_NE(json.find(R"("past_cap_usd":940000.0)"), std::string::npos);
    const std::string text = stress_terminal(small.report, {});
    EXPECT_NE(text.find("A BTC"), std::string::npos);
    EXPECT_NE(stress_html(small.report).find("Which way liquidated notional went"),
              std::string::npos);

    // Without money there is nothing that a cap could refuse.
    EXPECT_DOUBLE_EQ(Case(0, one_long + and_a_short).line("past_cap_usd"), 0);
    // Nor where the rule never lets the fund take an account over.
    const Case other(1'000, one_long + and_a_short, hours(1), TakeoverMethod::fund_per_fill);
    EXPECT_DOUBLE_EQ(other.routes().adl, 940'000);
    EXPECT_DOUBLE_EQ(other.line("past_cap_usd"), 0);
}

// Ann is closed against two winners: one step, two fills.
TEST(StressReport, AStepIsOneInsolventPositionAndAFillOneWinner) {
    const Case two(0,
                   one_long +
                       "bob,,A,BTC,short,6,100000,isolated,USD,50000\n"
                       "cas,,A,BTC,short,6,100000,isolated,USD,50000\n");

    const StressAdl adl = stress_adl(two.report, two.report.columns[0]).at(0);

    EXPECT_EQ(adl.steps, 1U);
    EXPECT_EQ(adl.fills, 2U);
    EXPECT_EQ(adl.accounts, 2U);
}

TEST(StressReport, WhatAFundKeptForWantOfAWinnerIsTakenOverAndShownApart) {
    const Case alone(2'000, one_long);

    EXPECT_DOUBLE_EQ(alone.routes().takeover, 940'000);
    EXPECT_DOUBLE_EQ(alone.routes().no_counterparty, 940'000);
    EXPECT_DOUBLE_EQ(alone.routes().usd(), 940'000);
    EXPECT_DOUBLE_EQ(alone.line("past_cap_usd"), 940'000);
}

// The fund sells what it took into the same book; that is not liquidated a second time.
TEST(StressReport, TheFundsOwnSaleIsNotCountedAgain) {
    const Case rich(1'000'000, one_long, seconds(1));

    EXPECT_GT(rich.report.columns[0].outcome.pools[0].unwound, 900'000);
    EXPECT_DOUBLE_EQ(rich.routes().takeover, 940'000);
    EXPECT_DOUBLE_EQ(rich.routes().no_counterparty, 0);
    EXPECT_DOUBLE_EQ(rich.routes().book, 0);
    EXPECT_DOUBLE_EQ(rich.line("liquidated_usd"), 940'000);
    EXPECT_DOUBLE_EQ(rich.line("past_cap_usd"), 0);
}

// --- tables and sections of the page ---

nlohmann::json page_data(const StressReport& report) {
    const std::string page = stress_html(report);
    const std::string_view open = "id=\"stress-data\">";
    const std::size_t from = page.find(open) + open.size();
    return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(StressPage, NumbersAreWholeAndIdentifiersAreMarked) {
    const Case small(1'000, "=1+1,,A,BTC,long,10,100000,isolated,USD,50000\n" + and_a_short);
    const nlohmann::json data = page_data(small.report);
    const auto table = [&](std::string_view key) {
        return *std::ranges::find_if(data["tables"],
                                     [&](const auto& t) { return t["key"] == key; });
    };
    const nlohmann::json liquidated = table("adl");
    EXPECT_EQ(liquidated["section"], "accounts");
    EXPECT_EQ(liquidated["kinds"][0], "id");
    EXPECT_EQ(liquidated["kinds"][1], "text");
    EXPECT_EQ(liquidated["kinds"][4], "number");
    EXPECT_EQ(liquidated["rows"][0][0], "bob");
    EXPECT_EQ(liquidated["rows"][0][4], nlohmann::json::array({"$950,000", 950'000.0}));
    const nlohmann::json funds = table("funds");
    EXPECT_EQ(funds["kinds"][0], "text");
    EXPECT_EQ(funds["rows"][0][11], nlohmann::json::array({"no", nullptr}));
    EXPECT_DOUBLE_EQ(data["lines"][0]["values"][0].get<double>(),
                     small.line("accounts_liquidated"));
}

TEST(PageSections, EveryTableOfAStressStandsInOneSectionAndNoSectionNamesAnotherTable) {
    std::set<std::string> named;
    for (const PageSection& section : page_sections("stress")) {
        for (const std::string& table : section.tables) {
            EXPECT_TRUE(named.insert(table).second) << table << " stands twice";
        }
    }
    // What stress_tables.cpp and lending_tables.cpp make.
    const std::set<std::string> made = {
        "funds",          "routes",         "tiers",           "adl_venues",
        "sizes",          "unwind",         "activation",      "adl_rules",
        "reverse",        "speeds",         "liquidated",      "adl",
        "concentration",  "horizon",        "breaks",          "lending",
        "lending_breaks", "lending_sizes",  "lending_reverse", "lending_speeds",
        "lending_health", "lending_assets", "lending_accounts"};
    EXPECT_EQ(named, made);
    const Case any(1'000, one_long + and_a_short);
    for (const StressTable& table : stress_tables(any.report, 10)) {
        EXPECT_TRUE(made.contains(table.key)) << table.key;
    }
}

TEST(PageSections, TheAnswersPicturesComeBeforeTheAssumptions) {
    for (const std::string_view page : {"run", "compare", "stress"}) {
        const std::vector<PageSection> sections = page_sections(page);
        ASSERT_GE(sections.size(), 4U);
        for (const PageSection& section : sections) {
            EXPECT_FALSE(section.title.empty());
        }
    }
    EXPECT_EQ(page_sections("stress").front().id, "outcome");
    EXPECT_EQ(page_sections("stress").back().id, "assumptions");
    EXPECT_EQ(page_sections("run").front().id, "headline");
}

// --- the answer ---

TEST(StressAnswer, SaysWhoIsHitWhetherTheFundHoldsWhoIsDeleveragedAndWhatIsLeft) {
    Case poor(2'000, one_long);
    poor.report.shock = "BTC −6 % at once";
    EXPECT_EQ(stress_answer(poor.report).front(),
              "BTC −6 % at once: 1 of 1 account is liquidated, $940,000 of $1.0 m: A:BTC-PERP long "
              "($940,000); A is emptied; nobody is deleveraged; $8,000 of bad debt is left.");
    // Why nobody was: the other side is not in the book.
    EXPECT_NE(stress_answer(poor.report).at(1).find("For want of a winner"), std::string::npos);

    Case rich(1'000'000, one_long + and_a_short);
    EXPECT_NE(stress_answer(rich.report)
                  .front()
                  .find("every fund holds, A falls furthest, to $990,000 of $1.0 m; nobody is "
                        "deleveraged; no bad debt."),
              std::string::npos)
        << stress_answer(rich.report).front();

    Case small(1'000, one_long + and_a_short);
    EXPECT_NE(stress_answer(small.report).front().find("1 winner is deleveraged for $950,000"),
              std::string::npos)
        << stress_answer(small.report).front();

    Case safe(1'000, "ann,,A,BTC,long,1,100000,isolated,USD,50000\n");
    EXPECT_NE(
        stress_answer(safe.report)
            .front()
            .find("none of 1 account is liquidated; no fund pays anything; nobody is deleveraged; "
                  "no bad debt."),
        std::string::npos)
        << stress_answer(safe.report).front();
    EXPECT_EQ(stress_answer(safe.report).size(), 1U);
    safe.report.map = liquidation_map(StressStart(safe.market, safe.book));
    ASSERT_EQ(stress_answer(safe.report).size(), 2U);
    EXPECT_EQ(stress_answer(safe.report)[1],
              "Liquidated, if the mark of its own coin alone moves: A:BTC-PERP long at $50,505 "
              "(−49.5 %).");
}

TEST(StressAnswer, AFundThatLosesLittleSaysHowLittle) {
    Case rich(1'000'000'000, one_long + and_a_short);
    EXPECT_TRUE(stress_answer(rich.report)
                    .front()
                    .contains("every fund holds, A falls furthest, by $10,000 of $1.00 bn"))
        << stress_answer(rich.report).front();
}

// A tier to a million, 2 % above: Ann's million is in the first, Cas's 1.2 m in the second.
TEST(StressReport, TiersShowWhoseRateAChangeWouldReach) {
    StressMarket market = hand_market(1'000'000, {{0.02, 10'000'000}}, {{0.02, 10'000'000}});
    MarginTiers& tiers = market.instruments[0].tiers;
    tiers[0].cap = dollars(1'000'000);
    tiers.push_back({.floor = dollars(1'000'000),
                     .cap = dollars(1'000'000'000),
                     .mmr_ppm = 20'000,
                     .leverage_max = 25,
                     .deduction = dollars(10'000)});
    market.venues[0].margin = {};
    fill_margin_rules(market, Fraction{95, 100});
    const AccountBook book =
        read_rows(one_long + "cas,,A,BTC,long,12,100000,isolated,USD,1000000\n", market);
    StressReport report;
    report.market = &market;
    report.book = &book;
    report.columns.push_back(
        {"shock",
         run_stress(StressStart(market, book), fall(market, -0.045), without_feedback()),
         &market});

    const std::vector<TierRow> rows = tier_rows(report, report.columns[0]);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].tier, 1U) << "a cap belongs to its tier";
    EXPECT_EQ(rows[0].positions, 1U);
    EXPECT_DOUBLE_EQ(rows[0].taken, 955'000.0);
    EXPECT_DOUBLE_EQ(rows[0].rate, 0.01);
    EXPECT_EQ(rows[1].tier, 2U);
    EXPECT_DOUBLE_EQ(rows[1].notional, 1'200'000.0);
    EXPECT_DOUBLE_EQ(rows[1].liquidated(), 0.0);
    EXPECT_EQ(tier_table(report, 10).rows.size(), 1U) << "only where somebody is liquidated";
    EXPECT_EQ(tier_table(report, 10).rows[0][0].shown, "A BTC, tier 1: above $0");
    EXPECT_TRUE(tiers_csv(report).contains(
        "\nshock,A,BTC,2,1000000.00,1000000000.00,0.020000,1,1200000.00,0.00,0.00,0.00\n"))
        << tiers_csv(report);
}

// Ann's position survives a fall of 4 % and not one of 4.2 %.
TEST(StressAnswer, IsFirmOnlyWhenEveryVariationEndsAlike) {
    Case edge(1'000'000, one_long);
    const StressStart start(edge.market, edge.book);
    const auto fallen = [&](double move) {
        StressOptions totals = without_feedback();
        totals.detail = Detail::totals;
        return run_stress(start, fall(edge.market, move), totals);
    };
    edge.report.columns[0].outcome =
        run_stress(start, fall(edge.market, -0.04), without_feedback());
    edge.report.varied = {{"shock 2 % smaller", fallen(-0.039)},
                          {"shock 2 % larger", fallen(-0.042)}};
    edge.report.limits = {
        {"", "accounts_liquidated <= 0", "accounts_liquidated", LimitKind::at_most, 0},
        {"", "accounts_liquidated <= 1", "accounts_liquidated", LimitKind::at_most, 1},
        {"", "accounts_liquidated > 0", "accounts_liquidated", LimitKind::above, 0}};

    EXPECT_EQ(stress_answer(edge.report).at(1),
              "Not firm: shock 2 % larger: somebody is liquidated.");
    const std::vector<LimitVerdict> limits = limit_verdicts(edge.report);
    EXPECT_EQ(limits.at(0).verdict, Verdict::close);
    EXPECT_EQ(limits.at(0).figure, "0, varied 0 … 1");
    EXPECT_EQ(limits.at(1).verdict, Verdict::kept);
    EXPECT_EQ(limits.at(2).verdict, Verdict::broken);
    const StressLine accounts = stress_lines(edge.report).front();
    EXPECT_EQ(accounts.low, 0.0);
    EXPECT_EQ(accounts.high, 1.0);

    edge.report.varied.pop_back();
    EXPECT_EQ(stress_answer(edge.report).at(1),
              "Firm: the same kinds of outcome with shock 2 % smaller.");
    EXPECT_EQ(limit_verdicts(edge.report).at(0).verdict, Verdict::kept);
}

TEST(StressAnswer, ComparesAsWritten) {
    EXPECT_TRUE(holds({"", "", "", LimitKind::at_most, 5}, 5));
    EXPECT_FALSE(holds({"", "", "", LimitKind::below, 5}, 5));
    EXPECT_TRUE(holds({"", "", "", LimitKind::at_least, 5}, 5));
    EXPECT_FALSE(holds({"", "", "", LimitKind::above, 5}, 5));
    EXPECT_TRUE(holds({"", "", "", LimitKind::below, 5}, 4));
    EXPECT_TRUE(holds({"", "", "", LimitKind::above, 5}, 6));
}

// --- what decides the answer ---

TEST(StressAnswer, SaysWhetherMovesByBetaDecideIt) {
    Case poor(2'000, one_long);
    poor.report.moves.resize(1);
    poor.report.moves[0].move = -0.06;
    const auto sentence = [&] {
        for (const std::string& one : stress_answer(poor.report)) {
            if (one.starts_with("By beta alone")) {
                return one;
            }
        }
        return std::string{};
    };
    EXPECT_EQ(sentence(), "By beta alone, not by the shock as given, move BTC −6.0 %.");
    poor.report.without_betas =
        run_stress(StressStart(poor.market, poor.book), fall(poor.market, 0.0), without_feedback());
    EXPECT_EQ(sentence(),
              "By beta alone, not by the shock as given, move BTC −6.0 %; this decides the answer: "
              "if they stood still, nobody is liquidated, every fund holds, no bad debt is left.");
    poor.report.without_betas = poor.report.columns[0].outcome;
    EXPECT_EQ(sentence(),
              "By beta alone, not by the shock as given, move BTC −6.0 %; if they stood still the "
              "same kinds of outcome would follow.");
}

TEST(StressAnswer, NamesTheFundsThatKeptPositionsForWantOfAWinner) {
    const Case poor(2'000, one_long);
    EXPECT_NE(stress_answer(poor.report)
                  .at(1)
                  .find("$940,000 stay with the funds whatever their "
                        "cap, at A (emptied);"),
              std::string::npos)
        << stress_answer(poor.report).at(1);
}

// --- reverse search ---

std::vector<std::string> speed_cells(const ReverseSpeed& row) {
    static const Case any(2'000, one_long);
    StressReport report = any.report;
    report.reverse.emplace();
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        report.reverse->goals.push_back({"", goal_word(static_cast<ReverseGoal>(g))});
    }
    report.reverse->speeds.push_back(row);
    for (const StressTable& table : stress_tables(report, 10)) {
        if (table.key == "speeds") {
            std::vector<std::string> shown;
            for (const TableCell& cell : table.rows.at(0)) {
                shown.push_back(cell.shown);
            }
            return shown;
        }
    }
    return {};
}

TEST(StressReverse, SpeedsAreBandsAndNotReachedIsNotNotKnown) {
    ReverseSpeed row;
    row.of = SpeedOf::larger;
    row.coin = AssetId::from_raw(0);
    row.move = -0.1234;
    row.longest = hours(24);
    row.slowest = {minutes(10), std::nullopt, std::nullopt};
    row.search = {Search::complete, Search::complete, Search::stopped};
    row.band[0] = SpeedBand{minutes(12), minutes(8)};
    EXPECT_EQ(speed_cells(row),
              (std::vector<std::string>{"BTC −12.34 %, others by beta",
                                        "always within 8 min, not slower than 12 min",
                                        "not even at once",
                                        "not known"}));
    row.band[0] = SpeedBand{hours(24), hours(24)};
    EXPECT_EQ(speed_cells(row).at(1), "even over 24 h");
    row.band[0] = SpeedBand{hours(24), std::nullopt};
    EXPECT_EQ(speed_cells(row).at(1), "not always, at times even over 24 h");
    row.band[0] = SpeedBand{Duration{}, Duration{}};
    EXPECT_EQ(speed_cells(row).at(1), "always at once, not slower");
    row.band[0].reset();
    row.search[0] = Search::stopped;
    EXPECT_EQ(speed_cells(row).at(1), "within 10 min or slower");
}

// --- limits ---

TEST(RunLimits, SayTheShareOfWorldsThatKeepThem) {
    Summary summary;
    summary.seeds = {1, 2, 3, 4};
    summary.metrics.resize(metric_names.size());
    summary.limits = {{"debt", "bad_debt_usd <= 0", "bad_debt_usd", 0.0, 4, 3},
                      {"funds", "funds_emptied <= 0", "funds_emptied", std::nullopt, 0, 0}};
    const std::string text = run_limits_text(summary, palette_of(Colour::no));
    EXPECT_EQ(
        text,
        "\nlimits\n  kept at times  debt: bad_debt_usd <= 0: in 3 of 4 worlds, 75.0 %; median "
        "$0\n  not judged  funds: funds_emptied <= 0: a figure of margincall stress, not of a "
        "run\n");
    summary.seeds = {1};
    summary.limits = {{"debt", "bad_debt_usd <= 0", "bad_debt_usd", 5e6, 1, 0}};
    EXPECT_EQ(run_limits_text(summary, palette_of(Colour::no)),
              "\nlimits\n  broken  debt: bad_debt_usd <= 0: $5.0 m\n");
    EXPECT_EQ(run_limits_json(summary)[0]["verdict"], 2);
    summary.limits.clear();
    EXPECT_EQ(run_limits_text(summary, palette_of(Colour::no)), "");
}

}  // namespace
}  // namespace margincall
