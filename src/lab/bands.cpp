#include "lab/bands.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace margincall::inline lab {

Summary summary_of(const Plan& plan, std::span<const PathRow> rows, std::span<const Limit> limits) {
    CHECK(!rows.empty());
    std::vector<Summary> paths;
    paths.reserve(rows.size());
    for (const PathRow& row : rows) {
        paths.push_back(row.summary);
        complete_summary(plan, paths.back());
    }
    Summary total = aggregate(paths);
    total.limits = judge_limits(limits, total, paths);
    name_horizons(plan, total.losses);
    return total;
}

void name_horizons(const Plan& plan, std::vector<LossDistribution>& losses) {
    for (LossDistribution& row : losses) {
        const bool run = counted_over_run(row.metric);
        const Duration length = run ? plan.length : plan.day_to - plan.day_from;
        row.horizon =
            fmt::format("the {} of {:.6g} h", run ? "run" : "window", to_seconds(length) / 3600.0);
    }
}

PathBands bands_of(std::span<const PathRow> rows) {
    CHECK(!rows.empty());
    PathBands out;
    out.step_ns = rows.front().series.step_ns;
    for (std::size_t s = 0; s < path_series_names.size(); ++s) {
        std::vector<const std::vector<float>*> curves;
        for (const PathRow& row : rows) {
            curves.push_back(&row.series.values[s]);
        }
        out.series.push_back(series_band(curves));
    }
    for (const PathRow& row : rows) {
        PathFigures& path = out.paths.emplace_back();
        path.seed = row.seed;
        path.digest = row.summary.digest;
        for (const Metric& metric : row.summary.metrics) {
            path.metrics.push_back(metric.value);
        }
    }
    return out;
}

}  // namespace margincall::inline lab
