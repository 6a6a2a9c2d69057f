#include "sim/world.hpp"

#include <algorithm>
#include <cmath>

#include "sim/sentiment.hpp"
#include "sim/top_up.hpp"

namespace margincall::inline sim {

namespace {

bool venue_event_acts(const EventPlan& event, SimTime now, std::size_t venue) {
    return event.type == EventType::venue && now >= event.at && now < event.until &&
           std::ranges::find(event.venues, venue, [](VenueId id) {
               return std::size_t{id.raw()};
           }) != event.venues.end();
}
// A regulatory event. A rule that is not said to end stays.
bool regulation_acts(const EventPlan& event, SimTime now) {
    return now >= event.at && (event.until <= event.at || now < event.until);
}
// Events between full recomputations, at least; with more rows than that as many as there are rows,
// so that an event costs the same whatever the population.
constexpr std::uint64_t verify_every = 400'000;
constexpr std::uint64_t events_between_reports = 4096;
}  // namespace

bool World::advance(SimTime until, RunMonitor* monitor, std::uint64_t events_most) {
    const SimTime end = std::min(until, SimTime{} + plan_.length);
    const std::uint64_t between = std::max<std::uint64_t>(verify_every, clearing_.account_count());
    const auto stop = static_cast<std::uint64_t>(plan_.stop_after_events);
    totals_.interrupted = false;  // by whoever stopped an advance before
    while (events_most == 0 || totals_.events < events_most) {
        if (stop > 0 && totals_.events >= stop) {
            totals_.interrupted = true;
            return false;
        }
        const auto event = queue_.pop_until(end);
        if (!event) {
            reached_ = std::max(reached_, end);
            return true;
        }
        now_ = event->at;
        reached_ = now_;
        CheckContext& context = check_context();
        context.sim_time_ns = now_.ns();
        context.event_number = ++totals_.events;
        context.seed = seed_;
        digest_.add_signed(now_.ns());
        digest_.add((std::uint64_t{static_cast<std::uint8_t>(event->kind)} << 32) | event->a);
        dispatch(*event);  // all state changes are behind this call
        deliver();         // latency decides when the venues learn of it
        if (verify_ != Verify::never) {
            verify_money();
            if (verify_ == Verify::every_event || totals_.events % between == 0) {
                verify_all();
            }
        }
        // Every minute, and every so many events, because simulated time may stand still.
        if (monitor != nullptr &&
            (now_.ns() >= next_report_ns_ || totals_.events % events_between_reports == 0)) {
            next_report_ns_ = now_.ns() + minutes(1).raw();
            if (!monitor->keep_going(now_, totals_.messages)) {
                totals_.interrupted = true;
                return false;
            }
        }
    }
    return true;
}

std::uint64_t World::state_digest() const {
    Digest digest = digest_;
    clearing_.add_to_digest(digest);
    for (const OrderBook& b : books_) {
        b.add_to_digest(digest);
    }
    return digest.value();
}

RunTotals World::finish() {
    const SimTime end = SimTime{} + plan_.length;
    totals_.interrupted = totals_.interrupted || reached_ < end;
    totals_.end_ns = totals_.interrupted ? now_.ns() : end.ns();
    if (recording_.on()) {
        recording_.finish(*this);
    }
    if (verify_ != Verify::never) {
        verify_all();
    }
    totals_.digest = state_digest();
    totals_.postings = clearing_.ledger().postings();
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
        totals_.firm_paid_usd += to_usd(clearing_.firm_paid(VenueId::of_row(v)));
        totals_.steps.push_back(
            liquidation_.steps(VenueId::from_raw(static_cast<std::uint16_t>(v))));
    }
    return totals_;
}

void World::verify_money() {
    CHECK(audit_.balanced());
}

void World::verify_all() const {
    audit_.check_against(clearing_.ledger());
    check_world(*this);
}

