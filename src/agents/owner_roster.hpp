// Who of the owners of leveraged accounts acts when, at a cost that follows those who act and not the
// number of accounts (docs/population.md, "Who decides when"). One roster has the rows of one perp and
// side, or the portfolios of one venue and side.
//
// Closing: a constant hazard per account in proportion to its leverage. Accounts are listed by octave
// of leverage; one clock runs at the sum of the octaves' upper ends, and whom it picks inside an
// octave closes with the part of that bound that is his.
//
// De-leveraging: a hazard that grows with the share x of the margin that is lost, over all positions,
// and is zero below a threshold. Accounts beyond the threshold are listed by band of x, each with the
// hazard of its upper end as the bound. Every position waits in an index for a price, chosen so that
// the account cannot outgrow its band while none of its prices is reached, so the bounds always hold;
// that it lost less meanwhile is noticed when it is next picked.
//
// Both are thinned Poisson processes: in distribution they are what asking every owner at every
// moment would give.
#pragma once

#include <array>
#include <cstdint>
#include <span>
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

// Hazard per hour that an owner who has lost this share of his margin halves his positions (5.4).
[[nodiscard]] double deleverage_hazard(const PopulationPlan& population, double loss_share);

class OwnerRoster {
  public:
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;
    // Of all perps, one tick's.
    using Views = std::span<const OwnerMarket::View>;
    // A perp in which its accounts may have positions, and its place among the views.
    struct Perp {
        const Instrument* instrument = nullptr;
        std::size_t view = 0;
    };

    OwnerRoster(const PopulationPlan& population, std::span<const Perp> perps, Side side);

    // An account is new, has changed or is gone (no position). `place` is where the roster keeps it:
    // the caller remembers it, `nowhere` at first. Who decides nothing is not kept.
    void note(std::uint32_t& place, const AccountView& account, Views views);
    // Marks have moved, or accounts have changed: to be called before time passes.
    void move(Views views, OwnerMarket& market);
    // Lets time pass and appends who decides to close. `hazard`: per second and unit of leverage.
    void leave(double hazard,
               double seconds,
               Rng& rng,
               OwnerMarket& market,
               std::vector<AccountView>& who);
    // The same for who decides to halve his positions.
    void reduce(
        Views views, double seconds, Rng& rng, OwnerMarket& market, std::vector<AccountView>& who);

    // Part of the margin that is lost at the marks; 0 in profit, and where there is no margin.
    [[nodiscard]] double loss_share(const AccountView& account, Views views) const;
    [[nodiscard]] std::size_t accounts() const { return slots_.size() - free_.size(); }
    // Accounts looked at so far by `leave` and `reduce`, and by `move`.
    [[nodiscard]] std::uint64_t picks() const { return picks_; }
    [[nodiscard]] std::uint64_t moves() const { return moves_; }
    // f(AccountId) for every account.
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
                             OwnerRoster::Views views,
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
    // Of its price: a portfolio that is so near to its waiting prices is filed a band higher, so that
    // one that creeps up to the end of its band is not looked at all the time.
    static constexpr double near = 0.001;

    struct Slot {
        AccountId account;
        std::uint32_t in_octave = 0;  // place in the list of its octave
        std::uint32_t in_band = 0;    // place in the list of its band
        std::uint8_t octave = 0;
        std::uint8_t band = calm;
    };
    using Places = BigVector<std::uint32_t>;
    // Accounts wait by place, in prices less the funding paid (owner_roster.cpp).
    struct Waiting {
        Perp perp;
        TriggerIndex index;
        double funding_base = 0.0;
    };

    [[nodiscard]] static std::uint8_t octave_of(double leverage);
    [[nodiscard]] std::uint8_t band_of(const AccountView& account, Views views) const;
    [[nodiscard]] static std::uint8_t next_band(std::uint8_t band) {
        return band == calm ? std::uint8_t{0} : static_cast<std::uint8_t>(band + 1);
    }
    [[nodiscard]] static std::uint8_t higher_band(std::uint8_t a, std::uint8_t b) {
        return a == calm ? b : b == calm ? a : std::max(a, b);
    }
    // Loss share at which an account outgrows its band.
    [[nodiscard]] double end_of(std::uint8_t band) const {
        return population_.deleverage_from + (band == calm ? 0.0 : band_ends[band]);
    }
    [[nodiscard]] const Waiting& waiting_in(InstrumentId id) const;
    [[nodiscard]] double loss_usd(const AccountView& account,
                                  const PositionView& position,
                                  Views views) const;
    [[nodiscard]] double loss_usd(const AccountView& account, Views views) const;
    [[nodiscard]] double worth_usd(const PositionView& position, Views views) const;
    [[nodiscard]] double worth_usd(const AccountView& account, Views views) const;
    void set_band(std::uint32_t place, std::uint8_t band);
    // Sets the prices at which the account could outgrow its band.
    void wait(std::uint32_t place, const AccountView& account, Views views);
    [[nodiscard]] double funding_since(const Waiting& w, Views views) const {
        return views[w.perp.view].funding_paid - w.funding_base;
    }
    // Could several positions wait in this band without being met at once?
    [[nodiscard]] bool has_room(const AccountView& account, std::uint8_t band, Views views) const;
    // The mark that the index of a perp is asked for.
    [[nodiscard]] Ticks asked_mark(const Waiting& w, Views views) const;
    void remove(std::uint32_t place);

    const PopulationPlan& population_;
    Side side_;
    std::vector<Waiting> waiting_;  // by perp
    BigVector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::array<Places, octave_ends.size()> octaves_;
    std::array<Places, band_ends.size()> bands_;
    HazardClock leaving_, reducing_;
    std::vector<std::uint32_t> due_;  // scratch of `move`
    std::uint64_t picks_ = 0, moves_ = 0;
    // All are filed anew when the funding paid since then exceeds this part of a price.
    static constexpr double funding_most = 0.02;
};

}  // namespace margincall::inline agents
