#include "lab/task_list.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "lab/identity.hpp"
#include "lab/tiny_list.hpp"

namespace margincall {
namespace {

using testing::resolved_texts;
using testing::tiny_list;
using testing::tiny_request;

TEST(TaskList, CellsTimesSeedsWithAKeyEach) {
    const TaskList list = tiny_list(3, {{"agents.market_maker.firms", {"2", "4"}}});
    ASSERT_EQ(list.size(), 6U);
    std::set<std::string> keys;
    for (std::uint64_t index = 0; index < list.size(); ++index) {
        const Task task = list.task(index);
        EXPECT_EQ(task.index, index);
        EXPECT_EQ(task.cell, index / 3);
        EXPECT_EQ(task.seed, 11 + index % 3) << "cells are paired by their seeds";
        keys.insert(task.key);
    }
    EXPECT_EQ(keys.size(), 6U);
    EXPECT_EQ(list.plan_of(1).maker.firms, 4);
    EXPECT_EQ(list.plan_of(0).maker.firms, 2);
}

TEST(TaskList, AKeyDependsOnBuildScenarioAndSeedAndNothingElse) {
    const std::string key = world_key("build", "scenario", 7);
    EXPECT_EQ(key, world_key("build", "scenario", 7));
    EXPECT_NE(key, world_key("build2", "scenario", 7));
    EXPECT_NE(key, world_key("build", "scenario2", 7));
    EXPECT_NE(key, world_key("build", "scenario", 8));
    // The same world as one of many paths, of a sweep, or alone.
    const TaskList many = tiny_list(5);
    const TaskList few = tiny_list(1);
    const TaskList swept = tiny_list(2, {{"agents.market_maker.firms", {"2", "4"}}});
    EXPECT_EQ(many.task(0).key, few.task(0).key);
    TaskRequest later = tiny_request(1);
    later.seed_from = 13;
    EXPECT_EQ(TaskList::make(later)->task(0).key, many.task(2).key);
    TaskRequest four = tiny_request(1);
    four.overrides.emplace_back("agents.market_maker.firms=4");
    EXPECT_EQ(TaskList::make(four)->task(0).key, swept.task(2).key);
}

TEST(TaskList, TheIdentityNamesSourcesCompilerAndMaths) {
    EXPECT_EQ(core_sources_hash().size(), 64U);
    EXPECT_EQ(maths_hash(), maths_hash());
    EXPECT_EQ(core_identity().size(), 16U);
}

TEST(TaskList, ComesBackFromItsTextAndRefusesAnotherBuild) {
    const TaskList list = tiny_list(3, {{"agents.market_maker.firms", {"2", "4"}}});
    std::vector<std::string> resolved = resolved_texts(list);
    const auto again = TaskList::from_json(list.json(), resolved);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->hash(), list.hash());
    EXPECT_EQ(again->task(5).key, list.task(5).key);
    EXPECT_EQ(again->json(), list.json());

    std::string foreign = list.json();
    foreign.replace(foreign.find(list.identity()), 16, "0123456789abcdef");
    EXPECT_EQ(TaskList::from_json(foreign, resolved).error().code, "E711");
    EXPECT_EQ(TaskList::from_json("{}", resolved).error().code, "E715");
    EXPECT_EQ(TaskList::from_json("no", resolved).error().code, "E715");
    std::swap(resolved[0], resolved[1]);
    EXPECT_EQ(TaskList::from_json(list.json(), resolved).error().code, "E715");
}

TEST(TaskList, PointsAreCellsOneByOneAndComeBackFromText) {
    TaskRequest request = tiny_request(2);
    request.points = {{"agents.market_maker.firms=4", "agents.market_maker.inventory_max=30 %"},
                      {"agents.market_maker.firms=2"}};
    const auto list = TaskList::make(request);
    ASSERT_TRUE(list) << list.error().front().message;
    ASSERT_EQ(list->size(), 4U);
    EXPECT_EQ(list->cells()[0].set, request.points[0]);
    EXPECT_EQ(list->plan_of(1).maker.firms, 2);
    // The cell of a grid and a point are the same worlds.
    const TaskList grid = tiny_list(2, {{"agents.market_maker.firms", {"2", "3"}}});
    EXPECT_EQ(list->task(3).key, grid.task(1).key);

    const std::vector<std::string> resolved{list->cells()[0].resolved, list->cells()[1].resolved};
    const auto again = TaskList::from_json(list->json(), resolved);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->request().points, request.points);
    EXPECT_EQ(again->json(), list->json());
    const auto quick = TaskList::from_json(list->json(), resolved, TaskList::Compare::first_cell);
    ASSERT_TRUE(quick);
    EXPECT_EQ(quick->task(3).key, list->task(3).key);
    EXPECT_TRUE(TaskList::from_json(tiny_list(1).json(), {tiny_list(1).cells()[0].resolved})
                    ->request()
                    .points.empty());
}

TEST(TaskList, ATextInMemoryIsTheFileThatHasIt) {
    const TaskList file = tiny_list(2);
    TaskRequest request = tiny_request(2);
    std::ifstream in{request.scenario};
    request.text =
        ScenarioText{{std::istreambuf_iterator<char>(in), {}}, MC_SOURCE_DIR "/scenarios"};
    request.scenario = "text";
    const auto text = TaskList::make(request);
    ASSERT_TRUE(text) << text.error().front().message;
    EXPECT_EQ(text->task(1).key, file.task(1).key);
    request.text->text += "\nwrong = 1\n";
    EXPECT_EQ(TaskList::make(request).error().front().file, "text");
}

TEST(TaskList, TwoCellsThatAreTheSameWorldAreRefused) {
    const auto list =
        TaskList::make(tiny_request(1, {{"agents.market_maker.inventory_max", {"30 %", "0.3"}}}));
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().front().code, "E701");
    EXPECT_NE(list.error().front().message.find("agents.market_maker.inventory_max=30 % and "
                                                "agents.market_maker.inventory_max=0.3"),
              std::string::npos)
        << list.error().front().message;
}

TEST(TaskList, ACellThatIsNotValidIsNamed) {
    const auto list = TaskList::make(tiny_request(1, {{"agents.market_maker.firms", {"4", "-1"}}}));
    ASSERT_FALSE(list);
    EXPECT_NE(list.error().front().message.find("(cell agents.market_maker.firms=-1)"),
              std::string::npos)
        << list.error().front().message;
    EXPECT_EQ(TaskList::make(tiny_request(1, {{"random.seed", {"1", "2"}}})).error().front().code,
              "E702");
}

}  // namespace
}  // namespace margincall