void World::dispatch(const Event& event) {
    const auto venue = VenueId::from_raw(static_cast<std::uint16_t>(event.a));
    switch (event.kind) {
        case EventKind::fair_value:
            fair_value_.step(now_);
            queue_.push(now_ + plan_.factors.clock, Phase::exogenous, EventKind::fair_value, 0);
            break;
        case EventKind::scenario_event:
            // Its content is in the fair value and in the programmes that read the plan; this marks
            // it.
            if (defi_ && events_[event.a].type == EventType::collateral &&
                events_[event.a].scale > 0.0) {
                defi_->mark_share(events_[event.a].collateral_value);
            }
            if (recording_.on()) {
                recording_.event(EventRecord{now_.ns(), events_[event.a].until.ns(), event.a});
            }
            break;
        case EventKind::index_tick:
            on_index_tick();
            break;
        case EventKind::mark_tick:
            on_mark_tick(venue);
            break;
        case EventKind::funding_sample:
            on_funding_sample(venue);
            break;
        case EventKind::funding_settle:
            on_funding_settle(venue);
            break;
        case EventKind::top_up:
            on_top_up(event.a);
            break;
        case EventKind::liquidation_batch:
            liquidation_.on_batch(*this, venue);
            break;
        case EventKind::fund_unwind:
            liquidation_.on_unwind(*this, venue, seconds(10));
            queue_.push(now_ + seconds(10), Phase::liquidation, EventKind::fund_unwind, event.a);
            break;
        case EventKind::packet:
            on_packet(event.a);
            break;
        case EventKind::agent_wake:
            on_agent_wake(event.a);
            break;
        case EventKind::depth_sample:
            on_depth_sample();
            break;
        case EventKind::sentiment_print:
            on_sentiment_print();
            break;
        case EventKind::bar_sample:
            if (recording_.on()) {
                recording_.bars(*this);
            }
            queue_.push(now_ + plan_.output.bar, Phase::sample, EventKind::bar_sample, 0);
            break;
        case EventKind::chain_block:
            on_chain_block();
            break;
        case EventKind::timed_orders:
            on_timed_orders();
            break;
        case EventKind::due_stops:
            on_due_stops();
            break;
        case EventKind::halt:
            on_timed_halt(venue);
            break;
        case EventKind::reopen:
            on_reopen(InstrumentId::from_raw(event.a));
            break;
        case EventKind::map_sample:
            if (recording_.on()) {
                recording_.map(*this);
            }
            queue_.push(now_ + minutes(1), Phase::sample, EventKind::map_sample, 0);
            break;
    }
}

void World::deliver() {
    for (std::size_t v = 0; v < outbox_.size(); ++v) {
        const std::uint32_t packet = outbox_[v];
        if (packet == no_packet) {
            continue;
        }
        outbox_[v] = no_packet;
        Packet& p = packets_[packet];
        AgentSlot& slot = agents_[p.agent];
        const auto venue = VenueId::from_raw(static_cast<std::uint16_t>(v));
        AgentContext context(*this, AgentId::from_raw(p.agent));
        const double late = latency_s(slot.setup.latency, venue, context.rng(Purpose::latency));
        SimTime arrival = arrival_at(venue, now_, late);
        if (arrival < slot.last_arrival[v]) {
            arrival = slot.last_arrival[v];
        }
        slot.last_arrival[v] = arrival;
        slot.messages += p.commands.size();
        send(packet, arrival);
    }
}

void World::gather_spot_mids(AssetId asset) {
    index_sources_.clear();
    for (const InstrumentId i : spots_of_asset_[asset.raw()]) {
        const OrderBook& b = books_[i.raw()];
        if (b.best_bid().raw() == 0 || b.best_ask().raw() == 0) {
            continue;  // a one-sided book has no mid
        }
        const Instrument& inst = instrument(i);
        IndexSource s;
        s.price = 0.5 * (to_usd(inst, b.best_bid()) + to_usd(inst, b.best_ask()));
        s.weight = plan_.venues[inst.venue.raw()].index_weight;
        // A connected book is current even when nothing changes in it; feeds that fail are not
        // modelled yet.
        index_sources_.push_back(s);
    }
}

