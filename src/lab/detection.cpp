#include "lab/detection.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analytics/binomial.hpp"
#include "base/check.hpp"
#include "base/json_text.hpp"
#include "lab/hand_world.hpp"
#include "lab/seed_quantiles.hpp"
#include "lab/vpin.hpp"

namespace margincall::inline lab {
namespace {

using DetectionJson = nlohmann::ordered_json;

constexpr Duration looked_back = hours(36);
constexpr Duration gained_over = hours(2);
constexpr std::size_t vpin_buckets = 50;
constexpr double buckets_a_day = 500.0;
constexpr std::int64_t top_accounts = 5;

bool acts_as_informed(const EventPlan& event) {
    return event.type == EventType::information && event.scale != 0.0 &&
           std::ranges::any_of(event.sell_usd, [](double usd) { return usd != 0.0; });
}

// What accounts hold of the coins, by account; agents and systems hold nothing here.
struct Holdings {
    std::vector<std::vector<double>> coins;  // [coin][account], longs above 0
    std::vector<double> price;               // mean mark of the coin's perps
    std::vector<std::int64_t> weight;        // [account]
    double open_interest = 0;                // coins at their price, all perps
};

class Watched {
  public:
    Watched(const HandWorld& world, std::span<const AssetId> coins) : world_{world.world()} {
        for (const AssetId coin : coins) {
            std::vector<InstrumentId>& perps = perps_.emplace_back();
            for (const InstrumentPlan& row : world_.plan().instruments) {
                if (row.instrument.base == coin &&
                    row.instrument.kind == InstrumentKind::linear_perp) {
                    perps.push_back(row.instrument.id);
                }
            }
        }
    }

    [[nodiscard]] Holdings look() const {
        const ClearingHouse& house = world_.clearing();
        Holdings out;
        out.weight.assign(house.account_count(), 1);
        for (const std::vector<InstrumentId>& perps : perps_) {
            std::vector<double>& coins = out.coins.emplace_back(house.account_count(), 0.0);
            double price = 0.0;
            for (const InstrumentId i : perps) {
                price += world_.mark_usd(i) / static_cast<double>(perps.size());
                const double lot = world_.instrument(i).lot_base;
                out.open_interest +=
                    static_cast<double>(house.open_interest(i).raw()) * lot * world_.mark_usd(i);
                for (const CrossAccount& account : house.cross_accounts().accounts()) {
                    if (account.venue == world_.instrument(i).venue) {
                        const Lots held = house.position(account.account, i);
                        coins[account.account.raw()] += static_cast<double>(held.raw()) * lot;
                        out.weight[account.account.raw()] = account.weight;
                    }
                }
            }
            out.price.push_back(price);
        }
        for (const Row& row : house.rows()) {
            const auto i = InstrumentId::from_raw(row.instrument);
            for (std::size_t c = 0; c < perps_.size(); ++c) {
                if (std::ranges::find(perps_[c], i) != perps_[c].end()) {
                    out.coins[c][row.account.raw()] =
                        static_cast<double>(house.state(row).qty.raw()) *
                        world_.instrument(i).lot_base;
                    out.weight[row.account.raw()] = row.weight;
                }
            }
        }
        return out;
    }

    // Volume and net taker flow since the start, USD.
    [[nodiscard]] MinuteFlow total() const {
        MinuteFlow out;
        for (const std::vector<InstrumentId>& perps : perps_) {
            for (const InstrumentId i : perps) {
                out.volume += world_.feed(i).volume(world_.reached(), minutes(1));
                out.net += world_.feed(i).taker_net_usd;
            }
        }
        return out;
    }

