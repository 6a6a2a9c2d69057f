#include "desk/adl_rules.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace margincall::inline desk {

StressMarket with_adl_rank(StressMarket market, AdlRank rank) {
    for (StressVenue& venue : market.venues) {
        venue.rules.adl.rank = rank;
    }
    return market;
}

AdlFigures adl_figures(const StressOutcome& outcome, const AccountBook& book) {
    struct Hit {
        double usd = 0.0;
        std::set<double> moments;
    };
    AdlFigures out;
    std::map<std::uint32_t, Hit> hits;                                // by account
    std::set<std::tuple<double, std::uint32_t, std::int64_t>> steps;  // time, instrument, insolvent
    for (const AdlRow& row : outcome.adl) {
        const double usd = row.coins * row.price;
        // The closings of one step share what it needed.
        if (steps.emplace(row.time_s, row.instrument.raw(), row.against_unit).second) {
            out.needed += row.needed;
        }
        out.taken += usd;
        out.given_up += static_cast<double>(sign(row.side)) * (row.mark - row.price) * row.coins;
        out.forgone += row.forgone;
        Hit& hit = hits[book.units[row.unit].account];
        hit.usd += usd;
        hit.moments.insert(row.time_s);
    }
    for (const auto& [account, hit] : hits) {
        ++out.accounts;
        out.repeated += hit.moments.size() > 1 ? 1U : 0U;
        out.most_often = std::max<std::uint64_t>(out.most_often, hit.moments.size());
        out.largest = std::max(out.largest, hit.usd);
    }
    return out;
}

}  // namespace margincall::inline desk
