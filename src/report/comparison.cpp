#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "analytics/levels.hpp"
#include "base/resolved_keys.hpp"
#include "report/format.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array worse_lower = {std::string_view{"btc_open"},
                                    std::string_view{"btc_low"},
                                    std::string_view{"btc_close"},
                                    std::string_view{"btc_fall_open_to_low"},
                                    std::string_view{"btc_worst_hour"},
                                    std::string_view{"btc_rebound_1h"},
                                    std::string_view{"eth_low"},
                                    std::string_view{"eth_fall_open_to_low"},
                                    std::string_view{"volume_usd"},
                                    std::string_view{"depth_1pct_min_usd"},
                                    std::string_view{"depth_1pct_min_share"},
                                    std::string_view{"depth_4pct_min_share"},
                                    std::string_view{"perp_spot_gap_min"},
                                    std::string_view{"fund_min_usd"},
                                    std::string_view{"sentiment_last"},
                                    std::string_view{"usde_low_min"}};
constexpr std::array worse_higher = {std::string_view{"liquidated_true_usd"},
                                     std::string_view{"liquidated_reported_usd"},
                                     std::string_view{"accounts_true"},
                                     std::string_view{"accounts_reported"},
                                     std::string_view{"peak_minute_usd"},
                                     std::string_view{"peak_hour_usd"},
                                     std::string_view{"depth_1pct_thin_minutes"},
                                     std::string_view{"depth_1pct_recovery_minutes"},
                                     std::string_view{"spread_mean_bps"},
                                     std::string_view{"spread_max_bps"},
                                     std::string_view{"venue_gap_max"},
                                     std::string_view{"adl_usd"},
                                     std::string_view{"adl_accounts"},
                                     std::string_view{"adl_steps"},
                                     std::string_view{"adl_fills"},
                                     std::string_view{"adl_forgone_usd"},
                                     std::string_view{"fund_draw_usd"},
                                     std::string_view{"bad_debt_usd"},
                                     std::string_view{"defi_liquidated_usd"},
                                     std::string_view{"defi_liquidated_share"},
                                     std::string_view{"defi_bad_debt_usd"},
                                     std::string_view{"defi_utilisation_max"},
                                     std::string_view{"usde_gap_max"},
                                     std::string_view{"incident_loss_usd"},
                                     std::string_view{"reproduction_max"},
                                     std::string_view{"reproduction_btc_max"}};

Worse worse_of_level(std::string_view key) {
    // Less open interest or a lower rate is neither good nor bad.
    return key.starts_with("price.") || key.starts_with("bids_") || key.starts_with("fund.") ||
                   key.starts_with("peg.")
               ? Worse::lower
               : Worse::neither;
}

// To the first column, of figures with one value a run.
void take_differences(ComparedRow& row) {
    row.differences.resize(row.values.size());
    for (std::size_t k = 1; k < row.values.size(); ++k) {
        if (row.values[0] && row.values[k]) {
            row.differences[k] = RunDifference{*row.values[k] - *row.values[0]};
        }
    }
}

bool has_value(const ComparedRow& row) {
    return std::ranges::any_of(row.values, [](const auto& value) { return value.has_value(); });
}

void add_levels(std::span<const ComparedRun> runs, RunComparison& out) {
    std::vector<std::vector<analytics::Level>> found;
    for (const ComparedRun& run : runs) {
        found.push_back(levels(MarketView{*run.plan, *run.recorder}));
    }
    // In the order of the first run; what only others have stands after it.
    std::vector<const analytics::Level*> order;
    for (const std::vector<analytics::Level>& of_run : found) {
        for (const analytics::Level& level : of_run) {
            if (std::ranges::none_of(
                    order, [&](const analytics::Level* x) { return x->key == level.key; })) {
                order.push_back(&level);
            }
        }
    }
    struct Part {
        const char* name;
        std::optional<double> analytics::Level::*value;
    };
    constexpr std::array parts = {Part{"start", &analytics::Level::start},
                                  Part{"minimum", &analytics::Level::minimum},
                                  Part{"end", &analytics::Level::end}};
    for (const analytics::Level* level : order) {
        for (const Part& part : parts) {
            ComparedRow row{level->key,
                            part.name,
                            level->label,
                            level->unit,
                            worse_of_level(level->key),
                            {},
                            {}};
            for (const std::vector<analytics::Level>& of_run : found) {
                const auto at = std::ranges::find(of_run, level->key, &analytics::Level::key);
                row.values.push_back(at != of_run.end() ? (*at).*part.value : std::nullopt);
            }
            take_differences(row);
            out.rows.push_back(std::move(row));
        }
    }
}

