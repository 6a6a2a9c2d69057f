// The commands that work on finished run folders, from outside.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "cli/run_folder.hpp"
#include "cli/sql_text.hpp"
#include "record/synthetic_db.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::margincall_says;
using testing::read;
using testing::Said;

TEST(CsvFields, FollowRfc4180) {
    EXPECT_EQ(csv_text_field("plain"), "plain");
    EXPECT_EQ(csv_text_field("a,b"), "\"a,b\"");
    EXPECT_EQ(csv_text_field("say \"x\""), "\"say \"\"x\"\"\"");
    EXPECT_EQ(csv_text_field("two\nlines"), "\"two\nlines\"");
    EXPECT_EQ(csv_text_field(""), "\"\"");
    EXPECT_EQ(csv_field({}), "");
    EXPECT_EQ(csv_field({SqlValue::Kind::integer, -9'007'199'254'740'993, 0.0, {}}),
              "-9007199254740993");
    EXPECT_EQ(csv_field({SqlValue::Kind::real, 0, 0.1, {}}), "0.1");
}

TEST(CsvFields, NoTextRunsAsAFormula) {
    EXPECT_EQ(csv_text_field("=1+1"), "'=1+1");
    EXPECT_EQ(csv_text_field("+cmd|' /C calc'!A0"), "'+cmd|' /C calc'!A0");
    EXPECT_EQ(csv_text_field("-5 %"), "'-5 %");
    EXPECT_EQ(csv_text_field("@SUM(A1)"), "'@SUM(A1)");
    EXPECT_EQ(csv_text_field("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
    EXPECT_EQ(csv_text_field("\t=1"), "\"'\t=1\"");
    EXPECT_EQ(csv_text_field("-inf"), "'-inf");
    EXPECT_EQ(csv_text_field("-12.5"), "-12.5");
    EXPECT_EQ(csv_text_field("+3e-7"), "+3e-7");
}

class Tables : public testing::SyntheticDb {
  protected:
    void SetUp() override { write(); }
    [[nodiscard]] Said query(const std::string& sql,
                             const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments = {"query", folder_.string()};
        if (!sql.empty()) {
            arguments.push_back(sql);
        }
        arguments.insert(arguments.end(), more.begin(), more.end());
        return margincall_says(arguments);
    }
};

TEST_F(Tables, AreQueriedAsTextJsonAndCsv) {
    const std::string sql = "SELECT name, value, NULL AS none FROM metrics";
    EXPECT_EQ(query(sql).out,
              "name              value  none\n"
              "-------------  --------  ----\n"
              "btc_low        98944.36  NULL\n"
              "oi_eth_change      NULL  NULL\n"
              "2 rows\n");
    EXPECT_EQ(query(sql, {"--json"}).out,
              "{\"name\":\"btc_low\",\"value\":98944.36,\"none\":null}\n"
              "{\"name\":\"oi_eth_change\",\"value\":null,\"none\":null}\n");
    EXPECT_EQ(query(sql, {"--csv"}).out,
              "name,value,none\r\nbtc_low,98944.36,\r\noi_eth_change,,\r\n");
    EXPECT_EQ(query("SELECT name FROM metrics WHERE 0", {"--csv"}).out, "name\r\n");
    // More rows than are measured for their width: the rest stands in the columns as they are.
    const std::string many = query(
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                                 "FROM n LIMIT 2500) SELECT i FROM n")
                                 .out;
    EXPECT_TRUE(many.ends_with("\n2500\n2,500 rows\n")) << many.substr(many.size() - 30);
    EXPECT_NE(many.find("\n 999\n1000\n1001\n"), std::string::npos);
}

TEST_F(Tables, AreListedWithUnitsAndMeanings) {
    const Said listed = query("");
    EXPECT_EQ(listed.code, 0);
    EXPECT_NE(
        listed.out.find("  balance_usd_micro           INTEGER  1e-06 USD               cash\n"),
        std::string::npos)
        << listed.out;
    EXPECT_EQ(query("", {"--tables"}).out, listed.out);
    EXPECT_EQ(query("SELECT 1", {"--tables"}).code, 2);
    const std::string json = query("", {"--json"}).out;
    const Json first = Json::parse(json.substr(0, json.find('\n')));
    EXPECT_EQ(first["table"], "runs");
    EXPECT_EQ(first["rows"], 1);
    EXPECT_EQ(first["meaning"], "version of the program");
}

TEST_F(Tables, AMistakeIsExitTwoWithItsPlaceAndWritingIsRefused) {
    const Said wrong = query("SELECT wert FROM metrics");
    EXPECT_EQ(wrong.code, 2);
    EXPECT_NE(wrong.err.find("SQL:1:8: error[E523] no such column: wert\n"
                             "    1 | SELECT wert FROM metrics\n"
                             "      |        ^\n"),
              std::string::npos)
        << wrong.err;
    const std::string before = file_hash(file());
    EXPECT_EQ(query("DELETE FROM metrics").code, 2);
    EXPECT_EQ(file_hash(file()), before);
    EXPECT_EQ(margincall_says({"query"}).code, 2);
}

TEST_F(Tables, WithoutADatabaseIsExitFour) {
    EXPECT_EQ(margincall_says({"query", (folder_ / "none").string(), "SELECT 1"}).code, 4);
    std::ofstream(file()) << "damaged";
    const Said damaged = query("SELECT 1", {"--json"});
    EXPECT_EQ(damaged.code, 4);
    EXPECT_EQ(Json::parse(damaged.out)["code"], "E522");
}

TEST_F(Tables, AreExportedWhole) {
    const fs::path to = folder_ / "out";
    const Said outcome = margincall_says({"export", folder_.string(), "-o", to.string(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.out)["rows"]["series"], run_.recorder.bars().size());
    EXPECT_FALSE(fs::exists(to.string() + ".partial"));

    const std::string fund = read(to / "fund.csv");
    EXPECT_EQ(fund.substr(0, fund.find("\r\n")),
              "time_ns,venue,balance_usd_micro,position_usd_micro,equity_usd_micro,"
              "inflow_usd_micro,outflow_usd_micro,bad_debt_usd_micro");
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(fund, '\n')),
              run_.recorder.fund().size() + 1);
    // Exact integers, as stored.
    const FundRecord& first = run_.recorder.fund()[0];
    EXPECT_NE(
        fund.find(fmt::format(
            "\r\n{},{},{},", first.time_ns, first.venue, std::llround(first.balance_usd * 1e6))),
        std::string::npos);
    EXPECT_NE(read(to / "observed.csv").find(",'=x\r\n"), std::string::npos);
    const std::string units = read(to / "units.csv");
    EXPECT_NE(units.find("\r\nfund,balance_usd_micro,USD,1e-06,cash\r\n"), std::string::npos);
    EXPECT_NE(units.find("\r\nseries,close,USD per coin,1,last trade\r\n"), std::string::npos);
}

TEST_F(Tables, AreExportedBesideTheRunAndNeverOverAnything) {
    fs::create_directory(folder_ / "run");
    fs::rename(file(), folder_ / "run" / "run.db");
    const std::vector<std::string> some = {
        "export", (folder_ / "run").string() + "/", "--tables", "fund"};
    EXPECT_EQ(margincall_says(some).code, 0);
    EXPECT_TRUE(fs::exists(folder_ / "run-csv" / "fund.csv"));
    EXPECT_EQ(margincall_says(some).code, 0);
    EXPECT_TRUE(fs::exists(folder_ / "run-csv-2" / "fund.csv"));
}

TEST_F(Tables, OnlyTheNamedOnesAreExported) {
    const fs::path to = folder_ / "out";
    const std::vector<std::string> some = {
        "export", folder_.string(), "-o", to.string(), "--tables", "fund,adl"};
    EXPECT_EQ(margincall_says(some).code, 0);
    EXPECT_TRUE(fs::exists(to / "adl.csv"));
    EXPECT_FALSE(fs::exists(to / "series.csv"));
    EXPECT_EQ(read(to / "units.csv").find("\nseries,"), std::string::npos);

    const Said unknown =
        margincall_says({"export", folder_.string(), "--tables", "funds", "-o", to.string()});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_NE(unknown.err.find("its tables: runs, assets"), std::string::npos) << unknown.err;
    EXPECT_EQ(margincall_says({"export", folder_.string(), "--format", "parquet"}).code, 2);
    std::ofstream(folder_ / "file") << "";
    EXPECT_EQ(
        margincall_says({"export", folder_.string(), "-o", (folder_ / "file/x").string()}).code,
        10);
}

// Ten quiet minutes with a thousand account rows: the shortest real run.
class FinishedRuns : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_ / name).string();
    }
    void run(const std::string& name,
             const std::vector<std::string>& more = {"--preview"},
             int code = 0) const {
        std::vector<std::string> arguments = {"run",
                                              "builtin/blank.toml",
                                              "--set",
                                              "assets.T.copies=2",
                                              "--set",
                                              "clock.length=10 min",
                                              "--set",
                                              "clock.day_to=10 min",
                                              "-q",
                                              "--out",
                                              path(name)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Said outcome = margincall_says(arguments);
        ASSERT_EQ(outcome.code, code) << outcome.err;
    }
    void change_database(const std::string& name, const char* sql) const {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(path(name + "/run.db").c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
        note_hash(name, "run.db");
    }
    // As if the run had written the file like this.
    void note_hash(const std::string& name, const std::string& changed) const {
        Json manifest = Json::parse(read(path(name + "/manifest.json")));
        manifest["files_fnv1a64"][changed] = file_hash(path(name + "/" + changed));
        std::ofstream(path(name + "/manifest.json")) << manifest.dump(2);
    }

    testing::TemporaryFolder temporary_;
    const fs::path& folder_ = temporary_.path();
};

TEST_F(FinishedRuns, ARunIsVerifiedAndADifferenceFound) {
    run("run");
    const Said equal = margincall_says({"verify", path("run"), "--json", "-q"});
    ASSERT_EQ(equal.code, 0) << equal.out << equal.err;
    EXPECT_TRUE(Json::parse(equal.out)["equal"].get<bool>());
    EXPECT_GT(Json::parse(equal.out)["rows"].get<int>(), 100);

    change_database("run", "UPDATE series SET close = close + 0.5 WHERE rowid = 20");
    Json summary = Json::parse(read(path("run/summary.json")));
    summary["metrics"]["btc_low"]["value"] = 1.25;
    summary["wall_s"] = 1e6;
    std::ofstream(path("run/summary.json")) << summary.dump();
    note_hash("run", "summary.json");
    const Said differs = margincall_says({"verify", path("run"), "--json", "-q"});
    EXPECT_EQ(differs.code, 7) << differs.err;
    const Json found = Json::parse(differs.out)["differences"];
    ASSERT_EQ(found.size(), 2U) << found.dump();
    EXPECT_EQ(found[0]["where"], "metrics.btc_low.value");
    EXPECT_EQ(found[0]["folder"], "1.25");
    EXPECT_EQ(found[1]["where"], "run.db series");
    EXPECT_EQ(found[1]["row"], 20);
    EXPECT_EQ(found[1]["column"], "close");
    EXPECT_NE(
        margincall_says({"verify", path("run"), "-q"}).out.find("run.db series, row 20, close  "),
        std::string::npos);
}

TEST_F(FinishedRuns, AnInterruptedRunEndsAtTheSameEventAgain) {
    run("run", {"--preview", "--set", "clock.stop_after_events=2000"}, 6);
    const Said outcome = margincall_says({"verify", path("run")});
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
}

TEST_F(FinishedRuns, ADamagedFolderIsNotRunAgain) {
    run("run");
    std::ofstream(path("run/resolved.toml"), std::ios::app) << "# later\n";
    fs::remove(path("run/log.jsonl"));
    const Said damaged = margincall_says({"verify", path("run")});
    EXPECT_EQ(damaged.code, 4);
    EXPECT_NE(damaged.err.find("resolved.toml: error[E522] is damaged: its hash is"),
              std::string::npos)
        << damaged.err;
    EXPECT_NE(damaged.err.find("log.jsonl: error[E522] is missing"), std::string::npos);
    EXPECT_EQ(margincall_says({"report", path("run")}).code, 4);
    EXPECT_EQ(margincall_says({"verify", path("none")}).code, 4);
    EXPECT_EQ(margincall_says({"verify"}).code, 2);
}

TEST_F(FinishedRuns, TheReportIsMadeAgainToTheByte) {
    run("run");
    const std::string page = read(path("run/report.html"));
    const std::string manifest = read(path("run/manifest.json"));
    ASSERT_EQ(margincall_says({"report", path("run"), "-o", path("again.html")}).code, 0);
    EXPECT_TRUE(read(path("again.html")) == page);

    // A lost page, in a folder that has another name by now.
    fs::remove(path("run/report.html"));
    fs::rename(path("run"), path("moved"));
    const Said outcome = margincall_says({"report", path("moved"), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.out)["report"], path("moved/report.html"));
    EXPECT_TRUE(read(path("moved/report.html")) == page);
    EXPECT_EQ(read(path("moved/manifest.json")), manifest);
    EXPECT_EQ(margincall_says({"report", path("moved"), path("moved"), "-o", "x"}).code, 2);
}

TEST_F(FinishedRuns, AManifestThatDoesNotNameTheRunGetsItsFoldersName) {
    run("run");
    const std::string page = read(path("run/report.html"));
    Json manifest = Json::parse(read(path("run/manifest.json")));
    EXPECT_EQ(manifest["run"], "run");
    manifest.erase("run");
    std::ofstream(path("run/manifest.json")) << manifest.dump(2);
    ASSERT_EQ(margincall_says({"report", path("run/"), "-o", path("again.html")}).code, 0);
    EXPECT_TRUE(read(path("again.html")) == page);
}

TEST_F(FinishedRuns, APageThatChangedIsNotedInTheManifest) {
    run("run");
    Json manifest = Json::parse(read(path("run/manifest.json")));
    manifest["command"] = "margincall run something-else.toml";
    std::ofstream(path("run/manifest.json")) << manifest.dump(2);
    ASSERT_EQ(margincall_says({"report", path("run"), "-q"}).code, 0);
    manifest = Json::parse(read(path("run/manifest.json")));
    EXPECT_EQ(manifest["files_fnv1a64"]["report.html"], file_hash(path("run/report.html")));
    EXPECT_NE(read(path("run/report.html")).find("something-else.toml"), std::string::npos);
}

TEST_F(FinishedRuns, TwoRunsAreCompared) {
    run("one");
    run("two", {"--preview", "--seed", "99"});
    const std::string page = path("compare.html");
    const Said text = margincall_says({"compare", path("one"), path("two"), "-o", page});
    ASSERT_EQ(text.code, 0) << text.err;
    EXPECT_NE(text.out.find("\nBTC price, actual "), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("\nrandom.seed "), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("page  " + page), std::string::npos);
    EXPECT_NE(read(page).find("\"key\":\"price.BTC\""), std::string::npos);

    const Said json = margincall_says({"compare", path("one"), path("two"), "--json"});
    const Json first = Json::parse(json.out.substr(0, json.out.find('\n')));
    EXPECT_EQ(first["size"], "preview");
    EXPECT_EQ(first["name"], "one");
    EXPECT_EQ(margincall_says({"compare", path("one"), path("two"), "--csv"}).out.substr(0, 29),
              "figure,part,unit,run_1,run_2,");
    EXPECT_EQ(margincall_says({"compare", path("one")}).code, 2);
    EXPECT_EQ(margincall_says({"compare", path("one"), path("none")}).code, 4);
    EXPECT_EQ(
        margincall_says({"compare", path("one"), path("two"), "-o", path("none/x.html")}).code, 10);
    std::ofstream(path("two/run.db"), std::ios::app) << "more";
    EXPECT_EQ(margincall_says({"compare", path("one"), path("two")}).code, 4);
}

TEST_F(FinishedRuns, SizesAreMixedOnlyWhenAsked) {
    run("one");
    run("two", {"--set", "population.accounts=2000"});
    const Said refused = margincall_says({"compare", path("one"), path("two")});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("error[E528] is of size"), std::string::npos) << refused.err;
    const Said mixed =
        margincall_says({"compare", path("one"), path("two"), "--mix", "-o", path("compare.html")});
    ASSERT_EQ(mixed.code, 0) << mixed.err;
    EXPECT_NE(mixed.out.find("run 1 of size preview: their figures are not of the same market"),
              std::string::npos)
        << mixed.out;
    EXPECT_NE(read(path("compare.html")).find("run 1 of size preview: their figures"),
              std::string::npos);
}

TEST_F(FinishedRuns, PathsOfEqualSeedsArePaired) {
    run("one");
    run("two");
    int shift = 0;
    for (const char* const name : {"one", "two"}) {
        change_database(name,
                        "CREATE TABLE path_metrics (path INTEGER, seed TEXT, metric TEXT, value "
                        "REAL) STRICT");
        for (int seed = 1; seed <= 3; ++seed) {
            const std::string row = fmt::format(
                "INSERT INTO path_metrics VALUES ({}, '1844674407370955161{}', 'btc_low', {})",
                seed - 1,
                seed,
                1000 * seed + shift * seed);
            change_database(name, row.c_str());
        }
        shift = 10;
    }
    std::istringstream lines(margincall_says({"compare", path("one"), path("two"), "--json"}).out);
    Json difference;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("\"btc_low\"") != std::string::npos) {
            difference = Json::parse(line)["differences"][0];
        }
    }
    EXPECT_EQ(difference["pairing"], "paired");
    EXPECT_EQ(difference["paths"][0], 3);
    EXPECT_EQ(difference["mean"], 20.0);
}

