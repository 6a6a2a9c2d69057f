#include "agents/thinned.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "base/integer.hpp"

namespace margincall::inline agents {
namespace {

// Rows of one instrument that give or take lots, and how many each can give.
struct Part {
    std::vector<std::size_t> rows;
    std::vector<std::int64_t> room;
    std::int64_t lots = 0;
    std::int64_t rooms = 0;

    void add(std::size_t row, std::int64_t held, std::int64_t can_give) {
        rows.push_back(row);
        room.push_back(can_give);
        lots += held;
        rooms += can_give;
    }
    // What is wanted of it: rounded down, and no more than it can give.
    [[nodiscard]] std::int64_t wanted(std::int64_t ppm) const {
        return std::min(mul_div(lots, ppm, 1'000'000, Round::down), rooms);
    }
};
struct Parts {
    Part longs, shorts, hedgers;
};

std::int64_t ppm_of(double share) {
    return std::llround(share * 1e6);
}

// `lots` more (less when negative) in a row, with its margin in proportion. Persons come and go, but those of a
// portfolio, who are the same in all its positions.
void change(AccountSeed& row, std::int64_t lots) {
    const std::int64_t before = row.qty.raw();
    const std::int64_t after = before + lots;
    CHECK(after > 0);
    row.margin = Money::from_raw(mul_div(row.margin.raw(), after, before, Round::up));
    if (row.portfolio == 0) {
        row.weight = static_cast<std::uint32_t>(
            std::max<std::int64_t>(1, mul_div(row.weight, after, before, Round::down)));
    }
    CHECK(after >= std::int64_t{row.weight});
    row.qty = Lots::from_raw(after);
}

// Spreads `lots` over rows in proportion to `by`: each gets what its place in the running sum gives, rounded down, so
// that no row gets more than its share rounded up and nothing is left over.
template <class Amount>
void spread_lots(std::vector<AccountSeed>& rows,
                 const Part& part,
                 std::int64_t lots,
                 std::int64_t sum,
                 std::int64_t direction,
                 const Amount& by) {
    if (lots == 0) {
        return;
    }
    CHECK(sum > 0);
    std::int64_t place = 0;
    std::int64_t given = 0;
    for (std::size_t k = 0; k < part.rows.size(); ++k) {
        place += by(k);
        const std::int64_t up_to = mul_div(lots, place, sum, Round::down);
        if (up_to > given) {
            change(rows[part.rows[k]], direction * (up_to - given));
        }
        given = up_to;
    }
    CHECK_EQ(given, lots);
}

void take(std::vector<AccountSeed>& rows, const Part& part, std::int64_t lots) {
    spread_lots(rows, part, lots, part.rooms, -1, [&](std::size_t k) { return part.room[k]; });
}
void give(std::vector<AccountSeed>& rows, const Part& part, std::int64_t lots) {
    spread_lots(rows, part, lots, part.lots, 1, [&](std::size_t k) {
        return rows[part.rows[k]].qty.raw();
    });
}

double thinned_usd_of(const Plan& plan, InstrumentId i, std::int64_t lots) {
    const Instrument& inst = plan.instruments[i.raw()].instrument;
    return static_cast<double>(lots) * inst.lot_base * plan.assets[inst.base.raw()].price;
}

}  // namespace

bool in_thinned_group(const Plan& plan, std::span<const AccountSeed> account) {
    CHECK(!account.empty());
    const AccountSeed& first = account.front();
    const OwnerGroupPlan& group = plan.population.thinned;
    const VenueId venue = plan.instruments[first.instrument.raw()].instrument.venue;
    if (plan.venues[venue.raw()].thinned_share <= 0.0 || first.hedger != 0 ||
        first.basis_fund != 0) {
        return false;
    }
    const bool kind = group.kind == GroupKind::all ||
                      (group.kind == GroupKind::isolated) == (first.mode == MarginMode::isolated);
    const bool side = group.side == GroupSide::both ||
                      (group.side == GroupSide::longs) == (first.side == Side::buy);
    double worth = 0.0;
    double margin = 0.0;
    for (const AccountSeed& position : account) {
        const Instrument& inst = plan.instruments[position.instrument.raw()].instrument;
        worth += to_usd(notional(inst, position.entry, position.qty));
        margin += to_usd(position.margin);
    }
    const double leverage = worth / margin;
    const double size = worth / first.weight;
    return kind && side && leverage >= group.leverage_from && leverage < group.leverage_to &&
           size >= group.size_from && size < group.size_to;
}

Thinned thin_owners(const Plan& plan, std::vector<AccountSeed>& rows) {
    Thinned out;
    if (std::ranges::none_of(plan.venues,
                             [](const VenuePlan& venue) { return venue.thinned_share > 0.0; })) {
        return out;
    }
    std::vector<Parts> parts(plan.instruments.size());
    for (std::size_t k = 0; k < rows.size();) {
        std::size_t end = k + 1;
        while (end < rows.size() && rows[k].portfolio != 0 &&
               rows[end].portfolio == rows[k].portfolio) {
            ++end;
        }
        const bool chosen = in_thinned_group(plan, std::span(rows).subspan(k, end - k));
        for (; k < end; ++k) {
            const AccountSeed& row = rows[k];
            Parts& of = parts[row.instrument.raw()];
            const std::int64_t lots = row.qty.raw();
            if (chosen) {
                const std::int64_t stay = row.portfolio != 0 ? std::int64_t{row.weight} : 1;
                (row.side == Side::buy ? of.longs : of.shorts).add(k, lots, lots - stay);
                out.group_usd += thinned_usd_of(plan, row.instrument, lots);
            } else if (row.hedger != 0 && row.basis_fund == 0 && row.side == Side::sell) {
                of.hedgers.add(k, lots, lots - 1);
            }
        }
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Parts& of = parts[i];
        const VenuePlan& venue = plan.venues[plan.instruments[i].instrument.venue.raw()];
        const std::int64_t ppm = ppm_of(venue.thinned_share);
        std::int64_t longs = of.longs.wanted(ppm);
        std::int64_t shorts = of.shorts.wanted(ppm);
        longs = std::min(longs, shorts + of.hedgers.rooms);
        if (of.hedgers.rows.empty()) {
            shorts = std::min(shorts, longs);
        }
        take(rows, of.longs, longs);
        take(rows, of.shorts, shorts);
        if (longs > shorts) {
            take(rows, of.hedgers, longs - shorts);
        } else {
            give(rows, of.hedgers, shorts - longs);
        }
        out.taken_usd += thinned_usd_of(plan, plan.instruments[i].instrument.id, longs + shorts);
    }
    return out;
}

}  // namespace margincall::inline agents
