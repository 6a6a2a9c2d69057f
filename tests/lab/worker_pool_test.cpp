#include "lab/worker_pool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "lab/bands.hpp"
#include "lab/block_run.hpp"
#include "lab/sweep_summary.hpp"
#include "lab/tiny_list.hpp"

namespace margincall {
namespace {

using testing::TemporaryFolder;
using testing::tiny_list;

const auto go_on = [](const PoolProgress&) { return true; };

std::vector<std::string> digests(const std::filesystem::path& folder) {
    std::vector<std::string> out;
    const auto rows = read_worlds(folder);
    EXPECT_TRUE(rows) << rows.error().message;
    for (const PathRow& row : *rows) {
        out.push_back(row.key + " " + std::to_string(row.summary.digest));
    }
    return out;
}

WorldsResult run(const TaskList& list,
                 const std::filesystem::path& folder,
                 std::size_t workers,
                 Shard shard = {}) {
    auto store = WorldStore::open(folder, list, shard);
    EXPECT_TRUE(store) << store.error().message;
    PoolOptions options;
    options.workers = workers;
    options.shard = shard;
    return run_worlds(list, *store, options, go_on);
}

// A world that costs nothing: digest and figures from its seed.
PathRow made_up(const Task& task, const Plan& plan) {
    PathRow row;
    row.key = task.key;
    row.index = task.index;
    row.seed = task.seed;
    row.summary.seeds = {task.seed};
    row.summary.digest = task.seed * 1000;
    row.summary.metrics.resize(metric_names.size());
    row.summary.metrics[0].value = static_cast<double>(task.seed);
    row.series = path_series(plan, MemoryRecorder{});
    return row;
}

TEST(WorkerPool, SameWorldsForAnyNumberOfWorkersAndShards) {
    const TaskList list = tiny_list(5);
    const TemporaryFolder one;
    const TemporaryFolder three;
    const TemporaryFolder shards;
    EXPECT_EQ(run(list, one.path(), 1).progress.fresh, 5U);
    EXPECT_EQ(run(list, three.path(), 3).progress.fresh, 5U);
    EXPECT_EQ(run(list, shards.path(), 1, {2, 2}).progress.fresh, 2U);
    EXPECT_EQ(run(list, shards.path(), 2, {1, 2}).progress.fresh, 3U);
    const auto expected = digests(one.path());
    ASSERT_EQ(expected.size(), 5U);
    EXPECT_EQ(digests(three.path()), expected);
    EXPECT_EQ(digests(shards.path()), expected);
    // What is there is not run again, by whomever.
    EXPECT_EQ(run(list, three.path(), 2).progress.fresh, 0U);

    const auto rows = read_worlds(one.path()).value();
    const auto others = read_worlds(three.path()).value();
    const Summary a = summary_of(list.base().plan, rows);
    EXPECT_EQ(a.digest, summary_of(list.base().plan, others).digest);
    EXPECT_EQ(a.seeds, (std::vector<std::uint64_t>{11, 12, 13, 14, 15}));
    EXPECT_EQ(a.metric("btc_low").paths, 5);
    EXPECT_TRUE(a.metric("btc_low").se);
    EXPECT_EQ(bands_of(rows).series.size(), path_series_names.size());
}

TEST(WorkerPool, AWorldAlonePublishesWhatThePoolKeeps) {
    const TaskList list = tiny_list(2);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    PoolOptions options;
    options.workers = 2;
    options.keep_tables_of = 1;
    const WorldsResult pool = run_worlds(list, *store, options, go_on);
    ASSERT_TRUE(pool.kept);
    EXPECT_FALSE(pool.kept->recorder->bars().empty());
    Plan plan = list.base().plan;
    plan.seed = 12;
    MemoryRecorder recorder(plan);
    const RunTotals totals = run_world(plan, &recorder, nullptr, "");
    const auto rows = read_worlds(folder.path()).value();
    EXPECT_EQ(rows[1].summary.digest, totals.digest);
    EXPECT_EQ(pool.kept->totals.digest, totals.digest);
    const Summary alone = summarise(plan, totals, recorder);
    Summary kept = rows[1].summary;
    complete_summary(plan, kept);
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        EXPECT_EQ(kept.metrics[i].value, alone.metrics[i].value) << metric_names[i].name;
    }
    EXPECT_EQ(kept.observed.size(), alone.observed.size());
}

TEST(WorkerPool, AWorldThatFailsIsARowAndDoesNotEndTheOthers) {
    const TaskList list = tiny_list(6);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    PoolOptions options;
    options.workers = 2;
    options.world = [](const Task& task, const Plan& plan, auto&, auto&, auto*, const char*) {
        CHECK(task.seed != 12);
        if (task.seed == 14) {
            throw std::bad_alloc();
        }
        return made_up(task, plan);
    };
    const WorldsResult pool = run_worlds(list, *store, options, go_on);
    EXPECT_EQ(pool.progress.failed, 2U);
    EXPECT_EQ(pool.progress.finished, 4U);
    const auto failed = read_failed(folder.path()).value();
    ASSERT_EQ(failed.size(), 2U);
    for (const FailedRow& row : failed) {
        EXPECT_NE(
            row.reason.find(row.seed == 12 ? "CHECK failed: task.seed != 12" : "out of memory"),
            std::string::npos)
            << row.reason;
    }
    // They stay failed until somebody asks for another try.
    store = std::unexpected(Error{});
    store = WorldStore::open(folder.path(), list, {});
    ASSERT_TRUE(store);
    options.world = [](const Task& task, const Plan& plan, auto&, auto&, auto*, const char*) {
        return made_up(task, plan);
    };
    EXPECT_EQ(run_worlds(list, *store, options, go_on).progress.fresh, 0U);
    options.retry_failed = true;
    EXPECT_EQ(run_worlds(list, *store, options, go_on).progress.fresh, 2U);
    EXPECT_EQ(digests(folder.path()).size(), 6U);
}

TEST(WorkerPool, AskedToStopItFinishesWhatRunsAndGoesOnLater) {
    const TaskList list = tiny_list(50);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    PoolOptions options;
    options.world = [](const Task& task, const Plan& plan, auto&, auto&, auto*, const char*) {
        usleep(2'000);
        return made_up(task, plan);
    };
    const WorldsResult pool =
        run_worlds(list, *store, options, [](const PoolProgress& now) { return now.fresh < 3; });
    EXPECT_TRUE(pool.stopped);
    EXPECT_GE(pool.progress.fresh, 3U);
    EXPECT_LT(pool.progress.fresh, 50U);
    EXPECT_EQ(digests(folder.path()).size(), pool.progress.fresh);
    store = std::unexpected(Error{});
    store = WorldStore::open(folder.path(), list, {});
    const WorldsResult rest = run_worlds(list, *store, options, go_on);
    EXPECT_FALSE(rest.stopped);
    EXPECT_EQ(rest.progress.fresh + pool.progress.fresh, 50U);
    EXPECT_EQ(digests(folder.path()).size(), 50U);
}

TEST(WorkerPool, AFolderThatCannotBeWrittenStopsIt) {
    const TaskList list = tiny_list(20);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    std::filesystem::create_symlink("/dev/full",
                                    folder.path() / "parts" / "shard-1-of-1-worker-1.jsonl");
    PoolOptions options;
    options.world = [](const Task& task, const Plan& plan, auto&, auto&, auto*, const char*) {
        return made_up(task, plan);
    };
    const WorldsResult pool = run_worlds(list, *store, options, go_on);
    ASSERT_TRUE(pool.error);
    EXPECT_EQ(pool.error->code, "E512");
    EXPECT_EQ(pool.progress.fresh, 0U);
}

TEST(WorldStore, ATornLineIsDroppedAndItsWorldRunAgain) {
    const TaskList list = tiny_list(3);
    const TemporaryFolder folder;
    EXPECT_EQ(run(list, folder.path(), 1).progress.fresh, 3U);
    const auto expected = digests(folder.path());
    const auto part = folder.path() / "parts" / "shard-1-of-1-worker-1.jsonl";
    std::filesystem::resize_file(part, std::filesystem::file_size(part) - 10);
    EXPECT_EQ(digests(folder.path()).size(), 2U) << "a line that is not whole does not count";
    EXPECT_EQ(run(list, folder.path(), 1).progress.fresh, 1U);
    EXPECT_EQ(digests(folder.path()), expected);
}

TEST(WorldStore, OneProcessAShardAndOneListAFolder) {
    const TaskList list = tiny_list(3);
    const TemporaryFolder folder;
    const auto first = WorldStore::open(folder.path(), list, {1, 2});
    ASSERT_TRUE(first);
    EXPECT_EQ(WorldStore::open(folder.path(), list, {1, 2}).error().code, "E712");
    EXPECT_TRUE(WorldStore::open(folder.path(), list, {2, 2}));
    const auto other = WorldStore::open(folder.path(), tiny_list(4), {2, 2});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, "E711");
    EXPECT_NE(other.error().message.find("\"paths\""), std::string::npos) << other.error().message;
    EXPECT_EQ(read_list(folder.path())->hash(), list.hash());
}

TEST(WorldStore, ShardsThatShareWorldsAreOneAtATime) {
    EXPECT_TRUE(overlap({1, 1}, {3, 8}));
    EXPECT_TRUE(overlap({1, 2}, {3, 8}));
    EXPECT_FALSE(overlap({2, 2}, {3, 8}));
    EXPECT_TRUE(overlap({2, 2}, {3, 3}));
    for (std::uint64_t n = 1; n <= 6; ++n) {  // the rule is the one of Shard::has
        for (std::uint64_t m = 1; m <= 6; ++m) {
            for (std::uint64_t i = 1; i <= n; ++i) {
                for (std::uint64_t j = 1; j <= m; ++j) {
                    bool shared = false;
                    for (std::uint64_t index = 0; index < 60; ++index) {
                        shared = shared || (Shard{i, n}.has(index) && Shard{j, m}.has(index));
                    }
                    EXPECT_EQ(overlap({i, n}, {j, m}), shared)
                        << i << "/" << n << " " << j << "/" << m;
                }
            }
        }
    }
    const TaskList list = tiny_list(3);
    const TemporaryFolder folder;
    {
        const auto all = WorldStore::open(folder.path(), list, {});
        ASSERT_TRUE(all);
        EXPECT_EQ(WorldStore::open(folder.path(), list, {}).error().code, "E712");
        const auto some = WorldStore::open(folder.path(), list, {3, 8});
        ASSERT_FALSE(some);
        EXPECT_EQ(some.error().code, "E712");
        EXPECT_NE(some.error().file.find("shard-1-of-1.lock"), std::string::npos);
    }
    EXPECT_TRUE(WorldStore::open(folder.path(), list, {3, 8})) << "an old lock is no process";
}

// Tasks of a cluster: the owner holds the folder, others write parts of their own.
TEST(BlockRun, WorldsByProcessesThatDoNotOwnTheFolder) {
    const TaskList list = tiny_list(6);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    ASSERT_TRUE(store);
    BlockOptions options;
    options.part = "block-host";
    options.world = [](const Task& task, const Plan& plan, auto&, auto&, auto*, const char*) {
        CHECK(task.seed != 13);
        return made_up(task, plan);
    };
    const std::vector<std::uint64_t> first{0, 1, 2};
    const auto block = run_block(list, folder.path(), first, options);
    ASSERT_TRUE(block) << block.error().message;
    ASSERT_EQ(block->size(), 3U);
    EXPECT_EQ((*block)[1].end, BlockEnd::ran);
    EXPECT_EQ((*block)[1].digest, 12'000U);
    EXPECT_EQ((*block)[2].end, BlockEnd::failed);
    EXPECT_NE((*block)[2].reason.find("task.seed != 13"), std::string::npos);
    EXPECT_EQ(read_failed(folder.path())->size(), 1U);

    // Started again, it finds what is there; a part in use is left alone, a free one is used again and
    // its torn end dropped.
    const auto part = folder.path() / "parts" / "block-host-1.jsonl";
    std::ofstream(part, std::ios::app) << "{\"key\":\"torn";
    const auto held = WorldPart::open_free(folder.path(), "block-other");
    ASSERT_TRUE(held);
    const std::vector<std::uint64_t> second{1, 3};
    const auto again = run_block(list, folder.path(), second, options);
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)[0].end, BlockEnd::found);
    EXPECT_EQ((*again)[0].digest, 12'000U);
    EXPECT_EQ((*again)[1].end, BlockEnd::ran);
    EXPECT_EQ(digests(folder.path()).size(), 3U);
    {
        const auto busy = WorldPart::open_free(folder.path(), "block-host");
        ASSERT_TRUE(busy);
        EXPECT_EQ(busy->path(), part);
        const std::vector<std::uint64_t> third{4};
        ASSERT_TRUE(run_block(list, folder.path(), third, options));
        EXPECT_TRUE(std::filesystem::exists(folder.path() / "parts" / "block-host-2.jsonl"));
    }
    EXPECT_EQ(read_keys(folder.path()).size(), 4U);
    // The owner finishes the rest.
    store = std::unexpected(Error{});
    store = WorldStore::open(folder.path(), list, {});
    PoolOptions pool;
    pool.world = options.world;
    EXPECT_EQ(run_worlds(list, *store, pool, go_on).progress.fresh, 1U);

    const TemporaryFolder elsewhere;
    EXPECT_EQ(run_block(list, elsewhere.path(), first, options).error().code, "E715");
    EXPECT_EQ(run_block(tiny_list(5), folder.path(), first, options).error().code, "E715");
    options.go_on = [] { return false; };
    EXPECT_TRUE(run_block(list, folder.path(), first, options)->empty());
}

TEST(WorldStore, AFolderThatWasThereIsNotTakenForOnesOwn) {
    const TaskList list = tiny_list(2);
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "crash.txt") << "old";
    const auto store = WorldStore::open(folder.path(), list, {});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, "E715");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()),
                            std::filesystem::directory_iterator()),
              1);
}

