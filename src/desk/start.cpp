#include <algorithm>
#include <cmath>

#include "desk/run.hpp"

namespace margincall::inline desk {

StressStart::StressStart(const StressMarket& market, const AccountBook& book)
    : market_(&market), book_(&book), house_(market, book) {
    std::vector<Ticks> marks;
    std::vector<double> index;
    for (const StressInstrument& row : market.instruments) {
        marks.push_back(row.mark);
    }
    for (const StressCoin& coin : market.coins) {
        index.push_back(coin.price);
    }
    prices_.set(marks, index);

    const auto instruments = static_cast<std::uint32_t>(market.instruments.size());
    first_.resize(instruments + 1);
    slots_of_.resize(instruments);
    unit_of_.resize(book.positions.size());
    std::vector<double> gross(book.groups.size(), 0.0);
    UnitMargins margins(market, book);
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        const MarginUnit& unit = book.units[u];
        bool coins = false;
        for (std::uint32_t k = 0; k < unit.collaterals; ++k) {
            coins = coins || book.collateral[unit.first_collateral + k].coin.valid();
        }
        bool one = unit.positions > 0 && !coins;
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            const SlotId slot = unit.first_position + k;
            unit_of_[slot] = u;
            slots_of_[book.positions[slot].instrument.raw()].push_back(slot);
            one = one &&
                  book.positions[slot].instrument == book.positions[unit.first_position].instrument;
        }
        clock_of_.push_back(one ? book.positions[unit.first_position].instrument.raw()
                                : instruments);
        if (unit.positions == 0) {
            continue;
        }
        gross[book.accounts[unit.account].group] +=
            margins.exposure(house_, u, prices_.now()) * 1e-6;
        const PortfolioMargin margin = margins.of(house_, u, prices_.now());
        const double safe = margins.liquidatable_at(u, margin)
                                ? 0.0
                                : safe_log_move(margins, house_, u, margin, prices_);
        first_[clock_of_.back()].push_back({safe, u});
    }
    for (std::vector<Watch>& watches : first_) {
        std::sort(watches.begin(), watches.end());
    }
    for (std::uint32_t g = 0; g < gross.size(); ++g) {
        if (gross[g] > 0.0) {
            groups_.push_back({g, gross[g]});
        }
    }
    std::sort(groups_.begin(), groups_.end(), [](const GroupDefault& a, const GroupDefault& b) {
        return a.notional != b.notional ? a.notional > b.notional : a.group < b.group;
    });
}

}  // namespace margincall::inline desk
