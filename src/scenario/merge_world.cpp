// The reduced world (world.size = "reduced"): the document is rewritten as somebody would have
// written it who describes the market in fewer rows: alike venues are one, the tail is one coin. What
// follows compiles it like any other scenario. Nothing here looks at what a run gives: amounts add
// up, ratios are means by what they multiply, rules are those of the largest member
// (docs/reduced-world.md). A group of one is left as it is, so a merged text stays what it is.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "scenario/compiler.hpp"
#include "scenario/document_edit.hpp"
#include "scenario/world_sizes.hpp"

namespace margincall::inline scenario {
namespace {

constexpr std::string_view tail_name = "tail";

template <class Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Takes the members out and puts one in the place of the first of them.
void replace_members(Node& table,
                     const std::vector<std::string>& names,
                     const std::string& name,
                     Node merged) {
    const auto first =
        std::find_if(table.members.begin(), table.members.end(), [&](const auto& member) {
            return contains(names, member.first);
        });
    *first = {name, std::move(merged)};
    table.members.erase(
        std::remove_if(first + 1,
                       table.members.end(),
                       [&](const auto& member) { return contains(names, member.first); }),
        table.members.end());
}

// A list of coins with the merged ones under their common name, once.
void rename_items(Node& list, const std::vector<std::string>& names) {
    for (Node& item : list.items) {
        if (item.kind == NodeKind::array) {
            rename_items(item, names);
        } else if (contains(names, item.text)) {
            item.text = tail_name;
        }
    }
    bool seen = false;
    std::erase_if(list.items, [&](const Node& item) {
        const bool again = item.text == tail_name && seen;
        seen = seen || item.text == tail_name;
        return again;
    });
}

}  // namespace

// What is known of the market before merging, with every default in place.
struct Compiler::Merger {
    Document& document;
    PlanDraft& draft;
    std::vector<AssetDraft>& assets;
    std::vector<VenueDraft>& venues;
    std::vector<Node> asset_nodes, venue_nodes;  // copies: the document changes underneath
    bool tail_merged = false;

    Node& section(const char* name) const { return *document.root.find(name); }

