// The plain twin of OrderBook: std::map of std::list per side, ids counted up, owners found by
// looking at everything. Written from the rules in docs/order-book.md without the fast book's data
// structures, so that the two check each other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <vector>

#include "book/order_book.hpp"

namespace margincall {

class MapBook {
  public:
    explicit MapBook(const BookConfig& config) : config_{config} {}

    OrderId reserve(AccountId owner = {}) {
        const OrderId id = OrderId::from_raw(next_id_++);
        orders_[id].state = State::reserved;
        orders_[id].view.account = owner;
        return id;
    }
    [[nodiscard]] bool is_reserved_for(OrderId id, AccountId account) const {
        return is(id, State::reserved) &&
               (!orders_.at(id).view.account.valid() || orders_.at(id).view.account == account);
    }
    void hold(OrderId id) { orders_.at(id).state = State::held; }
    void let_go(OrderId id) { orders_.at(id).state = State::reserved; }
    void release(OrderId id) {
        CHECK(is(id, State::reserved));
        orders_.erase(id);
    }

    AddResult add(const Command& c,
                  std::vector<Fill>& fills,
                  const PositionLimits* limits = nullptr) {
        self_cancelled_.clear();
        removed_.clear();
        AddResult result;
        result.order = c.order;
        result.reject = check(c, limits);
        if (result.reject != Reject::none) {
            if (c.order.valid() && is_reserved_for(c.order, c.account)) {
                orders_.erase(c.order);
            }
            return result;
        }
        if (!result.order.valid()) {
            result.order = reserve();
        }
        Order& order = orders_[result.order];
        order = {.state = State::resting,
                 .view = {c.account, c.side, c.cause, c.price, c.qty, c.reduce_only},
                 .post_only = c.post_only,
                 .arrival = ++arrivals_,
                 .traded = {}};
        const bool can_rest = c.type == OrderType::limit && c.tif == TimeInForce::gtc;
        finish(result, can_rest, fills, limits);
        return result;
    }

    Reject cancel(OrderId id) {
        if (!is(id, State::resting)) {
            return Reject::unknown_order;
        }
        take_out(id);
        orders_.erase(id);
        return Reject::none;
    }

    // What an order has traded is counted here, where the fast book remembers its total.
    [[nodiscard]] Lots amended(OrderId id, Lots qty) const {
        return config_.amend == AmendMeasure::total ? qty - orders_.at(id).traded : qty;
    }
    void shrink(OrderId id, Lots left) {
        orders_.at(id).view.left = left;
        if (left == Lots{}) {
            cancel(id);
        }
    }
    AddResult amend(OrderId id,
                    Ticks price,
                    Lots qty,
                    std::vector<Fill>& fills,
                    const PositionLimits* limits = nullptr) {
        self_cancelled_.clear();
        removed_.clear();
        AddResult result;
        result.order = id;
        if (qty == Lots{}) {
            result.reject = cancel(id);
        } else if (price < Ticks::from_raw(1) || price > config_.price_max) {
            result.reject = Reject::price_out_of_range;
        } else if (qty < Lots{} || qty > config_.qty_max) {
            result.reject = Reject::qty_out_of_range;
        } else if (!is(id, State::resting)) {
            result.reject = Reject::unknown_order;
        } else if (amended(id, qty) <= Lots{}) {
            cancel(id);
        } else if (!has_room(amended(id, qty), everything() - orders_[id].view.left) &&
                   amended(id, qty) > orders_[id].view.left) {
            result.reject = Reject::qty_out_of_range;
        } else if (orders_[id].post_only == PostOnly::yes &&
                   reaches(orders_[id].view.side, price)) {
            result.reject = Reject::post_only_would_take;
        } else if (RestingOrder& order = orders_[id].view;
                   order.price == price && amended(id, qty) <= order.left) {
            order.left = amended(id, qty);
            result.resting = order.left;
        } else {
            take_out(id);
            order.price = price;
            order.left = amended(id, qty);
            finish(result, true, fills, limits);
        }
        return result;
    }

    std::uint32_t cancel_all(AccountId account) {
        self_cancelled_.clear();
        removed_.clear();
        std::map<std::uint64_t, OrderId> by_age;
        for (const auto& [id, order] : orders_) {
            if (account.valid() && order.state == State::resting && order.view.account == account) {
                by_age[order.arrival] = id;
            }
        }
        for (const auto& [arrival, id] : by_age) {
            removed_.push_back({id, orders_[id].view});
            cancel(id);
        }
        return static_cast<std::uint32_t>(by_age.size());
    }

