#include "desk/run.hpp"

#include <algorithm>
#include <cmath>

#include "rules/mark_price.hpp"

namespace margincall::inline desk {
namespace {

constexpr std::int64_t steps_of_shock = 1'200;
constexpr std::size_t samples_max = 600;
constexpr double index_depth_within = 0.01;

bool later(const StressStart::Watch& a, const StressStart::Watch& b) {
    return b < a;
}

}  // namespace

const char* closed_by_word(ClosedBy by) {
    switch (by) {
        case ClosedBy::book:
            return "book";
        case ClosedBy::takeover:
            return "takeover";
        case ClosedBy::adl:
            return "adl";
    }
    return "";
}

StressRun::StressRun(const StressStart& start)
    : start_(start),
      market_(start.market()),
      book_(start.book()),
      house_(start.house()),
      margins_(market_, book_),
      depth_(market_.instruments.size()),
      instruments_of_pool_(market_.pools.size()) {
    std::vector<double> depth_of_coin(market_.coins.size(), 0.0);
    for (const StressInstrument& row : market_.instruments) {
        index_weight_.push_back(RestingDepth::depth_within(row.bids, index_depth_within) +
                                RestingDepth::depth_within(row.asks, index_depth_within));
        depth_of_coin[row.instrument.base.raw()] += index_weight_.back();
        instruments_of_pool_[row.pool].push_back(row.instrument.id);
    }
    for (const StressInstrument& row : market_.instruments) {
        const double all = depth_of_coin[row.instrument.base.raw()];
        double& weight = index_weight_[row.instrument.id.raw()];
        weight = all > 0.0 ? weight / all : 0.0;
    }
}

void StressRun::reset(const Shock& shock, const StressOptions& options) {
    const std::size_t instruments = market_.instruments.size();
    shock_ = shock;
    shock_.coins.resize(market_.coins.size());
    options_ = options;
    step_ = options.step.raw() > 0
                ? options.step
                : std::max(seconds(1), Duration::from_raw(shock_.length().raw() / steps_of_shock));
    now_ = elapsed_ = Duration{};
    house_ = start_.house();
    house_.set_observer(observer_);
    prices_ = start_.prices();
    mark_before_ = prices_.now().mark;
    reference_.clear();
    for (const StressCoin& coin : market_.coins) {
        reference_.push_back(coin.price);
    }
    index_ = reference_;
    depth_used_.assign(instruments, 0);
    last_trade_.assign(instruments, 0.0);
    next_last_trade_.assign(instruments, 0.0);
    clock_.assign(start_.clocks(), 0.0);
    cursor_.assign(start_.clocks(), 0);
    heap_.resize(start_.clocks());
    watched_at_.assign(book_.units.size(), -1.0);
    for (std::uint32_t clock = 0; clock < start_.clocks(); ++clock) {
        heap_[clock].clear();
        for (const Watch& w : start_.watches(clock)) {
            watched_at_[w.unit] = w.at;
        }
    }
    cases_.clear();
    queues_.assign(2 * instruments, AdlQueue{});
    unwind_carry_.assign(instruments, 0.0);
    account_touched_.assign(book_.accounts.size(), 0);
    out_ = StressOutcome{};
    out_.unit_touched.assign(book_.units.size(), 0);
    pools_.assign(market_.pools.size(), PoolState{});
    out_.pools.resize(market_.pools.size());
    for (std::uint32_t p = 0; p < market_.pools.size(); ++p) {
        PoolResult& row = out_.pools[p];
        row.pool = p;
        row.before = row.lowest = pool_equity(p);
        pools_[p].peak = row.before;
    }
    for (const StressInstrument& row : market_.instruments) {
        InstrumentResult result;
        result.instrument = row.instrument.id;
        result.start = result.end = result.lowest = result.highest =
            usd(row.instrument.id, row.mark);
        out_.instruments.push_back(result);
    }
}

bool StressRun::all_reached() const {
    bool emptied = false;
    bool debt = false;
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        emptied = emptied || pools_[p].emptied;
        debt = debt || house_.bad_debt(p).raw() > 0;
    }
    return emptied && debt && !out_.adl.empty();
}

