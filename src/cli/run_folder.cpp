#include "cli/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/files.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view partial_ending = ".partial";

Error cannot_keep(const fs::path& path, int reason) {
    const bool full = reason == ENOSPC || reason == EDQUOT;
    return disk_error(path,
                      reason,
                      full ? "nothing was kept; free some space or give another place with --out"
                           : "give another place with --out");
}

// A file or folder as the disk will have it after a crash of the machine; 0 or errno.
int to_disk(const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? 0 : errno;  // a file that was named and not written
    }
    const int reason =
        fsync(file) == 0 || errno == EINVAL ? 0 : errno;  // not every file system can
    close(file);
    return reason;
}

// Renames unless the new name is taken; 0 or errno, EEXIST when it is.
int rename_to_new(const fs::path& from, const fs::path& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL) {
        return errno;
    }
    // A file system that knows no such rename: an empty folder of the new name, made here or nowhere,
    // claims it, and a plain rename replaces just that.
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

}  // namespace

RunFolder::RunFolder(RunFolder&& other) noexcept
    : final_(std::move(other.final_)),
      partial_(std::move(other.partial_)),
      files_(std::move(other.files_)),
      keep_(other.keep_) {
    other.partial_.clear();
}

RunFolder& RunFolder::operator=(RunFolder&& other) noexcept {
    std::swap(final_, other.final_);
    std::swap(partial_, other.partial_);
    std::swap(files_, other.files_);
    std::swap(keep_, other.keep_);
    return *this;
}

RunFolder::~RunFolder() {
    if (!partial_.empty() && !keep_) {
        // Only what this run wrote: whatever else is there is not ours to remove.
        std::error_code ignored;
        for (const std::string& name : files_) {
            fs::remove(partial_ / name, ignored);
        }
        fs::remove(partial_, ignored);
    }
}

std::expected<RunFolder, Error> RunFolder::create(const fs::path& path) {
    RunFolder folder;
    // "out/" is called "out".
    folder.final_ = path.has_filename() ? path : path.parent_path();
    std::error_code problem;
    const fs::path parent = folder.final_.parent_path();
    if (!parent.empty()) {
        fs::create_directories(parent, problem);
        if (problem) {
            return std::unexpected(cannot_keep(path, problem.value()));
        }
    }
    std::string partial = folder.final_.string() + std::string{partial_ending} + "-XXXXXX";
    if (mkdtemp(partial.data()) == nullptr || chmod(partial.c_str(), 0755) != 0) {
        return std::unexpected(cannot_keep(path, errno));
    }
    folder.partial_ = partial;
    // A folder on a full or read-only disk shows here, before an hour of simulation.
    if (auto tried = folder.write(".probe", std::string(4096, ' ')); !tried) {
        return std::unexpected(std::move(tried.error()));
    }
    fs::remove(folder.partial_ / ".probe", problem);
    folder.files_.clear();
    return folder;
}

RunFolder RunFolder::adopt(const fs::path& working, const fs::path& path) {
    RunFolder folder;
    folder.final_ = path;
    folder.partial_ = working;
    folder.keep_ = true;
    return folder;
}

fs::path RunFolder::file(std::string_view name) {
    if (std::ranges::find(files_, name) == files_.end()) {
        files_.emplace_back(name);
    }
    return partial_ / name;
}

std::expected<void, Error> RunFolder::write(std::string_view name, std::string_view text) {
    const fs::path path = file(name);
    errno = 0;
    std::FILE* const out = std::fopen(path.c_str(), "wb");
    if (out == nullptr) {
        return std::unexpected(cannot_keep(path, errno));
    }
    bool good = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    int reason = good ? 0 : errno;
    if (std::fclose(out) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (!good) {
        return std::unexpected(cannot_keep(path, reason));
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> RunFolder::hashes() const {
    std::vector<std::pair<std::string, std::string>> out;
    std::error_code ignored;
    for (const std::string& name : files_) {
        if (fs::is_regular_file(partial_ / name, ignored)) {
            out.emplace_back(name, file_hash(partial_ / name));
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::expected<void, Error> RunFolder::finish() {
    std::vector<fs::path> all{partial_};
    for (const std::string& name : files_) {
        all.push_back(partial_ / name);
    }
    for (const fs::path& path : all) {
        if (const int reason = to_disk(path); reason != 0) {
            return std::unexpected(cannot_keep(path, reason));
        }
    }
    fs::path target = final_;
    for (int number = 2;; ++number) {
        const int reason = rename_to_new(partial_, target);
        if (reason == 0) {
            break;
        }
        if (reason != EEXIST) {
            return std::unexpected(cannot_keep(target, reason));
        }
        target = final_;
        target += fmt::format("-{}", number);
    }
    if (const int reason = to_disk(target.has_parent_path() ? target.parent_path() : fs::path{"."});
        reason != 0) {
        return std::unexpected(cannot_keep(target, reason));
    }
    final_ = target;
    partial_.clear();
    return {};
}

std::string safe_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = byte >= 0x80 || std::isalnum(byte) != 0 ||
                           std::string_view{"._+-"}.find(c) != std::string_view::npos;
        out += plain ? c : '-';
    }
    if (out.empty() || out.front() == '.') {
        out.insert(0, "_");
    }
    return out;
}

std::string file_hash(const fs::path& path) {
    return text_hash(read_text(path));
}

}  // namespace margincall::inline cli
