// A made-up run with a chain beside its venues: the synthetic run, and on top of it lending with a
// bad hour, a synthetic dollar that one venue's book loses, and two drained pools. No figure means
// anything.
#pragma once

#include <cmath>
#include <utility>

#include "record/synthetic_run.hpp"

namespace margincall::testing {

inline constexpr std::int64_t chain_low_min = 45 * 60 + 20;  // minute of the worst moment

inline Plan synthetic_chain_plan(Duration length = hours(49)) {
    Plan plan = synthetic_plan(length);
    plan.defi.enabled = true;
    plan.defi.lending.borrowed = 37.3e9;
    plan.defi.share_market.borrowed = 0.3e9;
    plan.defi.balancer.pools = true;
    plan.defi.usde.asset = "USDe";
    plan.events[0].type = EventType::hack;
    plan.events[0].reported_usd = 128e6;
    plan.inputs.push_back({"defi.lending.eth_loops", "0.38", "assumed", "largest use"});
    return plan;
}

inline LendingRecord lending_record(std::int64_t minute,
                                    std::uint8_t market,
                                    std::uint8_t token,
                                    double borrowed_usd,
                                    double utilisation) {
    LendingRecord record;
    record.time_ns = minutes(minute).raw();
    record.market = market;
    record.token = token;
    record.borrowed_usd = borrowed_usd;
    record.utilisation = utilisation;
    record.borrow_apr = utilisation * 0.06;
    return record;
}

inline ChainLiquidationRecord chain_liquidation(std::int64_t minute,
                                                std::uint8_t market,
                                                double debt_usd) {
    ChainLiquidationRecord record;
    record.time_ns = minutes(minute).raw();
    record.market = market;
    record.token = 1;
    record.health = 0.97;
    record.debt_usd = debt_usd;
    record.seized_usd = 1.05 * debt_usd;
    return record;
}

inline PegRecord peg_record(std::int64_t minute,
                            std::uint32_t venue,
                            double price,
                            double collateral_price) {
    PegRecord record;
    record.time_ns = minutes(minute).raw();
    record.venue = venue;
    record.price = price;
    record.price_low = price;
    record.collateral_price = collateral_price;
    record.depth_usd = 60e6 * std::pow(price, 8.0);
    return record;
}

class SyntheticChainRun {
  public:
    explicit SyntheticChainRun(Plan plan = synthetic_chain_plan()) : run{std::move(plan)} {
        const std::int64_t last = run.plan.length.raw() / minutes(1).raw();
        for (std::int64_t minute = 1; minute <= last; ++minute) {
            reserves(minute);
            pegs(minute);
            pools(minute);
        }
        for (std::int64_t k = 0; k < 40; ++k) {
            run.recorder.on(chain_liquidation(
                chain_low_min - 20 + k, 0, 9e6 * std::exp(-0.1 * static_cast<double>(k))));
        }
        health(0, 0.0);
        health(chain_low_min, 0.08);
        health(last, 0.04);
        batch(0, 30, 11'873.0);
        batch(1, 25, 7'153.0);
    }

    SyntheticRun run;

  private:
    static double trouble(std::int64_t minute) {
        const double hours_off = static_cast<double>(minute - chain_low_min) / 60.0;
        return std::exp(-0.5 * hours_off * hours_off);
    }

    void reserves(std::int64_t minute) {
        const double bad = trouble(minute);
        run.recorder.on(lending_record(minute, 0, 0, 23e9, 0.78 + 0.15 * bad));
        run.recorder.on(lending_record(minute, 0, 1, 14.3e9, 0.69 + 0.05 * bad));
        run.recorder.on(lending_record(minute, 0, 3, 0.0, 0.0));  // collateral only
        LendingRecord share = lending_record(minute, 1, 0, 0.3e9, minute < 1440 ? 0.85 : 1.0);
        share.deficit_usd = minute < chain_low_min ? 0.0 : 1.5e6;
        run.recorder.on(share);
    }

    void pegs(std::int64_t minute) {
        const double own = 1.0 - 0.34 * trouble(minute);
        const double other = 1.0 - 0.02 * trouble(minute);
        run.recorder.on(peg_record(minute, 0, own, own));
        run.recorder.on(peg_record(minute, 1, other, other));
        PegRecord spot_only = peg_record(minute, 3, 0.5 * (1.0 + other), other);
        spot_only.sold_usd = minute < chain_low_min ? 0.0 : 22e6;
        run.recorder.on(spot_only);
    }

    void pools(std::int64_t minute) {
        const double fees = 1.0 + 1e-7 * static_cast<double>(minute);
        run.recorder.on(PoolRecord{minutes(minute).raw(),
                                   "curve USDe/USDC",
                                   1.0 - 0.003 * trouble(minute),
                                   fees,
                                   1e4 + 1e6 * trouble(minute)});
        run.recorder.on(PoolRecord{minutes(minute).raw(),
                                   "balancer osETH/WETH",
                                   minute < 466 ? 1.03 : 0.02,
                                   minute < 466 ? 1.0 : 0.03,
                                   minute == 466 ? 44e6 : 0.0});
    }

    void health(std::int64_t minute, double shift) {
        for (int k = 2; k < 23; ++k) {
            HealthRecord bin;
            bin.time_ns = minutes(minute).raw();
            bin.health_low = 0.9 + 0.05 * (k - 1);
            bin.health_high = bin.health_low + 0.05;
            const double loops = (bin.health_low - 1.08 + shift) / 0.05;
            const double loans = (bin.health_low - 1.55 + 3.0 * shift) / 0.2;
            bin.debt_usd = 9e9 * std::exp(-loops * loops) + 1.5e9 * std::exp(-loans * loans);
            run.recorder.on(bin);
        }
    }

    void batch(std::uint32_t pool, std::uint32_t loops, double stolen_eth) {
        IncidentRecord record;
        record.time_ns = minutes(466).raw();
        record.pool = pool;
        record.stolen_eth = stolen_eth;
        record.invariant = 1.2e22;
        record.share_rate = 1.03;
        const auto step = [&](std::uint8_t stage, double invariant_factor, double rate_factor) {
            record.stage = stage;
            record.invariant *= invariant_factor;
            record.share_rate *= rate_factor;
            run.recorder.on(record);
            ++record.step;
        };
        for (int k = 0; k < 22; ++k) {
            step(0, 0.17, 1.0);
        }
        for (std::uint32_t k = 0; k < 3 * loops; ++k) {
            step(1, 0.957, 0.957);
        }
        for (int k = 0; k < 9; ++k) {
            step(2, 80.0, 1.002);
        }
    }
};

}  // namespace margincall::testing
