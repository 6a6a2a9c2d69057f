// A few worlds of a list, run one after the other by a process that works for somebody else's sweep (a task
// of Ray): it has the list as text, the folder is there, and it writes a part of its own.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lab/task_list.hpp"
#include "lab/worker_pool.hpp"

namespace margincall::inline lab {

enum class BlockEnd : std::uint8_t {
    found,   // was in the folder
    ran,     // is now
    failed,  // has a line in failed.jsonl
};

// What of a world goes back to whoever asked.
struct BlockWorld {
    std::uint64_t index = 0;
    std::string key;
    BlockEnd end = BlockEnd::found;
    std::uint64_t digest = 0;  // not of a failed one
    double wall_s = 0.0;       // of one that ran
    double peak_rss_mb = 0.0;  // of this process so far
    std::string reason;        // of a failed one
};

struct BlockOptions {
    std::string part = "block";  // name of the parts, without the number
    std::string command;         // for the message of a failing CHECK
    WorldFunction world = world_row;
    std::function<bool()> go_on;  // asked before every world; may be empty
};

// In the order of `indices`, which are of the list; fewer when `go_on` says no. E715 the folder is not this
// list's, E511 and E512 of the disk.
[[nodiscard]] std::expected<std::vector<BlockWorld>, Error> run_block(
    const TaskList& list,
    const std::filesystem::path& folder,
    std::span<const std::uint64_t> indices,
    const BlockOptions& options);

}  // namespace margincall::inline lab
