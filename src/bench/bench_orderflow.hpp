// `margincall bench orderflow FILE...`: replays recorded order flows through the order book, times
// it and checks the trades against the result written in the file. The answer is part of the
// benchmark: a book that is fast and wrong fails.
//
// Flow file ("OFLOW02"), little-endian: a 128-byte header, then n_warm + n_ops records of 16 bytes.
// The first n_warm records fill the books and are not timed.
#pragma once

#include <cstdint>
#include <expected>
#include <memory_resource>
#include <span>
#include <string>
#include <vector>

#include "base/big_vector.hpp"
#include "base/error.hpp"
#include "base/huge_pages.hpp"
#include "book/order_book.hpp"

namespace margincall::inline bench {

enum class FlowKind : std::uint8_t {
    add,     // limit order that does not cross when it is sent
    cancel,  // of a live order
    take,    // limit order that crosses; what is not filled rests
    exec,    // in feed files only, which this benchmark does not read
};

struct FlowRecord {
    std::uint32_t id;     // 1, 2, 3, ...
    std::uint32_t price;  // ticks
    std::uint32_t qty;    // lots
    std::uint16_t symbol;
    FlowKind kind;
    std::uint8_t side;  // 0 buy, 1 sell
};
static_assert(sizeof(FlowRecord) == 16);

struct FlowHeader {
    std::uint64_t magic;  // "OFLOW02" and a zero
    std::uint64_t n_warm, n_ops, n_symbols, id_max, seed;
    std::uint64_t adds, cancels, takes;                          // in the timed part
    std::uint64_t trades, volume, notional, tape_hash, resting;  // what must come out
    std::uint64_t peak_levels, reserved;
};
static_assert(sizeof(FlowHeader) == 128);

struct Flow {
    FlowHeader header{};
    BigVector<FlowRecord> records;
};

// Order-sensitive account of all trades, as the file format defines it.
struct Tape {
    std::uint64_t trades = 0;
    std::uint64_t volume = 0;
    std::uint64_t notional = 0;
    std::uint64_t hash = 1469598103934665603ULL;

    void add(std::uint64_t maker, std::uint64_t taker, std::uint64_t price, std::uint64_t qty) {
        ++trades;
        volume += qty;
        notional += price * qty;
        hash = (hash ^ (maker * 0x9E3779B97F4A7C15ULL + taker)) * 1099511628211ULL;
        hash = (hash ^ (price * 0xC2B2AE3D27D4EB4FULL + qty)) * 1099511628211ULL;
    }
};

// One book per symbol, fed with the records of a flow. A class of its own so that any book with
// OrderBook's interface can be driven.
template <class Book>
class FlowReplay {
  public:
    static constexpr std::uint32_t accounts = 256;  // orders belong to these in turn
    static constexpr std::uint32_t price_max = (1U << 18U) - 1;

    explicit FlowReplay(const FlowHeader& header)
        : orders_(header.id_max + 1, OrderId::from_raw(0)) {
        const std::uint64_t orders_hint = header.n_warm / header.n_symbols * 5 / 4 + 64;
        BookConfig config;
        config.price_max = Ticks::from_raw(price_max);
        config.qty_max = Lots::from_raw(UINT32_MAX);
        config.price_hint = Ticks::from_raw(100'000);
        config.orders_hint = static_cast<std::uint32_t>(orders_hint);
        config.stp = SelfTradePrevention::none;
        config.memory = &memory_;
        books_.reserve(header.n_symbols);
        for (std::uint32_t k = 0; k < header.n_symbols; ++k) {
            config.instrument = InstrumentId::from_raw(k);
            books_.push_back(
                {.book = Book{config},
                 .flow_ids = std::pmr::vector<std::uint32_t>(orders_hint + 2, &memory_)});
        }
        fills_.reserve(1024);
    }

    [[gnu::always_inline]] inline void apply(const FlowRecord& record, Tape& tape) {
        OneBook& one = books_[record.symbol];
        if (record.kind == FlowKind::cancel) {
            one.book.cancel(orders_[record.id]);
            return;
        }
        Command& command = command_;
        command.side = record.side == 0 ? Side::buy : Side::sell;
        command.account = AccountId::from_raw(record.id % accounts);
        command.price = Ticks::from_raw(record.price);
        command.qty = Lots::from_raw(record.qty);
        const OrderId order = one.book.add(command, fills_).order;
        orders_[record.id] = order;
        const std::uint32_t slot = slot_of(order);
        if (slot >= one.flow_ids.size()) [[unlikely]] {
            one.flow_ids.resize(std::size_t{slot} * 5 / 4 + 64);
        }
        one.flow_ids[slot] = record.id;
        if (!fills_.empty()) {
            for (const Fill& fill : fills_) {
                tape.add(one.flow_ids[slot_of(fill.maker_order)],
                         record.id,
                         static_cast<std::uint64_t>(fill.price.raw()),
                         static_cast<std::uint64_t>(fill.qty.raw()));
            }
            fills_.clear();
        }
    }

    // Records still to come, so that what they need is in the cache by then: first the id that goes
    // with the record's order, then the order, then its neighbours and its level. An order not
    // added yet has id 0.
    [[gnu::always_inline]] inline void look_ahead(const FlowRecord& far,
                                                  const FlowRecord& near,
                                                  const FlowRecord& nearest) {
        __builtin_prefetch(&orders_[far.id], 1);
        books_[near.symbol].book.prefetch(orders_[near.id]);
        books_[nearest.symbol].book.prefetch_around(orders_[nearest.id],
                                                    Ticks::from_raw(nearest.price));
    }

    [[nodiscard]] std::uint64_t resting() const {
        std::uint64_t sum = 0;
        for (const OneBook& one : books_) {
            sum += one.book.live_orders();
        }
        return sum;
    }

  private:
    struct OneBook {
        Book book;
        std::pmr::vector<std::uint32_t> flow_ids;  // by the low half of the order id
    };
    static std::uint32_t slot_of(OrderId id) { return static_cast<std::uint32_t>(id.raw()); }

    std::pmr::monotonic_buffer_resource memory_{huge_page_bytes, huge_pages()};
    std::vector<OneBook> books_;
    BigVector<OrderId> orders_;  // by flow id
    std::vector<Fill> fills_;
    Command command_;
};

[[nodiscard]] std::expected<Flow, Error> read_flow(const std::string& file);

// Replays every file and prints one line each: text, or with json one object
// {"file","ops","mops","trades","tape_hash","tape_ok","rss_mb"}. Speed is operations per second of
// CPU time, the median of three replays. Returns the exit code: 0, 4 (file missing or damaged) or 7
// (the trades differ from the expected ones).
int bench_orderflow(std::span<const std::string> files, bool json);

}  // namespace margincall::inline bench
