// One stress: the shock moves reference prices step by step, units that fall below their margin are
// liquidated by their venue's own steps through the resting depth, and what that does to prices
// comes back in the next step. No behaviour, no randomness: the same input gives the same postings.
//
// How mark follows (docs/stress.md): reference = start price * shock path. A book's mid is its
// reference displaced by what forced orders took and has not come back; the index is the reference
// displaced by the average over venues, weighted by depth within 1 %; mark = median(index, mid,
// last forced trade of the step before). With Feedback::off mark and index are the reference.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "desk/house.hpp"
#include "desk/outcome.hpp"
#include "desk/resting_depth.hpp"
#include "desk/shock.hpp"
#include "desk/unit_margin.hpp"
#include "rules/reduction.hpp"

namespace margincall::inline desk {

enum class Feedback : std::uint8_t { off, on };
enum class Detail : std::uint8_t { totals, rows };  // rows: liquidations, ADL and samples, too

struct StressOptions {
    Duration step;                  // 0 = one second, at most 1,200 steps to the end of the shock
    Duration refill = minutes(1);   // half-life of depth taken by forced orders; 0 = never back
    Duration settle = minutes(20);  // longest time after the shock for open cases
    Feedback feedback = Feedback::on;
    Detail detail = Detail::rows;
    std::uint32_t defaults = 0;          // so many of the largest owner groups default at the start
    bool stop_when_all_reached = false;  // once a fund is empty, ADL on and bad debt left
};

// What all stresses of one book have in common: the house at the start and the order in which units
// come near their trigger.
class StressStart {
  public:
    StressStart(const StressMarket& market, const AccountBook& book);

    struct Watch {  // look at `unit` when the clock has reached `at`
        double at = 0.0;
        std::uint32_t unit = 0;
        friend bool operator<(const Watch& a, const Watch& b) {
            return a.at != b.at ? a.at < b.at : a.unit < b.unit;
        }
    };
    // A unit's clock counts log moves: of its instrument, or of all prices together.
    [[nodiscard]] std::uint32_t clock_of(std::uint32_t unit) const { return clock_of_[unit]; }
    [[nodiscard]] std::uint32_t clocks() const { return static_cast<std::uint32_t>(first_.size()); }

    [[nodiscard]] const StressMarket& market() const { return *market_; }
    [[nodiscard]] const AccountBook& book() const { return *book_; }
    [[nodiscard]] const StressHouse& house() const { return house_; }
    [[nodiscard]] const PriceLadder& prices() const { return prices_; }
    [[nodiscard]] const std::vector<Watch>& watches(std::uint32_t clock) const {
        return first_[clock];
    }
    // Slots of the book by instrument, in order.
    [[nodiscard]] const std::vector<SlotId>& slots(InstrumentId i) const {
        return slots_of_[i.raw()];
    }
    [[nodiscard]] std::uint32_t unit_of(SlotId slot) const { return unit_of_[slot]; }
    // Owner groups by gross notional at the start, largest first.
    [[nodiscard]] const std::vector<GroupDefault>& groups_by_size() const { return groups_; }

  private:
    const StressMarket* market_;
    const AccountBook* book_;
    StressHouse house_;
    PriceLadder prices_;
    std::vector<std::uint32_t> clock_of_;
    std::vector<std::vector<Watch>> first_;
    std::vector<std::vector<SlotId>> slots_of_;
    std::vector<std::uint32_t> unit_of_;
    std::vector<GroupDefault> groups_;
};

class StressRun {
  public:
    explicit StressRun(const StressStart& start);
    // Always from the start of the book; a second run uses the memory of the first.
    [[nodiscard]] StressOutcome run(const Shock& shock, const StressOptions& options);
    [[nodiscard]] const StressStart& start() const { return start_; }
    // After run(): the ledger as it ended.
    [[nodiscard]] const StressHouse& house() const { return house_; }
    // Hears the postings of the runs that follow.
    void set_observer(PostingObserver* observer) { observer_ = observer; }

  private:
    using Watch = StressStart::Watch;
    struct Case {
        std::uint32_t unit = 0;
        double ratio = 0.0;  // maintenance over equity when it was found
        Duration since, cooldown_until, adl_from;
        bool partial_done = false, wants_adl = false, adl_waits = false;
        bool by_default = false;  // closed whatever its margin says
    };
    enum class CaseState : std::uint8_t { done, open };
    struct PoolState {
        double peak = 0.0;
        double sum = 0.0;  // of equity over time, USD s
        bool adl_on = false;
        bool emptied = false;
    };
    struct Ranked {
        double score = 0.0;
        SlotId slot = 0;
        bool eligible = false;
        double leverage = 0.0;
    };
    struct AdlQueue {
        std::vector<Ranked> ranked;
        std::size_t next = 0;
        Duration ranked_at;
        bool made = false;
    };

