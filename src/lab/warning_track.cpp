#include "lab/warning_track.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "analytics/market_view.hpp"
#include "base/check.hpp"
#include "base/json_text.hpp"
#include "lab/vpin.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
constexpr double bps = 1e4;
constexpr std::size_t hour_minutes = 60;
constexpr std::size_t state_minutes = 10;  // over which the change of the depth state is taken
constexpr std::size_t buckets_a_day = 50;  // of VPIN, and as many in its mean
constexpr std::size_t buckets_least = 10;  // before there is a VPIN

consteval std::size_t indicator(std::string_view name) {
    for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
        if (warning_indicators[k].name == name) {
            return k;
        }
    }
    throw name;  // no such indicator: does not compile
}

class TrackMaker {
  public:
    TrackMaker(const Plan& plan, const MemoryRecorder& recorder)
        : plan_(plan), recorder_(recorder), view_(plan, recorder) {
        CHECK_EQ(plan.output.bar.raw(), minutes(1).raw());
        const std::int64_t last = recorder.bars().empty() ? 0 : recorder.bars().back().time_ns;
        count_ = static_cast<std::size_t>(last / minutes(1).raw());
        track_.seed = plan.seed;
        track_.sigma_day = plan.assets.front().volatility;
        for (auto* const column : {&track_.price, &track_.forced_usd, &track_.sold_usd}) {
            column->assign(count_, not_known);
        }
        for (std::vector<double>& column : track_.values) {
            column.assign(count_, not_known);
        }
    }

    WarningTrack make() {
        of_books();
        of_reproduction();
        of_states();
        of_returns();
        return std::move(track_);
    }

  private:
    // The minute that ends at a time; count_ when there is none.
    [[nodiscard]] std::size_t minute_of(std::int64_t time_ns) const {
        const auto minute = static_cast<std::size_t>(time_ns / minutes(1).raw());
        return minute == 0 || minute > count_ ? count_ : minute - 1;
    }
    double& at(std::size_t row, std::size_t minute) { return track_.values[row][minute]; }

    void of_books() {
        std::vector<double> interest(count_, 0.0), bids(count_, 0.0), prices(count_, 0.0);
        std::vector<double> high(count_, 0.0), low(count_, 1e300), volume(count_, 0.0);
        std::vector<double> net(count_, 0.0), forced(count_, 0.0), books(count_, 0.0);
        for (std::size_t i = 0; i < plan_.instruments.size(); ++i) {
            const Instrument& inst = plan_.instruments[i].instrument;
            if (inst.base.raw() != 0) {
                continue;
            }
            const bool perp = inst.kind == InstrumentKind::linear_perp;
            for (const BarRecord& bar : view_.bars(i)) {
                const std::size_t m = minute_of(bar.time_ns);
                if (m == count_ || bar.close <= 0.0) {
                    continue;
                }
                bids[m] += bar.bid_1;
                if (perp) {
                    interest[m] += bar.open_interest_usd;
                    prices[m] += bar.close;
                    books[m] += 1.0;
                    high[m] = std::max(high[m], bar.close);
                    low[m] = std::min(low[m], bar.close);
                    volume[m] += bar.volume_usd;
                    net[m] += bar.taker_net_usd;
                    forced[m] += std::max(0.0, bar.forced_sell_usd);
                }
            }
        }
        for (std::size_t m = 0; m < count_; ++m) {
            if (books[m] == 0.0) {
                continue;
            }
            track_.price[m] = prices[m] / books[m];
            track_.forced_usd[m] = forced[m];
            track_.sold_usd[m] = 0.5 * (volume[m] - net[m]);
            at(indicator("venue_gap"), m) = bps * (high[m] / low[m] - 1.0);
            if (bids[m] > 0.0) {
                at(indicator("oi_depth"), m) = interest[m] / bids[m];
            }
        }
        of_buckets(volume, net);
        const auto perp = view_.reference_book(0, InstrumentKind::linear_perp);
        const auto spot = view_.reference_book(0, InstrumentKind::spot);
        if (!perp) {
            return;
        }
        for (const BarRecord& bar : view_.bars(*perp)) {
            const std::size_t m = minute_of(bar.time_ns);
            if (m == count_) {
                continue;
            }
            at(indicator("funding"), m) = bar.funding_rate;
            if (bar.bid > 0.0 && bar.ask > 0.0) {
                at(indicator("spread"), m) =
                    bps * (bar.ask - bar.bid) / (0.5 * (bar.ask + bar.bid));
                at(indicator("basis"), m) = 0.5 * (bar.ask + bar.bid);  // until the spot is known
            }
        }
        std::vector<double> mids(count_, not_known);
        if (spot) {
            for (const BarRecord& bar : view_.bars(*spot)) {
                const std::size_t m = minute_of(bar.time_ns);
                if (m != count_ && bar.bid > 0.0 && bar.ask > 0.0) {
                    mids[m] = 0.5 * (bar.bid + bar.ask);
                }
            }
        }
        for (std::size_t m = 0; m < count_; ++m) {
            at(indicator("basis"), m) = bps * (at(indicator("basis"), m) / mids[m] - 1.0);
        }
    }

