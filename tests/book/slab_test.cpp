// The parts of the slab: free slots and owners' marks.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "book/free_slots.hpp"
#include "book/owner_marks.hpp"

namespace margincall {
namespace {

TEST(FreeSlots, LowestFirstThenTheLatestFreedButNotTheLastSixteen) {
    FreeSlots free{std::pmr::get_default_resource()};
    EXPECT_TRUE(free.empty());
    EXPECT_EQ(free.next(), 0U);
    free.add(1, 40);
    EXPECT_EQ(free.count(), 40U);
    for (std::uint32_t slot = 1; slot <= 30; ++slot) {
        EXPECT_EQ(free.next(), slot);
        EXPECT_EQ(free.take(), slot);
    }
    for (std::uint32_t slot = 1; slot <= 16; ++slot) {
        free.give_back(slot);
        EXPECT_EQ(free.next(), 31U) << "held back";
    }
    EXPECT_EQ(free.count(), 26U);
    free.give_back(17);
    EXPECT_EQ(free.next(), 1U) << "sixteen others were freed after it";
    free.give_back(18);
    EXPECT_EQ(free.take(), 2U);
    EXPECT_EQ(free.take(), 1U);
    EXPECT_EQ(free.take(), 31U);
    free.add(41, 50);
    EXPECT_EQ(free.take(), 41U);
    std::set<std::uint32_t> seen;
    free.for_each_unsorted([&](std::uint32_t slot) { EXPECT_TRUE(seen.insert(slot).second); });
    EXPECT_EQ(seen.size(), free.count());
    EXPECT_EQ(seen.size(), 34U);  // 3 .. 18, 32 .. 40 and 42 .. 50
    EXPECT_EQ(seen.count(18), 1U);
}

TEST(OwnerMarks, SetOnceAndClearedOnRequest) {
    OwnerMarks marks{std::pmr::get_default_resource()};
    const AccountId near = AccountId::from_raw(63);
    const AccountId far = AccountId::from_raw(1'000'000);
    EXPECT_FALSE(marks.may_have_orders(near));
    marks.clear(far);  // no harm
    marks.mark(near);
    marks.mark(near);
    marks.mark(far);
    marks.mark(AccountId{});
    EXPECT_TRUE(marks.may_have_orders(near));
    EXPECT_TRUE(marks.may_have_orders(far));
    EXPECT_FALSE(marks.may_have_orders(AccountId::from_raw(64)));
    EXPECT_FALSE(marks.may_have_orders(AccountId{}));
    marks.clear(near);
    EXPECT_FALSE(marks.may_have_orders(near));
    EXPECT_TRUE(marks.may_have_orders(far));
}

}  // namespace
}  // namespace margincall
