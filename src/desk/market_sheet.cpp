#include "desk/market_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "desk/market.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

enum class SheetKind : std::uint8_t {
    none,
    binance_info,      // /fapi/v1/exchangeInfo
    binance_brackets,  // /fapi/v1/leverageBracket
    bybit_info,        // /v5/market/instruments-info
    bybit_limits,      // /v5/market/risk-limit
    okx_info,          // /api/v5/public/instruments
    okx_tiers,         // /api/v5/public/position-tiers
    hyperliquid,       // {"type": "meta"} or "metaAndAssetCtxs"
    table,             // symbols and columns, as data sets of tiers have them
};

SheetKind kind_of(const JsonTree& tree) {
    const JsonTree& data = first_of(member_of(tree, "data"));
    const JsonTree& row = first_of(member_of(member_of(tree, "result"), "list"));
    if (has_member(tree, "columns") && has_member(tree, "symbols")) {
        return SheetKind::table;
    }
    if (has_member(first_of(member_of(tree, "symbols")), "filters")) {
        return SheetKind::binance_info;
    }
    if (has_member(first_of(tree), "brackets") || has_member(tree, "brackets")) {
        return SheetKind::binance_brackets;
    }
    if (has_member(row, "lotSizeFilter")) {
        return SheetKind::bybit_info;
    }
    if (has_member(row, "riskLimitValue") && has_member(row, "maintenanceMargin")) {
        return SheetKind::bybit_limits;
    }
    if (has_member(data, "ctVal")) {
        return SheetKind::okx_info;
    }
    if (has_member(data, "mmr") && has_member(data, "maxSz")) {
        return SheetKind::okx_tiers;
    }
    if (has_member(tree, "universe") || has_member(first_of(tree), "universe")) {
        return SheetKind::hyperliquid;
    }
    return SheetKind::none;
}

// No table goes on above this, whatever is printed as its end (Binance: the largest integer).
constexpr std::int64_t no_cap_usd = 100'000'000'000;

// Two of them can be compared at one number of places.
bool is_long(const Decimal& a) {
    return a.places > 18 || a.digits >= power_of_ten(20);
}
bool is_less(const Decimal& a, const Decimal& b) {
    const int places = std::max(a.places, b.places);
    return a.digits * power_of_ten(places - a.places) < b.digits * power_of_ten(places - b.places);
}
bool is_zero(const Decimal& a) {
    return a.digits == 0;
}
// A share of at most 1; 0 for what is none.
Fraction rate_of(const Decimal& rate) {
    return is_less(Decimal{1, 0}, rate) ? Fraction{0, 1} : to_fraction(rate);
}
// 1 / leverage; 0 for what is none.
Fraction inverse(const Decimal& leverage) {
    if (is_zero(leverage) || is_less(Decimal{1000, 0}, leverage) || leverage.places > 15) {
        return {0, 1};
    }
    const Fraction f = to_fraction(leverage);
    return make_fraction(f.den, f.num);
}
Fraction half_of(Fraction f) {
    return make_fraction(f.num, 2 * f.den);
}

class SheetReader {
  public:
    explicit SheetReader(std::string file) { sheet_.file = std::move(file); }

    void read(const JsonTree& tree);
    [[nodiscard]] MarketSheet& sheet() { return sheet_; }
    [[nodiscard]] Errors& errors() { return errors_; }

