// Lending books: what is read, imported and refused, which coin moves an asset, and what the engine makes
// of an account under a shock. Figures by hand: docs/aave-v3.md and docs/lending-book.md.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "desk/lending_bonuses.hpp"
#include "desk/lending_state.hpp"
#include "desk/pseudonyms.hpp"
#include "small_lending.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;

fs::path lending_shared() {
    const char* const set = std::getenv("MARGINCALL_SHARED");
    return set != nullptr ? fs::path{set} : fs::path{MC_SOURCE_DIR}.parent_path() / "shared";
}
std::string lending_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::expected<ImportedLending, Errors> import_lending_texts(const std::vector<std::string>& texts,
                                                            const ImportOptions& options = {}) {
    std::vector<StateText> files;
    for (const std::string& text : texts) {
        files.push_back({"file" + std::to_string(files.size()), text});
    }
    return import_lending(files, options);
}
std::string lending_refused(const std::string& text) {
    const auto book = import_lending_texts({text});
    return book ? "" : book.error().front().code;
}
Errors lending_problems(const std::string& rows) {
    Errors errors;
    (void)read_lending_book(lending_head + rows, "lending.csv", BadRows::refuse, errors);
    return errors;
}
std::string first_code(const std::string& rows) {
    const Errors errors = lending_problems(rows);
    return errors.empty() ? "" : errors.front().code;
}
std::string usd(const U256& base) {
    return decimal_text(base, base_decimals);
}
std::string health(const aave::AccountData& data) {
    return decimal_text(data.health_factor, health_decimals);
}

// --- the book ------------------------------------------------------------------------------------------

TEST(LendingBook, IsReadInTheEnginesIntegers) {
    const LendingBook book = read_lending(lending_ann);
    ASSERT_EQ(book.accounts.size(), 1U);
    ASSERT_EQ(book.rows.size(), 2U);
    EXPECT_EQ(book.assets[0].price.to_string(), "400000000000");
    EXPECT_EQ(book.rows[0].supplied.to_string(), "10000000000000000000");
    EXPECT_EQ(book.rows[0].threshold_bps, 8'300U);
    EXPECT_EQ(book.rows[0].bonus_bps, 500U);
    EXPECT_EQ(book.assets[0].protocol_fee_bps, 1'000U);
    EXPECT_EQ(book.rows[1].owed.to_string(), "30000000000");
    EXPECT_EQ(book.rows[1].use, aave::CollateralUse::disabled);
    EXPECT_EQ(read_lending("ann,core,WETH,1,TRUE,0,0,,4000,83%,5%,,\n").accounts[0].emode, "")
        << "0 is no e-mode";
}

TEST(LendingBook, AnIdAtTwoMarketsIsTwoAccounts) {
    const LendingBook book = read_lending(
        "ann,core,WETH,10,yes,0,,1.5,4000,83%,5%,,\nann,prime,WETH,1,yes,0,,2,4001,80%,5%,,\n");
    ASSERT_EQ(book.accounts.size(), 2U);
    EXPECT_EQ(book.markets(), 2U);
    EXPECT_EQ(decimal_text(*book.accounts[1].reported_health, health_decimals), "2");
}

TEST(LendingBook, EachProblemHasItsCodeAndPlace) {
    EXPECT_EQ(first_code("ann,core,WETH,-1,yes,0,,,4000,83%,5%,,\n"), "E604") << "below 0";
    EXPECT_EQ(first_code("ann,core,USDC,0.0000001,yes,0,,,1,78%,5%,,6\n"), "E604")
        << "more decimals than the token has";
    EXPECT_EQ(first_code("ann,core,WETH,1,maybe,0,,,4000,83%,5%,,\n"), "E605");
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,4000,83,5%,,\n"), "E603") << "no percentage";
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,4000,101%,5%,,\n"), "E603");
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,4000,,5%,,\n"), "E610");
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,,83%,5%,,\n"), "E610");
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,0,83%,5%,,\n"), "E604") << "a price of 0";
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,4000.000000001,83%,5%,,\n"), "E604")
        << "finer than an oracle";
    EXPECT_EQ(first_code("ann,core,WETH,\"1,5\",yes,0,,,4000,83%,5%,,\n"), "E603");
    EXPECT_EQ(first_code("ann,core,WETH,1,yes,0,,,4000,83%,5%,,19\n"), "E604");
    EXPECT_EQ(first_code(",core,WETH,1,yes,0,,,4000,83%,5%,,\n"), "E610");
    EXPECT_EQ(first_code("ann,core,,1,yes,0,,,4000,83%,5%,,\n"), "E610");
    const std::string line = "ann,core,WETH,1,yes,0,,,4000,83%,5%,,\n";
    EXPECT_EQ(first_code(line + line), "E607");
    EXPECT_EQ(first_code(line + "bob,core,WETH,1,yes,0,,,4001,83%,5%,,\n"), "E618");
    EXPECT_EQ(first_code(line + "bob,core,WETH,1,yes,0,,,4000,83%,5%,,17\n"), "E604");
    EXPECT_EQ(first_code(line + "bob,core,WETH,1,yes,0,,,4000,83%,5%,3%,\n"), "E604");
    EXPECT_EQ(first_code(line + "ann,core,USDC,1,yes,0,1,,1,83%,5%,,\n"), "E605") << "two e-modes";
    EXPECT_EQ(
        first_code("ann,core,WETH,1,yes,0,,1,4000,83%,5%,,\nann,core,USDC,1,yes,0,,2,1,83%,5%,,\n"),
        "E618")
        << "two health factors";
    EXPECT_EQ(first_code(""), "E601");
    const Errors errors = lending_problems(
        "ann,core,WETH,1,yes,0,,,4000,83%,5%,,\nbob,core,USDC,x,yes,0,,,1,78%,5%,,6\n");
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].line, 3);
    EXPECT_EQ(errors[0].column, 15);
}

