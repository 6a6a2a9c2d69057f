// A list of tiny worlds for tests of the lab: three minutes of a quiet day, 2,000 account rows.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lab/task_list.hpp"
#include "temporary_folder.hpp"

namespace margincall::testing {

inline TaskRequest tiny_request(std::int64_t paths, std::vector<Vary> varies = {}) {
    TaskRequest request;
    request.scenario = MC_SOURCE_DIR "/scenarios/quiet-2025-11.toml";
    request.overrides = {"world.size=preview",
                         "population.accounts=2000",
                         "assets.T.copies=2",
                         "clock.length=3 min",
                         "clock.day_from=0 s",
                         "clock.day_to=3 min"};
    request.varies = std::move(varies);
    request.paths = paths;
    request.seed_from = 11;
    return request;
}
inline TaskList tiny_list(std::int64_t paths, std::vector<Vary> varies = {}) {
    auto list = TaskList::make(tiny_request(paths, std::move(varies)));
    EXPECT_TRUE(list.has_value()) << list.error().front().message;
    return std::move(*list);
}
// What a folder keeps beside a list's text.
inline std::vector<std::string> resolved_texts(const TaskList& list) {
    std::vector<std::string> out;
    for (const Cell& cell : list.cells()) {
        out.push_back(cell.resolved);
    }
    return out;
}

}  // namespace margincall::testing
