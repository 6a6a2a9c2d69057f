// Cross accounts: traders' accounts at one venue with any number of positions and collateral in
// several coins, margined and liquidated as one (model 5.1). This is the store; what is done with
// it is in clearing_cross.cpp, and why an account at rest costs nothing is in safe_box.hpp.
//
// Structure of arrays: accounts (one cache line each) apart from holdings (positions and collateral
// coins), so that an order touches the account only and a fill one holding of each side. Contracts
// and coins themselves are ledger balances; a holding names the ledger account. Holdings of one
// account are a chain; an account with more than `chain_length` of them is also found through a
// hash map.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/big_vector.hpp"
#include "base/strong.hpp"
#include "clearing/trigger_index.hpp"
#include "market/order.hpp"

namespace margincall::inline clearing {

enum class CrossState : std::uint8_t { open, in_liquidation };

// What sets an account apart from the plain one, whose positions net and whose margin the safe box
// knows in closed form.
struct CrossKind {
    static constexpr std::uint8_t general = 1;   // margined by the venue's rules for any account
    static constexpr std::uint8_t isolated = 2;  // one position with its own margin
    static constexpr std::uint8_t hedged = 4;    // a long and a short of one instrument stand apart
    // Its owner is called once, when the maintenance margin passes top_up_ratio_ppm of the equity.
    static constexpr std::uint8_t margin_call = 8;
};

struct alignas(64) CrossAccount {
    std::int64_t slack = 0;     // equity - maintenance at the corners of the safe box, micro-USD
    std::int64_t free = 0;      // equity - initial margin of the positions there, micro-USD
    std::int64_t reserved = 0;  // initial margin of resting orders, micro-USD
    std::uint32_t leverage_e2 = 100;
    std::uint32_t weight = 1;
    LedgerAccountId cash;
    AccountId account;
    VenueId venue;
    CrossState state = CrossState::open;
    std::uint8_t forced_before = 0;    // was liquidated at least once in this run
    std::uint8_t pending = 0;          // will be looked at with the next prices
    std::uint8_t kind = 0;             // bits of CrossKind
    std::uint8_t changed = 0;          // bit k: in the list of take_changed of reader k
    std::uint32_t first = UINT32_MAX;  // holding
    std::uint32_t last = UINT32_MAX;
    std::uint32_t first_factor = UINT32_MAX;  // of `first`, which is mostly the one looked for
};
static_assert(sizeof(CrossAccount) == 64);

// One position or one collateral coin. Its price is that of a factor: the mark of an instrument or
// the collateral price of a coin.
struct CrossHolding {
    std::int64_t cost = 0;    // positions: signed, micro-USD
    std::int64_t corner = 0;  // of the safe box, in units of the factor's price
    LedgerAccountId units;    // contracts or coins in the ledger
    std::uint32_t factor = 0;
    std::uint32_t owner = 0;  // slot of the account
    std::uint32_t next = UINT32_MAX;
    std::uint32_t local = 0;  // dense among the holdings of this factor; row of its trigger index
    std::uint16_t terms = 0;  // 1 + row of ClearingConfig::overrides; 0 = the instrument's own
    std::uint8_t triggered = 0;  // bits: in the index of falls (1), of rises (2)
};
static_assert(sizeof(CrossHolding) == 40);

class CrossAccounts {
  public:
    static constexpr std::uint32_t none = UINT32_MAX;

    // Factors: instruments first, then coins. `cell_of_factor`: place of a factor among those that
    // an account of its venue can hold; there are `width` places.
    CrossAccounts(std::vector<std::uint32_t> cell_of_factor, std::size_t width)
        : factors_(cell_of_factor.size()),
          cell_of_factor_(std::move(cell_of_factor)),
          width_(width) {}

    // Room for so many more accounts, and holdings by factor; those left out get none.
    void reserve(std::size_t accounts, std::span<const std::size_t> holdings) {
        accounts_.reserve(accounts_.size() + accounts);
        cells_.reserve(cells_.size() + accounts * width_);
        std::size_t all = holdings_.size();
        for (std::size_t k = 0; k < holdings.size(); ++k) {
            Factor& f = factors_[k];
            const std::size_t of_factor = f.holding_of_local.size() + holdings[k];
            f.holding_of_local.reserve(of_factor);
            f.falls.reserve(static_cast<std::uint32_t>(of_factor));
            f.rises.reserve(static_cast<std::uint32_t>(of_factor));
            all += holdings[k];
        }
        holdings_.reserve(all);
    }

    std::uint32_t add(const CrossAccount& account) {
        accounts_.push_back(account);
        cells_.insert(cells_.end(), width_, none);
        return static_cast<std::uint32_t>(accounts_.size() - 1);
    }
    std::uint32_t add_holding(std::uint32_t slot, std::uint32_t factor, LedgerAccountId units) {
        const auto id = static_cast<std::uint32_t>(holdings_.size());
        Factor& f = factors_[factor];
        CrossHolding h;
        h.units = units;
        h.factor = factor;
        h.owner = slot;
        h.local = static_cast<std::uint32_t>(f.holding_of_local.size());
        f.holding_of_local.push_back(id);
        holdings_.push_back(h);
        CrossAccount& a = accounts_[slot];
        if (a.first == none) {
            a.first = id;
            a.first_factor = factor;
        } else {
            holdings_[a.last].next = id;
        }
        a.last = id;
        cells_[cell(slot, factor)] = id;
        return id;
    }

