// Prices before the start.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

constexpr double history_tolerance = 0.005;  // last price of the table against the start price
constexpr double largest_step = 20.0;        // times, from one price to the next
constexpr double six_digits = 1e-5;          // prices of a table are rounded to them
// "tail": the noise of a made history is data, not a draw of the run
constexpr std::uint64_t tail_stream = 0x7461696C;

}  // namespace

void Compiler::read_history() {
    HistoryPlan& history = draft_.plan.history;
    const Node* const table = doc_.root.find("history");
    history.price.resize(assets_.size());
    if (table == nullptr) {
        missing_table("history",
                      "population.burn_in = \"history/FILE.toml\": prices of the month before");
        return;
    }
    use(*table);
    warn_of_other_day(*table);
    if (const Node* const source = take(*table, "source")) {
        if (source->kind == NodeKind::text && starts_with_status(source->text)) {
            resolved_.add("history", fmt::format("source = {}", quote_toml(source->text)));
            draft_.plan.inputs.push_back({"history",
                                          "prices before the start",
                                          status_of(source->text),
                                          text_of(source->text)});
        } else {
            problem(*source,
                    "E206",
                    "history: the source must begin with measured, reported, derived or assumed");
        }
    }
    if (const Node* const fear = take(*table, "fear_greed")) {
        if (read_numbers(*fear, "history.fear_greed", 0.0, 100.0, history.fear_greed)) {
            resolved_.add(
                "history",
                fmt::format("fear_greed = [{:.12g}]", fmt::join(history.fear_greed, ", ")));
        }
    }
    const Node* const price = take(*table, "price");
    if (price == nullptr || !price->is_table() || assets_.empty()) {
        problem_at_key(*table, 1, "E305", "history.price: missing").hint =
            "[history.price] with a list of prices per asset, oldest first";
        return;
    }
    std::size_t length = 0;
    for (const auto& [name, list] : price->members) {
        use_all(list);
        const std::string path = "history.price." + name;
        const std::optional<std::size_t> a = asset_index(name);
        if (!a) {
            continue;  // the table may serve scenarios with more coins
        }
        std::vector<double>& out = history.price[*a];
        if (!read_numbers(list, path, 1e-12, 1e12, out)) {
            continue;
        }
        const double start = assets_[*a].plan.price;
        if (!(start > 0.0)) {
            continue;  // the price itself was refused
        }
        if (out.size() < 2 || (length != 0 && out.size() != length)) {
            problem_at_key(
                list,
                static_cast<int>(name.size()),
                "E305",
                fmt::format("{}: {} prices, the other tables have {}", path, out.size(), length));
            continue;
        }
        if (std::fabs(out.back() / start - 1.0) > history_tolerance) {
            problem(list.items.back(),
                    "E305",
                    fmt::format("{}: the last price {:.6g} is not the start price {:.6g}",
                                path,
                                out.back(),
                                start))
                .hint = "the table must end where the scenario starts";
            out.clear();  // nothing is compared with it
            continue;
        }
        if (!check_steps(list, path, out)) {
            out.clear();
            continue;
        }
        length = out.size();
        resolved_.add("history.price", fmt::format("{} = [{:.12g}]", name, fmt::join(out, ", ")));
        out.back() = start;
    }
    if (length == 0 || history.price[0].empty()) {
        use_all(*table);
        if (price->find("BTC") == nullptr) {
            problem_at_key(
                *price, 1, "E305", "history.price.BTC: missing; other coins follow it by beta");
        }
        return;
    }
    read_extremes(*table, "low", length, history.low);
    read_extremes(*table, "high", length, history.high);
    for (std::size_t a = 1; a < assets_.size(); ++a) {
        if (history.price[a].empty()) {
            history.price[a] = price_by_beta(a);
        }
    }
}

