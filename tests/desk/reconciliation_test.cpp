// Why a figure of a file is not the one that the rules give, on one account at 100,000 and 1 % maintenance: 50,000
// dollars behind one coin, so that its price is 50,000 / 0.99 = 50,505.05 and 1,000 are required.
#include "desk/reconciliation.hpp"

#include <gtest/gtest.h>

#include <string>

#include "small_market.hpp"

namespace margincall {
namespace {

// A second coin, like the first.
StressMarket market_of_two() {
    StressMarket market = hand_market(1'000'000, {{0.02, 1e6}}, {{0.02, 1e6}});
    market.coins.push_back({"ETH", 100'000.0, 1.0});
    StressInstrument row = market.instruments.front();
    row.name = "A:ETH-PERP";
    row.instrument.id = InstrumentId::from_raw(1);
    row.instrument.base = AssetId::from_raw(1);
    market.instruments.push_back(row);
    market.venues[0].margin = {};
    fill_margin_rules(market, Fraction{95, 100});
    return market;
}

class Causes : public ::testing::Test {
  protected:
    // "equity,margin,price"; the last may be followed by more lines.
    Reconciliation of(const std::string& reported, const KnownInputs& known = {}) {
        Errors errors;
        book_ = read_account_book(
            "account,venue,instrument,side,size,entry,margin_mode,amount,reported_equity,"
            "reported_margin,reported_liquidation_price\na,A,BTC,long,1,100000,cross,50000," +
                reported + "\n",
            "book.csv",
            market_,
            BadRows::refuse,
            errors);
        CHECK(errors.empty());
        return reconcile(StressStart(market_, book_), 0.001, known);
    }
    // The causes of its breaks, by line and figure.
    std::string causes(const std::string& reported, const KnownInputs& known = {}) {
        std::string out;
        for (const ReconciliationBreak& b : of(reported, known).breaks) {
            out += (out.empty() ? "" : "; ") + std::string{figure_word(b.figure)} + ", " +
                   cause_words(b.cause);
        }
        return out;
    }
    // One line, of which something is not said.
    static ImportedBook imported(LineInput input, const std::string& unsaid) {
        ImportedBook out;
        out.lines.resize(1);
        out.lines[0].unsaid = unsaid;
        out.inputs = {input};
        return out;
    }

    StressMarket market_ = market_of_two();
    AccountBook book_;
};

TEST_F(Causes, WhatAgreesHasNone) {
    EXPECT_EQ(causes("50000,1000,50505"), "");
    EXPECT_EQ(causes(",,"), "");
}

TEST_F(Causes, TheFilesEquityThatExplainsItsPriceIsAnotherThanOurs) {
    // 80,000 / 0.99 = 80,808.08: with 20,000 of equity it would be there.
    EXPECT_EQ(causes("20000,1000,80808"), "equity, our reading; liquidation price, our reading");
    EXPECT_EQ(causes("20000,1000,81000"), "equity, our reading; liquidation price, our reading")
        << "nothing explains it";
}

TEST_F(Causes, AnEquityThatDoesNotExplainThePriceContradictsIt) {
    EXPECT_EQ(causes("49000,1000,50505"), "equity, the file's own contradiction");
    EXPECT_EQ(causes("50000,1000,70000"), "liquidation price, the file's own contradiction");
    EXPECT_EQ(causes("50000,,70000"), "liquidation price, our reading")
        << "what is asked of it is not said";
    EXPECT_EQ(causes(",,70000"), "liquidation price, our reading");
}

TEST_F(Causes, AnotherPriceOfTheAccountThatFollowsFromItsEquityIsEvidence) {
    // 1 ETH beside it: (200,000 - 50,000 - 100,000 + 1,000) / 0.99 = 51,515.15 for both.
    EXPECT_EQ(causes(",,51515\na,A,ETH,long,1,100000,cross,,,,51515"), "");
    EXPECT_EQ(causes(",,51515\na,A,ETH,long,1,100000,cross,,,,70000"),
              "liquidation price, the file's own contradiction");
}

TEST_F(Causes, ARateThatTheVenueHasElsewhereIsAnUnknownTier) {
    // 50,000 / 0.9 at 5x; 2.5 % of 100,000 at 20x.
    const Reconciliation at_5x = of("50000,1000,55555.6");
    ASSERT_EQ(at_5x.breaks.size(), 1U);
    EXPECT_EQ(at_5x.breaks[0].cause, BreakCause::unknown_tier);
    EXPECT_TRUE(at_5x.breaks[0].other_rate);
    EXPECT_EQ(causes("50000,2500,50505"), "maintenance margin, unknown tier");
    EXPECT_EQ(causes("50000,1700,50505"), "maintenance margin, our reading");
    const ImportedBook terms = imported(LineInput::terms, "");
    EXPECT_EQ(causes("50000,1700,70000", {.imported = &terms}),
              "maintenance margin, unknown tier; liquidation price, unknown tier");
}

TEST_F(Causes, TiersThatWereAssumedAreUnknown) {
    const KnownInputs assumed{.assumed_tiers = {true, false}};
    EXPECT_EQ(causes("50000,1700,70000", assumed),
              "maintenance margin, unknown tier; liquidation price, unknown tier");
    EXPECT_EQ(causes("50000,1000,70000", {.assumed_tiers = {false, true}}),
              "liquidation price, the file's own contradiction")
        << "only those of the account's own coins";
}

TEST_F(Causes, WhatTheFormatDoesNotSayGoesBeforeBlame) {
    const ImportedBook gap = imported(LineInput::complete, "margin mode");
    EXPECT_EQ(causes("48000,1700,70000", {.imported = &gap}),
              "equity, the format cannot say; maintenance margin, the format cannot say; "
              "liquidation price, the format cannot say");
    const ImportedBook apart = imported(LineInput::equity, "margin mode");
    EXPECT_EQ(causes(",,70000", {.imported = &apart}),
              "liquidation price, the file's own contradiction");
}

TEST_F(Causes, AtOtherPricesThanTheFilesEquityAndPricesAreNotItsContradiction) {
    const KnownInputs moved{.other_prices = {true, false}};
    EXPECT_EQ(causes("49000,1000,50505", moved), "equity, our reading");
    EXPECT_EQ(causes(",,51515\na,A,ETH,long,1,100000,cross,,,,70000", moved),
              "liquidation price, our reading");
    EXPECT_EQ(causes("50000,1000,70000", moved), "liquidation price, the file's own contradiction")
        << "its equity and margin are ours, so they are valued alike";
}

TEST_F(Causes, CountsAndDollarsAreThoseOfTheFigures) {
    const Reconciliation r = of("49000,1000,50505\nb,A,BTC,long,2,100000,cross,90000,90000,,95000");
    EXPECT_EQ(r.of(BookFigure::equity).compared, 2U);
    EXPECT_EQ(r.of(BookFigure::equity).agree, 1U);
    EXPECT_DOUBLE_EQ(r.of(BookFigure::equity).usd_compared, 139'000.0);
    EXPECT_DOUBLE_EQ(r.of(BookFigure::equity).usd_agree, 90'000.0);
    const auto contradiction = static_cast<std::size_t>(BreakCause::contradiction);
    EXPECT_EQ(r.of(BookFigure::equity).causes[contradiction].figures, 1U);
    EXPECT_DOUBLE_EQ(r.of(BookFigure::equity).causes[contradiction].usd, 49'000.0);
    EXPECT_EQ(r.of(BookFigure::margin).compared, 1U);
    EXPECT_DOUBLE_EQ(r.of(BookFigure::liquidation_price).usd_agree, 100'000.0);
    EXPECT_DOUBLE_EQ(r.of(BookFigure::liquidation_price).usd_compared, 300'000.0);
    EXPECT_DOUBLE_EQ(r.book_usd, 300'000.0);
}

TEST_F(Causes, AFigureThatTheBookWasFilledWithIsNotCompared) {
    const ImportedBook pin = imported(LineInput::pin, "margin mode");
    const Reconciliation r = of("50000,,50505", {.imported = &pin});
    EXPECT_EQ(r.of(BookFigure::liquidation_price).compared, 0U);
    EXPECT_EQ(r.of(BookFigure::liquidation_price).of_itself, 1U);
    EXPECT_EQ(r.of(BookFigure::equity).of_itself, 1U);
    EXPECT_EQ(r.by_input[static_cast<std::size_t>(LineInput::pin)].agree, 1U);
}

}  // namespace
}  // namespace margincall