    // run.cpp: prices and the loop
    void reset(const Shock& shock, const StressOptions& options);
    void step(Duration elapsed);
    void start_defaults();
    void update_marks();
    void advance_clocks(const std::vector<Ticks>& before, const std::vector<double>& index_before);
    void collect_due();
    void look_at(std::uint32_t unit);
    void watch(std::uint32_t unit, const PortfolioMargin& margin);
    void open_case(std::uint32_t unit, const PortfolioMargin& margin, bool by_default);
    void sample();
    [[nodiscard]] bool all_reached() const;
    StressOutcome finish();
    [[nodiscard]] double pool_equity(std::uint32_t pool) const;
    [[nodiscard]] double usd(InstrumentId i, Ticks price) const {
        return to_usd(market_.at(i).instrument, price);
    }
    // Shock path alone, with the instrument's basis of the start.
    [[nodiscard]] double reference(InstrumentId i) const {
        const StressInstrument& spec = market_.at(i);
        const std::uint16_t coin = spec.instrument.base.raw();
        return reference_[coin] * (usd(i, spec.mark) / market_.coins[coin].price);
    }
    [[nodiscard]] Ticks mark(InstrumentId i) const { return prices_.now().mark[i.raw()]; }
    [[nodiscard]] const VenueRules& rules(std::uint32_t unit) const {
        return market_.venues[book_.units[unit].venue.raw()].rules;
    }

    // liquidate.cpp: one case by its venue's steps
    CaseState work(Case& c);
    [[nodiscard]] bool first_step(Case& c, PortfolioMargin& margin);
    [[nodiscard]] Lots order_size(const Case& c,
                                  SlotId slot,
                                  const PortfolioMargin& margin,
                                  LiquidationAttempt attempt) const;
    [[nodiscard]] CaseState take_rest(Case& c, const PortfolioMargin& margin);
    [[nodiscard]] std::vector<SlotId> open_slots(std::uint32_t unit) const;
    Lots send_order(const Case& c, SlotId slot, Lots lots, TimeInForce tif, Ticks limit);
    void charge_fee(std::uint32_t unit, InstrumentId i, Money value);
    [[nodiscard]] Ticks close_price(std::uint32_t unit, SlotId slot, const PortfolioMargin& margin);
    void take_over(const Case& c, const PortfolioMargin& margin);
    void sell_taken(SlotId slot, Lots lots, Ticks limit);
    [[nodiscard]] bool pools_can_take(std::uint32_t unit) const;
    void settle_unit(std::uint32_t unit);
    void exchange_coins(std::uint32_t unit, std::uint32_t pool);
    [[nodiscard]] std::uint32_t pool_of(std::uint32_t unit) const;
    RestingDepth& depth(InstrumentId i);
    Lots execute(InstrumentId i,
                 SlotId slot,
                 Side side,
                 Lots lots,
                 Ticks limit,
                 TimeInForce tif,
                 Money& value);
    void note(const Case& c, SlotId slot, ClosedBy by, Lots lots, double price, Ticks bankruptcy);
    void touch(std::uint32_t unit);

    // deleverage.cpp: auto-deleveraging, pools
    void deleverage();
    void deleverage_pools();
    [[nodiscard]] Ticks adl_price(AdlPrice rule,
                                  InstrumentId i,
                                  std::uint32_t unit,
                                  SlotId slot,
                                  const PortfolioMargin& margin);
    [[nodiscard]] Lots match_adl(SlotId from, Side side, Lots need, Ticks price);
    [[nodiscard]] bool can_bear(SlotId slot, Lots lots, Ticks price);
    void rank(InstrumentId i, Side side);
    void update_pools();
    void unwind();
    void note_adl(const Ranked& winner, std::size_t place, SlotId against, Lots lots, Ticks price);
    void force_on_pool(SlotId slot, Lots lots, Ticks price);

    const StressStart& start_;
    const StressMarket& market_;
    const AccountBook& book_;
    Shock shock_;
    StressOptions options_;
    StressHouse house_;
    UnitMargins margins_;
    PriceLadder prices_;
    std::vector<Ticks> mark_before_;
    std::vector<double> reference_, index_;             // by coin, USD
    std::vector<double> index_weight_;                  // by instrument, of its coin's depth
    std::vector<std::unique_ptr<RestingDepth>> depth_;  // by instrument, made when needed
    std::vector<std::uint8_t> depth_used_;              // by instrument: in this run
    std::vector<double> last_trade_;  // by instrument: last forced price of the step before
    std::vector<double> next_last_trade_;
    Duration now_, step_, elapsed_;
    std::vector<double> clock_;
    std::vector<std::size_t> cursor_;       // into start_.watches
    std::vector<std::vector<Watch>> heap_;  // by clock, smallest first
    std::vector<double> watched_at_;        // by unit: its valid entry; -1 = in a case
    std::vector<Case> cases_;
    std::vector<PoolState> pools_;
    std::vector<std::vector<InstrumentId>> instruments_of_pool_;
    std::vector<AdlQueue> queues_;  // 2 * instrument + side
    std::vector<std::uint8_t> account_touched_;
    std::vector<double> unwind_carry_;  // by instrument: part of a lot that waits
    StressOutcome out_;
    PostingObserver* observer_ = nullptr;
    double unit_equity_ = 0.0;  // of the case being worked, before
};

[[nodiscard]] inline StressOutcome run_stress(const StressStart& start,
                                              const Shock& shock,
                                              const StressOptions& options) {
    return StressRun(start).run(shock, options);
}

}  // namespace margincall::inline desk
