// The switch itself, and per test the places it asked (MC_MUTANT=-1, MC_MUTANT_SEEN=FILE): one line
// "suite.name<TAB>milliseconds<TAB>ids".
#include "mut.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mut {

constexpr int most_places = 1 << 16;

Switch::Switch() {
    const char* asked = std::getenv("MC_MUTANT");
    id = asked != nullptr ? std::atoi(asked) : 0;
    void* memory =
        mmap(nullptr, most_places, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    seen = memory != MAP_FAILED ? static_cast<unsigned char*>(memory) : nullptr;
}
__attribute__((init_priority(101))) Switch active;

namespace {

class Notes : public testing::EmptyTestEventListener {
  public:
    void OnTestProgramStart(const testing::UnitTest&) override {
        std::memcpy(always_, active.seen, most_places);  // asked by constants, for every test
        const char* path = std::getenv("MC_MUTANT_SEEN");
        out_ = path != nullptr ? std::fopen(path, "w") : nullptr;
    }
    void OnTestEnd(const testing::TestInfo& test) override {
        if (out_ == nullptr) {
            return;
        }
        std::fprintf(out_,
                     "%s.%s\t%lld\t",
                     test.test_suite_name(),
                     test.name(),
                     static_cast<long long>(test.result()->elapsed_time()));
        for (int id = 0; id < most_places; ++id) {
            if (active.seen[id] != 0 || always_[id] != 0) {
                std::fprintf(out_, " %d", id);
            }
        }
        std::fprintf(out_, "\n");
        std::fflush(out_);
        std::memset(active.seen, 0, most_places);
    }

  private:
    unsigned char always_[most_places];
    std::FILE* out_ = nullptr;
};
[[maybe_unused]] const bool listening = [] {
    if (active.id < 0) {
        testing::UnitTest::GetInstance()->listeners().Append(new Notes);
    }
    return true;
}();

}  // namespace
}  // namespace mut
