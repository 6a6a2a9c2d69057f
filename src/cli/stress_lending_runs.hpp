// Runs what was asked of the lending book of a case: the shock as given, its variations and other sizes, and the
// reverse search. Ctrl-C ends it between two runs.
#pragma once

#include "cli/stress_case.hpp"
#include "cli/stress_settings.hpp"
#include "cli/stress_voice.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline cli {

class LendingRuns {
  public:
    LendingRuns(const StressSettings& settings, const StressCase& about, StressVoice& voice)
        : settings_(settings),
          case_(about),
          voice_(voice),
          loans_{&about.lending.book(), about.lending.moves()} {}

    void shock(StressReport& report) const;
    void varied(LendingReport& lending) const;
    void reverse(LendingReport& lending) const;

  private:
    const StressSettings& settings_;
    const StressCase& case_;
    StressVoice& voice_;
    LoanStress loans_;
};

}  // namespace margincall::inline cli
