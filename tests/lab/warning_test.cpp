// Early warning: falls and crashes, which minutes count, and scores of made-up runs that are known by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "lab/tiny_list.hpp"
#include "lab/warning_score.hpp"
#include "lab/world_run.hpp"

namespace margincall {
namespace {

constexpr std::size_t day = 1440;

// A flat day at 100 with sigma 2 %: from `onset` on the price falls by `fall` within ten minutes and stays there.
WarningTrack falling(std::size_t onset, double fall, double forced_share, std::uint64_t seed = 1) {
    WarningTrack track;
    track.seed = seed;
    track.sigma_day = 0.02;
    track.price.assign(day, 100.0);
    for (std::size_t m = onset + 1; m < day; ++m) {
        const double part = std::min(1.0, static_cast<double>(m - onset) / 10.0);
        track.price[m] = 100.0 * (1.0 + fall * part);
    }
    track.sold_usd.assign(day, 10.0);
    track.forced_usd.assign(day, 10.0 * forced_share);
    for (auto& column : track.values) {
        column.assign(day, std::numeric_limits<double>::quiet_NaN());
    }
    return track;
}

TEST(Warning, ACrashIsThreeSigmasInTwoHoursAndAFifthForced) {
    const auto one = big_falls(falling(600, -0.061, 0.21));
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].onset, 600U) << "the last minute at the highest price";
    EXPECT_EQ(one[0].low, 610U);
    EXPECT_NEAR(one[0].fall, -0.061, 1e-12);
    EXPECT_NEAR(one[0].forced_share, 0.21, 1e-12);
    EXPECT_TRUE(one[0].crash());
    EXPECT_FALSE(big_falls(falling(600, -0.061, 0.20))[0].crash()) << "more than a fifth";
    EXPECT_TRUE(big_falls(falling(600, -0.059, 0.9)).empty()) << "not three sigmas";
    EXPECT_EQ(big_falls(falling(600, -0.059, 0.9), 2.0).size(), 1U);
    // As deep, but over four hours.
    WarningTrack slow = falling(600, 0.0, 0.5);
    for (std::size_t m = 600; m < day; ++m) {
        slow.price[m] = 100.0 - 9.0 * std::min(1.0, static_cast<double>(m - 600) / 240.0);
    }
    EXPECT_TRUE(big_falls(slow).empty());
}

TEST(Warning, MinutesBeforeACrashArePositiveAndThoseOfItNeither) {
    const WarningTrack track = falling(600, -0.08, 0.5);
    const auto kinds = minute_kinds(track, big_falls(track));
    EXPECT_EQ(kinds[479], MinuteKind::negative);
    EXPECT_EQ(kinds[480], MinuteKind::positive);
    EXPECT_EQ(kinds[599], MinuteKind::positive);
    EXPECT_EQ(kinds[600], MinuteKind::neither);
    EXPECT_EQ(kinds[729], MinuteKind::neither) << "two hours after the low at 610";
    EXPECT_EQ(kinds[730], MinuteKind::negative);
    EXPECT_EQ(kinds[day - 121], MinuteKind::negative);
    EXPECT_EQ(kinds[day - 120], MinuteKind::neither) << "what follows is not recorded";
    const WarningTrack unforced = falling(600, -0.08, 0.1);
    EXPECT_EQ(minute_kinds(unforced, big_falls(unforced))[599], MinuteKind::negative);
}

constexpr std::size_t high = 4;  // wall_ratio
constexpr std::size_t low = 9;   // depth_state
constexpr std::size_t flat = 5;  // r_local

// The last of so many runs has no crash.
std::vector<WarningTrack> made_up_runs(std::uint64_t count) {
    static_assert(warning_indicators[high].sign == 1 && warning_indicators[low].sign == -1);
    std::vector<WarningTrack> out;
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        const std::size_t onset = 500 + 50 * seed;
        WarningTrack track = falling(onset, seed == count ? 0.0 : -0.08, 0.5, seed);
        track.values[flat].assign(day, 1.0);
        for (std::size_t m = 0; m < day; ++m) {
            // Rises half an hour before each crash to what no other minute shows; and as a low of depth.
            const bool warns = seed != count && m + 30 >= onset && m < onset;
            track.values[high][m] = warns ? 2.0 : 0.001 * static_cast<double>(m % 100);
            track.values[low][m] = -track.values[high][m];
        }
        out.push_back(std::move(track));
    }
    return out;
}

