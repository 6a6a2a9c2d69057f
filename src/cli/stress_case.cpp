#include "cli/stress_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/stress_voice.hpp"
#include "desk/lending_figures.hpp"
#include "desk/pseudonyms.hpp"

namespace margincall::inline cli {
namespace {

constexpr const char* default_shock = "-15%/10min";

std::string fresh_salt() {
    std::string salt;
    std::random_device random;
    for (int k = 0; k < 8; ++k) {
        salt += fmt::format("{:08x}", random());
    }
    return salt;
}

// The only proposal, or the name of its file; all of the path where two files are called the same.
std::string proposal_name(const std::vector<std::string>& files, const std::string& file) {
    if (files.size() == 1) {
        return "proposed rules";
    }
    const auto stem = [](const std::string& path) {
        return std::filesystem::path(path).stem().string();
    };
    const auto same = std::ranges::count_if(
        files, [&](const std::string& other) { return stem(other) == stem(file); });
    return same > 1 ? file : stem(file);
}

}  // namespace

std::expected<void, StressFailure> StressCaseReader::read() {
    const MarketLoader loader(args_, out_.inputs, out_.prices);
    voice_.begin("reading the book");
    if (auto done = read_inputs(); !done) {
        return done;
    }
    voice_.begin("reading the market");
    if (auto done = read_market(loader); !done) {
        return done;
    }
    if (auto done = read_shock(); !done) {
        return done;
    }
    voice_.begin("reading the book");
    if (auto done = read_book(); !done) {
        return done;
    }
    if (auto done = read_lending(); !done) {
        return done;
    }
    if (auto done = bound_worth(); !done) {
        return done;
    }
    if (auto done = read_proposed(loader); !done) {
        return done;
    }
    hide_ids();
    return {};
}

// The files of the book, and the prices that were named.
StressCaseReader::Done StressCaseReader::read_inputs() {
    std::expected<NamedPrices, StressFailure> prices = read_prices(args_);
    if (!prices) {
        return std::unexpected(std::move(prices.error()));
    }
    out_.prices = std::move(*prices);
    ImportOptions options;
    options.account = args_.account.empty() ? options.account : args_.account;
    options.venue = args_.venue;
    auto inputs = read_book_inputs(args_.files, options);
    if (!inputs) {
        return std::unexpected(
            StressFailure{std::move(inputs.error()), args_.files.front(), ExitCode::input});
    }
    out_.inputs = std::move(*inputs);
    voice_.warn(out_.inputs.imported.warnings);
    return {};
}

StressCaseReader::Done StressCaseReader::read_market(const MarketLoader& loader) {
    std::expected<LoadedMarket, StressFailure> market = loader.todays();
    if (!market) {
        return std::unexpected(std::move(market.error()));
    }
    out_.todays = std::move(*market);
    return {};
}

StressCaseReader::Done StressCaseReader::read_shock() {
    std::vector<std::string> texts = args_.shocks;
    if (texts.empty()) {
        texts.push_back(out_.todays.market.coins.front().name + "=" + default_shock);
    }
    auto shock = parse_shock(texts, out_.todays.market, settings_.unnamed);
    if (!shock) {
        return std::unexpected(
            StressFailure{std::move(shock.error()), "stress", ExitCode::command_line});
    }
    out_.shock = std::move(*shock);
    return {};
}

StressCaseReader::Done StressCaseReader::read_book() {
    if (out_.inputs.text.empty() && !out_.inputs.lending.empty()) {
        out_.lending_alone = true;
        out_.book_identity = "none";
        return {};
    }
    out_.book_hash = text_hash(out_.inputs.text);
    out_.book_identity = out_.book_hash;
    Errors errors;
    out_.book = read_account_book(out_.inputs.text,
                                  out_.inputs.name,
                                  out_.todays.market,
                                  args_.skip_bad ? BadRows::skip : BadRows::refuse,
                                  errors);
    voice_.warn(out_.book.notes);
    if (errors.empty()) {
        return {};
    }
    if (!args_.skip_bad || out_.book.units.empty()) {
        return std::unexpected(StressFailure{std::move(errors), out_.inputs.name, ExitCode::input});
    }
    out_.left_out = voice_.list_left_out(errors, out_.inputs.name);
    voice_.count_left_out(out_.book);
    return {};
}

// Options about a book that is not given.
Errors StressCaseReader::options_in_vain() const {
    Errors errors;
    const auto refuse = [&](bool asked, const char* option, const char* why) {
        if (asked) {
            errors.push_back(option_error(option, why, ""));
        }
    };
    if (out_.lending_alone) {
        const char* const why = "is about an account book, and only a lending book is given";
        refuse(!args_.step.empty(), "--step", why);
        refuse(settings_.defaults > 0, "--default", why);
        refuse(!args_.rules.empty(), "--rules", why);
        refuse(!args_.adl.empty(), "--adl", why);
        refuse(!args_.depth.empty(), "--depth", why);
        refuse(!args_.funds.empty(), "--funds", why);
        refuse(!args_.prices.empty(), "--price", why);
        refuse(!args_.price_file.empty(), "--prices", why);
    } else if (out_.inputs.lending.empty()) {
        const char* const why = "is about a lending book, and none is given";
        refuse(!args_.lending.moves.empty(), "--moves", why);
        refuse(!args_.lending.bonuses.empty(), "--bonus", why);
    }
    limits_in_vain(settings_.limits, "--limit", errors);
    limits_in_vain(settings_.fail_ifs, "--fail-if", errors);
    return errors;
}

// Limits over figures of a book that is not given.
void StressCaseReader::limits_in_vain(const std::vector<Limit>& limits,
                                      const char* option,
                                      Errors& errors) const {
    for (const Limit& limit : limits) {
        const std::string words = fmt::format("{} {}", option, shown(limit.text));
        if (is_of_lending(limit.figure) && out_.inputs.lending.empty()) {
            errors.push_back(option_error(words,
                                          "is about a lending book, and none is given",
                                          "figures without \"lending.\""));
        }
        if (!is_of_lending(limit.figure) && out_.lending_alone) {
            errors.push_back(
                option_error(words,
                             "is about an account book, and only a lending book is given",
                             "figures of the lending book: lending.bad_debt_usd, "
                             "lending.accounts_liquidated, ..."));
        }
    }
}

StressCaseReader::Done StressCaseReader::read_lending() {
    Errors in_vain = options_in_vain();
    StressLending& lending = out_.lending;
    lending.take(std::move(out_.inputs.lending));
    if (!in_vain.empty()) {
        return std::unexpected(StressFailure{std::move(in_vain), "stress", ExitCode::command_line});
    }
    if (!lending.given()) {
        return {};
    }
    const LendingProblems problems = lending.read(args_.lending,
                                                  out_.todays.market,
                                                  args_.skip_bad ? BadRows::skip : BadRows::refuse,
                                                  !out_.lending_alone);
    if (!problems.file.empty()) {
        return std::unexpected(StressFailure{problems.file, lending.file(), ExitCode::input});
    }
    if (!problems.options.empty()) {
        return std::unexpected(StressFailure{problems.options, "stress", ExitCode::command_line});
    }
    voice_.end();
    voice_.warn(problems.warnings);
    if (!problems.left_out.empty()) {
        const Errors said = voice_.list_left_out(problems.left_out, lending.file());
        out_.left_out.insert(out_.left_out.end(), said.begin(), said.end());
    }
    return {};
}

// Rising prices must leave the book within what its integers count.
StressCaseReader::Done StressCaseReader::bound_worth() const {
    double factor = 1.0;
    for (const CoinShock& coin : out_.shock.coins) {
        factor = std::max(factor, 1.0 + coin.move);
    }
    if (out_.book.gross_usd * factor > 2.0 * countable_usd_max) {
        return std::unexpected(
            StressFailure{{option_error("--shock",
                                        "makes the book worth more than can be counted",
                                        "4 tn USD, longs, shorts and collateral added up")},
                          "stress",
                          ExitCode::command_line});
    }
    return {};
}

StressCaseReader::Done StressCaseReader::read_proposed(const MarketLoader& loader) {
    for (const std::string& file : args_.rules) {
        std::expected<LoadedMarket, StressFailure> market =
            loader.proposed(file, out_.todays.market);
        if (!market) {
            return std::unexpected(std::move(market.error()));
        }
        out_.proposals.push_back({proposal_name(args_.rules, file), std::move(*market)});
    }
    return {};
}

void StressCaseReader::hide_ids() {
    if (!args_.pseudonyms) {
        return;
    }
    const std::string salt = args_.salt.empty() ? fresh_salt() : args_.salt;
    pseudonymise(out_.book, salt);
    out_.lending.hide_ids(salt);
    // The plain hash would let anybody who has a book check that it is this one.
    if (!out_.lending_alone) {
        out_.book_identity =
            fmt::format("keyed {:016x}", sip_hash(sip_key(salt), "book" + out_.book_hash));
    }
}

}  // namespace margincall::inline cli
