// Liquidation engine of all venues: the queue of accounts below maintenance, the batches that work
// it off in the venue's own steps, takeover by fund, engine or vault, auto-deleveraging, and the
// slow sale of what was taken over (model.md 6, rules/venues per venue; docs/liquidation.md has
// worked examples).
//
// One batch, strictly in this order: per account re-test, order into the book, takeover; then ADL
// for what is left. Which step a venue uses is its LiquidationRule row.
#pragma once

#include <cstdint>
#include <vector>

#include "clearing/clearing_house.hpp"
#include "clearing/liquidation_host.hpp"
#include "rules/adl_rank.hpp"

namespace margincall::inline clearing {

// One position of a cross account in liquidation.
struct CrossPosition {
    InstrumentId instrument;
    PositionState state;  // collateral not filled in
    Money maintenance;
};

class LiquidationEngine {
  public:
    explicit LiquidationEngine(std::size_t venues);

    // A row whose mark reached its liquidation price: enqueued if it is liquidatable, else its
    // trigger is set anew.
    void on_liquidation_price(LiquidationHost& world, Row& row, Ticks mark);
    void enqueue(LiquidationHost& world, Row& row);
    // A cross account that ClearingHouse::pop_due_cross has named.
    void enqueue_cross(LiquidationHost& world, AccountId account);
    void on_batch(LiquidationHost& world, VenueId venue);
    void on_unwind(LiquidationHost& world, VenueId venue);

    [[nodiscard]] double coins_sold_usd() const { return coins_sold_usd_; }  // pledged, since start

  private:
    struct Case {
        AccountId account;
        SimTime cooldown_until;
        SimTime adl_from;  // earliest ADL, set when a takeover failed
        Lots coins;        // pledged at the first call, in lots of their spot book
        SimTime convert_until;
        SimTime coins_sold_at;  // last sale of them
        bool partial_done = false;
        bool wants_adl = false;
    };
    struct VenueQueue {
        std::vector<Case> queue;        // rows
        std::vector<Case> cross_queue;  // cross accounts, worked off after the rows
        bool batch_scheduled = false;
        std::vector<double> fund_equity_minutes;  // ring of 480 minutes for the 8 h maximum
        std::int64_t minute = -1;
        bool adl_on = false;  // pool_drawdown: between start and stop
    };

    void schedule_next_batch(LiquidationHost& world, VenueId venue);
    enum class Outcome : std::uint8_t { done, waits };
    Outcome work(LiquidationHost& world, Case& c);
    Outcome close_neutral(LiquidationHost& world, Row& row);
    // Sends a reduce-only IOC or FOK for `lots` limited at the bankruptcy price; returns lots
    // filled.
    Lots sell_in_book(LiquidationHost& world, Row& row, Lots lots, TimeInForce tif, Ticks limit);
    [[nodiscard]] bool fund_can_take(const LiquidationHost& world,
                                     VenueId venue,
                                     Money value) const;
    void take_over(LiquidationHost& world, Row& row, Ticks price);
    void deleverage(LiquidationHost& world, VenueId venue);
    void deleverage_fund(LiquidationHost& world, VenueId venue);
    void update_pool(LiquidationHost& world, VenueId venue);
    void cover_empty_fund(LiquidationHost& world, VenueId venue);
    [[nodiscard]] double fund_equity(const LiquidationHost& world, VenueId venue) const;
    void record(LiquidationHost& world,
                Row& row,
                LiquidationKind kind,
                Lots lots,
                double price,
                Money value,
                Ticks bankruptcy,
                double equity_usd);
    // --- cross accounts (liquidation_cross.cpp) ---
    Outcome work_cross(LiquidationHost& world, Case& c);
    enum class FoldMargins : std::uint8_t { no, yes };
    [[nodiscard]] static PositionState folded(const LiquidationHost& world,
                                              AccountId account,
                                              const CrossPosition& p,
                                              FoldMargins fold);
    [[nodiscard]] static Ticks cross_bankruptcy(const LiquidationHost& world,
                                                AccountId account,
                                                const CrossPosition& p);
    void sell_pledged_coins(LiquidationHost& world, Case& c);
    void sell_fund_coins(LiquidationHost& world, VenueId venue);
    void sell_coins(LiquidationHost& world, AccountId account, std::int64_t lots, Cause cause);
    [[nodiscard]] static bool still_converts(const LiquidationHost& world, const Case& c);
    void close_in_book(LiquidationHost& world, Case& c, const CrossPosition& p);
    Outcome close_cross_neutral(LiquidationHost& world, AccountId account);
    void take_over_cross(LiquidationHost& world, AccountId account);
    void deleverage_cross(LiquidationHost& world, VenueId venue);
    void record_cross(LiquidationHost& world,
                      AccountId account,
                      const CrossPosition& p,
                      LiquidationKind kind,
                      Lots lots,
                      double price,
                      Money value,
                      Ticks bankruptcy,
                      double equity_usd);

    struct Candidate {
        bool eligible = false;
        double score = 0.0;
        AccountId account;
        double upnl_usd = 0.0;
        double leverage = 0.0;
        AdlAccount figures;  // for the rules that share the size out
        bool hedger = false;
    };
    void rank(LiquidationHost& world, InstrumentId i, Side opposite, Ticks mark);
    // Closes up to `need` lots of `from` (side `side`) against the ranked accounts at `price`.
    Lots match_adl(LiquidationHost& world,
                   AccountId from,
                   InstrumentId i,
                   Side side,
                   Lots need,
                   Ticks price,
                   std::int64_t needed_usd_raw);

    // The same for rules that share the size out or spare hedges (adl_allocation.hpp).
    Lots share_adl(LiquidationHost& world,
                   AccountId from,
                   InstrumentId i,
                   Side side,
                   Lots need,
                   Ticks price,
                   std::int64_t needed_usd_raw);
    // One closing: transfer, record, and what follows for the counterparty.
    void close_against(LiquidationHost& world,
                       AccountId from,
                       InstrumentId i,
                       Side side,
                       std::size_t ranked,
                       Lots closed,
                       Ticks price,
                       std::int64_t needed_usd_raw);

    std::vector<VenueQueue> venues_;
    std::vector<Candidate> ranked_;
    std::vector<CrossPosition> cross_positions_;  // of the account being worked on
    std::size_t ranked_next_ = 0;
    double coins_sold_usd_ = 0.0;
};

}  // namespace margincall::inline clearing
