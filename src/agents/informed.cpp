#include "agents/informed.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "agents/programme.hpp"

namespace margincall::inline agents {
namespace {

constexpr Duration informed_step = seconds(10);
// The setting of the account over what is deposited for: a price that moves against the trader while
// the position is opened takes nothing off what may be opened.
constexpr double setting_over_leverage = 2.0;
constexpr double deposit_most = 9e12;  // what the ledger counts; the compiler refuses such a plan

}  // namespace

InformedDraw draw_informed(const Plan& plan, const EventPlan& event, std::uint64_t entity) {
    Rng rng{plan.seed, entity, Purpose::parameter};
    InformedDraw out;
    out.leverage = rng.uniform(event.leverage_low, event.leverage_high);
    out.close_time =
        duration_from_seconds(60.0 * rng.uniform(event.close_low_min, event.close_high_min));
    out.right = rng.uniform() < event.precision;
    return out;
}

double informed_held(const EventPlan& event, Duration close_time, SimTime now) {
    if (now <= event.about_at) {
        return 1.0;
    }
    const double length = to_seconds(close_time);
    const double gone = to_seconds(now - event.about_at);
    return length > 0.0 ? std::max(0.0, 1.0 - gone / length) : 0.0;
}

InformedTrader::InformedTrader(const Plan& plan,
                               std::size_t event,
                               EventPlan row,
                               std::uint32_t trader)
    : plan_{plan},
      row_{std::move(row)},
      trader_{trader},
      entity_{entity_name(family_informed, static_cast<std::uint32_t>(event) * 1024 + trader)},
      drawn_{draw_informed(plan, row_, entity_)} {
    for (std::size_t a = 0; a < row_.sell_usd.size(); ++a) {
        Leg leg;
        leg.asset = AssetId::of_row(a);
        for (const AssetBook& book : asset_books(plan, leg.asset).perps) {
            const VenueId venue = plan.instruments[book.id.raw()].instrument.venue;
            if (row_.venues.empty() || std::ranges::find(row_.venues, venue) != row_.venues.end()) {
                leg.perps.push_back(book);
            }
        }
        if (row_.sell_usd[a] == 0.0 || leg.perps.empty()) {
            continue;
        }
        const Side knows = row_.sell_usd[a] > 0.0 ? Side::sell : Side::buy;
        leg.side = drawn_.right ? knows : opposite(knows);
        leg.usd = std::abs(row_.sell_usd[a]) / static_cast<double>(row_.traders);
        leg.at_event.assign(leg.perps.size(), 0.0);
        legs_.push_back(std::move(leg));
    }
}

AgentSetup InformedTrader::setup() const {
    AgentSetup setup;
    setup.name = "informed-" + row_.name + "-" + std::to_string(trader_ + 1);
    setup.latency = LatencyClass::retail;
    setup.entity = entity_;
    setup.wants_fills = true;
    std::vector<double> deposit(plan_.venues.size(), 0.0);
    for (const Leg& leg : legs_) {
        for (const AssetBook& book : leg.perps) {
            setup.instruments.push_back(book.id);
            const VenueId venue = plan_.instruments[book.id.raw()].instrument.venue;
            deposit[venue.raw()] += leg.usd * share_by_volume(leg.perps, book) / drawn_.leverage;
        }
    }
    for (const double usd : deposit) {
        setup.margin.push_back(Money::from_raw(std::llround(std::min(usd, deposit_most) * 1e6)));
    }
    setup.margin_leverage_e2 =
        std::max<std::int64_t>(100, std::llround(100.0 * setting_over_leverage * drawn_.leverage));
    setup.first_wake = row_.at + milliseconds(500 + 13 * trader_);
    return setup;
}

void InformedTrader::allow(Leg& leg, double dt_s) const {
    const double now = participation_usd(
        plan_, leg.asset, row_.participation / static_cast<double>(row_.traders), dt_s);
    leg.allowed_usd = std::min(leg.allowed_usd + now, std::max(now, least_trade_usd));
}

void InformedTrader::learn(AgentContext& context) {
    for (const OwnFill& fill : context.new_fills()) {
        if (fill.qty.raw() == 0) {
            continue;
        }
        liquidated_ = liquidated_ || fill.cause == Cause::liquidation;
        const Instrument& inst = context.instrument(fill.instrument);
        for (Leg& leg : legs_) {
            if (fill.cause == Cause::informed && leg.asset == inst.base && fill.side == leg.side) {
                leg.opened_usd +=
                    to_usd(inst, fill.price) * static_cast<double>(fill.qty.raw()) * inst.lot_base;
            }
        }
    }
}

void InformedTrader::wake(AgentContext& context) {
    const SimTime now = context.now();
    const double dt_s = to_seconds(now - std::max(last_, row_.at));
    last_ = now;
    learn(context);
    for (Leg& leg : legs_) {
        allow(leg, dt_s);
    }
    if (now < row_.until) {
        for (Leg& leg : legs_) {
            open(context, leg);
        }
        context.wake_after(informed_step);
        return;
    }
    if (now < row_.about_at) {
        context.wake_at(row_.about_at);
        return;
    }
    bool left = false;
    for (Leg& leg : legs_) {
        for (std::size_t k = 0; !event_came_ && k < leg.perps.size(); ++k) {
            leg.at_event[k] = std::abs(coins_held(context, leg.perps[k].id));
        }
        left = close(context, leg) || left;
    }
    event_came_ = true;
    if (left) {
        context.wake_after(informed_step);
    }
}

// What participation, depth or margin held back is caught up with as far as these allow.
void InformedTrader::open(AgentContext& context, Leg& leg) {
    const double behind = leg.usd * programme_due(row_, context.now()) - leg.opened_usd;
    const double usd = std::min(behind, leg.allowed_usd);
    if (usd >= least_trade_usd && !liquidated_) {
        const AssetBook& book = book_by_volume(leg.perps, context.rng(Purpose::choice).uniform());
        leg.allowed_usd -=
            take_usd(context, book.id, leg.side, usd, decided_protection, Cause::informed);
    }
}

bool InformedTrader::close(AgentContext& context, Leg& leg) {
    const double part = informed_held(row_, drawn_.close_time, context.now());
    bool left = false;
    for (std::size_t k = 0; k < leg.perps.size(); ++k) {
        const InstrumentId id = leg.perps[k].id;
        const Instrument& inst = context.instrument(id);
        const Quote quote = context.quote(id);
        const double mid = mid_usd(quote, inst);
        const double coins = std::abs(coins_held(context, id));
        left = left || coins >= inst.lot_base;
        const Side side = opposite(leg.side);
        const double usd = std::min({mid * (coins - part * leg.at_event[k]),
                                     leg.allowed_usd,
                                     order_cap_usd(context, id, side)});
        const auto worst =
            side == Side::buy ? quantize_price(mid * (1.0 + decided_protection), inst, Round::up)
                              : quantize_price(mid * (1.0 - decided_protection), inst, Round::down);
        const Lots qty = mid > 0.0 ? quantize_qty(usd / mid, inst) : Lots{};
        if (qty.raw() <= 0 || !worst) {
            continue;
        }
        Command order = ioc_order({}, id, side, qty, *worst, Cause::informed);
        order.reduce_only = ReduceOnly::yes;
        (void)context.order(order);
        leg.allowed_usd -= usd;
    }
    return left;
}

std::vector<std::unique_ptr<Agent>> make_informed_traders(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    for (std::size_t e = 0; e < plan.events.size(); ++e) {
        const EventPlan& row = plan.events[e];
        const bool any = std::ranges::any_of(row.sell_usd, [](double usd) { return usd != 0.0; });
        if (row.type != EventType::information || !any) {
            continue;
        }
        for (std::uint32_t k = 0; k < static_cast<std::uint32_t>(row.traders); ++k) {
            agents.push_back(std::make_unique<InformedTrader>(plan, e, row, k));
        }
    }
    return agents;
}

}  // namespace margincall::inline agents
