#include "cli/import_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "cli/report_problems.hpp"
#include "cli/sample_book.hpp"
#include "cli/stress_inputs.hpp"
#include "desk/lending_state.hpp"
#include "desk/market.hpp"
#include "desk/state_reader.hpp"
#include "desk/venue_state.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {
namespace {

// Where the text goes, and what is said of it: name and number of what it holds.
ExitCode write_book(const ImportArguments& arguments,
                    const std::string& format,
                    const std::string& text,
                    const std::vector<std::pair<std::string, std::size_t>>& counts,
                    Streams streams) {
    if (arguments.out.empty()) {
        fmt::print(streams.out, "{}", text);
        return ExitCode::done;
    }
    if (auto done = write_text_file(arguments.out, text); !done) {
        return report_problems({done.error()}, arguments.output, streams);
    }
    if (arguments.output == Output::json) {
        nlohmann::ordered_json line{{"format", format}};
        for (const auto& [name, count] : counts) {
            line[name] = count;
        }
        line["book"] = arguments.out;
        fmt::print(streams.out, "{}\n", json_text(line));
    } else if (arguments.loudness != Loudness::quiet) {
        std::string said;
        for (const auto& [name, count] : counts) {
            said += fmt::format("{}{} {}", said.empty() ? "" : ", ", count, name);
        }
        fmt::print(streams.out, "{}  {}\nbook  {}\n", format, said, arguments.out);
    }
    return ExitCode::done;
}

void print_warnings(const Errors& warnings, Streams streams) {
    for (const Error& warning : warnings) {
        fmt::print(streams.err, "{}", error_text(warning));
    }
}

ExitCode import_lending_book(const ImportArguments& arguments,
                             const std::vector<StateText>& files,
                             const ImportOptions& options,
                             Streams streams) {
    const std::expected<ImportedLending, Errors> book = import_lending(files, options);
    if (!book) {
        return report_problems(book.error(), arguments.output, streams);
    }
    print_warnings(book->warnings, streams);
    std::set<std::pair<std::string, std::string>> accounts;
    for (const LendingLine& line : book->lines) {
        accounts.emplace(line.account, line.market);
    }
    return write_book(arguments,
                      book->format,
                      lending_book_text(book->lines),
                      {{"accounts", accounts.size()}, {"lines", book->lines.size()}},
                      streams);
}

// Where a venue's table has no tier of the leverage that a position may have, the account has terms of its own:
// half of the initial rate at that leverage, up to a millionth.
void set_overrides(std::vector<BookLine>& lines, std::span<const MarketSheet> sheets) {
    for (BookLine& line : lines) {
        const auto leverage = parse_decimal(line.leverage_max);
        const auto whole = leverage ? scaled(*leverage, 0, Round::down) : std::nullopt;
        const auto row =
            find_sheet_row(sheets, line.venue, coin_of_symbol(line.instrument), "USDC");
        if (!whole || *whole < 1 || !row || row->tiers.empty() ||
            std::ranges::any_of(row->tiers, [&](const SheetTier& tier) {
                return tier.initial == Fraction{1, *whole};
            })) {
            continue;
        }
        const std::int64_t ppm = mul_div(500'000, 1, *whole, Round::up);
        line.tier_override = decimal_text(Decimal{ppm, 4}) + "%";
    }
}

}  // namespace

ExitCode import_book(const ImportArguments& arguments, Streams streams) {
    ImportOptions options;
    options.account = arguments.account.empty() ? options.account : arguments.account;
    options.venue = arguments.venue;
    const std::expected<BookInputs, Errors> inputs = read_book_inputs(arguments.files, options);
    if (!inputs) {
        return report_problems(inputs.error(), arguments.output, streams);
    }
    const ImportedBook* const book = &inputs->imported;
    const std::vector<StateText>& lending = inputs->lending;
    if (!lending.empty() && !inputs->text.empty()) {
        return report_problems({file_error(lending.front().name,
                                           "E634",
                                           "a lending book beside an account book",
                                           "import them one after the other")},
                               arguments.output,
                               streams);
    }
    if (std::ranges::any_of(lending, looks_like_lending_state, &StateText::text)) {
        return import_lending_book(arguments, lending, options, streams);
    }
    if (book->format.empty()) {
        return report_problems(
            {file_error(inputs->name,
                        "E633",
                        lending.empty() ? "an account book already" : "a lending book already",
                        "margincall stress reads it as it is")},
            arguments.output,
            streams);
    }
    std::vector<BookLine> lines = book->lines;
    set_overrides(lines, inputs->sheets);
    print_warnings(book->warnings, streams);
    std::set<std::string> accounts;
    for (const BookLine& line : book->lines) {
        accounts.insert(line.account);
    }
    const auto positions = std::ranges::count_if(
        book->lines, [](const BookLine& line) { return !line.instrument.empty(); });
    return write_book(
        arguments,
        book->format,
        book_text(lines, book->inputs.empty() ? BookText::shared : BookText::all),
        {{"accounts", accounts.size()}, {"positions", static_cast<std::size_t>(positions)}},
        streams);
}

}  // namespace margincall::inline cli
