// World: the mutable state of one run, and the loop that advances it.
//
//   World world(plan, make_agents(plan), draw_population(plan));
//   world.set_recorder(&recorder);           // optional; never changes the digest
//   const RunTotals totals = world.run(monitor);
//
// Everything that happens is an event in one queue, in the order (time, phase, sequence). Agents
// see the market one inbound latency late and touch it one outbound latency later; liquidations,
// fund unwinding and ADL go through the same books and the same ledger as everything else.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "book/order_book.hpp"
#include "chain/defi_world.hpp"
#include "clearing/clearing_house.hpp"
#include "clearing/liquidation_engine.hpp"
#include "clearing/order_gateway.hpp"
#include "ledger/audit.hpp"
#include "plan/plan.hpp"
#include "rules/circuit_breaker.hpp"
#include "rules/funding.hpp"
#include "rules/funding_index.hpp"
#include "rules/index_price.hpp"
#include "rules/mark_price.hpp"
#include "rules/price_band.hpp"
#include "sim/agent.hpp"
#include "sim/draw_numbers.hpp"
#include "sim/event_queue.hpp"
#include "sim/fair_value.hpp"
#include "sim/market_data.hpp"
#include "sim/profit_takers.hpp"
#include "sim/recorder.hpp"
#include "sim/recording.hpp"
#include "sim/venue_load.hpp"

namespace margincall::inline sim {

// Once a simulated minute and every few thousand events; answers whether to go on (Ctrl-C: no).
class RunMonitor {
  public:
    RunMonitor() = default;
    RunMonitor(const RunMonitor&) = delete;
    RunMonitor& operator=(const RunMonitor&) = delete;
    RunMonitor(RunMonitor&&) = delete;
    RunMonitor& operator=(RunMonitor&&) = delete;
    virtual ~RunMonitor() = default;
    [[nodiscard]] virtual bool keep_going(SimTime now, std::uint64_t messages) = 0;
};

// How often the whole structure is proved, beside the laws that hold by construction.
enum class Verify : std::uint8_t {
    never,
    periodic,     // money and positions every 400,000 events (or rows) and at the end
    every_event,  // every check_* after every event: small worlds in tests
};

struct AgentSlot {
    AgentSetup setup;
    std::vector<AccountId> account;       // by venue; invalid where it does not trade
    std::vector<std::int64_t> confirmed;  // by instrument: position known to the agent, lots
    std::vector<OwnFill> inbox;           // not yet known
    std::vector<OwnFill> fresh;           // handed out by new_fills()
    std::vector<SimTime> last_arrival;    // by venue: messages do not overtake each other
    std::vector<Rng> streams;             // by Purpose
    std::vector<std::uint8_t> stream_open;
    SimTime next_wake;
    bool wake_pending = false;
    std::uint64_t messages = 0;  // commands sent so far
    std::uint64_t wakes = 0;
};

// Commands that travel together from one sender to one venue.
struct Packet {
    std::uint32_t agent = 0;  // sender; none = owner of a row
    std::vector<Command> commands;
};

struct PendingTopUp {
    AccountId account;
    Money amount;
};

inline constexpr std::uint32_t no_agent = 0xFFFFFFFFU;

// The perpetuals of the synthetic dollar's issuer.
struct IssuerHedge {
    double btc = 0.0, eth = 0.0;  // coins, negative = short
    double pnl_usd = 0.0;         // since the start, fees and funding included
    double adl_usd = 0.0;         // notional closed by auto-deleveraging so far
};

// A world is used by one thread. Of a fork nothing is shared but the plan, which both only read.
class World final : public LiquidationHost {
  public:
    // The run's seed is plan.seed.
    World(const Plan& plan,
          std::vector<std::unique_ptr<Agent>> agents,
          const std::vector<AccountSeed>& population);

    void set_recorder(Recorder* recorder) { recording_.attach(recorder); }
    // Verify::every_event and Verify::periodic also keep an independent audit of the posting
    // stream: its sums are zero after every event, its balances are compared at each full
    // recomputation.
    void set_verify(Verify verify) { verify_ = verify; }
    // Runs to the end of the plan (or until the monitor stops it). Call once.
    RunTotals run(RunMonitor* monitor) {
        (void)advance(SimTime{} + plan_.length, monitor);
        return finish();
    }

