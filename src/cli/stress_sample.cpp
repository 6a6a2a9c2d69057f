#include "cli/stress_sample.hpp"

#include <fmt/format.h>

#include <expected>
#include <string>

#include "cli/run_folder.hpp"
#include "cli/sample_book.hpp"
#include "report/format.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {

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

}  // namespace margincall::inline cli
