// Bybit v5, /v5/position/list (pages) with /v5/account/wallet-balance and /v5/account/info.
#include <fmt/format.h>

#include <algorithm>

#include "desk/market.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

enum class AccountMode : std::uint8_t { cross, isolated, refused };

AccountMode mode_of(const StateParts& parts, StateReader& reader) {
    if (parts.modes.empty()) {
        reader.warn(parts.positions.front(),
                    "how the account is margined is not said; taken as cross",
                    "give the answer of /v5/account/info as well");
        reader.leave_unsaid("margin mode");
        return AccountMode::cross;
    }
    const StatePart& part = parts.modes.front();
    const std::string mode = text_of(member_of(*part.tree, "result"), "marginMode");
    if (mode == "REGULAR_MARGIN") {
        return AccountMode::cross;
    }
    if (mode == "ISOLATED_MARGIN") {
        return AccountMode::isolated;
    }
    reader.refuse(part,
                  "E635",
                  mode == "PORTFOLIO_MARGIN"
                      ? "the account is under portfolio margin, whose scenarios no rule file has"
                      : fmt::format("unknown marginMode \"{}\"", mode),
                  "REGULAR_MARGIN and ISOLATED_MARGIN can be read");
    return AccountMode::refused;
}

void import_bybit_position(const StatePart& part,
                           const JsonTree& position,
                           AccountMode mode,
                           StateReader& reader) {
    const std::string symbol = text_of(position, "symbol");
    const std::string side = text_of(position, "side");
    if (side.empty() || side == "None") {
        return;  // no position
    }
    if (is_coin_margined(symbol)) {
        reader.refuse(part,
                      "E635",
                      fmt::format("{} is margined in its coin", symbol),
                      "give the answer for category=linear");
        return;
    }
    const ExactFigure size = reader.figure(part, position, "size", symbol);
    BookLine line = reader.position_line(reader.options().account, symbol, size);
    line.side = side == "Sell" ? "short" : "long";
    line.entry = reader.figure(part, position, "avgPrice", symbol).text();
    if (mode == AccountMode::isolated) {
        const auto balance = reader.figure_or_none(part, position, "positionBalance", symbol);
        isolate(line,
                balance && !balance->is_zero()
                    ? *balance
                    : reader.figure(part, position, "positionIM", symbol));
    }
    line.reported_liquidation_price =
        price_text(reader.figure_or_none(part, position, "liqPrice", symbol), price_places);
    const ExactFigure mark = reader.figure(part, position, "markPrice", symbol);
    line.mark = mark.text();
    line.maintenance_rate =
        rate_text(reader.figure_or_none(part, position, "positionMM", symbol), size * mark);
    reader.add(std::move(line));
}

void import_bybit_wallet(const StatePart& part, bool reports, StateReader& reader) {
    for (const JsonTree& wallet : member_of(member_of(*part.tree, "result"), "list")) {
        bool first = reports;
        for (const JsonTree& coin : member_of(wallet, "coin")) {
            const std::string name = text_of(coin, "coin");
            const ExactFigure borrowed =
                reader.figure_or_none(part, coin, "spotBorrow", name).value_or(ExactFigure{});
            const ExactFigure amount = reader.figure(part, coin, "walletBalance", name) - borrowed;
            if (amount.is_zero()) {
                continue;
            }
            if (text_of(coin, "marginCollateral") != "true" ||
                text_of(coin, "collateralSwitch") != "true") {
                reader.warn(part,
                            fmt::format("{} is no collateral of the account and left out", name),
                            "marginCollateral or collateralSwitch is off");
                continue;
            }
            BookLine line = reader.wallet_line(reader.options().account, name, amount);
            if (first) {
                line.reported_equity =
                    reader.figure(part, wallet, "totalMarginBalance", name).text();
                line.reported_margin =
                    reader.figure(part, wallet, "totalMaintenanceMargin", name).text();
                first = false;
            }
            reader.add(std::move(line));
        }
    }
}

}  // namespace

void import_bybit(const StateParts& parts, StateReader& reader) {
    if (parts.positions.empty()) {
        const StatePart& any = parts.wallets.empty() ? parts.modes.front() : parts.wallets.front();
        reader.refuse(any,
                      "E634",
                      "the positions are missing",
                      "give the answer of /v5/position/list?category=linear as well");
        return;
    }
    const AccountMode mode = mode_of(parts, reader);
    if (parts.wallets.empty() && mode == AccountMode::cross) {
        reader.refuse(parts.positions.front(),
                      "E634",
                      "the wallet is missing: cross positions stand behind it",
                      "give the answer of /v5/account/wallet-balance as well");
    }
    for (const StatePart& part : parts.wallets) {
        import_bybit_wallet(part, mode == AccountMode::cross, reader);
    }
    std::size_t goes_on = 0;
    for (const StatePart& part : parts.positions) {
        const JsonTree& result = member_of(*part.tree, "result");
        if (text_of(result, "category") == "inverse") {
            reader.refuse(part,
                          "E635",
                          "contracts of category inverse are margined in their coin",
                          "give the answer for category=linear");
            continue;
        }
        goes_on += text_of(result, "nextPageCursor").empty() ? 0U : 1U;
        for (const JsonTree& position : member_of(result, "list")) {
            import_bybit_position(part, position, mode, reader);
        }
    }
    if (goes_on >= parts.positions.size()) {
        reader.refuse(parts.positions.back(),
                      "E634",
                      "the last page of positions is missing: every file has a nextPageCursor",
                      "give all pages; together they are one account");
    }
}

}  // namespace margincall::inline desk
