// The venues' own worked examples (MARGINCALL_SHARED/vectors/clearing) and published tier tables
// (MARGINCALL_SHARED/data/margin-tiers), run through the production functions. Decimals are read as
// doubles and scaled to exact integers; each vector passes within its own tolerance.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "clearing/adl_rank.hpp"
#include "clearing/funding.hpp"
#include "clearing/liquidation_price.hpp"
#include "clearing/mark_price.hpp"
#include "clearing/reduction.hpp"
#include "clearing/world.hpp"

namespace margincall::test {
namespace {

using nlohmann::json;

std::filesystem::path shared_folder() {
    const char* set = std::getenv("MARGINCALL_SHARED");
    return set != nullptr ? std::filesystem::path{set}
                          : std::filesystem::path{MC_SOURCE_DIR}.parent_path() / "shared";
}

json load(const std::filesystem::path& path) {
    std::ifstream in{path};
    return in ? json::parse(in) : json{};
}

double number(const json& value) {
    return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}
double number_or(const json& object, const char* key, double otherwise) {
    return object.contains(key) ? number(object.at(key)) : otherwise;
}
std::int64_t ppm_of(double rate) {
    return std::llround(rate * 1e6);
}
std::int64_t ppb_of(double rate) {
    return std::llround(rate * 1e9);
}

// One vector: compares with its own tolerance (exact means 1e-12 relative for doubles).
class Vector {
  public:
    explicit Vector(const json& v)
        : in(v.at("inputs")),
          expected(v.at("expected")),
          id{v.at("id").get<std::string>()},
          abs_{number(v.at("tolerance").at("abs"))},
          rel_{std::max(number(v.at("tolerance").at("rel")), 1e-12)} {}

    // `grain` = the unit in which the exact side works (a tick, a micro-dollar, a ppm of
    // something).
    void near(const char* key, double got, double grain = 0.0) const {
        const double want = number(expected.at(key));
        near_value(key, want, got, grain);
    }
    void near_value(const std::string& what, double want, double got, double grain = 0.0) const {
        EXPECT_NEAR(got, want, std::max(abs_, rel_ * std::abs(want)) + grain) << id << " " << what;
    }

    const json in, expected;
    const std::string id;

