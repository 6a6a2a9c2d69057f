// What a run tells the outside. The loop hands records to a Recorder after the fact; a Recorder
// reads, never writes, and a run without one pays nothing and has the same digest.
//
// Each record lists its fields once (`visit_fields`); columns, SQLite tables, JSON and the report
// are made from that list. Units: *_usd in USD as double (for reading only), prices in USD, times
// in ns since the start, qty in coins.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "clearing/records.hpp"
#include "market/order.hpp"

namespace margincall::inline sim {

// One bar of one instrument, every OutputPlan::bar. Depth is sampled every OutputPlan::depth within
// the bar; `*_min` are the smallest samples, the others the last.
struct BarRecord {
    std::int64_t time_ns = 0;  // end of the bar
    std::uint32_t instrument = 0;
    double open = 0, high = 0, low = 0, close = 0;  // of trades; previous close when there was none
    double volume_usd = 0;
    std::int64_t trades = 0;
    double mark = 0, index = 0, bid = 0, ask = 0;  // last values; 0 when absent
    double spread_max_bps = 0;                     // largest sampled spread in the bar
    double bid_01 = 0, ask_01 = 0;                 // USD resting within 0.1 % of mid, last sample
    double bid_05 = 0, ask_05 = 0;                 // 0.5 %
    double bid_1 = 0, ask_1 = 0;                   // 1 %
    double bid_2 = 0, ask_2 = 0;                   // 2 %
    double bid_4 = 0, ask_4 = 0;                   // 4 %
    double bid_1_min = 0, ask_1_min = 0, bid_4_min = 0, ask_4_min = 0;
    double open_interest_lots = 0;  // one side, perps
    double open_interest_usd = 0;   // at mark
    double open_interest_coins = 0;
    double funding_rate = 0;  // predicted for the running interval, fraction per interval
    double liquidated_long_usd = 0, liquidated_short_usd = 0;  // true, forced in the bar
    double adl_usd = 0;
    double forced_sell_usd = 0;  // net signed taker flow of liquidations and stops in the book
    double taker_net_usd = 0;    // taker buys less taker sells in the bar
};
template <class V>
void visit_fields(BarRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("instrument", r.instrument);
    v("open", r.open);
    v("high", r.high);
    v("low", r.low);
    v("close", r.close);
    v("volume_usd", r.volume_usd);
    v("trades", r.trades);
    v("mark", r.mark);
    v("idx", r.index);
    v("bid", r.bid);
    v("ask", r.ask);
    v("spread_max_bps", r.spread_max_bps);
    v("bid_01", r.bid_01);
    v("ask_01", r.ask_01);
    v("bid_05", r.bid_05);
    v("ask_05", r.ask_05);
    v("bid_1", r.bid_1);
    v("ask_1", r.ask_1);
    v("bid_2", r.bid_2);
    v("ask_2", r.ask_2);
    v("bid_4", r.bid_4);
    v("ask_4", r.ask_4);
    v("bid_1_min", r.bid_1_min);
    v("ask_1_min", r.ask_1_min);
    v("bid_4_min", r.bid_4_min);
    v("ask_4_min", r.ask_4_min);
    v("open_interest_lots", r.open_interest_lots);
    v("open_interest_usd", r.open_interest_usd);
    v("open_interest_coins", r.open_interest_coins);
    v("funding_rate", r.funding_rate);
    v("liquidated_long_usd", r.liquidated_long_usd);
    v("liquidated_short_usd", r.liquidated_short_usd);
    v("adl_usd", r.adl_usd);
    v("forced_sell_usd", r.forced_sell_usd);
    v("taker_net_usd", r.taker_net_usd);
}

// Insurance fund of a venue, every OutputPlan::bar and at each draw.
struct FundRecord {
    std::int64_t time_ns = 0;
    std::uint32_t venue = 0;
    double balance_usd = 0;                  // cash
    double position_usd = 0;                 // signed notional it holds at mark
    double equity_usd = 0;                   // cash + unrealised of its positions
    double inflow_usd = 0, outflow_usd = 0;  // since the previous record
    double bad_debt_usd = 0;                 // cumulative
};
template <class V>
void visit_fields(FundRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("venue", r.venue);
    v("balance_usd", r.balance_usd);
    v("position_usd", r.position_usd);
    v("equity_usd", r.equity_usd);
    v("inflow_usd", r.inflow_usd);
    v("outflow_usd", r.outflow_usd);
    v("bad_debt_usd", r.bad_debt_usd);
}

struct FundingRecord {
    std::int64_t time_ns = 0;
    std::uint32_t instrument = 0;
    double rate = 0;      // fraction per interval, as settled
    double premium = 0;   // average premium of the interval
    double paid_usd = 0;  // sum paid by longs (negative: received)
    double interval_h = 8;
};
template <class V>
void visit_fields(FundingRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("instrument", r.instrument);
    v("rate", r.rate);
    v("premium", r.premium);
    v("paid_usd", r.paid_usd);
    v("interval_h", r.interval_h);
}

// A declared scenario event starts.
struct EventRecord {
    std::int64_t time_ns = 0;
    std::int64_t until_ns = 0;
    std::uint32_t event = 0;  // row of Plan::events
};
template <class V>
void visit_fields(EventRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("until_ns", r.until_ns);
    v("event", r.event);
}

// Exogenous state, every OutputPlan::bar.
struct StateRecord {
    std::int64_t time_ns = 0;
    std::uint32_t asset = 0;
    double fair_value = 0;   // F, USD
    double uncertainty = 0;  // U
    double depth_state = 0;  // mean l of the makers of the asset
    double volatility = 0;   // realised, per day
};
template <class V>
void visit_fields(StateRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("asset", r.asset);
    v("fair_value", r.fair_value);
    v("uncertainty", r.uncertainty);
    v("depth_state", r.depth_state);
    v("volatility", r.volatility);
}

// One bin of the liquidation map of an asset at one moment: notional that would be liquidated if
// mark reached the bin. Sides and leverage bands apart; empty bins are not recorded.
struct MapRecord {
    std::int64_t time_ns = 0;
    std::uint32_t asset = 0;
    double price_low = 0, price_high = 0;
    std::uint8_t is_long = 1;
    std::uint8_t band = 0;  // leverage <=5, 5-10, 10-25, 25-50, >50
    double notional_usd = 0;
    std::int64_t accounts = 0;
};
template <class V>
void visit_fields(MapRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("asset", r.asset);
    v("price_low", r.price_low);
    v("price_high", r.price_high);
    v("is_long", r.is_long);
    v("band", r.band);
    v("notional_usd", r.notional_usd);
    v("accounts", r.accounts);
}

// Local reproduction number of forced selling (docs/reproduction.md): with every bar as prices stand
// (fall 0), with every map also at lower ones.
struct ReproductionRecord {
    std::int64_t time_ns = 0;
    double fall = 0;               // of every mark from where it stands, fraction
    double reproduction = 0;       // R, liquidations alone
    double reproduction_stop = 0;  // with stop orders
};
template <class V>
void visit_fields(ReproductionRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("fall", r.fall);
    v("reproduction", r.reproduction);
    v("reproduction_stop", r.reproduction_stop);
}

// The same for one coin with perpetuals: what the next half percent sets off and what stands against it.
struct CoinReproductionRecord {
    std::int64_t time_ns = 0;
    std::uint32_t asset = 0;
    double fall = 0;
    double liquidation_usd = 0;  // closed when all marks fall half a percent more
    double stop_usd = 0;         // sold by stop orders
    double resting_usd = 0;      // bid in that half percent, all books
    double refill_usd = 0;       // bid again within a minute once it is taken
    double reproduction = 0;     // the coin's own: diagonal of K
    double reproduction_stop = 0;
};
template <class V>
void visit_fields(CoinReproductionRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("asset", r.asset);
    v("fall", r.fall);
    v("liquidation_usd", r.liquidation_usd);
    v("stop_usd", r.stop_usd);
    v("resting_usd", r.resting_usd);
    v("refill_usd", r.refill_usd);
    v("reproduction", r.reproduction);
    v("reproduction_stop", r.reproduction_stop);
}

// Sentiment index print (10.4), daily at 00:00 UTC and at the end.
struct SentimentRecord {
    std::int64_t time_ns = 0;
    double value = 0;            // 0-100
    std::uint8_t published = 1;  // 0 = value at the end of the run, not yet printed
};
template <class V>
void visit_fields(SentimentRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("value", r.value);
    v("published", r.published);
}

// --- the chain, when the plan has one (docs/defi-in-the-loop.md) ---

// One reserve of a lending market, every OutputPlan::bar; USD at the oracle's price.
struct LendingRecord {
    std::int64_t time_ns = 0;
    std::uint8_t market = 0;  // 0 = the large lenders together, 1 = the share token's
    std::uint8_t token = 0;   // dollar, ether, bitcoin, wstETH, osETH, synthetic dollar, share
    double utilisation = 0;   // borrowed over supplied
    double borrow_apr = 0, supply_apr = 0;  // per year, fractions
    double supplied_usd = 0, borrowed_usd = 0, available_usd = 0;
    double deficit_usd = 0;  // debts written off and not covered
    double oracle_price = 0;
};
template <class V>
void visit_fields(LendingRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("market", r.market);
    v("token", r.token);
    v("utilisation", r.utilisation);
    v("borrow_apr", r.borrow_apr);
    v("supply_apr", r.supply_apr);
    v("supplied_usd", r.supplied_usd);
    v("borrowed_usd", r.borrowed_usd);
    v("available_usd", r.available_usd);
    v("deficit_usd", r.deficit_usd);
    v("oracle_price", r.oracle_price);
}

// Debt by health factor: at the start, every hour, at new lows of ether, and at the end.
struct HealthRecord {
    std::int64_t time_ns = 0;
    double health_low = 0, health_high = 0;  // bounds of the bin
    double debt_usd = 0;
};
template <class V>
void visit_fields(HealthRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("health_low", r.health_low);
    v("health_high", r.health_high);
    v("debt_usd", r.debt_usd);
}

// One liquidation call that went through.
struct ChainLiquidationRecord {
    std::int64_t time_ns = 0;
    std::uint8_t market = 0;
    std::uint8_t token = 0;  // collateral
    std::uint32_t borrower = 0;
    std::uint32_t keeper = 0;  // agent
    double health = 0;         // before
    double debt_usd = 0;       // repaid
    double seized_usd = 0;     // collateral at the oracle's price
    double deficit_usd = 0;    // written off
};
template <class V>
void visit_fields(ChainLiquidationRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("market", r.market);
    v("token", r.token);
    v("borrower", r.borrower);
    v("keeper", r.keeper);
    v("health", r.health);
    v("debt_usd", r.debt_usd);
    v("seized_usd", r.seized_usd);
    v("deficit_usd", r.deficit_usd);
}

// The synthetic dollar on one venue, every OutputPlan::bar.
struct PegRecord {
    std::int64_t time_ns = 0;
    std::uint32_t venue = 0;
    double price = 0;             // mid of the venue's book, or its last trade
    double price_low = 0;         // lowest of the bar
    double collateral_price = 0;  // what the venue takes it for as margin
    double depth_usd = 0;         // resting within 4 %, both sides, last sample
    double sold_usd = 0;          // forced sales of it so far, all venues
};
template <class V>
void visit_fields(PegRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("venue", r.venue);
    v("price", r.price);
    v("price_low", r.price_low);
    v("collateral_price", r.collateral_price);
    v("depth_usd", r.depth_usd);
    v("sold_usd", r.sold_usd);
}

// One pool on chain, every OutputPlan::bar.
struct PoolRecord {
    std::int64_t time_ns = 0;
    const char* pool = "";  // a constant, e.g. "curve USDe/USDC"
    double price = 0;       // USD per synthetic dollar; of the Balancer pools ether per share
    double invariant = 1;   // over its value at the start, as the protocol defines it
    double traded_usd = 0;  // since the last row; of the Balancer pools: taken by the attacker
};
template <class V>
void visit_fields(PoolRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("pool", r.pool);
    v("price", r.price);
    v("invariant", r.invariant);
    v("traded_usd", r.traded_usd);
}

// The synthetic dollar's issuer, every OutputPlan::bar.
struct IssuerRecord {
    std::int64_t time_ns = 0;
    double supply_usd = 0;   // in issue, and asked back but not yet paid
    double backing_usd = 0;  // stablecoins, coins and the profit of their hedge
    double reserve_usd = 0;  // reserve fund
    double hedge_btc = 0;    // perpetuals, coins; negative = short
    double hedge_eth = 0;
    double hedge_pnl_usd = 0;
    double adl_usd = 0;      // of the hedge closed by auto-deleveraging so far
    double unwound_usd = 0;  // repaid so far by loops that left through the pools
};
template <class V>
void visit_fields(IssuerRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("supply_usd", r.supply_usd);
    v("backing_usd", r.backing_usd);
    v("reserve_usd", r.reserve_usd);
    v("hedge_btc", r.hedge_btc);
    v("hedge_eth", r.hedge_eth);
    v("hedge_pnl_usd", r.hedge_pnl_usd);
    v("adl_usd", r.adl_usd);
    v("unwound_usd", r.unwound_usd);
}

// One step of an attack on a pool.
struct IncidentRecord {
    std::int64_t time_ns = 0;
    std::uint32_t pool = 0;
    std::uint32_t step = 0;
    std::uint8_t stage = 0;  // drain, round, buy back
    double invariant = 0;    // raw units after the step
    double share_rate = 0;   // value of one share after the step
    double stolen_eth = 0;   // by the whole batch
};
template <class V>
void visit_fields(IncidentRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("pool", r.pool);
    v("step", r.step);
    v("stage", r.stage);
    v("invariant", r.invariant);
    v("share_rate", r.share_rate);
    v("stolen_eth", r.stolen_eth);
}

class Recorder {
  public:
    Recorder() = default;
    Recorder& operator=(const Recorder&) = delete;
    Recorder(Recorder&&) = delete;
    Recorder& operator=(Recorder&&) = delete;
    virtual ~Recorder() = default;
    virtual void on(const BarRecord& record) = 0;
    virtual void on(const LiquidationRecord& record) = 0;
    virtual void on(const AdlRecord& record) = 0;
    virtual void on(const FundRecord& record) = 0;
    virtual void on(const FundingRecord& record) = 0;
    virtual void on(const EventRecord& record) = 0;
    virtual void on(const StateRecord& record) = 0;
    virtual void on(const MapRecord& record) = 0;
    virtual void on(const ReproductionRecord& record) = 0;
    virtual void on(const CoinReproductionRecord& record) = 0;
    virtual void on(const SentimentRecord& record) = 0;
    virtual void on(const LendingRecord& record) = 0;
    virtual void on(const HealthRecord& record) = 0;
    virtual void on(const ChainLiquidationRecord& record) = 0;
    virtual void on(const PegRecord& record) = 0;
    virtual void on(const IncidentRecord& record) = 0;
    virtual void on(const PoolRecord& record) = 0;
    virtual void on(const IssuerRecord& record) = 0;

