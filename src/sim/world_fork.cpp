// Worlds by hand: forking one, and declaring events that its plan does not know.
#include "sim/world.hpp"

namespace margincall::inline sim {

std::unique_ptr<World> World::fork() const {
    // The copy is made by the compiler, member by member, so that no new member can be forgotten;
    // what points into the original is bound anew.
    std::unique_ptr<World> copy(new World(*this));
    copy->clearing_.rebind_audit(copy->audit_);
    copy->gateway_.rebind(copy->clearing_, copy->books_);
    if (copy->defi_) {
        copy->defi_->rebind(copy->clearing_.ledger());
    }
    copy->recording_.attach(nullptr);
    return copy;
}

void World::set_switches(const Switches& off) {
    CHECK(off.off_after == switches_.off_after);
    CHECK(reached_ <= SimTime{} + off.off_after);
    switches_ = off;
}

void World::inject(const EventPlan& event, std::vector<std::unique_ptr<Agent>> executors) {
    CHECK(event.at >= reached_);
    CHECK(event.type != EventType::hack && event.type != EventType::information &&
          event.type != EventType::options && event.type != EventType::loans &&
          !event.follows_hack);
    const auto row = static_cast<std::uint32_t>(events_.size());
    events_.push_back(event);
    list_event(row);
    fair_value_.add(event);
    for (std::size_t k = 0; k < agent_code_.size(); ++k) {
        agent_code_[k].on_injected(event);
    }
    queue_.push(event.at, Phase::exogenous, EventKind::scenario_event, row);
    for (std::unique_ptr<Agent>& agent : executors) {
        open_agent(std::move(agent));
        schedule_wake(static_cast<std::uint32_t>(agents_.size() - 1));
    }
}

}  // namespace margincall::inline sim
