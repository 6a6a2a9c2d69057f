// Funding: what every small group of positions pays, and the votes, means and clamps behind a rate.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "clearing/world.hpp"
#include "rules/funding.hpp"
#include "rules/funding_index.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

Instrument micro_perp() {
    Instrument inst = perp(1.0, 1.0, 1'000);
    inst.tick_value = Money::from_raw(1);
    return inst;
}

// Whoever pays pays at least the exact amount, whoever receives at most: up to four positions that
// sum to zero leave between nothing and less than a unit each.
TEST(FundingExhaustive, LongsPayWhatShortsReceiveUpToTheCrumbs) {
    States states{5'145};
    const Instrument inst = micro_perp();
    for (const std::int64_t rate_ppb : {-1'000'000'000,
                                        -333'333'333,
                                        -1,
                                        0,
                                        1,
                                        100'000'000,
                                        333'333'334,
                                        500'000'000,
                                        999'999'999,
                                        1'000'000'000,
                                        1'500'000'000,
                                        7,
                                        -100'000'000,
                                        -500'000'001,
                                        250'000'000}) {
        for (std::int64_t a = -3; a <= 3; ++a) {
            for (std::int64_t b = -3; b <= 3; ++b) {
                for (std::int64_t c = -3; c <= 3; ++c) {
                    states.next();
                    std::int64_t left = 0;
                    for (const std::int64_t qty : {a, b, c, -(a + b + c)}) {
                        const std::int64_t pays =
                            funding_payment(inst, Lots::from_raw(qty), Ticks::from_raw(7), rate_ppb)
                                .raw();
                        // the least whole number that is not below 7 * qty * rate
                        ASSERT_GE(pays * 1'000'000'000, 7 * qty * rate_ppb);
                        ASSERT_LT((pays - 1) * 1'000'000'000, 7 * qty * rate_ppb);
                        left += pays;
                    }
                    ASSERT_GE(left, 0);
                    ASSERT_LT(left, 4);
                }
            }
        }
    }
}

// A settlement forgets every sample: the next interval gives what a new one would. Linear weights
// count from one again.
TEST(FundingExhaustive, ASettlementStartsTheAverageAnew) {
    States states{2 * 625};
    constexpr std::array<double, 5> bids{99.0, 100.0, 100.5, 101.0, 104.0};
    for (const FundingWeights weights : {FundingWeights::flat, FundingWeights::linear}) {
        FundingRule rule;
        rule.weights = weights;
        rule.cap_ppb = 1'000'000'000;
        for (std::size_t code = 0; code < 625; ++code) {
            states.next();
            const std::array<double, 4> seen{
                bids[code % 5], bids[code / 5 % 5], bids[code / 25 % 5], bids[code / 125]};
            FundingRate used{rule, flat_tier(5'000)};
            FundingRate fresh{rule, flat_tier(5'000)};
            used.sample({seen[0], 200.0, 100.0});
            used.sample({seen[1], 200.0, 100.0});
            (void)used.settle_ppb();
            ASSERT_EQ(used.premium(), 0.0);
            used.sample({seen[2], 200.0, 100.0});
            used.sample({seen[3], 200.0, 100.0});
            fresh.sample({seen[2], 200.0, 100.0});
            fresh.sample({seen[3], 200.0, 100.0});
            const double late = weights == FundingWeights::linear ? 2.0 : 1.0;
            const double first = std::max(0.0, seen[2] - 100.0);
            const double second = std::max(0.0, seen[3] - 100.0);
            ASSERT_NEAR(used.premium(), (first + late * second) / (1.0 + late) / 100.0, 1e-15);
            ASSERT_EQ(used.settle_ppb(), fresh.settle_ppb());
            const std::array<double, 3> samples{first, second, 1.0};
            const double weight = weights == FundingWeights::linear ? 3.0 : 1.0;
            ASSERT_NEAR(average_premium(samples, weights),
                        (first + late * second + weight) / (1.0 + late + weight),
                        1e-12);
        }
    }
    EXPECT_EQ(average_premium({}, FundingWeights::flat), 0.0);
}

TEST(FundingExhaustive, RatesAreDampedDividedAndCapped) {
    States states{31 * 4 * 3 * 3 + 31 * 16};
    for (int premium = -15; premium <= 15; ++premium) {
        for (const std::int64_t interest : {-2, 0, 1, 4}) {
            for (const std::int64_t damper : {0, 2, 5}) {
                for (const std::int64_t cap : {1, 6, 100}) {
                    states.next();
                    FundingRule rule;
                    rule.interval = hours(4);
                    rule.interest_ppb = interest * 1'000'000;
                    rule.clamp_ppb = damper * 1'000'000;
                    std::int64_t twice = interest - premium;  // 4 of 8 hours: half, times 2
                    twice = twice > damper ? damper : twice < -damper ? -damper : twice;
                    twice += premium;
                    twice = twice > 2 * cap ? 2 * cap : twice < -2 * cap ? -2 * cap : twice;
                    ASSERT_NEAR(funding_rate(rule, premium * 1e-3, cap * 1'000'000),
                                static_cast<double>(twice) * 0.5e-3,
                                1e-12);
                }
            }
        }
        for (int damper = 0; damper < 4; ++damper) {
            for (int cap = 0; cap < 4; ++cap) {
                states.next();
                // Deribit: nothing within the damper, the excess outside; a cap of 0 is none.
                int rate = premium > damper    ? premium - damper
                           : premium < -damper ? premium + damper
                                               : 0;
                if (cap > 0) {
                    rate = rate > cap ? cap : rate < -cap ? -cap : rate;
                }
                ASSERT_EQ(continuous_funding(premium, damper, cap), rate);
                const int gap = premium - damper;
                // OKX: the gap to the interest, clamped.
                FundingRule okx;
                okx.method = FundingMethod::mean_clamp;
                okx.interest_ppb = damper * 1'000'000;
                const int held = gap > cap ? cap : gap < -cap ? -cap : gap;
                ASSERT_NEAR(funding_rate(okx, premium * 1e-3, cap * 1'000'000), held * 1e-3, 1e-12);
            }
        }
    }
}

// The rule's own numbers count from the smallest on; without them they come from the first tier.
TEST(FundingExhaustive, AnOwnCapOrImpactNotionalCountsHoweverSmall) {
    const MarginTiers tiers = flat_tier(4'000, 50);
    FundingRule rule;
    EXPECT_EQ(funding_cap_ppb(rule, tiers), 3'000'000);
    EXPECT_EQ(impact_notional(rule, tiers), usd(10'000));
    rule.cap_ppb = 1;
    rule.impact_notional = Money::from_raw(1);
    EXPECT_EQ(funding_cap_ppb(rule, tiers), 1);
    EXPECT_EQ(impact_notional(rule, tiers), Money::from_raw(1));
}

TEST(FundingExhaustive, PremiumsOfAnImpactPriceAreOutsideTheSpreadOnly) {
    States states{1'000};
    for (int bid = 0; bid < 10; ++bid) {
        for (int ask = 0; ask < 10; ++ask) {
            for (int index = 1; index <= 10; ++index) {
                states.next();
                // a side that is missing (0) says nothing
                const int above = bid > index && bid > 0 ? bid - index : 0;
                const int below = ask < index && ask > 0 ? index - ask : 0;
                const double gap = above - below;
                ASSERT_DOUBLE_EQ(premium_sample(FundingMethod::impact_damper, bid, ask, index),
                                 gap / index);
            }
        }
    }
}

TEST(FundingExhaustive, AnIntervalHoldsWholeSamplesAndAtLeastOne) {
    FundingRule rule;
    for (const auto& [interval, sample, count] : {std::tuple{480, 1, 480}, {7, 2, 3}, {1, 2, 1}}) {
        rule.interval = minutes(interval);
        rule.sample = minutes(sample);
        EXPECT_EQ(samples_of_interval(rule), count);
    }
    EXPECT_DOUBLE_EQ(continuous_payment(0.01, 800.0, hours(1)), 1.0);
}

// A chain's hour: impact prices, premiums, votes, tails, mean and clamp. Divisions cut toward zero.
TEST(FundingExhaustive, AnImpactPriceIsTheNotionalOverTheLotsItTakes) {
    States states{8'100};
    for (std::int64_t first = 1; first <= 5; ++first) {
        for (std::int64_t second = 1; second <= 5; ++second) {
            for (std::int64_t a = 1; a <= 3; ++a) {
                for (std::int64_t b = 1; b <= 3; ++b) {
                    for (std::int64_t notional = -1; notional < 35; ++notional) {
                        states.next();
                        const std::array levels{
                            PriceLevel{Ticks::from_raw(first), Lots::from_raw(a)},
                            PriceLevel{Ticks::from_raw(second), Lots::from_raw(b)}};
                        const ImpactPrice got = impact_price(levels, notional);
                        if (notional <= 0) {
                            ASSERT_TRUE(got.num == first && got.den == 1);
                        } else if (notional <= first * a) {
                            ASSERT_TRUE(got.exists() && got.num == first * got.den);
                        } else if (notional <= first * a + second * b) {
                            // lots = a + (notional - first * a) / second
                            const std::int64_t times_second = a * second + notional - first * a;
                            ASSERT_TRUE(got.exists());
                            ASSERT_TRUE(got.num * times_second ==
                                        i128{notional} * second * got.den);
                        } else {
                            ASSERT_FALSE(got.exists());
                        }
                    }
                }
            }
        }
    }
    EXPECT_FALSE(impact_price({}, 0).exists());
}

TEST(FundingExhaustive, APremiumIsMeasuredFromTheSideThatIsThrough) {
    States states{5'832};
    for (std::int64_t bid = 0; bid < 9; ++bid) {
        for (std::int64_t ask = 0; ask < 9; ++ask) {
            for (std::int64_t index = 1; index < 9; ++index) {
                for (const std::int64_t most :
                     {0, 1, 50'000, 333'333, 333'334, 900'000, 1'000'000, 3'000'000, 9'000'000}) {
                    states.next();
                    const ImpactPrice down{bid * 3, bid > 0 ? 2 : 0};
                    const ImpactPrice up{ask * 3, ask > 0 ? 2 : 0};
                    std::int64_t ppm = 0;
                    if (bid > 0 && 3 * bid > 2 * index) {
                        ppm = (3 * bid - 2 * index) * 1'000'000 / (2 * index);
                    }
                    if (ppm == 0 && ask > 0 && 3 * ask < 2 * index) {
                        ppm = (3 * ask - 2 * index) * 1'000'000 / (2 * index);
                    }
                    ppm = ppm > most ? most : ppm < -most ? -most : ppm;
                    ASSERT_EQ(premium_ppm(down, up, Ticks::from_raw(index), most), ppm);
                }
            }
        }
    }
}

TEST(FundingExhaustive, VotesAndSamplesAreCountedPaddedAndCut) {
    States states{19'531};
    for (std::size_t length = 0; length <= 6; ++length) {
        std::size_t lists = 1;
        for (std::size_t n = 0; n < length; ++n) {
            lists *= 5;
        }
        for (std::size_t code = 0; code < lists; ++code) {
            states.next();
            std::vector<std::int64_t> values;
            for (std::size_t n = 0, rest = code; n < length; ++n, rest /= 5) {
                values.push_back(static_cast<std::int64_t>(rest % 5) - 2);
            }
            for (const std::size_t least : {0U, 3U, 5U}) {
                std::vector<std::int64_t> all = values;
                all.resize(std::max(all.size(), least), 0);
                std::sort(all.begin(), all.end());
                const std::size_t n = all.size();
                const std::int64_t median = n == 0       ? 0
                                            : n % 2 == 1 ? all[n / 2]
                                                         : (all[n / 2 - 1] + all[n / 2]) / 2;
                ASSERT_EQ(median_vote(values, least), median);
            }
            for (const Fraction rate :
                 {Fraction{0, 1}, Fraction{1, 4}, Fraction{1, 3}, Fraction{1, 2}}) {
                std::vector<std::int64_t> kept = values;
                const auto gone = static_cast<std::int64_t>(length) * 2 * rate.num / rate.den;
                if (gone > 0 && gone < static_cast<std::int64_t>(length)) {
                    std::sort(kept.begin(), kept.end());
                    for (std::int64_t n = 0; n < gone; ++n) {  // the top first, then one by one
                        n % 2 == 0 ? kept.pop_back() : static_cast<void>(kept.erase(kept.begin()));
                    }
                }
                ASSERT_EQ(without_tails(values, rate), kept);
            }
            std::int64_t sum = 0;
            for (const std::int64_t v : values) {
                sum += v * 7;
            }
            std::vector<std::int64_t> samples;
            for (const std::int64_t v : values) {
                samples.push_back(v * 7);
            }
            for (const std::int64_t expected : {0, 4}) {
                const std::int64_t count =
                    std::max<std::int64_t>({expected, static_cast<std::int64_t>(length), 1});
                const std::int64_t rate = sum / count + 1;
                for (const std::int64_t gap : {1, 5, 100}) {
                    const std::int64_t most = gap * 5 / 2;
                    const IndexFundingRule rule{
                        .expected_samples = expected, .default_ppm = 1, .clamp_factor = {5, 2}};
                    ASSERT_EQ(index_funding_rate(rule, samples, 10 + gap, 10),
                              rate > most    ? most
                              : rate < -most ? -most
                                             : rate);
                }
            }
        }
    }
}

TEST(FundingExhaustive, AnIndexMovesAndSettles) {
    States states{21 * 4 * 5 * 3};
    for (std::int64_t rate = -10; rate <= 10; ++rate) {
        for (const std::int64_t seconds : {0, 1, 3'600, 28'800}) {
            for (const std::int64_t price : {1, 7, 28'800, 99'999, 1'000'003}) {
                for (const std::int64_t den : {1, 3, 1'000}) {
                    states.next();
                    const std::int64_t cut = rate * seconds * price / den / 28'800;
                    ASSERT_TRUE(funding_index_change(rate, seconds, {price, den}) == cut);
                    // longs pay when the index rises
                    ASSERT_TRUE(funding_settlement(cut + 5, cut, rate) == -5 * rate);
                }
            }
        }
    }
}

}  // namespace
}  // namespace margincall::test
