#include "agents/keeper.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "chain/chain_units.hpp"

namespace margincall::inline agents {
namespace {

constexpr double protocol_share = 0.10;  // of the bonus
constexpr double dust_usd = 1'000.0;
constexpr std::size_t calls_per_wake = 4;

}  // namespace

double keeper_profit(const KeeperQuote& q) {
    const double impact =
        q.depth_1pct > 0.0 ? 0.5 * 0.01 * q.debt_usd * q.debt_usd / q.depth_1pct : 0.0;
    return q.debt_usd * q.bonus * (1.0 - protocol_share) - q.gas_usd - impact;
}

Keeper::Keeper(const Plan& plan, std::uint32_t firm) : plan_{plan}, firm_{firm} {
    const KeeperPlan& p = plan.defi.keeper;
    // Firm k has 0.7 of the cash of the one before.
    double all = 0.0;
    for (std::int64_t k = 0; k < p.firms; ++k) {
        all += std::pow(0.7, static_cast<double>(k));
    }
    cash_ = p.cash * std::pow(0.7, firm) / all;
    for (const ChainCoin& coin : chain_coins(plan)) {
        if (!coin.books.spots.empty()) {
            coins_.push_back({coin.token, coin.asset, deepest_book(coin.books.spots)});
        }
    }
}

AgentSetup Keeper::setup() const {
    AgentSetup setup;
    setup.name = "keeper-" + std::to_string(firm_);
    setup.latency = LatencyClass::arbitrage;
    setup.entity = entity_name(family_keeper, firm_);
    for (const Coin& c : coins_) {
        setup.instruments.push_back(c.book.id);
    }
    setup.wallets = {{cash_, 0.0, ChainMarket::main}};
    setup.watches_chain = true;
    setup.first_wake = SimTime{} + seconds(20) + milliseconds(firm_);
    return setup;
}

const Keeper::Coin* Keeper::coin_of(ChainToken token) const {
    for (const Coin& c : coins_) {
        if (c.token == token) {
            return &c;
        }
    }
    return nullptr;
}

void Keeper::wake(AgentContext& context) {
    if (context.chain() == nullptr) {
        return;
    }
    std::erase_if(pending_, [&](const Pending& p) { return p.until <= context.now(); });
    liquidate(context);
    carry(context);
    last_ = context.now();
    if (!pending_.empty() || busy_until_ > context.now()) {
        context.wake_after(plan_.defi.block);
    }
}

void Keeper::liquidate(AgentContext& context) {
    const DefiWorld& chain = *context.chain();
    const KeeperPlan& p = plan_.defi.keeper;
    double free = chain.wallet_amount(context.self().raw(), 0, ChainToken::usd);
    for (const Pending& pending : pending_) {
        free -= pending.usd;
    }
    const double gas = p.gas * (1.0 + p.gas_busy * static_cast<double>(chain.waiting_calls()));
    struct Choice {
        std::uint32_t borrower = 0;
        double usd = 0.0;
        double profit = 0.0;
    };
    std::vector<Choice> choices;
    for (const AtRisk& risk : chain.at_risk()) {
        const Coin* coin = coin_of(risk.collateral);
        if (coin == nullptr || risk.debt != ChainToken::usd ||
            std::any_of(pending_.begin(), pending_.end(), [&](const Pending& own) {
                return own.borrower == risk.borrower;
            })) {
            continue;
        }
        const AssetPlan& asset = plan_.assets[coin->asset.raw()];
        KeeperQuote q{0.0, risk.bonus, gas, asset.depth_1pct * coin->book.depth};
        // The size that earns most against its own impact, within what may be repaid and is owned.
        const double best = q.bonus * (1.0 - protocol_share) * q.depth_1pct / 0.01;
        q.debt_usd = std::min({risk.debt_usd * risk.close_share, free, best});
        const double profit = keeper_profit(q);
        if (profit > 0.0) {
            choices.push_back({risk.borrower, q.debt_usd, profit});
        }
    }
    std::sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) {
        return a.profit != b.profit ? a.profit > b.profit : a.borrower < b.borrower;
    });
    std::size_t made = 0;
    for (const Choice& c : choices) {
        if (made == calls_per_wake || c.usd > free) {
            break;
        }
        ++made;
        free -= c.usd;
        const auto span = static_cast<std::uint64_t>(p.delay_max - p.delay_min + 1);
        const auto blocks = static_cast<std::uint32_t>(
            p.delay_min + static_cast<std::int64_t>(context.rng(Purpose::delay).below(span)));
        ChainCall call;
        call.kind = ChainCallKind::liquidate;
        call.account = c.borrower;
        call.amount = raw_amount(ChainToken::usd, c.usd);
        context.call(call, blocks);
        const Duration wait = Duration::from_raw(plan_.defi.block.raw() * (blocks + 1));
        pending_.push_back({c.borrower, context.now() + wait, c.usd});
    }
}

// Seized coins to the venue, sale there, dollars back.
void Keeper::carry(AgentContext& context) {
    const DefiWorld& chain = *context.chain();
    const auto blocks = static_cast<std::uint32_t>(plan_.defi.keeper.transfer_blocks);
    const Duration wait = plan_.defi.transfer_time();
    const double dt_s = std::min(60.0, to_seconds(context.now() - last_));
    bool sending = false;
    for (const Coin& c : coins_) {
        const U256 held = chain.wallet_balance(context.self().raw(), 0, c.token);
        const Instrument& inst = context.instrument(c.book.id);
        ChainCall call;
        call.wallet = 0;
        call.token = c.token;
        call.venue = inst.venue;
        if (!held.is_zero() && sending_until_ <= context.now()) {
            call.kind = ChainCallKind::to_venue;
            call.amount = held;
            context.call(call, blocks);
            sending = true;
        }
        const double index = context.index_ago(c.asset, Duration{});
        const double coins = coins_held(context, c.book.id);
        if (coins * index > dust_usd) {
            const double most = plan_.defi.keeper.participation *
                                plan_.assets[c.asset.raw()].volume / seconds_per_day * dt_s;
            (void)take_usd(context,
                           c.book.id,
                           Side::sell,
                           std::min(coins * index, most),
                           decided_protection,
                           Cause::keeper);
            busy_until_ = std::max(busy_until_, context.now() + wait);
        }
        const double cash = context.cash_usd(inst.venue);
        if (cash > 50.0 * dust_usd) {
            call.kind = ChainCallKind::from_venue;
            call.token = ChainToken::usd;
            call.amount = raw_amount(ChainToken::usd, cash);
            context.call(call, blocks);
        }
    }
    if (sending) {
        sending_until_ = context.now() + wait;
        busy_until_ = sending_until_;
    }
}

std::vector<std::unique_ptr<Agent>> make_keepers(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const DefiPlan& defi = plan.defi;
    if (!defi.enabled || !defi.keeper.enabled || defi.lending.borrowed <= 0.0) {
        return agents;
    }
    for (std::int64_t k = 0; k < defi.keeper.firms; ++k) {
        agents.push_back(std::make_unique<Keeper>(plan, static_cast<std::uint32_t>(k)));
    }
    return agents;
}

}  // namespace margincall::inline agents
