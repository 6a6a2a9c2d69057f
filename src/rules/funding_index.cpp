#include "rules/funding_index.hpp"

#include <algorithm>

namespace margincall::inline rules {
namespace {

constexpr i128 wide_ppm = 1'000'000;
constexpr i128 period_seconds = 8 * 3600;

i128 toward_zero(i128 numerator, i128 denominator) {
    return numerator < 0 ? -div_round(-numerator, denominator, Round::down)
                         : div_round(numerator, denominator, Round::down);
}

// ppm of price / index - 1.
i128 gap_ppm(const ImpactPrice& price, Ticks index) {
    const i128 base = checked_mul<i128>(index.raw(), price.den);
    return toward_zero(checked_mul<i128>(price.num - base, wide_ppm), base);
}

}  // namespace

ImpactPrice impact_price(std::span<const PriceLevel> levels, i128 notional) {
    if (notional <= 0) {
        return levels.empty() ? ImpactPrice{} : ImpactPrice{levels.front().price.raw(), 1};
    }
    i128 money = 0;
    i128 lots = 0;
    for (const PriceLevel& level : levels) {
        const i128 worth = i128{level.price.raw()} * level.size.raw();
        if (money + worth >= notional) {
            // notional / (lots + (notional - money) / price)
            return {.num = checked_mul<i128>(notional, level.price.raw()),
                    .den = checked_mul<i128>(lots, level.price.raw()) + (notional - money)};
        }
        money += worth;
        lots += level.size.raw();
    }
    return {};
}

std::int64_t premium_ppm(const ImpactPrice& bid,
                         const ImpactPrice& ask,
                         Ticks index,
                         std::int64_t most_ppm) {
    CHECK(index.raw() > 0);
    i128 premium = 0;
    if (bid.exists()) {
        premium = std::max<i128>(premium, gap_ppm(bid, index));
    }
    if (premium == 0 && ask.exists()) {
        premium = std::min<i128>(premium, gap_ppm(ask, index));
    }
    return narrow_i64(std::clamp<i128>(premium, -most_ppm, most_ppm));
}

std::vector<std::int64_t> without_tails(std::vector<std::int64_t> samples, Fraction rate) {
    const auto count = static_cast<std::int64_t>(samples.size());
    const std::int64_t gone = narrow_i64(times(2 * i128{count}, rate, Round::down));
    if (gone <= 0 || gone >= count) {
        return samples;
    }
    std::sort(samples.begin(), samples.end());
    const std::int64_t bottom = narrow_i64(div_round(gone, 2, Round::down));
    const std::int64_t top = gone - bottom;
    return {samples.begin() + bottom, samples.end() - top};
}

std::int64_t median_vote(std::vector<std::int64_t> votes, std::size_t least) {
    if (votes.size() < least) {
        votes.resize(least);
    }
    if (votes.empty()) {
        return 0;
    }
    std::sort(votes.begin(), votes.end());
    const std::size_t half = votes.size() / 2;
    if (votes.size() % 2 == 1) {
        return votes[half];
    }
    return narrow_i64(toward_zero(i128{votes[half - 1]} + votes[half], 2));
}

std::int64_t index_funding_rate(const IndexFundingRule& rule,
                                std::span<const std::int64_t> samples_ppm,
                                std::int64_t initial_ppm,
                                std::int64_t maintenance_ppm) {
    std::vector<std::int64_t> kept{samples_ppm.begin(), samples_ppm.end()};
    kept.resize(std::max(kept.size(), static_cast<std::size_t>(rule.expected_samples)), 0);
    kept = without_tails(std::move(kept), rule.tails);
    i128 sum = 0;
    for (const std::int64_t sample : kept) {
        sum += sample;
    }
    const auto count = static_cast<std::int64_t>(std::max<std::size_t>(1, kept.size()));
    const i128 rate = toward_zero(sum, count) + rule.default_ppm;
    const i128 most = times(initial_ppm - maintenance_ppm, rule.clamp_factor, Round::down);
    return narrow_i64(std::clamp(rate, -most, most));
}

i128 funding_index_change(std::int64_t rate_8h_ppm, std::int64_t seconds, const Fraction& price) {
    const i128 weighted = checked_mul<i128>(i128{rate_8h_ppm} * seconds, price.num);
    return toward_zero(toward_zero(weighted, price.den), period_seconds);
}

i128 funding_settlement(i128 index_now, i128 index_then, i128 size) {
    return -checked_mul<i128>(index_now - index_then, size);
}

}  // namespace margincall::inline rules
