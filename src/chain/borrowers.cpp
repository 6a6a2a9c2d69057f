#include "chain/borrowers.hpp"

#include <algorithm>

namespace margincall::inline chain {

void order_group(BorrowerGroup& group, const std::vector<Borrower>& borrowers) {
    std::sort(group.order.begin(), group.order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const double x = borrowers[a].critical;
        const double y = borrowers[b].critical;
        return x != y ? x > y : a < b;
    });
}

}  // namespace margincall::inline chain
