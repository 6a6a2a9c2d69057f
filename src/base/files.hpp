// Files as a whole, those that somebody names among them, and what a disk that says no means to
// whoever asked.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace margincall::inline base {

// E512 the disk is full, E511 anything else; `reason` is an errno.
[[nodiscard]] Error disk_error(const std::filesystem::path& path, int reason, std::string hint);

// The most that is read of a file that somebody names, in bytes.
inline constexpr std::uint64_t scenario_bytes_max = std::uint64_t{64} << 20U;
inline constexpr std::uint64_t table_bytes_max = std::uint64_t{2} << 30U;

// The bytes of a file that somebody names, or of standard input for "-" (then called "stdin" in
// errors). A pipe or a device never ends or never begins, so that only regular files are opened:
// E102 missing, unreadable, no regular file; E103 larger than `bytes_max`.
[[nodiscard]] std::expected<std::string, Error> read_input(const std::string& path,
                                                           std::uint64_t bytes_max);
// E103, for texts that are larger than their files (gzip).
[[nodiscard]] Error too_large(const std::string& path, std::uint64_t bytes_max);

// The bytes of a regular file of our own; empty when it cannot be read.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);

// Writes PATH.partial and renames it: a reader sees the old file or the new one. E511, E512.
[[nodiscard]] std::expected<void, Error> write_whole(const std::filesystem::path& path,
                                                     std::string_view text,
                                                     std::string hint);

}  // namespace margincall::inline base
