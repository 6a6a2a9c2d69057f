#include "analytics/loss_distribution.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "analytics/quantiles.hpp"
#include "analytics/summary.hpp"
#include "base/check.hpp"

namespace margincall::inline analytics {
namespace {

constexpr std::array<std::string_view, 4> metrics_of_losses = {
    "fund_draw_usd", "bad_debt_usd", "adl_usd", "liquidated_true_usd"};

}  // namespace

std::size_t worlds_needed(int percent) {
    CHECK(percent > 0 && percent < 100);
    return static_cast<std::size_t>((100 + (100 - percent) - 1) / (100 - percent));  // rounded up
}

std::vector<LossTail> loss_tails(std::span<const double> sorted) {
    std::vector<LossTail> out;
    const std::size_t n = sorted.size();
    for (const int percent : tail_percents) {
        if (n < worlds_needed(percent)) {
            continue;
        }
        // In hundredths of a world, so that n q is exact.
        const std::size_t edge = n * static_cast<std::size_t>(percent);
        const std::size_t k = (edge + 99) / 100;  // rounded up
        LossTail tail;
        tail.percent = percent;
        tail.at_risk = sorted[k - 1];
        const std::size_t part = 100 * k - edge;
        double sum = static_cast<double>(part) / 100.0 * sorted[k - 1];
        for (std::size_t row = k; row < n; ++row) {
            sum += sorted[row];
        }
        tail.shortfall = sum / (static_cast<double>(100 * n - edge) / 100.0);
        tail.beyond = n - k + (part > 0 ? 1 : 0);
        out.push_back(tail);
    }
    return out;
}

std::span<const std::string_view> loss_metrics() {
    return metrics_of_losses;
}

bool counted_over_run(std::size_t metric) {
    return metric_names[metric].over.ends_with("run");
}

std::vector<LossDistribution> loss_distributions(std::span<const Summary> worlds) {
    std::vector<LossDistribution> out;
    for (const std::string_view name : metrics_of_losses) {
        LossDistribution row;
        row.metric = static_cast<std::size_t>(metric_index(name));
        row.horizon = counted_over_run(row.metric) ? "the run" : "the window";
        std::vector<double> values;
        for (const Summary& world : worlds) {
            const std::optional<double>& value = world.metrics[row.metric].value;
            row.unknown += value ? 0U : 1U;
            if (value) {
                values.push_back(*value);
            }
        }
        if (values.empty()) {
            continue;
        }
        std::ranges::sort(values);
        row.worlds = values.size();
        row.without = static_cast<std::size_t>(
            std::ranges::count_if(values, [](double value) { return value <= 0.0; }));
        for (const double value : values) {
            row.mean += value / static_cast<double>(values.size());
        }
        row.median = quantile(values, 0.5).value();
        row.worst = values.back();
        row.tails = loss_tails(values);
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace margincall::inline analytics
