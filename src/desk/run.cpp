#include "desk/run.hpp"

#include <algorithm>
#include <cmath>

#include "rules/mark_price.hpp"

namespace margincall::inline desk {
namespace {

constexpr std::int64_t steps_of_shock = 1'200;
constexpr std::size_t samples_max = 600;
constexpr double index_depth_within = 0.01;

// Marks are not renewed more often than this.
constexpr Duration shortest_walk = milliseconds(200);
const SimTime never = SimTime::from_ns(INT64_MAX);

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

Duration step_of(const Shock& shock, const StressOptions& options) {
    return options.step.raw() > 0
               ? options.step
               : std::max(seconds(1), Duration::from_raw(shock.length().raw() / steps_of_shock));
}

StressRun::StressRun(const StressStart& start)
    : start_(start),
      market_(start.market()),
      book_(start.book()),
      house_(start.house()),
      perps_(market_.venues.size()),
      depth_(market_.instruments.size()) {
    std::vector<double> depth_of_coin(market_.coins.size(), 0.0);
    for (const StressInstrument& row : market_.instruments) {
        index_weight_.push_back(RestingDepth::depth_within(row.bids, index_depth_within) +
                                RestingDepth::depth_within(row.asks, index_depth_within));
        depth_of_coin[row.instrument.base.raw()] += index_weight_.back();
        perps_[row.instrument.venue.raw()].push_back(row.instrument.id);
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
    step_ = step_of(shock_, options);
    now_ = Duration{};
    house_ = start_.house();
    house_.ledger().set_observer(this);
    engine_ = std::make_unique<LiquidationEngine>(
        market_.venues.size(), instruments, market_.pools.size());
    mark_ = start_.prices().mark;
    mark_before_ = mark_;
    reference_.clear();
    for (const StressCoin& coin : market_.coins) {
        reference_.push_back(coin.price);
    }
    index_ = reference_;
    depth_used_.assign(instruments, 0);
    last_trade_.assign(instruments, 0.0);
    next_last_trade_.assign(instruments, 0.0);
    next_mark_.assign(market_.venues.size(), Duration{});
    batch_at_.assign(market_.venues.size(), never);
    walk_ = step_;
    for (const StressVenue& venue : market_.venues) {
        walk_ = std::min(walk_, std::max(shortest_walk, venue.rules.mark.update));
    }
    account_touched_.assign(book_.accounts.size(), 0);
    unit_bankrupt_.assign(book_.units.size(), 0);
    unit_defaults_.assign(book_.units.size(), 0);
    forced_ = false;
    out_ = StressOutcome{};
    for (std::size_t c = 0; c < market_.coins.size() && options_.detail == Detail::rows; ++c) {
        for (const Side side : {Side::buy, Side::sell}) {
            const AssetId coin = AssetId::of_row(c);
            const auto start = unwind_costs(side_of(coin, side));
            out_.unwind.push_back({.coin = coin, .side = side, .start = start, .worst = start});
        }
    }
    out_.unit_touched.assign(book_.units.size(), 0);
    pools_.assign(market_.pools.size(), PoolState{});
    out_.pools.resize(market_.pools.size());
    for (std::uint32_t p = 0; p < market_.pools.size(); ++p) {
        PoolResult& row = out_.pools[p];
        row.pool = p;
        row.before = row.lowest = pool_equity(p);
    }
    for (const StressInstrument& row : market_.instruments) {
        InstrumentResult result;
        result.instrument = row.instrument.id;
        result.start = result.end = result.lowest = result.highest =
            usd(row.instrument.id, row.mark);
        out_.instruments.push_back(result);
    }
    for (const AccountId account : start_.below()) {
        engine_->enqueue(*this, account);
    }
}

bool StressRun::all_reached() const {
    bool emptied = false;
    bool debt = false;
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        emptied = emptied || pools_[p].emptied;
        debt = debt || house_.bad_debt_of(p).raw() > 0;
    }
    return emptied && debt && !out_.adl.empty();
}

StressOutcome StressRun::run(const Shock& shock, const StressOptions& options) {
    reset(shock, options);
    start_defaults();
    const Duration length = shock_.length();
    const bool at_once = length.raw() == 0;
    const auto open_cases = [&] {
        std::size_t open = 0;
        for (std::size_t v = 0; v < market_.venues.size(); ++v) {
            open += engine_->open_cases(VenueId::of_row(v));
        }
        return open;
    };
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
        quiet = moved || open_cases() > 0 ? 0 : quiet + 1;
        // Two quiet steps: the marks have taken in the last forced trade.
        if (quiet >= 2) {
            break;
        }
        if (now_ >= length + options_.settle) {
            out_.settled = open_cases() == 0;
            break;
        }
    }
    return finish();
}

// Would the marks at the end of the step set anything off? Nothing is changed by asking.
bool StressRun::sets_off(Duration elapsed) {
    for (std::size_t v = 0; v < market_.venues.size(); ++v) {
        if (engine_->open_cases(VenueId::of_row(v)) > 0) {
            return true;
        }
    }
    if (forced_) {
        return true;  // books refill and funds sell in between
    }
    const std::vector<Ticks> there = marks_at(now_ + elapsed);
    std::vector<Money> coins;  // as the house has them, by venue and coin
    for (std::size_t v = 0; v < market_.venues.size(); ++v) {
        const VenueId venue = VenueId::of_row(v);
        for (std::size_t c = 0; c < index_.size(); ++c) {
            coins.push_back(
                Money::from_raw(house_.portfolio_prices(venue).assets[1U + c].index.num));
            house_.set_collateral_price(venue, AssetId::of_row(c), collateral_price_of(index_[c]));
        }
    }
    for (const StressInstrument& row : market_.instruments) {
        house_.set_mark(row.instrument.id, there[row.instrument.id.raw()]);
    }
    const bool due = house_.cross_due();
    for (std::size_t v = 0; v < market_.venues.size(); ++v) {
        for (std::size_t c = 0; c < index_.size(); ++c) {
            house_.set_collateral_price(
                VenueId::of_row(v), AssetId::of_row(c), coins[v * index_.size() + c]);
        }
    }
    for (const StressInstrument& row : market_.instruments) {
        house_.set_mark(row.instrument.id, mark_[row.instrument.id.raw()]);
    }
    return due;
}

void StressRun::step(Duration elapsed) {
    if (elapsed > walk_ && sets_off(elapsed)) {
        for (Duration left = elapsed; left.raw() > 0; left = left - std::min(left, walk_)) {
            walk(std::min(left, walk_));
        }
    } else {
        walk(elapsed);
    }
    look_at_pools();
    sample();
}

void StressRun::walk(Duration elapsed) {
    now_ = now_ + elapsed;
    const double half_life = to_seconds(options_.refill);
    const double share = half_life > 0.0 ? 1.0 - std::exp2(-to_seconds(elapsed) / half_life) : 0.0;
    for (std::size_t i = 0; i < depth_.size(); ++i) {
        if (depth_used_[i] != 0) {
            depth_[i]->refill(share);
        }
    }
    update_marks(elapsed.raw() == 0 ? Venues::all : Venues::due);
    due_.clear();
    house_.pop_due_cross(due_);
    for (const AccountId account : due_) {
        engine_->enqueue(*this, account);
    }
    run_batches();
    if (forced_ && elapsed.raw() > 0) {
        for (std::size_t v = 0; v < market_.venues.size(); ++v) {
            engine_->on_unwind(*this, VenueId::of_row(v), elapsed);
        }
        look_at_pools();
    }
}

// The venues' batches up to now, in order of time, then of venue. Books and marks stand still
// between them, so that a venue's batches of one moment are at most so many as fit.
void StressRun::run_batches() {
    const Duration end = now_;
    while (true) {
        const auto first = std::min_element(batch_at_.begin(), batch_at_.end());
        if (first == batch_at_.end() || *first > SimTime{} + end) {
            break;
        }
        now_ = *first - SimTime{};
        *first = never;
        engine_->on_batch(*this,
                          VenueId::from_raw(static_cast<std::uint16_t>(first - batch_at_.begin())));
    }
    now_ = end;
}

void StressRun::start_defaults() {
    const std::size_t count =
        std::min<std::size_t>(options_.defaults, start_.groups_by_size().size());
    std::vector<std::uint8_t> chosen(book_.groups.size(), 0);
    for (std::size_t k = 0; k < count; ++k) {
        out_.defaults.push_back(start_.groups_by_size()[k]);
        chosen[start_.groups_by_size()[k].group] = 1;
    }
    for (std::uint32_t u = 0; count > 0 && u < book_.units.size(); ++u) {
        if (chosen[book_.accounts[book_.units[u].account].group] != 0 &&
            book_.units[u].positions > 0 && house_.is_open(start_.account(u))) {
            unit_defaults_[u] = 1;
            engine_->enqueue_closing(*this, start_.account(u));
        }
    }
}

// Marks of all instruments at a time, with the books as they are; reference_ and index_ with them.
std::vector<Ticks> StressRun::marks_at(Duration t) {
    for (std::size_t c = 0; c < reference_.size(); ++c) {
        reference_[c] = market_.coins[c].price * shock_.factor(AssetId::of_row(c), t);
    }
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
    }
    return marks;
}

