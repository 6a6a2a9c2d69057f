// Clearing house: who holds what at every venue, and the only code that settles trades. Every
// account of a run and of a given book is here, and the liquidation engine
// (liquidation_engine.hpp) asks the same questions of all of them.
//
// Four kinds of accounts share one id space:
//   row      a leveraged account with one perpetual position (the population; may stand for
//            `weight` like accounts) that the venue margins, triggers and liquidates;
//   cross    an account with any number of positions, one-way or hedged, with its own margin or
//            behind one wallet in dollars and coins, margined, triggered and liquidated as one
//            (cross_accounts.hpp, clearing_cross.cpp);
//   agent    a professional firm's account at one venue: many positions and coins, not liquidated
//            in this version (docs/margin.md says so), but subject to auto-deleveraging;
//   system   funds, engines or vaults of a venue (their cash is the fund), its outside
//            liquidators, and the neutral counterparty of the "no forced orders" experiment.
//
// A position is a balance of contracts in the ledger plus a signed cost (long +, short -,
// micro-USD). Laws, checked by `check_clearing`: contracts sum to zero per instrument; the
// instrument's clearing account holds minus the sum of all costs, whatever was rounded; every asset
// sums to zero.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/big_vector.hpp"
#include "clearing/cross_accounts.hpp"
#include "clearing/safe_box.hpp"
#include "clearing/trigger_index.hpp"
#include "ledger/ledger.hpp"
#include "market/instrument.hpp"
#include "market/order.hpp"
#include "rules/account.hpp"
#include "rules/margin.hpp"
#include "rules/position_terms.hpp"
#include "rules/rules.hpp"

namespace margincall::inline clearing {

// A fund, engine or vault that bears the losses of some of its venue's instruments.
struct FundConfig {
    VenueId venue;
    Money initial;
};

struct ClearingConfig {
    std::vector<Instrument> instruments;  // dense by InstrumentId
    std::vector<MarginTiers> tiers;       // per instrument; empty for spot
    std::vector<VenueRules> venues;       // per VenueId
    std::uint32_t assets = 0;             // coins (AssetId), without the dollar
    std::uint32_t other_assets = 0;       // ledger assets behind them that belong to somebody else
    bool stops = true;                    // false: stop orders never fire
    std::int64_t top_up_ratio_ppm = 800'000;  // margin ratio at which owners think of a top-up; > 0
    // By AssetId: which coins count as collateral of cross accounts. May be empty: none. `unit` is
    // also what a whole coin is where `margin` says what it counts for.
    std::vector<CollateralCoin> collateral;
    // By VenueId: contracts and schedules by InstrumentId, collateral by asset (0 = the dollar, 1 +
    // AssetId = a coin). Where it is left out, marginal `tiers` at the mark, dollars at par and
    // `collateral`.
    std::vector<PortfolioRules> margin;
    std::vector<MarginSchedule> overrides;  // that positions of cross accounts may have instead
    std::vector<FundConfig> funds;          // empty: one a venue, with its rules' initial balance
    std::vector<std::uint32_t> fund_of;     // by InstrumentId: row of `funds`; empty: the venue's
    bool hedge_mode = false;                // some accounts hold a long and a short apart
};

enum class AccountKind : std::uint8_t { row, agent, system, cross };

enum class RowState : std::uint8_t {
    opening,  // order on its way, no position yet
    open,
    in_liquidation,
    closed,
};

// Why a row's trigger price was reached.
enum class TriggerKind : std::uint8_t { none, liquidation, stop, top_up };

struct Row {
    LedgerAccountId cash;             // USD; the contract account is the next ledger account
    std::int64_t cost = 0;            // signed, micro-USD
    std::int64_t stop = 0;            // ticks, 0 = none
    std::int64_t top_up = 0;          // ticks, 0 = none or used
    std::int64_t liquidation = 0;     // ticks, 0 = never
    std::int64_t initial_margin = 0;  // micro-USD at opening
    std::uint32_t instrument = 0;
    std::uint32_t local = 0;      // dense index among the rows of this instrument and side
    std::uint32_t live_slot = 0;  // place in the instrument's list of live rows
    std::uint32_t weight = 1;
    std::uint32_t leverage_e2 = 100;
    AccountId account;
    Side side = Side::buy;
    MarginMode mode = MarginMode::isolated;
    RowState state = RowState::opening;
    std::uint8_t hedger = 0;
    std::uint8_t forced_before = 0;  // was liquidated at least once in this run
    std::uint8_t pending_close = 0;  // a stop or closing order is on its way
    std::uint8_t changed = 0;        // bit k: in the list of take_changed of reader k
};

// One position of an account that is looked at.
struct HeldPosition {
    InstrumentId instrument;
    Side side = Side::buy;  // buy = long
    PositionState state;    // collateral: all of a row's; else left out
    PositionTerms terms;
    Money maintenance;
    [[nodiscard]] Lots lots() const { return magnitude(state.qty); }
};

// Who asks which accounts have changed; each has a list of its own.
enum class ChangeReader : std::uint8_t { owners, map, profit };

class ClearingHouse {
  public:
    ClearingHouse(const ClearingConfig& config, std::size_t rows_hint);

