// The bands of the gates: what each figure of their worlds must be (docs/gates.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lab/gates.hpp"

namespace margincall::inline lab {

// What all worlds of the chosen gates gave.
struct GateEvidence {
    std::map<std::string, Plan> plans;         // by variant
    std::map<std::string, GateWorlds> worlds;  // by variant
    std::vector<std::uint64_t> seeds;          // of the gate that asks

    // Of those seeds.
    [[nodiscard]] GateWorlds of(const std::string& variant) const;
};

struct Gate {
    const char* name;
    const char* title;
    std::vector<std::string> variants;
    std::uint64_t seeds = 0;  // 1 to this
    std::vector<GateRow> (*rows)(const GateEvidence&) = nullptr;
};

// In the order of the report.
[[nodiscard]] const std::vector<Gate>& all_gates();

}  // namespace margincall::inline lab
