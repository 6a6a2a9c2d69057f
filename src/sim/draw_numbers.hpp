// The numbers by which draws of accounts are named. They are those of the accounts in the order of
// opening, without the ones of agents that a run may have or not (AgentSetup::margin): with and without
// them everybody else draws the same.
#pragma once

#include <cstdint>

#include "base/strong.hpp"

namespace margincall::inline sim {

struct DrawNumbers {
    std::uint32_t first = 0, left_out = 0;  // accounts first .. first + left_out - 1

    [[nodiscard]] std::uint32_t of(AccountId account) const {
        if (account.raw() < first + left_out) {
            // Of the ones left out, from the far end, where nobody else's number is.
            return account.raw() < first ? account.raw() : 0xFFFF'FFFFU - (account.raw() - first);
        }
        return account.raw() - left_out;
    }
};

}  // namespace margincall::inline sim
