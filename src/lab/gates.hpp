// The gates of price formation (docs/gates.md): which worlds are run, what is read from them, and
// what each figure must be. A gate is met when every figure with a target is; a gate that was not run
// is a miss.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/price_figures.hpp"
#include "base/error.hpp"
#include "lab/job_pool.hpp"
#include "plan/plan.hpp"

namespace margincall::inline lab {

// A band for what is judged; without bounds the figure is only shown. Bounds belong to the band.
struct GateTarget {
    std::optional<double> low{}, high{};
    [[nodiscard]] bool asks() const { return low || high; }
    [[nodiscard]] bool holds(double value) const {
        return (!low || value >= *low) && (!high || value <= *high);
    }
    [[nodiscard]] std::string text() const;  // "-4.5 to -3.3", "at least 60", "" without bounds
};

struct GateRow {
    std::string figure;
    std::string unit;
    // median or share of the seeds, difference of two medians, or derived from medians
    std::string judged = "median";
    GateTarget target;
    std::string source;                  // where the target comes from
    std::optional<double> value{};       // what is judged
    std::optional<double> p05{}, p95{};  // over the seeds, of a median
    [[nodiscard]] std::optional<bool> met() const {
        return target.asks() ? std::optional{value && target.holds(*value)} : std::nullopt;
    }
};

struct GateResult {
    std::string name, title;
    std::vector<std::uint64_t> seeds;
    bool named_seeds = true;   // those that the gate names
    std::string not_run;       // why; then there are no rows
    std::uint64_t failed = 0;  // worlds that did not end
    std::vector<GateRow> rows;
    [[nodiscard]] bool met() const;
    [[nodiscard]] std::vector<const GateRow*> misses() const;
};

// One world of a variant as it was, to tell whether another program makes the same ones.
struct GateSample {
    std::string variant;
    std::uint64_t seed = 0;
    std::uint64_t digest = 0;
    std::uint64_t figures = 0;  // digest of names and values, to the last bit
    bool operator==(const GateSample&) const = default;
};

struct GateReport {
    std::string size;              // word of world.size
    std::vector<std::string> set;  // --set of the user: not the shipped model
    std::vector<GateResult> gates;
    std::vector<GateSample> samples;  // of each variant the first seed that ended
};

// Names for --only, in the order of the report.
[[nodiscard]] std::vector<std::string> gate_names();

// What one world gives to its gates.
struct GateWorld {
    std::uint64_t digest = 0;
    std::vector<PriceFigure> figures;
    [[nodiscard]] std::optional<double> value(std::string_view figure) const;
};

struct GateRequest {
    std::vector<std::string> only;                    // empty: all
    std::optional<std::vector<std::uint64_t>> seeds;  // replaces those that each gate names
    std::string size = "reduced";
    std::vector<std::string> set;
    std::size_t workers = 1;
    std::string command;  // for the message of a failing CHECK
    // What runs a world of a variant; tests put made-up worlds in its place.
    std::function<GateWorld(const std::string& variant, const Plan& plan)> world{};
};

// "1-8", "3" or "1-4,9"; nothing when it is none of these, empty or descending.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> parse_seeds(std::string_view text);
[[nodiscard]] std::string seeds_text(std::span<const std::uint64_t> seeds);

struct GateRun {
    GateReport report;
    PoolProgress progress;
    bool stopped = false;               // asked to: the report is empty
    std::vector<std::string> failures;  // of worlds: variant, seed and reason
};
// Compiles every world first: the problems of the first that is not valid (of a --set, say). CHECK: the
// names of `only` are gate_names().
[[nodiscard]] std::expected<GateRun, Errors> run_gates(
    const GateRequest& request, const std::function<bool(const PoolProgress&)>& watch);

struct GateConfirmation {
    PoolProgress progress;
    bool stopped = false;
    std::vector<std::string>
        differ;  // variant, seed and how; empty: every sample came out the same
};
// Runs the samples of an answer again, one world of each variant: does this program make the worlds
// that were judged? The answer's size and set are taken, not the request's. Problems as run_gates.
[[nodiscard]] std::expected<GateConfirmation, Errors> confirm_samples(
    const GateReport& report,
    const GateRequest& request,
    const std::function<bool(const PoolProgress&)>& watch);

// --- what run_gates is made of ---

// A figure's row from its values over the seeds: median and 5 to 95 %, as the bands of many paths.
[[nodiscard]] GateRow median_row(std::string figure,
                                 std::string unit,
                                 std::vector<double> values,
                                 GateTarget target,
                                 std::string source);
// The share of seeds, percent, whose value satisfies a test.
[[nodiscard]] GateRow share_row(std::string figure,
                                std::span<const double> values,
                                const std::function<bool(double)>& satisfies,
                                GateTarget target,
                                std::string source);
// One figure of all seeds together; `judged` says how it comes from them.
[[nodiscard]] GateRow value_row(std::string figure,
                                std::string unit,
                                std::string judged,
                                std::optional<double> value,
                                GateTarget target = {},
                                std::string source = "");
// Worlds of one variant by seed; those that failed are absent.
using GateWorlds = std::map<std::uint64_t, GateWorld>;
// Second less first by seed (or, as `ratio`, second over first less one in percent), of seeds in both.
enum class Against : std::uint8_t { difference, ratio };
[[nodiscard]] std::vector<double> paired(const GateWorlds& first,
                                         const GateWorlds& second,
                                         std::string_view figure,
                                         Against against);
// R of model 11.2: of what is forced in the end, the part that forced sales make themselves, when one
// more dollar sold leads to so many forced ones (at least 0).
[[nodiscard]] double reproduction_number(double forced_per_dollar);
// Every figure of [observed] with a value, against value +- tolerance.
[[nodiscard]] std::vector<GateRow> observed_rows(const Plan& plan, const GateWorlds& worlds);

}  // namespace margincall::inline lab
