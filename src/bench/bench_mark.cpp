#include "bench/bench_mark.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/exit_code.hpp"
#include "base/json_text.hpp"
#include "bench/bench_clock.hpp"
#include "bench/bench_market.hpp"

namespace margincall::inline bench {

namespace {

constexpr std::uint64_t mark_seed = 20260101;
constexpr std::int64_t basis_points = 10'000;

class MarkMarket {
  public:
    explicit MarkMarket(const MarkBench& bench)
        : assets_(bench.assets),
          leverage_median_(bench.leverage),
          house_(bench_market(bench.assets), bench.assets == 1 ? bench.accounts : 0),
          marks_(bench.assets, bench_start()) {
        set_marks();
        if (assets_ == 1) {
            open_rows(bench.accounts);
        } else {
            open_cross(bench.accounts);
        }
        for (std::uint32_t k = 0; k < assets_; ++k) {
            close_opening(k);
        }
        house_.finish_opening();
        (void)find_due();  // gives every cross account its first box
        due_.clear();
    }

    // All prices up or down by a basis point.
    void step(Rng& rng) {
        for (Ticks& mark : marks_) {
            const std::int64_t move = mark.raw() / basis_points;
            mark += Ticks::from_raw(rng.chance(0.5) ? move : -move);
        }
    }
    // The timed part: the new marks reach the clearing house.
    const std::vector<AccountId>& find_due() {
        due_.clear();
        set_marks();
        for (std::uint32_t k = 0; k < assets_; ++k) {
            house_.pop_due(InstrumentId::from_raw(k), marks_[k], due_);
        }
        house_.pop_due_cross(due_);
        return due_;
    }
    // The account is on its way into the liquidation queue.
    [[nodiscard]] bool take_out(AccountId a) {
        if (house_.is_cross(a)) {
            return house_.liquidatable(a);
        }
        Row& r = house_.row(a);
        r.state = RowState::in_liquidation;
        return house_.liquidatable_at(r, marks_.front());
    }
    // Open accounts that are liquidatable although nobody said so.
    [[nodiscard]] std::uint64_t missed() const {
        std::uint64_t count = 0;
        for (const Row& r : house_.rows()) {
            count +=
                r.state == RowState::open && house_.liquidatable_at(r, marks_.front()) ? 1U : 0U;
        }
        for (const CrossAccount& c : house_.cross_accounts().accounts()) {
            count += c.state == CrossState::open && house_.liquidatable(c.account) ? 1U : 0U;
        }
        return count;
    }
    [[nodiscard]] const ClearingHouse& house() const { return house_; }
    [[nodiscard]] std::uint64_t positions() const { return positions_; }

  private:
    void set_marks() {
        for (std::uint32_t k = 0; k < assets_; ++k) {
            house_.set_mark(InstrumentId::from_raw(k), marks_[k]);
            house_.set_collateral_price(VenueId::from_raw(0),
                                        AssetId::from_raw(static_cast<std::uint16_t>(k)),
                                        bench_coin_price(k, marks_[k]));
        }
    }

    // Isolated accounts: leverage median 6 unless told, lower for large ones (model 5.2). One whose
    // liquidation price was already reached is drawn again.
    void open_rows(std::uint32_t accounts) {
        Rng rng{mark_seed, 1, Purpose::test};
        const Instrument& inst = house_.instrument(InstrumentId::from_raw(0));
        for (std::uint32_t n = 0; n < accounts; ++n) {
            AccountSeed s;
            PositionState state;
            do {
                s.instrument = inst.id;
                s.side = rng.chance(0.5) ? Side::buy : Side::sell;
                s.qty = draw_lots(rng);
                s.entry = draw_entry(rng);
                const Money size = notional(inst, s.entry, s.qty);
                const double slope = -0.155 * std::log(to_usd(size) / 450.0);
                const double leverage =
                    std::clamp(rng.lognormal(leverage_median_, 0.62) * std::exp(slope), 1.0, 100.0);
                s.leverage_e2 = std::llround(leverage * 100.0);
                s.margin = initial_margin(size, s.leverage_e2);
                state = {.qty = s.side == Side::buy ? s.qty : -s.qty,
                         .cost = s.side == Side::buy ? size : -size,
                         .collateral = s.margin};
            } while (liquidatable(inst, house_.tiers(inst.id), state, bench_start(), true));
            (void)house_.open_row(s, ClearingHouse::WithPosition::yes);
            owed_[0] += sign(s.side) * s.qty.raw();
        }
        positions_ = accounts;
    }

