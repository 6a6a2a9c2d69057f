// Which rows of one instrument and side a mark price sets off, found without looking at the others
// (model 5.6). A row has one next-trigger price: its stop, top-up or liquidation, whichever comes
// first.
//
// Shape: price buckets about 0.05 % wide (the leading 12 bits of the price name the bucket, so the
// width follows the price and no range has to be chosen), each an intrusive doubly linked list
// through the rows, and a bitmap of non-empty buckets. 16 bytes a row; set and erase are O(1); a
// mark that reaches nothing is one comparison with the cached best price. The bucket in which the
// mark lies is split exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "base/big_vector.hpp"
#include "base/strong.hpp"
#include "market/order.hpp"

namespace margincall::inline clearing {

class TriggerIndex {
  public:
    // Side::buy: longs, due when mark <= price. Side::sell: shorts, due when mark >= price.
    explicit TriggerIndex(Side position_side);

    void reserve(std::uint32_t rows);

    // Sets the row's trigger price; replaces an earlier one. 0 ticks (or below) = no trigger.
    void set(std::uint32_t row, Ticks price);
    void erase(std::uint32_t row) { set(row, Ticks{}); }
    // 0 = the row has no trigger.
    [[nodiscard]] Ticks price(std::uint32_t row) const;

    // Is any row due at this mark? One comparison unless the mark is beyond the best price.
    [[nodiscard]] bool due(Ticks mark) const {
        if (empty() || !is_due(best_, mark)) {
            return false;
        }
        return best_is_exact_ || is_due(best(), mark);
    }
    // Takes out every due row and appends it to `rows`, in the order in which a mark moving in from
    // the solvent side meets them (longs: highest price first, shorts: lowest), equal prices by row
    // id. The order depends on the content only, not on the history of set and erase.
    void pop_due(Ticks mark, std::vector<std::uint32_t>& rows);

    // For whoever knows a little ahead which row will be set: the row, later those beside it.
    [[gnu::always_inline]] inline void prefetch(std::uint32_t row) const {
        if (row < nodes_.size()) {
            __builtin_prefetch(&nodes_[row], 1);
        }
    }
    [[gnu::always_inline]] inline void prefetch_neighbours(std::uint32_t row) const {
        if (row < nodes_.size() && nodes_[row].price != 0) {
            __builtin_prefetch(nodes_.data() + nodes_[row].next, 1);
            __builtin_prefetch(nodes_.data() + nodes_[row].previous, 1);
        }
    }

    // The price that a mark from the solvent side meets first; 0 = empty.
    [[nodiscard]] Ticks best() const;
    [[nodiscard]] std::uint32_t size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }

    // f(row, Ticks) for every row that a mark would set off, and nothing is taken out. Order as for
    // for_each.
    template <class F>
    void for_each_due(Ticks mark, F&& f) const {
        for (std::uint32_t b = first_bucket(); b != none; b = next_bucket(b)) {
            bool all_due = true;
            for (std::uint32_t row = heads_[b]; row != none; row = nodes_[row].next) {
                const Ticks price = Ticks::from_raw(nodes_[row].price);
                if (is_due(price, mark)) {
                    f(row, price);
                } else {
                    all_due = false;
                }
            }
            if (!all_due) {
                return;  // the mark lies in this bucket; the later ones are beyond it
            }
        }
    }

    // f(row, Ticks) for every row, bucket by bucket from the solvent side outwards; the order
    // inside a bucket follows the history of the calls and is as reproducible as they are.
    template <class F>
    void for_each(F&& f) const {
        for (std::uint32_t b = first_bucket(); b != none; b = next_bucket(b)) {
            for (std::uint32_t row = heads_[b]; row != none; row = nodes_[row].next) {
                f(row, Ticks::from_raw(nodes_[row].price));
            }
        }
    }

    friend void check_trigger_index(const TriggerIndex& index);

  private:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    static constexpr std::uint32_t fraction_bits = 11;  // after the leading one
    struct Node {
        std::int64_t price = 0;  // 0: not in any list
        std::uint32_t next = none, previous = none;
    };
    static_assert(sizeof(Node) == 16);

    [[nodiscard]] static std::uint32_t bucket_of(std::int64_t price);
    [[nodiscard]] bool is_due(Ticks price, Ticks mark) const {
        return side_ == Side::buy ? mark <= price : mark >= price;
    }
    [[nodiscard]] bool comes_before(std::int64_t a, std::int64_t b) const {
        return side_ == Side::buy ? a > b : a < b;
    }
    void link(std::uint32_t row, std::int64_t price);
    void unlink(std::uint32_t row);
    void grow_buckets(std::uint32_t bucket);
    // Non-empty buckets from the solvent side outwards.
    [[nodiscard]] std::uint32_t first_bucket() const;
    [[nodiscard]] std::uint32_t next_bucket(std::uint32_t bucket) const;
    [[nodiscard]] std::uint32_t bucket_at_or_above(std::uint32_t bucket) const;
    [[nodiscard]] std::uint32_t bucket_at_or_below(std::uint32_t bucket) const;

    Side side_;
    std::uint32_t count_ = 0;
    // Never on the insolvent side of the true best; exact when best_is_exact_. Erasing the best row
    // leaves it as a bound, and the next mark that reaches the bound looks again.
    mutable Ticks best_;
    mutable bool best_is_exact_ = true;
    BigVector<Node> nodes_;
    std::vector<std::uint32_t> heads_;
    std::vector<std::uint64_t> bits_;     // bucket b is non-empty
    std::vector<std::uint64_t> summary_;  // word w of bits_ is non-zero
};

void check_trigger_index(const TriggerIndex& index);

}  // namespace margincall::inline clearing
