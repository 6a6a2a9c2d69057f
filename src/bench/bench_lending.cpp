#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "bench/bench_clock.hpp"
#include "bench/bench_defi.hpp"
#include "defi/aave_pool.hpp"
#include "defi/health_watch.hpp"

namespace margincall::inline bench {

namespace {

constexpr std::uint64_t lending_seed = 20251010;

using aave::LendingPool;
using aave::ReserveId;

// A pool with ether and dollars, one lender of dollars, one keeper, and many borrowers.
struct BenchPool {
    Ledger ledger{6};
    TokenBook tokens{ledger};
    LendingPool pool{tokens, aave::Version::v3_5};
    TokenId weth;
    TokenId usdc;
    ReserveId weth_reserve;
    ReserveId usdc_reserve;
    HolderId keeper = tokens.add_holder();
    std::vector<HolderId> borrowers;

    BenchPool() {
        weth_reserve = open("WETH", U256{400'000'000'000});
        usdc_reserve = open("USDC", U256{100'000'000});
        weth = pool.reserve(weth_reserve).tokens.underlying;
        usdc = pool.reserve(usdc_reserve).tokens.underlying;
    }
    ReserveId open(const char* asset, const U256& price) {
        const aave::ReserveParameters& row = *aave::find_reserve(asset);
        const auto first = static_cast<LedgerAsset>(tokens.tokens());
        const aave::ReserveTokens t{
            tokens.add_token(asset, first, row.decimals),
            tokens.add_token(fmt::format("a{}", asset), first + 1, row.decimals),
            tokens.add_token(fmt::format("debt {}", asset), first + 2, row.decimals)};
        return pool.add_reserve(tokens, row, t, price, 0);
    }
    void fill(std::uint32_t count) {
        const HolderId lender = tokens.add_holder();
        const U256 dollars = power_of_ten(6) * 100'000 * count;
        tokens.mint(lender, usdc, dollars);
        tokens.mint(keeper, usdc, dollars);
        CHECK(pool.supply(tokens, lender, usdc_reserve, dollars, 0).has_value());
        Rng rng{lending_seed, 2, Purpose::test};
        for (std::uint32_t k = 0; k < count; ++k) {
            const HolderId h = tokens.add_holder();
            const U256 ether = power_of_ten(16) * (100 + rng.below(2'000));
            tokens.mint(h, weth, ether);
            CHECK(pool.supply(tokens, h, weth_reserve, ether, 0).has_value());
            // Health 1.08 to 1.15 at 4'000 dollars.
            const U256 debt = ether * (2'890 + rng.below(180)) / power_of_ten(12);
            CHECK(pool.borrow(tokens, h, usdc_reserve, debt, 0).has_value());
            borrowers.push_back(h);
        }
    }
};

// The rows of the health benchmark: one or two collaterals and one debt, eight decimals each.
constexpr std::uint32_t weth = 0;
constexpr std::uint32_t wbtc = 1;
constexpr std::uint32_t wsteth = 2;
constexpr std::uint32_t usde = 3;
constexpr std::uint32_t usdc = 4;
constexpr std::uint32_t assets = 5;
struct Loan {
    std::uint32_t collateral = weth;
    std::uint32_t second = assets;  // none
    std::uint32_t debt = usdc;
    std::uint64_t amount = 0;
    std::uint64_t amount_second = 0;
    std::uint64_t amount_debt = 0;
    std::uint32_t threshold_bps = 0;
};

class Accounts {
  public:
    explicit Accounts(std::uint32_t count) : rows_(count), watch_(assets, count) {
        const std::array<double, assets> start = {4'000.0, 110'000.0, 4'850.0, 1.0, 1.0};
        for (std::uint32_t a = 0; a < assets; ++a) {
            watch_.set_price(a, static_cast<std::uint64_t>(start[a] * 1e8));
        }
        Rng rng{lending_seed, 3, Purpose::test};
        for (std::uint32_t id = 0; id < count; ++id) {
            draw(rows_[id], rng);
            file(id);
        }
    }
    [[nodiscard]] U256 health(std::uint32_t id) const {
        const Loan& row = rows_[id];
        const U256 unit{100'000'000};
        const auto holding = [&](std::uint32_t asset, std::uint64_t amount) {
            return aave::Holding{U256{amount}, U256{watch_.price(asset)}, unit};
        };
        std::array<aave::CollateralRow, 2> collateral;
        collateral[0] = {holding(row.collateral, row.amount), 0, row.threshold_bps};
        std::size_t used = 1;
        if (row.second != assets) {
            collateral[1] = {holding(row.second, row.amount_second), 0, row.threshold_bps};
            used = 2;
        }
        const aave::DebtRow debt = holding(row.debt, row.amount_debt);
        return aave::account_data(aave::Version::v3_5, {collateral.data(), used}, {&debt, 1})
            .health_factor;
    }
    void file(std::uint32_t id) {
        const Loan& row = rows_[id];
        std::array<HealthWatch::Exposure, 3> exposures;
        exposures[0] = {row.collateral, HealthWatch::Side::collateral};
        exposures[1] = {row.debt, HealthWatch::Side::debt};
        std::size_t used = 2;
        if (row.second != assets) {
            exposures[used++] = {row.second, HealthWatch::Side::collateral};
        }
        watch_.file(id, health(id), {exposures.data(), used});
    }
    [[nodiscard]] HealthWatch& watch() { return watch_; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(rows_.size()); }

  private:
    // Two thirds loops of kindred assets, as most borrowing on chain; a third against dollars.
    void draw(Loan& row, Rng& rng) {
        const double kind = rng.uniform();
        if (kind < 0.35) {
            row = {wsteth, assets, weth, 0, 0, 0, 9'500};
        } else if (kind < 0.65) {
            row = {usde, assets, usdc, 0, 0, 0, 9'200};
        } else if (kind < 0.9) {
            row = {weth, assets, usdc, 0, 0, 0, 8'300};
        } else {
            row = {weth, wbtc, usdc, 0, 0, 0, 7'900};
        }
        const double value = rng.lognormal(20'000.0, 1.5);
        const auto units = [this](double dollars, std::uint32_t asset) {
            return static_cast<std::uint64_t>(dollars * 1e16 /
                                              static_cast<double>(watch_.price(asset))) +
                   1;
        };
        row.amount = units(value, row.collateral);
        double carried = value;
        if (row.second != assets) {
            row.amount_second = units(value, row.second);
            carried *= 2.0;
        }
        const double health =
            row.threshold_bps >= 9'000 ? rng.uniform(1.015, 1.2) : 1.1 + rng.exponential(0.6);
        row.amount_debt = units(carried * row.threshold_bps * 1e-4 / health, row.debt);
    }
    std::vector<Loan> rows_;
    HealthWatch watch_;
};

}  // namespace

DefiBenchLine bench_liquidations(std::uint32_t borrowers) {
    DefiBenchLine line{"lending-liquidation", "aave_v3_5", borrowers, 0.0, 0, true, {}};
    BenchPool world;
    world.fill(borrowers);
    world.pool.set_price(world.weth_reserve, U256{340'000'000'000});
    Digest digest;
    U256 seized;
    std::uint64_t done = 0;
    const double from = cpu_seconds();
    for (const HolderId borrower : world.borrowers) {
        const auto result = world.pool.liquidate(
            world.tokens,
            {world.keeper, borrower, world.weth_reserve, world.usdc_reserve, U256::max()},
            3'600);
        if (result) {
            ++done;
            seized += result->collateral_to_liquidator;
            digest.add(result->debt_repaid.to_u64());
        }
    }
    line.seconds = cpu_seconds() - from;
    line.hash = digest.value();
    line.answer_ok = done == borrowers && world.tokens.balance(world.keeper, world.weth) == seized;
    check_ledger(world.ledger);
    world.pool.check_lending(world.tokens, 3'600, U256{4} * borrowers);
    return line;
}

DefiBenchLine bench_health(const DefiBenchSizes& sizes) {
    DefiBenchLine line{"health", "price_ordered_index", sizes.moves, 0.0, 0, true, {}};
    const double filing_from = cpu_seconds();
    Accounts accounts{sizes.accounts};
    const double filing = cpu_seconds() - filing_from;
    std::vector<std::uint8_t> unhealthy(sizes.accounts, 0);
    std::vector<std::uint32_t> touched;
    Digest digest;
    Rng rng{lending_seed, 4, Purpose::test};
    std::uint64_t looked_at = 0;
    std::uint64_t found = 0;
    double full_seconds = 0.0;
    for (std::uint32_t move = 0; move < sizes.moves; ++move) {
        // A fall of about a fifth in ether and bitcoin over all moves, small noise in the others.
        const auto asset = static_cast<std::uint32_t>(move % assets);
        const bool volatile_asset = asset == weth || asset == wbtc || asset == wsteth;
        const double drift = volatile_asset ? -0.22 * assets / sizes.moves : 0.0;
        const double noise = volatile_asset ? 0.001 : 0.0001;
        const double next = static_cast<double>(accounts.watch().price(asset)) *
                            std::exp(drift + noise * rng.normal());
        touched.clear();
        const double from = cpu_seconds();
        accounts.watch().move_price(asset, static_cast<std::uint64_t>(next), touched);
        for (const std::uint32_t id : touched) {
            if (accounts.health(id) < aave::wad) {
                unhealthy[id] = 1;  // a keeper's; not watched any more
            } else {
                accounts.file(id);
            }
        }
        line.seconds += cpu_seconds() - from;
        looked_at += touched.size();
        digest.add(touched.size());
        if ((move + 1) % std::max(1U, sizes.moves / std::max(1U, sizes.full_looks)) == 0) {
            const double full_from = cpu_seconds();
            found = 0;
            for (std::uint32_t id = 0; id < accounts.size(); ++id) {
                const bool bad = accounts.health(id) < aave::wad;
                found += bad ? 1 : 0;
                line.answer_ok = line.answer_ok && (!bad || unhealthy[id] != 0);
            }
            full_seconds = cpu_seconds() - full_from;
        }
    }
    digest.add(found);
    line.hash = digest.value();
    line.more = fmt::format(
        R"({{"accounts":{},"touched_per_move":{:.0f},"filing_s":{:.2f},"all_accounts_ns_per_move":{:.0f},"unhealthy":{}}})",
        sizes.accounts,
        static_cast<double>(looked_at) / std::max(1U, sizes.moves),
        filing,
        full_seconds * 1e9,
        found);
    return line;
}

}  // namespace margincall::inline bench
