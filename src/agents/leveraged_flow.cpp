#include "agents/leveraged_flow.hpp"

#include <algorithm>
#include <cmath>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {
namespace {

class ContextMarket : public OwnerMarket {
  public:
    ContextMarket(AgentContext& context, const Plan& plan) : context_(context), plan_(plan) {}

    [[nodiscard]] View view(InstrumentId id) override {
        const Instrument& inst = context_.instrument(id);
        const Quote quote = context_.quote(id);
        const AssetPlan& asset = plan_.assets[inst.base.raw()];
        const InstrumentPlan& ip = plan_.instruments[id.raw()];
        View out;
        out.mid = mid_usd(quote, inst);
        out.mark = quote.mark > 0.0 ? quote.mark : out.mid;
        out.funding_paid = context_.funding_paid_usd(id);
        out.depth_bid = context_.depth_usd(id, Side::buy, depth_near);
        out.depth_ask = context_.depth_usd(id, Side::sell, depth_near);
        if (out.depth_bid <= 0.0 && out.depth_ask <= 0.0 &&
            context_.now() < SimTime{} + minutes(2)) {
            out.depth_bid = out.depth_ask =
                0.5 * asset.depth_1pct * ip.depth_share;  // before the first sample
        }
        out.new_owners = context_.retail_there();
        const double now = context_.index_ago(inst.base, Duration{});
        const double week = context_.index_ago(inst.base, hours(7 * 24));
        const double hour = context_.index_ago(inst.base, hours(1));
        if (now > 0.0 && week > 0.0 && hour > 0.0 && asset.volatility > 0.0) {
            out.return_7d_sigmas = std::log(now / week) / (asset.volatility * std::sqrt(7.0));
            out.return_1h_sigmas = std::log(now / hour) / (asset.volatility / std::sqrt(24.0));
        }
        return out;
    }
    [[nodiscard]] std::span<const AccountId> changed() override {
        return context_.changed_accounts();
    }
    [[nodiscard]] AccountView account(AccountId account) override {
        return context_.account_view(account);
    }
    void open(const AccountSeed& seed) override { context_.open_account(seed, Cause::opening); }
    void close(AccountId account, InstrumentId id, std::int64_t share_ppm) override {
        context_.close_position(account, id, share_ppm, Cause::closing);
    }

  private:
    AgentContext& context_;
    const Plan& plan_;
};

}  // namespace

LeveragedFlow::LeveragedFlow(const Plan& plan) : plan_(plan), owners_(plan) {}

AgentSetup LeveragedFlow::setup() const {
    AgentSetup out;
    out.name = "leveraged";
    out.latency = LatencyClass::retail;
    out.entity = entity_name(leveraged_flow_family, 0xFFFF'FFFFu);
    out.instruments = owners_.instruments();
    out.first_wake = SimTime{} + plan_.population.clock;
    return out;
}

void LeveragedFlow::wake(AgentContext& context) {
    const double clock_s = to_seconds(context.now() - previous_);
    previous_ = context.now();
    ContextMarket market{context, plan_};
    owners_.step(market, clock_s);
    context.wake_after(plan_.population.clock);
}

}  // namespace margincall::inline agents
