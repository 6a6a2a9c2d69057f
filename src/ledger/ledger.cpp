#include "ledger/ledger.hpp"

namespace margincall {

std::vector<Amount> ledger_sums(const Ledger& ledger) {
    std::vector<Amount> sums(ledger.assets());
    for (std::size_t i = 0; i < ledger.accounts(); ++i) {
        const auto id = LedgerAccountId::from_raw(static_cast<std::uint32_t>(i));
        sums[ledger.asset(id)] += ledger.balance(id);
    }
    return sums;
}

void check_ledger(const Ledger& ledger) {
    for (const Amount sum : ledger_sums(ledger)) {
        CHECK(sum.raw() == 0);
    }
}

}  // namespace margincall
