// `margincall bench clearing FILE... --accounts N`: a recorded order flow through the whole order
// path, matching and clearing, beside matching alone in the same run. Order k belongs to account k
// mod N; the accounts are cross accounts with deposits so large that nothing is refused or
// liquidated, and self-trade prevention is off, so that the trades must be those written in the
// file. A second row is the path of a venue that cannot know what comes: orders are named by ids
// that their senders chose, and nothing is looked ahead.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/big_vector.hpp"
#include "bench/bench_orderflow.hpp"
#include "clearing/order_gateway.hpp"

namespace margincall::inline bench {

// Handles of live orders by the ids that their senders chose: any 64 bits, unique among the live
// ones of a sender. Looked up, never walked.
class ClientIds {
  public:
    void add(std::uint64_t id, OrderId order) { handles_[id] = order; }
    // Invalid: there is no such order.
    [[nodiscard]] OrderId find(std::uint64_t id) const {
        const auto at = handles_.find(id);
        return at == handles_.end() ? OrderId{} : at->second;
    }
    void erase(std::uint64_t id) { handles_.erase(id); }
    [[nodiscard]] std::size_t size() const { return handles_.size(); }

  private:
    boost::unordered_flat_map<std::uint64_t, OrderId> handles_;
};

// The order path of a venue under a recorded flow: one perpetual per symbol.
class ClearingReplay {
  public:
    ClearingReplay(const FlowHeader& header, std::uint32_t accounts);

    void apply(const FlowRecord& record, Tape& tape);
    // The same, with orders named by client ids.
    void apply_by_client_id(const FlowRecord& record, Tape& tape);
    // How many records from `next` on look_ahead may read.
    static constexpr std::ptrdiff_t records_ahead = 64;
    // Records still to come, so that what they need is in the cache by then.
    [[gnu::always_inline]] inline void look_ahead(const FlowRecord* next) {
        constexpr std::ptrdiff_t place = 48;
        constexpr std::ptrdiff_t far = 32;
        constexpr std::ptrdiff_t near = 16;
        constexpr std::ptrdiff_t nearest = 6;
        __builtin_prefetch(next + 2 * records_ahead);
        house_->prefetch_place(account_of(next[place]));
        __builtin_prefetch(&orders_[next[far].id], 1);
        house_->prefetch_account(account_of(next[far]));
        const InstrumentId i = InstrumentId::from_raw(next[near].symbol);
        books_[i.raw()].prefetch(orders_[next[near].id]);
        gateway_->prefetch(i, orders_[next[near].id]);
        books_[next[nearest].symbol].prefetch_around(orders_[next[nearest].id],
                                                     Ticks::from_raw(next[nearest].price));
        if (next[near].kind == FlowKind::take) {
            house_->prefetch_cell(account_of(next[near]), i);
        }
        if (next[nearest].kind == FlowKind::take) {
            house_->prefetch_position(account_of(next[nearest]),
                                      InstrumentId::from_raw(next[nearest].symbol));
        }
    }
    // Takes the last trades as marks and looks at every account that they concern. Returns how many
    // are liquidatable.
    std::size_t update_marks();

    [[nodiscard]] std::uint64_t resting() const;
    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    [[nodiscard]] const ClearingHouse& house() const { return *house_; }
    // Sum over all ledger assets of the sum of all balances; 0 when nothing was made or lost.
    [[nodiscard]] std::int64_t ledger_sum() const;
    // CHECKs books, order margin, positions and ledger. Walks everything.
    void check() const;

  private:
    // As a sender could choose it: all over the 64 bits.
    static std::uint64_t client_id(std::uint32_t flow_id) {
        return flow_id * std::uint64_t{0x9E37'79B9'7F4A'7C15};
    }
    void cancel(const FlowRecord& record, OrderId order);
    // The order left after the fills are on the tape; f(id) for each maker that is done.
    template <class F>
    AddResult add(const FlowRecord& record, Tape& tape, F&& maker_done);
    [[nodiscard]] AccountId account_of(const FlowRecord& record) const {
        return AccountId::from_raw(first_account_ + record.id % accounts_);
    }
    static std::uint32_t slot_of(OrderId id) { return static_cast<std::uint32_t>(id.raw()); }

    std::uint32_t accounts_;
    std::uint32_t first_account_ = 0;
    std::unique_ptr<ClearingHouse> house_;
    std::vector<OrderBook> books_;
    std::unique_ptr<OrderGateway> gateway_;
    std::vector<BigVector<std::uint32_t>> flow_ids_;  // [symbol][slot of the order]
    BigVector<OrderId> orders_;                       // by flow id
    ClientIds client_ids_;
    std::vector<Ticks> last_;  // by symbol
    std::vector<AccountId> due_;
    Command command_;
    std::uint64_t refused_ = 0;
};

// Prints one line a file: text, or with json one object {"file","ops","accounts","mops",
// "matching_mops","ratio","client_id_mops","trades","tape_hash","tape_ok","ledger_sum","rss_mb"}.
// Speeds are medians of three replays each, in CPU time. Returns the exit code: 0, 4 (file missing
// or damaged) or 7 (another tape, an order refused, or money not conserved).
int bench_clearing(std::span<const std::string> files, std::uint32_t accounts, bool json);

}  // namespace margincall::inline bench
