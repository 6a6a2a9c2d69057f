// Mark, index, funding, price bands.
#include <algorithm>
#include <cstdio>

#include "rules/funding.hpp"
#include "rules/mark_price.hpp"
#include "rules/price_band.hpp"
#include "vector_check/clearing_desk.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

constexpr std::int64_t no_cap_ppb = 1'000'000'000'000;

std::int64_t ppb(const Decimal& value) {
    return narrow_i64(in_units(value, 9));
}
Duration hours_of(const Decimal& value) {
    return Duration::from_raw(
        narrow_i64(checked_mul<i128>(in_units(value, 12), hours(1).raw()) / power_of_ten(12)));
}

// An instrument whose ticks resolve every price of the example.
Instrument instrument_with(int places) {
    Instrument inst;
    inst.kind = InstrumentKind::linear_perp;
    inst.tick_value = Money::from_raw(1);
    inst.tick_usd = 1.0 / static_cast<double>(power_of_ten(places));
    inst.lot_base = 1.0;
    inst.price_max = Ticks::from_raw(INT64_MAX / 4);
    inst.qty_max = Lots::from_raw(INT64_MAX / 4);
    return inst;
}
int places_of(const ClearingCase& c, std::initializer_list<const char*> keys) {
    int places = 4;
    for (const char* const key : keys) {
        places = c.has(key) ? std::max(places, c.decimal(key).places) : places;
    }
    return places;
}
Ticks ticks(const Decimal& price, int places) {
    return Ticks::from_raw(narrow_i64(in_units(price, places)));
}

void index_with_funding(ClearingCase& c) {
    MarkRule rule = venue_rules(c.venue() == "bitmex" ? "bitmex" : "binance-usdm-2020").mark;
    MarkPrice mark{rule, instrument_with(places_of(c, {"index_price"}))};
    mark.update({.index_usd = c.number("index_price"),
                 .funding_rate_ppb = ppb(c.decimal("funding_rate")),
                 .to_funding = hours_of(c.decimal("hours_to_funding")),
                 .funding_interval = hours_of(c.decimal_or("interval_hours", "8"))});
    c.float_result("mark_price", mark.usd());
}

void median_of_three(ClearingCase& c) {
    MarkRule rule = venue_rules(c.venue() == "bybit" ? "bybit-uta" : "binance-usdm").mark;
    const nlohmann::json& samples = c.inputs().at("basis_samples");
    int places = places_of(c, {"index_price", "contract_price"});
    for (const nlohmann::json& sample : samples) {
        places = std::max(places, decimal_of(sample).places);
    }
    // The example lists its own samples, however many there are.
    const auto count = static_cast<std::int64_t>(samples.size());
    rule.average =
        Duration::from_raw(std::max(rule.average.raw(), checked_mul(rule.sample.raw(), count)));
    MarkPrice mark{rule, instrument_with(places)};
    const i128 index = in_units(c.decimal("index_price"), places);
    std::int64_t now = 0;
    for (const nlohmann::json& sample : samples) {
        const Ticks mid = Ticks::from_raw(narrow_i64(index + in_units(decimal_of(sample), places)));
        mark.update({.now = SimTime::from_ns(now),
                     .bid = mid,
                     .ask = mid,
                     .last = ticks(c.decimal("contract_price"), places),
                     .index_usd = c.number("index_price"),
                     .funding_rate_ppb = ppb(c.decimal("last_funding_rate")),
                     .to_funding = hours_of(c.decimal("hours_to_funding")),
                     .funding_interval = hours_of(c.decimal_or("interval_hours", "8"))});
        now += rule.sample.raw();
    }
    c.float_result("price_1", mark.candidates().first);
    c.float_result("price_2", mark.candidates().second);
    c.float_result("mark_price", mark.usd());
}

void last_in_book(ClearingCase& c) {
    const int places = places_of(c, {"last", "best_bid", "best_ask", "index_price"});
    MarkPrice mark{venue_rules("deribit-old").mark, instrument_with(places)};
    mark.update({.bid = ticks(c.decimal_or("best_bid", "0"), places),
                 .ask = ticks(c.decimal_or("best_ask", "0"), places),
                 .last = ticks(c.decimal("last"), places),
                 .index_usd = c.number_or("index_price", 0.0)});
    c.float_result("mark_price", mark.usd());
}

