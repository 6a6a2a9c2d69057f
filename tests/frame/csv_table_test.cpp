#include "frame/csv_table.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "temporary_folder.hpp"

namespace margincall {
namespace {

TEST(CsvTable, NumbersTextsAndGaps) {
    const testing::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "funds.csv";
    std::ofstream(path) << "account,code,size_usd,count,note\n"
                           "\"a,b\",007,1.5,3,'=x\n"
                           "c,12,,,\n";
    const auto table = csv_table(path);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->name(), "funds");
    EXPECT_EQ(table->rows(), 2);
    EXPECT_EQ(table->find("account")->text_at(0), "a,b");
    EXPECT_EQ(table->find("code")->text_at(0), "007");  // a name, not a number
    EXPECT_EQ(table->find("size_usd")->real_at(0), 1.5);
    EXPECT_EQ(table->find("size_usd")->about.unit, "USD");
    EXPECT_FALSE(table->find("size_usd")->is_known(1));
    EXPECT_EQ(table->find("count")->type, ColumnType::int64);
    EXPECT_FALSE(table->find("count")->is_known(1));
    EXPECT_EQ(table->find("note")->text_at(0), "=x");
}

TEST(CsvTable, RefusesWhatDoesNotFit) {
    const testing::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "bad.csv";
    std::ofstream(path) << "a,b\n1,2,3\n";
    EXPECT_EQ(csv_table(path).error().code, "E609");
    std::ofstream(path) << "a,a\n1,2\n";
    EXPECT_EQ(csv_table(path).error().code, "E601");
    EXPECT_FALSE(csv_table(folder.path() / "none.csv"));
}

}  // namespace
}  // namespace margincall
