// The world's queue: events in one total order (time, phase, sequence).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "base/time.hpp"

namespace margincall::inline sim {

// Who goes first when several things happen at the same nanosecond. Documented order; never an
// accident.
enum class Phase : std::uint8_t {
    exogenous,  // fair value, declared events
    index,      // index prices of all assets
    mark,       // marks of a venue, then its triggers
    funding,
    account,      // top-ups, transfers arriving
    chain,        // a block: calls to lending markets and pools
    liquidation,  // batches, fund unwinding
    command,      // agents' messages reach the venue
    agent,        // agents decide
    sample,       // recording and public samples
};

enum class EventKind : std::uint8_t {
    fair_value,
    scenario_event,  // a: row of Plan::events
    index_tick,
    mark_tick,       // a: venue
    funding_sample,  // a: venue
    funding_settle,  // a: venue
    top_up,          // a: account action
    // A number of its own because digests hold it.
    liquidation_batch = 8,  // a: venue
    fund_unwind,            // a: venue
    packet,                 // a: packet slot
    agent_wake,             // a: agent
    depth_sample,
    sentiment_print,
    bar_sample,
    map_sample,
    chain_block,
    timed_orders,  // good till now
    due_stops,
    halt,    // a: venue; a timed halt begins
    reopen,  // a: instrument
};

struct Event {
    SimTime at;
    std::uint64_t order = 0;  // phase << 56 | sequence
    EventKind kind = EventKind::fair_value;
    std::uint32_t a = 0;
};

// 4-ary min-heap of 24-byte keys: shallower than a binary heap, and its children share a cache
// line.
class EventQueue {
  public:
    void push(SimTime at, Phase phase, EventKind kind, std::uint32_t a) {
        CHECK(at >= now_);
        const std::uint64_t order =
            (std::uint64_t{static_cast<std::uint8_t>(phase)} << 56) | sequence_++;
        heap_.push_back(Event{at, order, kind, a});
        sift_up(heap_.size() - 1);
    }
    // The next event at or before `end`, in order; nothing when there is none.
    [[nodiscard]] std::optional<Event> pop_until(SimTime end) {
        if (heap_.empty() || heap_.front().at > end) {
            return std::nullopt;
        }
        const Event top = heap_.front();
        now_ = top.at;
        const Event last = heap_.back();
        heap_.pop_back();
        if (!heap_.empty()) {
            heap_.front() = last;
            sift_down(0);
        }
        return top;
    }
    [[nodiscard]] std::size_t size() const { return heap_.size(); }
    void reserve(std::size_t n) { heap_.reserve(n); }

  private:
    [[nodiscard]] static bool before(const Event& x, const Event& y) {
        return x.at != y.at ? x.at < y.at : x.order < y.order;
    }
    void sift_up(std::size_t i) {
        const Event moving = heap_[i];
        while (i > 0) {
            const std::size_t parent = (i - 1) / 4;
            if (!before(moving, heap_[parent])) {
                break;
            }
            heap_[i] = heap_[parent];
            i = parent;
        }
        heap_[i] = moving;
    }
    void sift_down(std::size_t i) {
        const Event moving = heap_[i];
        const std::size_t n = heap_.size();
        while (true) {
            const std::size_t first = 4 * i + 1;
            if (first >= n) {
                break;
            }
            std::size_t best = first;
            const std::size_t last = first + 4 < n ? first + 4 : n;
            for (std::size_t c = first + 1; c < last; ++c) {
                if (before(heap_[c], heap_[best])) {
                    best = c;
                }
            }
            if (!before(heap_[best], moving)) {
                break;
            }
            heap_[i] = heap_[best];
            i = best;
        }
        heap_[i] = moving;
    }
    std::vector<Event> heap_;
    std::uint64_t sequence_ = 0;
    SimTime now_;
};

}  // namespace margincall::inline sim
