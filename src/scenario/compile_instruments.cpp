// Books: which venue trades what, in which steps, under which margin tiers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "desk/instrument_bounds.hpp"
#include "scenario/compiler.hpp"

namespace margincall::inline scenario {

bool Compiler::listed(std::size_t v, std::size_t a, bool perp) {
    const VenuePlan& venue = venues_[v].plan;
    if (perp && assets_[a].plan.pegged) {
        return false;
    }
    if (perp ? venue.perp_share <= 0.0 : venue.spot_share <= 0.0) {
        return false;
    }
    const std::string key = perp ? "perps" : "spots";
    const Node* const list = venue_nodes_[v]->find(key);
    if (list == nullptr || (list->kind == NodeKind::text && list->text == "all")) {
        return true;
    }
    return std::any_of(list->items.begin(), list->items.end(), [&](const Node& item) {
        return item.text == assets_[a].plan.name;
    });
}

void Compiler::check_lists() {
    for (std::size_t v = 0; v < venues_.size(); ++v) {
        for (const char* const key : {"perps", "spots"}) {
            const Node* const list = take(*venue_nodes_[v], key);
            const std::string section = "venues." + venues_[v].plan.name;
            if (list == nullptr || (list->kind == NodeKind::text && list->text == "all")) {
                resolved_.add(section, fmt::format("{} = \"all\"", key));
                continue;
            }
            const std::string path = section + "." + key;
            if (list->kind != NodeKind::array) {
                problem(
                    *list, "E201", fmt::format("{}: should be \"all\" or a list of assets", path));
                continue;
            }
            std::vector<std::string> names;
            for (const Node& item : list->items) {
                names.push_back(quote_toml(item.text));
                check_asset_name(item, item.text, path);
            }
            resolved_.add(section, fmt::format("{} = [{}]", key, fmt::join(names, ", ")));
        }
    }
}

std::optional<std::size_t> Compiler::asset_index(std::string_view name) const {
    for (std::size_t a = 0; a < assets_.size(); ++a) {
        if (assets_[a].plan.name == name) {
            return a;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> Compiler::check_asset_name(const Node& at,
                                                      std::string_view name,
                                                      const std::string& path) {
    const std::optional<std::size_t> index = asset_index(name);
    if (!index) {
        std::vector<std::string> names;
        for (const AssetDraft& asset : assets_) {
            names.push_back(asset.plan.name);
        }
        Error& error = problem(at, "E110", fmt::format("{}: there is no asset \"{}\"", path, name));
        error.allowed = fmt::format("assets: {}", fmt::join(names, ", "));
    }
    return index;
}

void Compiler::build_instruments() {
    if (assets_.empty() || venues_.empty()) {
        return;
    }
    check_lists();
    for (std::size_t v = 0; v < venues_.size(); ++v) {
        read_collateral(v);
        read_fund_groups(v);
        refuse_what_cannot_be_done(v);
        read_tiers(v);
        read_grid(v);
    }
    for (std::size_t a = 0; a < assets_.size(); ++a) {
        double perp_sum = 0.0;
        double spot_sum = 0.0;
        for (std::size_t v = 0; v < venues_.size(); ++v) {
            perp_sum += listed(v, a, true) ? venues_[v].plan.perp_share : 0.0;
            spot_sum += listed(v, a, false) ? venues_[v].plan.spot_share : 0.0;
        }
        for (std::size_t v = 0; v < venues_.size(); ++v) {
            for (const bool perp : {true, false}) {
                if (!listed(v, a, perp)) {
                    continue;
                }
                const AssetDraft& asset = assets_[a];
                const double own = perp ? venues_[v].plan.perp_share / perp_sum
                                        : venues_[v].plan.spot_share / spot_sum;
                // A coin without spot books has all of its volume on perps, and the reverse.
                const double spot_volume =
                    spot_sum <= 0.0 ? 0.0 : (perp_sum <= 0.0 ? 1.0 : asset.spot_volume);
                const double spot_depth =
                    spot_sum <= 0.0 ? 0.0 : (perp_sum <= 0.0 ? 1.0 : asset.spot_depth);
                InstrumentPlan plan;
                plan.volume_share = own * (perp ? 1.0 - spot_volume : spot_volume);
                plan.depth_share = own * (perp ? 1.0 - spot_depth : spot_depth);
                if (perp && asset.plan.price > 0.0) {
                    plan.held_coins = (1.0 - draft_.plan.population.liquidatable_share) *
                                      asset.plan.open_interest * venues_[v].plan.oi_share /
                                      asset.plan.price;
                }
                add_instrument(v, a, perp, std::move(plan));
            }
        }
    }
    report_missing_tiers();
}

void Compiler::report_missing_tiers() {
    for (const auto& [v, keys] : missing_tiers_) {
        problem_at_key(*venue_nodes_[v],
                       1,
                       "E303",
                       fmt::format("venues.{}.tiers: no margin tiers for {}",
                                   venues_[v].plan.name,
                                   fmt::join(keys, ", ")))
            .hint = "a row has the asset's name; the row \"tail\" serves all tail coins";
    }
}

void Compiler::read_grid(std::size_t v) {
    const Node* const grid = take(*venue_nodes_[v], "grid");
    if (grid == nullptr) {
        return;
    }
    const std::string section = "venues." + venues_[v].plan.name + ".grid";
    for (const auto& [name, row] : grid->members) {
        use(row);
        const std::string path = fmt::format("{}.{}", section, name);
        Node key = row;
        key.at = row.key_at;
        key.width = static_cast<int>(name.size());
        if (!check_asset_name(key, name, path)) {
            use_all(row);
            continue;
        }
        Field tick{.path = "tick", .unit = Unit::usd, .low = 1e-9, .high = 1e6};
        Field lot{.path = "lot", .unit = Unit::number, .low = 1e-9, .high = 1e9};
        for (const Field& field : {tick, lot}) {
            const Node* const node = take(row, field.path);
            if (node == nullptr) {
                problem_at_key(row, 1, "E107", fmt::format("{}.{}: missing", path, field.path));
                continue;
            }
            if (const auto figure =
                    read_value(*node, fmt::format("{}.{}", path, field.path), field)) {
                grid_[{v, name, std::string{field.path}}] = figure->number;
                resolved_.add(section,
                              fmt::format("{}.{} = {}", name, field.path, figure->canonical));
            }
        }
    }
}

void Compiler::add_instrument(std::size_t v, std::size_t a, bool perp, InstrumentPlan plan) {
    const AssetDraft& asset = assets_[a];
    const VenueDraft& venue = venues_[v];
    double tick = perp ? asset.perp_tick : asset.spot_tick;
    double lot = perp ? asset.perp_lot : asset.spot_lot;
    const auto own_tick = grid_.find({v, asset.plan.name, "tick"});
    const auto own_lot = grid_.find({v, asset.plan.name, "lot"});
    if (perp && own_tick != grid_.end() && own_lot != grid_.end()) {
        tick = own_tick->second;
        lot = own_lot->second;
    }
    plan.name = fmt::format("{}:{}-{}", venue.plan.name, asset.plan.name, perp ? "PERP" : "SPOT");
    if (!(asset.plan.price > 0.0) || bad_grid_.contains({a, perp})) {
        return;  // said before
    }
    if (!(tick > 0.0) || !(lot > 0.0)) {
        bad_grid_.insert({a, perp});
        problem_at_key(*asset_nodes_[a],
                       1,
                       "E107",
                       fmt::format("assets.{}.{}: tick and lot are missing; {} is traded",
                                   asset.plan.name,
                                   perp ? "perp" : "spot",
                                   plan.name))
            .hint =
            fmt::format("{} = {{ tick = \"0.1 USD\", lot = 0.001 }}", perp ? "perp" : "spot");
        return;
    }
    // Money is whole micro-dollars. Where a tick of a lot is not, prices move by several ticks at
    // once, as long as enough of them are left; sizes stay as they are.
    const auto whole = [](double micro) {
        return std::round(micro) >= 1.0 && std::fabs(micro - std::round(micro)) <= 1e-6 * micro;
    };
    double micro = tick * lot * 1e6;
    std::int64_t parts = 1;
    while (parts < tick_parts_max && !whole(micro * static_cast<double>(parts))) {
        ++parts;
    }
    const double coarse = tick * static_cast<double>(parts);
    const auto refuse_ticks = [&](double step, std::string allowed) {
        bad_grid_.insert({a, perp});
        const Node* const own = asset_nodes_[a]->find_path(perp ? "perp.tick" : "spot.tick");
        problem(own != nullptr ? *own : *asset_nodes_[a],
                "E304",
                fmt::format("{}: the price {:.6g} USD is {:.3g} ticks of {:.6g} USD",
                            plan.name,
                            asset.plan.price,
                            asset.plan.price / step,
                            step))
            .allowed = std::move(allowed);
    };
    if (has_too_few_ticks(asset.plan.price, tick)) {
        refuse_ticks(tick, fmt::format("allowed: {:.0f} ticks or more", ticks_least));
        return;
    }
    if (has_too_many_ticks(asset.plan.price, coarse)) {
        refuse_ticks(coarse,
                     fmt::format("allowed: fewer than {:.3g} ticks (a book reaches to {:.0f} times "
                                 "the price)",
                                 ticks_most,
                                 price_span));
        return;
    }
    if (whole(coarse * lot * 1e6) && (parts == 1 || !has_too_few_ticks(asset.plan.price, coarse))) {
        tick = coarse;
        micro = coarse * lot * 1e6;
        plan.tick_parts = parts;
    } else {
        bad_grid_.insert({a, perp});
        problem_at_key(*asset_nodes_[a],
                       1,
                       "E304",
                       fmt::format("{}: one tick of one lot is worth {:.6g} micro-dollars, must be "
                                   "a whole number",
                                   plan.name,
                                   micro))
            .hint =
            fmt::format("tick {:.12g} USD times lot {:.12g}: make the lot larger", tick, lot);
        return;
    }
    Instrument& instrument = plan.instrument;
    instrument.id =
        InstrumentId::from_raw(static_cast<std::uint32_t>(draft_.plan.instruments.size()));
    instrument.venue = VenueId::from_raw(static_cast<std::uint16_t>(v));
    instrument.base = AssetId::from_raw(static_cast<std::uint16_t>(a));
    instrument.kind = perp ? InstrumentKind::linear_perp : InstrumentKind::spot;
    instrument.tick_value = Money::from_raw(std::llround(micro));
    instrument.tick_usd = tick;
    instrument.lot_base = lot;
    // 18 decimals; lots are multiples of 1e-9 coins, so this is exact.
    instrument.lot_amount = Amount::from_raw(i128{std::llround(lot * 1e9)} * i128{1'000'000'000});
    set_bounds(instrument, asset.plan.price);
    if (perp && !give_tiers(v, a, plan)) {
        return;
    }
    draft_.plan.instruments.push_back(std::move(plan));
}

}  // namespace margincall::inline scenario
