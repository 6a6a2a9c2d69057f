// How many states a bounded exhaustive test went through: noted in the test's record, and asserted,
// so that a loop cannot shrink unseen.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

namespace margincall::test {

class States {
  public:
    explicit States(std::int64_t expected) : expected_{expected} {}
    States(const States&) = delete;
    States& operator=(const States&) = delete;
    States(States&&) = delete;
    States& operator=(States&&) = delete;
    ~States() {
        if (!::testing::Test::HasFatalFailure()) {  // it stopped the loop
            EXPECT_EQ(count_, expected_) << "states gone through";
        }
        ::testing::Test::RecordProperty("states", std::to_string(count_));
    }
    void next() { ++count_; }

  private:
    std::int64_t expected_;
    std::int64_t count_ = 0;
};

}  // namespace margincall::test