  protected:
    Recorder(const Recorder&) = default;
};

// Totals known at the end of a run, recording or not.
// One halt of one book.
struct HaltSpan {
    std::uint32_t instrument = 0;
    std::int64_t from_ns = 0, until_ns = 0;
    std::uint8_t timed = 0;      // by the venue's timed halt, not its breaker
    double auction_price = 0.0;  // USD; 0: no auction, or nobody met anybody
    double auction_usd = 0.0;    // traded in it
};

struct RunTotals {
    std::uint64_t digest = 0;
    std::uint64_t events = 0;
    std::uint64_t messages = 0;  // new, amend and cancel commands processed
    std::uint64_t trades = 0;
    std::uint64_t postings = 0;
    std::uint64_t rejects = 0;
    std::int64_t account_rows = 0;  // at the start; an account in several coins is one
    std::int64_t accounts = 0;      // weighted
    std::int64_t end_ns = 0;        // simulated time reached
    double profit_taken_usd = 0.0;  // closed by owners through the patient layer, both sides
    bool interrupted = false;
    std::vector<StepCounts> steps;  // by venue: what the liquidation engine did
    double firm_paid_usd = 0.0;     // by firms that protect negative balances, beyond their funds
    std::int64_t makers_ruined =
        0;                        // firms (one coin each) that had to quote and lost their capital
    std::vector<HaltSpan> halts;  // that have ended, in the order of their ends
};

}  // namespace margincall::inline sim
