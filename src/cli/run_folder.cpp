#include "cli/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "base/durable_files.hpp"
#include "base/files.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view partial_ending = ".partial";
constexpr std::string_view incomplete_ending = ".incomplete";
constexpr std::size_t name_length_max = 100;

Error cannot_keep(const fs::path& path, int reason) {
    const bool full = reason == ENOSPC || reason == EDQUOT;
    return disk_error(path,
                      reason,
                      full ? "free some space or give another place with --out"
                           : "give another place with --out");
}

// Renames to `wanted`, or to wanted-2, wanted-3, ... when that is taken; where it went, or an errno.
std::expected<fs::path, int> rename_beside(const fs::path& from, const fs::path& wanted) {
    fs::path target = wanted;
    for (int number = 2;; ++number) {
        const int reason = rename_to_new(from, target);
        if (reason == 0) {
            return target;
        }
        if (reason != EEXIST && reason != ENOTEMPTY) {
            return std::unexpected(reason);
        }
        target = wanted;
        target += fmt::format("-{}", number);
    }
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
    folder.final_ = without_trailing_slash(path);
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
    folder.final_ = without_trailing_slash(path);
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
    const int out = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out < 0) {
        return std::unexpected(cannot_keep(path, errno));
    }
    int reason = write_all(out, text);
    if (close(out) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason != 0) {
        unlink(path.c_str());
        return std::unexpected(cannot_keep(path, reason));
    }
    return {};
}

std::vector<std::string> RunFolder::written() const {
    std::vector<std::string> out;
    std::error_code ignored;
    for (const std::string& name : files_) {
        if (fs::is_regular_file(partial_ / name, ignored)) {
            out.push_back(name);
        }
    }
    std::ranges::sort(out);
    return out;
}

std::vector<std::pair<std::string, std::string>> RunFolder::hashes() const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& name : written()) {
        out.emplace_back(name, file_hash(partial_ / name));
    }
    return out;
}

std::expected<void, Error> RunFolder::finish() {
    // What a folder holds before the folder's own list of it, and that before the new name.
    std::vector<fs::path> all;
    for (const std::string& name : written()) {
        all.push_back(partial_ / name);
    }
    std::set<fs::path> folders{partial_};
    for (const fs::path& path : all) {
        folders.insert(folder_of(path));
    }
    all.insert(all.end(), folders.rbegin(), folders.rend());  // the deeper first
    for (const fs::path& path : all) {
        if (const int reason = sync_to_disk(path); reason != 0) {
            return std::unexpected(cannot_keep(path, reason));
        }
    }
    const std::expected<fs::path, int> target = rename_beside(partial_, final_);
    if (!target) {
        return std::unexpected(cannot_keep(final_, target.error()));
    }
    final_ = *target;
    partial_.clear();
    if (const int reason = sync_to_disk(folder_of(final_)); reason != 0) {
        return std::unexpected(cannot_keep(final_, reason));
    }
    return {};
}

Error RunFolder::keep_unfinished(Error failure) {
    if (partial_.empty()) {
        failure.hint = fmt::format("the folder {} is complete", final_.string());
        return failure;
    }
    if (keep_) {
        final_ = partial_;
        failure.hint = fmt::format(
            "the finished worlds are kept in {}; free some space and give the same "
            "command with --resume",
            partial_.string());
        return failure;
    }
    const std::vector<std::string> names = written();
    if (names.empty()) {
        failure.hint = "nothing was kept; free some space or give another place with --out";
        return failure;
    }
    fs::path wanted = final_;
    wanted += incomplete_ending;
    final_ = rename_beside(partial_, wanted).value_or(partial_);
    if (failure.file.starts_with(partial_.string())) {
        failure.file.replace(0, partial_.string().size(), final_.string());
    }
    partial_.clear();
    failure.hint = fmt::format(
        "these files are whole and kept in {}: {}", final_.string(), fmt::join(names, ", "));
    return failure;
}

std::string safe_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80U) {
            continue;  // of a character of several bytes the first one counts
        }
        const bool plain =
            byte < 0x80U && (std::isalnum(byte) != 0 || c == '.' || c == '_' || c == '-');
        out += plain ? c : '-';
    }
    out.resize(std::min(out.size(), name_length_max));
    if (out.empty() || out.front() == '.') {
        out.insert(0, "_");
    }
    return out;
}

std::string file_hash(const fs::path& path) {
    return text_hash(read_text(path));
}

}  // namespace margincall::inline cli