StressOutcome StressRun::run(const Shock& shock, const StressOptions& options) {
    reset(shock, options);
    start_defaults();
    const Duration length = shock_.length();
    const bool at_once = length.raw() == 0;
    std::int64_t quiet = 0;
    while (true) {
        const double closed_before = out_.in_book + out_.taken_over + out_.by_adl;
        step(out_.steps == 0 && at_once ? Duration{} : step_);
        ++out_.steps;
        if (options_.stop_when_all_reached && all_reached()) {
            out_.settled = false;
            break;
        }
        if (now_ < length) {
            continue;
        }
        const bool moved = closed_before != out_.in_book + out_.taken_over + out_.by_adl;
        quiet = moved || !cases_.empty() ? 0 : quiet + 1;
        // Two quiet steps: the marks have taken in the last forced trade.
        if (quiet >= 2) {
            break;
        }
        if (now_ >= length + options_.settle) {
            out_.settled = cases_.empty();
            break;
        }
    }
    return finish();
}

void StressRun::step(Duration elapsed) {
    now_ = now_ + elapsed;
    elapsed_ = elapsed;
    const double half_life = to_seconds(options_.refill);
    const double share = half_life > 0.0 ? 1.0 - std::exp2(-to_seconds(elapsed) / half_life) : 0.0;
    for (std::size_t c = 0; c < reference_.size(); ++c) {
        reference_[c] = market_.coins[c].price *
                        shock_.factor(AssetId::from_raw(static_cast<std::uint16_t>(c)), now_);
    }
    for (std::size_t i = 0; i < depth_.size(); ++i) {
        if (depth_used_[i] != 0) {
            depth_[i]->refill(share);
        }
    }
    update_marks();
    collect_due();
    // Worst first: the least equity for its requirement; ties by unit.
    std::stable_sort(cases_.begin(), cases_.end(), [](const Case& a, const Case& b) {
        return a.ratio != b.ratio ? a.ratio > b.ratio : a.unit < b.unit;
    });
    update_pools();
    std::size_t kept = 0;
    for (std::size_t k = 0; k < cases_.size(); ++k) {
        Case c = cases_[k];
        if (work(c) == CaseState::open) {
            cases_[kept++] = c;
        }
    }
    cases_.resize(kept);
    deleverage();
    unwind();
    update_pools();
    sample();
}

void StressRun::start_defaults() {
    const std::size_t count =
        std::min<std::size_t>(options_.defaults, start_.groups_by_size().size());
    if (count == 0) {
        return;
    }
    std::vector<std::uint8_t> chosen(book_.groups.size(), 0);
    for (std::size_t k = 0; k < count; ++k) {
        out_.defaults.push_back(start_.groups_by_size()[k]);
        chosen[start_.groups_by_size()[k].group] = 1;
    }
    for (std::uint32_t u = 0; u < book_.units.size(); ++u) {
        if (chosen[book_.accounts[book_.units[u].account].group] != 0 &&
            book_.units[u].positions > 0) {
            open_case(u, margins_.of(house_, u, prices_.now()), true);
        }
    }
}

