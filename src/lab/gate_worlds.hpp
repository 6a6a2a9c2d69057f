// The worlds of the gates: which scenario with what otherwise, and what is read from it (docs/gates.md).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/gates.hpp"

namespace margincall::inline lab {

enum class GateReads : std::uint8_t { crash, impact, flow, calm, day, liquidated };

// One world but for its seed. Text that is added to a scenario follows it, so that rows of events are
// added and not replaced.
struct GateVariant {
    std::string name;
    std::string scenario;  // file among the shipped ones
    std::vector<std::string> set;
    std::string added;
    GateReads reads = GateReads::day;
    // Values that follow from the shipped ones, whatever these are.
    std::function<std::vector<std::string>(const Plan&)> derived{};
    double bars_from_s = 0.0;  // earlier bars are not kept
    bool imposed = false;      // measured prices from 20:50 on
};

[[nodiscard]] std::vector<GateVariant> gate_variants();
[[nodiscard]] std::expected<Plan, Errors> compile_variant(const GateVariant& variant,
                                                          const GateRequest& request);
[[nodiscard]] GateWorld run_variant(const GateVariant& variant,
                                    const Plan& plan,
                                    std::atomic<double>& share,
                                    const char* reproduce);

// The declared push of 10 October, times the shipped one: none, the high end of what it may have been
// (2), and what takers sold on balance with every liquidation in it (6) and twice that. 1 is shipped.
inline constexpr const char* push_event = "First sellers";
inline constexpr std::array push_scales = {0.0, 0.5, 1.0, 2.0, 6.0, 12.0};
// How fast engines and funds sell what they took over, which is in no venue's text; the last is what
// the venues' rows ship.
inline constexpr std::array paces = {"10 s", "1 min", "10 min", "2 h"};

[[nodiscard]] std::string push_variant(double scale);
[[nodiscard]] std::string pace_variant(std::string_view pace);

// What can be left out of 4 November.
struct GateFamily {
    const char* name;
    const char* set;
};
inline constexpr std::array gate_families = {
    GateFamily{"market makers", "agents.market_maker.enabled=false"},
    GateFamily{"patient orders", "agents.patient.enabled=false"},
    GateFamily{"arbitrageurs", "agents.arbitrage.enabled=false"},
    GateFamily{"noise takers", "agents.noise.enabled=false"},
    GateFamily{"trend followers", "agents.trend.enabled=false"},
    GateFamily{"panic sellers", "agents.panic.enabled=false"},
    GateFamily{"dip buyers", "agents.dip_buyer.enabled=false"},
    GateFamily{"stops", "mechanisms.stops=false"},
    GateFamily{"forced orders", "mechanisms.forced_orders=false"},
};
[[nodiscard]] std::string family_variant(const GateFamily& family);

}  // namespace margincall::inline lab