    // --- accounts ---
    [[nodiscard]] AccountId open_agent(VenueId venue);
    // Opens a row, deposits its margin from outside. With `position` it is opened at its entry
    // price against the instrument's opening balance (burn-in); otherwise it waits for fills.
    enum class WithPosition : std::uint8_t { no, yes };
    [[nodiscard]] AccountId open_row(const AccountSeed& seed, WithPosition with);
    // Gives an agent a position at `price` against the same opening balance.
    void open_agent_position(AccountId agent, InstrumentId i, Side side, Lots qty, Ticks price);
    // A cross account without positions. `positions`: instruments for which it gets its contract
    // account at once, beside its cash; the others follow with the first trade. leverage_e2 = 100
    // times the chosen leverage; 0 = the highest that the tiers allow, of an account that sends no
    // orders.
    [[nodiscard]] AccountId open_cross(VenueId venue,
                                       std::int64_t leverage_e2,
                                       std::uint32_t weight,
                                       std::span<const InstrumentId> positions,
                                       std::uint8_t kind = 0);  // bits of CrossKind
    // Room for so many more, so that nothing is allocated later; of each factor the same, or by
    // instrument.
    void reserve_cross(std::size_t accounts, std::size_t holdings_per_factor);
    void reserve_cross(std::size_t accounts, std::span<const std::size_t> positions);
    // Burn-in: a position of a cross account at its entry price, against the opening balance.
    void open_cross_position(AccountId account, InstrumentId i, Lots signed_lots, Ticks entry);
    // The same at a cost that need not be a whole price; `terms` = 1 + row of the overrides.
    void open_cross_position(
        AccountId account, InstrumentId i, Lots signed_lots, Money cost, std::uint16_t terms);
    // After the burn-in: the clearing accounts receive from outside what the different entry prices
    // of longs and shorts owe; CHECKs that contracts net to zero.
    void finish_opening();
    void deposit(AccountId account, Money amount, Reason reason);  // < 0: owed from the start
    void withdraw(AccountId account, Money amount, Reason reason);
    // Coins from outside into a cross account.
    void deposit_coins(AccountId account, AssetId asset, Amount amount, Reason reason);

