#include "report/lending_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "desk/lending_figures.hpp"
#include "report/firmness.hpp"
#include "report/format.hpp"
#include "report/stress_reverse.hpp"

namespace margincall::inline report {
namespace {

using LendingJson = nlohmann::ordered_json;

std::string base_text(const U256& base) {
    return decimal_text(base, base_decimals);
}
std::string count_of(std::size_t n) {
    return format_count(static_cast<double>(n));
}
ReverseOf lending_reverse(const StressReport& report) {
    return {*report.lending->reverse,
            *report.market,
            report.moves,
            "lending_",
            "Lending, reverse stress"};
}
// Without debt there is none.
std::string health_text(const U256& health) {
    return health == U256::max() ? std::string{} : decimal_text(health, health_decimals);
}
TableCell health_cell(const U256& health) {
    const double value = health == U256::max() ? std::numeric_limits<double>::quiet_NaN()
                                               : health.to_double() * 1e-18;
    return number_cell(std::isnan(value) ? std::string{no_data} : fmt::format("{:.4f}", value),
                       value);
}
// When the first call came, seconds after the start of the shock.
TableCell first_cell(const LendingAccountResult& r) {
    return r.calls == 0
               ? number_cell(std::string{no_data}, std::numeric_limits<double>::quiet_NaN())
               : number_cell(r.first_s <= 0.0
                                 ? std::string{"at once"}
                                 : "after " + duration_text(duration_from_seconds(r.first_s)),
                             std::max(r.first_s, 0.0));
}

constexpr std::array lending_turns = {
    Turn<LendingOutcome>{"nobody is liquidated",
                         "somebody is liquidated",
                         [](const LendingOutcome& o) { return o.liquidated > 0; }},
    Turn<LendingOutcome>{"no bad debt is left",
                         "bad debt is left",
                         [](const LendingOutcome& o) { return !o.bad_debt_base().is_zero(); }},
};

StressTable totals_table(const StressReport& report) {
    const LendingReport& lending = *report.lending;
    StressTable out{
        "lending",
        "Lending",
        fmt::format("Aave v3.5 rules; prices published every {}; liquidators take all that the "
                    "rules allow and sell nothing into the books",
                    duration_text(lending.outcome.step)),
        {"", "lending book"},
        {}};
    if (!lending.varied.empty()) {
        out.head.emplace_back("varied");
    }
    for (const StressLine& line : lending_lines(report)) {
        out.rows.push_back({line.label, number_cell(line.shown.front(), line.values.front())});
        if (!lending.varied.empty()) {
            out.rows.back().emplace_back(line.range);
        }
    }
    return out;
}

// The same shock at other sizes.
StressTable lending_sizes_table(const LendingReport& lending) {
    StressTable out{"lending_sizes",
                    "Lending, the same shock at other sizes",
                    "each from the start of the book",
                    {"shock", "accounts", "repaid", "of the debt", "seized", "bad debt"},
                    {}};
    for (const LendingVaried& size : lending.sizes) {
        const LendingOutcome& o = size.outcome;
        const double debt = lending_usd(o.debt_base);
        out.rows.push_back({size.name,
                            count_cell(o.liquidated),
                            money_cell(lending_usd(o.repaid_base)),
                            percent_cell(debt > 0.0 ? lending_usd(o.repaid_base) / debt : 0.0),
                            money_cell(lending_usd(o.seized_base)),
                            money_cell(lending_usd(o.bad_debt_base()))});
    }
    return out;
}

StressTable assets_table(const StressReport& report, const LendingReport& lending) {
    StressTable out{"lending_assets",
                    "Lending, by asset",
                    "amounts in tokens; prices are the book's own, moved as their coin",
                    {"asset",
                     "market",
                     "moves with",
                     "rule",
                     "price",
                     "after",
                     "supplied",
                     "owed",
                     "repaid",
                     "seized",
                     "bad debt"},
                    {}};
    for (std::size_t a = 0; a < lending.book->assets.size(); ++a) {
        const LendingAsset& asset = lending.book->assets[a];
        const LendingAssetResult& result = lending.outcome.assets[a];
        const AssetMove& move = lending.moves[a];
        const auto tokens = [&](const U256& units) {
            const double amount = units.to_double() / asset.unit().to_double();
            return number_cell(fmt::format("{:.6g}", amount), amount);
        };
        out.rows.push_back({asset.name,
                            asset.market,
                            move.coin.valid() ? report.market->coins[move.coin.raw()].name
                                              : std::string{"nothing"},
                            move.rule,
                            price_cell(lending_usd(asset.price)),
                            price_cell(lending_usd(result.price_end)),
                            tokens(result.supplied),
                            tokens(result.owed),
                            tokens(result.repaid),
                            tokens(result.seized),
                            money_cell(lending_usd(result.written_off_base))});
    }
    return out;
}

// Accounts with so much health, and their debt: at the book's prices and at the shock's.
StressTable health_table(const LendingReport& lending) {
    static constexpr std::array<std::uint32_t, 7> from_percent = {0, 95, 100, 105, 110, 125, 150};
    StressTable out{"lending_health",
                    "Lending, health factors",
                    "of accounts with debt; after: at the shock's prices, had nobody liquidated",
                    {"health", "accounts before", "debt before", "accounts after", "debt after"},
                    {}};
    for (std::size_t band = 0; band < from_percent.size(); ++band) {
        const bool last = band + 1 == from_percent.size();
        const auto wad_of = [](std::uint32_t percent) { return aave::wad * percent / 100; };
        std::array<std::size_t, 2> accounts{};
        std::array<U256, 2> debt;
        for (const LendingAccountResult& r : lending.outcome.accounts) {
            for (const std::size_t when : {0U, 1U}) {
                const aave::AccountData& data = when == 0 ? r.before : r.unhelped;
                if (!data.debt_base.is_zero() && data.health_factor >= wad_of(from_percent[band]) &&
                    (last || data.health_factor < wad_of(from_percent[band + 1]))) {
                    ++accounts[when];
                    debt[when] += data.debt_base;
                }
            }
        }
        out.rows.push_back({last ? fmt::format("{:.2f} or more", from_percent[band] * 0.01)
                                 : fmt::format("below {:.2f}", from_percent[band + 1] * 0.01),
                            count_cell(accounts[0]),
                            money_cell(lending_usd(debt[0])),
                            count_cell(accounts[1]),
                            money_cell(lending_usd(debt[1]))});
    }
    return out;
}

// Accounts that something happened to, most bad debt and then most seized first; then those nearest to 1.
StressTable accounts_table(const LendingReport& lending, std::size_t rows_most) {
    const LendingOutcome& o = lending.outcome;
    std::vector<std::size_t> owing;
    for (std::size_t a = 0; a < o.accounts.size(); ++a) {
        if (!o.accounts[a].before.debt_base.is_zero()) {
            owing.push_back(a);
        }
    }
    std::ranges::stable_sort(owing, [&](std::size_t a, std::size_t b) {
        const auto lost = [&](std::size_t k) {
            return o.accounts[k].written_off_base + o.accounts[k].uncovered_base;
        };
        if (lost(a) != lost(b)) {
            return lost(a) > lost(b);
        }
        return o.accounts[a].seized_base != o.accounts[b].seized_base
                   ? o.accounts[a].seized_base > o.accounts[b].seized_base
                   : o.accounts[a].unhelped.health_factor < o.accounts[b].unhelped.health_factor;
    });
    StressTable out{"lending_accounts",
                    "Lending, accounts with debt",
                    owing.size() > rows_most ? fmt::format("{} of {}; all of them in "
                                                           "lending_accounts.csv",
                                                           rows_most,
                                                           count_of(owing.size()))
                                             : std::string{},
                    {"account",
                     "market",
                     "health before",
                     "at the shock's prices",
                     "at the end",
                     "first",
                     "calls",
                     "debt before",
                     "repaid",
                     "seized",
                     "bad debt",
                     "left below 1"},
                    {}};
    for (const std::size_t a : owing) {
        if (out.rows.size() == rows_most) {
            break;
        }
        const LendingAccountResult& r = o.accounts[a];
        out.rows.push_back({id_cell(lending.book->accounts[a].id),
                            lending.book->accounts[a].market,
                            health_cell(r.before.health_factor),
                            health_cell(r.unhelped.health_factor),
                            health_cell(r.after.health_factor),
                            first_cell(r),
                            count_cell(r.calls),
                            money_cell(lending_usd(r.before.debt_base)),
                            money_cell(lending_usd(r.repaid_base)),
                            money_cell(lending_usd(r.seized_base)),
                            money_cell(lending_usd(r.written_off_base + r.uncovered_base)),
                            r.stuck.empty() ? std::string{"no"} : r.stuck});
    }
    return out;
}

StressTable health_breaks_table(const LendingReport& lending, std::size_t rows_most) {
    const std::vector<HealthBreak>& breaks = lending.health.breaks;
    StressTable out{"lending_breaks",
                    "Health factors that do not agree",
                    breaks.size() > rows_most
                        ? fmt::format("{} of {}; all of them in lending_reconciliation.csv",
                                      rows_most,
                                      count_of(breaks.size()))
                        : std::string{},
                    {"line", "account", "market", "in the file", "by the rules", "cause"},
                    {}};
    for (const HealthBreak& b : breaks) {
        if (out.rows.size() == rows_most) {
            break;
        }
        const LendingAccount& account = lending.book->accounts[b.account];
        out.rows.push_back(
            {number_cell(fmt::format("{}", account.line), static_cast<double>(account.line)),
             id_cell(account.id),
             account.market,
             health_cell(b.reported),
             health_cell(b.computed),
             cause_words(b.cause)});
    }
    return out;
}

std::string accounts_csv(const LendingReport& lending) {
    std::string out =
        "account,market,emode,reported_health,health,collateral_usd,debt_usd,health_after_shock,"
        "health_at_end,first_liquidation_s,calls,repaid_usd,seized_usd,protocol_fee_usd,"
        "written_off_usd,uncovered_usd,left_below_one\n";
    for (std::size_t a = 0; a < lending.book->accounts.size(); ++a) {
        const LendingAccount& account = lending.book->accounts[a];
        const LendingAccountResult& r = lending.outcome.accounts[a];
        out += fmt::format(
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
            csv_cell(account.id),
            csv_cell(account.market),
            csv_cell(account.emode),
            account.reported_health ? health_text(*account.reported_health) : std::string{},
            health_text(r.before.health_factor),
            base_text(r.before.collateral_base),
            base_text(r.before.debt_base),
            health_text(r.unhelped.health_factor),
            health_text(r.after.health_factor),
            r.calls > 0 ? fmt::format("{:.3f}", r.first_s) : std::string{},
            r.calls,
            base_text(r.repaid_base),
            base_text(r.seized_base),
            base_text(r.fee_base),
            base_text(r.written_off_base),
            base_text(r.uncovered_base),
            csv_cell(r.stuck));
    }
    return out;
}

std::string liquidations_csv(const LendingReport& lending) {
    std::string out =
        "account,market,time_s,health,collateral,debt,repaid,seized,protocol_fee,repaid_usd,"
        "seized_usd,protocol_fee_usd,written_off_usd\n";
    for (const LendingCall& call : lending.outcome.calls) {
        const LendingAccount& account = lending.book->accounts[call.account];
        const LendingAsset& collateral = lending.book->assets[call.collateral];
        const LendingAsset& debt = lending.book->assets[call.debt];
        out += fmt::format("{},{},{:.3f},{},{},{},{},{},{},{},{},{},{}\n",
                           csv_cell(account.id),
                           csv_cell(account.market),
                           call.time_s,
                           health_text(call.health),
                           csv_cell(collateral.name),
                           csv_cell(debt.name),
                           decimal_text(call.repaid, static_cast<int>(debt.decimals)),
                           decimal_text(call.seized, static_cast<int>(collateral.decimals)),
                           decimal_text(call.protocol_fee, static_cast<int>(collateral.decimals)),
                           base_text(call.repaid_base),
                           base_text(call.seized_base),
                           base_text(call.fee_base),
                           base_text(call.written_off_base));
    }
    return out;
}

std::string assets_csv(const StressReport& report, const LendingReport& lending) {
    std::string out =
        "market,asset,moves_with,rule,price,price_at_end,supplied,owed,repaid,seized,protocol_fee,"
        "written_off_usd\n";
    for (std::size_t a = 0; a < lending.book->assets.size(); ++a) {
        const LendingAsset& asset = lending.book->assets[a];
        const LendingAssetResult& r = lending.outcome.assets[a];
        const AssetMove& move = lending.moves[a];
        const auto tokens = [&](const U256& units) {
            return decimal_text(units, static_cast<int>(asset.decimals));
        };
        out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n",
                           csv_cell(asset.market),
                           csv_cell(asset.name),
                           move.coin.valid() ? csv_cell(report.market->coins[move.coin.raw()].name)
                                             : std::string{},
                           csv_cell(move.rule),
                           base_text(asset.price),
                           base_text(r.price_end),
                           tokens(r.supplied),
                           tokens(r.owed),
                           tokens(r.repaid),
                           tokens(r.seized),
                           tokens(r.protocol_fee),
                           base_text(r.written_off_base));
    }
    return out;
}

std::string health_csv(const LendingReport& lending) {
    std::string out = "line,account,market,reported_health,computed_health,cause\n";
    for (const HealthBreak& b : lending.health.breaks) {
        const LendingAccount& account = lending.book->accounts[b.account];
        out += fmt::format("{},{},{},{},{},{}\n",
                           account.line,
                           csv_cell(account.id),
                           csv_cell(account.market),
                           health_text(b.reported),
                           health_text(b.computed),
                           cause_words(b.cause));
    }
    return out;
}

}  // namespace

