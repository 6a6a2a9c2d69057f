// Many worlds: the list of what is to be run, its folder, and whoever runs worlds into it.
#include "cli/sweep.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <set>

#include "base/files.hpp"
#include "bindings.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "lab/block_run.hpp"
#include "lab/sweep_summary.hpp"
#include "lab/worker_pool.hpp"
#include "sweep_tables.hpp"

namespace margincall::python {
namespace {

namespace nb = nanobind;

using List = std::shared_ptr<const TaskList>;

struct SharedList {
    List list;
};

// Of one who holds a folder while others run its worlds.
struct HeldFolder {
    std::optional<WorldStore> store;

    [[nodiscard]] const WorldStore& open() const {
        if (!store) {
            throw Problems("E712", "the folder was given back");
        }
        return *store;
    }
};

template <class T>
T or_throw(std::expected<T, Error> result) {
    if (!result) {
        throw Problems(std::move(result.error()));
    }
    return std::move(*result);
}

SharedList make_list(std::string scenario,
                     const std::optional<std::pair<std::string, std::string>>& text,
                     std::vector<std::string> overrides,
                     const std::vector<std::pair<std::string, std::vector<std::string>>>& varies,
                     std::vector<std::vector<std::string>> points,
                     std::optional<std::int64_t> paths,
                     std::optional<std::uint64_t> seed_from) {
    TaskRequest request;
    request.scenario = std::move(scenario);
    if (text) {
        request.text = ScenarioText{text->first, text->second};
    }
    request.overrides = std::move(overrides);
    for (const auto& [key, values] : varies) {
        request.varies.push_back({key, values});
    }
    request.points = std::move(points);
    request.paths = paths;
    request.seed_from = seed_from;
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    std::expected<TaskList, Errors> list = TaskList::make(std::move(request));
    if (!list) {
        Errors errors = std::move(list.error());
        const auto of = exit_code_of(errors) == ExitCode::scenario ? Problems::Of::scenario
                                                                   : Problems::Of::other;
        throw Problems(std::move(errors), of);
    }
    return {std::make_shared<const TaskList>(std::move(*list))};
}

SharedList list_of_text(const std::string& plan, const std::vector<std::string>& resolved) {
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    return {std::make_shared<const TaskList>(
        or_throw(TaskList::from_json(plan, resolved, TaskList::Compare::first_cell)))};
}

SharedList list_of_folder(const std::string& folder) {
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    return {std::make_shared<const TaskList>(
        or_throw(read_list(folder, TaskList::Compare::first_cell)))};
}

// Asks Python for signals, and what whoever watches says; what was raised is kept until the lock is back.
class Asks {
  public:
    [[nodiscard]] bool go_on(const auto& also) {
        const nb::gil_scoped_acquire hold;
        if (raised_) {
            return false;
        }
        try {
            if (PyErr_CheckSignals() != 0) {
                throw nb::python_error();
            }
            also();
        } catch (const nb::python_error& problem) {
            raised_.emplace(problem);
        }
        return !raised_;
    }
    void raise() {
        if (raised_) {
            throw nb::python_error(*raised_);
        }
    }