// Over all books of the asset, weighted by their share of its calm depth; a book that is one-sided
// now keeps its last mid.
double World::mean_log_mid(AssetId asset) {
    double sum = 0.0;
    double weight = 0.0;
    for (const auto* const books : {&perps_of_asset_[asset.raw()], &spots_of_asset_[asset.raw()]}) {
        for (const InstrumentId i : *books) {
            InstrumentFeed& feed = feeds_[i.raw()];
            if (const double mid = book_mid_usd(i); mid > 0.0) {
                feed.log_mid = std::log(mid);
            }
            const double share = plan_.instruments[i.raw()].depth_share;
            sum += share * feed.log_mid;
            weight += share;
        }
    }
    return weight > 0.0 ? sum / weight : std::log(index_now_[asset.raw()]);
}

void World::on_index_tick() {
    // One index for all central venues, with the first venue's guards.
    const VenueRules& guards = plan_.venues.front().rules;
    for (std::size_t a = 0; a < plan_.assets.size(); ++a) {
        gather_spot_mids(AssetId::from_raw(static_cast<std::uint16_t>(a)));
        const double value =
            index_price(index_sources_, guards.index_outlier_ppm, guards.index_stale);
        if (value > 0.0) {
            index_now_[a] = value;
        }
        assets_[a].index.push_back(index_now_[a]);
        assets_[a].volatility.push(mean_log_mid(AssetId::from_raw(static_cast<std::uint16_t>(a))));
    }
    update_collateral_prices();
    step_load();
    set_fees();
    queue_.push(now_ + seconds(1), Phase::index, EventKind::index_tick, 0);
}

// What the venue takes for the spot price: the index, or on a chain venue its oracle.
double World::reference_usd(VenueId venue, AssetId asset) const {
    return plan_.venues[venue.raw()].rules.mark.method == MarkMethod::median_oracle_ema
               ? oracle_now_[asset.raw()]
               : index_now_[asset.raw()];
}

double World::index_usd(AssetId a) const {
    return index_now_[a.raw()];
}

double World::mark_usd(InstrumentId i) const {
    return to_usd(instrument(i), feeds_[i.raw()].mark);
}

void World::on_mark_tick(VenueId venue) {
    const VenueRules& rules = plan_.venues[venue.raw()].rules;
    scale_margins(venue);
    for (const InstrumentId i : perps_of_venue_[venue.raw()]) {
        const Instrument& inst = instrument(i);
        InstrumentFeed& feed = feeds_[i.raw()];
        const OrderBook& b = books_[i.raw()];
        MarkInput input;
        input.now = now_;
        input.bid = b.best_bid();
        input.ask = b.best_ask();
        input.last = feed.last;
        if (rules.mark.method == MarkMethod::median_oracle_ema) {
            gather_spot_mids(inst.base);
            const double oracle = oracle_price(index_sources_, rules.index_stale);
            if (oracle > 0.0) {
                oracle_now_[inst.base.raw()] = oracle;
            }
        }
        input.index_usd = reference_usd(venue, inst.base);
        input.funding_rate_ppb = funding_[i.raw()].last_settled_ppb();
        input.to_funding = next_funding_[venue.raw()] - now_;
        input.funding_interval = rules.funding.interval;
        if (rules.mark.method == MarkMethod::median_oracle_ema) {
            perp_mids_.clear();
            for (const InstrumentId other : perps_of_asset_[inst.base.raw()]) {
                if (other == i) {
                    continue;
                }
                const Quote& q = feeds_[other.raw()].quote_at(now_);
                const VenuePlan& ov = plan_.venues[instrument(other).venue.raw()];
                if (q.bid.raw() > 0 && q.ask.raw() > 0 && ov.kind == VenueKind::central_perp) {
                    perp_mids_.push_back(
                        WeightedPrice{mid_usd(q, instrument(other)), ov.index_weight});
                }
            }
            input.perp_mids = perp_mids_;
        }
        if (const auto oracle = quantize_price(input.index_usd, inst, Round::down);
            oracle && *oracle != feed.oracle) {
            feed.oracle_before = feed.oracle;
            feed.oracle = *oracle;
        }
        if (const double mid = book_mid_usd(i);
            rules.band.method == BandMethod::index_premium && mid > 0.0 && input.index_usd > 0.0) {
            band_premiums_[i.raw()].sample(now_, mid - input.index_usd);
        }
        const Ticks mark = marks_[i.raw()].update(input);
        if (mark.raw() > 0 && mark != feed.mark) {
            feed.mark_before = feed.mark;
            feed.mark = mark;
            digest_.add_signed(mark.raw());
        }
        const Ticks price =
            rules.margin.valuation == MarginValuation::oracle ? feed.oracle : feed.mark;
        if (!halted(i)) {  // stops of a halted book are not set off
            gateway_.set_price(i, TriggerOn::mark, feed.mark);
            gateway_.set_price(i, TriggerOn::index, feed.oracle);
        }
        if (price.raw() > 0) {
            clearing_.set_mark(i, price);
            on_triggers(i, price);
        }
    }
    take_due_cross();
    schedule_stops();
    watch_breakers(venue);
    queue_.push(now_ + rules.mark.update, Phase::mark, EventKind::mark_tick, venue.raw());
}