    // --- reading ---
    [[nodiscard]] std::size_t account_count() const { return accounts_.size(); }
    [[nodiscard]] AccountKind kind(AccountId a) const { return accounts_[a.raw()].kind; }
    [[nodiscard]] VenueId venue(AccountId a) const { return accounts_[a.raw()].venue; }
    [[nodiscard]] Lots position(AccountId a, InstrumentId i) const;
    [[nodiscard]] Money cost(AccountId a, InstrumentId i) const;
    [[nodiscard]] Money cash(AccountId a) const;
    [[nodiscard]] Amount coins(AccountId a, AssetId asset) const;  // not of rows
    [[nodiscard]] bool is_row(AccountId a) const {
        return accounts_[a.raw()].kind == AccountKind::row;
    }
    [[nodiscard]] Row& row(AccountId a) { return rows_[accounts_[a.raw()].slot]; }
    [[nodiscard]] const Row& row(AccountId a) const { return rows_[accounts_[a.raw()].slot]; }
    // (g++ 12 drops calls of a prefetching function unless it is inlined at once.)
    // For whoever knows a few accounts ahead which row comes: the row with its money, later its
    // places in the trigger index and the list of live rows.
    [[gnu::always_inline]] inline void prefetch_row(AccountId a) const {
        const char* const at = reinterpret_cast<const char*>(&rows_[accounts_[a.raw()].slot]);
        __builtin_prefetch(at, 1);
        __builtin_prefetch(at + sizeof(Row) - 1, 1);
        ledger_.prefetch(cash_account(a));
        ledger_.prefetch(LedgerAccountId::from_raw(cash_account(a).raw() + 1));
    }
    [[gnu::always_inline]] inline void prefetch_row_places(AccountId a) const {
        const Row& r = row(a);
        triggers_[side_row(InstrumentId::from_raw(r.instrument), r.side)].prefetch(r.local);
        if (const auto& live = live_[r.instrument]; r.live_slot < live.size()) {
            __builtin_prefetch(&live[r.live_slot], 1);
        }
    }
    [[nodiscard]] std::span<const Row> rows() const { return rows_; }
    [[nodiscard]] const std::vector<AccountId>& live_rows(InstrumentId i) const {
        return live_[i.raw()];
    }
    // Rows and cross accounts that traded, or whose money somebody changed, since the last call, each
    // once, in the order of their first change. Funding is left out: it moves the money of all who
    // hold an instrument by the same amount a coin. Valid until the reader's next call. At the first
    // call all that ever were, rows first.
    [[nodiscard]] std::span<const AccountId> take_changed(ChangeReader reader);
    [[nodiscard]] PositionState state(const Row& r) const;
    [[nodiscard]] Lots open_interest(InstrumentId i) const {
        return Lots::from_raw(open_interest_[i.raw()]);
    }
    // Funds: rows of ClearingConfig::funds. A venue's first fund stands for it where it has one.
    [[nodiscard]] std::size_t funds() const { return fund_.size(); }
    [[nodiscard]] AccountId fund_account(std::size_t fund) const { return fund_[fund]; }
    [[nodiscard]] std::size_t fund_row(InstrumentId i) const { return config_.fund_of[i.raw()]; }
    [[nodiscard]] AccountId fund_of(InstrumentId i) const { return fund_[fund_row(i)]; }
    [[nodiscard]] AccountId fund(VenueId v) const { return fund_[first_fund_[v.raw()]]; }
    [[nodiscard]] Money bad_debt_of(std::size_t fund) const {
        return -to_money(ledger_.balance(bad_debt_[fund]));
    }
    [[nodiscard]] Money bad_debt(VenueId v) const;  // of all its funds
    // Paid so far by the firm that runs the venue, for what no fund covered (ShortfallTo::firm).
    [[nodiscard]] Money firm_paid(VenueId v) const;
    // Cash, positions at the mark and coins at their collateral price, of an agent or system
    // account.
    [[nodiscard]] Money portfolio_equity(AccountId a) const;
    // What an instrument has earned its fund since the start, marked to market.
    [[nodiscard]] Money fund_profit(InstrumentId i) const;
    [[nodiscard]] AccountId neutral(VenueId v) const { return neutral_[v.raw()]; }
    [[nodiscard]] AccountId outside(VenueId v) const { return outside_[v.raw()]; }
    [[nodiscard]] const std::vector<AccountId>& agents(VenueId v) const {
        return agents_of_[v.raw()];
    }
    [[nodiscard]] const Instrument& instrument(InstrumentId i) const {
        return config_.instruments[i.raw()];
    }
    [[nodiscard]] const MarginTiers& tiers(InstrumentId i) const { return config_.tiers[i.raw()]; }
    [[nodiscard]] const VenueRules& rules(VenueId v) const { return config_.venues[v.raw()]; }
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] Ledger& ledger() { return ledger_; }
    // Ledger accounts of an agent, for whoever moves its coins in and out of the venue.
    [[nodiscard]] LedgerAccountId cash_ledger(AccountId a) const { return cash_account(a); }
    [[nodiscard]] LedgerAccountId coin_ledger(AccountId a, AssetId asset) const {
        CHECK(accounts_[a.raw()].kind == AccountKind::agent);
        return portfolio_coins_[accounts_[a.raw()].slot][asset.raw()];
    }
    // Lets `audit` hear every posting from now on; the few made before (the funds' deposits) are
    // told.
    void start_audit(PostingObserver& audit);
    // Of a copied house: its own audit, which knows everything that the original's does.
    void rebind_audit(PostingObserver& audit) { ledger_.set_observer(&audit); }

