#include "desk/reconciliation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "desk/tables.hpp"

namespace margincall::inline desk {
namespace {

constexpr double cent = 0.01;

// `step`: what the figure is counted in; less is no difference.
bool differs(double reported, double computed, double tolerance, double step) {
    const double gap = std::fabs(reported - computed);
    return gap > step && gap > tolerance * std::fabs(reported);
}

// Highest leverages that Hyperliquid gives or gave its coins; it asks for half of the initial margin. They change
// while positions are open, and an account keeps what it was given.
constexpr std::array<double, 8> highest_leverages = {3, 5, 10, 15, 20, 25, 40, 50};

// A compared liquidation price, as it came out.
struct PriceCheck {
    SlotId slot = 0;
    double reported = 0.0, computed = 0.0;
    bool agrees = false;
    bool fixed_equity = false;  // the equity was inferred from it
};

class Reconciler {
  public:
    Reconciler(const StressStart& start, double tolerance, const KnownInputs& known)
        : start_(start), book_(start.book()), known_(known), tolerance_(tolerance), view_(start) {}

    Reconciliation run() {
        for (SlotId slot = 0; slot < book_.positions.size(); ++slot) {
            out_.book_usd += view_.notional(slot);
        }
        for (std::uint32_t u = 0; u < book_.units.size(); ++u) {
            reconcile_unit(u);
        }
        out_.units_below_margin = out_.below.size();
        std::ranges::stable_sort(out_.breaks, {}, &ReconciliationBreak::line);
        return std::move(out_);
    }

  private:
    void reconcile_unit(std::uint32_t u);
    // Does it agree? A figure that the file does not have does not.
    bool compare(BookFigure figure, std::uint32_t u, double reported, double computed, auto cause);
    void compare_price(std::uint32_t u, const PriceCheck& check);
    [[nodiscard]] std::vector<PriceCheck> check_prices(std::uint32_t u,
                                                       const PortfolioMargin& margin);

    [[nodiscard]] BreakCause cause_of_equity(std::uint32_t u) const;
    [[nodiscard]] BreakCause cause_of_margin(std::uint32_t u, double missing) const;
    [[nodiscard]] BreakCause cause_of_price(std::uint32_t u,
                                            const PriceCheck& check,
                                            bool other_rate) const;

    // --- evidence ---

    [[nodiscard]] LineInput input_of(std::uint32_t line) const {
        const std::size_t k = line >= 2 ? line - 2U : SIZE_MAX;
        return known_.imported != nullptr && k < known_.imported->inputs.size()
                   ? known_.imported->inputs[k]
                   : LineInput::complete;
    }
    [[nodiscard]] bool any_position(std::uint32_t u, auto is_so) const;
    [[nodiscard]] bool unsaid(std::uint32_t u) const;
    [[nodiscard]] bool rates_unknown(std::uint32_t u) const;
    [[nodiscard]] bool valued_as_the_file(std::uint32_t u) const;
    [[nodiscard]] double rate_of(SlotId slot) const;
    [[nodiscard]] std::vector<double> other_rates(SlotId slot) const;
    [[nodiscard]] bool agrees_at_another_rate(const PriceCheck& check) const;
    [[nodiscard]] bool explained_by_reported_equity(std::uint32_t u, const PriceCheck& check) const;

