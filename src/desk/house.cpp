#include "desk/house.hpp"

#include <algorithm>

namespace margincall::inline desk {
namespace {

// Ledger assets: dollars, coins, contracts.
constexpr LedgerAsset usd_asset = 0;
constexpr std::int64_t ppm = 1'000'000;

std::int64_t magnitude(std::int64_t x) {
    return x < 0 ? -x : x;
}

}  // namespace

StressHouse::StressHouse(const StressMarket& market, const AccountBook& book)
    : book_slots_(static_cast<std::uint32_t>(book.positions.size())),
      instruments_(static_cast<std::uint32_t>(market.instruments.size())),
      coins_(static_cast<std::uint32_t>(market.coins.size())),
      ledger_(1 + coins_ + instruments_) {
    const auto contract_asset = [&](InstrumentId i) { return 1 + coins_ + i.raw(); };
    ledger_.reserve(book.positions.size() + book.units.size() + book.collateral.size() +
                    8 * instruments_ + 16 * market.pools.size() * (2 + coins_) + 64);
    const std::uint32_t slots = book_slots_ + 3 * instruments_;
    cost_.assign(slots, 0);
    instrument_of_.reserve(slots);
    for (const BookPosition& p : book.positions) {
        instrument_of_.push_back(p.instrument);
    }
    for (int kind = 0; kind < 3; ++kind) {
        for (const StressInstrument& row : market.instruments) {
            instrument_of_.push_back(row.instrument.id);
        }
    }
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        CHECK_EQ(ledger_.open(contract_asset(instrument_of_[slot])).raw(), slot);
    }
    units_from_ = ledger_.accounts();
    unit_of_.resize(book_slots_);
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        (void)ledger_.open(usd_asset);
        const MarginUnit& unit = book.units[u];
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            unit_of_[unit.first_position + k] = u;
        }
    }
    lines_from_ = ledger_.accounts();
    for (const BookCollateral& line : book.collateral) {
        (void)ledger_.open(line.coin.valid() ? 1U + line.coin.raw() : usd_asset);
    }
    pools_from_ = ledger_.accounts();
    for (std::size_t k = 0; k < 2 * market.pools.size(); ++k) {
        (void)ledger_.open(usd_asset);
    }
    pool_coins_from_ = ledger_.accounts();
    for (std::size_t pool = 0; pool < market.pools.size(); ++pool) {
        for (std::uint32_t coin = 0; coin < coins_; ++coin) {
            (void)ledger_.open(1 + coin);
        }
    }
    clearing_from_ = ledger_.accounts();
    for (std::uint32_t i = 0; i < instruments_; ++i) {
        (void)ledger_.open(usd_asset);
    }
    makers_cash_ = ledger_.open(usd_asset).raw();
    fees_ = ledger_.open(usd_asset).raw();
    outside_from_ = ledger_.open(usd_asset).raw();
    for (std::uint32_t coin = 0; coin < coins_; ++coin) {
        (void)ledger_.open(1 + coin);
    }
    for (const StressInstrument& row : market.instruments) {
        specs_.push_back(row.instrument);
        pool_of_.push_back(row.pool);
        maker_fee_ppm_.push_back(market.venues[row.instrument.venue.raw()].rules.maker_fee_ppm);
    }
    open_book(market, book);
}

// The book's positions come from the rest of the market, which holds the other side of what does
// not net inside the book at the price of the start. The clearing accounts receive from outside
// what the different entry prices owe.
void StressHouse::open_book(const StressMarket& market, const AccountBook& book) {
    const LedgerAccountId outside = account(outside_from_);
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        const MarginUnit& unit = book.units[u];
        for (std::uint32_t k = 0; k < unit.collaterals; ++k) {
            const std::uint32_t line = unit.first_collateral + k;
            const BookCollateral& row = book.collateral[line];
            const bool coin = row.coin.valid();
            ledger_.post_signed(coin ? account(outside_from_ + 1 + row.coin.raw()) : outside,
                                coin ? line_account(line) : unit_cash_account(u),
                                Amount::from_raw(i128{row.amount}),
                                Reason::deposit);
        }
    }
    std::vector<i128> costs(instruments_, 0);
    for (std::uint32_t slot = 0; slot < book_slots_; ++slot) {
        const BookPosition& p = book.positions[slot];
        cost_[slot] = p.cost.raw();
        costs[p.instrument.raw()] += p.cost.raw();
        ledger_.post_signed(contracts(rest_slot(p.instrument)),
                            contracts(slot),
                            Amount::from_raw(i128{sign(p.side) * p.lots.raw()}),
                            Reason::trade);
    }
    for (const StressInstrument& row : market.instruments) {
        const InstrumentId i = row.instrument.id;
        const SlotId rest = rest_slot(i);
        cost_[rest] = notional(row.instrument, row.mark, lots(rest)).raw();
        ledger_.post_signed(outside,
                            clearing_account(i),
                            Amount::from_raw(-costs[i.raw()] - cost_[rest]),
                            Reason::deposit);
    }
    for (std::uint32_t pool = 0; pool < market.pools.size(); ++pool) {
        ledger_.post(outside,
                     pool_cash_account(pool),
                     to_amount(market.pools[pool].balance),
                     Reason::deposit);
    }
}

