// Who is closed first and by how much: every queue of up to four small accounts, against one that
// is filled lot by lot.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "rules/adl_allocation.hpp"
#include "support/adl_ranks.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

// Shorts of a coin at 100: size, profit and equity per lot, hedged lots.
struct Kind {
    std::int64_t size;
    double profit, equity;
    std::int64_t hedged;
};
constexpr std::array kinds{Kind{1, 20.0, 50.0, 0},
                           Kind{3, 20.0, 50.0, 1},
                           Kind{2, 10.0, 10.0, 2},
                           Kind{2, -5.0, 20.0, 0},
                           Kind{1, 0.0, 20.0, 1},
                           Kind{2, -5.0, 0.0, 0}};

AdlCandidate candidate(std::uint32_t row, const Kind& kind) {
    const auto lots = static_cast<double>(kind.size);
    AdlCandidate c;
    c.account = {.row = row,
                 .side = Side::sell,
                 .entry = 100.0 + kind.profit,
                 .mark = 100.0,
                 .notional = 100.0 * lots,
                 .wallet = (kind.equity - kind.profit) * lots,
                 .unrealised = kind.profit * lots,
                 .maintenance = lots};
    c.size = Lots::from_raw(kind.size);
    c.hedged = Lots::from_raw(kind.hedged);
    return c;
}

// All lists of one to four of `options` things, as indices.
template <class Visit>
void lists_up_to_four(std::size_t options, Visit visit) {
    for (std::size_t length = 1; length <= 4; ++length) {
        std::vector<std::size_t> list(length, 0);
        for (bool more = true; more;) {
            visit(list);
            more = false;
            for (std::size_t& digit : list) {
                if (++digit < options) {
                    more = true;
                    break;
                }
                digit = 0;
            }
        }
    }
}
// Rows that do not follow the order of the list.
constexpr std::array<std::uint32_t, 4> queued_rows{6, 2, 9, 4};

// Is `a` closed before `b`?
bool before(AdlRank rank, const AdlCandidate& a, const AdlCandidate& b) {
    const bool first = adl_eligible(rank, a.account);
    const bool second = adl_eligible(rank, b.account);
    const double x = adl_score(rank, a.account);
    const double y = adl_score(rank, b.account);
    return first != second ? first : x != y ? x > y : a.account.row < b.account.row;
}

// One lot after the other goes to the first in the queue who has one; whoever is hedged gives those
// lots last where the rule says so.
std::vector<std::int64_t> lot_by_lot(AdlRank rank,
                                     const std::vector<AdlCandidate>& all,
                                     std::int64_t needed) {
    std::vector<std::int64_t> taken(all.size(), 0);
    for (std::int64_t lot = 0; lot < needed; ++lot) {
        for (const bool spare_hedged : {rank == AdlRank::hedge_exempt, false}) {
            std::size_t best = all.size();
            for (std::size_t k = 0; k < all.size(); ++k) {
                const std::int64_t spared = spare_hedged ? all[k].hedged.raw() : 0;
                if (taken[k] < all[k].size.raw() - spared &&
                    (best == all.size() || before(rank, all[k], all[best]))) {
                    best = k;
                }
            }
            if (best < all.size()) {
                ++taken[best];
                break;
            }
        }
    }
    return taken;
}

// By what the page says the sizes are shared, in whole dollars.
std::int64_t page_weight(AdlRank rank, const AdlCandidate& c) {
    const double equity = c.account.wallet + c.account.unrealised;
    switch (rank) {
        case AdlRank::profit_pro_rata:
            return equity > 0.0 && c.account.unrealised > 0.0 ? std::lround(c.account.unrealised)
                                                              : 0;
        case AdlRank::equity_pro_rata:
            return equity > 0.0 ? std::lround(equity) : 0;
        default:
            return c.size.raw();
    }
}

