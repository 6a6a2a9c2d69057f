#include "desk/lending_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/csv_cell.hpp"
#include "base/text.hpp"
#include "desk/csv.hpp"
#include "desk/json_tree.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

constexpr const char* lending_market_name = "aave-v3";

ExactFigure tenth_power(unsigned places) {
    return ExactFigure::parse(fmt::format("1e-{}", places)).value();
}
// Basis points as a percentage: "8300" -> "83%".
std::string percent_of(const ExactFigure& bps) {
    return (bps * tenth_power(2)).text() + "%";
}

// --- the subgraph --------------------------------------------------------------------------------------

const JsonTree* user_reserves(const JsonTree& tree) {
    const JsonTree& data = member_of(tree, "data");
    for (const JsonTree* const at :
         {&member_of(data, "userReserves"), &member_of(tree, "userReserves"), &tree}) {
        if (at->is_array()) {
            return at;
        }
    }
    return nullptr;
}

class UserReserves {
  public:
    UserReserves(const ImportOptions& options, const StatePart& part, StateReader& reader)
        : options_(options), part_(part), reader_(reader) {}

    void read(const JsonTree& entry, std::vector<LendingLine>& lines) {
        const JsonTree& user = member_of(entry, "user");
        const JsonTree& reserve = member_of(entry, "reserve");
        LendingLine line;
        line.account = text_of(user, "id");
        line.asset = text_of(reserve, "symbol");
        if (line.account.empty() || line.asset.empty()) {
            refuse("E632",
                   line.account.empty()
                       ? "a reserve without user { id }"
                       : fmt::format("{}: a reserve without its symbol", shown(line.account)));
            return;
        }
        of_ = fmt::format("{} of {}", shown(line.asset), shown(line.account));
        const std::string pool = text_of(member_of(reserve, "pool"), "id");
        line.market = options_.venue.empty() ? lending_market_name : options_.venue;
        line.market += pool.empty() ? "" : "/" + pool;
        const std::string decimals = text_of(reserve, "decimals");
        unsigned places = 0;
        const auto [end, problem] =
            std::from_chars(decimals.data(), decimals.data() + decimals.size(), places);
        if (problem != std::errc{} || end != decimals.data() + decimals.size() ||
            places > lending_decimals_max) {
            refuse("E632",
                   fmt::format("{}: decimals is {}, not a whole number up to {}",
                               of_,
                               in_quotes(decimals),
                               lending_decimals_max));
            return;
        }
        line.decimals = fmt::format("{}", places);
        const ExactFigure unit = tenth_power(places);
        const ExactFigure stable =
            reader_.figure_or_none(part_, entry, "currentStableDebt", of_).value_or(ExactFigure{});
        const ExactFigure supplied = figure(entry, "currentATokenBalance");
        const ExactFigure owed = figure(entry, "currentVariableDebt") + stable;
        if (supplied.is_zero() && owed.is_zero()) {
            return;
        }
        if (!stable.is_zero()) {
            ++at_stable_rate_;
        }
        line.supplied = (supplied * unit).text();
        line.owed = (owed * unit).text();
        if (!has_member(entry, "usageAsCollateralEnabledOnUser")) {
            refuse("E632", of_ + ": usageAsCollateralEnabledOnUser is missing");
        }
        line.as_collateral =
            text_of(entry, "usageAsCollateralEnabledOnUser") == "true" ? "yes" : "no";
        read_price(member_of(reserve, "price"), line);
        read_terms(user, reserve, line);
        lines.push_back(std::move(line));
    }
    [[nodiscard]] std::size_t at_stable_rate() const { return at_stable_rate_; }

  private:
    ExactFigure figure(const JsonTree& object, std::string_view key) {
        return reader_.figure(part_, object, key, of_);
    }
    void refuse(const char* code, std::string message) {
        reader_.refuse(part_, code, std::move(message), "docs/import.md has the query");
    }