    // A bucket is a fiftieth of the coin's volume a day on perps.
    void of_buckets(const std::vector<double>& volume, const std::vector<double>& net) {
        double perps = 0.0;
        for (const InstrumentPlan& ip : plan_.instruments) {
            if (ip.instrument.base.raw() == 0 &&
                ip.instrument.kind == InstrumentKind::linear_perp) {
                perps += ip.volume_share;
            }
        }
        const double size = perps * plan_.assets.front().volume / double{buckets_a_day};
        if (!(size > 0.0)) {
            return;
        }
        VolumeBuckets buckets(size, buckets_a_day);
        for (std::size_t m = 0; m < count_; ++m) {
            buckets.add({volume[m], net[m]});
            if (buckets.full() >= buckets_least) {
                at(indicator("vpin"), m) = buckets.mean();
            }
        }
    }

    // The curves of R against price that come with a map, and R as prices stand, which comes with every bar. What a curve
    // says holds until the next one.
    void of_reproduction() {
        struct Curve {
            double lar[4] = {0, 0, 0, 0};
            double bids_3 = 0.0;
            double r_next = not_known;
            bool seen = false;
        };
        constexpr double within[4] = {0.01, 0.03, 0.05, 0.10};
        constexpr double wall = 0.03;
        constexpr double ahead = 0.05;
        constexpr double rounding = 1e-9;
        std::vector<Curve> curves(count_);
        std::vector<std::uint8_t> mapped(count_, 0);
        for (const CoinReproductionRecord& r : recorder_.coin_reproduction()) {
            const std::size_t m = minute_of(r.time_ns);
            if (m == count_ || r.asset != 0) {
                continue;
            }
            Curve& curve = curves[m];
            curve.seen = true;
            mapped[m] |= r.fall > 0.0 ? 1 : 0;
            for (std::size_t k = 0; k < 4; ++k) {
                curve.lar[k] += r.fall < within[k] - rounding ? r.liquidation_usd : 0.0;
            }
            curve.bids_3 += r.fall < wall - rounding ? r.resting_usd + r.refill_usd : 0.0;
        }
        for (const ReproductionRecord& r : recorder_.reproduction()) {
            const std::size_t m = minute_of(r.time_ns);
            if (m == count_ || !std::isfinite(r.reproduction)) {
                continue;
            }
            if (r.fall == 0.0) {
                at(indicator("r_local"), m) = r.reproduction;
            }
            if (r.fall < ahead - rounding) {
                curves[m].r_next = std::isnan(curves[m].r_next)
                                       ? r.reproduction
                                       : std::max(curves[m].r_next, r.reproduction);
            }
        }
        const Curve* last = nullptr;
        for (std::size_t m = 0; m < count_; ++m) {
            if (mapped[m] != 0 && curves[m].seen) {
                last = &curves[m];
            }
            if (last == nullptr) {
                continue;
            }
            at(indicator("lar_1"), m) = last->lar[0];
            at(indicator("lar_3"), m) = last->lar[1];
            at(indicator("lar_5"), m) = last->lar[2];
            at(indicator("lar_10"), m) = last->lar[3];
            at(indicator("r_next_5"), m) = last->r_next;
            if (last->bids_3 > 0.0) {
                at(indicator("wall_ratio"), m) = last->lar[1] / last->bids_3;
            }
        }
    }

    void of_states() {
        for (const StateRecord& r : recorder_.states()) {
            const std::size_t m = minute_of(r.time_ns);
            if (m != count_ && r.asset == 0) {
                at(indicator("depth_state"), m) = r.depth_state;
            }
        }
        for (std::size_t m = state_minutes; m < count_; ++m) {
            at(indicator("depth_change"), m) =
                at(indicator("depth_state"), m) - at(indicator("depth_state"), m - state_minutes);
        }
    }