TEST(LendingBook, ABadLineTakesItsAccountWithIt) {
    Errors errors;
    const LendingBook book = read_lending_book(
        std::string{lending_head} + lending_ann +
            "bob,core,WETH,1,yes,0,,,4000,83%,5%,10%,\nbob,core,USDC,x,yes,0,,,1,78%,4.5%,10%,6\n",
        "lending.csv",
        BadRows::skip,
        errors);
    EXPECT_EQ(errors.size(), 1U);
    ASSERT_EQ(book.accounts.size(), 1U);
    EXPECT_EQ(book.accounts[0].id, "ann");
    EXPECT_EQ(book.lines_left_out, 2U);
    EXPECT_EQ(book.accounts_left_out, 1U);
}

TEST(LendingBook, ABonusThatIsNotSaidIsAskedForWhereItIsNeeded) {
    LendingBook book = read_lending(
        "ann,core,wstETH,1,yes,0,1,,4800,93%,,,\n"
        "bob,core,wstETH,1,yes,0,,,4800,80%,,,\nbob,core,WETH,1,yes,0,,,4000,80%,,,\n"
        "bob,core,USDC,1,no,9,,,1,78%,,,6\ncat,core,wstETH,1,yes,0,,,4800,80%,7%,,\n");
    LendingBook bare = book;
    Errors errors;
    fill_bonuses(bare, {}, errors);
    ASSERT_EQ(errors.size(), 2U) << "once per asset, and not for what is no collateral";
    EXPECT_EQ(errors[0].code, "E610");

    errors.clear();
    const std::vector<std::string> texts{"5%", "wsteth=6.25%", "emode=1%"};
    fill_bonuses(book, parse_bonuses(texts, errors), errors);
    EXPECT_TRUE(errors.empty());
    EXPECT_EQ(book.rows[0].bonus_bps, 100U) << "the e-mode's before the asset's";
    EXPECT_EQ(book.rows[1].bonus_bps, 625U) << "the asset's before that of all";
    EXPECT_EQ(book.rows[2].bonus_bps, 500U);
    EXPECT_FALSE(book.rows[3].bonus_bps);
    EXPECT_EQ(book.rows[4].bonus_bps, 700U) << "the book's own stays";
    for (const char* const bad : {"5", "-1%", "101%", "=5%", "WETH=x%", "1.234%"}) {
        Errors of_option;
        (void)parse_bonuses(std::vector<std::string>{bad}, of_option);
        EXPECT_EQ(of_option.size(), 1U) << bad;
    }
}

