// What is different between two sets of worlds on common seeds, and whether that is known: the mean of the pairs with its
// 90 % interval (Student), as run_difference() has it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "analytics/run_difference.hpp"

namespace margincall::inline lab {

enum class EffectState : std::uint8_t {
    known,      // the interval leaves out 0
    not_known,  // it holds 0
    none,       // every pair is equal
    unknown,    // fewer than two pairs
};
[[nodiscard]] std::string_view effect_state_word(EffectState state);

struct PairedEffect {
    std::size_t n = 0;  // pairs
    double mean = 0.0, low = 0.0, high = 0.0;
    EffectState state = EffectState::unknown;
    [[nodiscard]] bool known() const { return state == EffectState::known; }
};
// Second less first, pairs of equal seeds only.
[[nodiscard]] PairedEffect paired_effect(std::span<const PathValue> first,
                                         std::span<const PathValue> second);
[[nodiscard]] nlohmann::ordered_json effect_json(const PairedEffect& effect);

}  // namespace margincall::inline lab