    // --- trading ---
    // Settles one match: contracts or coins, realised PnL, fees. Liquidation orders pay no trading
    // fee (their fee is the venue's liquidation fee, charged by `charge_liquidation_fee`).
    void settle(const Fill& fill);
    // Moves `lots` (> 0) of a's position (in its direction) to b at `price` without fees: takeover,
    // ADL, neutral closing.
    void transfer(AccountId from,
                  AccountId to,
                  InstrumentId i,
                  Side side_of_from,
                  Lots lots,
                  Ticks price,
                  Reason reason);
    // Covers a fund that owes more than it owns: by `amount` (> 0) grows its bad debt, or what the
    // firm has paid.
    void cover_fund(std::size_t fund, Money amount) {
        cover_shortfall(fund, cash_account(fund_[fund]), amount);
    }
    // Spreads a loss (> 0) of a fund over those who hold its instruments, by size or by gain, each
    // share rounded up until it is paid; returns what was paid.
    Money socialise(std::size_t fund, Money loss, SocialiseBy by);
    // A row without position: a negative balance is covered by the fund (then bad debt), a positive
    // one leaves. The row is closed.
    void close_row(Row& r);
    // Funding of one instrument: every holder pays or receives qty * price * rate. Returns what
    // longs paid.
    Money settle_funding(InstrumentId i, Ticks price, std::int64_t rate_ppb);

    // Added to the taker fee of the venue's rules from now on, millionths.
    void set_fee_change(VenueId v, std::int64_t ppm) { fee_change_ppm_[v.raw()] = ppm; }
    [[nodiscard]] std::int64_t fee_change_ppm(VenueId v) const { return fee_change_ppm_[v.raw()]; }

    // --- triggers ---
    // Recomputes the row's liquidation price and puts its next trigger into the index.
    void refresh(Row& r);
    void remove_trigger(Row& r);
    [[nodiscard]] TriggerIndex& triggers(InstrumentId i, Side side) {
        return triggers_[side_row(i, side)];
    }
    // Appends the rows whose trigger is reached at `mark`, in order; they are out of the index
    // then.
    void pop_due(InstrumentId i, Ticks mark, std::vector<AccountId>& due);
    // From now on the contract's maintenance and initial rates are so many times those of its table
    // (marginal, in dollars). Costs a look at every account that holds it.
    void scale_margin(InstrumentId i, std::int64_t scale_ppm);
    // What a row must post to open at the least, where rates were ever scaled; else 0.
    [[nodiscard]] Money least_opening_margin(const Row& r, Money value) const;
    [[nodiscard]] TriggerKind due_kind(const Row& r, Ticks mark) const;
    [[nodiscard]] bool liquidatable_at(const Row& r, Ticks mark) const;

    // --- what another mark would set off; nothing changes (clearing_what_if.cpp) ---
    // f(const Row&, Ticks trigger) for every open row of the side whose next trigger (liquidation,
    // stop or top-up) a mark would reach.
    template <class F>
    void for_each_row_due(InstrumentId i, Side side, Ticks mark, F&& f) const {
        const std::size_t at = side_row(i, side);
        triggers_[at].for_each_due(mark, [&](std::uint32_t local, Ticks price) {
            f(row(row_of_local_[at][local]), price);
        });
    }
    // Appends, by id, the open cross accounts that these marks (by InstrumentId, 0 = not known; none above
    // the one now) take out of their safe box, and those to be looked at anyway: liquidatable_at says who
    // of them would be. Nobody else would, if pop_due_cross was called since prices last moved.
    void append_perhaps_due(std::span<const Ticks> marks, std::vector<AccountId>& out) const;
    // Would the cross account be liquidatable at these prices of its venue?
    [[nodiscard]] bool liquidatable_at(AccountId a, const PortfolioPrices& prices) const;

