// Small files as a whole, and what a disk that says no means to whoever asked.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace margincall::inline base {

// E512 the disk is full, E511 anything else; `reason` is an errno.
[[nodiscard]] Error disk_error(const std::filesystem::path& path, int reason, std::string hint);

// The bytes of a file; empty when it cannot be read.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);

// put_file that replaces, with the error that goes with it. E511, E512.
[[nodiscard]] std::expected<void, Error> write_whole(const std::filesystem::path& path,
                                                     std::string_view text,
                                                     std::string hint);

}  // namespace margincall::inline base
