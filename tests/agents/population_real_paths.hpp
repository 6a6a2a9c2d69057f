// Accounts against real prices, without a simulator (model 13.4c): the drawn population and its
// owners are driven along measured hourly candles, nobody's orders move the price, and what is
// liquidated is compared with what was published. Used by the slow test and for choosing the
// population's defaults.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agents/leveraged_owners.hpp"
#include "population_market.hpp"
#include "sim/top_up.hpp"

namespace margincall::population_test {

struct Candle {
    double open, high, low, close;
};

inline std::int64_t unix_hour(const std::string& iso) {
    std::tm tm{};
    int year = 0;
    int month = 0;
    int minute = 0;
    int second = 0;
    if (std::sscanf(iso.c_str(),
                    "%d-%d-%dT%d:%d:%d",
                    &year,
                    &month,
                    &tm.tm_mday,
                    &tm.tm_hour,
                    &minute,
                    &second) < 4) {
        return 0;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    return timegm(&tm) / 3600;
}

inline std::filesystem::path shared_dir() {
    const char* set = std::getenv("MARGINCALL_SHARED");
    return set != nullptr ? std::filesystem::path{set}
                          : std::filesystem::path{MC_SOURCE_DIR} / ".." / "shared";
}

inline std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
    std::vector<std::vector<std::string>> out;
    const bool packed = path.extension() == ".gz";
    FILE* file = packed ? popen(("gzip -dc '" + path.string() + "'").c_str(), "r")
                        : std::fopen(path.c_str(), "r");
    if (file == nullptr) {
        return out;
    }
    char line[4096];
    while (std::fgets(line, sizeof line, file) != nullptr) {
        std::vector<std::string> row(1);
        for (const char* c = line; *c != '\0' && *c != '\n' && *c != '\r'; ++c) {
            if (*c == ',') {
                row.emplace_back();
            } else {
                row.back() += *c;
            }
        }
        out.push_back(row);
    }
    packed ? pclose(file) : std::fclose(file);
    return out;
}

// Hourly candles, open interest and funding of autumn 2025.
struct RealData {
    std::map<std::string, std::map<std::int64_t, Candle>> candles;  // symbol -> hour
    std::map<std::string, std::map<std::int64_t, double>>
        open_interest;                       // coin -> hour (every 4 h), USD
    std::map<std::int64_t, double> funding;  // BTC, fraction per 8 h
    std::map<std::string, std::map<std::int64_t, Candle>>
        five_minutes;  // BTC, ETH: 5 min of unix time

    static std::optional<RealData> load() {
        const auto data = shared_dir() / "data";
        if (!std::filesystem::exists(data / "candles-more")) {
            return std::nullopt;
        }
        RealData out;
        for (const auto& r :
             read_csv(data / "candles-more" / "binance_perp_1h_2025-09-01_2025-11-15.csv.gz")) {
            if (r.size() >= 6 && r[0] != "time_utc") {
                out.candles[r[1]][unix_hour(r[0])] = {
                    std::stod(r[2]), std::stod(r[3]), std::stod(r[4]), std::stod(r[5])};
            }
        }
        for (const std::string coin : {"BTC", "ETH"}) {
            const auto file =
                data / "candles" / ("binance_perp_" + coin + "USDT_5m_2025-01_2026-02.csv.gz");
            for (const auto& r : read_csv(file)) {
                // Only the autumn of 2025 before the days held out.
                if (r.size() >= 5 && r[0] >= "2025-10-03" && r[0] < "2025-11-15") {
                    const std::int64_t minute = std::stol(r[0].substr(14, 2));
                    out.five_minutes[coin + "USDT"][unix_hour(r[0]) * 12 + minute / 5] = {
                        std::stod(r[1]), std::stod(r[2]), std::stod(r[3]), std::stod(r[4])};
                }
            }
        }
        for (const std::string coin : {"BTC", "ETH", "SOL", "XRP"}) {
            for (const auto& r :
                 read_csv(data / "coinglass-2025" / ("open_interest_usd_4h_" + coin + ".csv"))) {
                if (r.size() >= 2 && r[0] != "time_utc" && !r[1].empty()) {
                    out.open_interest[coin][unix_hour(r[0])] = std::stod(r[1]);
                }
            }
        }
        for (const auto& r : read_csv(data / "coinglass-2025" / "funding_weighted_4h_BTC.csv")) {
            if (r.size() >= 5 && r[0] != "time_utc" && !r[4].empty()) {
                out.funding[unix_hour(r[0])] = std::stod(r[4]) / 100.0;
            }
        }
        return out;
    }

