// 64-bit digest of everything that happened in a run: order-sensitive, stable across builds.
#pragma once

#include <bit>
#include <cstdint>

#include "base/integer.hpp"

namespace margincall::inline base {

class Digest {
  public:
    constexpr void add(std::uint64_t word) {
        // One round of the splitmix64 finaliser over the running state: every input bit reaches
        // every state bit, and the order of words matters.
        state_ = (state_ ^ word) * 0x9E3779B97F4A7C15ULL;
        state_ ^= state_ >> 32;
        state_ = state_ * 0xD6E8FEB86659FD93ULL + 0x2545F4914F6CDD1DULL;
        state_ ^= state_ >> 29;
    }
    constexpr void add_signed(std::int64_t word) { add(static_cast<std::uint64_t>(word)); }
    constexpr void add_i128(i128 word) {
        add(static_cast<std::uint64_t>(static_cast<u128>(word)));
        add(static_cast<std::uint64_t>(static_cast<u128>(word) >> 64));
    }
    void add_double(double word) { add(std::bit_cast<std::uint64_t>(word)); }
    [[nodiscard]] constexpr std::uint64_t value() const { return state_; }

  private:
    std::uint64_t state_ = 0x6D617267696E6361ULL;  // "marginca"
};

}  // namespace margincall::inline base