    const StressStart& start_;
    const AccountBook& book_;
    const KnownInputs& known_;
    double tolerance_;
    mutable BookView view_;
    Reconciliation out_;
    // Of the unit that is being looked at.
    double equity_ = 0.0;
    bool equity_agrees_ = false, margin_agrees_ = false;
    std::vector<PriceCheck> prices_;
};

std::vector<PriceCheck> Reconciler::check_prices(std::uint32_t u, const PortfolioMargin& margin) {
    std::vector<PriceCheck> out;
    const MarginUnit& unit = book_.units[u];
    for (SlotId slot = unit.first_position; slot < unit.first_position + unit.positions; ++slot) {
        const BookPosition& p = book_.positions[slot];
        if (!std::isnan(p.reported_liquidation)) {
            PriceCheck& check = out.emplace_back();
            check.slot = slot;
            check.reported = p.reported_liquidation;
            check.computed = view_.liquidation_price(slot, margin);
            check.agrees = !differs(
                check.reported, check.computed, tolerance_, view_.tick(p.instrument) * 1.000001);
            check.fixed_equity = input_of(p.line) == LineInput::pin;
        }
    }
    return out;
}

void Reconciler::reconcile_unit(std::uint32_t u) {
    const MarginUnit& unit = book_.units[u];
    const PortfolioMargin margin = view_.margin(u);
    if (view_.liquidatable(u, margin)) {  // without a position: owes more than it holds
        out_.below.push_back(u);
    }
    equity_ = to_usd(to_money(margin.equity));
    const double maintenance = to_usd(to_money(margin.maintenance));
    prices_ = check_prices(u, margin);
    equity_agrees_ = compare(
        BookFigure::equity, u, unit.reported_equity, equity_, [&] { return cause_of_equity(u); });
    margin_agrees_ = compare(BookFigure::margin, u, unit.reported_margin, maintenance, [&] {
        return cause_of_margin(u, unit.reported_margin - maintenance);
    });
    for (const PriceCheck& check : prices_) {
        compare_price(u, check);
    }
}

bool Reconciler::compare(
    BookFigure figure, std::uint32_t u, double reported, double computed, auto cause) {
    FigureAgreement& row = out_.figures[static_cast<std::size_t>(figure)];
    const std::uint32_t line = book_.units[u].reported_line;
    if (std::isnan(reported)) {
        return false;
    }
    const bool agrees = !differs(reported, computed, tolerance_, cent);
    if (agrees && input_of(line) == LineInput::pin) {
        ++row.of_itself;
    } else if (agrees) {
        row.add_agreeing(std::fabs(reported));
    } else {
        const BreakCause why = cause();
        row.add_break(why, std::fabs(reported));
        out_.breaks.push_back({line, u, figure, reported, computed, why, false});
    }
    return agrees;
}

void Reconciler::compare_price(std::uint32_t u, const PriceCheck& check) {
    FigureAgreement& row = out_.figures[static_cast<std::size_t>(BookFigure::liquidation_price)];
    const std::uint32_t line = book_.positions[check.slot].line;
    InputAgreement& by_input = out_.by_input[static_cast<std::size_t>(input_of(line))];
    const double usd = view_.notional(check.slot);
    ++by_input.compared;
    by_input.agree += check.agrees ? 1U : 0U;
    if (check.agrees && check.fixed_equity) {
        ++row.of_itself;
        return;
    }
    if (check.agrees) {
        row.add_agreeing(usd);
        return;
    }
    const bool other_rate = agrees_at_another_rate(check);
    by_input.other_rate += other_rate ? 1U : 0U;
    const BreakCause why = cause_of_price(u, check, other_rate);
    row.add_break(why, usd);
    out_.breaks.push_back({line,
                           u,
                           BookFigure::liquidation_price,
                           check.reported,
                           check.computed == 0.0 ? not_reported : check.computed,
                           why,
                           other_rate});
}

// --- causes: the first that is shown ---

BreakCause Reconciler::cause_of_equity(std::uint32_t u) const {
    const bool prices_follow_it = std::ranges::any_of(prices_, [&](const PriceCheck& check) {
        return !check.agrees && explained_by_reported_equity(u, check);
    });
    if (prices_follow_it) {
        return BreakCause::our_reading;
    }
    const bool prices_follow_ours =
        std::ranges::any_of(prices_, [](const PriceCheck& check) { return check.agrees; });
    if (prices_follow_ours && valued_as_the_file(u)) {
        return BreakCause::contradiction;
    }
    return unsaid(u) ? BreakCause::format_gap : BreakCause::our_reading;
}

BreakCause Reconciler::cause_of_margin(std::uint32_t u, double missing) const {
    const MarginUnit& unit = book_.units[u];
    bool another = rates_unknown(u);
    for (SlotId slot = unit.first_position; slot < unit.first_position + unit.positions; ++slot) {
        const double usd = view_.notional(slot);
        another = another || std::ranges::any_of(other_rates(slot), [&](double rate) {
                      const double more = usd * (rate - rate_of(slot));
                      return std::fabs(more - missing) <=
                             std::max(cent, tolerance_ * std::fabs(unit.reported_margin));
                  });
    }
    if (another) {
        return BreakCause::unknown_tier;
    }
    return unsaid(u) ? BreakCause::format_gap : BreakCause::our_reading;
}

BreakCause Reconciler::cause_of_price(std::uint32_t u,
                                      const PriceCheck& check,
                                      bool other_rate) const {
    const LineInput input = input_of(book_.positions[check.slot].line);
    if (other_rate || input == LineInput::terms) {
        return BreakCause::unknown_tier;
    }
    if (explained_by_reported_equity(u, check)) {
        return BreakCause::our_reading;
    }
    if (input == LineInput::equity) {
        return BreakCause::contradiction;
    }
    if (unsaid(u)) {
        return BreakCause::format_gap;
    }
    if (rates_unknown(u)) {
        return BreakCause::unknown_tier;
    }
    // The equity, and what is asked of it, are the file's own; or other prices of the account follow from them.
    const bool others_follow = std::ranges::any_of(prices_, [&](const PriceCheck& other) {
        return other.slot != check.slot && other.agrees && other.reported != 0.0;
    });
    return (equity_agrees_ && margin_agrees_) || (others_follow && valued_as_the_file(u))
               ? BreakCause::contradiction
               : BreakCause::our_reading;
}

// --- evidence ---

bool Reconciler::any_position(std::uint32_t u, auto is_so) const {
    const MarginUnit& unit = book_.units[u];
    const auto first = book_.positions.begin() + unit.first_position;
    return std::any_of(first, first + unit.positions, is_so);
}

bool Reconciler::unsaid(std::uint32_t u) const {
    if (known_.imported == nullptr) {
        return false;
    }
    const auto is_unsaid = [&](const auto& row) {
        const std::vector<BookLine>& lines = known_.imported->lines;
        const std::size_t k = row.line >= 2 ? row.line - 2U : SIZE_MAX;
        return k < lines.size() && !lines[k].unsaid.empty();
    };
    const MarginUnit& unit = book_.units[u];
    const auto first = book_.collateral.begin() + unit.first_collateral;
    return any_position(u, is_unsaid) || std::any_of(first, first + unit.collaterals, is_unsaid);
}

bool Reconciler::rates_unknown(std::uint32_t u) const {
    return any_position(u, [&](const BookPosition& p) {
        const std::size_t i = p.instrument.raw();
        return input_of(p.line) == LineInput::terms ||
               (p.override_row < 0 && i < known_.assumed_tiers.size() && known_.assumed_tiers[i]);
    });
}

bool Reconciler::valued_as_the_file(std::uint32_t u) const {
    return !any_position(u, [&](const BookPosition& p) {
        const std::size_t i = p.instrument.raw();
        return i < known_.other_prices.size() && known_.other_prices[i];
    });
}

double Reconciler::rate_of(SlotId slot) const {
    const MarginTiers& tiers = view_.tiers(slot);
    return tiers.empty() ? 0.0 : static_cast<double>(tiers.front().mmr_ppm) * 1e-6;
}

// Of the instrument's own tiers, and half of what the highest leverages ask.
std::vector<double> Reconciler::other_rates(SlotId slot) const {
    std::vector<double> out;
    const double own = rate_of(slot);
    const auto add = [&](double rate) {
        if (std::fabs(rate - own) > 1e-6) {
            out.push_back(rate);
        }
    };
    for (const MarginTier& tier : start_.market().at(book_.positions[slot].instrument).tiers) {
        add(static_cast<double>(tier.mmr_ppm) * 1e-6);
    }
    for (const double leverage : highest_leverages) {
        add(0.5 / leverage);
    }
    return out;
}

// What the account has for the position does not depend on the position's own rate: size x (price x rate - price x
// sign) stays, so the price goes as 1 / (rate - sign).
bool Reconciler::agrees_at_another_rate(const PriceCheck& check) const {
    const double direction = book_.positions[check.slot].side == Side::buy ? 1.0 : -1.0;
    const double rate = rate_of(check.slot);
    return check.computed > 0.0 && std::ranges::any_of(other_rates(check.slot), [&](double other) {
               const double price = check.computed * (rate - direction) / (other - direction);
               return std::fabs(price - check.reported) <= tolerance_ * check.reported;
           });
}

// With the file's equity in place of ours, is nothing more than the requirement left at its price?
bool Reconciler::explained_by_reported_equity(std::uint32_t u, const PriceCheck& check) const {
    const double reported = book_.units[u].reported_equity;
    if (std::isnan(reported) || check.reported <= 0.0) {
        return false;
    }
    const std::optional<double> excess = view_.excess_at(check.slot, check.reported);
    const BookPosition& p = book_.positions[check.slot];
    const double coins =
        static_cast<double>(p.lots.raw()) * start_.market().at(p.instrument).instrument.lot_base;
    const double step = std::max(tolerance_ * check.reported, view_.tick(p.instrument) * 1.000001);
    return excess && std::fabs(*excess + reported - equity_) <= coins * step;
}

}  // namespace

const char* figure_word(BookFigure figure) {
    switch (figure) {
        case BookFigure::equity:
            return "equity";
        case BookFigure::margin:
            return "maintenance margin";
        case BookFigure::liquidation_price:
            return "liquidation price";
    }
    return "";
}

const char* cause_words(BreakCause cause) {
    switch (cause) {
        case BreakCause::our_reading:
            return "our reading";
        case BreakCause::contradiction:
            return "the file's own contradiction";
        case BreakCause::format_gap:
            return "the format cannot say";
        case BreakCause::unknown_tier:
            return "unknown tier";
    }
    return "";
}

void FigureAgreement::add_agreeing(double usd) {
    ++compared;
    ++agree;
    usd_compared += usd;
    usd_agree += usd;
}

void FigureAgreement::add_break(BreakCause cause, double usd) {
    ++compared;
    usd_compared += usd;
    CauseCount& row = causes[static_cast<std::size_t>(cause)];
    ++row.figures;
    row.usd += usd;
}

KnownInputs known_inputs(const StressMarket& market,
                         const MarketSources& sources,
                         const ImportedBook& imported) {
    KnownInputs out;
    out.imported = imported.lines.empty() ? nullptr : &imported;
    out.assumed_tiers.resize(market.instruments.size());
    out.other_prices.resize(market.instruments.size());
    for (const StressInstrument& row : market.instruments) {
        const auto source =
            std::ranges::find(sources.instruments, row.name, &InstrumentSource::instrument);
        if (source != sources.instruments.end()) {
            out.assumed_tiers[row.instrument.id.raw()] = source->tiers_assumed;
            out.other_prices[row.instrument.id.raw()] = source->price != price_of_book;
        }
    }
    return out;
}

Reconciliation reconcile(const StressStart& start, double tolerance, const KnownInputs& known) {
    return Reconciler(start, tolerance, known).run();
}

}  // namespace margincall::inline desk