  private:
    void refuse(const char* code, std::string message, std::string hint) {
        add_problem(errors_, file_error(sheet_.file, code, std::move(message), std::move(hint)));
    }
    std::optional<Decimal> number_or_none(const JsonTree& row,
                                          std::string_view key,
                                          std::string_view of) {
        return number_of(text_of(row, key), key, of);
    }
    std::optional<Decimal> number_of(const std::string& text,
                                     std::string_view key,
                                     std::string_view of) {
        if (text.empty()) {
            return std::nullopt;
        }
        std::optional<Decimal> read = parse_long_decimal(text);
        // Volumes are printed with more digits than anybody needs: what is beyond is cut.
        while (read && read->places > 0 && is_long(*read)) {
            read = Decimal{div_round(read->digits, 10, Round::down), read->places - 1};
        }
        if (!read || is_long(*read) || read->digits < 0) {
            read.reset();
            refuse("E632",
                   fmt::format("{}: {} is {}, not such a number", shown(of), key, in_quotes(text)),
                   "give the answer of the interface as it came");
        }
        return read;
    }
    std::optional<Decimal> number(const JsonTree& row, std::string_view key, std::string_view of) {
        const std::size_t before = errors_.size();
        auto read = number_or_none(row, key, of);
        if (!read && errors_.size() == before) {
            refuse("E632",
                   fmt::format("{}: {} is missing", shown(of), key),
                   "give the answer of the interface as it came");
        }
        return read;
    }
    // Exact; both of at most 15 digits.
    std::optional<Decimal> product_of(const std::optional<Decimal>& a,
                                      const Decimal& b,
                                      std::string_view of) {
        const i128 most = power_of_ten(15);
        if (!a || a->digits >= most || b.digits >= most) {
            return std::nullopt;
        }
        Decimal out{a->digits * b.digits, a->places + b.places};
        while (out.places > 0 && out.digits % 10 == 0) {
            out = Decimal{div_round(out.digits, 10, Round::down), out.places - 1};  // exact
        }
        if (!is_usable(out) || is_long(out)) {
            refuse("E632",
                   fmt::format("{}: the contract is no number of coins", shown(of)),
                   "give the answer of the interface as it came");
            return std::nullopt;
        }
        return out;
    }
    // "BTC-USDT", "BTC/USDT:USDT", "BTC/USDT:USDT-251226"
    static std::pair<std::string, std::string> names_of(const std::string& symbol) {
        const std::size_t slash = symbol.find_first_of("/-");
        const std::size_t colon = symbol.find(':');
        if (slash == std::string::npos) {
            return {std::string{coin_of_symbol(symbol)}, settle_of(symbol)};
        }
        std::string settle = symbol.substr((colon == std::string::npos ? slash : colon) + 1);
        if (colon == std::string::npos) {
            settle = settle.substr(0, settle.find('-'));  // of BTC-USDT-SWAP
        }
        return {symbol.substr(0, slash), settle};
    }
    static std::string settle_of(std::string_view symbol) {
        const std::string_view coin = coin_of_symbol(symbol);
        return std::string{symbol.substr(coin.size())};
    }
    SheetRow& row_of(const std::string& coin, const std::string& settle) {
        const auto [at, fresh] = places_.try_emplace({coin, settle}, sheet_.rows.size());
        if (fresh) {
            SheetRow& row = sheet_.rows.emplace_back();
            row.coin = coin;
            row.settle = settle;
            row.file = sheet_.file;
        }
        return sheet_.rows[at->second];
    }
    // Puts a tier behind the others of the row, if its numbers are those of one.
    static void add_tier(SheetRow& row, SheetTier tier);
    void check_tables();

    void read_binance_info(const JsonTree& tree);
    void read_binance_brackets(const JsonTree& tree);
    void read_bybit_info(const JsonTree& tree);
    void read_bybit_limits(const JsonTree& tree);
    void read_okx_info(const JsonTree& tree);
    void read_okx_tiers(const JsonTree& tree);
    void read_hyperliquid(const JsonTree& tree);
    void read_table(const JsonTree& tree);

    MarketSheet sheet_;
    Errors errors_;
    std::map<std::pair<std::string, std::string>, std::size_t> places_;
};

void SheetReader::add_tier(SheetRow& row, SheetTier tier) {
    if (tier.cap && !is_less(*tier.cap, Decimal{no_cap_usd, 0})) {
        tier.cap.reset();
    }
    row.tiers.push_back(tier);
}

