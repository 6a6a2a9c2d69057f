#include "cli/stress_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "base/text.hpp"
#include "desk/csv.hpp"
#include "desk/json_tree.hpp"
#include "desk/lending_state.hpp"
#include "desk/position_list.hpp"
#include "desk/state_reader.hpp"
#include "scenario/compile.hpp"
#include "scenario/stress_market.hpp"

namespace margincall::inline cli {
namespace {

// Answers of one account, or of several, and what is beside them.
struct SortedFiles {
    std::vector<StateText> states;
    std::vector<StateText> tables;
    std::vector<MarketSheet> sheets;
    std::vector<StateText> lending;
};

void sort_file(const std::string& name, std::string text, SortedFiles& out, Errors& errors) {
    if (looks_like_lending_book(text) || looks_like_lending_state(text)) {
        out.lending.push_back({name, std::move(text)});
        return;
    }
    if (!looks_like_state(text)) {
        out.tables.push_back({name, std::move(text)});
        return;
    }
    const std::expected<JsonTree, Error> tree = parse_json_tree(text, name);
    if (!tree) {
        add_problem(errors, tree.error());
        return;
    }
    if (!is_market_sheet(*tree)) {
        out.states.push_back({name, std::move(text)});
        return;
    }
    std::expected<MarketSheet, Errors> sheet = read_market_sheet(*tree, name);
    if (!sheet) {
        for (Error& error : sheet.error()) {
            add_problem(errors, std::move(error));
        }
        return;
    }
    // The contracts of OKX are a part of the account state, too.
    if (std::ranges::any_of(sheet->rows,
                            [](const SheetRow& row) { return row.contract.has_value(); })) {
        out.states.push_back({name, std::move(text)});
    }
    out.sheets.push_back(std::move(*sheet));
}

bool is_instruments_alone(const SortedFiles& sorted) {
    return std::ranges::all_of(sorted.states, [&](const StateText& state) {
        return std::ranges::any_of(
            sorted.sheets, [&](const MarketSheet& sheet) { return sheet.file == state.name; });
    });
}

}  // namespace

std::expected<BookInputs, Errors> read_book_inputs(std::span<const std::string> files,
                                                   const ImportOptions& options) {
    Errors errors;
    SortedFiles sorted;
    for (const std::string& name : files) {
        std::expected<std::string, Error> text = read_text_file(name);
        if (text) {
            sort_file(name, std::move(*text), sorted, errors);
        } else {
            errors.push_back(text.error());
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    if (is_instruments_alone(sorted)) {
        sorted.states.clear();
    }
    BookInputs out;
    out.lending = std::move(sorted.lending);
    if (!out.lending.empty() && sorted.tables.empty() && sorted.states.empty()) {
        out.name = out.lending.front().name;
        for (const StateText& file : out.lending) {
            out.files.push_back(file.name);
        }
        return out;
    }
    if (sorted.tables.size() + (sorted.states.empty() ? 0U : 1U) != 1) {
        const bool none = sorted.tables.empty();
        errors.push_back(file_error(
            none ? files.front() : sorted.tables.back().name,
            "E634",
            none ? "no file is an account book or an account state" : "a second account book",
            none ? "these files say what a venue's instruments are; give the book as well"
                 : "one book at a time: put them into one table"));
        return std::unexpected(std::move(errors));
    }
    out.sheets = std::move(sorted.sheets);
    std::expected<ImportedBook, Errors> book = ImportedBook{};
    if (!sorted.tables.empty()) {
        StateText& table = sorted.tables.front();
        out.name = table.name;
        out.files = {table.name};
        if (!is_position_list(table.text)) {
            out.text = std::move(table.text);
            out.needs = book_needs(out.text);
            return out;
        }
        book = import_position_list(table.text, table.name, out.sheets);
    } else {
        out.name = sorted.states.front().name;
        for (const StateText& state : sorted.states) {
            out.files.push_back(state.name);
        }
        book = import_states(sorted.states, options);
    }
    if (!book) {
        return std::unexpected(std::move(book.error()));
    }
    out.imported = std::move(*book);
    out.text = book_text(out.imported.lines, BookText::all);
    out.needs = book_needs(out.text);
    return out;
}

std::expected<std::vector<std::pair<std::string, Decimal>>, Errors> read_price_file(
    const std::string& path) {
    static constexpr std::array<CsvColumn, 2> columns = {{{"coin", true}, {"price", true}}};
    Errors errors;
    const std::expected<std::string, Error> text = read_text_file(path);
    if (!text) {
        return std::unexpected(Errors{text.error()});
    }
    std::vector<std::pair<std::string, Decimal>> out;
    CsvTable table(*text, path, columns, errors);
    while (table.next()) {
        if (!table.fits()) {
            continue;
        }
        const CsvField price = table.field(1);
        const auto value = table.number(price.text);
        if (!value || value->digits <= 0) {
            table.problem(
                price,
                value ? "E604" : "E603",
                "price: " + (value ? in_quotes(price.text) + " is not above 0" : value.error()));
            continue;
        }
        out.emplace_back(std::string{table.field(0).text}, *value);
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return out;
}

namespace {

// Venues whose rules are shipped and that no shipped market has under a letter of its own.
struct ShippedVenue {
    const char* letter;
    const char* rules;
};
constexpr std::array shipped_venues = {ShippedVenue{"A", "builtin/rules/binance-usdm.toml"},
                                       ShippedVenue{"B", "builtin/rules/bybit-uta.toml"},
                                       ShippedVenue{"H", "builtin/rules/hyperliquid.toml"},
                                       ShippedVenue{"O", "builtin/rules/okx.toml"}};

// The rules are compiled as those of a venue of the shipped market, because a scenario is what reads them.
constexpr const char* lent_venue = "A";

std::expected<std::vector<ShippedTiers>, Errors> add_shipped_venue(StressMarket& market,
                                                                   const ShippedVenue& shipped,
                                                                   std::string& texts) {
    const std::string text =
        fmt::format("extends = \"builtin/2025-11-04.toml\"\n[venues.{}]\nrules = \"{}\"\n",
                    lent_venue,
                    shipped.rules);
    std::expected<Compiled, Errors> compiled =
        compile_text(text, shipped.rules, ".", {}, Subcommand::stress);
    if (!compiled) {
        return std::unexpected(std::move(compiled.error()));
    }
    texts += compiled->resolved;
    const StressMarket lent = stress_market(compiled->plan).market;
    const VenueId from = lent.find_venue(lent_venue).value();
    StressVenue venue;
    venue.name = shipped.letter;
    venue.rules = lent.venues[from.raw()].rules;
    market.venues.push_back(std::move(venue));
    std::vector<ShippedTiers> out;
    for (const StressInstrument& row : lent.instruments) {
        if (row.instrument.venue == from) {
            out.push_back({shipped.letter,
                           lent.coins[row.instrument.base.raw()].name,
                           row.tiers,
                           lent.venues[from.raw()].margin.schedules[row.instrument.id.raw()],
                           row.instrument.lot_amount});
        }
    }
    return out;
}

}  // namespace

std::expected<std::vector<ShippedTiers>, Errors> add_shipped_venues(StressMarket& market,
                                                                    const BookNeeds& needs,
                                                                    std::string& texts,
                                                                    Errors& warnings) {
    std::vector<ShippedTiers> out;
    for (const std::string& name : needs.venues) {
        const std::string_view usual = usual_venue(name);
        const std::string_view letter = usual.empty() ? std::string_view{name} : usual;
        const auto shipped = std::ranges::find_if(
            shipped_venues, [&](const ShippedVenue& row) { return same_word(row.letter, letter); });
        if (market.find_venue(name) || shipped == shipped_venues.end()) {
            continue;
        }
        auto tiers = add_shipped_venue(market, *shipped, texts);
        if (!tiers) {
            return std::unexpected(std::move(tiers.error()));
        }
        std::ranges::move(*tiers, std::back_inserter(out));
        Error warning = file_error(
            "market",
            "W632",
            fmt::format("venue {} is made from the shipped rules {}; what its fund holds is not "
                        "known and taken as 0",
                        shipped->letter,
                        shipped->rules),
            "--funds FILE gives the fund, --market FILE a market that has the venue");
        warning.warning = true;
        add_problem(warnings, std::move(warning));
    }
    return out;
}

}  // namespace margincall::inline cli
