#include "desk/lending_moves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/text.hpp"

namespace margincall::inline desk {
namespace {

struct MoveRow {
    const char* asset;
    const char* coin;  // "" = a stable coin
    const char* rule;
};
constexpr const char* wrapped_rule = "wrapped coin";
constexpr const char* staked_rule = "staked coin";
constexpr const char* stable_rule = "stable coin";
constexpr std::array move_rows = {
    MoveRow{"WETH", "ETH", wrapped_rule},   MoveRow{"WBTC", "BTC", wrapped_rule},
    MoveRow{"cbBTC", "BTC", wrapped_rule},  MoveRow{"tBTC", "BTC", wrapped_rule},
    MoveRow{"FBTC", "BTC", wrapped_rule},   MoveRow{"LBTC", "BTC", wrapped_rule},
    MoveRow{"eBTC", "BTC", wrapped_rule},   MoveRow{"BTCB", "BTC", wrapped_rule},
    MoveRow{"WSOL", "SOL", wrapped_rule},   MoveRow{"stETH", "ETH", staked_rule},
    MoveRow{"wstETH", "ETH", staked_rule},  MoveRow{"rETH", "ETH", staked_rule},
    MoveRow{"cbETH", "ETH", staked_rule},   MoveRow{"weETH", "ETH", staked_rule},
    MoveRow{"eETH", "ETH", staked_rule},    MoveRow{"osETH", "ETH", staked_rule},
    MoveRow{"ETHx", "ETH", staked_rule},    MoveRow{"ezETH", "ETH", staked_rule},
    MoveRow{"rsETH", "ETH", staked_rule},   MoveRow{"wrsETH", "ETH", staked_rule},
    MoveRow{"tETH", "ETH", staked_rule},    MoveRow{"mETH", "ETH", staked_rule},
    MoveRow{"sfrxETH", "ETH", staked_rule}, MoveRow{"ankrETH", "ETH", staked_rule},
    MoveRow{"mSOL", "SOL", staked_rule},    MoveRow{"jitoSOL", "SOL", staked_rule},
    MoveRow{"USD", "", stable_rule},        MoveRow{"USDC", "", stable_rule},
    MoveRow{"USDC.e", "", stable_rule},     MoveRow{"USDbC", "", stable_rule},
    MoveRow{"USDT", "", stable_rule},       MoveRow{"USDT0", "", stable_rule},
    MoveRow{"DAI", "", stable_rule},        MoveRow{"sDAI", "", stable_rule},
    MoveRow{"USDS", "", stable_rule},       MoveRow{"sUSDS", "", stable_rule},
    MoveRow{"USDe", "", stable_rule},       MoveRow{"sUSDe", "", stable_rule},
    MoveRow{"GHO", "", stable_rule},        MoveRow{"LUSD", "", stable_rule},
    MoveRow{"FRAX", "", stable_rule},       MoveRow{"PYUSD", "", stable_rule},
    MoveRow{"RLUSD", "", stable_rule},      MoveRow{"crvUSD", "", stable_rule},
    MoveRow{"USDtb", "", stable_rule},      MoveRow{"FDUSD", "", stable_rule},
};

constexpr double coin_prices_apart_max = 0.01;

struct NamedMove {
    std::string asset;
    AssetMove move;
    bool used = false;
};

std::vector<NamedMove> named_moves(std::span<const std::string> texts,
                                   const StressMarket& market,
                                   Errors& errors) {
    std::vector<NamedMove> out;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        const std::string asset = text.substr(0, equals);
        const std::string coin = equals == std::string::npos ? "" : text.substr(equals + 1);
        Error error;
        error.file = "--moves " + text;
        error.code = "E615";
        const std::optional<AssetId> id = market.find_coin(coin);
        const bool twice = std::ranges::any_of(
            out, [&](const NamedMove& other) { return same_word(other.asset, asset); });
        if (asset.empty() || (!id && !same_word(coin, "nothing"))) {
            error.message = asset.empty() || coin.empty()
                                ? "wants ASSET=COIN or ASSET=nothing"
                                : "no coin of the market " + in_quotes(coin);
            for (const StressCoin& known : market.coins) {
                error.allowed += (error.allowed.empty() ? "known: nothing, " : ", ") + known.name;
            }
            errors.push_back(std::move(error));
        } else if (twice) {
            error.message = fmt::format("{} is named twice", shown(asset));
            errors.push_back(std::move(error));
        } else {
            out.push_back({asset, {id.value_or(AssetId{}), "as --moves says"}});
        }
    }
    return out;
}

}  // namespace

