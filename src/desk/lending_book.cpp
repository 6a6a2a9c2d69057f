#include "desk/lending_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/csv_cell.hpp"
#include "base/decimal.hpp"
#include "base/text.hpp"
#include "desk/csv.hpp"

namespace margincall::inline desk {
namespace {

struct LendingColumn {
    const char* name;
    bool required;
    std::string LendingLine::*value;
};
enum LendingField : std::uint8_t {
    lending_account,
    lending_market,
    lending_asset,
    lending_supplied,
    lending_as_collateral,
    lending_owed,
    lending_emode,
    lending_health,
    lending_price,
    lending_threshold,
    lending_bonus,
    lending_fee,
    lending_decimals,
    lending_columns_count,
};
constexpr std::array<LendingColumn, lending_columns_count> lending_columns = {{
    {"account", true, &LendingLine::account},
    {"market", false, &LendingLine::market},
    {"asset", true, &LendingLine::asset},
    {"supplied", true, &LendingLine::supplied},
    {"as_collateral", true, &LendingLine::as_collateral},
    {"owed", true, &LendingLine::owed},
    {"emode", false, &LendingLine::emode},
    {"reported_health", false, &LendingLine::reported_health},
    {"price", true, &LendingLine::price},
    {"threshold", true, &LendingLine::threshold},
    {"bonus", false, &LendingLine::bonus},
    {"protocol_fee", false, &LendingLine::protocol_fee},
    {"decimals", false, &LendingLine::decimals},
}};

std::vector<CsvColumn> wanted_lending_columns() {
    std::vector<CsvColumn> out;
    for (const LendingColumn& column : lending_columns) {
        out.push_back({column.name, column.required});
    }
    return out;
}

constexpr std::size_t lending_id_max = 128;  // characters
// Bits of an amount and of a price in their units: amount x price x 10^decimals then fits 256 bits.
constexpr unsigned amount_bits_max = 120;
constexpr unsigned price_bits_max = 60;

class LendingReader {
  public:
    LendingReader(std::string_view text, const std::string& name, Errors& errors)
        : wanted_(wanted_lending_columns()), table_(text, name, wanted_, errors), errors_(errors) {
        book_.name = name;
    }

    LendingBook read(BadRows bad) {
        while (table_.next()) {
            ++book_.lines;
            read_line();
        }
        if (table_.good() && book_.lines == 0) {
            Error error =
                table_.reader().line_error("E601", "the file holds no account, only column names");
            error.line = 0;
            add_problem(errors_, std::move(error));
        }
        build(bad);
        return std::move(book_);
    }

  private:
    struct Draft {
        LendingAccount account;
        bool bad = false;
        std::vector<LendingRow> rows;
        std::set<std::uint32_t> assets;
    };

    [[nodiscard]] CsvField field(LendingField column) const { return table_.field(column); }
    Error& problem(const CsvField& at, const char* code, std::string message) {
        good_ = false;
        return table_.problem(at, code, std::move(message));
    }
    // Problems begin with the column's name.
    Error& problem_of(LendingField column, const char* code, const std::string& message) {
        return problem(
            field(column), code, fmt::format("{}: {}", lending_columns[column].name, message));
    }

    void read_line() {
        good_ = true;
        const CsvField id = field(lending_account);
        if (id.text.empty()) {
            if (table_.fits()) {
                problem(id, "E610", "the account has no id");
            }
            ++bad_lines_;
            return;
        }
        if (id.text.size() > lending_id_max && count_characters(id.text) > lending_id_max) {
            problem(
                id, "E603", fmt::format("the id is {} characters long", count_characters(id.text)))
                .allowed = fmt::format("at most {}", lending_id_max);
            ++bad_lines_;
            return;
        }
        Draft& draft = draft_of(without_guard(id.text), without_guard(field(lending_market).text));
        if (!table_.fits()) {
            draft.bad = true;
            ++bad_lines_;
            return;
        }
        LendingRow row;
        row.line = static_cast<std::uint32_t>(table_.reader().line());
        read_account_fields(draft);
        const std::optional<std::uint32_t> asset = read_asset(draft.account.market);
        read_terms(row);
        if (asset) {
            row.asset = *asset;
            row.supplied = read_amount(lending_supplied, book_.assets[*asset].decimals);
            row.owed = read_amount(lending_owed, book_.assets[*asset].decimals);
            if (!draft.assets.insert(*asset).second) {
                Error& error = problem(field(lending_asset),
                                       "E607",
                                       fmt::format("account {} has {} at this market twice",
                                                   shown(draft.account.id),
                                                   shown(book_.assets[*asset].name)));
                error.hint = "give what is supplied and what is owed of an asset in one line";
            }
        }
        if (!good_) {
            draft.bad = true;
            ++bad_lines_;
            return;
        }
        draft.rows.push_back(row);
    }

