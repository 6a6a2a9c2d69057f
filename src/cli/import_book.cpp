#include "cli/import_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json_text.hpp"
#include "cli/report_problems.hpp"
#include "cli/sample_book.hpp"
#include "cli/stress_inputs.hpp"
#include "desk/state_reader.hpp"
#include "desk/venue_state.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {

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
    for (const Error& warning : book->warnings) {
        fmt::print(streams.err, "{}", error_text(warning));
    }
    const std::string text =
        book_text(book->lines, book->inputs.empty() ? BookText::shared : BookText::all);
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
