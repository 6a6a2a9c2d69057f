#include "rules/adl_allocation.hpp"

#include <algorithm>
#include <numeric>

namespace margincall::inline rules {
namespace {

Lots total_size(std::span<const AdlCandidate> candidates) {
    Lots sum;
    for (const AdlCandidate& c : candidates) {
        sum += c.size;
    }
    return sum;
}

// A candidate's place in the queue.
struct Place {
    AdlEntry entry;
    std::size_t candidate;
};
std::vector<Place> queue_of(AdlRank rank, std::span<const AdlCandidate> candidates) {
    std::vector<Place> queue;
    for (std::size_t k = 0; k < candidates.size(); ++k) {
        queue.push_back({.entry = adl_entry(rank, candidates[k].account), .candidate = k});
    }
    std::sort(queue.begin(), queue.end(), [](const Place& a, const Place& b) {
        return ranks_before(a.entry, b.entry);
    });
    return queue;
}

// Share of every candidate, rounded down, in lots; `rest` = what the rounding left.
struct Shares {
    std::vector<std::int64_t> lots;
    std::vector<i128> remainder;  // of size * needed mod total
    std::int64_t rest = 0;
};
Shares shares_of(std::span<const AdlCandidate> candidates, Lots needed, Lots total) {
    Shares out;
    std::int64_t given = 0;
    for (const AdlCandidate& c : candidates) {
        const i128 product = i128{c.size.raw()} * needed.raw();
        const std::int64_t share = narrow_i64(div_round(product, total.raw(), Round::down));
        out.lots.push_back(share);
        out.remainder.push_back(product - i128{share} * total.raw());
        given += share;
    }
    out.rest = needed.raw() - given;
    return out;
}

// Proportional closing. The rest, less than a lot each, goes to the first of `order` with room.
std::vector<std::int64_t> proportional(std::span<const AdlCandidate> candidates,
                                       Lots needed,
                                       Lots total,
                                       AdlRank rank) {
    Shares shares = shares_of(candidates, needed, total);
    std::vector<std::size_t> order(candidates.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (rank == AdlRank::integer_pro_rata && shares.remainder[a] != shares.remainder[b]) {
            return shares.remainder[a] > shares.remainder[b];
        }
        return candidates[a].account.row < candidates[b].account.row;
    });
    for (const std::size_t k : order) {
        if (shares.rest > 0 && shares.lots[k] < candidates[k].size.raw()) {
            ++shares.lots[k];
            --shares.rest;
        }
    }
    CHECK_EQ(shares.rest, 0);
    return shares.lots;
}

// Takes up to `wanted` from the top of the queue on, of each at most its size less what is hedged;
// `hedged_most` = hedged lots that may be taken of each. Returns what it took.
Lots take_in_order(std::span<const Place> queue,
                   std::span<const AdlCandidate> candidates,
                   Lots hedged_most,
                   Lots wanted,
                   std::vector<std::int64_t>& taken) {
    std::int64_t left = wanted.raw();
    for (const Place& place : queue) {
        const AdlCandidate& c = candidates[place.candidate];
        const Lots hedged = std::min(c.hedged, c.size);
        const Lots open = c.size - hedged + std::min(hedged, hedged_most);
        std::int64_t& given = taken[place.candidate];
        const std::int64_t lots = std::clamp<std::int64_t>(open.raw() - given, 0, left);
        given += lots;
        left -= lots;
    }
    return wanted - Lots::from_raw(left);
}

AdlAllocation allocation_of(std::span<const Place> queue, std::span<const std::int64_t> taken) {
    AdlAllocation out;
    for (const Place& place : queue) {
        out.ranked.push_back(place.entry);
        if (const Lots lots = Lots::from_raw(taken[place.candidate]); lots.raw() > 0) {
            out.from.push_back({.row = place.entry.row, .lots = lots});
            out.taken += lots;
        }
    }
    return out;
}

}  // namespace

AdlAllocation allocate_adl(AdlRank rank, std::span<const AdlCandidate> candidates, Lots needed) {
    const Lots total = total_size(candidates);
    const Lots wanted = std::min(needed, total);
    const std::vector<Place> queue = queue_of(rank, candidates);
    std::vector<std::int64_t> taken(candidates.size(), 0);
    if (is_proportional(rank)) {
        if (wanted.raw() > 0) {
            taken = proportional(candidates, wanted, total, rank);
        }
    } else {
        const Lots spared_first = rank == AdlRank::hedge_exempt ? Lots{} : total;
        Lots left = wanted - take_in_order(queue, candidates, spared_first, wanted, taken);
        left -= take_in_order(queue, candidates, total, left, taken);
        CHECK_EQ(left.raw(), 0);
    }
    return allocation_of(queue, taken);
}

std::vector<std::uint32_t> adl_lights(const AdlAllocation& allocation,
                                      std::span<const AdlCandidate> candidates) {
    const i128 total = total_size(candidates).raw();
    std::vector<std::uint32_t> out;
    i128 upto = 0;
    for (const AdlEntry& entry : allocation.ranked) {
        const auto at = std::find_if(candidates.begin(), candidates.end(), [&](const auto& c) {
            return c.account.row == entry.row;
        });
        CHECK(at != candidates.end());
        upto += at->size.raw();
        const i128 fifth = div_round(upto * 5, std::max<i128>(1, total), Round::up);
        out.push_back(static_cast<std::uint32_t>(std::clamp<i128>(fifth, 1, 5)));
    }
    return out;
}

}  // namespace margincall::inline rules