    Draft& draft_of(std::string_view id, std::string_view market) {
        const auto [at, fresh] =
            draft_of_.try_emplace(std::pair{std::string{id}, std::string{market}}, drafts_.size());
        if (fresh) {
            drafts_.emplace_back();
            drafts_.back().account.id = id;
            drafts_.back().account.market = market;
            drafts_.back().account.line = static_cast<std::uint32_t>(table_.reader().line());
        }
        return drafts_[at->second];
    }

    void read_account_fields(Draft& draft) {
        const std::string_view mode = field(lending_emode).text;
        const std::string own{mode == "0" ? std::string_view{} : without_guard(mode)};
        if (!draft.assets.empty() && own != draft.account.emode) {
            problem_of(lending_emode,
                       "E605",
                       fmt::format("account {} has another one here", shown(draft.account.id)))
                .allowed = fmt::format("it was {} before", in_quotes(draft.account.emode));
        }
        draft.account.emode = own;
        const CsvField health = field(lending_health);
        if (health.text.empty() || health.text == "null" || health.text == "none") {
            return;
        }
        const std::optional<ExactFigure> value = figure(lending_health);
        if (!value) {
            return;
        }
        const std::optional<U256> wad = units_of(*value, health_decimals);
        if (!wad) {
            problem_of(lending_health, "E604", shown(health.text)).allowed =
                "0 or more, with at most 18 decimals";
            return;
        }
        if (draft.account.reported_health && *draft.account.reported_health != *wad) {
            problem_of(lending_health, "E618", shown(health.text)).allowed =
                fmt::format("{}, as before for this account",
                            decimal_text(*draft.account.reported_health, health_decimals));
            return;
        }
        draft.account.reported_health = wad;
        draft.account.line = static_cast<std::uint32_t>(table_.reader().line());
    }

    // The decimal of a field, of up to 36 digits.
    std::optional<ExactFigure> figure(LendingField column) {
        const std::string_view text = field(column).text;
        std::string why;
        if (table_.reader().separator() == ';' && text.contains(',')) {
            why = table_.number(text).error();
        } else {
            const NumberText number = number_at_front(text);
            why = number.problem;
            if (why.empty() && number.length == text.size()) {
                if (std::optional<ExactFigure> value = ExactFigure::parse(number.plain)) {
                    return value;
                }
                why = fmt::format("{} has more than 36 digits", in_quotes(text));
            } else if (why.empty()) {
                why = fmt::format("{} is not a number", in_quotes(text));
            }
        }
        problem_of(column, "E603", why).allowed = "decimals of at most 36 digits, such as 0.25";
        return std::nullopt;
    }

    // Nothing supplied or owed may be left empty.
    U256 read_amount(LendingField column, unsigned decimals) {
        const CsvField text = field(column);
        if (text.text.empty()) {
            return U256{};
        }
        const std::optional<ExactFigure> value = figure(column);
        if (!value) {
            return U256{};
        }
        const std::optional<U256> units = units_of(*value, static_cast<int>(decimals));
        if (!units || !units->fits_bits(amount_bits_max)) {
            Error& error = problem_of(
                column,
                "E604",
                fmt::format("{} {}",
                            shown(text.text),
                            value->is_negative() ? "is below 0"
                            : units              ? "is too large"
                                    : fmt::format("has more than {} decimals", decimals)));
            error.allowed =
                units ? fmt::format("below 2^{} units of 10^-{}", amount_bits_max, decimals)
                      : fmt::format("0 or more, with the {} decimals of the token", decimals);
            error.hint = value->is_negative() ? "the column owed says what is owed" : "";
            return U256{};
        }
        return *units;
    }

