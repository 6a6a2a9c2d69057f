// The lines of a lending book's figures.
#include "desk/lending_figures.hpp"

#include "report/format.hpp"
#include "report/line_range.hpp"

namespace margincall::inline report {
namespace {

std::string lending_shown(const LendingItem& item, double value) {
    return item.base != nullptr ? format_money(value) : format_count(value);
}

}  // namespace

std::vector<StressLine> lending_lines(const StressReport& report) {
    std::vector<StressLine> out;
    if (!report.lending) {
        return out;
    }
    const LendingReport& lending = *report.lending;
    for (const LendingItem& item : lending_items()) {
        StressLine& line = out.emplace_back();
        line.key = item.key;
        line.label = item.label;
        line.values = {lending_value(item, *lending.book, lending.outcome)};
        std::vector<double> varied;
        for (const LendingVaried& other : lending.varied) {
            varied.push_back(lending_value(item, *lending.book, other.outcome));
        }
        show_line(line, varied, [&](double value) { return lending_shown(item, value); });
    }
    return out;
}

}  // namespace margincall::inline report