    [[nodiscard]] const std::vector<OrderId>& self_cancelled() const { return self_cancelled_; }
    [[nodiscard]] const std::vector<RemovedOrder>& removed() const { return removed_; }
    [[nodiscard]] Ticks best_bid() const { return bids_.empty() ? Ticks{} : bids_.rbegin()->first; }
    [[nodiscard]] Ticks best_ask() const { return asks_.empty() ? Ticks{} : asks_.begin()->first; }
    [[nodiscard]] bool find(OrderId id, RestingOrder& out) const {
        if (!is(id, State::resting)) {
            return false;
        }
        out = orders_.at(id).view;
        return true;
    }
    [[nodiscard]] Lots level_qty(Ticks price) const {
        Lots total;
        for (const Levels* levels : {&bids_, &asks_}) {
            if (const auto level = levels->find(price); level != levels->end()) {
                for (const OrderId id : level->second) {
                    total += orders_.at(id).view.left;
                }
            }
        }
        return total;
    }
    [[nodiscard]] std::uint64_t live_orders() const {
        return static_cast<std::uint64_t>(
            std::count_if(orders_.begin(), orders_.end(), [](const auto& o) {
                return o.second.state == State::resting;
            }));
    }
    [[nodiscard]] std::uint64_t reserved_orders() const { return orders_.size() - live_orders(); }
    template <class F>
    void for_each_level(Side side, Ticks limit, F&& f) const {
        const auto visit = [&](Ticks price) {
            const bool inside =
                limit == Ticks{} || (side == Side::buy ? price >= limit : price <= limit);
            return inside && f(price, level_qty(price));
        };
        if (side == Side::buy) {
            for (auto level = bids_.rbegin(); level != bids_.rend() && visit(level->first);) {
                ++level;
            }
        } else {
            for (auto level = asks_.begin(); level != asks_.end() && visit(level->first);) {
                ++level;
            }
        }
    }
    template <class F>
    void for_each_order(Ticks price, F&& f) const {
        for (const Levels* levels : {&bids_, &asks_}) {
            if (const auto level = levels->find(price); level != levels->end()) {
                for (const OrderId id : level->second) {
                    f(id, orders_.at(id).view);
                }
            }
        }
    }
    [[nodiscard]] Lots fillable(Side taker, Ticks limit, Lots want) const {
        Lots found;
        for_each_level(opposite(taker), limit, [&](Ticks, Lots qty) {
            found += std::min(qty, want - found);
            return true;
        });
        return found;
    }
    friend void check_book(const MapBook& book) {
        CHECK(book.bids_.empty() || book.asks_.empty() || book.best_bid() < book.best_ask());
    }

  private:
    using Levels = std::map<Ticks, std::list<OrderId>>;
    enum class State : std::uint8_t { reserved, resting, held };
    struct Order {
        State state = State::reserved;
        RestingOrder view;
        PostOnly post_only = PostOnly::no;
        std::uint64_t arrival = 0;
        Lots traded{};
    };

    [[nodiscard]] bool is(OrderId id, State state) const {
        const auto order = orders_.find(id);
        return order != orders_.end() && order->second.state == state;
    }
    [[nodiscard]] bool reaches(Side taker, Ticks price) const {
        return taker == Side::buy ? !asks_.empty() && best_ask() <= price
                                  : !bids_.empty() && best_bid() >= price;
    }
    [[nodiscard]] Ticks limit_of(const Command& c) const {
        if (c.price != Ticks{}) {
            return c.price;
        }
        return c.side == Side::buy ? config_.price_max : Ticks::from_raw(1);
    }
    // Of the 63 bits that hold all, half is for orders of up to 2^30.
    [[nodiscard]] static bool has_room(Lots size, Lots others) {
        return size.raw() <= (std::int64_t{1} << 30U) ||
               i128{size.raw()} + others.raw() <= i128{1} << 62U;
    }
    [[nodiscard]] Lots everything() const {
        Lots sum;
        for (const auto& [id, order] : orders_) {
            sum += order.state == State::resting ? order.view.left : Lots{};
        }
        return sum;
    }
    // How much of a resting order a taker can get.
    [[nodiscard]] Lots open_to_takers(const RestingOrder& maker,
                                      const PositionLimits* limits,
                                      const std::vector<Fill>& fills) const {
        return limits == nullptr || maker.reduce_only == ReduceOnly::no
                   ? maker.left
                   : std::min(
                         maker.left,
                         limits->closable(maker.account, config_.instrument, maker.side, fills));
    }
    [[nodiscard]] Reject check(const Command& c, const PositionLimits* limits) const {
        const bool is_market = c.type == OrderType::market;
        if (c.price < Ticks{} || c.price > config_.price_max ||
            (c.price == Ticks{} && !is_market)) {
            return Reject::price_out_of_range;
        }
        if (c.qty <= Lots{} || c.qty > config_.qty_max || !has_room(c.qty, everything())) {
            return Reject::qty_out_of_range;
        }
        if (c.order.valid() && !is_reserved_for(c.order, c.account)) {
            return Reject::unknown_order;
        }
        if (c.post_only == PostOnly::yes &&
            (is_market || c.tif != TimeInForce::gtc || reaches(c.side, limit_of(c)))) {
            return Reject::post_only_would_take;
        }
        if (c.tif == TimeInForce::fok) {
            // Each order that could trade is written down as a fill, for the limits.
            Lots found;
            bool stopped = false;
            std::vector<Fill> as_if;
            for_each_level(opposite(c.side), limit_of(c), [&](Ticks price, Lots) {
                for_each_order(price, [&](OrderId, const RestingOrder& maker) {
                    if (is_self(c.account, maker.account)) {
                        stopped = stopped || config_.stp != SelfTradePrevention::cancel_maker;
                        return;
                    }
                    const Lots here =
                        stopped ? Lots{}
                                : std::min(open_to_takers(maker, limits, as_if), c.qty - found);
                    found += here;
                    Fill fill;
                    fill.maker = maker.account;
                    fill.taker = c.account;
                    fill.taker_side = c.side;
                    fill.qty = here;
                    as_if.push_back(fill);
                });
                return true;
            });
            if (found < c.qty) {
                return Reject::fok_not_fillable;
            }
        }
        return Reject::none;
    }
    [[nodiscard]] bool is_self(AccountId taker, AccountId maker) const {
        return config_.stp != SelfTradePrevention::none && taker.valid() && taker == maker;
    }

