#include "rules/close_out.hpp"

#include <algorithm>

namespace margincall::inline rules {
namespace {

// What `closed` lots leave of a signed size.
Lots without(Lots qty, Lots closed) {
    return qty.raw() < 0 ? qty + closed : qty - closed;
}
PortfolioPosition reduced(const PortfolioPosition& position, Lots closed) {
    PortfolioPosition out = position;
    out.qty = without(position.qty, closed);
    return out;
}

// A single position and cash: its close in the terms of an account.
CloseOut close_of(const Contract& contract, Ticks price, const Counterparty& who, Lots closed) {
    const Lots left = without(who.qty, closed);
    const Amount value = value_at(contract, who.qty, price);
    return {.collateral = who.cash + value,
            .maintenance = Amount::from_raw(magnitude(who.qty).raw()),  // shared by size alone
            .value_change = value_at(contract, left, price) - value,
            .maintenance_change = Amount::from_raw(-i128{closed.raw()})};
}

}  // namespace

CloseOut close_out(const PortfolioRules& rules,
                   const PortfolioAccount& account,
                   const PortfolioPrices& prices,
                   std::size_t position,
                   Lots closed) {
    const PortfolioMargin before = cross_margin(rules, account, prices);
    const PortfolioPosition& asked = account.positions[position];
    CHECK(closed.raw() > 0);
    CHECK(closed <= magnitude(asked.qty));
    const PortfolioPosition after = reduced(asked, closed);
    const MarginSchedule& schedule = schedule_of(rules, asked);
    const Contract& contract = rules.contracts[asked.instrument];
    const Ticks price =
        prices.oracle.empty() ? prices.mark[asked.instrument] : prices.oracle[asked.instrument];
    const auto maintenance = [&](const PortfolioPosition& p) {
        return maintenance_requirement(schedule, margin_base(rules, p, prices));
    };
    return {
        .collateral = before.equity,
        .maintenance = before.maintenance,
        .value_change = value_at(contract, after.qty, price) - value_at(contract, asked.qty, price),
        .maintenance_change = maintenance(after) - maintenance(asked)};
}

Amount bankruptcy_proceeds(const CloseOut& close) {
    CHECK(close.maintenance > Amount{});
    const i128 share =
        div_round(checked_mul<i128>(close.collateral.raw(), -close.maintenance_change.raw()),
                  close.maintenance.raw(),
                  Round::down);
    return -close.value_change - Amount::from_raw(share);
}

SignedFraction fillable_price(const FillableRule& rule,
                              const CloseOut& whole,
                              Lots qty,
                              Amount value,
                              Amount position_maintenance) {
    CHECK(whole.maintenance > Amount{});
    CHECK(qty.raw() != 0);
    // Adjusted bankruptcy rating = top / bottom within [0, 1].
    i128 bottom = checked_mul<i128>(rule.adjustment.den, whole.maintenance.raw());
    i128 top =
        checked_mul<i128>(rule.adjustment.num, whole.maintenance.raw() - whole.collateral.raw());
    if (top >= bottom) {
        top = 1;
        bottom = 1;
    }
    top = std::max<i128>(top, 0);
    const i128 scale = checked_mul<i128>(bottom, rule.spread.den);
    const i128 discount =
        checked_mul<i128>(checked_mul<i128>(top, rule.spread.num), position_maintenance.raw());
    const i128 money = checked_mul<i128>(value.raw(), scale) - discount;
    const i128 den = checked_mul<i128>(scale, magnitude(qty).raw());
    return {.num = qty.raw() < 0 ? -money : money, .den = den};
}

Amount fund_change(Amount proceeds, Amount bankruptcy, Fraction fee_cap) {
    const Amount change = proceeds - bankruptcy;
    if (change <= Amount{}) {
        return change;
    }
    const i128 most = times(magnitude(proceeds).raw(), fee_cap, Round::down);
    return std::min(change, Amount::from_raw(most));
}

StepLimits step_limits(Amount whole, Amount least, Fraction portion) {
    const Amount low = std::min(least, whole);
    return {.least = low,
            .most = std::max(low, Amount::from_raw(times(whole.raw(), portion, Round::down)))};
}

std::vector<DirectClose> close_directly(const Contract& contract,
                                        Ticks price,
                                        Counterparty& insolvent,
                                        std::span<Counterparty> others) {
    std::vector<DirectClose> out;
    for (std::size_t k = 0; k < others.size() && insolvent.qty.raw() != 0; ++k) {
        Counterparty& other = others[k];
        if (other.qty.raw() == 0 || (other.qty.raw() > 0) == (insolvent.qty.raw() > 0)) {
            continue;
        }
        const Lots lots = std::min(magnitude(insolvent.qty), magnitude(other.qty));
        const Amount due = bankruptcy_proceeds(close_of(contract, price, insolvent, lots));
        const Amount least = bankruptcy_proceeds(close_of(contract, price, other, lots));
        if (-due < least) {
            continue;  // the two bankruptcy prices do not overlap
        }
        const Lots closed = insolvent.qty.raw() < 0 ? -lots : lots;
        insolvent.qty -= closed;
        insolvent.cash += due;
        other.qty += closed;
        other.cash -= due;
        out.push_back({.counterparty = k, .lots = lots, .paid = -due});
    }
    return out;
}

}  // namespace margincall::inline rules
