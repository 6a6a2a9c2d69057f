#include "desk/account_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <unordered_map>

#include "base/csv_cell.hpp"
#include "base/decimal.hpp"
#include "base/ppm.hpp"
#include "base/text.hpp"
#include "desk/book_columns.hpp"
#include "desk/csv.hpp"

namespace margincall::inline desk {
namespace {

using Column = BookColumns::Column;
constexpr std::span<const CsvColumn> columns = book_columns;

constexpr std::uint32_t none = UINT32_MAX;
constexpr std::size_t id_length_max = 128;  // characters
// A book and a market whose marks are farther apart are of different days: nothing that is computed
// from both would mean anything.
constexpr double marks_apart_max = 0.01;

// Is it one of the words, in any letter case?
bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(
        words.begin(), words.end(), [&](std::string_view word) { return same_word(text, word); });
}

// One line as read: at most one position and one collateral line of one unit.
struct Row {
    std::uint32_t account = none;
    VenueId venue;
    MarginMode mode = MarginMode::cross;
    bool has_position = false, has_collateral = false;
    BookPosition position;
    BookCollateral collateral;
    double equity = not_reported, margin = not_reported;
    std::uint32_t line = 0;
};

class Reader {
  public:
    using enum BookColumns::Column;
    Reader(std::string_view text,
           const std::string& name,
           const StressMarket& market,
           Errors& errors)
        : table_(text, name, columns, errors, &book_.notes),
          market_(market),
          errors_(errors),
          marks_apart_(market.instruments.size()) {
        book_.name = name;
        // Typical lines are 80 to 100 characters long.
        rows_.reserve(text.size() / 64 + 16);
        account_of_.reserve(text.size() / 64 + 16);
    }

    AccountBook read(BadRows bad) {
        if (!table_.good()) {
            return std::move(book_);
        }
        while (table_.next()) {
            ++book_.rows;
            read_row();
        }
        if (book_.rows == 0) {
            Error error =
                table_.reader().line_error("E601", "the file holds no account, only column names");
            error.line = 0;
            add_problem(errors_, std::move(error));
        }
        count_causes();
        find_doubles();
        build(bad);
        return std::move(book_);
    }

  private:
    [[nodiscard]] CsvField field(Column column) const { return table_.field(column); }
    Error& problem(const CsvField& at, const char* code, std::string message) {
        row_good_ = false;
        return table_.problem(at, code, std::move(message));
    }
    // A problem that every line of one cause has, such as an unknown instrument: the first line is
    // named and the others are counted.
    Error& problem_of(const CsvField& at,
                      const char* code,
                      std::string cause,
                      std::string message) {
        Cause& known = causes_[std::move(cause)];
        if (++known.lines > 1) {
            row_good_ = false;
            return spare_problem();
        }
        const std::size_t before = errors_.size();
        Error& error = problem(at, code, std::move(message));
        known.error = errors_.size() > before ? before : npos;
        return error;
    }
    void count_causes() {
        for (const auto& [name, cause] : causes_) {
            if (cause.lines > 1 && cause.error != npos) {
                errors_[cause.error].message += fmt::format(", in {} lines", cause.lines);
            }
        }
    }
    void read_row() {
        row_good_ = true;
        if (!table_.fits()) {
            Row lost;
            if (!field(account_id).text.empty()) {
                const std::string_view id = without_guard(field(account_id).text);
                lost.account = account_row(id, id);
            }
            mark_bad(lost);
            return;
        }
        Row row;
        row.line = static_cast<std::uint32_t>(table_.reader().line());
        read_account(row);
        read_venue(row);
        read_mode(row);
        row.has_position = !field(instrument_name).text.empty();
        if (row.has_position) {
            read_position(row);
        } else {
            refuse_position_fields();
        }
        row.has_collateral = !field(amount_held).text.empty();
        if (row.has_collateral) {
            read_collateral(row);
        } else if (!field(collateral_asset).text.empty()) {
            problem(field(collateral_asset), "E610", "an asset without an amount").hint =
                "put what the account holds of it into the column amount";
        }
        if (row_good_ && !row.has_position && !row.has_collateral) {
            problem(field(instrument_name), "E610", "neither a position nor an amount").hint =
                "a line holds a position, a collateral line, or both";
        }
        if (row_good_ && row.has_position && row.mode == MarginMode::isolated &&
            !row.has_collateral) {
            problem(field(amount_held), "E610", "an isolated position without its margin").hint =
                "put the position's own margin into the column amount";
        }
        row.equity = read_reported(reported_equity);
        row.margin = read_reported(reported_margin);
        row.position.reported_liquidation = read_reported(reported_liquidation_price);
        compare_mark(row);
        if (!row_good_) {
            mark_bad(row);
            return;
        }
        rows_.push_back(row);
    }