    // --- by hand: any number of advances, then one finish; the same digest as run ---
    // Executes every event up to `until` (at most the plan's end) and, when `events_most` is not 0,
    // no more than that many since the start. False: the monitor or the plan stopped it before.
    bool advance(SimTime until, RunMonitor* monitor, std::uint64_t events_most = 0);
    // Closes records and totals; nothing may follow. Before the end it is an interrupted run.
    RunTotals finish();
    // A world in this state that goes on by itself, event for event as this one would. It has no
    // recorder. Cost: a copy of all state (docs/python-worlds.md).
    [[nodiscard]] std::unique_ptr<World> fork() const;
    // Declares an event now that is not in the plan: `event.at` must not lie before the time that
    // has been reached. `executors`: the agents that carry it out, if any. Hacks and what follows
    // one, and information, are prepared at the start and cannot be injected (CHECK).
    void inject(const EventPlan& event, std::vector<std::unique_ptr<Agent>> executors);
    // The plan's events, then the injected ones; records name an event by its row here.
    [[nodiscard]] std::span<const EventPlan> events() const { return events_; }
    // What is off now.
    [[nodiscard]] Switches switches() const { return switches_.acting(now_); }
    // From here on other mechanisms are off, as if the plan had said so. Before `off.off_after` and with the
    // same moment as now (CHECK): nothing of them has acted yet, so that a fork of a common beginning goes on
    // event for event as a run with that plan from its start.
    void set_switches(const Switches& off);
    // Time that has been reached by advance; now() is that of the last event.
    [[nodiscard]] SimTime reached() const { return reached_; }
    // Of all events so far and the state as it stands; what RunTotals::digest would be at a finish.
    [[nodiscard]] std::uint64_t state_digest() const;