    [[nodiscard]] double interest(const std::string& coin, std::int64_t hour) const {
        const auto& series = open_interest.at(coin);
        const auto after = series.upper_bound(hour);
        return after == series.begin() ? 0.0 : std::prev(after)->second;
    }
};

struct RealCoin {
    std::string name, symbol;
    double tick, lot, volatility;
    double tail_share;  // of the long tail's open interest; 0 = major
};
inline const std::vector<RealCoin>& real_coins() {
    static const std::vector<RealCoin> coins = {
        {"BTC", "BTCUSDT", 0.1, 0.001, 0.022, 0},
        {"ETH", "ETHUSDT", 0.01, 0.001, 0.038, 0},
        {"SOL", "SOLUSDT", 0.01, 0.01, 0.045, 0},
        {"XRP", "XRPUSDT", 0.0001, 0.1, 0.045, 0},
        {"DOGE", "DOGEUSDT", 1e-5, 1, 0.055, 0.30},
        {"BNB", "BNBUSDT", 0.01, 0.01, 0.04, 0.15},
        {"HYPE", "HYPEUSDT", 1e-3, 0.01, 0.06, 0.15},
        {"INJ", "INJUSDT", 1e-3, 0.1, 0.06, 0.10},
        {"OP", "OPUSDT", 1e-4, 0.1, 0.06, 0.15},
        {"PEPE", "1000PEPEUSDT", 1e-6, 1, 0.06, 0.15},
    };
    return coins;
}

// The market at one hour: prices of the month before with their extremes, open interest, leverage
// state by the common rule. Central venues hold nine tenths, the chain venue one tenth.
inline Plan real_market(const RealData& data,
                        std::int64_t hour,
                        double tail_interest,
                        const PopulationPlan& population) {
    std::vector<Coin> coins;
    for (const RealCoin& c : real_coins()) {
        const double price = data.candles.at(c.symbol).at(hour).open;
        const double interest =
            c.tail_share > 0 ? c.tail_share * tail_interest : data.interest(c.name, hour);
        coins.push_back({c.name, price, interest, c.volatility, c.tick, c.lot, c.tail_share > 0});
    }
    Plan plan = make_market(coins);
    plan.population = population;
    plan.population.coins_max = 1;  // the fit's accounts
    plan.history.step = minutes(60);
    for (const RealCoin& c : real_coins()) {
        std::vector<double> price, low, high;
        for (std::int64_t h = hour - 30 * 24; h <= hour; ++h) {
            const Candle& candle = data.candles.at(c.symbol).at(h);
            const Candle& before = data.candles.at(c.symbol).at(h > hour - 30 * 24 ? h - 1 : h);
            price.push_back(candle.open);
            low.push_back(before.low);
            high.push_back(before.high);
        }
        plan.history.price.push_back(price);
        plan.history.low.push_back(low);
        plan.history.high.push_back(high);
    }
    const auto& btc = data.candles.at("BTCUSDT");
    double square = 0.0;
    for (std::int64_t h = hour - 720; h < hour; ++h) {
        const double r = std::log(btc.at(h + 1).open / btc.at(h).open);
        square += r * r;
    }
    plan.history.volatility_30d = std::sqrt(square / 30.0);
    double coins_now = data.interest("BTC", hour) / btc.at(hour).open;
    double coins_mean = 0.0;
    int count = 0;
    for (const auto& [h, usd_open] : data.open_interest.at("BTC")) {
        if (h < hour && h >= hour - 90 * 24 && btc.contains(h)) {
            coins_mean += usd_open / btc.at(h).open;
            ++count;
        }
    }
    plan.history.open_interest_over_mean90 = coins_now / (coins_mean / count);
    double funding = 0.0;
    count = 0;
    for (const auto& [h, rate] : data.funding) {
        if (h < hour && h >= hour - 7 * 24) {
            funding += rate;
            ++count;
        }
    }
    plan.history.funding_7d = funding / std::max(1, count);
    plan.population.leverage_state = population.leverage_state * leverage_state(plan.history);
    return plan;
}

// What one window liquidated.
struct Outcome {
    double usd[2] = {0, 0};  // long, short
    double accounts = 0.0;
    double reported_usd[2] = {0, 0};  // one order per second and symbol
    double reported_accounts = 0.0;
    double stopped_usd = 0.0;
};

class PathMarket : public OwnerMarket {
  public:
    PathMarket(const Plan& plan, const RealData& data, std::int64_t hour)
        : plan_(plan),
          data_(data),
          hour_(hour),
          rows_(plan.instruments.size()),
          rng_(plan.seed, 99, Purpose::top_up) {
        views_.resize(plan.instruments.size());
        totals.resize(plan.instruments.size());
        price_.resize(plan.assets.size());
        set_prices(0, 0);
        for (const AccountSeed& seed : draw_population(plan)) {
            add(seed);
        }
    }

