#include "cli/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "cli/finished_run.hpp"
#include "cli/report_problems.hpp"
#include "cli/terminal.hpp"
#include "desk/csv.hpp"
#include "plan/world_size.hpp"
#include "record/run_db_reader.hpp"
#include "record/sql_reader.hpp"
#include "report/comparison.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

// One value a path: of the table that runs of several paths have, else the only path's.
std::expected<std::vector<std::vector<PathValue>>, Error> path_values(const fs::path& database,
                                                                      const Summary& summary) {
    std::vector<std::vector<PathValue>> out(metric_names.size());
    const auto db = SqlReader::open(database);
    if (!db) {
        return std::unexpected(db.error());
    }
    const auto tables = db->tables();
    if (!tables) {
        return std::unexpected(tables.error());
    }
    if (std::ranges::find(*tables, "path_metrics") == tables->end()) {
        for (std::size_t i = 0; i < out.size() && summary.seeds.size() == 1; ++i) {
            if (summary.metrics[i].value) {
                out[i].push_back({summary.seeds.front(), *summary.metrics[i].value});
            }
        }
        return out;
    }
    auto rows = db->query("SELECT seed, metric, value FROM path_metrics ORDER BY path, metric");
    if (!rows) {
        return std::unexpected(rows.error());
    }
    while (true) {
        const auto more = rows->step();
        if (!more) {
            return std::unexpected(more.error());
        }
        if (!*more) {
            return out;
        }
        const int metric = metric_index(rows->value(1).text);
        const SqlValue seed = rows->value(0);
        const SqlValue value = rows->value(2);
        if (metric < 0 || value.kind == SqlValue::Kind::null) {
            continue;
        }
        // An unsigned seed does not fit INTEGER and is kept as text.
        const std::uint64_t number =
            seed.kind == SqlValue::Kind::text
                ? std::strtoull(std::string{seed.text}.c_str(), nullptr, 10)
                : static_cast<std::uint64_t>(seed.integer);
        out[static_cast<std::size_t>(metric)].push_back(
            {number,
             value.kind == SqlValue::Kind::real ? value.real : static_cast<double>(value.integer)});
    }
}

// A run with what its comparison reads; the records are large, so it stays where it is.
struct OpenRun {
    FinishedRun run;
    StoredRun stored;
    std::vector<std::vector<PathValue>> paths;
};

std::expected<OpenRun, Errors> open_for_comparison(const std::string& folder) {
    auto manifest = read_manifest(folder);
    if (!manifest) {
        return std::unexpected(Errors{std::move(manifest.error())});
    }
    manifest->at("files_fnv1a64").erase("report.html");  // is not read
    if (Errors damaged = damaged_files(folder, *manifest); !damaged.empty()) {
        return std::unexpected(std::move(damaged));
    }
    auto run = open_run(folder);
    if (!run) {
        return std::unexpected(std::move(run.error()));
    }
    auto stored = read_run_db(run->folder / "run.db");
    if (!stored) {
        return std::unexpected(Errors{std::move(stored.error())});
    }
    auto paths = path_values(run->folder / "run.db", run->summary);
    if (!paths) {
        return std::unexpected(Errors{std::move(paths.error())});
    }
    return OpenRun{std::move(*run), std::move(*stored), std::move(*paths)};
}

class CompareSession {
  public:
    CompareSession(const CompareOptions& options, Streams streams)
        : options_{options}, streams_{streams} {}

    ExitCode run() {
        std::size_t stresses = 0;
        for (const std::string& folder : options_.runs) {
            std::error_code ignored;
            stresses += fs::is_regular_file(fs::path(folder) / "result.jsonl", ignored) ? 1U : 0U;
        }
        if (stresses > 0 && stresses < options_.runs.size()) {
            return fail({file_error("compare",
                                    "E528",
                                    "a run and a stress have no figure in common",
                                    "compare runs with runs and stresses with stresses")});
        }
        return stresses > 0 ? of_stresses() : of_runs();
    }

  private:
    [[nodiscard]] Output output() const {
        return options_.form == TableForm::json ? Output::json : Output::text;
    }
    ExitCode fail(const Errors& errors) { return report_problems(errors, output(), streams_); }

    ExitCode of_runs() {
        std::vector<OpenRun> open;
        for (const std::string& folder : options_.runs) {
            auto one = open_for_comparison(folder);
            if (!one) {
                return fail(one.error());
            }
            if (!open.empty() && one->run.plan.size != open.front().run.plan.size &&
                !options_.mix) {
                return fail({file_error(
                    folder,
                    "E528",
                    fmt::format("is of size {}, {} of size {}: a difference could be the size's",
                                world_size_name(one->run.plan.size),
                                options_.runs.front(),
                                world_size_name(open.front().run.plan.size)),
                    "run both in one size; --mix compares them all the same and says so")});
            }
            open.push_back(std::move(*one));
        }
        std::vector<ComparedRun> runs;
        for (std::size_t k = 0; k < open.size(); ++k) {
            ComparedRun run;
            run.name = name_of_folder(options_.runs[k]);
            run.size = world_size_name(open[k].run.plan.size);
            run.plan = &open[k].run.plan;
            run.summary = &open[k].run.summary;
            run.recorder = open[k].stored.recorder.get();
            run.paths = std::move(open[k].paths);
            run.resolved = open[k].run.resolved;
            runs.push_back(std::move(run));
        }
        return give(compare_runs(runs), runs);
    }

    ExitCode of_stresses() {
        std::vector<std::pair<std::string, std::string>> results;
        for (const std::string& folder : options_.runs) {
            auto text = read_text_file((fs::path(folder) / "result.jsonl").string());
            if (!text) {
                return fail({text.error()});
            }
            results.emplace_back(name_of_folder(folder), std::move(*text));
        }
        const auto compared = compare_stresses(results);
        return compared ? give(*compared, {}) : fail({compared.error()});
    }

    ExitCode give(const RunComparison& comparison, std::span<const ComparedRun> runs) {
        if (!options_.out.empty()) {
            if (const auto done = write_whole(
                    options_.out, comparison_html(comparison, runs), "give another file with -o");
                !done) {
                return fail({done.error()});
            }
        }
        if (options_.form == TableForm::json) {
            fmt::print(streams_.out, "{}", comparison_json(comparison));
        } else if (options_.form == TableForm::csv) {
            fmt::print(streams_.out, "{}", comparison_csv(comparison));
        } else if (!options_.quiet) {
            print_fitting(
                streams_.out,
                comparison_terminal(comparison, terminal_options(streams_.out, options_.colour)));
        }
        if (!options_.out.empty() && !options_.quiet) {
            fmt::print(options_.form == TableForm::text ? streams_.out : streams_.err,
                       "\npage  {}\n",
                       options_.out);
        }
        return ExitCode::done;
    }

    const CompareOptions& options_;
    Streams streams_;
};

}  // namespace

ExitCode compare_folders(const CompareOptions& options, Streams streams) {
    return CompareSession(options, streams).run();
}

}  // namespace margincall::inline cli