void add_metrics(std::span<const ComparedRun> runs, RunComparison& out) {
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        const MetricName& name = metric_names[i];
        ComparedRow row{std::string{name.name},
                        "",
                        std::string{name.label},
                        name.unit,
                        worse_when(name.name),
                        {},
                        {}};
        for (const ComparedRun& run : runs) {
            row.values.push_back(run.summary->metrics[i].value);
            row.differences.push_back(row.values.size() == 1
                                          ? std::nullopt
                                          : run_difference(runs.front().paths[i], run.paths[i]));
        }
        if (has_value(row)) {
            out.rows.push_back(std::move(row));
        }
    }
}

ComparedColumn column_of(const ComparedRun& run) {
    const Summary& summary = *run.summary;
    ComparedColumn column;
    column.name = run.name;
    column.facts = {{"title", summary.title},
                    {"scenario", fmt::format("{} {}", summary.scenario, summary.scenario_hash)},
                    {"size", run.size},
                    {"digest", fmt::format("{:016x}", summary.digest)},
                    {"version", summary.version}};
    const std::uint64_t first = summary.seeds.empty() ? 0 : summary.seeds.front();
    column.facts.insert(
        column.facts.begin() + 2,
        summary.seeds.size() > 1
            ? std::pair{std::string{"paths"},
                        fmt::format("{}, first seed {}", summary.seeds.size(), first)}
            : std::pair{std::string{"seed"}, fmt::format("{}", first)});
    return column;
}

// How the differences were taken, in words; one sentence for each run beside the first.
void add_notes(std::span<const ComparedRun> runs, RunComparison& out) {
    const std::size_t low = static_cast<std::size_t>(metric_index("btc_low"));
    const bool several = std::ranges::any_of(
        runs, [](const ComparedRun& run) { return run.summary->seeds.size() > 1; });
    if (!several) {
        out.notes.emplace_back(
            "One path a run: a difference may be the seed's alone. Paths with the same seed share "
            "their random numbers until their events part.");
        return;
    }
    out.notes.emplace_back(
        "Metrics of several paths are medians, their differences means. Start, minimum, end and "
        "the "
        "pictures are of the first path.");
    for (std::size_t k = 1; k < runs.size(); ++k) {
        const auto found = run_difference(runs.front().paths[low], runs[k].paths[low]);
        if (!found) {
            continue;
        }
        const std::string how = found->pairing == Pairing::paired
                                    ? fmt::format("{} pairs of equal seeds", found->first_paths)
                                : found->pairing == Pairing::unpaired
                                    ? fmt::format("{} and {} paths of different seeds, not paired",
                                                  found->first_paths,
                                                  found->second_paths)
                                    : fmt::format("{} and {} paths: too few for an interval",
                                                  found->first_paths,
                                                  found->second_paths);
        out.notes.push_back(fmt::format(
            "Run {} against run 1: {}; ± is half the 90 % interval (Student's t), and a difference "
            "smaller than it cannot be told from none.",
            k + 1,
            how));
    }
}

void add_warnings(std::span<const ComparedRun> runs, RunComparison& out) {
    const ComparedRun& first = runs.front();
    for (std::size_t k = 0; k < runs.size(); ++k) {
        if (runs[k].summary->interrupted) {
            out.warnings.push_back(fmt::format(
                "Run {} was interrupted: its figures cover only what was simulated.", k + 1));
        }
        if (k == 0) {
            continue;
        }
        if (runs[k].size != first.size) {
            out.warnings.push_back(
                fmt::format("Run {} is of size {}, run 1 of size {}: their figures are not of the "
                            "same market, and a difference may be the size's alone.",
                            k + 1,
                            runs[k].size,
                            first.size));
        }
        if (runs[k].summary->version != first.summary->version) {
            out.warnings.push_back(fmt::format("Run {} is of version {}, run 1 of version {}.",
                                               k + 1,
                                               runs[k].summary->version,
                                               first.summary->version));
        }
        if (runs[k].plan->start_unix_s != first.plan->start_unix_s) {
            out.warnings.push_back(fmt::format(
                "Run {} starts at another date: the pictures count time from each start.", k + 1));
        }
        if (runs[k].plan->length != first.plan->length) {
            out.warnings.push_back(fmt::format(
                "Run {} is {:g} h long, run 1 {:g} h: sums and ends are not of the same time.",
                k + 1,
                to_seconds(runs[k].plan->length) / 3600,
                to_seconds(first.plan->length) / 3600));
        }
        if (runs[k].summary->digest == first.summary->digest) {
            out.notes.push_back(
                fmt::format("Run {} has the digest of run 1: they are the same run.", k + 1));
        }
    }
}