  private:
    const World& world_;
    std::vector<std::vector<InstrumentId>> perps_;  // by coin looked at
};

double held_before(const Holdings& before, std::size_t coin, std::size_t account) {
    return account < before.coins[coin].size() ? before.coins[coin][account] : 0.0;
}

// The accounts that gain most, of rows that stand for many: each of theirs gains the same.
double top_gain(std::vector<std::pair<double, std::int64_t>> gains) {
    std::ranges::sort(gains, [](const auto& x, const auto& y) {
        return x.first != y.first ? x.first > y.first : x.second < y.second;
    });
    double sum = 0.0;
    std::int64_t left = top_accounts;
    for (const auto& [each, accounts] : gains) {
        const std::int64_t n = std::min(left, accounts);
        sum += each * static_cast<double>(n);
        left -= n;
    }
    return sum;
}

DetectedWorld judge_world(const Holdings& before, const Holdings& at, const Holdings& after) {
    DetectedWorld out;
    double opened = 0.0;
    double shorts = 0.0;
    double fresh = 0.0;
    double fresh_gain = 0.0;
    double gain = 0.0;
    std::vector<std::pair<double, std::int64_t>> gains;
    for (std::size_t c = 0; c < at.coins.size(); ++c) {
        const double fall = at.price[c] - after.price[c];
        for (std::size_t a = 0; a < at.coins[c].size(); ++a) {
            const double had = held_before(before, c, a);
            const double has = at.coins[c][a];
            opened += (had - has) * at.price[c];
            if (has >= 0.0) {
                continue;
            }
            shorts -= has * at.price[c];
            if (had == 0.0) {
                fresh -= has * at.price[c];
                fresh_gain -= has * fall;
            }
            if (fall > 0.0) {
                gain -= has * fall;
                gains.emplace_back(-has * fall / static_cast<double>(at.weight[a]), at.weight[a]);
            }
        }
    }
    const auto put = [&](Detector d, bool known, double value) {
        if (known) {
            out.value[static_cast<std::size_t>(d)] = value;
        }
    };
    put(Detector::size, at.open_interest > 0.0, opened / at.open_interest);
    put(Detector::new_shorts, shorts > 0.0, fresh / shorts);
    put(Detector::gain, shorts > 0.0, fresh_gain);
    put(Detector::top, gain > 0.0, top_gain(std::move(gains)) / gain);
    return out;
}

DetectedWorld detect_in(std::shared_ptr<const Compiled> scenario,
                        const DetectionEvent& event,
                        RunMonitor* monitor) {
    const auto world = HandWorld::begin(std::move(scenario), {}, Keep::nothing, Verify::never);
    const Watched watched(*world, event.coins);
    const Plan& plan = world->scenario().plan;
    const SimTime from = SimTime::from_ns(event.at.ns() - event.before.raw());
    (void)world->step_to(from, monitor);
    const Holdings before = watched.look();
    std::vector<MinuteFlow> flow;
    double net = watched.total().net;
    for (SimTime t = from; t < event.at;) {
        t = std::min(event.at, t + minutes(1));
        (void)world->step_to(t, monitor);
        const MinuteFlow now = watched.total();
        flow.push_back({now.volume, now.net - net});
        net = now.net;
    }
    const Holdings at = watched.look();
    (void)world->step_to(std::min(event.at + gained_over, SimTime{} + plan.length), monitor);
    DetectedWorld out = judge_world(before, at, watched.look());
    double volume = 0.0;
    for (const AssetId coin : event.coins) {
        volume += plan.assets[coin.raw()].volume;
    }
    const double bucket = volume / buckets_a_day;
    const auto half = static_cast<std::ptrdiff_t>(flow.size() / 2);
    const std::vector<MinuteFlow> first(flow.begin(), flow.begin() + half);
    const auto early = vpin(first, bucket, vpin_buckets);
    const auto late = vpin(flow, bucket, vpin_buckets);
    if (early && late) {
        out.value[static_cast<std::size_t>(Detector::vpin)] = *late - *early;
    }
    return out;
}

}  // namespace

std::optional<DetectionEvent> detection_event(const Plan& plan) {
    const EventPlan* first = nullptr;
    for (const EventPlan& event : plan.events) {
        if (acts_as_informed(event) && (first == nullptr || event.about_at < first->about_at)) {
            first = &event;
        }
    }
    if (first == nullptr) {
        return std::nullopt;
    }
    DetectionEvent out{.at = first->about_at,
                       .before = std::min(looked_back, first->about_at - SimTime{}),
                       .coins = {}};
    for (std::size_t a = 0; a < first->sell_usd.size(); ++a) {
        if (first->sell_usd[a] != 0.0) {
            out.coins.push_back(AssetId::of_row(a));
        }
    }
    return out;
}

DetectedSeed detect(const std::shared_ptr<const Compiled>& scenario, RunMonitor* monitor) {
    const auto event = detection_event(scenario->plan);
    CHECK(event.has_value());
    DetectedSeed out;
    out.seed = scenario->plan.seed;
    out.with = detect_in(scenario, *event, monitor);
    const auto nobody = std::make_shared<Compiled>(*scenario);
    for (EventPlan& row : nobody->plan.events) {
        if (row.type == EventType::information) {  // as scale 0 leaves it
            row.scale = 0.0;
            row.sell_usd.assign(row.sell_usd.size(), 0.0);
        }
    }
    out.without = detect_in(nobody, *event, monitor);
    return out;
}

std::array<double, 2> WorldShare::interval() const {
    const ShareInterval interval =
        share_interval(static_cast<std::size_t>(hits), static_cast<std::size_t>(n));
    return {interval.low, interval.high};
}

DetectorPower detector_power(std::span<const DetectedSeed> seeds, Detector detector) {
    const auto d = static_cast<std::size_t>(detector);
    DetectorPower out;
    for (std::size_t half = 0; half < 2; ++half) {
        std::vector<double> others;
        for (std::size_t k = 1 - half; k < seeds.size(); k += 2) {
            if (const auto value = seeds[k].without.value[d]) {
                others.push_back(*value);
            }
        }
        if (others.empty()) {
            continue;
        }
        const double critical = mean_spread(others).p95;
        out.critical[half] = critical;
        const auto count = [&](WorldShare& share, const DetectedWorld& world) {
            if (const auto value = world.value[d]) {
                ++share.n;
                share.hits += *value > critical ? 1 : 0;
            }
        };
        for (std::size_t k = half; k < seeds.size(); k += 2) {
            count(out.power, seeds[k].with);
            count(out.false_positives, seeds[k].without);
        }
    }
    return out;
}

std::string detected_json(std::string_view key, const DetectedSeed& seed) {
    DetectionJson root{{"key", key}, {"seed", seed.seed}};
    for (const auto& [name, world] :
         {std::pair{"with", &seed.with}, std::pair{"without", &seed.without}}) {
        for (std::size_t d = 0; d < detectors.size(); ++d) {
            const auto& value = world->value[d];
            root[name][std::string{detectors[d].name}] =
                value ? DetectionJson(*value) : DetectionJson(nullptr);
        }
    }
    return json_text(root);
}

std::optional<DetectedSeed> parse_detected(std::string_view line) {
    try {
        const DetectionJson root = DetectionJson::parse(line);
        DetectedSeed out;
        out.seed = root.at("seed").get<std::uint64_t>();
        for (const auto& [name, world] :
             {std::pair{"with", &out.with}, std::pair{"without", &out.without}}) {
            for (std::size_t d = 0; d < detectors.size(); ++d) {
                const DetectionJson& value = root.at(name).at(std::string{detectors[d].name});
                if (!value.is_null()) {
                    world->value[d] = value.get<double>();
                }
            }
        }
        return out;
    } catch (const DetectionJson::exception&) {
        return std::nullopt;
    }
}

}  // namespace margincall::inline lab