void World::on_triggers(InstrumentId i, Ticks mark) {
    due_.clear();
    clearing_.pop_due(i, mark, due_);
    constexpr std::size_t ahead = 8;
    for (std::size_t k = 0; k < due_.size(); ++k) {
        if (k + ahead < due_.size()) {
            clearing_.prefetch_row(due_[k + ahead]);
        }
        const AccountId account = due_[k];
        Row& r = clearing_.row(account);
        if (r.state != RowState::open) {
            continue;
        }
        switch (clearing_.due_kind(r, mark)) {
            case TriggerKind::liquidation:
                gateway_.cancel_reduce_only(account);
                liquidation_.on_liquidation_price(*this, r, mark);
                break;
            case TriggerKind::stop: {
                if (halted(i)) {  // is looked at again with every mark
                    clearing_.refresh(r);
                    break;
                }
                r.stop = 0;
                if (!switches().stops) {
                    clearing_.refresh(r);
                    break;
                }
                r.pending_close = 1;
                send_stop(r);
                clearing_.refresh(r);
                break;
            }
            case TriggerKind::top_up: {
                r.top_up = 0;
                call_for_margin(account, Money::from_raw(r.initial_margin));
                clearing_.refresh(r);
                break;
            }
            case TriggerKind::none:
                clearing_.refresh(r);
                break;
        }
    }
}