    // Said once an instrument: thousands of lines have one cause.
    void compare_mark(const Row& row) {
        const Column column = field(mark_price).text.empty() ? mark_price_long : mark_price;
        if (!row_good_ || !row.has_position || field(column).text.empty()) {
            return;
        }
        const double own = read_reported(column);
        const std::size_t i = row.position.instrument.raw();
        const StressInstrument& inst = market_.instruments[i];
        const double market = to_usd(inst.instrument, inst.mark);
        if (!(own > 0.0) || marks_apart_[i] || std::abs(own - market) <= marks_apart_max * market) {
            return;
        }
        marks_apart_[i] = true;
        const std::string& coin = market_.coins[inst.instrument.base.raw()].name;
        Error& error = problem(field(column),
                               "E618",
                               fmt::format("the book's mark of {} is {}, the market's is {}",
                                           coin,
                                           shown(field(column).text),
                                           market));
        error.allowed = fmt::format("at most {:g} % apart", 100.0 * marks_apart_max);
        error.hint = fmt::format("--price {}={} values the book at its own", coin, own);
    }

    void mark_bad(const Row& row) {
        ++bad_lines_;
        if (row.account == none) {
            return;
        }
        bad_account_[row.account] = 1;
    }

    void read_account(Row& row) {
        const CsvField id = field(account_id);
        if (id.text.empty()) {
            problem(id, "E610", "the account has no id");
            return;
        }
        if (id.text.size() > id_length_max && count_characters(id.text) > id_length_max) {
            problem(
                id, "E603", fmt::format("the id is {} characters long", count_characters(id.text)))
                .allowed = fmt::format("at most {}", id_length_max);
            return;
        }
        const CsvField group = field(owner_group);
        const std::string_view own = without_guard(id.text);
        const std::string_view owner = group.text.empty() ? own : without_guard(group.text);
        row.account = account_row(own, owner);
        const std::string& before = book_.groups[book_.accounts[row.account].group];
        if (!group.text.empty() && before != owner) {
            Error& error = problem(
                group, "E611", fmt::format("account {} has another owner group here", shown(own)));
            error.allowed = fmt::format("it was {} before", in_quotes(before));
            error.hint = "an account belongs to one owner group, at all venues";
        }
    }
    std::uint32_t account_row(std::string_view id, std::string_view owner) {
        const auto [at, fresh] =
            account_of_.try_emplace(id, static_cast<std::uint32_t>(book_.accounts.size()));
        if (fresh) {
            book_.accounts.push_back({std::string{id}, group_row(owner)});
            bad_account_.push_back(0);
        }
        return at->second;
    }
    std::uint32_t group_row(std::string_view name) {
        const auto [at, fresh] =
            group_of_.try_emplace(name, static_cast<std::uint32_t>(book_.groups.size()));
        if (fresh) {
            book_.groups.emplace_back(name);
        }
        return at->second;
    }

    void read_venue(Row& row) {
        const CsvField name = field(venue_name);
        if (name.text == last_venue_name_ && last_venue_.valid()) {
            row.venue = last_venue_;
            return;
        }
        const auto venue = market_.find_venue(name.text);
        if (!venue) {
            Error& error = problem_of(name,
                                      "E606",
                                      fmt::format("venue {}", name.text),
                                      fmt::format("unknown venue {}", in_quotes(name.text)));
            error.allowed = "known: " + market_.venue_names();
            error.hint = "venues are those of the market (--market FILE)";
            return;
        }
        row.venue = last_venue_ = *venue;
        last_venue_name_ = name.text;
    }

