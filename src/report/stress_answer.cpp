// The answer of a stress in words, and how its limits stand.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "base/check.hpp"
#include "base/name_list.hpp"
#include "report/firmness.hpp"
#include "report/format.hpp"
#include "report/lending_tables.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline report {
namespace {

constexpr std::size_t positions_named = 6;

const StressOutcome& today(const StressReport& report) {
    return report.columns.front().outcome;
}

std::string counted(std::uint64_t n, const char* one, const char* many) {
    return fmt::format("{} {}", format_count(static_cast<double>(n)), n == 1 ? one : many);
}

// Of all positions at the marks of the start, USD.
double notional_of(const StressReport& report) {
    double usd = 0.0;
    for (const BookPosition& p : report.book->positions) {
        const StressInstrument& at = report.market->at(p.instrument);
        usd += to_usd(notional(at.instrument, at.mark, p.lots));
    }
    return usd;
}

// Whose positions were closed for the most, of the rows of the first column.
std::string hardest_hit(const StressReport& report) {
    std::map<std::uint32_t, double> by_account;
    for (const LiquidationRow& row : today(report).liquidations) {
        by_account[report.book->units[row.unit].account] += row.notional;
    }
    const auto most = std::ranges::max_element(
        by_account, [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == by_account.end() ? std::string{}
                                    : fmt::format(", most of all {} ({})",
                                                  report.book->accounts[most->first].id,
                                                  format_money(most->second));
}

std::uint64_t account_count(const StressReport& report) {
    return report.book->accounts.size() - report.book->accounts_left_out;
}

std::string position_words(const StressReport& report, InstrumentId instrument, Side side) {
    return fmt::format(
        "{} {}", report.market->at(instrument).name, side == Side::buy ? "long" : "short");
}

// Of a single account: which of its positions were closed, and for how much.
std::string closed_positions(const StressReport& report) {
    std::map<std::pair<std::uint32_t, Side>, double> by_position;
    for (const LiquidationRow& row : today(report).liquidations) {
        by_position[{row.instrument.raw(), row.side}] += row.notional;
    }
    std::vector<std::string> names;
    names.reserve(by_position.size());
    for (const auto& [key, usd] : by_position) {
        names.push_back(
            fmt::format("{} ({})",
                        position_words(report, InstrumentId::from_raw(key.first), key.second),
                        format_money(usd)));
    }
    return names.empty() ? std::string{} : ": " + name_list(names, positions_named);
}

// Of a single account: how far each of its positions is from liquidation.
std::string own_prices(const StressReport& report) {
    const std::vector<PositionPrice>& prices = report.map.positions;
    if (account_count(report) != 1 || prices.empty()) {
        return {};
    }
    std::vector<std::string> names;
    for (std::size_t slot = 0; slot < prices.size(); ++slot) {
        const BookPosition& p = report.book->positions[slot];
        const StressInstrument& at = report.market->at(p.instrument);
        const double price = prices[slot].liquidation;
        const std::string name = position_words(report, p.instrument, p.side);
        names.push_back(
            price > 0.0 ? fmt::format("{} at {} ({})",
                                      name,
                                      format_price(price),
                                      format_percent(price / to_usd(at.instrument, at.mark) - 1.0))
                        : name + " never");
    }
    return fmt::format("Liquidated, if the mark of its own coin alone moves: {}.",
                       name_list(names, positions_named));
}

std::string hit(const StressReport& report) {
    const StressOutcome& o = today(report);
    const std::uint64_t accounts = account_count(report);
    if (o.accounts_liquidated == 0) {
        return fmt::format("none of {} is liquidated", counted(accounts, "account", "accounts"));
    }
    return fmt::format("{} of {} {} liquidated, {} of {}{}",
                       format_count(static_cast<double>(o.accounts_liquidated)),
                       counted(accounts, "account", "accounts"),
                       o.accounts_liquidated == 1 ? "is" : "are",
                       format_money(o.liquidated_long + o.liquidated_short),
                       format_money(notional_of(report)),
                       accounts == 1 ? closed_positions(report) : hardest_hit(report));
}

std::string funds(const StressReport& report) {
    const StressColumn& column = report.columns.front();
    std::vector<std::string> emptied;
    const PoolResult* deepest = nullptr;
    std::size_t with_money = 0;
    for (const PoolResult& pool : column.outcome.pools) {
        if (pool.emptied_time_s >= 0.0) {
            emptied.push_back(column.market->pools[pool.pool].name);
        }
        with_money += pool.before > 0.0 ? 1U : 0U;
        const auto left = [](const PoolResult& p) { return p.lowest / p.before; };
        if (pool.before > 0.0 && pool.lowest < pool.before &&
            (deepest == nullptr || left(pool) < left(*deepest))) {
            deepest = &pool;
        }
    }
    if (!emptied.empty()) {
        return fmt::format(
            "{} {} emptied", fmt::join(emptied, ", "), emptied.size() == 1 ? "is" : "are");
    }
    if (with_money == 0) {
        return "no fund had money";
    }
    if (deepest == nullptr) {
        return "no fund pays anything";
    }
    const std::string& name = column.market->pools[deepest->pool].name;
    const std::string lowest = format_money(deepest->lowest);
    const std::string before = format_money(deepest->before);
    return lowest == before
               ? fmt::format("every fund holds, {} falls furthest, by {} of {}",
                             name,
                             format_money(deepest->before - deepest->lowest),
                             before)
               : fmt::format(
                     "every fund holds, {} falls furthest, to {} of {}", name, lowest, before);
}

std::string deleveraged(const StressReport& report) {
    const double usd = pool_sum(today(report).pools, &PoolResult::adl);
    const std::uint64_t accounts = today(report).adl_accounts;
    return accounts == 0 ? std::string{"nobody is deleveraged"}
                         : fmt::format("{} deleveraged for {}",
                                       counted(accounts, "winner is", "winners are"),
                                       format_money(usd));
}

std::string debt(const StressOutcome& o) {
    return o.bad_debt > 0.0 ? format_money(o.bad_debt) + " of bad debt is left"
                            : std::string{"no bad debt"};
}

constexpr std::size_t most_funds = 6;

constexpr std::array turns = {
    Turn<StressOutcome>{"nobody is liquidated",
                        "somebody is liquidated",
                        [](const StressOutcome& o) { return o.accounts_liquidated > 0; }},
    Turn<StressOutcome>{"every fund holds",
                        "a fund is emptied",
                        [](const StressOutcome& o) { return o.funds_emptied > 0; }},
    Turn<StressOutcome>{"nobody is deleveraged",
                        "somebody is deleveraged",
                        [](const StressOutcome& o) { return o.adl_accounts > 0; }},
    Turn<StressOutcome>{"no bad debt is left",
                        "bad debt is left",
                        [](const StressOutcome& o) { return o.bad_debt > 0.0; }},
};

// Whether these moves decide the answer.
std::string without_betas(const StressReport& report) {
    if (!report.without_betas) {
        return {};
    }
    const std::vector<std::string> what = unlike(today(report), *report.without_betas, turns);
    return what.empty()
               ? std::string{"; if they stood still the same kinds of outcome would follow"}
               : fmt::format("; this decides the answer: if they stood still, {}",
                             fmt::join(what, ", "));
}

// Coins that no shock names but that have positions: their moves follow from an assumption.
std::string by_beta(const StressReport& report) {
    const std::vector<bool> held = held_coins(*report.book, *report.market);
    std::vector<std::string> moves;
    for (std::size_t c = 0; c < report.market->coins.size(); ++c) {
        const bool followed =
            c < report.moves.size() && !report.moves[c].named && report.moves[c].move != 0.0;
        if (followed && held[c]) {
            moves.push_back(fmt::format("{} {}{}",
                                        report.market->coins[c].name,
                                        format_percent(report.moves[c].move),
                                        report.moves[c].clamped ? " (no further than that)" : ""));
        }
    }
    constexpr std::size_t most = 8;
    if (moves.empty()) {
        return {};
    }
    return fmt::format("By beta alone, not by the shock as given, move {}{}.",
                       name_list(moves, most),
                       without_betas(report));
}

std::string takeovers(const StressReport& report) {
    const double alone = pool_sum(today(report).pools, &PoolResult::no_counterparty);
    std::vector<std::string> funds;
    for (const PoolResult& pool : today(report).pools) {
        if (pool.no_counterparty > 0.0) {
            funds.push_back(fmt::format("{}{}",
                                        report.columns.front().market->pools[pool.pool].name,
                                        pool.emptied_time_s >= 0.0 ? " (emptied)" : ""));
        }
    }
    return alone > 0.0 ? fmt::format(
                             "For want of a winner in the book {} stay with the funds whatever "
                             "their cap, at {}; with the "
                             "other side of these positions known it would be deleveraged.",
                             format_money(alone),
                             name_list(funds, most_funds))
                       : std::string{};
}

std::vector<std::string> book_answer(const StressReport& report) {
    std::vector<std::string> out{fmt::format("{}: {}; {}; {}; {}.",
                                             report.shock,
                                             hit(report),
                                             funds(report),
                                             deleveraged(report),
                                             debt(today(report)))};
    if (!report.varied.empty()) {
        out.push_back(firmness(today(report), report.varied, turns));
    }
    for (std::string sentence : {own_prices(report), by_beta(report), takeovers(report)}) {
        if (!sentence.empty()) {
            out.push_back(std::move(sentence));
        }
    }
    if (!today(report).settled) {
        out.emplace_back("Cases were still open when the time after the shock was over.");
    }
    return out;
}

}  // namespace

std::vector<std::string> stress_answer(const StressReport& report) {
    std::vector<std::string> out;
    if (!report.columns.empty()) {
        out = book_answer(report);
    }
    std::ranges::move(lending_answer(report), std::back_inserter(out));
    return out;
}

const char* verdict_word(Verdict verdict) {
    switch (verdict) {
        case Verdict::kept:
            return "kept";
        case Verdict::close:
            return "kept, but not when varied";
        case Verdict::broken:
            return "broken";
    }
    return "";
}

std::vector<LimitVerdict> limit_verdicts(const StressReport& report) {
    std::vector<LimitVerdict> out;
    const std::vector<StressLine> lines = figure_lines(report);
    for (const Limit& limit : report.limits) {
        const auto line = std::ranges::find(lines, limit.figure, &StressLine::key);
        CHECK(line != lines.end());  // limits of a stress name what outcome_figures() has
        LimitVerdict row;
        row.text = named_text(limit);
        row.figure = line->shown.front();
        if (!line->range.empty()) {
            row.figure += line->range == "the same" ? ", firm" : ", varied " + line->range;
        }
        const bool ends =
            line->range.empty() || (holds(limit, line->low) && holds(limit, line->high));
        row.verdict = !holds(limit, line->values.front()) ? Verdict::broken
                      : ends                              ? Verdict::kept
                                                          : Verdict::close;
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace margincall::inline report
