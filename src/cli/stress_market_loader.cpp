#include "cli/stress_market_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "desk/book_snapshot.hpp"
#include "desk/csv.hpp"
#include "desk/market_files.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"
#include "scenario/stress_market.hpp"

namespace margincall::inline cli {
namespace {

// A change of rules is laid over the market by `extends`.
std::expected<Compiled, Errors> compile_proposed(const StressArguments& args,
                                                 const std::string& file,
                                                 const std::string& text) {
    namespace fs = std::filesystem;
    const bool stands_alone = text.starts_with("extends") || text.contains("\nextends");
    const std::string base =
        args.market.starts_with("builtin/") ? args.market : fs::absolute(args.market).string();
    const std::string prefix =
        stands_alone ? std::string{} : fmt::format("extends = {}\n", quote_toml(base));
    std::expected<Compiled, Errors> compiled =
        compile_text(prefix + text,
                     file,
                     fs::absolute(file).parent_path().string(),
                     args.overrides,
                     Subcommand::stress);
    if (!compiled && !stands_alone) {
        for (Error& error : compiled.error()) {
            error.line -= error.file == file && error.line > 1 ? 1 : 0;
        }
    }
    return compiled;
}

}  // namespace

std::expected<NamedPrices, StressFailure> read_prices(const StressArguments& arguments) {
    NamedPrices out;
    Errors errors;
    for (const std::string& text : arguments.prices) {
        const std::size_t equals = text.find('=');
        const std::expected<Decimal, std::string> price =
            equals == std::string::npos ? std::unexpected(std::string{"no COIN=USD"})
                                        : parse_number(text.substr(equals + 1));
        if (!price || price->digits <= 0) {
            errors.push_back(option_error("--price " + text,
                                          !price ? price.error() : std::string{"not above 0"},
                                          "such as BTC=101250.5"));
            continue;
        }
        out.emplace_back(text.substr(0, equals), *price);
    }
    if (!errors.empty()) {
        return std::unexpected(StressFailure{std::move(errors), "--price", ExitCode::input});
    }
    if (!arguments.price_file.empty()) {
        auto table = read_price_file(arguments.price_file);
        if (!table) {
            return std::unexpected(
                StressFailure{std::move(table.error()), arguments.price_file, ExitCode::input});
        }
        std::ranges::move(*table, std::back_inserter(out));
    }
    return out;
}

std::expected<LoadedMarket, StressFailure> MarketLoader::todays() const {
    return load(compile_scenario(args_.market, args_.overrides, Subcommand::stress), args_.market);
}

std::expected<LoadedMarket, StressFailure> MarketLoader::proposed(
    const std::string& file, const StressMarket& todays) const {
    const std::expected<std::string, Error> text = read_text_file(file);
    if (!text) {
        return std::unexpected(StressFailure{{text.error()}, file, ExitCode::input});
    }
    std::expected<LoadedMarket, StressFailure> out =
        load(compile_proposed(args_, file, *text), file);
    const auto same = [](const StressInstrument& a, const StressInstrument& b) {
        return a.name == b.name && a.instrument.tick_value == b.instrument.tick_value;
    };
    if (out && !std::ranges::equal(out->market.instruments, todays.instruments, same)) {
        return std::unexpected(
            StressFailure{{option_error("--rules " + file,
                                        "adds, removes or re-scales an instrument",
                                        "rules, tiers, fees and funds may change")},
                          file,
                          ExitCode::scenario});
    }
    return out;
}

std::expected<LoadedMarket, StressFailure> MarketLoader::load(
    std::expected<Compiled, Errors> compiled, const std::string& file) const {
    if (!compiled) {
        const ExitCode code =
            only_missing_files(compiled.error()) ? ExitCode::input : ExitCode::scenario;
        return std::unexpected(StressFailure{std::move(compiled.error()), file, code});
    }
    LoadedMarket out;
    out.name = compiled->plan.name;
    out.hash = compiled->plan.scenario_hash;
    out.start_unix_s = compiled->plan.start_unix_s;
    out.limits = std::move(compiled->limits);
    out.text = compiled->resolved;
    out.market = stress_market(compiled->plan, LotGrid::finest).market;
    if (auto done = complete(out); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (auto done = adjust(out); !done) {
        return std::unexpected(std::move(done.error()));
    }
    return out;
}

// Venues, coins and instruments that the book has and the market lacks; the book's own prices.
std::expected<void, StressFailure> MarketLoader::complete(LoadedMarket& out) const {
    const auto shipped = add_shipped_venues(out.market, inputs_.needs, out.text, out.warnings);
    if (!shipped) {
        return std::unexpected(StressFailure{shipped.error(), "market", ExitCode::scenario});
    }
    const MarketRequest request{
        .needs = &inputs_.needs,
        .sheets = inputs_.sheets,
        .shipped = *shipped,
        .prices = prices_,
        .prices_of = args_.market_named ? PricesOf::market : PricesOf::book};
    Errors errors;
    out.sources = complete_market(out.market, request, errors);
    if (!errors.empty()) {
        return std::unexpected(StressFailure{std::move(errors), inputs_.name, ExitCode::input});
    }
    std::ranges::move(out.sources.warnings, std::back_inserter(out.warnings));
    return {};
}

void MarketLoader::set_prices(StressMarket& market, Errors& errors) const {
    for (std::size_t k = prices_.size(); k-- > 0;) {  // the first of a coin wins
        const auto& [name, price] = prices_[k];
        const auto coin = market.find_coin(coin_of_symbol(name));
        if (!coin && k < args_.prices.size()) {
            errors.push_back(option_error(
                "--price " + args_.prices[k], "not a coin of the market", "such as BTC=101250.5"));
        }
        if (!coin) {
            continue;  // a file may have coins of a whole venue
        }
        StressCoin& row = market.coins[coin->raw()];
        row.price = price.value();
        for (StressInstrument& inst : market.instruments) {
            if (inst.instrument.base == *coin) {
                const auto mark = quantize_price(row.price, inst.instrument, Round::down);
                if (!mark) {
                    errors.push_back(option_error("--price " + name,
                                                  "outside what the contracts can trade at",
                                                  "a price of the coin's own magnitude"));
                    break;
                }
                inst.mark = *mark;
            }
        }
    }
}

// Instruments whose depth the text replaces.
std::vector<InstrumentId> MarketLoader::read_depth_text(const DepthFile& file,
                                                        const std::string& text,
                                                        LoadedMarket& out,
                                                        Errors& errors) const {
    std::vector<InstrumentId> taken;
    if (!looks_like_state(text)) {
        read_depth_file(text, file.path, out.market, errors, &taken);
        return taken;
    }
    read_book_snapshot({text, file.path, file.venue, file.coin, inputs_.sheets},
                       out.market,
                       errors,
                       out.warnings,
                       taken);
    return taken;
}

void MarketLoader::read_funds(LoadedMarket& out, Errors& errors) const {
    const auto text = read_text_file(args_.funds);
    if (!text) {
        errors.push_back(text.error());
        return;
    }
    read_fund_file(*text, args_.funds, out.market, errors);
}

// Order books, profiles and volumes; what they replace is said.
void MarketLoader::read_depth(LoadedMarket& out, Errors& errors) const {
    for (const std::string& argument : args_.depth) {
        const DepthFile file = depth_file_of(argument);
        const auto text = read_text_file(file.path);
        if (!text) {
            errors.push_back(text.error());
            continue;
        }
        for (const InstrumentId id : read_depth_text(file, *text, out, errors)) {
            for (InstrumentSource& source : out.sources.instruments) {
                if (source.instrument == out.market.at(id).name) {
                    source.depth = file.path;
                }
            }
        }
    }
    std::ranges::move(depth_warnings(out.sources), std::back_inserter(out.warnings));
}

// Depth, funds and prices given beside the market.
std::expected<void, StressFailure> MarketLoader::adjust(LoadedMarket& out) const {
    Errors errors;
    set_prices(out.market, errors);
    std::string file = prices_.empty() ? std::string{"--depth"} : std::string{"--price"};
    read_depth(out, errors);
    if (!args_.funds.empty()) {
        file = args_.funds;
        read_funds(out, errors);
    }
    if (!errors.empty()) {
        return std::unexpected(StressFailure{std::move(errors), file, ExitCode::input});
    }
    for (StressInstrument& inst : out.market.instruments) {
        for (DepthSide* const side : {&inst.bids, &inst.asks}) {
            for (DepthLevel& level : *side) {
                level.usd *= args_.depth_factor;
            }
        }
    }
    return {};
}

}  // namespace margincall::inline cli