    // --- state, read by agents' context, recording, analytics of tests ---
    [[nodiscard]] const Plan& plan() const { return plan_; }
    [[nodiscard]] SimTime now() const override { return now_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    [[nodiscard]] const OrderBook& book(InstrumentId i) const { return books_[i.raw()]; }
    [[nodiscard]] const InstrumentFeed& feed(InstrumentId i) const { return feeds_[i.raw()]; }
    [[nodiscard]] const AssetFeed& asset_feed(AssetId a) const { return assets_[a.raw()]; }
    [[nodiscard]] const ClearingHouse& clearing() const override { return clearing_; }
    [[nodiscard]] const FairValue& fair_value() const { return fair_value_; }
    [[nodiscard]] const Instrument& instrument(InstrumentId i) const {
        return plan_.instruments[i.raw()].instrument;
    }
    [[nodiscard]] double mark_usd(InstrumentId i) const;
    [[nodiscard]] double index_usd(AssetId a) const;
    [[nodiscard]] double fear_greed() const { return fear_greed_; }
    [[nodiscard]] double mean_depth_state(AssetId a) const;
    [[nodiscard]] const RunTotals& totals() const { return totals_; }
    [[nodiscard]] const AgentSlot& agent(AgentId a) const { return agents_[a.raw()]; }
    [[nodiscard]] const DefiWorld* chain() const { return defi_ ? &*defi_ : nullptr; }
    [[nodiscard]] const LiquidationEngine& liquidation() const { return liquidation_; }
    // The synthetic dollar: its book at a venue (invalid = none), what it trades at there, and what
    // the venue takes it for as collateral.
    [[nodiscard]] AssetId pegged_asset() const { return pegged_asset_; }
    [[nodiscard]] InstrumentId pegged_spot(VenueId venue) const;
    [[nodiscard]] double pegged_usd(VenueId venue) const;
    [[nodiscard]] IssuerHedge issuer_hedge() const;
    [[nodiscard]] double collateral_usd(VenueId venue) const override;
    [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }

  private:
    friend class AgentContext;
    friend class Recording;
    friend void check_world(const World& world);

    World(const World&) = default;  // fork alone: its parts still point into the original

    // --- setup (world_setup.cpp) ---
    [[nodiscard]] static ClearingConfig clearing_config(const Plan& plan);
    void open_books();
    [[nodiscard]] AccountId hedge_account(InstrumentId i) const;
    void open_hedged_short(AccountId holder, const AccountSeed& s, Lots lots);
    // The cross accounts in several coins, after all rows.
    void open_portfolios(std::span<const AccountSeed> population);
    void open_portfolio(std::span<const AccountSeed> positions);
    // The issuer's part of the basis funds' shorts (world_issuer.cpp).
    void plan_issuer(const std::vector<AccountSeed>& population);
    [[nodiscard]] Lots open_issuer_part(const AccountSeed& s);  // lots taken
    void open_issuer_hedge();
    void open_agents(std::vector<std::unique_ptr<Agent>> agents);
    void open_agent(std::unique_ptr<Agent> agent);
    [[nodiscard]] AccountId open_margined(const AgentSetup& setup, VenueId venue);
    void schedule_wake(std::uint32_t agent);
    void schedule_clocks();

    // --- the loop (world.cpp) ---
    void dispatch(const Event& event);
    void verify_money();      // cheap: after every event
    void verify_all() const;  // whole structure
    void deliver();           // sends what the event left in the outbox

    // --- what events do ---
    void on_index_tick();
    void gather_spot_mids(AssetId asset);  // into index_sources_
    [[nodiscard]] double mean_log_mid(AssetId asset);
    [[nodiscard]] double reference_usd(VenueId venue, AssetId asset) const;
    void on_mark_tick(VenueId venue);
    void on_funding_sample(VenueId venue);
    void on_funding_settle(VenueId venue);
    void on_packet(std::uint32_t slot);
    void on_agent_wake(std::uint32_t agent);
    void call_for_margin(AccountId account, Money initial_margin);
    void on_top_up(std::uint32_t slot);
    void on_depth_sample();
    void on_sentiment_print();
    void on_triggers(InstrumentId i, Ticks mark);
    [[nodiscard]] double impact_usd(InstrumentId i, Side taker) const;
    [[nodiscard]] double sentiment_now() const;

    // --- the chain and pledged coins (world_defi.cpp) ---
    void open_chain();
    void open_wallets(std::uint32_t agent);
    void open_collateral_account(const AccountSeed& s);
    void on_chain_block();
    void credit_arrival(const DefiWorld::VenueArrival& arrival);
    void update_collateral_prices();
    void take_due_cross();

    // --- margin that follows volatility (world_levers.cpp) ---
    void scale_margins(VenueId venue);  // before its marks set anything off

    // --- halts (world_levers.cpp) ---
    void watch_breakers(VenueId venue);  // after its marks were made
    void trip(VenueId venue, AssetId coin);
    void halt_book(InstrumentId i, SimTime until, bool timed);
    void on_timed_halt(VenueId venue);
    void on_reopen(InstrumentId i);

    // --- venue (venue.cpp) ---
    // Executes one command at the venue: checks, matching, settlement, trade prints.
    AddResult execute(const Command& command);
    void publish_fills(const Instrument& inst, Lots resting);
    void publish_fill(const Instrument& inst, const Fill& fill, Lots taker_left);
    // What a resting order of the patient layer traded goes on to the owners whose price it meets.
    void pass_to_profit_takers(const Fill& fill);
    void follow_profit_takers() {
        profit_takers_.follow(clearing_, clearing_.take_changed(ChangeReader::profit));
    }
    void notify_ends(const Command& command,
                     const AddResult& result,
                     std::span<const OrderId> self_cancelled);
    // The venue's band on a user's order, whose worst price may change.
    [[nodiscard]] Reject check_band(Command& command) const;
    [[nodiscard]] std::int64_t premium_vote(InstrumentId i, double index_usd);
    [[nodiscard]] double book_mid_usd(InstrumentId i) const;
    void publish_quote(InstrumentId i) override;
    // Orders that ended or shrank meanwhile: their agents learn of it.
    void tell_changes();
    void schedule_stops();
    void on_due_stops();
    void on_timed_orders();
    void notify(
        const Fill& fill, AccountId account, Side side, OrderId order, Cause cause, Lots left);
    [[nodiscard]] std::uint32_t agent_of(AccountId account) const;  // no_agent for rows and systems
    void tell(std::uint32_t agent, OwnFill own);
    void notify_adl(AccountId account, InstrumentId i, Side side, Ticks price, Lots lots) override;

    // --- host of the liquidation engine ---
    [[nodiscard]] Ticks best(InstrumentId i, Side side) const override {
        return side == Side::buy ? books_[i.raw()].best_bid() : books_[i.raw()].best_ask();
    }
    [[nodiscard]] ClearingHouse& house() override { return clearing_; }
    [[nodiscard]] std::span<const InstrumentId> perps(VenueId venue) const override {
        return perps_of_venue_[venue.raw()];
    }
    [[nodiscard]] Ticks mark(InstrumentId i) const override { return feeds_[i.raw()].mark; }
    [[nodiscard]] Ticks mark_before(InstrumentId i) const override {
        return feeds_[i.raw()].mark_before;
    }
    [[nodiscard]] Ticks oracle_before(InstrumentId i) const override {
        return feeds_[i.raw()].oracle_before;
    }
    [[nodiscard]] double volume_last_minute_usd(InstrumentId i) const override {
        return feeds_[i.raw()].volume(now_, minutes(1));
    }
    [[nodiscard]] bool halted(InstrumentId i) const override { return gateway_.is_halted(i); }
    [[nodiscard]] bool liquidations_neutral() const override { return !switches().forced_orders; }
    [[nodiscard]] InstrumentId collateral_book(VenueId venue) const override {
        return pegged_spot(venue);
    }
    std::span<const Fill> send_now(const Command& order) override {
        ++totals_.messages;
        (void)execute(order);
        return gateway_.fills();
    }
    void schedule_batch(VenueId venue, SimTime at) override {
        queue_.push(at, Phase::liquidation, EventKind::liquidation_batch, venue.raw());
    }
    [[nodiscard]] bool wants_records() const override { return recording_.on(); }
    void record(const LiquidationRecord& record) override { recording_.liquidation(*this, record); }
    void record(const AdlRecord& record) override { recording_.adl(record); }

    // --- sending ---
    [[nodiscard]] std::uint32_t new_packet(std::uint32_t agent, VenueId venue);
    [[nodiscard]] std::uint32_t take_packet(std::uint32_t agent);
    void send(std::uint32_t packet, SimTime arrival);
    // Reduce-only market order for `qty` of a position of `side`, with a handle reserved in its book.
    [[nodiscard]] Command closing_order(
        AccountId account, InstrumentId i, Side side, Lots qty, Cause cause);
    [[nodiscard]] double latency_s(LatencyClass c, VenueId venue, Rng& rng) const;
    [[nodiscard]] Duration inbound_latency(LatencyClass c, VenueId venue) const;
    [[nodiscard]] SimTime arrival_at(VenueId venue, SimTime sent, double latency_seconds) const;
    void send_stop(const Row& row);
    [[nodiscard]] Rng account_rng(AccountId account, Purpose purpose) const;
    // z of a coin's market (agent.hpp).
    [[nodiscard]] double clock_speed(AssetId asset) const;
    void step_load();
    // The row's event is one of those below from now on, if it is of their kind.
    void list_event(std::uint32_t row);
    // Seconds that a request waits in the venue's queue, 0 where load is switched off; the same and
    // what events add.
    [[nodiscard]] double queue_s(VenueId venue) const;
    [[nodiscard]] double wait_s(VenueId venue) const;
    // What regulation leaves of the crowd, and adds to a venue's taker fee, now.
    [[nodiscard]] double retail_there() const;
    [[nodiscard]] double fee_change(VenueId venue) const;
    void set_fees();
    // Whether balances cannot be moved to or from the venue now: an event says so, or its queue is
    // full.
    [[nodiscard]] bool transfers_stopped(VenueId venue) const;

    const Plan& plan_;
    std::uint64_t seed_;
    SimTime now_;
    SimTime reached_;
    std::int64_t next_report_ns_ = 0;  // of the monitor
    std::vector<EventPlan> events_;
    // Rows of them that delay requests (asked for with every request) and that are regulatory (with every order
    // of the crowd); mostly none.
    std::vector<std::uint32_t> delays_, regulations_;
    Switches switches_;
    EventQueue queue_;
    Digest digest_;
    Verify verify_ = Verify::periodic;

    ClearingHouse clearing_;
    LedgerAudit audit_;
    std::vector<OrderBook> books_;
    OrderGateway gateway_{clearing_, books_};
    bool stops_scheduled_ = false;
    std::vector<InstrumentFeed> feeds_;
    std::vector<AssetFeed> assets_;
    std::vector<MarkPrice> marks_;            // by instrument; spots unused
    std::vector<FundingRate> funding_;        // by instrument
    std::vector<BandPremium> band_premiums_;  // by instrument
    struct BookHalt {
        BreakerWatch watch;
        HaltSpan span;  // of the halt that is on
        SimTime until;
    };
    std::vector<BookHalt> halts_;  // by instrument
    struct MarginScale {
        std::int64_t ppm = 1'000'000;
        SimTime next;  // look at volatility
    };
    std::vector<MarginScale> margin_scales_;  // by instrument
    std::vector<PriceLevel> levels_;          // scratch of premium_vote
    std::vector<double> index_now_;           // by asset
    std::vector<double> oracle_now_;          // by asset: chain venues' weighted median
    std::vector<IndexSource> index_sources_;
    std::vector<WeightedPrice> perp_mids_;
    std::vector<SimTime> next_funding_;  // by venue
    FairValue fair_value_;
    double fear_greed_ = 50.0;
    LiquidationEngine liquidation_;
    ProfitTakers profit_takers_;
    Recording recording_;
    std::optional<DefiWorld> defi_;
    AssetId eth_asset_, pegged_asset_;
    std::vector<InstrumentId> pegged_spot_;  // by venue
    std::vector<AccountId> due_cross_, margin_calls_;
    // Opened one after the other, so that their ids are.
    struct Portfolio {
        Side side = Side::buy;
        Money initial_margin;
    };
    std::vector<Portfolio> portfolios_;
    AccountId first_portfolio_;
    [[nodiscard]] const Portfolio* portfolio(AccountId a) const {  // nullptr: it is none
        const std::size_t k = std::size_t{a.raw()} - first_portfolio_.raw();
        return first_portfolio_.valid() && k < portfolios_.size() ? &portfolios_[k] : nullptr;
    }
    std::uint32_t issuer_desk_ = no_agent;      // agent that holds the issuer's shorts
    std::array<std::int64_t, 2> issuer_ppm_{};  // of the basis funds' shorts: bitcoin, ether
    std::array<double, 2> issuer_coins_{};      // taken over
    double issuer_deposit_usd_ = 0.0;
    double issuer_adl_usd_ = 0.0;

    AgentList agent_code_;
    std::vector<AgentSlot> agents_;
    std::vector<std::uint32_t> agent_of_account_;  // by AccountId; no_agent for rows and systems
    DrawNumbers draw_numbers_;
    std::vector<double> depth_state_;    // [agent][asset], NaN = not a maker
    std::vector<std::uint32_t> outbox_;  // by venue: packet under construction, or no_packet
    std::vector<Packet> packets_;
    std::vector<std::uint32_t> free_packets_;
    std::vector<PendingTopUp> top_ups_;
    std::vector<AccountId> due_;
    std::vector<VenueLoad> load_;  // by venue
    std::vector<std::vector<InstrumentId>> perps_of_venue_;
    std::vector<std::vector<InstrumentId>> spots_of_asset_, perps_of_asset_;
    RunTotals totals_;
};

inline constexpr std::uint32_t no_packet = 0xFFFFFFFFU;

// Every law that can be proved by looking: books, clearing, ledger, open interest.
void check_world(const World& world);

}  // namespace margincall::inline sim
