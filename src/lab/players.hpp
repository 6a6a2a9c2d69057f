// The players of an attribution: groups of mechanisms and events that can be taken out of a market, and what "out"
// means. That meaning is part of every share, so it is printed with it (model 11.3).
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"

namespace margincall::inline lab {

struct Player {
    std::string_view name;                   // word of --players
    std::string_view label;                  // as people read it
    std::string_view off;                    // what it means to be out, a sentence
    std::array<std::string_view, 3> causes;  // its events carry one of these; empty: no further one
    std::array<std::string_view, 2> set;     // "key=value" of its mechanisms; empty: no further one
    bool needs_synthetic_dollar = false;     // its last `set` is a key of the synthetic dollar
};

// In the order in which shares are shown.
[[nodiscard]] std::span<const Player> players();

// Overrides that take this player out of `plan`: its events by their row, its mechanisms by their key. Empty when
// the plan has none of either.
[[nodiscard]] std::vector<std::string> overrides_off(const Player& player, const Plan& plan);
// The same for the player's events whose size is assumed (their source says so, or they have none).
[[nodiscard]] std::vector<std::string> overrides_assumed_off(const Player& player,
                                                             const Plan& plan);
// Names of these events, for the page.
[[nodiscard]] std::vector<std::string> assumed_events(const Player& player, const Plan& plan);

// Causes of events that belong to no player (regulation, information): these are judged by removal alone.
[[nodiscard]] std::vector<std::string> other_causes(const Plan& plan);
[[nodiscard]] std::vector<std::string> overrides_cause_off(std::string_view cause,
                                                           const Plan& plan);

}  // namespace margincall::inline lab
