#include "rules/portfolio_margin.hpp"

#include <algorithm>
#include <limits>

namespace margincall::inline rules {
namespace {

Ticks oracle_of(const PortfolioPrices& prices, std::uint32_t instrument) {
    return prices.oracle.empty() ? prices.mark[instrument] : prices.oracle[instrument];
}

Fraction settle_price(const PortfolioPrices& prices, std::uint32_t asset) {
    return prices.assets[asset].index;
}

}  // namespace

ExactValue exact_value(const Contract& contract, Lots size, Ticks price) {
    const i128 unit = contract.unit.num;
    const i128 lots = size.raw();
    if (contract.kind == ContractKind::linear) {
        return {.num = checked_mul<i128>(checked_mul<i128>(lots, price.raw()), unit),
                .den = contract.unit.den};
    }
    CHECK(price.raw() > 0);
    return {.num = checked_mul<i128>(lots, unit), .den = i128{price.raw()} * contract.unit.den};
}

Amount value_at(const Contract& contract, Lots qty, Ticks price) {
    const ExactValue exact = exact_value(contract, magnitude(qty), price);
    const bool is_short = qty.raw() < 0;
    // Profit rounds down: the value of a linear long and of an inverse short, the negative value of
    // the others.
    bool up = is_short != (contract.kind == ContractKind::inverse);
    if (contract.rounding == ValueRounding::toward_zero) {
        up = false;
    }
    const i128 value = div_round(exact.num, exact.den, up ? Round::up : Round::down);
    return Amount::from_raw(is_short ? -value : value);
}

Amount unrealised(const Contract& contract, const PortfolioPosition& position, Ticks price) {
    const Amount now = value_at(contract, position.qty, price);
    return contract.kind == ContractKind::linear ? now - position.entry_value
                                                 : position.entry_value - now;
}

const MarginSchedule& schedule_of(const PortfolioRules& rules, const PortfolioPosition& position) {
    return position.tier_override != nullptr ? *position.tier_override
                                             : rules.schedules[position.instrument];
}

MarginBase margin_base(const Contract& contract,
                       const MarginSchedule& schedule,
                       const PortfolioPosition& position,
                       Ticks mark,
                       Ticks oracle) {
    const Lots size = magnitude(position.qty);
    const auto value = [&](Ticks price) {
        ExactValue exact = exact_value(contract, size, price);
        if (contract.rounding == ValueRounding::toward_zero) {  // requirements see the cut value
            exact = {.num = div_round(exact.num, exact.den, Round::down), .den = 1};
        }
        return exact;
    };
    const ExactValue at_mark = value(mark);
    MarginBase base{.value = at_mark,
                    .value_at_mark = at_mark,
                    .size = size,
                    .leverage_e2 = position.leverage_e2,
                    .open_interest = {},
                    .accounts = position.accounts};
    switch (schedule.valuation) {
        case MarginValuation::mark:
            break;
        case MarginValuation::entry:
            base.value = {.num = magnitude(position.entry_value).raw(), .den = 1};
            break;
        case MarginValuation::oracle:
            base.value = value(oracle);
            break;
    }
    if (position.accounts > 1) {  // tiers look at one of the like accounts, its size rounded up
        base.value.den = checked_mul<i128>(base.value.den, position.accounts);
        base.value_at_mark.den = checked_mul<i128>(base.value_at_mark.den, position.accounts);
        base.size = Lots::from_raw(mul_div(size.raw(), 1, position.accounts, Round::up));
    }
    return base;
}

MarginBase margin_base(const PortfolioRules& rules,
                       const PortfolioPosition& position,
                       const PortfolioPrices& prices) {
    MarginBase base = margin_base(rules.contracts[position.instrument],
                                  schedule_of(rules, position),
                                  position,
                                  prices.mark[position.instrument],
                                  oracle_of(prices, position.instrument));
    if (!prices.open_interest.empty()) {
        base.open_interest = prices.open_interest[position.instrument];
    }
    return base;
}

PortfolioMargin isolated_margin(const PortfolioRules& rules,
                                const PortfolioPosition& position,
                                const PortfolioPrices& prices) {
    const MarginSchedule& schedule = schedule_of(rules, position);
    const MarginBase base = margin_base(rules, position, prices);
    const Contract& contract = rules.contracts[position.instrument];
    const Ticks price = schedule.valuation == MarginValuation::oracle
                            ? oracle_of(prices, position.instrument)
                            : prices.mark[position.instrument];
    return {.equity = position.margin + unrealised(contract, position, price),
            .initial = initial_requirement(schedule, base),
            .maintenance = maintenance_requirement(schedule, base)};
}

PortfolioMargin cross_margin(const PortfolioRules& rules,
                             const PortfolioAccount& account,
                             const PortfolioPrices& prices) {
    PortfolioMargin out;
    std::vector<Amount> balances(rules.collateral.size());
    for (const CollateralLine& line : account.collateral) {
        balances[line.asset] += line.balance;
    }
    for (const PortfolioPosition& position : account.positions) {
        if (position.mode != MarginMode::cross || position.qty.raw() == 0) {
            continue;
        }
        const std::uint32_t settle = rules.contracts[position.instrument].settle;
        PortfolioPosition alone = position;
        alone.margin = Amount{};
        const PortfolioMargin part = isolated_margin(rules, alone, prices);
        const Fraction price = settle_price(prices, settle);
        if (rules.pnl == PnlIn::collateral) {
            balances[settle] += part.equity;
        } else {
            out.equity += Amount::from_raw(times(part.equity.raw(), price, Round::down));
        }
        out.initial += Amount::from_raw(times(part.initial.raw(), price, Round::up));
        out.maintenance += Amount::from_raw(times(part.maintenance.raw(), price, Round::up));
    }
    for (std::size_t asset = 0; asset < balances.size(); ++asset) {
        if (balances[asset] != Amount{}) {
            const CollateralRule& rule = rules.collateral[asset];
            out.equity += collateral_value(
                rule, balances[asset], collateral_price(rule, prices.assets[asset]));
        }
    }
    out.equity -= account.frozen;
    return out;
}

bool liquidatable(Trigger trigger, const PortfolioMargin& margin) {
    if (margin.maintenance == Amount{}) {
        return margin.equity < Amount{};
    }
    return trigger == Trigger::below ? margin.equity < margin.maintenance
                                     : margin.equity <= margin.maintenance;
}

Amount transfer_requirement(Amount initial, Amount notional, Fraction least_share) {
    return std::max(initial, Amount::from_raw(times(notional.raw(), least_share, Round::up)));
}

PortfolioMargin borrower_margin(const TokenBorrower& a) {
    const Amount value = borrowable(
        std::min(a.tokens, a.supply_cap), a.price, borrow_liquidation_share(a.loan_to_value));
    PortfolioMargin out;
    out.equity = a.balance + std::min(a.borrow_cap, value);
    out.maintenance = a.offset + a.cross_maintenance + a.borrowed;
    return out;
}

bool borrower_liquidatable(const PortfolioMargin& margin) {
    return margin.maintenance > Amount::from_raw(times(margin.equity.raw(), {95, 100}, Round::up));
}

double borrow_rate(double utilisation) {
    constexpr double base = 0.05;
    constexpr double kink = 0.8;
    constexpr double slope = 4.75;
    return base + slope * std::max(0.0, utilisation - kink);
}

double margin_ratio(const PortfolioMargin& margin) {
    if (margin.equity <= Amount{}) {
        return margin.maintenance > Amount{} ? std::numeric_limits<double>::infinity() : 0.0;
    }
    return static_cast<double>(margin.maintenance.raw()) / static_cast<double>(margin.equity.raw());
}

}  // namespace margincall::inline rules
