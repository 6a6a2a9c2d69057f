#include "cli/import_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json_text.hpp"
#include "cli/report_problems.hpp"
#include "cli/sample_book.hpp"
#include "desk/csv.hpp"
#include "desk/venue_state.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {

ExitCode import_book(const ImportArguments& arguments, Streams streams) {
    std::vector<StateText> files;
    Errors errors;
    for (const std::string& name : arguments.files) {
        std::expected<std::string, Error> text = read_text_file(name);
        if (!text) {
            errors.push_back(text.error());
            continue;
        }
        files.push_back({name, std::move(*text)});
    }
    if (!errors.empty()) {
        return report_problems(errors, arguments.output, streams);
    }
    ImportOptions options;
    options.account = arguments.account.empty() ? options.account : arguments.account;
    options.venue = arguments.venue;
    const std::expected<ImportedBook, Errors> book = import_states(files, options);
    if (!book) {
        return report_problems(book.error(), arguments.output, streams);
    }
    for (const Error& warning : book->warnings) {
        fmt::print(streams.err, "{}", error_text(warning));
    }
    const std::string text = book_text(book->lines);
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
