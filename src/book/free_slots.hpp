// Free slots of a slab. The most recently freed ones are handed out first, so that the memory in
// use stays as small as the number of live orders; only the very last few are held back, because a
// new order placed into the slot of the one just cancelled would have to wait until that one's
// cache line has arrived (docs/decisions/006-order-book.md has the measurements).
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace margincall::inline book {

class FreeSlots {
  public:
    explicit FreeSlots(std::pmr::memory_resource* memory) : stack_(1, memory) {}

    [[nodiscard]] bool empty() const { return count_ == 0; }
    // The slot handed out; there must be one.
    [[nodiscard]] std::uint32_t take() {
        DCHECK(!empty());
        return stack_[count_--];
    }
    // The slot that will probably be handed out next, 0 = none.
    [[nodiscard]] std::uint32_t next() const { return stack_[count_]; }
    // Takes back a slot. Never allocates, thanks to `add`.
    void give_back(std::uint32_t slot) {
        const std::uint32_t longest_held = std::exchange(held_back_[position_], slot);
        position_ = (position_ + 1) % held_back_count;
        if (longest_held != 0) [[likely]] {
            stack_[++count_] = longest_held;
        }
    }
    // The slab grew by the slots first .. last; the lowest will be handed out first. Slot 0 is
    // never free.
    void add(std::uint32_t first, std::uint32_t last) {
        stack_.resize(std::size_t{last} + 1);
        for (std::uint32_t slot = last; slot >= first && slot != 0; --slot) {
            stack_[++count_] = slot;
        }
    }
    // How many slots are free.
    [[nodiscard]] std::uint32_t count() const {
        std::uint32_t held = 0;
        for (const std::uint32_t slot : held_back_) {
            held += slot != 0 ? 1U : 0U;
        }
        return count_ + held;
    }

    // Calls f(slot) for every free slot.
    template <class F>
    void for_each_unsorted(F&& f) const {
        for (std::uint32_t k = 1; k <= count_; ++k) {
            f(stack_[k]);
        }
        for (const std::uint32_t slot : held_back_) {
            if (slot != 0) {
                f(slot);
            }
        }
    }

  private:
    static constexpr std::uint32_t held_back_count = 16;  // one cache line of them

    std::pmr::vector<std::uint32_t> stack_;  // [1] .. [count_]; [0] stands for "none"
    std::uint32_t count_ = 0;
    std::uint32_t position_ = 0;
    std::array<std::uint32_t, held_back_count> held_back_{};  // ring; 0 = nothing yet
};

}  // namespace margincall::inline book
