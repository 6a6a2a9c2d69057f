#include "lab/sweep_summary.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json_text.hpp"
#include "lab/bands.hpp"

namespace margincall::inline lab {

SweepSummary sweep_summary(const TaskList& list,
                           std::span<const PathRow> rows,
                           std::uint64_t failed) {
    SweepSummary out;
    out.worlds = list.size();
    out.finished = rows.size();
    out.failed = failed;
    Digest digest;
    const auto paths = static_cast<std::uint64_t>(list.paths());
    for (std::size_t from = 0; from < rows.size();) {
        const std::size_t cell = rows[from].index / paths;
        std::size_t to = from;
        while (to < rows.size() && rows[to].index / paths == cell) {
            digest.add(rows[to].summary.digest);
            ++to;
        }
        out.cells.push_back(
            {cell,
             summary_of(list.plan_of(cell), rows.subspan(from, to - from), list.base().limits)});
        from = to;
    }
    out.digest = digest.value();
    return out;
}

std::string sweep_summary_json(const TaskList& list, const SweepSummary& summary) {
    using Json = nlohmann::ordered_json;
    Json root;
    root["format"] = 1;
    root["scenario"] = list.base().plan.name;
    root["worlds"] = summary.worlds;
    root["finished"] = summary.finished;
    root["failed"] = summary.failed;
    root["digest"] = fmt::format("{:016x}", summary.digest);
    root["cells"] = Json::array();
    for (const CellSummary& cell : summary.cells) {
        root["cells"].push_back({{"set", list.cells()[cell.cell].set},
                                 {"summary", Json::parse(summary_json(cell.summary))}});
    }
    return json_text(root, 2) + "\n";
}

}  // namespace margincall::inline lab
