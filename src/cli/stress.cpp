#include "cli/stress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <span>

#include "base/check.hpp"
#include "base/csv_cell.hpp"
#include "base/decimal.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/errors_json.hpp"
#include "cli/guarded_streams.hpp"
#include "cli/interrupt.hpp"
#include "cli/machine.hpp"
#include "cli/manifest.hpp"
#include "cli/pool_watch.hpp"
#include "cli/run_folder.hpp"
#include "cli/sample_book.hpp"
#include "cli/step_watch.hpp"
#include "cli/stress_identity.hpp"
#include "cli/stress_inputs.hpp"
#include "cli/stress_limit_option.hpp"
#include "cli/stress_sources.hpp"
#include "cli/terminal.hpp"
#include "desk/book_snapshot.hpp"
#include "desk/csv.hpp"
#include "desk/market_files.hpp"
#include "desk/position_list.hpp"
#include "desk/pseudonyms.hpp"
#include "desk/variation.hpp"
#include "report/format.hpp"
#include "report/stress_report.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_codes.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"
#include "scenario/stress_market.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* default_shock = "-15%/10min";
constexpr std::size_t horizon_rows = 5;
constexpr std::size_t salt_min = 16;  // characters

struct Failure {
    Errors errors;
    std::string file;
    ExitCode code = ExitCode::input;
};

Error option_error(const std::string& option, std::string message, std::string allowed) {
    Error error;
    error.file = option;
    error.code = "E615";
    error.message = std::move(message);
    error.allowed = std::move(allowed);
    return error;
}

// The book, the market and what is asked, ready to run.
class StressSession {
  public:
    StressSession(const StressArguments& arguments, Streams streams)
        : args_(arguments),
          streams_(streams),
          steps_(progress_style(arguments.loudness, arguments.progress, streams.err), streams.err) {
    }

    ExitCode run();

  private:
    [[nodiscard]] ExitCode fail(const Failure& failure);
    [[nodiscard]] Errors handed_on(Errors errors) const;
    [[nodiscard]] std::optional<Failure> read_options();
    [[nodiscard]] std::expected<StressMarket, Failure> load_market(const std::string& proposed);
    [[nodiscard]] std::optional<Failure> read_inputs();
    enum class Which : std::uint8_t { todays, proposed };
    [[nodiscard]] std::optional<Failure> complete(StressMarket& market, Which which);
    [[nodiscard]] std::optional<Failure> adjust(StressMarket& market, Which which);
    void read_depth(StressMarket& market, Which which, Errors& errors);
    [[nodiscard]] std::optional<Failure> read_book();
    void warn(const Errors& warnings) const;
    void show_sources() const;
    void judge_inputs();
    [[nodiscard]] std::optional<Failure> read_lending();
    void list_left_out(const Errors& errors);
    void fill_report();
    [[nodiscard]] StressIdentity identity() const;
    [[nodiscard]] std::string price_time() const;
    void run_columns();
    void run_varied();
    [[nodiscard]] ExitCode conditions() const;
    void run_reverse();
    [[nodiscard]] std::optional<Failure> write_folder();
    void show();
    void head_line() const;
    [[nodiscard]] std::FILE* human() const {
        return args_.output == Output::json ? streams_.err : streams_.out;
    }