TEST_F(FinishedRuns, StressesAreComparedWithStressesOnly) {
    const std::string book = path("book.csv");
    ASSERT_EQ(margincall_says({"stress", "--make-sample", "200", "-o", book}).code, 0);
    for (const auto& [name, shock] :
         {std::pair{"mild", "BTC=-5%/10min"}, {"hard", "BTC=-30%/10min"}}) {
        const Said stress = margincall_says(
            {"stress", book, "--shock", shock, "-q", "--no-report", "-o", path(name)});
        ASSERT_EQ(stress.code, 0) << stress.err;
    }
    const Said text =
        margincall_says({"compare", path("mild"), path("hard"), "-o", path("compare.html")});
    ASSERT_EQ(text.code, 0) << text.err;
    EXPECT_NE(text.out.find("\naccounts liquidated "), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("mark of A:BTC-PERP, actual"), std::string::npos) << text.out;
    EXPECT_NE(read(path("compare.html")).find("\"series\":null"), std::string::npos);
    fs::create_directory(folder_ / "other");
    EXPECT_EQ(margincall_says({"compare", path("mild"), path("other")}).code, 2);
    EXPECT_NE(margincall_says({"query", path("mild"), "SELECT 1"}).code, 0);
}

}  // namespace
}  // namespace margincall
