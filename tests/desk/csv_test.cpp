#include "desk/csv.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "desk/account_book.hpp"
#include "desk/market_files.hpp"
#include "desk/pseudonyms.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

// Lines as "4: a|b|c", damaged ones with ! and the kind.
std::string records(std::string_view text) {
    CsvReader csv(text, "x.csv");
    std::string out;
    while (csv.next()) {
        out += std::to_string(csv.line()) + ":";
        for (const CsvField& field : csv.fields()) {
            out += "|" + std::string{field.text};
        }
        out += csv.damage() == CsvDamage::none
                   ? "\n"
                   : " !" + std::to_string(static_cast<int>(csv.damage())) + "\n";
    }
    return out;
}

TEST(Csv, ReadsWhatRfc4180Writes) {
    EXPECT_EQ(records("\xEF\xBB\xBF"
                      "a,b\r\n\"x \"\"y\"\", z\",2\r\n"),
              "1:|a|b\n2:|x \"y\", z|2\n");
    EXPECT_EQ(records("a,b\n\"two\nlines\",2\n3,\"\"\n,\n4,\"\"\"\"\n"),
              "1:|a|b\n2:|two\nlines|2\n4:|3|\n6:|4|\"\n");
    EXPECT_EQ(records("a,b\n\"x\r\ny\" , \"z\"\r\n1,\n"), "1:|a|b\n2:|x\r\ny|z\n4:|1|\n");
    EXPECT_EQ(records("a , b\n 1 2 ,\t3\t"), "1:|a|b\n2:|1 2|3\n");
}

