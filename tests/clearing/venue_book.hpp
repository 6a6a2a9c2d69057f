// One perpetual of a small market, with the order gateway in front of it, as the book of a story
// (book/story.hpp). Accounts have 1,000 USD and 10 times leverage; a lot is 10 USD at 10,000 ticks.
#pragma once

#include <string>
#include <vector>

#include "sim/small_market.hpp"

namespace margincall::test {

class VenueBook {
  public:
    explicit VenueBook(const BookConfig& like) : market_{VenueRules{}, like} {}

    AccountId open_account() { return market_.open(1'000, 1'000); }
    AccountId sender;  // of cancels and amends
    void tell(const std::string& what, std::int64_t value) {
        if (what == "time") {
            market_.gateway().advance(SimTime::from_ns(value));
        } else if (what == "index") {
            market_.gateway().set_price(perp, TriggerOn::index, Ticks::from_raw(value));
        } else {
            market_.set_mark(perp.raw(), value);
        }
    }
    std::int64_t holds(AccountId a) { return market_.house().position(a, perp).raw(); }
    std::int64_t reserves(AccountId a) { return market_.house().cross(a).reserved / micro_per_usd; }
    std::vector<OrderChange> take_changes() {
        const auto changes = market_.gateway().changes();
        std::vector<OrderChange> out{changes.begin(), changes.end()};
        market_.gateway().forget_changes();
        return out;
    }
    std::optional<Command> next_due() { return market_.gateway().next_due(); }
    SmallMarket& market() { return market_; }

    AddResult add(Command command, std::vector<Fill>& fills) {
        command.instrument = perp;
        return execute(command, fills);
    }
    Reject cancel(OrderId order) {
        std::vector<Fill> fills;
        return execute(command_of(CommandKind::cancel, order), fills).reject;
    }
    AddResult amend(OrderId order, Ticks price, Lots qty, std::vector<Fill>& fills) {
        Command command = command_of(CommandKind::amend, order);
        command.price = price;
        command.qty = qty;
        return execute(command, fills);
    }
    std::uint32_t cancel_all(AccountId account) {
        std::vector<Fill> fills;
        Command command = command_of(CommandKind::cancel_all, OrderId{});
        command.account = account;
        (void)execute(command, fills);
        return static_cast<std::uint32_t>(removed().size());
    }
    // Orders of others are among the changes.
    [[nodiscard]] std::vector<RemovedOrder> removed() {
        std::vector<RemovedOrder> out = book().removed();
        std::erase_if(out, [&](const RemovedOrder& r) { return r.order.account != last_sender_; });
        return out;
    }
    [[nodiscard]] bool find(OrderId id, RestingOrder& out) { return book().find(id, out); }
    [[nodiscard]] Lots amended(OrderId id, Lots qty) { return book().amended(id, qty); }
    template <class F>
    void for_each_level(Side side, Ticks limit, F&& f) {
        book().for_each_level(side, limit, f);
    }
    friend void check_book(VenueBook& venue) { venue.market_.check(); }

  private:
    [[nodiscard]] OrderBook& book() { return market_.books()[perp.raw()]; }
    [[nodiscard]] Command command_of(CommandKind kind, OrderId order) const {
        Command command;
        command.kind = kind;
        command.instrument = perp;
        command.account = sender;
        command.order = order;
        return command;
    }
    AddResult execute(Command command, std::vector<Fill>& fills) {
        last_sender_ = command.account;
        const AddResult result = market_.gateway().execute(command);
        fills.assign(market_.gateway().fills().begin(), market_.gateway().fills().end());
        return result;
    }

    static constexpr InstrumentId perp = InstrumentId::from_raw(0);
    SmallMarket market_;
    AccountId last_sender_;
};

}  // namespace margincall::test
