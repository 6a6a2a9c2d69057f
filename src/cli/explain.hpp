// `margincall explain`: what a key or an error code means; of a file the complete resolved
// scenario; of FILE:LINE the key on that line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

[[nodiscard]] ExitCode explain(const std::string& what,
                               const std::vector<std::string>& overrides,
                               Streams streams);

// `explain FILE --draw SEED`: what a world with this seed has of the scenario's [ranges], a line "key=value" each, as
// --set takes them; nothing where it has none.
[[nodiscard]] ExitCode explain_draw(const std::string& file,
                                    const std::vector<std::string>& overrides,
                                    std::uint64_t seed,
                                    Streams streams);

}  // namespace margincall::inline cli
