#include "base/huge_pages.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/check.hpp"

namespace margincall::inline base {

namespace {

class HugePages final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        CHECK(alignment <= huge_page_bytes);
        CHECK(bytes <= SIZE_MAX - huge_page_bytes);
        const std::size_t pages =
            (std::max<std::size_t>(bytes, 1) + huge_page_bytes - 1) / huge_page_bytes;
        void* const memory = std::aligned_alloc(huge_page_bytes, pages * huge_page_bytes);
        CHECK(memory != nullptr);
        // If the system refuses the advice, the memory comes in small pages.
        static_cast<void>(madvise(memory, pages * huge_page_bytes, MADV_HUGEPAGE));
        return memory;
    }
    void do_deallocate(void* memory, std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        std::free(memory);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace

std::pmr::memory_resource* huge_pages() {
    static HugePages resource;
    return &resource;
}

}  // namespace margincall::inline base