    // Of the last hour's minutes. Roll 1984: twice the root of the negative autocovariance of price changes, 0 where it is
    // positive.
    void of_returns() {
        for (std::size_t m = hour_minutes; m < count_; ++m) {
            double mean = 0.0;
            std::array<double, hour_minutes> r{};
            bool known = true;
            for (std::size_t k = 0; k < hour_minutes; ++k) {
                const std::size_t to = m - hour_minutes + 1 + k;
                r[k] = std::log(track_.price[to] / track_.price[to - 1]);
                known = known && std::isfinite(r[k]);
                mean += r[k] / double{hour_minutes};
            }
            if (!known) {
                continue;
            }
            double variance = 0.0;
            double covariance = 0.0;
            for (std::size_t k = 0; k < hour_minutes; ++k) {
                variance += (r[k] - mean) * (r[k] - mean) / double{hour_minutes};
                covariance +=
                    k > 0 ? (r[k] - mean) * (r[k - 1] - mean) / double{hour_minutes} : 0.0;
            }
            at(indicator("variance"), m) = variance * 24.0 * double{hour_minutes};
            at(indicator("roll"), m) = bps * 2.0 * std::sqrt(std::max(0.0, -covariance));
            if (variance > 0.0) {
                at(indicator("autocorrelation"), m) = covariance / variance;
            }
        }
    }

    const Plan& plan_;
    const MemoryRecorder& recorder_;
    MarketView view_;
    std::size_t count_ = 0;
    WarningTrack track_;
};

Json track_column_json(const std::vector<double>& column) {
    Json out = Json::array();
    for (const double value : column) {
        if (!std::isfinite(value)) {
            out.push_back(nullptr);
            continue;
        }
        const std::string text = fmt::format("{:.5g}", value);
        double rounded = 0.0;
        (void)std::from_chars(text.data(), text.data() + text.size(), rounded);
        out.push_back(rounded);
    }
    return out;
}

std::vector<double> track_column_of(const Json& json) {
    std::vector<double> out;
    for (const Json& value : json) {
        out.push_back(value.is_null() ? not_known : value.get<double>());
    }
    return out;
}

}  // namespace

WarningTrack warning_track(const Plan& plan, const MemoryRecorder& recorder) {
    return TrackMaker(plan, recorder).make();
}

std::vector<BigFall> big_falls(const WarningTrack& track, double sigmas) {
    std::vector<BigFall> out;
    const std::vector<double>& price = track.price;
    const double least = -sigmas * track.sigma_day;
    std::size_t from = 0;  // the earliest minute at which a fall may begin
    for (std::size_t m = 0; m < price.size(); ++m) {
        const std::size_t first = std::max(from, m > crash_minutes ? m - crash_minutes : 0);
        if (first >= m || std::isnan(price[m])) {
            continue;
        }
        std::size_t onset = m;
        for (std::size_t k = first; k < m; ++k) {
            // The last of equal ones.
            if (price[k] >= price[onset] || onset == m) {
                onset = std::isnan(price[k]) ? onset : k;
            }
        }
        if (onset == m || !(price[m] / price[onset] - 1.0 < least)) {
            continue;
        }
        BigFall fall;
        fall.onset = onset;
        fall.low = m;
        const std::size_t last = std::min(price.size() - 1, onset + crash_minutes);
        for (std::size_t k = m; k <= last; ++k) {
            fall.low = price[k] < price[fall.low] ? k : fall.low;
        }
        fall.fall = price[fall.low] / price[onset] - 1.0;
        double forced = 0.0;
        double sold = 0.0;
        for (std::size_t k = onset + 1; k <= fall.low; ++k) {
            forced += std::isnan(track.forced_usd[k]) ? 0.0 : track.forced_usd[k];
            sold += std::isnan(track.sold_usd[k]) ? 0.0 : track.sold_usd[k];
        }
        fall.forced_share = sold > 0.0 ? forced / sold : 0.0;
        out.push_back(fall);
        from = fall.low + crash_minutes;
        m = std::max(m, fall.low);
    }
    return out;
}

std::string warning_track_json(std::string_view key, const WarningTrack& track) {
    Json out{{"key", key},
             {"seed", track.seed},
             {"sigma_day", track.sigma_day},
             {"price", track_column_json(track.price)},
             {"forced_usd", track_column_json(track.forced_usd)},
             {"sold_usd", track_column_json(track.sold_usd)}};
    for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
        out[std::string{warning_indicators[k].name}] = track_column_json(track.values[k]);
    }
    return json_text(out);
}

std::optional<WarningTrack> parse_warning_track(std::string_view line) {
    try {
        const Json root = Json::parse(line);
        WarningTrack out;
        out.seed = root.at("seed").get<std::uint64_t>();
        out.sigma_day = root.at("sigma_day").get<double>();
        out.price = track_column_of(root.at("price"));
        out.forced_usd = track_column_of(root.at("forced_usd"));
        out.sold_usd = track_column_of(root.at("sold_usd"));
        bool same =
            out.forced_usd.size() == out.price.size() && out.sold_usd.size() == out.price.size();
        for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
            out.values[k] = track_column_of(root.at(std::string{warning_indicators[k].name}));
            same = same && out.values[k].size() == out.price.size();
        }
        return same ? std::optional{std::move(out)} : std::nullopt;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace margincall::inline lab
