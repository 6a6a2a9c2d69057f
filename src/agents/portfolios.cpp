#include "agents/portfolios.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "agents/families.hpp"
#include "base/check.hpp"
#include "base/random.hpp"

namespace margincall::inline agents {
namespace {

// How far an account looks for others among those of its wealth, in the order of leverage.
constexpr std::size_t reach = 64;

// An account that may be joined.
struct Candidate {
    std::uint64_t wealth = 0;  // power of two of the margin a person, micro-USD
    std::int64_t leverage_e2 = 0;
    std::size_t seed = 0;
    bool alone = true;
};

bool joins(const AccountSeed& seed) {
    return seed.mode == MarginMode::cross && seed.hedger == 0 && seed.basis_fund == 0 &&
           seed.collateral_ppm == 0;
}

std::vector<Candidate> candidates(const Plan& plan,
                                  const std::vector<AccountSeed>& seeds,
                                  VenueId venue,
                                  Side side) {
    std::vector<Candidate> out;
    for (std::size_t k = 0; k < seeds.size(); ++k) {
        const AccountSeed& seed = seeds[k];
        if (joins(seed) && seed.side == side &&
            plan.instruments[seed.instrument.raw()].instrument.venue == venue) {
            const auto each = static_cast<std::uint64_t>(seed.margin.raw() / seed.weight);
            out.push_back({.wealth = std::uint64_t{std::bit_width(each)},
                           .leverage_e2 = seed.leverage_e2,
                           .seed = k});
        }
    }
    std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
        return std::tie(a.wealth, a.leverage_e2, a.seed) <
               std::tie(b.wealth, b.leverage_e2, b.seed);
    });
    return out;
}

// The positions of one portfolio as they are opened: by instrument, with what they share.
void complete(std::vector<AccountSeed>& positions, std::uint32_t number) {
    std::int64_t persons = 0;
    std::int64_t fewest_lots = INT64_MAX;
    for (const AccountSeed& p : positions) {
        persons += p.weight;
        fewest_lots = std::min(fewest_lots, p.qty.raw());
    }
    const auto parts = static_cast<std::int64_t>(positions.size());
    const std::int64_t mean = (persons + parts / 2) / parts;
    const std::uint8_t may_top_up = positions.front().may_top_up;
    for (AccountSeed& p : positions) {
        p.portfolio = number;
        p.weight = static_cast<std::uint32_t>(std::clamp<std::int64_t>(mean, 1, fewest_lots));
        p.may_top_up = may_top_up;
    }
    std::sort(positions.begin(), positions.end(), [](const AccountSeed& a, const AccountSeed& b) {
        return a.instrument < b.instrument;
    });
}

}  // namespace

void join_portfolios(const Plan& plan, std::vector<AccountSeed>& seeds) {
    const std::int64_t coins_max = plan.population.coins_max;
    CHECK(coins_max >= 1 && coins_max <= static_cast<std::int64_t>(portfolio_positions_max));
    if (coins_max == 1) {
        return;
    }
    std::vector<AccountSeed> joined;
    std::vector<std::uint8_t> taken(seeds.size(), 0);
    std::vector<AccountSeed> positions;
    std::uint32_t number = 0;
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        for (const Side side : {Side::buy, Side::sell}) {
            std::vector<Candidate> all = candidates(plan, seeds, VenueId::of_row(v), side);
            const auto stream = static_cast<std::uint32_t>(2 * v + (side == Side::buy ? 0 : 1));
            Rng rng{plan.seed, entity_name(family_portfolio, stream), Purpose::choice};
            for (std::size_t first = 0; first < all.size(); ++first) {
                if (!all[first].alone) {
                    continue;
                }
                const std::size_t wanted = 1 + rng.below(static_cast<std::uint64_t>(coins_max));
                const std::size_t end = std::min(all.size(), first + reach);
                positions.assign(1, seeds[all[first].seed]);
                for (std::size_t k = first + 1;
                     k < end && positions.size() < wanted && all[k].wealth == all[first].wealth;
                     ++k) {
                    const AccountSeed& other = seeds[all[k].seed];
                    const bool fits =
                        all[k].alone &&
                        std::none_of(positions.begin(), positions.end(), [&](const auto& p) {
                            return p.instrument == other.instrument;
                        });
                    if (fits) {
                        all[k].alone = false;
                        taken[all[k].seed] = 1;
                        positions.push_back(other);
                    }
                }
                if (positions.size() == 1) {
                    continue;
                }
                taken[all[first].seed] = 1;
                complete(positions, ++number);
                joined.insert(joined.end(), positions.begin(), positions.end());
            }
        }
    }
    std::size_t kept = 0;
    for (std::size_t k = 0; k < seeds.size(); ++k) {
        if (taken[k] == 0) {
            seeds[kept++] = seeds[k];
        }
    }
    seeds.resize(kept);
    seeds.insert(seeds.end(), joined.begin(), joined.end());
}

}  // namespace margincall::inline agents
