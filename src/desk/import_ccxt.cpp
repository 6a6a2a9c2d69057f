// ccxt, fetch_positions() and fetch_balance(). Where the venue's own answer is inside (`info`) and its mapping is
// known, that is read instead, as ccxt's figures are binary floats and its collateral differs by exchange.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "desk/market.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

struct Symbol {
    std::string base, settle;  // empty settle: spot
};
// "BTC/USDT:USDT"
Symbol parts_of(const std::string& symbol) {
    const std::size_t slash = symbol.find('/');
    const std::size_t colon = symbol.find(':');
    if (slash == std::string::npos || colon == std::string::npos || colon < slash) {
        return {};
    }
    return {symbol.substr(0, slash), symbol.substr(colon + 1)};
}

// What binance's own mapping reads, from the `info` of every position and of the balance.
bool import_as_binance(const StateParts& parts, StateReader& reader) {
    JsonTree infos = JsonTree::array();
    for (const StatePart& part : parts.positions) {
        for (const JsonTree& position : *part.tree) {
            const JsonTree& info = member_of(position, "info");
            if (!has_member(info, "positionAmt")) {
                return false;
            }
            infos.push_back(info);
        }
    }
    if (parts.wallets.empty() ||
        !has_member(member_of(*parts.wallets.front().tree, "info"), "assets")) {
        return false;
    }
    const JsonTree account = member_of(*parts.wallets.front().tree, "info");
    StateParts own;
    own.positions = {{parts.positions.front().file, &infos}};
    own.accounts = {{parts.wallets.front().file, &account}};
    import_binance(own, reader);
    return true;
}

}  // namespace

void import_ccxt(const StateParts& parts, StateReader& reader) {
    if (parts.positions.empty() || parts.wallets.empty()) {
        reader.refuse(
            parts.positions.empty() ? parts.wallets.front() : parts.positions.front(),
            "E634",
            parts.positions.empty() ? "the positions are missing" : "the balance is missing",
            "give what fetch_positions() and fetch_balance() return, in one file or in two");
        return;
    }
    if (parts.exchange.starts_with("binance") && import_as_binance(parts, reader)) {
        return;
    }
    struct Wallet {
        ExactFigure isolated, margin;
        bool cross = false;
    };
    std::map<std::string, Wallet> by_settle;
    std::vector<BookLine> lines;
    for (const StatePart& part : parts.positions) {
        for (const JsonTree& position : *part.tree) {
            const std::string symbol = text_of(position, "symbol");
            const ExactFigure contracts = reader.figure(part, position, "contracts", symbol);
            if (contracts.is_zero()) {
                continue;
            }
            const Symbol names = parts_of(symbol);
            if (!is_dollar(names.settle)) {
                reader.refuse(part,
                              "E635",
                              fmt::format("{} is not settled in dollars", symbol),
                              "a book holds perpetuals settled in USDT, USDC or USD");
                continue;
            }
            const auto contract = reader.figure_or_none(part, position, "contractSize", symbol);
            const ExactFigure size = contract ? contracts * *contract : contracts;
            BookLine line = reader.position_line(reader.options().account, names.base, size);
            line.side = text_of(position, "side");
            line.entry = reader.figure(part, position, "entryPrice", symbol).text();
            Wallet& wallet = by_settle[names.settle];
            if (text_of(position, "marginMode") == "isolated") {
                const ExactFigure own = reader.figure(part, position, "collateral", symbol) -
                                        reader.figure(part, position, "unrealizedPnl", symbol);
                isolate(line, own);
                wallet.isolated = wallet.isolated + own;
            } else {
                wallet.cross = true;
                wallet.margin = wallet.margin +
                                reader.figure_or_none(part, position, "maintenanceMargin", symbol)
                                    .value_or(ExactFigure{});
            }
            line.reported_liquidation_price =
                price_text(reader.figure_or_none(part, position, "liquidationPrice", symbol),
                           price_places_most);
            const auto mark = reader.figure_or_none(part, position, "markPrice", symbol);
            line.mark = mark ? mark->text()
                             : reader.figure(part, position, "notional", symbol)
                                   .magnitude()
                                   .divided(size.magnitude(), price_places_most)
                                   .text();
            line.maintenance_rate =
                rate_text(reader.figure_or_none(part, position, "maintenanceMargin", symbol),
                          size * ExactFigure::parse(line.mark).value_or(ExactFigure{}));
            lines.push_back(std::move(line));
        }
    }
    reader.leave_unsaid("what else is collateral");
    const StatePart& balance = parts.wallets.front();
    for (const auto& [settle, wallet] : by_settle) {
        const ExactFigure total =
            reader.figure(balance, member_of(*balance.tree, settle), "total", settle);
        BookLine line =
            reader.wallet_line(reader.options().account, settle, total - wallet.isolated);
        line.reported_margin = wallet.cross ? wallet.margin.text() : "";
        reader.add(std::move(line));
    }
    reader.add(std::move(lines));
}

}  // namespace margincall::inline desk
