// A second, simpler model of the ledger: it hears only the posting stream and keeps its own
// balances and its own sum per asset. The sum must be zero after every event, and its balances must
// agree with the ledger's whenever they are compared.
#pragma once

#include <algorithm>
#include <vector>

#include "base/big_vector.hpp"
#include "ledger/ledger.hpp"

namespace margincall::inline ledger {

class LedgerAudit final : public PostingObserver {
  public:
    explicit LedgerAudit(std::uint32_t assets) : sum_(assets, 0), posted_(assets, 0) {}

    void on_posting(const Posting& posting) override {
        const std::size_t last = std::max(posting.from.raw(), posting.to.raw());
        if (last >= balance_.size()) {
            balance_.resize(last + 1, 0);
        }
        i128& sum = sum_[posting.asset];
        open_ -= sum != 0 ? 1U : 0U;
        balance_[posting.from.raw()] -= posting.amount.raw();
        sum -= posting.amount.raw();
        balance_[posting.to.raw()] += posting.amount.raw();
        sum += posting.amount.raw();
        open_ += sum != 0 ? 1U : 0U;
        posted_[posting.asset] += posting.amount.raw();
        ++postings_;
    }

    // Sum of everything received less everything given, per asset; zero when money is conserved.
    [[nodiscard]] const std::vector<i128>& sums() const { return sum_; }
    // Is every one of them zero now?
    [[nodiscard]] bool balanced() const { return open_ == 0; }
    [[nodiscard]] const std::vector<i128>& posted() const { return posted_; }
    [[nodiscard]] std::uint64_t postings() const { return postings_; }

    // CHECKs the sums and every balance that was ever posted to against the ledger.
    void check_against(const Ledger& ledger) const {
        for (const i128 s : sum_) {
            CHECK(s == 0);
        }
        CHECK(postings_ == ledger.postings());
        for (std::size_t k = 0; k < balance_.size(); ++k) {
            CHECK(balance_[k] ==
                  ledger.balance(LedgerAccountId::from_raw(static_cast<std::uint32_t>(k))).raw());
        }
    }

  private:
    BigVector<i128> balance_;
    std::vector<i128> sum_;
    std::size_t open_ = 0;  // assets whose sum is not zero
    std::vector<i128> posted_;
    std::uint64_t postings_ = 0;
};

}  // namespace margincall::inline ledger
