#include "agents/patient.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"

namespace margincall::inline agents {
namespace {

constexpr double five_percent = 0.05;
// The reference follows the price with this time constant: owners move their orders by the hour,
// not by the minute.
constexpr double reference_hours = 2.0;
constexpr double touch_part = 0.1;  // of the measured depth: shown at the touch in any case
// Every slot is looked at once in this many wake-ups.
constexpr std::size_t rounds = 30;
// Orders further out than `to` times this are withdrawn in calm markets, so that the grid can
// follow.
constexpr double outer_slack = 1.3;
// Owners withdraw together once the depth state has fallen by this factor since they last did.
constexpr double withdraw_step = 0.85;

}  // namespace

double patient_cumulative(double distance, const PatientPlan& plan) {
    const double x = (distance - plan.from) / (five_percent - plan.from);
    return x > 0.0 ? std::pow(x, plan.exponent) : 0.0;
}

double patient_slice(double inner, double outer, const PatientPlan& plan) {
    const double high = std::min(outer, plan.to);
    if (high <= inner) {
        return 0.0;
    }
    return patient_cumulative(high, plan) - patient_cumulative(inner, plan);
}

PatientOrders::PatientOrders(const Plan& plan, AssetId asset) : plan_{plan}, asset_{asset} {
    const PatientPlan& patient = plan.patient;
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(patient.orders_per_side, 4));
    step_ = (patient.to - patient.from) / static_cast<double>(count);
    const auto ring =
        static_cast<std::size_t>(std::ceil(2.0 * outer_slack * patient.to / step_)) + 4;
    for (const AssetBook& row : asset_books(plan, asset).all()) {
        if (row.depth <= 0.0) {
            continue;
        }
        Book book;
        book.row = row;
        book.instrument = plan.instruments[row.id.raw()].instrument;
        book.slots.resize(ring);
        book.line.resize(ring, 0);
        Rng rng{plan.seed, entity_name(family_patient, row.id.raw()), Purpose::parameter};
        book.jitter = rng.uniform();
        books_.push_back(std::move(book));
    }
}

AgentSetup PatientOrders::setup() const {
    AgentSetup setup;
    const AssetPlan& asset = plan_.assets[asset_.raw()];
    setup.name = "patient-" + asset.name;
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family_patient, asset_.raw());
    for (const Book& book : books_) {
        setup.instruments.push_back(book.row.id);
    }
    setup.cash_usd_per_venue = 2.0 * asset.patient_factor * asset.depth_1pct *
                               patient_cumulative(plan_.patient.to, plan_.patient);
    setup.wants_fills = true;
    setup.first_wake = SimTime{} + milliseconds(5 + asset_.raw());
    return setup;
}

// A perp's book has a price of its own where it has left the index: the index, held inside what the
// book bids and asks. A hole, or a side without orders, says no more than that.
double PatientOrders::price_in(const Quote& quote, const Book& book) const {
    double price = price_;
    if (quote.ask.raw() > 0) {
        price = std::min(price, std::log(to_usd(book.instrument, quote.ask)));
    }
    if (quote.bid.raw() > 0) {
        price = std::max(price, std::log(to_usd(book.instrument, quote.bid)));
    }
    return price;
}

void PatientOrders::show(
    AgentContext& context, Book& book, std::size_t slot, Side side, double price) {
    Slot& s = book.slots[slot];
    const auto ticks =
        quantize_price(price, book.instrument, side == Side::buy ? Round::down : Round::up);
    const Lots qty = quantize_qty(s.wanted_usd / price, book.instrument);
    if (!ticks || qty.raw() <= 0) {
        return;
    }
    if (!s.order.valid()) {
        s.order = context.limit(
            book.row.id, side, *ticks, qty, TimeInForce::gtc, PostOnly::no, Cause::patient);
        s.side = side;
    } else {
        context.amend(book.row.id, s.order, *ticks, qty);
    }
    s.left = qty;
}

