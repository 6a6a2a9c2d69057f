// A world stepped by hand (lab/hand_world.hpp), and agents whose decisions are written in Python.
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/version.hpp"
#include "cli/machine.hpp"
#include "lab/gates_file.hpp"
#include "lab/hand_world.hpp"
#include "lab/world_run.hpp"
#include "running.hpp"
#include "scenario/compile.hpp"

namespace margincall::python {
namespace {

namespace nb = nanobind;

template <class T>
using Array = nb::ndarray<nb::numpy, T, nb::ndim<1>>;
template <class T>
using Given = nb::ndarray<const T, nb::ndim<1>, nb::device::cpu, nb::c_contig>;

// A numpy array that owns the values.
template <class T>
nb::object owned(std::vector<T> values) {
    auto* const held = new std::vector<T>(std::move(values));
    const nb::capsule keep(held, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nb::cast(Array<T>(held->data(), {held->size()}, keep));
}

// --- agents in Python ---------------------------------------------------------------------------------

// What on_step is shown and may do; valid while it runs.
class Market {
  public:
    void show(AgentContext& context, const std::vector<InstrumentId>& traded) {
        context_ = &context;
        const Plan& plan = context.plan();
        const std::size_t n = plan.instruments.size();
        for (std::vector<double>* const column : {&bid,
                                                  &ask,
                                                  &last,
                                                  &mark,
                                                  &index,
                                                  &bid_depth,
                                                  &ask_depth,
                                                  &funding,
                                                  &volume,
                                                  &position}) {
            column->assign(n, 0.0);
        }
        for (const InstrumentPlan& row : plan.instruments) {
            const Instrument& inst = row.instrument;
            const std::size_t i = inst.id.raw();
            const Quote quote = context.quote(inst.id);
            bid[i] = to_usd(inst, quote.bid);
            ask[i] = to_usd(inst, quote.ask);
            last[i] = to_usd(inst, quote.last);
            mark[i] = quote.mark;
            index[i] = quote.index;
            bid_depth[i] = context.depth_usd(inst.id, Side::buy, depth_share);
            ask_depth[i] = context.depth_usd(inst.id, Side::sell, depth_share);
            volume[i] = context.volume_usd(inst.id, minutes(1));
            if (inst.kind == InstrumentKind::linear_perp) {
                funding[i] = context.funding_8h(inst.id);
            }
        }
        cash.assign(plan.venues.size(), 0.0);
        for (const InstrumentId i : traded) {
            const Instrument& inst = context.instrument(i);
            position[i.raw()] = static_cast<double>(context.position(i).raw()) * inst.lot_base;
            cash[inst.venue.raw()] = context.cash_usd(inst.venue);
        }
        fills.assign(context.new_fills().begin(), context.new_fills().end());
    }
    void hide() { context_ = nullptr; }

    [[nodiscard]] AgentContext& context() const {
        if (context_ == nullptr) {
            throw std::runtime_error("the market can be used while on_step runs, and not after");
        }
        return *context_;
    }
    [[nodiscard]] InstrumentId instrument(std::int64_t number) const {
        if (number < 0 || static_cast<std::size_t>(number) >= bid.size()) {
            throw nb::index_error("there is no instrument of that number");
        }
        return InstrumentId::from_raw(static_cast<std::uint32_t>(number));
    }

    static constexpr double depth_share = 0.01;
    std::vector<double> bid, ask, last, mark, index, bid_depth, ask_depth, funding, volume,
        position;
    std::vector<double> cash;  // by venue
    std::vector<OwnFill> fills;

  private:
    AgentContext* context_ = nullptr;
};

struct OrderTerms {
    TimeInForce tif = TimeInForce::ioc;
    PostOnly post_only = PostOnly::no;
    ReduceOnly reduce_only = ReduceOnly::no;
};

// The enumerator whose word it is; `words` in the order of the enumerators.
template <class Enum, std::size_t n>
Enum enum_of(std::string_view word,
             const std::array<std::string_view, n>& words,
             const char* otherwise) {
    const auto* const found = std::ranges::find(words, word);
    if (found == words.end()) {
        throw nb::value_error(otherwise);
    }
    return static_cast<Enum>(found - words.begin());
}

TimeInForce tif_of(std::string_view word) {
    constexpr std::array<std::string_view, 3> words{"gtc", "ioc", "fok"};
    return enum_of<TimeInForce>(word, words, "tif is \"gtc\", \"ioc\" or \"fok\"");
}

// Nothing: the size is below one lot.
std::optional<Command> make_order(const Market& market,
                                  std::int64_t instrument,
                                  std::int64_t side,
                                  double coins,
                                  double price,
                                  const OrderTerms& terms) {
    const InstrumentId i = market.instrument(instrument);
    const Instrument& inst = market.context().instrument(i);
    if (side != 1 && side != -1) {
        throw nb::value_error("side is 1 (buy) or -1 (sell)");
    }
    if (!(coins >= 0.0) || !std::isfinite(coins)) {
        throw nb::value_error("a size is a number of coins, 0 or more");
    }
    Command command;
    command.instrument = i;
    command.side = side > 0 ? Side::buy : Side::sell;
    command.tif = terms.tif;
    command.post_only = terms.post_only;
    command.reduce_only = terms.reduce_only;
    command.cause = Cause::test;
    command.qty = quantize_qty(coins, inst);
    if (std::isnan(price)) {
        command.type = OrderType::market;
        command.tif = TimeInForce::ioc;
    } else {
        // Never worse than asked for.
        const auto ticks =
            quantize_price(price, inst, command.side == Side::buy ? Round::down : Round::up);
        if (!ticks) {
            throw nb::value_error("a price is positive and within what the instrument can have");
        }
        command.price = *ticks;
    }
    return command.qty.raw() > 0 ? std::optional{command} : std::nullopt;
}

std::uint64_t send_order(const Market& market, const std::optional<Command>& order) {
    return order ? market.context().order(*order).raw() : 0;
}

// All are made before the first is sent: one that cannot be sends none.
nb::object send_orders(const Market& market,
                       const Given<std::int64_t>& instruments,
                       const Given<std::int64_t>& sides,
                       const Given<double>& coins,
                       const Given<double>& prices,
                       std::string_view tif,
                       bool post_only,
                       bool reduce_only) {
    const std::size_t n = instruments.shape(0);
    if (sides.shape(0) != n || coins.shape(0) != n || prices.shape(0) != n) {
        throw nb::value_error("instrument, side, qty and price want one length");
    }
    const OrderTerms terms{tif_of(tif),
                           post_only ? PostOnly::yes : PostOnly::no,
                           reduce_only ? ReduceOnly::yes : ReduceOnly::no};
    std::vector<std::optional<Command>> orders;
    orders.reserve(n);
    for (std::size_t k = 0; k < n; ++k) {
        orders.push_back(make_order(market,
                                    instruments.data()[k],
                                    sides.data()[k],
                                    coins.data()[k],
                                    prices.data()[k],
                                    terms));
    }
    std::vector<std::uint64_t> out;
    out.reserve(n);
    for (const std::optional<Command>& order : orders) {
        out.push_back(send_order(market, order));
    }
    return owned(std::move(out));
}

nb::object fills_of(const Market& market) {
    const std::vector<OwnFill>& fills = market.fills;
    std::vector<std::int64_t> instrument, side;
    std::vector<std::uint64_t> order;
    std::vector<double> price, qty, left;
    std::vector<std::uint8_t> adl;
    for (const OwnFill& fill : fills) {
        const Instrument& inst = market.context().instrument(fill.instrument);
        instrument.push_back(fill.instrument.raw());
        side.push_back(sign(fill.side));
        order.push_back(fill.order.valid() ? fill.order.raw() : 0);
        price.push_back(to_usd(inst, fill.price));
        qty.push_back(static_cast<double>(fill.qty.raw()) * inst.lot_base);
        left.push_back(static_cast<double>(fill.left.raw()) * inst.lot_base);
        adl.push_back(fill.adl ? 1 : 0);
    }
    nb::dict out;
    out["instrument"] = owned(std::move(instrument));
    out["side"] = owned(std::move(side));
    out["order"] = owned(std::move(order));
    out["price"] = owned(std::move(price));
    out["qty"] = owned(std::move(qty));
    out["left"] = owned(std::move(left));
    out["adl"] = owned(std::move(adl));
    return out;
}

nb::object drawn(const Market& market, std::size_t n, bool normal) {
    Rng& rng = market.context().rng(Purpose::choice);
    std::vector<double> out(n);
    for (double& x : out) {
        x = normal ? rng.normal() : rng.uniform();
    }
    return owned(std::move(out));
}

constexpr std::uint32_t python_family = 800;  // of random streams

// One population written in Python: one call of its `on_step` a step.
class PythonAgent final : public Agent {
  public:
    PythonAgent(nb::object agent, AgentSetup setup, Duration every)
        : agent_(std::move(agent)), setup_(std::move(setup)), every_(every) {}
    PythonAgent(const PythonAgent&) = delete;
    PythonAgent& operator=(const PythonAgent&) = delete;
    PythonAgent(PythonAgent&&) = delete;
    PythonAgent& operator=(PythonAgent&&) = delete;
    // A world may go while the lock is free, e.g. one whose restoring was stopped.
    ~PythonAgent() override {
        const nb::gil_scoped_acquire lock;
        agent_.reset();
        market_.reset();
    }

    [[nodiscard]] AgentSetup setup() const override { return setup_; }
    void wake(AgentContext& context) override {
        const nb::gil_scoped_acquire lock;
        if (!market_.is_valid()) {
            market_ = nb::cast(new Market(), nb::rv_policy::take_ownership);
        }
        Market& market = nb::cast<Market&>(market_);
        market.show(context, setup_.instruments);
        const Hidden hidden{market};
        agent_.attr("on_step")(market_);
        context.wake_after(every_);
    }
    // What the Python object holds is copied with it (copy.deepcopy, so __deepcopy__ may say how).
    [[nodiscard]] std::unique_ptr<Agent> clone() const override {
        const nb::gil_scoped_acquire lock;
        return std::make_unique<PythonAgent>(
            nb::module_::import_("copy").attr("deepcopy")(agent_), setup_, every_);
    }

  private:
    struct Hidden {
        Market& market;
        ~Hidden() { market.hide(); }
    };
    nb::object agent_;
    nb::object market_;  // made at the first step
    AgentSetup setup_;
    Duration every_;
};

LatencyClass latency_of(std::string_view word) {
    constexpr std::array<std::string_view, 3> words{"maker", "arbitrage", "retail"};
    return enum_of<LatencyClass>(word, words, "latency is \"maker\", \"arbitrage\" or \"retail\"");
}

// (object, name, instruments, every_ns, first_ns, cash_usd, latency) of each, made by margincall.world.
HandWorld::Agents agents_of(const nb::list& given, const Plan& plan) {
    HandWorld::Agents out;
    for (const nb::handle one : given) {
        const auto terms = nb::cast<nb::tuple>(one);
        AgentSetup setup;
        setup.name = nb::cast<std::string>(terms[1]);
        for (const std::int64_t i : nb::cast<std::vector<std::int64_t>>(terms[2])) {
            if (i < 0 || static_cast<std::size_t>(i) >= plan.instruments.size()) {
                throw nb::index_error("an agent names an instrument that there is not");
            }
            setup.instruments.push_back(InstrumentId::from_raw(static_cast<std::uint32_t>(i)));
        }
        const Duration every = nanoseconds(nb::cast<std::int64_t>(terms[3]));
        if (every <= Duration{}) {
            throw nb::value_error("every: an agent steps after a positive time");
        }
        setup.first_wake =
            SimTime::from_ns(std::max<std::int64_t>(0, nb::cast<std::int64_t>(terms[4])));
        setup.cash_usd_per_venue = nb::cast<double>(terms[5]);
        if (!(setup.cash_usd_per_venue >= 0.0) || setup.cash_usd_per_venue > 1e12) {
            throw nb::value_error("cash_usd_per_venue: 0 to 1e12 USD");
        }
        setup.latency = latency_of(nb::cast<std::string>(terms[6]));
        setup.wants_fills = true;
        setup.entity = entity_name(python_family, static_cast<std::uint32_t>(out.size()));
        out.push_back(std::make_unique<PythonAgent>(nb::borrow(terms[0]), std::move(setup), every));
    }
    return out;
}

// --- the world ----------------------------------------------------------------------------------------

struct SharedWorld {
    std::unique_ptr<HandWorld> hand;
    bool has_agents = false;  // in Python
    bool injected = false;
    bool broken = false;  // an agent raised in the middle of an event
    std::atomic<bool> busy = false;
    double seconds = 0.0;  // of simulating, on the clock

    [[nodiscard]] const World& world() const { return hand->world(); }
    [[nodiscard]] const Plan& plan() const { return hand->scenario().plan; }
};

// One call at a time, also from other threads while the lock is free.
class Using {
  public:
    explicit Using(SharedWorld& world) : world_(world) {
        if (world.broken) {
            throw Problems(
                "E728",
                "an agent raised an exception in the middle of an event; this world is lost",
                "go on with a fork that was made before");
        }
        if (world.busy.exchange(true)) {
            throw std::runtime_error("the world is being stepped already");
        }
    }
    Using(const Using&) = delete;
    Using& operator=(const Using&) = delete;
    Using(Using&&) = delete;
    Using& operator=(Using&&) = delete;
    ~Using() { world_.busy = false; }

  private:
    SharedWorld& world_;
    ChecksThrow checks_;
};

std::unique_ptr<SharedWorld> begin_world(const SharedScenario& scenario,
                                         const nb::list& agents,
                                         bool record) {
    auto out = std::make_unique<SharedWorld>();
    HandWorld::Agents more = agents_of(agents, scenario.compiled->plan);
    out->has_agents = !more.empty();
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    out->hand = HandWorld::begin(
        scenario.compiled, std::move(more), record ? Keep::records : Keep::nothing);
    return out;
}

void step_to(SharedWorld& world, std::int64_t until_ns, nb::object progress) {
    const Using one(world);
    if (world.hand->finished()) {
        throw Problems("E723", "the world is finished", "step a fork that was made before");
    }
    PythonMonitor monitor(world.plan(), std::move(progress));
    try {
        const nb::gil_scoped_release free;
        const ChecksThrow checks;
        const auto start = std::chrono::steady_clock::now();
        (void)world.hand->step_to(SimTime::from_ns(until_ns), &monitor);
        world.seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    } catch (...) {
        world.broken = true;
        throw;
    }
    monitor.raise_problem();
}

nb::dict event_dict(const EventPlan& event) {
    nb::dict out;
    out["name"] = event.name.c_str();
    out["at_ns"] = event.at.ns();
    out["until_ns"] = event.until.ns();
    return out;
}

nb::dict inject(SharedWorld& world, const std::string& row) {
    const Using one(world);
    auto event = world.hand->inject(row);
    if (!event) {
        throw Problems(std::move(event.error()), Problems::Of::scenario);
    }
    world.injected = true;
    return event_dict(*event);
}

std::unique_ptr<SharedWorld> fork_world(SharedWorld& world) {
    const Using one(world);
    auto out = std::make_unique<SharedWorld>();
    out->has_agents = world.has_agents;
    out->injected = world.injected;
    out->seconds = world.seconds;
    std::optional<nb::gil_scoped_release> free;
    if (!world.has_agents) {
        free.emplace();
    }
    out->hand = world.hand->fork();
    return out;
}

std::unique_ptr<SharedWorld> restore_world(const Snapshot& snapshot,
                                           const nb::list& agents,
                                           nb::object progress) {
    auto out = std::make_unique<SharedWorld>();
    HandWorld::Agents more = agents_of(agents, snapshot.scenario->plan);
    out->has_agents = !more.empty();
    PythonMonitor monitor(snapshot.scenario->plan, std::move(progress));
    std::expected<std::unique_ptr<HandWorld>, Errors> made;
    {
        const nb::gil_scoped_release free;
        const ChecksThrow checks;
        made = HandWorld::restore(snapshot, std::move(more), &monitor);
    }
    monitor.raise_problem();
    if (!made) {
        throw Problems(std::move(made.error()));
    }
    out->hand = std::move(*made);
    out->injected = !snapshot.injected.empty();
    return out;
}

// Closes the world; what it was.
std::shared_ptr<SharedRun> finish_world(SharedWorld& world) {
    const Using one(world);
    if (world.hand->finished()) {
        throw Problems("E723", "the world is finished already");
    }
    auto run = std::make_shared<SharedRun>();
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    run->started = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    run->totals = world.hand->finish();
    auto compiled = std::make_shared<Compiled>(world.hand->scenario());
    if (world.has_agents || world.injected) {
        run->not_saved =
            "no scenario file gives this run again: events were injected or agents in Python took "
            "part";
    } else if (run->totals.interrupted) {
        // The text of a run that stops there.
        auto again =
            compile_text(compiled->resolved,
                         "resolved.toml",
                         ".",
                         {"clock.stop_after_events=" + std::to_string(run->totals.events)});
        if (again) {
            *compiled = std::move(*again);
        }
    }
    if (!run->not_saved.empty()) {
        // Another run than that of the scenario, whatever is named by its hash.
        compiled->resolved = "# " + run->not_saved + "\n" + compiled->resolved;
        for (std::size_t e = world.plan().events.size(); e < world.world().events().size(); ++e) {
            const EventPlan& event = world.world().events()[e];
            compiled->resolved +=
                "# injected: " + event.name + " at " + std::to_string(event.at.ns()) + " ns\n";
        }
        compiled->resolved += "# digest " + std::to_string(run->totals.digest) + "\n";
        compiled->plan.scenario_hash = text_hash(compiled->resolved);
    }
    compiled->plan.events.assign(world.world().events().begin(), world.world().events().end());
    run->compiled = compiled;
    run->plan = std::shared_ptr<const Plan>(compiled, &compiled->plan);
    run->resolved = compiled->resolved;
    sum_up(*run, world.hand->shared_recorder(), world.seconds);
    return run;
}

nb::dict observe(SharedWorld& shared) {
    const Using one(shared);
    const World& world = shared.world();
    const Plan& plan = shared.plan();
    const std::size_t n = plan.instruments.size();
    std::vector<double> bid(n), ask(n), last(n), mark(n), index(n), interest(n), funding(n),
        bid_depth(n), ask_depth(n);
    const auto within_one_percent =
        [&](const OrderBook& book, const Instrument& inst, Side side, double mid) {
            const double edge =
                mid * (side == Side::buy ? 1.0 - Market::depth_share : 1.0 + Market::depth_share);
            const auto limit =
                quantize_price(edge, inst, side == Side::buy ? Round::up : Round::down);
            double usd = 0.0;
            if (mid > 0.0 && limit) {
                book.for_each_level(side, *limit, [&](Ticks price, Lots qty) {
                    usd += to_usd(inst, price) * static_cast<double>(qty.raw()) * inst.lot_base;
                    return true;
                });
            }
            return usd;
        };
    for (const InstrumentPlan& row : plan.instruments) {
        const Instrument& inst = row.instrument;
        const std::size_t i = inst.id.raw();
        const OrderBook& book = world.book(inst.id);
        bid[i] = to_usd(inst, book.best_bid());
        ask[i] = to_usd(inst, book.best_ask());
        last[i] = to_usd(inst, world.feed(inst.id).last);
        index[i] = world.index_usd(inst.base);
        const double mid = bid[i] > 0.0 && ask[i] > 0.0 ? 0.5 * (bid[i] + ask[i]) : last[i];
        bid_depth[i] = within_one_percent(book, inst, Side::buy, mid);
        ask_depth[i] = within_one_percent(book, inst, Side::sell, mid);
        if (inst.kind == InstrumentKind::linear_perp) {
            mark[i] = world.mark_usd(inst.id);
            const double coins =
                static_cast<double>(world.clearing().open_interest(inst.id).raw()) * inst.lot_base +
                row.held_coins;
            interest[i] = coins * mark[i];
            funding[i] = world.feed(inst.id).funding_8h;
        }
    }
    std::vector<double> fair(plan.assets.size()), index_of_asset(plan.assets.size());
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        fair[a] = world.fair_value().value(AssetId::of_row(a));
        index_of_asset[a] = world.index_usd(AssetId::of_row(a));
    }
    std::vector<double> fund(plan.venues.size()), bad_debt(plan.venues.size());
    const ClearingHouse& house = world.clearing();
    for (std::size_t k = 0; k < house.funds(); ++k) {
        const AccountId account = house.fund_account(k);
        fund[house.venue(account).raw()] += to_usd(house.cash(account));
    }
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        bad_debt[v] = to_usd(house.bad_debt(VenueId::of_row(v)));
    }
    double liquidated = 0.0;
    double adl = 0.0;
    if (const MemoryRecorder* const records = shared.hand->recorder()) {
        for (const LiquidationRecord& row : records->liquidations()) {
            liquidated += row.notional_usd;
        }
        for (const AdlRecord& row : records->adl()) {
            adl += row.notional_usd;
        }
    }
    nb::dict out;
    out["time_ns"] = world.reached().ns();
    out["events"] = world.totals().events;
    out["messages"] = world.totals().messages;
    out["trades"] = world.totals().trades;
    out["uncertainty"] = world.fair_value().uncertainty();
    const bool recorded = shared.hand->recorder() != nullptr;
    out["liquidated_usd"] = recorded ? nb::cast(liquidated) : nb::none();
    out["adl_usd"] = recorded ? nb::cast(adl) : nb::none();
    out["bid"] = owned(std::move(bid));
    out["ask"] = owned(std::move(ask));
    out["last"] = owned(std::move(last));
    out["mark"] = owned(std::move(mark));
    out["index"] = owned(std::move(index));
    out["open_interest_usd"] = owned(std::move(interest));
    out["funding_8h"] = owned(std::move(funding));
    out["bid_depth_usd"] = owned(std::move(bid_depth));
    out["ask_depth_usd"] = owned(std::move(ask_depth));
    out["fair_value"] = owned(std::move(fair));
    out["asset_index"] = owned(std::move(index_of_asset));
    out["fund_usd"] = owned(std::move(fund));
    out["bad_debt_usd"] = owned(std::move(bad_debt));
    return out;
}

// Names behind the rows of arrays, and what kind each instrument is.
nb::dict names_of(const SharedScenario& scenario) {
    const Plan& plan = scenario.compiled->plan;
    nb::list instruments, kinds, assets, venues;
    for (const InstrumentPlan& row : plan.instruments) {
        instruments.append(row.name.c_str());
        kinds.append(row.instrument.kind == InstrumentKind::linear_perp ? "perp" : "spot");
    }
    for (const AssetPlan& row : plan.assets) {
        assets.append(row.name.c_str());
    }
    for (const VenuePlan& row : plan.venues) {
        venues.append(row.name.c_str());
    }
    nb::dict out;
    out["instruments"] = instruments;
    out["kinds"] = kinds;
    out["assets"] = assets;
    out["venues"] = venues;
    out["start_unix_s"] = plan.start_unix_s;
    out["length_ns"] = plan.length.raw();
    return out;
}

template <std::vector<double> Market::*member>
nb::object market_view(nb::handle self) {
    auto& market = nb::cast<Market&>(self);
    (void)market.context();  // only while on_step runs
    std::vector<double>& column = market.*member;
    return nb::cast(
        nb::ndarray<nb::numpy, const double, nb::ndim<1>>(column.data(), {column.size()}, self));
}

}  // namespace

