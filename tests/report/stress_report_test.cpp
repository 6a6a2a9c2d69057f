// What a stress says of the way forced closings went, on a market small enough to reckon by hand.
#include "report/stress_report.hpp"

#include <gtest/gtest.h>

#include "desk/small_market.hpp"

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

}  // namespace
}  // namespace margincall
