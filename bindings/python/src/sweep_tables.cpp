#include "sweep_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "base/trimmed.hpp"
#include "lab/bands.hpp"
#include "lab/vary.hpp"
#include "sim/metrics.hpp"

namespace margincall::python {
namespace {

namespace fs = std::filesystem;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

// What is varied: the value of every cell, empty where the cell does not set the key.
struct Parameter {
    std::string key;
    std::vector<std::optional<std::string>> of_cell;
};

std::vector<Parameter> parameters(const TaskList& list) {
    std::vector<Parameter> out;
    for (std::size_t c = 0; c < list.cells().size(); ++c) {
        for (const std::string& set : list.cells()[c].set) {
            const std::size_t equals = set.find('=');
            const std::string key = set.substr(0, equals);
            auto at = std::ranges::find(out, key, &Parameter::key);
            if (at == out.end()) {
                out.push_back({key, std::vector<std::optional<std::string>>(list.cells().size())});
                at = out.end() - 1;
            }
            at->of_cell[c] = equals == std::string::npos ? "" : set.substr(equals + 1);
        }
    }
    return out;
}

// Numbers when every value is one, all with one unit; else words.
Column parameter_column(const Parameter& parameter, const std::vector<std::size_t>& cells) {
    std::optional<std::string> unit;
    std::vector<double> numbers;
    for (const std::optional<std::string>& text : parameter.of_cell) {
        numbers.push_back(no_value);
        if (!text) {
            continue;
        }
        const auto number = measured(*text);
        if (!number || (unit && trimmed(*unit) != trimmed(number->unit))) {
            numbers.clear();
            break;
        }
        unit = number->unit;
        numbers.back() = number->value;
    }
    ColumnText about{parameter.key, unit ? trimmed(*unit) : "", "the cell's value of this key"};
    if (numbers.size() == parameter.of_cell.size()) {
        std::vector<double> values;
        values.reserve(cells.size());
        for (const std::size_t cell : cells) {
            values.push_back(numbers[cell]);
        }
        return real_column(std::move(about), std::move(values));
    }
    about.unit = "";
    std::vector<std::string> words;
    std::vector<std::int32_t> numbers_of_words;
    for (const std::optional<std::string>& text : parameter.of_cell) {
        if (text && std::ranges::find(words, *text) == words.end()) {
            words.push_back(*text);
        }
    }
    for (const std::size_t cell : cells) {
        const std::optional<std::string>& text = parameter.of_cell[cell];
        numbers_of_words.push_back(
            text ? static_cast<std::int32_t>(std::ranges::find(words, *text) - words.begin()) : -1);
    }
    return word_column(std::move(about), std::move(numbers_of_words), word_list(words));
}

void add_parameters(const TaskList& list,
                    const std::vector<std::size_t>& cells,
                    std::vector<Column>& columns) {
    for (const Parameter& parameter : parameters(list)) {
        columns.push_back(parameter_column(parameter, cells));
    }
}

// One value a row.
template <class Get>
Column ints(ColumnText about, const SweepContent& content, const Get& get) {
    std::vector<std::int64_t> values;
    values.reserve(content.rows.size());
    for (const PathRow& row : content.rows) {
        values.push_back(static_cast<std::int64_t>(get(row)));
    }
    return int_column(std::move(about), std::move(values));
}
template <class Get>
Column reals(ColumnText about, const SweepContent& content, const Get& get) {
    std::vector<double> values;
    values.reserve(content.rows.size());
    for (const PathRow& row : content.rows) {
        values.push_back(get(row));
    }
    return real_column(std::move(about), std::move(values));
}
template <class Get>
Column texts(ColumnText about, const SweepContent& content, const Get& get) {
    std::vector<std::string> values;
    values.reserve(content.rows.size());
    for (const PathRow& row : content.rows) {
        values.push_back(get(row));
    }
    return text_column(std::move(about), values);
}

// Whose row it is.
struct WorldColumns {
    std::uint64_t paths = 1;  // worlds of a cell
    std::vector<std::int64_t> index, cell, seed;

