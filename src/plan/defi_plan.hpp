// What a scenario says about DeFi (docs/defi-in-the-loop.md): one lending market that stands for
// the large lenders together, one isolated market with a share token as collateral, the two pools
// of the Balancer incident, and a synthetic dollar. Money in USD, shares as fractions.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace margincall::inline plan {

// What the lending market takes for the price of the synthetic dollar and of the share token:
// what its contracts say they are worth (a peg to a capped dollar, a share price that only its
// manager moves), or what the venues trade at.
enum class LendingOracle : std::uint8_t { capped, market };
// What a venue takes for the value of the synthetic dollar as margin collateral (model 9.2).
enum class CollateralValue : std::uint8_t { own_book, redemption_anchored, venue_median };
// Rounding of the amount that a composable stable pool gives out: the flaw of 3 November 2025 or
// its correction.
enum class PoolRounding : std::uint8_t { flawed, corrected };

struct LendingPlan {
    double borrowed = 0.0;      // USD, all borrowings at the start; 0 = no lending market
    std::int64_t rows = 2'000;  // borrowing accounts drawn
    // Leverage mix by borrowings; the shares are scaled to sum to one.
    double eth_loops = 0.38;     // staked ether against ether, correlated mode
    double dollar_loops = 0.20;  // synthetic dollar against dollars, correlated mode
    double eth_backed = 0.27;    // ether against dollars
    double btc_backed = 0.15;    // bitcoin against dollars
    // Loan-to-value over the liquidation limit: falling density between these bounds.
    double limit_from = 0.50, limit_to = 0.85;
    double loop_limit_from = 0.88, loop_limit_to = 0.97;
    double size_sigma = 1.8;        // of log borrowings
    double usd_utilisation = 0.78;  // at the start
    double deviation = 0.005;       // an oracle publishes at this move ...
    Duration heartbeat = hours(1);  // ... or after this time
    Duration delay = seconds(12);   // until contracts read the answer
    LendingOracle oracle = LendingOracle::capped;
    double cap_scale = 0.0;         // supply cap over what is supplied at the start; 0 = no cap
    double borrow_cap_scale = 0.0;  // borrow cap over what is borrowed at the start; 0 = no cap
    double close_factor = 0.5;      // of a debt, in one liquidation above the health of 0.95
    double bonus_scale = 1.0;       // of the reserves' and modes' liquidation bonuses
    double withdrawal_limit = 0.0;  // USD an hour and reserve; 0 = none
    bool paused = false;            // reserves frozen: only ways out
};

struct ShareMarketPlan {    // loans against a share token (xUSD-like)
    double borrowed = 0.0;  // USD; 0 = no such market
    double price = 1.26;    // USD per share at the start
    double loan_to_value = 0.80;
    double limit = 0.915;
    double utilisation = 0.85;
};

struct KeeperPlan {
    std::int64_t firms = 8;
    double cash = 150e6;                         // USD on chain, all firms
    double gas = 60.0;                           // USD per liquidation in quiet blocks
    double gas_busy = 0.15;                      // relative increase per call waiting for a block
    std::int64_t delay_min = 1, delay_max = 10;  // blocks from seeing to inclusion
    std::int64_t transfer_blocks = 15;           // confirmations before a venue credits
    double participation = 0.10;                 // of ordinary volume, when selling what was seized
    bool enabled = true;
};

struct DepositorPlan {
    std::int64_t holders = 24;  // per dollar market
    double sensitivity = 0.9;   // share withdrawn per unit of U above the start, median
    double sensitivity_sigma = 0.7;
    double time_min = 90.0;        // time constant of leaving
    double share_time_min = 20.0;  // ... of lenders to the share market once it failed
    double return_hours = 48.0;
    Duration clock = minutes(5);
    bool enabled = true;
};

struct IncidentPlan {
    bool pools = false;  // the two composable stable pools stand on the chain
    PoolRounding rounding = PoolRounding::flawed;
    bool paused = false;
    bool incident = true;  // false: hack events and the rows that follow them are left out
};

struct SyntheticDollarPlan {  // USDe
    std::string asset;        // name of the coin among [assets]; empty = none
    double book = 89e6;       // USD resting on the deepest venue, both sides, calm (model 9.3)
    double spread_bps = 1.0;
    double vol_withdraw = 3.0;    // bitcoin's realised over normal volatility that halves the book
    double loss_withdraw = 0.01;  // distance from par at which makers have halved their books
    double noise_per_day = 60e6;  // USD a day, ordinary trading of all venues
    double holders_share = 0.05;  // of cross accounts that hold it as collateral
    double collateral_from = 0.20, collateral_to = 0.90;  // of their margin
    double haircut = 0.0;
    CollateralValue first_venue = CollateralValue::own_book;  // rule of the first venue
    CollateralValue other_venues = CollateralValue::venue_median;
    double arbitrage_cash = 200e6;  // USD, all who mint and redeem
    double arbitrage_from = 0.002;  // least gap from par
    Duration settle_min = minutes(10), settle_max = minutes(60);
    double redeem_per_hour = 300e6;                         // USD
    double mint_per_block = 10e6, redeem_per_block = 10e6;  // USD
    double supply = 0.0;        // in issue on chain at the start, USD; 0 = what markets hold
    double hedged_share = 0.0;  // of what is owed: coins with short perpetuals, half ether
    double reserve = 62e6;      // reserve fund, USD
    double yield = 0.07;        // of the staked form, a year: what loops earn
    bool paused = false;        // no minting, no redemptions
    double slow_above = 4.0;    // withdrawals are slow while z of bitcoin is above
    bool enabled = true;

    // What the venue of that number, in plan order, takes the coin for.
    [[nodiscard]] CollateralValue rule_of(std::size_t venue) const {
        return venue == 0 ? first_venue : other_venues;
    }
};

struct DollarPoolsPlan {  // where the synthetic dollar trades against dollars on chain
    double curve = 0.0;   // USD in the stableswap pool, half of each token; 0 = none
    double amplification = 200.0;
    double curve_fee_bps = 1.0;
    double uniswap = 0.0;            // USD in the pool with price ranges; 0 = none
    bool paused = false;             // no swaps
    double arbitrage_cash = 50e6;    // USD, those who trade pools against books
    double arbitrage_from = 0.0003;  // least gap beyond fees
    double gas = 10.0;               // USD per swap
    bool arbitrage = true;
};

// Loops of synthetic dollars against dollars: leave when borrowing costs more than they earn.
struct LoopsPlan {
    double horizon_days = 7.0;  // cost of carry that is weighed against the loss of a sale
    double time_min = 120.0;    // time constant of acting on it
    Duration clock = minutes(5);
    bool enabled = true;
};

struct DefiPlan {
    bool enabled = false;
    Duration block = seconds(12);
    LendingPlan lending;
    ShareMarketPlan share_market;
    KeeperPlan keeper;
    DepositorPlan depositors;
    IncidentPlan balancer;
    SyntheticDollarPlan usde;
    DollarPoolsPlan pools;
    LoopsPlan loops;

    // From sending coins between chain and venue until both sides know them there.
    [[nodiscard]] Duration transfer_time() const {
        return Duration::from_raw(block.raw() * (keeper.transfer_blocks + 2));
    }
};

}  // namespace margincall::inline plan
