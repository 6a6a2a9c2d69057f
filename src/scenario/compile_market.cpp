// Clock, population, hours of the day, assets, venues.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "agents/population.hpp"
#include "scenario/compiler.hpp"
#include "scenario/toml_limits.hpp"
#include "scenario/world_sizes.hpp"

namespace margincall::inline scenario {
namespace {

constexpr double share_tolerance = 0.005;  // of sums that should be 1

}  // namespace

void Compiler::read_meta() {
    Plan& plan = draft_.plan;
    const Node* const meta = doc_.root.find("meta");
    if (meta != nullptr) {
        use(*meta);
        if (const Node* const tags = take(*meta, "tags")) {
            std::vector<std::string> words;
            for (const Node& tag : tags->items) {
                if (tag.kind == NodeKind::text) {
                    words.push_back(quote_toml(tag.text));
                }
            }
            if (tags->kind != NodeKind::array || words.size() != tags->items.size()) {
                problem(*tags, "E201", "meta.tags: should be a list of words in quotes");
            } else {
                resolved_.add("meta", fmt::format("tags = [{}]", fmt::join(words, ", ")));
            }
        }
    }
    plan.start_unix_s = static_cast<std::int64_t>(draft_.start_unix_s);
    if (plan.day_to > plan.length || plan.day_from >= plan.day_to) {
        const Node* const clock = doc_.root.find("clock");
        const Node* const at = clock == nullptr ? nullptr : clock->find("day_to");
        const Node* const shown = at != nullptr ? at : clock;
        if (shown != nullptr) {
            Error& error =
                problem(*shown, "E301", "clock: the day of the metrics must lie inside the run");
            error.hint = fmt::format("day_from < day_to <= length; they are {}, {} and {}",
                                     format_measure(to_seconds(plan.day_from), Unit::duration),
                                     format_measure(to_seconds(plan.day_to), Unit::duration),
                                     format_measure(to_seconds(plan.length), Unit::duration));
        }
    }
}

void Compiler::read_population() {
    PopulationPlan& population = draft_.plan.population;
    const Node* const table = doc_.root.find("population");
    const Node* accounts = nullptr;
    if (table != nullptr) {
        use(*table);
        accounts = take(*table, "accounts");
        lambda_node_ = take(*table, "leverage_state");
        book_node_ = take(*table, "book");
    }
    if (accounts != nullptr && !counts_as_given(*accounts)) {
        accounts = nullptr;
    }
    const std::optional<std::int64_t> implied = implied_rows(size_);
    std::string source;
    if (accounts == nullptr && implied) {
        population.rows = *implied;
        source = implied_source(size_);
    }
    if (accounts != nullptr && accounts->is_figure()) {
        source = read_source(*accounts, "population.accounts");
        accounts = take(*accounts, "value");
    }
    if (accounts != nullptr) {
        if (accounts->kind == NodeKind::text && accounts->text == "full") {
            population.full = true;
            population.rows = 0;
        } else if (accounts->kind == NodeKind::integer && accounts->integer >= 1000 &&
                   accounts->integer <= 20'000'000) {
            population.rows = accounts->integer;
        } else {
            Error& error = problem(
                *accounts, "E203", "population.accounts: should be \"full\" or a number of rows");
            error.allowed = "allowed \"full\" or 1,000 … 20,000,000 (memory)";
            error.hint = "with a number each row carries a weight";
        }
    }
    if (accounts != nullptr && implied && (population.full || population.rows != *implied)) {
        note_own_value(*accounts, "population.accounts");
    }
    const std::string rows =
        population.full ? std::string{"\"full\""} : fmt::format("{}", population.rows);
    resolved_.add(
        "population",
        source.empty()
            ? fmt::format("accounts = {}", rows)
            : fmt::format("accounts = {{ value = {}, source = {} }}", rows, quote_toml(source)));
}

void Compiler::apply_leverage_rule() {
    PopulationPlan& population = draft_.plan.population;
    const HistoryPlan& history = draft_.plan.history;
    if (lambda_node_ != nullptr &&
        (lambda_node_->kind == NodeKind::integer || lambda_node_->kind == NodeKind::real)) {
        population.leverage_state = lambda_node_->real;
        if (!leverage_state_allowed(lambda_node_->real)) {
            problem(*lambda_node_, "E203", "population.leverage_state: out of range").allowed =
                fmt::format("allowed \"rule\" or {}", leverage_states_allowed());
            return;
        }
        warn(*lambda_node_,
             "W401",
             "population.leverage_state is set by hand; the rule computes it from data",
             "leverage_state = \"rule\"");
        resolved_.add("population",
                      fmt::format("leverage_state = {:.12g}", population.leverage_state));
        draft_.plan.inputs.push_back({"population.leverage_state",
                                      number_text(population.leverage_state),
                                      "assumed",
                                      "set by hand"});
        return;
    }
    if (lambda_node_ != nullptr && lambda_node_->text != "rule") {
        problem(*lambda_node_, "E204", "population.leverage_state: should be \"rule\"").hint =
            "it is computed from open interest, volatility and funding before the start";
        return;
    }
    population.leverage_state = leverage_state(history,
                                               {.open_interest_power = draft_.state_oi,
                                                .volatility_power = draft_.state_volatility,
                                                .funding_slope = draft_.state_funding,
                                                .volatility_base = draft_.state_reference});
    if (!leverage_state_allowed(population.leverage_state)) {
        Error& error = problem(node_or_root("population.state"),
                               "E309",
                               fmt::format("population.leverage_state: the rule gives {:.4g}",
                                           population.leverage_state));
        error.allowed = fmt::format("allowed {}", leverage_states_allowed());
        error.hint =
            "it is made of population.state.* and of history.open_interest_over_mean90, "
            "volatility_30d and funding_7d";
        return;
    }
    resolved_.add("population", "leverage_state = \"rule\"");
    draft_.plan.inputs.push_back(
        {"population.leverage_state",
         fmt::format("{:.4f}", population.leverage_state),
         "derived",
         "rule of model 5.2 step 6 from history.open_interest_over_mean90, volatility_30d, "
         "funding_7d"});
}

void Compiler::read_season() {
    const Node* const market = doc_.root.find("market");
    const Node* const season = market == nullptr ? nullptr : market->find("season");
    if (market != nullptr) {
        use(*market);
    }
    if (season != nullptr) {
        use_all(*season);
        bool good = season->kind == NodeKind::array && season->items.size() == 24;
        for (std::size_t hour = 0; good && hour < 24; ++hour) {
            const Node& item = season->items[hour];
            good = (item.kind == NodeKind::integer || item.kind == NodeKind::real) &&
                   item.real > 0.0 && item.real <= 10.0;
            draft_.plan.season_by_hour[hour] = item.real;
        }
        if (!good) {
            problem(*season,
                    "E201",
                    "market.season: should be a list of 24 numbers above 0, one per hour UTC");
        }
    }
    resolved_.add("market",
                  fmt::format("season = [{:.12g}]", fmt::join(draft_.plan.season_by_hour, ", ")));
}

void Compiler::read_assets() {
    const Node* const assets = doc_.root.find("assets");
    if (assets == nullptr || !assets->is_table() || assets->members.empty()) {
        missing_table("assets", "[assets.BTC] with price, open_interest, volatility, ...");
        return;
    }
    use(*assets);
    if (too_many(*assets, assets->members.size(), most_coins, "coins")) {
        return;
    }
    for (const auto& [name, table] : assets->members) {
        if (!table.is_table()) {
            problem(table, "E201", fmt::format("assets.{}: should be a table", name));
            use(table);
            continue;
        }
        use(table);
        AssetDraft asset;
        asset.plan.name = name;
        FieldTarget row{&draft_, &asset, nullptr, nullptr};
        read_scope(Scope::asset, table, "assets." + name, row, [](const Field&) { return true; });
        check_not_merged(table, "assets." + name, asset.merged_from);
        assets_.push_back(asset);
        asset_nodes_.push_back(&table);
    }
    const auto btc = std::find_if(
        assets_.begin(), assets_.end(), [](const AssetDraft& a) { return a.plan.name == "BTC"; });
    if (btc == assets_.end()) {
        problem_at_key(
            *assets, 6, "E107", "assets.BTC: missing; other coins are tied to it by beta");
        return;
    }
    const auto at = btc - assets_.begin();
    std::rotate(assets_.begin(), btc, btc + 1);
    std::rotate(asset_nodes_.begin(), asset_nodes_.begin() + at, asset_nodes_.begin() + at + 1);
}

bool Compiler::too_many(const Node& table,
                        std::size_t rows,
                        std::size_t most,
                        std::string_view what) {
    if (rows <= most) {
        return false;
    }
    problem(table, "E113", fmt::format("{} {} are too many", rows, what)).allowed =
        fmt::format("allowed: {} at most", most);
    use_all(table);
    return true;
}

void Compiler::missing_table(const std::string& name, const std::string& hint) {
    Node top;
    top.key_at = {0, 1, 1};
    top.at = top.key_at;
    problem(top, "E107", fmt::format("{}: missing", name)).hint = hint;
}

void Compiler::read_venues() {
    const Node* const venues = doc_.root.find("venues");
    if (venues == nullptr || !venues->is_table() || venues->members.empty()) {
        missing_table("venues", "[venues.A] with kind, rules, share, tiers, ...");
        return;
    }
    use(*venues);
    double oi = 0.0;
    double perp = 0.0;
    double spot = 0.0;
    for (const auto& [name, table] : venues->members) {
        if (!table.is_table()) {
            problem(table, "E201", fmt::format("venues.{}: should be a table", name));
            use(table);
            continue;
        }
        use(table);
        VenueDraft venue;
        venue.plan.name = name;
        FieldTarget row{&draft_, nullptr, &venue, nullptr};
        read_scope(Scope::venue, table, "venues." + name, row, [](const Field&) { return true; });
        if (venue.plan.kind == VenueKind::spot_only &&
            (venue.plan.oi_share > 0.0 || venue.plan.perp_share > 0.0)) {
            problem_at_key(table,
                           1,
                           "E302",
                           fmt::format("venues.{}: a spot-only venue has no share of perps", name));
        }
        check_not_merged(table, "venues." + name, venue.merged_from);
        oi += venue.plan.oi_share;
        perp += venue.plan.perp_share;
        spot += venue.plan.spot_share;
        venues_.push_back(std::move(venue));
        venue_nodes_.push_back(&table);
    }
    check_sum(*venues, "share", "open interest", oi);
    check_sum(*venues, "perp_share", "perp volume", perp);
    check_sum(*venues, "spot_share", "spot volume", spot);
}

void Compiler::check_sum(const Node& venues,
                         const std::string& key,
                         const std::string& what,
                         double sum) {
    if (std::fabs(sum - 1.0) <= share_tolerance) {
        return;
    }
    std::string parts;
    const Node* last = &venues;
    for (const auto& [name, table] : venues.members) {
        if (const Node* const node = table.find(key)) {
            last = node->is_figure() ? node->find("value") : node;
            parts += (parts.empty() ? "" : ", ") + name;
        }
    }
    Error& error = problem(*last,
                           "E302",
                           fmt::format("venues.*.{}: shares of {} add up to {}, not 100 %",
                                       key,
                                       what,
                                       format_measure(sum, Unit::share)));
    error.hint = parts.empty() ? "no venue has one" : fmt::format("given by {}", parts);
}

}  // namespace margincall::inline scenario
