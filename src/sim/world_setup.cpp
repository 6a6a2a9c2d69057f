// Building a world from a plan: books, clearing, agents' accounts, clocks.
#include <algorithm>
#include <cmath>
#include <limits>

#include "plan/fund_pools.hpp"
#include "sim/world.hpp"

namespace margincall::inline sim {

namespace {
// Last week's mean funding, per 8 h, carried into the run as the last settlement of an interval.
[[nodiscard]] std::int64_t starting_funding_ppb(const FundingRule& rule, double per_8h) {
    return static_cast<std::int64_t>(
        std::llround(per_8h * 1e9 * to_seconds(rule.interval) / to_seconds(hours(8))));
}
}  // namespace

ClearingConfig World::clearing_config(const Plan& plan) {
    ClearingConfig config;
    for (const InstrumentPlan& i : plan.instruments) {
        config.instruments.push_back(i.instrument);
        config.tiers.push_back(i.tiers);
    }
    config.fund_of.resize(plan.instruments.size());
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        const VenueRules& rules = plan.venues[v].rules;
        config.venues.push_back(rules);
        const auto first = static_cast<std::uint32_t>(config.funds.size());
        for (const InstrumentPlan& i : plan.instruments) {
            if (i.instrument.venue.raw() == v) {
                config.fund_of[i.instrument.id.raw()] = first;
            }
        }
        for (const FundPool& pool : fund_pools(plan, VenueId::of_row(v))) {
            for (const InstrumentId i : pool.instruments) {
                config.fund_of[i.raw()] = static_cast<std::uint32_t>(config.funds.size());
            }
            config.funds.push_back({VenueId::of_row(v), pool.balance});
        }
        // Schedules of any style; where marginal tiers say the same, the house takes those.
        PortfolioRules margin;
        margin.pnl = rules.margin.pnl;
        margin.schedules.resize(plan.instruments.size());
        for (const InstrumentPlan& i : plan.instruments) {
            const Instrument& inst = i.instrument;
            if (inst.venue.raw() == v && inst.kind == InstrumentKind::linear_perp) {
                margin.schedules[inst.id.raw()] = i.schedule;
            }
        }
        config.margin.push_back(std::move(margin));
    }
    config.assets = static_cast<std::uint32_t>(plan.assets.size());
    if (plan.defi.enabled) {
        config.other_assets = DefiWorld::own_assets();
        config.collateral.resize(config.assets);
        if (const AssetId coin = find_asset(plan, plan.defi.usde.asset); coin.valid()) {
            config.collateral[coin.raw()] = {Amount::from_raw(i128{1'000'000'000} * 1'000'000'000),
                                             std::llround(plan.defi.usde.haircut * 1e6)};
        }
    }
    config.stops = plan.switches.acting(SimTime{}).stops;
    config.top_up_ratio_ppm =
        std::max<std::int64_t>(1, std::llround(plan.population.top_up_ratio * 1e6));
    return config;
}

World::World(const Plan& plan,
             std::vector<std::unique_ptr<Agent>> agents,
             const std::vector<AccountSeed>& population)
    : plan_(plan),
      seed_(plan.seed),
      events_(plan.events),
      switches_(plan.switches),
      clearing_(clearing_config(plan), population.size() + population.size() / 2),
      audit_(clearing_.ledger().assets()),
      fair_value_(plan),
      liquidation_(plan.venues.size(), plan.instruments.size(), clearing_.funds()),
      profit_takers_(plan),
      recording_(plan) {
    clearing_.start_audit(audit_);
    open_books();
    open_chain();
    open_agents(std::move(agents));
    plan_issuer(population);
    for (const AccountSeed& s : population) {
        if (s.portfolio != 0) {
            continue;
        }
        const AccountId fund = s.basis_fund != 0 ? hedge_account(s.instrument) : AccountId{};
        if (fund.valid()) {
            const Lots own = s.qty - open_issuer_part(s);
            if (own.raw() > 0) {
                open_hedged_short(fund, s, own);
            }
            continue;
        }
        if (s.collateral_ppm > 0 && pegged_spot(instrument(s.instrument).venue).valid()) {
            open_collateral_account(s);
        } else {
            (void)clearing_.open_row(s, ClearingHouse::WithPosition::yes);
        }
        totals_.accounts += s.weight;
    }
    open_portfolios(population);
    totals_.account_rows = static_cast<std::int64_t>(clearing_.rows().size() +
                                                     clearing_.cross_accounts().accounts().size());
    open_issuer_hedge();
    clearing_.finish_opening();
    if (plan_.population.profit_share > 0.0) {
        profit_takers_.open(clearing_, first_portfolio_, portfolios_.size(), draw_numbers_);
        follow_profit_takers();
    }
    schedule_clocks();
}

// The account of the agent that starts with the hedged shorts of an instrument; invalid = nobody.
AccountId World::hedge_account(InstrumentId i) const {
    for (const AgentSlot& slot : agents_) {
        const std::vector<InstrumentId>& own = slot.setup.instruments;
        if (slot.setup.takes_hedges && std::find(own.begin(), own.end(), i) != own.end()) {
            return slot.account[instrument(i).venue.raw()];
        }
    }
    return AccountId{};
}

void World::open_hedged_short(AccountId holder, const AccountSeed& s, Lots lots) {
    clearing_.open_agent_position(holder, s.instrument, s.side, lots, s.entry);
    agents_[agent_of(holder)].confirmed[s.instrument.raw()] += sign(s.side) * lots.raw();
}

void World::open_portfolios(std::span<const AccountSeed> population) {
    std::vector<std::size_t> positions(plan_.instruments.size(), 0);
    std::size_t accounts = 0;
    std::uint32_t last = 0;
    for (const AccountSeed& s : population) {
        if (s.portfolio != 0) {
            ++positions[s.instrument.raw()];
            accounts += s.portfolio != last ? 1 : 0;
            last = s.portfolio;
        }
    }
    clearing_.reserve_cross(accounts, positions);
    portfolios_.reserve(accounts);
    for (std::size_t k = 0; k < population.size();) {
        std::size_t end = k + 1;
        while (end < population.size() && population[k].portfolio != 0 &&
               population[end].portfolio == population[k].portfolio) {
            ++end;
        }
        if (population[k].portfolio != 0) {
            open_portfolio(population.subspan(k, end - k));
        }
        k = end;
    }
    CHECK_EQ(portfolios_.size(), accounts);
}

void World::open_portfolio(std::span<const AccountSeed> positions) {
    CHECK(positions.size() <= portfolio_positions_max);
    const AccountSeed& first = positions.front();
    std::array<InstrumentId, portfolio_positions_max> instruments;
    Money margin;
    Money worth;
    for (std::size_t k = 0; k < positions.size(); ++k) {
        const AccountSeed& s = positions[k];
        const Instrument& inst = instrument(s.instrument);
        CHECK(s.side == first.side && s.weight == first.weight &&
              inst.venue == instrument(first.instrument).venue);
        instruments[k] = s.instrument;
        margin += s.margin;
        worth += notional(inst, s.entry, s.qty);
    }
    CHECK(margin.raw() > 0);
    const std::int64_t leverage_e2 = mul_div(worth.raw(), 100, margin.raw(), Round::down);
    const AccountId account =
        clearing_.open_cross(instrument(first.instrument).venue,
                             std::max<std::int64_t>(100, leverage_e2),
                             first.weight,
                             std::span(instruments).first(positions.size()),
                             first.may_top_up != 0 ? CrossKind::margin_call : std::uint8_t{0});
    clearing_.deposit(account, margin, Reason::deposit);
    for (const AccountSeed& s : positions) {
        clearing_.open_cross_position(
            account, s.instrument, Lots::from_raw(sign(s.side) * s.qty.raw()), s.entry);
    }
    if (portfolios_.empty()) {
        first_portfolio_ = account;
    }
    CHECK_EQ(account.raw(), first_portfolio_.raw() + portfolios_.size());
    portfolios_.push_back({.side = first.side, .initial_margin = margin});
    totals_.accounts += first.weight;
}

void World::open_books() {
    perps_of_venue_.resize(plan_.venues.size());
    spots_of_asset_.resize(plan_.assets.size());
    perps_of_asset_.resize(plan_.assets.size());
    books_.reserve(plan_.instruments.size());
    for (const AssetPlan& a : plan_.assets) {
        AssetFeed feed;
        feed.volatility = RealisedVolatility{a.volatility};
        feed.index.reserve(static_cast<std::size_t>(to_seconds(plan_.length)) + 16);
        feed.index.push_back(a.price);
        assets_.push_back(std::move(feed));
        index_now_.push_back(a.price);
        oracle_now_.push_back(a.price);
    }
    for (const InstrumentPlan& p : plan_.instruments) {
        const Instrument& inst = p.instrument;
        const double start = plan_.assets[inst.base.raw()].price;
        const auto hint = quantize_price(start, inst, Round::down);
        CHECK(hint.has_value());
        BookConfig config;
        config.instrument = inst.id;
        config.price_max = inst.price_max;
        config.qty_max = inst.qty_max;
        config.price_hint = *hint;
        config.orders_hint = 4096;
        books_.emplace_back(config);
        InstrumentFeed feed;
        feed.last = *hint;
        const VenueRules& rules = plan_.venues[inst.venue.raw()].rules;
        if (inst.kind == InstrumentKind::linear_perp) {
            feed.mark = *hint;
            feed.mark_before = *hint;
            clearing_.set_mark(inst.id, *hint);
            feed.funding_8h = static_cast<double>(rules.funding.interest_ppb) * 1e-9;
            perps_of_venue_[inst.venue.raw()].push_back(inst.id);
            perps_of_asset_[inst.base.raw()].push_back(inst.id);
        } else {
            spots_of_asset_[inst.base.raw()].push_back(inst.id);
        }
        feed.log_mid = std::log(start);
        feeds_.push_back(feed);
        marks_.emplace_back(rules.mark, inst);
        // A spot pays no funding; its row only keeps the table dense.
        funding_.emplace_back(rules.funding, p.tiers.empty() ? MarginTiers{MarginTier{}} : p.tiers);
        funding_.back().start_with(starting_funding_ppb(rules.funding, plan_.history.funding_7d));
    }
    band_premiums_.resize(plan_.instruments.size());
    halts_.resize(plan_.instruments.size());
    margin_scales_.resize(plan_.instruments.size());
    levels_.reserve(1024);
    for (const InstrumentPlan& p : plan_.instruments) {
        World::publish_quote(p.instrument.id);
    }
    fear_greed_ = plan_.history.fear_greed.empty() ? 50.0 : plan_.history.fear_greed.back();
}

void World::open_agents(std::vector<std::unique_ptr<Agent>> agents) {
    outbox_.assign(plan_.venues.size(), no_packet);
    load_.assign(plan_.venues.size(), {});
    next_funding_.assign(plan_.venues.size(), SimTime{});
    for (std::unique_ptr<Agent>& agent : agents) {
        open_agent(std::move(agent));
    }
}

void World::open_agent(std::unique_ptr<Agent> agent) {
    const auto number = static_cast<std::uint32_t>(agents_.size());
    AgentSlot slot;
    slot.setup = agent->setup();
    agent_code_.add(std::move(agent));
    depth_state_.resize(agent_code_.size() * plan_.assets.size(),
                        std::numeric_limits<double>::quiet_NaN());
    slot.account.resize(plan_.venues.size());
    slot.confirmed.assign(plan_.instruments.size(), 0);
    slot.last_arrival.resize(plan_.venues.size());
    slot.streams.resize(32);
    slot.stream_open.assign(32, 0);
    for (const InstrumentId i : slot.setup.instruments) {
        const VenueId v = instrument(i).venue;
        if (slot.account[v.raw()].valid()) {
            continue;
        }
        const AccountId account =
            slot.setup.margin.empty() ? clearing_.open_agent(v) : open_margined(slot.setup, v);
        slot.account[v.raw()] = account;
        agent_of_account_.resize(account.raw() + 1, no_agent);
        agent_of_account_[account.raw()] = number;
        if (slot.setup.cash_usd_per_venue > 0.0) {
            clearing_.deposit(
                account,
                Money::from_raw(static_cast<std::int64_t>(slot.setup.cash_usd_per_venue * 1e6)),
                Reason::deposit);
        }
    }
    slot.inbox.reserve(256);
    slot.fresh.reserve(256);
    agents_.push_back(std::move(slot));
    open_wallets(number);
}

// Before the population, behind all other agents (make_agents): so one number shifts everybody's.
AccountId World::open_margined(const AgentSetup& setup, VenueId venue) {
    const AccountId account = clearing_.open_cross(venue, setup.margin_leverage_e2, 1, {});
    if (draw_numbers_.left_out == 0) {
        draw_numbers_.first = account.raw();
    }
    CHECK_EQ(account.raw(), draw_numbers_.first + draw_numbers_.left_out);
    ++draw_numbers_.left_out;
    if (const Money deposit = setup.margin[venue.raw()]; deposit.raw() > 0) {
        clearing_.deposit(account, deposit, Reason::deposit);
    }
    return account;
}

void World::schedule_wake(std::uint32_t agent) {
    AgentSlot& slot = agents_[agent];
    slot.next_wake = std::max(slot.setup.first_wake, reached_);
    slot.wake_pending = true;
    queue_.push(slot.next_wake, Phase::agent, EventKind::agent_wake, agent);
}

void World::schedule_clocks() {
    const SimTime start;
    queue_.reserve(65'536);
    queue_.push(start, Phase::exogenous, EventKind::fair_value, 0);
    for (std::size_t e = 0; e < events_.size(); ++e) {
        queue_.push(events_[e].at,
                    Phase::exogenous,
                    EventKind::scenario_event,
                    static_cast<std::uint32_t>(e));
        list_event(static_cast<std::uint32_t>(e));
    }
    queue_.push(start + seconds(1), Phase::index, EventKind::index_tick, 0);
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
        if (const TimedHaltRule& halt = plan_.venues[v].rules.halt; halt.from < halt.to) {
            queue_.push(start + halt.from,
                        Phase::exogenous,
                        EventKind::halt,
                        static_cast<std::uint32_t>(v));
        }
        if (perps_of_venue_[v].empty()) {
            continue;
        }
        const VenueRules& rules = plan_.venues[v].rules;
        const auto id = static_cast<std::uint32_t>(v);
        // Clocks run on the venue's own grid in UTC: funding at whole intervals of the day.
        const std::int64_t since_midnight_ns = (plan_.start_unix_s % 86'400) * 1'000'000'000;
        const std::int64_t interval = funding_settle_step(rules.funding).raw();
        const std::int64_t to_next = interval - since_midnight_ns % interval;
        queue_.push(start + rules.mark.update, Phase::mark, EventKind::mark_tick, id);
        queue_.push(start + funding_sample_step(rules.funding, plan_.venues[v].block),
                    Phase::funding,
                    EventKind::funding_sample,
                    id);
        next_funding_[v] = start + nanoseconds(to_next);
        queue_.push(next_funding_[v], Phase::funding, EventKind::funding_settle, id);
        queue_.push(start + seconds(10), Phase::liquidation, EventKind::fund_unwind, id);
    }
    for (std::size_t k = 0; k < agents_.size(); ++k) {
        schedule_wake(static_cast<std::uint32_t>(k));
    }
    queue_.push(start + plan_.output.depth, Phase::sample, EventKind::depth_sample, 0);
    queue_.push(start + plan_.output.bar, Phase::sample, EventKind::bar_sample, 0);
    queue_.push(start + minutes(1), Phase::sample, EventKind::map_sample, 0);
    const std::int64_t to_midnight = 86'400 - plan_.start_unix_s % 86'400;
    queue_.push(start + seconds(to_midnight), Phase::sample, EventKind::sentiment_print, 0);
}

}  // namespace margincall::inline sim
