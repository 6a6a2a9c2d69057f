#include "vector_check/vector_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "vector_check/clearing_vectors.hpp"
#include "vector_check/defi_vectors.hpp"

namespace margincall::inline vector_check {

namespace {

namespace fs = std::filesystem;

[[nodiscard]] Error trouble_with(const fs::path& path, const char* message) {
    Error error;
    error.file = path.string();
    error.message = message;
    return error;
}

[[nodiscard]] bool is_vector_name(const std::string& name) {
    return name.ends_with(".json") || name.ends_with(".json.gz");
}

// zlib reads plain files through the same calls.
[[nodiscard]] std::expected<std::string, Error> read_whole(const fs::path& path) {
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) {
        return std::unexpected(trouble_with(path, "cannot be opened"));
    }
    std::string text;
    std::array<char, 1U << 16U> block{};
    int got = 0;
    while ((got = gzread(file, block.data(), block.size())) > 0) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    gzclose(file);
    if (got < 0) {
        return std::unexpected(trouble_with(path, "is damaged (gzip)"));
    }
    return text;
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
        auto text = read_whole(p);
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

std::vector<VectorResult> evaluate_vectors(const VectorFile& file) {
    if (is_clearing_file(file)) {
        return evaluate_clearing_vectors(file);
    }
    return evaluate_defi_vectors(file);
}

}  // namespace margincall::inline vector_check