void StressRun::update_marks(Venues venues) {
    last_trade_.swap(next_last_trade_);
    for (std::size_t i = 0; i < last_trade_.size(); ++i) {
        // Kept until the venue's next mark.
        const std::size_t v = market_.instruments[i].instrument.venue.raw();
        if (venues == Venues::due && now_ < next_mark_[v] && last_trade_[i] == 0.0) {
            last_trade_[i] = next_last_trade_[i];
        }
    }
    std::fill(next_last_trade_.begin(), next_last_trade_.end(), 0.0);
    const std::vector<Ticks> marks = marks_at(now_);
    for (std::size_t v = 0; v < market_.venues.size(); ++v) {
        const VenueId venue = VenueId::of_row(v);
        if (venues == Venues::due && now_ < next_mark_[v]) {
            continue;
        }
        const Duration every = std::max(shortest_walk, market_.venues[v].rules.mark.update);
        next_mark_[v] = Duration::from_raw((now_.raw() / every.raw() + 1) * every.raw());
        for (const InstrumentId id : perps_[v]) {
            const std::uint32_t i = id.raw();
            mark_before_[i] = mark_[i];
            mark_[i] = marks[i];
            house_.set_mark(id, marks[i]);
            if (depth_used_[i] != 0) {
                depth_[i]->set_reference(reference(id));
            }
            InstrumentResult& result = out_.instruments[i];
            const double shown = usd(id, marks[i]);
            result.end = shown;
            result.lowest = std::min(result.lowest, shown);
            result.highest = std::max(result.highest, shown);
            result.reference_end = reference(id);
            const double impact = shown / result.reference_end - 1.0;
            result.impact_down = std::min(result.impact_down, impact);
            result.impact_up = std::max(result.impact_up, impact);
        }
        for (std::size_t c = 0; c < index_.size(); ++c) {
            house_.set_collateral_price(venue, AssetId::of_row(c), collateral_price_of(index_[c]));
        }
    }
}

