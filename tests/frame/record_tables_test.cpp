#include "frame/record_tables.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "frame/run_tables.hpp"
#include "frame/sql_table.hpp"
#include "record/run_db.hpp"
#include "record/run_db_reader.hpp"
#include "record/stored_fields.hpp"
#include "record/synthetic_run.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

TEST(RecordTables, EveryTableHasEveryFieldAndRow) {
    const testing::SyntheticRun& run = testing::synthetic_run();
    const Plan& plan = run.plan;
    const MemoryRecorder& recorder = run.recorder;
    std::size_t tables = 0;
    visit_record_tables([&]<class Record>(std::string_view name, RecordType<Record> type) {
        const auto table = record_table(name, plan, recorder);
        ASSERT_TRUE(table) << name;
        ++tables;
        EXPECT_EQ(table->rows(), static_cast<std::int64_t>(recorder.rows(type).size())) << name;
        Record record;
        visit_fields(record, [&](const char* field, auto&) {
            EXPECT_NE(table->find(table_column(field)), nullptr) << name << "." << field;
        });
        for (const Column& column : table->columns()) {
            EXPECT_FALSE(column.about.meaning.empty()) << name << "." << column.about.name;
        }
    });
    EXPECT_EQ(tables, record_table_names().size());
    EXPECT_FALSE(record_table("no such", plan, recorder));
}

