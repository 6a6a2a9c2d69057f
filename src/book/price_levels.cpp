#include "book/price_levels.hpp"

#include <algorithm>

namespace margincall::inline book {

PriceLevels::PriceLevels(LevelIndex price_max,
                         std::size_t pages_hint,
                         std::pmr::memory_resource* memory)
    : table_{memory},
      pages_{memory},
      spare_{memory},
      tree_{std::pmr::vector<std::uint64_t>{memory},
            std::pmr::vector<std::uint64_t>{memory},
            std::pmr::vector<std::uint64_t>{memory}} {
    CHECK(price_max < price_limit);
    std::size_t count = (price_max >> page_bits) + std::size_t{1};
    table_.resize(count, nullptr);
    for (std::pmr::vector<std::uint64_t>& layer : tree_) {
        count = (count + 63) / 64;
        layer.resize(count, 0);
    }
    const std::size_t ahead = std::min(pages_hint, table_.size());
    spare_.reserve(ahead);
    for (std::size_t k = 0; k < ahead; ++k) {
        spare_.push_back(&pages_.emplace_back());
    }
}

// The table of the copy points into its own pages.
PriceLevels::PriceLevels(const PriceLevels& other)
    : table_(other.table_.size(), nullptr), tree_{other.tree_[0], other.tree_[1], other.tree_[2]} {
    spare_.reserve(other.spare_.capacity());
    for (std::size_t k = 0; k < other.table_.size(); ++k) {
        if (other.table_[k] != nullptr) {
            table_[k] = &pages_.emplace_back(*other.table_[k]);
        }
    }
    for (std::size_t k = 0; k < other.spare_.size(); ++k) {
        spare_.push_back(&pages_.emplace_back());
    }
}

PriceLevels::Page* PriceLevels::take_page() {
    if (spare_.empty()) {
        Page& page = pages_.emplace_back();
        if (spare_.capacity() < pages_.size()) {
            spare_.reserve(2 * pages_.size());  // giving a page back must never allocate
        }
        return &page;
    }
    Page* page = spare_.back();
    spare_.pop_back();
    return page;
}

void PriceLevels::mark_page(LevelIndex page_number) {
    LevelIndex bit = page_number;
    for (std::pmr::vector<std::uint64_t>& layer : tree_) {
        std::uint64_t& word = layer[bit >> 6U];
        const bool was_empty = word == 0;
        word |= 1ULL << (bit & 63U);
        if (!was_empty) {
            return;
        }
        bit >>= 6U;
    }
}

void PriceLevels::clear_page(LevelIndex page_number) {
    spare_.push_back(table_[page_number]);
    table_[page_number] = nullptr;
    LevelIndex bit = page_number;
    for (std::pmr::vector<std::uint64_t>& layer : tree_) {
        std::uint64_t& word = layer[bit >> 6U];
        word &= ~(1ULL << (bit & 63U));
        if (word != 0) {
            return;
        }
        bit >>= 6U;
    }
}

LevelIndex PriceLevels::highest_in_pages_below(LevelIndex page_number) const {
    LevelIndex bit = page_number;
    for (std::size_t layer = 0; layer < tree_.size(); ++layer) {
        const std::uint64_t bits = tree_[layer][bit >> 6U] & ((1ULL << (bit & 63U)) - 1);
        bit >>= 6U;
        if (bits != 0) {
            LevelIndex found = bit << 6U | highest_bit(bits);
            while (layer > 0) {
                --layer;
                found = found << 6U | highest_bit(tree_[layer][found]);
            }
            const Page& page = *table_[found];
            const LevelIndex word = highest_bit(page.words);
            return found << page_bits | word << 6U | highest_bit(page.bits[word]);
        }
    }
    return 0;
}

LevelIndex PriceLevels::lowest_in_pages_above(LevelIndex page_number) const {
    LevelIndex bit = page_number;
    for (std::size_t layer = 0; layer < tree_.size(); ++layer) {
        const std::uint64_t bits = tree_[layer][bit >> 6U] & (~std::uint64_t{1} << (bit & 63U));
        bit >>= 6U;
        if (bits != 0) {
            LevelIndex found = bit << 6U | lowest_bit(bits);
            while (layer > 0) {
                --layer;
                found = found << 6U | lowest_bit(tree_[layer][found]);
            }
            const Page& page = *table_[found];
            const LevelIndex word = lowest_bit(page.words);
            return found << page_bits | word << 6U | lowest_bit(page.bits[word]);
        }
    }
    return 0;
}

void check_levels(const PriceLevels& levels) {
    std::size_t in_use = 0;
    for (std::size_t k = 0; k < levels.table_.size(); ++k) {
        const PriceLevels::Page* page = levels.table_[k];
        CHECK(((levels.tree_[0][k >> 6U] >> (k & 63U)) & 1U) == (page != nullptr ? 1U : 0U));
        if (page == nullptr) {
            continue;
        }
        ++in_use;
        CHECK(page->words != 0);
        for (std::size_t word = 0; word < page->bits.size(); ++word) {
            CHECK(((page->words >> word) & 1U) == (page->bits[word] != 0 ? 1U : 0U));
        }
        for (std::size_t i = 0; i < page->levels.size(); ++i) {
            const Level& level = page->levels[i];
            const bool marked = ((page->bits[i >> 6U] >> (i & 63U)) & 1U) != 0;
            CHECK(marked == (level.head != 0));
            CHECK(marked == (level.tail != 0));
            CHECK(marked == (level.qty > 0));
            CHECK(level.qty >= 0);
        }
    }
    for (std::size_t layer = 1; layer < levels.tree_.size(); ++layer) {
        for (std::size_t k = 0; k < levels.tree_[layer - 1].size(); ++k) {
            const bool marked = ((levels.tree_[layer][k >> 6U] >> (k & 63U)) & 1U) != 0;
            CHECK(marked == (levels.tree_[layer - 1][k] != 0));
        }
    }
    CHECK_EQ(in_use + levels.spare_.size(), levels.pages_.size());
    for (const PriceLevels::Page* page : levels.spare_) {
        CHECK(page->words == 0);
    }
}

}  // namespace margincall::inline book
