#include "lab/world_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/durable_files.hpp"
#include "base/files.hpp"

namespace margincall::inline lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* plan_name = "plan.json";

Error cannot_write(const fs::path& path, int reason) {
    return disk_error(path, reason, "what was finished is kept; go on with --resume");
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

// "shard-2-of-8.lock".
std::optional<Shard> shard_of_lock(const std::string& name) {
    Shard shard;
    int read = 0;
    // NOLINTNEXTLINE(cert-err34-c): the length read tells whether the name is one
    return std::sscanf(name.c_str(),
                       "shard-%" SCNu64 "-of-%" SCNu64 ".lock%n",
                       &shard.number,
                       &shard.count,
                       &read) == 2 &&
                   static_cast<std::size_t>(read) == name.size() && shard.count > 0
               ? std::optional{shard}
               : std::nullopt;
}

// Another shard that a process works on and that has worlds of this one.
std::optional<fs::path> overlapping_lock(const fs::path& folder, Shard shard) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "parts", ignored)) {
        const std::optional<Shard> other = shard_of_lock(entry.path().filename().string());
        if (!other || (other->number == shard.number && other->count == shard.count) ||
            !overlap(*other, shard)) {
            continue;
        }
        const Descriptor lock{::open(entry.path().c_str(), O_RDWR | O_CLOEXEC)};
        if (lock.number() >= 0 && flock(lock.number(), LOCK_SH | LOCK_NB) != 0) {
            return entry.path();
        }
    }
    return std::nullopt;
}

int open_to_append(const fs::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

}  // namespace

bool overlap(Shard a, Shard b) {
    return a.number % std::gcd(a.count, b.count) == b.number % std::gcd(a.count, b.count);
}

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        close(number_);  // releases a lock
    }
}

WorldPart::WorldPart(fs::path path, int number) : path_(std::move(path)), file_(number) {}

std::expected<WorldPart, Error> WorldPart::open(const fs::path& folder, const std::string& name) {
    const fs::path path = folder / "parts" / (name + ".jsonl");
    WorldPart part(path, open_to_append(path));
    if (part.file_.number() < 0) {
        return std::unexpected(cannot_write(path, errno));
    }
    return part;
}

std::expected<WorldPart, Error> WorldPart::open_free(const fs::path& folder,
                                                     const std::string& name) {
    for (int slot = 1;; ++slot) {
        std::expected<WorldPart, Error> part = open(folder, fmt::format("{}-{}", name, slot));
        if (!part) {
            return part;
        }
        if (flock(part->file_.number(), LOCK_EX | LOCK_NB) == 0) {
            drop_torn_end(part->path_);
            return part;
        }
        if (errno != EWOULDBLOCK) {
            return std::unexpected(cannot_write(part->path_, errno));
        }
    }
}

std::expected<void, Error> WorldPart::append(const PathRow& row) const {
    return append_line(path_row_json(row));
}

std::expected<void, Error> WorldPart::append_line(std::string_view line) const {
    const off_t before = lseek(file_.number(), 0, SEEK_END);
    if (const int reason = write_all(file_.number(), std::string{line} + "\n"); reason != 0) {
        // What of the line went in is no world.
        const int ignored = ftruncate(file_.number(), before);
        (void)ignored;  // the next writer of this part drops a torn end as well
        return std::unexpected(cannot_write(path_, reason));
    }
    return {};
}