std::vector<WeightedPrice> weighted(const nlohmann::json& rows) {
    std::vector<WeightedPrice> out;
    for (const nlohmann::json& row : rows) {
        out.push_back(
            {.price = decimal_of(row.at(0)).value(), .weight = decimal_of(row.at(1)).value()});
    }
    return out;
}

void weighted_middle(ClearingCase& c) {
    c.float_result("weighted_median", weighted_median(weighted(c.inputs().at("prices"))));
}

void book_median(ClearingCase& c) {
    c.float_result(
        "median",
        median_of_available(c.number("best_bid"), c.number("best_ask"), c.number("last_trade")));
}

void chain_mark(ClearingCase& c) {
    const int places = places_of(
        c, {"oracle_price", "ema_mid_minus_oracle", "best_bid", "best_ask", "last_trade"});
    MarkPrice mark{venue_rules("hyperliquid").mark, instrument_with(places)};
    const double oracle = c.number("oracle_price");
    const Ticks seen =
        Ticks::from_raw(narrow_i64(in_units(c.decimal("oracle_price"), places) +
                                   in_units(c.decimal("ema_mid_minus_oracle"), places)));
    std::vector<WeightedPrice> perps;
    if (c.has("external_perp_mids")) {
        perps = weighted(c.inputs().at("external_perp_mids"));
    }
    // One sample is the whole history of the average; the second look takes no time.
    mark.update({.bid = seen, .ask = seen, .index_usd = oracle});
    mark.update({.bid = ticks(c.decimal_or("best_bid", "0"), places),
                 .ask = ticks(c.decimal_or("best_ask", "0"), places),
                 .last = ticks(c.decimal_or("last_trade", "0"), places),
                 .index_usd = oracle,
                 .perp_mids = perps});
    c.float_result("candidate_1", mark.candidates().first);
    c.float_result("candidate_2", mark.candidates().second);
    c.float_result("candidate_3", mark.candidates().third);
    c.float_result("mark_price", mark.usd());
}

void damped_funding(ClearingCase& c) {
    FundingRule rule = venue_rules(c.venue() == "bybit" ? "bybit-uta" : "binance-usdm").funding;
    rule.interest_ppb =
        c.has("interest_rate") ? ppb(c.decimal("interest_rate")) : rule.interest_ppb;
    rule.clamp_ppb = c.has("clamp") ? ppb(c.decimal("clamp")) : rule.clamp_ppb;
    rule.interval = hours_of(c.decimal_or("interval_hours", "8"));
    const std::int64_t cap = c.has("cap") ? ppb(c.decimal("cap")) : no_cap_ppb;
    c.float_result("funding_rate", funding_rate(rule, c.number("premium_index"), cap));
}

void premium_average(ClearingCase& c) {
    std::vector<double> samples;
    for (const nlohmann::json& sample : c.inputs().at("premium_samples")) {
        samples.push_back(decimal_of(sample).value());
    }
    const std::string word = c.inputs().value("weights", "linear");
    c.float_result(
        "average_premium",
        average_premium(samples, word == "linear" ? FundingWeights::linear : FundingWeights::flat));
}

void hourly_funding(ClearingCase& c) {
    FundingRule rule = venue_rules("hyperliquid").funding;
    rule.interest_ppb =
        c.has("interest_rate") ? ppb(c.decimal("interest_rate")) : rule.interest_ppb;
    const std::int64_t cap = c.has("cap") ? ppb(c.decimal("cap")) : rule.cap_ppb;
    const double oracle = c.number("oracle_price");
    const double premium = c.has("premium") ? c.number("premium")
                                            : premium_sample(rule.method,
                                                             c.number_or("impact_bid", 0.0),
                                                             c.number_or("impact_ask", 0.0),
                                                             oracle);
    c.float_result("premium", premium);
    const double hourly = funding_rate(rule, premium, cap);
    c.float_result("funding_rate_1h", hourly);
    const double value = c.number_or("size", 0.0) * oracle;
    const double in_8h = to_seconds(hours(8)) / to_seconds(rule.interval);
    c.float_result("payment_by_long_per_hour",
                   continuous_payment(hourly * in_8h, value, rule.interval));
    rule.interval = hours(8);
    c.float_result("funding_rate_8h", funding_rate(rule, premium, no_cap_ppb));
}

