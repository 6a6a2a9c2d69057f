// Exit codes of the program (docs/command-line.md).
#pragma once

namespace margincall::inline base {

enum class ExitCode : int {
    done = 0,
    internal = 1,
    command_line = 2,
    scenario = 3,
    input = 4,
    condition = 5,
    interrupted = 6,
    difference = 7,
    network = 8,
    sweep = 9,
    resources = 10,
};

}  // namespace margincall::inline base