    void read_price(const JsonTree& price, LendingLine& line) {
        const auto unit =
            reader_.figure_or_none(part_, member_of(price, "oracle"), "baseCurrencyUnit", of_);
        if (unit && !(*unit == ExactFigure::parse("1e8").value())) {
            refuse("E635", of_ + ": the market's prices are not in dollars of 8 decimals");
        }
        line.price = (figure(price, "priceInEth") * tenth_power(base_decimals)).text();
    }

    // What applies to the account: the category's where account and reserve are in the same one.
    void read_terms(const JsonTree& user, const JsonTree& reserve, LendingLine& line) {
        const JsonTree& mode = member_of(user, "eModeCategoryId");
        const std::string of_user =
            mode.is_object() ? text_of(mode, "id") : text_of(user, "eModeCategoryId");
        const bool in_mode = !of_user.empty() && of_user != "0";
        line.emode = in_mode ? of_user : "";
        if (in_mode && !has_member(reserve, "eMode")) {
            reader_.refuse(
                part_,
                "E635",
                fmt::format("{}: the account is in e-mode {}, and the response does not say "
                            "whether the reserve is",
                            of_,
                            shown(of_user)),
                "ask for reserve { eMode { id liquidationThreshold liquidationBonus } }");
            return;
        }
        const JsonTree& category = member_of(reserve, "eMode");
        const bool by_mode = in_mode && text_of(category, "id") == of_user;
        const ExactFigure threshold = by_mode ? figure(category, "liquidationThreshold")
                                              : figure(reserve, "reserveLiquidationThreshold");
        const ExactFigure bonus = by_mode ? figure(category, "liquidationBonus")
                                          : figure(reserve, "reserveLiquidationBonus");
        line.threshold = percent_of(threshold);
        const ExactFigure above = bonus - ExactFigure::parse("10000").value();
        line.bonus = percent_of(above.is_negative() ? ExactFigure{} : above);
        if (const auto fee =
                reader_.figure_or_none(part_, reserve, "liquidationProtocolFee", of_)) {
            line.protocol_fee = percent_of(*fee);
        }
    }

    const ImportOptions& options_;
    const StatePart& part_;
    StateReader& reader_;
    std::string of_;  // in messages
    std::size_t at_stable_rate_ = 0;
};

void import_user_reserves(const StateText& file,
                          const ImportOptions& options,
                          ImportedLending& out,
                          Errors& errors) {
    const std::expected<JsonTree, Error> tree = parse_json_tree(file.text, file.name);
    if (!tree) {
        add_problem(errors, tree.error());
        return;
    }
    StateReader reader(options, lending_market_name);
    const StatePart part{file.name, &*tree};
    UserReserves entries(options, part, reader);
    if (const JsonTree* const list = user_reserves(*tree)) {
        for (const JsonTree& entry : *list) {
            entries.read(entry, out.lines);
        }
    } else {
        reader.refuse(part, "E634", "no list of userReserves", "docs/import.md has the query");
    }
    if (entries.at_stable_rate() > 0) {
        reader.warn(part,
                    fmt::format("{} debts at a stable rate count as owed like the others",
                                entries.at_stable_rate()),
                    "the rate is not kept: a stress runs no interest");
    }
    for (Error& error : reader.errors()) {
        add_problem(errors, std::move(error));
    }
    for (Error& warning : reader.warnings()) {
        add_problem(out.warnings, std::move(warning));
    }
}

// --- the table of positions ----------------------------------------------------------------------------

