// The result of a stress as it is given out: its folder, the terminal and JSON.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>

#include "cli/stress_case.hpp"
#include "cli/stress_identity.hpp"
#include "cli/stress_sources.hpp"
#include "cli/stress_voice.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline cli {

class StressFolder {
  public:
    StressFolder(const StressArguments& arguments, const StressCase& about, StressVoice& voice)
        : args_(arguments), case_(about), voice_(voice) {}

    // Under a temporary name until all is there. When the disk is full, what fits is kept and the answer shown all
    // the same.
    [[nodiscard]] std::expected<void, StressFailure> write(const StressReport& report,
                                                           const StressIdentity& identity);
    void show(const StressReport& report) const;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    const StressArguments& args_;
    const StressCase& case_;
    StressVoice& voice_;
    std::filesystem::path path_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace margincall::inline cli
