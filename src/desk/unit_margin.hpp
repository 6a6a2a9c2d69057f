// Margin of a unit of the book under a market's rules, today's or proposed ones, as it stands in
// the house.
#pragma once

#include <vector>

#include "clearing/clearing_house.hpp"
#include "desk/account_book.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {

using SlotId = std::uint32_t;  // a position of the book, by its row

// The unit's account: those of the book are opened last, in order.
[[nodiscard]] AccountId account_of(const ClearingHouse& house,
                                   const AccountBook& book,
                                   std::uint32_t unit);

// One view a thread: it holds the account that is being evaluated.
class UnitMargins {
  public:
    UnitMargins(const StressMarket& market, const AccountBook& book);

    [[nodiscard]] PortfolioMargin of(const ClearingHouse& house,
                                     std::uint32_t unit,
                                     const PortfolioPrices& prices);
    [[nodiscard]] bool liquidatable_at(std::uint32_t unit, const PortfolioMargin& margin) const {
        return liquidatable(trigger(unit), margin);
    }
    [[nodiscard]] Trigger trigger(std::uint32_t unit) const {
        return market_->venues[book_->units[unit].venue.raw()].margin.trigger;
    }
    // The unit as an account of the rules; valid until the next call of any member.
    [[nodiscard]] const PortfolioAccount& account(const ClearingHouse& house, std::uint32_t unit);
    // The position with everything else of its unit folded into the collateral (margin.hpp).
    // `whole` is the unit's margin.
    [[nodiscard]] PositionState folded(const ClearingHouse& house,
                                       std::uint32_t unit,
                                       SlotId slot,
                                       const PortfolioMargin& whole,
                                       const PortfolioPrices& prices);
    // Is `folded` exact for this position: marginal tiers at the mark, dollars at par?
    [[nodiscard]] bool folds(SlotId slot) const;
    [[nodiscard]] const MarginTiers& tiers(SlotId slot) const;
    // Gross value of positions and coins that move with prices, micro-dollars.
    [[nodiscard]] double exposure(const ClearingHouse& house,
                                  std::uint32_t unit,
                                  const PortfolioPrices& prices);

  private:
    const StressMarket* market_;
    const AccountBook* book_;
    std::vector<MarginTiers> override_tiers_;
    std::vector<std::uint8_t> plain_;  // by venue: a dollar counts as a dollar, profit at par
    PortfolioAccount scratch_;
};

// An agreed rate as tiers and as a schedule.
[[nodiscard]] MarginTiers tiers_of(const TierOverride& row);
[[nodiscard]] MarginSchedule schedule_of(const TierOverride& row);

}  // namespace margincall::inline desk