enum PositionField : std::uint8_t {
    position_user,
    position_collateral,
    position_debt,
    position_threshold,
    position_health,
    position_wsteth,
    position_eth_debt,
    position_emode,
    position_cbeth,
    position_reth,
    position_reth_price,
    position_cbeth_price,
    position_eth_price,
    position_wsteth_price,
};
constexpr std::array<CsvColumn, 22> position_columns = {{
    {"user", true},
    {"collateral", true},
    {"debt", true},
    {"threshold", true},
    {"healthf", true},
    {"amount", true},
    {"ethdebt", true},
    {"emode", true},
    {"cbeth_collateral", true},
    {"reth_collateral", true},
    {"reth_price", true},
    {"cbeth_price", true},
    {"eth_price", true},
    {"steth_price", true},
    // Not read: they follow from the others.
    {"available_borrow", false},
    {"ltv", false},
    {"collateral_reth_calc", false},
    {"collateral_cbeth_calc", false},
    {"collateral_steth_calc", false},
    {"ethdebt_calc", false},
    {"diff_collateral", false},
    {"diff_debt", false},
}};
// Amounts at the file's prices explain its dollars when they are within so much of them.
const char* const explained_within = "0.001";

class PositionTable {
  public:
    PositionTable(const StateText& file, const ImportOptions& options, Errors& errors)
        : table_(file.text, file.name, position_columns, errors), options_(options) {}

    void read(ImportedLending& out) {
        while (table_.next()) {
            if (table_.fits()) {
                read_line(out);
            }
        }
        const auto say =
            [&](std::size_t accounts, const ExactFigure& usd, const char* what, const char* asset) {
                if (accounts > 0) {
                    warn(out,
                         fmt::format(
                             "{} of {} accounts, {} USD in all, is in assets that the file does "
                             "not name: {}, of 1 USD each",
                             what,
                             accounts,
                             usd.rounded(0).text(),
                             asset),
                         "--moves says which coin they follow");
                }
            };
        say(others_supplied_, supplied_usd_, "collateral", "OTHER-COLLATERAL");
        say(others_owed_, owed_usd_, "debt", "OTHER-DEBT");
        warn(out,
             "thresholds are those of whole accounts, and no bonus is given",
             "--bonus 6% --bonus emode=1%, for instance");
    }

  private:
    void warn(ImportedLending& out, std::string message, std::string hint) {
        Error warning =
            file_error(table_.reader().name(), "W631", std::move(message), std::move(hint));
        warning.warning = true;
        add_problem(out.warnings, std::move(warning));
    }
    ExactFigure figure(PositionField column) {
        const CsvField text = table_.field(column);
        const std::optional<ExactFigure> value = ExactFigure::parse(text.text);
        if (!value || value->is_negative()) {
            good_ = false;
            table_.problem(text,
                           "E603",
                           fmt::format("{}: {} is no number of 0 or more",
                                       position_columns[column].name,
                                       in_quotes(text.text)));
        }
        return value.value_or(ExactFigure{});
    }

    void read_line(ImportedLending& out) {
        good_ = true;
        account_ = without_guard(table_.field(position_user).text);
        emode_ = table_.field(position_emode).text == "0" ? "" : table_.field(position_emode).text;
        threshold_ = percent_of(figure(position_threshold));
        health_ = figure(position_health).rounded(health_decimals).text();
        std::vector<LendingLine> lines;
        ExactFigure held;
        ExactFigure owed;
        add(lines, "wstETH", figure(position_wsteth), figure(position_wsteth_price), held);
        add(lines, "rETH", figure(position_reth), figure(position_reth_price), held);
        add(lines, "cbETH", figure(position_cbeth), figure(position_cbeth_price), held);
        if (const auto rest = unexplained(position_collateral, held)) {
            add(lines, "OTHER-COLLATERAL", *rest, one_dollar(), held);
            ++others_supplied_;
            supplied_usd_ = supplied_usd_ + *rest;
        }
        const std::size_t collateral = lines.size();
        add(lines, "WETH", figure(position_eth_debt), figure(position_eth_price), owed);
        if (const auto rest = unexplained(position_debt, owed)) {
            add(lines, "OTHER-DEBT", *rest, one_dollar(), owed);
            ++others_owed_;
            owed_usd_ = owed_usd_ + *rest;
        }
        for (std::size_t k = collateral; k < lines.size(); ++k) {
            lines[k].owed = std::exchange(lines[k].supplied, "0");
            lines[k].as_collateral = "no";
            lines[k].threshold = "0%";
        }
        if (!lines.empty()) {
            lines.front().reported_health = health_;
        }
        if (good_) {
            std::ranges::move(lines, std::back_inserter(out.lines));
        }
    }