    // Walks `hours` through 36 prices an hour: the extremes and closes of 5-minute candles where
    // there are any, else a line through the extremes of the hour.
    void run(LeveragedOwners& owners, int hours) {
        for (int h = 0; h < hours; ++h) {
            for (int part = 1; part <= 36; ++part) {
                set_prices(h, part);
                sweep();
                if (part % 3 == 0) {
                    owners.step(*this, 300.0);
                }
            }
        }
    }

    View view(InstrumentId id) override { return views_[id.raw()]; }
    std::span<const AccountId> changed() override {
        told_.swap(changed_);
        changed_.clear();
        return told_;
    }
    AccountView account(AccountId account) override {
        const auto [instrument, slot] = where_[account.raw()];
        if (slot != gone) {
            return rows_[instrument][slot].view;
        }
        AccountView view;
        view.account = account;
        view.instrument = plan_.instruments[instrument].instrument.id;
        view.side = side_[account.raw()];
        return view;
    }
    void open(const AccountSeed& seed) override { add(seed); }
    void close(AccountId account, InstrumentId /*id*/, std::int64_t share_ppm) override {
        const auto [instrument, slot] = where_[account.raw()];
        if (slot == gone) {
            return;
        }
        changed_.push_back(account);
        Row& r = rows_[instrument][slot];
        const auto lots = static_cast<std::int64_t>(std::ceil(
            static_cast<double>(r.view.held[0].qty.raw()) * static_cast<double>(share_ppm) * 1e-6));
        if (lots >= r.view.held[0].qty.raw()) {
            remove(instrument, slot);
            return;
        }
        const double left =
            1.0 - static_cast<double>(lots) / static_cast<double>(r.view.held[0].qty.raw());
        r.view.held[0].qty = r.view.held[0].qty - Lots::from_raw(lots);
        if (r.isolated) {
            r.view.margin_usd *= left;
        }
        set_triggers(instrument, r);
    }

    std::vector<Outcome> totals;  // by instrument

    [[nodiscard]] double open_interest(std::size_t asset) const {
        double coins = 0.0;
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            const Instrument& inst = plan_.instruments[k].instrument;
            for (const Row& r : rows_[k]) {
                coins += inst.base.raw() == asset && r.view.side == Side::buy
                             ? static_cast<double>(r.view.held[0].qty.raw()) * inst.lot_base
                             : 0.0;
            }
        }
        return coins;
    }

  private:
    static constexpr std::size_t gone = static_cast<std::size_t>(-1);
    struct Row {
        AccountView view;
        bool isolated = true;
        bool may_top_up = false;
        double stop = 0.0, liquidation = 0.0, top_up = 0.0;
    };