void continuous(ClearingCase& c) {
    const FundingRule& row = venue_rules("deribit").funding;
    const double damper = c.number_or("damper", static_cast<double>(row.clamp_ppb) * 1e-9);
    const double premium =
        c.has("premium_rate")
            ? c.number("premium_rate")
            : (c.number("mark_price") - c.number("index_price")) / c.number("index_price");
    const double rate = continuous_funding(premium, damper, c.number_or("cap", 0.0));
    c.float_result("premium_rate", premium);
    c.float_result("funding_rate_8h", rate);
    c.float_result("payment_by_long",
                   continuous_payment(rate,
                                      c.number_or("position", 0.0),
                                      duration_from_seconds(c.number_or("seconds", 0.0))));
}

// The interest of an interval from daily rates, as the rule that states it per 8 h has it without a
// premium or bounds.
double interest_of(FundingRule rule, const Decimal& quote, const Decimal& base, Duration interval) {
    const std::int64_t per_day = ppb(quote) - ppb(base);
    rule.interest_ppb = mul_div(per_day, hours(8).raw(), hours(24).raw(), Round::down);
    rule.clamp_ppb = no_cap_ppb;
    rule.interval = interval;
    return funding_rate(rule, 0.0, no_cap_ppb);
}

// An inverse long over one funding: interest of the interval, value at mark, profit at the exit.
void inverse_trade(ClearingCase& c) {
    const FundingRule& row = venue_rules("bitmex").funding;
    const double rate = interest_of(
        row, c.decimal("quote_rate_per_day"), c.decimal("base_rate_per_day"), row.interval);
    c.float_result("funding_rate", rate);
    DeskPosition p;
    p.size = c.decimal("contracts");
    p.is_long = p.size.digits >= 0;
    p.size.digits = p.is_long ? p.size.digits : -p.size.digits;
    p.entry = c.decimal("entry_price");
    p.mark = c.decimal("mark_price");
    p.kind = ContractKind::inverse;
    p.schedule = one_tier({0, 1}, {0, 1});
    Desk desk{{p}};
    desk.open({p});
    const Contract& contract = desk.rules.contracts[0];
    const PortfolioPosition& held = desk.account.positions[0];
    const auto coins = [&](Amount value) {
        return static_cast<double>(static_cast<long double>(value.raw()) /
                                   static_cast<long double>(power_of_ten(desk.money_places())));
    };
    const double value = coins(value_at(contract, held.qty, desk.prices.mark[0]));
    const double paid = continuous_payment(rate, value, hours(8));
    const Ticks exit = ticks(c.decimal("exit_price"), desk.tick_places(0));
    const double pnl = coins(unrealised(contract, held, exit));
    c.float_result("mark_value", value);
    c.float_result("funding_paid_by_long", paid);
    c.float_result("pnl", pnl);
    c.float_result("total", pnl - paid);
}

// What a venue that prints no cap and no impact notional derives from its first tier.
void derived_cap(ClearingCase& c) {
    MarginTiers tiers(1);
    tiers[0].mmr_ppm = narrow_i64(in_units(c.decimal("maintenance_margin_rate"), 6));
    const auto cap =
        static_cast<double>(funding_cap_ppb(venue_rules("binance-usdm").funding, tiers)) * 1e-9;
    c.float_result("cap", cap);
    c.float_result("floor", -cap);
}
void derived_notional(ClearingCase& c) {
    const Fraction rate = c.fraction("initial_margin_rate_at_max_leverage");
    MarginTiers tiers(1);
    tiers[0].leverage_max = mul_div(rate.den, 1, rate.num, Round::down);
    const FundingRate funding{venue_rules("binance-usdm").funding, tiers};
    c.float_result("impact_margin_notional", to_usd(funding.impact_notional()));
}

