// Recording: turns the world into records at the plan's cadence. Reads the world, never writes it.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"
#include "sim/liquidation_map.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline sim {

class World;
struct LocalReproduction;

class Recording {
  public:
    explicit Recording(const Plan& plan);
    void attach(Recorder* recorder) { recorder_ = recorder; }
    [[nodiscard]] bool on() const { return recorder_ != nullptr; }

    // --- facts as they happen; called only when `on()` ---
    void trade(
        std::uint32_t instrument, double price, double usd, bool taker_sells, Cause taker_cause);
    void depth(std::uint32_t instrument, const double* bid, const double* ask, double spread_bps);
    // Publication follows the venue's feed: where only one order per second and symbol is shown,
    // the last of the second is (model.md 10.1); a row of weight w counts as w orders, of which one
    // shows.
    void liquidation(const World& world, LiquidationRecord record);
    void adl(const AdlRecord& record);
    void funding(const FundingRecord& record);
    void chain_block(const World& world);
    void event(const EventRecord& record) { recorder_->on(record); }
    void sentiment(const SentimentRecord& record) { recorder_->on(record); }

    // --- samples ---
    void bars(const World& world);
    // R of forced selling at one fall of the marks.
    void reproduction(SimTime now, const LocalReproduction& sample);
    // The liquidation map, when its time has come or BTC is at a new low. Rows that changed are
    // asked for only then.
    void map(World& world);
    void finish(const World& world);
    void chain_bar(const World& world);

  private:
    void health(const World& world);
    void emit(const LiquidationRecord& record, bool published);
    struct Pending {
        LiquidationRecord record;
        std::int64_t second = -1;
    };
    Recorder* recorder_ = nullptr;
    std::vector<BarRecord> bar_;  // running bar per instrument
    std::vector<bool> traded_;
    std::vector<bool> sampled_;
    std::vector<Pending> pending_;     // per instrument
    std::vector<double> fund_before_;  // per venue, cash at the previous bar
    LiquidationMap map_;
    std::vector<bool> funded_;  // per instrument: since the last map
    double map_low_ = 0.0;      // lowest BTC index at the last map
    std::int64_t health_hour_ = -1;
    std::int64_t health_ns_ = -1;      // of the last histogram: one a time, also at the end
    double health_low_ = 0.0;          // lowest ether price at the last histogram
    std::size_t incident_steps_ = 0;   // already told
    std::vector<double> peg_low_;      // per venue, of the running bar
    std::vector<double> pool_traded_;  // per pool, at the last bar
};

}  // namespace margincall::inline sim
