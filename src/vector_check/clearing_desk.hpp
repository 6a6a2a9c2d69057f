// An account of the core built from an example's decimals: scales prices to ticks, sizes to lots
// and money to one unit fine enough for all of them, so that the core's integer rules see the
// example's numbers without rounding.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "rules/portfolio_liquidation.hpp"
#include "vector_check/clearing_case.hpp"

namespace margincall::inline vector_check {

// A contract, its schedule and one position in it.
struct DeskPosition {
    Decimal size;  // coins; inverse: contracts of one dollar
    Decimal entry;
    std::optional<Decimal> mark;  // the entry price when absent
    MarginSchedule schedule;      // amounts are filled by `Desk::money`
    Fraction leverage{0, 1};      // 0 = none chosen
    Fraction close_fee;           // of the contract, at bankruptcy
    ContractKind kind = ContractKind::linear;
    MarginMode mode = MarginMode::cross;
    bool is_long = true;
    bool in_first = false;  // a leg of the first position's contract (hedge mode)
};

class Desk {
  public:
    // Fixes the scales. All positions that the account will hold.
    explicit Desk(const std::vector<DeskPosition>& positions);

    // Units of the account's money per 1 = 10^money_places.
    [[nodiscard]] int money_places() const { return money_places_; }
    [[nodiscard]] Amount money(const Decimal& value) const {
        return Amount::from_raw(in_units(value, money_places_));
    }
    // Adds the positions, in the order given; each schedule is final now.
    void open(const std::vector<DeskPosition>& positions);
    void deposit(Amount balance) { account.collateral.push_back({.asset = 0, .balance = balance}); }

    [[nodiscard]] PricePoint point(std::size_t position = 0) const {
        return {&rules, &account, &prices, position};
    }
    // Decimal places of the instrument's tick.
    [[nodiscard]] int tick_places(std::size_t position) const { return tick_places_[position]; }
    // A price of the core rounded to the venue's own tick.
    [[nodiscard]] i128 on_grid(std::size_t position,
                               Ticks price,
                               const Decimal& tick,
                               Round round) const;

    PortfolioRules rules;
    PortfolioAccount account;
    PortfolioPrices prices;

  private:
    std::vector<int> tick_places_, lot_places_;
    std::deque<MarginSchedule> leg_schedules_;  // stable addresses
    int money_places_ = 0;
};

// Contracts of one dollar that make an inverse example as fine as the core's integers allow; for
// examples that do not say a size.
[[nodiscard]] Decimal many_contracts(const Decimal& entry);

// One tier without bounds.
[[nodiscard]] MarginSchedule one_tier(Fraction maintenance,
                                      Fraction initial,
                                      Amount deduction = {});

// A tier whose maintenance rate is half of the initial rate at its highest leverage (Hyperliquid).
[[nodiscard]] ScheduleTier half_initial_tier(Amount floor, Amount cap, Fraction leverage);

// A table of {floor, rate, maintenance_amount?}; amounts that are not given follow from the rule.
[[nodiscard]] MarginSchedule bracket_table(const nlohmann::json& brackets, int money_places);
// The caps of tiers whose floors are set; the last is open.
void close_tiers(MarginSchedule& schedule);

}  // namespace margincall::inline vector_check
