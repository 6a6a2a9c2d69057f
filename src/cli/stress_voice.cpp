#include "cli/stress_voice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "cli/errors_json.hpp"
#include "cli/machine.hpp"
#include "cli/pool_watch.hpp"
#include "cli/terminal.hpp"
#include "report/format.hpp"
#include "scenario/error_codes.hpp"
#include "scenario/error_text.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {

StressVoice::StressVoice(const StressArguments& arguments, Streams streams, const StressCase& about)
    : args_(arguments),
      streams_(streams),
      about_(about),
      steps_(progress_style(arguments.loudness, arguments.progress, streams.err), streams.err) {}

// Problems of the book as they may leave the house: what stands in a line may be an id, in whatever
// column it is, so that with --pseudonyms only the kind of problem and its place are told.
Errors StressVoice::handed_on(Errors errors) const {
    for (Error& error : errors) {
        const bool of_book = error.file == about_.inputs.name || about_.lending.is_of(error.file) ||
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

ExitCode StressVoice::fail(const StressFailure& failure) {
    end();
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

void StressVoice::warn(const Errors& warnings) const {
    if (is_quiet()) {
        return;
    }
    for (const Error& warning : handed_on(warnings)) {
        fmt::print(streams_.err, "{}", error_text(warning));
    }
}

Errors StressVoice::list_left_out(const Errors& problems, const std::string& file) {
    end();
    Errors errors = handed_on(problems);
    fmt::print(streams_.err, "{}", errors_text(errors, file, ""));
    if (args_.output == Output::json) {
        fmt::print(streams_.out, "{}", errors_json(errors));
    }
    return errors;
}

void StressVoice::count_left_out(const AccountBook& book) const {
    fmt::print(
        streams_.err,
        "left out with --skip-bad: {} lines, that is {} accounts with everything they hold\n",
        format_count(static_cast<double>(book.rows_left_out)),
        format_count(static_cast<double>(book.accounts_left_out)));
}

void StressVoice::head_line() const {
    if (is_quiet()) {
        return;
    }
    const auto count = [](std::size_t n) { return format_count(static_cast<double>(n)); };
    if (about_.lending.given()) {
        const LendingBook& book = about_.lending.book();
        print_fitting(
            streams_.err,
            fmt::format(
                "{}  ok   {} accounts · {} lines · {} lending markets, at the book's own prices\n",
                shown(about_.lending.file()),
                count(book.accounts.size()),
                count(book.rows.size()),
                book.markets()));
    }
    if (about_.lending_alone) {
        return;
    }
    const AccountBook& book = about_.book;
    print_fitting(
        streams_.err,
        fmt::format(
            "{}  ok   {} accounts · {} positions · {} owner groups · {} venues   market {}, "
            "prices of {}\n",
            shown(about_.inputs.name),
            count(book.accounts.size() - book.accounts_left_out),
            count(book.positions.size()),
            count(book.groups.size()),
            about_.todays.market.venues.size(),
            shown(about_.todays.name),
            price_time(args_, about_.todays)));
    std::fflush(streams_.err);
}

void StressVoice::show_sources() const {
    if (is_quiet()) {
        return;
    }
    for (const auto& [source, names] : source_rows(about_.todays.sources)) {
        print_fitting(streams_.err, fmt::format("{}: {}\n", source, names));
    }
    warn(about_.todays.warnings);
    std::fflush(streams_.err);
}

void StressVoice::show_rows(const SourceRows& rows) const {
    if (is_quiet()) {
        return;
    }
    for (const auto& [words, figures] : rows) {
        print_fitting(streams_.err, fmt::format("{}: {}\n", words, figures));
    }
}

std::string price_time(const StressArguments& arguments, const LoadedMarket& market) {
    const std::size_t own = market.sources.prices_of_book;
    std::string out = own == 0 ? iso_utc(market.start_unix_s) : std::string{"the book itself"};
    if (own > 0 && own < market.sources.instruments.size()) {
        out += fmt::format(" for {} of {} instruments, else {}",
                           own,
                           market.sources.instruments.size(),
                           iso_utc(market.start_unix_s));
    }
    for (std::size_t k = 0; k < arguments.prices.size(); ++k) {
        out += (k == 0 ? ", but " : ", ") + arguments.prices[k];
    }
    if (!arguments.price_file.empty()) {
        out += ", but those of " + arguments.price_file;
    }
    return out;
}

}  // namespace margincall::inline cli
