// What only the program around a run knows: the time of day, the machine, the build.
#pragma once

#include <filesystem>
#include <string>

namespace margincall::inline cli {

// `format` is that of fmt/chrono.h: "{:%Y-%m-%dT%H-%M-%SZ}".
[[nodiscard]] std::string utc_now(const char* format);
[[nodiscard]] std::string compiler_text();  // "g++ 12.2.0"
[[nodiscard]] std::string build_kind();     // "release" or "debug"
// The file that holds this code: the program, or the module of another program that has loaded it.
[[nodiscard]] std::filesystem::path program_file();
// "margincall 0.1.0 (g++ 12.2.0, release)"
[[nodiscard]] std::string program_text();

}  // namespace margincall::inline cli
