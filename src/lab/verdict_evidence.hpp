// What statements are judged by (judge.hpp): worlds with nothing taken out, the causes of bitcoin's fall, what a cap of
// leverage changes. Made of folders of worlds; small enough to be kept as one file and handed on, with what computed
// each part and when. The program carries the one of the project (scenarios/evidence).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lab/attribution.hpp"
#include "lab/path_row.hpp"
#include "lab/policy_table.hpp"
#include "scenario/builtin.hpp"

namespace margincall::inline lab {

// Which worlds a part of the evidence was computed from.
struct EvidenceSource {
    std::string made;     // the day on which it was kept, YYYY-MM-DD; empty: read from a folder
    std::string sources;  // core_sources_hash() of the program that ran them
    std::string list;     // TaskList::hash() of all of them
    std::string scenario_hash;     // of those with nothing taken out
    std::vector<std::string> set;  // --set that makes their scenario of the one that is judged
    std::uint64_t seed_from = 0;
    std::int64_t paths = 0;
    bool drawn = false;  // each with a draw of the scenario's [ranges]
    std::vector<std::uint64_t>
        digests;  // of the worlds with nothing taken out, by path; 0: not there
};
// This program's, of that list.
[[nodiscard]] EvidenceSource evidence_source(const TaskList& list, std::span<const PathRow> rows);
// Runs the first `worlds` of a source again: whether their digests come out as they were. Problems of the scenario.
[[nodiscard]] std::expected<bool, Errors> runs_again(const EvidenceSource& source,
                                                     const std::string& scenario,
                                                     std::size_t worlds);

struct DayWorlds {
    EvidenceSource source;
    std::vector<PathRow> rows;  // over the scenario's own window, in the order of their paths
};

// Of an attribution, what is judged: the outcome "btc_fall".
struct FallCauses {
    EvidenceSource source;
    std::string window;  // over which the fall is, for people
    MeanSpread whole;    // the fall with everything in, a fraction below 0
    struct Share {
        std::string player;
        MeanSpread share;  // of what all players do together
        bool identified = false;
    };
    std::vector<Share> shares;
    struct Removal {
        std::string cause;
        MeanSpread removed;  // a fraction
    };
    std::vector<Removal> by_removal_alone;
};
// `plan`: of its worlds. Nothing where the attribution has no such outcome.
[[nodiscard]] std::optional<FallCauses> fall_causes(const Attribution& causes,
                                                    const Plan& plan,
                                                    const EvidenceSource& source);

// Forced dollars with leverage capped at 20, less those under the rules of the day.
struct LeverageCap {
    EvidenceSource source;
    PolicyChange change;
};
// `policies`: names by row of the table; nothing where none is the cap.
[[nodiscard]] std::optional<LeverageCap> leverage_cap(const PolicyTable& table,
                                                      std::span<const std::string> policies,
                                                      const EvidenceSource& source);

struct VerdictEvidence {
    std::string scenario;  // its name
    std::optional<DayWorlds> day;
    std::optional<FallCauses> causes;
    std::optional<LeverageCap> cap;
};

// A line with everything but worlds, then a line a world (path_row_json) with what statements are judged by: metrics and
// the curves of bitcoin's price and of forced dollars.
[[nodiscard]] std::string evidence_text(const VerdictEvidence& evidence);
// E715 not what evidence_text wrote.
[[nodiscard]] std::expected<VerdictEvidence, Error> parse_evidence(std::string_view text,
                                                                   std::string_view name);

// Generated at build time: "NAME.jsonl" of scenarios/evidence.
[[nodiscard]] std::span<const BuiltinFile> evidence_files();
// The one for a scenario of that name; empty when the project ships none.
[[nodiscard]] std::string_view shipped_evidence(std::string_view scenario);

}  // namespace margincall::inline lab
