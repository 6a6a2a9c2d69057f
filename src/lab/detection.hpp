// Tests for informed trading (docs/detection.md; model 11.5), each judged on worlds in which it is known who
// was informed: what share of them it finds at a size of 5 %, and how often it cries wolf where nobody
// was. A seed is two worlds up to two hours after the event that is known of: the scenario's, and the same
// with its `information` rows at scale 0.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "scenario/compile.hpp"
#include "sim/world.hpp"

namespace margincall::inline lab {

enum class Detector : std::uint8_t { size, new_shorts, gain, vpin, top };
struct DetectorName {
    std::string_view name, words;
};
inline constexpr std::array<DetectorName, 5> detectors = {
    DetectorName{"size", "accounts' net opening of shorts before the event, of open interest"},
    DetectorName{"new_shorts", "of all shorts: those of accounts that had no position before"},
    DetectorName{"gain", "what these gain in two hours from the event on, USD"},
    DetectorName{"vpin",
                 "VPIN of 50 buckets at the event, less that at the middle of the time before"},
    DetectorName{"top", "of the gain of all shorts: the five accounts that gain most"}};

// One world; a detector without a value says nothing there (nobody is short, no short gained).
struct DetectedWorld {
    std::array<std::optional<double>, detectors.size()> value;
};
struct DetectedSeed {
    std::uint64_t seed = 0;
    DetectedWorld with, without;
};

// What the tests look at: the first event that informed traders know of. Nothing: no row of type
// `information` acts.
struct DetectionEvent {
    SimTime at;                  // the known event
    Duration before;             // looked back, at most 36 h
    std::vector<AssetId> coins;  // that they trade
};
[[nodiscard]] std::optional<DetectionEvent> detection_event(const Plan& plan);

// Both worlds of the scenario's seed. Of a scenario that has a detection event.
[[nodiscard]] DetectedSeed detect(const std::shared_ptr<const Compiled>& scenario,
                                  RunMonitor* monitor);

// A share of worlds with its 90 % interval (share_interval).
struct WorldShare {
    std::int64_t hits = 0, n = 0;
    [[nodiscard]] double share() const {
        return n > 0 ? static_cast<double>(hits) / static_cast<double>(n) : 0.0;
    }
    [[nodiscard]] std::array<double, 2> interval() const;
};

// One detector over seeds. The critical value is the 95th percentile of worlds without informed traders,
// those of the seeds of the other half (by order), so that no world helps to set what it is held to.
struct DetectorPower {
    WorldShare power, false_positives;
    std::array<double, 2> critical{};  // of the first half's test, of the second's
};
[[nodiscard]] DetectorPower detector_power(std::span<const DetectedSeed> seeds, Detector detector);

// One line of JSON with the key, and back; nothing when it is none of ours.
[[nodiscard]] std::string detected_json(std::string_view key, const DetectedSeed& seed);
[[nodiscard]] std::optional<DetectedSeed> parse_detected(std::string_view line);

}  // namespace margincall::inline lab