// Whole lots of the exact share; the lots that are left go one each to the largest remainder (or
// the smallest row). Whoever has less than his share gives all, and the others share what is missing.
std::vector<std::int64_t> in_proportion(AdlRank rank,
                                        const std::vector<AdlCandidate>& all,
                                        std::int64_t wanted) {
    std::vector<std::int64_t> taken(all.size(), 0);
    std::vector<std::int64_t> weight;
    for (const AdlCandidate& c : all) {
        weight.push_back(page_weight(rank, c));
    }
    std::int64_t left = wanted;
    std::int64_t total = 0;
    for (bool again = true; again && left > 0;) {
        again = false;
        total = std::accumulate(weight.begin(), weight.end(), std::int64_t{0});
        for (std::size_t k = 0; total == 0 && k < all.size(); ++k) {
            weight[k] = all[k].size.raw() - taken[k];
        }
        total = std::accumulate(weight.begin(), weight.end(), std::int64_t{0});
        const std::int64_t shared = left;
        for (std::size_t k = 0; k < all.size(); ++k) {
            if (weight[k] * shared > all[k].size.raw() * total) {
                left -= taken[k] = all[k].size.raw();
                weight[k] = 0;
                again = true;
            }
        }
    }
    const std::int64_t shared = left;
    std::vector<std::int64_t> parts(all.size(), 0);  // what is left of the share, in 1 / total
    for (std::size_t k = 0; shared > 0 && k < all.size(); ++k) {
        for (parts[k] = weight[k] * shared; weight[k] > 0 && parts[k] >= total; parts[k] -= total) {
            ++taken[k];
            --left;
        }
    }
    for (std::vector<bool> had(all.size(), false); left > 0; --left) {
        std::size_t best = all.size();
        for (std::size_t k = 0; k < all.size(); ++k) {
            if (had[k] || taken[k] == all[k].size.raw()) {
                continue;
            }
            const bool larger = best == all.size() || parts[k] > parts[best];
            const bool earlier = best == all.size() || all[k].account.row < all[best].account.row;
            const bool equal = best < all.size() && parts[k] == parts[best];
            if (rank == AdlRank::pro_rata || equal ? earlier : larger) {
                best = k;
            }
        }
        had[best] = true;
        ++taken[best];
    }
    return taken;
}

