// How an agent sees and touches the market. The world calls `wake`; the agent reads public data as
// it was one inbound latency ago, reads its own confirmed fills, and sends commands that arrive one
// outbound latency later. Nothing else passes between agents and the market.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "chain/chain_call.hpp"
#include "market/instrument.hpp"
#include "market/order.hpp"
#include "plan/plan.hpp"
#include "rules/account.hpp"

namespace margincall::inline chain {
class DefiWorld;
}

namespace margincall::inline sim {

class World;

// Public state of one instrument as an agent sees it. Prices are raw ticks; 0 = none.
struct Quote {
    SimTime at;
    Ticks bid, ask, last;
    double mark = 0, index = 0;  // USD; index = 0 when the asset has no source
    bool halted = false;         // the venue matches nothing in this book
};
[[nodiscard]] inline double mid_usd(const Quote& q, const Instrument& inst) {
    if (q.bid.raw() > 0 && q.ask.raw() > 0) {
        return 0.5 * static_cast<double>(q.bid.raw() + q.ask.raw()) * inst.tick_usd;
    }
    return static_cast<double>(q.last.raw()) * inst.tick_usd;  // one side empty: the last trade
}

// One of the agent's own fills or order ends, delivered one inbound latency after it happened. qty
// = 0 is no fill: the command was refused or the order removed; `left` and `price` say what still
// rests, and `side` says nothing.
struct OwnFill {
    SimTime at;     // when it happened at the venue
    SimTime known;  // when the agent learns of it
    InstrumentId instrument;
    OrderId order;
    Side side = Side::buy;
    Cause cause = Cause::test;
    Ticks price;
    Lots qty;
    Lots left;         // remaining size of the order after the fill
    bool adl = false;  // position taken by auto-deleveraging (order is invalid)
};

// One position of a leveraged account.
struct PositionView {
    InstrumentId instrument;
    Lots qty;              // > 0
    double entry_usd = 0;  // average entry price
};

// What the owner of a leveraged account has to decide by: a row, or a portfolio, which is a cross
// account in several coins.
struct AccountView {
    AccountId account;
    VenueId venue;
    InstrumentId instrument;  // of a row; invalid: a portfolio
    Side side = Side::buy;    // of all its positions
    std::uint32_t weight = 1;
    double margin_usd = 0;    // collateral, without unrealised PnL
    double leverage = 1;      // chosen
    std::uint8_t hedger = 0;  // decides nothing, like an account that pledges coins
    std::uint8_t holds = 0;   // so many positions; 0 = none (any more)
    std::array<PositionView, portfolio_positions_max> held;

    [[nodiscard]] std::span<const PositionView> positions() const { return {held.data(), holds}; }
    void add(const PositionView& position) { held[holds++] = position; }
};

enum class LatencyClass : std::uint8_t { maker, arbitrage, retail };

// A wallet on the simulated chain at the start.
struct WalletSetup {
    double usd = 0.0;           // dollars in it
    double supplied_usd = 0.0;  // dollars lent to `market` from it
    ChainMarket market = ChainMarket::main;
    WalletRights rights = WalletRights::holder;
};

// What the world needs to know of an agent before the run.
struct AgentSetup {
    std::string name;
    LatencyClass latency = LatencyClass::retail;
    std::uint64_t entity = 0;  // stable name for its random streams: entity_name(family, index)
    std::vector<InstrumentId>
        instruments;                   // that it may trade; accounts are opened at their venues
    double cash_usd_per_venue = 0.0;   // deposit
    bool wants_fills = false;          // keep an inbox of own fills
    bool takes_hedges = false;         // starts with the hedged shorts of basis funds
    bool hedges_issuer = false;        // starts with the issuer's part of them
    bool is_treasury = false;          // its wallets are the issuer's: custody, liquid dollars
    std::vector<WalletSetup> wallets;  // on chain, when the plan has one
    bool watches_chain = false;        // woken after blocks that leave accounts to liquidate
    // Its accounts are margined and liquidated like those of the population, and are left out where
    // accounts' draws are numbered: whoever may be absent from a run says so. Its deposits, by
    // VenueId, and 100 times the leverage that the accounts are set to; empty: a firm's accounts.
    std::vector<Money> margin;
    std::int64_t margin_leverage_e2 = 100;
    SimTime first_wake;
};

// Everything that a wake-up may use. Cheap to pass by reference; valid during the call only.
class AgentContext {
  public:
    AgentContext(World& world, AgentId agent) : world_(world), agent_(agent) {}

