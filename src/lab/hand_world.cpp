#include "lab/hand_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "agents/programme.hpp"
#include "base/check.hpp"
#include "base/json_text.hpp"
#include "lab/identity.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;
constexpr int snapshot_version = 1;

int lines_of(std::string_view text) {
    return static_cast<int>(std::ranges::count(text, '\n'));
}

// The row of the plan that is not in the shorter one: rows are sorted by time, and the last of the file
// comes last among its equals.
std::size_t row_added(const std::vector<EventPlan>& before, const std::vector<EventPlan>& after) {
    std::size_t k = 0;
    while (k < before.size() && before[k].name == after[k].name && before[k].at == after[k].at) {
        ++k;
    }
    return k;
}

bool is_count(const Json& in, const char* key) {
    return in.contains(key) && in[key].is_number_unsigned();
}
bool is_text(const Json& in, const char* key) {
    return in.contains(key) && in[key].is_string();
}

// The snapshot as JSON in which everything that is read stands. E724, E725.
std::expected<Json, Error> parse_snapshot(std::string_view snapshot, std::string_view file) {
    Json in = Json::parse(snapshot, nullptr, false);
    const auto is_injection = [](const Json& row) {
        return row.is_object() && is_count(row, "events") && is_count(row, "reached_ns") &&
               is_text(row, "row");
    };
    if (!in.is_object() || !is_count(in, "margincall_snapshot") || !is_text(in, "core") ||
        !is_count(in, "seed") || !is_count(in, "events") || !is_count(in, "reached_ns") ||
        !is_text(in, "digest") || !is_text(in, "scenario") || !in.contains("records") ||
        !in["records"].is_boolean() || !in.contains("injected") || !in["injected"].is_array() ||
        !std::ranges::all_of(in["injected"], is_injection)) {
        return std::unexpected(file_error(
            std::string{file}, "E724", "is no snapshot of a world", "World.snapshot writes one"));
    }
    if (in["margincall_snapshot"] != snapshot_version || in["core"] != core_identity()) {
        return std::unexpected(file_error(
            std::string{file},
            "E725",
            "another build wrote this snapshot; its events would give another state here",
            "make the state again with this build, or use that one"));
    }
    return in;
}

std::string digest_text(const World& world) {
    return fmt::format("{:016x}", world.state_digest());
}

}  // namespace

std::expected<Snapshot, Errors> read_snapshot(std::string_view text, std::string_view file) {
    const auto in = parse_snapshot(text, file);
    if (!in) {
        return std::unexpected(Errors{in.error()});
    }
    const auto count = [](const Json& from, const char* key) {
        return from[key].get<std::uint64_t>();
    };
    std::expected<Compiled, Errors> compiled =
        compile_text((*in)["scenario"].get<std::string>(),
                     std::string{file},
                     ".",
                     Overrides{fmt::format("random.seed={}", count(*in, "seed"))});
    if (!compiled) {
        return std::unexpected(std::move(compiled.error()));
    }
    Snapshot out;
    out.scenario = std::make_shared<const Compiled>(std::move(*compiled));
    out.file = file;
    out.keep = (*in)["records"].get<bool>() ? Keep::records : Keep::nothing;
    out.events = count(*in, "events");
    out.reached_ns = (*in)["reached_ns"].get<std::int64_t>();
    out.digest = (*in)["digest"].get<std::string>();
    for (const Json& row : (*in)["injected"]) {
        out.injected.push_back({count(row, "events"),
                                row["reached_ns"].get<std::int64_t>(),
                                row["row"].get<std::string>()});
    }
    return out;
}

std::unique_ptr<HandWorld> HandWorld::begin(std::shared_ptr<const Compiled> scenario,
                                            Agents more,
                                            Keep keep,
                                            Verify verify) {
    std::unique_ptr<HandWorld> hand(new HandWorld);
    hand->scenario_ = std::move(scenario);
    const Plan& plan = hand->scenario_->plan;
    check_context().seed = plan.seed;
    Agents agents = make_agents(plan);
    for (std::unique_ptr<Agent>& agent : more) {
        agents.push_back(std::move(agent));
    }
    hand->world_ = std::make_unique<World>(plan, std::move(agents), draw_population(plan));
    hand->world_->set_verify(verify);
    if (keep == Keep::records) {
        hand->recorder_ = std::make_shared<MemoryRecorder>(plan);
        hand->world_->set_recorder(hand->recorder_.get());
    }
    return hand;
}

bool HandWorld::step_to(SimTime until, RunMonitor* monitor) {
    CHECK(!finished());
    return world_->advance(until, monitor);
}

