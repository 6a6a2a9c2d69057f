// Everything that is to be run: cells of a grid times seeds, each world with its key. Made anew from
// text, grid and seeds by every process that works on it, and compared with plan.json of the folder.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lab/vary.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {

// A scenario in memory, in place of a file.
struct ScenarioText {
    std::string text;
    std::string directory;  // what relative paths in it start from
};

// What a user asks for. Path k of every cell has the seed seed_from + k, so that cells are paired.
struct TaskRequest {
    std::string scenario;  // file, or - for standard input; of a text the name in messages
    std::optional<ScenarioText> text;    // what to compile instead of the file
    std::vector<std::string> overrides;  // --set
    std::vector<Vary> varies;            // empty: one cell, or the points
    // Cells one by one in place of a grid, each as "key=value".
    std::vector<std::vector<std::string>> points;
    // The points are keys of the first cell's resolved text (a reduced world's venues and coins), and not of the
    // file; the first is empty then. Draws ask for it.
    bool points_on_resolved = false;
    // Path k of every cell is run with these "key=value" as well: draws of what is not known, the same for
    // every cell so that they stay paired; what a cell sets goes before. Empty: none; else one for each
    // path.
    std::vector<std::vector<std::string>> draws;
    std::optional<std::int64_t> paths;       // replaces random.paths
    std::optional<std::uint64_t> seed_from;  // replaces random.seed
};

// Keys that set Plan::switches but for the moment, mechanisms.off_after.
[[nodiscard]] std::span<const std::string_view> switch_keys();

struct Cell {
    std::vector<std::string> set;  // "key=value" of the grid
    std::string scenario_hash;
    std::string resolved;  // resolved.toml
};

struct Task {
    std::uint64_t index = 0;  // cell * paths + path
    std::size_t cell = 0;
    std::uint64_t seed = 0;
    std::string key;
};

class TaskList {
  public:
    // Compiles every cell; the problems of the first that is not valid, named by its cell.
    [[nodiscard]] static std::expected<TaskList, Errors> make(TaskRequest request);

    // From plan.json and the resolved text of each cell. E711 another build's core, E715 not a plan.
    // Whoever got both from a process that made the list compiles the first cell only: a cell that is
    // not the plan's then fails its CHECK in plan_of.
    enum class Compare : unsigned char { every_cell, first_cell };
    [[nodiscard]] static std::expected<TaskList, Error> from_json(
        std::string_view plan,
        const std::vector<std::string>& resolved,
        Compare compare = Compare::every_cell);

    [[nodiscard]] const TaskRequest& request() const { return request_; }
    [[nodiscard]] const std::string& identity() const { return identity_; }
    [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }
    [[nodiscard]] std::int64_t paths() const { return paths_; }
    [[nodiscard]] std::uint64_t seed_from() const { return seed_from_; }
    [[nodiscard]] std::uint64_t size() const {
        return cells_.size() * static_cast<std::uint64_t>(paths_);
    }
    [[nodiscard]] Task task(std::uint64_t index) const;  // CHECK: index < size()

    // The first cell as compiled: plan, texts, warnings.
    [[nodiscard]] const Compiled& base() const { return base_; }
    // The plan of a cell with its first seed; read back from its resolved text.
    [[nodiscard]] Plan plan_of(std::size_t cell) const;
    // The plan of one world: its cell's with the draw and seed of its path.
    [[nodiscard]] Plan plan_of(const Task& task) const;
    // Cells of equal number differ in nothing but what is switched off (switch_keys): from one seed their
    // worlds are the same until mechanisms.off_after, when that is later than the start.
    [[nodiscard]] std::size_t start_of(std::size_t cell) const { return starts_[cell]; }

    // plan.json: what was asked, cells with their hashes, identity. The same text for every process
    // that works on the same list.
    [[nodiscard]] std::string json() const;
    // Of what the worlds are: equal lists have equal keys in equal order. 16 hexadecimal digits.
    [[nodiscard]] std::string hash() const;

  private:
    void find_starts();

    TaskRequest request_;
    std::string identity_;
    std::vector<Cell> cells_;
    std::vector<std::size_t> starts_;  // by cell: the first that begins alike
    std::int64_t paths_ = 1;
    std::uint64_t seed_from_ = 1;
    Compiled base_;
};

// The plans of a worker's worlds, one after the other: a cell is compiled once for all its paths, unless each
// has a draw. The list outlives it.
class TaskPlans {
  public:
    explicit TaskPlans(const TaskList& list) : list_(&list) {}
    [[nodiscard]] const Plan& of(const Task& task);  // until the next call

  private:
    const TaskList* list_;
    std::unique_ptr<Plan> plan_;
    std::size_t cell_ = 0;
};

}  // namespace margincall::inline lab
