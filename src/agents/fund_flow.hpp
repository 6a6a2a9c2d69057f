// Funds whose flow answers to returns (model 7.9): a day's net flow is what the return of the trading
// day before, today's so far and chance say, and is traded on spot inside the session of a `flow`
// event, as a programme is.
#pragma once

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

// Net flow of the day, USD, bought where positive: base + yesterday * r(t-1) + today * r(t) + noise * z,
// returns as logarithms. Measured by tools/fund_flow.py.
[[nodiscard]] double fund_answer(const EventPlan& event,
                                 double return_yesterday,
                                 double return_today,
                                 double z);
// A time of day, Unix seconds, on the trading day before: no Saturday or Sunday. Holidays are not known.
[[nodiscard]] std::int64_t trading_day_before(std::int64_t unix_s);

class FundFlow : public AgentOf<FundFlow> {
  public:
    // `event`: the number that names its random streams; `row`: what is declared.
    FundFlow(const Plan& plan, std::size_t event, EventPlan row);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;
    [[nodiscard]] double bought_usd() const { return bought_usd_; }

  private:
    [[nodiscard]] double answer_now(AgentContext& context) const;

    const Plan& plan_;
    EventPlan row_;
    AssetId asset_;
    std::vector<AssetBook> books_;
    std::uint64_t entity_ = 0;
    double z_ = 0;
    double bought_usd_ = 0;  // sent, net
    SimTime last_;
};

}  // namespace margincall::inline agents
