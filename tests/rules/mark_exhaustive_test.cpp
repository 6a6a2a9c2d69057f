// Marks: every choice of missing and present inputs, at the first computation and after samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "clearing/world.hpp"
#include "rules/mark_price.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

double median_by_sorting(std::vector<double> all) {
    all.erase(std::remove_if(all.begin(), all.end(), [](double x) { return x <= 0.0; }), all.end());
    std::sort(all.begin(), all.end());
    if (all.empty()) {
        return 0.0;
    }
    const std::size_t half = all.size() / 2;
    return all.size() % 2 == 1 ? all[half] : 0.5 * (all[half - 1] + all[half]);
}

TEST(MarkExhaustive, TheMedianIsOfWhatIsThere) {
    States states{343};
    for (int a = -1; a < 6; ++a) {
        for (int b = -1; b < 6; ++b) {
            for (int c = -1; c < 6; ++c) {
                states.next();
                ASSERT_EQ(
                    median_of_available(a, b, c),
                    median_by_sorting(
                        {static_cast<double>(a), static_cast<double>(b), static_cast<double>(c)}));
            }
        }
    }
}

// Four moments with the same book; the index rises, so that an average can be told from the present
// basis, and is missing at the last where no other venue is seen. Ticks of two dollars.
TEST(MarkExhaustive, EveryMethodFollowsItsFormula) {
    States states{7 * 4 * 4 * 4 * 3 * 2 * 2 * 2};
    const Instrument inst = perp(2.0, 1.0, 1'000);
    constexpr std::array<std::int64_t, 4> levels{0, 1, 52, 49};
    for (const auto method : {MarkMethod::median_funding_basis_last,
                              MarkMethod::median_oracle_ema,
                              MarkMethod::index_funding,
                              MarkMethod::index_average,
                              MarkMethod::index_ema,
                              MarkMethod::last_in_book,
                              MarkMethod::oracle}) {
        for (const std::int64_t bid : levels) {
            for (const std::int64_t ask : levels) {
                for (const std::int64_t last : levels) {
                    for (const double index : {0.0, 0.5, 100.0}) {
                        for (const bool others : {false, true}) {
                            for (const std::int64_t band_ppm : {0, 30'000}) {
                                for (const std::int64_t step_s : {1, 3}) {
                                    states.next();
                                    MarkRule rule;
                                    rule.method = method;
                                    rule.band_ppm = band_ppm;
                                    rule.sample = seconds(2);
                                    const std::array mids{
                                        WeightedPrice{.price = 101.0, .weight = 1.0}};
                                    MarkPrice mark{rule, inst};
                                    std::vector<double> bases;  // samples of the moving average
                                    double ema_sum = 0.0;
                                    double ema_weight = 0.0;
                                    double book_sum = 0.0;
                                    double book_weight = 0.0;
                                    double before = 0.0;
                                    std::int64_t sampled_s = -10;
                                    for (const std::int64_t moment : {0, 1, 2, 3}) {
                                        MarkInput s;
                                        s.now = SimTime{} + seconds(moment * step_s);
                                        s.bid = Ticks::from_raw(bid);
                                        s.ask = Ticks::from_raw(ask);
                                        s.last = Ticks::from_raw(last);
                                        s.index_usd = index == 0.0 || (moment == 3 && !others)
                                                          ? 0.0
                                                          : index + static_cast<double>(2 * moment);
                                        s.funding_rate_ppb = 40'000'000;
                                        s.to_funding = hours(2);
                                        if (others) {
                                            s.perp_mids = mids;
                                        }
                                        const double mid = bid > 0 && ask > 0
                                                               ? static_cast<double>(bid + ask)
                                                               : 0.0;
                                        const double elapsed =
                                            moment == 0 ? 1.0 : static_cast<double>(step_s);
                                        const bool basis = mid > 0.0 && s.index_usd > 0.0;
                                        if (basis &&
                                            (moment == 0 || moment * step_s - sampled_s >= 2)) {
                                            bases.push_back(mid - s.index_usd);
                                            sampled_s = moment * step_s;
                                        }
                                        const double average_s = to_seconds(rule.average);
                                        if (basis) {
                                            const double keep = std::exp(-elapsed / average_s);
                                            ema_sum =
                                                ema_sum * keep + (mid - s.index_usd) * elapsed;
                                            ema_weight = ema_weight * keep + elapsed;
                                        }
                                        const double book =
                                            median_by_sorting({2.0 * static_cast<double>(bid),
                                                               2.0 * static_cast<double>(ask),
                                                               2.0 * static_cast<double>(last)});
                                        if (book > 0.0) {
                                            const double keep = std::exp(-elapsed / 30.0);
                                            book_sum = book_sum * keep + book * elapsed;
                                            book_weight = book_weight * keep + elapsed;
                                        }
                                        const double funded = s.index_usd * 1.01;  // 4 % * 2 h of 8
                                        double mean = 0.0;
                                        for (const double b : bases) {
                                            mean += b / static_cast<double>(bases.size());
                                        }
                                        const double ema =
                                            ema_weight > 0.0 ? ema_sum / ema_weight : 0.0;
                                        const double trade = 2.0 * static_cast<double>(last);
                                        double expected = 0.0;
                                        switch (method) {
                                            case MarkMethod::median_funding_basis_last:
                                                expected = median_by_sorting(
                                                    {funded,
                                                     s.index_usd > 0.0 && !bases.empty()
                                                         ? s.index_usd + mean
                                                         : 0.0,
                                                     last > 0 ? trade : mid});
                                                break;
                                            case MarkMethod::median_oracle_ema: {
                                                std::vector<double> all{
                                                    s.index_usd > 0.0 ? s.index_usd + ema : 0.0,
                                                    book,
                                                    others ? 101.0 : 0.0};
                                                const auto there = std::count_if(
                                                    all.begin(), all.end(), [](double x) {
                                                        return x > 0.0;
                                                    });
                                                if (there == 2 && book_weight > 0.0) {
                                                    all.push_back(book_sum / book_weight);
                                                }
                                                expected = median_by_sorting(all);
                                                break;
                                            }
                                            case MarkMethod::index_funding:
                                                expected = funded;
                                                break;
                                            case MarkMethod::index_average:
                                                expected =
                                                    s.index_usd > 0.0 ? s.index_usd + mean : 0.0;
                                                break;
                                            case MarkMethod::index_ema:
                                                expected =
                                                    s.index_usd > 0.0 ? s.index_usd + ema : 0.0;
                                                break;
                                            case MarkMethod::last_in_book:
                                                expected = trade;
                                                if (ask > 0 && ask < last) {
                                                    expected = 2.0 * static_cast<double>(ask);
                                                }
                                                expected = std::max(expected,
                                                                    2.0 * static_cast<double>(bid));
                                                break;
                                            case MarkMethod::oracle:
                                                expected = s.index_usd;
                                                break;
                                        }
                                        if (band_ppm > 0 && s.index_usd > 0.0 && expected > 0.0) {
                                            expected =
                                                std::min(std::max(expected, s.index_usd * 0.97),
                                                         s.index_usd * 1.03);
                                        }
                                        before =
                                            expected > 0.0 ? expected : before;  // none: it stays
                                        const Ticks got = mark.update(s);
                                        ASSERT_NEAR(mark.usd(), before, 1e-6)
                                            << static_cast<int>(method) << " bid " << bid << " ask "
                                            << ask << " last " << last << " index " << s.index_usd
                                            << " moment " << moment;
                                        const MarkCandidates& seen = mark.candidates();
                                        const bool indexed =
                                            method != MarkMethod::last_in_book && s.index_usd > 0.0;
                                        ASSERT_EQ(seen.first > 0.0,
                                                  method == MarkMethod::last_in_book
                                                      ? expected > 0.0
                                                      : indexed);
                                        if (method != MarkMethod::median_oracle_ema) {
                                            ASSERT_EQ(seen.extra, 0.0);
                                        }
                                        const std::int64_t nearest =
                                            before <= 0.0 ? 0
                                                          : std::clamp<std::int64_t>(
                                                                std::llround(std::floor(
                                                                    mark.usd() / 2.0 + 0.5)),
                                                                1,
                                                                1'000);
                                        ASSERT_EQ(got.raw(), nearest);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

// The window holds as many samples as calls or samples fit into it, whichever are rarer, and at
// least one: of basis 1, 2, 3, ... the mean of the last ones.
TEST(MarkExhaustive, TheWindowHoldsWhatFitsIntoIt) {
    States states{5 * 3 * 3 * 8};
    const Instrument inst = perp(1.0, 1.0, 1'000);
    for (const std::int64_t average : {1, 2, 3, 6, 12}) {
        for (const std::int64_t update : {1, 2, 3}) {
            for (const std::int64_t sample : {1, 2, 3}) {
                MarkRule rule;
                rule.method = MarkMethod::index_average;
                rule.average = seconds(average);
                rule.update = seconds(update);
                rule.sample = seconds(sample);
                MarkPrice mark{rule, inst};
                const std::int64_t fits =
                    std::max<std::int64_t>(1, average / std::max(update, sample));
                for (std::int64_t k = 1; k <= 8; ++k) {
                    states.next();
                    MarkInput s;
                    s.now = SimTime{} + seconds(6 * k);  // every call is a sample
                    s.index_usd = 100.0;
                    s.bid = s.ask = Ticks::from_raw(100 + k);
                    (void)mark.update(s);
                    const std::int64_t first = std::max<std::int64_t>(1, k - fits + 1);
                    ASSERT_NEAR(mark.usd(), 100.0 + 0.5 * static_cast<double>(first + k), 1e-9)
                        << average << " " << update << " " << sample;
                }
            }
        }
    }
}

}  // namespace
}  // namespace margincall::test
