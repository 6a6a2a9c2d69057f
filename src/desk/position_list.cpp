#include "desk/position_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "desk/csv.hpp"
#include "desk/market.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

enum ListColumn : std::uint8_t {
    list_account,
    list_value,
    list_coin,
    list_side,
    list_size,
    list_entry,
    list_leverage,
    list_position_value,
    list_profit,
    list_liquidation,
    list_column_count,
};
constexpr std::array<CsvColumn, list_column_count> list_columns = {{
    {"account", true},
    {"account_value_usd", true},
    {"coin", true},
    {"side", true},
    {"size_coins", true},
    {"entry_price", true},
    {"leverage", true},
    {"position_value_usd", true},
    {"unrealized_pnl_usd", false},
    {"liquidation_price", true},
}};

constexpr int money_places = 6;
constexpr int rate_places_of_list = 10;
constexpr int mark_places = 10;
// A setting that so many accounts have is one that the venue allows everybody.
constexpr std::size_t accounts_of_a_maximum = 3;
// An account's value explains a price if the equity that the price asks for is so near to it.
constexpr const char* value_apart_most = "0.05";
constexpr const char* margin_mode_unsaid = "margin mode";

ExactFigure figure_of(std::int64_t value) {
    return ExactFigure::parse(fmt::format("{}", value)).value();
}

struct ListPosition {
    std::size_t account = 0;
    std::string coin;
    bool is_short = false;
    std::int64_t leverage = 0;  // setting
    ExactFigure size, entry, mark, liquidation;
    ExactFigure value;  // at the coin's median mark, once that is known
    bool has_liquidation = false;
};
struct ListAccount {
    std::string name;
    ExactFigure value;
    std::vector<std::size_t> positions;
};

// The requirement of a value: v * rate - deduction of its slice.
struct Slice {
    ExactFigure floor, deduction;
    Fraction rate;
};
ExactFigure share_of(const ExactFigure& value, Fraction rate) {
    // Half away from zero.
    return (value * figure_of(rate.num)).divided(figure_of(rate.den), rate_places_of_list);
}

class ListReader {
  public:
    ListReader(std::string_view text, const std::string& name, std::span<const MarketSheet> sheets)
        : table_(text, name, list_columns, errors_, &book_.warnings),
          sheets_(sheets),
          name_(name) {}

    std::expected<ImportedBook, Errors> read() {
        while (table_.next()) {
            if (table_.fits()) {
                read_line();
            }
        }
        if (positions_.empty() && errors_.empty()) {
            table_.header_problem("the list holds no position", "one line a position");
        }
        if (!errors_.empty()) {
            return std::unexpected(std::move(errors_));
        }
        find_maxima();
        take_medians();
        book_.format = "position list";
        for (const ListAccount& account : accounts_) {
            write_account(account);
        }
        say();
        return std::move(book_);
    }

  private:
    [[nodiscard]] ExactFigure number(ListColumn column) {
        const CsvField text = table_.field(column);
        const auto read = ExactFigure::parse(text.text);
        if (!read) {
            table_.problem(
                text,
                "E603",
                fmt::format(
                    "{}: {} is not a number", list_columns[column].name, in_quotes(text.text)));
        }
        return read.value_or(ExactFigure{});
    }
    void read_line();
    void find_maxima();
    void take_medians();
    void write_account(const ListAccount& account);
    void say();

    // Highest leverage of this position: its coin's, or more where its setting is more.
    [[nodiscard]] std::int64_t leverage_of(const ListPosition& p) const {
        return std::max(p.leverage, maxima_.at(p.coin));
    }
    [[nodiscard]] ExactFigure maintenance(const ListPosition& p, const ExactFigure& value);
    [[nodiscard]] const std::vector<Slice>& slices_of(const std::string& coin);
    // The equity at which the account is liquidatable where the venue says this one is.
    [[nodiscard]] ExactFigure equity_of(const ListPosition& pin, const ExactFigure& required) {
        const ExactFigure at_price = pin.size * pin.liquidation;
        const ExactFigure loss = pin.is_short ? at_price - pin.value : pin.value - at_price;
        return required - maintenance(pin, pin.value) + maintenance(pin, at_price) + loss;
    }

