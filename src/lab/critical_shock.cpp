#include "lab/critical_shock.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_text.hpp"
#include "sim/reproduction.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

// How far funds and auto-deleveraging had come at some moment.
struct FundState {
    std::vector<Money> bad_debt;  // by fund
    std::vector<bool> empty;
    std::uint64_t adl = 0;  // closings, all venues
};

FundState fund_state(const World& world) {
    FundState state;
    const ClearingHouse& house = world.clearing();
    for (std::size_t fund = 0; fund < house.funds(); ++fund) {
        state.bad_debt.push_back(house.bad_debt_of(fund));
        state.empty.push_back(house.cash(house.fund_account(fund)).raw() <= 0);
    }
    for (std::size_t v = 0; v < world.plan().venues.size(); ++v) {
        const StepCounts& steps = world.liquidation().steps(VenueId::of_row(v));
        state.adl += steps[static_cast<std::size_t>(EngineStep::adl)] +
                     steps[static_cast<std::size_t>(EngineStep::fund_adl)];
    }
    return state;
}

// A fund that has run out since: its cash is gone, or it has left a loss uncovered.
bool emptied(const FundState& before, const FundState& now) {
    for (std::size_t fund = 0; fund < now.empty.size(); ++fund) {
        if ((now.empty[fund] && !before.empty[fund]) ||
            now.bad_debt[fund] > before.bad_debt[fund]) {
            return true;
        }
    }
    return false;
}

// Steps a fork through the horizon a minute at a time, until every limit is reached or it ends.
void watch(HandWorld& fork, SimTime from, SimTime end, ShockTried& out) {
    const FundState before = fund_state(fork.world());
    SimTime now = from;
    while (now < end && !std::ranges::all_of(out.reached, [](bool r) { return r; })) {
        now = std::min(now + minutes(1), end);
        (void)fork.step_to(now, nullptr);
        const double local = local_reproduction(fork.world()).liquidations;
        out.reproduction_max = std::max(out.reproduction_max, local);
        const FundState state = fund_state(fork.world());
        const auto reach = [&](CriticalLimit limit, bool reached) {
            bool& known = out.reached[static_cast<std::size_t>(limit)];
            known = known || reached;
        };
        reach(CriticalLimit::reproduction, local > 1.0);
        reach(CriticalLimit::fund, emptied(before, state));
        reach(CriticalLimit::adl, state.adl > before.adl);
    }
}

// Tries sizes in forks of one world at one time, each once.
class Trials {
  public:
    Trials(const HandWorld& world, SimTime at, const ShockRange& range)
        : world_{world},
          at_{at},
          end_{std::min(at + range.horizon, SimTime{} + world.scenario().plan.length)},
          sale_{range.sale} {}

    const ShockTried& of(double usd) {
        const auto found = tried_.find(usd);
        if (found != tried_.end() || problem_) {
            return found != tried_.end() ? found->second : tried_[usd];
        }
        const auto fork = world_.fork();
        if (usd > 0.0) {
            sale_.usd = usd;
            if (auto told = fork->inject(forced_sale_row(world_.scenario().plan, at_, sale_));
                !told) {
                problem_ = std::move(told.error());
            }
        }
        ShockTried& out = tried_[usd];
        out.usd = usd;
        if (!problem_) {
            watch(*fork, at_, end_, out);
        }
        return out;
    }
    [[nodiscard]] const std::optional<Errors>& problem() const { return problem_; }
    [[nodiscard]] std::vector<ShockTried> all() const {
        std::vector<ShockTried> out;
        for (const auto& [usd, tried] : tried_) {
            out.push_back(tried);
        }
        return out;
    }

  private:
    const HandWorld& world_;
    SimTime at_, end_;
    ForcedSale sale_;
    std::map<double, ShockTried> tried_;
    std::optional<Errors> problem_;
};

CriticalShock shock_for(Trials& trials, std::size_t limit, std::span<const double> sizes) {
    if (trials.of(0.0).reached[limit]) {
        return {ShockEnd::without, 0.0, false};
    }
    const auto k = smallest_of(
        sizes.size(), [&](std::size_t size) { return trials.of(sizes[size]).reached[limit]; });
    return k ? CriticalShock{ShockEnd::found, sizes[*k], false}
             : CriticalShock{ShockEnd::beyond, sizes.back(), false};
}

