// The fast book against its plain twin: the same random commands to both, everything compared. The
// generator is mean on purpose: stale and foreign handles, prices 0, highest and one above, sizes
// 0, 1, highest and one above, self trades, and orders that mostly meet others.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "book/map_book.hpp"
#include "book/order_book.hpp"

namespace margincall {
namespace {

// Positions as the fills make them, from the same one for every account.
class Positions final : public PositionLimits {
  public:
    explicit Positions(std::int64_t at_start) : at_start_(at_start) {}
    void settle(const std::vector<Fill>& fills) {
        for (const Fill& fill : fills) {
            lots_[fill.maker] -= sign(fill.taker_side) * fill.qty.raw();
            lots_[fill.taker] += sign(fill.taker_side) * fill.qty.raw();
        }
    }
    [[nodiscard]] Lots closable(AccountId account,
                                InstrumentId instrument,
                                Side side,
                                std::span<const Fill> unsettled) const override {
        EXPECT_EQ(instrument.raw(), 7U);
        const auto found = lots_.find(account);
        i128 held = at_start_ + (found == lots_.end() ? 0 : found->second);
        for (const Fill& fill : unsettled) {
            held -= fill.maker == account ? sign(fill.taker_side) * fill.qty.raw() : 0;
            held += fill.taker == account ? sign(fill.taker_side) * fill.qty.raw() : 0;
        }
        return Lots::from_raw(static_cast<std::int64_t>(
            std::clamp<i128>(-sign(side) * held, 0, std::int64_t{INT64_MAX})));
    }

  private:
    std::int64_t at_start_;
    std::map<AccountId, i128> lots_;
};

class Duel {
  public:
    Duel(std::uint64_t seed, std::uint64_t episode)
        : rng_{seed, episode, Purpose::test},
          config_{draw_config()},
          positions_{static_cast<std::int64_t>(rng_.below(3) * 20)},
          with_limits_{rng_.below(2) == 0},
          fast_{config_},
          plain_{config_} {
        const std::int64_t top = config_.price_max.raw();
        width_ = std::min<std::int64_t>(top, std::int64_t{1} << (1 + rng_.below(9)));
        const std::array<std::int64_t, 3> places = {0, top - width_, top / 2 - width_ / 2};
        base_ = std::max<std::int64_t>(0, places[rng_.below(places.size())]);
        accounts_ = 1 + static_cast<std::uint32_t>(rng_.below(9));
        qty_small_ = 1 + static_cast<std::int64_t>(rng_.below(50));
    }

    // How often the whole book is checked: every so many operations.
    void run(std::uint64_t operations, std::uint64_t check_every) {
        for (std::uint64_t k = 0; k < operations && !::testing::Test::HasFailure(); ++k) {
            SCOPED_TRACE("operation " + std::to_string(k));
            step();
            compare_edges();
            if (k % check_every == 0) {
                check_book(fast_);
            }
            if (k % 512 == 0 || k + 1 == operations) {
                compare_all();
            }
        }
    }

  private:
    struct Handles {
        OrderId fast;
        OrderId plain;
    };