// Gap-free, rising, as everything that computes with them relies on.
void SheetReader::check_tables() {
    for (const SheetRow& row : sheet_.rows) {
        for (std::size_t k = 0; k < row.tiers.size(); ++k) {
            const SheetTier& tier = row.tiers[k];
            const SheetTier* const below = k > 0 ? &row.tiers[k - 1] : nullptr;
            const bool joined = below == nullptr
                                    ? is_zero(tier.floor)
                                    : below->cap && !is_less(*below->cap, tier.floor) &&
                                          !is_less(tier.floor, *below->cap);
            const bool wide = !tier.cap || is_less(tier.floor, *tier.cap);
            const bool rates =
                tier.maintenance.num > 0 && tier.initial.num > 0 &&
                !(Fraction{1, 1} < tier.maintenance) && !(Fraction{1, 1} < tier.initial) &&
                (below == nullptr ||
                 (!(tier.maintenance < below->maintenance) && !(tier.initial < below->initial)));
            if (!joined || !wide || !rates) {
                refuse("E636",
                       fmt::format("{} {}: tier {} does not follow the one below",
                                   shown(row.coin),
                                   shown(row.settle),
                                   k + 1),
                       !joined || !wide ? "each begins where the one below ends, the first at 0"
                                        : "rates rise from tier to tier, leverage falls");
                break;
            }
        }
    }
}

void SheetReader::read_binance_info(const JsonTree& tree) {
    sheet_.venue = "A";
    for (const JsonTree& symbol : member_of(tree, "symbols")) {
        const std::string type = text_of(symbol, "contractType");
        if (!type.empty() && type != "PERPETUAL" && type != "TRADIFI_PERPETUAL") {
            continue;
        }
        const std::string name = text_of(symbol, "symbol");
        const auto [coin, settle] = names_of(name);
        SheetRow& row = row_of(
            coin, text_of(symbol, "marginAsset").empty() ? settle : text_of(symbol, "marginAsset"));
        for (const JsonTree& filter : member_of(symbol, "filters")) {
            const std::string kind = text_of(filter, "filterType");
            if (kind == "PRICE_FILTER") {
                row.tick = number(filter, "tickSize", name);
            } else if (kind == "LOT_SIZE") {
                row.lot = number(filter, "stepSize", name);
            }
        }
    }
}

void SheetReader::read_binance_brackets(const JsonTree& tree) {
    sheet_.venue = "A";
    const JsonTree one = JsonTree::array({tree});
    for (const JsonTree& symbol : tree.is_array() ? tree : one) {
        const std::string name = text_of(symbol, "symbol");
        const auto [coin, settle] = names_of(name);
        SheetRow& row = row_of(coin, settle);
        for (const JsonTree& bracket : member_of(symbol, "brackets")) {
            const auto floor = number(bracket, "notionalFloor", name);
            const auto rate = number(bracket, "maintMarginRatio", name);
            const auto leverage = number(bracket, "initialLeverage", name);
            if (floor && rate && leverage) {
                add_tier(row,
                         {*floor,
                          number(bracket, "notionalCap", name),
                          rate_of(*rate),
                          inverse(*leverage),
                          number_or_none(bracket, "cum", name)});
            }
        }
        // Some answers begin with the highest bracket.
        std::ranges::sort(row.tiers, is_less, &SheetTier::floor);
    }
}

void SheetReader::read_bybit_info(const JsonTree& tree) {
    sheet_.venue = "B";
    for (const JsonTree& symbol : member_of(member_of(tree, "result"), "list")) {
        if (text_of(symbol, "contractType") != "LinearPerpetual") {
            continue;
        }
        const std::string name = text_of(symbol, "symbol");
        SheetRow& row = row_of(text_of(symbol, "baseCoin"), text_of(symbol, "settleCoin"));
        row.tick = number(member_of(symbol, "priceFilter"), "tickSize", name);
        row.lot = number(member_of(symbol, "lotSizeFilter"), "qtyStep", name);
    }
}