RestingDepth& StressRun::depth(InstrumentId i) {
    std::unique_ptr<RestingDepth>& book = depth_[i.raw()];
    if (depth_used_[i.raw()] == 0) {
        const StressInstrument& spec = market_.at(i);
        if (book == nullptr) {
            book = std::make_unique<RestingDepth>(spec, usd(i, spec.mark));
        }
        book->fill_up();
        book->set_reference(reference(i));
        depth_used_[i.raw()] = 1;
    }
    return *book;
}

Ticks StressRun::best(InstrumentId i, Side side) const {
    return const_cast<StressRun*>(this)->depth(i).best(side);
}

std::span<const Fill> StressRun::send_now(const Command& order) {
    fills_.clear();
    if (order.kind != CommandKind::add) {
        return {};  // the accounts of a book have no orders that could be cancelled
    }
    const InstrumentId i = order.instrument;
    for (Fill fill : depth(i).take(order.side, order.qty, order.price, order.tif, order.account)) {
        fill.maker = start_.maker(market_.at(i).instrument.venue);
        fill.taker_cause = order.cause;
        house_.settle(fill);
        const double value = to_usd(notional(market_.at(i).instrument, fill.price, fill.qty));
        if (start_.unit_of(order.account) < 0) {
            out_.pools[market_.at(i).pool].unwound += value;
            out_.instruments[i.raw()].unwound += value;
        }
        next_last_trade_[i.raw()] = usd(i, fill.price);
        ++out_.instruments[i.raw()].fills;
        fills_.push_back(fill);
    }
    return fills_;
}