    BookConfig draw_config() {
        constexpr std::array<std::int64_t, 7> tops = {1, 2, 63, 1023, 1024, 70'000, 16'777'215};
        constexpr std::array<std::int64_t, 4> sizes = {
            60, 1'000'000, std::int64_t{1} << 40, INT64_MAX / 3};
        BookConfig config;
        config.instrument = InstrumentId::from_raw(7);
        config.price_max = Ticks::from_raw(tops[rng_.below(tops.size())]);
        config.qty_max = Lots::from_raw(sizes[rng_.below(sizes.size())]);
        config.price_hint = Ticks::from_raw(config.price_max.raw() / 2);
        config.orders_hint = static_cast<std::uint32_t>(rng_.below(4) * 50);
        config.stp = static_cast<SelfTradePrevention>(rng_.below(4));
        config.amend = static_cast<AmendMeasure>(rng_.below(2));
        if (rng_.below(2) == 0) {
            config.memory = &memory_;
        }
        return config;
    }

    std::int64_t draw_price() {
        const std::int64_t top = config_.price_max.raw();
        switch (rng_.below(40)) {
            case 0:
                return 0;
            case 1:
                return top;
            case 2:
                return top + 1;
            case 3:
                return -1;
            case 4:
                return 1;
            case 5:
                return 1 + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(top)));
            default:
                return base_ + static_cast<std::int64_t>(
                                   rng_.below(static_cast<std::uint64_t>(width_ + 1)));
        }
    }
    std::int64_t draw_qty() {
        switch (rng_.below(40)) {
            case 0:
                return 0;
            case 1:
                return config_.qty_max.raw();
            case 2:
                return config_.qty_max.raw() + 1;
            case 3:
                return -5;
            case 4:
                return 1;
            case 5:
            case 6:
                return std::min(config_.qty_max.raw(), qty_small_ * 20);
            default:
                return 1 + static_cast<std::int64_t>(
                               rng_.below(static_cast<std::uint64_t>(qty_small_)));
        }
    }
    AccountId draw_account() {
        const auto n = static_cast<std::uint32_t>(rng_.below(accounts_ + 1));
        return n == 0 ? AccountId{} : AccountId::from_raw(n * 300);  // some in pages of their own
    }
    // Mostly one of the last handles, sometimes any, now and then one that never was.
    Handles draw_handle() {
        const std::uint64_t count = handles_.size();
        if (count == 0 || rng_.below(50) == 0) {
            constexpr std::array<std::uint64_t, 4> wrong = {
                UINT64_MAX, std::uint64_t{1} << 63U, 0, UINT32_MAX};
            const std::uint64_t raw = wrong[rng_.below(wrong.size())];
            return {OrderId::from_raw(raw), OrderId::from_raw(raw == 0 ? UINT64_MAX - 1 : raw)};
        }
        const std::uint64_t back =
            rng_.below(10) == 0 ? count : std::min<std::uint64_t>(count, 150);
        return handles_[count - 1 - rng_.below(back)];
    }
    Handles reserve_both() {
        const AccountId owner = rng_.below(2) == 0 ? AccountId{} : draw_account();
        const Handles h{fast_.reserve(owner), plain_.reserve(owner)};
        note(h);
        return h;
    }
    void note(Handles h) {
        const std::uint64_t serial = handles_.size();
        EXPECT_TRUE(fast_serial_.emplace(h.fast.raw(), serial).second)
            << "an id was handed out twice";
        plain_serial_.emplace(h.plain.raw(), serial);
        handles_.push_back(h);
    }

    void step() {
        fast_fills_.clear();
        plain_fills_.clear();
        if (!handles_.empty()) {  // changes nothing
            const OrderId id = handles_[rng_.below(handles_.size())].fast;
            fast_.prefetch(id);
            fast_.prefetch_around(id, config_.price_max);
        }
        const std::uint64_t dice = rng_.below(100);
        if (dice < 52) {
            add();
        } else if (dice < 72) {
            const Handles h = draw_handle();
            EXPECT_EQ(fast_.cancel(h.fast), plain_.cancel(h.plain));
        } else if (dice < 94) {
            const Handles h = draw_handle();
            amend(h);
        } else if (dice < 96) {
            const AccountId account = draw_account();
            EXPECT_EQ(fast_.cancel_all(account), plain_.cancel_all(account));
        } else if (dice < 97) {
            waiting_.push_back(reserve_both());
        } else if (dice < 98) {
            hold_or_let_go();
        } else if (dice < 99) {
            shrink(draw_handle());
        } else if (!waiting_.empty()) {
            // Never added, unless add() happened to draw it.
            const Handles h = waiting_.back();
            waiting_.pop_back();
            RestingOrder ignored;
            if (!fast_.find(h.fast, ignored) && used_.count(h.fast.raw()) == 0 &&
                fast_.is_reserved_for(h.fast, AccountId{})) {
                fast_.release(h.fast);
                plain_.release(h.plain);
                used_[h.fast.raw()] = true;
            }
        }
        compare_fills();
        compare_removed();
        positions_.settle(fast_fills_);
    }

    // Of a handle that waits for its order: as if the order were a stop for a while.
    void hold_or_let_go() {
        if (held_) {
            fast_.let_go(held_->fast);
            plain_.let_go(held_->plain);
            held_.reset();
        } else if (!waiting_.empty()) {
            const Handles h = waiting_[rng_.below(waiting_.size())];
            const AccountId account = draw_account();
            EXPECT_EQ(fast_.is_reserved_for(h.fast, account),
                      plain_.is_reserved_for(h.plain, account));
            if (fast_.is_reserved_for(h.fast, account)) {
                fast_.hold(h.fast);
                plain_.hold(h.plain);
                held_ = h;
            }
        }
    }
    void shrink(Handles h) {
        RestingOrder now;
        if (fast_.find(h.fast, now)) {
            const Lots left = Lots::from_raw(static_cast<std::int64_t>(
                rng_.below(static_cast<std::uint64_t>(now.left.raw()) + 1)));
            fast_.shrink(h.fast, left);
            plain_.shrink(h.plain, left);
        }
    }