TEST(Csv, AQuoteWithoutAnEndTakesItsOwnLineOnly) {
    EXPECT_EQ(records("a,b\n1,\"x\n3,4\n"), "1:|a|b\n2:|1|x !1\n3:|3|4\n");
    EXPECT_EQ(records("a,b\n\"x\"y,2\n3,4\n"), "1:|a|b\n2:|x !1\n3:|3|4\n");
    // Many lines that each open a quote: time stays linear.
    std::string many = "a,b\n";
    for (int k = 0; k < 200'000; ++k) {
        many += "\"\"\"\n";
    }
    CsvReader csv(many, "x.csv");
    while (csv.next()) {
    }
    EXPECT_GT(csv.line(), 100'000);
}

TEST(Csv, TheFirstLineTellsTheSeparator) {
    EXPECT_EQ(records("a;b;\"c,d,e,f\"\n1,5;2;3\n"), "1:|a|b|c,d,e,f\n2:|1,5|2|3\n");
    EXPECT_EQ(records("a\tb\tc\n1\t\t 3 \n"), "1:|a|b|c\n2:|1||3\n");
    EXPECT_EQ(records("alone\n1;2\n"), "1:|alone\n2:|1;2\n");
}

TEST(Csv, ALineWithAHashIsAComment) {
    EXPECT_EQ(records("#a,b\n# c\na,b\n# 1,2\n#\n##\n#only one\n1,2\n"), "3:|a|b\n8:|1|2\n");
}

TEST(Csv, AHashInFrontOfWholeLinesIsAProblemAndNoComment) {
    EXPECT_EQ(records("a,b\n#1042,2\n\"#1042\",2\n"), "1:|a|b\n2:|#1042|2 !3\n3:|#1042|2\n");
}

TEST(Csv, BytesThatAreNoUtf8AreDamageOfTheirLine) {
    EXPECT_EQ(records("a,b\n\xE9,2\n3,4\n# \xE9\n"), "1:|a|b\n2:|\xE9|2 !2\n3:|3|4\n");
}

TEST(Csv, CellsComeBackAsTheyWereAndRunNothing) {
    for (const std::string_view text :
         {"plain",    "",      "a,b",  "a;b",   "say \"x\"", "two\nlines", "\r",  " blank ",
          "\ttab",    "#1042", "=1+1", "+x",    "-x",        "@x",         "'=x", "''=x",
          "'quoted'", "-5",    "+5",   "1,234", "-1,234",    "'-5"}) {
        const std::string cell = csv_cell(text);
        EXPECT_TRUE(cell.empty() || text == "-5" || text == "+5" || text == "-1,234" ||
                    std::string_view{"=+-@\t\r"}.find(cell[cell[0] == '"' ? 1 : 0]) ==
                        std::string_view::npos)
            << cell;
        const std::string kept = "head,b\n" + cell + ",x\n";
        CsvReader again(kept, "x.csv");
        ASSERT_TRUE(again.next());
        ASSERT_TRUE(again.next());
        ASSERT_EQ(again.fields().size(), 2U) << cell;
        EXPECT_EQ(again.damage(), CsvDamage::none);
        EXPECT_EQ(without_guard(again.fields()[0].text), text) << cell;
    }
    EXPECT_EQ(csv_cell("-5"), "-5");
    EXPECT_EQ(csv_cell("=1+1"), "'=1+1");
}

// The pages' script writes CSV as well (web/src/view/csv.ts) and is held to the same table.
TEST(Csv, CellsAreThoseOfThePages) {
    std::ifstream file(std::string{MC_SOURCE_DIR} + "/tests/data/csv_cells.json");
    const auto cells = nlohmann::json::parse(file);
    ASSERT_GT(cells.size(), 20U);
    for (const auto& pair : cells) {
        EXPECT_EQ(csv_cell(pair[0].get<std::string>()), pair[1].get<std::string>()) << pair[0];
    }
}

class CsvFiles : public ::testing::Test {
  protected:
    CsvFiles() {
        std::string name = (std::filesystem::temp_directory_path() / "mc-csv-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~CsvFiles() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::string zipped(const char* name, const std::string& text) {
        const std::string path = (folder_ / name).string();
        const gzFile out = gzopen(path.c_str(), "ab1");
        (void)gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
        gzclose(out);
        return path;
    }
    std::filesystem::path folder_;
};

TEST_F(CsvFiles, GzippedOnesAreUnpackedAllMembers) {
    zipped("a.gz", "a,b\n1,2\n");
    const std::string path = zipped("a.gz", "3,4\n");

    EXPECT_EQ(read_text_file(path).value(), "a,b\n1,2\n3,4\n");
    const auto size = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, size - 5);
    EXPECT_EQ(read_text_file(path).error().code, "E612");
}

TEST_F(CsvFiles, AGzipBombIsRefused) {
    const std::string zeros(1U << 24U, '0');
    std::string path;
    for (int k = 0; k < 5; ++k) {
        path = zipped("bomb.gz", zeros);
    }
    const auto text = read_text_file(path);

    ASSERT_FALSE(text.has_value());
    EXPECT_EQ(text.error().code, "E103");
}

StressMarket one_coin() {
    return hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
}

AccountBook read_book(const std::string& text, Errors& errors, BadRows bad = BadRows::refuse) {
    return read_account_book(text, "book.csv", one_coin(), bad, errors);
}

const std::string header =
    "account,venue,instrument,side,size,entry,margin_mode,collateral,amount\n";

TEST(BookOfPeople, VenuesOwnWordsAreRead) {
    Errors errors;
    const AccountBook book = read_book(
        "Account\tVENUE\tInstrument\tSide\tSize\tEntry\tMargin Mode\tCollateral\tAmount\n"
        "a\tA\tBTC_USDT\tLONG\t1\t100000\tISOLATED\tUSDT\t9000\n"
        "b\ta\tbtcusdt\tSell\t1\t100000\tcrossed\tusdt\t9000\n"
        "c\tA\tBTC-USDT-SWAP\tBOTH\t-1\t100000\tCROSS\tUSDC\t9000\n"
        "d\tA\tBTC/USDT:USDT\tnet\t1\t100000\t\tUSD\t9000\n"
        "e\tA\tBTCUSDT_PERP\tSHORT\t-1\t1e5\tREGULAR_MARGIN\tbtc\t0.1\n"
        "f\tA\tBTC-PERP\tBuy\t1\t\"100,000\"\tIsolated_Margin\t\t9000\n",
        errors);

    ASSERT_TRUE(errors.empty()) << errors[0].message;
    ASSERT_EQ(book.positions.size(), 6U);
    const std::vector<Side> sides = {
        Side::buy, Side::sell, Side::sell, Side::buy, Side::sell, Side::buy};
    for (std::size_t k = 0; k < sides.size(); ++k) {
        EXPECT_EQ(book.positions[k].side, sides[k]) << k;
        EXPECT_EQ(book.positions[k].lots.raw(), 1000) << k;
        EXPECT_EQ(book.positions[k].cost.raw(),
                  sides[k] == Side::buy ? 100'000'000'000 : -100'000'000'000);
    }
    EXPECT_EQ(book.units[0].mode, MarginMode::isolated);
    EXPECT_EQ(book.units[5].mode, MarginMode::isolated);
    EXPECT_TRUE(book.collateral[4].coin.valid());
}

TEST(BookOfPeople, SignAndSideMustAgree) {
    Errors errors;
    (void)read_book(header + "a,A,BTC,long,-1,100000,,,9000\nb,A,BTC,both,0,100000,,,9000\n",
                    errors);

    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].message, "size: -1 is not above 0");
    EXPECT_EQ(errors[1].message, "size: 0 is not above 0");
}

