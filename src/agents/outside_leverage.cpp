#include "agents/outside_leverage.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "agents/families.hpp"

namespace margincall::inline agents {
namespace {

constexpr Duration hedge_step = minutes(5);
constexpr Duration loan_step = seconds(10);
constexpr std::size_t cohorts = 200;
constexpr double seconds_per_year = 365.0 * seconds_per_day;

AgentSetup setup_of(const Plan& plan,
                    const char* word,
                    std::uint32_t family,
                    std::size_t event,
                    const EventPlan& row,
                    std::span<const AssetBook> books) {
    AgentSetup setup;
    setup.name = word + row.name + "-" + plan.assets[row.coin.raw()].name;
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family, static_cast<std::uint32_t>(event));
    setup.instruments = ids_of(books);
    setup.cash_usd_per_venue = 2.0 * (row.open_usd + row.loans_usd) + 1e6;
    setup.first_wake = row.at + milliseconds(700 + 13 * row.coin.raw());
    return setup;
}

// Trades up to `usd` of the coin in one book by volume; returns the coins sent.
double send_some(AgentContext& context,
                 std::span<const AssetBook> books,
                 Side side,
                 double usd,
                 double price,
                 Cause cause) {
    const AssetBook& book = book_by_volume(books, context.rng(Purpose::choice).uniform());
    return usd >= least_trade_usd
               ? take_usd(context, book.id, side, usd, decided_protection, cause) / price
               : 0.0;
}

double most_usd(const Plan& plan, const EventPlan& row, Duration step) {
    return participation_usd(plan, row.coin, row.participation, to_seconds(step));
}

template <class Family>
std::vector<std::unique_ptr<Agent>> one_per_row(const Plan& plan,
                                                EventType type,
                                                double EventPlan::*size) {
    std::vector<std::unique_ptr<Agent>> agents;
    for (std::size_t e = 0; e < plan.events.size(); ++e) {
        if (plan.events[e].type == type && plan.events[e].*size > 0.0) {
            agents.push_back(std::make_unique<Family>(plan, e, plan.events[e]));
        }
    }
    return agents;
}

}  // namespace

double option_gamma(double price, double strike, double volatility, double years) {
    if (!(price > 0.0) || !(strike > 0.0) || !(volatility > 0.0) || !(years > 0.0)) {
        return 0.0;
    }
    const double spread = volatility * std::sqrt(years);
    const double d1 = std::log(price / strike) / spread + 0.5 * spread;
    const double density = std::exp(-0.5 * d1 * d1) / std::sqrt(2.0 * std::numbers::pi);
    return density / (price * spread);
}

OptionHedger::OptionHedger(const Plan& plan, std::size_t event, EventPlan row)
    : plan_{plan},
      row_{std::move(row)},
      event_{event},
      books_{asset_books(plan, row_.coin).perps} {}

AgentSetup OptionHedger::setup() const {
    return setup_of(plan_, "options-", family_option_hedger, event_, row_, books_);
}

void OptionHedger::wake(AgentContext& context) {
    const SimTime now = context.now();
    if (now >= row_.until || books_.empty()) {
        return;
    }
    context.wake_after(hedge_step);
    const double price = context.index_ago(row_.coin, Duration{});
    if (!(price > 0.0)) {
        return;
    }
    if (price_ > 0.0) {
        const double years = to_seconds(row_.until - now) / seconds_per_year;
        const double gamma = coins_ * row_.dealers *
                             option_gamma(price, row_.strike_usd, row_.implied_volatility, years);
        owed_ -= gamma * (price - price_);  // who is long gamma sells what rises
    } else {
        coins_ = row_.open_usd / price;
    }
    price_ = price;
    const double usd = std::min(std::abs(owed_) * price, most_usd(plan_, row_, hedge_step));
    const Side side = owed_ > 0.0 ? Side::buy : Side::sell;
    const double sent = send_some(context, books_, side, usd, price, Cause::hedger);
    owed_ -= side == Side::buy ? sent : -sent;
}

std::vector<LoanCohort> loan_cohorts(const EventPlan& event, double price) {
    std::vector<LoanCohort> out;
    const double usd = event.loans_usd / static_cast<double>(cohorts);
    for (std::size_t k = 0; k < cohorts; ++k) {
        const double part = (static_cast<double>(k) + 0.5) / static_cast<double>(cohorts);
        const double ltv = event.ltv_low + part * (event.ltv_high - event.ltv_low);
        out.push_back({.usd = usd, .coins = usd / (ltv * price)});
    }
    return out;
}

double step_cohort(LoanCohort& cohort, const EventPlan& event, double price, Rng& rng) {
    if (cohort.usd <= 0.0) {
        return 0.0;
    }
    const double ltv = cohort.ltv(price);
    if (ltv >= event.ltv_sale) {
        const double sold = std::min(cohort.coins, cohort.usd / price);
        cohort.usd = 0.0;
        return sold;
    }
    if (ltv >= event.ltv_call && !cohort.ignored) {
        if (rng.chance(event.cures)) {
            cohort.coins = cohort.usd / (event.ltv_restore * price);
        } else {
            cohort.ignored = true;
        }
    }
    return 0.0;
}

LoanBook::LoanBook(const Plan& plan, std::size_t event, EventPlan row)
    : plan_{plan}, row_{std::move(row)}, event_{event} {
    books_ = asset_books(plan, row_.coin).spots_or_perps();
}

AgentSetup LoanBook::setup() const {
    return setup_of(plan_, "loans-", family_loans, event_, row_, books_);
}

void LoanBook::wake(AgentContext& context) {
    const SimTime now = context.now();
    const double price = context.index_ago(row_.coin, Duration{});
    if (books_.empty() || (now >= row_.until && to_sell_ * price < least_trade_usd)) {
        return;
    }
    context.wake_after(loan_step);
    if (!(price > 0.0)) {
        return;
    }
    if (cohorts_.empty()) {
        cohorts_ = loan_cohorts(row_, price);
    }
    for (LoanCohort& cohort : cohorts_) {
        to_sell_ +=
            now < row_.until ? step_cohort(cohort, row_, price, context.rng(Purpose::top_up)) : 0.0;
    }
    const double usd = std::min(to_sell_ * price, most_usd(plan_, row_, loan_step));
    to_sell_ -= send_some(context, books_, Side::sell, usd, price, Cause::borrower);
}

std::vector<std::unique_ptr<Agent>> make_option_hedgers(const Plan& plan) {
    return one_per_row<OptionHedger>(plan, EventType::options, &EventPlan::open_usd);
}

std::vector<std::unique_ptr<Agent>> make_loan_books(const Plan& plan) {
    return one_per_row<LoanBook>(plan, EventType::loans, &EventPlan::loans_usd);
}

}  // namespace margincall::inline agents
