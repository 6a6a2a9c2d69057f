#include "lab/draws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/digest.hpp"
#include "base/random.hpp"

namespace margincall::inline lab {
namespace {

constexpr double log_from = 10.0;  // times the lower bound

std::uint32_t number_of(const std::string& key) {
    Digest digest;
    for (const char c : key) {
        digest.add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    }
    return static_cast<std::uint32_t>(digest.value());
}

std::size_t choice_at(const RangePlan& range, double part) {
    const auto choices = static_cast<double>(range.one_of.size());
    return static_cast<std::size_t>(std::clamp(std::floor(part * choices), 0.0, choices - 1.0));
}

double draw_part(const RangePlan& range, std::uint64_t seed) {
    Rng rng{seed, number_of(range.key), Purpose::parameter};
    return rng.uniform();
}

}  // namespace

std::string range_value(const RangePlan& range, double part) {
    if (!range.one_of.empty()) {
        return range.one_of[choice_at(range, part)];
    }
    const bool logs = range.low > 0.0 && range.high >= log_from * range.low;
    const double value = logs ? range.low * std::pow(range.high / range.low, part)
                              : range.low + (range.high - range.low) * part;
    return fmt::format("{:.6g}{}", value, range.unit);
}

double draw_place(const RangePlan& range, std::uint64_t seed) {
    const double part = draw_part(range, seed);
    return range.one_of.empty() ? part : static_cast<double>(choice_at(range, part));
}

std::vector<std::string> draw_of(const std::vector<RangePlan>& ranges, std::uint64_t seed) {
    std::vector<std::string> out;
    for (const RangePlan& range : ranges) {
        out.push_back(fmt::format("{}={}", range.key, range_value(range, draw_part(range, seed))));
    }
    return out;
}

std::vector<std::vector<std::string>> draws_of(const TaskList& list) {
    const std::vector<RangePlan>& ranges = list.base().plan.ranges;
    std::vector<std::vector<std::string>> out;
    for (std::int64_t path = 0; !ranges.empty() && path < list.paths(); ++path) {
        out.push_back(draw_of(ranges, list.seed_from() + static_cast<std::uint64_t>(path)));
    }
    return out;
}

std::expected<TaskList, Errors> drawn_list(TaskRequest request) {
    std::expected<TaskList, Errors> list = TaskList::make(request);
    if (!list) {
        return list;
    }
    request.draws = draws_of(*list);
    if (request.draws.empty()) {
        return list;
    }
    request.points = {{}};
    request.points_on_resolved = true;
    return TaskList::make(std::move(request));
}

}  // namespace margincall::inline lab
