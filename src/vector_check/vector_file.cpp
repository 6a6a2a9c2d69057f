#include "vector_check/vector_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/json_text.hpp"
#include "desk/csv.hpp"
#include "vector_check/clearing_vectors.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view outcome_letters = "pfs";  // by VectorOutcome

[[nodiscard]] Error trouble_with(const fs::path& path, const char* message) {
    Error error;
    error.file = path.string();
    error.message = message;
    return error;
}

[[nodiscard]] bool is_vector_name(const std::string& name) {
    return name.ends_with(".json") || name.ends_with(".json.gz");
}

}  // namespace

std::expected<std::vector<VectorFile>, Error> read_vectors(const fs::path& path) {
    std::vector<fs::path> paths;
    std::error_code trouble;
    if (fs::is_directory(path, trouble)) {
        for (const fs::directory_entry& entry : fs::directory_iterator(path, trouble)) {
            if (is_vector_name(entry.path().filename().string())) {
                paths.push_back(entry.path());
            }
        }
        std::sort(paths.begin(), paths.end());
    } else {
        paths.push_back(path);
    }
    std::vector<VectorFile> files;
    for (const fs::path& p : paths) {
        auto text = read_text_file(p.string());
        if (!text) {
            return std::unexpected(text.error());
        }
        nlohmann::json content = nlohmann::json::parse(*text, nullptr, false);
        if (content.is_discarded()) {
            return std::unexpected(trouble_with(p, "is not JSON"));
        }
        files.push_back(VectorFile{p, std::move(content)});
    }
    return files;
}

std::string text_of(const nlohmann::json& object, const char* key, const std::string& otherwise) {
    const bool found = object.is_object() && object.contains(key) && object.at(key).is_string();
    return found ? object.at(key).get<std::string>() : otherwise;
}

VectorResult evaluate_apart(const std::function<VectorResult()>& evaluate,
                            const std::string& id,
                            const nlohmann::json& inputs) {
    std::array<int, 2> ends{};
    CHECK(pipe(ends.data()) == 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        const VectorResult result = evaluate();
        const std::string text =
            outcome_letters[static_cast<std::size_t>(result.outcome)] + result.detail;
        std::size_t sent = 0;
        while (sent < text.size()) {
            const ssize_t step = write(ends[1], text.data() + sent, text.size() - sent);
            if (step <= 0) {
                break;
            }
            sent += static_cast<std::size_t>(step);
        }
        _exit(0);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = read(ends[0], block.data(), block.size())) > 0;) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    (void)waitpid(child, &status, 0);
    VectorResult result{id, VectorOutcome::failed, ""};
    if (text.empty()) {
        result.detail = "the core stopped at a CHECK, see above\n    inputs " + json_text(inputs);
    } else {
        result.outcome = static_cast<VectorOutcome>(outcome_letters.find(text.front()));
        result.detail = text.substr(1);
    }
    return result;
}

std::vector<VectorResult> evaluate_vectors(const VectorFile& file) {
    if (is_clearing_file(file)) {
        return evaluate_clearing_vectors(file);
    }
    return evaluate_defi_vectors(file);
}

}  // namespace margincall::inline vector_check
