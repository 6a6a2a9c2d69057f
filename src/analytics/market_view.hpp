// The recorded bars of a run by instrument, and who plays which part in the metrics: which venue is
// the reference venue, which books are Bitcoin's. Reads columns, never the live world.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"

namespace margincall::inline analytics {

// A window of bars by the time of their end: from < end <= to.
struct Window {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    [[nodiscard]] bool holds(std::int64_t time_ns) const {
        return time_ns > from_ns && time_ns <= to_ns;
    }
};

// A fund's cash when the bar of a record began: for the first record, at the start of the run. A
// lowest balance that left it out would be above the one that the fund began with.
[[nodiscard]] inline double balance_before(const FundRecord& record) {
    return record.balance_usd - record.inflow_usd + record.outflow_usd;
}

class MarketView {
  public:
    MarketView(const Plan& plan, const MemoryRecorder& recorder);

    [[nodiscard]] const Plan& plan() const { return *plan_; }
    [[nodiscard]] const MemoryRecorder& recorder() const { return *recorder_; }

    // Bars of one instrument in the order of time.
    [[nodiscard]] std::span<const BarRecord> bars(std::size_t instrument) const;

    // The reference venue: the first of the scenario that trades the first asset as spot and as
    // perp (A in the shipped scenarios), else the first with a perp of it.
    [[nodiscard]] std::optional<std::size_t> reference_venue() const { return reference_venue_; }
    // A book of the reference venue; nothing when it does not trade that.
    [[nodiscard]] std::optional<std::size_t> reference_book(std::size_t asset,
                                                            InstrumentKind kind) const;
    [[nodiscard]] std::optional<std::size_t> asset(std::string_view name) const;
    [[nodiscard]] std::vector<std::size_t> perps(std::size_t asset) const;
    [[nodiscard]] const VenueRules& rules_of(std::size_t instrument) const;

    // Whether depth had been sampled when the bar ended; before, its depth is no figure but a blank.
    [[nodiscard]] bool depth_known(const BarRecord& bar) const {
        return bar.time_ns >= plan_->output.depth.raw();
    }

    [[nodiscard]] Window day() const;
    [[nodiscard]] Window whole_run() const;

  private:
    [[nodiscard]] std::optional<std::size_t> book(std::size_t venue,
                                                  std::size_t asset,
                                                  InstrumentKind kind) const;

    const Plan* plan_;
    const MemoryRecorder* recorder_;
    std::vector<BarRecord> sorted_;   // by instrument, then time
    std::vector<std::size_t> begin_;  // of each instrument in sorted_, plus the end
    std::optional<std::size_t> reference_venue_;
};

}  // namespace margincall::inline analytics
