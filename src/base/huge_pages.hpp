// Memory for many tables that together are large and are read here and there: in pages of 2 MB
// where the system gives them, so that the processor seldom has to look up where an address lies.
// Only a hint: without such pages everything works the same, slower. For one large table, BigVector
// does it (base/big_vector.hpp).
#pragma once

#include <cstddef>
#include <memory_resource>

namespace margincall::inline base {

inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

// A resource like std::pmr::new_delete_resource(), for any thread. Every allocation takes whole
// huge pages; for many small ones put a std::pmr::monotonic_buffer_resource in front.
[[nodiscard]] std::pmr::memory_resource* huge_pages();

}  // namespace margincall::inline base
