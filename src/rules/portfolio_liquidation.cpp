#include "rules/portfolio_liquidation.hpp"

#include <algorithm>
#include <vector>

namespace margincall::inline rules {
namespace {

enum class Question : std::uint8_t { liquidatable, negative };

// The account as a function of one instrument's price. The positions in other instruments are
// evaluated once.
class AccountLine {
  public:
    AccountLine(const PricePoint& point, Question question)
        : rules_{*point.rules},
          question_{question},
          instrument_{point.account->positions[point.position].instrument},
          prices_{*point.prices} {
        if (prices_.oracle.empty()) {
            prices_.oracle = prices_.mark;
        }
        const PortfolioPosition& asked = point.account->positions[point.position];
        isolated_ = asked.mode == MarginMode::isolated;
        if (isolated_) {
            account_.positions.push_back(asked);
            return;
        }
        account_ = *point.account;
        find_coin(rules_.contracts[instrument_].coin);
        std::erase_if(account_.positions, [&](const PortfolioPosition& p) {
            return p.mode != MarginMode::cross || p.instrument == instrument_;
        });
        fold_others();
        for (const PortfolioPosition& p : point.account->positions) {
            if (p.mode == MarginMode::cross && p.instrument == instrument_) {
                account_.positions.push_back(p);
            }
        }
    }

    [[nodiscard]] PortfolioMargin at(std::int64_t ticks) {
        prices_.mark[instrument_] = Ticks::from_raw(ticks);
        prices_.oracle[instrument_] = Ticks::from_raw(ticks);
        if (coin_ != no_asset) {
            prices_.assets[coin_].index = coin_price_at(ticks);
        }
        if (isolated_) {
            return isolated_margin(rules_, account_.positions.front(), prices_);
        }
        PortfolioMargin margin = cross_margin(rules_, account_, prices_);
        margin.maintenance += other_maintenance_;
        return margin;
    }
    [[nodiscard]] bool hit(std::int64_t ticks) {
        const PortfolioMargin margin = at(ticks);
        return question_ == Question::negative ? margin.equity < fee_at(ticks)
                                               : liquidatable(rules_.trigger, margin);
    }
    // What is left above the question's bound; its slope shows where solvency lies.
    [[nodiscard]] i128 excess(std::int64_t ticks) {
        const PortfolioMargin margin = at(ticks);
        return margin.equity.raw() -
               (question_ == Question::negative ? fee_at(ticks) : margin.maintenance).raw();
    }
    [[nodiscard]] std::int64_t price_max() const {
        return rules_.contracts[instrument_].price_max.raw();
    }
    // First ticks, rising, of the pieces of the price line within which nothing jumps.
    [[nodiscard]] std::vector<std::int64_t> piece_starts() const;

  private:
    // Fee to close the instrument's positions at the asked price, where the contract has one.
    [[nodiscard]] Amount fee_at(std::int64_t ticks) const {
        const Contract& contract = rules_.contracts[instrument_];
        Amount fee;
        if (contract.close_fee.num == 0) {
            return fee;
        }
        const Fraction price = isolated_ ? Fraction{1, 1} : prices_.assets[contract.settle].index;
        for (const PortfolioPosition& p : account_.positions) {
            const ExactValue value =
                exact_value(contract, magnitude(p.qty), Ticks::from_raw(ticks));
            fee +=
                Amount::from_raw(times(fee_on(value, contract.close_fee).raw(), price, Round::up));
        }
        return fee;
    }
    // The contract's own coin, where the account holds or owes it.
    void find_coin(std::uint32_t coin) {
        const bool held =
            std::any_of(account_.collateral.begin(),
                        account_.collateral.end(),
                        [&](const CollateralLine& line) { return line.asset == coin; });
        if (held) {
            coin_ = coin;
            coin_price_ = prices_.assets[coin].index;
            mark_ = prices_.mark[instrument_].raw();
        }
    }
    // The coin's price moved like the mark; exact while the terms fit.
    [[nodiscard]] Fraction coin_price_at(std::int64_t ticks) const {
        const Fraction way = make_fraction(ticks, mark_);
        i128 num = i128{coin_price_.num} * way.num;
        i128 den = i128{coin_price_.den} * way.den;
        while (num > INT64_MAX || den > INT64_MAX) {
            num >>= 1;
            den >>= 1;
        }
        return {static_cast<std::int64_t>(num),
                std::max<std::int64_t>(1, static_cast<std::int64_t>(den))};
    }
    // Moves the other positions' profit into the balances and keeps their maintenance.
    void fold_others() {
        PortfolioAccount only;
        only.positions = account_.positions;
        for (const PortfolioPosition& p : only.positions) {
            const MarginSchedule& schedule = schedule_of(rules_, p);
            const std::uint32_t settle = rules_.contracts[p.instrument].settle;
            const Ticks price = schedule.valuation == MarginValuation::oracle
                                    ? prices_.oracle[p.instrument]
                                    : prices_.mark[p.instrument];
            const Amount profit = unrealised(rules_.contracts[p.instrument], p, price);
            if (rules_.pnl == PnlIn::collateral) {
                account_.collateral.push_back({.asset = settle, .balance = profit});
            } else {
                account_.frozen -= Amount::from_raw(
                    times(profit.raw(), prices_.assets[settle].index, Round::down));
            }
        }
        other_maintenance_ = cross_margin(rules_, only, prices_).maintenance;
        account_.positions.clear();
    }