TEST(BookOfPeople, DecimalCommasAreNamedAndNeverReadAsGrouping) {
    Errors errors;
    (void)read_book(
        "account;venue;instrument;side;size;entry;amount\nann;A;BTC;long;0,5;110000;15000,50\n"
        "bob;A;BTC;long;0.5;110,000;15000.50\n",
        errors);

    ASSERT_EQ(errors.size(), 3U);
    EXPECT_EQ(errors[0].message,
              "size: \"0,5\" has a decimal comma; write 0.5 (the file is separated by semicolons)");
    EXPECT_EQ(errors[1].message,
              "amount: \"15000,50\" has a decimal comma; write 15000.50 (the file is separated by "
              "semicolons)");
    EXPECT_EQ(errors[2].message,
              "entry: \"110,000\" may be grouped or have a decimal comma, as the file is separated "
              "by semicolons; write it without");
    // With points it is an ordinary book.
    errors.clear();
    EXPECT_EQ(read_book("account;venue;instrument;side;size;entry;amount\n"
                        "ann;A;BTC;long;0.5;110000;15000.50\n",
                        errors)
                  .positions.size(),
              1U);
    EXPECT_TRUE(errors.empty());
}

TEST(BookOfPeople, LongNamesAndHashesAreKeptOrNamed) {
    std::string chinese;
    for (int k = 0; k < 24; ++k) {
        chinese += "\xE5\x8F\xA3";
    }
    const std::string venue_id = "0x" + std::string(64, 'a');
    Errors errors;
    const AccountBook book =
        read_book(header + venue_id + ",A,,,,,,,5\n" + chinese + ",A,,,,,,,5\n" +
                      "'=cmd,A,,,,,,,5\n\"Fund \"\"A\"\", LP\",A,,,,,,,5\n",
                  errors);

    ASSERT_TRUE(errors.empty()) << errors[0].message;
    ASSERT_EQ(book.accounts.size(), 4U);
    EXPECT_EQ(book.accounts[0].id, venue_id);
    EXPECT_EQ(book.accounts[2].id, "=cmd");
    EXPECT_EQ(book.accounts[3].id, "Fund \"A\", LP");
    (void)read_book(header + std::string(129, 'x') + ",A,,,,,,,5\n#1042,A,,,,,,,5\n", errors);
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].message, "the id is 129 characters long");
    EXPECT_EQ(errors[1].message, "a comment, or a line whose first field begins with #");
}

TEST(BookOfPeople, ABadByteTakesItsAccountAndNotTheFile) {
    const std::string text = header + "soci\xE9t\xE9,A,,,,,,,5\nok,A,,,,,,,5\n";
    Errors errors;
    const AccountBook book = read_book(text, errors, BadRows::skip);

    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].code, "E105");
    EXPECT_EQ(errors[0].line, 2);
    EXPECT_EQ(errors[0].column, 5);
    ASSERT_EQ(book.units.size(), 1U);
    EXPECT_EQ(book.accounts[book.units[0].account].id, "ok");
}

