// Files of worked examples ("vectors"): read from JSON or gzipped JSON, evaluated through the
// simulator's own code, and reported one by one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace margincall::inline vector_check {

struct VectorFile {
    std::filesystem::path path;
    nlohmann::json content;
};

enum class VectorOutcome : std::uint8_t { passed, failed, skipped };

// What became of one vector. `detail` holds inputs, expected and got of a failure, or why it was
// skipped.
struct VectorResult {
    std::string id;
    VectorOutcome outcome = VectorOutcome::failed;
    std::string detail;
};

// A text of an object; `otherwise` where there is none, or no object.
[[nodiscard]] std::string text_of(const nlohmann::json& object,
                                  const char* key,
                                  const std::string& otherwise);

// Reads `*.json` and `*.json.gz` of a folder (not below it), sorted by name; or one file.
[[nodiscard]] std::expected<std::vector<VectorFile>, Error> read_vectors(
    const std::filesystem::path& path);

// Evaluates in a process of its own, so that a vector whose numbers run into a CHECK of the core
// fails alone.
[[nodiscard]] VectorResult evaluate_apart(const std::function<VectorResult()>& evaluate,
                                          const std::string& id,
                                          const nlohmann::json& inputs);

// One result per vector of the file. A file whose form nobody knows gives one failed result.
[[nodiscard]] std::vector<VectorResult> evaluate_vectors(const VectorFile& file);

}  // namespace margincall::inline vector_check