std::vector<StressTable> lending_tables(const StressReport& report, std::size_t rows_most) {
    if (!report.lending) {
        return {};
    }
    std::vector<StressTable> out{totals_table(report),
                                 lending_sizes_table(*report.lending),
                                 health_breaks_table(*report.lending, rows_most),
                                 health_table(*report.lending),
                                 assets_table(report, *report.lending),
                                 accounts_table(*report.lending, rows_most)};
    if (report.lending->reverse) {
        std::vector<StressTable> reverse = reverse_tables(lending_reverse(report));
        out.insert(out.begin() + 2,
                   std::move_iterator(reverse.begin()),
                   std::move_iterator(reverse.end()));
    }
    return out;
}

std::vector<std::string> lending_answer(const StressReport& report) {
    if (!report.lending) {
        return {};
    }
    const LendingReport& lending = *report.lending;
    const LendingOutcome& o = lending.outcome;
    const char* const word = o.accounts.size() == 1 ? "account" : "accounts";
    const std::string hit =
        o.liquidated == 0 ? fmt::format("none of {} {} of the lending book is liquidated",
                                        count_of(o.accounts.size()),
                                        word)
                          : fmt::format(
                                "{} of {} {} of the lending book {} liquidated, {} of {} of debt "
                                "repaid for {} of collateral",
                                count_of(o.liquidated),
                                count_of(o.accounts.size()),
                                word,
                                o.liquidated == 1 ? "is" : "are",
                                format_money(lending_usd(o.repaid_base)),
                                format_money(lending_usd(o.debt_base)),
                                format_money(lending_usd(o.seized_base)));
    const std::string debt =
        o.bad_debt_base().is_zero()
            ? std::string{"no bad debt"}
            : format_money(lending_usd(o.bad_debt_base())) + " of bad debt is left";
    std::vector<std::string> out{fmt::format("{}: {}; {}.", report.shock, hit, debt)};
    if (!lending.varied.empty()) {
        out.push_back("The lending book: " + firmness(o, lending.varied, lending_turns));
    }
    const bool at_once = std::ranges::all_of(
        report.moves, [](const CoinShock& coin) { return coin.over.raw() == 0; });
    if (at_once && !o.bad_debt_base().is_zero()) {
        out.emplace_back(
            "The fall comes at once, so that liquidators meet the accounts at its end; with a time "
            "(--shock COIN=MOVE/30min) they meet them on the way.");
    }
    std::string moved;
    for (std::size_t a = 0; a < lending.moves.size(); ++a) {
        const AssetId coin = lending.moves[a].coin;
        if (!coin.valid() || coin.raw() >= report.moves.size()) {
            continue;
        }
        const CoinShock& shock = report.moves[coin.raw()];
        if (!shock.named && shock.move != 0.0) {
            moved += fmt::format("{}{} {}",
                                 moved.empty() ? "" : ", ",
                                 lending.book->assets[a].name,
                                 format_percent(shock.move));
        }
    }
    if (!moved.empty()) {
        out.push_back(fmt::format(
            "By the beta of their coin alone, not by the shock as given, move {}.", moved));
    }
    return out;
}

