// `margincall run`: one scenario, one seed, one run folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

enum class Record : std::uint8_t { yes, no };
enum class Preview : std::uint8_t { no, yes };
enum class Strict : std::uint8_t { no, yes };
enum class Loudness : std::uint8_t { quiet, normal, verbose };

struct RunOptions {
    std::string scenario;
    std::vector<std::string> overrides;  // --set
    std::optional<std::uint64_t> seed;
    std::string out;  // empty = runs/<time>-<name>-<hash>
    std::string progress = "auto";
    Record record = Record::yes;
    Preview preview = Preview::no;
    Strict strict = Strict::no;
    Output output = Output::text;
    Loudness loudness = Loudness::normal;
    bool colour = true;
    std::string command;  // as typed, for the report and for failing CHECKs
};

[[nodiscard]] ExitCode run_scenario(const RunOptions& options, Streams streams);

}  // namespace margincall::inline cli
