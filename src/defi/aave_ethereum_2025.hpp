// Parameters of Aave v3 Ethereum Core in October and November 2025: the reserves and e-mode
// categories that the story of these weeks needs. The rows and their sources are in the .cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "defi/aave_interest.hpp"

namespace margincall::aave {

enum class Borrowable : std::uint8_t { yes, no };

struct ReserveParameters {
    std::string asset;
    unsigned decimals = 18;
    std::uint32_t ltv_bps = 0;
    std::uint32_t threshold_bps = 0;
    std::uint32_t bonus_bps = 0;         // 10'000 + the bonus
    std::uint32_t protocol_fee_bps = 0;  // share of the bonus
    std::uint32_t reserve_factor_bps = 0;
    RateSlopes slopes;                    // in force in November 2025
    std::uint32_t slope1_before_bps = 0;  // of the period before the last change
    std::uint64_t supply_cap_tokens = 0;  // 0 = none known
    std::uint64_t borrow_cap_tokens = 0;
    Borrowable borrowable = Borrowable::yes;
};

struct EModeParameters {
    std::string label;
    std::uint32_t ltv_bps = 0;
    std::uint32_t threshold_bps = 0;
    std::uint32_t bonus_bps = 0;
    std::vector<std::string> collateral;
    std::vector<std::string> borrowable;
};

[[nodiscard]] std::span<const ReserveParameters> ethereum_reserves_2025();
[[nodiscard]] std::span<const EModeParameters> ethereum_e_modes_2025();
// Rows by name; null if there is none.
[[nodiscard]] const ReserveParameters* find_reserve(std::string_view asset);
[[nodiscard]] const EModeParameters* find_e_mode(std::string_view label);

}  // namespace margincall::aave