// "{ value = X, source = ... }" is X: where a figure is from changes nothing in a run.
std::string_view without_source(std::string_view value) {
    constexpr std::string_view open = "{ value = ";
    const std::size_t source = value.find(", source = ");
    return value.starts_with(open) && source != std::string_view::npos
               ? value.substr(open.size(), source - open.size())
               : value;
}

}  // namespace

Worse worse_when(std::string_view metric) {
    if (std::ranges::find(worse_lower, metric) != worse_lower.end()) {
        return Worse::lower;
    }
    return std::ranges::find(worse_higher, metric) != worse_higher.end() ? Worse::higher
                                                                         : Worse::neither;
}

RunComparison compare_runs(std::span<const ComparedRun> runs) {
    CHECK(!runs.empty());
    RunComparison out;
    const bool same = std::ranges::all_of(runs, [&](const ComparedRun& run) {
        return run.summary->scenario == runs.front().summary->scenario;
    });
    out.title = same ? fmt::format("{} runs of {}", runs.size(), runs.front().summary->scenario)
                     : fmt::format("{} runs", runs.size());
    std::vector<std::string> texts;
    for (const ComparedRun& run : runs) {
        CHECK(run.paths.size() == metric_names.size());
        out.columns.push_back(column_of(run));
        texts.push_back(run.resolved);
    }
    add_warnings(runs, out);
    add_notes(runs, out);
    add_levels(runs, out);
    add_metrics(runs, out);
    out.settings = setting_differences(texts);
    return out;
}

std::vector<ComparedSetting> setting_differences(std::span<const std::string> resolved) {
    std::vector<std::string> order;
    std::vector<std::map<std::string, std::string>> found(resolved.size());
    for (std::size_t k = 0; k < resolved.size(); ++k) {
        for (const auto& [key, value] : resolved_keys(resolved[k])) {
            const bool is_new = std::ranges::none_of(
                found, [&name = key](const auto& of_run) { return of_run.contains(name); });
            if (is_new) {
                order.push_back(key);
            }
            found[k][key] = without_source(value);
        }
    }
    std::vector<ComparedSetting> out;
    for (const std::string& key : order) {
        ComparedSetting row{key, {}};
        for (const auto& of_run : found) {
            const auto at = of_run.find(key);
            row.values.push_back(at != of_run.end() ? at->second : std::string{});
        }
        if (std::ranges::any_of(row.values,
                                [&row](const std::string& x) { return x != row.values[0]; })) {
            out.push_back(std::move(row));
        }
    }
    return out;
}

namespace {

// What the rows of result.jsonl have as levels: a fund or a mark at the start, at its lowest, at the
// end.
struct StressLevel {
    const char* kind;
    const char* name;  // key that names the row
    const char* prefix;
    const char* label;
    MetricUnit unit;
    std::array<const char*, 3> parts;
};
constexpr std::array stress_levels = {StressLevel{"fund",
                                                  "pool",
                                                  "fund.",
                                                  "fund {}",
                                                  MetricUnit::usd,
                                                  {"before_usd", "lowest_usd", "after_usd"}},
                                      StressLevel{"instrument",
                                                  "instrument",
                                                  "mark.",
                                                  "mark of {}",
                                                  MetricUnit::usd_price,
                                                  {"start", "lowest", "end"}}};

struct StressFigure {
    const char* key;
    const char* label;
    MetricUnit unit;
    Worse worse;
};
constexpr std::array compared_figures = {
    StressFigure{"accounts_liquidated", "accounts liquidated", MetricUnit::accounts, Worse::higher},
    StressFigure{"liquidated_usd", "liquidated, notional", MetricUnit::usd, Worse::higher},
    StressFigure{"liquidated_long_usd", "of it long", MetricUnit::usd, Worse::neither},
    StressFigure{"in_book_usd", "sold into the books", MetricUnit::usd, Worse::neither},
    StressFigure{
        "taken_over_usd", "taken over by funds, engines, vaults", MetricUnit::usd, Worse::neither},
    StressFigure{"deleveraged_usd", "closed by auto-deleveraging", MetricUnit::usd, Worse::higher},
    StressFigure{"slippage_usd", "slippage of liquidations", MetricUnit::usd, Worse::higher},
    StressFigure{"units_bankrupt", "bankrupt", MetricUnit::accounts, Worse::higher},
    StressFigure{
        "fund_draw_usd", "largest draw, summed over funds", MetricUnit::usd, Worse::higher},
    StressFigure{"fund_after_usd", "funds after", MetricUnit::usd, Worse::lower},
    StressFigure{"funds_emptied", "funds emptied", MetricUnit::accounts, Worse::higher},
    StressFigure{"adl_usd", "ADL, notional of winners closed", MetricUnit::usd, Worse::higher},
    StressFigure{"adl_accounts", "ADL, accounts", MetricUnit::accounts, Worse::higher},
    StressFigure{
        "adl_forgone_usd", "ADL, profit forgone by the end", MetricUnit::usd, Worse::higher},
    StressFigure{"bad_debt_usd", "bad debt", MetricUnit::usd, Worse::higher}};

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}
std::optional<double> number_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? std::optional{found->get<double>()}
                                                       : std::nullopt;
}

