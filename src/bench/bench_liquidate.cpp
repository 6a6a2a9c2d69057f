#include "bench/bench_liquidate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/exit_code.hpp"
#include "base/json_text.hpp"
#include "bench/bench_clock.hpp"
#include "bench/bench_market.hpp"
#include "clearing/liquidation_engine.hpp"
#include "clearing/order_gateway.hpp"

namespace margincall::inline bench {

namespace {

constexpr std::uint64_t liquidate_seed = 20260101;
// The mark falls by 1.5 %. A long with margin for 1.5 % to 1.9 % is then below the maintenance
// margin of 0.4 % and above zero: the book takes it. One of twenty has less and goes to the fund.
constexpr std::int64_t fall_ppm = 15'000;
constexpr std::int64_t margin_low_ppm = 15'200, margin_high_ppm = 18'800;
constexpr std::int64_t margin_bankrupt_ppm = 14'000;
constexpr std::int64_t margin_short_ppm = 300'000;
constexpr std::int64_t bid_levels = 10;
constexpr std::size_t row_ahead = 8;

// The market around the engine: one venue, one book, a mark that is set by hand.
class LiquidationMarket final : public LiquidationHost {
  public:
    explicit LiquidationMarket(std::uint32_t accounts)
        : house_(bench_market(1), accounts), gateway_(house_, books_), mark_(bench_start()) {
        const Instrument& inst = house_.instrument(perp_);
        books_.emplace_back(BookConfig{.instrument = perp_,
                                       .price_max = inst.price_max,
                                       .qty_max = inst.qty_max,
                                       .price_hint = bench_start()});
        due_.reserve(accounts);
        house_.set_mark(perp_, mark_);
        std::int64_t longs = 0;
        open_rows(accounts, longs);
        house_.finish_opening();
        rest_bids(longs);
    }

    void fall() {
        mark_before_ = mark_;
        const std::int64_t down = mul_div(mark_.raw(), fall_ppm, 1'000'000, Round::down);
        mark_ -= Ticks::from_raw(down);
        house_.set_mark(perp_, mark_);
    }
    // What the world does with a mark, then the batches until nobody is left in the queue.
    void liquidate(LiquidationEngine& engine) {
        due_.clear();
        house_.pop_due(perp_, mark_, due_);
        for (std::size_t k = 0; k < due_.size(); ++k) {
            if (k + row_ahead < due_.size()) {
                house_.prefetch_row(due_[k + row_ahead]);
            }
            Row& row = house_.row(due_[k]);
            if (house_.due_kind(row, mark_) == TriggerKind::liquidation) {
                engine.on_liquidation_price(*this, row, mark_);
            }
        }
        while (batch_due_) {
            batch_due_ = false;
            now_ = batch_at_;
            engine.on_batch(*this, venue_);
        }
    }
    [[nodiscard]] std::uint64_t liquidatable() const {
        std::uint64_t count = 0;
        for (const Row& r : house_.rows()) {
            count += house_.liquidatable_at(r, mark_) ? 1U : 0U;
        }
        return count;
    }
    [[nodiscard]] std::uint64_t closed() const {
        std::uint64_t count = 0;
        for (const Row& r : house_.rows()) {
            count += r.state == RowState::closed ? 1U : 0U;
        }
        return count;
    }
    [[nodiscard]] std::uint64_t trades() const { return trades_; }
    // Forced orders that traded.
    [[nodiscard]] std::uint64_t traded() const { return traded_; }
    void check() const {
        check_book(books_.front());
        check_order_margin(gateway_);
        check_clearing(house_);
    }

    // --- LiquidationHost ---
    [[nodiscard]] SimTime now() const override { return now_; }
    [[nodiscard]] ClearingHouse& house() override { return house_; }
    [[nodiscard]] const ClearingHouse& clearing() const override { return house_; }
    [[nodiscard]] Ticks best(InstrumentId i, Side side) const override {
        return side == Side::buy ? books_[i.raw()].best_bid() : books_[i.raw()].best_ask();
    }
    [[nodiscard]] std::span<const InstrumentId> perps(VenueId /*venue*/) const override {
        return {&perp_, 1};
    }
    [[nodiscard]] Ticks mark(InstrumentId /*i*/) const override { return mark_; }
    [[nodiscard]] Ticks mark_before(InstrumentId /*i*/) const override { return mark_before_; }
    [[nodiscard]] Ticks oracle_before(InstrumentId /*i*/) const override { return mark_before_; }
    [[nodiscard]] double volume_last_minute_usd(InstrumentId /*i*/) const override { return 0.0; }
    [[nodiscard]] bool liquidations_neutral() const override { return false; }
    std::span<const Fill> send_now(const Command& order) override {
        Command command = order;
        (void)gateway_.execute(command);
        trades_ += gateway_.fills().size();
        traded_ += gateway_.fills().empty() ? 0U : 1U;
        return gateway_.fills();
    }
    void schedule_batch(VenueId /*venue*/, SimTime at) override {
        batch_due_ = true;
        batch_at_ = at;
    }
    void publish_quote(InstrumentId /*i*/) override {}
    void notify_adl(AccountId, InstrumentId, Side, Ticks, Lots) override {}
    [[nodiscard]] bool wants_records() const override { return false; }
    void record(const LiquidationRecord& /*record*/) override {}
    void record(const AdlRecord& /*record*/) override {}

