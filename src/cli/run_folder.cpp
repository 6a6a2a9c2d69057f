#include "cli/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "scenario/compile.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view partial_ending = ".partial";

Error disk_error(const fs::path& path, int reason) {
    Error error;
    error.file = path.string();
    const bool full = reason == ENOSPC || reason == EDQUOT;
    error.code = full ? "E512" : "E511";
    error.message =
        full ? "the disk is full" : fmt::format("cannot be written: {}", std::strerror(reason));
    error.hint = full ? "nothing was kept; free some space or give another place with --out"
                      : "give another place with --out";
    return error;
}

}  // namespace

RunFolder::RunFolder(RunFolder&& other) noexcept
    : final_(std::move(other.final_)), partial_(std::move(other.partial_)) {
    other.partial_.clear();
}

RunFolder& RunFolder::operator=(RunFolder&& other) noexcept {
    std::swap(final_, other.final_);
    std::swap(partial_, other.partial_);
    return *this;
}

RunFolder::~RunFolder() {
    if (!partial_.empty()) {
        std::error_code ignored;
        fs::remove_all(partial_, ignored);
    }
}

std::expected<RunFolder, Error> RunFolder::create(const fs::path& path) {
    RunFolder folder;
    folder.final_ = path;
    std::error_code problem;
    fs::path partial = path;
    partial += partial_ending;
    fs::create_directories(partial, problem);
    if (problem) {
        return std::unexpected(disk_error(path, problem.value()));
    }
    folder.partial_ = partial;
    // A folder on a full or read-only disk shows here, before an hour of simulation.
    if (auto tried = folder.write(".probe", std::string(4096, ' ')); !tried) {
        return std::unexpected(std::move(tried.error()));
    }
    fs::remove(folder.file(".probe"), problem);
    return folder;
}

std::expected<void, Error> RunFolder::write(std::string_view name, std::string_view text) {
    const fs::path path = file(name);
    errno = 0;
    std::FILE* const out = std::fopen(path.c_str(), "wb");
    if (out == nullptr) {
        return std::unexpected(disk_error(path, errno));
    }
    bool good = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    int reason = good ? 0 : errno;
    if (std::fclose(out) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (!good) {
        return std::unexpected(disk_error(path, reason));
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> RunFolder::hashes() const {
    std::vector<std::pair<std::string, std::string>> out;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(partial_, ignored)) {
        out.emplace_back(entry.path().filename().string(), file_hash(entry.path()));
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::expected<void, Error> RunFolder::finish() {
    fs::path target = final_;
    std::error_code problem;
    for (int number = 2; fs::exists(target, problem); ++number) {
        target = final_;
        target += fmt::format("-{}", number);
    }
    fs::rename(partial_, target, problem);
    if (problem) {
        return std::unexpected(disk_error(target, problem.value()));
    }
    final_ = target;
    partial_.clear();
    return {};
}

std::string file_hash(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return text_hash(bytes);
}

}  // namespace margincall::inline cli
