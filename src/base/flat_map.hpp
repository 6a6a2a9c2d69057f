// Flat hash map from a 64-bit name to a 32-bit index, for lookup only: open addressing with linear
// probing in one array, no removal, never iterated (so that no order depends on the hash).
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.hpp"

namespace margincall {

class FlatMap {
  public:
    // Makes room for `entries` without growing.
    void reserve(std::size_t entries) {
        std::size_t cells = 16;
        while (cells < entries + entries / 2) {
            cells *= 2;
        }
        if (cells > cells_.size()) {
            rehash(cells);
        }
    }
    // The name must be new.
    void insert(std::uint64_t name, std::uint32_t index) {
        if ((size_ + 1) * 3 > cells_.size() * 2) [[unlikely]] {  // at most two thirds full
            rehash(cells_.empty() ? 16 : cells_.size() * 2);
        }
        place(Cell{.name = name, .index = index, .used = 1});
        ++size_;
    }
    [[nodiscard]] std::uint32_t find(std::uint64_t name, std::uint32_t missing) const {
        if (cells_.empty()) {
            return missing;
        }
        for (std::size_t at = home(name);; at = (at + 1) & (cells_.size() - 1)) {
            const Cell& cell = cells_[at];
            if (cell.used == 0) {
                return missing;
            }
            if (cell.name == name) {
                return cell.index;
            }
        }
    }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    struct Cell {
        std::uint64_t name = 0;
        std::uint32_t index = 0;
        std::uint32_t used = 0;
    };
    [[nodiscard]] std::size_t home(std::uint64_t name) const {
        std::uint64_t x = name * 0x9E3779B97F4A7C15ULL;  // Fibonacci hashing, high bits folded in
        x ^= x >> 32U;
        return static_cast<std::size_t>(x) & (cells_.size() - 1);
    }
    void place(const Cell& cell) {
        std::size_t at = home(cell.name);
        while (cells_[at].used != 0) {
            CHECK(cells_[at].name != cell.name);
            at = (at + 1) & (cells_.size() - 1);
        }
        cells_[at] = cell;
    }
    void rehash(std::size_t cells) {
        std::vector<Cell> old(cells);
        old.swap(cells_);
        for (const Cell& cell : old) {
            if (cell.used != 0) {
                place(cell);
            }
        }
    }

    std::vector<Cell> cells_;  // a power of two of them
    std::size_t size_ = 0;
};

}  // namespace margincall
