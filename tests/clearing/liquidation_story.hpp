// Liquidation stories: what happens at a venue, told so that whoever answers for its risk can read
// and write it. Left of the bar is what happens, right of it what the venue does.
//
//     cross ann long 1 at 100000 margin 5000   |
//     cross bob short 1 at 100000 margin 50000 |
//     bid 95100 0.4                            |
//     mark 95500                               | ann below
//     batch                                    | ann sells 1 ioc at 95000: 0.4 at 95100
//                                              | ann 0.6 taken over at 95000
//     left                                     | ann: 0
//
// `check_story` plays the left side and compares the whole table as text, so that a failure shows
// both and a new story is written by pasting what came out. One venue, two contracts (BTC, and ETH
// where it is named) at 100,000 USD with ticks of 1 USD and lots of 0.001; what the accounts do not
// hold of each other's positions the street holds. Commands:
//
//     row | cross NAME long | short SIZE [ETH] at PRICE [margin USD] [weight N] [hedged] [hedger]
//         an account of the population, or one with any number of positions; a second line of the
//         same name opens another position. A `hedged` one holds a long and a short apart, a
//         `general` one is margined by the rules for any account (of a given book, where needed).
//     coins NAME SIZE       BTC pledged by a cross account
//     pays NAME USD         into their account
//     street outside        the street is nobody who could be deleveraged, as for a given book
//     bid | ask PRICE SIZE [ETH]
//     mark PRICE [ETH]      also the coin's collateral price; says who falls below their margin
//     batch                 the next one of the venue; `batches N` so many
//     wait S                seconds pass, without a batch; batches that are due run late
//     pass S                seconds pass as at the desk: marks, batches and sales in their time
//     unwind S              what funds and liquidators sell in so many seconds
//     close NAME            closed whatever the margin says: default, delisting
//     fund loses | wins USD     [ETH: of the contract's fund, where they have their own]
//     left                  positions and money of everybody but the street
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "clearing/liquidation_engine.hpp"
#include "clearing/order_gateway.hpp"

