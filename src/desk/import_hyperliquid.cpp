// Hyperliquid, POST /info {"type": "clearinghouseState"}: one object per address.
#include <fmt/format.h>

#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

// Coins of a dex that others built are called "dex:COIN"; each dex is a wallet of its own.
std::string dex_of(const JsonTree& state) {
    for (const JsonTree& one : member_of(state, "assetPositions")) {
        const std::string coin = text_of(member_of(one, "position"), "coin");
        if (const std::size_t colon = coin.find(':'); colon != std::string::npos) {
            return coin.substr(0, colon);
        }
    }
    return {};
}

void import_hyperliquid_account(const StatePart& part,
                                const std::string& address,
                                const JsonTree& state,
                                StateReader& reader) {
    const std::string dex = dex_of(state);
    const std::string account = dex.empty() ? address : address + "/" + dex;
    const JsonTree& cross = member_of(state, "crossMarginSummary");
    const ExactFigure equity = reader.figure(part, cross, "accountValue", account);
    const ExactFigure margin = reader.figure(part, state, "crossMaintenanceMarginUsed", account);
    ExactFigure profit;
    std::vector<BookLine> positions;
    for (const JsonTree& one : member_of(state, "assetPositions")) {
        const JsonTree& position = member_of(one, "position");
        const std::string coin = text_of(position, "coin");
        const std::string of = fmt::format("{} {}", account, coin);
        const ExactFigure size = reader.figure(part, position, "szi", of);
        if (size.is_zero()) {
            continue;
        }
        const JsonTree& leverage = member_of(position, "leverage");
        const bool isolated = text_of(leverage, "type") == "isolated";
        const ExactFigure unrealised = reader.figure(part, position, "unrealizedPnl", of);
        BookLine line = reader.position_line(account, coin, size);
        line.entry = reader.figure(part, position, "entryPx", of).text();
        if (isolated) {
            isolate(line, reader.figure(part, position, "marginUsed", of) - unrealised);
        } else {
            profit = profit + unrealised;
        }
        line.reported_liquidation_price = price_text(
            reader.figure_or_none(part, position, "liquidationPx", of), price_places_most);
        line.mark = reader.figure(part, position, "positionValue", of)
                        .divided(size.magnitude(), price_places_most)
                        .text();
        line.leverage_max = text_of(position, "maxLeverage");
        positions.push_back(std::move(line));
    }
    if (!equity.is_zero() || !positions.empty()) {
        BookLine wallet = reader.wallet_line(account, "USD", equity - profit);
        wallet.reported_equity = equity.text();
        wallet.reported_margin = margin.text();
        reader.add(std::move(wallet));
    }
    reader.add(std::move(positions));
}

}  // namespace

void import_hyperliquid(const StateParts& parts, StateReader& reader) {
    for (const StatePart& part : parts.accounts) {
        if (has_member(*part.tree, "assetPositions")) {
            import_hyperliquid_account(part, reader.options().account, *part.tree, reader);
            continue;
        }
        for (const auto& [address, state] : part.tree->items()) {
            if (has_member(state, "assetPositions")) {
                import_hyperliquid_account(part, address, state, reader);
            }
        }
    }
}

}  // namespace margincall::inline desk
