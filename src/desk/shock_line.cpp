#include "desk/shock_line.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace margincall::inline desk {
namespace {

constexpr std::array<std::int64_t, 16> size_grid = {
    100, 200, 300, 400, 500, 700, 1000, 1300, 1600, 2000, 2500, 3000, 3700, 4500, 5200, 6000};
constexpr std::array speed_grid = {hours(30), hours(6), hours(1), minutes(10), minutes(1)};

}  // namespace

Shock SizeLine::shock(std::int64_t at) const {
    return make_shock(market_, coin_, direction_ * static_cast<double>(at) * 1e-4, over_, others_);
}

std::span<const std::int64_t> SizeLine::grid() const {
    const auto end = std::ranges::upper_bound(size_grid, bps_max_);
    return {size_grid.begin(), end};
}

SpeedLine::SpeedLine(Shock shock) : shock_(std::move(shock)) {
    for (std::int64_t s = 108'000; s > 0; s -= std::max(std::int64_t{1}, s / 100)) {
        times_.push_back(seconds(s));
    }
    times_.push_back(Duration{});
    for (const Duration over : speed_grid) {
        const auto place = std::ranges::lower_bound(times_, over, std::ranges::greater{});
        grid_.push_back(place - times_.begin() + 1);
    }
    grid_.push_back(worst());
}

Shock SpeedLine::shock(std::int64_t at) const {
    return in_time(shock_, times_[static_cast<std::size_t>(at - 1)]);
}

}  // namespace margincall::inline desk
