#include "record/run_db_reader.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "record/synthetic_chain.hpp"
#include "record/synthetic_db.hpp"

namespace margincall {
namespace {

class RunDbReader : public testing::SyntheticDb {
  protected:
    void change(const char* sql) const {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(db);
    }
};

// Every field to the last bit; NaN is NaN, texts by their letters.
template <class Record>
std::size_t expect_same(std::span<const Record> kept, std::span<const Record> read) {
    EXPECT_EQ(kept.size(), read.size());
    for (std::size_t i = 0; i < std::min(kept.size(), read.size()); ++i) {
        Record a = kept[i];
        Record b = read[i];
        std::vector<std::string> left;
        std::vector<std::string> right;
        const auto listed = [](std::vector<std::string>& out) {
            return [&out](const char* name, auto& field) {
                using Field = std::remove_reference_t<decltype(field)>;
                if constexpr (std::is_same_v<Field, double>) {
                    out.push_back(std::isnan(field)
                                      ? std::string{"NaN"}
                                      : std::to_string(std::bit_cast<std::uint64_t>(field)));
                } else if constexpr (std::is_same_v<Field, const char*>) {
                    out.emplace_back(field);
                } else {
                    out.push_back(std::to_string(field));
                }
                out.back() = std::string{name} + " " + out.back();
            };
        };
        visit_fields(a, listed(left));
        visit_fields(b, listed(right));
        EXPECT_EQ(left, right) << i;
    }
    return kept.size();
}

TEST_F(RunDbReader, EveryRecordComesBackToTheLastBit) {
    testing::SyntheticChainRun chain{testing::synthetic_chain_plan(hours(1))};
    BarRecord odd;
    odd.close = std::numeric_limits<double>::quiet_NaN();
    odd.high = -0.0;
    odd.bid_1 = std::numeric_limits<double>::infinity();
    odd.open_interest_usd = 61'234'567'890.1234567;
    chain.run.recorder.on(odd);
    RunDbContent all = content();
    all.plan = &chain.run.plan;
    all.recorder = &chain.run.recorder;
    ASSERT_TRUE(write_run_db(file(), all));

    const auto read = read_run_db(file());

    ASSERT_TRUE(read) << read.error().message;
    std::size_t filled = 0;
    visit_record_tables([&]<class Record>(std::string_view, RecordType<Record> type) {
        filled +=
            expect_same<Record>(chain.run.recorder.rows(type), read->recorder->rows(type)) > 0;
    });
    EXPECT_GE(filled, 13U) << "tables with records";
    EXPECT_EQ(read->version, "0.1.0");
    EXPECT_EQ(read->totals.digest, run_.totals.digest);
    EXPECT_EQ(read->totals.end_ns, run_.totals.end_ns);
    EXPECT_EQ(read->totals.rejects, run_.totals.rejects);
    EXPECT_EQ(read->totals.accounts, run_.totals.accounts);
}

TEST_F(RunDbReader, AnotherLayoutIsRefusedAndNotGuessed) {
    EXPECT_EQ(read_run_db(file()).error().code, "E521");
    write();
    change("ALTER TABLE fund DROP COLUMN equity_usd_micro");
    const auto without = read_run_db(file());
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().code, "E525");
    EXPECT_NE(without.error().message.find("equity_usd_micro"), std::string::npos);
    write();
    change("PRAGMA user_version = 1");
    EXPECT_EQ(read_run_db(file()).error().code, "E525");
    write();
    change("DELETE FROM runs");
    EXPECT_EQ(read_run_db(file()).error().code, "E525");
}

}  // namespace
}  // namespace margincall