    StressArguments args_;
    Streams streams_;
    StepWatch steps_;
    StressOptions options_;
    std::uint32_t defaults_ = 0;
    Shock shock_;
    bool vary_ = true;
    std::vector<StressLimit> fail_ifs_;
    std::string market_name_, market_hash_, book_hash_;
    std::string book_identity_;  // the hash, keyed where ids are pseudonyms
    std::string market_text_, proposed_text_;
    BookInputs inputs_;
    MarketSources sources_;
    AgreementByInput agreement_{};
    std::vector<std::pair<std::string, Decimal>> prices_;  // --price and --prices
    Errors market_warnings_;
    std::int64_t market_start_ = 0;
    StressMarket market_;
    std::optional<StressMarket> proposed_;
    AccountBook book_;
    StressLending lending_;
    bool lending_alone_ = false;
    Errors left_out_;
    std::unique_ptr<StressStart> start_;
    StressReport report_;
    fs::path folder_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// Problems of the book as they may leave the house: what stands in a line may be an id, in whatever
// column it is, so that with --pseudonyms only the kind of problem and its place are told.
Errors StressSession::handed_on(Errors errors) const {
    for (Error& error : errors) {
        const bool of_book = error.file == inputs_.name || lending_.is_of(error.file) ||
                             std::ranges::find(args_.files, error.file) != args_.files.end();
        // What an answer of an interface lacks is told with the address that it is of.
        const bool may_name = error.line != 0 || error.code.substr(1).starts_with("63");
        if (!args_.pseudonyms || !of_book || !may_name) {
            continue;
        }
        const std::span<const ErrorCode> codes = error_codes();
        const auto code = std::ranges::find(codes, error.code, &ErrorCode::code);
        error.message = code == codes.end() ? std::string{"a problem"} : std::string{code->title};
        error.allowed.clear();
        error.excerpt.clear();
        error.hint = "what stands there is not shown with --pseudonyms";
    }
    return errors;
}

ExitCode StressSession::fail(const Failure& failure) {
    steps_.end();
    const Errors errors = handed_on(failure.errors);
    fmt::print(
        streams_.err,
        "{}",
        errors_text(
            errors, failure.file, failure.code == ExitCode::resources ? "" : "Nothing was run."));
    if (args_.output == Output::json) {
        fmt::print(streams_.out, "{}", errors_json(errors));
    }
    return failure.code;
}

std::optional<Failure> StressSession::read_options() {
    Errors errors;
    const auto on_off = [&](const std::string& value, const char* option, bool& out) {
        if (value != "on" && value != "off") {
            errors.push_back(option_error(option, fmt::format("\"{}\"", value), "on or off"));
        }
        out = value == "on";
    };
    bool feedback = true;
    bool betas = true;
    on_off(args_.feedback, "--feedback", feedback);
    on_off(args_.betas, "--betas", betas);
    on_off(args_.vary, "--vary", vary_);
    const auto limits = [&](const std::vector<std::string>& texts, const char* option, auto& out) {
        for (const std::string& text : texts) {
            std::expected<StressLimit, Error> limit = parse_limit(option, text);
            if (!limit) {
                errors.push_back(std::move(limit.error()));
                continue;
            }
            out.push_back(std::move(*limit));
        }
    };
    limits(args_.limits, "--limit", report_.limits);
    limits(args_.fail_ifs, "--fail-if", fail_ifs_);
    options_.feedback = feedback ? Feedback::on : Feedback::off;
    const auto duration = [&](const std::string& text, const char* option, Duration& out) {
        const MeasureResult result = parse_measure(text);
        if (!result.measure || result.measure->dimension != Dimension::time ||
            result.measure->value < 0.0 || result.measure->value > 86'400.0) {
            errors.push_back(option_error(
                option,
                result.measure ? in_quotes(text) + " is not such a time" : result.problem,
                "0s to 24h, such as 60s"));
            return;
        }
        out = duration_from_seconds(result.measure->value);
    };
    duration(args_.refill, "--refill", options_.refill);
    if (args_.pseudonyms && !args_.salt.empty() && count_characters(args_.salt) < salt_min) {
        errors.push_back(option_error("--salt",
                                      fmt::format("{} characters", count_characters(args_.salt)),
                                      fmt::format("{} or more, so that nobody finds it by trying; "
                                                  "without --salt it is a fresh one",
                                                  salt_min)));
    }
    if (!args_.step.empty()) {
        duration(args_.step, "--step", options_.step);
        if (options_.step < milliseconds(100)) {
            errors.push_back(option_error("--step", "too short", "0.1s or more"));
        }
    }
    if (!args_.defaults.empty()) {
        const std::string_view text = args_.defaults;
        const auto count = text.starts_with("largest:")
                               ? parse_number(text.substr(std::string_view{"largest:"}.size()))
                               : std::unexpected(std::string{});
        if (!count || count->places != 0 || count->digits < 1 || count->digits > 20) {
            errors.push_back(
                option_error("--default",
                             fmt::format("\"{}\"", args_.defaults),
                             "largest:1 (Cover-1), largest:2 (Cover-2), up to largest:20"));
        } else {
            defaults_ = static_cast<std::uint32_t>(count->digits);
        }
    }
    if (!errors.empty()) {
        return Failure{std::move(errors), "stress", ExitCode::command_line};
    }
    return std::nullopt;
}

// The files of the book, and the prices that were named.
std::optional<Failure> StressSession::read_inputs() {
    Errors errors;
    for (const std::string& text : args_.prices) {
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
        prices_.emplace_back(text.substr(0, equals), *price);
    }
    if (!errors.empty()) {
        return Failure{std::move(errors), "--price", ExitCode::input};
    }
    if (!args_.price_file.empty()) {
        auto table = read_price_file(args_.price_file);
        if (!table) {
            return Failure{std::move(table.error()), args_.price_file, ExitCode::input};
        }
        std::ranges::move(*table, std::back_inserter(prices_));
    }
    ImportOptions options;
    options.account = args_.account.empty() ? options.account : args_.account;
    options.venue = args_.venue;
    auto inputs = read_book_inputs(args_.files, options);
    if (!inputs) {
        return Failure{std::move(inputs.error()), args_.files.front(), ExitCode::input};
    }
    inputs_ = std::move(*inputs);
    warn(inputs_.imported.warnings);
    return std::nullopt;
}

void StressSession::warn(const Errors& warnings) const {
    if (args_.loudness == Loudness::quiet) {
        return;
    }
    for (const Error& warning : handed_on(warnings)) {
        fmt::print(streams_.err, "{}", error_text(warning));
    }
}

// Venues, coins and instruments that the book has and the market lacks; the book's own prices.
std::optional<Failure> StressSession::complete(StressMarket& market, Which which) {
    Errors errors;
    Errors warnings;
    std::string texts;
    const auto shipped = add_shipped_venues(market, inputs_.needs, texts, warnings);
    if (!shipped) {
        return Failure{shipped.error(), "market", ExitCode::scenario};
    }
    const MarketRequest request{
        .needs = &inputs_.needs,
        .sheets = inputs_.sheets,
        .shipped = *shipped,
        .prices = prices_,
        .prices_of = args_.market_named ? PricesOf::market : PricesOf::book};
    MarketSources sources = complete_market(market, request, errors);
    if (!errors.empty()) {
        return Failure{std::move(errors), inputs_.name, ExitCode::input};
    }
    (which == Which::todays ? market_text_ : proposed_text_) += texts;
    if (which == Which::todays) {
        market_warnings_ = std::move(warnings);
        std::ranges::move(sources.warnings, std::back_inserter(market_warnings_));
        sources_ = std::move(sources);
    }
    return std::nullopt;
}

// The market is a scenario; a proposed rule change is laid over it by `extends`.
std::expected<StressMarket, Failure> StressSession::load_market(const std::string& proposed) {
    std::expected<Compiled, Errors> compiled = std::unexpected(Errors{});
    if (proposed.empty()) {
        compiled = compile_scenario(args_.market, args_.overrides, Subcommand::stress);
    } else {
        std::expected<std::string, Error> text = read_text_file(proposed);
        if (!text) {
            return std::unexpected(Failure{{text.error()}, proposed, ExitCode::input});
        }
        const bool stands_alone = text->starts_with("extends") || text->contains("\nextends");
        const std::string base = args_.market.starts_with("builtin/")
                                     ? args_.market
                                     : fs::absolute(args_.market).string();
        const std::string prefix =
            stands_alone ? std::string{} : fmt::format("extends = {}\n", quote_toml(base));
        compiled = compile_text(prefix + *text,
                                proposed,
                                fs::absolute(proposed).parent_path().string(),
                                args_.overrides,
                                Subcommand::stress);
        if (!compiled && !stands_alone) {
            for (Error& error : compiled.error()) {
                error.line -= error.file == proposed && error.line > 1 ? 1 : 0;
            }
        }
    }
    if (!compiled) {
        return std::unexpected(
            Failure{compiled.error(),
                    proposed.empty() ? args_.market : proposed,
                    only_missing_files(compiled.error()) ? ExitCode::input : ExitCode::scenario});
    }
    if (proposed.empty()) {
        market_name_ = compiled->plan.name;
        market_hash_ = compiled->plan.scenario_hash;
        market_start_ = compiled->plan.start_unix_s;
    }
    (proposed.empty() ? market_text_ : proposed_text_) = compiled->resolved;
    StressMarket market = stress_market(compiled->plan, LotGrid::finest).market;
    const Which which = proposed.empty() ? Which::todays : Which::proposed;
    if (auto failed = complete(market, which)) {
        return std::unexpected(std::move(*failed));
    }
    if (auto failed = adjust(market, which)) {
        return std::unexpected(std::move(*failed));
    }
    return market;
}

// Order books, profiles and volumes; what they replace is said.
void StressSession::read_depth(StressMarket& market, Which which, Errors& errors) {
    for (const std::string& argument : args_.depth) {
        const DepthFile file = depth_file_of(argument);
        const auto text = read_text_file(file.path);
        if (!text) {
            errors.push_back(text.error());
            continue;
        }
        std::vector<InstrumentId> taken;
        Errors warnings;
        const bool is_answer = looks_like_state(*text);
        if (is_answer) {
            read_book_snapshot({*text, file.path, file.venue, file.coin, inputs_.sheets},
                               market,
                               errors,
                               warnings,
                               taken);
        }
        if (!is_answer) {
            read_depth_file(*text, file.path, market, errors, &taken);
        }
        if (which == Which::proposed) {
            continue;
        }
        std::ranges::move(warnings, std::back_inserter(market_warnings_));
        for (const InstrumentId id : taken) {
            for (InstrumentSource& source : sources_.instruments) {
                if (source.instrument == market.at(id).name) {
                    source.depth = file.path;
                }
            }
        }
    }
}

// Depth, funds and prices given beside the market.
std::optional<Failure> StressSession::adjust(StressMarket& market, Which which) {
    Errors errors;
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
    std::string file = prices_.empty() ? std::string{"--depth"} : std::string{"--price"};
    read_depth(market, which, errors);
    if (which == Which::todays) {
        std::ranges::move(depth_warnings(sources_), std::back_inserter(market_warnings_));
    }
    if (!args_.funds.empty()) {
        file = args_.funds;
        const auto text = read_text_file(args_.funds);
        if (!text) {
            errors.push_back(text.error());
            return Failure{std::move(errors), file, ExitCode::input};
        }
        read_fund_file(*text, args_.funds, market, errors);
    }
    if (!errors.empty()) {
        return Failure{std::move(errors), file, ExitCode::input};
    }
    for (StressInstrument& inst : market.instruments) {
        for (DepthSide* const side : {&inst.bids, &inst.asks}) {
            for (DepthLevel& level : *side) {
                level.usd *= args_.depth_factor;
            }
        }
    }
    return std::nullopt;
}

std::optional<Failure> StressSession::read_book() {
    if (inputs_.text.empty() && !inputs_.lending.empty()) {
        lending_alone_ = true;
        return std::nullopt;
    }
    book_hash_ = text_hash(inputs_.text);
    Errors errors;
    book_ = read_account_book(inputs_.text,
                              inputs_.name,
                              market_,
                              args_.skip_bad ? BadRows::skip : BadRows::refuse,
                              errors);
    warn(book_.notes);
    if (errors.empty()) {
        return std::nullopt;
    }
    if (!args_.skip_bad || book_.units.empty()) {
        return Failure{std::move(errors), inputs_.name, ExitCode::input};
    }
    list_left_out(errors);
    return std::nullopt;
}

std::optional<Failure> StressSession::read_lending() {
    Errors errors;
    const auto refuse = [&](bool asked, const char* option, const char* why) {
        if (asked) {
            errors.push_back(option_error(option, why, ""));
        }
    };
    if (lending_alone_) {
        const char* const why = "is about an account book, and only a lending book is given";
        refuse(args_.reverse, "--reverse", why);
        refuse(defaults_ > 0, "--default", why);
        refuse(!args_.rules.empty(), "--rules", why);
        refuse(!args_.depth.empty(), "--depth", why);
        refuse(!args_.funds.empty(), "--funds", why);
        refuse(!args_.prices.empty(), "--price", why);
        refuse(!args_.price_file.empty(), "--prices", why);
        refuse(!args_.limits.empty(), "--limit", why);
        refuse(!args_.fail_ifs.empty(), "--fail-if", why);
    } else if (inputs_.lending.empty()) {
        const char* const why = "is about a lending book, and none is given";
        refuse(!args_.lending.moves.empty(), "--moves", why);
        refuse(!args_.lending.bonuses.empty(), "--bonus", why);
    }
    lending_.take(std::move(inputs_.lending));
    if (!errors.empty()) {
        return Failure{std::move(errors), "stress", ExitCode::command_line};
    }
    if (!lending_.given()) {
        return std::nullopt;
    }
    const LendingProblems problems = lending_.read(
        args_.lending, market_, args_.skip_bad ? BadRows::skip : BadRows::refuse, !lending_alone_);
    if (!problems.file.empty()) {
        return Failure{problems.file, lending_.file(), ExitCode::input};
    }
    if (!problems.options.empty()) {
        return Failure{problems.options, "stress", ExitCode::command_line};
    }
    steps_.end();
    warn(problems.warnings);
    if (!problems.left_out.empty()) {
        const Errors errors_said = handed_on(problems.left_out);
        left_out_.insert(left_out_.end(), errors_said.begin(), errors_said.end());
        fmt::print(streams_.err, "{}", errors_text(errors_said, lending_.file(), ""));
        if (args_.output == Output::json) {
            fmt::print(streams_.out, "{}", errors_json(errors_said));
        }
    }
    return std::nullopt;
}

void StressSession::list_left_out(const Errors& problems) {
    steps_.end();
    const Errors errors = handed_on(problems);
    left_out_ = errors;
    fmt::print(streams_.err, "{}", errors_text(errors, inputs_.name, ""));
    fmt::print(
        streams_.err,
        "left out with --skip-bad: {} lines, that is {} accounts with everything they hold\n",
        format_count(static_cast<double>(book_.rows_left_out)),
        format_count(static_cast<double>(book_.accounts_left_out)));
    if (args_.output == Output::json) {
        fmt::print(streams_.out, "{}", errors_json(errors));
    }
}

void StressSession::head_line() const {
    if (args_.loudness == Loudness::quiet) {
        return;
    }
    if (lending_.given()) {
        print_fitting(
            streams_.err,
            fmt::format(
                "{}  ok   {} accounts · {} lines · {} lending markets, at the book's own prices\n",
                shown(lending_.file()),
                format_count(static_cast<double>(lending_.book().accounts.size())),
                format_count(static_cast<double>(lending_.book().rows.size())),
                lending_.book().markets()));
    }
    if (lending_alone_) {
        return;
    }
    print_fitting(
        streams_.err,
        fmt::format(
            "{}  ok   {} accounts · {} positions · {} owner groups · {} venues   market {}, "
            "prices of {}\n",
            shown(inputs_.name),
            format_count(static_cast<double>(book_.accounts.size() - book_.accounts_left_out)),
            format_count(static_cast<double>(book_.positions.size())),
            format_count(static_cast<double>(book_.groups.size())),
            market_.venues.size(),
            shown(market_name_),
            price_time()));
    std::fflush(streams_.err);
}

void StressSession::run_columns() {
    const auto add = [&](const char* name, const StressStart& start, std::uint32_t defaults) {
        if (interrupted()) {
            return;
        }
        StressOptions options = options_;
        options.defaults = defaults;
        steps_.begin(fmt::format("stress: {}", name));
        report_.columns.push_back({name, run_stress(start, shock_, options), &start.market()});
    };
    add("shock", *start_, 0);
    if (defaults_ > 0) {
        add(defaults_ == 1   ? "with Cover-1"
            : defaults_ == 2 ? "with Cover-2"
                             : "with defaults",
            *start_,
            defaults_);
    }
    if (proposed_) {
        const StressStart start(*proposed_, book_);
        add("proposed rules", start, 0);
        report_.activation = activation(*start_, *proposed_, args_.stages);
    }
}

void StressSession::run_varied() {
    if (!vary_) {
        return;
    }
    StressRun run(*start_);
    for (Variation& variation : variations(shock_, options_)) {
        if (interrupted()) {
            return;
        }
        steps_.begin("stress: " + variation.name);
        report_.varied.push_back({variation.name, run.run(variation.shock, variation.options)});
    }
    for (Variation& size : other_sizes(shock_, market_, options_)) {
        if (interrupted()) {
            return;
        }
        steps_.begin("stress: " + size.name);
        report_.sizes.push_back({size.name, run.run(size.shock, size.options)});
    }
}

// What `--fail-if` asked for, of today's rules and the shock as given.
ExitCode StressSession::conditions() const {
    ExitCode code = ExitCode::done;
    const std::vector<StressLine> lines = stress_lines(report_);
    for (const StressLimit& condition : fail_ifs_) {
        const auto line = std::ranges::find(lines, condition.key, &StressLine::key);
        if (line != lines.end() && holds(condition, line->values.front())) {
            fmt::print(
                streams_.err, "holds: {} ({})\n", shown(condition.text), line->shown.front());
            code = ExitCode::condition;
        }
    }
    return code;
}

void StressSession::run_reverse() {
    if (!args_.reverse) {
        return;
    }
    // Ctrl-C ends the search with what is known.
    steps_.begin("reverse search");
    ReverseOptions options;
    options.stress = options_;
    options.stress.defaults = defaults_;
    options.over = shock_.length();
    std::uint64_t trials = 0;
    options.keep_going = [&] {
        steps_.note(fmt::format("trial {}", ++trials));
        return !interrupted();
    };
    report_.reverse = reverse_stress(*start_, options);
}

// A book has no date of its own, so whoever reads the result has to know which day's prices it was
// valued at.
std::string StressSession::price_time() const {
    const std::size_t own = sources_.prices_of_book;
    std::string out = own == 0 ? iso_utc(market_start_) : std::string{"the book itself"};
    if (own > 0 && own < sources_.instruments.size()) {
        out += fmt::format(" for {} of {} instruments, else {}",
                           own,
                           sources_.instruments.size(),
                           iso_utc(market_start_));
    }
    for (std::size_t k = 0; k < args_.prices.size(); ++k) {
        out += (k == 0 ? ", but " : ", ") + args_.prices[k];
    }
    if (!args_.price_file.empty()) {
        out += ", but those of " + args_.price_file;
    }
    return out;
}

void StressSession::show_sources() const {
    if (args_.loudness == Loudness::quiet) {
        return;
    }
    for (const auto& [source, names] : source_rows(sources_)) {
        print_fitting(streams_.err, fmt::format("{}: {}\n", source, names));
    }
    warn(market_warnings_);
    std::fflush(streams_.err);
}

// How the liquidation prices of a list came out whose inputs are not all complete.
void StressSession::judge_inputs() {
    if (inputs_.imported.inputs.empty()) {
        return;
    }
    agreement_ = agreement_by_input(
        *start_, report_.reconciliation, report_.tolerance, inputs_.imported.inputs);
    for (const auto& [words, figures] : agreement_rows(agreement_)) {
        report_.provenance.emplace_back(words, figures);
        if (args_.loudness != Loudness::quiet) {
            print_fitting(streams_.err, fmt::format("{}: {}\n", words, figures));
        }
    }
}

StressIdentity StressSession::identity() const {
    StressInputs in;
    in.book_hash = book_identity_;
    in.rows_left_out = book_.rows_left_out;
    in.market = {&market_, market_text_};
    if (proposed_) {
        in.proposed = {&*proposed_, proposed_text_};
        in.stages = args_.stages;
    }
    in.shock = &shock_;
    in.options = options_;
    in.defaults = defaults_;
    in.reverse = args_.reverse;
    in.varied = vary_;
    for (const StressLimit& limit : report_.limits) {
        in.limits.push_back(limit.text);
    }
    in.tolerance = report_.tolerance;
    in.lending = lending_.identity(market_);
    return stress_identity(in);
}

void StressSession::fill_report() {
    report_.market = &market_;
    report_.book = &book_;
    report_.title = fs::path(inputs_.name).filename().string();
    report_.market_name = market_name_;
    report_.shock = shock_text(shock_, market_) +
                    (args_.betas == "on" ? ", other coins by beta" : ", other coins unchanged");
    report_.moves = shock_.coins;
    report_.feedback = options_.feedback == Feedback::on ? "on: forced orders move mark and index"
                                                         : "off: mark follows the shock alone";
    report_.created = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    report_.program = fmt::format("margincall {} (g++ {})", program_version, __VERSION__);
    report_.command = args_.command;
    report_.tolerance = args_.tolerance_percent * 0.01;
    report_.hash = stress_hash(identity());
    report_.provenance = {
        {"stress, FNV-1a of all that it depends on", report_.hash},
        {"account book, FNV-1a", args_.pseudonyms ? std::string{"not shown"} : book_hash_},
        {"market", fmt::format("{}, {}", args_.market, market_hash_)},
        {"prices of", price_time()},
        {"depth",
         args_.depth.empty() ? std::string{"of the market"}
                             : fmt::format("{}", fmt::join(args_.depth, ", "))},
        {"depth factor", fmt::format("{}", args_.depth_factor)},
        {"funds", args_.funds.empty() ? std::string{"of the market"} : args_.funds},
        {"half-life of taken depth", duration_text(options_.refill)},
        {"feedback", report_.feedback},
        {"lines left out", fmt::format("{}", book_.rows_left_out)}};
    if (lending_alone_) {
        report_.feedback = "none: liquidators of a lending book sell nothing";
        report_.provenance = {
            {"stress, FNV-1a of all that it depends on", report_.hash},
            {"coins and betas of", fmt::format("{}, {}", args_.market, market_hash_)},
            {"prices", "the lending book's own"}};
    }
    std::ranges::move(source_rows(sources_), std::back_inserter(report_.provenance));
    std::ranges::move(lending_.identity(market_), std::back_inserter(report_.provenance));
}

std::optional<Failure> StressSession::write_folder() {
    const std::string name = fmt::format("{}-{}",
                                         utc_now("{:%Y-%m-%dT%H-%M-%SZ}"),
                                         safe_name(fs::path(inputs_.name).stem().stem().string()));
    fs::path target = fs::path("stress") / name;
    std::error_code problem;
    if (!args_.out.empty()) {
        target =
            fs::is_directory(args_.out, problem) ? fs::path(args_.out) / name : fs::path(args_.out);
    }
    std::expected<RunFolder, Error> folder = RunFolder::create(target);
    if (!folder) {
        return Failure{{folder.error()}, inputs_.name, ExitCode::resources};
    }
    std::vector<StressFile> files = stress_csv_files(report_);
    files.push_back(
        {"result.jsonl", stress_json_lines(report_) + source_lines(sources_, agreement_)});
    files.push_back({"sources.csv", sources_csv(sources_)});
    if (!left_out_.empty()) {
        std::string list = "line,column,code,message\n";
        for (const Error& e : left_out_) {
            list += fmt::format("{},{},{},{}\n", e.line, e.column, e.code, csv_cell(e.message));
            if (e.more > 0) {
                list += fmt::format(",,{},and {} more of this code\n", e.code, e.more);
            }
        }
        files.push_back({"left_out.csv", std::move(list)});
    }
    if (args_.report) {
        files.push_back({"report.html", stress_html(report_)});
    }
    std::expected<void, Error> kept;
    for (const StressFile& file : files) {
        // What does not fit does not keep the others from being written.
        if (auto done = folder->write(file.name, file.text); !done && kept) {
            kept = std::move(done);
        }
    }
    if (kept) {
        const StressFacts facts{args_.command, report_.created, market_name_, interrupted()};
        kept = folder->write("manifest.json", stress_manifest_json(identity(), facts, *folder));
    }
    if (kept) {
        kept = folder->finish();
    }
    if (!kept) {
        Error failure = folder->keep_unfinished(std::move(kept.error()));
        folder_ = folder->final_path();
        steps_.end();
        show();
        return Failure{{std::move(failure)}, inputs_.name, ExitCode::resources};
    }
    folder_ = folder->final_path();
    return std::nullopt;
}

void StressSession::show() {
    if (args_.loudness != Loudness::quiet) {
        print_fitting(human(),
                      "\n" + stress_terminal(report_, terminal_options(human(), args_.colour)));
        const double seconds_taken =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        std::error_code none;
        const fs::path page = folder_ / "report.html";
        print_fitting(
            human(),
            fmt::format("\nresults  {}      hash {}      {}{:.1f} s\n",
                        folder_.string(),
                        report_.hash.substr(0, 8),
                        fs::exists(page, none) ? "report  " + page.string() + "      " : "",
                        seconds_taken));
    }
    if (args_.output == Output::json) {
        fmt::print(
            streams_.out, "{}{}", stress_json_lines(report_), source_lines(sources_, agreement_));
    }
    if (write_failure(streams_.out) != 0) {
        fmt::print(streams_.err, "the results are kept in {}\n", folder_.string());
    }
}

ExitCode StressSession::run() {
    const InterruptGuard guard;
    if (auto failed = read_options()) {
        return fail(*failed);
    }
    steps_.begin("reading the book");
    if (auto failed = read_inputs()) {
        return fail(*failed);
    }
    steps_.begin("reading the market");
    std::expected<StressMarket, Failure> market = load_market("");
    if (!market) {
        return fail(market.error());
    }
    market_ = std::move(*market);
    if (args_.shocks.empty()) {
        args_.shocks.push_back(market_.coins.front().name + "=" + default_shock);
    }
    auto shock = parse_shock(args_.shocks,
                             market_,
                             args_.betas == "on" ? UnnamedCoins::by_beta : UnnamedCoins::unchanged);
    if (!shock) {
        return fail({shock.error(), "stress", ExitCode::command_line});
    }
    shock_ = std::move(*shock);
    steps_.begin("reading the book");
    if (auto failed = read_book()) {
        return fail(*failed);
    }
    if (auto failed = read_lending()) {
        return fail(*failed);
    }
    double factor = 1.0;
    for (const CoinShock& coin : shock_.coins) {
        factor = std::max(factor, 1.0 + coin.move);
    }
    if (book_.gross_usd * factor > 2.0 * countable_usd_max) {
        return fail({{option_error("--shock",
                                   "makes the book worth more than can be counted",
                                   "4 tn USD, longs, shorts and collateral added up")},
                     "stress",
                     ExitCode::command_line});
    }
    if (!args_.rules.empty()) {
        std::expected<StressMarket, Failure> proposed = load_market(args_.rules);
        if (!proposed) {
            return fail(proposed.error());
        }
        const auto same = [](const StressInstrument& a, const StressInstrument& b) {
            return a.name == b.name && a.instrument.tick_value == b.instrument.tick_value;
        };
        if (!std::ranges::equal(proposed->instruments, market_.instruments, same)) {
            return fail({{option_error("--rules " + args_.rules,
                                       "adds, removes or re-scales an instrument",
                                       "rules, tiers, fees and funds may change")},
                         args_.rules,
                         ExitCode::scenario});
        }
        proposed_ = std::move(*proposed);
    }
    book_identity_ = lending_alone_ ? std::string{"none"} : book_hash_;
    if (args_.pseudonyms) {
        std::string salt = args_.salt;
        if (salt.empty()) {
            std::random_device random;
            for (int k = 0; k < 8; ++k) {
                salt += fmt::format("{:08x}", random());
            }
        }
        pseudonymise(book_, salt);
        lending_.hide_ids(salt);
        // The plain hash would let anybody who has a book check that it is this one.
        if (!lending_alone_) {
            book_identity_ =
                fmt::format("keyed {:016x}", sip_hash(sip_key(salt), "book" + book_hash_));
        }
    }
    steps_.end();
    head_line();
    if (!lending_alone_) {
        show_sources();
    }
    steps_.begin("opening the accounts");
    fill_report();
    if (lending_.given()) {
        steps_.begin("lending book");
        report_.lending = lending_.run(shock_, report_.tolerance);
    }
    if (!lending_alone_) {
        start_ = std::make_unique<StressStart>(market_, book_);
        report_.reconciliation = reconcile(*start_, report_.tolerance);
        judge_inputs();
        run_columns();
        run_varied();
    }
    if (interrupted()) {
        steps_.end();
        fmt::print(streams_.err, "interrupted: nothing is written\n");
        return ExitCode::interrupted;
    }
    run_reverse();
    const bool stopped = args_.reverse && interrupted();
    steps_.begin("tables");
    if (start_) {
        report_.map = liquidation_map(*start_);
        report_.concentration = concentration(*start_);
        report_.horizons = horizons(*start_, horizon_rows);
    }
    steps_.begin("writing the folder");
    if (auto failed = write_folder()) {
        return fail(*failed);
    }
    steps_.end();
    show();
    if (stopped) {
        fmt::print(streams_.err,
                   "interrupted: the reverse search is not complete; the rest is in {}\n",
                   folder_.string());
        return ExitCode::interrupted;
    }
    return conditions();
}

ExitCode make_sample(const StressArguments& args, Streams streams) {
    const auto failed = [&](const Errors& errors, const std::string& file, ExitCode code) {
        fmt::print(streams.err, "{}", errors_text(errors, file, "Nothing was written."));
        return code;
    };
    const std::expected<Compiled, Errors> compiled =
        compile_scenario(args.market, args.overrides, Subcommand::stress);
    if (!compiled) {
        return failed(compiled.error(),
                      args.market,
                      only_missing_files(compiled.error()) ? ExitCode::input : ExitCode::scenario);
    }
    const std::string text = sample_book(compiled->plan, args.make_sample, args.seed);
    if (args.out.empty()) {
        fmt::print(streams.out, "{}", text);
        return ExitCode::done;
    }
    if (const auto done = write_text_file(args.out, text); !done) {
        return failed({done.error()}, args.out, ExitCode::resources);
    }
    if (args.loudness != Loudness::quiet) {
        fmt::print(streams.err,
                   "{}  {} accounts, seed {}, from scenario {}\n",
                   args.out,
                   format_count(static_cast<double>(args.make_sample)),
                   args.seed,
                   compiled->plan.name);
    }
    return ExitCode::done;
}

}  // namespace

ExitCode stress_command(const StressArguments& arguments, Streams streams) {
    if (arguments.make_sample > 0) {
        return make_sample(arguments, streams);
    }
    // What a failing CHECK names.
    check_context().reproduce = arguments.command.c_str();
    const ExitCode code = StressSession(arguments, streams).run();
    check_context().reproduce = "";
    return code;
}

}  // namespace margincall::inline cli
