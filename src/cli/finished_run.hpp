// A finished run folder as the commands that work on it see it.
#pragma once

#include <expected>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "analytics/summary.hpp"
#include "base/error.hpp"
#include "plan/plan.hpp"

namespace margincall::inline cli {

struct FinishedRun {
    std::filesystem::path folder;
    nlohmann::ordered_json manifest;
    Summary summary;
    Plan plan;             // of resolved.toml
    std::string resolved;  // its text
};

// manifest.json of a folder. E521 it is no run folder, E522 it is damaged.
[[nodiscard]] std::expected<nlohmann::ordered_json, Error> read_manifest(
    const std::filesystem::path& folder);
// Every file of the manifest that is missing or has another hash. E522.
[[nodiscard]] Errors damaged_files(const std::filesystem::path& folder,
                                   const nlohmann::ordered_json& manifest);
// Manifest, summary and scenario; nothing is simulated.
[[nodiscard]] std::expected<FinishedRun, Errors> open_run(const std::filesystem::path& folder);

// "runs/NAME/" -> "NAME".
[[nodiscard]] std::string name_of_folder(const std::filesystem::path& folder);
// run.db of a folder, or the file itself when the path names one.
[[nodiscard]] std::filesystem::path database_of(const std::filesystem::path& run);

}  // namespace margincall::inline cli
