// Programmes (model 7.8, 7.9, 8.2 `flow`): a declared amount sold or bought over a window in small
// pieces. One agent per flow event and asset, so that dropping an event drops exactly its orders.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

// Part of a programme that is due at `now`: linear over the window, by its profile, or
// `last_part_share` of it over the last `last_part` (funds trade into the close).
[[nodiscard]] double programme_due(const EventPlan& event, SimTime now);
// Cause of a flow event's orders: holders, funds, security, else news.
[[nodiscard]] Cause programme_cause(const EventPlan& event);

class Programme : public AgentOf<Programme> {
  public:
    // `event`: the number that names its random streams; `row`: what is declared.
    Programme(const Plan& plan, std::size_t event, EventPlan row, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    // Market orders in every book at once, by volume; returns the USD sent, at the index. What is
    // below a lot is left for the next time.
    double send_everywhere(AgentContext& context, double usd, double index);

    const Plan& plan_;
    std::size_t event_;
    EventPlan row_;
    AssetId asset_;
    std::vector<AssetBook> books_;
    double total_usd_ = 0;
    Side side_ = Side::sell;
    double sent_usd_ = 0;
    SimTime last_;
    bool started_ = false;
    bool waits_ = false;  // for its trigger
};

// Those of one flow event, which need not be a row of the plan; none for an event of another type.
[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_programmes_of(const Plan& plan,
                                                                     std::size_t event,
                                                                     const EventPlan& row);
[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_programmes(const Plan& plan);

}  // namespace margincall::inline agents
