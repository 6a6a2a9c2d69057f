#include "frame/run_tables.hpp"

#include <array>
#include <limits>
#include <utility>

#include "record/column_meanings.hpp"

namespace margincall::inline frame {
namespace {

// Columns of one table from a list of rows, one call a column.
template <class Row>
class RowColumns {
  public:
    RowColumns(std::string_view table, std::span<const Row> rows) : table_(table), rows_(rows) {}

    template <class Get>
    RowColumns& text(std::string name, const Get& get) {
        std::vector<std::string> values;
        values.reserve(rows_.size());
        for (const Row& row : rows_) {
            values.emplace_back(get(row));
        }
        columns_.push_back(text_column(about(std::move(name), ""), values));
        return *this;
    }
    template <class Get>
    RowColumns& count(std::string name, std::string unit, const Get& get) {
        std::vector<std::int64_t> values;
        values.reserve(rows_.size());
        for (const Row& row : rows_) {
            values.push_back(static_cast<std::int64_t>(get(row)));
        }
        columns_.push_back(int_column(about(std::move(name), std::move(unit)), std::move(values)));
        return *this;
    }
    // A double or an optional one.
    template <class Get>
    RowColumns& real(std::string name, std::string unit, const Get& get) {
        std::vector<double> values;
        values.reserve(rows_.size());
        for (const Row& row : rows_) {
            const std::optional<double> one = get(row);
            values.push_back(one ? *one : std::numeric_limits<double>::quiet_NaN());
        }
        columns_.push_back(real_column(about(std::move(name), std::move(unit)), std::move(values)));
        return *this;
    }
    template <class Get>
    RowColumns& flag(std::string name, const Get& get) {
        std::vector<bool> values, known;
        for (const Row& row : rows_) {
            const std::optional<bool> one = get(row);
            values.push_back(one.value_or(false));
            known.push_back(one.has_value());
        }
        columns_.push_back(bool_column(about(std::move(name), ""), values, known));
        return *this;
    }
    [[nodiscard]] Table finish() { return Table(std::string{table_}, std::move(columns_)); }

  private:
    [[nodiscard]] ColumnText about(std::string name, std::string unit) const {
        std::string meaning{column_meaning(table_, name)};
        return {std::move(name), std::move(unit), std::move(meaning)};
    }

    std::string_view table_;
    std::span<const Row> rows_;
    std::vector<Column> columns_;
};

template <class Row>
RowColumns<Row> columns(std::string_view table, const std::vector<Row>& rows) {
    return RowColumns<Row>(table, std::span<const Row>{rows});
}

Table names_table(std::string_view table, const char* id, const std::vector<std::string>& names) {
    std::vector<std::int64_t> rows;
    for (std::size_t k = 0; k < names.size(); ++k) {
        rows.push_back(static_cast<std::int64_t>(k));
    }
    std::vector<Column> out;
    out.push_back(int_column({id, "", std::string{column_meaning(table, id)}}, std::move(rows)));
    out.push_back(text_column({"name", "", std::string{column_meaning(table, "name")}}, names));
    return Table(std::string{table}, std::move(out));
}

template <class Row>
std::vector<std::string> names_of(const std::vector<Row>& rows) {
    std::vector<std::string> out;
    out.reserve(rows.size());
    for (const Row& row : rows) {
        out.push_back(row.name);
    }
    return out;
}

Table instruments_table(const Plan& plan) {
    const auto name_at = [](const auto& list, std::size_t row) {
        return row < list.size() ? list[row].name : std::string{};
    };
    return columns("instruments", plan.instruments)
        .count("instrument", "", [](const InstrumentPlan& row) { return row.instrument.id.raw(); })
        .text("name", [](const InstrumentPlan& row) { return row.name; })
        .text("venue",
              [&](const InstrumentPlan& row) {
                  return name_at(plan.venues, row.instrument.venue.raw());
              })
        .text("asset",
              [&](const InstrumentPlan& row) {
                  return name_at(plan.assets, row.instrument.base.raw());
              })
        .text("contract",
              [](const InstrumentPlan& row) {
                  return row.instrument.kind == InstrumentKind::spot ? "spot" : "perp";
              })
        .real("tick",
              "USD per coin",
              [](const InstrumentPlan& row) { return row.instrument.tick_usd; })
        .real("lot", "coins", [](const InstrumentPlan& row) { return row.instrument.lot_base; })
        .finish();
}

Table metrics_table(const Summary& summary) {
    const std::vector<MetricRow> rows = metric_rows(summary);
    const char* const unit = "see unit";
    return columns("metrics", rows)
        .text("name", [](const MetricRow& row) { return row.name; })
        .text("unit", [](const MetricRow& row) { return row.unit; })
        .real("value", unit, [](const MetricRow& row) { return row.value; })
        .real("p05", unit, [](const MetricRow& row) { return row.p05; })
        .real("p50", unit, [](const MetricRow& row) { return row.p50; })
        .real("p95", unit, [](const MetricRow& row) { return row.p95; })
        .count("n", "paths with a value", [](const MetricRow& row) { return row.paths; })
        .real("se", unit, [](const MetricRow& row) { return row.se; })
        .finish();
}

Table observed_table(const Summary& summary) {
    const std::vector<ObservedRow> rows = observed_rows(summary);
    const char* const unit = "see unit";
    return columns("observed", rows)
        .text("metric", [](const ObservedRow& row) { return row.metric; })
        .text("unit", [](const ObservedRow& row) { return row.unit; })
        .real("simulated", unit, [](const ObservedRow& row) { return row.simulated; })
        .real("measured", unit, [](const ObservedRow& row) { return row.measured; })
        .real("tolerance", unit, [](const ObservedRow& row) { return row.tolerance; })
        .flag("inside", [](const ObservedRow& row) { return row.inside; })
        .text("article", [](const ObservedRow& row) { return row.article; })
        .text("source", [](const ObservedRow& row) { return row.source; })
        .text("note", [](const ObservedRow& row) { return row.note; })
        .finish();
}

Table inputs_table(const Plan& plan) {
    return columns("inputs", plan.inputs)
        .text("key", [](const InputNote& row) { return row.key; })
        .text("value", [](const InputNote& row) { return row.value; })
        .text("status", [](const InputNote& row) { return row.status; })
        .text("source", [](const InputNote& row) { return row.source; })
        .finish();
}

}  // namespace

std::vector<std::string> run_table_names() {
    return {"assets", "venues", "instruments", "metrics", "observed", "inputs"};
}

std::optional<Table> run_table(std::string_view name, const Plan& plan, const Summary& summary) {
    if (name == "assets") {
        return names_table(name, "asset", names_of(plan.assets));
    }
    if (name == "venues") {
        return names_table(name, "venue", names_of(plan.venues));
    }
    if (name == "instruments") {
        return instruments_table(plan);
    }
    if (name == "metrics") {
        return metrics_table(summary);
    }
    if (name == "observed") {
        return observed_table(summary);
    }
    if (name == "inputs") {
        return inputs_table(plan);
    }
    return std::nullopt;
}

}  // namespace margincall::inline frame
