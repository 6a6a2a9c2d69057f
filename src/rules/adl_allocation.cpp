#include "rules/adl_allocation.hpp"

#include <algorithm>
#include <cmath>
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

// By what a proportional rule shares: the size, or what stands in it or behind it, in 1e-6 USD a USD of
// the position; 0 for whoever has none. The figures may be those of one of several like accounts.
i128 weight_of(AdlRank rank, const AdlCandidate& c) {
    if (rank != AdlRank::profit_pro_rata && rank != AdlRank::equity_pro_rata) {
        return c.size.raw();
    }
    const double equity = c.account.wallet + c.account.unrealised;
    const double usd = rank == AdlRank::profit_pro_rata ? c.account.unrealised : equity;
    if (!(usd > 0.0) || !(equity > 0.0) || !(c.account.notional > 0.0)) {
        return 0;
    }
    constexpr double most = 1e16;
    const double weight = static_cast<double>(c.size.raw()) * (usd / c.account.notional) * 1e6;
    return std::llround(std::min(weight, most));
}

// Proportional closing, settled from those on who cannot give their share: they give all they have.
class Proportional {
  public:
    Proportional(AdlRank rank, std::span<const AdlCandidate> candidates, Lots wanted)
        : rank_(rank),
          candidates_(candidates),
          left_(wanted.raw()),
          taken_(candidates.size(), 0),
          open_(candidates.size()) {
        std::iota(open_.begin(), open_.end(), std::size_t{0});
        for (const AdlCandidate& c : candidates) {
            weight_.push_back(weight_of(rank, c));
        }
    }
    std::vector<std::int64_t> take() && {
        while (left_ > 0) {
            i128 total = total_weight();
            if (total == 0) {  // only whoever has no profit or equity is left
                for (const std::size_t k : open_) {
                    weight_[k] = size(k);
                }
                total = total_weight();
            }
            CHECK(total > 0);
            if (!close_the_short(total)) {
                share_out(total);
            }
        }
        return std::move(taken_);
    }

  private:
    [[nodiscard]] std::int64_t size(std::size_t k) const { return candidates_[k].size.raw(); }
    [[nodiscard]] i128 total_weight() const {
        i128 sum = 0;
        for (const std::size_t k : open_) {
            sum += weight_[k];
        }
        return sum;
    }
    // Everybody whose share exceeds his size; false when there is nobody.
    bool close_the_short(i128 total) {
        const std::int64_t wanted = left_;
        std::vector<std::size_t> others;
        for (const std::size_t k : open_) {
            if (weight_[k] * wanted > total * size(k)) {
                taken_[k] = size(k);
                left_ -= size(k);
            } else {
                others.push_back(k);
            }
        }
        const bool some = others.size() < open_.size();
        open_ = std::move(others);
        return some;
    }
    // Shares rounded down; the rest, less than a lot each, goes to the first in order with room.
    void share_out(i128 total) {
        const std::int64_t wanted = left_;
        std::vector<i128> remainder(candidates_.size(), 0);  // of weight * wanted mod total
        for (const std::size_t k : open_) {
            const i128 product = weight_[k] * wanted;
            taken_[k] = narrow_i64(div_round(product, total, Round::down));
            remainder[k] = product - i128{taken_[k]} * total;
            left_ -= taken_[k];
        }
        std::sort(open_.begin(), open_.end(), [&](std::size_t a, std::size_t b) {
            if (rank_ != AdlRank::pro_rata && remainder[a] != remainder[b]) {
                return remainder[a] > remainder[b];
            }
            return candidates_[a].account.row < candidates_[b].account.row;
        });
        for (const std::size_t k : open_) {
            if (left_ > 0 && taken_[k] < size(k)) {
                ++taken_[k];
                --left_;
            }
        }
        CHECK_EQ(left_, 0);
    }

    AdlRank rank_;
    std::span<const AdlCandidate> candidates_;
    std::int64_t left_;
    std::vector<std::int64_t> taken_;
    std::vector<std::size_t> open_;  // not yet settled
    std::vector<i128> weight_;
};

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
        taken = Proportional(rank, candidates, wanted).take();
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
