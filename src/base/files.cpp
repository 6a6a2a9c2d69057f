#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/durable_files.hpp"

namespace margincall::inline base {

namespace {

Error unreadable(const std::string& name, std::string message, std::string hint = {}) {
    Error error;
    error.file = name;
    error.code = "E102";
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

const char* kind_of(mode_t mode) {
    return S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

std::expected<std::string, Error> read_rest(int from,
                                            const std::string& name,
                                            std::uint64_t bytes_max) {
    constexpr std::size_t first_block = 1U << 16U;
    struct stat info {};
    std::string out;
    if (fstat(from, &info) == 0 && S_ISREG(info.st_mode)) {
        const auto size = static_cast<std::uint64_t>(std::max<off_t>(0, info.st_size));
        if (size > bytes_max) {
            return std::unexpected(too_large(name, bytes_max));
        }
        out.resize(size + 1);  // one more finds the end without a second block
    }
    std::size_t used = 0;
    while (true) {
        if (used == out.size()) {
            out.resize(std::max(first_block, used * 2));
        }
        const ssize_t got = read(from, out.data() + used, out.size() - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return std::unexpected(
                unreadable(name, fmt::format("cannot be read: {}", std::strerror(errno))));
        }
        used += static_cast<std::size_t>(got);
        if (used > bytes_max) {
            return std::unexpected(too_large(name, bytes_max));
        }
        if (got == 0) {
            out.resize(used);
            return out;
        }
    }
}

std::expected<std::string, Error> read_regular(const std::string& path, std::uint64_t bytes_max) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
        return std::unexpected(
            unreadable(path,
                       errno == ENOENT ? std::string{"does not exist"}
                                       : fmt::format("cannot be read: {}", std::strerror(errno))));
    }
    if (S_ISDIR(info.st_mode)) {
        return std::unexpected(unreadable(path, "is a folder, not a file"));
    }
    // A pipe, also one that takes the file's place by now, is not waited for.
    const int in = S_ISREG(info.st_mode)
                       ? open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
                       : -1;
    if (S_ISREG(info.st_mode) && in < 0) {
        return std::unexpected(
            unreadable(path, fmt::format("cannot be read: {}", std::strerror(errno))));
    }
    if (in < 0 || fstat(in, &info) != 0 || !S_ISREG(info.st_mode)) {
        if (in >= 0) {
            close(in);
        }
        return std::unexpected(
            unreadable(path,
                       fmt::format("is {}, not a file", kind_of(info.st_mode)),
                       "only regular files are read; - stands for standard input"));
    }
    std::expected<std::string, Error> out = read_rest(in, path, bytes_max);
    close(in);
    return out;
}

}  // namespace

Error too_large(const std::string& path, std::uint64_t bytes_max) {
    Error error;
    error.file = path;
    error.code = "E103";
    error.message = "is too large";
    error.allowed = fmt::format("at most {} MiB", bytes_max >> 20U);
    return error;
}

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

std::expected<std::string, Error> read_input(const std::string& path, std::uint64_t bytes_max) {
    return path == "-" ? read_rest(STDIN_FILENO, "stdin", bytes_max)
                       : read_regular(path, bytes_max);
}

std::string read_text(const std::filesystem::path& path) {
    return read_regular(path.string(), UINT64_MAX).value_or("");
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