void StressRun::touch(std::uint32_t unit) {
    forced_ = true;
    out_.unit_touched[unit] = 1;
    std::uint8_t& account = account_touched_[book_.units[unit].account];
    out_.accounts_liquidated += account == 0 ? 1U : 0U;
    account = 1;
}

void StressRun::record(const LiquidationRecord& r) {
    const auto i = InstrumentId::from_raw(r.instrument);
    const std::int64_t unit = start_.unit_of(AccountId::from_raw(r.account));
    const auto kind = static_cast<LiquidationKind>(r.kind);
    CHECK(unit >= 0);
    touch(static_cast<std::uint32_t>(unit));
    LiquidationRow row;
    row.time_s = to_seconds(now_);
    row.unit = static_cast<std::uint32_t>(unit);
    row.instrument = i;
    row.side = r.was_long != 0 ? Side::buy : Side::sell;
    row.by = kind == LiquidationKind::book  ? ClosedBy::book
             : kind == LiquidationKind::adl ? ClosedBy::adl
                                            : ClosedBy::takeover;
    row.coins = r.qty;
    row.price = r.price;
    row.mark = usd(i, mark(i));
    row.bankruptcy = r.bankruptcy_price;
    row.notional = row.coins * (row.by == ClosedBy::book ? row.price : row.mark);
    row.fee = r.fee_usd;
    row.equity_before = r.equity_usd;
    row.by_default = unit_defaults_[row.unit] != 0;
    InstrumentResult& result = out_.instruments[r.instrument];
    PoolResult& pool = out_.pools[market_.at(i).pool];
    switch (kind) {
        case LiquidationKind::book:
            row.slippage =
                (reference(i) - row.price) * static_cast<double>(sign(row.side)) * row.coins;
            result.book += row.notional;
            result.slippage += row.slippage;
            out_.in_book += row.notional;
            out_.slippage += row.slippage;
            break;
        case LiquidationKind::no_counterparty:
            pool.no_counterparty += row.notional;
            result.no_counterparty += row.notional;
            [[fallthrough]];
        case LiquidationKind::takeover:
            result.takeover += row.notional;
            out_.taken_over += row.notional;
            pool.taken_over += row.notional;
            break;
        case LiquidationKind::adl:
            result.adl += row.notional;
            out_.by_adl += row.notional;
            break;
    }
    if ((kind == LiquidationKind::adl || kind == LiquidationKind::no_counterparty) &&
        house_.rules(market_.at(i).instrument.venue).liquidation.takeover ==
            TakeoverMethod::fund_at_bankruptcy &&
        house_.cash(house_.fund_of(i)) > Money{}) {
        pool.past_cap += row.notional;
    }
    if (kind != LiquidationKind::book) {
        out_.units_bankrupt += unit_bankrupt_[row.unit] == 0 ? 1U : 0U;
        unit_bankrupt_[row.unit] = 1;
    }
    (row.side == Side::buy ? out_.liquidated_long : out_.liquidated_short) += row.notional;
    if (options_.detail == Detail::rows) {
        out_.liquidations.push_back(row);
    }
}

void StressRun::record(const AdlRecord& r) {
    const auto i = InstrumentId::from_raw(r.instrument);
    forced_ = true;
    AdlRow row;
    row.time_s = to_seconds(now_);
    row.rank = r.rank;
    row.unit = static_cast<std::uint32_t>(start_.unit_of(AccountId::from_raw(r.account)));
    row.against_unit = start_.unit_of(AccountId::from_raw(r.against));
    row.instrument = i;
    row.side = r.was_long != 0 ? Side::buy : Side::sell;
    row.coins = r.qty;
    row.price = r.price;
    row.mark = usd(i, mark(i));
    row.score = r.score;
    row.leverage = r.leverage;
    row.needed = r.needed_usd;
    row.profit =
        r.upnl_usd + static_cast<double>(sign(row.side)) * (row.price - row.mark) * row.coins;
    out_.pools[market_.at(i).pool].adl += row.coins * row.price;
    out_.adl.push_back(row);
}

