// Stop orders that wait outside the books for a price. Each instrument has six lists: rising and
// falling, by the last, mark and index price. A price that reaches nobody costs one comparison a
// list; otherwise the cost follows what it sets off.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "market/order.hpp"

namespace margincall::inline clearing {

class StopOrders {
  public:
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    // Whether the price, as far as it is known, is at the trigger already.
    [[nodiscard]] bool is_reached(const Command& stop) const;
    void add(const Command& stop);  // a name that nobody has
    // Null: there is none of that name.
    [[nodiscard]] const Command* find(InstrumentId i, OrderId order) const {
        const auto at = waiting_.find({i, order});
        return at == waiting_.end() ? nullptr : &at->second.command;
    }
    // Whether its price has come or not; there must be one.
    Command remove(InstrumentId i, OrderId order);
    // The account's stops in one book are taken out: f(OrderId), in the order of their ids.
    template <class F>
    void remove_all(InstrumentId i, AccountId account, F&& f) {
        auto at = waiting_.lower_bound({i, OrderId::from_raw(0)});
        while (at != waiting_.end() && at->first.first == i) {
            const Command stop = (at++)->second.command;
            if (stop.account == account) {
                (void)remove(i, stop.order);
                f(stop.order);
            }
        }
    }

    // The price is now that. Falling stops that it reaches are due before rising ones, on each side
    // those it meets first, at the same trigger price those that came first.
    void set_price(InstrumentId i, TriggerOn on, Ticks price) {
        if (price.raw() == 0) {
            return;  // not known yet
        }
        Lists& all = lists(i);
        all.price[row(on)] = price;
        if (!waiting_.empty()) [[unlikely]] {
            find_due(i, all, on, price);
        }
    }
    [[nodiscard]] bool any_due() const { return !due_.empty(); }
    // The stop that has been due for longest, taken out; nothing when there is none.
    std::optional<Command> next_due();

  private:
    using Name = std::pair<InstrumentId, OrderId>;
    using Place = std::tuple<std::int64_t, std::uint64_t, OrderId>;  // distance, arrival
    struct Waiting {
        Command command;
        Place place;
    };
    struct Lists {
        std::array<std::set<Place>, 6> by_trigger;  // [2 * on + when]
        std::array<Ticks, 3> price;                 // 0: not known yet
    };
    [[nodiscard]] static std::size_t row(TriggerOn on) { return static_cast<std::size_t>(on) - 1; }
    // A number that grows with the distance from the side that the price comes from.
    [[nodiscard]] static std::int64_t distance(TriggerWhen when, Ticks price) {
        return when == TriggerWhen::rising ? price.raw() : -price.raw();
    }
    void find_due(InstrumentId i, Lists& all, TriggerOn on, Ticks price);
    [[nodiscard]] std::set<Place>& list_of(const Command& stop) {
        return lists_[stop.instrument.raw()]
            .by_trigger[2 * row(stop.trigger_on) + static_cast<std::size_t>(stop.trigger_when)];
    }
    [[nodiscard]] Lists& lists(InstrumentId i) {
        if (i.raw() >= lists_.size()) {
            lists_.resize(std::size_t{i.raw()} + 1);
        }
        return lists_[i.raw()];
    }

    std::map<Name, Waiting> waiting_;  // the due ones, too
    std::vector<Lists> lists_;         // by instrument
    std::deque<Name> due_;             // some may have been removed since
    std::uint64_t arrivals_ = 0;
};

}  // namespace margincall::inline clearing