std::expected<EventPlan, Errors> HandWorld::inject(std::string_view row) {
    const std::string name = "the event";
    if (finished()) {
        return std::unexpected(Errors{file_error(
            name, "E723", "the world is finished", "inject into a fork that was made before")});
    }
    const std::string before = scenario_->resolved + "\n[[events]]\n";
    std::expected<Compiled, Errors> compiled =
        compile_text(before + std::string{row} + "\n", name, ".");
    if (!compiled) {
        // Only the row is new, so that the problems are its own.
        for (Error& error : compiled.error()) {
            error.line = std::max(0, error.line - lines_of(before));
        }
        return std::unexpected(std::move(compiled.error()));
    }
    const std::vector<EventPlan>& known = scenario_->plan.events;
    const std::vector<EventPlan>& all = compiled->plan.events;
    const bool added = all.size() == known.size() + 1;
    if (!added || all[row_added(known, all)].type == EventType::hack) {
        return std::unexpected(Errors{file_error(
            name,
            "E721",
            "a hack, and what follows one, is prepared before the start: its attacker has wallets, "
            "pools and a plan",
            "write it into the scenario as a row of [[events]]")});
    }
    EventPlan event = all[row_added(known, all)];
    if (event.type == EventType::information || event.type == EventType::options ||
        event.type == EventType::loans) {
        return std::unexpected(Errors{
            file_error(name,
                       "E721",
                       "information, options and loans are there from the start: their owners "
                       "have accounts",
                       "write it into the scenario as a row of [[events]]")});
    }
    if (event.follows_hack) {
        return std::unexpected(
            Errors{file_error(name, "E721", "follows_hack: no hack can be injected", "")});
    }
    if (event.at < world_->reached()) {
        const std::int64_t start = scenario_->plan.start_unix_s;
        return std::unexpected(
            Errors{file_error(name,
                              "E722",
                              fmt::format("at {}: that has passed, the world stands at {}",
                                          iso_utc(start + event.at.ns() / 1'000'000'000),
                                          iso_utc(start + world_->reached().ns() / 1'000'000'000)),
                              "a fork of an earlier time can still be told")});
    }
    injected_.push_back({world_->totals().events, world_->reached().ns(), std::string{row}});
    world_->inject(event, make_programmes_of(scenario_->plan, world_->events().size(), event));
    return event;
}

std::unique_ptr<HandWorld> HandWorld::fork() const {
    std::unique_ptr<HandWorld> copy(new HandWorld);
    copy->scenario_ = scenario_;
    copy->world_ = world_->fork();
    copy->injected_ = injected_;
    copy->totals_ = totals_;
    if (recorder_) {
        copy->recorder_ = std::make_shared<MemoryRecorder>(*recorder_);
        copy->world_->set_recorder(copy->recorder_.get());
    }
    return copy;
}

std::string HandWorld::snapshot() const {
    CHECK(!finished());
    Json injected = Json::array();
    for (const Injection& row : injected_) {
        injected.push_back(
            {{"events", row.events}, {"reached_ns", row.reached_ns}, {"row", row.row}});
    }
    const Json out{{"margincall_snapshot", snapshot_version},
                   {"core", core_identity()},
                   {"scenario_hash", scenario_->plan.scenario_hash},
                   {"seed", scenario_->plan.seed},
                   {"records", recorder_ != nullptr},
                   {"events", world_->totals().events},
                   {"reached_ns", world_->reached().ns()},
                   {"digest", digest_text(*world_)},
                   {"injected", std::move(injected)},
                   {"scenario", scenario_->resolved}};
    return json_text(out, 1) + "\n";
}

bool HandWorld::step_again(std::uint64_t events, SimTime reached, RunMonitor* monitor) {
    if (world_->totals().events < events &&
        !world_->advance(SimTime{} + scenario_->plan.length, monitor, events)) {
        return false;
    }
    // Nothing happens up to there any more; a world that was stopped between two events of one time stays
    // between them.
    return reached <= world_->now() || world_->advance(reached, monitor);
}

std::expected<std::unique_ptr<HandWorld>, Errors> HandWorld::restore(const Snapshot& snapshot,
                                                                     Agents more,
                                                                     RunMonitor* monitor) {
    auto hand = begin(snapshot.scenario, std::move(more), snapshot.keep);
    for (const Injection& row : snapshot.injected) {
        if (!hand->step_again(row.events, SimTime::from_ns(row.reached_ns), monitor)) {
            return nullptr;
        }
        if (auto done = hand->inject(row.row); !done) {
            return std::unexpected(std::move(done.error()));
        }
    }
    if (!hand->step_again(snapshot.events, SimTime::from_ns(snapshot.reached_ns), monitor)) {
        return nullptr;
    }
    if (digest_text(*hand->world_) != snapshot.digest) {
        return std::unexpected(Errors{file_error(
            snapshot.file,
            "E726",
            "the events of this snapshot gave another state than the one it was taken of",
            "agents in Python must be those of the world it was taken of, and must depend "
            "on nothing but what they are shown")});
    }
    return hand;
}

const RunTotals& HandWorld::finish() {
    CHECK(!finished());
    totals_ = world_->finish();
    return *totals_;
}

Plan HandWorld::plan_with_injected() const {
    Plan plan = scenario_->plan;
    plan.events.assign(world_->events().begin(), world_->events().end());
    return plan;
}

}  // namespace margincall::inline lab
