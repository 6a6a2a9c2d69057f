#include "lab/identity.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/digest.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {

std::string maths_hash() {
    Digest digest;
    // Arguments over the range that a simulation uses, none of them exact in binary.
    for (int k = 1; k <= 400; ++k) {
        const double x = 0.0173 * k;
        for (const double value : {std::exp(-x),
                                   std::log(x),
                                   std::pow(x, 0.65),
                                   std::expm1(-x * 0.01),
                                   std::log1p(x * 0.01),
                                   std::sqrt(x),
                                   std::cos(x),
                                   std::sin(x),
                                   std::tanh(x),
                                   std::erfc(x)}) {
            digest.add_double(value);
        }
    }
    return fmt::format("{:016x}", digest.value());
}

std::string core_identity() {
    return text_hash(fmt::format("{}\n{}\n{}", core_sources_hash(), __VERSION__, maths_hash()));
}

std::string world_key(std::string_view identity,
                      std::string_view scenario_hash,
                      std::uint64_t seed) {
    return text_hash(fmt::format("{}\n{}\n{}", identity, scenario_hash, seed));
}

}  // namespace margincall::inline lab
