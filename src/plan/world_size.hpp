// How much of the world a run simulates, and how its name is shown: a small world is never shown
// under the bare name of the full one.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "plan/plan.hpp"

namespace margincall::inline plan {

// The words of `world.size`, in the order of WorldSize.
inline constexpr std::array<std::string_view, 3> world_size_words = {"full", "reduced", "preview"};

[[nodiscard]] inline std::string_view world_size_name(WorldSize size) {
    return world_size_words[static_cast<std::size_t>(size)];
}

// "3-4 November 2025 (preview)".
[[nodiscard]] inline std::string shown_title(const Plan& plan) {
    std::string title = plan.title.empty() ? plan.name : plan.title;
    if (plan.size != WorldSize::full) {
        title += " (";
        title += world_size_name(plan.size);
        title += ")";
    }
    return title;
}

// "2025-11-04-preview": for the names of files.
[[nodiscard]] inline std::string sized_name(const Plan& plan) {
    std::string name = plan.name;
    if (plan.size != WorldSize::full) {
        name += "-";
        name += world_size_name(plan.size);
    }
    return name;
}

}  // namespace margincall::inline plan
