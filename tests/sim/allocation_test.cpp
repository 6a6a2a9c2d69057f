// Once warm, neither the order path nor a mark allocates: operator new is counted for the whole
// test program.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sim/small_market.hpp"
#include "support/counted_new.hpp"

namespace margincall {
namespace {

using test::SmallMarket;

// Adds, cancels, amends and trades of fifty traders on three books, and marks that move.
class Flow {
  public:
    explicit Flow(SmallMarket& market) : market_(market) {
        for (int n = 0; n < 50; ++n) {
            accounts_.push_back(market.open(1'000, 20'000));
        }
        sent_.resize(512);
    }
    void orders(int count) {
        for (int n = 0; n < count; ++n) {
            Command& slot = sent_[rng_.below(sent_.size())];
            Command c;
            if (slot.order.valid() && slot.qty.raw() > 0) {
                c = slot;
                c.kind = rng_.chance(0.8) ? CommandKind::cancel : CommandKind::amend;
                slot.qty = Lots{};
            } else {
                c.instrument = InstrumentId::from_raw(static_cast<std::uint32_t>(rng_.below(3)));
                c.account = accounts_[rng_.below(accounts_.size())];
                c.side = rng_.chance(0.5) ? Side::buy : Side::sell;
                const auto away = static_cast<std::int64_t>(rng_.below(20)) - 4;
                c.price = Ticks::from_raw(10'000 + (c.side == Side::buy ? -away : away));
                c.qty = Lots::from_raw(1 + static_cast<std::int64_t>(rng_.below(50)));
            }
            const AddResult result = market_.gateway().execute(c);
            trades_ += market_.gateway().fills().size();
            if (result.resting.raw() > 0) {  // added or amended
                c.kind = CommandKind::add;
                c.order = result.order;
                slot = c;
            }
        }
    }
    void marks(int count) {
        for (int n = 0; n < count; ++n) {
            for (std::uint32_t k = 0; k < 3; ++k) {
                mark_[k] += rng_.chance(0.5) ? 1 : -1;
                market_.set_mark(k, mark_[k]);
            }
            market_.find_due();
        }
    }
    [[nodiscard]] std::uint64_t trades() const { return trades_; }

  private:
    SmallMarket& market_;
    Rng rng_{5, 23, Purpose::test};
    std::vector<AccountId> accounts_;
    std::vector<Command> sent_;
    std::int64_t mark_[3] = {10'000, 10'000, 10'000};
    std::uint64_t trades_ = 0;
};

TEST(Allocation, TheOrderPathAndTheMarkPathAllocateNothingWhenWarm) {
    SmallMarket market{VenueRules{}};
    Flow flow{market};
    for (int n = 0; n < 20; ++n) {
        flow.orders(1'000);
        flow.marks(100);
    }
    const std::uint64_t trades = flow.trades();
    const std::uint64_t evaluations = market.house().evaluations();
    const std::uint64_t before = news();
    for (int n = 0; n < 20; ++n) {
        flow.orders(1'000);
        flow.marks(100);
    }
    EXPECT_EQ(news(), before);
    EXPECT_GT(flow.trades(), trades + 1'000);
    EXPECT_GT(market.house().evaluations(), evaluations);
    market.check();
}

// What the population opens with its positions.
TEST(Allocation, AccountsWithRoomForThemAllocateNothing) {
    SmallMarket market{VenueRules{}};
    ClearingHouse& house = market.house();
    std::vector<AccountId> due;
    const auto open = [&](int accounts, double usd) {
        const std::array positions = {InstrumentId::from_raw(0), InstrumentId::from_raw(2)};
        for (int n = 0; n < accounts; ++n) {
            const std::int64_t side = n % 2 == 0 ? 1 : -1;
            const AccountId a =
                house.open_cross(VenueId::from_raw(0), 1'000, 1, positions, CrossKind::margin_call);
            house.deposit(a, test::dollars(usd), Reason::deposit);
            for (const InstrumentId i : positions) {
                house.open_cross_position(a, i, Lots::from_raw(side * 10), Ticks::from_raw(10'000));
            }
        }
        house.pop_due_cross(due);
    };
    open(10, 30.0);
    house.reserve_cross(1'000, std::array<std::size_t, 3>{1'000, 0, 1'000});
    const std::uint64_t before = news();
    open(1'000, 30.0);
    EXPECT_EQ(news(), before);
    EXPECT_TRUE(due.empty());
    house.finish_opening();
    check_clearing(house);
}

}  // namespace
}  // namespace margincall
