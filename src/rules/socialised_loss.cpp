#include "rules/socialised_loss.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "rules/shortage.hpp"

namespace margincall::inline rules {

std::vector<Money> socialised_parts(Money loss, std::span<const i128> shares) {
    std::vector<Money> parts(shares.size());
    i128 sum = 0;
    for (const i128 share : shares) {
        CHECK(share > 0);
        sum += share;
    }
    if (sum == 0) {
        return parts;
    }
    // What each dollar of a share pays, in 1e-9, rounded up.
    constexpr i128 grain = 1'000'000'000;
    const i128 move = funding_move_for_loss(loss.raw(), sum, 0);
    Money left = loss;
    for (std::size_t k = 0; k < shares.size() && left > Money{}; ++k) {
        const i128 due = div_round(checked_mul<i128>(shares[k], move), grain * 1'000, Round::up);
        parts[k] = Money::from_raw(narrow_i64(std::min<i128>(due, left.raw())));
        left -= parts[k];
    }
    return parts;
}

}  // namespace margincall::inline rules
