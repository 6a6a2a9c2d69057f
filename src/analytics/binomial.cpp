#include "analytics/binomial.hpp"

#include <boost/math/distributions/binomial.hpp>

#include "base/check.hpp"

namespace margincall::inline analytics {

ShareInterval share_interval(std::size_t kept, std::size_t trials) {
    CHECK(kept <= trials);
    constexpr double one_side = 0.05;
    if (trials == 0) {
        return {};
    }
    const auto n = static_cast<double>(trials);
    const auto k = static_cast<double>(kept);
    using Binomial = boost::math::binomial_distribution<>;
    return {Binomial::find_lower_bound_on_p(n, k, one_side),
            Binomial::find_upper_bound_on_p(n, k, one_side)};
}

}  // namespace margincall::inline analytics
