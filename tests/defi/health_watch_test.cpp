// The price-ordered index of accounts against looking at all of them.
#include "defi/health_watch.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "defi/aave_account.hpp"
#include "defi/desk.hpp"

namespace margincall::test {
namespace {

struct WatchedAccount {
    std::array<std::uint64_t, 3> collateral{};  // amounts per asset, eight decimals
    std::array<std::uint64_t, 3> debt{};
};

struct Watched {
    std::vector<WatchedAccount> accounts;
    HealthWatch watch;

    explicit Watched(std::uint32_t n) : accounts(n), watch(3, n) {}

    U256 health(std::uint32_t id) const {
        std::vector<aave::CollateralRow> collateral;
        std::vector<aave::DebtRow> debts;
        for (std::uint32_t a = 0; a < 3; ++a) {
            const U256 price{watch.price(a)};
            const U256 unit = power_of_ten(8);
            if (accounts[id].collateral[a] > 0) {
                collateral.push_back({{U256{accounts[id].collateral[a]}, price, unit}, 0, 8'300});
            }
            if (accounts[id].debt[a] > 0) {
                debts.push_back({U256{accounts[id].debt[a]}, price, unit});
            }
        }
        return aave::account_data(aave::Version::v3_5, collateral, debts).health_factor;
    }
    void file(std::uint32_t id) {
        std::vector<HealthWatch::Exposure> exposures;
        for (std::uint32_t a = 0; a < 3; ++a) {
            if (accounts[id].collateral[a] > 0) {
                exposures.push_back({a, HealthWatch::Side::collateral});
            }
            if (accounts[id].debt[a] > 0) {
                exposures.push_back({a, HealthWatch::Side::debt});
            }
        }
        watch.file(id, health(id), exposures);
    }
};

TEST(HealthWatch, NobodyBelowOneIsMissedAndFewAreTouched) {
    constexpr std::uint32_t n = 2'000;
    Watched w{n};
    Rng rng{11, 1, Purpose::test};
    std::array<double, 3> price = {4'000e8, 1e8, 110'000e8};
    for (std::uint32_t a = 0; a < 3; ++a) {
        w.watch.set_price(a, static_cast<std::uint64_t>(price[a]));
    }
    for (std::uint32_t id = 0; id < n; ++id) {
        WatchedAccount& account = w.accounts[id];
        account.collateral[rng.below(3)] = 1'000'000 + rng.below(100'000'000'000);
        account.collateral[rng.below(3)] = 1'000'000 + rng.below(100'000'000'000);
        account.debt[1] = 0;
        const std::uint32_t debt = static_cast<std::uint32_t>(rng.below(3));
        account.debt[debt] = 1;
        const double room = w.health(id).to_double() / 1e18;
        account.debt[debt] = static_cast<std::uint64_t>(room / rng.uniform(1.02, 3.0)) + 1;
        w.file(id);
    }
    std::vector<std::uint32_t> touched;
    std::uint64_t looked_at = 0;
    std::vector<bool> known_bad(n, false);
    for (int step = 0; step < 300; ++step) {
        const auto asset = static_cast<std::uint32_t>(rng.below(3));
        price[asset] *= std::exp(rng.normal() * (asset == 1 ? 0.0005 : 0.01));
        touched.clear();
        w.watch.move_price(asset, static_cast<std::uint64_t>(price[asset]), touched);
        ASSERT_TRUE(std::is_sorted(touched.begin(), touched.end()));
        looked_at += touched.size();
        for (const std::uint32_t id : touched) {
            known_bad[id] = w.health(id) < aave::wad;
            w.file(id);
        }
        for (std::uint32_t id = 0; id < n; ++id) {
            const bool bad = w.health(id) < aave::wad;
            ASSERT_TRUE(!bad || known_bad[id]) << "account " << id << " at step " << step;
        }
    }
    EXPECT_LT(looked_at, 300U * n / 4);
    EXPECT_LT(w.watch.entries(), 3U * 2 * 2 * n + 10);
}

TEST(HealthWatch, AnUnhealthyAccountIsTouchedByEveryMoveOfItsAssets) {
    HealthWatch watch{2, 1};
    watch.set_price(0, 1'000);
    watch.set_price(1, 1'000);
    const std::vector<HealthWatch::Exposure> exposures = {{0, HealthWatch::Side::collateral}};
    std::vector<std::uint32_t> touched;
    watch.file(0, U256{999'999'999'999'999'999}, exposures);

    watch.move_price(1, 500, touched);
    EXPECT_TRUE(touched.empty());
    watch.move_price(0, 1'001, touched);
    EXPECT_EQ(touched.size(), 1U);
    touched.clear();
    watch.move_price(0, 900, touched);
    EXPECT_TRUE(touched.empty());  // not filed again
    watch.file(0, aave::wad * 2, exposures);
    watch.forget(0);
    watch.move_price(0, 1, touched);
    EXPECT_TRUE(touched.empty());
}

TEST(HealthWatch, TheBoundIsTwoOverHealthPlusOne) {
    // Health 1.5: collateral may fall to 80 % of its price, debt may rise to 120 %.
    HealthWatch watch{2, 1};
    watch.set_price(0, 1'000'000'000);
    watch.set_price(1, 1'000'000'000);
    const std::vector<HealthWatch::Exposure> exposures = {{0, HealthWatch::Side::collateral},
                                                          {1, HealthWatch::Side::debt}};
    std::vector<std::uint32_t> touched;
    watch.file(0, aave::wad * 3 / 2, exposures);

    watch.move_price(0, 800'001'000, touched);
    watch.move_price(1, 1'199'999'000, touched);
    EXPECT_TRUE(touched.empty());
    watch.move_price(1, 1'200'000'001, touched);
    EXPECT_EQ(touched.size(), 1U);
}

}  // namespace
}  // namespace margincall::test
