// Who of the owners of one perp and side acts when, at a cost that follows those who act and not
// the number of rows (docs/population.md, "Who decides when").
//
// Closing: a constant hazard per row in proportion to its leverage. Rows are listed by octave of
// leverage; one clock runs at the sum of the octaves' upper ends, and whom it picks inside an
// octave closes with the part of that bound that is his.
//
// De-leveraging: a hazard that grows with the share x of the margin that is lost, and is zero below
// a threshold. Rows beyond the threshold are listed by band of x, each with the hazard of its upper
// end as the bound. A row waits in an index for the price at which it would outgrow its band, so
// the bounds always hold; that it lost less meanwhile is noticed when it is next picked.
//
// Both are thinned Poisson processes: in distribution they are what asking every owner at every
// moment would give.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "agents/hazard_clock.hpp"
#include "agents/owner_market.hpp"
#include "base/big_vector.hpp"
#include "clearing/trigger_index.hpp"

namespace margincall::inline agents {

// Leverage above this makes nobody's stay shorter.
inline constexpr double leverage_of_shortest_stay = 50.0;
// How long an owner stays is inverse to this.
[[nodiscard]] double stay_factor(double leverage);

// Part of the margin that is lost at `mark`; 0 in profit, and where there is no margin.
[[nodiscard]] double loss_share(const AccountView& row, double mark, double lot_base);
// Hazard per hour that an owner who has lost this share of his margin halves the position (5.4).
[[nodiscard]] double deleverage_hazard(const PopulationPlan& population, double loss_share);

class OwnerRoster {
  public:
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;

    OwnerRoster(const PopulationPlan& population, const Instrument& instrument, Side side)
        : population_(population), instrument_(instrument), side_(side), index_(side) {}

    // A row is new, has changed or is gone (no position). `place` is where the roster keeps it: the
    // caller remembers it, `nowhere` at first. Hedgers decide nothing and are not kept.
    void note(std::uint32_t& place, const AccountView& row, double funding_paid);
    // The mark has moved, or rows have changed: to be called before time passes.
    void move(const OwnerMarket::View& view, OwnerMarket& market);
    // Lets time pass and appends who decides to close. `hazard`: per second and unit of leverage.
    void leave(double hazard,
               double seconds,
               Rng& rng,
               OwnerMarket& market,
               std::vector<AccountView>& who);
    // The same for who decides to halve the position.
    void reduce(const OwnerMarket::View& view,
                double seconds,
                Rng& rng,
                OwnerMarket& market,
                std::vector<AccountView>& who);

    [[nodiscard]] std::size_t rows() const { return slots_.size() - free_.size(); }
    // Rows looked at so far by `leave` and `reduce`, and by `move`.
    [[nodiscard]] std::uint64_t picks() const { return picks_; }
    [[nodiscard]] std::uint64_t moves() const { return moves_; }
    // f(AccountId) for every row.
    template <class F>
    void for_each(F&& f) const {
        for (const auto& octave : octaves_) {
            for (const std::uint32_t place : octave) {
                f(slots_[place].account);
            }
        }
    }
    // CHECKs the lists, and that nobody loses more than his band says.
    friend void check_roster(const OwnerRoster& roster,
                             const OwnerMarket::View& view,
                             OwnerMarket& market);

  private:
    // Upper ends of the octaves of leverage, and of the bands of x above the threshold. A band's
    // end is twice the one before, so that its bound is four times as high.
    static constexpr std::array<std::uint64_t, 6> octave_ends = {2, 4, 8, 16, 32, 50};
    static constexpr std::array<double, 5> band_ends = {0.1, 0.2, 0.4, 0.8, 1.6};
    static constexpr std::array<std::uint64_t, 5> band_bounds = {1, 4, 16, 64, 256};
    static constexpr std::uint8_t calm = 0xFF;  // below the threshold: in no band
    static constexpr std::uint8_t last_band = band_ends.size() - 1;
    friend double deleverage_hazard(const PopulationPlan& population, double loss_share);

    struct Slot {
        AccountId account;
        std::uint32_t in_octave = 0;  // place in the list of its octave
        std::uint32_t in_band = 0;    // place in the list of its band
        std::uint8_t octave = 0;
        std::uint8_t band = calm;
    };
    using Places = BigVector<std::uint32_t>;

    [[nodiscard]] static std::uint8_t octave_of(double leverage);
    [[nodiscard]] std::uint8_t band_of(const AccountView& row, double mark) const;
    [[nodiscard]] static std::uint8_t next_band(std::uint8_t band) {
        return band == calm ? std::uint8_t{0} : static_cast<std::uint8_t>(band + 1);
    }
    // Loss share at which a row outgrows its band.
    [[nodiscard]] double end_of(std::uint8_t band) const {
        return population_.deleverage_from + (band == calm ? 0.0 : band_ends[band]);
    }
    void set_band(std::uint32_t place, std::uint8_t band);
    // Sets the price at which the row outgrows its band.
    void wait(std::uint32_t place, const AccountView& row, double funding_paid);
    void remove(std::uint32_t place);

    const PopulationPlan& population_;
    const Instrument& instrument_;
    Side side_;
    TriggerIndex index_;  // by place, in prices less the funding paid (owner_roster.cpp)
    BigVector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::array<Places, octave_ends.size()> octaves_;
    std::array<Places, band_ends.size()> bands_;
    HazardClock leaving_, reducing_;
    std::vector<std::uint32_t> due_;  // scratch of `move`
    std::uint64_t picks_ = 0, moves_ = 0;
    // All are filed anew when the funding paid since then exceeds this part of the price.
    static constexpr double funding_most = 0.02;
    double funding_base_ = 0.0;
};

}  // namespace margincall::inline agents