    std::optional<std::uint32_t> read_asset(const std::string& market) {
        const std::string name{without_guard(field(lending_asset).text)};
        if (name.empty()) {
            problem(field(lending_asset), "E610", "asset: is missing");
            return std::nullopt;
        }
        const std::optional<unsigned> decimals = read_decimals();
        const std::optional<U256> price = read_price();
        const std::uint32_t fee = read_percent(lending_fee).value_or(0);
        if (!decimals || !price) {
            return std::nullopt;
        }
        const auto [at, fresh] = asset_of_.try_emplace(
            std::pair{market, name}, static_cast<std::uint32_t>(book_.assets.size()));
        if (fresh) {
            book_.assets.push_back({market,
                                    name,
                                    *decimals,
                                    *price,
                                    fee,
                                    static_cast<std::uint32_t>(table_.reader().line())});
            return at->second;
        }
        // One market has one price, one token and one share of the bonus for an asset.
        const LendingAsset& before = book_.assets[at->second];
        if (before.price != *price) {
            problem_of(
                lending_price,
                "E618",
                fmt::format("{} costs {} here", shown(name), shown(field(lending_price).text)))
                .allowed = fmt::format(
                "{}, as in line {}", decimal_text(before.price, base_decimals), before.line);
        }
        if (before.decimals != *decimals) {
            problem_of(lending_decimals, "E604", fmt::format("{} of {}", *decimals, shown(name)))
                .allowed = fmt::format("{}, as in line {}", before.decimals, before.line);
        }
        if (before.protocol_fee_bps != fee) {
            problem_of(lending_fee, "E604", fmt::format("{} of {}", percent_text(fee), shown(name)))
                .allowed = fmt::format(
                "{}, as in line {}", percent_text(before.protocol_fee_bps), before.line);
        }
        return at->second;
    }
    std::optional<unsigned> read_decimals() {
        const CsvField text = field(lending_decimals);
        if (text.text.empty()) {
            return lending_decimals_max;
        }
        const auto value = table_.number(text.text);
        if (!value || value->places != 0 || value->digits < 0 ||
            value->digits > lending_decimals_max) {
            problem_of(lending_decimals, "E604", shown(text.text)).allowed =
                fmt::format("a whole number from 0 to {}", lending_decimals_max);
            return std::nullopt;
        }
        return static_cast<unsigned>(value->digits);
    }
    std::optional<U256> read_price() {
        const CsvField text = field(lending_price);
        if (text.text.empty()) {
            problem_of(lending_price, "E610", "is missing").hint =
                "the oracle's price of a token in USD";
            return std::nullopt;
        }
        const std::optional<ExactFigure> value = figure(lending_price);
        if (!value) {
            return std::nullopt;
        }
        std::optional<U256> price = units_of(*value, base_decimals);
        if (!price || price->is_zero() || !price->fits_bits(price_bits_max)) {
            problem_of(lending_price, "E604", shown(text.text)).allowed =
                "above 0, at most 10 bn USD, with at most 8 decimals as the oracle has them";
            return std::nullopt;
        }
        return price;
    }

    void read_terms(LendingRow& row) {
        const std::string_view use = field(lending_as_collateral).text;
        const auto is = [&](std::initializer_list<std::string_view> words) {
            return std::ranges::any_of(words,
                                       [&](std::string_view word) { return same_word(use, word); });
        };
        if (is({"no", "false", "0"})) {
            row.use = aave::CollateralUse::disabled;
        } else if (!is({"yes", "true", "1"})) {
            problem_of(lending_as_collateral, "E605", in_quotes(use)).allowed =
                "yes or no (also true, false, 1, 0)";
        }
        if (const auto threshold = read_percent(lending_threshold)) {
            row.threshold_bps = *threshold;
        } else if (field(lending_threshold).text.empty()) {
            problem_of(lending_threshold, "E610", "is missing").hint =
                "the liquidation threshold that applies to this account, e.g. 83%; 0% where the "
                "asset is no collateral";
        }
        row.bonus_bps = read_percent(lending_bonus);
    }
    // "83%" -> 8300; nothing where the field is empty or wrong.
    std::optional<std::uint32_t> read_percent(LendingField column) {
        std::string_view text = field(column).text;
        if (text.empty()) {
            return std::nullopt;
        }
        const bool percent = text.ends_with('%');
        text.remove_suffix(percent ? 1 : 0);
        const auto value = table_.number(text.substr(0, text.find_last_not_of(' ') + 1));
        if (!percent || !value || value->places > 2 || value->digits < 0 ||
            in_units(*value, 2) > aave::percentage_factor) {
            problem_of(column, "E603", in_quotes(field(column).text)).allowed =
                "a percentage from 0% to 100% with at most two decimals, such as 83%";
            return std::nullopt;
        }
        return static_cast<std::uint32_t>(in_units(*value, 2));
    }