std::vector<std::string> lending_sentences(const StressReport& report) {
    if (!report.lending) {
        return {};
    }
    std::vector<std::string> out;
    const HealthReconciliation& health = report.lending->health;
    if (health.figures.compared > 0) {
        out.push_back(
            fmt::format("Health factors: largest difference {:.3g} %.", 100.0 * health.largest));
    }
    if (report.lending->book->lines_left_out > 0) {
        out.push_back(
            fmt::format("Left out: {} lines of the lending book, {} accounts with everything they "
                        "hold.",
                        count_of(report.lending->book->lines_left_out),
                        count_of(report.lending->book->accounts_left_out)));
    }
    return out;
}

std::vector<std::string> lending_json_lines(const StressReport& report) {
    if (!report.lending) {
        return {};
    }
    const LendingReport& lending = *report.lending;
    std::vector<LendingJson> rows;
    LendingJson total{{"kind", "lending"},
                      {"file", lending.title},
                      {"shock", report.shock},
                      {"lines", lending.book->lines},
                      {"lines_left_out", lending.book->lines_left_out},
                      {"health_compared", lending.health.figures.compared},
                      {"health_breaks", lending.health.breaks.size()},
                      {"health_largest_difference", lending.health.largest}};
    for (const LendingItem& item : lending_items()) {
        total[item.short_key()] = item.base != nullptr
                                      ? LendingJson(base_text(item.base(lending.outcome)))
                                      : LendingJson(item.count(*lending.book, lending.outcome));
    }
    total["step_s"] = to_seconds(lending.outcome.step);
    total["digest"] = fmt::format("{:016x}", lending.outcome.digest);
    rows.push_back(std::move(total));
    for (std::size_t a = 0; a < lending.book->assets.size(); ++a) {
        const LendingAsset& asset = lending.book->assets[a];
        const LendingAssetResult& r = lending.outcome.assets[a];
        const AssetMove& move = lending.moves[a];
        rows.push_back({{"kind", "lending_asset"},
                        {"market", asset.market},
                        {"asset", asset.name},
                        {"moves_with",
                         move.coin.valid() ? LendingJson(report.market->coins[move.coin.raw()].name)
                                           : LendingJson(nullptr)},
                        {"rule", move.rule},
                        {"price", base_text(asset.price)},
                        {"price_at_end", base_text(r.price_end)},
                        {"seized", decimal_text(r.seized, static_cast<int>(asset.decimals))},
                        {"repaid", decimal_text(r.repaid, static_cast<int>(asset.decimals))},
                        {"written_off_usd", base_text(r.written_off_base)}});
    }
    for (std::size_t a = 0; a < lending.book->accounts.size(); ++a) {
        const LendingAccountResult& r = lending.outcome.accounts[a];
        if (r.calls == 0 && r.uncovered_base.is_zero() && r.stuck.empty()) {
            continue;
        }
        rows.push_back({{"kind", "lending_account"},
                        {"account", lending.book->accounts[a].id},
                        {"market", lending.book->accounts[a].market},
                        {"health", health_text(r.before.health_factor)},
                        {"health_after_shock", health_text(r.unhelped.health_factor)},
                        {"health_at_end", health_text(r.after.health_factor)},
                        {"calls", r.calls},
                        {"repaid_usd", base_text(r.repaid_base)},
                        {"seized_usd", base_text(r.seized_base)},
                        {"bad_debt_usd", base_text(r.written_off_base + r.uncovered_base)},
                        {"left_below_one", r.stuck}});
    }
    const auto add_again = [&](const char* kind, const LendingVaried& other) {
        LendingJson row{{"kind", kind}, {"how", other.name}};
        for (const LendingItem& item : lending_items()) {
            row[item.short_key()] = lending_value(item, *lending.book, other.outcome);
        }
        rows.push_back(std::move(row));
    };
    for (const LendingVaried& other : lending.varied) {
        add_again("lending_varied", other);
    }
    for (const LendingVaried& size : lending.sizes) {
        add_again("lending_size", size);
    }
    std::vector<std::string> out;
    out.reserve(rows.size());
    for (const LendingJson& row : rows) {
        out.push_back(json_text(row));
    }
    if (lending.reverse) {
        std::ranges::move(reverse_json_lines(lending_reverse(report)), std::back_inserter(out));
    }
    return out;
}

std::vector<StressFile> lending_csv_files(const StressReport& report) {
    if (!report.lending) {
        return {};
    }
    std::vector<StressFile> out{{"lending_accounts.csv", accounts_csv(*report.lending)},
                                {"lending_liquidations.csv", liquidations_csv(*report.lending)},
                                {"lending_assets.csv", assets_csv(report, *report.lending)},
                                {"lending_reconciliation.csv", health_csv(*report.lending)}};
    if (report.lending->reverse) {
        std::ranges::move(reverse_csv_files(lending_reverse(report)), std::back_inserter(out));
    }
    return out;
}

}  // namespace margincall::inline report