// The owner decides whether and with how much to answer, and sends it later.
void World::call_for_margin(AccountId account, Money initial_margin) {
    Rng rng = account_rng(account, Purpose::top_up);
    const double hour = std::fmod(
        static_cast<double>(plan_.start_unix_s % 86'400) / 3600.0 + to_seconds(now_) / 3600.0,
        24.0);
    if (!rng.chance(top_up_probability(plan_.population, hour))) {
        return;
    }
    const double usd =
        top_up_amount(plan_.population, static_cast<double>(initial_margin.raw()) * 1e-6, rng);
    const Duration delay = top_up_delay(plan_.population, rng);
    top_ups_.push_back(
        PendingTopUp{account, Money::from_raw(static_cast<std::int64_t>(usd * 1e6))});
    queue_.push(now_ + delay,
                Phase::account,
                EventKind::top_up,
                static_cast<std::uint32_t>(top_ups_.size() - 1));
}

void World::on_top_up(std::uint32_t slot) {
    const PendingTopUp& t = top_ups_[slot];
    if (t.amount.raw() <= 0 || !clearing_.is_open(t.account)) {
        return;
    }
    if (clearing_.is_row(t.account)) {
        clearing_.deposit(t.account, t.amount, Reason::top_up);
        clearing_.refresh(clearing_.row(t.account));
    } else if (clearing_.cross_margin(t.account).initial.raw() > 0) {  // still holds something
        clearing_.deposit(t.account, t.amount, Reason::top_up);
    }
}

void World::on_funding_sample(VenueId venue) {
    const VenuePlan& plan = plan_.venues[venue.raw()];
    const FundingRule& rule = plan.rules.funding;
    const Duration step = funding_sample_step(rule, plan.block);
    for (const InstrumentId i : perps_of_venue_[venue.raw()]) {
        const Instrument& inst = instrument(i);
        FundingRate& funding = funding_[i.raw()];
        FundingInput input;
        input.index = reference_usd(venue, inst.base);
        input.elapsed = step;
        if (rule.method == FundingMethod::impact_damper) {
            input.impact_bid = impact_usd(i, Side::sell);
            input.impact_ask = impact_usd(i, Side::buy);
        } else if (rule.method == FundingMethod::vote_median) {
            input.vote_ppm = premium_vote(i, input.index);
        } else {
            input.mid = book_mid_usd(i);
            input.mark = mark_usd(i);
        }
        funding.sample(input);
        feeds_[i.raw()].funding_8h = static_cast<double>(funding.rate_ppb()) * 1e-9 *
                                     (to_seconds(hours(8)) / to_seconds(rule.interval));
    }
    queue_.push(now_ + step, Phase::funding, EventKind::funding_sample, venue.raw());
}

// Between best bid and ask; 0 when a side is empty.
double World::book_mid_usd(InstrumentId i) const {
    const OrderBook& b = books_[i.raw()];
    const bool two_sided = b.best_bid().raw() > 0 && b.best_ask().raw() > 0;
    const Instrument& inst = instrument(i);
    return two_sided ? 0.5 * (to_usd(inst, b.best_bid()) + to_usd(inst, b.best_ask())) : 0.0;
}

// The premium that the proposer of a block votes for.
std::int64_t World::premium_vote(InstrumentId i, double index_usd) {
    const Instrument& inst = instrument(i);
    const auto index = quantize_price(index_usd, inst, Round::down);
    if (!index) {
        return 0;
    }
    const FundingRate& funding = funding_[i.raw()];
    const i128 wanted =
        div_round(funding.impact_notional().raw(), inst.tick_value.raw(), Round::down);
    const auto impact = [&](Side taker) {
        levels_.clear();
        i128 seen = 0;
        books_[i.raw()].for_each_level(opposite(taker),
                                       taker == Side::buy ? inst.price_max : Ticks::from_raw(1),
                                       [&](Ticks price, Lots qty) {
                                           levels_.push_back({price, qty});
                                           seen += i128{price.raw()} * qty.raw();
                                           return seen < wanted;
                                       });
        return impact_price(levels_, wanted);
    };
    const ImpactPrice bid = impact(Side::sell);
    return premium_ppm(bid, impact(Side::buy), *index, funding.vote_most_ppm());
}

// Average price at which a taker's market order for the impact notional would fill, USD; 0 when the
// book is too thin for one.
double World::impact_usd(InstrumentId i, Side taker) const {
    const Instrument& inst = instrument(i);
    const double wanted = to_usd(funding_[i.raw()].impact_notional());
    double left = wanted;
    double coins = 0.0;
    books_[i.raw()].for_each_level(opposite(taker),
                                   taker == Side::buy ? inst.price_max : Ticks::from_raw(1),
                                   [&](Ticks price, Lots qty) {
                                       const double usd = to_usd(inst, price);
                                       const double here =
                                           usd * static_cast<double>(qty.raw()) * inst.lot_base;
                                       const double used = std::min(left, here);
                                       coins += used / usd;
                                       left -= used;
                                       return left > 1e-9;
                                   });
    return left > 1e-9 ? 0.0 : wanted / coins;
}

void World::on_funding_settle(VenueId venue) {
    const VenueRules& rules = plan_.venues[venue.raw()].rules;
    for (const InstrumentId i : perps_of_venue_[venue.raw()]) {
        const Instrument& inst = instrument(i);
        const double premium = funding_[i.raw()].premium();
        const std::int64_t rate = funding_[i.raw()].settle_ppb();
        Ticks price = feeds_[i.raw()].mark;
        if (rules.funding.price == FundingPrice::index) {
            if (const auto q = quantize_price(reference_usd(venue, inst.base), inst, Round::down)) {
                price = *q;
            }
        }
        const Money paid = clearing_.settle_funding(i, price, rate);
        feeds_[i.raw()].funding_paid_usd += to_usd(inst, price) * static_cast<double>(rate) * 1e-9;
        if (recording_.on()) {
            FundingRecord record;
            record.time_ns = now_.ns();
            record.instrument = i.raw();
            record.rate = static_cast<double>(rate) * 1e-9;
            record.premium = premium;
            record.paid_usd = to_usd(paid);
            record.interval_h = to_seconds(funding_settle_step(rules.funding)) / 3600.0;
            recording_.funding(record);
        }
        digest_.add_signed(rate);
    }
    next_funding_[venue.raw()] = now_ + funding_settle_step(rules.funding);
    queue_.push(next_funding_[venue.raw()], Phase::funding, EventKind::funding_settle, venue.raw());
}

void World::on_packet(std::uint32_t slot) {
    // The vector is taken out while its commands run, because they may need new packets.
    std::vector<Command> commands;
    commands.swap(packets_[slot].commands);
    totals_.messages += commands.size();
    InstrumentId touched;
    // The orders that the commands name are fetched a few ahead, then their levels.
    constexpr std::size_t far = 4;
    constexpr std::size_t near = 2;
    const auto named = [&](std::size_t k) {  // a mass cancel names none
        return commands[k].order.valid() ? commands[k].order : OrderId::from_raw(0);
    };
    const auto fetch = [&](std::size_t k) {
        if (k < commands.size()) {
            gateway_.prefetch(commands[k].instrument, named(k));
            books_[commands[k].instrument.raw()].prefetch(named(k));
        }
    };
    for (std::size_t k = 0; k < far; ++k) {
        fetch(k);
    }
    for (std::size_t k = 0; k < commands.size(); ++k) {
        fetch(k + far);
        if (k + near < commands.size()) {
            books_[commands[k + near].instrument.raw()].prefetch_around(named(k + near), Ticks{});
        }
        const Command& c = commands[k];
        if (touched.valid() && touched != c.instrument) {
            publish_quote(touched);
        }
        touched = c.instrument;
        (void)execute(c);
    }
    if (touched.valid()) {
        publish_quote(touched);
    }
    commands.clear();
    packets_[slot].commands.swap(commands);
    free_packets_.push_back(slot);
}

void World::on_agent_wake(std::uint32_t agent) {
    AgentSlot& slot = agents_[agent];
    if (!slot.wake_pending || slot.next_wake != now_) {
        return;  // replaced by an earlier wake-up
    }
    slot.wake_pending = false;
    ++slot.wakes;
    // What the agent has learned by now: confirmed positions, and the fills if it wants them.
    slot.fresh.clear();
    std::size_t kept = 0;
    for (const OwnFill& own : slot.inbox) {
        if (own.known <= now_) {
            slot.confirmed[own.instrument.raw()] += sign(own.side) * own.qty.raw();
            if (slot.setup.wants_fills) {
                slot.fresh.push_back(own);
            }
        } else {
            slot.inbox[kept++] = own;
        }
    }
    slot.inbox.resize(kept);
    AgentContext context(*this, AgentId::from_raw(agent));
    agent_code_[agent].wake(context);
}

void World::on_depth_sample() {
    std::array<double, depth_bands.size()> bid{};
    std::array<double, depth_bands.size()> ask{};
    for (const InstrumentPlan& p : plan_.instruments) {
        const Instrument& inst = p.instrument;
        InstrumentFeed& feed = feeds_[inst.id.raw()];
        const OrderBook& b = books_[inst.id.raw()];
        bid.fill(0.0);
        ask.fill(0.0);
        double spread_bps = 0.0;
        const double best_bid = to_usd(inst, b.best_bid());
        const double best_ask = to_usd(inst, b.best_ask());
        const double mid = best_bid > 0.0 && best_ask > 0.0 ? 0.5 * (best_bid + best_ask)
                                                            : to_usd(inst, feed.last);
        if (best_bid > 0.0 && best_ask > 0.0) {
            spread_bps = (best_ask - best_bid) / mid * 1e4;
        }
        const auto walk = [&](Side side, std::array<double, depth_bands.size()>& sums) {
            const double edge = side == Side::buy ? mid * (1.0 - depth_bands.back())
                                                  : mid * (1.0 + depth_bands.back());
            const auto limit =
                quantize_price(edge, inst, side == Side::buy ? Round::up : Round::down);
            b.for_each_level(side, limit.value_or(Ticks::from_raw(1)), [&](Ticks price, Lots qty) {
                const double usd = to_usd(inst, price);
                const double distance = std::fabs(usd / mid - 1.0);
                const double value = usd * static_cast<double>(qty.raw()) * inst.lot_base;
                for (std::size_t k = depth_bands.size(); k-- > 0 && distance <= depth_bands[k];) {
                    sums[k] += value;
                }
                return true;
            });
        };
        walk(Side::buy, bid);
        walk(Side::sell, ask);
        feed.bid_depth = bid;
        feed.ask_depth = ask;
        feed.depth_known = true;
        if (recording_.on()) {
            recording_.depth(inst.id.raw(), bid.data(), ask.data(), spread_bps);
        }
    }
    queue_.push(now_ + plan_.output.depth, Phase::sample, EventKind::depth_sample, 0);
}

double World::mean_depth_state(AssetId a) const {
    double sum = 0.0;
    int n = 0;
    for (std::size_t k = a.raw(); k < depth_state_.size(); k += plan_.assets.size()) {
        if (!std::isnan(depth_state_[k])) {
            sum += depth_state_[k];
            ++n;
        }
    }
    return n > 0 ? sum / n : 0.0;
}

double World::latency_s(LatencyClass c, VenueId venue, Rng& rng) const {
    const VenuePlan& v = plan_.venues[venue.raw()];
    double ms = 0.0;
    switch (c) {
        case LatencyClass::maker:
            ms = rng.lognormal(v.maker_latency_ms, v.maker_latency_sigma);
            break;
        case LatencyClass::arbitrage:
            ms = rng.lognormal(v.arbitrage_latency_ms, v.arbitrage_latency_sigma);
            break;
        case LatencyClass::retail:
            ms = rng.lognormal(v.retail_latency_ms, v.retail_latency_sigma);
            break;
    }
    return ms * 1e-3 + wait_s(venue);
}

double World::clock_speed(AssetId asset) const {
    return std::max(
        1.0, assets_[asset.raw()].volatility.per_day() / plan_.assets[asset.raw()].volatility);
}

void World::step_load() {
    for (std::size_t v = 0; v < load_.size(); ++v) {
        const VenuePlan& venue = plan_.venues[v];
        if (venue.overload_queue <= 0) {
            continue;
        }
        // How much faster than on an ordinary day the venue's market runs, its coins by volume.
        double speed = 0.0;
        double volume = 0.0;
        for (const InstrumentPlan& row : plan_.instruments) {
            if (row.instrument.venue.raw() == v) {
                const AssetId asset = row.instrument.base;
                const double usd = row.volume_share * plan_.assets[asset.raw()].volume;
                speed += usd * clock_speed(asset);
                volume += usd;
            }
        }
        double messages = venue.calm_messages * (volume > 0.0 ? speed / volume : 1.0);
        for (const EventPlan& event : events_) {
            messages *= venue_event_acts(event, now_, v) ? event.load : 1.0;
        }
        load_[v].step(messages,
                      static_cast<double>(venue.overload_queue),
                      1.0,
                      to_seconds(venue.request_life));
    }
}

void World::list_event(std::uint32_t row) {
    if (events_[row].request_delay_s > 0.0) {
        delays_.push_back(row);
    }
    if (events_[row].type == EventType::regulatory) {
        regulations_.push_back(row);
    }
}

double World::queue_s(VenueId venue) const {
    return switches().overload ? load_[venue.raw()].wait_s : 0.0;
}

double World::wait_s(VenueId venue) const {
    double wait = queue_s(venue);
    for (const std::uint32_t row : delays_) {
        if (venue_event_acts(events_[row], now_, venue.raw())) {
            wait += events_[row].request_delay_s;
        }
    }
    return wait;
}

double World::retail_there() const {
    double there = 1.0;
    for (const std::uint32_t row : regulations_) {
        there *= regulation_acts(events_[row], now_) ? 1.0 - events_[row].retail_leaves : 1.0;
    }
    return there;
}

double World::fee_change(VenueId venue) const {
    double change = 0.0;
    for (const std::uint32_t row : regulations_) {
        const EventPlan& event = events_[row];
        const bool here =
            event.venues.empty() || std::ranges::find(event.venues, venue) != event.venues.end();
        change += here && regulation_acts(event, now_) ? event.fee_change : 0.0;
    }
    return change;
}

// Once a second: nobody changes a fee within one.
void World::set_fees() {
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
        const VenueId venue = VenueId::of_row(v);
        clearing_.set_fee_change(venue, std::llround(1e6 * fee_change(venue)));
    }
}

