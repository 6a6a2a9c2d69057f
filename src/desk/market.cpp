#include "desk/market.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace margincall::inline desk {
namespace {

std::string joined(const std::vector<std::string_view>& names) {
    std::string out;
    for (const std::string_view name : names) {
        out += out.empty() ? "" : ", ";
        out += name;
    }
    return out;
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// The one row that a name means: as it is written, else in another letter case if only one is so.
template <typename Rows, typename IsIt>
std::optional<std::size_t> find_name(const Rows& rows, const IsIt& is_it) {
    std::optional<std::size_t> other_case;
    std::size_t others = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        if (is_it(rows[k], std::equal_to<std::string_view>{})) {
            return k;
        }
        if (is_it(rows[k], same_word)) {
            other_case = k;
            ++others;
        }
    }
    return others == 1 ? other_case : std::nullopt;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return upper(x) == upper(y);
    });
}

std::string_view usual_venue(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known = {
        {{"binance", "A"}, {"bybit", "B"}, {"hyperliquid", "H"}, {"okx", "O"}, {"okex", "O"}}};
    for (const auto& [begin, letter] : known) {
        if (same_word(name.substr(0, begin.size()), begin)) {
            return letter;
        }
    }
    return {};
}

bool is_dollar(std::string_view name) {
    return same_word(name, "USD") || same_word(name, "USDT") || same_word(name, "USDC");
}

bool is_coin_margined(std::string_view as_written) {
    std::string upper_case{as_written};
    std::transform(upper_case.begin(), upper_case.end(), upper_case.begin(), upper);
    std::string_view name = upper_case;
    // Contracts with an expiry, then the kinds of swap.
    const std::size_t last = name.find_last_not_of("0123456789");
    if (last != std::string_view::npos && last + 1 < name.size() &&
        (name[last] == '_' || name[last] == '-')) {
        name = name.substr(0, last);
    }
    for (const std::string_view ending : {"_PERP", "-SWAP", "-PERPETUAL"}) {
        if (name.ends_with(ending)) {
            name.remove_suffix(ending.size());
            // Deribit: the coin alone, where the linear ones say BTC_USDC.
            return name.ends_with("USD") ||
                   (ending == "-PERPETUAL" && !name.ends_with("USDC") && !name.ends_with("USDT"));
        }
    }
    // BTC-USD and BTC/USD are dYdX's and others' dollar contracts.
    const std::size_t dollar = name.find("USD");
    const std::string_view quote = dollar == std::string_view::npos ? "" : name.substr(dollar);
    return dollar != std::string_view::npos && dollar > 0 &&
           ((quote == "USD" && name[dollar - 1] != '-' && name[dollar - 1] != '/') ||
            (quote.starts_with("USD:") && name.starts_with(quote.substr(4))));
}

std::string_view coin_of_symbol(std::string_view name) {
    static constexpr std::array<std::string_view, 20> endings = {
        ".P",    "-PERP", "_PERP", "-PERPETUAL", "-SWAP", "PERP",  ":USDT",
        ":USDC", ":USD",  "_USDC", "_USDT",      "-USDT", "-USDC", "-USD",
        "/USDT", "/USDC", "/USD",  "USDT",       "USDC",  "USD"};
    for (const std::string_view ending : endings) {
        if (name.size() > ending.size() &&
            same_word(name.substr(name.size() - ending.size()), ending)) {
            name.remove_suffix(ending.size());
        }
    }
    return name;
}

std::optional<VenueId> StressMarket::find_venue(std::string_view name) const {
    const auto find = [&](std::string_view wanted) {
        return find_name(venues, [&](const StressVenue& venue, const auto& same) {
            return same(venue.name, wanted);
        });
    };
    auto row = find(name);
    if (const std::string_view letter = usual_venue(name); !row && !letter.empty()) {
        row = find(letter);
    }
    return row ? std::optional{VenueId::of_row(*row)} : std::nullopt;
}