TEST(WorldStore, WhatKilledProcessesHadHalfWrittenGoesWithTheLastOne) {
    const TaskList list = tiny_list(2);
    const TemporaryFolder folder;
    const std::vector<std::string> half = {
        "plan.json.partial-AbCdE1", "cells/0.toml.partial-zzzzzz", "parts/a.jsonl.partial-000000"};
    const std::vector<std::string> others = {
        "notes.partial-1", "keep.partial-abcdefg", ".partial-abcdef", "parts/plan.partial"};
    const auto there = [&](const std::vector<std::string>& names) {
        return std::ranges::count_if(names, [&](const std::string& name) {
            return std::filesystem::exists(folder.path() / name);
        });
    };
    {
        const auto part = WorldStore::open(folder.path(), list, {1, 2});
        ASSERT_TRUE(part) << part.error().message;
        for (const auto& names : {half, others}) {
            for (const std::string& name : names) {
                std::ofstream(folder.path() / name) << "half";
            }
        }
        part->drop_half_written();
        EXPECT_EQ(there(half), 3) << "somebody else may be writing";
    }
    const auto whole = WorldStore::open(folder.path(), list, {});
    ASSERT_TRUE(whole) << whole.error().message;
    whole->drop_half_written();
    EXPECT_EQ(there(half), 0);
    EXPECT_EQ(there(others), 4);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "plan.json"));
}