    void merge_tail();
    void merge_events(const std::vector<std::size_t>& group, const std::vector<std::string>& names);
    void merge_sizes(Node& sizes,
                     const std::vector<std::size_t>& group,
                     const std::vector<std::string>& names,
                     bool shift);
    void merge_venues();
    void merge_group(const std::vector<std::size_t>& group, const std::string& name);
    void merge_event_venues(const std::vector<std::size_t>& group, const std::string& name);
    void scale_globals();
    void scale_global(std::string_view path, double factor, std::string_view why);
    // Venues that become one: of a kind, and showing as much of their liquidations. So the reported
    // figures keep their meaning, and the venue with the throttled feed its fund and its books. A cap
    // on leverage is no mean of two.
    [[nodiscard]] bool alike(std::size_t v, std::size_t other) const {
        return venues[v].plan.kind == venues[other].plan.kind &&
               venues[v].plan.rules.feed == venues[other].plan.rules.feed &&
               venues[v].plan.leverage_max == venues[other].plan.leverage_max;
    }
    [[nodiscard]] double books(bool merged) const;
    [[nodiscard]] bool lists(std::size_t v, const AssetPlan& asset, bool perp) const;
    [[nodiscard]] std::string free_name(std::string name) const;
    // After merging: one name for all coins of the tail, if there are several.
    [[nodiscard]] std::string_view name_of(const AssetPlan& asset) const {
        return asset.tail && tail_merged ? tail_name : std::string_view{asset.name};
    }
};

void Compiler::merge_world(Document& document, Subcommand command) {
    Errors errors;
    Errors warnings;
    Compiler before(document, errors, warnings, command);
    before.read_size();
    if (before.size_ != WorldSize::reduced) {
        return;
    }
    before.read_scope(
        Scope::global, document.root, "", before.target(), [](const Field&) { return true; });
    before.read_assets();
    before.read_venues();
    if (!errors.empty()) {
        return;  // the compilation that follows says so
    }
    Merger merger{document, before.draft_, before.assets_, before.venues_, {}, {}, false};
    for (const Node* const node : before.asset_nodes_) {
        merger.asset_nodes.push_back(*node);
    }
    for (const Node* const node : before.venue_nodes_) {
        merger.venue_nodes.push_back(*node);
    }
    merger.merge_tail();
    merger.merge_venues();
}

// Amounts add up; what multiplies an amount is its mean by that amount, so that the product adds
// up, too; steps, price and whatever else is the largest coin's.
void Compiler::Merger::merge_tail() {
    std::vector<std::size_t> group;
    std::vector<std::string> names;
    std::size_t largest = 0;
    for (std::size_t a = 0; a < assets.size(); ++a) {
        if (!assets[a].plan.tail) {
            continue;
        }
        if (group.empty() || assets[a].plan.open_interest > assets[largest].plan.open_interest) {
            largest = a;
        }
        group.push_back(a);
        names.push_back(assets[a].plan.name);
    }
    if (group.size() < 2) {
        return;
    }
    tail_merged = true;
    const auto of = [&](std::size_t a, std::string_view path) {
        FieldTarget row{nullptr, &assets[a], nullptr, nullptr};
        const auto field =
            std::find_if(fields().begin(), fields().end(), [&](const Field& candidate) {
                return candidate.scope == Scope::asset && candidate.path == path;
            });
        return std::pair{get_number(*field, row), field->unit};
    };
    const std::string all = fmt::format("{}", fmt::join(names, ", "));
    const Node& place = asset_nodes[largest];
    Node merged = place;
    for (const char* const path : {"open_interest", "volume", "depth_1pct"}) {
        double sum = 0.0;
        for (const std::size_t a : group) {
            sum += of(a, path).first;
        }
        put(merged,
            path,
            figure_node(sum, of(largest, path).second, "derived: sum of " + all, place));
    }
    struct Ratio {
        const char* path;
        const char* by;
    };
    for (const Ratio ratio : {Ratio{"volatility", "open_interest"},
                              Ratio{"beta.BTC", "open_interest"},
                              Ratio{"noise_correlation", "open_interest"},
                              Ratio{"depth_exponent", "depth_1pct"},
                              Ratio{"patient_factor", "depth_1pct"},
                              Ratio{"spot_depth", "depth_1pct"},
                              Ratio{"spot_volume", "volume"}}) {
        double sum = 0.0;
        double weight = 0.0;
        for (const std::size_t a : group) {
            sum += of(a, ratio.by).first * of(a, ratio.path).first;
            weight += of(a, ratio.by).first;
        }
        put(merged,
            ratio.path,
            figure_node(weight > 0.0 ? sum / weight : of(largest, ratio.path).first,
                        of(largest, ratio.path).second,
                        fmt::format("derived: mean of {} by {}", all, ratio.by),
                        place));
    }
    put(merged, "merged_from", text_node(all, place));
    replace_members(section("assets"), names, std::string{tail_name}, std::move(merged));

    // The merged coin has no price table: like every tail coin it follows BTC by beta.
    for (const char* const path :
         {"history.price", "history.low", "history.high", "observed_paths"}) {
        const Node* const found = document.root.find_path(path);
        if (found != nullptr && found->is_table()) {
            Node table = *found;
            std::erase_if(table.members,
                          [&](const auto& member) { return contains(names, member.first); });
            put(document.root, path, std::move(table));
        }
    }
    for (auto& [name, venue] : section("venues").members) {
        for (const char* const list : {"perps", "spots"}) {
            if (Node* const coins = venue.find(list)) {
                rename_items(*coins, names);
            }
        }
        if (const Node* const groups = venue.find_path("fund.groups")) {
            Node renamed = *groups;
            rename_items(renamed, names);
            put(venue, "fund.groups", std::move(renamed));
        }
        if (Node* const grid = venue.find("grid")) {
            for (auto& [coin, row] : grid->members) {
                if (coin == assets[largest].plan.name) {
                    coin = tail_name;
                }
            }
            std::erase_if(grid->members,
                          [&](const auto& member) { return contains(names, member.first); });
        }
    }
    merge_events(group, names);
}

void Compiler::Merger::merge_events(const std::vector<std::size_t>& group,
                                    const std::vector<std::string>& names) {
    Node* const events = document.root.find("events");
    if (events == nullptr) {
        return;
    }
    for (Node& event : events->items) {
        for (const char* const key : {"sell", "buy", "shift"}) {
            Node* const sizes = event.find(key);
            if (sizes != nullptr && sizes->is_table()) {
                merge_sizes(*sizes, group, names, std::string_view{key} == "shift");
            }
        }
    }
}

// Dollars and coins of the members add up; a shift is the mean by open interest, where a coin
// without one of its own takes that of "tail", or none.
void Compiler::Merger::merge_sizes(Node& sizes,
                                   const std::vector<std::size_t>& group,
                                   const std::vector<std::string>& names,
                                   bool shift) {
    const auto measure = [](const Node* node) -> std::optional<Measure> {
        if (node == nullptr) {
            return std::nullopt;
        }
        return is_number(*node) ? Measure{node->real, Dimension::none, {}}
                                : parse_measure(node->text).measure;
    };
    const Node* const whole = sizes.find(tail_name);
    const std::optional<Measure> common = measure(whole);
    if ((whole != nullptr && !common) ||
        std::none_of(sizes.members.begin(), sizes.members.end(), [&](const auto& member) {
            return contains(names, member.first);
        })) {
        return;
    }
    double sum = common && !shift ? common->value : 0.0;
    double weight = 0.0;
    const Node* place = &sizes;
    for (const std::size_t a : group) {
        const AssetPlan& asset = assets[a].plan;
        const Node* const node = sizes.find(asset.name);
        const std::optional<Measure> own = measure(node);
        if (node != nullptr && !own) {
            return;  // not a figure: said by the compilation
        }
        place = node != nullptr ? node : place;
        weight += asset.open_interest;
        if (shift) {
            sum += asset.open_interest * (own ? own->value : common ? common->value : 0.0);
        } else if (own) {
            sum += own->dimension == Dimension::coins ? own->value * asset.price : own->value;
        }
    }
    const double size = shift ? (weight > 0.0 ? sum / weight : 0.0) : sum;
    Node merged = text_node(format_measure(size, shift ? Unit::share : Unit::usd), *place);
    std::erase_if(sizes.members, [&](const auto& member) {
        return contains(names, member.first) || member.first == tail_name;
    });
    sizes.members.emplace_back(tail_name, std::move(merged));
}

bool Compiler::Merger::lists(std::size_t v, const AssetPlan& asset, bool perp) const {
    const VenuePlan& venue = venues[v].plan;
    if ((perp && asset.pegged) || (perp ? venue.perp_share : venue.spot_share) <= 0.0) {
        return false;
    }
    const Node* const list = venue_nodes[v].find(perp ? "perps" : "spots");
    return list == nullptr || list->kind == NodeKind::text ||
           std::any_of(list->items.begin(), list->items.end(), [&](const Node& item) {
               return item.text == asset.name;
           });
}

std::string Compiler::Merger::free_name(std::string name) const {
    while (std::any_of(venues.begin(), venues.end(), [&](const VenueDraft& venue) {
        return venue.plan.name == name;
    })) {
        name += "_";
    }
    return name;
}

// Books of the first coin: of every venue, or of every group of alike ones.
double Compiler::Merger::books(bool merged) const {
    std::set<std::pair<std::size_t, bool>> seen;
    for (std::size_t v = 0; v < venues.size(); ++v) {
        std::size_t first = v;
        for (std::size_t other = 0; merged && other < first; ++other) {
            first = alike(v, other) ? other : first;
        }
        for (const bool perp : {true, false}) {
            if (lists(v, assets.front().plan, perp)) {
                seen.insert({first, perp});
            }
        }
    }
    return static_cast<double>(seen.size());
}

void Compiler::Merger::merge_venues() {
    std::vector<bool> done(venues.size(), false);
    for (std::size_t v = 0; v < venues.size(); ++v) {
        std::vector<std::size_t> group;
        for (std::size_t other = v; other < venues.size(); ++other) {
            if (!done[other] && alike(v, other)) {
                group.push_back(other);
                done[other] = true;
            }
        }
        if (group.size() > 1) {
            constexpr std::array names = {"C", "K", "S"};
            merge_group(group, free_name(names[static_cast<std::size_t>(venues[v].plan.kind)]));
        }
    }
    scale_globals();
}

// Shares, weights, funds and message limits add up; leverage and what is thinned are means by open interest; every
// rule, tier and delay is that of the venue with the most open interest, or else spot volume. The
// largest account is the largest of any of them.
void Compiler::Merger::merge_group(const std::vector<std::size_t>& group, const std::string& name) {
    const auto weight = [&](std::size_t v) {
        return std::pair{venues[v].plan.oi_share, venues[v].plan.spot_share};
    };
    const std::size_t largest = *std::max_element(
        group.begin(), group.end(), [&](auto x, auto y) { return weight(x) < weight(y); });
    std::vector<std::string> names;
    names.reserve(group.size());
    for (const std::size_t v : group) {
        names.push_back(venues[v].plan.name);
    }
    const std::string all = fmt::format("{}", fmt::join(names, ", "));
    const Node& place = venue_nodes[largest];
    Node merged = place;
    const auto of = [&](std::size_t v, const Field& field) {
        FieldTarget row{nullptr, nullptr, &venues[v], nullptr};
        return get_number(field, row);
    };
    constexpr std::array summed = {"share",
                                   "perp_share",
                                   "spot_share",
                                   "index_weight",
                                   "insurance_fund",
                                   "overload_queue",
                                   "calm_messages"};
    for (const Field& field : fields()) {
        if (field.scope != Scope::venue) {
            continue;
        }
        double sum = 0.0;
        if (contains(summed, field.path)) {
            for (const std::size_t v : group) {
                sum += of(v, field);
            }
            put(merged, field.path, figure_node(sum, field.unit, "derived: sum of " + all, place));
        } else if (field.path == "account_leverage" || field.path == "thinned_share") {
            double interest = 0.0;
            for (const std::size_t v : group) {
                sum += venues[v].plan.oi_share * of(v, field);
                interest += venues[v].plan.oi_share;
            }
            if (interest > 0.0 && sum > 0.0) {
                put(merged,
                    field.path,
                    figure_node(sum / interest,
                                field.unit,
                                fmt::format("derived: mean of {} by share", all),
                                place));
            }
        }
    }
    double interest = 0.0, largest_part = 0.0;
    for (const std::size_t v : group) {
        interest += venues[v].plan.oi_share;
        largest_part = std::max(largest_part, venues[v].plan.oi_share / venues[v].plan.stands_for);
    }
    if (largest_part > 0.0) {
        put(merged,
            "stands_for",
            figure_node(interest / largest_part,
                        Unit::number,
                        fmt::format("derived: share of {} over that of the largest in it", all),
                        place));
    }
    for (const bool perp : {true, false}) {
        Node list = table_node(place);
        list.kind = NodeKind::array;
        for (const AssetDraft& asset : assets) {
            const bool any = std::any_of(
                group.begin(), group.end(), [&](auto v) { return lists(v, asset.plan, perp); });
            const std::string_view coin = name_of(asset.plan);
            const bool there = std::any_of(list.items.begin(), list.items.end(), [&](auto& item) {
                return item.text == coin;
            });
            if (any && !there) {
                list.items.push_back(text_node(std::string{coin}, place));
            }
        }
        put(merged, perp ? "perps" : "spots", std::move(list));
    }
    put(merged, "merged_from", text_node(all, place));
    replace_members(section("venues"), names, name, std::move(merged));
    merge_event_venues(group, name);
}

// What happens at venues that hold at least half of a group's open interest happens at all of it, what
// happens at fewer at none. Who trades at a venue of the group trades at the group.
void Compiler::Merger::merge_event_venues(const std::vector<std::size_t>& group,
                                          const std::string& name) {
    Node* const events = document.root.find("events");
    if (events == nullptr || events->kind != NodeKind::array) {
        return;
    }
    std::erase_if(events->items, [&](Node& event) {
        Node* const listed = event.find("venues");
        if (listed == nullptr || listed->kind != NodeKind::array || listed->items.empty()) {
            return false;
        }
        double hit = 0.0;
        double whole = 0.0;
        for (const std::size_t v : group) {
            const auto named = std::ranges::find(listed->items, venues[v].plan.name, &Node::text);
            const bool there = named != listed->items.end();
            whole += venues[v].plan.oi_share;
            hit += there ? venues[v].plan.oi_share : 0.0;
            if (there) {
                listed->items.erase(named);
            }
        }
        const Node* const type = event.find("type");
        const bool anywhere = type != nullptr && type->text == "information";
        if (hit > 0.0 && (anywhere || hit >= 0.5 * whole)) {
            listed->items.push_back(text_node(name, *listed));
        }
        return listed->items.empty();
    });
}

// Keys that count books, or that speak of the deepest or of the first venue.
void Compiler::Merger::scale_globals() {
    const double before = books(false);
    const double after = books(true);
    if (after < before) {
        // Limits of inventory are per book, and a firm adds them up.
        scale_global("agents.market_maker.inventory_max", before / after, "books of BTC merged");
    }
    const auto group_share = [&](std::size_t of, const auto& amount) {
        double sum = 0.0;
        for (std::size_t v = 0; v < venues.size(); ++v) {
            sum += alike(v, of) ? amount(v) : 0.0;
        }
        return sum;
    };
    const auto coin = std::find_if(assets.begin(), assets.end(), [&](const AssetDraft& asset) {
        return asset.plan.name == draft.plan.defi.usde.asset;
    });
    if (coin == assets.end()) {
        return;
    }
    const auto book = [&](std::size_t v) {
        return lists(v, coin->plan, false) ? venues[v].plan.spot_share : 0.0;
    };
    double deepest = 0.0;
    double deepest_merged = 0.0;
    for (std::size_t v = 0; v < venues.size(); ++v) {
        deepest = std::max(deepest, book(v));
        deepest_merged = std::max(deepest_merged, group_share(v, book));
    }
    if (deepest > 0.0 && deepest_merged > deepest) {
        scale_global("defi.usde.book", deepest_merged / deepest, "the books that were merged");
    }
    const auto interest = [&](std::size_t v) { return venues[v].plan.oi_share; };
    const double merged = group_share(0, interest);
    if (merged > interest(0)) {
        // Only accounts of the first venue pledge the coin: as many dollars of it as before.
        scale_global(
            "defi.usde.holders_share", interest(0) / merged, "the first venue's part of its group");
    }
}

void Compiler::Merger::scale_global(std::string_view path, double factor, std::string_view why) {
    const auto field = std::find_if(fields().begin(), fields().end(), [&](const Field& candidate) {
        return candidate.scope == Scope::global && candidate.path == path;
    });
    FieldTarget row{&draft, nullptr, nullptr, nullptr};
    put(document.root,
        path,
        figure_node(get_number(*field, row) * factor,
                    field->unit,
                    fmt::format("derived: times {:.4g} for {}", factor, why),
                    document.root));
}

}  // namespace margincall::inline scenario
