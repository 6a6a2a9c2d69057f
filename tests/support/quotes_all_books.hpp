// Who quotes every book of a plan in a test: with cash for all of it, from the first millisecond on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "plan/plan.hpp"
#include "sim/agent.hpp"

namespace margincall::testing {

inline AgentSetup quotes_all_books(const Plan& plan, std::string name, std::uint64_t entity) {
    AgentSetup setup;
    setup.name = std::move(name);
    setup.entity = entity;
    setup.latency = LatencyClass::maker;
    for (const InstrumentPlan& row : plan.instruments) {
        setup.instruments.push_back(row.instrument.id);
    }
    setup.cash_usd_per_venue = 1e9;
    setup.first_wake = SimTime::from_ns(1'000'000);
    return setup;
}

}  // namespace margincall::testing
