#include "lab/study_folder.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.hpp"

namespace margincall::inline lab {
namespace {

namespace fs = std::filesystem;

void read_answers(const fs::path& part, std::map<std::string, std::string>& answers) {
    std::istringstream lines(read_text(part));
    for (std::string line; std::getline(lines, line);) {
        const auto row = nlohmann::json::parse(line, nullptr, false);
        if (row.is_object() && row.contains("key") && row["key"].is_string()) {
            answers.emplace(row["key"].get<std::string>(), line);
        }
    }
}

}  // namespace

std::expected<StudyFolder, Error> StudyFolder::open(const fs::path& folder,
                                                    std::string_view asked) {
    std::error_code problem;
    const fs::path about = folder / "study.json";
    if (fs::exists(folder, problem) && !fs::exists(about, problem) &&
        (!fs::is_directory(folder, problem) || !fs::is_empty(folder, problem))) {
        return std::unexpected(
            file_error(folder,
                       "E715",
                       "was there before and is no folder of such a study",
                       "give another place with --out; nothing in it was changed"));
    }
    fs::create_directories(folder / "parts", problem);
    if (problem) {
        return std::unexpected(
            disk_error(folder, problem.value(), "give another place with --out"));
    }
    if (!fs::exists(about, problem)) {
        if (auto done = write_whole(about, asked, "give another place with --out"); !done) {
            return std::unexpected(done.error());
        }
    } else if (read_text(about) != asked) {
        return std::unexpected(
            file_error(about,
                       "E711",
                       "the folder was begun for something else, or by another build of margincall",
                       "give the command it was begun with (see study.json), or another folder "
                       "with --out"));
    }
    StudyFolder study;
    auto part = WorldPart::open_free(folder, "answers");
    if (!part) {
        return std::unexpected(part.error());
    }
    study.part_ = std::make_unique<WorldPart>(std::move(*part));
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "parts", problem)) {
        if (entry.path().extension() == ".jsonl") {
            read_answers(entry.path(), study.answers_);
        }
    }
    return study;
}

std::expected<void, Error> StudyFolder::append(const std::string& key, const std::string& line) {
    const std::lock_guard lock(*mutex_);
    if (auto done = part_->append_line(line); !done) {
        return done;
    }
    answers_.emplace(key, line);
    return {};
}

}  // namespace margincall::inline lab
