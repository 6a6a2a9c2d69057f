#include "stress/market.hpp"

#include <array>

namespace margincall {
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
            return VenueId::from_raw(static_cast<std::uint16_t>(v));
        }
    }
    return std::nullopt;
}

std::optional<InstrumentId> StressMarket::find_instrument(VenueId venue,
                                                          std::string_view name) const {
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
            return AssetId::from_raw(static_cast<std::uint16_t>(c));
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

void fill_margin_rules(StressMarket& market, Fraction coin_ratio) {
    for (std::size_t v = 0; v < market.venues.size(); ++v) {
        StressVenue& venue = market.venues[v];
        PortfolioRules& margin = venue.margin;
        margin.contracts.resize(market.instruments.size());
        margin.schedules.resize(market.instruments.size());
        while (margin.collateral.size() < 1 + market.coins.size()) {
            CollateralRule rule;
            rule.tiers.front().ratio = margin.collateral.empty() ? Fraction{1, 1} : coin_ratio;
            margin.collateral.push_back(rule);
        }
        if (venue.rules.trigger_at_equality) {
            margin.trigger = Trigger::at_or_below;
        }
        for (const StressInstrument& row : market.instruments) {
            const std::uint32_t id = row.instrument.id.raw();
            if (row.instrument.venue.raw() != v || !margin.schedules[id].tiers.empty()) {
                continue;
            }
            margin.contracts[id].unit = Fraction{row.instrument.tick_value.raw(), 1};
            margin.contracts[id].price_max = row.instrument.price_max;
            margin.schedules[id] = schedule_of(row.tiers);
        }
    }
}

}  // namespace margincall
