#include "base/files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/durable_files.hpp"

namespace margincall::inline base {

Error disk_error(const std::filesystem::path& path, int reason, std::string hint) {
    Error error;
    error.file = path.string();
    const bool full = reason == ENOSPC || reason == EDQUOT;
    error.code = full ? "E512" : "E511";
    error.message =
        full ? "the disk is full" : fmt::format("cannot be written: {}", std::strerror(reason));
    error.hint = std::move(hint);
    return error;
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::expected<void, Error> write_whole(const std::filesystem::path& path,
                                       std::string_view text,
                                       std::string hint) {
    if (const int reason = put_file(path, text, Existing::replace); reason != 0) {
        return std::unexpected(disk_error(path, reason, std::move(hint)));
    }
    return {};
}

}  // namespace margincall::inline base