    void add() {
        Command c;
        c.type = rng_.below(8) == 0 ? OrderType::market : OrderType::limit;
        c.tif = rng_.below(3) == 0 ? static_cast<TimeInForce>(1 + rng_.below(2)) : TimeInForce::gtc;
        c.post_only = rng_.below(8) == 0 ? PostOnly::yes : PostOnly::no;
        c.reduce_only = rng_.below(4) == 0 ? ReduceOnly::yes : ReduceOnly::no;
        c.side = static_cast<Side>(rng_.below(2));
        c.cause = static_cast<Cause>(rng_.below(static_cast<std::uint64_t>(Cause::count_)));
        c.account = draw_account();
        c.price =
            Ticks::from_raw(c.type == OrderType::market && rng_.below(4) != 0 ? 0 : draw_price());
        c.qty = Lots::from_raw(draw_qty());
        Handles h;
        const std::uint64_t dice = rng_.below(10);
        if (dice < 5) {
            h = reserve_both();
        } else if (dice < 6) {
            h = draw_handle();
        } else if (dice < 7 && !waiting_.empty()) {
            h = waiting_[rng_.below(waiting_.size())];
        }
        used_[h.fast.raw()] = true;
        Command plain = c;
        c.order = h.fast;
        plain.order = h.plain;
        const AddResult a = fast_.add(c, fast_fills_, limits());
        const AddResult b = plain_.add(plain, plain_fills_, limits());
        if (!h.fast.valid() && a.order.valid() && b.order.valid()) {
            note({a.order, b.order});
        }
        compare_results(a, b);
        if (a.reject == Reject::none) {
            EXPECT_LE(a.filled + a.resting, c.qty);
            Lots sum;
            for (const Fill& fill : fast_fills_) {
                sum += fill.qty;
            }
            EXPECT_EQ(sum, a.filled);
        }
        touched_ = c.price;
    }
    void amend(Handles h) {
        RestingOrder now;
        const bool lives = fast_.find(h.fast, now);
        Ticks price = Ticks::from_raw(draw_price());
        Lots qty = Lots::from_raw(draw_qty());
        if (lives && rng_.below(2) == 0) {
            price = now.price;
        }
        if (lives && rng_.below(4) == 0) {
            qty = now.left;
        }
        const AddResult a = fast_.amend(h.fast, price, qty, fast_fills_, limits());
        const AddResult b = plain_.amend(h.plain, price, qty, plain_fills_, limits());
        compare_results(a, b);
        touched_ = price;
    }

