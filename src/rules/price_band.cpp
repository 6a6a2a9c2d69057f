#include "rules/price_band.hpp"

#include <algorithm>

namespace margincall::inline rules {

PriceBand band_around(double reference, double down_share, double up_share) {
    return {.lower = reference - reference * down_share, .upper = reference + reference * up_share};
}

PriceBand band_with_premium(double index, double premium, double y, double z) {
    return {.lower = std::max(std::min(index, index - index * y + premium), index - index * z),
            .upper = std::min(std::max(index, index + index * y + premium), index + index * z)};
}

}  // namespace margincall::inline rules