    void read_mode(Row& row) {
        const CsvField word = field(margin_mode);
        if (is_one_of(word.text, {"isolated", "isolated_margin"})) {
            row.mode = MarginMode::isolated;
        } else if (!is_one_of(word.text,
                              {"", "cross", "crossed", "cross_margin", "regular_margin"})) {
            problem(word, "E605", fmt::format("unknown margin mode {}", in_quotes(word.text)))
                .allowed = "cross or isolated; empty = cross";
        }
        if (row.mode == MarginMode::isolated && field(instrument_name).text.empty()) {
            problem(word, "E605", "a collateral line cannot be isolated").hint =
                "isolated margin stands in the line of its position";
        }
    }

    void read_position(Row& row) {
        BookPosition& out = row.position;
        out.line = row.line;
        const CsvField word = field(side_word);
        const bool by_sign = is_one_of(word.text, {"both", "net"});  // of one-way accounts
        if (is_one_of(word.text, {"short", "sell"})) {
            out.side = Side::sell;
        } else if (!by_sign && !is_one_of(word.text, {"long", "buy"})) {
            problem(word, "E605", fmt::format("unknown side {}", in_quotes(word.text))).allowed =
                "long or short (also buy, sell; both or net: the sign of the size says which)";
        }
        read_override(out);
        std::optional<Decimal> size = nonzero(size_coins, "size");
        count_contracts(size);
        if (size && size->digits < 0 && (by_sign || out.side == Side::sell)) {
            size->digits = -size->digits;
            out.side = Side::sell;
        }
        refuse_below_zero(size, size_coins, "size");
        std::optional<Decimal> entry = nonzero(entry_price, "entry");
        refuse_below_zero(entry, entry_price, "entry");
        if (!row.venue.valid()) {
            return;
        }
        const CsvField name = field(instrument_name);
        const auto id = find_instrument(row.venue, name.text);
        if (!id) {
            const std::string& venue = market_.venues[row.venue.raw()].name;
            Error& error = problem_of(
                name,
                "E606",
                fmt::format("instrument {} {}", venue, name.text),
                fmt::format("unknown instrument {} at venue {}", in_quotes(name.text), venue));
            error.allowed = "known: " + market_.instrument_names(row.venue);
            for (const NotMade& lacking : market_.not_made) {
                if (lacking.venue == row.venue &&
                    same_word(lacking.coin, coin_of_symbol(name.text))) {
                    error.hint = lacking.why;
                }
            }
            if (is_coin_margined(name.text)) {
                error.message = in_quotes(name.text) + " is margined in its coin";
                error.hint = "inverse contracts are not read; only those margined in dollars are";
            }
            return;
        }
        out.instrument = *id;
        read_leverage(out);
        if (size) {
            read_lots(*size, out);
        }
        if (size && entry && row_good_) {
            set_cost(*size, *entry, out);
        }
    }
    // The same few names again and again; the last one of each venue is remembered.
    std::optional<InstrumentId> find_instrument(VenueId venue, std::string_view name) {
        for (const auto& [known_venue, known_name, id] : instruments_seen_) {
            if (known_venue == venue && known_name == name) {
                return id;
            }
        }
        const auto id = market_.find_instrument(venue, name);
        if (id) {
            instruments_seen_.emplace_back(venue, name, *id);
        }
        return id;
    }
    std::optional<Decimal> nonzero(Column column, const char* what) {
        const CsvField text = field(column);
        if (text.text.empty()) {
            problem(text, "E610", fmt::format("{}: is missing", what)).hint =
                "a position needs side, size and entry";
            return std::nullopt;
        }
        const auto value = table_.number(text.text);
        if (!value) {
            problem(text, "E603", fmt::format("{}: {}", what, value.error())).allowed =
                "decimals of at most 18 digits, such as 0.25";
            return std::nullopt;
        }
        return *value;
    }
    // contract_size: the size counts contracts of so many coins.
    void count_contracts(std::optional<Decimal>& size) {
        const CsvField text = field(contract_size);
        if (text.text.empty() || !size) {
            return;
        }
        const auto coins = table_.number(text.text);
        if (!coins || coins->digits <= 0) {
            problem(text,
                    coins ? "E604" : "E603",
                    fmt::format("contract_size: {}", coins ? "is not above 0" : coins.error()))
                .allowed = "coins a contract, such as 0.01";
            size.reset();
            return;
        }
        Decimal product{size->digits * coins->digits, size->places + coins->places};
        while (product.places > 0 && product.digits % 10 == 0) {
            product.digits = div_round(product.digits, 10, Round::down);  // exact
            --product.places;
        }
        const i128 most = power_of_ten(18);
        if (product.digits >= most || product.digits <= -most) {
            problem(text, "E604", "size times contract_size has more than 18 digits");
            size.reset();
            return;
        }
        size = product;
    }
    // The most that the venue lets a position be levered. Where its table has no tier of that, the account has
    // terms of its own: half of the initial rate at that leverage.
    void read_leverage(BookPosition& out) {
        const CsvField text = field(max_leverage);
        if (text.text.empty() || out.override_row >= 0) {
            return;
        }
        const auto value = table_.number(text.text);
        const auto leverage = value ? scaled(*value, 0, Round::down) : std::nullopt;
        if (!leverage || *leverage < 1 || *leverage > 1000) {
            problem(text,
                    value ? "E604" : "E603",
                    "max_leverage: " + (value ? in_quotes(text.text) : value.error()))
                .allowed = "1 to 1000";
            return;
        }
        const MarginTiers& tiers = market_.at(out.instrument).tiers;
        if (std::ranges::any_of(
                tiers, [&](const MarginTier& tier) { return tier.leverage_max == *leverage; })) {
            return;
        }
        // Both rounded up, against the account.
        set_override({mul_div(whole_ppm, 1, 2 * *leverage, Round::up),
                      mul_div(whole_ppm, 1, *leverage, Round::up)},
                     out);
    }
    void refuse_below_zero(std::optional<Decimal>& value, Column column, const char* what) {
        if (value && value->digits <= 0) {
            const CsvField text = field(column);
            Error& error =
                problem(text, "E604", fmt::format("{}: {} is not above 0", what, shown(text.text)));
            if (column == size_coins) {
                error.hint = "the column side says which positions are short";
            }
            value.reset();
        }
    }
    void read_lots(const Decimal& size, BookPosition& out) {
        const Instrument& inst = market_.at(out.instrument).instrument;
        const double lots = size.value() / inst.lot_base;
        const double whole = std::round(lots);
        const CsvField text = field(size_coins);
        if (whole > static_cast<double>(inst.qty_max.raw())) {
            problem(text, "E604", fmt::format("size: {} is too large", shown(text.text))).allowed =
                fmt::format("at most {} of {}",
                            static_cast<double>(inst.qty_max.raw()) * inst.lot_base,
                            market_.at(out.instrument).name);
            return;
        }
        if (whole < 1.0 || std::fabs(lots - whole) > 1e-6 * std::max(1.0, whole * 1e-3)) {
            Error& error =
                problem_of(text,
                           "E608",
                           "lots of " + market_.at(out.instrument).name,
                           fmt::format("size: {} is not a whole number of lots", shown(text.text)));
            error.allowed = fmt::format(
                "multiples of {} at {}", inst.lot_base, market_.at(out.instrument).name);
            return;
        }
        out.lots = Lots::from_raw(static_cast<std::int64_t>(whole));
    }
    void set_cost(const Decimal& size, const Decimal& entry, BookPosition& out) {
        // Rounded against the account: a long paid more, a short received less.
        const auto cost =
            product_money(size, entry, out.side == Side::buy ? Round::up : Round::down);
        if (!cost || cost->raw() > countable_raw_max) {
            problem(field(entry_price), "E604", "entry: size times entry is too large").allowed =
                "at most 2 tn USD a position";
            return;
        }
        out.cost = out.side == Side::buy ? *cost : -*cost;
    }
    void refuse_position_fields() {
        for (const Column column : {side_word, size_coins, entry_price, tier_override}) {
            const CsvField text = field(column);
            if (!text.text.empty()) {
                problem(
                    text, "E610", fmt::format("{}: without an instrument", columns[column].name))
                    .hint = "a line without an instrument is a collateral line";
            }
        }
    }

