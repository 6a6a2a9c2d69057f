#include "scenario/limit_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "base/trimmed.hpp"
#include "desk/lending_figures.hpp"
#include "desk/outcome_figures.hpp"
#include "scenario/fields.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline scenario {
namespace {

// Two characters first, so that "<=" is not read as "<".
constexpr std::array<std::pair<std::string_view, LimitKind>, 4> signs = {
    {{"<=", LimitKind::at_most},
     {">=", LimitKind::at_least},
     {"<", LimitKind::below},
     {">", LimitKind::above}}};

struct Sign {
    std::size_t at = std::string_view::npos;
    std::size_t width = 0;
    LimitKind kind = LimitKind::at_most;
};
Sign first_sign(std::string_view text) {
    Sign out;
    for (const auto& [sign, kind] : signs) {
        if (const std::size_t here = text.find(sign);
            here != std::string_view::npos && here < out.at) {
            out = {here, sign.size(), kind};
        }
    }
    return out;
}

std::string example_of(Dimension dimension) {
    switch (dimension) {
        case Dimension::usd:
            return "an amount in USD, such as 5 m USD";
        case Dimension::ratio:
            return "a share, such as 5 %";
        case Dimension::none:
        case Dimension::ratio_per_day:
        case Dimension::usd_per_day:
        case Dimension::usd_per_second:
        case Dimension::time:
        case Dimension::coins:
            break;
    }
    return "a number, such as 10";
}

}  // namespace

const std::vector<LimitFigure>& limit_figures() {
    static const std::vector<LimitFigure> figures = [] {
        std::vector<LimitFigure> out;
        for (const OutcomeFigure& figure : outcome_figures()) {
            out.push_back(
                {.key = figure.key,
                 .dimension = figure.unit == FigureUnit::usd ? Dimension::usd : Dimension::none,
                 .of_stress = true});
        }
        for (const LendingItem& item : lending_items()) {
            out.push_back({.key = item.key,
                           .dimension = item.base != nullptr ? Dimension::usd : Dimension::none,
                           .of_stress = true});
        }
        for (const MetricName& metric : metric_names) {
            const auto known = std::ranges::find(out, metric.name, &LimitFigure::key);
            if (known != out.end()) {
                known->of_run = true;
            } else {
                out.push_back({.key = metric.name,
                               .dimension = dimension_of(unit_of(metric.unit)),
                               .of_run = true});
            }
        }
        return out;
    }();
    return figures;
}

const LimitFigure* limit_figure(std::string_view key) {
    const auto found = std::ranges::find(limit_figures(), key, &LimitFigure::key);
    return found == limit_figures().end() ? nullptr : &*found;
}

std::expected<Limit, LimitProblem> parse_limit(std::string_view text, LimitScope scope) {
    const Sign sign = first_sign(text);
    if (sign.at == std::string_view::npos) {
        return std::unexpected(
            LimitProblem{"E205",
                         "compares nothing",
                         "FIGURE <=, <, >= or > VALUE, such as \"bad_debt_usd <= 5 m USD\""});
    }
    const std::string key = trimmed(text.substr(0, sign.at));
    const auto allowed = [scope](const LimitFigure& figure) {
        return scope == LimitScope::any || figure.of_stress;
    };
    const LimitFigure* const figure = limit_figure(key);
    if (figure == nullptr || !allowed(*figure)) {
        std::vector<std::string> names;
        for (const LimitFigure& row : limit_figures()) {
            if (allowed(row)) {
                names.emplace_back(row.key);
            }
        }
        const std::string near = nearest(key, names);
        return std::unexpected(
            LimitProblem{"E307",
                         fmt::format("no figure of a {} is called {}{}",
                                     scope == LimitScope::any ? "run or a stress" : "stress",
                                     in_quotes(key),
                                     near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"),
                         fmt::format("{}", fmt::join(names, ", "))});
    }
    const std::string value = trimmed(text.substr(sign.at + sign.width));
    const MeasureResult result = parse_measure(value);
    if (!result.measure) {
        return std::unexpected(LimitProblem{"E205", result.problem, example_of(figure->dimension)});
    }
    if (result.measure->dimension != figure->dimension &&
        result.measure->dimension != Dimension::none) {
        return std::unexpected(LimitProblem{
            "E202", in_quotes(value) + " has another unit", example_of(figure->dimension)});
    }
    return Limit{.name = {},
                 .text = trimmed(text),
                 .figure = key,
                 .kind = sign.kind,
                 .value = result.measure->value};
}

}  // namespace margincall::inline scenario
