// One stress: the shock moves reference prices step by step, accounts that fall below their margin
// are liquidated by the clearing engine (clearing/liquidation_engine.hpp) through the resting
// depth, and what that does to prices comes back in the next step. No behaviour, no randomness: the
// same input gives the same postings.
//
// The desk is a host of that engine beside the world of a run: it has the clock, the marks and the
// books, and it adds up what the engine tells it. It moves no money of its own.
//
// How mark follows (docs/stress.md): reference = start price * shock path. A book's mid is its
// reference displaced by what forced orders took and has not come back; the index is the reference
// displaced by the average over venues, weighted by depth within 1 %; mark = median(index, mid,
// last forced trade of the step before). With Feedback::off mark and index are the reference. Each
// venue's mark is renewed at its own interval; a step longer than that is walked in such intervals
// as soon as something is set off in it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "clearing/liquidation_engine.hpp"
#include "desk/outcome.hpp"
#include "desk/resting_depth.hpp"
#include "desk/shock.hpp"
#include "desk/unit_margin.hpp"

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

// The time step of a stress: as asked, else a 1,200th of the shock, at least one second.
[[nodiscard]] Duration step_of(const Shock& shock, const StressOptions& options);

// A coin's price as the house takes it, at least a micro-dollar.
[[nodiscard]] Money collateral_price_of(double usd);

// What all stresses of one book have in common: the house at the start, with every account's safe
// box, and who was below margin then.
class StressStart {
  public:
    StressStart(const StressMarket& market, const AccountBook& book);

    [[nodiscard]] const StressMarket& market() const { return *market_; }
    [[nodiscard]] const AccountBook& book() const { return *book_; }
    [[nodiscard]] const ClearingHouse& house() const { return house_; }
    [[nodiscard]] const PortfolioPrices& prices() const { return prices_; }
    [[nodiscard]] const std::vector<AccountId>& below() const { return below_; }
    [[nodiscard]] AccountId maker(VenueId venue) const { return makers_[venue.raw()]; }
    [[nodiscard]] AccountId account(std::uint32_t unit) const {
        return account_of(house_, *book_, unit);
    }
    // The unit of an account, or none.
    [[nodiscard]] std::int64_t unit_of(AccountId account) const {
        const std::int64_t first = this->account(0).raw();
        return account.raw() >= first ? account.raw() - first : -1;
    }
    [[nodiscard]] std::uint32_t unit_of(SlotId slot) const { return unit_of_[slot]; }
    // Owner groups by gross notional at the start, largest first.
    [[nodiscard]] const std::vector<GroupDefault>& groups_by_size() const { return groups_; }

  private:
    const StressMarket* market_;
    const AccountBook* book_;
    std::vector<AccountId> makers_;  // by venue: whose orders rest in the books
    ClearingHouse house_;
    std::vector<AccountId> below_;
    PortfolioPrices prices_;
    std::vector<std::uint32_t> unit_of_;
    std::vector<GroupDefault> groups_;
};

class StressRun final : public LiquidationHost, private PostingObserver {
  public:
    explicit StressRun(const StressStart& start);
    // Always from the start of the book; a second run uses the memory of the first.
    [[nodiscard]] StressOutcome run(const Shock& shock, const StressOptions& options);
    [[nodiscard]] const StressStart& start() const { return start_; }
    // After run(): the accounts as they ended.
    [[nodiscard]] const ClearingHouse& house() const { return house_; }
    // Hears the postings of the runs that follow.
    void set_observer(PostingObserver* observer) { observer_ = observer; }

