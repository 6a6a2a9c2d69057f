// A vector for arrays of many megabytes that are touched at random: it asks the system for large
// memory pages, so that an access costs one cache miss and not a walk through the page table
// besides.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace margincall::inline base {

template <class T>
struct BigPageAllocator {
    using value_type = T;
    static constexpr std::size_t page = std::size_t{1} << 21;

    BigPageAllocator() = default;
    template <class U>
    // Containers convert allocators silently. NOLINTNEXTLINE(google-explicit-constructor)
    BigPageAllocator(const BigPageAllocator<U>& /*other*/) {}

    [[nodiscard]] T* allocate(std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        if (bytes < page) {
            return static_cast<T*>(::operator new (bytes, std::align_val_t{alignof(T)}));
        }
        void* const memory = ::operator new (bytes, std::align_val_t{page});
        // Only advice: without large pages everything works as well, but slower.
        (void)madvise(memory, bytes / page * page, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t n) noexcept {
        const std::size_t alignment = n * sizeof(T) < page ? alignof(T) : page;
        ::operator delete (memory, std::align_val_t{alignment});
    }
    friend bool operator==(const BigPageAllocator& /*a*/, const BigPageAllocator& /*b*/) {
        return true;
    }
};

template <class T>
using BigVector = std::vector<T, BigPageAllocator<T>>;

}  // namespace margincall::inline base
