#include "clearing/cross_accounts.hpp"

namespace margincall::inline clearing {

void CrossAccounts::pop_used_up(std::vector<std::uint32_t>& slots) {
    for (const std::uint32_t factor : moved_) {
        Factor& f = factors_[factor];
        f.moved = false;
        const Ticks price = Ticks::from_raw(f.price);
        if (!f.falls.due(price) && !f.rises.due(price)) {
            continue;
        }
        for (const std::uint8_t bit : {falls, rises}) {
            popped_.clear();
            (bit == falls ? f.falls : f.rises).pop_due(price, popped_);
            for (const std::uint32_t local : popped_) {
                CrossHolding& h = holdings_[f.holding_of_local[local]];
                h.triggered &= static_cast<std::uint8_t>(~bit);
                slots.push_back(h.owner);
            }
        }
    }
    moved_.clear();
}

void check_cross_triggers(const CrossAccounts& cross) {
    std::size_t expected = 0;
    for (std::uint32_t id = 0; id < cross.holdings_.size(); ++id) {
        const CrossHolding& h = cross.holdings_[id];
        const CrossAccounts::Factor& f = cross.factors_[h.factor];
        CHECK_EQ(f.holding_of_local[h.local], id);
        CHECK_EQ(cross.find(h.owner, h.factor), id);
        const bool below = (h.triggered & CrossAccounts::falls) != 0;
        const bool above = (h.triggered & CrossAccounts::rises) != 0;
        CHECK((f.falls.price(h.local).raw() != 0) == below);
        CHECK((f.rises.price(h.local).raw() != 0) == above);
        if ((cross.accounts_[h.owner].kind & CrossKind::general) == 0) {
            CHECK(!below || f.falls.price(h.local).raw() == h.corner - 1);
            CHECK(!above || f.rises.price(h.local).raw() == h.corner + 1);
        }
        expected += (below ? 1U : 0U) + (above ? 1U : 0U);
    }
    std::size_t found = 0;
    for (const CrossAccounts::Factor& f : cross.factors_) {
        check_trigger_index(f.falls);
        check_trigger_index(f.rises);
        found += f.falls.size() + f.rises.size();
    }
    CHECK_EQ(found, expected);
}

}  // namespace margincall::inline clearing
