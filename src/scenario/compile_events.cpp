// Events: rows of model 8.2, each touching only what its type may touch.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.hpp"
#include "scenario/compiler.hpp"
#include "scenario/toml_limits.hpp"

namespace margincall::inline scenario {
namespace {
constexpr double retail_leaves_most = 0.9;  // as its key allows

// What an event of a type may say beside name, times, cause, scale, confidence and source.
struct TypeKeys {
    std::string_view type, keys;
};
constexpr std::array type_keys = {
    TypeKeys{"factor", "change"},
    TypeKeys{"fair_value", "shift"},
    TypeKeys{"flow",
             "sell, buy, profile, participation, pause_below_1h, last_part, last_part_share, "
             "perps, forced, trigger, answer"},
    TypeKeys{"uncertainty", "add, half_life"},
    TypeKeys{"collateral", "worth"},
    TypeKeys{"hack", "reported, sold_share, participation"},
    TypeKeys{"venue", "venues, stops_transfers, load, request_delay"},
    TypeKeys{"regulatory", "add, half_life, retail_leaves, fee_change, venues"},
    TypeKeys{"information",
             "about, sell, buy, venues, participation, traders, leverage, close, precision"},
    TypeKeys{"options", "coin, open, strike, dealers, implied_volatility, participation"},
    TypeKeys{"loans", "coin, borrowed, ltv, cures, participation"}};

std::string_view keys_of(std::string_view type) {
    const auto row = std::ranges::find(type_keys, type, &TypeKeys::type);
    CHECK(row != type_keys.end());
    return row->keys;
}

// Keys of what an event mostly is not: where absent, the resolved text does without them.
bool only_where_given(const Field& field) {
    return field.path == "request_delay" || field.path.starts_with("trigger.") ||
           field.path.starts_with("answer.");
}
}  // namespace

bool Compiler::field_of_type(const Field& field, EventType type) {
    const std::string_view p = field.path;
    if (p == "name" || p == "at" || p == "until" || p == "cause" || p == "confidence" ||
        p == "follows_hack" || p == "scale") {
        return true;
    }
    const std::string_view key = p.substr(0, p.find('.'));
    std::string_view keys = keys_of(event_types()[static_cast<std::size_t>(type)].name);
    while (!keys.empty()) {
        const std::string_view one = keys.substr(0, keys.find(", "));
        if (one == key) {
            return true;
        }
        keys.remove_prefix(std::min(one.size() + 2, keys.size()));
    }
    return false;
}

void Compiler::read_events() {
    const Node* const events = doc_.root.find("events");
    if (events == nullptr) {
        return;
    }
    use(*events);
    if (events->kind != NodeKind::array) {
        problem(*events, "E201", "events: should be rows written as [[events]]");
        use_all(*events);
        return;
    }
    if (too_many(*events, events->items.size(), most_events, "events")) {
        return;
    }
    for (std::size_t i = 0; i < events->items.size(); ++i) {
        read_event(events->items[i], i);
    }
    for (EventPlan& event : draft_.plan.events) {
        connect_information(events->items[event.row], event, fmt::format("events[{}]", event.row));
    }
    std::stable_sort(draft_.plan.events.begin(),
                     draft_.plan.events.end(),
                     [](const EventPlan& a, const EventPlan& b) { return a.at < b.at; });
}

void Compiler::read_event(const Node& table, std::size_t number) {
    const std::string path = fmt::format("events[{}]", number);
    if (!table.is_table()) {
        problem(table, "E201", fmt::format("{}: should be a table", path));
        return;
    }
    const Node* const type_node = take(table, "type");
    const std::optional<EventType> type = read_event_type(table, type_node, path);
    if (!type) {
        use_all(table);
        return;
    }
    const std::string section = fmt::format("[[events]]#{}", number);
    resolved_.add(section, fmt::format("type = {}", quote_toml(type_node->text)));
    EventDraft event;
    event.plan.type = *type;
    event.plan.row = static_cast<std::uint32_t>(number);
    FieldTarget row{&draft_, nullptr, nullptr, &event};
    const std::size_t notes = draft_.plan.inputs.size();
    const std::size_t before = errors_.size();
    read_event_fields(table, section, row, *type, type_node->text, path);
    draft_.plan.inputs.resize(notes);  // events are listed as rows, below
    if (const std::string source = read_source(table, path); !source.empty()) {
        event.plan.source = source;
        resolved_.add(section, fmt::format("source = {}", quote_toml(source)));
    }
    event.plan.d_fair_value.assign(assets_.size(), 0.0);
    event.plan.sell_usd.assign(assets_.size(), 0.0);
    const std::string size = read_event_sizes(table, section, event.plan, type_node->text, path);
    read_event_answer(table, section, event.plan, type_node->text, path);
    read_event_coin(table, section, event.plan, type_node->text, path);
    check_event_trigger(table, event.plan, path);
    apply_scale(table, event.plan, path);
    read_event_profile(table, section, event.plan, type_node->text, path);
    read_event_venues(table, section, event.plan, type_node->text, path);
    report_unknown(table, path_in_messages(number));
    check_event_time(table, event, path);
    check_chain_event(table, event.plan, path);
    if (errors_.size() != before) {
        return;
    }
    if ((event.plan.type == EventType::hack || event.plan.follows_hack) &&
        !draft_.plan.defi.balancer.incident) {
        return;  // the run without the incident
    }
    if (event.plan.name.empty()) {
        event.plan.name = fmt::format("{} {}", event.plan.cause, number + 1);
    }
    draft_.plan.inputs.push_back(
        {fmt::format("events: {}", event.plan.name),
         fmt::format("{} {}", type_node->text, size),
         event.plan.source.empty() ? "assumed" : status_of(event.plan.source),
         event.plan.source.empty() ? "no source given" : text_of(event.plan.source)});
    draft_.plan.events.push_back(std::move(event.plan));
}

std::optional<EventType> Compiler::read_event_type(const Node& table,
                                                   const Node* node,
                                                   const std::string& path) {
    std::vector<std::string_view> allowed;
    for (const EventTypeName& type : event_types()) {
        if (type.ready) {
            allowed.push_back(type.name);
        }
    }
    if (node == nullptr || node->kind != NodeKind::text) {
        problem_at_key(table, 1, "E107", fmt::format("{}.type: missing", path)).hint =
            fmt::format("type = \"{}\"", fmt::join(allowed, "\" | \""));
        return std::nullopt;
    }
    std::vector<std::string> names;
    std::size_t ready = 0;
    for (const EventTypeName& type : event_types()) {
        if (type.name == node->text) {
            if (!type.ready) {
                problem(*node,
                        "E106",
                        fmt::format("{}.type: not available yet: \"{}\" events", path, node->text))
                    .hint = "until then a flow and an uncertainty row can stand for it";
                return std::nullopt;
            }
            return static_cast<EventType>(ready);
        }
        names.emplace_back(type.name);
        ready += type.ready ? 1 : 0;
    }
    Error& error = problem(
        *node, "E204", fmt::format("{}.type: \"{}\" is not an event type", path, node->text));
    error.allowed = fmt::format("allowed {}", fmt::join(allowed, " | "));
    if (node->text == "price" || node->text == "depth" || node->text == "liquidation") {
        error.hint = "a price, a depth or a liquidation total is never an input";
    } else if (const std::string near = nearest(node->text, names); !near.empty()) {
        error.hint = fmt::format("did you mean \"{}\"?", near);
    }
    return std::nullopt;
}

void Compiler::read_event_fields(const Node& table,
                                 const std::string& section,
                                 FieldTarget& row,
                                 EventType type,
                                 const std::string& type_name,
                                 const std::string& path) {
    read_scope(Scope::event, table, section, row, [&](const Field& field) {
        const Node* const node = table.find_path(field.path);
        if (field_of_type(field, type)) {
            return node != nullptr || !only_where_given(field);
        }
        if (node != nullptr) {
            wrong_quantity(*node, std::string{field.path}, type_name, path);
        }
        return false;
    });
}

void Compiler::wrong_quantity(const Node& node,
                              const std::string& key,
                              const std::string& type_name,
                              const std::string& path) {
    const std::size_t dot = key.rfind('.');
    const std::size_t width = dot == std::string::npos ? key.size() : key.size() - dot - 1;
    problem_at_key(
        node,
        static_cast<int>(width),
        "E306",
        fmt::format("{}.{}: an event of type \"{}\" may not touch it", path, key, type_name))
        .hint = fmt::format("{}: {}", type_name, keys_of(type_name));
}

std::string Compiler::read_event_sizes(const Node& table,
                                       const std::string& section,
                                       EventPlan& event,
                                       const std::string& type_name,
                                       const std::string& path) {
    const std::size_t before = errors_.size();
    std::string text;
    for (const std::string_view key : {"sell", "buy", "shift"}) {
        const Node* const sizes = take(table, key);
        if (sizes == nullptr) {
            continue;
        }
        use_all(*sizes);
        const bool shift = key == "shift";
        const bool trades = event.type == EventType::flow || event.type == EventType::information;
        if (shift ? event.type != EventType::fair_value : !trades) {
            wrong_quantity(*sizes, std::string{key}, type_name, path);
            continue;
        }
        const std::string full = fmt::format("{}.{}", path, key);
        if (!sizes->is_table()) {
            problem(*sizes, "E201", fmt::format("{}: should be a table of assets", full)).hint =
                shift ? "shift = { ETH = \"-1 %\" }" : "sell = { BTC = \"9,000 BTC\" }";
            continue;
        }
        for (const auto& [name, node] : sizes->members) {
            const std::string line = read_event_size(name, node, shift, key == "buy", event, full);
            if (!line.empty()) {
                resolved_.add(section, fmt::format("{}.{} = {}", key, name, line));
                text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", key, name, line);
            }
        }
    }
    std::erase(text, '"');
    if (event.type == EventType::factor) {
        for (const auto& [name, value] : {std::pair{"equities", event.d_equities},
                                          std::pair{"p_cut", event.d_p_cut},
                                          std::pair{"usd", event.d_usd},
                                          std::pair{"oil", event.d_oil}}) {
            if (value != 0.0) {
                text += fmt::format(
                    "{}{} {}", text.empty() ? "" : ", ", name, format_measure(value, Unit::share));
            }
        }
    } else if (event.type == EventType::uncertainty) {
        text = fmt::format("add {:.3g}", event.add_uncertainty);
    } else if (event.type == EventType::collateral) {
        text = fmt::format("worth {}", format_measure(event.collateral_value, Unit::share));
    } else if (event.type == EventType::hack) {
        text = fmt::format("reported {}, sold {}",
                           format_measure(event.reported_usd, Unit::usd),
                           format_measure(event.sold_share, Unit::share));
    } else if (event.type == EventType::venue) {
        text = event.stops_transfers ? "transfers stop" : "";
        if (event.load != 1.0) {
            text += fmt::format("{}load times {:.6g}", text.empty() ? "" : ", ", event.load);
        }
        if (event.request_delay_s != 0.0) {
            text += fmt::format(
                "{}requests wait {:.6g} s longer", text.empty() ? "" : ", ", event.request_delay_s);
        }
    } else if (event.type == EventType::regulatory) {
        for (const auto& [name, value] : {std::pair{"add", event.add_uncertainty},
                                          std::pair{"retail_leaves", event.retail_leaves},
                                          std::pair{"fee_change", event.fee_change}}) {
            if (value != 0.0) {
                text += fmt::format("{}{} {:.6g}", text.empty() ? "" : ", ", name, value);
            }
        }
    }
    if (event.type == EventType::options && event.open_usd > 0.0) {
        text = fmt::format("{} at {}, dealers {:+.3g}",
                           format_measure(event.open_usd, Unit::usd),
                           format_measure(event.strike_usd, Unit::usd),
                           event.dealers);
    } else if (event.type == EventType::loans && event.loans_usd > 0.0) {
        text = fmt::format("{} borrowed", format_measure(event.loans_usd, Unit::usd));
    }
    if (event.type == EventType::flow && table.find_path("answer.coin") != nullptr) {
        if (!text.empty()) {
            problem_at_key(table, 1, "E309", fmt::format("{}: sizes beside answer", path)).hint =
                "a flow is declared, or answers to returns";
        }
        text = fmt::format("answers to returns: {} and {} a percent, {} without",
                           format_measure(event.answer_yesterday, Unit::usd),
                           format_measure(event.answer_today, Unit::usd),
                           format_measure(event.answer_base, Unit::usd));
    }
    if (text.empty() && errors_.size() == before) {
        problem_at_key(table,
                       1,
                       "E107",
                       fmt::format("{}: an event of type \"{}\" without a size", path, type_name));
    }
    if (event.scale != 1.0) {
        text += fmt::format(", times {:.6g}", event.scale);
    }
    return text;
}

// Every size of the row times its scale. A row of scale 0 stays in the plan, so that the random numbers of
// the other rows, which go by position, stay theirs.
void Compiler::apply_scale(const Node& table, EventPlan& event, const std::string& path) {
    const double k = event.scale;
    if (k == 1.0) {
        return;  // to the last bit as declared
    }
    if (event.type == EventType::hack && k != 0.0 && k != 1.0) {
        problem(*table.find("scale"), "E203", fmt::format("{}.scale: out of range", path)).allowed =
            "allowed 0 or 1: what the pools lose is computed";
        return;
    }
    event.d_p_cut *= k;
    event.d_usd *= k;
    event.d_oil *= k;
    event.d_equities *= k;
    for (double& change : event.d_fair_value) {
        change *= k;  // of the logarithm
    }
    for (double& usd : event.sell_usd) {
        usd *= k;
    }
    event.add_uncertainty *= k;
    event.reported_usd *= k;
    event.collateral_value = std::max(0.0, 1.0 - k * (1.0 - event.collateral_value));
    event.stops_transfers = event.stops_transfers && k > 0.0;
    event.load = std::max(0.0, 1.0 + k * (event.load - 1.0));
    event.open_usd *= k;
    event.loans_usd *= k;
    for (double* const usd :
         {&event.answer_base, &event.answer_yesterday, &event.answer_today, &event.answer_noise}) {
        *usd *= k;
    }
    event.request_delay_s *= k;
    event.retail_leaves = std::min(retail_leaves_most, k * event.retail_leaves);
    event.fee_change *= k;
}

std::vector<std::size_t> Compiler::assets_named(std::string_view name) const {
    std::vector<std::size_t> out;
    for (std::size_t a = 0; a < assets_.size(); ++a) {
        if (assets_[a].plan.name == name || (name == "tail" && assets_[a].plan.tail)) {
            out.push_back(a);
        }
    }
    return out;
}

std::string Compiler::read_event_size(const std::string& name,
                                      const Node& node,
                                      bool shift,
                                      bool buy,
                                      EventPlan& event,
                                      const std::string& path) {
    const std::vector<std::size_t> rows = assets_named(name);
    if (rows.empty()) {
        Node key = node;
        key.at = node.key_at;
        key.width = static_cast<int>(name.size());
        check_asset_name(key, name, path);
        return "";
    }
    const std::string full = path + "." + name;
    if (shift) {
        const Field field{.unit = Unit::share, .low = -0.5, .high = 0.5};
        Figure figure;
        if (!check_value(node, full, field, figure)) {
            return "";
        }
        for (const std::size_t a : rows) {
            event.d_fair_value[a] = std::log1p(figure.number);
        }
        return figure.canonical;
    }
    if (node.kind != NodeKind::text) {
        problem(
            node,
            "E202",
            fmt::format("{}: {}, should be an amount in coins or USD", full, kind_name(node.kind)))
            .hint = "for example \"9,000 BTC\" or \"566.4 m USD\"";
        return "";
    }
    const MeasureResult result = parse_measure(node.text);
    if (!result.measure) {
        problem(node, "E205", fmt::format("{}: {}", full, result.problem)).hint = result.hint;
        return "";
    }
    double usd = result.measure->value;
    std::string canonical = format_toml(usd, Unit::usd);
    if (result.measure->dimension == Dimension::coins) {
        if (result.measure->coin != name) {
            problem(node,
                    "E202",
                    fmt::format("{}: \"{}\" is an amount of {}, not of {}",
                                full,
                                node.text,
                                result.measure->coin,
                                name));
            return "";
        }
        usd *= assets_[rows.front()].plan.price;
        canonical = fmt::format("\"{:.12g} {}\"", result.measure->value, name);
    } else if (result.measure->dimension != Dimension::usd) {
        problem(node,
                "E202",
                fmt::format("{}: \"{}\" has another unit, should be coins or USD", full, node.text))
            .hint = "for example \"9,000 BTC\" or \"566.4 m USD\"";
        return "";
    }
    if (!(usd >= 0.0) || usd > 1e12) {
        problem(node, "E203", fmt::format("{}: out of range", full)).allowed =
            "allowed 0 … 1,000 bn USD; to buy write `buy`";
        return "";
    }
    double volume = 0.0;
    for (const std::size_t a : rows) {
        volume += assets_[a].plan.volume;
    }
    for (const std::size_t a : rows) {
        const double part =
            volume > 0.0 ? assets_[a].plan.volume / volume : 1.0 / static_cast<double>(rows.size());
        event.sell_usd[a] += (buy ? -usd : usd) * part;
    }
    return canonical;
}

// Whose returns the flow answers to.
void Compiler::read_event_answer(const Node& table,
                                 const std::string& section,
                                 EventPlan& event,
                                 const std::string& type_name,
                                 const std::string& path) {
    const Node* const answer = table.find("answer");
    if (answer == nullptr) {
        return;
    }
    use(*answer);
    if (event.type != EventType::flow) {
        wrong_quantity(*answer, "answer", type_name, path);
        use_all(*answer);
        return;
    }
    if (!answer->is_table()) {
        problem(*answer, "E201", fmt::format("{}.answer: should be a table", path)).hint =
            "answer = { coin = \"BTC\", base = \"114 m USD\", yesterday = \"47 m USD\", today = "
            "\"43 m USD\" }";
        return;
    }
    event.coin = read_coin(*answer, "answer.coin", section, path);
}

// One coin that a row is about.
AssetId Compiler::read_coin(const Node& table,
                            const std::string& key,
                            const std::string& section,
                            const std::string& path) {
    const Node* const coin = take(table, "coin");
    if (coin == nullptr || coin->kind != NodeKind::text) {
        problem_at_key(table, 1, "E107", fmt::format("{}.{}: missing", path, key)).hint =
            key + " = \"BTC\"";
        return {};
    }
    const std::vector<std::size_t> rows = assets_named(coin->text);
    if (rows.size() != 1) {
        problem(*coin,
                "E110",
                fmt::format("{}.{}: \"{}\" is no coin of the scenario", path, key, coin->text));
        return {};
    }
    resolved_.add(section, fmt::format("{} = {}", key, quote_toml(coin->text)));
    return AssetId::of_row(rows.front());
}

// Whose options or loans these are, and levels in order.
void Compiler::read_event_coin(const Node& table,
                               const std::string& section,
                               EventPlan& event,
                               const std::string& type_name,
                               const std::string& path) {
    if (event.type != EventType::options && event.type != EventType::loans) {
        if (const Node* const coin = take(table, "coin")) {
            wrong_quantity(*coin, "coin", type_name, path);
        }
        return;
    }
    event.coin = read_coin(table, "coin", section, path);
    if (event.type == EventType::options && !(event.strike_usd > 0.0)) {
        problem_at_key(table, 1, "E107", fmt::format("{}.strike: missing", path)).hint =
            "strike = \"100,000 USD\"";
    }
    if (event.type == EventType::loans &&
        !(event.ltv_low <= event.ltv_high && event.ltv_high < event.ltv_call &&
          event.ltv_restore < event.ltv_call && event.ltv_call < event.ltv_sale)) {
        problem_at_key(table, 1, "E309", fmt::format("{}.ltv: levels out of order", path)).hint =
            "low <= high < call < sale, and restore < call";
    }
}

// A price is one coin's, and what it sets off takes time.
void Compiler::check_event_trigger(const Node& table,
                                   const EventPlan& event,
                                   const std::string& path) {
    const bool over = event.trigger_over > Duration{};
    if (event.trigger_below <= 0.0 && !over) {
        return;
    }
    const auto coins = std::ranges::count_if(event.sell_usd, [](double usd) { return usd != 0.0; });
    const Node& trigger = *table.find("trigger");
    if (event.trigger_below <= 0.0 || !over) {
        problem_at_key(
            trigger, 7, "E309", fmt::format("{}.trigger: below and over go together", path))
            .hint = "trigger = { below = \"100,000 USD\", over = \"4 h\" }";
    } else if (coins != 1) {
        problem_at_key(trigger, 7, "E309", fmt::format("{}.trigger: of {} coins", path, coins))
            .hint = "a flow with a trigger sells or buys one coin, whose price it is";
    }
}

void Compiler::read_event_profile(const Node& table,
                                  const std::string& section,
                                  EventPlan& event,
                                  const std::string& type_name,
                                  const std::string& path) {
    const Node* const rows = take(table, "profile");
    if (rows == nullptr) {
        return;
    }
    use_all(*rows);
    const std::string full = path + ".profile";
    if (event.type != EventType::flow) {
        wrong_quantity(*rows, "profile", type_name, path);
        return;
    }
    if (rows->kind != NodeKind::array || rows->items.empty() || rows->items.size() > 1'440) {
        problem(*rows, "E201", fmt::format("{}: should be a list of 1 to 1,440 numbers", full))
            .hint = "profile = [3, 1, 2]: half of the amount in the first third of the window";
        return;
    }
    double sum = 0;
    for (const Node& row : rows->items) {
        const bool number = row.kind == NodeKind::integer || row.kind == NodeKind::real;
        const double value =
            row.kind == NodeKind::integer ? static_cast<double>(row.integer) : row.real;
        if (!number) {
            problem(
                row, "E202", fmt::format("{}: {}, should be a number", full, kind_name(row.kind)));
            return;
        }
        if (!(value >= 0.0 && value <= 1e12)) {
            problem(row, "E203", fmt::format("{}: out of range", full)).allowed =
                "allowed 0 … 1,000,000,000,000 each";
            return;
        }
        event.profile.push_back(value);
        sum += value;
    }
    if (!(sum > 0.0)) {
        problem(*rows, "E203", fmt::format("{}: all parts are 0", full)).hint =
            "scale = 0 leaves a flow out";
    }
    if (event.last_part_share > 0.0 || event.last_part > Duration{}) {
        problem(*rows, "E306", fmt::format("{}: beside last_part", full)).hint =
            "a flow has a profile or a last part, not both";
    }
    resolved_.add(section, fmt::format("profile = [{}]", fmt::join(event.profile, ", ")));
}

void Compiler::read_event_venues(const Node& table,
                                 const std::string& section,
                                 EventPlan& event,
                                 const std::string& type_name,
                                 const std::string& path) {
    const Node* const names = take(table, "venues");
    const bool may = event.type == EventType::information || event.type == EventType::regulatory;
    if (may && names == nullptr) {
        return;  // all
    }
    if (event.type != EventType::venue && !may) {
        if (names != nullptr) {
            use_all(*names);
            wrong_quantity(*names, "venues", type_name, path);
        }
        return;
    }
    if (names == nullptr || names->kind != NodeKind::array || names->items.empty()) {
        problem_at_key(table, 1, "E107", fmt::format("{}.venues: missing", path)).hint =
            "venues = [\"A\"]";
        return;
    }
    use_all(*names);
    std::vector<std::string> listed;
    for (const Node& name : names->items) {
        const auto found = std::ranges::find_if(
            venues_, [&](const VenueDraft& venue) { return venue.plan.name == name.text; });
        if (found == venues_.end()) {
            problem(
                name, "E110", fmt::format("{}.venues: there is no venue \"{}\"", path, name.text));
            return;
        }
        event.venues.push_back(
            VenueId::from_raw(static_cast<std::uint16_t>(found - venues_.begin())));
        listed.push_back(quote_toml(name.text));
    }
    resolved_.add(section, fmt::format("venues = [{}]", fmt::join(listed, ", ")));
}

// Who knows of another event trades before it. What is known of an event that does not happen is
// nothing: no trader acts on it.
void Compiler::connect_information(const Node& table, EventPlan& event, const std::string& path) {
    if (event.type != EventType::information) {
        return;
    }
    const auto in_order = [&](const char* key, double low, double high) {
        if (low > high) {
            problem_at_key(table, 1, "E309", fmt::format("{}.{}: low is above high", path, key))
                .hint = "low has to be at most high";
        }
    };
    in_order("leverage", event.leverage_low, event.leverage_high);
    in_order("close", event.close_low_min, event.close_high_min);
    const Node* const about = table.find("about");
    if (about == nullptr) {
        problem_at_key(table, 1, "E107", fmt::format("{}.about: missing", path)).hint =
            "about = \"name of the event that is known\"";
        return;
    }
    std::vector<std::string> names;
    for (const Node& row : doc_.root.find("events")->items) {
        if (const Node* const name = row.find("name"); name != nullptr && &row != &table) {
            names.push_back(name->text);
        }
    }
    if (std::ranges::find(names, event.about) == names.end()) {
        Error& error =
            problem(*about,
                    "E110",
                    fmt::format("{}.about: no other event has the name \"{}\"", path, event.about));
        if (const std::string near = nearest(event.about, names); !near.empty()) {
            error.hint = fmt::format("did you mean \"{}\"?", near);
        }
        return;
    }
    const auto known = std::ranges::find_if(draft_.plan.events, [&](const EventPlan& other) {
        return other.name == event.about && other.row != event.row;
    });
    if (known == draft_.plan.events.end() || known->scale == 0.0) {
        event.sell_usd.assign(event.sell_usd.size(), 0.0);
        event.about_at = event.until;
        return;
    }
    event.about_at = known->at;
    if (known->at < event.until) {
        problem(
            *about,
            "E301",
            fmt::format("{}.about: \"{}\" comes before the traders have opened", path, event.about))
            .hint = "until has to be at or before the event's at";
    }
}

// What an event of the chain needs beside itself.
void Compiler::check_chain_event(const Node& table,
                                 const EventPlan& event,
                                 const std::string& path) {
    const DefiPlan& defi = draft_.plan.defi;
    if (event.type == EventType::hack && !(defi.enabled && defi.balancer.pools)) {
        problem_at_key(table, 1, "E306", fmt::format("{}: a hack needs pools to act on", path))
            .hint = "[defi] enabled = true and [defi.balancer] pools = true";
    }
    if (event.type == EventType::collateral &&
        !(defi.enabled && defi.share_market.borrowed > 0.0)) {
        problem_at_key(
            table, 1, "E306", fmt::format("{}: no market lends against the collateral", path))
            .hint = "[defi] enabled = true and [defi.share_market] borrowed = \"285 m USD\"";
    }
}

void Compiler::check_event_time(const Node& table, EventDraft& event, const std::string& path) {
    const Node* const at = table.find("at");
    const Node* const until = table.find("until");
    // A moment that was set on the command line has its source beside it in the resolved text.
    const Node* const moment = at != nullptr && at->is_figure() ? at->find("value") : at;
    if (moment == nullptr || moment->kind != NodeKind::time) {
        return;
    }
    if (until == nullptr) {
        event.until_unix_s = event.at_unix_s;
    }
    const double start = draft_.start_unix_s;
    const double end = start + to_seconds(draft_.plan.length);
    if (event.at_unix_s < start || event.at_unix_s >= end) {
        Error& error = problem(
            *at,
            "E301",
            fmt::format("{}.at: {} is {}",
                        path,
                        iso_utc(static_cast<std::int64_t>(event.at_unix_s)),
                        event.at_unix_s < start ? "before the start" : "not before the end"));
        error.allowed = fmt::format("the run covers {} … {}",
                                    iso_utc(static_cast<std::int64_t>(start)),
                                    iso_utc(static_cast<std::int64_t>(end)));
        return;
    }
    if (event.until_unix_s < event.at_unix_s) {
        problem(*until, "E301", fmt::format("{}.until: before the event's own start", path));
        return;
    }
    if ((event.plan.type == EventType::flow || event.plan.type == EventType::factor ||
         event.plan.type == EventType::venue || event.plan.type == EventType::information ||
         event.plan.type == EventType::options || event.plan.type == EventType::loans ||
         (event.plan.type == EventType::hack && event.plan.sold_share > 0.0)) &&
        event.until_unix_s <= event.at_unix_s) {
        problem_at_key(
            table,
            1,
            "E301",
            fmt::format(
                "{}: a flow, a factor, a sale, information, options, loans or a venue's trouble "
                "needs a window: until after at",
                path));
        return;
    }
    event.plan.at = SimTime::from_ns(std::llround((event.at_unix_s - start) * 1e9));
    event.plan.until = SimTime::from_ns(std::llround((event.until_unix_s - start) * 1e9));
}

}  // namespace margincall::inline scenario
