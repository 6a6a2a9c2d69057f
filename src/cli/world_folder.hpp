// A folder of many worlds at work: which part of them this process runs, what is there, what is left.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// A folder that says itself what it was begun for.
struct OpenedFolder {
    TaskList list;
    Held held;
};
[[nodiscard]] std::expected<OpenedFolder, Error> open_folder(const std::filesystem::path& folder);

// Where worlds go that are given no folder: ROOT/NAME-HASH by what the list asks for, so that the same
// request finds it again.
[[nodiscard]] std::filesystem::path folder_by_content(std::string_view root, const TaskList& list);

// The overrides of whoever runs hundreds of worlds: the reduced world first, unless they say a size.
[[nodiscard]] std::vector<std::string> reduced_unless_sized(std::vector<std::string> overrides);

// Seeds of the commands that compare worlds with worlds, where none are asked for.
inline constexpr std::int64_t compared_paths = 20;
// One scenario for such a command: overrides as above, seeds as asked for or compared_paths.
[[nodiscard]] TaskRequest compared_request(const RunOptions& run, const std::string& scenario);

// Texts by the name of their file in `folder`, each whole or not at all; `kept` says what is not lost when one does
// not fit. Otherwise the exit code, and why was printed.
using NamedTexts = std::vector<std::pair<std::string_view, std::string>>;
[[nodiscard]] std::expected<void, ExitCode> write_answers(
    const std::filesystem::path& folder,
    const NamedTexts& texts,
    const RunOptions& run,
    Streams streams,
    std::string_view kept = "the worlds are kept; the same command with --resume");

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