TEST(LendingBook, FiguresAndUnitsAreOneAndTheSame) {
    const auto units = [](const char* text, int places) {
        const auto value = units_of(ExactFigure::parse(text).value(), places);
        return value ? value->to_string() : std::string{"none"};
    };
    EXPECT_EQ(units("1.5", 8), "150000000");
    EXPECT_EQ(units("0.00000001", 8), "1");
    EXPECT_EQ(units("0.000000001", 8), "none");
    EXPECT_EQ(units("-1", 8), "none");
    EXPECT_EQ(decimal_text(U256{150'000'000}, 8), "1.5");
    EXPECT_EQ(decimal_text(U256{1}, 8), "0.00000001");
    EXPECT_EQ(decimal_text(U256{100}, 0), "100");
    EXPECT_EQ(percent_text(8'305), "83.05%");
}

// --- imports -------------------------------------------------------------------------------------------

TEST(ImportLending, TheSampleGivesItsBookAndItsHealthFactor) {
    const fs::path sample = lending_shared() / "cases/import-samples/aave-v3-userReserves.json";
    if (!fs::exists(sample)) {
        GTEST_SKIP() << "no sample at MARGINCALL_SHARED/cases/import-samples: skipped";
    }
    const std::string text = lending_file(sample);
    EXPECT_TRUE(looks_like_lending_state(text));
    const auto imported = import_lending_texts({text});
    ASSERT_TRUE(imported) << imported.error().front().message;
    EXPECT_TRUE(imported->warnings.empty());
    const std::string book_of_it = lending_book_text(imported->lines);
    EXPECT_EQ(book_of_it,
              "account,market,asset,supplied,as_collateral,owed,emode,reported_health,price,"
              "threshold,bonus,protocol_fee,decimals\n"
              "0x1111111111111111111111111111111111111111,aave-v3,WETH,50,yes,0,,,3904.79,83%,5%,,"
              "18\n"
              "0x1111111111111111111111111111111111111111,aave-v3,WBTC,1.2,yes,0,,,110494.9,78%,"
              "5%,,8\n"
              "0x1111111111111111111111111111111111111111,aave-v3,USDC,0,no,180000,,,1,78%,4.5%,,"
              "6\n");
    Errors errors;
    const LendingBook book = read_lending_book(book_of_it, "x", BadRows::refuse, errors);
    ASSERT_TRUE(errors.empty());
    const LendingOutcome outcome = lending_under(book, {"ETH=0%"});
    const aave::AccountData& data = outcome.accounts.at(0).before;
    EXPECT_EQ(data.collateral_base.to_string(), "32783338000000");
    EXPECT_EQ(data.debt_base.to_string(), "18000000000000");
    EXPECT_EQ(data.average_threshold_bps.to_string(), "8097");
    // 265,472.0114 / 180,000. The sample says ...777664, its last digits from a binary float.
    EXPECT_EQ(health(data), "1.474844507777777777");
}

const char* const one_reserve = R"({"data": {"userReserves": [{
    "user": {"id": "0xa", "eModeCategoryId": {"id": "1"}},
    "currentATokenBalance": "1500000000000000001", "currentVariableDebt": "5", "currentStableDebt": "2",
    "usageAsCollateralEnabledOnUser": true,
    "reserve": {"symbol": "wstETH", "decimals": 18, "reserveLiquidationThreshold": "8100",
        "reserveLiquidationBonus": "10600", "liquidationProtocolFee": "1000", "pool": {"id": "0xp"},
        "eMode": {"id": "1", "liquidationThreshold": "9550", "liquidationBonus": "10100"},
        "price": {"priceInEth": "480012345678", "oracle": {"baseCurrencyUnit": "100000000"}}}}]}})";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    CHECK(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

TEST(ImportLending, AnEModesTermsAreThoseOfTheAccount) {
    const auto book = import_lending_texts({one_reserve});
    ASSERT_TRUE(book) << book.error().front().message;
    EXPECT_EQ(book->format, "aave-v3");
    ASSERT_EQ(book->lines.size(), 1U);
    const LendingLine& line = book->lines[0];
    EXPECT_EQ(line.market, "aave-v3/0xp");
    EXPECT_EQ(line.supplied, "1.500000000000000001");
    EXPECT_EQ(line.owed, "0.000000000000000007") << "at variable and stable rate";
    EXPECT_EQ(line.emode, "1");
    EXPECT_EQ(line.price, "4800.12345678");
    EXPECT_EQ(line.threshold, "95.5%");
    EXPECT_EQ(line.bonus, "1%");
    EXPECT_EQ(line.protocol_fee, "10%");
    ASSERT_EQ(book->warnings.size(), 1U) << "the stable rate is not kept";
    EXPECT_EQ(book->warnings[0].code, "W631");

    // In another category the reserve's own apply.
    const auto other = import_lending_texts(
        {with(one_reserve, R"("eMode": {"id": "1")", R"("eMode": {"id": "2")")});
    ASSERT_TRUE(other);
    EXPECT_EQ(other->lines[0].threshold, "81%");
    EXPECT_EQ(other->lines[0].bonus, "6%");
}

TEST(ImportLending, WhatTheResponseDoesNotSayIsRefused) {
    EXPECT_EQ(lending_refused(with(one_reserve, R"("eMode": {)", R"("mode": {)")), "E635")
        << "in an e-mode, and nothing says whether the reserve is";
    EXPECT_EQ(lending_refused(with(one_reserve, "100000000\"}", "1000000000000000000\"}")), "E635")
        << "prices in ether";
    EXPECT_EQ(lending_refused(with(one_reserve, "\"currentVariableDebt\"", "\"variableDebt\"")),
              "E632");
    EXPECT_EQ(lending_refused(with(one_reserve, "\"480012345678\"", "\"4,8\"")), "E632");
    EXPECT_EQ(lending_refused(with(one_reserve, "\"usageAs", "\"as")), "E632");
    EXPECT_EQ(lending_refused(with(one_reserve, "\"symbol\"", "\"name\"")), "E632");
    EXPECT_EQ(lending_refused(with(one_reserve, "\"decimals\": 18", "\"decimals\": \"x\"")),
              "E632");
    EXPECT_EQ(lending_refused(with(one_reserve, "\"decimals\": 18", "\"decimals\": 88")), "E632");
    EXPECT_EQ(lending_refused(R"({"userReserves": 1})"), "E634");
    EXPECT_EQ(lending_refused(R"({"userReserves": )"), "E631");
    const auto two = import_lending_texts({one_reserve, R"({"hello": 1})"});
    ASSERT_FALSE(two);
    EXPECT_EQ(two.error().front().code, "E634");
    EXPECT_EQ(two.error().front().file, "file1");
}