    [[nodiscard]] static std::array<double, 3> legs(const Candle& c) {
        const bool falls = c.close < c.open;
        return {falls ? c.high : c.low, falls ? c.low : c.high, c.close};
    }
    // Price of an asset at point `part` (0-36) of hour h.
    [[nodiscard]] double price_at(const std::string& symbol, std::int64_t h, int part) const {
        const auto fine = data_.five_minutes.find(symbol);
        if (fine != data_.five_minutes.end() && part > 0) {
            const auto at = fine->second.find((hour_ + h) * 12 + (part - 1) / 3);
            if (at != fine->second.end()) {
                return legs(at->second)[static_cast<std::size_t>((part - 1) % 3)];
            }
        }
        const Candle& c = data_.candles.at(symbol).at(hour_ + h);
        const auto l = legs(c);
        const std::array<double, 4> knots = {c.open, l[0], l[1], l[2]};
        const double x = part / 12.0;
        const auto k = std::min<std::size_t>(2, static_cast<std::size_t>(x));
        return knots[k] + (knots[k + 1] - knots[k]) * (x - static_cast<double>(k));
    }

    void set_prices(std::int64_t h, int part) {
        for (std::size_t a = 0; a < price_.size(); ++a) {
            const std::string& symbol = real_coins()[a].symbol;
            const auto& series = data_.candles.at(symbol);
            const double next = price_at(symbol, h, part);
            price_[a] = next;
            const double sigma = plan_.assets[a].volatility;
            const double week =
                std::log(next / series.at(hour_ + h - 168).open) / (sigma * std::sqrt(7.0));
            const double hour_return =
                std::log(next / series.at(hour_ + h - 1).open) / (sigma / std::sqrt(24.0));
            for (std::size_t k2 = 0; k2 < views_.size(); ++k2) {
                if (plan_.instruments[k2].instrument.base.raw() == a) {
                    View& v = views_[k2];
                    v.mid = v.mark = next;
                    v.depth_bid = v.depth_ask = 1e10;  // nobody moves the price here
                    v.return_7d_sigmas = week;
                    v.return_1h_sigmas = hour_return;
                }
            }
        }
    }

    struct TopUp {
        double at_s = 0.0;
        AccountId account;
        double usd = 0.0;
    };

    void set_triggers(std::size_t instrument, Row& r) {
        const InstrumentPlan& ip = plan_.instruments[instrument];
        const double qty =
            static_cast<double>(r.view.held[0].qty.raw()) * ip.instrument.lot_base / r.view.weight;
        const double margin = r.view.margin_usd / r.view.weight;
        const auto at = [&](double shift) {
            return liquidation_price({.side = r.view.side,
                                      .qty = qty,
                                      .entry = r.view.held[0].entry_usd,
                                      .margin = margin - shift},
                                     ip.tiers);
        };
        r.liquidation = at(0.0);
        // Margin ratio 0.8: equity = maintenance / 0.8.
        const double maintenance =
            std::max(0.0, margin - std::fabs(r.view.held[0].entry_usd - r.liquidation) * qty);
        r.top_up = at(0.25 * maintenance);
    }

    void add(const AccountSeed& seed) {
        Row r;
        const std::size_t instrument = seed.instrument.raw();
        const Instrument& inst = plan_.instruments[instrument].instrument;
        r.view.account = AccountId::from_raw(static_cast<std::uint32_t>(where_.size()));
        r.view.instrument = seed.instrument;
        r.view.side = seed.side;
        r.view.weight = seed.weight;
        r.view.add({.instrument = seed.instrument,
                    .qty = seed.qty,
                    .entry_usd = to_usd(inst, seed.entry)});
        r.view.margin_usd = to_usd(seed.margin);
        r.view.leverage = static_cast<double>(seed.leverage_e2) / 100.0;
        r.view.hedger = seed.hedger;
        r.isolated = seed.mode == MarginMode::isolated;
        r.may_top_up = seed.may_top_up != 0;
        r.stop = to_usd(inst, seed.stop);
        set_triggers(instrument, r);
        where_.emplace_back(instrument, rows_[instrument].size());
        side_.push_back(seed.side);
        changed_.push_back(r.view.account);
        rows_[instrument].push_back(r);
    }
    void remove(std::size_t instrument, std::size_t slot) {
        auto& rows = rows_[instrument];
        where_[rows[slot].view.account.raw()].second = gone;
        changed_.push_back(rows[slot].view.account);
        if (slot + 1 != rows.size()) {
            rows[slot] = rows.back();
            where_[rows[slot].view.account.raw()].second = slot;
        }
        rows.pop_back();
    }