    // --- any account (any_account.cpp) ---
    // The price that margins look at: the mark, or the oracle where the venue's rules say so.
    [[nodiscard]] Ticks margin_price(InstrumentId i) const {
        return Ticks::from_raw(cross_.price(i.raw()));
    }
    // The account's margin and its positions, the largest requirement first, then by instrument,
    // longs first. Rows and cross accounts.
    [[nodiscard]] Margin look_at(AccountId a, std::vector<HeldPosition>& positions) const;
    [[nodiscard]] Margin margin(AccountId a) const;
    [[nodiscard]] bool liquidatable(AccountId a) const;
    [[nodiscard]] Lots held(AccountId a, InstrumentId i, Side side) const;  // >= 0
    // The position with everything else of the account folded into its collateral, so that it is
    // liquidatable exactly when the account is (margin.hpp).
    [[nodiscard]] PositionState folded(const HeldPosition& p, const Margin& whole) const;
    // The worst price at which the position closes without a shortfall when the account's equity is
    // shared out over its positions: limit of a liquidation order, price of a takeover.
    [[nodiscard]] Ticks zero_price(const HeldPosition& p, const Margin& whole) const;
    [[nodiscard]] std::int64_t weight(AccountId a) const;
    // Open, and the engine is not working on it.
    [[nodiscard]] bool is_open(AccountId a) const;
    void begin_liquidation(AccountId a);
    // Back from it: open with a new trigger; a row without a position is closed. An account without
    // positions that owes money sells coins to `fund`, then the fund pays, then it is bad debt.
    void end_liquidation(AccountId a, AccountId fund);
    // The venue's liquidation fee on `value`, at most the wallet and the equity; to the fund.
    // Returns what was charged.
    Money charge_liquidation_fee(AccountId a, Money value, AccountId fund);
    // Moves money between an account and a fund: what a fill brings or costs it (fund_per_fill).
    void pay(AccountId from, AccountId to, Money amount, Reason reason);
    // The account as the rules for any account see it, and its venue's rules and prices.
    [[nodiscard]] PortfolioAccount portfolio(AccountId a) const;
    [[nodiscard]] const PortfolioRules& portfolio_rules(VenueId v) const {
        return config_.margin[v.raw()];
    }
    [[nodiscard]] const PortfolioPrices& portfolio_prices(VenueId v) const {
        return ladders_[v.raw()].now;
    }
    // Would a price that moved since pop_due and pop_due_cross set anything off?
    [[nodiscard]] bool cross_due() const { return cross_.due() || !used_up_.empty(); }

