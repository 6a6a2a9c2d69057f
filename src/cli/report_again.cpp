#include "cli/report_again.hpp"

#include <fmt/format.h>

#include <expected>
#include <filesystem>
#include <optional>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/finished_run.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_folder.hpp"
#include "cli/step_watch.hpp"
#include "lab/bands.hpp"
#include "lab/world_store.hpp"
#include "record/run_db_reader.hpp"
#include "report/html_report.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
constexpr const char* report_name = "report.html";

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

ReportContext context_of(const FinishedRun& run, const RunTotals& totals) {
    ReportContext context;
    context.run_id = text_of(run.manifest, "run");
    if (context.run_id.empty()) {
        // A manifest from before it named the run: the folder's name, if nobody changed it.
        context.run_id = name_of_folder(run.folder);
    }
    context.command = text_of(run.manifest, "command");
    context.program = fmt::format("margincall {} ({}, {})",
                                  text_of(run.manifest, "version"),
                                  text_of(run.manifest, "compiler"),
                                  text_of(run.manifest, "build"));
    context.totals = totals;
    for (const auto& [name, hash] : run.manifest["files_fnv1a64"].items()) {
        if (name != report_name && hash.is_string()) {
            context.more.emplace_back(name, hash.get<std::string>());
        }
    }
    return context;
}

// A page of a newer program may differ; the manifest then has its hash.
std::expected<void, Error> note_hash(FinishedRun& run) {
    Json& hash = run.manifest["files_fnv1a64"][report_name];
    const std::string now = file_hash(run.folder / report_name);
    if (hash == now) {
        return {};
    }
    hash = now;
    return write_whole(run.folder / "manifest.json",
                       json_text(run.manifest, 2) + "\n",
                       "the page is there; `margincall report` again notes its hash");
}

std::expected<fs::path, Errors> make_report(const fs::path& folder, const std::string& wanted) {
    auto manifest = read_manifest(folder);
    if (!manifest) {
        return std::unexpected(Errors{std::move(manifest.error())});
    }
    // The page names the hashes of what it was made from, so they must hold; its own may not.
    manifest->at("files_fnv1a64").erase(report_name);
    if (Errors damaged = damaged_files(folder, *manifest); !damaged.empty()) {
        return std::unexpected(std::move(damaged));
    }
    auto run = open_run(folder);
    if (!run) {
        return std::unexpected(std::move(run.error()));
    }
    const auto stored = read_run_db(folder / "run.db");
    if (!stored) {
        return std::unexpected(Errors{stored.error()});
    }
    if (run->summary.seeds.size() == 1) {
        // The only figure of the page that summary.json does not hold.
        run->summary.low_ns = summarise(run->plan, stored->totals, *stored->recorder).low_ns;
    }
    ReportContext context = context_of(*run, stored->totals);
    std::optional<PathBands> bands;
    if (run->summary.seeds.size() > 1) {
        const auto rows = read_worlds(folder);
        if (!rows) {
            return std::unexpected(Errors{rows.error()});
        }
        bands = bands_of(*rows);
        context.bands = &*bands;
    }
    const fs::path target = wanted.empty() ? folder / report_name : fs::path{wanted};
    if (const auto done = write_report(target, run->plan, run->summary, *stored->recorder, context);
        !done) {
        return std::unexpected(Errors{done.error()});
    }
    if (wanted.empty()) {
        if (const auto done = note_hash(*run); !done) {
            return std::unexpected(Errors{done.error()});
        }
    }
    return target;
}

}  // namespace

ExitCode report_again(const ReportOptions& options, Streams streams) {
    StepWatch steps(
        progress_style(options.quiet ? Loudness::quiet : Loudness::normal, "auto", streams.err),
        streams.err);
    for (const std::string& folder : options.runs) {
        steps.begin("making the report of " + folder);
        const auto made = make_report(folder, options.out);
        steps.end();
        if (!made) {
            return report_problems(made.error(), options.output, streams);
        }
        const bool json = options.output == Output::json;
        if (json || !options.quiet) {
            fmt::print(streams.out,
                       "{}\n",
                       json ? json_text(Json{{"run", folder}, {"report", made->string()}})
                            : "report  " + made->string());
        }
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
