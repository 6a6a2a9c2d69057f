#include "agents/chain_attacker.hpp"

#include <algorithm>

#include "agents/families.hpp"
#include "agents/programme.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline agents {
ChainAttacker::ChainAttacker(const Plan& plan, std::size_t event, AssetId eth)
    : plan_{plan}, event_{event}, eth_{eth}, books_{asset_books(plan, eth)} {}

AgentSetup ChainAttacker::setup() const {
    const EventPlan& row = plan_.events[event_];
    AgentSetup setup;
    setup.name = "attacker-" + row.name;
    setup.latency = LatencyClass::retail;
    setup.entity = entity_name(family_attacker, static_cast<std::uint32_t>(event_));
    setup.instruments = ids_of(books_.spots);
    setup.cash_usd_per_venue = 1e6;
    setup.wallets = {{0.0, 0.0, ChainMarket::main}};
    setup.first_wake = row.at;
    return setup;
}

void ChainAttacker::wake(AgentContext& context) {
    if (context.chain() == nullptr) {
        return;
    }
    if (stage_ < 3) {
        act(context);
        return;
    }
    sell(context);
}

// The batches, then the staked tokens into ether, then ether to the venue with the deepest book.
void ChainAttacker::act(AgentContext& context) {
    const DefiWorld& chain = *context.chain();
    const std::uint32_t self = context.self().raw();
    ChainCall call;
    if (stage_ == 0) {
        call.kind = ChainCallKind::attack;
        for (std::uint32_t k = 0; k < IncidentPools::count(); ++k) {
            call.account = k;
            context.call(call, 1);
        }
    } else if (stage_ == 1) {
        call.kind = ChainCallKind::unwrap;
        call.amount = U256::max();
        for (const ChainToken t : {ChainToken::staked_eth, ChainToken::other_staked_eth}) {
            call.token = t;
            context.call(call, 1);
        }
    } else if (!books_.spots.empty()) {
        call.kind = ChainCallKind::to_venue;
        call.token = ChainToken::eth;
        call.venue = context.instrument(deepest_book(books_.spots).id).venue;
        call.amount = chain.wallet_balance(self, 0, ChainToken::eth);
        context.call(call, 2);
    }
    ++stage_;
    last_ = context.now();
    context.wake_after(plan_.defi.block + seconds(1));
}

void ChainAttacker::sell(AgentContext& context) {
    const EventPlan& row = plan_.events[event_];
    const double dt_s = to_seconds(context.now() - last_);
    last_ = context.now();
    double taken = context.chain()->totals().stolen_usd;
    if (taken <= 0.0 || books_.spots.empty()) {
        return;  // the pools held
    }
    const double all = std::max(taken, row.reported_usd) * row.sold_share;
    const double behind = all * programme_due(row, context.now()) - sent_usd_;
    if (context.now() > row.until + hours(1) ||
        (context.now() >= row.until && behind < least_trade_usd)) {
        return;
    }
    context.wake_after(seconds(10));
    const double most = participation_usd(plan_, eth_, row.participation, dt_s);
    const double usd = std::min(behind, most);
    if (usd > least_trade_usd) {
        const AssetBook& book =
            book_by_volume(books_.spots, context.rng(Purpose::choice).uniform());
        sent_usd_ +=
            take_usd(context, book.id, Side::sell, usd, decided_protection, Cause::security);
    }
}

std::vector<std::unique_ptr<Agent>> make_attackers(const Plan& plan) {
    std::vector<std::unique_ptr<Agent>> agents;
    const AssetId eth = find_asset(plan, "ETH");
    for (std::size_t e = 0; plan.defi.enabled && eth.valid() && e < plan.events.size(); ++e) {
        if (plan.events[e].type == EventType::hack && plan.events[e].scale > 0.0) {
            agents.push_back(std::make_unique<ChainAttacker>(plan, e, eth));
        }
    }
    return agents;
}

}  // namespace margincall::inline agents
