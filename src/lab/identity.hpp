// What computed a world, and the name of a world. Two worlds with one key have the same digest, so a
// world that is there is never run again, and none is taken for another: by sweeps, by resumed runs, by
// other processes and languages that link the same objects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace margincall::inline lab {

// SHA-256 of the sources of the core, fixed at build time; 64 hexadecimal digits.
[[nodiscard]] std::string_view core_sources_hash();
// Results of the maths library at fixed arguments, as 16 hexadecimal digits. Libraries and processors
// differ in last bits, and a digest shows every bit.
[[nodiscard]] std::string maths_hash();
// Sources, compiler and maths library; 16 hexadecimal digits.
[[nodiscard]] std::string core_identity();

// `scenario_hash` is that of the resolved text (Plan::scenario_hash), which holds every rule and
// figure of the world but its seed. 16 hexadecimal digits.
[[nodiscard]] std::string world_key(std::string_view identity,
                                    std::string_view scenario_hash,
                                    std::uint64_t seed);

}  // namespace margincall::inline lab
