// DefiWorld: the chain of a run. It owns tokens, lending markets, pools and their users on the
// world's one ledger, and advances in blocks: oracles answer, calls that are due execute in the
// order in which they were sent, accounts within reach of liquidation are found.
//
// It knows no venue and no book. What agents move between chain and venues are postings between
// their own accounts of the same ledger asset. Sources and worked examples:
// docs/defi-in-the-loop.md.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "chain/borrowers.hpp"
#include "chain/chain_call.hpp"
#include "chain/dollar_pools.hpp"
#include "chain/incident_pools.hpp"
#include "defi/aave_oracle.hpp"
#include "defi/aave_pool.hpp"
#include "defi/usde.hpp"
#include "plan/plan.hpp"

namespace margincall::inline chain {

// What a block reads of the markets; USD.
struct BlockPrices {
    double eth = 0.0;
    double btc = 0.0;
    double synthetic = 1.0;  // median of the venues' books
};

struct ChainLiquidation {
    std::uint32_t borrower = 0;
    std::uint32_t agent = 0;  // keeper
    ChainMarket market = ChainMarket::main;
    ChainToken collateral = ChainToken::eth;
    double debt_usd = 0.0;
    double seized_usd = 0.0;  // at the oracle's price, the protocol's share included
    double deficit_usd = 0.0;
    double health = 0.0;
};

// State of one reserve for recording and depositors; USD at the oracle's price.
struct ReserveState {
    ChainMarket market = ChainMarket::main;
    ChainToken token = ChainToken::usd;
    double utilisation = 0.0;
    double borrow_rate = 0.0, supply_rate = 0.0;  // per year
    double supplied_usd = 0.0, borrowed_usd = 0.0, available_usd = 0.0, deficit_usd = 0.0;
    double price = 0.0;
};

// The synthetic dollar's issuer, USD.
struct IssuerState {
    double supply_usd = 0.0;   // in issue and asked back but not yet paid
    double backing_usd = 0.0;  // stablecoins, coins and the profit of their hedge
    double reserve_usd = 0.0;  // reserve fund
    double hedge_pnl_usd = 0.0;
    double value = 1.0;  // of one synthetic dollar in a redemption of all
};

// A loop: synthetic dollars lent, dollars borrowed against them.
struct LoopState {
    std::uint32_t account = 0;
    double collateral_usd = 0.0, debt_usd = 0.0;
    double limit = 0.0;  // most debt over collateral before it is liquidated
};

// State of one pool for recording.
struct PoolState {
    const char* name = "";
    double price = 0.0;       // USD per synthetic dollar, or ether per share
    double invariant = 1.0;   // over its value at the start
    double traded_usd = 0.0;  // since the start; of an attacked pool: what was taken out
};

// Debt by health factor: bins from 0.9 (first: below) to 2.0 (last: above).
inline constexpr double health_from = 0.9, health_step = 0.05;
inline constexpr std::size_t health_bins = 24;
using HealthHistogram = std::array<double, health_bins>;

struct DefiTotals {
    double borrowed_start_usd = 0.0;
    double liquidated_usd = 0.0;  // debt repaid by keepers
    std::uint64_t liquidations = 0;
    double stolen_usd = 0.0;  // computed by the pools
    std::uint64_t calls = 0, reverted = 0;
    std::uint64_t exact_health = 0;  // accounts computed exactly
    std::uint64_t blocks = 0;
    double redeemed_usd = 0.0;
    double unwound_usd = 0.0;  // repaid by loops that left
};

inline constexpr std::uint32_t no_treasury = 0xFFFFFFFFU;

class DefiWorld {
  public:
    // `first_asset`: the first ledger asset that belongs to the chain alone.
    DefiWorld(const Plan& plan, Ledger& ledger, LedgerAsset first_asset);
    DefiWorld(const DefiWorld&) = default;  // posts to the same ledger until rebind
    DefiWorld& operator=(const DefiWorld&) = delete;
    DefiWorld(DefiWorld&&) = delete;
    DefiWorld& operator=(DefiWorld&&) = delete;
    ~DefiWorld() = default;
    void rebind(Ledger& ledger) { tokens_.rebind(ledger); }
    // Ledger assets that the chain of such a plan needs beside dollars and coins.
    [[nodiscard]] static std::uint32_t own_assets();