    void read_override(BookPosition& out) {
        const CsvField text = field(tier_override);
        if (text.text.empty()) {
            return;
        }
        // "1.5%" or "1.5%/3%": maintenance rate, least initial rate.
        const std::size_t slash = text.text.find('/');
        const auto rate = [&](std::string_view part) -> std::optional<std::int64_t> {
            if (!part.ends_with('%')) {
                return std::nullopt;
            }
            part.remove_suffix(1);
            const std::size_t last = part.find_last_not_of(' ');
            const auto value = table_.number(part.substr(0, last + 1));
            const auto scaled_ppm = value ? scaled(*value, 4, Round::up) : std::nullopt;
            return scaled_ppm && *scaled_ppm > 0 && *scaled_ppm <= whole_ppm ? scaled_ppm
                                                                             : std::nullopt;
        };
        const auto maintenance = rate(text.text.substr(0, slash));
        const auto initial =
            slash == std::string_view::npos ? maintenance : rate(text.text.substr(slash + 1));
        if (!maintenance || !initial || *initial < *maintenance) {
            Error& error = problem(text, "E603", "tier_override: " + in_quotes(text.text));
            error.allowed =
                "a maintenance rate such as 1.5%, or with the least initial rate 1.5%/3%";
            return;
        }
        set_override({*maintenance, *initial}, out);
    }
    void set_override(const TierOverride& terms, BookPosition& out) {
        const auto same = std::find_if(
            book_.overrides.begin(), book_.overrides.end(), [&](const TierOverride& row) {
                return row.maintenance_ppm == terms.maintenance_ppm &&
                       row.initial_ppm == terms.initial_ppm;
            });
        out.override_row = static_cast<std::int32_t>(same - book_.overrides.begin());
        if (same == book_.overrides.end()) {
            book_.overrides.push_back(terms);
        }
    }

