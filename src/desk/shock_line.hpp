// Shocks in a row, each worse than the one before, and how finely a search walks along them: by size, or by speed
// for one size. A place on a line is a whole number from 1, the mildest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "desk/shock.hpp"

namespace margincall::inline desk {

class ShockLine {
  public:
    ShockLine() = default;
    ShockLine(const ShockLine&) = default;
    ShockLine& operator=(const ShockLine&) = default;
    ShockLine(ShockLine&&) = default;
    ShockLine& operator=(ShockLine&&) = default;
    virtual ~ShockLine() = default;

    [[nodiscard]] virtual Shock shock(std::int64_t at) const = 0;
    // The worst that is looked at, and whether nothing can be worse.
    [[nodiscard]] virtual std::int64_t worst() const = 0;
    [[nodiscard]] virtual bool ends_there() const = 0;
    // Places that are tried first, rising.
    [[nodiscard]] virtual std::span<const std::int64_t> grid() const = 0;
    // To which distance a threshold is sought, with coarse and with fine time steps.
    [[nodiscard]] virtual std::int64_t rough_resolution() const = 0;
    [[nodiscard]] virtual std::int64_t fine_resolution() const = 0;

    // Distance of looks where time steps disagree; what is added on either side where all agree.
    [[nodiscard]] virtual std::int64_t apart(std::int64_t at) const = 0;
    [[nodiscard]] virtual std::int64_t sharp_margin(std::int64_t at) const = 0;
    // How far a place is sought from which on all steps reach it, and how far beyond that is looked.
    [[nodiscard]] virtual std::int64_t sought_up_to(std::int64_t at) const = 0;
    [[nodiscard]] virtual std::int64_t beyond(std::int64_t at) const = 0;
};

// Moves of one coin by size: a place is a basis point.
class SizeLine final : public ShockLine {
  public:
    SizeLine(const StressMarket& market,
             AssetId coin,
             double direction,  // -1 = falling
             Duration over,
             UnnamedCoins others,
             std::int64_t bps_max)
        : market_(market),
          coin_(coin),
          direction_(direction),
          over_(over),
          others_(others),
          bps_max_(bps_max) {}

    [[nodiscard]] Shock shock(std::int64_t at) const override;
    [[nodiscard]] std::int64_t worst() const override { return bps_max_; }
    [[nodiscard]] bool ends_there() const override { return false; }
    [[nodiscard]] std::span<const std::int64_t> grid() const override;
    [[nodiscard]] std::int64_t rough_resolution() const override { return 10; }
    [[nodiscard]] std::int64_t fine_resolution() const override { return 1; }
    [[nodiscard]] std::int64_t apart(std::int64_t at) const override { return at / 200; }
    [[nodiscard]] std::int64_t sharp_margin(std::int64_t at) const override { return at / 500; }
    [[nodiscard]] std::int64_t sought_up_to(std::int64_t at) const override { return 2 * at; }
    [[nodiscard]] std::int64_t beyond(std::int64_t at) const override { return at + at / 2; }

  private:
    const StressMarket& market_;
    AssetId coin_;
    double direction_;
    Duration over_;
    UnnamedCoins others_;
    std::int64_t bps_max_;
};

// One shock by speed: from 30 hours down to a second, each place a hundredth faster than the one before or, where
// that is less, a second; then at once. What happens in more than a day is told as "in a day": the places before it
// only leave room for the margin of a band. Coins of different times keep their proportions.
class SpeedLine final : public ShockLine {
  public:
    explicit SpeedLine(Shock shock);

    // As it is told.
    [[nodiscard]] Duration over(std::int64_t at) const {
        return std::min(times_[static_cast<std::size_t>(at - 1)], longest());
    }
    [[nodiscard]] static constexpr Duration longest() { return hours(24); }

    [[nodiscard]] Shock shock(std::int64_t at) const override;
    [[nodiscard]] std::int64_t worst() const override {
        return static_cast<std::int64_t>(times_.size());
    }
    [[nodiscard]] bool ends_there() const override { return true; }
    [[nodiscard]] std::span<const std::int64_t> grid() const override { return grid_; }
    [[nodiscard]] std::int64_t rough_resolution() const override { return 5; }
    [[nodiscard]] std::int64_t fine_resolution() const override { return 2; }
    [[nodiscard]] std::int64_t apart(std::int64_t) const override { return 5; }
    [[nodiscard]] std::int64_t sharp_margin(std::int64_t) const override { return 5; }
    [[nodiscard]] std::int64_t sought_up_to(std::int64_t at) const override { return at + 100; }
    [[nodiscard]] std::int64_t beyond(std::int64_t) const override { return worst(); }

  private:
    Shock shock_;
    std::vector<Duration> times_;
    std::vector<std::int64_t> grid_;
};

}  // namespace margincall::inline desk
