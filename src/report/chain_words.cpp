#include "report/chain_words.hpp"

#include <array>

namespace margincall::inline report {

std::string_view lending_market_name(std::uint8_t market) {
    static constexpr std::array<std::string_view, 2> names = {"large lenders", "share token"};
    return names.at(market);
}

std::string_view chain_token_name(std::uint8_t token) {
    static constexpr std::array<std::string_view, 7> names = {"dollars",
                                                              "ether",
                                                              "bitcoin",
                                                              "staked ether",
                                                              "other staked ether",
                                                              "synthetic dollars",
                                                              "share token"};
    return names.at(token);
}

std::string_view incident_pool_name(std::uint32_t pool) {
    static constexpr std::array<std::string_view, 2> names = {"osETH/WETH", "wstETH/WETH"};
    return names.at(pool);
}

std::string_view collateral_rule_name(const Plan& plan, std::uint32_t venue) {
    switch (plan.defi.usde.rule_of(venue)) {
        case CollateralValue::own_book:
            return "the venue's own book";
        case CollateralValue::redemption_anchored:
            return "par, as redeemed";
        case CollateralValue::venue_median:
            return "median of the venues";
    }
    return "";
}

}  // namespace margincall::inline report