void PatientOrders::review(
    AgentContext& context, Book& book, std::size_t slot, double dt_s, bool calm) {
    const PatientPlan& patient = plan_.patient;
    const AssetPlan& asset = plan_.assets[asset_.raw()];
    Slot& s = book.slots[slot];

    // The grid line of this ring slot nearest to the reference.
    const auto ring = static_cast<std::int64_t>(book.slots.size());
    const double offset = book.jitter * step_;
    const auto centre = static_cast<std::int64_t>(std::floor((book.reference - offset) / step_));
    const auto own = static_cast<std::int64_t>(slot);
    const std::int64_t behind = ((centre - own) % ring + ring) % ring;
    std::int64_t line = centre - behind;
    if (behind > ring / 2) {
        line += ring;
    }
    if (line != book.line[slot]) {
        // The reference has moved half a ring: the old order stands too far away to matter.
        if (s.order.valid()) {
            context.cancel(book.row.id, s.order);
            s.order = OrderId{};
            s.left = Lots{};
        }
        s.wanted_usd = 0;
        book.line[slot] = line;
    }

    const double log_price = static_cast<double>(line) * step_ + offset;
    const double price = std::exp(log_price);
    const Side side = log_price < book.price ? Side::buy : Side::sell;
    const double distance = std::abs(log_price - book.price);
    double target = 0;
    if (distance >= patient.from - 0.5 * step_) {
        s.calm_usd = asset.patient_factor * asset.depth_1pct * book.row.depth *
                     patient_slice(distance - 0.5 * step_, distance + 0.5 * step_, patient);
        target = s.calm_usd * depth_.level;
    }

    const double have = static_cast<double>(s.left.raw()) * book.instrument.lot_base * price;
    const bool other_side = s.order.valid() && s.side != side;
    if (s.order.valid() && (other_side || have > 1.5 * target) && calm) {
        // Only a calm market sees patient orders moved.
        context.cancel(book.row.id, s.order);
        s.order = OrderId{};
        s.left = Lots{};
        s.wanted_usd = other_side ? 0.0 : target;
        if (!other_side && target > 0.0) {
            show(context, book, slot, side, price);
        }
        return;
    }
    if (other_side || target <= have) {
        return;
    }
    // On the clock of volatility: measured depth came back with z.
    const double back =
        1.0 - std::exp2(-dt_s * z_ / (60.0 * std::max(patient.return_half_life_min, 1e-3)));
    s.wanted_usd = std::max(s.wanted_usd, have);
    s.wanted_usd += (target - s.wanted_usd) * back;
    if (s.wanted_usd > have + 0.25 * target) {
        show(context, book, slot, side, price);
    }
}

double PatientOrders::profit_wanted_usd(AgentContext& context,
                                        const Book& book,
                                        Side side,
                                        double price) const {
    const auto ticks =
        quantize_price(price, book.instrument, side == Side::buy ? Round::up : Round::down);
    if (!book.row.perp || !ticks) {
        return 0.0;
    }
    const Lots lots = context.profit_wanted(book.row.id, side, *ticks);
    return static_cast<double>(lots.raw()) * book.instrument.lot_base * price;
}

void PatientOrders::take_in_fill(AgentContext& context, Book& book, const OwnFill& fill) {
    const double price = to_usd(book.instrument, fill.price);
    for (Slot& s : book.touch) {
        if (s.order == fill.order) {
            s.left = fill.left;
            s.price = fill.qty.raw() == 0 ? fill.price : s.price;  // a refused amend
            s.order = fill.left.raw() > 0 ? s.order : OrderId{};
            return;
        }
    }
    for (Slot& s : book.slots) {
        if (s.order != fill.order || !s.order.valid()) {
            continue;
        }
        s.left = fill.left;
        if (fill.left.raw() <= 0) {
            s.order = OrderId{};
        }
        const double left_usd =
            static_cast<double>(s.left.raw()) * book.instrument.lot_base * price;
        s.wanted_usd = std::min(s.wanted_usd, left_usd);
        // The next owners at this price stand there at once, as far as the line shows.
        const double owners = profit_wanted_usd(context, book, s.side, price);
        const double wanted = std::min(owners, s.calm_usd * depth_.level);
        if (wanted > 1.25 * s.wanted_usd) {
            s.wanted_usd = wanted;
            show(context, book, static_cast<std::size_t>(&s - book.slots.data()), s.side, price);
        }
        return;
    }
}

// Owners whose price has been reached join the best price, as far as the side shows less within 1 %
// than the depth that is measured at this volatility, and a tenth of that in any case.
void PatientOrders::join_touch(AgentContext& context, Book& book, Side side) {
    Slot& s = book.touch[side == Side::buy ? 0 : 1];
    const Quote quote = context.quote(book.row.id);
    const Ticks best = side == Side::buy ? quote.bid : quote.ask;
    const double price = to_usd(book.instrument, best);
    double wanted = 0.0;
    if (best.raw() > 0) {
        const double own = static_cast<double>(s.left.raw()) * book.instrument.lot_base * price;
        const double others = std::max(0.0, context.depth_usd(book.row.id, side, depth_near) - own);
        const AssetPlan& asset = plan_.assets[asset_.raw()];
        const double measured = asset.depth_1pct * book.row.depth * plan_.maker.depth_state *
                                plan_.season * depth_.level;
        wanted = std::min(profit_wanted_usd(context, book, side, price),
                          std::max(0.0, measured - others) + touch_part * measured);
    }
    const Lots qty = price > 0.0 ? quantize_qty(wanted / price, book.instrument) : Lots{};
    if (qty.raw() <= 0) {
        if (s.order.valid()) {
            context.cancel(book.row.id, s.order);
            s = Slot{};
        }
        return;
    }
    const auto have = static_cast<double>(s.left.raw());
    const auto want = static_cast<double>(qty.raw());
    if (!s.order.valid()) {
        s.order = context.limit(
            book.row.id, side, best, qty, TimeInForce::gtc, PostOnly::yes, Cause::patient);
        s.side = side;
    } else if (s.price != best || size_is_off(have, want)) {
        context.amend(book.row.id, s.order, best, qty);
    } else {
        return;
    }
    s.price = best;
    s.left = qty;
}