    [[nodiscard]] SimTime now() const;
    [[nodiscard]] const Plan& plan() const;
    // Which mechanisms are off now.
    [[nodiscard]] Switches switches() const;
    [[nodiscard]] AgentId self() const { return agent_; }
    [[nodiscard]] const Instrument& instrument(InstrumentId id) const;

    // --- public market data, one inbound latency old ---
    [[nodiscard]] Quote quote(InstrumentId id) const;
    // USD resting on one side within `distance` (share of mid), from the last public depth sample
    // (every OutputPlan::depth); 0 before the first.
    [[nodiscard]] double depth_usd(InstrumentId id, Side side, double distance) const;
    // Volume traded in the last `window` (<= 1 h, minute grid), USD.
    [[nodiscard]] double volume_usd(InstrumentId id, Duration window) const;
    // Taker buys minus taker sells since the start of the run, USD, as the trade prints show them.
    // Trades that makers start among themselves are left out: they pass on risk and say nothing
    // new.
    [[nodiscard]] double taker_net_usd(InstrumentId id) const;
    // Index of the asset `ago` before now (second grid, up to 8 days incl. the history), USD.
    [[nodiscard]] double index_ago(AssetId asset, Duration ago) const;
    // Realised volatility of the asset over all its books (market_data.hpp), as a daily standard
    // deviation.
    [[nodiscard]] double volatility(AssetId asset) const;
    // z = max(1, volatility / the plan's): how many times faster than on an ordinary day the
    // market's clock runs.
    [[nodiscard]] double clock_speed(AssetId asset) const;
    // Seconds that a request waits in front of the venue, as its own last ones did; whether balances
    // cannot be moved to or from it.
    [[nodiscard]] double venue_wait_s(VenueId venue) const;
    [[nodiscard]] bool transfers_stopped(VenueId venue) const;
    // Taker fee of a venue now, share of what is traded.
    [[nodiscard]] double taker_fee(VenueId venue) const;
    // Share of the crowd that regulation leaves in the market: 1 in an ordinary one.
    [[nodiscard]] double retail_there() const;
    // Latest funding estimate of a perp, fraction per 8 h.
    [[nodiscard]] double funding_8h(InstrumentId id) const;
    // What a long of one coin has paid in funding since the start (a short has received), USD.
    [[nodiscard]] double funding_paid_usd(InstrumentId id) const;

    // --- exogenous state; only agents whose model gives them news read it ---
    [[nodiscard]] double fair_value(AssetId asset,
                                    Duration delay) const;  // F as of now - delay, USD
    [[nodiscard]] double uncertainty() const;               // U
    [[nodiscard]] double fear_greed() const;                // last printed index

    // --- own state as confirmed to the agent ---
    // Perp: contracts; spot: coins in lots; signed. Of margined accounts what the venue has, which may
    // have closed some of it.
    [[nodiscard]] Lots position(InstrumentId id) const;
    [[nodiscard]] double cash_usd(VenueId venue) const;
    [[nodiscard]] std::span<const OwnFill> new_fills();  // since the last call (wants_fills only)

    // --- actions; arrive one outbound latency later, in the order sent ---
    OrderId limit(InstrumentId id,
                  Side side,
                  Ticks price,
                  Lots qty,
                  TimeInForce tif,
                  PostOnly post,
                  Cause cause);
    OrderId market(InstrumentId id, Side side, Lots qty, Cause cause);  // IOC without a price
    // Any other: a stop, reduce-only, good till a time. Account and handle are filled in.
    OrderId order(Command command);
    void cancel(InstrumentId id, OrderId order);
    void amend(InstrumentId id,
               OrderId order,
               Ticks price,
               Lots qty);  // keeps priority only if just smaller
    void cancel_all(InstrumentId id);

