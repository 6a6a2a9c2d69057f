// Simulated time: integer nanoseconds since the scenario start. There is no calendar in the core.
#pragma once

#include <cstdint>

#include "base/strong.hpp"

namespace margincall::inline base {

using Duration = Quantity<struct DurationTag, std::int64_t>;

class SimTime {
  public:
    constexpr SimTime() = default;
    [[nodiscard]] static constexpr SimTime from_ns(std::int64_t ns) { return SimTime{ns}; }
    [[nodiscard]] constexpr std::int64_t ns() const { return ns_; }
    friend constexpr auto operator<=>(SimTime, SimTime) = default;  // NOLINT(modernize-use-nullptr)
    friend constexpr SimTime operator+(SimTime t, Duration d) {
        return SimTime{checked_add(t.ns_, d.raw())};
    }
    friend constexpr Duration operator-(SimTime a, SimTime b) {
        return Duration::from_raw(checked_sub(a.ns_, b.ns_));
    }

  private:
    explicit constexpr SimTime(std::int64_t ns) : ns_{ns} {}
    std::int64_t ns_{0};
};

[[nodiscard]] constexpr Duration nanoseconds(std::int64_t n) {
    return Duration::from_raw(n);
}
[[nodiscard]] constexpr Duration milliseconds(std::int64_t n) {
    return Duration::from_raw(n * 1'000'000);
}
[[nodiscard]] constexpr Duration seconds(std::int64_t n) {
    return Duration::from_raw(n * 1'000'000'000);
}
[[nodiscard]] constexpr Duration minutes(std::int64_t n) {
    return seconds(n * 60);
}
[[nodiscard]] constexpr Duration hours(std::int64_t n) {
    return seconds(n * 3600);
}
inline constexpr double seconds_per_day = 86'400.0;
[[nodiscard]] constexpr double to_seconds(Duration d) {
    return static_cast<double>(d.raw()) * 1e-9;
}
[[nodiscard]] constexpr double to_seconds(SimTime t) {
    return static_cast<double>(t.ns()) * 1e-9;
}
// Nearest nanosecond at or below; for agents, which think in seconds.
[[nodiscard]] constexpr Duration duration_from_seconds(double s) {
    return Duration::from_raw(static_cast<std::int64_t>(s * 1e9));
}

}  // namespace margincall::inline base