    // --- cross accounts (clearing_cross.cpp) ---
    [[nodiscard]] bool is_cross(AccountId a) const {
        return accounts_[a.raw()].kind == AccountKind::cross;
    }
    [[nodiscard]] const CrossAccount& cross(AccountId a) const {
        return cross_.account(accounts_[a.raw()].slot);
    }
    [[nodiscard]] const CrossAccounts& cross_accounts() const { return cross_; }
    // For whoever knows some commands ahead what comes: where the account lies; then the account,
    // its cash and first position; then the place of another position; then that. Cross accounts
    // only.
    [[gnu::always_inline]] inline void prefetch_place(AccountId a) const {
        __builtin_prefetch(&accounts_[a.raw()]);
    }
    [[gnu::always_inline]] inline void prefetch_account(AccountId a) const {
        const Account& entry = accounts_[a.raw()];
        __builtin_prefetch(&cross_.accounts()[entry.slot], 1);
        ledger_.prefetch(entry.cash);
        if (entry.first_holding != CrossAccounts::none) {
            __builtin_prefetch(&cross_.holding(entry.first_holding), 1);
        }
    }
    [[gnu::always_inline]] inline void prefetch_cell(AccountId a, InstrumentId i) const {
        cross_.prefetch_cell(accounts_[a.raw()].slot, i.raw());
    }
    [[gnu::always_inline]] inline void prefetch_position(AccountId a, InstrumentId i) const {
        const std::uint32_t holding = cross_.find(accounts_[a.raw()].slot, i.raw());
        if (holding != CrossAccounts::none) {
            __builtin_prefetch(&cross_.holding(holding), 1);
        }
    }
    // The same for both sides of a fill that will be settled.
    [[gnu::always_inline]] inline void prefetch_accounts(const Fill& fill) const {
        for (const AccountId a : {fill.maker, fill.taker}) {
            if (is_cross(a)) {
                prefetch_account(a);
                prefetch_cell(a, fill.instrument);
            }
        }
    }
    [[gnu::always_inline]] inline void prefetch_positions(const Fill& fill) const {
        for (const AccountId a : {fill.maker, fill.taker}) {
            if (is_cross(a)) {
                prefetch_position(a, fill.instrument);
            }
        }
    }
    void set_mark(InstrumentId i, Ticks mark);  // the price that margins look at
    // Value of a coin as collateral at one venue.
    void set_collateral_price(VenueId venue, AssetId asset, Money usd_per_coin);
    // Equity, initial margin of the positions and maintenance margin at the prices now.
    [[nodiscard]] Margin cross_margin(AccountId a) const;
    // Whether equity - initial margin of the positions - reservations covers `needed` more. Mostly
    // one subtraction: what is free at the corners of the safe box is free now.
    [[nodiscard]] bool has_free_margin(AccountId a, Money needed) const;
    // Order margin: every amount reserved is released, in parts or whole, by whoever reserved it.
    void reserve_margin(AccountId a, Money amount) {
        CrossAccount& c = cross_.account(accounts_[a.raw()].slot);
        c.reserved = checked_add(c.reserved, amount.raw());
    }
    void release_margin(AccountId a, Money amount) {
        CrossAccount& c = cross_.account(accounts_[a.raw()].slot);
        CHECK(c.reserved >= amount.raw());
        c.reserved -= amount.raw();
    }
    // Appends, in the order of their ids, the cross accounts that are liquidatable since prices or
    // trades last changed: all of them, and no other. They are in liquidation then.
    void pop_due_cross(std::vector<AccountId>& due);
    // Appends the cross accounts whose owner is called for margin since the last call: those of
    // CrossKind::margin_call that pop_due_cross, or a return from liquidation, found beyond the ratio
    // but not liquidatable. Each is called once.
    void take_margin_calls(std::vector<AccountId>& called);
    // Back from liquidation: a new safe box, or due again at the next call of pop_due_cross.
    void reopen_cross(AccountId a);
    [[nodiscard]] CrossAccount& cross(AccountId a) {
        return cross_.account(accounts_[a.raw()].slot);
    }
    // Holdings of the account, in the order of their opening: f(const CrossHolding&).
    template <class F>
    void for_each_holding(AccountId a, F&& f) const {
        for (std::uint32_t id = cross(a).first; id != CrossAccounts::none;
             id = cross_.holding(id).next) {
            f(cross_.holding(id));
        }
    }
    // Positions of cross accounts in an instrument on one side: f(account, signed lots, cost).
    template <class F>
    void for_each_holder(InstrumentId i, Side side, F&& f) const {
        const auto visit = [&](std::uint32_t factor) {
            for (const std::uint32_t id : cross_.holders(factor)) {
                const CrossHolding& h = cross_.holding(id);
                const Lots qty = contracts(h);
                if (qty.raw() != 0 && (qty.raw() > 0) == (side == Side::buy)) {
                    f(cross_.account(h.owner).account, qty, Money::from_raw(h.cost));
                }
            }
        };
        visit(i.raw());
        if (config_.hedge_mode) {
            visit(short_leg(i));
        }
    }
    // Safe boxes looked at anew so far.
    [[nodiscard]] std::uint64_t evaluations() const { return evaluations_; }

    void add_to_digest(Digest& digest) const;
    friend void check_clearing(const ClearingHouse& house);

  private:
    struct Position {
        LedgerAccountId contracts;
        std::int64_t cost = 0;
        std::int64_t realised = 0;  // since the start
    };
    struct PositionRef {
        LedgerAccountId contracts;
        std::int64_t* cost;     // of a row or portfolio
        std::uint32_t holding;  // of a cross account, else none
    };
    [[nodiscard]] std::int64_t& cost_of(const PositionRef& p) {
        if (p.holding != CrossAccounts::none) {
            return cross_.holding(p.holding).cost;
        }
        DCHECK(p.cost != nullptr);
        return *p.cost;
    }
    // `leg`: which of the two positions of a hedged account.
    [[nodiscard]] PositionRef ref(AccountId a, InstrumentId i, Side leg);
    [[nodiscard]] LedgerAccountId cash_account(AccountId a) const {
        return accounts_[a.raw()].cash;
    }
    [[nodiscard]] AccountId new_account(AccountKind kind, VenueId venue, std::uint32_t slot);
    [[nodiscard]] AccountId open_portfolio(AccountKind kind, VenueId venue);
    // One side of a perp trade: updates cost, posts realised PnL. `signed_lots` > 0 buys; `value` of
    // all of them at `price`.
    void apply(AccountId a,
               const PositionRef& p,
               const Instrument& inst,
               std::int64_t signed_lots,
               Ticks price,
               Money value);
    void update_live(AccountId a, std::int64_t before, std::int64_t after);
    // A row or cross account. Readers that have asked already; for the others all count as changed.
    template <class A>
    void note_change(A& a) {
        unsigned unaware = readers_ & ~unsigned{a.changed};
        a.changed = static_cast<std::uint8_t>(a.changed | unaware);
        for (; unaware != 0; unaware &= unaware - 1) {
            changes_[static_cast<std::size_t>(std::countr_zero(unaware))].listed.push_back(
                a.account);
        }
    }
    void set_trigger(Row& r);
    void charge_fee(
        AccountId a, LedgerAccountId fees, Money value, std::int64_t rate_ppm, Reason reason);

