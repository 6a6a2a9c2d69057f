// Tests of a book that read like a story. One command a line; what follows `->` is everything that
// happened, and a line without it says that the order just rests (or the command just worked):
//
//     alice sell 7 @ 1600 as x                         limit order, called x from now on
//     bob   buy  2 @ 1700 ioc      -> fill alice bob 2 @ 1600
//     bob   buy  9 market fok      -> reject fok_not_fillable
//     alice amend x 5 @ 1601       -> ...
//     alice cancel x               -> reject unknown_order
//     alice cancel all             -> cancel x
//     book | bid | price | ask |
//          |     |  1600 |   5 |                       every level, highest price first
//
// Outcomes are separated by `;`: fill MAKER TAKER QTY @ PRICE, cancel NAME (a resting order taken
// out), drop QTY (the rest of an order that neither traded nor rests), reject REASON. `- sell ...`
// is an order without an account. A venue around the book (clearing/venue_book.hpp) knows more:
//
//     alice sell 7 @ 1600 reduce until 9             reduce-only, gone at time 9
//     alice sell 7 market stop mark 1500 falls as s  waits until the mark price is 1500 or lower
//     mark 1500                    -> stop s; fill bob alice 7 @ 1490       also: index
//     time 9                       -> cancel x
//     alice holds                  -> -7             lots; alice reserves: dollars
//
// with the outcomes cut NAME LEFT (a reduce-only order shrank), stop NAME (it became an order, what
// follows happened to it).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "book/order_book.hpp"

