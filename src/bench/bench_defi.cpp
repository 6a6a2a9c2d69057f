#include "bench/bench_defi.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/digest.hpp"
#include "base/exit_code.hpp"
#include "base/json_text.hpp"
#include "base/random.hpp"
#include "bench/bench_clock.hpp"
#include "defi/amm_market.hpp"
#include "defi/balancer_incident.hpp"
#include "defi/balancer_weighted_pool.hpp"

namespace margincall::inline bench {

namespace {

constexpr std::uint64_t defi_seed = 20251103;

void add_to(Digest& digest, const U256& value) {
    for (unsigned shift = 0; shift < 256; shift += 64) {
        digest.add(((value >> shift) % (U256{1} << 64)).to_u64());
    }
}

// Swaps of 0.01 % to 1 % of `size`, each followed by one of its result back, so that the pool stays
// in shape. `swap_once` takes the pool, the token in and the given amount.
template <class Pool, class Swap, class Check>
DefiBenchLine bench_pool(const char* what,
                         std::uint32_t swaps,
                         Pool pool,
                         const U256& size,
                         Swap&& swap_once,
                         Check&& check) {
    DefiBenchLine line{"swap", what, swaps, 0.0, 0, true, {}};
    Rng rng{defi_seed, 1, Purpose::test};
    const Pool start = pool;
    Digest digest;
    const RevertScope scope;
    const double from = cpu_seconds();
    U256 result;
    for (std::uint32_t k = 0; k < swaps; ++k) {
        const U256 amount = k % 2 == 0 ? size * (1 + rng.below(100)) / 10'000 : result;
        result = swap_once(pool, k % 2, amount);
        add_to(digest, result);
    }
    line.seconds = cpu_seconds() - from;
    line.hash = digest.value();
    line.answer_ok = !scope.reverted() && check(start, pool) && !scope.reverted();
    return line;
}

[[nodiscard]] DefiBenchLine bench_weighted(std::uint32_t swaps) {
    balancer::WeightedPool pool;
    pool.balances = {power_of_ten(18) * 20'000, power_of_ten(6) * 20'000'000};
    pool.weights = {balancer::one * 8 / 10, balancer::one * 2 / 10};
    pool.scaling_factors = {U256{1}, power_of_ten(12)};
    pool.swap_fee = U256{1'000'000'000'000'000};
    return bench_pool(
        "balancer_weighted",
        swaps,
        pool,
        pool.balances[0],
        [](balancer::WeightedPool& p, std::size_t in, const U256& amount) {
            return swap(p, {balancer::SwapKind::given_in, in, 1 - in, amount}).out;
        },
        [](const auto& a, const auto& b) { return invariant_of(b) >= invariant_of(a); });
}

[[nodiscard]] DefiBenchLine bench_stable(std::uint32_t swaps) {
    balancer::ComposableStablePool pool = balancer::oseth_weth_before_attack().pool;
    pool.amount_out_scaling = balancer::AmountOutScaling::up;
    return bench_pool(
        "balancer_composable_stable",
        swaps,
        pool,
        pool.balances[2],
        [](balancer::ComposableStablePool& p, std::size_t side, const U256& amount) {
            const std::size_t in = side * 2;  // the shares are token 1
            const std::size_t out = 2 - in;
            return swap(p, {balancer::SwapKind::given_out, in, out, amount}).in;
        },
        [](const auto& a, const auto& b) { return invariant_of(b) + 2 >= invariant_of(a); });
}

[[nodiscard]] DefiBenchLine bench_curve(std::uint32_t swaps) {
    curve::StableSwapPool pool;
    pool.balances = {power_of_ten(18) * 50'000'000, power_of_ten(6) * 50'000'000};
    pool.rates = {power_of_ten(18), power_of_ten(30)};
    pool.amp = U256{200} * curve::amp_precision;
    pool.fee = U256{1'000'000};
    return bench_pool(
        "curve_stableswap",
        swaps,
        pool,
        pool.balances[0],
        [](curve::StableSwapPool& p, std::size_t in, const U256& amount) {
            const curve::Pair pair{in, 1 - in};
            const curve::ExchangeQuote quote = quote_exchange(p, pair, amount);
            apply_exchange(p, pair, amount, quote);
            return quote.amount_out;
        },
        [](const auto& a, const auto& b) { return invariant_of(b) + 2 >= invariant_of(a); });
}

// Twenty-one ranges around the price, so that a swap crosses a few ticks.
[[nodiscard]] DefiBenchLine bench_uniswap(std::uint32_t swaps) {
    uniswap::V3Pool pool{500, 10};
    pool.initialise(uniswap::q96());
    const U256 liquidity = power_of_ten(24);
    std::array<U256, 2> held;
    for (std::int32_t k = 1; k <= 21; ++k) {
        const auto paid = pool.mint({0, -10 * k, 10 * k}, liquidity);
        CHECK(paid.has_value());
        held[0] += paid->amount0;
        held[1] += paid->amount1;
    }
    return bench_pool(
        "uniswap_v3",
        swaps,
        pool,
        held[0],
        [&held](uniswap::V3Pool& p, std::size_t in, const U256& amount) {
            const auto plan = p.plan_swap(
                {in == 0 ? uniswap::Direction::zero_for_one : uniswap::Direction::one_for_zero,
                 uniswap::Exact::input,
                 amount,
                 std::nullopt});
            CHECK(plan.has_value());
            p.apply(*plan);
            const bool zero_in = in == 0;
            held[0] =
                zero_in ? held[0] + plan->amount0.magnitude : held[0] - plan->amount0.magnitude;
            held[1] =
                zero_in ? held[1] - plan->amount1.magnitude : held[1] + plan->amount1.magnitude;
            return (zero_in ? plan->amount1 : plan->amount0).magnitude;
        },
        [&held](const auto&, uniswap::V3Pool after) {
            // Everybody leaves with liquidity and fees, and the pool can pay.
            U256 out0;
            U256 out1;
            for (std::int32_t k = 1; k <= 21; ++k) {
                const uniswap::PositionKey key{0, -10 * k, 10 * k};
                if (!after.burn(key, after.positions().at(key).liquidity)) {
                    return false;
                }
                const uniswap::TokenAmounts owed = after.collect(key);
                out0 += owed.amount0;
                out1 += owed.amount1;
            }
            return out0 <= held[0] && out1 <= held[1];
        });
}

void print_line(const DefiBenchLine& line, Output output) {
    const double ns =
        line.seconds * 1e9 / static_cast<double>(std::max<std::uint64_t>(line.ops, 1));
    const std::string hash = fmt::format("{:016x}", line.hash);
    if (output == Output::json) {
        nlohmann::ordered_json out;
        out["bench"] = line.bench;
        out["what"] = line.what;
        out["ops"] = line.ops;
        out["ns_per_op"] = ns;
        if (!line.more.empty()) {
            out.update(nlohmann::ordered_json::parse(line.more));
        }
        out["result_hash"] = hash;
        out["answer_ok"] = line.answer_ok;
        fmt::print("{}\n", json_text(out));
    } else {
        fmt::print("{:<20} {:<28} {:>9} operations, {:>9.0f} ns each, result {} {} {}\n",
                   line.bench,
                   line.what,
                   line.ops,
                   ns,
                   hash,
                   line.answer_ok ? "as it must be" : "WRONG",
                   line.more);
    }
    std::fflush(stdout);
}

}  // namespace

bool is_defi_bench(std::string_view name) {
    return name == "defi" || name == "swap" || name == "lending-liquidation" || name == "health";
}

int bench_defi(std::string_view name, const DefiBenchSizes& sizes, Output output) {
    const bool all = name == "defi";
    bool ok = true;
    const auto show = [&ok, output](const DefiBenchLine& line) {
        ok = ok && line.answer_ok;
        print_line(line, output);
    };
    if (all || name == "swap") {
        show(bench_weighted(sizes.swaps));
        show(bench_stable(sizes.swaps));
        show(bench_curve(sizes.swaps));
        show(bench_uniswap(sizes.swaps));
    }
    if (all || name == "lending-liquidation") {
        show(bench_liquidations(sizes.borrowers));
    }
    if (all || name == "health") {
        show(bench_health(sizes));
    }
    return static_cast<int>(ok ? ExitCode::done : ExitCode::difference);
}

}  // namespace margincall::inline bench
