#include "desk/book_snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.hpp"
#include "desk/json_tree.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

constexpr double short_reach = 0.01;
constexpr double level_usd_most = 2e12;

struct SnapshotForm {
    const char* venue = "";
    std::string symbol;  // "" = the answer does not say
    const JsonTree* bids = nullptr;
    const JsonTree* asks = nullptr;
    bool named_fields = false;  // {"px", "sz"} instead of [price, size]
    bool counts_contracts = false;
};

std::optional<SnapshotForm> form_of(const JsonTree& tree) {
    const JsonTree& result = member_of(tree, "result");
    const JsonTree& data = member_of(tree, "data");
    if (has_member(tree, "levels")) {
        const JsonTree& levels = member_of(tree, "levels");
        if (levels.is_array() && levels.size() == 2) {
            return SnapshotForm{"H", text_of(tree, "coin"), &levels[0], &levels[1], true, false};
        }
    }
    if (has_member(result, "b") && has_member(result, "a")) {
        return SnapshotForm{"B",
                            text_of(result, "s"),
                            &member_of(result, "b"),
                            &member_of(result, "a"),
                            false,
                            false};
    }
    if (data.is_array() && data.size() == 1 && has_member(data[0], "asks")) {
        return SnapshotForm{"O",
                            text_of(data[0], "instId"),
                            &member_of(data[0], "bids"),
                            &member_of(data[0], "asks"),
                            false,
                            true};
    }
    if (has_member(tree, "bids") && has_member(tree, "asks")) {
        return SnapshotForm{"A",
                            text_of(tree, "symbol"),
                            &member_of(tree, "bids"),
                            &member_of(tree, "asks"),
                            false,
                            false};
    }
    return std::nullopt;
}

struct PriceLevel {
    double price = 0.0, coins = 0.0;
};

class SnapshotReader {
  public:
    SnapshotReader(const SnapshotRequest& request, StressMarket& market, Errors& errors)
        : request_(request), market_(market), errors_(errors) {}

    std::optional<InstrumentId> read(const JsonTree& tree);
    [[nodiscard]] double reach() const { return reach_; }

  private:
    void refuse(const char* code, std::string message, std::string hint) {
        add_problem(errors_, file_error(request_.name, code, std::move(message), std::move(hint)));
    }
    [[nodiscard]] std::optional<InstrumentId> instrument(const SnapshotForm& form);
    [[nodiscard]] std::vector<PriceLevel> levels(const SnapshotForm& form,
                                                 const JsonTree& side,
                                                 double coins_a_unit);

    const SnapshotRequest& request_;
    StressMarket& market_;
    Errors& errors_;
    double reach_ = 0.0;
};

std::optional<InstrumentId> SnapshotReader::instrument(const SnapshotForm& form) {
    const std::string venue_name = request_.venue.empty() ? form.venue : request_.venue;
    const std::string symbol = request_.coin.empty() ? form.symbol : request_.coin;
    if (symbol.empty()) {
        refuse("E634",
               "the answer does not say of which coin the book is",
               fmt::format("--depth BTC={} says it", request_.name));
        return std::nullopt;
    }
    const auto venue = market_.find_venue(venue_name);
    if (!venue) {
        refuse("E606",
               fmt::format("unknown venue {}", in_quotes(venue_name)),
               "--depth VENUE:COIN=FILE puts it at another venue of the market");
        return std::nullopt;
    }
    const auto found = market_.find_instrument(*venue, symbol);
    if (!found) {
        refuse("E606",
               fmt::format("unknown instrument {} at venue {}",
                           in_quotes(symbol),
                           market_.venues[venue->raw()].name),
               "order books are of instruments of the market, or of the book's own coins");
    }
    return found;
}

std::vector<PriceLevel> SnapshotReader::levels(const SnapshotForm& form,
                                               const JsonTree& side,
                                               double coins_a_unit) {
    std::vector<PriceLevel> out;
    for (const JsonTree& level : side) {
        const auto text = [&](std::size_t at, const char* key) {
            if (form.named_fields) {
                return text_of(level, key);
            }
            return level.is_array() && at < level.size() && level[at].is_string()
                       ? level[at].get<std::string>()
                       : std::string{};
        };
        const auto price = parse_long_decimal(text(0, "px"));
        const auto size = parse_long_decimal(text(1, "sz"));
        if (!price || !size || price->digits <= 0 || size->digits < 0) {
            refuse("E632",
                   fmt::format("level {} has no price above 0 and size", out.size() + 1),
                   "give the answer of the interface as it came");
            return {};
        }
        if (!is_usable(*price) || price->value() * size->value() * coins_a_unit > level_usd_most) {
            refuse("E604",
                   fmt::format("level {} is worth more than can be counted", out.size() + 1),
                   "prices are 1e-12 to 1e9 USD, a level at most 2 tn");
            return {};
        }
        out.push_back({price->value(), size->value() * coins_a_unit});
    }
    return out;
}

