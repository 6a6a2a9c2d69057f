// Which orders an account has resting in one book: a list per account, oldest first, threaded
// through the book's slots. Account ids are dense, so the heads lie in pages of 512 accounts that
// exist only where somebody has rested an order. Orders without an account (invalid id) belong to
// no list.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/strong.hpp"

namespace margincall {

class OwnerLists {
  public:
    // The slab grew to `slots` slots.
    void resize(std::size_t slots) { links_.resize(slots); }
    void reserve(std::size_t slots) { links_.reserve(slots); }

    void append(AccountId account, std::uint32_t slot) {
        Ends& ends = touch(account);
        links_[slot] = {.next = 0, .previous = ends.tail};
        (ends.tail != 0 ? links_[ends.tail].next : ends.head) = slot;
        ends.tail = slot;
    }
    void remove(AccountId account, std::uint32_t slot) {
        const Link link = links_[slot];
        if (link.previous == 0 || link.next == 0) {
            Ends& ends = touch(account);
            (link.previous != 0 ? links_[link.previous].next : ends.head) = link.next;
            (link.next != 0 ? links_[link.next].previous : ends.tail) = link.previous;
            return;
        }
        links_[link.previous].next = link.next;
        links_[link.next].previous = link.previous;
    }
    // Oldest order of the account, or 0; then the next younger one.
    [[nodiscard]] std::uint32_t first(AccountId account) const {
        const std::size_t page = account.raw() / page_accounts;
        return page < pages_.size() && pages_[page] != nullptr
                   ? (*pages_[page])[account.raw() % page_accounts].head
                   : 0;
    }
    [[nodiscard]] std::uint32_t next(std::uint32_t slot) const { return links_[slot].next; }

    // Calls f(account, oldest slot) for every account with orders, by account.
    template <class F>
    void for_each_owner(F&& f) const {
        for (std::size_t page = 0; page < pages_.size(); ++page) {
            if (pages_[page] == nullptr) {
                continue;
            }
            for (std::size_t k = 0; k < page_accounts; ++k) {
                if (const Ends& ends = (*pages_[page])[k]; ends.head != 0) {
                    f(AccountId::from_raw(static_cast<std::uint32_t>(page * page_accounts + k)),
                      ends.head);
                }
            }
        }
    }

  private:
    static constexpr std::size_t page_accounts = 512;
    struct Ends {
        std::uint32_t head = 0;
        std::uint32_t tail = 0;
    };
    struct Link {
        std::uint32_t next = 0;
        std::uint32_t previous = 0;
    };
    using Page = std::array<Ends, page_accounts>;

    [[nodiscard]] Ends& touch(AccountId account) {
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

    std::vector<Link> links_;  // by slot
    std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace margincall
