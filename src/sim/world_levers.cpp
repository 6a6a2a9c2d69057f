// What rules do while a run goes on: circuit breakers, timed halts, margin that follows volatility. The
// rules: rules/circuit_breaker.hpp, rules/margin_levers.hpp; orders in a halt: clearing/halted_books.cpp.
#include "rules/margin_levers.hpp"
#include "sim/world.hpp"

namespace margincall::inline sim {

// z is the coin's realised volatility over that of normal times (AssetPlan::volatility, its long
// mean). Accounts that the new rates put below their margin are due with the marks that follow.
void World::scale_margins(VenueId venue) {
    const MarginRule& rule = plan_.venues[venue.raw()].rules.margin;
    if (rule.volatility_cap_ppm <= 1'000'000) {
        return;
    }
    bool changed = false;
    for (const InstrumentId i : perps_of_venue_[venue.raw()]) {
        MarginScale& scale = margin_scales_[i.raw()];
        if (now_ < scale.next) {
            continue;
        }
        scale.next = now_ + rule.volatility_update;
        const std::int64_t ppm = volatility_scale_ppm(rule, clock_speed(instrument(i).base));
        if (ppm != scale.ppm) {
            scale.ppm = ppm;
            clearing_.scale_margin(i, ppm);
            digest_.add_signed(ppm);
            changed = true;
        }
    }
    if (changed) {
        take_due_cross();
    }
}

// With every mark of the venue, after its triggers: what the move itself liquidates at this moment is
// in line before the halt.
void World::watch_breakers(VenueId venue) {
    const BreakerRule& rule = plan_.venues[venue.raw()].rules.breaker;
    if (rule.on == BreakerOn::none) {
        return;
    }
    for (const InstrumentId i : perps_of_venue_[venue.raw()]) {
        const InstrumentFeed& feed = feeds_[i.raw()];
        const Ticks price = rule.on == BreakerOn::mark ? feed.mark : feed.oracle;
        if (!halted(i) && halts_[i.raw()].watch.moved(rule, now_, price)) {
            trip(venue, instrument(i).base);
        }
    }
}

void World::trip(VenueId venue, AssetId coin) {
    const BreakerReach reach = plan_.venues[venue.raw()].rules.breaker.reach;
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
        const BreakerRule& rule = plan_.venues[v].rules.breaker;
        const bool joins = reach == BreakerReach::market && rule.on != BreakerOn::none &&
                           rule.reach == BreakerReach::market;
        if (v != venue.raw() && !joins) {
            continue;
        }
        for (const InstrumentId i : perps_of_venue_[v]) {
            if (rule.scope == BreakerScope::venue || instrument(i).base == coin) {
                halt_book(i, now_ + rule.halt, false);
            }
        }
    }
}

// A book that is halted already reopens at the later of the two times.
void World::halt_book(InstrumentId i, SimTime until, bool timed) {
    BookHalt& halt = halts_[i.raw()];
    if (!halted(i)) {
        gateway_.halt(i);
        halt.span = {};
        halt.span.instrument = i.raw();
        halt.span.from_ns = now_.ns();
        halt.span.timed = timed ? 1 : 0;
        halt.until = SimTime{};
        digest_.add((std::uint64_t{i.raw()} << 1U) | 1U);
        publish_quote(i);
    }
    if (until > halt.until) {
        halt.until = until;
        queue_.push(until, Phase::exogenous, EventKind::reopen, i.raw());
    }
}

void World::on_timed_halt(VenueId venue) {
    const SimTime until = SimTime{} + plan_.venues[venue.raw()].rules.halt.to;
    for (const InstrumentPlan& row : plan_.instruments) {
        if (row.instrument.venue == venue) {
            halt_book(row.instrument.id, until, true);
        }
    }
}

void World::on_reopen(InstrumentId i) {
    BookHalt& halt = halts_[i.raw()];
    if (now_ < halt.until) {
        return;  // it was made longer
    }
    const Instrument& inst = instrument(i);
    const InstrumentFeed& feed = feeds_[i.raw()];
    gateway_.advance(now_);
    if (plan_.venues[inst.venue.raw()].rules.breaker.reopening == Reopening::auction) {
        const Ticks reference = inst.kind == InstrumentKind::linear_perp ? feed.mark : feed.last;
        const CallPrice call = gateway_.reopen_by_auction(i, reference);
        halt.span.auction_price = call.volume.raw() > 0 ? to_usd(inst, call.price) : 0.0;
        halt.span.auction_usd =
            call.volume.raw() > 0 ? to_usd(notional(inst, call.price, call.volume)) : 0.0;
        // Whoever reads them sends nothing that the gateway would answer at once.
        const std::vector<Fill> fills(gateway_.fills().begin(), gateway_.fills().end());
        for (std::size_t k = 0; k < fills.size(); ++k) {
            publish_fill(inst, fills[k], gateway_.takers_left()[k]);
        }
        digest_.add_signed(call.price.raw());
        digest_.add_signed(call.volume.raw());
    }
    for (const Command& waiting : gateway_.reopen(i)) {
        (void)execute(waiting);
    }
    halt.watch.forget();
    halt.span.until_ns = now_.ns();
    totals_.halts.push_back(halt.span);
    tell_changes();
    schedule_stops();
    publish_quote(i);
}

}  // namespace margincall::inline sim
