#include "cli/stress_folder.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/csv_cell.hpp"
#include "cli/guarded_streams.hpp"
#include "cli/interrupt.hpp"
#include "cli/machine.hpp"
#include "cli/manifest.hpp"
#include "cli/run_folder.hpp"
#include "cli/terminal.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

fs::path stress_target(const StressArguments& args, const std::string& book) {
    const std::string name = fmt::format("{}-{}",
                                         utc_now("{:%Y-%m-%dT%H-%M-%SZ}"),
                                         safe_name(fs::path(book).stem().stem().string()));
    if (args.out.empty()) {
        return fs::path("stress") / name;
    }
    std::error_code problem;
    return fs::is_directory(args.out, problem) ? fs::path(args.out) / name : fs::path(args.out);
}

std::string left_out_csv(const Errors& left_out) {
    std::string list = "line,column,code,message\n";
    for (const Error& e : left_out) {
        list += fmt::format("{},{},{},{}\n", e.line, e.column, e.code, csv_cell(e.message));
        if (e.more > 0) {
            list += fmt::format(",,{},and {} more of this code\n", e.code, e.more);
        }
    }
    return list;
}

}  // namespace

std::expected<void, StressFailure> StressFolder::write(const StressReport& report,
                                                       const StressIdentity& identity) {
    std::expected<RunFolder, Error> folder =
        RunFolder::create(stress_target(args_, case_.inputs.name));
    if (!folder) {
        return std::unexpected(
            StressFailure{{folder.error()}, case_.inputs.name, ExitCode::resources});
    }
    const MarketSources& sources = case_.todays.sources;
    std::vector<StressFile> files = stress_csv_files(report);
    files.push_back({"result.jsonl", stress_json_lines(report) + source_lines(sources)});
    files.push_back({"sources.csv", sources_csv(sources)});
    if (!case_.left_out.empty()) {
        files.push_back({"left_out.csv", left_out_csv(case_.left_out)});
    }
    if (args_.report) {
        files.push_back({"report.html", stress_html(report)});
    }
    std::expected<void, Error> kept;
    for (const StressFile& file : files) {
        // What does not fit does not keep the others from being written.
        if (auto done = folder->write(file.name, file.text); !done && kept) {
            kept = std::move(done);
        }
    }
    if (kept) {
        const StressFacts facts{args_.command, report.created, case_.todays.name, interrupted()};
        kept = folder->write("manifest.json", stress_manifest_json(identity, facts, *folder));
    }
    if (kept) {
        kept = folder->finish();
    }
    if (!kept) {
        Error failure = folder->keep_unfinished(std::move(kept.error()));
        path_ = folder->final_path();
        voice_.end();
        show(report);
        return std::unexpected(
            StressFailure{{std::move(failure)}, case_.inputs.name, ExitCode::resources});
    }
    path_ = folder->final_path();
    return {};
}

void StressFolder::show(const StressReport& report) const {
    if (!voice_.is_quiet()) {
        std::FILE* const to = voice_.human();
        print_fitting(to, "\n" + stress_terminal(report, terminal_options(to, args_.colour)));
        const double seconds_taken =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        std::error_code none;
        const fs::path page = path_ / "report.html";
        print_fitting(
            to,
            fmt::format("\nresults  {}      hash {}      {}{:.1f} s\n",
                        path_.string(),
                        report.hash.substr(0, 8),
                        fs::exists(page, none) ? "report  " + page.string() + "      " : "",
                        seconds_taken));
    }
    if (args_.output == Output::json) {
        fmt::print(
            voice_.out(), "{}{}", stress_json_lines(report), source_lines(case_.todays.sources));
    }
    if (write_failure(voice_.out()) != 0) {
        fmt::print(voice_.err(), "the results are kept in {}\n", path_.string());
    }
}

}  // namespace margincall::inline cli
