#include "clearing/stop_orders.hpp"

#include "base/check.hpp"

namespace margincall::inline clearing {

bool StopOrders::is_reached(const Command& stop) const {
    if (stop.instrument.raw() >= lists_.size()) {
        return false;
    }
    const Ticks price = lists_[stop.instrument.raw()].price[row(stop.trigger_on)];
    return price.raw() != 0 &&
           distance(stop.trigger_when, stop.trigger) <= distance(stop.trigger_when, price);
}

void StopOrders::add(const Command& stop) {
    const Place place{distance(stop.trigger_when, stop.trigger), ++arrivals_, stop.order};
    const bool is_new =
        waiting_.emplace(Name{stop.instrument, stop.order}, Waiting{stop, place}).second;
    CHECK(is_new);
    (void)lists(stop.instrument);
    list_of(stop).insert(place);
}

Command StopOrders::remove(InstrumentId i, OrderId order) {
    const auto at = waiting_.find({i, order});
    CHECK(at != waiting_.end());
    const Command stop = at->second.command;
    list_of(stop).erase(at->second.place);
    waiting_.erase(at);
    return stop;
}

void StopOrders::find_due(InstrumentId i, Lists& all, TriggerOn on, Ticks price) {
    for (const TriggerWhen when : {TriggerWhen::falling, TriggerWhen::rising}) {
        std::set<Place>& list = all.by_trigger[2 * row(on) + static_cast<std::size_t>(when)];
        while (!list.empty() && std::get<0>(*list.begin()) <= distance(when, price)) {
            due_.emplace_back(i, std::get<2>(*list.begin()));
            list.erase(list.begin());
        }
    }
}

std::optional<Command> StopOrders::next_due() {
    while (!due_.empty()) {
        const Name name = due_.front();
        due_.pop_front();
        if (waiting_.contains(name)) {
            return remove(name.first, name.second);
        }
    }
    return std::nullopt;
}

}  // namespace margincall::inline clearing
