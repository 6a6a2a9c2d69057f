// What the run is compared with.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "scenario/compiler.hpp"

namespace margincall::inline scenario {

void Compiler::read_observed() {
    const Node* const table = doc_.root.find("observed");
    if (table == nullptr) {
        return;
    }
    use(*table);
    for (const auto& [name, node] : table->members) {
        const auto metric = std::find_if(
            metric_names.begin(), metric_names.end(), [&key = name](const MetricName& row) {
                return row.name == key;
            });
        if (metric == metric_names.end()) {
            std::vector<std::string> names;
            for (const MetricName& row : metric_names) {
                names.emplace_back(row.name);
            }
            const std::string near = nearest(name, names);
            Error& error =
                problem_at_key(node,
                               static_cast<int>(name.size()),
                               "E307",
                               fmt::format("observed: there is no metric \"{}\"{}",
                                           name,
                                           near.empty() ? "" : "; did you mean \"" + near + "\"?"));
            error.hint = "the names are those of summary.json (docs/metrics.md)";
            use_all(node);
            continue;
        }
        use(node);
        read_observed_row(*metric, node);
    }
}

void Compiler::read_observed_row(const MetricName& metric, const Node& node) {
    const std::string name{metric.name};
    const Unit unit = unit_of(metric.unit);
    const std::string path = "observed." + name;
    ObservedPlan row;
    row.metric = name;
    const Field field{.unit = unit, .low = 1.0, .high = 0.0};
    std::vector<std::string> parts;
    const auto text_part = [&](const char* key, std::string& out) {
        if (const Node* const part = node.is_table() ? take(node, key) : nullptr) {
            if (part->kind != NodeKind::text) {
                problem(*part, "E201", fmt::format("{}.{}: should be text", path, key));
            } else {
                out = part->text;
                parts.push_back(fmt::format("{} = {}", key, quote_toml(out)));
            }
        }
    };
    const std::string counting = fmt::format(
        "{} is in {}: {} ({})", name, unit_name(metric.unit), metric.counts, metric.over);
    std::string stated;
    text_part("unit", stated);
    if (!stated.empty() && stated != unit_name(metric.unit)) {
        problem(*node.find("unit"), "E202", fmt::format("{}.unit: not \"{}\"", path, stated)).hint =
            counting;
    }
    const Node* const value = node.is_table() ? take(node, "value") : &node;
    if (value != nullptr) {
        Figure figure;
        // A bare number is in the metric's own unit, as in summary.json.
        if (value->kind == NodeKind::integer || value->kind == NodeKind::real) {
            figure.number = value->real;
            figure.canonical = number_text(value->real);
            if (stated.empty() && unit != Unit::share) {
                warn(*value, "W403", fmt::format("{}: a number without its unit", path), counting);
            }
        } else if (!check_value(*value, path, field, figure)) {
            return;
        }
        row.value = figure.number;
        row.has_value = true;
        parts.push_back("value = " + figure.canonical);
    }
    if (const Node* const tolerance = node.is_table() ? take(node, "tolerance") : nullptr) {
        if (!read_tolerance(*tolerance, path, unit, row)) {
            return;
        }
        // As it is written out, so that resolved.toml compares with exactly the same.
        const std::string text = fmt::format("{:.12g}", row.tolerance);
        row.tolerance = std::strtod(text.c_str(), nullptr);
        parts.push_back("tolerance = " + text);
    }
    text_part("article", row.article);
    text_part("note", row.note);
    if (node.is_table()) {
        row.source = read_source(node, path);
        if (!row.source.empty()) {
            parts.push_back("source = " + quote_toml(row.source));
        }
    }
    if (!row.has_value && row.article.empty()) {
        problem(node, "E107", fmt::format("{}: needs a value or what the article said", path));
        return;
    }
    resolved_.add("observed", fmt::format("{} = {{ {} }}", name, fmt::join(parts, ", ")));
    draft_.plan.observed.push_back(std::move(row));
}

bool Compiler::read_tolerance(const Node& node,
                              const std::string& path,
                              Unit unit,
                              ObservedPlan& row) {
    if (node.kind == NodeKind::integer || node.kind == NodeKind::real) {
        row.tolerance = node.real;
    } else if (node.kind == NodeKind::text) {
        const MeasureResult result = parse_measure(node.text);
        if (!result.measure || (result.measure->dimension != Dimension::ratio &&
                                result.measure->dimension != dimension_of(unit))) {
            problem(node,
                    "E205",
                    fmt::format("{}.tolerance: \"{}\" is neither a share nor in the metric's unit",
                                path,
                                node.text));
            return false;
        }
        row.tolerance = result.measure->dimension == Dimension::ratio
                            ? std::fabs(row.value) * result.measure->value
                            : result.measure->value;
    } else {
        problem(node, "E201", fmt::format("{}.tolerance: should be a number", path));
        return false;
    }
    if (!(row.tolerance >= 0.0)) {
        problem(node, "E203", fmt::format("{}.tolerance: must not be negative", path));
        return false;
    }
    return true;
}

void Compiler::read_paths() {
    const Node* const table = doc_.root.find("observed_paths");
    if (table == nullptr || !table->is_table()) {
        return;
    }
    use(*table);
    std::string source;
    double step = 3600.0;
    if (const Node* const node = take(*table, "source"); node != nullptr) {
        source = node->text;
    }
    const Field field{.unit = Unit::duration, .low = 1.0, .high = 86'400.0};
    Figure figure;
    if (const Node* const node = take(*table, "step");
        node != nullptr && check_value(*node, "observed_paths.step", field, figure)) {
        step = figure.number;
    }
    resolved_.add("observed_paths", fmt::format("source = {}", quote_toml(source)));
    resolved_.add("observed_paths", fmt::format("step = {}", format_toml(step, Unit::duration)));
    for (const auto& [name, list] : table->members) {
        if (name == "source" || name == "step") {
            continue;
        }
        const std::vector<std::size_t> coins = assets_named(name);
        if (coins.empty()) {
            use_all(list);
            problem_at_key(list,
                           static_cast<int>(name.size()),
                           "E110",
                           fmt::format("observed_paths: there is no asset \"{}\"", name));
            continue;
        }
        ObservedPath path;
        path.source = source;
        path.step = duration_from_seconds(step);
        if (read_numbers(list, "observed_paths." + name, 0.0, 1e12, path.price)) {
            resolved_.add("observed_paths",
                          fmt::format("{} = [{:.12g}]", name, fmt::join(path.price, ", ")));
            for (const std::size_t coin : coins) {
                path.asset = assets_[coin].plan.name;
                draft_.plan.observed_paths.push_back(path);
            }
        }
    }
}

}  // namespace margincall::inline scenario
