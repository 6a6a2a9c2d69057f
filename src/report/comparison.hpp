// Runs beside each other: each figure of each run, and how far it is from that of the first run.
// Terminal, JSON, CSV and the page show the same rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/run_difference.hpp"
#include "analytics/summary.hpp"
#include "base/error.hpp"
#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"
#include "report/terminal_summary.hpp"

namespace margincall::inline report {

// One run of `margincall run`, as its folder holds it.
struct ComparedRun {
    std::string name;  // of the folder
    std::string size;  // preview, reduced, full
    const Plan* plan = nullptr;
    const Summary* summary = nullptr;
    const MemoryRecorder* recorder = nullptr;
    // By metric (row of metric_names): one value a path that has one.
    std::vector<std::vector<PathValue>> paths;
    std::string resolved;  // text of resolved.toml
};

// Which way a figure goes when things are worse; decides the colour of a difference.
enum class Worse : std::uint8_t { lower, higher, neither };
[[nodiscard]] Worse worse_when(std::string_view metric);

struct ComparedRow {
    std::string key;    // "btc_low", "price.BTC"
    std::string part;   // "start", "minimum", "end" of a level; empty for a metric
    std::string label;  // "BTC price"
    MetricUnit unit = MetricUnit::usd;
    Worse worse = Worse::neither;
    std::vector<std::optional<double>> values;              // by column
    std::vector<std::optional<RunDifference>> differences;  // by column, to the first
};

struct ComparedColumn {
    std::string name;                                        // folder, or folder and case
    std::vector<std::pair<std::string, std::string>> facts;  // scenario, seed, size, digest
};

// A key of the resolved scenario that has not the same value in all runs; empty = not there.
struct ComparedSetting {
    std::string key;
    std::vector<std::string> values;
};

struct RunComparison {
    std::string title;
    std::vector<ComparedColumn> columns;
    std::vector<std::string> warnings;
    std::vector<std::string> notes;  // how values and differences are meant
    std::vector<ComparedRow> rows;   // levels first, then metrics
    std::vector<ComparedSetting> settings;
};

// Not empty. Rows without a value in any run are left out.
[[nodiscard]] RunComparison compare_runs(std::span<const ComparedRun> runs);

// Folders of `margincall stress`: name and text of result.jsonl of each. Every case is a column.
// E504 the text is not of a stress.
[[nodiscard]] std::expected<RunComparison, Error> compare_stresses(
    std::span<const std::pair<std::string, std::string>> results);

// Lines "key = value" of resolved scenarios that are not the same in all, sources left out; rows of
// [[tables]] are numbered from 0.
[[nodiscard]] std::vector<ComparedSetting> setting_differences(
    std::span<const std::string> resolved);

// "+$1.2 m ± $0.4 m", "−0.31 pp", "0"; "" without a difference.
[[nodiscard]] std::string difference_text(const ComparedRow& row, std::size_t column);
// 1 the difference is for the better, -1 for the worse, 0 neither or not distinct.
[[nodiscard]] int difference_tone(const ComparedRow& row, std::size_t column);

// One sentence a further run: in how many figures it is worse and better than the first, and which come
// first. Levels are not counted: their figures are in the metrics.
[[nodiscard]] std::vector<std::string> comparison_answer(const RunComparison& comparison);

[[nodiscard]] std::string comparison_terminal(const RunComparison& comparison,
                                              TerminalOptions options);
// One object a line: {"kind": "run" | "setting" | "figure" | "note", ...}.
[[nodiscard]] std::string comparison_json(const RunComparison& comparison);
[[nodiscard]] std::string comparison_csv(const RunComparison& comparison);
// One page that opens without a network. With `runs` also their pictures; a comparison of stresses has
// none.
[[nodiscard]] std::string comparison_html(const RunComparison& comparison,
                                          std::span<const ComparedRun> runs);

}  // namespace margincall::inline report