void StressRun::update_marks() {
    const std::vector<double> index_before = index_;
    mark_before_ = prices_.now().mark;
    std::vector<double> displaced(market_.instruments.size(), 0.0);
    index_ = reference_;
    if (options_.feedback == Feedback::on) {
        for (const StressInstrument& row : market_.instruments) {
            const std::uint32_t i = row.instrument.id.raw();
            if (depth_used_[i] != 0) {
                displaced[i] = depth_[i]->displacement();
                index_[row.instrument.base.raw()] +=
                    reference_[row.instrument.base.raw()] * index_weight_[i] * displaced[i];
            }
        }
    }
    std::vector<Ticks> marks(market_.instruments.size());
    for (const StressInstrument& row : market_.instruments) {
        const std::uint32_t i = row.instrument.id.raw();
        const std::uint16_t coin = row.instrument.base.raw();
        const double undisturbed = reference(row.instrument.id);
        double price = undisturbed;
        if (options_.feedback == Feedback::on) {
            const double mid = price * (1.0 + displaced[i]);
            const double last = last_trade_[i] > 0.0 ? last_trade_[i] : mid;
            price = median_of_available(index_[coin] * (undisturbed / reference_[coin]), mid, last);
        }
        marks[i] =
            quantize_price(price + 0.5 * row.instrument.tick_usd, row.instrument, Round::down)
                .value_or(price < usd(row.instrument.id, Ticks::from_raw(1))
                              ? Ticks::from_raw(1)
                              : row.instrument.price_max);
        if (depth_used_[i] != 0) {
            depth_[i]->set_reference(undisturbed);
        }
        InstrumentResult& result = out_.instruments[i];
        const double shown = usd(row.instrument.id, marks[i]);
        result.end = shown;
        result.lowest = std::min(result.lowest, shown);
        result.highest = std::max(result.highest, shown);
        result.reference_end = undisturbed;
        const double impact = shown / undisturbed - 1.0;
        result.impact_down = std::min(result.impact_down, impact);
        result.impact_up = std::max(result.impact_up, impact);
    }
    last_trade_ = next_last_trade_;
    std::fill(next_last_trade_.begin(), next_last_trade_.end(), 0.0);
    prices_.set(marks, index_);
    advance_clocks(mark_before_, index_before);
}

void StressRun::advance_clocks(const std::vector<Ticks>& before,
                               const std::vector<double>& index_before) {
    double widest = 0.0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const Ticks now = prices_.now().mark[i];
        if (now == before[i]) {
            continue;
        }
        const double move = std::fabs(
            std::log(static_cast<double>(now.raw()) / static_cast<double>(before[i].raw())));
        clock_[i] += move;
        widest = std::max(widest, move);
    }
    for (std::size_t c = 0; c < index_.size(); ++c) {
        if (index_[c] != index_before[c]) {
            widest = std::max(widest, std::fabs(std::log(index_[c] / index_before[c])));
        }
    }
    clock_.back() += widest;
}

void StressRun::collect_due() {
    for (std::uint32_t clock = 0; clock < start_.clocks(); ++clock) {
        const std::vector<Watch>& first = start_.watches(clock);
        std::size_t& at = cursor_[clock];
        while (at < first.size() && first[at].at <= clock_[clock]) {
            const Watch w = first[at++];
            if (watched_at_[w.unit] == w.at) {
                look_at(w.unit);
            }
        }
        std::vector<Watch>& heap = heap_[clock];
        // What is put back now is due later, or at the next move.
        std::vector<Watch> due;
        while (!heap.empty() && heap.front().at <= clock_[clock]) {
            std::pop_heap(heap.begin(), heap.end(), later);
            due.push_back(heap.back());
            heap.pop_back();
        }
        for (const Watch& w : due) {
            if (watched_at_[w.unit] == w.at) {
                look_at(w.unit);
            }
        }
    }
}

void StressRun::look_at(std::uint32_t unit) {
    const PortfolioMargin margin = margins_.of(house_, unit, prices_.now());
    if (margins_.liquidatable_at(unit, margin)) {
        open_case(unit, margin, false);
    } else {
        watch(unit, margin);
    }
}

void StressRun::watch(std::uint32_t unit, const PortfolioMargin& margin) {
    const std::uint32_t clock = start_.clock_of(unit);
    if (margin.maintenance.raw() == 0) {
        watched_at_[unit] = -1.0;  // no position left
        return;
    }
    // A unit so near that no move is safe is looked at when its clock next moves at all.
    const double safe = std::max(1e-12, safe_log_move(margins_, house_, unit, margin, prices_));
    const Watch w{clock_[clock] + safe, unit};
    watched_at_[unit] = w.at;
    heap_[clock].push_back(w);
    std::push_heap(heap_[clock].begin(), heap_[clock].end(), later);
}

