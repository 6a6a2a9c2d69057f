// OKX v5, /api/v5/account/positions with /account/balance and /public/instruments.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

constexpr int rate_places = 6;  // of a fee read back from a ratio

struct Contract {
    ExactFigure coins;  // of one contract
    bool linear = false;
};

std::map<std::string, Contract> contracts_of(const StateParts& parts, StateReader& reader) {
    std::map<std::string, Contract> out;
    for (const StatePart& part : parts.instruments) {
        for (const JsonTree& row : member_of(*part.tree, "data")) {
            const std::string name = text_of(row, "instId");
            out[name] = {
                reader.figure(part, row, "ctVal", name) * reader.figure(part, row, "ctMult", name),
                text_of(row, "ctType") == "linear"};
        }
    }
    return out;
}

void import_okx_wallet(const StatePart& part, const ExactFigure& notional, StateReader& reader) {
    for (const JsonTree& balance : member_of(*part.tree, "data")) {
        const JsonTree& details = member_of(balance, "details");
        auto equity = reader.figure_or_none(part, balance, "adjEq", "account");
        auto margin = reader.figure_or_none(part, balance, "mmr", "account");
        auto ratio = reader.figure_or_none(part, balance, "mgnRatio", "account");
        if (!equity && details.is_array() && details.size() == 1) {
            equity = reader.figure_or_none(part, details.front(), "eq", "account");
        }
        const auto isolated = reader.figure_or_none(part, balance, "isoEq", "account");
        if (equity && isolated) {
            equity = *equity - *isolated;
        }
        // The venue asks for the fee to close beside its mmr: equity / (mmr + fee x notional) = mgnRatio.
        if (equity && margin && ratio && !ratio->is_zero() && !notional.is_zero()) {
            const ExactFigure asked = equity->divided(*ratio, price_places + rate_places);
            const ExactFigure fee = (asked - *margin).divided(notional, rate_places);
            margin = *margin + fee * notional;
        }
        bool first = true;
        for (const JsonTree& coin : details) {
            const std::string name = text_of(coin, "ccy");
            const ExactFigure amount = reader.figure(part, coin, "cashBal", name);
            if (amount.is_zero()) {
                continue;
            }
            BookLine line = reader.wallet_line(reader.options().account, name, amount);
            if (first) {
                line.reported_equity = equity ? equity->text() : "";
                line.reported_margin = margin ? margin->text() : "";
                first = false;
            }
            reader.add(std::move(line));
        }
    }
}

}  // namespace

void import_okx(const StateParts& parts, StateReader& reader) {
    if (parts.positions.empty() || parts.instruments.empty() || parts.wallets.empty()) {
        const StatePart& any = !parts.positions.empty() ? parts.positions.front()
                               : !parts.wallets.empty() ? parts.wallets.front()
                                                        : parts.instruments.front();
        reader.refuse(any,
                      "E634",
                      parts.positions.empty() ? "the positions are missing"
                      : parts.wallets.empty()
                          ? "the balance is missing: cross positions stand behind it"
                          : "the instruments are missing: positions count contracts, not coins",
                      "give the answers of /api/v5/account/positions, /api/v5/account/balance and "
                      "/api/v5/public/instruments?instType=SWAP");
        return;
    }
    const std::map<std::string, Contract> contracts = contracts_of(parts, reader);
    ExactFigure cross_notional;
    std::vector<BookLine> lines;
    for (const StatePart& part : parts.positions) {
        for (const JsonTree& position : member_of(*part.tree, "data")) {
            const std::string name = text_of(position, "instId");
            const ExactFigure contracts_held = reader.figure(part, position, "pos", name);
            if (contracts_held.is_zero()) {
                continue;
            }
            const auto found = contracts.find(name);
            if (text_of(position, "instType") != "SWAP" || found == contracts.end() ||
                !found->second.linear) {
                reader.refuse(part,
                              "E635",
                              fmt::format("{} is no linear swap of the instruments given", name),
                              "a book holds linear perpetuals; give the instruments of them all");
                continue;
            }
            const std::string side = text_of(position, "posSide");
            BookLine line = reader.position_line(
                reader.options().account, name, contracts_held * found->second.coins);
            if (side == "long" || side == "short") {  // of hedge mode
                line.side = side;
            }
            line.entry = reader.figure(part, position, "avgPx", name).text();
            if (text_of(position, "mgnMode") == "isolated") {
                isolate(line, reader.figure(part, position, "margin", name));
            } else {
                cross_notional =
                    cross_notional + reader.figure(part, position, "notionalUsd", name);
            }
            line.reported_liquidation_price =
                price_text(reader.figure_or_none(part, position, "liqPx", name), price_places);
            const ExactFigure mark = reader.figure(part, position, "markPx", name);
            line.mark = mark.text();
            line.maintenance_rate = rate_text(reader.figure_or_none(part, position, "mmr", name),
                                              contracts_held * found->second.coins * mark);
            lines.push_back(std::move(line));
        }
    }
    for (const StatePart& part : parts.wallets) {
        import_okx_wallet(part, cross_notional, reader);
    }
    reader.add(std::move(lines));
}

}  // namespace margincall::inline desk
