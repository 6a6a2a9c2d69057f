#include "scenario/world_sizes.hpp"

#include <algorithm>
#include <array>

#include "plan/world_size.hpp"

namespace margincall::inline scenario {
namespace {

constexpr std::string_view source_prefix = "derived: from world.size ";

// Rates per second do not follow the clocks: sizes of noise orders follow from volume and their
// number, families of agents act in proportion to the time since they last did.
constexpr std::array preview_values = {
    ImpliedValue{"population.clock", 10.0},
    ImpliedValue{"agents.market_maker.clock", 4.0},
    ImpliedValue{"agents.market_maker.levels", 6.0},
    ImpliedValue{"agents.patient.clock", 60.0},
    ImpliedValue{"agents.patient.orders", 20.0},
    ImpliedValue{"agents.noise.orders_per_second", 0.0625},
    ImpliedValue{"agents.arbitrage.clock", 4.0},
    ImpliedValue{"agents.trend.clock", 60.0},
    ImpliedValue{"agents.panic.clock", 60.0},
    ImpliedValue{"agents.dip_buyer.clock", 60.0},
    ImpliedValue{"factors.clock", 4.0},
    ImpliedValue{"output.depth", 60.0},
};
// As many noise orders a coin as in the full world, whose books are more. About half as many books:
// what an order may take of one book is twice as much of all, so takers act half as often. Everybody
// else keeps their clocks and levels.
constexpr std::array reduced_values = {
    ImpliedValue{"agents.noise.orders_per_second", 0.29},
    ImpliedValue{"agents.arbitrage.clock", 2.0},
    ImpliedValue{"agents.trend.clock", 20.0},
    ImpliedValue{"agents.panic.clock", 20.0},
    ImpliedValue{"agents.dip_buyer.clock", 20.0},
    ImpliedValue{"defi.lending.rows", 500.0},
    ImpliedValue{"output.depth", 60.0},
};
constexpr std::int64_t preview_rows = 20'000;
constexpr std::int64_t reduced_rows = 50'000;

}  // namespace

std::span<const ImpliedValue> implied_values(WorldSize size) {
    switch (size) {
        case WorldSize::full:
            return {};
        case WorldSize::reduced:
            return reduced_values;
        case WorldSize::preview:
            return preview_values;
    }
    return {};
}

const ImpliedValue* implied_value(WorldSize size, std::string_view path) {
    const std::span<const ImpliedValue> values = implied_values(size);
    const auto at = std::find_if(
        values.begin(), values.end(), [&](const ImpliedValue& row) { return row.path == path; });
    return at == values.end() ? nullptr : &*at;
}

std::optional<std::int64_t> implied_rows(WorldSize size) {
    switch (size) {
        case WorldSize::full:
            return std::nullopt;
        case WorldSize::reduced:
            return reduced_rows;
        case WorldSize::preview:
            return preview_rows;
    }
    return std::nullopt;
}

std::string implied_source(WorldSize size) {
    std::string source{source_prefix};
    source += world_size_name(size);
    return source;
}

bool implied_by_another(std::string_view source, WorldSize size) {
    return source.starts_with(source_prefix) && source != implied_source(size);
}

}  // namespace margincall::inline scenario
