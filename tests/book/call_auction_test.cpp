// The price of a reopening auction: by hand, and every small book against a search tick by tick.
#include "book/call_auction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace margincall {
namespace {

CallLevel level(std::int64_t price, std::int64_t qty) {
    return {Ticks::from_raw(price), Lots::from_raw(qty)};
}

CallPrice called(const std::vector<CallLevel>& bids,
                 const std::vector<CallLevel>& asks,
                 std::int64_t reference) {
    return call_price(bids, asks, Ticks::from_raw(reference));
}

TEST(CallAuction, MostIsTraded) {
    // At 101: bids 3 + 2, asks 4 + 0. At 100: bids 3 + 2 + 5, asks 4.
    const CallPrice call =
        called({level(103, 3), level(101, 2), level(100, 5)}, {level(99, 4), level(104, 9)}, 0);

    EXPECT_EQ(call.volume, Lots::from_raw(4));
    EXPECT_EQ(call.price, Ticks::from_raw(101));  // 1 lot is left over; at 100 and 99 it is 6
}

TEST(CallAuction, OfEqualRestsTheNearestToTheReference) {
    const std::vector<CallLevel> bids = {level(110, 5)};
    const std::vector<CallLevel> asks = {level(90, 5)};

    EXPECT_EQ(called(bids, asks, 97).price, Ticks::from_raw(97));
    EXPECT_EQ(called(bids, asks, 200).price, Ticks::from_raw(110));
    EXPECT_EQ(called(bids, asks, 1).price, Ticks::from_raw(90));
    EXPECT_EQ(called(bids, asks, 0).price, Ticks::from_raw(90));  // the lower
}

TEST(CallAuction, OfTwoAsNearTheLower) {
    // 100 lies between the two prices at which anything trades, and nothing trades at it: asks of 102
    // meet bids of 102, bids of 98 asks of 98, each alone.
    const CallPrice call =
        called({level(102, 1), level(98, 1)}, {level(98, 1), level(102, 1)}, 100);

    EXPECT_EQ(call.volume, Lots::from_raw(1));
    EXPECT_EQ(call.price, Ticks::from_raw(100));
    const CallPrice without =
        called({level(102, 1), level(98, 1)}, {level(98, 1), level(102, 1)}, 0);
    EXPECT_EQ(without.price, Ticks::from_raw(98));
}

TEST(CallAuction, NobodyMeetsAnybody) {
    EXPECT_EQ(called({level(99, 5)}, {level(100, 5)}, 100).price.raw(), 0);
    EXPECT_EQ(called({}, {level(100, 5)}, 100).volume.raw(), 0);
}

// Up to two bids and two asks of 1 or 2 lots at five prices, with six references: against the rule
// read literally, over every tick.
TEST(CallAuction, EverySmallBookAgainstASearch) {
    std::vector<std::vector<CallLevel>> sides = {{}};
    for (std::int64_t p = 1; p <= 5; ++p) {
        for (std::int64_t q = 1; q <= 2; ++q) {
            sides.push_back({level(p, q)});
            for (std::int64_t p2 = p; p2 <= 5; ++p2) {
                sides.push_back({level(p, q), level(p2, 1)});
            }
        }
    }
    std::size_t seen = 0;
    std::size_t traded = 0;
    for (const auto& bids : sides) {
        for (const auto& asks : sides) {
            for (std::int64_t reference = 0; reference <= 6; reference += 2) {
                CallPrice best;
                std::int64_t rest = 0;
                for (std::int64_t p = 1; p <= 6; ++p) {
                    // Prices that are nobody's limit and not the reference are not looked at.
                    const auto is_at = [&](const CallLevel& l) { return l.price.raw() == p; };
                    if (p != reference && std::none_of(bids.begin(), bids.end(), is_at) &&
                        std::none_of(asks.begin(), asks.end(), is_at)) {
                        continue;
                    }
                    std::int64_t demand = 0;
                    std::int64_t supply = 0;
                    for (const CallLevel& l : bids) {
                        demand += l.price.raw() >= p ? l.qty.raw() : 0;
                    }
                    for (const CallLevel& l : asks) {
                        supply += l.price.raw() <= p ? l.qty.raw() : 0;
                    }
                    const std::int64_t volume = std::min(demand, supply);
                    const std::int64_t left = std::abs(demand - supply);
                    const auto away = [&](std::int64_t price) {
                        return reference > 0 ? std::abs(price - reference) : 0;
                    };
                    const bool better =
                        volume > best.volume.raw() ||
                        (volume == best.volume.raw() && volume > 0 &&
                         (left < rest || (left == rest && away(p) < away(best.price.raw()))));
                    if (better) {
                        best = {Ticks::from_raw(p), Lots::from_raw(volume)};
                        rest = left;
                    }
                }
                const CallPrice call = called(bids, asks, reference);
                ASSERT_EQ(call.price, best.price);
                ASSERT_EQ(call.volume, best.volume);
                ++seen;
                traded += best.volume.raw() > 0 ? 1U : 0U;
            }
        }
    }
    EXPECT_EQ(seen, 41U * 41U * 4U);
    EXPECT_GT(traded, 2'000U);
}

}  // namespace
}  // namespace margincall