    static ExactFigure one_dollar() { return ExactFigure::parse("1").value(); }
    // What the file's dollars are more than `amounts` are worth, to the oracle's 8 decimals; nothing where
    // the amounts explain them.
    std::optional<ExactFigure> unexplained(PositionField dollars, const ExactFigure& amounts) {
        const ExactFigure said = figure(dollars);
        const ExactFigure rest = (said - amounts).rounded(base_decimals);
        const ExactFigure room = said * ExactFigure::parse(explained_within).value();
        if ((room - rest.magnitude()).is_negative()) {
            if (!rest.is_negative()) {
                return rest;
            }
            good_ = false;
            table_
                .problem(table_.field(dollars),
                         "E618",
                         fmt::format("{}: the amounts of the line are worth {} USD",
                                     position_columns[dollars].name,
                                     amounts.rounded(2).text()))
                .allowed = fmt::format("at most 0.1 % more than {} USD", said.rounded(2).text());
        }
        return std::nullopt;
    }
    void add(std::vector<LendingLine>& lines,
             const char* asset,
             const ExactFigure& amount,
             const ExactFigure& price,
             ExactFigure& worth) {
        worth = worth + amount * price;
        const ExactFigure kept = amount.rounded(health_decimals);
        if (kept.is_zero()) {
            return;
        }
        LendingLine line;
        line.account = account_;
        line.market = options_.venue.empty() ? lending_market_name : options_.venue;
        line.asset = asset;
        line.supplied = kept.text();
        line.as_collateral = "yes";
        line.owed = "0";
        line.emode = emode_;
        line.price = price.text();
        line.threshold = threshold_;
        lines.push_back(std::move(line));
    }

    CsvTable table_;
    const ImportOptions& options_;
    bool good_ = true;
    std::string account_, emode_, threshold_, health_;
    std::size_t others_supplied_ = 0, others_owed_ = 0;
    ExactFigure supplied_usd_, owed_usd_;
};

bool is_position_table(std::string_view text) {
    CsvReader reader(text, "");
    if (looks_like_state(text) || !reader.next()) {
        return false;
    }
    return std::ranges::all_of(
        std::array{"healthf", "ethdebt", "collateral"}, [&](std::string_view name) {
            return std::ranges::find(reader.fields(), name, &CsvField::text) !=
                   reader.fields().end();
        });
}
bool is_user_reserves(std::string_view text) {
    return looks_like_state(text) &&
           (text.contains("\"userReserves\"") || text.contains("\"currentATokenBalance\""));
}

}  // namespace

bool looks_like_lending_state(std::string_view text) {
    return is_user_reserves(text) || is_position_table(text);
}

std::expected<ImportedLending, Errors> import_lending(std::span<const StateText> files,
                                                      const ImportOptions& options) {
    Errors errors;
    ImportedLending out;
    for (const StateText& file : files) {
        const bool is_table = is_position_table(file.text);
        const std::string format = is_table ? "aave-positions" : "aave-v3";
        if (!looks_like_lending_state(file.text) || (!out.format.empty() && out.format != format)) {
            add_problem(errors,
                        file_error(file.name,
                                   "E634",
                                   "this is of another format than the files before",
                                   "one format at a time: userReserves, or a table of positions"));
            continue;
        }
        out.format = format;
        if (is_table) {
            PositionTable(file, options, errors).read(out);
        } else {
            import_user_reserves(file, options, out, errors);
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return out;
}

}  // namespace margincall::inline desk