TEST(WorldStore, ALineOfAFailedWorldThatWasTornIsDropped) {
    const TaskList list = tiny_list(2);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->append_failed({"a", 0, 11, "first"}));
    std::ofstream(folder.path() / "failed.jsonl", std::ios::app) << "{\"key\":\"b\"";
    ASSERT_TRUE(store->append_failed({"c", 1, 12, "third"}));
    const auto failed = read_failed(folder.path());
    ASSERT_TRUE(failed) << failed.error().message;
    ASSERT_EQ(failed->size(), 2U);
    EXPECT_EQ((*failed)[1].reason, "third");
}

// Simulated time may stand still: whoever asks a world to stop is heard all the same.
TEST(WorldRun, AMonitorIsAskedEverySoManyEvents) {
    class Counts final : public RunMonitor {
      public:
        bool keep_going(SimTime now, std::uint64_t) override {
            ++calls;
            minutes_seen += now.ns() >= next ? 1U : 0U;
            next = now.ns() >= next ? now.ns() + minutes(1).raw() : next;
            return true;
        }
        std::uint64_t calls = 0, minutes_seen = 0;
        std::int64_t next = 0;
    };
    TaskRequest request = testing::tiny_request(1);
    request.overrides.emplace_back("clock.length=40 min");
    const auto list = TaskList::make(std::move(request));
    ASSERT_TRUE(list);
    Counts monitor;
    const RunTotals totals = run_world(list->base().plan, nullptr, &monitor, "");
    ASSERT_GT(totals.events, 20'000U);
    EXPECT_GE(monitor.calls, totals.events / 4096);
    EXPECT_GT(monitor.calls, monitor.minutes_seen);
}

TEST(WorldStore, TwoResultsForOneWorldAreAnError) {
    const TaskList list = tiny_list(1);
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    PathRow row = made_up(list.task(0), list.base().plan);
    ASSERT_TRUE(store->append(0, row));
    ASSERT_TRUE(store->append(1, row));
    EXPECT_EQ(read_worlds(folder.path())->size(), 1U);
    row.summary.digest += 1;
    ASSERT_TRUE(store->append(2, row));
    const auto rows = read_worlds(folder.path());
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, "E713");
    std::ofstream(folder.path() / "parts" / "a.jsonl") << "not a world\n";
    EXPECT_EQ(read_worlds(folder.path()).error().line, 1);
}