    // Trades what can be traded of an order that is in no level; rests or drops what is left.
    void finish(AddResult& result,
                bool can_rest,
                std::vector<Fill>& fills,
                const PositionLimits* limits) {
        RestingOrder& taker = orders_[result.order].view;
        if (taker.price == Ticks{}) {
            taker.price = taker.side == Side::buy ? config_.price_max : Ticks::from_raw(1);
        }
        while (taker.left > Lots{} && reaches(taker.side, taker.price)) {
            const Ticks price = taker.side == Side::buy ? best_ask() : best_bid();
            Levels& levels = taker.side == Side::buy ? asks_ : bids_;
            const OrderId maker_id = levels[price].front();
            RestingOrder& maker = orders_[maker_id].view;
            if (is_self(taker.account, maker.account)) {
                const SelfTradePrevention stp = config_.stp;
                if (stp != SelfTradePrevention::cancel_taker) {
                    self_cancelled_.push_back(maker_id);
                    removed_.push_back({maker_id, maker});
                    cancel(maker_id);
                }
                if (stp != SelfTradePrevention::cancel_maker) {
                    can_rest = false;
                    break;
                }
                continue;
            }
            const Lots open = open_to_takers(maker, limits, fills);
            if (open < std::min(taker.left, maker.left)) {
                maker.left -= open;
                removed_.push_back({maker_id, maker});
                maker.left = open;
                if (open == Lots{}) {
                    cancel(maker_id);
                    continue;
                }
            }
            const Lots qty = std::min(taker.left, maker.left);
            taker.left -= qty;
            maker.left -= qty;
            if (config_.amend == AmendMeasure::total) {
                orders_[maker_id].traded += qty;
                orders_[result.order].traded += qty;
            }
            result.filled += qty;
            fills.push_back({config_.instrument,
                             maker_id,
                             result.order,
                             maker.account,
                             taker.account,
                             taker.side,
                             maker.cause,
                             taker.cause,
                             price,
                             qty,
                             maker.left});
            if (maker.left == Lots{}) {
                cancel(maker_id);
            }
        }
        if (taker.left > Lots{} && can_rest) {
            result.resting = taker.left;
            (taker.side == Side::buy ? bids_ : asks_)[taker.price].push_back(result.order);
        } else {
            orders_.erase(result.order);
        }
    }
    void take_out(OrderId id) {
        const RestingOrder& order = orders_.at(id).view;
        Levels& levels = order.side == Side::buy ? bids_ : asks_;
        levels.at(order.price).remove(id);
        if (levels.at(order.price).empty()) {
            levels.erase(order.price);
        }
    }

    BookConfig config_;
    Levels bids_;
    Levels asks_;
    std::map<OrderId, Order> orders_;
    std::uint64_t next_id_ = 0;
    std::uint64_t arrivals_ = 0;
    std::vector<OrderId> self_cancelled_;
    std::vector<RemovedOrder> removed_;
};

}  // namespace margincall
