// Once warm, no operation of the book allocates: operator new is counted for the whole test
// program.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "book/order_book.hpp"
#include "support/counted_new.hpp"

namespace margincall {
namespace {

// A busy market around a price that wanders, with every kind of command.
class Market {
  public:
    explicit Market(OrderBook& book) : book_{book} {
        live_.reserve(4'096);
        fills_.reserve(4'096);
    }
    void run(int operations) {
        for (int k = 0; k < operations; ++k) {
            step();
        }
    }

  private:
    void step() {
        fills_.clear();
        mid_ += static_cast<std::int64_t>(rng_.below(3)) - 1;
        mid_ = std::clamp<std::int64_t>(mid_, 90'000, 110'000);
        const std::uint64_t dice = rng_.below(100);
        if (live_.size() < 4'000 && dice < 60) {
            Command c;
            c.side = static_cast<Side>(rng_.below(2));
            c.type = rng_.below(20) == 0 ? OrderType::market : OrderType::limit;
            c.tif = static_cast<TimeInForce>(rng_.below(30) < 28 ? 0 : 1 + rng_.below(2));
            c.account = AccountId::from_raw(static_cast<std::uint32_t>(rng_.below(1'000)));
            c.order = book_.reserve();
            c.price = Ticks::from_raw(
                mid_ - sign(c.side) * (static_cast<std::int64_t>(rng_.below(3'000)) - 30));
            c.qty = Lots::from_raw(1 + static_cast<std::int64_t>(rng_.below(100)));
            if (book_.add(c, fills_).resting > Lots{}) {
                live_.push_back(c.order);
            }
        } else if (dice < 98 && !live_.empty()) {
            const std::size_t which = rng_.below(live_.size());
            if (dice < 75) {
                book_.amend(
                    live_[which],
                    Ticks::from_raw(mid_ + static_cast<std::int64_t>(rng_.below(2'000)) - 1'000),
                    Lots::from_raw(static_cast<std::int64_t>(rng_.below(50))),
                    fills_);
            } else {
                book_.cancel(live_[which]);
                live_[which] = live_.back();
                live_.pop_back();
            }
        } else if (dice == 98) {
            book_.cancel_all(AccountId::from_raw(static_cast<std::uint32_t>(rng_.below(1'000))));
        } else {
            book_.release(book_.reserve());
        }
    }

    OrderBook& book_;
    Rng rng_{5, 6, Purpose::test};
    std::int64_t mid_ = 100'000;
    std::vector<OrderId> live_;
    std::vector<Fill> fills_;
};

// Counts what it gives out.
class CountingMemory final : public std::pmr::memory_resource {
  public:
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t calls() const { return calls_; }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        bytes_ += bytes;
        ++calls_;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        bytes_ -= bytes;
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
    std::size_t bytes_ = 0;
    std::uint64_t calls_ = 0;
};

TEST(BookAllocation, OrdersAndLevelsLieWhereTheBookIsTold) {
    CountingMemory memory;
    {
        BookConfig config;
        config.instrument = InstrumentId::from_raw(1);
        config.price_max = Ticks::from_raw(16'777'215);
        config.qty_max = Lots::from_raw(1'000'000);
        config.price_hint = Ticks::from_raw(100'000);
        config.orders_hint = 100;
        config.memory = &memory;
        OrderBook first{config};
        OrderBook book{std::move(first)};
        Market market{book};
        market.run(50'000);
        EXPECT_GT(memory.bytes(), book.pages_allocated() * 16'384 + book.live_orders() * 32);
        const std::uint64_t calls = memory.calls();
        market.run(50'000);
        EXPECT_EQ(memory.calls(), calls);
        check_book(book);
    }
    EXPECT_EQ(memory.bytes(), 0U);
}

TEST(BookAllocation, NoneWhenWarm) {
    OrderBook book{{.instrument = InstrumentId::from_raw(1),
                    .price_max = Ticks::from_raw(16'777'215),
                    .qty_max = Lots::from_raw(1'000'000),
                    .price_hint = Ticks::from_raw(100'000)}};
    Market market{book};
    market.run(100'000);
    const std::uint64_t before = news();
    EXPECT_GT(before, 0U);
    market.run(300'000);
    EXPECT_EQ(news(), before);
    check_book(book);
    EXPECT_GT(book.live_orders(), 100U);
}

}  // namespace
}  // namespace margincall