    // --- agents ---
    // A wallet on chain with dollars in it; numbered from 0 per agent.
    std::uint32_t open_wallet(std::uint32_t agent,
                              double usd,
                              WalletRights rights = WalletRights::holder);
    // The issuer's treasury: wallet 0 is custody of the hedged coins, wallet 1 its liquid dollars.
    void open_treasury(std::uint32_t agent);
    // Before the run: this many coins of the backing are hedged, bought with its dollars.
    void open_hedge(double btc, double eth);
    // The agent's account at a venue, for moves between chain and venue.
    struct VenueAccounts {
        LedgerAccountId usd;
        LedgerAccountId eth, btc, synthetic;  // invalid where the venue has none
    };
    void bind_venue(std::uint32_t agent, VenueId venue, const VenueAccounts& accounts);
    // Lenders: gives `usd` dollars to a wallet and supplies them at once (before the run).
    void start_deposit(std::uint32_t agent, std::uint32_t wallet, ChainMarket market, double usd);
    // Executes in the first block after `blocks` more; 1 = the next.
    void send(const ChainCall& call, std::uint32_t blocks);

    // --- the clock ---
    struct VenueArrival {
        std::uint32_t agent = 0;
        VenueId venue;
        ChainToken token = ChainToken::usd;
        Amount amount;
    };
    void on_block(SimTime now, const BlockPrices& prices);
    // Profit of the issuer's perpetuals so far, as the venues have it.
    void report_hedge_pnl(double usd);
    // A `collateral` event: the share token is worth this share of what it was.
    void mark_share(double value);

    // --- reading ---
    [[nodiscard]] const std::vector<AtRisk>& at_risk() const { return at_risk_; }
    [[nodiscard]] const std::vector<ChainLiquidation>& new_liquidations() const { return news_; }
    [[nodiscard]] const std::vector<VenueArrival>& arrivals() const { return arrivals_; }
    [[nodiscard]] double wallet_amount(std::uint32_t agent,
                                       std::uint32_t wallet,
                                       ChainToken token) const;  // whole tokens
    [[nodiscard]] U256 wallet_balance(std::uint32_t agent,
                                      std::uint32_t wallet,
                                      ChainToken token) const;  // raw units
    [[nodiscard]] std::vector<ReserveState> reserve_states() const;
    [[nodiscard]] HealthHistogram health_histogram() const;
    [[nodiscard]] const std::optional<IncidentPools>& incident() const { return incident_; }
    [[nodiscard]] const std::optional<DollarPools>& dollar_pools() const { return pools_; }
    [[nodiscard]] std::vector<PoolState> pool_states() const;
    [[nodiscard]] IssuerState issuer_state() const;
    // Coins of the backing, in custody and at venues: what should be short, whole coins.
    [[nodiscard]] double hedged_coins(ChainToken token) const;
    // Coins to buy (or, negative, to sell) so that custody has as many for what is owed as at the
    // start.
    [[nodiscard]] double coins_to_trade(ChainToken token) const;
    // Open loops of synthetic dollars against dollars.
    [[nodiscard]] std::vector<LoopState> dollar_loops() const;
    [[nodiscard]] double dollar_borrow_rate() const;  // of the main market, per year
    [[nodiscard]] const DefiTotals& totals() const { return totals_; }
    [[nodiscard]] std::size_t waiting_calls() const { return waiting_.size(); }
    [[nodiscard]] double price_usd(ChainToken token) const;
    [[nodiscard]] double share_value() const { return share_value_; }
    [[nodiscard]] double staked_rate(ChainToken token) const;

    // CHECKs that claims are backed and pools agree with the ledger.
    void check() const;

  private:
    struct Waiting {
        std::uint64_t block = 0;
        std::uint64_t order = 0;
        ChainCall call;
    };
    struct AgentWallets {
        std::vector<HolderId> wallets;
        std::vector<HolderId> at_venue;  // by venue; invalid until bound
    };
    struct Market {
        std::optional<aave::LendingPool> pool;
        std::array<aave::ReserveId, chain_tokens> reserve{};  // invalid = not listed
    };

