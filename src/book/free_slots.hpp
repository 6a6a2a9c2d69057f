// Free slots of a slab. The most recently freed ones are handed out first, so that the memory in
// use stays as small as the number of live orders; only the very last few are held back, because a
// new order placed into the slot of the one just cancelled would have to wait until that one's
// cache line has arrived (docs/decisions/006-order-book.md has the measurements).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace margincall {

class FreeSlots {
  public:
    [[nodiscard]] bool empty() const { return stack_.empty(); }
    // The slot handed out; there must be one.
    [[nodiscard]] std::uint32_t take() {
        const std::uint32_t slot = stack_.back();
        stack_.pop_back();
        return slot;
    }
    // The slot that will probably be handed out next, 0 = none.
    [[nodiscard]] std::uint32_t next() const { return stack_.empty() ? 0 : stack_.back(); }
    // Takes back a slot. Never allocates, thanks to `add`.
    void give_back(std::uint32_t slot) {
        const std::uint32_t longest_held = held_back_[position_];
        held_back_[position_] = slot;
        position_ = (position_ + 1) % held_back_count;
        if (longest_held != 0) [[likely]] {
            stack_.push_back(longest_held);
        }
    }
    // The slab grew by the slots first .. last; the lowest will be handed out first. Slot 0 is
    // never free.
    void add(std::uint32_t first, std::uint32_t last) {
        stack_.reserve(std::size_t{last} + 1);
        for (std::uint32_t slot = last; slot >= first && slot != 0; --slot) {
            stack_.push_back(slot);
        }
    }

    // Calls f(slot) for every free slot.
    template <class F>
    void for_each_unsorted(F&& f) const {
        for (const std::uint32_t slot : stack_) {
            f(slot);
        }
        for (const std::uint32_t slot : held_back_) {
            if (slot != 0) {
                f(slot);
            }
        }
    }

  private:
    static constexpr std::uint32_t held_back_count = 16;  // one cache line of them

    std::vector<std::uint32_t> stack_;
    std::uint32_t position_ = 0;
    std::array<std::uint32_t, held_back_count> held_back_{};  // ring; 0 = nothing yet
};

}  // namespace margincall