std::optional<InstrumentId> SnapshotReader::read(const JsonTree& tree) {
    const auto form = form_of(tree);
    if (!form) {
        refuse("E633",
               "not an order book that is known",
               "known are the answers of Binance (depth), Bybit (v5 orderbook), OKX (books) and "
               "Hyperliquid (l2Book); a table has columns (docs/account-book.md)");
        return std::nullopt;
    }
    const auto id = instrument(*form);
    if (!id) {
        return std::nullopt;
    }
    StressInstrument& target = market_.instruments[id->raw()];
    double coins_a_unit = 1.0;
    if (form->counts_contracts) {
        const auto row = find_sheet_row(
            request_.sheets, "O", market_.coins[target.instrument.base.raw()].name, "USDT");
        if (!row || !row->contract) {
            refuse("E634",
                   "sizes are contracts, and no file says what one is",
                   "give the answer of /api/v5/public/instruments?instType=SWAP with the book");
            return std::nullopt;
        }
        coins_a_unit = row->contract->value();
    }
    const std::size_t before = errors_.size();
    const std::vector<PriceLevel> bids = levels(*form, *form->bids, coins_a_unit);
    const std::vector<PriceLevel> asks = levels(*form, *form->asks, coins_a_unit);
    if (errors_.size() > before) {
        return std::nullopt;
    }
    double bid = 0.0;
    double ask = INFINITY;
    for (const PriceLevel& level : bids) {
        bid = std::max(bid, level.price);
    }
    for (const PriceLevel& level : asks) {
        ask = std::min(ask, level.price);
    }
    if (bids.empty() || asks.empty() || bid >= ask) {
        refuse("E613",
               fmt::format("{}: the order book is crossed or has one side only", target.name),
               "");
        return std::nullopt;
    }
    const double mid = 0.5 * (bid + ask);
    reach_ = INFINITY;
    for (const bool is_bid : {true, false}) {
        DepthSide side;
        for (const PriceLevel& level : is_bid ? bids : asks) {
            if (level.coins > 0.0) {
                side.push_back({std::fabs(level.price / mid - 1.0), level.price * level.coins});
            }
        }
        std::ranges::stable_sort(side, {}, &DepthLevel::distance);
        reach_ = std::min(reach_, side.empty() ? 0.0 : side.back().distance);
        (is_bid ? target.bids : target.asks) = std::move(side);
    }
    return id;
}

}  // namespace

DepthFile depth_file_of(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    // A path may hold an equals sign, a name of a coin no slash and no dot.
    if (equals == std::string::npos || equals == 0 ||
        argument.substr(0, equals).find_first_of("/.") != std::string::npos) {
        return {{}, {}, argument};
    }
    const std::string name = argument.substr(0, equals);
    const std::size_t colon = name.find(':');
    if (colon == std::string::npos) {
        return {{}, name, argument.substr(equals + 1)};
    }
    return {name.substr(0, colon), name.substr(colon + 1), argument.substr(equals + 1)};
}

void read_book_snapshot(const SnapshotRequest& request,
                        StressMarket& market,
                        Errors& errors,
                        Errors& warnings,
                        std::vector<InstrumentId>& taken) {
    const std::expected<JsonTree, Error> tree = parse_json_tree(request.text, request.name);
    if (!tree) {
        add_problem(errors, tree.error());
        return;
    }
    SnapshotReader reader(request, market, errors);
    const auto id = reader.read(*tree);
    if (!id) {
        return;
    }
    taken.push_back(*id);
    if (reader.reach() < short_reach) {
        Error warning = file_error(request.name,
                                   "W632",
                                   fmt::format("the order book of {} ends {:.3g} % from its mid: "
                                               "nothing rests beyond",
                                               market.at(*id).name,
                                               100.0 * reader.reach()),
                                   "ask the interface for more levels, or give a profile");
        warning.warning = true;
        add_problem(warnings, std::move(warning));
    }
}

}  // namespace margincall::inline desk
