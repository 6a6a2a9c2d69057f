// Margin rates that change while accounts hold positions (rules/margin_levers.hpp).
#include "clearing/clearing_house.hpp"
#include "rules/margin_levers.hpp"

namespace margincall::inline clearing {

void ClearingHouse::scale_margin(InstrumentId i, std::int64_t scale_ppm) {
    if (base_tiers_.empty()) {
        base_tiers_ = config_.tiers;
    }
    MarginTiers& tiers = config_.tiers[i.raw()];
    tiers = scaled_tiers(base_tiers_[i.raw()], scale_ppm);
    config_.margin[config_.instruments[i.raw()].venue.raw()].schedules[i.raw()].tiers =
        schedule_of(tiers).tiers;
    // Every trigger of this contract is priced anew; cross accounts are looked at with the next
    // call of pop_due_cross, which must come before prices move.
    for (const AccountId a : live_[i.raw()]) {
        if (Row& r = row(a); r.state == RowState::open) {
            set_trigger(r);
        }
    }
    const std::uint32_t factor = i.raw();
    for (const std::uint32_t id : cross_.holders(factor)) {
        const CrossHolding& h = cross_.holding(id);
        if (ledger_.balance(h.units).raw() != 0) {
            look_again(h.owner);
        }
    }
}

Money ClearingHouse::least_opening_margin(const Row& r, Money value) const {
    if (base_tiers_.empty()) {
        return Money{};
    }
    // The tier of one of the like accounts, rounded up.
    const Money each = Money::from_raw(mul_div(value.raw(), 1, r.weight, Round::up));
    return initial_margin(value, 100 * tier_of(config_.tiers[r.instrument], each).leverage_max);
}

}  // namespace margincall::inline clearing
