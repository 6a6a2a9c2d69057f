#include "desk/lending_figures.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace margincall::inline desk {
namespace {

constexpr std::array lending_item_rows = {
    LendingItem{"lending.accounts",
                "accounts",
                [](const LendingBook& b, const LendingOutcome&) { return b.accounts.size(); },
                nullptr},
    LendingItem{"lending.accounts_with_debt",
                "  with debt",
                [](const LendingBook&, const LendingOutcome& o) { return o.with_debt; },
                nullptr},
    LendingItem{"lending.collateral_usd",
                "collateral at the book's prices",
                nullptr,
                [](const LendingOutcome& o) { return o.collateral_base; }},
    LendingItem{
        "lending.debt_usd", "debt", nullptr, [](const LendingOutcome& o) { return o.debt_base; }},
    LendingItem{"lending.below_one_before",
                "health below 1 at the book's prices",
                [](const LendingBook&, const LendingOutcome& o) { return o.below_one_before; },
                nullptr},
    LendingItem{"lending.below_one_unhelped",
                "health below 1 after the shock, nobody liquidated",
                [](const LendingBook&, const LendingOutcome& o) { return o.below_one_unhelped; },
                nullptr},
    LendingItem{"lending.accounts_liquidated",
                "accounts liquidated",
                [](const LendingBook&, const LendingOutcome& o) { return o.liquidated; },
                nullptr},
    LendingItem{"lending.liquidation_calls",
                "  liquidation calls",
                [](const LendingBook&, const LendingOutcome& o) { return o.call_count; },
                nullptr},
    LendingItem{"lending.repaid_usd",
                "debt repaid by liquidators",
                nullptr,
                [](const LendingOutcome& o) { return o.repaid_base; }},
    LendingItem{"lending.seized_usd",
                "collateral seized",
                nullptr,
                [](const LendingOutcome& o) { return o.seized_base; }},
    LendingItem{"lending.bonus_usd",
                "  of it bonus",
                nullptr,
                [](const LendingOutcome& o) { return o.bonus_base(); }},
    LendingItem{"lending.protocol_fee_usd",
                "    of it to the protocol",
                nullptr,
                [](const LendingOutcome& o) { return o.fee_base; }},
    LendingItem{"lending.bad_debt_usd",
                "bad debt",
                nullptr,
                [](const LendingOutcome& o) { return o.bad_debt_base(); }},
    LendingItem{"lending.written_off_usd",
                "  written off as deficit of the reserves",
                nullptr,
                [](const LendingOutcome& o) { return o.written_off_base; }},
    LendingItem{"lending.uncovered_usd",
                "  owed with no collateral, not written off",
                nullptr,
                [](const LendingOutcome& o) { return o.uncovered_base; }},
    LendingItem{"lending.below_one_after",
                "health below 1 at the end",
                [](const LendingBook&, const LendingOutcome& o) { return o.below_one_after; },
                nullptr},
};

}  // namespace

std::span<const LendingItem> lending_items() {
    return lending_item_rows;
}

double lending_value(const LendingItem& item,
                     const LendingBook& book,
                     const LendingOutcome& outcome) {
    return item.base != nullptr ? lending_usd(item.base(outcome))
                                : static_cast<double>(item.count(book, outcome));
}

double lending_figure(std::string_view key,
                      const LendingBook& book,
                      const LendingOutcome& outcome) {
    const auto item = std::ranges::find(lending_item_rows, key, &LendingItem::key);
    CHECK(item != lending_item_rows.end());
    return lending_value(*item, book, outcome);
}

double lending_usd(const U256& base) {
    return base.to_double() * 1e-8;
}

}  // namespace margincall::inline desk
