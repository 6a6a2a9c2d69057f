#include "lab/world_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/durable_files.hpp"
#include "base/files.hpp"

namespace margincall::inline lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* plan_name = "plan.json";

Error cannot_write(const fs::path& path, int reason) {
    return disk_error(path, reason, "what was finished is kept; go on with --resume");
}

Error store_error(const fs::path& path, const char* code, std::string message, std::string hint) {
    Error error;
    error.file = path.string();
    error.code = code;
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

// The parts of a folder by name.
std::vector<fs::path> part_files(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "parts", ignored)) {
        if (entry.path().extension() == ".jsonl") {
            out.push_back(entry.path());
        }
    }
    std::ranges::sort(out);
    return out;
}

// Calls `take(line, number)` for every line that ends; false stops.
void whole_lines(const fs::path& path, const auto& take) {
    std::ifstream in{path, std::ios::binary};
    std::string line;
    for (int number = 1; std::getline(in, line) && !in.eof(); ++number) {
        if (!take(line, number)) {
            return;
        }
    }
}

// A line that a killed process did not finish goes, so that the next one starts on its own.
void drop_torn_end(const fs::path& path) {
    std::error_code problem;
    const std::uintmax_t size = fs::file_size(path, problem);
    if (problem || size == 0) {
        return;
    }
    std::uintmax_t whole = 0;
    whole_lines(path, [&](const std::string& line, int) {
        whole += line.size() + 1;
        return true;
    });
    if (whole != size) {
        fs::resize_file(path, whole, problem);
    }
}

// Puts the text under this name unless the name is taken; 0 or errno.
int write_once(const fs::path& path, const std::string& text) {
    const int reason = put_file(path, text, Existing::keep);
    return reason == EEXIST ? 0 : reason;
}

// A folder that somebody made for something else: it is not taken for one of ours, whatever its name. Ours
// has its plan before anything else.
bool is_of_another(const fs::path& folder) {
    std::error_code ignored;
    if (fs::exists(folder / plan_name, ignored)) {
        return false;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        if (!entry.path().filename().string().starts_with(plan_name)) {
            return true;  // not even a plan that another process is about to write
        }
    }
    return false;
}

// What of plan.json decides whether worlds belong together; where the text lay does not.
nlohmann::ordered_json identity_of(const std::string& plan) {
    nlohmann::ordered_json root = nlohmann::ordered_json::parse(plan, nullptr, false);
    if (root.is_object()) {
        root.erase("file");
        root.erase("set");
        root.erase("scenario");
    }
    return root;
}

std::string cell_file(std::size_t cell) {
    return fmt::format("cells/{:04}.toml", cell + 1);
}

std::string what_differs(const nlohmann::ordered_json& theirs, const nlohmann::ordered_json& ours) {
    for (const auto& [key, value] : ours.items()) {
        if (!theirs.is_object() || !theirs.contains(key) || theirs[key] != value) {
            return key;
        }
    }
    return "more keys";
}

}  // namespace

WorldStore::Descriptor::~Descriptor() {
    if (number >= 0) {
        close(number);  // releases a lock
    }
}

std::expected<WorldStore, Error> WorldStore::open(const fs::path& folder,
                                                  const TaskList& list,
                                                  Shard shard) {
    WorldStore store;
    store.folder_ = folder;
    store.shard_ = shard;
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) {
        return std::unexpected(cannot_write(folder, problem.value()));
    }
    if (is_of_another(folder)) {
        return std::unexpected(
            store_error(folder,
                        "E715",
                        "was there before and is no folder of many worlds",
                        "give another place with --out; nothing in it was changed"));
    }
    const fs::path plan = folder / plan_name;
    if (const int reason = write_once(plan, list.json()); reason != 0) {
        return std::unexpected(cannot_write(plan, reason));
    }
    fs::create_directories(folder / "parts", problem);
    if (problem) {
        return std::unexpected(cannot_write(folder, problem.value()));
    }
    const auto theirs = identity_of(read_text(plan));
    const auto ours = identity_of(list.json());
    if (theirs != ours) {
        const std::string key = what_differs(theirs, ours);
        return std::unexpected(store_error(
            plan,
            "E711",
            key == "core"
                ? "the folder was begun by another build of margincall, whose worlds may differ"
                : fmt::format("the folder was begun for something else: \"{}\" differs", key),
            "give the command it was begun with (see plan.json), or another folder with --out"));
    }
    fs::create_directories(folder / "cells", problem);
    for (std::size_t c = 0; c < list.cells().size(); ++c) {
        const fs::path cell = folder / cell_file(c);
        if (const int reason = write_once(cell, list.cells()[c].resolved); reason != 0) {
            return std::unexpected(cannot_write(cell, reason));
        }
    }
    const fs::path lock =
        folder / "parts" / fmt::format("shard-{}-of-{}.lock", shard.number, shard.count);
    const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return std::unexpected(cannot_write(lock, errno));
    }
    store.lock_ = std::make_unique<Descriptor>(descriptor);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return std::unexpected(
            store_error(lock,
                        "E712",
                        "another process works on this part",
                        "wait for it, or give every process its own --shard i/n"));
    }
    // Only this process writes the parts of its shard; a torn end of others may still be written.
    const std::string own = fmt::format("shard-{}-of-{}-", shard.number, shard.count);
    for (const fs::path& part : part_files(folder)) {
        if (part.filename().string().starts_with(own)) {
            drop_torn_end(part);
        }
    }
    auto rows = read_worlds(folder);
    if (!rows) {
        return std::unexpected(rows.error());
    }
    for (const PathRow& row : *rows) {
        store.finished_.emplace(row.key, row.summary.digest);
    }
    auto failed = read_failed(folder);
    if (!failed) {
        return std::unexpected(failed.error());
    }
    for (FailedRow& row : *failed) {
        store.failed_.insert(std::move(row.key));
    }
    return store;
}

