// A folder of many worlds at work: which part of them this process runs, what is there, what is left.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/run.hpp"
#include "lab/path_row.hpp"
#include "lab/task_list.hpp"
#include "lab/world_store.hpp"

namespace margincall::inline cli {

// "3/8"; empty is all. Nothing when it is neither.
[[nodiscard]] std::optional<Shard> parse_shard(const std::string& text);
[[nodiscard]] ExitCode wrong_shard(std::string_view command,
                                   const std::string& text,
                                   Streams streams);

// What a folder holds.
struct Held {
    std::vector<PathRow> rows;
    std::uint64_t failed = 0;  // worlds that failed and were not finished at another try
};
[[nodiscard]] std::expected<Held, Error> read_held(const std::filesystem::path& folder);

// E714: the folder was begun before, and the command does not say that it goes on with it.
[[nodiscard]] std::optional<Error> folder_taken(const std::filesystem::path& folder,
                                                const RunOptions& run,
                                                Shard shard);

// Runs what a folder lacks of the list's shard, and calls `sum_up` when nothing is left.
[[nodiscard]] ExitCode work_on(const TaskList& list,
                               const std::filesystem::path& folder,
                               Shard shard,
                               const RunOptions& run,
                               Streams streams,
                               const std::function<ExitCode(const Held&)>& sum_up);

}  // namespace margincall::inline cli
