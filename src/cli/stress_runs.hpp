// Runs what was asked of a case: the columns of today's rules, defaults and proposed rules, the variations and
// other sizes, and the reverse search. Ctrl-C ends it between two stresses.
#pragma once

#include <memory>

#include "cli/stress_case.hpp"
#include "cli/stress_settings.hpp"
#include "cli/stress_voice.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline cli {

class StressRuns {
  public:
    StressRuns(const StressArguments& arguments,
               const StressSettings& settings,
               const StressCase& about,
               StressVoice& voice);

    // The accounts as they are opened.
    [[nodiscard]] const StressStart& start() const { return *start_; }
    void columns(StressReport& report) const;
    void varied(StressReport& report) const;
    // The same shock with only the coins that it names, where others that are held move by beta.
    void without_betas(StressReport& report) const;
    void adl_rules(StressReport& report) const;
    void reverse(StressReport& report) const;
    void tables(StressReport& report) const;

  private:
    const StressArguments& args_;
    const StressSettings& settings_;
    const StressCase& case_;
    StressVoice& voice_;
    std::unique_ptr<StressStart> start_;
};

}  // namespace margincall::inline cli
