// The liquidation engine of all venues, for every account of a run and of a given book: the queue
// of accounts below maintenance, the batches that work it off in the venue's own steps, takeover by
// fund, engine or vault, auto-deleveraging, and the slow sale of what was taken over.
//
// One batch, strictly in this order: per account re-test, orders into the book, takeover of the
// rest; then ADL for what is left, the funds' own positions included. What a venue decides in each
// step is its rule row, asked through rules/liquidation.hpp; docs/liquidation.md has worked
// examples.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "clearing/clearing_house.hpp"
#include "clearing/liquidation_host.hpp"
#include "rules/adl_rank.hpp"
#include "rules/close_out.hpp"
#include "rules/liquidation.hpp"

namespace margincall::inline clearing {

class LiquidationEngine {
  public:
    LiquidationEngine(std::size_t venues, std::size_t instruments, std::size_t funds);

    // A row whose mark reached its liquidation price: enqueued if it is liquidatable, else its
    // trigger is set anew.
    void on_liquidation_price(LiquidationHost& host, Row& row, Ticks price);
    // An account below its margin, open until now.
    void enqueue(LiquidationHost& host, AccountId account);
    // An account that is closed whatever its margin says: a member in default, a delisting.
    void enqueue_closing(LiquidationHost& host, AccountId account);
    void on_batch(LiquidationHost& host, VenueId venue);
    // `elapsed` since the last call; sells what funds and outside liquidators hold.
    void on_unwind(LiquidationHost& host, VenueId venue, Duration elapsed);

    [[nodiscard]] double coins_sold_usd() const { return coins_sold_usd_; }  // pledged, since start
    [[nodiscard]] std::size_t open_cases(VenueId venue) const {
        return venues_[venue.raw()].queue.size();
    }
    // How often each step was taken at a venue.
    [[nodiscard]] const StepCounts& steps(VenueId venue) const {
        return venues_[venue.raw()].steps;
    }

  private:
    struct Case {
        AccountId account;
        AccountId fund;    // of the largest position; pays what the account owes
        SimTime since;     // below its margin
        SimTime adl_from;  // earliest ADL, set when nobody took the rest
        Lots coins;        // pledged at the first call, in lots of their spot book
        SimTime coins_sold_at;
        Money freed;  // shortage covered by outside liquidators
        bool ordered = false, wants_adl = false, adl_waits = false;
        bool closing = false;
    };
    struct VenueQueue {
        std::vector<Case> queue;
        bool batch_scheduled = false;
        StepCounts steps{};
        // market_then_rest: until when each user's forced orders are for the whole position.
        std::unordered_map<std::uint32_t, SimTime> cooldown;  // looked up only
    };
    // What a fund, and the result of each instrument, has been through in the last 8 h, by minute.
    struct Watch {
        std::vector<double> highest;  // of the minute, USD
        std::vector<double> sum;      // of the minute's looks
        std::vector<std::uint32_t> looks;
        std::int64_t minute = -1;
        bool on = false;  // deleverages
    };
    struct Ranked {
        AdlEntry entry;
        AccountId account;
        double upnl_usd = 0.0;
        double leverage = 0.0;
        AdlAccount figures;  // for the rules that share the size out
        bool hedger = false;
    };
    struct AdlQueue {
        std::vector<Ranked> ranked;
        std::size_t next = 0;
        SimTime made_at;
        std::uint64_t batch = 0;  // 0 = never made
    };
    // A position that the venue closes, with the price and the account's margin at the decision.
    struct Closing {
        AccountId account;
        HeldPosition position;
        Ticks zero_price;
        double equity_usd = 0.0;
    };

    void count(VenueId venue, EngineStep step) {
        ++venues_[venue.raw()].steps[static_cast<std::size_t>(step)];
    }
    void schedule_next_batch(LiquidationHost& host, VenueId venue);
    Case& open_case(LiquidationHost& host, AccountId account);
    enum class Outcome : std::uint8_t { done, waits };
    Outcome work(LiquidationHost& host, VenueQueue& queue, Case& c);
    Outcome end_case(LiquidationHost& host, const Case& c);
    void cancel_orders(LiquidationHost& host, AccountId account);
    [[nodiscard]] bool send_orders(LiquidationHost& host, VenueQueue& queue, Case& c, Margin whole);
    Lots close_in_book(LiquidationHost& host,
                       Case& c,
                       const Closing& closing,
                       const NextOrder& order);
    void close_outside(LiquidationHost& host,
                       Case& c,
                       const Closing& closing,
                       const NextOrder& order);
    [[nodiscard]] Ticks order_limit(const LiquidationHost& host,
                                    const Closing& closing,
                                    const NextOrder& order,
                                    const Case& c) const;
    void settle_with_fund(LiquidationHost& host,
                          const Closing& closing,
                          const CloseOut& close,
                          Money value,
                          AccountId fund);
    [[nodiscard]] bool funds_can_take(const LiquidationHost& host) const;  // positions_
    [[nodiscard]] bool any_halted(const LiquidationHost& host) const;      // of positions_
    void take_over(LiquidationHost& host, Case& c);
    Outcome close_neutral(LiquidationHost& host, const Case& c);
    [[nodiscard]] Closing closing_of(const LiquidationHost& host,
                                     AccountId account,
                                     const HeldPosition& p,
                                     const Margin& whole) const;
    void note(LiquidationHost& host,
              const Closing& closing,
              LiquidationKind kind,
              Lots lots,
              double price,
              Money value,
              Money fee);

    // --- pledged coins (pledged_coins.cpp) ---
    void sell_pledged_coins(LiquidationHost& host, Case& c);
    void sell_fund_coins(LiquidationHost& host, AccountId fund);
    void sell_coins(LiquidationHost& host, AccountId account, std::int64_t lots, Cause cause);
    [[nodiscard]] static bool still_converts(const LiquidationHost& host, const Case& c);

    // --- auto-deleveraging and funds (deleverage.cpp) ---
    void deleverage(LiquidationHost& host, VenueId venue);
    void deleverage_account(LiquidationHost& host, Case& c);
    void deleverage_funds(LiquidationHost& host, VenueId venue);
    void rank(LiquidationHost& host, InstrumentId i, Side side);
    // Closes up to `need` lots of `from` (side `side`) against the ranked accounts at `price`.
    Lots match_adl(
        LiquidationHost& host, AccountId from, InstrumentId i, Side side, Lots need, Ticks price);
    Lots close_against(LiquidationHost& host,
                       AccountId from,
                       InstrumentId i,
                       Side side,
                       std::size_t ranked,
                       Lots most,
                       Ticks price,
                       Money needed);
    void watch_funds(LiquidationHost& host, VenueId venue);
    [[nodiscard]] static double note_minute(Watch& w, double usd, SimTime now);
    [[nodiscard]] bool fund_deleverages(const LiquidationHost& host, InstrumentId i) const;
    void cover_empty_funds(LiquidationHost& host, VenueId venue);
    void sell_slowly(LiquidationHost& host,
                     AccountId account,
                     InstrumentId i,
                     Duration pace,
                     double least_usd,
                     Duration elapsed);

    std::vector<VenueQueue> venues_;
    std::vector<Watch> fund_watch_, symbol_watch_;  // by fund, by instrument
    std::vector<AdlQueue> adl_;                     // 2 * instrument + side
    std::vector<HeldPosition> positions_;           // of the account being worked on
    std::vector<double> unwind_carry_;              // by instrument: part of a lot that waits
    std::uint64_t batches_ = 0;
    double coins_sold_usd_ = 0.0;
};

}  // namespace margincall::inline clearing