TEST(PathRow, ComesBackFromItsLineBitForBit) {
    const TaskList list = tiny_list(1);
    PathRow row = made_up(list.task(0), list.base().plan);
    row.summary.wall_s = 0.1;
    row.summary.metrics[1].value = 1.0 / 3.0;
    row.summary.forced.push_back({"A", "BTC", 1e9, 0.1, 2.5});
    row.summary.adl.push_back({"H", 1.5, 2, 3, 4});
    row.series.values[0][0] = 98'944.5F;
    row.series.values[1][2] = 1.1F;
    const std::string line = path_row_json(row);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto back = parse_path_row(line);
    ASSERT_TRUE(back);
    EXPECT_EQ(path_row_json(*back), line);
    EXPECT_EQ(back->summary.metrics[1].value, 1.0 / 3.0);
    EXPECT_EQ(back->series.values[0][0], 98'944.5F);
    EXPECT_TRUE(std::isnan(back->series.values[0][1]));
    EXPECT_EQ(back->summary.forced.front().takeover_usd, 0.1);
    EXPECT_EQ(parse_row_head(line)->key, row.key);
    EXPECT_EQ(parse_row_head(line)->index, row.index);
    EXPECT_EQ(parse_row_head(line)->digest, row.summary.digest);
    EXPECT_FALSE(parse_row_head("{\"key\":\"a\"}"));
    EXPECT_FALSE(parse_row_head("not a world"));
    EXPECT_FALSE(parse_path_row("{}"));
    EXPECT_FALSE(parse_path_row(line.substr(0, line.size() - 3)));
}

TEST(SweepSummary, ASummaryForEachCellOfWhatIsThere) {
    const TaskList list = tiny_list(2, {{"agents.market_maker.firms", {"2", "4"}}});
    std::vector<PathRow> rows;
    for (const std::uint64_t index : {0U, 1U, 3U}) {
        const Task task = list.task(index);
        rows.push_back(made_up(task, list.plan_of(task.cell)));
    }
    const SweepSummary summary = sweep_summary(list, rows, 1);
    ASSERT_EQ(summary.cells.size(), 2U);
    EXPECT_EQ(summary.cells[0].summary.metrics[0].value, 11.5);
    EXPECT_EQ(summary.cells[1].summary.metrics[0].value, 12.0);
    EXPECT_EQ(summary.cells[1].summary.seeds.size(), 1U);
    EXPECT_EQ(summary.finished, 3U);
}

}  // namespace
}  // namespace margincall
