#include "agents/fund_flow.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "agents/programme.hpp"

namespace margincall::inline agents {
namespace {

constexpr Duration fund_step = seconds(10);
constexpr double wild_day_pct = 20.0;  // what the deposit is for

}  // namespace

double fund_answer(const EventPlan& event, double return_yesterday, double return_today, double z) {
    return event.answer_base + 100.0 * event.answer_yesterday * return_yesterday +
           100.0 * event.answer_today * return_today + event.answer_noise * z;
}

std::int64_t trading_day_before(std::int64_t unix_s) {
    constexpr std::int64_t day = 86'400;
    constexpr std::int64_t thursday = 4;  // 1 January 1970, with Sunday as 0
    while (true) {
        unix_s -= day;
        const std::int64_t weekday = (unix_s / day + thursday) % 7;
        if (weekday != 0 && weekday != 6) {
            return unix_s;
        }
    }
}

FundFlow::FundFlow(const Plan& plan, std::size_t event, EventPlan row)
    : plan_{plan},
      row_{std::move(row)},
      asset_{row_.coin},
      entity_{entity_name(family_fund_flow, static_cast<std::uint32_t>(event))} {
    const AssetBooks books = asset_books(plan, asset_);
    books_ = row_.perps ? books.perps : books.spots_or_perps();
    z_ = Rng{plan.seed, entity_, Purpose::size}.normal();
}

AgentSetup FundFlow::setup() const {
    AgentSetup setup;
    setup.name = "funds-" + row_.name + "-" + plan_.assets[asset_.raw()].name;
    setup.latency = LatencyClass::retail;
    setup.entity = entity_;
    setup.instruments = ids_of(books_);
    const double most =
        std::abs(row_.answer_base) + 4.0 * row_.answer_noise +
        wild_day_pct * (std::abs(row_.answer_yesterday) + std::abs(row_.answer_today));
    setup.cash_usd_per_venue = 2.0 * most + 1e6;
    setup.first_wake = row_.at + milliseconds(500 + 13 * asset_.raw());
    return setup;
}

double FundFlow::answer_now(AgentContext& context) const {
    const std::int64_t now = plan_.start_unix_s + context.now().ns() / 1'000'000'000;
    const std::int64_t session_end = plan_.start_unix_s + row_.until.ns() / 1'000'000'000;
    const std::int64_t close = trading_day_before(session_end);
    const auto price = [&](std::int64_t unix_s) {
        return context.index_ago(asset_, seconds(std::max<std::int64_t>(0, now - unix_s)));
    };
    const double before = price(trading_day_before(close));
    const double yesterday = price(close);
    const double today = price(std::min(now, session_end));
    if (!(before > 0.0) || !(yesterday > 0.0) || !(today > 0.0)) {
        return 0.0;
    }
    return fund_answer(row_, std::log(yesterday / before), std::log(today / yesterday), z_);
}

void FundFlow::wake(AgentContext& context) {
    const SimTime now = context.now();
    const double dt_s = to_seconds(now - std::max(last_, row_.at));
    last_ = now;
    const double behind = answer_now(context) * programme_due(row_, now) - bought_usd_;
    // After the session only what participation held back is worked off, for an hour.
    if (now > row_.until + hours(1) || (now >= row_.until && std::abs(behind) < least_trade_usd) ||
        books_.empty()) {
        return;
    }
    context.wake_after(fund_step);
    const double most = participation_usd(plan_, asset_, row_.participation, dt_s);
    const double usd = std::min(std::abs(behind), most);
    const AssetBook& book = book_by_volume(books_, context.rng(Purpose::choice).uniform());
    if (usd < least_trade_usd) {
        return;
    }
    const Side side = behind > 0.0 ? Side::buy : Side::sell;
    const double sent =
        take_usd(context, book.id, side, usd, decided_protection, programme_cause(row_));
    bought_usd_ += side == Side::buy ? sent : -sent;
}

}  // namespace margincall::inline agents
