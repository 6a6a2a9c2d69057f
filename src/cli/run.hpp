// `margincall run`: one scenario, one world or many seeds of it, one run folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

enum class Record : std::uint8_t { yes, no };
enum class Strict : std::uint8_t { no, yes };
enum class Loudness : std::uint8_t { quiet, normal, verbose };

struct RunOptions {
    std::string scenario;
    std::vector<std::string> overrides;  // --set
    std::optional<std::uint64_t> seed;   // --seed, or --seed-from: the first path's
    std::optional<std::int64_t> paths;   // --paths; replaces random.paths
    std::size_t workers = 0;             // of many paths; 0 = one a core
    bool resume = false;                 // many paths: go on with what is there
    bool retry_failed = false;           // with it, the failed ones, too
    std::string out;                     // empty = runs/...
    std::string progress = "auto";
    Record record = Record::yes;
    Strict strict = Strict::no;
    Output output = Output::text;
    Loudness loudness = Loudness::normal;
    bool colour = true;
    std::string command;  // as typed, for the report and for failing CHECKs
};

[[nodiscard]] ExitCode run_scenario(const RunOptions& options, Streams streams);

}  // namespace margincall::inline cli
