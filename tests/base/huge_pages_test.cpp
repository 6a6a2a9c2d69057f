#include "base/huge_pages.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory_resource>
#include <numeric>
#include <vector>

namespace margincall {
namespace {

TEST(HugePages, LargeTablesStartAtAPage) {
    std::pmr::vector<std::uint64_t> table(1'000'000, 7, huge_pages());
    void* start = table.data();
    std::size_t space = huge_page_bytes;
    EXPECT_EQ(std::align(huge_page_bytes, huge_page_bytes, start, space), table.data());
    EXPECT_EQ(std::accumulate(table.begin(), table.end(), std::uint64_t{0}), 7'000'000U);
    table.resize(2'000'000, 1);  // moves
    EXPECT_EQ(std::accumulate(table.begin(), table.end(), std::uint64_t{0}), 8'000'000U);
}

TEST(HugePages, ServeManySmallOnesBehindABuffer) {
    std::pmr::monotonic_buffer_resource buffer{huge_page_bytes, huge_pages()};
    std::vector<std::pmr::vector<int>> small;
    for (int k = 0; k < 10'000; ++k) {
        small.emplace_back(std::size_t{100}, k, &buffer);
    }
    for (int k = 0; k < 10'000; ++k) {
        ASSERT_EQ(small[static_cast<std::size_t>(k)].front(), k);
        ASSERT_EQ(small[static_cast<std::size_t>(k)].back(), k);
    }
}

TEST(HugePages, NothingIsAnAllocationToo) {
    void* memory = huge_pages()->allocate(0);
    EXPECT_NE(memory, nullptr);
    huge_pages()->deallocate(memory, 0);
    EXPECT_TRUE(huge_pages()->is_equal(*huge_pages()));
    EXPECT_FALSE(huge_pages()->is_equal(*std::pmr::new_delete_resource()));
}

}  // namespace
}  // namespace margincall