    void read_collateral(Row& row) {
        BookCollateral& out = row.collateral;
        out.line = row.line;
        const CsvField asset = field(collateral_asset);
        if (!asset.text.empty() && !is_dollar(asset.text)) {
            const auto coin = market_.find_coin(asset.text);
            if (!coin) {
                Error& error = problem_of(asset,
                                          "E606",
                                          fmt::format("asset {}", asset.text),
                                          "unknown asset " + in_quotes(asset.text));
                error.allowed = "USD, USDT, USDC or a coin of the market";
                error.hint = fmt::format(
                    "--price {}=USD makes it one; what it counts for say the "
                    "venue's rules",
                    shown(asset.text));
                return;
            }
            out.coin = *coin;
            if (row.mode == MarginMode::isolated) {
                problem(asset, "E605", "isolated margin in a coin").allowed =
                    "isolated margin is in dollars";
            }
        }
        const CsvField text = field(amount_held);
        const auto value = table_.number(text.text);
        if (!value) {
            problem(text, "E603", "amount: " + value.error()).allowed =
                "decimals of at most 18 digits; negative = owed";
            return;
        }
        const auto raw = scaled(*value, out.coin.valid() ? 8 : 6, Round::down);
        if (!raw || !can_be_counted(out.coin, *raw)) {
            problem(text, "E604", fmt::format("amount: {} is too large", shown(text.text)))
                .allowed = "at most 2 tn USD at the market's price";
            return;
        }
        out.amount = *raw;
        if (row_good_ && row.mode == MarginMode::isolated && *raw < 0) {
            refuse_spent_margin(row, text);
        }
    }

