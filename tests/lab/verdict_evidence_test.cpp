// What statements are judged by, as one file: it comes back as it was, and other worlds in it flip a verdict.
#include "lab/verdict_evidence.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "lab/identity.hpp"
#include "lab/judge.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

using testing::metric_row;

VerdictEvidence evidence_with(double depth, double share) {
    VerdictEvidence out;
    out.scenario = "a day";
    const EvidenceSource source{"2026-12-01",
                                std::string{core_sources_hash()},
                                "0123",
                                "4567",
                                {"world.size=reduced"},
                                100,
                                9,
                                true,
                                {0x0123456789abcdef, 0, 2}};
    out.day = DayWorlds{source, {}};
    for (std::uint64_t k = 0; k < 9; ++k) {
        PathRow& row = out.day->rows.emplace_back();
        row.key = "key" + std::to_string(k);
        row.index = k;
        row.seed = 100 + k;
        row.summary.metrics.resize(metric_names.size());
        row.summary.metrics[metric_row("depth_4pct_min_share")].value = depth;
        row.summary.forced.push_back({"A", "BTC", 1, 2, 3});
        row.series.step_ns = 1'000'000;
        row.series.values.assign(path_series_names.size(), {1.5F, 0.1F, 99'999.9F});
    }
    out.causes =
        FallCauses{source,
                   "noon to midnight",
                   {9, -0.08, -0.07, -0.06, -0.07, 0.001},
                   {{"holders", {9, share - 0.01, share, share + 0.01, share, 0.001}, true}},
                   {{"regulation", {9, -0.01, 0.0, 0.01, 0.0, 0.001}}}};
    LeverageCap cap;
    cap.source = source;
    cap.change.change = {9, -2e9, -1e9, -0.5e9, -1e9, 1e8};
    cap.change.low = -1.2e9;
    cap.change.high = -0.8e9;
    cap.change.effect = Effect::helps;
    out.cap = cap;
    return out;
}

Judged judged(const std::string& text, std::string_view id) {
    Plan plan;
    plan.assets.resize(1);
    const auto read = parse_evidence(text, "file");
    EXPECT_TRUE(read.has_value());
    const std::vector<Verdict> all = judge({&plan, *read, {"met", "", {}}});
    return std::ranges::find(all, id, &Verdict::id)->judged;
}

TEST(VerdictEvidence, ComesBackAsItWas) {
    const VerdictEvidence evidence = evidence_with(0.5, 0.35);
    const std::string text = evidence_text(evidence);
    const auto read = parse_evidence(text, "file");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(evidence_text(*read), text);
    EXPECT_EQ(read->scenario, "a day");
    EXPECT_EQ(read->day->source.set, evidence.day->source.set);
    EXPECT_TRUE(read->day->source.drawn);
    EXPECT_EQ(read->day->source.digests, evidence.day->source.digests);
    EXPECT_EQ(read->day->rows.back().key, "key8");
    EXPECT_EQ(read->day->rows.back().seed, 108U);
    EXPECT_EQ(read->day->rows[0].series.values[path_series_index("btc_price")],
              (std::vector{1.5F, 0.1F, 99'999.9F}));
    EXPECT_TRUE(read->day->rows[0].series.values[path_series_index("eth_price")].empty())
        << "no statement is judged by it";
    EXPECT_DOUBLE_EQ(read->causes->whole.se, 0.001);
    EXPECT_EQ(read->causes->by_removal_alone[0].cause, "regulation");
    EXPECT_EQ(read->cap->change.effect, Effect::helps);
    EXPECT_DOUBLE_EQ(read->cap->change.low, -1.2e9);
    for (const std::size_t parts : {0U, 1U, 2U}) {
        VerdictEvidence less = evidence;
        if (parts < 2) {
            less.cap.reset();
        }
        if (parts < 1) {
            less.causes.reset();
        }
        less.day.reset();
        EXPECT_EQ(evidence_text(parse_evidence(evidence_text(less), "file").value()),
                  evidence_text(less));
    }
}

TEST(VerdictEvidence, OtherWorldsFlipAVerdict) {
    EXPECT_EQ(judged(evidence_text(evidence_with(0.5, 0.35)), "S5"), Judged::contradicted);
    EXPECT_EQ(judged(evidence_text(evidence_with(0.05, 0.35)), "S5"), Judged::supported);
    EXPECT_EQ(judged(evidence_text(evidence_with(0.5, 0.35)), "S7"), Judged::supported);
    EXPECT_EQ(judged(evidence_text(evidence_with(0.5, 0.05)), "S7"), Judged::contradicted);
}

TEST(VerdictEvidence, WhatIsNoneOrNotWholeIsRefused) {
    const std::string whole = evidence_text(evidence_with(0.5, 0.35));
    const auto with = [&](std::string_view what, std::string_view in_its_place) {
        std::string text = whole;
        return text.replace(text.find(what), what.size(), in_its_place);
    };
    const auto code = [](const std::string& text) {
        const auto read = parse_evidence(text, "file");
        return read ? std::string{"read"} : read.error().code;
    };
    EXPECT_EQ(code(whole), "read");
    EXPECT_EQ(code(""), "E715");
    EXPECT_EQ(code("{}"), "E715");
    EXPECT_EQ(code(with("\"format\":1", "\"format\":2")), "E715");
    EXPECT_EQ(code(with("\"seed_from\":100", "\"seed_from\":\"x\"")), "E715");
    EXPECT_EQ(code(with("0123456789abcdef", "0123456789abcdeg")), "E715");
    EXPECT_EQ(code(with("\"helps\"", "\"cures\"")), "E715");
    EXPECT_EQ(code(whole.substr(0, whole.size() - 10)), "E715") << "its last world is cut";
    EXPECT_EQ(code(whole.substr(0, whole.rfind("{\"key\""))), "E715")
        << "its last world is not there";
}

}  // namespace
}  // namespace margincall