void bind_world(nb::module_& module) {
    nb::class_<Market>(
        module, "Market", "What an agent is shown and may do; valid while on_step runs.")
        .def_prop_ro("time_ns", [](const Market& m) { return m.context().now().ns(); })
        .def_prop_ro("bid", market_view<&Market::bid>)
        .def_prop_ro("ask", market_view<&Market::ask>)
        .def_prop_ro("last", market_view<&Market::last>)
        .def_prop_ro("mark", market_view<&Market::mark>)
        .def_prop_ro("index", market_view<&Market::index>)
        .def_prop_ro("bid_depth_usd", market_view<&Market::bid_depth>)
        .def_prop_ro("ask_depth_usd", market_view<&Market::ask_depth>)
        .def_prop_ro("volume_1m_usd", market_view<&Market::volume>)
        .def_prop_ro("funding_8h", market_view<&Market::funding>)
        .def_prop_ro("position", market_view<&Market::position>)
        .def_prop_ro("cash_usd", market_view<&Market::cash>)
        .def_prop_ro("fills", fills_of, nb::sig("def fills(self) -> dict[str, typing.Any]"))
        .def(
            "uniform",
            [](const Market& m, std::size_t n) { return drawn(m, n, false); },
            nb::arg("n"))
        .def(
            "normal",
            [](const Market& m, std::size_t n) { return drawn(m, n, true); },
            nb::arg("n"))
        .def(
            "order",
            [](const Market& m,
               std::int64_t instrument,
               std::int64_t side,
               double qty,
               double price,
               std::string_view tif,
               bool post_only,
               bool reduce_only) {
                return send_order(m,
                                  make_order(m,
                                             instrument,
                                             side,
                                             qty,
                                             price,
                                             {tif_of(tif),
                                              post_only ? PostOnly::yes : PostOnly::no,
                                              reduce_only ? ReduceOnly::yes : ReduceOnly::no}));
            },
            nb::arg("instrument"),
            nb::arg("side"),
            nb::arg("qty"),
            nb::arg("price"),
            nb::arg("tif"),
            nb::arg("post_only"),
            nb::arg("reduce_only"))
        .def("orders",
             send_orders,
             nb::arg("instrument"),
             nb::arg("side"),
             nb::arg("qty"),
             nb::arg("price"),
             nb::arg("tif"),
             nb::arg("post_only"),
             nb::arg("reduce_only"))
        .def(
            "cancel",
            [](const Market& m, std::int64_t instrument, std::uint64_t order) {
                m.context().cancel(m.instrument(instrument), OrderId::from_raw(order));
            },
            nb::arg("instrument"),
            nb::arg("order"))
        .def(
            "cancel_all",
            [](const Market& m, std::int64_t instrument) {
                m.context().cancel_all(m.instrument(instrument));
            },
            nb::arg("instrument"));

    nb::class_<SharedWorld>(module, "World", "A world stepped by hand; margincall.World wraps it.")
        .def("step_to", step_to, nb::arg("until_ns"), nb::arg("progress").none())
        .def("inject",
             inject,
             nb::arg("row"),
             nb::sig("def inject(self, row: str) -> dict[str, typing.Any]"))
        .def("fork", fork_world)
        .def("finish", finish_world)
        .def("observe", observe, nb::sig("def observe(self) -> dict[str, typing.Any]"))
        .def("snapshot",
             [](SharedWorld& world) {
                 const Using one(world);
                 if (world.hand->finished()) {
                     throw Problems(
                         "E723", "the world is finished", "a snapshot is of one that can go on");
                 }
                 return world.hand->snapshot();
             })
        .def_prop_ro("reached_ns", [](const SharedWorld& w) { return w.world().reached().ns(); })
        .def_prop_ro("finished", [](const SharedWorld& w) { return w.hand->finished(); })
        .def_prop_ro("digest",
                     [](SharedWorld& w) {
                         const Using one(w);
                         return w.world().state_digest();
                     })
        .def_prop_ro("seed", [](const SharedWorld& w) { return w.plan().seed; })
        .def_prop_ro("resolved", [](const SharedWorld& w) { return w.hand->scenario().resolved; });
    module.def("world_names",
               names_of,
               nb::arg("scenario"),
               nb::sig("def world_names(scenario: Compiled) -> dict[str, typing.Any]"));
    module.def("begin_world",
               begin_world,
               nb::arg("scenario"),
               nb::arg("agents"),
               nb::arg("record"),
               nb::sig("def begin_world(scenario: Compiled, agents: list[typing.Any], record: "
                       "bool) -> World"));
    nb::class_<Snapshot>(
        module, "Snapshot", "A snapshot that was read; restore_world makes its state.")
        .def_prop_ro("scenario", [](const Snapshot& read) {
            return SharedScenario{read.scenario, read.file};
        });
    module.def(
        "read_snapshot",
        [](const std::string& text, const std::string& file) {
            auto read = read_snapshot(text, file);
            if (!read) {
                throw Problems(std::move(read.error()));
            }
            return std::move(*read);
        },
        nb::arg("text"),
        nb::arg("file"));
    module.def("restore_world",
               restore_world,
               nb::arg("snapshot"),
               nb::arg("agents"),
               nb::arg("progress").none(),
               nb::sig("def restore_world(snapshot: Snapshot, agents: list[typing.Any], progress: "
                       "collections.abc.Callable[[float], typing.Any] | None) -> World"));
}

}  // namespace margincall::python