    const PortfolioRules& rules_;
    Question question_;
    std::uint32_t instrument_;
    PortfolioPrices prices_;
    PortfolioAccount account_;
    Amount other_maintenance_;
    bool isolated_ = false;
    std::uint32_t coin_ = no_asset;
    Fraction coin_price_;
    std::int64_t mark_ = 0;
};

// The first tick at which the value of `size` (> 0) is on the other side of `bound`: above it
// (linear) or, in a falling value, no more above it (inverse).
i128 first_beyond(const Contract& contract, Lots size, Amount bound, std::int64_t top) {
    const ExactValue per_tick = exact_value(contract, size, Ticks::from_raw(1));
    if (contract.kind == ContractKind::linear) {  // ticks * num / den > bound
        return div_round(checked_mul<i128>(bound.raw(), per_tick.den), per_tick.num, Round::down) +
               1;
    }
    if (bound.raw() <= 0) {
        return i128{top} + 1;
    }  // num / (ticks * den) <= bound
    return div_round(per_tick.num, checked_mul<i128>(bound.raw(), per_tick.den), Round::up);
}

std::vector<std::int64_t> AccountLine::piece_starts() const {
    std::vector<std::int64_t> starts{1};
    constexpr std::int64_t most_steps = 10'000;  // of a stepped schedule
    for (const PortfolioPosition& p : account_.positions) {
        const MarginSchedule& schedule = schedule_of(rules_, p);
        if (schedule.measure == TierMeasure::size || schedule.valuation == MarginValuation::entry ||
            p.qty.raw() == 0) {
            continue;
        }
        const Contract& contract = rules_.contracts[p.instrument];
        const Lots size = p.qty.raw() < 0 ? -p.qty : p.qty;
        // May a larger bound still lie on the line? It moves up a rising value and down a falling
        // one.
        const auto add = [&](Amount bound) {
            const i128 tick = first_beyond(contract, size, bound, price_max());
            if (tick >= 2 && tick <= price_max()) {
                starts.push_back(narrow_i64(tick));
            }
            return contract.kind == ContractKind::linear ? tick <= price_max() : tick >= 2;
        };
        if (schedule.style == MarginStyle::whole_tier) {
            for (const ScheduleTier& tier : schedule.tiers) {
                add(tier.cap);
            }
        } else if (schedule.style == MarginStyle::stepped) {
            Amount bound = schedule.step_above;
            for (std::int64_t n = 0; n < most_steps && add(bound); ++n) {
                bound += schedule.step_size;
            }
        }
    }
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    return starts;
}

// `from` and `to` answer differently: the tick nearest to `from` that answers as `to`.
std::int64_t turning_point(AccountLine& line, std::int64_t from, std::int64_t to) {
    const bool answer = line.hit(to);
    while (from != to + 1 && from != to - 1) {
        const std::int64_t middle = from + (to - from) / 2;  // toward `from`; exact enough
        (line.hit(middle) == answer ? to : from) = middle;
    }
    return to;
}

// Where the excess is largest on [from, to] of one piece, walking outward.
std::int64_t top_of(AccountLine& line, std::int64_t from, std::int64_t to) {
    const std::int64_t step = to > from ? 1 : -1;
    while (from != to) {
        const std::int64_t middle = from + (to - from) / 2;
        if (line.excess(middle + step) > line.excess(middle)) {
            from = middle + step;
        } else {
            to = middle;
        }
    }
    return from;
}

// A tick of [from, to] that answers unlike `from`, nearest by doubling steps; 0 = none seen. From a
// solvent tick of a concave piece every other answer lies beyond one boundary, so none is missed.
std::int64_t gallop(AccountLine& line, std::int64_t from, std::int64_t to) {
    const bool answer = line.hit(from);
    const std::int64_t step = to > from ? 1 : -1;
    std::int64_t reach = 1;
    std::int64_t at = from;
    while (at != to) {
        const std::int64_t left = (to - from) * step;
        at = reach >= left ? to : from + step * reach;
        if (line.hit(at) != answer) {
            return at;
        }
        reach *= 2;
    }
    return 0;
}

// The pieces in the order in which they are met from `start`, as [first, last] ticks.
struct Piece {
    std::int64_t first, last;
};
std::vector<Piece> pieces_from(const AccountLine& line, std::int64_t start, std::int64_t step) {
    const std::vector<std::int64_t> starts = line.piece_starts();
    std::vector<Piece> rising;
    for (std::size_t n = 0; n < starts.size(); ++n) {
        rising.push_back({starts[n], n + 1 < starts.size() ? starts[n + 1] - 1 : line.price_max()});
    }
    std::vector<Piece> out;
    for (const Piece& piece : rising) {
        if (step > 0 && piece.last >= start) {
            out.push_back({std::max(piece.first, start), piece.last});
        } else if (step < 0 && piece.first <= start) {
            out.push_back({std::min(piece.last, start), piece.first});
        }
    }
    if (step < 0) {
        std::reverse(out.begin(), out.end());
    }
    return out;
}

// First tick from a solvent start that is hit; 0 = none.
std::int64_t first_hit(AccountLine& line, std::int64_t start, std::int64_t step) {
    for (const Piece& piece : pieces_from(line, start, step)) {
        if (line.hit(piece.first)) {
            return piece.first;
        }
        const std::int64_t beyond = gallop(line, piece.first, piece.last);
        if (beyond != 0) {
            return turning_point(line, piece.first, beyond);
        }
    }
    return 0;
}

// First tick from a start that is hit, on the way to solvency, that is solvent; 0 = none.
std::int64_t first_solvent(AccountLine& line, std::int64_t start, std::int64_t step) {
    for (const Piece& piece : pieces_from(line, start, step)) {
        if (!line.hit(piece.first)) {
            return piece.first;
        }
        // A one-sided position turns solvent somewhere and stays so; a hedged one may be solvent on
        // an interval that the doubling steps over, around the top.
        std::int64_t top = gallop(line, piece.first, piece.last);
        if (top == 0) {
            top = top_of(line, piece.first, piece.last);
        }
        if (!line.hit(top)) {
            return turning_point(line, piece.first, top);
        }
    }
    return 0;
}

std::optional<Ticks> first_tick(const PricePoint& point, PriceMove direction, Question question) {
    AccountLine line{point, question};
    const std::int64_t step = direction == PriceMove::rising ? 1 : -1;
    const std::uint32_t instrument = point.account->positions[point.position].instrument;
    const std::int64_t start =
        std::clamp<std::int64_t>(point.prices->mark[instrument].raw(), 1, line.price_max());
    std::int64_t found = 0;
    if (!line.hit(start)) {
        found = first_hit(line, start, step);
    } else if (const std::int64_t solvent = first_solvent(line, start, -step); solvent != 0) {
        found = solvent + step;
    }
    return found != 0 ? std::optional{Ticks::from_raw(found)} : std::nullopt;
}

PriceMove harm_of(const PricePoint& point) {
    const PortfolioPosition& asked = point.account->positions[point.position];
    Lots net = asked.mode == MarginMode::isolated ? asked.qty : Lots{};
    for (const PortfolioPosition& p : point.account->positions) {
        if (asked.mode == MarginMode::cross && p.mode == MarginMode::cross &&
            p.instrument == asked.instrument) {
            net += p.qty;
        }
    }
    return net.raw() > 0 ? PriceMove::falling : PriceMove::rising;
}

}  // namespace

std::optional<Ticks> first_liquidatable(const PricePoint& point, PriceMove direction) {
    return first_tick(point, direction, Question::liquidatable);
}

std::optional<Ticks> liquidation_price(const PricePoint& point) {
    if (point.account->positions[point.position].qty.raw() == 0) {
        return std::nullopt;
    }
    const PriceMove harm = harm_of(point);
    const std::optional<Ticks> price = first_liquidatable(point, harm);
    if (price || point.account->positions[point.position].mode == MarginMode::isolated) {
        return price;
    }
    return first_liquidatable(point,
                              harm == PriceMove::rising ? PriceMove::falling : PriceMove::rising);
}

std::optional<Ticks> bankruptcy_price(const PricePoint& point) {
    if (point.account->positions[point.position].qty.raw() == 0) {
        return std::nullopt;
    }
    const PriceMove direction = point.account->positions[point.position].qty.raw() < 0
                                    ? PriceMove::rising
                                    : PriceMove::falling;
    const std::optional<Ticks> beyond = first_tick(point, direction, Question::negative);
    if (!beyond) {
        return std::nullopt;
    }
    const std::int64_t back = direction == PriceMove::rising ? -1 : 1;
    return Ticks::from_raw(beyond->raw() + back);
}

std::optional<ExactValue> loan_liquidation_price(const CoinLoan& loan,
                                                 Fraction maintenance,
                                                 Fraction fee) {
    const auto required = [&](Amount debt) {
        const i128 with_margin = debt.raw() + times(debt.raw(), maintenance, Round::up);
        return with_margin + times(with_margin, fee, Round::up);
    };
    const i128 num = required(loan.quote_debt) - loan.quote.raw();
    const i128 den = loan.coins.raw() - required(loan.coin_debt);
    const int sign = den < 0 ? -1 : 1;
    if (den == 0 || num * sign <= 0) {
        return std::nullopt;
    }
    return ExactValue{.num = num * sign, .den = den * sign};
}

}  // namespace margincall::inline rules