TEST(ImportLending, PagesAreOneBookAndEmptyReservesAreNoLines) {
    const std::string second =
        with(with(with(one_reserve, "1500000000000000001", "0"), R"("5")", R"("0")"),
             R"("2")",
             R"("0")");
    const auto book =
        import_lending_texts({one_reserve, second}, {.account = "", .venue = "prime"});
    ASSERT_TRUE(book);
    EXPECT_EQ(book->lines.size(), 1U);
    EXPECT_EQ(book->lines[0].market, "prime/0xp");
}

const std::string position_head =
    "user,collateral,debt,available_borrow,threshold,ltv,healthf,amount,ethdebt,emode,"
    "cbeth_collateral,reth_collateral,reth_price,cbeth_price,eth_price,steth_price\n";

TEST(ImportLending, APositionsAmountsAreTakenWhereTheyExplainItsDollars) {
    const auto book = import_lending_texts(
        {position_head +
         "7,2000,900,0,9300,9000,2.0667,1,0.45,1,0,0,2100,2050,2000,2000\n"         // all explained
         "8,5000,1500,0,8000,6900,2.6667,1,0.5,0,0,0.5,2100,2050,2000,2000\n"       // in part
         "9,2001.9,2,0,8000,6900,800.76,1,0.000001,0,0,0,2100,2050,2000,2000\n"});  // within 0.1 %
    ASSERT_TRUE(book) << book.error().front().message;
    EXPECT_EQ(book->format, "aave-positions");
    EXPECT_EQ(lending_book_text(book->lines),
              "account,market,asset,supplied,as_collateral,owed,emode,reported_health,price,"
              "threshold,bonus,protocol_fee,decimals\n"
              "7,aave-v3,wstETH,1,yes,0,1,2.0667,2000,93%,,,\n"
              "7,aave-v3,WETH,0,no,0.45,1,,2000,0%,,,\n"
              "8,aave-v3,wstETH,1,yes,0,,2.6667,2000,80%,,,\n"
              "8,aave-v3,rETH,0.5,yes,0,,,2100,80%,,,\n"
              "8,aave-v3,OTHER-COLLATERAL,1950,yes,0,,,1,80%,,,\n"
              "8,aave-v3,WETH,0,no,0.5,,,2000,0%,,,\n"
              "8,aave-v3,OTHER-DEBT,0,no,500,,,1,0%,,,\n"
              "9,aave-v3,wstETH,1,yes,0,,800.76,2000,80%,,,\n"
              "9,aave-v3,WETH,0,no,0.000001,,,2000,0%,,,\n"
              "9,aave-v3,OTHER-DEBT,0,no,1.998,,,1,0%,,,\n");
    EXPECT_EQ(book->warnings.size(), 3U) << "other collateral, other debt, no bonus";
    EXPECT_EQ(lending_refused(position_head +
                              "7,1000,900,0,9300,9000,2,1,0.45,1,0,0,2100,2050,2000,2000\n"),
              "E618")
        << "amounts worth more than the account holds";
    EXPECT_EQ(
        lending_refused(position_head + "7,x,900,0,9300,9000,2,1,0.45,1,0,0,2100,2050,2000,2000\n"),
        "E603");
}

// --- which coin moves an asset -------------------------------------------------------------------------

TEST(AssetMoves, StakedAndWrappedFollowTheirCoinAndStablesStay) {
    const LendingBook book = read_lending(
        "ann,core,WETH,1,yes,0,,,4000,83%,5%,,\nann,core,wstETH,1,yes,0,,,4800,81%,5%,,\n"
        "ann,core,WBTC,1,yes,0,,,100000,78%,5%,,8\nann,core,usdc,1,yes,0,,,1,78%,5%,,6\n"
        "ann,core,BTC,1,yes,0,,,100000,78%,5%,,8\nann,core,LINK,1,yes,0,,,15,78%,5%,,\n");
    const StressMarket market = two_coins();
    Errors errors;
    const std::vector<AssetMove> by_rule = asset_moves(book, market, {}, errors);
    EXPECT_EQ(by_rule.at(1).coin.raw(), 1U) << "staked ether follows ether";
    ASSERT_EQ(errors.size(), 1U) << "no rule knows LINK";
    EXPECT_EQ(errors[0].code, "E606");
    EXPECT_EQ(errors[0].line, 7);

    errors.clear();
    const std::vector<std::string> named{"LINK=ETH", "wsteth=nothing"};
    const std::vector<AssetMove> moves = asset_moves(book, market, named, errors);
    ASSERT_TRUE(errors.empty());
    EXPECT_EQ(moves[0].coin.raw(), 1U);
    EXPECT_FALSE(moves[1].coin.valid()) << "what is said wins over the rule";
    EXPECT_EQ(moves[2].coin.raw(), 0U);
    EXPECT_FALSE(moves[3].coin.valid());
    EXPECT_EQ(moves[3].rule, "stable coin");
    EXPECT_EQ(moves[4].coin.raw(), 0U);
    EXPECT_EQ(moves[5].coin.raw(), 1U);
    for (const char* const bad : {"LINK", "LINK=DOGE", "=ETH", "UNI=ETH"}) {
        Errors of_option;
        (void)asset_moves(book, market, std::vector<std::string>{"LINK=ETH", bad}, of_option);
        EXPECT_FALSE(of_option.empty()) << bad;
    }
}

