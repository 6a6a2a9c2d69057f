// Double-entry ledger: the only place where money, coins and contracts move.
//
// Every account holds exactly one asset. The one mutation is `post`: it takes an amount from one
// account and adds it to another of the same asset, so the sum per asset is zero by construction,
// and `check_ledger` proves it. Deposits come from an "outside" account, whose balance is the
// negative of what is inside. Perpetual contracts are assets too (one per instrument, counted in
// lots): a long holds them, the short's balance is negative, so long = short is the same law as the
// money's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/big_vector.hpp"
#include "base/check.hpp"
#include "base/digest.hpp"
#include "base/integer.hpp"
#include "base/strong.hpp"

namespace margincall::inline ledger {

// Why an amount moved. A report "where did the money go" is a GROUP BY over these. Only append.
enum class Reason : std::uint8_t {
    deposit,
    withdrawal,
    trade,         // spot: coins against dollars; perp: contracts
    realised_pnl,  // between the trader and the instrument's clearing account
    fee_taker,
    fee_maker,
    funding,
    funding_rounding,
    liquidation_fee,
    takeover,  // position or margin handed to the fund, engine or vault
    liquidation_surplus,
    shortfall,  // paid by the fund for a bankrupt account
    bad_debt,   // shortfall that nobody covered
    adl,
    top_up,
    margin_transfer,
    scale_conversion,
    rounding,
    swap,             // between a trader and a pool
    pool_liquidity,   // tokens of liquidity providers into and out of a pool
    lending,          // supply, withdrawal, borrowing, repayment of a lending pool
    lending_seizure,  // collateral to a liquidator, and the lending protocol's share of it
    issuance,         // tokens minted or burned: shares, debt tokens, synthetic dollars
    protocol_fee,
    staking,
    socialised_loss,  // of a fund, borne by those who hold its instruments
    count_,
};

using LedgerAsset =
    std::uint32_t;  // index of an asset inside the ledger: dollars, coins, contracts

struct Posting {
    LedgerAccountId from;
    LedgerAccountId to;
    LedgerAsset asset = 0;
    Amount amount;  // >= 0
    Reason reason = Reason::deposit;
};

// Sees every posting, e.g. to keep an independent running sum. Reads, never writes.
class PostingObserver {
  public:
    PostingObserver() = default;
    PostingObserver(const PostingObserver&) = default;
    PostingObserver& operator=(const PostingObserver&) = default;
    PostingObserver(PostingObserver&&) = default;
    PostingObserver& operator=(PostingObserver&&) = default;
    virtual ~PostingObserver() = default;
    virtual void on_posting(const Posting& posting) = 0;
};

class Ledger {
  public:
    explicit Ledger(std::uint32_t assets) : assets_(assets) {}

    [[nodiscard]] LedgerAccountId open(LedgerAsset asset) {
        CHECK(asset < assets_);
        entries_.push_back({.balance = 0, .asset = asset});
        return LedgerAccountId::from_raw(static_cast<std::uint32_t>(entries_.size() - 1));
    }

    // Makes the next two accounts opened share a cache line; opens an account that stays unused if
    // it must.
    void start_pair() {
        if (entries_.size() % 2 != 0) {
            (void)open(entries_.back().asset);
        }
    }

    // Moves `amount` (>= 0) from one account to another of the same asset.
    void post(LedgerAccountId from, LedgerAccountId to, Amount amount, Reason reason) {
        CHECK(amount.raw() >= 0);
        CHECK(from.raw() < entries_.size());
        CHECK(to.raw() < entries_.size());
        Entry& source = entries_[from.raw()];
        Entry& target = entries_[to.raw()];
        const LedgerAsset asset = source.asset;
        CHECK(asset == target.asset);
        source.balance = checked_sub(source.balance, amount.raw());
        target.balance = checked_add(target.balance, amount.raw());
        ++postings_;
        digest_.add((std::uint64_t{from.raw()} << 32) | to.raw());
        const auto bits = static_cast<u128>(amount.raw());
        digest_.add(static_cast<std::uint64_t>(bits));
        // The amount is not negative, so that the high word's top bits are free for the reason.
        digest_.add(static_cast<std::uint64_t>(bits >> 64) ^
                    (static_cast<std::uint64_t>(reason) << 56));
        if (observer_ != nullptr) {
            observer_->on_posting(Posting{from, to, asset, amount, reason});
        }
    }
    // Posts a signed amount: positive from -> to, negative to -> from.
    void post_signed(LedgerAccountId from, LedgerAccountId to, Amount amount, Reason reason) {
        if (amount.raw() >= 0) {
            post(from, to, amount, reason);
        } else {
            post(to, from, -amount, reason);
        }
    }

    [[nodiscard]] Amount balance(LedgerAccountId id) const {
        return Amount::from_raw(entries_[id.raw()].balance);
    }
    // For whoever knows a little ahead which account comes.
    [[gnu::always_inline]] inline void prefetch(LedgerAccountId id) const {
        __builtin_prefetch(&entries_[id.raw()], 1);
    }
    [[nodiscard]] LedgerAsset asset(LedgerAccountId id) const { return entries_[id.raw()].asset; }
    [[nodiscard]] std::size_t accounts() const { return entries_.size(); }
    [[nodiscard]] std::uint32_t assets() const { return assets_; }
    [[nodiscard]] std::uint64_t postings() const { return postings_; }
    [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }

    void set_observer(PostingObserver* observer) { observer_ = observer; }
    void reserve(std::size_t accounts) { entries_.reserve(accounts); }

  private:
    struct alignas(32) Entry {  // half a cache line, never across two
        i128 balance = 0;
        LedgerAsset asset = 0;
    };
    BigVector<Entry> entries_;
    std::uint32_t assets_;
    std::uint64_t postings_ = 0;
    Digest digest_;
    PostingObserver* observer_ = nullptr;
};

// The same value in two scales, e.g. micro-dollars and a token with 18 decimals. A ledger asset has
// one scale, so that a conversion is two postings, each against a pool of its own asset: the source
// amount goes into the pool, and amount * numerator / denominator, rounded as stated, comes out of
// the other. What the rounding leaves stays in the pools.
struct ScaleConversion {
    LedgerAccountId source_pool;
    LedgerAccountId target_pool;
    i128 numerator = 1;
    i128 denominator = 1;  // > 0
    Round round = Round::down;
};
// Posts both halves with Reason::scale_conversion and returns what `to` received.
Amount convert_scale(Ledger& ledger,
                     LedgerAccountId from,
                     LedgerAccountId to,
                     Amount amount,
                     const ScaleConversion& conversion);

// Sum of all balances of each asset; each must be zero.
[[nodiscard]] std::vector<Amount> ledger_sums(const Ledger& ledger);
// CHECKs that every asset sums to zero.
void check_ledger(const Ledger& ledger);

}  // namespace margincall::inline ledger
