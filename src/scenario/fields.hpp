// The field table: every key of a scenario file once, with unit, range, default, meaning and the
// member of the Plan it fills. Parsing, checking, `explain`, `schema` and `resolved.toml` all read
// this list.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plan/plan.hpp"
#include "scenario/measure.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline scenario {

// Figures that the compiler needs beside the members of AssetPlan.
struct AssetDraft {
    AssetPlan plan;
    double perp_tick = 0.0, perp_lot = 0.0;  // USD, coins
    double spot_tick = 0.0, spot_lot = 0.0;
    double spot_volume = 0.27;  // share of V on spot
    double spot_depth = 0.11;   // share of D1 on spot
    double copies = 1.0;        // coins drawn from this row
    double copies_exponent = 0.8;
    std::string merged_from;  // a reduced world: the coins that this one stands for
};
struct VenueDraft {
    VenuePlan plan;
    std::string rules_as_of;
    double tier_caps = 1.0;  // multiplies floors and caps of the tier table
    std::string merged_from;
};
struct EventDraft {
    EventPlan plan;
    double at_unix_s = 0.0, until_unix_s = 0.0;
    double uncertainty = 0.0;
};
struct PlanDraft {
    Plan plan;
    double start_unix_s = 0.0;
    double history_end_unix_s = 0.0;  // 0 = not said
    double schema = 1.0;
    double state_oi = 0.5, state_volatility = 1.0, state_funding = 0.1;  // exponents a, b, c
    double state_reference = 0.023;
};

// The row that a field fills; exactly the pointers of its scope are set.
struct FieldTarget {
    PlanDraft* global = nullptr;
    AssetDraft* asset = nullptr;
    VenueDraft* venue = nullptr;
    EventDraft* event = nullptr;
};

enum class Scope : std::uint8_t { global, asset, venue, event };

// For members that are not plain numbers: enums, inverted flags.
struct FunctionAccess {
    void (*set)(FieldTarget&, double);
    double (*get)(FieldTarget&);
};
using FieldAccess = std::variant<double* (*)(FieldTarget&),
                                 std::int64_t* (*)(FieldTarget&),
                                 bool* (*)(FieldTarget&),
                                 Duration* (*)(FieldTarget&),
                                 Money* (*)(FieldTarget&),
                                 std::string* (*)(FieldTarget&),
                                 FunctionAccess>;

struct Field {
    Scope scope = Scope::global;
    // Inside the scope: "agents.market_maker.firms", "price", "mark.average".
    std::string_view path{};
    Unit unit = Unit::number;
    double low = 0.0, high = 0.0;  // in base units, inclusive; low > high = unlimited
    double scale = 1.0;            // member = base value * scale
    bool required = false;
    std::span<const std::string_view> choices{};
    FieldAccess access{};
    std::string_view about{};  // what it means and where it acts
    std::string_view limit{};  // where the range comes from

    [[nodiscard]] bool limited() const { return low <= high; }
};

[[nodiscard]] std::span<const Field> fields();
[[nodiscard]] std::string_view scope_prefix(
    Scope scope);  // "", "assets.*.", "venues.*.", "events.*."

// Reading and writing the member in base units.
void set_number(const Field& field, FieldTarget& target, double base);
[[nodiscard]] double get_number(const Field& field, FieldTarget& target);

// A default-constructed row of every scope, for defaults.
struct DefaultRows {
    PlanDraft global;
    AssetDraft asset;
    VenueDraft venue;
    EventDraft event;
    FieldTarget target() { return {&global, &asset, &venue, &event}; }
};

// Keys of later work: known by name, answered with "not available yet" (E106).
struct LaterKey {
    std::string_view path{};  // pattern; "*" stands for one name
    std::string_view what;
};
[[nodiscard]] std::span<const LaterKey> later_keys();

// Event types of model 8.2; those of later work are not `ready`.
struct EventTypeName {
    std::string_view name;
    bool ready;
};
[[nodiscard]] std::span<const EventTypeName> event_types();

// Unit in which a metric of [observed] is written.
[[nodiscard]] Unit unit_of(MetricUnit unit);

// The word of the list that is nearest in spelling; empty when none is near.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace margincall::inline scenario
