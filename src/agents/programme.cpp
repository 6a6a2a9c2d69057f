#include "agents/programme.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "agents/families.hpp"
#include "agents/fund_flow.hpp"

namespace margincall::inline agents {
namespace {

constexpr Duration clock_step = seconds(10);
constexpr Duration forced_step = seconds(1);  // who may not wait does not sell in lumps either

}  // namespace

double programme_due(const EventPlan& event, SimTime now) {
    if (now < event.at) {
        return 0.0;
    }
    const double length = to_seconds(event.until - event.at);
    if (length <= 0.0 || now >= event.until) {
        return 1.0;
    }
    const double done = to_seconds(now - event.at);
    if (!event.profile.empty()) {
        const double parts = done / length * static_cast<double>(event.profile.size());
        const auto whole = static_cast<std::ptrdiff_t>(parts);
        const auto first = event.profile.begin();
        const double before = std::accumulate(first, first + whole, 0.0);
        const double all = std::accumulate(first, event.profile.end(), 0.0);
        return (before + (parts - static_cast<double>(whole)) * first[whole]) / all;
    }
    const double tail = std::clamp(to_seconds(event.last_part), 0.0, length);
    if (tail <= 0.0 || tail >= length) {
        return done / length;
    }
    const double last = std::clamp(event.last_part_share, 0.0, 1.0);
    const double head = length - tail;
    return done < head ? (1.0 - last) * done / head : (1.0 - last) + last * (done - head) / tail;
}

Cause programme_cause(const EventPlan& event) {
    if (event.cause == "holders") {
        return Cause::holders;
    }
    if (event.cause == "funds") {
        return Cause::funds;
    }
    if (event.cause == "security") {
        return Cause::security;
    }
    return Cause::news;
}

Programme::Programme(const Plan& plan, std::size_t event, EventPlan row, AssetId asset)
    : plan_{plan}, event_{event}, row_{std::move(row)}, asset_{asset} {
    const AssetBooks books = asset_books(plan, asset);
    books_ = row_.perps ? books.perps : books.spots_or_perps();
    const double signed_usd = row_.sell_usd[asset.raw()];
    side_ = signed_usd > 0.0 ? Side::sell : Side::buy;
    total_usd_ = std::abs(signed_usd);
    waits_ = row_.trigger_below > 0.0;
}

AgentSetup Programme::setup() const {
    AgentSetup setup;
    setup.name = "programme-" + row_.name + "-" + plan_.assets[asset_.raw()].name;
    setup.latency = LatencyClass::retail;
    setup.entity =
        entity_name(family_programme, static_cast<std::uint32_t>(event_) * 1024 + asset_.raw());
    setup.instruments = ids_of(books_);
    setup.cash_usd_per_venue = 2.0 * total_usd_ + 1e6;
    setup.first_wake = row_.at + milliseconds(500 + 13 * asset_.raw());
    return setup;
}

void Programme::wake(AgentContext& context) {
    const SimTime now = context.now();
    if (waits_) {
        if (now > row_.until) {
            return;  // the price never came
        }
        const double price = context.index_ago(asset_, Duration{});
        if (!(price > 0.0) || price >= row_.trigger_below) {
            context.wake_after(clock_step);
            return;
        }
        waits_ = false;
        row_.at = now;
        row_.until = now + row_.trigger_over;
    }
    const EventPlan& row = row_;
    if (!started_) {
        started_ = true;
        last_ = row.at;
    }
    const double dt_s = to_seconds(now - last_);
    last_ = now;
    const double behind = total_usd_ * programme_due(row, now) - sent_usd_;
    // After the window only what participation had held back is still worked off, for an hour.
    if (now > row.until + hours(1) || (now >= row.until && behind < least_trade_usd)) {
        return;  // no further wake-up: the programme is over
    }
    context.wake_after(row.forced ? forced_step : clock_step);
    const double index = context.index_ago(asset_, Duration{});
    if (books_.empty() || index <= 0.0 || behind < least_trade_usd) {
        return;
    }
    if (row.pause_below_1h > -1.0 &&
        std::expm1(log_return(context, asset_, index, hours(1))) < row.pause_below_1h) {
        return;
    }
    // Participation is measured against all trading of the asset: what it does now, at least its
    // ordinary volume, since the simulated families carry only part of that.
    const double most = participation_usd(plan_, asset_, row.participation, dt_s);
    const double usd = std::min(behind, most);
    if (row.forced) {
        sent_usd_ += send_everywhere(context, behind, index);
        return;
    }
    const AssetBook& book = book_by_volume(books_, context.rng(Purpose::choice).uniform());
    if (usd > least_trade_usd) {
        sent_usd_ +=
            take_usd(context, book.id, side_, usd, decided_protection, programme_cause(row));
    }
}

double Programme::send_everywhere(AgentContext& context, double usd, double index) {
    double sent = 0;
    for (const AssetBook& book : books_) {
        const double share = share_by_volume(books_, book);
        const Instrument& instrument = plan_.instruments[book.id.raw()].instrument;
        const Lots qty = quantize_qty(usd * share / index, instrument);
        if (qty.raw() > 0 && !context.quote(book.id).halted) {
            context.market(book.id, side_, qty, programme_cause(row_));
            sent += static_cast<double>(qty.raw()) * instrument.lot_base * index;
        }
    }
    return sent;
}

std::vector<std::unique_ptr<Agent>> make_programmes_of(const Plan& plan,
                                                       std::size_t event,
                                                       const EventPlan& row) {
    std::vector<std::unique_ptr<Agent>> agents;
    if (row.type != EventType::flow) {
        return agents;
    }
    if (row.coin.valid() && row.scale != 0.0) {
        agents.push_back(std::make_unique<FundFlow>(plan, event, row));
    }
    for (std::size_t a = 0; a < row.sell_usd.size() && a < plan.assets.size(); ++a) {
        if (row.sell_usd[a] != 0.0) {
            agents.push_back(std::make_unique<Programme>(plan, event, row, AssetId::of_row(a)));
        }
    }
    return agents;
}

std::vector<std::unique_ptr<Agent>> make_programmes(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    for (std::size_t e = 0; e < plan.events.size(); ++e) {
        for (std::unique_ptr<Agent>& agent : make_programmes_of(plan, e, plan.events[e])) {
            agents.push_back(std::move(agent));
        }
    }
    return agents;
}

}  // namespace margincall::inline agents
