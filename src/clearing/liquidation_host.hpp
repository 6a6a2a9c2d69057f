// What a liquidation engine needs of the market around it: prices, the way into the books, a clock.
// The world of a run is one; the desk that stresses a given book, without agents, is another.
#pragma once

#include <span>

#include "base/time.hpp"
#include "book/order_book.hpp"
#include "clearing/clearing_house.hpp"
#include "clearing/records.hpp"

namespace margincall::inline clearing {

class LiquidationHost {
  public:
    LiquidationHost() = default;
    LiquidationHost& operator=(const LiquidationHost&) = delete;
    LiquidationHost(LiquidationHost&&) = delete;
    LiquidationHost& operator=(LiquidationHost&&) = delete;
    virtual ~LiquidationHost() = default;

    [[nodiscard]] virtual SimTime now() const = 0;
    [[nodiscard]] virtual ClearingHouse& house() = 0;
    [[nodiscard]] virtual const ClearingHouse& clearing() const = 0;  // the same, to read
    // Best price that rests on a side, 0 = none.
    [[nodiscard]] virtual Ticks best(InstrumentId i, Side side) const = 0;
    [[nodiscard]] virtual std::span<const InstrumentId> perps(VenueId venue) const = 0;
    [[nodiscard]] virtual Ticks mark(InstrumentId i) const = 0;
    [[nodiscard]] virtual Ticks mark_before(InstrumentId i) const = 0;  // before the last update
    [[nodiscard]] virtual Ticks oracle_before(InstrumentId i) const = 0;
    [[nodiscard]] virtual double volume_last_minute_usd(InstrumentId i) const = 0;
    // Forced orders are replaced by a transfer at the mark (an experiment).
    [[nodiscard]] virtual bool liquidations_neutral() const { return false; }
    // The accounts are part of a market: what they cannot take of an insolvent position stays with
    // the fund, because the other side is outside.
    [[nodiscard]] virtual bool other_side_is_outside() const { return false; }
    // The venue does not match in that book now: liquidations wait.
    [[nodiscard]] virtual bool halted(InstrumentId /*i*/) const { return false; }
    // How long a ranking of winners serves before it is made again.
    [[nodiscard]] virtual Duration ranking_serves() const { return Duration{}; }

    // Spot book in which the venue sells a pledged coin, invalid if it has none, and what one coin
    // counts as margin there, USD.
    [[nodiscard]] virtual InstrumentId collateral_book(VenueId /*venue*/) const {
        return InstrumentId{};
    }
    [[nodiscard]] virtual double collateral_usd(VenueId /*venue*/) const { return 1.0; }

    // Puts the order into its book and settles it; the fills, until the next order.
    virtual std::span<const Fill> send_now(const Command& order) = 0;
    // Calls on_batch of the venue at `at`.
    virtual void schedule_batch(VenueId venue, SimTime at) = 0;
    virtual void publish_quote(InstrumentId /*i*/) {}
    // The owner of an account that was deleveraged learns of it.
    virtual void notify_adl(
        AccountId account, InstrumentId i, Side side, Ticks price, Lots lots) = 0;

    [[nodiscard]] virtual bool wants_records() const = 0;
    virtual void record(const LiquidationRecord& record) = 0;
    virtual void record(const AdlRecord& record) = 0;

  protected:
    LiquidationHost(const LiquidationHost&) = default;  // of a world that is forked
};

}  // namespace margincall::inline clearing
