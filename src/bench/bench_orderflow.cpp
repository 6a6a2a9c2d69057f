#include "bench/bench_orderflow.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/exit_code.hpp"
#include "base/json_text.hpp"
#include "bench/bench_clock.hpp"

namespace margincall::inline bench {

namespace {

// How many records ahead the three steps of FlowReplay::look_ahead work.
constexpr std::ptrdiff_t look_ahead_far = 32;
constexpr std::ptrdiff_t look_ahead_near = 16;
constexpr std::ptrdiff_t look_ahead_nearest = 6;

// Each is a book of its own, and a header that asks for tens of thousands asks for gigabytes.
constexpr std::uint32_t symbols_max = 4096;

Error bad(const std::string& file, std::string message, std::string hint) {
    Error error;
    error.file = file;
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

// What is wrong with a flow's content, or nothing.
std::string fault_of(const Flow& flow) {
    const FlowHeader& h = flow.header;
    if (h.n_symbols == 0 || h.n_symbols > symbols_max || h.id_max > h.n_warm + h.n_ops) {
        return fmt::format("impossible header: {} symbols, highest id {}", h.n_symbols, h.id_max);
    }
    for (std::size_t k = 0; k < flow.records.size(); ++k) {
        const FlowRecord& r = flow.records[k];
        if (r.kind == FlowKind::exec) {
            return fmt::format("record {} is an execution: this is a feed file", k);
        }
        if (r.kind > FlowKind::exec || r.side > 1 || r.symbol >= h.n_symbols || r.id > h.id_max ||
            r.price > FlowReplay<OrderBook>::price_max ||
            (r.kind != FlowKind::cancel && (r.price == 0 || r.qty == 0))) {
            return fmt::format("record {} is out of range", k);
        }
    }
    return {};
}

struct Outcome {
    Tape tape;
    std::uint64_t resting = 0;
    double seconds = 0.0;  // CPU time of the timed part
};

Outcome replay(const Flow& flow) {
    const auto books = std::make_unique<FlowReplay<OrderBook>>(flow.header);
    Outcome outcome;
    const FlowRecord* const warm_end = flow.records.data() + flow.header.n_warm;
    const FlowRecord* const end = flow.records.data() + flow.records.size();
    for (const FlowRecord* record = flow.records.data(); record != warm_end; ++record) {
        books->apply(*record, outcome.tape);
    }
    const double start = cpu_seconds();
    const FlowRecord* record = warm_end;
    for (; end - record > look_ahead_far; ++record) {
        books->look_ahead(
            record[look_ahead_far], record[look_ahead_near], record[look_ahead_nearest]);
        books->apply(*record, outcome.tape);
    }
    for (; record != end; ++record) {
        books->apply(*record, outcome.tape);
    }
    outcome.seconds = cpu_seconds() - start;
    outcome.resting = books->resting();
    return outcome;
}

void print_error(const Error& error) {
    fmt::print(stderr, "{}: {}\n   help: {}\n", error.file, error.message, error.hint);
}

}  // namespace

std::expected<Flow, Error> read_flow(const std::string& file) {
    static_assert(std::endian::native == std::endian::little, "flow files are read as they lie");
    const char* const make_one =
        "give files in the OFLOW02 format, as the workload's generator writes them";
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(file, failure);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> in{std::fopen(file.c_str(), "rb"),
                                                       &std::fclose};
    if (failure || in == nullptr) {
        return std::unexpected(bad(file, "cannot be read", make_one));
    }
    Flow flow;
    constexpr std::array<char, 8> magic = {'O', 'F', 'L', 'O', 'W', '0', '2', '\0'};
    if (size < sizeof(FlowHeader) ||
        std::fread(&flow.header, sizeof(FlowHeader), 1, in.get()) != 1 ||
        flow.header.magic != std::bit_cast<std::uint64_t>(magic)) {
        return std::unexpected(bad(file, "is not an order flow (no OFLOW02 header)", make_one));
    }
    const std::uintmax_t there = (size - sizeof(FlowHeader)) / sizeof(FlowRecord);
    const FlowHeader& h = flow.header;
    if (h.n_warm > there || h.n_ops != there - h.n_warm ||
        (size - sizeof(FlowHeader)) % sizeof(FlowRecord) != 0) {
        return std::unexpected(bad(
            file,
            fmt::format("holds {} records where its header says {} + {}", there, h.n_warm, h.n_ops),
            "the file is cut short or damaged; make it again"));
    }
    flow.records.resize(there);
    if (std::fread(flow.records.data(), sizeof(FlowRecord), there, in.get()) != there) {
        return std::unexpected(bad(file, "cannot be read to its end", make_one));
    }
    if (std::string fault = fault_of(flow); !fault.empty()) {
        return std::unexpected(bad(file, std::move(fault), make_one));
    }
    return flow;
}

int bench_orderflow(std::span<const std::string> files, bool json) {
    ExitCode exit_code = ExitCode::done;
    for (const std::string& file : files) {
        const std::expected<Flow, Error> flow = read_flow(file);
        if (!flow) {
            print_error(flow.error());
            return static_cast<int>(ExitCode::input);
        }
        const FlowHeader& h = flow->header;
        std::array<double, replays> seconds{};
        Outcome last;
        bool tape_ok = true;
        for (double& s : seconds) {
            last = replay(*flow);
            s = last.seconds;
            tape_ok = tape_ok && last.tape.trades == h.trades && last.tape.volume == h.volume &&
                      last.tape.notional == h.notional && last.tape.hash == h.tape_hash &&
                      last.resting == h.resting;
        }
        std::sort(seconds.begin(), seconds.end());
        const double median = std::max(seconds[replays / 2], 1e-9);
        const double mops = static_cast<double>(h.n_ops) / median * 1e-6;
        const std::string name = std::filesystem::path(file).filename().string();
        const std::string hash = fmt::format("{:016x}", last.tape.hash);
        if (json) {
            nlohmann::ordered_json line;
            line["file"] = file;
            line["ops"] = h.n_ops;
            line["mops"] = mops;
            line["trades"] = last.tape.trades;
            line["tape_hash"] = hash;
            line["tape_ok"] = tape_ok;
            line["rss_mb"] = peak_rss_mb();
            fmt::print("{}\n", json_text(line));
        } else {
            fmt::print(
                "{:<16} {} operations, {:.2f} million a second ({:.1f} ns each), {} trades, tape "
                "{} {}, "
                "{:.0f} MB\n",
                name,
                h.n_ops,
                mops,
                1e3 / mops,
                last.tape.trades,
                hash,
                tape_ok ? "as expected" : "DIFFERS",
                peak_rss_mb());
        }
        std::fflush(stdout);
        if (!tape_ok) {
            exit_code = ExitCode::difference;
        }
    }
    return static_cast<int>(exit_code);
}

}  // namespace margincall::inline bench
