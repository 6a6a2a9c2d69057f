// Notes which functions of the instrumented objects are entered
// (tools/check_coverage_of_vectors.py). The addresses are kept in memory that forked processes
// share. MC_ENTERED=FILE gets a line "name<TAB>offsets" per test, or one line at the end where the
// program has no tests (MC_ENTERED_PROGRAM).
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#ifndef MC_ENTERED_PROGRAM
#include <gtest/gtest.h>
#endif

extern "C" const char __executable_start;

namespace {

constexpr std::size_t places = 1 << 14;  // far more than the rules have functions
std::atomic<std::uintptr_t>* table() {
    static auto* const memory =
        static_cast<std::atomic<std::uintptr_t>*>(mmap(nullptr,
                                                       places * sizeof(std::uintptr_t),
                                                       PROT_READ | PROT_WRITE,
                                                       MAP_SHARED | MAP_ANONYMOUS,
                                                       -1,
                                                       0));
    return memory;
}
void write(std::FILE* out, const char* suite, const char* name) {
    std::fprintf(out, "%s%s%s\t", suite, *suite != '\0' ? "." : "", name);
    for (std::size_t k = 0; k < places; ++k) {
        if (const std::uintptr_t at = table()[k].exchange(0); at != 0) {
            std::fprintf(out, " %zx", at - reinterpret_cast<std::uintptr_t>(&__executable_start));
        }
    }
    std::fprintf(out, "\n");
    std::fflush(out);
}
std::FILE* open_file() {
    const char* path = std::getenv("MC_ENTERED");
    return path != nullptr ? std::fopen(path, "w") : nullptr;
}

#ifdef MC_ENTERED_PROGRAM
struct AtEnd {
    AtEnd() { (void)table(); }  // before a child could make its own
    ~AtEnd() {
        if (std::FILE* out = open_file(); out != nullptr) {
            write(out, "", "program");
        }
    }
} at_end;
#else
class Notes : public testing::EmptyTestEventListener {
    void OnTestEnd(const testing::TestInfo& test) override {
        write(out_, test.test_suite_name(), test.name());
    }
    std::FILE* out_ = open_file();
};
const bool listening = [] {
    (void)table();  // before a child could make its own
    if (std::getenv("MC_ENTERED") != nullptr) {
        testing::UnitTest::GetInstance()->listeners().Append(new Notes);
    }
    return true;
}();
#endif

}  // namespace

extern "C" void __cyg_profile_func_enter(void* function, void*) {
    const auto at = reinterpret_cast<std::uintptr_t>(function);
    std::size_t k = at / 16 % places;
    for (std::size_t step = 0; step < places; ++step, k = (k + 1) % places) {
        std::uintptr_t there = table()[k].load(std::memory_order_relaxed);
        if (there == at || (there == 0 && table()[k].compare_exchange_strong(there, at)) ||
            there == at) {
            return;
        }
    }
}
extern "C" void __cyg_profile_func_exit(void*, void*) {}
