// manifest.json of a run's or a stress's folder: what was run, by what, where, and the hash of every
// file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/run_folder.hpp"
#include "cli/stress_identity.hpp"
#include "plan/plan.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline cli {

struct ManifestFacts {
    std::string command;
    std::string started;  // UTC
    std::uint64_t digest = 0;
    std::int64_t paths = 1;
    bool interrupted = false;
    std::vector<std::string> missing;  // files that could not be written
    RunTotals
        totals;  // of one path: halts, ruined makers and what firms paid are said where there are any
};

[[nodiscard]] std::string manifest_json(const Plan& plan,
                                        const ManifestFacts& facts,
                                        const RunFolder& folder);

struct StressFacts {
    std::string command;  // without the salt
    std::string started;  // UTC
    std::string market;
    bool interrupted = false;
};
[[nodiscard]] std::string stress_manifest_json(const StressIdentity& identity,
                                               const StressFacts& facts,
                                               const RunFolder& folder);

}  // namespace margincall::inline cli
