#include "fuzz_targets.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/bench_orderflow.hpp"
#include "desk/account_book.hpp"
#include "desk/market_files.hpp"
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

// A file beside a book, which changes the market.
template <auto read>
void market_file(std::string_view bytes) {
    StressMarket market = quiet_market();
    Errors errors;
    read(bytes, "market.csv", market, errors);
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
                                FuzzTarget{"depth_file", market_file<read_depth_file>},
                                FuzzTarget{"flow_file", flow_file},
                                FuzzTarget{"fund_file", market_file<read_fund_file>},
                                FuzzTarget{"scenario_text", scenario_text},
                                FuzzTarget{"vector_file", vector_file}};

}  // namespace

std::span<const FuzzTarget> fuzz_targets() {
    return targets;
}

}  // namespace margincall::testing