void PatientOrders::update_depth(AgentContext& context, double dt_s) {
    const MarketMakerPlan& maker = plan_.maker;  // one depth curve for all layers
    z_ = joint_speed(context.clock_speed(asset_), context.clock_speed(AssetId::from_raw(0)));
    depth_.step(depth_share(z_, maker.vol_withdraw),
                duration_from_seconds(dt_s),
                {.down_s = maker.recovery_down_s, .up_s = 60.0 * maker.recovery_up_min});
}

// Cuts every order of the book to what the depth state allows.
void PatientOrders::withdraw(AgentContext& context, Book& book) {
    for (Slot& s : book.slots) {
        if (!s.order.valid() || s.calm_usd <= 0.0) {
            continue;
        }
        const std::size_t slot = static_cast<std::size_t>(&s - book.slots.data());
        const double price =
            std::exp(static_cast<double>(book.line[slot]) * step_ + book.jitter * step_);
        const double allowed = s.calm_usd * depth_.level;
        const double have = static_cast<double>(s.left.raw()) * book.instrument.lot_base * price;
        if (have > 1.1 * allowed) {
            s.wanted_usd = allowed;
            show(context, book, slot, s.side, price);
        }
    }
}

void PatientOrders::place_all(AgentContext& context, Book& book) {
    for (std::size_t slot = 0; slot < book.slots.size(); ++slot) {
        review(context, book, slot, 1e12, true);  // everything has long come back
    }
}

void PatientOrders::wake(AgentContext& context) {
    const double dt_s = to_seconds(context.now() - last_);
    last_ = context.now();
    // On the clock of volatility, at most once a second.
    context.wake_after(
        std::max(seconds(1), duration_from_seconds(to_seconds(plan_.patient.clock) / z_)));

    const double index = context.index_ago(asset_, Duration{});
    if (!placed_) {
        // Before the first trade the only price is the plan's; agents that wake first make the
        // market.
        price_ = std::log(plan_.assets[asset_.raw()].price);
        for (Book& book : books_) {
            book.price = book.reference = price_;
            place_all(context, book);
        }
        placed_ = true;
        return;
    }
    if (index > 0.0) {
        price_ = std::log(index);
    }
    const double follow = -std::expm1(-dt_s / (3600.0 * reference_hours));
    for (Book& book : books_) {
        book.price = book.row.perp ? price_in(context.quote(book.row.id), book) : price_;
        book.reference += (book.price - book.reference) * follow;
    }

    for (const OwnFill& fill : context.new_fills()) {
        for (Book& book : books_) {
            if (book.row.id == fill.instrument && fill.order.valid()) {
                take_in_fill(context, book, fill);
                break;
            }
        }
    }

    update_depth(context, dt_s);
    if (depth_.level < withdraw_step * shown_level_) {
        for (Book& book : books_) {
            withdraw(context, book);
        }
        shown_level_ = depth_.level;
    }
    shown_level_ = std::max(shown_level_, depth_.level);

    // Calm: the last hour moved by less than its standard deviation.
    const double sigma_hour = plan_.assets[asset_.raw()].volatility / std::sqrt(24.0);
    const double move = index > 0.0 ? log_return(context, asset_, index, hours(1)) : 0.0;
    const bool calm = std::abs(move) < sigma_hour;
    for (Book& book : books_) {
        if (book.row.perp) {
            join_touch(context, book, Side::buy);
            join_touch(context, book, Side::sell);
        }
        const std::size_t part = book.slots.size() / rounds + 1;
        for (std::size_t n = 0; n < part; ++n) {
            review(context, book, book.next, dt_s * static_cast<double>(rounds), calm);
            book.next = (book.next + 1) % book.slots.size();
        }
    }
}

std::vector<std::unique_ptr<Agent>> make_patient_orders(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (!plan.patient.enabled) {
        return agents;
    }
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        if (plan.assets[a].pegged) {
            continue;  // its own agents trade it (synthetic_dollar.hpp)
        }
        const AssetId asset = AssetId::from_raw(static_cast<std::uint16_t>(a));
        agents.push_back(std::make_unique<PatientOrders>(plan, asset));
    }
    return agents;
}

}  // namespace margincall::inline agents
