// What the owners of leveraged accounts decide while the market runs: they open new positions,
// close old ones, and reduce when they are losing (model 5.4, 5.5; docs/population.md). The
// decisions are here, apart from the agent that carries them out, so that they can be tested
// without a world.
//
// Openings come at a constant rate in coins (turnover_per_day of the open interest that can be
// liquidated); closings are a hazard per row, so open interest returns to its level in calm and
// falls in a crash only through what the mechanisms close. Who runs high leverage stays a short
// time: the hazard is proportional to leverage, as the ages of the burn-in are (5.2 step 4), and
// openings are drawn in proportion to leverage, so that the mix of the standing population is kept.
// The hazards of longs and shorts are set once, from the rows of the first tick, so that at zero
// trend as much is opened as closed on each side: in calm the flow is two-sided and its drift is
// zero. Who decides when is found without looking at everybody (owner_roster.hpp).
//
// The owner of a portfolio (a cross account in several coins) decides once for all its positions: he
// closes or halves them together. New positions are rows of one coin.
//
// Nobody sends an order larger than a small share of the depth near the price: large positions are
// opened and closed in slices, one per clock.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "agents/owner_market.hpp"
#include "agents/owner_roster.hpp"
#include "agents/population.hpp"
#include "base/big_vector.hpp"
#include "base/random.hpp"
#include "plan/plan.hpp"

namespace margincall::inline agents {

// Probability that a new position is long (5.5). Returns are measured in their own standard
// deviations.
[[nodiscard]] double long_probability(const PopulationPlan& population,
                                      double return_7d_sigmas,
                                      double return_1h_sigmas);
class LeveragedOwners {
  public:
    explicit LeveragedOwners(const Plan& plan);

    // One tick of all perps; `clock_s` seconds since the previous one.
    void step(OwnerMarket& market, double clock_s);
    [[nodiscard]] std::vector<InstrumentId> instruments() const;

    // Largest order as a share of the depth within 1 % on the side it takes; in thin books up to
    // three times as much, as long as that stays below a quarter of the population's mean row, so
    // that slices do not outnumber the rows that are there.
    static constexpr double slice_of_depth = 0.01;
    static constexpr double slice_of_depth_max = 0.03;
    // Nobody opens while the side they would take holds less than this share of the depth at the
    // start.
    static constexpr double thin_book = 0.15;
    // Pace of a queue of one perp: this many times the ordinary flow of openings, USD a second. A
    // large position takes minutes, and the two directions mix.
    static constexpr double opening_pace = 2.0;
    static constexpr double closing_pace = 4.0;  // those who are losing may be in a hurry

  private:
    // A position on its way in: rows of one slice each until the notional is there.
    struct Opening {
        OwnerKind kind = OwnerKind::isolated;
        Side side = Side::buy;
        double weight = 1.0;
        double notional = 0.0;  // per account, USD
        double leverage = 1.0;
        double left = 0.0;  // of weight * notional, USD
    };
    // A position on its way out.
    struct Closing {
        AccountId account;
        Side side = Side::buy;  // of the position
        double qty = 0.0;       // coins still in the position when the next slice is sent
        double left = 0.0;      // coins still to close
    };
    struct Perp {
        std::size_t instrument = 0;  // row of Plan::instruments
        double notional_max = 0.0;
        double ordinary_coins_per_second = 0.0;  // measure of the pace of its queues
        double coins_per_second[2] = {0, 0};     // opened, by kind (isolated, cross)
        double credit[2][2] = {{0, 0}, {0, 0}};  // coins to open, by kind and side
        std::vector<SizeTable> sizes;            // by kind, from the first step on
        std::deque<Opening> openings;
        std::deque<Closing> closings;
        double calm_depth = 0.0;                       // USD within 1 %, one side, first seen
        double open_credit = 0.0, close_credit = 0.0;  // USD that may be sent now
        double hazard[2] = {0, 0};  // of closing, per second and unit of leverage: long, short
        double by_portfolios[2] = {0, 0};  // coins a second that portfolios close when measured
        bool measured = false;
        std::vector<OwnerRoster> rosters;  // longs, shorts
        Rng opening, closing, deleverage;
    };

    // Accounts in several coins at one venue.
    struct Portfolios {
        std::vector<std::size_t> perps;    // rows of perps_
        std::vector<OwnerRoster> rosters;  // longs, shorts
        double hazard[2] = {0, 0};         // of leaving, per second and unit of leverage
        bool measured = false;
        Rng closing, deleverage;
    };

    void make_size_tables();
    void follow(OwnerMarket& market);
    [[nodiscard]] OwnerRoster* roster_of(const AccountView& account);
    void measure(Perp& perp, OwnerMarket& market);
    void measure(Portfolios& portfolios, OwnerMarket& market);
    [[nodiscard]] double stock(const OwnerRoster& roster,
                               const Perp& perp,
                               OwnerMarket& market) const;
    void decide(Portfolios& portfolios, OwnerMarket& market, double clock_s);
    void arrive(Perp& perp, const OwnerMarket::View& view, double clock_s);
    [[nodiscard]] Opening draw_opening(Perp& perp, std::size_t kind, Side side) const;
    void decide(Perp& perp, OwnerMarket& market, const OwnerMarket::View& view, double clock_s);
    void close(double part);  // every position of those in who_
    void send(Perp& perp, OwnerMarket& market, const OwnerMarket::View& view, double clock_s);
    [[nodiscard]] AccountSeed make_seed(Perp& perp, const Opening& o, double usd, double mid) const;

    const Plan& plan_;
    std::vector<Perp> perps_;
    std::vector<Portfolios> portfolios_;  // by venue
    bool has_size_tables_ = false;
    double small_row_usd_ = 0.0;            // a quarter of the mean row
    std::vector<std::size_t> perp_of_;      // by instrument; none = not traded here
    std::vector<OwnerMarket::View> views_;  // by perp, of this tick
    BigVector<std::uint32_t> place_of_;     // by account, in its roster
    std::vector<AccountView> who_;          // has decided to close just now
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
};

}  // namespace margincall::inline agents