std::vector<AssetMove> asset_moves(const LendingBook& book,
                                   const StressMarket& market,
                                   std::span<const std::string> texts,
                                   Errors& errors) {
    std::vector<NamedMove> named = named_moves(texts, market, errors);
    std::vector<AssetMove> out;
    for (const LendingAsset& asset : book.assets) {
        const auto own = std::ranges::find_if(
            named, [&](const NamedMove& row) { return same_word(row.asset, asset.name); });
        if (own != named.end()) {
            own->used = true;
            out.push_back(own->move);
            continue;
        }
        const auto row = std::ranges::find_if(
            move_rows, [&](const MoveRow& known) { return same_word(known.asset, asset.name); });
        const std::string coin = row == move_rows.end() ? asset.name : row->coin;
        const std::optional<AssetId> id = market.find_coin(coin);
        if (row != move_rows.end() && coin.empty()) {
            out.push_back({AssetId{}, row->rule});
        } else if (id) {
            out.push_back({*id, row == move_rows.end() ? "the coin itself" : row->rule});
        } else {
            out.emplace_back();
            Error error;
            error.file = book.name;
            error.line = static_cast<int>(asset.line);
            error.column = 1;
            error.code = "E606";
            error.message =
                row == move_rows.end()
                    ? fmt::format("no rule says which coin moves {}", in_quotes(asset.name))
                    : fmt::format("{} moves with {}, which the market does not have",
                                  in_quotes(asset.name),
                                  coin);
            error.hint = fmt::format(
                "--moves {0}=ETH moves it with ether, --moves {0}=nothing leaves its price",
                asset.name);
            add_problem(errors, std::move(error));
        }
    }
    for (const NamedMove& row : named) {
        if (!row.used) {
            Error error;
            error.file = fmt::format("--moves {}=...", row.asset);
            error.code = "E615";
            error.message = fmt::format("the lending book has no asset {}", in_quotes(row.asset));
            errors.push_back(std::move(error));
        }
    }
    return out;
}

void compare_coin_prices(const LendingBook& book,
                         std::span<const AssetMove> moves,
                         const StressMarket& market,
                         Errors& errors) {
    for (std::size_t a = 0; a < book.assets.size(); ++a) {
        const LendingAsset& asset = book.assets[a];
        const bool is_coin = moves[a].rule == wrapped_rule || moves[a].rule == "the coin itself";
        if (!moves[a].coin.valid() || !is_coin) {
            continue;
        }
        const StressCoin& coin = market.coins[moves[a].coin.raw()];
        const double own = asset.price.to_double() * 1e-8;
        if (std::abs(own - coin.price) <= coin_prices_apart_max * coin.price) {
            continue;
        }
        Error error;
        error.file = book.name;
        error.line = static_cast<int>(asset.line);
        error.column = 1;
        error.code = "E618";
        error.message =
            fmt::format("the lending book's price of {} is {}, the market's of {} is {}",
                        shown(asset.name),
                        decimal_text(asset.price, base_decimals),
                        coin.name,
                        coin.price);
        error.allowed = fmt::format("at most {:g} % apart", 100.0 * coin_prices_apart_max);
        error.hint = fmt::format("--price {}={} values both books at it",
                                 coin.name,
                                 decimal_text(asset.price, base_decimals));
        add_problem(errors, std::move(error));
    }
}

}  // namespace margincall::inline desk
