// Short names of raw quantities.
#pragma once

#include "base/strong.hpp"

namespace margincall::test {

inline Ticks ticks(std::int64_t raw) {
    return Ticks::from_raw(raw);
}
inline Lots lots(std::int64_t raw) {
    return Lots::from_raw(raw);
}
inline Amount amount(std::int64_t raw) {
    return Amount::from_raw(raw);
}

}  // namespace margincall::test
