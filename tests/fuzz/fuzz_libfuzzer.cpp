// One target under libFuzzer; MC_FUZZ_TARGET names it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "fuzz_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const margincall::testing::FuzzTarget* const target = [] {
        for (const auto& one : margincall::testing::fuzz_targets()) {
            if (one.name == MC_FUZZ_TARGET) {
                return &one;
            }
        }
        return static_cast<const margincall::testing::FuzzTarget*>(nullptr);
    }();
    CHECK(target != nullptr);
    target->run({reinterpret_cast<const char*>(data), size});
    return 0;
}
