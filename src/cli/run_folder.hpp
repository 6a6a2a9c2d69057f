// The folder of one run: written as NAME.partial and renamed when everything is in it, so that a
// folder without that ending is always complete. Trouble with the disk removes what was begun.
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
    ~RunFolder();  // removes an unfinished folder

    // Creates PATH.partial and proves that it can be written to. E511.
    [[nodiscard]] static std::expected<RunFolder, Error> create(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& final_path() const { return final_; }
    [[nodiscard]] std::filesystem::path file(std::string_view name) const {
        return partial_ / name;
    }
    // E511 (cannot be written), E512 (the disk is full).
    [[nodiscard]] std::expected<void, Error> write(std::string_view name, std::string_view text);
    // Name and FNV-1a hash of every file, by name.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> hashes() const;
    // Renames to the final name; a number is added when that exists already.
    [[nodiscard]] std::expected<void, Error> finish();

  private:
    std::filesystem::path final_, partial_;
};

[[nodiscard]] std::string file_hash(const std::filesystem::path& path);

}  // namespace margincall::inline cli