  private:
    // Longs and shorts in pairs of the same size, in random order of margins.
    void open_rows(std::uint32_t accounts, std::int64_t& longs) {
        Rng rng{liquidate_seed, 4, Purpose::test};
        const Instrument& inst = house_.instrument(perp_);
        for (std::uint32_t n = 0; n < accounts; ++n) {
            AccountSeed s;
            s.instrument = perp_;
            s.side = n % 2 == 0 ? Side::buy : Side::sell;
            s.qty = n % 2 == 0 ? draw_lots(rng) : pair_;
            pair_ = s.qty;
            s.entry = bench_start();
            std::int64_t margin_ppm = margin_short_ppm;
            if (s.side == Side::buy) {
                const auto range = static_cast<std::uint64_t>(margin_high_ppm - margin_low_ppm);
                margin_ppm = margin_low_ppm + static_cast<std::int64_t>(rng.below(range));
                margin_ppm = rng.below(20) == 0 ? margin_bankrupt_ppm : margin_ppm;
                longs += s.qty.raw();
            }
            const Money size = notional(inst, s.entry, s.qty);
            s.margin = Money::from_raw(mul_div(size.raw(), margin_ppm, 1'000'000, Round::up));
            s.leverage_e2 = 100'000'000 / margin_ppm;
            (void)house_.open_row(s, ClearingHouse::WithPosition::yes);
        }
    }
    // A maker's bids at the mark after the fall and just below, enough for everybody.
    void rest_bids(std::int64_t longs) {
        const AccountId maker = house_.open_agent(venue_);
        house_.deposit(maker, Money::from_raw(1'000'000'000'000 * micro_per_usd), Reason::deposit);
        Command bid;
        bid.instrument = perp_;
        bid.account = maker;
        bid.side = Side::buy;
        bid.cause = Cause::maker;
        const std::int64_t top =
            bench_start().raw() - mul_div(bench_start().raw(), fall_ppm, 1'000'000, Round::down);
        // Orders of about the size of ten accounts, so that some liquidations trade twice.
        const std::int64_t size = std::max<std::int64_t>(2'000, longs / 1'000'000);
        const std::int64_t orders = longs / size + 1;
        for (std::int64_t k = 0; k < orders; ++k) {
            bid.price = Ticks::from_raw(top - k * bid_levels / orders);
            bid.qty = Lots::from_raw(size);
            CHECK(gateway_.execute(bid).reject == Reject::none);
        }
    }

    InstrumentId perp_ = InstrumentId::from_raw(0);
    VenueId venue_ = VenueId::from_raw(0);
    ClearingHouse house_;
    std::vector<OrderBook> books_;
    OrderGateway gateway_;
    Ticks mark_, mark_before_;
    SimTime now_, batch_at_;
    bool batch_due_ = false;
    Lots pair_;
    std::uint64_t trades_ = 0;
    std::uint64_t traded_ = 0;
    std::vector<AccountId> due_;
};

}  // namespace

LiquidateResult run_liquidate_bench(std::uint32_t accounts) {
    LiquidateResult result;
    const auto market = std::make_unique<LiquidationMarket>(accounts);
    LiquidationEngine engine{1, 1, 1};
    market->fall();
    result.expected = market->liquidatable();
    const double start = cpu_seconds();
    market->liquidate(engine);
    result.seconds = cpu_seconds() - start;
    result.liquidations = market->closed();
    result.book_trades = market->trades();
    result.takeovers = result.liquidations - market->traded();
    result.bad_debt = market->clearing().bad_debt(VenueId::from_raw(0)).raw();
    for (const Amount sum : ledger_sums(market->clearing().ledger())) {
        result.ledger_sum += narrow_i64(sum.raw() < 0 ? -sum.raw() : sum.raw());
    }
    market->check();
    CHECK(market->liquidatable() == 0);
    return result;
}

int bench_liquidate(std::uint32_t accounts, bool json) {
    const LiquidateResult r = run_liquidate_bench(accounts);
    const bool ok = r.liquidations == r.expected && r.ledger_sum == 0;
    const double per_s = static_cast<double>(r.liquidations) / std::max(r.seconds, 1e-9);
    const double bad_debt_usd = static_cast<double>(r.bad_debt) * 1e-6;
    if (json) {
        nlohmann::ordered_json line;
        line["accounts"] = accounts;
        line["liquidations"] = r.liquidations;
        line["expected"] = r.expected;
        line["liquidations_per_s"] = per_s;
        line["book_trades"] = r.book_trades;
        line["takeovers"] = r.takeovers;
        line["ledger_sum"] = r.ledger_sum;
        line["bad_debt_usd"] = bad_debt_usd;
        line["rss_mb"] = peak_rss_mb();
        fmt::print("{}\n", json_text(line));
    } else {
        fmt::print(
            "{} of {} accounts liquidated, {} by looking at all: {:.0f} a second; {} trades in the "
            "book, {} taken over, ledger sum {}\n",
            r.liquidations,
            accounts,
            r.expected,
            per_s,
            r.book_trades,
            r.takeovers,
            r.ledger_sum);
    }
    return static_cast<int>(ok ? ExitCode::done : ExitCode::difference);
}

}  // namespace margincall::inline bench