void SheetReader::read_bybit_limits(const JsonTree& tree) {
    sheet_.venue = "B";
    for (const JsonTree& limit : member_of(member_of(tree, "result"), "list")) {
        const std::string name = text_of(limit, "symbol");
        if (is_coin_margined(name)) {
            continue;
        }
        // "BTCPERP" is settled in USDC.
        const auto [coin, ending] = names_of(name);
        SheetRow& row = row_of(coin, ending == "PERP" ? "USDC" : ending);
        const auto cap = number(limit, "riskLimitValue", name);
        const auto rate = number(limit, "maintenanceMargin", name);
        const auto initial = number(limit, "initialMargin", name);
        if (cap && rate && initial) {
            const Decimal floor =
                row.tiers.empty() ? Decimal{} : row.tiers.back().cap.value_or(Decimal{});
            add_tier(row,
                     {floor,
                      cap,
                      rate_of(*rate),
                      rate_of(*initial),
                      number_or_none(limit, "mmDeduction", name)});
        }
    }
}

void SheetReader::read_okx_info(const JsonTree& tree) {
    sheet_.venue = "O";
    for (const JsonTree& instrument : member_of(tree, "data")) {
        const std::string name = text_of(instrument, "instId");
        if (text_of(instrument, "instType") != "SWAP" ||
            text_of(instrument, "ctType") != "linear") {
            continue;
        }
        SheetRow& row = row_of(names_of(name).first, text_of(instrument, "settleCcy"));
        row.tick = number(instrument, "tickSz", name);
        const auto value = number(instrument, "ctVal", name);
        const auto times_it = number_or_none(instrument, "ctMult", name);
        const auto lot = number(instrument, "lotSz", name);
        row.contract = product_of(value, times_it.value_or(Decimal{1, 0}), name);
        row.lot = row.contract ? product_of(lot, *row.contract, name) : std::nullopt;
    }
}

void SheetReader::read_okx_tiers(const JsonTree& tree) {
    sheet_.venue = "O";
    for (const JsonTree& tier : member_of(tree, "data")) {
        std::string name;
        for (const char* const key : {"instFamily", "uly", "instId"}) {
            name = name.empty() ? text_of(tier, key) : name;
        }
        const auto [coin, settle] = names_of(name);
        SheetRow& row = row_of(coin, settle);
        const auto cap = number(tier, "maxSz", name);
        const auto rate = number(tier, "mmr", name);
        const auto initial = number(tier, "imr", name);
        if (cap && rate && initial) {
            // minSz is the first size of a tier, not where it begins.
            const Decimal floor =
                row.tiers.empty() ? Decimal{} : row.tiers.back().cap.value_or(Decimal{});
            row.counts_contracts = true;
            row.tiers.push_back({floor, cap, rate_of(*rate), rate_of(*initial), std::nullopt});
        }
    }
}

void SheetReader::read_hyperliquid(const JsonTree& tree) {
    sheet_.venue = "H";
    const JsonTree& meta = tree.is_array() ? first_of(tree) : tree;
    std::map<std::string, const JsonTree*> tables;
    for (const JsonTree& table : member_of(meta, "marginTables")) {
        if (table.is_array() && table.size() == 2 && table.front().is_string()) {
            tables[table.front().get<std::string>()] = &table.back();
        }
    }
    const auto half_initial = [](const Decimal& leverage) { return half_of(inverse(leverage)); };
    std::size_t k = 0;
    for (const JsonTree& coin : member_of(meta, "universe")) {
        const std::string name = text_of(coin, "name");
        SheetRow& row = row_of(name, "USDC");
        const auto places = number(coin, "szDecimals", name);
        const auto most = number(coin, "maxLeverage", name);
        if (places) {
            row.size_places = static_cast<int>(
                std::min<std::int64_t>(18, scaled(*places, 0, Round::down).value_or(18)));
        }
        const auto table = tables.find(text_of(coin, "marginTableId"));
        if (table == tables.end()) {
            // An id below 50 is a table of one tier, whose leverage it is; so is the coin's own.
            if (most) {
                row.tiers = {{{}, std::nullopt, half_initial(*most), inverse(*most), std::nullopt}};
            }
        } else {
            for (const JsonTree& tier : member_of(*table->second, "marginTiers")) {
                const auto floor = number(tier, "lowerBound", name);
                const auto leverage = number(tier, "maxLeverage", name);
                if (floor && leverage) {
                    if (!row.tiers.empty()) {
                        row.tiers.back().cap = floor;
                    }
                    row.tiers.push_back({*floor,
                                         std::nullopt,
                                         half_initial(*leverage),
                                         inverse(*leverage),
                                         std::nullopt});
                }
            }
        }
        if (tree.is_array() && tree.size() == 2 && tree[1].is_array() && k < tree[1].size()) {
            row.mark = number_or_none(tree[1][k], "markPx", name);
            row.volume = number_or_none(tree[1][k], "dayNtlVlm", name);
            row.volume = row.volume && row.volume->value() <= 1e15 ? row.volume : std::nullopt;
        }
        ++k;
    }
}