std::vector<std::string> WorldStore::files(const fs::path& folder) {
    std::vector<std::string> out{plan_name};
    for (std::size_t c = 0; fs::exists(folder / cell_file(c)); ++c) {
        out.push_back(cell_file(c));
    }
    for (const fs::path& part : part_files(folder)) {
        out.push_back("parts/" + part.filename().string());
    }
    std::error_code ignored;
    if (fs::exists(folder / "failed.jsonl", ignored)) {
        out.emplace_back("failed.jsonl");
    }
    return out;
}

std::expected<void, Error> WorldStore::append(std::size_t worker, const PathRow& row) {
    const Descriptor* part = nullptr;
    const fs::path path =
        folder_ / "parts" /
        fmt::format("shard-{}-of-{}-worker-{}.jsonl", shard_.number, shard_.count, worker + 1);
    {
        const std::lock_guard guard{*mutex_};
        auto& slot = parts_[worker];
        if (!slot) {
            slot = std::make_unique<Descriptor>(
                ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
            if (slot->number < 0) {
                return std::unexpected(cannot_write(path, errno));
            }
        }
        part = slot.get();
    }
    const off_t before = lseek(part->number, 0, SEEK_END);
    if (const int reason = write_all(part->number, path_row_json(row) + "\n"); reason != 0) {
        // What of the line went in is no world.
        const int ignored = ftruncate(part->number, before);
        (void)ignored;  // the next process of this shard drops a torn end as well
        return std::unexpected(cannot_write(path, reason));
    }
    return {};
}

std::expected<void, Error> WorldStore::append_failed(const FailedRow& row) {
    const std::lock_guard guard{*mutex_};
    const fs::path path = folder_ / "failed.jsonl";
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    // Several processes write this file, one at a time: a line that a killed one began goes first.
    if (file.number < 0 || flock(file.number, LOCK_EX) != 0) {
        return std::unexpected(cannot_write(path, errno));
    }
    drop_torn_end(path);
    if (const int reason = write_all(file.number, failed_row_json(row) + "\n"); reason != 0) {
        drop_torn_end(path);
        return std::unexpected(cannot_write(path, reason));
    }
    return {};
}

std::expected<std::vector<PathRow>, Error> read_worlds(const fs::path& folder) {
    std::map<std::string, std::uint64_t> seen;
    std::vector<PathRow> rows;
    std::optional<Error> bad;
    for (const fs::path& part : part_files(folder)) {
        whole_lines(part, [&](const std::string& line, int number) {
            std::optional<PathRow> row = parse_path_row(line);
            if (!row) {
                bad = store_error(part,
                                  "E713",
                                  "not a finished world",
                                  "remove the line; its world is run again");
            } else if (const auto [at, fresh] = seen.emplace(row->key, row->summary.digest);
                       fresh) {
                rows.push_back(std::move(*row));
            } else if (at->second != row->summary.digest) {
                bad = store_error(
                    part,
                    "E713",
                    fmt::format("world {} has another digest than in an earlier line", row->key),
                    "the machines that ran it do not agree: margincall sweep verify");
            }
            if (bad) {
                bad->line = number;
            }
            return !bad;
        });
        if (bad) {
            return std::unexpected(*bad);
        }
    }
    std::ranges::sort(rows, {}, &PathRow::index);
    return rows;
}

std::expected<TaskList, Error> read_list(const fs::path& folder) {
    const fs::path plan = folder / plan_name;
    const std::string text = read_text(plan);
    const nlohmann::ordered_json root = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!root.is_object() || !root.contains("cells") || !root["cells"].is_array()) {
        return std::unexpected(store_error(plan,
                                           "E715",
                                           "no plan of many worlds",
                                           "give a folder of `margincall sweep` or `run --paths`"));
    }
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < root["cells"].size(); ++c) {
        cells.push_back(read_text(folder / cell_file(c)));
    }
    std::expected<TaskList, Error> list = TaskList::from_json(text, cells);
    if (!list) {
        list.error().file = plan.string();
    }
    return list;
}

std::expected<std::vector<FailedRow>, Error> read_failed(const fs::path& folder) {
    std::vector<FailedRow> rows;
    std::optional<Error> bad;
    const fs::path path = folder / "failed.jsonl";
    whole_lines(path, [&](const std::string& line, int number) {
        std::optional<FailedRow> row = parse_failed_row(line);
        if (!row) {
            bad = store_error(path, "E713", "not a failed world", "remove the line");
            bad->line = number;
            return false;
        }
        rows.push_back(std::move(*row));
        return true;
    });
    if (bad) {
        return std::unexpected(*bad);
    }
    return rows;
}

}  // namespace margincall::inline lab
