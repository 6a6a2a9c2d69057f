// The folder of many worlds (docs/many-worlds.md):
//   plan.json      what was asked (TaskList::json); written once, never replaced
//   cells/*.toml   the resolved scenario of each cell: the folder needs no other file
//   parts/*.jsonl  a line a finished world, one file a worker, only ever appended to
//   failed.jsonl   a line a world that did not end, with its reason
// A line counts when it is whole. A process that is killed loses at most the worlds it was in.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "lab/path_row.hpp"
#include "lab/task_list.hpp"

namespace margincall::inline lab {

// Part `number` of `count` of a list: the tasks whose index is number - 1 modulo count.
struct Shard {
    std::uint64_t number = 1, count = 1;
    [[nodiscard]] bool has(std::uint64_t index) const { return index % count == number - 1; }
};

// Do both have worlds of one list?
[[nodiscard]] bool overlap(Shard a, Shard b);

// An open file; closing it releases its lock.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;  // below 0: none
};

// One growing part of a folder, written by one at a time.
class WorldPart {
  public:
    // The part with this name, which only the caller writes. E511, E512.
    [[nodiscard]] static std::expected<WorldPart, Error> open(const std::filesystem::path& folder,
                                                              const std::string& name);
    // The first of NAME-1, NAME-2, ... that no process writes, and holds it while it lives: as many parts
    // as ever wrote at a time, whoever was killed. The line that a killed one began is dropped.
    [[nodiscard]] static std::expected<WorldPart, Error> open_free(
        const std::filesystem::path& folder, const std::string& name);

    // E511, E512; what of the line went in is taken back.
    [[nodiscard]] std::expected<void, Error> append(const PathRow& row) const;
    // A line of another kind, without its line break (study_folder.hpp).
    [[nodiscard]] std::expected<void, Error> append_line(std::string_view line) const;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    WorldPart(std::filesystem::path path, int number);
    std::filesystem::path path_;
    Descriptor file_;
};

class WorldStore {
  public:
    // Opens or begins the folder for this list. E711 the folder holds another list or another build's
    // worlds, E712 another process works on the same shard or on one that has worlds of it, E715 the
    // folder was there and is no such folder, E511 and E512 of the disk.
    [[nodiscard]] static std::expected<WorldStore, Error> open(const std::filesystem::path& folder,
                                                               const TaskList& list,
                                                               Shard shard);

    // The finished worlds' keys with their digests and the failed worlds' keys, as the folder had them
    // when it was opened.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& finished() const { return finished_; }
    [[nodiscard]] const std::set<std::string>& failed() const { return failed_; }

    // Both may be called by several workers at once, `worker` by one at a time. E511, E512.
    [[nodiscard]] std::expected<void, Error> append(std::size_t worker, const PathRow& row);
    [[nodiscard]] std::expected<void, Error> append_failed(const FailedRow& row);

    // Removes what processes that were killed had half written beside the folder's files
    // (NAME.partial-XXXXXX). For the one process of all worlds, when it is done; of a part of them it does
    // nothing, because others may be writing.
    void drop_half_written() const;

    // Names of the folder's files that hold worlds, for a manifest.
    [[nodiscard]] static std::vector<std::string> files(const std::filesystem::path& folder);

  private:
    std::filesystem::path folder_;
    Shard shard_;
    std::optional<Descriptor> lock_;
    std::map<std::string, std::uint64_t> finished_;
    std::set<std::string> failed_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::map<std::size_t, WorldPart> parts_;
};

// Of a process that does not own the folder and appends a failed world. E511, E512.
[[nodiscard]] std::expected<void, Error> append_failed_row(const std::filesystem::path& folder,
                                                           const FailedRow& row);

// The list that a folder was begun for. E711 another build began it, E715 it is no such folder.
[[nodiscard]] std::expected<TaskList, Error> read_list(
    const std::filesystem::path& folder, TaskList::Compare compare = TaskList::Compare::every_cell);
// The whole lines of one part.
struct PartRows {
    std::string name;  // without its ending
    std::vector<PathRow> rows;
};
// All parts by name; a key that stands twice counts once, where it stands first. E713 two different
// results for one key, or a line that is no world.
[[nodiscard]] std::expected<std::vector<PartRows>, Error> read_parts(
    const std::filesystem::path& folder);
// The same rows by index.
[[nodiscard]] std::expected<std::vector<PathRow>, Error> read_worlds(
    const std::filesystem::path& folder);
// Keys of the worlds that failed and were not finished at another try.
[[nodiscard]] std::set<std::string> still_failed(const std::vector<FailedRow>& failed,
                                                 const std::vector<PathRow>& rows);
[[nodiscard]] std::expected<std::vector<FailedRow>, Error> read_failed(
    const std::filesystem::path& folder);
// Keys and digests of the finished worlds by the heads of their lines: for whoever asks often.
[[nodiscard]] std::map<std::string, std::uint64_t> read_keys(const std::filesystem::path& folder);
// E715 the folder is not there or was begun for something else than this plan.json.
[[nodiscard]] std::expected<void, Error> is_folder_of(const std::filesystem::path& folder,
                                                      const TaskList& list);

}  // namespace margincall::inline lab
