#include "lab/block_run.hpp"

#include <exception>
#include <memory>
#include <new>
#include <optional>

#include "base/check.hpp"

namespace margincall::inline lab {
namespace {

// A failing CHECK is the failure of one world while one lives.
class ChecksThrow {
  public:
    ChecksThrow() : before_(check_context().throws) { check_context().throws = true; }
    ChecksThrow(const ChecksThrow&) = delete;
    ChecksThrow& operator=(const ChecksThrow&) = delete;
    ChecksThrow(ChecksThrow&&) = delete;
    ChecksThrow& operator=(ChecksThrow&&) = delete;
    ~ChecksThrow() { check_context().throws = before_; }

  private:
    bool before_;
};

}  // namespace

std::expected<std::vector<BlockWorld>, Error> run_block(const TaskList& list,
                                                        const std::filesystem::path& folder,
                                                        std::span<const std::uint64_t> indices,
                                                        const BlockOptions& options) {
    if (auto right = is_folder_of(folder, list); !right) {
        return std::unexpected(right.error());
    }
    // A task that is started again, because its process was killed, finds what that one had finished.
    const std::map<std::string, std::uint64_t> there = read_keys(folder);
    const ChecksThrow guard;
    std::optional<WorldPart> part;
    TaskPlans plans(list);
    std::vector<BlockWorld> out;
    for (const std::uint64_t index : indices) {
        if (options.go_on && !options.go_on()) {
            break;
        }
        const Task task = list.task(index);
        BlockWorld& world = out.emplace_back();
        world.index = index;
        world.key = task.key;
        if (const auto found = there.find(task.key); found != there.end()) {
            world.digest = found->second;
            continue;
        }
        if (!part) {
            auto opened = WorldPart::open_free(folder, options.part);
            if (!opened) {
                return std::unexpected(opened.error());
            }
            part.emplace(std::move(*opened));
        }
        PathRow row;
        const std::optional<std::string> failure = failure_of([&] {
            const Plan& plan = plans.of(task);
            MemoryRecorder recorder(plan);
            RunTotals totals;
            row = options.world(task, plan, recorder, totals, nullptr, options.command.c_str());
        });
        if (!failure) {
            if (auto written = part->append(row); !written) {
                return std::unexpected(written.error());
            }
            world.end = BlockEnd::ran;
            world.digest = row.summary.digest;
            world.wall_s = row.summary.wall_s;
            world.peak_rss_mb = row.summary.peak_rss_mb;
            continue;
        }
        world.reason = *failure;
        world.end = BlockEnd::failed;
        if (auto written =
                append_failed_row(folder, {task.key, task.index, task.seed, world.reason});
            !written) {
            return std::unexpected(written.error());
        }
    }
    return out;
}

}  // namespace margincall::inline lab
