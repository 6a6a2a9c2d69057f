// Files and folders that are there whole or not at all, also after a crash of the machine. Everything that
// the program keeps goes through these; each says 0 or an errno, and the caller what that means.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace margincall::inline base {

// All bytes to an open descriptor, however often the system takes only some.
[[nodiscard]] int write_all(int descriptor, std::string_view bytes);

// The file or folder is on the disk after this. A path that is not there is no failure.
[[nodiscard]] int sync_to_disk(const std::filesystem::path& path);

// Renames a file or folder unless the new name is taken: EEXIST.
[[nodiscard]] int rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to);

enum class Existing : std::uint8_t { replace, keep };

// Writes a file under a name of its own beside `path`, to the disk, and renames it: a reader sees the file
// that was there or the whole new one. `keep` gives EEXIST when there is one. What `path` links to is
// replaced, not the link; a device or a pipe is written into.
[[nodiscard]] int put_file(const std::filesystem::path& path,
                           std::string_view text,
                           Existing existing);

// "out/" and "out/." are called "out".
[[nodiscard]] std::filesystem::path without_trailing_slash(std::filesystem::path path);

// The folder that a name stands in; "." for a bare name.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace margincall::inline base