void Compiler::read_extremes(const Node& history,
                             const std::string& key,
                             std::size_t length,
                             std::vector<std::vector<double>>& out) {
    const Node* const table = take(history, key);
    if (table == nullptr) {
        return;
    }
    if (!table->is_table()) {
        problem(*table, "E201", fmt::format("history.{}: should be a table of lists", key));
        return;
    }
    out.resize(assets_.size());
    for (const auto& [name, list] : table->members) {
        use_all(list);
        const std::optional<std::size_t> a = asset_index(name);
        const std::string path = fmt::format("history.{}.{}", key, name);
        if (!a || !read_numbers(list, path, 1e-12, 1e12, out[*a])) {
            continue;
        }
        const std::vector<double>& closes = draft_.plan.history.price[*a];
        const double side = key == "low" ? 1.0 : -1.0;
        // Not the last one: in its place stands the start price.
        for (std::size_t k = 0; k + 1 < std::min(out[*a].size(), closes.size()); ++k) {
            if (side * (out[*a][k] / closes[k] - 1.0) > six_digits) {
                problem(list.items[k],
                        "E305",
                        fmt::format("{}: {} {:.6g} is {} the price {:.6g} of its step",
                                    path,
                                    key,
                                    out[*a][k],
                                    side > 0.0 ? "above" : "below",
                                    closes[k]));
                break;
            }
        }
        if (out[*a].size() != length) {
            problem_at_key(
                list,
                static_cast<int>(name.size()),
                "E305",
                fmt::format(
                    "{}: {} prices, the other tables have {}", path, out[*a].size(), length));
            continue;
        }
        resolved_.add("history." + key,
                      fmt::format("{} = [{:.12g}]", name, fmt::join(out[*a], ", ")));
    }
}

bool Compiler::check_steps(const Node& list,
                           const std::string& path,
                           const std::vector<double>& prices) {
    for (std::size_t k = 1; k < prices.size(); ++k) {
        const double ratio = prices[k] / prices[k - 1];
        if (ratio > largest_step || ratio < 1.0 / largest_step) {
            problem(list.items[k],
                    "E305",
                    fmt::format("{}: the price goes from {:.6g} to {:.6g} in one step",
                                path,
                                prices[k - 1],
                                prices[k]))
                .allowed = fmt::format("allowed less than {:.0f} times", largest_step);
            return false;
        }
    }
    return true;
}

// State and table are of one moment, so a run that begins at another is of another day's market.
void Compiler::warn_of_other_day(const Node& history) {
    const Node* const end = history.find("end");
    const double apart = draft_.start_unix_s - draft_.history_end_unix_s;
    if (end == nullptr || draft_.start_unix_s == 0.0 || draft_.history_end_unix_s == 0.0 ||
        std::fabs(apart) <= to_seconds(draft_.plan.history.step)) {
        return;
    }
    warn(*end,
         "W405",
         fmt::format("the prices before the start end {} {} the start, {}",
                     format_measure(std::fabs(apart), Unit::duration),
                     apart > 0.0 ? "before" : "after",
                     iso_utc(static_cast<std::int64_t>(draft_.start_unix_s))),
         "the run is of the market of that day, whatever date it shows");
}

std::vector<double> Compiler::price_by_beta(std::size_t a) const {
    const HistoryPlan& history = draft_.plan.history;
    const std::vector<double>& btc = history.price[0];
    const AssetPlan& asset = assets_[a].plan;
    const double common = asset.beta * assets_[0].plan.volatility;
    const double own_day = std::sqrt(std::max(asset.volatility * asset.volatility - common * common,
                                              0.09 * asset.volatility * asset.volatility));
    const double own = own_day * std::sqrt(to_seconds(history.step) / 86'400.0);
    Rng rng(tail_stream, entity_name(9000, static_cast<std::uint32_t>(a)), Purpose::burn_in);
    std::vector<double> out(btc.size());
    out.back() = asset.price;
    for (std::size_t k = btc.size() - 1; k > 0; --k) {
        const double move = asset.beta * std::log(btc[k] / btc[k - 1]) + own * rng.normal();
        out[k - 1] = out[k] * std::exp(-move);
    }
    return out;
}

bool Compiler::read_numbers(
    const Node& list, const std::string& path, double low, double high, std::vector<double>& out) {
    use_all(list);
    if (list.kind != NodeKind::array || list.items.empty()) {
        problem(list, "E201", fmt::format("{}: should be a list of numbers", path));
        return false;
    }
    out.clear();
    for (const Node& item : list.items) {
        if ((item.kind != NodeKind::integer && item.kind != NodeKind::real) ||
            !(item.real >= low && item.real <= high)) {
            problem(item,
                    "E203",
                    fmt::format("{}: item {} is not a number in range", path, out.size() + 1))
                .allowed = fmt::format("allowed {:.12g} … {:.12g}", low, high);
            out.clear();
            return false;
        }
        out.push_back(item.real);
    }
    return true;
}

}  // namespace margincall::inline scenario
