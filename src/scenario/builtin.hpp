// The shipped scenarios, kept inside the program: `margincall new` copies them from here, and a
// path that begins with "builtin/" names one of them, so that a copied scenario works in any
// folder.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace margincall::inline scenario {

inline constexpr std::string_view builtin_prefix = "builtin/";

struct BuiltinFile {
    std::string_view path;  // "base/market-2025.toml"
    std::string_view text;
};

// Sorted by path. Generated into the build folder by cmake/embed_scenarios.cmake.
[[nodiscard]] std::span<const BuiltinFile> builtin_files();
[[nodiscard]] std::optional<std::string_view> builtin_file(std::string_view path);

}  // namespace margincall::inline scenario
