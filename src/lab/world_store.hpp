// The folder of many worlds (docs/many-worlds.md):
//   plan.json      what was asked (TaskList::json); written once, never replaced
//   cells/*.toml   the resolved scenario of each cell: the folder needs no other file
//   parts/*.jsonl  a line a finished world, one file a worker of a shard, only ever appended to
//   failed.jsonl   a line a world that did not end, with its reason
// A line counts when it is whole. A process that is killed loses at most the worlds it was in.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
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

class WorldStore {
  public:
    // Opens or begins the folder for this list. E711 the folder holds another list or another build's
    // worlds, E712 another process works on the same shard, E715 the folder was there and is no such
    // folder, E511 and E512 of the disk.
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

    // Names of the folder's files that hold worlds, for a manifest.
    [[nodiscard]] static std::vector<std::string> files(const std::filesystem::path& folder);

  private:
    struct Descriptor {
        int number = -1;
        explicit Descriptor(int n) : number(n) {}
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        Descriptor(Descriptor&&) = delete;
        Descriptor& operator=(Descriptor&&) = delete;
        ~Descriptor();
    };

    std::filesystem::path folder_;
    Shard shard_;
    std::unique_ptr<Descriptor> lock_;
    std::map<std::string, std::uint64_t> finished_;
    std::set<std::string> failed_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::map<std::size_t, std::unique_ptr<Descriptor>> parts_;
};

// The list that a folder was begun for. E711 another build began it, E715 it is no such folder.
[[nodiscard]] std::expected<TaskList, Error> read_list(const std::filesystem::path& folder);
// All whole lines of a folder's parts, by index; a key that stands twice counts once. E713 two
// different results for one key, or a line that is no world.
[[nodiscard]] std::expected<std::vector<PathRow>, Error> read_worlds(
    const std::filesystem::path& folder);
[[nodiscard]] std::expected<std::vector<FailedRow>, Error> read_failed(
    const std::filesystem::path& folder);

}  // namespace margincall::inline lab
