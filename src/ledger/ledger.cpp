#include "ledger/ledger.hpp"

namespace margincall::inline ledger {

Amount convert_scale(Ledger& ledger,
                     LedgerAccountId from,
                     LedgerAccountId to,
                     Amount amount,
                     const ScaleConversion& conversion) {
    CHECK(conversion.numerator > 0);
    const i128 product = checked_mul(amount.raw(), conversion.numerator);
    const Amount received =
        Amount::from_raw(div_round(product, conversion.denominator, conversion.round));
    ledger.post(from, conversion.source_pool, amount, Reason::scale_conversion);
    ledger.post(conversion.target_pool, to, received, Reason::scale_conversion);
    return received;
}

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

}  // namespace margincall::inline ledger
