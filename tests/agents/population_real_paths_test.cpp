// The population against real prices (docs/population.md): prints what each window liquidates
// beside what was published. Needs the measured data of the project (MARGINCALL_SHARED); skipped
// without.
#include "population_real_paths.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

using namespace population_test;

struct Share {
    double longs = 0.0;  // per cent of open interest
    double shorts = 0.0;
};
struct Window {
    Share model;       // central venues, BTC ETH SOL XRP
    double usd = 0.0;  // all coins and venues, true
    double long_usd = 0.0;
    double accounts = 0.0;
};

Window run_window(const RealData& data, const std::string& until, int hours, double tail_interest) {
    PopulationPlan population;
    population.rows = 30'000;
    const std::int64_t start = unix_hour(until) - hours;
    const Plan plan = real_market(data, start, tail_interest, population);
    LeveragedOwners owners{plan};
    PathMarket market{plan, data, start};
    market.run(owners, hours);

    Window out;
    double interest = 0.0;
    for (std::size_t k = 0; k < plan.instruments.size(); ++k) {
        const auto& o = market.totals[k];
        const Instrument& inst = plan.instruments[k].instrument;
        out.usd += o.usd[0] + o.usd[1];
        out.long_usd += o.usd[0];
        out.accounts += o.accounts;
        if (inst.base.raw() < 4 && inst.venue.raw() < 2) {
            interest +=
                plan.assets[inst.base.raw()].open_interest * plan.venues[inst.venue.raw()].oi_share;
            out.model.longs += 100.0 * o.usd[0];
            out.model.shorts += 100.0 * o.usd[1];
        }
    }
    out.model.longs /= interest;
    out.model.shorts /= interest;
    return out;
}

// Liquidated in 24 h as a share of open interest, BTC ETH SOL XRP, by snapshot; the long and short
// columns of this file are swapped at the source (see its README).
std::map<std::string, Share> measured_shares(const std::string& exchange) {
    std::map<std::string, Share> sum;
    std::map<std::string, double> interest;
    for (const auto& r : read_csv(shared_dir() / "data" / "coinglass-2025" /
                                  "pair_markets_daily_snapshots.csv.gz")) {
        const bool major =
            r.size() >= 12 && (r[1] == "BTC" || r[1] == "ETH" || r[1] == "SOL" || r[1] == "XRP");
        if (!major || r[2] != exchange) {
            continue;
        }
        const auto number = [&](std::size_t k) { return r[k].empty() ? 0.0 : std::stod(r[k]); };
        const std::string hour = r[0].substr(0, 13) + ":00:00Z";
        sum[hour].longs += 100.0 * number(11);
        sum[hour].shorts += 100.0 * number(10);
        interest[hour] += number(7);
    }
    for (auto& [hour, share] : sum) {
        share.longs /= interest[hour];
        share.shorts /= interest[hour];
    }
    return sum;
}

TEST(SlowPopulationOnRealPaths, LiquidatesTheSharesOfACompleteFeed) {
    const auto data = RealData::load();
    if (!data) {
        GTEST_SKIP() << "no measured data: set MARGINCALL_SHARED";
    }
    double error = 0.0;
    int cells = 0;
    std::printf(
        "24 h to            longs %% of OI: model measured   shorts: model measured (Bybit)\n");
    for (const auto& [until, measured] : measured_shares("Bybit")) {
        // Two windows lie inside the aftermath of 10 October, whose prices the hourly candles
        // cannot give.
        if (until.starts_with("2025-10-12") || until.starts_with("2025-10-13") ||
            until >= "2025-11-15") {
            continue;
        }
        const Share model = run_window(*data, until, 24, 28e9).model;
        std::printf("%s %14.2f %8.2f %16.2f %8.2f\n",
                    until.c_str(),
                    model.longs,
                    measured.longs,
                    model.shorts,
                    measured.shorts);
        const double longs = std::log((model.longs + 0.05) / (measured.longs + 0.05));
        const double shorts = std::log((model.shorts + 0.05) / (measured.shorts + 0.05));
        error += longs * longs + shorts * shorts;
        cells += 2;
    }
    const double typical = std::exp(std::sqrt(error / cells));
    std::printf("typical factor of error %.2f over %d cells\n", typical, cells);
    EXPECT_GE(cells, 40);
    EXPECT_LT(typical, 1.9);
}

TEST(SlowPopulationOnRealPaths, CrashDays) {
    const auto data = RealData::load();
    if (!data) {
        GTEST_SKIP() << "no measured data: set MARGINCALL_SHARED";
    }
    const Window november = run_window(*data, "2025-11-05T00:00:00Z", 24, 27e9);
    const Window october = run_window(*data, "2025-10-11T00:00:00Z", 4, 50e9);
    for (const auto& [name, w] :
         {std::pair{"4 November", november}, {"10 October, 20-24 h", october}}) {
        std::printf("%-20s true %.2f bn, long %.0f %%, %.0f k accounts, mean %.1f k USD\n",
                    name,
                    w.usd / 1e9,
                    100.0 * w.long_usd / w.usd,
                    w.accounts / 1e3,
                    w.usd / w.accounts / 1e3);
    }
    // Published: 2.03 bn, 473,500 accounts; 19.1 bn, 1.62 m accounts: lower bounds of the truth.
    EXPECT_GT(november.usd, 2.03e9);
    EXPECT_LT(november.usd, 10e9);
    EXPECT_GT(november.accounts, 473'500.0);
    EXPECT_GT(november.long_usd, 0.85 * november.usd);
    EXPECT_GT(october.usd, 19e9);
    EXPECT_LT(october.usd, 50e9);
    EXPECT_GT(october.accounts, 1.62e6);
    // Larger accounts are reached only by larger falls.
    EXPECT_GT(october.usd / october.accounts, 1.7 * november.usd / november.accounts);
}

}  // namespace
}  // namespace margincall