    // --- cross accounts ---
    [[nodiscard]] std::uint32_t coin_factor(VenueId venue, AssetId asset) const {
        return static_cast<std::uint32_t>(config_.instruments.size()) +
               venue.raw() * config_.assets + asset.raw();
    }
    [[nodiscard]] std::size_t asset_of(std::uint32_t coin_factor) const {
        return (coin_factor - config_.instruments.size()) % config_.assets;
    }
    // Factors: instruments, then the coins of each venue, then the short legs of hedged accounts.
    [[nodiscard]] std::uint32_t short_leg(InstrumentId i) const { return legs_from_ + i.raw(); }
    [[nodiscard]] bool is_position(std::uint32_t factor) const {
        return factor < config_.instruments.size() || factor >= legs_from_;
    }
    [[nodiscard]] InstrumentId instrument_of(std::uint32_t factor) const {
        return InstrumentId::from_raw(factor < legs_from_ ? factor : factor - legs_from_);
    }
    [[nodiscard]] const CollateralCoin& coin_terms(std::uint32_t coin_factor) const {
        return coin_terms_[coin_factor - config_.instruments.size()];
    }
    [[nodiscard]] PositionTerms terms(InstrumentId i, std::uint16_t override_row) const;
    [[nodiscard]] std::size_t fund_row(AccountId fund) const;
    void settle_balance(AccountId a, AccountId fund);
    void cover_shortfall(std::size_t fund, LedgerAccountId to, Money amount);
    void prepare_margin();
    // Where a trader's coins are. Cross accounts sell coins in liquidation only, so that their
    // safe box need not follow.
    [[nodiscard]] LedgerAccountId traded_coins(AccountId a, AssetId asset) const;
    [[nodiscard]] std::uint32_t holding_of(std::uint32_t slot, InstrumentId i, Side leg);
    [[nodiscard]] Lots lots(LedgerAccountId contracts) const {
        return Lots::from_raw(narrow_i64(ledger_.balance(contracts).raw()));
    }
    [[nodiscard]] Lots contracts(const CrossHolding& h) const { return lots(h.units); }
    [[nodiscard]] static LedgerAccountId contracts_of(const Row& r) {
        return LedgerAccountId::from_raw(r.cash.raw() + 1);
    }
    [[nodiscard]] CrossTerms terms_of(const CrossAccount& c) const {
        return {.leverage_e2 = c.leverage_e2 == 0 ? 100 : c.leverage_e2,
                .weight = c.weight,
                .at_equality = config_.venues[c.venue.raw()].trigger_at_equality};
    }
    // What the safe box is drawn for: liquidation, or a margin call that is still to come.
    [[nodiscard]] CrossTerms box_terms(const CrossAccount& c) const {
        CrossTerms terms = terms_of(c);
        if ((c.kind & CrossKind::margin_call) != 0) {
            terms.ratio_ppm = config_.top_up_ratio_ppm;
        }
        return terms;
    }
    // Fills exposures_ and holdings_; returns wallet - cost of the positions.
    std::int64_t gather(const CrossAccount& c) const;
    const PortfolioAccount& portfolio_of(const CrossAccount& c) const;  // in portfolio_
    void cross_traded(std::uint32_t slot,
                      std::uint32_t holding,
                      const Instrument& inst,
                      std::int64_t before,
                      std::int64_t signed_lots,
                      std::int64_t paid);  // signed like the lots, micro-USD
    void cross_money_changed(AccountId a, std::int64_t by);
    void cross_slack_changed(std::uint32_t slot, std::int64_t by);
    void note_first_holding(std::uint32_t slot) {
        const CrossAccount& c = cross_.account(slot);
        accounts_[c.account.raw()].first_holding = c.first;
    }
    void look_again(std::uint32_t slot);
    [[gnu::always_inline]] inline void prefetch_used_up(std::size_t at) const;
    // New box, perhaps a margin call; false: the account is liquidatable.
    bool refresh_cross(std::uint32_t slot);
    // New box; false: the account is beyond what the box is drawn for.
    bool draw_box(CrossAccount& c);
    bool draw_general_box(CrossAccount& c);
    [[nodiscard]] PortfolioMargin general_margin(const CrossAccount& c,
                                                 const PortfolioPrices& prices) const;
    void drop_triggers(const CrossAccount& c);
    void check_cross() const;
    [[nodiscard]] LedgerAsset contract_asset(InstrumentId i) const {
        return 1 + config_.assets + i.raw();
    }

