#include "lab/paired_effect.hpp"

#include <nlohmann/json.hpp>

namespace margincall::inline lab {

std::string_view effect_state_word(EffectState state) {
    switch (state) {
        case EffectState::known:
            return "known";
        case EffectState::not_known:
            return "not known";
        case EffectState::none:
            return "none";
        case EffectState::unknown:
            return "too few seeds";
    }
    return "";
}

PairedEffect paired_effect(std::span<const PathValue> first, std::span<const PathValue> second) {
    PairedEffect out;
    const std::optional<RunDifference> apart = run_difference(first, second);
    if (!apart || apart->pairing != Pairing::paired) {
        return out;
    }
    out.n = apart->first_paths;
    out.mean = apart->mean;
    out.low = apart->low.value_or(apart->mean);
    out.high = apart->high.value_or(apart->mean);
    out.state = apart->distinct()                   ? EffectState::known
                : out.low == 0.0 && out.high == 0.0 ? EffectState::none
                                                    : EffectState::not_known;
    return out;
}

nlohmann::ordered_json effect_json(const PairedEffect& effect) {
    nlohmann::ordered_json out{{"state", effect_state_word(effect.state)}, {"n", effect.n}};
    if (effect.state == EffectState::unknown) {
        return out;
    }
    out["mean"] = effect.mean;
    out["low"] = effect.low;
    out["high"] = effect.high;
    return out;
}

}  // namespace margincall::inline lab
