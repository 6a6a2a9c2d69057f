// Informed traders (model 7.10): they know of a declared event before it comes, open positions on
// margin towards it and close them after it. Nothing but their orders carries what they know. One
// agent a trader and event, so that dropping the event drops exactly their orders.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

// What a trader is, drawn once.
struct InformedDraw {
    double leverage = 5.0;  // size over deposit
    Duration close_time;    // from the event on
    bool right = true;      // takes the side that the event will pay
};
[[nodiscard]] InformedDraw draw_informed(const Plan& plan,
                                         const EventPlan& event,
                                         std::uint64_t entity);
// Part of the position that should still be held: 1 until the event comes, then evenly down to 0.
[[nodiscard]] double informed_held(const EventPlan& event, Duration close_time, SimTime now);

class InformedTrader : public AgentOf<InformedTrader> {
  public:
    // `event`: the number that names its random streams, as of a programme.
    InformedTrader(const Plan& plan, std::size_t event, EventPlan row, std::uint32_t trader);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Leg {  // one coin
        AssetId asset;
        Side side = Side::sell;  // of the opening
        double usd = 0;          // to be opened
        std::vector<AssetBook> perps;
        double opened_usd = 0;         // by its fills
        double allowed_usd = 0;        // what participation leaves it now
        std::vector<double> at_event;  // coins held when the event came, by perp
    };
    void learn(AgentContext& context);
    void open(AgentContext& context, Leg& leg);
    bool close(AgentContext& context, Leg& leg);  // whether something is left to close
    // Its part of the event's participation in the coin's ordinary volume; of what it leaves unused
    // no more than one order of the least size is kept.
    void allow(Leg& leg, double dt_s) const;

    const Plan& plan_;
    EventPlan row_;
    std::uint32_t trader_ = 0;
    std::uint64_t entity_ = 0;
    InformedDraw drawn_;
    std::vector<Leg> legs_;
    SimTime last_;
    bool event_came_ = false;
    bool liquidated_ = false;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_informed_traders(const Plan& plan);

}  // namespace margincall::inline agents
