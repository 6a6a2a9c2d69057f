#include "clearing/trigger_index.hpp"

#include <algorithm>
#include <bit>

namespace margincall::inline clearing {
namespace {

constexpr std::uint32_t word_bits = 64;

// Index of the lowest set bit at or above `from`, or of the highest at or below it; size*64 / -1
// style sentinels are avoided by returning `missing`.
std::uint32_t scan_up(const std::vector<std::uint64_t>& words,
                      std::uint32_t from,
                      std::uint32_t missing) {
    const std::uint32_t size = static_cast<std::uint32_t>(words.size());
    std::uint32_t w = from / word_bits;
    if (w >= size) {
        return missing;
    }
    std::uint64_t word = words[w] & (~std::uint64_t{0} << (from % word_bits));
    while (word == 0) {
        if (++w == size) {
            return missing;
        }
        word = words[w];
    }
    return w * word_bits + static_cast<std::uint32_t>(std::countr_zero(word));
}

std::uint32_t scan_down(const std::vector<std::uint64_t>& words,
                        std::uint32_t from,
                        std::uint32_t missing) {
    if (words.empty()) {
        return missing;
    }
    std::uint32_t w = from / word_bits;
    std::uint64_t word = 0;
    if (w >= words.size()) {
        w = static_cast<std::uint32_t>(words.size()) - 1;
        word = words[w];
    } else {
        word = words[w] & (~std::uint64_t{0} >> (word_bits - 1 - from % word_bits));
    }
    while (word == 0) {
        if (w == 0) {
            return missing;
        }
        word = words[--w];
    }
    return w * word_bits + word_bits - 1 - static_cast<std::uint32_t>(std::countl_zero(word));
}

}  // namespace

TriggerIndex::TriggerIndex(Side position_side) : side_{position_side} {}

void TriggerIndex::reserve(std::uint32_t rows) {
    nodes_.reserve(rows);
}

std::uint32_t TriggerIndex::bucket_of(std::int64_t price) {
    // The price's leading one and the 11 bits after it, as in a floating-point number: monotone,
    // and exact below 4096.
    const auto bits = static_cast<std::uint64_t>(price);
    const auto width = static_cast<std::uint32_t>(std::bit_width(bits));
    if (width <= fraction_bits + 1) {
        return static_cast<std::uint32_t>(bits);
    }
    const std::uint32_t shift = width - fraction_bits - 1;
    return (shift << fraction_bits) + static_cast<std::uint32_t>(bits >> shift);
}

void TriggerIndex::grow_buckets(std::uint32_t bucket) {
    if (bucket < heads_.size()) {
        return;
    }
    // To the end of the next binary order of magnitude, so that growth is rare.
    const std::uint32_t size = ((bucket >> fraction_bits) + 2) << fraction_bits;
    heads_.resize(size, none);
    bits_.resize((size + word_bits - 1) / word_bits, 0);
    summary_.resize((bits_.size() + word_bits - 1) / word_bits, 0);
}

void TriggerIndex::link(std::uint32_t row, std::int64_t price) {
    const std::uint32_t bucket = bucket_of(price);
    grow_buckets(bucket);
    Node& node = nodes_[row];
    node = {.price = price, .next = heads_[bucket], .previous = none};
    if (node.next != none) {
        nodes_[node.next].previous = row;
    } else {
        bits_[bucket / word_bits] |= std::uint64_t{1} << (bucket % word_bits);
        const std::uint32_t word = bucket / word_bits;
        summary_[word / word_bits] |= std::uint64_t{1} << (word % word_bits);
    }
    heads_[bucket] = row;
    ++count_;
    if (count_ == 1 || !comes_before(best_.raw(), price)) {  // at the bound or before it
        best_ = Ticks::from_raw(price);
        best_is_exact_ = true;
    }
}

void TriggerIndex::unlink(std::uint32_t row) {
    Node& node = nodes_[row];
    const std::uint32_t bucket = bucket_of(node.price);
    if (node.previous != none) {
        nodes_[node.previous].next = node.next;
    } else {
        heads_[bucket] = node.next;
        if (node.next == none) {
            const std::uint32_t word = bucket / word_bits;
            bits_[word] &= ~(std::uint64_t{1} << (bucket % word_bits));
            if (bits_[word] == 0) {
                summary_[word / word_bits] &= ~(std::uint64_t{1} << (word % word_bits));
            }
        }
    }
    if (node.next != none) {
        nodes_[node.next].previous = node.previous;
    }
    if (node.price == best_.raw()) {
        best_is_exact_ = false;
    }
    node = {};
    --count_;
}

void TriggerIndex::set(std::uint32_t row, Ticks price) {
    CHECK(row != none);
    const std::int64_t wanted = std::max<std::int64_t>(price.raw(), 0);
    if (row >= nodes_.size()) {
        if (wanted == 0) {
            return;
        }
        nodes_.resize(std::size_t{row} + 1);
    }
    if (nodes_[row].price == wanted) {
        return;
    }
    if (nodes_[row].price != 0) {
        unlink(row);
    }
    if (wanted != 0) {
        link(row, wanted);
    }
}

Ticks TriggerIndex::price(std::uint32_t row) const {
    return row < nodes_.size() ? Ticks::from_raw(nodes_[row].price) : Ticks{};
}

Ticks TriggerIndex::best() const {
    if (count_ == 0) {
        return Ticks{};
    }
    if (!best_is_exact_) {
        std::int64_t found = 0;
        for (std::uint32_t row = heads_[first_bucket()]; row != none; row = nodes_[row].next) {
            const std::int64_t candidate = nodes_[row].price;
            if (found == 0 || comes_before(candidate, found)) {
                found = candidate;
            }
            if (found == best_.raw()) {
                break;  // nothing lies before the bound
            }
        }
        best_ = Ticks::from_raw(found);
        best_is_exact_ = true;
    }
    return best_;
}

void TriggerIndex::pop_due(Ticks mark, std::vector<std::uint32_t>& rows) {
    if (!due(mark)) {
        return;
    }
    const std::size_t begin = rows.size();
    for (std::uint32_t b = first_bucket(); b != none; b = next_bucket(b)) {
        bool all_due = true;
        for (std::uint32_t row = heads_[b]; row != none; row = nodes_[row].next) {
            if (is_due(Ticks::from_raw(nodes_[row].price), mark)) {
                rows.push_back(row);
            } else {
                all_due = false;
            }
        }
        if (!all_due) {
            break;  // the mark lies in this bucket; the later ones are beyond it
        }
    }
    std::sort(rows.begin() + static_cast<std::ptrdiff_t>(begin),
              rows.end(),
              [&](std::uint32_t a, std::uint32_t b) {
                  const std::int64_t price_a = nodes_[a].price;
                  const std::int64_t price_b = nodes_[b].price;
                  return price_a != price_b ? comes_before(price_a, price_b) : a < b;
              });
    for (std::size_t k = begin; k < rows.size(); ++k) {
        unlink(rows[k]);
    }
    best_is_exact_ = false;
}

std::uint32_t TriggerIndex::bucket_at_or_above(std::uint32_t bucket) const {
    const std::uint32_t word = bucket / word_bits;
    if (word >= bits_.size()) {
        return none;
    }
    const std::uint64_t here = bits_[word] & (~std::uint64_t{0} << (bucket % word_bits));
    if (here != 0) {
        return word * word_bits + static_cast<std::uint32_t>(std::countr_zero(here));
    }
    const std::uint32_t next = scan_up(summary_, word + 1, none);
    return next == none
               ? none
               : next * word_bits + static_cast<std::uint32_t>(std::countr_zero(bits_[next]));
}

std::uint32_t TriggerIndex::bucket_at_or_below(std::uint32_t bucket) const {
    const std::uint32_t word = bucket / word_bits;
    const std::uint64_t here =
        bits_[word] & (~std::uint64_t{0} >> (word_bits - 1 - bucket % word_bits));
    if (here != 0) {
        return word * word_bits + word_bits - 1 -
               static_cast<std::uint32_t>(std::countl_zero(here));
    }
    const std::uint32_t previous = word == 0 ? none : scan_down(summary_, word - 1, none);
    return previous == none ? none
                            : previous * word_bits + word_bits - 1 -
                                  static_cast<std::uint32_t>(std::countl_zero(bits_[previous]));
}

std::uint32_t TriggerIndex::first_bucket() const {
    if (heads_.empty()) {
        return none;
    }
    return side_ == Side::buy ? bucket_at_or_below(static_cast<std::uint32_t>(heads_.size()) - 1)
                              : bucket_at_or_above(0);
}

std::uint32_t TriggerIndex::next_bucket(std::uint32_t bucket) const {
    if (side_ == Side::buy) {
        return bucket == 0 ? none : bucket_at_or_below(bucket - 1);
    }
    return bucket_at_or_above(bucket + 1);
}

void check_trigger_index(const TriggerIndex& index) {
    std::uint32_t seen = 0;
    Ticks best;
    for (std::uint32_t b = 0; b < index.heads_.size(); ++b) {
        const bool marked = (index.bits_[b / word_bits] >> (b % word_bits) & 1) != 0;
        CHECK_EQ(marked, index.heads_[b] != TriggerIndex::none);
        std::uint32_t previous = TriggerIndex::none;
        for (std::uint32_t row = index.heads_[b]; row != TriggerIndex::none;) {
            const TriggerIndex::Node& node = index.nodes_[row];
            CHECK_EQ(TriggerIndex::bucket_of(node.price), b);
            CHECK_EQ(node.previous, previous);
            if (best.raw() == 0 || index.comes_before(node.price, best.raw())) {
                best = Ticks::from_raw(node.price);
            }
            previous = row;
            row = node.next;
            ++seen;
        }
    }
    CHECK_EQ(seen, index.count_);
    for (std::size_t w = 0; w < index.bits_.size(); ++w) {
        const bool marked = (index.summary_[w / word_bits] >> (w % word_bits) & 1) != 0;
        CHECK_EQ(marked, index.bits_[w] != 0);
    }
    if (seen > 0) {
        CHECK(!index.comes_before(best.raw(), index.best_.raw()));  // the cached best is a bound
        CHECK(!index.best_is_exact_ || best == index.best_);
    }
}

}  // namespace margincall::inline clearing