  private:
    std::optional<nb::python_error> raised_;
};

nb::dict run_here(const SharedList& shared,
                  const std::string& folder,
                  std::optional<std::size_t> workers,
                  std::pair<std::uint64_t, std::uint64_t> shard,
                  bool retry_failed,
                  const nb::object& progress) {
    Asks asks;
    WorldsResult result;
    {
        const nb::gil_scoped_release free;
        const ChecksThrow checks;
        PoolOptions options;
        options.shard = {shard.first, shard.second};
        options.workers = worker_count(workers.value_or(0));
        options.retry_failed = retry_failed;
        options.command = "margincall.sweep";
        WorldStore store = or_throw(WorldStore::open(folder, *shared.list, options.shard));
        result = run_worlds(*shared.list, store, options, [&](const PoolProgress& now) {
            return asks.go_on([&] {
                if (!progress.is_none()) {
                    progress(now.worlds, now.finished, now.failed, now.fresh, now.running);
                }
            });
        });
    }
    asks.raise();
    if (result.error) {
        throw Problems(*result.error);
    }
    nb::dict out;
    out["worlds"] = result.progress.worlds;
    out["finished"] = result.progress.finished;
    out["failed"] = result.progress.failed;
    out["fresh"] = result.progress.fresh;
    return out;
}

const char* end_name(BlockEnd end) {
    switch (end) {
        case BlockEnd::found:
            return "found";
        case BlockEnd::ran:
            return "ran";
        case BlockEnd::failed:
            return "failed";
    }
    return "";
}

nb::list run_block_here(const SharedList& shared,
                        const std::string& folder,
                        const std::string& part,
                        const std::vector<std::uint64_t>& indices) {
    Asks asks;
    std::vector<BlockWorld> worlds;
    {
        const nb::gil_scoped_release free;
        BlockOptions options;
        options.part = part;
        options.command = "margincall.sweep";
        options.go_on = [&] { return asks.go_on([] {}); };
        worlds = or_throw(run_block(*shared.list, folder, indices, options));
    }
    asks.raise();
    nb::list out;
    for (const BlockWorld& world : worlds) {
        out.append(nb::make_tuple(world.index,
                                  world.key,
                                  end_name(world.end),
                                  fmt::format("{:016x}", world.digest),
                                  world.wall_s,
                                  world.peak_rss_mb,
                                  world.reason));
    }
    return out;
}

SweepContent read_folder(const std::string& folder, const SharedList& shared) {
    const nb::gil_scoped_release free;
    return or_throw(sweep_content(folder, shared.list));
}

// summary.json as the command line writes it.
void write_summary(const SweepContent& content, const std::string& folder) {
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    const SweepSummary summary = sweep_summary(*content.list, content.rows, content.failed.size());
    if (auto done = write_whole(std::filesystem::path(folder) / "summary.json",
                                sweep_summary_json(*content.list, summary),
                                "the worlds are kept");
        !done) {
        throw Problems(done.error());
    }
}

void bind_list(nb::module_& module) {
    nb::class_<SharedList>(module, "TaskList", "What is to be run: cells times seeds, with keys.")
        .def_static("make",
                    make_list,
                    nb::arg("scenario"),
                    nb::arg("text").none(),
                    nb::arg("overrides"),
                    nb::arg("varies"),
                    nb::arg("points"),
                    nb::arg("paths").none(),
                    nb::arg("seed").none(),
                    "From a scenario (a file, or a text with its folder), a grid or points.")
        .def_static("from_json", list_of_text, nb::arg("plan"), nb::arg("resolved"))
        .def_static("of_folder", list_of_folder, nb::arg("folder"))
        .def("json", [](const SharedList& self) { return self.list->json(); })
        .def_prop_ro("hash", [](const SharedList& self) { return self.list->hash(); })
        .def_prop_ro("name", [](const SharedList& self) { return self.list->base().plan.name; })
        .def_prop_ro(
            "folder",
            [](const SharedList& self) { return default_sweep_folder(*self.list).string(); })
        .def_prop_ro("paths", [](const SharedList& self) { return self.list->paths(); })
        .def_prop_ro("seed_from", [](const SharedList& self) { return self.list->seed_from(); })
        .def_prop_ro("cells",
                     [](const SharedList& self) {
                         std::vector<std::vector<std::string>> out;
                         for (const Cell& cell : self.list->cells()) {
                             out.push_back(cell.set);
                         }
                         return out;
                     })
        .def_prop_ro("resolved",
                     [](const SharedList& self) {
                         std::vector<std::string> out;
                         for (const Cell& cell : self.list->cells()) {
                             out.push_back(cell.resolved);
                         }
                         return out;
                     })
        .def(
            "key",
            [](const SharedList& self, std::uint64_t index) {
                if (index >= self.list->size()) {
                    throw nb::index_error("no such world");
                }
                return self.list->task(index).key;
            },
            nb::arg("index"))
        .def("__len__", [](const SharedList& self) { return self.list->size(); });
}

}  // namespace

void bind_sweep(nb::module_& module) {
    bind_list(module);
    nb::class_<HeldFolder>(module, "HeldFolder", "A folder whose worlds others run.")
        .def_prop_ro("finished",
                     [](const HeldFolder& self) {
                         std::vector<std::string> keys;
                         for (const auto& [key, digest] : self.open().finished()) {
                             keys.push_back(key);
                         }
                         return keys;
                     })
        .def_prop_ro("failed",
                     [](const HeldFolder& self) {
                         const auto& failed = self.open().failed();
                         return std::vector<std::string>(failed.begin(), failed.end());
                     })
        .def("close", [](HeldFolder& self) { self.store.reset(); });
    module.def(
        "hold_folder",
        [](const SharedList& list,
           const std::string& folder,
           std::pair<std::uint64_t, std::uint64_t> shard) {
            const nb::gil_scoped_release free;
            return HeldFolder{
                or_throw(WorldStore::open(folder, *list.list, {shard.first, shard.second}))};
        },
        nb::arg("tasks"),
        nb::arg("folder"),
        nb::arg("shard"),
        "Opens or begins the folder; E712 while another process works on it.");
    module.def("run_worlds",
               run_here,
               nb::arg("tasks"),
               nb::arg("folder"),
               nb::arg("workers").none(),
               nb::arg("shard"),
               nb::arg("retry_failed"),
               nb::arg("progress").none(),
               nb::sig("def run_worlds(tasks: TaskList, folder: str, workers: int | None, "
                       "shard: tuple[int, int], retry_failed: bool, progress: typing.Any) -> "
                       "dict[str, int]"),
               "Runs what the folder lacks on threads of this process.");
    module.def("run_block",
               run_block_here,
               nb::arg("tasks"),
               nb::arg("folder"),
               nb::arg("part"),
               nb::arg("indices"),
               nb::sig("def run_block(tasks: TaskList, folder: str, part: str, "
                       "indices: collections.abc.Sequence[int]) -> "
                       "list[tuple[int, str, str, str, float, float, str]]"),
               "Runs a few worlds for a folder that another process holds: index, key, how it "
               "ended, digest, "
               "seconds, MiB, reason.");
    module.def(
        "append_failed",
        [](const SharedList& list,
           const std::string& folder,
           std::uint64_t index,
           const std::string& reason) {
            const Task task = list.list->task(index);
            if (auto done = append_failed_row(folder, {task.key, task.index, task.seed, reason});
                !done) {
                throw Problems(done.error());
            }
        },
        nb::arg("tasks"),
        nb::arg("folder"),
        nb::arg("index"),
        nb::arg("reason"));
    nb::class_<SweepContent>(module, "SweepContent", "What a folder of many worlds holds.")
        .def_prop_ro("finished", [](const SweepContent& self) { return self.rows.size(); })
        .def_prop_ro("failed", [](const SweepContent& self) { return self.failed.size(); })
        .def("worlds", [](const SweepContent& self) { return SharedTable{worlds_table(self)}; })
        .def("summary", [](const SweepContent& self) { return SharedTable{cells_table(self)}; })
        .def("series", [](const SweepContent& self) { return SharedTable{curves_table(self)}; })
        .def("failures", [](const SweepContent& self) { return SharedTable{failed_table(self)}; })
        .def(
            "bands",
            [](const SweepContent& self, std::size_t cell) {
                return SharedTable{bands_table(self, cell)};
            },
            nb::arg("cell"))
        .def("write_summary", write_summary, nb::arg("folder"));
    module.def("read_sweep", read_folder, nb::arg("folder"), nb::arg("tasks"));
    module.def(
        "read_keys",
        [](const std::string& folder) {
            std::vector<std::pair<std::string, std::string>> out;
            for (const auto& [key, digest] : read_keys(folder)) {
                out.emplace_back(key, fmt::format("{:016x}", digest));
            }
            return out;
        },
        nb::arg("folder"),
        "Keys and digests of the finished worlds.");
    module.def(
        "parse_vary",
        [](const std::string& text) {
            const Vary vary = or_throw(parse_vary(text));
            return std::pair{vary.key, vary.values};
        },
        nb::arg("text"),
        "KEY=LO:HI:N or KEY=A,B,C as --vary of the command line reads it.");
}

}  // namespace margincall::python