void StressRun::open_case(std::uint32_t unit, const PortfolioMargin& margin, bool by_default) {
    watched_at_[unit] = -1.0;
    Case c;
    c.unit = unit;
    c.ratio = margin_ratio(margin);
    c.by_default = by_default;
    c.since = now_;
    cases_.push_back(c);
}

double StressRun::pool_equity(std::uint32_t pool) const {
    double out = to_usd(house_.pool_cash(pool));
    for (const InstrumentId i : instruments_of_pool_[pool]) {
        out += to_usd(house_.unrealised(house_.pool_slot(i), mark(i)));
    }
    for (std::size_t c = 0; c < market_.coins.size(); ++c) {
        const auto coin = AssetId::from_raw(static_cast<std::uint16_t>(c));
        out += static_cast<double>(house_.pool_coins(pool, coin)) /
               static_cast<double>(coin_units) * index_[c];
    }
    return out;
}

void StressRun::sample() {
    if (options_.detail == Detail::totals) {
        return;
    }
    StressSample row;
    row.time_s = to_seconds(now_);
    std::vector<double> sum(market_.coins.size(), 0.0);
    std::vector<double> weight(market_.coins.size(), 0.0);
    for (const StressInstrument& inst : market_.instruments) {
        const std::uint16_t coin = inst.instrument.base.raw();
        const double w = index_weight_[inst.instrument.id.raw()] + 1e-9;
        sum[coin] += w * usd(inst.instrument.id, mark(inst.instrument.id));
        weight[coin] += w;
    }
    row.reference = reference_;
    for (std::size_t c = 0; c < sum.size(); ++c) {
        row.mark.push_back(weight[c] > 0.0 ? sum[c] / weight[c] : reference_[c]);
    }
    row.liquidated_long = out_.liquidated_long;
    row.liquidated_short = out_.liquidated_short;
    row.accounts = out_.accounts_liquidated;
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        row.pool.push_back(pool_equity(p));
    }
    out_.samples.push_back(std::move(row));
}

StressOutcome StressRun::finish() {
    out_.end_s = to_seconds(now_);
    out_.step_s = to_seconds(step_);
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        PoolResult& row = out_.pools[p];
        row.after = pool_equity(p);
        row.lowest = std::min(row.lowest, row.after);
        row.bad_debt = to_usd(house_.bad_debt(p));
        for (const InstrumentId i : instruments_of_pool_[p]) {
            const Lots held = house_.lots(house_.pool_slot(i));
            row.held += std::fabs(static_cast<double>(held.raw())) *
                        market_.at(i).instrument.lot_base * usd(i, mark(i));
        }
        out_.fund_before += row.before;
        out_.fund_lowest += row.lowest;
        out_.fund_after += row.after;
        out_.fund_draw += row.before - row.lowest;
        out_.funds_emptied += pools_[p].emptied ? 1U : 0U;
        out_.fees += row.fees;
        out_.shortfall += row.shortfall;
        out_.bad_debt += row.bad_debt;
    }
    std::vector<std::uint8_t> seen(book_.accounts.size(), 0);
    for (AdlRow& row : out_.adl) {
        const double end = usd(row.instrument, mark(row.instrument));
        row.forgone = static_cast<double>(sign(row.side)) * (end - row.price) * row.coins;
        out_.adl_forgone += row.forgone;
        std::uint8_t& known = seen[book_.units[row.unit].account];
        out_.adl_accounts += known == 0 ? 1U : 0U;
        known = 1;
    }
    if (out_.samples.size() > samples_max) {
        // Every k-th and the last.
        const std::size_t every = out_.samples.size() / samples_max + 1;
        std::vector<StressSample> thin;
        for (std::size_t k = 0; k < out_.samples.size(); ++k) {
            if (k % every == 0 || k + 1 == out_.samples.size()) {
                thin.push_back(std::move(out_.samples[k]));
            }
        }
        out_.samples = std::move(thin);
    }
    check_house(house_);
    out_.postings = house_.ledger().postings();
    out_.digest = house_.ledger().digest();
    return std::move(out_);
}

}  // namespace margincall::inline desk
