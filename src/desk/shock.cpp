#include "desk/shock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/decimal.hpp"

namespace margincall::inline desk {
namespace {

constexpr double move_min = -0.95;      // of coins that follow another, and of searched moves
constexpr double named_min = -0.999'9;  // a price stays above 0
constexpr double named_max = 10.0;

std::optional<Duration> parse_duration(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units = {
        {{"min", 60'000}, {"s", 1'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    for (const auto& [unit, ms] : units) {
        if (!text.ends_with(unit)) {
            continue;
        }
        text.remove_suffix(unit.size());
        text = text.substr(0, text.find_last_not_of(' ') + 1);
        const auto value = parse_number(text);
        const auto thousandths = value ? scaled(*value, 3, Round::down) : std::nullopt;
        // At most 30 days.
        if (!thousandths || *thousandths < 0 || *thousandths / 1000 > 2'592'000'000 / ms) {
            return std::nullopt;
        }
        return milliseconds(mul_div(*thousandths, ms, 1000, Round::down));
    }
    return std::nullopt;
}

Error shock_error(const std::string& text, std::string message, std::string allowed) {
    Error error;
    error.file = "--shock " + text;
    error.code = "E615";
    error.message = std::move(message);
    error.allowed = std::move(allowed);
    return error;
}

void fill_unnamed(Shock& shock, const StressMarket& market, AssetId leader, UnnamedCoins unnamed) {
    if (unnamed == UnnamedCoins::unchanged) {
        return;
    }
    const double leader_beta = market.coins[leader.raw()].beta;
    const CoinShock first = shock.coins[leader.raw()];
    for (std::size_t c = 0; c < market.coins.size(); ++c) {
        if (!shock.coins[c].named && leader_beta > 0.0) {
            const double move = first.move * market.coins[c].beta / leader_beta;
            shock.coins[c].move = std::max(move_min, move);
            shock.coins[c].clamped = move < move_min;
            shock.coins[c].over = first.over;
        }
    }
}

}  // namespace

double Shock::factor(AssetId coin, Duration t) const {
    const CoinShock& c = coins[coin.raw()];
    if (c.over.raw() <= 0 || t >= c.over) {
        return 1.0 + c.move;
    }
    return std::pow(1.0 + c.move, static_cast<double>(t.raw()) / static_cast<double>(c.over.raw()));
}

Duration Shock::length() const {
    Duration out;
    for (const CoinShock& c : coins) {
        out = std::max(out, c.over);
    }
    return out;
}

std::expected<Shock, Errors> parse_shock(std::span<const std::string> texts,
                                         const StressMarket& market,
                                         UnnamedCoins unnamed) {
    Errors errors;
    Shock shock;
    shock.coins.resize(market.coins.size());
    AssetId leader;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        const std::string name = text.substr(0, equals);
        const auto coin = market.find_coin(coin_of_symbol(name));
        if (equals == std::string::npos || !coin) {
            std::string known;
            for (const StressCoin& c : market.coins) {
                known += (known.empty() ? "" : ", ") + c.name;
            }
            errors.push_back(shock_error(
                text,
                equals == std::string::npos ? std::string{"wants COIN=MOVE or COIN=MOVE/TIME"}
                                            : fmt::format("unknown coin \"{}\"", name),
                equals == std::string::npos ? "such as BTC=-15%/10min" : "known: " + known));
            continue;
        }
        const std::size_t slash = text.find('/', equals);
        std::string_view move{text.data() + equals + 1, std::min(slash, text.size()) - equals - 1};
        const bool percent = move.ends_with('%');
        move.remove_suffix(percent ? 1 : 0);
        const auto value = parse_number(move);
        CoinShock& row = shock.coins[coin->raw()];
        row.move = value ? value->value() / 100.0 : NAN;
        if (!percent || !(row.move >= named_min && row.move <= named_max)) {
            errors.push_back(
                shock_error(text,
                            !value ? value.error()
                                   : fmt::format("\"{}\" is not a move", text.substr(equals + 1)),
                            "a percentage from -99.99% to 1000%, such as -15%"));
        }
        if (slash != std::string::npos) {
            const auto over = parse_duration(std::string_view{text}.substr(slash + 1));
            if (!over) {
                errors.push_back(
                    shock_error(text,
                                fmt::format("\"{}\" is not a time", text.substr(slash + 1)),
                                "0 to 30 days in s, min, h or d, such as 10min"));
            }
            row.over = over.value_or(Duration{});
        }
        if (row.named) {
            errors.push_back(shock_error(text, fmt::format("{} is named twice", name), ""));
        }
        row.named = true;
        leader = leader.valid() ? leader : *coin;
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    if (leader.valid()) {
        fill_unnamed(shock, market, leader, unnamed);
    }
    return shock;
}

Shock make_shock(
    const StressMarket& market, AssetId coin, double move, Duration over, UnnamedCoins unnamed) {
    Shock shock;
    shock.coins.resize(market.coins.size());
    shock.coins[coin.raw()] = {.move = std::max(move_min, move), .over = over, .named = true};
    fill_unnamed(shock, market, coin, unnamed);
    return shock;
}

Shock in_time(Shock shock, Duration length) {
    const Duration before = shock.length();
    for (CoinShock& coin : shock.coins) {
        coin.over = before.raw() == 0
                        ? length
                        : Duration::from_raw(
                              mul_div(length.raw(), coin.over.raw(), before.raw(), Round::down));
    }
    return shock;
}

std::string duration_text(Duration d) {
    const double s = to_seconds(d);
    if (s <= 0.0) {
        return "at once";
    }
    if (s < 120.0) {
        return fmt::format("{:.4g} s", s);
    }
    if (s < 7200.0) {
        return fmt::format("{:.4g} min", s / 60.0);
    }
    return s < 172'800.0 ? fmt::format("{:.4g} h", s / 3600.0)
                         : fmt::format("{:.4g} d", s / 86'400.0);
}

std::string shock_text(const Shock& shock, const StressMarket& market) {
    std::string out;
    for (std::size_t c = 0; c < shock.coins.size(); ++c) {
        const CoinShock& row = shock.coins[c];
        if (row.named) {
            out += fmt::format("{}{} {}{:.4g} % {}{}",
                               out.empty() ? "" : ", ",
                               market.coins[c].name,
                               row.move < 0 ? "−" : "+",
                               std::fabs(row.move) * 100.0,
                               row.over.raw() > 0 ? "in " : "",
                               duration_text(row.over));
        }
    }
    return out.empty() ? "no move" : out;
}

}  // namespace margincall::inline desk
