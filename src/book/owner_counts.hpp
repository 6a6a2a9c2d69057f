// How many orders each account has resting in one book. Account ids are dense, so the counters lie
// in pages of 512 accounts that exist only where somebody has rested an order. Orders without an
// account (invalid id) are not counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/strong.hpp"

namespace margincall {

class OwnerCounts {
  public:
    void add(AccountId account) {
        if (account.valid()) {
            ++touch(account);
        }
    }
    // The account has at least one.
    void remove(AccountId account) {
        if (account.valid()) {
            --(*pages_[account.raw() / page_accounts])[account.raw() % page_accounts];
        }
    }
    [[nodiscard]] std::uint32_t of(AccountId account) const {
        const std::size_t page = account.raw() / page_accounts;
        return account.valid() && page < pages_.size() && pages_[page] != nullptr
                   ? (*pages_[page])[account.raw() % page_accounts]
                   : 0;
    }
    // Calls f(account, count) for every account with orders, by account.
    template <class F>
    void for_each(F&& f) const {
        for (std::size_t page = 0; page < pages_.size(); ++page) {
            for (std::size_t k = 0; pages_[page] != nullptr && k < page_accounts; ++k) {
                if (const std::uint32_t count = (*pages_[page])[k]; count != 0) {
                    f(AccountId::from_raw(static_cast<std::uint32_t>(page * page_accounts + k)),
                      count);
                }
            }
        }
    }

  private:
    static constexpr std::size_t page_accounts = 512;
    using Page = std::array<std::uint32_t, page_accounts>;

    [[nodiscard]] std::uint32_t& touch(AccountId account) {
        const std::size_t page = account.raw() / page_accounts;
        if (page >= pages_.size() || pages_[page] == nullptr) [[unlikely]] {
            add_page(page);
        }
        return (*pages_[page])[account.raw() % page_accounts];
    }
    void add_page(std::size_t page) {
        if (page >= pages_.size()) {
            pages_.resize(page + 1);
        }
        pages_[page] = std::make_unique<Page>();
    }

    std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace margincall
