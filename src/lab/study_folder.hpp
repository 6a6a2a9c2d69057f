// The folder of a study that asks worlds questions one after the other (perturbation.hpp,
// critical_shock.hpp): what was asked, and a line for every answer. A process that is killed loses the
// answers that it was at; the same command goes on with the rest.
//   study.json       what was asked, with the identity of the build; written once, never replaced
//   parts/*.jsonl    a line an answer: {"key": ..., ...}; only ever appended to
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "lab/world_store.hpp"

namespace margincall::inline lab {

class StudyFolder {
  public:
    // `asked`: JSON; two studies are the same when it is, to the byte. E711 the folder holds another
    // study, E715 it was there and is none, E511 and E512 of the disk.
    [[nodiscard]] static std::expected<StudyFolder, Error> open(const std::filesystem::path& folder,
                                                                std::string_view asked);

    // Lines of the answers by key: those that were there, and those appended since.
    [[nodiscard]] const std::map<std::string, std::string>& answers() const { return answers_; }
    // `line`: JSON without a line break that holds the key. By several workers at once. E511, E512.
    [[nodiscard]] std::expected<void, Error> append(const std::string& key,
                                                    const std::string& line);

  private:
    std::map<std::string, std::string> answers_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::unique_ptr<WorldPart> part_;
};

}  // namespace margincall::inline lab
