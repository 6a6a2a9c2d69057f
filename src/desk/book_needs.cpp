#include "desk/book_needs.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "desk/book_columns.hpp"
#include "desk/market.hpp"
#include "desk/market_sheet.hpp"

namespace margincall::inline desk {
namespace {

// "USDT" of BTCUSDT, BTC-USDT-SWAP and BTC/USDT:USDT.
std::string settle_of(std::string_view symbol) {
    const std::string_view ending = symbol.substr(coin_of_symbol(symbol).size());
    for (const char* const dollar : {"USDT", "USDC", "USD"}) {
        const std::string_view name = dollar;
        for (std::size_t at = 0; at + name.size() <= ending.size(); ++at) {
            if (same_word(ending.substr(at, name.size()), name)) {
                return std::string{name};
            }
        }
    }
    return {};
}

void add_name(std::vector<std::string>& names, std::string_view name) {
    if (std::ranges::find(names, name) == names.end()) {
        names.emplace_back(name);
    }
}

class NeedsReader {
  public:
    using enum BookColumns::Column;
    explicit NeedsReader(std::string_view text)
        : table_(text, "", book_columns, ignored_, &ignored_notes_) {}

    BookNeeds read() {
        while (table_.next()) {
            if (table_.fits() && !table_.field(venue_name).text.empty()) {
                read_line();
            }
        }
        return std::move(out_);
    }

  private:
    void read_line() {
        const std::string_view venue = table_.field(venue_name).text;
        if (out_.venues.empty() || out_.venues.back() != venue) {
            add_name(out_.venues, venue);
        }
        const std::string_view symbol = table_.field(instrument_name).text;
        if (!symbol.empty() && !is_coin_margined(symbol)) {
            read_position(instrument(venue, symbol));
        }
        const std::string_view asset = table_.field(collateral_asset).text;
        if (!asset.empty() && !is_dollar(asset)) {
            add_name(out_.collateral, asset);
        }
    }
    NeededInstrument& instrument(std::string_view venue, std::string_view symbol) {
        std::string key{venue};
        key += '\n';
        key += symbol;
        const auto known = by_symbol_.find(key);
        if (known != by_symbol_.end()) {
            return out_.instruments[known->second];
        }
        const std::string_view coin = coin_of_symbol(symbol);
        auto at = std::ranges::find_if(out_.instruments, [&](const NeededInstrument& other) {
            return other.venue == venue && same_word(other.coin, coin);
        });
        if (at == out_.instruments.end()) {
            NeededInstrument fresh;
            fresh.venue = venue;
            fresh.coin = coin;
            fresh.settle = settle_of(symbol);
            out_.instruments.push_back(std::move(fresh));
            at = out_.instruments.end() - 1;
        }
        by_symbol_[key] = static_cast<std::size_t>(at - out_.instruments.begin());
        return *at;
    }
    void read_position(NeededInstrument& at) {
        ++at.lines;
        int places = places_of(size_coins);
        if (!table_.field(contract_size).text.empty()) {
            places += places_of(contract_size);
        }
        at.size_places = std::max(at.size_places, places);
        const BookColumns::Column mark =
            table_.field(mark_price).text.empty() ? mark_price_long : mark_price;
        if (const auto price = table_.number(table_.field(mark).text); price && is_usable(*price)) {
            at.marks.push_back(*price);
        }
        const auto rate = table_.number(table_.field(maintenance_rate).text);
        if (rate && rate->digits > 0 && rate->value() <= 1.0 &&
            (!at.rate || at.rate->value() < rate->value())) {
            at.rate = *rate;
        }
        const auto leverage = table_.number(table_.field(max_leverage).text);
        const auto whole = leverage ? scaled(*leverage, 0, Round::down) : std::nullopt;
        if (whole && *whole > 0 && *whole <= 1000) {
            ++at.leverages[*whole];
        }
    }
    [[nodiscard]] int places_of(BookColumns::Column column) const {
        const auto number = table_.number(table_.field(column).text);
        if (!number) {
            return 0;
        }
        Decimal value = *number;
        while (value.places > 0 && value.digits % 10 == 0) {
            value.digits = div_round(value.digits, 10, Round::down);  // exact
            --value.places;
        }
        return value.places;
    }

    Errors ignored_, ignored_notes_;
    CsvTable table_;
    BookNeeds out_;
    std::unordered_map<std::string, std::size_t> by_symbol_;  // only looked up
};

}  // namespace

BookNeeds book_needs(std::string_view text) {
    return NeedsReader(text).read();
}

}  // namespace margincall::inline desk
