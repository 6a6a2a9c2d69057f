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
#include "desk/market.hpp"
#include "desk/state_reader.hpp"
#include "desk/venue_state.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {

namespace {

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
    if (book->format.empty()) {
        return report_problems({state_problem(inputs->name,
                                              "E633",
                                              "an account book already",
                                              "margincall stress reads it as it is")},
                               arguments.output,
                               streams);
    }
    std::vector<BookLine> lines = book->lines;
    set_overrides(lines, inputs->sheets);
    for (const Error& warning : book->warnings) {
        fmt::print(streams.err, "{}", error_text(warning));
    }
    const std::string text =
        book_text(lines, book->inputs.empty() ? BookText::shared : BookText::all);
    if (arguments.out.empty()) {
        fmt::print(streams.out, "{}", text);
        return ExitCode::done;
    }
    if (auto done = write_text_file(arguments.out, text); !done) {
        return report_problems({done.error()}, arguments.output, streams);
    }
    std::set<std::string> accounts;
    for (const BookLine& line : book->lines) {
        accounts.insert(line.account);
    }
    const auto positions = std::ranges::count_if(
        book->lines, [](const BookLine& line) { return !line.instrument.empty(); });
    if (arguments.output == Output::json) {
        const nlohmann::ordered_json line{{"format", book->format},
                                          {"accounts", accounts.size()},
                                          {"positions", positions},
                                          {"book", arguments.out}};
        fmt::print(streams.out, "{}\n", json_text(line));
    } else if (arguments.loudness != Loudness::quiet) {
        fmt::print(streams.out,
                   "{}  {} accounts, {} positions\nbook  {}\n",
                   book->format,
                   accounts.size(),
                   positions,
                   arguments.out);
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
