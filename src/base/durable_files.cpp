#include "base/durable_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace margincall::inline base {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t write_piece_bytes = std::size_t{1} << 20U;

// Into what is no regular file: nothing can be renamed over it.
int write_into(const fs::path& path, std::string_view text) {
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    const int reason = write_all(file, text);
    return close(file) != 0 && reason == 0 ? errno : reason;
}

}  // namespace

int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t taken =
            write(descriptor, bytes.data(), std::min(bytes.size(), write_piece_bytes));
        if (taken < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        if (taken == 0) {
            return EIO;
        }
        bytes.remove_prefix(static_cast<std::size_t>(taken));
    }
    return 0;
}

int sync_to_disk(const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    // EINVAL: not every file system can.
    const int reason = fsync(file) == 0 || errno == EINVAL ? 0 : errno;
    close(file);
    return reason;
}

int rename_to_new(const fs::path& from, const fs::path& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    // A file system that knows no such rename. A file gets a second name, which fails when it is taken.
    std::error_code ignored;
    if (!fs::is_directory(from, ignored)) {
        if (link(from.c_str(), to.c_str()) != 0) {
            return errno;
        }
        return unlink(from.c_str()) == 0 ? 0 : errno;
    }
    // An empty folder of the new name, made here or nowhere, claims it; a rename replaces just that.
    if (mkdir(to.c_str(), 0755) != 0) {
        return errno;
    }
    if (rename(from.c_str(), to.c_str()) != 0) {
        const int reason = errno;
        rmdir(to.c_str());
        return reason;
    }
    return 0;
}

int put_file(const fs::path& path, std::string_view text, Existing existing) {
    std::error_code none;
    const fs::file_status there = fs::status(path, none);
    fs::path target = path;
    if (fs::exists(there) && !fs::is_regular_file(there) && !fs::is_directory(there)) {
        return write_into(path, text);
    }
    if (existing == Existing::replace && fs::is_symlink(fs::symlink_status(path, none))) {
        target = fs::weakly_canonical(path, none);
        if (none) {
            return none.value();
        }
    }
    std::string own = target.string() + ".partial-XXXXXX";
    const int file = mkostemp(own.data(), O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    int reason = write_all(file, text);
    if (reason == 0 && (fchmod(file, 0644) != 0 || (fsync(file) != 0 && errno != EINVAL))) {
        reason = errno;
    }
    if (close(file) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason == 0) {
        if (existing == Existing::keep) {
            reason = rename_to_new(own, target);
        } else if (rename(own.c_str(), target.c_str()) != 0) {
            reason = errno;
        }
    }
    if (reason != 0) {
        unlink(own.c_str());
        return reason;
    }
    return sync_to_disk(folder_of(target));
}

fs::path without_trailing_slash(fs::path path) {
    while (path.has_parent_path() && path != path.parent_path() &&
           (!path.has_filename() || path.filename() == ".")) {
        path = path.parent_path();
    }
    return path;
}

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path{"."};
}

}  // namespace margincall::inline base
