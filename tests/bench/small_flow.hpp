// A small recorded flow over three symbols; its result is what the plain book makes of it.
#pragma once

#include <vector>

#include "base/random.hpp"
#include "bench/bench_orderflow.hpp"
#include "book/map_book.hpp"

namespace margincall::test {

inline constexpr std::uint64_t flow_magic = 0x0032'3057'4F4C'464FULL;  // "OFLOW02" and a zero

inline Flow small_flow() {
    Flow flow;
    flow.header.magic = flow_magic;
    flow.header.n_warm = 60;
    flow.header.n_ops = 2'000;
    flow.header.n_symbols = 3;
    Rng rng{11, 12, Purpose::test};
    const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(rng.below(n)); };
    std::uint32_t id = 0;
    std::vector<FlowRecord> sent;
    for (std::uint64_t k = 0; k < flow.header.n_warm + flow.header.n_ops; ++k) {
        FlowRecord record{};
        if (k >= flow.header.n_warm && below(10) < 4) {
            record = sent[below(sent.size())];  // perhaps long gone
            record.kind = FlowKind::cancel;
        } else {
            record.id = ++id;
            record.symbol = static_cast<std::uint16_t>(below(3));
            record.side = static_cast<std::uint8_t>(below(2));
            const bool takes = k >= flow.header.n_warm && below(5) == 0;
            record.kind = takes ? FlowKind::take : FlowKind::add;
            const std::uint32_t away = takes ? 0 : 1 + below(20);
            record.price = record.side == 0 ? 5'000 - away : 5'000 + away;
            record.qty = 1 + below(100);
            sent.push_back(record);
        }
        flow.records.push_back(record);
    }
    flow.header.id_max = id;
    FlowReplay<MapBook> plain{flow.header};
    Tape tape;
    for (const FlowRecord& record : flow.records) {
        plain.apply(record, tape);
    }
    flow.header.trades = tape.trades;
    flow.header.volume = tape.volume;
    flow.header.notional = tape.notional;
    flow.header.tape_hash = tape.hash;
    flow.header.resting = plain.resting();
    return flow;
}

}  // namespace margincall::test