TEST(AssetMoves, PricesOfAnotherDayThanTheMarketsAreNamed) {
    const StressMarket market = two_coins();
    const auto problems = [&](const char* price) {
        const LendingBook book = read_lending(std::string{"ann,core,WETH,1,yes,0,,,"} + price +
                                              ",83%,5%,,\nann,core,wstETH,1,yes,0,,,9,81%,5%,,\n");
        Errors errors;
        const std::vector<AssetMove> moves = asset_moves(book, market, {}, errors);
        compare_coin_prices(book, moves, market, errors);
        return errors;
    };
    EXPECT_TRUE(problems("4040").empty()) << "1 % is near enough; staked ether is not compared";
    ASSERT_EQ(problems("4041").size(), 1U);
    EXPECT_EQ(problems("4041")[0].code, "E618");
}

// --- under a shock -------------------------------------------------------------------------------------

TEST(LendingStress, HalfIsRepaidAboveTheCloseFactor) {
    const LendingOutcome o = lending_under(read_lending(lending_ann), {"ETH=-11.25%"});
    const LendingAccountResult& ann = o.accounts.at(0);
    EXPECT_EQ(health(ann.before), "1.106666666666666666");
    EXPECT_EQ(health(ann.unhelped), "0.982166666666666666");
    ASSERT_EQ(o.calls.size(), 1U);
    EXPECT_EQ(decimal_text(o.calls[0].repaid, 6), "15000");
    EXPECT_EQ(decimal_text(o.calls[0].seized, 18), "4.436619718309859155");
    EXPECT_EQ(decimal_text(o.calls[0].protocol_fee, 18), "0.021126760563380282");
    EXPECT_EQ(o.below_one_before, 0U);
    EXPECT_EQ(o.below_one_unhelped, 1U);
    EXPECT_EQ(o.below_one_after, 0U);
    EXPECT_EQ(usd(o.repaid_base), "15000");
    EXPECT_EQ(usd(o.bad_debt_base()), "0");
    EXPECT_EQ(o.assets[0].price_end.to_string(), "355000000000");
    EXPECT_EQ(o.assets[1].price_end.to_string(), "100000000") << "stable coins stay";
    EXPECT_GT(ann.after.health_factor, aave::liquidation_health);
}

TEST(LendingStress, UnderWaterTheRestIsBadDebt) {
    const LendingOutcome o = lending_under(read_lending(lending_ann), {"ETH=-25%"});
    EXPECT_EQ(decimal_text(o.assets[1].repaid, 6), "28571.428572");
    EXPECT_EQ(usd(o.written_off_base), "1428.571428");
    EXPECT_EQ(usd(o.uncovered_base), "0");
    EXPECT_EQ(usd(o.accounts[0].after.debt_base), "0");
    EXPECT_EQ(usd(o.assets[1].written_off_base), "1428.571428");
}

// The same fall in ten minutes meets the account when it is just below 1.
TEST(LendingStress, AFallInTimeIsMetStepByStep) {
    const LendingOutcome o = lending_under(read_lending(lending_ann), {"ETH=-25%/10min"});
    ASSERT_FALSE(o.calls.empty());
    EXPECT_EQ(o.step, seconds(12));
    // 30,000 / 8.3 = 3,614.46: ln(4000 / 3614.46) / ln(4 / 3) x 600 s = 211.4 s.
    EXPECT_DOUBLE_EQ(o.calls[0].time_s, 216.0);
    EXPECT_LT(o.calls[0].health, aave::liquidation_health);
    EXPECT_GT(o.calls[0].health, aave::close_factor_health);
    EXPECT_EQ(usd(o.bad_debt_base()), "0");
    EXPECT_EQ(lending_under(read_lending(lending_ann), {"ETH=-25%/10h"}).step, seconds(36));
}