// {"venue": "binance_usdm", "columns": [...], "symbols": {"BTC/USDT:USDT": [[1, 0, 300000, 0.004, 150, 0], ...]}}
void SheetReader::read_table(const JsonTree& tree) {
    sheet_.venue = usual_venue(text_of(tree, "venue"));
    sheet_.as_of = text_of(tree, "as_of").substr(0, 10);
    // Fields by the beginning of their column's name.
    static constexpr std::array<std::string_view, 11> begins = {"notional_floor",
                                                                "notional_lower_bound",
                                                                "size_floor",
                                                                "notional_cap",
                                                                "size_cap",
                                                                "maintenance_margin_rate",
                                                                "initial_margin_rate",
                                                                "max_leverage",
                                                                "maintenance_amount",
                                                                "mm_deduction",
                                                                "maintenance_deduction"};
    std::array<int, begins.size()> place{};
    place.fill(-1);
    int k = 0;
    for (const JsonTree& column : member_of(tree, "columns")) {
        for (std::size_t which = 0; which < begins.size(); ++which) {
            if (column.is_string() && column.get<std::string>().starts_with(begins[which])) {
                place[which] = k;
            }
        }
        ++k;
    }
    const auto place_of = [&](std::initializer_list<std::size_t> which) {
        for (const std::size_t one : which) {
            if (place[one] >= 0) {
                return place[one];
            }
        }
        return -1;
    };
    const int floor_at = place_of({0, 1, 2});
    const int cap_at = place_of({3, 4});
    const int rate_at = place[5];
    const int initial_at = place[6];
    const int leverage_at = place[7];
    const int deduction_at = place_of({8, 9});
    if (sheet_.venue.empty() || floor_at < 0 || rate_at < 0 ||
        (initial_at < 0 && leverage_at < 0)) {
        refuse("E633",
               fmt::format("a table of {} that is not read", in_quotes(text_of(tree, "venue"))),
               "read are tables of Binance, Bybit, OKX and Hyperliquid with a floor, a maintenance "
               "rate and a leverage");
        return;
    }
    // Hyperliquid's maintenance rate is half of the initial one, which a decimal of ten digits is not.
    const bool half = sheet_.venue == "H" && leverage_at >= 0;
    for (const auto& [symbol, rows] : member_of(tree, "symbols").items()) {
        const auto [coin, settle] = names_of(symbol);
        SheetRow& row = row_of(coin, sheet_.venue == "H" ? "USDC" : settle);
        row.counts_contracts = place[2] >= 0;
        for (const JsonTree& line : rows) {
            const auto cell = [&](int at, std::string_view what) {
                const bool there = at >= 0 && line.is_array() &&
                                   static_cast<std::size_t>(at) < line.size() &&
                                   line[static_cast<std::size_t>(at)].is_string();
                return there ? number_of(line[static_cast<std::size_t>(at)].get<std::string>(),
                                         what,
                                         symbol)
                             : std::nullopt;
            };
            const auto floor = cell(floor_at, "floor");
            const auto rate = cell(rate_at, "maintenance rate");
            const auto leverage = cell(leverage_at, "leverage");
            const auto initial = cell(initial_at, "initial rate");
            if (!floor || !rate || (!leverage && !initial)) {
                refuse("E632",
                       fmt::format("{}: a tier without its numbers", shown(symbol)),
                       "each row has the fields that `columns` names");
                break;
            }
            if (cap_at < 0 && !row.tiers.empty()) {
                row.tiers.back().cap = floor;
            }
            const Fraction least = initial ? rate_of(*initial) : inverse(*leverage);
            add_tier(row,
                     {*floor,
                      cell(cap_at, "cap"),
                      half ? half_of(least) : rate_of(*rate),
                      least,
                      cell(deduction_at, "deduction")});
        }
    }
}