    Errors errors_;
    ImportedBook book_;
    CsvTable table_;
    std::span<const MarketSheet> sheets_;
    std::string name_;
    std::vector<ListPosition> positions_;
    std::vector<ListAccount> accounts_;
    std::unordered_map<std::string, std::size_t> account_rows_;  // only looked up
    std::map<std::string, std::int64_t> maxima_;                 // by coin
    std::map<std::string, std::vector<Slice>> slices_;
    std::map<std::string, std::set<std::int64_t>> table_leverages_;
    std::size_t pinned_ = 0, by_value_ = 0;
};

void ListReader::read_line() {
    const std::size_t before = errors_.size();
    ListPosition p;
    p.coin = table_.field(list_coin).text;
    const CsvField side = table_.field(list_side);
    p.is_short = same_word(side.text, "short");
    if (!p.is_short && !same_word(side.text, "long")) {
        table_.problem(side, "E605", fmt::format("unknown side {}", in_quotes(side.text))).allowed =
            "long or short";
    }
    p.size = number(list_size);
    p.entry = number(list_entry);
    p.value = number(list_position_value);
    const auto leverage = table_.number(table_.field(list_leverage).text);
    p.leverage = leverage ? scaled(*leverage, 0, Round::down).value_or(0) : 0;
    if (!table_.field(list_liquidation).text.empty()) {
        p.liquidation = number(list_liquidation);
        p.has_liquidation = !p.liquidation.is_zero();
    }
    const ExactFigure value = number(list_value);
    if (p.coin.empty() || p.leverage < 1 || p.leverage > 1000 || p.size.is_zero() ||
        p.size.is_negative() || p.value.is_zero() || p.value.is_negative()) {
        if (errors_.size() == before) {
            table_
                .problem(
                    table_.field(list_coin), "E604", "no position: coin, size, value or leverage")
                .allowed = "a coin, a size and a value above 0, a leverage of 1 to 1000";
        }
    }
    if (errors_.size() > before) {
        return;
    }
    const std::string name{table_.field(list_account).text};
    const auto [at, fresh] = account_rows_.try_emplace(name, accounts_.size());
    if (fresh) {
        accounts_.push_back({name, value, {}});
    }
    p.account = at->second;
    accounts_[p.account].positions.push_back(positions_.size());
    positions_.push_back(std::move(p));
}

void ListReader::find_maxima() {
    std::map<std::string, std::map<std::int64_t, std::set<std::size_t>>> settings;
    for (const ListPosition& p : positions_) {
        settings[p.coin][p.leverage].insert(p.account);
    }
    for (const auto& [coin, by_setting] : settings) {
        std::int64_t most_common = 0;
        std::size_t most = 0;
        std::int64_t& maximum = maxima_[coin];
        for (const auto& [setting, who] : by_setting) {  // rising
            if (who.size() >= accounts_of_a_maximum) {
                maximum = setting;
            }
            if (who.size() >= most) {
                most = who.size();
                most_common = setting;
            }
        }
        maximum = maximum > 0 ? maximum : most_common;
    }
}

// The accounts of a list were asked one after the other, and a market has one price: the median of the coin's
// marks, the lower one of two.
void ListReader::take_medians() {
    std::map<std::string, std::vector<const ListPosition*>> by_coin;
    for (ListPosition& p : positions_) {
        p.mark = p.value.divided(p.size, mark_places);
        by_coin[p.coin].push_back(&p);
    }
    std::map<std::string, ExactFigure> medians;
    for (auto& [coin, rows] : by_coin) {
        const auto middle = rows.begin() + static_cast<std::ptrdiff_t>((rows.size() - 1) / 2);
        std::nth_element(rows.begin(), middle, rows.end(), [](const auto* a, const auto* b) {
            return (a->mark - b->mark).is_negative();
        });
        medians[coin] = (*middle)->mark;
    }
    for (ListPosition& p : positions_) {
        p.value = p.size * medians.at(p.coin);
    }
}

const std::vector<Slice>& ListReader::slices_of(const std::string& coin) {
    const auto [at, fresh] = slices_.try_emplace(coin);
    if (!fresh) {
        return at->second;
    }
    const auto row = find_sheet_row(sheets_, "H", coin, "USDC");
    for (const SheetTier& tier : row ? row->tiers : std::vector<SheetTier>{}) {
        Slice slice;
        slice.floor = ExactFigure::parse(decimal_text(tier.floor)).value();
        slice.rate = tier.maintenance;
        if (!at->second.empty()) {
            const Slice& below = at->second.back();
            slice.deduction = below.deduction + share_of(slice.floor, slice.rate) -
                              share_of(slice.floor, below.rate);
        }
        table_leverages_[coin].insert(mul_div(tier.initial.den, 1, tier.initial.num, Round::down));
        at->second.push_back(std::move(slice));
    }
    return at->second;
}