// 500 m BTC are more than micro-dollars can count.
TEST(BookOfPeople, AmountsThatCannotBeCountedAreRefused) {
    Errors errors;
    (void)read_book(header + "a,A,BTC,long,1,100000,,BTC,500000000\nb,A,,,,,,USD,3000000000000\n",
                    errors);

    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].code, "E604");
    EXPECT_EQ(errors[0].message, "amount: 500000000 is too large");
    EXPECT_EQ(errors[0].line, 2);
    EXPECT_EQ(errors[1].code, "E604");
    // Each line alone can be counted, all together cannot.
    errors.clear();
    const AccountBook book =
        read_book(header + "a,A,,,,,,USD,2000000000000\nb,A,,,,,,BTC,-5000000\n", errors);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].message, "the book holds 2500000000000 USD in all");
    EXPECT_TRUE(book.units.empty());
    errors.clear();
    StressMarket m = one_coin();
    read_fund_file("venue,pool,instruments,balance\nA,x,*,2000000000000\nA,y,,2000000000000\n",
                   "funds.csv",
                   m,
                   errors);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].line, 3);
    EXPECT_EQ(errors[0].code, "E604");
}

TEST(BookOfPeople, TwentyProblemsOfAKindAreListedAndTheRestCounted) {
    std::string text = header;
    for (int k = 0; k < 5'000; ++k) {
        text += "a" + std::to_string(k) + ",X" + std::to_string(k) + ",,,,,,,5\n";
    }
    Errors errors;
    const AccountBook book = read_book(text, errors, BadRows::skip);

    EXPECT_EQ(errors.size(), 20U);
    EXPECT_EQ(count_errors(errors), 5'000U);
    EXPECT_EQ(book.rows_left_out, 5'000U);
    std::string wide = "account";
    for (int k = 0; k < 20'000; ++k) {
        wide += ",column" + std::to_string(k);
    }
    errors.clear();
    const AccountBook notes = read_book(wide + "\n", errors);
    EXPECT_LT(errors.size(), 40U);
    EXPECT_LT(notes.notes.size(), 40U);
    EXPECT_EQ(count_warnings(notes.notes), 20'000U) << "other people's columns";
    errors.clear();
    (void)read_book("account,venu\n", errors);
    EXPECT_EQ(errors.front().message, "unknown column \"venu\"; did you mean \"venue\"?");
}

TEST(MarketFilesOfPeople, OneNumberGrammar) {
    StressMarket m = one_coin();
    Errors errors;
    read_depth_file(
        "venue,instrument,side,distance,depth\nA,BTC,BOTH,\"1,5 %\",5000\nA,BTC,bid,0.5 %,nan\n",
        "depth.csv",
        m,
        errors);
    read_fund_file("venue,pool,instruments,balance\nA,x,*,\"1,5\"\n", "funds.csv", m, errors);

    ASSERT_EQ(errors.size(), 3U);
    EXPECT_EQ(errors[0].message, "\"1,5\" has a decimal comma; write 1.5");
    EXPECT_EQ(errors[1].message, "\"nan\" is not a finite number");
    EXPECT_EQ(errors[2].message, "balance: \"1,5\" has a decimal comma; write 1.5");
}

TEST(ShockOfPeople, OneNumberGrammar) {
    const StressMarket m = one_coin();
    const auto message = [&](const std::string& text) {
        return parse_shock({&text, 1}, m, UnnamedCoins::unchanged).error()[0].message;
    };
    EXPECT_EQ(message("BTC=-1,5%"), "\"1,5\" has a decimal comma; write 1.5");
    EXPECT_EQ(message("BTC=nan%"), "\"nan\" is not a finite number");
    const std::string good = "btcusdt=\u221215%/1.5h";
    const auto shock = parse_shock({&good, 1}, m, UnnamedCoins::unchanged);
    ASSERT_TRUE(shock.has_value());
    EXPECT_EQ(shock->coins[0].move, -0.15);
}

}  // namespace
}  // namespace margincall