    // Cross accounts: leverage over all positions lognormal, median 3.3 unless told (model 5.2); a
    // quarter of them keep half of their wallet in a coin. Those that the profits and losses of
    // their entries make liquidatable at once leave before the first mark.
    void open_cross(std::uint32_t accounts) {
        Rng rng{mark_seed, 2, Purpose::test};
        house_.reserve_cross(accounts + 1, accounts + 1);
        std::vector<InstrumentId> all;
        for (std::uint32_t k = 0; k < assets_; ++k) {
            all.push_back(InstrumentId::from_raw(k));
        }
        for (std::uint32_t n = 0; n < accounts; ++n) {
            const double leverage = std::clamp(rng.lognormal(leverage_median_, 0.58), 0.5, 100.0);
            const AccountId a = house_.open_cross(VenueId::from_raw(0), 2'000, 1, all);
            double usd = 0.0;
            for (const InstrumentId i : all) {
                const bool is_long = rng.chance(0.7);
                const Lots lots = draw_lots(rng);
                usd += to_usd(notional(house_.instrument(i), bench_start(), lots));
                const Ticks entry = draw_entry(rng);
                house_.open_cross_position(a, i, is_long ? lots : -lots, entry);
                owed_[i.raw()] += is_long ? lots.raw() : -lots.raw();
            }
            const double wallet = usd / leverage;
            const bool has_coins = n % 4 == 0;
            const double dollars = has_coins ? 0.5 * wallet : wallet;
            house_.deposit(a, Money::from_raw(std::llround(dollars * 1e6)), Reason::deposit);
            if (has_coins) {
                const auto asset = static_cast<std::uint16_t>((n / 4) % assets_);
                const double coins = 0.5 * wallet / to_usd(bench_coin_price(asset, bench_start()));
                house_.deposit_coins(a,
                                     AssetId::from_raw(asset),
                                     Amount::from_raw(std::llround(coins * 1e8)),
                                     Reason::deposit);
            }
        }
        positions_ = std::uint64_t{accounts} * assets_;
    }
    // A counterparty with deep pockets holds what longs and shorts leave.
    void close_opening(std::uint32_t k) {
        const std::int64_t rest = -owed_[k];
        if (rest == 0) {
            return;
        }
        const auto i = InstrumentId::from_raw(k);
        if (!counterparty_.valid()) {
            counterparty_ = house_.open_cross(VenueId::from_raw(0), 100, 1, {});
            house_.deposit(
                counterparty_, Money::from_raw(1'000'000'000'000 * micro_per_usd), Reason::deposit);
        }
        house_.open_cross_position(counterparty_, i, Lots::from_raw(rest), bench_start());
    }

    std::uint32_t assets_;
    double leverage_median_;
    ClearingHouse house_;
    std::vector<Ticks> marks_;
    std::vector<std::int64_t> owed_ = std::vector<std::int64_t>(assets_, 0);  // longs minus shorts
    AccountId counterparty_;
    std::uint64_t positions_ = 0;
    std::vector<AccountId> due_;
};

}  // namespace

MarkResult run_mark_bench(const MarkBench& bench) {
    MarkResult result;
    MarkMarket market{bench};
    result.positions = market.positions();
    const std::uint64_t evaluated = market.house().evaluations();
    Rng rng{mark_seed, 3, Purpose::test};
    std::vector<double> cost;
    cost.reserve(bench.marks);
    Digest digest;
    const std::uint32_t look_every = std::max<std::uint32_t>(1, bench.marks / 4);
    for (std::uint32_t n = 0; n < bench.marks; ++n) {
        market.step(rng);
        const double start = cpu_seconds();
        const std::vector<AccountId>& due = market.find_due();
        cost.push_back((cpu_seconds() - start) * 1e6);
        for (const AccountId a : due) {
            digest.add((std::uint64_t{n} << 32) | a.raw());
            result.early += market.take_out(a) ? 0U : 1U;
        }
        result.liquidatable += due.size();
        if ((n + 1) % look_every == 0) {
            result.missed += market.missed();
        }
    }
    result.evaluations = market.house().evaluations() - evaluated;
    market.house().add_to_digest(digest);
    result.digest = digest.value();
    for (const double us : cost) {
        result.quiet_us += us / static_cast<double>(bench.marks);
    }
    std::sort(cost.begin(), cost.end());
    result.quiet_p99_us = cost[cost.size() * 99 / 100];
    result.worst_us = cost.back();
    return result;
}

int bench_mark(const MarkBench& bench, bool json) {
    const MarkResult r = run_mark_bench(bench);
    const bool ok = r.missed == 0 && r.early == 0;
    if (json) {
        nlohmann::ordered_json line;
        line["accounts"] = bench.accounts;
        line["assets"] = bench.assets;
        line["positions"] = r.positions;
        line["leverage"] = bench.leverage;
        line["marks"] = bench.marks;
        line["quiet_us"] = r.quiet_us;
        line["quiet_p99_us"] = r.quiet_p99_us;
        line["worst_us"] = r.worst_us;
        line["evaluations"] = r.evaluations;
        line["liquidatable"] = r.liquidatable;
        line["missed"] = r.missed;
        line["early"] = r.early;
        line["digest"] = fmt::format("{:016x}", r.digest);
        line["rss_mb"] = peak_rss_mb();
        fmt::print("{}\n", json_text(line));
    } else {
        fmt::print(
            "{} positions in {} accounts: a mark costs {:.2f} us, 99 of 100 under {:.2f} us; {} "
            "evaluations and {} liquidatable accounts in {} marks, {}; {:.0f} MB\n",
            r.positions,
            bench.accounts,
            r.quiet_us,
            r.quiet_p99_us,
            r.evaluations,
            r.liquidatable,
            bench.marks,
            ok ? "as by looking at all" : "NOT as by looking at all",
            peak_rss_mb());
    }
    return static_cast<int>(ok ? ExitCode::done : ExitCode::difference);
}

}  // namespace margincall::inline bench