void interest_of_interval(ClearingCase& c) {
    const auto interval = mul_div(hours(24).raw(), 1, c.integer("intervals_per_day"), Round::down);
    c.float_result("interest_rate",
                   interest_of(venue_rules("bybit-uta").funding,
                               c.decimal("quote_index"),
                               c.decimal("base_index"),
                               Duration::from_raw(interval)));
}

void mid_funding(ClearingCase& c) {
    FundingRule rule = venue_rules("okx").funding;
    rule.cap_ppb = ppb(c.decimal("cap"));
    FundingRate funding{rule, MarginTiers(1)};
    const double mid = 0.5 * (c.number("best_bid") + c.number("best_ask"));
    funding.sample({.index = c.number("index_price"), .mid = mid});
    c.float_result("premium", funding.premium());
    c.float_result("funding_rate", static_cast<double>(funding.settle_ppb()) * 1e-9);
}

void decaying_basis(ClearingCase& c) {
    DecayingMean mean{to_seconds(venue_rules("hyperliquid").mark.average)};
    for (const nlohmann::json& row : c.inputs().at("updates")) {  // seconds since the last, sample
        mean.add(decimal_of(row.at(1)).value(), decimal_of(row.at(0)).value());
    }
    c.float_result("ema", mean.value());
}

void averaging_window(ClearingCase& c) {
    int hour = 0;
    int minute = 0;
    const std::string now = c.inputs().at("current_time").get<std::string>();
    CHECK(std::sscanf(now.c_str(), "%d:%d", &hour, &minute) == 2);
    const std::int64_t end = std::int64_t{hour} * 60 + minute;
    const auto text = [](std::int64_t m) {
        std::string out = "00:00";
        const int h = static_cast<int>(m / 60);
        const int rest = static_cast<int>(m % 60);
        out[0] = static_cast<char>('0' + h / 10);
        out[1] = static_cast<char>('0' + h % 10);
        out[3] = static_cast<char>('0' + rest / 10);
        out[4] = static_cast<char>('0' + rest % 10);
        return out;
    };
    FundingRule rule = venue_rules("okx").funding;
    rule.interval = hours_of(c.decimal_or("interval_hours", "8"));
    rule.sample = minutes(1);
    constexpr std::int64_t day = 24 * 60;
    const std::int64_t start = end - samples_of_interval(rule) + 1;  // this minute is one of them
    c.text_result("window_start", text((start % day + day) % day));
    c.text_result("window_end", text(end));
}

void symmetric_band(ClearingCase& c) {
    const std::int64_t share = narrow_i64(in_units(c.decimal("band"), 6));
    BandReference reference;
    reference.mark = c.number("reference_price");
    const PriceBand band =
        band_of({.method = BandMethod::around_mark, .down_ppm = share, .up_ppm = share}, reference);
    c.float_result("upper", band.upper);
    c.float_result("lower", band.lower);
}

void premium_band(ClearingCase& c) {
    const PriceBand band = band_with_premium(
        c.number("index_price"), c.number("average_premium"), c.number("y"), c.number("z"));
    c.float_result("upper", band.upper);
    c.float_result("lower", band.lower);
}

}  // namespace

void add_funding_evaluators(ClearingEvaluators& all) {
    all["index_basis_mark"] = index_with_funding;
    all["median3_mark"] = median_of_three;
    all["last_in_book_mark"] = last_in_book;
    all["weighted_median"] = weighted_middle;
    all["median_book"] = book_median;
    all["hl_mark"] = chain_mark;
    all["clamp_funding"] = damped_funding;
    all["weighted_premium"] = premium_average;
    all["hl_funding"] = hourly_funding;
    all["deribit_funding"] = continuous;
    all["bitmex_funding_trade"] = inverse_trade;
    all["premium_cap"] = derived_cap;
    all["impact_notional"] = derived_notional;
    all["interest_rate"] = interest_of_interval;
    all["okx_funding"] = mid_funding;
    all["hl_ema"] = decaying_basis;
    all["okx_window"] = averaging_window;
    all["band"] = symmetric_band;
    all["okx_band"] = premium_band;
}

}  // namespace margincall::inline vector_check