    void compare_results(const AddResult& a, const AddResult& b) {
        EXPECT_EQ(a.reject, b.reject);
        EXPECT_EQ(a.filled, b.filled);
        EXPECT_EQ(a.resting, b.resting);
        compare_ids(a.order, b.order);
        RestingOrder x;
        RestingOrder y;
        EXPECT_EQ(fast_.find(a.order, x), plain_.find(b.order, y));
        EXPECT_TRUE(x == y);
    }
    void compare_ids(OrderId fast, OrderId plain) {
        const auto a = fast_serial_.find(fast.raw());
        const auto b = plain_serial_.find(plain.raw());
        ASSERT_EQ(a == fast_serial_.end(), b == plain_serial_.end());
        if (a != fast_serial_.end()) {
            EXPECT_EQ(a->second, b->second);
        }
    }
    void compare_fills() {
        ASSERT_EQ(fast_fills_.size(), plain_fills_.size());
        for (std::size_t k = 0; k < fast_fills_.size(); ++k) {
            const Fill& a = fast_fills_[k];
            const Fill& b = plain_fills_[k];
            compare_ids(a.maker_order, b.maker_order);
            compare_ids(a.taker_order, b.taker_order);
            EXPECT_EQ(a.instrument, b.instrument);
            EXPECT_EQ(a.maker, b.maker);
            EXPECT_EQ(a.taker, b.taker);
            EXPECT_EQ(a.taker_side, b.taker_side);
            EXPECT_EQ(a.maker_cause, b.maker_cause);
            EXPECT_EQ(a.taker_cause, b.taker_cause);
            EXPECT_EQ(a.price, b.price);
            EXPECT_EQ(a.qty, b.qty);
            EXPECT_EQ(a.maker_left, b.maker_left);
        }
    }
    void compare_removed() {
        ASSERT_EQ(fast_.self_cancelled().size(), plain_.self_cancelled().size());
        for (std::size_t k = 0; k < fast_.self_cancelled().size(); ++k) {
            compare_ids(fast_.self_cancelled()[k], plain_.self_cancelled()[k]);
        }
        // The order in which a mass cancel lists them is left open: compared by serial number.
        const auto a = by_serial(fast_.removed(), fast_serial_);
        const auto b = by_serial(plain_.removed(), plain_serial_);
        ASSERT_EQ(fast_.removed().size(), a.size());
        ASSERT_EQ(plain_.removed().size(), b.size());
        EXPECT_TRUE(a == b);
    }
    static std::map<std::uint64_t, RestingOrder> by_serial(
        const std::vector<RemovedOrder>& removed,
        const std::unordered_map<std::uint64_t, std::uint64_t>& serial) {
        std::map<std::uint64_t, RestingOrder> out;
        for (const RemovedOrder& r : removed) {
            out[serial.at(r.id.raw())] = r.order;
        }
        return out;
    }
    void compare_edges() {
        EXPECT_EQ(fast_.best_bid(), plain_.best_bid());
        EXPECT_EQ(fast_.best_ask(), plain_.best_ask());
        EXPECT_EQ(fast_.level_qty(touched_), plain_.level_qty(touched_));
        const Side side = static_cast<Side>(rng_.below(2));
        const Lots want = Lots::from_raw(static_cast<std::int64_t>(rng_.below(500)));
        EXPECT_EQ(fast_.fillable(side, touched_, want), plain_.fillable(side, touched_, want));
    }
    void compare_all() {
        EXPECT_EQ(fast_.live_orders(), plain_.live_orders());
        EXPECT_EQ(fast_.reserved_orders(), plain_.reserved_orders());
        for (const Side side : {Side::buy, Side::sell}) {
            for (const Ticks limit : {Ticks{}, Ticks::from_raw(base_ + width_ / 2)}) {
                std::vector<std::pair<Ticks, Lots>> a;
                std::vector<std::pair<Ticks, Lots>> b;
                fast_.for_each_level(
                    side, limit, [&](Ticks p, Lots q) { return a.emplace_back(p, q), true; });
                plain_.for_each_level(
                    side, limit, [&](Ticks p, Lots q) { return b.emplace_back(p, q), true; });
                ASSERT_TRUE(a == b);
                if (limit == Ticks{}) {
                    for (const auto& [price, qty] : a) {
                        compare_queue(price);
                    }
                }
            }
        }
    }
    void compare_queue(Ticks price) {
        std::vector<std::pair<OrderId, RestingOrder>> a;
        std::vector<std::pair<OrderId, RestingOrder>> b;
        fast_.for_each_order(price,
                             [&](OrderId id, const RestingOrder& o) { a.emplace_back(id, o); });
        plain_.for_each_order(price,
                              [&](OrderId id, const RestingOrder& o) { b.emplace_back(id, o); });
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t k = 0; k < a.size(); ++k) {
            compare_ids(a[k].first, b[k].first);
            EXPECT_TRUE(a[k].second == b[k].second);
        }
    }

    [[nodiscard]] const PositionLimits* limits() const {
        return with_limits_ ? &positions_ : nullptr;
    }

    Rng rng_;
    std::pmr::monotonic_buffer_resource memory_;  // of some books
    BookConfig config_;
    Positions positions_;
    bool with_limits_;
    OrderBook fast_;
    MapBook plain_;
    std::int64_t base_ = 0;  // most prices fall into base_ .. base_ + width_
    std::int64_t width_ = 1;
    std::uint32_t accounts_ = 1;
    std::int64_t qty_small_ = 1;
    std::vector<Handles> handles_;  // by serial number, in the order of handing out
    std::vector<Handles> waiting_;  // reserved for later
    std::optional<Handles> held_;   // one of them
    std::unordered_map<std::uint64_t, std::uint64_t> fast_serial_;
    std::unordered_map<std::uint64_t, std::uint64_t> plain_serial_;
    std::unordered_map<std::uint64_t, bool> used_;
    Ticks touched_;
    std::vector<Fill> fast_fills_;
    std::vector<Fill> plain_fills_;
};

void duel(std::uint64_t seed,
          std::uint64_t episodes,
          std::uint64_t operations,
          std::uint64_t check_every) {
    for (std::uint64_t episode = 0; episode < episodes; ++episode) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", episode " + std::to_string(episode));
        Duel{seed, episode}.run(operations, check_every);
        if (::testing::Test::HasFailure()) {
            return;
        }
    }
}

TEST(BookDifferential, CheckedAfterEveryOperation) {
    duel(1, 100, 200, 1);
}
TEST(BookDifferential, TwoHundredThousandOperations) {
    duel(2, 100, 2'000, 97);
}
TEST(SlowBookDifferential, TwelveMillionOperations) {
    duel(20'260'101, 2'400, 5'000, 997);
}

}  // namespace
}  // namespace margincall
