#include "base/files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

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
    std::filesystem::path partial = path;
    partial += ".partial";
    errno = 0;
    std::ofstream out{partial, std::ios::binary | std::ios::trunc};
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    int reason = out ? 0 : (errno != 0 ? errno : EIO);
    if (reason == 0) {
        std::error_code failed;
        std::filesystem::rename(partial, path, failed);
        reason = failed.value();
    }
    if (reason == 0) {
        return {};
    }
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    return std::unexpected(disk_error(path, reason, std::move(hint)));
}

}  // namespace margincall::inline base
