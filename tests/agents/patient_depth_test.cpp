// Owners of patient orders withdraw in a wild market: the plan's formula against the asks of A's
// BTC perpetual on 10 October 2025 (MARGINCALL_SHARED/data/binance-depth-2025-10-10), along the
// measured volatility of the same minutes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "agents/maker_math.hpp"
#include "plan/plan.hpp"

namespace margincall {
namespace {

std::filesystem::path data_folder() {
    const char* set = std::getenv("MARGINCALL_SHARED");
    const auto shared = set != nullptr
                            ? std::filesystem::path{set}
                            : std::filesystem::path{MC_SOURCE_DIR}.parent_path() / "shared";
    return shared / "data";
}

// Realised volatility of one-minute marks, half-life three minutes, over the day's 1.5 %; by
// minute.
std::map<std::string, double> measured_z(std::ifstream in) {
    constexpr double sigma = 0.015;
    const double part = 1.0 - std::exp2(-1.0 / 3.0);
    double variance = sigma * sigma / 1440.0;
    double before = 0.0;
    std::map<std::string, double> z;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const double close = std::stod(line.substr(line.rfind(',') + 1));
        if (before > 0.0) {
            const double r = std::log(close / before);
            variance += part * (r * r - variance);
        }
        before = close;
        z[line.substr(0, 16)] = std::sqrt(variance * 1440.0) / sigma;
    }
    return z;
}

TEST(PatientDepth, FallsAsTheMeasuredAsksOfTheCrashDid) {
    const auto marks =
        data_folder() / "candles/binance_coinm_BTCUSD_PERP_mark_1m_2025-10-09_10.csv";
    if (!std::filesystem::exists(marks)) {
        GTEST_SKIP() << "measured data absent: " << marks;
    }
    const std::map<std::string, double> z = measured_z(std::ifstream{marks});
    // BTC offered between the market and 7 to 14 % above it, over a calm book continued at its
    // outer density of 850 BTC a percent (data README: the band's edge is 1.05 x (121,363.6 +
    // price) / 2).
    struct Moment {
        const char* minute;
        double share;  // of the calm book of 14:00-14:50
    };
    const std::vector<Moment> measured = {{"2025-10-10T20:45", 0.61},
                                          {"2025-10-10T21:00", 0.38},
                                          {"2025-10-10T21:14", 0.26},
                                          {"2025-10-10T21:17", 0.21},
                                          {"2025-10-10T21:20", 0.12},
                                          {"2025-10-10T21:22", 0.09}};
    const MarketMakerPlan plan;  // one curve for makers and patient orders
    // The evening's book before the post is the base of the comparison.
    const double base = measured.front().share;
    for (const Moment& m : measured) {
        const double share = base * depth_share(std::max(1.0, z.at(m.minute)), plan.vol_withdraw);

        EXPECT_GT(share, 0.75 * m.share) << m.minute;
        EXPECT_LT(share, 1.3 * m.share) << m.minute;
    }
}

}  // namespace
}  // namespace margincall
