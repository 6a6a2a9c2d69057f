#include "cli/finished_run.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/files.hpp"
#include "cli/run_folder.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Error problem(const fs::path& file, const char* code, std::string message, std::string hint) {
    return file_error(file.string(), code, std::move(message), std::move(hint));
}

}  // namespace

std::expected<Json, Error> read_manifest(const fs::path& folder) {
    const fs::path file = folder / "manifest.json";
    std::error_code ignored;
    const bool stress = fs::is_regular_file(folder / "result.jsonl", ignored);
    if (stress || !fs::is_regular_file(file, ignored)) {
        return std::unexpected(
            stress ? problem(folder, "E521", "is the folder of a stress, not of a run", "")
                   : problem(folder,
                             "E521",
                             "is not a run folder: manifest.json is missing",
                             "give a folder that `margincall run` wrote, such as runs/NAME"));
    }
    Json manifest = Json::parse(read_text(file), nullptr, false);
    const auto files = manifest.is_object() ? manifest.find("files_fnv1a64") : manifest.end();
    if (files == manifest.end() || !files->is_object()) {
        return std::unexpected(
            problem(file, "E522", "is damaged: it lists no files", "run the scenario again"));
    }
    return manifest;
}

Errors damaged_files(const fs::path& folder, const Json& manifest) {
    Errors out;
    for (const auto& [name, hash] : manifest["files_fnv1a64"].items()) {
        const fs::path file = folder / name;
        const std::string hint =
            name == "report.html"
                ? fmt::format("`margincall report {}` makes it again", folder.string())
                : "take it from a copy of the folder, or run the scenario again";
        std::error_code ignored;
        if (!fs::is_regular_file(file, ignored)) {
            out.push_back(problem(file, "E522", "is missing; manifest.json lists it", hint));
            continue;
        }
        const std::string found = file_hash(file);
        if (!hash.is_string() || found != hash.get<std::string>()) {
            out.push_back(problem(file,
                                  "E522",
                                  fmt::format("is damaged: its hash is {}, in manifest.json {}",
                                              found,
                                              hash.is_string() ? hash.get<std::string>() : "none"),
                                  hint));
        }
    }
    return out;
}

std::expected<FinishedRun, Errors> open_run(const fs::path& folder) {
    FinishedRun run;
    run.folder = folder;
    auto manifest = read_manifest(folder);
    if (!manifest) {
        return std::unexpected(Errors{std::move(manifest.error())});
    }
    run.manifest = std::move(*manifest);
    auto summary = read_summary(folder / "summary.json");
    if (!summary) {
        return std::unexpected(Errors{std::move(summary.error())});
    }
    run.summary = std::move(*summary);
    auto compiled = compile_scenario((folder / "resolved.toml").string());
    if (!compiled) {
        return std::unexpected(std::move(compiled.error()));
    }
    run.plan = std::move(compiled->plan);
    run.resolved = std::move(compiled->original);
    return run;
}

std::string name_of_folder(const fs::path& folder) {
    const fs::path whole = fs::absolute(folder).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

fs::path database_of(const fs::path& run) {
    std::error_code ignored;
    return fs::is_directory(run, ignored) ? run / "run.db" : run;
}

}  // namespace margincall::inline cli
