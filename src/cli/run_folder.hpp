// A folder of results that appears whole or not at all. It is written under a name of its own, which no
// other process has (NAME.partial-XXXXXX beside it), and renamed when everything is in it and on the disk; a
// folder that is there is never written into or replaced. So two runs that start in one second are two
// folders. What is there when the disk fills up late is kept as NAME.incomplete.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace margincall::inline cli {

class RunFolder {
  public:
    RunFolder() = default;
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;
    RunFolder(RunFolder&& other) noexcept;
    RunFolder& operator=(RunFolder&& other) noexcept;
    ~RunFolder();  // removes what was written into an unfinished folder of its own

    // Begins a folder that is to be called `path` and proves that it can be written to. E511.
    [[nodiscard]] static std::expected<RunFolder, Error> create(const std::filesystem::path& path);
    // Works in a folder that is this run's already and keeps it, finished or not: `working` of a run of
    // many paths, which a later process may go on with.
    [[nodiscard]] static RunFolder adopt(const std::filesystem::path& working,
                                         const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& final_path() const { return final_; }
    // Where a file of that name goes; it counts as one of the folder's from now on.
    [[nodiscard]] std::filesystem::path file(std::string_view name);
    // E511 (cannot be written), E512 (the disk is full); nothing of the file is left then.
    [[nodiscard]] std::expected<void, Error> write(std::string_view name, std::string_view text);
    // Name and FNV-1a hash of every file that was named, by name.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> hashes() const;
    // Everything to the disk, then renames to the final name; a number is added when that exists.
    [[nodiscard]] std::expected<void, Error> finish();
    // For a failure after the work is done: keeps the files that are whole as NAME.incomplete (or where they
    // are, of an adopted folder), and gives the failure with a hint that names them. Without any file nothing
    // is kept. final_path() is where they are.
    [[nodiscard]] Error keep_unfinished(Error failure);

  private:
    [[nodiscard]] std::vector<std::string> written() const;

    std::filesystem::path final_, partial_;
    std::vector<std::string> files_;
    bool keep_ = false;
};

[[nodiscard]] std::string file_hash(const std::filesystem::path& path);

// NAME with nothing in it that is more than a name: [A-Za-z0-9._-] stay, anything else becomes "-", and it is
// cut to a length that every file system takes; never empty, never hidden.
[[nodiscard]] std::string safe_name(std::string_view name);

}  // namespace margincall::inline cli