ExactFigure ListReader::maintenance(const ListPosition& p, const ExactFigure& value) {
    const std::int64_t leverage = leverage_of(p);
    const std::vector<Slice>& slices = slices_of(p.coin);
    if (slices.empty() || !table_leverages_[p.coin].contains(leverage)) {
        return share_of(value, make_fraction(1, 2 * leverage));
    }
    const Slice* slice = &slices.front();
    for (const Slice& one : slices) {
        slice = (one.floor - value).is_negative() ? &one : slice;
    }
    return share_of(value, slice->rate) - slice->deduction;
}

void ListReader::write_account(const ListAccount& account) {
    ExactFigure required;
    ExactFigure profit;
    const ListPosition* pin = nullptr;
    bool own_terms = false;
    for (const std::size_t k : account.positions) {
        const ListPosition& p = positions_[k];
        required = required + maintenance(p, p.value);
        const ExactFigure cost = p.size * p.entry;
        profit = profit + (p.is_short ? cost - p.value : p.value - cost);
        own_terms = own_terms || p.leverage > maxima_.at(p.coin);
        if (p.has_liquidation && (pin == nullptr || (pin->value - p.value).is_negative())) {
            pin = &p;
        }
    }
    const ExactFigure equity = pin != nullptr ? equity_of(*pin, required) : account.value;
    pinned_ += pin != nullptr ? 1U : 0U;
    by_value_ += pin != nullptr ? 0U : 1U;
    const ExactFigure room =
        account.value.magnitude() * ExactFigure::parse(value_apart_most).value();
    const bool explained = !(room - (equity - account.value).magnitude()).is_negative();

    BookLine wallet;
    wallet.account = account.name;
    wallet.venue = "H";
    wallet.margin_mode = "cross";
    wallet.collateral = "USD";
    wallet.amount = (equity - profit).rounded(money_places).text();
    wallet.reported_equity = account.value.text();
    wallet.unsaid = margin_mode_unsaid;
    book_.lines.push_back(std::move(wallet));
    // An equity that was taken from the list agrees of itself.
    book_.inputs.push_back(pin != nullptr ? LineInput::none : LineInput::pin);
    for (const std::size_t k : account.positions) {
        const ListPosition& p = positions_[k];
        BookLine line;
        line.account = account.name;
        line.venue = "H";
        line.instrument = p.coin;
        line.side = p.is_short ? "short" : "long";
        line.size = p.size.text();
        line.entry = p.entry.text();
        line.margin_mode = "cross";
        line.reported_liquidation_price =
            p.has_liquidation ? price_text(p.liquidation, price_places_most) : "";
        line.mark = p.mark.text();
        line.leverage_max = fmt::format("{}", leverage_of(p));
        line.unsaid = margin_mode_unsaid;
        book_.lines.push_back(std::move(line));
        book_.inputs.push_back(!p.has_liquidation ? LineInput::none
                               : &p == pin        ? LineInput::pin
                               : own_terms        ? LineInput::terms
                               : explained        ? LineInput::complete
                                                  : LineInput::equity);
    }
}

void ListReader::say() {
    const auto note = [&](std::string message, std::string hint) {
        Error warning = file_error(name_, "W631", std::move(message), std::move(hint));
        warning.warning = true;
        add_problem(book_.warnings, std::move(warning));
    };
    note("a position list names no margin mode: every position is read as cross",
         "clearinghouseState of each account says it");
    note(fmt::format("its account value is not the equity of the perpetuals: in {} accounts that "
                     "is inferred from the liquidation price of the largest position that has one; "
                     "in {} without such a price the value is taken",
                     pinned_,
                     by_value_),
         "docs/import.md, \"Position lists\"");
}

}  // namespace

bool is_position_list(std::string_view text) {
    const std::string_view head = text.substr(0, text.find('\n'));
    return head.contains("account_value_usd") && head.contains("size_coins") &&
           head.contains("position_value_usd");
}

std::expected<ImportedBook, Errors> import_position_list(std::string_view text,
                                                         const std::string& name,
                                                         std::span<const MarketSheet> sheets) {
    return ListReader(text, name, sheets).read();
}

}  // namespace margincall::inline desk