namespace margincall {

inline std::string reject_name(Reject reject) {
    switch (reject) {
        case Reject::price_out_of_range:
            return "price_out_of_range";
        case Reject::qty_out_of_range:
            return "qty_out_of_range";
        case Reject::unknown_order:
            return "unknown_order";
        case Reject::post_only_would_take:
            return "post_only_would_take";
        case Reject::fok_not_fillable:
            return "fok_not_fillable";
        case Reject::none:
        case Reject::unknown_instrument:
        case Reject::venue_halted:
            break;
        case Reject::insufficient_margin:
            return "insufficient_margin";
        case Reject::nothing_to_reduce:
            return "nothing_to_reduce";
        case Reject::account_in_liquidation:
            return "account_in_liquidation";
        case Reject::expired:
            return "expired";
        case Reject::price_outside_band:
            return "outside the band";
        case Reject::already_triggered:
            return "already_triggered";
    }
    return "(none)";
}

// A book with accounts, clock and prices around it.
template <class Book>
concept Venue = requires(Book& book) {
    book.open_account();
};

template <class Book>
class Story {
  public:
    explicit Story(SelfTradePrevention stp = SelfTradePrevention::cancel_maker,
                   std::int64_t price_max = 100'000,
                   AmendMeasure amend = AmendMeasure::remaining)
        : book_{BookConfig{.instrument = InstrumentId::from_raw(1),
                           .price_max = Ticks::from_raw(price_max),
                           .qty_max = Lots::from_raw(1'000'000),
                           .price_hint = Ticks::from_raw(1'600),
                           .orders_hint = 4,
                           .stp = stp,
                           .amend = amend}} {}

    void tell(const std::string& text) {
        std::istringstream lines{text};
        std::vector<std::string> table;
        bool in_table = false;
        for (std::string line; std::getline(lines, line);) {
            const std::size_t start = line.find_first_not_of(' ');
            if (start == std::string::npos) {
                continue;
            }
            line = line.substr(start);
            if (in_table && line[0] == '|') {
                table.push_back(squeezed(line));
                continue;
            }
            finish_table(in_table, table);
            in_table = line.starts_with("book");
            if (!in_table) {
                SCOPED_TRACE(line);
                const std::size_t arrow = line.find("->");
                const std::string expected =
                    arrow == std::string::npos ? "" : squeezed(line.substr(arrow + 2));
                EXPECT_EQ(squeezed(run(line.substr(0, arrow))), expected);
                check_book(book_);
            }
        }
        finish_table(in_table, table);
    }
    Book& book() { return book_; }

  private:
    static std::string squeezed(const std::string& text) {
        std::istringstream words{text};
        std::string out;
        for (std::string word; words >> word;) {
            out += (out.empty() ? "" : " ") + word;
        }
        return out;
    }

    void finish_table(bool in_table, std::vector<std::string>& expected) {
        if (!in_table) {
            return;
        }
        std::vector<std::string> rows;
        const auto row = [&](Side side, Ticks price, Lots qty) {
            const std::string size = std::to_string(qty.raw());
            rows.push_back(squeezed("| " + (side == Side::buy ? size : std::string{}) + " | " +
                                    std::to_string(price.raw()) + " | " +
                                    (side == Side::sell ? size : std::string{}) + " |"));
        };
        book_.for_each_level(
            Side::sell, Ticks{}, [&](Ticks p, Lots q) { return row(Side::sell, p, q), true; });
        std::reverse(rows.begin(), rows.end());
        book_.for_each_level(
            Side::buy, Ticks{}, [&](Ticks p, Lots q) { return row(Side::buy, p, q), true; });
        EXPECT_EQ(rows, expected);
        expected.clear();
    }

    AccountId account_of(const std::string& name) {
        if (name == "-") {
            return AccountId{};
        }
        if (const auto known = accounts_.find(name); known != accounts_.end()) {
            return AccountId::from_raw(known->second);
        }
        AccountId account = AccountId::from_raw(static_cast<std::uint32_t>(accounts_.size()));
        if constexpr (Venue<Book>) {
            account = book_.open_account();
        }
        accounts_[name] = account.raw();
        return account;
    }
    std::string name_of(AccountId account) const {
        for (const auto& [name, id] : accounts_) {
            if (account.valid() && id == account.raw()) {
                return name;
            }
        }
        return "-";
    }
    std::string name_of(OrderId order) const {
        for (const auto& [name, id] : orders_) {
            if (id == order) {
                return name;
            }
        }
        return "(unnamed)";
    }

    std::string run(const std::string& line) {
        std::istringstream words{line};
        std::string who;
        std::string verb;
        words >> who >> verb;
        std::vector<Fill> fills;
        AddResult result;
        std::int64_t asked = 0;
        if constexpr (Venue<Book>) {
            if (who == "mark" || who == "index" || who == "time") {
                book_.tell(who, std::stoll(verb));
                return aftermath("");
            }
            if (verb == "holds" || verb == "reserves") {
                return std::to_string(verb == "holds" ? book_.holds(account_of(who))
                                                      : book_.reserves(account_of(who)));
            }
            book_.sender = account_of(who);
        }
        if (verb == "cancel") {
            std::string what;
            words >> what;
            if (what != "all") {
                const Reject reject = book_.cancel(orders_.at(what));
                return aftermath(reject == Reject::none ? "" : "reject " + reject_name(reject));
            }
            const std::uint32_t count = book_.cancel_all(account_of(who));
            EXPECT_EQ(count, book_.removed().size());
            result.filled = Lots{};
        } else if (verb == "amend") {
            std::string what;
            std::string at;
            std::int64_t price = 0;
            words >> what >> asked >> at >> price;
            RestingOrder order;
            const Lots size = Lots::from_raw(asked);
            const bool rests = book_.find(orders_.at(what), order);
            asked = rests ? std::max(Lots{}, book_.amended(orders_.at(what), size)).raw() : asked;
            result = book_.amend(orders_.at(what), Ticks::from_raw(price), size, fills);
            EXPECT_EQ(result.order, orders_.at(what));
        } else {
            Command command;
            command.side = verb == "buy" ? Side::buy : Side::sell;
            EXPECT_TRUE(verb == "buy" || verb == "sell") << verb;
            command.account = account_of(who);
            std::string label;
            words >> asked;
            for (std::string word; words >> word;) {
                if (word == "@") {
                    std::int64_t price = 0;
                    words >> price;
                    command.price = Ticks::from_raw(price);
                } else if (word == "market") {
                    command.type = OrderType::market;
                } else if (word == "ioc") {
                    command.tif = TimeInForce::ioc;
                } else if (word == "fok") {
                    command.tif = TimeInForce::fok;
                } else if (word == "post") {
                    command.post_only = PostOnly::yes;
                } else if (word == "reduce") {
                    command.reduce_only = ReduceOnly::yes;
                } else if (word == "until") {
                    std::int64_t time = 0;
                    words >> time;
                    command.expires = SimTime::from_ns(time);
                } else if (word == "stop") {
                    std::string on;
                    std::string when;
                    std::int64_t price = 0;
                    words >> on >> price >> when;
                    command.trigger_on = on == "last"   ? TriggerOn::last
                                         : on == "mark" ? TriggerOn::mark
                                                        : TriggerOn::index;
                    command.trigger_when =
                        when == "rises" ? TriggerWhen::rising : TriggerWhen::falling;
                    command.trigger = Ticks::from_raw(price);
                } else if (word == "as") {
                    words >> label;
                } else {
                    ADD_FAILURE() << "unknown word " << word;
                }
            }
            command.qty = Lots::from_raw(asked);
            result = book_.add(command, fills);
            if (!label.empty()) {
                orders_[label] = result.order;
            }
            asked = command.trigger_on == TriggerOn::nothing ? asked : 0;  // a stop only waits
        }
        return aftermath(outcome(result, fills, asked));
    }
    // What else came of it: orders of others that changed, stops that became orders.
    std::string aftermath(std::string out) {
        if constexpr (Venue<Book>) {
            const auto note = [&](const std::string& more) {
                out += out.empty() || more.empty() ? more : "; " + more;
            };
            const auto tell_changes = [&] {
                for (const auto& change : book_.take_changes()) {
                    const std::int64_t left = change.order.left.raw();
                    note(left == 0 ? "cancel " + name_of(change.id)
                                   : "cut " + name_of(change.id) + " " + std::to_string(left));
                }
            };
            tell_changes();
            while (const std::optional<Command> order = book_.next_due()) {
                std::vector<Fill> fills;
                note("stop " + name_of(order->order));
                note(outcome(book_.add(*order, fills), fills, order->qty.raw()));
                tell_changes();
            }
        }
        return out;
    }
    std::string outcome(const AddResult& result,
                        const std::vector<Fill>& fills,
                        std::int64_t asked) {
        if (result.reject != Reject::none) {
            EXPECT_TRUE(fills.empty());
            EXPECT_EQ(result.filled + result.resting, Lots{});
            return "reject " + reject_name(result.reject);
        }
        std::string out;
        std::int64_t filled = 0;
        for (const RemovedOrder& removed : book_.removed()) {
            out += "; cancel " + name_of(removed.id);
        }
        for (const Fill& fill : fills) {
            out += "; fill " + name_of(fill.maker) + " " + name_of(fill.taker) + " " +
                   std::to_string(fill.qty.raw()) + " @ " + std::to_string(fill.price.raw());
            filled += fill.qty.raw();
            EXPECT_EQ(fill.taker_order, result.order);
        }
        EXPECT_EQ(result.filled.raw(), filled);
        const std::int64_t dropped = asked - filled - result.resting.raw();
        if (dropped > 0) {
            out += "; drop " + std::to_string(dropped);
        }
        return out.empty() ? out : out.substr(2);
    }

    Book book_;
    std::map<std::string, std::uint32_t> accounts_;
    std::map<std::string, OrderId> orders_;
};

}  // namespace margincall
