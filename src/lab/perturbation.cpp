#include "lab/perturbation.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_text.hpp"
#include "sim/reproduction.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

// A number that may have no bound: null.
Json bounded(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}
double unbounded_if_null(const Json& value) {
    return value.is_null() ? std::numeric_limits<double>::infinity() : value.get<double>();
}

Perturbation before_sale(const HandWorld& world, SimTime at, const ForcedSale& sale) {
    const Plan& plan = world.scenario().plan;
    const AssetId coin = find_asset(plan, sale.coin);
    CHECK(coin.valid());
    const LocalReproduction now = local_reproduction(world.world());
    Perturbation p;
    p.seed = plan.seed;
    p.at_ns = at.ns();
    p.sale_usd = sale.usd;
    p.local = now.liquidations;
    p.local_with_stops = now.with_stops;
    p.local_own = now.kernel[coin.raw() * plan.assets.size() + coin.raw()];
    p.local_per_dollar = forced_per_dollar(now.kernel, coin.raw());
    return p;
}

}  // namespace

std::optional<double> reproduction_of(double xi) {
    return xi >= 0.0 ? std::optional{xi / (1.0 + xi)} : std::nullopt;
}

std::expected<std::vector<Perturbation>, Errors> perturb(
    const std::shared_ptr<const Compiled>& scenario,
    std::span<const SimTime> at,
    const ForcedSale& sale,
    RunMonitor* monitor) {
    CHECK(std::ranges::is_sorted(at));
    CHECK(sale.usd > 0.0);
    const SimTime end = SimTime{} + scenario->plan.length;
    const auto until = [&](SimTime from, Duration window) { return std::min(from + window, end); };
    const auto world = HandWorld::begin(scenario, {}, Keep::records);
    std::vector<Perturbation> out;
    for (const SimTime time : at) {
        (void)world->step_to(time, monitor);
        Perturbation& p = out.emplace_back(before_sale(*world, time, sale));
        const auto fork = world->fork();
        if (auto told = fork->inject(forced_sale_row(scenario->plan, time, sale)); !told) {
            return std::unexpected(std::move(told.error()));
        }
        (void)fork->step_to(until(time, perturbation_windows.back()), nullptr);
        for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
            p.response[w].with_usd =
                forced_usd(*fork->recorder(), time, until(time, perturbation_windows[w]));
        }
    }
    if (!at.empty()) {
        (void)world->step_to(until(at.back(), perturbation_windows.back()), monitor);
    }
    for (Perturbation& p : out) {
        const SimTime time = SimTime::from_ns(p.at_ns);
        for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
            p.response[w].without_usd =
                forced_usd(*world->recorder(), time, until(time, perturbation_windows[w]));
        }
    }
    return out;
}

std::string perturbation_json(std::string_view key, std::span<const Perturbation> rows) {
    Json root;
    root["key"] = key;
    root["rows"] = Json::array();
    for (const Perturbation& p : rows) {
        Json row{{"seed", p.seed},
                 {"at_ns", p.at_ns},
                 {"sale_usd", p.sale_usd},
                 {"local", bounded(p.local)},
                 {"local_with_stops", bounded(p.local_with_stops)},
                 {"local_own", bounded(p.local_own)},
                 {"local_per_dollar", bounded(p.local_per_dollar)}};
        row["windows"] = Json::array();
        for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
            const Response& r = p.response[w];
            const double xi = r.xi(p.sale_usd);
            const std::optional<double> reproduction = reproduction_of(xi);
            row["windows"].push_back(
                {{"seconds", to_seconds(perturbation_windows[w])},
                 {"with_usd", r.with_usd},
                 {"without_usd", r.without_usd},
                 {"xi", xi},
                 {"reproduction", reproduction ? Json(*reproduction) : Json()}});
        }
        root["rows"].push_back(std::move(row));
    }
    return json_text(root);
}

std::optional<std::vector<Perturbation>> parse_perturbations(std::string_view line) {
    try {
        const Json root = Json::parse(line);
        std::vector<Perturbation> out;
        for (const Json& row : root.at("rows")) {
            Perturbation& p = out.emplace_back();
            p.seed = row.at("seed").get<std::uint64_t>();
            p.at_ns = row.at("at_ns").get<std::int64_t>();
            p.sale_usd = row.at("sale_usd").get<double>();
            p.local = unbounded_if_null(row.at("local"));
            p.local_with_stops = unbounded_if_null(row.at("local_with_stops"));
            p.local_own = unbounded_if_null(row.at("local_own"));
            p.local_per_dollar = unbounded_if_null(row.at("local_per_dollar"));
            const Json& windows = row.at("windows");
            for (std::size_t w = 0; w < perturbation_windows.size(); ++w) {
                p.response[w].with_usd = windows.at(w).at("with_usd").get<double>();
                p.response[w].without_usd = windows.at(w).at("without_usd").get<double>();
            }
        }
        return out;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace margincall::inline lab
