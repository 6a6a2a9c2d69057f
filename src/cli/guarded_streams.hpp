// Standard output and error that may be closed, full or without a reader. A write that fails is noted and
// never thrown: a run does not end because nobody can be told of it. The exit code says it afterwards.
#pragma once

#include <cstdio>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

// While one lives, streams() take the place of the ones given and write to their descriptors.
class GuardedStreams {
  public:
    explicit GuardedStreams(Streams given);
    GuardedStreams(const GuardedStreams&) = delete;
    GuardedStreams& operator=(const GuardedStreams&) = delete;
    GuardedStreams(GuardedStreams&&) = delete;
    GuardedStreams& operator=(GuardedStreams&&) = delete;
    ~GuardedStreams();

    [[nodiscard]] Streams streams() const { return {out_, err_}; }
    // Writes out what waits. `done` becomes `resources`, with a line on standard error, when output is
    // missing; a reader that went away had enough and is no failure.
    [[nodiscard]] ExitCode finish(ExitCode code);

  private:
    Streams given_;
    std::FILE* out_ = nullptr;
    std::FILE* err_ = nullptr;
};

// The descriptor behind a stream, guarded or not; -1 = none.
[[nodiscard]] int descriptor_of(std::FILE* stream);
// errno of the first write that failed on a guarded stream, after what waits was tried; 0 = none.
[[nodiscard]] int write_failure(std::FILE* stream);

// Before anything is opened: closed descriptors 0 to 2 become /dev/null, so that no file of a run gets such a
// number and with it what is meant for the terminal; and a pipe without a reader or a file at its size limit
// is an errno instead of a signal.
void secure_standard_streams();

}  // namespace margincall::inline cli
