// What the owners of leveraged accounts see and do; implemented over AgentContext
// (leveraged_flow.cpp), and by simple markets in the tests.
#pragma once

#include <cstdint>
#include <span>

#include "plan/plan.hpp"
#include "sim/agent.hpp"

namespace margincall::inline agents {

class OwnerMarket {
  public:
    OwnerMarket() = default;
    OwnerMarket(const OwnerMarket&) = delete;
    OwnerMarket& operator=(const OwnerMarket&) = delete;
    OwnerMarket(OwnerMarket&&) = delete;
    OwnerMarket& operator=(OwnerMarket&&) = delete;
    virtual ~OwnerMarket() = default;

    // One perp at one clock tick.
    struct View {
        double mid = 0.0;           // USD; 0 = nobody can trade now
        double mark = 0.0;          // USD
        double funding_paid = 0.0;  // by a long of one coin since the start, USD
        double depth_bid = 0.0;     // USD within 1 %
        double depth_ask = 0.0;
        double return_7d_sigmas = 0.0;
        double return_1h_sigmas = 0.0;
        double new_owners = 1.0;  // share of those who would come that comes
    };
    [[nodiscard]] virtual View view(InstrumentId id) = 0;
    // Accounts whose positions or margin changed since the last call, funding aside; at the first
    // call all. Valid until the next call.
    [[nodiscard]] virtual std::span<const AccountId> changed() = 0;
    [[nodiscard]] virtual AccountView account(AccountId account) = 0;
    virtual void open(const AccountSeed& seed) = 0;
    // Closes a share of the account's position in an instrument.
    virtual void close(AccountId account, InstrumentId id, std::int64_t share_ppm) = 0;
};

}  // namespace margincall::inline agents