    template <class Row>
    void add(const Row& row) {
        index.push_back(static_cast<std::int64_t>(row.index));
        cell.push_back(static_cast<std::int64_t>(row.index / paths));
        seed.push_back(static_cast<std::int64_t>(row.seed));
    }
    void move_to(std::vector<Column>& columns) {
        columns.push_back(int_column({"index", "", "of the world"}, std::move(index)));
        columns.push_back(int_column({"cell", "", "of the world"}, std::move(cell)));
        columns.push_back(int_column({"seed", "", "of the world"}, std::move(seed)));
    }
};

std::string meaning_of(const MetricName& metric) {
    return fmt::format("{}: {}; {}", metric.label, metric.counts, metric.over);
}

}  // namespace

std::expected<SweepContent, Error> sweep_content(const fs::path& folder,
                                                 std::shared_ptr<const TaskList> list) {
    SweepContent out;
    out.list = std::move(list);
    std::expected<std::vector<PartRows>, Error> parts = read_parts(folder);
    if (!parts) {
        return std::unexpected(parts.error());
    }
    struct Placed {
        PathRow row;
        std::int32_t part;
    };
    std::vector<Placed> placed;
    for (PartRows& part : *parts) {
        for (PathRow& row : part.rows) {
            placed.push_back({std::move(row), static_cast<std::int32_t>(out.parts.size())});
        }
        out.parts.push_back(std::move(part.name));
    }
    std::ranges::sort(placed, {}, [](const Placed& p) { return p.row.index; });
    for (Placed& p : placed) {
        out.rows.push_back(std::move(p.row));
        out.part_of.push_back(p.part);
    }
    std::expected<std::vector<FailedRow>, Error> failed = read_failed(folder);
    if (!failed) {
        return std::unexpected(failed.error());
    }
    const std::set<std::string> still = still_failed(*failed, out.rows);
    std::map<std::uint64_t, FailedRow> last;
    for (FailedRow& row : *failed) {
        if (still.contains(row.key)) {
            last.insert_or_assign(row.index, std::move(row));
        }
    }
    for (auto& [index, row] : last) {
        out.failed.push_back(std::move(row));
    }
    return out;
}

Table worlds_table(const SweepContent& content) {
    const auto paths = static_cast<std::uint64_t>(content.list->paths());
    std::vector<std::size_t> cells;
    for (const PathRow& row : content.rows) {
        cells.push_back(row.index / paths);
    }
    std::vector<Column> columns;
    columns.push_back(texts({"key", "", "name of the world: build, scenario and seed"},
                            content,
                            [](const PathRow& row) { return row.key; }));
    columns.push_back(ints({"index", "", "cell times paths plus path"},
                           content,
                           [](const PathRow& row) { return row.index; }));
    columns.push_back(ints({"cell", "", "from 0, in the order of the grid or of the points"},
                           content,
                           [&](const PathRow& row) { return row.index / paths; }));
    add_parameters(*content.list, cells, columns);
    columns.push_back(ints(
        {"seed", "", "of every stream"}, content, [](const PathRow& row) { return row.seed; }));
    columns.push_back(
        texts({"digest", "", "hash of everything that happened, hexadecimal"},
              content,
              [](const PathRow& row) { return fmt::format("{:016x}", row.summary.digest); }));
    columns.push_back(reals({"wall_s", "s", "time that it took"}, content, [](const PathRow& row) {
        return row.summary.wall_s;
    }));
    columns.push_back(reals(
        {"peak_rss_mb", "MiB", "most memory of its process until then, with its other worlds"},
        content,
        [](const PathRow& row) { return row.summary.peak_rss_mb; }));
    columns.push_back(ints({"messages", "", "events of the loop"}, content, [](const PathRow& row) {
        return row.summary.messages;
    }));
    columns.push_back(ints({"accounts", "", "at the start, with their weights"},
                           content,
                           [](const PathRow& row) { return row.summary.accounts; }));
    columns.push_back(word_column({"part", "", "the worker's part that holds it"},
                                  content.part_of,
                                  word_list(content.parts)));
    for (std::size_t m = 0; m < metric_names.size(); ++m) {
        const MetricName& metric = metric_names[m];
        columns.push_back(reals(
            {std::string{metric.name}, std::string{unit_name(metric.unit)}, meaning_of(metric)},
            content,
            [&](const PathRow& row) { return row.summary.metrics[m].value.value_or(no_value); }));
    }
    return {"worlds", std::move(columns)};
}

Table cells_table(const SweepContent& content) {
    const std::size_t count = content.list->cells().size();
    const auto paths = static_cast<std::uint64_t>(content.list->paths());
    std::vector<std::int64_t> worlds(count, 0);
    std::vector<std::size_t> cells(count);
    // metrics[m][quantile][cell]
    std::vector<std::vector<std::vector<double>>> metrics(
        metric_names.size(),
        std::vector<std::vector<double>>(3, std::vector<double>(count, no_value)));
    std::vector<Summary> paths_of_cell;
    for (std::size_t c = 0, row = 0; c < count; ++c) {
        cells[c] = c;
        paths_of_cell.clear();
        for (; row < content.rows.size() && content.rows[row].index / paths == c; ++row) {
            paths_of_cell.push_back(content.rows[row].summary);
        }
        worlds[c] = static_cast<std::int64_t>(paths_of_cell.size());
        if (paths_of_cell.empty()) {
            continue;
        }
        const Summary summary = aggregate(paths_of_cell);
        for (std::size_t m = 0; m < metric_names.size(); ++m) {
            const Metric& metric = summary.metrics[m];
            // A path alone has its value and no quantiles; of one they are the value.
            const double value = metric.value.value_or(no_value);
            metrics[m][0][c] = metric.p05.value_or(value);
            metrics[m][1][c] = metric.p50.value_or(value);
            metrics[m][2][c] = metric.p95.value_or(value);
        }
    }
    std::vector<Column> columns;
    columns.push_back(int_column({"cell", "", "from 0, in the order of the grid or of the points"},
                                 std::vector<std::int64_t>(cells.begin(), cells.end())));
    add_parameters(*content.list, cells, columns);
    columns.push_back(int_column({"worlds", "", "finished worlds of the cell"}, worlds));
    for (std::size_t m = 0; m < metric_names.size(); ++m) {
        const MetricName& metric = metric_names[m];
        for (std::size_t q = 0; q < 3; ++q) {
            constexpr std::array<const char*, 3> names = {"p05", "p50", "p95"};
            columns.push_back(real_column(
                {fmt::format("{}_{}", metric.name, names[q]),
                 std::string{unit_name(metric.unit)},
                 fmt::format("{} of the cell's worlds; {}", names[q], meaning_of(metric))},
                std::move(metrics[m][q])));
        }
    }
    return {"summary", std::move(columns)};
}

Table curves_table(const SweepContent& content) {
    WorldColumns worlds{static_cast<std::uint64_t>(content.list->paths()), {}, {}, {}};
    std::vector<std::int64_t> time;
    std::vector<double> hours;
    std::vector<std::vector<double>> curves(path_series_names.size());
    for (const PathRow& row : content.rows) {
        for (std::size_t k = 0; k < row.series.values.front().size(); ++k) {
            const std::int64_t at = static_cast<std::int64_t>(k + 1) * row.series.step_ns;
            worlds.add(row);
            time.push_back(at);
            hours.push_back(static_cast<double>(at) / 3.6e12);
            for (std::size_t s = 0; s < curves.size(); ++s) {
                curves[s].push_back(static_cast<double>(row.series.values[s][k]));
            }
        }
    }
    std::vector<Column> columns;
    worlds.move_to(columns);
    columns.push_back(
        int_column({"time_ns", "ns", "since the start of the scenario"}, std::move(time)));
    columns.push_back(real_column({"hours", "h", "the same in hours"}, std::move(hours)));
    for (std::size_t s = 0; s < curves.size(); ++s) {
        const PathSeriesName& name = path_series_names[s];
        columns.push_back(
            real_column({std::string{name.name}, std::string{name.unit}, std::string{name.label}},
                        std::move(curves[s])));
    }
    return {"series", std::move(columns)};
}

Table bands_table(const SweepContent& content, std::size_t cell) {
    const auto paths = static_cast<std::uint64_t>(content.list->paths());
    const auto cell_of = [&](const PathRow& row) { return row.index / paths; };
    const auto rows = std::ranges::equal_range(content.rows, cell, {}, cell_of);
    PathBands bands;
    if (!rows.empty()) {
        bands = bands_of({rows.begin(), rows.end()});
    } else {
        bands.series.resize(path_series_names.size());
    }
    std::vector<std::int64_t> time;
    std::vector<double> hours;
    for (std::size_t k = 0; k < bands.series.front().p50.size(); ++k) {
        time.push_back(static_cast<std::int64_t>(k + 1) * bands.step_ns);
        hours.push_back(static_cast<double>(time.back()) / 3.6e12);
    }
    std::vector<Column> columns;
    columns.push_back(
        int_column({"time_ns", "ns", "since the start of the scenario"}, std::move(time)));
    columns.push_back(real_column({"hours", "h", "the same in hours"}, std::move(hours)));
    for (std::size_t s = 0; s < bands.series.size(); ++s) {
        const PathSeriesName& name = path_series_names[s];
        const SeriesBand& band = bands.series[s];
        for (const auto& [quantile, values] : {std::pair{"p05", &band.p05},
                                               std::pair{"p25", &band.p25},
                                               std::pair{"p50", &band.p50},
                                               std::pair{"p75", &band.p75},
                                               std::pair{"p95", &band.p95}}) {
            columns.push_back(
                real_column({fmt::format("{}_{}", name.name, quantile),
                             std::string{name.unit},
                             fmt::format("{} over the worlds; {}", quantile, name.label)},
                            std::vector<double>(values->begin(), values->end())));
        }
    }
    return {"bands", std::move(columns)};
}

Table failed_table(const SweepContent& content) {
    WorldColumns worlds{static_cast<std::uint64_t>(content.list->paths()), {}, {}, {}};
    std::vector<std::string> keys;
    std::vector<std::string> reasons;
    for (const FailedRow& row : content.failed) {
        keys.push_back(row.key);
        worlds.add(row);
        reasons.push_back(row.reason);
    }
    std::vector<Column> columns;
    columns.push_back(text_column({"key", "", "name of the world"}, keys));
    worlds.move_to(columns);
    columns.push_back(
        text_column({"reason", "", "a failed check, no memory, a killed process"}, reasons));
    return {"failed", std::move(columns)};
}

}  // namespace margincall::python
