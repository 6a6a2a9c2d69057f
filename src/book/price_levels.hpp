// Price levels of one book: which prices hold orders, and each one's queue. Pages of 1,024 levels
// are given out when a price is first used and taken back when their last level empties, so a book
// costs memory only where orders are, whatever its tick range. A bitmap in three layers (64-bit
// words of levels, a word of words in each page, a 64-ary tree over the pages) finds the next
// occupied price in a few steps, near or far. Both sides share it: a book never crosses, so every
// occupied price up to the best bid is a bid and every one from the best ask on is an ask.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <list>
#include <memory_resource>
#include <vector>

#include "base/check.hpp"

namespace margincall::inline book {

// Price inside the book: 1 .. price_max fits 32 bits. 0 is never occupied and means "none".
using LevelIndex = std::uint32_t;

// Queue of one price: first and last order (slots of the book's slab, 0 = none), and their total
// size.
struct alignas(16) Level {
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    std::int64_t qty = 0;
};

class PriceLevels {
  public:
    static constexpr unsigned page_bits = 10;
    static constexpr LevelIndex page_levels = 1U << page_bits;
    static constexpr LevelIndex price_limit = page_levels
                                              << 18U;  // 64^3 pages in three tree layers

    // pages_hint pages are allocated ahead of use. All memory comes from `memory`.
    PriceLevels(LevelIndex price_max,
                std::size_t pages_hint,
                std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    PriceLevels(const PriceLevels& other);  // from the default resource; not cheap: every page
    PriceLevels& operator=(const PriceLevels&) = delete;
    PriceLevels(PriceLevels&&) = default;
    PriceLevels& operator=(PriceLevels&&) = delete;
    ~PriceLevels() = default;

    // The level of a price that is in use, or about to be (then `mark` must follow).
    [[nodiscard]] Level& touch(LevelIndex price) {
        Page*& page = table_[price >> page_bits];
        if (page == nullptr) [[unlikely]] {
            page = take_page();
        }
        return page->levels[price & level_mask];
    }
    [[nodiscard]] Level& at(LevelIndex price) { return page_of(price).levels[price & level_mask]; }
    [[nodiscard]] const Level& at(LevelIndex price) const {
        return page_of(price).levels[price & level_mask];
    }
    // Brings the level into the cache, if there is one.
    [[gnu::always_inline]] inline void prefetch(LevelIndex price) const {
        if (const Page* page = table_[price >> page_bits]; page != nullptr) [[likely]] {
            __builtin_prefetch(&page->levels[price & level_mask], 1);
        }
    }
    [[nodiscard]] bool occupied(LevelIndex price) const {
        const Page* page = table_[price >> page_bits];
        return page != nullptr &&
               ((page->bits[(price & level_mask) >> 6U] >> (price & 63U)) & 1U) != 0;
    }

    // The level got its first order / lost its last one (and is all zero again).
    void mark(LevelIndex price) {
        Page& page = page_of(price);
        const LevelIndex word = (price & level_mask) >> 6U;
        if (page.words == 0) {
            mark_page(price >> page_bits);
        }
        page.bits[word] |= 1ULL << (price & 63U);
        page.words |= 1U << word;
    }
    void clear(LevelIndex price) {
        Page& page = page_of(price);
        DCHECK(page.levels[price & level_mask].head == 0);
        DCHECK(page.levels[price & level_mask].tail == 0);
        DCHECK(page.levels[price & level_mask].qty == 0);
        const LevelIndex word = (price & level_mask) >> 6U;
        page.bits[word] &= ~(1ULL << (price & 63U));
        if (page.bits[word] == 0) {
            page.words &= ~(1U << word);
            if (page.words == 0) [[unlikely]] {
                clear_page(price >> page_bits);
            }
        }
    }

    // Nearest occupied price strictly below / above; 0 = none. The price itself may lie anywhere in
    // 0 .. price_max and need not be occupied.
    [[nodiscard]] LevelIndex below(LevelIndex price) const {
        const LevelIndex page_number = price >> page_bits;
        if (const Page* page = table_[page_number]; page != nullptr) {
            const LevelIndex word = (price & level_mask) >> 6U;
            const std::uint64_t bits = page->bits[word] & ((1ULL << (price & 63U)) - 1);
            if (bits != 0) [[likely]] {
                return (price & ~LevelIndex{63}) | highest_bit(bits);
            }
            const std::uint32_t words = page->words & ((1U << word) - 1);
            if (words != 0) {
                const LevelIndex found = highest_bit(words);
                return page_number << page_bits | found << 6U | highest_bit(page->bits[found]);
            }
        }
        return highest_in_pages_below(page_number);
    }
    [[nodiscard]] LevelIndex above(LevelIndex price) const {
        const LevelIndex page_number = price >> page_bits;
        if (const Page* page = table_[page_number]; page != nullptr) {
            const LevelIndex word = (price & level_mask) >> 6U;
            const std::uint64_t bits = page->bits[word] & (~std::uint64_t{1} << (price & 63U));
            if (bits != 0) [[likely]] {
                return (price & ~LevelIndex{63}) | lowest_bit(bits);
            }
            const std::uint32_t words = page->words & (~std::uint32_t{1} << word);
            if (words != 0) {
                const LevelIndex found = lowest_bit(words);
                return page_number << page_bits | found << 6U | lowest_bit(page->bits[found]);
            }
        }
        return lowest_in_pages_above(page_number);
    }

    [[nodiscard]] std::size_t pages_allocated() const { return pages_.size(); }

    // Layers agree with each other, pages in use are exactly the occupied ones, spare pages are
    // blank.
    friend void check_levels(const PriceLevels& levels);

  private:
    static constexpr LevelIndex level_mask = page_levels - 1;
    static constexpr std::size_t page_words = page_levels / 64;

    struct alignas(64) Page {
        std::array<std::uint64_t, page_words> bits{};  // bit = level holds orders
        std::uint32_t words = 0;                       // bit = word above is not zero
        std::array<Level, page_levels> levels{};
    };
    static_assert(page_words <= 32, "the words of a page are summed up in 32 bits");

    template <class Word>
    static LevelIndex lowest_bit(Word word) {
        return static_cast<LevelIndex>(std::countr_zero(word));
    }
    template <class Word>
    static LevelIndex highest_bit(Word word) {
        return static_cast<LevelIndex>(std::bit_width(word)) - 1;
    }

    [[nodiscard]] Page& page_of(LevelIndex price) const {
        DCHECK(table_[price >> page_bits] != nullptr);
        return *table_[price >> page_bits];
    }
    Page* take_page();
    void mark_page(LevelIndex page_number);
    void clear_page(LevelIndex page_number);
    [[nodiscard]] LevelIndex highest_in_pages_below(LevelIndex page_number) const;
    [[nodiscard]] LevelIndex lowest_in_pages_above(LevelIndex page_number) const;

    std::pmr::vector<Page*> table_;  // by price >> page_bits; null = nothing there
    std::pmr::list<Page> pages_;     // all pages ever allocated; they stay where they are
    std::pmr::vector<Page*> spare_;  // of those, the ones not in the table; all zero
    // Tree over the pages: tree_[0] has one bit a page, tree_[k] one bit a word of tree_[k - 1].
    std::array<std::pmr::vector<std::uint64_t>, 3> tree_;
};

}  // namespace margincall::inline book