// What the search for the first step skips is as the slow walk over all steps finds it.
TEST(LendingStress, TheFirstStepBelowOneIsFound) {
    const std::string rows =
        "ann,core,WETH,10,yes,0,,,4000,83%,5%,,18\nann,core,WBTC,0,no,0.31,,,100000,78%,5%,,8\n"
        "bob,core,WBTC,1,yes,0,,,100000,78%,5%,,8\nbob,core,WETH,0,no,18.5,,,4000,83%,5%,,18\n"
        "cat,core,WETH,10,yes,2,,,4000,83%,5%,,18\ncat,core,WBTC,0.1,yes,0.3,,,100000,78%,5%,,8\n";
    const LendingBook book = read_lending(rows);
    const std::vector<std::string> shock{"ETH=-12%/20min", "BTC=9%/6min"};
    const LendingOutcome o = lending_under(book, shock);
    const Shock path = parse_shock(shock, two_coins(), UnnamedCoins::unchanged).value();
    std::size_t found = 0;
    for (std::uint32_t a = 0; a < 3; ++a) {
        double first = -1.0;
        for (double t = 0.0; t <= 1200.0 && first < 0.0; t += 12.0) {
            double carried = 0.0;
            double owed = 0.0;
            for (const LendingRow& row : book.rows_of(book.accounts[a])) {
                const LendingAsset& asset = book.assets[row.asset];
                const double price = asset.price.to_double() * 1e-8 *
                                     path.factor(AssetId::from_raw(asset.name == "WETH" ? 1 : 0),
                                                 duration_from_seconds(t));
                const double unit = asset.unit().to_double();
                carried += row.use == aave::CollateralUse::enabled
                               ? row.supplied.to_double() / unit * price * row.threshold_bps * 1e-4
                               : 0.0;
                owed += row.owed.to_double() / unit * price;
            }
            first = carried < owed ? t : first;
        }
        EXPECT_DOUBLE_EQ(o.accounts[a].first_s, first) << a;
        found += first >= 0.0 ? 1 : 0;
    }
    EXPECT_GE(found, 2U);
}

// Half would leave 977.50 dollars of collateral, less than the protocol lets stay: less is repaid, then all.
TEST(LendingStress, ALiquidatorLeavesNoDust) {
    const LendingOutcome o =
        lending_under(read_lending("ann,core,WETH,0.52,yes,0,,,4000,96%,5%,,18\n"
                                   "ann,core,USDC,0,no,2100,,,1,78%,4.5%,,6\n"),
                      {"ETH=0%"});
    EXPECT_EQ(o.below_one_before, 1U);
    ASSERT_EQ(o.calls.size(), 2U);
    EXPECT_EQ(decimal_text(o.calls[0].repaid, 6), "1028.571428");
    EXPECT_EQ(usd(o.calls[1].written_off_base).substr(0, 6), "119.04");
    EXPECT_EQ(usd(o.accounts[0].after.debt_base), "0");
}

TEST(LendingStress, WhatIsNoCollateralIsNeitherCountedNorSeized) {
    const LendingOutcome o = lending_under(
        read_lending(std::string{lending_ann} + "ann,core,WBTC,5,no,0,,,100000,78%,5%,,8\n"
                                                "bob,core,WBTC,5,no,0,,,100000,78%,5%,,8\n"
                                                "bob,core,USDC,0,no,10,,,1,78%,4.5%,10%,6\n"),
        {"ETH=-25%"});
    EXPECT_EQ(o.assets[2].seized.to_string(), "0");
    EXPECT_EQ(usd(o.written_off_base), "1428.571428");
    EXPECT_EQ(usd(o.uncovered_base), "10") << "Bob's debt has nothing enabled behind it";
    EXPECT_EQ(o.accounts[1].stuck, "no collateral that can be seized");
    EXPECT_EQ(usd(o.bad_debt_base()), "1438.571428");
}

// The most valuable collateral goes first, against the largest debt; both collaterals until health is 1.
TEST(LendingStress, TheLargestCollateralGoesFirst) {
    const LendingOutcome o =
        lending_under(read_lending("ann,core,WBTC,0.1,yes,0,,,100000,78%,5%,,8\n"
                                   "ann,core,WETH,5,yes,0,,,4000,83%,5%,,18\n"
                                   "ann,core,USDC,0,no,20000,,,1,78%,4.5%,,6\n"
                                   "ann,core,DAI,0,no,2000,,,1,78%,4.5%,,18\n"),
                      {"ETH=-40%"});
    ASSERT_GE(o.calls.size(), 2U);
    EXPECT_EQ(o.calls[0].collateral, 1U) << "12,000 of ether before 10,000 of bitcoin";
    EXPECT_EQ(o.calls[0].debt, 2U);
    EXPECT_EQ(o.calls[1].collateral, 0U);
    EXPECT_EQ(usd(o.uncovered_base), "0");
    // 22,000 of collateral repay 22,000 / 1.05 of 22,000.
    EXPECT_EQ(usd(o.written_off_base).substr(0, 5), "1047.");
}

TEST(LendingStress, AnAssetThatFollowsAnotherCoinMovesWithIt) {
    const LendingBook book = read_lending(lending_ann);
    EXPECT_EQ(lending_under(book, {"BTC=-25%"}).liquidated, 0U);
    EXPECT_EQ(lending_under(book, {"BTC=-25%"}, {"WETH=BTC"}).liquidated, 1U);
    EXPECT_EQ(lending_under(book, {"ETH=-25%"}, {"WETH=nothing"}).liquidated, 0U);
}

TEST(LendingStress, TwiceIsTheSame) {
    const LendingBook book = read_lending(lending_ann);
    const LendingOutcome one = lending_under(book, {"ETH=-25%/10min"});
    EXPECT_EQ(one.digest, lending_under(book, {"ETH=-25%/10min"}).digest);
    EXPECT_NE(one.digest, lending_under(book, {"ETH=-26%/10min"}).digest);
}

