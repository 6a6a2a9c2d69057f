// Running one world in memory, finished folders, queries, and the program's commands in this process.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analytics/market_view.hpp"
#include "analytics/summary.hpp"
#include "base/version.hpp"
#include "bindings.hpp"
#include "cli/command_line.hpp"
#include "cli/finished_run.hpp"
#include "cli/machine.hpp"
#include "cli/run_files.hpp"
#include "frame/csv_table.hpp"
#include "frame/record_tables.hpp"
#include "frame/run_tables.hpp"
#include "frame/sql_table.hpp"
#include "lab/gates_file.hpp"
#include "lab/world_run.hpp"
#include "plan/world_size.hpp"
#include "record/run_db_reader.hpp"
#include "report/headline.hpp"
#include "report/terminal_summary.hpp"
#include "running.hpp"

namespace margincall::python {
namespace {

namespace nb = nanobind;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

template <class T>
T value_or_throw(std::expected<T, Error> made) {
    if (!made) {
        throw Problems(std::move(made.error()));
    }
    return std::move(*made);
}

std::shared_ptr<SharedRun> run_in_memory(const SharedScenario& scenario,
                                         const std::string& command,
                                         bool record,
                                         nb::object progress) {
    auto run = std::make_shared<SharedRun>();
    run->compiled = scenario.compiled;
    run->plan = std::shared_ptr<const Plan>(scenario.compiled, &scenario.compiled->plan);
    run->resolved = scenario.compiled->resolved;
    run->started = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    const Plan& plan = *run->plan;
    PythonMonitor monitor(plan, std::move(progress));
    {
        const nb::gil_scoped_release free;
        const ChecksThrow checks;
        const Clock::time_point start = Clock::now();
        const auto recorder = record ? std::make_shared<MemoryRecorder>(plan) : nullptr;
        run->totals = run_world(plan, recorder.get(), &monitor, command.c_str());
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        sum_up(*run, recorder, seconds);
    }
    monitor.raise_problem();
    return run;
}

std::shared_ptr<SharedRun> load_run(const fs::path& folder) {
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    auto opened = open_run(folder);
    if (!opened) {
        throw Problems(std::move(opened.error()));
    }
    auto run = std::make_shared<SharedRun>();
    run->folder = folder;
    run->plan = std::make_shared<const Plan>(std::move(opened->plan));
    run->resolved = std::move(opened->resolved);
    run->summary = std::move(opened->summary);
    std::error_code ignored;
    if (fs::exists(folder / "run.db", ignored)) {
        StoredRun stored = value_or_throw(read_run_db(folder / "run.db"));
        run->totals = stored.totals;
        run->recorder = std::move(stored.recorder);
        run->words = std::make_shared<const std::set<std::string>>(std::move(stored.words));
    }
    return run;
}

std::vector<std::string> path_tables_of(const SharedRun& run) {
    return run.summary.seeds.size() > 1 && run.recorder != nullptr
               ? std::vector<std::string>{"paths", "path_metrics", "bands"}
               : std::vector<std::string>{};
}

std::vector<std::string> table_names(const SharedRun& run) {
    std::vector<std::string> out = run_table_names();
    if (run.recorder != nullptr) {
        const std::vector<std::string> records = record_table_names();
        out.insert(out.end(), records.begin(), records.end());
    }
    const std::vector<std::string> paths = path_tables_of(run);
    out.insert(out.end(), paths.begin(), paths.end());
    return out;
}

std::optional<Table> make_table(const SharedRun& run, const std::string& name) {
    std::optional<Table> table = run_table(name, *run.plan, run.summary);
    if (!table && run.recorder != nullptr) {
        table = record_table(name, *run.plan, *run.recorder);
    }
    const std::vector<std::string> paths = path_tables_of(run);
    if (!table && std::find(paths.begin(), paths.end(), name) != paths.end()) {
        const SqlReader db = value_or_throw(SqlReader::open(database_of(run.folder)));
        table = value_or_throw(stored_table(db, name));
    }
    return table;
}

// Made once; whoever asks again shares it.
SharedTable table_of(SharedRun& run, const std::string& name) {
    if (const auto found = run.made.find(name); found != run.made.end()) {
        return SharedTable(found->second);
    }
    std::optional<Table> table;
    {
        const nb::gil_scoped_release free;
        table = make_table(run, name);
    }
    if (!table) {
        throw nb::key_error(name.c_str());
    }
    return SharedTable(
        run.made.emplace(name, std::make_shared<const Table>(std::move(*table))).first->second);
}

// As `margincall run --out FOLDER` writes it; the path it got.
fs::path save_run(const SharedRun& run, const fs::path& folder, const std::string& command) {
    if (run.compiled == nullptr) {
        throw Problems("E511", "the run is a folder already: " + run.folder.string());
    }
    if (!run.not_saved.empty()) {
        throw Problems("E727",
                       run.not_saved,
                       "its tables, figures and pictures are there; World.snapshot keeps a "
                       "world that is not finished");
    }
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    RunFolder made = value_or_throw(RunFolder::create(folder));
    RunOptions options;
    options.command = command;
    RunResult result;
    result.compiled = run.compiled.get();
    result.recorder = run.recorder.get();
    result.totals = run.totals;
    result.summary = run.summary;
    result.started = run.started;
    auto kept = write_run_files(made, options, result);
    if (kept) {
        kept = made.finish();
    }
    if (!kept) {
        throw Problems(made.keep_unfinished(std::move(kept.error())));
    }
    return made.final_path();
}

std::string summary_text(const SharedRun& run, std::size_t width) {
    const bool one = run.summary.seeds.size() == 1;
    return terminal_summary(*run.plan,
                            run.summary,
                            one ? run.recorder.get() : nullptr,
                            {.colour = Colour::no, .width = width});
}

nb::list headline(const SharedRun& run) {
    nb::list out;
    for (const HeadlineRow& row : headline_rows(run.summary)) {
        nb::dict one;
        const std::string_view name = metric_names[row.metric].name;
        one["name"] = nb::str(name.data(), name.size());
        one["label"] = row.label.c_str();
        one["simulated"] = row.simulated.c_str();
        one["band"] = row.band.c_str();
        one["error"] = row.error.c_str();
        one["measured"] = row.measured.c_str();
        one["tolerance"] = row.tolerance.c_str();
        const std::string_view word = verdict(row);
        one["verdict"] = nb::str(word.data(), word.size());
        one["article"] = row.article.c_str();
        out.append(one);
    }
    return out;
}

std::vector<std::string> sentences(const SharedRun& run) {
    const auto two = headline_sentences(*run.plan, run.summary);
    std::vector<std::string> out(two.begin(), two.end());
    if (std::string gates = price_sentence(run.summary); !gates.empty()) {
        out.push_back(std::move(gates));
    }
    return out;
}

// The books that figures and pictures of a coin are of: {"BTC": {"spot": "A:BTC-SPOT", "perp": ...}, ...}.
nb::dict reference_books(const SharedRun& run) {
    const MemoryRecorder nothing;
    const MarketView view(*run.plan, nothing);
    nb::dict out;
    for (std::size_t asset = 0; asset < run.plan->assets.size(); ++asset) {
        nb::dict books;
        for (const auto& [word, kind] : {std::pair{"spot", InstrumentKind::spot},
                                         std::pair{"perp", InstrumentKind::linear_perp}}) {
            if (const auto book = view.reference_book(asset, kind)) {
                books[word] = run.plan->instruments[*book].name.c_str();
            }
        }
        out[run.plan->assets[asset].name.c_str()] = books;
    }
    return out;
}

SharedTable query(const fs::path& database, const std::string& sql) {
    const nb::gil_scoped_release free;
    const SqlReader db = value_or_throw(SqlReader::open(database_of(database)));
    return SharedTable(value_or_throw(query_table(db, sql)));
}

SharedTable read_csv(const fs::path& path) {
    const nb::gil_scoped_release free;
    return SharedTable(value_or_throw(csv_table(path)));
}

// A file in memory that has a descriptor, as the program's streams need one.
class MemoryFile {
  public:
    explicit MemoryFile(const char* name) {
        const int descriptor = memfd_create(name, MFD_CLOEXEC);
        file_ = descriptor >= 0 ? fdopen(descriptor, "w+") : std::tmpfile();
        if (file_ == nullptr) {
            throw Problems("E511", "no file in memory for what the command prints");
        }
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    MemoryFile(MemoryFile&&) = delete;
    MemoryFile& operator=(MemoryFile&&) = delete;
    ~MemoryFile() { std::fclose(file_); }

    [[nodiscard]] std::FILE* stream() const { return file_; }
    [[nodiscard]] std::string text() const {
        std::fflush(file_);
        std::rewind(file_);
        std::string out;
        std::array<char, 65536> part{};
        while (const std::size_t read = std::fread(part.data(), 1, part.size(), file_)) {
            out.append(part.data(), read);
        }
        return out;
    }

  private:
    std::FILE* file_ = nullptr;
};

// One command at a time: it has the process's signal handlers while it runs.
nb::tuple command(const std::vector<std::string>& arguments) {
    static std::mutex one_at_a_time;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
    int code = 0;
    std::string out, err;
    if (PyErr_CheckSignals() != 0) {  // pressed before the command has the handlers
        throw nb::python_error();
    }
    {
        const nb::gil_scoped_release free;
        const std::lock_guard guard{one_at_a_time};
        const ChecksThrow checks;
        const MemoryFile out_file("margincall-out"), err_file("margincall-err");
        code =
            static_cast<int>(run_command_line(arguments, {out_file.stream(), err_file.stream()}));
        out = out_file.text();
        err = err_file.text();
    }
    const auto text = [](const std::string& bytes) {
        return nb::steal(
            PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace"));
    };
    return nb::make_tuple(code, text(out), text(err));
}

}  // namespace

void sum_up(SharedRun& run, std::shared_ptr<const MemoryRecorder> recorder, double seconds) {
    const MemoryRecorder nothing;
    run.summary = summarise(*run.plan,
                            run.totals,
                            recorder != nullptr ? *recorder : nothing,
                            {program_version, seconds, peak_rss_mb()});
    run.summary.price_gates = shipped_price_gates();
    run.recorder = std::move(recorder);
}

void bind_run(nb::module_& module) {
    nb::class_<SharedRun>(module, "Run", "One run; margincall.Run wraps it.")
        .def_prop_ro("resolved", [](const SharedRun& run) { return run.resolved; })
        .def_prop_ro("digest", [](const SharedRun& run) { return run.summary.digest; })
        .def_prop_ro("seeds", [](const SharedRun& run) { return run.summary.seeds; })
        .def_prop_ro("not_saved", [](const SharedRun& run) { return run.not_saved; })
        .def_prop_ro("recorded", [](const SharedRun& run) { return run.recorder != nullptr; })
        .def_prop_ro("interrupted", [](const SharedRun& run) { return run.summary.interrupted; })
        .def_prop_ro("title", [](const SharedRun& run) { return shown_title(*run.plan); })
        .def_prop_ro("start_unix_s", [](const SharedRun& run) { return run.plan->start_unix_s; })
        .def_prop_ro("reference_books",
                     reference_books,
                     nb::sig("def reference_books(self) -> dict[str, dict[str, str]]"))
        .def("summary_json", [](const SharedRun& run) { return summary_json(run.summary); })
        .def("summary_text", summary_text, nb::arg("width") = 100)
        .def("headline", headline, nb::sig("def headline(self) -> list[dict[str, str]]"))
        .def("sentences", sentences)
        .def("table_names", table_names)
        .def("table", table_of, nb::arg("name"))
        .def("save",
             save_run,
             nb::arg("folder"),
             nb::arg("command"),
             nb::sig("def save(self, folder: str, command: str) -> pathlib.Path"));
    module.def(
        "run_in_memory",
        run_in_memory,
        nb::arg("scenario"),
        nb::arg("command"),
        nb::arg("record"),
        nb::arg("progress").none(),
        nb::sig("def run_in_memory(scenario: Compiled, command: str, record: bool, progress: "
                "collections.abc.Callable[[float], typing.Any] | None) -> Run"),
        "Simulates one world; Ctrl-C raises KeyboardInterrupt.");
    module.def(
        "load_run", load_run, nb::arg("folder"), nb::sig("def load_run(folder: str) -> Run"));
    module.def("query",
               query,
               nb::arg("database"),
               nb::arg("sql"),
               nb::sig("def query(database: str, sql: str) -> Table"));
    module.def("read_csv", read_csv, nb::arg("path"), nb::sig("def read_csv(path: str) -> Table"));
    module.def(
        "command",
        command,
        nb::arg("arguments"),
        nb::sig("def command(arguments: collections.abc.Sequence[str]) -> tuple[int, str, str]"),
        "What `margincall ARGUMENTS...` does, in this process: exit code, standard output and "
        "error.");
    module.attr("version") = program_version;
}

}  // namespace margincall::python
