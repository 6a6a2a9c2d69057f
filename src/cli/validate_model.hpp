// `margincall validate-model --gates`: runs the gates of price formation and writes their answer
// (docs/gates.md).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/output.hpp"
#include "cli/run.hpp"

namespace margincall::inline cli {

struct GateOptions {
    std::vector<std::string> only;  // gates; empty: all
    std::string seeds;              // "1-8"; empty: those that each gate names
    std::string size = "reduced";
    std::vector<std::string> overrides;
    std::size_t workers = 0;
    std::string out = "gates.json";  // file, or a folder that receives one
    bool confirm = false;  // renews what `out` holds if samples of its worlds come out the same
    std::string page;      // Markdown whose table is replaced; empty: none
    std::string progress = "auto";
    Output output = Output::text;
    Loudness loudness = Loudness::normal;
    std::string command;
};
[[nodiscard]] ExitCode validate_gates(const GateOptions& options, Streams streams);

}  // namespace margincall::inline cli
