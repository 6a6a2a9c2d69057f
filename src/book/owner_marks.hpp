// Which accounts may have orders resting in one book: one bit each. An account is marked when an
// order of its rests and stays marked when the order is gone again, so that a fill or a cancel has
// nothing to write here; a mass cancel takes the mark away. Account ids are dense. Orders without
// an account (invalid id) are nobody's.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/strong.hpp"

namespace margincall::inline book {

class OwnerMarks {
  public:
    explicit OwnerMarks(std::pmr::memory_resource* memory) : words_{memory} {}

    void mark(AccountId account) {
        if (!may_have_orders(account) && account.valid()) [[unlikely]] {
            add(account);
        }
    }
    // The account has no orders any more.
    void clear(AccountId account) {
        if (may_have_orders(account)) {
            words_[account.raw() / 64] &= ~(std::uint64_t{1} << (account.raw() % 64));
        }
    }
    // Never true for an invalid id.
    [[nodiscard]] bool may_have_orders(AccountId account) const {
        const std::size_t word = account.raw() / 64;
        return word < words_.size() && ((words_[word] >> (account.raw() % 64)) & 1U) != 0;
    }

  private:
    void add(AccountId account) {
        const std::size_t word = account.raw() / 64;
        if (word >= words_.size()) {
            words_.resize(word + word / 2 + 1);
        }
        words_[word] |= std::uint64_t{1} << (account.raw() % 64);
    }

    std::pmr::vector<std::uint64_t> words_;
};

}  // namespace margincall::inline book