std::optional<InstrumentId> StressMarket::find_instrument(VenueId venue,
                                                          std::string_view name) const {
    if (is_coin_margined(name)) {
        return std::nullopt;
    }
    const std::string_view coin = coin_of_symbol(name);
    const auto row = find_name(instruments, [&](const StressInstrument& inst, const auto& same) {
        const std::string& own = coins[inst.instrument.base.raw()].name;
        return inst.instrument.venue == venue &&
               (same(own, coin) || same(own, name) || same(inst.name, name));
    });
    return row ? std::optional{instruments[*row].instrument.id} : std::nullopt;
}

std::optional<AssetId> StressMarket::find_coin(std::string_view name) const {
    const auto row = find_name(
        coins, [&](const StressCoin& coin, const auto& same) { return same(coin.name, name); });
    return row ? std::optional{AssetId::of_row(*row)} : std::nullopt;
}

std::string StressMarket::venue_names() const {
    std::vector<std::string_view> names;
    for (const StressVenue& venue : venues) {
        names.push_back(venue.name);
    }
    return joined(names);
}

std::string StressMarket::instrument_names(VenueId venue) const {
    std::vector<std::string_view> names;
    for (const StressInstrument& row : instruments) {
        if (row.instrument.venue == venue) {
            names.push_back(coins[row.instrument.base.raw()].name);
        }
    }
    return joined(names);
}

namespace {

const CollateralRule* find_rule(const VenueRules& rules, std::string_view name) {
    for (const AssetCollateral& row : rules.collateral) {
        if (row.asset == name || (name == "USD" && is_dollar(row.asset))) {
            return &row.rule;
        }
    }
    return nullptr;
}

CollateralRule collateral_rule(const VenueRules& rules, std::string_view name, Fraction otherwise) {
    CollateralRule rule;
    if (const CollateralRule* const found = find_rule(rules, name)) {
        rule = *found;
        if (!is_dollar(name)) {
            // The rule row counts millionths of a coin, the book hundred-millionths.
            constexpr std::int64_t finer = 100;
            for (CollateralTier& tier : rule.tiers) {
                const i128 scale = rule.measure == CollateralMeasure::amount ? finer : 1;
                tier.cap = Amount::from_raw(tier.cap.raw() * scale);
            }
            rule.floor_price.den = checked_mul(rule.floor_price.den, finer);
        }
        return rule;
    }
    rule.tiers.front().ratio = rules.collateral.empty() ? otherwise : Fraction{0, 1};
    return rule;
}

}  // namespace

void fill_margin_rules(StressMarket& market, Fraction coin_ratio) {
    for (std::size_t v = 0; v < market.venues.size(); ++v) {
        StressVenue& venue = market.venues[v];
        PortfolioRules& margin = venue.margin;
        margin.contracts.resize(market.instruments.size());
        margin.schedules.resize(market.instruments.size());
        margin.pnl = venue.rules.margin.pnl;
        margin.trigger = venue.rules.trigger_at_equality ? Trigger::at_or_below : Trigger::below;
        if (margin.collateral.empty()) {
            margin.collateral.push_back(collateral_rule(venue.rules, "USD", Fraction{1, 1}));
        }
        for (std::size_t c = margin.collateral.size() - 1; c < market.coins.size(); ++c) {
            margin.collateral.push_back(
                collateral_rule(venue.rules, market.coins[c].name, coin_ratio));
        }
        for (const StressInstrument& row : market.instruments) {
            const std::uint32_t id = row.instrument.id.raw();
            if (row.instrument.venue.raw() != v) {
                continue;
            }
            margin.contracts[id].unit = Fraction{row.instrument.tick_value.raw(), 1};
            margin.contracts[id].coin = 1U + row.instrument.base.raw();
            margin.contracts[id].price_max = row.instrument.price_max;
            if (!margin.schedules[id].tiers.empty()) {
                continue;
            }
            margin.schedules[id] = schedule_of(row.tiers);
            apply_rule(venue.rules.margin, margin.schedules[id]);
        }
    }
}

}  // namespace margincall::inline desk
