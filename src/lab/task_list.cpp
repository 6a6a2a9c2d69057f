#include "lab/task_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_text.hpp"
#include "lab/identity.hpp"

namespace margincall::inline lab {
namespace {

std::expected<Compiled, Errors> compile_request(const TaskRequest& request,
                                                const std::vector<std::string>& overrides) {
    return request.text
               ? compile_text(
                     request.text->text, request.scenario, request.text->directory, overrides)
               : compile_scenario(request.scenario, overrides);
}

constexpr std::array<std::string_view, 7> keys_of_switches = {"mechanisms.forced_orders",
                                                              "mechanisms.stops",
                                                              "mechanisms.maker_losses",
                                                              "mechanisms.overload",
                                                              "mechanisms.behaviour",
                                                              "agents.market_maker.frozen",
                                                              "agents.arbitrage.unlimited"};

// What of a cell's values acts before the switches do.
std::vector<std::string> set_before_switches(const std::vector<std::string>& set) {
    std::vector<std::string> out;
    for (const std::string& one : set) {
        const std::string_view key = std::string_view{one}.substr(0, one.find('='));
        if (std::ranges::find(keys_of_switches, key) == keys_of_switches.end()) {
            out.push_back(one);
        }
    }
    return out;
}

std::string cell_name(const std::vector<std::string>& set) {
    return set.empty() ? "without values" : fmt::format("{}", fmt::join(set, ", "));
}

}  // namespace

std::span<const std::string_view> switch_keys() {
    return keys_of_switches;
}

std::expected<TaskList, Errors> TaskList::make(TaskRequest request) {
    CHECK(request.varies.empty() || request.points.empty());
    CHECK(request.draws.empty() || request.points_on_resolved);
    CHECK(!request.points_on_resolved ||
          (!request.points.empty() && request.points.front().empty()));
    TaskList list;
    list.identity_ = core_identity();
    if (request.paths) {
        request.overrides.push_back(fmt::format("random.paths={}", *request.paths));
    }
    if (request.seed_from) {
        request.overrides.push_back(fmt::format("random.seed={}", *request.seed_from));
    }
    std::map<std::string, std::size_t> seen;  // cells by their hash
    for (std::vector<std::string>& set :
         request.points.empty() ? cells_of(request.varies) : request.points) {
        std::vector<std::string> overrides = request.overrides;
        overrides.insert(overrides.end(), set.begin(), set.end());
        std::expected<Compiled, Errors> compiled =
            request.points_on_resolved && !list.cells_.empty()
                ? compile_text(list.cells_.front().resolved, request.scenario, ".", set)
                : compile_request(request, overrides);
        if (!compiled) {
            // One cell's problems are enough: the next one's are mostly the same.
            for (Error& error : compiled.error()) {
                if (!set.empty()) {
                    error.message += fmt::format(" (cell {})", fmt::join(set, ", "));
                }
            }
            return std::unexpected(std::move(compiled.error()));
        }
        if (list.cells_.empty()) {
            list.paths_ = compiled->plan.paths;
            list.seed_from_ = compiled->plan.seed;
        } else if (compiled->plan.paths != list.paths_ || compiled->plan.seed != list.seed_from_) {
            return std::unexpected(
                Errors{file_error(request.scenario,
                                  "E702",
                                  "cells differ in random.seed or random.paths",
                                  "seeds are not a part of the grid: --paths N --seed-from S")});
        }
        const auto [same, fresh] = seen.emplace(compiled->plan.scenario_hash, list.cells_.size());
        if (!fresh) {
            // Their worlds would have one key, and the second cell would never have any.
            return std::unexpected(Errors{file_error(
                request.scenario,
                "E701",
                fmt::format("two cells are the same world: {} and {}",
                            cell_name(list.cells_[same->second].set),
                            cell_name(set)),
                "one value written in two ways, or a key that this world does not use (a reduced "
                "world merges venues)")});
        }
        list.cells_.push_back({set, compiled->plan.scenario_hash, compiled->resolved});
        if (list.cells_.size() == 1) {
            list.base_ = std::move(*compiled);
        }
    }
    CHECK(request.draws.empty() || request.draws.size() == static_cast<std::size_t>(list.paths_));
    for (std::size_t path = 0; path < request.draws.size(); ++path) {
        // In the text that its worlds are compiled from: a draw must fit what the size left of it.
        auto compiled =
            compile_text(list.cells_.front().resolved, request.scenario, ".", request.draws[path]);
        if (!compiled) {
            for (Error& error : compiled.error()) {
                error.message += fmt::format(" (draw of path {})", path + 1);
            }
            return std::unexpected(std::move(compiled.error()));
        }
    }
    list.request_ = std::move(request);
    list.find_starts();
    return list;
}

void TaskList::find_starts() {
    std::map<std::vector<std::string>, std::size_t> first;
    starts_.clear();
    for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
        starts_.push_back(first.emplace(set_before_switches(cells_[cell].set), cell).first->second);
    }
}

