// Margin of one unit of the book as it stands in the house, through the clearing library's margin
// of whole accounts (clearing/portfolio_margin.hpp); and how far prices can move before it has to
// be looked at again.
#pragma once

#include <vector>

#include "desk/house.hpp"
#include "rules/margin.hpp"
#include "rules/portfolio_margin.hpp"

namespace margincall::inline desk {

// One view a thread: it holds the account that is being evaluated.
class UnitMargins {
  public:
    UnitMargins(const StressMarket& market, const AccountBook& book);

    [[nodiscard]] PortfolioMargin of(const StressHouse& house,
                                     std::uint32_t unit,
                                     const PortfolioPrices& prices);
    [[nodiscard]] bool liquidatable_at(std::uint32_t unit, const PortfolioMargin& margin) const {
        return liquidatable(trigger(unit), margin);
    }
    [[nodiscard]] Trigger trigger(std::uint32_t unit) const {
        return market_->venues[book_->units[unit].venue.raw()].margin.trigger;
    }
    // The unit as the clearing library's account; valid until the next call of any member.
    [[nodiscard]] const PortfolioAccount& account(const StressHouse& house, std::uint32_t unit);

    // Margin of a single position without collateral.
    [[nodiscard]] PortfolioMargin of_position(const StressHouse& house,
                                              SlotId slot,
                                              const PortfolioPrices& prices) const;
    // The position with everything else of its unit folded into the collateral (margin.hpp), for
    // the rules that size one position's order. `whole` is the unit's margin.
    [[nodiscard]] PositionState folded(const StressHouse& house,
                                       std::uint32_t unit,
                                       SlotId slot,
                                       const PortfolioMargin& whole,
                                       const PortfolioPrices& prices) const;
    // Is `folded` exact for this position: marginal tiers, dollars at par?
    [[nodiscard]] bool folds(SlotId slot) const {
        return !tiers(slot).empty() &&
               plain_[market_->at(book_->positions[slot].instrument).instrument.venue.raw()] != 0;
    }
    // Tier table in force for a position; empty where the venue's schedule is of another style.
    [[nodiscard]] const MarginTiers& tiers(SlotId slot) const;

    // Lots that bring the position down so many tiers of its schedule; all where there are none.
    [[nodiscard]] Lots tiers_down(const StressHouse& house,
                                  SlotId slot,
                                  const PortfolioPrices& prices,
                                  std::int64_t tiers) const;

    // Gross value of positions and coins that move with prices, micro-dollars.
    [[nodiscard]] double exposure(const StressHouse& house,
                                  std::uint32_t unit,
                                  const PortfolioPrices& prices) const;

  private:
    [[nodiscard]] PortfolioPosition position(const StressHouse& house, SlotId slot) const;

    const StressMarket* market_;
    const AccountBook* book_;
    std::vector<MarginSchedule> overrides_;
    std::vector<MarginTiers> override_tiers_;
    std::vector<std::uint8_t> plain_;  // by venue: a dollar counts as a dollar, profit at par
    PortfolioAccount scratch_;
};

// Prices, and the same prices raised by 2^-1 .. 2^-k: what a unit could owe at most if nothing
// moves further than that.
class PriceLadder {
  public:
    static constexpr int rungs = 11;
    void set(const std::vector<Ticks>& marks, const std::vector<double>& index);
    [[nodiscard]] const PortfolioPrices& now() const { return prices_[0]; }
    // Made when somebody asks.
    [[nodiscard]] const PortfolioPrices& raised(int rung) const {
        if ((made_ >> static_cast<unsigned>(rung) & 1U) == 0) {
            make(rung);
        }
        return prices_[static_cast<std::size_t>(rung)];
    }
    [[nodiscard]] static double rise(int rung);  // 2^-rung

  private:
    void make(int rung) const;
    std::vector<double> index_;
    mutable unsigned made_ = 0;
    mutable std::vector<PortfolioPrices> prices_ = std::vector<PortfolioPrices>(rungs + 1);
};

// Log move of prices, up or down, within which the unit surely stays above its trigger: 0 = look
// again at the next move. Law: for all prices within a factor 1 + d of now, requirements are at
// most those at prices raised by d (they grow with value), and equity falls by at most d times the
// gross value of everything that moves. So a solvent unit stays solvent as long as
//   equity - d * exposure > maintenance(prices raised by d);
// the largest d = 2^-k for which this holds is taken. Deductions, tiers that jump and haircut
// slices are inside the two sides as they are.
[[nodiscard]] double safe_log_move(UnitMargins& margins,
                                   const StressHouse& house,
                                   std::uint32_t unit,
                                   const PortfolioMargin& margin,
                                   const PriceLadder& prices);

}  // namespace margincall::inline desk
