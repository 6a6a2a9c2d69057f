// Worlds stepped by hand, on a minute of a quiet day: what a run gives, an event told in the middle,
// records of forks, and snapshots that make the same state again or say why not.
#include "lab/hand_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "lab/tiny_list.hpp"
#include "lab/world_run.hpp"
#include "scenario/measure.hpp"

namespace margincall {
namespace {

std::shared_ptr<const Compiled> tiny_scenario() {
    TaskRequest request = testing::tiny_request(1);
    request.overrides.emplace_back("random.seed=11");
    auto compiled = compile_scenario(request.scenario, request.overrides);
    EXPECT_TRUE(compiled) << compiled.error().front().message;
    return std::make_shared<const Compiled>(std::move(*compiled));
}

SimTime at_second(int s) {
    return SimTime{} + seconds(s);
}

constexpr const char* sale = R"(type = "flow"
name = "a sale"
at = 2025-11-17T00:01:00Z
until = 2025-11-17T00:02:00Z
forced = true
cause = "funds"
sell = { BTC = "20 m USD" }
source = "assumed: a test")";

std::string code_of(const auto& failed) {
    return failed ? "none" : failed.error().front().code;
}

std::expected<std::unique_ptr<HandWorld>, Errors> restored(std::string_view text,
                                                           RunMonitor* monitor = nullptr) {
    const auto snapshot = read_snapshot(text, "s.json");
    return snapshot ? HandWorld::restore(*snapshot, {}, monitor)
                    : std::unexpected(snapshot.error());
}

// The scenario's own clock, for events that are written as text.
std::string with_start(std::string row, const Compiled& scenario, int at_s, int until_s) {
    const auto put = [&](const std::string& what, int s) {
        row.replace(row.find(what), what.size(), iso_utc(scenario.plan.start_unix_s + s));
    };
    put("2025-11-17T00:01:00Z", at_s);
    put("2025-11-17T00:02:00Z", until_s);
    return row;
}

TEST(HandWorld, StepsGiveWhatARunGives) {
    const auto scenario = tiny_scenario();
    MemoryRecorder records(scenario->plan);
    const RunTotals run = run_world(scenario->plan, &records, nullptr, "");
    const auto hand = HandWorld::begin(scenario, {}, Keep::records);
    for (int s = 0; s <= 180; s += 7) {
        EXPECT_TRUE(hand->step_to(at_second(s), nullptr));
    }
    EXPECT_TRUE(hand->step_to(at_second(10'000), nullptr)) << "the end, and no further";
    EXPECT_EQ(hand->world().reached(), at_second(180));
    const RunTotals totals = hand->finish();
    EXPECT_EQ(totals.digest, run.digest);
    EXPECT_FALSE(totals.interrupted);
    ASSERT_EQ(hand->recorder()->bars().size(), records.bars().size());
    EXPECT_EQ(hand->recorder()->bars().back().close, records.bars().back().close);
}

TEST(HandWorld, AForkKeepsTheRecordsSoFar) {
    const auto scenario = tiny_scenario();
    const auto whole = HandWorld::begin(scenario, {}, Keep::records);
    (void)whole->step_to(at_second(100), nullptr);
    const auto fork = whole->fork();
    (void)whole->step_to(at_second(180), nullptr);
    (void)fork->step_to(at_second(180), nullptr);
    EXPECT_EQ(whole->finish().digest, fork->finish().digest);
    ASSERT_EQ(fork->recorder()->bars().size(), whole->recorder()->bars().size());
    for (std::size_t k = 0; k < fork->recorder()->bars().size(); ++k) {
        EXPECT_EQ(fork->recorder()->bars()[k].close, whole->recorder()->bars()[k].close);
    }
}

TEST(HandWorld, AnInjectedSaleMovesThePriceOfItsForkOnly) {
    const auto scenario = tiny_scenario();
    const auto whole = HandWorld::begin(scenario, {}, Keep::records);
    (void)whole->step_to(at_second(50), nullptr);
    const auto fork = whole->fork();
    const auto event = fork->inject(with_start(sale, *scenario, 60, 120));
    ASSERT_TRUE(event) << event.error().front().message;
    EXPECT_EQ(event->at, at_second(60));
    EXPECT_EQ(event->name, "a sale");
    (void)whole->step_to(at_second(130), nullptr);
    (void)fork->step_to(at_second(130), nullptr);
    EXPECT_LT(fork->world().index_usd(AssetId::from_raw(0)),
              whole->world().index_usd(AssetId::from_raw(0)));
    EXPECT_EQ(fork->plan_with_injected().events.size(), scenario->plan.events.size() + 1);
    EXPECT_EQ(whole->plan_with_injected().events.size(), scenario->plan.events.size());
}

TEST(HandWorld, WhatCannotBeInjectedIsRefusedAndNothingChanges) {
    const auto scenario = tiny_scenario();
    const auto hand = HandWorld::begin(scenario, {}, Keep::nothing);
    (void)hand->step_to(at_second(90), nullptr);
    const std::uint64_t digest = hand->world().state_digest();
    EXPECT_EQ(code_of(hand->inject(with_start(sale, *scenario, 60, 120))), "E722");
    const auto unknown = hand->inject("type = \"flow\"\nsel = 3");
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(std::ranges::any_of(unknown.error(), [](const Error& e) {
        return e.line == 2 && e.message.find("sel") != std::string::npos;
    })) << "the line is the row's own";
    std::string hack = with_start(sale, *scenario, 100, 120);
    hack.replace(hack.find("\"flow\""), 6, "\"hack\"");
    EXPECT_NE(code_of(hand->inject(hack)), "none");
    EXPECT_EQ(hand->world().state_digest(), digest);
    (void)hand->finish();
    EXPECT_EQ(code_of(hand->inject(with_start(sale, *scenario, 100, 120))), "E723");
}

TEST(HandWorld, ASnapshotMakesTheSameStateAgain) {
    const auto scenario = tiny_scenario();
    const auto hand = HandWorld::begin(scenario, {}, Keep::records);
    (void)hand->step_to(at_second(50), nullptr);
    ASSERT_TRUE(hand->inject(with_start(sale, *scenario, 60, 120)));
    (void)hand->step_to(at_second(100), nullptr);
    const std::string snapshot = hand->snapshot();
    const auto again = restored(snapshot);
    ASSERT_TRUE(again) << again.error().front().message;
    EXPECT_EQ((*again)->world().reached(), at_second(100));
    EXPECT_EQ((*again)->snapshot(), snapshot);
    (void)hand->step_to(at_second(180), nullptr);
    (void)(*again)->step_to(at_second(180), nullptr);
    EXPECT_EQ((*again)->finish().digest, hand->finish().digest);
    EXPECT_EQ((*again)->recorder()->bars().size(), hand->recorder()->bars().size());
}

TEST(HandWorld, ASnapshotThatLeadsElsewhereIsRefused) {
    const auto hand = HandWorld::begin(tiny_scenario(), {}, Keep::nothing);
    (void)hand->step_to(at_second(20), nullptr);
    const std::string good = hand->snapshot();
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return code_of(restored(text));
    };
    EXPECT_EQ(changed("\"seed\": 11", "\"seed\": 11"), "none");
    EXPECT_EQ(changed("\"seed\": 11", "\"seed\": 12"), "E726");
    EXPECT_EQ(changed("\"margincall_snapshot\": 1", "\"margincall_snapshot\": 9"), "E725");
    EXPECT_EQ(changed("\"core\": \"", "\"core\": \"0"), "E725");
    EXPECT_EQ(changed("\"events\": ", "\"events\": -"), "E724");
    EXPECT_EQ(code_of(restored("[]")), "E724");
    EXPECT_EQ(code_of(restored("{")), "E724");
    EXPECT_EQ(code_of(restored(good.substr(0, good.size() / 2))), "E724");
}

class StopAfter final : public RunMonitor {
  public:
    explicit StopAfter(int calls) : calls_(calls) {}
    bool keep_going(SimTime /*now*/, std::uint64_t /*messages*/) override { return --calls_ > 0; }

  private:
    int calls_;
};

TEST(HandWorld, AStopInTheMiddleLosesNothing) {
    const auto scenario = tiny_scenario();
    const auto hand = HandWorld::begin(scenario, {}, Keep::nothing);
    StopAfter stop(2);
    EXPECT_FALSE(hand->step_to(at_second(180), &stop));
    EXPECT_LT(hand->world().reached(), at_second(180));
    const auto again = restored(hand->snapshot());
    ASSERT_TRUE(again) << again.error().front().message;
    (void)(*again)->step_to(at_second(180), nullptr);
    (void)hand->step_to(at_second(180), nullptr);
    EXPECT_EQ((*again)->finish().digest, hand->finish().digest);
    EXPECT_EQ(hand->world().state_digest(), run_world(scenario->plan, nullptr, nullptr, "").digest);
    StopAfter at_once(1);
    const auto stopped = HandWorld::begin(scenario, {}, Keep::nothing);
    (void)stopped->step_to(at_second(100), nullptr);
    const auto none = restored(stopped->snapshot(), &at_once);
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, nullptr) << "restoring was stopped";
}

}  // namespace
}  // namespace margincall
