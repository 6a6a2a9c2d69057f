#include "desk/unwind_cost.hpp"

#include <algorithm>

namespace margincall::inline desk {

DepthSide joined(const std::vector<DepthSide>& sides) {
    DepthSide out;
    for (const DepthSide& side : sides) {
        out.insert(out.end(), side.begin(), side.end());
    }
    std::ranges::stable_sort(out, {}, &DepthLevel::distance);
    return out;
}

std::array<RestingDepth::Cost, unwind_sizes.size()> unwind_costs(const DepthSide& side) {
    std::array<RestingDepth::Cost, unwind_sizes.size()> out;
    for (std::size_t k = 0; k < unwind_sizes.size(); ++k) {
        out[k] = RestingDepth::cost_of(side, unwind_sizes[k]);
    }
    return out;
}

}  // namespace margincall::inline desk