void SheetReader::read(const JsonTree& tree) {
    switch (kind_of(tree)) {
        case SheetKind::none:
            break;
        case SheetKind::binance_info:
            read_binance_info(tree);
            break;
        case SheetKind::binance_brackets:
            read_binance_brackets(tree);
            break;
        case SheetKind::bybit_info:
            read_bybit_info(tree);
            break;
        case SheetKind::bybit_limits:
            read_bybit_limits(tree);
            break;
        case SheetKind::okx_info:
            read_okx_info(tree);
            break;
        case SheetKind::okx_tiers:
            read_okx_tiers(tree);
            break;
        case SheetKind::hyperliquid:
            read_hyperliquid(tree);
            break;
        case SheetKind::table:
            read_table(tree);
            break;
    }
    check_tables();
}

// Names of one coin at a venue: BTC is XBT nowhere here; letter case of kPEPE does not count.
bool is_row_of(const SheetRow& row, std::string_view coin) {
    return same_word(row.coin, coin);
}

void fill_from(SheetRow& out, const SheetRow& row) {
    const auto take = [](auto& to, const auto& from) {
        if (!to) {
            to = from;
        }
    };
    take(out.tick, row.tick);
    take(out.lot, row.lot);
    take(out.size_places, row.size_places);
    take(out.contract, row.contract);
    take(out.mark, row.mark);
    take(out.volume, row.volume);
    if (out.tiers.empty()) {
        out.tiers = row.tiers;
        out.counts_contracts = row.counts_contracts;
        out.file = row.tiers.empty() ? out.file : row.file;
    }
}

}  // namespace

bool is_usable(const Decimal& value) {
    const double size = value.value();
    return value.digits > 0 && size >= 1e-12 && size <= 1e9;
}

std::string decimal_text(const Decimal& value) {
    std::string out = to_text(value.digits);
    if (value.places > 0) {
        const auto places = static_cast<std::size_t>(value.places);
        out.insert(0, out.size() <= places ? places + 1 - out.size() : 0, '0');
        out.insert(out.size() - places, 1, '.');
    }
    return out;
}

bool is_market_sheet(const JsonTree& tree) {
    return kind_of(tree) != SheetKind::none;
}

std::expected<MarketSheet, Errors> read_market_sheet(const JsonTree& tree,
                                                     const std::string& file) {
    SheetReader reader(file);
    reader.read(tree);
    if (!reader.errors().empty()) {
        return std::unexpected(std::move(reader.errors()));
    }
    return std::move(reader.sheet());
}

std::optional<SheetRow> find_sheet_row(std::span<const MarketSheet> sheets,
                                       std::string_view venue,
                                       std::string_view coin,
                                       std::string_view settle) {
    std::optional<SheetRow> out;
    const std::array<std::string_view, 4> wanted = {settle, "USDT", "USDC", "USD"};
    for (const std::string_view name : wanted) {
        for (const MarketSheet& sheet : sheets) {
            for (const SheetRow& row : sheet.rows) {
                if (sheet.venue == venue && is_row_of(row, coin) && same_word(row.settle, name)) {
                    if (!out) {
                        out = SheetRow{};
                        out->settle = row.settle;
                    }
                    fill_from(*out, row);
                }
            }
        }
        if (out && !out->tiers.empty()) {
            break;
        }
    }
    if (out) {
        out->coin = coin;
    }
    return out;
}

}  // namespace margincall::inline desk
