#include "bench/bench_clearing.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/exit_code.hpp"
#include "base/json_text.hpp"
#include "bench/bench_clock.hpp"
#include "bench/bench_market.hpp"

namespace margincall::inline bench {

namespace {

constexpr std::int64_t price_start = 100'000;
constexpr std::int64_t price_max = (1 << 18) - 1;
constexpr std::uint64_t operations_per_mark = 4096;
constexpr std::int64_t deposit = 1'000'000'000 * micro_per_usd;
constexpr std::int64_t leverage_e2 = 1000;

Instrument instrument_of(std::uint32_t symbol) {
    Instrument inst;
    inst.id = InstrumentId::from_raw(symbol);
    inst.venue = VenueId::from_raw(0);
    inst.base = AssetId::from_raw(0);
    inst.kind = InstrumentKind::linear_perp;
    inst.tick_value = Money::from_raw(1'000);  // a lot is worth 100 USD where the flow starts
    inst.tick_usd = 0.1;
    inst.lot_base = 0.01;
    inst.price_max = Ticks::from_raw(price_max);
    inst.qty_max = Lots::from_raw(UINT32_MAX);
    return inst;
}

ClearingConfig config_of(const FlowHeader& header) {
    ClearingConfig config;
    for (std::uint32_t k = 0; k < header.n_symbols; ++k) {
        config.instruments.push_back(instrument_of(k));
        config.tiers.push_back(bench_tiers());
    }
    config.venues.emplace_back();
    config.assets = 1;
    return config;
}

struct Timed {
    Tape tape;
    std::uint64_t resting = 0;
    double seconds = 0.0;  // CPU time of the timed part

    [[nodiscard]] bool agrees(const FlowHeader& h) const {
        return tape.trades == h.trades && tape.volume == h.volume && tape.notional == h.notional &&
               tape.hash == h.tape_hash && resting == h.resting;
    }
};

// Matching alone, as bench orderflow drives it.
class MatchingAlone {
  public:
    explicit MatchingAlone(const FlowHeader& header)
        : books_(std::make_unique<FlowReplay<OrderBook>>(header)) {}
    static constexpr std::ptrdiff_t records_ahead = 33;
    [[gnu::always_inline]] inline void look_ahead(const FlowRecord* next) {
        books_->look_ahead(next[32], next[16], next[6]);
    }
    [[gnu::always_inline]] inline void apply(const FlowRecord& record, Tape& tape) {
        books_->apply(record, tape);
    }
    [[nodiscard]] std::uint64_t resting() const { return books_->resting(); }

  private:
    std::unique_ptr<FlowReplay<OrderBook>> books_;
};

// The order path as a venue runs it: by client ids, without look-ahead.
class ByClientId {
  public:
    explicit ByClientId(ClearingReplay& path) : path_(path) {}
    static constexpr std::ptrdiff_t records_ahead = PTRDIFF_MAX;  // none
    void look_ahead(const FlowRecord* /*next*/) {}
    void apply(const FlowRecord& record, Tape& tape) { path_.apply_by_client_id(record, tape); }
    [[nodiscard]] std::uint64_t resting() const { return path_.resting(); }

  private:
    ClearingReplay& path_;
};

// f after every `operations_per_mark` operations of the timed part.
template <class Replay, class F>
Timed replay(const Flow& flow, Replay& path, F&& mark) {
    Timed out;
    const FlowRecord* const warm_end = flow.records.data() + flow.header.n_warm;
    const FlowRecord* const end = flow.records.data() + flow.records.size();
    for (const FlowRecord* record = flow.records.data(); record != warm_end; ++record) {
        path.apply(*record, out.tape);
    }
    std::uint64_t operations = 0;
    const double start = cpu_seconds();
    for (const FlowRecord* record = warm_end; record != end; ++record) {
        if (end - record >= Replay::records_ahead) {
            path.look_ahead(record);
        }
        path.apply(*record, out.tape);
        if (++operations % operations_per_mark == 0) {
            mark();
        }
    }
    out.seconds = cpu_seconds() - start;
    out.resting = path.resting();
    return out;
}

struct Result {
    double mops = 0.0, matching_mops = 0.0, client_id_mops = 0.0;
    Tape tape;
    bool tape_ok = true;
    std::uint64_t refused = 0, liquidatable = 0;
    std::int64_t ledger_sum = 0;
};

Result measure(const Flow& flow, std::uint32_t accounts) {
    Result result;
    std::array<double, replays> seconds{};
    std::array<double, replays> matching{};
    std::array<double, replays> by_client_id{};
    for (std::size_t n = 0; n < replays; ++n) {
        {
            MatchingAlone books{flow.header};
            const Timed alone = replay(flow, books, [] {});
            matching[n] = alone.seconds;
            result.tape_ok = result.tape_ok && alone.agrees(flow.header);
        }
        const auto through = [&](auto make_path) {
            const auto clearing = std::make_unique<ClearingReplay>(flow.header, accounts);
            auto&& path = make_path(*clearing);
            const Timed cleared =
                replay(flow, path, [&] { result.liquidatable += clearing->update_marks(); });
            result.tape = cleared.tape;
            result.tape_ok = result.tape_ok && cleared.agrees(flow.header);
            result.refused += clearing->refused();
            result.ledger_sum = clearing->ledger_sum();
            if (n + 1 == replays) {
                clearing->check();
            }
            return cleared.seconds;
        };
        seconds[n] = through([](ClearingReplay& path) -> ClearingReplay& { return path; });
        by_client_id[n] = through([](ClearingReplay& path) { return ByClientId{path}; });
    }
    const auto mops = [&](std::array<double, replays>& times) {
        std::sort(times.begin(), times.end());
        return static_cast<double>(flow.header.n_ops) * 1e-6 / std::max(times[replays / 2], 1e-9);
    };
    result.mops = mops(seconds);
    result.matching_mops = mops(matching);
    result.client_id_mops = mops(by_client_id);
    return result;
}

}  // namespace

ClearingReplay::ClearingReplay(const FlowHeader& header, std::uint32_t accounts)
    : accounts_(accounts),
      house_(std::make_unique<ClearingHouse>(config_of(header), 0)),
      orders_(header.id_max + 1, OrderId::from_raw(0)),
      last_(header.n_symbols, Ticks::from_raw(price_start)) {
    house_->reserve_cross(accounts, accounts);
    // One book: the contract account of each trader lies beside their cash from the start.
    std::vector<InstrumentId> at_once;
    if (header.n_symbols == 1) {
        at_once.push_back(InstrumentId::from_raw(0));
    }
    for (std::uint32_t k = 0; k < accounts; ++k) {
        const AccountId account = house_->open_cross(VenueId::from_raw(0), leverage_e2, 1, at_once);
        first_account_ = k == 0 ? account.raw() : first_account_;
        house_->deposit(account, Money::from_raw(deposit), Reason::deposit);
    }
    const std::uint64_t orders_hint = header.n_warm / header.n_symbols * 5 / 4 + 64;
    books_.reserve(header.n_symbols);
    for (std::uint32_t k = 0; k < header.n_symbols; ++k) {
        books_.emplace_back(BookConfig{.instrument = InstrumentId::from_raw(k),
                                       .price_max = Ticks::from_raw(price_max),
                                       .qty_max = Lots::from_raw(UINT32_MAX),
                                       .price_hint = Ticks::from_raw(price_start),
                                       .orders_hint = static_cast<std::uint32_t>(orders_hint),
                                       .stp = SelfTradePrevention::none});
        house_->set_mark(InstrumentId::from_raw(k), Ticks::from_raw(price_start));
    }
    gateway_ = std::make_unique<OrderGateway>(*house_, books_);
    for (std::uint32_t k = 0; k < header.n_symbols; ++k) {
        gateway_->reserve(InstrumentId::from_raw(k), orders_hint);
        flow_ids_.emplace_back(orders_hint, 0);
    }
    (void)update_marks();
}

void ClearingReplay::cancel(const FlowRecord& record, OrderId order) {
    command_.instrument = InstrumentId::from_raw(record.symbol);
    command_.account = account_of(record);
    command_.kind = CommandKind::cancel;
    command_.order = order;
    (void)gateway_->execute(command_);
}

template <class F>
inline AddResult ClearingReplay::add(const FlowRecord& record, Tape& tape, F&& maker_done) {
    Command& command = command_;
    command.instrument = InstrumentId::from_raw(record.symbol);
    command.account = account_of(record);
    command.kind = CommandKind::add;
    command.side = record.side == 0 ? Side::buy : Side::sell;
    command.order = books_[record.symbol].reserve();
    command.price = Ticks::from_raw(record.price);
    command.qty = Lots::from_raw(record.qty);
    BigVector<std::uint32_t>& flow_ids = flow_ids_[record.symbol];
    const std::uint32_t slot = slot_of(command.order);
    if (slot >= flow_ids.size()) [[unlikely]] {
        flow_ids.resize(std::size_t{slot} * 5 / 4 + 64);
    }
    flow_ids[slot] = record.id;
    const AddResult result = gateway_->execute(command);
    if (result.reject != Reject::none) {
        ++refused_;
    }
    for (const Fill& fill : gateway_->fills()) {
        const std::uint32_t maker = flow_ids[slot_of(fill.maker_order)];
        tape.add(maker,
                 record.id,
                 static_cast<std::uint64_t>(fill.price.raw()),
                 static_cast<std::uint64_t>(fill.qty.raw()));
        last_[record.symbol] = fill.price;
        if (fill.maker_left.raw() == 0) {
            maker_done(maker);
        }
    }
    return result;
}

void ClearingReplay::apply(const FlowRecord& record, Tape& tape) {
    if (record.kind == FlowKind::cancel) {
        cancel(record, orders_[record.id]);
        return;
    }
    orders_[record.id] = add(record, tape, [](std::uint32_t) {}).order;
}

void ClearingReplay::apply_by_client_id(const FlowRecord& record, Tape& tape) {
    if (record.kind == FlowKind::cancel) {
        cancel(record, client_ids_.find(client_id(record.id)));
        client_ids_.erase(client_id(record.id));
        return;
    }
    const AddResult result =
        add(record, tape, [&](std::uint32_t maker) { client_ids_.erase(client_id(maker)); });
    if (result.resting.raw() > 0) {
        client_ids_.add(client_id(record.id), result.order);
    }
}

std::size_t ClearingReplay::update_marks() {
    for (std::uint32_t k = 0; k < last_.size(); ++k) {
        house_->set_mark(InstrumentId::from_raw(k), last_[k]);
    }
    due_.clear();
    house_->pop_due_cross(due_);
    return due_.size();
}

std::uint64_t ClearingReplay::resting() const {
    std::uint64_t sum = 0;
    for (const OrderBook& book : books_) {
        sum += book.live_orders();
    }
    return sum;
}

std::int64_t ClearingReplay::ledger_sum() const {
    i128 sum = 0;
    for (const Amount asset : ledger_sums(house_->ledger())) {
        sum += asset.raw() < 0 ? -asset.raw() : asset.raw();
    }
    return narrow_i64(sum);
}

void ClearingReplay::check() const {
    CHECK(client_ids_.size() == 0 || client_ids_.size() == resting());
    for (const OrderBook& book : books_) {
        check_book(book);
    }
    check_order_margin(*gateway_);
    check_clearing(*house_);
}

int bench_clearing(std::span<const std::string> files, std::uint32_t accounts, bool json) {
    ExitCode exit_code = ExitCode::done;
    for (const std::string& file : files) {
        const std::expected<Flow, Error> flow = read_flow(file);
        if (!flow) {
            fmt::print(stderr,
                       "{}: {}\n   help: {}\n",
                       flow.error().file,
                       flow.error().message,
                       flow.error().hint);
            return static_cast<int>(ExitCode::input);
        }
        const Result r = measure(*flow, accounts);
        const std::string hash = fmt::format("{:016x}", r.tape.hash);
        if (json) {
            nlohmann::ordered_json line;
            line["file"] = file;
            line["ops"] = flow->header.n_ops;
            line["accounts"] = accounts;
            line["mops"] = r.mops;
            line["matching_mops"] = r.matching_mops;
            line["ratio"] = r.mops / r.matching_mops;
            line["client_id_mops"] = r.client_id_mops;
            line["trades"] = r.tape.trades;
            line["tape_hash"] = hash;
            line["tape_ok"] = r.tape_ok;
            line["refused"] = r.refused;
            line["liquidatable"] = r.liquidatable;
            line["ledger_sum"] = r.ledger_sum;
            line["rss_mb"] = peak_rss_mb();
            fmt::print("{}\n", json_text(line));
        } else {
            fmt::print(
                "{:<16} {:.2f} million operations a second with clearing, {:.2f} without "
                "({:.2f} of it); {:.2f} by client ids and without look-ahead; tape {} {}, ledger "
                "sum {}\n",
                std::filesystem::path(file).filename().string(),
                r.mops,
                r.matching_mops,
                r.mops / r.matching_mops,
                r.client_id_mops,
                hash,
                r.tape_ok ? "as expected" : "DIFFERS",
                r.ledger_sum);
        }
        std::fflush(stdout);
        if (!r.tape_ok || r.refused != 0 || r.liquidatable != 0 || r.ledger_sum != 0) {
            exit_code = ExitCode::difference;
        }
    }
    return static_cast<int>(exit_code);
}

}  // namespace margincall::inline bench