// The rows of one case of one folder.
struct StressCase {
    std::string name;
    Json outcome;
    std::vector<Json> rows;
};

void add_stress_levels(const std::vector<StressCase>& cases, RunComparison& out) {
    for (const StressLevel& level : stress_levels) {
        std::vector<std::string> names;
        for (const StressCase& one : cases) {
            for (const Json& row : one.rows) {
                const std::string name = text_of(row, level.name);
                if (text_of(row, "kind") == level.kind &&
                    std::ranges::find(names, name) == names.end()) {
                    names.push_back(name);
                }
            }
        }
        constexpr std::array part_names = {"start", "minimum", "end"};
        for (const std::string& name : names) {
            for (std::size_t part = 0; part < part_names.size(); ++part) {
                ComparedRow row{level.prefix + name,
                                part_names[part],
                                fmt::format(fmt::runtime(level.label), name),
                                level.unit,
                                Worse::lower,
                                {},
                                {}};
                for (const StressCase& one : cases) {
                    const auto at = std::ranges::find_if(one.rows, [&](const Json& x) {
                        return text_of(x, "kind") == level.kind && text_of(x, level.name) == name;
                    });
                    row.values.push_back(at != one.rows.end() ? number_of(*at, level.parts[part])
                                                              : std::nullopt);
                }
                take_differences(row);
                out.rows.push_back(std::move(row));
            }
        }
    }
}

}  // namespace

std::expected<RunComparison, Error> compare_stresses(
    std::span<const std::pair<std::string, std::string>> results) {
    std::vector<StressCase> cases;
    RunComparison out;
    out.title = fmt::format("{} stresses", results.size());
    for (const auto& [folder, text] : results) {
        const std::size_t before = cases.size();
        Json book;
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            Json row = Json::parse(line, nullptr, false);
            const std::string kind = row.is_object() ? text_of(row, "kind") : "";
            if (kind == "book") {
                book = std::move(row);
            } else if (kind == "outcome") {
                const std::string name = text_of(row, "case");
                cases.push_back({name, std::move(row), {}});
            } else if (kind == "fund" || kind == "instrument") {
                for (std::size_t k = before; k < cases.size(); ++k) {
                    if (cases[k].name == text_of(row, "case")) {
                        cases[k].rows.push_back(row);
                    }
                }
            }
        }
        if (cases.size() == before || !book.is_object()) {
            return std::unexpected(file_error(folder,
                                              "E504",
                                              "result.jsonl holds no outcome of a stress",
                                              "give a folder that `margincall stress` wrote"));
        }
        const bool alone = cases.size() == before + 1;
        for (std::size_t k = before; k < cases.size(); ++k) {
            ComparedColumn column;
            column.name = alone ? folder : folder + ", " + cases[k].name;
            column.facts = {{"book", text_of(book, "file")},
                            {"market", text_of(book, "market")},
                            {"shock", text_of(book, "shock")},
                            {"case", cases[k].name},
                            {"digest", text_of(cases[k].outcome, "digest")}};
            out.columns.push_back(std::move(column));
        }
    }
    add_stress_levels(cases, out);
    for (const StressFigure& figure : compared_figures) {
        ComparedRow row{figure.key, "", figure.label, figure.unit, figure.worse, {}, {}};
        for (const StressCase& one : cases) {
            row.values.push_back(number_of(one.outcome, figure.key));
        }
        take_differences(row);
        if (has_value(row)) {
            out.rows.push_back(std::move(row));
        }
    }
    return out;
}

int difference_tone(const ComparedRow& row, std::size_t column) {
    const auto& difference = row.differences[column];
    if (!difference || row.worse == Worse::neither || !difference->distinct()) {
        return 0;
    }
    const bool up = difference->mean > 0;
    return up == (row.worse == Worse::lower) ? 1 : -1;
}

}  // namespace margincall::inline report