TEST(LendingStress, HealthFactorsAreComparedWithinATolerance) {
    const LendingBook book = read_lending(
        "ann,core,WETH,10,yes,0,,1.107,4000,83%,5%,10%,18\nann,core,USDC,0,no,30000,,,1,78%,4.5%,"
        "10%,6\n");
    const LendingOutcome o = lending_under(book, {"ETH=0%"});
    const HealthReconciliation wide = reconcile_health(book, o, 0.001);
    EXPECT_EQ(wide.figures.compared, 1U);
    EXPECT_TRUE(wide.breaks.empty());
    EXPECT_NEAR(wide.largest, 0.000301, 1e-6);
    EXPECT_DOUBLE_EQ(wide.figures.usd_agree, 30'000.0);
    const HealthReconciliation narrow = reconcile_health(book, o, 0.0001);
    ASSERT_EQ(narrow.breaks.size(), 1U);
    EXPECT_DOUBLE_EQ(narrow.figures.usd_agree, 0.0);
    EXPECT_EQ(narrow.breaks[0].cause, BreakCause::contradiction);
    EXPECT_EQ(reconcile_health(read_lending(lending_ann), o, 0.001).figures.compared, 0U);
}

// 10 WETH at 4,000 against 30,000: 83 % gives 1.1067.
TEST(LendingStress, AHealthFactorThatIsAnotherHasACause) {
    const auto cause = [](const std::string& reported, const std::string& more) {
        const LendingBook book = read_lending(
            "ann,core,WETH,10,yes,0,," + reported +
            ",4000,83%,5%,10%,18\nann,core,USDC,0,no,30000,,,1,78%,4.5%,10%,6\n" + more);
        const HealthReconciliation r =
            reconcile_health(book, lending_under(book, {"ETH=0%"}), 0.0001);
        CHECK(r.breaks.size() == 1);
        return r.breaks[0].cause;
    };
    EXPECT_EQ(cause("1.24", ""), BreakCause::contradiction);
    // Somebody in an e-mode has 93 %: 37,200 / 30,000.
    EXPECT_EQ(cause("1.24", "bob,core,WETH,1,yes,0,1,,4000,93%,5%,10%,18\n"),
              BreakCause::unknown_tier);
    // With a disabled supply of 1,000 DAI at 78 % it would be 33,980 / 30,000.
    EXPECT_EQ(cause("1.1326666667", "ann,core,DAI,1000,no,0,,,1,78%,5%,10%,6\n"),
              BreakCause::our_reading);
}

// --- 502 accounts of June 2023 (MARGINCALL_SHARED/data/aave-positions-2023-06) --------------------------

class AavePositions : public ::testing::Test {
  protected:
    void SetUp() override {
        const fs::path file =
            lending_shared() / "data/aave-positions-2023-06/aave_v3_steth_positions.csv";
        if (!fs::exists(file)) {
            GTEST_SKIP()
                << "no positions at MARGINCALL_SHARED/data/aave-positions-2023-06: skipped";
        }
        text_ = lending_file(file);
        ASSERT_TRUE(looks_like_lending_state(text_));
        const auto imported = import_lending_texts({text_});
        ASSERT_TRUE(imported) << imported.error().front().message;
        lines_ = imported->lines;
        book_ = read_lines(lines_);
        Errors errors;
        fill_bonuses(
            book_, parse_bonuses(std::vector<std::string>{"6%", "emode=1%"}, errors), errors);
        ASSERT_TRUE(errors.empty());
    }
    static LendingBook read_lines(const std::vector<LendingLine>& lines) {
        Errors errors;
        LendingBook book =
            read_lending_book(lending_book_text(lines), "positions", BadRows::refuse, errors);
        EXPECT_TRUE(errors.empty());
        return book;
    }
    LendingOutcome fall(const char* shock, const char* other_collateral) const {
        return lending_under(
            book_,
            {shock},
            {std::string{"OTHER-COLLATERAL="} + other_collateral, "OTHER-DEBT=nothing"});
    }
    [[nodiscard]] bool holds(const LendingAccount& account, std::string_view asset) const {
        return std::ranges::any_of(book_.rows_of(account), [&](const LendingRow& row) {
            return book_.assets[row.asset].name == asset;
        });
    }

    std::string text_;
    std::vector<LendingLine> lines_;
    LendingBook book_;
};

// The file's own dollars as tokens of one dollar: all health factors to the file's precision.
TEST_F(AavePositions, DollarsAndThresholdsGiveEveryHealthFactor) {
    std::vector<LendingLine> lines;
    std::istringstream in(text_);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::vector<std::string> cells;
        std::istringstream fields(line);
        for (std::string cell; std::getline(fields, cell, ',');) {
            cells.push_back(cell);
        }
        LendingLine held;
        held.account = cells[0];
        held.asset = "USD";
        held.supplied = cells[1];
        held.as_collateral = "yes";
        held.reported_health = cells[6];
        held.price = "1";
        held.threshold = decimal_text(parse_u256(cells[4]).value(), 2) + "%";
        LendingLine owed;
        owed.account = cells[0];
        owed.asset = "DAI";
        owed.as_collateral = "no";
        owed.owed = cells[2];
        owed.price = "1";
        owed.threshold = "0%";
        lines.push_back(held);
        lines.push_back(owed);
    }
    const LendingBook book = read_lines(lines);
    ASSERT_EQ(book.accounts.size(), 502U);
    const HealthReconciliation health =
        reconcile_health(book, lending_under(book, {"ETH=0%"}), 1e-9);
    EXPECT_EQ(health.figures.compared, 502U);
    EXPECT_TRUE(health.breaks.empty());
    EXPECT_LT(health.largest, 1.2e-10);
}

