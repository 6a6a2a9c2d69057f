#include "desk/lending_bonuses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/decimal.hpp"
#include "base/text.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {
namespace {

// "6%" of a text, in basis points.
std::optional<std::uint32_t> bonus_bps_of(std::string_view text) {
    if (!text.ends_with('%')) {
        return std::nullopt;
    }
    text.remove_suffix(1);
    const auto value = parse_number(text);
    if (!value || value->places > 2 || value->digits < 0 ||
        in_units(*value, 2) > aave::percentage_factor) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(in_units(*value, 2));
}

}  // namespace

LendingBonuses parse_bonuses(std::span<const std::string> texts, Errors& errors) {
    LendingBonuses out;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        const std::string name = equals == std::string::npos ? "" : text.substr(0, equals);
        const std::optional<std::uint32_t> bps = bonus_bps_of(
            std::string_view{text}.substr(equals == std::string::npos ? 0 : equals + 1));
        if (!bps || equals == 0) {
            Error error;
            error.file = "--bonus " + text;
            error.code = "E615";
            error.message = "is no liquidation bonus";
            error.allowed = "0% to 100% with at most two decimals: 6%, wstETH=7%, emode=1%";
            errors.push_back(std::move(error));
            continue;
        }
        if (name.empty()) {
            out.all_bps = bps;
        } else if (same_word(name, "emode")) {
            out.emode_bps = bps;
        } else {
            out.assets.emplace_back(name, *bps);
        }
    }
    return out;
}

void fill_bonuses(LendingBook& book, const LendingBonuses& bonuses, Errors& errors) {
    std::vector<bool> said(book.assets.size());
    for (const LendingAccount& account : book.accounts) {
        for (std::uint32_t r = account.first_row; r < account.first_row + account.rows; ++r) {
            LendingRow& row = book.rows[r];
            const LendingAsset& asset = book.assets[row.asset];
            // What nobody can seize needs none.
            if (row.bonus_bps || row.supplied.is_zero() || row.threshold_bps == 0 ||
                row.use == aave::CollateralUse::disabled) {
                continue;
            }
            const auto own = std::ranges::find_if(bonuses.assets, [&](const auto& named) {
                return same_word(named.first, asset.name);
            });
            if (!account.emode.empty() && bonuses.emode_bps) {
                row.bonus_bps = bonuses.emode_bps;
            } else if (own != bonuses.assets.end()) {
                row.bonus_bps = own->second;
            } else {
                row.bonus_bps = bonuses.all_bps;
            }
            if (!row.bonus_bps && !said[row.asset]) {
                said[row.asset] = true;
                Error error;
                error.file = book.name;
                error.line = static_cast<int>(row.line);
                error.column = 1;
                error.code = "E610";
                error.message =
                    fmt::format("no liquidation bonus of {} is given", in_quotes(asset.name));
                error.hint = fmt::format(
                    "the column bonus, or --bonus {0}=6% for {0}, --bonus 6% for all that have "
                    "none, --bonus emode=1% for accounts in an e-mode",
                    asset.name);
                add_problem(errors, std::move(error));
            }
        }
    }
}

}  // namespace margincall::inline desk
