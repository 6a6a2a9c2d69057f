#include "record/memory_recorder.hpp"

namespace margincall::inline record {

MemoryRecorder::MemoryRecorder(const Plan& plan) {
    if (plan.output.bar.raw() <= 0) {
        return;
    }
    const auto count = static_cast<std::size_t>(plan.length.raw() / plan.output.bar.raw() + 1);
    bars_.reserve(count * plan.instruments.size());
    states_.reserve(count * plan.assets.size());
    fund_.reserve(count * plan.venues.size());
}

}  // namespace margincall::inline record