TEST_F(AavePositions, AmountsAndPricesGiveThoseThatTheyExplain) {
    const LendingOutcome o = fall("ETH=0%", "nothing");
    const HealthReconciliation health = reconcile_health(book_, o, 0.001);
    EXPECT_EQ(health.figures.compared, 502U);
    EXPECT_TRUE(health.breaks.empty());
    EXPECT_NEAR(health.largest, 0.000190535, 1e-9);
    std::array<std::size_t, 4> accounts{};  // by what the amounts leave open: collateral, debt
    std::array<std::size_t, 4> exact{};
    U256 debt_by_amounts;
    for (std::size_t a = 0; a < book_.accounts.size(); ++a) {
        const LendingAccount& account = book_.accounts[a];
        const std::size_t kind = (holds(account, "OTHER-COLLATERAL") ? 2U : 0U) +
                                 (holds(account, "OTHER-DEBT") ? 1U : 0U);
        const double reported = account.reported_health->to_double();
        const double difference =
            std::abs(o.accounts[a].before.health_factor.to_double() / reported - 1.0);
        ++accounts[kind];
        exact[kind] += difference < 1e-9 ? 1 : 0;
        if (kind == 0) {
            debt_by_amounts += o.accounts[a].before.debt_base;
        }
    }
    EXPECT_EQ(accounts, (std::array<std::size_t, 4>{130, 236, 18, 118}));
    EXPECT_EQ(exact, (std::array<std::size_t, 4>{123, 10, 1, 118}));
    EXPECT_EQ(usd(debt_by_amounts).substr(0, 9), "189930887");
}

TEST_F(AavePositions, FallsAreThoseOfDocsLendingBook) {
    struct Fall {
        const char* shock;
        const char* other;
        std::size_t liquidated, calls;
        const char* repaid;
        const char* bad_debt;
    };
    for (const Fall& f : {
             Fall{"ETH=-20%", "nothing", 21, 21, "9783658.91932366", "380.27210365"},
             Fall{"ETH=-30%", "nothing", 47, 53, "47429204.60233971", "44661.96445676"},
             Fall{"ETH=-40%", "nothing", 80, 104, "57951511.1749079", "4138363.5442936"},
             Fall{"ETH=-20%", "ETH", 26, 28, "16337904.73671653", "380.27210365"},
             Fall{"ETH=-30%", "ETH", 56, 70, "49361832.8915925", "559839.19594598"},
             Fall{"ETH=-40%", "ETH", 101, 144, "72361483.85786421", "6435168.22844699"},
             Fall{"ETH=-20%/30min", "nothing", 21, 24, "8749528.20112273", "0"},
             Fall{"ETH=-30%/30min", "nothing", 47, 62, "28537122.82659037", "0"},
             Fall{"ETH=-40%/30min", "nothing", 80, 129, "47877894.72656838", "0"},
         }) {
        const LendingOutcome o = fall(f.shock, f.other);
        EXPECT_EQ(o.liquidated, f.liquidated) << f.shock << " " << f.other;
        EXPECT_EQ(o.calls.size(), f.calls) << f.shock << " " << f.other;
        EXPECT_EQ(usd(o.repaid_base), f.repaid) << f.shock << " " << f.other;
        EXPECT_EQ(usd(o.bad_debt_base()), f.bad_debt) << f.shock << " " << f.other;
        EXPECT_EQ(o.below_one_after, 0U);
    }
}

TEST(LendingBook, AnIdHasOnePseudonymInBothBooks) {
    LendingBook lending = read_lending(
        "ann,core,WETH,10,yes,0,,,4000,83%,5%,,\nann,prime,WETH,1,yes,0,,,4001,80%,5%,,\n");
    const StressMarket market = two_coins();
    AccountBook book = read_rows("ann,,A,,,,,cross,USD,5\n", market);
    pseudonymise(lending, "a salt of enough length");
    pseudonymise(book, "a salt of enough length");
    EXPECT_EQ(lending.accounts[0].id, book.accounts[0].id);
    EXPECT_EQ(lending.accounts[1].id, book.accounts[0].id);
    EXPECT_NE(lending.accounts[0].id, "ann");
}

}  // namespace
}  // namespace margincall
