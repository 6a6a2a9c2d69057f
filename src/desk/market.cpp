#include "desk/market.hpp"

#include <array>

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

}  // namespace

bool is_dollar(std::string_view name) {
    return name == "USD" || name == "USDT" || name == "USDC";
}

bool is_coin_margined(std::string_view name) {
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
    static constexpr std::array endings = {std::string_view{"-PERP"},
                                           std::string_view{"-PERPETUAL"},
                                           std::string_view{"-SWAP"},
                                           std::string_view{":USDT"},
                                           std::string_view{":USDC"},
                                           std::string_view{"_USDC"},
                                           std::string_view{"-USDT"},
                                           std::string_view{"-USDC"},
                                           std::string_view{"-USD"},
                                           std::string_view{"/USDT"},
                                           std::string_view{"/USDC"},
                                           std::string_view{"USDT"},
                                           std::string_view{"USDC"},
                                           std::string_view{"USD"}};
    for (const std::string_view ending : endings) {
        if (name.size() > ending.size() && name.ends_with(ending)) {
            name.remove_suffix(ending.size());
        }
    }
    return name;
}

std::optional<VenueId> StressMarket::find_venue(std::string_view name) const {
    for (std::size_t v = 0; v < venues.size(); ++v) {
        if (venues[v].name == name) {
            return VenueId::of_row(v);
        }
    }
    return std::nullopt;
}

std::optional<InstrumentId> StressMarket::find_instrument(VenueId venue,
                                                          std::string_view name) const {
    if (is_coin_margined(name)) {
        return std::nullopt;
    }
    const std::string_view coin = coin_of_symbol(name);
    for (const StressInstrument& row : instruments) {
        const std::string& own = coins[row.instrument.base.raw()].name;
        if (row.instrument.venue == venue && (own == coin || own == name || row.name == name)) {
            return row.instrument.id;
        }
    }
    return std::nullopt;
}

std::optional<AssetId> StressMarket::find_coin(std::string_view name) const {
    for (std::size_t c = 0; c < coins.size(); ++c) {
        if (coins[c].name == name) {
            return AssetId::of_row(c);
        }
    }
    return std::nullopt;
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
            for (const StressCoin& coin : market.coins) {
                margin.collateral.push_back(collateral_rule(venue.rules, coin.name, coin_ratio));
            }
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