    // Stops, top-ups and liquidations at the current prices; then the public feed of the 100
    // seconds.
    void sweep() {
        now_s_ += 100.0;
        std::erase_if(pending_, [&](const TopUp& t) {
            if (t.at_s > now_s_) {
                return false;
            }
            const auto [instrument, slot] = where_[t.account.raw()];
            if (slot != gone) {  // too late otherwise
                rows_[instrument][slot].view.margin_usd += t.usd;
                changed_.push_back(t.account);
                set_triggers(instrument, rows_[instrument][slot]);
            }
            return true;
        });
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            const Instrument& inst = plan_.instruments[k].instrument;
            const double mark = views_[k].mark;
            double usd[2] = {0, 0};
            double accounts[2] = {0, 0};
            for (std::size_t slot = 0; slot < rows_[k].size();) {
                Row& r = rows_[k][slot];
                const bool is_long = r.view.side == Side::buy;
                const auto crossed = [&](double trigger) {
                    return trigger > 0.0 && (is_long ? mark <= trigger : mark >= trigger);
                };
                const double size =
                    static_cast<double>(r.view.held[0].qty.raw()) * inst.lot_base * mark;
                if (crossed(r.stop)) {
                    totals[k].stopped_usd += size;
                    remove(k, slot);
                    continue;
                }
                if (r.may_top_up && r.view.hedger == 0 && crossed(r.top_up)) {
                    r.may_top_up = false;
                    if (rng_.chance(0.5)) {
                        pending_.push_back(
                            {.at_s = now_s_ + to_seconds(top_up_delay(plan_.population, rng_)),
                             .account = r.view.account,
                             .usd = top_up_amount(plan_.population, r.view.margin_usd, rng_)});
                    }
                }
                if (crossed(r.liquidation)) {
                    usd[is_long ? 0 : 1] += size;
                    accounts[is_long ? 0 : 1] += r.view.weight;
                    remove(k, slot);
                    continue;
                }
                ++slot;
            }
            report(k, usd, accounts);
        }
    }

    void report(std::size_t k, const double (&usd)[2], const double (&accounts)[2]) {
        Outcome& out = totals[k];
        const double all = accounts[0] + accounts[1];
        if (all <= 0.0) {
            return;
        }
        // At most one order per second and symbol; a coin of the tail stands for ten symbols.
        // Within the interval orders fall into random seconds, which flatters the feed: real ones
        // come in bursts.
        const double slots =
            100.0 * (plan_.assets[plan_.instruments[k].instrument.base.raw()].tail ? 10.0 : 1.0);
        const double shown = slots * -std::expm1(-all / slots) / all;
        for (int s = 0; s < 2; ++s) {
            out.usd[s] += usd[s];
            out.reported_usd[s] += shown * usd[s];
        }
        out.accounts += all;
        out.reported_accounts += shown * all;
    }

    const Plan& plan_;
    const RealData& data_;
    std::int64_t hour_;
    std::vector<std::vector<Row>> rows_;
    std::vector<View> views_;
    std::vector<double> price_;
    std::vector<std::pair<std::size_t, std::size_t>> where_;  // by account
    std::vector<Side> side_;                                  // by account
    std::vector<AccountId> changed_, told_;
    std::vector<TopUp> pending_;
    double now_s_ = 0.0;
    Rng rng_;
};

}  // namespace margincall::population_test
