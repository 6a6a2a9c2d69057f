// What values need of each other where each alone is allowed: bounds in order, a leverage state that
// accounts can be drawn at, and money that the ledger can count. Without these a run would fail a
// check of its own, hours later or at once.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "agents/make_agents.hpp"
#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

struct Bounds {
    const char* low;
    const char* high;
};
// Pairs of keys of which one says where the other begins.
constexpr std::array ordered_keys = {
    Bounds{"agents.patient.from", "agents.patient.to"},
    Bounds{"population.stops.low", "population.stops.high"},
    Bounds{"population.take_profit.from", "population.take_profit.to"},
    Bounds{"population.thinned.leverage_from", "population.thinned.leverage_to"},
    Bounds{"population.thinned.size_from", "population.thinned.size_to"},
    Bounds{"agents.arbitrage.transfer.min", "agents.arbitrage.transfer.max"},
};

constexpr double leverage_state_least = 0.01;
constexpr double leverage_state_most = 10.0;
// What the ledger counts in micro-dollars, with room for what a run adds.
constexpr double dollars_most =
    0.9e-6 * static_cast<double>(std::numeric_limits<std::int64_t>::max());

}  // namespace

bool leverage_state_allowed(double state) {
    return state >= leverage_state_least && state <= leverage_state_most;
}

std::string leverage_states_allowed() {
    return fmt::format("{:g} … {:g}", leverage_state_least, leverage_state_most);
}

const Node& Compiler::node_or_root(std::string_view path) const {
    const Node* const node = doc_.root.find_path(path);
    return node != nullptr ? *node : doc_.root;
}

void Compiler::check_order_of_bounds() {
    FieldTarget row = target();
    const auto field = [](std::string_view path) {
        const auto all = fields();
        return std::ranges::find_if(
            all, [&](const Field& f) { return f.scope == Scope::global && f.path == path; });
    };
    for (const Bounds& bounds : ordered_keys) {
        const auto low = field(bounds.low);
        const auto high = field(bounds.high);
        const double from = get_number(*low, row);
        const double to = get_number(*high, row);
        // Patient orders lie on a grid between the two, which needs some room.
        const bool apart = low->path.starts_with("agents.patient");
        if (apart ? from < to : from <= to) {
            continue;
        }
        const bool given = doc_.root.find_path(bounds.low) != nullptr;
        problem(node_or_root(given ? bounds.low : bounds.high),
                "E309",
                fmt::format("{} is {}, and {} is {}",
                            bounds.low,
                            format_measure(from, low->unit),
                            bounds.high,
                            format_measure(to, high->unit)))
            .hint = fmt::format("the first has to be {} the second", apart ? "below" : "at most");
    }
}

void Compiler::check_dollars() {
    if (!errors_.empty() || command_ != Subcommand::run) {
        return;  // agents are made of a plan that is whole, and in a run only
    }
    const Plan& plan = draft_.plan;
    double sum = 0.0;
    double largest = 0.0;
    std::string largest_name;
    for (const std::unique_ptr<Agent>& agent : make_agents(plan)) {
        const AgentSetup setup = agent->setup();
        std::vector<bool> seen(plan.venues.size(), false);
        for (const InstrumentId i : setup.instruments) {
            seen[plan.instruments[i.raw()].instrument.venue.raw()] = true;
        }
        double usd = setup.cash_usd_per_venue * static_cast<double>(std::ranges::count(seen, true));
        for (const Money deposit : setup.margin) {
            usd += to_usd(deposit);
        }
        sum += usd;
        if (usd > largest) {
            largest = usd;
            largest_name = setup.name;
        }
    }
    for (const VenuePlan& venue : plan.venues) {
        sum += to_usd(venue.rules.fund.initial);
    }
    for (const AssetPlan& asset : plan.assets) {
        sum += asset.open_interest;  // more than the margin behind it
    }
    if (sum <= dollars_most) {
        return;
    }
    Error& error = problem(node_or_root("assets"),
                           "E309",
                           fmt::format("the money of all accounts at the start is {}",
                                       format_measure(sum, Unit::usd)));
    error.allowed = fmt::format("allowed: {} (the ledger counts millionths of a dollar)",
                                format_measure(dollars_most, Unit::usd));
    error.hint = fmt::format("most of it is {}, with {}; lower volumes, capital or flows",
                             largest_name,
                             format_measure(largest, Unit::usd));
}

}  // namespace margincall::inline scenario
