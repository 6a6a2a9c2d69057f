// A world that is stepped by hand: advanced to a time, looked at, given an event that its scenario does
// not know, forked, written down and made again elsewhere.
//
//   auto world = HandWorld::begin(compiled, {}, Keep::records);
//   world->step_to(SimTime{} + hours(9), nullptr);
//   auto other = world->fork();                       // goes on by itself, event for event alike
//   other->inject("type = \"flow\" ...", nullptr);    // and from here on differently
//
// A snapshot is the recipe of the state and not the state: scenario, what was injected and when, how
// many events passed, and the digest that they gave. Making it again runs these events again and compares
// the digest, so that a file of some kilobytes serves on any machine with the same build, and a wrong
// state is never gone on with. It takes as long as the run took to get there.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "record/memory_recorder.hpp"
#include "scenario/compile.hpp"
#include "sim/world.hpp"

namespace margincall::inline lab {

enum class Keep : std::uint8_t { nothing, records };

// An event that was told to a world, and when.
struct Injection {
    std::uint64_t events = 0;  // that had passed
    std::int64_t reached_ns = 0;
    std::string row;
};

// What HandWorld::snapshot writes, read and compiled.
struct Snapshot {
    std::shared_ptr<const Compiled> scenario;  // with its seed; never null
    std::string file;                          // as messages name it
    Keep keep = Keep::nothing;
    std::vector<Injection> injected;
    std::uint64_t events = 0;
    std::int64_t reached_ns = 0;
    std::string digest;  // 16 hexadecimal digits
};
// E724 it is no snapshot, E725 another build wrote it; problems of its scenario.
[[nodiscard]] std::expected<Snapshot, Errors> read_snapshot(std::string_view text,
                                                            std::string_view file);

class HandWorld {
  public:
    using Agents = std::vector<std::unique_ptr<Agent>>;

    // Draws the accounts and opens the books; nothing has happened yet. `more`: agents beside those of
    // the scenario, woken after them.
    [[nodiscard]] static std::unique_ptr<HandWorld> begin(std::shared_ptr<const Compiled> scenario,
                                                          Agents more,
                                                          Keep keep,
                                                          Verify verify = Verify::periodic);

    // Executes every event up to `until`, at most the end of the scenario. False: the monitor stopped it
    // before; stepping may go on.
    bool step_to(SimTime until, RunMonitor* monitor);

    // `row`: the keys of one row of [[events]] as a scenario has them. Its time must not lie before the
    // time that has been reached. Problems have the lines of `row`; E721 the event is one that cannot come
    // by surprise (a hack), E722 its time has passed, E723 the world is finished.
    [[nodiscard]] std::expected<EventPlan, Errors> inject(std::string_view row);

    // A world in this state that goes on by itself, with the records so far if this one keeps any.
    // Agents in it are clones (Agent::clone).
    [[nodiscard]] std::unique_ptr<HandWorld> fork() const;

    // The recipe, as JSON. Not of a finished world (CHECK).
    [[nodiscard]] std::string snapshot() const;
    // Makes the state again; `more` must be what the world was begun with. E726 the events gave
    // another state (agents that differ, or another machine's maths library). Nothing when the monitor
    // stopped it.
    [[nodiscard]] static std::expected<std::unique_ptr<HandWorld>, Errors> restore(
        const Snapshot& snapshot, Agents more, RunMonitor* monitor);

    // Closes records and totals; nothing may follow. Before the end of the scenario the run counts as
    // interrupted. Once.
    const RunTotals& finish();
    [[nodiscard]] bool finished() const { return totals_.has_value(); }

    [[nodiscard]] const World& world() const { return *world_; }
    [[nodiscard]] const Compiled& scenario() const { return *scenario_; }
    [[nodiscard]] const MemoryRecorder* recorder() const { return recorder_.get(); }  // null: none
    // The same for who outlives the world; nothing is added to it once that is finished.
    [[nodiscard]] std::shared_ptr<const MemoryRecorder> shared_recorder() const {
        return recorder_;
    }
    // The plan with what was injected, for whoever names events by their row.
    [[nodiscard]] Plan plan_with_injected() const;

  private:
    HandWorld() = default;
    void keep_records();
    // To exactly so many events and this time.
    bool step_again(std::uint64_t events, SimTime reached, RunMonitor* monitor);

    std::shared_ptr<const Compiled> scenario_;
    std::unique_ptr<World> world_;
    std::shared_ptr<MemoryRecorder> recorder_;
    std::vector<Injection> injected_;
    std::optional<RunTotals> totals_;
};

}  // namespace margincall::inline lab