    // --- setup (defi_setup.cpp) ---
    enum class GroupKind : std::uint8_t { loop, directional };
    struct GroupDraw {
        ChainMarket market = ChainMarket::main;
        ChainToken collateral = ChainToken::eth;
        ChainToken debt = ChainToken::usd;
        aave::EModeId mode = 0;
        double threshold = 0.0;
        double usd = 0.0;
        double limit_from = 0.0, limit_to = 0.0;
        GroupKind kind = GroupKind::directional;
    };
    void open_token(const Plan& plan, ChainToken t);
    void open_main_market();
    void open_share_market();
    void open_issuer();
    void open_elsewhere();
    void add_reserve(Market& m, aave::ReserveParameters parameters, ChainToken t);
    void open_groups(const std::vector<GroupDraw>& draws, double utilisation, std::int64_t rows);
    // What an oracle would answer now if it had no lag, USD.
    [[nodiscard]] double market_price(ChainToken t) const;
    [[nodiscard]] aave::ReserveId reserve_of(ChainMarket m, ChainToken t) const {
        return market(m).reserve[static_cast<std::size_t>(t)];
    }
    void set_critical(std::uint32_t borrower);

    // --- blocks ---
    void read_oracles();
    void execute(const ChainCall& call);
    [[nodiscard]] bool run_liquidation(const ChainCall& call);
    [[nodiscard]] bool run_withdrawal(const ChainCall& call);
    [[nodiscard]] bool run_transfer(const ChainCall& call);
    [[nodiscard]] bool run_unwrap(const ChainCall& call);
    [[nodiscard]] bool run_attack(const ChainCall& call);
    [[nodiscard]] bool run_synthetic(const ChainCall& call);
    [[nodiscard]] bool run_swap(const ChainCall& call);
    [[nodiscard]] bool run_unwind(const ChainCall& call);
    [[nodiscard]] bool run_wind(const ChainCall& call);
    void find_at_risk();
    void look_at(std::uint32_t borrower);
    void reorder(std::uint32_t borrower);

    [[nodiscard]] Market& market(ChainMarket m) { return m == ChainMarket::main ? main_ : share_; }
    [[nodiscard]] const Market& market(ChainMarket m) const {
        return m == ChainMarket::main ? main_ : share_;
    }
    [[nodiscard]] TokenId token(ChainToken t) const { return token_[static_cast<std::size_t>(t)]; }
    [[nodiscard]] HolderId wallet(std::uint32_t agent, std::uint32_t k) const {
        return agents_[agent].wallets[k];
    }
    AgentWallets& wallets_of(std::uint32_t agent);

    const DefiPlan& plan_;
    std::uint64_t seed_;
    TokenBook tokens_;
    std::array<TokenId, chain_tokens> token_{};
    LedgerAsset next_asset_ = 0;
    HolderId base_;       // lenders who stay
    HolderId elsewhere_;  // holders of the synthetic dollar who do nothing here
    std::optional<usde::SyntheticDollar> issuer_;
    std::uint32_t treasury_ = no_treasury;            // agent
    double btc_per_owed_ = 0.0, eth_per_owed_ = 0.0;  // coins of the backing at the start
    Market main_, share_;
    std::vector<Borrower> borrowers_;
    std::vector<BorrowerGroup> groups_;
    std::optional<IncidentPools> incident_;
    std::optional<DollarPools> pools_;
    std::vector<AgentWallets> agents_;
    std::vector<Waiting> waiting_;  // in order of (block, order)
    std::array<aave::LaggedFeed, chain_tokens> feeds_{};
    BlockPrices prices_;
    double share_value_ = 1.0;
    std::uint64_t now_s_ = 0;
    std::uint64_t sent_ = 0;
    std::uint32_t settlements_ = 0;
    std::uint64_t hour_ = 0;
    std::array<double, 2> withdrawn_in_hour_{};
    std::vector<AtRisk> at_risk_;
    std::vector<ChainLiquidation> news_;
    std::vector<VenueArrival> arrivals_;
    DefiTotals totals_;
};

}  // namespace margincall::inline chain
