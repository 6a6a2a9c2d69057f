#include "fuzz_targets.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/bench_orderflow.hpp"
#include "desk/account_book.hpp"
#include "desk/book_snapshot.hpp"
#include "desk/lending_bonuses.hpp"
#include "desk/lending_state.hpp"
#include "desk/lending_stress.hpp"
#include "desk/made_market.hpp"
#include "desk/market_files.hpp"
#include "desk/position_list.hpp"
#include "desk/venue_state.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/stress_market.hpp"
#include "temporary_folder.hpp"
#include "vector_check/vector_file.hpp"

namespace margincall::testing {
namespace {

// Problems are part of the answer: their text is made, too, as the program would print it.
void render(const Errors& errors) {
    for (const Error& error : errors) {
        static_cast<void>(error_text(error));
    }
}

const StressMarket& quiet_market() {
    static const StressMarket market = [] {
        auto compiled = compile_text("extends = \"builtin/blank.toml\"\n",
                                     "market.toml",
                                     ".",
                                     {"assets.T.copies=2"},
                                     Subcommand::stress);
        return stress_market(compiled.value().plan).market;
    }();
    return market;
}

// For readers that take a file and no text.
std::filesystem::path as_file(std::string_view bytes, const char* name) {
    static const TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / name;
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
    return path;
}

void account_book(std::string_view bytes) {
    for (const BadRows bad : {BadRows::refuse, BadRows::skip}) {
        Errors errors;
        static_cast<void>(read_account_book(bytes, "book.csv", quiet_market(), bad, errors));
        render(errors);
    }
}

// A lending book or what another program writes of one, read and stressed.
void lending_book(std::string_view bytes) {
    std::string text{bytes};
    if (looks_like_lending_state(text)) {
        const std::vector<StateText> files{{"state", text}};
        const auto imported = import_lending(files, {});
        render(imported ? imported->warnings : imported.error());
        text = imported ? lending_book_text(imported->lines) : std::string{};
    }
    for (const BadRows bad : {BadRows::refuse, BadRows::skip}) {
        Errors errors;
        LendingBook book = read_lending_book(text, "lending.csv", bad, errors);
        fill_bonuses(book, {.all_bps = 500, .emode_bps = 100, .assets = {}}, errors);
        const std::vector<AssetMove> moves(book.assets.size(), {AssetId::from_raw(0), "all"});
        render(errors);
        static_cast<void>(run_lending(
            {&book, moves},
            make_shock(
                quiet_market(), AssetId::from_raw(0), -0.3, minutes(1), UnnamedCoins::unchanged)));
    }
}

// A file beside a book, which changes the market.
template <auto read>
void market_file(std::string_view bytes) {
    StressMarket market = quiet_market();
    Errors errors;
    read(bytes, "market.csv", market, errors);
    render(errors);
}

// A table, or an order book as a venue answers it.
void depth_file(std::string_view bytes) {
    StressMarket market = quiet_market();
    Errors errors;
    if (looks_like_state(bytes)) {
        std::vector<InstrumentId> taken;
        read_book_snapshot({bytes, "depth.json", "A", "BTC", {}}, market, errors, errors, taken);
    } else {
        read_depth_file(bytes, "depth.csv", market, errors);
    }
    render(errors);
}

// Everything that may stand beside or instead of an account book: states, lists, instruments and tiers; and the
// market that is made of them.
void account_state(std::string_view bytes) {
    std::vector<MarketSheet> sheets;
    std::expected<ImportedBook, Errors> book = std::unexpected(Errors{});
    if (!looks_like_state(bytes)) {
        book = import_position_list(bytes, "list.csv", sheets);
    } else if (const auto tree = parse_json_tree(bytes, "state.json");
               tree && is_market_sheet(*tree)) {
        auto sheet = read_market_sheet(*tree, "sheet.json");
        if (!sheet) {
            render(sheet.error());
            return;
        }
        std::string lines = "account,venue,instrument,side,size,entry,margin_mode,amount,mark\n";
        for (const SheetRow& row : sheet->rows) {
            lines += "a," + sheet->venue + "," + row.coin + row.settle + ",long,1,1,isolated,1,1\n";
        }
        sheets.push_back(std::move(*sheet));
        StressMarket market = quiet_market();
        const BookNeeds needs = book_needs(lines);
        Errors errors;
        const MarketSources sources = complete_market(
            market, {.needs = &needs, .sheets = sheets, .prices_of = PricesOf::book}, errors);
        render(sources.warnings);
        render(errors);
        return;
    } else {
        const std::vector<StateText> files{{"state.json", std::string{bytes}}};
        book = import_states(files, {.account = "main", .venue = "A"});
    }
    if (!book) {
        render(book.error());
        return;
    }
    render(book->warnings);
    const std::string text = book_text(book->lines, BookText::all);
    StressMarket market = quiet_market();
    const BookNeeds needs = book_needs(text);
    Errors errors;
    const MarketSources sources =
        complete_market(market, {.needs = &needs, .prices_of = PricesOf::book}, errors);
    render(sources.warnings);
    static_cast<void>(read_account_book(text, "book.csv", market, BadRows::skip, errors));
    render(errors);
}

void flow_file(std::string_view bytes) {
    const auto flow = read_flow(as_file(bytes, "flow.bin").string());
    if (!flow || flow->header.n_symbols > 64 || flow->header.id_max > 65'536) {
        return;  // what is read is replayed, as far as it fits a small machine
    }
    FlowReplay<OrderBook> books(flow->header);
    Tape tape;
    for (const FlowRecord& record : flow->records) {
        books.apply(record, tape);
    }
}

// A whole scenario in few bytes: what is written replaces values of the blank one.
void scenario_text(std::string_view bytes) {
    const std::string text = "extends = \"builtin/blank.toml\"\n" + std::string{bytes};
    if (const auto compiled = compile_text(text, "fuzz.toml", "."); !compiled) {
        render(compiled.error());
    } else {
        render(compiled->warnings);
    }
}

void vector_file(std::string_view bytes) {
    const auto files = read_vectors(as_file(bytes, "vectors.json"));
    if (!files) {
        render({files.error()});
        return;
    }
    for (const VectorFile& file : *files) {
        static_cast<void>(evaluate_vectors(file));
    }
}

constexpr std::array targets = {FuzzTarget{"account_book", account_book},
                                FuzzTarget{"account_state", account_state},
                                FuzzTarget{"depth_file", depth_file},
                                FuzzTarget{"flow_file", flow_file},
                                FuzzTarget{"fund_file", market_file<read_fund_file>},
                                FuzzTarget{"lending_book", lending_book},
                                FuzzTarget{"scenario_text", scenario_text},
                                FuzzTarget{"vector_file", vector_file}};

}  // namespace

std::span<const FuzzTarget> fuzz_targets() {
    return targets;
}

}  // namespace margincall::testing