  private:
    double abs_, rel_;
};

// --- liquidation prices: one coin size, price and money scaled to integers ---

struct Scaled {
    Instrument inst;
    double lots_per_coin = 1e5;
    double money_scale = 1.0;  // micro-USD per USD of the vector
};
// Ticks as fine as 63 bits allow for this notional; sizes to five decimals.
Scaled scale_for(double size, double price) {
    int exponent = 12;
    while (exponent > 4 && size * price * std::pow(10.0, exponent + 5) > 2e18) {
        --exponent;
    }
    Scaled out;
    const double tick = std::pow(10.0, -exponent);
    out.inst = perp(1.0, 1e-6, INT64_MAX);
    out.inst.tick_value = Money::from_raw(1);
    out.inst.tick_usd = tick;
    out.inst.lot_base = 1.0 / out.lots_per_coin;
    // One lot and tick is one unit of money: 1e-5 coins * 10^-exponent USD.
    out.money_scale = std::pow(10.0, exponent + 5);
    return out;
}
PositionState scaled_position(
    const Scaled& s, double side, double size, double entry, double collateral) {
    PositionState state;
    state.qty =
        Lots::from_raw(static_cast<std::int64_t>(side) * std::llround(size * s.lots_per_coin));
    state.cost = Money::from_raw(static_cast<std::int64_t>(side) *
                                 std::llround(size * entry * s.money_scale));
    state.collateral = Money::from_raw(std::llround(collateral * s.money_scale));
    return state;
}
double side_of(const json& in) {
    return in.at("side") == "long" ? 1.0 : -1.0;
}

void binance_liq_price(const Vector& v) {
    const double size = number(v.in.at("size"));
    const double entry = number(v.in.at("entry_price"));
    double collateral = number(v.in.at("wallet_balance")) -
                        number_or(v.in, "other_maintenance_margin", 0.0) +
                        number_or(v.in, "other_unrealised_pnl", 0.0);
    if (v.in.contains("other_positions")) {
        for (const json& p : v.in.at("other_positions")) {
            const double q = number(p.at("size"));
            const double mark = number(p.at("mark_price"));
            collateral += side_of(p) * q * (mark - number(p.at("entry_price")));
            collateral -= q * mark * number(p.at("maintenance_margin_rate")) -
                          number(p.at("maintenance_amount"));
        }
    }
    const Scaled s = scale_for(size, entry);
    MarginTiers tiers = flat_tier(ppm_of(number(v.in.at("maintenance_margin_rate"))));
    tiers[0].deduction =
        Money::from_raw(std::llround(number(v.in.at("maintenance_amount")) * s.money_scale));
    const PositionState state = scaled_position(s, side_of(v.in), size, entry, collateral);
    v.near("liquidation_price",
           to_usd(s.inst, liquidation_price(s.inst, tiers, state, false)),
           s.inst.tick_usd);
}

// The venue's older page values the maintenance margin at entry: a tier with rate 0 and the margin
// as its (negative) deduction is exactly that.
void bybit_liq_at_entry(const Vector& v) {
    const double size = number(v.in.at("size"));
    const double entry = number(v.in.at("entry_price"));
    const double value = size * entry;
    const double maintenance_usd =
        value * number(v.in.at("maintenance_margin_rate")) - number_or(v.in, "deduction", 0.0);
    const double collateral =
        value / number(v.in.at("leverage")) + number_or(v.in, "extra_margin", 0.0);
    const Scaled s = scale_for(size, entry);
    MarginTiers tiers = flat_tier(0);
    tiers[0].deduction = Money::from_raw(-std::llround(maintenance_usd * s.money_scale));
    const PositionState state = scaled_position(s, side_of(v.in), size, entry, collateral);
    v.near("liquidation_price",
           to_usd(s.inst, liquidation_price(s.inst, tiers, state, false)),
           s.inst.tick_usd);
}

void hyperliquid_liq(const Vector& v) {
    const double size = number(v.in.at("size"));
    const double entry = number(v.in.at("entry_price"));
    const Scaled s = scale_for(size, entry);
    const MarginTiers tiers = flat_tier(ppm_of(0.5 / number(v.in.at("max_leverage"))));
    const PositionState state =
        scaled_position(s, side_of(v.in), size, entry, number(v.in.at("margin")));
    v.near("liquidation_price",
           to_usd(s.inst, liquidation_price(s.inst, tiers, state, false)),
           s.inst.tick_usd);
}

void bankruptcy_linear(const Vector& v) {
    const double entry = number(v.in.at("entry_price"));
    const Scaled s = scale_for(1.0, entry);
    const PositionState state =
        scaled_position(s, side_of(v.in), 1.0, entry, entry / number(v.in.at("leverage")));
    v.near("bankruptcy_price", to_usd(s.inst, bankruptcy_price(s.inst, state)));
}

// --- margin ---

MarginTiers tiers_of(const json& rows, const std::function<TierRow(const json&)>& read) {
    MarginTiers tiers;
    for (const json& row : rows) {
        const TierRow r = read(row);
        if (!tiers.empty()) {
            tiers.back().cap = usd(r.floor_usd);
        }
        tiers.push_back({.floor = usd(r.floor_usd),
                         .cap = Money::from_raw(INT64_MAX),
                         .mmr_ppm = r.mmr_ppm,
                         .leverage_max = r.leverage_max,
                         .deduction = {}});
    }
    fill_deductions(tiers);
    return tiers;
}
TierRow bracket_row(const json& row) {
    return {.floor_usd = number(row.at("floor")),
            .cap_usd = 0,
            .mmr_ppm = ppm_of(number(row.at("rate"))),
            .leverage_max = 1};
}

void bracket_amounts(const Vector& v) {
    const MarginTiers tiers = tiers_of(v.in.at("brackets"), bracket_row);
    const json& want = v.expected.at("maintenance_amounts");
    ASSERT_EQ(want.size(), tiers.size()) << v.id;
    // A table cut out of the middle starts with the amount of its first row.
    const double first = number(want.at(0));
    const double carried = to_usd(tiers[0].deduction);
    for (std::size_t n = 0; n < tiers.size(); ++n) {
        v.near_value("tier " + std::to_string(n),
                     number(want.at(n)),
                     first + to_usd(tiers[n].deduction) - carried,
                     1e-9);
    }
}

void bracket_margin(const Vector& v) {
    const MarginTiers tiers = tiers_of(v.in.at("brackets"), bracket_row);
    const Money notional = usd(number(v.in.at("notional")));
    const MarginTier& tier = tier_of(tiers, notional);
    EXPECT_EQ(&tier - tiers.data() + 1, v.expected.at("tier").get<std::int64_t>()) << v.id;
    v.near("maintenance_margin_rate", static_cast<double>(tier.mmr_ppm) * 1e-6);
    v.near("maintenance_amount", to_usd(tier.deduction));
    v.near("maintenance_margin", to_usd(maintenance_margin(tiers, notional)), 1e-6);
}

void marginal_margin(const Vector& v) {
    const MarginTiers tiers = tiers_of(v.in.at("tiers"), [](const json& row) {
        return TierRow{.floor_usd = number(row.at(0)),
                       .cap_usd = 0,
                       .mmr_ppm = ppm_of(number(row.at(2))),
                       .leverage_max = 1};
    });
    const Money value = usd(number(v.in.at("position_value")));
    v.near("maintenance_margin", to_usd(maintenance_margin(tiers, value)));
    v.near("initial_margin",
           to_usd(initial_margin(value, std::llround(100 * number(v.in.at("leverage"))))));
}

// rate = 1 / (2 * leverage) is kept in ppm: exact for all leverages that divide 500,000, else
// within half a ppm, which is the grain allowed here.
void hyperliquid_tiers(const Vector& v) {
    const MarginTiers tiers = tiers_of(v.in.at("tiers"), [](const json& row) {
        return TierRow{.floor_usd = number(row.at(0)),
                       .cap_usd = 0,
                       .mmr_ppm = ppm_of(0.5 / number(row.at(1))),
                       .leverage_max = std::llround(number(row.at(1)))};
    });
    for (std::size_t n = 0; n < tiers.size(); ++n) {
        const bool exact = 500'000 % tiers[n].leverage_max == 0;
        const double grain = exact ? 0.0 : 0.5e-6;
        if (v.expected.contains("maintenance_margin_rates")) {
            v.near_value("rate",
                         number(v.expected.at("maintenance_margin_rates").at(n)),
                         static_cast<double>(tiers[n].mmr_ppm) * 1e-6,
                         grain);
        }
        if (v.expected.contains("maintenance_deductions")) {
            v.near_value("deduction",
                         number(v.expected.at("maintenance_deductions").at(n)),
                         to_usd(tiers[n].deduction),
                         grain * to_usd(tiers[n].floor) + 1e-6);
        }
    }
    if (v.expected.contains("maintenance_margin")) {
        const Money notional = usd(number(v.in.at("notional")));
        const bool exact = 500'000 % tier_of(tiers, notional).leverage_max == 0;
        v.near("maintenance_margin",
               to_usd(maintenance_margin(tiers, notional)),
               exact ? 0.0 : 0.5e-6 * to_usd(notional));
    }
}

void liquidation_fee(const Vector& v) {
    const Instrument inst = perp(1.0, 1.0);
    const double notional_usd = number(v.in.at("liquidated_notional"));
    const PositionState state = position(inst, std::llround(notional_usd), 1, usd(notional_usd));
    const PositionState after =
        after_close(inst, state, state.qty, Ticks::from_raw(1), ppm_of(number(v.in.at("rate"))));
    v.near("fee", to_usd(state.collateral - after.collateral));
}

void hyperliquid_stage(const Vector& v) {
    LiquidationRule rule;
    rule.takeover = TakeoverMethod::vault_below_share;
    const Margin margin{.equity = usd(number(v.in.at("account_value"))),
                        .initial = {},
                        .maintenance = usd(number(v.in.at("maintenance_margin")))};
    const std::map<LiquidationStage, std::string> names{{LiquidationStage::none, "none"},
                                                        {LiquidationStage::book, "market_orders"},
                                                        {LiquidationStage::backstop, "backstop"},
                                                        {LiquidationStage::negative, "adl"}};
    EXPECT_EQ(names.at(liquidation_stage(margin, rule, false)),
              v.expected.at("stage").get<std::string>())
        << v.id;
}

void hyperliquid_partial(const Vector& v) {
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::market_then_rest;
    rule.partial_above = usd(number(v.in.at("threshold")));
    const Instrument inst = perp(1.0, 0.2);  // lots of 0.2 USD at a price of 1
    const std::int64_t qty = std::llround(number(v.in.at("position_notional")) / 0.2);
    const PositionState state = position(inst, qty, 1, usd(1.0));
    const Lots first = liquidation_size(
        inst, flat_tier(12'500), rule, state, Ticks::from_raw(1), false, LiquidationAttempt::first);
    v.near("first_order_notional", static_cast<double>(first.raw()) * 0.2);
    v.near("order_after_cooldown_notional", static_cast<double>(qty - first.raw()) * 0.2);
    v.near("cooldown_seconds", to_seconds(rule.cooldown));
}

// --- mark and index ---

void index_basis_mark(const Vector& v) {
    MarkPrice mark{MarkRule{}, btc_perp()};
    mark.update({.index_usd = number(v.in.at("index_price")),
                 .funding_rate_ppb = ppb_of(number(v.in.at("funding_rate"))),
                 .to_funding = hours(std::llround(number(v.in.at("hours_to_funding")))),
                 .funding_interval = hours(std::llround(number(v.in.at("interval_hours"))))});
    v.near("mark_price", mark.candidates().first);
}

void median3_mark(const Vector& v) {
    const Instrument inst = perp(0.001, 1.0, 1'000'000'000);
    const json& samples = v.in.at("basis_samples");
    MarkRule rule;
    rule.average = seconds(300);
    MarkPrice mark{rule, inst};
    const double index = number(v.in.at("index_price"));
    const auto to_ticks = [](double price) {
        return Ticks::from_raw(std::llround(price * 1000.0));
    };
    for (std::size_t k = 0; k < samples.size(); ++k) {
        const Ticks mid = to_ticks(index + number(samples.at(k)));
        mark.update({.now = SimTime::from_ns(static_cast<std::int64_t>(k) * 1'000'000'000),
                     .bid = mid,
                     .ask = mid,
                     .last = to_ticks(number(v.in.at("contract_price"))),
                     .index_usd = index,
                     .funding_rate_ppb = ppb_of(number(v.in.at("last_funding_rate"))),
                     .to_funding = hours(std::llround(number(v.in.at("hours_to_funding")))),
                     .funding_interval = hours(std::llround(number(v.in.at("interval_hours"))))});
    }
    v.near("price_1", mark.candidates().first);
    v.near("price_2", mark.candidates().second);
    v.near("mark_price", mark.usd());
}

std::vector<WeightedPrice> weighted(const json& rows) {
    std::vector<WeightedPrice> out;
    for (const json& row : rows) {
        out.push_back({.price = number(row.at(0)), .weight = number(row.at(1))});
    }
    return out;
}
void weighted_median_vector(const Vector& v) {
    v.near("weighted_median", weighted_median(weighted(v.in.at("prices"))));
}
void median_book(const Vector& v) {
    v.near("median",
           median_of_available(number(v.in.at("best_bid")),
                               number(v.in.at("best_ask")),
                               number(v.in.at("last_trade"))));
}
void hyperliquid_mark(const Vector& v) {
    MarkRule rule;
    rule.method = MarkMethod::median_oracle_ema;
    rule.average = seconds(150);
    MarkPrice mark{rule, perp(1.0, 0.001)};
    const double oracle = number(v.in.at("oracle_price"));
    const auto to_ticks = [](double price) { return Ticks::from_raw(std::llround(price)); };
    const Ticks seen = to_ticks(oracle + number(v.in.at("ema_mid_minus_oracle")));
    const std::vector<WeightedPrice> perps = weighted(v.in.at("external_perp_mids"));
    mark.update(
        {.bid = seen, .ask = seen, .index_usd = oracle});  // the whole history of the average
    mark.update({.bid = to_ticks(number(v.in.at("best_bid"))),
                 .ask = to_ticks(number(v.in.at("best_ask"))),
                 .last = to_ticks(number(v.in.at("last_trade"))),
                 .index_usd = oracle,
                 .perp_mids = perps});
    v.near("candidate_1", mark.candidates().first);
    v.near("candidate_2", mark.candidates().second);
    v.near("candidate_3", mark.candidates().third);
    v.near("mark_price", mark.usd());
}

// --- funding ---

void clamp_funding(const Vector& v) {
    FundingRule rule;
    rule.interest_ppb = ppb_of(number(v.in.at("interest_rate")));
    rule.clamp_ppb = ppb_of(number(v.in.at("clamp")));
    rule.interval = hours(std::llround(number_or(v.in, "interval_hours", 8.0)));
    const double cap = number_or(v.in, "cap", 1.0);
    v.near("funding_rate", funding_rate(rule, number(v.in.at("premium_index")), ppb_of(cap)));
}
void weighted_premium(const Vector& v) {
    FundingRule rule;
    rule.weights = FundingWeights::linear;
    FundingRate funding{rule, flat_tier(5'000)};
    for (const json& p : v.in.at("premium_samples")) {
        funding.sample(1.0 + number(p), 2.0, 1.0);
    }
    v.near("average_premium", funding.premium(), 1e-15);  // 1 + p - 1 loses the last bits of p
}
void hyperliquid_funding(const Vector& v) {
    FundingRule rule;
    rule.interest_ppb = ppb_of(number(v.in.at("interest_rate")));
    rule.interval = hours(1);
    rule.cap_ppb = 40'000'000;
    FundingRate funding{rule, flat_tier(10'000)};
    const double oracle = number(v.in.at("oracle_price"));
    funding.sample(number(v.in.at("impact_bid")), number_or(v.in, "impact_ask", 0.0), oracle);
    v.near("premium", funding.premium(), 1e-15);
    FundingRule per_8h = rule;
    per_8h.interval = hours(8);
    v.near("funding_rate_8h", funding_rate(per_8h, funding.premium(), 1'000'000'000), 1e-15);
    const std::int64_t rate = funding.settle_ppb();
    v.near("funding_rate_1h", static_cast<double>(rate) * 1e-9, 1e-15);
    if (v.expected.contains("payment_by_long_per_hour")) {
        const Instrument inst = perp(1.0, 1.0);
        const Lots qty = Lots::from_raw(std::llround(number(v.in.at("size"))));
        v.near("payment_by_long_per_hour",
               to_usd(funding_payment(inst, qty, Ticks::from_raw(std::llround(oracle)), rate)));
    }
}

// --- auto-deleveraging ---

void expect_order(const Vector& v, std::vector<AdlEntry> queue) {
    sort_adl_queue(queue);
    std::vector<std::string> order;
    for (const AdlEntry& entry : queue) {
        order.push_back(v.in.at("accounts").at(entry.row).at("id").get<std::string>());
    }
    EXPECT_EQ(order, v.expected.at("order").get<std::vector<std::string>>()) << v.id;
}
void binance_adl(const Vector& v) {
    std::vector<AdlEntry> queue;
    for (const json& a : v.in.at("accounts")) {
        AdlAccount account;
        account.row = static_cast<std::uint32_t>(queue.size());
        account.wallet = number(a.at("wallet_balance"));
        account.unrealised = number(a.at("unrealised_profit"));
        account.maintenance = number(a.at("maintenance_margin"));
        queue.push_back(
            {.score = adl_score(AdlRank::pnl_times_margin_ratio, account), .row = account.row});
    }
    expect_order(v, queue);
}
void hyperliquid_adl(const Vector& v) {
    std::vector<AdlEntry> queue;
    for (const json& a : v.in.at("accounts")) {
        AdlAccount account;
        account.row = static_cast<std::uint32_t>(queue.size());
        account.side = a.at("side") == "long" ? Side::buy : Side::sell;
        account.entry = number(a.at("entry_price"));
        account.mark = number(v.in.at("mark_price"));
        account.notional = number(a.at("notional_position"));
        account.unrealised = side_of(a) * account.notional * (1.0 - account.entry / account.mark);
        account.wallet = number(a.at("account_value")) - account.unrealised;
        EXPECT_TRUE(adl_eligible(AdlRank::price_ratio_times_leverage, account)) << v.id;
        const double score = adl_score(AdlRank::price_ratio_times_leverage, account);
        v.near_value(
            "index", number(v.expected.at("index").at(a.at("id").get<std::string>())), score);
        queue.push_back({.score = score, .row = account.row});
    }
    expect_order(v, queue);
}

using Runner = void (*)(const Vector&);
const std::map<std::string, Runner>& runners() {
    static const std::map<std::string, Runner> all{
        {"binance_liq_price", binance_liq_price},
        {"simple_isolated_liq", bybit_liq_at_entry},
        {"hl_liq", hyperliquid_liq},
        {"bankruptcy_linear_isolated", bankruptcy_linear},
        {"bracket_maintenance_amount", bracket_amounts},
        {"bracket_margin", bracket_margin},
        {"marginal_margin", marginal_margin},
        {"hl_tiers", hyperliquid_tiers},
        {"liqfee", liquidation_fee},
        {"hl_stage", hyperliquid_stage},
        {"hl_partial", hyperliquid_partial},
        {"index_basis_mark", index_basis_mark},
        {"median3_mark", median3_mark},
        {"weighted_median", weighted_median_vector},
        {"median_book", median_book},
        {"hl_mark", hyperliquid_mark},
        {"clamp_funding", clamp_funding},
        {"weighted_premium", weighted_premium},
        {"hl_funding", hyperliquid_funding},
        {"binance_adl_order", binance_adl},
        {"hyperliquid_adl_order", hyperliquid_adl},
    };
    return all;
}
// Rules this library does not have: collateral in several coins and inverse contracts, price bands,
// money between fund and engine (the clearing house's own tests), withdrawal limits.
const std::map<std::string, const char*>& left_out() {
    static const std::map<std::string, const char*> all{
        {"auto_exchange", "multi-asset collateral"},
        {"haircut", "multi-asset collateral"},
        {"hl_pm_borrow", "portfolio margin"},
        {"hl_transfer", "withdrawal limit"},
        {"bankruptcy_inverse_isolated", "inverse contract"},
        {"inverse_cross_long", "inverse contract"},
        {"band", "price band"},
        {"insurance_flow", "clearing house"},
        {"bybit_adl_trigger", "clearing house"},
    };
    return all;
}

class VenueVectors : public testing::TestWithParam<const char*> {};

TEST_P(VenueVectors, Agree) {
    const std::filesystem::path file =
        shared_folder() / "vectors" / "clearing" / (std::string{GetParam()} + ".json");
    const json vectors = load(file);
    if (vectors.is_null()) {
        GTEST_SKIP() << "no venue vectors at MARGINCALL_SHARED/vectors/clearing: skipped";
    }
    int run = 0;
    int skipped = 0;
    for (const json& v : vectors.at("vectors")) {
        const std::string rule = v.at("inputs").at("formula_id").get<std::string>();
        if (const auto runner = runners().find(rule); runner != runners().end()) {
            runner->second(Vector{v});
            ++run;
        } else {
            EXPECT_TRUE(left_out().contains(rule))
                << "unknown rule " << rule << " of " << v.at("id");
            ++skipped;
        }
    }
    RecordProperty("vectors_run", run);
    RecordProperty("vectors_left_out", skipped);
    EXPECT_GE(run, 10);
}
INSTANTIATE_TEST_SUITE_P(Clearing,
                         VenueVectors,
                         testing::Values("binance", "bybit", "hyperliquid"),
                         [](const auto& row) { return std::string{row.param}; });

// Every bracket of the published tables: rate and floor give the venue's own deduction column.
void expect_published_deductions(const char* name,
                                 std::size_t floor,
                                 std::size_t rate,
                                 std::size_t leverage,
                                 std::size_t deduction) {
    const json table = load(shared_folder() / "data" / "margin-tiers" / name);
    if (table.is_null()) {
        GTEST_SKIP() << "no tier tables at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    int brackets = 0;
    for (const auto& [symbol, rows] : table.at("symbols").items()) {
        const MarginTiers tiers = tiers_of(rows, [&](const json& row) {
            return TierRow{.floor_usd = number(row.at(floor)),
                           .cap_usd = 0,
                           .mmr_ppm = ppm_of(number(row.at(rate))),
                           .leverage_max = std::max<std::int64_t>(
                               1, std::llround(std::floor(number(row.at(leverage)))))};
        });
        check_margin_tiers(tiers);
        for (std::size_t n = 0; n < tiers.size(); ++n) {
            EXPECT_EQ(tiers[n].deduction, usd(number(rows.at(n).at(deduction))))
                << symbol << " tier " << n + 1;
            ++brackets;
        }
    }
    testing::Test::RecordProperty("brackets", brackets);
    EXPECT_GT(brackets, 100);
}
TEST(PublishedTiers, BinanceMajorsOfOctober2025) {
    expect_published_deductions("binance-usdm-majors-2025-10-09.json", 1, 3, 4, 5);
}
TEST(PublishedTiers, BybitMajorsOfDecember2024) {
    expect_published_deductions("bybit-linear-majors-2024-12-25.json", 1, 3, 5, 6);
}

}  // namespace
}  // namespace margincall::test