TEST(RecordTables, FriendlyColumnsSayWhatTheRawOnesAre) {
    const Plan plan = testing::synthetic_plan();
    MemoryRecorder recorder;
    LiquidationRecord one;
    one.time_ns = 3'600'000'000'001;
    one.instrument = 1;
    one.was_long = 0;
    one.kind = 2;
    one.leverage = 25.0;
    one.notional_usd = 12.5;
    one.equity_usd = std::numeric_limits<double>::quiet_NaN();
    recorder.on(one);
    one.leverage = 0.0;  // not chosen: of a firm
    recorder.on(one);
    const Table table = *record_table("liquidations", plan, recorder);
    const auto at = [&](const char* name) -> const Column& { return *table.find(name); };
    EXPECT_EQ(at("time").int_at(0), plan.start_unix_s * 1'000'000'000 + one.time_ns);
    EXPECT_EQ(at("time_ns").int_at(0), one.time_ns);
    const InstrumentPlan& book = plan.instruments[1];
    EXPECT_EQ(at("instrument").text_at(0), book.name);
    EXPECT_EQ(at("venue").text_at(0), plan.venues[book.instrument.venue.raw()].name);
    EXPECT_EQ(at("asset").text_at(0), plan.assets[book.instrument.base.raw()].name);
    EXPECT_EQ(at("contract").text_at(0), "spot");
    EXPECT_EQ(at("side").text_at(0), "short");
    EXPECT_FALSE(at("was_long").bool_at(0));
    EXPECT_EQ(at("kind").text_at(0), "adl");
    EXPECT_EQ(at("leverage_band").text_at(0), "10-25");
    EXPECT_FALSE(at("leverage_band").is_known(1));
    EXPECT_EQ(at("notional_usd").real_at(0), 12.5);
    EXPECT_EQ(at("notional_usd").about.unit, "USD");
    EXPECT_FALSE(at("equity_usd").is_known(0));
}

// A run in memory and the same one read from its folder: the same columns, to the last bit.
TEST(RecordTables, MemoryAndFolderAreOneLayout) {
    const testing::SyntheticRun& run = testing::synthetic_run();
    const Plan& plan = run.plan;
    const MemoryRecorder& recorder = run.recorder;
    const testing::TemporaryFolder folder;
    RunDbContent content;
    content.plan = &plan;
    content.recorder = &recorder;
    const std::filesystem::path path = folder.path() / "run.db";
    ASSERT_TRUE(write_run_db(path, content));
    const auto stored = read_run_db(path);
    ASSERT_TRUE(stored);
    for (const std::string& name : record_table_names()) {
        const Table a = *record_table(name, plan, recorder);
        const Table b = *record_table(name, plan, *stored->recorder);
        ASSERT_EQ(a.rows(), b.rows());
        ASSERT_EQ(a.columns().size(), b.columns().size());
        for (std::size_t k = 0; k < a.columns().size(); ++k) {
            const Column& x = a.columns()[k];
            const Column& y = b.columns()[k];
            ASSERT_EQ(x.about.name, y.about.name);
            ASSERT_EQ(x.unknown, y.unknown);
            for (std::int64_t row = 0; row < x.rows; ++row) {
                ASSERT_EQ(x.is_known(row), y.is_known(row));
                if (!x.is_known(row)) {
                    continue;
                }
                if (x.type == ColumnType::real) {
                    ASSERT_EQ(x.real_at(row), y.real_at(row));
                } else if (x.type == ColumnType::word || x.type == ColumnType::text) {
                    ASSERT_EQ(x.text_at(row), y.text_at(row));
                } else if (x.type == ColumnType::boolean) {
                    ASSERT_EQ(x.bool_at(row), y.bool_at(row));
                } else {
                    ASSERT_EQ(x.int_at(row), y.int_at(row));
                }
            }
        }
    }
}

TEST(SqlTable, TypesFollowTheValues) {
    const testing::SyntheticRun& run = testing::synthetic_run();
    const Plan& plan = run.plan;
    const MemoryRecorder& recorder = run.recorder;
    const testing::TemporaryFolder folder;
    RunDbContent content;
    content.plan = &plan;
    content.recorder = &recorder;
    content.paths.paths = {{0, 7, 99}, {1, 8, 100}};
    content.paths.bands = {{"btc_price", "USD per coin", 60'000'000'000, 1.0, 2.0, 3.0, 4.0, {}}};
    const std::filesystem::path path = folder.path() / "run.db";
    ASSERT_TRUE(write_run_db(path, content));
    const auto db = SqlReader::open(path);
    ASSERT_TRUE(db);
    const auto query = query_table(*db,
                                   "SELECT 1 AS a, 2 AS a, NULL AS n UNION ALL SELECT 2.5, 'x', "
                                   "NULL UNION ALL SELECT NULL, 3, 4");
    ASSERT_TRUE(query);
    ASSERT_EQ(query->rows(), 3);
    const Column& real = *query->find("a");
    EXPECT_EQ(real.type, ColumnType::real);
    EXPECT_EQ(real.real_at(0), 1.0);
    EXPECT_FALSE(real.is_known(2));
    const Column& text = *query->find("a_2");
    EXPECT_EQ(text.type, ColumnType::text);
    EXPECT_EQ(text.text_at(2), "3");
    EXPECT_EQ(query->find("n")->type, ColumnType::int64);
    EXPECT_EQ(query->find("n")->unknown, 2);
    EXPECT_EQ(query_table(*db, "DELETE FROM runs").error().code, "E524");
    EXPECT_EQ(query_table(*db, "SELECT nothing FROM nowhere").error().code, "E523");

    const auto bands = stored_table(*db, "bands");
    ASSERT_TRUE(bands);
    EXPECT_EQ(bands->find("time")->int_at(0), plan.start_unix_s * 1'000'000'000 + 60'000'000'000);
    EXPECT_EQ(bands->find("p50")->real_at(0), 3.0);
    EXPECT_EQ(bands->find("p95")->unknown, 1);
    EXPECT_EQ(bands->find("time_ns")->about.unit, "ns since the start");
}

TEST(RunTables, NamesAndFigures) {
    const testing::SyntheticRun& run = testing::synthetic_run();
    const Plan& plan = run.plan;
    const MemoryRecorder& recorder = run.recorder;
    const Summary summary = summarise(plan, RunTotals{}, recorder);
    for (const std::string& name : run_table_names()) {
        ASSERT_TRUE(run_table(name, plan, summary)) << name;
    }
    EXPECT_FALSE(run_table("no such", plan, summary));
    const Table books = *run_table("instruments", plan, summary);
    EXPECT_EQ(books.rows(), static_cast<std::int64_t>(plan.instruments.size()));
    EXPECT_EQ(books.find("name")->text_at(0), plan.instruments[0].name);
    const Table metrics = *run_table("metrics", plan, summary);
    EXPECT_EQ(metrics.rows(), static_cast<std::int64_t>(metric_names.size()));
    for (std::int64_t row = 0; row < metrics.rows(); ++row) {
        const auto& value = summary.metrics[static_cast<std::size_t>(row)].value;
        ASSERT_EQ(metrics.find("value")->is_known(row), value.has_value());
        if (value) {
            EXPECT_EQ(metrics.find("value")->real_at(row), *value);
        }
    }
}

}  // namespace
}  // namespace margincall