namespace margincall::test {

inline constexpr std::int64_t story_coin_units = 100'000'000;

// 1.500000 -> 1.5
inline std::string plain(i128 value, int places) {
    std::int64_t scale = 1;
    for (int k = 0; k < places; ++k) {
        scale *= 10;
    }
    const i128 size = value < 0 ? -value : value;
    std::string whole = std::to_string(static_cast<std::int64_t>(size / scale));
    std::string part = std::to_string(static_cast<std::int64_t>(size % scale));
    part.insert(0, static_cast<std::size_t>(places) - part.size(), '0');
    part.erase(part.find_last_not_of('0') + 1);
    return (value < 0 ? "-" : "") + whole + (part.empty() ? "" : "." + part);
}
inline std::string plain(Lots lots) {
    return plain(lots.raw(), 3);
}
inline std::string plain(Money money) {
    return plain(money.raw(), 6);
}
inline std::string plain(Ticks price) {
    return price.raw() == 0 ? "any price" : std::to_string(price.raw());
}
inline Money story_usd(double amount) {
    return Money::from_raw(std::llround(amount * 1e6));
}
inline Lots story_lots(double coins) {
    return Lots::from_raw(std::llround(coins * 1e3));
}

inline MarginTiers story_tiers() {
    MarginTiers tiers;
    for (const auto& [cap, ppm] :
         {std::pair{100'000.0, 10'000}, {500'000.0, 20'000}, {1e6, 30'000}, {1e9, 50'000}}) {
        MarginTier tier;
        tier.floor = tiers.empty() ? Money{} : tiers.back().cap;
        tier.cap = story_usd(cap);
        tier.mmr_ppm = ppm;
        tier.leverage_max = 500'000 / ppm;
        tiers.push_back(tier);
    }
    fill_deductions(tiers);
    return tiers;
}

inline Instrument story_contract(std::uint32_t id) {
    Instrument inst;
    inst.id = InstrumentId::from_raw(id);
    inst.venue = VenueId::from_raw(0);
    inst.base = AssetId::from_raw(0);
    inst.kind = InstrumentKind::linear_perp;
    inst.tick_value = Money::from_raw(1'000);
    inst.tick_usd = 1.0;
    inst.lot_base = 0.001;
    inst.price_max = Ticks::from_raw(1'000'000);
    inst.qty_max = Lots::from_raw(1'000'000'000);
    return inst;
}

// Without fees, so that figures stay round; marginal tiers of 1, 2, 3 and 5 % up to 100,000,
// 500,000 and 1 m.
inline VenueRules story_rules() {
    VenueRules rules;
    rules.maker_fee_ppm = 0;
    rules.taker_fee_ppm = 0;
    rules.liquidation.fee_ppm = 0;
    rules.fund.initial = story_usd(10e6);
    rules.fund.unwind_participation_ppm = 0;
    return rules;
}

inline ClearingConfig story_venue(const VenueRules& rules) {
    ClearingConfig config;
    for (std::uint32_t k = 0; k < 2; ++k) {
        config.instruments.push_back(story_contract(k));
        config.tiers.push_back(story_tiers());
    }
    config.venues.push_back(rules);
    config.assets = 1;
    config.collateral = {{.unit = Amount::from_raw(i128{story_coin_units}), .haircut_ppm = 50'000}};
    return config;
}

class Story final : public LiquidationHost, private PostingObserver {
  public:
    explicit Story(const ClearingConfig& config)
        : config_(config),
          house_(config, 0),
          gateway_(house_, books_),
          engine_{1, config.instruments.size(), house_.funds()} {
        for (const Instrument& inst : config.instruments) {
            books_.emplace_back(BookConfig{.instrument = inst.id,
                                           .price_max = inst.price_max,
                                           .qty_max = inst.qty_max,
                                           .price_hint = Ticks::from_raw(100'000)});
            perps_.push_back(inst.id);
            marks_.push_back(Ticks::from_raw(100'000));
            house_.set_mark(inst.id, marks_.back());
        }
        marks_before_ = marks_;
        set_coin_price(100'000);
        maker_ = house_.open_agent(VenueId::from_raw(0));
        street_ = house_.open_agent(VenueId::from_raw(0));
        house_.deposit(maker_, story_usd(1e9), Reason::deposit);
        house_.deposit(street_, story_usd(1e9), Reason::deposit);
        for (std::size_t f = 0; f < house_.funds(); ++f) {
            names_[house_.fund_account(f)] = f == 0 ? "fund" : "fund " + std::to_string(f + 1);
        }
        names_[house_.outside(VenueId::from_raw(0))] = "liquidator";
        names_[street_] = "street";
        house_.ledger().set_observer(this);
    }

    // One line of a story; what the venue did since is in `said`.
    void play(const std::string& line) {
        std::istringstream in(line);
        words_.clear();
        for (std::string word; in >> word;) {
            words_.push_back(word);
        }
        const std::string verb = words_.empty() ? "" : words_[0];
        if (verb == "row" || verb == "cross") {
            open(verb == "row");
        } else if (verb == "coins") {
            house_.deposit_coins(account(words_[1]),
                                 AssetId::from_raw(0),
                                 Amount::from_raw(i128{std::llround(
                                     number(2) * static_cast<double>(story_coin_units))}),
                                 Reason::deposit);
        } else if (verb == "pays") {
            house_.deposit(account(words_[1]), story_usd(number(2)), Reason::deposit);
        } else if (verb == "street") {
            outside_ = true;
        } else if (verb == "bid" || verb == "ask") {
            start();
            rest(verb == "bid" ? Side::buy : Side::sell,
                 contract(),
                 Ticks::from_raw(static_cast<std::int64_t>(number(1))),
                 story_lots(number(2)));
        } else if (verb == "mark") {
            start();
            set_mark(contract(), static_cast<std::int64_t>(number(1)));
            find_due();
        } else if (verb == "batch" || verb == "batches") {
            for (int k = 0; k < (verb == "batch" ? 1 : static_cast<int>(number(1))); ++k) {
                batch();
            }
        } else if (verb == "wait") {
            now_ = now_ + milliseconds(std::llround(number(1) * 1e3));
        } else if (verb == "pass") {
            pass(milliseconds(std::llround(number(1) * 1e3)));
        } else if (verb == "unwind") {
            engine_.on_unwind(*this, venue, milliseconds(std::llround(number(1) * 1e3)));
        } else if (verb == "close") {
            engine_.enqueue_closing(*this, account(words_[1]));
        } else if (verb == "fund") {
            const AccountId fund = house_.fund_of(contract());
            words_[1] == "wins" ? house_.deposit(fund, story_usd(number(2)), Reason::deposit)
                                : house_.withdraw(fund, story_usd(number(2)), Reason::withdrawal);
        } else if (verb == "left") {
            left();
        } else {
            ADD_FAILURE() << "unknown command: " << line;
        }
        if (started_) {
            check_clearing(house_);
        }
    }
    std::vector<std::string> said;
    std::vector<LiquidationRecord> liquidations;
    std::vector<AdlRecord> adl;

    [[nodiscard]] AccountId account(const std::string& name) const {
        for (const auto& [id, known] : names_) {
            if (known == name) {
                return id;
            }
        }
        ADD_FAILURE() << "nobody is called " << name;
        return {};
    }
    // What they have in money, with what they took away when their row was closed.
    [[nodiscard]] Money money(AccountId a) const {
        const auto gone = paid_out_.find(house_.cash_ledger(a));
        return house_.cash(a) + (gone == paid_out_.end() ? Money{} : gone->second);
    }
    void set_mark(InstrumentId i, std::int64_t ticks) {
        marks_before_[i.raw()] = marks_[i.raw()];
        marks_[i.raw()] = Ticks::from_raw(ticks);
        house_.set_mark(i, marks_[i.raw()]);
        if (i.raw() == 0) {
            set_coin_price(ticks);
        }
    }
    void find_due() {
        std::vector<AccountId> due;
        for (const InstrumentId i : perps_) {
            house_.pop_due(i, marks_[i.raw()], due);
        }
        for (const AccountId a : due) {
            engine_.on_liquidation_price(*this, house_.row(a), marks_[house_.row(a).instrument]);
        }
        for (const AccountId a : due) {
            if (!house_.is_open(a)) {
                say(names_[a] + " below");
            }
        }
        due.clear();
        house_.pop_due_cross(due);
        for (const AccountId a : due) {
            gateway_.cancel_reduce_only(a);
            engine_.enqueue(*this, a);
            say(names_[a] + " below");
        }
    }
    void rest(Side side, InstrumentId i, Ticks price, Lots lots) {
        Command c;
        c.instrument = i;
        c.account = maker_;
        c.side = side;
        c.price = price;
        c.qty = lots;
        (void)gateway_.execute(c);
    }
    // As the desk walks (desk/run.cpp): a second, or the venue's shorter mark interval, at a time.
    void pass(Duration length) {
        const Duration every = std::max(milliseconds(200), house_.rules(venue).mark.update);
        const Duration step = std::min(seconds(1), every);
        const SimTime end = now_ + length;
        while (now_ < end) {
            const SimTime to = now_ + std::min(step, end - now_);
            if (to.ns() / every.raw() > now_.ns() / every.raw()) {
                marks_before_ = marks_;
            }
            now_ = to;
            find_due();
            while (scheduled_ && batch_at_ <= to) {
                now_ = batch_at_;
                batch();
            }
            now_ = to;
            if (forced_) {
                engine_.on_unwind(*this, venue, step);
            }
        }
    }
    void start() {
        if (started_) {
            return;
        }
        started_ = true;
        for (const InstrumentId i : perps_) {
            const std::int64_t net = net_[i.raw()];
            if (net != 0) {
                house_.open_agent_position(street_,
                                           i,
                                           net > 0 ? Side::sell : Side::buy,
                                           Lots::from_raw(std::abs(net)),
                                           marks_[i.raw()]);
            }
        }
        house_.finish_opening();
    }
    // --- host of the liquidation engine ---
    [[nodiscard]] SimTime now() const override { return now_; }
    [[nodiscard]] ClearingHouse& house() override { return house_; }
    [[nodiscard]] const ClearingHouse& clearing() const override { return house_; }
    [[nodiscard]] Ticks best(InstrumentId i, Side side) const override {
        return side == Side::buy ? books_[i.raw()].best_bid() : books_[i.raw()].best_ask();
    }
    [[nodiscard]] std::span<const InstrumentId> perps(VenueId /*venue*/) const override {
        return perps_;
    }
    [[nodiscard]] Ticks mark(InstrumentId i) const override { return marks_[i.raw()]; }
    [[nodiscard]] Ticks mark_before(InstrumentId i) const override {
        return marks_before_[i.raw()];
    }
    [[nodiscard]] Ticks oracle_before(InstrumentId i) const override { return mark_before(i); }
    [[nodiscard]] double volume_last_minute_usd(InstrumentId /*i*/) const override { return 0.0; }
    [[nodiscard]] bool other_side_is_outside() const override { return outside_; }
    [[nodiscard]] Duration ranking_serves() const override {
        return outside_ ? seconds(5) : Duration{};
    }
    std::span<const Fill> send_now(const Command& order) override {
        Command command = order;
        (void)gateway_.execute(command);
        if (order.kind != CommandKind::add) {
            return {};
        }
        std::string text = names_[order.account] +
                           (order.side == Side::buy ? " buys " : " sells ") + plain(order.qty) +
                           of(order.instrument) +
                           (order.tif == TimeInForce::fok   ? " fok at "
                            : order.tif == TimeInForce::ioc ? " ioc at "
                                                            : " resting at ") +
                           plain(order.price) + ":";
        for (const Fill& f : gateway_.fills()) {
            text += " " + plain(f.qty) + " at " + plain(f.price);
        }
        say(text + (gateway_.fills().empty() ? " nothing" : ""));
        return gateway_.fills();
    }
    void schedule_batch(VenueId /*venue*/, SimTime at) override {
        scheduled_ = true;
        batch_at_ = at;
    }
    void notify_adl(AccountId a, InstrumentId i, Side, Ticks, Lots) override {
        if (house_.is_cross(a)) {
            gateway_.position_moved(a, i);
        }
    }
    [[nodiscard]] bool wants_records() const override { return true; }
    void record(const LiquidationRecord& r) override {
        forced_ = true;
        liquidations.push_back(r);
        const std::string who = names_[AccountId::from_raw(r.account)];
        const std::string size =
            plain(story_lots(r.qty)) + of(InstrumentId::from_raw(r.instrument));
        const std::string at = " at " + std::to_string(std::llround(r.price));
        switch (static_cast<LiquidationKind>(r.kind)) {
            case LiquidationKind::book:
                if (r.fee_usd > 0.0) {
                    say(who + " pays a fee of " + plain(story_usd(r.fee_usd)));
                }
                break;
            case LiquidationKind::takeover:
                say(who + " " + size + " taken over" + at +
                    (r.fee_usd > 0.0 ? ", fee " + plain(story_usd(r.fee_usd)) : ""));
                break;
            case LiquidationKind::no_counterparty:
                say(who + " " + size + " kept by the fund" + at);
                break;
            case LiquidationKind::adl:
                break;  // told by those who were closed
        }
    }
    void record(const AdlRecord& r) override {
        forced_ = true;
        adl.push_back(r);
        say(names_[AccountId::from_raw(r.account)] + " gives " + plain(story_lots(r.qty)) +
            of(InstrumentId::from_raw(r.instrument)) + " at " +
            std::to_string(std::llround(r.price)) + " to " +
            names_[AccountId::from_raw(r.against)]);
    }

  private:
    const VenueId venue = VenueId::from_raw(0);

    void say(std::string text) { said.push_back(std::move(text)); }
    [[nodiscard]] double number(std::size_t word) const {
        return word < words_.size() ? std::atof(words_[word].c_str()) : 0.0;
    }
    [[nodiscard]] double after(const std::string& key, double otherwise) const {
        const auto at = std::find(words_.begin(), words_.end(), key);
        return at == words_.end() ? otherwise : std::atof((at + 1)->c_str());
    }
    [[nodiscard]] bool has(const std::string& word) const {
        return std::find(words_.begin(), words_.end(), word) != words_.end();
    }
    [[nodiscard]] InstrumentId contract() const {
        return InstrumentId::from_raw(has("ETH") ? 1U : 0U);
    }
    [[nodiscard]] static std::string of(InstrumentId i) { return i.raw() == 0 ? "" : " ETH"; }
    void set_coin_price(std::int64_t usd) {
        house_.set_collateral_price(
            venue, AssetId::from_raw(0), story_usd(static_cast<double>(usd)));
    }
    void open(bool row) {
        const std::string& name = words_[1];
        const Side side = words_[2] == "short" ? Side::sell : Side::buy;
        const InstrumentId i = contract();
        const Lots lots = story_lots(after(words_[2], 0.0));
        const Ticks entry = Ticks::from_raw(static_cast<std::int64_t>(after("at", 0.0)));
        const Money margin = story_usd(after("margin", 0.0));
        const auto weight = static_cast<std::uint32_t>(after("weight", 1.0));
        net_[i.raw()] += sign(side) * lots.raw();
        if (row) {
            AccountSeed seed;
            seed.instrument = i;
            seed.side = side;
            seed.qty = lots;
            seed.entry = entry;
            seed.margin = margin;
            seed.weight = weight;
            seed.hedger = has("hedger") ? 1 : 0;
            const AccountId a = house_.open_row(seed, ClearingHouse::WithPosition::yes);
            names_[a] = name;
            told_.push_back(a);
            return;
        }
        const auto known = std::find_if(
            told_.begin(), told_.end(), [&](AccountId a) { return names_[a] == name; });
        AccountId a = known == told_.end() ? AccountId{} : *known;
        if (!a.valid()) {
            std::uint8_t kind = has("hedged") ? CrossKind::hedged : std::uint8_t{0};
            kind |= has("general") ? CrossKind::general : std::uint8_t{0};
            a = house_.open_cross(venue, 0, weight, {}, kind);
            names_[a] = name;
            told_.push_back(a);
        }
        if (margin != Money{}) {
            house_.deposit(a, margin, Reason::deposit);
        }
        house_.open_cross_position(a, i, Lots::from_raw(sign(side) * lots.raw()), entry);
    }
    void batch() {
        if (!scheduled_) {
            say("no batch");
            return;
        }
        scheduled_ = false;
        now_ = std::max(now_, batch_at_);
        engine_.on_batch(*this, venue);
    }
    void left() {
        const auto tell = [&](AccountId a) {
            std::string text = names_[a] + ":";
            for (const InstrumentId i : perps_) {
                const Lots qty = house_.position(a, i);
                if (qty.raw() != 0) {
                    text += " " + plain(qty) + of(i) + ",";
                }
            }
            const std::int64_t coins =
                house_.is_row(a) ? 0 : narrow_i64(house_.coins(a, AssetId::from_raw(0)).raw());
            text += coins != 0 ? " " + plain(coins, 8) + " coins," : "";
            text += " " + plain(money(a));
            if (house_.is_row(a) ? house_.row(a).state == RowState::in_liquidation
                                 : house_.is_cross(a) && !house_.is_open(a)) {
                text += ", in liquidation";
            }
            say(text);
        };
        for (const AccountId a : told_) {
            tell(a);
        }
        for (std::size_t f = 0; f < house_.funds(); ++f) {
            tell(house_.fund_account(f));
            if (house_.bad_debt_of(f) > Money{}) {
                say("bad debt: " + plain(house_.bad_debt_of(f)));
            }
        }
        const AccountId liquidator = house_.outside(venue);
        if (house_.position(liquidator, perps_[0]).raw() != 0) {
            tell(liquidator);
        }
    }
    void on_posting(const Posting& p) override {
        if (p.reason == Reason::withdrawal && p.asset == 0) {
            paid_out_[p.from] += to_money(p.amount);
        }
    }

    ClearingConfig config_;
    ClearingHouse house_;
    std::vector<OrderBook> books_;
    OrderGateway gateway_;
    LiquidationEngine engine_;
    std::vector<InstrumentId> perps_;
    std::vector<Ticks> marks_, marks_before_;
    SimTime now_, batch_at_;
    bool scheduled_ = false, started_ = false, outside_ = false, forced_ = false;
    AccountId maker_, street_;
    std::map<AccountId, std::string> names_;
    std::vector<AccountId> told_;
    std::map<std::uint32_t, std::int64_t> net_;
    std::map<LedgerAccountId, Money> paid_out_;
    std::vector<std::string> words_;
};

// Plays the left column and returns the table as it came out.
inline std::string played(const ClearingConfig& config, const std::string& story) {
    Story told(config);
    std::string out;
    std::istringstream in(story);
    std::size_t width = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.find_first_not_of(' ') == std::string::npos) {
            continue;
        }
        const std::size_t bar = line.find('|');
        width = width == 0 ? bar : width;
        std::string command = line.substr(0, bar);
        if (command.find_first_not_of(' ') == std::string::npos) {
            continue;  // more of what the line above did
        }
        told.said.clear();
        told.play(command);
        command.resize(width, ' ');
        if (told.said.empty()) {
            out += command + "|\n";
        }
        for (const std::string& said : told.said) {
            out += command + "| " + said + "\n";
            command.assign(width, ' ');
        }
    }
    return out;
}

inline void check_story(const ClearingConfig& config, const std::string& story) {
    const std::size_t first = story.find_first_not_of('\n');
    const std::size_t last = story.find_last_not_of(' ');
    EXPECT_EQ(played(config, story), story.substr(first, last + 1 - first));
}
inline void check_story(const VenueRules& rules, const std::string& story) {
    ClearingConfig config = story_venue(rules);
    config.hedge_mode = story.find(" hedged") != std::string::npos;
    check_story(config, story);
}

}  // namespace margincall::test
