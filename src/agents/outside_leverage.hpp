// Leverage outside the perpetuals (model 7.11): dealers who hedge options, and loans against coins.
// Both are reduced forms: of options one strike and the gamma that its hedgers hold net, of loans
// how much is lent at which value. One agent a row of events.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

// Change of the delta of an option on one coin for a dollar, Black and Scholes 1973 without interest; 0
// where nothing is left of its life.
[[nodiscard]] double option_gamma(double price, double strike, double volatility, double years);

class OptionHedger : public AgentOf<OptionHedger> {
  public:
    OptionHedger(const Plan& plan, std::size_t event, EventPlan row);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    EventPlan row_;
    std::size_t event_ = 0;
    std::vector<AssetBook> books_;
    double coins_ = 0;  // that the options are on
    double price_ = 0;  // at the last look
    double owed_ = 0;   // coins still to be bought
};

// One part of the loans of a row: equal in dollars, apart in loan to value.
struct LoanCohort {
    double usd = 0, coins = 0;
    bool ignored = false;  // a call was not answered
    [[nodiscard]] double ltv(double price) const { return usd / (coins * price); }
};
[[nodiscard]] std::vector<LoanCohort> loan_cohorts(const EventPlan& event, double price);
// What happens to a cohort at a price: coins that the lender sells. `rng`: of borrowers' answers.
[[nodiscard]] double step_cohort(LoanCohort& cohort,
                                 const EventPlan& event,
                                 double price,
                                 Rng& rng);

class LoanBook : public AgentOf<LoanBook> {
  public:
    LoanBook(const Plan& plan, std::size_t event, EventPlan row);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    EventPlan row_;
    std::size_t event_ = 0;
    std::vector<AssetBook> books_;
    std::vector<LoanCohort> cohorts_;
    double to_sell_ = 0;  // coins
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_option_hedgers(const Plan& plan);
[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_loan_books(const Plan& plan);

}  // namespace margincall::inline agents
