#include "sim/sentiment.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

// The market before the print of 4 November 2025 00:00 UTC, from exchange candles
// (docs/metrics.md).
SentimentInputs fourth_of_november() {
    SentimentInputs in;
    in.volatility_1d = 0.02636;
    in.volatility_30d = 0.02897;
    in.drawdown_30d = -0.15544;
    in.momentum_30d = -0.05346;
    in.volume_ratio = 1.17504;
    in.return_1d = -0.03580;
    in.btc_minus_alts_7d = 0.05937;
    return in;
}

TEST(Sentiment, WorkedExampleOfTheDocs) {
    EXPECT_NEAR(sentiment_index(fourth_of_november()), 20.66, 0.01);  // published: 21
}

TEST(Sentiment, NothingKnownIsFifty) {
    EXPECT_EQ(sentiment_index({}), 50.0);
}

TEST(Sentiment, UnknownInputsLeaveTheirWeightToTheOthers) {
    SentimentInputs in;
    in.drawdown_30d = -0.05;

    EXPECT_DOUBLE_EQ(sentiment_index(in), 50.0);
    in.drawdown_30d = -0.30;
    EXPECT_LT(sentiment_index(in), 1.0);
}

TEST(Sentiment, EveryBadInputLowersIt) {
    const double before = sentiment_index(fourth_of_november());
    const auto with = [](auto change) {
        SentimentInputs in = fourth_of_november();
        change(in);
        return sentiment_index(in);
    };

    EXPECT_LT(with([](SentimentInputs& in) { in.volatility_1d *= 2; }), before);
    EXPECT_LT(with([](SentimentInputs& in) { in.drawdown_30d -= 0.05; }), before);
    EXPECT_LT(with([](SentimentInputs& in) { in.momentum_30d -= 0.05; }), before);
    EXPECT_LT(with([](SentimentInputs& in) { in.volume_ratio *= 2; }), before);
    EXPECT_LT(with([](SentimentInputs& in) { in.return_1d -= 0.05; }), before);
    EXPECT_LT(with([](SentimentInputs& in) { in.btc_minus_alts_7d += 0.05; }), before);
    EXPECT_LT(with([](SentimentInputs& in) { in.panic_share = 0.05; }), before);
}

TEST(Sentiment, StaysBetweenZeroAndAHundred) {
    for (const double extreme : {-1e9, 1e9}) {
        SentimentInputs in;
        in.drawdown_30d = extreme;
        in.momentum_30d = extreme;
        in.return_1d = extreme;

        EXPECT_GE(sentiment_index(in), 0.0);
        EXPECT_LE(sentiment_index(in), 100.0);
    }
}

}  // namespace
}  // namespace margincall