bool World::transfers_stopped(VenueId venue) const {
    const VenuePlan& row = plan_.venues[venue.raw()];
    if (row.overload_queue > 0 && queue_s(venue) >= to_seconds(row.request_life)) {
        return true;
    }
    return std::ranges::any_of(events_, [&](const EventPlan& event) {
        return event.stops_transfers && venue_event_acts(event, now_, venue.raw());
    });
}

Duration World::inbound_latency(LatencyClass c, VenueId venue) const {
    const VenuePlan& v = plan_.venues[venue.raw()];
    switch (c) {
        case LatencyClass::maker:
            return duration_from_seconds(v.maker_latency_ms * 1e-3);
        case LatencyClass::arbitrage:
            return duration_from_seconds(v.arbitrage_latency_ms * 1e-3);
        case LatencyClass::retail:
            return duration_from_seconds(v.retail_latency_ms * 1e-3);
    }
    return Duration{};
}

SimTime World::arrival_at(VenueId venue, SimTime sent, double latency_seconds) const {
    const SimTime arrival = sent + duration_from_seconds(latency_seconds);
    const std::int64_t block = plan_.venues[venue.raw()].block.raw();
    if (block <= 0) {
        return arrival;
    }
    // A chain venue executes at block boundaries.
    return SimTime::from_ns((arrival.ns() + block - 1) / block * block);
}

