#include "desk/venue_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>

#include "base/csv_cell.hpp"
#include "base/text.hpp"
#include "desk/json_tree.hpp"
#include "desk/market.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

enum class Format : std::uint8_t { hyperliquid, binance, bybit, okx, ccxt };
struct FormatRow {
    Format format;
    const char* name;
    const char* venue;  // by its usual letter in the shipped scenarios; "" = by the exchange
    void (*import)(const StateParts& parts, StateReader& reader);
};
constexpr std::array format_rows = {
    FormatRow{Format::hyperliquid, "hyperliquid", "H", import_hyperliquid},
    FormatRow{Format::binance, "binance", "A", import_binance},
    FormatRow{Format::bybit, "bybit", "B", import_bybit},
    FormatRow{Format::okx, "okx", "O", import_okx},
    FormatRow{Format::ccxt, "ccxt", "", import_ccxt}};
const FormatRow& row_of(Format format) {
    return *std::ranges::find(format_rows, format, &FormatRow::format);
}

// What all files are together; a file is put where it belongs.
struct Recognised {
    std::optional<Format> format;
    StateParts parts;
};

struct Piece {
    Format format;
    std::vector<StatePart> StateParts::*where;
    const JsonTree* tree;
};

// The pieces of one file: ccxt's may be two in one.
std::vector<Piece> pieces_of(const JsonTree& tree) {
    const JsonTree& data = first_of(member_of(tree, "data"));
    const JsonTree& result = member_of(tree, "result");
    const JsonTree& row = first_of(member_of(result, "list"));
    const auto is_account = [](const JsonTree& state) {
        return has_member(state, "assetPositions");
    };
    if (is_account(tree) ||
        (tree.is_object() && !tree.empty() && std::ranges::all_of(tree, is_account))) {
        return {{Format::hyperliquid, &StateParts::accounts, &tree}};
    }
    if (has_member(tree, "balance") && has_member(tree, "positions")) {
        return {{Format::ccxt, &StateParts::wallets, &member_of(tree, "balance")},
                {Format::ccxt, &StateParts::positions, &member_of(tree, "positions")}};
    }
    if (has_member(first_of(tree), "contracts")) {
        return {{Format::ccxt, &StateParts::positions, &tree}};
    }
    if (has_member(tree, "free") && has_member(tree, "used") && has_member(tree, "total")) {
        return {{Format::ccxt, &StateParts::wallets, &tree}};
    }
    if (has_member(tree, "assets") && has_member(tree, "totalCrossWalletBalance")) {
        return {{Format::binance, &StateParts::accounts, &tree}};
    }
    if (has_member(first_of(tree), "positionAmt")) {
        return {{Format::binance, &StateParts::positions, &tree}};
    }
    if (has_member(result, "marginMode")) {
        return {{Format::bybit, &StateParts::modes, &tree}};
    }
    if (has_member(row, "coin")) {
        return {{Format::bybit, &StateParts::wallets, &tree}};
    }
    if (has_member(result, "list") && has_member(result, "category")) {
        return {{Format::bybit, &StateParts::positions, &tree}};
    }
    if (has_member(data, "ctVal")) {
        return {{Format::okx, &StateParts::instruments, &tree}};
    }
    if (has_member(data, "details")) {
        return {{Format::okx, &StateParts::wallets, &tree}};
    }
    if (has_member(data, "posSide") || has_member(data, "mgnMode")) {
        return {{Format::okx, &StateParts::positions, &tree}};
    }
    return {};
}

// Formats that answer 200 with an account that a book cannot hold.
std::optional<Error> refused_whole(const std::string& file, const JsonTree& tree) {
    if (has_member(tree, "uniMMR") || has_member(tree, "accountEquity")) {
        return file_error(
            file,
            "E635",
            "a portfolio margin account of Binance (/papi), whose scenarios no rule file has",
            "the answers of /fapi/v3/account and /fapi/v3/positionRisk can be read");
    }
    if (has_member(tree, "tokenToAvailableAfterMaintenance")) {
        return file_error(
            file,
            "E635",
            "a spotClearinghouseState of Hyperliquid: the equity of a unified account",
            "give clearinghouseState of an account that is not unified");
    }
    return std::nullopt;
}

