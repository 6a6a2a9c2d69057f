// What `margincall stress` tells people while it works: the step that it is at, warnings, problems, where
// figures are from. What stands in a book is told as --pseudonyms allows it.
#pragma once

#include <string>

#include "cli/step_watch.hpp"
#include "cli/stress.hpp"
#include "cli/stress_case.hpp"
#include "cli/stress_failure.hpp"
#include "cli/stress_sources.hpp"

namespace margincall::inline cli {

class StressVoice {
  public:
    StressVoice(const StressArguments& arguments, Streams streams, const StressCase& about);

    void begin(std::string step) { steps_.begin(std::move(step)); }
    void note(std::string how_far) { steps_.note(std::move(how_far)); }
    void end() { steps_.end(); }

    // Names the problems, on JSON output too.
    [[nodiscard]] ExitCode fail(const StressFailure& failure);
    void warn(const Errors& warnings) const;
    // Problems of lines that --skip-bad leaves out, as they were told.
    [[nodiscard]] Errors list_left_out(const Errors& problems, const std::string& file);
    void count_left_out(const AccountBook& book) const;
    // The books and whose prices are used.
    void head_line() const;
    void show_sources() const;
    void show_rows(const SourceRows& rows) const;

    [[nodiscard]] bool is_quiet() const { return args_.loudness == Loudness::quiet; }
    [[nodiscard]] std::FILE* err() const { return streams_.err; }
    [[nodiscard]] std::FILE* out() const { return streams_.out; }
    // Where people read the result.
    [[nodiscard]] std::FILE* human() const {
        return args_.output == Output::json ? streams_.err : streams_.out;
    }

  private:
    [[nodiscard]] Errors handed_on(Errors errors) const;

    const StressArguments& args_;
    Streams streams_;
    const StressCase& about_;
    StepWatch steps_;
};

// A book has no date of its own, so whoever reads the result has to know which day's prices it was
// valued at.
[[nodiscard]] std::string price_time(const StressArguments& arguments, const LoadedMarket& market);

}  // namespace margincall::inline cli