    void build(BadRows bad) {
        const bool stop = bad == BadRows::refuse && count_errors(errors_) > 0;
        book_.lines_left_out = bad_lines_;
        for (Draft& draft : drafts_) {
            if (draft.bad) {
                book_.lines_left_out += draft.rows.size();
                ++book_.accounts_left_out;
                continue;
            }
            if (stop) {
                continue;
            }
            draft.account.first_row = static_cast<std::uint32_t>(book_.rows.size());
            draft.account.rows = static_cast<std::uint32_t>(draft.rows.size());
            book_.rows.insert(book_.rows.end(), draft.rows.begin(), draft.rows.end());
            book_.accounts.push_back(std::move(draft.account));
            if (book_.accounts.back().rows > aave::reserves_max) {
                Error error =
                    table_.reader().line_error("E604",
                                               fmt::format("account {} has {} assets at one market",
                                                           shown(book_.accounts.back().id),
                                                           book_.accounts.back().rows));
                error.line = static_cast<int>(book_.accounts.back().line);
                error.column = 1;
                error.excerpt.clear();
                error.allowed = fmt::format("at most {}", aave::reserves_max);
                add_problem(errors_, std::move(error));
                book_.rows.resize(book_.accounts.back().first_row);
                book_.accounts.pop_back();
                ++book_.accounts_left_out;
            }
        }
    }

    std::vector<CsvColumn> wanted_;
    CsvTable table_;
    Errors& errors_;
    LendingBook book_;
    bool good_ = true;
    std::size_t bad_lines_ = 0;
    std::vector<Draft> drafts_;
    std::map<std::pair<std::string, std::string>, std::size_t> draft_of_;
    std::map<std::pair<std::string, std::string>, std::uint32_t> asset_of_;  // market, name
};

}  // namespace

std::string lending_book_text(std::span<const LendingLine> lines) {
    std::string out;
    for (const LendingColumn& column : lending_columns) {
        out += fmt::format("{}{}", out.empty() ? "" : ",", column.name);
    }
    out += '\n';
    for (const LendingLine& line : lines) {
        for (const LendingColumn& column : lending_columns) {
            out += fmt::format("{}{}",
                               &column == &lending_columns.front() ? "" : ",",
                               csv_cell(line.*column.value));
        }
        out += '\n';
    }
    return out;
}

std::size_t LendingBook::markets() const {
    std::set<std::string_view> names;
    for (const LendingAccount& account : accounts) {
        names.insert(account.market);
    }
    return names.size();
}

bool looks_like_lending_book(std::string_view text) {
    CsvReader reader(text, "");
    if (!reader.next()) {
        return false;
    }
    const auto has = [&](std::string_view name) {
        return std::ranges::any_of(
            reader.fields(), [&](const CsvField& field) { return same_word(field.text, name); });
    };
    return has("supplied") && has("owed");
}

LendingBook read_lending_book(std::string_view text,
                              const std::string& name,
                              BadRows bad,
                              Errors& errors) {
    return LendingReader(text, name, errors).read(bad);
}

std::optional<U256> units_of(const ExactFigure& figure, int places) {
    std::string digits = figure.text();
    if (digits.starts_with('-')) {
        return std::nullopt;
    }
    const std::size_t point = digits.find('.');
    int behind = 0;
    if (point != std::string::npos) {
        behind = static_cast<int>(digits.size() - point) - 1;
        digits.erase(point, 1);
    }
    if (behind > places) {
        return std::nullopt;
    }
    digits.append(static_cast<std::size_t>(places - behind), '0');
    return parse_u256(digits);
}

std::string decimal_text(const U256& units, int places) {
    std::string out = units.to_string();
    if (places > 0) {
        const auto behind = static_cast<std::size_t>(places);
        if (out.size() <= behind) {
            out.insert(0, behind + 1 - out.size(), '0');
        }
        out.insert(out.size() - behind, 1, '.');
        out.erase(out.find_last_not_of('0') + 1);
        if (out.ends_with('.')) {
            out.pop_back();
        }
    }
    return out;
}

std::string percent_text(std::uint32_t bps) {
    return decimal_text(U256{bps}, 2) + "%";
}

}  // namespace margincall::inline desk
