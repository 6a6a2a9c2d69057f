// population.book: an account book as the leveraged accounts of a run.
#include <algorithm>
#include <filesystem>

#include "desk/account_book.hpp"
#include "desk/csv.hpp"
#include "scenario/compile.hpp"
#include "scenario/compiler.hpp"
#include "scenario/stress_market.hpp"

namespace margincall::inline scenario {
namespace {

Error book_error(const AccountBook& book, std::uint32_t line, std::string message) {
    Error error;
    error.file = book.name;
    error.line = static_cast<int>(line);
    error.column = 1;
    error.code = "E617";
    error.message = std::move(message);
    return error;
}

// A run margins rows of one position with dollars behind it, at the venue's own tiers.
void refuse_unsupported(const AccountBook& book, Errors& errors) {
    for (const MarginUnit& unit : book.units) {
        if (unit.positions > 1) {
            add_problem(errors,
                        book_error(book,
                                   book.positions[unit.first_position + 1].line,
                                   fmt::format("account {} has several positions in one wallet",
                                               book.accounts[unit.account].id)))
                .hint = "a run takes one position a wallet; `margincall stress` takes all";
        }
        for (std::uint32_t k = 0; k < unit.collaterals; ++k) {
            const BookCollateral& line = book.collateral[unit.first_collateral + k];
            if (line.coin.valid() && unit.positions > 0) {
                add_problem(errors, book_error(book, line.line, "collateral in a coin")).hint =
                    "a run takes dollars; `margincall stress` takes coins";
            }
        }
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            const BookPosition& p = book.positions[unit.first_position + k];
            if (p.override_row >= 0) {
                add_problem(errors, book_error(book, p.line, "a tier_override")).hint =
                    "a run uses the venue's tiers; `margincall stress` takes overrides";
            }
        }
    }
}

AccountSeed seed_of(const AccountBook& book, const MarginUnit& unit, const PlanMarket& market) {
    const BookPosition& p = book.positions[unit.first_position];
    const Instrument& inst = market.market.at(p.instrument).instrument;
    std::int64_t cash = 0;
    for (std::uint32_t k = 0; k < unit.collaterals; ++k) {
        cash = checked_add(cash, book.collateral[unit.first_collateral + k].amount);
    }
    AccountSeed row;
    row.instrument = market.plan_instrument[p.instrument.raw()];
    row.side = p.side;
    row.mode = unit.mode;
    row.qty = p.lots;
    // Entries are whole ticks in a run; the margin takes up the difference, so that equity stays.
    const std::int64_t size = p.cost.raw() < 0 ? -p.cost.raw() : p.cost.raw();
    const i128 ticks =
        div_round(i128{size}, i128{p.lots.raw()} * i128{inst.tick_value.raw()}, Round::down);
    row.entry = Ticks::from_raw(std::max<std::int64_t>(1, narrow_i64(ticks)));
    const std::int64_t cost = sign(p.side) * notional(inst, row.entry, row.qty).raw();
    row.margin = Money::from_raw(cash + (cost - p.cost.raw()));
    const i128 worth = notional(inst, row.entry, row.qty).raw();
    const i128 leverage =
        row.margin.raw() > 0 ? div_round(worth * 100, row.margin.raw(), Round::up) : i128{20'000};
    row.leverage_e2 = narrow_i64(std::clamp<i128>(leverage, 1, 20'000));
    return row;
}

// Contracts net to zero: what the book lacks is held by one unlevered owner outside it.
void add_the_rest(std::vector<AccountSeed>& rows, const PlanMarket& market) {
    for (std::size_t i = 0; i < market.plan_instrument.size(); ++i) {
        std::int64_t net = 0;
        for (const AccountSeed& row : rows) {
            net += row.instrument == market.plan_instrument[i] ? sign(row.side) * row.qty.raw() : 0;
        }
        if (net == 0) {
            continue;
        }
        const StressInstrument& spec = market.market.instruments[i];
        AccountSeed row;
        row.instrument = market.plan_instrument[i];
        row.side = net > 0 ? Side::sell : Side::buy;
        row.mode = MarginMode::cross;
        row.hedger = 1;
        row.qty = Lots::from_raw(net > 0 ? net : -net);
        row.entry = spec.mark;
        row.margin = notional(spec.instrument, spec.mark, row.qty);
        rows.push_back(row);
    }
}

}  // namespace

void Compiler::read_book() {
    if (book_node_ == nullptr) {
        return;
    }
    if (book_node_->kind != NodeKind::text) {
        problem(*book_node_, "E201", "population.book: should be the name of a file");
        return;
    }
    namespace fs = std::filesystem;
    const fs::path given = book_node_->text;
    const fs::path path =
        given.is_absolute() ? given : fs::path(doc_.files[book_node_->at.file].directory) / given;
    const std::expected<std::string, Error> text = read_text_file(path.string());
    if (!text) {
        problem(*book_node_, text.error().code, "population.book: " + text.error().message);
        return;
    }
    // The hash of the text makes the book part of the scenario's hash.
    resolved_.add("population", fmt::format("book = {}", quote_toml(fs::absolute(path).string())));
    resolved_.add("population", "# book: " + text_hash(*text));
    if (!errors_.empty()) {
        return;  // names and steps of the market are not certain
    }
    const PlanMarket market = stress_market(draft_.plan);
    const AccountBook book =
        read_account_book(*text, path.string(), market.market, BadRows::refuse, errors_);
    refuse_unsupported(book, errors_);
    if (!errors_.empty()) {
        return;
    }
    std::vector<AccountSeed>& rows = draft_.plan.population.book;
    for (const MarginUnit& unit : book.units) {
        if (unit.positions == 1) {
            rows.push_back(seed_of(book, unit, market));
            if (rows.back().margin.raw() < 0) {
                add_problem(errors_, book_error(book, unit.line, "a wallet below zero"));
            }
        }
    }
    add_the_rest(rows, market);
    std::stable_sort(rows.begin(), rows.end(), [](const AccountSeed& a, const AccountSeed& b) {
        return a.instrument != b.instrument ? a.instrument < b.instrument : a.side < b.side;
    });
}

}  // namespace margincall::inline scenario
