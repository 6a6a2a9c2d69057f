#include "defi/health_watch.hpp"

#include <algorithm>

namespace margincall::inline defi {

namespace {

constexpr std::uint64_t health_unit = 1'000'000'000;  // health factors here have nine decimals
constexpr std::uint64_t health_most = 1'000'000 * health_unit;

// Heap orders: the bound that a fall (a rise) crosses first is on top. Equal prices have no order
// among them; what comes out is sorted by account.
constexpr auto highest_first = [](const auto& a, const auto& b) { return a.price < b.price; };
constexpr auto lowest_first = [](const auto& a, const auto& b) { return a.price > b.price; };

}  // namespace

HealthWatch::HealthWatch(std::uint32_t assets, std::uint32_t accounts)
    : assets_(assets), prices_(assets, 0), generation_(accounts, 0) {}

void HealthWatch::set_price(std::uint32_t asset, std::uint64_t price) {
    prices_[asset] = price;
}

std::size_t HealthWatch::entries() const {
    std::size_t sum = 0;
    for (const Asset& a : assets_) {
        sum += a.below.size() + a.above.size();
    }
    return sum;
}

void HealthWatch::push(std::vector<Bound>& heap, const Bound& bound, Side side) {
    heap.push_back(bound);
    if (side == Side::collateral) {
        std::push_heap(heap.begin(), heap.end(), highest_first);
    } else {
        std::push_heap(heap.begin(), heap.end(), lowest_first);
    }
}

void HealthWatch::file(std::uint32_t account,
                       const U256& health_wad,
                       std::span<const Exposure> exposures,
                       std::uint32_t slack_ppm) {
    const std::uint32_t generation = ++generation_[account];
    const U256 nine_decimals = health_wad / 1'000'000'000;
    std::uint64_t h = nine_decimals.fits_bits(64) ? nine_decimals.to_u64() : health_most;
    h = std::min(h, health_most);
    const std::uint64_t slack = std::max<std::uint32_t>(slack_ppm, 1);
    h = static_cast<std::uint64_t>(
        u128{h} * (1'000'000 - std::min<std::uint64_t>(slack, 1'000'000)) / 1'000'000);
    for (const Exposure& e : exposures) {
        const std::uint64_t p = prices_[e.asset];
        const u128 sum = u128{h} + health_unit;
        if (e.side == Side::collateral) {
            // Healthy at or above the bound; rounded up, and every fall is one for the unhealthy.
            const std::uint64_t bound =
                h <= health_unit
                    ? UINT64_MAX
                    : static_cast<std::uint64_t>((u128{p} * 2 * health_unit + sum - 1) / sum);
            push(assets_[e.asset].below, {bound, account, generation}, e.side);
        } else {
            const std::uint64_t bound =
                h <= health_unit ? 0 : static_cast<std::uint64_t>(u128{p} * 2 * h / sum);
            push(assets_[e.asset].above, {bound, account, generation}, e.side);
        }
    }
}

void HealthWatch::compact(std::vector<Bound>& heap, Side side) {
    std::erase_if(heap, [this](const Bound& b) { return b.generation != generation_[b.account]; });
    if (side == Side::collateral) {
        std::make_heap(heap.begin(), heap.end(), highest_first);
    } else {
        std::make_heap(heap.begin(), heap.end(), lowest_first);
    }
}

void HealthWatch::move_price(std::uint32_t asset,
                             std::uint64_t price,
                             std::vector<std::uint32_t>& touched) {
    prices_[asset] = price;
    Asset& a = assets_[asset];
    const auto first = static_cast<std::ptrdiff_t>(touched.size());
    const auto take = [this, &touched](std::vector<Bound>& heap, auto&& crossed, auto&& order) {
        while (!heap.empty() && crossed(heap.front())) {
            const Bound bound = heap.front();
            std::pop_heap(heap.begin(), heap.end(), order);
            heap.pop_back();
            if (bound.generation == generation_[bound.account]) {
                ++generation_[bound.account];  // unfiled; bounds under other assets become stale
                touched.push_back(bound.account);
            }
        }
    };
    take(
        a.below, [price](const Bound& b) { return price < b.price; }, highest_first);
    take(
        a.above, [price](const Bound& b) { return price > b.price; }, lowest_first);
    std::sort(touched.begin() + first, touched.end());
    // Stale bounds beyond the number of accounts are thrown out, so that memory stays bounded.
    if (a.below.size() > 2 * generation_.size()) {
        compact(a.below, Side::collateral);
    }
    if (a.above.size() > 2 * generation_.size()) {
        compact(a.above, Side::debt);
    }
}

}  // namespace margincall::inline defi