std::expected<TaskList, Error> TaskList::from_json(std::string_view plan,
                                                   const std::vector<std::string>& resolved,
                                                   Compare compare) {
    Error error;
    error.code = "E715";
    error.message = "not a plan of many worlds";
    error.hint = "give a folder of `margincall sweep` or `run --paths`";
    TaskList list;
    list.identity_ = core_identity();
    try {
        const auto root = nlohmann::ordered_json::parse(plan);
        if (root.at("core").get<std::string>() != list.identity_) {
            error.code = "E711";
            error.message = "another build of margincall began the folder, whose worlds may differ";
            error.hint = "use the build that began it, or begin another folder";
            return std::unexpected(error);
        }
        list.request_.scenario = root.at("file").get<std::string>();
        list.request_.overrides = root.at("set").get<std::vector<std::string>>();
        for (const auto& vary : root.at("vary")) {
            list.request_.varies.push_back({vary.at("key").get<std::string>(),
                                            vary.at("values").get<std::vector<std::string>>()});
        }
        list.paths_ = root.at("paths").get<std::int64_t>();
        if (root.contains("draws")) {
            list.request_.draws = root.at("draws").get<std::vector<std::vector<std::string>>>();
            if (list.request_.draws.size() != static_cast<std::size_t>(list.paths_)) {
                return std::unexpected(error);
            }
        }
        list.seed_from_ = root.at("seed_from").get<std::uint64_t>();
        const auto& cells = root.at("cells");
        if (cells.size() != resolved.size() || cells.empty() || list.paths_ < 1) {
            return std::unexpected(error);
        }
        for (std::size_t c = 0; c < cells.size(); ++c) {
            list.cells_.push_back({cells[c].at("set").get<std::vector<std::string>>(),
                                   cells[c].at("scenario_hash").get<std::string>(),
                                   resolved[c]});
        }
        // Cells of a grid follow from its keys; others were given one by one.
        if (list.request_.varies.empty() &&
            (cells.size() > 1 || !list.cells_.front().set.empty())) {
            for (const Cell& cell : list.cells_) {
                list.request_.points.push_back(cell.set);
            }
        }
    } catch (const nlohmann::ordered_json::exception& problem) {
        error.message = fmt::format("not a plan of many worlds: {}", problem.what());
        return std::unexpected(error);
    }
    for (const Cell& cell : list.cells_) {
        if (compare == Compare::first_cell && &cell != &list.cells_.front()) {
            break;
        }
        std::expected<Compiled, Errors> compiled =
            compile_text(cell.resolved, "resolved.toml", ".");
        if (!compiled || compiled->plan.scenario_hash != cell.scenario_hash) {
            error.message = fmt::format("cell {} is not the one of the plan", cell.scenario_hash);
            return std::unexpected(error);
        }
        if (&cell == &list.cells_.front()) {
            list.base_ = std::move(*compiled);
        }
    }
    list.find_starts();
    return list;
}

Task TaskList::task(std::uint64_t index) const {
    CHECK(index < size());
    const auto paths = static_cast<std::uint64_t>(paths_);
    Task task;
    task.index = index;
    task.cell = index / paths;
    task.seed = seed_from_ + index % paths;
    std::string scenario = cells_[task.cell].scenario_hash;
    if (!request_.draws.empty()) {
        scenario += fmt::format(" {}", fmt::join(request_.draws[index % paths], " "));
    }
    task.key = world_key(identity_, scenario, task.seed);
    return task;
}

Plan TaskList::plan_of(const Task& task) const {
    const auto path = static_cast<std::size_t>(task.seed - seed_from_);
    Plan plan = [&] {
        if (request_.draws.empty()) {
            return plan_of(task.cell);
        }
        // What a cell sets stands against what is drawn: an event that is out stays out.
        Overrides overrides = request_.draws[path];
        const std::vector<std::string>& set = cells_[task.cell].set;
        overrides.insert(overrides.end(), set.begin(), set.end());
        std::expected<Compiled, Errors> compiled =
            compile_text(cells_.front().resolved, "resolved.toml", ".", overrides);
        CHECK(compiled.has_value());  // make() has compiled every draw, and every cell
        return std::move(compiled->plan);
    }();
    plan.seed = task.seed;
    return plan;
}

Plan TaskList::plan_of(std::size_t cell) const {
    if (cell == 0) {
        return base_.plan;
    }
    std::expected<Compiled, Errors> compiled =
        compile_text(cells_[cell].resolved, "resolved.toml", ".");
    CHECK(compiled.has_value());  // resolved text compiles to the plan it was made from
    CHECK(compiled->plan.scenario_hash == cells_[cell].scenario_hash);
    return std::move(compiled->plan);
}

const Plan& TaskPlans::of(const Task& task) {
    if (!plan_ || cell_ != task.cell || !list_->request().draws.empty()) {
        plan_ = std::make_unique<Plan>(list_->plan_of(task));
        cell_ = task.cell;
    }
    plan_->seed = task.seed;
    return *plan_;
}

std::string TaskList::hash() const {
    std::string all = fmt::format("{}\n{}\n{}\n", identity_, paths_, seed_from_);
    for (const Cell& cell : cells_) {
        all += cell.scenario_hash + "\n";
    }
    for (const std::vector<std::string>& draw : request_.draws) {
        all += fmt::format("{}\n", fmt::join(draw, " "));
    }
    return text_hash(all);
}

std::string TaskList::json() const {
    nlohmann::ordered_json root;
    root["format"] = 1;
    root["core"] = identity_;
    root["scenario"] = base_.plan.name;
    root["file"] = request_.scenario;
    root["set"] = request_.overrides;
    root["vary"] = nlohmann::ordered_json::array();
    for (const Vary& vary : request_.varies) {
        root["vary"].push_back({{"key", vary.key}, {"values", vary.values}});
    }
    root["paths"] = paths_;
    if (!request_.draws.empty()) {
        root["draws"] = request_.draws;
    }
    root["seed_from"] = seed_from_;
    root["worlds"] = size();
    root["cells"] = nlohmann::ordered_json::array();
    for (const Cell& cell : cells_) {
        root["cells"].push_back({{"set", cell.set}, {"scenario_hash", cell.scenario_hash}});
    }
    return json_text(root, 2) + "\n";
}

}  // namespace margincall::inline lab