std::uint32_t World::new_packet(std::uint32_t agent, VenueId venue) {
    std::uint32_t& open = outbox_[venue.raw()];
    if (open == no_packet) {
        open = take_packet(agent);
    }
    DCHECK(packets_[open].agent == agent);
    return open;
}

std::uint32_t World::take_packet(std::uint32_t agent) {
    if (free_packets_.empty()) {
        free_packets_.push_back(static_cast<std::uint32_t>(packets_.size()));
        packets_.emplace_back();
    }
    const std::uint32_t packet = free_packets_.back();
    free_packets_.pop_back();
    packets_[packet].agent = agent;
    return packet;
}

void World::send(std::uint32_t packet, SimTime arrival) {
    queue_.push(arrival, Phase::command, EventKind::packet, packet);
}

Command World::closing_order(AccountId account, InstrumentId i, Side side, Lots qty, Cause cause) {
    Command c = ioc_order(account, i, opposite(side), qty, {}, cause);
    c.reduce_only = ReduceOnly::yes;
    c.order = books_[i.raw()].reserve(account);
    return c;
}

// A stop of a row, after its owner's own latency.
void World::send_stop(const Row& r) {
    const auto i = InstrumentId::from_raw(r.instrument);
    const VenueId venue = instrument(i).venue;
    const std::uint32_t packet = take_packet(no_agent);
    packets_[packet].commands.push_back(
        closing_order(r.account, i, r.side, magnitude(clearing_.state(r).qty), Cause::stop));
    Rng rng = account_rng(r.account, Purpose::stop);
    send(packet, arrival_at(venue, now_, latency_s(LatencyClass::retail, venue, rng)));
}

Rng World::account_rng(AccountId account, Purpose purpose) const {
    constexpr std::uint32_t account_family = 0xACC0'0000U;
    return Rng(seed_, entity_name(account_family, draw_numbers_.of(account)), purpose);
}

void World::on_sentiment_print() {
    fear_greed_ = sentiment_now();
    if (recording_.on()) {
        recording_.sentiment(SentimentRecord{now_.ns(), fear_greed_, 1});
    }
    queue_.push(now_ + hours(24), Phase::sample, EventKind::sentiment_print, 0);
}

}  // namespace margincall::inline sim