void WorldStore::drop_half_written() const {
    if (shard_.count > 1) {
        return;
    }
    for (const fs::path& place : {folder_, folder_ / "cells", folder_ / "parts"}) {
        std::error_code ignored;
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(place, ignored)) {
            constexpr std::string_view mark = ".partial-";
            constexpr std::size_t drawn = 6;
            const std::string name = entry.path().filename().string();
            const std::size_t at = name.rfind(mark);
            if (at != std::string::npos && at > 0 && name.size() == at + mark.size() + drawn &&
                entry.is_regular_file(ignored)) {
                found.push_back(entry.path());
            }
        }
        for (const fs::path& path : found) {
            fs::remove(path, ignored);
        }
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
            file_error(folder,
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
        return std::unexpected(file_error(
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
    store.lock_.emplace(descriptor);
    const bool taken = flock(descriptor, LOCK_EX | LOCK_NB) != 0;
    const std::optional<fs::path> shared =
        taken ? std::optional{lock} : overlapping_lock(folder, shard);
    if (shared) {
        return std::unexpected(
            file_error(*shared,
                       "E712",
                       taken ? "another process works on this part"
                             : "another process works on a part that has worlds of this one",
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
    const WorldPart* part = nullptr;
    {
        const std::lock_guard guard{*mutex_};
        auto at = parts_.find(worker);
        if (at == parts_.end()) {
            std::expected<WorldPart, Error> opened = WorldPart::open(
                folder_,
                fmt::format("shard-{}-of-{}-worker-{}", shard_.number, shard_.count, worker + 1));
            if (!opened) {
                return std::unexpected(opened.error());
            }
            at = parts_.emplace(worker, std::move(*opened)).first;
        }
        part = &at->second;
    }
    return part->append(row);
}

std::expected<void, Error> WorldStore::append_failed(const FailedRow& row) {
    const std::lock_guard guard{*mutex_};
    return append_failed_row(folder_, row);
}

std::expected<void, Error> append_failed_row(const fs::path& folder, const FailedRow& row) {
    const fs::path path = folder / "failed.jsonl";
    const Descriptor file{open_to_append(path)};
    // Several processes write this file, one at a time: a line that a killed one began goes first.
    if (file.number() < 0 || flock(file.number(), LOCK_EX) != 0) {
        return std::unexpected(cannot_write(path, errno));
    }
    drop_torn_end(path);
    if (const int reason = write_all(file.number(), failed_row_json(row) + "\n"); reason != 0) {
        drop_torn_end(path);
        return std::unexpected(cannot_write(path, reason));
    }
    return {};
}

std::map<std::string, std::uint64_t> read_keys(const fs::path& folder) {
    std::map<std::string, std::uint64_t> out;
    for (const fs::path& part : part_files(folder)) {
        whole_lines(part, [&](const std::string& line, int) {
            if (std::optional<RowHead> head = parse_row_head(line)) {
                out.emplace(std::move(head->key), head->digest);
            }
            return true;
        });
    }
    return out;
}

std::expected<void, Error> is_folder_of(const fs::path& folder, const TaskList& list) {
    const fs::path plan = folder / plan_name;
    if (identity_of(read_text(plan)) == identity_of(list.json())) {
        return {};
    }
    return std::unexpected(file_error(
        folder,
        "E715",
        "is not the folder of this sweep on this machine",
        "processes of several machines need one folder that all of them see under this name"));
}

std::expected<std::vector<PartRows>, Error> read_parts(const fs::path& folder) {
    std::map<std::string, std::uint64_t> seen;
    std::vector<PartRows> parts;
    std::optional<Error> bad;
    for (const fs::path& part : part_files(folder)) {
        std::vector<PathRow>& rows = parts.emplace_back(PartRows{part.stem().string(), {}}).rows;
        whole_lines(part, [&](const std::string& line, int number) {
            std::optional<PathRow> row = parse_path_row(line);
            if (!row) {
                bad = file_error(part,
                                 "E713",
                                 "not a finished world",
                                 "remove the line; its world is run again");
            } else if (const auto [at, fresh] = seen.emplace(row->key, row->summary.digest);
                       fresh) {
                rows.push_back(std::move(*row));
            } else if (at->second != row->summary.digest) {
                bad = file_error(
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
    return parts;
}

std::expected<std::vector<PathRow>, Error> read_worlds(const fs::path& folder) {
    std::expected<std::vector<PartRows>, Error> parts = read_parts(folder);
    if (!parts) {
        return std::unexpected(parts.error());
    }
    std::vector<PathRow> rows;
    for (PartRows& part : *parts) {
        std::ranges::move(part.rows, std::back_inserter(rows));
    }
    std::ranges::sort(rows, {}, &PathRow::index);
    return rows;
}

std::set<std::string> still_failed(const std::vector<FailedRow>& failed,
                                   const std::vector<PathRow>& rows) {
    std::set<std::string> keys;
    for (const FailedRow& row : failed) {
        keys.insert(row.key);
    }
    for (const PathRow& row : rows) {
        keys.erase(row.key);
    }
    return keys;
}

std::expected<TaskList, Error> read_list(const fs::path& folder, TaskList::Compare compare) {
    const fs::path plan = folder / plan_name;
    const std::string text = read_text(plan);
    const nlohmann::ordered_json root = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!root.is_object() || !root.contains("cells") || !root["cells"].is_array()) {
        return std::unexpected(file_error(plan,
                                          "E715",
                                          "no plan of many worlds",
                                          "give a folder of `margincall sweep` or `run --paths`"));
    }
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < root["cells"].size(); ++c) {
        cells.push_back(read_text(folder / cell_file(c)));
    }
    std::expected<TaskList, Error> list = TaskList::from_json(text, cells, compare);
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
            bad = file_error(path, "E713", "not a failed world", "remove the line");
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
