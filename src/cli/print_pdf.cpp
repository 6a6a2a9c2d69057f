#include "cli/print_pdf.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <vector>

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array browser_names = {"chromium", "chromium-browser", "google-chrome"};

bool runs(const fs::path& file) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0;
}

// Bytes that a URL does not take as they are, as %XX.
std::string file_url(const fs::path& file) {
    std::string out = "file://";
    for (const char c : file.string()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::string_view{"/-_.~"}.contains(c);
        out += plain ? std::string(1, c)
                     : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

// Its exit status, or -1 when it could not be started. What it says goes nowhere.
int run_quietly(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    for (const int end : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        posix_spawn_file_actions_addopen(&actions, end, "/dev/null", O_RDWR, 0);
    }
    pid_t child = -1;
    const int failed =
        posix_spawn(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        return -1;
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

fs::path find_chromium() {
    if (const char* const named = std::getenv("MARGINCALL_CHROMIUM")) {
        return runs(named) ? fs::path(named) : fs::path{};
    }
    const char* const path = std::getenv("PATH");
    std::string_view folders = path == nullptr ? std::string_view{} : std::string_view{path};
    std::vector<fs::path> places;
    while (!folders.empty()) {
        const std::size_t end = std::min(folders.find(':'), folders.size());
        places.emplace_back(folders.substr(0, end));
        folders.remove_prefix(std::min(end + 1, folders.size()));
    }
    for (const char* const name : browser_names) {
        for (const fs::path& place : places) {
            if (runs(place / name)) {
                return place / name;
            }
        }
    }
    return {};
}

std::expected<void, std::string> print_pdf(const fs::path& chromium,
                                           const fs::path& page,
                                           const fs::path& pdf) {
    std::error_code trouble;
    const fs::path absolute = fs::absolute(page, trouble);
    const fs::path out = fs::absolute(pdf, trouble);
    fs::remove(out, trouble);
    std::string folder = (fs::temp_directory_path(trouble) / "margincall-pdf-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) {
        return std::unexpected(std::string{"no temporary folder for the browser's profile"});
    }
    std::vector<std::string> words = {chromium.string(),
                                      "--headless",
                                      "--disable-gpu",
                                      "--no-first-run",
                                      "--disable-dev-shm-usage",
                                      "--no-pdf-header-footer",
                                      "--user-data-dir=" + folder,
                                      "--print-to-pdf=" + out.string(),
                                      file_url(absolute)};
    if (geteuid() == 0) {
        words.insert(words.begin() + 1, "--no-sandbox");  // it refuses to run as root with one
    }
    const int status = run_quietly(std::move(words));
    fs::remove_all(folder, trouble);
    if (status != 0 || !fs::is_regular_file(out, trouble)) {
        return std::unexpected(
            fmt::format("{} ended with {} and wrote no PDF", chromium.string(), status));
    }
    return {};
}

}  // namespace margincall::inline cli