    // Dollars without sign; of coins at the market's price.
    [[nodiscard]] double worth_usd(AssetId coin, std::int64_t raw) const {
        const double amount = std::fabs(static_cast<double>(raw));
        return coin.valid()
                   ? amount / static_cast<double>(coin_units) * market_.coins[coin.raw()].price
                   : amount * 1e-6;
    }
    [[nodiscard]] bool can_be_counted(AssetId coin, std::int64_t raw) const {
        return raw <= countable_raw_max && raw >= -countable_raw_max &&
               worth_usd(coin, raw) <= countable_usd_max;
    }

    // Profit that was taken out of an isolated position leaves its margin below 0 (Hyperliquid);
    // what counts is that margin and profit together are not.
    void refuse_spent_margin(const Row& row, const CsvField& text) {
        const StressInstrument& at = market_.at(row.position.instrument);
        const i128 value = i128{notional(at.instrument, at.mark, row.position.lots).raw()} *
                           sign(row.position.side);
        if (row.collateral.amount + value - row.position.cost.raw() < 0) {
            problem(text, "E604", "amount: isolated margin below 0, and more than the profit");
        }
    }

    double read_reported(Column column) {
        const CsvField text = field(column);
        if (is_one_of(text.text, {"", "null", "none"})) {
            return not_reported;
        }
        const auto value = table_.number(text.text);
        if (!value) {
            problem(text, "E603", fmt::format("{}: {}", columns[column].name, value.error()))
                .allowed = "a number, or nothing";
            return not_reported;
        }
        return value->value();
    }

    // Rows of one unit together; isolated positions stay apart by their instrument and side.
    [[nodiscard]] static auto order(const Row& row) {
        const bool isolated = row.mode == MarginMode::isolated;
        return std::tuple{row.account,
                          row.venue.raw(),
                          isolated ? 1 : 0,
                          isolated ? row.position.instrument.raw() : 0,
                          isolated ? static_cast<int>(row.position.side) : 0,
                          row.line};
    }
    [[nodiscard]] static bool same_unit(const Row& a, const Row& b) {
        return a.account == b.account && a.venue == b.venue && a.mode == b.mode &&
               (a.mode == MarginMode::cross || (a.position.instrument == b.position.instrument &&
                                                a.position.side == b.position.side));
    }
    void find_doubles() {
        const auto before = [](const Row& a, const Row& b) { return order(a) < order(b); };
        if (!std::is_sorted(rows_.begin(), rows_.end(), before)) {
            std::sort(rows_.begin(), rows_.end(), before);
        }
        std::vector<const Row*> seen;
        const std::size_t first_new = errors_.size();
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            if (k == 0 || !same_unit(rows_[k], rows_[k - 1])) {
                seen.clear();
            }
            if (!rows_[k].has_position) {
                continue;
            }
            for (const Row* const other : seen) {
                if (other->position.instrument == rows_[k].position.instrument &&
                    other->position.side == rows_[k].position.side) {
                    report_double(rows_[k], *other);
                    break;
                }
            }
            seen.push_back(&rows_[k]);
        }
        std::stable_sort(errors_.begin() + static_cast<std::ptrdiff_t>(first_new),
                         errors_.end(),
                         [](const Error& a, const Error& b) { return a.line < b.line; });
        std::inplace_merge(errors_.begin(),
                           errors_.begin() + static_cast<std::ptrdiff_t>(first_new),
                           errors_.end(),
                           [](const Error& a, const Error& b) { return a.line < b.line; });
    }
    void report_double(const Row& row, const Row& other) {
        Error error;
        error.file = table_.reader().name();
        error.line = static_cast<int>(row.line);
        error.column = 1;
        error.code = "E607";
        bad_account_[row.account] = 1;
        if (!take_room(errors_, "E607")) {
            return;
        }
        error.message = fmt::format("account {} has this position twice: {} {}",
                                    shown(book_.accounts[row.account].id),
                                    market_.at(row.position.instrument).name,
                                    row.position.side == Side::buy ? "long" : "short");
        error.allowed = fmt::format("first in line {}", other.line);
        error.hint = "give the sum of the sizes and the average entry in one line";
        errors_.push_back(std::move(error));
    }