    // --- the chain; state as of its last block ---
    [[nodiscard]] const DefiWorld* chain() const;  // nullptr: the plan has none
    // Executes `blocks` (at least 1) blocks from now. The agent's number is filled in.
    void call(ChainCall call, std::uint32_t blocks);

    void wake_at(SimTime at);  // the agent's next wake-up (keeps the earliest pending)
    void wake_after(Duration d) { wake_at(now() + d); }

    // Stream of this agent for a purpose; state is kept between wake-ups.
    [[nodiscard]] Rng& rng(Purpose purpose);

    // --- leveraged accounts (section 5): rows and portfolios of the population, traded on behalf of
    // their owners --- Opens a new row: deposits its margin and sends a market order after a retail
    // latency. What the book does not fill is not opened.
    void open_account(const AccountSeed& seed, Cause cause);
    // Accounts that changed since the last call otherwise than by funding, each once; at the first
    // call all. For the one agent that acts for the owners; valid until the next call.
    [[nodiscard]] std::span<const AccountId> changed_accounts();
    [[nodiscard]] AccountView account_view(AccountId account) const;
    // Sends a reduce-only market order for `share_ppm` of the account's position in an instrument.
    void close_position(AccountId account, InstrumentId id, std::int64_t share_ppm, Cause cause);

    // Lots that owners of accounts want to close at a profit by an order of that side at `price`, as
    // the orders that they have placed say (profit_takers.hpp).
    [[nodiscard]] Lots profit_wanted(InstrumentId id, Side order, Ticks price);

    // Shows a maker's depth state l of an asset (recorded and averaged; read by arbitrageurs).
    void publish_depth_state(AssetId asset, double state);
    [[nodiscard]] double depth_state(AssetId asset) const;  // mean over makers, as last published
    // A maker whose capital is gone says so once; counted (RunTotals::makers_ruined).
    void report_ruin();

  private:
    [[nodiscard]] Command own_command(CommandKind kind, InstrumentId id) const;
    void send(const Command& command);  // into the packet to the instrument's venue

    World& world_;
    AgentId agent_;
};

class Agent {
  public:
    Agent() = default;
    Agent& operator=(const Agent&) = delete;
    Agent(Agent&&) = delete;
    Agent& operator=(Agent&&) = delete;
    virtual ~Agent() = default;
    [[nodiscard]] virtual AgentSetup setup() const = 0;
    virtual void wake(AgentContext& context) = 0;
    // One that goes on from here by itself, for a forked world.
    [[nodiscard]] virtual std::unique_ptr<Agent> clone() const = 0;
    // A declared event that is not in the plan (World::inject). Only agents that follow declared news
    // other than through the context have anything to do.
    virtual void on_injected(const EventPlan& /*event*/) {}

  protected:
    Agent(const Agent&) = default;  // clone() alone: half an agent must not be copied
};

// What every family derives from: its clone is a copy of all it holds.
template <class Family>
class AgentOf : public Agent {
  public:
    [[nodiscard]] std::unique_ptr<Agent> clone() const override {
        return std::make_unique<Family>(static_cast<const Family&>(*this));
    }
};

// The agents of a world, copied with it.
class AgentList {
  public:
    AgentList() = default;
    // Containers convert silently. NOLINTNEXTLINE(google-explicit-constructor)
    AgentList(std::vector<std::unique_ptr<Agent>> agents) : agents_(std::move(agents)) {}
    AgentList(const AgentList& other) {
        agents_.reserve(other.size());
        for (const std::unique_ptr<Agent>& agent : other.agents_) {
            agents_.push_back(agent->clone());
        }
    }
    AgentList& operator=(const AgentList&) = delete;
    AgentList(AgentList&&) = default;
    AgentList& operator=(AgentList&&) = default;
    ~AgentList() = default;

    [[nodiscard]] std::size_t size() const { return agents_.size(); }
    [[nodiscard]] Agent& operator[](std::size_t k) { return *agents_[k]; }
    void add(std::unique_ptr<Agent> agent) { agents_.push_back(std::move(agent)); }

  private:
    std::vector<std::unique_ptr<Agent>> agents_;
};

}  // namespace margincall::inline sim