TEST(Warning, GivesKnownScoresBack) {
    const WarningScores scores = warning_scores(made_up_runs(4));
    EXPECT_EQ(scores.runs, 4U);
    EXPECT_EQ(scores.crashes, 3U);
    EXPECT_EQ(scores.runs_with_crash, 3U);
    EXPECT_EQ(scores.positive, 360U);
    EXPECT_NEAR(*scores.base_rate(), 360.0 / static_cast<double>(360 + scores.negative), 1e-12);
    const IndicatorScore& rises = scores.indicators[high];
    EXPECT_EQ(rises.positives, 360U);
    // A quarter of the positive minutes is above all others, the rest is like them.
    EXPECT_NEAR(*rises.auc, 0.25 + 0.75 * 0.5, 0.02);
    EXPECT_FALSE(rises.auc_low) << "three runs with a crash";
    const IndicatorScore more = warning_scores(made_up_runs(6)).indicators[high];
    ASSERT_TRUE(more.auc_low) << "five";
    EXPECT_LE(*more.auc_low, *more.auc);
    EXPECT_GE(*more.auc_high, *more.auc);
    EXPECT_EQ(rises.crashes, 3U);
    EXPECT_EQ(rises.announced, 3U);
    // Besides, five minutes of each hundred pass the threshold in a row (0.095 to 0.099).
    EXPECT_NEAR(*rises.threshold, 0.094, 0.0011);
    EXPECT_GT(*rises.lead_minutes.p50, 20.0);
    const IndicatorScore& falls = scores.indicators[low];
    EXPECT_DOUBLE_EQ(*falls.auc, *rises.auc) << "less of it is the warning";
    EXPECT_DOUBLE_EQ(*falls.threshold, -*rises.threshold);
    const IndicatorScore& same = scores.indicators[flat];
    EXPECT_DOUBLE_EQ(*same.auc, 0.5) << "ties count half";
    EXPECT_EQ(same.announced, 0U);
    EXPECT_EQ(*same.false_alarms_a_week, 0.0);
    EXPECT_FALSE(scores.indicators[0].auc) << "never recorded";
    const auto json = warning_json(scores);
    EXPECT_EQ(json["indicators"][low]["warns_when"], "low");
    EXPECT_EQ(json["indicators"][0]["auc"], nullptr);
    const std::string csv = warning_csv(scores);
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv, '\n')),
              1 + warning_indicators.size());
}

TEST(Warning, AnAlarmIsFiveMinutesAndCountsOnceAnHour) {
    std::vector<WarningTrack> tracks = {falling(700, -0.08, 0.5)};
    std::vector<double>& values = tracks[0].values[high];
    values.assign(day, 0.0);
    const auto up = [&](std::size_t from, std::size_t minutes) {
        for (std::size_t m = from; m < from + minutes; ++m) {
            values[m] = 1.0;
        }
    };
    up(100, 4);   // too short
    up(200, 5);   // one
    up(230, 6);   // within the hour: the same
    up(400, 5);   // another
    up(640, 10);  // before the crash: at its fifth minute, 644
    const IndicatorScore score = warning_scores(tracks).indicators[high];
    EXPECT_EQ(score.announced, 1U);
    EXPECT_DOUBLE_EQ(*score.lead_minutes.p50, 700.0 - 644.0);
    EXPECT_NEAR(
        *score.false_alarms_a_week * static_cast<double>(score.negatives) / 10'080.0, 2.0, 1e-9);
}

TEST(Warning, WithoutACrashNothingIsKnown) {
    std::vector<WarningTrack> tracks = {falling(600, 0.0, 0.0)};
    tracks[0].values[high].assign(day, 1.0);
    const WarningScores scores = warning_scores(tracks);
    EXPECT_EQ(scores.crashes, 0U);
    EXPECT_EQ(*scores.base_rate(), 0.0);
    EXPECT_FALSE(scores.indicators[high].auc);
}

// What a run records becomes the track, and the track a line and back.
TEST(Warning, ARunHasEveryIndicator) {
    TaskRequest request = testing::tiny_request(1);
    request.overrides.insert(request.overrides.end(),
                             {"clock.length=75 min", "clock.day_to=75 min", "output.map=5 min"});
    auto list = TaskList::make(request);
    ASSERT_TRUE(list) << list.error().front().message;
    const Plan& plan = list->base().plan;
    MemoryRecorder recorder(plan);
    (void)run_world(plan, &recorder, nullptr, "warning_test");
    const WarningTrack track = warning_track(plan, recorder);
    ASSERT_EQ(track.minutes(), 75U);
    EXPECT_EQ(track.sigma_day, plan.assets[0].volatility);
    EXPECT_NEAR(track.price.back() / plan.assets[0].price, 1.0, 0.05);
    for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
        const bool vpin = warning_indicators[k].name == "vpin";  // needs ten buckets
        EXPECT_EQ(std::isnan(track.values[k].back()), vpin) << warning_indicators[k].name;
    }
    const auto value = [&](std::string_view name) {
        for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
            if (warning_indicators[k].name == name) {
                return track.values[k].back();
            }
        }
        return 0.0;
    };
    EXPECT_LE(value("lar_1"), value("lar_3"));
    EXPECT_LE(value("lar_3"), value("lar_5"));
    EXPECT_LT(value("lar_5"), value("lar_10"));
    EXPECT_GT(value("lar_10"), 0.0);
    EXPECT_GE(value("r_next_5"), 0.0);
    EXPECT_GT(value("oi_depth"), 1.0);
    EXPECT_GT(value("spread"), 0.0);
    EXPECT_GE(value("venue_gap"), 0.0);
    EXPECT_LE(std::abs(value("autocorrelation")), 1.0);
    const auto again = parse_warning_track(warning_track_json("k", track));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seed, track.seed);
    EXPECT_EQ(again->minutes(), track.minutes());
    EXPECT_NEAR(again->price.back() / track.price.back(), 1.0, 1e-4);
    EXPECT_TRUE(std::isnan(again->values[0].front()) == std::isnan(track.values[0].front()));
    EXPECT_FALSE(parse_warning_track("{\"key\": \"k\"}"));
}

}  // namespace
}  // namespace margincall
