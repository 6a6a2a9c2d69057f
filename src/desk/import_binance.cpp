// Binance USD-M, /fapi/v3/account (or v2) and /fapi/v3/positionRisk.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "desk/market.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

bool is_isolated(const StatePart& part, const JsonTree& position, StateReader& reader) {
    const std::string type = text_of(position, "marginType");  // v2
    if (!type.empty()) {
        return type == "isolated";
    }
    const auto wallet =
        reader.figure_or_none(part, position, "isolatedWallet", text_of(position, "symbol"));
    return wallet && !wallet->is_zero();
}

struct CrossTotals {
    ExactFigure margin;
    std::set<std::string> margin_assets;
};

void import_binance_position(const StatePart& part,
                             const JsonTree& position,
                             CrossTotals& totals,
                             std::vector<BookLine>& lines,
                             StateReader& reader) {
    const std::string symbol = text_of(position, "symbol");
    const ExactFigure amount = reader.figure(part, position, "positionAmt", symbol);
    if (amount.is_zero()) {
        return;
    }
    if (is_coin_margined(symbol)) {
        reader.refuse(part,
                      "E635",
                      fmt::format("{} is margined in its coin", symbol),
                      "a book holds contracts that are settled in dollars; leave it out");
        return;
    }
    const std::string side = text_of(position, "positionSide");
    BookLine line = reader.position_line(reader.options().account, symbol, amount);
    if (side == "LONG" || side == "SHORT") {  // of hedge mode
        line.side = side == "LONG" ? "long" : "short";
    }
    line.entry = reader.figure(part, position, "entryPrice", symbol).text();
    if (is_isolated(part, position, reader)) {
        isolate(line, reader.figure(part, position, "isolatedWallet", symbol));
    } else {
        totals.margin = totals.margin + reader.figure(part, position, "maintMargin", symbol);
        totals.margin_assets.insert(text_of(position, "marginAsset"));
    }
    line.reported_liquidation_price =
        price_text(reader.figure_or_none(part, position, "liquidationPrice", symbol), price_places);
    const ExactFigure mark = reader.figure(part, position, "markPrice", symbol);
    line.mark = mark.text();
    line.maintenance_rate =
        rate_text(reader.figure_or_none(part, position, "maintMargin", symbol), amount * mark);
    lines.push_back(std::move(line));
    for (const char* const order : {"bidNotional", "askNotional", "openOrderInitialMargin"}) {
        const auto open = reader.figure_or_none(part, position, order, symbol);
        if (open && !open->is_zero()) {
            reader.warn(part,
                        fmt::format("{} has open orders, which a book does not hold", symbol),
                        "margin that they bind is taken as free");
            break;
        }
    }
}

void import_binance_wallet(const StatePart& part, const CrossTotals& totals, StateReader& reader) {
    const JsonTree& account = *part.tree;
    const JsonTree& assets = member_of(account, "assets");
    ExactFigure equity;
    std::vector<const JsonTree*> held;
    for (const JsonTree& asset : assets) {
        const std::string name = text_of(asset, "asset");
        const ExactFigure wallet = reader.figure(part, asset, "crossWalletBalance", name);
        equity = equity + wallet + reader.figure(part, asset, "crossUnPnl", name);
        if (!wallet.is_zero()) {
            held.push_back(&asset);
        }
    }
    const bool all_count = held.size() < 2 || text_of(account, "multiAssetsMargin") == "true";
    bool first = true;
    for (const JsonTree* const asset : held) {
        const std::string name = text_of(*asset, "asset");
        if (!all_count && !totals.margin_assets.contains(name)) {
            reader.warn(
                part,
                fmt::format("{} stands behind no position, as the file does not say that "
                            "several assets count together",
                            name),
                "with multi-assets mode on, give the answer of /fapi/v2/account, which says so");
            reader.leave_unsaid("which assets count together");
            continue;
        }
        BookLine line = reader.wallet_line(reader.options().account,
                                           name,
                                           reader.figure(part, *asset, "crossWalletBalance", name));
        if (first) {
            if (has_member(account, "totalCrossWalletBalance")) {
                equity = reader.figure(part, account, "totalCrossWalletBalance", "account") +
                         reader.figure(part, account, "totalCrossUnPnl", "account");
            }
            line.reported_equity = equity.text();
            line.reported_margin = totals.margin.text();
            first = false;
        }
        reader.add(std::move(line));
    }
}

}  // namespace

void import_binance(const StateParts& parts, StateReader& reader) {
    CrossTotals totals;
    std::vector<BookLine> lines;
    for (const StatePart& part : parts.positions) {
        for (const JsonTree& position : *part.tree) {
            import_binance_position(part, position, totals, lines, reader);
        }
    }
    const bool any_cross = std::ranges::any_of(
        lines, [](const BookLine& line) { return line.margin_mode == "cross"; });
    if (parts.positions.empty()) {
        reader.refuse(parts.accounts.front(),
                      "E634",
                      "the positions are missing: the account alone has no entry prices",
                      "give the answer of /fapi/v3/positionRisk as well");
    } else if (parts.accounts.empty() && any_cross) {
        reader.refuse(parts.positions.front(),
                      "E634",
                      "the account is missing: cross positions stand behind its wallet",
                      "give the answer of /fapi/v3/account as well");
    }
    for (const StatePart& part : parts.accounts) {
        import_binance_wallet(part, totals, reader);
    }
    reader.add(std::move(lines));
}

}  // namespace margincall::inline desk