TEST(AdlExhaustive, AllocationIsTheOneFilledLotByLot) {
    States states{181'259};
    lists_up_to_four(kinds.size(), [&](const std::vector<std::size_t>& list) {
        std::vector<AdlCandidate> all;
        std::int64_t total = 0;
        for (std::size_t k = 0; k < list.size(); ++k) {
            all.push_back(candidate(queued_rows[k], kinds[list[k]]));
            total += kinds[list[k]].size;
        }
        for (const AdlRank rank : adl_ranks) {
            for (std::int64_t needed = 0; needed <= total + 1; ++needed) {
                states.next();
                const std::int64_t wanted = std::min(needed, total);
                const AdlAllocation got = allocate_adl(rank, all, Lots::from_raw(needed));
                const std::vector<std::int64_t> expected = is_proportional(rank)
                                                               ? in_proportion(rank, all, wanted)
                                                               : lot_by_lot(rank, all, wanted);
                std::vector<std::int64_t> taken(all.size(), 0);
                std::int64_t sum = 0;
                for (const AdlTaken& t : got.from) {
                    const auto at = std::find(queued_rows.begin(), queued_rows.end(), t.row) -
                                    queued_rows.begin();
                    taken[static_cast<std::size_t>(at)] += t.lots.raw();
                    sum += t.lots.raw();
                    ASSERT_GT(t.lots.raw(), 0);
                }
                ASSERT_EQ(taken, expected) << "rank " << static_cast<int>(rank) << " needed "
                                           << needed << " accounts " << list.size();
                ASSERT_EQ(sum, wanted);
                ASSERT_EQ(got.taken.raw(), wanted);
                ASSERT_EQ(got.ranked.size(), all.size());
            }
        }
    });
}

TEST(AdlExhaustive, TheQueueIsByEligibilityScoreAndRow) {
    States states{20'202};
    lists_up_to_four(kinds.size(), [&](const std::vector<std::size_t>& list) {
        std::vector<AdlCandidate> all;
        for (std::size_t k = 0; k < list.size(); ++k) {
            all.push_back(candidate(queued_rows[k], kinds[list[k]]));
        }
        for (const AdlRank rank : adl_ranks) {
            states.next();
            const AdlAllocation got = allocate_adl(rank, all, Lots{});
            const auto of = [&](const AdlEntry& entry) -> const AdlCandidate& {
                return *std::find_if(all.begin(), all.end(), [&](const AdlCandidate& c) {
                    return c.account.row == entry.row;
                });
            };
            for (std::size_t k = 0; k < got.ranked.size(); ++k) {
                ASSERT_EQ(got.ranked[k].score, adl_score(rank, of(got.ranked[k]).account));
                if (k > 0) {
                    ASSERT_TRUE(before(rank, of(got.ranked[k - 1]), of(got.ranked[k])))
                        << static_cast<int>(rank);
                }
            }
        }
    });
}

TEST(AdlExhaustive, QueuesOfEqualScoresAreByRow) {
    States states{120};
    lists_up_to_four(3, [&](const std::vector<std::size_t>& list) {
        states.next();
        std::vector<AdlEntry> queue;
        for (std::size_t k = 0; k < list.size(); ++k) {
            queue.push_back({.score = static_cast<double>(list[k]), .row = queued_rows[k]});
        }
        std::sort(queue.begin(), queue.end(), ranks_before);
        for (std::size_t k = 1; k < queue.size(); ++k) {
            ASSERT_GE(queue[k - 1].score, queue[k].score);
            if (queue[k - 1].score == queue[k].score) {
                ASSERT_LT(queue[k - 1].row, queue[k].row);
            }
        }
    });
}

// The formulas of docs/adl.md, spelled out with cases instead of max and ratios of ratios.
double score_by_the_page(AdlRank rank, const AdlAccount& a) {
    const double equity = a.wallet + a.unrealised;
    if (equity <= 0.0) {
        return 0.0;
    }
    const double entry_value =
        a.side == Side::buy ? a.notional - a.unrealised : a.notional + a.unrealised;
    const double r =
        entry_value == 0.0 ? 0.0 : a.unrealised / (entry_value < 0 ? -entry_value : entry_value);
    const double leverage = a.notional / equity;
    const double gain = r > 0.0 ? r : 0.0;
    switch (rank) {
        case AdlRank::pnl_times_margin_ratio:
            return a.unrealised <= 0.0 ? 0.0
                                       : a.unrealised * a.maintenance /
                                             (equity * (a.wallet < 1.0 ? 1.0 : a.wallet));
        case AdlRank::leveraged_return:
            return a.notional <= 0.0 ? 0.0 : r > 0.0 ? r * leverage : r * equity / a.notional;
        case AdlRank::price_ratio_times_leverage:
            if (a.entry <= 0.0 || a.mark <= 0.0) {
                return 0.0;
            }
            return a.side == Side::buy ? leverage * a.mark / a.entry : leverage * a.entry / a.mark;
        case AdlRank::pnl_by_margin_ratio:
            if (a.maintenance <= 0.0) {
                return 0.0;
            }
            return r > 0.0 ? r * a.maintenance / equity : r * equity / a.maintenance;
        case AdlRank::profit_only:
            return r;
        case AdlRank::leverage_only:
            return leverage;
        case AdlRank::profit_times_leverage:
        case AdlRank::hedge_exempt:
            return gain * leverage;
        case AdlRank::fixed_order:
        case AdlRank::pro_rata:
        case AdlRank::integer_pro_rata:
        case AdlRank::profit_pro_rata:
        case AdlRank::equity_pro_rata:
            return 0.0;
    }
    return 0.0;
}

TEST(AdlExhaustive, ScoresAndEligibilityFollowThePage) {
    States states{98'280};
    AdlAccount a;
    for (const AdlRank rank : adl_ranks) {
        const bool profit_only =
            rank == AdlRank::price_ratio_times_leverage || rank == AdlRank::profit_only ||
            rank == AdlRank::profit_times_leverage || rank == AdlRank::hedge_exempt;
        for (const Side side : {Side::buy, Side::sell}) {
            for (const double wallet : {-3.0, 0.0, 0.5, 1.0, 2.0, 10.0, 40.0}) {
                for (const double unrealised : {-50.0, -2.0, 0.0, 0.5, 3.0, 50.0}) {
                    for (const double maintenance : {0.0, 1.0, 2.5}) {
                        for (const double notional : {0.0, 4.0, 50.0}) {
                            for (const double entry : {-1.0, 0.0, 8.0, 12.5, 20.0}) {
                                for (const double mark : {0.0, 10.0}) {
                                    states.next();
                                    a = {.row = 0,
                                         .side = side,
                                         .entry = entry,
                                         .mark = mark,
                                         .notional = notional,
                                         .wallet = wallet,
                                         .unrealised = unrealised,
                                         .maintenance = maintenance};
                                    const double expected = score_by_the_page(rank, a);
                                    ASSERT_NEAR(adl_score(rank, a),
                                                expected,
                                                1e-12 * (1.0 + std::abs(expected)))
                                        << static_cast<int>(rank) << " wallet " << wallet
                                        << " profit " << unrealised;
                                    ASSERT_EQ(adl_eligible(rank, a),
                                              wallet + unrealised > 0.0 &&
                                                  (!profit_only || unrealised > 0.0));
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

// One of a row's like accounts, in dollars: everything but the prices is divided by their number.
TEST(AdlExhaustive, ARowIsRankedAsOneOfItsLikeAccounts) {
    States states{100};
    Instrument inst;
    inst.tick_value = Money::from_raw(500'000);  // half a dollar
    inst.tick_usd = 2.0;
    inst.lot_base = 0.25;
    MarginTiers tiers(1);
    tiers[0].cap = Money::from_raw(INT64_MAX);
    tiers[0].mmr_ppm = 100'000;
    for (std::int64_t qty = -12; qty <= 12; ++qty) {
        for (const std::int64_t weight : {1, 4}) {
            for (const std::int64_t mark : {5, 8}) {
                states.next();
                const PositionState state{.qty = Lots::from_raw(qty),
                                          .cost = Money::from_raw(qty * 3'000'000),
                                          .collateral = Money::from_raw(8'000'000),
                                          .weight = weight};
                const AdlAccount a =
                    make_adl_account(77,
                                     inst,
                                     state,
                                     maintenance(inst, tiers, state, Ticks::from_raw(mark)),
                                     Ticks::from_raw(mark));
                const auto w = static_cast<double>(weight);
                const auto lots = static_cast<double>(qty);
                const double value = 0.5 * lots * static_cast<double>(mark);
                ASSERT_EQ(a.row, 77U);
                ASSERT_EQ(a.side, qty < 0 ? Side::sell : Side::buy);
                ASSERT_DOUBLE_EQ(a.entry, qty == 0 ? 0.0 : 12.0);  // three dollars for a quarter
                ASSERT_DOUBLE_EQ(a.mark, 2.0 * static_cast<double>(mark));
                ASSERT_DOUBLE_EQ(a.notional, std::abs(value) / w);
                ASSERT_DOUBLE_EQ(a.wallet, 8.0 / w);
                ASSERT_DOUBLE_EQ(a.unrealised, (value - 3.0 * lots) / w);
                ASSERT_NEAR(a.maintenance, 0.1 * std::abs(value) / w, 1e-9);
                ASSERT_DOUBLE_EQ(
                    effective_leverage(a),
                    a.wallet + a.unrealised > 0.0 ? a.notional / (a.wallet + a.unrealised) : 0.0);
            }
        }
    }
}

TEST(AdlExhaustive, LightsAreFifthsOfTheSize) {
    States states{1'252};
    lists_up_to_four(4, [&](const std::vector<std::size_t>& list) {
        std::vector<AdlCandidate> all;
        std::int64_t total = 0;
        for (std::size_t k = 0; k < list.size(); ++k) {
            all.push_back(candidate(queued_rows[k], kinds[0]));
            all.back().size = Lots::from_raw(static_cast<std::int64_t>(list[k]));
            total += all.back().size.raw();
        }
        const AdlAllocation queue = allocate_adl(AdlRank::leverage_only, all, Lots{});
        const std::vector<std::uint32_t> lights = adl_lights(queue, all);
        std::int64_t upto = 0;
        ASSERT_EQ(lights.size(), all.size());
        for (std::size_t k = 0; k < lights.size(); ++k) {
            states.next();
            const auto at = std::find(queued_rows.begin(), queued_rows.end(), queue.ranked[k].row);
            upto += all[static_cast<std::size_t>(at - queued_rows.begin())].size.raw();
            std::uint32_t light = 1;
            while (light < 5 && upto * 5 > light * total) {
                ++light;
            }
            ASSERT_EQ(lights[k], light);
        }
    });
}

}  // namespace
}  // namespace margincall::test