ShockAnswer answer_at(const HandWorld& world, SimTime at, const ShockRange& range, Trials& trials) {
    const std::vector<double> sizes = shock_sizes(range);
    ShockAnswer out;
    out.seed = world.scenario().plan.seed;
    out.at_ns = at.ns();
    out.local = local_reproduction(world.world()).liquidations;
    for (std::size_t limit = 0; limit < limit_words.size(); ++limit) {
        out.shock[limit] = shock_for(trials, limit, sizes);
    }
    out.tried = trials.all();
    for (std::size_t limit = 0; limit < limit_words.size(); ++limit) {
        CriticalShock& shock = out.shock[limit];
        for (const ShockTried& tried : out.tried) {
            shock.contradicted =
                shock.contradicted ||
                (shock.end == ShockEnd::found && tried.usd > shock.usd && !tried.reached[limit]) ||
                (shock.end == ShockEnd::beyond && tried.reached[limit]) ||
                (shock.end == ShockEnd::found && tried.usd < shock.usd && tried.reached[limit]);
        }
    }
    return out;
}

constexpr std::array<std::string_view, 3> end_words = {"without a sale", "found", "not reached"};

}  // namespace

std::vector<double> shock_sizes(const ShockRange& range) {
    CHECK(range.least_usd > 0.0);
    CHECK(range.most_usd >= range.least_usd);
    std::vector<double> sizes;
    for (int k = 0;; ++k) {
        sizes.push_back(range.least_usd * std::exp2(0.25 * k));
        if (sizes.back() >= range.most_usd * (1.0 - 1e-9)) {
            return sizes;
        }
    }
}

std::expected<std::vector<ShockAnswer>, Errors> critical_shocks(
    const std::shared_ptr<const Compiled>& scenario,
    std::span<const SimTime> at,
    const ShockRange& range,
    RunMonitor* monitor) {
    CHECK(std::ranges::is_sorted(at));
    const auto world = HandWorld::begin(scenario, {}, Keep::nothing);
    std::vector<ShockAnswer> out;
    for (const SimTime time : at) {
        (void)world->step_to(time, monitor);
        Trials trials(*world, time, range);
        out.push_back(answer_at(*world, time, range, trials));
        if (trials.problem()) {
            return std::unexpected(*trials.problem());
        }
    }
    return out;
}

std::string shock_answers_json(std::string_view key, std::span<const ShockAnswer> rows) {
    const auto bounded = [](double value) {
        return std::isfinite(value) ? Json(value) : Json(nullptr);
    };
    Json root;
    root["key"] = key;
    root["rows"] = Json::array();
    for (const ShockAnswer& answer : rows) {
        Json row{{"seed", answer.seed}, {"at_ns", answer.at_ns}, {"local", bounded(answer.local)}};
        row["limits"] = Json::array();
        for (std::size_t limit = 0; limit < limit_words.size(); ++limit) {
            const CriticalShock& shock = answer.shock[limit];
            row["limits"].push_back({{"limit", limit_words[limit]},
                                     {"end", end_words[static_cast<std::size_t>(shock.end)]},
                                     {"usd", shock.usd},
                                     {"contradicted", shock.contradicted}});
        }
        row["tried"] = Json::array();
        for (const ShockTried& tried : answer.tried) {
            row["tried"].push_back({{"usd", tried.usd},
                                    {"reproduction_max", bounded(tried.reproduction_max)},
                                    {"reached", tried.reached}});
        }
        root["rows"].push_back(std::move(row));
    }
    return json_text(root);
}

std::optional<std::vector<ShockAnswer>> parse_shock_answers(std::string_view line) {
    const auto unbounded_if_null = [](const Json& value) {
        return value.is_null() ? std::numeric_limits<double>::infinity() : value.get<double>();
    };
    try {
        const Json root = Json::parse(line);
        std::vector<ShockAnswer> out;
        for (const Json& row : root.at("rows")) {
            ShockAnswer& answer = out.emplace_back();
            answer.seed = row.at("seed").get<std::uint64_t>();
            answer.at_ns = row.at("at_ns").get<std::int64_t>();
            answer.local = unbounded_if_null(row.at("local"));
            for (std::size_t limit = 0; limit < limit_words.size(); ++limit) {
                const Json& from = row.at("limits").at(limit);
                const auto end = std::ranges::find(end_words, from.at("end").get<std::string>());
                if (end == end_words.end()) {
                    return std::nullopt;
                }
                answer.shock[limit] = {static_cast<ShockEnd>(end - end_words.begin()),
                                       from.at("usd").get<double>(),
                                       from.at("contradicted").get<bool>()};
            }
            for (const Json& from : row.at("tried")) {
                ShockTried& tried = answer.tried.emplace_back();
                tried.usd = from.at("usd").get<double>();
                tried.reproduction_max = unbounded_if_null(from.at("reproduction_max"));
                tried.reached = from.at("reached").get<std::array<bool, limit_words.size()>>();
            }
        }
        return out;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace margincall::inline lab
