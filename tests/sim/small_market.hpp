// A market without agents and clock around the order gateway and the liquidation engine: three
// perpetuals of one venue and a spot book of the coin that it takes as collateral, accounts that a
// test opens, marks that it sets.
#pragma once

#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "clearing/liquidation_engine.hpp"
#include "clearing/order_gateway.hpp"

namespace margincall::test {

inline constexpr std::int64_t coin_units = 100'000'000;

inline Money dollars(double amount) {
    return Money::from_raw(std::llround(amount * 1e6));
}

inline ClearingConfig small_venue(const VenueRules& rules) {
    ClearingConfig config;
    for (std::uint32_t k = 0; k < 3; ++k) {
        Instrument inst;
        inst.id = InstrumentId::from_raw(k);
        inst.venue = VenueId::from_raw(0);
        inst.base = AssetId::from_raw(0);
        inst.kind = InstrumentKind::linear_perp;
        inst.tick_value = Money::from_raw(1'000);  // a lot is 10 USD at 10,000 ticks
        inst.tick_usd = 0.1;
        inst.lot_base = 0.01;
        inst.price_max = Ticks::from_raw(100'000);
        inst.qty_max = Lots::from_raw(1'000'000);
        config.instruments.push_back(inst);
        MarginTiers tiers;
        tiers.push_back({.floor = {},
                         .cap = dollars(50'000),
                         .mmr_ppm = 10'000,
                         .leverage_max = 50,
                         .deduction = {}});
        tiers.push_back({.floor = dollars(50'000),
                         .cap = dollars(1e9),
                         .mmr_ppm = 20'000,
                         .leverage_max = 25,
                         .deduction = {}});
        fill_deductions(tiers);
        config.tiers.push_back(tiers);
    }
    Instrument spot = config.instruments.front();
    spot.id = InstrumentId::from_raw(3);
    spot.kind = InstrumentKind::spot;
    spot.lot_amount = Amount::from_raw(coin_units / 100);  // 0.01 coins, 10 USD at 10,000 ticks
    config.instruments.push_back(spot);
    config.tiers.emplace_back();
    config.venues.push_back(rules);
    config.assets = 1;
    config.collateral = {{.unit = Amount::from_raw(coin_units), .haircut_ppm = 100'000}};
    return config;
}

class SmallMarket final : public LiquidationHost {
  public:
    // The books' prevention of self trades and measure of amends are those of `like`.
    explicit SmallMarket(const VenueRules& rules, const BookConfig& like = {})
        : house_(small_venue(rules), 0), gateway_(house_, books_), engine_{1, 4, 1} {
        for (std::uint32_t k = 0; k < 4; ++k) {
            books_.emplace_back(BookConfig{.instrument = InstrumentId::from_raw(k),
                                           .price_max = Ticks::from_raw(100'000),
                                           .qty_max = Lots::from_raw(1'000'000),
                                           .price_hint = Ticks::from_raw(10'000),
                                           .stp = like.stp,
                                           .amend = like.amend});
        }
        for (std::uint32_t k = 0; k < 3; ++k) {
            perps_.push_back(InstrumentId::from_raw(k));
            marks_.push_back(Ticks::from_raw(10'000));
            marks_before_.push_back(Ticks::from_raw(10'000));
            house_.set_mark(perps_.back(), marks_.back());
        }
        house_.set_collateral_price(VenueId::from_raw(0), AssetId::from_raw(0), dollars(1'000));
    }

    AccountId open(std::int64_t leverage_e2, double usd) {
        const AccountId a = house_.open_cross(VenueId::from_raw(0), leverage_e2, 1, {});
        house_.deposit(a, dollars(usd), Reason::deposit);
        return a;
    }
    AddResult add(
        AccountId a, std::uint32_t book, Side side, std::int64_t price, std::int64_t qty) {
        Command c;
        c.instrument = InstrumentId::from_raw(book);
        c.account = a;
        c.side = side;
        c.price = Ticks::from_raw(price);
        c.qty = Lots::from_raw(qty);
        return gateway_.execute(c);
    }
    void set_mark(std::uint32_t perp, std::int64_t ticks) {
        marks_before_[perp] = marks_[perp];
        marks_[perp] = Ticks::from_raw(ticks);
        house_.set_mark(perps_[perp], marks_[perp]);
        gateway_.set_price(perps_[perp], TriggerOn::mark, marks_[perp]);
    }
    // Accounts that are due go into the engine's queue, as a world does after a mark.
    void find_due() {
        due_.clear();
        house_.pop_due_cross(due_);
        for (const AccountId a : due_) {
            gateway_.cancel_reduce_only(a);
            engine_.enqueue(*this, a);
        }
    }
    // One batch, if one is scheduled.
    bool batch() {
        if (!scheduled_) {
            return false;
        }
        scheduled_ = false;
        now_ = batch_at_;
        engine_.on_batch(*this, VenueId::from_raw(0));
        return true;
    }
    void unwind() { engine_.on_unwind(*this, VenueId::from_raw(0), seconds(10)); }
    void check() const {
        for (const OrderBook& book : books_) {
            check_book(book);
        }
        check_order_margin(gateway_);
        check_clearing(house_);
    }
    [[nodiscard]] OrderGateway& gateway() { return gateway_; }
    [[nodiscard]] std::vector<OrderBook>& books() { return books_; }
    [[nodiscard]] const std::vector<LiquidationRecord>& records() const { return records_; }
    [[nodiscard]] const std::vector<AdlRecord>& adl() const { return adl_; }

    // --- LiquidationHost ---
    [[nodiscard]] SimTime now() const override { return now_; }
    [[nodiscard]] ClearingHouse& house() override { return house_; }
    [[nodiscard]] const ClearingHouse& clearing() const override { return house_; }
    [[nodiscard]] const OrderBook& book(InstrumentId i) const { return books_[i.raw()]; }
    [[nodiscard]] Ticks best(InstrumentId i, Side side) const override {
        return side == Side::buy ? books_[i.raw()].best_bid() : books_[i.raw()].best_ask();
    }
    [[nodiscard]] std::span<const InstrumentId> perps(VenueId /*venue*/) const override {
        return perps_;
    }
    [[nodiscard]] Ticks mark(InstrumentId i) const override { return marks_[i.raw()]; }
    [[nodiscard]] Ticks oracle_before(InstrumentId i) const override { return mark_before(i); }
    [[nodiscard]] Ticks mark_before(InstrumentId i) const override {
        return marks_before_[i.raw()];
    }
    [[nodiscard]] double volume_last_minute_usd(InstrumentId /*i*/) const override { return 0.0; }
    [[nodiscard]] bool halted(InstrumentId i) const override { return gateway_.is_halted(i); }
    [[nodiscard]] bool liquidations_neutral() const override { return neutral; }
    [[nodiscard]] InstrumentId collateral_book(VenueId /*venue*/) const override {
        return coin_book ? InstrumentId::from_raw(3) : InstrumentId{};
    }
    [[nodiscard]] double collateral_usd(VenueId /*venue*/) const override { return coin_usd; }
    std::span<const Fill> send_now(const Command& order) override {
        Command command = order;
        (void)gateway_.execute(command);
        return gateway_.fills();
    }
    void schedule_batch(VenueId /*venue*/, SimTime at) override {
        scheduled_ = true;
        batch_at_ = at;
    }
    void publish_quote(InstrumentId /*i*/) override {}
    void notify_adl(AccountId account, InstrumentId i, Side, Ticks, Lots) override {
        gateway_.position_moved(account, i);
    }
    [[nodiscard]] bool wants_records() const override { return true; }
    void record(const LiquidationRecord& record) override { records_.push_back(record); }
    void record(const AdlRecord& record) override { adl_.push_back(record); }

    bool neutral = false;
    double coin_usd = 1'000.0;  // what a coin counts as
    bool coin_book = false;     // the venue sells pledged coins in their book

  private:
    ClearingHouse house_;
    std::vector<OrderBook> books_;
    OrderGateway gateway_;
    LiquidationEngine engine_;
    std::vector<InstrumentId> perps_;
    std::vector<Ticks> marks_, marks_before_;
    SimTime now_, batch_at_;
    bool scheduled_ = false;
    std::vector<AccountId> due_;
    std::vector<LiquidationRecord> records_;
    std::vector<AdlRecord> adl_;
};

}  // namespace margincall::test