    ClearingConfig config_;
    Ledger ledger_;
    struct Account {
        std::uint32_t slot = 0;  // row, portfolio or cross account
        LedgerAccountId cash;
        std::uint32_t first_holding = CrossAccounts::none;  // of a cross account, to prefetch
        VenueId venue;
        AccountKind kind = AccountKind::row;
    };
    static_assert(sizeof(Account) == 16);
    BigVector<Account> accounts_;          // by AccountId
    std::vector<MarginTiers> base_tiers_;  // before any scale; empty: never scaled
    BigVector<Row> rows_;
    // Portfolio (agent, system) positions: [portfolio][instrument local to venue], coins likewise.
    std::vector<std::vector<Position>> portfolio_positions_;
    std::vector<std::vector<LedgerAccountId>> portfolio_coins_;
    std::vector<std::uint32_t> local_of_;  // instrument -> index among its venue's instruments
    std::vector<std::uint32_t> instruments_of_venue_;
    std::vector<TriggerIndex> triggers_;                // [2 * instrument + side]
    std::vector<std::vector<AccountId>> row_of_local_;  // [2 * instrument + side][local]
    std::vector<std::vector<AccountId>> live_;          // per instrument
    struct Changes {
        BigVector<AccountId> listed, taken;
    };
    std::array<Changes, 3> changes_;  // by reader
    unsigned readers_ = 0;            // bit k: reader k has asked
    std::vector<std::int64_t> open_interest_;
    std::vector<std::vector<AccountId>> agents_of_;         // per venue
    std::vector<AccountId> fund_;                           // per fund
    std::vector<std::size_t> first_fund_;                   // per venue
    std::vector<AccountId> neutral_, outside_;              // per venue
    std::vector<LedgerAccountId> clearing_account_;         // per instrument, USD
    std::vector<LedgerAccountId> opening_contracts_;        // per instrument
    std::vector<LedgerAccountId> fees_, funding_rounding_;  // per venue, USD
    std::vector<std::int64_t> fee_change_ppm_;              // per venue
    std::vector<LedgerAccountId> bad_debt_;                 // per fund, USD
    std::vector<LedgerAccountId> firm_;       // per fund, USD; empty: no venue's firm pays
    std::vector<TriggerIndex> jumps_;         // like triggers_, on the other side of the price
    std::vector<std::uint8_t> fast_;          // per instrument: its tiers are the whole requirement
    std::vector<std::uint8_t> plain_;         // per venue: cross accounts need no general margin
    std::vector<CollateralCoin> coin_terms_;  // per venue and coin
    std::uint32_t legs_from_ = 0;
    // Prices of a venue, and raised by 2^-1 .. 2^-k: what an account could owe at most if nothing
    // moves further than that. Made when somebody asks.
    struct Ladder {
        static constexpr int rungs = 11;
        PortfolioPrices now;
        mutable std::vector<PortfolioPrices> raised;
        mutable unsigned made = 0;
        std::int64_t worst_liability_ppm = 1'000'000;  // of a balance that is owed
    };
    [[nodiscard]] const PortfolioPrices& raised(const Ladder& ladder, int rung) const;
    std::vector<Ladder> ladders_;  // per venue
    LedgerAccountId outside_usd_;
    std::vector<LedgerAccountId> outside_coins_;
    std::vector<std::uint32_t> due_local_;
    CrossAccounts cross_;
    std::vector<std::uint32_t> used_up_;  // slots of cross accounts to look at
    std::vector<AccountId> margin_calls_;
    std::uint64_t evaluations_ = 0;
    mutable std::vector<BoxExposure> exposures_;   // of the account being looked at
    mutable PortfolioAccount portfolio_;           // likewise
    mutable std::vector<std::uint32_t> holdings_;  // beside them
};

void check_clearing(const ClearingHouse& house);

}  // namespace margincall::inline clearing
