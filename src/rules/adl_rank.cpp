#include "rules/adl_rank.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline rules {

AdlAccount make_adl_account(std::uint32_t row,
                            const Instrument& inst,
                            const PositionState& state,
                            Money maintenance,
                            Ticks mark) {
    const double share = 1.0 / static_cast<double>(state.weight);
    const double coins = static_cast<double>(state.qty.raw()) * inst.lot_base;
    AdlAccount out;
    out.row = row;
    out.side = state.qty.raw() < 0 ? Side::sell : Side::buy;
    out.entry = coins != 0.0 ? to_usd(state.cost) / coins : 0.0;
    out.mark = to_usd(inst, mark);
    out.notional = to_usd(position_notional(inst, state, mark)) * share;
    out.wallet = to_usd(state.collateral) * share;
    out.unrealised = to_usd(unrealised(inst, state, mark)) * share;
    out.maintenance = to_usd(maintenance) * share;
    return out;
}

double effective_leverage(const AdlAccount& account) {
    const double equity = account.wallet + account.unrealised;
    return equity > 0.0 ? account.notional / equity : 0.0;
}

bool adl_eligible(AdlRank rank, const AdlAccount& account) {
    if (!(account.wallet + account.unrealised > 0.0)) {
        return false;
    }
    switch (rank) {
        case AdlRank::price_ratio_times_leverage:
        case AdlRank::profit_only:
        case AdlRank::profit_times_leverage:
        case AdlRank::hedge_exempt:
            return account.unrealised > 0.0;
        case AdlRank::pnl_times_margin_ratio:
        case AdlRank::leveraged_return:
        case AdlRank::pnl_by_margin_ratio:
        case AdlRank::fixed_order:
        case AdlRank::leverage_only:
        case AdlRank::pro_rata:
        case AdlRank::integer_pro_rata:
        case AdlRank::profit_pro_rata:
        case AdlRank::equity_pro_rata:
            return true;
    }
    return true;
}

double return_on_entry(const AdlAccount& account) {
    const double entry_value =
        std::abs(account.side == Side::buy ? account.notional - account.unrealised
                                           : account.notional + account.unrealised);
    return entry_value > 0.0 ? account.unrealised / entry_value : 0.0;
}

double adl_score(AdlRank rank, const AdlAccount& account) {
    const double equity = account.wallet + account.unrealised;
    if (!(equity > 0.0)) {
        return 0.0;
    }
    switch (rank) {
        case AdlRank::pnl_times_margin_ratio: {
            const double profit = std::max(0.0, account.unrealised) / std::max(1.0, account.wallet);
            return profit * (account.maintenance / equity);
        }
        case AdlRank::leveraged_return: {
            const double leverage = effective_leverage(account);
            if (!(leverage > 0.0)) {
                return 0.0;
            }
            const double profit = return_on_entry(account);
            return profit > 0.0 ? profit * leverage : profit / leverage;
        }
        case AdlRank::price_ratio_times_leverage: {
            if (!(account.entry > 0.0) || !(account.mark > 0.0)) {
                return 0.0;
            }
            const double ratio = account.side == Side::buy ? account.mark / account.entry
                                                           : account.entry / account.mark;
            return ratio * effective_leverage(account);
        }
        case AdlRank::pnl_by_margin_ratio: {
            if (!(account.maintenance > 0.0)) {
                return 0.0;
            }
            const double ratio = equity / account.maintenance;
            const double profit = return_on_entry(account);
            return profit > 0.0 ? profit / ratio : profit * ratio;
        }
        case AdlRank::profit_only:
            return return_on_entry(account);
        case AdlRank::leverage_only:
            return effective_leverage(account);
        case AdlRank::profit_times_leverage:
        case AdlRank::hedge_exempt:
            return std::max(0.0, return_on_entry(account)) * effective_leverage(account);
        case AdlRank::fixed_order:
        case AdlRank::pro_rata:
        case AdlRank::integer_pro_rata:
        case AdlRank::profit_pro_rata:
        case AdlRank::equity_pro_rata:
            return 0.0;  // ties: by row
    }
    return 0.0;
}

AdlEntry adl_entry(AdlRank rank, const AdlAccount& account) {
    return {.score = adl_score(rank, account),
            .row = account.row,
            .eligible = adl_eligible(rank, account)};
}

bool ranks_before(const AdlEntry& a, const AdlEntry& b) {
    if (a.eligible != b.eligible) {
        return a.eligible;
    }
    return a.score != b.score ? a.score > b.score : a.row < b.row;
}

}  // namespace margincall::inline rules
