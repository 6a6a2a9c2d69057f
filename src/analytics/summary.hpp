// The headline figures of a run: every metric of sim/metrics.hpp, the comparison with what was
// measured, and summary.json. Terminal, report and database print these and compute none of their
// own.
//
// A figure that cannot be known (no such book, run ended before the window, nothing published) has
// no value: null in JSON, never 0.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analytics/judged_limits.hpp"
#include "analytics/liquidation_totals.hpp"
#include "analytics/loss_distribution.hpp"
#include "base/error.hpp"
#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"
#include "record/run_db.hpp"
#include "sim/metrics.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline analytics {

// One path: p05 = p50 = p95 = value. Several: value = p50 = the median over the paths that have
// one.
struct Metric {
    std::optional<double> value, p05, p50, p95;
    std::int64_t paths = 0;                   // that have a value
    std::optional<double> se = std::nullopt;  // standard error of the median; of several paths only
};

// A measured or press figure beside the simulated one.
struct Comparison {
    std::size_t metric = 0;           // row of metric_names
    std::optional<double> simulated;  // = the metric's value
    std::optional<double> measured, tolerance;
    std::optional<bool>
        inside;  // |simulated - measured| <= tolerance; nothing when either is unknown
    std::string article, source, note;
};

// What the program's gates of price formation (docs/gates.md) say of the prices of its runs.
struct PriceGates {
    std::string state;  // missing, stale, missed or met; empty: a file from before there were gates
    std::string reason;               // why no share of a price fall may be stated; empty when met
    std::vector<std::string> missed;  // gates of the loop
};

struct Summary {
    std::string scenario, title, scenario_hash, version;
    std::string size;                  // word of world.size
    std::vector<std::uint64_t> seeds;  // one per path
    std::uint64_t digest = 0;          // of the only path; of several: folded in their order
    bool interrupted = false;
    std::int64_t failed = 0;  // paths that did not end, of a run of many
    double wall_s = 0;
    double peak_rss_mb = 0;
    std::uint64_t messages = 0;
    double messages_per_s = 0;  // messages / wall_s
    std::int64_t accounts = 0;  // weighted, at the start
    std::int64_t account_rows = 0;
    std::int64_t low_ns = -1;     // when the reference price was lowest in the day; -1 = unknown
    std::vector<Metric> metrics;  // one per row of metric_names, in that order
    std::vector<Comparison> observed;  // in the scenario's order
    // Of the day, by venue (and coin); of several paths the means.
    std::vector<ForcedRoutes> forced;
    std::vector<AdlCount> adl;
    std::vector<JudgedLimit> limits;       // of the scenario; set by who runs, from judge_limits()
    std::vector<LossDistribution> losses;  // of several paths
    PriceGates price_gates;  // of the program that made the run; it is set by who runs

    [[nodiscard]] const Metric& metric(std::string_view name) const;  // CHECK: the name exists
};

// What only the program around the run knows.
struct RunFacts {
    std::string version;
    double wall_s = 0;
    double peak_rss_mb = 0;
};

[[nodiscard]] Summary summarise(const Plan& plan,
                                const RunTotals& totals,
                                const MemoryRecorder& recorder,
                                const RunFacts& facts = {});

// Several seeds of one scenario as one summary: median and 5-95 % (linear interpolation between
// order statistics). Not empty; the order of the paths does not change any quantile.
[[nodiscard]] Summary aggregate(std::span<const Summary> paths);

// One path's summary from its figures alone, as a store of many paths keeps them: `summary` has
// totals and one value a metric; the comparison with what was measured is made from the plan.
void complete_summary(const Plan& plan, Summary& summary);

// summary.json: the contract of docs/metrics.md, keys in its order, numbers shortest round-trip.
[[nodiscard]] std::string summary_json(const Summary& summary);
// E503 unreadable, E504 not a summary.
[[nodiscard]] std::expected<Summary, Error> parse_summary_json(std::string_view text,
                                                               std::string_view file);
[[nodiscard]] std::expected<Summary, Error> read_summary(const std::filesystem::path& path);

// The same figures as rows for run.db.
[[nodiscard]] std::vector<MetricRow> metric_rows(const Summary& summary);
[[nodiscard]] std::vector<ObservedRow> observed_rows(const Summary& summary);

}  // namespace margincall::inline analytics
