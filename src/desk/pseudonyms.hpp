// Names that stand for account ids and owner groups in output that leaves the house: the same id
// has the same name within an output, and nobody without the salt can compute or check one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "desk/account_book.hpp"
#include "desk/lending_book.hpp"

namespace margincall::inline desk {

// SipHash-2-4 (Aumasson and Bernstein, 2012): a short-input function with a 128-bit key.
struct SipKey {
    std::uint64_t low = 0, high = 0;
};
[[nodiscard]] std::uint64_t sip_hash(SipKey key, std::string_view text);
// Key from a text of any length.
[[nodiscard]] SipKey sip_key(std::string_view salt);

// Replaces the ids of accounts ("acc-…") and groups ("grp-…", also where a group is an account of
// the same name). 60 bits of the hash; two ids that would share a name are told apart by another
// round.
void pseudonymise(AccountBook& book, std::string_view salt);
// An id has the name that it has in an account book of the same salt.
void pseudonymise(LendingBook& book, std::string_view salt);

}  // namespace margincall::inline desk