    // The account's holding of a factor, or none.
    [[nodiscard]] std::uint32_t find(std::uint32_t slot, std::uint32_t factor) const {
        const CrossAccount& a = accounts_[slot];
        return a.first_factor == factor ? a.first : cells_[cell(slot, factor)];
    }
    // For whoever knows a little ahead which holding comes: the cell, later what it names.
    [[gnu::always_inline]] inline void prefetch_cell(std::uint32_t slot,
                                                     std::uint32_t factor) const {
        __builtin_prefetch(&cells_[cell(slot, factor)]);
    }

    [[nodiscard]] CrossAccount& account(std::uint32_t slot) { return accounts_[slot]; }
    [[nodiscard]] const CrossAccount& account(std::uint32_t slot) const { return accounts_[slot]; }
    [[nodiscard]] const BigVector<CrossAccount>& accounts() const { return accounts_; }
    [[nodiscard]] CrossHolding& holding(std::uint32_t id) { return holdings_[id]; }
    [[nodiscard]] const CrossHolding& holding(std::uint32_t id) const { return holdings_[id]; }
    [[nodiscard]] const BigVector<CrossHolding>& holdings() const { return holdings_; }
    [[nodiscard]] const std::vector<std::uint32_t>& holders(std::uint32_t factor) const {
        return factors_[factor].holding_of_local;
    }
    [[nodiscard]] std::size_t factor_count() const { return factors_.size(); }
    [[nodiscard]] std::int64_t price(std::uint32_t factor) const { return factors_[factor].price; }

    // --- triggers ---
    // Is a trigger reached at the prices now? Pops nothing.
    [[nodiscard]] bool due() const {
        for (const std::uint32_t factor : moved_) {
            const Factor& f = factors_[factor];
            if (f.falls.due(Ticks::from_raw(f.price)) || f.rises.due(Ticks::from_raw(f.price))) {
                return true;
            }
        }
        return false;
    }
    // Some price has changed and pop_used_up has not been asked since.
    [[nodiscard]] bool prices_moved() const { return !moved_.empty(); }
    void set_price(std::uint32_t factor, std::int64_t price) {
        Factor& f = factors_[factor];
        if (f.price != price) {
            f.price = price;
            if (!f.moved) {
                f.moved = true;
                moved_.push_back(factor);
            }
        }
    }
    // Puts the holding's triggers one step beyond the edges of its box; 0 = none on that side.
    void set_triggers(std::uint32_t id, std::int64_t lowest, std::int64_t highest) {
        CrossHolding& h = holdings_[id];
        Factor& f = factors_[h.factor];
        const std::uint8_t wanted =
            static_cast<std::uint8_t>((lowest > 1 ? falls : 0) | (highest > 0 ? rises : 0));
        if ((h.triggered & falls) != 0 && (wanted & falls) == 0) {
            f.falls.erase(h.local);
        }
        if ((h.triggered & rises) != 0 && (wanted & rises) == 0) {
            f.rises.erase(h.local);
        }
        if ((wanted & falls) != 0) {
            f.falls.set(h.local, Ticks::from_raw(lowest - 1));
        }
        if ((wanted & rises) != 0) {
            f.rises.set(h.local, Ticks::from_raw(highest + 1));
        }
        h.triggered = wanted;
    }
    // Rows of the holding in the indices, and those beside them.
    [[gnu::always_inline]] inline void prefetch_triggers(std::uint32_t id) const {
        const CrossHolding& h = holdings_[id];
        const Factor& f = factors_[h.factor];
        f.falls.prefetch(h.local);
        f.rises.prefetch(h.local);
    }
    [[gnu::always_inline]] inline void prefetch_neighbours(std::uint32_t id) const {
        const CrossHolding& h = holdings_[id];
        const Factor& f = factors_[h.factor];
        if (h.triggered != 0) {
            ((h.triggered & falls) != 0 ? f.falls : f.rises).prefetch_neighbours(h.local);
        }
    }
    // f(slot) for every account whose box a fall of the factor's price to `price` would leave; one
    // that holds the factor twice comes twice. Takes nothing out of the index.
    template <class F>
    void for_each_left_by_fall(std::uint32_t factor, Ticks price, F&& f) const {
        const Factor& own = factors_[factor];
        own.falls.for_each_due(price, [&](std::uint32_t local, Ticks) {
            f(holdings_[own.holding_of_local[local]].owner);
        });
    }
    // Appends the slots of accounts that a price which moved since the last call took out of their
    // box; an account may come several times. Their triggers that were reached are out of the
    // index.
    void pop_used_up(std::vector<std::uint32_t>& slots);

    friend void check_cross_triggers(const CrossAccounts& cross);

  private:
    static constexpr std::uint8_t falls = 1, rises = 2;
    struct Factor {
        TriggerIndex falls{Side::buy};   // longs and coins
        TriggerIndex rises{Side::sell};  // shorts
        std::vector<std::uint32_t> holding_of_local;
        std::int64_t price = 0;  // 0: not known yet
        bool moved = false;
    };
    BigVector<CrossAccount> accounts_;
    BigVector<CrossHolding> holdings_;
    std::vector<Factor> factors_;
    std::vector<std::uint32_t> moved_;
    std::vector<std::uint32_t> popped_;
    [[nodiscard]] std::size_t cell(std::uint32_t slot, std::uint32_t factor) const {
        return std::size_t{slot} * width_ + cell_of_factor_[factor];
    }

    BigVector<std::uint32_t> cells_;  // [account][place]: holding, or none
    std::vector<std::uint32_t> cell_of_factor_;
    std::size_t width_;
};

// CHECKs that the trigger indices hold what the holdings say.
void check_cross_triggers(const CrossAccounts& cross);

}  // namespace margincall::inline clearing