Money StressHouse::unrealised(SlotId slot, Ticks mark) const {
    return notional(specs_[instrument_of_[slot].raw()], mark, lots(slot)) - cost(slot);
}

LedgerAccountId StressHouse::cash_of(SlotId slot) const {
    if (slot < book_slots_) {
        return unit_cash_account(unit_of_[slot]);
    }
    const std::uint32_t kind = (slot - book_slots_) / instruments_;
    if (kind == 0) {
        return pool_cash_account(pool_of_[instrument_of_[slot].raw()]);
    }
    return kind == 1 ? account(makers_cash_) : account(outside_from_);
}

void StressHouse::apply(SlotId slot, std::int64_t signed_lots, Ticks price) {
    const Instrument& inst = specs_[instrument_of_[slot].raw()];
    // The contracts have already moved; the position before this trade is the balance without it.
    const std::int64_t after = lots(slot).raw();
    const std::int64_t before = after - signed_lots;
    const std::int64_t direction = signed_lots > 0 ? 1 : -1;
    const std::int64_t closed =
        (before > 0) == (signed_lots > 0) ? 0 : std::min(magnitude(before), magnitude(signed_lots));
    if (closed > 0) {
        // The released part of the cost rounds down; what is rounded stays in the slot's own cost,
        // so that realised profit over the life of a position is exact.
        const std::int64_t released = mul_div(cost_[slot], closed, magnitude(before), Round::down);
        const std::int64_t paid = direction * notional(inst, price, Lots::from_raw(closed)).raw();
        cost_[slot] = checked_sub(cost_[slot], released);
        ledger_.post_signed(clearing_account(inst.id),
                            cash_of(slot),
                            Amount::from_raw(i128{checked_sub(-paid, released)}),
                            Reason::realised_pnl);
    }
    const std::int64_t opened = magnitude(signed_lots) - closed;
    if (opened > 0) {
        cost_[slot] = checked_add(cost_[slot],
                                  direction * notional(inst, price, Lots::from_raw(opened)).raw());
    }
}

void StressHouse::trade(SlotId buyer, SlotId seller, Lots lots, Ticks price, Reason reason) {
    CHECK(lots.raw() > 0);
    CHECK(buyer != seller);
    CHECK(instrument_of_[buyer] == instrument_of_[seller]);
    ledger_.post(contracts(seller), contracts(buyer), Amount::from_raw(i128{lots.raw()}), reason);
    apply(buyer, lots.raw(), price);
    apply(seller, -lots.raw(), price);
}

void StressHouse::charge_maker(InstrumentId i, Money value) {
    const std::int64_t fee = mul_div(value.raw(), maker_fee_ppm_[i.raw()], ppm, Round::up);
    ledger_.post_signed(
        account(makers_cash_), account(fees_), Amount::from_raw(i128{fee}), Reason::fee_maker);
}

void StressHouse::exchange(std::uint32_t unit,
                           std::uint32_t pool,
                           std::uint32_t line,
                           AssetId coin,
                           std::int64_t coins,
                           Money dollars) {
    ledger_.post(line_account(line),
                 pool_coin_account(pool, coin),
                 Amount::from_raw(i128{coins}),
                 Reason::takeover);
    ledger_.post(
        pool_cash_account(pool), unit_cash_account(unit), to_amount(dollars), Reason::takeover);
}

void check_house(const StressHouse& house) {
    check_ledger(house.ledger_);
    std::vector<i128> costs(house.instruments_, 0);
    for (SlotId slot = 0; slot < house.cost_.size(); ++slot) {
        costs[house.instrument_of_[slot].raw()] += house.cost_[slot];
        CHECK(house.lots(slot).raw() != 0 || house.cost_[slot] == 0);
    }
    for (std::uint32_t i = 0; i < house.instruments_; ++i) {
        CHECK(house.ledger_.balance(house.clearing_account(InstrumentId::from_raw(i))).raw() ==
              -costs[i]);
    }
}

}  // namespace margincall::inline desk
