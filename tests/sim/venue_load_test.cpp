// What waits in front of a venue, and what stops the way to it.
#include "sim/venue_load.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "agents/make_agents.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

TEST(VenueLoad, WhatComesBeyondTheCapacityWaitsUntilARequestIsTooOld) {
    VenueLoad load;
    load.step(1'000, 1'000, 1, 5);
    EXPECT_EQ(load.wait_s, 0.0) << "as much as it can take";
    load.step(1'500, 1'000, 1, 5);
    EXPECT_DOUBLE_EQ(load.wait_s, 0.5);
    for (int s = 0; s < 20; ++s) {
        load.step(3'000, 1'000, 1, 5);
    }
    EXPECT_DOUBLE_EQ(load.wait_s, 5.0);
    load.step(500, 1'000, 1, 5);
    EXPECT_DOUBLE_EQ(load.wait_s, 4.5);
    for (int s = 0; s < 20; ++s) {
        load.step(0, 1'000, 1, 5);
    }
    EXPECT_EQ(load.wait_s, 0.0);
}

// Notes what it sees of two venues every ten seconds.
class Onlooker final : public AgentOf<Onlooker> {
  public:
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup setup;
        setup.name = "onlooker";
        setup.entity = entity_name(902, 0);
        setup.instruments = {InstrumentId::from_raw(0)};
        setup.first_wake = SimTime{} + seconds(10);
        return setup;
    }
    void wake(AgentContext& context) override {
        for (std::uint16_t v = 0; v < 2; ++v) {
            const auto venue = VenueId::from_raw(v);
            wait_s.at(v).push_back(context.venue_wait_s(venue));
            stopped.at(v).push_back(context.transfers_stopped(venue));
        }
        context.wake_after(seconds(10));
    }
    std::array<std::vector<double>, 2> wait_s;
    std::array<std::vector<bool>, 2> stopped;
};

TEST(VenueLoad, AnEventStopsTransfersOrLoadsItsVenueWhileItLasts) {
    Plan plan = testing::small_plan(minutes(3));
    plan.venues[0].overload_queue = 20'000;
    plan.venues[1].overload_queue = 20'000;
    EventPlan stop;
    stop.type = EventType::venue;
    stop.at = SimTime{} + seconds(55);
    stop.until = SimTime{} + seconds(95);
    stop.venues = {VenueId::from_raw(0)};
    stop.stops_transfers = true;
    stop.d_fair_value = {0.0, 0.0};
    stop.sell_usd = {0.0, 0.0};
    EventPlan load = stop;
    load.venues = {VenueId::from_raw(1)};
    load.stops_transfers = false;
    load.load = 20.0;  // of a tenth of what it can take
    plan.events = {stop, load};
    std::vector<std::unique_ptr<Agent>> agents;
    auto owned = std::make_unique<Onlooker>();
    const Onlooker& seen = *owned;
    agents.push_back(std::move(owned));
    World world(plan, std::move(agents), {});
    (void)world.run(nullptr);

    for (std::size_t k = 0; k < seen.stopped[0].size(); ++k) {
        const bool during = k >= 5 && k <= 8;  // 60 to 90 s
        EXPECT_EQ(seen.stopped[0][k], during) << k;
        EXPECT_EQ(seen.wait_s[0][k], 0.0) << k;
    }
    EXPECT_EQ(seen.wait_s[1][4], 0.0);
    EXPECT_EQ(seen.wait_s[1][6], 5.0) << "full";
    EXPECT_TRUE(seen.stopped[1][6]) << "no request for a transfer gets in either";
    EXPECT_EQ(seen.wait_s[1].back(), 0.0);
    EXPECT_FALSE(seen.stopped[1].back());
}

TEST(VenueLoad, TheSwitchTakesItAway) {
    Plan plan = testing::small_plan(minutes(1));
    plan.venues[0].overload_queue = 1'000;
    const auto wait_of = [](const Plan& of) {
        std::vector<std::unique_ptr<Agent>> agents;
        auto owned = std::make_unique<Onlooker>();
        const Onlooker& seen = *owned;
        agents.push_back(std::move(owned));
        World world(of, std::move(agents), {});
        (void)world.run(nullptr);
        return seen.wait_s[0].back();
    };
    EXPECT_EQ(wait_of(plan), 5.0);
    plan.venues[0].request_life = seconds(2);
    EXPECT_EQ(wait_of(plan), 2.0);
    plan.switches.overload = false;
    EXPECT_EQ(wait_of(plan), 0.0);
}

}  // namespace
}  // namespace margincall
