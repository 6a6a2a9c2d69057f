// Questions of the form "and if the marks stood there?": which accounts a fall would set off, asked
// without touching any of them. For whoever measures how close the market is to selling by force
// (sim/reproduction.hpp).
#include <algorithm>

#include "clearing/clearing_house.hpp"
#include "rules/liquidation.hpp"

namespace margincall::inline clearing {

void ClearingHouse::append_perhaps_due(std::span<const Ticks> marks,
                                       std::vector<AccountId>& out) const {
    const std::size_t begin = out.size();
    const auto take = [&](std::uint32_t slot) {
        const CrossAccount& c = cross_.account(slot);
        if (c.state == CrossState::open) {
            out.push_back(c.account);
        }
    };
    for (const Instrument& inst : config_.instruments) {
        if (inst.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const Ticks mark = marks[inst.id.raw()];
        if (mark.raw() <= 0) {
            continue;  // not known yet
        }
        cross_.for_each_left_by_fall(inst.id.raw(), mark, take);
        if (config_.hedge_mode) {
            cross_.for_each_left_by_fall(short_leg(inst.id), mark, take);
        }
    }
    for (const std::uint32_t slot : used_up_) {
        take(slot);
    }
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, out.end());
    out.erase(std::unique(first, out.end()), out.end());
}

bool ClearingHouse::liquidatable_at(AccountId a, const PortfolioPrices& prices) const {
    CHECK(is_cross(a));
    const CrossAccount& c = cross(a);
    if ((c.kind & CrossKind::general) != 0) {
        return rules::liquidatable(config_.margin[c.venue.raw()].trigger,
                                   general_margin(c, prices));
    }
    const std::int64_t money = gather(c);
    for (std::size_t k = 0; k < exposures_.size(); ++k) {
        if (exposures_[k].instrument != nullptr) {
            exposures_[k].price = prices.mark[exposures_[k].instrument->id.raw()].raw();
        }
    }
    const CrossTerms terms = terms_of(c);
    return !is_safe(slack_of(exposures_, terms, money, SlackAt::price).slack, terms);
}

}  // namespace margincall::inline clearing