    void build(BadRows bad) {
        if (bad == BadRows::refuse &&
            std::any_of(
                errors_.begin(), errors_.end(), [](const Error& e) { return !e.warning; })) {
            return;
        }
        book_.rows_left_out = bad_lines_;
        book_.units.reserve(rows_.size());
        book_.positions.reserve(rows_.size());
        book_.collateral.reserve(rows_.size());
        const Row* last = nullptr;
        for (const Row& row : rows_) {
            if (bad_account_[row.account] != 0) {
                ++book_.rows_left_out;
                continue;
            }
            if (last == nullptr || !same_unit(row, *last)) {
                MarginUnit unit;
                unit.account = row.account;
                unit.venue = row.venue;
                unit.mode = row.mode;
                unit.first_position = static_cast<std::uint32_t>(book_.positions.size());
                unit.first_collateral = static_cast<std::uint32_t>(book_.collateral.size());
                unit.line = row.line;
                book_.units.push_back(unit);
            }
            last = &row;
            add_row(row, book_.units.back());
        }
        book_.accounts_left_out = static_cast<std::size_t>(
            std::count(bad_account_.begin(), bad_account_.end(), std::uint8_t{1}));
        if (book_.gross_usd > countable_usd_max) {
            Error error;
            error.file = table_.reader().name();
            error.code = "E604";
            error.message = fmt::format("the book holds {:.0f} USD in all", book_.gross_usd);
            error.allowed = "at most 2 tn USD, longs, shorts and collateral added up";
            add_problem(errors_, std::move(error));
            book_.units.clear();
        }
    }
    void add_row(const Row& row, MarginUnit& unit) {
        book_.gross_usd +=
            row.has_collateral ? worth_usd(row.collateral.coin, row.collateral.amount) : 0.0;
        if (row.has_position) {
            book_.gross_usd += std::fabs(to_usd(row.position.cost));
            book_.positions.push_back(row.position);
            ++unit.positions;
        }
        if (row.has_collateral) {
            book_.collateral.push_back(row.collateral);
            ++unit.collaterals;
        }
        if (!std::isnan(row.equity)) {
            unit.reported_equity = row.equity;
            unit.reported_line = row.line;
        }
        if (!std::isnan(row.margin)) {
            unit.reported_margin = row.margin;
            unit.reported_line = row.line;
        }
    }

    AccountBook book_;
    CsvTable table_;
    const StressMarket& market_;
    Errors& errors_;
    struct Cause {
        std::size_t error = npos;  // row of errors_
        std::size_t lines = 0;
    };
    static constexpr std::size_t npos = SIZE_MAX;
    std::map<std::string, Cause> causes_;
    bool row_good_ = true;
    std::vector<bool> marks_apart_;  // by InstrumentId: said already
    std::vector<Row> rows_;
    std::vector<std::uint8_t> bad_account_;
    std::size_t bad_lines_ = 0;
    // Only looked up, never walked.
    std::unordered_map<std::string_view, std::uint32_t> account_of_, group_of_;
    std::vector<std::tuple<VenueId, std::string_view, InstrumentId>> instruments_seen_;
    VenueId last_venue_;
    std::string_view last_venue_name_;
};

}  // namespace

AccountBook read_account_book(std::string_view text,
                              const std::string& name,
                              const StressMarket& market,
                              BadRows bad,
                              Errors& errors) {
    Reader reader(text, name, market, errors);
    return reader.read(bad);
}

std::vector<bool> held_coins(const AccountBook& book, const StressMarket& market) {
    std::vector<bool> out(market.coins.size(), false);
    for (const BookPosition& p : book.positions) {
        out[market.at(p.instrument).instrument.base.raw()] = true;
    }
    return out;
}

}  // namespace margincall::inline desk
