// Who owns what while a stress runs: the accounts of the book, the makers whose orders rest in the
// books, the pools, and the rest of the market that the book does not list. The only code of this
// folder that moves money, all of it by postings of one ledger, so that every asset sums to zero.
//
// A position is a **slot**: contracts in the ledger and a signed cost, as in the clearing house
// (clearing/clearing_house.hpp), whose laws hold here, too: contracts sum to zero per instrument,
// and the instrument's clearing account holds minus the sum of all costs. Slots of the book's
// positions have the position's index; behind them each instrument has one for its pool, one for
// its makers and one for the rest of the market.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "desk/account_book.hpp"
#include "desk/market.hpp"
#include "ledger/ledger.hpp"

namespace margincall::inline desk {

using SlotId = std::uint32_t;

class StressHouse {
  public:
    StressHouse(const StressMarket& market, const AccountBook& book);

    // --- slots ---
    [[nodiscard]] SlotId pool_slot(InstrumentId i) const { return book_slots_ + i.raw(); }
    [[nodiscard]] SlotId maker_slot(InstrumentId i) const {
        return book_slots_ + instruments_ + i.raw();
    }
    [[nodiscard]] SlotId rest_slot(InstrumentId i) const {
        return book_slots_ + 2 * instruments_ + i.raw();
    }
    [[nodiscard]] InstrumentId instrument(SlotId slot) const { return instrument_of_[slot]; }
    [[nodiscard]] Lots lots(SlotId slot) const {  // signed
        return Lots::from_raw(narrow_i64(ledger_.balance(contracts(slot)).raw()));
    }
    [[nodiscard]] Money cost(SlotId slot) const { return Money::from_raw(cost_[slot]); }
    [[nodiscard]] Money unrealised(SlotId slot, Ticks mark) const;

    // --- money ---
    [[nodiscard]] Money unit_cash(std::uint32_t unit) const {
        return to_money(ledger_.balance(unit_cash_account(unit)));
    }
    [[nodiscard]] Money pool_cash(std::uint32_t pool) const {
        return to_money(ledger_.balance(pool_cash_account(pool)));
    }
    [[nodiscard]] Money bad_debt(std::uint32_t pool) const {
        return -to_money(ledger_.balance(bad_debt_account(pool)));
    }
    // 1e-8 coins of a collateral line of the book, and of a pool.
    [[nodiscard]] std::int64_t line_coins(std::uint32_t line) const {
        return narrow_i64(ledger_.balance(line_account(line)).raw());
    }
    [[nodiscard]] std::int64_t pool_coins(std::uint32_t pool, AssetId coin) const {
        return narrow_i64(ledger_.balance(pool_coin_account(pool, coin)).raw());
    }

    // --- what happens ---
    // `lots` (> 0) change hands at `price` between two slots of one instrument.
    void trade(SlotId buyer, SlotId seller, Lots lots, Ticks price, Reason reason);
    // A maker's fee on a fill.
    void charge_maker(InstrumentId i, Money value);
    void charge_liquidation_fee(std::uint32_t unit, std::uint32_t pool, Money fee) {
        ledger_.post(unit_cash_account(unit),
                     pool_cash_account(pool),
                     to_amount(fee),
                     Reason::liquidation_fee);
    }
    // What a unit has left goes to the pool that took its positions.
    void hand_over(std::uint32_t unit, std::uint32_t pool, Money amount) {
        ledger_.post(
            unit_cash_account(unit), pool_cash_account(pool), to_amount(amount), Reason::takeover);
    }
    // The pool pays a unit's debt; `bad_debt` does what the pool cannot.
    void pay_shortfall(std::uint32_t unit, std::uint32_t pool, Money amount) {
        ledger_.post(
            pool_cash_account(pool), unit_cash_account(unit), to_amount(amount), Reason::shortfall);
    }
    void leave_bad_debt(std::uint32_t unit, std::uint32_t pool, Money amount) {
        ledger_.post(
            bad_debt_account(pool), unit_cash_account(unit), to_amount(amount), Reason::bad_debt);
    }
    // A pool that owes more than it owns is set to zero; the difference is bad debt.
    void cover_pool(std::uint32_t pool, Money amount) {
        ledger_.post(
            bad_debt_account(pool), pool_cash_account(pool), to_amount(amount), Reason::bad_debt);
    }
    // Forced exchange: the pool pays `dollars` into the unit's wallet and receives `coins` (1e-8).
    void exchange(std::uint32_t unit,
                  std::uint32_t pool,
                  std::uint32_t line,
                  AssetId coin,
                  std::int64_t coins,
                  Money dollars);

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    void set_observer(PostingObserver* observer) { ledger_.set_observer(observer); }

    friend void check_house(const StressHouse& house);

  private:
    [[nodiscard]] static LedgerAccountId account(std::size_t raw) {
        return LedgerAccountId::from_raw(static_cast<std::uint32_t>(raw));
    }
    [[nodiscard]] LedgerAccountId contracts(SlotId slot) const { return account(slot); }
    [[nodiscard]] LedgerAccountId unit_cash_account(std::uint32_t unit) const {
        return account(units_from_ + unit);
    }
    [[nodiscard]] LedgerAccountId line_account(std::uint32_t line) const {
        return account(lines_from_ + line);
    }
    [[nodiscard]] LedgerAccountId pool_cash_account(std::uint32_t pool) const {
        return account(pools_from_ + 2 * pool);
    }
    [[nodiscard]] LedgerAccountId bad_debt_account(std::uint32_t pool) const {
        return account(pools_from_ + 2 * pool + 1);
    }
    [[nodiscard]] LedgerAccountId pool_coin_account(std::uint32_t pool, AssetId coin) const {
        return account(pool_coins_from_ + pool * coins_ + coin.raw());
    }
    [[nodiscard]] LedgerAccountId clearing_account(InstrumentId i) const {
        return account(clearing_from_ + i.raw());
    }
    // Cash behind a slot that is not one of the book's: pool, makers, rest of the market.
    [[nodiscard]] LedgerAccountId cash_of(SlotId slot) const;
    void apply(SlotId slot, std::int64_t signed_lots, Ticks price);
    void open_book(const StressMarket& market, const AccountBook& book);

    std::uint32_t book_slots_ = 0, instruments_ = 0, coins_ = 0;
    std::size_t units_from_ = 0, lines_from_ = 0, pools_from_ = 0, pool_coins_from_ = 0;
    std::size_t clearing_from_ = 0, makers_cash_ = 0, fees_ = 0, outside_from_ = 0;
    Ledger ledger_;
    std::vector<std::int64_t> cost_;           // by slot
    std::vector<InstrumentId> instrument_of_;  // by slot
    std::vector<std::uint32_t> unit_of_;       // by slot of the book
    std::vector<Instrument> specs_;            // by instrument
    std::vector<std::uint32_t> pool_of_;       // by instrument
    std::vector<std::int64_t> maker_fee_ppm_;  // by instrument
};

// CHECKs that every asset sums to zero and that clearing accounts mirror the costs.
void check_house(const StressHouse& house);

}  // namespace margincall::inline desk
