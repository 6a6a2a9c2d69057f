// The recorded waves again under other rules: the same coins are closed at the same distance from the mark, by
// the allocation that the engine calls (rules/adl_allocation.hpp, rules/socialised_loss.hpp), against the
// recorded winners. What it assumes stands in docs/adl-laboratory.md.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/adl_rank.hpp"
#include "waves/holdings.hpp"
#include "waves/wave_tally.hpp"

namespace margincall::inline waves {

enum class LabKind : std::uint8_t {
    closing,      // positions are closed, by `rank`
    whole_coins,  // the same where nothing less than a coin can be closed
    haircut,      // money is taken in one ratio, by `by`; positions stay
};
struct LabRule {
    std::string_view key;
    LabKind kind = LabKind::closing;
    AdlRank rank = AdlRank::fixed_order;
    SocialiseBy by = SocialiseBy::winners;
    bool of_a_venue = false;  // some venue's own; else an alternative
    // Empty, or why the record cannot answer for it.
    std::string_view not_in_record;
};
// Every word of adl.rank, then the laboratory's own.
[[nodiscard]] std::span<const LabRule> lab_rules();
// E605 where a name is not among them.
[[nodiscard]] std::expected<std::vector<LabRule>, Errors> choose_lab_rules(
    std::span<const std::string> names);

// Maintenance margin of every position, a share of its notional. Both rankings that use it divide or multiply by
// it alone, so that its size moves nobody.
inline constexpr double assumed_maintenance = 0.025;

[[nodiscard]] WaveTally play_waves(const LabRule& rule,
                                   const WaveRecord& record,
                                   const Holdings& holdings);

// Of several deals.
struct Spread {
    double median = 0.0, low = 0.0, high = 0.0;
};
[[nodiscard]] Spread spread_of(std::vector<double> values);

struct RuleRuns {
    LabRule rule;
    std::vector<WaveTally> deals;  // by seed, from 1; empty: the record cannot answer
    template <typename Figure>
    [[nodiscard]] Spread spread(const Figure& figure) const {
        std::vector<double> values;
        for (const WaveTally& deal : deals) {
            values.push_back(static_cast<double>(figure(deal)));
        }
        return spread_of(std::move(values));
    }
};
// Each rule on the same deals, seeds 1 to `deals`.
[[nodiscard]] std::vector<RuleRuns> play_rules(std::span<const LabRule> rules,
                                               const WaveRecord& record,
                                               std::uint32_t deals,
                                               double spare = 0.0);

}  // namespace margincall::inline waves