void recognise(const std::string& file, const JsonTree& tree, Recognised& all, Errors& errors) {
    if (auto refused = refused_whole(file, tree)) {
        add_problem(errors, std::move(*refused));
        return;
    }
    const std::vector<Piece> pieces = pieces_of(tree);
    if (pieces.empty()) {
        add_problem(
            errors,
            file_error(file,
                       "E633",
                       "not an account state that is known",
                       "known are the answers of Hyperliquid (clearinghouseState), Binance "
                       "(/fapi/v3/account, positionRisk), Bybit (v5 position/list, wallet-balance, "
                       "account/info), OKX (positions, balance, instruments), ccxt and Aave "
                       "(userReserves)"));
        return;
    }
    for (const Piece& piece : pieces) {
        if (all.format.value_or(piece.format) != piece.format) {
            add_problem(errors,
                        file_error(file,
                                   "E634",
                                   fmt::format("this is of {}, the files before are of {}",
                                               row_of(piece.format).name,
                                               row_of(*all.format).name),
                                   "one venue at a time"));
            return;
        }
        all.format = piece.format;
        (all.parts.*piece.where).push_back({file, piece.tree});
    }
    if (all.parts.exchange.empty()) {
        all.parts.exchange = text_of(tree, "exchange");
    }
}

struct CsvColumnOf {
    const char* name;
    std::string BookLine::*value;
};
constexpr std::size_t columns_of_markets = 2;  // the last ones
constexpr std::array text_columns = {
    CsvColumnOf{"account", &BookLine::account},
    CsvColumnOf{"owner_group", &BookLine::owner_group},
    CsvColumnOf{"venue", &BookLine::venue},
    CsvColumnOf{"instrument", &BookLine::instrument},
    CsvColumnOf{"side", &BookLine::side},
    CsvColumnOf{"size", &BookLine::size},
    CsvColumnOf{"entry", &BookLine::entry},
    CsvColumnOf{"margin_mode", &BookLine::margin_mode},
    CsvColumnOf{"collateral", &BookLine::collateral},
    CsvColumnOf{"amount", &BookLine::amount},
    CsvColumnOf{"tier_override", &BookLine::tier_override},
    CsvColumnOf{"reported_equity", &BookLine::reported_equity},
    CsvColumnOf{"reported_margin", &BookLine::reported_margin},
    CsvColumnOf{"reported_liquidation_price", &BookLine::reported_liquidation_price},
    CsvColumnOf{"mark", &BookLine::mark},
    CsvColumnOf{"max_leverage", &BookLine::leverage_max},
    CsvColumnOf{"maintenance_rate", &BookLine::maintenance_rate},
};

}  // namespace

bool looks_like_state(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

std::expected<ImportedBook, Errors> import_states(std::span<const StateText> files,
                                                  const ImportOptions& options) {
    Errors errors;
    std::deque<JsonTree> trees;  // the parts point into them
    Recognised all;
    for (const StateText& file : files) {
        std::expected<JsonTree, Error> tree = parse_json_tree(file.text, file.name);
        if (!tree) {
            add_problem(errors, std::move(tree.error()));
            continue;
        }
        trees.push_back(std::move(*tree));
        recognise(file.name, trees.back(), all, errors);
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    const FormatRow& format = row_of(all.format.value());
    const std::string& exchange = all.parts.exchange;
    const std::string venue =
        format.format == Format::ccxt ? std::string{usual_venue(exchange)} : format.venue;
    if (venue.empty() && options.venue.empty()) {
        errors.push_back(
            file_error(files.front().name,
                       "E634",
                       exchange.empty()
                           ? "the exchange is not named"
                           : fmt::format("no venue is known for exchange {}", in_quotes(exchange)),
                       "name the venue of the market with --venue"));
        return std::unexpected(std::move(errors));
    }
    StateReader reader(options, venue);
    format.import(all.parts, reader);
    if (!reader.errors().empty()) {
        return std::unexpected(std::move(reader.errors()));
    }
    return ImportedBook{format.name, reader.take_lines(), std::move(reader.warnings()), {}};
}

std::string book_text(std::span<const BookLine> lines, BookText which) {
    std::span<const CsvColumnOf> columns = text_columns;
    columns = which == BookText::all ? columns : columns.first(columns.size() - columns_of_markets);
    std::string out;
    for (const CsvColumnOf& column : columns) {
        out += fmt::format("{}{}", out.empty() ? "" : ",", column.name);
    }
    out += '\n';
    for (const BookLine& line : lines) {
        for (const CsvColumnOf& column : columns) {
            out += fmt::format(
                "{}{}", &column == &columns.front() ? "" : ",", csv_cell(line.*column.value));
        }
        out += '\n';
    }
    return out;
}

const char* input_words(LineInput input) {
    switch (input) {
        case LineInput::complete:
            return "inputs complete";
        case LineInput::pin:
            return "equity inferred from this price";
        case LineInput::equity:
            return "account value does not explain the prices";
        case LineInput::terms:
            return "margin rates of its own";
        case LineInput::none:
            return "no price";
    }
    return "";
}

}  // namespace margincall::inline desk
