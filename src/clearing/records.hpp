// What the clearing engine tells of forced closings: one record each time a part of a position is
// closed in the book, taken over or deleveraged. Fields are listed once (`visit_fields`), as in
// sim/recorder.hpp. Units: *_usd in USD as double (for reading only), prices in USD, times in ns
// since the start, qty in coins.
#pragma once

#include <array>
#include <cstdint>

namespace margincall::inline clearing {

// The steps that a venue's rules may take with accounts below their margin and with its funds.
enum class EngineStep : std::uint8_t {
    order,       // a forced order that met the book
    outside,     // lots taken by an outside liquidator
    takeover,    // a position taken by fund, engine or vault
    resale,      // what an engine took, offered in the book and met
    fund_earns,  // a fill that paid the fund
    fund_pays,   // a fill that the fund paid for
    adl,         // a position of an account closed against winners
    fund_adl,    // a position of a fund closed against winners
    socialised,  // a loss spread over those who hold the fund's instruments
};
inline constexpr std::array<const char*, 9> engine_step_words = {"orders",
                                                                 "outside",
                                                                 "takeovers",
                                                                 "resales",
                                                                 "fund_earns",
                                                                 "fund_pays",
                                                                 "adl",
                                                                 "fund_adl",
                                                                 "socialised"};
using StepCounts = std::array<std::uint64_t, engine_step_words.size()>;

enum class LiquidationKind : std::uint8_t {
    book,             // filled in the book
    takeover,         // by fund, engine, vault or an outside liquidator
    adl,              // against a winner
    no_counterparty,  // kept by the fund because the winners are outside the book
};

// One forced reduction of one position: an order filled in the book, a takeover by fund, engine
// or vault, or an ADL of the bankrupt side.
struct LiquidationRecord {
    std::int64_t time_ns = 0;
    std::uint32_t instrument = 0;
    std::uint32_t account = 0;
    std::int64_t weight = 1;  // like accounts that it stands for
    std::uint8_t was_long = 1;
    std::uint8_t kind = 0;       // LiquidationKind
    std::uint8_t first = 0;      // 1 = first forced reduction of this account in the run
    std::uint8_t published = 0;  // 1 = the venue's public feed shows it
    double qty = 0;              // coins
    double price = 0;            // average fill or takeover price
    double bankruptcy_price = 0;
    double notional_usd = 0;
    double leverage = 0;    // chosen leverage at entry
    double equity_usd = 0;  // of the account at the decision
    double fee_usd = 0;     // liquidation fee
};
template <class V>
void visit_fields(LiquidationRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("instrument", r.instrument);
    v("account", r.account);
    v("weight", r.weight);
    v("was_long", r.was_long);
    v("kind", r.kind);
    v("first", r.first);
    v("published", r.published);
    v("qty", r.qty);
    v("price", r.price);
    v("bankruptcy_price", r.bankruptcy_price);
    v("notional_usd", r.notional_usd);
    v("leverage", r.leverage);
    v("equity_usd", r.equity_usd);
    v("fee_usd", r.fee_usd);
}

// One opposite account closed by auto-deleveraging.
struct AdlRecord {
    std::int64_t time_ns = 0;
    std::uint32_t instrument = 0;
    std::uint32_t rank = 0;  // 1 = first in the queue
    std::uint32_t account = 0;
    std::int64_t weight = 1;
    std::uint8_t was_long = 0;
    double qty = 0, price = 0, notional_usd = 0, score = 0;
    double upnl_usd = 0;        // unrealised profit of the closed part at mark
    double leverage = 0;        // effective
    double needed_usd = 0;      // notional the insolvent side left at this step
    std::uint32_t against = 0;  // the insolvent account: its records of one time share needed_usd
};
template <class V>
void visit_fields(AdlRecord& r, V&& v) {
    v("time_ns", r.time_ns);
    v("instrument", r.instrument);
    v("rank", r.rank);
    v("account", r.account);
    v("weight", r.weight);
    v("was_long", r.was_long);
    v("qty", r.qty);
    v("price", r.price);
    v("notional_usd", r.notional_usd);
    v("score", r.score);
    v("upnl_usd", r.upnl_usd);
    v("leverage", r.leverage);
    v("needed_usd", r.needed_usd);
    v("against", r.against);
}

}  // namespace margincall::inline clearing