    // --- host of the liquidation engine ---
    [[nodiscard]] SimTime now() const override { return SimTime{} + now_; }
    [[nodiscard]] ClearingHouse& house() override { return house_; }
    [[nodiscard]] const ClearingHouse& clearing() const override { return house_; }
    [[nodiscard]] Ticks best(InstrumentId i, Side side) const override;
    [[nodiscard]] std::span<const InstrumentId> perps(VenueId venue) const override {
        return perps_[venue.raw()];
    }
    [[nodiscard]] Ticks mark(InstrumentId i) const override { return mark_[i.raw()]; }
    [[nodiscard]] Ticks mark_before(InstrumentId i) const override { return mark_before_[i.raw()]; }
    // One path is declared for both.
    [[nodiscard]] Ticks oracle_before(InstrumentId i) const override {
        return mark_before_[i.raw()];
    }
    [[nodiscard]] double volume_last_minute_usd(InstrumentId i) const override {
        return market_.at(i).volume / 1'440.0;
    }
    [[nodiscard]] bool other_side_is_outside() const override { return true; }
    [[nodiscard]] Duration ranking_serves() const override { return seconds(5); }
    std::span<const Fill> send_now(const Command& order) override;
    void schedule_batch(VenueId venue, SimTime at) override { batch_at_[venue.raw()] = at; }
    void notify_adl(AccountId, InstrumentId, Side, Ticks, Lots) override {}
    [[nodiscard]] bool wants_records() const override { return true; }
    void record(const LiquidationRecord& record) override;
    void record(const AdlRecord& record) override;

  private:
    struct PoolState {
        bool emptied = false;
    };

    void on_posting(const Posting& posting) override;
    void reset(const Shock& shock, const StressOptions& options);
    void step(Duration elapsed);
    void walk(Duration elapsed);
    void start_defaults();
    enum class Venues : std::uint8_t { due, all };
    void update_marks(Venues venues);
    [[nodiscard]] std::vector<Ticks> marks_at(Duration t);
    [[nodiscard]] bool sets_off(Duration elapsed);
    void run_batches();
    void look_at_pools();
    void sample();
    void look_at_books();
    [[nodiscard]] DepthSide side_of(AssetId coin, Side side) const;
    [[nodiscard]] bool all_reached() const;
    StressOutcome finish();
    [[nodiscard]] double pool_equity(std::uint32_t pool) const {
        return to_usd(house_.portfolio_equity(house_.fund_account(pool)));
    }
    [[nodiscard]] double usd(InstrumentId i, Ticks price) const {
        return to_usd(market_.at(i).instrument, price);
    }
    // Shock path alone, with the instrument's basis of the start.
    [[nodiscard]] double reference(InstrumentId i) const {
        const StressInstrument& spec = market_.at(i);
        const std::uint16_t coin = spec.instrument.base.raw();
        return reference_[coin] * (usd(i, spec.mark) / market_.coins[coin].price);
    }
    RestingDepth& depth(InstrumentId i);
    void touch(std::uint32_t unit);

    const StressStart& start_;
    const StressMarket& market_;
    const AccountBook& book_;
    Shock shock_;
    StressOptions options_;
    ClearingHouse house_;
    std::unique_ptr<LiquidationEngine> engine_;
    std::vector<std::vector<InstrumentId>> perps_;      // by venue
    std::vector<Ticks> mark_, mark_before_;             // by instrument
    std::vector<double> reference_, index_;             // by coin, USD
    std::vector<double> index_weight_;                  // by instrument, of its coin's depth
    std::vector<std::unique_ptr<RestingDepth>> depth_;  // by instrument, made when needed
    std::vector<std::uint8_t> depth_used_;              // by instrument: in this run
    std::vector<double> last_trade_;  // by instrument: last forced price before the mark
    std::vector<double> next_last_trade_;
    Duration now_, step_, walk_;
    std::vector<Duration> next_mark_;  // by venue
    std::vector<SimTime> batch_at_;    // by venue; the end of time = none
    std::vector<AccountId> due_;
    std::vector<PoolState> pools_;
    std::vector<std::uint8_t> account_touched_, unit_bankrupt_, unit_defaults_;
    std::vector<Fill> fills_;
    bool forced_ = false;  // something was closed by force
    StressOutcome out_;
    PostingObserver* observer_ = nullptr;
};

[[nodiscard]] inline StressOutcome run_stress(const StressStart& start,
                                              const Shock& shock,
                                              const StressOptions& options) {
    return StressRun(start).run(shock, options);
}

}  // namespace margincall::inline desk