// What the pools receive and pay, by reason.
void StressRun::on_posting(const Posting& posting) {
    if (observer_ != nullptr) {
        observer_->on_posting(posting);
    }
    if (posting.asset != 0) {
        return;
    }
    const bool in = posting.reason == Reason::liquidation_fee || posting.reason == Reason::takeover;
    if (!in && posting.reason != Reason::shortfall) {
        return;
    }
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        if (house_.cash_ledger(house_.fund_account(p)) != (in ? posting.to : posting.from)) {
            continue;
        }
        PoolResult& row = out_.pools[p];
        (posting.reason == Reason::shortfall  ? row.shortfall
         : posting.reason == Reason::takeover ? row.margin_taken
                                              : row.fees) += to_usd(to_money(posting.amount));
    }
}

void StressRun::look_at_pools() {
    for (std::uint32_t p = 0; p < pools_.size(); ++p) {
        PoolResult& row = out_.pools[p];
        const double equity = pool_equity(p);
        if (std::max(equity, 0.0) < row.lowest) {
            row.lowest = std::max(equity, 0.0);
            row.lowest_time_s = to_seconds(now_);
        }
        if (row.before > 0.0 && !pools_[p].emptied &&
            (equity <= 0.0 || house_.bad_debt_of(p) > Money{})) {
            pools_[p].emptied = true;
            row.lowest = 0.0;
            row.emptied_time_s = to_seconds(now_);
        }
    }
}

// All venues of a coin together, with what forced orders have left of them.
DepthSide StressRun::side_of(AssetId coin, Side side) const {
    std::vector<DepthSide> sides;
    for (const StressInstrument& inst : market_.instruments) {
        const std::uint32_t i = inst.instrument.id.raw();
        if (inst.instrument.base == coin) {
            sides.push_back(depth_used_[i] != 0 ? depth_[i]->left(side)
                            : side == Side::buy ? inst.bids
                                                : inst.asks);
        }
    }
    return joined(sides);
}

// Keeps what closing costs where the books of a coin are further away than they ever were.
void StressRun::look_at_books() {
    std::vector<double> displaced(market_.coins.size(), 0.0);
    for (const StressInstrument& inst : market_.instruments) {
        const std::uint32_t i = inst.instrument.id.raw();
        if (depth_used_[i] != 0) {
            displaced[inst.instrument.base.raw()] += index_weight_[i] * depth_[i]->displacement();
        }
    }
    for (UnwindCost& row : out_.unwind) {
        const double here = displaced[row.coin.raw()];
        if (std::fabs(here) > std::fabs(row.worst_displacement)) {
            row.worst_displacement = here;
            row.worst_time_s = to_seconds(now_);
            row.worst = unwind_costs(side_of(row.coin, row.side));
        }
    }
}

void StressRun::sample() {
    if (options_.detail == Detail::totals) {
        return;
    }
    look_at_books();
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
        row.bad_debt = to_usd(house_.bad_debt_of(p));
        for (const StressInstrument& spec : market_.instruments) {
            if (spec.pool == p) {
                const InstrumentId i = spec.instrument.id;
                const Lots held = house_.position(house_.fund_account(p), i);
                row.held += std::fabs(static_cast<double>(held.raw())) * spec.instrument.lot_base *
                            usd(i, mark(i));
            }
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
    // A search runs hundreds of stresses: of each the sums, of those that are shown everything.
    if (options_.detail == Detail::rows) {
        check_clearing(house_);
    } else {
        check_ledger(house_.ledger());
    }
    for (std::size_t v = 0; v < market_.venues.size(); ++v) {
        out_.engine_steps.push_back(engine_->steps(VenueId::of_row(v)));
    }
    out_.postings = house_.ledger().postings();
    out_.digest = house_.ledger().digest();
    return std::move(out_);
}

}  // namespace margincall::inline desk
